//! Scenarios: what is lost, or within reach of an intruder, when something happens to a network.
//!
//! Pure: a [`Topology`] is made of a model (and of what else is known of its devices, such as the components of their images); a
//! [`Scenario`] names what happens, to everything that has one property in common ([`Kind`]): a vendor, a product, a site. An
//! [`Answer`] says what that costs, an [`Overview`] holds all properties of one kind against each other.
//!
//! **Lost.** Devices in service and their links are a graph. For each function that demands name, its carriers are the roots: a
//! demand is served while a device of its site is connected to a carrier. Where the case has no demands, a site with subscribers
//! is served while one of its devices is in the largest remaining part of what was one part before (most devices; of equals the one with
//! the device that comes first in the tables). Subscribers of a site that loses several functions count
//! once: as many as the largest of these demands has. Wrong when: links are missing from the tables; a site's demand is served by
//! connectivity alone, whatever its capacity.
//!
//! **Within reach of an intruder**: step by step ([`reach`]).
//!
//! **Carried**: what links' capacities leave of what is connected ([`capacity`]). **Cascades**: links that are overloaded fail
//! ([`cascade`]). **By chance**: independent failures ([`chances`]).
//!
//! Misses: routing policy; that a function's carriers may not take each other's place.

mod answer;
mod capacity;
mod cascade;
mod chance;
mod change;
mod failures;
mod labels;
mod overview;
mod reach;
mod remedy;
mod resolved;
mod spec;
pub mod structure;
mod topology;

pub use answer::{Answer, FunctionLoss, Replacement, SiteLoss, answer, counted, grouped};
pub use capacity::{Capacity, Carried, Figures, Traffic, capacity};
pub use cascade::{Cascade, Round, cascade};
pub use chance::{Chances, FEWEST_DRAWS, FunctionChance, MOST_DRAWS, Mean, Proportion, SiteChance, chances};
pub use change::changed;
pub use failures::{Failure, Sources};
pub use labels::Label;
pub use overview::{Cost, Fewest, MOST_PAIRED, Overview, Pair, Shares, overview};
pub use reach::{Met, Reach, reach};
pub use remedy::{Remedy, Step};
pub use resolved::Resolved;
pub use spec::{Event, Kind, MOST_BYTES, Scenario, Verb, parse_table};
pub use topology::{Extra, Misspelt, Topology};

/// What cannot be a scenario of this network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The graph cannot be made or asked.
    #[error(transparent)]
    Graph(#[from] crate::graph::Error),
    /// Nothing in the network has this name.
    #[error("no {kind} of anything in service is called {name:?}{hint}")]
    Unknown {
        /// The kind of property.
        kind: &'static str,
        /// The name.
        name: String,
        /// What may be meant, or what there is.
        hint: String,
    },
    /// A file of scenarios that is none by its size.
    #[error("{file}: longer than a megabyte, which is more than a file of scenarios has")]
    TooLong {
        /// The file.
        file: String,
    },
    /// What is wrong with a scenario of a file.
    #[error("{place}: {source}")]
    At {
        /// File and line.
        place: String,
        /// What is wrong.
        source: Box<Error>,
    },
    /// What happens is not written as it has to be.
    #[error("{text:?}: {why}")]
    Written {
        /// What was written.
        text: String,
        /// What is wrong, and how to write it.
        why: String,
    },
}

#[cfg(test)]
mod tests;
