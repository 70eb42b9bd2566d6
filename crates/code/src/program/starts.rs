//! Where functions begin.

use super::frames;
use crate::arch::Arch;
use crate::function::Bounds;
use crate::image::{Filled, Image};
use crate::ir::{Binary, Flow, Insn, Op, Operand};
use std::collections::{BTreeMap, BTreeSet};

/// What was found.
pub(super) struct Starts {
    /// The functions, by address.
    pub bounds: Vec<Bounds>,
    /// Everything that something calls, with the state of its code, and what a jump leads to from another function: a stub that is only
    /// jumped to, as the last thing that functions do, is called by nothing.
    pub called: BTreeMap<u64, bool>,
    /// Of each function that something calls or jumps to from another one, which do.
    pub callers: BTreeMap<u64, BTreeSet<u64>>,
}

/// What code leads to: calls, and jumps by where they stand.
#[derive(Default)]
struct Leads {
    called: BTreeMap<u64, bool>,
    /// The calls, by where they stand.
    calls: Vec<(u64, u64)>,
    jumps: BTreeMap<u64, (u64, bool)>,
    /// Addresses of code that a register is set to, on x86-64.
    named: BTreeSet<u64>,
}

/// Instructions among which a function makes room on the stack.
const FIRST: usize = 8;
/// Jumps, and calls, that are kept.
const JUMPS: usize = 1 << 20;

/// By address, whether the code there is in Thumb state, and how sure it is that a function begins there.
#[derive(Default)]
struct Marks {
    /// A symbol, a frame, the loader's lists.
    stated: BTreeMap<u64, bool>,
    /// A call, a pointer.
    told: BTreeMap<u64, bool>,
    /// What is stated to be inside of a function: from behind its start to its end.
    inside: BTreeMap<u64, u64>,
}

pub(super) fn find(image: &Image<'_>, is_static: bool) -> Starts {
    let mut marks = Marks::default();
    for symbol in image
        .symbols()
        .iter()
        .filter(|symbol| symbol.function && !symbol.import && image.is_code(symbol.address))
    {
        marks.stated.insert(symbol.address, symbol.thumb);
        if symbol.size > 1 {
            marks.inside.insert(symbol.address + 1, symbol.address.saturating_add(symbol.size));
        }
    }
    for (start, end) in frames::read(image) {
        marks.stated.entry(start).or_insert(false);
        marks.inside.entry(start + 1).or_insert(end);
    }
    let split = |address: u64| match image.arch {
        Arch::Arm => (address & !1, address & 1 == 1),
        _ => (address, false),
    };
    for address in image
        .constructors
        .iter()
        .chain(&image.resolvers)
        .copied()
        .chain([image.entry])
        .filter(|address| *address != 0)
    {
        let (address, thumb) = split(address);
        if image.is_code(address) {
            marks.stated.entry(address).or_insert(thumb);
        }
    }
    for (_, target) in image.pointers() {
        let (address, thumb) = split(target);
        if image.is_code(address) && aligned(image, address, thumb) {
            marks.told.entry(address).or_insert(thumb);
        }
    }
    // In a file that stands where it says, nothing is relocated: a table of functions is words that are addresses of code. So are tables of
    // jumps, so that what is there has to make room on the stack, as no part of a function does. x86 has frames for all.
    if !matches!(image.arch, Arch::X86 | Arch::X86_64) {
        for (slot, target) in image.addresses() {
            let (address, thumb) = split(target);
            if !image.is_code(slot)
                && image.is_code(address)
                && aligned(image, address, thumb)
                && !marks.told.contains_key(&address)
                && makes_room(image, address, thumb)
            {
                marks.told.insert(address, thumb);
            }
        }
    }
    let Leads { mut called, calls, jumps, named } = calls(image, &marks);
    for (address, thumb) in &called {
        marks.told.entry(*address).or_insert(*thumb);
    }
    let within = |address: u64| {
        marks.inside.range(..=address).next_back().is_some_and(|(_, end)| address < *end)
            && !marks.stated.contains_key(&address)
    };
    let mut all = marks.stated.clone();
    all.extend(
        marks
            .told
            .iter()
            .filter(|(address, _)| !within(**address))
            .map(|(address, thumb)| (*address, *thumb)),
    );
    if is_static && image.arch == Arch::X86_64 && marks.inside.len() * 4 < called.len() {
        more(image, &mut all, &jumps, &named);
    }
    let addresses: Vec<(u64, bool)> = all.into_iter().collect();
    let mut bounds = Vec::with_capacity(addresses.len());
    for (number, (start, thumb)) in addresses.iter().enumerate() {
        let Some((_, part)) = image.code().find(|(from, to)| (*from..*to).contains(start)) else { continue };
        let next = addresses.get(number + 1).map_or(part, |(next, _)| *next);
        bounds.push(Bounds { start: *start, end: next.min(part), thumb: *thumb });
    }
    let function = |at: u64| bounds.partition_point(|known| known.start <= at);
    let mut callers: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut leads = |from: u64, to: u64| {
        if let Some(bounds) = function(from).checked_sub(1).and_then(|number| bounds.get(number)) {
            callers.entry(to).or_default().insert(bounds.start);
        }
    };
    for (from, to) in calls {
        leads(from, to);
    }
    for (from, (to, thumb)) in jumps {
        if function(from) != function(to) && image.is_code(to) {
            called.entry(to).or_insert(thumb);
            leads(from, to);
        }
    }
    Starts { bounds, called, callers }
}

/// In a file without frames: what a register is set to, and what jumps lead to from another function, where it stands as functions do. In a
/// library whose functions hand on to others by a jump these would else be taken for parts of those before them.
fn more(
    image: &Image<'_>,
    all: &mut BTreeMap<u64, bool>,
    jumps: &BTreeMap<u64, (u64, bool)>,
    named: &BTreeSet<u64>,
) {
    let aligned = |to: u64| to.is_multiple_of(16) && image.is_code(to);
    for to in named.iter().copied().filter(|to| aligned(*to)) {
        all.entry(to).or_insert(false);
    }
    let known = all.clone();
    let before = |at: u64| known.range(..=at).next_back().map(|(start, _)| *start);
    let far = jumps.iter().filter(|(from, (to, _))| before(**from) != before(*to)).map(|(_, (to, _))| *to);
    for to in far.filter(|to| aligned(*to)) {
        all.entry(to).or_insert(false);
    }
}

/// Whether code begins with making room on the stack.
fn makes_room(image: &Image<'_>, start: u64, thumb: bool) -> bool {
    let stack = image.arch.convention().stack;
    let mut lifter = image.arch.lifter(image.big_endian, thumb);
    let (mut at, mut insn) = (start, Insn::default());
    for _ in 0..FIRST {
        if !lifter.lift(image.bytes(at), at, &mut insn) || insn.length == 0 {
            return false;
        }
        let lowers = |op: &Op| {
            matches!(op, Op::Compute { dst, how, a: Operand::Reg(a), b: Operand::Const(number), .. }
            if *dst == stack && *a == stack && match how {
                Binary::Add => number.cast_signed() < 0,
                Binary::Sub => number.cast_signed() > 0,
                _ => false,
            })
        };
        if insn.ops.iter().any(lowers) {
            return true;
        }
        if insn.flow != Flow::Next {
            return false;
        }
        at += u64::from(insn.length);
    }
    false
}

fn aligned(image: &Image<'_>, address: u64, thumb: bool) -> bool {
    let unit = match image.arch {
        Arch::X86 | Arch::X86_64 => 1,
        Arch::Riscv32 | Arch::Riscv64 => 2,
        Arch::Arm if thumb => 2,
        _ => 4,
    };
    address.is_multiple_of(unit)
}

/// What the code calls: read from one end to the other, in the state that symbols name; on Arm without symbols in the state in which calls
/// reach it.
fn calls(image: &Image<'_>, marks: &Marks) -> Leads {
    let mut leads = Leads::default();
    if image.arch == Arch::Arm {
        follow_calls(image, marks, &mut leads);
        return leads;
    }
    let mut lifter = image.arch.lifter(image.big_endian, false);
    let step = u64::from(lifter.step());
    let mut insn = Insn::default();
    let mut pointer = Pointer::default();
    for (from, to) in image.code() {
        let mut at = from;
        while at < to {
            if lifter.lift(image.bytes(at), at, &mut insn) && insn.length > 0 {
                if let Some(target) = pointer.follow(image, &insn) {
                    leads.call(at, target);
                }
                if let Flow::Call(target) = insn.flow
                    && target != at + u64::from(insn.length)
                    && image.is_code(target)
                {
                    leads.called.insert(target, false);
                    leads.call(at, target);
                }
                if let Flow::CallMemory(slot) = insn.flow
                    && (slot.base, slot.index) == (None, None)
                    && let slot = image.cut(slot.offset.cast_unsigned())
                    && matches!(image.filled(slot), Some(Filled::Import(_)))
                {
                    leads.call(at, slot);
                }
                leads.jump(at, &insn, false);
                if image.arch == Arch::X86_64 {
                    let set = |op: &Op| match *op {
                        Op::Set { src: Operand::Const(to), .. } if image.is_code(to) => Some(to),
                        _ => None,
                    };
                    leads.named.extend(insn.ops.iter().filter_map(set));
                }
                at += u64::from(insn.length);
            } else {
                at += step;
            }
        }
    }
    leads
}

/// What MIPS code calls through `$t9`, where that is read from a table by the global pointer, which is the same in all of the file.
#[derive(Default)]
struct Pointer(Option<u64>);

impl Pointer {
    fn follow(&mut self, image: &Image<'_>, insn: &Insn) -> Option<u64> {
        const T9: u8 = 25;
        let convention = image.arch.convention();
        let global = image.global().filter(|_| matches!(image.arch, Arch::Mips | Arch::Mips64))?;
        for op in &insn.ops {
            match *op {
                Op::Load { dst: T9, from, .. }
                    if from.base == Some(convention.global) && from.index.is_none() =>
                {
                    let slot = image.cut(global.wrapping_add_signed(from.offset));
                    self.0 = match image.filled(slot) {
                        Some(Filled::Address(to)) => Some(to),
                        // What another file has is told by its slot.
                        Some(Filled::Import(_)) => Some(slot),
                        None => None,
                    };
                }
                Op::Compute {
                    dst: T9,
                    how: Binary::Add,
                    a: Operand::Reg(T9),
                    b: Operand::Const(more),
                    ..
                } => {
                    self.0 = self.0.map(|to| image.cut(to.wrapping_add(more)));
                }
                Op::Load { dst: T9, .. }
                | Op::Set { dst: T9, .. }
                | Op::Compute { dst: T9, .. }
                | Op::Clobber { dst: T9 } => self.0 = None,
                _ => {}
            }
        }
        match insn.flow {
            Flow::CallRegister(T9) | Flow::JumpRegister(T9) => {
                self.0.filter(|to| image.is_code(*to) || matches!(image.filled(*to), Some(Filled::Import(_))))
            }
            _ => None,
        }
    }
}

impl Leads {
    fn call(&mut self, at: u64, target: u64) {
        if self.calls.len() < JUMPS {
            self.calls.push((at, target));
        }
    }

    fn jump(&mut self, at: u64, insn: &Insn, thumb: bool) {
        if let Flow::Jump(target) = insn.flow
            && self.jumps.len() < JUMPS
        {
            self.jumps.insert(at, (target, thumb != insn.switches));
        }
    }
}

/// From each known start on: read up to the next known start, take what it calls for starts, too.
fn follow_calls(image: &Image<'_>, marks: &Marks, leads: &mut Leads) {
    let mut open: BTreeMap<u64, bool> = marks.stated.clone();
    open.extend(marks.told.iter().map(|(address, thumb)| (*address, *thumb)));
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    let mut known: BTreeSet<u64> = open.keys().copied().collect();
    while let Some((start, thumb)) = open.pop_first() {
        let Some((_, end)) = image.code().find(|(from, to)| (*from..*to).contains(&start)) else { continue };
        let end = known.range(start + 1..).next().map_or(end, |next| (*next).min(end));
        let mut lifter = image.arch.lifter(image.big_endian, thumb);
        let step = u64::from(lifter.step());
        let (mut at, mut insn) = (start, Insn::default());
        while at < end && seen.insert(at) {
            if lifter.lift(image.bytes(at), at, &mut insn) && insn.length > 0 {
                if let Flow::Call(target) = insn.flow {
                    let state = thumb != insn.switches;
                    if image.is_code(target) && aligned(image, target, state) {
                        leads.called.entry(target).or_insert(state);
                        leads.call(at, target);
                        if known.insert(target) {
                            open.insert(target, state);
                        }
                    }
                }
                leads.jump(at, &insn, thumb);
                at += u64::from(insn.length);
            } else {
                at += step;
            }
        }
    }
}
