//! OSV: one file a record, a folder or zip of them (`all.zip` of an ecosystem).
//!
//! Ranges by events keep their events; the order of versions is that of the ecosystem. Ranges of commits order nothing
//! without the repository: they are left out where the record gives versions too, and otherwise kept as what cannot be
//! told. Source: the OSV schema 1.7 (ossf.github.io/osv-schema).

use super::input::Input;
use super::text::{Text, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Advisory, Event, EventRange, Record, Says, Severity, Statement};
use crate::version::{Scheme, choice};
use serde::Deserialize;

pub(super) struct Osv;

impl Feed for Osv {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "osv",
            title: "OSV",
            family: "osv",
            replaces: Replaces::Records,
            tells: "vulnerabilities of packages of an ecosystem or a distribution's release, with events on version ranges",
            source: "https://ossf.github.io/osv-schema/",
            limits: &[
                "Orders of versions that only an ecosystem's own tools have (Maven, NuGet, RubyGems, Packagist) are not known: such versions are found where they are listed.",
                "Ranges of commits order nothing without the repository.",
                "Qualifications in ecosystem_specific and database_specific (functions, architectures) are not read.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        !head.has("cveMetadata")
            && head.has("id")
            && head.has("modified")
            && (head.has("affected") || head.has("schema_version") || head.has("withdrawn"))
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        if input.next_byte()? == b'[' {
            input.array(|input, _| item(input, reading))?;
        } else {
            item(input, reading)?;
        }
        input.finish()
    }
}

fn item(input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
    reading.next();
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    let osv: OsvRecord = match serde_json::from_slice(raw) {
        Ok(osv) => osv,
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let mut aliases: Vec<String> =
        osv.aliases.iter().chain(&osv.upstream).map(Text::to_owned_string).collect();
    aliases.sort();
    aliases.dedup();
    let severities = osv.severity.iter().chain(osv.affected.iter().flat_map(|affected| &affected.severity));
    let mut advisory = Advisory {
        name: osv.id.to_owned_string(),
        aliases,
        published: owned(&osv.published),
        modified: owned(&osv.modified),
        withdrawn: owned(&osv.withdrawn),
        summary: owned(&osv.summary).or_else(|| owned(&osv.details)).unwrap_or_default(),
        severities: severities.map(OsvSeverity::severity).collect(),
        ..Advisory::default()
    };
    advisory.severities.dedup();
    let mut wrong = Vec::new();
    advisory.statements =
        osv.affected.iter().filter_map(|affected| statement(affected, &mut wrong)).collect();
    reading.see_date(advisory.modified.as_deref());
    for what in wrong {
        reading.problem(ProblemKind::Part, &place, offset, format!("{}: {what}", advisory.name));
    }
    reading.give(Record::Advisory(Box::new(advisory)), offset)
}

fn statement(affected: &Affected<'_>, wrong: &mut Vec<String>) -> Option<Statement> {
    let Some(package) = &affected.package else {
        // Commits of a repository alone: there is no package to look up.
        return None;
    };
    let ecosystem = package.ecosystem.to_owned_string();
    let mut ranges = Vec::new();
    for range in &affected.ranges {
        let scheme = match &*range.kind {
            "SEMVER" => Some(Scheme::Semver),
            "ECOSYSTEM" => choice().of_osv(&ecosystem),
            "GIT" if affected.ranges.len() > 1 || !affected.versions.is_empty() => continue,
            "GIT" => None,
            other => {
                wrong.push(format!("a range of kind {other:?} is not known"));
                None
            }
        };
        let events = range.events.iter().flat_map(OsvEvent::events).collect();
        ranges.push(EventRange { scheme, events });
    }
    let key = osv_key(&ecosystem, &package.name);
    let versions = affected.versions.iter().map(Text::to_owned_string).collect();
    Some(Statement { key, says: Says::Events { ecosystem, ranges, versions } })
}

/// An ecosystem without its release, and a package's name as the ecosystem compares it.
pub(crate) fn osv_key(ecosystem: &str, name: &str) -> String {
    let base = ecosystem.split(':').next().unwrap_or_default();
    let name = if base == "PyPI" {
        let mut plain = String::with_capacity(name.len());
        for character in name.chars() {
            match character {
                '-' | '_' | '.' if plain.ends_with('-') => {}
                '-' | '_' | '.' => plain.push('-'),
                other => plain.extend(other.to_lowercase()),
            }
        }
        plain
    } else {
        name.to_owned()
    };
    format!("osv:{base}:{name}")
}

#[derive(Deserialize)]
struct OsvRecord<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    modified: Option<Text<'a>>,
    published: Option<Text<'a>>,
    withdrawn: Option<Text<'a>>,
    #[serde(default)]
    aliases: Vec<Text<'a>>,
    #[serde(default)]
    upstream: Vec<Text<'a>>,
    summary: Option<Text<'a>>,
    details: Option<Text<'a>>,
    #[serde(default)]
    severity: Vec<OsvSeverity<'a>>,
    #[serde(default)]
    affected: Vec<Affected<'a>>,
}

#[derive(Deserialize)]
struct OsvSeverity<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    score: Text<'a>,
}

impl OsvSeverity<'_> {
    fn severity(&self) -> Severity {
        // A vector of CVSS 3 and 4 begins with its exact version.
        let stated = self.score.split('/').next().filter(|start| start.starts_with("CVSS:"));
        let scale = stated.map(str::to_owned).unwrap_or_else(|| match &*self.kind {
            "CVSS_V2" => "CVSS:2.0".to_owned(),
            other => other.to_owned(),
        });
        Severity { scale, source: String::new(), vector: self.score.to_owned_string(), score: None }
    }
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow)]
    package: Option<Package<'a>>,
    #[serde(default)]
    severity: Vec<OsvSeverity<'a>>,
    #[serde(default)]
    ranges: Vec<Range<'a>>,
    #[serde(default)]
    versions: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    ecosystem: Text<'a>,
    name: Text<'a>,
}

#[derive(Deserialize)]
struct Range<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(default)]
    events: Vec<OsvEvent<'a>>,
}

#[derive(Deserialize)]
struct OsvEvent<'a> {
    #[serde(borrow)]
    introduced: Option<Text<'a>>,
    fixed: Option<Text<'a>>,
    last_affected: Option<Text<'a>>,
    limit: Option<Text<'a>>,
}

impl OsvEvent<'_> {
    fn events(&self) -> impl Iterator<Item = Event> {
        [
            owned(&self.introduced).map(Event::Introduced),
            owned(&self.fixed).map(Event::Fixed),
            owned(&self.last_affected).map(Event::LastAffected),
            owned(&self.limit).map(Event::Limit),
        ]
        .into_iter()
        .flatten()
    }
}
