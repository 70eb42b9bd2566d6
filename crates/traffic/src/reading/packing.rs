//! What an input may be packed with.

use super::{Bytes, WINDOW};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// What an input holds; its bytes are given back when they were read.
    pub fn unpack<'b>(self, input: &'b dyn Bytes) -> Box<dyn Read + Send + 'b> {
        let packed = Packed { input, at: Arc::default() };
        match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(Frames { packed, frame: None }),
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

/// What of an input has not been read; clones go on together.
#[derive(Clone)]
struct Packed<'b> {
    input: &'b dyn Bytes,
    at: Arc<AtomicUsize>,
}

impl<'b> Packed<'b> {
    fn rest(&self) -> &'b [u8] {
        self.input.bytes().get(self.at.load(Ordering::Relaxed)..).unwrap_or_default()
    }

    /// Passes over bytes of the rest; windows that end in them are given back.
    fn pass(&self, count: usize) {
        let before = self.at.fetch_add(count, Ordering::Relaxed);
        let whole = |at: usize| at / WINDOW * WINDOW;
        let read = whole(before)..whole(before + count);
        if !read.is_empty() {
            self.input.give_back(read);
        }
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest().read(buffer)?;
        self.pass(count);
        Ok(count)
    }
}

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, count: usize) {
        self.pass(count);
    }
}

/// Frames of Zstandard one after the other.
struct Frames<'b> {
    packed: Packed<'b>,
    frame: Option<Frame<'b>>,
}

type Frame<'b> = ruzstd::decoding::StreamingDecoder<Packed<'b>, ruzstd::decoding::FrameDecoder>;

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let count = frame.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                self.frame = None;
            }
            let rest = self.packed.rest();
            if let Some(length) = skippable(rest) {
                if length > rest.len() {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "a frame to pass over is cut off",
                    ));
                }
                self.packed.pass(length);
                continue;
            }
            if rest.is_empty() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(self.packed.clone());
            self.frame = Some(frame.map_err(io::Error::other)?);
        }
    }
}

/// Fills a buffer anew with what there is, up to so many bytes; gives the error that ended it. It has to be taken now: not every decoder
/// that failed fails again.
pub(super) fn fill(mut from: &mut (dyn Read + Send), most: usize, buffer: &mut Vec<u8>) -> Option<io::Error> {
    buffer.clear();
    (&mut from).take(most as u64).read_to_end(buffer).err()
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
        let cut = bytes[..bytes.len() - 1].to_vec();
        assert!(Packing::Zstd.unpack(&cut).read_to_end(&mut made).is_err());
    }

    /// Bytes that note what was given back.
    struct Noted(Vec<u8>, std::sync::Mutex<Vec<std::ops::Range<usize>>>);

    impl Bytes for Noted {
        fn bytes(&self) -> &[u8] {
            &self.0
        }

        fn give_back(&self, range: std::ops::Range<usize>) {
            self.1.lock().unwrap().push(range);
        }
    }

    #[test]
    fn what_was_unpacked_is_given_back() {
        // 20 blocks as they are of a MiB, each a member of its own.
        let block: Vec<u8> =
            (0..1 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut bytes = Vec::new();
        for _ in 0..20 {
            let mut gzip = flate2::write::GzEncoder::new(&mut bytes, flate2::Compression::none());
            io::Write::write_all(&mut gzip, &block).unwrap();
            gzip.finish().unwrap();
        }
        let input = Noted(bytes, Default::default());
        let mut made = Vec::new();
        Packing::Gzip.unpack(&input).read_to_end(&mut made).unwrap();
        assert!(made.chunks(block.len()).all(|one| one == block) && made.len() == 20 * block.len());
        let given = input.1.lock().unwrap();
        assert!(given.len() >= 2 && given[0].start == 0, "{given:?}");
        assert!(given.array_windows::<2>().all(|[one, next]| one.end == next.start), "{given:?}");
        assert!(given.iter().all(|range| range.end <= input.0.len()), "{given:?}");
    }
}
