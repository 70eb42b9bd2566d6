//! What stands one step away from what an intruder holds.

use super::labels::folded;
use super::{Error, Kind, Scenario, Topology};
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
    /// Segments of what is held of which it is stated that what happens in them stays there.
    pub contained: Vec<String>,
    /// Devices held of which no segment is stated: what they reach on the management plane is not known.
    pub without_segment: usize,
    /// Devices held or reached that manage others, by name.
    pub management: Vec<String>,
    /// Devices held or reached that take part in lawful interception.
    pub interception: Vec<String>,
    /// Devices held or reached that keep subscribers' data or keys.
    pub subscriber_data: Vec<String>,
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

/// What an intruder reaches who holds all that the hostile events of a scenario name. `None` where no event is hostile.
pub fn reach(topology: &Topology<'_>, scenario: &Scenario) -> Result<Option<Reach>, Error> {
    let mut held: BTreeSet<u32> = BTreeSet::new();
    let mut is_hostile = false;
    for event in scenario.events.iter().filter(|event| event.verb.is_hostile()) {
        is_hostile = true;
        held.extend(topology.find(event)?.devices);
    }
    if !is_hostile {
        return Ok(None);
    }
    let mut found = Reach {
        held: held.iter().map(|vertex| topology.device(*vertex).to_owned()).collect(),
        ..Reach::default()
    };
    let mut within = held.clone();
    for vertex in &held {
        within.extend(topology.graph.arcs(*vertex).iter().map(|arc| arc.to));
    }
    found.linked = within.len() - held.len();
    let contained: HashSet<String> = topology
        .model
        .segments
        .iter()
        .filter(|segment| segment.contained == Some(true))
        .map(|segment| folded(&segment.name))
        .collect();
    let mut placed: HashSet<u32> = HashSet::new();
    for label in topology.labels(Kind::Segment) {
        let ours = label.devices.iter().filter(|vertex| held.contains(vertex)).count();
        if ours == 0 {
            continue;
        }
        placed.extend(label.devices.iter().filter(|vertex| held.contains(vertex)));
        if contained.contains(&folded(&label.name)) {
            found.contained.push(label.name.clone());
        }
        found.segments.insert(label.name.clone(), label.devices.len() - ours);
        within.extend(&label.devices);
    }
    found.without_segment = held.iter().filter(|vertex| !placed.contains(vertex)).count();
    let mut functions: HashMap<&str, Vec<String>> = HashMap::new();
    for record in &topology.model.functions {
        functions.entry(&record.device).or_default().push(standard(&record.function).0);
    }
    let intercepts: HashSet<&str> =
        topology.model.interceptions.iter().map(|record| record.device.as_str()).collect();
    for vertex in &within {
        let name = topology.device(*vertex);
        let carries = |set: &[&str]| {
            functions.get(name).into_iter().flatten().any(|function| set.contains(&function.as_str()))
        };
        let lists = [
            (carries(MANAGEMENT), &mut found.management),
            (carries(INTERCEPTION) || intercepts.contains(name), &mut found.interception),
            (carries(SUBSCRIBER_DATA), &mut found.subscriber_data),
        ];
        for (fits, list) in lists {
            if fits {
                list.push(name.to_owned());
            }
        }
    }
    for list in [&mut found.held, &mut found.management, &mut found.interception, &mut found.subscriber_data]
    {
        list.sort_unstable();
    }
    Ok(Some(found))
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
