//! Text as equipment stores it: lines of bytes with their place, and paths of trees that may have been moved.

use crate::probe::{File, Findings, Tree, TreeEntry};
use banbury_evidence::ObjectKind;

/// Bytes of a text that a claim repeats.
const SHOWN: usize = 400;

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// Where it starts in the file.
    pub offset: u64,
    /// Its bytes, without the line's end.
    pub bytes: &'a [u8],
}

/// The lines of `content`.
pub fn lines(content: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut offset = 0u64;
    let pieces = content.split_inclusive(|&byte| byte == b'\n');
    pieces.zip(1u32..).map(move |(piece, number)| {
        let start = offset;
        offset += piece.len() as u64;
        let bytes = piece.strip_suffix(b"\n").unwrap_or(piece);
        Line { number, offset: start, bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes) }
    })
}

/// `bytes` as text that can be read back: what is not UTF-8, and control characters, as `\xNN`; cut after 400 bytes.
pub fn show(bytes: &[u8]) -> String {
    let mut text = String::new();
    let cut = bytes.get(..SHOWN).unwrap_or(bytes);
    for chunk in cut.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                c if c.is_control() && c != '\t' => {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer)
                        .bytes()
                        .for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
                }
                c => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    if bytes.len() > SHOWN {
        text.push('…');
    }
    text
}

/// A file's name for a title; a stream or the exhibit has none, and goes by the way to it.
pub fn name_of(file: &File<'_>) -> String {
    match (file.name(), file.location.path()) {
        ("", path) if path.is_empty() => "the exhibit".to_owned(),
        ("", path) => path,
        (name, _) => name.to_owned(),
    }
}

/// The words of a line, separated by blanks.
pub fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty())
}

/// The folder above `suffix` in `path` (with its closing `/`, empty at the root), when `path` ends in `suffix`.
///
/// A root file system often stands in a folder of the tree, so a well-known path is looked for at its end.
pub fn root_of<'p>(path: &'p str, suffix: &str) -> Option<&'p str> {
    let root = path.strip_suffix(suffix)?;
    (root.is_empty() || root.ends_with('/')).then_some(root)
}

/// The regular files of a tree whose paths `wanted` accepts, with their content; one whose content was not kept is
/// reported as skipped.
pub fn kept<'t>(
    tree: &'t Tree,
    findings: &mut Findings,
    wanted: impl Fn(&str) -> bool,
) -> Vec<(&'t str, &'t TreeEntry, &'t [u8])> {
    let mut found = Vec::new();
    for (path, entry) in &tree.entries {
        if entry.kind != ObjectKind::File || !wanted(path) {
            continue;
        }
        match entry.content.as_deref() {
            Some(content) => {
                findings.looked_at(content.len());
                found.push((path.as_str(), entry, content));
            }
            None => {
                findings.skip(entry.location.to_string(), "its content was not kept: too large or unreadable")
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roots_end_at_a_folder() {
        assert_eq!(root_of("etc/passwd", "etc/passwd"), Some(""));
        assert_eq!(root_of("rootfs/etc/passwd", "etc/passwd"), Some("rootfs/"));
        assert_eq!(root_of("fetc/passwd", "etc/passwd"), None);
    }

    #[test]
    fn text_is_escaped_and_cut() {
        assert_eq!(show(b"a\\b\xff\x01\xc3\xa9"), "a\\\\b\\xff\\x01é");
        assert_eq!(show(&[b'a'; 1 << 20]).len(), 400 + '…'.len_utf8());
    }

    proptest! {
        #[test]
        fn lines_stand_where_they_say(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            for line in lines(&content) {
                prop_assert!(content[line.offset as usize..].starts_with(line.bytes));
                prop_assert!(line.offset == 0 || content[line.offset as usize - 1] == b'\n');
            }
        }
    }
}
