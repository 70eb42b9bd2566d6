//! Which blocks every way to a block leads through.
//!
//! Source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001).

use super::Blocks;

/// For each block the one that decides over it most closely (its immediate dominator); itself for block 0, `None` for blocks that
/// nothing leads to.
#[must_use]
pub fn dominators(blocks: &Blocks) -> Vec<Option<usize>> {
    let order = reverse_postorder(blocks);
    let mut rank = vec![usize::MAX; blocks.all.len()];
    for (place, block) in order.iter().enumerate() {
        if let Some(rank) = rank.get_mut(*block) {
            *rank = place;
        }
    }
    // The farthest first: where many blocks of one way lead to one place, each is just above the one before.
    let mut before = blocks.before();
    for list in &mut before {
        list.sort_by_key(|block| std::cmp::Reverse(rank.get(*block).copied()));
    }
    let mut over: Vec<Option<usize>> = vec![None; blocks.all.len()];
    if let Some(first) = over.first_mut() {
        *first = Some(0);
    }
    let mut changed = true;
    while changed {
        changed = false;
        for block in order.iter().copied().skip(1) {
            let mut new: Option<usize> = None;
            for other in before.get(block).map(Vec::as_slice).unwrap_or_default() {
                if over.get(*other).copied().flatten().is_none() {
                    continue;
                }
                new = Some(new.map_or(*other, |new| meet(&over, &rank, new, *other)));
            }
            if let Some(place) = over.get_mut(block)
                && *place != new
            {
                *place = new;
                changed = true;
            }
        }
    }
    over
}

/// Which blocks are under which: of each block the interval that its own tree of dominators takes, so that a question costs no walk.
#[derive(Clone, Debug, Default)]
pub struct Under {
    /// By block, its number and the first number behind its tree; `None` for blocks that nothing leads to.
    spans: Vec<Option<(usize, usize)>>,
}

impl Under {
    /// Of a function.
    #[must_use]
    pub fn of(blocks: &Blocks) -> Self {
        let over = dominators(blocks);
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); over.len()];
        for (block, up) in over.iter().enumerate().skip(1) {
            if let Some(list) = up.and_then(|up| below.get_mut(up)) {
                list.push(block);
            }
        }
        let mut spans = vec![None; over.len()];
        let (mut next, mut open) = (0, vec![(0_usize, 0_usize)]);
        while let Some((block, place)) = open.pop() {
            let Some(span) = spans.get_mut(block) else { break };
            let (first, _) = *span.get_or_insert((next, next));
            if place == 0 {
                next += 1;
            }
            match below.get(block).and_then(|below| below.get(place)) {
                Some(down) => open.extend([(block, place + 1), (*down, 0)]),
                None => *span = Some((first, next)),
            }
        }
        Self { spans }
    }

    /// Whether every way to a block leads through `head`.
    #[must_use]
    pub fn is_under(&self, block: usize, head: usize) -> bool {
        let span = |block: usize| self.spans.get(block).copied().flatten();
        match (span(block), span(head)) {
            (Some((at, _)), Some((first, end))) => (first..end).contains(&at),
            _ => false,
        }
    }

    /// How many blocks are under `head`, itself among them.
    #[must_use]
    pub fn count(&self, head: usize) -> usize {
        self.spans.get(head).copied().flatten().map_or(0, |(first, end)| end - first)
    }
}

/// The closest block that is over both.
fn meet(over: &[Option<usize>], rank: &[usize], mut a: usize, mut b: usize) -> usize {
    let ranked = |block: usize| rank.get(block).copied().unwrap_or(usize::MAX);
    let up = |block: usize| over.get(block).copied().flatten().unwrap_or(0);
    while a != b {
        if ranked(a) > ranked(b) {
            a = up(a);
        } else {
            b = up(b);
        }
    }
    a
}

/// Blocks in an order in which each comes before those that it leads to, but for ways back.
pub(super) fn reverse_postorder(blocks: &Blocks) -> Vec<usize> {
    let mut seen = vec![false; blocks.all.len()];
    let mut order = Vec::with_capacity(blocks.all.len());
    let mut open: Vec<(usize, usize)> = Vec::new();
    if let Some(first) = seen.first_mut() {
        *first = true;
        open.push((0, 0));
    }
    while let Some((block, place)) = open.pop() {
        match blocks.all.get(block).and_then(|block| block.next.get(place)) {
            Some(next) => {
                open.push((block, place + 1));
                if let Some(seen) = seen.get_mut(*next)
                    && !*seen
                {
                    *seen = true;
                    open.push((*next, 0));
                }
            }
            None => order.push(block),
        }
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use super::{Under, dominators};
    use crate::function::{Block, Blocks};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn intervals_say_what_a_walk_up_says(ways in prop::collection::vec(prop::collection::vec(0_usize..12, 0..3), 1..12)) {
            let many = ways.len();
            let all = ways
                .into_iter()
                .map(|next| Block { next: next.into_iter().filter(|to| *to < many).collect(), ..Block::default() })
                .collect();
            let blocks = Blocks { all, ..Blocks::default() };
            let (over, under) = (dominators(&blocks), Under::of(&blocks));
            for head in 0..many {
                let mut count = 0;
                for block in 0..many {
                    let mut at = over[block].map(|_| block);
                    while let Some(here) = at.filter(|here| *here != head) {
                        at = over[here].filter(|up| *up != here);
                    }
                    let walked = at.is_some();
                    count += usize::from(walked);
                    prop_assert_eq!(under.is_under(block, head), walked);
                }
                prop_assert_eq!(under.count(head), count);
            }
        }
    }
}
