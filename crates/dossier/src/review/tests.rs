//! What became of findings, case by case, over ledgers made by hand.

use super::*;
use banbury_evidence::{
    Claim, ExhibitKind, Grade, Location, ObjectKind, Skipped, Status, Step, ledger::StoredClaim,
};
use proptest::prelude::*;

const SINCE: &str = "2026-06-01";

/// A ledger under construction.
#[derive(Default)]
struct Ledger {
    material: Material,
}

fn sha(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn at(image: &str, path: &str) -> Location {
    Location::exhibit(sha(image)).inside(Step {
        format: "squashfs".to_owned(),
        offset: image.len() as u64,
        entry: Some(path.to_owned()),
        at: None,
    })
}

fn claim(image: &str, code: &str, grade: Grade, path: &str) -> Claim {
    Claim {
        code: code.to_owned(),
        subject: at(image, path).subject(),
        grade,
        title: format!("{code} at {path}"),
        facts: BTreeMap::new(),
        dated: BTreeMap::new(),
        notes: Vec::new(),
        locations: vec![at(image, path)],
        weight: None,
    }
}

impl Ledger {
    /// An image of the product that the inventory names, with these files.
    fn image(&mut self, name: &str, files: &[&str]) -> &mut Self {
        self.material.exhibits.push(Exhibit {
            sha256: sha(name),
            name: name.to_owned(),
            kind: ExhibitKind::Firmware,
            size: 1,
        });
        let object = |path: &&str| Object {
            ordinal: 0,
            parent: None,
            location: at(name, path),
            kind: ObjectKind::File,
            size: 1,
            sha256: None,
            sha1: None,
            format: None,
            mode: None,
            target: None,
            regions: Vec::new(),
        };
        self.material.objects.insert(sha(name), files.iter().map(object).collect());
        self.material.deployed.push(Deployed {
            manufacturer: Some("Aster".to_owned()),
            device_type: Some("AX-100".to_owned()),
            software: None,
            image: Some(name.to_owned()),
            devices: 2,
            current: true,
        });
        self
    }

    fn run(
        &mut self,
        image: &str,
        probe: &str,
        version: &str,
        day: &str,
        status: Status,
        claims: &[Claim],
    ) -> &mut Self {
        let id = self.material.runs.len() as i64 + 1;
        let exhibit = Some(sha(image));
        let skipped = match status {
            Status::Complete => Vec::new(),
            _ => vec![Skipped { what: "usr/bin/torn".to_owned(), why: "it is torn".to_owned() }],
        };
        self.material.runs.push(StoredRun {
            id,
            probe: probe.to_owned(),
            version: version.to_owned(),
            exhibit,
            parameters: BTreeMap::new(),
            status,
            looked: 1,
            bytes: 1,
            confinement: BTreeMap::new(),
            started_at: format!("{day}T10:00:00Z"),
            duration_ms: 1,
            skipped,
        });
        // What an earlier run of the probe saw and this one does not is superseded.
        for stored in
            self.material.claims.iter_mut().filter(|one| one.exhibit == exhibit && one.probe == probe)
        {
            let seen = claims.iter().any(|claim| claim.fingerprint() == stored.fingerprint);
            stored.state = if seen { "active" } else { "superseded" }.to_owned();
        }
        for claim in claims {
            let fingerprint = claim.fingerprint();
            self.material.sightings.entry(fingerprint).or_default().push(id);
            if !self.material.claims.iter().any(|stored| stored.fingerprint == fingerprint) {
                self.material.claims.push(StoredClaim {
                    fingerprint,
                    claim: claim.clone(),
                    probe: probe.to_owned(),
                    probe_version: version.to_owned(),
                    exhibit,
                    state: "active".to_owned(),
                    disposition: None,
                });
            }
        }
        self
    }

    /// An image whose unpacking and probe covered everything.
    fn looked(&mut self, image: &str, day: &str, claims: &[Claim]) -> &mut Self {
        self.run(image, "unpack", "1", day, Status::Complete, &[]).run(
            image,
            "p",
            "1",
            day,
            Status::Complete,
            claims,
        )
    }

    fn review(&self) -> Review {
        let none = |_: &[&str]| Err("no feeds".to_owned());
        Review::of(&self.material, Wanted::Names(&["aster".to_owned()]), SINCE, "2026-11-01", none).unwrap()
    }

    fn became(&self) -> Vec<(Became, String)> {
        let review = self.review();
        let findings = review.reviewed.into_iter().flat_map(|one| one.lines).flat_map(|line| line.findings);
        findings.map(|one| (one.became, one.title)).collect()
    }
}

fn high(image: &str, path: &str) -> Claim {
    claim(image, "credential.x", Grade::High, path)
}

#[test]
fn fixed_new_and_remaining_between_two_images() {
    let mut ledger = Ledger::default();
    ledger.image("a", &["x", "y"]).image("b", &["y", "z"]);
    ledger.looked("a", "2026-02-01", &[high("a", "x"), high("a", "y")]);
    ledger.looked("b", "2026-09-01", &[high("b", "y"), high("b", "z")]);
    let expected = [(Became::New, "z"), (Became::Remains, "y"), (Became::Fixed, "x")];
    let expected: Vec<_> = expected.map(|(became, path)| (became, format!("credential.x at {path}"))).into();
    assert_eq!(ledger.became(), expected);
    let review = ledger.review();
    assert!(review.is_whole() && review.open().count() == 2);
}

#[test]
fn absence_counts_only_where_a_run_says_that_we_looked() {
    let two = |later: &dyn Fn(&mut Ledger)| {
        let mut ledger = Ledger::default();
        ledger.image("a", &["x"]).image("b", &["y"]);
        ledger.looked("a", "2026-02-01", &[high("a", "x")]);
        later(&mut ledger);
        let whole = ledger.review().is_whole();
        (ledger.became().iter().map(|(became, _)| *became).collect::<Vec<_>>(), whole)
    };
    let day = "2026-09-01";
    let complete = Status::Complete;
    // The probe did not run; ran in another version; did not cover all; not all could be taken apart.
    let cases: [&dyn Fn(&mut Ledger); 4] = [
        &|ledger| {
            ledger.run("b", "unpack", "1", day, complete, &[]);
        },
        &|ledger| {
            ledger.run("b", "unpack", "1", day, complete, &[]).run("b", "p", "2", day, complete, &[]);
        },
        &|ledger| {
            ledger.run("b", "unpack", "1", day, complete, &[]).run(
                "b",
                "p",
                "1",
                day,
                Status::Incomplete,
                &[],
            );
        },
        &|ledger| {
            ledger.run("b", "unpack", "1", day, Status::Incomplete, &[]).run(
                "b",
                "p",
                "1",
                day,
                complete,
                &[],
            );
        },
    ];
    for (index, case) in cases.into_iter().enumerate() {
        assert_eq!(two(case), (vec![Became::NotTold], false), "{index}");
    }
    // A failed run is no look at all.
    let failed = two(&|ledger| {
        ledger.run("b", "unpack", "1", day, Status::Failed, &[]);
    });
    assert_eq!(failed, (vec![], false));
    let looked = two(&|ledger| {
        ledger.looked("b", day, &[]);
    });
    assert_eq!(looked, (vec![Became::Fixed], true));
}

#[test]
fn a_file_that_is_there_was_looked_at_even_where_others_were_not() {
    let mut ledger = Ledger::default();
    ledger.image("a", &["x", "usr/bin/torn"]).image("b", &["x", "usr/bin/torn"]);
    ledger.looked("a", "2026-02-01", &[high("a", "x"), high("a", "usr/bin/torn")]);
    ledger.run("b", "unpack", "1", "2026-09-01", Status::Incomplete, &[]);
    ledger.run("b", "p", "1", "2026-09-01", Status::Incomplete, &[]);
    let became: Vec<_> = ledger.became();
    assert_eq!(
        became,
        [
            (Became::Fixed, "credential.x at x".to_owned()),
            (Became::NotTold, "credential.x at usr/bin/torn".to_owned())
        ]
    );
}

#[test]
fn regressed_is_what_was_there_before_it_was_not() {
    let mut ledger = Ledger::default();
    ledger.image("a", &["x"]).image("b", &["x"]).image("c", &["x"]);
    ledger.looked("a", "2026-01-01", &[high("a", "x")]);
    ledger.looked("b", "2026-03-01", &[]);
    ledger.looked("c", "2026-09-01", &[high("c", "x")]);
    assert_eq!(ledger.became(), [(Became::Regressed, "credential.x at x".to_owned())]);
    // Fixed and back since the day.
    let mut ledger = Ledger::default();
    ledger.image("a", &["x"]).image("b", &["x"]).image("c", &["x"]);
    ledger.looked("a", "2026-01-01", &[high("a", "x")]);
    ledger.looked("b", "2026-07-01", &[]);
    ledger.looked("c", "2026-09-01", &[high("c", "x")]);
    assert_eq!(ledger.became(), [(Became::Regressed, "credential.x at x".to_owned())]);
}

#[test]
fn in_one_image_nothing_is_fixed_and_nothing_is_new() {
    let mut ledger = Ledger::default();
    ledger.image("a", &["x", "y", "z"]);
    ledger.looked("a", "2026-02-01", &[high("a", "x"), high("a", "y")]);
    ledger.looked("a", "2026-09-01", &[high("a", "y"), high("a", "z")]);
    let expected = [(Became::CameToLight, "z"), (Became::Remains, "y"), (Became::Withdrawn, "x")];
    let expected: Vec<_> = expected.map(|(became, path)| (became, format!("credential.x at {path}"))).into();
    assert_eq!(ledger.became(), expected);
    // Without a run since the day there is nothing to compare.
    let mut ledger = Ledger::default();
    ledger.image("a", &["x"]).looked("a", "2026-02-01", &[high("a", "x")]);
    let review = ledger.review();
    assert!(!review.is_whole() && !review.reviewed[0].is_compared());
}

#[test]
fn what_grew_graver_is_the_same_finding() {
    let known = |image: &str, grade, exploited: &str| {
        let mut claim = claim(image, "known-vulnerability", grade, "lib/libx.so.1.2");
        claim = claim.fact("vulnerability", "CVE-2099-0001").fact("component", "x").fact("state", "affected");
        if exploited.is_empty() { claim } else { claim.fact("exploited", exploited) }
    };
    let mut ledger = Ledger::default();
    ledger.image("a", &[]).image("b", &[]);
    ledger.looked("a", "2026-02-01", &[known("a", Grade::Medium, "")]);
    ledger.looked("b", "2026-09-01", &[known("b", Grade::High, "2026-08-01")]);
    let review = ledger.review();
    let found = &review.reviewed[0].lines[0].findings;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].became, found[0].grade, found[0].was),
        (Became::Remains, Grade::High, Some(Grade::Medium))
    );
    assert_eq!(found[0].exploited.as_deref(), Some("2026-08-01"));
}

#[test]
fn accounts_at_one_place_are_told_apart_and_libraries_keep_their_place() {
    let user =
        |image: &str, name: &str| claim(image, "credential.x", Grade::High, "etc/shadow").fact("user", name);
    let library = |image: &str, path: &str, missing: &str| {
        claim(image, "hardening.missing", Grade::Low, path).fact("missing", missing)
    };
    let mut ledger = Ledger::default();
    ledger.image("a", &["etc/shadow", "lib/libx.so.1"]).image("b", &["etc/shadow", "lib/libx.so.2"]);
    ledger.looked("a", "2026-02-01", &[user("a", "root"), library("a", "lib/libx.so.1", "PIE")]);
    ledger.looked("b", "2026-09-01", &[user("b", "admin"), library("b", "lib/libx.so.2", "RELRO")]);
    let mut became: Vec<_> = ledger.became().into_iter().map(|(became, _)| became).collect();
    became.sort();
    assert_eq!(became, [Became::New, Became::Remains, Became::Fixed]);
}

#[test]
fn an_unknown_name_gets_the_nearest() {
    let mut ledger = Ledger::default();
    ledger.image("a", &[]);
    let none = |_: &[&str]| Err(String::new());
    let of = |name: &str| {
        Review::of(&ledger.material, Wanted::Names(&[name.to_owned()]), SINCE, SINCE, none)
            .unwrap_err()
            .to_string()
    };
    assert!(of("Astre").contains("did you mean Aster?"), "{}", of("Astre"));
    assert!(of("Zzzzzzzz").contains("AX-100") && of("").contains("Aster"), "{}", of(""));
    let nobody = Review::of(&Material::default(), Wanted::All, SINCE, SINCE, none).unwrap_err();
    assert_eq!(nobody, Unknown::Nobody);
}

proptest! {
    /// Whatever was seen in two images, each finding stands in the outcome once, on the side where it is.
    #[test]
    fn every_finding_stands_once(
        before in prop::collection::btree_set(0u8..6, 0..6),
        now in prop::collection::btree_set(0u8..6, 0..6),
        complete: bool,
    ) {
        let of = |image: &str, paths: &BTreeSet<u8>| -> Vec<Claim> {
            paths.iter().map(|path| high(image, &format!("f{path}"))).collect()
        };
        let mut ledger = Ledger::default();
        ledger.image("a", &[]).image("b", &[]);
        ledger.looked("a", "2026-02-01", &of("a", &before));
        let status = if complete { Status::Complete } else { Status::Incomplete };
        ledger.run("b", "unpack", "1", "2026-09-01", status, &[]);
        ledger.run("b", "p", "1", "2026-09-01", Status::Complete, &of("b", &now));
        let review = ledger.review();
        let found = &review.reviewed[0].lines[0].findings;
        let open: BTreeSet<&str> = found.iter().filter(|one| one.open).map(|one| one.title.as_str()).collect();
        let expected: BTreeSet<String> = now.iter().map(|path| format!("credential.x at f{path}")).collect();
        prop_assert_eq!(open, expected.iter().map(String::as_str).collect::<BTreeSet<_>>());
        prop_assert_eq!(found.len(), before.union(&now).count());
        prop_assert!(complete || found.iter().all(|one| one.became != Became::Fixed));
        prop_assert_eq!(review.reviewed[0].tally.became.values().flat_map(BTreeMap::values).sum::<u64>() as usize, found.len());
    }
}
