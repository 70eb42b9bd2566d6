use crate::{Limits, Problem};
use std::borrow::Cow;

/// Something that a container holds.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Name as stored, with `/` between its parts; empty for the single content of a stream.
    /// It is not a path to open: it may be absolute, climb with `..`, or hold any byte.
    pub path: Cow<'a, [u8]>,
    /// What it is.
    pub kind: EntryKind<'a>,
    /// Permission bits, with set-user-ID, set-group-ID and sticky.
    pub mode: Option<u32>,
    /// Numeric owner.
    pub uid: Option<u32>,
    /// Numeric group.
    pub gid: Option<u32>,
    /// Modification time in seconds since 1970-01-01 UTC.
    pub mtime: Option<i64>,
    /// Where the content starts in the container's bytes, when it stands there in one piece, compressed or not.
    pub at: Option<u64>,
    /// Extended attributes (`security.capability`, `security.selinux`, ...), in the order in which they are stored.
    pub xattrs: Vec<Xattr<'a>>,
}

/// An extended attribute: its full name with the name space before the dot, and its value.
pub type Xattr<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// What an entry is.
#[derive(Debug)]
pub enum EntryKind<'a> {
    /// The content of a compressed stream, or a nameless part of a container.
    Stream(Content<'a>),
    /// A regular file.
    File(Content<'a>),
    /// A directory.
    Directory,
    /// A symbolic link and its target as stored.
    Symlink(Cow<'a, [u8]>),
    /// Another name for the entry with this path.
    Hardlink(Cow<'a, [u8]>),
    /// A character device.
    CharacterDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// An entry's bytes.
pub enum Content<'a> {
    /// They stand in the container as they are.
    Slice(&'a [u8]),
    /// The reader had to make them.
    Owned(Vec<u8>),
    /// They are made on demand, on any thread.
    Deferred {
        /// Their length as the container states it; the real one may differ where the container is malformed.
        size: u64,
        /// Makes them; stops at the object limit of the [`Limits`] it is given, and says so. Whoever asks with a low limit
        /// may ask again.
        make: Box<dyn Fn(&Limits) -> Unpacked + Send + 'a>,
    },
}

/// Bytes made on demand, and what went wrong on the way.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// As much as could be made.
    pub bytes: Vec<u8>,
    /// What is wrong, with offsets in the container.
    pub problems: Vec<Problem>,
}

impl<'a> Entry<'a> {
    /// A part of a container that is bytes and has no owner, mode or time. `at` is where it starts in the container.
    pub fn stream(path: impl Into<Cow<'a, [u8]>>, content: Content<'a>, at: Option<u64>) -> Self {
        Self {
            path: path.into(),
            kind: EntryKind::Stream(content),
            mode: None,
            uid: None,
            gid: None,
            mtime: None,
            at,
            xattrs: Vec::new(),
        }
    }

    /// The same for a part that stands in the container as it is, from `at` on.
    pub fn slice(path: impl Into<Cow<'a, [u8]>>, bytes: &'a [u8], at: usize) -> Self {
        Self::stream(path, Content::Slice(bytes), Some(at as u64))
    }
}

impl Content<'_> {
    /// The length as stated.
    pub fn size(&self) -> u64 {
        match self {
            Self::Slice(bytes) => bytes.len() as u64,
            Self::Owned(bytes) => bytes.len() as u64,
            Self::Deferred { size, .. } => *size,
        }
    }
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = match self {
            Self::Slice(_) => "slice",
            Self::Owned(_) => "owned",
            Self::Deferred { .. } => "deferred",
        };
        write!(f, "{how} of {} bytes", self.size())
    }
}
