//! YAML as values with their places.
//!
//! One document, read event by event: an alias is never followed, so no file can make itself larger than it is; it is
//! told and stands for nothing. Tags are passed over. Nesting and the number of values are bounded. Where the text breaks
//! off, the records that are whole are handed out. Wrong when: a file is cut at the end of a line, for it is still whole
//! YAML then. Misses: further documents, keys that are no texts. Source: YAML 1.2.2.

use crate::json::Members;
use crate::tree::{Node, Value};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::borrow::Cow;

/// How many lists and maps may stand inside each other.
const DEEPEST: usize = 64;

/// How many values a file may have.
pub(crate) const MOST_VALUES: usize = 4_000_000;

/// What a text holds.
pub(crate) struct Document<'a> {
    /// The document; `None` when there is none.
    pub node: Option<Node<'a>>,
    /// What stopped it from being read to its end, and where.
    pub fault: Option<(usize, String)>,
    /// Where aliases stand, and keys that stand twice.
    pub aliases: Vec<usize>,
    /// Where keys stand that were there before.
    pub twice: Vec<usize>,
}

/// Reads a text.
pub(crate) fn read(text: &str) -> Document<'static> {
    let offsets = Offsets::new(text);
    let mut found = Document { node: None, fault: None, aliases: Vec::new(), twice: Vec::new() };
    let mut open: Vec<Open> = Vec::new();
    let mut values = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                found.fault = Some((offsets.at(error.marker().index()), error.info().to_owned()));
                break;
            }
        };
        let at = offsets.at(span.start.index());
        let mut whole = match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                let value = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    text => Value::Scalar(Cow::Owned(text.as_bytes().to_vec())),
                };
                Node { at, value }
            }
            Event::Alias(_) => {
                found.aliases.push(at);
                Node { at, value: Value::Null }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let map = matches!(event, Event::MappingStart(..));
                open.push(Open { at, map, key: None, list: Vec::new(), members: Members::default() });
                if open.len() > DEEPEST {
                    found.fault =
                        Some((at, "lists and maps stand more than 64 levels inside each other".to_owned()));
                    break;
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(open) => open.close(),
                None => continue,
            },
            Event::DocumentEnd if found.node.is_some() => {
                // What stands behind the first document is told, not lost.
                if let Some(Ok((Event::DocumentStart(_), span))) = parser.next_event() {
                    let at = offsets.at(span.start.index());
                    found.fault = Some((at, "a second document begins, and one is read".to_owned()));
                }
                break;
            }
            _ => continue,
        };
        values += 1;
        if values > MOST_VALUES {
            found.fault = Some((at, format!("it has more than {MOST_VALUES} values")));
            break;
        }
        match open.last_mut() {
            Some(open) => open.take(&mut whole, &mut found.twice),
            None => found.node = Some(whole),
        }
    }
    if found.fault.is_some() && found.node.is_none() {
        found.node = fold(open);
    }
    found
}

/// A list or map whose end has not been met.
struct Open {
    at: usize,
    map: bool,
    key: Option<(Vec<u8>, usize)>,
    list: Vec<Node<'static>>,
    members: Members<'static>,
}

impl Open {
    /// Takes the next value in: a key, a key's value, or a list's member.
    fn take(&mut self, node: &mut Node<'static>, twice: &mut Vec<usize>) {
        let node = Node { at: node.at, value: std::mem::replace(&mut node.value, Value::Null) };
        if !self.map {
            self.list.push(node);
            return;
        }
        match self.key.take() {
            None => self.key = Some((node.scalar().unwrap_or_default().to_vec(), node.at)),
            Some((key, at)) => {
                if !self.members.take(Cow::Owned(key), at, node) {
                    twice.push(at);
                }
            }
        }
    }

    fn close(self) -> Node<'static> {
        let value = if self.map { Value::Map(self.members.list) } else { Value::List(self.list) };
        Node { at: self.at, value }
    }
}

/// The document as far as its records are whole: the outermost map and the list in it.
fn fold(mut open: Vec<Open>) -> Option<Node<'static>> {
    open.truncate(2);
    let mut twice = Vec::new();
    let mut inner: Option<Node<'static>> = None;
    while let Some(mut last) = open.pop() {
        if let Some(mut node) = inner.take().filter(|_| !last.map || last.key.is_some()) {
            last.take(&mut node, &mut twice);
        }
        inner = Some(last.close());
    }
    inner
}

/// Places in bytes of places in characters.
struct Offsets<'a> {
    text: &'a str,
    /// Where every so manieth character starts; empty when each is one byte.
    every: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        let every = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STEP).map(|(at, _)| at).collect()
        };
        Self { text, every }
    }

    fn at(&self, index: usize) -> usize {
        if self.every.is_empty() {
            return index.min(self.text.len());
        }
        let Some(&start) = self.every.get(index / STEP) else { return self.text.len() };
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.char_indices().nth(index % STEP).map_or(rest.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(node: &Node<'_>, path: &str) -> Option<String> {
        node.path(path).and_then(Node::text).map(Cow::into_owned)
    }

    #[test]
    fn values_keep_their_places() {
        let source = "é: 1\r\ndevices:\r\n  - name: \"a\\tb\"\r\n    site: ~\r\n  - {name: c, cost: 12}\r\n";
        let document = read(source);
        assert_eq!((document.fault, document.aliases.len()), (None, 0));
        let node = document.node.unwrap();
        let devices = node.get("devices").unwrap().list();
        assert_eq!(text(&devices[0], "name").unwrap(), "a\tb");
        assert!(devices[0].get("site").is_none());
        let cost = devices[1].get("cost").unwrap();
        assert_eq!(source.get(cost.at..cost.at + 2), Some("12"));
    }

    #[test]
    fn aliases_are_told_and_never_followed() {
        let mut bomb = String::from("a: &a [x, x]\n");
        for (name, before) in ('b'..='z').zip('a'..) {
            bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", "));
        }
        let document = read(&bomb);
        assert_eq!((document.aliases.len(), document.fault), (25 * 9, None));
    }

    #[test]
    fn what_is_whole_before_a_mistake_is_handed_out() {
        let document = read("devices:\n  - name: a\n  - name: b\n  - name: [c\n");
        assert!(document.fault.is_some());
        let names: Vec<_> = document
            .node
            .unwrap()
            .get("devices")
            .unwrap()
            .list()
            .iter()
            .filter_map(|node| text(node, "name"))
            .collect();
        assert_eq!(names, ["a", "b"]);
        let deep = format!("a: {}", "[".repeat(100_000));
        assert!(read(&deep).fault.is_some());
        let deep = format!("a: {}", "[".repeat(100));
        assert!(read(&deep).fault.is_some());
        assert!(read("a: 1\n---\nb: 2\n").fault.unwrap().1.contains("second document"));
        assert_eq!(read("a: 1\na: 2\n").twice, [5]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_text_ends_with_places_within_it(source in "[a-c:\\-\\[\\]{},&*!|>'\"#~ \né]{0,60}") {
            let document = read(&source);
            for at in document.fault.iter().map(|(at, _)| *at).chain(document.aliases).chain(document.twice) {
                prop_assert!(source.is_char_boundary(at), "{at}");
            }
        }
    }
}
