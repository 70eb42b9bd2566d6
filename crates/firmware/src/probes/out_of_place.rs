//! Powers out of place in shared libraries, and what runs when one is loaded.
//!
//! Finds: a library that can do what at most one in twenty of the counted libraries of its kind can (a shell from a compression library,
//! network connections from an image library, what a module for authentication or for names has no use for); and functions that run
//! before anybody asks for them (constructors, `IFUNC` resolvers) which find what other files have in memory, change what memory may be
//! used for, start something, or, for a resolver, write where another file's data are. Modules that the loader asks about every binding
//! (`la_symbind`) are told as well. This is the shape of the change to xz 5.6.1, which patched another library's function from a resolver.
//! How: imports tell the powers; the name under which it is linked, or what it exports, tells the kind (`data/library-kinds.toml`); from
//! the loader's lists and relocations on, the code is followed. How many libraries have each was counted over Debian's packages by the
//! same code (`data/counted-powers.toml`, written by `corpus/hidden-access/profiles`).
//! When it is wrong: libraries of programming languages and instrumentation look at other files for good reasons; a product's own library
//! may bundle several purposes under a common name.
//! What it misses: powers by system calls without the C library; what is found without asking anybody (walking the loader's lists from an
//! address on the stack); code that is reached by computed calls; a library whose import is common (compare two versions with `banbury
//! compare`: that an import is new says more than that it is there).
//! Weight: measured (`planted.rs`): libraries in which powers and early code were planted, against libraries whose packages were not counted. A
//! power in a library of no known kind has none: the planted ones are of known kinds.
//! Source: A. Freund, "backdoor in upstream xz/liblzma" (oss-security, 2024-03-29); gABI chapter 5; rtld-audit(7); CWE-506.

use super::profile::{self, ANY, Counted, Known, is_rare};
use super::text::{name_of, show};
use crate::probe::{Description, File, Findings, Probe};
use banbury_code::early::{self, Why};
use banbury_code::powers::{self, Power};
use banbury_code::program::Program;
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::{BTreeMap, BTreeSet};

/// Powers out of place.
pub struct OutOfPlace;

static POWER: CodeInfo = CodeInfo {
    code: "out-of-place.power",
    title: "A power that libraries of this kind hardly ever have",
    grade: Grade::Info,
    meaning: "The library can do something that at most one in twenty of the counted libraries of its kind can: have a shell run a \
              command, open network connections. How many of how many stands with it. It is a place to look at, no proof.",
    remedy: "Ask the supplier what the library needs the power for; compare it with the same version from its maker.",
    cwe: &[506, 912],
};

static EARLY: CodeInfo = CodeInfo {
    code: "out-of-place.early",
    title: "Code that runs when a library is loaded does what hardly any such code does",
    grade: Grade::Medium,
    meaning: "A constructor or resolver of the library, which runs in every program that loads it before that program does anything, \
              finds what other files have in memory, changes what memory may be used for, starts something, or asks to be told of every \
              binding. So the code of other libraries can be replaced without a trace in their files. How many counted libraries do \
              the same stands with it.",
    remedy: "Compare the library with the same version from its maker, function by function; have the named functions explained.",
    cwe: &[506],
};

static DESCRIPTION: Description = Description {
    name: "out-of-place",
    version: "1",
    finds: "libraries with powers that others of their kind hardly have; constructors and resolvers that reach into other files",
    how: "imports, names under which libraries are linked, and the code that the loader runs, held against counts over Debian's libraries",
    wrong: "instrumentation and run times of languages reach into other files for good reasons; a common name may hold several purposes",
    misses: &[
        "powers by system calls without the C library, and through other libraries",
        "what is found without asking anybody, as the loader's lists from an address on the stack",
        "code that is reached by computed calls; changes that keep to what such libraries commonly do",
        "kinds of which too few libraries were counted; static and packed files, kernel modules",
    ],
    codes: &[POWER, EARLY],
    source: "oss-security 2024-03-29 (Freund); gABI chapter 5; rtld-audit(7); CWE-506",
};

/// Bytes of a library up to which its early code is read.
const LARGE: usize = 256 << 20;

/// What early code does, by what is counted of it: the function that runs early, what it comes to, and where.
pub(crate) type Reached = BTreeMap<&'static str, Vec<(Why, u64, String, u64)>>;

impl Probe for OutOfPlace {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if !file.is_library() {
            return;
        }
        findings.looked_at(file.content.len());
        let known = Known::get();
        let (Some(any), name) = (known.library(ANY), name_of(file)) else { return };
        let kind = known.kind_of(file);
        let of_kind = kind.and_then(|kind| known.library(kind));
        for (power, by) in profile::powers_of(file) {
            let Some((label, (having, files))) = rare(of_kind, any, power) else { continue };
            let words = profile::words(power);
            let mut claim = Claim::observation(
                &POWER,
                file.subject(),
                format!("library {name} can {words}, as {having} of {files} {label} can"),
            )
            .fact("power", words)
            .fact("by", by.into_iter().collect::<Vec<_>>())
            .fact("having", i64::from(having))
            .fact("of", i64::from(files))
            .at(file.location.clone());
            if let Some(kind) = kind {
                claim = claim.fact("kind", kind);
            }
            claim.notes.push(format!("Counted on: {}.", known.basis()));
            findings.claim(claim);
        }
        if file.content.len() > LARGE {
            findings.skip(
                file.location.to_string(),
                format!("a library of more than {} MiB is not read as functions", LARGE >> 20),
            );
            return;
        }
        for (what, places) in reached(file) {
            let Some((having, files)) = is_rare(any, what) else { continue };
            let Some((why, at, by, place)) = places.first() else { continue };
            let mut claim = Claim::observation(
                &EARLY,
                file.subject(),
                format!(
                    "library {name}: a {} {}, as those of {having} of {files} libraries do",
                    why.words(),
                    early_words(what)
                ),
            )
            .fact("what", early_words(what))
            .fact(
                "by",
                places
                    .iter()
                    .map(|(_, _, by, _)| show(by.as_bytes()))
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>(),
            )
            .fact("having", i64::from(having))
            .fact("of", i64::from(files))
            .at(file.location.clone());
            if *at != 0 {
                claim = claim.fact("function", format!("{at:#x}"));
                claim.notes.push(format!("{at:#x}: run by the loader; {place:#x}: {}", show(by.as_bytes())));
            }
            claim.notes.push(format!("Counted on: {}.", known.basis()));
            findings.claim(claim);
        }
    }
}

/// Whether a power is rare: among libraries of its kind, where that was counted, else among all.
fn rare(of_kind: Option<&Counted>, any: &Counted, power: &str) -> Option<(String, (u32, u32))> {
    match of_kind {
        Some(counted) if counted.files >= 9 && counted.packages >= 5 => {
            Some((format!("libraries of the kind {}", counted.name), is_rare(counted, power)?))
        }
        // What libraries of any purpose have no use for; the others have some that need it.
        _ if matches!(power, "shell" | "terminal" | "passwords" | "settings" | "restart") => {
            Some(("libraries".to_owned(), is_rare(any, power)?))
        }
        _ => None,
    }
}

/// What the code of a library does that the loader runs.
pub(crate) fn reached(file: &File<'_>) -> Reached {
    let mut found = Reached::new();
    let Some(elf) = file.elf() else { return found };
    let asks: BTreeSet<&[u8]> = file
        .symbols()
        .iter()
        .filter(|symbol| {
            symbol.defined
                && matches!(symbol.name, b"la_version" | b"la_symbind32" | b"la_symbind64" | b"la_objopen")
        })
        .map(|symbol| symbol.name)
        .collect();
    for name in asks {
        found.entry("audits").or_default().push((
            Why::Constructor,
            0,
            String::from_utf8_lossy(name).into_owned(),
            0,
        ));
    }
    // Only a file that imports such a function can call it, and only one with resolvers has to be looked at without.
    let resolves = file.symbols().iter().any(|symbol| symbol.defined && symbol.resolver);
    let unusual = early::is_unusual;
    if !resolves && !file.imports().any(unusual) {
        return found;
    }
    let Some(program) = Program::of(elf) else { return found };
    for early in early::all(&program) {
        let mut add = |what: &'static str, by: String, place: u64| {
            found.entry(what).or_default().push((early.why, early.at, by, place));
        };
        for (name, place) in early.unusual() {
            let what = if powers::finds_modules(name) {
                "early-modules"
            } else if powers::changes_memory(name) {
                "early-memory"
            } else if matches!(powers::of(name), Some(Power::Execute | Power::Terminal | Power::Identity)) {
                "early-power"
            } else {
                "early-network"
            };
            add(what, String::from_utf8_lossy(name).into_owned(), place);
        }
        if early.why == Why::Resolver {
            for (name, place) in &early.imports {
                if !reads_processor(name) {
                    add("resolver-calls", String::from_utf8_lossy(name).into_owned(), *place);
                }
            }
            for place in &early.elsewhere {
                add("resolver-writes", "a write through what a call or another file gave".to_owned(), *place);
            }
        }
    }
    found
}

/// Whether a function only says what the processor can, or ends the program.
fn reads_processor(name: &[u8]) -> bool {
    matches!(
        name,
        b"getauxval"
            | b"__getauxval"
            | b"elf_aux_info"
            | b"__cpu_indicator_init"
            | b"__init_cpu_features_resolver"
            | b"__get_cpu_features"
            | b"__x86_get_cpu_features"
            | b"__x86_get_cpuid_feature_leaf"
            | b"_dl_x86_get_cpu_features"
            | b"__riscv_hwprobe"
            | b"__parse_hwcap_and_convert_at_platform"
            | b"sysconf"
            | b"abort"
            | b"__stack_chk_fail"
    )
}

fn early_words(what: &str) -> &'static str {
    match what {
        "audits" => "asks to be told of every binding",
        "early-modules" => "finds what other files have in memory",
        "early-memory" => "changes what memory may be used for",
        "early-power" => "starts something or becomes another user",
        "early-network" => "reaches for the network or loads code",
        "resolver-calls" => "calls more than what tells of the processor",
        _ => "writes where neither its own data nor its caller's are",
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/out-of-place/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn found(name: &str) -> BTreeSet<String> {
        claims_of_file(&OutOfPlace, name, &corpus(name))
            .iter()
            .map(|claim| claim.text("what").or(claim.text("power")).unwrap())
            .collect()
    }

    #[test]
    fn a_resolver_that_patches_another_file_is_seen_and_one_that_reads_the_processor_is_not() {
        for machine in ["x86-64", "aarch64"] {
            let patches = found(&format!("lib/libpatch-{machine}.so"));
            for what in ["early-modules", "early-memory", "resolver-calls"] {
                assert!(patches.contains(early_words(what)), "{machine}: {what} in {patches:?}");
            }
            assert!(found(&format!("lib/libplain-{machine}.so")).is_empty(), "{machine}");
        }
    }

    #[test]
    fn a_power_counts_by_the_kind() {
        assert!(found("lib/libpng-shell-x86-64.so").contains("have a shell run a command"));
        assert!(found("lib/libpng-plain-x86-64.so").is_empty());
    }

    proptest! {
        #[test]
        fn damaged(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = corpus("lib/libpatch-x86-64.so");
            let at = at.index(data.len());
            data[at] = byte;
            let end = cut.index(data.len() + 1);
            for claim in claims_of_file(&OutOfPlace, "x.so", &data[..end]) {
                prop_assert!(claim.facts.contains_key("having"));
                let of_kind = claim.code == "out-of-place.early" || claim.facts.contains_key("kind");
                prop_assert_eq!(claim.weight.is_some(), of_kind);
            }
        }
    }
}
