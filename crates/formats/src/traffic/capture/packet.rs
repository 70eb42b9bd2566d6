//! What one IP packet says, and in what it was carried.

use core::net::IpAddr;

/// A packet, or a later fragment of one.
#[derive(Clone, Debug)]
pub(super) struct Packet<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    /// Of the source and of the destination.
    pub(super) ports: Option<(u16, u16)>,
    /// Bytes with the IP header, by its own word.
    pub(super) ip_bytes: u64,
    /// Bytes above the transport's header, by the headers' word.
    pub(super) payload_bytes: u64,
    /// Those of them that were captured; none of a later fragment.
    pub(super) payload: &'a [u8],
    pub(super) tcp: Option<Tcp>,
    pub(super) vlan: Option<u16>,
    pub(super) carried: Carried,
}

/// What the header of a TCP segment says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp {
    pub(super) sequence: u32,
    /// What it acknowledges; of no meaning without [`Tcp::ACK`].
    pub(super) acknowledges: u32,
    pub(super) flags: u8,
}

impl Tcp {
    pub(super) const FIN: u8 = 1;
    pub(super) const SYN: u8 = 2;
    pub(super) const RST: u8 = 4;
    pub(super) const ACK: u8 = 16;

    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Asks for a connection.
    pub(super) fn opens(self) -> bool {
        self.has(Self::SYN) && !self.has(Self::ACK)
    }
}

/// What a packet was carried in, outermost first; the first [`Carried::MOST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    count: u8,
    kinds: [Carrier; Carried::MOST],
}

/// What carries packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Carrier {
    #[default]
    Vlan,
    Mpls,
    Pppoe,
    Gre,
    GtpU,
    Vxlan,
    Geneve,
    IpInIp,
    SixInFour,
}

impl Carried {
    const MOST: usize = 7;

    pub(super) fn push(&mut self, carrier: Carrier) {
        if let Some(free) = self.kinds.get_mut(usize::from(self.count)) {
            *free = carrier;
            self.count += 1;
        }
    }

    /// Their names as [`crate::traffic::Flow::carried_in`] has them.
    pub(super) fn names<'n>(self, names: &'n mut [&'static str; Self::MOST]) -> &'n [&'static str] {
        for (name, kind) in names.iter_mut().zip(self.kinds) {
            *name = match kind {
                Carrier::Vlan => "vlan",
                Carrier::Mpls => "mpls",
                Carrier::Pppoe => "pppoe",
                Carrier::Gre => "gre",
                Carrier::GtpU => "gtp-u",
                Carrier::Vxlan => "vxlan",
                Carrier::Geneve => "geneve",
                Carrier::IpInIp => "ip-in-ip",
                Carrier::SixInFour => "6in4",
            };
        }
        names.get(..usize::from(self.count)).unwrap_or_default()
    }
}
