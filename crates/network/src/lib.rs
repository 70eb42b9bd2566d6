//! The network model: imports, diagnostics, structure, scenarios.
//!
//! Pure: bytes and a file name go in ([`Input`]), a [`Model`](banbury_evidence::model::Model) and its [`Diagnostic`]s
//! come out of [`import`]; [`report`] turns them into a run's record. An input is one file in `inputs` and one line in
//! [`INPUTS`].

mod cells;
mod diagnostic;
mod draft;
pub mod functions;
pub mod graph;
mod import;
mod inputs;
mod json;
pub mod nation;
mod nearest;
mod records;
mod references;
mod report;
mod rows;
pub mod scenario;
mod spelling;
pub mod structure;
mod table;
mod tree;
mod types;
mod yaml;

pub use diagnostic::{Diagnostic, Kind, Severity};
pub use import::{Input, import, recognise};
pub use inputs::{INPUTS, Section, sections};
pub use report::{CODES, PROBE, VERSION, report};
pub use table::{Column, Description, Table};
