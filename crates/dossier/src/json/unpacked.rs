//! The manifest of an unpacked image.

use super::wire::{Bytes, Claim, Examined, Explained, Object, Run, explained};
use crate::UnpackReport;
use banbury_evidence as inner;
use serde::Serialize;
use std::collections::BTreeMap;

/// The `unpack` document.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    schema: &'static str,
    banbury: &'static str,
    name: &'a str,
    sha256: String,
    size: u64,
    confinement: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Bytes>,
    objects: Vec<Kept<'a>>,
    parts: Vec<Part<'a>>,
    runs: Vec<Run<'a>>,
    claims: Vec<Claim<'a>>,
    explanations: BTreeMap<&'a str, Explained<'a>>,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    object: Object<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtime: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    xattrs: Vec<Xattr<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Xattr<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Part<'a> {
    holder: u32,
    offset: u64,
    length: u64,
    what: &'a str,
    sha256: String,
    path: &'a str,
}

impl<'a> Manifest<'a> {
    pub fn of(report: &'a UnpackReport) -> Self {
        let examined = Examined::of(&report.name, &report.examination);
        let runs = &report.examination.runs;
        let mut explanations = explained(&report.explanations);
        explanations
            .retain(|code, _| runs.iter().flat_map(|run| &run.claims).any(|claim| claim.code == *code));
        let objects = examined.objects.into_iter().zip(&report.kept);
        Self {
            schema: "urn:banbury:schema:unpack:1",
            banbury: env!("CARGO_PKG_VERSION"),
            name: examined.name,
            sha256: examined.sha256,
            size: examined.size,
            confinement: examined.confinement,
            bytes: examined.bytes,
            objects: objects.map(|(object, kept)| Kept::of(object, kept)).collect(),
            parts: report.parts.iter().map(Part::of).collect(),
            runs: examined.runs,
            claims: examined.claims,
            explanations,
        }
    }
}

impl<'a> Kept<'a> {
    fn of(object: Object<'a>, kept: &'a inner::Kept) -> Self {
        Self {
            object,
            uid: kept.uid,
            gid: kept.gid,
            mtime: kept.mtime,
            xattrs: kept.xattrs.iter().map(|(name, value)| Xattr { name, value }).collect(),
            path: kept.path.as_deref(),
            link: kept.link.as_deref(),
            reason: kept.reason.as_deref(),
        }
    }
}

impl<'a> Part<'a> {
    fn of(part: &'a inner::KeptPart) -> Self {
        Self {
            holder: part.holder,
            offset: part.offset,
            length: part.length,
            what: &part.what,
            sha256: part.sha256.to_string(),
            path: &part.path,
        }
    }
}
