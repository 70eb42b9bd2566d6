//! The fields of a flow that a column can be, and the mapping of columns to them: of tables, whatever form they have.

use super::values::{address, count, has_ports, instant, port, protocol, scaled, seconds};
use super::{Flow, Record, Sink, Volume};
use crate::{Problem, ProblemKind};
use core::net::IpAddr;
use std::borrow::Cow;

/// The fields that a column can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Start,
    StartMs,
    StartUs,
    StartNs,
    End,
    Duration,
    DurationMs,
    DurationUs,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    SentPayload,
    SentIp,
    SentPackets,
    ReceivedPayload,
    ReceivedIp,
    ReceivedPackets,
    Service,
    State,
    Name,
    Id,
    Vlan,
}

const FIELDS: [(&str, Field); 24] = [
    ("start", Field::Start),
    ("start_ms", Field::StartMs),
    ("start_us", Field::StartUs),
    ("start_ns", Field::StartNs),
    ("end", Field::End),
    ("duration", Field::Duration),
    ("duration_ms", Field::DurationMs),
    ("duration_us", Field::DurationUs),
    ("source", Field::Source),
    ("destination", Field::Destination),
    ("source_port", Field::SourcePort),
    ("destination_port", Field::DestinationPort),
    ("protocol", Field::Protocol),
    ("sent_payload", Field::SentPayload),
    ("sent_ip", Field::SentIp),
    ("sent_packets", Field::SentPackets),
    ("received_payload", Field::ReceivedPayload),
    ("received_ip", Field::ReceivedIp),
    ("received_packets", Field::ReceivedPackets),
    ("service", Field::Service),
    ("state", Field::State),
    ("name", Field::Name),
    ("id", Field::Id),
    ("vlan", Field::Vlan),
];

const STARTS: [Field; 4] = [Field::Start, Field::StartMs, Field::StartUs, Field::StartNs];

/// Whether a column of this name is a field without a mapping.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|(known, _)| *known == name)
}

/// In what a time is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

/// What stands in one row of one column. Each reading is `None` where the cell is not such a thing.
pub(super) trait Cell<'a> {
    /// Microseconds since 1970, from a number in this unit or from what says its unit itself.
    fn instant(&self, unit: Unit) -> Option<i64>;

    /// Microseconds, from a number in this unit.
    fn length(&self, unit: Unit) -> Option<i64>;

    /// An address.
    fn address(&self) -> Option<IpAddr>;

    /// A count.
    fn count(&self) -> Option<u64>;

    /// A number of sixteen bits.
    fn port(&self) -> Option<u16>;

    /// A protocol, by its number or name.
    fn protocol(&self) -> Option<u8>;

    /// The cell as text; every cell is one.
    fn text(&self) -> Cow<'a, str>;
}

/// A cell of text, unless it says that nothing is known: an empty one, and `-`.
pub(super) fn known(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    (!cell.is_empty() && cell != "-").then_some(cell)
}

impl<'a> Cell<'a> for &'a str {
    fn instant(&self, unit: Unit) -> Option<i64> {
        match unit {
            Unit::Seconds => instant(self),
            _ => self.length(unit),
        }
    }

    fn length(&self, unit: Unit) -> Option<i64> {
        match unit {
            Unit::Seconds => seconds(self),
            Unit::Millis => scaled(self, 3),
            Unit::Micros => scaled(self, 0),
            Unit::Nanos => Some(scaled(self, 0)? / 1000),
        }
    }

    fn address(&self) -> Option<IpAddr> {
        address(self)
    }

    fn count(&self) -> Option<u64> {
        count(self)
    }

    fn port(&self) -> Option<u16> {
        port(self)
    }

    fn protocol(&self) -> Option<u8> {
        protocol(self)
    }

    fn text(&self) -> Cow<'a, str> {
        Cow::Borrowed(self)
    }
}

/// Which column is which field.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    /// By field: which column it is, and what that is called.
    places: [Option<(usize, String)>; FIELDS.len()],
}

impl Mapping {
    /// Of columns with these names; `lacks` begins what is told of a column that is not among them.
    pub(super) fn of(names: &[String], stated: &[(String, String)], lacks: &str) -> Result<Self, String> {
        let mut mapping = Self { places: Default::default() };
        for (field, column) in stated {
            let known = FIELDS.iter().find(|(name, _)| name == field);
            let (_, known) = known
                .ok_or_else(|| format!("there is no field `{field}` of a flow that a column could be"))?;
            let place = names.iter().position(|name| name == column);
            let place = place.ok_or_else(|| format!("{lacks} `{column}`, which is to be `{field}`"))?;
            mapping.set(*known, place, column);
        }
        for (place, name) in names.iter().enumerate() {
            if let Some((_, field)) = FIELDS.iter().find(|(known, _)| known == name)
                && mapping.place(*field).is_none()
                && !mapping.columns().any(|taken| taken == place)
            {
                mapping.set(*field, place, name);
            }
        }
        for (fields, name) in [
            (&STARTS[..], "start"),
            (&[Field::Source][..], "source"),
            (&[Field::Destination][..], "destination"),
        ] {
            if !fields.iter().any(|field| mapping.place(*field).is_some()) {
                return Err(format!("no column is mapped to `{name}`: state which one it is"));
            }
        }
        Ok(mapping)
    }

    /// The columns that are fields, in the order of fields.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.places.iter().flatten().map(|(place, _)| *place)
    }

    /// Says of each column that is not read and is called like one that is.
    pub(super) fn unread(&self, names: &[String]) -> Vec<String> {
        let is_read = |place: usize| self.columns().any(|read| read == place);
        let is_taken = |name: &str| self.places.iter().flatten().any(|(_, read)| read == name);
        let unread = names.iter().enumerate().filter(|(place, name)| is_taken(name) && !is_read(*place));
        unread
            .map(|(place, name)| {
                format!("column {} is called `{name}` like another one, and is not read", place + 1)
            })
            .collect()
    }

    fn place(&self, field: Field) -> Option<&(usize, String)> {
        self.places.get(field as usize)?.as_ref()
    }

    /// The first statement of a field counts.
    fn set(&mut self, field: Field, place: usize, column: &str) {
        if let Some(slot) = self.places.get_mut(field as usize)
            && slot.is_none()
        {
            *slot = Some((place, column.to_owned()));
        }
    }

    /// Hands out the flow of one row, or what is wrong with it. `cell` gives what stands in a column, where it is known.
    pub(super) fn hand_out<'a, C: Cell<'a>>(
        &self,
        cell: impl Fn(usize) -> Option<C>,
        offset: u64,
        sink: &mut dyn Sink,
    ) {
        let row = Row { mapping: self, cell };
        let [service, state, name, id] = [Field::Service, Field::State, Field::Name, Field::Id]
            .map(|field| row.cell(field).map(|(cell, _)| cell.text()));
        match row.flow() {
            Ok(flow) => {
                let flow = Flow {
                    service: service.as_deref(),
                    state: state.as_deref(),
                    name: name.as_deref(),
                    id: id.as_deref(),
                    ..flow
                };
                sink.record(&Record::Flow(flow), offset);
            }
            Err(detail) => sink.problem(Problem::new(ProblemKind::Malformed, offset, detail)),
        }
    }
}

struct Row<'m, F> {
    mapping: &'m Mapping,
    cell: F,
}

impl<'a, 'm, C: Cell<'a>, F: Fn(usize) -> Option<C>> Row<'m, F> {
    fn cell(&self, field: Field) -> Option<(C, &'m str)> {
        let (place, column) = self.mapping.place(field)?;
        Some(((self.cell)(*place)?, column))
    }

    fn read<T>(
        &self,
        field: Field,
        expected: &str,
        read: impl Fn(&C) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some((cell, column)) = self.cell(field) else { return Ok(None) };
        let bad = || {
            let text = cell.text();
            format!("`{column}` should be {expected}, and is `{}`", text.chars().take(40).collect::<String>())
        };
        read(&cell).map(Some).ok_or_else(bad)
    }

    fn needed(&self, field: Field, name: &str) -> Result<IpAddr, String> {
        self.read(field, "an address", C::address)?.ok_or_else(|| format!("a row without its {name}"))
    }

    fn first(
        &self,
        fields: &[(Field, Unit)],
        expected: &str,
        read: impl Fn(&C, Unit) -> Option<i64>,
    ) -> Result<Option<i64>, String> {
        for (field, unit) in fields {
            if let Some(value) = self.read(*field, expected, |cell| read(cell, *unit))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn port(&self, field: Field, protocol: u8) -> Result<Option<u16>, String> {
        let port = self.read(field, "a port", C::port)?;
        Ok(port.filter(|_| protocol == 0 || has_ports(protocol)))
    }

    fn volume(&self, payload: Field, ip: Field, packets: Field) -> Result<Volume, String> {
        let amount = |field| self.read(field, "a count", C::count);
        Ok(Volume { payload: amount(payload)?, ip: amount(ip)?, packets: amount(packets)? })
    }

    /// The flow without its texts.
    fn flow(&self) -> Result<Flow<'static>, String> {
        let starts = [
            (Field::Start, Unit::Seconds),
            (Field::StartMs, Unit::Millis),
            (Field::StartUs, Unit::Micros),
            (Field::StartNs, Unit::Nanos),
        ];
        let start = self.first(&starts, "an instant", C::instant)?.ok_or("a row without its start")?;
        let lengths = [
            (Field::Duration, Unit::Seconds),
            (Field::DurationMs, Unit::Millis),
            (Field::DurationUs, Unit::Micros),
        ];
        let mut duration = self.first(&lengths, "a length of time", C::length)?;
        if duration.is_none() {
            let end = self.read(Field::End, "an instant", |cell| cell.instant(Unit::Seconds))?;
            duration = end.and_then(|end| end.checked_sub(start)).filter(|length| *length >= 0);
        }
        let protocol = self.read(Field::Protocol, "a protocol", C::protocol)?.unwrap_or_default();
        Ok(Flow {
            start,
            duration,
            source: self.needed(Field::Source, "source")?,
            destination: self.needed(Field::Destination, "destination")?,
            source_port: self.port(Field::SourcePort, protocol)?,
            destination_port: self.port(Field::DestinationPort, protocol)?,
            protocol,
            sent: self.volume(Field::SentPayload, Field::SentIp, Field::SentPackets)?,
            received: self.volume(Field::ReceivedPayload, Field::ReceivedIp, Field::ReceivedPackets)?,
            one_way: false,
            service: None,
            state: None,
            name: None,
            id: None,
            vlan: self.read(Field::Vlan, "a VLAN", C::port)?,
            carried_in: &[],
        })
    }
}
