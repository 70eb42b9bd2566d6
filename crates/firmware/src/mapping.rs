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
