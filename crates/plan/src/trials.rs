//! Candidates in the places of devices: what regimes find breached with them there.

#![expect(
    clippy::indexing_slicing,
    reason = "devices and candidates are numbered by the inventory and the options"
)]

use crate::error::PlanError;
use crate::options::Candidate;
use crate::replace::replace;
use crate::requirement::{Breaches, Question};
use banbury_evidence::{RegimeResult, Verdict};
use banbury_regime::{LedgerCopy, Overrides, Regime};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Devices above which candidates are tried on one of each kind.
const MOST_TRIED: usize = 4_000;

/// The name of a vendor that nobody knows.
const NOBODY: &str = "another vendor (hypothetical)";

/// Rows of results that are breached.
#[derive(Default)]
pub(crate) struct Rows {
    /// By device.
    pub(crate) of_units: BTreeMap<usize, Breaches>,
    /// By measure, subjects that are no device.
    pub(crate) others: BTreeMap<usize, BTreeSet<String>>,
}

impl Rows {
    /// Takes the rows of a day's results in; the measures are numbered through all regimes.
    pub(crate) fn add(&mut self, day: usize, results: &[RegimeResult], units: &HashMap<&str, usize>) {
        let measures = results.iter().flat_map(|result| &result.measures);
        for (number, measure) in measures.enumerate() {
            for row in measure.subjects.iter().filter(|row| row.verdict == Verdict::Breached) {
                let Some(&unit) = units.get(row.subject.as_str()) else {
                    self.others.entry(number).or_default().insert(row.subject.clone());
                    continue;
                };
                let breaches = self.of_units.entry(unit).or_default();
                match breaches.iter_mut().find(|(known, _)| *known == number) {
                    Some((_, days)) => *days |= 1 << day,
                    None => breaches.push((number, 1 << day)),
                }
            }
        }
    }
}

/// The candidates that fit each device in play, by number.
pub(crate) fn fitting(question: &Question<'_>, play: &BTreeSet<usize>) -> BTreeMap<usize, Vec<usize>> {
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
pub(crate) struct Trials<'a> {
    pub(crate) question: &'a Question<'a>,
    pub(crate) computed: &'a [(Regime, Overrides)],
    pub(crate) days: &'a [Date],
    pub(crate) units: &'a HashMap<&'a str, usize>,
}

/// What came of the trials.
pub(crate) struct Tried {
    /// The device on which what is said of another was tried.
    stands_for: HashMap<usize, usize>,
    /// By device and candidate (the last number: equipment of a vendor that nobody knows).
    breaches: HashMap<(usize, usize), Breaches>,
    pub(crate) sampled: bool,
}

impl Tried {
    pub(crate) fn of(&self, unit: usize, candidate: usize) -> Breaches {
        let tried = self.stands_for.get(&unit).copied().unwrap_or(unit);
        self.breaches.get(&(tried, candidate)).cloned().unwrap_or_default()
    }
}

impl Trials<'_> {
    pub(crate) fn run(
        &self,
        bench: &LedgerCopy,
        fitting: &BTreeMap<usize, Vec<usize>>,
        standing: &BTreeMap<usize, Breaches>,
        is_over: &dyn Fn() -> bool,
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
            if is_over() {
                return Err(PlanError::Stopped);
            }
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
                    replace(device, candidate, installed);
                    stands.push((at, number));
                }
            }
            let mut rows = Rows::default();
            bench.apply_each(Some(&changed), self.computed, self.days, |day, results| {
                rows.add(day, results, self.units);
            })?;
            for (at, number) in stands {
                if let Some(breaches) = rows.of_units.get(&at) {
                    tried.breaches.insert((at, number), breaches.clone());
                }
            }
        }
        Ok(tried)
    }
}
