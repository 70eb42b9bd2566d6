//! "Did you mean": the known name that is nearest to one that nothing bears.
//!
//! The same letters and digits in another case or punctuation first, then the least edit distance (insertions,
//! deletions, changes and swaps of neighbours). Misses: once [`BUDGET`] searches by distance were made over a list of
//! names, only the first way is tried, so that a file full of wrong names costs linear time.

use std::collections::{BTreeMap, BTreeSet};

/// How many searches by edit distance are made over one list of names.
const BUDGET: u32 = 200;

/// The names that something bears.
#[derive(Default)]
pub(crate) struct Names {
    names: BTreeSet<String>,
    folded: BTreeMap<String, String>,
    searches: u32,
}

impl Names {
    pub fn insert(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
            self.folded.entry(fold(name)).or_insert_with(|| name.to_owned());
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// A hint that names the nearest known name, if there is one near enough.
    pub fn hint(&mut self, wrong: &str) -> Option<String> {
        self.near(wrong).map(|name| format!("did you mean {}?", crate::diagnostic::quote(name)))
    }

    fn near(&mut self, wrong: &str) -> Option<&str> {
        let folded = fold(wrong);
        if !folded.is_empty() && self.folded.contains_key(&folded) {
            return self.folded.get(&folded).map(String::as_str);
        }
        if self.searches >= BUDGET {
            return None;
        }
        self.searches += 1;
        let length = wrong.chars().count();
        let most = (length / 4).clamp(1, 3);
        self.names
            .iter()
            .filter(|name| name.len().abs_diff(wrong.len()) <= 4 * most)
            .map(|name| (distance(wrong, name), name))
            .filter(|&(distance, _)| distance <= most && distance < length)
            .min()
            .map(|(_, name)| name.as_str())
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The edit distance between two names: insertions, deletions, changes, swaps of neighbours; of long names only the
/// first 64 characters.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut last_b = None;
        for (j, &y) in b.iter().enumerate() {
            let mut best = at(&above, j) + usize::from(x != y);
            best = best.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && last_a == Some(y) && last_b == Some(x) {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            last_b = Some(y);
        }
        last_a = Some(x);
        before = std::mem::replace(&mut above, row);
    }
    at(&above, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "abc", 3), ("device", "devcie", 1), ("core-1", "core-1", 0), ("a", "b", 1)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let mut names = Names::default();
        ["core-1", "core-2", "edge-1"].iter().for_each(|name| names.insert(name));
        assert_eq!(names.hint("Core 1").unwrap(), "did you mean \"core-1\"?");
        assert_eq!(names.hint("coer-2").unwrap(), "did you mean \"core-2\"?");
        assert_eq!(names.hint("something else"), None);
        assert_eq!(names.hint("x"), None);
    }
}
