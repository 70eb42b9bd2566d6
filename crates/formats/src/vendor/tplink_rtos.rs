//! The image of TP-Link's routers that run VxWorks.
//!
//! Finds: the image behind the header, with model and hardware revision as facts. How: the header states the length.
//! Wrong when: carved from unknown bytes, the length must fit the data and the model must be there. Misses: the MD5, whose
//! salt differs between models, is not verified. Source: firmware-mod-kit (tpl-tool, Image_layout), binwalk
//! (structures/tplink.rs).

use super::parts::Parts;
use crate::broken;
use crate::bytes::{slice, u16_be, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A TP-Link image for VxWorks.
pub struct TpLinkRtos;

static DESCRIPTION: Description = Description {
    name: "tp-link-rtos",
    title: "TP-Link image for VxWorks",
    magics: &[Magic { offset: 20, bytes: b"IMG0" }],
    yields: "the image behind the header",
    limits: &["the MD5, whose salt differs between models, is not verified"],
    source: "firmware-mod-kit (tpl-tool, Image_layout) and binwalk (structures/tplink.rs)",
};

const HEADER: u32 = 0x94;
/// How much more than the stated size the whole has: what stands in front of the magic.
const NOT_COUNTED: u32 = 20;

impl Format for TpLinkRtos {
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
        let (Some(stated), true) = (u32_be(data, 24), data.len() >= HEADER as usize) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let model = u16_be(data, 28).unwrap_or_default();
        let size = u64::from(stated) + u64::from(NOT_COUNTED);
        let good = size > u64::from(HEADER) && size <= 256 << 20 && model != 0;
        if !good || (place == Place::Inside && size > data.len() as u64) {
            return broken::header(data, place, &DESCRIPTION, || {
                Problem::new(
                    ProblemKind::Malformed,
                    24,
                    format!("a size of {stated} bytes, model {model:#06x}"),
                )
            });
        }
        let mut parts = Parts::new(data, size);
        parts.header(0, HEADER as usize);
        parts.add(&b"image"[..], HEADER.into(), size - u64::from(HEADER));
        let mut attributes = vec![("model", format!("{model:#06x}"))];
        if let Some([major, minor]) = slice(data, 30, 2) {
            attributes.push(("hardware-revision", format!("{major}.{minor}")));
        }
        Some(parts.finish(attributes, limits, sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use proptest::prelude::*;

    fn image(size: u32, body: &[u8]) -> Vec<u8> {
        let mut image = vec![0x11; 20];
        image.extend(b"IMG0");
        image.extend(size.to_be_bytes());
        image.extend([0x08, 0x41, 8, 2]);
        image.resize(HEADER as usize, 0);
        [&image, body].concat()
    }

    #[test]
    fn header_and_image() {
        let data = image(HEADER - 20 + 6, b"vxworks");
        let (reading, entries) = read(&TpLinkRtos, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 1, vec![]));
        assert_eq!(bytes_of(&entries), b"vxwork");
        assert!(reading.attributes.contains(&("hardware-revision", "8.2".into())));
        assert!(read(&TpLinkRtos, &data[..150], Place::Inside).is_none());
    }

    proptest! {
        #[test]
        fn any_size(size in any::<u32>()) {
            let data = image(size, b"vxworks");
            if let Some((reading, _)) = read(&TpLinkRtos, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
