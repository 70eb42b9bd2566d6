//! Deflate, the one place where it is decompressed: gzip and zlib streams, zip members, the blocks of file systems.
//! Decoding is flate2's (zlib-rs). Source: RFC 1951.

use super::output::Output;
use crate::bytes::{head, tail};
use crate::{Problem, ProblemKind};
use flate2::{Decompress, FlushDecompress, Status};

/// Compressed bytes given to the decoder at once: small enough to ask for the limits often.
const INPUT_STEP: usize = 64 << 10;

/// Decodes the deflate stream at `start` of `data`, raw or in zlib's frame as `inflate` was made, and shows each new
/// piece of content to `check`: the stream's end, and what stopped it early.
pub(crate) fn decode(
    data: &[u8],
    start: usize,
    inflate: &mut Decompress,
    output: &mut Output,
    mut check: impl FnMut(&[u8]),
) -> (usize, Option<Problem>) {
    let mut at = start;
    let problem = loop {
        if output.room() == 0 {
            // A stream may fill its limit to the brim: then only its end mark is still to come.
            let before = inflate.total_in();
            let status = inflate.decompress(head(tail(data, at), INPUT_STEP), &mut [], FlushDecompress::None);
            at += (inflate.total_in() - before) as usize;
            if matches!(status, Ok(Status::StreamEnd)) {
                return (at, None);
            }
        }
        if let Some(limit) = output.stop(at) {
            break limit;
        }
        output.grow();
        let input = head(tail(data, at), INPUT_STEP);
        let (before_in, before_len) = (inflate.total_in(), output.bytes.len());
        let status = inflate.decompress_vec(input, &mut output.bytes, FlushDecompress::None);
        let consumed = (inflate.total_in() - before_in) as usize;
        at += consumed;
        let over = output.clip();
        let fresh = tail(&output.bytes, before_len);
        check(fresh);
        if let Some(limit) = output.stop(at).filter(|_| over) {
            break limit;
        }
        match status {
            Ok(Status::StreamEnd) => return (at, None),
            Ok(_) if consumed > 0 || !fresh.is_empty() => {}
            Ok(_) if at >= data.len() => {
                let detail = "the data ends inside the deflate stream";
                break Problem::new(ProblemKind::Truncated, at as u64, detail);
            }
            Ok(_) => break Problem::new(ProblemKind::Malformed, at as u64, "the deflate stream stalls"),
            Err(error) => {
                break Problem::new(ProblemKind::Malformed, at as u64, format!("deflate: {error}"));
            }
        }
    };
    (at.min(data.len()), Some(problem))
}

#[allow(dead_code, reason = "for readers of containers that store deflate without a frame")]
/// Decompresses one raw deflate block; zlib's frame, with its checksum, is [`super::zlib::decode_block`]'s.
pub(crate) fn decode_block(input: &[u8], output: Output) -> (Vec<u8>, Vec<Problem>) {
    whole(input, Decompress::new(false), output)
}

/// Decompresses the stream that is all of `input`, as file systems store their blocks.
pub(super) fn whole(input: &[u8], mut inflate: Decompress, mut output: Output) -> (Vec<u8>, Vec<Problem>) {
    let (_, problem) = decode(input, 0, &mut inflate, &mut output, |_| {});
    (output.bytes, problem.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::compression::test_support::noise;
    use crate::compression::zlib;
    use flate2::write::{DeflateEncoder, ZlibEncoder};
    use std::io::Write;

    #[test]
    fn a_block_that_fills_its_limit_is_whole() {
        let limits = Limits::default();
        let content = noise(9000);
        let mut raw = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(&content).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&content).unwrap();
        let (raw, zlib) = (raw.finish().unwrap(), zlib.finish().unwrap());
        assert_eq!(decode_block(&raw, Output::bounded(&limits, 9000)), (content.clone(), vec![]));
        assert_eq!(zlib::decode_block(&zlib, Output::bounded(&limits, 9000)), (content.clone(), vec![]));
        for (made, problems) in [
            decode_block(&raw, Output::bounded(&limits, 8999)),
            zlib::decode_block(&zlib, Output::bounded(&limits, 8999)),
        ] {
            assert_eq!((made, problems[0].kind), (content[..8999].to_vec(), ProblemKind::LimitReached));
        }
        let (made, problems) = zlib::decode_block(&zlib[..5000], Output::bounded(&limits, 9000));
        assert_eq!(problems[0].kind, ProblemKind::Truncated);
        assert!(content.starts_with(&made) && made.len() > 4000);
        let mut wrong = zlib;
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(zlib::decode_block(&wrong, Output::bounded(&limits, 9000)).1.len(), 1);
    }
}
