//! What the loader puts where: the relocations of the dynamic table, and on MIPS the global offset table, which has none.
//!
//! Of a relocation with a symbol only who it is counts, whatever its type, and its addend; of one without, what address it makes. Types
//! that make something else (thread-local offsets, copies) are left out by their numbers.
//! Sources: gABI chapter 5; the processor supplements' lists of types.

use super::{Image, number};
use crate::arch::Arch;
use banbury_formats::executable::elf::Elf;
use std::collections::BTreeMap;

/// Relocations that are read of one table, or of all that stand in sections.
const MOST: u64 = 1 << 20;

/// What stands in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound<'a> {
    Address(u64),
    Import(&'a [u8]),
}

/// The dynamic symbols by their number.
struct Names<'e, 'a> {
    elf: &'e Elf<'a>,
    image: &'e Image<'a>,
    table: u64,
    texts: u64,
}

pub(super) fn read<'a>(elf: &Elf<'a>, image: &Image<'a>) -> BTreeMap<u64, Bound<'a>> {
    let mut bound = BTreeMap::new();
    let value = |tag: i64| elf.dynamic_value(tag);
    let names = Names { elf, image, table: value(6).unwrap_or(0), texts: value(5).unwrap_or(0) };
    // DT_RELA, DT_REL, and DT_JMPREL, which is of the kind that DT_PLTREL names.
    for (table, size, addends) in [(7, 8, true), (17, 18, false), (23, 2, value(20) == Some(7))] {
        if let (Some(table), Some(size)) = (value(table), value(size)) {
            names.table(table, size, addends, &mut bound);
        }
    }
    names.packed(value(36), value(35), &mut bound);
    if matches!(image.arch, Arch::Mips | Arch::Mips64) {
        names.global_offsets(&mut bound);
    }
    bound
}

/// The functions that the loader asks for an address to put somewhere (`R_*_IRELATIVE`).
pub(super) fn resolvers<'a>(elf: &Elf<'a>, image: &Image<'a>) -> Vec<u64> {
    let value = |tag: i64| elf.dynamic_value(tag);
    let names = Names { elf, image, table: 0, texts: 0 };
    let asks: u32 = match image.arch {
        Arch::X86 => 42,
        Arch::X86_64 => 37,
        Arch::Arm => 160,
        Arch::Aarch64 => 1032,
        Arch::Ppc | Arch::Ppc64 => 248,
        Arch::Riscv32 | Arch::Riscv64 => 58,
        Arch::Mips | Arch::Mips64 => return Vec::new(),
    };
    let word = u64::from(image.bits() / 8);
    let mut found = Vec::new();
    for (table, size, addends) in [(7, 8, true), (17, 18, false), (23, 2, value(20) == Some(7))] {
        let (Some(table), Some(size)) = (value(table), value(size)) else { continue };
        let entry = word * if addends { 3 } else { 2 };
        for at in (0..(size / entry).min(MOST)).map_while(|number| table.checked_add(number * entry)) {
            let Some((kind, _)) = names.info(at.wrapping_add(word)) else { break };
            let to = if addends {
                image.word(at.wrapping_add(2 * word))
            } else {
                image.word(at).and_then(|slot| image.word(slot))
            };
            found.extend(to.filter(|to| kind == asks && image.is_code(*to & !1)));
        }
    }
    found
}

/// In a file without a dynamic table the relocations that it does itself when it starts, which stand in sections: the resolvers that it asks.
pub(super) fn own(elf: &Elf<'_>, image: &Image<'_>) -> Vec<u64> {
    tables(elf, image)
        .into_values()
        .filter_map(|bound| match bound {
            Bound::Address(address) => Some(address),
            Bound::Import(_) => None,
        })
        .collect()
}

fn tables<'a>(elf: &Elf<'a>, image: &Image<'a>) -> BTreeMap<u64, Bound<'a>> {
    const ALLOCATED: u64 = 2;
    let names = Names { elf, image, table: 0, texts: 0 };
    let mut bound = BTreeMap::new();
    let mut left = MOST;
    // SHT_RELA, SHT_REL.
    for section in elf.sections.iter().filter(|section| section.flags & ALLOCATED != 0) {
        if matches!(section.kind, 4 | 9) {
            left -= names.some(left, (section.address, section.size), section.kind == 4, &mut bound);
        }
    }
    bound
}

/// In a file without a dynamic table addresses stand where they are read from: its tables of addresses hold them as they are.
pub(super) fn settled<'a>(elf: &Elf<'a>, image: &mut Image<'a>) {
    const TABLES: [&[u8]; 6] =
        [b".got", b".got.plt", b".got2", b".toc", b".data.rel.ro", b".data.rel.ro.local"];
    let mut more = tables(elf, image);
    let word = u64::from(image.bits() / 8);
    let mut left = MOST;
    let mut add = |from: u64, size: u64| {
        let count = (size / word).min(left);
        left -= count;
        let slots = (0..count).filter_map(|number| from.checked_add(number * word));
        for slot in slots {
            if let Some(to) = image.word(slot).filter(|to| *to >= 0x1000 && image.is_mapped(*to & !1)) {
                more.entry(slot).or_insert(Bound::Address(to));
            }
        }
    };
    for section in elf.sections.iter().filter(|section| TABLES.contains(&section.name)) {
        add(section.address, section.size);
    }
    // The table of MIPS stands 0x7ff0 before what the global pointer says, and is as long as that reaches.
    if matches!(image.arch, Arch::Mips | Arch::Mips64)
        && elf.sections.is_empty()
        && let Some(table) = image.global.and_then(|global| global.checked_sub(0x7ff0))
    {
        add(table, 0xfff0);
    }
    for (slot, bound) in more {
        image.bound.entry(slot).or_insert(bound);
    }
}

impl<'a> Names<'_, 'a> {
    fn table(&self, table: u64, size: u64, addends: bool, bound: &mut BTreeMap<u64, Bound<'a>>) {
        self.some(MOST, (table, size), addends, bound);
    }

    /// Of a table so many relocations at most; how many were read.
    fn some(
        &self,
        most: u64,
        (table, size): (u64, u64),
        addends: bool,
        bound: &mut BTreeMap<u64, Bound<'a>>,
    ) -> u64 {
        let word = u64::from(self.image.bits() / 8);
        let entry = word * if addends { 3 } else { 2 };
        let count = (size / entry).min(most);
        for number in 0..count {
            let Some(at) = table.checked_add(number * entry) else { return number };
            let (Some(slot), Some(info)) = (self.image.word(at), self.info(at.wrapping_add(word))) else {
                return number;
            };
            let (kind, symbol) = info;
            let addend =
                if addends { self.image.word(at.wrapping_add(2 * word)) } else { self.image.word(slot) };
            if let Some(found) = self.one(kind, symbol, addend.unwrap_or(0)) {
                bound.entry(slot).or_insert(found);
            }
        }
        count
    }

    /// The type and symbol of a relocation.
    fn info(&self, at: u64) -> Option<(u32, u32)> {
        let info = self.image.word(at)?;
        Some(match self.image.arch {
            // Symbol first, then a byte each for three types, in the order of the file.
            Arch::Mips64 => {
                let bytes = self.image.bytes(at);
                let symbol = number(bytes.get(..4)?, self.image.big_endian);
                (u32::from(*bytes.get(7)?), u32::try_from(symbol).ok()?)
            }
            _ if self.image.bits() == 64 => ((info & 0xffff_ffff) as u32, (info >> 32) as u32),
            _ => ((info & 0xff) as u32, (info >> 8) as u32),
        })
    }

    fn one(&self, kind: u32, symbol: u32, addend: u64) -> Option<Bound<'a>> {
        // Not addresses: copies of data, thread-local storage.
        let other: &[u32] = match self.image.arch {
            Arch::X86 => &[5, 14, 35, 36, 37, 41],
            Arch::X86_64 => &[5, 16, 17, 18, 36],
            Arch::Arm => &[13, 17, 18, 19, 20],
            Arch::Aarch64 => &[1024, 1028, 1029, 1030, 1031],
            Arch::Ppc => &[19, 68, 69, 70, 71, 72, 73, 78],
            Arch::Ppc64 => &[19, 68, 69, 73, 78],
            Arch::Riscv32 | Arch::Riscv64 => &[4, 6, 7, 8, 9, 10, 11],
            Arch::Mips | Arch::Mips64 => &[38, 39, 40, 41, 47, 48, 126],
        };
        if kind == 0 || other.contains(&kind) {
            return None;
        }
        if symbol != 0 {
            return self.symbol(symbol, addend);
        }
        let address = self.image.cut(addend);
        self.image.is_mapped(address & !1).then_some(Bound::Address(address))
    }

    /// What a symbol stands for: its address where this file has it, else its name.
    fn symbol(&self, index: u32, addend: u64) -> Option<Bound<'a>> {
        let (name, address, defined) = self.entry(index)?;
        if defined && address != 0 {
            // In a slot of the table of calls what stands there leads to a stub, and is no addend.
            let whole = self.image.cut(address.wrapping_add(addend));
            let sum = if self.image.is_mapped(whole) && addend < 1 << 20 { whole } else { address };
            return Some(Bound::Address(self.image.cut(sum)));
        }
        Some(Bound::Import(name))
    }

    fn entry(&self, index: u32) -> Option<(&'a [u8], u64, bool)> {
        let wide = self.image.bits() == 64 && self.elf.is_64;
        let size = if wide { 24 } else { 16 };
        let entry = self.image.bytes(self.table.checked_add(u64::from(index) * size)?);
        let field = |at: usize, bytes: usize| {
            entry.get(at..at + bytes).map(|bytes| number(bytes, self.image.big_endian))
        };
        let (name, section, address) = if wide {
            (field(0, 4)?, field(6, 2)?, field(8, 8)?)
        } else {
            (field(0, 4)?, field(14, 2)?, field(4, 4)?)
        };
        let name = self.image.bytes(self.texts.checked_add(name)?);
        let name = name.get(..name.len().min(1024))?.split(|&byte| byte == 0).next()?;
        (!name.is_empty()).then_some((name, address, section != 0))
    }

    /// Relative relocations as bitmaps (`DT_RELR`).
    fn packed(&self, table: Option<u64>, size: Option<u64>, bound: &mut BTreeMap<u64, Bound<'a>>) {
        let (Some(table), Some(size)) = (table, size) else { return };
        let word = u64::from(self.image.bits() / 8);
        let mut next = 0_u64;
        let mut add = |slot: u64| {
            if let Some(address) = self.image.word(slot).filter(|address| self.image.is_mapped(address & !1))
            {
                bound.entry(slot).or_insert(Bound::Address(address));
            }
        };
        for number in 0..(size / word).min(MOST) {
            let Some(entry) = table.checked_add(number * word).and_then(|at| self.image.word(at)) else {
                return;
            };
            if entry & 1 == 0 {
                add(entry);
                next = entry.wrapping_add(word);
            } else {
                let slots = u64::from(self.image.bits()) - 1;
                for bit in (0..slots).filter(|bit| entry >> (bit + 1) & 1 == 1) {
                    add(next.wrapping_add(bit * word));
                }
                next = next.wrapping_add(slots * word);
            }
        }
    }

    /// The global offset table of MIPS: local entries are addresses as they stand, then one entry for each symbol from
    /// `DT_MIPS_GOTSYM` on.
    fn global_offsets(&self, bound: &mut BTreeMap<u64, Bound<'a>>) {
        let value = |tag: i64| self.elf.dynamic_value(tag);
        let (Some(table), Some(local)) = (value(3), value(0x7000_000a)) else { return };
        let word = u64::from(self.image.bits() / 8);
        // The first two entries are the loader's. One of a page (64 KiB, of which code takes the low half by itself) may name the start of
        // a page of which only the end is part of memory.
        let names = |address: &u64| {
            let page = *address != 0 && address & 0xffff == 0;
            self.image.is_mapped(*address)
                || (page && self.image.parts.iter().any(|part| part.address & !0xffff == *address))
        };
        for slot in (2..local.min(MOST)).filter_map(|number| table.checked_add(number * word)) {
            if let Some(address) = self.image.word(slot).filter(names) {
                bound.entry(slot).or_insert(Bound::Address(address));
            }
        }
        let (Some(first), Some(all)) = (value(0x7000_0013), value(0x7000_0011)) else { return };
        for index in first..all.min(first.saturating_add(MOST)) {
            let slot = local
                .checked_add(index - first)
                .and_then(|number| table.checked_add(number.checked_mul(word)?));
            let (Some(slot), Ok(index)) = (slot, u32::try_from(index)) else { return };
            if let Some(found) = self.symbol(index, 0) {
                bound.insert(slot, found);
            }
        }
    }
}
