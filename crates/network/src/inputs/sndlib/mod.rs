//! SNDlib's networks, in the native form and as XML: a node is a site with one device, a link is a link, and a demand is
//! traffic that its two sites ask of the transport network.
//!
//! The model's demands are a site's, and SNDlib's are between two: each site's demands are added up, those that start there
//! and those that end there, under the function `TRANSPORT`, which every node carries. Capacities and demands are taken
//! over where the file says that its unit is Mbit/s; else they are numbers without a unit, and are told and left. A link's
//! capacity is what is installed; modules are what could be. Wrong when: one node is several devices in truth. Misses: who
//! talks to whom, costs, modules, admissible paths, directions. Source: sndlib.zib.de, "Input and output formats"; Orlowski
//! et al., "SNDlib 1.0: Survivable Network Design Library", Networks 55(3), 2010.

mod native;
mod xml;

use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::table::{Column, Description, Head, Table};
use banbury_evidence::model::{self, Demand, Device, Function, Link, Site, Source};
use std::collections::{BTreeMap, HashMap};

/// A form of SNDlib's networks.
pub(super) struct Sndlib {
    description: &'static Description,
    read: fn(&Input<'_>, &mut Draft) -> Network,
    fits: fn(&[u8]) -> bool,
}

/// The native form.
pub(super) static NATIVE: Sndlib = Sndlib { description: &AS_TEXT, read: native::read, fits: native::fits };

/// The XML form.
pub(super) static XML: Sndlib = Sndlib { description: &AS_XML, read: xml::read, fits: xml::fits };

const fn column(name: &'static str, holds: &'static str) -> Column {
    Column { name, others: &[], required: false, holds }
}

const LIMITS: &[&str] = &[
    "each node is one device, whatever stands there in truth",
    "who talks to whom is not kept: each site has the sum of the demands that start or end there",
    "capacities and demands are read where the unit is MBITPERSEC; without a unit they are not",
    "a link's capacity is what is installed; modules, costs, hop limits, admissible paths and directions are not read",
];

const SOURCE: &str = "sndlib.zib.de, input and output formats, version 1.0";

const AS_TEXT: Description = Description {
    name: "sndlib",
    table: "sndlib",
    title: "SNDlib network",
    columns: &[
        column("META unit", "unit of capacities and demands: MBITPERSEC"),
        column("NODES", "id ( longitude latitude )"),
        column("LINKS", "id ( source target ) installed-capacity costs ( modules )"),
        column("DEMANDS", "id ( source target ) routing-unit value hop-limit"),
    ],
    marks: &[],
    foreign: &[],
    closed: false,
    limits: LIMITS,
    source: SOURCE,
};

const AS_XML: Description = Description {
    name: "sndlib-xml",
    table: "sndlib",
    title: "SNDlib network as XML",
    columns: &[
        column("meta/unit", "unit of capacities and demands: MBITPERSEC"),
        column("node", "id, coordinates x (longitude) and y (latitude)"),
        column("link", "id, source, target, preInstalledModule/capacity"),
        column("demand", "id, source, target, routingUnit, demandValue"),
    ],
    marks: &[],
    foreign: &[],
    closed: false,
    limits: LIMITS,
    source: SOURCE,
};

/// The function that a transport network's nodes carry.
const TRANSPORT: &str = "TRANSPORT";

/// What a file holds, as far as it could be read.
#[derive(Default)]
struct Network {
    nodes: Vec<Node>,
    links: Vec<Line>,
    demands: Vec<Line>,
    unit: Option<String>,
    /// Whether coordinates are places on a drawing and no longitudes and latitudes.
    drawn: bool,
    synthetic: Option<String>,
    /// Records that could not be read, each of which was told, by the table they belong to.
    rejected: BTreeMap<&'static str, u64>,
    /// Links that have modules and nothing installed.
    modules_alone: u64,
}

struct Node {
    id: String,
    position: Option<(f64, f64)>,
    place: Place,
}

/// A link with its capacity, or a demand with its traffic.
struct Line {
    id: String,
    ends: [String; 2],
    amount: Option<f64>,
    place: Place,
}

/// The table that a section's or an element's records belong to.
fn table_of(section: &str) -> &'static str {
    match section {
        "LINKS" | "link" => "links",
        "DEMANDS" | "demand" => "demands",
        _ => "devices",
    }
}

impl Table for Sndlib {
    fn describe(&self) -> &'static Description {
        self.description
    }

    fn fit(&self, _name: &str, head: &Head) -> u32 {
        if (self.fits)(head.bytes.get(..4096).unwrap_or(&head.bytes)) { 2000 } else { 0 }
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        let network = (self.read)(input, draft);
        network.add(input, draft);
    }
}

impl Network {
    fn add(self, input: &Input<'_>, draft: &mut Draft) {
        let unit = self.unit.as_deref().map(str::to_ascii_uppercase);
        let known = matches!(unit.as_deref(), Some("MBITPERSEC" | "MBPS" | "MBIT/S"));
        let mut counts: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
        for (table, rejected) in &self.rejected {
            counts.entry(table).or_default().1 += rejected;
        }
        let mut count = |table, taken: bool| {
            let counted = counts.entry(table).or_default();
            if taken { counted.0 += 1 } else { counted.1 += 1 }
        };

        let mut nodes: HashMap<&str, ()> = HashMap::new();
        for node in &self.nodes {
            if nodes.insert(&node.id, ()).is_some() {
                let message = format!("a second node has the id {}; the first is kept", quote(&node.id));
                draft.problem(node.place.error(Kind::Conflict, message).left_out());
                count("devices", false);
                continue;
            }
            count("devices", self.node(node, draft));
            let function = Function {
                device: node.id.clone(),
                function: TRANSPORT.to_owned(),
                source: source(&node.place),
            };
            count("functions", keep(draft.add(function, &node.place), draft));
        }
        for link in &self.links {
            let mut taken = false;
            if self.ends_known(link, "link", &nodes, draft) {
                draft.add_link(Link {
                    name: link.id.clone(),
                    a_device: link.ends[0].clone(),
                    b_device: link.ends[1].clone(),
                    capacity_mbps: link.amount.filter(|_| known).and_then(whole),
                    source: source(&link.place),
                    ..Link::default()
                });
                taken = true;
            }
            count("links", taken);
        }
        let mut sums: BTreeMap<&str, (f64, &Place)> = BTreeMap::new();
        for demand in &self.demands {
            let taken = self.ends_known(demand, "demand", &nodes, draft);
            count("demands", taken);
            if taken {
                for end in &demand.ends {
                    sums.entry(end).or_insert((0.0, &demand.place)).0 += demand.amount.unwrap_or(0.0);
                }
            }
        }
        for (site, (sum, place)) in sums {
            let demand = Demand {
                site: site.to_owned(),
                function: TRANSPORT.to_owned(),
                subscribers: None,
                mbps: Some(sum).filter(|_| known).and_then(whole),
                source: source(place),
            };
            keep(draft.add(demand, place), draft);
        }
        self.tell(input, known, draft);
        if self.nodes.is_empty() && self.rejected.is_empty() {
            let problem = Place::file(&input.name).error(Kind::Malformed, "the network has no node");
            draft.problem(problem.hint("the file may have been cut: fetch it again").left_out());
        }
        draft.model.tables.extend(counts.into_iter().map(|(table, (rows, rejected))| model::Table {
            table: table.to_owned(),
            file: input.name.clone(),
            rows,
            rejected,
            attribution: None,
            synthetic: self.synthetic.clone(),
            missing: None,
        }));
    }

    /// Whether the device of a node is in the model now.
    fn node(&self, node: &Node, draft: &mut Draft) -> bool {
        let on_earth = |&(x, y): &(f64, f64)| x.abs() <= 180.0 && y.abs() <= 90.0;
        let position = node.position.filter(|_| !self.drawn);
        if position.is_some_and(|position| !on_earth(&position)) {
            let message = "the coordinates are no longitude and latitude; taken as not stated";
            draft.problem(node.place.error(Kind::Malformed, message));
        }
        let position = position.filter(on_earth);
        let site = Site {
            name: node.id.clone(),
            longitude: position.map(|(x, _)| x),
            latitude: position.map(|(_, y)| y),
            source: source(&node.place),
            ..Site::default()
        };
        if let Err(problem) = draft.add(site, &node.place) {
            // The device is the record; a site that is already described otherwise does not keep it out.
            draft.problem(Diagnostic { left_out: false, ..problem });
        }
        let device = Device {
            name: node.id.clone(),
            site: Some(node.id.clone()),
            role: Some("node".to_owned()),
            source: source(&node.place),
            ..Device::default()
        };
        keep(draft.add(device, &node.place), draft)
    }

    fn ends_known(&self, line: &Line, what: &str, nodes: &HashMap<&str, ()>, draft: &mut Draft) -> bool {
        let Some(end) = line.ends.iter().find(|end| !nodes.contains_key(end.as_str())) else { return true };
        let message = format!("the {what} {} ends at {}, which is no node's id", quote(&line.id), quote(end));
        draft.problem(line.place.error(Kind::UnknownReference, message).left_out());
        false
    }

    fn tell(&self, input: &Input<'_>, known: bool, draft: &mut Draft) {
        let amounts = self.links.iter().chain(&self.demands).filter(|line| line.amount.is_some()).count();
        if !known && amounts > 0 {
            let unit =
                self.unit.as_ref().map_or("no unit".to_owned(), |unit| format!("the unit {}", quote(unit)));
            let message =
                format!("the file states {unit}, so {amounts} capacities and demands are not taken over");
            let hint = "where they are Mbit/s in truth, say so in its meta data: unit = MBITPERSEC";
            draft.problem(Place::file(&input.name).warning(Kind::Remark, message).hint(hint));
        }
        if self.modules_alone > 0 {
            let message = format!(
                "links that have modules to choose from and nothing installed, so no capacity: {}",
                self.modules_alone
            );
            draft.problem(Place::file(&input.name).warning(Kind::Remark, message));
        }
        if self.drawn {
            let message = "the coordinates are places on a drawing, and not taken over";
            draft.problem(Place::file(&input.name).warning(Kind::Remark, message));
        }
    }
}

fn keep(added: Result<(), Diagnostic>, draft: &mut Draft) -> bool {
    added.map_err(|problem| draft.problem(problem)).is_ok()
}

fn source(place: &Place) -> Source {
    Source { file: place.file.clone(), line: place.line }
}

/// Whole Mbit/s, at least 1; nothing where nothing is stated, or more than any network carries.
fn whole(amount: f64) -> Option<u64> {
    (amount > 0.0 && amount < 1e12).then(|| (amount.round() as u64).max(1))
}
