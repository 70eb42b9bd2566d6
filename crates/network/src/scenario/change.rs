//! The network as a scenario leaves it, for regimes to be applied to.

use super::{Error, Resolved, Topology, Verb};
use banbury_evidence::model::Model;
use std::collections::HashSet;

/// The status of what is gone, which is not in service by every rule.
const GONE: &str = "decommissioned";

/// The model after a scenario: what is lost or banned is out of service, isolated parts have no links out, unsupported devices have no
/// support from the day before `as_of`. What an intruder holds is as it was. `None` where nothing of it changes.
pub fn changed(
    topology: &Topology<'_>,
    happens: &Resolved<'_>,
    day_before: &str,
) -> Result<Option<Model>, Error> {
    let mut gone: HashSet<&str> = HashSet::new();
    let mut unsupported: HashSet<&str> = HashSet::new();
    let mut links: HashSet<usize> = HashSet::new();
    for (event, label) in happens.events() {
        let (devices, edges) = topology.gone(event, label);
        let named = devices.iter().map(|vertex| topology.device(*vertex));
        match event.verb {
            Verb::Lose | Verb::Ban => gone.extend(named),
            Verb::Unsupported => unsupported.extend(named),
            Verb::Isolate => {}
            Verb::Compromise | Verb::Exploit => continue,
        }
        if event.verb != Verb::Unsupported {
            links.extend(edges.iter().filter_map(|edge| topology.link(*edge)));
        }
    }
    if gone.is_empty() && unsupported.is_empty() && links.is_empty() {
        return Ok(None);
    }
    let mut model = topology.model.clone();
    for device in &mut model.devices {
        if gone.contains(device.name.as_str()) {
            device.status = Some(GONE.to_owned());
        }
        // What ended earlier ended earlier.
        let goes_on = device.support_end.as_deref().is_none_or(|day| day > day_before);
        if goes_on && unsupported.contains(device.name.as_str()) {
            device.support_end = Some(day_before.to_owned());
        }
    }
    let mut number = 0;
    model.links.retain(|_| {
        number += 1;
        !links.contains(&(number - 1))
    });
    let structure = crate::structure::examine(&model)?;
    model.single_points = structure.single_points;
    model.cut_off = structure.cut_off;
    model.connected = structure.connected;
    Ok(Some(model))
}
