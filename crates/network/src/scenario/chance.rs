//! Monte Carlo: what is lost when things fail by chance, each by itself.
//!
//! Every property that has a probability fails or not, independently of all others, and takes all that has it: a device, a link, a
//! site, a duct, a power region, a vendor. A draw is one state of the network; what is lost in it is what [`super::answer`] says of
//! the same losses. Random numbers are counted, not drawn one after the other: the number of a property and a draw is a function
//! of the seed, the property and the draw (SplitMix64; Steele, Lea and Flood, OOPSLA 2014), so that threads and machines do not
//! matter. 64 draws are looked at in one search, a bit each.
//!
//! Intervals at 95 %: Student's for the mean of what is lost (its quantile after R. A. Fisher and E. A. Cornish, "The percentile
//! points of distributions having known cumulants", Technometrics 2(2), 1960), Wilson's for probabilities (E. B. Wilson, Journal of
//! the American Statistical Association 22, 1927). Wrong when: failures have a common cause that is no property here; few draws
//! lose anything, so that the mean's interval is too narrow, or is none. Misses: repair, and how long a failure lasts.

use super::failures::Sources;
use super::{Error, Topology};
use crate::graph::{Lost, outage};

/// The fewest draws that say anything.
pub const FEWEST_DRAWS: u32 = 10;
/// The most: what is lost in each is kept.
pub const MOST_DRAWS: u32 = 10_000_000;
/// Draws that are looked at in one search.
const LANES: usize = 64;
/// The quantile of the normal distribution for 95 % in the middle.
const NORMAL: f64 = 1.959_963_984_540_054;

/// What is lost by chance.
#[derive(Clone, Debug, PartialEq)]
pub struct Chances {
    /// How many draws.
    pub draws: u32,
    /// The seed.
    pub seed: u64,
    /// Properties that may fail.
    pub sources: usize,
    /// Subscribers of all sites whose demands are served when nothing fails.
    pub served: u64,
    /// Subscribers that lose something: the mean of all draws.
    pub lost: Mean,
    /// Half of the draws lose no more, 95 %, 99 %, and all of them.
    pub quantiles: [u64; 4],
    /// Draws in which anybody loses anything.
    pub anything: Proportion,
    /// Draws in which so many percent of all subscribers, or more, lose something.
    pub share: (u8, Proportion),
    /// By function, in the order of the topology's.
    pub functions: Vec<FunctionChance>,
    /// Sites that lose something in any draw, those that cost most first.
    pub sites: Vec<SiteChance>,
}

/// What becomes of a function by chance.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionChance {
    /// Its name; empty for connectivity alone.
    pub function: String,
    /// Subscribers that are served of it when nothing fails.
    pub served: u64,
    /// Of these, those that lose it.
    pub lost: Mean,
    /// Draws in which all of them do.
    pub wholly: Proportion,
    /// Draws in which the share of them, or more, does.
    pub share: Proportion,
}

/// What becomes of a site by chance.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteChance {
    /// Its name.
    pub site: String,
    /// Subscribers: the most that one of its demands has.
    pub subscribers: u64,
    /// Draws in which it loses something.
    pub lost: Proportion,
}

/// A mean, with Student's interval at 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    /// The mean of the draws.
    pub mean: f64,
    /// From here, and never below 0,
    pub low: f64,
    /// to here. Both are the mean when all draws are the same, and say nothing then.
    pub high: f64,
}

/// How often something was seen, with Wilson's interval at 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Proportion {
    /// In so many draws.
    pub count: u32,
    /// Their share.
    pub share: f64,
    /// From here
    pub low: f64,
    /// to here.
    pub high: f64,
}

impl Mean {
    fn of(sum: u128, squares: u128, draws: u32) -> Self {
        let n = f64::from(draws);
        let mean = sum as f64 / n;
        // n * squares - sum^2 is exact, and never below 0.
        let spread = u128::from(draws).saturating_mul(squares).saturating_sub(sum.saturating_mul(sum)) as f64;
        let deviation = (spread / (n * (n - 1.0))).sqrt();
        let half = student(n - 1.0) * deviation / n.sqrt();
        Self { mean, low: (mean - half).max(0.0), high: mean + half }
    }
}

impl Proportion {
    fn of(count: u32, draws: u32) -> Self {
        let (n, z) = (f64::from(draws), NORMAL);
        let share = f64::from(count) / n;
        let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let low = if count == 0 { 0.0 } else { (middle - half).max(0.0) };
        let high = if count == draws { 1.0 } else { (middle + half).min(1.0) };
        Self { count, share, low, high }
    }
}

/// Student's quantile for 95 % in the middle, of so many degrees of freedom, 9 at least: within 0.001.
fn student(freedom: f64) -> f64 {
    let z = NORMAL;
    let [z3, z5, z7] = [z * z * z, z * z * z * z * z, z * z * z * z * z * z * z];
    z + (z3 + z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom * freedom)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom * freedom * freedom)
}

/// Draws states of a network. `percent`: the share of subscribers whose loss is counted, 1 to 100. `threads`: as many as are to
/// work; the answer is the same with any number.
pub fn chances(
    topology: &Topology<'_>,
    sources: &Sources,
    (draws, seed): (u32, u64),
    percent: u8,
    threads: usize,
) -> Result<Chances, Error> {
    let draws = draws.clamp(FEWEST_DRAWS, MOST_DRAWS);
    let field = Field::of(topology, sources, seed);
    let batches = (draws as usize).div_ceil(LANES);
    let threads = threads.clamp(1, batches);
    let work = |first: usize| -> Result<Vec<(usize, Batch)>, Error> {
        let mut state = State::new(&field);
        let ours = (first..batches).step_by(threads);
        ours.map(|batch| Ok((batch, state.batch(&field, batch)?))).collect()
    };
    let mut all: Vec<(usize, Batch)> = Vec::with_capacity(batches);
    std::thread::scope(|scope| -> Result<(), Error> {
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
        for worker in workers {
            match worker.join() {
                Ok(found) => all.extend(found?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })?;
    all.sort_unstable_by_key(|(batch, _)| *batch);
    Ok(Tally::of(&field, draws, percent, &all).finish(topology, &field, (draws, seed), percent))
}

/// A demand: its function and site by number, its devices and weight.
struct Demanded {
    function: usize,
    site: u32,
    demand: usize,
    weight: u64,
}

/// What all draws share.
struct Field<'t> {
    topology: &'t Topology<'t>,
    sources: &'t Sources,
    seed: u64,
    /// Those that are served when nothing fails, by site, the heaviest of each first.
    demands: Vec<Demanded>,
}

impl<'t> Field<'t> {
    fn of(topology: &'t Topology<'_>, sources: &'t Sources, seed: u64) -> Self {
        let mut demands = Vec::new();
        for (function, asked) in topology.asked.iter().enumerate() {
            for (demand, site) in asked.sites.iter().enumerate() {
                let Some((vertices, weight)) = asked.service.demand(demand) else { continue };
                if asked.was_served(vertices) {
                    demands.push(Demanded { function, site: *site, demand, weight });
                }
            }
        }
        demands.sort_by_key(|one| (one.site, std::cmp::Reverse(one.weight), one.function, one.demand));
        Self { topology, sources, seed, demands }
    }
}

/// What 64 draws lose.
struct Batch {
    /// By draw, subscribers, each site counted once.
    lost: [u64; LANES],
    /// By function and draw.
    functions: Vec<[u64; LANES]>,
    /// By site that loses something in any of them: in which.
    sites: Vec<(u32, u64)>,
}

/// Tables that a thread uses again for each batch.
struct State {
    /// By device and link, the draws in which it is gone.
    gone: Vec<u64>,
    cut: Vec<u64>,
    /// By function and device, the draws in which it is served.
    served: Vec<Vec<u64>>,
    open: Vec<u32>,
    waits: Vec<bool>,
}

impl State {
    fn new(field: &Field<'_>) -> Self {
        let (devices, links) = field.topology.size();
        Self {
            gone: vec![0; devices],
            cut: vec![0; links],
            served: vec![vec![0; devices]; field.topology.asked.len()],
            open: Vec::new(),
            waits: vec![false; devices],
        }
    }

    fn batch(&mut self, field: &Field<'_>, batch: usize) -> Result<Batch, Error> {
        self.gone.fill(0);
        self.cut.fill(0);
        for (number, source) in (0u64..).zip(&field.sources.all) {
            let fails = failing(field.seed, number, batch as u64, source.chance);
            if fails != 0 {
                let marks = |list: &[u32], of: &mut Vec<u64>| {
                    for at in list {
                        if let Some(mark) = of.get_mut(*at as usize) {
                            *mark |= fails;
                        }
                    }
                };
                marks(&source.devices, &mut self.gone);
                marks(&source.links, &mut self.cut);
            }
        }
        for function in 0..field.topology.asked.len() {
            if !self.search(field, function) {
                self.one_by_one(field, function)?;
            }
        }
        let mut found = Batch {
            lost: [0; LANES],
            functions: vec![[0; LANES]; field.topology.asked.len()],
            sites: Vec::new(),
        };
        for demands in field.demands.chunk_by(|a, b| a.site == b.site) {
            let mut at_site = 0;
            for one in demands {
                let Some(asked) = field.topology.asked.get(one.function) else { continue };
                let (vertices, _) = asked.service.demand(one.demand).unwrap_or_default();
                let served = self.served.get(one.function);
                let kept = vertices
                    .iter()
                    .filter_map(|vertex| served?.get(*vertex as usize))
                    .fold(0, |all, one| all | one);
                let lost = !kept;
                if lost == 0 {
                    continue;
                }
                if let Some(sums) = found.functions.get_mut(one.function) {
                    add(sums, lost, one.weight);
                }
                // The heaviest that a draw loses comes first, and counts.
                add(&mut found.lost, lost & !at_site, one.weight);
                at_site |= lost;
            }
            if let Some(first) = demands.first().filter(|_| at_site != 0) {
                found.sites.push((first.site, at_site));
            }
        }
        Ok(found)
    }

    /// Which devices a function's carriers reach, in all draws at once; `false` where there are no carriers to start from.
    fn search(&mut self, field: &Field<'_>, function: usize) -> bool {
        let Self { gone, cut, served, open, waits } = self;
        let Some(roots) = field.topology.asked.get(function).and_then(|asked| asked.service.roots()) else {
            return false;
        };
        let Some(served) = served.get_mut(function) else { return false };
        let graph = &field.topology.graph;
        served.fill(0);
        // Nothing is out of range: all are vertices and edges of the graph. A queue, so that most are settled at once.
        open.clear();
        for root in roots {
            let at = *root as usize;
            if let (Some(served), Some(gone), Some(waits)) =
                (served.get_mut(at), gone.get(at), waits.get_mut(at))
            {
                *served = !gone;
                *waits = true;
                open.push(*root);
            }
        }
        let mut next = 0;
        while let Some(&vertex) = open.get(next) {
            next += 1;
            if let Some(waits) = waits.get_mut(vertex as usize) {
                *waits = false;
            }
            let here = served.get(vertex as usize).copied().unwrap_or_default();
            for arc in graph.arcs(vertex) {
                let to = arc.to as usize;
                let (Some(there), Some(gone), Some(cut)) =
                    (served.get_mut(to), gone.get(to), cut.get(arc.edge as usize))
                else {
                    continue;
                };
                let more = here & !gone & !cut & !*there;
                if more != 0 {
                    *there |= more;
                    if let Some(waits) = waits.get_mut(to).filter(|waits| !**waits) {
                        *waits = true;
                        open.push(arc.to);
                    }
                }
            }
        }
        true
    }

    /// The same where the largest remaining part serves: one draw after the other.
    fn one_by_one(&mut self, field: &Field<'_>, function: usize) -> Result<(), Error> {
        let Some(asked) = field.topology.asked.get(function) else { return Ok(()) };
        let Some(served) = self.served.get_mut(function) else { return Ok(()) };
        served.fill(0);
        for lane in 0..LANES {
            let marked = |list: &[u64]| -> Vec<u32> {
                let ours = (0u32..).zip(list).filter(|(_, mark)| *mark >> lane & 1 == 1);
                ours.map(|(at, _)| at).collect()
            };
            let (vertices, edges) = (marked(&self.gone), marked(&self.cut));
            let lost = Lost { vertices: &vertices, edges: &edges, labels: None };
            let found = outage(&field.topology.graph, &asked.service, &lost)?;
            for (mark, is_served) in served.iter_mut().zip(&found.served) {
                *mark |= u64::from(*is_served) << lane;
            }
        }
        Ok(())
    }
}

/// Adds a weight to each draw that is marked.
fn add(sums: &mut [u64; LANES], mut marks: u64, weight: u64) {
    while marks != 0 {
        if let Some(sum) = sums.get_mut(marks.trailing_zeros() as usize) {
            *sum = sum.saturating_add(weight);
        }
        marks &= marks - 1;
    }
}

/// In which of 64 draws a source fails: numbers of 64 random bits below a bound, all 64 at once from their first bits on, until all
/// are decided.
pub(super) fn failing(seed: u64, source: u64, batch: u64, chance: Option<u64>) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(bound) = chance else { return u64::MAX };
    let start = mix(seed.wrapping_add(source.wrapping_add(1).wrapping_mul(STEP)));
    let mut state = mix(start.wrapping_add(batch.wrapping_add(1).wrapping_mul(STEP)));
    let (mut below, mut open, mut left) = (0u64, u64::MAX, bound);
    while open != 0 && left != 0 {
        state = state.wrapping_add(STEP);
        let bits = mix(state);
        if left >> 63 == 1 {
            below |= open & !bits;
            open &= bits;
        } else {
            open &= !bits;
        }
        left <<= 1;
    }
    below
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Sums over all draws.
#[derive(Default)]
struct Sums {
    sum: u128,
    squares: u128,
    any: u32,
    share: u32,
    wholly: u32,
}

impl Sums {
    fn add(&mut self, lost: u64, served: u64, percent: u8) {
        let lost = u128::from(lost);
        self.sum += lost;
        self.squares = self.squares.saturating_add(lost * lost);
        self.any += u32::from(lost > 0);
        self.wholly += u32::from(served > 0 && lost >= u128::from(served));
        self.share += u32::from(served > 0 && lost * 100 >= u128::from(served) * u128::from(percent));
    }
}

struct Tally {
    all: Sums,
    functions: Vec<Sums>,
    served: (u64, Vec<u64>),
    lost: Vec<u64>,
    /// By site, draws in which it loses something.
    sites: std::collections::BTreeMap<u32, u32>,
}

impl Tally {
    fn of(field: &Field<'_>, draws: u32, percent: u8, batches: &[(usize, Batch)]) -> Self {
        let functions = field.topology.asked.len();
        let mut served = vec![0u64; functions];
        let mut whole = 0u64;
        for demands in field.demands.chunk_by(|a, b| a.site == b.site) {
            whole = whole.saturating_add(demands.first().map_or(0, |one| one.weight));
            for one in demands {
                if let Some(sum) = served.get_mut(one.function) {
                    *sum = sum.saturating_add(one.weight);
                }
            }
        }
        let mut tally = Self {
            all: Sums::default(),
            functions: (0..functions).map(|_| Sums::default()).collect(),
            served: (whole, served),
            lost: Vec::with_capacity(draws as usize),
            sites: std::collections::BTreeMap::new(),
        };
        for (number, batch) in batches {
            // The last batch may have more than were asked for.
            let lanes = (draws as usize).saturating_sub(number * LANES).min(LANES);
            let ours = if lanes == LANES { u64::MAX } else { (1 << lanes) - 1 };
            for lost in batch.lost.iter().take(lanes) {
                tally.all.add(*lost, whole, percent);
                tally.lost.push(*lost);
            }
            for ((sums, lost), served) in
                tally.functions.iter_mut().zip(&batch.functions).zip(&tally.served.1)
            {
                lost.iter().take(lanes).for_each(|lost| sums.add(*lost, *served, percent));
            }
            for (site, marks) in &batch.sites {
                let count = (marks & ours).count_ones();
                if count > 0 {
                    *tally.sites.entry(*site).or_default() += count;
                }
            }
        }
        tally.lost.sort_unstable();
        tally
    }

    fn finish(
        self,
        topology: &Topology<'_>,
        field: &Field<'_>,
        (draws, seed): (u32, u64),
        percent: u8,
    ) -> Chances {
        let at = |percent: usize| {
            let rank = (self.lost.len() * percent).div_ceil(100).max(1) - 1;
            self.lost.get(rank).copied().unwrap_or_default()
        };
        let heaviest: std::collections::BTreeMap<u32, u64> =
            field.demands.iter().rev().map(|one| (one.site, one.weight)).collect();
        let mut sites: Vec<SiteChance> = self
            .sites
            .iter()
            .map(|(site, count)| SiteChance {
                site: topology.sites.get(*site as usize).map_or("", |(name, _)| name).to_owned(),
                subscribers: heaviest.get(site).copied().unwrap_or_default(),
                lost: Proportion::of(*count, draws),
            })
            .collect();
        let cost = |one: &SiteChance| u128::from(one.subscribers) * u128::from(one.lost.count);
        sites.sort_by(|a, b| (cost(b), b.lost.count, &a.site).cmp(&(cost(a), a.lost.count, &b.site)));
        let functions = topology.asked.iter().zip(&self.functions).zip(&self.served.1);
        Chances {
            draws,
            seed,
            sources: field.sources.all.len(),
            served: self.served.0,
            lost: Mean::of(self.all.sum, self.all.squares, draws),
            quantiles: [at(50), at(95), at(99), at(100)],
            anything: Proportion::of(self.all.any, draws),
            share: (percent, Proportion::of(self.all.share, draws)),
            functions: functions
                .map(|((asked, sums), served)| FunctionChance {
                    function: asked.function.clone(),
                    served: *served,
                    lost: Mean::of(sums.sum, sums.squares, draws),
                    wholly: Proportion::of(sums.wholly, draws),
                    share: Proportion::of(sums.share, draws),
                })
                .collect(),
            sites,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (freedom, value) in [(9.0, 2.262), (14.0, 2.145), (29.0, 2.045), (99.0, 1.984), (9999.0, 1.960)] {
            assert!((student(freedom) - value).abs() < 0.001, "{freedom}: {}", student(freedom));
        }
        // By the formula of the paper: 5 of 50, and none of 100.
        let some = Proportion::of(5, 50);
        assert!((some.low - 0.0435).abs() < 0.0005 && (some.high - 0.2136).abs() < 0.0005, "{some:?}");
        let none = Proportion::of(0, 100);
        assert!(none.low == 0.0 && (none.high - 0.0370).abs() < 0.0005, "{none:?}");
        let mean = Mean::of(10, 30, 10);
        assert!((mean.mean - 1.0).abs() < 1e-12 && mean.low < 1.0 && mean.high > 1.0);
    }

    #[test]
    fn chance_has_its_frequency_and_no_memory() {
        for (chance, bound) in [
            (0.5, 1u64 << 63),
            (0.1, (0.1 * 18_446_744_073_709_551_616.0) as u64),
            (0.001, (0.001 * 18_446_744_073_709_551_616.0) as u64),
        ] {
            let count: u32 = (0..20_000).map(|batch| failing(7, 3, batch, Some(bound)).count_ones()).sum();
            let (n, count) = (20_000.0 * 64.0, f64::from(count));
            assert!(
                (count - n * chance).abs() < 5.0 * (n * chance * (1.0 - chance)).sqrt(),
                "{chance}: {count}"
            );
        }
        assert_eq!((failing(1, 2, 3, None), failing(1, 2, 3, Some(0))), (u64::MAX, 0));
        assert_ne!(failing(1, 2, 3, Some(1 << 62)), failing(1, 3, 2, Some(1 << 62)));
        assert_ne!(failing(1, 2, 3, Some(1 << 62)), failing(2, 2, 3, Some(1 << 62)));
    }
}
