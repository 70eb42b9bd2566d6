//! The whole model in one file, as JSON or YAML: `schemas/network.schema.json` describes it.
//!
//! A map of lists, one for each kind of record (`sites`, `devices`, `links`, ...), each record under the model's own names
//! of fields. What a field may hold is what the CSV table's column may. Keys that are not known are told with the nearest
//! one. Wrong when: never told apart from another file, for a list of records of a known name has to be there. Misses: what
//! is computed from the model (single points of failure). Source: this project; JSON Schema 2020-12.

use super::{
    attestations, contracts, demands, designations, exchanges, functions, interceptions, netbox_cables,
    netbox_device_types, netbox_devices, netbox_interfaces, prefixes, reviews, segments, sites, vendors,
};
use crate::cells::without_mark;
use crate::diagnostic::{Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::json::{Fault, Reader};
use crate::nearest::Names;
use crate::records::{self, Cursor, Found, Record};
use crate::rows::Row;
use crate::table::{Column, Description, Head, Table};
use crate::tree::{Node, Value};
use crate::yaml;
use banbury_evidence::model;
use std::collections::{BTreeMap, BTreeSet};

/// One of the two forms.
pub(super) struct ModelFile {
    description: &'static Description,
    is_yaml: bool,
}

/// The model as JSON.
pub(super) static JSON: ModelFile = ModelFile { description: &AS_JSON, is_yaml: false };

/// The model as YAML.
pub(super) static YAML: ModelFile = ModelFile { description: &AS_YAML, is_yaml: true };

const fn list(name: &'static str, holds: &'static str) -> Column {
    Column { name, others: &[], required: false, holds }
}

const COLUMNS: &[Column] = &[
    list("sites", "records: places where devices stand"),
    list("devices", "records: devices"),
    list("device_types", "records: products that devices are"),
    list("interfaces", "records: interfaces of devices, one for each address"),
    list("functions", "records: functions that devices carry"),
    list("links", "records: links between devices"),
    list("demands", "records: what sites ask of functions"),
    list("segments", "records: segments of the management plane"),
    list("prefixes", "records: ranges of addresses, and whose they are"),
    list("exchanges", "records: exchanges that are expected"),
    list("vendors", "records: vendors"),
    list("designations", "records: lists that vendors stand on"),
    list("contracts", "records: maintenance contracts, one for each scope"),
    list("interceptions", "records: parts that devices take in lawful intercept"),
    list("reviews", "records: findings of engineering reviews"),
    list("attestations", "records: what somebody states of a measure"),
    list("synthetic", "what made the network up, when it describes none that exists"),
];

const SOURCE: &str = "schemas/network.schema.json";

const AS_JSON: Description = Description {
    name: "model-json",
    table: "model",
    title: "the model in one JSON file",
    columns: COLUMNS,
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &[
        "from a mistake in the JSON itself on nothing is read, and what stands before is",
        "lists and maps stand at most 64 levels inside each other",
    ],
    source: SOURCE,
};

const AS_YAML: Description = Description {
    name: "model-yaml",
    table: "model",
    title: "the model in one YAML file",
    columns: COLUMNS,
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &[
        "aliases are not followed, tags are passed over, one document a file",
        "at most 4,000,000 values: above that use JSON or CSV",
        "a file that is cut at the end of a line is whole YAML, and cannot be told from a whole file",
        "the name has to end in .yaml or .yml",
    ],
    source: SOURCE,
};

/// A list of records in the file.
pub struct Section {
    /// Its key.
    pub list: &'static str,
    /// Fields, each with the column of the table that it is read as.
    pub fields: &'static [(&'static str, &'static str)],
    /// The table's columns.
    pub columns: &'static [Column],
    table: &'static str,
    take: fn(&mut Row<'_>, &mut Draft) -> Option<()>,
}

impl Section {
    /// The columns that are read, each under its field's name.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &'static Column)> {
        self.columns.iter().filter_map(|column| {
            if self.fields.is_empty() {
                return Some((column.name, column));
            }
            let field = self.fields.iter().find(|(_, name)| *name == column.name)?;
            Some((field.0, column))
        })
    }
}

const fn section(
    list: &'static str,
    description: &Description,
    columns: &'static [Column],
    take: fn(&mut Row<'_>, &mut Draft) -> Option<()>,
) -> Section {
    Section { list, fields: &[], columns, table: description.table, take }
}

const DEVICE_FIELDS: &[(&str, &str)] = &[
    ("name", "name"),
    ("site", "site"),
    ("role", "role"),
    ("manufacturer", "manufacturer"),
    ("device_type", "device_type"),
    ("platform", "platform"),
    ("software", "software_version"),
    ("image", "image"),
    ("segment", "management_segment"),
    ("address", "address"),
    ("power", "power"),
    ("status", "status"),
    ("installed", "installed"),
    ("support_end", "support_end"),
    ("cost", "replacement_cost"),
];

const INTERFACE_FIELDS: &[(&str, &str)] = &[
    ("device", "device"),
    ("name", "name"),
    ("kind", "type"),
    ("address", "ip_addresses"),
    ("segment", "vrf"),
    ("enabled", "enabled"),
];

const LINK_FIELDS: &[(&str, &str)] = &[
    ("name", "label"),
    ("a_device", "device_a"),
    ("a_interface", "termination_a"),
    ("b_device", "device_b"),
    ("b_interface", "termination_b"),
    ("medium", "type"),
    ("capacity_mbps", "capacity_mbps"),
    ("operator", "operator"),
    ("ducts", "ducts"),
];

static SECTIONS: &[Section] = &[
    section("sites", &sites::DESCRIPTION, sites::DESCRIPTION.columns, sites::take),
    Section {
        fields: DEVICE_FIELDS,
        ..section(
            "devices",
            &netbox_devices::DESCRIPTION,
            netbox_devices::DESCRIPTION.columns,
            netbox_devices::take,
        )
    },
    section(
        "device_types",
        &netbox_device_types::DESCRIPTION,
        netbox_device_types::DESCRIPTION.columns,
        netbox_device_types::take,
    ),
    Section {
        fields: INTERFACE_FIELDS,
        ..section(
            "interfaces",
            &netbox_interfaces::DESCRIPTION,
            netbox_interfaces::DESCRIPTION.columns,
            netbox_interfaces::take,
        )
    },
    section("functions", &functions::DESCRIPTION, functions::DESCRIPTION.columns, functions::take),
    Section {
        fields: LINK_FIELDS,
        table: "links",
        ..section("links", &netbox_cables::DESCRIPTION, netbox_cables::DESCRIPTION.columns, link)
    },
    section("demands", &demands::DESCRIPTION, demands::DESCRIPTION.columns, demands::take),
    Section {
        fields: &[("name", "segment"), ("plane", "plane"), ("contained", "contained")],
        ..section("segments", &segments::DESCRIPTION, segments::DESCRIPTION.columns, segments::take)
    },
    section("prefixes", &prefixes::DESCRIPTION, prefixes::DESCRIPTION.columns, prefixes::take),
    Section {
        fields: &[
            ("from_kind", "from_kind"),
            ("from_name", "from"),
            ("to_kind", "to_kind"),
            ("to_name", "to"),
            ("protocol", "protocol"),
            ("port", "port"),
            ("purpose", "purpose"),
        ],
        ..section("exchanges", &exchanges::DESCRIPTION, exchanges::DESCRIPTION.columns, exchanges::take)
    },
    section("vendors", &vendors::DESCRIPTION, vendors::DESCRIPTION.columns, vendors::take),
    section(
        "designations",
        &designations::DESCRIPTION,
        designations::DESCRIPTION.columns,
        designations::take,
    ),
    section("contracts", &contracts::DESCRIPTION, contracts::DESCRIPTION.columns, contracts::take),
    section(
        "interceptions",
        &interceptions::DESCRIPTION,
        interceptions::DESCRIPTION.columns,
        interceptions::take,
    ),
    section("reviews", &reviews::DESCRIPTION, reviews::DESCRIPTION.columns, reviews::take),
    section(
        "attestations",
        &attestations::DESCRIPTION,
        attestations::DESCRIPTION.columns,
        attestations::take,
    ),
];

/// The lists that a model file may hold, in the order in which they are documented.
pub fn sections() -> &'static [Section] {
    SECTIONS
}

/// Keys beside the lists.
const OTHER_KEYS: &[&str] = &["$schema", "synthetic"];

/// Reads a link; a device's name may hold a comma here.
fn link(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let ends = [row.required("device_a")?, row.required("device_b")?];
    netbox_cables::join(row, ends.map(|end| BTreeSet::from([end])), draft)
}

impl Table for ModelFile {
    fn describe(&self) -> &'static Description {
        self.description
    }

    fn fit(&self, name: &str, head: &Head) -> u32 {
        let (text, _) = without_mark(&head.bytes);
        let lower = name.to_ascii_lowercase();
        let named = ["network", "model"].iter().any(|word| lower.contains(word));
        let yaml_name = lower.ends_with(".yaml") || lower.ends_with(".yml");
        let keys = if self.is_yaml {
            if !yaml_name {
                return 0;
            }
            yaml_keys(text)
        } else {
            json_keys(text)
        };
        let known =
            keys.iter().filter(|key| SECTIONS.iter().any(|section| section.list == key.as_str())).count();
        match u32::try_from(known).unwrap_or(u32::MAX) {
            // A file whose only list is misspelt is still told where, when its name says that it is the network.
            0 if named && !keys.is_empty() && keys.iter().all(|key| near(key)) => 50,
            0 => 0,
            known => 2500 + known,
        }
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        let (text, _) = without_mark(input.bytes);
        let mut walk = Walk::new(input, text, draft);
        if self.is_yaml {
            walk.yaml()
        } else {
            walk.json()
        }
        walk.finish();
    }
}

/// Whether a key is a known list's name, or a misspelt one.
fn near(key: &str) -> bool {
    let most = (key.len() / 5).max(1);
    OTHER_KEYS.contains(&key)
        || SECTIONS.iter().any(|section| crate::nearest::distance(key, section.list) <= most)
}

/// The keys of a JSON map whose values are lists, in a head that may be cut.
fn json_keys(text: &[u8]) -> Vec<String> {
    let mut keys = Vec::new();
    let mut reader = Reader::new(text);
    if reader.peek() == Some(b'{') {
        // The end of the head is no mistake.
        let _ = reader.map(|reader, key, _| {
            if reader.peek() == Some(b'[') {
                keys.push(String::from_utf8_lossy(&key).into_owned());
            }
            reader.value().map(drop)
        });
    }
    keys
}

/// The keys at the start of a line, in a head that may be cut.
fn yaml_keys(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let keys =
        text.lines().filter_map(|line| line.split_once(':').map(|(key, _)| key.trim_matches(['"', '\''])));
    keys.filter(|key| {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte))
    })
    .map(str::to_owned)
    .collect()
}

/// What a record's field says that is read as a column.
fn field<'a, 'n>(section: &Section, node: &'n Node<'a>, column: &Column) -> Option<Found<'a, 'n>> {
    let (field, _) = section.fields().find(|(_, known)| known.name == column.name)?;
    let found = node.get(field)?;
    Some(if found.scalar().is_some() { Found::of(found) } else { Found::Other(found) })
}

/// Keys that are not known and are told one by one, at most.
const MOST_STRANGERS: usize = 1000;

struct Walk<'a, 'd> {
    input: &'d Input<'d>,
    text: &'a [u8],
    cursor: Cursor<'a>,
    draft: &'d mut Draft,
    tables: BTreeMap<usize, model::Table>,
    /// By section and key: how many records have it, and where the first does.
    strangers: BTreeMap<(usize, String), (u64, Place)>,
    /// Records with keys that are not known beyond those.
    further: u64,
    synthetic: Option<String>,
}

impl<'a, 'd> Walk<'a, 'd> {
    fn new(input: &'d Input<'d>, text: &'a [u8], draft: &'d mut Draft) -> Self {
        let synthetic = crate::cells::lead(text).synthetic().map(str::to_owned);
        let cursor = Cursor::new(text);
        Self {
            input,
            text,
            cursor,
            draft,
            tables: BTreeMap::new(),
            strangers: BTreeMap::new(),
            further: 0,
            synthetic,
        }
    }

    fn place(&mut self, at: usize) -> Place {
        self.cursor.place(&self.input.name, at)
    }

    fn json(&mut self) {
        let mut reader = Reader::new(self.text);
        let mut keys = BTreeSet::new();
        let mut read = || {
            if reader.peek() != Some(b'{') {
                return Err(Fault { at: reader.at(), what: "a map of lists has to stand here" });
            }
            reader.map(|reader, key, at| {
                let key = String::from_utf8_lossy(&key).into_owned();
                if !keys.insert(key.clone()) {
                    reader.note_twice(at);
                    return reader.value().map(drop);
                }
                let Some(which) = SECTIONS.iter().position(|section| section.list == key) else {
                    let node = reader.value()?;
                    self.other(&key, at, &node);
                    return Ok(());
                };
                if reader.peek() != Some(b'[') {
                    let node = reader.value()?;
                    self.no_list(which, &node);
                    return Ok(());
                }
                self.open(which);
                reader.list(|reader| {
                    let node = reader.value()?;
                    self.record(which, &node, reader.at());
                    Ok(())
                })
            })?;
            match reader.peek() {
                None => Ok(()),
                Some(_) => Err(Fault { at: reader.at(), what: "more stands behind the end of the map" }),
            }
        };
        let fault = read().err();
        records::tell_twice(self.input, self.text, &reader.twice, self.draft);
        if let Some(fault) = fault {
            records::tell_fault(self.input, self.text, fault.at, "JSON", fault.what, true, self.draft);
        }
    }

    fn yaml(&mut self) {
        let whole = String::from_utf8_lossy(self.text);
        if let Some(at) = std::str::from_utf8(self.text).err().map(|error| error.valid_up_to()) {
            let problem =
                self.place(at).error(Kind::Malformed, "the file is not UTF-8 from here on, and not read");
            self.draft.cut(problem.hint("save it as UTF-8"), true);
            return;
        }
        let document = yaml::read(&whole);
        for at in document.aliases {
            let problem =
                self.place(at).error(Kind::Malformed, "an alias is not followed; taken as not stated");
            self.draft.problem(problem.hint("write the value out"));
        }
        records::tell_twice(self.input, self.text, &document.twice, self.draft);
        if let Some((at, what)) = &document.fault {
            records::tell_fault(self.input, self.text, *at, "YAML", what, true, self.draft);
        }
        let Some(node) = &document.node else { return };
        if !matches!(node.value, Value::Map(_)) {
            let problem = self.place(node.at).error(Kind::Malformed, "a map of lists has to stand here");
            self.draft.problem(problem.left_out());
        }
        for member in node.members() {
            let key = String::from_utf8_lossy(&member.key).into_owned();
            match SECTIONS.iter().position(|section| section.list == key) {
                Some(which) if matches!(member.node.value, Value::List(_)) => {
                    self.open(which);
                    for record in member.node.list() {
                        self.record(which, record, self.text.len());
                    }
                }
                Some(which) => self.no_list(which, &member.node),
                None => self.other(&key, member.at, &member.node),
            }
        }
    }

    /// A list that is there is a table that was imported, though it may be empty.
    fn open(&mut self, which: usize) {
        let name = SECTIONS.get(which).map_or("", |section| section.table);
        self.tables.entry(which).or_insert_with(|| model::Table {
            table: name.to_owned(),
            file: self.input.name.clone(),
            rows: 0,
            rejected: 0,
            attribution: None,
            synthetic: None,
            missing: None,
        });
    }

    fn no_list(&mut self, which: usize, node: &Node<'_>) {
        // A key without a value, as YAML has it, is an empty list.
        if matches!(node.value, Value::Null) {
            self.open(which);
            return;
        }
        let key = SECTIONS.get(which).map_or("", |section| section.list);
        let message = format!("{key} is {}, where a list of records is expected", node.sort());
        let problem = self.place(node.at).error(Kind::Malformed, message).left_out();
        self.draft.problem(problem);
    }

    fn other(&mut self, key: &str, at: usize, node: &Node<'_>) {
        match key {
            "synthetic" => self.synthetic = node.text().map(|text| text.into_owned()),
            "$schema" => {}
            _ => {
                let mut known = Names::default();
                SECTIONS.iter().for_each(|section| known.insert(section.list));
                OTHER_KEYS.iter().for_each(|key| known.insert(key));
                let message = format!("{} is no list of the model, and is not read", quote(key));
                let mut problem = self.place(at).error(Kind::Malformed, message).left_out();
                problem.hint = known.hint(key).or_else(|| {
                    let lists: Vec<&str> = SECTIONS.iter().map(|section| section.list).collect();
                    Some(format!("the lists are {}", lists.join(", ")))
                });
                self.draft.problem(problem);
            }
        }
    }

    fn record(&mut self, which: usize, node: &Node<'a>, end: usize) {
        let Some(section) = SECTIONS.get(which) else { return };
        let record = Record::new(self.text, &mut self.cursor, node, end);
        let taken = if matches!(node.value, Value::Map(_)) {
            for member in node.members() {
                let key = String::from_utf8_lossy(&member.key);
                if !section.fields().any(|(field, _)| field == key) {
                    self.stranger(which, key.into_owned(), &record, member.at);
                }
            }
            record.read(
                self.input,
                section.columns,
                |node, column| field(section, node, column),
                self.draft,
                section.take,
            )
        } else {
            let message = format!("{}, where a record of {} is expected", node.sort(), section.list);
            let problem = record.place(&self.input.name).error(Kind::Malformed, message).left_out();
            self.draft.problem(problem);
            None
        };
        if let Some(table) = self.tables.get_mut(&which) {
            match taken {
                Some(()) => table.rows += 1,
                None => table.rejected += 1,
            }
        }
    }

    fn stranger(&mut self, which: usize, key: String, record: &Record<'a, '_>, at: usize) {
        if self.strangers.len() >= MOST_STRANGERS && !self.strangers.contains_key(&(which, key.clone())) {
            self.further += 1;
            return;
        }
        let entry =
            self.strangers.entry((which, key)).or_insert_with(|| (0, record.place_of(&self.input.name, at)));
        entry.0 += 1;
    }

    fn finish(self) {
        let Self { input, draft, strangers, further, tables, synthetic, .. } = self;
        if further > 0 {
            let message = format!("further keys that are no fields, and are not read: {further}");
            draft.problem(Place::file(&input.name).warning(Kind::Malformed, message));
        }
        for ((which, key), (count, place)) in strangers {
            let Some(section) = SECTIONS.get(which) else { continue };
            let mut known = Names::default();
            section.fields().for_each(|(field, _)| known.insert(field));
            let more = if count > 1 { format!(" ({count} records have it)") } else { String::new() };
            let message = format!("{} is no field of {}, and is not read{more}", quote(&key), section.list);
            let mut problem = place.warning(Kind::Malformed, message);
            problem.hint = known.hint(&key).or_else(|| {
                let fields: Vec<&str> = section.fields().map(|(field, _)| field).collect();
                Some(format!("the fields are {}", fields.join(", ")))
            });
            draft.problem(problem);
        }
        if tables.is_empty() {
            let problem =
                Place::file(&input.name).error(Kind::Malformed, "the file holds no list of the model");
            let lists: Vec<&str> = SECTIONS.iter().map(|section| section.list).collect();
            draft.problem(problem.hint(format!("the lists are {}", lists.join(", "))).left_out());
        }
        draft
            .model
            .tables
            .extend(tables.into_values().map(|table| model::Table { synthetic: synthetic.clone(), ..table }));
    }
}
