//! Rock Ridge: what POSIX knows of a file, in the system use area of its record.
//! Source: IEEE P1281 (SUSP 1.12), P1282 (RRIP 1.12).

use super::record::{both_32, long_time, short_time};
use crate::bytes::{position, slice, tail};

/// What the entries of a record say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub name: Vec<u8>,
    pub has_name: bool,
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub links: u32,
    pub serial: Option<u32>,
    pub device: Option<(u32, u32)>,
    pub target: Vec<u8>,
    pub mtime: Option<i64>,
    /// The block of a directory that was moved away from here.
    pub child: Option<u32>,
    /// Whether the directory was moved to here.
    pub relocated: bool,
    /// Size when decompressed, where zisofs compressed it.
    pub zisofs: Option<u32>,
    /// Entries that are not read.
    pub unread: Option<&'static str>,
    /// Whether an entry or its continuation could not be followed.
    pub broken: bool,
}

/// Continuations that are followed: each is a block elsewhere.
const CONTINUATIONS: usize = 64;

/// How many bytes of each system use area to skip, told by the root's own record; `None` without SUSP.
pub(super) fn skipped(system_use: &[u8]) -> Option<usize> {
    let signature = slice(system_use, 0, 7)?;
    (signature.starts_with(b"SP\x07") && signature.get(4..6) == Some(&[0xbe, 0xef])).then_some(())?;
    signature.get(6).map(|skip| usize::from(*skip))
}

/// Whether an entry stands at the start of a root's area though none announces them.
pub(super) fn starts(system_use: &[u8]) -> bool {
    let is_entry = matches!(system_use.get(..2), Some(b"CE" | b"ER" | b"NM" | b"PX" | b"RR" | b"TF"));
    let length = system_use.get(2).map_or(0, |length| usize::from(*length));
    is_entry && (5..=system_use.len()).contains(&length) && system_use.get(3) == Some(&1)
}

/// Reads the entries of one record, following their continuations through `image`.
pub(super) fn read(image: &[u8], block_size: usize, system_use: &[u8], skip: usize) -> Facts {
    let mut facts = Facts::default();
    let mut link = Link::default();
    let mut area = tail(system_use, skip);
    for _ in 0..CONTINUATIONS {
        let Some(next) = read_area(area, &mut facts, &mut link) else {
            facts.target = link.target;
            return facts;
        };
        let start = position(u64::from(next.block) * block_size as u64).saturating_add(next.offset as usize);
        match slice(image, start, next.length as usize) {
            Some(bytes) => area = bytes,
            None => break,
        }
    }
    facts.broken = true;
    facts.target = link.target;
    facts
}

struct Continuation {
    block: u32,
    offset: u32,
    length: u32,
}

/// A symbolic link's target as its components come in.
#[derive(Default)]
struct Link {
    target: Vec<u8>,
    /// Whether the last component goes on in the next one.
    open: bool,
}

fn read_area(mut area: &[u8], facts: &mut Facts, link: &mut Link) -> Option<Continuation> {
    let mut continuation = None;
    while let Some(length) = area.get(2).map(|length| usize::from(*length)) {
        // The rest of the area is padding.
        if length < 4 {
            break;
        }
        let Some(entry) = slice(area, 0, length) else {
            facts.broken = true;
            break;
        };
        area = tail(area, length);
        let number = |at| both_32(entry, at).map(|both| both.value);
        match entry.get(..2).unwrap_or_default() {
            b"CE" => {
                if let (Some(block), Some(offset), Some(length)) = (number(4), number(12), number(20)) {
                    continuation = Some(Continuation { block, offset, length });
                }
            }
            b"ST" => break,
            b"PX" => {
                facts.mode = number(4);
                facts.links = number(12).unwrap_or_default();
                facts.uid = number(20);
                facts.gid = number(28);
                facts.serial = number(36);
            }
            b"PN" => facts.device = number(4).zip(number(12)),
            b"NM" => {
                facts.has_name |= entry.get(4).is_some_and(|flags| flags & 6 == 0);
                facts.name.extend_from_slice(tail(entry, 5));
            }
            b"SL" => link.read(tail(entry, 5)),
            b"TF" => facts.mtime = time(entry).or(facts.mtime),
            b"CL" => facts.child = number(4),
            b"RE" => facts.relocated = true,
            b"ZF" => match entry.get(4..6) {
                Some(b"pz") => facts.zisofs = number(8),
                _ => facts.unread = Some("a compression that is not zisofs"),
            },
            b"SF" => facts.unread = Some("a sparse file"),
            _ => {}
        }
    }
    continuation
}

impl Link {
    fn read(&mut self, mut components: &[u8]) {
        while let [flags, length, ..] = *components {
            let text = slice(components, 2, length.into()).unwrap_or_default();
            if !self.open && !self.target.is_empty() && !self.target.ends_with(b"/") {
                self.target.push(b'/');
            }
            match flags & 0xe {
                2 => self.target.push(b'.'),
                4 => self.target.extend_from_slice(b".."),
                8 => self.target.push(b'/'),
                _ => self.target.extend_from_slice(text),
            }
            self.open = flags & 1 != 0;
            components = tail(components, 2 + usize::from(length));
        }
    }
}

/// The time of modification among those that the flags announce.
fn time(entry: &[u8]) -> Option<i64> {
    let flags = *entry.get(4)?;
    if flags & 2 == 0 {
        return None;
    }
    let before = usize::from(flags & 1);
    match flags & 0x80 {
        0 => short_time(slice(entry, 5 + before * 7, 7)?),
        _ => long_time(slice(entry, 5 + before * 17, 17)?),
    }
}

/// Major and minor number of a device: two words, or all in the second.
pub(super) fn device((high, low): (u32, u32)) -> (u32, u32) {
    match high {
        0 => (low >> 8 & 0xfff, low & 0xff | low >> 12 & 0xf_ff00),
        _ => (high, low),
    }
}
