//! The parts of memory that a file's segments make: by address, none of which reaches into another.
//!
//! Where segments overlap, what begins later counts, as it does where pages are mapped one after the other by their addresses. What would reach
//! beyond the last addresses is cut off, so that nothing behind an instruction is too large for a number.
//! Misses: segments that show the same bytes of the file again and again, beyond [`TIMES`] its length; no linker writes such.

use banbury_formats::executable::elf::Elf;

/// How often the bytes of the file may stand in memory.
const TIMES: u64 = 4;
/// Addresses at the end of 64 bits that nothing is at.
const END: u64 = 0xffff;

/// A range of addresses with its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub address: u64,
    pub bytes: &'a [u8],
    /// Bytes in memory; those that the file does not have are zero.
    pub size: u64,
    pub executable: bool,
    pub writable: bool,
}

impl<'a> Part<'a> {
    /// What of it stands from one address to another one.
    fn cut(&self, from: u64, to: u64) -> Self {
        let place = |address: u64| usize::try_from(address - self.address).unwrap_or(usize::MAX);
        let end = place(to).min(self.bytes.len());
        let bytes = self.bytes.get(place(from).min(end)..end).unwrap_or_default();
        Self { address: from, bytes, size: to - from, ..*self }
    }

    fn end(&self) -> u64 {
        self.address + self.size
    }
}

/// Reads them.
pub(super) fn read<'a>(elf: &Elf<'a>, bits: u8) -> Vec<Part<'a>> {
    let top = if bits == 32 { 1 << 32 } else { u64::MAX - END };
    let mut parts: Vec<Part<'a>> = elf
        .loads()
        .filter(|load| load.address < top)
        .map(|load| {
            let whole = Part {
                address: load.address,
                bytes: elf.segment_bytes(load),
                size: load.memory_size.max(load.file_size),
                executable: load.flags & 1 != 0,
                writable: load.flags & 2 != 0,
            };
            whole.cut(load.address, load.address.saturating_add(whole.size).min(top))
        })
        .filter(|part| part.size > 0)
        .collect();
    parts.sort_by_key(|part| part.address);
    let length = elf.loads().map(|load| load.offset.saturating_add(elf.segment_bytes(load).len() as u64));
    let mut left = length.max().unwrap_or(0).saturating_mul(TIMES);
    let mut apart = split(parts);
    apart.retain(|part| {
        let rest = left.checked_sub(part.bytes.len() as u64);
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    apart
}

/// Parts without what others have that begin later.
fn split<'a>(parts: Vec<Part<'a>>) -> Vec<Part<'a>> {
    let mut found = Vec::with_capacity(parts.len());
    // Those that reach further than where the last one begins, the last one at the end.
    let mut open: Vec<Part<'a>> = Vec::new();
    let mut at = 0_u64;
    let mut upto = |open: &mut Vec<Part<'a>>, at: &mut u64, to: u64| {
        while let Some(part) = open.last() {
            if part.end() > *at {
                let end = part.end().min(to);
                if end > *at {
                    found.push(part.cut(*at, end));
                }
                *at = end.max(*at);
                if part.end() > to {
                    break;
                }
            }
            open.pop();
        }
        *at = (*at).max(to);
    };
    for part in parts {
        upto(&mut open, &mut at, part.address);
        open.push(part);
    }
    upto(&mut open, &mut at, u64::MAX);
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::{Part, split};
    use proptest::prelude::*;

    const BYTES: [u8; 64] = [7; 64];

    proptest! {
        #[test]
        fn what_begins_later_counts(ranges in proptest::collection::vec((0_u64..80, 1_u64..64, 0_usize..64), 0..12)) {
            let mut parts: Vec<Part<'_>> = ranges
                .iter()
                .map(|(address, size, bytes)| Part {
                    address: *address,
                    bytes: &BYTES[..*bytes.min(&usize::try_from(*size).unwrap())],
                    size: *size,
                    executable: bytes % 2 == 0,
                    writable: bytes % 3 == 0,
                })
                .collect();
            parts.sort_by_key(|part| part.address);
            let apart = split(parts.clone());
            prop_assert!(apart.windows(2).all(|two| two[0].end() <= two[1].address));
            for at in 0..160 {
                let is = |part: &&Part<'_>| (part.address..part.end()).contains(&at);
                let byte = |part: &Part<'_>| part.bytes.get(usize::try_from(at - part.address).unwrap()).copied();
                let known = |part: &Part<'_>| (byte(part), part.executable, part.writable);
                prop_assert_eq!(
                    apart.iter().find(is).map(known),
                    parts.iter().rev().find(is).map(known)
                );
            }
        }
    }
}
