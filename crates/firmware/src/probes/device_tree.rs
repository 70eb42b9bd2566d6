//! The board that a device tree describes.
//!
//! Finds: the model and the compatible strings of a board, and those of the devices on it.
//! How: the source text into which the reader `dtb` turns a blob, or which an image holds: `model` and `compatible` of
//! the root, `compatible` of all other nodes.
//! When it is wrong: an image may hold trees of several boards, one of which is its own; overlays name no board.
//! What it misses: trees that the boot loader makes up at run time, and boards described in code.
//! Source: Devicetree Specification v0.4, sections 2.3.1 and 2.3.2.

use super::text::{lines, show};
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::BTreeSet;

/// Boards by device trees.
pub struct Boards;

static BOARD: CodeInfo = CodeInfo {
    code: "board",
    title: "A board that a device tree describes",
    grade: Grade::Info,
    meaning: "The image holds a device tree of this board with these devices: it tells what hardware the image is for, \
              and which chips' drivers matter.",
    remedy: "Compare with the hardware at hand; an image for several boards holds a tree of each.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "device-tree",
    version: "1",
    finds: "boards by the model and compatible strings of device trees, and the devices on them",
    how: "the source text of each tree, as the reader dtb makes it or as the image holds it",
    wrong: "an image for several boards holds a tree of each, one of which is its own",
    misses: &[
        "boards that are described in code, and trees made up at run time",
        "devices beyond 1,000 of one tree, which are counted",
    ],
    codes: &[BOARD],
    source: "Devicetree Specification v0.4, sections 2.3.1 and 2.3.2",
};

/// How the source of a tree starts.
const START: &[u8] = b"/dts-v1/;";
/// Compatible strings of one tree that are listed.
const LISTED: usize = 1000;

impl Probe for Boards {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if !file.content.starts_with(START) {
            return;
        }
        findings.looked_at(file.content.len());
        let board = Board::read(file.content);
        let Some(first) = board.model.as_ref().or(board.compatible.first()) else { return };
        let mut claim = Claim::observation(&BOARD, file.subject(), format!("Board {first}"));
        if let Some(model) = board.model {
            claim = claim.fact("model", model);
        }
        if !board.compatible.is_empty() {
            claim = claim.fact("compatible", board.compatible);
        }
        if !board.devices.is_empty() {
            claim = super::kernel::listed(claim, "devices", board.devices, LISTED);
        }
        findings.claim(claim.at(file.location.line(board.line, board.offset)));
    }
}

/// What a tree says of its board.
#[derive(Debug, Default, PartialEq, Eq)]
struct Board {
    model: Option<String>,
    /// From the most to the least specific, as the tree has them.
    compatible: Vec<String>,
    devices: BTreeSet<String>,
    /// Where the first of them stands.
    line: u32,
    offset: u64,
}

impl Board {
    fn read(source: &[u8]) -> Self {
        let (mut board, mut depth) = (Self::default(), 0usize);
        for line in lines(source) {
            let text = line.bytes.trim_ascii();
            if text.ends_with(b"{") {
                depth += 1;
            } else if text.starts_with(b"}") {
                depth = depth.saturating_sub(1);
            } else if let Some(model) = texts(text, b"model").into_iter().next()
                && depth == 1
            {
                board.place(line.number, line.offset);
                board.model.get_or_insert(model);
            } else if depth == 1 && board.compatible.is_empty() {
                board.compatible = texts(text, b"compatible");
                board.compatible.truncate(LISTED);
                if !board.compatible.is_empty() {
                    board.place(line.number, line.offset);
                }
            } else if depth > 1 {
                board.devices.extend(texts(text, b"compatible"));
            }
        }
        board
    }

    fn place(&mut self, line: u32, offset: u64) {
        if self.line == 0 {
            (self.line, self.offset) = (line, offset);
        }
    }
}

/// The texts that a line gives to the property `name`.
fn texts(line: &[u8], name: &[u8]) -> Vec<String> {
    let rest = line.strip_prefix(name).map(<[u8]>::trim_ascii_start).and_then(|rest| rest.strip_prefix(b"="));
    let Some(mut rest) = rest else { return Vec::new() };
    let mut found = Vec::new();
    while let Some(open) = rest.iter().position(|&byte| byte == b'"') {
        let inner = rest.get(open + 1..).unwrap_or_default();
        let mut end = 0;
        while let Some(&byte) = inner.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        if let Some(text) = inner.get(..end).filter(|text| !text.is_empty()) {
            found.push(show(text));
        }
        rest = inner.get(end + 1..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_root_is_the_board() {
        let source = b"/dts-v1/;\n\n/ {\n\tcompatible = \"acme,one\", \"soc,x\";\n\tmodel = \"Acme \\\"One\\\"\";\n\n\tcpus {\n\t\tcompatible = \"core\";\n\t\tmodel = \"not the board\";\n\t};\n};\n";
        let board = Board::read(source);
        assert_eq!(board.model.as_deref(), Some("Acme \\\\\"One\\\\\""));
        assert_eq!(board.compatible, ["acme,one", "soc,x"]);
        assert_eq!(board.devices.into_iter().collect::<Vec<_>>(), ["core"]);
        assert_eq!((board.line, board.offset), (4, 15));
        assert!(claims_of_file(&Boards, "x.dts", b"model = \"x\";").is_empty(), "no tree");
        assert!(claims_of_file(&Boards, "x.dtso", b"/dts-v1/;\n/ {\n};\n").is_empty(), "no board");
    }

    proptest! {
        #[test]
        fn random_sources(text in "[a-z{};=\"\\\\, \n]{0,200}") {
            let source = format!("/dts-v1/;\n/ {{\n{text}");
            for claim in claims_of_file(&Boards, "", source.as_bytes()) {
                prop_assert!(claim.locations[0].offset.unwrap() < source.len() as u64);
            }
        }
    }
}
