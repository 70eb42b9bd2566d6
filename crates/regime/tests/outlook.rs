//! What is to come and what would change a verdict, over tiny networks with invented names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod case;

use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{Contract, Designation, Device, Function, Model, Site, Table};
use banbury_evidence::{RegimeResult, Verdict};
use banbury_regime::outlook::{answers, timeline};
use banbury_regime::{Overrides, Regime, apply, find};
use case::{clock, report};

const LISTED: &str = "Aster Networks";

fn device(name: &str, maker: &str, role: &str) -> Device {
    Device {
        name: name.to_owned(),
        site: Some("Hill".to_owned()),
        manufacturer: Some(maker.to_owned()),
        role: Some(role.to_owned()),
        ..Device::default()
    }
}

/// Ten base stations, six of them of a vendor who is on every list, and a core device of another.
fn model() -> Model {
    let mut model = Model {
        sites: vec![Site { name: "Hill".to_owned(), sensitive: Some(false), ..Site::default() }],
        devices: (0..10)
            .map(|at| device(&format!("gnb-{at}"), if at < 6 { LISTED } else { "Briar" }, "gnb"))
            .collect(),
        designations: ["restricted", "high-risk", "designated"]
            .map(|list| Designation {
                vendor: LISTED.to_owned(),
                list: list.to_owned(),
                since: Some("2019-01-01".to_owned()),
                citation: Some("Notice 1".to_owned()),
                ..Designation::default()
            })
            .into(),
        ..Model::default()
    };
    model.devices.push(device("core-1", "Briar", "5g-core"));
    model.functions = model
        .devices
        .iter()
        .map(|device| Function {
            device: device.name.clone(),
            function: if device.name == "core-1" { "AMF" } else { "GNB" }.to_owned(),
            ..Function::default()
        })
        .collect();
    for table in ["devices", "sites", "functions", "designations", "contracts", "attestations"] {
        model.tables.push(Table {
            table: table.to_owned(),
            file: format!("{table}.csv"),
            rows: 1,
            rejected: 0,
            attribution: None,
            synthetic: None,
            missing: None,
        });
    }
    model
}

fn ledger(model: &Model) -> Ledger {
    let mut ledger = Ledger::in_memory().unwrap();
    ledger.record_model(model, &report("network.import"), &clock()).unwrap();
    ledger
}

fn regimes(names: &[&str]) -> Vec<(Regime, Overrides)> {
    names.iter().map(|name| (find(name).unwrap().unwrap(), Overrides::new())).collect()
}

fn results(ledger: &mut Ledger, regimes: &[(Regime, Overrides)], as_of: &str) -> Vec<RegimeResult> {
    regimes
        .iter()
        .map(|(regime, overrides)| apply(ledger.connection_mut(), regime, overrides, as_of).unwrap().result)
        .collect()
}

#[test]
fn a_measure_that_comes_into_force_is_seen_coming_with_its_breaches() {
    let mut ledger = ledger(&model());
    let regimes = regimes(&["uk-hrv-2020"]);
    let now = results(&mut ledger, &regimes, "2026-01-01");
    let found = timeline(ledger.connection_mut(), &regimes, &now, "2026-01-01").unwrap();
    let moment = found.moments.iter().find(|moment| moment.date == "2027-12-31").unwrap();
    assert!(
        moment.causes.iter().any(|cause| cause.contains("uk-hrv-2020/removal-by-2027")),
        "{:?}",
        moment.causes
    );
    let turn = moment.turns.iter().find(|turn| turn.measure == "removal-by-2027").unwrap();
    assert_eq!((turn.from, turn.to, turn.breached), (Verdict::NotApplicable, Verdict::Breached, (0, 6)));
    // What the timeline says of the day is what an assessment as of the day says.
    let then = results(&mut ledger, &regimes, "2027-12-31");
    for verdict in [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable] {
        let there = then[0].measures.iter().filter(|measure| measure.verdict == verdict).count();
        let told = moment.counts.iter().find(|(found, _)| *found == verdict).map_or(0, |(_, count)| *count);
        assert_eq!(told, there, "{}", verdict.as_str());
    }
}

#[test]
fn a_contract_that_begins_and_ends_is_a_breach_for_so_long() {
    let mut model = model();
    model.contracts.push(Contract {
        name: "Field support".to_owned(),
        party: LISTED.to_owned(),
        scope_kind: "role".to_owned(),
        scope: "gnb".to_owned(),
        access: Some("direct".to_owned()),
        since: Some("2026-06-01".to_owned()),
        until: Some("2026-08-31".to_owned()),
        ..Contract::default()
    });
    let mut ledger = ledger(&model);
    let regimes = regimes(&["practice-2019"]);
    let now = results(&mut ledger, &regimes, "2026-01-01");
    let found = timeline(ledger.connection_mut(), &regimes, &now, "2026-01-01").unwrap();
    let turns: Vec<(&str, Verdict, Verdict)> = found
        .moments
        .iter()
        .flat_map(|moment| moment.turns.iter().map(|turn| (moment.date.as_str(), turn)))
        .filter(|(_, turn)| turn.measure == "vendor-maintenance")
        .map(|(date, turn)| (date, turn.from, turn.to))
        .collect();
    assert_eq!(
        turns,
        [("2026-06-01", Verdict::Met, Verdict::Breached), ("2026-09-01", Verdict::Breached, Verdict::Met)]
    );
    // On a day between the two, the contract is what would have to change.
    let then = results(&mut ledger, &regimes, "2026-07-01");
    let answers = answers(ledger.connection_mut(), &regimes, &then, "2026-07-01").unwrap();
    let answer = answers.iter().find(|answer| answer.measure == "vendor-maintenance").unwrap();
    let change = &answer.changes[0];
    assert_eq!((change.names.as_slice(), change.then), (&["Field support".to_owned()][..], Verdict::Met));
}

#[test]
fn a_contract_that_is_itself_the_subject_of_a_breach_is_tried() {
    let mut model = model();
    model.contracts = vec![Contract {
        name: "Field support".to_owned(),
        party: LISTED.to_owned(),
        scope_kind: "all".to_owned(),
        access: Some("direct".to_owned()),
        through: Some("core-1".to_owned()),
        logged: Some(true),
        administrator: Some(true),
        ..Contract::default()
    }];
    let mut ledger = ledger(&model);
    let regimes = regimes(&["eu-toolbox-2020", "uk-security-2022"]);
    let now = results(&mut ledger, &regimes, "2028-06-01");
    let found = answers(ledger.connection_mut(), &regimes, &now, "2028-06-01").unwrap();
    for name in ["SM04", "M10.22"] {
        let subjects: Vec<&str> = now
            .iter()
            .flat_map(|regime| &regime.measures)
            .filter(|measure| measure.measure == name && measure.verdict == Verdict::Breached)
            .flat_map(|measure| &measure.subjects)
            .map(|row| row.subject.as_str())
            .collect();
        assert!(subjects.contains(&"contract Field support"), "{name}: {subjects:?}");
        let answer = found.iter().find(|answer| answer.measure == name).unwrap();
        let change = answer.changes.first().unwrap_or_else(|| panic!("{name}: {answer:?}"));
        assert_eq!(
            (change.names.as_slice(), change.then),
            (&["Field support".to_owned()][..], Verdict::Met),
            "{name}"
        );
    }
}

#[test]
fn the_fewest_devices_that_meet_a_share_are_found_and_tried() {
    let model = model();
    let mut ledger = ledger(&model);
    let regimes = regimes(&["uk-hrv-2020"]);
    let now = results(&mut ledger, &regimes, "2026-01-01");
    let share = |results: &[RegimeResult]| {
        results[0].measures.iter().find(|measure| measure.measure == "access-share").unwrap().verdict
    };
    assert_eq!(share(&now), Verdict::Breached);
    let found = answers(ledger.connection_mut(), &regimes, &now, "2026-01-01").unwrap();
    let answer = found.iter().find(|answer| answer.measure == "access-share").unwrap();
    let change = &answer.changes[0];
    // Six of ten; three of ten are under the cap of 35 %, four are not.
    assert_eq!((change.names.len(), change.then, change.fewest), (3, Verdict::Met, true), "{}", change.what);
    assert!(change.what.contains("3 of 6 devices of Aster Networks with the role gnb"), "{}", change.what);
    // The changes are real: with them, and not with one fewer, an assessment says so.
    for (changed, verdict) in [(3, Verdict::Met), (2, Verdict::Breached)] {
        let mut other = model.clone();
        for device in other.devices.iter_mut().filter(|device| change.names[..changed].contains(&device.name))
        {
            device.manufacturer = Some("Briar".to_owned());
        }
        let mut ledger = self::ledger(&other);
        assert_eq!(share(&results(&mut ledger, &regimes, "2026-01-01")), verdict);
    }
    // The trials leave nothing behind.
    assert_eq!(results(&mut ledger, &regimes, "2026-01-01"), now);
}

#[test]
fn devices_that_are_each_a_breach_are_all_named() {
    let mut model = model();
    model.devices[10].manufacturer = Some(LISTED.to_owned());
    let mut ledger = ledger(&model);
    let regimes = regimes(&["uk-hrv-2020"]);
    let now = results(&mut ledger, &regimes, "2026-01-01");
    let found = answers(ledger.connection_mut(), &regimes, &now, "2026-01-01").unwrap();
    let answer = found.iter().find(|answer| answer.measure == "core-5g").unwrap();
    assert_eq!(answer.changes[0].names, ["core-1"]);
    assert_eq!(answer.changes[0].then, Verdict::Met);
}

#[test]
fn an_attestation_that_would_decide_is_a_row_to_fill_in() {
    let mut ledger = ledger(&model());
    let regimes = regimes(&["uk-security-2022"]);
    let now = results(&mut ledger, &regimes, "2026-01-01");
    let found = answers(ledger.connection_mut(), &regimes, &now, "2026-01-01").unwrap();
    assert!(found.len() > 50, "{}", found.len());
    let answer = &found[0];
    let row = answer.row.as_deref().unwrap();
    assert_eq!(row.split(',').count(), banbury_regime::outlook::ATTESTATION.split(',').count());
    assert!(row.starts_with(&format!("uk-security-2022,{},,met,", answer.measure)), "{row}");
    assert!(answer.decides.as_deref().is_some_and(|decides| !decides.is_empty()));
}
