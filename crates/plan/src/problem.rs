//! From what is asked to a program: classes of interchangeable devices, their choices, and the rows that bound them.
//!
//! Two devices are interchangeable when the same measures ask the same of them, the same candidates may take their places at the
//! same times and cost the same, the same crews do it, and the same rows count them. A class has a unit for each device; its
//! choices are to stay, where nothing forbids it, and each candidate in each period. What a choice costs: the candidate's price,
//! the crew-days at their price, what is written off of the old device ([`Unit::written_off`](crate::inventory::Unit)), and,
//! where the user gives a weight, the subscribers of its site for each period at whose end a breach still stands.

#![expect(
    clippy::indexing_slicing,
    reason = "units, candidates, measures, periods and rows are numbered by those who made them"
)]

use crate::calendar::Period;
use crate::inventory::{Inventory, maker};
use crate::options::Options;
use crate::program::Program;
use crate::requirement::{Breaches, InPlay, Requirements, ShareRow, in_scope, states};
use banbury_evidence::model::Model;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a plan has to keep: what can be dropped, or relaxed, as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// A candidate's lead time.
    Lead(usize),
    /// A vendor's capacity.
    Capacity(String),
    /// The crews of a region.
    Crews(String),
    /// The budget of each period.
    Budget,
    /// The budget in all.
    BudgetTotal,
    /// Devices that back each other up are not worked on at once.
    Apart,
    /// A cap of the user's own.
    Cap(usize),
    /// Suppliers that have to be there.
    Suppliers(usize),
    /// A measure, by number.
    Measure(usize),
}

/// What is asked differently than the plan asks it.
#[derive(Clone, Debug, Default)]
pub struct Relax {
    /// Requirements that are not asked.
    pub dropped: BTreeSet<Requirement>,
    /// A requirement whose limits may be exceeded; only that costs something then.
    pub elastic: Option<Requirement>,
    /// A measure, and by how many periods its days are later.
    pub grace: Option<(usize, usize)>,
    /// Whether nothing costs anything: all that is asked is whether there is a plan.
    pub costless: bool,
}

/// What is done with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It stays.
    Stay,
    /// A candidate takes its place in a period.
    Replace {
        /// The candidate.
        candidate: usize,
        /// The period.
        period: usize,
    },
}

/// A program, and what its groups and choices mean.
pub struct Built {
    /// The program.
    pub program: Program,
    /// The devices in play of each class; the classes are the first groups.
    pub classes: Vec<Vec<usize>>,
    /// What each choice of the classes does; later choices are of other groups.
    pub whats: Vec<What>,
    /// How much one unit of an elastic group is.
    pub unit: f64,
    /// Devices in play that nothing can be done with, by class.
    pub stuck: Vec<usize>,
}

/// All that a program is made from.
pub struct Problem<'a> {
    /// The devices.
    pub inventory: &'a Inventory,
    /// The options.
    pub options: &'a Options,
    /// What is asked.
    pub requirements: &'a Requirements,
    /// The periods.
    pub periods: &'a [Period],
    /// The plan's first day.
    pub from: Date,
    /// Sets of devices in play that must not be worked on at once.
    pub apart: Vec<Vec<usize>>,
    /// Periods that are over on each day.
    states: Vec<usize>,
    /// The classes, each with the devices in play that are in it.
    classes: Vec<Vec<usize>>,
    /// The row of those that must not be worked on at once that each device in play is in, where the periods are too short.
    crowds: Vec<Vec<usize>>,
    /// What of each class every program needs: the shares and the crowds that count it.
    counted_in: Vec<CountedIn>,
    /// Of each share, the devices out of play that it counts, and those in play that it does or may come to.
    tallies: Vec<(u64, u64)>,
}

/// What counts a class: shares, and sets that must not be worked on at once, by number.
struct CountedIn {
    shares: Vec<usize>,
    crowds: Vec<usize>,
}

/// Rows for one requirement.
struct Rows {
    program: Program,
    /// The rows of each requirement.
    of: BTreeMap<Requirement, Vec<usize>>,
}

impl Rows {
    fn add(&mut self, requirement: Requirement, limit: f64) -> usize {
        let row = self.program.add_row(limit);
        self.of.entry(requirement).or_default().push(row);
        row
    }
}

/// A row that counts devices at the end of a period.
struct Counted {
    row: usize,
    /// Periods that are over when it counts.
    state: usize,
    share: usize,
}

/// Rows that ask for several suppliers at the end of a period.
struct Several {
    state: usize,
    /// By maker.
    rows: BTreeMap<String, usize>,
    members: BTreeSet<usize>,
}

impl<'a> Problem<'a> {
    /// Finds the classes.
    pub fn of(
        model: &Model,
        inventory: &'a Inventory,
        options: &'a Options,
        requirements: &'a Requirements,
        periods: &'a [Period],
        from: Date,
    ) -> Self {
        let places: HashMap<usize, usize> =
            requirements.in_play.iter().enumerate().map(|(at, one)| (one.unit, at)).collect();
        let apart: Vec<Vec<usize>> = apart(model, inventory, options)
            .into_iter()
            .map(|set| set.into_iter().filter_map(|unit| places.get(&unit).copied()).collect::<Vec<_>>())
            .filter(|set| set.len() > 1)
            .collect();
        let crowds = crowds(&apart, requirements.in_play.len(), options.slots);
        let mut problem = Self {
            inventory,
            options,
            requirements,
            periods,
            from,
            apart,
            states: states(&requirements.days, periods),
            classes: Vec::new(),
            crowds,
            counted_in: Vec::new(),
            tallies: Vec::new(),
        };
        (problem.classes, problem.counted_in) = problem.group();
        problem.tallies = problem.tallies(&places);
        problem
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// The first device in play of each class: what is asked of it is asked of all.
    fn firsts(&self) -> impl Iterator<Item = &InPlay> {
        self.classes.iter().filter_map(|class| class.first()).map(|at| &self.requirements.in_play[*at])
    }

    fn tallies(&self, places: &HashMap<usize, usize>) -> Vec<(u64, u64)> {
        // Like devices are counted alike, and many rows count the same devices. What devices share is known by where it stands.
        type Like<'a> = (Option<&'a str>, Option<&'a str>, Option<*const (usize, Breaches)>);
        let mut of_members: HashMap<*const usize, Vec<(usize, u64)>> = HashMap::new();
        for row in &self.requirements.shares {
            of_members.entry(row.members.as_ptr()).or_insert_with(|| {
                let mut known: HashMap<Like<'_>, (usize, u64)> = HashMap::new();
                for at in row.members.iter() {
                    let unit = &self.inventory.units[*at];
                    let candidates =
                        places.get(at).map(|place| &self.requirements.in_play[*place].candidates);
                    let like = (
                        unit.vendor.as_deref(),
                        unit.platform.as_deref(),
                        candidates.map(|list| list.as_ptr()),
                    );
                    known.entry(like).or_insert((*at, 0)).1 += 1;
                }
                known.into_values().collect()
            });
        }
        let tally = |row: &ShareRow| {
            let (mut fixed, mut possible) = (0, 0);
            for (at, count) in of_members.get(&row.members.as_ptr()).into_iter().flatten() {
                let unit = &self.inventory.units[*at];
                let own = row.counts.has(unit.vendor.as_deref(), unit.platform.as_deref());
                match places.get(at) {
                    None => fixed += u64::from(own) * count,
                    Some(place) => {
                        let candidates = &self.requirements.in_play[*place].candidates;
                        let other = || {
                            candidates.iter().any(|(candidate, _)| {
                                let new = &self.options.candidates[*candidate];
                                row.counts.has(Some(&new.vendor), new.platform.as_deref())
                            })
                        };
                        possible += u64::from(own || other()) * count;
                    }
                }
            }
            (fixed, possible)
        };
        self.requirements.shares.iter().map(tally).collect()
    }

    /// The classes, and of each the shares and the crowds that count it.
    fn group(&self) -> (Vec<Vec<usize>>, Vec<CountedIn>) {
        // Many rows count the same devices: a scope is one set of them.
        let mut scopes: Vec<Vec<usize>> = Vec::new();
        let mut scopes_of: Vec<Vec<usize>> = vec![Vec::new(); self.inventory.units.len()];
        let mut known: HashMap<*const usize, usize> = HashMap::new();
        for (at, row) in self.requirements.shares.iter().enumerate() {
            let scope = *known.entry(row.members.as_ptr()).or_insert_with(|| {
                row.members.iter().for_each(|unit| scopes_of[*unit].push(scopes.len()));
                scopes.push(Vec::new());
                scopes.len() - 1
            });
            scopes[scope].push(at);
        }
        for suppliers in &self.options.suppliers {
            for unit in in_scope(self.inventory, &suppliers.scope) {
                scopes_of[unit].push(scopes.len());
            }
            scopes.push(Vec::new());
        }
        let mut crowds_of: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, crowd) in self.crowds.iter().enumerate() {
            crowd.iter().for_each(|one| crowds_of.entry(*one).or_default().push(at));
        }
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut classes: Vec<Vec<usize>> = Vec::new();
        let mut counted_in: Vec<CountedIn> = Vec::new();
        for (at, one) in self.requirements.in_play.iter().enumerate() {
            let unit = &self.inventory.units[one.unit];
            let off: Vec<u64> = self.periods.iter().map(|period| unit.written_off(period.last)).collect();
            let risk = self.options.risk > 0.0;
            let counted = &scopes_of[one.unit];
            // Who made it matters where it is counted.
            let own = (!counted.is_empty())
                .then(|| (unit.vendor.as_deref().map(maker), unit.platform.as_deref().map(maker)));
            let key = (
                (
                    &one.required,
                    &one.candidates,
                    unit.region.as_ref().filter(|region| self.options.crews.contains_key(*region)),
                ),
                (off, counted, own, crowds_of.get(&at)),
                (risk.then_some(&one.standing), if risk { unit.subscribers } else { 0 }),
            );
            let class = *known.entry(key).or_insert_with(|| {
                classes.push(Vec::new());
                let mut shares: Vec<usize> =
                    counted.iter().flat_map(|scope| &scopes[*scope]).copied().collect();
                shares.sort_unstable();
                let crowds = crowds_of.get(&at).cloned().unwrap_or_default();
                counted_in.push(CountedIn { shares, crowds });
                classes.len() - 1
            });
            classes[class].push(at);
        }
        // From site to site, so that what stands at one is done together.
        for class in &mut classes {
            class.sort_by_key(|at| {
                let unit = &self.inventory.units[self.requirements.in_play[*at].unit];
                (unit.sensitive != Some(true), &unit.region, &unit.site, &unit.name)
            });
        }
        (classes, counted_in)
    }

    /// Everything that is asked.
    pub fn asked(&self) -> Vec<Requirement> {
        let mut asked = BTreeSet::new();
        for one in self.firsts() {
            asked.extend(one.required.iter().map(|(measure, _)| Requirement::Measure(*measure)));
            for (candidate, breaches) in one.candidates.iter() {
                asked.extend(breaches.iter().map(|(measure, _)| Requirement::Measure(*measure)));
                if self.options.candidates[*candidate].lead_days > 0 {
                    asked.insert(Requirement::Lead(*candidate));
                }
            }
        }
        asked.extend(self.build(&Relax::default()).1);
        asked.into_iter().collect()
    }

    /// The program.
    pub fn program(&self, relax: &Relax) -> Built {
        self.build(relax).0
    }

    fn build(&self, relax: &Relax) -> (Built, BTreeSet<Requirement>) {
        let mut rows = Rows { program: Program::new(), of: BTreeMap::new() };
        let asked = |requirement: &Requirement| !relax.dropped.contains(requirement);
        let periods = self.periods.len();
        let mut crews: HashMap<&str, Vec<usize>> = HashMap::new();
        for (region, days) in &self.options.crews {
            let name = Requirement::Crews(region.clone());
            if asked(&name) {
                let of_region = days.iter().map(|days| rows.add(name.clone(), (days * 10.0).floor()));
                crews.insert(region, of_region.collect());
            }
        }
        let mut capacity: HashMap<String, Vec<usize>> = HashMap::new();
        for (vendor, devices) in &self.options.capacity {
            let name = Requirement::Capacity(vendor.clone());
            if asked(&name) {
                let of_vendor = devices.iter().map(|devices| rows.add(name.clone(), devices.floor()));
                capacity.insert(maker(vendor), of_vendor.collect());
            }
        }
        let budget: Option<Vec<usize>> =
            self.options.budget.as_ref().filter(|_| asked(&Requirement::Budget)).map(|amounts| {
                amounts.iter().map(|amount| rows.add(Requirement::Budget, amount.floor())).collect()
            });
        let total = self.options.budget_total.filter(|_| asked(&Requirement::BudgetTotal));
        let total = total.map(|amount| rows.add(Requirement::BudgetTotal, amount.floor()));
        let crowds: Vec<Vec<usize>> = if asked(&Requirement::Apart) {
            let slots = self.options.slots as f64;
            let one = |_: &Vec<usize>| (0..periods).map(|_| rows.add(Requirement::Apart, slots)).collect();
            self.crowds.iter().map(one).collect()
        } else {
            Vec::new()
        };
        let counted = self.counted(relax, &mut rows);
        let several = self.several(relax, &mut rows);
        let mut rows_of: HashMap<usize, Vec<&Counted>> = HashMap::new();
        counted.iter().for_each(|one| rows_of.entry(one.share).or_default().push(one));
        let costless = relax.costless || relax.elastic.is_some();
        let mut whats = Vec::new();
        let mut stuck = Vec::new();
        let elastic: Vec<usize> =
            relax.elastic.as_ref().and_then(|name| rows.of.get(name)).cloned().unwrap_or_default();
        let asked_rows: BTreeSet<Requirement> = rows.of.keys().cloned().collect();
        let mut program = rows.program;
        let mut uses: Vec<(usize, f64)> = Vec::new();
        for (number, class) in self.classes.iter().enumerate() {
            let Some(&first) = class.first() else { continue };
            let one = &self.requirements.in_play[first];
            let unit = &self.inventory.units[one.unit];
            let CountedIn { shares, crowds: crowd } = &self.counted_in[number];
            let shares: Vec<&Counted> =
                shares.iter().filter_map(|share| rows_of.get(share)).flatten().copied().collect();
            let crowd = crowd.iter().filter_map(|at| crowds.get(*at));
            program.add_group(class.len() as u64);
            let before = program.choices();
            let by = self.by(one, relax);
            let risk = |until: usize| {
                let stood = (0..until).filter(|period| self.stands(one, *period)).count();
                self.options.risk * unit.subscribers as f64 * stood as f64
            };
            if by.is_none() {
                uses.clear();
                for share in &shares {
                    let row = &self.requirements.shares[share.share];
                    if row.counts.has(unit.vendor.as_deref(), unit.platform.as_deref()) {
                        uses.push((share.row, 1.0));
                    }
                }
                for one_of in several.iter().filter(|several| several.members.contains(&one.unit)) {
                    let row = unit.vendor.as_deref().and_then(|vendor| one_of.rows.get(&maker(vendor)));
                    uses.extend(row.map(|row| (*row, -1.0)));
                }
                program.add_choice(if costless { 0.0 } else { risk(periods) }, &uses);
                whats.push(What::Stay);
            }
            for period in 0..by.unwrap_or(periods).min(periods) {
                for (candidate, breaches) in one.candidates.iter() {
                    if !self.may(*candidate, breaches, period, relax) {
                        continue;
                    }
                    let new = &self.options.candidates[*candidate];
                    let labour = new.tenths * self.options.crew_day / 10;
                    let paid = (new.price + labour) as f64;
                    uses.clear();
                    let crews = unit.region.as_deref().and_then(|region| crews.get(region));
                    uses.extend(crews.map(|rows| (rows[period], new.tenths as f64)));
                    uses.extend(capacity.get(&maker(&new.vendor)).map(|rows| (rows[period], 1.0)));
                    uses.extend(budget.as_ref().map(|rows| (rows[period], paid)));
                    uses.extend(total.map(|row| (row, paid)));
                    uses.extend(crowd.clone().map(|rows| (rows[period], 1.0)));
                    for share in &shares {
                        let row = &self.requirements.shares[share.share];
                        let counts = if period < share.state {
                            row.counts.has(Some(&new.vendor), new.platform.as_deref())
                        } else {
                            row.counts.has(unit.vendor.as_deref(), unit.platform.as_deref())
                        };
                        if counts {
                            uses.push((share.row, 1.0));
                        }
                    }
                    for one_of in several.iter().filter(|several| several.members.contains(&one.unit)) {
                        let made_by = if period < one_of.state {
                            Some(new.vendor.as_str())
                        } else {
                            unit.vendor.as_deref()
                        };
                        let row = made_by.and_then(|vendor| one_of.rows.get(&maker(vendor)));
                        uses.extend(row.map(|row| (*row, -1.0)));
                    }
                    let off = unit.written_off(self.periods[period].last) as f64;
                    program.add_choice(if costless { 0.0 } else { paid + off + risk(period) }, &uses);
                    whats.push(What::Replace { candidate: *candidate, period });
                }
            }
            if program.choices() == before {
                stuck.push(number);
            }
        }
        for one in &several {
            // A maker is there, or not; it can only be said to be there while it has a device.
            let least = one.rows.get("").copied();
            for (_, row) in one.rows.iter().filter(|(maker, _)| !maker.is_empty()) {
                program.add_group(1);
                program.add_choice(0.0, &[]);
                let mut uses = vec![(*row, 1.0)];
                uses.extend(least.map(|row| (row, -1.0)));
                program.add_choice(0.0, &uses);
            }
        }
        let unit = self.unit(relax);
        for row in elastic {
            program.add_group(ELASTIC);
            program.add_choice(0.0, &[]);
            program.add_choice(1.0, &[(row, -unit)]);
        }
        let built = Built { program, classes: self.classes.clone(), whats, unit, stuck };
        (built, asked_rows)
    }

    /// How much one unit of what is relaxed is: a crew-day, a device, a thousandth of a budget.
    fn unit(&self, relax: &Relax) -> f64 {
        let budget = |largest: f64| (largest / 1000.0).ceil().max(1.0);
        match &relax.elastic {
            Some(Requirement::Crews(_)) => 10.0,
            Some(Requirement::Budget) => {
                budget(self.options.budget.iter().flatten().copied().fold(0.0, f64::max))
            }
            Some(Requirement::BudgetTotal) => budget(self.options.budget_total.unwrap_or(0.0)),
            _ => 1.0,
        }
    }

    /// The number of periods until whose end a device has to be replaced; `None` when it may stay.
    fn by(&self, one: &InPlay, relax: &Relax) -> Option<usize> {
        let mut by: Option<usize> = None;
        for (measure, days) in &one.required {
            if relax.dropped.contains(&Requirement::Measure(*measure)) {
                continue;
            }
            let grace = relax.grace.filter(|(known, _)| known == measure).map_or(0, |(_, periods)| periods);
            for at in (0..self.states.len()).filter(|at| days >> at & 1 == 1) {
                let state = self.states[at] + grace;
                // With grace beyond the horizon nothing is asked within it.
                if grace == 0 || state <= self.periods.len() {
                    by = Some(by.map_or(state, |known| known.min(state)));
                }
            }
        }
        by
    }

    /// How many candidates fit a device of a class, and how many of them are there too late for what is asked, and for nothing else.
    pub(crate) fn fitting(&self, class: usize) -> (usize, usize) {
        let first = self.classes.get(class).and_then(|class| class.first());
        let Some(one) = first.map(|&first| &self.requirements.in_play[first]) else { return (0, 0) };
        let none = Relax::default();
        let last = self.by(one, &none).unwrap_or(self.periods.len()).min(self.periods.len());
        let at_once = |(candidate, _): &&(usize, Breaches)| {
            let relax =
                Relax { dropped: BTreeSet::from([Requirement::Lead(*candidate)]), ..Relax::default() };
            let breaches = one.candidates.iter().find(|(known, _)| known == candidate);
            breaches.is_some_and(|(_, breaches)| {
                (0..last).any(|period| self.may(*candidate, breaches, period, &relax))
            })
        };
        (one.candidates.len(), one.candidates.iter().filter(at_once).count())
    }

    /// Whether a candidate may stand in this place from the end of a period on.
    fn may(&self, candidate: usize, breaches: &[(usize, u64)], period: usize, relax: &Relax) -> bool {
        let lead = i64::from(self.options.candidates[candidate].lead_days);
        let waits = i64::from(crate::calendar::days(self.from, self.periods[period].last));
        if lead > waits && !relax.dropped.contains(&Requirement::Lead(candidate)) {
            return false;
        }
        breaches.iter().all(|(measure, days)| {
            relax.dropped.contains(&Requirement::Measure(*measure))
                || (0..self.states.len()).all(|at| days >> at & 1 == 0 || self.states[at] <= period)
        })
    }

    /// Whether a breach of the device stands at the end of a period, when it stays until then.
    fn stands(&self, one: &InPlay, period: usize) -> bool {
        let last = self.periods[period].last;
        let day = self.requirements.days.iter().position(|day| *day == last);
        day.is_some_and(|at| one.standing.iter().any(|(_, days)| days >> at & 1 == 1))
    }

    /// The rows of shares, where they could be exceeded.
    fn counted(&self, relax: &Relax, rows: &mut Rows) -> Vec<Counted> {
        let mut found = Vec::new();
        for (share, row) in self.requirements.shares.iter().enumerate() {
            let name = match row.measure {
                Some(measure) => Requirement::Measure(measure),
                None => Requirement::Cap(row.own),
            };
            if relax.dropped.contains(&name) {
                continue;
            }
            let (fixed, possible) = self.tallies[share];
            if fixed + possible <= row.most {
                continue;
            }
            let grace = match (relax.grace, row.measure) {
                (Some((measure, periods)), Some(own)) if measure == own => periods,
                _ => 0,
            };
            let states: BTreeSet<usize> = (0..self.states.len())
                .filter(|at| row.days >> at & 1 == 1)
                .map(|at| self.states[at] + grace)
                .filter(|state| *state <= self.periods.len())
                .collect();
            for state in states {
                let limit = row.most as f64 - fixed as f64;
                found.push(Counted { row: rows.add(name.clone(), limit), state, share });
            }
        }
        found
    }

    /// The rows that ask for several suppliers: for each maker that it has a device, and that there are so many.
    fn several(&self, relax: &Relax, rows: &mut Rows) -> Vec<Several> {
        if self.options.suppliers.is_empty() {
            return Vec::new();
        }
        let in_play: HashMap<usize, &InPlay> =
            self.requirements.in_play.iter().map(|one| (one.unit, one)).collect();
        let mut found = Vec::new();
        for (own, asked) in self.options.suppliers.iter().enumerate() {
            let name = Requirement::Suppliers(own);
            if relax.dropped.contains(&name) {
                continue;
            }
            let mut fixed: BTreeMap<String, u64> = BTreeMap::new();
            let mut members = BTreeSet::new();
            for at in in_scope(self.inventory, &asked.scope) {
                let own = self.inventory.units[at].vendor.as_deref().map(maker);
                let Some(one) = in_play.get(&at) else {
                    own.into_iter().for_each(|own| *fixed.entry(own).or_default() += 1);
                    continue;
                };
                members.insert(at);
                let others = one
                    .candidates
                    .iter()
                    .map(|(candidate, _)| maker(&self.options.candidates[*candidate].vendor));
                own.into_iter().chain(others).for_each(|maker| {
                    fixed.entry(maker).or_default();
                });
            }
            if fixed.values().filter(|count| **count > 0).count() as u64 >= asked.least {
                continue;
            }
            let from = asked.from.unwrap_or(self.from);
            let states: BTreeSet<usize> = (0..self.states.len())
                .filter(|at| self.requirements.days[*at] >= from)
                .map(|at| self.states[at])
                .collect();
            for state in states {
                let mut of_maker = BTreeMap::new();
                of_maker.insert(String::new(), rows.add(name.clone(), -(asked.least as f64)));
                for (maker, count) in &fixed {
                    // Not of the requirement: what it means to be there is no matter of degree.
                    let row = rows.program.add_row(*count as f64);
                    of_maker.insert(maker.clone(), row);
                }
                found.push(Several { state, rows: of_maker, members: members.clone() });
            }
        }
        found
    }

    /// The number of periods until whose end a measure is first asked for.
    pub(crate) fn first_due(&self, measure: usize) -> Option<usize> {
        let of_units = self.firsts().flat_map(|one| &one.required);
        let of_units = of_units.filter(|(known, _)| *known == measure).map(|(_, days)| *days);
        let shares = self.requirements.shares.iter().filter(|row| row.measure == Some(measure));
        let days = of_units.chain(shares.map(|row| row.days)).fold(0, |all, days| all | days);
        (0..self.states.len()).find(|at| days >> at & 1 == 1).map(|at| self.states[at])
    }

    /// A requirement, in words.
    pub fn words(&self, requirement: &Requirement) -> String {
        match requirement {
            Requirement::Lead(candidate) => {
                let one = &self.options.candidates[*candidate];
                format!("{} of {} can be had after {} days", one.product, one.vendor, one.lead_days)
            }
            Requirement::Capacity(vendor) => format!("what {vendor} can deliver in a period"),
            Requirement::Crews(region) => format!("the crews of {region}"),
            Requirement::Budget => "the budget of each period".to_owned(),
            Requirement::BudgetTotal => "the budget in all".to_owned(),
            Requirement::Apart => "devices that back each other up are not worked on at once".to_owned(),
            Requirement::Cap(own) => self
                .requirements
                .shares
                .iter()
                .find(|row| row.measure.is_none() && row.own == *own)
                .map_or_else(String::new, |row| row.words.clone()),
            Requirement::Suppliers(own) => {
                let one = &self.options.suppliers[*own];
                format!("at least {} suppliers of {}", one.least, one.scope.words())
            }
            Requirement::Measure(measure) => {
                let asking = &self.requirements.measures[*measure];
                let mut over: Vec<&str> = self
                    .requirements
                    .shares
                    .iter()
                    .filter(|row| row.measure == Some(*measure) && row.standing > row.most)
                    .map(|row| row.words.as_str())
                    .collect();
                over.sort_unstable();
                let more = over.len().saturating_sub(3);
                over.truncate(3);
                let mut told = format!("{}: {}", asking.name(), asking.title);
                if !over.is_empty() {
                    told = format!("{told} ({}", over.join("; "));
                    told += &if more > 0 { format!("; and {more} more)") } else { ")".to_owned() };
                }
                told
            }
        }
    }
}

/// The most units of an elastic group.
const ELASTIC: u64 = 10_000_000;

/// Sets of devices that back each other up, by their place in the inventory: those with the same function at the same site, and the
/// only two that carry a function that is demanded.
pub(crate) fn apart(model: &Model, inventory: &Inventory, options: &Options) -> Vec<Vec<usize>> {
    let mut sets: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
    let demanded: BTreeSet<String> =
        model.demands.iter().map(|one| one.function.trim().to_uppercase()).collect();
    for (at, unit) in inventory.units.iter().enumerate() {
        for function in unit.functions.iter().filter(|name| !options.together.contains(name)) {
            if let Some(site) = &unit.site {
                sets.entry((function, Some(site))).or_default().push(at);
            }
            if demanded.contains(function) {
                sets.entry((function, None)).or_default().push(at);
            }
        }
    }
    let several =
        sets.into_iter().filter(|((_, site), set)| set.len() > 1 && (site.is_some() || set.len() == 2));
    let distinct: BTreeSet<Vec<usize>> = several.map(|(_, set)| set).collect();
    distinct.into_iter().collect()
}

/// Sets of devices in play of which one period cannot take all, one after the other. Where a period takes one alone they are the sets
/// themselves; else all that hang together through sets, which is more than is needed and never too little.
fn crowds(apart: &[Vec<usize>], count: usize, slots: u64) -> Vec<Vec<usize>> {
    if slots <= 1 {
        return apart.to_vec();
    }
    let mut parent: Vec<usize> = (0..count).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for set in apart {
        for pair in set.windows(2) {
            let (a, b) = (root(&mut parent, pair[0]), root(&mut parent, pair[1]));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..count {
        parts.entry(root(&mut parent, at)).or_default().push(at);
    }
    parts.into_values().filter(|part| part.len() as u64 > slots).collect()
}
