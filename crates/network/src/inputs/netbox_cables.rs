//! NetBox's cables, as its table export and its import form write them.
//!
//! Headings are the table's labels (`Label`, `Device A`, `Termination A`, ...) or the form's names (`side_a_device`,
//! `side_a_name`, ...). The export's first view lacks `Device A` and `Device B`: they have to be added to the table
//! before it is exported, and a table without them is told so. Wrong when: cables run over patch panels, for a panel
//! is a device and joins all its cables. Misses: circuits, wireless links and virtual circuits, which are other
//! exports. Source: NetBox, `netbox/dcim/tables/cables.py`, `forms/bulk_import.py`.

use crate::diagnostic::{Kind, Place};
use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::{DUCTS_BETWEEN, Link};
use std::collections::BTreeSet;

/// NetBox's table of cables.
pub(super) struct NetboxCables;

const fn column(name: &'static str, others: &'static [&'static str], holds: &'static str) -> Column {
    Column { name, others, required: false, holds }
}

pub(super) const DESCRIPTION: Description = Description {
    name: "netbox-cables",
    table: "cables",
    title: "NetBox's table of cables",
    columns: &[
        column("label", &["name"], "name of the cable; made from its ends when empty"),
        Column {
            name: "device_a",
            others: &["side_a_device", "a_device"],
            required: true,
            holds: "one end's device",
        },
        column("termination_a", &["side_a_name", "a_interface"], "one end's interface"),
        column("side_a_type", &[], "what one end is, such as dcim.interface"),
        Column {
            name: "device_b",
            others: &["side_b_device", "b_device"],
            required: true,
            holds: "the other end's device",
        },
        column("termination_b", &["side_b_name", "b_interface"], "the other end's interface"),
        column("side_b_type", &[], "what the other end is"),
        column("type", &["cable_type", "medium"], "medium"),
        column("status", &[], "connected, planned or decommissioning"),
        column(
            "capacity_mbps",
            &["cf_capacity_mbps", "capacity_mbit_s", "capacity"],
            "custom field: capacity in whole Mbit/s",
        ),
        column("operator", &["cf_operator"], "custom field: who operates the circuit"),
        column(
            "ducts",
            &["cf_ducts", "duct"],
            "custom field: ducts that it runs through, separated by semicolons",
        ),
    ],
    marks: &[],
    foreign: &["scope_kind"],
    closed: false,
    limits: &[
        "a patch panel is read as a device that joins all its cables; trace through panels before the export",
        "cables for power and console, and planned cables, are no links; one warning says how many",
        "a cable with several devices at one end is read as a link for each pair of devices, without interfaces",
        "circuits, wireless links and virtual circuits are other exports and not read",
        "device names with a comma are not read rightly: the export separates devices with it",
    ],
    source: "NetBox 3 and 4: netbox/dcim/tables/cables.py, netbox/dcim/forms/bulk_import.py",
};

impl Table for NetboxCables {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn fit(&self, name: &str, head: &crate::table::Head) -> u32 {
        // The export's first view: recognised, so that the missing columns can be told.
        let bare = ["termination_a", "termination_b"];
        let is_bare = bare.iter().all(|name| head.headings.iter().any(|heading| heading == name));
        crate::table::fit_columns(&DESCRIPTION, name, head).max(u32::from(is_bare))
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        let mut idle = Idle::default();
        rows::read(input, &DESCRIPTION, draft, |row, draft| take(row, draft, &mut idle));
        idle.tell(&input.name, draft);
    }
}

/// Cables that carry no traffic.
#[derive(Default)]
pub(super) struct Idle {
    planned: u64,
    power_or_console: u64,
}

impl Idle {
    /// Whether the row's cable carries no traffic; it is counted then.
    pub fn takes(&mut self, row: &mut Row<'_>) -> bool {
        if row.text("status").is_some_and(|status| status.eq_ignore_ascii_case("planned")) {
            self.planned += 1;
            return true;
        }
        let no_traffic =
            |end: Option<String>| end.is_some_and(|end| end.contains("power") || end.contains("console"));
        let idle = no_traffic(row.text("side_a_type"))
            || no_traffic(row.text("side_b_type"))
            || row.text("type").is_some_and(|label| medium(&label) == "power");
        self.power_or_console += u64::from(idle);
        idle
    }

    pub fn tell(&self, file: &str, draft: &mut Draft) {
        let mut tell = |count, what| {
            if count > 0 {
                let message = format!("cables that are no links, for they {what}: {count}");
                draft.problem(Place::file(file).warning(Kind::Remark, message));
            }
        };
        tell(self.planned, "are planned");
        tell(self.power_or_console, "carry power or a console");
    }
}

fn take(row: &mut Row<'_>, draft: &mut Draft, idle: &mut Idle) -> Option<()> {
    if idle.takes(row) {
        return Some(());
    }
    let (a_devices, b_devices) = (devices(row, "device_a")?, devices(row, "device_b")?);
    join(row, [a_devices, b_devices], draft)
}

/// Adds a link for each pair of devices that the row's cable joins.
pub(super) fn join(
    row: &mut Row<'_>,
    [a_devices, b_devices]: [BTreeSet<String>; 2],
    draft: &mut Draft,
) -> Option<()> {
    let medium = row.text("type").map(|label| medium(&label));
    if a_devices.len() * b_devices.len() > MOST_PAIRS {
        let message = format!("the cable joins {} devices to {}", a_devices.len(), b_devices.len());
        let hint = format!("a cable joins at most {MOST_PAIRS} pairs of devices; write one cable a row");
        row.problem(row.place("device_b").error(Kind::Malformed, message).hint(hint).left_out());
        return None;
    }
    let name = row.text("label").unwrap_or_default();
    let single = a_devices.len() == 1 && b_devices.len() == 1;
    let (a_interface, b_interface) = (row.text("termination_a"), row.text("termination_b"));
    let capacity_mbps = row.number("capacity_mbps");
    let operator = row.text("operator");
    let ducts = ducts(row);
    for (column, ends) in [("device_a", &a_devices), ("device_b", &b_devices)] {
        ends.iter()
            .for_each(|device| draft.refer(Target::Device, device, || row.place(column), ("cable", &name)));
    }
    for a_device in &a_devices {
        for b_device in &b_devices {
            draft.add_link(Link {
                name: name.clone(),
                a_device: a_device.clone(),
                a_interface: a_interface.clone().filter(|_| single),
                b_device: b_device.clone(),
                b_interface: b_interface.clone().filter(|_| single),
                medium: medium.clone(),
                capacity_mbps,
                operator: operator.clone(),
                ducts: ducts.clone(),
                source: row.source(),
            });
        }
    }
    Some(())
}

/// The ducts that the row names, each once, as the model writes them.
pub(super) fn ducts(row: &mut Row<'_>) -> Option<String> {
    let text = row.text("ducts")?;
    let mut all: Vec<&str> = Vec::new();
    for duct in text.split(';').map(str::trim).filter(|duct| !duct.is_empty()) {
        if !all.contains(&duct) {
            all.push(duct);
        }
    }
    (!all.is_empty()).then(|| all.join(DUCTS_BETWEEN))
}

/// The pairs of devices that one cable can join; no break-out cable has more, and a hostile cell makes no flood.
const MOST_PAIRS: usize = 64;

/// The devices at one end, each once; without one the cable is left out.
fn devices(row: &mut Row<'_>, column: &str) -> Option<BTreeSet<String>> {
    let text = row.text(column).unwrap_or_default();
    let devices: BTreeSet<String> =
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if devices.is_empty() {
        let problem = row.place(column).warning(Kind::Malformed, format!("the cable has no {column}"));
        let hint =
            "an end at a circuit or power feed is no device; name the device at the far end to have a link";
        row.problem(problem.hint(hint).left_out());
        return None;
    }
    Some(devices)
}

/// NetBox's own value for a cable type that is written by its label.
pub(super) fn medium(label: &str) -> String {
    let lower = label.to_lowercase();
    let known = [
        ("singlemode fiber (", "smf-"),
        ("multimode fiber (", "mmf-"),
        ("singlemode fiber", "smf"),
        ("multimode fiber", "mmf"),
        ("single-mode fiber", "smf"),
        ("multi-mode fiber", "mmf"),
    ];
    match known.iter().find_map(|(start, value)| lower.strip_prefix(start).map(|rest| (value, rest))) {
        Some((value, rest)) => format!("{value}{}", rest.trim().trim_end_matches(')')),
        None => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_media_become_values() {
        assert_eq!(medium("Singlemode Fiber (OS2)"), "smf-os2");
        assert_eq!(medium("Multimode Fiber"), "mmf");
        assert_eq!(medium("smf"), "smf");
        assert_eq!(medium("CAT6"), "cat6");
    }
}
