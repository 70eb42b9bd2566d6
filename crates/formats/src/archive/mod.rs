//! Archives: names and contents one after the other.

pub mod cpio;
pub mod tar;
