//! One header block of 512 bytes: v7, ustar, GNU or star.

use super::sparse::Piece;
use crate::archive::slack::Slack;
use crate::bytes::{head, slice, tail, until_nul};
use std::borrow::Cow;

/// Bytes of a header, and the unit of everything.
pub(super) const BLOCK: usize = 512;

/// Who laid the header out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    V7,
    Ustar,
    Gnu,
    Star,
}

impl Variant {
    fn of(block: &[u8]) -> Option<Self> {
        let magic = slice(block, 257, 8)?;
        let is_star = slice(block, 508, 4)? == b"tar\0";
        Some(match magic {
            b"ustar  \0" => Self::Gnu,
            _ if is_star => Self::Star,
            _ if magic.starts_with(b"ustar") => Self::Ustar,
            _ => Self::V7,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V7 => "v7",
            Self::Ustar => "ustar",
            Self::Gnu => "GNU",
            Self::Star => "star",
        }
    }

    /// Length of the field at 345 that stands before the name.
    fn prefix(self) -> usize {
        match self {
            Self::Ustar => 155,
            Self::Star => 131,
            Self::Gnu | Self::V7 => 0,
        }
    }

    /// The bytes behind the names that this layout does not define.
    fn undefined(self) -> &'static [(usize, usize)] {
        match self {
            Self::V7 => &[(257, 329), (345, 512)],
            Self::Ustar => &[(500, 512)],
            Self::Gnu => &[(385, 386), (495, 512)],
            Self::Star => &[(500, 508)],
        }
    }
}

/// What a header says.
pub(super) struct Header<'a> {
    pub(super) variant: Variant,
    pub(super) path: Cow<'a, [u8]>,
    pub(super) link: &'a [u8],
    pub(super) flag: u8,
    pub(super) mode: u64,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) device: (u32, u32),
    /// The first numeric field whose text is no number, with its place in the header.
    pub(super) broken_field: Option<(usize, &'static str)>,
    block: &'a [u8],
}

/// The numeric fields that every layout has: place, length, name.
const NUMBERS: [(usize, usize, &str); 5] =
    [(100, 8, "mode"), (108, 8, "uid"), (116, 8, "gid"), (124, 12, "size"), (136, 12, "mtime")];

impl<'a> Header<'a> {
    /// The header at `at`, if its checksum fits.
    pub(super) fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let block = slice(data, at, BLOCK)?;
        if !checksum_fits(block)? {
            return None;
        }
        let variant = Variant::of(block)?;
        let name = until_nul(head(block, 100));
        let prefix = until_nul(slice(block, 345, variant.prefix())?);
        let path =
            if prefix.is_empty() { Cow::Borrowed(name) } else { Cow::Owned([prefix, b"/", name].concat()) };
        let mut broken_field = None;
        let mut values = [0; NUMBERS.len()];
        for (value, (at, length, name)) in values.iter_mut().zip(NUMBERS) {
            match number(slice(block, at, length)?) {
                Some(number) => *value = number,
                None => broken_field = broken_field.or(Some((at, name))),
            }
        }
        let [mode, uid, gid, size, mtime] = values;
        let positive = |value| u64::try_from(value).unwrap_or(0);
        let device = |at| slice(block, at, 8).and_then(number).and_then(|number| u32::try_from(number).ok());
        let has_devices = block.get(257..262) == Some(b"ustar");
        Some(Self {
            variant,
            path,
            link: until_nul(slice(block, 157, 100)?),
            flag: *block.get(156)?,
            mode: positive(mode),
            uid: positive(uid),
            gid: positive(gid),
            size: positive(size),
            mtime,
            device: if has_devices { (device(329).unwrap_or(0), device(337).unwrap_or(0)) } else { (0, 0) },
            broken_field,
            block,
        })
    }

    /// Whether mode, size and time are written out, as all writers of v7 archives do.
    pub(super) fn is_written(&self) -> bool {
        let mut asked = NUMBERS.iter().filter(|(_, _, name)| !matches!(*name, "uid" | "gid"));
        asked.all(|(at, length, _)| slice(self.block, *at, *length).is_some_and(is_written))
    }

    /// Whether what follows is said of other entries.
    pub(super) fn is_extension(&self) -> bool {
        matches!(self.flag, b'x' | b'g' | b'L' | b'K' | b'X')
    }

    /// Whether the size is sometimes stated of an entry that has no content: links, devices, folders.
    pub(super) fn may_lack_content(&self) -> bool {
        matches!(self.flag, b'1'..=b'6')
    }

    /// Takes what stands in this header's fields behind what they say.
    pub(super) fn slack(&self, at: usize, slack: &mut Slack<'a>) {
        let mut field = |start: usize, length: usize, is_number: bool| {
            let Some(bytes) = slice(self.block, start, length) else { return };
            match (is_number, number(bytes)) {
                (true, None) => slack.take(at + start, bytes),
                (true, Some(_)) if bytes.first().is_some_and(|first| first & 0x80 != 0) => {}
                (true, Some(_)) => {
                    let blank = bytes.len() - bytes.trim_ascii_start().len();
                    let end = tail(bytes, blank).iter().take_while(|byte| byte.is_ascii_digit()).count();
                    slack.take(at + start + blank + end, tail(bytes, blank + end));
                }
                (false, _) => slack.behind_nul(at + start, bytes),
            }
        };
        field(0, 100, false);
        for (start, length, _) in NUMBERS {
            field(start, length, true);
        }
        field(157, 100, false);
        if self.variant != Variant::V7 && self.block.get(257..262) == Some(b"ustar") {
            field(265, 32, false);
            field(297, 32, false);
        }
        // GNU tar fills the numbers of a device in v7 headers too.
        field(329, 8, true);
        field(337, 8, true);
        let prefix = self.variant.prefix();
        // The sparse map of star begins where its prefix is.
        if self.flag != b'S' {
            field(345, prefix, false);
        }
        if self.variant == Variant::Gnu {
            for (start, length) in [(345, 12), (357, 12), (369, 12), (483, 12)] {
                field(start, length, true);
            }
            if self.flag != b'S' {
                slack.take(at + 386, self.block.get(386..483).unwrap_or_default());
            }
        }
        for (start, end) in self.variant.undefined() {
            slack.take(at + start, self.block.get(*start..*end).unwrap_or_default());
        }
    }

    /// The pieces and the whole length of a sparse file that the header states, and whether more pieces follow.
    pub(super) fn sparse(&self) -> Option<(Vec<Piece>, u64, bool)> {
        let (pieces, more, size) = match self.variant {
            Variant::Gnu => (386, 482, 483),
            Variant::Star if self.block.get(345) == Some(&0) && self.block.get(366) != Some(&0) => {
                (356, 355, 452)
            }
            Variant::Star => return Some((Vec::new(), self.number(452, 12)?, true)),
            Variant::Ustar | Variant::V7 => return None,
        };
        let more = self.block.get(more).is_some_and(|flag| *flag != 0);
        Some((sparse_pieces(slice(self.block, pieces, 96)?), self.number(size, 12)?, more))
    }

    fn number(&self, at: usize, length: usize) -> Option<u64> {
        number(slice(self.block, at, length)?).and_then(|number| u64::try_from(number).ok())
    }
}

/// The pieces of a sparse map in a header or in a block behind it, each an offset and a length of 12 bytes.
pub(super) fn sparse_pieces(fields: &[u8]) -> Vec<Piece> {
    let piece = |field: &[u8]| {
        let value = |at| slice(field, at, 12).and_then(number).and_then(|number| u64::try_from(number).ok());
        field.first().filter(|first| **first != 0)?;
        Some(Piece { offset: value(0)?, length: value(12)? })
    };
    fields.chunks_exact(24).map_while(piece).collect()
}

/// Whether a numeric field has a digit: one that is blank counts as 0, but says nothing.
fn is_written(field: &[u8]) -> bool {
    field.trim_ascii_start().first().is_some_and(u8::is_ascii_digit)
}

/// The sum is made only where one is stated, so that looking for headers in other bytes costs little.
fn checksum_fits(block: &[u8]) -> Option<bool> {
    if !is_written(slice(block, 148, 8)?) {
        return None;
    }
    let stated = number(slice(block, 148, 8)?)?;
    let plain = head(block, 148).iter().chain(tail(block, 156));
    let (unsigned, signed) = plain.fold((256_i64, 256_i64), |(unsigned, signed), byte| {
        (unsigned + i64::from(*byte), signed + i64::from(*byte as i8))
    });
    Some(stated == unsigned || stated == signed)
}

/// A number in octal, or in base 256 where its first bit is set.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // The sign is bit 6 of the first byte.
        let start = if first & 0x40 != 0 { -1 } else { 0_i64 };
        let low = i64::from(first & 0x3f) | start << 6;
        return rest
            .iter()
            .try_fold(low, |value, byte| value.checked_mul(256).map(|value| value | i64::from(*byte)));
    }
    let text = field.trim_ascii_start();
    let digits = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(digits)?;
    if rest.first().is_some_and(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    digits.iter().try_fold(0_i64, |value, digit| {
        let digit = i64::from(digit - b'0');
        if digit > 7 { None } else { value.checked_mul(8)?.checked_add(digit) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b"0000689\0"), None);
        assert_eq!(number(&[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
