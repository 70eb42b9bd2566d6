//! A record of a data set as a flow.

use super::template::{Field, REVERSE, Template};
use crate::bytes::int;
use crate::traffic::text::short;
use crate::traffic::values::has_ports;
use crate::traffic::{Flow, Volume};
use core::net::IpAddr;

/// What the header of a datagram says of its times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Microseconds since 1970-01-01 00:00 UTC when it was sent.
    pub(super) sent: i64,
    /// Milliseconds that the exporter was up then, where it says.
    pub(super) uptime: Option<u32>,
}

impl Clock {
    /// The instant of so many milliseconds of being up, which wrap round after 49 days.
    pub(super) fn of_uptime(self, millis: u32) -> Option<i64> {
        let ago = self.uptime?.wrapping_sub(millis).cast_signed();
        Some(self.sent - i64::from(ago) * 1000)
    }
}

/// What the fields of a record say.
#[derive(Default)]
pub(super) struct Values {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    protocol: Option<u8>,
    octets: Option<u64>,
    packets: Option<u64>,
    octets_back: Option<u64>,
    packets_back: Option<u64>,
    start: Option<i64>,
    end: Option<i64>,
    duration: Option<i64>,
    first_up: Option<u32>,
    last_up: Option<u32>,
    /// When the exporter started, in milliseconds.
    up_since: Option<i64>,
    observed: Option<i64>,
    vlan: Option<u16>,
    is_turned: bool,
    name: Option<String>,
}

impl Values {
    /// Reads the record at `at`, and says where the next begins; `None` where it is cut off.
    pub(super) fn read(template: &Template, data: &[u8], at: usize, clock: Clock) -> Option<(Self, usize)> {
        let mut values = Self::default();
        let mut at = at;
        for field in &template.fields {
            let (bytes, next) = field.of(data, at)?;
            values.take(*field, bytes, clock);
            at = next;
        }
        Some((values, at))
    }

    fn take(&mut self, field: Field, bytes: &[u8], clock: Clock) {
        let number = || int(bytes, true, 0, bytes.len()).filter(|_| (1..=8).contains(&bytes.len()));
        let number16 = || number().and_then(|number| u16::try_from(number).ok());
        let number32 = || number().and_then(|number| u32::try_from(number).ok());
        let scaled = |unit: i64| number().and_then(|number| i64::try_from(number).ok()?.checked_mul(unit));
        match (field.enterprise, field.element) {
            // Counts since the record before, or in total; those behind the exporter where there are no others.
            (0, 1 | 85 | 231) => self.octets = number(),
            (0, 2 | 86 | 298) => self.packets = number(),
            (0, 23) => self.octets = self.octets.or_else(number),
            (0, 24) => self.packets = self.packets.or_else(number),
            (REVERSE, 1 | 85) | (0, 232) => self.octets_back = number(),
            (REVERSE, 2 | 86) | (0, 299) => self.packets_back = number(),
            (0, 4) => self.protocol = number().and_then(|number| u8::try_from(number).ok()),
            (0, 7) => self.source_port = number16(),
            (0, 11) => self.destination_port = number16(),
            (0, 8) => self.source = address::<4>(bytes).or(self.source),
            (0, 12) => self.destination = address::<4>(bytes).or(self.destination),
            (0, 27) => self.source = address::<16>(bytes).or(self.source),
            (0, 28) => self.destination = address::<16>(bytes).or(self.destination),
            (0, 21) => self.last_up = number32(),
            (0, 22) => self.first_up = number32(),
            (0, 150) => self.start = scaled(1_000_000),
            (0, 151) => self.end = scaled(1_000_000),
            (0, 152) => self.start = scaled(1000),
            (0, 153) => self.end = scaled(1000),
            (0, 154 | 156) => self.start = number().map(of_ntp),
            (0, 155 | 157) => self.end = number().map(of_ntp),
            // Microseconds before the datagram was sent.
            (0, 158) => self.start = scaled(1).map(|ago| clock.sent.saturating_sub(ago)),
            (0, 159) => self.end = scaled(1).map(|ago| clock.sent.saturating_sub(ago)),
            (0, 160) => self.up_since = scaled(1000),
            (0, 161) => self.duration = scaled(1000),
            (0, 162) => self.duration = scaled(1),
            (0, 323) => self.observed = scaled(1000),
            (0, 58) => self.vlan = number16(),
            (0, 243) => self.vlan = self.vlan.or_else(number16),
            (0, 239) => self.is_turned = number() == Some(2),
            (0, 460) => self.name = Some(short(bytes, 255)).filter(|name| !name.is_empty()),
            _ => {}
        }
    }

    /// The flow; `None` where there are no addresses.
    pub(super) fn flow(&self, clock: Clock) -> Option<Flow<'_>> {
        let up = |millis: Option<u32>| {
            let millis = millis?;
            match self.up_since {
                Some(since) if clock.uptime.is_none() => since.checked_add(i64::from(millis) * 1000),
                _ => clock.of_uptime(millis),
            }
        };
        let start = self.start.or_else(|| up(self.first_up));
        let end = self.end.or_else(|| up(self.last_up));
        let duration =
            start.zip(end).map(|(start, end)| end.saturating_sub(start)).filter(|length| *length >= 0);
        let protocol = self.protocol.unwrap_or_default();
        let is_both = self.octets_back.is_some() || self.packets_back.is_some();
        let ports = |port: Option<u16>| port.filter(|_| has_ports(protocol));
        let forth = Volume { payload: None, ip: self.octets, packets: self.packets };
        let back = Volume { payload: None, ip: self.octets_back, packets: self.packets_back };
        let start = start.or(self.observed).or(end).unwrap_or(clock.sent);
        let mut flow = Flow {
            duration: duration.or(self.duration),
            source_port: ports(self.source_port),
            destination_port: ports(self.destination_port),
            protocol,
            sent: forth,
            received: back,
            one_way: !is_both,
            name: self.name.as_deref(),
            vlan: self.vlan.filter(|vlan| *vlan != 0),
            ..Flow::one_way(start, self.source?, self.destination?)
        };
        if self.is_turned {
            std::mem::swap(&mut flow.source, &mut flow.destination);
            std::mem::swap(&mut flow.source_port, &mut flow.destination_port);
            std::mem::swap(&mut flow.sent, &mut flow.received);
        }
        Some(flow)
    }
}

fn address<const N: usize>(bytes: &[u8]) -> Option<IpAddr>
where
    IpAddr: From<[u8; N]>,
{
    <[u8; N]>::try_from(bytes).ok().map(IpAddr::from)
}

/// Microseconds since 1970 of a time of NTP's form: seconds since 1900, and parts of 2^32 of one.
fn of_ntp(time: u64) -> i64 {
    let seconds = (time >> 32).cast_signed() - 2_208_988_800;
    let micros = ((time & 0xffff_ffff) * 1_000_000) >> 32;
    seconds * 1_000_000 + micros.cast_signed()
}
