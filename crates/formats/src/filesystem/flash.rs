//! What the file systems of bare flash share: their checksums, blank stretches, device numbers, a bounded list of
//! problems.

use crate::bytes::{head, tail};
use crate::{Problem, ProblemKind};
use flate2::Crc;

/// Problems listed one by one; a broken image has as many as it has nodes.
const LISTED: usize = 500;

/// CRC-32 with all bits set at the start and not inverted at the end, as UBI and UBIFS have it.
pub(super) fn crc_from_ones(data: &[u8]) -> u32 {
    !crc(data)
}

/// CRC-32 with no bit set at the start and not inverted at the end, as JFFS2 has it.
pub(super) fn crc_from_zeros(data: &[u8]) -> u32 {
    // The usual start value is the same as the first four bytes inverted.
    match data.split_first_chunk::<4>() {
        Some((first, rest)) => {
            let mut crc = Crc::new();
            crc.update(&first.map(|byte| !byte));
            crc.update(rest);
            !crc.sum()
        }
        None => crc(data) ^ crc(head(&[0; 4], data.len())),
    }
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(data);
    crc.sum()
}

/// How many bytes from `at` on are all `byte`.
pub(super) fn run_of(data: &[u8], at: usize, byte: u8) -> usize {
    let rest = tail(data, at);
    let whole = rest.chunks(64).take_while(|chunk| chunk.iter().all(|other| *other == byte));
    let whole: usize = whole.map(<[u8]>::len).sum();
    whole + tail(rest, whole).iter().take_while(|other| **other == byte).count()
}

/// Whether all bytes are those of erased flash.
pub(super) fn is_blank(data: &[u8]) -> bool {
    run_of(data, 0, 0xff) == data.len()
}

/// Major and minor of a device number of 32 bits, as Linux stores it.
pub(super) fn device(number: u32) -> (u32, u32) {
    (number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xf_ff00)
}

/// The same for the old one of 16 bits.
pub(super) fn old_device(number: u16) -> (u32, u32) {
    (u32::from(number >> 8), u32::from(number & 0xff))
}

/// What is wrong with an image: the first problems one by one, the rest as their number.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    more: u64,
}

impl Problems {
    pub(super) fn push(&mut self, kind: ProblemKind, offset: usize, detail: impl Into<String>) {
        if self.listed.len() < LISTED {
            self.listed.push(Problem::new(kind, offset as u64, detail));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.listed.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.listed.truncate(len);
    }

    pub(super) fn into_vec(mut self) -> Vec<Problem> {
        if let Some(last) = self.listed.last()
            && self.more > 0
        {
            let detail = format!("{} further problems behind this one are not listed", self.more);
            self.listed.push(Problem::new(ProblemKind::LimitReached, last.offset, detail));
        }
        self.listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_known_headers() {
        // The clean marker of every JFFS2 image, and a bit-by-bit computation.
        assert_eq!(
            crc_from_zeros(&[0x85, 0x19, 3, 0x20, 12, 0, 0, 0]),
            slow(0, &[0x85, 0x19, 3, 0x20, 12, 0, 0, 0])
        );
        for length in 0..9 {
            let data: Vec<u8> = (0..length).map(|at| at ^ 0xa5).collect();
            assert_eq!(crc_from_zeros(&data), slow(0, &data));
            assert_eq!(crc_from_ones(&data), slow(u32::MAX, &data));
        }
    }

    fn slow(start: u32, data: &[u8]) -> u32 {
        data.iter().fold(start, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
        })
    }

    #[test]
    fn runs_and_devices() {
        let mut data = vec![0xff; 200];
        assert!(is_blank(&data));
        data[130] = 0;
        assert_eq!(
            (run_of(&data, 0, 0xff), run_of(&data, 131, 0xff), run_of(&data, 130, 0xff)),
            (130, 69, 0)
        );
        assert_eq!(device(0x0010_1f2c), (31, 300));
        assert_eq!(old_device(0x0501), (5, 1));
    }

    #[test]
    fn many_problems_are_counted() {
        let mut problems = Problems::default();
        for at in 0..LISTED + 7 {
            problems.push(ProblemKind::Checksum, at, "a");
        }
        let all = problems.into_vec();
        assert_eq!(all.len(), LISTED + 1);
        assert!(all.last().unwrap().detail.starts_with("7 further"));
    }
}
