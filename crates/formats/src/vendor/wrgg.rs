//! WRGG and WRG: the image header of older D-Link and Alpha Networks routers.
//!
//! Finds: the image behind the header, with signature, model, version and target device as facts. How: either header
//! in either byte order; the MD5 over the target's fields and the image is verified. Wrong when: carved from unknown
//! bytes, the signature must be text and the magic must stand there twice. Misses: encrypted variants. Source: OpenWrt
//! firmware-utils mkwrggimg.c and mkwrgimg.c, mtdsplit_wrgg.c.

use super::parts::{Parts, fact, is_text, md5, text};
use crate::broken;
use crate::bytes::{slice, u32_be, u32_le};
use crate::{Description, Entry, Format, Limits, Magic, Place, ProblemKind, Reading};

/// A WRGG or WRG image.
pub struct Wrgg;

static DESCRIPTION: Description = Description {
    name: "wrgg",
    title: "WRGG or WRG image",
    magics: &[
        Magic { offset: 32, bytes: &[0x20, 0x08, 0x03, 0x21] },
        Magic { offset: 32, bytes: &[0x21, 0x03, 0x08, 0x20] },
        Magic { offset: 32, bytes: &[0x20, 0x04, 0x02, 0x20] },
        Magic { offset: 32, bytes: &[0x20, 0x02, 0x04, 0x20] },
    ],
    yields: "the image behind the header",
    limits: &["encrypted images of the same makers are handed out as they are"],
    source: "OpenWrt firmware-utils mkwrggimg.c and mkwrgimg.c, mtdsplit_wrgg.c",
};

const MAGIC: usize = 32;

impl Format for Wrgg {
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
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        if place == Place::Inside && !header.is_sane(data) {
            return None;
        }
        let mut parts = Parts::new(data, header.size as u64 + u64::from(header.image_size));
        parts.header(0, header.size);
        let image = parts.add(&b"image"[..], header.size as u64, u64::from(header.image_size));
        let fields = slice(data, header.target, 4 + 32)?;
        let found = md5(&[fields, image]);
        let stated = slice(data, header.target + 4 + 32, 16)?;
        if !header.is_sane(data) {
            parts.problem(ProblemKind::Malformed, 0, "signature and second magic are not there");
        }
        parts.checksum("MD5", header.target + 4 + 32, stated, found);
        Some(parts.finish(header.attributes(data), limits, sink))
    }
}

struct Header {
    big: bool,
    /// Whether it is the longer of both, with version and model.
    long: bool,
    size: usize,
    image_size: u32,
    /// Where the offset and name of the target device stand; the MD5 follows.
    target: usize,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        let (long, big) = match slice(data, MAGIC, 4)? {
            [0x20, 0x08, 0x03, 0x21] => (true, true),
            [0x21, 0x03, 0x08, 0x20] => (true, false),
            [0x20, 0x04, 0x02, 0x20] => (false, true),
            [0x20, 0x02, 0x04, 0x20] => (false, false),
            _ => return None,
        };
        let at = if long { 104 } else { 40 };
        let size = if long { 160 } else { 96 };
        data.get(..size)?;
        let image_size = if big { u32_be(data, at)? } else { u32_le(data, at)? };
        Some(Self { big, long, size, image_size, target: at + 4 })
    }

    fn is_sane(&self, data: &[u8]) -> bool {
        slice(data, 0, MAGIC).is_some_and(is_text) && slice(data, MAGIC, 4) == slice(data, MAGIC + 4, 4)
    }

    fn attributes(&self, data: &[u8]) -> Vec<(&'static str, String)> {
        let field = |at, size| slice(data, at, size).map(text).unwrap_or_default();
        let mut attributes = vec![("header", if self.long { "WRGG03" } else { "WRG" }.to_owned())];
        attributes.push(("byte-order", if self.big { "big" } else { "little" }.to_owned()));
        fact(&mut attributes, "signature", field(0, 32));
        if self.long {
            fact(&mut attributes, "version", field(40, 16));
            fact(&mut attributes, "model", field(56, 16));
            fact(&mut attributes, "build", field(88, 16));
        }
        fact(&mut attributes, "device", field(self.target + 4, 32));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use proptest::prelude::*;

    fn image(long: bool, content: &[u8]) -> Vec<u8> {
        let field = |text: &[u8], size| [text, &vec![0; size - text.len()]].concat();
        let magic: u32 = if long { 0x2008_0321 } else { 0x2004_0220 };
        let mut header = field(b"wrgn59_dlob.hans_dir645", 32);
        let word = |value: u32| if long { value.to_be_bytes() } else { value.to_le_bytes() };
        header.extend(word(magic));
        header.extend(word(magic));
        if long {
            header.extend([field(b"1.0", 16), field(b"DIR-645", 16), vec![0; 16], field(b"1", 16)].concat());
        }
        header.extend(word(content.len() as u32));
        let target = [&[0; 4][..], &field(b"/dev/mtdblock/2", 32)].concat();
        let digest = md5(&[&target, content]);
        [&header, &target, &digest[..], content].concat()
    }

    #[test]
    fn both_headers() {
        for long in [true, false] {
            let data = [image(long, b"kernel"), vec![3; 5]].concat();
            let (reading, entries) = read(&Wrgg, &data, Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (data.len() - 5, vec![]));
            assert_eq!(bytes_of(&entries), b"kernel");
            assert!(reading.attributes.contains(&("device", "/dev/mtdblock/2".into())));
        }
    }

    #[test]
    fn a_wrong_digest() {
        let mut data = image(true, b"kernel");
        data[161] ^= 1;
        let (reading, _) = read(&Wrgg, &data, Place::Inside).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
        data[0] = 0;
        assert!(read(&Wrgg, &data, Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_size(size in any::<u32>()) {
            let mut data = image(true, b"kernel");
            data[104..108].copy_from_slice(&size.to_be_bytes());
            let (reading, _) = read(&Wrgg, &data, Place::Start).unwrap();
            prop_assert!((1..=data.len()).contains(&reading.size));
        }
    }
}
