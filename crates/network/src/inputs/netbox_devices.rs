//! NetBox's devices, as its table export and its import form write them.
//!
//! Headings are the table's labels (`Name`, `Role`, `Type`, ...) or the form's names (`name`, `role`, `device_type`,
//! ...); custom fields stand as `cf_` and their name, or under their label. Wrong when: devices without a name are
//! exported under the name of their type. Misses: what NetBox keeps outside the devices' table (interfaces, modules,
//! inventory items, virtual machines). Source: NetBox, `netbox/dcim/tables/devices.py`, `forms/bulk_import.py`.

use super::netbox_interfaces;
use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Device;

/// NetBox's table of devices.
pub(super) struct NetboxDevices;

const fn column(name: &'static str, others: &'static [&'static str], holds: &'static str) -> Column {
    Column { name, others, required: false, holds }
}

pub(super) const DESCRIPTION: Description = Description {
    name: "netbox-devices",
    table: "devices",
    title: "NetBox's table of devices",
    columns: &[
        Column { name: "name", others: &["device_name"], required: true, holds: "the device; unique" },
        column("status", &[], "life-cycle state, such as active or planned"),
        column("site", &["site_name"], "site"),
        column("role", &["device_role", "device_role_name", "role_name"], "role"),
        column("manufacturer", &["manufacturer_name", "device_type_manufacturer"], "manufacturer"),
        column("device_type", &["type", "device_type_model", "model"], "device type: the product"),
        column("platform", &["platform_name"], "operating software"),
        column(
            "software_version",
            &["cf_software_version", "cf_sw_version", "sw_version"],
            "custom field: version of the operating software",
        ),
        column(
            "image",
            &["cf_image"],
            "custom field: the image it runs, as SHA-256 or file name in the case",
        ),
        column("management_segment", &["cf_management_segment"], "custom field: management-plane segment"),
        column("address", &["ip_address", "primary_ip4", "primary_ip6", "primary_ip"], "primary address"),
        column(
            "power",
            &["power_region", "cf_power_region"],
            "custom field: power region from which it is fed, where that is not its site's",
        ),
        column("installed", &["cf_installed"], "custom field: day of installation, YYYY-MM-DD"),
        column(
            "support_end",
            &["cf_support_end", "end_of_support"],
            "custom field: last day of its maker's support, YYYY-MM-DD",
        ),
        column(
            "replacement_cost",
            &["cf_replacement_cost", "cost"],
            "custom field: what its replacement costs, in whole units of the case's currency",
        ),
    ],
    marks: &["role", "manufacturer", "device_type", "status", "site"],
    // Racks, virtual machines, and everything that has a device or a slug are other tables of NetBox.
    foreign: &["device", "slug", "facility_id", "u_height", "vcpus", "memory", "scope_kind", "side_a_device"],
    closed: false,
    limits: &[
        "names have to be unique over all sites, where NetBox asks for it within one site and tenant",
        "racks, positions, serial numbers and tags are not read; of addresses the primary one",
        "modules, inventory items and virtual machines are other exports and not read",
        "the members of a virtual chassis are devices of their own",
    ],
    source: "NetBox 3 and 4: netbox/dcim/tables/devices.py, netbox/dcim/forms/bulk_import.py",
};

impl Table for NetboxDevices {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let Some(name) = row.text("name") else {
        let problem = row.place("name").error(Kind::Malformed, "the device has no name");
        row.problem(
            problem.hint("give it one in the inventory: everything else refers to it by name").left_out(),
        );
        return None;
    };
    let device = Device {
        site: row.text("site"),
        role: row.text("role"),
        manufacturer: row.text("manufacturer"),
        device_type: row.text("device_type"),
        platform: row.text("platform"),
        software: row.text("software_version"),
        image: row.text("image"),
        segment: row.text("management_segment"),
        address: address(row),
        power: row.text("power"),
        status: row.text("status").map(|status| status.to_lowercase()),
        installed: row.date("installed"),
        support_end: row.date("support_end"),
        cost: row.number("replacement_cost"),
        source: row.source(),
        name,
    };
    if let (Some(installed), Some(end)) = (&device.installed, &device.support_end)
        && installed > end
    {
        let message = format!("its support ended on {end}, before it was installed on {installed}");
        row.problem(row.place("support_end").warning(Kind::Remark, message));
    }
    if let Some(site) = &device.site {
        draft.refer(Target::Site, site, || row.place("site"), ("device", &device.name));
    }
    draft.add(device, &row.place("name")).map_err(|problem| row.problem(problem)).ok()
}

/// The primary address; one that is none is told and taken as not stated.
fn address(row: &mut Row<'_>) -> Option<String> {
    let text = row.text("address")?;
    let read = netbox_interfaces::network(&text);
    if read.is_none() {
        let problem = row
            .place("address")
            .error(Kind::Malformed, format!("{} is no address; taken as not stated", quote(&text)));
        row.problem(problem.hint("write it as 192.0.2.1/24 or 2001:db8::1/64"));
    }
    read
}
