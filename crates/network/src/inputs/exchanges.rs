//! Banbury's table of expected exchanges: who opens connections to whom.
//!
//! What standards make usual between functions (NGAP, GTP-U, PFCP, ...) need not stand here. Wrong when: an exchange has been given up
//! since. Misses: who may answer, times, amounts. Source: this project.

use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::functions;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::Prefix;
use banbury_evidence::model::Exchange;

/// table of exchanges.
pub(super) struct Exchanges;

pub(super) const DESCRIPTION: Description = Description {
    name: "exchanges",
    table: "exchanges",
    title: "table of expected exchanges",
    columns: &[
        Column {
            name: "from_kind",
            others: &[],
            required: true,
            holds: "what `from` names: device, role, function, manufacturer, prefix or all",
        },
        Column {
            name: "from",
            others: &["from_name"],
            required: false,
            holds: "who opens the connection; empty for all",
        },
        Column {
            name: "to_kind",
            others: &[],
            required: true,
            holds: "what `to` names: device, role, function, manufacturer, prefix, name (a server's name, *. before it for all below) or all",
        },
        Column { name: "to", others: &["to_name"], required: false, holds: "to whom; empty for all" },
        Column {
            name: "protocol",
            others: &[],
            required: false,
            holds: "tcp, udp, sctp, icmp or a number of IP; empty for any",
        },
        Column {
            name: "port",
            others: &[],
            required: false,
            holds: "the port of the one to whom; empty for any",
        },
        Column {
            name: "purpose",
            others: &["document"],
            required: false,
            holds: "what for, or the document that says so",
        },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &["one port a record", "times and amounts are not read"],
    source: "Banbury's own table",
};

impl Table for Exchanges {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const FROM: &[&str] = &["device", "role", "function", "manufacturer", "prefix", "all"];
const TO: &[&str] = &["device", "role", "function", "manufacturer", "prefix", "name", "all"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let from_kind = row.required_choice("from_kind", FROM)?;
    let from_name = end(row, "from", &from_kind, draft)?;
    let to_kind = row.required_choice("to_kind", TO)?;
    let to_name = end(row, "to", &to_kind, draft)?;
    let protocol = row.text("protocol").map(|text| text.to_ascii_lowercase());
    if let Some(text) = &protocol
        && !["tcp", "udp", "sctp", "icmp"].contains(&text.as_str())
        && text.parse::<u8>().is_err()
    {
        let problem = row.place("protocol").error(Kind::Malformed, format!("{} is no protocol", quote(text)));
        row.problem(problem.hint("write tcp, udp, sctp, icmp, or the number that IP has for it").left_out());
        return None;
    }
    let port = row.number("port");
    if let Some(port) = port.filter(|&port| port == 0 || port > 65_535) {
        let problem = row.place("port").error(Kind::Malformed, format!("{port} is no port"));
        row.problem(problem.hint("ports are 1 to 65535; leave it empty for any").left_out());
        return None;
    }
    let purpose = row.text("purpose");
    let record =
        Exchange { from_kind, from_name, to_kind, to_name, protocol, port, purpose, source: row.source() };
    draft.add(record, &row.place("from_kind")).map_err(|problem| row.problem(problem)).ok()
}

fn end(row: &mut Row<'_>, column: &'static str, kind: &str, draft: &mut Draft) -> Option<String> {
    let target = match kind {
        "all" => {
            if let Some(name) = row.text(column) {
                let message = format!("an exchange over all names {}; it is not read", quote(&name));
                let hint = format!("leave `{column}` empty, or say in {column}_kind what it names");
                row.problem(row.place(column).error(Kind::Malformed, message).hint(hint));
            }
            return Some(String::new());
        }
        "prefix" => {
            let text = row.required(column)?;
            let read = Prefix::parse(&text).map(|prefix| prefix.to_string());
            if read.is_none() {
                let problem = row
                    .place(column)
                    .error(Kind::Malformed, format!("{} is no range of addresses", quote(&text)));
                row.problem(problem.hint("write it as 192.0.2.0/24 or 2001:db8::/32").left_out());
            }
            return read;
        }
        "name" => return row.required(column).map(|name| name.trim_end_matches('.').to_ascii_lowercase()),
        "device" => Target::Device,
        "role" => Target::Role,
        "manufacturer" => Target::Manufacturer,
        _ => Target::Function,
    };
    let mut name = row.required(column)?;
    if target == Target::Function {
        name = functions::standard(&name).0;
    }
    draft.refer(target, &name, || row.place(column), ("exchange", &name));
    Some(name)
}
