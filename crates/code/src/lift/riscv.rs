//! RISC-V with compressed instructions, 32 and 64 bits.

use crate::ir::{Insn, Lift};

/// The reader of RISC-V.
#[derive(Debug)]
pub struct Riscv {
    bits: u8,
}

impl Riscv {
    /// Of 32 or 64 bits.
    #[must_use]
    pub fn new(bits: u8) -> Self {
        Self { bits }
    }
}

impl Lift for Riscv {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        2
    }
}
