//! SEAMA: a sealed package of images, each with its meta data and MD5 (D-Link and other makers' routers).
//!
//! Finds: each image, its meta data as facts. How: the chain of entities is walked; the MD5 of each image is verified.
//! Wrong when: carved from unknown bytes, the meta data must be settings in plain text. Misses: images have no names.
//! Source: OpenWrt firmware-utils oseama.c, OpenWrt mtdsplit_seama.c.

use super::parts::{Parts, md5};
use crate::broken;
use crate::bytes::{slice, tail, u16_be, u16_le, u32_be, u32_le, zero_padding};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A SEAMA package.
pub struct Seama;

static DESCRIPTION: Description = Description {
    name: "seama",
    title: "SEAMA package",
    magics: &[
        Magic { offset: 0, bytes: &[0x5e, 0xa3, 0xa4, 0x17] },
        Magic { offset: 0, bytes: &[0x17, 0xa4, 0xa3, 0x5e] },
    ],
    yields: "each image of the package",
    limits: &["images have no names; they are numbered from 0"],
    source: "OpenWrt firmware-utils oseama.c and mtdsplit_seama.c",
};

/// A header without the MD5 that follows it where there is an image.
const HEADER: usize = 12;
const DIGEST: usize = 16;
/// What an image is padded to.
const UNIT: usize = 4;

impl Format for Seama {
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
        let Some(first) = Entity::parse(data, 0) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        if !first.has_plain_meta(data) && (place == Place::Inside || !first.fits(data)) {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(
                    ProblemKind::Malformed,
                    HEADER as u64,
                    "the meta data is no text, and the MD5 does not fit",
                )
            });
        }
        let entities = chain(data, first, limits);
        let end = entities.last().map_or(0, Entity::end);
        let mut parts = Parts::new(data, end as u64);
        let mut attributes = vec![(
            "byte-order",
            if entities.iter().all(|entity| entity.big) { "big" } else { "little" }.to_owned(),
        )];
        let mut number = 0;
        for entity in &entities {
            parts.header(entity.at, entity.image_at() - entity.at);
            for setting in entity.settings(data) {
                attributes.push(("meta", setting));
            }
            if entity.size > 0 {
                let image =
                    parts.add(number.to_string().into_bytes(), entity.image_at() as u64, entity.size as u64);
                parts.checksum("MD5", entity.at + HEADER, entity.digest(data), md5(&[image]));
                number += 1;
            }
        }
        let padding = zero_padding(data, end, UNIT);
        let mut reading = parts.finish(attributes, limits, sink);
        if end <= data.len() {
            reading.size = (end + padding).max(1);
        }
        Some(reading)
    }
}

/// The entities from the first on, each behind the one before it.
fn chain(data: &[u8], first: Entity, limits: &Limits) -> Vec<Entity> {
    let mut entities = vec![first];
    while let Some(last) = entities.last() {
        if entities.len() as u64 >= limits.entries || limits.stopped() || last.end() > data.len() {
            break;
        }
        let next = [last.end(), last.end() + zero_padding(data, last.end(), UNIT)]
            .into_iter()
            .find_map(|at| Entity::parse(data, at))
            .filter(|next| next.big == last.big && next.has_plain_meta(data));
        match next {
            Some(next) => entities.push(next),
            None => break,
        }
    }
    entities
}

struct Entity {
    at: usize,
    big: bool,
    meta_size: usize,
    size: usize,
}

impl Entity {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        let big = match slice(data, at, 4)? {
            [0x5e, 0xa3, 0xa4, 0x17] => true,
            [0x17, 0xa4, 0xa3, 0x5e] => false,
            _ => return None,
        };
        let (meta_size, size) = if big {
            (u16_be(data, at + 6)?, u32_be(data, at + 8)?)
        } else {
            (u16_le(data, at + 6)?, u32_le(data, at + 8)?)
        };
        Some(Self { at, big, meta_size: meta_size.into(), size: size as usize })
    }

    /// Where the meta data starts: the seal around a package has no image and no MD5.
    fn meta_at(&self) -> usize {
        self.at + HEADER + if self.size > 0 { DIGEST } else { 0 }
    }

    fn image_at(&self) -> usize {
        self.meta_at() + self.meta_size
    }

    fn end(&self) -> usize {
        self.image_at().saturating_add(self.size)
    }

    fn digest<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        slice(data, self.at + HEADER, DIGEST).unwrap_or_default()
    }

    fn fits(&self, data: &[u8]) -> bool {
        self.size > 0
            && slice(data, self.image_at(), self.size).is_some_and(|image| md5(&[image]) == self.digest(data))
    }

    /// Whether the meta data is what tools write: settings of printable characters, each closed by NUL.
    fn has_plain_meta(&self, data: &[u8]) -> bool {
        let meta = slice(data, self.meta_at(), self.meta_size).unwrap_or_default();
        meta.contains(&b'=') && meta.iter().all(|byte| matches!(byte, 0 | 0x20..=0x7e))
    }

    fn settings(&self, data: &[u8]) -> Vec<String> {
        let meta = slice(data, self.meta_at(), self.meta_size).unwrap_or(tail(data, self.meta_at()));
        meta.split(|byte| *byte == 0)
            .filter(|setting| !setting.is_empty())
            .map(|setting| String::from_utf8_lossy(setting).into_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn entity(meta: &[u8], image: &[u8]) -> Vec<u8> {
        let mut entity = vec![0x5e, 0xa3, 0xa4, 0x17, 0, 0];
        entity.extend((meta.len() as u16).to_be_bytes());
        entity.extend((image.len() as u32).to_be_bytes());
        if !image.is_empty() {
            entity.extend(md5(&[image]));
        }
        [&entity, meta, image].concat()
    }

    #[test]
    fn a_sealed_package() {
        let data = [
            entity(b"signature=wrgac13_dlink.2013gui\0", b""),
            entity(b"dev=/dev/mtdblock/2\0type=firmware\0\0\0", b"kernel and all"),
            entity(b"type=more\0\0\0", b"second"),
            vec![7; 30],
        ]
        .concat();
        let (reading, entries) = read(&Seama, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 30, vec![]));
        assert_eq!(entries.len(), 2);
        assert!(reading.attributes.contains(&("meta", "type=firmware".into())));
    }

    #[test]
    fn a_broken_image_is_told() {
        let mut data = entity(b"type=firmware\0\0\0", b"kernel and all");
        *data.last_mut().unwrap() ^= 1;
        let (reading, _) = read(&Seama, &data, Place::Inside).unwrap();
        assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Checksum, 12));
    }

    #[test]
    fn chance_is_not_believed() {
        let data = [&[0x5e, 0xa3, 0xa4, 0x17][..], &[0xaa; 400]].concat();
        assert!(read(&Seama, &data, Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_sizes(meta in any::<u16>(), size in any::<u32>()) {
            let mut data = entity(b"type=firmware\0\0\0", b"kernel and all");
            data[6..8].copy_from_slice(&meta.to_be_bytes());
            data[8..12].copy_from_slice(&size.to_be_bytes());
            if let Some((reading, _)) = read(&Seama, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
