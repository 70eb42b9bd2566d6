//! Loops that compare byte by byte.

use super::*;

/// The natural loops of a function that have few blocks, smaller ones first: what leads back to a block that every way to it leads
/// through.
pub(super) fn small(before: &[Vec<usize>], over: &[Option<usize>]) -> Vec<BTreeSet<usize>> {
    const LARGE: usize = 24;
    let mut found = Vec::new();
    for (head, from) in before.iter().enumerate() {
        for last in from {
            // Up from the end; what is not under the head within so many steps is no small loop.
            let mut inside = BTreeSet::from([head]);
            let mut open = vec![*last];
            let small = loop {
                let Some(block) = open.pop() else { break true };
                if !inside.insert(block) {
                    continue;
                }
                if inside.len() > LARGE || block == 0 {
                    break false;
                }
                open.extend(before.get(block).into_iter().flatten().copied());
            };
            let is_under = |block: &usize| {
                let mut at = *block;
                for _ in 0..LARGE {
                    if at == head {
                        return true;
                    }
                    match over.get(at).copied().flatten() {
                        Some(up) if up != at => at = up,
                        _ => return false,
                    }
                }
                false
            };
            if small && inside.iter().all(is_under) {
                found.push(inside);
            }
        }
    }
    found.sort_by_key(BTreeSet::len);
    found
}

impl Reader<'_, '_> {
    /// A loop that ends at the first byte that differs: what its other end demands. Gives that end.
    pub(super) fn table(
        &self,
        decision: &Decision,
        holds: usize,
        fails: usize,
    ) -> Option<(usize, usize, Demand)> {
        let values = &self.facts.values;
        let (equal, unequal) = match decision.relation {
            Relation::Equal => (holds, fails),
            Relation::NotEqual => (fails, holds),
            _ => return None,
        };
        let zero = decision.test && decision.a == decision.b || values.constant(decision.b) == Some(0);
        let (a, b) = match values.whole(decision.a) {
            Value::Binary(Binary::Xor | Binary::Sub, a, b) if zero => (a, b),
            _ if decision.test || zero => return None,
            _ => (decision.a, decision.b),
        };
        if values.constant(a).is_some() || values.constant(b).is_some() {
            return None;
        }
        if !self.holds_byte(a) || !self.holds_byte(b) {
            return None;
        }
        let inside =
            self.loops.iter().find(|inside| inside.contains(&decision.block) && inside.contains(&equal))?;
        if inside.contains(&unequal) {
            return None;
        }
        // A table is named before the loop or in it.
        let named = self.names_table();
        let of = self.root(a).0;
        let mut ends = Vec::new();
        let mut count = None;
        for block in inside {
            let next = &self.blocks.all.get(*block)?.next;
            for to in next {
                if !inside.contains(to) && *to != unequal {
                    ends.push((*block, *to));
                    count = count.or_else(|| self.count(*block));
                }
            }
        }
        let [(last, end)] = ends.as_slice() else { return None };
        if !named && count.is_none() {
            return None;
        }
        let bits = count.map_or(SOME, |count| u16::try_from(count * 8).unwrap_or(SOME));
        Some((*last, *end, Demand { at: decision.at, kind: Kind::Table, bits, of }))
    }

    /// The number of turns, where the end of a loop says it.
    pub(super) fn count(&self, block: usize) -> Option<u64> {
        let decision = self.facts.decisions.iter().find(|decision| decision.block == block)?;
        let number =
            self.facts.values.constant(decision.b).or_else(|| self.facts.values.constant(decision.a))?;
        (4..=256).contains(&number).then_some(number)
    }

    /// Whether a value is made of a byte of memory.
    pub(super) fn holds_byte(&self, value: ValueId) -> bool {
        let values = &self.facts.values;
        let mut open = vec![(value, 0_u8)];
        while let Some((value, deep)) = open.pop() {
            if deep > 8 {
                continue;
            }
            match values.get(value) {
                Value::Load { size: 1, .. } => return true,
                Value::Extend { of, .. } => open.push((of, deep + 1)),
                Value::Binary(_, a, b) => open.extend([(a, deep + 1), (b, deep + 1)]),
                _ => {}
            }
        }
        false
    }
}
