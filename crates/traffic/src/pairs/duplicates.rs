//! Records that are there twice: the same identifier, or the same source port at the same moment.

use super::row::{QUERY, Row};
use hashbrown::DefaultHashBuilder;
use std::collections::HashSet;
use std::hash::BuildHasher as _;

/// Takes away what is there twice, pair by pair.
pub(super) struct Duplicates {
    /// Identifiers of the pair, each where its product with `odd` has it, or behind that.
    seen: Vec<u64>,
    /// Another one in each process, so that hostile identifiers find no place that all have.
    odd: u64,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { seen: Vec::new(), odd: DefaultHashBuilder::default().hash_one(1) | 1 }
    }
}

impl Duplicates {
    /// Puts a pair's rows in the order of time, takes away those that are there twice, and says how many these were.
    pub(super) fn take_away(&mut self, rows: &mut Vec<Row>) -> u64 {
        let all = rows.len();
        // Nothing is at the same moment as another: the usual case, in which there is nothing to do here.
        if !rows.is_sorted_by(|one, next| one.start < next.start) {
            in_order(rows);
            // Queries have no source port here: what they asked for tells them apart.
            rows.dedup_by(|later, earlier| {
                place(later) == place(earlier) && (!later.has(QUERY) || later.id == earlier.id)
            });
        }
        if self.any(rows) {
            let mut seen = HashSet::new();
            rows.retain(|row| identifier(row).is_none_or(|id| seen.insert(id)));
        }
        (all - rows.len()) as u64
    }

    /// Whether an identifier is there twice.
    fn any(&mut self, rows: &[Row]) -> bool {
        // Half of the places stay empty.
        let size = (rows.len() * 2).next_power_of_two().max(2);
        let shift = 64 - size.trailing_zeros();
        self.seen.clear();
        self.seen.resize(size, 0);
        for id in rows.iter().filter_map(identifier) {
            let mut at = (id.wrapping_mul(self.odd) >> shift) as usize;
            while let Some(place) = self.seen.get_mut(at & (size - 1)) {
                if *place == id {
                    return true;
                }
                if *place == 0 {
                    *place = id;
                    break;
                }
                at += 1;
            }
        }
        false
    }
}

fn identifier(row: &Row) -> Option<u64> {
    (row.id != 0 && !row.has(QUERY)).then_some(row.id)
}

/// By time, then by what tells records of one moment apart, the fuller of two first. Only those of one moment are held against each other
/// whole.
fn in_order(rows: &mut [Row]) {
    if !rows.is_sorted_by_key(|row| row.start) {
        rows.sort_unstable_by_key(|row| row.start);
    }
    let fuller = |row: &Row| {
        (std::cmp::Reverse(row.duration), std::cmp::Reverse(row.sent.saturating_add(row.received)))
    };
    for same in rows.chunk_by_mut(|one, other| one.start == other.start).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(|row| (place(row), row.id & is_query(row), fuller(row), row.place));
    }
}

fn place(row: &Row) -> (i64, (u32, bool), u16) {
    (row.start, row.destination(), row.source_port)
}

fn is_query(row: &Row) -> u64 {
    if row.has(QUERY) { u64::MAX } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fuller_record_of_two_stays() {
        let row =
            |start, port, id, duration| Row { start, source_port: port, id, duration, ..Row::default() };
        let mut rows =
            vec![row(2, 1, 0, 5), row(1, 1, 7, 1), row(1, 1, 8, 9), row(1, 2, 9, 1), row(3, 4, 9, 1)];
        assert_eq!(Duplicates::default().take_away(&mut rows), 2);
        let left: Vec<(i64, u16, i64)> =
            rows.iter().map(|row| (row.start, row.source_port, row.duration)).collect();
        assert_eq!(left, [(1, 1, 9), (1, 2, 1), (2, 1, 5)]);
    }

    #[test]
    fn queries_of_one_moment_are_told_apart_by_what_they_asked() {
        let row = |id| Row { id, flags: QUERY, ..Row::default() };
        let mut rows = vec![row(1), row(2), row(1)];
        assert_eq!((Duplicates::default().take_away(&mut rows), rows.len()), (1, 2));
    }

    proptest! {
        #[test]
        fn what_is_there_twice_is_found(ids in proptest::collection::vec(0_u64..400, 0..60)) {
            let row = |(at, id): (usize, &u64)| Row { start: at as i64, id: *id, ..Row::default() };
            let mut rows: Vec<Row> = ids.iter().enumerate().map(row).collect();
            let known = ids.iter().filter(|id| **id != 0).collect::<HashSet<_>>().len();
            let left = known + ids.iter().filter(|id| **id == 0).count();
            prop_assert_eq!(Duplicates::default().take_away(&mut rows) as usize, ids.len() - left);
            prop_assert_eq!(rows.len(), left);
        }
    }
}
