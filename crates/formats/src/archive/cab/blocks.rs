//! The blocks of a folder, as one stream.

use super::lzx::{FRAME, Lzx};
use crate::archive::slack::Slack;
use crate::archive::solid::Stream;
use crate::bytes::{head, slice, tail, u16_le, u32_le};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};

const HEAD: usize = 8;
/// Distance that a match of MSZIP may reach back.
const WINDOW: usize = 32 << 10;

/// How a folder is compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    MsZip,
    /// With a window of two to this power.
    Lzx(u32),
    Unknown(String),
}

impl Method {
    fn from(number: u16) -> Self {
        match (number & 15, number >> 8) {
            (0, _) => Self::Stored,
            (1, _) => Self::MsZip,
            (2, _) => Self::Unknown("Quantum".to_owned()),
            (3, bits @ 15..=21) => Self::Lzx(bits.into()),
            _ => Self::Unknown(format!("method {number:#06x}")),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Stored => "none".to_owned(),
            Self::MsZip => "MSZIP".to_owned(),
            Self::Lzx(bits) => format!("LZX:{bits}"),
            Self::Unknown(name) => name.clone(),
        }
    }
}

/// The blocks of a folder, found by their heads.
#[derive(Clone, Debug)]
pub(super) struct Blocks<'a> {
    pub(super) method: Method,
    /// Where the blocks start and end in the cabinet.
    pub(super) start: usize,
    pub(super) end: usize,
    /// What the blocks say that they unpack to.
    pub(super) size: u64,
    pub(super) is_cut_off: bool,
    count: u16,
    reserve: usize,
    data: &'a [u8],
}

/// One block: its stated sum, the bytes of its head that the sum covers, its reserved bytes and what is in it.
struct Part<'a> {
    sum: u32,
    sizes: &'a [u8],
    reserved: &'a [u8],
    packed: &'a [u8],
    unpacked: usize,
    end: usize,
}

impl<'a> Blocks<'a> {
    /// The blocks of the folder whose entry stands at `at`.
    pub(super) fn find(data: &'a [u8], at: usize, reserve: usize) -> Option<Self> {
        let start = u32_le(data, at)? as usize;
        let count = u16_le(data, at + 4)?;
        let method = Method::from(u16_le(data, at + 6)?);
        let mut blocks = Self {
            method,
            start: start.min(data.len()),
            end: start.min(data.len()),
            size: 0,
            is_cut_off: false,
            count,
            reserve,
            data,
        };
        for _ in 0..count {
            match blocks.part(blocks.end) {
                Some(part) => {
                    blocks.end = part.end;
                    blocks.size += part.unpacked as u64;
                }
                None => {
                    blocks.end = data.len();
                    blocks.is_cut_off = true;
                    break;
                }
            }
        }
        Some(blocks)
    }

    fn part(&self, at: usize) -> Option<Part<'a>> {
        let packed = usize::from(u16_le(self.data, at + 4)?);
        let start = at + HEAD + self.reserve;
        Some(Part {
            sum: u32_le(self.data, at)?,
            sizes: slice(self.data, at + 4, 4)?,
            reserved: slice(self.data, at + HEAD, self.reserve)?,
            packed: slice(self.data, start, packed)?,
            unpacked: u16_le(self.data, at + 6)?.into(),
            end: start + packed,
        })
    }

    /// Takes the reserved bytes of every block.
    pub(super) fn slack(&self, slack: &mut Slack<'a>) {
        let mut at = self.start;
        while self.reserve > 0
            && at < self.end
            && let Some(part) = self.part(at)
        {
            slack.take(at + HEAD, part.reserved);
            at = part.end;
        }
    }

    /// What comes out of the folder.
    pub(super) fn open(&self) -> io::Result<Stream<'a>> {
        let decoder = match &self.method {
            Method::Stored => Decoder::Stored,
            Method::MsZip => Decoder::MsZip(Vec::new()),
            Method::Lzx(bits) => {
                Decoder::Lzx(Box::new(Lzx::new(*bits).ok_or_else(|| malformed("LZX window"))?))
            }
            Method::Unknown(name) => {
                return Err(io::Error::new(io::ErrorKind::Unsupported, format!("{name}, which is not read")));
            }
        };
        Ok(Box::new(Unpacking {
            blocks: self.clone(),
            at: self.start,
            left: self.count,
            decoder,
            made: Vec::new(),
            given: 0,
        }))
    }
}

fn malformed(detail: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, detail.into())
}

enum Decoder {
    Stored,
    /// With the last 32 KiB that came out.
    MsZip(Vec<u8>),
    Lzx(Box<Lzx>),
}

/// A folder that is being unpacked.
struct Unpacking<'a> {
    blocks: Blocks<'a>,
    at: usize,
    left: u16,
    decoder: Decoder,
    made: Vec<u8>,
    given: usize,
}

impl Unpacking<'_> {
    fn next(&mut self) -> io::Result<()> {
        self.left -= 1;
        let part = self.blocks.part(self.at).ok_or(io::ErrorKind::UnexpectedEof)?;
        let at = self.at;
        self.at = part.end;
        if part.sum != 0 && part.sum != sum(part.sizes, sum(part.packed, 0)) {
            let with_reserve = sum(part.sizes, sum(part.reserved, sum(part.packed, 0)));
            if part.sum != with_reserve {
                return Err(malformed(format!("the checksum of the block at {at} does not fit")));
            }
        }
        self.given = 0;
        self.made = match &mut self.decoder {
            Decoder::Stored => part.packed.to_vec(),
            Decoder::MsZip(window) => {
                let made = inflate(part.packed, part.unpacked, window)
                    .map_err(|detail| malformed(format!("the block at {at}: {detail}")))?;
                window.extend_from_slice(&made);
                window.drain(..window.len().saturating_sub(WINDOW));
                made
            }
            Decoder::Lzx(decoder) => decoder
                .frame(part.packed, part.unpacked)
                .map_err(|detail| malformed(format!("the block at {at}: {detail}")))?,
        };
        if self.made.len() != part.unpacked {
            return Err(malformed(format!(
                "the block at {at} states {} bytes, it has {}",
                part.unpacked,
                self.made.len()
            )));
        }
        Ok(())
    }
}

impl Read for Unpacking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() && self.left > 0 {
            self.next()?;
        }
        let fresh = head(tail(&self.made, self.given), buffer.len());
        if let Some(target) = buffer.get_mut(..fresh.len()) {
            target.copy_from_slice(fresh);
        }
        self.given += fresh.len();
        Ok(fresh.len())
    }
}

/// One block of MSZIP: two letters, then deflate that may reach back into what came before.
fn inflate(packed: &[u8], size: usize, window: &[u8]) -> Result<Vec<u8>, String> {
    let Some(stream) = packed.strip_prefix(b"CK") else { return Err("no MSZIP block".to_owned()) };
    if size > FRAME {
        return Err("an MSZIP block of more than 32 KiB".to_owned());
    }
    let mut inflate = Decompress::new(false);
    if !window.is_empty() {
        inflate.set_dictionary(window).map_err(|error| error.to_string())?;
    }
    let mut made = Vec::with_capacity(size + 1);
    match inflate.decompress_vec(stream, &mut made, FlushDecompress::Finish) {
        Ok(Status::StreamEnd) => Ok(made),
        Ok(_) => Err("the deflate stream does not end where the block does".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The sum over a block: words of four bytes by exclusive or; the bytes that are left over stand the other way round.
fn sum(data: &[u8], seed: u32) -> u32 {
    let (words, rest) = data.as_chunks::<4>();
    let sum = words.iter().fold(seed, |sum, word| sum ^ u32::from_le_bytes(*word));
    sum ^ rest.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        assert_eq!(sum(&[1, 2, 3, 4], 0), 0x0403_0201);
        assert_eq!(sum(&[1, 0, 0, 0, 0xa, 0xb, 0xc], 0), 0x000a_0b0d);
    }
}
