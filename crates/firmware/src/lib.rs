//! Unpacks an image in a confined process and runs the file-level probes.

pub mod probe;
pub mod probes;
