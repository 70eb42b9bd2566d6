//! Senao's firmware (EnGenius, D-Link): a header and a payload obscured by exclusive or.
//!
//! Finds: the payload in clear, with product, type, version and, of newer access points, model as facts. How: the
//! payload is XORed with the header's magic shifted by 0 to 7 bits; its MD5 is verified, and the sum of the header's
//! bytes. Wrong when: carved from unknown bytes, that sum must fit. Misses: headers with another magic than the usual
//! one. Source: OpenWrt firmware-utils mksenaofw.c.

use super::parts::{entry, fact, is_text, md5, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{
    Content, Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading, Unpacked,
};

/// A Senao image.
pub struct Senao;

static DESCRIPTION: Description = Description {
    name: "senao",
    title: "Senao firmware (EnGenius, D-Link)",
    magics: &[Magic { offset: 0x5c, bytes: &[0x12, 0x34, 0x56, 0x78] }],
    yields: "the payload in clear",
    limits: &["headers with another magic, which the maker's tool allows, are not found"],
    source: "OpenWrt firmware-utils mksenaofw.c",
};

const HEADER: usize = 0x60;
/// The second header, in front of the model's name.
const CAPWAP: usize = 40;
const SUM: usize = 0x58;
const MAGIC: u32 = 0x1234_5678;

impl Format for Senao {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(header) = Header::parse(data) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..HEADER => broken::cut_off(data),
                _ => Problem::new(ProblemKind::Malformed, 0x1c, "type, size or version make no sense"),
            });
        };
        let sum = head(data, header.size)
            .iter()
            .enumerate()
            .filter(|(at, _)| !(SUM..SUM + 4).contains(at))
            .fold(0_u32, |sum, (_, byte)| sum.wrapping_add((*byte).into()));
        if place == Place::Inside && sum != header.sum {
            return None;
        }
        let mut reading = Reading { attributes: header.attributes(data), ..Reading::default() };
        if sum != header.sum {
            let detail = format!("sum {:08x} of the header is stated, it has {sum:08x}", header.sum);
            reading.problems.push(Problem::new(ProblemKind::Checksum, SUM as u64, detail));
        }
        let payload = head(tail(data, header.size), header.payload as usize);
        if payload.len() < header.payload as usize {
            let detail =
                format!("a payload of {} bytes is stated, {} are there", header.payload, payload.len());
            reading.problems.push(Problem::new(ProblemKind::Truncated, data.len() as u64, detail));
        }
        let end = header.size + payload.len();
        reading.size = end + padding(data, end, payload.len());
        if !payload.is_empty() {
            let stated = slice(data, 0x28, 16).unwrap_or_default();
            let make = Box::new(move |limits: &Limits| clear(payload, stated, limits));
            sink(entry(&b"payload"[..], Content::Deferred { size: payload.len() as u64, make }, header.size));
        }
        Some(reading)
    }
}

/// The byte with which the payload's `at`th is obscured.
fn key(at: usize) -> u8 {
    (MAGIC >> (at % 8)) as u8
}

fn clear(payload: &[u8], stated: &[u8], limits: &Limits) -> Unpacked {
    let there = head(payload, crate::bytes::position(limits.object_bytes));
    let bytes: Vec<u8> = there.iter().enumerate().map(|(at, byte)| byte ^ key(at)).collect();
    let problem = if there.len() < payload.len() {
        Some((ProblemKind::LimitReached, "the payload goes past the limit"))
    } else if md5(&[&bytes]) != stated {
        Some((ProblemKind::Checksum, "the MD5 does not fit the payload"))
    } else {
        None
    };
    let problems = problem.into_iter().map(|(kind, detail)| Problem::new(kind, 0x28, detail)).collect();
    Unpacked { bytes, problems }
}

/// How many obscured zero bytes, with which images are filled up to whole blocks, stand behind the payload.
fn padding(data: &[u8], end: usize, from: usize) -> usize {
    let run = tail(data, end).iter().enumerate().take_while(|(at, byte)| **byte == key(from + at)).count();
    if run >= 8 { run } else { 0 }
}

struct Header {
    /// Of both headers, and of the model's name.
    size: usize,
    payload: u32,
    sum: u32,
    kind: u32,
    model: Option<usize>,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        slice(data, 0, HEADER).filter(|header| u32_be(header, 0x5c) == Some(MAGIC))?;
        let (kind, payload) = (u32_be(data, 0x1c)?, u32_be(data, 0x20)?);
        let version = slice(data, 0x0c, 16)?;
        if kind > 0xff || payload == 0 || payload > 1 << 30 || !is_text(version) {
            return None;
        }
        // Images of type 0 usually have a second header; its sizes tell.
        let model = u32_be(data, HEADER + CAPWAP - 4).filter(|size| kind == 0 && (1..=64).contains(size));
        let model = model.map(|size| size as usize).filter(|size| {
            slice(data, HEADER + CAPWAP, *size).is_some_and(|name| name.iter().all(u8::is_ascii_graphic))
        });
        let size = HEADER + model.map_or(0, |size| CAPWAP + size);
        Some(Self { size, payload, sum: u32_be(data, SUM)?, kind, model })
    }

    fn attributes(&self, data: &[u8]) -> Vec<(&'static str, String)> {
        let word = |at| u32_be(data, at).unwrap_or_default();
        let mut attributes = vec![
            (
                "type",
                match self.kind {
                    0 => "combined".to_owned(),
                    1 => "boot loader".to_owned(),
                    2 => "kernel".to_owned(),
                    3 => "kernel and applications".to_owned(),
                    4 => "applications".to_owned(),
                    other => format!("number {other}"),
                },
            ),
            ("vendor", format!("{:#06x}", word(4))),
            ("product", format!("{:#06x}", word(8))),
        ];
        fact(&mut attributes, "version", slice(data, 0x0c, 16).map(text).unwrap_or_default());
        if let Some(size) = self.model {
            let [major, minor, patch] = [8, 12, 16].map(|at| word(HEADER + at));
            attributes.push(("firmware-version", format!("{major}.{minor}.{patch}")));
            fact(&mut attributes, "model", slice(data, HEADER + CAPWAP, size).map(text).unwrap_or_default());
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn image(kind: u32, model: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut header: Vec<u8> = [0, 0x101, 0x67_u32].iter().flat_map(|word| word.to_be_bytes()).collect();
        header.extend(b"3.0.1\0\0\0\0\0\0\0\0\0\0\0");
        header.extend(kind.to_be_bytes());
        header.extend((payload.len() as u32).to_be_bytes());
        header.extend([0; 4]);
        header.extend(md5(&[payload]));
        header.resize(SUM + 4, 0);
        header.extend(MAGIC.to_be_bytes());
        if !model.is_empty() {
            let words = [0x616c_6c00, 0, 3, 0, 1, 171_101, 1, 8, 53, model.len() as u32];
            header.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            header.extend(model);
        }
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[SUM..SUM + 4].copy_from_slice(&sum.to_be_bytes());
        header.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ key(at)));
        header
    }

    fn made(entries: &mut Vec<Entry>) -> Unpacked {
        let EntryKind::Stream(Content::Deferred { make, .. }) = entries.remove(0).kind else { panic!() };
        make(&Limits::default())
    }

    #[test]
    fn the_payload_in_clear() {
        for (kind, model) in [(2, &b""[..]), (0, b"ENS620EXT")] {
            let data = [image(kind, model, b"kernel and more"), vec![0xff; 9]].concat();
            let (reading, mut entries) = read(&Senao, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
            let unpacked = made(&mut entries);
            assert_eq!((unpacked.bytes, unpacked.problems), (b"kernel and more".to_vec(), vec![]));
        }
    }

    #[test]
    fn fill_and_damage() {
        let mut data = image(2, b"", b"kernel!!");
        data.extend((0..24).map(key));
        let (reading, _) = read(&Senao, &data, Place::Start).unwrap();
        assert_eq!(reading.size, data.len());
        data[HEADER] ^= 1;
        let (_, mut entries) = read(&Senao, &data, Place::Inside).unwrap();
        assert_eq!(made(&mut entries).problems[0].kind, ProblemKind::Checksum);
        let mut data = data.clone();
        data[4] ^= 1;
        assert!(read(&Senao, &data, Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_sizes(payload in any::<u32>(), model in any::<u32>()) {
            let mut data = image(0, b"ENS620EXT", b"kernel");
            data[0x20..0x24].copy_from_slice(&payload.to_be_bytes());
            data[HEADER + 36..HEADER + 40].copy_from_slice(&model.to_be_bytes());
            if let Some((reading, _)) = read(&Senao, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
