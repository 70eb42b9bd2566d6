//! NetBox's device types, as its table export and its import form write them, with Banbury's custom fields.
//!
//! A device that names its type and no manufacturer has its type's; so has one whose end of support or cost is not
//! stated. Wrong when: two manufacturers have a model of one name; then nothing is taken over, and that is told. Misses:
//! heights, ports, weights. Source: NetBox, `netbox/dcim/tables/devicetypes.py`, `forms/bulk_import.py`.

use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::DeviceType;

/// NetBox's table of device types.
pub(super) struct NetboxDeviceTypes;

pub(super) const DESCRIPTION: Description = Description {
    name: "netbox-device-types",
    table: "device_types",
    title: "NetBox's table of device types",
    columns: &[
        Column {
            name: "model",
            others: &["device_type"],
            required: true,
            holds: "the model, as devices name their type",
        },
        Column {
            name: "manufacturer",
            others: &["manufacturer_name"],
            required: true,
            holds: "manufacturer",
        },
        Column { name: "part_number", others: &[], required: false, holds: "part number" },
        Column {
            name: "support_end",
            others: &["cf_support_end", "end_of_support"],
            required: false,
            holds: "custom field: last day of its maker's support, YYYY-MM-DD",
        },
        Column {
            name: "production",
            others: &["cf_production", "country_of_production"],
            required: false,
            holds: "custom field: country in which it is produced",
        },
        Column {
            name: "cost",
            others: &["cf_cost"],
            required: false,
            holds: "custom field: what one costs, in whole units of the case's currency",
        },
    ],
    marks: &[],
    foreign: &["name", "role", "site"],
    closed: false,
    limits: &[
        "a model is told by its name alone where devices do not state a manufacturer",
        "heights, ports, weights and images are not read",
    ],
    source: "NetBox 3 and 4: netbox/dcim/tables/devicetypes.py, netbox/dcim/forms/bulk_import.py",
};

impl Table for NetboxDeviceTypes {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let device_type = DeviceType {
        model: row.required("model")?,
        manufacturer: Some(row.required("manufacturer")?),
        part_number: row.text("part_number"),
        support_end: row.date("support_end"),
        production: row.text("production"),
        cost: row.number("cost"),
        source: row.source(),
    };
    draft.add(device_type, &row.place("model")).map_err(|problem| row.problem(problem)).ok()
}
