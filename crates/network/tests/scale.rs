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
