//! Walks the registry of inputs: each has its documentation, its limits and its golden file.

use banbury_network::{CODES, INPUTS, Input, import, recognise, report};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/network")
}

/// The input in a folder of the corpus; where it is missing, its bytes are empty and no table fits.
fn file(folder: &str) -> (String, Vec<u8>) {
    ["input.csv", "input.graphml", "input.json", "input.yaml", "input.xml", "input.txt"]
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
        assert!(!model.tables.is_empty(), "{}", description.name);
        assert!(model.tables.iter().all(|table| table.rows > 0), "{} reads no row", description.name);
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
        b"{\"services\": []}",
        b"{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"x\", \"type\": \"library\"}]}",
        b"[{\"id\": 1, \"url\": \"https://code.example/api/v4/projects/1/\", \"name\": \"x\"}]",
        b"{\"name\": \"x\", \"version\": \"1\", \"files\": [\"a\"]}",
        b"devices:\n  - name: a\n",
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
        ("Name,Device,Label,Enabled,Type,Description\n", Some("netbox-interfaces")),
        ("device,function\n", Some("functions")),
        ("devcie,function\n", Some("functions")),
        ("device,part,operator\n", Some("interceptions")),
        ("vendor,list\n", Some("designations")),
        ("name,jurisdiction\n", Some("vendors")),
        ("vendor,product,date,reviewer,finding,grade,state\n", Some("reviews")),
        ("name,party,scope_kind,scope\n", Some("contracts")),
        ("{\"devices\": [", Some("model-json")),
        (
            "[{\"id\": 1, \"url\": \"https://n.example/api/dcim/cables/1/\", \"a_termin",
            Some("netbox-json-cables"),
        ),
        (
            "{\"count\": 1, \"next\": null, \"previous\": null, \"results\": [{\"id\": 1, \"url\": \"https://n.example/netbox/api/dcim/sites/1/\"",
            Some("netbox-json-sites"),
        ),
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
            "cables.csv: warning: devices without a link, not looked at for single points of failure: 2\n  hint: if they are connected in truth, links are missing from the tables",
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
fn several_sources_complete_one_device_and_each_value_keeps_its_source() {
    let inputs = [
        ("netbox.csv", "name,site,role,manufacturer\na,S,gnb,Aster\nb,S,gnb,\n"),
        (
            "ages.csv",
            "name,role,installed,support_end\na,,2019-05-01,2027-06-30\nb,enb,2018-01-01,\nc,gnb,,\n",
        ),
    ];
    let inputs: Vec<Input<'_>> =
        inputs.iter().map(|&(name, text)| Input { name: name.to_owned(), bytes: text.as_bytes() }).collect();
    let (model, diagnostics) = import(&inputs);
    let shown: Vec<String> = model
        .devices
        .iter()
        .map(|d| format!("{} {:?} {:?} {}", d.name, d.role, d.installed, d.source.file))
        .collect();
    assert_eq!(
        shown,
        [
            "a Some(\"gnb\") Some(\"2019-05-01\") netbox.csv",
            "b Some(\"gnb\") Some(\"2018-01-01\") netbox.csv",
            "c Some(\"gnb\") None ages.csv"
        ]
    );
    let sources: Vec<String> = model
        .value_sources
        .iter()
        .map(|v| format!("{} {} {} {}:{}", v.kind, v.record, v.field, v.source.file, v.source.line))
        .collect();
    assert_eq!(
        sources,
        [
            "devices a installed ages.csv:2",
            "devices a support_end ages.csv:2",
            "devices b installed ages.csv:3"
        ]
    );
    let told: Vec<&str> = diagnostics
        .iter()
        .filter(|found| found.file == "ages.csv")
        .map(|found| found.message.as_str())
        .collect();
    assert_eq!(
        told,
        ["this device is already described at netbox.csv:3, which differs in role; the first is kept"]
    );
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

#[test]
fn a_file_that_is_no_table_is_told_with_the_reason() {
    let utf16: Vec<u8> = "\u{feff}name,site,role".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 4] = [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\n \n", "the file is empty"),
        (&utf16, "the file is UTF-16 text"),
        (b"alpha,beta\n1,2\n", "no table that is known"),
    ];
    for (bytes, expected) in cases {
        let (model, diagnostics) = import(&[Input { name: "x.csv".to_owned(), bytes }]);
        assert!(model.tables.is_empty());
        assert_eq!(diagnostics.len(), 1);
        assert!(
            diagnostics[0].left_out && diagnostics[0].message.starts_with(expected),
            "{}",
            diagnostics[0]
        );
    }
}

#[test]
fn a_table_without_a_needed_column_says_which_and_what_was_meant() {
    let bytes = b"devcie,function\nkh-amf-1,AMF\nkh-smf-1,SMF\n";
    let (model, diagnostics) = import(&[Input { name: "x.csv".to_owned(), bytes }]);
    assert_eq!((model.tables[0].rows, model.tables[0].rejected), (0, 2));
    let hint =
        diagnostics.iter().find(|diagnostic| diagnostic.left_out).and_then(|problem| problem.hint.as_deref());
    assert!(hint.is_some_and(|hint| hint.starts_with("did you mean \"devcie\"?")), "{hint:?}");

    let bare = b"ID,Label,Termination A,Termination B,Status,Type\n1,K-1,xe-0,xe-1,Connected,smf\n";
    let (model, diagnostics) = import(&[Input { name: "cables.csv".to_owned(), bytes: bare }]);
    assert_eq!(model.tables[0].rejected, 1);
    let told: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.left_out).collect();
    assert!(told.iter().any(|problem| problem.message.contains("\"device_a\"")), "{told:?}");
}

#[test]
fn xml_with_a_mark_and_broken_xml() {
    let (model, diagnostics) = import(&[Input {
        name: "g.graphml".to_owned(),
        bytes: b"\xef\xbb\xbf<graphml><graph><node id=\"a\"/><node id=\"a\"/><edge source=\"a\" target=\"b\"/></graph></graphml>",
    }]);
    assert_eq!((model.tables[0].rows, model.tables[0].rejected), (1, 2));
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown[0].contains("a second node has the id \"a\""), "{shown:?}");
    assert!(shown[1].contains("the edge's target is \"b\""), "{shown:?}");
    let (model, diagnostics) = import(&[Input {
        name: "g.graphml".to_owned(),
        bytes: b"<graphml>\n<graph>\n  <node id=1/></graph></graphml>",
    }]);
    assert!(model.tables.is_empty());
    assert_eq!((diagnostics[0].line, diagnostics[0].left_out), (3, true));
}

#[test]
fn cables_make_links_with_names_of_their_own() {
    let text = "Label,Device A,Termination A,Device B,Termination B\n,a,x,b,y\n,a,x,b,y\nK,a,,b,\nK,a,,b,\n,\"a,b\",,\"c,d\",\n";
    let (model, _) = import(&[Input { name: "c.csv".to_owned(), bytes: text.as_bytes() }]);
    let names: Vec<&str> = model.links.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(names, ["a:x -- b:y", "a:x -- b:y (2)", "K", "K (2)", "a -- c", "a -- d", "b -- c", "b -- d"]);
    let wide = format!(
        "Device A,Device B\n\"{}\",b\n",
        (0..65).map(|index| format!("d{index},")).collect::<String>()
    );
    let (model, diagnostics) = import(&[Input { name: "c.csv".to_owned(), bytes: wide.as_bytes() }]);
    assert_eq!((model.links.len(), model.tables[0].rejected), (0, 1));
    assert!(
        diagnostics.iter().any(|problem| problem.left_out && problem.message.contains("joins 65 devices"))
    );
}
