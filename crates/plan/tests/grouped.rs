//! Candidates tried on two devices of each kind say what they say when they are tried on each device, where measures are about single
//! devices; and a plan's shares count what a count of one device after the other does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::ledger::{Clock, Ledger};
use banbury_evidence::model::{Designation, Device, Function, Model, Site, Table};
use banbury_plan::calendar;
use banbury_plan::inventory::Inventory;
use banbury_plan::options::{Cap, Options, Scope};
use banbury_plan::requirement::{Question, Requirements};
use banbury_regime::{LedgerCopy, Overrides, Regime, Stopping, find};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const FROM: Date = date(2027, 1, 1);
const BY: Date = date(2028, 12, 31);
const MAKERS: [&str; 3] = ["Aster", "Briar", "Cedar"];

/// Devices by maker, duty, site and end of support, and who is listed from when.
#[derive(Clone, Debug)]
struct Many {
    devices: Vec<(usize, usize, usize, bool)>,
    listed: Vec<(usize, usize, Option<bool>)>,
}

fn many() -> impl Strategy<Value = Many> {
    (
        prop::collection::vec((0..3usize, 0..3usize, 0..2usize, any::<bool>()), 4..14),
        prop::collection::vec((0..3usize, 0..3usize, proptest::option::of(any::<bool>())), 1..4),
    )
        .prop_map(|(devices, listed)| Many { devices, listed })
}

fn model(many: &Many) -> Model {
    let mut model = Model::default();
    for (at, sensitive) in [true, false].into_iter().enumerate() {
        model.sites.push(Site {
            name: format!("s{at}"),
            sensitive: Some(sensitive),
            region: Some("r".to_owned()),
            ..Site::default()
        });
    }
    for (at, (maker, duty, site, old)) in many.devices.iter().enumerate() {
        let (role, function) = [("gnb", "GNB"), ("5g-core", "AMF"), ("olt", "OLT")][*duty];
        model.devices.push(Device {
            name: format!("d{at}"),
            site: Some(format!("s{site}")),
            manufacturer: Some(MAKERS[*maker].to_owned()),
            device_type: Some(format!("{} {role}", MAKERS[*maker])),
            platform: Some(format!("{} OS", MAKERS[*maker])),
            role: Some(role.to_owned()),
            support_end: Some(if *old { "2028-03-31" } else { "2033-12-31" }.to_owned()),
            cost: Some(100),
            ..Device::default()
        });
        model.functions.push(Function {
            device: format!("d{at}"),
            function: function.to_owned(),
            ..Function::default()
        });
    }
    for (maker, list, later) in &many.listed {
        model.designations.push(Designation {
            vendor: MAKERS[*maker].to_owned(),
            list: ["restricted", "high-risk", "designated"][*list].to_owned(),
            since: later.map(|later| if later { "2028-02-01" } else { "2020-01-01" }.to_owned()),
            ..Designation::default()
        });
    }
    for table in ["devices", "sites", "functions", "designations"] {
        model.tables.push(Table {
            table: table.to_owned(),
            file: format!("{table}.csv"),
            rows: 9,
            rejected: 0,
            attribution: None,
            synthetic: None,
            missing: None,
        });
    }
    model
}

fn regimes() -> Vec<(Regime, Overrides)> {
    let alone = |name: &str, measures: &[&str]| {
        let mut regime = find(name).unwrap().unwrap();
        regime.measures.retain(|measure| measures.contains(&measure.id.as_str()));
        assert_eq!(regime.measures.len(), measures.len(), "{name}");
        (regime, Overrides::new())
    };
    vec![
        alone("uk-hrv-2020", &["core-5g", "sensitive-sites", "access-share", "removal-by-2027"]),
        alone("evidence-first", &["hardware-support", "no-monoculture"]),
        alone("se-2020", &["no-new-central"]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn what_is_tried_on_two_of_a_kind_is_what_is_tried_on_each(many in many()) {
        let folder = tempfile::tempdir().unwrap();
        let model = model(&many);
        let mut ledger = Ledger::create(&folder.path().join("ledger.sqlite")).unwrap();
        let clock = Clock { started_at: String::new(), duration_ms: 0 };
        ledger.record_model(&model, &banbury_network::report(&model, &[], &[]), &clock).unwrap();
        let inventory = Inventory::of(&model);
        let (candidates, _) = inventory.candidates(&model, BY);
        let cap = Cap { vendor: "Briar".to_owned(), share: 0.4, scope: Scope::default(), from: None };
        let options = Options { candidates, slots: 9, caps: vec![cap], ..Options::default() };
        let periods = calendar::periods(FROM, BY, 6).unwrap();
        let regimes = regimes();
        let bench = LedgerCopy::make(&ledger, folder.path(), "grouped");
        let ask = |tried_each: usize| {
            let question = Question {
                model: &model,
                inventory: &inventory,
                regimes: &regimes,
                options: &options,
                from: FROM,
                by: BY,
                periods: &periods,
                ban: None,
                tried_each,
            };
            Requirements::find(&question, &bench, &Stopping::default(), |_| {}).unwrap()
        };
        let (each, two) = (ask(usize::MAX), ask(0));
        prop_assert!(!each.sampled);
        prop_assert!(two.sampled || two.in_play.is_empty());
        prop_assert_eq!(two.differing, 0);
        prop_assert_eq!(&each.in_play, &two.in_play);
        prop_assert_eq!(&each.shares, &two.shares);
        prop_assert_eq!(&each.not_planned, &two.not_planned);
        for row in &each.shares {
            let counted = row.members.iter().filter(|at| {
                let unit = &inventory.units[**at];
                row.counts.has(unit.vendor.as_deref(), unit.platform.as_deref())
            });
            prop_assert_eq!(row.standing, counted.count() as u64, "{}", &row.words);
            prop_assert!(row.members.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
