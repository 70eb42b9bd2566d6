//! Symbols with an address: those of the dynamic table, and those of `.symtab` where it was not stripped.

use super::Image;
use crate::arch::Arch;
use banbury_formats::executable::elf::Elf;

/// Symbols that are read of all `.symtab`, of which linkers write one; far above what is written for a device.
const MOST: usize = 1 << 20;
/// Bytes of a name that are read.
const NAME: usize = 1024;

/// A symbol with an address in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol<'a> {
    /// Where it stands, without the mark of Thumb.
    pub address: u64,
    /// Its bytes; 0 where that is not stated.
    pub size: u64,
    /// Its name.
    pub name: &'a [u8],
    /// Whether it is a function.
    pub function: bool,
    /// Whether it is code in Thumb state.
    pub thumb: bool,
    /// Whether only its own source file knows it.
    pub local: bool,
    /// Whether it stands for something that another file has: a stub that leads there.
    pub import: bool,
}

/// All symbols with an address, by address.
pub(super) fn read<'a>(elf: &Elf<'a>, image: &Image<'a>) -> Vec<Symbol<'a>> {
    let mut found = Vec::new();
    let mut add = |name: &'a [u8], address: u64, size: u64, function: bool, local: bool, defined: bool| {
        let thumb = image.arch == Arch::Arm && function && address & 1 == 1;
        let address = if thumb { address & !1 } else { address };
        if address != 0 && image.is_mapped(address) {
            found.push(Symbol { address, size, name, function, thumb, local, import: !defined });
        }
    };
    for symbol in elf.symbols() {
        add(symbol.name, symbol.address, symbol.size, symbol.function, false, symbol.defined);
    }
    let mut left = MOST;
    for table in elf.sections.iter().filter(|section| section.kind == 2) {
        let names = usize::try_from(table.link).ok().and_then(|link| elf.sections.get(link));
        let names = names.map_or(&[][..], |names| elf.section_bytes(names));
        let size = if elf.is_64 { 24 } else { 16 };
        for entry in elf.section_bytes(table).chunks_exact(size).take(left) {
            left -= 1;
            let field = |at: usize, bytes: usize| {
                super::number(entry.get(at..at + bytes).unwrap_or_default(), elf.big_endian)
            };
            let (info, section, address, bytes) = if elf.is_64 {
                (field(4, 1), field(6, 2), field(8, 8), field(16, 8))
            } else {
                (field(12, 1), field(14, 2), field(4, 4), field(8, 4))
            };
            let name = usize::try_from(field(0, 4)).ok().and_then(|at| names.get(at..)).unwrap_or_default();
            let name = name.get(..name.len().min(NAME)).unwrap_or_default();
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
            // STT_NOTYPE (mapping symbols, hand-written code), STT_OBJECT, STT_FUNC, STT_GNU_IFUNC.
            if section != 0 && !name.is_empty() && matches!(info & 15, 0 | 1 | 2 | 10) {
                add(name, address, bytes, matches!(info & 15, 2 | 10), info >> 4 == 0, true);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
