//! ELF of any class, byte order and machine, read as far as it can be read.
//!
//! What it gives: header, segments, sections, dynamic table, dynamic symbols, notes, extent in the file. Each table
//! is read on its own, so that a file without sections, cut off, or with tables that overlap still yields the rest.
//! What it misses: symbols that stand only in `.symtab`, compressed sections' content, relocations.
//! Source: System V ABI (gABI), chapters 4 and 5; the processor supplements for machine numbers.

use crate::{Problem, ProblemKind};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, Sym};
use object::{Endianness, ReadRef};

/// Entries of one table that are read; far above what any linker writes.
const TABLE_LIMIT: u64 = 1 << 18;
/// Bytes of a name that are read.
const NAME_LIMIT: usize = 1024;

/// An ELF file.
#[derive(Debug)]
pub struct Elf<'a> {
    data: &'a [u8],
    /// Whether addresses have 64 bits.
    pub is_64: bool,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// `e_type`: 1 relocatable, 2 executable, 3 shared object or PIE, 4 core.
    pub kind: u16,
    /// `e_machine`.
    pub machine: u16,
    /// `e_version`; 1 in every ELF file there is.
    pub version: u32,
    /// `e_entry`.
    pub entry: u64,
    /// `e_flags`, whose meaning depends on the machine.
    pub flags: u32,
    /// Whether the header's own sizes are those of its class.
    pub consistent: bool,
    /// Whether the section that the header says holds the sections' names is a string table in which they all start; or
    /// there are none, or the data end before it.
    pub named: bool,
    /// Program headers, in order.
    pub segments: Vec<Segment>,
    /// Section headers, in order.
    pub sections: Vec<Section<'a>>,
    /// Dynamic table, in order, up to its end mark.
    pub dynamic: Vec<(i64, u64)>,
    /// Bytes that the file takes, clipped to the bytes there are.
    pub extent: usize,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// A program header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// `p_type`: 1 load, 2 dynamic, 3 interpreter, 4 note, ...
    pub kind: u32,
    /// `p_flags`: 1 execute, 2 write, 4 read.
    pub flags: u32,
    /// Where it stands in the file.
    pub offset: u64,
    /// Where it is loaded.
    pub address: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// Bytes in memory.
    pub memory_size: u64,
}

/// A section header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Its name; empty when the name table cannot be read.
    pub name: &'a [u8],
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// Where it is loaded.
    pub address: u64,
    /// Where it stands in the file.
    pub offset: u64,
    /// Its bytes in the file (in memory, for `SHT_NOBITS`).
    pub size: u64,
    /// `sh_link`: the section with the names of symbols, among others.
    pub link: u32,
    name_offset: u32,
}

/// A dynamic symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Whether it is defined here (an export) or elsewhere (an import).
    pub defined: bool,
    /// Whether it is a function, as far as the symbol says.
    pub function: bool,
    /// Whether its address is of a function that tells the loader where the real one is (`STT_GNU_IFUNC`).
    pub resolver: bool,
    /// Its address, where defined.
    pub address: u64,
    /// Its size in bytes, where known.
    pub size: u64,
}

/// A note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// Who defines it, such as `GNU`.
    pub name: &'a [u8],
    /// Its type, in the owner's numbering.
    pub kind: u32,
    /// Its content.
    pub content: &'a [u8],
}

/// How much of the addresses that relocation fills in is read-only after start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relro {
    /// None.
    None,
    /// All but the lazily bound part.
    Partial,
    /// All.
    Full,
}

impl<'a> Elf<'a> {
    /// Reads `data`; `None` when it does not start with an ELF header.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        if !data.starts_with(&elf::ELFMAG) {
            return None;
        }
        match data.get(4)? {
            1 => read::<FileHeader32<Endianness>>(data),
            2 => read::<FileHeader64<Endianness>>(data),
            _ => None,
        }
    }

    /// The machine's common name.
    pub fn machine_name(&self) -> Option<&'static str> {
        MACHINES.iter().find(|(number, _)| *number == self.machine).map(|(_, name)| *name)
    }

    /// The name of its type.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            0 => "none",
            1 => "relocatable",
            2 => "executable",
            3 if self.is_pie() => "position-independent executable",
            3 => "shared object",
            4 => "core",
            _ => "other",
        }
    }

    /// The bytes at `offset`, as far as they are there.
    fn bytes(&self, offset: u64, size: u64) -> &'a [u8] {
        let Ok(start) = usize::try_from(offset) else { return &[] };
        let rest = self.data.get(start..).unwrap_or_default();
        rest.get(..usize::try_from(size).unwrap_or(usize::MAX).min(rest.len())).unwrap_or_default()
    }

    /// A segment's bytes, as far as they are there.
    pub fn segment_bytes(&self, segment: &Segment) -> &'a [u8] {
        self.bytes(segment.offset, segment.file_size)
    }

    /// A section's bytes, as far as they are there.
    pub fn section_bytes(&self, section: &Section<'_>) -> &'a [u8] {
        if section.kind == elf::SHT_NOBITS.0 { &[] } else { self.bytes(section.offset, section.size) }
    }

    /// The first section called `name`, with its offset in the file.
    pub fn section(&self, name: &str) -> Option<(u64, &'a [u8])> {
        let section = self.sections.iter().find(|section| section.name == name.as_bytes())?;
        Some((section.offset, self.section_bytes(section)))
    }

    /// The section that holds the byte at `offset` of the file.
    pub fn section_at(&self, offset: u64) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| {
            section.kind != elf::SHT_NOBITS.0
                && section.kind != 0
                && offset >= section.offset
                && offset - section.offset < section.size
        })
    }

    /// The loadable segments.
    pub fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.kind == elf::PT_LOAD.0)
    }

    fn segment(&self, kind: u32) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.kind == kind)
    }

    /// The program interpreter that it asks for.
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let bytes = self.segment_bytes(self.segment(elf::PT_INTERP.0)?);
        bytes.split(|&byte| byte == 0).next().filter(|name| !name.is_empty() && name.len() <= NAME_LIMIT)
    }

    /// The value of the first dynamic entry with this tag.
    pub fn dynamic_value(&self, tag: i64) -> Option<u64> {
        self.dynamic.iter().find(|(found, _)| *found == tag).map(|(_, value)| *value)
    }

    /// The offset in the file of a loaded address.
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        self.loads()
            .find(|load| address >= load.address && address - load.address < load.file_size)
            .and_then(|load| load.offset.checked_add(address - load.address))
    }

    fn dynamic_strings(&self) -> &'a [u8] {
        let Some(address) = self.dynamic_value(elf::DT_STRTAB.0) else { return &[] };
        let size = self.dynamic_value(elf::DT_STRSZ.0).unwrap_or(u64::MAX);
        self.offset_of(address).map_or(&[], |offset| self.bytes(offset, size))
    }

    fn dynamic_texts(&self, tag: i64) -> impl Iterator<Item = &'a [u8]> + '_ {
        let strings = self.dynamic_strings();
        self.dynamic
            .iter()
            .filter(move |(found, _)| *found == tag)
            .filter_map(move |(_, at)| text(strings, *at))
    }

    /// The text at `at` of the dynamic string table.
    pub(super) fn dynamic_text(&self, at: u64) -> Option<&'a [u8]> {
        text(self.dynamic_strings(), at)
    }

    /// The 32-bit word `further` bytes behind `offset` of the file.
    pub(super) fn word_at(&self, offset: u64, further: u64) -> Option<u32> {
        self.word(self.bytes(offset.checked_add(further)?, 4), 0)
    }

    /// The 16-bit word `further` bytes behind `offset` of the file.
    pub(super) fn half_at(&self, offset: u64, further: u64) -> Option<u16> {
        let bytes = *self.bytes(offset.checked_add(further)?, 2).first_chunk::<2>()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// The libraries that it needs.
    pub fn needed(&self) -> Vec<&'a [u8]> {
        self.dynamic_texts(elf::DT_NEEDED.0).collect()
    }

    /// The name under which a shared object is known.
    pub fn soname(&self) -> Option<&'a [u8]> {
        self.dynamic_texts(elf::DT_SONAME.0).next()
    }

    /// The library search paths of `DT_RPATH`.
    pub fn rpath(&self) -> Option<&'a [u8]> {
        self.dynamic_texts(elf::DT_RPATH.0).next()
    }

    /// The library search paths of `DT_RUNPATH`.
    pub fn runpath(&self) -> Option<&'a [u8]> {
        self.dynamic_texts(elf::DT_RUNPATH.0).next()
    }

    /// Whether it is linked against shared objects or is one.
    pub fn is_dynamic(&self) -> bool {
        !self.dynamic.is_empty()
    }

    /// Whether it is a position-independent executable: a shared object that asks for an interpreter or says so
    /// (`DF_1_PIE`).
    pub fn is_pie(&self) -> bool {
        let says = self.dynamic_value(elf::DT_FLAGS_1.0).is_some_and(|flags| flags & 0x0800_0000 != 0);
        self.kind == elf::ET_DYN.0
            && (says || (self.segment(elf::PT_INTERP.0).is_some() && self.soname().is_none()))
    }

    /// Whether all symbols are bound before the program starts.
    pub fn binds_now(&self) -> bool {
        self.dynamic_value(elf::DT_BIND_NOW.0).is_some()
            || self.dynamic_value(elf::DT_FLAGS.0).is_some_and(|flags| flags & 8 != 0)
            || self.dynamic_value(elf::DT_FLAGS_1.0).is_some_and(|flags| flags & 1 != 0)
    }

    /// How much is read-only after relocation.
    pub fn relro(&self) -> Relro {
        match self.segment(elf::PT_GNU_RELRO.0) {
            None => Relro::None,
            Some(_) if self.binds_now() || !self.is_dynamic() => Relro::Full,
            Some(_) => Relro::Partial,
        }
    }

    /// Whether the stack is asked to be executable; `None` when the file does not say (then the kernel and the
    /// machine decide).
    pub fn executable_stack(&self) -> Option<bool> {
        self.segment(elf::PT_GNU_STACK.0).map(|segment| segment.flags & 1 != 0)
    }

    /// The dynamic symbols, without the empty first.
    pub fn symbols(&self) -> Vec<Symbol<'a>> {
        if self.is_64 {
            self.read_symbols::<FileHeader64<Endianness>>()
        } else {
            self.read_symbols::<FileHeader32<Endianness>>()
        }
    }

    /// The notes of all note segments, or sections where there are no segments.
    pub fn notes(&self) -> Vec<Note<'a>> {
        let segments =
            self.segments.iter().filter(|s| s.kind == elf::PT_NOTE.0).map(|s| self.segment_bytes(s));
        let mut parts: Vec<&[u8]> = segments.collect();
        if parts.is_empty() {
            let sections = self.sections.iter().filter(|s| s.kind == elf::SHT_NOTE.0);
            parts = sections.map(|section| self.section_bytes(section)).collect();
        }
        let mut notes = Vec::new();
        for mut rest in parts {
            while let Some((note, after)) = self.note(rest) {
                notes.push(note);
                rest = after;
                if notes.len() as u64 >= TABLE_LIMIT {
                    return notes;
                }
            }
        }
        notes
    }

    /// The linker's build identifier.
    pub fn build_id(&self) -> Option<&'a [u8]> {
        self.notes().iter().find(|note| note.name == b"GNU" && note.kind == 3).map(|note| note.content)
    }

    fn note(&self, data: &'a [u8]) -> Option<(Note<'a>, &'a [u8])> {
        let (name_size, size, kind) = (self.word(data, 0)?, self.word(data, 4)?, self.word(data, 8)?);
        let name_size = usize::try_from(name_size).ok()?;
        let size = usize::try_from(size).ok()?;
        let content = 12usize.checked_add(name_size)?.checked_next_multiple_of(4)?;
        let end = content.checked_add(size)?;
        let name = data.get(12..12usize.checked_add(name_size)?)?;
        let name = name.strip_suffix(b"\0").unwrap_or(name);
        let note = Note { name, kind, content: data.get(content..end)? };
        Some((note, data.get(end.checked_next_multiple_of(4)?..).unwrap_or_default()))
    }

    fn word(&self, data: &[u8], at: usize) -> Option<u32> {
        let bytes = data.get(at..at.checked_add(4)?)?.first_chunk::<4>()?;
        Some(if self.big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    }

    fn read_symbols<H: FileHeader<Endian = Endianness>>(&self) -> Vec<Symbol<'a>> {
        let endian = if self.big_endian { Endianness::Big } else { Endianness::Little };
        let size = size_of::<H::Sym>() as u64;
        let (offset, count, strings) = match self.sections.iter().find(|s| s.kind == elf::SHT_DYNSYM.0) {
            Some(section) => {
                let names = usize::try_from(section.link).ok().and_then(|link| self.sections.get(link));
                let strings = names.map_or(&[][..], |names| self.section_bytes(names));
                (section.offset, section.size / size, strings)
            }
            None => {
                let table = self.dynamic_value(elf::DT_SYMTAB.0).and_then(|address| self.offset_of(address));
                let Some(offset) = table else { return Vec::new() };
                (offset, self.symbol_count(size).unwrap_or(0), self.dynamic_strings())
            }
        };
        let mut symbols = Vec::new();
        for index in 1..count.min(TABLE_LIMIT) {
            let at = index.checked_mul(size).and_then(|at| at.checked_add(offset));
            let Some(symbol) = at.and_then(|at| self.data.read_at::<H::Sym>(at).ok()) else { break };
            let Some(name) = text(strings, symbol.st_name(endian).into()).filter(|name| !name.is_empty())
            else {
                continue;
            };
            symbols.push(Symbol {
                name,
                defined: !symbol.is_undefined(endian),
                function: symbol.st_type() == elf::STT_FUNC || symbol.st_type() == elf::STT_GNU_IFUNC,
                resolver: symbol.st_type() == elf::STT_GNU_IFUNC,
                address: symbol.st_value(endian).into(),
                size: symbol.st_size(endian).into(),
            });
        }
        symbols
    }

    /// The number of dynamic symbols in a file without sections: from the hash table, else from where the names start.
    fn symbol_count(&self, size: u64) -> Option<u64> {
        if let Some(count) = self.dynamic_value(0x7000_0011).filter(|_| matches!(self.machine, 8 | 10)) {
            return Some(count); // DT_MIPS_SYMTABNO
        }
        let at = |tag: i64| self.dynamic_value(tag).and_then(|address| self.offset_of(address));
        if let Some(hash) = at(elf::DT_HASH.0) {
            return self.word(self.bytes(hash, 8), 4).map(u64::from);
        }
        let (symbols, strings) = (at(elf::DT_SYMTAB.0)?, at(elf::DT_STRTAB.0)?);
        strings.checked_sub(symbols).map(|bytes| bytes / size)
    }
}

fn text(strings: &[u8], at: u64) -> Option<&[u8]> {
    let rest = strings.get(usize::try_from(at).ok()?..)?;
    let rest = rest.get(..rest.len().min(NAME_LIMIT))?;
    rest.split(|&byte| byte == 0).next()
}

fn read<'a, H: FileHeader<Endian = Endianness>>(data: &'a [u8]) -> Option<Elf<'a>> {
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let (programs, sections) = (size_of::<H::ProgramHeader>() as u64, size_of::<H::SectionHeader>() as u64);
    let program_table: u64 = header.e_phoff(endian).into();
    let section_table: u64 = header.e_shoff(endian).into();
    let mut elf = Elf {
        data,
        is_64: header.is_class_64(),
        big_endian: header.is_big_endian(),
        kind: header.e_type(endian).0,
        machine: header.e_machine(endian).0,
        version: header.e_version(endian),
        entry: header.e_entry(endian).into(),
        flags: header.e_flags(endian).0,
        consistent: usize::from(header.e_ehsize(endian)) == size_of::<H>()
            && (header.e_phnum(endian) == 0 || u64::from(header.e_phentsize(endian)) == programs)
            && (header.e_shnum(endian) == 0 || u64::from(header.e_shentsize(endian)) == sections),
        named: true,
        segments: Vec::new(),
        sections: Vec::new(),
        dynamic: Vec::new(),
        extent: 0,
        problems: Vec::new(),
    };
    if !elf.consistent {
        elf.problem(ProblemKind::Malformed, 0, "the sizes in the header are not those of its class");
    }
    let mut end = size_of::<H>() as u64;
    if program_table != 0 {
        // The count stands in section 0 where it does not fit; a count that cannot be read is 0.
        let count = header.phnum(endian, data).unwrap_or(0).into();
        end = end.max(elf.table("program headers", program_table, count, programs, |elf, at| {
            let header = data.read_at::<H::ProgramHeader>(at).ok()?;
            elf.segments.push(Segment {
                kind: header.p_type(endian).0,
                flags: header.p_flags(endian).0,
                offset: header.p_offset(endian).into(),
                address: header.p_vaddr(endian).into(),
                file_size: header.p_filesz(endian).into(),
                memory_size: header.p_memsz(endian).into(),
            });
            Some(())
        }));
    }
    if section_table != 0 {
        let count: u64 = header.shnum(endian, data).unwrap_or(header.e_shnum(endian).into()).into();
        end = end.max(elf.table("section headers", section_table, count, sections, |elf, at| {
            let header = data.read_at::<H::SectionHeader>(at).ok()?;
            elf.sections.push(Section {
                name: &[],
                kind: header.sh_type(endian).0,
                flags: header.sh_flags(endian).0,
                address: header.sh_addr(endian).into(),
                offset: header.sh_offset(endian).into(),
                size: header.sh_size(endian).into(),
                link: header.sh_link(endian),
                name_offset: header.sh_name(endian),
            });
            Some(())
        }));
        let index = header.shstrndx(endian, data).ok().and_then(|index| usize::try_from(index).ok());
        let names = index.and_then(|index| elf.sections.get(index));
        elf.named = match names {
            Some(names) if index != Some(0) => {
                names.kind == elf::SHT_STRTAB.0
                    && elf.sections.iter().all(|section| u64::from(section.name_offset) < names.size)
            }
            Some(_) => elf.sections.iter().all(|section| section.name_offset == 0),
            None => (elf.sections.len() as u64) < count,
        };
        let names = names.map_or(&[][..], |names| elf.section_bytes(names));
        elf.sections.iter_mut().for_each(|s| s.name = text(names, s.name_offset.into()).unwrap_or_default());
    }
    elf.measure(end);
    elf.dynamic = dynamic::<H>(&elf, endian);
    Some(elf)
}

fn dynamic<'a, H: FileHeader<Endian = Endianness>>(elf: &Elf<'a>, endian: Endianness) -> Vec<(i64, u64)> {
    let bytes = match elf.segment(elf::PT_DYNAMIC.0) {
        Some(segment) => elf.segment_bytes(segment),
        None => match elf.sections.iter().find(|section| section.kind == elf::SHT_DYNAMIC.0) {
            Some(section) => elf.section_bytes(section),
            None => return Vec::new(),
        },
    };
    let size = size_of::<H::Dyn>() as u64;
    let count = (bytes.len() as u64 / size).min(TABLE_LIMIT);
    let entries = (0..count).map_while(|index| bytes.read_at::<H::Dyn>(index * size).ok());
    let entries = entries.map(|entry| (entry.tag(endian).0, entry.val(endian)));
    entries.take_while(|(tag, _)| *tag != elf::DT_NULL.0).collect()
}

impl Elf<'_> {
    fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    /// Reads a table entry by entry; gives where it ends by its own account.
    fn table(
        &mut self,
        what: &str,
        start: u64,
        count: u64,
        size: u64,
        mut entry: impl FnMut(&mut Self, u64) -> Option<()>,
    ) -> u64 {
        for index in 0..count {
            if index == TABLE_LIMIT {
                self.problem(
                    ProblemKind::LimitReached,
                    start,
                    format!("{what}: {count} entries, read {index}"),
                );
                break;
            }
            let at = index.checked_mul(size).and_then(|at| at.checked_add(start));
            if at.and_then(|at| entry(self, at)).is_none() {
                self.problem(ProblemKind::Truncated, start, format!("{what}: {count} stated, {index} there"));
                break;
            }
        }
        start.saturating_add(count.saturating_mul(size))
    }

    /// Whether what is loaded was left out and its headers kept, as files of separate symbols have it
    /// (`objcopy --only-keep-debug`): the segments point at bytes that stand elsewhere.
    fn is_symbols_alone(&self) -> bool {
        const LOADED: u64 = 2;
        const EXECUTED: u64 = 4;
        let mut loaded = self
            .sections
            .iter()
            .filter(|section| section.flags & LOADED != 0 && section.kind != elf::SHT_NOTE.0)
            .peekable();
        self.named
            && self.sections.iter().any(|section| section.flags & EXECUTED != 0)
            && loaded.peek().is_some()
            && loaded.all(|section| section.kind == elf::SHT_NOBITS.0)
    }

    /// The end of all that headers point at.
    fn measure(&mut self, tables: u64) {
        let mut end = tables;
        let symbols_alone = self.is_symbols_alone();
        for segment in &self.segments {
            if segment.file_size > 0 && !symbols_alone {
                end = end.max(segment.offset.saturating_add(segment.file_size));
            }
        }
        for section in &self.sections {
            if section.kind != elf::SHT_NOBITS.0 && section.kind != 0 {
                end = end.max(section.offset.saturating_add(section.size));
            }
        }
        let there = self.data.len() as u64;
        if end > there {
            self.problem(
                ProblemKind::Truncated,
                there,
                format!("headers point up to byte {end}, {there} are there"),
            );
        }
        self.extent = usize::try_from(end).unwrap_or(usize::MAX).min(self.data.len());
    }
}

/// Machine numbers that equipment has, with their common names.
const MACHINES: &[(u16, &str)] = &[
    (2, "sparc"),
    (3, "x86"),
    (4, "m68k"),
    (8, "mips"),
    (10, "mips-rs3"),
    (15, "parisc"),
    (18, "sparc32plus"),
    (20, "powerpc"),
    (21, "powerpc64"),
    (22, "s390"),
    (40, "arm"),
    (42, "superh"),
    (43, "sparcv9"),
    (44, "tricore"),
    (45, "arc"),
    (50, "ia64"),
    (62, "x86-64"),
    (83, "avr"),
    (87, "v850"),
    (88, "m32r"),
    (92, "openrisc"),
    (93, "arc-compact"),
    (94, "xtensa"),
    (105, "msp430"),
    (106, "blackfin"),
    (113, "nios2"),
    (164, "hexagon"),
    (167, "nds32"),
    (183, "aarch64"),
    (187, "tile64"),
    (188, "tilepro"),
    (189, "microblaze"),
    (191, "tilegx"),
    (195, "arc-compact2"),
    (243, "riscv"),
    (247, "bpf"),
    (252, "csky"),
    (258, "loongarch"),
];
