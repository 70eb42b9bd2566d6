//! Executables whose code is packed: what reads code sees the unpacker alone.
//!
//! Finds: executables that UPX packed, with the version of its format, method, level, filter and both sizes, also where the header's
//! magic or sizes were changed so that UPX itself refuses them; and executables without any import whose code is as dense as what is
//! compressed or encrypted.
//! How: UPX leaves three things: `l_info` behind the program headers (checksum, magic, size of the loader, version, format), `p_info` and
//! `b_info` behind it (sizes; sizes and method of the first block), and a header of 32 bytes at the end of the file with a checksum of its
//! own over all but the magic. Two that fit are enough without the magic, or the header at the end with its checksum alone. Others are
//! told by what is missing: no dynamic table and no sections, and executable bytes with more than 7.2 bits of information each.
//! When it is wrong: a static program without sections that holds much compressed data in its executable segment looks packed.
//! What it misses: packers that keep imports, or that pack parts; encrypted code of less than 4 KiB; other formats than ELF.
//! Weight: none. What UPX's header says, and how dense code is, are facts.
//! Source: UPX, src/stub/src/include/linux.h (l_info, p_info, b_info), src/packhead.cpp (layout and checksum), src/conf.h (numbers of
//! formats and methods), as facts.

use super::text::name_of;
use crate::coverage::Counts;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use banbury_formats::executable::elf::Elf;

/// Packed executables.
pub struct Packed;

static PACKED: CodeInfo = CodeInfo {
    code: "executable.packed",
    title: "Executable is packed",
    grade: Grade::Low,
    meaning: "The executable unpacks its own code when it runs. Every probe that reads code, symbols or texts of it saw the unpacker \
              alone: that they found nothing says nothing of the program.",
    remedy: "Ask the supplier for the executable as it was before it was packed; UPX unpacks its own with `upx -d` where the header is whole.",
    cwe: &[],
};

static DENSE: CodeInfo = CodeInfo {
    code: "executable.dense",
    title: "Executable whose code is as dense as compressed data",
    grade: Grade::Low,
    meaning: "The executable imports nothing, has no sections, and its executable bytes carry as much information as what is compressed \
              or encrypted: it very likely unpacks itself when it runs, by something else than UPX. Every probe that reads code, symbols \
              or texts of it saw the unpacker alone.",
    remedy: "Ask the supplier what it was packed with and why, and for the executable as it was before.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "packed",
    version: "1",
    finds: "executables packed by UPX, also with a changed header, and others whose code is dense and that import nothing",
    how: "UPX's header behind the program headers and at the end with its checksum; else no imports, no sections, and dense code",
    wrong: "a static program without sections that holds much compressed data in its executable segment looks packed",
    misses: &[
        "packers that keep imports, or that pack parts of the code",
        "packed code of less than 4 KiB",
        "what is in the packed code: it is not unpacked",
        "other formats than ELF; scripts that unpack themselves",
    ],
    codes: &[PACKED, DENSE],
    source: "UPX: src/stub/src/include/linux.h, src/packhead.cpp, src/conf.h",
};

/// Bits of information a byte from which on code is dense: compressed data have 7.9, code of all machines below 6.7.
const BITS: f64 = 7.2;
/// Bytes of code from which on that is said.
const LEAST: usize = 4096;
/// Bytes at the end of a file in which UPX's header may stand.
const TAIL: usize = 512;
/// UPX's numbers of ELF formats, those of machines with the least significant byte first before the others.
const FORMATS: [u8; 13] = [10, 12, 20, 22, 23, 25, 30, 39, 42, 132, 133, 137, 140];
const MAGIC: &[u8; 4] = b"UPX!";

/// What UPX says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Upx {
    version: u8,
    format: u8,
    method: Option<u8>,
    level: Option<u8>,
    filter: Option<u8>,
    unpacked: Option<u32>,
    /// What was changed.
    changed: Vec<&'static str>,
    at: usize,
}

impl Probe for Packed {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        findings.looked_at(file.content.len());
        let name = name_of(file);
        if let Some(upx) = upx(elf, file.content) {
            let method = upx.method.map_or("an unknown method", method);
            let changed = if upx.changed.is_empty() { "" } else { ", whose header was changed" };
            let mut claim = Claim::observation(
                &PACKED,
                file.subject(),
                format!("{name} is packed by UPX (format version {}, {method}){changed}", upx.version),
            )
            .fact("packer", "UPX")
            .fact("format-version", i64::from(upx.version))
            .fact("format", i64::from(upx.format))
            .fact("method", method)
            .fact("header", if upx.changed.is_empty() { "whole".to_owned() } else { upx.changed.join(", ") })
            .at(file.location.range(upx.at as u64, 32));
            for (fact, value) in [
                ("level", upx.level.map(u32::from)),
                ("filter", upx.filter.map(u32::from)),
                ("unpacked-bytes", upx.unpacked),
            ] {
                if let Some(value) = value {
                    claim = claim.fact(fact, i64::from(value));
                }
            }
            findings.claim(claim);
            return;
        }
        let bare = !elf.is_dynamic() && elf.interpreter().is_none() && elf.sections.is_empty();
        let code: Vec<&[u8]> =
            elf.loads().filter(|load| load.flags & 1 != 0).map(|load| elf.segment_bytes(load)).collect();
        let size: usize = code.iter().map(|part| part.len()).sum();
        if bare && size >= LEAST {
            let bits = information(&code);
            if bits >= BITS {
                let claim = Claim::observation(
                    &DENSE,
                    file.subject(),
                    format!("{name} imports nothing, and its {size} bytes of code carry {bits:.1} bits each"),
                )
                .fact("code-bytes", i64::try_from(size).unwrap_or(i64::MAX))
                .fact("bits-of-a-byte", format!("{bits:.1}"))
                .at(file.location.clone());
                findings.claim(claim);
            }
        }
    }
}

/// What UPX has left in an executable.
fn upx(elf: &Elf<'_>, content: &[u8]) -> Option<Upx> {
    let (first, last) = (loader(elf, content), tail(content));
    match (first, last) {
        (Some(first), Some(last)) => {
            let mut changed = first.changed;
            changed.extend(last.changed);
            Some(Upx { changed, at: first.at, unpacked: last.unpacked.or(first.unpacked), ..last })
        }
        // By structure alone, without magic or checksum, is too little.
        (Some(first), None) if first.changed.contains(&"magic at the start") => None,
        (Some(mut first), None) => {
            first.changed.push("header at the end is missing");
            Some(first)
        }
        (None, Some(mut last)) => {
            // Of libraries the first header stands elsewhere.
            if elf.kind == 2 {
                last.changed.push("header at the start");
            }
            Some(last)
        }
        (None, None) => None,
    }
}

/// `l_info`, `p_info` and the first `b_info`, behind the program headers.
fn loader(elf: &Elf<'_>, content: &[u8]) -> Option<Upx> {
    let (header, entry) = if elf.is_64 { (64_usize, 56_usize) } else { (52, 32) };
    let at = header.checked_add(elf.segments.len().checked_mul(entry)?)?;
    let bytes = content.get(at..at.checked_add(36)?)?;
    let word = |from: usize| number(bytes, from, elf.big_endian);
    let (version, format) = (*bytes.get(10)?, *bytes.get(11)?);
    let (stated, block) = (word(16)?, word(20)?);
    let (unpacked, packed, method) = (word(24)?, word(28)?, *bytes.get(32)?);
    let fits = (8..=14).contains(&version)
        && FORMATS.contains(&format)
        && is_method(method)
        && packed >= 2
        && packed <= unpacked
        && usize::try_from(packed).is_ok_and(|packed| packed <= content.len());
    if !fits {
        return None;
    }
    let mut changed = Vec::new();
    if bytes.get(4..8) != Some(MAGIC) {
        changed.push("magic at the start");
    }
    if stated == 0 || block == 0 {
        changed.push("sizes at the start");
    }
    let unpacked = (stated > 0).then_some(stated);
    Some(Upx { version, format, method: Some(method), level: None, filter: None, unpacked, changed, at })
}

/// The header at the end of the file, by its checksum.
fn tail(content: &[u8]) -> Option<Upx> {
    let from = content.len().saturating_sub(TAIL);
    let end = content.get(from..)?;
    end.windows(32).enumerate().rev().find_map(|(at, bytes)| {
        let [version, format, method, level] = *bytes.get(4..8)?.first_chunk::<4>()?;
        let fits = (10..=14).contains(&version)
            && FORMATS.contains(&format)
            && is_method(method)
            && (1..=15).contains(&(level & 15));
        let sum: u32 = bytes.get(4..31)?.iter().map(|byte| u32::from(*byte)).sum();
        if !fits || sum % 251 != u32::from(*bytes.get(31)?) {
            return None;
        }
        let big_endian = format >= 128;
        // Sizes before checksums where the most significant byte comes first.
        let (unpacked, packed) = if big_endian { (8, 12) } else { (16, 20) };
        let (unpacked, packed) = (number(bytes, unpacked, big_endian)?, number(bytes, packed, big_endian)?);
        let magic = bytes.get(..4) == Some(MAGIC);
        // A header without its magic has only the checksum, and has to make sense.
        if !magic && (packed < 2 || packed > unpacked || packed as usize > content.len()) {
            return None;
        }
        Some(Upx {
            version,
            format,
            method: Some(method),
            level: Some(level & 15),
            filter: bytes.get(28).copied(),
            unpacked: number(bytes, 24, big_endian).filter(|size| *size > 0),
            changed: if magic { Vec::new() } else { vec!["magic at the end"] },
            at: from + at,
        })
    })
}

fn is_method(method: u8) -> bool {
    matches!(method, 2..=10 | 14..=17)
}

fn method(number: u8) -> &'static str {
    match number {
        2..=4 => "NRV2B",
        5..=7 => "NRV2D",
        8..=10 => "NRV2E",
        14 => "LZMA",
        15 => "deflate",
        16 => "zstd",
        17 => "bzip2",
        _ => "an unknown method",
    }
}

fn number(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *bytes.get(at..at.checked_add(4)?)?.first_chunk::<4>()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// How much information bytes carry, in bits a byte.
fn information(parts: &[&[u8]]) -> f64 {
    let mut counts = Counts::of(&[]);
    parts.iter().for_each(|part| counts.add(&Counts::of(part)));
    counts.entropy()
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/packed/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn header(name: &str) -> Option<String> {
        claims_of_file(&Packed, name, &corpus(name))
            .first()
            .map(|claim| claim.text("header").unwrap_or_default())
    }

    #[test]
    fn changed_headers_are_seen_as_such() {
        assert_eq!(header("bin/packed-x86-64").as_deref(), Some("whole"));
        assert_eq!(header("bin/packed-mips").as_deref(), Some("whole"));
        assert_eq!(header("bin/no-magic").as_deref(), Some("magic at the start, magic at the end"));
        assert_eq!(header("bin/no-sizes").as_deref(), Some("sizes at the start"));
        assert_eq!(header("bin/cut").as_deref(), Some("header at the end is missing"));
        assert_eq!(header("bin/plain"), None);
        assert_eq!(header("bin/names-upx"), None, "a text alone is no header");
    }

    #[test]
    fn information_of_known_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        assert!((information(&[&all]) - 8.0).abs() < 1e-9);
        assert!(information(&[&[7; 100]]).abs() < 1e-9);
        assert!((information(&[&[1, 2], &[1, 2]]) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn random_bytes_are_hardly_ever_packed(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            // A header by chance needs its checksum and six fields: about one file in a million.
            prop_assert_eq!(tail(&bytes), None);
        }

        #[test]
        fn damaged(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = corpus("bin/packed-x86-64");
            let at = at.index(data.len());
            data[at] = byte;
            let end = cut.index(data.len() + 1);
            for claim in claims_of_file(&Packed, "x", &data[..end]) {
                prop_assert!(claim.code != "executable.packed" || claim.text("packer").as_deref() == Some("UPX"));
            }
        }
    }
}
