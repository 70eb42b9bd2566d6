//! Scenarios on small networks, and held against a slow account of the same.

mod dynamic;

use super::*;
use banbury_evidence::model::{Contract, Demand, Device, Function, Link, Model, Segment, Site, Vendor};
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(super) fn device(name: &str, site: &str, maker: &str) -> Device {
    Device {
        name: name.into(),
        site: Some(site.into()),
        manufacturer: Some(maker.into()),
        segment: Some(format!("mgmt-{maker}")),
        cost: Some(100),
        ..Device::default()
    }
}

pub(super) fn link(a: &str, b: &str) -> Link {
    Link { name: format!("{a}-{b}"), a_device: a.into(), b_device: b.into(), ..Link::default() }
}

pub(super) fn site(name: &str, region: &str, subscribers: u64) -> Site {
    Site { name: name.into(), region: Some(region.into()), subscribers: Some(subscribers), ..Site::default() }
}

pub(super) fn carries(device: &str, function: &str) -> Function {
    Function { device: device.into(), function: function.into(), ..Function::default() }
}

pub(super) fn demand(site: &str, function: &str, subscribers: u64) -> Demand {
    Demand {
        site: site.into(),
        function: function.into(),
        subscribers: Some(subscribers),
        ..Demand::default()
    }
}

/// core (AMF by A and by B, UDM by A) - hub by B - cell 1 by A, cell 2 by B.
pub(super) fn network() -> Model {
    Model {
        sites: vec![
            site("core", "South", 0),
            site("hub", "South", 10),
            site("c1", "North", 100),
            site("c2", "North", 50),
        ],
        devices: vec![
            device("amf-a", "core", "A"),
            device("amf-b", "core", "B"),
            device("udm-a", "core", "A"),
            device("sw", "core", "B"),
            device("hub-b", "hub", "B"),
            device("cell-1", "c1", "A"),
            device("cell-2", "c2", "B"),
            Device { status: Some("planned".into()), ..device("later", "c2", "A") },
        ],
        links: vec![
            link("amf-a", "sw"),
            link("amf-b", "sw"),
            link("udm-a", "sw"),
            link("sw", "hub-b"),
            link("hub-b", "cell-1"),
            link("hub-b", "cell-2"),
        ],
        functions: vec![carries("amf-a", "AMF"), carries("amf-b", "amf"), carries("udm-a", "UDM")],
        demands: ["hub", "c1", "c2"]
            .into_iter()
            .flat_map(|at| {
                let subscribers = match at {
                    "hub" => 10,
                    "c1" => 100,
                    _ => 50,
                };
                [demand(at, "AMF", subscribers), demand(at, "UDM", subscribers)]
            })
            .collect(),
        ..Model::default()
    }
}

fn ask(model: &Model, events: &[(Verb, &str)]) -> Answer {
    let extra = Extra::new();
    let topology = Topology::of(model, &extra, "2026-01-01").unwrap();
    let events = events.iter().map(|(verb, text)| Event::parse(*verb, text).unwrap()).collect();
    worked_out(&topology, Scenario::of(events)).unwrap()
}

fn worked_out(topology: &Topology<'_>, scenario: Scenario) -> Result<Answer, Error> {
    answer(topology, &topology.resolve(&scenario)?)
}

#[test]
fn a_vendor_takes_its_functions_and_its_sites() {
    let answer = ask(&network(), &[(Verb::Lose, "vendor: a ")]);
    assert_eq!(answer.devices, ["amf-a", "udm-a", "cell-1"]);
    assert_eq!((answer.subscribers, answer.served_before), (160, 160), "the only UDM is gone");
    let amf = answer.functions.iter().find(|loss| loss.function == "AMF").unwrap();
    assert_eq!(
        (amf.carriers, amf.remaining, amf.sites, amf.sites_lost, amf.subscribers_lost),
        (2, 1, 3, 1, 100)
    );
    let udm = &answer.functions[0];
    assert_eq!((udm.function.as_str(), udm.remaining, udm.sites_lost), ("UDM", 0, 3));
    assert_eq!(answer.cost, Replacement { stated: 300, unknown: 0 });
    let text = answer.prevented_by.join("\n");
    assert!(
        text.contains("a carrier of UDM beside amf-b that is not lost with vendor a keeps UDM for 3 sites"),
        "{text}"
    );
    assert!(
        text.contains("where nothing remains (c1, with 100 subscribers): equipment that is not lost"),
        "{text}"
    );
}

#[test]
fn what_stands_in_the_way_cuts_off() {
    let answer = ask(&network(), &[(Verb::Lose, "site:hub")]);
    assert_eq!(answer.devices, ["hub-b"]);
    let sites: Vec<(&str, u64, bool)> =
        answer.sites.iter().map(|site| (site.site.as_str(), site.subscribers, site.is_empty)).collect();
    assert_eq!(sites, [("c1", 100, false), ("c2", 50, false), ("hub", 10, true)]);
    assert_eq!(
        answer.prevented_by,
        [
            "a link between cell-1 and amf-a that avoids site hub keeps AMF, UDM for c1 with 100 subscribers",
            "a link between cell-2 and amf-a that avoids site hub keeps AMF, UDM for c2 with 50 subscribers",
            "where the place itself is lost (hub, with 10 subscribers): service from another site",
        ]
    );
}

#[test]
fn an_isolated_region_keeps_what_it_holds() {
    let answer = ask(&network(), &[(Verb::Isolate, "region:North")]);
    assert_eq!((answer.devices.len(), answer.links, answer.subscribers), (0, 2, 150));
    let mut model = network();
    model.functions.push(carries("cell-1", "AMF"));
    model.functions.push(carries("cell-1", "UDM"));
    let answer = ask(&model, &[(Verb::Isolate, "region:North")]);
    assert_eq!(answer.sites.iter().map(|site| site.site.as_str()).collect::<Vec<_>>(), ["c2"]);
}

#[test]
fn together_is_more_than_each() {
    let model = network();
    let both = ask(&model, &[(Verb::Lose, "device:amf-a"), (Verb::Lose, "device:amf-b")]);
    assert_eq!(both.subscribers, 160);
    for one in ["device:amf-a", "device:amf-b"] {
        assert_eq!(ask(&model, &[(Verb::Lose, one)]).subscribers, 0);
    }
}

#[test]
fn without_demands_a_site_is_served_while_it_is_connected() {
    let model = Model { demands: Vec::new(), ..network() };
    let answer = ask(&model, &[(Verb::Lose, "device:hub-b")]);
    assert_eq!(answer.subscribers, 160);
    assert_eq!(answer.functions[0].function, "");
    assert_eq!(ask(&model, &[(Verb::Lose, "device:cell-2")]).subscribers, 50);
}

#[test]
fn an_intruder_reaches_links_and_segments() {
    let mut model = network();
    let reach_of = |model: &Model, text: &str| {
        let extra = Extra::new();
        let topology = Topology::of(model, &extra, "2026-01-01").unwrap();
        let event = Event::parse(Verb::Compromise, text).unwrap();
        let scenario = Scenario::of(vec![event]);
        reach(&topology, &topology.resolve(&scenario).unwrap(), 1).unwrap().unwrap()
    };
    let found = reach_of(&model, "device:cell-1");
    assert_eq!((found.linked, found.segments["mgmt-A"]), (1, 2));
    assert_eq!(found.subscriber_data.iter().map(|met| met.device.as_str()).collect::<Vec<_>>(), ["udm-a"]);
    model.segments.push(Segment { name: "MGMT-A".into(), contained: Some(true), ..Segment::default() });
    let found = reach_of(&model, "device:cell-1");
    // What happens in it stays in it: what stands in it is within reach all the same.
    assert_eq!((found.contained, found.segments["mgmt-A"]), (vec!["mgmt-A".to_owned()], 2));
    assert_eq!(found.subscriber_data.iter().map(|met| met.device.as_str()).collect::<Vec<_>>(), ["udm-a"]);
    model.interfaces.push(banbury_evidence::model::Interface {
        device: "cell-1".into(),
        name: "mgmt0".into(),
        segment: Some("mgmt-B".into()),
        ..banbury_evidence::model::Interface::default()
    });
    assert_eq!(reach_of(&model, "device:cell-1").segments["mgmt-B"], 4);
}

#[test]
fn names_that_are_not_there_are_told_with_what_may_be_meant() {
    let model = network();
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    for (text, part) in [
        ("site:hubb", "did you mean hub?"),
        ("vendor:Z", "did you mean A or B?"),
        ("product:X", "it states none"),
        ("component:openssl", "no image of its devices was inspected"),
    ] {
        let event = Event::parse(Verb::Lose, text).unwrap();
        let error = worked_out(&topology, Scenario::of(vec![event])).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    for (verb, text) in [
        (Verb::Lose, "vendor"),
        (Verb::Lose, "maker:X"),
        (Verb::Lose, "vendor: "),
        (Verb::Isolate, "vendor:X"),
        (Verb::Exploit, "vendor:X"),
        (Verb::Compromise, "medium:fibre"),
    ] {
        assert!(Event::parse(verb, text).is_err(), "{text}");
    }
}

#[test]
fn contracts_and_vendors_give_properties() {
    let mut model = network();
    model.contracts.push(Contract {
        name: "field".into(),
        party: "Fixers".into(),
        scope_kind: "manufacturer".into(),
        scope: "b".into(),
        until: Some("2026-06-30".into()),
        ..Contract::default()
    });
    model.vendors.push(Vendor {
        name: "a".into(),
        jurisdiction: Some("Ruritania".into()),
        ..Vendor::default()
    });
    assert_eq!(ask(&model, &[(Verb::Lose, "contractor:fixers")]).devices.len(), 4);
    assert_eq!(ask(&model, &[(Verb::Lose, "jurisdiction:Ruritania")]).devices.len(), 3);
    model.contracts[0].until = Some("2025-06-30".into());
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    assert!(topology.labels(Kind::Contractor).is_empty(), "the contract has ended");
}

#[test]
fn ducts_take_links_and_power_regions_take_devices() {
    let mut model = network();
    model.links[3].ducts = Some("Main street; Bridge".into());
    model.links[5].ducts = Some("bridge".into());
    let found = ask(&model, &[(Verb::Lose, "duct:Bridge")]);
    assert_eq!((found.devices.len(), found.links, found.subscribers), (0, 2, 160));
    assert_eq!(ask(&model, &[(Verb::Lose, "duct:main street")]).links, 1);
    // The device's own power region goes before its site's.
    model.sites[2].power = Some("Grid N".into());
    model.sites[3].power = Some("Grid N".into());
    model.devices[6].power = Some("Grid S".into());
    let found = ask(&model, &[(Verb::Lose, "power:grid n")]);
    assert_eq!((found.devices, found.subscribers), (vec!["cell-1".to_owned()], 100));
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let seen = overview(&topology, Kind::Duct, 50).unwrap();
    assert_eq!(
        seen.labels.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Bridge", "Main street"]
    );
    assert_eq!(seen.unlabelled, (7, 4));
    assert!(Event::parse(Verb::Compromise, "duct:Bridge").is_err());
    assert!(Event::parse(Verb::Compromise, "power:Grid N").is_err());
}

#[test]
fn a_contractor_out_of_force_is_told_so() {
    let mut model = network();
    model.contracts.push(Contract {
        name: "field".into(),
        party: "Fixers".into(),
        scope_kind: "all".into(),
        until: Some("2025-06-30".into()),
        ..Contract::default()
    });
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let event = Event::parse(Verb::Lose, "contractor:fixers").unwrap();
    let error = worked_out(&topology, Scenario::of(vec![event])).unwrap_err().to_string();
    assert!(
        error.contains("none of its contracts is in force on anything: field ended on 2025-06-30"),
        "{error}"
    );
}

#[test]
fn a_name_in_another_case_is_told_and_not_joined() {
    let mut model = network();
    model.devices[5].site = Some("C1".into());
    model.links[0].b_device = "SW".into();
    model.demands.push(demand(" c2", "AMF", 1));
    model.functions.push(carries("nobody", "AMF"));
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let found: Vec<(&str, String, String)> =
        topology.misspelt().into_iter().map(|one| (one.what, one.name, one.meant)).collect();
    let of = |what, name: &str, meant: &str| (what, name.to_owned(), meant.to_owned());
    assert_eq!(found, [of("demand", " c2", "c2"), of("device", "C1", "c1"), of("link", "SW", "sw")]);
    assert!(Topology::of(&network(), &extra, "2026-01-01").unwrap().misspelt().is_empty());
}

#[test]
fn names_may_stand_in_quotation_marks() {
    let text = "\"a = b\" = lose site:\"Hub + Spoke # 1\" + lose device:say \"hi\" # \"why\nlose vendor:\"the \"\"A\"\" team\"\n";
    let all = parse_table("s.txt", text).unwrap();
    assert_eq!(all[0].name, "a = b");
    let names: Vec<&str> = all[0].events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["Hub + Spoke # 1", "say \"hi\""]);
    assert_eq!((all[1].events[0].name.as_str(), all[1].at.as_deref()), ("the \"A\" team", Some("s.txt:2")));
    for (text, part) in [
        ("lose site:\"open", "s.txt:1: \"lose site:\\\"open\": a quotation mark is not closed"),
        ("a = b = lose vendor:A", "a name that holds it has to stand in quotation marks"),
        ("lose site:Hub + Spoke:2", "a name that holds ` + ` has to stand in quotation marks"),
    ] {
        let error = parse_table("s.txt", text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let model = network();
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let unknown = parse_table("s.txt", "\nlose site:hubb\n").unwrap();
    let error = topology.resolve(&unknown[0]).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("s.txt:2: no site of anything in service"), "{error}");
}

#[test]
fn an_intruder_goes_on_over_the_management_plane() {
    let mut model = network();
    // cell-1 and amf-a, udm-a stand in mgmt-A; the network manager in both segments.
    model.devices.push(Device { segment: Some("mgmt-A".into()), ..device("nms", "core", "C") });
    model.interfaces.push(banbury_evidence::model::Interface {
        device: "nms".into(),
        name: "m1".into(),
        segment: Some("vault".into()),
        ..Default::default()
    });
    model.devices.push(Device { segment: Some("vault".into()), ..device("li", "core", "C") });
    model.functions.push(carries("nms", "NMS"));
    model.functions.push(carries("li", "ADMF"));
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let scenario = Scenario::of(vec![Event::parse(Verb::Compromise, "device:cell-2").unwrap()]);
    let happens = topology.resolve(&scenario).unwrap();
    let one = reach(&topology, &happens, 1).unwrap().unwrap();
    assert_eq!((one.linked, one.added.as_slice()), (1, [3].as_slice()));
    assert!(one.interception.is_empty() && one.subscriber_data.is_empty());
    let scenario = Scenario::of(vec![Event::parse(Verb::Compromise, "device:cell-1").unwrap()]);
    let happens = topology.resolve(&scenario).unwrap();
    let far = reach(&topology, &happens, 9).unwrap().unwrap();
    assert_eq!(
        far.subscriber_data[0],
        Met { steps: 1, device: "udm-a".into(), does: vec!["UDM".into()], way: vec!["cell-1".into()] }
    );
    assert_eq!(
        far.interception,
        [Met {
            steps: 2,
            device: "li".into(),
            does: vec!["ADMF".into()],
            way: vec!["cell-1".into(), "nms".into()]
        }]
    );
    assert_eq!(far.management[0].steps, 1);
}

#[test]
fn files_of_scenarios_say_their_line() {
    let text = "\u{feff}# all\n\nboth = lose vendor:A + isolate region:North # why\nLOSE device:a#b\n";
    let all = parse_table("s.txt", text).unwrap();
    assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["both", "lose device:a#b"]);
    for (text, part) in [
        ("lose vendor:A\nlose\n", "s.txt:2: \"lose\": write VERB KIND:NAME"),
        ("drop vendor:A", "s.txt:1: \"drop vendor:A\": what happens is one of lose, ban"),
        ("x = lose vendor", "s.txt:1: "),
    ] {
        let error = parse_table("s.txt", text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_network_after_a_scenario_is_a_model_again() {
    let model = network();
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let after = |verb, text: &str| {
        let event = Event::parse(verb, text).unwrap();
        let scenario = Scenario::of(vec![event]);
        changed(&topology, &topology.resolve(&scenario).unwrap(), "2025-12-31").unwrap()
    };
    let lost = after(Verb::Lose, "device:hub-b").unwrap();
    let hub = lost.devices.iter().find(|device| device.name == "hub-b").unwrap();
    assert_eq!(hub.status.as_deref(), Some("decommissioned"));
    assert!(!lost.connected.contains(&"cell-1".to_owned()));
    let alone = after(Verb::Isolate, "region:North").unwrap();
    assert_eq!(alone.links.len(), model.links.len() - 2);
    let unsupported = after(Verb::Unsupported, "vendor:A").unwrap();
    let ends =
        unsupported.devices.iter().filter(|device| device.support_end.as_deref() == Some("2025-12-31"));
    assert_eq!(ends.count(), 3);
    assert!(after(Verb::Compromise, "vendor:A").is_none());
}

#[test]
fn an_overview_holds_every_vendor_against_the_others() {
    let model = network();
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let found = overview(&topology, Kind::Vendor, 50).unwrap();
    let costs: Vec<(&str, usize, u64, &str)> = found
        .labels
        .iter()
        .map(|cost| (cost.name.as_str(), cost.devices, cost.subscribers, cost.function.as_str()))
        .collect();
    // B is the only switch, A has the only UDM: each costs all 160.
    assert_eq!(costs, [("B", 4, 160, "AMF"), ("A", 3, 160, "UDM")]);
    assert_eq!(found.pairs.as_deref(), Some(&[][..]));
    let fewest: Vec<(&str, usize)> = found
        .fewest
        .iter()
        .flatten()
        .map(|one| (one.function.as_str(), one.labels.as_ref().unwrap().len()))
        .collect();
    assert_eq!(fewest, [("AMF", 1), ("UDM", 1)]);
    assert!(found.fewest.iter().flatten().all(|one| one.bound == 1));
    let amf = found.concentration.iter().find(|one| one.function == "AMF").unwrap();
    assert_eq!((amf.devices, amf.concentration.hhi), (2, 0.5));
    assert_eq!(found.unlabelled, (0, 6));
    let pairs = overview(&topology, Kind::Device, 100).unwrap().pairs.unwrap();
    assert!(
        pairs
            .iter()
            .any(|pair| pair.names == ["amf-a", "amf-b"] && pair.subscribers == 160 && pair.alone == 0)
    );
}

#[test]
fn a_share_is_a_whole_number_of_subscribers() {
    let model = Model {
        sites: vec![site("core", "S", 0), site("a", "S", 7), site("b", "S", 93)],
        devices: vec![device("root", "core", "X"), device("a1", "a", "A"), device("b1", "b", "B")],
        links: vec![link("root", "a1"), link("root", "b1")],
        functions: vec![carries("root", "AMF")],
        demands: vec![demand("a", "AMF", 7), demand("b", "AMF", 93)],
        ..Model::default()
    };
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let lost: Vec<u64> = [7, 93, 100]
        .map(|percent| overview(&topology, Kind::Vendor, percent).unwrap().fewest.unwrap()[0].subscribers)
        .to_vec();
    assert!(lost[0] >= 7 && lost[1] >= 93 && lost[2] == 100, "{lost:?}");
    let without_root = Model { functions: vec![carries("a1", "AMF")], ..model.clone() };
    let topology = Topology::of(&without_root, &extra, "2026-01-01").unwrap();
    let fewest = overview(&topology, Kind::Vendor, 7).unwrap().fewest.unwrap();
    assert!(fewest[0].labels.is_some(), "{fewest:?}");
}

#[test]
fn pairs_of_many_are_the_best_ten() {
    let mut model = Model {
        sites: vec![site("core", "S", 0)],
        devices: vec![device("root", "core", "X")],
        functions: vec![carries("root", "AMF")],
        ..Model::default()
    };
    for number in 0..200u64 {
        let (at, name) = (format!("s{number:03}"), format!("d{number:03}"));
        model.sites.push(site(&at, "S", number));
        model.devices.push(device(&name, &at, &format!("V{number:03}")));
        model.links.push(link("root", &name));
        model.demands.push(demand(&at, "AMF", number));
    }
    let extra = Extra::new();
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let found = overview(&topology, Kind::Vendor, 50).unwrap();
    let pairs = found.pairs.unwrap();
    assert_eq!((pairs.len(), pairs[0].subscribers), (10, 397));
    assert_eq!(pairs[0].names, ["V198", "V199"]);
    assert_eq!(found.pairs_in_all, 199 * 198 / 2);
    assert!(pairs.windows(2).all(|two| two[0].subscribers >= two[1].subscribers));
}

/// What a site's demand is served by, by walking from each of its devices.
fn slow(model: &Model, gone: &BTreeSet<&str>, demand: &Demand) -> bool {
    let serves = |name: &str| {
        model
            .functions
            .iter()
            .any(|record| record.device == name && record.function.eq_ignore_ascii_case(&demand.function))
    };
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let at = model.devices.iter().filter(|device| device.site.as_ref() == Some(&demand.site));
    let mut open: Vec<&str> =
        at.map(|device| device.name.as_str()).filter(|name| !gone.contains(name)).collect();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        if serves(name) {
            return true;
        }
        for link in &model.links {
            for (a, b) in [(&link.a_device, &link.b_device), (&link.b_device, &link.a_device)] {
                if a == name && !gone.contains(b.as_str()) {
                    open.push(b);
                }
            }
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn any_network_loses_what_a_walk_says(
        makers in proptest::collection::vec(0usize..3, 1..9),
        ends in proptest::collection::vec((0usize..9, 0usize..9), 0..14),
        carriers in proptest::collection::vec((0usize..9, 0usize..2), 0..4),
        lost in 0usize..3,
    ) {
        let count = makers.len();
        let name = |number: usize| format!("d{}", number % count);
        let place = |number: usize| format!("s{}", (number % count) / 2);
        let functions = ["AMF", "UPF"];
        let model = Model {
            sites: (0..count.div_ceil(2)).map(|at| site(&format!("s{at}"), "R", 1 << at)).collect(),
            devices: (0..count).map(|at| device(&name(at), &place(at), ["A", "B", "C"][makers[at]])).collect(),
            links: ends.iter().map(|(a, b)| link(&name(*a), &name(*b))).collect(),
            functions: carriers.iter().map(|(at, which)| carries(&name(*at), functions[*which])).collect(),
            demands: (0..count.div_ceil(2))
                .flat_map(|at| functions.map(|function| demand(&format!("s{at}"), function, 1 << at)))
                .collect(),
            ..Model::default()
        };
        let maker = ["A", "B", "C"][lost];
        let gone: BTreeSet<&str> = model.devices.iter()
            .filter(|device| device.manufacturer.as_deref() == Some(maker))
            .map(|device| device.name.as_str()).collect();
        prop_assume!(!gone.is_empty());
        let answer = ask(&model, &[(Verb::Lose, &format!("vendor:{maker}"))]);
        let none = BTreeSet::new();
        let mut sites: BTreeSet<String> = BTreeSet::new();
        for demand in &model.demands {
            if slow(&model, &none, demand) && !slow(&model, &gone, demand) {
                sites.insert(demand.site.clone());
            }
        }
        let found: BTreeSet<String> = answer.sites.iter().map(|site| site.site.clone()).collect();
        prop_assert_eq!(&found, &sites);
        let subscribers: u64 = model.sites.iter()
            .filter(|site| sites.contains(&site.name)).filter_map(|site| site.subscribers).sum();
        prop_assert_eq!(answer.subscribers, subscribers);
    }

    #[test]
    fn what_would_have_prevented_it_does(
        makers in proptest::collection::vec(0usize..3, 2..10),
        ends in proptest::collection::vec((0usize..10, 0usize..10, 0usize..3), 1..16),
        carriers in proptest::collection::vec((0usize..10, 0usize..2), 1..5),
        events in proptest::collection::vec(0usize..16, 1..4),
    ) {
        let count = makers.len();
        let name = |number: usize| format!("d{}", number % count);
        let place = |number: usize| format!("s{}", (number % count) / 2);
        let functions = ["AMF", "UPF"];
        let mut model = Model {
            sites: (0..count.div_ceil(2)).map(|at| site(&format!("s{at}"), ["N", "S"][at % 2], 1 << at)).collect(),
            devices: (0..count).map(|at| device(&name(at), &place(at), ["A", "B", "C"][makers[at]])).collect(),
            links: ends.iter().map(|(a, b, duct)| Link { ducts: Some(format!("D{duct}")), ..link(&name(*a), &name(*b)) }).collect(),
            functions: carriers.iter().map(|(at, which)| carries(&name(*at), functions[*which])).collect(),
            demands: (0..count.div_ceil(2))
                .flat_map(|at| functions.map(|function| demand(&format!("s{at}"), function, 1 << at)))
                .collect(),
            ..Model::default()
        };
        model.sites.iter_mut().for_each(|site| site.power = Some(format!("Grid {}", site.name.len() % 2 + site.subscribers.unwrap_or(0) as usize % 3)));
        let all = [
            (Verb::Lose, "vendor:A"), (Verb::Lose, "vendor:B"), (Verb::Lose, "vendor:C"), (Verb::Lose, "site:s0"),
            (Verb::Lose, "site:s1"), (Verb::Lose, "region:N"), (Verb::Lose, "function:AMF"), (Verb::Lose, "function:UPF"),
            (Verb::Lose, "device:d1"), (Verb::Lose, "duct:D0"), (Verb::Lose, "duct:D1"), (Verb::Lose, "power:Grid 1"),
            (Verb::Isolate, "region:N"), (Verb::Isolate, "site:s0"), (Verb::Isolate, "segment:mgmt-A"), (Verb::Compromise, "vendor:A"),
        ];
        let events: Vec<Event> = events.iter().map(|at| Event::parse(all[*at].0, all[*at].1).unwrap()).collect();
        let scenario = Scenario::of(events);
        let extra = Extra::new();
        let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
        let Ok(happens) = topology.resolve(&scenario) else { return Ok(()) };
        let found = answer(&topology, &happens).unwrap();
        let mut mended = model.clone();
        let mut cannot = 0;
        for (number, remedy) in found.remedies.iter().enumerate() {
            let new = format!("new{number}");
            match &remedy.step {
                Step::Link { from, to } => mended.links.push(link(from, to)),
                Step::Carrier { function, beside } => {
                    let other = model.devices.iter().find(|one| &one.name == beside).unwrap();
                    let power = model.sites.iter().find(|site| Some(&site.name) == other.site.as_ref()).unwrap().power.clone();
                    mended.devices.push(Device { name: new.clone(), manufacturer: Some("New".into()), power, ..other.clone() });
                    mended.links.push(link(&new, beside));
                    mended.functions.push(carries(&new, function));
                }
                Step::Equipment { site, to } if !to.is_empty() => {
                    let power = Some("New grid".to_owned());
                    let segment = model.devices.iter().find(|one| &one.name == to).unwrap().segment.clone();
                    mended.devices.push(Device { power, segment, ..device(&new, site, "New") });
                    mended.links.push(link(&new, to));
                }
                _ => cannot += remedy.subscribers,
            }
        }
        let again = Topology::of(&mended, &extra, "2026-01-01").unwrap();
        let happens = again.resolve(&scenario).unwrap();
        let gone = &again;
        let kept = |demand: &Demand| {
            let (lost, cut): (BTreeSet<&str>, BTreeSet<usize>) = (
                happens.vertices.iter().map(|vertex| gone.device(*vertex)).collect(),
                happens.edges.iter().filter_map(|edge| gone.link(*edge)).collect(),
            );
            let left = Model {
                links: mended.links.iter().enumerate().filter(|(at, _)| !cut.contains(at)).map(|(_, link)| link.clone()).collect(),
                ..mended.clone()
            };
            slow(&left, &lost, demand)
        };
        let none = BTreeSet::new();
        let before: Vec<&Demand> = model.demands.iter().filter(|demand| slow(&model, &none, demand)).collect();
        let lost: u64 = before.iter().filter(|demand| !kept(demand)).filter_map(|demand| demand.subscribers).sum();
        prop_assert!(lost <= 2 * cannot, "{:?}", found.remedies);
        prop_assert!(cannot > 0 || lost == 0, "{:?}", found.remedies);
        prop_assert_eq!(found.remedies.is_empty(), found.subscribers == 0);
    }
}

/// The seeds of the fuzz target `plans`.
#[test]
fn the_seeds_of_the_fuzz_target_are_read_whole() {
    let read = |name: &str| {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/plans");
        std::fs::read_to_string(corpus.join(name).join("input.txt")).unwrap()
    };
    assert_eq!(parse_table("input.txt", &read("scenarios")).unwrap().len(), 5);
    assert_eq!(Failure::parse_table("input.txt", &read("failures")).unwrap().len(), 4);
}
