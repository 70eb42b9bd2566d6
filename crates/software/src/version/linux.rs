//! The Linux kernel's order: `5.10.101`, `5.10-rc3`, and 2.6's four numbers.
//!
//! A missing number is 0. `-preN` and `-rcN` sort before the release, also behind the `~` and `_` of distributions. What a vendor appends (`-150-generic`, `+`,
//! `-g1a2b3c`) says nothing on where upstream stands, and does not count: two builds of one upstream release are equal
//! here. Not ordered: what does not begin with two dotted numbers, and letters directly behind a number.
//! Source: the kernel's Documentation/process/2.Process.rst and its Makefile's KERNELVERSION.

use super::dotted;
use super::{Number, split_digits, split_dotted, without_trailing_zeros};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let plain = |text: &str| text.contains('.') && dotted::is_plain(text);
    if plain(a) && plain(b) {
        return Some(dotted::compare_plain(a, b));
    }
    Some(Version::parse(a)?.cmp(&Version::parse(b)?))
}

/// The fields stand in the order in which they are compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version<'a> {
    numbers: Vec<Number<'a>>,
    stage: Stage<'a>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Pre(Number<'a>),
    Candidate(Number<'a>),
    Release,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (numbers, rest) = split_dotted(text)?;
        if numbers.len() < 2 || !(rest.is_empty() || rest.starts_with(['-', '+', '_', '~', ' '])) {
            return None;
        }
        // Distributions write it behind other marks: 6.1~rc3, 6.1_rc3.
        let behind = rest.strip_prefix(['-', '~', '_']).unwrap_or(rest);
        let stage = marked(behind, "rc")
            .map(Stage::Candidate)
            .or_else(|| marked(behind, "pre").map(Stage::Pre))
            .unwrap_or(Stage::Release);
        Some(Self { numbers: without_trailing_zeros(numbers), stage })
    }
}

fn marked<'a>(rest: &'a str, mark: &str) -> Option<Number<'a>> {
    Number::new(split_digits(rest.strip_prefix(mark)?).0)
}
