//! Flattened device trees: what a kernel is told of its board, and U-Boot's images that use the same blob.
//!
//! Finds: the whole tree as source text that a compiler of device trees reads back, large values as entries of their
//! own; model, compatible devices, kernel command line and fixed flash partitions as attributes.
//! How: the header's offsets, the reserve map, the tokens of the structure and the names in the strings, versions 16 and
//! 17. A tree with images below `/images` is a [`Fit`](fit::Fit). Wrong when: carved from unknown bytes, the magic, a
//! header whose offsets lie inside and the root's token are asked for.
//! Misses: the trees of versions before 16; what the words of a property mean.
//! Source: Devicetree Specification v0.4, chapter 5.

pub mod fit;
mod text;
mod tree;

use crate::broken;
use crate::bytes::head;
use crate::{
    Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, Unpacked,
};
use tree::DeviceTree;

/// A device tree that describes a board.
pub struct DeviceTreeBlob;

static DESCRIPTION: Description = Description {
    name: "dtb",
    title: "flattened device tree",
    magics: &[Magic { offset: 0, bytes: &[0xd0, 0x0d, 0xfe, 0xed] }],
    yields: "the tree as source text, and each value of more than 4096 bytes",
    limits: &[
        "the tree of versions 16 and 17; of older ones only the header",
        "values are shown as texts, cells or bytes by their look, as the blob does not say what they are",
        "names of more than 256 bytes are cut, nodes nested deeper than 64 levels are left out",
    ],
    source: "Devicetree Specification v0.4, chapter 5",
};

/// The entry that holds the tree as text.
const SOURCE: &[u8] = b"tree.dts";

impl Format for DeviceTreeBlob {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(tree) = DeviceTree::parse(data, limits) else {
            return broken::header(data, place, &DESCRIPTION, || broken_header(data));
        };
        if fit::is_fit(&tree) {
            return None;
        }
        let blob = head(data, tree.header.total);
        source(&tree, blob, sink);
        let mut left = limits.entries;
        for (index, _) in tree.nodes.iter().enumerate() {
            for property in tree.of(index).iter().filter(|property| property.value.len() > text::LARGE) {
                if left == 0 {
                    break;
                }
                left -= 1;
                sink(Entry::slice(text::entry_path(&tree, index, property), property.value, property.at));
            }
        }
        let mut attributes = header_attributes(&tree);
        for (attribute, name) in [("model", "model"), ("serial-number", "serial-number")] {
            attributes.extend(tree.text(0, name).map(|value| (attribute, value)));
        }
        attributes.extend(tree.texts(0, "compatible").map(|value| ("compatible", value)));
        if let Some(chosen) = tree.child(0, "chosen") {
            attributes.extend(tree.text(chosen, "bootargs").map(|value| ("bootargs", value)));
        }
        let partitions = partitions(&tree);
        if !partitions.is_empty() {
            attributes.push(("partitions", partitions.join("; ")));
        }
        Some(Reading { size: blob.len(), attributes, problems: tree.problems })
    }
}

fn broken_header(data: &[u8]) -> Problem {
    if data.len() < 28 {
        return broken::cut_off(data);
    }
    Problem::new(ProblemKind::Malformed, 4, "the header's sizes and offsets make no device tree")
}

fn header_attributes(tree: &DeviceTree) -> Vec<(&'static str, String)> {
    vec![
        ("version", tree.header.version.to_string()),
        ("boot-cpu", tree.header.boot_cpu.to_string()),
        ("nodes", tree.nodes.len().to_string()),
    ]
}

/// Hands out the tree as text, made on demand.
fn source<'a>(tree: &DeviceTree, blob: &'a [u8], sink: &mut dyn FnMut(Entry<'a>)) {
    if tree.nodes.is_empty() {
        return;
    }
    let mut size = text::Counter::default();
    // A counter takes everything.
    let _ = text::write(tree, &mut size);
    let make = Box::new(move |limits: &Limits| {
        let limit = crate::bytes::position(limits.object_bytes);
        let mut out = text::Bounded { text: String::new(), limit };
        let mut problems = Vec::new();
        let written = DeviceTree::parse(blob, limits).map(|tree| text::write(&tree, &mut out));
        if written != Some(Ok(())) {
            let detail = format!("the tree as text has more than {limit} bytes");
            problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
        }
        Unpacked { bytes: out.text.into_bytes(), problems }
    });
    sink(Entry::stream(SOURCE, Content::Deferred { size: size.0, make }, None));
}

/// The fixed partitions of each flash chip, `label@offset+size`.
fn partitions(tree: &DeviceTree) -> Vec<String> {
    let mut maps = Vec::new();
    for (index, node) in tree.nodes.iter().enumerate() {
        if !tree.texts(index, "compatible").is_some_and(|text| text.contains("fixed-partitions")) {
            continue;
        }
        let cells =
            |name| tree.number(index, name).filter(|cells| (1..=2).contains(cells)).unwrap_or(1) as usize;
        let (address, size) = (cells("#address-cells") * 4, cells("#size-cells") * 4);
        let one = |child: usize| {
            let reg = tree.value(child, "reg")?;
            let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            let (start, length) = (reg.get(..address)?, reg.get(address..address + size)?);
            let name = tree.text(child, "label").unwrap_or_else(|| {
                let name = tree.name(child).split(|byte| *byte == b'@').next().unwrap_or_default();
                String::from_utf8_lossy(name).into_owned()
            });
            let read_only = if tree.value(child, "read-only").is_some() { " ro" } else { "" };
            Some(format!("{name}@{:#x}+{:#x}{read_only}", number(start), number(length)))
        };
        let parts: Vec<String> = tree.children(index).filter_map(one).collect();
        if !parts.is_empty() {
            let device = String::from_utf8_lossy(tree.name(node.parent)).into_owned();
            maps.push(format!("{device}: {}", parts.join(", ")));
        }
    }
    maps
}

#[cfg(test)]
mod tests;
