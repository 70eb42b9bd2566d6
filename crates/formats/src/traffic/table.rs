//! Tables of flows without a fixed form: lines of cells with a header, and a stated mapping of its columns.
//!
//! Finds: flows. How: the first line names the columns; what separates them is the one of tab, comma, semicolon and bar that it has most
//! of; cells may stand in quotation marks. `Settings::columns` says which column is which field (`docs/traffic.md` names the fields);
//! a column that it does not speak of and that is called like a field is that field.
//! Wrong when: a column holds another unit than the field's name says. Misses: cells with a line feed in them.
//! Source: RFC 4180 for quotation marks.

use super::lines::{LineReader, Lines};
use super::text;
use super::values::{address, count, has_ports, instant, port, protocol, scaled, seconds};
use super::{Flow, Reader, Record, Settings, Sink, TrafficDescription, TrafficFormat, Volume};
use crate::{Problem, ProblemKind};

/// Lines of cells.
pub(super) struct Table;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "table",
    title: "table of flows (CSV or TSV) with a stated mapping",
    yields: "flows",
    limits: &[
        "start, source and destination have to be mapped; the first line has to name the columns",
        "cells with a line feed in them are not read",
        "a table is of flows: names, queries and logins are not read from one",
    ],
    source: "RFC 4180",
};

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

impl TrafficFormat for Table {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        let mut lines = start.split(|byte| *byte == b'\n').filter_map(text::plain);
        let Some(header) = lines.next().map(str::trim_end) else { return false };
        let separator = separator(header);
        let cells = Cells::of(header, separator);
        // Names of columns: none is empty or a number, and there are as many cells in the next line.
        let are_names = |cells: &Cells| {
            cells.0.len() >= 3
                && cells
                    .0
                    .iter()
                    .all(|cell| cell.starts_with(|first: char| first.is_alphabetic() || first == '_'))
        };
        cells.is_some_and(|cells| {
            are_names(&cells)
                && lines.next().map(str::trim_end).is_none_or(|line| {
                    line.is_empty()
                        || Cells::of(line, separator).is_some_and(|row| row.0.len() == cells.0.len())
                })
        })
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        let rows = Rows { columns: settings.columns.clone(), mapping: None, passed: None };
        Box::new(LineReader::new(rows, settings.longest))
    }
}

#[derive(Clone)]
struct Rows {
    columns: Vec<(String, String)>,
    mapping: Option<Mapping>,
    /// Why rows are not read, and how many.
    passed: Option<(String, u64)>,
}

#[derive(Clone)]
struct Mapping {
    separator: char,
    cells: usize,
    /// Which cell is which field, and what its column is called.
    places: Vec<(Field, usize, String)>,
}

impl Lines for Rows {
    const MAY_BE_CUT: bool = true;

    fn line(&mut self, line: &[u8], offset: u64, sink: &mut dyn Sink) {
        if line.is_empty() {
            return;
        }
        let text = text::of_line(line, offset, sink, text::escaped);
        if let Some((_, count)) = &mut self.passed {
            *count += 1;
            return;
        }
        let Some(mapping) = &self.mapping else {
            match Mapping::of(text.trim_start_matches('\u{feff}'), &self.columns) {
                Ok(mapping) => self.mapping = Some(mapping),
                Err(why) => self.passed = Some((why, 0)),
            }
            return;
        };
        let Some(Cells(cells)) = Cells::of(&text, mapping.separator) else {
            let what = "a quotation mark without its other, or something behind it";
            sink.problem(Problem::new(ProblemKind::Malformed, offset, what));
            return;
        };
        if cells.len() != mapping.cells {
            let (found, stated) = (cells.len(), mapping.cells);
            let detail = format!("a line of {found} cells, where the header has {stated}");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
            return;
        }
        match mapping.flow(&cells) {
            Ok(flow) => sink.record(&Record::Flow(flow), offset),
            Err(detail) => sink.problem(Problem::new(ProblemKind::Malformed, offset, detail)),
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        if let Some((why, count)) = self.passed.take() {
            sink.problem(Problem::new(
                ProblemKind::Unsupported,
                0,
                format!("{why}: {count} lines are not read"),
            ));
        }
    }

    fn beside(&mut self, _: &[u8], _: u64) -> Option<Self> {
        self.mapping.is_some().then(|| self.clone())
    }
}

impl Mapping {
    fn of(header: &str, stated: &[(String, String)]) -> Result<Self, String> {
        let separator = separator(header);
        let Cells(names) =
            Cells::of(header, separator).ok_or("the first line has a quotation mark without its other")?;
        let mut places = Vec::new();
        for (field, column) in stated {
            let known = FIELDS.iter().find(|(name, _)| name == field);
            let (_, known) = known
                .ok_or_else(|| format!("there is no field `{field}` of a flow that a column could be"))?;
            let place = names.iter().position(|name| name == column);
            let place = place.ok_or_else(|| {
                format!("the first line names no column `{column}`, which is to be `{field}`")
            })?;
            places.push((*known, place, column.clone()));
        }
        for (place, name) in names.iter().enumerate() {
            if let Some((_, field)) = FIELDS.iter().find(|(known, _)| known == name)
                && !places.iter().any(|(taken, at, _)| taken == field || *at == place)
            {
                places.push((*field, place, name.clone()));
            }
        }
        let has = |fields: &[Field]| places.iter().any(|(field, ..)| fields.contains(field));
        for (fields, name) in [
            (&STARTS[..], "start"),
            (&[Field::Source][..], "source"),
            (&[Field::Destination][..], "destination"),
        ] {
            if !has(fields) {
                return Err(format!("no column is mapped to `{name}`: state which one it is"));
            }
        }
        Ok(Self { separator, cells: names.len(), places })
    }

    fn flow<'a>(&self, cells: &'a [String]) -> Result<Flow<'a>, String> {
        let cell = |field: Field| {
            let (_, place, column) = self.places.iter().find(|(known, ..)| *known == field)?;
            let cell = cells.get(*place)?.trim();
            (!cell.is_empty() && cell != "-").then_some((cell, column))
        };
        fn read<T>(
            cell: Option<(&str, &String)>,
            expected: &str,
            read: impl Fn(&str) -> Option<T>,
        ) -> Result<Option<T>, String> {
            let Some((cell, column)) = cell else { return Ok(None) };
            let bad = || {
                format!(
                    "`{column}` should be {expected}, and is `{}`",
                    cell.chars().take(40).collect::<String>()
                )
            };
            read(cell).map(Some).ok_or_else(bad)
        }
        let needed = |field: Field, name: &str| {
            read(cell(field), "an address", address)?.ok_or_else(|| format!("a row without its {name}"))
        };
        let mut start = read(cell(Field::Start), "an instant", instant)?;
        for (field, digits, divisor) in
            [(Field::StartMs, 3, 1), (Field::StartUs, 0, 1), (Field::StartNs, 0, 1000)]
        {
            if start.is_none() {
                start = read(cell(field), "an instant", |text| Some(scaled(text, digits)? / divisor))?;
            }
        }
        let start = start.ok_or("a row without its start")?;
        let mut duration = read(cell(Field::Duration), "a length of time", seconds)?;
        for (field, digits) in [(Field::DurationMs, 3), (Field::DurationUs, 0)] {
            if duration.is_none() {
                duration = read(cell(field), "a length of time", |text| scaled(text, digits))?;
            }
        }
        if duration.is_none() {
            let end = read(cell(Field::End), "an instant", instant)?;
            duration = end.and_then(|end| end.checked_sub(start)).filter(|length| *length >= 0);
        }
        let protocol = read(cell(Field::Protocol), "a protocol", protocol)?.unwrap_or_default();
        let ports = |field| {
            read(cell(field), "a port", port)
                .map(|port| port.filter(|_| protocol == 0 || has_ports(protocol)))
        };
        let amount = |field| read(cell(field), "a count", count);
        let text = |field| cell(field).map(|(text, _)| text);
        Ok(Flow {
            start,
            duration,
            source: needed(Field::Source, "source")?,
            destination: needed(Field::Destination, "destination")?,
            source_port: ports(Field::SourcePort)?,
            destination_port: ports(Field::DestinationPort)?,
            protocol,
            sent: Volume {
                payload: amount(Field::SentPayload)?,
                ip: amount(Field::SentIp)?,
                packets: amount(Field::SentPackets)?,
            },
            received: Volume {
                payload: amount(Field::ReceivedPayload)?,
                ip: amount(Field::ReceivedIp)?,
                packets: amount(Field::ReceivedPackets)?,
            },
            one_way: false,
            service: text(Field::Service),
            state: text(Field::State),
            name: text(Field::Name),
            id: text(Field::Id),
            vlan: read(cell(Field::Vlan), "a VLAN", port)?,
            carried_in: &[],
        })
    }
}

/// What the first line has most of.
fn separator(header: &str) -> char {
    let count = |separator: char| header.matches(separator).count();
    // Of equals, the last.
    [',', ';', '|', '\t'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

/// The cells of a line, without their quotation marks.
struct Cells(Vec<String>);

impl Cells {
    fn of(line: &str, separator: char) -> Option<Self> {
        let mut cells = Vec::new();
        let mut rest = line;
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                let mut cell = String::new();
                let mut behind = quoted;
                loop {
                    let (before, after) = behind.split_once('"')?;
                    cell.push_str(before);
                    match after.strip_prefix('"') {
                        // Two are one within a cell.
                        Some(more) => {
                            cell.push('"');
                            behind = more;
                        }
                        None => {
                            behind = after;
                            break;
                        }
                    }
                }
                cells.push(cell);
                if behind.is_empty() {
                    return Some(Self(cells));
                }
                rest = behind.strip_prefix(separator)?;
            } else {
                match rest.split_once(separator) {
                    Some((cell, behind)) => {
                        cells.push(cell.to_owned());
                        rest = behind;
                    }
                    None => {
                        cells.push(rest.to_owned());
                        return Some(Self(cells));
                    }
                }
            }
        }
    }
}
