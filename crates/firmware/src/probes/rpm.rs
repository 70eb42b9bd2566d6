//! Components that an RPM database says are installed.
//!
//! Finds: the packages of `rpmdb.sqlite` (rpm 4.16 and later), `Packages.db` (ndb) and `Packages` (Berkeley DB hash), in
//! `var/lib/rpm` or `usr/lib/sysimage/rpm`, wherever the root stands in the tree.
//! How: the file's tables are walked far enough to get at each package's header; the header's tags give name, epoch,
//! version, release, architecture and source package.
//! When it is wrong: the database speaks of files that were deleted afterwards to save room; a page that was written over
//! can still be reached where a database was cut.
//! What it misses: changes in a write-ahead log that was not merged, Berkeley DB of another kind than hash, headers that
//! do not stand in the database.
//! Source: rpm lib/header.c, lib/backend/ndb/rpmpkg.c; SQLite "Database File Format"; Berkeley DB dbinc/db_page.h; rpm's
//! tag numbers in include/rpm/rpmtag.h; package URL types.

mod berkeley;
mod header;
mod ndb;
mod sqlite;

use super::packages::percent;
use super::text::show;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo};
use header::Header;
use std::borrow::Cow;

/// Components by RPM databases.
pub struct Rpm;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "rpm",
    version: "2",
    finds: "components that an RPM database says are installed, in its SQLite, ndb and Berkeley DB forms",
    how: "walks the database to the header of each package; name, epoch, version, release, architecture and source package by the header's tags",
    wrong: "files of a package that were deleted from the image afterwards are still claimed as present",
    misses: &[
        "changes that stand in a write-ahead log alone",
        "Berkeley DB databases of another kind than hash",
        "packages beyond 20,000 of one database, which are counted",
    ],
    codes: &[COMPONENT],
    source: "rpm lib/header.c, lib/backend/ndb/rpmpkg.c, include/rpm/rpmtag.h; SQLite Database File Format; Berkeley DB dbinc/db_page.h",
};

/// Packages of one database that are claimed.
const PACKAGES: usize = 20_000;
/// Bytes of one header that are read.
const HEADER: usize = 32 << 20;

/// A package's header as its database stores it.
struct Blob<'b> {
    bytes: Cow<'b, [u8]>,
    /// Where it starts in the file.
    at: usize,
    /// Bytes of it that stand there in one piece; the rest stands in other pages.
    piece: usize,
}

/// Bytes that the headers of a database may still have. Each stands in the file once, so that together they are no longer
/// than it: more than that is one that is pointed at again and again.
struct Room(usize);

impl Room {
    fn of(data: &[u8]) -> Self {
        Self(data.len())
    }

    /// Whether a header of this length still fits.
    fn take(&mut self, length: usize) -> bool {
        let left = self.0.checked_sub(length);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

impl<'b> Blob<'b> {
    fn whole(at: usize, bytes: &'b [u8]) -> Self {
        Self { bytes: Cow::Borrowed(bytes), at, piece: bytes.len() }
    }
}

impl Probe for Rpm {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some((folder, name)) = file.path.rsplit_once('/') else { return };
        if !folder.ends_with("lib/rpm") && !folder.ends_with("lib/sysimage/rpm") {
            return;
        }
        let (method, blobs) = match name {
            "rpmdb.sqlite" => ("rpm-sqlite", sqlite::blobs(file.content)),
            "Packages.db" => ("rpm-ndb", ndb::blobs(file.content)),
            "Packages" => ("rpm-berkeley", berkeley::blobs(file.content)),
            _ => return,
        };
        findings.looked_at(file.content.len());
        let Some((blobs, lost)) = blobs else {
            findings.skip(file.location.to_string(), "it is no RPM database of the form that its name says");
            return;
        };
        let (mut claimed, mut broken) = (std::collections::BTreeSet::new(), lost);
        for blob in &blobs {
            let Some(header) = Header::parse(&blob.bytes) else {
                broken += 1;
                continue;
            };
            // Keys of signers stand in the database as packages; they are none.
            if header.name == b"gpg-pubkey" {
                continue;
            }
            let claim = claim(&header, file, method);
            if claimed.insert(claim.fingerprint()) {
                findings.claim(claim.at(file.location.range(blob.at as u64, blob.piece as u64)));
            }
        }
        if broken > 0 {
            findings.skip(file.location.to_string(), format!("{broken} headers of packages cannot be read"));
        }
    }
}

fn claim(header: &Header<'_>, file: &File<'_>, method: &str) -> Claim {
    let version = match header.epoch {
        Some(epoch) => format!("{epoch}:{}-{}", show(header.version), show(header.release)),
        None => format!("{}-{}", show(header.version), show(header.release)),
    };
    let name = show(header.name);
    let mut purl =
        format!("pkg:rpm/{}@{}-{}", percent(header.name), percent(header.version), percent(header.release));
    let mut mark = '?';
    let qualifiers = [
        ("arch", Some(header.architecture).filter(|text| !text.is_empty()).map(percent)),
        ("epoch", header.epoch.map(|epoch| epoch.to_string())),
        ("upstream", Some(header.source).filter(|text| !text.is_empty()).map(percent)),
    ];
    for (qualifier, value) in qualifiers {
        if let Some(value) = value {
            purl.push_str(&format!("{mark}{qualifier}={value}"));
            mark = '&';
        }
    }
    let mut claim = Claim::observation(&COMPONENT, file.subject(), format!("{name} {version}"))
        .fact("name", name)
        .fact("version", version)
        .fact("purl", purl)
        .fact("method", method);
    for (fact, value) in
        [("architecture", header.architecture), ("source", header.source), ("distributor", header.vendor)]
    {
        if !value.is_empty() {
            claim = claim.fact(fact, show(value));
        }
    }
    claim
}

/// The 32-bit word at `at`.
fn word(data: &[u8], at: usize, big: bool) -> Option<u32> {
    let bytes = *data.get(at..at.checked_add(4)?)?.first_chunk::<4>()?;
    Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// The 16-bit word at `at`.
fn half(data: &[u8], at: usize, big: bool) -> Option<u16> {
    let bytes = *data.get(at..at.checked_add(2)?)?.first_chunk::<2>()?;
    Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

#[cfg(test)]
mod tests;
