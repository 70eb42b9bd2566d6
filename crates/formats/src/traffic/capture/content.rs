//! What the first bytes of a connection say: its service, the server's name, what both ends call themselves, what is asked of the
//! domain name system, by which communities an agent of SNMP is asked. No more than its first messages are looked at.
//!
//! Source: RFC 8446 and 6066 (TLS), 9110 and 9112 (HTTP), 4253 (SSH), 1035 (DNS), 5905 (NTP), 1157, 1901, 3411 (SNMP), 5424 (syslog), 4271 (BGP),
//! 854 (TELNET), 2131 (DHCP), 9000 (QUIC), 3261 (SIP), 2865 (RADIUS), 7296 (IKE), 3GPP TS 29.244, 29.281, 29.274 (PFCP, GTP), the
//! registry of SCTP payload protocols, MS-RDPBCGR.

use super::dns::{Message, Waiting};
use super::hello::{self, Hello};
use super::snmp::{self, Communities};
use crate::bytes::{slice, tail, u16_be, u32_be};
use crate::traffic::text::short;
use crate::traffic::{Login, Name, Record, Sink};
use core::net::IpAddr;

/// Messages that are looked at to tell the service.
const TRIES: u8 = 4;

/// Bytes that are kept of a message that comes in pieces.
const LONGEST: usize = 8 << 10;

/// Bytes of a text that are kept.
const TEXT: usize = 1024;

/// What has been learnt of a connection.
#[derive(Default)]
pub(super) struct Told {
    pub(super) service: Option<&'static str>,
    pub(super) name: Option<Box<str>>,
}

/// What is being read of a connection.
pub(super) enum Content {
    /// Its service is not known; messages looked at.
    New(u8),
    Tls(Vec<u8>),
    Http(Vec<u8>),
    Ssh(Box<Banners>),
    Dns(Box<Waiting>),
    Snmp(Box<Communities>),
    /// There is nothing more to learn.
    Done,
}

#[derive(Default)]
pub(super) struct Banners {
    time: i64,
    offset: u64,
    client: Option<String>,
    server: Option<String>,
}

/// A message, whose it is, and where it stands.
pub(super) struct Seen<'a> {
    pub(super) payload: &'a [u8],
    pub(super) from_client: bool,
    pub(super) time: i64,
    pub(super) offset: u64,
    pub(super) protocol: u8,
    pub(super) client: IpAddr,
    pub(super) server: IpAddr,
    pub(super) client_port: u16,
    pub(super) server_port: u16,
    pub(super) id: &'a str,
}

impl Default for Content {
    fn default() -> Self {
        Self::New(0)
    }
}

impl Content {
    pub(super) fn goes_on(&self) -> bool {
        !matches!(self, Self::Done)
    }

    pub(super) fn see(&mut self, seen: &Seen<'_>, told: &mut Told, sink: &mut dyn Sink) {
        if let Self::New(tries) = self {
            let tries = *tries + 1;
            match service(seen) {
                Some(service) => {
                    told.service = Some(service);
                    *self = match service {
                        "ssl" => Self::Tls(Vec::new()),
                        "http" => Self::Http(Vec::new()),
                        "ssh" => Self::Ssh(Box::default()),
                        "dns" => Self::Dns(Box::default()),
                        "snmp" => Self::Snmp(Box::default()),
                        "rdp" => {
                            sink.record(
                                &Record::Login(login(seen, "rdp", seen.time, None, None)),
                                seen.offset,
                            );
                            Self::Done
                        }
                        _ => Self::Done,
                    };
                }
                None => *self = if tries < TRIES { Self::New(tries) } else { Self::Done },
            }
        }
        match self {
            Self::Tls(kept) => {
                if seen.from_client
                    && let Some(hello) = gather(kept, seen.payload, hello::read)
                {
                    if let Hello::Of(name) = hello {
                        sink.record(&Record::Name(named(seen, "ssl", &name, None, None)), seen.offset);
                        told.name = Some(name.into());
                    }
                    *self = Self::Done;
                } else if kept.len() > LONGEST {
                    *self = Self::Done;
                }
            }
            Self::Http(kept) => {
                if seen.from_client && (!kept.is_empty() || is_request(seen.payload)) {
                    let Some(request) = gather(kept, seen.payload, request) else { return };
                    kept.clear();
                    let (host, path, agent) =
                        (request.host.as_deref(), request.path.as_str(), request.agent.as_deref());
                    let name = named(seen, "http", host.unwrap_or_default(), agent, Some(path));
                    sink.record(&Record::Name(name), seen.offset);
                    if told.name.is_none() {
                        told.name = request.host.map(Into::into);
                    }
                }
            }
            Self::Ssh(banners) => {
                let line =
                    seen.payload.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
                let side = if seen.from_client { &mut banners.client } else { &mut banners.server };
                if side.is_none() && line.starts_with(b"SSH-") {
                    *side = Some(short(line, 255));
                    if banners.client.is_none() || banners.server.is_none() {
                        (banners.time, banners.offset) = (seen.time, seen.offset);
                    }
                }
                if banners.client.is_some() && banners.server.is_some() {
                    banners.hand_over(seen, sink);
                    *self = Self::Done;
                }
            }
            Self::Dns(waiting) => {
                let bytes = if seen.protocol == 6 { tail(seen.payload, 2) } else { seen.payload };
                if let Some(message) = Message::read(bytes) {
                    waiting.see(message, seen, sink);
                }
            }
            Self::Snmp(communities) => {
                if let Some(message) = snmp::Message::read(seen.payload) {
                    communities.see(&message, seen, sink);
                }
            }
            Self::New(_) | Self::Done => {}
        }
    }

    /// Takes the client for the server from here on: what was kept of one is the other's.
    pub(super) fn turn(&mut self) {
        match self {
            Self::Tls(kept) | Self::Http(kept) => kept.clear(),
            Self::Ssh(banners) => std::mem::swap(&mut banners.client, &mut banners.server),
            _ => {}
        }
    }

    /// Hands over what waits for an answer that does not come.
    pub(super) fn end(&mut self, seen: &Seen<'_>, sink: &mut dyn Sink) {
        match std::mem::replace(self, Self::Done) {
            Self::Ssh(banners) => banners.hand_over(seen, sink),
            Self::Dns(mut waiting) => waiting.end(seen, sink),
            Self::Snmp(mut communities) => communities.end(seen, sink),
            _ => {}
        }
    }
}

impl Banners {
    fn hand_over(&self, seen: &Seen<'_>, sink: &mut dyn Sink) {
        let login = login(seen, "ssh", self.time, self.client.as_deref(), self.server.as_deref());
        sink.record(&Record::Login(login), self.offset);
    }
}

fn login<'a>(
    seen: &Seen<'a>,
    protocol: &'static str,
    time: i64,
    client_software: Option<&'a str>,
    server_software: Option<&'a str>,
) -> Login<'a> {
    Login {
        time,
        id: Some(seen.id),
        client: seen.client,
        server: seen.server,
        server_port: seen.server_port,
        protocol,
        succeeded: None,
        client_software,
        server_software,
    }
}

fn named<'a>(
    seen: &Seen<'a>,
    protocol: &'static str,
    name: &'a str,
    agent: Option<&'a str>,
    path: Option<&'a str>,
) -> Name<'a> {
    Name {
        time: seen.time,
        id: Some(seen.id),
        client: seen.client,
        server: seen.server,
        server_port: seen.server_port,
        protocol,
        name,
        agent,
        path,
    }
}

/// Reads a message that may come in pieces: the pieces are kept until it is whole, or too long.
fn gather<T>(kept: &mut Vec<u8>, piece: &[u8], read: impl Fn(&[u8], bool) -> Option<T>) -> Option<T> {
    if kept.is_empty() {
        let found = read(piece, piece.len() > LONGEST);
        if found.is_none() {
            kept.extend_from_slice(piece);
        }
        return found;
    }
    kept.extend_from_slice(piece);
    read(kept, kept.len() > LONGEST)
}

struct Request {
    host: Option<String>,
    path: String,
    agent: Option<String>,
}

/// The head of a request; `None` where it is not whole, unless no more of it will be kept.
fn request(bytes: &[u8], is_last: bool) -> Option<Request> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n");
    if end.is_none() && !is_last {
        return None;
    }
    let head = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let path = first.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let mut request = Request { host: None, path: short(path, TEXT), agent: None };
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let value = || Some(short(tail(value, 1).trim_ascii(), TEXT));
        if name.eq_ignore_ascii_case(b"host") {
            request.host = request.host.or_else(value);
        } else if name.eq_ignore_ascii_case(b"user-agent") {
            request.agent = request.agent.or_else(value);
        }
    }
    Some(request)
}

fn is_request(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"CONNECT ", b"PATCH ", b"TRACE "];
    METHODS.iter().any(|method| bytes.starts_with(method))
}

/// The service that a message is of.
fn service(seen: &Seen<'_>) -> Option<&'static str> {
    match seen.protocol {
        6 => service_of_stream(seen),
        17 => service_of_datagram(seen),
        132 => service_of_chunk(seen.payload),
        _ => None,
    }
}

fn service_of_stream(seen: &Seen<'_>) -> Option<&'static str> {
    let bytes = seen.payload;
    match bytes {
        // Handshake (hellos), data, and changes of the cipher in the middle of a connection.
        [0x16, 3, 0..=4, _, _, 1 | 2, ..] | [0x14 | 0x15 | 0x17, 3, 1..=4, _, _, ..] => Some("ssl"),
        [b'S', b'S', b'H', b'-', ..] => Some("ssh"),
        [3, 0, _, _, _, 0xe0 | 0xd0, ..] => {
            // A connection request of X.224; RDP's has a cookie or asks for its own protection.
            let is_rdp = seen.server_port == 3389 || memchr::memmem::find(bytes, b"mstshash=").is_some();
            is_rdp.then_some("rdp")
        }
        [0xff, 0xfb..=0xfe, ..] => Some("telnet"),
        _ if bytes.starts_with(&[0xff; 16]) => Some("bgp"),
        _ if seen.from_client && is_request(bytes) || bytes.starts_with(b"HTTP/1.") => Some("http"),
        _ if bytes.starts_with(b"PRI * HTTP/2.0") => Some("http2"),
        _ if is_sip(bytes) => Some("sip"),
        _ if bytes.starts_with(b"220 ") || bytes.starts_with(b"220-") => {
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().to_ascii_uppercase();
            let has = |word: &[u8]| memchr::memmem::find(&line, word).is_some();
            if has(b"SMTP") || seen.server_port == 25 {
                Some("smtp")
            } else if has(b"FTP") || seen.server_port == 21 {
                Some("ftp")
            } else {
                None
            }
        }
        _ if [seen.server_port, seen.client_port].contains(&53) => {
            let size = usize::from(u16_be(bytes, 0)?);
            (bytes.len() == size + 2 && Message::read(tail(bytes, 2)).is_some()).then_some("dns")
        }
        _ => None,
    }
}

fn service_of_datagram(seen: &Seen<'_>) -> Option<&'static str> {
    let bytes = seen.payload;
    let first = *bytes.first()?;
    let found = match seen.server_port {
        53 | 5353 | 5355 => Message::read(bytes).map(|_| "dns"),
        // Versions 1 to 4; the mode is none that is reserved.
        123 => (bytes.len() >= 48 && (1..=4).contains(&(first >> 3 & 7)) && first & 7 != 0).then_some("ntp"),
        161 | 162 => (first == 0x30).then_some("snmp"),
        514 => (first == b'<').then_some("syslog"),
        67 | 68 => (u32_be(bytes, 236) == Some(0x6382_5363)).then_some("dhcp"),
        69 => matches!(bytes, [0, 1 | 2, ..]).then_some("tftp"),
        500 => (bytes.len() >= 28 && matches!(bytes.get(17), Some(0x10 | 0x20))).then_some("ike"),
        1645 | 1646 | 1812 | 1813 => {
            (u16_be(bytes, 2).is_some_and(|size| usize::from(size) == bytes.len())).then_some("radius")
        }
        2152 => (first >> 4 == 3).then_some("gtp-u"),
        2123 => matches!(first >> 5, 1 | 2).then_some("gtp-c"),
        8805 => (first >> 5 == 1).then_some("pfcp"),
        4789 | 8472 => (first & 8 != 0).then_some("vxlan"),
        443 => (first & 0xc0 == 0xc0 && bytes.len() >= 1200).then_some("quic"),
        2055 | 9995 | 9996 | 4739 => matches!(u16_be(bytes, 0), Some(5 | 9 | 10)).then_some("netflow"),
        _ => None,
    };
    found.or_else(|| match bytes {
        // The record layer of DTLS 1.0 and 1.2.
        [0x14..=0x17, 0xfe, 0xfd | 0xff, ..] => Some("dtls"),
        _ if is_sip(bytes) => Some("sip"),
        _ => None,
    })
}

fn is_sip(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    line.starts_with(b"SIP/2.0 ") || line.ends_with(b" SIP/2.0")
}

/// By the payload protocol of the first chunk of data.
fn service_of_chunk(bytes: &[u8]) -> Option<&'static str> {
    let mut rest = bytes;
    for _ in 0..16 {
        let size = usize::from(u16_be(rest, 2)?);
        if rest.first() == Some(&0) {
            return match u32_be(slice(rest, 0, 16)?, 12)? {
                3 => Some("m3ua"),
                18 => Some("s1ap"),
                27 => Some("x2ap"),
                46 | 47 => Some("diameter"),
                60 | 66 => Some("ngap"),
                61 => Some("xnap"),
                62 => Some("f1ap"),
                64 => Some("e1ap"),
                _ => None,
            };
        }
        if size < 4 {
            return None;
        }
        rest = tail(rest, size.next_multiple_of(4));
    }
    None
}
