//! The headers of a zip archive, at the front of each member and in the directory at the end.

use crate::archive::slack::Slack;
use crate::bytes::{position, slice, tail, u16_le, u32_le, u64_le};

pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
pub(super) const CENTRAL: &[u8] = b"PK\x01\x02";
pub(super) const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
pub(super) const DESCRIPTOR: &[u8] = b"PK\x07\x08";
pub(super) const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
const ALL_ONES: u32 = u32::MAX;

/// What a local or a central header says of a member.
#[derive(Clone, Debug)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) comment: &'a [u8],
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) external: u32,
    /// Where the local header stands, as the archive counts.
    pub(super) offset: u64,
    /// Length of this header with its name, extra fields and comment.
    pub(super) length: usize,
    dos_time: u32,
    extra: &'a [u8],
    extra_at: usize,
    comment_at: usize,
    pub(super) facts: Extra,
}

/// What the known extra fields say.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    pub(super) mtime: Option<i64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    /// WinZip AES: its version, its strength (1 to 3) and the method beneath.
    pub(super) aes: Option<(u16, u8, u16)>,
    pub(super) zip64: bool,
}

impl<'a> Header<'a> {
    /// The local header at `at`.
    pub(super) fn local(data: &'a [u8], at: usize) -> Option<Self> {
        let rest = data.get(at..)?;
        if !rest.starts_with(LOCAL) {
            return None;
        }
        let (name, extra) = (usize::from(u16_le(rest, 26)?), usize::from(u16_le(rest, 28)?));
        let mut header = Self {
            name: slice(rest, LOCAL_SIZE, name)?,
            comment: b"",
            made_by: 0,
            flags: u16_le(rest, 6)?,
            method: u16_le(rest, 8)?,
            dos_time: u32_le(rest, 10)?,
            crc: u32_le(rest, 14)?,
            compressed: u32_le(rest, 18)?.into(),
            size: u32_le(rest, 22)?.into(),
            external: 0,
            offset: at as u64,
            length: LOCAL_SIZE + name + extra,
            extra: slice(rest, LOCAL_SIZE + name, extra)?,
            extra_at: at + LOCAL_SIZE + name,
            comment_at: 0,
            facts: Extra::default(),
        };
        header.take_extra();
        Some(header)
    }

    /// The header at `at` in the central directory.
    pub(super) fn central(data: &'a [u8], at: usize) -> Option<Self> {
        let rest = data.get(at..)?;
        if !rest.starts_with(CENTRAL) {
            return None;
        }
        let length = |at| u16_le(rest, at).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let mut header = Self {
            name: slice(rest, CENTRAL_SIZE, name)?,
            comment: slice(rest, CENTRAL_SIZE + name + extra, comment)?,
            made_by: u16_le(rest, 4)?,
            flags: u16_le(rest, 8)?,
            method: u16_le(rest, 10)?,
            dos_time: u32_le(rest, 12)?,
            crc: u32_le(rest, 16)?,
            compressed: u32_le(rest, 20)?.into(),
            size: u32_le(rest, 24)?.into(),
            external: u32_le(rest, 38)?,
            offset: u32_le(rest, 42)?.into(),
            length: CENTRAL_SIZE + name + extra + comment,
            extra: slice(rest, CENTRAL_SIZE + name, extra)?,
            extra_at: at + CENTRAL_SIZE + name,
            comment_at: at + CENTRAL_SIZE + name + extra,
            facts: Extra::default(),
        };
        header.take_extra();
        Some(header)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether sizes and checksum stand behind the content.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }

    /// The type and permission bits, where a Unix system made the member.
    pub(super) fn mode(&self) -> Option<u32> {
        let mode = self.external >> 16;
        (matches!(self.made_by >> 8, 3 | 19) && mode != 0).then_some(mode)
    }

    /// Seconds since 1970; the time of DOS has no zone and is taken for UTC.
    pub(super) fn mtime(&self) -> Option<i64> {
        self.facts.mtime.or_else(|| dos_time(self.dos_time))
    }

    /// Whether chance does not make this header: a known method, a name that is text.
    pub(super) fn is_sane(&self) -> bool {
        matches!(self.method, 0..=12 | 14 | 16 | 18..=20 | 92..=99)
            && (1..=4096).contains(&self.name.len())
            && self.name.iter().all(|byte| *byte >= b' ')
            && self.flags & 0xc000 == 0
    }

    fn take_extra(&mut self) {
        let extra = self.extra;
        let mut fields = Fields { extra, at: 0 };
        let facts = &mut self.facts;
        for (id, at, field) in fields.by_ref() {
            let _ = at;
            match id {
                // Of zip64, only what does not fit into the header is there, in this order.
                1 => {
                    facts.zip64 = true;
                    let mut at = 0;
                    for value in [&mut self.size, &mut self.compressed, &mut self.offset] {
                        if *value == u64::from(ALL_ONES)
                            && let Some(wide) = u64_le(field, at)
                        {
                            *value = wide;
                            at += 8;
                        }
                    }
                }
                0x5455 if field.first().is_some_and(|flags| flags & 1 != 0) => {
                    // Seconds with a sign, as Unix had them.
                    facts.mtime = u32_le(field, 1).map(|seconds| i64::from(seconds as i32)).or(facts.mtime);
                }
                0x5855 | 0x000d => {
                    let mtime = u32_le(field, 4).map(|seconds| i64::from(seconds as i32));
                    facts.mtime = facts.mtime.or(mtime);
                    facts.uid = facts.uid.or(u16_le(field, 8).map(u32::from));
                    facts.gid = facts.gid.or(u16_le(field, 10).map(u32::from));
                }
                0x7855 => {
                    facts.uid = facts.uid.or(u16_le(field, 0).map(u32::from));
                    facts.gid = facts.gid.or(u16_le(field, 2).map(u32::from));
                }
                0x7875 => {
                    let uid_size = field.get(1).copied().unwrap_or(0);
                    let gid_size = field.get(2 + usize::from(uid_size)).copied().unwrap_or(0);
                    facts.uid = owner(field, 2, uid_size).or(facts.uid);
                    facts.gid = owner(field, 3 + usize::from(uid_size), gid_size).or(facts.gid);
                }
                0x000a => facts.mtime = facts.mtime.or_else(|| ntfs_time(field)),
                0x9901 => {
                    facts.aes = match (u16_le(field, 0), field.get(4), u16_le(field, 5)) {
                        (Some(version), Some(strength), Some(method)) => Some((version, *strength, method)),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
    }

    /// Takes what no known field says: unknown extra fields, what is left behind them, the comment.
    pub(super) fn slack(&self, slack: &mut Slack<'a>) {
        let mut fields = Fields { extra: self.extra, at: 0 };
        for (id, at, field) in fields.by_ref() {
            // The known fields, and alignment.
            if !matches!(id, 1 | 0x5455 | 0x5855 | 0x000d | 0x7855 | 0x7875 | 0x000a | 0x9901) {
                slack.take(self.extra_at + at, field);
            }
        }
        slack.take(self.extra_at + fields.at, tail(self.extra, fields.at));
        slack.take(self.comment_at, self.comment);
    }
}

/// The extra fields of a header: number, place, content.
struct Fields<'a> {
    extra: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u16, usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, length) = (u16_le(self.extra, self.at)?, u16_le(self.extra, self.at + 2)?);
        let start = self.at + 4;
        let field = slice(self.extra, start, length.into())?;
        self.at = start + field.len();
        Some((id, start, field))
    }
}

fn owner(field: &[u8], at: usize, size: u8) -> Option<u32> {
    match size {
        2 => u16_le(field, at).map(u32::from),
        4 => u32_le(field, at),
        _ => None,
    }
}

/// Hundreds of nanoseconds since 1601, in the first attribute of the field.
fn ntfs_time(field: &[u8]) -> Option<i64> {
    if u16_le(field, 4)? != 1 {
        return None;
    }
    i64::try_from(u64_le(field, 8)? / 10_000_000).ok().map(|seconds| seconds - 11_644_473_600)
}

/// Seconds since 1970 of a time and date of DOS.
pub(in super::super) fn dos_time(time: u32) -> Option<i64> {
    let (date, time) = (i64::from(time >> 16), i64::from(time & 0xffff));
    let (year, month, day) = (1980 + (date >> 9), date >> 5 & 15, date & 31);
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // Days since 1970-01-01 of the proleptic Gregorian calendar, counted in years that begin in March.
    let shifted = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468;
    Some(days * 86_400 + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2)
}

/// The end of the central directory.
#[derive(Debug)]
pub(super) struct End<'a> {
    /// Where the directory starts in the data.
    pub(super) directory: usize,
    /// Where the records of the end start.
    pub(super) at: usize,
    /// Where the archive ends.
    pub(super) end: usize,
    pub(super) entries: u64,
    /// What stands before the data and is counted in the archive's offsets.
    pub(super) prefix: u64,
    pub(super) comment: &'a [u8],
    pub(super) comment_at: usize,
    pub(super) is_split: bool,
    pub(super) is_cut_off: bool,
}

impl<'a> End<'a> {
    /// The end record of the archive that starts with the data.
    pub(super) fn find(data: &'a [u8], stopped: impl Fn() -> bool) -> Option<Self> {
        let mut at = 0;
        loop {
            if stopped() {
                return None;
            }
            let window = crate::bytes::head(tail(data, at), 1 << 20);
            match window.windows(4).position(|bytes| bytes == END) {
                Some(found) => {
                    if let Some(end) = Self::parse(data, at + found) {
                        return Some(end);
                    }
                    at += found + 4;
                }
                None if at + window.len() < data.len() => at += window.len() - 3,
                None => return None,
            }
        }
    }

    fn parse(data: &'a [u8], at: usize) -> Option<Self> {
        let record = data.get(at..)?;
        let mut entries = u64::from(u16_le(record, 10)?);
        let mut size = u64::from(u32_le(record, 12)?);
        let mut offset = u64::from(u32_le(record, 16)?);
        let comment_length = usize::from(u16_le(record, 20)?);
        let mut is_split = u16_le(record, 4)? != 0 && u16_le(record, 4)? != u16::MAX;
        let mut start = at;
        if let Some(wide) = end64(data, at) {
            let record = tail(data, wide);
            is_split |= u32_le(record, 16)? != 0;
            entries = u64_le(record, 32)?;
            size = u64_le(record, 40)?;
            offset = u64_le(record, 48)?;
            start = wide;
        }
        let comment = crate::bytes::head(tail(record, END_SIZE), comment_length);
        let found = |directory: usize, prefix: u64| Self {
            directory,
            at: start,
            end: at + END_SIZE + comment.len(),
            entries,
            prefix,
            comment,
            comment_at: at + END_SIZE,
            is_split,
            is_cut_off: comment.len() < comment_length,
        };
        // Offsets usually count from the first byte here.
        let stated = position(offset);
        if stated <= start && tail(data, stated).starts_with(CENTRAL) {
            return Some(found(stated, 0));
        }
        // Behind a program that unpacks itself they count from its start.
        let directory = start.checked_sub(position(size))?;
        let prefix = offset.checked_sub(directory as u64)?;
        let mut entry = directory;
        for _ in 0..16 {
            let header = Header::central(data, entry)?;
            if header.offset == prefix {
                return Some(found(directory, prefix));
            }
            entry += header.length;
        }
        None
    }
}

/// Where the zip64 record of the end stands, if the end at `at` has one.
fn end64(data: &[u8], at: usize) -> Option<usize> {
    let locator = at.checked_sub(20)?;
    if !tail(data, locator).starts_with(LOCATOR64) {
        return None;
    }
    let stated = position(u64_le(data, locator + 8)?);
    let candidates = [locator.checked_sub(56), Some(stated)];
    candidates.into_iter().flatten().find(|at| *at < locator && tail(data, *at).starts_with(END64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_dos() {
        // 2001-09-09 01:46:40.
        let date = (2001 - 1980) << 9 | 9 << 5 | 9;
        let time = 1 << 11 | 46 << 5 | 20;
        assert_eq!(dos_time(date << 16 | time), Some(1_000_000_000));
        assert_eq!(dos_time(0x0021_0000), Some(315_532_800));
        assert_eq!(dos_time(0), None);
        assert_eq!(dos_time(0x585d_0000 & 0xffff_0000), dos_time(0x585d_0000));
    }
}
