//! A scenario with what its events are about, looked up once.

use super::labels::Label;
use super::{Error, Event, Scenario, Topology};
use std::collections::BTreeSet;

/// A scenario whose names were found in a network.
pub struct Resolved<'s> {
    /// The scenario.
    pub scenario: &'s Scenario,
    /// By event, what it is about.
    pub(super) labels: Vec<Label>,
    /// All devices that are gone, ascending.
    pub(super) vertices: Vec<u32>,
    /// All links that are gone, ascending.
    pub(super) edges: Vec<u32>,
}

impl Resolved<'_> {
    /// The events, each with what it is about.
    pub(super) fn events(&self) -> impl Iterator<Item = (&Event, &Label)> {
        self.scenario.events.iter().zip(&self.labels)
    }
}

impl Topology<'_> {
    /// Finds what each event of a scenario is about. A name that nothing bears is told with the place of the scenario.
    pub fn resolve<'s>(&self, scenario: &'s Scenario) -> Result<Resolved<'s>, Error> {
        let placed = |error: Error| match &scenario.at {
            Some(place) => Error::At { place: place.clone(), source: Box::new(error) },
            None => error,
        };
        let found: Result<Vec<Label>, Error> = scenario.events.iter().map(|event| self.find(event)).collect();
        let labels = found.map_err(placed)?;
        let (mut vertices, mut edges) = (BTreeSet::new(), BTreeSet::new());
        for (event, label) in scenario.events.iter().zip(&labels) {
            let (devices, links) = self.gone(event, label);
            vertices.extend(devices);
            edges.extend(links);
        }
        Ok(Resolved {
            scenario,
            labels,
            vertices: vertices.into_iter().collect(),
            edges: edges.into_iter().collect(),
        })
    }
}
