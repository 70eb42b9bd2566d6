//! OpenSSL's order: `1.0.2`, `1.0.2a` … `1.0.2z`, `1.0.2za`; from 3.0.0 on plain numbers.
//!
//! `-dev`, `-alphaN`, `-betaN` and `-preN` sort before the release, in this order. `-fips` names a build and does not
//! count. Not ordered: anything else, a distribution's revision above all (that is an order of packages).
//! Source: OpenSSL's release strategy (openssl-library.org/policies) and NEWS.

use super::{Number, split_digits, split_dotted, split_letters, without_trailing_zeros};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    Some(Version::parse(&a)?.cmp(&Version::parse(&b)?))
}

/// The fields stand in the order in which they are compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version<'a> {
    numbers: Vec<Number<'a>>,
    letters: &'a str,
    stage: Stage<'a>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Dev,
    Alpha(Number<'a>),
    Beta(Number<'a>),
    Pre(Number<'a>),
    Release,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (numbers, rest) = split_dotted(text)?;
        let (letters, rest) = split_letters(rest);
        // One letter, or z and one more.
        if !(letters.len() <= 1 || (letters.len() == 2 && letters.starts_with('z'))) {
            return None;
        }
        let mut stage = Stage::Release;
        for mark in rest.split('-').skip(1) {
            let (word, digits) = split_letters(mark);
            let (digits, behind) = split_digits(digits);
            let number = Number::new(digits);
            stage = match (word, number) {
                _ if !behind.is_empty() || (stage != Stage::Release && word != "fips") => return None,
                ("fips", None) => stage,
                ("dev", None) => Stage::Dev,
                ("alpha", Some(number)) => Stage::Alpha(number),
                ("beta", Some(number)) => Stage::Beta(number),
                ("pre", Some(number)) => Stage::Pre(number),
                _ => return None,
            };
        }
        let numbers = without_trailing_zeros(numbers);
        (rest.is_empty() || rest.starts_with('-')).then_some(Self { numbers, letters, stage })
    }
}
