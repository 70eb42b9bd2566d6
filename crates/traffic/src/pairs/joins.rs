//! Names for connections whose own record tells none: by the connection's identifier, and by what the client was answered before.

use super::names::{Names, lock};
use std::collections::HashMap;
use std::sync::Mutex;

type Host = (u32, bool);

/// Names by identifier, and answers of the domain name system, that are kept.
pub const JOINS: usize = 1 << 23;

/// What is known of names beside the connections' own records.
#[derive(Debug, Default)]
pub(super) struct Joins {
    /// The identifier's hash: when the name was asked for, and its number.
    ids: Mutex<HashMap<u64, (i64, u32), hashbrown::DefaultHashBuilder>>,
    /// Who was told which address when by which name.
    answers: Mutex<Vec<Answer>>,
    beyond: Mutex<u64>,
}

/// A client, an address that it was told, when, and for which name.
pub(super) type Answer = (Host, Host, i64, u32);

impl Joins {
    /// Takes what one piece of an input told.
    pub(super) fn take(&self, ids: Vec<(u64, i64, u32)>, answers: Vec<Answer>, names: &Names) {
        if !ids.is_empty() {
            let mut all = lock(&self.ids);
            for (id, time, name) in ids {
                if all.len() >= JOINS && !all.contains_key(&id) {
                    *lock(&self.beyond) += 1;
                    continue;
                }
                // One connection may be asked for several names: the first one counts, whatever is read first.
                let known = all.entry(id).or_insert((time, name));
                let is_first = time < known.0
                    || (time == known.0 && name != known.1 && names.text(name) < names.text(known.1));
                if is_first {
                    *known = (time, name);
                }
            }
        }
        if !answers.is_empty() {
            let mut all = lock(&self.answers);
            all.extend(answers);
            if all.len() > JOINS {
                settle(&mut all, names);
                let more = all.len().saturating_sub(JOINS);
                all.truncate(JOINS);
                *lock(&self.beyond) += more as u64;
            }
        }
    }

    /// For looking up, once all was read.
    pub(super) fn ready(&self, names: &Names) -> Ready {
        let mut answers = lock(&self.answers).clone();
        settle(&mut answers, names);
        Ready { ids: lock(&self.ids).clone(), answers }
    }

    /// How many were not kept because there were too many.
    pub(super) fn beyond(&self) -> u64 {
        *lock(&self.beyond)
    }
}

/// In order, and of several answers of one name in a row the first alone.
fn settle(answers: &mut Vec<Answer>, names: &Names) {
    answers.sort_unstable();
    // Numbers of names are in the order of reading: where one moment has several answers, their texts decide.
    for same in answers.chunk_by_mut(|one, other| (one.0, one.1, one.2) == (other.0, other.1, other.2)) {
        if same.len() > 1 {
            same.sort_by_cached_key(|answer| names.text(answer.3));
        }
    }
    answers.dedup_by(|later, earlier| (later.0, later.1, later.3) == (earlier.0, earlier.1, earlier.3));
}

/// Names to look up.
#[derive(Debug, Default)]
pub(super) struct Ready {
    ids: HashMap<u64, (i64, u32), hashbrown::DefaultHashBuilder>,
    answers: Vec<Answer>,
}

impl Ready {
    /// The name of a connection; 0 for none.
    pub(super) fn name(&self, id: u64, client: Host, server: Host, start: i64) -> u32 {
        if id != 0
            && let Some((_, name)) = self.ids.get(&id)
        {
            return *name;
        }
        if self.answers.is_empty() {
            return 0;
        }
        let before = self
            .answers
            .partition_point(|(who, what, when, _)| (*who, *what, *when) <= (client, server, start));
        match before.checked_sub(1).and_then(|at| self.answers.get(at)) {
            Some((who, what, _, name)) if (*who, *what) == (client, server) => *name,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_first_then_what_was_answered_before() {
        let names = Names::default();
        let [a, b, c] = ["a.example", "b.example", "c.example"].map(|name| names.name(name));
        let (client, server) = ((1, false), (2, false));
        let joins = Joins::default();
        joins.take(
            vec![(7, 20, b), (7, 10, a)],
            vec![(client, server, 100, c), (client, server, 200, b)],
            &names,
        );
        joins.take(vec![(7, 10, c)], vec![(client, server, 150, c)], &names);
        let ready = joins.ready(&names);
        assert_eq!(ready.name(7, client, server, 0), a);
        assert_eq!(ready.name(0, client, server, 99), 0);
        assert_eq!(ready.name(8, client, server, 100), c);
        assert_eq!(ready.name(0, client, server, 199), c);
        assert_eq!(ready.name(0, client, server, 1000), b);
        assert_eq!(ready.name(0, server, client, 1000), 0);
    }
}
