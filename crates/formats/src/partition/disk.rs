//! What the partition tables share: parts of a disk, what lies between them, and what overlaps.

use crate::bytes::{position, slice};
use crate::{Content, Entry, EntryKind, Limits, Problem, ProblemKind};
use std::borrow::Cow;

/// A part of a disk, in bytes.
pub(super) struct Part {
    pub start: u64,
    pub length: u64,
    /// What it is handed out as; nothing for a table's own sectors.
    pub path: Option<String>,
    /// Where the table speaks of it.
    pub stated_at: u64,
}

impl Part {
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }

    pub(super) fn table(start: u64, length: u64) -> Self {
        Self { start, length, path: None, stated_at: start }
    }
}

/// Hands out the parts in the order of the disk, and what lies between them as `gap-N` where it is not of one value.
pub(super) fn hand_out<'a>(
    data: &'a [u8],
    size: usize,
    mut parts: Vec<Part>,
    limits: &Limits,
    problems: &mut Vec<Problem>,
    sink: &mut dyn FnMut(Entry<'a>),
) {
    parts.sort_by_key(|part| (part.start, part.length));
    let mut handed = 0_u64;
    let mut gaps = 0;
    let mut reached = 0_u64;
    let last = Part::table(size as u64, 0);
    for part in parts.iter().chain([&last]) {
        if handed >= limits.entries || limits.stopped() {
            let detail = format!("stopped after {handed} parts");
            return problems.push(Problem::new(ProblemKind::LimitReached, part.stated_at, detail));
        }
        if part.start > reached
            && let Some(gap) = data.get(position(reached)..position(part.start).min(size))
            && !is_blank(gap)
        {
            gaps += 1;
            handed += 1;
            sink(stream(format!("gap-{gaps}"), gap, reached));
        }
        if let Some(path) = &part.path {
            if part.start < reached {
                let detail = format!("{path} overlaps the part of the disk before it");
                problems.push(Problem::new(ProblemKind::Malformed, part.stated_at, detail));
            }
            let length = position(part.length).min(size.saturating_sub(position(part.start)));
            if (length as u64) < part.length {
                let detail = format!("{path} has {} bytes, {length} are there", part.length);
                problems.push(Problem::new(ProblemKind::Truncated, part.stated_at, detail));
            }
            if let Some(bytes) = slice(data, position(part.start), length)
                && !bytes.is_empty()
            {
                handed += 1;
                sink(stream(path.clone(), bytes, part.start));
            }
        }
        reached = reached.max(part.end());
    }
}

/// Whether all bytes are zero, or all ones, as erased flash is.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(first @ (0 | 0xff)) => bytes.iter().all(|byte| byte == first),
        Some(_) => false,
        None => true,
    }
}

pub(super) fn stream(path: String, bytes: &[u8], at: u64) -> Entry<'_> {
    Entry {
        path: Cow::Owned(path.into_bytes()),
        kind: EntryKind::Stream(Content::Slice(bytes)),
        mode: None,
        uid: None,
        gid: None,
        mtime: None,
        at: Some(at),
        xattrs: Vec::new(),
    }
}
