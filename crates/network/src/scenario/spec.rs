//! Scenarios as they are written: events on a command line or in a file.

use super::Error;

/// What devices and links have in common, by which they are lost together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The maker of the device.
    Vendor,
    /// The device's type.
    Product,
    /// Platform and software version.
    Version,
    /// A software component of the image that the device runs.
    Component,
    /// A known vulnerability that affects the image that the device runs.
    Vulnerability,
    /// The law that the device's maker is under, as the table of vendors says.
    Jurisdiction,
    /// The party of a maintenance contract that covers the device.
    Contractor,
    /// The site.
    Site,
    /// The region of the site.
    Region,
    /// The country of the site.
    Country,
    /// The power region: the device's own, else its site's.
    Power,
    /// The segment of the management plane.
    Segment,
    /// The role.
    Role,
    /// The function.
    Function,
    /// Who runs the circuit: of links alone.
    Operator,
    /// The medium: of links alone.
    Medium,
    /// A duct that the link runs through: of links alone.
    Duct,
    /// The device itself.
    Device,
    /// The link itself.
    Link,
}

impl Kind {
    /// Every kind, as it is written.
    pub const ALL: [(&'static str, Self); 19] = [
        ("vendor", Self::Vendor),
        ("product", Self::Product),
        ("version", Self::Version),
        ("component", Self::Component),
        ("vulnerability", Self::Vulnerability),
        ("jurisdiction", Self::Jurisdiction),
        ("contractor", Self::Contractor),
        ("site", Self::Site),
        ("region", Self::Region),
        ("country", Self::Country),
        ("power", Self::Power),
        ("segment", Self::Segment),
        ("role", Self::Role),
        ("function", Self::Function),
        ("operator", Self::Operator),
        ("medium", Self::Medium),
        ("duct", Self::Duct),
        ("device", Self::Device),
        ("link", Self::Link),
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether a device has no more than one of the kind.
    pub fn is_one_of_a_device(self) -> bool {
        use Kind::{Country, Device, Jurisdiction, Power, Product, Region, Role, Site, Vendor, Version};
        matches!(
            self,
            Vendor | Product | Version | Jurisdiction | Site | Region | Country | Power | Role | Device
        )
    }

    /// Whether links alone have it.
    pub fn is_of_links(self) -> bool {
        matches!(self, Self::Operator | Self::Medium | Self::Duct | Self::Link)
    }

    /// The kind that a word names.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Everything that has the property fails, or is switched off.
    Lose,
    /// The same, by an authority's decision: what has to be replaced is counted too.
    Ban,
    /// It goes on, but nobody mends it: what depends on it alone.
    Unsupported,
    /// An intruder holds it.
    Compromise,
    /// A known vulnerability is used: an intruder holds what it affects, or it fails.
    Exploit,
    /// Every link out of it is gone.
    Isolate,
}

impl Verb {
    const ALL: [(&'static str, Self); 6] = [
        ("lose", Self::Lose),
        ("ban", Self::Ban),
        ("unsupported", Self::Unsupported),
        ("compromise", Self::Compromise),
        ("exploit", Self::Exploit),
        ("isolate", Self::Isolate),
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, verb)| *verb == self).map_or("", |(word, _)| word)
    }

    /// Whether an intruder is at work.
    pub fn is_hostile(self) -> bool {
        matches!(self, Self::Compromise | Self::Exploit)
    }
}

/// One thing that happens: `lose vendor:X`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happens.
    pub verb: Verb,
    /// To what kind of thing.
    pub kind: Kind,
    /// Its name, as it was written.
    pub name: String,
}

impl Event {
    /// Reads `KIND:NAME`; of an exploit a vulnerability's name alone is enough.
    pub fn parse(verb: Verb, text: &str) -> Result<Self, Error> {
        let written = |why: String| Error::Written { text: text.to_owned(), why };
        let known = || Kind::ALL.map(|(word, _)| word).join(", ");
        let (kind, name) = match text.split_once(':') {
            None if verb == Verb::Exploit => (Kind::Vulnerability, text),
            None => return Err(written(format!("write KIND:NAME, such as vendor:NAME; kinds: {}", known()))),
            Some((word, name)) => {
                let kind = Kind::named(word)
                    .ok_or_else(|| written(format!("{word:?} is no kind; kinds: {}", known())))?;
                (kind, name)
            }
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(written(format!("there is no name behind {}:", kind.as_str())));
        }
        let fits = match verb {
            Verb::Isolate => {
                matches!(kind, Kind::Site | Kind::Region | Kind::Country | Kind::Power | Kind::Segment)
            }
            Verb::Exploit => kind == Kind::Vulnerability,
            Verb::Compromise | Verb::Unsupported => !kind.is_of_links() && kind != Kind::Power,
            Verb::Lose | Verb::Ban => true,
        };
        if !fits {
            let why = match verb {
                Verb::Isolate => {
                    "what can be isolated is a site, region, country, power region or segment".to_owned()
                }
                Verb::Exploit => "what is exploited is a vulnerability, such as CVE-2024-3094".to_owned(),
                _ if kind == Kind::Power => {
                    format!(
                        "{} takes what can be broken into or mended, and a power region is neither",
                        verb.as_str()
                    )
                }
                _ => format!("{} takes devices, and a {} is of links alone", verb.as_str(), kind.as_str()),
            };
            return Err(written(why));
        }
        Ok(Self { verb, kind, name: name.to_owned() })
    }

    /// As it is written.
    pub fn text(&self) -> String {
        format!("{} {}:{}", self.verb.as_str(), self.kind.as_str(), self.name)
    }
}

/// Events that happen at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What happens.
    pub events: Vec<Event>,
    /// Where it is written: file and line, where it stands in a file.
    pub at: Option<String>,
}

impl Scenario {
    /// One that is named after what happens.
    pub fn of(events: Vec<Event>) -> Self {
        let name = events.iter().map(Event::text).collect::<Vec<_>>().join(" + ");
        Self { name, events, at: None }
    }
}

/// The most bytes of a file of scenarios.
pub const MOST_BYTES: usize = 1 << 20;

/// A line cut at each place where something stands outside of quotes. A quotation mark opens where a name may begin: at the start,
/// behind a blank or behind a colon; two of them in a quotation are one. `None` where a quotation is not closed.
fn cut<'t>(line: &'t str, at: &str) -> Option<Vec<&'t str>> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut before) = (0, false, ' ');
    let mut letters = line.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        if quoted && letter == '"' {
            if letters.peek().is_some_and(|(_, next)| *next == '"') {
                letters.next();
            } else {
                quoted = false;
            }
        } else if !quoted && letter == '"' && (before.is_whitespace() || before == ':') {
            quoted = true;
        } else if !quoted && place >= start && line.get(place..).is_some_and(|rest| rest.starts_with(at)) {
            parts.push(line.get(start..place)?);
            start = place + at.len();
        }
        before = letter;
    }
    parts.push(line.get(start..)?);
    (!quoted).then_some(parts)
}

/// A line without its comment: `#` begins one at the start or behind a blank, outside of quotes, so that a name may hold it.
pub(super) fn uncommented(line: &str) -> Option<&str> {
    if line.trim_start().starts_with('#') {
        return Some("");
    }
    // A comment may hold a quotation mark that nothing closes.
    let behind_blank = line
        .match_indices('#')
        .filter(|(at, _)| line.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace)));
    let open = |text: &str| cut(text, "#").is_none();
    let at = behind_blank.map(|(at, _)| at).find(|at| line.get(..*at).is_some_and(|before| !open(before)));
    match at {
        Some(at) => line.get(..at),
        None => (!open(line)).then_some(line),
    }
}

/// What a name means that may stand in quotation marks.
pub(super) fn unquoted(name: &str) -> String {
    let name = name.trim();
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// Reads a file of scenarios: a line each, `NAME = EVENT + EVENT`, or without a name; `#` begins a comment. A name that holds ` = `,
/// ` + ` or ` # ` stands in quotation marks. Errors say the line, here and where a name turns out to be nobody's.
///
/// ```
/// let text = "# yearly exercise\nno vendor = lose vendor:Marram + isolate region:North\nlose site:\"A + B\"\n";
/// let scenarios = banbury_network::scenario::parse_table("exercise.txt", text)?;
/// assert_eq!(scenarios[0].name, "no vendor");
/// assert_eq!(scenarios[0].events.len(), 2);
/// assert_eq!(scenarios[1].events[0].name, "A + B");
/// # Ok::<(), banbury_network::scenario::Error>(())
/// ```
pub fn parse_table(file: &str, text: &str) -> Result<Vec<Scenario>, Error> {
    if text.len() > MOST_BYTES {
        return Err(Error::TooLong { file: file.to_owned() });
    }
    let mut all = Vec::new();
    for (number, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let at = format!("{file}:{number}");
        let line = |error: Error| Error::At { place: at.clone(), source: Box::new(error) };
        let open = || {
            let why = "a quotation mark is not closed; in a name, two of them are one".to_owned();
            line(Error::Written { text: raw.trim().to_owned(), why })
        };
        let content = uncommented(raw).ok_or_else(open)?.trim();
        if !content.is_empty() {
            let mut scenario = parse_line(content).map_err(line)?.ok_or_else(open)?;
            scenario.at = Some(at.clone());
            all.push(scenario);
        }
    }
    Ok(all)
}

fn parse_line(content: &str) -> Result<Option<Scenario>, Error> {
    let written = |text: &str, why: String| Error::Written { text: text.to_owned(), why };
    let Some(parts) = cut(content, " = ") else { return Ok(None) };
    let (name, events) = match parts.as_slice() {
        [events] => (None, *events),
        [name, events] => (Some(unquoted(name)), *events),
        _ => {
            let why =
                "` = ` stands in it more than once; a name that holds it has to stand in quotation marks";
            return Err(written(content, why.to_owned()));
        }
    };
    let Some(events) = cut(events, " + ") else { return Ok(None) };
    let events = events
        .into_iter()
        .map(|event| {
            let event = event.trim();
            let (verb, what) = event.split_once(char::is_whitespace).ok_or_else(|| {
                let why = "write VERB KIND:NAME, such as lose vendor:NAME";
                let quote = if event.contains(':') {
                    "; a name that holds ` + ` has to stand in quotation marks"
                } else {
                    ""
                };
                written(event, format!("{why}{quote}"))
            })?;
            let word = verb.to_ascii_lowercase();
            let verb = Verb::ALL.iter().find(|(known, _)| *known == word).map(|(_, verb)| *verb);
            let verbs = Verb::ALL.map(|(word, _)| word).join(", ");
            let verb = verb.ok_or_else(|| written(event, format!("what happens is one of {verbs}")))?;
            let what = what.trim();
            let plain = match what.split_once(':') {
                Some((kind, name)) => format!("{kind}:{}", unquoted(name)),
                None => unquoted(what),
            };
            Event::parse(verb, &plain)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let mut scenario = Scenario::of(events);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        scenario.name = name;
    }
    Ok(Some(scenario))
}
