//! Plans of small networks against trying everything: the least cost is equal, and there is none where there is none. What counts
//! as a plan is decided by the checker, which shares no code with what makes plans.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_evidence::model::{Device, Function, Model, Site};
use banbury_plan::calendar::{self, Period};
use banbury_plan::check::{Claimed, Replacement, check};
use banbury_plan::core::{Relaxed, core};
use banbury_plan::inventory::Inventory;
use banbury_plan::options::{Candidate, Cap, Options, Scope, Suppliers};
use banbury_plan::problem::{Problem, Relax, Requirement};
use banbury_plan::requirement::{Asking, Counts, InPlay, Requirements, ShareRow};
use banbury_plan::schedule::{Job, schedule};
use banbury_plan::solver::{End, Limits, Own, Solver as _};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FROM: Date = date(2027, 1, 1);
const BY: Date = date(2027, 12, 31);
const VENDORS: [&str; 3] = ["Ada", "Byron", "Curie"];

/// A small network, and what is asked of it.
#[derive(Clone, Debug)]
struct Small {
    /// By device: vendor, region, function, age in years, by which day it has to go (2: none), breaches of the two candidates.
    devices: Vec<(usize, usize, usize, u8, usize, [u64; 2])>,
    prices: [u64; 2],
    tenths: [u64; 2],
    leads: [bool; 2],
    crews: Option<[u8; 2]>,
    capacity: Option<[u8; 2]>,
    budget: Option<u16>,
    total: Option<u16>,
    cap: Option<u8>,
    suppliers: bool,
    slots: u64,
    risk: u8,
}

fn small() -> impl Strategy<Value = Small> {
    let breach = prop_oneof![4 => Just(0u64), 1 => 1u64..4];
    let device = (0usize..3, 0usize..2, 0usize..2, 0u8..6, 0usize..3, [breach.clone(), breach]);
    let few = || proptest::option::of(prop::array::uniform2(0u8..5));
    (
        prop::collection::vec(device, 1..5),
        (
            prop::array::uniform2(0u64..90),
            prop::array::uniform2(1u64..30),
            prop::array::uniform2(any::<bool>()),
        ),
        (few(), few(), proptest::option::of(0u16..300), proptest::option::of(0u16..300)),
        (proptest::option::of(0u8..=10), any::<bool>(), prop_oneof![Just(1u64), Just(9u64)], 0u8..3),
    )
        .prop_map(
            |(
                devices,
                (prices, tenths, leads),
                (crews, capacity, budget, total),
                (cap, suppliers, slots, risk),
            )| {
                Small {
                    devices,
                    prices,
                    tenths,
                    leads,
                    crews,
                    capacity,
                    budget,
                    total,
                    cap,
                    suppliers,
                    slots,
                    risk,
                }
            },
        )
}

struct Setting {
    model: Model,
    options: Options,
    periods: Vec<Period>,
    inventory: Inventory,
    requirements: Requirements,
}

fn setting(small: &Small) -> Setting {
    let mut model = Model::default();
    for region in 0..2 {
        model.sites.push(Site {
            name: format!("site {region}"),
            region: Some(format!("region {region}")),
            subscribers: Some(10),
            ..Site::default()
        });
    }
    for (at, (vendor, region, function, age, ..)) in small.devices.iter().enumerate() {
        model.devices.push(Device {
            name: format!("d{at}"),
            site: Some(format!("site {region}")),
            role: Some("node".to_owned()),
            manufacturer: Some(VENDORS[*vendor].to_owned()),
            device_type: Some(format!("old {vendor}")),
            installed: Some(format!("{}-01-01", 2020 - i16::from(*age))),
            support_end: Some(format!("{}-06-30", 2030 - i16::from(*age))),
            cost: Some(40),
            ..Device::default()
        });
        model.functions.push(Function {
            device: format!("d{at}"),
            function: ["AMF", "UPF"][*function].to_owned(),
            ..Function::default()
        });
    }
    let candidate = |at: usize, vendor: &str| Candidate {
        product: format!("new {at}"),
        vendor: vendor.to_owned(),
        roles: vec!["node".to_owned()],
        price: small.prices[at],
        tenths: small.tenths[at],
        lead_days: if small.leads[at] { 200 } else { 0 },
        ..Candidate::default()
    };
    let mut options = Options {
        slots: small.slots,
        crew_day: 10,
        risk: f64::from(small.risk),
        candidates: vec![candidate(0, "Byron"), candidate(1, "Curie")],
        ..Options::default()
    };
    if let Some(days) = small.crews {
        options.crews = BTreeMap::from([("region 0".to_owned(), days.map(f64::from).to_vec())]);
    }
    if let Some(devices) = small.capacity {
        options.capacity = BTreeMap::from([("Curie".to_owned(), devices.map(f64::from).to_vec())]);
    }
    options.budget = small.budget.map(|amount| vec![f64::from(amount); 2]);
    options.budget_total = small.total.map(f64::from);
    let inventory = Inventory::of(&model);
    let everywhere: Vec<usize> = (0..small.devices.len()).collect();
    let mut shares = Vec::new();
    if let Some(tenth) = small.cap {
        let share = f64::from(tenth) / 10.0;
        options.caps.push(Cap { vendor: "Byron".to_owned(), share, scope: Scope::default(), from: Some(BY) });
        let made_by = |unit: &banbury_plan::inventory::Unit| unit.vendor.as_deref() == Some("Byron");
        shares.push(ShareRow {
            measure: None,
            own: 0,
            standing: inventory.units.iter().filter(|unit| made_by(unit)).count() as u64,
            scope: String::new(),
            words: "a cap".to_owned(),
            most: (share * everywhere.len() as f64 + 1e-9).floor() as u64,
            members: everywhere.into(),
            counts: Counts::Makers(BTreeSet::from(["byron".to_owned()])),
            days: 2,
        });
    }
    if small.suppliers {
        options.suppliers.push(Suppliers {
            least: 2,
            scope: Scope { function: Some("AMF".to_owned()), ..Scope::default() },
            from: Some(BY),
        });
    }
    let periods = calendar::periods(FROM, BY, 6).unwrap();
    let days: Vec<Date> = periods.iter().map(|period| period.last).collect();
    let breaches = |days: u64| if days == 0 { Vec::new() } else { vec![(0, days)] };
    let in_play = small.devices.iter().enumerate().map(|(unit, (.., due, bad))| InPlay {
        unit,
        required: if *due < 2 { vec![(1, 1 << due)] } else { Vec::new() },
        standing: if *due < 2 { vec![(1, 3)] } else { Vec::new() },
        candidates: (0..2)
            .filter(|at| inventory.units[unit].fits(&options.candidates[*at]))
            .map(|at| (at, breaches(bad[at])))
            .collect(),
    });
    let asking = |measure: &str| Asking {
        regime: "own".to_owned(),
        measure: measure.to_owned(),
        title: "a measure".to_owned(),
    };
    let requirements = Requirements {
        days,
        measures: vec![asking("new"), asking("old")],
        in_play: in_play.collect(),
        shares,
        ..Requirements::default()
    };
    Setting { model, options, periods, inventory, requirements }
}

impl Setting {
    fn problem(&self) -> Problem<'_> {
        Problem::of(&self.model, &self.inventory, &self.options, &self.requirements, &self.periods, FROM)
    }

    fn replacement(&self, unit: usize, candidate: usize, period: usize, slot: u64) -> Replacement {
        let new = &self.options.candidates[candidate];
        let old = self.inventory.units[unit].written_off(self.periods[period].last);
        let cost = new.price + new.tenths * self.options.crew_day / 10 + old;
        Replacement { device: self.inventory.units[unit].name.clone(), candidate, period, slot, cost }
    }

    /// Whether measures allow it: what has to go goes in time, and what comes breaches nothing from then on.
    fn allowed(&self, unit: usize, choice: Option<(usize, usize)>) -> bool {
        let one = &self.requirements.in_play[unit];
        let due = one.required.first().map_or(usize::MAX, |(_, days)| days.trailing_zeros() as usize);
        match choice {
            None => due == usize::MAX,
            Some((candidate, period)) => {
                let Some((_, breaches)) = one.candidates.iter().find(|(known, _)| *known == candidate) else {
                    return false;
                };
                period <= due && breaches.iter().all(|(_, days)| days >> period == 0)
            }
        }
    }

    fn risk(&self, unit: usize, choice: Option<(usize, usize)>) -> f64 {
        let stands = !self.requirements.in_play[unit].standing.is_empty();
        let periods = choice.map_or(2, |(_, period)| period);
        if stands { self.options.risk * 10.0 * periods as f64 } else { 0.0 }
    }

    fn faults(&self, replacements: &[Replacement]) -> Vec<String> {
        let cost = replacements.iter().map(|one| one.cost).sum();
        check(&Claimed {
            model: &self.model,
            options: &self.options,
            periods: &self.periods,
            from: FROM,
            replacements,
            cost,
            ban: None,
        })
    }

    /// The least cost over all plans.
    fn brute(&self) -> Option<f64> {
        let mut choices: Vec<Option<(usize, usize)>> = vec![None];
        choices.extend((0..2).flat_map(|candidate| (0..2).map(move |period| Some((candidate, period)))));
        let count = self.requirements.in_play.len();
        let mut best: Option<f64> = None;
        for mut number in 0..choices.len().pow(count as u32) {
            let mut plan = Vec::new();
            for _ in 0..count {
                plan.push(choices[number % choices.len()]);
                number /= choices.len();
            }
            if !plan.iter().enumerate().all(|(unit, choice)| self.allowed(unit, *choice)) {
                continue;
            }
            // With places enough each has its own; with one alone all have the same.
            let slot = |unit: usize| if self.options.slots == 1 { 1 } else { unit as u64 + 1 };
            let replacements: Vec<Replacement> = plan
                .iter()
                .enumerate()
                .filter_map(|(unit, choice)| {
                    choice.map(|(candidate, period)| self.replacement(unit, candidate, period, slot(unit)))
                })
                .collect();
            let cost = replacements.iter().map(|one| one.cost as f64).sum::<f64>()
                + plan.iter().enumerate().map(|(unit, choice)| self.risk(unit, *choice)).sum::<f64>();
            if best.is_none_or(|known| cost < known) && self.faults(&replacements).is_empty() {
                best = Some(cost);
            }
        }
        best
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_plan_is_the_cheapest_of_all(small in small()) {
        let setting = setting(&small);
        let problem = setting.problem();
        let built = problem.program(&Relax::default());
        let solved = Own.solve(&built.program, &Limits { gap: 0.0, ..Limits::default() });
        let best = setting.brute();
        match best {
            None => prop_assert_eq!(solved.end, End::Infeasible),
            Some(best) => {
                prop_assert_eq!(solved.end, End::Proven);
                prop_assert!((solved.cost - best).abs() < 1e-6, "{} {}", solved.cost, best);
                let jobs = schedule(&problem, &built, solved.taken.as_ref().unwrap());
                let replacements: Vec<Replacement> = jobs
                    .iter()
                    .map(|job| {
                        let one = setting.replacement(job.unit, job.candidate, job.period, job.slot);
                        assert_eq!(one.cost, job.cost());
                        one
                    })
                    .collect();
                prop_assert_eq!(setting.faults(&replacements), Vec::<String>::new());
                let money: u64 = jobs.iter().map(Job::cost).sum();
                let choice = |unit: usize| {
                    jobs.iter().find(|job| job.unit == unit).map(|job| (job.candidate, job.period))
                };
                let risk: f64 = (0..small.devices.len()).map(|unit| setting.risk(unit, choice(unit))).sum();
                prop_assert!((money as f64 + risk - best).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_cannot_hold_together_is_smallest(small in small()) {
        let setting = setting(&small);
        let problem = setting.problem();
        let possible = |dropped: BTreeSet<Requirement>| {
            let built = problem.program(&Relax { dropped, costless: true, ..Relax::default() });
            Own.solve(&built.program, &Limits::default()).taken.is_some()
        };
        if possible(BTreeSet::new()) {
            return Ok(());
        }
        let found = core(&problem, &Own, &Limits::default(), |_| {});
        prop_assert!(!found.undecided && !found.members.is_empty());
        let members: BTreeSet<Requirement> = found.members.iter().map(|one| one.requirement.clone()).collect();
        let others: BTreeSet<Requirement> =
            problem.asked().into_iter().filter(|one| !members.contains(one)).collect();
        // Alone they cannot hold; without any one of them they can.
        prop_assert!(!possible(others.clone()));
        for member in &found.members {
            let mut without = others.clone();
            without.insert(member.requirement.clone());
            prop_assert!(possible(without));
            if member.relaxed == Some(Relaxed::Without) {
                prop_assert!(possible(BTreeSet::from([member.requirement.clone()])) || matches!(member.requirement, Requirement::Measure(_)));
            }
        }
    }

    #[test]
    fn a_plan_that_was_tampered_with_has_faults(small in small(), which in 0usize..4) {
        let setting = setting(&small);
        let problem = setting.problem();
        let built = problem.program(&Relax::default());
        let solved = Own.solve(&built.program, &Limits { gap: 0.0, ..Limits::default() });
        let Some(taken) = solved.taken else { return Ok(()) };
        let jobs = schedule(&problem, &built, &taken);
        let mut replacements: Vec<Replacement> = jobs
            .iter()
            .map(|job| setting.replacement(job.unit, job.candidate, job.period, job.slot))
            .collect();
        let Some(first) = replacements.first_mut() else { return Ok(()) };
        match which {
            0 => first.device = "nobody".to_owned(),
            1 => first.period = 9,
            2 => first.candidate = 9,
            _ => {
                let twin = first.clone();
                replacements.push(twin);
            }
        }
        prop_assert_ne!(setting.faults(&replacements), Vec::<String>::new());
    }
}

#[test]
fn crews_that_are_too_few_are_named_with_what_is_missing() {
    let small = Small {
        devices: vec![(0, 0, 0, 0, 1, [0, 0]); 4],
        prices: [10, 20],
        tenths: [20, 20],
        leads: [false, false],
        crews: Some([2, 2]),
        capacity: None,
        budget: None,
        total: None,
        cap: None,
        suppliers: false,
        slots: 9,
        risk: 0,
    };
    let setting = setting(&small);
    let found = core(&setting.problem(), &Own, &Limits::default(), |_| {});
    let told: Vec<_> =
        found.members.iter().map(|one| (one.requirement.clone(), one.relaxed.clone())).collect();
    // Four devices of two crew-days each, and four crew-days: four are missing.
    assert_eq!(
        told,
        [
            (Requirement::Crews("region 0".to_owned()), Some(Relaxed::Beyond(4.0))),
            (Requirement::Measure(1), Some(Relaxed::Without)),
        ]
    );
}

#[test]
fn work_on_what_backs_each_other_up_is_told_apart() {
    let small = Small {
        devices: vec![(0, 0, 0, 0, 1, [0, 0]); 2],
        prices: [10, 20],
        tenths: [10, 10],
        leads: [false, false],
        crews: None,
        capacity: None,
        budget: None,
        total: None,
        cap: None,
        suppliers: false,
        slots: 1,
        risk: 0,
    };
    let setting = setting(&small);
    let at_once = [setting.replacement(0, 0, 0, 1), setting.replacement(1, 0, 0, 1)];
    assert_eq!(setting.faults(&at_once), ["d0 and d1 both carry AMF and are worked on at once"]);
    let apart = [setting.replacement(0, 0, 0, 1), setting.replacement(1, 0, 1, 1)];
    assert_eq!(setting.faults(&apart), Vec::<String>::new());
    let built = setting.problem().program(&Relax::default());
    let solved = Own.solve(&built.program, &Limits::default());
    let jobs = schedule(&setting.problem(), &built, &solved.taken.unwrap());
    assert_eq!(jobs.iter().map(|job| job.period).collect::<Vec<_>>(), [0, 1]);
}
