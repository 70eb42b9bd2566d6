//! NetBox's interfaces, as its table export and its import form write them.
//!
//! An interface with several addresses has a record for each. Wrong when: the addresses are exported from another
//! table, as NetBox keeps them apart; then the interfaces stand here without. Misses: VLANs, tunnels, wireless. Source:
//! NetBox, `netbox/dcim/tables/devices.py`, `forms/bulk_import.py`.

use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Interface;
use std::net::IpAddr;

/// NetBox's table of interfaces.
pub(super) struct NetboxInterfaces;

pub(super) const DESCRIPTION: Description = Description {
    name: "netbox-interfaces",
    table: "interfaces",
    title: "NetBox's table of interfaces",
    columns: &[
        Column { name: "device", others: &["device_name"], required: true, holds: "device" },
        Column {
            name: "name",
            others: &["interface"],
            required: true,
            holds: "name of the interface, unique on its device",
        },
        Column {
            name: "type",
            others: &["kind"],
            required: false,
            holds: "kind, such as 1000base-t or virtual",
        },
        Column { name: "enabled", others: &[], required: false, holds: "yes or no" },
        Column {
            name: "ip_addresses",
            others: &["address", "ip_address"],
            required: false,
            holds: "addresses with the length of their prefix, separated by commas",
        },
        Column {
            name: "vrf",
            others: &["management_segment", "segment"],
            required: false,
            holds: "segment of the management plane",
        },
    ],
    marks: &["type", "enabled", "ip_addresses"],
    foreign: &["scope_kind", "function", "part", "side_a_device", "device_a", "manufacturer"],
    closed: false,
    limits: &[
        "VLANs, tunnels and wireless are not read",
        "addresses that NetBox exports as a table of their own are not joined",
    ],
    source: "NetBox 3 and 4: netbox/dcim/tables/devices.py, netbox/dcim/forms/bulk_import.py",
};

impl Table for NetboxInterfaces {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

/// The addresses that one cell may hold; no interface has more, and a hostile cell makes no flood.
const MOST_ADDRESSES: usize = 64;

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let addresses = row.text("ip_addresses").unwrap_or_default();
    let addresses = addresses.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    add(row, addresses.collect(), draft)
}

/// Adds the row's interface with its addresses.
pub(super) fn add(row: &mut Row<'_>, mut addresses: Vec<String>, draft: &mut Draft) -> Option<()> {
    let (device, name) = (row.required("device")?, row.required("name")?);
    draft.refer(Target::Device, &device, || row.place("device"), ("interface", &name));
    if addresses.len() > MOST_ADDRESSES {
        let message =
            format!("the interface has {} addresses; the first {MOST_ADDRESSES} are read", addresses.len());
        row.problem(row.place("ip_addresses").error(Kind::Malformed, message));
        addresses.truncate(MOST_ADDRESSES);
    }
    let interface = Interface {
        device,
        name,
        kind: row.text("type").map(|kind| kind.to_lowercase()),
        address: None,
        segment: row.text("vrf"),
        enabled: row.flag("enabled"),
        source: row.source(),
    };
    let mut all: Vec<Option<String>> = Vec::new();
    for address in addresses {
        match network(&address) {
            Some(address) => all.push(Some(address)),
            None => {
                let message = format!("{} is no address; it is not read", quote(&address));
                let problem = row.place("ip_addresses").error(Kind::Malformed, message);
                row.problem(
                    problem.hint("write an IPv4 or IPv6 address, with or without the length of its prefix"),
                );
            }
        }
    }
    if all.is_empty() {
        all.push(None);
    }
    let place = row.place("name");
    for address in all {
        draft
            .add(Interface { address, ..interface.clone() }, &place)
            .map_err(|problem| row.problem(problem))
            .ok()?;
    }
    Some(())
}

/// An address in its canonical form, with the length of its prefix where it is stated.
pub(super) fn network(text: &str) -> Option<String> {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let Some(length) = length else { return Some(address.to_string()) };
    let length: u8 = length.parse().ok()?;
    (length <= if address.is_ipv4() { 32 } else { 128 }).then(|| format!("{address}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn addresses_are_written_in_one_way() {
        assert_eq!(network("2001:DB8::1/064").as_deref(), Some("2001:db8::1/64"));
        assert_eq!(network("192.0.2.1").as_deref(), Some("192.0.2.1"));
        for bad in ["192.0.2.1/33", "192.0.2.256", "::1/129", "eth0", "192.0.2.1/", ""] {
            assert_eq!(network(bad), None, "{bad}");
        }
    }
}
