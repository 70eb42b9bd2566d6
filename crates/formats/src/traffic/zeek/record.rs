//! A row of a log as a record, however its cells are written.

use crate::traffic::values::{self, has_ports, protocol};
use crate::traffic::{Flow, Login, Name, Query, Record, Sink, Volume};
use core::net::IpAddr;

/// The logs that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    Conn,
    Dns,
    Ssl,
    Http,
    Ssh,
    Rdp,
}

/// Columns that no record can do without, first in each list.
pub(super) const NEEDED: usize = 3;

/// The most columns that are asked of a log.
pub(super) const COLUMNS: usize = 20;

impl Log {
    pub(super) fn of_path(path: &str) -> Option<Self> {
        // Writers may put a prefix or a suffix to it: `conn_long` is another log.
        Some(match path {
            "conn" => Self::Conn,
            "dns" => Self::Dns,
            "ssl" => Self::Ssl,
            "http" => Self::Http,
            "ssh" => Self::Ssh,
            "rdp" => Self::Rdp,
            _ => return None,
        })
    }

    /// By names of fields that this log alone has.
    pub(super) fn of_fields(has: impl Fn(&str) -> bool) -> Option<Self> {
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        if !has("ts") || !has("id.orig_h") || !has("id.resp_h") {
            None
        } else if any(&["conn_state", "orig_ip_bytes", "missed_bytes"]) {
            Some(Self::Conn)
        } else if any(&["trans_depth"]) {
            Some(Self::Http)
        } else if any(&["qtype", "rcode", "qtype_name", "qclass"]) {
            Some(Self::Dns)
        } else if any(&["auth_attempts", "auth_success", "kex_alg", "hasshVersion"]) {
            Some(Self::Ssh)
        } else if any(&["security_protocol", "keyboard_layout", "requested_color_depth"]) {
            Some(Self::Rdp)
        } else if any(&["cipher", "established", "ssl_history", "resumed"]) {
            Some(Self::Ssl)
        } else {
            None
        }
    }

    /// The columns that are asked, in the order of the constants of its function below.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Conn => &[
                "ts",
                "id.orig_h",
                "id.resp_h",
                "uid",
                "id.orig_p",
                "id.resp_p",
                "proto",
                "ip_proto",
                "service",
                "duration",
                "orig_bytes",
                "resp_bytes",
                "conn_state",
                "orig_pkts",
                "orig_ip_bytes",
                "resp_pkts",
                "resp_ip_bytes",
                "vlan",
            ],
            Self::Dns => &["ts", "id.orig_h", "id.resp_h", "query", "qtype", "rcode", "answers"],
            Self::Ssl => &["ts", "id.orig_h", "id.resp_h", "uid", "id.resp_p", "server_name"],
            Self::Http => &["ts", "id.orig_h", "id.resp_h", "uid", "id.resp_p", "host", "uri", "user_agent"],
            Self::Ssh => {
                &["ts", "id.orig_h", "id.resp_h", "uid", "id.resp_p", "auth_success", "client", "server"]
            }
            Self::Rdp => &["ts", "id.orig_h", "id.resp_h", "uid", "id.resp_p", "client_build"],
        }
    }
}

/// A row's cells, by the place of their column in [`Log::columns`].
pub(super) trait Row<'a>: Copy {
    /// The cell; `None` where the column is not there or not set. Empty where the log says so.
    fn cell(self, column: usize) -> Option<&'a str>;

    /// Hands over the elements of a cell that is a vector or set; `false` where it is malformed.
    fn elements(self, column: usize, take: &mut dyn FnMut(&str)) -> bool;

    /// Microseconds since 1970-01-01 00:00 UTC.
    fn instant(self, column: usize) -> Cell<i64> {
        value(self.cell(column), values::instant)
    }

    /// A length of time in microseconds.
    fn seconds(self, column: usize) -> Cell<i64> {
        value(self.cell(column), values::seconds)
    }

    /// A count.
    fn count(self, column: usize) -> Cell<u64> {
        value(self.cell(column), values::count)
    }

    /// An address.
    fn address(self, column: usize) -> Cell<IpAddr> {
        value(self.cell(column), values::address)
    }
}

/// The value of a cell, `None` where it is not there, not set or empty.
pub(super) type Cell<T> = Result<Option<T>, NoValue>;

/// A cell holds something else than it should.
pub(super) struct NoValue;

/// What a cell's text is read as.
#[inline(always)]
pub(super) fn value<T>(cell: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Cell<T> {
    match cell {
        None | Some("") => Ok(None),
        Some(text) => read(text).map(Some).ok_or(NoValue),
    }
}

/// A cell that is none: its column, and what should stand there.
pub(super) struct BadCell {
    pub(super) column: usize,
    pub(super) expected: &'static str,
}

/// Hands over the record of a row, where it is one.
pub(super) fn hand_over<'a>(
    log: Log,
    row: impl Row<'a>,
    offset: u64,
    sink: &mut dyn Sink,
) -> Result<(), BadCell> {
    let ends = Ends {
        time: needed(row.instant(0), 0, "an instant")?,
        client: needed(row.address(1), 1, "an address")?,
        server: needed(row.address(2), 2, "an address")?,
    };
    match log {
        Log::Conn => conn(row, ends, offset, sink),
        Log::Dns => dns(row, ends, offset, sink),
        Log::Ssl => ssl(row, ends, offset, sink),
        Log::Http => http(row, ends, offset, sink),
        Log::Ssh => ssh(row, ends, offset, sink),
        Log::Rdp => rdp(row, ends, offset, sink),
    }
}

struct Ends {
    time: i64,
    client: IpAddr,
    server: IpAddr,
}

fn conn<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let by_number = narrow(row, 7, "a protocol's number")?;
    let by_name = match row.cell(6) {
        // Zeek has one name for both, and one for all others.
        Some("tcp") => Some(6),
        Some("udp") => Some(17),
        Some("icmp") if ends.client.is_ipv6() => Some(58),
        Some("unknown_transport") | None => None,
        Some(name) => Some(protocol(name).ok_or(BadCell { column: 6, expected: "a protocol" })?),
    };
    let protocol = by_number.or(by_name).unwrap_or(UNKNOWN);
    let (mut source_port, mut destination_port) = (narrow(row, 4, "a port")?, narrow(row, 5, "a port")?);
    if !has_ports(protocol) {
        (source_port, destination_port) = (None, None);
    }
    let amount = |column| optional(row.count(column), column, "a count");
    let flow = Flow {
        start: ends.time,
        duration: optional(row.seconds(9), 9, "a length of time")?,
        source: ends.client,
        destination: ends.server,
        source_port,
        destination_port,
        protocol,
        sent: Volume { payload: amount(10)?, packets: amount(13)?, ip: amount(14)? },
        received: Volume { payload: amount(11)?, packets: amount(15)?, ip: amount(16)? },
        one_way: false,
        service: row.cell(8).filter(|service| !service.is_empty()),
        state: row.cell(12),
        name: None,
        id: row.cell(3),
        vlan: narrow(row, 17, "a VLAN")?,
        carried_in: &[],
    };
    sink.record(&Record::Flow(flow), offset);
    Ok(())
}

/// The protocol of a connection whose log does not say (255 is reserved).
const UNKNOWN: u8 = 255;

fn dns<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let kind = narrow(row, 4, "a record type")?;
    let code = narrow(row, 5, "a response code")?;
    let mut addresses = Vec::new();
    let mut answer_bytes = 0;
    let whole = row.elements(6, &mut |answer| {
        answer_bytes += answer.len();
        addresses.extend(values::address(answer));
    });
    if !whole {
        return Err(BadCell { column: 6, expected: "a list" });
    }
    let name = row.cell(3).unwrap_or_default();
    let query = Query {
        time: ends.time,
        client: ends.client,
        server: ends.server,
        name: name.strip_suffix('.').unwrap_or(name),
        kind,
        code,
        addresses: &addresses,
        answer_bytes,
    };
    sink.record(&Record::Query(query), offset);
    Ok(())
}

fn ssl<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let server_port = port(row, 4)?;
    let Some(server_name) = row.cell(5).filter(|name| !name.is_empty()) else { return Ok(()) };
    let name = Name {
        time: ends.time,
        id: row.cell(3),
        client: ends.client,
        server: ends.server,
        server_port,
        protocol: "ssl",
        name: server_name,
        agent: None,
        path: None,
    };
    sink.record(&Record::Name(name), offset);
    Ok(())
}

fn http<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let server_port = port(row, 4)?;
    let (host, path, agent) = (row.cell(5), row.cell(6), row.cell(7));
    if host.or(path).or(agent).is_none() {
        return Ok(());
    }
    let name = Name {
        time: ends.time,
        id: row.cell(3),
        client: ends.client,
        server: ends.server,
        server_port,
        protocol: "http",
        name: host.unwrap_or_default(),
        agent,
        path,
    };
    sink.record(&Record::Name(name), offset);
    Ok(())
}

fn ssh<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let login = Login {
        time: ends.time,
        id: row.cell(3),
        client: ends.client,
        server: ends.server,
        server_port: port(row, 4)?,
        protocol: "ssh",
        succeeded: optional(value(row.cell(5), truth), 5, "true or false")?,
        client_software: row.cell(6),
        server_software: row.cell(7),
    };
    sink.record(&Record::Login(login), offset);
    Ok(())
}

fn rdp<'a>(row: impl Row<'a>, ends: Ends, offset: u64, sink: &mut dyn Sink) -> Result<(), BadCell> {
    let login = Login {
        time: ends.time,
        id: row.cell(3),
        client: ends.client,
        server: ends.server,
        server_port: port(row, 4)?,
        protocol: "rdp",
        succeeded: None,
        client_software: row.cell(5),
        server_software: None,
    };
    sink.record(&Record::Login(login), offset);
    Ok(())
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "T" | "true" => Some(true),
        "F" | "false" => Some(false),
        _ => None,
    }
}

#[inline(always)]
fn needed<T>(cell: Cell<T>, column: usize, expected: &'static str) -> Result<T, BadCell> {
    optional(cell, column, expected)?.ok_or(BadCell { column, expected })
}

#[inline(always)]
fn optional<T>(cell: Cell<T>, column: usize, expected: &'static str) -> Result<Option<T>, BadCell> {
    cell.map_err(|NoValue| BadCell { column, expected })
}

/// A count of so many bits.
#[inline(always)]
fn narrow<'a, T: TryFrom<u64>>(
    row: impl Row<'a>,
    column: usize,
    expected: &'static str,
) -> Result<Option<T>, BadCell> {
    match row.count(column) {
        Ok(None) => Ok(None),
        Ok(Some(count)) => T::try_from(count).map(Some).map_err(|_| BadCell { column, expected }),
        Err(NoValue) => Err(BadCell { column, expected }),
    }
}

fn port<'a>(row: impl Row<'a>, column: usize) -> Result<u16, BadCell> {
    narrow(row, column, "a port")?.ok_or(BadCell { column, expected: "a port" })
}
