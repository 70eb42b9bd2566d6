//! The model in one file: its schema, its reader and the model's own fields agree.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::model::{
    AddressPrefix, Attestation, Contract, Demand, Designation, Device, DeviceType, Exchange, Function,
    Interception, Interface, Link, Model, Review, Segment, Site, Vendor,
};
use banbury_network::{Input, import, sections};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("schemas/network.schema.json")).unwrap()).unwrap()
}

fn read(name: &str, text: &str) -> (Model, Vec<String>) {
    let (model, diagnostics) = import(&[Input { name: name.to_owned(), bytes: text.as_bytes() }]);
    (model, diagnostics.iter().map(ToString::to_string).collect())
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The fields of the model's records, without where they were read.
fn fields(list: &str) -> BTreeSet<String> {
    let record = match list {
        "sites" => serde_json::to_value(Site::default()),
        "devices" => serde_json::to_value(Device::default()),
        "device_types" => serde_json::to_value(DeviceType::default()),
        "interfaces" => serde_json::to_value(Interface::default()),
        "functions" => serde_json::to_value(Function::default()),
        "links" => serde_json::to_value(Link::default()),
        "demands" => serde_json::to_value(Demand::default()),
        "segments" => serde_json::to_value(Segment::default()),
        "prefixes" => serde_json::to_value(AddressPrefix::default()),
        "exchanges" => serde_json::to_value(Exchange::default()),
        "vendors" => serde_json::to_value(Vendor::default()),
        "designations" => serde_json::to_value(Designation::default()),
        "contracts" => serde_json::to_value(Contract::default()),
        "interceptions" => serde_json::to_value(Interception::default()),
        "reviews" => serde_json::to_value(Review::default()),
        "attestations" => serde_json::to_value(Attestation::default()),
        other => panic!("{other} is no list of the model"),
    };
    let mut keys = keys(&record.unwrap());
    assert!(keys.remove("source"));
    keys
}

#[test]
fn schema_reader_and_model_have_the_same_lists_and_fields() {
    let schema = schema();
    let lists: BTreeSet<String> = sections().iter().map(|section| section.list.to_owned()).collect();
    let mut stated = keys(&schema["properties"]);
    assert!(stated.remove("$schema") && stated.remove("synthetic"));
    assert_eq!(stated, lists);
    let mut of_the_model = keys(&serde_json::to_value(Model::default()).unwrap());
    for computed in ["tables", "value_sources", "single_points", "cut_off", "connected"] {
        assert!(of_the_model.remove(computed), "{computed}");
    }
    assert_eq!(lists, of_the_model);
    for section in sections() {
        let record = &schema["$defs"][section.list];
        let read: BTreeSet<String> = section.fields().map(|(field, _)| field.to_owned()).collect();
        assert_eq!(keys(&record["properties"]), read, "{}", section.list);
        assert_eq!(fields(section.list), read, "{}", section.list);
        let needed: BTreeSet<&str> =
            record["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        // A record without a needed field is left out, and any other one is not.
        let whole: serde_json::Map<String, Value> = record["properties"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, kind)| (name.clone(), sample(name, kind)))
            .collect();
        for field in &read {
            let mut record = whole.clone();
            record.remove(field);
            let text = serde_json::json!({ section.list: [record] }).to_string();
            let (model, shown) = read_rows(&text);
            // What these are, depends on their kinds.
            let by_kind = [("contracts", "scope"), ("exchanges", "from_name"), ("exchanges", "to_name")];
            let expected = u64::from(
                !needed.contains(field.as_str()) && !by_kind.contains(&(section.list, field.as_str())),
            );
            assert_eq!(model, expected, "{} without {field}: {shown:?}", section.list);
        }
    }
}

fn read_rows(text: &str) -> (u64, Vec<String>) {
    let (model, shown) = read("model.json", text);
    (model.tables[0].rows, shown)
}

/// A value that a field may have.
fn sample(name: &str, kind: &Value) -> Value {
    if let Some(words) = kind.get("enum") {
        return words[0].clone();
    }
    match (kind["type"].as_str().unwrap(), name) {
        ("integer" | "number", _) => 1.into(),
        ("boolean", _) => true.into(),
        (_, "sha256") => "0".repeat(64).into(),
        (_, "protocol") => "tcp".into(),
        (_, "hours") => "Mon-Fri 08:00-17:00".into(),
        (_, "prefix") => "192.0.2.0/24".into(),
        (_, "address") => "192.0.2.1/24".into(),
        (_, "until") => "2026-02-28".into(),
        _ if kind.get("format").is_some() => "2026-02-28".into(),
        _ => "x".into(),
    }
}

#[test]
fn the_schema_takes_the_corpus_and_refuses_what_the_reader_tells() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let text = std::fs::read_to_string(root().join("corpus/network/model-json/input.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(read("m.json", &text).1, Vec::<String>::new());
    let broken = [
        ("/devices/0/cost", Value::from("a lot")),
        ("/devices/0/name", Value::Null),
        ("/sites/0/latitude", Value::from(91.5)),
        ("/sites/0/sensitive", Value::from("perhaps")),
        ("/contracts/0/access", Value::from("remote")),
        ("/attestations/0/sha256", Value::from("12345")),
        ("/reviews/0/date", Value::from("yesterday")),
        ("/links", Value::from(7)),
    ];
    for (path, value) in broken {
        let mut document = document.clone();
        *document.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&document), "{path}");
        assert!(!read("m.json", &document.to_string()).1.is_empty(), "{path}");
    }
}

#[test]
fn mistakes_have_their_place_and_the_nearest_name() {
    let text = "{\n  \"devices\": [\n    {\"name\": \"a\", \"manufactuer\": \"X\"},\n    {\"name\": \"b\", \"cost\": \"dear\"}\n  ],\n  \"sties\": []\n}";
    let (model, shown) = read("m.json", text);
    assert_eq!(model.devices.len(), 2);
    assert_eq!(
        shown,
        [
            "m.json:3:19: warning: \"manufactuer\" is no field of devices, and is not read\n  hint: did you mean \"manufacturer\"?",
            "m.json:4:27: error: replacement_cost \"dear\" cannot be read; taken as not stated\n  hint: write a whole number in digits alone, such as 12000",
            "m.json:6:3: error: \"sties\" is no list of the model, and is not read\n  hint: did you mean \"sites\"?",
        ]
    );
}

#[test]
fn both_forms_read_the_same() {
    let json = r#"{"sites": [{"name": "S", "sensitive": true, "subscribers": 12}], "devices": [{"name": "d", "site": "S"}]}"#;
    let yaml = "sites:\n- name: S\n  sensitive: true\n  subscribers: 12\ndevices:\n- {name: d, site: S}\n";
    let (mut a, told_a) = read("m.json", json);
    let (mut b, told_b) = read("m.yaml", yaml);
    assert_eq!((told_a.len(), told_b.len()), (0, 0));
    for model in [&mut a, &mut b] {
        model.tables.clear();
        model.sites.iter_mut().for_each(|site| site.source = Default::default());
        model.devices.iter_mut().for_each(|device| device.source = Default::default());
    }
    assert_eq!(a, b);
}

#[test]
fn what_is_whole_is_read_and_hostile_files_end() {
    let (model, shown) =
        read("m.json", "{\"devices\": [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"c");
    assert_eq!((model.devices.len(), shown.len()), (2, 1));
    assert!(shown[0].contains("the text ends in the middle of a value"), "{shown:?}");
    let (model, shown) = read("m.yaml", "devices:\n- name: a\n- name: b\n- name: [c\n");
    assert_eq!((model.devices.len(), shown.len()), (2, 1));
    let long = format!(
        "{{\"devices\": [{{\"name\": \"{}\"}}, {{\"name\": 1e999}}, {{\"name\": {}}}]}}",
        "x".repeat(1 << 20),
        "9".repeat(5000)
    );
    let (model, shown) = read("m.json", &long);
    assert_eq!(model.devices.iter().map(|device| device.name.as_str()).collect::<Vec<_>>(), ["1e999"]);
    assert!(shown[0].contains("has 1048576 bytes"), "{shown:?}");
    let deep = format!("{{\"devices\": [{{\"name\": {}", "[".repeat(1 << 20));
    assert!(read("m.json", &deep).1[0].contains("64 levels"));
    let mut bomb = String::from("devices: [{name: a}]\nsites: &a [{name: s}]\n");
    for level in 0..30 {
        bomb += &format!("x{level}: &x{level} [*a, *a, *a, *a, *a, *a, *a, *a]\n");
    }
    let (model, shown) = read("m.yml", &bomb);
    assert_eq!((model.devices.len(), model.sites.len()), (1, 1));
    assert_eq!(shown.iter().filter(|text| text.contains("an alias is not followed")).count(), 240);
}
