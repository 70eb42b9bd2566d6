//! How likely things are to have failed: for all of a kind, or for one by its name.

use super::{Error, Event, Kind, MOST_BYTES, Topology, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// A stated probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Of what kind of thing.
    pub kind: Kind,
    /// Of which; `None` for each of the kind that has none of its own.
    pub name: Option<String>,
    /// The probability, 0 to 1, that it has failed when one looks.
    pub probability: f64,
    /// Where it is written: file and line, where it stands in a file.
    at: Option<String>,
}

impl Failure {
    /// Reads `KIND=P` or `KIND:NAME=P`.
    ///
    /// ```
    /// use banbury_network::scenario::Failure;
    /// assert_eq!(Failure::parse("device=0.001")?.name, None);
    /// assert_eq!(Failure::parse("duct:Main street=0.02")?.probability, 0.02);
    /// assert!(Failure::parse("device=2").is_err());
    /// # Ok::<(), banbury_network::scenario::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::Written { text: text.to_owned(), why };
        let (what, number) = text
            .rsplit_once('=')
            .ok_or_else(|| wrong("write KIND=P or KIND:NAME=P, such as device=0.001".to_owned()))?;
        let number = number.trim();
        let plain =
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || b".eE-".contains(&byte));
        let probability = number.parse::<f64>().ok().filter(|p| plain && (0.0..=1.0).contains(p));
        let probability = probability.ok_or_else(|| {
            wrong(format!("{number:?} is no probability; write one from 0 to 1, such as 0.001"))
        })?;
        let (kind, name) = match what.split_once(':') {
            Some((kind, name)) => (kind, Some(super::spec::unquoted(name))),
            None => (what, None),
        };
        let kinds = || Kind::ALL.map(|(word, _)| word).join(", ");
        let kind =
            Kind::named(kind).ok_or_else(|| wrong(format!("{kind:?} is no kind; kinds: {}", kinds())))?;
        if name.as_deref() == Some("") {
            return Err(wrong(format!("there is no name behind {}:", kind.as_str())));
        }
        Ok(Self { kind, name, probability, at: None })
    }

    /// Reads a file of probabilities: `KIND=P` or `KIND:NAME=P` a line; `#` begins a comment. Errors say the line.
    pub fn parse_table(file: &str, text: &str) -> Result<Vec<Self>, Error> {
        if text.len() > MOST_BYTES {
            return Err(Error::TooLong { file: file.to_owned() });
        }
        let mut all = Vec::new();
        for (number, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let place = format!("{file}:{number}");
            let line = |error: Error| Error::At { place: place.clone(), source: Box::new(error) };
            let Some(content) = super::spec::uncommented(raw) else {
                let why = "a quotation mark is not closed".to_owned();
                return Err(line(Error::Written { text: raw.trim().to_owned(), why }));
            };
            if !content.trim().is_empty() {
                let failure = Self::parse(content.trim()).map_err(line)?;
                all.push(Self { at: Some(place), ..failure });
            }
        }
        Ok(all)
    }

    fn text(&self) -> String {
        match &self.name {
            Some(name) => format!("{}:{name}", self.kind.as_str()),
            None => self.kind.as_str().to_owned(),
        }
    }
}

/// Properties that may fail, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(super) all: Vec<Source>,
    /// By kind, how many may fail, and the sum of their probabilities: how many have failed on average.
    pub kinds: BTreeMap<&'static str, (usize, f64)>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The bound below which a random number of 64 bits means that it fails; `None` for always.
    pub chance: Option<u64>,
    pub devices: Vec<u32>,
    pub links: Vec<u32>,
}

impl Sources {
    /// Finds what may fail in a network. One of a kind has its own probability, else its kind's, else it does not fail. A name that
    /// nothing bears, and what is stated twice, are errors.
    pub fn of(topology: &Topology<'_>, failures: &[Failure]) -> Result<Self, Error> {
        let mut found = Self::default();
        let kinds: BTreeSet<Kind> = failures.iter().map(|failure| failure.kind).collect();
        for kind in kinds {
            let labels = topology.labels(kind);
            let mut all: Option<f64> = None;
            let mut own: BTreeMap<String, f64> = BTreeMap::new();
            for failure in failures.iter().filter(|failure| failure.kind == kind) {
                let placed = |error: Error| match &failure.at {
                    Some(place) => Error::At { place: place.clone(), source: Box::new(error) },
                    None => error,
                };
                let before = match &failure.name {
                    None if labels.is_empty() => {
                        let why =
                            format!("nothing in service states a {}, so that none can fail", kind.as_str());
                        return Err(placed(Error::Written { text: failure.text(), why }));
                    }
                    None => all.replace(failure.probability),
                    Some(name) => {
                        let event = Event { verb: Verb::Lose, kind, name: name.clone() };
                        own.insert(topology.find(&event).map_err(placed)?.name, failure.probability)
                    }
                };
                if before.is_some() {
                    let why = "its probability was stated before; state it once".to_owned();
                    return Err(placed(Error::Written { text: failure.text(), why }));
                }
            }
            for label in labels {
                let Some(probability) = own.get(&label.name).copied().or(all) else { continue };
                let count = found.kinds.entry(kind.as_str()).or_default();
                *count = (count.0 + 1, count.1 + probability);
                found.all.push(Source {
                    chance: bound(probability),
                    devices: label.devices,
                    links: label.links,
                });
            }
        }
        Ok(found)
    }
}

/// A probability times 2^64; `None` for 1.
fn bound(probability: f64) -> Option<u64> {
    // Exact: a float times a power of two. Below 2^64, for the float below 1 is 1 - 2^-53.
    (probability < 1.0).then_some((probability * 18_446_744_073_709_551_616.0) as u64)
}
