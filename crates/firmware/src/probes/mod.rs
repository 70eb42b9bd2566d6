//! The file-level probes. To add one: a file here, and a line in [`PROBES`].

use crate::probe::Probe;

/// Every probe, in the order of the report.
pub const PROBES: &[&dyn Probe] = &[];
