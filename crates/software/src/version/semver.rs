//! Semantic Versioning 2.0.0: `major.minor.patch[-pre.release][+build]`.
//!
//! Accepted beyond the specification: a leading `v`, and a missing minor or patch number, which counts as 0 (Go writes
//! both). What stands behind `+` does not count. Not ordered: anything else. Source: semver.org, clause 11.

use super::{Number, split_dotted};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    Some(a.numbers.cmp(&b.numbers).then_with(|| match (a.before.is_empty(), b.before.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a.before.cmp(&b.before),
    }))
}

struct Version<'a> {
    numbers: Vec<Number<'a>>,
    before: Vec<Identifier<'a>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(Number<'a>),
    Word(&'a str),
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
            return None;
        }
        let (mut numbers, rest) = split_dotted(text)?;
        if numbers.len() > 3 {
            return None;
        }
        numbers.resize(3, Number::ZERO);
        let before = match rest.strip_prefix('-') {
            None if rest.is_empty() => Vec::new(),
            None => return None,
            Some(words) => words
                .split('.')
                .map(|word| {
                    is_identifier(word)
                        .then(|| Number::new(word).map_or(Identifier::Word(word), Identifier::Number))
                })
                .collect::<Option<_>>()?,
        };
        Some(Self { numbers, before })
    }
}

fn is_identifier(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
