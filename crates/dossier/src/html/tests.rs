use super::*;
use crate::sample;
use std::collections::BTreeSet;

/// The page as XML: entities and the document type left out, void elements closed. A page that is not well-formed
/// does not parse.
fn parsed(page: &str) -> String {
    let mut xml = page.strip_prefix("<!DOCTYPE html>").unwrap().to_owned();
    for void in ["meta", "br"] {
        let mut out = String::new();
        let mut rest = xml.as_str();
        while let Some(at) = rest.find(&format!("<{void}")) {
            let end = at + rest[at..].find('>').unwrap();
            out.push_str(&rest[..end]);
            out.push_str("/>");
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        xml = out;
    }
    // The one attribute that HTML lets stand without a value.
    xml.replace("<details open>", "<details open=\"\">")
}

fn check(page: &str) {
    let xml = parsed(page);
    let options = roxmltree::ParsingOptions { nodes_limit: u32::MAX, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(&xml, options).unwrap();
    let mut ids = BTreeSet::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        if let Some(id) = node.attribute("id") {
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
        }
    }
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(
            !["script", "link", "img", "iframe", "object", "embed", "base"].contains(&node.tag_name().name())
        );
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on"), "an event handler: {}", attribute.name());
            if attribute.name() == "href" {
                let id = attribute.value().strip_prefix('#').expect("a link that leaves the page");
                assert!(ids.contains(id), "#{id} leads nowhere");
            }
            assert_ne!(attribute.name(), "src");
        }
    }
    assert!(!page.to_ascii_lowercase().contains("<script"));
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(!page.contains('\u{202e}') && !page.contains('\0'));
}

#[test]
fn hostile_text_is_only_text() {
    let page = case(&sample::hostile());
    check(&page);
    assert!(page.contains(
        "&lt;script&gt;alert('x')&lt;/script&gt;&quot; onload=&quot;x &amp; ⟨U+202E⟩gnp.exe⟨U+0000⟩"
    ));
    assert!(page.contains(&"d".repeat(4096)), "a long name is wrapped, not cut");
    check(&inspect(&sample::inspection()));
}

#[test]
fn pages_of_nothing_and_of_much_are_well_formed() {
    check(&case(&sample::empty_case()));
    check(&inspect(&sample::empty_inspection()));
    check(&case(&sample::island()));
    let mut report = sample::inspection();
    report.examinations.push(("again".to_owned(), report.examinations[0].1.clone()));
    check(&inspect(&report));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let page = case(&sample::island());
    assert!(page.contains("have no image in this case"));
    assert!(page.contains("<code>reviews</code> was imported"));
    assert!(page.contains("longer than the budget for one file"));
    assert!(page.contains("(incomplete: unpack)"), "the gap stands beside the findings, not only at the end");
    let mut report = sample::inspection();
    report.examinations[0].1.runs.clear();
    assert!(inspect(&report).contains("no probe looked at it"));
}

#[test]
fn a_cut_list_says_so() {
    let mut report = sample::island();
    let claim = report.claims.iter().find(|claim| claim.claim.code == "hardening.missing").unwrap().clone();
    for number in 0..300u32 {
        let fingerprint = banbury_evidence::Digest::of(&number.to_le_bytes());
        report.claims.push(banbury_evidence::ledger::StoredClaim { fingerprint, ..claim.clone() });
    }
    let page = case(&report);
    check(&page);
    assert!(page.contains("The first 200 of 324 findings are shown"));
}

#[test]
fn many_small_regions_are_totals() {
    let mut report = sample::inspection();
    let object = &mut report.examinations[0].1.objects[0];
    object.size = 1000;
    object.regions = (0..500)
        .map(|index| {
            let class =
                [banbury_evidence::RegionClass::Padding, banbury_evidence::RegionClass::Unknown][index % 2];
            sample::region(index as u64 * 2, 2, class, "")
        })
        .collect();
    let page = inspect(&report);
    check(&page);
    assert!(page.contains("250 stretches in no known format, 500 bytes in all; 500 bytes of padding"));
    assert_eq!(page.matches("class=\"offset\"").count(), 1);
}

#[test]
fn findings_stand_before_what_an_image_holds() {
    let page = inspect(&sample::inspection());
    let at = |text: &str| page.find(text).unwrap();
    assert!(at(">Findings<") < at(">Components ") && at(">Components ") < at(">What it holds<"));
    assert!(page.contains("<details class=\"holdings\"><summary>2 containers and streams, 4 files"));
}

#[test]
fn a_device_shows_what_its_verdicts_leave_out() {
    let page = case(&sample::hostile());
    assert!(page.contains("verdicts: <span class=\"mark breached\">"));
    assert!(page.contains("findings: <span class=\"mark grade-high\">"));
    assert!(page.contains("image not looked at"));
    let mut report = sample::hostile();
    report.regimes.clear();
    assert_eq!(case(&report).matches("no measure spoke of it</span>").count(), 3);
}

#[test]
fn a_runs_day_is_a_date() {
    let mut report = sample::inspection();
    let run = &mut report.examinations[0].1.runs[1];
    run.parameters = [("as-of", "1793491200"), ("other", "1793491200")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert!(inspect(&report).contains("as-of: 2026-11-01 · other: 1793491200"));
}

#[test]
fn a_large_network_is_drawn_in_boxes() {
    let mut report = sample::island();
    let device = report.model.devices[0].clone();
    for number in 0..1500 {
        let name = format!("more-{number}");
        report.model.devices.push(banbury_evidence::model::Device { name, ..device.clone() });
    }
    let page = case(&report);
    check(&page);
    assert!(page.contains("more than 300 devices"));
    assert!(page.contains("200 of 1,541 devices are shown, those first"));
}

/// Writes the richer sample to look at: `cargo test -p banbury-dossier -- --ignored`, with `BANBURY_LOOK` the folder.
#[test]
#[ignore = "writes files to look at"]
fn writes_pages_to_look_at() {
    let folder =
        std::path::PathBuf::from(std::env::var("BANBURY_LOOK").expect("BANBURY_LOOK names a folder"));
    let report = sample::island();
    std::fs::write(folder.join("island.html"), case(&report)).unwrap();
    let mut plain = report;
    for site in &mut plain.model.sites {
        site.latitude = None;
    }
    std::fs::write(folder.join("layered.html"), case(&plain)).unwrap();
    std::fs::write(folder.join("inspect.html"), inspect(&sample::inspection())).unwrap();
    assert!(folder.join("island.html").exists());
}

/// The island with so many more sites, a device each, the last of which a measure says something bad of.
fn many(devices: usize) -> crate::CaseReport {
    let mut report = sample::island();
    let site = report.model.sites[0].clone();
    let device = report.model.devices[0].clone();
    for number in 0..devices {
        let at = format!("mast-{number:05}");
        report.model.sites.push(banbury_evidence::model::Site { name: at.clone(), ..site.clone() });
        let name = format!("enb-{number:05}");
        report.model.devices.push(banbury_evidence::model::Device { name, site: Some(at), ..device.clone() });
    }
    report.regimes[0].measures[0].subjects.push(banbury_evidence::SubjectVerdict {
        subject: format!("enb-{:05}", devices - 1),
        verdict: banbury_evidence::Verdict::Breached,
        reason: "stands where it may not".to_owned(),
    });
    report
}

#[test]
fn of_many_devices_and_sites_those_that_matter_have_an_entry() {
    let report = many(3000);
    let page = case(&report);
    check(&page);
    assert!(page.contains("id=\"device-enb-02999\"") && page.contains("id=\"site-mast-02999\""));
    assert!(!page.contains("id=\"device-enb-02998\""));
    let all = report.model.devices.len();
    assert!(page.contains(&format!("200 of {} devices are shown", numbers::grouped(all as u64))));
    let total = numbers::grouped(report.model.sites.len() as u64);
    assert!(page.contains(&format!(" of {total} sites are shown")));
    let sites = page.matches("<h3 class=\"site\"").count();
    assert!((200..=251).contains(&sites), "{sites}");
    assert_eq!(page.matches("<article class=\"card\"").count(), 200);
}
