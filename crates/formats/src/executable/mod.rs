//! Executables.

pub mod elf;
mod elf_format;

pub use elf_format::ElfFormat;
