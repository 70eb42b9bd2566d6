//! What is in registers and on the stack before each block, followed forward until nothing changes.
//!
//! Where ways meet with different values, what is there is unknown: a value of its own for that block and register. A register that a loop
//! writes is unknown at the loop's head. So a value that is known holds on every way.

use super::graph::reverse_postorder;
use super::{Blocks, Routine, Surroundings};
use crate::arch::{Arch, Convention, NONE};
use crate::ir::{Address, Binary, Condition, Flow, Insn, Op, Operand, Reg, Relation};
use crate::values::{Value, ValueId, Values};
use std::collections::BTreeMap;

/// Rounds after which what still changes is held to be unknown.
const ROUNDS: usize = 12;
/// Rounds in which a place's stack may become a smaller one.
const EARLY: usize = 4;
/// Slots of the stack that are followed.
const SLOTS: usize = 512;
/// Sets of flags.
const FLAGS: usize = 8;

/// Two values that were compared: `a - b`, or `a & b` with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// First.
    pub a: ValueId,
    /// Second.
    pub b: ValueId,
    /// Whether bits were tested instead.
    pub test: bool,
    /// Whether both are without a sign, whatever the condition says.
    unsigned: bool,
    /// Of a comparison that was only made where another condition held, that one.
    pub also: Option<Also>,
}

/// A condition under which a comparison was made, and the flags where it did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Also {
    /// Its number in the machine's list.
    number: u16,
    /// The flags else: see [`Relation::holds`].
    pub otherwise: u8,
}

/// What is known at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    registers: Vec<ValueId>,
    /// By distance from the stack pointer at the function's start.
    stack: BTreeMap<i64, (ValueId, u8)>,
    flags: [Option<Compared>; FLAGS],
}

/// Carries states through a function.
pub(super) struct Machine<'m, 'i> {
    pub values: Values<'i>,
    pub around: &'m dyn Surroundings,
    pub convention: Convention,
    arch: Arch,
    word: u8,
    start: u64,
    /// Conditions under which comparisons were made.
    conditions: Vec<(Relation, Compared)>,
}

impl<'m, 'i> Machine<'m, 'i> {
    pub fn new(around: &'m dyn Surroundings, values: Values<'i>, arch: Arch, start: u64) -> Self {
        Self {
            values,
            around,
            convention: arch.convention(),
            arch,
            word: arch.bits() / 8,
            start,
            conditions: Vec::new(),
        }
    }

    /// What is known where the function begins, with what is assumed of some registers.
    pub fn entry(&mut self, assumed: &[(Reg, u64)]) -> State {
        let mut registers: Vec<ValueId> = (0..self.convention.registers)
            .map(|register| self.values.intern(Value::Entry(register)))
            .collect();
        let mut put = |register: Reg, value: ValueId| {
            if let Some(place) = registers.get_mut(usize::from(register)) {
                *place = value;
            }
        };
        put(self.convention.stack, self.values.intern(Value::Stack(0)));
        if self.convention.zero != NONE {
            put(self.convention.zero, self.values.number(0));
        }
        if let Some(global) = self.around.image().global() {
            put(self.convention.global, self.values.number(global));
        }
        // Who calls a function puts its address there: `$t9` of MIPS, `r12` of ELF V2.
        match self.arch {
            Arch::Mips | Arch::Mips64 => put(25, self.values.number(self.start)),
            Arch::Ppc64 => put(12, self.values.number(self.start)),
            _ => {}
        }
        for (register, number) in assumed {
            put(*register, self.values.number(*number));
        }
        State { registers, stack: BTreeMap::new(), flags: [None; FLAGS] }
    }

    /// What is known before each block; `None` for blocks that nothing leads to.
    pub fn run(&mut self, blocks: &Blocks, assumed: &[(Reg, u64)]) -> Vec<Option<State>> {
        let order = reverse_postorder(blocks);
        let mut before: Vec<Option<State>> = vec![None; blocks.all.len()];
        let meetings = blocks.before();
        if let Some(first) = before.first_mut() {
            *first = Some(self.entry(assumed));
        }
        for round in 0..ROUNDS {
            let mut changed = false;
            for block in &order {
                let Some(mut state) = before.get(*block).cloned().flatten() else { continue };
                self.steps(&mut state, blocks.insns_of(*block));
                for next in blocks.all.get(*block).map(|block| block.next.as_slice()).unwrap_or_default() {
                    let address = blocks.address(*next);
                    let Some(place) = before.get_mut(*next) else { continue };
                    // Where one way alone leads, what it brought in an earlier round is no other way.
                    if *next != 0 && meetings.get(*next).is_some_and(|from| from.len() == 1) {
                        changed |= place.as_ref() != Some(&state);
                        *place = Some(state.clone());
                    } else {
                        changed |= self.join(place, &state, address, round < EARLY);
                    }
                }
            }
            if !changed {
                return before;
            }
        }
        // It has not come to rest: nothing is known at any block that ways lead to.
        for (block, state) in before.iter_mut().enumerate().skip(1) {
            let address = blocks.address(block);
            if let Some(state) = state {
                state.stack.clear();
                state.flags = [None; FLAGS];
                for (number, value) in (0_u16..).zip(&mut state.registers) {
                    *value = self.values.unknown(address, number);
                }
            }
        }
        before
    }

    /// Adds a way to what is known before a block; whether that changed it. Where ways meet with different stacks, one of them comes from behind a call
    /// that does not come back, with what it was given still on the stack: the other one is believed, unless it still grows after the `early` rounds.
    fn join(&mut self, place: &mut Option<State>, way: &State, block: u64, early: bool) -> bool {
        let Some(known) = place else {
            *place = Some(way.clone());
            return true;
        };
        let mut changed = false;
        for (number, (known, new)) in (0_u16..).zip(known.registers.iter_mut().zip(&way.registers)) {
            if known != new {
                if number == u16::from(self.convention.stack)
                    && let (Value::Stack(one), Value::Stack(other)) =
                        (self.values.get(*known), self.values.get(*new))
                    && (early || one >= other)
                {
                    if one < other {
                        (*known, changed) = (*new, true);
                    }
                    continue;
                }
                let unknown = self.values.unknown(block, number);
                changed |= *known != unknown;
                *known = unknown;
            }
        }
        let lost: Vec<i64> = known
            .stack
            .iter()
            .filter(|(slot, value)| way.stack.get(slot) != Some(value))
            .map(|(slot, _)| *slot)
            .collect();
        for slot in lost {
            known.stack.remove(&slot);
            changed = true;
        }
        for (known, new) in known.flags.iter_mut().zip(&way.flags) {
            if known != new && known.is_some() {
                *known = None;
                changed = true;
            }
        }
        changed
    }

    pub fn read(&mut self, state: &State, operand: Operand, place: (u64, u16)) -> ValueId {
        match operand {
            Operand::Reg(register) => self.register(state, register),
            Operand::Const(number) => self.values.number(number),
            Operand::Unknown => self.values.unknown(place.0, place.1),
        }
    }

    pub fn register(&mut self, state: &State, register: Reg) -> ValueId {
        match state.registers.get(usize::from(register)) {
            Some(value) => *value,
            None => self.values.unknown(0, u16::from(register)),
        }
    }

    /// The address that a place in memory is.
    pub fn address(&mut self, state: &State, address: Address, place: (u64, u16)) -> ValueId {
        let mut sum = self.values.number(address.offset.cast_unsigned());
        if let Some((index, shift)) = address.index {
            let index = self.register(state, index);
            let by = self.values.number(u64::from(shift));
            let index = self.values.binary(Binary::Shl, index, by, (0, false), place);
            sum = self.values.binary(Binary::Add, index, sum, (0, false), place);
        }
        if let Some(base) = address.base {
            let base = self.register(state, base);
            sum = self.values.binary(Binary::Add, base, sum, (0, false), place);
        }
        sum
    }

    /// What two values a condition holds against each other: the relation, both, and whether bits are tested.
    pub fn compared(
        &mut self,
        state: &State,
        condition: Condition,
        place: (u64, u16),
    ) -> Option<(Relation, Compared)> {
        Some(match condition {
            Condition::Flags(flags, relation) => {
                let compared = state.flags.get(usize::from(flags)).copied().flatten()?;
                (if compared.unsigned { relation.unsigned() } else { relation }, compared)
            }
            Condition::Values(relation, a, b) => {
                let (a, b) = (self.read(state, a, place), self.read(state, b, (place.0, place.1 + 1)));
                (relation, Compared { a, b, test: false, unsigned: false, also: None })
            }
            Condition::Bit(operand, bit, set) => {
                let a = self.read(state, operand, place);
                let b = self.values.number(1_u64.checked_shl(u32::from(bit)).unwrap_or(0));
                (
                    if set { Relation::NotEqual } else { Relation::Equal },
                    Compared { a, b, test: true, unsigned: false, also: None },
                )
            }
        })
    }

    /// The condition under which a comparison was made.
    pub fn also(&self, also: Also) -> Option<(Relation, Compared)> {
        self.conditions.get(usize::from(also.number)).copied()
    }

    fn condition(&mut self, condition: (Relation, Compared), otherwise: u8) -> Option<Also> {
        let number = match self.conditions.iter().position(|known| *known == condition) {
            Some(number) => number,
            None => {
                self.conditions.push(condition);
                self.conditions.len() - 1
            }
        };
        u16::try_from(number).ok().map(|number| Also { number, otherwise })
    }

    /// Carries out instructions one after the other; what is in the delay slot of a call before control leaves.
    fn steps(&mut self, state: &mut State, insns: &[Insn]) {
        let mut insns = insns.iter();
        while let Some(insn) = insns.next() {
            self.effects(state, insn);
            if insn.delay
                && matches!(insn.flow, Flow::Call(_) | Flow::CallRegister(_) | Flow::CallMemory(_))
                && let Some(slot) = insns.next()
            {
                self.effects(state, slot);
            }
            self.leave(state, insn);
        }
    }

    /// What an instruction does, but for where control goes.
    pub fn effects(&mut self, state: &mut State, insn: &Insn) {
        for number in 0..insn.ops.len() {
            self.one(state, insn, number);
        }
    }

    /// One of the things that it does.
    pub fn one(&mut self, state: &mut State, insn: &Insn, number: usize) {
        if let Some(op) = insn.ops.get(number) {
            let which = u16::try_from(number).unwrap_or(u16::MAX / 8).saturating_mul(4);
            self.effect(state, op, (insn.address, which.saturating_add(0x40)), insn.when.is_some());
        }
    }

    /// What is known when control is back from where an instruction leads.
    pub fn leave(&mut self, state: &mut State, insn: &Insn) {
        match insn.flow {
            Flow::Call(to) => {
                let next = insn.address + u64::from(insn.length);
                if to == next {
                    self.place_told(state, next);
                } else if let Some(register) = self.around.tells_place(to) {
                    let value = self.values.number(next);
                    self.put(state, register, value);
                } else if self.around.routine(to) != Some(Routine::Saves) {
                    self.called(state, insn);
                }
            }
            Flow::CallRegister(_) | Flow::CallMemory(_) => self.called(state, insn),
            Flow::System => {
                let result = self.values.unknown(insn.address, 0x20);
                self.put(state, self.convention.result, result);
            }
            _ => {}
        }
    }

    /// A call of the next instruction only tells where it is.
    fn place_told(&mut self, state: &mut State, next: u64) {
        let value = self.values.number(next);
        if self.convention.link != NONE {
            self.put(state, self.convention.link, value);
            return;
        }
        let word = self.values.number(u64::from(self.word));
        let stack = self.register(state, self.convention.stack);
        let stack = self.values.binary(Binary::Sub, stack, word, (0, false), (next, 0x21));
        self.put(state, self.convention.stack, stack);
        self.store(state, stack, value, self.word);
    }

    fn called(&mut self, state: &mut State, insn: &Insn) {
        let arguments: Vec<ValueId> =
            self.convention.arguments.iter().map(|register| self.register(state, *register)).collect();
        // What a call may write to of this function's own: from where it was told on.
        for argument in arguments {
            if let Value::Stack(offset) = self.values.get(argument) {
                state.stack.retain(|slot, _| *slot < offset);
            }
        }
        for register in 0..self.convention.registers {
            let kept = self.convention.kept.contains(&register)
                || [self.convention.stack, self.convention.zero].contains(&register);
            if register == self.convention.result {
                let result = self.values.intern(Value::Result(insn.address));
                self.put(state, register, result);
            } else if !kept {
                let unknown = self.values.unknown(insn.address, 0x100 + u16::from(register));
                self.put(state, register, unknown);
            }
        }
        state.flags = [None; FLAGS];
    }

    fn effect(&mut self, state: &mut State, op: &Op, place: (u64, u16), maybe: bool) {
        match *op {
            Op::Set { dst, src } => {
                let value = self.read(state, src, place);
                self.write(state, dst, value, place, maybe);
            }
            Op::Extend { dst, src, bits, signed } => {
                let value = self.read(state, src, place);
                let value = self.values.extend(value, bits, signed, place);
                self.write(state, dst, value, place, maybe);
            }
            Op::Compute { dst, how, a, b, bits, signed } => {
                let (a, b) = (self.read(state, a, place), self.read(state, b, (place.0, place.1 + 1)));
                let value = self.values.binary(how, a, b, (bits, signed), (place.0, place.1 + 2));
                self.write(state, dst, value, place, maybe);
            }
            Op::Load { dst, from, size, signed } => {
                let at = self.address(state, from, place);
                let value = match self.table_restored(dst, at) {
                    Some(global) => self.values.number(global),
                    None => self.load(state, at, size, signed, place),
                };
                self.write(state, dst, value, place, maybe);
            }
            Op::Store { to, src, size } => {
                let at = self.address(state, to, place);
                let value = self.read(state, src, place);
                if maybe {
                    if let Value::Stack(slot) = self.values.get(at) {
                        forget(state, slot, size);
                    }
                } else {
                    self.store(state, at, value, size);
                }
            }
            Op::Compare { flags, a, b, .. }
            | Op::CompareUnsigned { flags, a, b, .. }
            | Op::Test { flags, a, b, .. } => {
                let (a, b) = (self.read(state, a, place), self.read(state, b, (place.0, place.1 + 1)));
                let (test, unsigned) =
                    (matches!(op, Op::Test { .. }), matches!(op, Op::CompareUnsigned { .. }));
                if let Some(known) = state.flags.get_mut(usize::from(flags)) {
                    *known = (!maybe).then_some(Compared { a, b, test, unsigned, also: None });
                }
            }
            Op::CompareWhen { flags, when, a, b, otherwise, .. } => {
                let before = self.compared(state, when, place);
                let (a, b) = (self.read(state, a, place), self.read(state, b, (place.0, place.1 + 1)));
                let also = before.and_then(|condition| self.condition(condition, otherwise));
                if let Some(known) = state.flags.get_mut(usize::from(flags)) {
                    *known = also.filter(|_| !maybe).map(|also| Compared {
                        a,
                        b,
                        test: false,
                        unsigned: false,
                        also: Some(also),
                    });
                }
            }
            Op::Select { dst, when, yes, no } => {
                let (yes, no) = (self.read(state, yes, place), self.read(state, no, (place.0, place.1 + 1)));
                let value =
                    if yes == no { yes } else { self.selected(state, when, yes, no, (place.0, place.1 + 2)) };
                self.write(state, dst, value, place, maybe);
            }
            Op::Clobber { dst } => {
                let value = self.values.unknown(place.0, place.1);
                self.put(state, dst, value);
            }
            Op::ClobberFlags { flags } => {
                if let Some(known) = state.flags.get_mut(usize::from(flags)) {
                    *known = None;
                }
            }
        }
    }

    /// One of two values: 1 or 0 says whether the condition holds.
    fn selected(
        &mut self,
        state: &State,
        when: Condition,
        yes: ValueId,
        no: ValueId,
        place: (u64, u16),
    ) -> ValueId {
        let known = match (self.values.constant(yes), self.values.constant(no)) {
            (Some(1), Some(0)) => self.compared(state, when, place),
            (Some(0), Some(1)) => {
                self.compared(state, when, place).map(|(relation, compared)| (relation.negated(), compared))
            }
            _ => None,
        };
        match known {
            Some((relation, Compared { a, b, test, also: None, .. })) => {
                self.values.holds(relation, (a, b), test, place)
            }
            _ => self.values.unknown(place.0, place.1),
        }
    }

    /// What a load of `r2` from the stack gives on PowerPC 64: behind a call that may leave the file, this file's table of contents, which
    /// the stub of the call has put there.
    fn table_restored(&self, dst: Reg, at: ValueId) -> Option<u64> {
        let restores = self.arch == Arch::Ppc64
            && dst == self.convention.global
            && matches!(self.values.get(at), Value::Stack(_));
        self.around.image().global().filter(|_| restores)
    }

    fn load(&mut self, state: &State, at: ValueId, size: u8, signed: bool, place: (u64, u16)) -> ValueId {
        if let Value::Stack(slot) = self.values.get(at) {
            return match state.stack.get(&slot) {
                Some((value, stored)) if *stored == size && size == self.word => *value,
                Some((value, stored)) if size <= *stored && !self.around.image().big_endian => {
                    self.values.extend(*value, size * 8, signed, place)
                }
                Some((value, stored)) if *stored == size => {
                    self.values.extend(*value, size * 8, signed, place)
                }
                // What the caller left, or what others have written there.
                _ => self.values.intern(Value::Load { at, size, signed }),
            };
        }
        self.values.load(at, size, signed, place)
    }

    fn store(&mut self, state: &mut State, at: ValueId, value: ValueId, size: u8) {
        let Value::Stack(slot) = self.values.get(at) else { return };
        forget(state, slot, size);
        if state.stack.len() < SLOTS {
            state.stack.insert(slot, (value, size));
        }
    }

    fn write(&mut self, state: &mut State, dst: Reg, value: ValueId, place: (u64, u16), maybe: bool) {
        // What stands in between is read by the same instruction alone, so where its condition holds.
        let between = self.arch == Arch::Arm && dst.checked_add(1) == Some(self.convention.registers);
        let value = if maybe && !between && self.register(state, dst) != value {
            self.values.unknown(place.0, place.1 + 3)
        } else {
            value
        };
        self.put(state, dst, value);
    }

    fn put(&self, state: &mut State, register: Reg, value: ValueId) {
        if register == self.convention.zero {
            return;
        }
        if let Some(place) = state.registers.get_mut(usize::from(register)) {
            *place = value;
        }
    }

    /// What stands on the stack at a call, so many words on.
    pub fn stacked(&mut self, state: &State, number: u8) -> Option<ValueId> {
        let stack = self.register(state, self.convention.stack);
        let Value::Stack(top) = self.values.get(stack) else { return None };
        let slot = top
            .checked_add(self.convention.stacked)?
            .checked_add(i64::from(number) * i64::from(self.word))?;
        state.stack.get(&slot).map(|(value, _)| *value)
    }
}

/// Forgets the slots of the stack that a write touches.
fn forget(state: &mut State, slot: i64, size: u8) {
    let end = slot.saturating_add(i64::from(size));
    let touched: Vec<i64> = state
        .stack
        .range(slot.saturating_sub(8)..end)
        .filter(|(at, (_, size))| at.saturating_add(i64::from(*size)) > slot)
        .map(|(at, _)| *at)
        .collect();
    for at in touched {
        state.stack.remove(&at);
    }
}
