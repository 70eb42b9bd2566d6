//! Snappy, the bare block: a length and then literals and copies. Data pages of Parquet are packed so.
//!
//! How: what comes out never grows past the stated length, nor past what the caller allows. Nothing is believed of a block that does not
//! come out at exactly its length. Misses: the framing format. Source: Snappy compressed format description (2011-10-05).

use super::history;
use crate::bytes::{int, slice, varint};

/// Decompresses a block that makes `size` bytes.
pub(crate) fn decode_block(data: &[u8], size: usize) -> Result<Vec<u8>, &'static str> {
    let mut at = 0;
    let stated = varint(data, &mut at, 5).ok_or("snappy: no length")?;
    if stated != size as u64 {
        return Err("snappy: the block states another length than the page");
    }
    let mut made: Vec<u8> = Vec::new();
    // A copy of three bytes makes at most 64.
    if size > data.len().saturating_mul(64) {
        return Err("snappy: the block is too short for what it is to make");
    }
    made.resize(size, 0);
    let mut to = 0;
    while let Some(tag) = data.get(at) {
        at += 1;
        let high = usize::from(tag >> 2);
        let (distance, length) = match tag & 3 {
            0 => {
                let length = if high < 60 {
                    high + 1
                } else {
                    let width = high - 59;
                    let length = number(data, at, width).ok_or("snappy: the block is cut off")?;
                    at += width;
                    length + 1
                };
                let literal = slice(data, at, length).ok_or("snappy: the block is cut off")?;
                let room = made.get_mut(to..).and_then(|room| room.get_mut(..length));
                room.ok_or("snappy: the block makes more than its length")?.copy_from_slice(literal);
                at += length;
                to += length;
                continue;
            }
            1 => {
                let low = number(data, at, 1).ok_or("snappy: the block is cut off")?;
                at += 1;
                (usize::from(tag >> 5) << 8 | low, (high & 7) + 4)
            }
            kind => {
                let width = if kind == 2 { 2 } else { 4 };
                let distance = number(data, at, width).ok_or("snappy: the block is cut off")?;
                at += width;
                (distance, high + 1)
            }
        };
        if length > made.len() - to {
            return Err("snappy: the block makes more than its length");
        }
        if distance == 0 {
            return Err("snappy: a copy of itself");
        }
        history::copy(&mut made, to, distance, length).ok_or("snappy: a copy from before the block")?;
        to += length;
    }
    if to == size { Ok(made) } else { Err("snappy: the block makes less than its length") }
}

/// A little-endian number of one to four bytes.
fn number(data: &[u8], at: usize, width: usize) -> Option<usize> {
    usize::try_from(int(data, false, at, width)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_and_copies_are_made() {
        assert_eq!(decode_block(&[0], 0), Ok(vec![]));
        // "ab" as it stands, four more from two bytes before, "c", and twelve of that one.
        let block = [19, 1 << 2, b'a', b'b', 1, 2, 0, b'c', 11 << 2 | 2, 1, 0];
        assert_eq!(decode_block(&block, 19), Ok(b"abababccccccccccccc".to_vec()));
        let long = [&[70, 60 << 2, 69][..], &[b'x'; 70]].concat();
        assert_eq!(decode_block(&long, 70), Ok(vec![b'x'; 70]));
    }

    #[test]
    fn what_lies_is_refused() {
        for (block, size) in [
            (&[][..], 0),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 1], 1),
            (&[3, 1 << 2, b'a', b'b'], 3),
            (&[3, 1 << 2, b'a', b'b'], 4),
            (&[1, 1 << 2, b'a', b'b'], 1),
            (&[5, 0, b'a', 1, 2], 5),
            (&[5, 0, b'a', 1, 0], 5),
            (&[4, 0, b'a', 1, 1], 4),
            (&[9, 9 << 2, b'a'], 9),
            (&[9, 63 << 2, 0xff, 0xff, 0xff, 0xff], 9),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f, 0], 0xffff_ffff),
        ] {
            assert!(decode_block(block, size).is_err(), "{block:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(data in prop::collection::vec(any::<u8>(), 0..60), size in 0_usize..300) {
            if let Ok(made) = decode_block(&data, size) {
                prop_assert_eq!(made.len(), size);
            }
        }
    }
}
