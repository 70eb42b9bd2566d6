//! The feeds that a look-up leans on, in its run's parameters and in documents.

use crate::store::{ImportedFile, days_before};
use serde::Serialize;
use std::collections::BTreeMap;

/// The start of the parameters that name a feed's file.
const FEED: &str = "feed ";
/// Between files of one feed and name: what is fetched again and again keeps its name.
const AND: &str = "; ";

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

impl FeedFile {
    pub(crate) fn of(file: &ImportedFile) -> Self {
        Self {
            feed: file.feed.clone(),
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            dated: file.dated.clone(),
        }
    }
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

/// The files of a look-up, in one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFeeds(Vec<FeedFile>);

impl AskedFeeds {
    pub(crate) fn new<'f>(files: impl Iterator<Item = &'f ImportedFile>) -> Self {
        let mut files: Vec<FeedFile> = files.map(FeedFile::of).collect();
        files.sort();
        Self(files)
    }

    /// Read back from a run's parameters.
    pub fn of(parameters: &BTreeMap<String, String>) -> Self {
        let feeds = parameters.iter().filter_map(|(key, value)| {
            let (feed, name) = key.strip_prefix(FEED)?.split_once(' ')?;
            Some(value.split(AND).filter_map(move |file| {
                let (sha256, dated) = file.split_once(' ')?;
                Some(FeedFile {
                    feed: feed.to_owned(),
                    name: name.to_owned(),
                    sha256: sha256.to_owned(),
                    dated: Some(dated.to_owned()).filter(|dated| dated != "no date"),
                })
            }))
        });
        Self(feeds.flatten().collect())
    }

    /// As a run's parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        let mut parameters: BTreeMap<String, String> = BTreeMap::new();
        for file in &self.0 {
            let dated = file.dated.as_deref().unwrap_or("no date");
            let value = format!("{} {dated}", file.sha256);
            parameters
                .entry(format!("{FEED}{} {}", file.feed, file.name))
                .and_modify(|known| known.push_str(&format!("{AND}{value}")))
                .or_insert(value);
        }
        parameters.into_iter()
    }

    /// The files.
    pub fn files(&self) -> &[FeedFile] {
        &self.0
    }

    /// The feeds, each with its age.
    pub fn aged(&self, as_of: &str) -> Vec<AgedFeed> {
        let age = |file: &FeedFile| days_before(as_of, file.dated.as_deref()?);
        self.0.iter().map(|file| AgedFeed { file: file.clone(), age_in_days: age(file) }).collect()
    }

    /// The feeds with their ages, as a sentence for a person: the newest file of each feed counts.
    pub fn ages(&self, as_of: &str) -> String {
        let mut by_feed: BTreeMap<&str, (usize, Option<&str>)> = BTreeMap::new();
        for file in &self.0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_of_one_name_are_all_named() {
        let file = |sha256: &str, dated: Option<&str>| FeedFile {
            feed: "nvd-2.0".to_owned(),
            name: "nvdcve-2.0-modified.json.gz".to_owned(),
            sha256: sha256.to_owned(),
            dated: dated.map(str::to_owned),
        };
        let asked = AskedFeeds(vec![
            file("aa", Some("2098-01-08")),
            file("bb", Some("2098-01-01")),
            file("cc", None),
        ]);
        assert_eq!(AskedFeeds::of(&asked.parameters().collect()), asked);
        assert!(asked.ages("2098-01-09").contains("2098-01-08 (1 day old), 3 files"));
    }
}
