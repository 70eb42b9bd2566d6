//! An executable as it stands in memory: bytes by address, symbols, and what its relocations put where.
//!
//! Sections are a help, not a need: segments and the dynamic table say what the loader sees, and that is what counts. Addresses are those
//! of the file (a position-independent file stands at 0).
//!
//! Misses: relocatable files (`.o`, `.ko`), whose addresses are not settled; what a program loads or decrypts when it runs.

mod parts;
mod relocations;
mod symbols;

pub use symbols::Symbol;

use crate::arch::{Arch, NONE};
use banbury_formats::executable::elf::Elf;
use parts::Part;
use relocations::Bound;
use std::collections::BTreeMap;

/// Bytes of a string that are read.
const TEXT_LIMIT: usize = 4096;

/// An executable in memory.
#[derive(Debug)]
pub struct Image<'a> {
    /// Its instruction set.
    pub arch: Arch,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// Where it begins to run; 0 where it does not.
    pub entry: u64,
    /// By address; none reaches into another.
    parts: Vec<Part<'a>>,
    /// By address, the symbols that are there.
    symbols: Vec<Symbol<'a>>,
    /// By the address of a slot in memory, what the loader puts there.
    bound: BTreeMap<u64, Bound<'a>>,
    /// What the global pointer is in all of it, where it has one.
    global: Option<u64>,
    /// Where tables of addresses stand to which position-independent code keeps a pointer.
    pub(crate) tables: Vec<u64>,
    /// Functions that the dynamic table has called before and after the program.
    pub(crate) constructors: Vec<u64>,
    /// Those of them that are called before it.
    pub(crate) starting: Vec<u64>,
    /// Functions that the loader asks where others are (`IFUNC`).
    pub(crate) resolvers: Vec<u64>,
    /// The same in a file that no loader relocates, which does it itself.
    pub(crate) choosers: Vec<u64>,
    /// What the section of call frames holds, with its address.
    pub(crate) frames: Option<(u64, &'a [u8])>,
}

/// What is at a place in memory that the loader fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled<'i> {
    /// The address of something in this file.
    Address(u64),
    /// The address of something that another file has, by its name.
    Import(&'i [u8]),
}

impl<'a> Image<'a> {
    /// Of an ELF file; `None` where its machine is none of ours or nothing of it is executable.
    #[must_use]
    pub fn of(elf: &Elf<'a>) -> Option<Self> {
        let arch = Arch::of(elf.machine, elf.is_64)?;
        let parts = parts::read(elf, arch.bits());
        if !parts.iter().any(|part| part.executable && !part.bytes.is_empty()) {
            return None;
        }
        let frames = elf.sections.iter().find(|section| section.name == b".eh_frame");
        let mut image = Self {
            arch,
            big_endian: elf.big_endian,
            entry: if elf.kind == 1 { 0 } else { elf.entry },
            parts,
            symbols: Vec::new(),
            bound: BTreeMap::new(),
            global: None,
            tables: Vec::new(),
            constructors: Vec::new(),
            starting: Vec::new(),
            resolvers: Vec::new(),
            choosers: Vec::new(),
            frames: frames.map(|section| (section.address, elf.section_bytes(section))),
        };
        image.symbols = symbols::read(elf, &image);
        image.bound = relocations::read(elf, &image);
        image.follow_descriptors();
        image.global = image.global_pointer(elf);
        if !elf.is_dynamic() {
            image.choosers = relocations::own(elf, &image);
            relocations::settled(elf, &mut image);
        }
        image.tables = image.address_tables(elf);
        // DT_INIT, DT_INIT_ARRAY and DT_PREINIT_ARRAY; DT_FINI and DT_FINI_ARRAY.
        image.starting = image.called_by_the_loader(elf, 12, &[(25, 27), (32, 33)]);
        image.constructors = image.called_by_the_loader(elf, 13, &[(26, 28)]);
        image.constructors.extend_from_slice(&image.starting);
        let mut resolvers = relocations::resolvers(elf, &image);
        let named = elf.symbols().into_iter().filter(|symbol| symbol.defined && symbol.resolver);
        resolvers.extend(named.map(|symbol| symbol.address).filter(|address| image.is_code(*address & !1)));
        resolvers.sort_unstable();
        resolvers.dedup();
        image.resolvers = resolvers;
        Some(image)
    }

    /// Bits of an address.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.arch.bits()
    }

    /// A number cut to the width of an address.
    #[must_use]
    pub fn cut(&self, number: u64) -> u64 {
        if self.bits() == 32 { number & 0xffff_ffff } else { number }
    }

    fn part(&self, address: u64) -> Option<&Part<'a>> {
        let after = self.parts.partition_point(|part| part.address <= address);
        self.parts.get(after.checked_sub(1)?).filter(|part| address - part.address < part.size)
    }

    /// The bytes from an address to the end of what the file has of that part of memory.
    #[must_use]
    pub fn bytes(&self, address: u64) -> &'a [u8] {
        let Some(part) = self.part(address) else { return &[] };
        usize::try_from(address - part.address).ok().and_then(|at| part.bytes.get(at..)).unwrap_or_default()
    }

    /// Where the instruction stands that an address of code names: on Arm its lowest bit says the state.
    #[must_use]
    pub fn place(&self, address: u64) -> u64 {
        if self.arch == Arch::Arm { address & !1 } else { address }
    }

    /// Whether instructions may stand there.
    #[must_use]
    pub fn is_code(&self, address: u64) -> bool {
        self.part(address)
            .is_some_and(|part| part.executable && address - part.address < part.bytes.len() as u64)
    }

    /// Whether an address is part of memory at all.
    #[must_use]
    pub fn is_mapped(&self, address: u64) -> bool {
        self.part(address).is_some()
    }

    /// Whether what is there stays as the file has it: not writable, and not filled in by the loader.
    #[must_use]
    pub fn is_constant(&self, address: u64) -> bool {
        self.part(address).is_some_and(|part| !part.writable) && !self.bound.contains_key(&address)
    }

    /// The bytes of what is not written to, by part of memory.
    pub fn constants(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.parts.iter().filter(|part| !part.writable).map(|part| part.bytes)
    }

    /// The executable ranges, from and to, in order.
    pub fn code(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.parts
            .iter()
            .filter(|part| part.executable)
            .map(|part| (part.address, part.address.saturating_add(part.bytes.len() as u64)))
    }

    /// The number of `size` bytes (1, 2, 4, 8) at an address, as the file has it.
    #[must_use]
    pub fn number(&self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.bytes(address).get(..usize::from(size))?;
        Some(number(bytes, self.big_endian))
    }

    /// The address at an address.
    #[must_use]
    pub fn word(&self, address: u64) -> Option<u64> {
        self.number(address, self.bits() / 8)
    }

    /// The text at an address: bytes up to a zero, at most 4096, where there are some and all are printable or white space.
    #[must_use]
    pub fn text(&self, address: u64) -> Option<&'a [u8]> {
        let bytes = self.bytes(address);
        let bytes = bytes.get(..bytes.len().min(TEXT_LIMIT)).unwrap_or_default();
        let end = bytes.iter().position(|&byte| byte == 0)?;
        let text = bytes.get(..end)?;
        let plain = |&byte: &u8| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b);
        (!text.is_empty() && text.iter().all(plain)).then_some(text)
    }

    /// What the loader puts at an address, where it puts something.
    #[must_use]
    pub fn filled(&self, address: u64) -> Option<Filled<'_>> {
        Some(match *self.bound.get(&address)? {
            Bound::Address(address) => Filled::Address(address),
            Bound::Import(name) => Filled::Import(name),
        })
    }

    /// The slots that the loader fills with addresses of this file's code.
    pub fn pointers(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.bound.iter().filter_map(|(slot, bound)| match bound {
            Bound::Address(address) => Some((*slot, *address)),
            Bound::Import(_) => None,
        })
    }

    /// The slots that hold an address of this file, and which: those that the loader fills, and, in a file that stands where it says,
    /// all words that are one.
    pub fn addresses(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        const FIXED: u64 = 0x8000;
        let word = u64::from(self.bits() / 8);
        let fixed = self.parts.first().is_some_and(|part| part.address >= FIXED);
        let parts = self.parts.iter().filter(move |_| fixed);
        let words = parts.flat_map(move |part| {
            let start = part.address.next_multiple_of(word.max(1));
            let end = part.address.saturating_add(part.bytes.len() as u64);
            (start..end).step_by(usize::try_from(word).unwrap_or(8).max(1))
        });
        let words = words.filter_map(move |slot| Some((slot, self.word(slot)?)));
        words.filter(move |(_, to)| *to >= FIXED && self.is_mapped(*to)).chain(self.pointers())
    }

    /// The symbols that have an address, by address.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol<'a>] {
        &self.symbols
    }

    /// What the global pointer is everywhere in it.
    #[must_use]
    pub fn global(&self) -> Option<u64> {
        self.global
    }

    /// By ELF V1 of PowerPC 64 a function's symbol stands at a descriptor, whose first word is where its code is.
    fn follow_descriptors(&mut self) {
        if self.arch != Arch::Ppc64 {
            return;
        }
        let code = |symbol: &Symbol<'a>| {
            let to = match self.filled(symbol.address) {
                Some(Filled::Address(address)) => Some(address),
                Some(Filled::Import(_)) => None,
                None => self.word(symbol.address),
            };
            to.filter(|to| symbol.function && !self.is_code(symbol.address) && self.is_code(*to))
        };
        let moved: Vec<(usize, u64)> = self
            .symbols
            .iter()
            .enumerate()
            .filter_map(|(number, symbol)| Some((number, code(symbol)?)))
            .collect();
        for (number, to) in moved {
            if let Some(symbol) = self.symbols.get_mut(number) {
                symbol.address = to;
            }
        }
        self.symbols.sort();
    }

    fn global_pointer(&self, elf: &Elf<'a>) -> Option<u64> {
        if self.arch.convention().global == NONE {
            return None;
        }
        let named =
            |name: &[u8]| self.symbols.iter().find(|symbol| symbol.name == name).map(|symbol| symbol.address);
        match self.arch {
            // By the supplement `$gp` stands 0x7ff0 behind the start of the global offset table.
            Arch::Mips | Arch::Mips64 => named(b"_gp")
                .or_else(|| elf.dynamic_value(3).and_then(|table| table.checked_add(0x7ff0)))
                .or_else(|| registers(elf))
                .map(|address| self.cut(address)),
            // `.TOC.` is 0x8000 behind the start of the table of contents.
            Arch::Ppc64 => named(b".TOC.").or_else(|| {
                let table =
                    elf.sections.iter().find(|section| section.name == b".got" || section.name == b".toc")?;
                table.address.checked_add(0x8000)
            }),
            Arch::Riscv32 | Arch::Riscv64 => named(b"__global_pointer$"),
            _ => None,
        }
    }

    /// `DT_PLTGOT`; of PowerPC `DT_PPC_GOT`, and what `-fPIC` counts from: 0x8000 behind the start of each file's part of `.got2`.
    fn address_tables(&self, elf: &Elf<'a>) -> Vec<u64> {
        let mut found: Vec<u64> =
            [3, 0x7000_0000].into_iter().filter_map(|tag| elf.dynamic_value(tag)).collect();
        if self.arch == Arch::Ppc {
            let parts = elf.sections.iter().filter(|section| section.name == b".got2");
            found.extend(parts.filter_map(|section| section.address.checked_add(0x8000)));
        }
        found
    }

    /// The function that an entry of the dynamic table names, and those of the arrays that others name with their sizes.
    fn called_by_the_loader(&self, elf: &Elf<'a>, one: i64, arrays: &[(i64, i64)]) -> Vec<u64> {
        let mut found: Vec<u64> = elf.dynamic_value(one).into_iter().collect();
        let word = u64::from(self.bits() / 8);
        for (table, size) in arrays {
            let (Some(start), Some(size)) = (elf.dynamic_value(*table), elf.dynamic_value(*size)) else {
                continue;
            };
            for slot in (0..size.min(1 << 16) / word).filter_map(|number| start.checked_add(number * word)) {
                match self.filled(slot) {
                    Some(Filled::Address(address)) => found.push(address),
                    Some(Filled::Import(_)) => {}
                    None => found.extend(self.word(slot)),
                }
            }
        }
        found.retain(|address| self.is_code(address & !1));
        found
    }
}

/// The global pointer that the segment `PT_MIPS_REGINFO` says: behind the masks of five sets of registers.
fn registers(elf: &Elf<'_>) -> Option<u64> {
    let segment = elf.segments.iter().find(|segment| segment.kind == 0x7000_0000)?;
    let bytes = elf.segment_bytes(segment).get(20..24)?;
    Some(number(bytes, elf.big_endian)).filter(|pointer| *pointer != 0)
}

/// A number of up to eight bytes.
pub(crate) fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let next = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, next) } else { bytes.iter().rev().fold(0, next) }
}
