//! Alpine's order: `digit{.digit}{letter}{_suffix{number}}{~hash}{-r#}`.
//!
//! `_alpha`, `_beta`, `_pre` and `_rc` sort before the release, `_cvs`, `_svn`, `_git`, `_hg` and `_p` behind it. A number
//! behind a dot that is written with a leading zero is compared as text, as in Gentoo. Not ordered: what does not have
//! this form. Source: apk-package(5) of apk-tools 3, and Gentoo's PMS 3.3, from which it comes.

use super::{Number, split_digits, split_where};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    Some(parse(a)?.cmp(&parse(b)?))
}

/// A piece of a version, in the order in which pieces of different kinds sort.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Before(usize),
    End,
    Revision(Number<'a>),
    Hash(&'a str),
    SuffixNumber(Number<'a>),
    Behind(usize),
    Letter(char),
    /// Behind a dot, with a leading zero: as text. Less than any number without one.
    Fraction(&'a str),
    Number(Number<'a>),
}

const BEFORE: &[&str] = &["alpha", "beta", "pre", "rc"];
const BEHIND: &[&str] = &["cvs", "svn", "git", "hg", "p"];

fn parse(text: &str) -> Option<Vec<Piece<'_>>> {
    let (first, mut rest) = split_digits(text);
    let mut pieces = vec![Piece::Number(Number::new(first)?)];
    while let Some(after) = rest.strip_prefix('.') {
        let (digits, behind) = split_digits(after);
        let number = Number::new(digits)?;
        pieces.push(if digits.starts_with('0') { Piece::Fraction(digits) } else { Piece::Number(number) });
        rest = behind;
    }
    if let Some(letter) = rest.chars().next().filter(char::is_ascii_lowercase) {
        pieces.push(Piece::Letter(letter));
        rest = rest.get(1..)?;
    }
    while let Some(after) = rest.strip_prefix('_') {
        let (word, behind) = split_where(after, |character| !character.is_ascii_lowercase());
        let place = |words: &[&str]| words.iter().position(|known| *known == word);
        pieces.push(match (place(BEFORE), place(BEHIND)) {
            (Some(place), _) => Piece::Before(place),
            (None, Some(place)) => Piece::Behind(place),
            (None, None) => return None,
        });
        let (digits, behind) = split_digits(behind);
        pieces.extend(Number::new(digits).map(Piece::SuffixNumber));
        rest = behind;
    }
    if let Some(after) = rest.strip_prefix('~') {
        let (hash, behind) = split_where(after, |character| !character.is_ascii_hexdigit());
        pieces.push(Piece::Hash(Some(hash).filter(|hash| !hash.is_empty())?));
        rest = behind;
    }
    if let Some(digits) = rest.strip_prefix("-r") {
        pieces.push(Piece::Revision(Number::new(digits)?));
        rest = "";
    }
    pieces.push(Piece::End);
    rest.is_empty().then_some(pieces)
}
