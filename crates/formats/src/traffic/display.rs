//! Records as lines for people and for golden files: one each, fields in a fixed order, what is not known left out.

use super::{Community, Flow, Login, Name, Query, Record, Volume};
use crate::time::iso8601;
use core::net::IpAddr;
use std::fmt::{Display, Formatter, Result};

impl Display for Record<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Flow(flow) => flow.fmt(out),
            Self::Name(name) => name.fmt(out),
            Self::Query(query) => query.fmt(out),
            Self::Login(login) => login.fmt(out),
            Self::Community(community) => community.fmt(out),
        }
    }
}

impl Display for Flow<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("flow ")?;
        time(out, self.start)?;
        end(out, self.source, self.source_port)?;
        out.write_str(" ->")?;
        end(out, self.destination, self.destination_port)?;
        write!(out, " protocol={}", self.protocol)?;
        shown(out, "duration", self.duration)?;
        volume(out, "sent", &self.sent)?;
        volume(out, "received", &self.received)?;
        if self.one_way {
            out.write_str(" one-way")?;
        }
        shown(out, "service", self.service)?;
        shown(out, "state", self.state)?;
        quoted(out, "name", self.name)?;
        shown(out, "id", self.id)?;
        shown(out, "vlan", self.vlan)?;
        if !self.carried_in.is_empty() {
            write!(out, " in={}", self.carried_in.join(","))?;
        }
        Ok(())
    }
}

impl Display for Name<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("name ")?;
        time(out, self.time)?;
        write!(out, " {} ->", self.client)?;
        end(out, self.server, Some(self.server_port))?;
        write!(out, " protocol={} name={:?}", self.protocol, self.name)?;
        quoted(out, "agent", self.agent)?;
        quoted(out, "path", self.path)?;
        shown(out, "id", self.id)
    }
}

impl Display for Query<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("query ")?;
        time(out, self.time)?;
        write!(out, " {} -> {} name={:?}", self.client, self.server, self.name)?;
        shown(out, "kind", self.kind)?;
        shown(out, "code", self.code)?;
        for address in self.addresses {
            write!(out, " address={address}")?;
        }
        write!(out, " answer-bytes={}", self.answer_bytes)
    }
}

impl Display for Login<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("login ")?;
        time(out, self.time)?;
        write!(out, " {} ->", self.client)?;
        end(out, self.server, Some(self.server_port))?;
        write!(out, " protocol={}", self.protocol)?;
        shown(out, "succeeded", self.succeeded)?;
        quoted(out, "client", self.client_software)?;
        quoted(out, "server", self.server_software)?;
        shown(out, "id", self.id)
    }
}

impl Display for Community<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        out.write_str("community ")?;
        time(out, self.time)?;
        write!(out, " {} ->", self.client)?;
        end(out, self.server, Some(self.server_port))?;
        write!(out, " version={} community={:?} messages={}", self.version, self.community, self.messages)?;
        if self.accepted {
            out.write_str(" accepted")?;
        }
        shown(out, "id", self.id)
    }
}

/// `2024-02-29T12:34:56.123456Z`.
fn time(out: &mut Formatter<'_>, micros: i64) -> Result {
    let seconds = iso8601(micros.div_euclid(1_000_000));
    write!(out, "{}.{:06}Z", seconds.trim_end_matches('Z'), micros.rem_euclid(1_000_000))
}

fn end(out: &mut Formatter<'_>, address: IpAddr, port: Option<u16>) -> Result {
    match (address, port) {
        (_, None) => write!(out, " {address}"),
        (IpAddr::V4(address), Some(port)) => write!(out, " {address}:{port}"),
        (IpAddr::V6(address), Some(port)) => write!(out, " [{address}]:{port}"),
    }
}

fn shown(out: &mut Formatter<'_>, what: &str, value: Option<impl Display>) -> Result {
    value.map_or(Ok(()), |value| write!(out, " {what}={value}"))
}

fn quoted(out: &mut Formatter<'_>, what: &str, value: Option<&str>) -> Result {
    value.map_or(Ok(()), |value| write!(out, " {what}={value:?}"))
}

/// Payload, bytes with the IP header, packets; `-` for what is not known.
fn volume(out: &mut Formatter<'_>, what: &str, volume: &Volume) -> Result {
    write!(out, " {what}=")?;
    for (number, value) in [volume.payload, volume.ip, volume.packets].into_iter().enumerate() {
        if number > 0 {
            out.write_str("/")?;
        }
        match value {
            Some(value) => write!(out, "{value}")?,
            None => out.write_str("-")?,
        }
    }
    Ok(())
}
