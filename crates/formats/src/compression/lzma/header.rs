//! The headers in front of LZMA data: the usual one of 13 bytes, and what has been made of it.

use super::{Ending, Stream};
use crate::Magic;
use crate::bytes::{u32_le, u64_le};

/// Bytes of the usual header.
const USUAL: usize = 13;
/// No stated length above this is believed.
const LENGTH_MAX: u64 = 1 << 34;
/// The largest dictionary of a header that states no usual length.
const DICTIONARY_MAX: u32 = 128 << 20;

/// Properties with pb of at least 1, each with the low half of a dictionary of 64 KiB or more behind it.
#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
static STARTS: [[u8; 3]; 60] = {
    let mut starts = [[0; 3]; 60];
    let (mut at, mut properties) = (0, 45);
    while properties < 225 {
        if properties % 9 + properties / 9 % 5 <= 4 {
            starts[at][0] = properties;
            at += 1;
        }
        properties += 1;
    }
    assert!(at == 60);
    starts
};

/// Upper halves of dictionaries for the others: small numbers with zeros behind them are in every table, so that these
/// are looked for by what is behind the properties.
static DICTIONARIES: [[u8; 2]; 4] = [[0x10, 0], [0x20, 0], [0x40, 0], [0x80, 0]];

#[expect(clippy::indexing_slicing, reason = "made by the compiler, which refuses an index past the end")]
pub(super) static MAGICS: [Magic; 64] = {
    let mut magics = [const { Magic { offset: 0, bytes: &[] } }; 64];
    let mut at = 0;
    while at < 60 {
        magics[at] = Magic { offset: 0, bytes: &STARTS[at] };
        at += 1;
    }
    while at < 64 {
        magics[at] = Magic { offset: 3, bytes: &DICTIONARIES[at - 60] };
        at += 1;
    }
    magics
};

/// What is left of the header's 13 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Properties, dictionary, length of 64 bits or all ones.
    Usual,
    /// The same with zeros or all ones for the length, perhaps without an end mark.
    NoLength,
    /// The same with a length of 32 bits and something else behind it.
    ShortLength,
    /// Properties, dictionary, a length of 32 bits.
    Nine,
    /// Properties and dictionary.
    Five,
}

/// A header that may stand there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    layout: Layout,
    /// Its bytes.
    pub(super) size: usize,
    pub(super) stream: Stream,
}

impl Header {
    /// The headers that the bytes may be, the usual one first.
    pub(super) fn all(data: &[u8]) -> impl Iterator<Item = Self> + '_ {
        const LAYOUTS: [Layout; 5] =
            [Layout::Usual, Layout::NoLength, Layout::ShortLength, Layout::Nine, Layout::Five];
        // Asked at every hit of a weak magic: most are told from the dictionary alone.
        let dictionary = u32_le(data, 1).filter(|size| *size == u32::MAX || is_round(*size));
        let layouts = if dictionary.is_some() { &LAYOUTS[..] } else { &[] };
        layouts.iter().filter_map(|layout| Self::parse(data, *layout))
    }

    fn parse(data: &[u8], layout: Layout) -> Option<Self> {
        let properties = *data.first().filter(|properties| **properties < 225)?;
        let dictionary = u32_le(data, 1)?;
        let low =
            || u32_le(data, 5).map(u64::from).filter(|length| (1..u64::from(u32::MAX)).contains(length));
        let usual_length = || {
            let length = u64_le(data, 5)?;
            (length == u64::MAX || (1..=LENGTH_MAX).contains(&length)).then_some(length)
        };
        let (size, length) = match layout {
            Layout::Usual => (USUAL, Some(usual_length()?).filter(|length| *length != u64::MAX)),
            Layout::NoLength => (USUAL, None),
            Layout::ShortLength => (USUAL, Some(low()?)),
            Layout::Nine => (9, Some(low()?)),
            Layout::Five => (5, None),
        };
        let fits = match layout {
            Layout::Usual => dictionary >= 4096,
            Layout::NoLength => matches!(u64_le(data, 5)?, 0 | u64::MAX) && is_short(properties, dictionary),
            Layout::ShortLength => usual_length().is_none() && is_short(properties, dictionary),
            Layout::Nine | Layout::Five => is_short(properties, dictionary),
        };
        let ending = if layout == Layout::Usual { Ending::Marked } else { Ending::Either };
        let stream = Stream { properties, dictionary, length, ending };
        (fits && data.get(size) == Some(&0)).then_some(Self { layout, size, stream })
    }

    pub(super) fn is_usual(&self) -> bool {
        self.layout == Layout::Usual
    }

    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let Stream { properties, dictionary, length, .. } = self.stream;
        let mut attributes =
            vec![("properties", format!("{properties:02x}")), ("dictionary", dictionary.to_string())];
        if let Some(length) = length {
            attributes.push(("length", length.to_string()));
        }
        let layout = match self.layout {
            Layout::Usual => return attributes,
            Layout::NoLength => "13 bytes without a length",
            Layout::ShortLength => "13 bytes with a length of 32 bits",
            Layout::Nine => "9 bytes with a length of 32 bits",
            Layout::Five => "5 bytes without a length",
        };
        attributes.push(("header", layout.to_owned()));
        attributes
    }
}

/// Whether it is a size that encoders choose: 2^n or 2^n + 2^(n-1).
fn is_round(size: u32) -> bool {
    size.is_power_of_two() || (size.is_multiple_of(3) && (size / 3).is_power_of_two())
}

/// Whether such properties and dictionary stand in front of a header that is not the usual one.
fn is_short(properties: u8, dictionary: u32) -> bool {
    let literal = properties % 9 + properties / 9 % 5;
    literal <= 4 && (64 << 10..=DICTIONARY_MAX).contains(&dictionary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_asked_strictly() {
        let header = |dictionary: u32, length: u64, first: u8| {
            let mut data = vec![0x5d];
            data.extend_from_slice(&dictionary.to_le_bytes());
            data.extend_from_slice(&length.to_le_bytes());
            data.push(first);
            Header::all(&data).any(|header| header.is_usual())
        };
        assert!(header(8 << 20, u64::MAX, 0));
        assert!(header(3 << 20, 100, 0));
        assert!(header(u32::MAX, 100, 0));
        assert!(!header((8 << 20) + 1, 100, 0));
        assert!(!header(5 << 20, 100, 0));
        assert!(!header(1024, 100, 0));
        assert!(!header(8 << 20, 0, 0));
        assert!(!header(8 << 20, 1 << 40, 0));
        assert!(!header(8 << 20, 100, 1));
    }

    #[test]
    fn what_may_be_a_shorter_header() {
        let layouts = |data: &[u8]| Header::all(data).map(|header| header.layout).collect::<Vec<_>>();
        let start = [0x6d, 0, 0, 0x80, 0];
        let behind = |rest: &[u8]| [&start[..], rest].concat();
        assert_eq!(layouts(&behind(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])), [Layout::Five]);
        assert_eq!(layouts(&behind(&[9, 1, 2, 3, 0, 5, 6, 7, 8, 9])), [Layout::Nine]);
        assert_eq!(layouts(&behind(&[9, 1, 2, 3, 4, 5, 6, 7, 0, 9])), [Layout::ShortLength]);
        assert_eq!(layouts(&behind(&[0; 9])), [Layout::NoLength, Layout::Five]);
        assert_eq!(layouts(&[0x6d, 1, 0, 0x80, 0, 0, 1, 2, 3]), []);
    }
}
