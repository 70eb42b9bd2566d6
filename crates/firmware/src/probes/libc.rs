//! The C library of an image.
//!
//! Finds: glibc by the name of its files (`libc-2.31.so`) and the newest symbol version that its libc defines; musl by
//! the name of its loader; uClibc and uClibc-ng by the name of library and loader (`libuClibc-0.9.33.2.so`) and the
//! functions that only they define; bionic by the newest symbol version and by its functions.
//! How: a file name gives a version only where the file is ELF and of the name that the library's own build gives it.
//! The newest version of a symbol is the lowest version that the library can have: a release may add no symbol.
//! A program that is linked against a C library is no C library: what it needs is not looked at. The versions that glibc
//! and musl print are found by their signatures in the probe `versions`.
//! When it is wrong: a library that was renamed to another's name, version and all.
//! What it misses: a C library linked into programs without its version's text; dietlibc, newlib, klibc.
//! Source: glibc Makerules (`libc-$(version).so` up to 2.34), Versions files; musl Makefile (`ld-musl-$(ARCH).so.1`);
//! uClibc and uClibc-ng Rules.mak (`libuClibc-$(VERSION).so`), libc/misc/internals/__uClibc_main.c; Android bionic
//! libc/libc.map.txt.

use super::component::{Known, Product};
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo};
use banbury_formats::executable::elf::Elf;

/// The C library.
pub struct CLibrary;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "libc",
    version: "1",
    finds: "glibc, musl, uClibc, uClibc-ng and bionic, by their files' names, the symbol versions they define, and functions that only they define",
    how: "the name of an ELF library as its own build gives it; the newest version definition as the lowest version there can be; the functions that a libc defines",
    wrong: "a library that was given another's name with its version",
    misses: &[
        "C libraries linked into programs, which the signatures find where the version's text is kept",
        "dietlibc, newlib and klibc",
        "the version of a uClibc whose files were renamed",
    ],
    codes: &[COMPONENT],
    source: "glibc Makerules and Versions files; musl Makefile; uClibc-ng Rules.mak; Android bionic libc/libc.map.txt",
};

const GLIBC: Product<'static> = Product { name: "glibc", title: "GNU C Library", cpe: "a:gnu:glibc" };
const MUSL: Product<'static> = Product { name: "musl", title: "musl libc", cpe: "a:musl-libc:musl" };
const UCLIBC: Product<'static> = Product { name: "uclibc", title: "uClibc", cpe: "a:uclibc:uclibc" };
const UCLIBC_NG: Product<'static> =
    Product { name: "uclibc-ng", title: "uClibc-ng", cpe: "a:uclibc-ng_project:uclibc-ng" };
const BIONIC: Product<'static> = Product { name: "bionic", title: "Android bionic libc", cpe: "" };

impl Probe for CLibrary {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| elf.kind == 3) else { return };
        let soname = elf.soname().and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        // The loader, the library, and nothing that only needs them.
        let is_libc = [
            "libc.so",
            "libc-2.",
            "libuClibc-",
            "ld-uClibc",
            "ld64-uClibc",
            "ld-musl-",
            "libc.musl-",
            "ld-2.",
        ];
        let fits = |name: &str| is_libc.iter().any(|start| name.starts_with(start));
        if !fits(file.name()) && !fits(soname) {
            return;
        }
        findings.looked_at(file.content.len());
        let whole = file.location.range(0, file.content.len() as u64);
        if let Some((product, version)) = named(file.name()) {
            let claim = product.claim(file.subject(), version, "libc-file-name");
            findings.claim(claim.fact("file", file.name()).at(whole.clone()));
        }
        if let Some((product, low, node)) = defined(elf, soname) {
            let known = Known::Between(Some(&low), None);
            let claim = product.claim(file.subject(), known, "libc-symbol-version");
            findings.claim(claim.fact("symbol-version", node).at(whole.clone()));
        }
        if let Some((product, symbol)) = by_functions(file, soname) {
            let claim: Claim = product.claim(file.subject(), Known::Between(None, None), "libc-symbols");
            findings.claim(claim.fact("symbol", symbol).at(whole));
        }
    }
}

/// What a file's name says, where it is one that the library's build gives.
fn named(name: &str) -> Option<(Product<'static>, Known<'_>)> {
    let version = |start: &str| {
        let version = name.strip_prefix(start)?.strip_suffix(".so")?;
        let parts: Vec<&str> = version.split('.').collect();
        let number =
            |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        ((2..=4).contains(&parts.len()) && parts.iter().all(number)).then_some(version)
    };
    if let Some(version) = version("libc-").or_else(|| version("ld-")).filter(|text| text.starts_with("2.")) {
        return Some((GLIBC, Known::Exactly(version)));
    }
    let of_uclibc =
        version("libuClibc-").or_else(|| version("ld-uClibc-")).or_else(|| version("ld64-uClibc-"));
    if let Some(version) = of_uclibc {
        let product = if version.starts_with("0.") { UCLIBC } else { UCLIBC_NG };
        return Some((product, Known::Exactly(version)));
    }
    let architecture = name.strip_prefix("ld-musl-")?.strip_suffix(".so.1")?;
    (!architecture.is_empty()).then_some((MUSL, Known::Between(None, None)))
}

/// The lowest version by the newest symbol version that a libc defines, and that symbol version.
fn defined(elf: &Elf<'_>, soname: &str) -> Option<(Product<'static>, String, String)> {
    let definitions = elf.version_definitions();
    let texts = || definitions.iter().filter_map(|name| std::str::from_utf8(name).ok());
    if soname.starts_with("libc.so.6") {
        let versions = texts().filter_map(|text| {
            let (major, minor) = text.strip_prefix("GLIBC_")?.split_once('.')?;
            let minor = minor.split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
            (major == "2").then_some((minor, text))
        });
        let (_, node) = versions.max()?;
        return Some((GLIBC, node.strip_prefix("GLIBC_")?.to_owned(), node.to_owned()));
    }
    if soname != "libc.so" {
        return None;
    }
    // The letter is that of the Android release in which symbols were added.
    let newest = texts().filter_map(|text| BIONIC_VERSIONS.iter().position(|(node, _)| *node == text)).max();
    let (node, version) = BIONIC_VERSIONS.get(newest?)?;
    Some((BIONIC, (*version).to_owned(), (*node).to_owned()))
}

/// The symbol versions of bionic's libc, with the Android release that added each, oldest first.
const BIONIC_VERSIONS: &[(&str, &str)] = &[
    ("LIBC_N", "7.0"),
    ("LIBC_O", "8.0"),
    ("LIBC_P", "9"),
    ("LIBC_Q", "10"),
    ("LIBC_R", "11"),
    ("LIBC_S", "12"),
    ("LIBC_T", "13"),
    ("LIBC_U", "14"),
    ("LIBC_V", "15"),
];

/// The C library that defines functions which no other has; uClibc's fork is told by the number of its interface.
fn by_functions(file: &File<'_>, soname: &str) -> Option<(Product<'static>, &'static str)> {
    let (product, symbol) = match soname {
        "libc.so.0" => (UCLIBC, "__uClibc_main"),
        "libc.so.1" => (UCLIBC_NG, "__uClibc_main"),
        "libc.so" => (BIONIC, "__system_property_get"),
        _ => return None,
    };
    let defines = file.symbols().iter().any(|one| one.defined && one.name == symbol.as_bytes());
    defines.then_some((product, symbol))
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use banbury_evidence::Value;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/libc/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn titles(path: &str, content: &[u8]) -> Vec<String> {
        claims_of_file(&CLibrary, path, content).into_iter().map(|claim| claim.title).collect()
    }

    #[test]
    fn names_that_builds_give() {
        let version = |name| match named(name) {
            Some((product, Known::Exactly(version))) => Some(format!("{} {version}", product.name)),
            Some((product, Known::Between(..))) => Some(product.name.to_owned()),
            None => None,
        };
        assert_eq!(version("libc-2.31.so").as_deref(), Some("glibc 2.31"));
        assert_eq!(version("ld-2.11.1.so").as_deref(), Some("glibc 2.11.1"));
        assert_eq!(version("libuClibc-0.9.33.2.so").as_deref(), Some("uclibc 0.9.33.2"));
        assert_eq!(version("ld64-uClibc-1.0.41.so").as_deref(), Some("uclibc-ng 1.0.41"));
        assert_eq!(version("ld-musl-armhf.so.1").as_deref(), Some("musl"));
        for name in [
            "libc.so.6",
            "libc-2.so",
            "libc-2.31.so.1",
            "libc-3.1.so",
            "libc-client.so",
            "ld-musl-.so.1",
            "libuClibc-.so",
        ] {
            assert_eq!(version(name), None, "{name}");
        }
    }

    #[test]
    fn the_newest_symbol_version_is_a_lower_bound() {
        let claims = claims_of_file(&CLibrary, "lib/libc.so.6", &corpus("glibc/libc.so.6"));
        assert_eq!(claims[0].facts["version-low"], Value::from("2.9"), "not the last in the order of text");
        assert!(!claims[0].facts.contains_key("version"));
    }

    #[test]
    fn what_is_linked_against_a_library_is_not_it() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(titles("bin/program", &program).is_empty());
        assert!(
            titles("lib/libcurl.so.4", &corpus("glibc/libc.so.6")).len() == 1,
            "by its SONAME it is a libc"
        );
        assert!(titles("lib/libc-2.31.so", b"not ELF").is_empty());
    }

    #[test]
    fn a_renamed_uclibc_is_known_by_its_functions() {
        assert_eq!(titles("lib/renamed.so", &corpus("uclibc/libuClibc-0.9.33.2.so")), ["uClibc"]);
    }

    proptest! {
        #[test]
        fn any_name(name in "(libc-|ld-|libuClibc-|ld-musl-)?[0-9a-z.]{0,20}(.so|.so.1)?") {
            if let Some((_, Known::Exactly(version))) = named(&name) {
                prop_assert!(name.contains(version) && version.contains('.'));
            }
        }

        #[test]
        fn damaged_libraries(at in 0usize..800, byte in any::<u8>(), cut in 0usize..800) {
            let mut data = corpus("glibc/libc.so.6");
            if let Some(slot) = data.get_mut(at) {
                *slot = byte;
            }
            let _ = titles("lib/libc.so.6", &data);
            let _ = titles("lib/libc.so.6", &data[..cut.min(data.len())]);
        }
    }
}
