//! SafeLoader: the image with a partition table in text that later TP-Link devices take.
//!
//! Finds: each partition of the table by its name. How: the lines `fwup-ptn NAME base B size S` are read, with bases
//! counted from the table; the salted MD5 is verified. Wrong when: carved from unknown bytes, the first lines must
//! make sense. Misses: the digest of images signed for the maker's cloud, whose making is not public. Source: OpenWrt
//! firmware-utils tplink-safeloader.c.

use super::parts::{Parts, fact, md5};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A SafeLoader image.
pub struct SafeLoader;

static DESCRIPTION: Description = Description {
    name: "safeloader",
    title: "TP-Link SafeLoader image",
    magics: &[Magic { offset: TABLE, bytes: b"fwup-ptn " }],
    yields: "the partitions of its table",
    limits: &[
        "older images with a shorter block of vendor information are not recognised",
        "the digest of images signed for the maker's cloud is not checked",
    ],
    source: "OpenWrt firmware-utils tplink-safeloader.c",
};

const TABLE: usize = 0x1014;
const TABLE_SIZE: usize = 0x800;
/// Where the bytes under the MD5 start.
const DIGESTED: usize = 0x14;
const SALT: [u8; 16] =
    [0x7a, 0x2b, 0x15, 0xed, 0x9b, 0x98, 0x59, 0x6d, 0xe5, 0x04, 0xab, 0x44, 0xac, 0x2a, 0x9f, 0x4e];

impl Format for SafeLoader {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let table = head(tail(data, TABLE), TABLE_SIZE);
        let (lines, table_size, whole) = partitions(table);
        let size = u64::from(u32_be(data, 0)?);
        let ends = lines.iter().map(|line| TABLE as u64 + line.base + line.size).max().unwrap_or_default();
        // The table must lie in the object, and the object must hold the partitions.
        if lines.is_empty() || size < (TABLE + table_size) as u64 || (place == Place::Inside && ends > size) {
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < TABLE + TABLE_SIZE {
                    return broken::cut_off(data);
                }
                Problem::new(
                    ProblemKind::Malformed,
                    TABLE as u64,
                    "no partition can be read, or the size is wrong",
                )
            });
        }
        let mut parts = Parts::new(data, size);
        let first = lines.iter().map(|line| line.base).min().unwrap_or_default() as usize;
        let fill = head(tail(table, table_size), first.saturating_sub(table_size));
        let fill = fill.iter().take_while(|byte| matches!(byte, 0 | 0xff)).count();
        parts.header(0, TABLE + table_size + fill);
        if !whole && !parts.cut_off() {
            let detail = "a line of the partition table cannot be read";
            parts.problem(ProblemKind::Malformed, (TABLE + table_size) as u64, detail);
        }
        for line in &lines {
            parts.add(line.name, TABLE as u64 + line.base, line.size);
        }
        let mut attributes = Vec::new();
        let vendor = vendor_information(data);
        let signed = vendor.starts_with("fw-type:");
        fact(&mut attributes, "vendor-information", vendor);
        let (stated, found) = (slice(data, 4, 16)?, md5(&[&SALT, tail(parts.object(), DIGESTED)]));
        if signed && stated != found && !parts.cut_off() {
            let detail = "the MD5 is not the one of plain images; how signed images make it is not public";
            parts.problem(ProblemKind::Undefined, 4, detail);
        } else {
            parts.checksum("MD5", 4, stated, found);
        }
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Line<'a> {
    name: &'a [u8],
    base: u64,
    size: u64,
}

/// The lines of the table, the bytes they take, and whether all of them could be read.
fn partitions(table: &[u8]) -> (Vec<Line<'_>>, usize, bool) {
    let mut lines = Vec::new();
    let mut at = 0;
    loop {
        let rest = tail(table, at);
        // Behind the last line stands NUL, or the fill of the table.
        if matches!(rest.first(), None | Some(0 | 0xff)) {
            return (lines, at, true);
        }
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else { return (lines, at, false) };
        match line(head(rest, length)) {
            Some(line) => lines.push(line),
            None => return (lines, at, false),
        }
        at += length + 1;
    }
}

fn line(text: &[u8]) -> Option<Line<'_>> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let mut word = || words.next();
    let (keyword, name) = (word()?, word()?);
    let (base_word, base, size_word, size) = (word()?, word()?, word()?, word()?);
    let number =
        |word: &[u8]| u64::from_str_radix(std::str::from_utf8(word).ok()?.strip_prefix("0x")?, 16).ok();
    let good = keyword == b"fwup-ptn" && base_word == b"base" && size_word == b"size";
    let (base, size) = (number(base)?, number(size)?);
    (good && base <= u64::from(u32::MAX) && size <= u64::from(u32::MAX)).then_some(Line { name, base, size })
}

/// The text in front of the table: with its length before it, or without.
fn vendor_information(data: &[u8]) -> String {
    let length = u32_be(data, DIGESTED).unwrap_or_default() as usize;
    let stated = if length < TABLE { slice(data, DIGESTED + 4, length) } else { None };
    let text = stated.unwrap_or(head(tail(data, DIGESTED), 0x100));
    let text = text.split(|byte| matches!(byte, 0 | 0xff)).next().unwrap_or_default();
    String::from_utf8_lossy(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(table: &str, body: &[u8]) -> Vec<u8> {
        let mut image = vec![0xff; TABLE + TABLE_SIZE];
        let vendor = b"CPE210(TP-LINK|UN|N300-2):1.0\r\n";
        image[0x14..0x18].copy_from_slice(&(vendor.len() as u32).to_be_bytes());
        image[0x18..0x18 + vendor.len()].copy_from_slice(vendor);
        image[TABLE..TABLE + table.len()].copy_from_slice(table.as_bytes());
        image[TABLE + table.len()] = 0;
        image.extend(body);
        let size = image.len() as u32;
        image[..4].copy_from_slice(&size.to_be_bytes());
        let digest = md5(&[&SALT, &image[DIGESTED..]]);
        image[4..20].copy_from_slice(&digest);
        image
    }

    const TWO: &str = "fwup-ptn os-image base 0x00800 size 0x00006\t\r\nfwup-ptn file-system base 0x00806 size 0x00004\t\r\n";

    #[test]
    fn partitions_by_name() {
        let data = [image(TWO, b"kernelroot"), vec![7; 9]].concat();
        let (reading, entries) = read(&SafeLoader, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
        let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
        assert_eq!(names, [b"os-image".to_vec(), b"file-system".to_vec()]);
        assert!(reading.attributes.contains(&("vendor-information", "CPE210(TP-LINK|UN|N300-2):1.0".into())));
    }

    #[test]
    fn what_no_line_names_is_handed_out_too() {
        let data = image("fwup-ptn os-image base 0x00800 size 0x00006\t\r\n", b"kernelhidden");
        let (_, entries) = read(&SafeLoader, &data, Place::Start).unwrap();
        assert_eq!(entries[1].path.as_ref(), b"unlisted-0x181a");
    }

    #[test]
    fn a_changed_byte_is_told() {
        let mut data = image(TWO, b"kernelroot");
        *data.last_mut().unwrap() ^= 1;
        let (reading, _) = read(&SafeLoader, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 4));
    }

    proptest! {
        #[test]
        fn any_table(table in "(fwup-ptn [a-z]{1,9} base 0x[0-9a-f]{1,12} size 0x[0-9a-f]{1,12}[\t\r]{0,2}\n){0,9}.{0,20}") {
            if table.len() < TABLE_SIZE {
                let data = image(&table, b"kernelroot");
                if let Some((reading, _)) = read(&SafeLoader, &data, Place::Start) {
                    prop_assert!((1..=data.len()).contains(&reading.size));
                }
            }
        }
    }
}
