//! The build information that the Go linker puts into every program.

use super::{Package, claim_all};
use crate::marks::Mark;
use crate::probe::{File, Findings};
use banbury_evidence::Location;
use banbury_formats::executable::elf::Elf;

/// The mark, with the bytes behind it up to the first field.
const HEADER: usize = 16;
/// Where texts start that stand in the information itself.
const INLINE: usize = 32;
/// Bytes at either end of the list of modules that frame it.
const FRAME: usize = 16;
/// Bytes of a text that are read; the longest lists of modules have some hundred thousand.
const TEXT: usize = 4 << 20;

/// Claims the Go release and modules of a program.
pub(super) fn read(file: &File<'_>, findings: &mut Findings) {
    let Some(elf) = file.elf() else { return };
    let found = file.marks(Mark::GoBuild).find_map(|at| Some((at, texts(file.content, elf, at)?)));
    let Some((at, (version, modules))) = found else { return };
    findings.looked_at(file.content.len());
    let place = |text: &str| {
        let start = (text.as_ptr() as usize).checked_sub(file.content.as_ptr() as usize);
        start.map_or_else(
            || file.location.range(at as u64, HEADER as u64),
            |start| file.location.range(start as u64, text.len() as u64),
        )
    };
    if let Some(release) = release(version) {
        let package = Package { kind: "golang", name: "stdlib", version: release, method: "go-build-info" };
        if let Some(claim) = package.claim(file, place(version)) {
            let cpe = crate::signatures::cpe_name("a:golang:go", release);
            findings.claim(claim.fact("cpe", cpe).fact("toolchain", version));
        }
    }
    let modules = listed(modules).into_iter().map(|(name, version)| {
        let place: Location = place(name);
        (Package { kind: "golang", name, version, method: "go-build-info" }, place)
    });
    claim_all(file, modules, findings);
}

/// The release without what a distributor put behind it: `go1.21.5 X:boringcrypto` gives `1.21.5`.
fn release(version: &str) -> Option<&str> {
    let rest = version.strip_prefix("go")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    let release = rest.get(..end)?;
    (release.starts_with(|c: char| c.is_ascii_digit()) && release.contains('.')).then_some(release)
}

/// Modules with the version of each, those that were replaced by what replaced them. The program's own module has no
/// version when it was built from a working copy, and is left out then.
fn listed(text: &str) -> Vec<(&str, &str)> {
    let mut modules: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (what, name, version) = (fields.next(), fields.next(), fields.next());
        let (Some(what), Some(name)) = (what, name) else { continue };
        let version = version.unwrap_or_default();
        match what {
            "mod" | "dep" => modules.push((name, version)),
            "=>" => {
                modules.pop();
                modules.push((name, version));
            }
            _ => {}
        }
    }
    modules.retain(|(name, version)| !name.is_empty() && version.starts_with('v'));
    modules
}

/// The version and the list of modules, in the form that the mark's flags name.
fn texts<'c>(content: &'c [u8], elf: &Elf<'_>, at: usize) -> Option<(&'c str, &'c str)> {
    let header = content.get(at..)?;
    let (&pointer, &flags) = (header.get(14)?, header.get(15)?);
    let (version, modules) = if flags & 2 != 0 {
        let (version, rest) = prefixed(header.get(INLINE..)?)?;
        (version, prefixed(rest).map_or(&[][..], |(modules, _)| modules))
    } else {
        let (size, big) = (usize::from(pointer), flags & 1 != 0);
        if size != 4 && size != 8 {
            return None;
        }
        let text = |index: usize| {
            let slot = header.get(HEADER + index * size..)?;
            let string = content.get(usize::try_from(elf.offset_of(word(slot, size, big)?)?).ok()?..)?;
            let length = usize::try_from(word(string.get(size..)?, size, big)?).ok()?.min(TEXT);
            let start = usize::try_from(elf.offset_of(word(string, size, big)?)?).ok()?;
            content.get(start..start.checked_add(length)?)
        };
        (text(0)?, text(1).unwrap_or_default())
    };
    let version = std::str::from_utf8(version).ok().filter(|text| !text.is_empty() && text.len() <= 200)?;
    // Framed by a mark of 16 bytes at either end, which are no text.
    let framed =
        modules.get(FRAME..modules.len().saturating_sub(FRAME)).filter(|inner| inner.ends_with(b"\n"));
    Some((version, std::str::from_utf8(framed.unwrap_or_default()).unwrap_or_default()))
}

/// A text behind its length as a varint, and what follows it.
fn prefixed(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift) = (0usize, 0);
    for (index, &byte) in data.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            let rest = data.get(index + 1..)?;
            return (length <= TEXT).then(|| rest.split_at_checked(length))?;
        }
    }
    None
}

fn word(data: &[u8], size: usize, big: bool) -> Option<u64> {
    let bytes = data.get(..size)?;
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    Some(if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
}
