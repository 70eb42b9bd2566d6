//! A package's header: an index of tags, then their values.

use super::word;

/// What a header says of its package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'h> {
    pub(super) name: &'h [u8],
    pub(super) version: &'h [u8],
    pub(super) release: &'h [u8],
    pub(super) epoch: Option<u32>,
    pub(super) architecture: &'h [u8],
    /// The file name of the source package.
    pub(super) source: &'h [u8],
    pub(super) vendor: &'h [u8],
}

/// Bytes of an entry of the index.
const ENTRY: usize = 16;
/// Entries of an index that are read; rpm's own limit.
const ENTRIES: usize = 0xffff;
/// Types of values: one word, a text, a text in several languages.
const WORD: u32 = 4;
const TEXTS: [u32; 2] = [6, 9];
/// Bytes of a text that are read.
const TEXT: usize = 256;

impl<'h> Header<'h> {
    /// `None` where name, version and release do not all stand in it.
    pub(super) fn parse(blob: &'h [u8]) -> Option<Self> {
        let entries = usize::try_from(word(blob, 0, true)?).ok()?;
        let size = usize::try_from(word(blob, 4, true)?).ok()?;
        if entries == 0 || entries > ENTRIES {
            return None;
        }
        let start = 8 + entries * ENTRY;
        let values = blob.get(start..start.checked_add(size)?.min(blob.len()))?;
        let mut header = Self::default();
        for index in 0..entries {
            let at = 8 + index * ENTRY;
            let (tag, kind) = (word(blob, at, true)?, word(blob, at + 4, true)?);
            let Some(value) = usize::try_from(word(blob, at + 8, true)?).ok().and_then(|at| values.get(at..))
            else {
                continue;
            };
            if tag == 1003 && kind == WORD {
                header.epoch = word(value, 0, true);
            }
            let slot = match tag {
                1000 => &mut header.name,
                1001 => &mut header.version,
                1002 => &mut header.release,
                1011 => &mut header.vendor,
                1022 => &mut header.architecture,
                1044 => &mut header.source,
                _ => continue,
            };
            if TEXTS.contains(&kind) && slot.is_empty() {
                // The end is not looked for beyond that: a header may name a thousand texts that do not end.
                let end = value.iter().take(TEXT + 1).position(|&byte| byte == 0);
                *slot = end.and_then(|end| value.get(..end)).unwrap_or_default();
            }
        }
        let whole = !header.name.is_empty() && !header.version.is_empty() && !header.release.is_empty();
        whole.then_some(header)
    }
}
