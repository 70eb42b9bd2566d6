//! FIT, U-Boot's flattened image tree: kernels, RAM disks and device trees with hashes and signatures.
//!
//! Finds: each image, inside the tree or behind it; the tree as source text; configurations, signatures and what is
//! encrypted by name. How: a flattened device tree with nodes below `/images`; hashes by CRC-32 and SHA-2 are checked.
//! Wrong when: as [`DeviceTreeBlob`](super::DeviceTreeBlob). Misses: signatures are named, not verified; SHA-1 and MD5
//! are named, not checked; encrypted images are handed out as they stand.
//! Source: U-Boot, doc/uImage.FIT/source_file_format.txt (Flattened Image Tree specification), signature.txt.

use super::text;
use super::tree::DeviceTree;
use crate::bytes::{head, slice, zero_padding};
use crate::time::iso8601;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, broken};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt::Write;

/// A flattened image tree.
pub struct Fit;

static DESCRIPTION: Description = Description {
    name: "fit",
    title: "U-Boot flattened image tree (FIT)",
    magics: &[Magic { offset: 0, bytes: &[0xd0, 0x0d, 0xfe, 0xed] }],
    yields: "each image as it is stored, the tree as source text, and other values of more than 4096 bytes",
    limits: &[
        "signatures are named, not verified",
        "hashes by CRC-32 and SHA-2 are checked; by SHA-1, MD5 and others named alone",
        "encrypted images are named and handed out as they stand",
        "the tree of versions 16 and 17",
    ],
    source: "U-Boot, doc/uImage.FIT: Flattened Image Tree specification",
};

/// How often each byte may be hashed; trees whose images share their data would be hashed for ever.
const HASHED_MAX: usize = 8;

/// Whether a tree holds images.
pub(super) fn is_fit(tree: &DeviceTree) -> bool {
    tree.child(0, "images").is_some_and(|images| tree.children(images).next().is_some())
}

impl Format for Fit {
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
            return broken::header(data, place, &DESCRIPTION, || super::broken_header(data));
        };
        if !is_fit(&tree) {
            return None;
        }
        let images = tree.child(0, "images")?;
        let blob = head(data, tree.header.total);
        super::source(&tree, blob, sink);
        let mut images_read = Images {
            tree: &tree,
            data,
            size: blob.len(),
            may_hash: data.len().saturating_mul(HASHED_MAX),
            facts: Vec::new(),
            problems: Vec::new(),
        };
        for image in tree.children(images) {
            if limits.stopped() {
                let detail = "time is up";
                images_read.problems.push(Problem::new(ProblemKind::LimitReached, 0, detail));
                break;
            }
            images_read.image(image, sink);
        }
        let Images { size, facts, problems, .. } = images_read;
        let size = size + zero_padding(data, size, 4);
        others(&tree, images, sink);
        let mut attributes = super::header_attributes(&tree);
        attributes.extend(tree.text(0, "description").map(|text| ("description", text)));
        let created = tree.number(0, "timestamp").and_then(|seconds| i64::try_from(seconds).ok());
        attributes.extend(created.map(|seconds| ("created", iso8601(seconds))));
        attributes.push(("images", facts.join("; ")));
        attributes.extend(configurations(&tree));
        let signatures = signatures(&tree);
        if !signatures.is_empty() {
            attributes.push(("signatures", signatures.join("; ")));
        }
        let problems = tree.problems.into_iter().chain(problems).collect();
        Some(Reading { size, attributes, problems })
    }
}

struct Images<'t, 'a> {
    tree: &'t DeviceTree<'a>,
    data: &'a [u8],
    /// Where the object ends: behind the tree, or behind the last image that stands behind it.
    size: usize,
    may_hash: usize,
    facts: Vec<String>,
    problems: Vec<Problem>,
}

impl<'a> Images<'_, 'a> {
    fn image(&mut self, node: usize, sink: &mut dyn FnMut(Entry<'a>)) {
        let tree = self.tree;
        let name = String::from_utf8_lossy(tree.name(node)).into_owned();
        self.facts.push(facts(tree, node, &name));
        let Some((bytes, at)) = self.content(node, &name) else { return };
        if let Some(cipher) = tree.child(node, "cipher") {
            let algorithm = tree.text(cipher, "algo").unwrap_or_else(|| "an algorithm not named".to_owned());
            let key =
                tree.text(cipher, "key-name-hint").map(|key| format!(", key {key}")).unwrap_or_default();
            let detail = format!("image {name} is encrypted with {algorithm}{key}");
            self.problems.push(Problem::new(ProblemKind::Unsupported, at as u64, detail));
        }
        for hash in tree.children(node).filter(|child| tree.name(*child).starts_with(b"hash")) {
            self.check(hash, &name, bytes, at);
        }
        if !bytes.is_empty() {
            let mut path = tree.path(node);
            path.extend_from_slice(b"/data");
            sink(Entry::slice(path, bytes, at));
        }
    }

    /// An image's bytes and where they stand.
    fn content(&mut self, node: usize, name: &str) -> Option<(&'a [u8], usize)> {
        let tree = self.tree;
        if let Some(property) = tree.property_of(node, "data") {
            return Some((property.value, property.at));
        }
        let Some(length) = tree.number(node, "data-size") else {
            // An image may be named alone, its data loaded from elsewhere.
            return None;
        };
        let behind = tree.header.total.next_multiple_of(4) as u64;
        let start = match (tree.number(node, "data-position"), tree.number(node, "data-offset")) {
            (Some(position), _) => position,
            (None, Some(offset)) => behind.saturating_add(offset),
            (None, None) => {
                let detail = format!("image {name} has {length} bytes, and no place");
                self.problems.push(Problem::new(ProblemKind::Malformed, 0, detail));
                return None;
            }
        };
        let at = crate::bytes::position(start);
        let wanted = crate::bytes::position(length);
        let bytes = slice(self.data, at, wanted).or_else(|| self.data.get(at..)).unwrap_or_default();
        if bytes.len() < wanted {
            let detail =
                format!("image {name}: {length} bytes at {start} are stated, {} are there", bytes.len());
            self.problems.push(Problem::new(ProblemKind::Truncated, self.data.len() as u64, detail));
        }
        self.size = self.size.max(at.saturating_add(wanted)).min(self.data.len());
        Some((bytes, at.min(self.data.len())))
    }

    /// Compares a hash with the image's bytes.
    fn check(&mut self, node: usize, name: &str, bytes: &[u8], at: usize) {
        let tree = self.tree;
        let (Some(algorithm), Some(value)) = (tree.text(node, "algo"), tree.property_of(node, "value"))
        else {
            return;
        };
        let Some(left) = self.may_hash.checked_sub(bytes.len()) else {
            let detail = format!("image {name}: {algorithm} is not checked, too much was hashed already");
            self.problems.push(Problem::new(ProblemKind::LimitReached, at as u64, detail));
            return;
        };
        self.may_hash = left;
        let made = match algorithm.as_str() {
            "crc32" => {
                let mut crc = flate2::Crc::new();
                crc.update(bytes);
                crc.sum().to_be_bytes().to_vec()
            }
            "sha256" => Sha256::digest(bytes).to_vec(),
            "sha384" => Sha384::digest(bytes).to_vec(),
            "sha512" => Sha512::digest(bytes).to_vec(),
            _ => return,
        };
        if made != value.value {
            let detail =
                format!("image {name}: {algorithm} {} is stated, it has {}", hex(value.value), hex(&made));
            self.problems.push(Problem::new(ProblemKind::Checksum, value.at as u64, detail));
        }
    }
}

/// What the tree says of an image.
fn facts(tree: &DeviceTree, node: usize, name: &str) -> String {
    let mut facts = Vec::new();
    for property in ["description", "type", "arch", "os", "compression"] {
        facts.extend(tree.text(node, property).map(|value| format!("{property}={value}")));
    }
    for property in ["load", "entry"] {
        facts.extend(tree.number(node, property).map(|value| format!("{property}={value:#x}")));
    }
    for child in tree.children(node) {
        if tree.name(child).starts_with(b"hash") {
            facts.extend(tree.text(child, "algo").map(|algorithm| format!("hash={algorithm}")));
        } else if tree.name(child) == b"cipher" {
            facts.extend(tree.text(child, "algo").map(|algorithm| format!("cipher={algorithm}")));
        }
    }
    format!("{name}: {}", facts.join(", "))
}

/// Large values that are no image's data, such as keys and certificates.
fn others<'a>(tree: &DeviceTree<'a>, images: usize, sink: &mut dyn FnMut(Entry<'a>)) {
    for (index, node) in tree.nodes.iter().enumerate() {
        for property in tree.of(index).iter().filter(|property| property.value.len() > text::LARGE) {
            if !(node.parent == images && property.name == b"data") {
                sink(Entry::slice(text::entry_path(tree, index, property), property.value, property.at));
            }
        }
    }
}

fn configurations(tree: &DeviceTree) -> Vec<(&'static str, String)> {
    let Some(node) = tree.child(0, "configurations") else { return Vec::new() };
    let one = |child: usize| {
        let mut facts = Vec::new();
        for property in [
            "description",
            "compatible",
            "kernel",
            "ramdisk",
            "fdt",
            "setup",
            "firmware",
            "loadables",
            "fpga",
            "script",
        ] {
            facts.extend(tree.texts(child, property).map(|value| format!("{property}={value}")));
        }
        format!("{}: {}", String::from_utf8_lossy(tree.name(child)), facts.join(", "))
    };
    let mut attributes = Vec::new();
    attributes.extend(tree.text(node, "default").map(|name| ("default-configuration", name)));
    let all: Vec<String> = tree.children(node).map(one).collect();
    if !all.is_empty() {
        attributes.push(("configurations", all.join("; ")));
    }
    attributes
}

/// The signatures of images and configurations: where, by what, with whose key, and whether a value is there.
fn signatures(tree: &DeviceTree) -> Vec<String> {
    let is_signature = |node: &usize| tree.name(*node).starts_with(b"signature");
    let one = |node: usize| {
        let mut text = String::from_utf8_lossy(&tree.path(node)).into_owned();
        for (label, property) in [(": ", "algo"), (", key ", "key-name-hint"), (", signs ", "sign-images")] {
            if let Some(value) = tree.texts(node, property) {
                text.push_str(label);
                text.push_str(&value);
            }
        }
        if tree.value(node, "value").is_none_or(<[u8]>::is_empty) {
            text.push_str(", without a value");
        }
        text
    };
    (0..tree.nodes.len()).filter(is_signature).map(one).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
