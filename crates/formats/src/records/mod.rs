//! Memory written as lines of hexadecimal digits, as programmers of flash chips take it.

pub mod intelhex;
mod memory;
pub mod srecord;
pub mod tekhex;
