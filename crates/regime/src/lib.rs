//! Measures as data; verdicts with reasons.
//!
//! A regime is a folder: `regime.toml` (who says so, since when, how sure we are of it, the numbers a user may
//! change), one `measures/<id>.toml` for each measure, and the queries that decide them in `queries/*.sql`, over the
//! ledger's documented views. `docs/regimes.md` describes the folder and the contract of a query.
//!
//! The built-in regimes are the folders under `regimes/`, embedded at build time ([`builtin`]); a user's own is read
//! from disk ([`Regime::load`]), begun with [`begin()`] and tested with [`worked::test`]. [`apply`] runs one over a ledger. A query can only read, only the views, and only
//! for so long: see [`Bounds`].

mod allowed;
mod apply;
mod attested;
mod begin;
mod clock;
mod compose;
mod dated;
mod disk;
mod error;
mod explain;
mod folder;
mod guard;
mod ledger_copy;
mod metadata;
pub mod near;
pub mod outlook;
mod query;
mod stopping;
mod strays;
mod topic;
mod unfold;
mod workbench;
pub mod worked;

pub use apply::{Assessment, apply, apply_within};
pub use begin::begin;
pub use error::{Diagnostic, RegimeError};
pub use explain::{explain, explain_measure, explain_regime};
pub use folder::{Files, builtin, find, tables};
pub use guard::Bounds;
pub use ledger_copy::{LedgerCopy, apply_in};
pub use metadata::{
    Certainty, Counted, Date, Measure, Overrides, Parameter, ParameterValue, Regime, Script, Sensitivity,
    Share, SourceText, Start, Within,
};
pub use stopping::Stopping;
pub use strays::strays;
pub use topic::{TOPICS, Topic, topic};
pub use workbench::{Workbench, apply_all};
