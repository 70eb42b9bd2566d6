//! Regimes applied on several days together come to what they come to on each day by itself: what is not decided anew would have come
//! to the same. And work that is to end ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod case;

use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{
    Attestation, Contract, Designation, Device, Function, Model, Review, Site, Table,
};
use banbury_evidence::{RegimeResult, Verdict};
use banbury_regime::{LedgerCopy, Overrides, Regime, RegimeError, Stopping, builtin, find};
use case::{clock, report};
use proptest::prelude::*;
use std::cell::Cell;
use std::path::Path;

const LISTED: &str = "Aster Networks";
const MAKERS: [&str; 3] = [LISTED, "Briar", "Cedar"];
const DAYS: [&str; 7] =
    ["2026-01-31", "2026-06-30", "2026-07-01", "2027-03-31", "2027-12-31", "2028-06-30", "2029-01-01"];

/// A few devices with their ends of support, and days on which listings, contracts, attestations and reviews begin and end.
#[derive(Clone, Debug)]
struct Tiny {
    devices: Vec<(usize, usize, Option<usize>)>,
    listed: Vec<(usize, usize, Option<usize>)>,
    contracts: Vec<(usize, usize, Option<usize>, Option<usize>)>,
    attested: Vec<(usize, usize, Option<usize>)>,
    reviewed: Vec<(usize, usize)>,
    days: Vec<usize>,
}

fn tiny() -> impl Strategy<Value = Tiny> {
    let day = || 0..DAYS.len();
    let some = || proptest::option::of(0..DAYS.len());
    (
        prop::collection::vec((0..MAKERS.len(), 0..4usize, some()), 1..7),
        prop::collection::vec((0..MAKERS.len(), 0..3usize, some()), 0..4),
        prop::collection::vec((0..MAKERS.len(), 0..3usize, some(), some()), 0..3),
        prop::collection::vec((0..3usize, day(), some()), 0..4),
        prop::collection::vec((0..MAKERS.len(), day()), 0..3),
        prop::collection::btree_set(day(), 2..5),
    )
        .prop_map(|(devices, listed, contracts, attested, reviewed, days)| Tiny {
            devices,
            listed,
            contracts,
            attested,
            reviewed,
            days: days.into_iter().collect(),
        })
}

fn model(tiny: &Tiny) -> Model {
    let day = |at: usize| DAYS[at].to_owned();
    let mut model = Model {
        sites: vec![Site { name: "Hill".to_owned(), sensitive: Some(true), ..Site::default() }],
        ..Model::default()
    };
    for (at, (maker, duty, end)) in tiny.devices.iter().enumerate() {
        let (role, function) = [("gnb", "GNB"), ("5g-core", "AMF"), ("olt", "OLT"), ("mano", "NFVO")][*duty];
        model.devices.push(Device {
            name: format!("d{at}"),
            site: Some("Hill".to_owned()),
            manufacturer: Some(MAKERS[*maker].to_owned()),
            device_type: Some(format!("T{duty}")),
            role: Some(role.to_owned()),
            support_end: end.map(day),
            ..Device::default()
        });
        model.functions.push(Function {
            device: format!("d{at}"),
            function: function.to_owned(),
            ..Function::default()
        });
    }
    for (at, (maker, list, since)) in tiny.listed.iter().enumerate() {
        model.designations.push(Designation {
            vendor: MAKERS[*maker].to_owned(),
            list: ["restricted", "high-risk", "designated"][*list].to_owned(),
            since: since.map(day),
            citation: Some(format!("Notice {at}")),
            ..Designation::default()
        });
    }
    for (at, (maker, access, since, until)) in tiny.contracts.iter().enumerate() {
        model.contracts.push(Contract {
            name: format!("c{at}"),
            party: MAKERS[*maker].to_owned(),
            scope_kind: "role".to_owned(),
            scope: "gnb".to_owned(),
            access: Some(["direct", "mediated", "none"][*access].to_owned()),
            since: since.map(day),
            until: until.map(day),
            ..Contract::default()
        });
    }
    for (state, date, until) in &tiny.attested {
        model.attestations.push(Attestation {
            regime: "uk-security-2022".to_owned(),
            measure: "M8.05".to_owned(),
            state: ["met", "breached", "not applicable"][*state].to_owned(),
            date: day(*date),
            party: "Lab".to_owned(),
            until: until.map(day),
            ..Attestation::default()
        });
    }
    for (maker, date) in &tiny.reviewed {
        model.reviews.push(Review {
            vendor: MAKERS[*maker].to_owned(),
            date: day(*date),
            reviewer: Some("Lab".to_owned()),
            finding: "F1".to_owned(),
            grade: "high".to_owned(),
            ..Review::default()
        });
    }
    for table in
        ["devices", "sites", "functions", "designations", "contracts", "attestations", "reviews", "links"]
    {
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

fn ledger(folder: &Path, model: &Model) -> Ledger {
    let mut ledger = Ledger::create(&folder.join("ledger.sqlite")).unwrap();
    ledger.record_model(model, &report("network.import"), &clock()).unwrap();
    ledger
}

fn all() -> Vec<(Regime, Overrides)> {
    builtin().unwrap().into_iter().map(|regime| (regime, Overrides::new())).collect()
}

fn computed() -> Vec<(Regime, Overrides)> {
    let mut regimes = all();
    for (regime, _) in &mut regimes {
        // One of those by attestation stands for the others, which share its query.
        let mut first = true;
        regime.measures.retain(|measure| !measure.attested || std::mem::take(&mut first));
    }
    regimes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn days_together_are_days_by_themselves(tiny in tiny()) {
        let folder = tempfile::tempdir().unwrap();
        let model = model(&tiny);
        let ledger = ledger(folder.path(), &model);
        let regimes = computed();
        let days: Vec<&str> = tiny.days.iter().map(|at| DAYS[*at]).collect();
        let bench = LedgerCopy::make(&ledger, folder.path(), "days");
        let together = bench.apply(None, &regimes, &days, &Stopping::default()).unwrap();
        for (day, together) in days.iter().zip(&together) {
            let alone = bench.apply(None, &regimes, &[*day], &Stopping::default()).unwrap().swap_remove(0);
            prop_assert_eq!(&alone, together, "{}", day);
        }
        // In a copy, where the same network takes the ledger's place, it is the same, too.
        let copied = bench.apply(Some(&model), &regimes, &days, &Stopping::default()).unwrap();
        prop_assert_eq!(copied, together);
    }
}

#[test]
fn a_listing_that_begins_is_seen_on_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = Tiny {
        devices: vec![(0, 1, None)],
        listed: vec![(0, 1, Some(3))],
        contracts: Vec::new(),
        attested: Vec::new(),
        reviewed: Vec::new(),
        days: Vec::new(),
    };
    let ledger = ledger(folder.path(), &model(&tiny));
    let regimes = vec![(find("uk-hrv-2020").unwrap().unwrap(), Overrides::new())];
    let bench = LedgerCopy::make(&ledger, folder.path(), "days");
    let results = bench.apply(None, &regimes, &DAYS, &Stopping::default()).unwrap();
    let core = |day: &Vec<RegimeResult>| {
        day[0].measures.iter().find(|measure| measure.measure == "core-5g").map(|measure| measure.verdict)
    };
    let verdicts: Vec<Option<Verdict>> = results.iter().map(core).collect();
    let before = Some(Verdict::Met);
    let after = Some(Verdict::Breached);
    assert_eq!(verdicts, [before, before, before, after, after, after, after]);
}

#[test]
fn work_that_is_to_end_ends_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = Tiny {
        devices: vec![(0, 1, None); 4],
        listed: vec![(0, 1, None)],
        contracts: Vec::new(),
        attested: Vec::new(),
        reviewed: Vec::new(),
        days: Vec::new(),
    };
    let model = model(&tiny);
    let ledger = ledger(folder.path(), &model);
    let bench = LedgerCopy::make(&ledger, folder.path(), "days");
    let looked = std::sync::atomic::AtomicUsize::new(0);
    // Wherever it ends, it says so.
    for after in 0..6 {
        looked.store(0, std::sync::atomic::Ordering::SeqCst);
        let is_over = || looked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= after;
        let told = Cell::new(0);
        let ended = bench.breaches_each(Some(&model), &all(), &DAYS, &Stopping::when(&is_over), |_, _| {
            told.set(told.get() + 1);
        });
        assert!(matches!(ended, Err(RegimeError::Interrupted)), "{after}: {ended:?}");
        assert!(told.get() < DAYS.len());
    }
    let results = bench.apply(Some(&model), &all(), &["2026-06-30"], &Stopping::default()).unwrap();
    assert_eq!(results[0].len(), all().len());
    drop(bench);
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("days-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
