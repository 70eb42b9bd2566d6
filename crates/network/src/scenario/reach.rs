//! What stands within reach of what an intruder holds, step by step.
//!
//! The first step: what a link joins to a device held, and what stands in the same segment, by the device's own record or one of its
//! interfaces. Each further step, where more than one is asked for: every device reached is taken over in turn, and from it what
//! stands in its segments, and from a device that manages others also what a link joins to it. So the further steps go over the
//! management plane alone. Wrong when: a firewall, a password or a mended fault stands in between: it is the worst case. That a
//! segment is stated to keep what happens in it is told and not believed. Misses: reach over the traffic that the network carries.

use super::labels::folded;
use super::{Error, Kind, Resolved, Topology};
use crate::functions::standard;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What an intruder holds and reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Devices held, by name.
    pub held: Vec<String>,
    /// Devices that a link joins to one of these.
    pub linked: usize,
    /// Devices in the same segment as one of these, by segment.
    pub segments: BTreeMap<String, usize>,
    /// Segments of what is held or reached of which it is stated that what happens in them stays there.
    pub contained: Vec<String>,
    /// Devices held of which no segment is stated: what they reach on the management plane is not known.
    pub without_segment: usize,
    /// By step, from the first: how many devices it adds. The last is not 0, unless nothing is within reach.
    pub added: Vec<usize>,
    /// Devices held or reached that manage others, the nearest first.
    pub management: Vec<Met>,
    /// Devices held or reached that take part in lawful interception.
    pub interception: Vec<Met>,
    /// Devices held or reached that keep subscribers' data or keys.
    pub subscriber_data: Vec<Met>,
}

/// A device on an intruder's way that matters by what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Met {
    /// Steps to it; 0 where it is held.
    pub steps: usize,
    /// Its name.
    pub device: String,
    /// The functions, and parts in interception, by which it matters.
    pub does: Vec<String>,
    /// One shortest way to it: the devices before it, from the one held.
    pub way: Vec<String>,
}

/// Functions that keep subscribers' data, keys or locations (3GPP TS 23.501, 23.002, 33.501; AAA by common practice).
const SUBSCRIBER_DATA: &[&str] = &[
    "5G-EIR", "AAA", "AUC", "AUSF", "BSS", "CHF", "EIR", "GMLC", "HLR", "HSS", "LMF", "OCS", "UDM", "UDR",
    "UDSF", "VLR",
];
/// Functions that manage others (ETSI GS NFV 002; 3GPP TS 32.101).
const MANAGEMENT: &[&str] = &[
    "ACS",
    "CAAS",
    "EMS",
    "JUMP-HOST",
    "MANO",
    "NFVO",
    "NMS",
    "ORCHESTRATOR",
    "OSS",
    "PAW",
    "PROVISIONING",
    "VIM",
    "VNFM",
];
/// Functions and parts of lawful interception (3GPP TS 33.127).
const INTERCEPTION: &[&str] = &["ADMF", "LI", "LI-MDF", "LI-TF", "LICF", "LIPF", "MDF2", "MDF3", "POI"];

/// The most steps that are followed.
pub const MOST_STEPS: usize = 100;

/// What an intruder reaches, in so many steps, who holds all that the hostile events of a scenario name. `None` where no event is
/// hostile.
pub fn reach(topology: &Topology<'_>, happens: &Resolved<'_>, steps: usize) -> Result<Option<Reach>, Error> {
    let mut held: BTreeSet<u32> = BTreeSet::new();
    let mut is_hostile = false;
    for (_, label) in happens.events().filter(|(event, _)| event.verb.is_hostile()) {
        is_hostile = true;
        held.extend(&label.devices);
    }
    if !is_hostile {
        return Ok(None);
    }
    let segments = topology.labels(Kind::Segment);
    let mut of_device: HashMap<u32, Vec<usize>> = HashMap::new();
    for (number, label) in segments.iter().enumerate() {
        label.devices.iter().for_each(|vertex| of_device.entry(*vertex).or_default().push(number));
    }
    let duties = Duties::of(topology);
    let mut found = Reach {
        held: held.iter().map(|vertex| topology.device(*vertex).to_owned()).collect(),
        without_segment: held.iter().filter(|vertex| !of_device.contains_key(vertex)).count(),
        ..Reach::default()
    };
    found.held.sort_unstable();
    let joined: BTreeSet<u32> =
        held.iter().flat_map(|vertex| topology.graph.arcs(*vertex)).map(|arc| arc.to).collect();
    found.linked = joined.difference(&held).count();
    // By device, how many steps lead to it, and from which.
    let mut reached: HashMap<u32, (usize, Option<u32>)> =
        held.iter().map(|vertex| (*vertex, (0, None))).collect();
    let mut entered: BTreeSet<usize> = BTreeSet::new();
    let mut last: Vec<u32> = held.iter().copied().collect();
    for step in 1..=steps.clamp(1, MOST_STEPS) {
        let mut next: Vec<u32> = Vec::new();
        let mut take = |vertex: u32, from: u32| {
            reached.entry(vertex).or_insert_with(|| {
                next.push(vertex);
                (step, Some(from))
            });
        };
        for &from in &last {
            if step == 1 || duties.manages(from) {
                topology.graph.arcs(from).iter().for_each(|arc| take(arc.to, from));
            }
            for &number in of_device.get(&from).into_iter().flatten() {
                if entered.insert(number) {
                    segments
                        .get(number)
                        .into_iter()
                        .flat_map(|label| &label.devices)
                        .for_each(|to| take(*to, from));
                }
            }
        }
        if step == 1 {
            for label in entered.iter().filter_map(|number| segments.get(*number)) {
                let ours = label.devices.iter().filter(|vertex| held.contains(vertex)).count();
                found.segments.insert(label.name.clone(), label.devices.len() - ours);
            }
        }
        if next.is_empty() {
            break;
        }
        next.sort_unstable();
        found.added.push(next.len());
        last = next;
    }
    let contained: HashSet<String> = topology
        .model
        .segments
        .iter()
        .filter(|segment| segment.contained == Some(true))
        .map(|segment| folded(&segment.name))
        .collect();
    let names = entered.iter().filter_map(|number| segments.get(*number)).map(|label| &label.name);
    found.contained = names.filter(|name| contained.contains(&folded(name))).cloned().collect();
    for (&vertex, &(steps, _)) in &reached {
        let met = |does: Vec<String>| Met {
            steps,
            device: topology.device(vertex).to_owned(),
            does,
            way: way(topology, &reached, vertex),
        };
        let lists = [
            (duties.of_device(vertex, Duty::Management), &mut found.management),
            (duties.of_device(vertex, Duty::Interception), &mut found.interception),
            (duties.of_device(vertex, Duty::SubscriberData), &mut found.subscriber_data),
        ];
        for (does, list) in lists.into_iter().filter(|(does, _)| !does.is_empty()) {
            list.push(met(does));
        }
    }
    for list in [&mut found.management, &mut found.interception, &mut found.subscriber_data] {
        list.sort_unstable();
    }
    Ok(Some(found))
}

/// The devices before one, from the one held.
fn way(topology: &Topology<'_>, reached: &HashMap<u32, (usize, Option<u32>)>, vertex: u32) -> Vec<String> {
    let mut way = Vec::new();
    let mut at = reached.get(&vertex).and_then(|(_, from)| *from);
    while let Some(vertex) = at {
        way.push(topology.device(vertex).to_owned());
        at = reached.get(&vertex).and_then(|(_, from)| *from);
    }
    way.reverse();
    way
}

/// Why a device matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Duty {
    Management,
    Interception,
    SubscriberData,
}

/// By device, what it does that matters.
struct Duties(HashMap<u32, BTreeSet<(Duty, String)>>);

impl Duties {
    fn of(topology: &Topology<'_>) -> Self {
        let mut all: HashMap<u32, BTreeSet<(Duty, String)>> = HashMap::new();
        let mut add = |device: &str, duty: Duty, name: String| {
            if let Some(vertex) = topology.by_name.get(device) {
                all.entry(*vertex).or_default().insert((duty, name));
            }
        };
        for record in &topology.model.functions {
            let name = standard(&record.function).0;
            for (duty, set) in [
                (Duty::Management, MANAGEMENT),
                (Duty::Interception, INTERCEPTION),
                (Duty::SubscriberData, SUBSCRIBER_DATA),
            ] {
                if set.contains(&name.as_str()) {
                    add(&record.device, duty, name.clone());
                }
            }
        }
        for record in &topology.model.interceptions {
            add(&record.device, Duty::Interception, record.part.trim().to_uppercase());
        }
        Self(all)
    }

    fn of_device(&self, vertex: u32, duty: Duty) -> Vec<String> {
        let ours = self.0.get(&vertex).into_iter().flatten().filter(|(one, _)| *one == duty);
        ours.map(|(_, name)| name.clone()).collect()
    }

    fn manages(&self, vertex: u32) -> bool {
        self.0.get(&vertex).is_some_and(|duties| duties.iter().any(|(duty, _)| *duty == Duty::Management))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_named_here_is_a_standard_one() {
        for name in SUBSCRIBER_DATA.iter().chain(MANAGEMENT).chain(INTERCEPTION) {
            assert_eq!(standard(name), ((*name).to_owned(), true));
        }
    }
}
