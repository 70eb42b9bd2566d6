//! The kinds of records that NetBox's API has and the model takes, with where each value stands in them.

use crate::table::{Column, Description};
use crate::tree::Node;

/// A kind of record.
pub(crate) struct Kind {
    /// The endpoints that serve it, without `/api/`.
    pub endpoints: &'static [&'static str],
    /// What it is, and where its values stand: each column's `others` are paths in the record.
    pub description: Description,
    /// What tells such a record where it does not say its own address: one of the sets of keys, all of it.
    pub told_by: &'static [&'static [&'static str]],
}

const SOURCE: &str = "NetBox 3 and 4: docs/integrations/rest-api.md, netbox/{dcim,circuits,ipam}/api/serializers; \
                      Nautobot 1 and 2: docs/user-guide/platform-functionality/rest-api";

const fn column(name: &'static str, others: &'static [&'static str], holds: &'static str) -> Column {
    Column { name, others, required: false, holds }
}

const fn needed(name: &'static str, others: &'static [&'static str], holds: &'static str) -> Column {
    Column { name, others, required: true, holds }
}

const fn description(
    name: &'static str,
    table: &'static str,
    title: &'static str,
    columns: &'static [Column],
    limits: &'static [&'static str],
) -> Description {
    Description {
        name,
        table,
        title,
        columns,
        marks: &[],
        foreign: &[],
        closed: false,
        limits,
        source: SOURCE,
    }
}

/// Sites; in Nautobot 2 the locations.
pub(super) static SITES: Kind = Kind {
    endpoints: &["dcim/sites", "dcim/locations"],
    told_by: &[
        &["name", "slug", "facility"],
        &["name", "slug", "physical_address"],
        &["name", "slug", "time_zone"],
        &["name", "location_type"],
    ],
    description: description(
        "netbox-json-sites",
        "sites",
        "NetBox's API: sites, or Nautobot's locations",
        &[
            needed("name", &[], "the site, as devices name it"),
            column("region", &["parent"], "region; for a location of Nautobot the one it stands in"),
            column("country", &["custom_fields.country"], "custom field: country in which it stands"),
            column("sensitive", &["custom_fields.sensitive"], "custom field: true or false"),
            column(
                "subscribers",
                &["custom_fields.subscribers"],
                "custom field: whole number of subscribers",
            ),
            column(
                "power",
                &["custom_fields.power_region"],
                "custom field: power region from which the site is fed",
            ),
            column("latitude", &[], "degrees north"),
            column("longitude", &[], "degrees east"),
        ],
        &[
            "a site's region is the nearest one; of the regions above it only their custom field country is taken over",
            "NetBox's own locations (rooms and floors of a site) are not read",
            "power panels and power feeds are not read: which of them go dark together, the custom field says",
            "every location of Nautobot is a site of its own, whatever its type",
        ],
    ),
};

/// Regions.
pub(super) static REGIONS: Kind = Kind {
    endpoints: &["dcim/regions"],
    told_by: &[&["name", "slug", "parent", "site_count", "_depth"]],
    description: description(
        "netbox-json-regions",
        "regions",
        "NetBox's API: regions",
        &[
            needed("name", &[], "the region, as sites name it"),
            column("parent", &[], "the region in which it lies"),
            column(
                "country",
                &["custom_fields.country"],
                "custom field: country; for each site in the region, or in one within it, that states none",
            ),
        ],
        &["the model has no regions of its own: only their countries reach the sites"],
    ),
};

/// Manufacturers.
pub(super) static MANUFACTURERS: Kind = Kind {
    endpoints: &["dcim/manufacturers"],
    told_by: &[&["name", "slug", "devicetype_count"], &["name", "device_type_count"]],
    description: description(
        "netbox-json-manufacturers",
        "vendors",
        "NetBox's API: manufacturers",
        &[
            needed("name", &[], "the vendor, as devices name their manufacturer"),
            column(
                "jurisdiction",
                &["custom_fields.jurisdiction"],
                "custom field: country whose law binds the vendor",
            ),
            column(
                "control",
                &["custom_fields.control", "custom_fields.owner"],
                "custom field: who controls it",
            ),
            column("production", &["custom_fields.production"], "custom field: country in which it produces"),
            column("stated", &["custom_fields.stated"], "custom field: day on which the source stated this"),
            column("citation", &["custom_fields.citation"], "custom field: the document that says so"),
        ],
        &["a manufacturer of whom no custom field says anything is a name and no vendor of the model"],
    ),
};

/// Device types.
pub(super) static DEVICE_TYPES: Kind = Kind {
    endpoints: &["dcim/device-types"],
    told_by: &[&["model", "manufacturer", "u_height"], &["model", "manufacturer", "slug"]],
    description: description(
        "netbox-json-device-types",
        "device_types",
        "NetBox's API: device types",
        &[
            needed("model", &[], "the model, as devices name their type"),
            needed("manufacturer", &[], "manufacturer"),
            column("part_number", &[], "part number"),
            column(
                "support_end",
                &["custom_fields.support_end", "custom_fields.end_of_support"],
                "custom field: last day of its maker's support, YYYY-MM-DD",
            ),
            column(
                "production",
                &["custom_fields.production"],
                "custom field: country in which it is produced",
            ),
            column(
                "cost",
                &["custom_fields.cost"],
                "custom field: what one costs, whole units of the case's currency",
            ),
        ],
        &["a model is told by its name alone where devices do not state a manufacturer"],
    ),
};

/// Devices.
pub(super) static DEVICES: Kind = Kind {
    endpoints: &["dcim/devices"],
    told_by: &[
        &["name", "device_type", "role"],
        &["name", "device_type", "device_role"],
        &["name", "device_type", "site"],
    ],
    description: description(
        "netbox-json-devices",
        "devices",
        "NetBox's API: devices",
        &[
            needed("name", &[], "the device; unique"),
            column(
                "status",
                &["status.name", "status.display"],
                "life-cycle state, such as active or planned",
            ),
            column("site", &["location"], "site; Nautobot 2 has locations"),
            column("role", &["device_role"], "role"),
            column("manufacturer", &["device_type.manufacturer"], "manufacturer of its type"),
            column("device_type", &[], "device type: the product"),
            column("platform", &[], "operating software"),
            column(
                "software_version",
                &["custom_fields.software_version", "custom_fields.sw_version", "software_version.version"],
                "custom field (Nautobot 2: software version): version of the operating software",
            ),
            column(
                "image",
                &["custom_fields.image"],
                "custom field: the image it runs, as SHA-256 or file name",
            ),
            column(
                "management_segment",
                &["custom_fields.management_segment"],
                "custom field: management-plane segment",
            ),
            column(
                "address",
                &["primary_ip.address", "primary_ip4.address", "primary_ip6.address"],
                "primary address",
            ),
            column(
                "power",
                &["custom_fields.power_region"],
                "custom field: power region from which it is fed, where that is not its site's",
            ),
            column(
                "installed",
                &["custom_fields.installed"],
                "custom field: day of installation, YYYY-MM-DD",
            ),
            column(
                "support_end",
                &["custom_fields.support_end", "custom_fields.end_of_support"],
                "custom field: last day of its maker's support, YYYY-MM-DD",
            ),
            column(
                "replacement_cost",
                &["custom_fields.replacement_cost", "custom_fields.cost"],
                "custom field: what its replacement costs, whole units of the case's currency",
            ),
        ],
        &[
            "names have to be unique over all sites; a device without a name is left out",
            "racks, positions, serial numbers, tags and config contexts are not read",
            "the members of a virtual chassis are devices of their own; virtual machines are not read",
        ],
    ),
};

/// Addresses.
pub(super) static ADDRESSES: Kind = Kind {
    endpoints: &["ipam/ip-addresses"],
    told_by: &[&["address", "assigned_object_type"], &["address", "family"], &["address", "ip_version"]],
    description: description(
        "netbox-json-ip-addresses",
        "addresses",
        "NetBox's API: IP addresses",
        &[
            needed("address", &[], "address with the length of its prefix"),
            column("device", &["assigned_object.device", "interfaces.0.device"], "the device that has it"),
            column("interface", &["assigned_object", "interfaces.0"], "the interface that has it"),
        ],
        &[
            "addresses that stand on no interface of a device are counted and not read",
            "of several interfaces that share an address in Nautobot 2 the first is read",
            "VRFs, tenants, DNS names and NAT are not read",
        ],
    ),
};

/// Interfaces.
pub(super) static INTERFACES: Kind = Kind {
    endpoints: &["dcim/interfaces"],
    told_by: &[&["device", "name", "enabled"], &["device", "name", "mgmt_only"]],
    description: description(
        "netbox-json-interfaces",
        "interfaces",
        "NetBox's API: interfaces",
        &[
            needed("device", &[], "device"),
            needed("name", &[], "name of the interface, unique on its device"),
            column("type", &[], "kind, such as 1000base-t or virtual"),
            column("enabled", &[], "true or false"),
            column("ip_addresses", &["ip_addresses.0.address"], "Nautobot 2: its addresses"),
            column(
                "vrf",
                &["custom_fields.management_segment"],
                "segment of the management plane: its VRF or the custom field",
            ),
        ],
        &[
            "addresses come from the pages of ipam/ip-addresses, or in Nautobot 2 from the interface",
            "VLANs, tunnels, wireless and the interfaces of virtual machines are not read",
        ],
    ),
};

/// Cables.
pub(super) static CABLES: Kind = Kind {
    endpoints: &["dcim/cables"],
    told_by: &[&["a_terminations"], &["termination_a_type"]],
    description: description(
        "netbox-json-cables",
        "cables",
        "NetBox's API: cables",
        &[
            column("label", &[], "name of the cable; made from its ends when empty"),
            needed(
                "device_a",
                &["a_terminations.0.object.device", "termination_a.device"],
                "one end's device",
            ),
            column("termination_a", &["a_terminations.0.object"], "one end's interface"),
            column("side_a_type", &["a_terminations.0.object_type", "termination_a_type"], "what one end is"),
            needed(
                "device_b",
                &["b_terminations.0.object.device", "termination_b.device"],
                "the other end's device",
            ),
            column("termination_b", &["b_terminations.0.object"], "the other end's interface"),
            column(
                "side_b_type",
                &["b_terminations.0.object_type", "termination_b_type"],
                "what the other end is",
            ),
            column("type", &[], "medium"),
            column("status", &["status.name", "status.display"], "connected, planned or decommissioning"),
            column(
                "capacity_mbps",
                &["custom_fields.capacity_mbps"],
                "custom field: capacity in whole Mbit/s",
            ),
            column("operator", &["custom_fields.operator"], "custom field: who operates the line"),
            column(
                "ducts",
                &["custom_fields.ducts", "custom_fields.duct"],
                "custom field: ducts that it runs through: a selection of several, or a text with semicolons",
            ),
        ],
        &[
            "a patch panel is read as a device that joins all its cables",
            "cables for power and console, and planned cables, are no links; one warning says how many",
            "a cable with several devices at one end is a link for each pair of devices, without interfaces",
            "wireless links, virtual circuits and tunnels are not read",
        ],
    ),
};

/// Circuits.
pub(super) static CIRCUITS: Kind = Kind {
    endpoints: &["circuits/circuits"],
    told_by: &[&["cid", "provider"]],
    description: description(
        "netbox-json-circuits",
        "circuits",
        "NetBox's API: circuits",
        &[
            needed("cid", &[], "the circuit's name"),
            column("operator", &["custom_fields.operator", "provider"], "who operates it: its provider"),
            column("status", &["status.name", "status.display"], "active, planned, ..."),
            column(
                "capacity_mbps",
                &["custom_fields.capacity_mbps"],
                "custom field: capacity in whole Mbit/s",
            ),
            column(
                "ducts",
                &["custom_fields.ducts", "custom_fields.duct"],
                "custom field: ducts that it runs through: a selection of several, or a text with semicolons",
            ),
            column(
                "commit_rate",
                &["termination_a.port_speed", "termination_z.port_speed", "circuit_termination_a.port_speed"],
                "otherwise: its rate, or the speed of its end, in kbit/s",
            ),
        ],
        &[
            "a circuit is a link when cables lead from both its ends to devices; one warning says which are none",
            "planned, provisioning and decommissioned circuits are no links",
            "a circuit of several operators is its provider's alone",
        ],
    ),
};

/// Every kind, in the order in which a record without an address is tried.
pub(crate) static KINDS: &[&Kind] =
    &[&CABLES, &CIRCUITS, &DEVICES, &DEVICE_TYPES, &ADDRESSES, &INTERFACES, &MANUFACTURERS, &REGIONS, &SITES];

/// What a record is.
pub(super) enum Told {
    Kind(&'static Kind),
    /// Of an endpoint that the model takes nothing from.
    Endpoint(String),
    /// No record: what `banbury fetch` writes before the pages of an endpoint.
    Header(Option<&'static Kind>),
    Unknown,
}

/// Tells what a record is: by its own address, else by its keys.
pub(super) fn tell(record: &Node<'_>) -> Told {
    if let Some(endpoint) = record.get("url").and_then(Node::text).as_deref().and_then(endpoint) {
        let kind = KINDS.iter().find(|kind| kind.endpoints.contains(&endpoint));
        // NetBox's own locations are parts of a site.
        let room = endpoint == "dcim/locations" && record.get("location_type").is_none();
        return match kind {
            Some(kind) if !room => Told::Kind(kind),
            _ => Told::Endpoint(endpoint.to_owned()),
        };
    }
    if let (Some(endpoint), Some(_)) = (record.get("endpoint").and_then(Node::text), record.get("server")) {
        return Told::Header(KINDS.iter().find(|kind| kind.endpoints.contains(&endpoint.as_ref())).copied());
    }
    let has = |key: &&str| record.members().iter().any(|member| member.key.as_ref() == key.as_bytes());
    let kind = KINDS.iter().find(|kind| kind.told_by.iter().any(|keys| keys.iter().all(has)));
    kind.map_or(Told::Unknown, |kind| Told::Kind(kind))
}

/// The parts of NetBox's and Nautobot's APIs; another server's `/api/` is none of theirs.
const APPS: &[&str] = &[
    "circuits",
    "cloud",
    "core",
    "dcim",
    "extras",
    "ipam",
    "plugins",
    "tenancy",
    "users",
    "virtualization",
    "vpn",
    "wireless",
];

/// The endpoint in an address such as `https://netbox.example/api/dcim/devices/7/`: `dcim/devices`.
pub(super) fn endpoint(url: &str) -> Option<&str> {
    let path = url.split_once("/api/")?.1;
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    let endpoint = path.get(..end)?.split('?').next()?;
    APPS.contains(&endpoint.split_once('/')?.0).then_some(endpoint)
}

/// What an object's address says of it alone: `dcim/devices/7`.
pub(super) fn object(url: &str) -> Option<&str> {
    let path = url.split_once("/api/")?.1.split('?').next()?.trim_end_matches('/');
    (path.matches('/').count() == 2).then_some(path)
}
