//! What the run of a look-up says of itself: the feeds that it leans on, and what it only counted.

use super::{PROBE, VERSION};
use crate::join::Joined;
use crate::known::Answer;
use crate::store::ImportedFile;
use crate::store::days_before;
use banbury_evidence::{RunReport, Skipped, Status};
use serde::Serialize;
use std::collections::BTreeMap;

/// The start of the parameters that name a feed's file.
const FEED: &str = "feed ";
/// Between files of one feed and name.
const AND: &str = "; ";
/// The parameters that count.
const COUNTS: [&str; 3] = ["ruled-out-by-version", "looked-up-by-name-alone", "contradictory-components"];

/// A feed's file, as the parameters of a run name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FeedFile {
    /// The feed's name.
    pub feed: String,
    /// The file's name.
    pub name: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The feed's own date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
}

/// A feed's file with its age, as documents state it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgedFeed {
    /// The file.
    #[serde(flatten)]
    pub file: FeedFile,
    /// How many days before the day of the document the feed was made; below zero where it was made later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_in_days: Option<i64>,
}

/// What a run of the look-up counted, and on which feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The feeds.
    pub feeds: Vec<FeedFile>,
    /// Vulnerabilities, each for one component, that the version alone rules out.
    pub ruled_out_by_version: u64,
    /// Components without CPE name, distribution and ecosystem: looked up by their name, which tells nothing for sure.
    pub by_name_alone: u64,
    /// Components whose evidence contradicts itself.
    pub contradictory: u64,
}

impl Looked {
    pub(super) fn new(files: &[ImportedFile]) -> Self {
        let feeds = files.iter().map(|file| FeedFile {
            feed: file.feed.clone(),
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            dated: file.dated.clone(),
        });
        let mut feeds: Vec<FeedFile> = feeds.collect();
        feeds.sort();
        Self { feeds, ..Self::default() }
    }

    pub(super) fn has_advisories(&self) -> bool {
        // Others rank or date what these state.
        let other = ["kev-json", "kev-csv", "epss", "endoflife"];
        self.feeds.iter().any(|file| !other.contains(&file.feed.as_str()))
    }

    pub(super) fn add(&mut self, component: &Joined<'_>, answer: &Answer) {
        self.ruled_out_by_version += answer.outside as u64;
        self.by_name_alone += u64::from(answer.not_asked.len() > 1);
        self.contradictory += u64::from(!component.contradictions.is_empty());
    }

    /// As a run's parameters.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let counts = [self.ruled_out_by_version, self.by_name_alone, self.contradictory];
        let counts = COUNTS.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), count.to_string()));
        let mut parameters: BTreeMap<String, String> = counts.collect();
        for file in &self.feeds {
            let dated = file.dated.as_deref().unwrap_or("no date");
            let value = format!("{} {dated}", file.sha256);
            // Files that are fetched again and again keep their name.
            parameters
                .entry(format!("{FEED}{} {}", file.feed, file.name))
                .and_modify(|known| known.push_str(&format!("{AND}{value}")))
                .or_insert(value);
        }
        parameters
    }

    /// Read back from a run's parameters.
    pub fn of(parameters: &BTreeMap<String, String>) -> Self {
        let count = |name: &str| parameters.get(name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let [ruled_out, by_name, contradictory] = COUNTS.map(count);
        let feeds = parameters.iter().filter_map(|(key, value)| {
            let (feed, name) = key.strip_prefix(FEED)?.split_once(' ')?;
            let files = value.split(AND).filter_map(move |file| {
                let (sha256, dated) = file.split_once(' ')?;
                Some(FeedFile {
                    feed: feed.to_owned(),
                    name: name.to_owned(),
                    sha256: sha256.to_owned(),
                    dated: Some(dated.to_owned()).filter(|dated| dated != "no date"),
                })
            });
            Some(files)
        });
        Self {
            feeds: feeds.flatten().collect(),
            ruled_out_by_version: ruled_out,
            by_name_alone: by_name,
            contradictory,
        }
    }

    /// The feeds, each with its age.
    pub fn aged(&self, as_of: &str) -> Vec<AgedFeed> {
        let age = |file: &FeedFile| days_before(as_of, file.dated.as_deref()?);
        self.feeds.iter().map(|file| AgedFeed { file: file.clone(), age_in_days: age(file) }).collect()
    }

    /// The feeds with their ages, as a sentence for a person: the newest file of each feed counts.
    pub fn ages(&self, as_of: &str) -> String {
        let mut by_feed: BTreeMap<&str, (usize, Option<&str>)> = BTreeMap::new();
        for file in &self.feeds {
            let entry = by_feed.entry(&file.feed).or_default();
            entry.0 += 1;
            entry.1 = entry.1.max(file.dated.as_deref());
        }
        let shown = by_feed.into_iter().map(|(feed, (files, dated))| {
            let files = if files > 1 { format!(", {files} files") } else { String::new() };
            format!("{feed} {}{files}", age(dated, as_of))
        });
        shown.collect::<Vec<_>>().join("; ")
    }
}

/// How old something of this date is: `of 2026-07-29 (122 days old)`.
fn age(dated: Option<&str>, as_of: &str) -> String {
    let Some(dated) = dated else { return "of unknown date".to_owned() };
    let day = dated.get(..10).unwrap_or(dated);
    match days_before(as_of, dated) {
        Some(1) => format!("of {day} (1 day old)"),
        Some(days) if days >= 0 => format!("of {day} ({days} days old)"),
        Some(_) => format!("of {day} (later than {as_of})"),
        None => format!("of {day}"),
    }
}

/// The run that says that nothing was looked up, and why.
pub fn not_looked(why: &str) -> RunReport {
    RunReport {
        probe: PROBE.to_owned(),
        version: VERSION.to_owned(),
        parameters: BTreeMap::new(),
        status: Status::Failed,
        looked: 0,
        bytes: 0,
        skipped: vec![Skipped {
            what: "known vulnerabilities of all components".to_owned(),
            why: why.to_owned(),
        }],
        claims: Vec::new(),
    }
}
