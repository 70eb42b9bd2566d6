//! Shares of many devices that measures and options ask for, in the form that a plan can count.

#![expect(clippy::indexing_slicing, reason = "members are places in the inventory, kinds are numbered here")]

use crate::inventory::{Inventory, Unit, maker};
use crate::requirement::{Counts, Days, Question, ShareRow, in_scope, mask, starts, values};
use banbury_regime::{Counted, Overrides, ParameterValue, Regime, Share, Within};
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The shares that measures and options ask for.
pub(crate) fn shares(
    question: &Question<'_>,
    regimes: &[(Regime, Overrides)],
    days: &[Date],
    later: Days,
) -> Vec<ShareRow> {
    let mut rows = Vec::new();
    let mut number = 0;
    let kinds = Kinds::of(question.inventory);
    for (regime, overrides) in regimes {
        let values = values(regime, overrides);
        for measure in &regime.measures {
            if let Some(form) = &measure.counted
                && holds(form, &values)
            {
                let start = starts(regime, measure, &values);
                let in_force = |day: Date| start.as_ref().is_none_or(|start| *start <= day.to_string());
                let counting = Counting {
                    question,
                    kinds: &kinds,
                    regime,
                    measure,
                    form,
                    values: &values,
                    number,
                    days,
                    later,
                };
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
            standing: members
                .iter()
                .filter(|at| counts_unit(&counts, &question.inventory.units[**at]))
                .count() as u64,
            scope: cap.scope.words(),
            words: format!("{} at most {} % of {}", cap.vendor, percent(cap.share), cap.scope.words()),
            most: (cap.share * members.len() as f64 + 1e-9).floor() as u64,
            members: members.into(),
            counts,
            days: mask(days, |day| day >= from),
        });
    }
    rows
}

fn counts_unit(counts: &Counts, unit: &Unit) -> bool {
    counts.has(unit.vendor.as_deref(), unit.platform.as_deref())
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

/// Devices that shares count alike: of a million there are some hundreds of kinds.
struct Kinds<'a> {
    /// One of each kind, and all of it in the order of the inventory.
    kinds: Vec<(&'a Unit, Vec<usize>)>,
    /// The devices of several kinds together, which measures share.
    known: RefCell<HashMap<Vec<usize>, Arc<[usize]>>>,
}

impl<'a> Kinds<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut numbers: HashMap<_, usize> = HashMap::new();
        let mut kinds: Vec<(&Unit, Vec<usize>)> = Vec::new();
        for (at, unit) in inventory.units.iter().enumerate() {
            let like = (&unit.vendor, &unit.platform, &unit.role, &unit.functions, unit.parts.is_empty());
            let kind = *numbers.entry(like).or_insert_with(|| {
                kinds.push((unit, Vec::new()));
                kinds.len() - 1
            });
            kinds[kind].1.push(at);
        }
        Self { kinds, known: RefCell::default() }
    }

    /// The devices of kinds, in the order of the inventory.
    fn members(&self, kinds: &[usize]) -> Arc<[usize]> {
        let mut known = self.known.borrow_mut();
        let list = known.entry(kinds.to_vec()).or_insert_with(|| {
            let mut members: Vec<usize> =
                kinds.iter().flat_map(|kind| &self.kinds[*kind].1).copied().collect();
            members.sort_unstable();
            members.into()
        });
        Arc::clone(list)
    }

    /// How many devices kinds have.
    fn total(&self, kinds: &[usize]) -> u64 {
        kinds.iter().map(|kind| self.kinds[*kind].1.len() as u64).sum()
    }

    /// How many of them are counted.
    fn count(&self, kinds: &[usize], counts: &Counts) -> u64 {
        let counted =
            kinds.iter().map(|kind| &self.kinds[*kind]).filter(|(unit, _)| counts_unit(counts, unit));
        counted.map(|(_, members)| members.len() as u64).sum()
    }
}

/// A measure on its way to shares.
struct Counting<'a> {
    question: &'a Question<'a>,
    kinds: &'a Kinds<'a>,
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
        for (words, kinds) in self.scopes() {
            let members = self.kinds.total(&kinds);
            let total = members as f64;
            if self.form.share != Share::Listed && total < least.max(2.0) || members == 0 {
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
                for counts in self.counted(*day, &kinds) {
                    *by_counts.entry(counts).or_default() |= 1 << at;
                }
            }
            for (counts, mut days) in by_counts {
                let standing = self.kinds.count(&kinds, &counts);
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
                    words: format!("{whose} at most {most} of {members} devices of {words}"),
                    members: self.kinds.members(&kinds),
                    counts,
                    most,
                    standing,
                    days,
                });
            }
        }
    }

    /// Whose shares are counted on a day.
    fn counted(&self, day: Date, kinds: &[usize]) -> Vec<Counts> {
        let of = || kinds.iter().map(|kind| self.kinds.kinds[*kind].0);
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
                let own = of().filter_map(|unit| unit.vendor.as_deref());
                let makers: BTreeSet<String> =
                    own.chain(candidates.iter().map(|one| one.vendor.as_str())).map(maker).collect();
                makers.into_iter().map(|one| Counts::Makers(BTreeSet::from([one]))).collect()
            }
            Share::EachPlatform => {
                let own = of().filter_map(|unit| unit.platform.as_deref());
                let others = candidates.iter().filter_map(|one| one.platform.as_deref());
                let platforms: BTreeSet<String> = own.chain(others).map(maker).collect();
                platforms.into_iter().map(Counts::Platform).collect()
            }
        }
    }

    /// What shares are counted of: words and kinds of devices.
    fn scopes(&self) -> Vec<(String, Vec<usize>)> {
        let kinds = &self.kinds.kinds;
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
                let members = kinds.iter().enumerate().filter(|(_, (unit, _))| is_in(unit)).map(|(at, _)| at);
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
        for (at, (unit, _)) in kinds.iter().enumerate() {
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
