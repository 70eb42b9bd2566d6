//! What an input has to be for control to come to a place of a function.
//!
//! A branch that holds a value against something fixed demands it on the side where both are equal. What is demanded of a block is what
//! the branches demand that every way to it leads through, so two ways that meet demand what both do. Values that come of a function of
//! the same file are followed into it later ([`Kind::Answer`]): a function is read once.
//!
//! A fixed text, number or run of bytes is worth the bits that somebody who does not know it would have to guess. Small numbers are worth
//! nothing: states, lengths, and errors are such, and so is what a structure is marked with, where the program breaks if it is another.
//!
//! When it is wrong: a loop that holds bytes against a table is known by its shape, not by what it computes. What it misses: conditions
//! that are joined without a branch; values that go through memory which is not the stack.

mod alike;
mod calls;
mod loops;
mod pieces;
mod several;

pub use alike::Alike;
pub use pieces::{joined, spelled};

use crate::function::{Blocks, Call, Callee, Decision, Facts, dominators};
use crate::ir::{Binary, Relation};
use crate::powers;
use crate::program::Program;
use crate::values::{Value, ValueId, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Bits from which on something is hard to guess.
pub const HARD: u32 = 21;
/// Bytes of a fixed text that are kept.
pub const TEXT: usize = 256;
/// Bits that a comparison of unknown length is worth.
const SOME: u16 = 48;
/// Blocks over one that are asked for what the ways to them share.
const STEPS: usize = 1024;
/// Ways that meet at one place, up to which it is asked what all of them demand.
const WAYS: usize = 4;
/// Arguments of a call that what it is given is looked for in.
const HANDED: usize = 4;
/// Blocks in a row that lead to where a program breaks.
const SHORT: usize = 4;
/// Demands of one place that are kept.
const MOST: usize = 64;

/// What is demanded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A text or bytes, by a function that compares.
    Text(Vec<u8>),
    /// A text or bytes that are not printed, as a digest or what is encoded: by a function that compares.
    Bytes(Vec<u8>),
    /// A byte at an offset of something.
    Character(i64, u8),
    /// Bytes at an offset of something, that are text: compared as a number.
    Piece(i64, Vec<u8>),
    /// A number.
    Number(u64),
    /// Bytes one after the other, against a table.
    Table,
    /// One of several, each of which is enough.
    OneOf(Vec<Vec<Demand>>),
    /// What the function itself made, by the functions named.
    Made(Vec<Vec<u8>>),
    /// That a function of this file answers so: `true` for equal to the number, `false` for anything else. With the demand that it is, where that
    /// function compares its first two arguments and one of them is fixed.
    Answer(u64, u64, bool, Option<Box<Demand>>),
    /// That the function's first two arguments are alike.
    Alike,
    /// That a check that holds nothing against something fixed turns out one way: two texts of which neither is fixed, or what another
    /// file's function says.
    Check(Vec<u8>),
}

/// A demand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// The branch.
    pub at: u64,
    /// What.
    pub kind: Kind,
    /// Bits that it is worth.
    pub bits: u16,
    /// What it is demanded of.
    pub of: Root,
}

impl Demand {
    /// The demand; where one of several is enough, each of these.
    #[must_use]
    pub fn each(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::OneOf(several) => several.iter().flatten().flat_map(Self::each).collect(),
            _ => vec![self],
        }
    }
}

/// Bits of several demands that are all made.
#[must_use]
pub fn bits(demands: &[Demand]) -> u32 {
    demands.iter().map(|demand| u32::from(demand.bits)).sum()
}

/// What a value comes of, through loads and sums.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    /// An argument of the function, by its register, and how many loads deep.
    Argument(u8, u8),
    /// What a call gave back, or filled: the function's name, where another file has it.
    Result(u64, Option<Vec<u8>>),
    /// Memory at an address of the image, and how many loads deep.
    Memory(u64, u8),
    /// The function's own stack, by its place, and how many loads deep.
    Stack(i64, u8),
    /// Not known, by where it arose.
    Unknown(u64, u16),
}

/// What a function gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// A number.
    Number(u64),
    /// What a function of this file gives back.
    Answer(u64),
    /// Something else.
    Other,
}

/// A call with what is demanded for it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The instruction.
    pub at: u64,
    /// Who.
    pub callee: Callee,
    /// Arguments that are texts.
    pub texts: Vec<Option<Vec<u8>>>,
    /// Arguments that are numbers.
    pub numbers: Vec<Option<u64>>,
    /// Demands, by their numbers in [`Demands::all`].
    pub demands: Vec<u32>,
}

/// A way to a consequence: what is demanded on it.
pub type Way = Vec<u32>;

/// What comes of several ways in the same manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consequence {
    /// The function gives back a number.
    Gives(u64),
    /// Control comes to a place.
    Comes(u64),
    /// A number is written to memory: the place's number among the function's values, and the number.
    Writes(ValueId, u64),
}

/// What a function demands.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// Each demand.
    pub all: Vec<Demand>,
    /// Its calls.
    pub places: Vec<Place>,
    /// What it gives back, by way.
    pub gives: Vec<(Given, Way)>,
    /// What comes of more ways than one.
    pub consequences: BTreeMap<Consequence, Vec<Way>>,
    /// What it gives where its first two arguments are alike, where it compares them.
    pub alike: Option<Alike>,
    /// What is given to a function that proves who somebody is, or held against what is not fixed.
    pub proved: BTreeSet<Root>,
    /// What functions of this file are given.
    pub handed: BTreeMap<u64, BTreeSet<Root>>,
}

impl Demands {
    /// Of a function.
    #[must_use]
    pub fn of(program: &Program<'_>, blocks: &Blocks, facts: &Facts<'_>) -> Self {
        let before = blocks.before();
        let over = dominators(blocks);
        let mut reader = Reader {
            program,
            blocks,
            facts,
            calls: facts.calls.iter().map(|call| (call.at, call)).collect(),
            loops: loops::small(&before, &over),
            comparer: false,
        };
        reader.comparer = reader.is_comparer();
        let mut found = Self::default();
        let (edges, exits) = reader.edges(&mut found.all);
        let mut of_block: Vec<Option<Way>> = vec![None; blocks.all.len()];
        for block in 0..blocks.all.len() {
            demanded(block, &over, &before, &edges, &mut of_block);
        }
        several::shared(&mut found.all, &before, &over, &edges, &mut of_block);
        let way = |block: usize, to: Option<usize>| -> Way {
            let mut way = of_block.get(block).cloned().flatten().unwrap_or_default();
            if let Some(more) = to.and_then(|to| edges.get(&(block, to))) {
                extend(&mut way, more);
            }
            way
        };
        let out = |block: usize| -> Way {
            let mut way = way(block, None);
            if let Some(more) = exits.get(&block) {
                extend(&mut way, more);
            }
            way
        };
        found.places = reader.places(|call| if call.tail { out(call.block) } else { way(call.block, None) });
        reader.given(&mut found, &before, &way, &out);
        reader.consequences(&mut found, &before, &way);
        found.alike = Alike::of(&found).filter(|_| reader.comparer);
        reader.proofs(&mut found);
        found
    }
}

/// What is demanded of a block: what is of the one over it, and what the only way from there demands.
fn demanded(
    block: usize,
    over: &[Option<usize>],
    before: &[Vec<usize>],
    edges: &BTreeMap<(usize, usize), Way>,
    known: &mut [Option<Way>],
) {
    // Up to what is known, and down again: no function is too deep.
    let mut path = Vec::new();
    let mut at = block;
    while known.get(at).is_some_and(Option::is_none) {
        path.push(at);
        match over.get(at).copied().flatten() {
            Some(up) if up != at => at = up,
            _ => break,
        }
    }
    for block in path.into_iter().rev() {
        let mut way = match over.get(block).copied().flatten() {
            Some(up) if up != block => known.get(up).cloned().flatten().unwrap_or_default(),
            _ => Way::new(),
        };
        if let [only] = before.get(block).map(Vec::as_slice).unwrap_or_default()
            && let Some(more) = edges.get(&(*only, block))
        {
            extend(&mut way, more);
        }
        if let Some(place) = known.get_mut(block) {
            *place = Some(way);
        }
    }
}

struct Reader<'r, 'i> {
    program: &'r Program<'i>,
    blocks: &'r Blocks,
    facts: &'r Facts<'i>,
    calls: BTreeMap<u64, &'r Call>,
    /// Small loops, smaller ones first.
    loops: Vec<BTreeSet<usize>>,
    /// Whether the function has the shape of one that compares.
    comparer: bool,
}

impl Reader<'_, '_> {
    /// What each side of a branch demands, by both its ends; and what the side demands that leads out of the function, by the block.
    #[allow(clippy::type_complexity, reason = "two maps")]
    fn edges(&self, all: &mut Vec<Demand>) -> (BTreeMap<(usize, usize), Way>, BTreeMap<usize, Way>) {
        let mut edges: BTreeMap<(usize, usize), Way> = BTreeMap::new();
        let mut exits: BTreeMap<usize, Way> = BTreeMap::new();
        let mut add = |all: &mut Vec<Demand>, from: usize, to: Option<usize>, demand: Demand| {
            let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
            all.push(demand);
            let way = match to {
                Some(to) => edges.entry((from, to)).or_default(),
                None => exits.entry(from).or_default(),
            };
            if way.len() < MOST {
                way.push(number);
            }
        };
        for decision in &self.facts.decisions {
            let Some(block) = self.blocks.all.get(decision.block) else { continue };
            let (taken, other) = match *block.next.as_slice() {
                [taken, other] if taken != other => (Some(taken), Some(other)),
                [other] => (None, Some(other)),
                _ => continue,
            };
            // Where what is stated holds, and where its contrary does.
            let (holds, fails) = if decision.taken { (taken, other) } else { (other, taken) };
            for demand in self.demands(decision, decision.relation) {
                if !is_mark(&demand.kind) || !self.is_broken(fails) {
                    add(all, decision.block, holds, demand);
                }
            }
            if decision.both {
                for demand in self.demands(decision, decision.relation.negated()) {
                    if !is_mark(&demand.kind) || !self.is_broken(holds) {
                        add(all, decision.block, fails, demand);
                    }
                }
            }
            if let (Some(holds), Some(fails)) = (holds, fails)
                && let Some((last, end, demand)) = self.table(decision, holds, fails)
            {
                add(all, last, Some(end), demand);
            }
        }
        (edges, exits)
    }

    /// Whether a block only leads to where the program says that it is wrong itself: the other side of an assertion.
    fn is_broken(&self, block: Option<usize>) -> bool {
        let mut at = block;
        for _ in 0..SHORT {
            let Some(block) = at else { return false };
            let mut calls = self.facts.calls.iter().filter(|call| call.block == block);
            if calls.any(|call| self.program.breaks(&call.callee)) {
                return true;
            }
            at = match self.blocks.all.get(block).map(|block| block.next.as_slice()) {
                Some([next]) => Some(*next),
                _ => None,
            };
        }
        false
    }

    /// What is demanded where a relation of two values holds.
    fn demands(&self, decision: &Decision, relation: Relation) -> Vec<Demand> {
        let mut found = Vec::new();
        self.relation(decision.at, relation, decision.a, decision.b, decision.test, &mut found, 0);
        found
    }

    #[allow(clippy::too_many_arguments, reason = "a relation, where it stands, and how deep it is")]
    fn relation(
        &self,
        at: u64,
        relation: Relation,
        a: ValueId,
        b: ValueId,
        test: bool,
        found: &mut Vec<Demand>,
        deep: u8,
    ) {
        let values = &self.facts.values;
        let equal = match relation {
            Relation::Equal => true,
            Relation::NotEqual => false,
            _ => return,
        };
        if deep > 6 {
            return;
        }
        let zero = if test { a == b } else { values.constant(b) == Some(0) };
        if zero {
            if equal && let Some(demand) = self.gathered(at, a) {
                return found.push(demand);
            }
            match values.whole(a) {
                Value::Holds { relation, a, b, test } => {
                    let relation = if equal { relation.negated() } else { relation };
                    return self.relation(at, relation, a, b, test, found, deep + 1);
                }
                Value::Binary(Binary::Xor | Binary::Sub, one, other)
                    if equal && self.comparer && self.are_bytes(one, other) =>
                {
                    return found.push(self.alike(at, one));
                }
                Value::Binary(Binary::Xor | Binary::Sub, one, other)
                    if equal && let Some(demand) = self.indexed(at, one, other) =>
                {
                    return found.push(demand);
                }
                Value::Unknown(meeting, register)
                    if equal && let Some(demand) = self.met(at, meeting, register) =>
                {
                    return found.push(demand);
                }
                // Both are nought: differences that are gathered.
                Value::Binary(Binary::Or, one, other) if equal => {
                    for side in [one, other] {
                        self.zero(at, side, found, deep + 1);
                    }
                    return;
                }
                Value::Binary(Binary::Xor, ..) if equal => return self.zero(at, a, found, deep + 1),
                Value::Binary(Binary::And, one, other) if !equal && is_truth(values, a) => {
                    for side in [one, other] {
                        self.relation(at, Relation::NotEqual, side, side, true, found, deep + 1);
                    }
                    return;
                }
                Value::Result(call) => return found.extend(self.answered(at, call, 0, equal)),
                _ => {}
            }
        }
        if test {
            return;
        }
        let (number, value) = match (values.constant(a), values.constant(b)) {
            (None, Some(number)) => (number, a),
            (Some(number), None) => (number, b),
            (None, None) if equal && self.comparer && self.are_bytes(a, b) => {
                return found.push(self.alike(at, a));
            }
            (None, None) if equal => {
                return found.extend(self.indexed(at, a, b).or_else(|| self.decoded(at, a, b)));
            }
            _ => return,
        };
        if let Value::Result(call) = values.whole(value) {
            found.extend(self.answered(at, call, number, equal));
            return;
        }
        if equal {
            found.extend(self.number(at, value, number));
        }
    }

    /// That a value is nought.
    fn zero(&self, at: u64, value: ValueId, found: &mut Vec<Demand>, deep: u8) {
        let values = &self.facts.values;
        match values.whole(value) {
            Value::Binary(Binary::Xor, one, other) => {
                self.relation(at, Relation::Equal, one, other, false, found, deep);
            }
            Value::Binary(Binary::Add, one, negative)
                if values.constant(negative).is_some_and(|n| values.signed(n) < 0) =>
            {
                let number = values.constant(negative).unwrap_or(0).wrapping_neg();
                found.extend(self.number(
                    at,
                    one,
                    number & u64::MAX >> (64 - u32::from(self.program.image().bits())),
                ));
            }
            Value::Binary(Binary::Or, one, other) if deep < 6 => {
                self.zero(at, one, found, deep + 1);
                self.zero(at, other, found, deep + 1);
            }
            _ => {}
        }
    }

    fn number(&self, at: u64, value: ValueId, number: u64) -> Option<Demand> {
        let values = &self.facts.values;
        // Compared in halves, or as a difference.
        if let Value::Binary(how @ (Binary::Xor | Binary::Add), of, with) = values.get(value)
            && let Some(with) = values.constant(with)
        {
            let number = if how == Binary::Xor { number ^ with } else { number.wrapping_sub(with) };
            return self.number(at, of, self.program.image().cut(number));
        }
        if let Some(piece) = self.piece(at, value, number) {
            return Some(piece);
        }
        let (inner, mut size) = match values.get(value) {
            Value::Extend { of, bits, .. } => (of, bits / 8),
            _ => (value, 0),
        };
        let root = self.root(inner).0;
        if let Value::Load { size: loaded, .. } = values.get(inner) {
            size = if size == 0 { loaded } else { size.min(loaded) };
            if loaded == 1 {
                return None;
            }
        }
        // Counted from above as well: errors are small negative numbers.
        let bits =
            if size == 0 { u32::from(self.program.image().bits()) } else { u32::from(size) * 8 }.min(64);
        let kept = if bits == 64 { number } else { number & ((1 << bits) - 1) };
        let sign = if bits == 64 { !kept } else { !kept & ((1 << bits) - 1) };
        let significant = 64 - kept.leading_zeros().max(sign.leading_zeros());
        let low32 =
            if bits == 64 && kept >> 32 == 0 { 64 - (!kept & 0xffff_ffff).leading_zeros() } else { 64 };
        let words = significant.min(low32);
        // A power of two, a mask and a number of few digits mean something by themselves.
        let plain =
            kept.count_ones() <= 2 || sign.count_ones() <= 2 || kept % 1000 == 0 || (kept & 0xffff == 0);
        // Nor is an address of the program a secret.
        if words <= 16 || plain || self.program.image().is_mapped(kept) {
            return None;
        }
        Some(Demand {
            at,
            kind: Kind::Number(kept),
            bits: u16::try_from(words.min(64)).unwrap_or(64),
            of: root,
        })
    }

    /// What a value comes of; with the last offset.
    fn root(&self, value: ValueId) -> (Root, i64) {
        let values = &self.facts.values;
        let (mut at, mut offset, mut deep) = (value, 0_i64, 0_u8);
        for _ in 0..16 {
            at = match values.get(at) {
                Value::Entry(register) => return (Root::Argument(register, deep), offset),
                Value::Result(call) => {
                    let name = self.calls.get(&call).and_then(|call| match &call.callee {
                        Callee::Import(name) => Some(name.clone()),
                        _ => None,
                    });
                    return (Root::Result(call, name), offset);
                }
                Value::Stack(slot) => return (Root::Stack(slot, deep), offset),
                Value::Const(address) => return (Root::Memory(address, deep), offset),
                Value::Load { at, .. } => {
                    deep += 1;
                    match values.get(at) {
                        Value::Binary(Binary::Add, base, number)
                            if let Some(number) = values.constant(number) =>
                        {
                            if deep == 1 {
                                offset = values.signed(number);
                            }
                            base
                        }
                        _ => at,
                    }
                }
                Value::Extend { of, .. } => of,
                Value::Binary(_, one, _) => one,
                Value::Unknown(place, which) => return (Root::Unknown(place, which), offset),
                Value::Import(slot) => return (Root::Memory(slot, deep), offset),
                Value::Holds { a, .. } => a,
            };
        }
        (Root::Unknown(0, 0), offset)
    }

    /// What is given to calls that prove something, and to functions of this file.
    fn proofs(&self, found: &mut Demands) {
        for call in &self.facts.calls {
            let roots = |count: usize| {
                let roots = call.arguments.iter().take(count).map(|argument| self.root(*argument).0);
                roots.filter(|root| !matches!(root, Root::Unknown(..)))
            };
            match &call.callee {
                Callee::Here(to) => {
                    found.handed.entry(self.program.image().place(*to)).or_default().extend(roots(HANDED));
                }
                Callee::Import(name) if powers::proves(name) => found.proved.extend(roots(HANDED)),
                Callee::Import(name)
                    if powers::compares(name).is_some()
                        && call.arguments.iter().take(2).all(|argument| !self.is_fixed(*argument)) =>
                {
                    found.proved.extend(roots(2));
                }
                _ => {}
            }
        }
    }

    /// Whether a value is the address of a text, or of what the program cannot write.
    fn is_fixed(&self, value: ValueId) -> bool {
        let values = &self.facts.values;
        values.text(value).is_some()
            || values.constant(value).is_some_and(|address| self.program.image().is_constant(address))
    }

    fn places(&self, way: impl Fn(&Call) -> Way) -> Vec<Place> {
        let values = &self.facts.values;
        self.facts
            .calls
            .iter()
            .filter(|call| !matches!(call.callee, Callee::Value(_)))
            .map(|call| Place {
                at: call.at,
                callee: match &call.callee {
                    Callee::Here(to) => Callee::Here(self.program.image().place(*to)),
                    other => other.clone(),
                },
                texts: call
                    .arguments
                    .iter()
                    .map(|argument| Some(values.text(*argument)?.iter().copied().take(TEXT).collect()))
                    .collect(),
                numbers: call.arguments.iter().map(|argument| values.constant(*argument)).collect(),
                demands: way(call),
            })
            .collect()
    }

    /// What the function gives back, by the block that decides it: where ways meet before a return, by each of them.
    fn given(
        &self,
        found: &mut Demands,
        before: &[Vec<usize>],
        way: &dyn Fn(usize, Option<usize>) -> Way,
        out: &dyn Fn(usize) -> Way,
    ) {
        let values = &self.facts.values;
        let starts: BTreeMap<u64, usize> =
            (0..self.blocks.all.len()).map(|block| (self.blocks.address(block), block)).collect();
        let mut seen: BTreeSet<(usize, Option<usize>, ValueId)> = BTreeSet::new();
        let mut open: Vec<(usize, Option<usize>, ValueId)> =
            self.facts.returns.iter().map(|(block, value)| (*block, None, *value)).collect();
        // A call that is the last of a function gives what it gives.
        for call in self.facts.calls.iter().filter(|call| call.tail) {
            if let Callee::Here(to) = call.callee {
                found.gives.push((Given::Answer(self.program.image().place(to)), out(call.block)));
            }
        }
        while let Some((block, to, value)) = open.pop() {
            if seen.len() > 4096 || !seen.insert((block, to, value)) {
                continue;
            }
            let mut demands = if to.is_some() { way(block, to) } else { out(block) };
            match values.whole(value) {
                Value::Unknown(at, register)
                    if register == u16::from(self.facts.result) && starts.contains_key(&at) =>
                {
                    let meeting = starts.get(&at).copied().unwrap_or(0);
                    for from in before.get(meeting).into_iter().flatten() {
                        if let Some(value) = self.facts.results.get(*from).copied().flatten() {
                            open.push((*from, Some(meeting), value));
                        }
                    }
                }
                Value::Const(number)
                    if self.comparer
                        && to.is_none()
                        && before.get(block).is_some_and(|from| from.len() > 1) =>
                {
                    for from in before.get(block).into_iter().flatten() {
                        found.gives.push((Given::Number(number), way(*from, Some(block))));
                    }
                }
                Value::Const(number) => found.gives.push((Given::Number(number), demands)),
                // A truth, or two that are both asked for.
                Value::Holds { .. } | Value::Binary(Binary::And, ..) if is_truth(values, value) => {
                    found.gives.push((Given::Number(0), demands.clone()));
                    let mut more = Vec::new();
                    let at = self.blocks.address(block);
                    self.relation(at, Relation::NotEqual, value, value, true, &mut more, 0);
                    for demand in more {
                        demands.push(u32::try_from(found.all.len()).unwrap_or(u32::MAX));
                        found.all.push(demand);
                    }
                    found.gives.push((Given::Number(1), demands));
                }
                Value::Result(call) => {
                    let given = match self.calls.get(&call).map(|call| &call.callee) {
                        Some(Callee::Here(to)) => Given::Answer(self.program.image().place(*to)),
                        _ => Given::Other,
                    };
                    found.gives.push((given, demands));
                }
                // A difference, which is nought where all were alike.
                _ if self.comparer && (self.is_gathered(value) || self.is_difference(value)) => {
                    found.gives.push((Given::Other, demands.clone()));
                    demands.push(u32::try_from(found.all.len()).unwrap_or(u32::MAX));
                    found.all.push(self.alike(self.blocks.address(block), value));
                    found.gives.push((Given::Number(0), demands));
                }
                _ => found.gives.push((Given::Other, demands)),
            }
        }
    }

    /// What several ways come to: places where ways meet, and numbers that are written to the same memory.
    fn consequences(
        &self,
        found: &mut Demands,
        before: &[Vec<usize>],
        way: &dyn Fn(usize, Option<usize>) -> Way,
    ) {
        let all = &found.all;
        let worth = |way: &Way| {
            way.iter()
                .filter_map(|number| all.get(*number as usize))
                .any(|demand| demand.bits > 0 || matches!(demand.kind, Kind::Answer(..)))
        };
        let mut kept: BTreeMap<Consequence, Vec<Way>> = BTreeMap::new();
        for (given, demands) in &found.gives {
            if let Given::Number(number) = given {
                kept.entry(Consequence::Gives(*number)).or_default().push(demands.clone());
            }
        }
        for (block, from) in before.iter().enumerate().filter(|(_, from)| from.len() > 1) {
            let ways: Vec<Way> = from.iter().map(|from| way(*from, Some(block))).collect();
            kept.insert(Consequence::Comes(self.blocks.address(block)), ways);
        }
        for written in &self.facts.writes {
            if let Some(number) = self.facts.values.constant(written.value) {
                kept.entry(Consequence::Writes(written.to, number))
                    .or_default()
                    .push(way(written.block, None));
            }
        }
        kept.retain(|_, ways| ways.len() > 1 && ways.iter().any(&worth));
        found.consequences = kept;
    }
}

/// Whether a demand is such as a structure's own mark is held to: a number, or a word in memory that is compared as one.
fn is_mark(kind: &Kind) -> bool {
    matches!(kind, Kind::Number(_) | Kind::Piece(..))
}

/// Whether a value is 1 or 0 by a relation, or by two that are both asked for.
fn is_truth(values: &Values<'_>, value: ValueId) -> bool {
    let holds = |value| matches!(values.whole(value), Value::Holds { .. });
    match values.whole(value) {
        Value::Binary(Binary::And, one, other) => holds(one) && holds(other),
        _ => holds(value),
    }
}

/// A way with more demands, each once.
fn extend(way: &mut Way, more: &[u32]) {
    for number in more {
        if !way.contains(number) {
            way.push(*number);
        }
    }
    way.truncate(MOST);
}

/// Whether a byte is one that people write: not a blank, not a control character.
fn is_written(byte: u8) -> bool {
    byte.is_ascii_graphic()
}
