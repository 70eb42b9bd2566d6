//! zlib: deflate in its short frame.

use super::deflate;
use super::output::Output;
use crate::Problem;
use flate2::Decompress;

/// Decompresses one zlib stream, as squashfs, JFFS2 and UBIFS store their blocks.
pub(crate) fn decode_block(input: &[u8], output: Output) -> (Vec<u8>, Vec<Problem>) {
    deflate::whole(input, Decompress::new(true), output)
}
