use crate::{Digest, Location, RunReport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that one inspection of an exhibit found: the objects in it, the account of its bytes, and the probes' runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The exhibit's hash.
    pub exhibit: Digest,
    /// The exhibit's length in bytes.
    pub size: u64,
    /// How the examining process was confined, mechanism by mechanism, as it found itself.
    pub confinement: BTreeMap<String, String>,
    /// The objects in order: each stands after the one that holds it. The first is the exhibit itself.
    pub objects: Vec<Object>,
    /// The probes' runs, unpacking first.
    pub runs: Vec<RunReport>,
}

/// An object in an exhibit: the exhibit itself, a stream, a file, a directory, ...
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Position in [`Examination::objects`].
    pub ordinal: u32,
    /// The object that holds it; absent for the exhibit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Where it stands.
    pub location: Location,
    /// What sort of object it is.
    pub kind: ObjectKind,
    /// Length of its bytes.
    pub size: u64,
    /// Hash of its bytes, for kinds that have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// SHA-1 of its bytes, 40 hexadecimal digits, where an interchange format asked for it; the ledger does not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// The format its bytes start with, where one was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Permission bits as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// Target of a symbolic or hard link, escaped like a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The account of its bytes, in order of offset, without gap or overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
}

/// The sorts of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// The exhibit itself.
    Exhibit,
    /// The content of a compressed stream or a part of a container.
    Stream,
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A hard link to another entry.
    Hardlink,
    /// A character or block device, a pipe or a socket.
    Special,
}

impl ObjectKind {
    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exhibit => "exhibit",
            Self::Stream => "stream",
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Hardlink => "hardlink",
            Self::Special => "special",
        }
    }
}

/// A run of an object's bytes that are all accounted for in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Where it starts in the object.
    pub offset: u64,
    /// Its length in bytes, never 0.
    pub length: u64,
    /// What is known about it.
    pub class: RegionClass,
    /// The format, for known bytes; the fill byte, for padding.
    pub note: String,
    /// Header facts of a known format, in its own order of reading.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Shannon entropy in thousandths of a bit per byte (0 to 8000), for bytes whose format is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<u32>,
}

/// What is known about a region's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionClass {
    /// Read as a format.
    Known,
    /// One byte value repeated.
    Padding,
    /// As dense as encrypted or compressed data, in no known format.
    Opaque,
    /// None of these.
    Unknown,
}

impl RegionClass {
    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Padding => "padding",
            Self::Opaque => "opaque",
            Self::Unknown => "unknown",
        }
    }
}

/// The bytes of an object by class; their sum is its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// Bytes read as a format.
    pub known: u64,
    /// Bytes of padding.
    pub padding: u64,
    /// Dense bytes in no known format.
    pub opaque: u64,
    /// All other bytes.
    pub unknown: u64,
}

impl Object {
    /// The account of its bytes by class.
    pub fn shares(&self) -> Shares {
        let mut shares = Shares::default();
        for region in &self.regions {
            *match region.class {
                RegionClass::Known => &mut shares.known,
                RegionClass::Padding => &mut shares.padding,
                RegionClass::Opaque => &mut shares.opaque,
                RegionClass::Unknown => &mut shares.unknown,
            } += region.length;
        }
        shares
    }
}
