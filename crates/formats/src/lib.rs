//! Bytes to typed structures: codecs, archives, file systems, boot containers, executables.
//!
//! Pure: no I/O, no clock, no `unsafe`. A format is one file that implements [`Format`] and one line in `registry.rs`.
//! Readers borrow from the bytes they are given wherever the bytes stand there as they are; what has to be
//! decompressed is deferred, so that the caller can do it in parallel.

pub mod archive;
pub mod boot;
mod broken;
mod bytes;
pub mod compression;
mod entry;
pub mod executable;
pub mod filesystem;
mod limits;
pub mod partition;
mod reading;
pub mod records;
mod registry;
pub mod statement;
pub mod time;
pub mod traffic;
pub mod vendor;

pub use entry::{Content, Entry, EntryKind, Unpacked, Xattr};
pub use limits::Limits;
pub use reading::{Problem, ProblemKind, Reading};
pub use registry::{FORMATS, format};

/// A format that can stand at any offset of an image.
pub trait Format: Sync {
    /// What it is, where it is looked for, and what its reader cannot do.
    fn describe(&self) -> &'static Description;

    /// Reads the object that starts at the first byte of `data` and may end before its last.
    ///
    /// `None` when the bytes are not this format. What is malformed in an object that *is* this format is a
    /// [`Problem`] of the reading, and everything that can still be read is handed to `sink`.
    /// A reader must stop in time linear in `data` plus what `limits` lets it produce.
    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading>;

    /// Whether `data`, at whose start a magic says that one may be, can be one that stands inside an object. Asked before
    /// [`Format::read`] at every hit of a magic there; worth it where chance makes the magic often, and must cost next to
    /// nothing. What it refuses, `read` has to refuse as well.
    fn may_start(&self, data: &[u8]) -> bool {
        let _ = data;
        true
    }

    /// Where the object starts whose floating magic ([`Magic::FLOATING`]) stands at `at` in `data`, at most
    /// [`LOOK_BACK`] bytes before it. Asked only of formats that have such a magic; must be cheap, since it is asked at
    /// every hit.
    fn locate(&self, data: &[u8], at: usize) -> Option<usize> {
        let _ = (data, at);
        None
    }
}

/// How far before its floating magic an object may start, in bytes.
pub const LOOK_BACK: usize = 64 << 10;

/// Where the candidate stands; decides how much a reader asks before it says "this is mine".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the start of an object: a good magic and a sane header suffice, a broken rest is a problem to report.
    Start,
    /// Carved from the middle of unknown bytes: asks for a checksum that fits or a structure that chance does not make.
    Inside,
}

/// A format's documentation: the row of `banbury formats`.
#[derive(Debug)]
pub struct Description {
    /// Short name, unique, lower case.
    pub name: &'static str,
    /// Full name.
    pub title: &'static str,
    /// Byte strings that a candidate has, each with its distance from the start of the format.
    pub magics: &'static [Magic],
    /// What the reader hands out.
    pub yields: &'static str,
    /// What the reader does not read; never empty.
    pub limits: &'static [&'static str],
    /// The specification it was written from.
    pub source: &'static str,
}

/// A byte string at a fixed distance from the start of a format.
#[derive(Debug)]
pub struct Magic {
    /// Distance in bytes, or [`Magic::FLOATING`].
    pub offset: usize,
    /// The bytes; at least two.
    pub bytes: &'static [u8],
}

impl Magic {
    /// The offset of a byte string that stands somewhere in the object; [`Format::locate`] finds the start.
    pub const FLOATING: usize = usize::MAX;
}
