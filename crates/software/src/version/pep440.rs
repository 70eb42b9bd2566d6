//! Python's order, by PEP 440: `[N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local]`, with the spellings that it normalises.
//!
//! Not ordered: what PEP 440 does not accept. Source: PEP 440, now the PyPA's "Version specifiers".

use super::{Number, split_digits, split_dotted, without_trailing_zeros};
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
        if let Some((word, number, behind)) = marked(rest, BEFORE) {
            before = match word {
                "alpha" | "a" => Some(Before::Alpha(number)),
                "beta" | "b" => Some(Before::Beta(number)),
                _ => Some(Before::Candidate(number)),
            };
            rest = behind;
        }
        let mut post = None;
        if let Some((number, behind)) = implicit_post(rest) {
            (post, rest) = (Some(number), behind);
        } else if let Some((_, number, behind)) = marked(rest, POST) {
            (post, rest) = (Some(number), behind);
        }
        let mut dev = Dev::None;
        if let Some((_, number, behind)) = marked(rest, &["dev"]) {
            (dev, rest) = (Dev::Number(number), behind);
        }
        let alone = post.is_none() && dev != Dev::None;
        let before = before.unwrap_or(if alone { Before::DevAlone } else { Before::None });
        let release = without_trailing_zeros(release);
        rest.is_empty().then_some(Self { epoch, release, before, post, dev, local })
    }
}

/// The words before and behind a release; one that begins with another stands before it.
const BEFORE: &[&str] = &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"];
const POST: &[&str] = &["post", "rev", "r"];

/// One of the words with an optional separator before it and an optional number behind it: `.post1`, `rc-2`, `a`. The next
/// may follow directly: `1.0adev`.
fn marked<'t>(text: &'t str, words: &[&'static str]) -> Option<(&'static str, Number<'t>, &'t str)> {
    let text = text.strip_prefix(['.', '-', '_']).unwrap_or(text);
    let (word, rest) = words.iter().find_map(|word| Some((*word, text.strip_prefix(word)?)))?;
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
