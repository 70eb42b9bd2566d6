//! The schedule: from units by class and choice back to devices, in an order that depends on nothing but names.

#![expect(clippy::indexing_slicing, reason = "classes, units and choices are numbered by the problem")]

use crate::problem::{Built, Problem, What};
use std::collections::{BTreeMap, BTreeSet};

/// A device that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its place in the inventory.
    pub unit: usize,
    /// By which candidate.
    pub candidate: usize,
    /// In which period.
    pub period: usize,
    /// At which place in the period's order: devices that back each other up have different ones.
    pub slot: u64,
    /// What is paid for the candidate.
    pub price: u64,
    /// What its work costs.
    pub labour: u64,
    /// What is written off of the old device.
    pub written_off: u64,
    /// Crew-days of its work, in tenths.
    pub tenths: u64,
    /// Measures whose breach it ends, by number.
    pub ends: Vec<usize>,
}

impl Job {
    /// What it costs in all.
    pub fn cost(&self) -> u64 {
        self.price + self.labour + self.written_off
    }
}

/// Shares the classes' units out among their devices: the earliest periods to sensitive sites, then site by site.
pub fn schedule(problem: &Problem<'_>, built: &Built, taken: &[u64]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (group, class) in built.classes.iter().enumerate() {
        let mut choices: Vec<usize> =
            built.program.choices_of(group).filter(|choice| taken[*choice] > 0).collect();
        choices.sort_by_key(|choice| match built.whats[*choice] {
            What::Replace { candidate, period } => (period, candidate),
            What::Stay => (usize::MAX, usize::MAX),
        });
        let mut devices = class.iter();
        for choice in choices {
            let What::Replace { candidate, period } = built.whats[choice] else { break };
            for at in devices.by_ref().take(taken[choice] as usize) {
                let one = &problem.requirements.in_play[*at];
                let unit = &problem.inventory.units[one.unit];
                let new = &problem.options.candidates[candidate];
                jobs.push(Job {
                    unit: one.unit,
                    candidate,
                    period,
                    slot: 0,
                    price: new.price,
                    labour: new.tenths * problem.options.crew_day / 10,
                    written_off: unit.written_off(problem.periods[period].last),
                    tenths: new.tenths,
                    ends: one.standing.iter().map(|(measure, _)| *measure).collect(),
                });
            }
        }
    }
    jobs.sort_by(|a, b| {
        let key = |job: &Job| {
            let unit = &problem.inventory.units[job.unit];
            (job.period, unit.region.clone(), unit.site.clone(), unit.name.clone())
        };
        key(a).cmp(&key(b))
    });
    slots(problem, &mut jobs);
    jobs
}

/// Gives jobs their places in the period's order: in turn, and past those that others of the same set have.
fn slots(problem: &Problem<'_>, jobs: &mut [Job]) {
    let mut sets_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, set) in problem.apart.iter().enumerate() {
        for one in set {
            sets_of.entry(problem.requirements.in_play[*one].unit).or_default().push(at);
        }
    }
    let slots = problem.options.slots.max(1);
    let mut used: BTreeMap<(usize, usize), BTreeSet<u64>> = BTreeMap::new();
    let mut next: BTreeMap<(usize, Option<String>), u64> = BTreeMap::new();
    for job in jobs {
        let region = problem.inventory.units[job.unit].region.clone();
        let turn = next.entry((job.period, region)).or_default();
        let sets = sets_of.get(&job.unit).map(Vec::as_slice).unwrap_or_default();
        let free = |slot: &u64| {
            sets.iter().all(|set| used.get(&(job.period, *set)).is_none_or(|taken| !taken.contains(slot)))
        };
        let slot = (0..slots).map(|step| (*turn + step) % slots).find(free).unwrap_or(*turn % slots);
        job.slot = slot + 1;
        *turn = (slot + 1) % slots;
        for set in sets {
            used.entry((job.period, *set)).or_default().insert(slot);
        }
    }
}
