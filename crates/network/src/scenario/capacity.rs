//! What of the demand is still carried, not only connected: maximum flows over the links' capacities.
//!
//! A demand has its stated traffic (`mbps`), else its subscribers times a figure that whoever asks gives; without either it has none
//! and is left out, and told. Traffic flows from the carriers of a function to the sites that ask for it; a link carries its
//! capacity in each direction. One that states no capacity bounds nothing, one that states 0 carries nothing: both are counted.
//! What all functions have together is held between two bounds ([`crate::graph::served_together`]). Wrong when: routing does not find
//! the ways that a maximum flow does; devices are the bottleneck, not links; demands peak at different hours. Misses: delay, loss,
//! and that a carrier serves only so many.

use super::answer::Answer;
use super::{Error, Resolved, Topology};
use crate::functions::standard;
use crate::graph::{Graph, Lost, Service, outage, served_together};
use std::collections::{BTreeMap, HashMap};

/// Traffic for each subscriber, in kbit/s, where demands state none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// For every function that has no figure of its own.
    everywhere: Option<u64>,
    by_function: BTreeMap<String, u64>,
}

impl Figures {
    /// Reads `MBPS` or `FUNCTION=MBPS`, each with at most three digits behind the point.
    ///
    /// ```
    /// use banbury_network::scenario::Figures;
    /// assert!(Figures::parse(&["2", "UPF=0.25"]).is_ok());
    /// assert!(Figures::parse(&["0.0001"]).is_err());
    /// ```
    pub fn parse(texts: &[&str]) -> Result<Self, Error> {
        let mut figures = Self::default();
        for text in texts {
            let wrong = |why: &str| Error::Written { text: (*text).to_owned(), why: why.to_owned() };
            let (function, number) = match text.rsplit_once('=') {
                Some((function, number)) => (Some(standard(function).0), number),
                None => (None, *text),
            };
            let kbps = thousandths(number.trim()).ok_or_else(|| {
                wrong("write Mbit/s a subscriber, with at most three digits behind the point, such as 2 or UPF=0.25")
            })?;
            let before = match function {
                Some(function) if function.is_empty() => return Err(wrong("there is no function before =")),
                Some(function) => figures.by_function.insert(function, kbps),
                None => figures.everywhere.replace(kbps),
            };
            if before.is_some() {
                return Err(wrong("a figure for the same was given before; give one"));
            }
        }
        Ok(figures)
    }

    /// The functions that figures name.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.by_function.keys().map(String::as_str)
    }

    fn of(&self, function: &str) -> Option<u64> {
        self.by_function.get(function).copied().or(self.everywhere)
    }
}

/// A number with up to three digits behind the point, times 1000.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 || whole.len() > 9 {
        return None;
    }
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 1000 + part)
}

/// What demands ask of links.
pub struct Traffic {
    /// The topology's graph, with capacities in kbit/s.
    pub(super) graph: Graph,
    /// By function that has a figure.
    pub(super) flows: Vec<Flow>,
    /// Demands without a figure, by function.
    pub without_figure: BTreeMap<String, usize>,
    /// Links in service that state a capacity above 0.
    pub stated: usize,
    /// Links that state 0: they carry nothing.
    pub zero: usize,
    /// Links that state none: they bound nothing.
    pub missing: usize,
}

/// One function's traffic.
pub(super) struct Flow {
    pub function: String,
    /// The demands that were served before, in kbit/s.
    pub service: Service,
    /// By demand, its site and subscribers.
    pub demands: Vec<(u32, u64)>,
}

impl Traffic {
    /// Of a network. Demands that nothing serves before anything happens are left out.
    pub fn of(topology: &Topology<'_>, figures: &Figures) -> Result<Self, Error> {
        let capacities: Vec<Option<u64>> = topology
            .links
            .iter()
            .map(|number| topology.model.links.get(*number as usize)?.capacity_mbps.map(kbps))
            .collect();
        let count = |fits: fn(&Option<u64>) -> bool| capacities.iter().filter(|one| fits(one)).count();
        let (stated, zero) = (count(|one| one.is_some_and(|one| one > 0)), count(|one| *one == Some(0)));
        let missing = count(Option::is_none);
        let mut traffic = Self {
            graph: topology.graph.clone().with_capacities(capacities)?,
            flows: Vec::new(),
            without_figure: BTreeMap::new(),
            stated,
            zero,
            missing,
        };
        for asked in topology.asked.iter().filter(|asked| asked.service.roots().is_some()) {
            let mut taken: Vec<(usize, u64, u32, u64)> = Vec::new();
            for (demand, (site, mbps)) in asked.sites.iter().zip(&asked.mbps).enumerate() {
                let Some((vertices, subscribers)) = asked.service.demand(demand) else { continue };
                let figure = figures.of(&asked.function).map(|each| subscribers.saturating_mul(each));
                match mbps.map(kbps).or(figure) {
                    Some(weight) if asked.was_served(vertices) => {
                        taken.push((demand, weight, *site, subscribers))
                    }
                    Some(_) => {}
                    None => *traffic.without_figure.entry(asked.function.clone()).or_default() += 1,
                }
            }
            if taken.is_empty() {
                continue;
            }
            let none: &[u32] = &[];
            let demands = taken.iter().map(|(demand, weight, ..)| {
                (asked.service.demand(*demand).map_or(none, |(vertices, _)| vertices), *weight)
            });
            traffic.flows.push(Flow {
                function: asked.function.clone(),
                service: Service::new(&topology.graph, Some(&asked.carriers), demands)?,
                demands: taken.iter().map(|(.., site, subscribers)| (*site, *subscribers)).collect(),
            });
        }
        Ok(traffic)
    }

    /// Whether there is anything to carry.
    pub fn is_asked(&self) -> bool {
        !self.flows.is_empty()
    }

    /// Whether there is anything to carry, and a link that bounds it.
    pub fn is_known(&self) -> bool {
        !self.flows.is_empty() && self.stated + self.zero > 0
    }
}

fn kbps(mbps: u64) -> u64 {
    mbps.saturating_mul(1000).min(1 << 50)
}

/// What is carried. All in kbit/s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Traffic of the demands that were served before and have a figure.
    pub asked: u64,
    /// Of these, those that are still connected.
    pub connected: u64,
    /// So much can be carried of all functions together.
    pub at_least: u64,
    /// More cannot.
    pub at_most: u64,
    /// By function, in the order of the topology's.
    pub functions: Vec<Carried>,
    /// Subscribers at sites that are connected and whose traffic is not carried in full, in proportion to what is missing, in one
    /// way of carrying `at_least`; those that are cut off not counted again.
    pub beyond: u64,
    /// The sites with such subscribers.
    pub sites_beyond: usize,
    /// Links that are full in that way, by name.
    pub full: Vec<String>,
}

/// What is carried of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The function.
    pub function: String,
    /// Traffic that was served before and has a figure.
    pub asked: u64,
    /// Of this, what is still connected.
    pub connected: u64,
    /// What could be carried if the function had all links to itself: no more is.
    pub alone: u64,
    /// What is carried of it in one way of carrying as much as is known to be possible of all together.
    pub together: u64,
}

/// What the links carry after a scenario, or with `None` before anything happens. `answer` says who is cut off.
pub fn capacity(
    topology: &Topology<'_>,
    traffic: &Traffic,
    after: Option<(&Resolved<'_>, &Answer)>,
) -> Result<Capacity, Error> {
    let none: &[u32] = &[];
    let (vertices, edges) = after.map_or((none, none), |(happens, _)| (&happens.vertices, &happens.edges));
    let lost = Lost { vertices, edges, labels: None };
    let services: Vec<&Service> = traffic.flows.iter().map(|flow| &flow.service).collect();
    let shared = served_together(&traffic.graph, &services, &lost)?;
    let name = |edge: &u32| topology.link_name(*edge).to_owned();
    let mut found = Capacity {
        asked: shared.asked,
        at_least: shared.at_least,
        at_most: shared.at_most,
        full: shared.full.iter().filter(|edge| traffic.graph.capacity(**edge) != Some(0)).map(name).collect(),
        ..Capacity::default()
    };
    let mut beyond: BTreeMap<u32, u64> = BTreeMap::new();
    for ((flow, served), alone) in traffic.flows.iter().zip(&shared.by_demand).zip(&shared.alone) {
        let cut = outage(&traffic.graph, &flow.service, &lost)?;
        let mut carried = Carried { function: flow.function.clone(), alone: *alone, ..Carried::default() };
        for (demand, ((site, subscribers), served)) in (0u32..).zip(flow.demands.iter().zip(served)) {
            let weight = flow.service.demand(demand as usize).map_or(0, |(_, weight)| weight);
            carried.asked = carried.asked.saturating_add(weight);
            carried.together = carried.together.saturating_add(*served);
            if cut.demands.binary_search(&demand).is_ok() {
                continue;
            }
            carried.connected = carried.connected.saturating_add(weight);
            let missing = weight.saturating_sub(*served);
            if missing > 0 {
                let share =
                    (u128::from(*subscribers) * u128::from(missing)).div_ceil(u128::from(weight.max(1)));
                let most = beyond.entry(*site).or_default();
                *most = u64::try_from(share).unwrap_or(u64::MAX).max(*most);
            }
        }
        found.connected = found.connected.saturating_add(carried.connected);
        found.functions.push(carried);
    }
    let cut_off: HashMap<&str, u64> = after.map_or_else(HashMap::new, |(_, answer)| {
        answer.sites.iter().map(|site| (site.site.as_str(), site.subscribers)).collect()
    });
    for (site, subscribers) in beyond {
        let name = topology.sites.get(site as usize).map_or("", |(name, _)| name);
        let more = subscribers.saturating_sub(cut_off.get(name).copied().unwrap_or_default());
        found.beyond = found.beyond.saturating_add(more);
        found.sites_beyond += usize::from(more > 0);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        assert_eq!(thousandths("2"), Some(2000));
        assert_eq!(thousandths("0.25"), Some(250));
        for wrong in ["", ".", "1.", ".5", "1e3", "-1", "0.0001", "1,5", "9999999999"] {
            assert_eq!(thousandths(wrong), None, "{wrong}");
        }
        let figures = Figures::parse(&["2", "upf = 0.25"]).unwrap();
        assert_eq!((figures.of("UPF"), figures.of("AMF")), (Some(250), Some(2000)));
        assert!(Figures::parse(&["2", "3"]).is_err() && Figures::parse(&["UPF=2", "UPF=2"]).is_err());
    }
}
