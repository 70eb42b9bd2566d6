//! "Did you mean": the known name that is nearest to one that nothing bears.
//!
//! The same letters and digits in another case or punctuation first, then the least edit distance (insertions,
//! deletions, changes and swaps of neighbours). Misses: once [`BUDGET`] distances were measured over a list of names,
//! only the first way is tried, so that a file full of wrong names costs linear time.

use std::collections::{BTreeSet, HashMap};

/// How many edit distances are measured over one list of names.
const BUDGET: usize = 500_000;

/// The names that something bears.
#[derive(Default)]
pub(crate) struct Names {
    names: BTreeSet<String>,
    folded: HashMap<String, String>,
    measured: usize,
    /// The names as they are searched by distance, made by the first search.
    searchable: Vec<Searchable>,
}

/// A name with what tells at a glance that it is too far.
struct Searchable {
    name: String,
    letters: Vec<char>,
    set: u64,
}

impl Searchable {
    fn new(name: &str) -> Self {
        let letters = letters(name);
        let set = letters.iter().fold(0, |set, &letter| set | 1 << (u32::from(letter) % 64));
        Self { name: name.to_owned(), letters, set }
    }
}

impl Names {
    pub fn insert(&mut self, name: &str) {
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
            self.folded.entry(fold(name)).or_insert_with(|| name.to_owned());
            self.searchable.clear();
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a name is there that is the same but for case and blanks around it, as regimes compare them.
    pub fn has_alike(&self, name: &str) -> bool {
        let known = self.folded.get(&fold(name));
        known.is_some_and(|known| known.trim().eq_ignore_ascii_case(name.trim()))
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
        if self.measured >= BUDGET {
            return None;
        }
        if self.searchable.is_empty() {
            self.searchable = self.names.iter().map(|name| Searchable::new(name)).collect();
        }
        let wrong = Searchable::new(wrong);
        let mut most = (wrong.letters.len() / 4).clamp(1, 3).min(wrong.letters.len().saturating_sub(1));
        let mut best = None;
        for known in &self.searchable {
            // Each edit changes the length by one at most, and the set of letters by two.
            let too_far = known.letters.len().abs_diff(wrong.letters.len()) > most
                || (known.set ^ wrong.set).count_ones() as usize > 2 * most;
            if too_far || self.measured >= BUDGET {
                continue;
            }
            self.measured += 1;
            let Some(distance) = within(&wrong.letters, &known.letters, most) else { continue };
            // The first of the nearest in the order of names: any other has to be nearer.
            best = Some(known.name.as_str());
            match distance.checked_sub(1) {
                Some(nearer) => most = nearer,
                None => break,
            }
        }
        best
    }
}

fn fold(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Of long names only the first 64 characters are compared.
fn letters(name: &str) -> Vec<char> {
    name.chars().take(64).collect()
}

/// The edit distance between two names: insertions, deletions, changes, swaps of neighbours.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    within(&letters(a), &letters(b), usize::MAX).unwrap_or(usize::MAX)
}

/// The edit distance, if it is not above `most`.
fn within(a: &[char], b: &[char], most: usize) -> Option<usize> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(start..)?, b.get(start..)?);
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = Vec::new();
    let mut last_a = None;
    for (i, &x) in a.iter().enumerate() {
        row.clear();
        row.push(i + 1);
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
        // A swap reaches back two rows, and never below the least of both.
        let least = row.iter().chain(&above).min();
        if least.is_some_and(|&least| least > most) {
            return None;
        }
        last_a = Some(x);
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    Some(at(&above, b.len())).filter(|&distance| distance <= most)
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
    fn a_bound_changes_no_distance_below_it() {
        let names = ["core-1", "coer-1", "core", "croe-11", "ab", "ba", "", "edge-1", "deeg-1"];
        for a in names {
            for b in names {
                let far = distance(a, b);
                assert_eq!(far, distance(b, a), "{a} {b}");
                for most in 0..8 {
                    let expected = (far <= most).then_some(far);
                    assert_eq!(within(&letters(a), &letters(b), most), expected, "{a} {b} {most}");
                }
            }
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
