//! What a claim says was observed, as STIX's cyber-observable objects.

use super::uuid;
use banbury_evidence::{Claim, Value as Fact};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What was observed: objects, the last of them the traffic; from when to when, RFC 3339 to the second; how often.
#[derive(Debug, Default)]
pub(super) struct Observed {
    pub objects: Vec<Value>,
    pub first: Option<String>,
    pub last: Option<String>,
    pub number: i64,
}

/// The standard's largest `number_observed`.
const MOST: i64 = 999_999_999;

pub(super) fn of(claim: &Claim) -> Observed {
    let text =
        |name: &str| claim.text(name).or_else(|| claim.dated_text(name)).filter(|text| !text.is_empty());
    let number = |name: &str| match claim.facts.get(name).or_else(|| claim.dated.get(name)) {
        Some(Fact::Number(number)) => Some(*number),
        _ => None,
    };
    let (first, last) = span(&text);
    let mut observed = Observed { first, last, number: 1, ..Observed::default() };
    if let Some(count) = number("contacts").or_else(|| number("connections")) {
        observed.number = count.clamp(1, MOST);
    }
    let source = text("source").or_else(|| text("from"));
    let to = text("destination").or_else(|| text("name")).or_else(|| text("to"));
    let source = source.and_then(|text| observed.end(&text));
    let destination = to.and_then(|text| observed.end(&text));
    if source.is_none() && destination.is_none() {
        return observed;
    }
    let family = if [&source, &destination].into_iter().flatten().any(|id| id.starts_with("ipv6")) {
        "ipv6"
    } else {
        "ipv4"
    };
    let mut protocols = vec![family.to_owned()];
    let protocol = text("protocol").unwrap_or_default();
    // A session's protocol is the service; below it is what the service is spoken over.
    match protocol.as_str() {
        "" => {}
        "tcp" | "udp" | "sctp" | "icmp" | "igmp" | "gre" | "esp" => protocols.push(protocol),
        "icmp6" => protocols.push("ipv6-icmp".to_owned()),
        "ospf" => protocols.push("ospfigp".to_owned()),
        other if other.starts_with("ip") && other.bytes().skip(2).all(|byte| byte.is_ascii_digit()) => {}
        "snmp" | "ipmi" | "tftp" => protocols.extend(["udp".to_owned(), protocol]),
        _ => protocols.extend(["tcp".to_owned(), protocol]),
    }
    let mut contributing: BTreeMap<&str, Value> = BTreeMap::from([("protocols", json!(protocols))]);
    let mut add = |name: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            contributing.insert(name, value);
        }
    };
    add("src_ref", source.map(Value::from));
    add("dst_ref", destination.map(Value::from));
    add("dst_port", number("port").filter(|port| (0..=65_535).contains(port)).map(Value::from));
    add("start", observed.first.clone().map(Value::from));
    add("end", observed.last.clone().map(Value::from));
    let id = format!("network-traffic--{}", uuid::observable(&contributing));
    let mut traffic = json!({ "type": "network-traffic", "spec_version": "2.1", "id": id });
    for (name, value) in contributing {
        crate::format::set(&mut traffic, name, value);
    }
    // What has an end is over.
    if observed.last.is_some() {
        crate::format::set(&mut traffic, "is_active", json!(false));
    }
    for (name, from) in
        [("src_byte_count", "sent"), ("dst_byte_count", "received"), ("src_byte_count", "bytes")]
    {
        // What a session moved in all is no figure of one side.
        if let Some(bytes) = number(from).filter(|_| from != "bytes" || claim.dated.contains_key("bytes")) {
            crate::format::set(&mut traffic, name, json!(bytes.max(0)));
        }
    }
    observed.objects.push(traffic);
    observed
}

/// First and last moment; `end` never before `start`, as the standard demands.
fn span(text: &dyn Fn(&str) -> Option<String>) -> (Option<String>, Option<String>) {
    let first = text("first").or_else(|| text("start"));
    // RFC 3339 of one form and in UTC sorts as time does.
    let last = text("last").max(first.clone());
    (first, last)
}

impl Observed {
    /// The object of an address or a domain name; none of what is neither.
    fn end(&mut self, text: &str) -> Option<String> {
        let kind = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => "ipv4-addr",
            Ok(IpAddr::V6(_)) => "ipv6-addr",
            Err(_) if is_domain(text) => "domain-name",
            Err(_) => return None,
        };
        let contributing = BTreeMap::from([("value", Value::from(text))]);
        let id = format!("{kind}--{}", uuid::observable(&contributing));
        self.objects.push(json!({ "type": kind, "spec_version": "2.1", "id": id, "value": text }));
        Some(id)
    }
}

/// Whether a text is a domain name of at least two labels (RFC 1034, 3.5; underscores as in use).
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}
