use super::*;
use crate::sample::{self, info};
use banbury_evidence::{Claim, Examination, Grade, Location, RunReport, Status};
use std::collections::BTreeMap;

fn run(claims: Vec<Claim>) -> RunReport {
    RunReport {
        probe: "statements".to_owned(),
        version: "1".to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: 1,
        bytes: 1,
        skipped: Vec::new(),
        claims,
    }
}

fn examination(seed: &[u8], claims: impl Fn(&Location) -> Vec<Claim>) -> Examination {
    let exhibit = Digest::of(seed);
    let location = Location::exhibit(exhibit);
    let mut objects = vec![sample::object(0, None, location.clone(), ObjectKind::Exhibit, 10)];
    objects[0].sha256 = Some(exhibit);
    Examination {
        exhibit,
        size: 10,
        confinement: BTreeMap::new(),
        objects,
        runs: vec![run(claims(&location))],
    }
}

fn claim(code: &'static str, at: &Location, facts: &[(&str, &str)]) -> Claim {
    let claim = Claim::observation(&info(code, Grade::Info), at.subject(), code).at(at.clone());
    facts.iter().fold(claim, |claim, (name, value)| claim.fact(name, *value))
}

fn image() -> Examination {
    examination(b"image", |at| {
        let component = |facts: &[(&str, &str)]| claim("component", at, facts);
        let known = |component: &str, vulnerability: &str, state: &str, reason: &str| {
            let facts = [
                ("component", component),
                ("vulnerability", vulnerability),
                ("state", state),
                ("reason", reason),
            ];
            claim("known-vulnerability", at, &facts)
        };
        vec![
            component(&[
                ("name", "zlib1g"),
                ("version", "1:1.2.13.dfsg-1"),
                ("source", "zlib"),
                ("method", "dpkg"),
                ("purl", "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1"),
            ]),
            component(&[
                ("name", "openssl"),
                ("version", "1.1.1n"),
                ("cpe", "cpe:2.3:a:openssl:openssl:1.1.1n:*:*:*:*:*:*:*"),
            ]),
            component(&[
                ("name", "linux"),
                ("version", "5.10.1"),
                ("cpe", "cpe:2.3:o:linux:linux_kernel:5.10.1:*:*:*:*:*:*:*"),
            ]),
            component(&[("name", "curl"), ("version-low", "7.80"), ("version-high", "7.88")]),
            component(&[("name", "dropbear"), ("version", "2022.83")]),
            known("openssl", "CVE-2099-1", "affected", "in-range"),
            known("openssl", "CVE-2099-2", "cannot-tell", "no-version"),
            known("openssl", "CVE-2099-3", "affected", "in-range"),
            known("zlib", "CVE-2099-4", "not-affected", "backported"),
        ]
    })
}

fn statement(seed: &[u8], hash: Option<Digest>) -> Examination {
    examination(seed, |at| {
        let mut whole = claim(STATEMENT, at, &[("form", "cyclonedx"), ("stated-by", "Vendor")]);
        if let Some(hash) = hash {
            whole = whole.fact("about-sha256", vec![hash.to_string()]);
        }
        let stated = |facts: &[(&str, &str)]| claim(STATED_COMPONENT, at, facts);
        let status = |component: &str, vulnerability: &str, status: &str| {
            let facts = [("component", component), ("vulnerability", vulnerability), ("status", status)];
            claim(STATED_STATUS, at, &facts)
        };
        vec![
            whole,
            stated(&[("name", "zlib"), ("version", "1.2.13")]),
            stated(&[
                ("name", "OpenSSL"),
                ("version", "1.1.1w"),
                ("cpe", "cpe:2.3:a:openssl:openssl:1.1.1w:*:*:*:*:*:*:*"),
            ]),
            stated(&[("name", "Linux Kernel"), ("version", "5.10.1")]),
            stated(&[("name", "curl"), ("version", "7.85.0")]),
            stated(&[("name", "busybox"), ("version", "1.35.0")]),
            status("openssl", "CVE-2099-1", "not-affected"),
            status("openssl", "CVE-2099-2", "under-investigation"),
            status("zlib", "CVE-2099-4", "fixed"),
            status("busybox", "CVE-2099-5", "affected"),
        ]
    })
}

fn report(examinations: Vec<(&str, Examination)>) -> InspectReport {
    let examinations =
        examinations.into_iter().map(|(name, examination)| (name.to_owned(), examination)).collect();
    InspectReport { examinations, ..sample::empty_inspection() }
}

fn words(comparison: &Comparison) -> Vec<String> {
    let text = |row: &ComponentRow| {
        let stated = row.stated.as_ref().map(|(name, _)| name.clone());
        let seen =
            row.seen.as_ref().map(|(names, versions)| format!("{} {}", names.join(","), versions.join(",")));
        format!("{}: {} | {}", row.outcome.as_str(), stated.unwrap_or_default(), seen.unwrap_or_default())
    };
    comparison.components.iter().map(text).collect()
}

#[test]
fn stated_beside_seen() {
    let report =
        report(vec![("image.bin", image()), ("sbom.json", statement(b"s", Some(Digest::of(b"image"))))]);
    let comparisons = report.comparisons();
    assert_eq!(comparisons.len(), 1);
    let comparison = &comparisons[0];
    assert_eq!((comparison.tie, comparison.gap.as_deref()), ("it names the SHA-256 of the image", None));
    assert_eq!(
        words(comparison),
        [
            "version-differs: OpenSSL | openssl 1.1.1n",
            "stated-not-seen: busybox | ",
            "seen-not-stated:  | dropbear 2022.83",
            "same: Linux Kernel | linux 5.10.1",
            "same: curl | curl 7.80 to 7.88",
            "same: zlib | zlib,zlib1g 1:1.2.13.dfsg-1",
        ]
    );
    assert_eq!(comparison.components[0].by, Some("CPE name"));
    let rows: Vec<String> = comparison
        .vulnerabilities
        .iter()
        .map(|row| {
            format!(
                "{} {} {:?} {:?}",
                row.agreement.as_str(),
                row.vulnerability,
                row.stated.as_deref(),
                row.found.as_deref()
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "differs CVE-2099-1 Some(\"not-affected\") Some(\"affected\")",
            "found-only CVE-2099-3 None Some(\"affected\")",
            "stated-only CVE-2099-5 Some(\"affected\") None",
            "agrees CVE-2099-2 Some(\"under-investigation\") Some(\"cannot-tell\")",
            "agrees CVE-2099-4 Some(\"fixed\") Some(\"not-affected\")",
        ]
    );
}

#[test]
fn which_image_a_statement_is_about_is_said() {
    let mut other = image();
    other.exhibit = Digest::of(b"other");
    let tie = |examinations: Vec<(&str, Examination)>| {
        let comparison = report(examinations).comparisons().remove(0);
        (comparison.image.map(|(name, _)| name), comparison.tie)
    };
    let (image_name, _) =
        tie(vec![("a", image()), ("b", other.clone()), ("s", statement(b"s", Some(other.exhibit)))]);
    assert_eq!(image_name.as_deref(), Some("b"));
    let (image_name, why) = tie(vec![("a", image()), ("s", statement(b"s", None))]);
    assert_eq!((image_name.as_deref(), why), (Some("a"), "it is the only image here; no hash ties them"));
    let (image_name, why) =
        tie(vec![("a", image()), ("s", statement(b"s", Some(Digest::of(b"a release before"))))]);
    assert!(image_name.is_some() && why.contains("another's"), "{why}");
    let (image_name, why) = tie(vec![("a", image()), ("b", other), ("s", statement(b"s", None))]);
    assert!(image_name.is_none() && why.contains("not known"), "{why}");
    let (image_name, why) = tie(vec![("s", statement(b"s", None))]);
    assert!(image_name.is_none() && why.contains("no image"), "{why}");
}

#[test]
fn a_run_that_left_something_out_keeps_not_seen_from_meaning_anything() {
    let mut image = image();
    image.runs[0].status = Status::Incomplete;
    let comparison = report(vec![("a", image), ("s", statement(b"s", None))]).comparisons().remove(0);
    assert!(comparison.gap.unwrap().contains("incomplete"));
}

#[test]
fn it_stands_in_every_report() {
    let report = report(vec![("image.bin", image()), ("sbom.json", statement(b"s", None))]);
    for (format, part) in [("html", "stated and seen in different versions"), ("json", "\"version-differs\"")]
    {
        let text = crate::report_format(format).unwrap().inspect.unwrap()(&report).unwrap();
        assert!(text.contains(part), "{format}");
    }
    let sarif = crate::report_format("sarif").unwrap().inspect.unwrap()(&report).unwrap();
    assert!(!sarif.contains("stated-component"), "what is stated is no finding");
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../schemas/inspect.schema.json")).unwrap();
    let json = crate::report_format("json").unwrap().inspect.unwrap()(&report).unwrap();
    let document = serde_json::from_str(&json).unwrap();
    assert!(jsonschema::draft202012::new(&schema).unwrap().is_valid(&document));
}
