//! Values of JSON and YAML with the place of each.

use std::borrow::Cow;

/// A value and where it starts in the text.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub at: usize,
    pub value: Value<'a>,
}

/// A value.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Null,
    /// A text, a number or a flag, as it is written.
    Scalar(Cow<'a, [u8]>),
    List(Vec<Node<'a>>),
    Map(Vec<Member<'a>>),
}

/// A key of a map with its value.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub key: Cow<'a, [u8]>,
    pub at: usize,
    pub node: Node<'a>,
}

/// The keys by which a nested object says what it is called, the best first: NetBox's and Nautobot's objects, and their
/// choices (`{"value": "active", "label": "Active"}`).
const NAMES: &[&str] = &["value", "name", "model", "cid", "display", "label", "slug"];

impl<'a> Node<'a> {
    /// The value of a key, when this is a map that has it; a null is none.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        let Value::Map(members) = &self.value else { return None };
        let node = &members.iter().find(|member| member.key.as_ref() == key.as_bytes())?.node;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    /// The value at a path of keys with points between them; a `0` is the first of a list.
    pub fn path(&self, path: &str) -> Option<&Node<'a>> {
        path.split('.').try_fold(self, |node, key| match &node.value {
            Value::List(list) if key == "0" => list.first(),
            _ => node.get(key),
        })
    }

    /// The value as it is written, when it is no list and no map.
    pub fn scalar(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Scalar(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The value as text, when it is a scalar.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.scalar().map(String::from_utf8_lossy)
    }

    /// The value at a path as text, trimmed; `None` when it is empty.
    pub fn text_at(&self, path: &str) -> Option<String> {
        let text = self.path(path)?.name()?.text()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The value itself when it is a scalar, or what a nested object is called.
    pub fn name(&self) -> Option<&Node<'a>> {
        match &self.value {
            Value::Scalar(_) => Some(self),
            Value::Map(_) => {
                NAMES.iter().find_map(|key| self.get(key).filter(|node| node.scalar().is_some()))
            }
            _ => None,
        }
    }

    /// The members of a list; of anything else none.
    pub fn list(&self) -> &[Node<'a>] {
        match &self.value {
            Value::List(list) => list,
            _ => &[],
        }
    }

    /// The members of a map; of anything else none.
    pub fn members(&self) -> &[Member<'a>] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// What sort of value it is, in words.
    pub fn sort(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
