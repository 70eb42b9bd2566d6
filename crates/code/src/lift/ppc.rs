//! PowerPC, 32 and 64 bits.

use crate::ir::{Insn, Lift};

/// The reader of PowerPC.
#[derive(Debug)]
pub struct Ppc {
    big_endian: bool,
    is_64: bool,
}

impl Ppc {
    /// For code in one byte order, of 32 or 64 bits.
    #[must_use]
    pub fn new(big_endian: bool, is_64: bool) -> Self {
        Self { big_endian, is_64 }
    }
}

impl Lift for Ppc {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        4
    }
}
