//! The inputs, one file each.

mod attestations;
mod contracts;
mod demands;
mod designations;
mod functions;
mod graphml;
mod interceptions;
mod netbox_cables;
mod netbox_device_types;
mod netbox_devices;
mod netbox_interfaces;
mod reviews;
mod segments;
mod sites;
mod vendors;

use crate::table::Table;

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
    &attestations::Attestations,
    &graphml::Graphml,
];
