//! The network model's records, as they stand in the ledger's views.
//!
//! Absent is `None`, never a default: a measure that needs the value is then inconclusive. Every record keeps the
//! file and line it was read from.

use serde::{Deserialize, Serialize};

/// Where a record was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Name of the exhibit.
    pub file: String,
    /// Line of the record, from 1.
    pub line: u64,
}

/// The network model of a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// The tables that were imported, so that an absent row can be told from an absent table.
    pub tables: Vec<Table>,
    /// Sites.
    pub sites: Vec<Site>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Device types: the products that devices are.
    pub device_types: Vec<DeviceType>,
    /// Interfaces of devices.
    pub interfaces: Vec<Interface>,
    /// Network functions on devices.
    pub functions: Vec<Function>,
    /// Links between devices.
    pub links: Vec<Link>,
    /// Demands of sites on functions of the network.
    pub demands: Vec<Demand>,
    /// Segments of the management plane.
    pub segments: Vec<Segment>,
    /// Ranges of addresses, and whose they are.
    pub prefixes: Vec<AddressPrefix>,
    /// Exchanges that are expected between ends of the network.
    pub exchanges: Vec<Exchange>,
    /// Vendors.
    pub vendors: Vec<Vendor>,
    /// Lists and designations that vendors stand on.
    pub designations: Vec<Designation>,
    /// Maintenance contracts, one record for each scope.
    pub contracts: Vec<Contract>,
    /// Lawful-intercept arrangements.
    pub interceptions: Vec<Interception>,
    /// Findings of engineering reviews.
    pub reviews: Vec<Review>,
    /// What somebody states of a measure.
    pub attestations: Vec<Attestation>,
    /// Values that stand in another place than the record they complete, where several sources describe one thing.
    pub value_sources: Vec<ValueSource>,
    /// Single points of failure, computed from devices and links.
    pub single_points: Vec<SinglePoint>,
    /// Whom the loss of each single point cuts off; bounded, see the importer's structure module.
    pub cut_off: Vec<CutOff>,
    /// Devices in service that hang together by links, by name: those of the largest part; none where two parts are as large.
    pub connected: Vec<String>,
}

impl Model {
    /// What made the network up, when any of its tables describes none that exists.
    pub fn synthetic(&self) -> Option<&str> {
        self.tables.iter().find_map(|table| table.synthetic.as_deref())
    }
}

/// A table that was imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Table {
    /// Which: `devices`, `cables`, `sites`, ...: the names of `docs/network.md`.
    pub table: String,
    /// Name of the exhibit it was read from.
    pub file: String,
    /// Records read.
    pub rows: u64,
    /// Records that could not be read; each has its diagnostic.
    pub rejected: u64,
    /// Attribution that has to be kept with the data, where its licence asks for one.
    pub attribution: Option<String>,
    /// What made the data up, when it describes no real network.
    #[serde(default)]
    pub synthetic: Option<String>,
    /// What of it was not read, where the file was cut or says that there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// A place where devices stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Name, unique.
    pub name: String,
    /// Region.
    pub region: Option<String>,
    /// Country in which it stands, as the source states it.
    pub country: Option<String>,
    /// Whether the site is sensitive (critical national infrastructure, government, defence).
    pub sensitive: Option<bool>,
    /// Subscribers served from here.
    pub subscribers: Option<u64>,
    /// The power region from which it is fed: what goes dark together.
    pub power: Option<String>,
    /// Degrees north, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees east, WGS 84.
    pub longitude: Option<f64>,
    /// Where the record was read.
    pub source: Source,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// Name, unique.
    pub name: String,
    /// Site it stands at.
    pub site: Option<String>,
    /// Role (NetBox's device role), such as `gnb` or `core-router`.
    pub role: Option<String>,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Device type (NetBox's word for the product).
    pub device_type: Option<String>,
    /// Platform (operating software).
    pub platform: Option<String>,
    /// Version of the operating software.
    pub software: Option<String>,
    /// The image it runs: the exhibit's SHA-256, or its file name in the case.
    pub image: Option<String>,
    /// Management-plane segment.
    pub segment: Option<String>,
    /// The address by which it is managed, with or without the length of its network; its interfaces may have more.
    pub address: Option<String>,
    /// The power region from which it is fed, where that is another than its site's.
    pub power: Option<String>,
    /// Life-cycle state, such as `active` or `planned`.
    pub status: Option<String>,
    /// Day on which it was installed, `YYYY-MM-DD`.
    pub installed: Option<String>,
    /// Last day on which its maker supports it, `YYYY-MM-DD`; its type's where the device's own is not stated.
    pub support_end: Option<String>,
    /// What its replacement costs, in whole units of the case's currency.
    pub cost: Option<u64>,
    /// Where the record was read.
    pub source: Source,
}

/// A device type: a product of a manufacturer (NetBox's word).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceType {
    /// Model, as devices name their type.
    pub model: String,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Last day on which its maker supports it, `YYYY-MM-DD`.
    pub support_end: Option<String>,
    /// Country in which it is produced, as the source states it.
    pub production: Option<String>,
    /// What one costs, in whole units of the case's currency.
    pub cost: Option<u64>,
    /// Where the record was read.
    pub source: Source,
}

/// An interface of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// Device.
    pub device: String,
    /// Name, unique on its device.
    pub name: String,
    /// Kind, such as `1000base-t` or `virtual`.
    pub kind: Option<String>,
    /// Address with the length of its prefix, where it has one.
    pub address: Option<String>,
    /// Segment of the management plane that it stands in.
    pub segment: Option<String>,
    /// Whether it is in use.
    pub enabled: Option<bool>,
    /// Where the record was read.
    pub source: Source,
}

/// A network function that a device carries, by its standard name (3GPP TS 23.501 and others).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Function {
    /// Device.
    pub device: String,
    /// Function in capitals, such as `AMF` or `GNB-DU`.
    pub function: String,
    /// Where the record was read.
    pub source: Source,
}

/// A link between two devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Name: the source's own, or made from its ends.
    pub name: String,
    /// One end's device.
    pub a_device: String,
    /// One end's interface.
    pub a_interface: Option<String>,
    /// The other end's device.
    pub b_device: String,
    /// The other end's interface.
    pub b_interface: Option<String>,
    /// Medium, such as `smf` or `microwave`.
    pub medium: Option<String>,
    /// Capacity in Mbit/s.
    pub capacity_mbps: Option<u64>,
    /// Who operates the circuit.
    pub operator: Option<String>,
    /// The ducts that it runs through, with [`DUCTS_BETWEEN`] between them.
    pub ducts: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// What stands between two ducts of a link, as a reader writes them.
pub const DUCTS_BETWEEN: &str = "; ";

impl Link {
    /// The ducts that the link runs through, each once.
    pub fn ducts(&self) -> impl Iterator<Item = &str> {
        let all = self.ducts.as_deref().unwrap_or_default().split(';').map(str::trim);
        all.filter(|duct| !duct.is_empty())
    }
}

/// What a site asks of a function of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Demand {
    /// Site.
    pub site: String,
    /// Function in capitals, such as `UPF`.
    pub function: String,
    /// Subscribers who need it.
    pub subscribers: Option<u64>,
    /// Traffic in Mbit/s.
    pub mbps: Option<u64>,
    /// Where the record was read.
    pub source: Source,
}

/// A segment of the management plane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Segment {
    /// Name, as devices and interfaces name it.
    pub name: String,
    /// What it manages: `core`, `access`, `transport`, `oversight` or `shared`.
    pub plane: Option<String>,
    /// Whether a failure in it stays in it.
    pub contained: Option<bool>,
    /// Where the record was read.
    pub source: Source,
}

/// A range of addresses, and whose it is (NetBox: a prefix, its tenant and its role).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddressPrefix {
    /// The range, such as `192.0.2.0/24`.
    pub prefix: String,
    /// Whose it is; none for the operator's own.
    pub party: Option<String>,
    /// What it is for: `own`, `management`, `mediation` (points through which others come), `exposed` (reached by the public or by
    /// customers) or `party` (somebody else's).
    pub role: Option<String>,
    /// The segment of the management plane that it is.
    pub segment: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// An exchange that is expected: who opens connections to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// What `from_name` names: `device`, `role`, `function`, `manufacturer`, `prefix` or `all`.
    pub from_kind: String,
    /// Who opens the connection; empty for `all`.
    pub from_name: String,
    /// What `to_name` names: the same, or `name` (a server's name, `*.` before it for all below it).
    pub to_kind: String,
    /// To whom; empty for `all`.
    pub to_name: String,
    /// `tcp`, `udp`, `sctp`, `icmp`, a number of IP, or none for any.
    pub protocol: Option<String>,
    /// Port of the one to whom; none for any.
    pub port: Option<u64>,
    /// What for, or the document that says so.
    pub purpose: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vendor {
    /// Name, as devices name their manufacturer.
    pub name: String,
    /// Country whose law the vendor is bound by, as the source states it.
    pub jurisdiction: Option<String>,
    /// Who controls the vendor.
    pub control: Option<String>,
    /// Country in which it produces, as the source states it.
    pub production: Option<String>,
    /// Day on which the source stated it, `YYYY-MM-DD`.
    pub stated: Option<String>,
    /// Document that says so.
    pub citation: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A list that a vendor stands on, by somebody's decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Designation {
    /// Vendor.
    pub vendor: String,
    /// The list, such as `restricted` or `high-risk`.
    pub list: String,
    /// Since when, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// Document that says so.
    pub citation: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A maintenance contract's scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contract {
    /// Contract's name.
    pub name: String,
    /// Who maintains.
    pub party: String,
    /// What `scope` names: `device`, `role`, `site`, `manufacturer`, `function` or `all`.
    pub scope_kind: String,
    /// The device, role, ... that the contract covers; empty for `all`.
    pub scope: String,
    /// How the party reaches the equipment: `direct`, `mediated` (through the operator's mediation point) or `none`
    /// (parts and advice only).
    pub access: Option<String>,
    /// The operator's mediation point through which the party comes.
    pub through: Option<String>,
    /// Whether the party administers equipment (a third-party administrator).
    pub administrator: Option<bool>,
    /// Whether the party's access is logged.
    pub logged: Option<bool>,
    /// The plan for leaving the party: the document's name, or `none`.
    pub exit_plan: Option<String>,
    /// When the party may work, as [`crate::Agreed`] reads it.
    pub hours: Option<String>,
    /// First day, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// Last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A lawful-intercept arrangement: which device takes which part in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interception {
    /// Device.
    pub device: String,
    /// Part it takes, by ETSI TS 103 221 / 3GPP TS 33.127: `ADMF`, `LIPF`, `MDF2`, `MDF3`, `POI`, `TF`.
    pub part: String,
    /// Who operates it.
    pub operator: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A finding of an engineering review.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Review {
    /// Vendor reviewed.
    pub vendor: String,
    /// Product reviewed; absent when the review was of the vendor's engineering as a whole.
    pub product: Option<String>,
    /// Date of the review, `YYYY-MM-DD`.
    pub date: String,
    /// Who reviewed.
    pub reviewer: Option<String>,
    /// The finding's name; `none` when the review found nothing.
    pub finding: String,
    /// Grade: `high`, `medium`, `low`, `advisory`, or `none` when the review found nothing.
    pub grade: String,
    /// State: `open`, `fixed`, `accepted`.
    pub state: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// What somebody states of a measure: the evidence for what no model, image or traffic shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attestation {
    /// Regime.
    pub regime: String,
    /// Measure.
    pub measure: String,
    /// Whom or what it is about, as a verdict's subject; absent for the network as a whole.
    pub subject: Option<String>,
    /// What is stated: `met`, `breached` or `not applicable`.
    pub state: String,
    /// Who states it.
    pub party: String,
    /// When, `YYYY-MM-DD`.
    pub date: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The document.
    pub document: Option<String>,
    /// The document's SHA-256.
    pub sha256: Option<String>,
    /// Where the record was read.
    pub source: Source,
}

/// A value that was read elsewhere than the record it stands in: several sources describe one thing, and each fills in
/// what the ones before it do not state.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct ValueSource {
    /// The view in which the record stands, such as `devices`.
    pub kind: String,
    /// The record's name; its parts with a blank between them where it has several.
    pub record: String,
    /// The view's column.
    pub field: String,
    /// Where the value was read.
    pub source: Source,
}

/// A device or link whose loss cuts others off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SinglePoint {
    /// `device` or `link`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Devices that its loss separates from the largest remaining part; for a device, itself not counted.
    pub devices_cut: u64,
    /// Subscribers of sites all of whose devices are cut off, where the sites state them.
    pub subscribers_cut: Option<u64>,
}

/// A device that the loss of a single point cuts off.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct CutOff {
    /// Kind of the single point: `device` or `link`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The device that is cut off.
    pub device: String,
    /// Whether the device stands in a remaining part that is as large as the largest one cut off: it is not counted in
    /// `devices_cut`, and which of the two is cut off is a matter of names.
    pub equal: bool,
}
