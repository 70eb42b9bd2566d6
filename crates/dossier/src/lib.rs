//! Reports and interchange formats: from evidence and verdicts to people and to other tools.
//!
//! Input is [`CaseReport`] (a case that was assessed), [`InspectReport`] (images that were inspected without one) or
//! [`review::Material`] (a case's ledger with its history, for the yearly review) or [`weigh::Material`] (the same with its network,
//! for what is known of one subject);
//! output is text. Nothing here reads the ledger, a clock or a file: the same report gives the same bytes. A format is
//! one file and one line in [`REPORT_FORMATS`].

mod bill;
mod cyclonedx;
mod drawn;
mod format;
#[cfg(test)]
mod format_tests;
mod holdings;
mod html;
mod json;
mod keys;
mod report;
pub mod review;
#[cfg(test)]
mod sample;
mod sarif;
mod spdx;
mod stated;
pub mod stix;
mod vex;
mod visible;
pub mod weigh;

pub use drawn::{DRAWN_STYLE, drawn};
pub use format::{DossierError, Need, Render, ReportFormat};
pub use json::manifest;
pub use report::{CaseReport, Explanation, InspectReport, Technique, UnpackReport};
pub use stated::{Agreement, Comparison, ComponentRow, Outcome, VulnerabilityRow, is_stated};

/// Every report format, in the order in which they are listed.
pub const REPORT_FORMATS: &[&ReportFormat] = &[
    &html::FORMAT,
    &json::FORMAT,
    &sarif::FORMAT,
    &cyclonedx::FORMAT,
    &spdx::FORMAT,
    &vex::CYCLONEDX,
    &vex::OPENVEX,
    &vex::CSAF,
    &stix::FORMAT,
];

/// The format called `name`.
pub fn report_format(name: &str) -> Option<&'static ReportFormat> {
    REPORT_FORMATS.iter().copied().find(|format| format.name == name)
}
