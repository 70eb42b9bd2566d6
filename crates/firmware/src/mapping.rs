//! The one place with `unsafe`: mapping an exhibit into the confined child.

use crate::engine::Exhibit;
use std::fs::File;
use std::io::{self, Read as _};

/// An exhibit's bytes: mapped where the system allows it, read into memory otherwise.
pub enum Mapping {
    /// Mapped, so that an image larger than memory can be read.
    Mapped(memmap2::Mmap),
    /// Read, for what cannot be mapped (an empty file, a pipe).
    Read(Vec<u8>),
}

impl Mapping {
    /// The bytes of `file`.
    pub fn of(mut file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        if length > 0 {
            // SAFETY: the map is read-only and private to this process. Another process may still truncate or change
            // the file under it: a change shows as other bytes, which the readers must stand anyway; a truncation
            // raises SIGBUS, which ends this confined child and is recorded by its parent as a failed run.
            #[allow(unsafe_code)]
            let mapped = unsafe { memmap2::Mmap::map(&file) };
            if let Ok(mapped) = mapped {
                return Ok(Self::Mapped(mapped));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Self::Read(bytes))
    }
}

impl Mapping {
    /// Gives back the memory that a part of the bytes takes, which is read again when it is next needed.
    pub fn give_back_part(&self, range: std::ops::Range<usize>) {
        if let Self::Mapped(map) = self
            && range.end <= map.len()
            && range.start < range.end
        {
            let length = range.end - range.start;
            // SAFETY: as for the whole map below.
            #[allow(unsafe_code)]
            let given = unsafe {
                map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, length)
            };
            drop(given);
        }
    }
}

impl Exhibit for Mapping {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Read(bytes) => bytes,
        }
    }

    fn give_back(&self) {
        if let Self::Mapped(map) = self {
            // SAFETY: the map is of a file, read-only and never written through: pages that are given back come from the
            // file again, the same bytes as before, when they are next read.
            #[allow(unsafe_code)]
            let given = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
            // A kernel that does not want them leaves them where they are.
            drop(given);
        }
    }
}
