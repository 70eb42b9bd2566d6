//! What is found of pairs, as claims. To add a probe: a file here, and a line in [`PROBES`].

mod beacon;
mod communities;
mod dns_tunnel;
mod long_connection;
mod rare_destination;
mod strobe;
mod techniques;
pub mod volume;

pub use techniques::{Technique, techniques};

use crate::networks::Inside;
use crate::pairs::{Pair, Place};
use banbury_evidence::{Claim, CodeInfo, Description, Location, Subject, SubjectKind, Value};
use banbury_formats::time::iso8601;
use std::fmt::Write as _;

/// A probe looks at each pair by itself and may make a claim of it. It never depends on who made a device.
pub trait Probe: Sync {
    /// What it finds, how, when it is wrong, what it misses.
    fn describe(&self) -> &'static Description;

    /// What it says of a pair: the claim's code, one line for a person, and its weight, where it has one.
    fn look(&self, pair: &Pair, scene: &Scene) -> Option<Finding>;
}

/// What a probe says of a pair.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which of the probe's codes.
    pub info: &'static CodeInfo,
    /// One line for a person.
    pub title: String,
    /// The weight, for a hypothesis.
    pub weight: Option<banbury_evidence::Weight>,
    /// What makes the claim this one, beside the pair's ends.
    pub facts: Vec<(&'static str, Value)>,
    /// Further remarks.
    pub notes: Vec<String>,
    /// Where it stands, where that is not the pair's first record.
    pub record: Option<Place>,
    /// Whether it is a finding even where the network model expects the two to talk.
    pub is_whoever: bool,
}

impl Finding {
    /// A fact that a pair shows.
    pub fn of(info: &'static CodeInfo, title: String) -> Self {
        Self {
            info,
            title,
            weight: None,
            facts: Vec::new(),
            notes: Vec::new(),
            record: None,
            is_whoever: false,
        }
    }

    fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    fn note(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }

    fn from(self, record: Place) -> Self {
        Self { record: Some(record), ..self }
    }

    fn whoever_it_is(self) -> Self {
        Self { is_whoever: true, ..self }
    }
}

/// What is known beside a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Which addresses are inside.
    pub inside: Inside,
    /// Microseconds that were observed.
    pub observed: u64,
    /// Weight, in decibans, from which a beacon is claimed.
    pub least_weight: f64,
}

/// Every probe, in the order of the report.
pub const PROBES: &[&dyn Probe] = &[
    &beacon::Beacons,
    &strobe::Strobes,
    &long_connection::LongConnections,
    &dns_tunnel::DnsTunnels,
    &rare_destination::RareDestinations,
    &communities::DefaultCommunities,
    &communities::ClearCommunities,
];

/// The documentation of all that looks at traffic: the probes of pairs, what leaves devices, and what is held against the network model.
pub fn descriptions() -> impl Iterator<Item = &'static Description> {
    let others = [&volume::DESCRIPTION, &crate::peers::findings::DESCRIPTION];
    PROBES.iter().map(|probe| probe.describe()).chain(others)
}

/// All that the probes find of a pair, with the name of the probe.
pub fn look(pair: &Pair, scene: &Scene) -> Vec<(&'static str, Finding)> {
    PROBES.iter().filter_map(|probe| Some((probe.describe().name, probe.look(pair, scene)?))).collect()
}

/// The claim that a finding is; `location` is where the finding's record stands, else the pair's first.
pub fn claim(pair: &Pair, finding: &Finding, location: Location) -> Claim {
    let mut claim = Claim::observation(finding.info, subject(pair), finding.title.clone())
        .fact("source", pair.source.to_string())
        .fact("protocol", protocol(pair.protocol))
        .dated("contacts", i64::try_from(pair.contacts).unwrap_or(i64::MAX))
        .dated("first", instant(pair.first))
        .dated("last", instant(pair.last))
        .dated("sent", i64::try_from(pair.sent).unwrap_or(i64::MAX))
        .dated("received", i64::try_from(pair.received).unwrap_or(i64::MAX))
        .at(location);
    if let Some(destination) = pair.destination {
        claim = claim.fact("destination", destination.to_string());
    } else if let Some(name) = &pair.name {
        claim = claim.fact("name", name.as_str());
    }
    if let Some(port) = pair.port {
        claim = claim.fact("port", i64::from(port));
    }
    if let (Some(_), Some(name)) = (pair.destination, &pair.name) {
        claim = claim.note(format!("its name is {name}"));
    }
    if let Some(beacon) = &pair.beacon {
        let parts: Vec<String> =
            beacon.parts.iter().map(|part| format!("{} {:+.1} dB", part.name, part.decibans)).collect();
        claim = claim
            .note(format!(
                "period {}, jitter {:.2}, {:.0} % missing",
                span(beacon.period),
                beacon.jitter,
                beacon.missing * 100.0
            ))
            .note(format!("made of: {}", parts.join(", ")));
    }
    if let Some(rita) = &pair.rita {
        claim = claim.note(format!("RITA's score, to compare with: {:.3}", rita.score));
    }
    for (name, value) in &finding.facts {
        claim = claim.fact(name, value.clone());
    }
    claim.notes.extend(finding.notes.iter().cloned());
    claim.weight = finding.weight.clone();
    match &pair.picture {
        Some(picture) => picture.beside(claim),
        None => claim,
    }
}

/// A pair as a subject: `10.0.0.1 > 192.0.2.7:443/tcp`.
pub fn subject(pair: &Pair) -> Subject {
    Subject::named(SubjectKind::Flow, ends(pair))
}

/// Both ends as text, the name where there is no address.
pub fn ends(pair: &Pair) -> String {
    let mut text = format!("{} > ", pair.source);
    match (pair.destination, &pair.name) {
        (Some(std::net::IpAddr::V6(address)), _) if pair.port.is_some() => text += &format!("[{address}]"),
        (Some(address), _) => text += &address.to_string(),
        (None, Some(name)) => text += name,
        (None, None) => text += "?",
    }
    if let Some(port) = pair.port {
        // Writing to a String cannot fail.
        let _ = write!(text, ":{port}");
    }
    text + "/" + &protocol(pair.protocol)
}

/// A protocol's name (IANA's assigned internet protocol numbers), its number where it has none here.
pub fn protocol(number: u8) -> String {
    match number {
        1 => "icmp".to_owned(),
        2 => "igmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        47 => "gre".to_owned(),
        50 => "esp".to_owned(),
        58 => "icmp6".to_owned(),
        89 => "ospf".to_owned(),
        132 => "sctp".to_owned(),
        other => format!("ip{other}"),
    }
}

/// Microseconds for a person: `5 min`, `1.5 h`.
pub fn span(microseconds: u64) -> String {
    let (value, unit) = banbury_evidence::in_its_unit(microseconds as f64 / 1e6);
    let text = format!("{value:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// A moment as RFC 3339 in UTC, to the second.
pub fn instant(microseconds: i64) -> String {
    iso8601(microseconds.div_euclid(1_000_000))
}

#[cfg(test)]
mod tests;
