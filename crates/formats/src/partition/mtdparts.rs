//! Partition maps of flash chips in kernel command lines: `mtdparts=`.
//!
//! Finds: each chip's partitions with place and size, as attributes; nothing is handed out, since the map stands beside
//! the flash and not in it. How: the grammar of the kernel's parser, read strictly: every chip has a name and every
//! partition a size, up to the end of the word. Wrong when: a text shows a map as an example. Misses: maps with variables
//! that a boot loader fills in; the size of a partition that takes the rest of a chip.
//! Source: Linux, drivers/mtd/parsers/cmdlinepart.c (documentation at its top).

use crate::bytes::{head, tail};
use crate::{Description, Entry, Format, Limits, Magic, Place, Reading};

/// A partition map in a command line.
pub struct MtdParts;

/// A flash chip and its partitions, in the order of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashMap {
    /// The name that the kernel knows the chip by.
    pub device: String,
    /// Its partitions.
    pub partitions: Vec<FlashPartition>,
}

/// A partition of a flash chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashPartition {
    /// Its name; the kernel makes one up where there is none.
    pub name: Option<String>,
    /// Where it starts, in bytes from the chip's start; `None` behind a partition that takes the rest.
    pub offset: Option<u64>,
    /// Its size in bytes; `None` for the rest of the chip.
    pub size: Option<u64>,
    /// `ro`: must not be written.
    pub read_only: bool,
    /// `lk`: locked.
    pub locked: bool,
}

static DESCRIPTION: Description = Description {
    name: "mtdparts",
    title: "flash partition map of a kernel command line (mtdparts)",
    magics: &[Magic { offset: 0, bytes: PREFIX }],
    yields: "nothing: each chip's partitions with offset and size, as attributes",
    limits: &[
        "an example in a text is read as a map",
        "maps with variables that the boot loader fills in are not read",
        "the last partition's size is that of the rest, which only the chip knows",
    ],
    source: "Linux, drivers/mtd/parsers/cmdlinepart.c",
};

const PREFIX: &[u8] = b"mtdparts=";
/// Bytes of a map that are looked at; a kernel takes 4 KiB of command line at most.
const LENGTH_MAX: usize = 4096;

impl Format for MtdParts {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        _place: Place,
        _limits: &Limits,
        _sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let (maps, size) = parse(data.strip_prefix(PREFIX)?)?;
        let attributes = vec![("partitions", maps.iter().map(describe).collect::<Vec<_>>().join("; "))];
        Some(Reading { size: PREFIX.len() + size, attributes, problems: Vec::new() })
    }
}

/// The maps at the start of `text`, behind `mtdparts=`, and the bytes that they take. `None` when there is anything else
/// before the end of the word: white space, a quotation mark, a NUL, or the end of the text.
pub fn parse(text: &[u8]) -> Option<(Vec<FlashMap>, usize)> {
    let near = head(text, LENGTH_MAX);
    let ends = |byte: &u8| matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | 0xff);
    let length = near.iter().position(ends).unwrap_or(near.len());
    if length == LENGTH_MAX {
        return None;
    }
    let word = head(near, length);
    let word = word.strip_suffix(b";").unwrap_or(word);
    let maps = word.split(|byte| *byte == b';').map(map).collect::<Option<Vec<FlashMap>>>()?;
    Some((maps, word.len()))
}

/// `device:partition,partition...`; the last colon before the first partition parts them, as devices may have colons.
fn map(text: &[u8]) -> Option<FlashMap> {
    let first = text.iter().position(|byte| matches!(byte, b',' | b'(')).unwrap_or(text.len());
    let colon = head(text, first).iter().rposition(|byte| *byte == b':')?;
    let device = head(text, colon);
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-:@,".contains(byte);
    if device.is_empty() || !device.iter().all(named) {
        return None;
    }
    let mut partitions = Vec::new();
    let mut next = Some(0);
    let mut rest = tail(text, colon + 1);
    loop {
        let (mut one, behind) = partition(rest)?;
        one.offset = one.offset.or(next);
        next = one.offset.zip(one.size).and_then(|(offset, size)| offset.checked_add(size));
        partitions.push(one);
        match behind {
            [] => break,
            [b',', more @ ..] => rest = more,
            _ => return None,
        }
    }
    let device = String::from_utf8_lossy(device).into_owned();
    Some(FlashMap { device, partitions })
}

/// `size[@offset][(name)][ro][lk]`, and what follows it.
fn partition(text: &[u8]) -> Option<(FlashPartition, &[u8])> {
    let (size, mut rest) = match text {
        [b'-', rest @ ..] => (None, rest),
        _ => {
            let (size, rest) = number(text)?;
            (Some(size).filter(|size| *size > 0)?.into(), rest)
        }
    };
    let mut offset = None;
    if let [b'@', at @ ..] = rest {
        let (value, behind) = number(at)?;
        (offset, rest) = (Some(value), behind);
    }
    let mut name = None;
    if let [b'(', named @ ..] = rest {
        let length = named.iter().position(|byte| *byte == b')')?;
        let text = head(named, length);
        if !text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            return None;
        }
        name = Some(String::from_utf8_lossy(text).into_owned());
        rest = tail(named, length + 1);
    }
    let (mut read_only, mut locked) = (false, false);
    loop {
        rest = match rest {
            [b'r', b'o', behind @ ..] => {
                read_only = true;
                behind
            }
            [b'l', b'k', behind @ ..] => {
                locked = true;
                behind
            }
            // "slc" is a mode of writing some NAND chips.
            [b's', b'l', b'c', behind @ ..] => behind,
            _ => break,
        };
    }
    Some((FlashPartition { name, offset, size, read_only, locked }, rest))
}

/// A number, decimal or with `0x`, and its unit `k`, `m` or `g`.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        _ => (10, text),
    };
    let length = digits.iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let value = u64::from_str_radix(std::str::from_utf8(head(digits, length)).ok()?, radix).ok()?;
    let (shift, rest) = match tail(digits, length) {
        [b'k' | b'K', rest @ ..] => (10, rest),
        [b'm' | b'M', rest @ ..] => (20, rest),
        [b'g' | b'G', rest @ ..] => (30, rest),
        rest => (0, rest),
    };
    Some((value.checked_mul(1 << shift)?, rest))
}

fn describe(map: &FlashMap) -> String {
    let one = |part: &FlashPartition| {
        let hex = |value: Option<u64>| value.map_or("?".to_owned(), |value| format!("{value:#x}"));
        let size = part.size.map_or("rest".to_owned(), |size| format!("{size:#x}"));
        let read_only = if part.read_only { " ro" } else { "" };
        let locked = if part.locked { " lk" } else { "" };
        format!("{}@{}+{size}{read_only}{locked}", part.name.as_deref().unwrap_or(""), hex(part.offset))
    };
    format!("{}: {}", map.device, map.partitions.iter().map(one).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::read;
    use proptest::prelude::*;

    fn facts(text: &str) -> Option<(String, usize)> {
        let (reading, _) = read(&MtdParts, text.as_bytes(), Place::Inside)?;
        Some((reading.attributes[0].1.clone(), reading.size))
    }

    #[test]
    fn maps_of_one_chip_and_of_several() {
        let (map, size) = facts("mtdparts=spi0.0:256k(u-boot)ro,64k(env)lk,-(firmware) root=31:2").unwrap();
        assert_eq!(map, "spi0.0: u-boot@0x0+0x40000 ro, env@0x40000+0x10000 lk, firmware@0x50000+rest");
        assert_eq!(size, 53);
        let (map, _) = facts("mtdparts=nand0:1m@0x100000(a),0x20000;nor.1:-(b)").unwrap();
        assert_eq!(map, "nand0: a@0x100000+0x100000, @0x200000+0x20000; nor.1: b@0x0+rest");
        let (map, _) = facts("mtdparts=edb7312-nor:256k(ARMboot)ro,-(root);edb7312-nand:-(home)\0").unwrap();
        assert!(map.ends_with("edb7312-nand: home@0x0+rest"));
        assert!(facts("mtdparts=18000000.flash:01:2m(x)").unwrap().0.starts_with("18000000.flash:01: x"));
    }

    #[test]
    fn what_only_looks_like_one() {
        for text in [
            "mtdparts=",
            "mtdparts=mtdparts=nand0:1m(a)",
            "mtdparts=${mtdparts}",
            "mtdparts=nand0:",
            "mtdparts=nand0:12q(a)",
            "mtdparts=nand0:1m(a",
            "mtdparts=nand0:99999999999g(a)",
            "mtdparts=%s:%dk(a)",
            "mtdparts=:1m(a)",
        ] {
            assert_eq!(facts(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "[a-z0-9:;,@()x-]{0,60}") {
            if let Some((maps, size)) = parse(text.as_bytes()) {
                prop_assert!(size <= text.len() && maps.iter().all(|map| !map.partitions.is_empty()));
            }
        }
    }
}
