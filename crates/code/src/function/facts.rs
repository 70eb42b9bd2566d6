//! What a function does, read off its values: calls with their arguments, branches with what they compare, what is written where, which
//! texts and places it names.

use super::state::{Compared, Machine, State};
use super::{Blocks, Routine, Surroundings};
use crate::arch::Arch;
use crate::image::{Filled, Image};
use crate::ir::{Flow, Insn, Op, Operand, Reg, Relation};
use crate::program::{asks_i386, asks_thumb};
use crate::values::{Value, ValueId, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Arguments of a call that are read, where the convention has that many.
const ARGUMENTS: u8 = 8;

/// Ways into one block beyond which what each has is not kept.
const WAYS: usize = 16;

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// What another file has, by its name.
    Import(Vec<u8>),
    /// Code of this file.
    Here(u64),
    /// Where a value says.
    Value(ValueId),
}

/// A call, or a jump that leaves the function as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The instruction.
    pub at: u64,
    /// Its block.
    pub block: usize,
    /// Who.
    pub callee: Callee,
    /// With what, in order, as far as the convention says where they stand; those that are not known end the list on the stack.
    pub arguments: Vec<ValueId>,
    /// Whether it does not come back here.
    pub tail: bool,
}

/// A branch with what it compares; where its block has one block that follows, the side where it is taken leads out of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The instruction.
    pub at: u64,
    /// Its block.
    pub block: usize,
    /// What holds (with `test`: of `a & b` to zero) on one side.
    pub relation: Relation,
    /// Whether that is the side where the branch is taken.
    pub taken: bool,
    /// Whether the contrary holds on the other side; not where several conditions are joined.
    pub both: bool,
    /// First.
    pub a: ValueId,
    /// Second.
    pub b: ValueId,
    /// Whether bits are tested.
    pub test: bool,
}

/// A write to memory other than the function's own stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The instruction.
    pub at: u64,
    /// Its block.
    pub block: usize,
    /// Where.
    pub to: ValueId,
    /// What.
    pub value: ValueId,
    /// Bytes.
    pub size: u8,
}

/// A call of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct System {
    /// The instruction.
    pub at: u64,
    /// Its number.
    pub number: ValueId,
    /// Its first arguments.
    pub arguments: [ValueId; 3],
}

/// What a function does.
#[derive(Debug)]
pub struct Facts<'i> {
    /// Its values.
    pub values: Values<'i>,
    /// Calls, by block.
    pub calls: Vec<Call>,
    /// Calls of the system, by block.
    pub systems: Vec<System>,
    /// Branches, by block.
    pub decisions: Vec<Decision>,
    /// Writes, by block.
    pub writes: Vec<Written>,
    /// Writes to the function's own stack, by block.
    pub kept: Vec<Written>,
    /// Addresses of the image that values name: the instruction and the address.
    pub names: BTreeSet<(u64, u64)>,
    /// What it gives back, one value a return.
    pub returns: Vec<(usize, ValueId)>,
    /// Jumps by value: the instruction and where.
    pub jumps: Vec<(u64, ValueId)>,
    /// By block, what stands at its end where a function gives back its result; `None` for blocks that nothing leads to.
    pub results: Vec<Option<ValueId>>,
    /// The register in which that is.
    pub result: Reg,
    /// By the address of a block where ways meet, what each way has in the registers, in their order.
    pub ways: BTreeMap<u64, Vec<Vec<ValueId>>>,
}

/// Reads a function. `assumed`: what some registers hold where it begins, beside what the convention says.
#[must_use]
pub fn facts<'i>(
    blocks: &Blocks,
    around: &dyn Surroundings,
    values: Values<'i>,
    assumed: &[(Reg, u64)],
) -> Facts<'i> {
    let start = blocks.insns.first().map_or(0, |insn| insn.address);
    let mut machine = Machine::new(around, values, around.image().arch, start);
    let before = machine.run(blocks, assumed);
    let meetings = blocks.before();
    let mut found = Found { results: vec![None; blocks.all.len()], ..Found::default() };
    for (block, state) in before.into_iter().enumerate() {
        let Some(mut state) = state else { continue };
        let insns = blocks.insns_of(block);
        let mut in_slot = false;
        for (number, insn) in insns.iter().enumerate() {
            // What is in the delay slot of a call was seen with it: it is done before control leaves.
            if std::mem::take(&mut in_slot) {
                continue;
            }
            found.system(&mut machine, &state, insn);
            found.effects(&mut machine, &mut state, insn, block);
            // A branch compares before the instruction in its delay slot; a call has its arguments after it.
            if let Some(slot) =
                insns.get(number + 1).filter(|_| insn.delay && !matches!(insn.flow, Flow::Branch(..)))
            {
                found.effects(&mut machine, &mut state, slot, block);
                in_slot = true;
            }
            found.flow(&mut machine, &state, insn, block, blocks);
            machine.leave(&mut state, insn);
        }
        for next in blocks.all.get(block).map(|block| block.next.as_slice()).unwrap_or_default() {
            if meetings.get(*next).is_some_and(|before| (2..=WAYS).contains(&before.len())) {
                let registers =
                    (0..machine.convention.registers).map(|one| machine.register(&state, one)).collect();
                found.ways.entry(blocks.address(*next)).or_default().push(registers);
            }
        }
        let result = machine.register(&state, machine.convention.result);
        if let Some(place) = found.results.get_mut(block) {
            *place = Some(result);
        }
    }
    let result = machine.convention.result;
    Facts {
        values: machine.values,
        calls: found.calls,
        systems: found.systems,
        decisions: found.decisions,
        writes: found.writes,
        kept: found.kept,
        names: found.names,
        returns: found.returns,
        jumps: found.jumps,
        results: found.results,
        result,
        ways: found.ways,
    }
}

#[derive(Default)]
struct Found {
    calls: Vec<Call>,
    systems: Vec<System>,
    decisions: Vec<Decision>,
    writes: Vec<Written>,
    kept: Vec<Written>,
    names: BTreeSet<(u64, u64)>,
    returns: Vec<(usize, ValueId)>,
    jumps: Vec<(u64, ValueId)>,
    results: Vec<Option<ValueId>>,
    ways: BTreeMap<u64, Vec<Vec<ValueId>>>,
}

impl Found {
    fn effects(&mut self, machine: &mut Machine<'_, '_>, state: &mut State, insn: &Insn, block: usize) {
        for (number, op) in insn.ops.iter().enumerate() {
            if let Op::Store { to, src, size } = *op {
                let at = machine.address(state, to, (insn.address, 0x40));
                let value = machine.read(state, src, (insn.address, 0x40));
                let own = matches!(machine.values.get(at), Value::Stack(_));
                let writes = if own { &mut self.kept } else { &mut self.writes };
                writes.push(Written { at: insn.address, block, to: at, value, size });
            }
            machine.one(state, insn, number);
            if let Some(dst) = written(op) {
                let value = machine.register(state, dst);
                if let Some(address) = machine.values.constant(value).filter(|address| *address >= 0x100)
                    && machine.around.image().is_mapped(address)
                {
                    self.names.insert((insn.address, address));
                }
            }
        }
    }

    fn flow(
        &mut self,
        machine: &mut Machine<'_, '_>,
        state: &State,
        insn: &Insn,
        block: usize,
        blocks: &Blocks,
    ) {
        let place = (insn.address, 0x30);
        // A branch that leads out of the function, or a return under a condition, has one side in it.
        let leads_on = |flow: Flow| match flow {
            Flow::Branch(..) | Flow::Jump(_) => true,
            Flow::Return => insn.when.is_some(),
            Flow::JumpRegister(register) => insn.when.is_some() && register == machine.convention.link,
            _ => false,
        };
        if let (Some(condition), true) = (
            insn.condition(),
            blocks.all.get(block).is_some_and(|block| block.decides || block.next.len() == 1),
        ) && leads_on(insn.flow)
            && let Some((relation, compared)) = machine.compared(state, condition, place)
        {
            self.decide(machine, insn.address, block, relation, compared);
        }
        let leaves = blocks.leaves.iter().any(|(at, _)| *at == insn.address);
        if matches!(insn.flow, Flow::CallMemory(_)) && asks(machine.around.image(), insn) {
            return;
        }
        let (callee, tail) = match insn.flow {
            Flow::Call(to)
                if to != insn.address + u64::from(insn.length)
                    && machine.around.tells_place(to).is_none()
                    && machine.around.routine(to) != Some(Routine::Saves) =>
            {
                (self.place(machine, to), false)
            }
            // The routine returns for the function.
            Flow::Jump(to) if leaves && machine.around.routine(to) == Some(Routine::Restores) => {
                let value = machine.read(state, Operand::Reg(machine.convention.result), place);
                self.returns.push((block, value));
                return;
            }
            Flow::Jump(to) | Flow::Branch(_, to) if leaves => (self.place(machine, to), true),
            Flow::CallRegister(register) => {
                let value = machine.register(state, register);
                (self.value(machine, value), false)
            }
            Flow::CallMemory(address) => {
                let at = machine.address(state, address, place);
                let size = machine.around.image().bits() / 8;
                let value = machine.values.load(at, size, false, place);
                (self.value(machine, value), false)
            }
            Flow::JumpRegister(register) if register != machine.convention.link => {
                let value = machine.register(state, register);
                self.jumps.push((insn.address, value));
                (self.value(machine, value), true)
            }
            Flow::JumpMemory(address) => {
                let at = machine.address(state, address, place);
                let size = machine.around.image().bits() / 8;
                let value = machine.values.load(at, size, false, place);
                self.jumps.push((insn.address, value));
                (self.value(machine, value), true)
            }
            Flow::Return | Flow::JumpRegister(_) => {
                let value = machine.read(state, Operand::Reg(machine.convention.result), place);
                self.returns.push((block, value));
                return;
            }
            _ => return,
        };
        // A jump by value that stays inside is no call.
        if tail && matches!(callee, Callee::Value(_)) {
            return;
        }
        let mut arguments: Vec<ValueId> =
            machine.convention.arguments.iter().map(|register| machine.register(state, *register)).collect();
        let first = u8::try_from(arguments.len()).unwrap_or(ARGUMENTS);
        // A tail call's own stack is gone.
        if !tail {
            for number in 0..ARGUMENTS.saturating_sub(first) {
                match machine.stacked(state, number) {
                    Some(value) => arguments.push(value),
                    None => break,
                }
            }
        }
        arguments.truncate(usize::from(ARGUMENTS));
        self.calls.push(Call { at: insn.address, block, callee, arguments, tail });
    }

    /// A call of the system: what stands in the registers before it.
    fn system(&mut self, machine: &mut Machine<'_, '_>, state: &State, insn: &Insn) {
        let image = machine.around.image();
        if asks(image, insn) {
            let (number, arguments) = image.arch.system();
            let number = if matches!(insn.flow, Flow::Call(_)) { ASKED } else { number };
            let number = machine.register(state, number);
            let arguments = arguments.map(|register| machine.register(state, register));
            self.systems.push(System { at: insn.address, number, arguments });
        }
    }

    /// A branch by a comparison; where that was made under conditions, these hold, too, on the side that they alone lead to.
    fn decide(
        &mut self,
        machine: &Machine<'_, '_>,
        at: u64,
        block: usize,
        relation: Relation,
        compared: Compared,
    ) {
        let Compared { a, b, test, also, .. } = compared;
        let Some(first) = also else {
            self.decisions.push(Decision { at, block, relation, taken: true, both: true, a, b, test });
            return;
        };
        let (taken, relation) = match relation.holds(first.otherwise) {
            Some(false) => (true, relation),
            Some(true) => (false, relation.negated()),
            None => return,
        };
        self.decisions.push(Decision { at, block, relation, taken, both: false, a, b, test });
        let mut next = Some(first);
        while let Some((relation, before)) = next.and_then(|also| machine.also(also)) {
            let Compared { a, b, test, also, .. } = before;
            self.decisions.push(Decision { at, block, relation, taken, both: false, a, b, test });
            // A condition that holds by the flags that one before it left says nothing of that one.
            next = also.filter(|also| relation.holds(also.otherwise) == Some(false));
        }
    }

    fn place(&self, machine: &Machine<'_, '_>, to: u64) -> Callee {
        machine.around.import(to).map_or(Callee::Here(to), |name| Callee::Import(name.to_vec()))
    }

    fn value(&self, machine: &Machine<'_, '_>, value: ValueId) -> Callee {
        match machine.values.get(value) {
            Value::Import(slot) => match machine.around.image().filled(slot) {
                Some(Filled::Import(name)) => Callee::Import(name.to_vec()),
                _ => Callee::Value(value),
            },
            Value::Const(to) if machine.around.image().is_code(machine.around.image().place(to)) => {
                self.place(machine, to)
            }
            _ => Callee::Value(value),
        }
    }
}

/// The register in which glibc's `__libc_do_syscall` is given the number, as code in Thumb state has no other to spare.
const ASKED: Reg = 12;

/// Whether an instruction asks the system for something.
fn asks(image: &Image<'_>, insn: &Insn) -> bool {
    match insn.flow {
        Flow::System => true,
        Flow::CallMemory(_) => image.arch == Arch::X86 && asks_i386(image, image.bytes(insn.address)),
        Flow::Call(to) => image.arch == Arch::Arm && asks_thumb(image, image.place(to)),
        _ => false,
    }
}

fn written(op: &Op) -> Option<u8> {
    match *op {
        Op::Set { dst, .. } | Op::Compute { dst, .. } | Op::Load { dst, .. } | Op::Extend { dst, .. } => {
            Some(dst)
        }
        _ => None,
    }
}
