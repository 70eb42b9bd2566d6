//! RPM: a lead, a signature header, a header, and a compressed cpio archive.
//!
//! Finds: what the header says of the package, both headers as they stand (scripts are in them), and the payload.
//! How: headers are a table of tags before a store of values; the signature header states how long the rest is, and the
//! SHA-256 of header and payload are compared where they are stated. Wrong when: carved from unknown bytes, lead and
//! both headers must be sound. Misses: signatures are not verified.
//! Source: RPM reference manual, "RPM V4 Package format"; LSB Core 5.0, chapter 22.

use self::header::{Header, tags};
use super::slack::{Slack, stream};
use crate::broken;
use crate::bytes::{head, position, slice, tail, u16_be};
use crate::time::iso8601;
use crate::{Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use sha2::{Digest, Sha256};

mod header;

/// An RPM package.
pub struct Rpm;

static DESCRIPTION: Description = Description {
    name: "rpm",
    title: "RPM package",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "its two headers, its payload and its slack",
    limits: &[
        "signatures, MD5 and SHA-1 are not verified; SHA-256 of header and payload are",
        "the payload is handed out as stored; its files are the entries of the cpio archive in it",
        "a package that does not state its length ends with the data",
    ],
    source: "RPM reference manual, RPM V4 package format; LSB Core 5.0, chapter 22",
};

const MAGIC: &[u8] = &[0xed, 0xab, 0xee, 0xdb];
const LEAD: usize = 96;

impl Format for Rpm {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        if !data.starts_with(MAGIC) {
            return None;
        }
        let no_header = |at: usize| {
            move || match data.len().checked_sub(at) {
                None | Some(0..16) => broken::cut_off(data),
                Some(_) => Problem::new(ProblemKind::Malformed, at as u64, "no RPM header stands here"),
            }
        };
        let Some(signature) = Header::parse(data, LEAD) else {
            return broken::header(data, place, &DESCRIPTION, no_header(LEAD));
        };
        let start = signature.end.next_multiple_of(8);
        let Some(header) = Header::parse(data, start) else {
            return broken::header(data, place, &DESCRIPTION, no_header(start));
        };
        let mut slack = Slack::default();
        slack.behind_nul(10, data.get(10..76).unwrap_or_default());
        slack.take(80, data.get(80..LEAD).unwrap_or_default());
        slack.take(signature.end, data.get(signature.end..start).unwrap_or_default());

        let mut problems = Vec::new();
        let stated = signature.number(tags::SIG_LONG_SIZE).or_else(|| signature.number(tags::SIG_SIZE));
        let end = match stated.and_then(|size| start.checked_add(position(size))) {
            Some(end) if end >= header.end => end,
            Some(end) => {
                let detail = format!("the package is said to end at {end}, inside its header");
                problems.push(Problem::new(ProblemKind::Malformed, LEAD as u64, detail));
                data.len()
            }
            None => data.len(),
        };
        let payload = head(tail(data, header.end), end.saturating_sub(header.end));
        if header.end + payload.len() < end {
            let detail = format!("the package is said to end at {end}");
            problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        } else {
            check(data, start, &signature, &header, payload, &mut problems);
        }
        let part = |name: &str, from: usize, to: usize| {
            stream(name, Content::Slice(data.get(from..to).unwrap_or_default()), Some(from))
        };
        sink(part("(signature header)", LEAD, signature.end));
        sink(part("(header)", start, header.end));
        if !payload.is_empty() {
            sink(part("(payload)", header.end, header.end + payload.len()));
        }
        slack.hand_out(sink);
        let size = header.end + payload.len();
        Some(Reading { size, attributes: attributes(data, &signature, &header), problems })
    }
}

/// Compares the SHA-256 of header and payload where the package states them.
fn check(
    data: &[u8],
    start: usize,
    signature: &Header,
    header: &Header,
    payload: &[u8],
    problems: &mut Vec<Problem>,
) {
    let is_sha256 = header.number(tags::PAYLOAD_DIGEST_ALGORITHM).is_none_or(|algorithm| algorithm == 8);
    let whole = slice(data, start, header.end - start).unwrap_or_default();
    for (stated, what, bytes, at) in [
        (signature.text(tags::SIG_SHA256), "header", whole, start),
        (header.text(tags::PAYLOAD_DIGEST).filter(|_| is_sha256), "payload", payload, header.end),
    ] {
        let Some(stated) = stated else { continue };
        let made: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if !stated.eq_ignore_ascii_case(&made) {
            let detail = format!("SHA-256 {stated} is stated of the {what}, it has {made}");
            problems.push(Problem::new(ProblemKind::Checksum, at as u64, detail));
        }
    }
}

fn attributes(data: &[u8], signature: &Header, header: &Header) -> Vec<(&'static str, String)> {
    let kind = match u16_be(data, 6) {
        Some(0) => "binary".to_owned(),
        Some(1) => "source".to_owned(),
        other => format!("number {}", other.unwrap_or_default()),
    };
    let mut attributes = vec![("package", "rpm".to_owned()), ("type", kind)];
    for (name, tag) in tags::TEXTS {
        if let Some(text) = header.text(*tag).filter(|text| !text.is_empty()) {
            attributes.push((name, text));
        }
    }
    if let Some(epoch) = header.number(tags::EPOCH) {
        attributes.push(("epoch", epoch.to_string()));
    }
    if let Some(built) = header.number(tags::BUILD_TIME).and_then(|built| i64::try_from(built).ok()) {
        attributes.push(("created", iso8601(built)));
    }
    let is_signed = tags::SIGNATURES.iter().any(|tag| signature.holds(*tag));
    attributes.push(("signed", if is_signed { "yes" } else { "no" }.to_owned()));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    type Tag<'a> = (u32, u32, u32, &'a [u8]);

    fn header(tags: &[Tag]) -> Vec<u8> {
        let mut index = Vec::new();
        let mut store = Vec::new();
        for (tag, kind, count, value) in tags {
            for word in [*tag, *kind, store.len() as u32, *count] {
                index.extend(word.to_be_bytes());
            }
            store.extend_from_slice(value);
        }
        let mut data = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
        data.extend((tags.len() as u32).to_be_bytes());
        data.extend((store.len() as u32).to_be_bytes());
        [data, index, store].concat()
    }

    fn package(payload: &[u8], lie: u32) -> Vec<u8> {
        let mut data = MAGIC.to_vec();
        data.extend([3, 0, 0, 0, 0, 1]);
        data.resize(LEAD, 0);
        data[10..16].copy_from_slice(b"island");
        data[76..80].copy_from_slice(&[0, 1, 0, 5]);
        let main = header(&[(1000, 6, 1, b"island\0"), (1001, 6, 1, b"1.2\0"), (1022, 6, 1, b"mips\0")]);
        let size = (main.len() + payload.len()) as u32;
        let size = size.wrapping_add(lie);
        data.extend(header(&[(1000, 4, 1, &size.to_be_bytes())]));
        data.resize(data.len().next_multiple_of(8), 0);
        [data, main, payload.to_vec()].concat()
    }

    #[test]
    fn facts_parts_and_extent() {
        let mut data = package(b"payload", 0);
        let size = data.len();
        data.extend_from_slice(b"behind");
        let (reading, entries) = read(&Rpm, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems.len(), entries.len()), (size, 0, 3));
        for attribute in [("name", "island"), ("version", "1.2"), ("architecture", "mips"), ("signed", "no")]
        {
            assert!(reading.attributes.contains(&(attribute.0, attribute.1.to_owned())), "{attribute:?}");
        }
        assert_eq!(entries[2].at, Some(size as u64 - 7));
    }

    #[test]
    fn a_length_that_lies() {
        let data = package(b"payload", 1000);
        let (reading, _) = read(&Rpm, &data, Place::Start).unwrap();
        assert_eq!((reading.size, reading.problems[0].kind), (data.len(), ProblemKind::Truncated));
        let data = package(b"payload", u32::MAX - 20);
        let (reading, _) = read(&Rpm, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    }

    proptest! {
        #[test]
        fn any_bytes_in_the_headers(at in 96..260_usize, patch in prop::collection::vec(any::<u8>(), 1..20)) {
            let mut data = package(b"payload", 0);
            for (byte, new) in data.iter_mut().skip(at).zip(patch) {
                *byte = new;
            }
            if let Some((reading, _)) = read(&Rpm, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
