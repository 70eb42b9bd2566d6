//! What pages are packed with.

use crate::Limits;
use crate::compression::output::Output;
use crate::compression::{lz4, snappy, zstd};
use std::borrow::Cow;
use std::io::Read;

/// Why a codec is not read, if it is not.
pub(super) fn unread(codec: i64) -> Option<String> {
    Some(match codec {
        0 | 1 | 2 | 6 | 7 => return None,
        3 => "LZO, which is not read".to_owned(),
        4 => "Brotli, which is not read".to_owned(),
        5 => "the old form of LZ4, which is not read".to_owned(),
        other => format!("codec {other}, which there is not"),
    })
}

/// What `size` bytes are packed in `data`; exactly so many, or it is an error.
pub(super) fn unpack(codec: i64, data: &[u8], size: usize) -> Result<Cow<'_, [u8]>, String> {
    let limits = Limits::default();
    let output = Output::bounded(&limits, size as u64);
    let (made, problem) = match codec {
        0 => return exact(Cow::Borrowed(data), size),
        1 => (snappy::decode_block(data, size).map_err(str::to_owned)?, None),
        2 => (gzip(data, size)?, None),
        6 => {
            let (made, problems) = zstd::decode_frame(data, output);
            (made, problems.into_iter().next())
        }
        7 => {
            let (made, problems) = lz4::decode_block(data, output);
            (made, problems.into_iter().next())
        }
        other => return Err(unread(other).unwrap_or_default()),
    };
    match problem {
        Some(problem) => Err(problem.detail),
        None => exact(Cow::Owned(made), size),
    }
}

fn gzip(data: &[u8], size: usize) -> Result<Vec<u8>, String> {
    // A byte of deflate makes at most 1032.
    let mut made = Vec::with_capacity(size.min(data.len().saturating_mul(1032)));
    let most = size as u64 + 1;
    let read = flate2::bufread::MultiGzDecoder::new(data).take(most).read_to_end(&mut made);
    read.map_err(|error| format!("gzip: {error}"))?;
    Ok(made)
}

fn exact(made: Cow<'_, [u8]>, size: usize) -> Result<Cow<'_, [u8]>, String> {
    if made.len() == size {
        Ok(made)
    } else if made.len() > size {
        Err(format!("it holds more than the {size} bytes that it states"))
    } else {
        Err(format!("it holds {} bytes, and states {size}", made.len()))
    }
}
