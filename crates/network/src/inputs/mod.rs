//! The inputs, one file each.

mod attestations;
mod contracts;
mod demands;
mod designations;
mod exchanges;
mod functions;
mod graphml;
mod interceptions;
mod model_file;
mod netbox_cables;
mod netbox_device_types;
mod netbox_devices;
mod netbox_interfaces;
mod netbox_json;
mod prefixes;
mod reviews;
mod segments;
mod sites;
mod sndlib;
mod vendors;

use crate::table::Table;

pub use model_file::{Section, sections};
pub(crate) use netbox_json::{Inventory, finish, note_names};

/// Every input, in the order in which they are tried; of two that fit equally well the first is taken.
pub const INPUTS: &[&dyn Table] = &[
    &netbox_devices::NetboxDevices,
    &netbox_device_types::NetboxDeviceTypes,
    &netbox_interfaces::NetboxInterfaces,
    &netbox_cables::NetboxCables,
    &sites::Sites,
    &functions::Functions,
    &vendors::Vendors,
    &designations::Designations,
    &contracts::Contracts,
    &interceptions::Interceptions,
    &reviews::Reviews,
    &demands::Demands,
    &segments::Segments,
    &prefixes::Prefixes,
    &exchanges::Exchanges,
    &attestations::Attestations,
    &graphml::Graphml,
    &sndlib::NATIVE,
    &sndlib::XML,
    &model_file::JSON,
    &model_file::YAML,
    &netbox_json::SITES,
    &netbox_json::REGIONS,
    &netbox_json::MANUFACTURERS,
    &netbox_json::DEVICE_TYPES,
    &netbox_json::DEVICES,
    &netbox_json::ADDRESSES,
    &netbox_json::INTERFACES,
    &netbox_json::CABLES,
    &netbox_json::CIRCUITS,
];
