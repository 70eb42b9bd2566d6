//! Instructions of a function, in blocks that are carried out from their first to their last.
//!
//! Code is followed from the function's start, never read through from end to end: data between instructions (pools of literals, tables of
//! jumps) would be read as code. Where control goes by a register that cannot be followed, that is said ([`Gap`]); who knows more
//! ([`Blocks::follow`]) adds it.

use super::{Bounds, Surroundings};
use crate::ir::{Condition, Flow, Insn, Lift};
use std::collections::{BTreeMap, BTreeSet};

/// Instructions of one function that are read.
const MOST: usize = 200_000;

/// Instructions without a way in or out between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The number of its first instruction, and of the one behind its last.
    pub insns: std::ops::Range<usize>,
    /// Blocks that follow: for a branch first the one where the condition holds.
    pub next: Vec<usize>,
    /// Whether the first of these is where a branch goes when its condition holds, and the second where it goes else.
    pub decides: bool,
}

/// What could not be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A jump to where a value says.
    Indirect {
        /// The instruction.
        at: u64,
    },
    /// Bytes that are no instruction.
    Undecoded {
        /// Where.
        at: u64,
    },
    /// More instructions than are read of one function.
    TooLong {
        /// Where reading stopped.
        at: u64,
    },
}

/// A function's instructions in blocks; block 0 is where it begins.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The instructions, in blocks one after the other.
    pub insns: Vec<Insn>,
    /// The blocks.
    pub all: Vec<Block>,
    /// What could not be followed.
    pub gaps: Vec<Gap>,
    /// Jumps out of the function: the instruction and where to.
    pub leaves: Vec<(u64, u64)>,
}

impl Blocks {
    /// Follows a function's code from its start.
    pub fn of(bounds: Bounds, around: &dyn Surroundings, lifter: &mut dyn Lift) -> Self {
        Self::follow(bounds, around, lifter, &BTreeMap::new())
    }

    /// The same, where it is known where some jumps by value go: by the address of the jump.
    pub fn follow(
        bounds: Bounds,
        around: &dyn Surroundings,
        lifter: &mut dyn Lift,
        known: &BTreeMap<u64, BTreeSet<u64>>,
    ) -> Self {
        let mut walk = Walk {
            bounds,
            around,
            lifter,
            known,
            insns: BTreeMap::new(),
            leaders: BTreeSet::new(),
            gaps: BTreeSet::new(),
        };
        walk.run();
        walk.blocks()
    }

    /// The address of a block's first instruction.
    #[must_use]
    pub fn address(&self, block: usize) -> u64 {
        self.all.get(block).and_then(|block| self.insns.get(block.insns.start)).map_or(0, |insn| insn.address)
    }

    /// A block's instructions.
    #[must_use]
    pub fn insns_of(&self, block: usize) -> &[Insn] {
        self.all.get(block).and_then(|block| self.insns.get(block.insns.clone())).unwrap_or_default()
    }

    /// Blocks before each.
    #[must_use]
    pub fn before(&self) -> Vec<Vec<usize>> {
        let mut before = vec![Vec::new(); self.all.len()];
        for (number, block) in self.all.iter().enumerate() {
            for next in &block.next {
                // A block that leads there twice has just been added.
                if let Some(list) = before.get_mut(*next)
                    && list.last() != Some(&number)
                {
                    list.push(number);
                }
            }
        }
        before
    }
}

struct Walk<'w> {
    bounds: Bounds,
    around: &'w dyn Surroundings,
    lifter: &'w mut dyn Lift,
    known: &'w BTreeMap<u64, BTreeSet<u64>>,
    insns: BTreeMap<u64, Insn>,
    leaders: BTreeSet<u64>,
    gaps: BTreeSet<(u8, u64)>,
}

/// Where control may go after an instruction.
struct After {
    /// To the next one.
    on: bool,
    /// To places in the function.
    to: Vec<u64>,
    /// The first of them is where a condition holds.
    decides: bool,
}

impl Walk<'_> {
    fn run(&mut self) {
        let mut open = vec![self.bounds.start];
        self.leaders.insert(self.bounds.start);
        while let Some(start) = open.pop() {
            self.lifter.begin();
            let mut at = start;
            while self.inside(at) && !self.insns.contains_key(&at) {
                if self.insns.len() >= MOST {
                    self.gaps.insert((2, at));
                    return;
                }
                let Some(insn) = self.read(at) else { break };
                let mut next = at + u64::from(insn.length);
                let after = self.after(&insn);
                let (delay, ends) = (insn.delay, ends_block(&insn, &after));
                self.insns.insert(at, insn);
                if delay {
                    // It belongs to this one, even where it is jumped to as well.
                    match self.insns.get(&next).cloned().or_else(|| self.read(next)) {
                        Some(slot) => {
                            let length = u64::from(slot.length);
                            self.insns.insert(next, slot);
                            next += length;
                        }
                        None => break,
                    }
                }
                for to in after.to {
                    if self.leaders.insert(to) && !self.insns.contains_key(&to) {
                        open.push(to);
                    }
                }
                if !after.on {
                    break;
                }
                if ends {
                    self.leaders.insert(next);
                    self.lifter.begin();
                }
                at = next;
            }
        }
    }

    fn inside(&self, at: u64) -> bool {
        (self.bounds.start..self.bounds.end).contains(&at)
    }

    fn read(&mut self, at: u64) -> Option<Insn> {
        let bytes = self.around.image().bytes(at);
        let room = usize::try_from(self.bounds.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut insn = Insn::default();
        let read = self.lifter.lift(bytes.get(..room.min(bytes.len()))?, at, &mut insn);
        if !read || insn.length == 0 {
            self.gaps.insert((1, at));
            return None;
        }
        Some(insn)
    }

    fn after(&mut self, insn: &Insn) -> After {
        let mut after = After { on: true, to: Vec::new(), decides: false };
        let here = |walk: &Self, to: u64| walk.inside(to) && !(to == walk.bounds.start && insn.address == to);
        match insn.flow {
            Flow::Next | Flow::System => {}
            // What is known of a call is that it never comes back.
            Flow::CallRegister(_) | Flow::CallMemory(_) => {
                after.on = insn.when.is_some() || !self.known.contains_key(&insn.address);
            }
            Flow::Call(to) => after.on = insn.when.is_some() || !self.around.is_final(to),
            Flow::Jump(to) => {
                after.on = insn.when.is_some();
                after.decides = insn.when.is_some();
                after.to.extend(here(self, to).then_some(to));
            }
            Flow::Branch(_, to) => {
                after.decides = true;
                after.to.extend(here(self, to).then_some(to));
            }
            Flow::Return | Flow::Stop => after.on = insn.when.is_some(),
            Flow::JumpRegister(_) | Flow::JumpMemory(_) => {
                after.on = insn.when.is_some();
                match self.known.get(&insn.address) {
                    Some(known) => after.to.extend(known.iter().copied().filter(|to| self.inside(*to))),
                    None => {
                        self.gaps.insert((0, insn.address));
                    }
                }
            }
        }
        after
    }

    fn blocks(mut self) -> Blocks {
        let mut blocks = Blocks::default();
        let mut numbers: BTreeMap<u64, usize> = BTreeMap::new();
        let mut ends: Vec<(u64, After)> = Vec::new();
        // The start first, then by address; an address below the start cannot be inside.
        let leaders: Vec<u64> =
            self.leaders.iter().copied().filter(|at| self.insns.contains_key(at)).collect();
        for start in &leaders {
            let first = blocks.insns.len();
            let mut at = *start;
            let (mut end, mut after) = (*start, After { on: false, to: Vec::new(), decides: false });
            while let Some(insn) = self.insns.get(&at).cloned() {
                let found = self.after(&insn);
                end = at + u64::from(insn.length);
                let (delay, stops) = (insn.delay, !found.on || ends_block(&insn, &found));
                // Where a branch is not taken that leaves its delay slot out, the slot may not happen.
                let only = insn.condition().filter(|_| insn.nullifies);
                blocks.insns.push(insn);
                after = found;
                if delay && let Some(mut slot) = self.insns.get(&end).cloned() {
                    end += u64::from(slot.length);
                    slot.when = slot.when.or(only);
                    blocks.insns.push(slot);
                }
                at = end;
                if stops || self.leaders.contains(&at) {
                    break;
                }
            }
            if first < blocks.insns.len() {
                numbers.insert(*start, blocks.all.len());
                blocks.all.push(Block { insns: first..blocks.insns.len(), ..Block::default() });
                ends.push((end, after));
            }
        }
        for (block, (end, after)) in blocks.all.iter_mut().zip(ends) {
            let to: Vec<usize> = after.to.iter().filter_map(|to| numbers.get(to).copied()).collect();
            let on = numbers.get(&end).copied().filter(|_| after.on);
            block.decides = after.decides && to.len() == 1 && on.is_some();
            block.next.extend(to);
            block.next.extend(on);
        }
        for insn in &blocks.insns {
            if let Flow::Jump(to) | Flow::Branch(_, to) = insn.flow
                && !self.inside(to)
            {
                blocks.leaves.push((insn.address, to));
            }
        }
        blocks.gaps = self
            .gaps
            .iter()
            .map(|(kind, at)| match kind {
                0 => Gap::Indirect { at: *at },
                1 => Gap::Undecoded { at: *at },
                _ => Gap::TooLong { at: *at },
            })
            .collect();
        blocks
    }
}

/// Whether a block ends with an instruction.
fn ends_block(insn: &Insn, after: &After) -> bool {
    !after.on
        || after.decides
        || !matches!(
            insn.flow,
            Flow::Next | Flow::Call(_) | Flow::CallRegister(_) | Flow::CallMemory(_) | Flow::System
        )
}

impl Insn {
    /// Under which condition its flow takes place, where there is one.
    #[must_use]
    pub fn condition(&self) -> Option<Condition> {
        match self.flow {
            Flow::Branch(condition, _) => Some(condition),
            _ => self.when,
        }
    }
}
