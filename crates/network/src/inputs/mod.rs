//! The inputs, one file each.

mod contracts;
mod designations;
mod functions;
mod graphml;
mod interceptions;
mod netbox_cables;
mod netbox_devices;
mod reviews;
mod sites;
mod vendors;

use crate::table::Table;

/// Every input, in the order in which they are tried; of two that fit equally well the first is taken.
pub const INPUTS: &[&dyn Table] = &[
    &netbox_devices::NetboxDevices,
    &netbox_cables::NetboxCables,
    &sites::Sites,
    &functions::Functions,
    &vendors::Vendors,
    &designations::Designations,
    &contracts::Contracts,
    &interceptions::Interceptions,
    &reviews::Reviews,
    &graphml::Graphml,
];
