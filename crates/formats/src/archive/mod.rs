//! Archives: names and contents one after the other.

pub mod adb;
pub mod ar;
pub mod cab;
mod coder;
pub mod cpio;
pub mod rpm;
pub mod sevenzip;
pub(crate) mod slack;
mod solid;
pub mod tar;
pub mod zip;
