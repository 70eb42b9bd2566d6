//! Thumb and Thumb-2 (T32).

use crate::ir::{Insn, Lift};

/// The reader of T32.
#[derive(Debug)]
pub struct Thumb {
    big_endian: bool,
}

impl Thumb {
    /// For code in one byte order.
    #[must_use]
    pub fn new(big_endian: bool) -> Self {
        Self { big_endian }
    }
}

impl Lift for Thumb {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        2
    }
}
