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
    let before = blocks.before();
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
