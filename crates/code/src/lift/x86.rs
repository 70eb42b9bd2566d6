//! x86 and x86-64.

use crate::ir::{Insn, Lift};

/// The reader of x86.
#[derive(Debug)]
pub struct X86 {
    bits: u8,
}

impl X86 {
    /// Of 32 or 64 bits.
    #[must_use]
    pub fn new(bits: u8) -> Self {
        Self { bits }
    }
}

impl Lift for X86 {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        1
    }
}
