//! Shares of many devices that measures and options ask for, in the form that a plan can count.

#![expect(clippy::indexing_slicing, reason = "members are places in the inventory")]

use crate::inventory::{Unit, maker};
use crate::requirement::{Counts, Days, Question, ShareRow, in_scope, mask, starts, values};
use banbury_regime::{Counted, Overrides, ParameterValue, Regime, Share, Within};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The shares that measures and options ask for.
pub(crate) fn shares(
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
        let counts = Counts::Makers(BTreeSet::from([maker(&cap.vendor)]));
        rows.push(ShareRow {
            measure: None,
            own,
            standing: Tally::of(question, &members).count(&counts),
            scope: cap.scope.words(),
            words: format!("{} at most {} % of {}", cap.vendor, percent(cap.share), cap.scope.words()),
            most: (cap.share * members.len() as f64 + 1e-9).floor() as u64,
            members,
            counts,
            days: mask(days, |day| day >= from),
        });
    }
    rows
}

fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}

/// Whether the form of a measure holds with these parameters.
fn holds(form: &Counted, values: &BTreeMap<String, ParameterValue>) -> bool {
    form.unless.as_ref().is_none_or(|(name, value)| {
        values.get(name).is_none_or(|own| own.to_string().trim_matches('"') != value)
    })
}

/// How many devices there are of each maker and platform: of a million there are some dozens of pairs.
struct Tally<'a>(BTreeMap<(Option<&'a str>, Option<&'a str>), u64>);

impl<'a> Tally<'a> {
    fn of(question: &Question<'a>, members: &[usize]) -> Self {
        let mut pairs = BTreeMap::new();
        for at in members {
            let unit = &question.inventory.units[*at];
            *pairs.entry((unit.vendor.as_deref(), unit.platform.as_deref())).or_default() += 1;
        }
        Self(pairs)
    }

    /// How many of them are counted.
    fn count(&self, counts: &Counts) -> u64 {
        self.0
            .iter()
            .filter(|((vendor, platform), _)| counts.has(*vendor, *platform))
            .map(|(_, count)| count)
            .sum()
    }
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
            let tally = Tally::of(self.question, &members);
            for (at, day) in self.days.iter().enumerate().filter(|(_, day)| in_force(**day)) {
                for counts in self.counted(*day, &tally) {
                    *by_counts.entry(counts).or_default() |= 1 << at;
                }
            }
            for (counts, mut days) in by_counts {
                let standing = tally.count(&counts);
                if in_force(self.question.from) && standing > most {
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
                    standing,
                    days,
                });
            }
        }
    }

    /// Whose shares are counted on a day.
    fn counted(&self, day: Date, tally: &Tally<'_>) -> Vec<Counts> {
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
                let own = tally.0.keys().filter_map(|(vendor, _)| *vendor);
                let makers: BTreeSet<String> =
                    own.chain(candidates.iter().map(|one| one.vendor.as_str())).map(maker).collect();
                makers.into_iter().map(|one| Counts::Makers(BTreeSet::from([one]))).collect()
            }
            Share::EachPlatform => {
                let own = tally.0.keys().filter_map(|(_, platform)| *platform);
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
