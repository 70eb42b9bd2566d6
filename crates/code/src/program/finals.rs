//! Functions of the file that never come back, as what tells an error and ends: each way through them ends in a call that does not come back.
//!
//! What stands behind such a call belongs to something else. Where it was followed as if the call came back, a place would seem to be reached without what is
//! demanded of it, and on x86 with another stack.
//!
//! Found from those that do not come back by name, caller by caller. Misses: functions that never end by a loop, or through a pointer.

use super::{Program, Read};
use crate::function::{Blocks, Callee};
use crate::image::Filled;
use crate::ir::Flow;
use std::collections::{BTreeMap, BTreeSet};

/// Functions of C libraries that never come back.
const FINAL: [&[u8]; 17] = [
    b"abort",
    b"exit",
    b"_exit",
    b"_Exit",
    b"quick_exit",
    b"__assert_fail",
    b"__assert",
    b"__stack_chk_fail",
    b"__fortify_fail",
    b"__chk_fail",
    b"longjmp",
    b"_longjmp",
    b"siglongjmp",
    b"pthread_exit",
    b"err",
    b"errx",
    b"__cxa_throw",
];
/// Those of them by which a program says that it is wrong itself.
const BREAKS: [&[u8]; 4] = [b"abort", b"__assert_fail", b"__assert", b"__assert_perror_fail"];
/// Those of them that a compiler calls beside what a function is for: no function ends by these alone.
const BESIDE: [&[u8]; 3] = [b"__stack_chk_fail", b"__fortify_fail", b"__chk_fail"];
/// Times that a function is read for it, anew where another one that it calls was found.
const TIMES: u8 = 3;
/// Functions that are read for it.
const READ: usize = 1 << 14;

/// Whether a function of another file never comes back.
pub(super) fn is_final(name: &[u8]) -> bool {
    FINAL.contains(&name)
}

/// Finds them, from what calls those that never come back by name.
pub(super) fn find(program: &mut Program<'_>, callers: &BTreeMap<u64, BTreeSet<u64>>) {
    let ends = |name: &[u8]| is_final(name) && !BESIDE.contains(&name);
    let told = |address: &u64| {
        let name = program.imports.get(address).or_else(|| program.library.names.get(address));
        match (name, program.image.filled(*address)) {
            (Some(name), _) => ends(name),
            (None, Some(Filled::Import(name))) => ends(name),
            _ => false,
        }
    };
    let mut open: BTreeSet<u64> =
        callers.iter().filter(|(called, _)| told(called)).flat_map(|(_, by)| by).copied().collect();
    let mut times: BTreeMap<u64, u8> = BTreeMap::new();
    let mut reads = 0;
    while let Some(function) = open.pop_first() {
        let times = times.entry(function).or_default();
        if program.finals.contains(&function) || *times >= TIMES || reads >= READ {
            continue;
        }
        *times += 1;
        reads += 1;
        let Some(bounds) = program.bounds(function) else { continue };
        // Most come back, and their blocks alone tell it.
        let mut lifter = program.image.arch.lifter(program.image.big_endian, bounds.thumb);
        let blocks = Blocks::of(bounds, program, lifter.as_mut());
        if blocks.insns.iter().any(|insn| insn.flow == Flow::Return) {
            continue;
        }
        let read = program.read(bounds);
        if is_without_end(program, &read) {
            let ends = |callee: &Callee| program.never_comes_back(callee) && !program.breaks(callee);
            if !read.facts.calls.iter().any(|call| ends(&call.callee)) {
                program.breakers.insert(function);
            }
            program.finals.insert(function);
            open.extend(callers.get(&function).into_iter().flatten());
        }
    }
}

/// Whether a function gives nothing back, as each way through it ends in a call that never comes back.
fn is_without_end(program: &Program<'_>, read: &Read<'_>) -> bool {
    let mut ends = false;
    for call in &read.facts.calls {
        let last = program.never_comes_back(&call.callee);
        ends |= last;
        if call.tail && !last {
            return false;
        }
    }
    ends && read.facts.returns.is_empty() && read.blocks.gaps.is_empty()
}

impl Program<'_> {
    /// Whether what is called never comes back.
    pub(super) fn never_comes_back(&self, callee: &Callee) -> bool {
        self.is_one(callee, &FINAL, &self.finals)
    }

    /// Whether what is called only says that the program is wrong itself, as where what is always true is not: it ends in `abort`.
    #[must_use]
    pub fn breaks(&self, callee: &Callee) -> bool {
        self.is_one(callee, &BREAKS, &self.breakers)
    }

    /// Whether what is called is of another file and has one of these names, or is one of these functions of this file.
    fn is_one(&self, callee: &Callee, names: &[&[u8]], functions: &BTreeSet<u64>) -> bool {
        match callee {
            Callee::Import(name) => names.contains(&name.as_slice()),
            Callee::Here(to) => functions.contains(&self.image.place(*to)),
            Callee::Value(_) => false,
        }
    }
}
