//! From a frame to the packets in it: link headers, VLAN, MPLS, PPPoE, IP with its extension headers and fragments, and what
//! carries further packets (GRE, GTP-U, VXLAN, Geneve, IP in IP). A packet that carries another is handed over before it.
//!
//! Source: IEEE 802.1Q; RFC 791, 8200, 4302 (AH), 3032 and 4385 (MPLS), 2516 (PPPoE), 2784, 2890 and 2637 (GRE), 7348 (VXLAN), 8926
//! (Geneve), 9293 (TCP), 768 (UDP), 9260 (SCTP); 3GPP TS 29.281 (GTP-U); the registry of link types of tcpdump.org.

use super::fragments::{FragmentKey, Fragments};
use super::packet::{Carried, Carrier, Packet, Tcp};
use crate::bytes::{slice, tail, u16_be, u32_be, u32_le};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a frame could not be read to its end. What was handed over before holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A header says what cannot be.
    Malformed(&'static str),
    /// So little was captured that a header is not there.
    Cut(&'static str),
    /// Packets too deep in one another.
    Deep,
    /// A link type that is not read.
    Link(u32),
}

/// Carriers in one another that are followed.
const DEEPEST: u8 = 12;

/// A frame, or what is left of it, and what is known from outside.
#[derive(Clone, Copy)]
struct Rest<'a> {
    /// What was captured.
    data: &'a [u8],
    /// How long it was.
    wire: usize,
    vlan: Option<u16>,
    carried: Carried,
    depth: u8,
}

/// Hands over what is in frames.
pub(super) struct Walk<'w> {
    pub(super) fragments: &'w mut Fragments,
    pub(super) take: &'w mut dyn FnMut(&Packet<'_>),
}

impl Walk<'_> {
    /// Reads a frame of a link type.
    pub(super) fn frame(&mut self, link: u32, data: &[u8], wire: usize) -> Result<(), Wrong> {
        let rest =
            Rest { data, wire: wire.max(data.len()), vlan: None, carried: Carried::default(), depth: 0 };
        const LINK: Wrong = Wrong::Cut("the link's header");
        match link {
            1 => self.ethernet(rest),
            // NULL in the byte order of the machine that captured, LOOP in that of the network.
            0 | 108 => {
                let family = u32_le(data, 0).ok_or(LINK)?;
                let family = if link == 108 || family > 0xffff { family.swap_bytes() } else { family };
                match family {
                    2 => self.ipv4(rest.skip(4)),
                    10 | 24 | 28 | 30 => self.ipv6(rest.skip(4)),
                    _ => Ok(()),
                }
            }
            12 | 14 | 101 | 228 | 229 => self.ip(rest),
            113 => {
                let kind = u16_be(data, 14).ok_or(LINK)?;
                self.ethertype(kind, rest.skip(16))
            }
            276 => {
                let kind = u16_be(data, 0).ok_or(LINK)?;
                self.ethertype(kind, rest.skip(20))
            }
            9 | 50 => self.ppp(rest),
            51 => self.ethertype(0x8864, rest),
            104 => {
                let kind = u16_be(data, 2).ok_or(LINK)?;
                self.ethertype(kind, rest.skip(4))
            }
            other => Err(Wrong::Link(other)),
        }
    }

    fn ethernet(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        let kind = u16_be(rest.data, 12).ok_or(Wrong::Cut("the Ethernet header"))?;
        self.ethertype(kind, rest.skip(14))
    }

    fn ethertype(&mut self, kind: u16, rest: Rest<'_>) -> Result<(), Wrong> {
        let (mut kind, mut rest) = (kind, rest);
        loop {
            match kind {
                0x0800 => return self.ipv4(rest),
                0x86dd => return self.ipv6(rest),
                0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                    let tag = u16_be(rest.data, 0).ok_or(Wrong::Cut("a VLAN tag"))?;
                    kind = u16_be(rest.data, 2).ok_or(Wrong::Cut("a VLAN tag"))?;
                    rest = rest.skip(4).within(Carrier::Vlan)?;
                    rest.vlan = rest.vlan.or(Some(tag & 0xfff));
                }
                0x8847 | 0x8848 => return self.mpls(rest),
                0x8864 => {
                    u16_be(rest.data, 4).ok_or(Wrong::Cut("the PPPoE header"))?;
                    return self.ppp(rest.skip(6).within(Carrier::Pppoe)?);
                }
                0x6558 => return self.ethernet(rest),
                0x880b => return self.ppp(rest),
                // A length: LLC, perhaps with SNAP behind it.
                ..=1500 if rest.data.starts_with(&[0xaa, 0xaa, 3, 0, 0, 0]) => {
                    kind = u16_be(rest.data, 6).ok_or(Wrong::Cut("the SNAP header"))?;
                    if kind <= 1500 {
                        return Ok(());
                    }
                    rest = rest.skip(8);
                }
                // ARP, LLDP and the like carry no IP.
                _ => return Ok(()),
            }
        }
    }

    fn mpls(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        let mut rest = rest.within(Carrier::Mpls)?;
        loop {
            let label = u32_be(rest.data, 0).ok_or(Wrong::Cut("an MPLS label"))?;
            rest = rest.skip(4);
            if label & 0x100 != 0 {
                break;
            }
        }
        match rest.data.first().map(|byte| byte >> 4) {
            Some(4) => self.ipv4(rest),
            Some(6) => self.ipv6(rest),
            // The control word of a pseudowire.
            Some(0) => self.ethernet(rest.skip(4)),
            _ => Ok(()),
        }
    }

    fn ppp(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        let rest = if rest.data.starts_with(&[0xff, 0x03]) { rest.skip(2) } else { rest };
        // The protocol is one byte where it is odd.
        let (kind, rest) = match rest.data {
            [short, ..] if short & 1 == 1 => (u16::from(*short), rest.skip(1)),
            _ => (u16_be(rest.data, 0).ok_or(Wrong::Cut("the PPP header"))?, rest.skip(2)),
        };
        match kind {
            0x0021 => self.ipv4(rest),
            0x0057 => self.ipv6(rest),
            0x0281 => self.mpls(rest),
            _ => Ok(()),
        }
    }

    fn ip(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        match rest.data.first().map(|byte| byte >> 4) {
            Some(4) => self.ipv4(rest),
            Some(6) => self.ipv6(rest),
            Some(_) => Err(Wrong::Malformed("neither IPv4 nor IPv6")),
            None => Err(Wrong::Cut("the IP header")),
        }
    }

    fn ipv4(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        let Some(header) = rest.data.first_chunk::<20>() else { return Err(Wrong::Cut("the IPv4 header")) };
        let [first, _, len0, len1, id0, id1, frag0, frag1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
            *header;
        let (length, size) = (usize::from(first & 15) * 4, usize::from(u16::from_be_bytes([len0, len1])));
        if first >> 4 != 4 || length < 20 {
            return Err(Wrong::Malformed("an IPv4 header of another version or too short"));
        }
        // What a network card is to cut into packets has no length yet.
        let size = if size == 0 { rest.wire } else { size };
        if size < length {
            return Err(Wrong::Malformed("an IPv4 packet shorter than its header"));
        }
        let fragment = u16::from_be_bytes([frag0, frag1]);
        let (source, destination) = (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3));
        let inner = Inner {
            source: source.into(),
            destination: destination.into(),
            ip_bytes: size as u64,
            fragment: (fragment & 0x3fff != 0)
                .then(|| (u32::from(u16::from_be_bytes([id0, id1])), fragment & 0x1fff != 0)),
        };
        self.transport(protocol, inner, rest.only(size).skip(length))
    }

    fn ipv6(&mut self, rest: Rest<'_>) -> Result<(), Wrong> {
        const CUT: Wrong = Wrong::Cut("the IPv6 header");
        let size = usize::from(u16_be(rest.data, 4).ok_or(CUT)?);
        let address = |at| {
            let bytes: [u8; 16] = slice(rest.data, at, 16)?.try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        };
        let (source, destination) = (address(8).ok_or(CUT)?, address(24).ok_or(CUT)?);
        if rest.data.first().is_none_or(|first| first >> 4 != 6) {
            return Err(Wrong::Malformed("an IPv6 header of another version"));
        }
        let size = if size == 0 { rest.wire } else { size + 40 };
        let mut inner = Inner { source, destination, ip_bytes: size as u64, fragment: None };
        let mut next = *rest.data.get(6).ok_or(CUT)?;
        let mut rest = rest.only(size).skip(40);
        loop {
            let length = match next {
                0 | 43 | 60 | 135 | 139 | 140 => {
                    (usize::from(*rest.data.get(1).ok_or(Wrong::Cut("an extension header"))?) + 1) * 8
                }
                44 => {
                    let field = u16_be(rest.data, 2).ok_or(Wrong::Cut("the fragment header"))?;
                    let id = u32_be(rest.data, 4).ok_or(Wrong::Cut("the fragment header"))?;
                    if field & !6 != 0 {
                        inner.fragment = Some((id, field >> 3 != 0));
                    }
                    8
                }
                _ => return self.transport(next, inner, rest),
            };
            next = *rest.data.first().ok_or(Wrong::Cut("an extension header"))?;
            if length > rest.wire {
                return Err(Wrong::Malformed("an extension header longer than its packet"));
            }
            rest = rest.skip(length);
            // What stands behind the header of a later fragment is no header.
            if inner.fragment.is_some_and(|(_, is_later)| is_later) {
                return self.transport(next, inner, rest);
            }
        }
    }

    fn transport(&mut self, protocol: u8, inner: Inner, rest: Rest<'_>) -> Result<(), Wrong> {
        let mut packet = Packet {
            source: inner.source,
            destination: inner.destination,
            protocol,
            ports: None,
            ip_bytes: inner.ip_bytes,
            payload_bytes: rest.wire as u64,
            payload: &[],
            tcp: None,
            vlan: rest.vlan,
            carried: rest.carried,
        };
        let key = inner.fragment.map(|(id, is_later)| {
            (FragmentKey { source: inner.source, destination: inner.destination, protocol, id }, is_later)
        });
        if let Some((key, true)) = &key {
            packet.ports = self.fragments.ports(key);
            if protocol == 17 && packet.ports.is_some() {
                // The header in the first one counts all.
                packet.payload_bytes = 0;
            }
            (self.take)(&packet);
            return Ok(());
        }
        let ports = u16_be(rest.data, 0).zip(u16_be(rest.data, 2));
        let header = match protocol {
            6 => {
                packet.ports = ports;
                match rest.data.first_chunk::<14>() {
                    Some([_, _, _, _, s0, s1, s2, s3, a0, a1, a2, a3, offset, flags]) => {
                        packet.tcp = Some(Tcp {
                            sequence: u32::from_be_bytes([*s0, *s1, *s2, *s3]),
                            acknowledges: u32::from_be_bytes([*a0, *a1, *a2, *a3]),
                            flags: *flags,
                        });
                        usize::from(offset >> 4) * 4
                    }
                    None => 20,
                }
            }
            17 | 136 => {
                packet.ports = ports;
                8
            }
            132 => {
                packet.ports = ports;
                12
            }
            1 | 58 => 8,
            _ => 0,
        };
        let needs_ports = matches!(protocol, 6 | 17 | 132 | 136);
        let result = if needs_ports && packet.ports.is_none() {
            Err(Wrong::Cut("the transport's header"))
        } else if protocol == 6 && packet.tcp.is_some() && header < 20 || header > rest.wire && key.is_none()
        {
            Err(Wrong::Malformed("a transport's header that is longer than its packet or too short"))
        } else {
            Ok(())
        };
        let body = rest.skip(header);
        packet.payload_bytes = body.wire as u64;
        packet.payload = body.data;
        if protocol == 17
            && let Some(size) = u16_be(rest.data, 4).filter(|size| *size >= 8)
            && (key.is_some() || usize::from(size) <= rest.wire)
        {
            packet.payload_bytes = u64::from(size) - 8;
            packet.payload = body.only(usize::from(size) - 8).data;
        }
        if let (Some((key, false)), Some(ports)) = (key, packet.ports) {
            self.fragments.note(key, ports);
        }
        (self.take)(&packet);
        result?;
        self.carried(protocol, inner.source.is_ipv6(), packet.ports, body)
    }

    /// Reads what a packet carries, where it carries packets.
    fn carried(
        &mut self,
        protocol: u8,
        in_six: bool,
        ports: Option<(u16, u16)>,
        body: Rest<'_>,
    ) -> Result<(), Wrong> {
        match (protocol, ports) {
            (4, _) => self.ipv4(body.within(Carrier::IpInIp)?),
            (41, _) => {
                let carrier = if in_six { Carrier::IpInIp } else { Carrier::SixInFour };
                self.ipv6(body.within(carrier)?)
            }
            (47, _) => self.gre(body),
            (51, _) => {
                let [next, length, ..] = *body.data else {
                    return Err(Wrong::Cut("the authentication header"));
                };
                let length = (usize::from(length) + 2) * 4;
                if matches!(next, 4 | 41 | 47) {
                    self.carried(next, in_six, None, body.deeper()?.skip(length))
                } else {
                    Ok(())
                }
            }
            (17, Some((_, 2152))) => self.gtp_u(body),
            (17, Some((_, 4789 | 8472))) if body.data.first().is_some_and(|flags| flags & 8 != 0) => {
                self.ethernet(body.skip(8).within(Carrier::Vxlan)?)
            }
            (17, Some((_, 6081))) => {
                let Some([first, _]) = body.data.first_chunk::<2>() else { return Ok(()) };
                let Some(kind) = u16_be(body.data, 2).filter(|_| first >> 6 == 0) else { return Ok(()) };
                self.ethertype(kind, body.skip(8 + usize::from(first & 63) * 4).within(Carrier::Geneve)?)
            }
            _ => Ok(()),
        }
    }

    fn gre(&mut self, body: Rest<'_>) -> Result<(), Wrong> {
        const CUT: Wrong = Wrong::Cut("the GRE header");
        let flags = u16_be(body.data, 0).ok_or(CUT)?;
        let kind = u16_be(body.data, 2).ok_or(CUT)?;
        let has = |flag: u16| if flags & flag != 0 { 4 } else { 0 };
        // Checksum, key, sequence; version 1 (PPTP) has an acknowledgement too.
        let length =
            4 + has(0x8000) + has(0x2000) + has(0x1000) + if flags & 7 == 1 { has(0x0080) } else { 0 };
        let rest = body.skip(length).within(Carrier::Gre)?;
        match kind {
            // ERSPAN: the first kind has no header of its own, the second has 8 bytes, the third 12.
            0x88be => self.ethernet(if flags & 0x1000 != 0 { rest.skip(8) } else { rest }),
            0x22eb => self.ethernet(rest.skip(12)),
            _ => self.ethertype(kind, rest),
        }
    }

    fn gtp_u(&mut self, body: Rest<'_>) -> Result<(), Wrong> {
        let Some([flags, kind, ..]) = body.data.first_chunk::<8>() else { return Ok(()) };
        // Version 1 of GTP (not its charging sister), a user's packet.
        if flags >> 4 != 3 || *kind != 255 {
            return Ok(());
        }
        let mut rest = body.skip(8);
        if flags & 7 != 0 {
            let mut next = rest.data.get(3).copied().filter(|_| flags & 4 != 0).unwrap_or(0);
            rest = rest.skip(4);
            while next != 0 {
                let units = *rest.data.first().ok_or(Wrong::Cut("a GTP-U extension header"))?;
                if units == 0 {
                    return Err(Wrong::Malformed("a GTP-U extension header of no length"));
                }
                next = *rest
                    .data
                    .get(usize::from(units) * 4 - 1)
                    .ok_or(Wrong::Cut("a GTP-U extension header"))?;
                rest = rest.skip(usize::from(units) * 4);
            }
        }
        // Sessions may be of Ethernet, or of no known kind.
        let rest = rest.within(Carrier::GtpU)?;
        match rest.data.first().map(|byte| byte >> 4) {
            Some(4) => self.ipv4(rest),
            Some(6) => self.ipv6(rest),
            _ => Ok(()),
        }
    }
}

struct Inner {
    source: IpAddr,
    destination: IpAddr,
    ip_bytes: u64,
    /// Identification, and whether it is another than the first.
    fragment: Option<(u32, bool)>,
}

impl Rest<'_> {
    fn skip(self, bytes: usize) -> Self {
        Self { data: tail(self.data, bytes), wire: self.wire.saturating_sub(bytes), ..self }
    }

    /// What is behind `bytes` is padding.
    fn only(self, bytes: usize) -> Self {
        Self { data: self.data.get(..bytes).unwrap_or(self.data), wire: bytes, ..self }
    }

    fn within(self, carrier: Carrier) -> Result<Self, Wrong> {
        let mut rest = self.deeper()?;
        rest.carried.push(carrier);
        Ok(rest)
    }

    fn deeper(self) -> Result<Self, Wrong> {
        if self.depth >= DEEPEST { Err(Wrong::Deep) } else { Ok(Self { depth: self.depth + 1, ..self }) }
    }
}
