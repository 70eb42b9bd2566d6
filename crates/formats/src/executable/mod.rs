//! Executables.

pub mod elf;
mod elf_format;
mod elf_versions;

pub use elf_format::ElfFormat;
