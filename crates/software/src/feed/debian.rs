//! Debian's security tracker: `package → CVE → releases`, with the version that fixes it in each release.
//!
//! This is what knows of backports: a fix in `3.0.11-1~deb12u2` leaves the upstream version as it was. It states no date;
//! whoever imports it may. Source: security-tracker.debian.org/tracker/data/json and the tracker's documentation.

use super::input::Input;
use super::text::{Text, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Advisory, Record, Says, Statement, Tracked, TrackedStatus};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

pub(super) struct Debian;

impl Feed for Debian {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "debian",
            title: "Debian security tracker, JSON",
            family: "debian",
            replaces: Replaces::Everything,
            tells: "for each source package, vulnerability and release: open, fixed in which version, or never affected",
            source: "https://security-tracker.debian.org/tracker/data/json",
            limits: &[
                "It states no date: give one when importing, or its age is unknown.",
                "Releases that Debian no longer supports are not in it.",
                "It speaks of Debian's packages, not of derivatives that take them over and patch them.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.keys.first().is_some_and(|(_, value)| {
            let inner = value.strip_prefix('{').unwrap_or_default().trim_start();
            let issue = ["\"CVE-", "\"TEMP-"].iter().any(|start| inner.starts_with(start));
            issue && inner.split(':').nth(1).is_some_and(|value| value.trim_start().starts_with('{'))
        })
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        input.object(|input, package| item(input, package, reading))?;
        input.finish()
    }
}

fn item(input: &mut Input<'_>, package: &str, reading: &mut Reading<'_>) -> Result<(), Error> {
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    if let Ok(issues) = serde_json::from_slice::<Pairs<Text<'_>, Issue<'_>>>(raw) {
        for (name, issue) in issues.0 {
            reading.next();
            reading.give(Record::Advisory(Box::new(advisory(package, &name, &issue))), offset)?;
        }
        return Ok(());
    }
    // One of them cannot be read: the others can.
    let issues = match serde_json::from_slice::<Pairs<String, serde_json::Value>>(raw) {
        Ok(issues) => issues,
        Err(error) => {
            reading.next();
            reading.problem(ProblemKind::Malformed, &place, offset, format!("{package}: {error}"));
            return Ok(());
        }
    };
    for (name, issue) in issues.0 {
        reading.next();
        let text = issue.to_string();
        match serde_json::from_str::<Issue<'_>>(&text) {
            Ok(issue) => {
                reading.give(Record::Advisory(Box::new(advisory(package, &name, &issue))), offset)?
            }
            Err(error) => {
                reading.problem(
                    ProblemKind::Malformed,
                    &place,
                    offset,
                    format!("{package}, {name}: {error}"),
                );
            }
        }
    }
    Ok(())
}

fn advisory(package: &str, name: &str, issue: &Issue<'_>) -> Advisory {
    let releases: BTreeMap<String, Tracked> =
        issue.releases.iter().map(|(release, state)| (release.to_owned_string(), state.tracked())).collect();
    Advisory {
        name: name.to_owned(),
        scope: package.to_owned(),
        summary: owned(&issue.description).unwrap_or_default(),
        statements: vec![Statement { key: format!("debian:{package}"), says: Says::Tracker { releases } }],
        ..Advisory::default()
    }
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow)]
    description: Option<Text<'a>>,
    releases: BTreeMap<Text<'a>, Release<'a>>,
}

#[derive(Deserialize)]
struct Release<'a> {
    status: TrackedStatus,
    #[serde(borrow)]
    fixed_version: Option<Text<'a>>,
    urgency: Option<Text<'a>>,
    nodsa: Option<Text<'a>>,
    nodsa_reason: Option<Text<'a>>,
}

impl Release<'_> {
    fn tracked(&self) -> Tracked {
        Tracked {
            status: self.status,
            fixed: owned(&self.fixed_version),
            urgency: owned(&self.urgency),
            note: owned(&self.nodsa).or_else(|| owned(&self.nodsa_reason)),
        }
    }
}

/// The pairs of an object as they stand, so that a key that is there twice is seen.
struct Pairs<K, V>(Vec<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Pairs<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collecting<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Collecting<K, V> {
            type Value = Pairs<K, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Collecting(PhantomData))
    }
}
