//! What it would have taken to keep what a scenario takes away.
//!
//! After the loss the network is in parts. Where a part has sites that lost a function of which a carrier remains in another part,
//! one link between the two keeps them; where no carrier remains, or no link may be (an isolated part has none to the rest), a
//! carrier in the part does; a site without equipment needs some, with a link. A remedy never has what is lost: the link runs
//! through another duct, the equipment is another maker's. All remedies of a scenario together keep all that can be kept, which the
//! tests do. Wrong when: two parts cannot be joined on the ground; of several links that would do, the one between the devices that
//! come first in the tables is named. Misses: that fewer remedies may do, and what they cost.

use super::answer::counted;
use super::labels::{Label, folded};
use super::topology::Asked;
use super::{Event, Kind, Resolved, Scenario, Topology, Verb};
use crate::graph::{Outage, components};
use banbury_evidence::model::Site;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Something that would have kept what is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What it takes.
    pub step: Step,
    /// Sites that it keeps something for.
    pub sites: usize,
    /// The first of them by name.
    pub first: String,
    /// Their subscribers, each site counted once.
    pub subscribers: u64,
    /// The functions that it keeps; empty for connectivity alone.
    pub functions: Vec<String>,
}

/// What a remedy takes. None of it has what is lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A carrier of a function where this device stands, with a link to it.
    Carrier {
        /// The function.
        function: String,
        /// The device.
        beside: String,
    },
    /// A link between two devices that remain.
    Link {
        /// One in what is cut off.
        from: String,
        /// One in what is served.
        to: String,
    },
    /// Equipment at a site where none remains, with a link.
    Equipment {
        /// The site.
        site: String,
        /// The device that the link leads to; empty where none remains that serves.
        to: String,
    },
    /// Service from another site: whatever stands at this one is lost.
    Elsewhere {
        /// The site.
        site: String,
    },
    /// Nothing: the function itself is what is lost, whoever carries it.
    Nothing {
        /// The function; empty where no part is left to be connected to.
        function: String,
    },
}

/// "In no part": the device is gone.
const GONE: u32 = u32::MAX;

/// What would have kept all that is lost, by part and site. `outages` are those of what is asked for, in its order.
pub(super) fn remedies(topology: &Topology<'_>, happens: &Resolved<'_>, outages: &[Outage]) -> Vec<Remedy> {
    if outages.iter().all(|outage| outage.demands.is_empty()) {
        return Vec::new();
    }
    let records = topology.model.sites.iter().rev().map(|site| (site.name.as_str(), site)).collect();
    let parts = Parts::new(topology, happens);
    let mut plan = Plan { topology, happens, parts, records, kept: BTreeMap::new() };
    for (asked, outage) in topology.asked.iter().zip(outages) {
        plan.function(asked, outage);
    }
    plan.finish()
}

/// The parts that remain.
struct Parts {
    /// By device, its part.
    of: Vec<u32>,
    /// By device, which isolated areas that are a matter of place it stands in, as a number: new equipment stands in whichever segment
    /// it is put.
    place: Vec<u32>,
    /// By part and which isolated areas it stands in, the first device: a link between two of one number crosses no border.
    first: BTreeMap<(u32, u32), u32>,
    /// By device, the part that it stood in before; empty where demands name what is to be reached.
    whole: Vec<u32>,
}

impl Parts {
    fn new(topology: &Topology<'_>, happens: &Resolved<'_>) -> Self {
        let count = topology.devices.len();
        let side = sides(count, happens, |_| true);
        let place = sides(count, happens, |kind| kind != Kind::Segment);
        let mut of = vec![GONE; count];
        let gone = |vertex: u32| happens.vertices.binary_search(&vertex).is_ok();
        let mut parts = 0;
        for start in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            if gone(start) || of.get(start as usize) != Some(&GONE) {
                continue;
            }
            let mut open = vec![start];
            while let Some(vertex) = open.pop() {
                let Some(part) = of.get_mut(vertex as usize).filter(|part| **part == GONE) else { continue };
                *part = parts;
                for arc in topology.graph.arcs(vertex) {
                    if of.get(arc.to as usize) == Some(&GONE)
                        && !gone(arc.to)
                        && happens.edges.binary_search(&arc.edge).is_err()
                    {
                        open.push(arc.to);
                    }
                }
            }
            parts += 1;
        }
        let mut first = BTreeMap::new();
        for (vertex, (part, side)) in (0u32..).zip(of.iter().zip(&side)) {
            if *part != GONE {
                first.entry((*part, *side)).or_insert(vertex);
            }
        }
        let whole = if topology.functions().is_empty() { components(&topology.graph).0 } else { Vec::new() };
        Self { of, place, first, whole }
    }

    fn of(&self, vertex: u32) -> u32 {
        self.of.get(vertex as usize).copied().unwrap_or(GONE)
    }

    /// The first device of a part to which equipment that stands where a device stood can be joined.
    fn place_to_join(&self, part: u32, vertex: u32) -> Option<u32> {
        let place = |vertex: u32| self.place.get(vertex as usize);
        let mut ours = self.first.range((part, 0)..=(part, u32::MAX)).map(|(_, first)| *first);
        ours.find(|first| place(*first) == place(vertex))
    }

    /// Whether a part stood together with a device before; where demands name carriers, it does not matter.
    fn was_one(&self, part: u32, vertex: u32) -> bool {
        let of = |vertex: u32| self.whole.get(vertex as usize);
        self.start(part).is_some_and(|start| of(start) == of(vertex))
    }

    /// A part's first device.
    fn start(&self, part: u32) -> Option<u32> {
        self.first.range((part, 0)..=(part, u32::MAX)).map(|(_, vertex)| *vertex).min()
    }

    /// The first devices of two parts between which a link may be.
    fn link(&self, from: u32, to: u32) -> Option<(u32, u32)> {
        let ours = self.first.range((from, 0)..=(from, u32::MAX));
        ours.filter_map(|((_, side), vertex)| Some((*vertex, *self.first.get(&(to, *side))?))).next()
    }
}

/// By device, which isolated areas of these kinds it stands in, as a number.
fn sides(count: usize, happens: &Resolved<'_>, counts: impl Fn(Kind) -> bool) -> Vec<u32> {
    let mut sides = vec![0u32; count];
    let isolated = |event: &Event| event.verb == Verb::Isolate && counts(event.kind);
    for (_, label) in happens.events().filter(|(event, _)| isolated(event)) {
        let mut numbers: HashMap<(u32, bool), u32> = HashMap::new();
        for (vertex, side) in (0u32..).zip(&mut sides) {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let inside = label.devices.binary_search(&vertex).is_ok();
            *side = *numbers.entry((*side, inside)).or_insert(next);
        }
    }
    sides
}

/// Sites by number with their subscribers, and functions, that a step keeps.
#[derive(Default)]
struct Kept {
    sites: BTreeMap<u32, u64>,
    functions: BTreeSet<String>,
}

struct Plan<'p, 'm> {
    topology: &'p Topology<'m>,
    happens: &'p Resolved<'p>,
    parts: Parts,
    /// The records of sites by name.
    records: HashMap<&'p str, &'p Site>,
    kept: BTreeMap<Step, Kept>,
}

impl Plan<'_, '_> {
    fn function(&mut self, asked: &Asked, outage: &Outage) {
        let lost: Vec<(u32, u64, Vec<u32>)> = outage
            .demands
            .iter()
            .filter_map(|demand| {
                let (vertices, weight) = asked.service.demand(*demand as usize)?;
                let site = *asked.sites.get(*demand as usize)?;
                Some((site, weight, vertices.to_vec()))
            })
            .collect();
        if lost.is_empty() {
            return;
        }
        let is_lost_itself = |(event, label): (&Event, &Label)| {
            event.kind == Kind::Function && event.verb != Verb::Isolate && label.name == asked.function
        };
        if !asked.function.is_empty() && self.happens.events().any(is_lost_itself) {
            let step = Step::Nothing { function: asked.function.clone() };
            lost.iter().for_each(|(site, weight, _)| self.keep(step.clone(), *site, *weight, asked));
            return;
        }
        // The parts that serve: those of carriers, else the largest ones.
        let mut serving: BTreeSet<u32> = if asked.function.is_empty() {
            (0u32..)
                .zip(&outage.served)
                .filter(|(_, served)| **served)
                .map(|(vertex, _)| self.parts.of(vertex))
                .collect()
        } else {
            asked.carriers.iter().map(|vertex| self.parts.of(*vertex)).collect()
        };
        serving.remove(&GONE);
        let mut cut: BTreeMap<u32, Vec<(u32, u64)>> = BTreeMap::new();
        let mut empty: Vec<(u32, u64, u32)> = Vec::new();
        for (site, weight, vertices) in &lost {
            match vertices.iter().map(|vertex| self.parts.of(*vertex)).find(|part| *part != GONE) {
                Some(part) => cut.entry(part).or_default().push((*site, *weight)),
                None => empty.push((*site, *weight, vertices.first().copied().unwrap_or_default())),
            }
        }
        // Where nothing serves any more, the part that most subscribers are in is to have the carrier.
        let heaviest = |cut: &BTreeMap<u32, Vec<(u32, u64)>>| {
            let sum = |sites: &[(u32, u64)]| {
                sites.iter().fold(0u64, |sum, (_, weight)| sum.saturating_add(*weight))
            };
            cut.iter()
                .max_by_key(|(part, sites)| (sum(sites), std::cmp::Reverse(**part)))
                .map(|(part, _)| *part)
        };
        // The carrier that all others are then joined to.
        let mut made: Option<Step> = None;
        if serving.is_empty() && !asked.function.is_empty() {
            let part = heaviest(&cut).or_else(|| self.parts.first.keys().next().map(|(part, _)| *part));
            if let Some(part) = part {
                let step = self.carrier(part, asked);
                for (site, weight) in cut.remove(&part).unwrap_or_default() {
                    self.keep(step.clone(), site, weight, asked);
                }
                serving.insert(part);
                made = Some(step);
            }
        }
        for (part, sites) in cut {
            let start = self.parts.start(part).unwrap_or_default();
            let ours = serving.iter().filter(|to| self.parts.was_one(**to, start));
            let link = ours.into_iter().find_map(|to| self.parts.link(part, *to));
            let step = match link {
                Some((from, to)) => self.joined(from, to),
                None if asked.function.is_empty() => Step::Nothing { function: String::new() },
                None => self.carrier(part, asked),
            };
            let with = made.clone().filter(|_| link.is_some());
            for (site, weight) in sites {
                for step in with.iter().chain([&step]) {
                    self.keep(step.clone(), site, weight, asked);
                }
            }
            if matches!(step, Step::Carrier { .. }) {
                serving.insert(part);
            }
        }
        for (site, weight, vertex) in empty {
            let step = self.equipment(site, vertex, &serving);
            let with = made.clone().filter(|_| matches!(&step, Step::Equipment { to, .. } if !to.is_empty()));
            for step in with.iter().chain([&step]) {
                self.keep(step.clone(), site, weight, asked);
            }
        }
    }

    fn joined(&self, from: u32, to: u32) -> Step {
        Step::Link { from: self.topology.device(from).to_owned(), to: self.topology.device(to).to_owned() }
    }

    /// A carrier in a part, beside its first device.
    fn carrier(&self, part: u32, asked: &Asked) -> Step {
        let beside = self.parts.start(part).unwrap_or_default();
        Step::Carrier { function: asked.function.clone(), beside: self.topology.device(beside).to_owned() }
    }

    /// What a site takes where nothing remains; `vertex` stood there.
    fn equipment(&self, site: u32, vertex: u32, serving: &BTreeSet<u32>) -> Step {
        let name = self.topology.sites.get(site as usize).map_or("", |(name, _)| name).to_owned();
        if self.happens.events().any(|(event, label)| self.takes_site(event, label, &name)) {
            return Step::Elsewhere { site: name };
        }
        let ours = serving.iter().filter(|part| self.parts.was_one(**part, vertex));
        let to = ours.into_iter().find_map(|part| self.parts.place_to_join(*part, vertex));
        let to = to.map(|to| self.topology.device(to).to_owned());
        Step::Equipment { site: name, to: to.unwrap_or_default() }
    }

    /// Whether an event takes whatever stands at a site.
    fn takes_site(&self, event: &Event, label: &Label, name: &str) -> bool {
        if event.verb == Verb::Isolate {
            return false;
        }
        let site = self.records.get(name);
        let says = |value: Option<&String>| value.is_some_and(|value| folded(value) == folded(&label.name));
        match event.kind {
            Kind::Site => label.name == name.trim(),
            Kind::Region => says(site.and_then(|site| site.region.as_ref())),
            Kind::Country => says(site.and_then(|site| site.country.as_ref())),
            _ => false,
        }
    }

    fn keep(&mut self, step: Step, site: u32, weight: u64, asked: &Asked) {
        let kept = self.kept.entry(step).or_default();
        let most = kept.sites.entry(site).or_default();
        *most = weight.max(*most);
        if !asked.function.is_empty() {
            kept.functions.insert(asked.function.clone());
        }
    }

    fn finish(self) -> Vec<Remedy> {
        let name = |site: &u32| self.topology.sites.get(*site as usize).map_or("", |(name, _)| *name);
        let mut all: Vec<Remedy> = self
            .kept
            .into_iter()
            .map(|(step, kept)| Remedy {
                step,
                sites: kept.sites.len(),
                first: kept.sites.keys().map(name).min().unwrap_or_default().to_owned(),
                subscribers: kept.sites.values().fold(0, |sum, weight| sum.saturating_add(*weight)),
                functions: kept.functions.into_iter().collect(),
            })
            .collect();
        all.sort_by(|a, b| (b.subscribers, &a.step).cmp(&(a.subscribers, &b.step)));
        all
    }
}

/// Remedies of one sort that are told one by one.
const MOST_SENTENCES: usize = 6;

/// Remedies in sentences: links and carriers one by one, sites with a sort of remedy together.
pub(super) fn sentences(remedies: &[Remedy], scenario: &Scenario) -> Vec<String> {
    let fails = scenario.events.iter().filter(|event| event.verb != Verb::Isolate);
    let lost: Vec<String> = fails.map(|event| format!("{} {}", event.kind.as_str(), event.name)).collect();
    // What it must not have, short enough for a sentence; where nothing fails, all may be had.
    let short = lost.len() <= 3 && lost.iter().all(|name| name.chars().count() <= 60);
    let lost = if short { lost.join(" and ") } else { "what is lost".to_owned() };
    let unless = |words: &str| if lost.is_empty() { String::new() } else { format!(" {words} {lost}") };
    let (apart, avoids) = (unless("that is not lost with"), unless("that avoids"));
    let for_whom = |remedy: &Remedy| {
        let of = if remedy.functions.is_empty() {
            String::new()
        } else {
            format!("{} for ", shown(&remedy.functions))
        };
        let who = if remedy.sites == 1 { remedy.first.clone() } else { counted(remedy.sites as u64, "site") };
        format!("{of}{who} with {}", counted(remedy.subscribers, "subscriber"))
    };
    let mut carriers = Vec::new();
    let mut links = Vec::new();
    let mut others: BTreeMap<u8, Vec<&Remedy>> = BTreeMap::new();
    for remedy in remedies {
        match &remedy.step {
            Step::Carrier { function, beside } => carriers
                .push(format!("a carrier of {function} beside {beside}{apart} keeps {}", for_whom(remedy))),
            Step::Link { from, to } => {
                links.push(format!("a link between {from} and {to}{avoids} keeps {}", for_whom(remedy)));
            }
            Step::Equipment { to, .. } => {
                others.entry(if to.is_empty() { 1 } else { 0 }).or_default().push(remedy)
            }
            Step::Elsewhere { .. } => others.entry(2).or_default().push(remedy),
            Step::Nothing { .. } => others.entry(3).or_default().push(remedy),
        }
    }
    let mut all = Vec::new();
    for (list, what) in [(carriers, "carrier"), (links, "link")] {
        let more = list.len().saturating_sub(MOST_SENTENCES);
        all.extend(list.into_iter().take(MOST_SENTENCES));
        if more > 0 {
            all.push(format!("and {} like that", counted(more as u64, &format!("further {what}"))));
        }
    }
    for (sort, list) in others {
        let Some(first) = list.first() else { continue };
        let functions: BTreeSet<&String> = list.iter().flat_map(|remedy| &remedy.functions).collect();
        let functions: Vec<String> = functions.into_iter().cloned().collect();
        // Of one site there may be several, for functions that come from several places; of functions that nothing keeps, the
        // one that most ask for.
        let mut by_site: BTreeMap<&str, u64> = BTreeMap::new();
        for remedy in &list {
            let most = by_site.entry(&remedy.first).or_default();
            *most = remedy.subscribers.max(*most);
        }
        let (sites, subscribers) = match &first.step {
            Step::Nothing { .. } => (first.sites, first.subscribers),
            _ => (by_site.len(), by_site.values().fold(0u64, |sum, one| sum.saturating_add(*one))),
        };
        let largest = if sites > 1 {
            format!("{}, the largest is {}", counted(sites as u64, "site"), first.first)
        } else {
            first.first.clone()
        };
        let who = format!("{largest}, with {}", counted(subscribers, "subscriber"));
        all.push(match (sort, &first.step) {
            (0, Step::Equipment { to, .. }) => {
                let to = if sites > 1 { format!("for the first to {to}") } else { format!("to {to}") };
                format!("where nothing remains ({who}): equipment{apart}, with a link of its own, {to}")
            }
            (1, _) => {
                format!("where nothing remains ({who}): equipment{apart}, and a carrier that it reaches")
            }
            (2, _) => format!("where the place itself is lost ({who}): service from another site"),
            (_, Step::Nothing { function }) if !function.is_empty() => {
                format!(
                    "nothing keeps {} while every carrier is lost, whoever it is ({who})",
                    shown(&functions)
                )
            }
            _ => format!("nothing keeps what is isolated connected to the rest ({who})"),
        });
    }
    all
}

fn shown(functions: &[String]) -> String {
    match functions.get(..3) {
        Some(first) if functions.len() > 3 => {
            format!("{} and {} more", first.join(", "), functions.len() - 3)
        }
        _ => functions.join(", "),
    }
}
