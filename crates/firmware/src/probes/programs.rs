//! Programs that call themselves by the name that their file has, where one product alone has a program of that name.
//!
//! Finds: the product of a program, without its version (`program-name`).
//! How: `data/programs.txt` says which product alone, among the thousands of a distribution, has a program of which name. The
//! file must have that name, and the program must say so itself: in its usage line, in front of its version or messages, or as
//! a text of its own. A name that many programs have gone by (BusyBox's applets, `httpd`, ...) is in no line, a link is no
//! program, and a multi-call program is none of those that it can be called as. A file name alone claims nothing.
//! Of a Go program, the path of its main package ends with the name.
//! When it is wrong: a maker's own program that happens to have the name of a known one.
//! What it misses: renamed programs, programs that do not say their name (those that print how they were called), programs
//! whose name several products have, and versions.
//! Source: `data/programs.txt` (the lists of files of Debian's releases).

use super::component::Known;
use crate::marks::Mark;
use crate::names;
use crate::probe::{Description, File, Findings, Probe};
use aho_corasick::AhoCorasick;
use banbury_evidence::CodeInfo;

/// Components by programs' own names.
pub struct Programs;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "programs",
    version: "1",
    finds: "components by programs that call themselves by the name of their file, which one product's programs alone have",
    how: "a table of programs that one product alone has (data/programs.txt), and the program's own name in its usage line, messages or version text",
    wrong: "a program of a maker's own that has the name of a known one",
    misses: &[
        "renamed programs, and programs that do not say their own name",
        "names that several products have, or many programs have gone by, such as BusyBox's applets",
        "versions: this says what it is, not which release",
    ],
    codes: &[COMPONENT],
    source: "the lists of files of Debian's releases",
};

/// Places of the name in one program that are looked at.
const TRIED: usize = 512;
/// Letters of a name that says something where it stands alone.
const ALONE: usize = 5;
/// Bytes in front of a name in which a usage line begins.
const USAGE: usize = 16;
/// Bytes of the longest path of a Go program's main package.
const PATH: usize = 300;

impl Probe for Programs {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        if elf.kind == 3 && !elf.is_pie() {
            return;
        }
        let Some(product) = names::program(file.name()) else { return };
        findings.looked_at(file.content.len());
        if file.marks(Mark::BusyBox).next().is_some() {
            return;
        }
        let Some((start, end)) = says(file.content, file.name()) else { return };
        let product = names::product(product);
        let claim = product.claim(file.subject(), Known::Between(None, None), "program-name");
        findings.claim(
            claim.fact("program", file.name()).at(file.location.range(start as u64, (end - start) as u64)),
        );
    }
}

/// Where the program says its name.
fn says(content: &[u8], name: &str) -> Option<(usize, usize)> {
    let finder = AhoCorasick::new([name]).ok()?;
    finder.find_iter(content).take(TRIED).map(|hit| (hit.start(), hit.end())).find(|(start, end)| {
        let before = content.get(..*start).unwrap_or_default();
        let after = content.get(*end..).unwrap_or_default();
        let starts = matches!(before.last(), None | Some(0 | b'\n'));
        usage(before, after)
            || (starts && speaks(after))
            || (before.last() == Some(&0) && after.first() == Some(&0) && name.len() >= ALONE)
            || main_package(before, after)
    })
}

/// Whether a usage line ends here and its name's word too.
fn usage(before: &[u8], after: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(USAGE)..).unwrap_or_default();
    let near = near.trim_ascii_end();
    let near = near.strip_suffix(b":").unwrap_or(near);
    let word = near.get(near.len().saturating_sub(5)..).unwrap_or_default();
    word.eq_ignore_ascii_case(b"usage") && !after.first().is_some_and(|byte| part_of_name(*byte))
}

fn part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Whether what follows a name at the start of a text is a message's or a version's.
fn speaks(after: &[u8]) -> bool {
    let Some(rest) = after.strip_prefix(b" ").or_else(|| after.strip_prefix(b", ")) else {
        return after.starts_with(b": ");
    };
    let rest = rest.strip_prefix(b"v").unwrap_or(rest);
    rest.starts_with(b"version ")
        || rest.starts_with(b"ersion ")
        || rest.first().is_some_and(u8::is_ascii_digit)
}

/// Whether the name ends the path of a Go program's main package.
fn main_package(before: &[u8], after: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(PATH)..).unwrap_or_default();
    let mark = b"path\t";
    let Some(at) = near.windows(mark.len()).rposition(|window| window == mark) else { return false };
    let path = near.get(at + mark.len()..).unwrap_or_default();
    path.ends_with(b"/") && path.iter().all(u8::is_ascii_graphic) && after.first() == Some(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use banbury_evidence::Value;
    use proptest::prelude::*;

    fn program(text: &str) -> Vec<u8> {
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
        file.resize(64, 0);
        file.extend(text.as_bytes());
        file.push(0);
        file
    }

    fn found(path: &str, text: &str) -> Vec<Value> {
        let claims = claims_of_file(&Programs, path, &program(text));
        assert!(claims.iter().all(|claim| !claim.facts.contains_key("version")));
        claims.iter().map(|claim| claim.facts["name"].clone()).collect()
    }

    #[test]
    fn a_program_says_its_own_name() {
        for text in [
            "Usage: iwconfig [interface]",
            "usage:\n  iwconfig x",
            "iwconfig: unknown option",
            "iwconfig version 30",
            "iwconfig, 30",
            "iwconfig 30.1",
            "iwconfig",
            "path\texample.org/x/iwconfig\n",
        ] {
            assert_eq!(found("sbin/iwconfig", text), [Value::from("wireless-tools")], "{text}");
        }
    }

    #[test]
    fn a_name_alone_claims_nothing() {
        for text in
            ["", "like iwconfig", "/sbin/iwconfig", "iwconfigs", "see iwconfig: it", "usage: iwconfig-x"]
        {
            assert!(found("sbin/iwconfig", text).is_empty(), "{text}");
        }
        assert!(found("sbin/other", "Usage: iwconfig x").is_empty(), "renamed");
        assert!(found("sbin/ping", "Usage: ping x").is_empty(), "many have it");
        let applet = "BusyBox v1.35.0 (2022)\0iwconfig";
        assert!(found("sbin/iwconfig", applet).is_empty(), "a hard link to a multi-call program");
        assert!(claims_of_file(&Programs, "sbin/iwconfig", b"Usage: iwconfig x").is_empty(), "a script");
    }

    proptest! {
        #[test]
        fn any_text(text in "(\\x00|\n|usage: )?iwconfig[ :,\n\\x00a-z0-9-]{0,20}") {
            let found = claims_of_file(&Programs, "bin/iwconfig", &program(&text));
            prop_assert!(found.len() <= 1);
        }
    }
}
