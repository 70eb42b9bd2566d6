//! One lifter an instruction set: bytes to what an instruction does.

pub mod a64;
mod aarch32;
pub mod arm;
pub(crate) mod evaluate;
pub mod mips;
pub mod ppc;
pub mod riscv;
pub mod thumb;
mod word;
pub mod x86;
