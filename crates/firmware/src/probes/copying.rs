//! Which functions that write to a buffer an executable imports: those that are told the size of what they write to, and
//! those that are not.
//!
//! Finds, for each ELF executable and shared object of any machine: the functions of three families that it imports, each
//! by name. The families are those of the graded reviews that telecom equipment has had: memcpy-like (copies a stated number
//! of bytes), strcpy-like (copies a text up to its end), sprintf-like (writes a formatted text). The sides follow one rule:
//! *checked* is told the size of the destination and writes no further (`memcpy_s`, `strlcpy`, `snprintf`, and what FORTIFY
//! puts in the place of others, `__memcpy_chk`), or makes the destination itself (`asprintf`); *unchecked* is not
//! (`memcpy`, `strcpy`, `sprintf`); *length alone* is told how much to write, and whether that is the destination's size is
//! the caller's affair (`strncpy`, `strncat`): it stands on neither side of a ratio.
//! How: the undefined dynamic symbols, by their exact names.
//! What the numbers mean: a file imports a function once however often it calls it. So these are counts of files that import
//! a function, **not of calls**; a ratio made of them is not the ratio of calls in a source tree that a review states, and
//! the two must not be compared. A relocation for the procedure linkage table stands once a function too, and counts no
//! calls either. Call sites can be counted where an instruction names the function's stub by itself: AArch64 and
//! PowerPC (`bl`), ARM (`bl`, `blx`), x86 (`call rel32`); not without following values on MIPS and RISC-V in
//! position-independent code, which load the address first. It takes the relocations and a decoder, and is not done here.
//! When it is wrong: a function of the same name that is the maker's own and checks nothing: `memcpy_s` may be a macro or a
//! wrapper around `memcpy`, and a macro leaves no trace in a file. A file with FORTIFY imports `memcpy` where the
//! compiler proved the copy safe, and where it could not tell the size: `memcpy` beside `__memcpy_chk` is not carelessness.
//! A function that a compiler expanded in place is not imported.
//! What it misses: executables that are statically linked, which are claimed as such and not counted on either side;
//! calls inside a library of its own; kernel modules and objects; functions that copy under other names.
//! Source: ISO/IEC 9899:2011 annex K; Linux Standard Base Core, chapter "Interfaces for libc" (the `_chk` functions); glibc
//! manual, "Copying Strings and Arrays"; Run-time ABI for the Arm Architecture, 4.3.4 (`__aeabi_memcpy`).

use super::text::name_of;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::{BTreeMap, BTreeSet};

/// Imports of copying functions.
pub struct Copying;

static COPYING: CodeInfo = CodeInfo {
    code: "imports.copying",
    title: "Which copying functions an executable imports",
    grade: Grade::Info,
    meaning: "The file imports these functions that write to a buffer. `...-checked` are told the size of the destination, \
              `...-unchecked` are not, `...-length` are told a length that need not be that size. A file imports a function \
              once however often it calls it: these are counts of files, not of calls. Importing an unchecked function is \
              no defect; the share of files that do, held against other makers' by the same count, says how far checked \
              functions are the rule. `unknown` says that the file is statically linked, and nothing can be told.",
    remedy: "Ask the supplier how unchecked functions are kept from untrusted input, and whether checked ones are wrappers \
             that check; build with -D_FORTIFY_SOURCE=2 or more.",
    cwe: &[120, 676],
};

static DESCRIPTION: Description = Description {
    name: "copying",
    version: "1",
    finds: "the memcpy-, strcpy- and sprintf-like functions that each executable imports, checked and unchecked",
    how: "undefined dynamic symbols by name: each function counts once a file, whatever the number of calls",
    wrong: "a maker's own function of a checked name that checks nothing; an unchecked function that the compiler left where \
            FORTIFY proved it safe; what a compiler expanded in place is not imported",
    misses: &[
        "the number of calls: a file imports a function once however often it calls it",
        "statically linked executables, which are said to be such and counted on no side",
        "checked functions that macros turn into unchecked ones before the compiler sees them",
        "kernel modules, relocatable objects, and functions that copy under names of their own",
    ],
    codes: &[COPYING],
    source: "ISO/IEC 9899:2011 annex K; Linux Standard Base Core; glibc manual; Run-time ABI for the Arm Architecture",
};

/// A family of functions that do the same, by how they are bounded.
struct Family {
    name: &'static str,
    /// Told the size of the destination, beyond those that the forms in [`is_checked_form`] cover.
    checked: &'static [&'static str],
    /// Not told it.
    unchecked: &'static [&'static str],
    /// Told a length that need not be the destination's size.
    length: &'static [&'static str],
}

static FAMILIES: [Family; 3] = [
    Family {
        name: "memcpy",
        checked: &[],
        unchecked: &[
            "__aeabi_memcpy",
            "__aeabi_memcpy4",
            "__aeabi_memcpy8",
            "__aeabi_memmove",
            "__aeabi_memmove4",
            "__aeabi_memmove8",
            "bcopy",
            "memccpy",
            "memcpy",
            "memmove",
            "mempcpy",
            "wmemcpy",
            "wmemmove",
            "wmempcpy",
        ],
        length: &[],
    },
    Family {
        name: "strcpy",
        checked: &["strlcat", "strlcpy", "wcslcat", "wcslcpy"],
        unchecked: &["stpcpy", "strcat", "strcpy", "wcpcpy", "wcscat", "wcscpy"],
        length: &["stpncpy", "strncat", "strncpy", "wcpncpy", "wcsncat", "wcsncpy"],
    },
    Family {
        name: "sprintf",
        checked: &["asprintf", "snprintf", "swprintf", "vasprintf", "vsnprintf", "vswprintf"],
        unchecked: &["sprintf", "vsprintf"],
        length: &[],
    },
];

/// On which side of its family a function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Checked,
    Unchecked,
    Length,
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Unchecked => "unchecked",
            Self::Length => "length",
        }
    }
}

impl Probe for Copying {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf() else { return };
        let has_code = elf.loads().any(|load| load.flags & 1 != 0);
        if !matches!(elf.kind, 2 | 3) || !has_code {
            return;
        }
        findings.looked_at(file.content.len());
        let name = name_of(file);
        let executable = elf.kind == 2 || elf.is_pie();
        let kind = if executable { "executable" } else { "library" };
        let claim = |title: String| {
            Claim::observation(&COPYING, file.subject(), title).fact("kind", kind).at(file.location.clone())
        };
        if executable && elf.needed().is_empty() && elf.interpreter().is_none() {
            let title = format!("{kind} {name} is statically linked: what it imports cannot be told");
            findings.claim(claim(title).fact("unknown", "static"));
            return;
        }
        let imports = file.symbols().iter().filter(|symbol| !symbol.defined).map(|symbol| symbol.name);
        let sides = sides(imports);
        if sides.is_empty() {
            return;
        }
        let count = |side: Side| -> usize {
            sides.iter().filter(|((_, of), _)| *of == side).map(|(_, names)| names.len()).sum()
        };
        let title = format!(
            "{kind} {name} imports copying functions: {} checked, {} unchecked",
            count(Side::Checked),
            count(Side::Unchecked)
        );
        let mut claim = claim(title);
        for ((family, side), names) in sides {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            claim = claim.fact(&format!("{family}-{}", side.as_str()), names);
        }
        findings.claim(claim);
    }
}

/// The imported functions by family and side, each once.
fn sides<'a>(imports: impl Iterator<Item = &'a [u8]>) -> BTreeMap<(&'static str, Side), BTreeSet<&'a str>> {
    let mut found: BTreeMap<(&'static str, Side), BTreeSet<&'a str>> = BTreeMap::new();
    for name in imports {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if let Some(key) = side(name) {
            found.entry(key).or_default().insert(name);
        }
    }
    found
}

/// The family and side of a function.
fn side(name: &str) -> Option<(&'static str, Side)> {
    FAMILIES.iter().find_map(|family| {
        let of = |names: &[&str]| names.contains(&name);
        let side = if of(family.checked) || is_checked_form(name, family) {
            Side::Checked
        } else if of(family.unchecked) {
            Side::Unchecked
        } else if of(family.length) {
            Side::Length
        } else {
            return None;
        };
        Some((family.name, side))
    })
}

/// Whether a name is a checked form of a function of the family: `NAME_s` (annex K), `__NAME_chk` (FORTIFY).
fn is_checked_form(name: &str, family: &Family) -> bool {
    let fortified = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("_chk"));
    let annex = name.strip_suffix("_s");
    fortified.or(annex).is_some_and(|plain| {
        [family.checked, family.unchecked, family.length].iter().any(|names| names.contains(&plain))
    })
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/copying/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn each_function_stands_on_the_side_of_the_rule() {
        for (name, expected) in [
            ("memcpy", Some(("memcpy", Side::Unchecked))),
            ("__aeabi_memcpy8", Some(("memcpy", Side::Unchecked))),
            ("memcpy_s", Some(("memcpy", Side::Checked))),
            ("__mempcpy_chk", Some(("memcpy", Side::Checked))),
            ("strncpy", Some(("strcpy", Side::Length))),
            ("__strncpy_chk", Some(("strcpy", Side::Checked))),
            ("strncpy_s", Some(("strcpy", Side::Checked))),
            ("strlcpy", Some(("strcpy", Side::Checked))),
            ("snprintf", Some(("sprintf", Side::Checked))),
            ("vsprintf", Some(("sprintf", Side::Unchecked))),
            ("__vsprintf_chk", Some(("sprintf", Side::Checked))),
            ("strlen", None),
            ("fopen_s", None),
            ("__read_chk", None),
            ("memcpyx", None),
            ("__memcpy_s", None),
        ] {
            assert_eq!(side(name), expected, "{name}");
        }
    }

    #[test]
    fn a_function_stands_in_one_place_alone() {
        let mut all: Vec<&str> = FAMILIES
            .iter()
            .flat_map(|family| [family.checked, family.unchecked, family.length].concat())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), count), (count, 38));
    }

    #[test]
    fn fortify_moves_imports_to_the_checked_side() {
        let lists = |name: &str| {
            let claims = claims_of_file(&Copying, name, &corpus(name));
            assert_eq!(claims.len(), 1, "{name}");
            let text = |fact: &str| claims[0].text(fact).unwrap_or_default();
            (text("strcpy-checked"), text("strcpy-unchecked"), text("strcpy-length"))
        };
        assert_eq!(lists("bin/plain"), (String::new(), "stpcpy, strcpy".into(), "strncpy".into()));
        assert_eq!(
            lists("bin/fortified"),
            ("__stpcpy_chk, __strcpy_chk, __strncpy_chk".into(), String::new(), String::new())
        );
        let claims = claims_of_file(&Copying, "bin/static", &corpus("bin/static"));
        assert_eq!(claims[0].text("unknown").as_deref(), Some("static"));
        assert!(claims_of_file(&Copying, "lib/nothing.so", &corpus("lib/nothing.so")).is_empty());
    }

    proptest! {
        #[test]
        fn damaged(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = corpus("bin/plain");
            let at = at.index(data.len());
            data[at] = byte;
            let end = cut.index(data.len() + 1);
            for claim in claims_of_file(&Copying, "bin/plain", &data[..end]) {
                for (name, value) in &claim.facts {
                    let known = ["kind", "unknown"].contains(&name.as_str());
                    let listed = matches!(value, banbury_evidence::Value::List(names)
                        if !names.is_empty() && names.iter().all(|name| side(name).is_some()));
                    prop_assert!(known || listed, "{name}");
                }
            }
        }

        #[test]
        fn a_checked_form_is_of_its_plain_function(family in 0usize..3, index: prop::sample::Index) {
            let family = &FAMILIES[family];
            let plain = index.get(family.unchecked);
            for checked in [format!("{plain}_s"), format!("__{plain}_chk")] {
                prop_assert_eq!(side(&checked), Some((family.name, Side::Checked)));
            }
            prop_assert_eq!(side(plain), Some((family.name, Side::Unchecked)));
        }

        #[test]
        fn other_names_have_no_side(name in "[a-z]{1,3}[0-9]_(s|chk|x)") {
            prop_assert_eq!(side(&name), None);
        }
    }
}
