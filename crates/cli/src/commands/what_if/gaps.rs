//! What keeps the answers from being whole.

use banbury_network::scenario::{self, Topology};

/// Names that are told one by one.
const NAMES: usize = 5;

/// What the answers lean on and the case does not have.
pub(super) fn of(topology: &Topology<'_>, model: &banbury_evidence::model::Model) -> Vec<String> {
    let mut gaps = Vec::new();
    let (devices, links) = topology.size();
    if links == 0 {
        gaps.push(
            "there are no links between devices in service: nothing is known to be connected".to_owned(),
        );
    }
    if !topology.is_asked_for() {
        gaps.push(
            "nobody asks for anything: no subscribers are stated, so losses are told in sites and devices"
                .to_owned(),
        );
    }
    if model.demands.is_empty() {
        gaps.push(
            "no demands were imported: a site counts as served while it is in the largest remaining part of its network; of equal \
             parts the one with the device that comes first in the tables"
                .to_owned(),
        );
    }
    let bare = topology.functions_without_carrier();
    if !bare.is_empty() {
        gaps.push(format!("no device in service carries what is asked for: {}", bare.join(", ")));
    }
    let counted = [
        (topology.without_subscribers(), "of which no subscribers are stated count as none", true),
        (topology.demands_elsewhere(), "at sites that no table has are left out", false),
        (topology.unserved(), "that nothing serves before anything happens cannot be lost", true),
    ];
    for (count, what, of_sites) in counted {
        if count > 0 {
            let who = if of_sites && model.demands.is_empty() { "site" } else { "demand" };
            gaps.push(format!("{} {what}", scenario::counted(count as u64, who)));
        }
    }
    let apart = model.devices.len().saturating_sub(devices);
    if apart > 0 {
        gaps.push(format!(
            "records of devices that are not in service, or stand twice, are left out: {apart}"
        ));
    }
    let apart = model.links.len().saturating_sub(links);
    if apart > 0 {
        gaps.push(format!("links with an end that is not in service are left out: {apart}"));
    }
    let loops = topology.loops();
    if loops > 0 {
        let links = scenario::counted(loops as u64, "link");
        let verb = if loops == 1 {
            "leads from a device to itself: it connects"
        } else {
            "lead from a device to itself: they connect"
        };
        gaps.push(format!(
            "{links} {verb} nothing; correct the ends in the table of links where that is a slip"
        ));
    }
    let misspelt = topology.misspelt();
    for one in misspelt.iter().take(NAMES) {
        let records = scenario::counted(one.records as u64, "record");
        gaps.push(format!(
            "{:?} is not joined, in {records} of a {}: names are compared as they stand, and what there is, is {:?}",
            one.name, one.what, one.meant
        ));
    }
    if misspelt.len() > NAMES {
        gaps.push(format!("further names that differ by case alone: {}", misspelt.len() - NAMES));
    }
    gaps
}
