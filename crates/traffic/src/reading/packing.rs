//! What an input may be packed with.

use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// What an input is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// Zstandard (RFC 8878), one frame or several.
    Zstd,
}

impl Packing {
    /// What bytes are packed with, by their start.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0x1F, 0x8B, 8]) {
            Some(Self::Gzip)
        } else if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) || skippable(bytes).is_some() {
            Some(Self::Zstd)
        } else {
            None
        }
    }

    /// Its name, as locations have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What they hold.
    pub fn unpack<'b>(self, bytes: &'b [u8]) -> Box<dyn Read + 'b> {
        match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
            Self::Zstd => Box::new(Frames { rest: bytes, frame: None }),
        }
    }
}

/// How many bytes the frame at the start has that is to be passed over (RFC 8878, 3.1.2), where it is one: programs that pack on several
/// threads, or so that one can seek, write them.
fn skippable(bytes: &[u8]) -> Option<usize> {
    let [0x50..=0x5F, 0x2A, 0x4D, 0x18, length @ ..] = bytes else { return None };
    let length = u32::from_le_bytes(*length.first_chunk()?);
    usize::try_from(length).ok()?.checked_add(8)
}

/// Frames of Zstandard one after the other.
struct Frames<'b> {
    rest: &'b [u8],
    frame: Option<Frame<'b>>,
}

type Frame<'b> = ruzstd::decoding::StreamingDecoder<&'b [u8], ruzstd::decoding::FrameDecoder>;

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let count = frame.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                self.rest = *frame.get_ref();
                self.frame = None;
            }
            if let Some(length) = skippable(self.rest) {
                let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "a frame to pass over is cut off");
                self.rest = self.rest.get(length..).ok_or_else(cut)?;
                continue;
            }
            if self.rest.is_empty() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(self.rest);
            self.frame = Some(frame.map_err(io::Error::other)?);
        }
    }
}

/// Fills a buffer as far as there is something: how many bytes came, and the error that ended it. It has to be taken now: not every
/// decoder that failed fails again.
pub(super) fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error)),
        }
    }
    (filled, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_to_pass_over_are() {
        let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, b'a', b'b', b'c'];
        let over = [0x5A, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9];
        let bytes = [&over[..], &over, &frame, &over, &frame, &over].concat();
        assert_eq!(Packing::of(&bytes), Some(Packing::Zstd));
        let mut made = Vec::new();
        Packing::Zstd.unpack(&bytes).read_to_end(&mut made).unwrap();
        assert_eq!(made, b"abcabc");
        assert!(Packing::Zstd.unpack(&bytes[..bytes.len() - 1]).read_to_end(&mut made).is_err());
    }
}
