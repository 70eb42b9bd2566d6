//! Which connections are kept one by one while traffic is read: those to management services of the model's devices, and all to
//! mediation points. Everything else is counted by pairs alone.

use super::{Network, Visit, services};
use crate::pairs::{Pair, Place as Record};
use banbury_evidence::Prefix;
use banbury_formats::traffic::Flow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Connections that are kept at most; what is beyond is counted and said.
pub const VISITS: usize = 1_000_000;

/// The ends to which connections are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// Addresses of devices.
    pub devices: BTreeSet<IpAddr>,
    /// Ranges of mediation points.
    pub points: Vec<Prefix>,
    /// Addresses of devices that are mediation points.
    pub gates: BTreeSet<IpAddr>,
}

impl Interest {
    /// What a network makes of interest.
    pub fn of(network: &Network<'_>) -> Self {
        let addresses = || network.places.addresses().map(|(address, _)| address);
        Self {
            devices: addresses().collect(),
            points: network.places.ranges("mediation").collect(),
            gates: addresses().filter(|&address| network.is_mediation(address)).collect(),
        }
    }

    /// Whether a pair is of a device of the model.
    pub fn touches(&self, pair: &Pair) -> bool {
        let is_device = |address: IpAddr| self.devices.contains(&address.to_canonical());
        is_device(pair.source) || pair.destination.is_some_and(is_device)
    }

    /// The connection, where it is one to keep.
    pub fn visit(&self, flow: &Flow<'_>, record: Record) -> Option<Visit> {
        if self.devices.is_empty() && self.points.is_empty() {
            return None;
        }
        let to = flow.destination.to_canonical();
        let is_managed = || {
            self.devices.contains(&to)
                && services::of(flow.protocol, flow.destination_port, flow.service).is_some()
        };
        let is_point = || self.gates.contains(&to) || self.points.iter().any(|range| range.holds(to));
        if !is_managed() && !is_point() {
            return None;
        }
        let size =
            |volume: banbury_formats::traffic::Volume| volume.payload.or(volume.ip).unwrap_or_default();
        Some(Visit {
            source: flow.source.to_canonical(),
            destination: to,
            port: flow.destination_port,
            protocol: flow.protocol,
            service: flow.service.map(str::to_owned),
            start: flow.start,
            duration: flow.duration.unwrap_or_default().max(0),
            sent: size(flow.sent),
            received: size(flow.received),
            record,
        })
    }
}
