//! What regimes ask of a plan, found by applying them: to the network as it is, on each day of the horizon, and to the network
//! with candidates in the places of devices.
//!
//! How: a row about a device that is breached on a day asks that the device is replaced by then. Which candidates may take its
//! place is tried: a copy of the ledger in which they stand there, the regimes applied on each day. In one further copy stands
//! equipment of a vendor that nobody knows: what is breached with that, too, no replacement ends, and it is told as not planned
//! for. A measure about many devices asks for shares, where it states a form that can be counted (`[counted]`).
//!
//! When it is wrong: candidates are tried all at once, one for each device, so what depends on several devices at once can come
//! out otherwise with the plan's own mixture; in a network of many devices they are tried on one of each kind. The checker
//! applies the regimes to what the plan makes of the whole network. What it misses: what an inconclusive verdict would come to.

#![expect(
    clippy::indexing_slicing,
    reason = "days and measures are numbered here, and a network has every record that its units name"
)]

use crate::bench::{self, Bench};
use crate::calendar::{self, MOST_DAYS, Period};
use crate::error::PlanError;
use crate::inventory::{Inventory, Unit, maker};
use crate::options::{Candidate, Options};
use banbury_evidence::model::Model;
use banbury_evidence::{RegimeResult, Verdict};
use banbury_regime::{Counted, Overrides, ParameterValue, Regime, Share, Within};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Devices above which candidates are tried on one of each kind.
const MOST_TRIED: usize = 4_000;

/// Days, one bit each.
pub type Days = u64;

/// Measures that are breached, each with the days.
pub type Breaches = Vec<(usize, Days)>;

/// A measure of a regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The regime.
    pub regime: String,
    /// The measure.
    pub measure: String,
    /// Its title.
    pub title: String,
}

impl Asking {
    /// Regime and measure in one.
    pub fn name(&self) -> String {
        format!("{}/{}", self.regime, self.measure)
    }
}

/// A device that the plan may replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InPlay {
    /// Its place in the inventory.
    pub unit: usize,
    /// Measures that it breaches as it is, on the days on which the plan has to have ended that.
    pub required: Breaches,
    /// Measures that it breaches as it is, on all days.
    pub standing: Breaches,
    /// Candidates that fit, by number, each with the measures that it breaches in this place.
    pub candidates: Vec<(usize, Breaches)>,
}

/// Whose share a row counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    /// Makers, in small letters, together; those that are listed on a day.
    Makers(BTreeSet<String>),
    /// A platform, in small letters.
    Platform(String),
}

impl Counts {
    /// Whether equipment of this maker and platform is counted.
    pub fn has(&self, vendor: Option<&str>, platform: Option<&str>) -> bool {
        match self {
            Self::Makers(makers) => vendor.is_some_and(|vendor| makers.contains(&maker(vendor))),
            Self::Platform(name) => platform.is_some_and(|platform| maker(platform) == *name),
        }
    }
}

/// A share that must not be exceeded, on some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRow {
    /// The measure that asks for it; `None`: the user's own.
    pub measure: Option<usize>,
    /// The number of the user's own among its like.
    pub own: usize,
    /// Of what, as the measure's rows name it.
    pub scope: String,
    /// What is asked, in words.
    pub words: String,
    /// The devices, by their place in the inventory.
    pub members: Vec<usize>,
    /// Whose.
    pub counts: Counts,
    /// How many devices at most.
    pub most: u64,
    /// On which days.
    pub days: Days,
}

/// A breach that no plan can end, or none of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPlanned {
    /// The measure.
    pub asking: Asking,
    /// Its subjects that are breached.
    pub subjects: Vec<String>,
    /// Why it is not planned for.
    pub why: &'static str,
}

/// All that is asked.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The days that are looked at, from the end of the first period on.
    pub days: Vec<Date>,
    /// Days left out, for there is a bound.
    pub left_out: usize,
    /// The measures.
    pub measures: Vec<Asking>,
    /// Devices in play, in the order of the inventory.
    pub in_play: Vec<InPlay>,
    /// Shares.
    pub shares: Vec<ShareRow>,
    /// What is not planned for.
    pub not_planned: Vec<NotPlanned>,
    /// Measures by attestation, which no replacement decides.
    pub attested: Vec<Asking>,
    /// Whether candidates were tried on one device of each kind.
    pub sampled: bool,
    /// Breaches (a device, a measure) that stand when the plan begins.
    pub overdue: usize,
}

/// What requirements are worked out from.
pub struct Question<'a> {
    /// The network.
    pub model: &'a Model,
    /// Its devices.
    pub inventory: &'a Inventory,
    /// The regimes.
    pub regimes: &'a [(Regime, Overrides)],
    /// The options.
    pub options: &'a Options,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub by: Date,
    /// The periods.
    pub periods: &'a [Period],
    /// Vendors whose equipment has to go whatever it does, by the plan's last day: a blanket ban.
    pub banned: &'a BTreeSet<String>,
}

/// The name of a vendor that nobody knows.
const NOBODY: &str = "another vendor (hypothetical)";

impl Requirements {
    /// Applies the regimes, and tries the candidates.
    pub fn find(
        question: &Question<'_>,
        bench: &Bench,
        mut tell: impl FnMut(&str),
    ) -> Result<Self, PlanError> {
        let computed: Vec<(Regime, Overrides)> = question
            .regimes
            .iter()
            .map(|(regime, overrides)| {
                let measures = regime.measures.iter().filter(|measure| !measure.attested).cloned().collect();
                (Regime { measures, ..regime.clone() }, overrides.clone())
            })
            .collect();
        let mut found = Self::default();
        for (regime, _) in question.regimes {
            for measure in &regime.measures {
                let asking = Asking {
                    regime: regime.id.clone(),
                    measure: measure.id.clone(),
                    title: measure.title.clone(),
                };
                if measure.attested { found.attested.push(asking) } else { found.measures.push(asking) }
            }
        }
        // A blanket ban is a measure of its own.
        let ban = found.measures.len();
        if !question.banned.is_empty() {
            found.measures.push(Asking {
                regime: "blanket".to_owned(),
                measure: "ban".to_owned(),
                title: format!(
                    "Nothing made by {}",
                    question.banned.iter().cloned().collect::<Vec<_>>().join(", ")
                ),
            });
        }
        (found.days, found.left_out) = days(question, &computed);
        tell("the regimes on each day");
        let mut all = vec![question.from];
        all.extend(&found.days);
        let results = bench.apply(None, &computed, &all)?;
        let units: HashMap<&str, usize> =
            question.inventory.units.iter().enumerate().map(|(at, unit)| (unit.name.as_str(), at)).collect();
        let now = Rows::of(&results[..1], &units);
        let mut rows = Rows::of(&results[1..], &units);
        let last = if found.days.is_empty() { 0 } else { 1 << (found.days.len() - 1) };
        for (at, unit) in question.inventory.units.iter().enumerate() {
            if unit.vendor.as_ref().is_some_and(|vendor| question.banned.contains(&maker(vendor))) {
                rows.of_units.entry(at).or_default().push((ban, last));
            }
        }
        let overdue = question.options.overdue_by.unwrap_or(question.by);
        let later: Days = mask(&found.days, |day| day >= overdue);
        found.overdue = now.of_units.values().map(Vec::len).sum();
        let mut required: BTreeMap<usize, Breaches> = BTreeMap::new();
        for (unit, breaches) in &rows.of_units {
            let was = now.of_units.get(unit);
            let due = breaches.iter().filter_map(|(measure, days)| {
                let stood = was.is_some_and(|was| was.iter().any(|(known, _)| known == measure));
                let days = if stood { days & later } else { *days };
                (days != 0).then_some((*measure, days))
            });
            let due: Breaches = due.collect();
            if !due.is_empty() {
                required.insert(*unit, due);
            }
        }
        found.shares = shares(question, &computed, &found.days, later);
        let mut play: BTreeSet<usize> = required.keys().copied().collect();
        for row in &found.shares {
            let counted = row.members.iter().filter(|at| {
                let unit = &question.inventory.units[**at];
                row.counts.has(unit.vendor.as_deref(), unit.platform.as_deref())
            });
            if counted.count() as u64 > row.most {
                play.extend(&row.members);
            }
        }
        for suppliers in &question.options.suppliers {
            let members: Vec<usize> = in_scope(question.inventory, &suppliers.scope);
            let makers: BTreeSet<String> = members
                .iter()
                .filter_map(|at| question.inventory.units[*at].vendor.as_deref().map(maker))
                .collect();
            if (makers.len() as u64) < suppliers.least {
                play.extend(members);
            }
        }
        let fitting: BTreeMap<usize, Vec<usize>> = fitting(question, &play);
        let trials = Trials { question, computed: &computed, days: &found.days, units: &units };
        let tried = trials.run(bench, &fitting, &rows.of_units, &mut tell)?;
        found.sampled = tried.sampled;
        // What even a vendor that nobody knows would breach is not planned for.
        let mut hopeless: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for unit in play {
            let nobody = tried.of(unit, usize::MAX);
            let without = |breaches: &Breaches| -> Breaches {
                let left = breaches.iter().map(|(measure, days)| {
                    let hopeless =
                        nobody.iter().find(|(known, _)| known == measure).map_or(0, |(_, days)| *days);
                    (*measure, days & !hopeless)
                });
                left.filter(|(_, days)| *days != 0).collect()
            };
            let due = required.get(&unit).cloned().unwrap_or_default();
            for (measure, days) in &due {
                if nobody.iter().any(|(known, without)| known == measure && without & days != 0) {
                    let name = question.inventory.units[unit].name.clone();
                    hopeless.entry(*measure).or_default().insert(name);
                }
            }
            let candidates = fitting.get(&unit).into_iter().flatten();
            found.in_play.push(InPlay {
                unit,
                required: without(&due),
                standing: rows.of_units.get(&unit).map(&without).unwrap_or_default(),
                candidates: candidates
                    .map(|at| {
                        let mut breaches = without(&tried.of(unit, *at));
                        if question.banned.contains(&maker(&question.options.candidates[*at].vendor)) {
                            breaches.push((ban, last));
                        }
                        (*at, breaches)
                    })
                    .collect(),
            });
        }
        // Of what a share is counted of, a breach is planned for; within a class by whatever name its row has.
        let by_class: BTreeSet<&String> = computed
            .iter()
            .flat_map(|(regime, _)| &regime.measures)
            .filter(|measure| measure.counted.as_ref().is_some_and(|form| form.within == Within::Class))
            .map(|measure| &measure.id)
            .collect();
        let is_planned = |measure: usize, subject: &String, found: &Self| {
            found.shares.iter().any(|row| {
                row.measure == Some(measure)
                    && (row.scope == *subject || by_class.contains(&found.measures[measure].measure))
            })
        };
        for (measure, subjects) in hopeless {
            found.not_planned.push(NotPlanned {
                asking: found.measures[measure].clone(),
                subjects: subjects.into_iter().collect(),
                why: "no replacement ends it: it stands with equipment of a vendor that nobody knows, too",
            });
        }
        for (measure, subjects) in rows.others {
            let left: Vec<String> =
                subjects.into_iter().filter(|subject| !is_planned(measure, subject, &found)).collect();
            if !left.is_empty() {
                found.not_planned.push(NotPlanned {
                    asking: found.measures[measure].clone(),
                    subjects: left,
                    why: "it is about no single device, and has no form that a plan can count",
                });
            }
        }
        Ok(found)
    }
}

/// The bits of days that have a property.
pub(crate) fn mask(days: &[Date], has: impl Fn(Date) -> bool) -> Days {
    let bits = days.iter().enumerate().filter(|(_, day)| has(**day)).map(|(at, _)| 1 << at);
    bits.fold(0, |all, bit: Days| all | bit)
}

/// Rows of results that are breached.
struct Rows {
    /// By device.
    of_units: BTreeMap<usize, Breaches>,
    /// By measure, subjects that are no device.
    others: BTreeMap<usize, BTreeSet<String>>,
}

impl Rows {
    /// The rows of results by day; the measures are numbered through all regimes.
    fn of(results: &[Vec<RegimeResult>], units: &HashMap<&str, usize>) -> Self {
        let mut found = Self { of_units: BTreeMap::new(), others: BTreeMap::new() };
        for (day, results) in results.iter().enumerate() {
            let measures = results.iter().flat_map(|result| &result.measures);
            for (number, measure) in measures.enumerate() {
                for row in measure.subjects.iter().filter(|row| row.verdict == Verdict::Breached) {
                    let Some(&unit) = units.get(row.subject.as_str()) else {
                        found.others.entry(number).or_default().insert(row.subject.clone());
                        continue;
                    };
                    let breaches = found.of_units.entry(unit).or_default();
                    match breaches.iter_mut().find(|(known, _)| *known == number) {
                        Some((_, days)) => *days |= 1 << day,
                        None => breaches.push((number, 1 << day)),
                    }
                }
            }
        }
        found
    }
}

/// The days that are looked at, and how many others there are: ends of periods, and days on which a measure comes into force, a
/// parameter holds, or a list begins.
fn days(question: &Question<'_>, regimes: &[(Regime, Overrides)]) -> (Vec<Date>, usize) {
    let first = question.periods.first().map_or(question.by, |period| period.last);
    let mut found: BTreeSet<Date> = BTreeSet::new();
    let mut add = |text: &str| {
        if let Ok(day) = text.parse::<Date>()
            && day >= first
            && day <= question.by
        {
            found.insert(day);
        }
    };
    for (regime, overrides) in regimes {
        let values = values(regime, overrides);
        for measure in &regime.measures {
            if let Some(day) = starts(regime, measure, &values) {
                add(&day);
            }
        }
        for value in values.values() {
            if let ParameterValue::Text(text) = value {
                add(text);
            }
        }
    }
    for one in &question.model.designations {
        one.since.as_deref().into_iter().for_each(&mut add);
    }
    let ends: BTreeSet<Date> = question.periods.iter().map(|period| period.last).collect();
    let room = MOST_DAYS.saturating_sub(ends.len());
    let others: Vec<Date> = found.difference(&ends).copied().collect();
    let left_out = others.len().saturating_sub(room);
    let mut all: BTreeSet<Date> = others.into_iter().take(room).collect();
    all.extend(ends);
    (all.into_iter().collect(), left_out)
}

fn values(regime: &Regime, overrides: &Overrides) -> BTreeMap<String, ParameterValue> {
    let own = regime.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone()));
    own.chain(overrides.clone()).collect()
}

/// The day on which a measure comes into force.
fn starts(
    regime: &Regime,
    measure: &banbury_regime::Measure,
    values: &BTreeMap<String, ParameterValue>,
) -> Option<String> {
    let own = measure.in_force_from.as_ref().and_then(|start| start.day(values));
    regime.in_force.clone().into_iter().chain(own).max().map(|day| day.to_string())
}

/// Devices in a scope of the options.
pub(crate) fn in_scope(inventory: &Inventory, scope: &crate::options::Scope) -> Vec<usize> {
    inventory.units.iter().enumerate().filter(|(_, unit)| unit.is_in(scope)).map(|(at, _)| at).collect()
}

/// The shares that measures and options ask for.
fn shares(
    question: &Question<'_>,
    regimes: &[(Regime, Overrides)],
    days: &[Date],
    later: Days,
) -> Vec<ShareRow> {
    let mut rows = Vec::new();
    let mut number = 0;
    for (regime, overrides) in regimes {
        let values = values(regime, overrides);
        for measure in &regime.measures {
            if let Some(form) = &measure.counted
                && holds(form, &values)
            {
                let start = starts(regime, measure, &values);
                let in_force = |day: Date| start.as_ref().is_none_or(|start| *start <= day.to_string());
                let counting =
                    Counting { question, regime, measure, form, values: &values, number, days, later };
                counting.rows(in_force, &mut rows);
            }
            number += 1;
        }
    }
    for (own, cap) in question.options.caps.iter().enumerate() {
        let members = in_scope(question.inventory, &cap.scope);
        let from = cap.from.unwrap_or(question.from);
        rows.push(ShareRow {
            measure: None,
            own,
            scope: cap.scope.words(),
            words: format!("{} at most {} % of {}", cap.vendor, percent(cap.share), cap.scope.words()),
            most: (cap.share * members.len() as f64 + 1e-9).floor() as u64,
            members,
            counts: Counts::Makers(BTreeSet::from([maker(&cap.vendor)])),
            days: mask(days, |day| day >= from),
        });
    }
    rows
}

pub(crate) fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}

/// Whether the form of a measure holds with these parameters.
fn holds(form: &Counted, values: &BTreeMap<String, ParameterValue>) -> bool {
    form.unless.as_ref().is_none_or(|(name, value)| {
        values.get(name).is_none_or(|own| own.to_string().trim_matches('"') != value)
    })
}

/// A measure on its way to shares.
struct Counting<'a> {
    question: &'a Question<'a>,
    regime: &'a Regime,
    measure: &'a banbury_regime::Measure,
    form: &'a Counted,
    values: &'a BTreeMap<String, ParameterValue>,
    number: usize,
    days: &'a [Date],
    later: Days,
}

impl Counting<'_> {
    fn rows(&self, in_force: impl Fn(Date) -> bool, rows: &mut Vec<ShareRow>) {
        let number = |name: &String| match self.values.get(name) {
            Some(ParameterValue::Real(value)) => Some(*value),
            Some(ParameterValue::Number(value)) => Some(*value as f64),
            _ => None,
        };
        let Some(limit) = number(&self.form.limit) else { return };
        let least = self.form.least_devices.as_ref().and_then(number).unwrap_or(0.0);
        let units = &self.question.inventory.units;
        for (words, members) in self.scopes() {
            let total = members.len() as f64;
            if self.form.share != Share::Listed && total < least.max(2.0) || members.is_empty() {
                continue;
            }
            let most = if self.form.reached {
                (limit * total + 1e-9).floor()
            } else {
                (limit * total - 1e-9).ceil() - 1.0
            };
            let most = most.max(0.0) as u64;
            let mut by_counts: BTreeMap<Counts, Days> = BTreeMap::new();
            for (at, day) in self.days.iter().enumerate().filter(|(_, day)| in_force(**day)) {
                for counts in self.counted(*day, &members) {
                    *by_counts.entry(counts).or_default() |= 1 << at;
                }
            }
            for (counts, mut days) in by_counts {
                let now = members.iter().filter(|at| {
                    let unit = &units[**at];
                    counts.has(unit.vendor.as_deref(), unit.platform.as_deref())
                });
                if in_force(self.question.from) && now.count() as u64 > most {
                    days &= self.later;
                }
                let whose = match &counts {
                    Counts::Makers(makers) => makers.iter().cloned().collect::<Vec<_>>().join(" and "),
                    Counts::Platform(name) => format!("platform {name}"),
                };
                rows.push(ShareRow {
                    measure: Some(self.number),
                    own: 0,
                    scope: words.clone(),
                    words: format!("{whose} at most {most} of {} devices of {words}", members.len()),
                    members: members.clone(),
                    counts,
                    most,
                    days,
                });
            }
        }
    }

    /// Whose shares are counted on a day.
    fn counted(&self, day: Date, members: &[usize]) -> Vec<Counts> {
        let units = &self.question.inventory.units;
        let candidates = &self.question.options.candidates;
        match self.form.share {
            Share::Listed => {
                let list = self.values.get("list").map(ToString::to_string).unwrap_or_default();
                let list = list.trim_matches('"').trim().to_lowercase();
                let standing = self.question.model.designations.iter().filter(|one| {
                    one.list.trim().to_lowercase() == list
                        && one.since.as_ref().is_none_or(|since| *since <= day.to_string())
                });
                let makers: BTreeSet<String> = standing.map(|one| maker(&one.vendor)).collect();
                if makers.is_empty() { Vec::new() } else { vec![Counts::Makers(makers)] }
            }
            Share::EachMaker => {
                let own = members.iter().filter_map(|at| units[*at].vendor.as_deref());
                let makers: BTreeSet<String> =
                    own.chain(candidates.iter().map(|one| one.vendor.as_str())).map(maker).collect();
                makers.into_iter().map(|one| Counts::Makers(BTreeSet::from([one]))).collect()
            }
            Share::EachPlatform => {
                let own = members.iter().filter_map(|at| units[*at].platform.as_deref());
                let others = candidates.iter().filter_map(|one| one.platform.as_deref());
                let platforms: BTreeSet<String> = own.chain(others).map(maker).collect();
                platforms.into_iter().map(Counts::Platform).collect()
            }
        }
    }

    /// What shares are counted of: words and devices.
    fn scopes(&self) -> Vec<(String, Vec<usize>)> {
        let units = &self.question.inventory.units;
        let mut classes: Vec<String> = self.form.classes.clone();
        if let Some(name) = &self.form.class
            && let Some(ParameterValue::Text(class)) = self.measure.bind.get(name)
        {
            classes.push(class.clone());
        }
        let entries = |class: &String| -> Vec<&banbury_regime::Sensitivity> {
            let all = self.regime.sensitivity.iter();
            all.filter(|entry| entry.class == *class && entry.verdict == "breached").collect()
        };
        let mut scopes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        if self.form.within == Within::Class {
            for class in &classes {
                let functions: HashSet<String> = entries(class)
                    .into_iter()
                    .flat_map(|one| &one.functions)
                    .map(|name| name.to_uppercase())
                    .collect();
                let roles: HashSet<String> =
                    entries(class).into_iter().flat_map(|one| &one.roles).map(|name| maker(name)).collect();
                let parts = entries(class).iter().any(|one| one.parts);
                let is_in = |unit: &Unit| {
                    unit.functions.iter().any(|name| functions.contains(name))
                        || unit.role.as_ref().is_some_and(|role| roles.contains(&maker(role)))
                        || (parts && !unit.parts.is_empty())
                };
                let members = units.iter().enumerate().filter(|(_, unit)| is_in(unit)).map(|(at, _)| at);
                scopes.insert(class.clone(), members.collect());
            }
            return scopes.into_iter().collect();
        }
        let named = |kind: &str, name: &str| {
            classes.is_empty()
                || classes.iter().any(|class| {
                    entries(class).iter().any(|entry| match kind {
                        "function" => entry.functions.iter().any(|one| one.to_uppercase() == name),
                        _ => entry.roles.iter().any(|one| maker(one) == name),
                    })
                })
        };
        for (at, unit) in units.iter().enumerate() {
            for name in unit.functions.iter().filter(|name| named("function", name)) {
                scopes.entry(format!("function {name}")).or_default().push(at);
            }
            let role = unit.role.as_deref().map(maker).filter(|role| named("role", role));
            if let Some(role) = role.filter(|_| self.form.within == Within::Use) {
                scopes.entry(format!("role {role}")).or_default().push(at);
            }
        }
        scopes.into_iter().collect()
    }
}

/// The candidates that fit each device in play, by number.
fn fitting(question: &Question<'_>, play: &BTreeSet<usize>) -> BTreeMap<usize, Vec<usize>> {
    type Like<'a> = (Option<&'a String>, Option<&'a String>, Option<&'a String>, &'a Vec<String>);
    let mut known: HashMap<Like<'_>, Vec<usize>> = HashMap::new();
    let mut found = BTreeMap::new();
    for &at in play {
        let unit = &question.inventory.units[at];
        let like = (unit.vendor.as_ref(), unit.product.as_ref(), unit.role.as_ref(), &unit.functions);
        let list = known.entry(like).or_insert_with(|| {
            let fits = question.options.candidates.iter().enumerate().filter(|(_, one)| unit.fits(one));
            fits.map(|(number, _)| number).collect()
        });
        found.insert(at, list.clone());
    }
    found
}

/// Candidates in the places of devices.
struct Trials<'a> {
    question: &'a Question<'a>,
    computed: &'a [(Regime, Overrides)],
    days: &'a [Date],
    units: &'a HashMap<&'a str, usize>,
}

/// What came of the trials.
struct Tried {
    /// The device on which what is said of another was tried.
    stands_for: HashMap<usize, usize>,
    /// By device and candidate (the last number: equipment of a vendor that nobody knows).
    breaches: HashMap<(usize, usize), Breaches>,
    sampled: bool,
}

impl Tried {
    fn of(&self, unit: usize, candidate: usize) -> Breaches {
        let tried = self.stands_for.get(&unit).copied().unwrap_or(unit);
        self.breaches.get(&(tried, candidate)).cloned().unwrap_or_default()
    }
}

impl Trials<'_> {
    fn run(
        &self,
        bench: &Bench,
        fitting: &BTreeMap<usize, Vec<usize>>,
        standing: &BTreeMap<usize, Breaches>,
        tell: &mut impl FnMut(&str),
    ) -> Result<Tried, PlanError> {
        let sampled = self.question.model.devices.len() > MOST_TRIED;
        let mut tried = Tried { stands_for: HashMap::new(), breaches: HashMap::new(), sampled };
        if fitting.is_empty() {
            return Ok(tried);
        }
        let mut first: HashMap<_, usize> = HashMap::new();
        for at in fitting.keys() {
            let unit = &self.question.inventory.units[*at];
            let device = &self.question.model.devices[unit.record];
            let kind = (
                (&unit.vendor, &unit.product, &unit.platform, &unit.role, &unit.functions, &unit.parts),
                (unit.sensitive, &device.segment, &device.software, standing.get(at)),
            );
            let stands = if sampled { *first.entry(kind).or_insert(*at) } else { *at };
            tried.stands_for.insert(*at, stands);
        }
        let tested: BTreeSet<usize> = tried.stands_for.values().copied().collect();
        let mut network = self.question.model.clone();
        if sampled {
            let names: HashSet<&str> =
                tested.iter().map(|at| self.question.inventory.units[*at].name.as_str()).collect();
            let has = |name: &str| names.contains(name);
            network.devices.retain(|device| has(&device.name));
            network.functions.retain(|one| has(&one.device));
            network.interceptions.retain(|one| has(&one.device));
            network.interfaces.retain(|one| has(&one.device));
            network.links.retain(|one| has(&one.a_device) && has(&one.b_device));
            network.single_points.clear();
            network.cut_off.clear();
            network.connected.retain(|name| has(name));
        }
        let places: HashMap<String, usize> =
            network.devices.iter().enumerate().rev().map(|(at, device)| (device.name.clone(), at)).collect();
        let installed = self.question.periods.first().map_or(self.question.by, |period| period.last);
        let nobody =
            Candidate { vendor: NOBODY.to_owned(), product: NOBODY.to_owned(), ..Candidate::default() };
        let rounds = fitting.values().map(Vec::len).max().unwrap_or(0);
        for round in 0..=rounds {
            tell(&format!("candidates in place, {} of {}", round + 1, rounds + 1));
            let mut changed = network.clone();
            let mut stands: Vec<(usize, usize)> = Vec::new();
            for &at in &tested {
                let (number, candidate) = if round == rounds {
                    (usize::MAX, &nobody)
                } else {
                    let Some(&number) = fitting.get(&at).and_then(|list| list.get(round)) else { continue };
                    (number, &self.question.options.candidates[number])
                };
                let place = places.get(&self.question.inventory.units[at].name);
                if let Some(device) = place.and_then(|place| changed.devices.get_mut(*place)) {
                    bench::replace(device, candidate, installed);
                    stands.push((at, number));
                }
            }
            let results = bench.apply(Some(&changed), self.computed, self.days)?;
            let rows = Rows::of(&results, self.units);
            for (at, number) in stands {
                if let Some(breaches) = rows.of_units.get(&at) {
                    tried.breaches.insert((at, number), breaches.clone());
                }
            }
        }
        Ok(tried)
    }
}

/// How many periods are over on each day.
pub(crate) fn states(days: &[Date], periods: &[Period]) -> Vec<usize> {
    days.iter().map(|day| calendar::done(periods, *day)).collect()
}
