//! Debian's order: `[epoch:]upstream[-revision]`.
//!
//! Letters sort before other characters, `~` before everything, even before the end; numbers by their value. A missing
//! epoch is 0 and a missing revision equals `0`. opkg's comparison is the same. Not ordered: an empty text, a character
//! that Debian does not allow, an epoch that is no number, nothing behind `:` or the last `-`.
//! Source: Debian Policy 5.6.12, deb-version(7).

use super::{Number, split_digits, split_where};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    Some(
        a.epoch
            .cmp(&b.epoch)
            .then_with(|| part(a.upstream, b.upstream))
            .then_with(|| part(a.revision, b.revision)),
    )
}

struct Version<'a> {
    epoch: Number<'a>,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (Number::new(epoch)?, rest),
            None => (Number::ZERO, text),
        };
        let (upstream, revision) = match rest.rsplit_once('-') {
            Some((_, "")) => return None,
            Some((upstream, revision)) => (upstream, revision),
            None => (rest, ""),
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".+~-:".contains(&byte);
        (!upstream.is_empty() && rest.bytes().all(allowed) && !revision.contains(':')).then_some(Self {
            epoch,
            upstream,
            revision,
        })
    }
}

/// Upstream versions or revisions: in turns what is no digit, character by character, and a number.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_word, a_rest) = split_where(a, |character| character.is_ascii_digit());
        let (b_word, b_rest) = split_where(b, |character| character.is_ascii_digit());
        let words = word(a_word, b_word);
        if words.is_ne() {
            return words;
        }
        let (a_digits, a_rest) = split_digits(a_rest);
        let (b_digits, b_rest) = split_digits(b_rest);
        let number = |digits| Number::new(digits).unwrap_or(Number::ZERO);
        let numbers = number(a_digits).cmp(&number(b_digits));
        if numbers.is_ne() {
            return numbers;
        }
        (a, b) = (a_rest, b_rest);
    }
    Ordering::Equal
}

fn word(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.bytes(), b.bytes());
    loop {
        let (x, y) = (a.next(), b.next());
        let order = rank(x).cmp(&rank(y));
        if order.is_ne() || (x.is_none() && y.is_none()) {
            return order;
        }
    }
}

fn rank(byte: Option<u8>) -> u16 {
    match byte {
        Some(b'~') => 0,
        None => 1,
        Some(letter) if letter.is_ascii_alphabetic() => 2 + u16::from(letter),
        Some(other) => 0x100 + u16::from(other),
    }
}
