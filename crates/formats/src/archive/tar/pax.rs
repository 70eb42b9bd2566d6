//! pax records: what stands before an entry, or before all of them, and overrides the headers.

use super::sparse::{Piece, Sparse};
use crate::Xattr;
use crate::bytes::{head, tail};
use std::borrow::Cow;

/// What is said of an entry before its header.
#[derive(Default)]
pub(super) struct Overrides<'a> {
    pub(super) path: Option<&'a [u8]>,
    /// The name of a sparse file; its header and its path record may hold another.
    sparse_name: Option<&'a [u8]>,
    pub(super) link: Option<&'a [u8]>,
    pub(super) size: Option<u64>,
    pub(super) mtime: Option<i64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) device: (Option<u32>, Option<u32>),
    pub(super) sparse: Option<Sparse>,
    pub(super) xattrs: Vec<Xattr<'a>>,
}

/// Records that say nothing that an examiner would look for, and hold no more than a number or a name.
const KNOWN: &[&[u8]] = &[
    b"atime",
    b"ctime",
    b"charset",
    b"hdrcharset",
    b"uname",
    b"gname",
    b"LIBARCHIVE.creationtime",
    b"SCHILY.dev",
    b"SCHILY.ino",
    b"SCHILY.nlink",
    b"SCHILY.filetype",
    b"SCHILY.fflags",
];
/// No known record above has a value longer than this; what is longer is looked at.
const KNOWN_MAX: usize = 64;

impl<'a> Overrides<'a> {
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            path: self.sparse_name.or(self.path).or(other.path),
            sparse_name: None,
            link: self.link.or(other.link),
            size: self.size.or(other.size),
            mtime: self.mtime.or(other.mtime),
            uid: self.uid.or(other.uid),
            gid: self.gid.or(other.gid),
            device: (self.device.0.or(other.device.0), self.device.1.or(other.device.1)),
            sparse: self.sparse,
            xattrs: self.xattrs,
        }
    }

    /// Reads pax records, each `"%d %s=%s\n"` with its own length first; hands what says nothing of the entry to
    /// `other` (the key, the value, where the record stands). The offset of a broken record, if there is one.
    pub(super) fn take_records(
        &mut self,
        records: &'a [u8],
        mut other: impl FnMut(&'a [u8], &'a [u8], usize),
    ) -> Option<usize> {
        let mut at = 0;
        while at < records.len() {
            let Some((key, value, length)) = split_record(tail(records, at)) else {
                // Some writers fill the block up and count that as well.
                return tail(records, at).iter().any(|byte| *byte != 0).then_some(at);
            };
            let text = std::str::from_utf8(value).unwrap_or_default();
            let understood = match key {
                b"path" => take(&mut self.path, Some(value)),
                b"linkpath" => take(&mut self.link, Some(value)),
                b"size" => take(&mut self.size, text.parse().ok()),
                b"mtime" => take(&mut self.mtime, seconds(text)),
                b"uid" => take(&mut self.uid, text.parse().ok()),
                b"gid" => take(&mut self.gid, text.parse().ok()),
                b"SCHILY.devmajor" => take(&mut self.device.0, text.parse().ok()),
                b"SCHILY.devminor" => take(&mut self.device.1, text.parse().ok()),
                b"SCHILY.realsize" => {
                    self.sparse().size = text.parse().ok();
                    true
                }
                _ => match (key.strip_prefix(b"GNU.sparse."), key.strip_prefix(b"SCHILY.xattr.")) {
                    (Some(key), _) => self.sparse_record(key, value, text),
                    (None, Some(name)) => {
                        self.xattrs.push((Cow::Borrowed(name), Cow::Borrowed(value)));
                        true
                    }
                    (None, None) => KNOWN.contains(&key) && value.len() <= KNOWN_MAX,
                },
            };
            if !understood {
                other(key, value, at);
            }
            at += length;
        }
        None
    }

    fn sparse(&mut self) -> &mut Sparse {
        self.sparse.get_or_insert_default()
    }

    fn sparse_record(&mut self, key: &[u8], value: &'a [u8], text: &str) -> bool {
        if key == b"name" {
            self.sparse_name = Some(value);
            return true;
        }
        let sparse = self.sparse();
        match key {
            b"major" | b"minor" => {
                sparse.map_in_content |= key == b"major" && text == "1";
                text.len() < 4
            }
            b"size" | b"realsize" => take(&mut sparse.size, text.parse().ok()),
            b"numblocks" => text.parse::<u64>().is_ok(),
            b"offset" => match text.parse() {
                Ok(offset) => {
                    sparse.pieces.push(Piece { offset, length: 0 });
                    true
                }
                Err(_) => false,
            },
            b"numbytes" => match (text.parse(), sparse.pieces.last_mut()) {
                (Ok(length), Some(piece)) => {
                    piece.length = length;
                    true
                }
                _ => false,
            },
            b"map" => {
                let numbers: Vec<u64> = text.split(',').map_while(|number| number.parse().ok()).collect();
                let (pairs, _) = numbers.as_chunks::<2>();
                sparse.pieces =
                    pairs.iter().map(|[offset, length]| Piece { offset: *offset, length: *length }).collect();
                true
            }
            _ => false,
        }
    }
}

/// Sets a field to what a record says; whether it says something.
fn take<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let said = value.is_some();
    if said {
        *field = value;
    }
    said
}

/// Key and value of the first record, and its length.
fn split_record(records: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let space = head(records, 20).iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(head(records, space)).ok()?.parse().ok()?;
    let record = records.get(space + 1..length.checked_sub(1)?)?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    (records.get(length - 1) == Some(&b'\n')).then_some((
        head(record, equals),
        tail(record, equals + 1),
        length,
    ))
}

/// Whole seconds of a decimal number, rounded down.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let below = text.starts_with('-') && fraction.bytes().any(|digit| digit != b'0');
    seconds.checked_sub(i64::from(below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken(records: &[u8]) -> (Overrides<'_>, Vec<String>, Option<usize>) {
        let mut overrides = Overrides::default();
        let mut others = Vec::new();
        let broken = overrides.take_records(records, |key, value, at| {
            others.push(format!("{at} {}={}", String::from_utf8_lossy(key), String::from_utf8_lossy(value)));
        });
        (overrides, others, broken)
    }

    #[test]
    fn records() {
        let (overrides, others, broken) = taken(b"14 path=a/b/c\n13 comment=x\n16 mtime=-1.5000\n");
        assert_eq!((overrides.path, overrides.mtime), (Some(&b"a/b/c"[..]), None));
        assert_eq!((others, broken), (vec!["14 comment=x".to_owned()], Some(27)));
        assert_eq!(seconds("-1.5"), Some(-2));
        let (overrides, others, _) = taken(b"26 SCHILY.xattr.user.a=\0\n\n");
        assert_eq!((&*overrides.xattrs[0].0, &*overrides.xattrs[0].1), (&b"user.a"[..], &b"\0\n"[..]));
        assert!(others.is_empty());
        for broken in [&b"99 path=x\n"[..], b"3 x\n", b"0 path=x\n", b"18446744073709551615 a=b\n"] {
            assert_eq!(taken(broken).2, Some(0), "{broken:?}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_handed_out() {
        let (overrides, others, broken) = taken(b"13 size=what\n");
        assert_eq!((overrides.size, broken), (None, None));
        assert_eq!(others, ["0 size=what"]);
    }

    #[test]
    fn sparse_maps() {
        let (overrides, _, _) =
            taken(b"24 GNU.sparse.offset=10\n25 GNU.sparse.numbytes=5\n22 GNU.sparse.size=99\n");
        let sparse = overrides.sparse.unwrap();
        assert_eq!((sparse.size, &sparse.pieces[..]), (Some(99), &[Piece { offset: 10, length: 5 }][..]));
        let (overrides, _, _) = taken(b"26 GNU.sparse.map=0,1,7,2\n");
        assert_eq!(overrides.sparse.unwrap().pieces[1], Piece { offset: 7, length: 2 });
    }

    proptest! {
        #[test]
        fn any_bytes(records in prop::collection::vec(any::<u8>(), 0..200)) {
            let (_, _, broken) = taken(&records);
            prop_assert!(broken.is_none_or(|at| at < records.len()));
        }
    }
}
