//! MIPS32 and MIPS64, before release 6.

use crate::ir::{Insn, Lift};

/// The reader of MIPS.
#[derive(Debug)]
pub struct Mips {
    big_endian: bool,
    is_64: bool,
}

impl Mips {
    /// For code in one byte order, of 32 or 64 bits.
    #[must_use]
    pub fn new(big_endian: bool, is_64: bool) -> Self {
        Self { big_endian, is_64 }
    }
}

impl Lift for Mips {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        4
    }
}
