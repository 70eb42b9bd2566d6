//! A table of tags, and the values they point to.

use crate::bytes::{position, slice, tail, u32_be, until_nul};

/// Numbers of tags.
pub(super) mod tags {
    pub(in super::super) const SIG_SIZE: u32 = 1000;
    pub(in super::super) const SIG_LONG_SIZE: u32 = 270;
    pub(in super::super) const SIG_SHA256: u32 = 273;
    /// DSA, RSA, PGP, GPG, PGP5, OpenPGP.
    pub(in super::super) const SIGNATURES: &[u32] = &[267, 268, 1002, 1005, 1006, 278];
    pub(in super::super) const EPOCH: u32 = 1003;
    pub(in super::super) const BUILD_TIME: u32 = 1006;
    pub(in super::super) const PAYLOAD_DIGEST: u32 = 5092;
    pub(in super::super) const PAYLOAD_DIGEST_ALGORITHM: u32 = 5093;
    /// Facts that are text.
    pub(in super::super) const TEXTS: &[(&str, u32)] = &[
        ("name", 1000),
        ("version", 1001),
        ("release", 1002),
        ("architecture", 1022),
        ("system", 1021),
        ("summary", 1004),
        ("license", 1014),
        ("vendor", 1011),
        ("packager", 1015),
        ("distribution", 1010),
        ("url", 1020),
        ("build-host", 1007),
        ("source-package", 1044),
        ("payload-format", 1124),
        ("compression", 1125),
    ];
}

const MAGIC: &[u8] = &[0x8e, 0xad, 0xe8, 1];
const PREFIX: usize = 16;
const ENTRY: usize = 16;
/// No package has more tags than this; rpm itself refuses them.
const TAGS_MAX: u32 = 0xffff;
/// Texts longer than this are cut in attributes; they stand in the header that is handed out.
const TEXT_MAX: usize = 256;

/// A header whose table and store lie in the data.
pub(super) struct Header<'a> {
    index: &'a [u8],
    store: &'a [u8],
    /// Where the header ends in the package.
    pub(super) end: usize,
}

impl<'a> Header<'a> {
    pub(super) fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let rest = data.get(at..)?;
        if !rest.starts_with(MAGIC) {
            return None;
        }
        let (tags, length) = (u32_be(rest, 8)?, u32_be(rest, 12)?);
        if tags == 0 || tags > TAGS_MAX {
            return None;
        }
        let index = slice(rest, PREFIX, tags as usize * ENTRY)?;
        let store = slice(rest, PREFIX + index.len(), length as usize)?;
        Some(Self { index, store, end: at + PREFIX + index.len() + store.len() })
    }

    pub(super) fn holds(&self, tag: u32) -> bool {
        self.find(tag).is_some()
    }

    /// The first number of a tag.
    pub(super) fn number(&self, tag: u32) -> Option<u64> {
        let (kind, value) = self.find(tag)?;
        match kind {
            4 => u32_be(value, 0).map(u64::from),
            5 => Some(u64::from(u32_be(value, 0)?) << 32 | u64::from(u32_be(value, 4)?)),
            _ => None,
        }
    }

    /// The first text of a tag.
    pub(super) fn text(&self, tag: u32) -> Option<String> {
        let (kind, value) = self.find(tag)?;
        let text = crate::bytes::head(until_nul(value), TEXT_MAX);
        matches!(kind, 6 | 8 | 9).then(|| String::from_utf8_lossy(text).into_owned())
    }

    /// The type of a tag's value, and the store from there on.
    fn find(&self, tag: u32) -> Option<(u32, &'a [u8])> {
        let entry = self.index.chunks_exact(ENTRY).find(|entry| u32_be(entry, 0) == Some(tag))?;
        Some((u32_be(entry, 4)?, tail(self.store, position(u32_be(entry, 8)?.into()))))
    }
}
