//! Deflate of many small blocks with one decoder, straight to where the bytes belong.

use crate::bytes::tail;
use crate::{Problem, ProblemKind};
use flate2::{Decompress, FlushDecompress, Status};

/// A decoder that is used again for each block.
pub(super) struct Inflate {
    decoder: Decompress,
    zlib: bool,
}

impl Inflate {
    /// With zlib's frame around each block.
    pub(super) fn zlib() -> Self {
        Self { decoder: Decompress::new(true), zlib: true }
    }

    /// Bare blocks.
    pub(super) fn raw() -> Self {
        Self { decoder: Decompress::new(false), zlib: false }
    }

    /// Decodes one block into `output`; how many bytes were made, and what stopped it early. What would go past
    /// `output` is left off.
    pub(super) fn block(&mut self, input: &[u8], output: &mut [u8]) -> (usize, Option<Problem>) {
        self.decoder.reset(self.zlib);
        let result = self.decoder.decompress(input, output, FlushDecompress::Finish);
        let made = self.decoder.total_out() as usize;
        let at = self.decoder.total_in();
        let problem = match result {
            _ if tail(output, made).is_empty() => None,
            Ok(Status::StreamEnd) => None,
            Ok(_) => Some(Problem::new(ProblemKind::Truncated, at, "a deflate block is cut off")),
            Err(error) => Some(Problem::new(ProblemKind::Malformed, at, format!("deflate: {error}"))),
        };
        (made, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    #[test]
    fn one_decoder_for_many_blocks() {
        let pack = |content: &[u8]| {
            let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        };
        let (first, second) = (pack(b"hello hello hello"), pack(&[7; 5000]));
        let mut inflate = Inflate::zlib();
        let mut output = [0; 17];
        assert_eq!(inflate.block(&first, &mut output).0, 17);
        assert_eq!(&output, b"hello hello hello");
        let (made, problem) = inflate.block(&second[..second.len() / 2], &mut [0; 5000]);
        assert!(made < 5000 && problem.unwrap().kind == ProblemKind::Truncated);
        let (made, problem) = inflate.block(&second, &mut output);
        assert_eq!((made, problem, output), (17, None, [7; 17]));
    }
}
