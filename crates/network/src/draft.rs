//! The model while it is being read: each thing once, completed by every source that describes it, contradictions told,
//! references noted for later.

use crate::diagnostic::{Diagnostic, Kind, Place};
use crate::references::{Reference, Target};
use banbury_evidence::model::{
    AddressPrefix, Attestation, Contract, Demand, Designation, Device, DeviceType, Exchange, Function,
    Interception, Interface, Link, Model, Review, Segment, Site, Source, ValueSource, Vendor,
};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _};

/// A model being read.
#[derive(Default)]
pub struct Draft {
    pub(crate) model: Model,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Names used, to be checked when all inputs are read.
    pub(crate) references: Vec<Reference>,
    /// For each kind of record, the places in the model by key.
    seen: [HashTable<usize>; KINDS],
    hasher: DefaultHashBuilder,
    /// What files of NetBox's API say that waits for other files.
    pub(crate) inventory: crate::inputs::Inventory,
    /// How often a link's name was asked for, where more than once.
    link_names: HashMap<String, usize>,
    /// Files that were not read to their end.
    cuts: Vec<Cut>,
}

/// A file of which an unknown part was not read.
struct Cut {
    file: String,
    /// What is missing, in words.
    what: String,
    /// Whether it may have held records of any table.
    any: bool,
}

/// A record of the model.
pub(crate) trait Entry: Sized {
    /// Which of the kinds it is.
    const KIND: usize;
    /// The view that shows such records.
    const VIEW: &'static str;
    /// What one is called.
    const WHAT: &'static str;
    /// What makes it this record and no other, in words.
    fn key(&self) -> String;
    /// A hash of the key.
    fn hash(&self, hasher: &DefaultHashBuilder) -> u64;
    /// Whether both are records of the same thing.
    fn is(&self, other: &Self) -> bool;
    /// Where it was read.
    fn source(&self) -> &Source;
    /// What each field that is not of the key says beside what the other's says.
    fn compare(&self, other: &Self) -> Vec<(&'static str, Beside)>;
    /// Takes over each field that it does not state.
    fn fill(&mut self, other: Self);
    /// Where such records stand in the model.
    fn list(model: &mut Model) -> &mut Vec<Self>;
}

/// What a second record's field says beside the first's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// The same, or nothing.
    Same,
    /// Something, where the first says nothing.
    More,
    /// Something else.
    Other,
}

/// A field of a record.
trait Field {
    fn beside(&self, other: &Self) -> Beside;
    fn fill(&mut self, other: Self);
}

impl<T: PartialEq> Field for Option<T> {
    fn beside(&self, other: &Self) -> Beside {
        match (self, other) {
            (_, None) => Beside::Same,
            (None, Some(_)) => Beside::More,
            (Some(first), Some(second)) if first == second => Beside::Same,
            (Some(_), Some(_)) => Beside::Other,
        }
    }

    fn fill(&mut self, other: Self) {
        if self.is_none() {
            *self = other;
        }
    }
}

impl Field for String {
    fn beside(&self, other: &Self) -> Beside {
        if self == other { Beside::Same } else { Beside::Other }
    }

    fn fill(&mut self, _: Self) {}
}

macro_rules! entries {
    ($($kind:literal: $type:ident, $what:literal, $list:ident, [$($key:ident),*], [$($field:ident),*];)*) => {$(
        impl Entry for $type {
            const KIND: usize = $kind;
            const VIEW: &'static str = stringify!($list);
            const WHAT: &'static str = $what;
            fn key(&self) -> String {
                [$(word(&self.$key)),*].join(" ")
            }
            fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
                let mut state = hasher.build_hasher();
                $(self.$key.hash(&mut state);)*
                std::hash::Hasher::finish(&state)
            }
            fn is(&self, other: &Self) -> bool {
                true $(&& self.$key == other.$key)*
            }
            fn source(&self) -> &Source {
                &self.source
            }
            fn compare(&self, other: &Self) -> Vec<(&'static str, Beside)> {
                let _ = other;
                vec![$((stringify!($field), self.$field.beside(&other.$field))),*]
            }
            fn fill(&mut self, other: Self) {
                let _ = &other;
                $(self.$field.fill(other.$field);)*
            }
            fn list(model: &mut Model) -> &mut Vec<Self> {
                &mut model.$list
            }
        }
    )*};
}

/// How many kinds of records there are.
const KINDS: usize = 16;

entries! {
    0: Device, "device", devices, [name], [site, role, manufacturer, device_type, platform, software, image, segment,
        address, power, status, installed, support_end, cost];
    1: Site, "site", sites, [name], [region, country, sensitive, subscribers, power, latitude, longitude];
    2: Function, "function", functions, [device, function], [];
    3: Vendor, "vendor", vendors, [name], [jurisdiction, control, production, stated, citation];
    4: Designation, "designation", designations, [vendor, list], [since, citation];
    5: Contract, "contract scope", contracts, [name, scope_kind, scope],
        [party, access, through, administrator, logged, exit_plan, hours, since, until];
    6: Interception, "interception", interceptions, [device, part], [operator];
    7: Review, "finding", reviews, [vendor, product, date, finding], [reviewer, grade, state];
    8: DeviceType, "device type", device_types, [model, manufacturer], [part_number, support_end, production, cost];
    9: Interface, "interface", interfaces, [device, name, address], [kind, segment, enabled];
    10: Demand, "demand", demands, [site, function], [subscribers, mbps];
    11: Segment, "segment", segments, [name], [plane, contained];
    12: Attestation, "attestation", attestations, [regime, measure, subject, party, date],
        [state, until, document, sha256];
    14: AddressPrefix, "prefix", prefixes, [prefix], [party, role, segment];
    15: Exchange, "exchange", exchanges, [from_kind, from_name, to_kind, to_name, protocol, port], [purpose];
}

/// The kind of a link's name, beside those of the records.
const LINK_NAMES: usize = 13;

impl Draft {
    /// Adds a record. Where it describes what another file's record does, each fills in what the other does not state.
    /// One that says the same as another in its file is passed over with a warning; of two that contradict each other
    /// the first is kept, and the problem to be noted with the second comes back.
    pub(crate) fn add<T: Entry>(&mut self, record: T, place: &Place) -> Result<(), Diagnostic> {
        let hash = record.hash(&self.hasher);
        let list = T::list(&mut self.model);
        let Some(seen) = self.seen.get_mut(T::KIND) else { return Ok(()) };
        let known = seen.find(hash, |&at| list.get(at).is_some_and(|known: &T| known.is(&record))).copied();
        let Some(first) = known.and_then(|at| list.get_mut(at)) else {
            let hasher = &self.hasher;
            seen.insert_unique(hash, list.len(), |&at| list.get(at).map_or(0, |known| known.hash(hasher)));
            list.push(record);
            return Ok(());
        };
        let compared = first.compare(&record);
        let fields = |beside| {
            let fields = compared.iter().filter(move |(_, found)| *found == beside);
            fields.map(|&(name, _)| name).collect::<Vec<_>>()
        };
        let Source { file, line } = first.source().clone();
        let (more, other) = (fields(Beside::More), fields(Beside::Other));
        let mut differing = other;
        if file != record.source().file {
            let source = record.source().clone();
            let name = record.key();
            first.fill(record);
            self.model.value_sources.extend(more.into_iter().map(|field| ValueSource {
                kind: T::VIEW.to_owned(),
                record: name.clone(),
                field: field.to_owned(),
                source: source.clone(),
            }));
            if differing.is_empty() {
                return Ok(());
            }
        } else if differing.is_empty() && more.is_empty() {
            let message = format!("this {} was already read from {file}:{line}, and says the same", T::WHAT);
            self.diagnostics.push(place.warning(Kind::Remark, message));
            return Ok(());
        } else {
            differing.extend(more);
        }
        let message = format!(
            "this {} is already described at {file}:{line}, which differs in {}; the first is kept",
            T::WHAT,
            differing.join(", ")
        );
        Err(place.error(Kind::Conflict, message).hint("keep one of the two records").left_out())
    }

    /// Adds a link under a name that no other has: its own, or else made from its ends. Gives back its place in the
    /// model.
    pub(crate) fn add_link(&mut self, mut link: Link) -> usize {
        let end = |device: &str, interface: &Option<String>| match interface {
            Some(interface) => format!("{device}:{interface}"),
            None => device.to_owned(),
        };
        if link.name.is_empty() {
            link.name = format!(
                "{} -- {}",
                end(&link.a_device, &link.a_interface),
                end(&link.b_device, &link.b_interface)
            );
        }
        let base = link.name.clone();
        while !self.claim(&link.name) {
            let times = self.link_names.entry(base.clone()).or_insert(1);
            *times += 1;
            link.name = format!("{base} ({times})");
        }
        self.model.links.push(link);
        self.model.links.len() - 1
    }

    /// Takes a name for the next link; `false` when another link has it.
    fn claim(&mut self, name: &str) -> bool {
        let (hasher, links) = (&self.hasher, &self.model.links);
        let Some(seen) = self.seen.get_mut(LINK_NAMES) else { return true };
        let hash = hasher.hash_one(name);
        if seen.find(hash, |&at| links.get(at).is_some_and(|link| link.name == name)).is_some() {
            return false;
        }
        seen.insert_unique(hash, links.len(), |&at| {
            // The link that is being added has its name already, and is not in the list yet.
            links.get(at).map_or(hash, |link| hasher.hash_one(link.name.as_str()))
        });
        true
    }

    /// Notes that the record `by`, a `what`, uses a name that something has to bear. What bears it already needs no note.
    pub(crate) fn refer(
        &mut self,
        target: Target,
        name: &str,
        place: impl FnOnce() -> Place,
        (what, by): (&'static str, &str),
    ) {
        let borne = match target {
            Target::Device => self.knows::<Device>(name, |device| &device.name),
            Target::Site => self.knows::<Site>(name, |site| &site.name),
            _ => false,
        };
        if !borne {
            let (name, by) = (name.to_owned(), by.to_owned());
            self.references.push(Reference { target, name, place: place(), what, by });
        }
    }

    /// Whether a record of a kind whose key is its name bears this one.
    fn knows<T: Entry>(&mut self, name: &str, of: impl Fn(&T) -> &String) -> bool {
        let mut state = self.hasher.build_hasher();
        name.hash(&mut state);
        let list = T::list(&mut self.model);
        let hash = std::hash::Hasher::finish(&state);
        let borne = |&at: &usize| list.get(at).is_some_and(|known| of(known) == name);
        self.seen.get(T::KIND).is_some_and(|seen| seen.find(hash, borne).is_some())
    }

    /// Notes that more of a file was not read than records that are counted. `any`: the rest may hold records of every table.
    pub(crate) fn cut(&mut self, problem: Diagnostic, any: bool) {
        let what = format!("{}: {}", problem.place(), problem.message);
        self.cuts.push(Cut { file: problem.file.clone(), what, any });
        self.problem(problem.left_out());
    }

    /// Says with each table what of it may be missing.
    pub(crate) fn settle_cuts(&mut self) {
        for table in &mut self.model.tables {
            let cut = self.cuts.iter().find(|cut| cut.any || cut.file == table.file);
            table.missing = cut.map(|cut| cut.what.clone());
        }
    }

    /// Notes a problem with the input as a whole.
    pub(crate) fn problem(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }
}

/// A part of a key, as words.
fn word(part: &impl std::fmt::Debug) -> String {
    let text = format!("{part:?}");
    let text = text.strip_prefix("Some(").and_then(|text| text.strip_suffix(')')).unwrap_or(&text);
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => text.to_owned(),
        None if text == "None" => String::new(),
        None => text.to_owned(),
    }
}
