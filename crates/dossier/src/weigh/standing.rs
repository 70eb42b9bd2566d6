//! What a subject does in the network: where it stands, who may touch it, what is lost without it.
//!
//! How: devices in service of the inventory; contracts in force on the day by the rule of the ledger's view `contract_devices`; what is
//! lost as `banbury what-if --lose` says it. When it is wrong: what the tables leave out; see `banbury_network::scenario`.

use super::Material;
use super::subject::{Found, Kind};
use banbury_evidence::model::Device;
use banbury_network::scenario::{self, Event, Extra, Scenario, Topology, Verb, counted, grouped};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Names in one sentence.
const NAMES: usize = 6;
/// Devices of an image up to which it is worked out what is lost without them: each is looked up by its name.
const MOST: usize = 200;

/// What a subject does in the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Standing {
    /// Its devices in service.
    pub devices: u64,
    /// Its devices that are planned, kept or decommissioned.
    pub out_of_service: u64,
    /// Devices in service of the whole network.
    pub of: u64,
    /// Sites where they stand.
    pub sites: u64,
    /// Of these, sites that are stated to be sensitive.
    pub sensitive_sites: u64,
    /// Of these, sites of which nobody states whether they are.
    pub sites_not_stated: u64,
    /// Functions that they carry, with how many devices.
    pub functions: BTreeMap<String, u64>,
    /// Devices that take part in lawful interception.
    pub interception: u64,
    /// Contractors whose contracts cover them.
    pub touched_by: Vec<Touch>,
    /// Whether a table of contracts was imported.
    pub contracts_known: bool,
    /// Devices of it whose loss alone cuts others off.
    pub single_points: u64,
    /// What is lost when it fails or is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Lost>,
    /// Why that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_why_not: Option<String>,
    /// All of it in sentences.
    pub sentences: Vec<String>,
}

/// Who may touch devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Touch {
    /// The contractor.
    pub party: String,
    /// The contract.
    pub contract: String,
    /// How: `direct`, `mediated`, `none`; absent where it is not stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Whether the party administers equipment, where that is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<bool>,
    /// Devices of the subject that it covers.
    pub devices: u64,
}

/// What is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Sites that lose something.
    pub sites: u64,
    /// Their subscribers.
    pub subscribers: u64,
    /// Subscribers that were served before.
    pub served_before: u64,
    /// Functions of which no carrier remains.
    pub functions_gone: Vec<String>,
}

impl Standing {
    pub(super) fn of(material: &Material, found: &Found, as_of: &str) -> Self {
        let model = &material.model;
        let ours: BTreeSet<&str> = found.devices.iter().map(String::as_str).collect();
        let in_service = |device: &&Device| banbury_network::structure::is_in_service(device);
        let devices: Vec<&Device> = model
            .devices
            .iter()
            .filter(in_service)
            .filter(|device| ours.contains(device.name.as_str()))
            .collect();
        let here: BTreeSet<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        let sites: BTreeSet<&str> = devices.iter().filter_map(|device| device.site.as_deref()).collect();
        let stated = |wanted: Option<bool>| {
            model
                .sites
                .iter()
                .filter(|site| sites.contains(site.name.as_str()) && site.sensitive == wanted)
                .count() as u64
        };
        let mut functions: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for record in model.functions.iter().filter(|record| here.contains(record.device.as_str())) {
            functions.entry(record.function.trim().to_uppercase()).or_default().insert(&record.device);
        }
        let interception: BTreeSet<&str> = model
            .interceptions
            .iter()
            .map(|record| record.device.as_str())
            .filter(|device| here.contains(device))
            .collect();
        let points = model.single_points.iter();
        let mut standing = Self {
            devices: devices.len() as u64,
            out_of_service: (found.devices.len() - devices.len().min(found.devices.len())) as u64,
            of: model.devices.iter().filter(in_service).count() as u64,
            sites: sites.len() as u64,
            sensitive_sites: stated(Some(true)),
            sites_not_stated: stated(None),
            functions: functions.into_iter().map(|(name, devices)| (name, devices.len() as u64)).collect(),
            interception: interception.len() as u64,
            contracts_known: model.tables.iter().any(|table| table.table == "contracts"),
            single_points: points
                .filter(|point| point.kind == "device" && here.contains(point.name.as_str()))
                .count() as u64,
            ..Self::default()
        };
        let extra = Extra::new();
        match Topology::of(model, &extra, as_of) {
            Ok(topology) => {
                standing.touched_by = touched(&topology, material, &here);
                match lost(&topology, found) {
                    Ok(lost) => standing.lost = Some(lost),
                    Err(why) => standing.lost_why_not = Some(why),
                }
            }
            Err(error) => standing.lost_why_not = Some(error.to_string()),
        }
        standing.sentences = sentences(&standing, found);
        standing
    }
}

/// Who has a contract, which, with what access, and whether as an administrator.
type Terms<'m> = (&'m str, &'m str, Option<&'m str>, Option<bool>);

fn touched(topology: &Topology<'_>, material: &Material, here: &BTreeSet<&str>) -> Vec<Touch> {
    let mut all: BTreeMap<Terms<'_>, BTreeSet<u32>> = BTreeMap::new();
    for contract in &material.model.contracts {
        let covered = topology.covered(contract).into_iter();
        let ours = covered.filter(|vertex| here.contains(topology.device(*vertex)));
        let key = (
            contract.party.as_str(),
            contract.name.as_str(),
            contract.access.as_deref(),
            contract.administrator,
        );
        all.entry(key).or_default().extend(ours);
    }
    all.into_iter()
        .filter(|(_, devices)| !devices.is_empty())
        .map(|((party, contract, access, administrator), devices)| Touch {
            party: party.to_owned(),
            contract: contract.to_owned(),
            access: access.map(str::to_owned),
            administrator,
            devices: devices.len() as u64,
        })
        .collect()
}

/// What is lost without the subject.
fn lost(topology: &Topology<'_>, found: &Found) -> Result<Lost, String> {
    let (_, links) = topology.size();
    if links == 0 {
        return Err("the case has no links between devices in service".to_owned());
    }
    if !topology.is_asked_for() {
        return Err("no subscribers and no demands are stated".to_owned());
    }
    let kind = match found.kind {
        Kind::Vendor => scenario::Kind::Vendor,
        Kind::Product => scenario::Kind::Product,
        Kind::Device => scenario::Kind::Device,
        Kind::Image => return lost_devices(topology, &found.devices),
    };
    let happens = Scenario::of(vec![Event { verb: Verb::Lose, kind, name: found.name.clone() }]);
    told(topology, &happens)
}

/// Of an image, all devices that run it.
fn lost_devices(topology: &Topology<'_>, devices: &[String]) -> Result<Lost, String> {
    if devices.len() > MOST {
        return Err(format!(
            "{} run it; `banbury what-if --lose product:NAME` says it of their product",
            counted(devices.len() as u64, "device")
        ));
    }
    let events = devices.iter().map(|name| Event {
        verb: Verb::Lose,
        kind: scenario::Kind::Device,
        name: name.clone(),
    });
    told(topology, &Scenario::of(events.collect()))
}

fn told(topology: &Topology<'_>, happens: &Scenario) -> Result<Lost, String> {
    let resolved = topology.resolve(happens).map_err(|error| error.to_string())?;
    let answer = scenario::answer(topology, &resolved).map_err(|error| error.to_string())?;
    let gone = answer.functions.iter().filter(|loss| loss.remaining == 0 && loss.carriers > 0);
    Ok(Lost {
        sites: answer.sites.len() as u64,
        subscribers: answer.subscribers,
        served_before: answer.served_before,
        functions_gone: gone.map(|loss| loss.function.clone()).filter(|name| !name.is_empty()).collect(),
    })
}

fn sentences(standing: &Standing, found: &Found) -> Vec<String> {
    let mut all = Vec::new();
    let who = match found.kind {
        Kind::Image => "It runs on",
        Kind::Device => "It is",
        Kind::Product | Kind::Vendor => "It stands in the network as",
    };
    let out = match standing.out_of_service {
        0 => String::new(),
        more => format!(" ({} more not in service)", grouped(more)),
    };
    let sensitive = match (standing.sensitive_sites, standing.sites_not_stated) {
        (0, 0) => ", none of them stated to be sensitive".to_owned(),
        (some, 0) => format!(", {} of them sensitive", grouped(some)),
        (some, silent) => {
            format!(", {} of them sensitive, {} not stated", grouped(some), grouped(silent))
        }
    };
    all.push(format!(
        "{who} {} of {}{out} at {}{sensitive}.",
        grouped(standing.devices),
        counted(standing.of, "device"),
        counted(standing.sites, "site")
    ));
    let functions = standing.functions.iter().map(|(name, count)| format!("{name} on {}", grouped(*count)));
    let carries = match standing.functions.is_empty() {
        true => "No function is stated for it".to_owned(),
        false => format!("It carries {}", listed(functions, standing.functions.len())),
    };
    let intercepts = match standing.interception {
        0 => String::new(),
        some => format!(" and takes part in lawful interception on {}", counted(some, "device")),
    };
    all.push(format!("{carries}{intercepts}."));
    all.push(match (standing.touched_by.as_slice(), standing.contracts_known) {
        ([], false) => "Who may touch it is not known: no table of contracts was imported.".to_owned(),
        ([], true) => "No contract in force covers it.".to_owned(),
        (touches, _) => {
            let parts = touches.iter().map(|touch| {
                let how = match touch.access.as_deref() {
                    Some("none") => "without access".to_owned(),
                    Some(access) => format!("{access} access"),
                    None => "access not stated".to_owned(),
                };
                let rule = if touch.administrator == Some(true) { ", as its administrator" } else { "" };
                format!("{} ({how}{rule}, {})", touch.party, counted(touch.devices, "device"))
            });
            format!("By contract it may be touched by {}.", listed(parts, touches.len()))
        }
    });
    let points = match standing.single_points {
        0 => String::new(),
        some => format!(" The loss of any of {} of its devices alone cuts others off.", grouped(some)),
    };
    all.push(match (&standing.lost, &standing.lost_why_not) {
        (Some(lost), _) if lost.sites == 0 => format!("Without it no site loses anything.{points}"),
        (Some(lost), _) => {
            let gone = match lost.functions_gone.is_empty() {
                true => String::new(),
                false => format!("; nothing else carries {}", lost.functions_gone.join(", ")),
            };
            format!(
                "Without it {} and {} of {} subscribers lose something{gone}.{points}",
                counted(lost.sites, "site"),
                grouped(lost.subscribers),
                grouped(lost.served_before)
            )
        }
        (None, why) => {
            let why = why.as_deref().unwrap_or("no reason on record");
            format!("What is lost without it cannot be told: {why}.{points}")
        }
    });
    all
}

fn listed(parts: impl Iterator<Item = String>, count: usize) -> String {
    let shown: Vec<String> = parts.take(NAMES).collect();
    match count.saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
