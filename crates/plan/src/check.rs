//! The checker: replays a schedule against everything that it has to keep.
//!
//! It shares no code with what makes the program or solves it: it counts devices, crews, money and makers anew from the schedule, the
//! options and the network, and applies the regimes' own queries to what the network is on each day. What it finds is a fault of
//! the plan, whoever made it. What it does not look at: whether a cheaper plan exists.

use crate::ban::{Ban, Banned};
use crate::calendar::Period;
use crate::error::PlanError;
use crate::options::{Candidate, Options, Scope};
use crate::replace::replace;
use banbury_evidence::Verdict;
use banbury_evidence::model::Model;
use banbury_regime::{LedgerCopy, Overrides, Regime, Stopping};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A replacement, by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The device.
    pub device: String,
    /// The candidate's number in the options.
    pub candidate: usize,
    /// The number of the period, from 0.
    pub period: usize,
    /// The place in the period's order.
    pub slot: u64,
    /// What it costs in all: price, labour and what is written off.
    pub cost: u64,
}

/// What has to be checked.
pub struct Claimed<'a> {
    /// The network before.
    pub model: &'a Model,
    /// The options.
    pub options: &'a Options,
    /// The periods.
    pub periods: &'a [Period],
    /// The first day.
    pub from: Date,
    /// The replacements.
    pub replacements: &'a [Replacement],
    /// What they cost together.
    pub cost: u64,
    /// What must not be in service at the end.
    pub ban: Option<&'a Ban>,
}

/// What the regimes say of the network as the plan makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many days the regimes were applied on.
    pub days: usize,
    /// Breaches that the plan promised to have ended, or brought about.
    pub faults: Vec<Broken>,
    /// By measure, its verdict before and after the plan's last day.
    pub verdicts: Vec<(String, Verdict, Verdict)>,
}

/// A breach that must not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The day.
    pub day: Date,
    /// The regime.
    pub regime: String,
    /// The measure.
    pub measure: String,
    /// What is breached.
    pub subject: String,
    /// Why, by the measure.
    pub reason: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}/{}: {}: {}", self.day, self.regime, self.measure, self.subject, self.reason)
    }
}

/// The faults of a schedule against options and network; none: it keeps them.
pub fn check(claimed: &Claimed<'_>) -> Vec<String> {
    let options = claimed.options;
    let mut faults = Vec::new();
    let regions: HashMap<&str, &str> = claimed
        .model
        .sites
        .iter()
        .rev()
        .filter_map(|site| Some((site.name.as_str(), site.region.as_deref()?.trim())))
        .collect();
    let devices: HashMap<&str, &banbury_evidence::model::Device> =
        claimed.model.devices.iter().rev().map(|device| (device.name.as_str(), device)).collect();
    let region = |name: &str| {
        let site = devices.get(name).and_then(|device| device.site.as_deref());
        site.and_then(|site| regions.get(site.trim())).copied()
    };
    let mut seen = BTreeSet::new();
    let (mut crews, mut deliveries) = (BTreeMap::new(), BTreeMap::new());
    let mut spent = vec![0u64; claimed.periods.len()];
    let mut sum = 0u64;
    for one in claimed.replacements {
        let name = one.device.as_str();
        let Some(device) = devices.get(name) else {
            faults.push(format!("{name}: the network has no such device"));
            continue;
        };
        let (Some(candidate), Some(period)) =
            (options.candidates.get(one.candidate), claimed.periods.get(one.period))
        else {
            faults.push(format!("{name}: there is no such candidate, or no such period"));
            continue;
        };
        if !seen.insert(name) {
            faults.push(format!("{name}: it is replaced twice"));
        }
        if let Some(why) = unfit(claimed.model, device, candidate) {
            faults.push(format!("{name}: {} of {} {why}", candidate.product, candidate.vendor));
        }
        let waits = claimed.from.until(period.last).map_or(0, |span| span.get_days());
        if i64::from(waits) < i64::from(candidate.lead_days) {
            faults.push(format!("{name}: {} cannot be there by {}", candidate.product, period.last));
        }
        if let Some(region) = region(name) {
            *crews.entry((region, one.period)).or_insert(0) += candidate.tenths;
        }
        *deliveries.entry((candidate.vendor.trim().to_lowercase(), one.period)).or_insert(0u64) += 1;
        let paid = candidate.price + candidate.tenths * options.crew_day / 10;
        if let Some(spent) = spent.get_mut(one.period) {
            *spent += paid;
        }
        if one.cost < paid {
            faults.push(format!("{name}: it costs {}, but {paid} are paid for it", one.cost));
        }
        sum += one.cost;
    }
    if sum != claimed.cost {
        faults.push(format!("the replacements cost {sum} together, not {}", claimed.cost));
    }
    for (region, days) in &options.crews {
        for (period, most) in days.iter().enumerate() {
            let used = crews.get(&(region.as_str(), period)).copied().unwrap_or(0);
            if used as f64 > most * 10.0 {
                faults.push(format!(
                    "{region}, period {}: {} crew-days of {most}",
                    period + 1,
                    used as f64 / 10.0
                ));
            }
        }
    }
    for (vendor, most) in &options.capacity {
        for (period, most) in most.iter().enumerate() {
            let used = deliveries.get(&(vendor.trim().to_lowercase(), period)).copied().unwrap_or(0);
            if used as f64 > *most {
                faults.push(format!("{vendor}, period {}: {used} devices of {most}", period + 1));
            }
        }
    }
    for (period, (most, spent)) in options.budget.iter().flatten().zip(&spent).enumerate() {
        if *spent as f64 > *most {
            faults.push(format!("period {}: {spent} spent of {most}", period + 1));
        }
    }
    let all: u64 = spent.iter().sum();
    if options.budget_total.is_some_and(|most| all as f64 > most) {
        faults.push(format!("{all} spent, more than there is in all"));
    }
    faults.extend(makers(claimed, &devices, &regions));
    faults.extend(left(claimed));
    faults.extend(at_once(claimed, &devices));
    faults
}

/// Devices that are banned, and that the plan leaves in service or brings in.
fn left(claimed: &Claimed<'_>) -> Vec<String> {
    let Some(ban) = claimed.ban else { return Vec::new() };
    let model = claimed.model;
    let low = |text: Option<&str>| text.unwrap_or_default().trim().to_lowercase();
    let names = |vendor: Option<&str>, product: Option<&str>, platform: Option<&str>| match &ban.banned {
        Banned::Makers(makers) => makers.contains(&low(vendor)),
        Banned::Product(name) => low(product) == *name,
        Banned::Platform(name) => low(platform) == *name,
    };
    let region: HashMap<&str, Option<&str>> =
        model.sites.iter().rev().map(|site| (site.name.as_str(), site.region.as_deref())).collect();
    // A type tells the maker of a device that does not, where there is one of its name alone.
    let mut makers: HashMap<&str, Vec<Option<&str>>> = HashMap::new();
    for one in &model.device_types {
        makers.entry(one.model.as_str()).or_default().push(one.manufacturer.as_deref());
    }
    let carriers: Option<BTreeSet<&str>> = ban.within.function.as_ref().map(|function| {
        let of_name = model.functions.iter().filter(|one| one.function.trim().eq_ignore_ascii_case(function));
        of_name.map(|one| one.device.as_str()).collect()
    });
    let by: HashMap<&str, usize> =
        claimed.replacements.iter().map(|one| (one.device.as_str(), one.candidate)).collect();
    let mut faults = Vec::new();
    for device in &model.devices {
        let name = device.name.as_str();
        let inside =
            ban.within.role.as_ref().is_none_or(|role| low(Some(role)) == low(device.role.as_deref()))
                && carriers.as_ref().is_none_or(|carriers| carriers.contains(name))
                && ban.within.region.as_ref().is_none_or(|wanted| {
                    let own = device.site.as_deref().and_then(|site| region.get(site)).copied().flatten();
                    low(own) == low(Some(wanted))
                });
        let status = low(device.status.as_deref());
        if !inside || ["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str()) {
            continue;
        }
        if let Some(candidate) = by.get(name) {
            let new = claimed.options.candidates.get(*candidate);
            if new.is_some_and(|new| names(Some(&new.vendor), Some(&new.product), new.platform.as_deref())) {
                faults.push(format!("{name}: what replaces it is banned, too"));
            }
            continue;
        }
        let of_type = device.device_type.as_deref().and_then(|product| makers.get(product));
        let of_type = of_type.and_then(|list| if let [one] = list.as_slice() { *one } else { None });
        let vendor = device.manufacturer.as_deref().or(of_type);
        if names(vendor, device.device_type.as_deref(), device.platform.as_deref()) {
            faults.push(format!("{name}: it is banned and stays"));
        }
    }
    faults
}

/// Why a candidate cannot take a device's place.
fn unfit(
    model: &Model,
    device: &banbury_evidence::model::Device,
    candidate: &Candidate,
) -> Option<&'static str> {
    let status = device.status.as_deref().unwrap_or_default().trim().to_lowercase();
    if ["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str()) {
        return Some("replaces what is not in service");
    }
    let role = device.role.as_deref().unwrap_or_default().trim();
    if !candidate.roles.is_empty() && !candidate.roles.iter().any(|own| own == role) {
        return Some("is not for its role");
    }
    let mut carried = model.functions.iter().filter(|one| one.device == device.name);
    let lacks =
        |function: &str| !candidate.functions.iter().any(|own| own.eq_ignore_ascii_case(function.trim()));
    if !candidate.functions.is_empty() && carried.any(|one| lacks(&one.function)) {
        return Some("does not carry its functions");
    }
    let product = device.device_type.as_deref().unwrap_or_default().trim();
    if !candidate.replaces.is_empty() && !candidate.replaces.iter().any(|own| own == product) {
        return Some("does not replace its product");
    }
    None
}

/// Caps and suppliers of the user's own, at the end of each period.
fn makers(
    claimed: &Claimed<'_>,
    devices: &HashMap<&str, &banbury_evidence::model::Device>,
    regions: &HashMap<&str, &str>,
) -> Vec<String> {
    let options = claimed.options;
    let mut faults = Vec::new();
    if options.caps.is_empty() && options.suppliers.is_empty() {
        return faults;
    }
    let mut functions: HashMap<&str, BTreeSet<String>> = HashMap::new();
    for one in &claimed.model.functions {
        functions.entry(one.device.as_str()).or_default().insert(one.function.trim().to_uppercase());
    }
    let inside = |device: &banbury_evidence::model::Device, scope: &Scope| {
        let site = device.site.as_deref().unwrap_or_default().trim();
        scope.role.as_deref().is_none_or(|role| device.role.as_deref().map(str::trim) == Some(role))
            && scope.region.as_deref().is_none_or(|region| regions.get(site).copied() == Some(region))
            && scope.function.as_ref().is_none_or(|function| {
                functions.get(device.name.as_str()).is_some_and(|own| own.contains(function))
            })
    };
    let replaced: HashMap<&str, (usize, &str)> = claimed
        .replacements
        .iter()
        .filter_map(|one| {
            let candidate = options.candidates.get(one.candidate)?;
            Some((one.device.as_str(), (one.period, candidate.vendor.as_str())))
        })
        .collect();
    for (number, period) in claimed.periods.iter().enumerate() {
        let count = |scope: &Scope| {
            let mut by_maker: BTreeMap<String, u64> = BTreeMap::new();
            let mut total = 0u64;
            for device in devices.values().filter(|device| inside(device, scope)) {
                let status = device.status.as_deref().unwrap_or_default().trim().to_lowercase();
                if ["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str()) {
                    continue;
                }
                let made_by = match replaced.get(device.name.as_str()) {
                    Some((period, vendor)) if *period <= number => Some(*vendor),
                    _ => device.manufacturer.as_deref().or_else(|| {
                        let mut types = claimed.model.device_types.iter();
                        let of_type = types.find(|one| Some(&one.model) == device.device_type.as_ref());
                        of_type.and_then(|one| one.manufacturer.as_deref())
                    }),
                };
                total += 1;
                if let Some(vendor) = made_by {
                    *by_maker.entry(vendor.trim().to_lowercase()).or_default() += 1;
                }
            }
            (by_maker, total)
        };
        for cap in &options.caps {
            if cap.from.is_some_and(|from| from > period.last) {
                continue;
            }
            let (by_maker, total) = count(&cap.scope);
            let own = by_maker.get(&cap.vendor.trim().to_lowercase()).copied().unwrap_or(0);
            if own as f64 > cap.share * total as f64 + 1e-6 {
                faults.push(format!(
                    "{}: {} has {own} of {total} devices ({}), more than its cap",
                    period.last,
                    cap.vendor,
                    cap.scope.words()
                ));
            }
        }
        for asked in &options.suppliers {
            if asked.from.is_some_and(|from| from > period.last) {
                continue;
            }
            let (by_maker, _) = count(&asked.scope);
            if (by_maker.len() as u64) < asked.least {
                faults.push(format!(
                    "{}: {} suppliers of {}, fewer than {}",
                    period.last,
                    by_maker.len(),
                    asked.scope.words(),
                    asked.least
                ));
            }
        }
    }
    faults
}

/// Devices that back each other up and have one place in one period's order.
fn at_once(claimed: &Claimed<'_>, devices: &HashMap<&str, &banbury_evidence::model::Device>) -> Vec<String> {
    let when: HashMap<&str, (usize, u64)> =
        claimed.replacements.iter().map(|one| (one.device.as_str(), (one.period, one.slot))).collect();
    let mut carriers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for one in &claimed.model.functions {
        let Some(device) = devices.get(one.device.as_str()) else { continue };
        let status = device.status.as_deref().unwrap_or_default().trim().to_lowercase();
        let function = one.function.trim().to_uppercase();
        if !["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str())
            && !claimed.options.together.contains(&function)
        {
            carriers.entry(function).or_default().insert(device.name.as_str());
        }
    }
    let mut faults = BTreeSet::new();
    for (function, names) in &carriers {
        let demanded =
            claimed.model.demands.iter().any(|one| one.function.trim().eq_ignore_ascii_case(function));
        let only = names.len() == 2 && demanded;
        let mut taken: BTreeMap<(Option<&str>, usize, u64), &str> = BTreeMap::new();
        for name in names {
            let Some((period, slot)) = when.get(name) else { continue };
            let site = devices.get(name).and_then(|device| device.site.as_deref()).map(str::trim);
            if site.is_none() && !only {
                continue;
            }
            if let Some(other) = taken.insert((if only { None } else { site }, *period, *slot), name) {
                faults.insert(format!("{other} and {name} both carry {function} and are worked on at once"));
            }
        }
    }
    faults.into_iter().collect()
}

/// What a plan promised of measures.
pub struct Promise<'a> {
    /// By regime and measure: subjects whose breach was not to be ended.
    pub excused: &'a BTreeMap<(String, String), BTreeSet<String>>,
    /// Days on which the regimes are applied, in order.
    pub days: &'a [Date],
    /// The first day; what is breached on it may stand until `overdue`.
    pub from: Date,
    /// The day by which breaches are ended that stood at the beginning.
    pub overdue: Date,
}

/// Applies the regimes to the network as the plan makes it, on each day. Measures by attestation are not decided by the network.
pub fn replay(
    claimed: &Claimed<'_>,
    promise: &Promise<'_>,
    regimes: &[(Regime, Overrides)],
    (bench, stopping): (&LedgerCopy, &Stopping<'_>),
    mut tell: impl FnMut(&str),
) -> Result<Replayed, PlanError> {
    let computed: Vec<(Regime, Overrides)> = regimes
        .iter()
        .map(|(regime, overrides)| {
            let measures = regime.measures.iter().filter(|measure| !measure.attested).cloned().collect();
            (Regime { measures, ..regime.clone() }, overrides.clone())
        })
        .collect();
    let mut replayed = Replayed::default();
    tell("the network as it is");
    // Breaches that stand at the beginning, and the verdicts on the last day if nothing is done.
    let last = promise.days.last().copied().unwrap_or(promise.from);
    let before = bench.apply(None, &computed, &[promise.from, last], stopping)?;
    let mut stood: BTreeSet<(String, String, String)> = BTreeSet::new();
    for result in before.first().into_iter().flatten() {
        for measure in &result.measures {
            for row in measure.subjects.iter().filter(|row| row.verdict == Verdict::Breached) {
                stood.insert((result.regime.clone(), measure.measure.clone(), row.subject.clone()));
            }
        }
    }
    let mut after = Vec::new();
    let mut model = claimed.model.clone();
    let mut done = 0;
    let mut order: Vec<&Replacement> = claimed.replacements.iter().collect();
    order.sort_by_key(|one| one.period);
    let places: HashMap<String, usize> =
        model.devices.iter().enumerate().rev().map(|(at, device)| (device.name.clone(), at)).collect();
    for (number, day) in promise.days.iter().enumerate() {
        tell(&format!("checking day {} of {}", number + 1, promise.days.len()));
        while let Some(one) = order.get(done)
            && let Some(period) = claimed.periods.get(one.period)
            && period.last <= *day
        {
            let place = places.get(&one.device);
            if let (Some(device), Some(candidate)) = (
                place.and_then(|place| model.devices.get_mut(*place)),
                claimed.options.candidates.get(one.candidate),
            ) {
                replace(device, candidate, period.last);
            }
            done += 1;
        }
        let results = bench.apply(Some(&model), &computed, &[*day], stopping)?;
        replayed.days += 1;
        let results = results.into_iter().next().unwrap_or_default();
        for result in &results {
            for measure in &result.measures {
                let key = (result.regime.clone(), measure.measure.clone());
                for row in measure.subjects.iter().filter(|row| row.verdict == Verdict::Breached) {
                    let subject = (key.0.clone(), key.1.clone(), row.subject.clone());
                    let excused = promise.excused.get(&key).is_some_and(|names| names.contains(&row.subject));
                    if excused || (stood.contains(&subject) && *day < promise.overdue) {
                        continue;
                    }
                    replayed.faults.push(Broken {
                        day: *day,
                        regime: key.0.clone(),
                        measure: key.1.clone(),
                        subject: row.subject.clone(),
                        reason: row.reason.clone(),
                    });
                }
            }
        }
        after = results;
    }
    for (before, after) in before.get(1).into_iter().flatten().zip(&after) {
        for (one, other) in before.measures.iter().zip(&after.measures) {
            replayed.verdicts.push((
                format!("{}/{}", before.regime, one.measure),
                one.verdict,
                other.verdict,
            ));
        }
    }
    Ok(replayed)
}
