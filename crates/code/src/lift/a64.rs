//! AArch64 (A64), little-endian instructions.

use crate::ir::{Insn, Lift};

/// The reader of A64.
#[derive(Debug, Default)]
pub struct A64;

impl Lift for A64 {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        4
    }
}
