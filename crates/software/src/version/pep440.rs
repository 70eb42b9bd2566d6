//! Python's order, by PEP 440: `[N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local]`, with the spellings that it normalises.
//!
//! Not ordered: what PEP 440 does not accept. Source: PEP 440, now the PyPA's "Version specifiers".

use super::{Number, split_digits, split_dotted, split_letters, without_trailing_zeros};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    Some(Version::parse(&a)?.cmp(&Version::parse(&b)?))
}

/// The fields stand in the order in which they are compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version<'a> {
    epoch: Number<'a>,
    release: Vec<Number<'a>>,
    before: Before<'a>,
    post: Option<Number<'a>>,
    dev: Dev<'a>,
    local: Vec<Local<'a>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Before<'a> {
    /// A development release of nothing but the release itself sorts before its alphas.
    DevAlone,
    Alpha(Number<'a>),
    Beta(Number<'a>),
    Candidate(Number<'a>),
    None,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Dev<'a> {
    Number(Number<'a>),
    None,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Local<'a> {
    Word(&'a str),
    Number(Number<'a>),
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, local) = match text.split_once('+') {
            Some((text, local)) => (text, locals(local)?),
            None => (text, Vec::new()),
        };
        let (epoch, text) = match text.split_once('!') {
            Some((epoch, text)) => (Number::new(epoch)?, text),
            None => (Number::ZERO, text),
        };
        let (release, mut rest) = split_dotted(text)?;
        let mut before = None;
        if let Some((word, number, behind)) = marked(rest) {
            before = match word {
                "a" | "alpha" => Some(Before::Alpha(number)),
                "b" | "beta" => Some(Before::Beta(number)),
                "c" | "rc" | "pre" | "preview" => Some(Before::Candidate(number)),
                _ => None,
            };
            if before.is_some() {
                rest = behind;
            }
        }
        let mut post = None;
        if let Some((number, behind)) = implicit_post(rest) {
            (post, rest) = (Some(number), behind);
        } else if let Some(("post" | "rev" | "r", number, behind)) = marked(rest) {
            (post, rest) = (Some(number), behind);
        }
        let mut dev = Dev::None;
        if let Some(("dev", number, behind)) = marked(rest) {
            (dev, rest) = (Dev::Number(number), behind);
        }
        let alone = post.is_none() && dev != Dev::None;
        let before = before.unwrap_or(if alone { Before::DevAlone } else { Before::None });
        let release = without_trailing_zeros(release);
        rest.is_empty().then_some(Self { epoch, release, before, post, dev, local })
    }
}

/// A word with an optional separator before it and an optional number behind it: `.post1`, `rc-2`, `a`.
fn marked(text: &str) -> Option<(&str, Number<'_>, &str)> {
    let (word, rest) = split_letters(text.strip_prefix(['.', '-', '_']).unwrap_or(text));
    if word.is_empty() {
        return None;
    }
    let (digits, behind) = split_digits(rest.strip_prefix(['.', '-', '_']).unwrap_or(rest));
    match Number::new(digits) {
        Some(number) => Some((word, number, behind)),
        None => Some((word, Number::ZERO, rest)),
    }
}

/// `-N` alone is `.postN`.
fn implicit_post(text: &str) -> Option<(Number<'_>, &str)> {
    let (digits, behind) = split_digits(text.strip_prefix('-')?);
    Some((Number::new(digits)?, behind))
}

fn locals(text: &str) -> Option<Vec<Local<'_>>> {
    text.split(['.', '-', '_'])
        .map(|part| {
            let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            plain.then(|| Number::new(part).map_or(Local::Word(part), Local::Number))
        })
        .collect()
}
