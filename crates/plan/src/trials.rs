//! Candidates in the places of devices: what regimes find breached with them there.

#![expect(
    clippy::indexing_slicing,
    reason = "devices and candidates are numbered by the inventory and the options"
)]

use crate::error::PlanError;
use crate::options::Candidate;
use crate::replace::replace;
use crate::requirement::{Breaches, Days, Question};
use banbury_evidence::model::{Device, Model, Table};
use banbury_evidence::{RegimeResult, Verdict};
use banbury_regime::{LedgerCopy, Overrides, Regime, Stopping};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Devices above which candidates are tried on two of each kind.
pub const MOST_TRIED: usize = 4_000;

/// The name of a vendor that nobody knows.
const NOBODY: &str = "another vendor (hypothetical)";

/// Rows of results that are breached.
#[derive(Default)]
pub(crate) struct Rows {
    /// By measure, the devices with the days on which they are these.
    lists: BTreeMap<usize, Vec<(Days, Vec<usize>)>>,
    /// By measure, subjects that are no device.
    pub(crate) others: BTreeMap<usize, BTreeSet<String>>,
}

impl Rows {
    /// Takes the rows of a day's results in; the measures are numbered through all regimes.
    pub(crate) fn add(&mut self, day: usize, results: &[RegimeResult], units: &HashMap<&str, usize>) {
        let measures = results.iter().flat_map(|result| &result.measures);
        for (number, measure) in measures.enumerate() {
            let mut breached = Vec::new();
            for row in measure.subjects.iter().filter(|row| row.verdict == Verdict::Breached) {
                match units.get(row.subject.as_str()) {
                    Some(unit) => breached.push(*unit),
                    None => {
                        self.others.entry(number).or_default().insert(row.subject.clone());
                    }
                }
            }
            if breached.is_empty() {
                continue;
            }
            // Most measures say the same day after day.
            let lists = self.lists.entry(number).or_default();
            match lists.iter_mut().rev().find(|(_, known)| *known == breached) {
                Some((days, _)) => *days |= 1 << day,
                None => lists.push((1 << day, breached)),
            }
        }
    }

    /// What each device breaches, in the order in which it first does.
    pub(crate) fn of_units(&self) -> BTreeMap<usize, Breaches> {
        let mut found: HashMap<usize, Breaches> = HashMap::new();
        for (number, lists) in &self.lists {
            for (days, units) in lists {
                for unit in units {
                    let breaches = found.entry(*unit).or_default();
                    match breaches.last_mut() {
                        Some((known, all)) if known == number => *all |= days,
                        _ => breaches.push((*number, *days)),
                    }
                }
            }
        }
        let mut found: Vec<(usize, Breaches)> = found.into_iter().collect();
        found
            .iter_mut()
            .for_each(|(_, list)| list.sort_by_key(|(number, days)| (days.trailing_zeros(), *number)));
        found.into_iter().collect()
    }
}

/// The candidates that fit each device in play, by number.
pub(crate) fn fitting(question: &Question<'_>, play: &BTreeSet<usize>) -> BTreeMap<usize, Arc<[usize]>> {
    type Like<'a> = (Option<&'a String>, Option<&'a String>, Option<&'a String>, &'a Vec<String>);
    let mut known: HashMap<Like<'_>, Arc<[usize]>> = HashMap::new();
    let mut found = Vec::with_capacity(play.len());
    for &at in play {
        let unit = &question.inventory.units[at];
        let like = (unit.vendor.as_ref(), unit.product.as_ref(), unit.role.as_ref(), &unit.functions);
        let list = known.entry(like).or_insert_with(|| {
            let fits = question.options.candidates.iter().enumerate().filter(|(_, one)| unit.fits(one));
            fits.map(|(number, _)| number).collect()
        });
        found.push((at, Arc::clone(list)));
    }
    found.into_iter().collect()
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
    /// The kind of each device in play, by number.
    kind_of: HashMap<usize, usize>,
    /// The devices on which the candidates of each kind were tried.
    tested: Vec<Vec<usize>>,
    /// By device and candidate (the last number: equipment of a vendor that nobody knows).
    breaches: HashMap<(usize, usize), Breaches>,
    pub(crate) sampled: bool,
}

impl Tried {
    /// How many kinds there are: what holds of one device of a kind holds of all.
    pub(crate) fn kinds(&self) -> usize {
        self.tested.len()
    }

    /// The kind of a device.
    pub(crate) fn kind(&self, unit: usize) -> Option<usize> {
        self.kind_of.get(&unit).copied()
    }

    /// What a candidate breaches in the place of a device of a kind: on any of those on which it was tried.
    pub(crate) fn of(&self, kind: usize, candidate: usize) -> Breaches {
        let mut all = Breaches::new();
        for (at, unit) in self.tested[kind].iter().enumerate() {
            let Some(breaches) = self.breaches.get(&(*unit, candidate)) else { continue };
            if at == 0 {
                all.clone_from(breaches);
                continue;
            }
            for (measure, days) in breaches {
                match all.iter_mut().find(|(known, _)| known == measure) {
                    Some((_, known)) => *known |= days,
                    None => all.push((*measure, *days)),
                }
            }
        }
        all
    }

    /// How many kinds have two devices on which a candidate breaches something else.
    pub(crate) fn differing(&self) -> usize {
        let mut by_unit: HashMap<usize, BTreeMap<usize, BTreeSet<(usize, Days)>>> = HashMap::new();
        for ((unit, candidate), breaches) in &self.breaches {
            by_unit.entry(*unit).or_default().insert(*candidate, breaches.iter().copied().collect());
        }
        let differs =
            |units: &&Vec<usize>| units.windows(2).any(|pair| by_unit.get(&pair[0]) != by_unit.get(&pair[1]));
        self.tested.iter().filter(differs).count()
    }
}

impl Trials<'_> {
    pub(crate) fn run(
        &self,
        bench: &LedgerCopy,
        fitting: &BTreeMap<usize, Arc<[usize]>>,
        standing: &BTreeMap<usize, Breaches>,
        stopping: &Stopping<'_>,
        tell: &mut impl FnMut(&str),
    ) -> Result<Tried, PlanError> {
        let model = self.question.model;
        let sampled = model.devices.len() > self.question.tried_each;
        let mut tried =
            Tried { kind_of: HashMap::new(), tested: Vec::new(), breaches: HashMap::new(), sampled };
        if fitting.is_empty() {
            return Ok(tried);
        }
        let mut known: HashMap<_, usize> = HashMap::new();
        for at in fitting.keys() {
            let unit = &self.question.inventory.units[*at];
            let device = &model.devices[unit.record];
            let like = (
                (&unit.vendor, &unit.product, &unit.platform, &unit.role, &unit.functions, &unit.parts),
                (unit.sensitive, &device.segment, &device.software, standing.get(at)),
                (!sampled).then_some(*at),
            );
            let kind = *known.entry(like).or_insert_with(|| {
                tried.tested.push(Vec::new());
                tried.tested.len() - 1
            });
            tried.kind_of.insert(*at, kind);
            // The first of a kind, and the last, to hold one against the other.
            let tested = &mut tried.tested[kind];
            tested.truncate(1);
            tested.push(*at);
        }
        let tested: BTreeSet<usize> = tried.tested.iter().flatten().copied().collect();
        let network = if sampled { self.sample(&tested) } else { model.clone() };
        let places: HashMap<String, usize> =
            network.devices.iter().enumerate().rev().map(|(at, device)| (device.name.clone(), at)).collect();
        let installed = self.question.periods.first().map_or(self.question.by, |period| period.last);
        let nobody =
            Candidate { vendor: NOBODY.to_owned(), product: NOBODY.to_owned(), ..Candidate::default() };
        let rounds = fitting.values().map(|list| list.len()).max().unwrap_or(0);
        for round in 0..=rounds {
            if stopping.is_over() {
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
            bench.breaches_each(Some(&changed), self.computed, self.days, stopping, |day, results| {
                rows.add(day, results, self.units);
            })?;
            let rows = rows.of_units();
            for (at, number) in stands {
                if let Some(breaches) = rows.get(&at) {
                    tried.breaches.insert((at, number), breaches.clone());
                }
            }
        }
        Ok(tried)
    }

    /// The part of the network that some devices are: they, their sites, and what belongs to them.
    fn sample(&self, tested: &BTreeSet<usize>) -> Model {
        let model = self.question.model;
        let devices: Vec<&Device> =
            tested.iter().map(|at| &model.devices[self.question.inventory.units[*at].record]).collect();
        let names: HashSet<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        let sites: HashSet<&str> = devices.iter().filter_map(|device| device.site.as_deref()).collect();
        let has = |name: &str| names.contains(name);
        Model {
            devices: model.devices.iter().filter(|one| has(&one.name)).cloned().collect(),
            functions: model.functions.iter().filter(|one| has(&one.device)).cloned().collect(),
            interceptions: model.interceptions.iter().filter(|one| has(&one.device)).cloned().collect(),
            interfaces: model.interfaces.iter().filter(|one| has(&one.device)).cloned().collect(),
            links: model
                .links
                .iter()
                .filter(|one| has(&one.a_device) && has(&one.b_device))
                .cloned()
                .collect(),
            sites: model.sites.iter().filter(|one| sites.contains(one.name.as_str())).cloned().collect(),
            demands: model.demands.iter().filter(|one| sites.contains(one.site.as_str())).cloned().collect(),
            connected: model.connected.iter().filter(|name| has(name)).cloned().collect(),
            // How many there are is that of the sample: a few.
            tables: model.tables.iter().map(|table| Table { rows: 0, ..table.clone() }).collect(),
            device_types: model.device_types.clone(),
            segments: model.segments.clone(),
            prefixes: model.prefixes.clone(),
            exchanges: model.exchanges.clone(),
            vendors: model.vendors.clone(),
            designations: model.designations.clone(),
            contracts: model.contracts.clone(),
            reviews: model.reviews.clone(),
            attestations: model.attestations.clone(),
            value_sources: model.value_sources.clone(),
            single_points: Vec::new(),
            cut_off: Vec::new(),
        }
    }
}
