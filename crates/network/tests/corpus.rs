//! Walks the registry of inputs: each has its documentation, its limits and its golden file.

use banbury_network::{CODES, INPUTS, Input, import, recognise, report};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/network")
}

/// The input in a folder of the corpus; where it is missing, its bytes are empty and no table fits.
fn file(folder: &str) -> (String, Vec<u8>) {
    ["input.csv", "input.graphml"]
        .into_iter()
        .find_map(|name| Some((name.to_owned(), std::fs::read(corpus().join(folder).join(name)).ok()?)))
        .unwrap_or_default()
}

#[test]
fn every_input_is_documented() {
    let mut names = BTreeSet::new();
    for table in INPUTS {
        let description = table.describe();
        assert!(names.insert(description.name), "{} stands twice", description.name);
        assert!(!description.limits.is_empty(), "{} states no limits", description.name);
        assert!(!description.title.is_empty() && !description.source.is_empty(), "{}", description.name);
        assert!(description.columns.iter().all(|column| !column.holds.is_empty()), "{}", description.name);
        let known = |mark: &&str| description.columns.iter().any(|column| column.name == *mark);
        assert!(description.marks.iter().all(known), "{} has a mark that is no column", description.name);
    }
}

#[test]
fn every_input_reads_its_golden_file() {
    let bless = std::env::var_os("BANBURY_BLESS").is_some();
    for table in INPUTS {
        let description = table.describe();
        let (name, bytes) = file(description.name);
        let recognised =
            recognise(&name, &bytes).unwrap_or_else(|| panic!("{} is not recognised", description.name));
        assert_eq!(recognised.describe().name, description.name);
        let (model, diagnostics) = import(&[Input { name, bytes: &bytes }]);
        assert_eq!(model.tables.len(), 1, "{}", description.name);
        assert!(model.tables[0].rows > 0, "{} reads no row", description.name);
        let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        let actual = serde_json::json!({ "model": model, "diagnostics": diagnostics, "shown": shown });
        let path = corpus().join(description.name).join("expected.json");
        if bless {
            std::fs::write(&path, serde_json::to_string_pretty(&actual).unwrap() + "\n").unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(actual, expected, "{}: see corpus/network/README.md", description.name);
    }
}

#[test]
fn no_firmware_is_taken_for_a_table() {
    let elf = b"\x7fELF\x01\x01\x01\0\0\0\0\0";
    let cases: &[&[u8]] = &[
        elf,
        b"\x1f\x8b\x08",
        b"hsqs\0\0",
        b"",
        b"name\n",
        b"a,b,c\n1,2,3\n",
        b"<html></html>",
        &[0xff; 300],
    ];
    for bytes in cases {
        assert!(recognise("image.bin", bytes).is_none(), "{bytes:?}");
    }
}

#[test]
fn tables_are_told_by_their_headings() {
    let cases = [
        ("Name,Status,Tenant,Site,Location,Rack,Role,Manufacturer,Type,IP Address\n", Some("netbox-devices")),
        ("name,device_type,manufacturer,role,site,status\n", Some("netbox-devices")),
        ("Name;Device role;Manufacturer;Type;Site\n", Some("netbox-devices")),
        ("name\tlatitude\tlongitude\trole\tdevice_type\tmanufacturer\n", Some("netbox-devices")),
        ("ID,Label,Termination A,Termination B,Status,Type\n", Some("netbox-cables")),
        ("Label,Device A,Termination A,Device B,Termination B,Type,Status\n", Some("netbox-cables")),
        ("Name,Status,Facility,Region,Group,Tenant,Latitude,Longitude\n", Some("sites")),
        ("Name,Site,Location,Status,Facility ID,Tenant,Role,Rack type,Height\n", None),
        ("Name,Device,Label,Enabled,Type,Description\n", None),
        ("device,function\n", Some("functions")),
        ("devcie,function\n", Some("functions")),
        ("device,part,operator\n", Some("interceptions")),
        ("vendor,list\n", Some("designations")),
        ("name,jurisdiction\n", Some("vendors")),
        ("vendor,product,date,reviewer,finding,grade,state\n", Some("reviews")),
        ("name,party,scope_kind,scope\n", Some("contracts")),
    ];
    for (head, expected) in cases {
        let table = recognise("export.csv", head.as_bytes()).map(|table| table.describe().name);
        assert_eq!(table, expected, "{head}");
    }
}

#[test]
fn names_are_checked_over_all_tables_with_the_near_miss_named() {
    let inputs = [
        (
            "devices.csv",
            "name,site,role,manufacturer\nkh-core-1,Kirkhill,core,Invented Routers\nkh-core-2,Kirkhil,core,Invented Routers\n",
        ),
        ("sites.csv", "name,region\nKirkhill,Main Isle\n"),
        ("cables.csv", "Label,Device A,Device B\nK-1,kh-core-1,kh-croe-2\n"),
        ("functions.csv", "device,function\nKH_CORE_1,P\n"),
        ("designations.csv", "vendor,list\nInvented Router,restricted\n"),
        (
            "contracts.csv",
            "name,party,scope_kind,scope,access\nCare,Someone,role,cores,none\nSpare,Someone,function,gnb,none\n",
        ),
        ("interceptions.csv", "device,part\nnobody,POI\n"),
    ];
    let inputs: Vec<Input<'_>> =
        inputs.iter().map(|&(name, text)| Input { name: name.to_owned(), bytes: text.as_bytes() }).collect();
    let (model, diagnostics) = import(&inputs);
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "devices.csv:3:11: warning: device \"kh-core-2\": \"Kirkhil\" is in no table of sites\n  hint: did you mean \"Kirkhill\"?",
            "cables.csv:2:15: error: cable \"K-1\": \"kh-croe-2\" is in no table of devices\n  hint: did you mean \"kh-core-2\"?",
            "functions.csv:2:1: error: function \"P\": \"KH_CORE_1\" is in no table of devices\n  hint: did you mean \"kh-core-1\"?",
            "designations.csv:2:1: warning: designation \"restricted\": \"Invented Router\" is the manufacturer of no device\n  hint: did you mean \"Invented Routers\"?",
            "contracts.csv:2:19: warning: contract \"Care\": \"cores\" is the role of no device\n  hint: did you mean \"core\"?",
            "contracts.csv:3:24: warning: contract \"Spare\": \"GNB\" is a function of no device",
            "interceptions.csv:2:1: error: interception \"POI\": \"nobody\" is in no table of devices",
        ]
    );
    let run = report(&model, &diagnostics, &inputs);
    assert_eq!((run.looked, run.skipped.len(), run.claims.len()), (9, 0, 7));
    let codes: BTreeSet<&str> = run.claims.iter().map(|claim| claim.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["network.unknown-reference"]));
    let place = &run.claims[1].locations[0];
    assert_eq!((place.line, place.offset), (Some(2), Some(24)));
}

#[test]
fn a_report_says_what_was_left_out_and_claims_what_is_wrong() {
    let (name, bytes) = file("netbox-devices");
    let inputs = [Input { name, bytes: &bytes }, Input { name: "notes.txt".to_owned(), bytes: b"hello" }];
    let (model, diagnostics) = import(&inputs);
    let run = report(&model, &diagnostics, &inputs);
    let table = &model.tables[0];
    assert_eq!(run.looked, table.rows + table.rejected);
    let of_table = run.skipped.iter().filter(|skipped| skipped.what.starts_with("input.csv:")).count();
    assert_eq!(of_table as u64, table.rejected);
    assert!(run.skipped.iter().any(|skipped| skipped.what.starts_with("notes.txt")));
    let codes: BTreeSet<&str> = run.claims.iter().map(|claim| claim.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["network.conflict", "network.malformed-record"]));
    for code in codes {
        assert!(CODES.iter().any(|info| info.code == code), "{code} is not explained");
    }
    let fingerprints: BTreeSet<_> = run.claims.iter().map(|claim| claim.fingerprint()).collect();
    assert_eq!(fingerprints.len(), run.claims.len());
}

#[test]
fn sites_of_two_files_fill_each_other_in() {
    let graph =
        br#"<graphml><key id="a" for="node" attr.name="label"/><key id="b" for="node" attr.name="Latitude"/>
<graph><node id="0"><data key="a">Kirkhill</data><data key="b">61.3</data></node></graph></graphml>"#;
    let sites = b"name,region,subscribers\nKirkhill,Main Isle,6400\n";
    let inputs = [
        Input { name: "g.graphml".to_owned(), bytes: graph },
        Input { name: "sites.csv".to_owned(), bytes: sites },
    ];
    let (model, diagnostics) = import(&inputs);
    assert_eq!(diagnostics, []);
    assert_eq!(model.sites.len(), 1);
    assert_eq!((model.sites[0].latitude, model.sites[0].subscribers), (Some(61.3), Some(6400)));
}

#[test]
fn a_document_type_definition_is_refused_and_depth_costs_no_stack() {
    let bomb = b"<!DOCTYPE graphml [<!ENTITY a \"aaaa\">]><graphml><graph/></graphml>";
    let (_, diagnostics) = import(&[Input { name: "b.graphml".to_owned(), bytes: bomb }]);
    assert!(diagnostics[0].to_string().contains("document type definition"), "{}", diagnostics[0]);
    let deep = format!("<graphml>{}{}</graphml>", "<graph>".repeat(200_000), "</graph>".repeat(200_000));
    let (model, diagnostics) = import(&[Input { name: "d.graphml".to_owned(), bytes: deep.as_bytes() }]);
    assert_eq!(diagnostics, []);
    assert_eq!(model.tables[0].rows, 0);
}
