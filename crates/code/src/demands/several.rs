//! Secrets of which one is enough: ways that meet and each demand something hard of the same input, and tables of texts that a loop goes
//! through.
//!
//! What is demanded is then one of several ([`Kind::OneOf`]), and worth the bits of the least. A table is known by its address: where a
//! loop begins with a fixed number and goes on by a fixed one, the addresses that it reads are known turn by turn, up to the turn at which the loop ends or
//! what is there is no text. The texts are those that the table has when the program starts.
//!
//! Misses: hard demands of different inputs on ways that meet; tables with more than [`ENTRIES`] texts, which are lists of words; loops whose counter
//! stands in memory.

use super::calls::text_kind;
use super::*;
use crate::image::Filled;

/// Texts of one table.
pub const ENTRIES: usize = 64;
/// Steps of a sum that are followed.
const SUM: u8 = 8;

/// A number that grows by the turn of a loop: `times` the counter, and `more`.
#[derive(Clone, Copy)]
struct Line {
    counter: Option<(u64, u16)>,
    times: u64,
    more: u64,
}

/// Adds to a block what each way to it demands at a branch of its own: a compiler may hold the same input against the same text on two
/// ways that meet, or a program against one of several. What is demanded of a block is demanded of those under it.
pub(super) fn shared(
    all: &mut Vec<Demand>,
    before: &[Vec<usize>],
    over: &[Option<usize>],
    edges: &BTreeMap<(usize, usize), Way>,
    known: &mut [Option<Way>],
) {
    let mut more: BTreeMap<usize, Way> = BTreeMap::new();
    for (block, from) in before.iter().enumerate().filter(|(_, from)| (2..=WAYS).contains(&from.len())) {
        let mut common = common(all, block, from, edges);
        if common.is_empty()
            && let Some(demand) = one_of(all, block, from, edges, known)
        {
            common.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
            all.push(demand);
        }
        if !common.is_empty() {
            more.insert(block, common);
        }
    }
    if more.is_empty() {
        return;
    }
    for block in 0..known.len() {
        let mut at = block;
        for _ in 0..STEPS {
            if let (Some(common), Some(Some(way))) = (more.get(&at), known.get_mut(block)) {
                extend(way, common);
            }
            match over.get(at).copied().flatten() {
                Some(up) if up != at => at = up,
                _ => break,
            }
        }
    }
}

/// What the own branches of all ways to a block demand alike: what all had before is of the block already.
fn common(all: &[Demand], block: usize, from: &[usize], edges: &BTreeMap<(usize, usize), Way>) -> Way {
    let demand = |number: &u32| all.get(*number as usize).filter(|demand| demand.bits > 0);
    let mut ways = from.iter().map(|from| edges.get(&(*from, block)));
    let Some(Some(first)) = ways.next() else { return Way::new() };
    let rest: Option<Vec<&Way>> = ways.collect();
    let Some(rest) = rest else { return Way::new() };
    let on_all = |number: &&u32| {
        demand(number).is_some_and(|one| {
            rest.iter().all(|way| {
                way.iter().filter_map(demand).any(|other| other.kind == one.kind && other.of == one.of)
            })
        })
    };
    first.iter().filter(on_all).copied().collect()
}

/// Something hard that each way to a block demands of the same input, and not all ways to all of them.
fn one_of(
    all: &[Demand],
    block: usize,
    from: &[usize],
    edges: &BTreeMap<(usize, usize), Way>,
    known: &[Option<Way>],
) -> Option<Demand> {
    let of_block = |block: usize| known.get(block).and_then(Option::as_deref).unwrap_or_default();
    let had = of_block(block);
    let own = |from: &usize| -> Vec<&Demand> {
        let edge = edges.get(&(*from, block)).map(Vec::as_slice).unwrap_or_default();
        let mut numbers: Vec<u32> = Vec::new();
        for number in of_block(*from).iter().chain(edge) {
            if !had.contains(number) && !numbers.contains(number) {
                numbers.push(*number);
            }
        }
        numbers
            .iter()
            .filter_map(|number| all.get(*number as usize))
            .filter(|demand| demand.bits > 0)
            .collect()
    };
    let ways: Vec<Vec<&Demand>> = from.iter().map(own).collect();
    let roots: BTreeSet<&Root> = ways.first()?.iter().map(|demand| &demand.of).collect();
    let hard = |root: &Root| -> Option<Demand> {
        let mut several = Vec::new();
        let mut least = u32::MAX;
        for way in &ways {
            let of_root: Vec<Demand> =
                way.iter().filter(|demand| demand.of == *root).map(|demand| (*demand).clone()).collect();
            let bits = bits(&of_root);
            if bits < HARD {
                return None;
            }
            least = least.min(bits);
            several.push(of_root);
        }
        let at = several.iter().flatten().map(|demand| demand.at).max()?;
        let bits = u16::try_from(least).unwrap_or(u16::MAX);
        Some(Demand { at, kind: Kind::OneOf(several), bits, of: root.clone() })
    };
    roots.into_iter().find_map(hard)
}

impl Reader<'_, '_> {
    /// A comparison with what a loop takes from a table of texts, one a turn.
    pub(super) fn tabled(
        &self,
        at: u64,
        a: ValueId,
        b: ValueId,
        bound: Option<u64>,
        how: powers::Comparison,
    ) -> Option<Demand> {
        let (texts, other) = match (self.table_of_texts(b), self.table_of_texts(a)) {
            (Some(texts), None) => (texts, a),
            (None, Some(texts)) if !how.finds => (texts, b),
            _ => return None,
        };
        let of = self.root(other).0;
        let most = usize::try_from(bound.unwrap_or(TEXT as u64)).unwrap_or(TEXT).min(TEXT);
        let mut several: Vec<Demand> = Vec::new();
        for text in texts {
            let (kind, bits) = text_kind(text.iter().copied().take(most).collect());
            if !several.iter().any(|known| known.kind == kind) {
                several.push(Demand { at, kind, bits, of: of.clone() });
            }
        }
        if several.len() < 2 {
            return several.pop();
        }
        let bits = several.iter().map(|demand| demand.bits).min()?;
        let several = several.into_iter().map(|demand| vec![demand]).collect();
        Some(Demand { at, kind: Kind::OneOf(several), bits, of })
    }

    /// The texts that a value is one after the other, by the turn of a loop.
    fn table_of_texts(&self, value: ValueId) -> Option<Vec<&[u8]>> {
        let (values, image) = (&self.facts.values, self.program.image());
        let (place, points) = match values.get(value) {
            Value::Load { at, size, .. } if size == image.bits() / 8 => (at, true),
            Value::Binary(..) | Value::Unknown(..) => (value, false),
            _ => return None,
        };
        let line = self.line(place, 0)?;
        let counter = line.counter?;
        let (first, step) = self.counted(counter)?;
        if step == 0 || line.times == 0 {
            return None;
        }
        let turns = self.turns(counter.0);
        let mut texts = Vec::new();
        for turn in 0..=ENTRIES as u64 {
            if turns.is_some_and(|turns| turn >= turns) {
                break;
            }
            let counted = first.wrapping_add(step.wrapping_mul(turn));
            let address = image.cut(line.times.wrapping_mul(counted).wrapping_add(line.more));
            let address = if points {
                match image.filled(address) {
                    Some(Filled::Address(to)) => Some(to),
                    Some(Filled::Import(_)) => None,
                    None => image.word(address),
                }
            } else {
                Some(address)
            };
            let Some(text) = address.filter(|to| *to >= 0x100).and_then(|to| image.text(to)) else { break };
            texts.push(text);
        }
        (1..=ENTRIES).contains(&texts.len()).then_some(texts)
    }

    /// A value as a counter that is not known, times a number, and a number.
    fn line(&self, value: ValueId, deep: u8) -> Option<Line> {
        let values = &self.facts.values;
        if deep > SUM {
            return None;
        }
        match values.get(value) {
            Value::Const(number) => Some(Line { counter: None, times: 0, more: number }),
            Value::Unknown(at, register) => match self.only(at, register) {
                Some(value) => self.line(value, deep + 1),
                None => Some(Line { counter: Some((at, register)), times: 1, more: 0 }),
            },
            Value::Extend { of, bits: 32.., .. } => self.line(of, deep + 1),
            Value::Binary(how @ (Binary::Add | Binary::Sub), a, b) => {
                let (a, b) = (self.line(a, deep + 1)?, self.line(b, deep + 1)?);
                if a.counter.is_some() && b.counter.is_some() && a.counter != b.counter {
                    return None;
                }
                let with = |a: u64, b: u64| {
                    if how == Binary::Add { a.wrapping_add(b) } else { a.wrapping_sub(b) }
                };
                Some(Line {
                    counter: a.counter.or(b.counter),
                    times: with(a.times, b.times),
                    more: with(a.more, b.more),
                })
            }
            Value::Binary(Binary::Shl, of, by) => {
                let by = u32::try_from(values.constant(by)?).ok()?;
                let times = 1_u64.checked_shl(by)?;
                self.line(of, deep + 1).map(|line| line.scaled(times))
            }
            Value::Binary(Binary::Mul, a, b) => {
                let (a, b) = (self.line(a, deep + 1)?, self.line(b, deep + 1)?);
                match (a.counter, b.counter) {
                    (_, None) => Some(a.scaled(b.more)),
                    (None, _) => Some(b.scaled(a.more)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What all ways bring alike to where they meet: what a loop changes is unknown at each place in it where ways meet.
    fn only(&self, at: u64, register: u16) -> Option<ValueId> {
        let ways = self.facts.ways.get(&at)?;
        let own = |value: &ValueId| self.facts.values.get(*value) == Value::Unknown(at, register);
        let mut brought =
            ways.iter().filter_map(|way| way.get(usize::from(register)).copied()).filter(|value| !own(value));
        let first = brought.next()?;
        brought.all(|value| value == first).then_some(first)
    }

    /// With what the counter of a loop begins, and by what it goes on.
    fn counted(&self, counter: (u64, u16)) -> Option<(u64, u64)> {
        let values = &self.facts.values;
        let (mut first, mut step) = (None, None);
        for way in self.facts.ways.get(&counter.0)? {
            let value = *way.get(usize::from(counter.1))?;
            let line = self.line(value, 0)?;
            let place = match (line.counter, line.times) {
                (None, _) => &mut first,
                (Some(of), 1) if of == counter && line.more != 0 => &mut step,
                (Some(of), 1) if of == counter => continue,
                _ => return None,
            };
            let more = values.signed(line.more).cast_unsigned();
            if place.is_some_and(|known| known != more) {
                return None;
            }
            *place = Some(more);
        }
        Some((first?, step?))
    }

    /// Turns after which a loop ends by a comparison of one of its counters with a number.
    fn turns(&self, head: u64) -> Option<u64> {
        let signed = |number: u64| self.facts.values.signed(number);
        let of = |decision: &Decision| {
            let (line, end) = match (self.line(decision.a, 0)?, self.line(decision.b, 0)?) {
                (line, end) if end.counter.is_none() => (line, end.more),
                (end, line) if end.counter.is_none() => (line, end.more),
                _ => return None,
            };
            let counter = line.counter.filter(|counter| counter.0 == head)?;
            if decision.test && decision.a != decision.b || line.times != 1 {
                return None;
            }
            let (first, step) = self.counted(counter)?;
            let end = if decision.test { 0 } else { signed(end) };
            // The counter after so many turns, and what the comparison adds to it, is the end.
            let way = end.wrapping_sub(signed(line.more)).wrapping_sub(first.cast_signed());
            let step = step.cast_signed();
            let turns = way.checked_div(step).filter(|_| way.checked_rem(step) == Some(0))?;
            // Behind the last turn, where the comparison is what leads back.
            let next = &self.blocks.all.get(decision.block)?.next;
            let back = next.iter().any(|block| self.blocks.address(*block) == head);
            let turns = u64::try_from(turns).ok()? + u64::from(back);
            (1..=ENTRIES as u64).contains(&turns).then_some(turns)
        };
        self.facts.decisions.iter().filter_map(of).min()
    }
}

impl Line {
    fn scaled(self, by: u64) -> Self {
        Self { times: self.times.wrapping_mul(by), more: self.more.wrapping_mul(by), ..self }
    }
}
