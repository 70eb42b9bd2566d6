//! The blob's header, its tokens, and the tree that they make.

use crate::bytes::{head, slice, tail, u32_be, until_nul};
use crate::{Limits, Problem, ProblemKind};

pub(super) const MAGIC: u32 = 0xd00d_feed;
/// Bytes of the oldest header; later versions added fields behind it.
const HEADER: usize = 28;
/// Nodes in nodes that are believed.
const DEPTH_MAX: usize = 64;
/// Bytes of a name that are believed; the specification allows 31.
const NAME_MAX: usize = 256;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// A flattened device tree.
pub(super) struct DeviceTree<'a> {
    pub(super) header: Header,
    /// Memory that the kernel must leave alone: start and length.
    pub(super) reserved: Vec<(u64, u64)>,
    /// The root first; a node's parent stands before it.
    pub(super) nodes: Vec<Node<'a>>,
    /// In the order of their nodes.
    pub(super) properties: Vec<Property<'a>>,
    pub(super) problems: Vec<Problem>,
}

pub(super) struct Header {
    /// Bytes of the whole blob.
    pub(super) total: usize,
    pub(super) version: u32,
    pub(super) compatible: u32,
    pub(super) boot_cpu: u32,
    structure: usize,
    strings: usize,
    reserved: usize,
}

pub(super) struct Node<'a> {
    pub(super) name: &'a [u8],
    pub(super) depth: usize,
    pub(super) parent: usize,
    /// Its own, a stretch of [`DeviceTree::properties`].
    pub(super) properties: std::ops::Range<usize>,
}

pub(super) struct Property<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Where the value stands in the blob.
    pub(super) at: usize,
}

impl Header {
    /// `None` where the fields contradict each other or the version is not known.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let word = |at| u32_be(data, at);
        let place = |at| word(at).map(|value| value as usize);
        if word(0)? != MAGIC {
            return None;
        }
        let header = Self {
            total: place(4)?,
            structure: place(8)?,
            strings: place(12)?,
            reserved: place(16)?,
            version: word(20)?,
            compatible: word(24)?,
            // Version 1 ends before it.
            boot_cpu: word(28).unwrap_or_default(),
        };
        let inside = |at: usize| (HEADER..=header.total).contains(&at);
        let sane = (1..=0xff).contains(&header.version)
            && header.compatible <= header.version
            && inside(header.structure)
            && inside(header.strings)
            && inside(header.reserved)
            && header.structure.is_multiple_of(4);
        sane.then_some(header)
    }
}

impl<'a> DeviceTree<'a> {
    /// Reads the blob that starts with `data`; `None` where the header or the root node is not one.
    pub(super) fn parse(data: &'a [u8], limits: &Limits) -> Option<Self> {
        let header = Header::parse(data)?;
        let blob = head(data, header.total);
        if blob.len() > header.structure && u32_be(blob, header.structure)? != BEGIN_NODE {
            return None;
        }
        let mut tree = Self {
            header,
            reserved: Vec::new(),
            nodes: Vec::new(),
            properties: Vec::new(),
            problems: Vec::new(),
        };
        if blob.len() < tree.header.total {
            let detail = format!("{} bytes are stated, {} are there", tree.header.total, blob.len());
            tree.problem(ProblemKind::Truncated, blob.len(), detail);
        }
        // Version 17 alone can be read by what knows 16; older ones name nodes and align values in another way.
        if tree.header.version < 16 || tree.header.compatible > 17 {
            let detail = format!(
                "version {}, readable as {}: the tree of versions 16 and 17 alone is read",
                tree.header.version, tree.header.compatible
            );
            tree.problem(ProblemKind::Unsupported, 20, detail);
            return Some(tree);
        }
        tree.reservations(blob);
        tree.structure(blob, limits);
        Some(tree)
    }

    fn problem(&mut self, kind: ProblemKind, at: usize, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, at as u64, detail));
    }

    /// The pairs of the reserve map, which ends with a pair of zeros, or where the next block starts.
    fn reservations(&mut self, blob: &[u8]) {
        let wide = |at| slice(blob, at, 8)?.try_into().ok().map(u64::from_be_bytes);
        let mut at = self.header.reserved;
        while let (Some(start), Some(length)) = (wide(at), wide(at + 8)) {
            if (start, length) == (0, 0) || at == self.header.structure || at == self.header.strings {
                return;
            }
            self.reserved.push((start, length));
            at += 16;
        }
        if blob.len() == self.header.total {
            self.problem(ProblemKind::Malformed, at, "the reserve map has no end");
        }
    }

    fn structure(&mut self, blob: &'a [u8], limits: &Limits) {
        let mut at = self.header.structure;
        let mut open: Vec<usize> = Vec::new();
        // Properties stand before a node's children; where they do not, they are told and left to the node before.
        loop {
            let Some(token) = u32_be(blob, at) else {
                if blob.len() == self.header.total {
                    self.problem(ProblemKind::Malformed, at.min(blob.len()), "the structure has no end");
                }
                return;
            };
            match token {
                BEGIN_NODE => {
                    let stored = until_nul(tail(blob, at + 4));
                    let name = head(stored, NAME_MAX);
                    let depth = open.len();
                    if name.len() < stored.len() {
                        let detail = format!("a node's name of {} bytes", stored.len());
                        self.problem(ProblemKind::Malformed, at + 4, detail);
                    }
                    let next = (at + 4 + stored.len() + 1).next_multiple_of(4);
                    if depth == 0 && !self.nodes.is_empty() {
                        self.problem(ProblemKind::Malformed, at, "a second root");
                        return;
                    }
                    if depth == DEPTH_MAX || self.nodes.len() as u64 >= limits.entries || limits.stopped() {
                        let detail = format!("stopped at node {} of depth {depth}", self.nodes.len());
                        self.problem(ProblemKind::LimitReached, at, detail);
                        return;
                    }
                    let properties = self.properties.len()..self.properties.len();
                    let parent = open.last().copied().unwrap_or_default();
                    open.push(self.nodes.len());
                    self.nodes.push(Node { name, depth, parent, properties });
                    at = next;
                }
                END_NODE => {
                    if open.pop().is_none() {
                        self.problem(ProblemKind::Malformed, at, "a node ends that did not begin");
                        return;
                    }
                    at += 4;
                }
                PROPERTY => {
                    let (Some(length), Some(name_at)) = (u32_be(blob, at + 4), u32_be(blob, at + 8)) else {
                        return;
                    };
                    let value = head(tail(blob, at + 12), length as usize);
                    if value.len() < length as usize && blob.len() == self.header.total {
                        let detail = format!("a property of {length} bytes, {} are there", value.len());
                        self.problem(ProblemKind::Malformed, at + 4, detail);
                    }
                    self.property(blob, &open, name_at as usize, value, at);
                    // At most the blob's length, which a position can hold.
                    at = (at + 12 + value.len()).next_multiple_of(4);
                }
                NOP => at += 4,
                END => {
                    if !open.is_empty() {
                        self.problem(ProblemKind::Malformed, at, format!("{} nodes do not end", open.len()));
                    }
                    return;
                }
                _ => {
                    self.problem(ProblemKind::Malformed, at, format!("token {token:#010x} is not defined"));
                    return;
                }
            }
        }
    }

    fn property(&mut self, blob: &'a [u8], open: &[usize], name_at: usize, value: &'a [u8], at: usize) {
        let name = until_nul(head(tail(blob, self.header.strings.saturating_add(name_at)), NAME_MAX));
        if name.is_empty() && blob.len() == self.header.total {
            self.problem(
                ProblemKind::Malformed,
                at + 8,
                format!("no name stands at {name_at} of the strings"),
            );
        }
        let last = self.nodes.len().wrapping_sub(1);
        if open.last() != Some(&last) {
            self.problem(ProblemKind::Malformed, at, "a property behind a node's children, or in none");
            return;
        }
        self.properties.push(Property { name, value, at: at + 12 });
        if let Some(node) = self.nodes.get_mut(last) {
            node.properties.end = self.properties.len();
        }
    }

    /// A node's properties.
    pub(super) fn of(&self, node: usize) -> &[Property<'a>] {
        let range = self.nodes.get(node).map(|node| node.properties.clone()).unwrap_or_default();
        self.properties.get(range).unwrap_or_default()
    }

    /// A node's property.
    pub(super) fn property_of(&self, node: usize, name: &str) -> Option<&Property<'a>> {
        self.of(node).iter().find(|property| property.name == name.as_bytes())
    }

    /// The value of a node's property.
    pub(super) fn value(&self, node: usize, name: &str) -> Option<&'a [u8]> {
        self.property_of(node, name).map(|property| property.value)
    }

    /// The same as text, up to its NUL.
    pub(super) fn text(&self, node: usize, name: &str) -> Option<String> {
        let value = until_nul(self.value(node, name)?);
        (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
    }

    /// The same as a list of texts, with ", " between them.
    pub(super) fn texts(&self, node: usize, name: &str) -> Option<String> {
        let value = self.value(node, name)?;
        let texts: Vec<_> = value
            .split(|byte| *byte == 0)
            .filter(|text| !text.is_empty())
            .map(String::from_utf8_lossy)
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// The same as a number of one cell or two.
    pub(super) fn number(&self, node: usize, name: &str) -> Option<u64> {
        let value = self.value(node, name)?;
        match value.len() {
            4 => u32_be(value, 0).map(u64::from),
            8 => value.try_into().ok().map(u64::from_be_bytes),
            _ => None,
        }
    }

    /// The nodes right below one.
    pub(super) fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let depth = self.nodes.get(node).map_or(0, |node| node.depth);
        let below =
            self.nodes.iter().enumerate().skip(node + 1).take_while(move |(_, below)| below.depth > depth);
        below.filter(move |(_, below)| below.parent == node).map(|(index, _)| index)
    }

    /// The child of a node with this name.
    pub(super) fn child(&self, node: usize, name: &str) -> Option<usize> {
        self.children(node).find(|child| self.name(*child) == name.as_bytes())
    }

    pub(super) fn name(&self, node: usize) -> &'a [u8] {
        self.nodes.get(node).map_or(b"", |node| node.name)
    }

    /// The names from the root's child down to a node, with `/` between them.
    pub(super) fn path(&self, node: usize) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = node;
        // A parent stands before its child, so this ends at the root.
        while at != 0 {
            names.push(self.name(at));
            at = self.nodes.get(at).map_or(0, |node| node.parent);
        }
        names.reverse();
        names.join(&b"/"[..])
    }
}
