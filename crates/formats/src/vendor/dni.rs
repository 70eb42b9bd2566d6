//! The 128-byte text header of Netgear images made by DNI: `device:`, `version:`, `region:`, `hd_id:`.
//!
//! Finds: the image behind the header, with the header's lines as facts. How: the last byte of the file makes the sum
//! of all of them 255, which is verified. Wrong when: the header does not say where the image ends: at the start of
//! data it reaches to their end; inside them too where the sum fits and no other such header
//! stands behind it, else it is the header alone. Misses: nothing
//! known. Source: OpenWrt firmware-utils mkdniimg.c.

use super::parts::{Parts, fact, starts_as_text};
use crate::broken;
use crate::bytes::{slice, tail};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An image with DNI's header.
pub struct Dni;

static DESCRIPTION: Description = Description {
    name: "dni",
    title: "Netgear image with a text header (DNI)",
    magics: &[Magic { offset: 0, bytes: MAGIC }],
    yields: "the image behind the header",
    limits: &[
        "the header does not state a length: the image reaches to the end of the data where the sum fits",
    ],
    source: "OpenWrt firmware-utils mkdniimg.c",
};

const MAGIC: &[u8] = b"device:";
const HEADER: usize = 128;

impl Format for Dni {
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
        if starts_as_text(data) {
            return None;
        }
        let Some(lines) = slice(data, 0, HEADER).and_then(lines) else {
            return broken::header(data, place, &DESCRIPTION, || match data.len() {
                0..HEADER => broken::cut_off(data),
                _ => Problem::new(
                    ProblemKind::Malformed,
                    0,
                    "the header is not lines of text filled up with NUL",
                ),
            });
        };
        // The sum goes over everything: only the last of many headers is worth it.
        let last = place == Place::Start || next_header(data).is_none();
        let fits = last
            && data.len() > HEADER + 1
            && data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0xff;
        let to_the_end = fits || place == Place::Start;
        let mut parts = Parts::new(data, if to_the_end { data.len() } else { HEADER } as u64);
        parts.header(0, HEADER);
        if to_the_end {
            let image = data.len().saturating_sub(HEADER + 1);
            parts.header(HEADER + image, 1);
            if image == 0 {
                parts.problem(ProblemKind::Truncated, data.len() as u64, "the data end behind the header");
            } else {
                parts.add(&b"image"[..], HEADER as u64, image as u64);
            }
            if !fits && image > 0 {
                let detail = "the sum of all bytes is not 255";
                parts.problem(ProblemKind::Checksum, data.len() as u64 - 1, detail);
            }
        }
        let mut attributes = Vec::new();
        for (key, name) in
            [("device:", "device"), ("version:", "version"), ("region:", "region"), ("hd_id:", "hardware")]
        {
            let value = lines.iter().find_map(|line| line.strip_prefix(key));
            fact(&mut attributes, name, value.unwrap_or_default().trim().to_owned());
        }
        Some(parts.finish(attributes, limits, sink))
    }
}

/// Where the next header behind the first byte stands.
fn next_header(data: &[u8]) -> Option<usize> {
    let is_header = |at: &usize| {
        let rest = tail(data, *at);
        rest.starts_with(MAGIC) && !starts_as_text(rest) && slice(rest, 0, HEADER).and_then(lines).is_some()
    };
    (1..data.len()).find(is_header)
}

/// The header's lines: `device:` and `version:` at least, with NUL behind them.
fn lines(header: &[u8]) -> Option<Vec<&str>> {
    let end = header.iter().position(|byte| *byte == 0).unwrap_or(header.len());
    let (text, fill) = header.split_at_checked(end)?;
    let lines: Vec<&str> = std::str::from_utf8(text).ok()?.lines().collect();
    let known = |line: &&str| line.contains(':');
    let good = fill.iter().all(|byte| *byte == 0)
        && text.is_ascii()
        && lines.len() >= 2
        && lines.iter().all(known)
        && lines.iter().any(|line| line.starts_with("version:"));
    good.then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};

    fn image(content: &[u8]) -> Vec<u8> {
        let mut image = b"device:R7800\nversion:V1.0.2.36\nregion:\nhd_id:29764958+0+128\n".to_vec();
        image.resize(HEADER, 0);
        image.extend(content);
        let sum = image.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        image.push(0xff - sum);
        image
    }

    #[test]
    fn with_a_sum_that_fits() {
        let data = image(b"kernel");
        let (reading, entries) = read(&Dni, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (135, vec![]));
        assert_eq!(bytes_of(&entries), b"kernel");
        assert!(reading.attributes.contains(&("device", "R7800".into())));
    }

    #[test]
    fn many_headers_cost_no_more_than_one() {
        let data = image(b"")[..HEADER].repeat(300);
        let looked: usize =
            (0..300).map(|at| &data[at * HEADER..]).map(|rest| next_header(rest).unwrap_or(rest.len())).sum();
        assert_eq!(looked, data.len());
        // A word of text in the image is no header.
        let data = image(b"kernel \0 device:tree \0 and more");
        assert_eq!(read(&Dni, &data, Place::Inside).unwrap().0.size, data.len());
        // One behind another: both are there, the first without its image.
        let two = [image(b"first"), image(b"second")].concat();
        assert_eq!(read(&Dni, &two, Place::Inside).unwrap().0.size, HEADER);
    }

    #[test]
    fn without() {
        let data = [image(b"kernel"), vec![1]].concat();
        let (reading, entries) = read(&Dni, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, entries.len()), (HEADER, 0));
        let (reading, _) = read(&Dni, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        let text = b"device: a thing; version: none of it\n".repeat(9);
        assert!(read(&Dni, &text, Place::Inside).is_none());
    }
}
