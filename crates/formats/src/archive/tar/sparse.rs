//! Sparse files: pieces of content, and holes of zeros between them.

use super::header::BLOCK;
use crate::bytes::{position, slice, tail};
use crate::{Limits, Problem, ProblemKind, Unpacked};

/// A stretch of a file whose bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// What is known of a sparse file.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    pub(super) pieces: Vec<Piece>,
    pub(super) size: Option<u64>,
    /// pax 1.0: the map stands before the content.
    pub(super) map_in_content: bool,
}

/// Reads the map at the start of a content as pax 1.0 has it: decimal numbers, one a line, the count of pieces first.
/// The pieces, and how many bytes the map takes without and with its padding.
pub(super) fn read_map(content: &[u8]) -> Option<(Vec<Piece>, usize, usize)> {
    let mut at = 0;
    let mut number = || {
        let line = tail(content, at).iter().take(24).position(|byte| *byte == b'\n')?;
        let text = std::str::from_utf8(slice(content, at, line)?).ok()?;
        at += line + 1;
        text.parse::<u64>().ok()
    };
    let count = number()?;
    let mut pieces = Vec::new();
    for _ in 0..count {
        pieces.push(Piece { offset: number()?, length: number()? });
    }
    Some((pieces, at, at.next_multiple_of(BLOCK)))
}

/// Puts a sparse file together; `at` is where its stored bytes stand in the archive.
pub(super) fn assemble(pieces: &[Piece], stored: &[u8], size: u64, at: usize, limits: &Limits) -> Unpacked {
    let mut made = Unpacked::default();
    let mut problem = |kind, offset: usize, detail: String| {
        made.problems.push(Problem::new(kind, offset as u64, detail));
    };
    let end = size.min(limits.object_bytes);
    if end < size {
        problem(ProblemKind::LimitReached, at, format!("the sparse file has {size} bytes"));
    }
    let mut bytes: Vec<u8> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        if limits.stopped() {
            problem(ProblemKind::LimitReached, at + used, "time is up".to_owned());
            break;
        }
        if piece.offset < bytes.len() as u64 || piece.offset.saturating_add(piece.length) > size {
            let detail = format!(
                "a piece of {} bytes at {} overlaps another or goes past {size}",
                piece.length, piece.offset
            );
            problem(ProblemKind::Malformed, at + used, detail);
            break;
        }
        let content = crate::bytes::head(tail(stored, used), position(piece.length));
        used += content.len();
        if piece.offset + piece.length <= end {
            bytes.resize(position(piece.offset), 0);
            bytes.extend_from_slice(content);
        }
        if (content.len() as u64) < piece.length {
            let detail = "the stored bytes end before the last piece".to_owned();
            problem(ProblemKind::Truncated, at + used, detail);
            break;
        }
    }
    bytes.resize(position(end), 0);
    made.bytes = bytes;
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PIECES: [Piece; 2] = [Piece { offset: 2, length: 3 }, Piece { offset: 8, length: 1 }];

    #[test]
    fn holes_are_zeros() {
        let made = assemble(&PIECES, b"abcd", 10, 0, &Limits::default());
        assert_eq!((made.bytes, made.problems), (b"\0\0abc\0\0\0d\0".to_vec(), vec![]));
    }

    #[test]
    fn a_map_that_lies() {
        for (size, stored, kind) in
            [(4, &b"abcd"[..], ProblemKind::Malformed), (10, b"ab", ProblemKind::Truncated)]
        {
            let made = assemble(&PIECES, stored, size, 0, &Limits::default());
            assert_eq!((made.problems[0].kind, made.bytes.len() as u64), (kind, size));
        }
        let limits = Limits { object_bytes: 1000, ..Limits::default() };
        let made = assemble(&PIECES, b"abcd", u64::MAX, 0, &limits);
        assert_eq!((made.problems[0].kind, made.bytes.len()), (ProblemKind::LimitReached, 1000));
    }

    #[test]
    fn a_map_before_the_content() {
        let (pieces, length, padded) = read_map(b"2\n2\n3\n8\n1\nrest").unwrap();
        assert_eq!((&pieces[..], length, padded), (&PIECES[..], 10, 512));
        for broken in [&b""[..], b"1\n", b"9999999999\n1\n2\n", b"x\n", b"1\n1\n-2\n"] {
            assert!(read_map(broken).is_none(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_pieces(
            pieces in prop::collection::vec((any::<u64>(), 0..50_u64), 0..9),
            near in prop::collection::vec((0..300_u64, 0..50_u64), 0..9),
            stored in prop::collection::vec(any::<u8>(), 0..200),
            size in 0..500_u64,
        ) {
            let limits = Limits { object_bytes: 400, ..Limits::default() };
            for pieces in [pieces, near] {
                let pieces: Vec<Piece> =
                    pieces.into_iter().map(|(offset, length)| Piece { offset, length }).collect();
                let made = assemble(&pieces, &stored, size, 0, &limits);
                prop_assert_eq!(made.bytes.len() as u64, size.min(400));
            }
        }
    }
}
