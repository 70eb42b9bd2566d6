//! Arm (A32).

use crate::ir::{Insn, Lift};

/// The reader of A32.
#[derive(Debug)]
pub struct Arm {
    big_endian: bool,
}

impl Arm {
    /// For code in one byte order.
    #[must_use]
    pub fn new(big_endian: bool) -> Self {
        Self { big_endian }
    }
}

impl Lift for Arm {
    fn lift(&mut self, _bytes: &[u8], _address: u64, _insn: &mut Insn) -> bool {
        false
    }

    fn step(&self) -> u8 {
        4
    }
}
