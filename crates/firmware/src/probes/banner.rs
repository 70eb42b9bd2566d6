//! Candidates: a name with a version, in the file that bears the name.
//!
//! Finds: texts such as `foo 1.2.3`, `foo version 1.2`, `foo-1.2`, `foo/1.2` and `foo (any text) 1.2` in an executable
//! or library called `foo` or `libfoo`. They are candidates under a code of their own and no components: nobody wrote
//! down that the product prints this.
//! How: the name is that of the file or the SONAME without `lib`, ending and interface number; it must start a text (or a
//! line, or stand behind `%s: `), and all versions that follow it so must agree. A mention of another product never
//! becomes that product, since only the file's own name is looked for.
//! When it is wrong: a file that was named after something else with a version, such as a protocol; a version of a part
//! or of a data format.
//! What it misses: versions that are printed from a text of their own (`%s version %s`), and renamed files.
//! Source: GNU Coding Standards, section 4.8.1, on what `--version` prints.

use crate::probe::{Description, File, Findings, Probe};
use crate::signatures::signatures;
use aho_corasick::AhoCorasick;
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::BTreeSet;

/// Candidates by banners.
pub struct Banner;

static CANDIDATE: CodeInfo = CodeInfo {
    code: "component.candidate",
    title: "A name with a version in the file of that name",
    grade: Grade::Info,
    meaning: "The file holds its own name with a version behind it. No signature says what the product prints, so this \
              may be its version, or that of a part of it.",
    remedy: "Compare with the supplier's bill of materials; write a signature for the product.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "banner",
    version: "1",
    finds: "candidates for components: a version behind the name of the executable or library that holds it",
    how: "the file's name or SONAME without lib, ending and interface number, at the start of a text or line, then a version; all such versions of a file agree",
    wrong: "a file named after a protocol or format with a version of its own; the version of a part",
    misses: &[
        "versions that stand in a text of their own, apart from the name",
        "files that were renamed, names of fewer than three letters, and names that are words for kinds of programs",
        "files in which two such versions differ",
    ],
    codes: &[CANDIDATE],
    source: "GNU Coding Standards, section 4.8.1",
};

/// Names that protocols, formats and kinds of programs have.
const COMMON: &[&str] = &[
    "agent", "api", "app", "client", "config", "core", "daemon", "dns", "ftp", "html", "http", "https",
    "init", "ipv4", "ipv6", "json", "main", "manager", "master", "monitor", "mqtt", "ntp", "plugin",
    "program", "rtsp", "run", "server", "service", "setup", "sip", "smb", "snmp", "soap", "ssh", "ssl",
    "start", "system", "tcp", "telnet", "test", "tftp", "tls", "tool", "tools", "upnp", "usb", "util",
    "utils", "version", "web", "xml",
];
/// Places of the name in one file that are looked at.
const TRIED: usize = 512;
/// Places of the version that are listed.
const LISTED: usize = 8;
/// Bytes between name and version.
const BETWEEN: usize = 40;

impl Probe for Banner {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        let soname = elf.soname().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        let names: BTreeSet<String> = [stem(file.name()), stem(soname)].into_iter().flatten().collect();
        if names.is_empty() {
            return;
        }
        findings.looked_at(file.content.len());
        for name in names {
            let places = versions(file.content, &name);
            let all: BTreeSet<&str> = places.iter().map(|(_, _, version)| *version).collect();
            let (1, Some(version)) = (all.len(), all.first()) else { continue };
            // What a signature names needs no candidate.
            if signatures().is_some_and(|all| all.name(file.content, &name)) {
                continue;
            }
            let mut claim =
                Claim::observation(&CANDIDATE, file.subject(), format!("{name} {version}, perhaps"))
                    .fact("name", name.as_str())
                    .fact("version", *version)
                    .fact("method", "name-version-banner");
            for (start, end, _) in places.iter().take(LISTED) {
                claim = claim.at(file.location.range(*start as u64, (end - start) as u64));
            }
            findings.claim(claim);
        }
    }
}

/// The product's name in that of a file: without `lib`, ending and interface number, in lower case.
fn stem(name: &str) -> Option<String> {
    let stem = name.split(".so").next()?;
    let stem = if stem.len() < name.len() { stem.strip_prefix("lib").unwrap_or(stem) } else { stem };
    let stem = stem.split('.').next()?;
    let number = |c: char| c.is_ascii_digit() || c == '-' || c == '_';
    // `glib-2` and `foo-1` are foo's interface; `lua5` and `bzip2` are names.
    let stem = match stem.rsplit_once(['-', '_']) {
        Some((head, tail)) if !tail.is_empty() && tail.chars().all(number) => head,
        _ => stem,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+".contains(&byte);
    let letters = stem.bytes().filter(u8::is_ascii_alphabetic).count();
    let lower = stem.to_ascii_lowercase();
    let right = letters >= 3 && stem.len() <= 40 && stem.bytes().all(plain);
    (right && !COMMON.contains(&lower.as_str())).then_some(lower)
}

/// Where the name stands with a version behind it: start, end and version.
fn versions<'c>(content: &'c [u8], name: &str) -> Vec<(usize, usize, &'c str)> {
    let with_lib = format!("lib{name}");
    let Ok(finder) = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build([name, with_lib.as_str()])
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for hit in finder.find_iter(content).take(TRIED) {
        let before = content.get(..hit.start()).unwrap_or_default();
        let starts =
            before.last().is_none_or(|byte| matches!(byte, 0 | b'\n')) || before.ends_with(b"\0%s: ");
        let rest = content.get(hit.end()..).unwrap_or_default();
        if starts && let Some((skip, version)) = behind(rest) {
            found.push((hit.start(), hit.end() + skip + version.len(), version));
        }
    }
    found
}

/// The version behind a name, and how far behind it.
fn behind(rest: &[u8]) -> Option<(usize, &str)> {
    let window = rest.get(..rest.len().min(BETWEEN + 40))?;
    let mut at = match window.first()? {
        b' ' | b'-' | b'/' | b',' => 1,
        _ => return None,
    };
    let skip = |at: &mut usize, word: &[u8]| {
        let text = window.get(*at..).and_then(|text| text.get(..word.len()));
        let is = text.is_some_and(|text| text.eq_ignore_ascii_case(word));
        *at += if is { word.len() } else { 0 };
    };
    skip(&mut at, b" ");
    if window.get(at) == Some(&b'(') {
        let close = window
            .get(at..at.checked_add(BETWEEN)?.min(window.len()))?
            .iter()
            .position(|&byte| byte == b')')?;
        at += close + 1;
        skip(&mut at, b" ");
    }
    skip(&mut at, b"version ");
    skip(&mut at, b"release ");
    skip(&mut at, b"v");
    let text = window.get(at..)?;
    let end = text.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b".-_+".contains(byte))?;
    let closes = matches!(text.get(end), Some(0 | b'\n' | b' ' | b',' | b')' | b'(' | b';'));
    let version = std::str::from_utf8(text.get(..end)?).ok()?;
    (closes && is_version(version)).then_some((at, version))
}

/// Two to four numbers with dots, and at most a short mark of a letter or patch behind them.
fn is_version(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (Some(numbers), Some(mark)) = (text.get(..end), text.get(end..)) else { return false };
    let parts: Vec<&str> = numbers.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.len() <= 4;
    let address = parts.len() == 4 && parts.first().is_some_and(|first| first.len() > 1);
    let marks = ["rc", "p", "beta", "alpha", "pre", "git", "dev"];
    let plain = mark.trim_start_matches(['-', '_', '.', '+']);
    let short = plain.len() <= 1 || (plain.len() <= 8 && marks.iter().any(|word| plain.starts_with(word)));
    (2..=4).contains(&parts.len()) && parts.iter().all(number) && !address && short
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    const HEAD: &[u8] = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x34\0\x20\0\0\0\x28\0\0\0\0\0";

    fn found(path: &str, text: &str) -> Vec<String> {
        let content = [HEAD, text.as_bytes(), b"\0"].concat();
        claims_of_file(&Banner, path, &content).iter().map(|claim| claim.facts["version"].to_text()).collect()
    }

    #[test]
    fn the_files_own_name_with_a_version() {
        for text in [
            "foo 1.2.3",
            "foo version 1.2.3",
            "foo-1.2.3",
            "Foo/1.2.3",
            "foo, version 1.2.3",
            "foo (some tools) 1.2.3",
            "foo v1.2.3",
            "libfoo 1.2.3",
            "%s: foo 1.2.3",
            "usage\nfoo 1.2.3 (x)",
        ] {
            assert_eq!(found("sbin/foo", text), ["1.2.3"], "{text}");
            assert_eq!(found("lib/libfoo.so.4", text), ["1.2.3"], "{text}");
        }
        assert_eq!(found("sbin/foo", "foo 2.4.9p1"), ["2.4.9p1"]);
    }

    #[test]
    fn mentions_are_none() {
        for text in [
            "bar 1.2.3",
            "needs foo 1.2.3",
            "food 1.2.3",
            "foo 1.2.3.so",
            "foo 127.0.0.1",
            "foo %s",
            "foo 12",
            "/foo-1.2/x",
            "foo 1.2.3%d",
            "foo 1.2\0foo 1.3",
        ] {
            assert!(found("sbin/foo", text).is_empty(), "{text}");
        }
        assert!(found("sbin/http", "HTTP/1.1").is_empty(), "a protocol");
        assert!(claims_of_file(&Banner, "sbin/foo", b"\0foo 1.2.3\0").is_empty(), "no executable");
    }

    #[test]
    fn names_of_products() {
        for (name, expected) in [
            ("libglib-2.0.so.0", Some("glib")),
            ("bzip2", Some("bzip2")),
            ("libz.so.1", None),
            ("libfoo-bar.so", Some("foo-bar")),
            ("mount.nfs", Some("mount")),
            ("ip", None),
            ("", None),
        ] {
            assert_eq!(stem(name).as_deref(), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn random_texts(text in "(foo|FOO|libfoo)?[ ,/(v-]{0,3}[0-9a-z.%) -]{0,30}") {
            for version in found("sbin/foo", &text) {
                prop_assert!(text.contains(&version) && version.contains('.'));
            }
        }

        #[test]
        fn random_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = versions(&[b"foo ", &data[..]].concat(), "foo");
        }
    }
}
