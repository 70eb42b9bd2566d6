//! Subjects, claims, weights, runs and their lineage, and the ledger that keeps them.
//!
//! Every other crate speaks in these types. A probe makes [`Claim`]s about [`Subject`]s at [`Location`]s; a run says
//! what was looked at, found or not ([`RunReport`]); the [`ledger::Ledger`] appends both to the case and is the only
//! code that writes it.

mod agreed;
pub mod beta;
pub mod case;
mod claim;
mod description;
mod digest;
mod examination;
mod kept;
pub mod ledger;
mod location;
pub mod model;
mod picture;
mod prefix;
mod run;
mod silence;
mod subject;
mod verdict;

pub use agreed::{Agreed, NotAgreed};
pub use claim::{Claim, CodeInfo, Grade, Value, Weight};
pub use description::Description;
pub use digest::{Digest, DigestError};
pub use examination::{Examination, Object, ObjectKind, Region, RegionClass, Shares};
pub use kept::{Kept, KeptPart};
pub use location::{Location, Step};
pub use picture::{Picture, in_its_unit};
pub use prefix::{Prefix, PrefixError};
pub use run::{RunReport, Skipped, Status};
pub use silence::{ByChance, Silence};
pub use subject::{Subject, SubjectKind};
pub use verdict::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};

/// An input of a case, pinned by its hash.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exhibit {
    /// SHA-256 of the bytes: the exhibit's identity.
    pub sha256: Digest,
    /// File name as added; a label, not an identity.
    pub name: String,
    /// What the exhibit is read as.
    pub kind: ExhibitKind,
    /// Length in bytes.
    pub size: u64,
}

/// What an exhibit is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExhibitKind {
    /// A firmware image, package or root file system.
    Firmware,
    /// A table or graph of the network model.
    Network,
    /// What somebody states about equipment: a bill of materials, a VEX document.
    Statement,
    /// Records of traffic: logs, flow exports, captures.
    Traffic,
}

impl ExhibitKind {
    /// Whether the probes of files look at it.
    pub fn is_examined(self) -> bool {
        !matches!(self, Self::Network | Self::Traffic)
    }

    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::Network => "network",
            Self::Statement => "statement",
            Self::Traffic => "traffic",
        }
    }
}
