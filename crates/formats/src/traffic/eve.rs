//! Suricata's `eve.json`: one event a line.
//!
//! Finds: flows (`flow` with both directions, `netflow` with one each), DNS queries, names of TLS and HTTP, banners of SSH. How: the
//! event's type says which; a query and its answer are two events in older versions, of which the answer is handed out where there
//! is one, and each question otherwise. Wrong when: an older version logs both question and answer: two queries are told then.
//! Misses: alerts, files, statistics and all other events (counted). Source: Suricata manual, "EVE JSON Output" and "EVE JSON Format".

use super::json::{Element, Members, elements};
use super::lines::{Line, LineReader, Lines, Passed};
use super::values::{address, count, has_ports, instant, port, protocol};
use super::{
    Flow, Login, Name, Query, Reader, Record, Settings, Sink, TrafficDescription, TrafficFormat, Volume,
};
use crate::{Problem, ProblemKind};
use core::net::IpAddr;

/// Suricata's events.
pub(super) struct Eve;

static DESCRIPTION: TrafficDescription = TrafficDescription {
    name: "eve",
    title: "Suricata eve.json",
    yields: "flow and netflow: flows; tls and http: names; dns: queries; ssh: logins",
    limits: &[
        "alerts, anomalies, files, statistics and events of other protocols are counted and not read",
        "question and answer of a DNS query are two records where they are logged as two events",
        "payload bytes are not told by Suricata: those of flows are counted with their headers",
    ],
    source: "Suricata manual, EVE JSON Output and EVE JSON Format",
};

impl TrafficFormat for Eve {
    fn describe(&self) -> &'static TrafficDescription {
        &DESCRIPTION
    }

    fn recognise(&self, start: &[u8]) -> bool {
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Ok(line) = std::str::from_utf8(line) else { return false };
        let mut members = Members::default();
        members.read(line).is_ok() && members.has(line, "event_type") && members.has(line, "timestamp")
    }

    fn reader(&self, settings: &Settings) -> Box<dyn Reader> {
        Box::new(LineReader::new(Events::default(), settings.longest))
    }
}

#[derive(Default)]
struct Events {
    members: Members,
    passed: Passed,
}

/// An event, and what all have.
struct Event<'a> {
    text: &'a str,
    members: &'a Members,
    offset: u64,
}

/// A member that is none: its path, and what should stand there.
struct Bad(&'static str, &'static str);

impl Lines for Events {
    const MAY_BE_CUT: bool = false;

    fn line(&mut self, line: Line<'_>, offset: u64, sink: &mut dyn Sink) {
        let Some(text) = self.members.line(line, offset, sink) else { return };
        let event = Event { text: &text, members: &self.members, offset };
        let kind = event.text("event_type").unwrap_or("(none)");
        let read = match kind {
            "flow" => event.flow(sink),
            "netflow" => event.netflow(sink),
            "dns" => event.dns(sink),
            "tls" => event.tls(sink),
            "http" => event.http(sink),
            "ssh" => event.ssh(sink),
            other => {
                self.passed.count(other, "(further types)", offset);
                Ok(())
            }
        };
        if let Err(Bad(path, expected)) = read {
            let found: String = event.text(path).unwrap_or("not there").chars().take(40).collect();
            let detail = format!("`{path}` should be {expected}, and is `{found}`");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.passed.tell(sink, |kind| format!("events of the type `{kind}`"));
    }

    fn beside(&mut self, _: &[u8]) -> Option<Self> {
        Some(Self::default())
    }
}

impl<'a> Event<'a> {
    fn text(&self, path: &str) -> Option<&'a str> {
        self.members.text(self.text, path)
    }

    fn needed<T>(
        &self,
        path: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Bad> {
        self.text(path).and_then(read).ok_or(Bad(path, expected))
    }

    fn optional<T>(
        &self,
        path: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Bad> {
        self.text(path).map(|text| read(text).ok_or(Bad(path, expected))).transpose()
    }

    fn amount(&self, path: &'static str) -> Result<Option<u64>, Bad> {
        self.optional(path, "a count", count)
    }

    fn time(&self) -> Result<i64, Bad> {
        self.needed("timestamp", "an instant", instant)
    }

    fn source(&self) -> Result<IpAddr, Bad> {
        self.needed("src_ip", "an address", address)
    }

    fn destination(&self) -> Result<IpAddr, Bad> {
        self.needed("dest_ip", "an address", address)
    }

    fn server_port(&self) -> Result<u16, Bad> {
        self.needed("dest_port", "a port", port)
    }

    fn id(&self) -> Option<&'a str> {
        self.text("flow_id")
    }

    /// The identifier of the outermost VLAN: a number, or the first of a list.
    fn vlan(&self) -> Result<Option<u16>, Bad> {
        let Some(list) = self.members.array(self.text, "vlan") else {
            return self.optional("vlan", "a VLAN", port);
        };
        let mut first = None;
        let read = elements(list, &mut |element| {
            if let (Element::Text(text), None) = (&element, first) {
                first = Some(port(text));
            }
        });
        match (read, first) {
            (Ok(()), None) => Ok(None),
            (Ok(()), Some(Some(vlan))) => Ok(Some(vlan)),
            _ => Err(Bad("vlan", "a VLAN")),
        }
    }

    fn of_ends(&self, start: i64, duration: Option<i64>) -> Result<Flow<'a>, Bad> {
        let protocol = self.needed("proto", "a protocol", protocol)?;
        let source = self.source()?;
        // One name for both kinds of control messages.
        let protocol = if protocol == 1 && source.is_ipv6() { 58 } else { protocol };
        let ports = has_ports(protocol);
        Ok(Flow {
            start,
            duration,
            source,
            destination: self.destination()?,
            source_port: self.optional("src_port", "a port", port)?.filter(|_| ports),
            destination_port: self.optional("dest_port", "a port", port)?.filter(|_| ports),
            protocol,
            sent: Volume::default(),
            received: Volume::default(),
            one_way: false,
            service: self
                .text("app_proto")
                .filter(|name| !matches!(*name, "failed" | "unknown"))
                .map(service),
            state: None,
            name: None,
            id: self.id(),
            vlan: self.vlan()?,
            carried_in: &[],
        })
    }

    fn flow(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        let start = match self.optional("flow.start", "an instant", instant)? {
            Some(start) => start,
            None => self.time()?,
        };
        let end = self.optional("flow.end", "an instant", instant)?;
        let mut flow =
            self.of_ends(start, end.and_then(|end| end.checked_sub(start)).filter(|length| *length >= 0))?;
        // Bytes are those of whole packets, from the IP header on.
        flow.sent = Volume {
            payload: None,
            ip: self.amount("flow.bytes_toserver")?,
            packets: self.amount("flow.pkts_toserver")?,
        };
        flow.received = Volume {
            payload: None,
            ip: self.amount("flow.bytes_toclient")?,
            packets: self.amount("flow.pkts_toclient")?,
        };
        sink.record(&Record::Flow(flow), self.offset);
        Ok(())
    }

    fn netflow(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        let start = match self.optional("netflow.start", "an instant", instant)? {
            Some(start) => start,
            None => self.time()?,
        };
        let end = self.optional("netflow.end", "an instant", instant)?;
        let mut flow =
            self.of_ends(start, end.and_then(|end| end.checked_sub(start)).filter(|length| *length >= 0))?;
        flow.sent = Volume {
            payload: None,
            ip: self.amount("netflow.bytes")?,
            packets: self.amount("netflow.pkts")?,
        };
        flow.one_way = true;
        sink.record(&Record::Flow(flow), self.offset);
        Ok(())
    }

    fn dns(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        // An answer's event is of the packet that went to the client in older versions.
        let kind = self.text("dns.type");
        let is_answer = matches!(kind, Some("answer" | "response"));
        let (mut client, mut server) = (self.source()?, self.destination()?);
        if is_answer
            && self.text("dest_port").and_then(port) != Some(53)
            && self.text("src_port").and_then(port) == Some(53)
        {
            (client, server) = (server, client);
        }
        let mut addresses = Vec::new();
        let mut answer_bytes = 0;
        let mut inner = Members::default();
        let mut is_whole = true;
        for path in ["dns.answers", "dns.grouped"] {
            let Some(list) = self.members.array(self.text, path) else { continue };
            is_whole &= elements(list, &mut |element| {
                let Element::Object(object) = element else { return };
                if inner.read(object).is_ok()
                    && let Some(data) = inner.text(object, "rdata")
                {
                    answer_bytes += data.len();
                    addresses.extend(address(data));
                }
            })
            .is_ok();
        }
        if let Some(data) = self.text("dns.rdata") {
            answer_bytes += data.len();
            addresses.extend(address(data));
        }
        if !is_whole {
            return Err(Bad("dns.answers", "a list"));
        }
        let code = self
            .text("dns.rcode")
            .map(|code| code_of(code).ok_or(Bad("dns.rcode", "a response code")))
            .transpose()?;
        let mut hand_over = |name: &str, kind: Option<u16>| {
            let query = Query {
                time: self.time()?,
                client,
                server,
                name: name.strip_suffix('.').unwrap_or(name),
                kind,
                code,
                addresses: &addresses,
                answer_bytes,
            };
            sink.record(&Record::Query(query), self.offset);
            Ok(())
        };
        if let Some(name) = self.text("dns.rrname") {
            return hand_over(name, self.text("dns.rrtype").and_then(type_of));
        }
        // Version 3 has questions in a list.
        let mut asked = Vec::new();
        let list =
            self.members.array(self.text, "dns.queries").or(self.members.array(self.text, "dns.query"));
        let list = list.ok_or(Bad("dns.rrname", "a name"))?;
        let read = elements(list, &mut |element| {
            let Element::Object(object) = element else { return };
            if inner.read(object).is_ok()
                && let Some(name) = inner.text(object, "rrname")
            {
                asked.push((name.to_owned(), inner.text(object, "rrtype").and_then(type_of)));
            }
        });
        read.map_err(|_| Bad("dns.queries", "a list"))?;
        asked.iter().try_for_each(|(name, kind)| hand_over(name, *kind))
    }

    fn tls(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        let Some(name) = self.text("tls.sni").filter(|name| !name.is_empty()) else { return Ok(()) };
        self.named("ssl", name, None, None, sink)
    }

    fn http(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        let name = self.text("http.hostname").unwrap_or_default();
        self.named("http", name, self.text("http.http_user_agent"), self.text("http.url"), sink)
    }

    fn named(
        &self,
        protocol: &'static str,
        name: &str,
        agent: Option<&str>,
        path: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<(), Bad> {
        let name = Name {
            time: self.time()?,
            id: self.id(),
            client: self.source()?,
            server: self.destination()?,
            server_port: self.server_port()?,
            protocol,
            name,
            agent,
            path,
        };
        sink.record(&Record::Name(name), self.offset);
        Ok(())
    }

    fn ssh(&self, sink: &mut dyn Sink) -> Result<(), Bad> {
        let login = Login {
            time: self.time()?,
            id: self.id(),
            client: self.source()?,
            server: self.destination()?,
            server_port: self.server_port()?,
            protocol: "ssh",
            succeeded: None,
            client_software: self.text("ssh.client.software_version"),
            server_software: self.text("ssh.server.software_version"),
        };
        sink.record(&Record::Login(login), self.offset);
        Ok(())
    }
}

/// The names that the other formats have.
fn service(name: &str) -> &str {
    match name {
        "tls" => "ssl",
        other => other,
    }
}

fn type_of(name: &str) -> Option<u16> {
    const TYPES: [(&str, u16); 18] = [
        ("A", 1),
        ("NS", 2),
        ("CNAME", 5),
        ("SOA", 6),
        ("NULL", 10),
        ("PTR", 12),
        ("HINFO", 13),
        ("MX", 15),
        ("TXT", 16),
        ("KEY", 25),
        ("AAAA", 28),
        ("SRV", 33),
        ("NAPTR", 35),
        ("DS", 43),
        ("DNSKEY", 48),
        ("SVCB", 64),
        ("HTTPS", 65),
        ("ANY", 255),
    ];
    TYPES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number).or_else(|| port(name))
}

fn code_of(name: &str) -> Option<u16> {
    const CODES: [&str; 11] = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
        "NOTAUTH", "NOTZONE",
    ];
    CODES
        .iter()
        .position(|known| *known == name)
        .and_then(|place| u16::try_from(place).ok())
        .or_else(|| port(name))
}
