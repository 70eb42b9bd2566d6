use super::*;
use crate::store::{Options, Store};
use banbury_evidence::{Digest, Location, Step};
use std::path::Path;

const COMPONENT: CodeInfo =
    CodeInfo { code: join::COMPONENT, title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };

const DAY: &str = "2098-07-01";

fn component(name: &str, version: &str, file: &str, method: &str) -> Claim {
    let step = Step { format: "squashfs".to_owned(), offset: 0, entry: Some(file.to_owned()), at: None };
    let location = Location::exhibit(Digest::of(b"image")).inside(step);
    let claim = Claim::observation(&COMPONENT, location.subject(), "x").at(location);
    let claim = claim.fact("name", name).fact("method", method);
    if version.is_empty() { claim } else { claim.fact("version", version) }
}

fn seen(name: &str, version: &str) -> Claim {
    component(name, version, &format!("bin/{name}"), "version-string")
}

fn package(name: &str, version: &str, distro: &str) -> Claim {
    let purl = format!("pkg:deb/debian/{name}@{version}{distro}");
    component(name, version, "var/lib/dpkg/status", "dpkg").fact("purl", purl)
}

fn examined(claims: &[Claim], as_of: &str) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/feeds/endoflife");
    let mut store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    for feed in ["input.json", "products.json", "busybox.json"] {
        store.import(&corpus.join(feed), &Options::default()).unwrap();
    }
    examine(&claims.iter().collect::<Vec<_>>(), &Products::new(&store).unwrap(), as_of)
}

fn shown(report: &RunReport) -> Vec<String> {
    let fact = |claim: &Claim, name: &str| claim.text(name).unwrap_or_else(|| "-".to_owned());
    let line = |claim: &Claim| {
        let facts = ["component", "product", "cycle", "ends", "reason"].map(|name| fact(claim, name));
        format!("{} {} by {}", state(&claim.code), facts.join(" "), claim.dated_text("by").unwrap())
    };
    report.claims.iter().map(line).collect()
}

#[test]
fn each_component_is_told_by_the_cycle_of_its_version() {
    let report = examined(
        &[
            seen("openssl", "1.0.2k"),
            seen("linux", "5.10.101"),
            seen("busybox", "1.36.1"),
            seen("apache", "2.4.57"),
            seen("dropbear", "2020.81"),
            seen("boa", "0.94.13"),
        ],
        DAY,
    );
    assert_eq!(
        shown(&report),
        [
            "ended openssl openssl 1.0.2 2019-12-31 past-end by cpe:a:openssl:openssl",
            "cannot-tell apache apache-http-server 2.4 - no-end-stated by name",
            "supported linux linux 5.10 2098-12-31 before-end by cpe:o:linux:linux_kernel",
            "supported busybox busybox 1.36 - no-end-set by name",
        ]
    );
    assert_eq!((report.claims[0].grade, report.claims[2].grade), (Grade::Low, Grade::Info));
    assert_eq!(report.claims[2].dated_text("latest").as_deref(), Some("5.10.300"));
    let looked = Looked::of(&report.parameters);
    // A product that only has the name of one of the feed's is not that one.
    assert_eq!((looked.not_in_feed, looked.feeds.files().len(), report.looked), (2, 3, 6));
    assert_eq!(report.parameters["as-of"], DAY);
}

#[test]
fn the_last_day_is_one_of_support_and_the_day_of_looking_is_no_identity() {
    let on = |day: &str| examined(&[seen("linux", "5.10.101")], day);
    let state_on = |day: &str| state(&on(day).claims[0].code);
    assert_eq!((state_on("2098-12-31"), state_on("2099-01-01")), ("supported", "ended"));
    let same = on("2098-01-01").claims[0].fingerprint();
    assert_eq!(same, on("2098-12-31").claims[0].fingerprint());
    assert_ne!(same, on("2099-01-01").claims[0].fingerprint());
    assert_eq!(on("2099-01-01").claims[0].fingerprint(), on("2120-01-01").claims[0].fingerprint());
}

#[test]
fn the_longest_cycle_counts_and_a_version_of_none_is_left_open() {
    let python = |version: &str| {
        let purl = format!("pkg:generic/python@{version}");
        shown(&examined(
            &[component("python", version, "bin/python", "version-string").fact("purl", purl)],
            DAY,
        ))
    };
    assert_eq!(python("3.11.2").len(), 1);
    assert!(
        python("3.11.2")[0].starts_with("supported python python 3.11 - no-end-set"),
        "{:?}",
        python("3.11.2")
    );
    assert!(python("3.1.2")[0].starts_with("ended python python 3 - ended-undated"), "{:?}", python("3.1.2"));
    assert!(
        python("2.7.18")[0].starts_with("cannot-tell python python - - no-cycle"),
        "{:?}",
        python("2.7.18")
    );
    let without = shown(&examined(&[seen("linux", "")], DAY));
    assert!(without[0].contains(" no-version "), "{without:?}");
    let unreadable = shown(&examined(&[seen("apache", "2.2.34")], DAY));
    assert!(
        unreadable[0].starts_with("cannot-tell") && unreadable[0].contains("end-unreadable"),
        "{unreadable:?}"
    );
    // That it has ended was said on a day after the one that is asked for.
    let earlier = examined(&[seen("busybox", "1.35.0")], "2020-01-01");
    assert_eq!(earlier.claims[0].text("reason").as_deref(), Some("end-undated"));
}

#[test]
fn bounds_and_contradictions_tell_where_they_are_of_one_cycle() {
    let bounds = |low: &str, high: &str| {
        let claim = seen("linux", "").fact("version-low", low).fact("version-high", high);
        shown(&examined(&[claim], DAY))[0].clone()
    };
    assert!(
        bounds("5.10.1", "5.10.99").starts_with("supported linux linux 5.10"),
        "{}",
        bounds("5.10.1", "5.10.99")
    );
    assert!(bounds("4.4.1", "5.10.99").contains("bounds-straddle"));
    let two = |a: &str, b: &str| {
        let claims = [
            component("openssl", a, "bin/x", "version-string"),
            component("openssl", b, "bin/x", "elf-file-name"),
        ];
        shown(&examined(&claims, DAY))[0].clone()
    };
    assert!(two("1.0.2k", "1.0.2u").starts_with("ended openssl openssl 1.0.2"));
    assert!(two("1.0.2k", "3.0.1").contains(" contradiction "));
}

#[test]
fn a_distributions_packages_are_supported_by_its_release() {
    let of = |distro: &str| {
        shown(&examined(&[package("openssl", "1.0.2k-1", distro), package("foo", "1-1", distro)], DAY))
    };
    // Upstream has given 1.0.2 up; the distribution supports its package of it.
    assert_eq!(
        of("?distro=debian-12"),
        ["supported debian debian 12 2099-06-10 before-end by packages of debian"]
    );
    assert_eq!(
        of("?distro=bullseye"),
        [
            "ended openssl openssl 1.0.2 2019-12-31 past-end by cpe:a:openssl:openssl",
            "ended debian debian 11 2024-08-14 past-end by packages of debian",
        ]
    );
    assert_eq!(
        of(""),
        [
            "cannot-tell openssl openssl 1.0.2 2019-12-31 distribution-unknown by cpe:a:openssl:openssl",
            "cannot-tell debian debian - - release-unknown by packages of debian",
        ]
    );
    let claims = [package("foo", "1-1", "?distro=debian-12"), package("bar", "1-1", "?distro=debian-12")];
    let report = examined(&claims, DAY);
    assert_eq!(report.claims[0].dated_text("packages").as_deref(), Some("2"));
    assert_eq!(Looked::of(&report.parameters).not_in_feed, 0);
}

#[test]
fn packages_are_counted_with_the_system_that_is_there() {
    let system = component("debian", "12", "etc/os-release", "os-release").fact("kind", "operating-system");
    for distro in ["?distro=debian-12", ""] {
        let report = examined(&[system.clone(), package("foo", "1-1", distro)], DAY);
        assert_eq!(shown(&report).len(), 1, "{:?}", shown(&report));
        assert_eq!(report.claims[0].dated_text("packages").as_deref(), Some("1"), "{distro}");
    }
    let other = examined(&[system, package("foo", "1-1", "?distro=debian-11")], DAY);
    assert_eq!(shown(&other).len(), 2);
}

#[test]
fn without_the_feed_nothing_was_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    let report = examine(&[], &Products::new(&store).unwrap(), DAY);
    assert_eq!((report.status, report.claims.len(), report.skipped.len()), (Status::Failed, 0, 1));
}
