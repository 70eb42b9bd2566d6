//! How a network stands before anything happens: what hangs on one thing, and on how few.
//!
//! A [`Report`] holds what the other questions of [`scenario`](super) would have to be asked one by one for: single points of failure
//! with what each costs, by function; what each vendor, version, site, ... costs, which two cost more together, how few cost a
//! share; which sites' two paths have something in common; how concentrated the carriers are, by badge and by component; and what of the
//! demand the links can carry.
//!
//! Every list is the worst first, and bounded; what is left out is counted. Searches are bounded by steps, never by a clock, so that the
//! same network gives the same report; what a bound left open is counted as such. Pairs, and the fewest, are worked out where the
//! labels times the network are few enough ([`Bounds`]); [`overview`](super::overview()) of one kind has wider bounds.
//!
//! Wrong when and misses: as [`scenario`](super) says; a path is apart by what the tables state, and two things of which nothing
//! is stated share nothing.

mod apart;
mod capacity;
mod kinds;
mod paths;
mod points;
mod shares;
#[cfg(test)]
mod tests;

pub use apart::{Apartness, Redundant, Shared, SharedBy, redundant};
pub use capacity::{Served, Without};
pub use kinds::KindReport;
pub use points::{FunctionReport, Point, PointLoss};
pub use shares::{OneSupplier, RegionShares};

use super::{Error, Kind, Topology};
use crate::graph::each_label;

/// How far the searches of a report go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Records of each list that are kept; the others are counted.
    pub most: usize,
    /// Vertices and edges that a search for what two paths share may look at, for one function and one kind.
    pub looked_at: u64,
    /// Labels times vertices and edges up to which pairs of a kind are looked at; those of vendors always are, up to
    /// [`MOST_PAIRED`](super::MOST_PAIRED).
    pub paired: u64,
    /// Vertices and edges that the searches for the fewest labels may look at, for one function and one kind.
    pub fewest: u64,
    /// Vertices and edges that searches for a second path may look at, for one function and one kind; one search there always is.
    pub second: u64,
    /// Steps of the search for the least sets of labels that ways take up, for one function and one kind.
    pub least: u64,
    /// Vertices and edges that exact searches for a pair of paths without a common label may look at, for one function and one kind.
    pub exact: u64,
    /// Vertices and edges up to which it is worked out what links carry without the worst device, link and vendor.
    pub carried: u64,
}

impl Default for Bounds {
    /// A second or less for a hundred thousand devices.
    fn default() -> Self {
        Self {
            most: 1_000,
            looked_at: 1 << 28,
            paired: 1 << 22,
            fewest: 1 << 24,
            second: 1 << 23,
            least: 1 << 24,
            exact: 1 << 21,
            carried: 1 << 19,
        }
    }
}

/// How a network stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What is asked for, by name; one without a name where there are no demands.
    pub functions: Vec<FunctionReport>,
    /// Devices and links whose loss cuts others off, those that cost most first.
    pub points: Vec<Point>,
    /// How many devices, and how many links, are such points in all.
    pub points_in_all: [usize; 2],
    /// Each kind of label that the network states.
    pub kinds: Vec<KindReport>,
    /// Kinds of which it states none.
    pub silent: Vec<Kind>,
    /// By function and kind, which sites' paths are apart.
    pub apart: Vec<Apartness>,
    /// How concentrated carriers are by function, region and sensitivity; the most concentrated first.
    pub concentration: Vec<RegionShares>,
    /// Components that make several vendors one supplier; those that concentrate most first.
    pub suppliers: Vec<OneSupplier>,
    /// How many such components there are in all, of each function.
    pub suppliers_in_all: usize,
    /// Devices in service whose image's components are known.
    pub inspected: usize,
    /// What links carry of the demand, by function; empty where no demand states a bandwidth.
    pub capacity: Vec<Served>,
}

/// Kinds whose labels a report holds against each other. Not devices and links, which are its points; nor roles, functions and
/// vulnerabilities, which no path has to avoid; nor countries, which regions divide.
const BESIDE: [Kind; 6] =
    [Kind::Device, Kind::Link, Kind::Role, Kind::Function, Kind::Vulnerability, Kind::Country];

/// Works the report out. `percent`: the share of a function's subscribers that the fewest labels are to cut off.
pub fn report(topology: &Topology<'_>, percent: u8, bounds: &Bounds) -> Result<Report, Error> {
    let mut report = Report::default();
    let searches: Vec<paths::Search<'_>> =
        topology.asked.iter().map(|asked| paths::Search::new(topology, asked)).collect();
    points::tell(topology, bounds, &mut report)?;
    let bare = apart::bare(topology, &searches, bounds, &mut report)?;
    for (_, kind) in Kind::ALL.into_iter().filter(|(_, kind)| !BESIDE.contains(kind)) {
        let labels = topology.labels(kind);
        if labels.is_empty() {
            report.silent.push(kind);
            continue;
        }
        let numbered = topology.graph_labels(&labels)?;
        let common = paths::Common::of(&labels, &numbered);
        let losses = if kind == Kind::Region {
            // Every path leaves through the site's own region.
            let each =
                topology.asked.iter().map(|asked| each_label(&topology.graph, &numbered, &asked.service));
            each.collect::<Result<_, _>>()?
        } else {
            apart::tell(topology, &searches, kind, &common, &bare, bounds, &mut report)?
        };
        report.kinds.push(kinds::tell(topology, kind, &labels, &numbered, &losses, percent, bounds)?);
    }
    shares::tell(topology, bounds, &mut report);
    capacity::tell(topology, bounds, &mut report)?;
    Ok(report)
}
