//! Components that say their version themselves, in executables, boot loaders, scripts and style sheets.
//!
//! Finds: the products of `signatures/`, by texts that only the product itself prints, or by a lone version in a file
//! whose name or SONAME is the product's and which holds another text of it; JavaScript and style sheets by the comment
//! that they start with. A signature of a text that holds no version claims the product alone (`product-string`), one
//! of a text that holds the series and not the patch claims both bounds (`version-series`).
//! How: one pass over a file for all anchors of all signatures; at each, the signature's pattern.
//! A file that merely mentions a product does not become it: text files are not asked, but for those of the names that
//! signatures of scripts state; most signatures name the files
//! that they look at, and the `GCC: (...)` mark of a compiler is not a component of any signature. An executable in which
//! three products or more each have several versions holds a list of such texts, as a scanner does, and is none of them.
//! When it is wrong: a program that copies the banner of another; a fork that keeps the version of its origin.
//! What it misses: stripped or changed banners, products without a signature, patches that do not change the version.
//! The weight of a claim is its method's, by the hit rates of `rates.rs`: how much more often a product is named where it is
//! than where it is not.
//! Source: the products' own sources, as named in each signature; CPE 2.3 (NISTIR 7695); package URL specification.

use super::component::{Known, Product};
use crate::probe::{Description, File, Findings, Probe};
use crate::signatures::{Form, Kind, Scope, signatures};
use banbury_evidence::{Claim, CodeInfo};
use std::collections::{BTreeMap, BTreeSet};

/// Components by version strings.
pub struct Versions;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "versions",
    version: "7",
    finds: "components by the version that executables, boot loaders, scripts and style sheets carry as text",
    how: "one pass for the anchors of all signatures, then each signature's pattern around the anchor; files are chosen by kind, name and SONAME",
    wrong: "a program that copies another's banner, or a fork that keeps its origin's version; how seldom is the claim's weight",
    misses: &[
        "products without a signature, and banners that were changed or removed",
        "executables that were renamed, for signatures that ask for the name",
        "fixes that a distributor put in without changing the version",
        "scripts and style sheets whose comments were removed, or that have another ending than .js, .css, .htm or .html",
        "a lone version text, when the file holds two that differ, also where one follows data directly",
        "what an executable holds in which three products or more have several versions each, since that is a list of texts",
    ],
    codes: &[COMPONENT],
    source: "the sources of each product, named in its signature; CPE 2.3 (NISTIR 7695); package URL specification",
};

/// Anchors of one signature in one file that are tried.
const TRIED: usize = 64;
/// Products with several versions each in one executable from which on it is a list of texts. Two copies of one library,
/// of different versions, are linked into a program now and then; of three nobody has seen it.
const LIST: usize = 3;
/// Endings of the text files that are asked.
const WEB: &[&str] = &[".js", ".css", ".htm", ".html"];
/// Places of one version in one file that are listed.
const LISTED: usize = 8;

impl Probe for Versions {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(signatures) = signatures() else {
            findings.skip(file.location.to_string(), "the signatures cannot be read");
            return;
        };
        let is_text = file.is_text();
        if is_text && !WEB.iter().any(|ending| file.name().ends_with(ending)) {
            return;
        }
        findings.looked_at(file.content.len());
        let elf = file.elf();
        let soname = elf.and_then(|elf| elf.soname()).and_then(|name| std::str::from_utf8(name).ok());
        let names = [file.name(), soname.unwrap_or("")];
        let mut tried: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut found: BTreeMap<_, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, anchor) in signatures.anchors(file.content) {
            let Some(signature) = signatures.all.get(index) else { continue };
            let count = tried.entry(index).or_default();
            *count += 1;
            let once = signature.scope == Scope::File;
            let right_kind = match signature.place.kind {
                Kind::Elf => elf.is_some(),
                Kind::Binary => !is_text,
                Kind::Text => is_text,
            };
            if *count > if once { 1 } else { TRIED } || !right_kind || !signature.fits(&names) {
                continue;
            }
            let hits = if once {
                signature.anywhere(file.content)
            } else {
                signature.near(file.content, anchor).into_iter().collect()
            };
            for hit in hits {
                if seen.insert((index, hit.offset)) {
                    found.entry((index, hit.version, hit.banner)).or_default().push((hit.offset, hit.length));
                }
            }
        }
        if elf.is_some() && is_list(found.keys().map(|(index, version, _)| (*index, version.as_deref()))) {
            return;
        }
        for ((index, version, banner), places) in found {
            let Some(signature) = signatures.all.get(index) else { continue };
            let mut claim = match &version {
                Some(version) if signature.form != Form::Series => {
                    Claim::observation(&COMPONENT, file.subject(), format!("{} {version}", signature.title))
                        .fact("name", signature.product.as_str())
                        .fact("version", version.as_str())
                        .fact("purl", signature.purl(version))
                        .fact("cpe", signature.cpe(version))
                        .fact("method", "version-string")
                }
                series => {
                    let (name, title, cpe) = (&signature.product, &signature.title, &signature.cpe);
                    let series = series.as_deref();
                    let method = if series.is_some() { "version-series" } else { "product-string" };
                    let known = Known::Between(series, series);
                    Product { name, title, cpe }.claim(file.subject(), known, method)
                }
            };
            claim = claim.note(format!("could be confused with: {}", signature.confused_with));
            if let Some(banner) = banner {
                claim = claim.fact("banner", banner);
            }
            for (offset, length) in places.iter().take(LISTED) {
                claim = claim.at(file.location.range(*offset as u64, *length as u64));
            }
            findings.claim(claim);
        }
    }
}

/// Whether texts of signatures, with their versions, are a list rather than what a program says of itself.
fn is_list<'v>(texts: impl Iterator<Item = (usize, Option<&'v str>)>) -> bool {
    let mut versions: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (signature, version) in texts {
        versions.entry(signature).or_default().extend(version);
    }
    versions.values().filter(|versions| versions.len() > 1).count() >= LIST
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn elf(text: &str) -> Vec<u8> {
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
        file.resize(64, 0);
        file.extend(text.as_bytes());
        file.push(0);
        file
    }

    fn names(path: &str, content: &[u8]) -> Vec<String> {
        claims_of_file(&Versions, path, content).iter().map(|claim| claim.title.clone()).collect()
    }

    #[test]
    fn a_mention_is_not_a_component() {
        let banner = "BusyBox v1.35.0 (2022-01-01 00:00:00 UTC)";
        assert_eq!(names("bin/busybox", &elf(banner)), ["BusyBox 1.35.0"]);
        assert!(names("usr/share/doc/changes", banner.as_bytes()).is_empty(), "a text");
        assert!(names("bin/tool", &elf("needs BusyBox v1.20 or later")).is_empty(), "a mention");
        assert!(
            names("bin/x", &elf("GCC: (GNU) 12.2.0\0Linux version %s\0OpenSSL version")).is_empty(),
            "a compiler"
        );
    }

    #[test]
    fn a_list_of_texts_is_none_of_what_it_lists() {
        let zlib = |version: &str| {
            format!("deflate {version} Copyright 1995-2022 Jean-loup Gailly and Mark Adler \0")
        };
        let busybox = |version: &str| format!("BusyBox v{version} (2022-01-01 00:00:00 UTC)\0");
        let uboot = |version: &str| format!("U-Boot {version} (Jan 01 2022 - 00:00:00 +0000)\0");
        let two =
            [zlib("1.2.13"), zlib("1.2.11"), busybox("1.35.0"), busybox("1.36.1"), uboot("2022.01")].concat();
        assert!(names("bin/busybox", &elf(&two)).len() >= 4, "two products twice");
        let three = two + &uboot("2021.04");
        assert!(names("bin/busybox", &elf(&three)).is_empty(), "{:?}", names("bin/busybox", &elf(&three)));
        assert!(!names("image.bin", three.as_bytes()).is_empty(), "bytes that are no executable");
    }

    #[test]
    fn a_library_version_needs_the_library() {
        let text = "\0deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly and Mark Adler \0";
        assert_eq!(
            names("usr/bin/anything", &elf(text)),
            ["zlib 1.2.13"],
            "compiled in, zlib says so itself"
        );
        assert!(names("usr/sbin/tool", &elf("\x001.8.9\0iptables")).is_empty());
    }

    #[test]
    fn a_lone_version_beside_another_tells_nothing() {
        let found = |texts: &str| names("usr/sbin/kresd", &elf(&format!("kresd can not recover\0{texts}\0")));
        assert_eq!(found("5.6.0"), ["Knot Resolver 5.6.0"]);
        assert!(found("5.6.0\x003.7.5").is_empty(), "two");
        assert!(found("x>5.6.0\x003.7.5").is_empty(), "its own follows data, and the other is a library's");
        assert_eq!(
            found("5.6.0\0needs 3.7.5\0 3.7.5\0lib.so.3.7.5"),
            ["Knot Resolver 5.6.0"],
            "in other texts"
        );
        assert_eq!(found("5.6.0\0\r9.7"), ["Knot Resolver 5.6.0"], "two numbers come about by chance");
    }

    #[test]
    fn a_script_is_what_its_comment_says() {
        let banner = "/*! jQuery v3.5.1 | (c) JS Foundation and other contributors | jquery.org/license */\n";
        assert_eq!(names("www/js/any.min.js", banner.as_bytes()), ["jQuery 3.5.1"]);
        assert!(names("www/js/jquery.txt", banner.as_bytes()).is_empty(), "no script");
        assert!(names("bin/httpd", &elf(banner)).is_empty(), "no text");
        assert!(names("www/js/a.js", b"// needs jQuery v1.7.1 or later\n").is_empty(), "a mention");
        assert!(names("www/js/a.js", b"BusyBox v1.35.0 (2022-01-01)").is_empty(), "a program's banner");
    }

    #[test]
    fn places_are_listed_once_a_version() {
        let banner = "BusyBox v1.35.0 (2022-01-01 00:00:00 UTC)\0";
        let claims = claims_of_file(&Versions, "bin/busybox", &elf(&banner.repeat(20)));
        assert_eq!((claims.len(), claims[0].locations.len()), (1, LISTED));
        assert_eq!(claims[0].locations[0].offset, Some(64));
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..400), anchor: proptest::sample::Index) {
            let all = &signatures().unwrap().all;
            let anchor = &all[anchor.index(all.len())].anchors[0];
            let _ = names("bin/busybox", &[&elf(""), &data[..], anchor.as_bytes(), &data[..]].concat());
        }
    }
}
