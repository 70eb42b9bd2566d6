//! JSON as a tree, bounded in depth (128) and in values ([`VALUES`]).
//!
//! A member that stands twice in an object is a problem, and the first counts: two readers that choose differently
//! would read two documents. Source: RFC 8259.

use super::{Problem, cut};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// Values of one document, at most: what they take in memory is bounded by this.
pub(super) const VALUES: usize = 4_000_000;

/// Members that stand twice and are told.
const TWICE: usize = 1000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    /// null, true, false.
    Word(Option<bool>),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// A document as a tree, with its problems, or what keeps it from being one.
pub(super) fn parse(bytes: &[u8]) -> Result<(Json, Vec<Problem>), Problem> {
    let state = RefCell::new(State { values: 0, problems: Vec::new() });
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let tree = Seed(&state).deserialize(&mut source).and_then(|tree| source.end().map(|()| tree));
    match tree {
        Ok(tree) => Ok((tree, state.into_inner().problems)),
        Err(error) => Err(Problem {
            place: format!("line {} column {}", error.line(), error.column()),
            offset: Some(offset(bytes, error.line(), error.column())),
            what: format!("not whole as JSON, nothing of it is used: {error}"),
        }),
    }
}

impl Json {
    /// An object's member.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A member of a member of ...
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// A member's text, trimmed and cut; `None` when it is empty or no text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Self::as_text)
    }

    /// This text, trimmed and cut; `None` when it is empty or no text.
    pub fn as_text(&self) -> Option<String> {
        let Self::Text(text) = self else { return None };
        Some(cut(text)).filter(|text| !text.is_empty())
    }

    /// A member's elements; none when it is no list.
    pub fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// The texts of a member's elements.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = String> + '_ {
        self.list(name).iter().filter_map(Self::as_text)
    }

    /// Whether a member is there and is no list.
    pub fn is_no_list(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, Self::List(_)))
    }
}

struct State {
    values: usize,
    problems: Vec<Problem>,
}

#[derive(Clone, Copy)]
struct Seed<'s>(&'s RefCell<State>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Json, D::Error> {
        {
            let mut state = self.0.borrow_mut();
            state.values += 1;
            if state.values > VALUES {
                return Err(D::Error::custom(format!("more than {VALUES} values")));
            }
        }
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Word(None))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Word(Some(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(name) = source.next_key::<String>()? {
            members.push((name, source.next_value_seed(self)?));
        }
        let mut seen = BTreeSet::new();
        for (name, _) in &members {
            if !seen.insert(name.as_str()) && self.0.borrow().problems.len() < TWICE {
                self.0.borrow_mut().problems.push(Problem {
                    place: String::new(),
                    offset: None,
                    what: format!("the member {:?} stands twice in an object; the first counts", cut(name)),
                });
            }
        }
        Ok(Json::Object(members))
    }
}

/// The byte at a line and column, both from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> u64 {
    let before: usize =
        bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_and_its_members() {
        let (tree, problems) = parse(b"{\"a\": {\"b\": [\"x\", 1, null, \" \"]}, \"n\": -1.5}").unwrap();
        assert_eq!(problems, []);
        assert_eq!(tree.at(&["a"]).unwrap().texts("b").collect::<Vec<_>>(), ["x"]);
        assert_eq!(tree.get("n"), Some(&Json::Number(-1.5)));
        assert!(tree.is_no_list("a") && !tree.is_no_list("z"));
    }

    #[test]
    fn what_stands_twice_is_said() {
        let (tree, problems) = parse(b"{\"a\": \"1\", \"a\": \"2\"}").unwrap();
        assert_eq!((tree.text("a").as_deref(), problems.len()), (Some("1"), 1));
    }

    #[test]
    fn what_breaks_off_has_its_place() {
        let problem = parse(b"{\"a\":\n [1,").unwrap_err();
        assert!(problem.what.contains("nothing of it is used"), "{}", problem.what);
        assert_eq!(problem.offset, Some(9));
        assert!(parse(b"{} {}").is_err(), "one document is one value");
        assert!(parse("[".repeat(10_000).as_bytes()).is_err(), "bounded in depth");
    }
}
