//! Which addresses are inside.

use banbury_evidence::Prefix;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The networks that are inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside(Vec<Prefix>);

impl Inside {
    /// These networks; where there are none, those that are private by their number: RFC 1918, RFC 6598, RFC 4193.
    pub fn new(networks: Vec<Prefix>) -> Self {
        Self(networks)
    }

    /// Whether an address is inside. Addresses that never leave a link are.
    pub fn contains(&self, address: IpAddr) -> bool {
        match self.0.as_slice() {
            [] => is_local(address),
            networks => stays(address) || networks.iter().any(|network| network.holds(address)),
        }
    }
}

/// Whether no network routes the address to another: RFC 1918, 3927, 4193, 4291, 5771, 6598.
pub(crate) fn is_local(address: IpAddr) -> bool {
    stays(address) || is_private(address)
}

/// Loopback, link-local, multicast, broadcast, unspecified.
fn stays(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            it.is_loopback()
                || it.is_link_local()
                || it.is_multicast()
                || it == Ipv4Addr::BROADCAST
                || it.is_unspecified()
        }
        IpAddr::V6(it) => {
            it.is_loopback() || it.is_unicast_link_local() || it.is_multicast() || it == Ipv6Addr::UNSPECIFIED
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => it.is_private() || matches!(it.octets(), [100, 64..=127, _, _]),
        IpAddr::V6(it) => it.is_unique_local() || it.to_ipv4_mapped().is_some_and(|it| is_private(it.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_where_nothing_is_stated() {
        let inside = Inside::default();
        let is = |address: &str| inside.contains(address.parse().unwrap());
        assert!(is("10.0.0.1") && is("100.64.0.1") && is("fd00::1") && is("fe80::1") && is("224.0.0.1"));
        assert!(!is("192.0.2.1") && !is("100.128.0.1") && !is("2001:db8::1"));
        let stated = Inside::new(vec!["192.0.2.0/24".parse().unwrap()]);
        assert!(
            stated.contains("192.0.2.1".parse().unwrap()) && !stated.contains("10.0.0.1".parse().unwrap())
        );
    }
}
