//! A program read once from end to end: who calls whom, which powers are within reach of each function, and where a comparison with
//! something fixed decides what happens.
//!
//! Functions are read one after the other and let go of: what stays is a line for each call and a few for each comparison.

use crate::function::{Blocks, Callee, Decision, Facts, Gap, Under};
use crate::ir::{Binary, Relation};
use crate::powers::{self, Power, Powers};
use crate::program::Program;
use crate::values::{Value, ValueId, Values};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Calls deep that a power is looked for.
const DEEP: u8 = 5;
/// Bytes of a fixed text that are kept.
const TEXT: usize = 256;

/// Who is called, by what stays of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Called {
    /// Another file's, by its name.
    Import(Vec<u8>),
    /// A function of this file.
    Here(u64),
}

/// What something is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixed {
    /// A text or bytes, by a function that compares.
    Text {
        /// The text.
        text: Vec<u8>,
        /// The function.
        by: Vec<u8>,
    },
    /// A number.
    Number {
        /// The number.
        number: u64,
        /// Bytes of what is compared with it, where that is known.
        size: u8,
    },
    /// Characters one after the other.
    Characters(Vec<u8>),
}

/// A comparison with something fixed, and what only happens where both are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The function.
    pub function: u64,
    /// The branch.
    pub at: u64,
    /// What is compared with.
    pub fixed: Fixed,
    /// Where the other side comes from.
    pub from: Source,
    /// What is called only where both are equal: the place and who.
    pub inside: Vec<(u64, Called, Option<Vec<u8>>)>,
    /// What is called in the function elsewhere.
    pub outside: Vec<Called>,
    /// What the function gives back where both are equal, and nowhere else.
    pub gives: Option<u64>,
    /// What it gives back elsewhere.
    pub else_gives: Vec<u64>,
    /// How many blocks are inside.
    pub blocks: usize,
}

/// Where a value that is compared comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An argument of the function, or what it leads to.
    Argument(u8),
    /// What a call gave back, or what it leads to.
    Result(Option<Vec<u8>>),
    /// Memory at an address of the image.
    Memory(u64),
    /// The function's own stack: what a call may have filled.
    Stack,
    /// Not known.
    Unknown,
}

/// What stays of a function.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its calls: the place, and who.
    pub calls: Vec<(u64, Called)>,
    /// Addresses of its own file that its values name.
    pub names: BTreeSet<u64>,
    /// What of it could not be followed.
    pub gaps: Vec<Gap>,
    /// Instructions.
    pub insns: usize,
}

/// A program, read.
#[derive(Debug, Default)]
pub struct Survey {
    /// By address, each function.
    pub functions: BTreeMap<u64, Line>,
    /// The comparisons.
    pub gates: Vec<Gate>,
    /// By function, each power within reach and how many calls away.
    pub reach: BTreeMap<u64, BTreeMap<Power, u8>>,
    /// By function, who calls it or names it.
    pub callers: BTreeMap<u64, BTreeSet<u64>>,
}

impl Survey {
    /// Reads a program.
    #[must_use]
    pub fn of(program: &Program<'_>) -> Self {
        let mut survey = Self::default();
        for bounds in program.functions() {
            let read = program.read(*bounds);
            let mut line = Line {
                names: read.facts.names.iter().map(|(_, address)| *address).collect(),
                gaps: read.blocks.gaps.clone(),
                insns: read.blocks.insns.len(),
                calls: Vec::new(),
            };
            for call in &read.facts.calls {
                if let Some(called) = called(program, &call.callee) {
                    line.calls.push((call.at, called));
                }
            }
            survey.gates.extend(gates(program, bounds.start, &read.blocks, &read.facts));
            survey.functions.insert(bounds.start, line);
        }
        survey.connect();
        survey
    }

    fn connect(&mut self) {
        let mut open: VecDeque<(u64, Power, u8)> = VecDeque::new();
        for (function, line) in &self.functions {
            for (_, called) in &line.calls {
                match called {
                    Called::Import(name) => open.extend(powers::of(name).map(|power| (*function, power, 1))),
                    Called::Here(to) => {
                        self.callers.entry(*to).or_default().insert(*function);
                    }
                }
            }
            for name in line.names.iter().filter(|name| self.functions.contains_key(name)) {
                self.callers.entry(*name).or_default().insert(*function);
            }
        }
        while let Some((function, power, steps)) = open.pop_front() {
            let known = self.reach.entry(function).or_default();
            if known.contains_key(&power) {
                continue;
            }
            known.insert(power, steps);
            if steps < DEEP {
                let called_by = |caller: &&u64| {
                    self.functions.get(caller).is_some_and(|line| {
                        line.calls.iter().any(|(_, called)| *called == Called::Here(function))
                    })
                };
                for caller in self.callers.get(&function).into_iter().flatten().filter(called_by) {
                    open.push_back((*caller, power, steps + 1));
                }
            }
        }
    }

    /// The powers that a call gives, each with how many calls away.
    #[must_use]
    pub fn powers(&self, called: &Called) -> BTreeMap<Power, u8> {
        match called {
            Called::Import(name) => powers::of(name).map(|power| (power, 0)).into_iter().collect(),
            Called::Here(function) => self.reach.get(function).cloned().unwrap_or_default(),
        }
    }

    /// The powers of several calls.
    #[must_use]
    pub fn union<'c>(&self, calls: impl Iterator<Item = &'c Called>) -> Powers {
        calls.flat_map(|called| self.powers(called).into_keys()).fold(Powers::default(), Powers::with)
    }
}

fn called(program: &Program<'_>, callee: &Callee) -> Option<Called> {
    match callee {
        Callee::Import(name) => Some(Called::Import(name.clone())),
        Callee::Here(to) => Some(Called::Here(program.image().place(*to))),
        Callee::Value(_) => None,
    }
}

/// Comparisons of a function with what only happens behind them.
#[must_use]
pub fn gates(program: &Program<'_>, function: u64, blocks: &Blocks, facts: &Facts<'_>) -> Vec<Gate> {
    let mut found = Vec::new();
    if facts.decisions.is_empty() {
        return found;
    }
    let under = Under::of(blocks);
    let before = blocks.before();
    let given = given(blocks, facts, &before);
    for decision in &facts.decisions {
        let Some((fixed, value)) = fixed(program, facts, decision) else { continue };
        let Some(equal) = equal_side(blocks, decision, &fixed) else { continue };
        // Only by this branch.
        if before.get(equal).is_none_or(|before| before.as_slice() != [decision.block]) {
            continue;
        }
        let inside = |block: usize| under.is_under(block, equal);
        let mut gate = Gate {
            function,
            at: decision.at,
            fixed,
            from: source(facts, value),
            inside: Vec::new(),
            outside: Vec::new(),
            gives: None,
            else_gives: Vec::new(),
            blocks: under.count(equal),
        };
        for call in &facts.calls {
            let Some(called) = called(program, &call.callee) else { continue };
            if inside(call.block) {
                let told = call
                    .arguments
                    .first()
                    .and_then(|first| facts.values.text(*first))
                    .map(|text| text.iter().copied().take(TEXT).collect());
                gate.inside.push((call.at, called, told));
            } else {
                gate.outside.push(called);
            }
        }
        let mut gives = BTreeSet::new();
        for (block, value) in given.iter().copied() {
            let number = facts.values.constant(value);
            match (inside(block), number) {
                (true, Some(number)) => {
                    gives.insert(number);
                }
                (false, Some(number)) => gate.else_gives.push(number),
                _ => {}
            }
        }
        gate.gives = (gives.len() == 1).then(|| gives.first().copied()).flatten();
        found.push(gate);
    }
    found
}

/// Comparisons of a function with a fixed text: the branch, the text, and the block to which it leads where both are equal, whatever else
/// leads there, too.
#[must_use]
pub fn equals(program: &Program<'_>, blocks: &Blocks, facts: &Facts<'_>) -> Vec<(u64, Vec<u8>, usize)> {
    let one = |decision: &Decision| {
        let (fixed, _) = fixed(program, facts, decision)?;
        let equal = equal_side(blocks, decision, &fixed)?;
        match fixed {
            Fixed::Text { text, .. } => Some((decision.at, text, equal)),
            _ => None,
        }
    };
    facts.decisions.iter().filter_map(one).collect()
}

/// What the function gives back, by the block that decides it: where ways meet before a return, the blocks before.
fn given(blocks: &Blocks, facts: &Facts<'_>, before: &[Vec<usize>]) -> Vec<(usize, ValueId)> {
    let mut found = Vec::new();
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for block in 0..blocks.all.len() {
        places.entry(blocks.address(block)).or_insert(block);
    }
    let mut seen: BTreeSet<(usize, ValueId)> = BTreeSet::new();
    let mut open: Vec<(usize, ValueId)> = facts.returns.clone();
    while let Some((block, value)) = open.pop() {
        if !seen.insert((block, value)) {
            continue;
        }
        let whole = match facts.values.get(value) {
            Value::Extend { of, .. } => facts.values.get(of),
            other => other,
        };
        let Value::Unknown(at, register) = whole else {
            found.push((block, value));
            continue;
        };
        match places.get(&at).copied().filter(|_| register == u16::from(facts.result)) {
            Some(meeting) => open.extend(
                before
                    .get(meeting)
                    .into_iter()
                    .flatten()
                    .filter_map(|block| Some((*block, facts.results.get(*block).copied().flatten()?))),
            ),
            None => found.push((block, value)),
        }
    }
    found
}

/// What is fixed in a decision, and the value that is held against it.
fn fixed(program: &Program<'_>, facts: &Facts<'_>, decision: &Decision) -> Option<(Fixed, ValueId)> {
    if !matches!(decision.relation, Relation::Equal | Relation::NotEqual) {
        return None;
    }
    let values = &facts.values;
    // A test of a value with itself is a comparison with zero.
    let zero = if decision.test { decision.a == decision.b } else { values.constant(decision.b) == Some(0) };
    if zero {
        let Value::Result(at) = values.whole(decision.a) else { return None };
        let call = facts.calls.iter().find(|call| call.at == at)?;
        let Callee::Import(name) = &call.callee else { return None };
        powers::compares(name)?;
        let (a, b) = (*call.arguments.first()?, *call.arguments.get(1)?);
        let text = |value: ValueId| {
            let address = values.constant(value)?;
            let bounded =
                powers::compares(name)?.bounded.and_then(|at| values.constant(*call.arguments.get(at)?));
            match (program.image().text(address), bounded) {
                (Some(text), None) => Some(text.to_vec()),
                (Some(text), Some(most)) => {
                    Some(text.iter().copied().take(usize::try_from(most).unwrap_or(TEXT)).collect())
                }
                (None, Some(most)) if (4..=64).contains(&most) && program.image().is_constant(address) => {
                    program.image().bytes(address).get(..usize::try_from(most).ok()?).map(<[u8]>::to_vec)
                }
                _ => None,
            }
        };
        let (text, other) = match (text(a), text(b)) {
            (None, Some(text)) => (text, a),
            (Some(text), None) => (text, b),
            _ => return None,
        };
        let text: Vec<u8> = text.into_iter().take(TEXT).collect();
        return Some((Fixed::Text { text, by: name.clone() }, other));
    }
    if decision.test {
        return None;
    }
    let (number, value) = match (values.constant(decision.a), values.constant(decision.b)) {
        (None, Some(number)) => (number, decision.a),
        (Some(number), None) => (number, decision.b),
        _ => return None,
    };
    let (number, value) = held(values, number, value);
    let size = match values.get(value) {
        Value::Load { size, .. } => size,
        Value::Extend { bits, .. } => bits / 8,
        _ => 0,
    };
    let number = if (1..8).contains(&size) { number & ((1 << (size * 8)) - 1) } else { number };
    Some((Fixed::Number { number, size }, value))
}

/// What is held against what in the end: where half of a wide number is taken off a value first (`xoris`, `addis`), that half is part
/// of the number.
fn held(values: &Values<'_>, number: u64, value: ValueId) -> (u64, ValueId) {
    match values.get(value) {
        Value::Binary(Binary::Xor, of, half) => {
            values.constant(half).map_or((number, value), |half| (number ^ half, of))
        }
        Value::Binary(Binary::Add, of, less) if wide(values, less) => {
            values.constant(less).map_or((number, value), |less| (number.wrapping_sub(less), of))
        }
        _ => (number, value),
    }
}

/// Whether a value is a number whose low half is empty.
fn wide(values: &Values<'_>, value: ValueId) -> bool {
    values.constant(value).is_some_and(|number| number & 0xffff == 0)
}

/// The block to which a decision leads where both are equal.
fn equal_side(blocks: &Blocks, decision: &Decision, fixed: &Fixed) -> Option<usize> {
    let block = blocks.all.get(decision.block)?;
    let [taken, other] = block.next.as_slice() else { return None };
    let zero_is_equal = match fixed {
        Fixed::Text { by, .. } => powers::compares(by).is_some_and(|how| how.equal_is_zero),
        _ => true,
    };
    let holds = (decision.relation == Relation::Equal) == zero_is_equal;
    let side = if holds == decision.taken { *taken } else { *other };
    (holds || decision.both).then_some(side)
}

/// Where a value comes from, through loads and sums.
fn source(facts: &Facts<'_>, value: ValueId) -> Source {
    let mut at = value;
    for _ in 0..16 {
        at = match facts.values.get(at) {
            Value::Entry(register) => {
                return Source::Argument(register);
            }
            Value::Result(call) => {
                let call = facts.calls.iter().find(|other| other.at == call);
                return Source::Result(call.and_then(|call| match &call.callee {
                    Callee::Import(name) => Some(name.clone()),
                    _ => None,
                }));
            }
            Value::Stack(_) => return Source::Stack,
            Value::Const(address) => return Source::Memory(address),
            Value::Load { at, .. }
            | Value::Extend { of: at, .. }
            | Value::Binary(Binary::Add, at, _)
            | Value::Binary(_, at, _) => at,
            Value::Unknown(..) | Value::Import(_) | Value::Holds { .. } => return Source::Unknown,
        };
    }
    Source::Unknown
}
