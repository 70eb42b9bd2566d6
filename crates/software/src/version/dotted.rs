//! Dotted numbers with letters and words: `9.11.4-P2`, `4.2.8p15`, `2.36.1`, `1.0-rc3`, `6b`. What most C projects use.
//!
//! Compared piece by piece: a number is larger than a letter or a word for what comes behind a release (`p`, `pl`,
//! `patch`, `sp`, `post`, ...), that is larger than the end, and the end is larger than a word for what comes before a
//! release (`dev`, `alpha`, `beta`, `pre`, `rc`). Zeros at the end do not count: 1.0 is 1.0.0. A leading `v` does not
//! count, nor what stands behind `+`. Not ordered: any other word (hashes, names of vendors and builds), and `a` or `b`
//! with a number behind it, which is a letter of some projects and an alpha or beta of others.

use super::{Number, split_digits, split_letters};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    if is_plain(a) && is_plain(b) {
        return Some(compare_plain(a, b));
    }
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    Some(parse(&a)?.cmp(&parse(&b)?))
}

/// Numbers with dots between, as nearly all versions are: compared without taking them apart first.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    digit(bytes.first())
        && digit(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && !text.contains("..")
}

pub(super) fn compare_plain(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (ours, theirs) = (a.next(), b.next());
        if ours.is_none() && theirs.is_none() {
            return Ordering::Equal;
        }
        let order = number_or_zero(ours).cmp(&number_or_zero(theirs));
        if order.is_ne() {
            return order;
        }
    }
}

/// What is not there is zero: zeros at the end do not count.
fn number_or_zero(text: Option<&str>) -> Number<'_> {
    text.and_then(Number::new).unwrap_or(Number::ZERO)
}

/// A piece of a version, in the order in which pieces of different kinds sort.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Before(u8),
    End,
    Behind,
    Letter(&'a str),
    Number(Number<'a>),
}

fn parse(text: &str) -> Option<Vec<Piece<'_>>> {
    let text = text.split_once('+').map_or(text, |(text, _)| text);
    let mut rest = text.strip_prefix('v').unwrap_or(text);
    if !rest.starts_with(|character: char| character.is_ascii_digit()) {
        return None;
    }
    let mut pieces: Vec<Piece> = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix(['.', '-', '_', '~']).unwrap_or(rest);
        let (digits, behind) = split_digits(rest);
        if let Some(number) = Number::new(digits) {
            pieces.push(Piece::Number(number));
            rest = behind;
            continue;
        }
        let (word, behind) = split_letters(rest);
        let numbered = behind.starts_with(|character: char| character.is_ascii_digit());
        strip_zeros(&mut pieces);
        pieces.push(match word {
            "dev" | "devel" | "snapshot" => Piece::Before(0),
            "alpha" => Piece::Before(1),
            "beta" => Piece::Before(2),
            "pre" | "preview" => Piece::Before(3),
            "rc" | "cr" => Piece::Before(4),
            "p" | "pl" | "patch" | "sp" | "post" | "rev" | "r" | "u" | "update" | "fix" if numbered => {
                Piece::Behind
            }
            "a" | "b" if numbered => return None,
            letter if letter.len() == 1 => Piece::Letter(letter),
            _ => return None,
        });
        rest = behind;
    }
    strip_zeros(&mut pieces);
    pieces.push(Piece::End);
    Some(pieces)
}

fn strip_zeros(pieces: &mut Vec<Piece<'_>>) {
    while matches!(pieces.last(), Some(Piece::Number(number)) if number.is_zero()) {
        pieces.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_versions_stand_as_they_do_piece_by_piece(
            a in "[0-3]{1,2}([.][0-2]{1,2}){0,3}",
            b in "[0-3]{1,2}([.][0-2]{1,2}){0,3}",
        ) {
            prop_assert!(is_plain(&a) && is_plain(&b));
            prop_assert_eq!(compare_plain(&a, &b), parse(&a).unwrap().cmp(&parse(&b).unwrap()));
        }
    }

    #[test]
    fn what_is_not_plain_is_taken_apart() {
        for text in ["", ".1", "1.", "1..2", "v1", "1.0a", "1-2", "1 2"] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
