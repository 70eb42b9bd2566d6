//! GraphML, as the Internet Topology Zoo writes it: a node is a site with one device, an edge is a link.
//!
//! Attributes are found by their name (`label`, `Country`, `Latitude`, `LinkSpeedRaw`, ...). Labels that repeat are made
//! unique by the node's id; edges that run beside each other stay apart. Wrong when: one dot on an operator's map is
//! several devices in truth, as it mostly is. Misses: hyperedges, ports, nested graphs as such (their nodes are read as
//! the graph's own). A document type definition is refused. Source: graphml.graphdrawing.org; Knight et al., "The
//! Internet Topology Zoo", IEEE JSAC 29(9), 2011.

use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::rows::degrees;
use crate::table::{Column, Description, Head, Table};
use banbury_evidence::model::{self, Device, Link, Site, Source};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A GraphML graph.
pub(super) struct Graphml;

const fn column(name: &'static str, holds: &'static str) -> Column {
    Column { name, others: &[], required: false, holds }
}

const DESCRIPTION: Description = Description {
    name: "graphml",
    table: "graphml",
    title: "GraphML graph",
    columns: &[
        column("label", "node: name of the site and its device"),
        column("Country", "node: region"),
        column("Latitude", "node: degrees north"),
        column("Longitude", "node: degrees east"),
        column("Internal", "node: 0 when it belongs to another network"),
        column("hyperedge", "node: 1 when it stands for a place where lines meet"),
        column("LinkSpeedRaw", "edge: capacity in bit/s"),
        column("LinkSpeed", "edge: capacity in the unit of LinkSpeedUnits"),
        column("LinkSpeedUnits", "edge: K, M, G or T"),
        column("LinkLabel", "edge: capacity where it is written as one, such as 155 Mbps or STM-16"),
        column("LinkType", "edge: medium"),
    ],
    marks: &[],
    foreign: &[],
    closed: false,
    limits: &[
        "each node is one device, whatever stands there in truth",
        "capacities are whole Mbit/s: rounded, and 1 for less than 1",
        "links that the graph calls planned are read as links",
        "hyperedges, ports and directions are not read; a document type definition is refused",
        "at most 4,000,000 XML nodes",
    ],
    source: "GraphML 1.0, graphml.graphdrawing.org; attributes of the Internet Topology Zoo",
};

const MOST_XML_NODES: u32 = 4_000_000;

impl Table for Graphml {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn fit(&self, _name: &str, head: &Head) -> u32 {
        let start = head.bytes.get(..4096).unwrap_or(&head.bytes);
        let is_xml = start.trim_ascii_start().starts_with(b"<") || start.starts_with(b"\xef\xbb\xbf<");
        if is_xml && start.windows(8).any(|window| window == b"<graphml") { 2000 } else { 0 }
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        let text = String::from_utf8_lossy(input.bytes);
        let lines = Lines::new(&text, &input.name);
        if let Some(at) = std::str::from_utf8(input.bytes).err().map(|error| error.valid_up_to()) {
            let problem = lines.place(at).warning(Kind::Malformed, "the file is not UTF-8 from here on");
            draft.problem(problem.hint("save it as UTF-8; letters that are not are read as U+FFFD"));
        }
        let options = ParsingOptions { nodes_limit: MOST_XML_NODES, ..ParsingOptions::default() };
        match Document::parse_with_options(&text, options) {
            Ok(document) => Graph::new(&document, lines).read(draft),
            Err(error) => {
                let at = error.pos();
                let place = Place { file: input.name.clone(), line: at.row.into(), column: at.col.into() };
                let problem =
                    place.error(Kind::Malformed, format!("the XML cannot be read: {error}")).left_out();
                draft.problem(match error {
                    roxmltree::Error::DtdDetected => problem.hint("remove the document type definition"),
                    _ => problem,
                });
            }
        }
    }
}

/// Where lines start, so that a place costs no walk through the text.
struct Lines<'a> {
    text: &'a str,
    file: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, file: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        Self { text, file, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn line(&self, at: usize) -> u64 {
        self.starts.partition_point(|&start| start <= at) as u64
    }

    fn place(&self, at: usize) -> Place {
        let line = self.line(at);
        let start = self.starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0);
        let column = 1 + self.text.get(start..at).map_or(0, |before| before.chars().count()) as u64;
        Place { file: self.file.to_owned(), line, column }
    }
}

struct Graph<'a, 'input> {
    document: &'a Document<'input>,
    lines: Lines<'a>,
    /// Attribute names by the keys that `data` elements use.
    keys: HashMap<&'a str, &'a str>,
}

type Attributes<'a> = HashMap<&'a str, &'a str>;

/// A node of the graph.
struct Vertex<'a> {
    id: &'a str,
    label: String,
    at: usize,
    attributes: Attributes<'a>,
}

impl<'a, 'input> Graph<'a, 'input> {
    fn new(document: &'a Document<'input>, lines: Lines<'a>) -> Self {
        let keys = document.descendants().filter(|node| node.has_tag_name_any("key"));
        let keys = keys.filter_map(|key| Some((key.attribute("id")?, key.attribute("attr.name")?))).collect();
        Self { document, lines, keys }
    }

    fn read(self, draft: &mut Draft) {
        let mut table = model::Table {
            table: DESCRIPTION.table.to_owned(),
            file: self.lines.file.to_owned(),
            rows: 0,
            rejected: 0,
            attribution: self.attribution(),
            synthetic: None,
            missing: None,
        };
        let mut count = |taken: bool| if taken { table.rows += 1 } else { table.rejected += 1 };
        let mut vertices: Vec<Vertex<'a>> = Vec::new();
        let mut ids: HashMap<&str, usize> = HashMap::new();
        for node in self.elements("node") {
            match self.vertex(node, &ids) {
                Ok(vertex) => {
                    ids.insert(vertex.id, vertices.len());
                    vertices.push(vertex);
                }
                Err(problem) => {
                    draft.problem(problem);
                    count(false);
                }
            }
        }
        let names = unique_names(&vertices);
        let mut notes: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (vertex, name) in vertices.iter().zip(&names) {
            count(self.add_vertex(vertex, name, &mut notes, draft).is_some());
        }
        for (role, number) in notes {
            let what = match role {
                "external-node" => "belong to other networks (Internal = 0)",
                _ => "stand for a place where lines meet (hyperedge = 1)",
            };
            let message = format!("{number} of {} nodes {what}; their role is {role}", vertices.len());
            draft.problem(Place::file(self.lines.file).warning(Kind::Remark, message));
        }
        for edge in self.elements("edge") {
            match self.link(edge, &ids, &names) {
                Ok(link) => {
                    draft.add_link(link);
                    count(true);
                }
                Err(problem) => {
                    draft.problem(problem);
                    count(false);
                }
            }
        }
        draft.model.tables.push(table);
    }

    fn elements(&self, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
        self.document.descendants().filter(move |node| node.has_tag_name_any(name))
    }

    fn attributes(&self, node: Node<'a, 'input>) -> Attributes<'a> {
        let data = node.children().filter(|child| child.has_tag_name_any("data"));
        data.filter_map(|data| {
            let name = self.keys.get(data.attribute("key")?)?;
            let text = data.text().map(str::trim).filter(|text| !text.is_empty())?;
            Some((*name, text))
        })
        .collect()
    }

    fn vertex(&self, node: Node<'a, 'input>, ids: &HashMap<&str, usize>) -> Result<Vertex<'a>, Diagnostic> {
        let at = node.range().start;
        let place = self.lines.place(at);
        let Some(id) = node.attribute("id") else {
            return Err(place.error(Kind::Malformed, "the node has no id").left_out());
        };
        if ids.contains_key(id) {
            let message = format!("a second node has the id {}; the first is kept", quote(id));
            return Err(place.error(Kind::Conflict, message).left_out());
        }
        let attributes = self.attributes(node);
        let words = attributes.get("label").copied().unwrap_or_default().split_whitespace();
        let mut label = words.collect::<Vec<_>>().join(" ");
        if label.is_empty() {
            label = format!("node {id}");
        }
        Ok(Vertex { id, label, at, attributes })
    }

    fn add_vertex(
        &self,
        vertex: &Vertex<'_>,
        name: &str,
        notes: &mut BTreeMap<&'static str, u64>,
        draft: &mut Draft,
    ) -> Option<()> {
        let place = self.lines.place(vertex.at);
        let source = Source { file: self.lines.file.to_owned(), line: place.line };
        let mut angle = |column: &'static str, most| {
            let text = vertex.attributes.get(column)?;
            let value = degrees(text, most);
            if value.is_none() {
                let message = format!("{} cannot be read as {column}; taken as not stated", quote(text));
                draft.problem(place.error(Kind::Malformed, message));
            }
            value
        };
        let (latitude, longitude) = (angle("Latitude", 90.0), angle("Longitude", 180.0));
        let is = |attribute, value| vertex.attributes.get(attribute) == Some(&value);
        let role = if is("hyperedge", "1") {
            "junction"
        } else if is("Internal", "0") {
            "external-node"
        } else {
            "node"
        };
        if role != "node" {
            *notes.entry(role).or_default() += 1;
        }
        let site = Site {
            name: name.to_owned(),
            region: vertex.attributes.get("Country").map(|&country| country.to_owned()),
            country: vertex.attributes.get("Country").map(|&country| country.to_owned()),
            latitude,
            longitude,
            source: source.clone(),
            ..Site::default()
        };
        if let Err(problem) = draft.add(site, &place) {
            // The device below is the record; a site that is already described otherwise does not keep it out.
            draft.problem(Diagnostic { left_out: false, ..problem });
        }
        let device = Device {
            name: name.to_owned(),
            site: Some(name.to_owned()),
            role: Some(role.to_owned()),
            source,
            ..Device::default()
        };
        draft.add(device, &place).map_err(|problem| draft.problem(problem)).ok()
    }

    fn link(
        &self,
        edge: Node<'a, 'input>,
        ids: &HashMap<&str, usize>,
        names: &[String],
    ) -> Result<Link, Diagnostic> {
        let place = self.lines.place(edge.range().start);
        let end = |name: &str| {
            let Some(id) = edge.attribute(name) else {
                return Err(place.error(Kind::Malformed, format!("the edge has no {name}")).left_out());
            };
            ids.get(id).and_then(|&at| names.get(at)).cloned().ok_or_else(|| {
                let message = format!("the edge's {name} is {}, which is no node's id", quote(id));
                place.error(Kind::UnknownReference, message).left_out()
            })
        };
        let attributes = self.attributes(edge);
        Ok(Link {
            name: String::new(),
            a_device: end("source")?,
            b_device: end("target")?,
            medium: attributes.get("LinkType").map(|&medium| medium.to_owned()),
            capacity_mbps: capacity(&attributes),
            source: Source { file: self.lines.file.to_owned(), line: place.line },
            ..Link::default()
        })
    }

    /// Whom to name with the data, where the graph says so.
    fn attribution(&self) -> Option<String> {
        let graph = self.elements("graph").next()?;
        let attributes = self.attributes(graph);
        let get = |name| attributes.get(name).copied();
        let source = get("Source").map(|source| format!("; map from {source}")).unwrap_or_default();
        let creator = get("Creator")?;
        if creator.contains("Topology Zoo") {
            let network = get("Network").or(get("label")).unwrap_or("graph");
            return Some(format!(
                "{network}: The Internet Topology Zoo (S. Knight et al., University of Adelaide), CC BY 4.0{source}"
            ));
        }
        Some(format!("{creator}{source}"))
    }
}

/// Element names are compared without their namespace: files without one are common.
trait TagName {
    fn has_tag_name_any(&self, name: &str) -> bool;
}

impl TagName for Node<'_, '_> {
    fn has_tag_name_any(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// Each node's label; where a label repeats, with the node's id.
fn unique_names(vertices: &[Vertex<'_>]) -> Vec<String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    vertices.iter().for_each(|vertex| *times.entry(&vertex.label).or_default() += 1);
    let alone = |label: &str| times.get(label) == Some(&1);
    let mut taken: BTreeSet<String> =
        vertices.iter().filter(|vertex| alone(&vertex.label)).map(|vertex| vertex.label.clone()).collect();
    vertices
        .iter()
        .map(|vertex| {
            let mut name = vertex.label.clone();
            while !alone(&vertex.label) && !taken.insert(format!("{name} (id {})", vertex.id)) {
                name = format!("{name} (id {})", vertex.id);
            }
            if alone(&vertex.label) { name } else { format!("{name} (id {})", vertex.id) }
        })
        .collect()
}

/// The capacity in Mbit/s, from the most exact attribute that states it.
fn capacity(attributes: &Attributes<'_>) -> Option<u64> {
    let get = |name| attributes.get(name).copied();
    let raw = get("LinkSpeedRaw").and_then(|raw| raw.parse::<f64>().ok());
    let unit = || {
        let speed: f64 = get("LinkSpeed")?.parse().ok()?;
        Some(speed * multiplier(get("LinkSpeedUnits")?)?)
    };
    let bits = raw.or_else(unit).or_else(|| get("LinkLabel").and_then(labelled))?;
    // Above an exabit a second, or not above nothing, it is a slip.
    (bits > 0.0 && bits < 1e18).then(|| ((bits / 1e6).round() as u64).max(1))
}

fn multiplier(unit: &str) -> Option<f64> {
    match unit.to_ascii_uppercase().as_str() {
        "" => Some(1.0),
        "K" => Some(1e3),
        "M" => Some(1e6),
        "G" => Some(1e9),
        "T" => Some(1e12),
        _ => None,
    }
}

/// A capacity written as `155 Mbps`, `2.5 Gb/s`, `STM-16` or `OC-48c`, and nothing else.
fn labelled(label: &str) -> Option<f64> {
    let label = label.to_ascii_uppercase();
    if let Some(level) = label.strip_prefix("STM-") {
        return Some(level.parse::<u16>().ok().map(f64::from)? * 155.52e6);
    }
    if let Some(level) = label.strip_prefix("OC-") {
        return Some(level.trim_end_matches('C').parse::<u16>().ok().map(f64::from)? * 51.84e6);
    }
    let rate = ["BPS", "B/S", "BIT/S", "BITS/S"].iter().find_map(|unit| label.strip_suffix(unit))?;
    let digits = rate.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number = digits.trim();
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    Some(number * multiplier(rate.get(digits.len()..)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_are_read_only_where_they_are_exact() {
        let cases = [
            ("155 Mbps", Some(155e6)),
            ("2.5 Gb/s", Some(2.5e9)),
            ("10Gbps", Some(10e9)),
            ("STM-16", Some(16.0 * 155.52e6)),
            ("OC-192c", Some(192.0 * 51.84e6)),
            ("10-20Gbps", None),
            ("< 10 Mbps", None),
            ("2x10Gb/s", None),
            ("45 Mbps DS-3", None),
            ("Fibre", None),
        ];
        for (label, expected) in cases {
            assert_eq!(labelled(label), expected, "{label}");
        }
        assert_eq!(capacity(&HashMap::from([("LinkSpeedRaw", "64000.0")])), Some(1));
        assert_eq!(capacity(&HashMap::from([("LinkSpeed", "34"), ("LinkSpeedUnits", "M")])), Some(34));
        assert_eq!(capacity(&HashMap::from([("LinkSpeedRaw", "-5"), ("LinkLabel", "1 Gbps")])), None);
    }

    #[test]
    fn repeated_labels_are_told_apart_by_id() {
        let vertex =
            |id, label: &str| Vertex { id, label: label.to_owned(), at: 0, attributes: HashMap::new() };
        let vertices = [vertex("1", "A"), vertex("2", "B"), vertex("3", "A"), vertex("4", "A (id 1)")];
        assert_eq!(unique_names(&vertices), ["A (id 1) (id 1)", "B", "A (id 3)", "A (id 1)"]);
    }
}
