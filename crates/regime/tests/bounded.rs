//! What a measure says where the list of who is cut off is bounded, and what the loader says of shared definitions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod case;

use banbury_evidence::Verdict;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{Device, Function, Link, Model, Site, Table};
use banbury_network::structure::{MOST_OF_A_POINT, examine};
use banbury_regime::{Files, Regime, apply, find};
use case::{clock, report};

/// A star of `most` routers and one of `cut`, whose centres one link joins; none of them is critical.
fn two_stars(most: usize, cut: usize) -> Model {
    let device = |name: String| Device {
        name,
        site: Some("Moor".to_owned()),
        role: Some("router".to_owned()),
        manufacturer: Some("Brant Radio".to_owned()),
        ..Device::default()
    };
    let link = |a: &str, b: String| Link {
        name: format!("{a}-{b}"),
        a_device: a.to_owned(),
        b_device: b,
        ..Link::default()
    };
    let mut model = Model {
        sites: vec![Site { name: "Moor".to_owned(), sensitive: Some(false), ..Site::default() }],
        devices: vec![device("a".to_owned()), device("b".to_owned())],
        links: vec![link("a", "b".to_owned())],
        ..Model::default()
    };
    for (centre, leaves) in [("a", most), ("b", cut)] {
        for leaf in 0..leaves {
            model.devices.push(device(format!("{centre}{leaf:04}")));
            model.links.push(link(centre, format!("{centre}{leaf:04}")));
        }
    }
    for table in ["devices", "cables", "sites", "functions"] {
        let file = format!("{table}.csv");
        model.tables.push(Table {
            table: table.to_owned(),
            file,
            rows: 1,
            rejected: 0,
            attribution: None,
            synthetic: None,
            missing: None,
        });
    }
    model
}

fn redundancy(mut model: Model) -> (Verdict, Vec<String>) {
    let structure = examine(&model).unwrap();
    model.single_points = structure.single_points;
    model.cut_off = structure.cut_off;
    model.connected = structure.connected;
    let mut ledger = Ledger::in_memory().unwrap();
    ledger.record_model(&model, &report("network.import"), &clock()).unwrap();
    assert_eq!(ledger.model().unwrap().cut_off.len(), model.cut_off.len());
    assert_eq!(ledger.model().unwrap().connected, model.connected);
    let mut regime = find("practice-2019").unwrap().unwrap();
    regime.measures.retain(|measure| measure.id == "redundancy");
    let result = apply(ledger.connection_mut(), &regime, &Default::default(), "2026-06-01").unwrap().result;
    let subjects = &result.measures[0].subjects;
    (
        result.measures[0].verdict,
        subjects.iter().map(|row| format!("{}: {}", row.subject, row.reason)).collect(),
    )
}

#[test]
fn a_point_whose_list_is_cut_short_is_never_passed_over() {
    // The link cuts off the centre b and its leaves: 259 devices. Where nothing is critical it does not matter which.
    let stars = || two_stars(MOST_OF_A_POINT + 20, MOST_OF_A_POINT + 2);
    assert_eq!(redundancy(stars()), (Verdict::NotApplicable, Vec::new()));
    let told =
        "link a-b: Its loss cuts off 259 devices, of which 3 are not named: critical ones may be among them";
    let mut verdicts = Vec::new();
    for leaf in ["b0000", "b0257"] {
        let mut model = stars();
        let (device, function) = (leaf.to_owned(), "UPF".to_owned());
        model.functions.push(Function { device, function, ..Function::default() });
        let (verdict, subjects) = redundancy(model);
        verdicts.push(verdict);
        let named =
            format!("link b-{leaf}: Its loss cuts off 1 device; critical equipment hangs on it: {leaf} (");
        assert!(subjects.iter().any(|subject| subject.starts_with(&named)), "{subjects:?}");
        let point = subjects.iter().find(|subject| subject.starts_with("link a-b: ")).unwrap();
        assert_eq!(point.starts_with(told), leaf == "b0257", "{point}");
    }
    assert_eq!(verdicts, [Verdict::Breached; 2]);
}

#[test]
fn the_shared_definitions_need_a_list_and_their_names() {
    let mut files: Files = [
        (
            "regime.toml",
            "title = \"T\"\nauthority = \"A\"\nversion = \"1\"\nsummary = \"S\"\ncertainty = \"own\"\nsources = []\nmeasures = []\nshared_definitions = [\"listed\"]\n",
        ),
        ("definitions.sql", "mine AS (SELECT name FROM standing)"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    let told = Regime::parse("r", &files).unwrap_err().to_string();
    assert!(told.contains("r/regime.toml:8:23: ") && told.contains("need the parameter `list`"), "{told}");
    let list = "[parameters.list]\nvalue = \"x\"\nmeaning = \"M\"\ncertainty = \"own\"\n";
    files.get_mut("regime.toml").unwrap().push_str(list);
    assert_eq!(Regime::parse("r", &files).unwrap().definitions.len(), 3);
    files.insert("definitions.sql".to_owned(), "listed AS (SELECT 1)".to_owned());
    let told = Regime::parse("r", &files).unwrap_err().to_string();
    assert!(told.contains("r/definitions.sql:1:") && told.contains("listed is one of the shared"), "{told}");
}
