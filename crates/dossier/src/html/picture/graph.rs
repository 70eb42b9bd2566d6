use crate::html::anchors::Anchors;
use crate::html::spoken::Spoken;
use crate::report::CaseReport;
use banbury_evidence::{Verdict, model::Site};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Devices above which boxes give numbers alone.
pub(super) const DEVICES: usize = 300;
/// Sites above which boxes are regions.
pub(super) const SITES: usize = 400;
/// Boxes above which there is no picture.
pub(super) const BOXES: usize = 400;
/// Manufacturers that have a mark of their own.
const VENDORS: usize = 24;

/// What the picture shows.
pub(super) struct Graph {
    pub level: Level,
    pub boxes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub vendors: Vec<Vendor>,
    /// Manufacturers without a mark.
    pub unnamed: usize,
    /// Links with an end that is no device of the model.
    pub dangling: usize,
    /// Links inside one box.
    pub inner: usize,
}

/// How fine the picture is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Devices,
    Sites,
    Regions,
}

impl Level {
    pub fn boxes(self) -> &'static str {
        if self == Self::Regions { "regions" } else { "sites" }
    }
}

/// A box: a site or region.
pub(super) struct Node {
    pub title: String,
    pub subtitle: String,
    pub href: Option<String>,
    pub sensitive: bool,
    /// The verdict about the site itself.
    pub verdict: Option<Verdict>,
    pub rows: Vec<Row>,
    /// Verdicts of its devices, where they are not shown one by one.
    pub tally: Vec<(Verdict, usize)>,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    pub core: bool,
    pub columns: usize,
    pub column_width: f64,
    pub width: f64,
    pub height: f64,
    /// Centre.
    pub x: f64,
    pub y: f64,
}

/// A device in a box.
pub(super) struct Row {
    pub name: String,
    pub title: String,
    pub href: Option<String>,
    pub core: bool,
    pub verdict: Option<Verdict>,
    pub vendor: Option<usize>,
}

/// Links between two boxes.
pub(super) struct Edge {
    pub a: usize,
    pub b: usize,
    pub count: usize,
    pub single: bool,
    /// The first of them.
    pub names: Vec<String>,
}

/// Links of one line that are named.
pub(super) const NAMES: usize = 12;

/// A manufacturer and its mark.
pub(super) struct Vendor {
    pub name: String,
    pub letter: String,
    pub shape: usize,
    pub devices: u64,
}

impl Graph {
    /// Of a report by itself.
    #[cfg(test)]
    pub fn alone(report: &CaseReport) -> Self {
        let spoken = Spoken::of(report);
        Self::of(report, &Anchors::of(report, &spoken), &spoken)
    }

    pub fn of(report: &CaseReport, anchors: &Anchors, spoken: &Spoken<'_>) -> Self {
        let model = &report.model;
        let sites: BTreeMap<&str, &Site> =
            model.sites.iter().map(|site| (site.name.as_str(), site)).collect();
        let mut names: BTreeSet<&str> = sites.keys().copied().collect();
        names.extend(model.devices.iter().map(|device| device.site.as_deref().unwrap_or_default()));
        let level = if names.len() > SITES {
            Level::Regions
        } else if model.devices.len() > DEVICES {
            Level::Sites
        } else {
            Level::Devices
        };
        let (vendors, unnamed) = vendors(report);
        let worst = |name: &str| spoken.worst(name);

        // The box of each site, by the site's name.
        let mut boxes: Vec<Node> = Vec::new();
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        let mut box_of_site: HashMap<&str, usize> = HashMap::new();
        let mut subscribers: Vec<u64> = Vec::new();
        for name in names {
            let site = sites.get(name).copied();
            let key = match level {
                Level::Regions => site.and_then(|site| site.region.clone()).unwrap_or_default(),
                _ => name.to_owned(),
            };
            let at = *index.entry(key.clone()).or_insert_with(|| {
                let place = site.and_then(|site| Some((site.latitude?, site.longitude?)));
                let href = anchors.site(name).map(str::to_owned);
                boxes.push(Node::new(
                    key,
                    href,
                    place,
                    (level != Level::Regions).then(|| worst(name)).flatten(),
                ));
                subscribers.push(0);
                boxes.len() - 1
            });
            box_of_site.insert(name, at);
            if let (Some(node), Some(site)) = (boxes.get_mut(at), site) {
                node.sensitive |= site.sensitive == Some(true);
                if let Some(total) = subscribers.get_mut(at) {
                    *total = total.saturating_add(site.subscribers.unwrap_or(0));
                }
            }
        }

        let sensitive = sensitive_devices(report);
        let mut box_of_device: HashMap<&str, usize> = HashMap::new();
        let mut counts: Vec<usize> = vec![0; boxes.len()];
        for device in &model.devices {
            let Some(at) = box_of_site.get(device.site.as_deref().unwrap_or_default()).copied() else {
                continue;
            };
            // A name that stands twice is one device.
            if box_of_device.insert(&device.name, at).is_some() {
                continue;
            }
            let Some(node) = boxes.get_mut(at) else { continue };
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
            let core = sensitive.contains(device.name.as_str());
            node.core |= core;
            let verdict = worst(&device.name);
            if level != Level::Devices {
                node.count(verdict);
                continue;
            }
            let words = [
                device.role.as_deref().unwrap_or("role not stated"),
                device.manufacturer.as_deref().unwrap_or("manufacturer not stated"),
                device.device_type.as_deref().unwrap_or("type not stated"),
            ];
            let mut title = format!("{}: {}", device.name, words.join(", "));
            if core {
                title.push_str("; sensitive function");
            }
            title.push_str("; verdict: ");
            title.push_str(verdict.map_or("none", Verdict::as_str));
            node.rows.push(Row {
                name: device.name.clone(),
                title,
                href: anchors.device(&device.name).map(str::to_owned),
                core,
                verdict,
                vendor: device
                    .manufacturer
                    .as_deref()
                    .and_then(|name| vendors.iter().position(|vendor| vendor.name == name)),
            });
        }
        for ((node, count), served) in boxes.iter_mut().zip(counts).zip(subscribers) {
            node.finish(level, count, served);
        }
        let (edges, dangling, inner) = edges(report, &box_of_device);
        Self { level, boxes, edges, vendors, unnamed, dangling, inner }
    }
}

fn edges(report: &CaseReport, boxes: &HashMap<&str, usize>) -> (Vec<Edge>, usize, usize) {
    let single: HashSet<&str> = report
        .model
        .single_points
        .iter()
        .filter(|point| point.kind == "link")
        .map(|point| point.name.as_str())
        .collect();
    let mut between: BTreeMap<(usize, usize), Edge> = BTreeMap::new();
    let (mut dangling, mut inner) = (0, 0);
    for link in &report.model.links {
        let ends = (boxes.get(link.a_device.as_str()), boxes.get(link.b_device.as_str()));
        let (Some(a), Some(b)) = ends else {
            dangling += 1;
            continue;
        };
        if a == b {
            inner += 1;
            continue;
        }
        let (a, b) = (*a.min(b), *a.max(b));
        let edge = between.entry((a, b)).or_insert_with(|| Edge {
            a,
            b,
            count: 0,
            single: false,
            names: Vec::new(),
        });
        edge.count += 1;
        edge.single |= single.contains(link.name.as_str());
        if edge.names.len() < NAMES {
            edge.names.push(format!("{} to {}", link.a_device, link.b_device));
        }
    }
    (between.into_values().collect(), dangling, inner)
}

/// Devices whose functions are sensitive in every source that ranks them: 5G and 4G core, lawful intercept, management
/// and virtualisation (NCSC advice 2020; EU coordinated risk assessment 2019; 3GPP TS 23.501). Access and transport
/// are ranked lower and are not marked.
fn sensitive_devices(report: &CaseReport) -> BTreeSet<&str> {
    const FUNCTIONS: &[&str] = &[
        "5G-EIR", "AAA", "ADMF", "AF", "AMF", "AUSF", "BSF", "CHF", "DRA", "EIR", "EMS", "GMLC", "HLR",
        "HSS", "LIPF", "LMF", "MANO", "MDF2", "MDF3", "MME", "N3IWF", "NEF", "NFVI", "NFVO", "NMS", "NRF",
        "NSSAAF", "NSSF", "NWDAF", "OSS", "PCF", "PCRF", "PGW", "PGW-C", "PGW-U", "SCP", "SDN-C", "SEPP",
        "SGW", "SGW-C", "SGW-U", "SMF", "SMSF", "TNGF", "UCMF", "UDM", "UDR", "UDSF", "UPF", "VIM", "VNFM",
        "W-AGF",
    ];
    let carried = report.model.functions.iter().filter(|record| {
        let name = record.function.to_ascii_uppercase();
        FUNCTIONS.binary_search(&name.as_str()).is_ok()
    });
    let mut devices: BTreeSet<&str> = carried.map(|record| record.device.as_str()).collect();
    devices.extend(
        report
            .model
            .interceptions
            .iter()
            .filter(|record| ["ADMF", "LIPF", "MDF2", "MDF3"].contains(&record.part.as_str()))
            .map(|record| record.device.as_str()),
    );
    devices
}

/// The manufacturers, the commonest first, each with a letter of its name that no other has.
fn vendors(report: &CaseReport) -> (Vec<Vendor>, usize) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for device in &report.model.devices {
        if let Some(name) = device.manufacturer.as_deref() {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut sorted: Vec<(&str, u64)> = counts.into_iter().collect();
    sorted.sort_by_key(|(name, devices)| (std::cmp::Reverse(*devices), *name));
    let unnamed = sorted.len().saturating_sub(VENDORS);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let vendors = sorted.into_iter().take(VENDORS).enumerate().map(|(index, (name, devices))| {
        let letters = name
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_uppercase().to_string());
        let number = (index + 1).to_string();
        let letter = letters.chain([number]).find(|letter| !taken.contains(letter)).unwrap_or_default();
        taken.insert(letter.clone());
        Vendor { name: name.to_owned(), letter, shape: index % 6, devices }
    });
    (vendors.collect(), unnamed)
}

/// Sizes in the picture's units, which are CSS pixels.
pub(super) const ROW: f64 = 19.0;
pub(super) const HEAD: f64 = 40.0;
pub(super) const PAD: f64 = 9.0;
/// Characters of a device's name that are drawn; the whole name is in its title and its entry.
pub(super) const LABEL: usize = 22;
pub(super) const TITLE: usize = 30;

impl Node {
    fn new(title: String, href: Option<String>, place: Option<(f64, f64)>, verdict: Option<Verdict>) -> Self {
        Self {
            title: if title.is_empty() { "Not stated".to_owned() } else { title },
            subtitle: String::new(),
            href,
            sensitive: false,
            verdict,
            rows: Vec::new(),
            tally: Vec::new(),
            place,
            core: false,
            columns: 1,
            column_width: 0.0,
            width: 0.0,
            height: 0.0,
            x: 0.0,
            y: 0.0,
        }
    }

    fn count(&mut self, verdict: Option<Verdict>) {
        let Some(verdict) = verdict else { return };
        match self.tally.iter_mut().find(|(known, _)| *known == verdict) {
            Some((_, count)) => *count += 1,
            None => self.tally.push((verdict, 1)),
        }
        self.tally.sort_unstable();
    }

    fn finish(&mut self, level: Level, devices: usize, subscribers: u64) {
        use crate::html::numbers::{count, grouped};
        let mut parts = Vec::new();
        if level != Level::Devices || devices == 0 {
            parts.push(count(devices, "device", "devices"));
        }
        if subscribers > 0 {
            parts.push(format!("{} subscribers", grouped(subscribers)));
        }
        if parts.is_empty() {
            parts.push(count(devices, "device", "devices"));
        }
        self.subtitle = parts.join(", ");
        // The core first, then by verdict, then by name: what matters is read first.
        self.rows.sort_by(|a, b| (!a.core, &a.name).cmp(&(!b.core, &b.name)));
        self.columns = self.rows.len().div_ceil(8).max(1);
        let letters = self.rows.iter().map(|row| row.name.chars().count().min(LABEL)).max().unwrap_or(0);
        self.column_width = letters as f64 * 6.9 + 46.0;
        let head = self.title.chars().count().min(TITLE) as f64 * 7.6 + 34.0;
        let below = self.subtitle.chars().count() as f64 * 6.2;
        let tally = self.tally.len() as f64 * 44.0;
        self.width = (self.columns as f64 * self.column_width).max(head).max(below).max(tally) + 2.0 * PAD;
        self.column_width = (self.width - 2.0 * PAD) / self.columns as f64;
        let lines = self.rows.len().div_ceil(self.columns).max(usize::from(!self.tally.is_empty()));
        self.height = HEAD + lines as f64 * ROW + if lines > 0 { PAD } else { 2.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn every_device_and_link_is_accounted_for() {
        let report = sample::island();
        let graph = Graph::alone(&report);
        assert_eq!(graph.boxes.iter().map(|node| node.rows.len()).sum::<usize>(), report.model.devices.len());
        let drawn: usize = graph.edges.iter().map(|edge| edge.count).sum();
        assert_eq!(drawn + graph.inner + graph.dangling, report.model.links.len());
        assert_eq!(graph.edges.iter().filter(|edge| edge.single).count(), 1);
        let letters: BTreeSet<&str> = graph.vendors.iter().map(|vendor| vendor.letter.as_str()).collect();
        assert_eq!(letters.len(), graph.vendors.len());
        let amf = graph.boxes.iter().flat_map(|node| &node.rows).find(|row| row.name == "amf-1").unwrap();
        assert!(amf.core && amf.verdict == Some(Verdict::Met));
    }

    #[test]
    fn many_devices_are_numbers_and_many_sites_are_regions() {
        let mut report = sample::island();
        let device = report.model.devices[0].clone();
        for number in 0..DEVICES {
            report
                .model
                .devices
                .push(banbury_evidence::model::Device { name: format!("more-{number}"), ..device.clone() });
        }
        let graph = Graph::alone(&report);
        assert!(graph.level == Level::Sites && graph.boxes.iter().all(|node| node.rows.is_empty()));
        for number in 0..SITES {
            report.model.sites.push(Site { name: format!("site {number}"), ..Site::default() });
        }
        let graph = Graph::alone(&report);
        assert!(graph.level == Level::Regions);
        assert_eq!(graph.boxes.len(), 5, "four regions and the sites that state none");
    }
}
