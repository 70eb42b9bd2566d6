//! A folder's chain of coders as one reader.

use super::header::{Coder, Folder};
use crate::archive::coder::PPMD_MEMORY_MAX;
use crate::archive::solid::Stream;
use crate::bytes::{position, u32_le};
use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::filter::delta::DeltaReader;
use lzma_rust2::{DICT_SIZE_MAX, Lzma2Reader, LzmaReader};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The name of a method.
pub(super) fn method_name(method: u64) -> String {
    let name = match method {
        0 => "copy",
        3 => "delta",
        4 | 0x0303_0103 => "BCJ-x86",
        5 | 0x0303_0205 => "BCJ-PPC",
        6 | 0x0303_0401 => "BCJ-IA64",
        7 | 0x0303_0501 => "BCJ-ARM",
        8 | 0x0303_0701 => "BCJ-ARM-Thumb",
        9 | 0x0303_0805 => "BCJ-SPARC",
        0xa => "BCJ-ARM64",
        0xb => "BCJ-RISC-V",
        0x21 => "lzma2",
        0x03_0101 => "lzma",
        0x0303_011b => "BCJ2",
        0x03_0401 => "PPMd",
        0x04_0108 => "deflate",
        0x04_0109 => "deflate64",
        0x04_0202 => "bzip2",
        0x04f7_1101 => "zstd",
        0x04f7_1102 => "brotli",
        0x04f7_1104 => "lz4",
        0x04f7_1105 => "lz5",
        0x04f7_1106 => "lizard",
        AES => "AES-256",
        other => return format!("method {other:x}"),
    };
    name.to_owned()
}

const PPMD: u64 = 0x03_0401;

/// AES-256 with a key from SHA-256.
pub(super) const AES: u64 = 0x06f1_0701;

fn unsupported(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, text)
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// What comes out of a folder.
///
/// `left` counts the packed bytes that nobody has read. What the last coder gives past its stated size comes, too.
pub(super) fn open<'a>(
    folder: &Folder,
    packed: &[&'a [u8]],
    left: &Arc<AtomicUsize>,
) -> io::Result<Stream<'a>> {
    let last = folder.last().ok_or_else(|| malformed("the coders feed one another"))?;
    left.store(packed.iter().map(|bytes| bytes.len()).sum(), Ordering::Relaxed);
    output(folder, last, packed, left, 0)
}

/// Packed bytes that are counted when they are read.
struct Counted<'a> {
    bytes: &'a [u8],
    left: Arc<AtomicUsize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.left.fetch_sub(read, Ordering::Relaxed);
        Ok(read)
    }
}

fn output<'a>(
    folder: &Folder,
    coder: usize,
    packed: &[&'a [u8]],
    left: &Arc<AtomicUsize>,
    depth: usize,
) -> io::Result<Stream<'a>> {
    let broken = || malformed("the coders are not bound soundly");
    if depth > folder.coders.len() {
        return Err(broken());
    }
    let first: usize = folder.coders.iter().take(coder).map(|coder| coder.inputs).sum();
    let size = folder.sizes.get(coder).copied().ok_or_else(broken)?;
    let coder = folder.coders.get(coder).ok_or_else(broken)?;
    let mut inputs = Vec::new();
    for input in first..first + coder.inputs {
        if let Some((_, from)) = folder.bonds.iter().find(|(to, _)| *to == input) {
            inputs.push(output(folder, *from, packed, left, depth + 1)?);
        } else {
            let stream = folder.packed.iter().position(|packed| *packed == input).ok_or_else(broken)?;
            let bytes: &'a [u8] = packed.get(stream).copied().ok_or_else(broken)?;
            inputs.push(Box::new(Counted { bytes, left: Arc::clone(left) }));
        }
    }
    let decoder = decoder(coder, inputs, size)?;
    // PPMd does not know its end.
    Ok(if depth == 0 && coder.method != PPMD { decoder } else { Box::new(decoder.take(size)) })
}

fn decoder<'a>(coder: &Coder, mut inputs: Vec<Stream<'a>>, size: u64) -> io::Result<Stream<'a>> {
    if coder.method == 0x0303_011b {
        return Ok(Box::new(Bcj2Reader::try_new(inputs, size)?));
    }
    let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
        return Err(malformed("a coder has several inputs"));
    };
    let properties = &coder.properties;
    let start = position(u32_le(properties, 0).unwrap_or(0).into());
    let first = properties.first().copied();
    Ok(match coder.method {
        0 => input,
        3 => Box::new(DeltaReader::new(input, usize::from(first.unwrap_or(0)) + 1)),
        4 | 0x0303_0103 => Box::new(BcjReader::new_x86(input, start)),
        5 | 0x0303_0205 => Box::new(BcjReader::new_ppc(input, start)),
        6 | 0x0303_0401 => Box::new(BcjReader::new_ia64(input, start)),
        7 | 0x0303_0501 => Box::new(BcjReader::new_arm(input, start)),
        8 | 0x0303_0701 => Box::new(BcjReader::new_arm_thumb(input, start)),
        9 | 0x0303_0805 => Box::new(BcjReader::new_sparc(input, start)),
        0xa => Box::new(BcjReader::new_arm64(input, start)),
        0xb => Box::new(BcjReader::new_riscv(input, start)),
        0x21 => {
            let bits =
                u32::from(first.filter(|bits| *bits <= 40).ok_or_else(|| malformed("LZMA2 properties"))?);
            let dictionary = if bits == 40 { u32::MAX } else { (2 | bits & 1) << (bits / 2 + 11) };
            Box::new(Lzma2Reader::new(input, dictionary.min(DICT_SIZE_MAX), None))
        }
        0x03_0101 => {
            let (Some(first), Some(dictionary)) = (first, u32_le(properties, 1)) else {
                return Err(malformed("LZMA properties"));
            };
            Box::new(LzmaReader::new_with_props(input, size, first, dictionary.min(DICT_SIZE_MAX), None)?)
        }
        PPMD => {
            let (Some(order), Some(memory)) = (first, u32_le(properties, 1)) else {
                return Err(malformed("PPMd properties"));
            };
            if memory > PPMD_MEMORY_MAX {
                return Err(unsupported(format!("PPMd with {memory} bytes of memory")));
            }
            let decoder = ppmd_rust::Ppmd7Decoder::new(input, order.into(), memory);
            Box::new(decoder.map_err(|_| malformed("PPMd properties"))?)
        }
        0x04_0108 => Box::new(flate2::read::DeflateDecoder::new(input)),
        0x04_0109 => Box::new(deflate64::Deflate64Decoder::new(input)),
        0x04_0202 => Box::new(bzip2::read::MultiBzDecoder::new(input)),
        AES => return Err(unsupported("encrypted with AES-256".to_owned())),
        other => return Err(unsupported(format!("{}, which is not read", method_name(other)))),
    })
}
