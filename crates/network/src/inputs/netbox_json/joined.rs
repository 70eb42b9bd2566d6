//! What takes several records, or several files, to know: addresses of interfaces, ends of circuits, regions in regions.

use super::super::{netbox_cables, netbox_interfaces};
use super::{Names, Page, look, pages};
use crate::diagnostic::{Kind, Place, quote};
use crate::draft::Draft;
use crate::records::Found;
use crate::references::Target;
use crate::rows::Row;
use crate::tree::Node;
use banbury_evidence::model::{Interface, Link, Source, ValueSource};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What files say that waits for what other files say.
#[derive(Default)]
pub(crate) struct Inventory {
    /// Pages, with where they stand.
    pub(super) pages: Vec<(Page, Place)>,
    pub(super) names: Names,
    /// Addresses by device and interface.
    addresses: HashMap<(String, String), Vec<(String, Place)>>,
    /// Addresses of no interface, by file.
    unassigned: BTreeMap<String, u64>,
    regions: BTreeMap<String, Region>,
    circuits: BTreeMap<String, Circuit>,
}

struct Region {
    parent: Option<String>,
    country: Option<String>,
    source: Source,
}

#[derive(Default)]
struct Circuit {
    /// Its own record, when one was read.
    record: Option<Stated>,
    /// The ends that cables lead from: which end, the device and its interface, and where that was read.
    ends: Vec<(String, String, Option<String>, Place)>,
}

struct Stated {
    operator: Option<String>,
    ducts: Option<String>,
    capacity_mbps: Option<u64>,
    in_service: bool,
    place: Place,
}

pub(super) fn region(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let name = row.required("name")?;
    let region = Region { parent: row.text("parent"), country: row.text("country"), source: row.source() };
    draft.inventory.regions.entry(name).or_insert(region);
    Some(())
}

pub(super) fn address(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let text = row.required("address")?;
    let (Some(device), Some(interface)) = (row.text("device"), row.text("interface")) else {
        *draft.inventory.unassigned.entry(row.source().file).or_default() += 1;
        return Some(());
    };
    let Some(address) = netbox_interfaces::network(&text) else {
        let problem = row.place("address").error(Kind::Malformed, format!("{} is no address", quote(&text)));
        row.problem(problem.left_out());
        return None;
    };
    let place = row.place("address");
    draft.inventory.addresses.entry((device, interface)).or_default().push((address, place));
    Some(())
}

pub(super) fn interface(node: &Node<'_>, row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let mut addresses: Vec<String> = node
        .get("ip_addresses")
        .map_or(&[][..], Node::list)
        .iter()
        .filter_map(|address| address.text_at("address"))
        .collect();
    let key = (row.text("device").unwrap_or_default(), row.text("name").unwrap_or_default());
    let known = draft.inventory.addresses.remove(&key).unwrap_or_default();
    for (address, place) in known {
        if !addresses.contains(&address) {
            draft.model.value_sources.push(ValueSource {
                kind: "interfaces".to_owned(),
                record: format!("{} {} {address}", key.0, key.1),
                field: "address".to_owned(),
                source: Source { file: place.file, line: place.line },
            });
            addresses.push(address);
        }
    }
    netbox_interfaces::add(row, addresses, draft)
}

pub(super) fn circuit(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let cid = row.required("cid")?;
    let status = row.text("status").unwrap_or_default().to_lowercase();
    let capacity_mbps = row.number("capacity_mbps").or_else(|| {
        // NetBox states rates in kbit/s; the model's are whole Mbit/s.
        row.number("commit_rate").map(|rate| ((rate + 500) / 1000).max(1))
    });
    let stated = Stated {
        operator: row.text("operator"),
        ducts: netbox_cables::ducts(row),
        capacity_mbps,
        in_service: !matches!(status.as_str(), "planned" | "provisioning" | "decommissioned" | "offline"),
        place: row.place("cid"),
    };
    let circuit = draft.inventory.circuits.entry(cid).or_default();
    if let Some(first) = &circuit.record {
        let message = format!(
            "this circuit is already described at {}:{}; the first is kept",
            first.place.file, first.place.line
        );
        row.problem(row.place("cid").warning(Kind::Conflict, message));
        return Some(());
    }
    circuit.record = Some(stated);
    Some(())
}

/// What stands at a cable's end.
struct End {
    device: Option<String>,
    interface: Option<String>,
    /// The circuit and which of its ends, when it is one's.
    circuit: Option<(String, String)>,
}

/// The ends of one side, in the form of NetBox since 3.3, or that of before and of Nautobot.
fn ends(node: &Node<'_>, side: &str, names: &Names) -> Vec<End> {
    let end = |object: &Node<'_>| {
        let text = |path| match look(object, path, names) {
            Some(Found::Value(_, bytes)) => {
                Some(String::from_utf8_lossy(&bytes).trim().to_owned()).filter(|text| !text.is_empty())
            }
            _ => None,
        };
        End {
            device: text("device"),
            interface: text("name"),
            circuit: text("circuit").map(|cid| (cid, text("term_side").unwrap_or_default())),
        }
    };
    let mut found = Vec::new();
    for termination in node.get(&format!("{side}_terminations")).map_or(&[][..], Node::list) {
        found.extend(termination.get("object").map(end));
    }
    if let Some(object) = node.get(&format!("termination_{side}")) {
        found.push(nameless_end(object, names).unwrap_or_else(|| end(object)));
    }
    found
}

/// An end of Nautobot 2 that is an address alone.
fn nameless_end(object: &Node<'_>, names: &Names) -> Option<End> {
    if object.get("name").is_some() {
        return None;
    }
    let (name, device) = names.of(super::address(object)?.as_ref())?;
    let device = device.as_ref()?;
    let device = names.of(device).map_or(device, |(name, _)| name);
    Some(End { device: Some(device.clone()), interface: Some(name.clone()), circuit: None })
}

pub(super) fn cable(
    node: &Node<'_>,
    names: &Names,
    row: &mut Row<'_>,
    draft: &mut Draft,
    idle: &mut netbox_cables::Idle,
) -> Option<()> {
    if idle.takes(row) {
        return Some(());
    }
    let sides = [ends(node, "a", names), ends(node, "b", names)];
    // A cable to a circuit's end: the circuit is the link, once both its ends are known.
    for (near, far) in [(0, 1), (1, 0)] {
        let (Some(near), Some(far)) = (sides.get(near), sides.get(far)) else { continue };
        let Some((cid, end)) = far.iter().find_map(|end| end.circuit.clone()) else { continue };
        let Some((device, interface)) =
            near.iter().find_map(|end| Some((end.device.clone()?, end.interface.clone())))
        else {
            continue;
        };
        let place = row.place("label");
        let place = Place { column: 0, ..place };
        draft.inventory.circuits.entry(cid).or_default().ends.push((end, device, interface, place));
        return Some(());
    }
    let mut devices = [BTreeSet::new(), BTreeSet::new()];
    for ((side, devices), column) in sides.into_iter().zip(&mut devices).zip(["device_a", "device_b"]) {
        devices.extend(side.into_iter().filter_map(|end| end.device));
        if devices.is_empty() {
            let problem = row.place(column).warning(Kind::Malformed, format!("the cable has no {column}"));
            let hint = "an end at a power feed or at an object that the token may not see is no device";
            row.problem(problem.hint(hint).left_out());
            return None;
        }
    }
    netbox_cables::join(row, devices, draft)
}

/// Joins what waited, once all files are read.
pub(crate) fn finish(draft: &mut Draft) {
    let Inventory { pages, addresses, unassigned, regions, circuits, .. } =
        std::mem::take(&mut draft.inventory);
    for problem in pages::missing(&pages) {
        draft.cut(problem, false);
    }
    countries(&regions, draft);
    for (file, count) in unassigned {
        let message = format!("addresses that stand on no interface of a device, and are not read: {count}");
        draft.problem(Place::file(&file).warning(Kind::Remark, message));
    }
    let mut left: Vec<_> = addresses.into_iter().collect();
    left.sort_by(|(a, _), (b, _)| a.cmp(b));
    for ((device, name), addresses) in left {
        for (address, place) in addresses {
            draft.refer(Target::Device, &device, || place.clone(), ("interface", &name));
            let source = Source { file: place.file.clone(), line: place.line };
            let interface = Interface {
                device: device.clone(),
                name: name.clone(),
                address: Some(address),
                source,
                ..Interface::default()
            };
            if let Err(problem) = draft.add(interface, &place) {
                draft.problem(problem);
            }
        }
    }
    let mut loose: BTreeMap<String, (u64, String, u64)> = BTreeMap::new();
    for (cid, circuit) in circuits {
        if let Err(place) = add_circuit(&cid, circuit, draft)
            && let Some(place) = place
        {
            loose.entry(place.file).or_insert((0, cid, place.line)).0 += 1;
        }
    }
    for (file, (count, first, line)) in loose {
        let message = format!(
            "circuits that are no links, for cables to devices lead from fewer than two of their ends: {count}; the first is {}",
            quote(&first)
        );
        let place = Place { file, line, column: 0 };
        draft.problem(
            place
                .warning(Kind::Malformed, message)
                .hint("add the cables of their ends (dcim/cables)")
                .left_out(),
        );
    }
}

/// Adds a circuit's link; else where it is described, or nothing when it is not to be one.
fn add_circuit(cid: &str, circuit: Circuit, draft: &mut Draft) -> Result<(), Option<Place>> {
    let Circuit { record, mut ends } = circuit;
    if record.as_ref().is_some_and(|record| !record.in_service) {
        return Err(None);
    }
    ends.sort_by(|a, b| (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)));
    let mut ends = ends.into_iter();
    let (a, b) = match (ends.next(), ends.next()) {
        (Some(a), Some(b)) => (a, b),
        (end, _) => return Err(record.map(|record| record.place).or(end.map(|end| end.3))),
    };
    let place = record.as_ref().map_or(a.3.clone(), |record| record.place.clone());
    for end in [&a, &b] {
        draft.refer(Target::Device, &end.1, || end.3.clone(), ("circuit", cid));
    }
    draft.add_link(Link {
        name: cid.to_owned(),
        a_device: a.1,
        a_interface: a.2,
        b_device: b.1,
        b_interface: b.2,
        medium: Some("circuit".to_owned()),
        capacity_mbps: record.as_ref().and_then(|record| record.capacity_mbps),
        ducts: record.as_ref().and_then(|record| record.ducts.clone()),
        operator: record.and_then(|record| record.operator),
        source: Source { file: place.file, line: place.line },
    });
    Ok(())
}

/// Gives each site that states no country the one of the nearest region around it that states one.
fn countries(regions: &BTreeMap<String, Region>, draft: &mut Draft) {
    if regions.is_empty() {
        return;
    }
    for site in draft.model.sites.iter_mut().filter(|site| site.country.is_none()) {
        let mut name = site.region.clone();
        let mut passed = BTreeSet::new();
        while let Some(region) = name.as_ref().and_then(|name| regions.get(name)) {
            if !passed.insert(name.clone()) {
                break;
            }
            if let Some(country) = &region.country {
                site.country = Some(country.clone());
                draft.model.value_sources.push(ValueSource {
                    kind: "sites".to_owned(),
                    record: site.name.clone(),
                    field: "country".to_owned(),
                    source: region.source.clone(),
                });
                break;
            }
            name = region.parent.clone();
        }
    }
}
