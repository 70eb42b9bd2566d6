use super::*;
use crate::store::{Options, Store};
use banbury_evidence::{Digest, Location, Step, Value};
use std::path::Path;

const COMPONENT: CodeInfo =
    CodeInfo { code: join::COMPONENT, title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };

fn claim(code: &str, file: &str, facts: &[(&str, &str)]) -> Claim {
    let step = Step { format: "squashfs".to_owned(), offset: 0, entry: Some(file.to_owned()), at: None };
    let location = Location::exhibit(Digest::of(b"image")).inside(step);
    let mut claim = Claim::observation(&COMPONENT, location.subject(), "x").at(location);
    claim.code = code.to_owned();
    for (name, value) in facts {
        claim = claim.fact(name, *value);
    }
    claim
}

fn component(name: &str, version: &str, file: &str, method: &str) -> Claim {
    claim(join::COMPONENT, file, &[("name", name), ("version", version), ("method", method)])
}

fn examined(feeds: &[&str], claims: &[Claim]) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/feeds");
    let mut store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
    for feed in feeds {
        store.import(&corpus.join(feed), &Options::default()).unwrap();
    }
    examine(&claims.iter().collect::<Vec<_>>(), &Known::new(&store).unwrap()).unwrap()
}

fn shown(report: &RunReport) -> Vec<String> {
    let fact = |claim: &Claim, name: &str| claim.text(name).unwrap_or_default();
    let line = |claim: &Claim| {
        ["vulnerability", "component", "state", "reason"].map(|name| fact(claim, name)).join(" ")
    };
    report.claims.iter().map(line).collect()
}

#[test]
fn a_component_of_two_probes_is_looked_up_once() {
    let claims = [
        component("openssl", "3.0.1", "usr/bin/openssl", "version-string"),
        component("openssl", "3.0.1", "usr/lib/libssl.so", "version-string"),
    ];
    let report = examined(&["nvd-2.0/input.json", "epss/input.csv"], &claims);
    assert_eq!(shown(&report), ["CVE-2099-0001 openssl affected in-range"]);
    let claim = &report.claims[0];
    assert_eq!((claim.grade, claim.locations.len()), (Grade::Medium, 2));
    assert_eq!(claim.facts["cpe"], Value::from("cpe:2.3:a:openssl:openssl:3.0.1:*:*:*:*:*:*:*"));
    assert_eq!(claim.dated["epss"], Value::from("0.91234"));
    let looked = Looked::of(&report.parameters);
    assert_eq!((looked.feeds.files().len(), report.looked), (2, 1));
    assert!(
        looked.feeds.ages("2098-04-05").contains("nvd-2.0 of 2098-04-02 (3 days old)"),
        "{}",
        looked.feeds.ages("2098-04-05")
    );
}

#[test]
fn a_days_probability_is_no_part_of_the_identity() {
    let claims = [component("openssl", "3.0.1", "usr/bin/openssl", "version-string")];
    let without = examined(&["nvd-2.0/input.json"], &claims);
    let with = examined(&["nvd-2.0/input.json", "epss/input.csv"], &claims);
    assert_eq!(without.claims[0].fingerprint(), with.claims[0].fingerprint());
    assert_ne!(without.claims[0].dated, with.claims[0].dated);
    assert_ne!(without.parameters, with.parameters);
}

#[test]
fn what_the_version_rules_out_is_counted_and_not_claimed() {
    let report =
        examined(&["nvd-2.0/input.json"], &[component("openssl", "3.0.2", "bin/x", "version-string")]);
    assert_eq!(shown(&report), Vec::<String>::new());
    let looked = Looked::of(&report.parameters);
    assert_eq!((looked.ruled_out_by_version, looked.in_no_advisory), (1, 0));
}

#[test]
fn components_of_which_no_advisory_speaks_are_counted() {
    let claims = [
        component("openssl", "3.0.1", "bin/x", "version-string"),
        component("dropbear", "2020.81", "bin/y", "version-string"),
        component("marrowd", "1.0", "bin/z", "version-string"),
    ];
    let report = examined(&["nvd-2.0/input.json"], &claims);
    let looked = Looked::of(&report.parameters);
    assert_eq!((report.looked, looked.in_no_advisory), (3, 2));
}

#[test]
fn a_contradiction_is_told_only_where_its_versions_agree() {
    let two = |a: &str, b: &str| {
        let claims = [
            component("openssl", a, "bin/x", "version-string"),
            component("openssl", b, "bin/x", "elf-file-name"),
        ];
        shown(&examined(&["nvd-2.0/input.json"], &claims))
    };
    assert_eq!(two("3.0.0", "3.0.1"), ["CVE-2099-0001 openssl affected in-range"]);
    assert_eq!(two("3.0.1", "3.0.2"), ["CVE-2099-0001 openssl cannot-tell contradiction"]);
    assert_eq!(two("3.0.2", "3.0.3"), Vec::<String>::new());
}

#[test]
fn the_kernels_configuration_rules_out_and_known_exploited_stands_first() {
    let kernel = component("linux", "5.10.101", "boot/config", "kernel-configuration");
    let feeds = ["cve-5/input.json", "nvd-2.0/input.json", "kev-json/input.json"];
    let open = examined(&feeds, std::slice::from_ref(&kernel));
    assert_eq!(
        shown(&open),
        ["CVE-2099-0006 linux affected in-range", "CVE-2099-0008 linux affected in-range"]
    );
    assert_eq!((open.claims[0].grade, open.claims[1].grade), (Grade::High, Grade::Medium));
    assert_eq!(open.claims[0].facts["exploited"], Value::from("2098-05-01"));
    let mut configuration = claim("kernel.configuration", "boot/config", &[("release", "5.10.101")]);
    configuration.facts.insert("built-in".to_owned(), Value::List(vec!["NET".to_owned()]));
    configuration.facts.insert("modules".to_owned(), Value::List(Vec::new()));
    let closed = examined(&feeds, &[kernel.clone(), configuration.clone()]);
    assert_eq!(
        shown(&closed),
        ["CVE-2099-0006 linux not-affected configuration", "CVE-2099-0008 linux not-affected configuration"]
    );
    assert!(closed.claims.iter().all(|claim| claim.grade == Grade::Info));
    // A list that was cut off rules nothing out, nor does another kernel's.
    let mut cut = configuration.clone();
    cut.facts.insert("built-in-in-all".to_owned(), Value::Number(20_000));
    assert_eq!(shown(&examined(&feeds, &[kernel.clone(), cut])), shown(&open));
    let other = Claim { subject: claim("x", "boot/other", &[]).subject, ..configuration };
    assert_eq!(shown(&examined(&feeds, &[kernel, other])), shown(&open));
}

#[test]
fn a_configuration_that_ends_early_or_is_another_kernels_rules_nothing_out() {
    let feeds = ["cve-5/input.json", "nvd-2.0/input.json"];
    let banner = |file: &str, build: &str| {
        let mut banner = component("linux", "5.10.101", file, "kernel-banner");
        banner.facts.insert("release".to_owned(), Value::from("5.10.101"));
        banner.facts.insert("build".to_owned(), Value::from(build));
        banner
    };
    // A kernel's own configuration stands in it; another in a file beside it.
    let configuration = |file: &str, own: bool| {
        let mut both = [
            component("linux", "5.10.101", file, "kernel-configuration"),
            claim("kernel.configuration", file, &[("release", "5.10.101")]),
        ];
        both[1].facts.insert("built-in".to_owned(), Value::List(vec!["NET".to_owned()]));
        both[1].facts.insert("modules".to_owned(), Value::List(Vec::new()));
        for claim in both.iter_mut().filter(|_| own) {
            let step = Step {
                format: "ikconfig".to_owned(),
                offset: 64,
                entry: Some("config".to_owned()),
                at: None,
            };
            let inside = claim.locations[0].inside(step);
            (claim.subject, claim.locations) = (inside.subject(), vec![inside]);
        }
        both
    };
    let states = |claims: &[Claim]| {
        let report = examined(&feeds, claims);
        let states: BTreeSet<String> =
            report.claims.iter().filter_map(|claim| claim.text("reason")).collect();
        states.into_iter().collect::<Vec<_>>().join(" ")
    };
    let with = |banners: &[Claim], configurations: &[Claim]| states(&[banners, configurations].concat());
    let one = [banner("boot/a", "#1")];
    let two = [banner("boot/a", "#1"), banner("boot/b", "#2")];
    let same = [banner("boot/a", "#1"), banner("boot/b", "#1")];
    let (own, beside) = (configuration("boot/a", true), configuration("boot/config", false));
    assert_eq!(with(&one, &own), "configuration");
    assert_eq!(with(&one, &beside), "configuration");
    assert_eq!(with(&same, &own), "configuration", "two copies of one build");
    assert_eq!(with(&two, &own), "in-range", "the second build may have it");
    assert_eq!(with(&two, &beside), "in-range");
    assert_eq!(with(&two, &[own.clone(), configuration("boot/b", true)].concat()), "configuration");
    assert_eq!(with(&one, &configuration("boot/b", true)), "in-range", "it stands in another kernel");
    let mut early = beside.clone();
    early[1].facts.insert("incomplete".to_owned(), Value::from("it ends before its last menu"));
    assert_eq!(with(&one, &early), "in-range");
}

#[test]
fn modules_of_a_damaged_file_system_rule_nothing_out() {
    let feeds = ["cve-5/input.json"];
    let kernel = component("linux", "5.10.101", "boot/config", "kernel-configuration");
    let mut configuration = claim("kernel.configuration", "boot/config", &[("release", "5.10.101")]);
    configuration.facts.insert("built-in".to_owned(), Value::List(vec!["NET".to_owned()]));
    configuration.facts.insert("modules".to_owned(), Value::List(vec!["BT".to_owned()]));
    let facts = [
        ("name", "linux"),
        ("version", "5.10.101"),
        ("release", "5.10.101"),
        ("method", "kernel-modules-folder"),
    ];
    let folder = claim(join::COMPONENT, "lib/modules/5.10.101", &facts);
    let mut modules = claim("kernel.modules", "lib/modules/5.10.101", &[("release", "5.10.101")]);
    modules.facts.insert("modules".to_owned(), Value::List(vec!["tun".to_owned()]));
    let whole = [kernel, configuration, folder, modules];
    assert_eq!(shown(&examined(&feeds, &whole)), ["CVE-2099-0008 linux not-affected module-absent"]);
    let mut damage = claim("unpack.truncated", "x", &[("format", "squashfs")]);
    damage.locations = vec![Location::exhibit(Digest::of(b"image"))];
    let damaged = [&whole[..], &[damage.clone()]].concat();
    assert_eq!(shown(&examined(&feeds, &damaged)), ["CVE-2099-0008 linux affected in-range"]);
    damage.facts.insert("format".to_owned(), Value::from("gzip"));
    let elsewhere = [&whole[..], &[damage]].concat();
    assert_eq!(shown(&examined(&feeds, &elsewhere)), ["CVE-2099-0008 linux not-affected module-absent"]);
}

#[test]
fn android_is_a_linux_and_a_system_of_its_own() {
    let system = |products: &[&str]| {
        let claims: Vec<Claim> =
            products.iter().map(|name| component(name, "1.0", name, "version-string")).collect();
        let claims: Vec<&Claim> = claims.iter().collect();
        let joined = join::join(claims.iter().copied());
        Parts::of(&claims, &joined).facts(&joined[0]).system.clone()
    };
    assert_eq!(system(&["linux", "zlib"]).as_deref(), Some("linux"));
    assert_eq!(system(&["linux", "bionic", "zlib"]), None);
    assert_eq!(system(&["zlib"]), None);
}

#[test]
fn without_advisories_nothing_was_looked_up() {
    let report = examined(&["epss/input.csv"], &[component("openssl", "3.0.1", "bin/x", "version-string")]);
    assert_eq!((report.status, report.claims.len(), report.skipped.len()), (Status::Failed, 0, 1));
}
