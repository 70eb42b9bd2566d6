//! An executable as functions.
//!
//! Where functions begin is told by symbols, call frame information, the loader's lists, pointers that the loader relocates (in files at
//! a fixed address words that are one and lead to what makes room on the stack), and by the calls in the code itself. Wrong when: a pointer into the middle of a function (a computed `goto`) is taken for the start of
//! another. Misses: functions that only a computed value leads to, in files without symbols and frames.

mod finals;
mod frames;
mod library;
mod routines;
mod starts;
mod stubs;
mod tables;

pub(crate) use library::{asks_i386, asks_thumb};

use crate::function::{Blocks, Bounds, Callee, Facts, Gap, Routine, Surroundings, facts};
use crate::image::Image;
use crate::ir::{Flow, Reg};
use crate::values::Values;
use banbury_formats::executable::elf::Elf;
use std::collections::{BTreeMap, BTreeSet};

/// Times that a function is read anew with what its jumps by table were found to lead to.
const ROUNDS: usize = 4;

/// An executable as functions.
#[derive(Debug)]
pub struct Program<'a> {
    image: Image<'a>,
    functions: Vec<Bounds>,
    /// Places that lead to what another file has, by their address.
    imports: BTreeMap<u64, Vec<u8>>,
    /// Places that lead to a function of this file by a slot that the loader fills, and which: what a library calls of its own by name.
    own: BTreeMap<u64, u64>,
    /// Places that give back where they were called from.
    tellers: BTreeMap<u64, Reg>,
    /// Places that store or load registers for functions.
    routines: BTreeMap<u64, Routine>,
    /// Functions that never come back, of another file or of this one.
    finals: BTreeSet<u64>,
    /// Those of this file that say that the program is wrong itself.
    breakers: BTreeSet<u64>,
    /// Whether no other file takes part in it.
    is_static: bool,
    /// Functions of the C library in it, where it is linked statically.
    library: library::Library,
}

/// A function that was read.
#[derive(Debug)]
pub struct Read<'p> {
    /// Its blocks.
    pub blocks: Blocks,
    /// What it does.
    pub facts: Facts<'p>,
}

impl<'a> Program<'a> {
    /// Of an ELF file; `None` where its machine is none of ours or nothing of it is executable.
    #[must_use]
    pub fn of(elf: &Elf<'a>) -> Option<Self> {
        let mut program = Self {
            image: Image::of(elf)?,
            functions: Vec::new(),
            imports: BTreeMap::new(),
            own: BTreeMap::new(),
            tellers: BTreeMap::new(),
            routines: BTreeMap::new(),
            finals: BTreeSet::new(),
            breakers: BTreeSet::new(),
            is_static: is_static(elf),
            library: library::Library::default(),
        };
        for symbol in program.image.symbols().iter().filter(|symbol| symbol.import && symbol.function) {
            program.imports.insert(symbol.address, symbol.name.to_vec());
        }
        let starts = starts::find(&program.image, program.is_static);
        program.functions = starts.bounds;
        if program.is_static {
            library::by_symbols(&mut program);
        }
        stubs::find(&mut program, &starts.called);
        program.routines = routines::find(&program, &starts.called);
        program.finals = program
            .imports
            .iter()
            .filter(|(_, name)| finals::is_final(name))
            .map(|(address, _)| *address)
            .collect();
        if program.is_static {
            library::finals(&mut program);
            library::by_deeds(&mut program, &starts.called, &starts.callers);
        }
        finals::find(&mut program, &starts.callers);
        Some(program)
    }

    /// The executable in memory.
    #[must_use]
    pub fn image(&self) -> &Image<'a> {
        &self.image
    }

    /// Its functions, by address; places that only lead to another file are none.
    #[must_use]
    pub fn functions(&self) -> &[Bounds] {
        &self.functions
    }

    /// Whether a function begins at an address.
    #[must_use]
    pub fn is_function(&self, address: u64) -> bool {
        self.functions.binary_search_by_key(&address, |bounds| bounds.start).is_ok()
    }

    /// The name of a function, where a symbol says it.
    #[must_use]
    pub fn name(&self, address: u64) -> Option<&'a [u8]> {
        let symbols = self.image.symbols();
        let first = symbols.partition_point(|symbol| symbol.address < address);
        let here = symbols.get(first..)?.iter().take_while(|symbol| symbol.address == address);
        here.filter(|symbol| symbol.function && !symbol.import).map(|symbol| symbol.name).next()
    }

    /// The names of what it has from other files, by where code leads there.
    #[must_use]
    pub fn imports(&self) -> &BTreeMap<u64, Vec<u8>> {
        &self.imports
    }

    /// Whether it is an executable in which no other file takes part.
    #[must_use]
    pub fn is_static(&self) -> bool {
        self.is_static
    }

    /// The functions of the C library in an executable that is linked statically, by their address, as far as they were told.
    #[must_use]
    pub fn library(&self) -> &BTreeMap<u64, Vec<u8>> {
        &self.library.names
    }

    /// Why these were not looked for to the end.
    #[must_use]
    pub fn library_missed(&self) -> Option<&'static str> {
        self.library.missed
    }

    /// The function that begins at an address.
    #[must_use]
    pub fn bounds(&self, address: u64) -> Option<Bounds> {
        let number = self.functions.binary_search_by_key(&address, |bounds| bounds.start).ok()?;
        self.functions.get(number).copied()
    }

    /// The function that a place leads to which only leads there by a slot; other places as they are.
    #[must_use]
    pub fn behind(&self, address: u64) -> u64 {
        self.own.get(&address).copied().unwrap_or(address)
    }

    /// Reads a function: its blocks, and what it does.
    #[must_use]
    pub fn read(&self, bounds: Bounds) -> Read<'_> {
        let mut known: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        let mut round = 0;
        loop {
            let mut lifter = self.image.arch.lifter(self.image.big_endian, bounds.thumb);
            let mut blocks = Blocks::follow(bounds, self, lifter.as_mut(), &known);
            let facts = facts(&blocks, self, Values::new(&self.image), &[]);
            round += 1;
            let mut found = false;
            if round < ROUNDS && blocks.gaps.iter().any(|gap| matches!(gap, Gap::Indirect { .. })) {
                for (at, value) in &facts.jumps {
                    if !known.contains_key(at) {
                        let to = tables::targets(&facts.values, &self.image, bounds, *value);
                        found |= !to.is_empty();
                        if !to.is_empty() {
                            known.insert(*at, to);
                        }
                    }
                }
            }
            // What is called by value and never comes back leads nowhere. Where the address stands in the code the blocks have seen it.
            if round < ROUNDS {
                let by_value = |at: u64| {
                    let insn = blocks.insns.iter().find(|insn| insn.address == at);
                    insn.is_some_and(|insn| matches!(insn.flow, Flow::CallRegister(_) | Flow::CallMemory(_)))
                };
                for call in facts.calls.iter().filter(|call| !call.tail) {
                    if !known.contains_key(&call.at)
                        && self.never_comes_back(&call.callee)
                        && by_value(call.at)
                    {
                        known.insert(call.at, BTreeSet::new());
                        found = true;
                    }
                }
            }
            if !found {
                // A jump by value to a known function was followed: it is a call that does not come back.
                let calls: BTreeSet<u64> = facts
                    .calls
                    .iter()
                    .filter(|call| call.tail && !matches!(call.callee, Callee::Value(_)))
                    .map(|call| call.at)
                    .collect();
                blocks.gaps.retain(|gap| !matches!(gap, Gap::Indirect { at } if calls.contains(at)));
                return Read { blocks, facts };
            }
        }
    }

    /// What a callee is called: the import's name, the symbol, or its address.
    #[must_use]
    pub fn call_name(&self, callee: &Callee) -> Option<String> {
        match callee {
            Callee::Import(name) => Some(String::from_utf8_lossy(name).into_owned()),
            Callee::Here(address) => Some(match self.name(self.image.place(*address)) {
                Some(name) => String::from_utf8_lossy(name).into_owned(),
                None => format!("sub_{address:x}"),
            }),
            Callee::Value(_) => None,
        }
    }
}

/// Whether a file is an executable that asks for no other.
fn is_static(elf: &Elf<'_>) -> bool {
    (elf.kind == 2 || elf.kind == 3 && elf.is_pie()) && elf.interpreter().is_none() && elf.needed().is_empty()
}

impl Surroundings for Program<'_> {
    fn image(&self) -> &Image<'_> {
        &self.image
    }

    fn import(&self, address: u64) -> Option<&[u8]> {
        let place = self.image.place(address);
        self.imports.get(&place).or_else(|| self.library.names.get(&place)).map(Vec::as_slice)
    }

    fn is_final(&self, address: u64) -> bool {
        self.finals.contains(&self.image.place(address))
    }

    fn tells_place(&self, address: u64) -> Option<Reg> {
        self.tellers.get(&address).copied()
    }

    fn routine(&self, address: u64) -> Option<Routine> {
        self.routines.get(&address).copied()
    }
}
