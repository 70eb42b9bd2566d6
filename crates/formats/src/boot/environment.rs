//! U-Boot's environment: the variables that tell a boot loader what to start.
//!
//! Finds: the variables as lines of text; the boot command and the kernel's command line as attributes. How: no magic
//! starts it, so names that nearly every environment has are looked for, and its start is where the text before them
//! begins; behind a CRC-32 in either byte order, and a flag where there are two copies. The size is the one that the
//! CRC-32 fits: in steps of 256 bytes through the padding, and powers of two. Wrong when: without a CRC-32 that fits
//! (the default environment in a boot loader, or a damaged one), three variables and their end are asked for.
//! Misses: environments without any of the names; sizes that are no multiple of 256.
//! Source: U-Boot, include/env_internal.h, env/common.c, tools/mkenvimage.c.

use crate::bytes::{head, slice, tail, u32_be, u32_le};
use crate::{
    Content, Description, Entry, Format, LOOK_BACK, Limits, Magic, Place, Problem, ProblemKind, Reading,
};

/// A U-Boot environment.
pub struct Environment;

/// Names that say "environment", as magics.
macro_rules! names {
    ($($name:literal)*) => {
        const NAMES: &[&[u8]] = &[$($name),*];
        const MAGICS: &[Magic] = &[$(Magic { offset: Magic::FLOATING, bytes: $name }),*];
    };
}

names!(b"bootcmd=" b"bootargs=" b"baudrate=" b"bootdelay=" b"ethaddr=" b"ipaddr=" b"serverip=");

static DESCRIPTION: Description = Description {
    name: "uboot-env",
    title: "U-Boot environment",
    magics: MAGICS,
    yields: "the variables, a line each, `environment`",
    limits: &[
        "found by names that most environments have (bootcmd, bootargs, baudrate, ...)",
        "sizes up to 256 KiB that are multiples of 256 bytes",
        "without a checksum that fits, it ends with its last variable",
    ],
    source: "U-Boot, include/env_internal.h and tools/mkenvimage.c",
};

const SIZE_MAX: usize = 256 << 10;
const STEP: usize = 256;
/// Variables that a stretch without a checksum must have.
const VARIABLES_MIN: usize = 3;

impl Format for Environment {
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
        let found = [4, 5].into_iter().find_map(|header| Some((header, checked(data, header)?)));
        let (header, size, order) = match found {
            Some((header, (size, order))) => (header, size, Some(order)),
            None => (0, 0, None),
        };
        let block = block(tail(data, header));
        let Block { variables, size: text_size, ended } = block;
        let mut problems = Vec::new();
        if order.is_none() {
            let known = variables.iter().any(|variable| NAMES.iter().any(|name| variable.starts_with(name)));
            if variables.len() < VARIABLES_MIN || !known || (place == Place::Inside && !ended) {
                return None;
            }
            if !ended {
                let detail = "the variables have no end";
                problems.push(Problem::new(ProblemKind::Truncated, text_size as u64, detail));
            }
        }
        let mut attributes = vec![("variables", variables.len().to_string())];
        if let Some(order) = order {
            attributes.push(("checksum", format!("CRC-32, {order}-endian")));
            if let (5, Some(flag)) = (header, data.get(4)) {
                attributes.push(("copy-flag", flag.to_string()));
            }
        } else {
            attributes.push(("checksum", "none".to_owned()));
        }
        for name in ["bootcmd", "bootargs", "mtdparts"] {
            let value = variables.iter().find_map(|variable| {
                variable.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            });
            attributes.extend(value.map(|value| (name, String::from_utf8_lossy(value).into_owned())));
        }
        let mut text = variables.join(&b"\n"[..]);
        text.push(b'\n');
        if variables.is_empty() {
            text.clear();
        }
        sink(Entry::stream(b"environment".as_slice(), Content::Owned(text), Some(header as u64)));
        Some(Reading { size: if order.is_some() { size } else { text_size }, attributes, problems })
    }

    fn locate(&self, data: &[u8], at: usize) -> Option<usize> {
        // The names stand behind the NUL of the variable before, or first of all.
        let start = first_variable(data, at)?;
        // Of a checksum, or of it and a flag, some bytes may look like text.
        let from = start.saturating_sub(5);
        let candidates = (from..=start).filter(|candidate| {
            [4, 5].into_iter().any(|header| checked(tail(data, *candidate), header).is_some())
        });
        candidates.min().or(Some(start)).filter(|start| at - start.min(&at) <= LOOK_BACK)
    }
}

/// Where the text starts in which a name at `at` stands, unless another of the names stands before it: then that one
/// was asked already.
fn first_variable(data: &[u8], at: usize) -> Option<usize> {
    if at == 0 || data.get(at - 1) != Some(&0) {
        // Text runs on before it: a variable of that name is spoken of. Else it is the first.
        let before = head(data, at);
        let near = tail(before, at.saturating_sub(4));
        return near.iter().any(|byte| !is_printable(*byte)).then_some(at).or((at < 4).then_some(at));
    }
    let floor = at.saturating_sub(LOOK_BACK);
    let mut start = at;
    let mut end = at - 1;
    // Backwards from NUL to NUL, as long as there is text with a name in front.
    while end > floor {
        let text = head(data, end);
        let length = text.iter().rev().take(end - floor).take_while(|byte| is_text(byte)).count();
        let variable = tail(text, end - length);
        if NAMES.iter().any(|name| variable.starts_with(name))
            && end - length > 0
            && data.get(end - length - 1) == Some(&0)
        {
            return None;
        }
        // The first name may have bytes of the checksum before it that pass for text.
        let Some(equals) = variable.iter().position(|byte| *byte == b'=') else { break };
        let name =
            head(variable, equals).iter().rev().take_while(|byte| (0x21..0x7f).contains(*byte)).count();
        if name == 0 {
            break;
        }
        start = end - length + equals - name;
        if name < equals {
            break;
        }
        if start == 0 || data.get(start - 1) != Some(&0) {
            break;
        }
        end = start - 1;
    }
    Some(start)
}

/// The variables at the start of some bytes.
struct Block<'a> {
    variables: Vec<&'a [u8]>,
    /// With the closing NUL.
    size: usize,
    ended: bool,
}

fn block(data: &[u8]) -> Block<'_> {
    let near = head(data, SIZE_MAX);
    let mut block = Block { variables: Vec::new(), size: 0, ended: false };
    loop {
        let length = tail(near, block.size).iter().take_while(|byte| is_text(byte)).count();
        if near.get(block.size + length) != Some(&0) {
            break;
        }
        if length == 0 {
            block.size += 1;
            block.ended = true;
            break;
        }
        let variable = head(tail(near, block.size), length);
        if !is_variable(variable) {
            break;
        }
        block.variables.push(variable);
        block.size += length + 1;
    }
    block
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)
}

fn is_text(byte: &u8) -> bool {
    is_printable(*byte) || (0x80..=0xfe).contains(byte)
}

/// A name, `=`, and any text.
fn is_variable(text: &[u8]) -> bool {
    let name = text.split(|byte| *byte == b'=').next().unwrap_or_default();
    !name.is_empty()
        && name.len() < text.len()
        && name.len() <= 128
        && name.iter().all(|byte| (0x21..0x7f).contains(byte))
        && text.iter().all(is_text)
}

/// The size of an environment whose variables stand behind a header of 4 or 5 bytes, and the byte order of its checksum.
fn checked(data: &[u8], header: usize) -> Option<(usize, &'static str)> {
    let (little, big) = (u32_le(data, 0)?, u32_be(data, 0)?);
    let body = head(tail(data, header), SIZE_MAX - header);
    let block = block(body);
    if block.variables.is_empty() {
        return None;
    }
    let fill = tail(body, block.size);
    let padding = fill.first().map_or(0, |first| fill.iter().take_while(|byte| *byte == first).count());
    // Behind the variables stands padding, or what the memory held; how far the checksum is tried there depends on how
    // much text there is, so that text made to deceive costs no more than it is long.
    let held = if block.variables.len() > 1 { block.size.saturating_mul(16) } else { 0 };
    let reach = (header + block.size + padding.max(held)).min(data.len());
    let mut crc = flate2::Crc::new();
    let mut done = header;
    let first = (header + block.size).next_multiple_of(STEP);
    let last = reach.min(SIZE_MAX);
    for size in (first..=last).step_by(STEP) {
        let in_padding = size <= header + block.size + padding;
        if !in_padding && !size.is_power_of_two() {
            continue;
        }
        crc.update(slice(data, done, size - done)?);
        done = size;
        let sum = crc.sum();
        if sum == little {
            return Some((size, "little"));
        }
        if sum == big {
            return Some((size, "big"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use proptest::prelude::*;

    const TEXT: &[u8] = b"arch=mips\0baudrate=115200\0bootcmd=run a; run b\0mtdparts=nor0:1m(a),-(b)\0\0";

    fn image(size: usize, fill: u8, header: usize, big: bool) -> Vec<u8> {
        let mut data = vec![1; header];
        data.extend_from_slice(TEXT);
        data.resize(size, fill);
        let mut crc = flate2::Crc::new();
        crc.update(&data[header..]);
        let sum = if big { crc.sum().to_be_bytes() } else { crc.sum().to_le_bytes() };
        data[..4].copy_from_slice(&sum);
        data
    }

    #[test]
    fn sizes_orders_and_flags() {
        for (size, fill, header, big) in
            [(0x400, 0xff, 4, false), (0x1000, 0, 5, true), (0x1_0000, 0, 4, true), (0x1f00, 0xff, 5, false)]
        {
            let data = image(size, fill, header, big);
            let flash = [&[0xff; 300], &data[..], b"something else"].concat();
            let hit = flash.windows(8).position(|window| window == b"bootcmd=").unwrap();
            assert_eq!(Environment.locate(&flash, hit), None, "not the first of its names");
            let hit = flash.windows(9).position(|window| window == b"baudrate=").unwrap();
            assert_eq!(Environment.locate(&flash, hit), Some(300), "{size}");
            let (reading, entries) = read(&Environment, &flash[300..], Place::Inside).unwrap();
            assert_eq!((reading.size, reading.problems), (size, vec![]));
            assert!(reading.attributes.contains(&("bootcmd", "run a; run b".into())));
            let text = "arch=mips\nbaudrate=115200\nbootcmd=run a; run b\nmtdparts=nor0:1m(a),-(b)\n";
            assert_eq!(bytes_of(&entries), text.as_bytes());
        }
    }

    #[test]
    fn a_default_environment_has_no_checksum() {
        let program = [&b"code\x01\x02"[..], TEXT, b"\x03more code"].concat();
        let hit = program.windows(9).position(|window| window == b"baudrate=").unwrap();
        assert_eq!(Environment.locate(&program, hit), Some(6));
        let (reading, _) = read(&Environment, &program[6..], Place::Inside).unwrap();
        assert_eq!(reading.size, TEXT.len());
        assert!(reading.attributes.contains(&("checksum", "none".into())));
        assert!(read(&Environment, &TEXT[..TEXT.len() - 9], Place::Inside).is_none());
        let (reading, _) = read(&Environment, &TEXT[..TEXT.len() - 9], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
    }

    #[test]
    fn text_that_speaks_of_variables() {
        let script = b"setenv bootcmd=run; saveenv bootargs=none\0printenv\0";
        let hit = script.windows(8).position(|window| window == b"bootcmd=").unwrap();
        assert_eq!(Environment.locate(script, hit), None);
        assert!(read(&Environment, script, Place::Start).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_located_before_its_name(before in prop::collection::vec(prop_oneof![Just(0), Just(b'='), any::<u8>()], 0..80)) {
            let data = [&before[..], TEXT].concat();
            for (at, window) in data.windows(9).enumerate().filter(|(_, window)| *window == b"baudrate=") {
                if let Some(start) = Environment.locate(&data, at) {
                    prop_assert!(start <= at, "{start} {at} {window:?}");
                    Environment.read(&data[start..], Place::Inside, &Limits::default(), &mut |_| {});
                }
            }
        }
    }
}
