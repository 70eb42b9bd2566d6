//! Routines that PowerPC code of small size shares: they store the registers that a function has to leave as they were, or load them and return in its place
//! (`_savegpr0_14` and on, Power Architecture ELF ABI, "register saving and restoring functions").
//!
//! A call of the first changes nothing that the function knows; a jump to the second is its return. Both are told by what they do: a row of stores, or of loads, of
//! these registers and nothing else. Misses: those for floating-point and vector registers, and what other machines have of the kind.

use super::Program;
use crate::arch::Arch;
use crate::function::Routine;
use crate::ir::{Flow, Insn, Op, Operand, Reg};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The registers that a function has to leave as they were.
const KEPT: RangeInclusive<Reg> = 14..=31;
/// What carries the address that is returned to.
const CARRIES: Reg = 0;
/// The frame of the function that is left, and the stack pointer.
const FRAME: Reg = 11;
const STACK: Reg = 1;
/// Instructions that a routine has at most: a register each, and a few.
const LONGEST: usize = 24;

/// Finds them among what is called or jumped to.
pub(super) fn find(program: &Program<'_>, called: &BTreeMap<u64, bool>) -> BTreeMap<u64, Routine> {
    if !matches!(program.image.arch, Arch::Ppc | Arch::Ppc64) {
        return BTreeMap::new();
    }
    let places = called.keys().filter(|place| !program.imports.contains_key(place));
    places.filter_map(|place| Some((*place, routine(program, *place)?))).collect()
}

fn routine(program: &Program<'_>, start: u64) -> Option<Routine> {
    let mut lifter = program.image.arch.lifter(program.image.big_endian, false);
    let link = program.image.arch.convention().link;
    let (mut at, mut insn) = (start, Insn::default());
    let (mut stores, mut loads) = (0, 0);
    for _ in 0..LONGEST {
        if !lifter.lift(program.image.bytes(at), at, &mut insn) || insn.length == 0 {
            return None;
        }
        for op in &insn.ops {
            match *op {
                Op::Store { src: Operand::Reg(register), .. } if KEPT.contains(&register) => stores += 1,
                Op::Load { dst, .. } if KEPT.contains(&dst) => loads += 1,
                Op::Store { src: Operand::Reg(CARRIES), .. } | Op::Load { dst: CARRIES, .. } => {}
                Op::Set { dst, src: Operand::Reg(CARRIES) } if dst == link => {}
                Op::Set { dst: STACK, src: Operand::Reg(FRAME) } => {}
                _ => return None,
            }
        }
        match insn.flow {
            Flow::Next => at += u64::from(insn.length),
            Flow::Return if insn.when.is_none() && loads == 0 && stores > 0 => return Some(Routine::Saves),
            Flow::Return if insn.when.is_none() && stores == 0 && loads > 0 => {
                return Some(Routine::Restores);
            }
            _ => return None,
        }
    }
    None
}
