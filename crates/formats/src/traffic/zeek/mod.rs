//! Zeek's logs: `conn`, `dns`, `ssl`, `http`, `ssh` and `rdp`, as lines of fields and as lines of JSON.
//!
//! Finds: connections, names asked for in TLS and HTTP, DNS queries, attempts to log in. How: in a log of fields the header says which
//! column is what; each directive is honoured wherever it stands, so that rotated files may be joined; without a header a line with
//! the 20, 21 or 22 fields of a `conn.log` is read as one by Zeek's own order, and that is told. A line of JSON is of the log that its
//! `_path` says, or that its fields belong to. Texts keep Zeek's escapes (`\x09`).
//! Wrong when: a headless log of another kind has the shape of a `conn.log`; a field was renamed.
//! Misses: logs of other kinds (their lines are counted), a separator of several bytes, what a script added.
//! Source: Zeek manual, "Zeek Log Formats and Inspection" and the record types `Conn::Info`, `DNS::Info`, `SSL::Info`,
//! `HTTP::Info`, `SSH::Info`, `RDP::Info` of its script reference.

mod header;
mod lines;
mod object;
mod record;

use super::lines::LineReader;
use super::{Reader, Settings, TrafficDescription, TrafficFormat};

/// Lines of fields with a header.
pub(super) struct Zeek;

/// Lines of JSON.
pub(super) struct ZeekJson;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "zeek",
    title: "Zeek log (tab-separated)",
    yields: "conn: flows; ssl and http: names; dns: queries; ssh and rdp: logins",
    limits: &[
        "logs of other kinds than conn, dns, ssl, http, ssh and rdp are counted and not read",
        "a separator of several bytes is not read",
        "without a header only a conn.log of 20, 21 or 22 fields in Zeek's own order is read",
        "what a connection was carried in (tunnel_parents) is not told",
    ],
    source: "Zeek manual, Zeek Log Formats and Inspection; script reference, Conn::Info and its like",
};

static JSON_DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "zeek-json",
    title: "Zeek log (one JSON object a line)",
    yields: "conn: flows; ssl and http: names; dns: queries; ssh and rdp: logins",
    limits: &[
        "logs of other kinds than conn, dns, ssl, http, ssh and rdp are counted and not read",
        "one array of all records, as some programs make of the lines, is not read",
        "what a connection was carried in (tunnel_parents) is not told",
    ],
    source: "Zeek manual, Zeek Log Formats and Inspection (JSON); script reference, Conn::Info and its like",
};

impl TrafficFormat for Zeek {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        const DIRECTIVES: [&[u8]; 4] = [b"#separator", b"#fields", b"#path", b"#set_separator"];
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        DIRECTIVES.iter().any(|directive| line.starts_with(directive)) || header::looks_like_conn(line)
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(LineReader::new(lines::Fields::default(), settings.longest))
    }
}

impl TrafficFormat for ZeekJson {
    fn describe(&self) -> &'static TrafficDescription {
        &JSON_DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        object::is_one(start)
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(LineReader::new(object::Objects::default(), settings.longest))
    }
}
