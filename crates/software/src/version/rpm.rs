//! RPM's order: `[epoch:]version[-release]`.
//!
//! Version and release are cut into numbers and words; what separates them does not count. `~` sorts before the end,
//! `^` directly behind it, a word behind that, a number last. A missing epoch is 0. Not ordered: two equal versions of
//! which only one states its release, since a fix is often in the release alone. Source: rpm's manual, "Version
//! Comparison", and rpm-version(7).

use super::{Number, split_digits, split_letters, split_where};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    let order = a.epoch.cmp(&b.epoch).then_with(|| part(a.version, b.version));
    match (a.release, b.release) {
        _ if order.is_ne() => Some(order),
        (Some(a), Some(b)) => Some(part(a, b)),
        (None, None) => Some(order),
        _ => None,
    }
}

struct Version<'a> {
    epoch: Number<'a>,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (Number::new(epoch)?, rest),
            None => (Number::ZERO, text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (rest, None),
        };
        let stated = |text: &str| text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        (plain && stated(version) && release.is_none_or(stated)).then_some(Self { epoch, version, release })
    }
}

/// A piece of a version, in the order in which pieces of different kinds sort.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Tilde,
    End,
    Caret,
    Word(&'a str),
    Number(Number<'a>),
}

fn part(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (x, a_rest) = piece(a);
        let (y, b_rest) = piece(b);
        let order = x.cmp(&y);
        if order.is_ne() || x == Piece::End {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

fn piece(text: &str) -> (Piece<'_>, &str) {
    let (_, text) =
        split_where(text, |character| character.is_ascii_alphanumeric() || matches!(character, '~' | '^'));
    if let Some(rest) = text.strip_prefix('~') {
        return (Piece::Tilde, rest);
    }
    if let Some(rest) = text.strip_prefix('^') {
        return (Piece::Caret, rest);
    }
    let (digits, rest) = split_digits(text);
    if let Some(number) = Number::new(digits) {
        return (Piece::Number(number), rest);
    }
    let (word, rest) = split_letters(text);
    if word.is_empty() { (Piece::End, "") } else { (Piece::Word(word), rest) }
}
