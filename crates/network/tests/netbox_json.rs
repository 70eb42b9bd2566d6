//! NetBox's and Nautobot's API saved to files: the forms of a file, missing pages, names in other files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::model::Model;
use banbury_network::{Input, import, recognise};
use serde_json::{Value, json};

fn read(files: &[(&str, String)]) -> (Model, Vec<String>) {
    let inputs: Vec<Input<'_>> =
        files.iter().map(|(name, text)| Input { name: (*name).to_owned(), bytes: text.as_bytes() }).collect();
    let (model, diagnostics) = import(&inputs);
    (model, diagnostics.iter().map(ToString::to_string).collect())
}

fn device(id: u64) -> Value {
    json!({
        "id": id, "url": format!("https://n.example/api/dcim/devices/{id}/"), "name": format!("d{id}"),
        "device_type": {"id": 1, "model": "M", "manufacturer": {"id": 1, "name": "Invented"}},
        "role": {"id": 1, "name": "gnb"}, "site": {"id": 1, "name": "S"}, "status": {"value": "active", "label": "Active"},
        "custom_fields": {"replacement_cost": 7}
    })
}

fn page(ids: std::ops::Range<u64>, count: u64) -> Value {
    let link = |offset: u64| format!("https://n.example/api/dcim/devices/?limit=2&offset={offset}");
    let next = (ids.end < count).then(|| link(ids.end));
    let previous = (ids.start > 0).then(|| link(ids.start.saturating_sub(2)));
    json!({"count": count, "next": next, "previous": previous, "results": ids.map(device).collect::<Vec<_>>()})
}

#[test]
fn every_form_of_a_file_reads_the_same() {
    let all: Vec<Value> = (0..4).map(device).collect();
    let bare: Vec<Value> = all
        .iter()
        .cloned()
        .map(|mut device| {
            device.as_object_mut().unwrap().remove("url");
            device
        })
        .collect();
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    let forms = [
        json!([page(0..2, 4), page(2..4, 4)]).to_string(),
        format!("{}\n{}\n", page(0..2, 4), page(2..4, 4)),
        format!("{:#}", json!({"count": 4, "next": null, "previous": null, "results": all})),
        json!(all).to_string(),
        json!(bare).to_string(),
        lines.join("\n"),
        format!("\u{feff}{}", json!(all)),
        json!([all[..2], all[2..]]).to_string(),
    ];
    for form in forms {
        let (model, shown) = read(&[("x.json", form.clone())]);
        assert_eq!(shown, Vec::<String>::new(), "{form}");
        let names: Vec<&str> = model.devices.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["d0", "d1", "d2", "d3"]);
        let device = &model.devices[3];
        assert_eq!(
            (device.manufacturer.as_deref(), device.device_type.as_deref()),
            (Some("Invented"), Some("M"))
        );
        assert_eq!(
            (device.role.as_deref(), device.site.as_deref(), device.cost),
            (Some("gnb"), Some("S"), Some(7))
        );
        assert_eq!(
            (model.tables.len(), model.tables[0].table.as_str(), model.tables[0].rows),
            (1, "devices", 4)
        );
    }
}

#[test]
fn a_page_that_is_missing_is_told() {
    let told = |files: &[Value]| {
        let files: Vec<(&str, String)> = ["a.json", "b.json", "c.json"]
            .into_iter()
            .zip(files)
            .map(|(name, page)| (name, page.to_string()))
            .collect();
        read(&files).1
    };
    let (first, second, third) = (page(0..2, 5), page(2..4, 5), page(4..5, 5));
    assert_eq!(told(&[third.clone(), first.clone(), second.clone()]), Vec::<String>::new());
    for (files, read, next) in [
        (vec![first.clone()], 2, "offset=2"),
        (vec![first.clone(), third.clone()], 3, "offset=2"),
        (vec![second.clone(), third], 3, "fetch netbox"),
        (vec![first.clone(), second], 4, "offset=4"),
        (vec![first.clone(), first], 2, "offset=2"),
    ] {
        let shown = told(&files);
        let missing: Vec<&String> = shown.iter().filter(|text| text.contains("state 5 records")).collect();
        assert_eq!(missing.len(), 1, "{shown:?}");
        assert!(missing[0].contains(&format!("and {read} are among the files")), "{missing:?}");
        assert!(missing[0].contains(next), "{missing:?}");
    }
    let short = json!({"count": 9, "next": null, "previous": null, "results": [device(1)]});
    assert!(told(&[short])[0].contains("this page states 9 records, and 1 are among the files"));
}

#[test]
fn names_of_nautobot_are_found_in_other_files() {
    let object = |endpoint: &str, id: &str| json!({"id": id, "object_type": endpoint, "url": format!("http://n.example/api/{endpoint}/{id}/")});
    let with = |mut object: Value, more: Value| {
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let location = with(
        object("dcim/locations", "aaaa-1"),
        json!({"name": "Kirkhill", "location_type": object("dcim/location-types", "t"), "parent": null, "latitude": "61.32"}),
    );
    let manufacturer =
        with(object("dcim/manufacturers", "m-1"), json!({"name": "Invented", "device_type_count": 1}));
    let model = with(
        object("dcim/device-types", "dt-1"),
        json!({"model": "IR-9", "display": "Invented IR-9", "manufacturer": object("dcim/manufacturers", "m-1"), "u_height": 1}),
    );
    let device = |id: &str, name: &str| {
        with(
            object("dcim/devices", id),
            json!({"name": name, "location": object("dcim/locations", "aaaa-1"), "role": {"id": "r", "name": "core", "display": "core"},
                   "device_type": object("dcim/device-types", "dt-1"), "status": {"id": "s", "display": "Active", "name": "Active"}}),
        )
    };
    let interface = |id: &str, device: &str| {
        with(
            object("dcim/interfaces", id),
            json!({"name": "xe-0", "device": object("dcim/devices", device), "enabled": true, "type": {"value": "virtual"},
                   "ip_addresses": [{"id": "x", "address": "192.0.2.1/24"}]}),
        )
    };
    let cable = with(
        object("dcim/cables", "c-1"),
        json!({"termination_a_type": "dcim.interface", "termination_b_type": "dcim.interface", "label": "K-1", "type": null,
               "termination_a": object("dcim/interfaces", "i-1"), "termination_b": object("dcim/interfaces", "i-2"),
               "status": {"name": "Connected", "display": "Connected"}}),
    );
    let files = [
        ("cables.json", json!([cable]).to_string()),
        ("interfaces.json", json!([interface("i-1", "d-1"), interface("i-2", "d-2")]).to_string()),
        ("devices.json", json!([device("d-1", "kh-1"), device("d-2", "kh-2")]).to_string()),
        ("types.json", json!([model, manufacturer]).to_string()),
        ("locations.json", json!([location]).to_string()),
    ];
    let (read_model, shown) = read(&files);
    assert_eq!(shown, Vec::<String>::new());
    let device = &read_model.devices[0];
    assert_eq!((device.site.as_deref(), device.device_type.as_deref()), (Some("Kirkhill"), Some("IR-9")));
    assert_eq!((device.status.as_deref(), device.role.as_deref()), (Some("active"), Some("core")));
    assert_eq!(read_model.device_types[0].manufacturer.as_deref(), Some("Invented"));
    let link = &read_model.links[0];
    assert_eq!((link.a_device.as_str(), link.b_device.as_str()), ("kh-1", "kh-2"));
    assert_eq!(read_model.interfaces[1].address.as_deref(), Some("192.0.2.1/24"));
    assert_eq!(read_model.sites[0].latitude, Some(61.32));
    // Without the other files it is told, once a file.
    let (_, shown) = read(&files[2..3]);
    assert!(
        shown.iter().any(|text| text.contains("addresses alone, and whose names are in no file: 4")),
        "{shown:?}"
    );
}

#[test]
fn a_location_of_netbox_is_a_room_and_an_empty_page_is_its_files() {
    let room = json!([{"id": 1, "url": "https://n.example/api/dcim/locations/1/", "name": "Room 4", "slug": "room-4",
                       "site": {"id": 1, "name": "S"}, "parent": null}]);
    let (model, shown) = read(&[("locations.json", room.to_string())]);
    assert_eq!((model.sites.len(), model.tables.len()), (0, 0));
    let told = "records of dcim/locations, which the model takes nothing from: 1";
    assert!(shown.iter().any(|text| text.contains(told)), "{shown:?}");
    let empty = json!({"count": 0, "next": null, "previous": null, "results": []}).to_string();
    let table = |name: &str| read(&[(name, empty.clone())]).0.tables.first().map(|table| table.table.clone());
    assert_eq!(table("netbox-dcim-cables.json").as_deref(), Some("cables"));
    assert_eq!(table("dcim_device-types_2.json").as_deref(), Some("device_types"));
    assert_eq!(table("ip_addresses.json").as_deref(), Some("addresses"));
    assert_eq!(table("racks.json"), None);
}

#[test]
fn lines_and_columns_are_those_of_the_file_also_in_one_line() {
    let mut second = device(2);
    second["custom_fields"]["replacement_cost"] = json!("dear");
    let text = json!([device(1), second]).to_string();
    let (_, shown) = read(&[("x.json", text.clone())]);
    let column = text.find("\"dear\"").unwrap() + 1;
    assert!(shown[0].starts_with(&format!("x.json:1:{column}: error: replacement_cost")), "{shown:?}");
    let pretty = format!("{:#}", serde_json::from_str::<Value>(&text).unwrap());
    let (model, shown) = read(&[("x.json", pretty.clone())]);
    let line = 1 + pretty[..pretty.find("\"dear\"").unwrap()].matches('\n').count();
    assert!(shown[0].starts_with(&format!("x.json:{line}:")), "{shown:?}");
    let starts: Vec<u64> = model.devices.iter().map(|device| device.source.line).collect();
    assert_eq!(starts[0], 2);
    assert_eq!(pretty.lines().nth(starts[1] as usize - 1), Some("  {"));
}

#[test]
fn cut_and_hostile_files_end_and_what_is_whole_is_read() {
    let text = json!({"count": 4, "next": null, "previous": null, "results": (0..4).map(device).collect::<Vec<_>>()}).to_string();
    let third = text.find("\"d2\"").unwrap();
    let (model, shown) = read(&[("x.json", text[..third].to_owned())]);
    assert_eq!((model.devices.len(), shown.len()), (2, 1));
    assert!(shown[0].contains("the text ends in the middle of a value"), "{shown:?}");
    // In one line, with many mistakes: linear, or this test never ends.
    let mut wrong = device(1);
    wrong["custom_fields"]["installed"] = json!("soon");
    let many: Vec<Value> = (0..20_000)
        .map(|id| {
            let mut wrong = wrong.clone();
            wrong["name"] = json!(format!("d{id}"));
            wrong
        })
        .collect();
    let (model, shown) = read(&[("x.json", json!(many).to_string())]);
    assert_eq!((model.devices.len(), shown.len()), (20_000, 20_000));
    assert!(recognise("x.json", b"{\"detail\": \"Invalid token\"}").is_none());
    assert!(recognise("x.json", b"[1, 2, 3]").is_none());
}
