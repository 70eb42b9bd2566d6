//! What the run of a look-up says of itself: the feeds that it leans on, and what it only counted.

use super::{DESCRIPTION, PROBE};
use crate::asked::AskedFeeds;
use crate::join::Joined;
use crate::known::Answer;
use crate::lookup::{Ran, failed, latest};
use crate::store::ImportedFile;
use crate::support::FEED as SUPPORT_FEED;
use banbury_evidence::RunReport;
use std::collections::BTreeMap;

/// The parameters that count.
const COUNTS: [&str; 4] =
    ["ruled-out-by-version", "looked-up-by-name-alone", "contradictory-components", "in-no-advisory"];

/// What a run of the look-up counted, and on which feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The feeds.
    pub feeds: AskedFeeds,
    /// Vulnerabilities, each for one component, that the version alone rules out.
    pub ruled_out_by_version: u64,
    /// Components without CPE name, distribution and ecosystem: looked up by their name, which tells nothing for sure.
    pub by_name_alone: u64,
    /// Components whose evidence contradicts itself.
    pub contradictory: u64,
    /// Components of which no advisory of the feeds speaks, or none for sure: that they have no vulnerability is not known.
    pub in_no_advisory: u64,
}

impl Looked {
    pub(super) fn new(files: &[ImportedFile]) -> Self {
        // How long something is supported is another look-up's question.
        let asked = files.iter().filter(|file| file.feed != SUPPORT_FEED);
        Self { feeds: AskedFeeds::new(asked), ..Self::default() }
    }

    pub(super) fn has_advisories(&self) -> bool {
        // Others rank or date what these state.
        let other = ["kev-json", "kev-csv", "epss"];
        self.feeds.files().iter().any(|file| !other.contains(&file.feed.as_str()))
    }

    pub(super) fn add(&mut self, component: &Joined<'_>, answer: &Answer) {
        self.ruled_out_by_version += answer.outside as u64;
        let by_name_alone = answer.not_asked.len() > 1;
        self.by_name_alone += u64::from(by_name_alone);
        let silent = answer.findings.is_empty() && answer.outside == 0;
        self.in_no_advisory += u64::from(by_name_alone || silent);
        self.contradictory += u64::from(!component.contradictions.is_empty());
    }

    /// As a run's parameters.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let counts = [self.ruled_out_by_version, self.by_name_alone, self.contradictory, self.in_no_advisory];
        let counts = COUNTS.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), count.to_string()));
        counts.chain(self.feeds.parameters()).collect()
    }

    /// Read back from a run's parameters.
    pub fn of(parameters: &BTreeMap<String, String>) -> Self {
        let count = |name: &str| parameters.get(name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let [ruled_out, by_name, contradictory, in_no_advisory] = COUNTS.map(count);
        Self {
            feeds: AskedFeeds::of(parameters),
            ruled_out_by_version: ruled_out,
            by_name_alone: by_name,
            contradictory,
            in_no_advisory,
        }
    }

    /// Of the latest run that did not fail; why there is none.
    pub fn latest<'r>(runs: impl DoubleEndedIterator<Item = Ran<'r>>) -> Result<Self, String> {
        latest(PROBE, runs).map(Self::of)
    }
}

/// The run that says that nothing was looked up, and why.
pub fn not_looked(why: &str) -> RunReport {
    failed(&DESCRIPTION, "known vulnerabilities of all components", why)
}
