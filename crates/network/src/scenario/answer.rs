//! What a scenario costs.

use super::remedy::{Remedy, remedies, sentences};
use super::topology::Asked;
use super::{Error, Resolved, Topology};
use crate::graph::{Lost, Outage, outage};
use std::collections::{BTreeMap, BTreeSet};

/// What is lost in a scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The scenario's name.
    pub name: String,
    /// Devices that are gone, by name; of a compromise those that an intruder holds, as if they failed.
    pub devices: Vec<String>,
    /// Links that are gone without an end of theirs.
    pub links: usize,
    /// What the records say that these devices cost to replace, and of how many no record says it.
    pub cost: Replacement,
    /// By function that demands name (`function` is empty where there are no demands), those that lose something first.
    pub functions: Vec<FunctionLoss>,
    /// Sites that lose something, those with the most subscribers first.
    pub sites: Vec<SiteLoss>,
    /// Subscribers of these sites, each site counted once.
    pub subscribers: u64,
    /// Subscribers of all sites whose demands were served before.
    pub served_before: u64,
    /// What it would have taken to keep what is lost: all of it together keeps everything that can be kept.
    pub remedies: Vec<Remedy>,
    /// The same in sentences.
    pub prevented_by: Vec<String>,
}

/// What records say of a cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replacement {
    /// The sum of what is stated, in the unit of the tables.
    pub stated: u64,
    /// Devices without a stated cost.
    pub unknown: usize,
}

/// What becomes of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionLoss {
    /// Its standard name; empty for connectivity alone.
    pub function: String,
    /// Devices that carry it, before and after.
    pub carriers: usize,
    /// Of these, those that remain.
    pub remaining: usize,
    /// Sites that ask for it and were served.
    pub sites: usize,
    /// Of these, those that are served no more.
    pub sites_lost: usize,
    /// Their subscribers.
    pub subscribers_lost: u64,
}

/// A site that loses something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteLoss {
    /// Its name.
    pub site: String,
    /// Subscribers: the most that a function has which it loses.
    pub subscribers: u64,
    /// The functions, by name.
    pub functions: Vec<String>,
    /// Whether no device of the site remains.
    pub is_empty: bool,
}

/// Works a scenario out.
pub fn answer(topology: &Topology<'_>, happens: &Resolved<'_>) -> Result<Answer, Error> {
    let Resolved { scenario, vertices, edges, .. } = happens;
    let losses = losses(topology, vertices, edges)?;
    let mut answer = Answer {
        name: scenario.name.clone(),
        devices: vertices.iter().map(|vertex| topology.device(*vertex).to_owned()).collect(),
        links: edges.len(),
        cost: cost(topology, vertices),
        served_before: losses.before.values().fold(0, |sum, weight| sum.saturating_add(*weight)),
        subscribers: losses.subscribers(),
        functions: losses.functions,
        ..Answer::default()
    };
    answer.functions.sort_by(|a, b| {
        (b.subscribers_lost, b.sites_lost, &a.function).cmp(&(a.subscribers_lost, a.sites_lost, &b.function))
    });
    let remaining = remaining_sites(topology, vertices);
    answer.sites = losses
        .sites
        .into_iter()
        .map(|(number, loss)| {
            let site = topology.sites.get(number as usize).map_or("", |(name, _)| name).to_owned();
            SiteLoss { site, is_empty: !remaining.contains(&number), ..loss }
        })
        .collect();
    answer.sites.sort_by(|a, b| (b.subscribers, &a.site).cmp(&(a.subscribers, &b.site)));
    answer.remedies = remedies(topology, happens, &losses.outages);
    answer.prevented_by = sentences(&answer.remedies, scenario);
    Ok(answer)
}

/// What is lost, by what is asked for and by site.
#[derive(Default)]
pub(super) struct Losses {
    functions: Vec<FunctionLoss>,
    outages: Vec<Outage>,
    /// By number of the site; its name is not there yet.
    pub sites: BTreeMap<u32, SiteLoss>,
    /// By number of the site, its subscribers that were served.
    before: BTreeMap<u32, u64>,
}

impl Losses {
    /// Subscribers of the sites that lose something, each site counted once.
    pub fn subscribers(&self) -> u64 {
        self.sites.values().fold(0, |sum, site| sum.saturating_add(site.subscribers))
    }
}

/// What is lost when these devices and links are, both ascending.
pub(super) fn losses(topology: &Topology<'_>, vertices: &[u32], edges: &[u32]) -> Result<Losses, Error> {
    let lost = Lost { vertices, edges, labels: None };
    let mut all = Losses::default();
    for asked in &topology.asked {
        let found = outage(&topology.graph, &asked.service, &lost)?;
        let loss = function(asked, &found, vertices, &mut all.sites, &mut all.before);
        all.functions.push(loss);
        all.outages.push(found);
    }
    Ok(all)
}

/// One function's part, with its sites added to the others'.
fn function(
    asked: &Asked,
    found: &Outage,
    gone: &[u32],
    sites: &mut BTreeMap<u32, SiteLoss>,
    before: &mut BTreeMap<u32, u64>,
) -> FunctionLoss {
    let lost: BTreeSet<u32> = found.demands.iter().copied().collect();
    let is_gone = |vertex: &&u32| gone.binary_search(vertex).is_ok();
    let mut loss = FunctionLoss {
        function: asked.function.clone(),
        carriers: asked.carriers.len(),
        remaining: asked.carriers.iter().filter(|vertex| !is_gone(vertex)).count(),
        ..FunctionLoss::default()
    };
    for (demand, site) in (0u32..).zip(&asked.sites) {
        let Some((vertices, weight)) = asked.service.demand(demand as usize) else { continue };
        if !asked.was_served(vertices) {
            continue;
        }
        loss.sites += 1;
        let most = before.entry(*site).or_default();
        *most = weight.max(*most);
        if lost.contains(&demand) {
            loss.sites_lost += 1;
            loss.subscribers_lost = loss.subscribers_lost.saturating_add(weight);
            let entry = sites.entry(*site).or_default();
            entry.subscribers = weight.max(entry.subscribers);
            if !asked.function.is_empty() && !entry.functions.contains(&asked.function) {
                entry.functions.push(asked.function.clone());
            }
        }
    }
    loss
}

fn cost(topology: &Topology<'_>, gone: &[u32]) -> Replacement {
    let mut cost = Replacement::default();
    for vertex in gone {
        match topology.devices.get(*vertex as usize).and_then(|device| device.cost) {
            Some(stated) => cost.stated = cost.stated.saturating_add(stated),
            None => cost.unknown += 1,
        }
    }
    cost
}

/// Sites where a device remains.
fn remaining_sites(topology: &Topology<'_>, gone: &[u32]) -> BTreeSet<u32> {
    (0u32..)
        .zip(&topology.site_of)
        .filter(|(vertex, _)| gone.binary_search(vertex).is_err())
        .filter_map(|(_, site)| *site)
        .collect()
}

/// A number with its noun, which an s makes several: `1 site`, `1,200 sites`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
