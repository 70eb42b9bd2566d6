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

use crate::ban::Ban;
use crate::calendar::{self, MOST_DAYS, Period};
use crate::error::PlanError;
use crate::inventory::{Inventory, maker};
use crate::options::Options;
use crate::shares::shares;
use crate::trials::{Rows, Trials, fitting};
use banbury_evidence::model::Model;
use banbury_regime::{LedgerCopy, Overrides, ParameterValue, Regime, Stopping, Within};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Days, one bit each.
pub type Days = u64;

/// Measures that are breached, each with the days.
pub type Breaches = Vec<(usize, Days)>;

/// Candidates by number, each with the measures that it breaches; like devices share them.
type Tolerated = Arc<[(usize, Breaches)]>;

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
    /// Candidates that fit, by number, each with the measures that it breaches in this place. Like devices share them.
    pub candidates: Arc<[(usize, Breaches)]>,
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
    /// The devices, by their place in the inventory, in order. Rows of the same devices share them.
    pub members: Arc<[usize]>,
    /// Whose.
    pub counts: Counts,
    /// How many devices at most.
    pub most: u64,
    /// How many of them it counts as the network is.
    pub standing: u64,
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
    /// Whether candidates were tried on two devices of each kind.
    pub sampled: bool,
    /// Kinds of which a candidate breaches something else on one of the two than on the other: what either breaches counts.
    pub differing: usize,
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
    /// A blanket ban: equipment that has to go whatever it does, by the plan's last day.
    pub ban: Option<&'a Ban>,
    /// Devices up to which candidates are tried on each; of more, on two of each kind.
    pub tried_each: usize,
}

impl Requirements {
    /// Applies the regimes, and tries the candidates.
    pub fn find(
        question: &Question<'_>,
        bench: &LedgerCopy,
        stopping: &Stopping<'_>,
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
        if let Some(asked) = question.ban {
            found.measures.push(Asking {
                regime: "blanket".to_owned(),
                measure: "ban".to_owned(),
                title: format!("Nothing {}", asked.words()),
            });
        }
        (found.days, found.left_out) = days(question, &computed);
        tell("the regimes on each day");
        let mut all = vec![question.from];
        all.extend(&found.days);
        let units: HashMap<&str, usize> =
            question.inventory.units.iter().enumerate().map(|(at, unit)| (unit.name.as_str(), at)).collect();
        let (mut now, mut rows) = (Rows::default(), Rows::default());
        let total = all.len();
        bench.breaches_each(None, &computed, &all, stopping, |day, results| {
            tell(&format!("the regimes, day {} of {total}", day + 1));
            match day.checked_sub(1) {
                None => now.add(0, results, &units),
                Some(day) => rows.add(day, results, &units),
            }
        })?;
        let goes_on = || if stopping.is_over() { Err(PlanError::Stopped) } else { Ok(()) };
        let now = now.of_units();
        let mut of_units = rows.of_units();
        goes_on()?;
        let last = if found.days.is_empty() { 0 } else { 1 << (found.days.len() - 1) };
        for (at, unit) in question.inventory.units.iter().enumerate() {
            if question.ban.is_some_and(|ban| ban.takes(unit)) {
                of_units.entry(at).or_default().push((ban, last));
            }
        }
        let overdue = question.options.overdue_by.unwrap_or(question.by);
        let later: Days = mask(&found.days, |day| day >= overdue);
        found.overdue = now.values().map(Vec::len).sum();
        let mut required: BTreeMap<usize, Breaches> = BTreeMap::new();
        for (unit, breaches) in &of_units {
            let was = now.get(unit);
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
            if row.standing > row.most {
                play.extend(row.members.iter());
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
        goes_on()?;
        let fitting = fitting(question, &play);
        let trials = Trials { question, computed: &computed, days: &found.days, units: &units };
        let tried = trials.run(bench, &fitting, &of_units, stopping, &mut tell)?;
        goes_on()?;
        found.sampled = tried.sampled;
        found.differing = tried.differing();
        // What even a vendor that nobody knows would breach is not planned for.
        let nobody: Vec<Breaches> = (0..tried.kinds()).map(|kind| tried.of(kind, usize::MAX)).collect();
        let mut hopeless: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        // Candidates of like devices, by kind and by whether a ban refuses each.
        let mut shared: HashMap<(usize, Vec<bool>), Tolerated> = HashMap::new();
        for unit in play {
            let Some(kind) = tried.kind(unit) else { continue };
            let nobody = &nobody[kind];
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
            let candidates: &[usize] = fitting.get(&unit).map_or(&[], |list| list);
            let old = &question.inventory.units[unit];
            let refused: Vec<bool> = match question.ban {
                Some(asked) => candidates
                    .iter()
                    .map(|at| asked.refuses(&question.options.candidates[*at], old))
                    .collect(),
                None => Vec::new(),
            };
            let candidates = shared.entry((kind, refused)).or_insert_with_key(|(_, refused)| {
                let each = candidates.iter().enumerate().map(|(place, at)| {
                    let mut breaches = without(&tried.of(kind, *at));
                    if refused.get(place).copied().unwrap_or(false) {
                        breaches.push((ban, last));
                    }
                    (*at, breaches)
                });
                each.collect()
            });
            found.in_play.push(InPlay {
                unit,
                required: without(&due),
                standing: of_units.get(&unit).map(&without).unwrap_or_default(),
                candidates: Arc::clone(candidates),
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

pub(crate) fn values(regime: &Regime, overrides: &Overrides) -> BTreeMap<String, ParameterValue> {
    let own = regime.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.clone()));
    own.chain(overrides.clone()).collect()
}

/// The day on which a measure comes into force.
pub(crate) fn starts(
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

/// How many periods are over on each day.
pub(crate) fn states(days: &[Date], periods: &[Period]) -> Vec<usize> {
    days.iter().map(|day| calendar::done(periods, *day)).collect()
}
