//! Which exchanges are expected: what the model states, and what standards make usual between functions (`exchanges.toml`).
//!
//! Wrong when: a standard's port is used for something else between the very ends that it is expected between. Misses: what is said inside
//! an expected exchange.

use super::Talk;
use super::places::{Place, Places};
use banbury_evidence::Prefix;
use banbury_evidence::model::{Device, Exchange, Model};
use serde::Deserialize;

/// What can be said of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// It is expected, by this record or standard.
    Expected(String),
    /// Nothing in the model or in the standards expects it; what the other end is.
    Unexpected(Other),
    /// The source is no device of the model: nothing is said of it.
    NotJudged,
}

/// What the destination of an exchange that nobody expects is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// In no range of the model, or in somebody else's.
    Outside,
    /// Inside the network.
    Inside,
    /// Told neither by the model nor by the address (a private address in no range).
    Unlisted,
}

/// The exchanges that are expected.
#[derive(Debug)]
pub struct Exchanges<'m> {
    stated: Vec<Stated<'m>>,
    standard: Vec<Standard>,
}

#[derive(Debug)]
struct Stated<'m> {
    record: &'m Exchange,
    from: End,
    to: End,
    protocol: Option<u8>,
}

/// One side of a stated exchange; names in small letters.
#[derive(Debug)]
enum End {
    All,
    Prefix(Prefix),
    Device(String),
    Role(String),
    Function(String),
    Manufacturer(String),
    Name(String),
}

#[derive(Debug)]
struct Standard {
    row: Row,
    protocol: u8,
}

/// One exchange of `exchanges.toml`.
#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    from: Vec<String>,
    to: Vec<String>,
    protocol: String,
    port: Option<u16>,
    source: String,
}

#[derive(Deserialize)]
struct Table {
    exchange: Vec<Row>,
}

impl<'m> Exchanges<'m> {
    /// Those of a model, and those of the standards.
    pub fn of(model: &'m Model) -> Self {
        // The file is a part of the program; a test reads it.
        let rows = toml::from_str::<Table>(include_str!("exchanges.toml"))
            .map_or_else(|_| Vec::new(), |table| table.exchange);
        let standard = rows
            .into_iter()
            .filter_map(|row| Some(Standard { protocol: number(&row.protocol).ok()?, row }))
            .collect();
        let stated = model
            .exchanges
            .iter()
            .filter_map(|record| {
                Some(Stated {
                    record,
                    from: End::of(&record.from_kind, &record.from_name)?,
                    to: End::of(&record.to_kind, &record.to_name)?,
                    protocol: record.protocol.as_deref().map(number).transpose().ok()?,
                })
            })
            .collect();
        Self { stated, standard }
    }

    /// Whether the model states any: without, exchanges inside the network are not told as unexpected.
    pub fn has_stated(&self) -> bool {
        !self.stated.is_empty()
    }

    /// The record of the model that expects this exchange.
    pub fn stated(&self, talk: &Talk, places: &Places<'m>) -> Option<&'m Exchange> {
        self.stated_between(talk, places.place(talk.source), places.place(talk.destination), places)
    }

    fn stated_between(
        &self,
        talk: &Talk,
        source: Place<'_, 'm>,
        destination: Place<'_, 'm>,
        places: &Places<'m>,
    ) -> Option<&'m Exchange> {
        let fits = |stated: &&Stated<'m>| {
            stated.protocol.is_none_or(|protocol| is_protocol(protocol, talk))
                && stated.record.port.is_none_or(|port| talk.port.map(u64::from) == Some(port))
                && stated.from.holds(talk.source, source, None, places)
                && stated.to.holds(talk.destination, destination, talk.name.as_deref(), places)
        };
        self.stated.iter().find(fits).map(|stated| stated.record)
    }

    /// What is to be said of this exchange.
    pub fn judge(&self, talk: &Talk, places: &Places<'m>) -> Expectation {
        let (source, destination) = (places.place(talk.source), places.place(talk.destination));
        if let Some(record) = self.stated_between(talk, source, destination, places) {
            let what = record.purpose.clone().unwrap_or_else(|| "stated in the model".to_owned());
            return Expectation::Expected(format!("{what} ({}:{})", record.source.file, record.source.line));
        }
        let usual = self.standard.iter().find(|standard| {
            is_protocol(standard.protocol, talk)
                && standard.row.port.is_none_or(|port| talk.port == Some(port))
                && standard.row.from.iter().any(|from| is_end(from, source, places))
                && standard.row.to.iter().any(|to| is_end(to, destination, places))
        });
        if let Some(Standard { row, .. }) = usual {
            return Expectation::Expected(format!("{} ({})", row.name, row.source));
        }
        if !matches!(source, Place::Device(_)) {
            return Expectation::NotJudged;
        }
        Expectation::Unexpected(match destination {
            Place::Device(_) | Place::Own(_) | Place::Mediation(_) | Place::Exposed(_) => Other::Inside,
            Place::Unlisted => Other::Unlisted,
            Place::Party(_) | Place::Outside => Other::Outside,
        })
    }
}

const ICMP: u8 = 1;
const ICMP6: u8 = 58;

/// ICMP stands for that of either version of IP.
fn is_protocol(protocol: u8, talk: &Talk) -> bool {
    protocol == talk.protocol || (protocol == ICMP && talk.protocol == ICMP6)
}

fn number(protocol: &str) -> Result<u8, std::num::ParseIntError> {
    match protocol {
        "tcp" => Ok(6),
        "udp" => Ok(17),
        "sctp" => Ok(132),
        "icmp" => Ok(ICMP),
        other => other.parse(),
    }
}

fn is_end(word: &str, place: Place<'_, '_>, places: &Places<'_>) -> bool {
    match (word, place) {
        ("inside", Place::Device(_) | Place::Own(_) | Place::Mediation(_)) | ("device", Place::Device(_)) => {
            true
        }
        ("inside" | "device", _) => false,
        (function, Place::Device(devices)) => {
            devices.iter().any(|device| has_function(device, function, places))
        }
        _ => false,
    }
}

fn has_function(device: &Device, function: &str, places: &Places<'_>) -> bool {
    places.functions(&device.name).iter().any(|known| known.trim().eq_ignore_ascii_case(function))
}

impl End {
    fn of(kind: &str, name: &str) -> Option<Self> {
        let small = name.trim().to_lowercase();
        Some(match kind {
            "all" => Self::All,
            "prefix" => Self::Prefix(Prefix::parse(name)?),
            "device" => Self::Device(small),
            "role" => Self::Role(small),
            "function" => Self::Function(small),
            "manufacturer" => Self::Manufacturer(small),
            "name" => Self::Name(small),
            _ => return None,
        })
    }

    fn holds(
        &self,
        address: std::net::IpAddr,
        place: Place<'_, '_>,
        name: Option<&str>,
        places: &Places<'_>,
    ) -> bool {
        let any = |is: &dyn Fn(&Device) -> bool| matches!(place, Place::Device(devices) if devices.iter().any(|device| is(device)));
        let same = |field: &Option<String>, name: &str| {
            field.as_deref().is_some_and(|field| field.trim().to_lowercase() == name)
        };
        match self {
            Self::All => true,
            Self::Prefix(prefix) => prefix.holds(address),
            Self::Device(device) => any(&|known| known.name.trim().to_lowercase() == *device),
            Self::Role(role) => any(&|known| same(&known.role, role)),
            Self::Manufacturer(maker) => any(&|known| same(&known.manufacturer, maker)),
            Self::Function(function) => any(&|known| has_function(known, function, places)),
            Self::Name(wanted) => name.is_some_and(|name| {
                let name = name.trim_end_matches('.').to_lowercase();
                match wanted.strip_prefix("*.") {
                    Some(domain) => name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
                    None => name == *wanted,
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{model, talk};
    use super::*;

    #[test]
    fn the_table_of_standards_is_read() {
        let model = Model::default();
        let exchanges = Exchanges::of(&model);
        assert!(exchanges.standard.len() > 30);
        let table: Table = toml::from_str(include_str!("exchanges.toml")).unwrap();
        assert_eq!(table.exchange.len(), exchanges.standard.len());
        for standard in &table.exchange {
            assert!(number(&standard.protocol).is_ok(), "{}", standard.name);
            assert!(
                standard.source.len() > 5 && !standard.from.is_empty() && !standard.to.is_empty(),
                "{}",
                standard.name
            );
        }
    }

    #[test]
    fn the_same_port_is_expected_to_some_and_not_to_others() {
        let model = model();
        let (places, exchanges) = (Places::of(&model), Exchanges::of(&model));
        let judge = |source, destination, protocol, port| {
            exchanges.judge(&talk(source, destination, protocol, port), &places)
        };
        let expected = |said: Expectation, by: &str| match said {
            Expectation::Expected(text) => assert!(text.contains(by), "{text}"),
            other => panic!("{other:?}"),
        };
        expected(judge("10.1.0.1", "10.2.0.1", 132, 38412), "NGAP");
        expected(judge("10.1.0.1", "10.9.0.5", 17, 123), "NTP");
        assert_eq!(judge("10.1.0.1", "203.0.113.77", 17, 123), Expectation::Unexpected(Other::Outside));
        assert_eq!(judge("10.1.0.1", "198.51.100.9", 6, 443), Expectation::Unexpected(Other::Outside));
        assert_eq!(judge("10.2.0.1", "10.1.0.1", 132, 38412), Expectation::Unexpected(Other::Inside));
        assert_eq!(judge("10.1.0.1", "172.16.0.1", 6, 443), Expectation::Unexpected(Other::Unlisted));
        assert_eq!(judge("203.0.113.77", "10.1.0.1", 6, 443), Expectation::NotJudged);
        // By the model: telemetry of the maker's devices to a name.
        let mut named = talk("10.1.0.1", "198.51.100.9", 6, 443);
        named.name = Some("Telemetry.radio.example.".to_owned());
        expected(exchanges.judge(&named, &places), "telemetry by contract");
        named.name = Some("notradio.example".to_owned());
        assert_eq!(exchanges.judge(&named, &places), Expectation::Unexpected(Other::Outside));
    }
}
