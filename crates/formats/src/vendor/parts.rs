//! The parts of a container that holds its contents as they are, and what lies between them.

use crate::bytes::{head, position, tail, until_nul};
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind, Reading};
use md5::{Digest, Md5};
use std::borrow::Cow;

/// Collects the parts of one object, each where it stands, and hands them out in order of their place.
///
/// What belongs to the object and is neither header nor part nor padding is handed out as well: nobody looks for
/// formats in a container's bytes outside its entries.
pub(crate) struct Parts<'a> {
    /// The object, as far as it is there.
    data: &'a [u8],
    /// Its length as stated.
    size: u64,
    /// Ranges that the reader has read as headers and the like.
    headers: Vec<(usize, usize)>,
    parts: Vec<Part<'a>>,
    problems: Vec<Problem>,
}

struct Part<'a> {
    path: Cow<'a, [u8]>,
    at: usize,
    content: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The object is the first `size` bytes of `data`; fewer are a problem.
    pub(crate) fn new(data: &'a [u8], size: u64) -> Self {
        let mut problems = Vec::new();
        if size > data.len() as u64 {
            let detail = format!("the object has {size} bytes, {} are there", data.len());
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let data = head(data, position(size));
        Self { data, size, headers: Vec::new(), parts: Vec::new(), problems }
    }

    /// The object, as far as it is there.
    pub(crate) fn object(&self) -> &'a [u8] {
        self.data
    }

    /// Whether the object ends before it should.
    pub(crate) fn cut_off(&self) -> bool {
        self.size > self.data.len() as u64
    }

    /// Bytes that the reader has read itself.
    pub(crate) fn header(&mut self, at: usize, size: usize) {
        self.headers.push((at, at.saturating_add(size)));
    }

    /// A part; its bytes, as far as they are there.
    pub(crate) fn add(&mut self, path: impl Into<Cow<'a, [u8]>>, at: u64, size: u64) -> &'a [u8] {
        let path = path.into();
        let content = head(tail(self.data, position(at)), position(size));
        if at.checked_add(size).is_none_or(|end| end > self.size) {
            let detail = format!(
                "{}: {size} bytes at {at} do not fit into the {} of the object",
                String::from_utf8_lossy(&path),
                self.size
            );
            self.problem(ProblemKind::Malformed, at.min(self.data.len() as u64), detail);
        }
        if !content.is_empty() {
            self.parts.push(Part { path, at: position(at), content });
        }
        content
    }

    /// Something that is wrong.
    pub(crate) fn problem(&mut self, kind: ProblemKind, offset: u64, detail: impl Into<String>) {
        self.problems.push(Problem::new(kind, offset, detail));
    }

    /// Says that the checksum stored at `at` is not the one that was calculated, where that is so.
    ///
    /// Of an object that is cut off nothing is said: its checksums cannot fit.
    pub(crate) fn checksum(
        &mut self,
        what: &str,
        at: usize,
        stated: impl AsRef<[u8]>,
        found: impl AsRef<[u8]>,
    ) {
        let (stated, found) = (stated.as_ref(), found.as_ref());
        if stated != found && !self.cut_off() {
            let detail = format!("{what} {} is stated, it has {}", hex(stated), hex(found));
            self.problem(ProblemKind::Checksum, at as u64, detail);
        }
    }

    /// Hands the parts out.
    pub(crate) fn finish(
        mut self,
        attributes: Vec<(&'static str, String)>,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Reading {
        self.parts.sort_by_key(|part| part.at);
        self.between();
        self.parts.sort_by_key(|part| part.at);
        // Parts that share their bytes a thousand times would multiply the work of whoever looks at them.
        let mut room = self.data.len().saturating_mul(2);
        let mut end = 0;
        for (number, part) in std::mem::take(&mut self.parts).into_iter().enumerate() {
            if part.at < end {
                let detail = format!("{} overlaps the part before it", String::from_utf8_lossy(&part.path));
                self.problem(ProblemKind::Malformed, part.at as u64, detail);
            }
            end = end.max(part.at + part.content.len());
            if number as u64 >= limits.entries || limits.stopped() || part.content.len() > room {
                let detail = format!("stopped after {number} parts");
                self.problem(ProblemKind::LimitReached, part.at as u64, detail);
                break;
            }
            room -= part.content.len();
            sink(stream(part.path, part.content, part.at));
        }
        Reading { size: self.data.len().max(1), attributes, problems: self.problems }
    }

    /// Makes parts of what lies between the known ones and is not padding.
    fn between(&mut self) {
        let mut known = std::mem::take(&mut self.headers);
        known.extend(self.parts.iter().map(|part| (part.at, part.at + part.content.len())));
        known.push((self.data.len(), self.data.len()));
        known.sort_unstable();
        let mut at = 0;
        for (start, end) in known {
            let between = head(tail(self.data, at), start.saturating_sub(at));
            if !is_padding(between) {
                let path = format!("unlisted-{at:#x}").into_bytes();
                self.parts.push(Part { path: path.into(), at, content: between });
            }
            at = at.max(end);
        }
    }
}

/// An entry of bytes that stand in the object as they are.
pub(crate) fn stream<'a>(path: impl Into<Cow<'a, [u8]>>, content: &'a [u8], at: usize) -> Entry<'a> {
    entry(path, Content::Slice(content), at)
}

/// An entry of a part that starts at `at`.
pub(crate) fn entry<'a>(path: impl Into<Cow<'a, [u8]>>, content: Content<'a>, at: usize) -> Entry<'a> {
    Entry {
        path: path.into(),
        kind: EntryKind::Stream(content),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(at as u64),
        xattrs: Vec::new(),
    }
}

/// Whether the bytes are all the same, and those of erased flash or of nothing.
pub(crate) fn is_padding(bytes: &[u8]) -> bool {
    match bytes.first() {
        None => true,
        Some(first) => matches!(first, 0 | 0xff) && bytes.iter().all(|byte| byte == first),
    }
}

/// CRC-32 as of IEEE 802.3, of several pieces one after the other.
pub(crate) fn crc32(pieces: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    for piece in pieces {
        crc.update(piece);
    }
    crc.sum()
}

/// MD5 of several pieces one after the other.
pub(crate) fn md5(pieces: &[&[u8]]) -> [u8; 16] {
    let mut digest = Md5::new();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().into()
}

/// The text of a field: up to the first NUL, without blanks at its ends.
pub(crate) fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(until_nul(field)).trim().to_owned()
}

/// Whether a field is text that ends with the field or a NUL: at least one character, printable ASCII alone.
pub(crate) fn is_text(field: &[u8]) -> bool {
    let text = until_nul(field);
    !text.is_empty() && text.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Whether data start with plain text: a magic that is a word may stand in any of it.
pub(crate) fn starts_as_text(data: &[u8]) -> bool {
    head(data, 256).iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}

/// Adds a fact that is not empty.
pub(crate) fn fact(attributes: &mut Vec<(&'static str, String)>, name: &'static str, value: String) {
    if !value.is_empty() {
        attributes.push((name, value));
    }
}

/// Whether bytes look like noise: nearly as many different values among the first thousand as chance would make.
pub(crate) fn is_noise(bytes: &[u8]) -> bool {
    let sample = head(bytes, 1024);
    let mut seen = [false; 256];
    for byte in sample {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let different = seen.iter().filter(|seen| **seen).count() as f64;
    let expected = 256.0 * (1.0 - (255.0_f64 / 256.0).powi(sample.len() as i32));
    sample.len() >= 64 && different >= expected * 0.9
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(parts: Parts<'_>) -> (Reading, Vec<(String, usize)>) {
        let mut found = Vec::new();
        let reading = parts.finish(Vec::new(), &Limits::default(), &mut |entry| {
            let EntryKind::Stream(content) = entry.kind else { panic!("not a stream") };
            found.push((String::from_utf8_lossy(&entry.path).into_owned(), content.size() as usize));
        });
        (reading, found)
    }

    #[test]
    fn what_lies_between_is_handed_out() {
        let data = b"HEADkkkk\0\0\0\0??rr";
        let mut parts = Parts::new(data, 16);
        parts.header(0, 4);
        parts.add(&b"rootfs"[..], 14, 2);
        parts.add(&b"kernel"[..], 4, 4);
        let (reading, found) = finish(parts);
        let expected = [("kernel", 4), ("unlisted-0x8", 6), ("rootfs", 2)];
        assert_eq!(found, expected.map(|(name, size)| (name.to_owned(), size)));
        assert_eq!((reading.size, reading.problems), (16, vec![]));
    }

    #[test]
    fn shared_bytes_are_bounded() {
        let data = [7; 100];
        let mut parts = Parts::new(&data, 100);
        for _ in 0..1000 {
            parts.add(&b"again"[..], 0, 100);
        }
        let (reading, found) = finish(parts);
        assert_eq!(found.len(), 2);
        assert_eq!(reading.problems.last().unwrap().kind, ProblemKind::LimitReached);
    }

    #[test]
    fn overflowing_places_are_told() {
        let mut parts = Parts::new(b"abcd", 4);
        assert_eq!(parts.add(&b"far"[..], u64::MAX, u64::MAX), b"");
        assert_eq!(parts.add(&b"long"[..], 2, 50), b"cd");
        let (reading, found) = finish(parts);
        assert_eq!(found, [("unlisted-0x0".to_owned(), 2), ("long".to_owned(), 2)]);
        assert!(reading.problems.iter().all(|problem| problem.kind == ProblemKind::Malformed));
    }

    #[test]
    fn noise_and_text() {
        assert!(is_noise(&crate::compression::test_support::noise(4000)));
        assert!(!is_noise(&b"a line of text, and another line of text\n".repeat(40)));
        assert!(starts_as_text(b"(c) Broadcom Corporation") && !starts_as_text(b"6\0\0\0Broadcom"));
        assert!(is_text(b"R7000\0\0") && !is_text(b"\0") && !is_text(b"\x80"));
    }
}
