use crate::Digest;
use serde::{Deserialize, Serialize};

/// Where an object of an examination was written, or why it was not, and what its container says of it beyond
/// [`Object`](crate::Object).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its path in the folder; absent when it was not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why it was not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Numeric owner as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Numeric group as stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Modification time as stored, in seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtime: Option<i64>,
    /// Extended attributes as stored: the name escaped like a path, the value in hexadecimal digits. They are not set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub xattrs: Vec<(String, String)>,
    /// Target of a symbolic link as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A stretch of an object that is no container, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeptPart {
    /// Ordinal of the object that it stands in.
    pub holder: u32,
    /// Where it starts there.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// Its format; or `unknown`, or `dense`.
    pub what: String,
    /// Hash of its bytes.
    pub sha256: Digest,
    /// Its path in the folder.
    pub path: String,
}
