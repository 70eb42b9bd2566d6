//! Places that only lead elsewhere: stubs of the procedure linkage table, and `__x86.get_pc_thunk`.
//!
//! A stub is told by what it does, not by where it stands: a few instructions without a branch that end in a jump to what the loader puts
//! into a slot.

use super::Program;
use crate::arch::Arch;
use crate::function::{Block, Blocks, Bounds, Callee, facts};
use crate::ir::{Flow, Insn, Op, Reg};
use crate::values::Values;
use std::collections::BTreeMap;

/// Bytes that a stub takes at most.
const LONGEST: u64 = 64;
/// Instructions that a stub has at most.
const MOST: usize = 10;

/// Finds them among what is called and what begins like a function.
pub(super) fn find(program: &mut Program<'_>, called: &BTreeMap<u64, bool>) {
    let mut places: BTreeMap<u64, bool> = called.clone();
    places.extend(program.functions.iter().map(|bounds| (bounds.start, bounds.thumb)));
    // Position-independent code keeps the address of its table in a register, and a stub finds it there.
    let register = match program.image.arch {
        Arch::X86 => Some(3),
        Arch::Ppc => Some(30),
        _ => None,
    };
    let mut tables: Vec<Vec<(Reg, u64)>> = vec![Vec::new()];
    tables.extend(
        register
            .into_iter()
            .flat_map(|register| program.image.tables.iter().map(move |table| vec![(register, *table)])),
    );
    let mut imports = Vec::new();
    let mut tellers = Vec::new();
    let mut own = Vec::new();
    for (start, thumb) in places {
        if program.imports.contains_key(&start) {
            continue;
        }
        let (first, thumb) = switched(program, start, thumb);
        let bounds = Bounds { start: first, end: first.saturating_add(LONGEST), thumb };
        let mut lifter = program.image.arch.lifter(program.image.big_endian, thumb);
        let blocks = Blocks::of(bounds, program, lifter.as_mut());
        let Some(block) = body(&blocks, program.image.arch) else { continue };
        let insns = blocks.insns.get(block.insns.clone()).unwrap_or_default();
        let Some(last) = insns.last().filter(|_| insns.len() <= MOST) else { continue };
        // A function that calls another one in the end and says with what is none.
        let arguments = program.image.arch.convention().arguments;
        if insns
            .iter()
            .flat_map(|insn| &insn.ops)
            .filter_map(sets)
            .any(|register| arguments.contains(&register))
        {
            continue;
        }
        match last.flow {
            Flow::Return if program.image.arch == Arch::X86 && insns.len() == 2 => {
                if let Some([Op::Load { dst, from, .. }]) = insns.first().map(|insn| insn.ops.as_slice())
                    && (from.base, from.index, from.offset)
                        == (Some(program.image.arch.convention().stack), None, 0)
                {
                    tellers.push((start, *dst));
                }
            }
            _ => {
                let jumps = insns.iter().any(|insn| {
                    matches!(insn.flow, Flow::JumpRegister(_) | Flow::JumpMemory(_) | Flow::CallRegister(_))
                });
                if !jumps {
                    continue;
                }
                for assumed in &tables {
                    let facts = facts(&blocks, program, Values::new(&program.image), assumed);
                    if let Some(call) = facts.calls.first()
                        && (facts.calls.len() == 1 || blocks.all.len() == 2)
                        && call.tail
                    {
                        match &call.callee {
                            Callee::Import(name) => imports.push((start, name.clone())),
                            Callee::Here(to) => own.push((start, program.image.place(*to))),
                            Callee::Value(_) => continue,
                        }
                        break;
                    }
                }
            }
        }
    }
    program.imports.extend(imports);
    program.tellers.extend(tellers);
    program.own.extend(own);
    let imports = &program.imports;
    program.functions.retain(|bounds| !imports.contains_key(&bounds.start));
}

/// Where a stub goes on that begins in the other state of the processor: what functions of Thumb jump to stands before code of Arm.
fn switched(program: &Program<'_>, start: u64, thumb: bool) -> (u64, bool) {
    if !thumb {
        return (start, thumb);
    }
    let mut insn = Insn::default();
    let mut lifter = program.image.arch.lifter(program.image.big_endian, thumb);
    match lifter.lift(program.image.bytes(start), start, &mut insn).then_some(insn.flow) {
        Some(Flow::Jump(to)) if insn.switches && insn.when.is_none() => (to, !thumb),
        _ => (start, thumb),
    }
}

/// The block of a stub. Those of PowerPC 64 that are safe between threads jump only where the slot is filled, and else, in a second
/// block of one instruction, to where the loader fills it.
fn body(blocks: &Blocks, arch: Arch) -> Option<&Block> {
    match blocks.all.as_slice() {
        [block] => Some(block),
        [block, other] if arch == Arch::Ppc64 => {
            let last = blocks.insns.get(block.insns.clone())?.last()?;
            let waits = last.when.is_some() && matches!(last.flow, Flow::JumpRegister(_));
            let [only] = blocks.insns.get(other.insns.clone())? else { return None };
            (waits && only.when.is_none() && matches!(only.flow, Flow::Jump(_))).then_some(block)
        }
        _ => None,
    }
}

/// The register that an effect writes.
fn sets(op: &Op) -> Option<Reg> {
    match *op {
        Op::Set { dst, .. }
        | Op::Compute { dst, .. }
        | Op::Load { dst, .. }
        | Op::Extend { dst, .. }
        | Op::Select { dst, .. }
        | Op::Clobber { dst } => Some(dst),
        _ => None,
    }
}
