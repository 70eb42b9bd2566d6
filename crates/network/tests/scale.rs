//! A large network, with mistakes in it, is read in linear time; what is asserted is the result, not the time.

use banbury_network::{Input, Kind, import};
use std::fmt::Write as _;

#[test]
fn twenty_thousand_devices() {
    const DEVICES: usize = 20_000;
    let mut devices = String::from("name,site,role,manufacturer,device_type,status\n");
    let mut sites = String::from("name,region,subscribers\n");
    let mut cables = String::from("Label,Device A,Device B\n");
    let mut functions = String::from("device,function\n");
    for index in 0..DEVICES {
        writeln!(devices, "dev-{index:06},site-{:05},gnb,Invented Radio,RX-2,active", index / 10).unwrap();
        // A comb: a chain of every tenth device, the other nine hanging from it.
        let back = if index % 10 == 0 { index.saturating_sub(10) } else { index - index % 10 };
        if index > 0 {
            writeln!(cables, "C{index},dev-{index:06},dev-{back:06}").unwrap();
        }
        let wrong = if index % 10 == 3 { "x" } else { "" };
        writeln!(functions, "dev-{index:06}{wrong},GNB").unwrap();
    }
    (0..DEVICES / 10).for_each(|index| writeln!(sites, "site-{index:05},North,{index}").unwrap());
    let inputs = [
        ("devices.csv", &devices),
        ("sites.csv", &sites),
        ("cables.csv", &cables),
        ("functions.csv", &functions),
    ]
    .map(|(name, text)| Input { name: name.to_owned(), bytes: text.as_bytes() });
    let start = std::time::Instant::now();
    let (model, diagnostics) = import(&inputs);
    println!("{DEVICES} devices imported in {:?}", start.elapsed());
    assert_eq!((model.devices.len(), model.links.len()), (DEVICES, DEVICES - 1));
    let unknown = diagnostics.iter().filter(|diagnostic| diagnostic.kind == Kind::UnknownReference).count();
    assert_eq!((unknown, diagnostics.len()), (DEVICES / 10, DEVICES / 10));
    let devices = model.single_points.iter().filter(|point| point.kind == "device").count();
    assert_eq!((devices, model.single_points.len() - devices), (DEVICES / 10, DEVICES - 1));
}

/// How many devices the inventory of the next test has; another number can be asked for to measure.
fn devices_of_the_inventory() -> usize {
    std::env::var("BANBURY_SCALE").ok().and_then(|number| number.parse().ok()).unwrap_or(10_000)
}

#[test]
fn an_inventory_of_the_api_as_it_is_sent() {
    let devices = devices_of_the_inventory();
    let url = |endpoint: &str, id: usize| {
        format!("\"id\":{id},\"url\":\"https://netbox.example.net/api/{endpoint}/{id}/\"")
    };
    let nested = |endpoint: &str, id: usize, name: &str| {
        format!("{{{},\"display\":\"{name}\",\"name\":\"{name}\",\"slug\":\"{name}\"}}", url(endpoint, id))
    };
    let page = |records: Vec<String>| {
        format!(
            "{{\"count\":{},\"next\":null,\"previous\":null,\"results\":[{}]}}",
            records.len(),
            records.join(",")
        )
    };
    let maker = nested("dcim/manufacturers", 1, "Invented");
    let device = |id: usize| {
        format!(
            "{{{},\"display\":\"dev-{id:07}\",\"name\":\"dev-{id:07}\",\"device_type\":{{{},\"display\":\"RX-2\",\"manufacturer\":{maker},\
             \"model\":\"RX-2\",\"slug\":\"rx-2\"}},\"role\":{},\"tenant\":null,\"platform\":null,\"serial\":\"\",\"asset_tag\":null,\"site\":{},\
             \"location\":null,\"rack\":null,\"position\":null,\"face\":null,\"latitude\":null,\"longitude\":null,\"parent_device\":null,\
             \"status\":{{\"value\":\"active\",\"label\":\"Active\"}},\"airflow\":null,\"primary_ip\":null,\"cluster\":null,\"description\":\"\",\
             \"comments\":\"\",\"local_context_data\":null,\"tags\":[],\"custom_fields\":{{\"software_version\":\"7.1\",\"installed\":\"2020-05-01\",\
             \"support_end\":null,\"replacement_cost\":9000}},\"created\":\"2026-01-01T00:00:00Z\",\"interface_count\":2}}",
            url("dcim/devices", id),
            url("dcim/device-types", 1),
            nested("dcim/device-roles", 1, "gnb"),
            nested("dcim/sites", id / 10, &format!("site-{:06}", id / 10)),
        )
    };
    let end = |id: usize| {
        let device = nested("dcim/devices", id, &format!("dev-{id:07}"));
        format!(
            "[{{\"object_type\":\"dcim.interface\",\"object_id\":{id},\"object\":{{{},\"name\":\"ge0\",\"device\":{device}}}}}]",
            url("dcim/interfaces", id)
        )
    };
    let cable = |id: usize| {
        format!(
            "{{{},\"type\":\"smf\",\"a_terminations\":{},\"b_terminations\":{},\"status\":{{\"value\":\"connected\",\"label\":\"Connected\"}},\
             \"label\":\"\",\"custom_fields\":{{\"capacity_mbps\":10000}}}}",
            url("dcim/cables", id),
            end(id),
            end(id - 1)
        )
    };
    let (text, cables) = (page((0..devices).map(device).collect()), page((1..devices).map(cable).collect()));
    let inputs = [("devices.json", &text), ("cables.json", &cables)]
        .map(|(name, text)| Input { name: name.to_owned(), bytes: text.as_bytes() });
    let start = std::time::Instant::now();
    let (model, diagnostics) = import(&inputs);
    println!(
        "{devices} devices, {} bytes of JSON imported in {:?}",
        text.len() + cables.len(),
        start.elapsed()
    );
    assert_eq!(diagnostics, []);
    assert_eq!((model.devices.len(), model.links.len()), (devices, devices - 1));
    assert_eq!(
        model.devices[devices - 1].site.as_deref(),
        Some(format!("site-{:06}", (devices - 1) / 10).as_str())
    );
}
