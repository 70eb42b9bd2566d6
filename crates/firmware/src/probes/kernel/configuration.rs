//! A kernel's configuration: the text that `make` writes, in the image as a file or embedded in the kernel itself.

use super::super::text::lines;
use super::{CONFIGURATION, Release, listed};
use crate::probe::{File, Findings};
use banbury_evidence::Claim;
use std::collections::BTreeSet;

/// Bytes at the start of a file in which the header has to stand.
const HEADER: usize = 512;
/// Options that one claim lists of each kind.
const OPTIONS: usize = 12_000;

/// Claims what a configuration says, where the file is one.
pub(super) fn read(file: &File<'_>, findings: &mut Findings) {
    let Some((release, line, offset)) = header(file.content) else { return };
    findings.looked_at(file.content.len());
    let place = file.location.line(line, offset);
    findings.claim(release.claim(file.subject(), "kernel-configuration").at(place.clone()));
    let (mut built_in, mut modules) = (BTreeSet::new(), BTreeSet::new());
    for line in lines(file.content) {
        let Some((name, set)) = option(line.bytes) else { continue };
        if set == b"y" {
            built_in.insert(name.to_owned())
        } else {
            modules.insert(name.to_owned())
        };
    }
    let title = format!(
        "Configuration of Linux {}: {} options built in, {} as modules",
        release.text,
        built_in.len(),
        modules.len()
    );
    let claim = Claim::observation(&CONFIGURATION, file.subject(), title).fact("release", release.text);
    let mut claim = listed(listed(claim, "built-in", built_in, OPTIONS), "modules", modules, OPTIONS);
    if !is_whole(file.content) {
        claim = claim.fact("incomplete", "it ends before its last menu");
    }
    findings.claim(claim.at(place));
}

/// Whether the text reaches to its last menus. One that was cut off names too few options, and nothing else tells: since
/// 5.1 each menu says where it ends; before, one of these two is the last.
fn is_whole(content: &[u8]) -> bool {
    let (mut ends, mut hacking, mut library, mut end) = (false, false, false, false);
    for line in lines(content) {
        match line.bytes.trim_ascii_end() {
            b"# Kernel hacking" => hacking = true,
            b"# Library routines" => library = true,
            b"# end of Kernel hacking" => end = true,
            other => ends |= other.starts_with(b"# end of "),
        }
    }
    if ends { end } else { hacking && library }
}

/// The release that the header names, and where it stands.
fn header(content: &[u8]) -> Option<(Release<'_>, u32, u64)> {
    if !content.starts_with(b"#") {
        return None;
    }
    let head = content.get(..HEADER).unwrap_or(content);
    lines(head).take(8).find_map(|line| {
        let text = std::str::from_utf8(line.bytes).ok()?;
        let release = match text.strip_prefix("# Linux kernel version: ") {
            Some(release) => release.trim_ascii_end(),
            None => {
                let rest = text.strip_prefix("# Linux/")?.strip_suffix(" Kernel Configuration")?;
                rest.split_once(' ')?.1
            }
        };
        Some((Release::parse(release)?, line.number, line.offset))
    })
}

/// The name, without `CONFIG_`, and value of an option that is set to `y` or `m`.
fn option(line: &[u8]) -> Option<(&str, &[u8])> {
    let rest = line.strip_prefix(b"CONFIG_")?;
    let equals = rest.iter().position(|&byte| byte == b'=')?;
    let (name, value) = rest.split_at_checked(equals)?;
    let value = value.get(1..)?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let right = matches!(value, b"y" | b"m") && name.len() <= 96 && name.iter().all(plain);
    let name = std::str::from_utf8(name).ok().filter(|name| right && !name.is_empty())?;
    Some((name, value))
}
