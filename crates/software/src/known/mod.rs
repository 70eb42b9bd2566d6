//! What is known against a component: every advisory that speaks of it, with one of three answers.
//!
//! How an answer comes about, in this order:
//!
//! 1. Each statement is held against the version in its own order ([`crate::version`]). What cannot be ordered is
//!    "cannot tell", with what would tell.
//! 2. Of a component that a distribution built, the distribution's word decides: it knows what it has patched. Where its
//!    feed is not in the database and upstream's version is affected, the answer is "cannot tell".
//! 3. Between other sources, affected by one is affected; each source's own word stands beside it ([`Finding::says`]).
//! 4. What is known of the build (kernel options and modules, BusyBox applets) can rule out what is left
//!    ([`Facts`]); the reason names the option and where it was read.

mod build;
mod criterion;
mod judge;
mod reason;
#[cfg(test)]
mod tests;

pub use build::{Applets, KernelBuild, Modules, OptionState};
pub(crate) use criterion::brief;
pub use reason::Reason;

use crate::Error;
use crate::advisory::{Advisory, Criterion, Exploited, Score, Severity};
use crate::cpe::Cpe;
use crate::feed::cve_key;
use crate::feed::osv_key;
use crate::purl::Purl;
use crate::store::{ImportedFile, Store, says};
use crate::version::choice;
use judge::{Judged, Judgement, Version};
use rusqlite::{OptionalExtension as _, Transaction};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A component: what is known of its identity. Whatever is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Upstream's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// That upstream's version is no lower, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// That upstream's version is no higher, where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// Its package URL. Distribution and ecosystem follow from it where they are not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Its CPE names: a product may have had several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<Cpe>,
    /// The distribution that built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// The ecosystem that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<Ecosystem>,
}

/// The distribution that built a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `debian`, `alpine`, `openwrt`, ... as in purls.
    pub name: String,
    /// Its release, by number or code name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The source package.
    pub source: String,
    /// The version of the source package, with the distribution's revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
}

/// A package of an ecosystem, as OSV names both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ecosystem {
    /// `PyPI`, `npm`, `Go`, ...
    pub name: String,
    /// The package.
    pub package: String,
}

/// What is known of what the component is part of. Nothing given rules nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What else is there: software, hardware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<Cpe>,
    /// Nothing else is there: what is not in `present` is absent.
    #[serde(default)]
    pub present_is_all: bool,
    /// The operating system, as CPE's target_sw names it: `linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// How the kernel was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelBuild>,
    /// Which applets BusyBox has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busybox: Option<Applets>,
}

/// Whether a vulnerability applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// It does.
    Affected {
        /// Why.
        reason: Reason,
    },
    /// It does not.
    NotAffected {
        /// Why.
        reason: Reason,
        /// The same in a sentence.
        detail: String,
    },
    /// Nobody can say from what is known.
    CannotTell {
        /// Why.
        reason: Reason,
        /// What would tell.
        detail: String,
    },
}

impl State {
    /// The word used in claims and in output: `affected`, `not-affected`, `cannot-tell`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Affected { .. } => "affected",
            Self::NotAffected { .. } => "not-affected",
            Self::CannotTell { .. } => "cannot-tell",
        }
    }

    /// Why it is so.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Affected { reason }
            | Self::NotAffected { reason, .. }
            | Self::CannotTell { reason, .. } => *reason,
        }
    }
}

/// What is known of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Known exploited first, then affected, then what cannot be told, then the rest; by identifier within.
    pub findings: Vec<Finding>,
    /// How many more vulnerabilities the version alone rules out, where those were only to be counted.
    pub outside: usize,
    /// Every feed that was asked, with its date: what came out after it is not in the answer.
    pub feeds: Vec<ImportedFile>,
    /// What could not be asked, and why: without a CPE name NVD has no answer.
    pub not_asked: Vec<String>,
}

/// A vulnerability that some advisory states of the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its CVE, or the advisory's own identifier where it has none.
    pub vulnerability: String,
    /// Whether it applies, all sources and facts together.
    #[serde(flatten)]
    pub state: State,
    /// What each advisory says by itself.
    pub says: Vec<Said>,
    /// That it is exploited, by the catalogue, and the catalogue's date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploited: Option<Dated<Exploited>>,
    /// Its score, and the score's date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Dated<Score>>,
    /// The description. Left out, as what follows, of what the version alone rules out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Severities, with their sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
}

/// What one advisory says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The feed's family.
    pub feed: String,
    /// The advisory.
    pub advisory: String,
    /// What it was found by: `cpe:a:openssl:openssl`.
    pub by: String,
    /// Its answer.
    #[serde(flatten)]
    pub state: State,
}

/// Something with the date of the feed that says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dated<T> {
    /// What it says.
    #[serde(flatten)]
    pub value: T,
    /// The feed's date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_dated: Option<String>,
}

/// The look-up over a feed database.
#[derive(Debug)]
pub struct Known<'a> {
    store: &'a Store,
    feeds: Vec<ImportedFile>,
    covered: OnceCell<BTreeSet<String>>,
    /// Every answer is of the same state of the database, whatever is imported meanwhile.
    _state: Transaction<'a>,
}

impl<'a> Known<'a> {
    /// Looks up in this database, as it is now; one at a time, and an import waits until it is dropped.
    pub fn new(store: &'a Store) -> Result<Self, Error> {
        let state = store.connection().unchecked_transaction().map_err(|source| store.failed(source))?;
        Ok(Self { store, feeds: store.files_in_use()?, covered: OnceCell::new(), _state: state })
    }

    /// The feeds that are asked.
    pub fn feeds(&self) -> &[ImportedFile] {
        &self.feeds
    }

    /// What is known against a component, with what the version alone rules out.
    pub fn look_up(&self, component: &Component, facts: &Facts) -> Result<Answer, Error> {
        self.look_up_with(component, facts, true)
    }

    /// The same; what the version alone rules out is only counted ([`Answer::outside`]).
    pub fn look_up_what_matters(&self, component: &Component, facts: &Facts) -> Result<Answer, Error> {
        self.look_up_with(component, facts, false)
    }

    fn look_up_with(&self, component: &Component, facts: &Facts, words: bool) -> Result<Answer, Error> {
        let component = completed(component);
        let (keys, not_asked) = keys(&component);
        let mut found = Found::default();
        for (place, key) in keys.iter().enumerate() {
            self.meet(&component, facts, (place, key), words, &mut found)?;
        }
        if keys.is_empty() {
            self.meet_by_name(&component, &mut found.met)?;
        }
        let mut by_vulnerability: BTreeMap<String, Vec<Met>> = BTreeMap::new();
        for met in found.met {
            add(&mut by_vulnerability, met);
        }
        let mut outside = self.outside(&keys, found.outside, &mut by_vulnerability)?;
        let mut findings = by_vulnerability
            .into_iter()
            .map(|(vulnerability, met)| self.finding(&component, facts, vulnerability, met))
            .collect::<Result<Vec<Finding>, Error>>()?;
        if !words {
            let all = findings.len();
            findings.retain(|finding| finding.state.reason() != Reason::OutOfRange);
            outside += all - findings.len();
        }
        let place = |state: &State| match state {
            State::Affected { .. } => 0,
            State::CannotTell { .. } => 1,
            State::NotAffected { .. } => 2,
        };
        findings.sort_by_key(|finding| {
            (place(&finding.state) == 2, finding.exploited.is_none(), place(&finding.state))
        });
        Ok(Answer { findings, outside, feeds: self.feeds.clone(), not_asked })
    }

    /// Adds what the advisories say that speak of this key.
    fn meet(
        &self,
        component: &Component,
        facts: &Facts,
        (place, key): (usize, &Key<'_>),
        words: bool,
        found: &mut Found,
    ) -> Result<(), Error> {
        let failed = |source| self.store.failed(source);
        let prepared = |query| self.store.connection().prepare_cached(query).map_err(failed);
        let subject: Option<i64> = prepared("SELECT id FROM subject WHERE key = ?1")?
            .query_row([&key.text], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        let Some(subject) = subject else { return Ok(()) };
        let mut statement = prepared(
            "SELECT advisory, vulnerabilities, says FROM statement WHERE subject = ?1 ORDER BY advisory",
        )?;
        let mut rows = statement.query([subject]).map_err(failed)?;
        let judged = Judged {
            version: match component.version.as_deref() {
                Some(version) => Version::Exactly(version),
                None => Version::Between(component.low.as_deref(), component.high.as_deref()),
            },
            words,
            package_version: component.distribution.as_ref().and_then(|one| one.source_version.as_deref()),
            scheme: key
                .product
                .map_or(crate::version::Scheme::Dotted, |product| choice().of_product(product)),
            cpe: key.cpe,
            distribution: component
                .distribution
                .as_ref()
                .map(|one| (one.name.as_str(), one.release.as_deref())),
            facts,
        };
        while let Some(row) = rows.next().map_err(failed)? {
            let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?)).map_err(failed);
            let id: i64 = row.get(0).map_err(failed)?;
            let outside =
                |vulnerabilities: &str| Outside { place, id, vulnerabilities: vulnerabilities.into() };
            let said = text(2)?;
            // Most versions are outside of most ranges: that is seen without reading a statement whole.
            if !words && judged.is_outside(said) {
                found.outside.push(outside(text(1)?));
                continue;
            }
            let Some(judgement) = self.judge(&judged, id, said)? else { continue };
            if !words && matches!(judgement, Judgement::Not(Reason::OutOfRange, _)) {
                found.outside.push(outside(text(1)?));
                continue;
            }
            found.met.push(self.met(place, key, id, text(1)?, judgement)?);
        }
        Ok(())
    }

    /// What all that an advisory says on a subject comes to.
    fn judge(&self, judged: &Judged<'_>, id: i64, said: &str) -> Result<Option<Judgement>, Error> {
        let mut body: Option<Advisory> = None;
        let mut judgements = Vec::new();
        for says in &says::read(said).map_err(|source| self.store.unreadable(source))? {
            let mut group = |number: usize| -> Result<Vec<Criterion>, Error> {
                if body.is_none() {
                    body = Some(self.body(id)?);
                }
                let groups = body.as_ref().and_then(|body| body.groups.get(number));
                Ok(groups.cloned().unwrap_or_default())
            };
            judgements.push(judged.judge(says, &mut group)?);
        }
        Ok(Judgement::strongest(judgements))
    }

    fn met(
        &self,
        place: usize,
        key: &Key<'_>,
        id: i64,
        vulnerabilities: &str,
        judgement: Judgement,
    ) -> Result<Met, Error> {
        let failed = |source| self.store.failed(source);
        let query = "SELECT family, name FROM advisory WHERE id = ?1";
        let mut statement = self.store.connection().prepare_cached(query).map_err(failed)?;
        let (family, name) =
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        Ok(Met {
            place,
            id,
            family,
            name,
            vulnerabilities: vulnerabilities.to_owned(),
            by: key.text.clone(),
            of_distribution: key.of_distribution,
            judgement,
        })
    }

    /// Counts the vulnerabilities that the version rules out by every word on them. Where another word is another, what
    /// rules it out is one of the words.
    fn outside(
        &self,
        keys: &[Key<'_>],
        outside: Vec<Outside>,
        by_vulnerability: &mut BTreeMap<String, Vec<Met>>,
    ) -> Result<usize, Error> {
        let mut alone: Vec<&str> = Vec::new();
        let mut completed: BTreeSet<String> = BTreeSet::new();
        for one in &outside {
            for name in one.vulnerabilities.split(says::BETWEEN) {
                if by_vulnerability.is_empty() || !by_vulnerability.contains_key(name) {
                    alone.push(name);
                    continue;
                }
                let Some(key) = keys.get(one.place) else { continue };
                let judgement = Judgement::Not(Reason::OutOfRange, String::new());
                let met = self.met(one.place, key, one.id, &one.vulnerabilities, judgement)?;
                by_vulnerability.entry(name.to_owned()).or_default().push(met);
                completed.insert(name.to_owned());
            }
        }
        for name in completed {
            if let Some(all) = by_vulnerability.get_mut(&name) {
                all.sort_by_key(|met| (met.place, met.id));
            }
        }
        alone.sort_unstable();
        alone.dedup();
        Ok(alone.len())
    }

    /// By the name alone: which product it is is not known, so nothing can be told, only shown.
    fn meet_by_name(&self, component: &Component, met: &mut Vec<Met>) -> Result<(), Error> {
        let failed = |source| self.store.failed(source);
        let mut statement = self
            .store
            .connection()
            .prepare_cached(
                "SELECT advisory.id, family, advisory.name, subject.key
                 FROM subject JOIN statement ON statement.subject = subject.id
                 JOIN advisory ON advisory.id = statement.advisory
                 WHERE subject.name = ?1 ORDER BY advisory.id",
            )
            .map_err(failed)?;
        let name = component.name.to_lowercase().replace(' ', "_");
        let rows = statement
            .query_map([&name], |row| {
                let key: String = row.get(3)?;
                let what = format!("whether {} is {key}: its CPE name or purl", component.name);
                let name: String = row.get(2)?;
                Ok(Met {
                    place: 0,
                    id: row.get(0)?,
                    family: row.get(1)?,
                    vulnerabilities: name.clone(),
                    name,
                    by: key,
                    of_distribution: false,
                    judgement: Judgement::Unknown(Reason::NameOnly, what),
                })
            })
            .map_err(failed)?;
        for row in rows {
            met.push(row.map_err(failed)?);
        }
        Ok(())
    }

    fn finding(
        &self,
        component: &Component,
        facts: &Facts,
        vulnerability: String,
        met: Vec<Met>,
    ) -> Result<Finding, Error> {
        let mut state = self.together(component, &met)?;
        let mut says: Vec<Said> = met.iter().map(Met::said).collect();
        says.dedup();
        let mut finding = Finding {
            vulnerability,
            state: state.clone(),
            says,
            exploited: None,
            score: None,
            summary: String::new(),
            severities: Vec::new(),
            published: None,
        };
        if !matches!(state, State::NotAffected { .. }) {
            let mut files = BTreeSet::new();
            let mut ids: Vec<i64> = met.iter().map(|met| met.id).collect();
            ids.dedup();
            for id in ids {
                let body = self.body(id)?;
                files.extend(body.files);
                if finding.summary.len() < body.summary.len() {
                    finding.summary = body.summary;
                }
                finding.severities.extend(body.severities);
                finding.published = finding.published.or(body.published);
            }
            finding.severities.sort();
            finding.severities.dedup();
            let products: Vec<&str> = component.cpes.iter().filter_map(|cpe| cpe.product.literal()).collect();
            let ruled_out = build::rule_out(&products, &component.name, facts, &finding.summary, &files);
            if let Some((reason, detail)) = ruled_out {
                state = State::NotAffected { reason, detail };
            }
            finding.exploited = self.exploited(&finding.vulnerability)?;
            finding.score = self.score(&finding.vulnerability)?;
        }
        finding.state = state;
        Ok(finding)
    }

    /// All sources together, by the rules at the top.
    fn together(&self, component: &Component, met: &[Met]) -> Result<State, Error> {
        let of = |distribution: bool| {
            met.iter().filter(move |met| met.of_distribution == distribution).map(|met| met.judgement.clone())
        };
        let own = Judgement::strongest(of(true)).filter(|own| !matches!(own, Judgement::Silent(_)));
        if let Some(own) = own {
            return Ok(own.state());
        }
        let Some(upstream) = Judgement::strongest(of(false)) else {
            return Ok(Judgement::strongest(of(true)).map_or(
                State::CannotTell { reason: Reason::Silent, detail: "what any source says of it".to_owned() },
                |own| own.state(),
            ));
        };
        if let (Judgement::Affected(_), Some(distribution)) = (&upstream, &component.distribution)
            && !self.covers(&distribution.name)?
        {
            let what = format!(
                "whether {} has fixed it in {} {}: no feed of it is imported",
                distribution.name,
                distribution.source,
                distribution.source_version.as_deref().unwrap_or("of unknown version")
            );
            return Ok(State::CannotTell { reason: Reason::NoDistributionFeed, detail: what });
        }
        Ok(upstream.state())
    }

    /// Whether the database has advisories of a distribution.
    fn covers(&self, distribution: &str) -> Result<bool, Error> {
        if self.covered.get().is_none() {
            let failed = |source| self.store.failed(source);
            let query = "SELECT DISTINCT substr(key, 1, instr(substr(key, 5), ':') + 4) FROM subject
                         WHERE key >= 'osv:' AND key < 'osv;'
                         UNION SELECT 'debian:' WHERE EXISTS (SELECT 1 FROM subject WHERE key >= 'debian:' AND key < 'debian;')";
            let mut statement = self.store.connection().prepare(query).map_err(failed)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
            let covered = rows.collect::<rusqlite::Result<BTreeSet<String>>>().map_err(failed)?;
            self.covered.get_or_init(|| covered);
        }
        let kind = choice().package_type(distribution).unwrap_or_default();
        let osv = choice().osv(kind, Some(distribution)).map(|osv| format!("osv:{osv}:"));
        let covered = self.covered.get();
        let has = |key: &str| covered.is_some_and(|covered| covered.contains(key));
        Ok(osv.is_some_and(|osv| has(&osv)) || (distribution == "debian" && has("debian:")))
    }

    fn body(&self, id: i64) -> Result<Advisory, Error> {
        let failed = |source| self.store.failed(source);
        let mut statement = self
            .store
            .connection()
            .prepare_cached("SELECT body FROM body WHERE advisory = ?1")
            .map_err(failed)?;
        let body: String = statement.query_row([id], |row| row.get(0)).map_err(failed)?;
        serde_json::from_str(&body).map_err(|source| self.store.unreadable(source))
    }

    fn exploited(&self, cve: &str) -> Result<Option<Dated<Exploited>>, Error> {
        let failed = |source| self.store.failed(source);
        let found: Option<(String, Option<String>)> = self
            .store
            .connection()
            .prepare_cached(
                "SELECT body, file.dated FROM exploited JOIN file ON file.id = file WHERE cve = ?1",
            )
            .map_err(failed)?
            .query_row([cve], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        found
            .map(|(body, feed_dated)| {
                let value = serde_json::from_str(&body).map_err(|source| self.store.unreadable(source))?;
                Ok(Dated { value, feed_dated })
            })
            .transpose()
    }

    fn score(&self, cve: &str) -> Result<Option<Dated<Score>>, Error> {
        let failed = |source| self.store.failed(source);
        self.store
            .connection()
            .prepare_cached(
                "SELECT probability, percentile, file.dated FROM score JOIN file ON file.id = file WHERE cve = ?1",
            )
            .map_err(failed)?
            .query_row([cve], |row| {
                let value = Score { cve: cve.to_owned(), probability: row.get(0)?, percentile: row.get(1)? };
                Ok(Dated { value, feed_dated: row.get(2)? })
            })
            .optional()
            .map_err(failed)
    }
}

/// An advisory that speaks of the component.
#[derive(Clone)]
struct Met {
    /// Which of the keys.
    place: usize,
    id: i64,
    family: String,
    name: String,
    /// As the row has them.
    vulnerabilities: String,
    by: String,
    of_distribution: bool,
    judgement: Judgement,
}

/// What was met under all keys.
#[derive(Default)]
struct Found {
    met: Vec<Met>,
    /// What the version alone rules out, where that is not to be said in words.
    outside: Vec<Outside>,
}

/// A statement that the version is outside of.
struct Outside {
    place: usize,
    id: i64,
    vulnerabilities: Box<str>,
}

/// Adds what was met to each vulnerability that it is about: of an advisory on several each gets a copy.
fn add(by_vulnerability: &mut BTreeMap<String, Vec<Met>>, met: Met) {
    let mut names: Vec<String> = met.vulnerabilities.split(says::BETWEEN).map(str::to_owned).collect();
    let last = names.pop().unwrap_or_default();
    for name in names {
        by_vulnerability.entry(name).or_default().push(met.clone());
    }
    by_vulnerability.entry(last).or_default().push(met);
}

impl Met {
    fn said(&self) -> Said {
        Said {
            feed: self.family.clone(),
            advisory: self.name.clone(),
            by: self.by.clone(),
            state: self.judgement.state(),
        }
    }
}

/// What is looked up.
struct Key<'a> {
    text: String,
    cpe: Option<&'a Cpe>,
    product: Option<&'a str>,
    of_distribution: bool,
}

/// The component with what follows from its purl and CPE names.
fn completed(component: &Component) -> Component {
    let mut whole = component.clone();
    if let Some(purl) = component.purl.as_deref().and_then(Purl::parse) {
        whole.distribution = whole.distribution.or_else(|| purl.distribution());
        if whole.distribution.is_none() && whole.ecosystem.is_none() {
            let ecosystem = choice().osv(&purl.kind, None);
            whole.ecosystem =
                ecosystem.map(|name| Ecosystem { name: name.to_owned(), package: purl.package() });
        }
        whole.version = whole.version.or(purl.upstream_version());
    }
    if whole.version.is_none() {
        whole.version = whole.cpes.iter().find_map(|cpe| cpe.version.literal()).map(str::to_owned);
    }
    whole
}

fn keys(component: &Component) -> (Vec<Key<'_>>, Vec<String>) {
    let mut keys = Vec::new();
    for cpe in &component.cpes {
        let (Some(key), Some(product)) = (cpe.key(), cpe.product.literal()) else { continue };
        let of = |text| Key { text, cpe: Some(cpe), product: Some(product), of_distribution: false };
        keys.push(of(format!("cpe:{key}")));
        let cve = choice().cve_name(product).map(str::to_owned);
        let vendor = cpe.vendor.literal().unwrap_or_default();
        keys.push(of(format!("cve:{}", cve.unwrap_or_else(|| cve_key(vendor, product)))));
    }
    if let Some(distribution) = &component.distribution {
        let of = |text| Key { text, cpe: None, product: None, of_distribution: true };
        let kind = choice().package_type(&distribution.name).unwrap_or_default();
        if let Some(osv) = choice().osv(kind, Some(&distribution.name)) {
            keys.push(of(osv_key(osv, &distribution.source)));
        }
        if distribution.name == "debian" {
            keys.push(of(format!("debian:{}", distribution.source)));
        }
    }
    if let Some(ecosystem) = &component.ecosystem {
        let text = osv_key(&ecosystem.name, &ecosystem.package);
        keys.push(Key { text, cpe: None, product: None, of_distribution: false });
    }
    let mut not_asked = Vec::new();
    if component.cpes.is_empty() {
        not_asked.push("NVD and the CVE List: the component has no CPE name".to_owned());
    }
    if component.distribution.is_none() && component.ecosystem.is_none() {
        not_asked.push("OSV and distributions: neither distribution nor ecosystem is known".to_owned());
    }
    keys.sort_by(|a, b| a.text.cmp(&b.text));
    keys.dedup_by(|a, b| a.text == b.text);
    (keys, not_asked)
}
