use crate::Digest;
use serde::{Deserialize, Serialize};

/// What a claim is about.
///
/// The identifier is stable across runs: a file's is its exhibit's hash and the path of containers down to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// What sort of thing it is.
    pub kind: SubjectKind,
    /// Stable identifier, unique within its kind.
    pub id: String,
}

/// The sorts of subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// An input of the case.
    Exhibit,
    /// An object inside an exhibit: a container, a stream or a file.
    File,
    /// A vendor of equipment.
    Vendor,
    /// A product (device type).
    Product,
    /// A device of the network model.
    Device,
    /// A link of the network model.
    Link,
    /// A site of the network model.
    Site,
    /// A maintenance contract.
    Contract,
    /// The network as a whole.
    Network,
    /// Who talks to whom: a source, a destination, its port and the protocol.
    Flow,
}

impl SubjectKind {
    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exhibit => "exhibit",
            Self::File => "file",
            Self::Vendor => "vendor",
            Self::Product => "product",
            Self::Device => "device",
            Self::Link => "link",
            Self::Site => "site",
            Self::Contract => "contract",
            Self::Network => "network",
            Self::Flow => "flow",
        }
    }
}

impl Subject {
    /// The exhibit with this hash.
    pub fn exhibit(sha256: &Digest) -> Self {
        Self { kind: SubjectKind::Exhibit, id: sha256.to_string() }
    }

    /// Anything named by a text.
    pub fn named(kind: SubjectKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}
