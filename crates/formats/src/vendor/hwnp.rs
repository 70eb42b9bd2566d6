//! HWNP: the upgrade package of Huawei's optical terminals and home gateways.
//!
//! Finds: each item of the package under its stored path (`flash:rootfs`, `file:/var/UpgradeCheck.xml`), with section
//! and version as facts. How: the table of items is read; the CRC-32s of header, items and whole are verified. Wrong
//! when: carved from unknown bytes, the header's CRC-32 must fit, or the table must make sense and hold an item's
//! CRC-32 that does. Misses: the headers inside items (`whwh`), in whose bytes formats are looked for all the same;
//! the signatures. Source: the structures in the public domain HuaweiFirmwareTool (huawei_header.h, util_hw.cpp).

use super::parts::{Parts, crc32, is_text, text};
use crate::broken;
use crate::bytes::{head, slice, tail, u16_le, u32_be, u32_le, until_nul};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An upgrade package.
pub struct Hwnp;

static DESCRIPTION: Description = Description {
    name: "hwnp",
    title: "Huawei upgrade package (HWNP)",
    magics: &[Magic { offset: 0, bytes: b"HWNP" }],
    yields: "its items, by their stored paths",
    limits: &[
        "signatures (SIGNINFO items) are handed out, not verified",
        "sections and policies of items are facts of the package, not of the entries",
    ],
    source: "HuaweiFirmwareTool (public domain), huawei_header.h and util_hw.cpp",
};

const HEADER: usize = 36;
/// What an item's record has at least: the fields up to its version.
const ITEM: usize = 360;
/// Behind which byte the header's CRC-32 starts, and that of everything.
const UNDER_HEADER_CRC: usize = 0x14;
const UNDER_WHOLE_CRC: usize = 0x0c;
/// How much less than the package the stated size is.
const NOT_COUNTED: u64 = 0x4c;
const ITEMS_MAX: u32 = 65_536;
/// How many items may vouch for a package whose header's CRC-32 does not fit.
const TRIED: usize = 4;

impl Format for Hwnp {
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
            return broken::header(data, place, &DESCRIPTION, || {
                if data.len() < HEADER {
                    return broken::cut_off(data);
                }
                Problem::new(ProblemKind::Malformed, 0x14, "the numbers and sizes of the items make no sense")
            });
        };
        let table = slice(data, 0, header.table_end());
        let found = table.map(|table| crc32(&[tail(table, UNDER_HEADER_CRC)]));
        let fits = found == Some(header.crc);
        let items = header.items(data, limits);
        let end = items.iter().map(|item| item.at + item.size).fold(header.table_end() as u64, u64::max);
        if place == Place::Inside && !fits && !items.iter().take(TRIED).any(|item| item.fits(data)) {
            return None;
        }
        // The stated size is believed when it is not less than what the items take, and the data go that far.
        let stated = header.stated + NOT_COUNTED;
        let size = if stated >= end && (stated <= data.len() as u64 || end > data.len() as u64) {
            stated
        } else {
            end
        };
        let mut parts = Parts::new(data, size);
        parts.header(0, header.table_end());
        if stated != size {
            let detail = format!("a package of {stated} bytes is stated, its items end at {end}");
            parts.problem(ProblemKind::Malformed, 4, detail);
        }
        if let Some(found) = found.filter(|_| !fits) {
            parts.checksum("CRC-32 of the header", 0x10, header.crc.to_be_bytes(), found.to_be_bytes());
        }
        let mut attributes = header.attributes(data);
        let mut room = data.len().saturating_mul(2);
        for item in &items {
            let path = if item.path.is_empty() { item.section } else { item.path };
            let content = parts.add(path, item.at, item.size);
            let what = format!("CRC-32 of {}", String::from_utf8_lossy(path));
            // Items that share their bytes are not summed up again and again.
            let left = room.checked_sub(content.len());
            room = left.unwrap_or_default();
            // Some makers leave the sums of single items empty.
            if item.crc != 0 && left.is_some() {
                parts.checksum(
                    &what,
                    item.record + 4,
                    item.crc.to_be_bytes(),
                    crc32(&[content]).to_be_bytes(),
                );
            }
            attributes.push(("item", item.describe()));
        }
        if (items.len() as u64) < u64::from(header.count) {
            let detail = format!("{} items are stated, {} were read", header.count, items.len());
            let kind = if items.len() as u64 >= limits.entries || limits.stopped() {
                ProblemKind::LimitReached
            } else {
                ProblemKind::Truncated
            };
            parts.problem(kind, data.len().min(header.table_end()) as u64, detail);
        }
        let whole = crc32(&[tail(parts.object(), UNDER_WHOLE_CRC)]);
        parts.checksum("CRC-32 of the package", 8, header.whole_crc.to_be_bytes(), whole.to_be_bytes());
        Some(parts.finish(attributes, limits, sink))
    }
}

struct Header {
    stated: u64,
    whole_crc: u32,
    crc: u32,
    count: u32,
    products: u16,
    item_size: u32,
}

impl Header {
    fn parse(data: &[u8]) -> Option<Self> {
        slice(data, 0, HEADER).filter(|header| header.starts_with(b"HWNP"))?;
        let header = Self {
            stated: u32_be(data, 4)?.into(),
            whole_crc: u32_le(data, 8)?,
            crc: u32_le(data, 0x10)?,
            count: u32_le(data, 0x14)?,
            products: u16_le(data, 0x1a)?,
            item_size: u32_le(data, 0x1c)?,
        };
        let good =
            (1..=ITEMS_MAX).contains(&header.count) && (ITEM as u32..=4096).contains(&header.item_size);
        good.then_some(header)
    }

    fn table_end(&self) -> usize {
        HEADER + usize::from(self.products) + self.count as usize * self.item_size as usize
    }

    /// The items whose records are there.
    fn items<'a>(&self, data: &'a [u8], limits: &Limits) -> Vec<Item<'a>> {
        let records = head(
            tail(data, HEADER + usize::from(self.products)),
            self.count as usize * self.item_size as usize,
        );
        let start = HEADER + usize::from(self.products);
        records
            .chunks_exact(self.item_size as usize)
            .enumerate()
            .take(crate::bytes::position(limits.entries))
            .map_while(|(number, record)| Item::parse(record, start + number * self.item_size as usize))
            .collect()
    }

    fn attributes(&self, data: &[u8]) -> Vec<(&'static str, String)> {
        let products = slice(data, HEADER, self.products.into()).map(text).unwrap_or_default();
        vec![("items", self.count.to_string()), ("products", products)]
    }
}

struct Item<'a> {
    /// Where the record stands.
    record: usize,
    number: u32,
    crc: u32,
    at: u64,
    size: u64,
    path: &'a [u8],
    section: &'a [u8],
    version: &'a [u8],
}

impl<'a> Item<'a> {
    fn parse(bytes: &'a [u8], record: usize) -> Option<Self> {
        Some(Self {
            record,
            number: u32_le(bytes, 0)?,
            crc: u32_le(bytes, 4)?,
            at: u32_le(bytes, 8)?.into(),
            size: u32_le(bytes, 12)?.into(),
            path: until_nul(slice(bytes, 16, 256)?),
            section: until_nul(slice(bytes, 272, 16)?),
            version: until_nul(slice(bytes, 288, 64)?),
        })
    }

    fn fits(&self, data: &[u8]) -> bool {
        is_text(self.path)
            && self.size > 0
            && usize::try_from(self.at).is_ok_and(|at| {
                slice(data, at, self.size as usize).is_some_and(|content| crc32(&[content]) == self.crc)
            })
    }

    fn describe(&self) -> String {
        let [path, section, version] = [self.path, self.section, self.version].map(String::from_utf8_lossy);
        let version = if version.is_empty() { String::new() } else { format!(", version {version}") };
        format!("{} {path} in section {section}{version}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn package(items: &[(&str, &[u8])]) -> Vec<u8> {
        let products = b"120|130|;COMMON|\0\0\0\0";
        let table = HEADER + products.len() + items.len() * ITEM;
        let (mut records, mut body) = (Vec::new(), Vec::new());
        for (number, (path, content)) in items.iter().enumerate() {
            let mut record = vec![0; ITEM];
            record[0..4].copy_from_slice(&(number as u32).to_le_bytes());
            record[4..8].copy_from_slice(&crc32(&[content]).to_le_bytes());
            record[8..12].copy_from_slice(&((table + body.len()) as u32).to_le_bytes());
            record[12..16].copy_from_slice(&(content.len() as u32).to_le_bytes());
            record[16..16 + path.len()].copy_from_slice(path.as_bytes());
            record[272..278].copy_from_slice(b"KERNEL");
            records.extend(record);
            body.extend_from_slice(content);
        }
        let mut header = b"HWNP".to_vec();
        header.extend(((table + body.len()) as u32).wrapping_sub(NOT_COUNTED as u32).to_be_bytes());
        header.extend([0; 4]);
        header.extend((table as u32).to_le_bytes());
        header.extend([0; 4]);
        header.extend((items.len() as u32).to_le_bytes());
        header.extend([0, 0]);
        header.extend((products.len() as u16).to_le_bytes());
        header.extend((ITEM as u32).to_le_bytes());
        header.extend([0; 4]);
        let mut package = [&header, &products[..], &records, &body].concat();
        let own = crc32(&[&package[UNDER_HEADER_CRC..table]]);
        package[0x10..0x14].copy_from_slice(&own.to_le_bytes());
        let whole = crc32(&[&package[UNDER_WHOLE_CRC..]]);
        package[8..12].copy_from_slice(&whole.to_le_bytes());
        package
    }

    #[test]
    fn items_by_their_paths() {
        let data =
            [package(&[("flash:kernel", b"kernel"), ("file:/var/a.xml", b"<a/>")]), vec![1; 20]].concat();
        let (reading, entries) = read(&Hwnp, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 20, vec![]));
        let names: Vec<_> = entries.iter().map(|entry| entry.path.to_vec()).collect();
        assert_eq!(names, [b"flash:kernel".to_vec(), b"file:/var/a.xml".to_vec()]);
        assert!(reading.attributes.contains(&("products", "120|130|;COMMON|".into())));
    }

    #[test]
    fn each_checksum_is_checked() {
        let mut data = package(&[("flash:kernel", b"kernel"), ("file:/var/a.xml", b"<a/>")]);
        *data.last_mut().unwrap() ^= 1;
        let (reading, _) = read(&Hwnp, &data, Place::Inside).unwrap();
        let offsets: Vec<_> = reading.problems.iter().map(|problem| problem.offset).collect();
        assert_eq!(offsets, [(HEADER + 20 + ITEM + 4) as u64, 8]);
        data[0x10] ^= 1;
        assert!(read(&Hwnp, &data, Place::Inside).is_some(), "the first item still fits");
        data[HEADER + 20 + 4] ^= 1;
        assert!(read(&Hwnp, &data, Place::Inside).is_none());
    }

    #[test]
    fn items_that_share_their_bytes_cost_no_more_than_twice() {
        let content = vec![0x5a; 64 << 10];
        let mut items = vec![("flash:kernel", &content[..])];
        items.resize(60_000, ("flash:again", &[]));
        let mut data = package(&items);
        let first: [u8; 8] = data[HEADER + 28..HEADER + 36].try_into().unwrap();
        for number in 1..60_000 {
            data[HEADER + 20 + number * ITEM + 8..][..8].copy_from_slice(&first);
        }
        let started = std::time::Instant::now();
        let (reading, entries) = read(&Hwnp, &data, Place::Start).unwrap();
        assert!(entries.len() < 60_000 && started.elapsed().as_secs() < 20);
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::LimitReached));
    }

    #[test]
    fn ten_million_items_stated() {
        let mut data = package(&[("flash:kernel", b"kernel")]);
        data[0x14..0x18].copy_from_slice(&10_000_000_u32.to_le_bytes());
        let (reading, _) = read(&Hwnp, &data, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
        data[0x14..0x18].copy_from_slice(&60_000_u32.to_le_bytes());
        let (reading, _) = read(&Hwnp, &data, Place::Start).unwrap();
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Truncated));
    }

    proptest! {
        #[test]
        fn any_places(at in any::<u32>(), size in any::<u32>(), stated in any::<u32>()) {
            let mut data = package(&[("flash:kernel", b"kernel")]);
            data[4..8].copy_from_slice(&stated.to_be_bytes());
            data[HEADER + 28..HEADER + 32].copy_from_slice(&at.to_le_bytes());
            data[HEADER + 32..HEADER + 36].copy_from_slice(&size.to_le_bytes());
            if let Some((reading, _)) = read(&Hwnp, &data, Place::Start) {
                prop_assert!((1..=data.len()).contains(&reading.size));
            }
        }
    }
}
