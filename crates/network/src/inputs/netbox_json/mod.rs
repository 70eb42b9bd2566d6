//! NetBox's REST API saved to files: pages as the API sends them, lists of pages, or records alone; Nautobot's likewise.
//!
//! A file may hold one page (`{"count", "next", "previous", "results"}`), a list of pages, a list of records, or any of
//! these in a row; of any endpoints. What a record is, is told by its own address (`url`), else by its keys. Nested
//! objects count by their name (`site.name`, `device_type.model`, `status.value`). Where Nautobot 2 sends an object's
//! address alone, its name is looked up among the other files. Custom fields bear the names that the columns of the CSV
//! tables have. When pages are missing, by `count` and `next`, that is told: what they hold would look absent. Wrong when:
//! records have neither an address nor the keys of their kind. Misses: GraphQL, and what each kind's limits name. Source:
//! NetBox, docs/integrations/rest-api.md and its serializers; Nautobot, user-guide/platform-functionality/rest-api.

mod joined;
mod kinds;
mod pages;

use super::{netbox_cables, netbox_device_types, netbox_devices, sites, vendors};
use crate::cells::without_mark;
use crate::diagnostic::{Kind as Sort, Place};
use crate::draft::Draft;
use crate::import::Input;
use crate::json::{Fault, Members, Reader};
use crate::records::{self, Cursor, Found, Record};
use crate::rows::Row;
use crate::table::{Description, Head, Table};
use crate::tree::{Member, Node, Value};
use banbury_evidence::model;
use kinds::{Kind, Told, endpoint, object, tell};
use pages::Page;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

pub(crate) use joined::{Inventory, finish};

/// An endpoint's records.
pub(super) struct NetboxJson(&'static Kind);

pub(super) static SITES: NetboxJson = NetboxJson(&kinds::SITES);
pub(super) static REGIONS: NetboxJson = NetboxJson(&kinds::REGIONS);
pub(super) static MANUFACTURERS: NetboxJson = NetboxJson(&kinds::MANUFACTURERS);
pub(super) static DEVICE_TYPES: NetboxJson = NetboxJson(&kinds::DEVICE_TYPES);
pub(super) static DEVICES: NetboxJson = NetboxJson(&kinds::DEVICES);
pub(super) static ADDRESSES: NetboxJson = NetboxJson(&kinds::ADDRESSES);
pub(super) static INTERFACES: NetboxJson = NetboxJson(&kinds::INTERFACES);
pub(super) static CABLES: NetboxJson = NetboxJson(&kinds::CABLES);
pub(super) static CIRCUITS: NetboxJson = NetboxJson(&kinds::CIRCUITS);

impl Table for NetboxJson {
    fn describe(&self) -> &'static Description {
        &self.0.description
    }

    fn fit(&self, name: &str, head: &Head) -> u32 {
        let (text, _) = without_mark(&head.bytes);
        if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return 0;
        }
        // A page without records is what its file's name says.
        let named = |fit| if named(name).is_some_and(|kind| std::ptr::eq(kind, self.0)) { fit } else { 0 };
        match first(text) {
            First::Record(Told::Kind(kind) | Told::Header(Some(kind))) if std::ptr::eq(kind, self.0) => 3000,
            First::Record(Told::Kind(_) | Told::Header(_)) => 0,
            // Of an endpoint that is not read: it is told so by the first of the kinds.
            First::Record(Told::Endpoint(_)) | First::Page => named(2000).max(1),
            First::Record(Told::Unknown) | First::None => 0,
        }
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        let (text, _) = without_mark(input.bytes);
        let mut walk = Walk::new(input, text, draft);
        let fault = walk.run();
        let Walk { tables, unread, rejected, empty, header, twice, idle, .. } = walk;
        records::tell_twice(input, text, &twice, draft);
        if let Some(fault) = fault {
            records::tell_fault(input, text, fault.at, "JSON", fault.what, false, draft);
        }
        idle.tell(&input.name, draft);
        let missed = draft.inventory.names.missed.take();
        if missed > 0 {
            let message =
                format!("objects that are addresses alone, and whose names are in no file: {missed}");
            let problem = Place::file(&input.name).error(Sort::UnknownReference, message);
            draft.problem(
                problem.hint("add the files of their endpoints, or export with ?depth=1").left_out(),
            );
        }
        for (endpoint, count) in unread {
            let message = format!("records of {endpoint}, which the model takes nothing from: {count}");
            draft.problem(Place::file(&input.name).warning(Sort::Remark, message));
        }
        let none = tables.is_empty();
        draft.model.tables.extend(tables.into_values());
        // What a page without records is of, is told by the file's header or name.
        let kind = header.or_else(|| named(&input.name)).filter(|_| rejected > 0 || empty);
        match kind {
            Some(kind) if none => draft.model.tables.push(table(kind.description.table, input, rejected)),
            None if none => {
                let message = "the file holds no record that the model takes";
                draft.problem(Place::file(&input.name).error(Sort::Malformed, message).left_out());
            }
            _ => {}
        }
    }
}

fn table(name: &str, input: &Input<'_>, rejected: u64) -> model::Table {
    model::Table {
        table: name.to_owned(),
        file: input.name.clone(),
        rows: 0,
        rejected,
        attribution: None,
        synthetic: None,
        missing: None,
    }
}

/// The kind that a file's name names, such as `dcim_device-types_2.json` or `cables.json`.
fn named(name: &str) -> Option<&'static Kind> {
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase().replace('_', "-");
    let stem = stem.strip_suffix(".json").unwrap_or(&stem);
    let stem = stem.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '.'));
    let last = |endpoint: &&str| {
        endpoint.rsplit('/').next().is_some_and(|last| stem == last || stem.ends_with(&format!("-{last}")))
    };
    let fits = kinds::KINDS.iter().filter(|kind| kind.endpoints.iter().any(&last));
    // `ip-addresses` ends with no other's name; of `device-types` and such the longest is meant.
    fits.max_by_key(|kind| kind.endpoints.iter().map(|endpoint| endpoint.len()).max()).copied()
}

/// What a file starts with.
enum First {
    Record(Told),
    Page,
    None,
}

/// Looks at a file's first record, in a head that may be cut.
fn first(text: &[u8]) -> First {
    let mut reader = Reader::new(text);
    let mut found = First::None;
    // The end of the head is no mistake, and what matters stands before it.
    let _ = first_of(&mut reader, &mut found);
    found
}

/// Breaks off with a fault once the first record is found.
fn first_of(reader: &mut Reader<'_>, found: &mut First) -> Result<(), Fault> {
    let enough = |at| Fault { at, what: "" };
    match reader.peek() {
        Some(b'[') => reader.list(|reader| first_of(reader, found)),
        Some(b'{') => {
            let at = reader.at();
            let mut members = Vec::new();
            let mut pages = 0;
            reader.map(|reader, key, at| {
                if key.as_ref() == b"results" && reader.peek() == Some(b'[') {
                    *found = First::Page;
                    return reader.list(|reader| first_of(reader, found));
                }
                pages += u32::from(matches!(key.as_ref(), b"count" | b"next" | b"previous"));
                if pages == 3 {
                    *found = First::Page;
                }
                // Of a record that the head cuts off, its address has mostly been read.
                let node = reader.value()?;
                let address = key.as_ref() == b"url";
                members.push(Member { key, at, node });
                if address {
                    let node = Node { at, value: Value::Map(std::mem::take(&mut members)) };
                    if let told @ (Told::Kind(_) | Told::Endpoint(_)) = tell(&node) {
                        // A location tells only at its end what it is.
                        if !matches!(&told, Told::Endpoint(endpoint) if endpoint == "dcim/locations") {
                            *found = First::Record(told);
                            return Err(enough(at));
                        }
                    }
                    if let Value::Map(read) = node.value {
                        members = read;
                    }
                }
                Ok(())
            })?;
            if matches!(found, First::None)
                || (matches!(found, First::Page) && pages < 2 && !members.is_empty())
            {
                *found = First::Record(tell(&Node { at, value: Value::Map(members) }));
                return Err(enough(at));
            }
            Ok(())
        }
        _ => Err(enough(reader.at())),
    }
}

/// One file on its way into the draft.
struct Walk<'a, 'd> {
    input: &'d Input<'d>,
    text: &'a [u8],
    cursor: Cursor<'a>,
    draft: &'d mut Draft,
    tables: BTreeMap<&'static str, model::Table>,
    /// Records of endpoints that are not read.
    unread: BTreeMap<String, u64>,
    /// Records of no kind.
    rejected: u64,
    /// Whether a page had no records.
    empty: bool,
    /// What the file says it holds.
    header: Option<&'static Kind>,
    twice: Vec<usize>,
    idle: netbox_cables::Idle,
    synthetic: Option<String>,
}

impl<'a, 'd> Walk<'a, 'd> {
    fn new(input: &'d Input<'d>, text: &'a [u8], draft: &'d mut Draft) -> Self {
        Self {
            input,
            text,
            cursor: Cursor::new(text),
            draft,
            tables: BTreeMap::new(),
            unread: BTreeMap::new(),
            rejected: 0,
            empty: false,
            header: None,
            twice: Vec::new(),
            idle: netbox_cables::Idle::default(),
            synthetic: None,
        }
    }

    /// Reads the file; gives back what stopped it before its end.
    fn run(&mut self) -> Option<Fault> {
        let mut reader = Reader::new(self.text);
        let mut fault = None;
        while reader.peek().is_some() && fault.is_none() {
            fault = element(&mut reader, &mut |reader, found| self.found(reader, found)).err();
        }
        self.twice = std::mem::take(&mut reader.twice);
        if let Some(synthetic) = &self.synthetic {
            self.tables.values_mut().for_each(|table| table.synthetic = Some(synthetic.clone()));
        }
        fault
    }

    fn found(&mut self, reader: &Reader<'a>, found: Element<'a>) {
        match found {
            Element::Record(node) => {
                let record = Record::new(self.text, &mut self.cursor, &node, reader.at());
                self.record(&record);
            }
            Element::Page(page) => {
                self.empty |= page.records == 0;
                self.synthetic = self.synthetic.take().or_else(|| page.synthetic.clone());
                let place = self.cursor.place(&self.input.name, page.at);
                self.draft.inventory.pages.push((page, place));
            }
        }
    }

    fn record(&mut self, record: &Record<'a, '_>) {
        let kind = match tell(record.node) {
            Told::Kind(kind) => kind,
            Told::Endpoint(endpoint) => {
                *self.unread.entry(endpoint).or_default() += 1;
                return;
            }
            Told::Header(kind) => {
                self.header = self.header.or(kind);
                return;
            }
            Told::Unknown => {
                let place = record.place(&self.input.name);
                let problem = match record.node.value {
                    Value::Map(_) => place
                        .error(Sort::Malformed, "a record that cannot be told what it is: it has no url, and not the keys of a kind")
                        .hint("export it with all its fields, as the API sends it"),
                    _ => place.error(Sort::Malformed, format!("{}, where a record is expected", record.node.sort())),
                };
                self.draft.problem(problem.left_out());
                self.rejected += 1;
                return;
            }
        };
        let taken = self.take(kind, record);
        let name = match kind.description.table {
            // Names alone are no table of vendors.
            "vendors" if record.node.get("custom_fields").is_none_or(|fields| !states_vendor(fields)) => {
                "manufacturers"
            }
            name => name,
        };
        let input = self.input;
        let table = self.tables.entry(name).or_insert_with(|| table(name, input, 0));
        if taken { table.rows += 1 } else { table.rejected += 1 }
    }

    fn take(&mut self, kind: &'static Kind, record: &Record<'a, '_>) -> bool {
        let Self { input, draft, idle, .. } = self;
        let names = std::mem::take(&mut draft.inventory.names);
        let find = |node, column: &crate::table::Column| {
            std::iter::once(&column.name).chain(column.others).find_map(|path| look(node, path, &names))
        };
        let columns = kind.description.columns;
        let mut read = |take: &mut dyn FnMut(&mut Row<'_>, &mut Draft) -> Option<()>| {
            record.read(input, columns, find, draft, take).is_some()
        };
        let taken = match kind.description.name {
            "netbox-json-devices" => read(&mut netbox_devices::take),
            "netbox-json-device-types" => read(&mut netbox_device_types::take),
            "netbox-json-sites" => read(&mut sites::take),
            "netbox-json-interfaces" => read(&mut |row, draft| joined::interface(record.node, row, draft)),
            "netbox-json-ip-addresses" => read(&mut joined::address),
            "netbox-json-regions" => read(&mut joined::region),
            "netbox-json-circuits" => read(&mut joined::circuit),
            "netbox-json-cables" => {
                read(&mut |row, draft| joined::cable(record.node, &names, row, draft, idle))
            }
            _ if record.node.get("custom_fields").is_some_and(states_vendor) => read(&mut vendors::take),
            _ => read(&mut |row, _| row.required("name").map(drop)),
        };
        self.draft.inventory.names = names;
        taken
    }
}

/// Whether a manufacturer's custom fields say anything that the model knows of vendors.
fn states_vendor(fields: &Node<'_>) -> bool {
    ["jurisdiction", "control", "owner", "production"].iter().any(|field| fields.get(field).is_some())
}

/// Names of objects by their addresses, such as `dcim/devices/7`; for an interface with its device's name or address.
#[derive(Default)]
struct Names {
    names: HashMap<String, (String, Option<String>)>,
    /// Addresses that were looked for and have no name, since this was last asked.
    missed: Cell<u64>,
}

impl Names {
    fn of(&self, address: &str) -> Option<&(String, Option<String>)> {
        self.names.get(address)
    }

    /// The name of a nested object that is an address alone.
    fn at(&self, node: &Node<'_>) -> Option<&(String, Option<String>)> {
        let address = address(node)?;
        let name = self.of(address.as_ref());
        if name.is_none() {
            self.missed.set(self.missed.get() + 1);
        }
        name
    }
}

/// What stands at a path: a value, what the object there is called, or the name that its address has in another file.
fn look<'a, 'n>(node: &'n Node<'a>, path: &str, names: &Names) -> Option<Found<'a, 'n>> {
    // On the way to a path's end an object may be an address alone.
    let (front, last) = path.rsplit_once('.').map_or((None, path), |(front, last)| (Some(front), last));
    let Some(found) = node.path(path) else {
        let object = names.of(address(node.path(front?)?)?.as_ref())?;
        let device = object.1.as_ref().filter(|_| last == "device")?;
        let name = names.of(device).map_or(device, |(name, _)| name);
        return Some(Found::Value(node.path(front?)?.at, Cow::Owned(name.clone().into_bytes())));
    };
    match Found::of(found) {
        Found::Other(other) => match names.at(other) {
            Some((name, _)) => Some(Found::Value(other.at, Cow::Owned(name.clone().into_bytes()))),
            // A list as of an interface's addresses is read by itself; what has no name is told for the whole file.
            None if matches!(&other.value, Value::List(_)) && last == "ip_addresses" => None,
            None if address(other).is_some() => None,
            None if matches!(last, "ducts" | "duct") => several(other),
            None => Some(Found::Other(other)),
        },
        found => Some(found),
    }
}

/// What a selection of several values says, with semicolons between them.
fn several<'a, 'n>(node: &'n Node<'a>) -> Option<Found<'a, 'n>> {
    let values: Option<Vec<_>> = node.list().iter().map(|one| one.name()?.scalar()).collect();
    match values {
        Some(values) if !node.list().is_empty() => {
            Some(Found::Value(node.at, Cow::Owned(values.join(&b';'))))
        }
        _ if matches!(&node.value, Value::List(_)) && node.list().is_empty() => None,
        _ => Some(Found::Other(node)),
    }
}

/// An object's address, without its host.
fn address<'n>(node: &'n Node<'_>) -> Option<Cow<'n, str>> {
    match node.get("url")?.text()? {
        Cow::Borrowed(url) => object(url).map(Cow::Borrowed),
        Cow::Owned(url) => object(&url).map(|address| Cow::Owned(address.to_owned())),
    }
}

/// What a file is made of.
enum Element<'a> {
    Record(Node<'a>),
    Page(Page),
}

/// Walks a list, a page or a record.
fn element<'a>(
    reader: &mut Reader<'a>,
    found: &mut dyn FnMut(&Reader<'a>, Element<'a>),
) -> Result<(), Fault> {
    match reader.peek() {
        Some(b'[') => reader.list(|reader| element(reader, found)),
        Some(b'{') => {
            let at = reader.at();
            let mut members = Members::default();
            let mut records = None;
            reader.map(|reader, key, at| {
                if key.as_ref() == b"results" && records.is_none() && reader.peek() == Some(b'[') {
                    let mut count = 0;
                    reader.list(|reader| {
                        count += 1;
                        element(reader, found)
                    })?;
                    records = Some(count);
                    return Ok(());
                }
                members.read(reader, key, at)
            })?;
            let node = Node { at, value: Value::Map(members.list) };
            let element = match records {
                Some(records) => Element::Page(Page::new(&node, records)),
                None => Element::Record(node),
            };
            found(reader, element);
            Ok(())
        }
        _ => {
            let node = reader.value()?;
            found(reader, Element::Record(node));
            Ok(())
        }
    }
}

/// Notes the names of all objects by their addresses, when a record of the inputs has an address where a name is needed.
pub(crate) fn note_names(inputs: &[&Input<'_>], draft: &mut Draft) {
    let needed = inputs.iter().any(|input| {
        let (text, _) = without_mark(input.bytes);
        let mut needed = false;
        // A file that cannot be read to its end is told when it is read.
        let _ = element(
            &mut Reader::new(text.get(..text.len().min(1 << 20)).unwrap_or_default()),
            &mut |_, found| {
                if let Element::Record(node) = found {
                    needed |= nameless(&node, 0);
                }
            },
        );
        needed
    });
    if !needed {
        return;
    }
    let names = &mut draft.inventory.names.names;
    for input in inputs {
        let mut reader = Reader::new(without_mark(input.bytes).0);
        let mut note = |_: &Reader<'_>, found: Element<'_>| {
            let Element::Record(node) = found else { return };
            let (Some(object), Some(name)) = (address(&node), node.name().and_then(Node::text)) else {
                return;
            };
            let device = node.get("device").and_then(|device| {
                address(device).map(Cow::into_owned).or_else(|| Some(device.name()?.text()?.into_owned()))
            });
            names.insert(object.into_owned(), (name.trim().to_owned(), device));
        };
        while reader.peek().is_some() {
            if element(&mut reader, &mut note).is_err() {
                break;
            }
        }
    }
}

/// Whether an object in a record is an address without a name.
fn nameless(node: &Node<'_>, depth: u32) -> bool {
    let alone =
        depth > 0 && matches!(node.value, Value::Map(_)) && node.name().is_none() && address(node).is_some();
    alone
        || (depth < 4
            && (node.members().iter().any(|member| nameless(&member.node, depth + 1))
                || node.list().iter().any(|node| nameless(node, depth + 1))))
}
