//! Unpacks an image in a confined process and runs the file-level probes.
//!
//! [`worker`] starts and is the confined child; [`engine`] takes an image apart in it; [`probe`] is the seam for probes
//! and [`probes`] holds them; [`confine`] and [`mapping`] are what the child owes to its safety.

mod answer;
pub mod confine;
mod coverage;
pub mod engine;
pub mod folder;
pub mod keeping;
mod layout;
pub mod libraries;
mod literals;
pub mod mapping;
mod marks;
mod names;
pub mod paths;
mod planted;
pub mod probe;
pub mod probes;
mod rates;
mod recognise;
mod scan;
pub mod signatures;
mod silence;
pub mod staging;
mod tries;
mod unpacking;
pub mod worker;

pub use engine::{CODES, Options};
pub use folder::Wish;
pub use staging::{Staging, StagingError};
pub use worker::{InspectError, Unpacked, Worker};
