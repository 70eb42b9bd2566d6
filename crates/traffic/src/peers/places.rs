//! Whose an address is, by the network model.

use crate::networks::is_local;
use banbury_evidence::Prefix;
use banbury_evidence::model::{AddressPrefix, Device, Model};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The addresses of a model.
#[derive(Debug)]
pub struct Places<'m> {
    devices: BTreeMap<IpAddr, Vec<&'m Device>>,
    /// The longest first.
    prefixes: Vec<(Prefix, &'m AddressPrefix)>,
    functions: BTreeMap<&'m str, Vec<&'m str>>,
    segments: BTreeMap<IpAddr, &'m str>,
    /// Addresses of the model that are none, with where they stand; said once.
    pub unread: Vec<String>,
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place<'p, 'm> {
    /// An address of these devices; more than one where it moves between them.
    Device(&'p [&'m Device]),
    /// In a range of the operator's own.
    Own(&'m AddressPrefix),
    /// In a range of mediation points.
    Mediation(&'m AddressPrefix),
    /// In a range that the public or customers reach.
    Exposed(&'m AddressPrefix),
    /// In somebody else's range.
    Party(&'m AddressPrefix),
    /// In no range of the model, but one that is not routed between networks (private, link-local, loopback, multicast).
    Unlisted,
    /// In no range of the model.
    Outside,
}

impl<'m> Places<'m> {
    /// The places of a model.
    pub fn of(model: &'m Model) -> Self {
        let by_name: BTreeMap<&str, &Device> =
            model.devices.iter().map(|device| (device.name.as_str(), device)).collect();
        let mut places = Self {
            devices: BTreeMap::new(),
            prefixes: Vec::new(),
            functions: BTreeMap::new(),
            segments: BTreeMap::new(),
            unread: Vec::new(),
        };
        let of_devices = model
            .devices
            .iter()
            .map(|device| (&device.address, device.name.as_str(), device.segment.as_deref(), &device.source));
        let of_interfaces = model.interfaces.iter().map(|interface| {
            (&interface.address, interface.device.as_str(), interface.segment.as_deref(), &interface.source)
        });
        for (text, device, segment, source) in of_devices.chain(of_interfaces) {
            let Some(text) = text.as_deref() else { continue };
            let bare = text.split('/').next().unwrap_or_default().trim();
            let Ok(address) = bare.parse::<IpAddr>() else {
                places.unread.push(format!("{}:{}: {text:?} is no address", source.file, source.line));
                continue;
            };
            let address = address.to_canonical();
            if let Some(device) = by_name.get(device).copied() {
                let held = places.devices.entry(address).or_default();
                if !held.iter().any(|known| known.name == device.name) {
                    held.push(device);
                }
            }
            if let Some(segment) = segment {
                places.segments.insert(address, segment);
            }
        }
        for record in &model.prefixes {
            match Prefix::parse(&record.prefix) {
                Some(prefix) => places.prefixes.push((prefix, record)),
                None => places.unread.push(format!(
                    "{}:{}: {:?} is no range of addresses",
                    record.source.file, record.source.line, record.prefix
                )),
            }
        }
        // The longest first: what is said of a part holds for it.
        places.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.length()));
        for function in &model.functions {
            places.functions.entry(&function.device).or_default().push(&function.function);
        }
        places
    }

    /// Whether the model gives any device an address: without, nothing can be said of who is who.
    pub fn is_blank(&self) -> bool {
        self.devices.is_empty()
    }

    /// Each address that a device has, with the devices.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, &[&'m Device])> {
        self.devices.iter().map(|(&address, devices)| (address, devices.as_slice()))
    }

    /// The ranges with this role.
    pub fn ranges(&self, role: &str) -> impl Iterator<Item = Prefix> {
        self.prefixes
            .iter()
            .filter(move |(_, record)| record.role.as_deref() == Some(role))
            .map(|&(prefix, _)| prefix)
    }

    /// The devices at this address.
    pub fn devices(&self, address: IpAddr) -> &[&'m Device] {
        self.devices.get(&address.to_canonical()).map_or(&[], Vec::as_slice)
    }

    /// The narrowest range of the model that holds the address.
    pub fn range(&self, address: IpAddr) -> Option<&'m AddressPrefix> {
        self.prefixes.iter().find(|(prefix, _)| prefix.holds(address)).map(|&(_, record)| record)
    }

    /// Where the address stands: what a device has is the device's, whatever range it is in.
    pub fn place(&self, address: IpAddr) -> Place<'_, 'm> {
        let devices = self.devices(address);
        if !devices.is_empty() {
            return Place::Device(devices);
        }
        match self.range(address) {
            Some(record) => match (record.role.as_deref(), &record.party) {
                (Some("mediation"), _) => Place::Mediation(record),
                (Some("exposed"), _) => Place::Exposed(record),
                (Some("own" | "management"), _) | (None, None) => Place::Own(record),
                _ => Place::Party(record),
            },
            None if is_local(address.to_canonical()) => Place::Unlisted,
            None => Place::Outside,
        }
    }

    /// The functions of a device, by their standard names.
    pub fn functions(&self, device: &str) -> &[&'m str] {
        self.functions.get(device).map_or(&[], Vec::as_slice)
    }

    /// The segment of the management plane that the address stands in: its interface's, its range's, else its device's.
    pub fn segment(&self, address: IpAddr) -> Option<&'m str> {
        let of_interface = self.segments.get(&address.to_canonical()).copied();
        let of_range = || self.range(address).and_then(|record| record.segment.as_deref());
        let of_device = || self.devices(address).first().and_then(|device| device.segment.as_deref());
        of_interface.or_else(of_range).or_else(of_device).map(str::trim).filter(|segment| !segment.is_empty())
    }
}
