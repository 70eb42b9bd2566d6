//! gzip: deflate with a header, a CRC-32 and a length.
//!
//! Finds: streams of one or more members, decompressed to one content; the first member's name, comment and time.
//! How: RFC 1952 headers are parsed here, deflate is left to flate2 (zlib-rs); CRC-32 and length of each member
//! are checked. Wrong when: carved from unknown bytes, a member must end with its checksum or give 64 KiB.
//! Misses: what stands behind a broken deflate block. Source: RFC 1951, RFC 1952.

use super::deflate;
use super::output::{Output, believable};
use crate::broken;
use crate::bytes::{tail, u16_le, u32_le};
use crate::time::iso8601;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use flate2::{Crc, Decompress};

/// gzip.
pub struct Gzip;

static DESCRIPTION: Description = Description {
    name: "gzip",
    title: "gzip compressed stream",
    magics: &[Magic { offset: 0, bytes: &[0x1f, 0x8b, 0x08] }],
    yields: "one content: its members' contents one after the other",
    limits: &[
        "the name, comment and time of the first member only",
        "the extent of a stream cut off by a limit ends where decoding stopped",
        "what stands behind a broken deflate block is not recovered",
    ],
    source: "RFC 1951 and RFC 1952",
};

/// Flags that no member has.
const RESERVED: u8 = 0xe0;

impl Format for Gzip {
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
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || match data.get(3) {
                Some(flags) if flags & RESERVED != 0 => {
                    let detail = format!("flags {flags:#04x}: reserved ones are set");
                    Problem::new(ProblemKind::Malformed, 3, detail)
                }
                _ => broken::cut_off(data),
            });
        };
        let mut reading = Reading { attributes: header.attributes(), ..Reading::default() };
        let mut output = Output::new(limits);
        let mut inflate = Decompress::new(false);
        let mut members = 1_u64;
        let mut end = member(data, 0, &header, &mut inflate, &mut output, &mut reading.problems);
        while reading.problems.is_empty() {
            let Some(next) = Header::parse(tail(data, end)) else { break };
            let made = output.bytes.len();
            inflate.reset(false);
            let mut problems = Vec::new();
            let next_end = member(data, end, &next, &mut inflate, &mut output, &mut problems);
            if !problems.is_empty()
                && !believable(output.bytes.len() - made, &problems)
                && next_end < data.len()
            {
                output.bytes.truncate(made);
                break;
            }
            reading.problems = problems;
            end = next_end;
            members += 1;
        }
        // A whole first member is proof enough of what follows it.
        let place = if members > 1 { Place::Start } else { place };
        if members > 1 {
            reading.attributes.push(("members", members.to_string()));
        }
        reading.size = end.clamp(1, data.len());
        output.hand_out(place, header.size, &reading.problems, sink)?;
        Some(reading)
    }
}

/// Decodes the member at `start` behind its header; returns its end.
fn member(
    data: &[u8],
    start: usize,
    header: &Header,
    inflate: &mut Decompress,
    output: &mut Output,
    problems: &mut Vec<Problem>,
) -> usize {
    let mut crc = Crc::new();
    let mut made = 0_u64;
    let (at, problem) = deflate::decode(data, start + header.size, inflate, output, |fresh| {
        crc.update(fresh);
        made += fresh.len() as u64;
    });
    match problem {
        Some(problem) => {
            problems.push(problem);
            at
        }
        None => trailer(data, at, crc.sum(), made, problems),
    }
}

/// Compares CRC-32 and length behind the deflate stream; returns the member's end.
fn trailer(data: &[u8], at: usize, crc: u32, made: u64, problems: &mut Vec<Problem>) -> usize {
    let (Some(stated_crc), Some(stated_length)) = (u32_le(data, at), u32_le(data, at + 4)) else {
        problems.push(Problem::new(ProblemKind::Truncated, at as u64, "the data ends inside the checksum"));
        return data.len();
    };
    if stated_crc != crc {
        let detail = format!("CRC-32 {stated_crc:08x} is stated, the content has {crc:08x}");
        problems.push(Problem::new(ProblemKind::Checksum, at as u64, detail));
    } else if stated_length != made as u32 {
        let detail = format!("length {stated_length} is stated, the content has {made} (modulo 2^32)");
        problems.push(Problem::new(ProblemKind::Checksum, at as u64 + 4, detail));
    }
    at + 8
}

struct Header<'a> {
    size: usize,
    name: Option<&'a [u8]>,
    comment: Option<&'a [u8]>,
    mtime: u32,
    system: u8,
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        if !data.starts_with(&[0x1f, 0x8b, 0x08]) {
            return None;
        }
        let flags = *data.get(3)?;
        if flags & RESERVED != 0 {
            return None;
        }
        let mut size = 10;
        if flags & 4 != 0 {
            size += 2 + usize::from(u16_le(data, size)?);
        }
        let mut text = |wanted: bool| {
            if !wanted {
                return Some(None);
            }
            let rest = data.get(size..)?;
            let length = rest.iter().position(|byte| *byte == 0)?;
            size += length + 1;
            Some(rest.get(..length))
        };
        let name = text(flags & 8 != 0)?;
        let comment = text(flags & 16 != 0)?;
        if flags & 2 != 0 {
            size += 2;
        }
        data.get(..size)?;
        Some(Self { size, name, comment, mtime: u32_le(data, 4)?, system: *data.get(9)? })
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
        if let Some(name) = self.name {
            attributes.push(("name", String::from_utf8_lossy(name).into_owned()));
        }
        if let Some(comment) = self.comment {
            attributes.push(("comment", String::from_utf8_lossy(comment).into_owned()));
        }
        if self.mtime != 0 {
            attributes.push(("modified", iso8601(i64::from(self.mtime))));
        }
        let system = match self.system {
            0 => "FAT",
            3 => "Unix",
            7 => "Macintosh",
            11 => "NTFS",
            255 => return attributes,
            other => {
                attributes.push(("system", other.to_string()));
                return attributes;
            }
        };
        attributes.push(("system", system.to_owned()));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};
    use std::io::Write;

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::GzBuilder::new()
            .filename("config")
            .mtime(86_400)
            .write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn header_and_content() {
        let mut data = pack(b"hello");
        let whole = data.len();
        data.extend_from_slice(b"behind it");
        let (reading, entries) = read(&Gzip, &data, Place::Inside).unwrap();
        assert_eq!(reading.size, whole);
        assert_eq!(reading.problems, []);
        assert!(reading.attributes.contains(&("name", "config".into())));
        assert!(reading.attributes.contains(&("modified", "1970-01-02T00:00:00Z".into())));
        assert_eq!(bytes_of(&entries), b"hello");
    }

    #[test]
    fn members_are_one_content() {
        let data = [pack(b"one "), pack(b"two")].concat();
        let (reading, entries) = read(&Gzip, &data, Place::Start).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (data.len(), b"one two".to_vec()));
        assert!(reading.attributes.contains(&("members", "2".into())));
    }

    #[test]
    fn a_member_of_chance_is_left_outside() {
        let whole = pack(b"one");
        let data = [&whole[..], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff], &[7; 40]].concat();
        let (reading, entries) = read(&Gzip, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (whole.len(), b"one".to_vec()));
    }

    #[test]
    fn broken_checksum_is_a_problem_at_the_start_and_no_find_inside() {
        let mut data = pack(b"hello");
        let at = data.len() - 8;
        data[at] ^= 1;
        let (reading, entries) = read(&Gzip, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        assert_eq!(reading.problems[0].offset, at as u64);
        assert_eq!(bytes_of(&entries), b"hello");
        assert!(read(&Gzip, &data, Place::Inside).is_none());
    }

    #[test]
    fn a_long_good_prefix_convinces_inside() {
        let content = noise(300_000);
        let mut data = pack(&content);
        data.truncate(data.len() / 2);
        let (reading, entries) = read(&Gzip, &data, Place::Inside).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert_eq!(reading.size, data.len());
        let got = bytes_of(&entries);
        assert!(got.len() > 100_000 && content.starts_with(&got));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..1024 {
            encoder.write_all(&zeros).unwrap();
        }
        let data = encoder.finish().unwrap();
        let limits = Limits { object_bytes: 3 << 20, ..Limits::default() };
        let mut sizes = Vec::new();
        let reading = Gzip
            .read(&data, Place::Start, &limits, &mut |entry| {
                if let crate::EntryKind::Stream(content) = entry.kind {
                    sizes.push(content.size());
                }
            })
            .unwrap();
        assert_eq!(sizes, [3 << 20]);
        assert_eq!(reading.problems[0].kind, ProblemKind::LimitReached);
        assert!(reading.size < data.len());
    }
}
