//! The model while it is being read: each record once, contradictions told, references noted for later.

use crate::diagnostic::{Diagnostic, Kind, Place};
use crate::references::{Reference, Target};
use banbury_evidence::model::{
    Contract, Designation, Device, Function, Interception, Link, Model, Review, Site, Source, Vendor,
};
use std::collections::{HashMap, HashSet};

/// A model being read.
#[derive(Default)]
pub struct Draft {
    pub(crate) model: Model,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Names used, to be checked when all inputs are read.
    pub(crate) references: Vec<Reference>,
    /// For each kind of record, its key and its place in the model.
    seen: HashMap<(&'static str, String), usize>,
    link_names: HashSet<String>,
}

/// A record of the model.
pub(crate) trait Entry: Sized {
    /// What one is called.
    const WHAT: &'static str;
    /// What makes it this record and no other.
    fn key(&self) -> String;
    /// Where it was read.
    fn source(&self) -> &Source;
    /// The fields in which two records with one key differ.
    fn differences(&self, other: &Self) -> Vec<&'static str>;
    /// Where such records stand in the model.
    fn list(model: &mut Model) -> &mut Vec<Self>;
}

macro_rules! entry {
    ($type:ident, $what:literal, $list:ident, [$($key:ident),*], [$($field:ident),*]) => {
        impl Entry for $type {
            const WHAT: &'static str = $what;
            fn key(&self) -> String {
                [$(format!("{:?}", self.$key)),*].join(" ")
            }
            fn source(&self) -> &Source {
                &self.source
            }
            fn differences(&self, other: &Self) -> Vec<&'static str> {
                let fields: &[(&'static str, bool)] =
                    &[("", self.key() == other.key()), $((stringify!($field), self.$field == other.$field)),*];
                fields.iter().filter(|(_, same)| !same).map(|&(name, _)| name).collect()
            }
            fn list(model: &mut Model) -> &mut Vec<Self> {
                &mut model.$list
            }
        }
    };
}

entry!(
    Device,
    "device",
    devices,
    [name],
    [site, role, manufacturer, device_type, platform, software, image, segment, status]
);
entry!(Site, "site", sites, [name], [region, sensitive, subscribers, latitude, longitude]);
entry!(Function, "function", functions, [device, function], []);
entry!(Vendor, "vendor", vendors, [name], [jurisdiction]);
entry!(Designation, "designation", designations, [vendor, list], [since, citation]);
entry!(Contract, "contract scope", contracts, [name, scope_kind, scope], [party, access, since, until]);
entry!(Interception, "interception", interceptions, [device, part], [operator]);
entry!(Review, "finding", reviews, [vendor, product, date, finding], [reviewer, grade, state]);

impl Draft {
    /// Adds a record. One that says the same as another is passed over with a warning; of two that contradict each
    /// other the first is kept, and the problem to be noted with the second comes back.
    pub(crate) fn add<T: Entry>(&mut self, record: T, place: &Place) -> Result<(), Diagnostic> {
        let key = (T::WHAT, record.key());
        let list = T::list(&mut self.model);
        let Some(first) = self.seen.get(&key).and_then(|&at| list.get(at)) else {
            self.seen.insert(key, list.len());
            list.push(record);
            return Ok(());
        };
        let differences = first.differences(&record);
        let Source { file, line } = first.source();
        if differences.is_empty() {
            let message = format!("this {} was already read from {file}:{line}, and says the same", T::WHAT);
            self.diagnostics.push(place.warning(Kind::Remark, message));
            return Ok(());
        }
        let message = format!(
            "this {} is already described at {file}:{line}, which differs in {}; the first is kept",
            T::WHAT,
            differences.join(", ")
        );
        Err(place.error(Kind::Conflict, message).hint("keep one of the two records").left_out())
    }

    /// Adds a site. Where two files describe one site, each fills in what the other does not state.
    pub(crate) fn add_site(&mut self, site: Site, place: &Place) -> Result<(), Diagnostic> {
        let key = (Site::WHAT, site.key());
        let known = self.seen.get(&key).and_then(|&at| self.model.sites.get_mut(at));
        let Some(known) = known.filter(|known| known.source.file != site.source.file) else {
            return self.add(site, place);
        };
        let mut merged = known.clone();
        merged.region = merged.region.or_else(|| site.region.clone());
        merged.sensitive = merged.sensitive.or(site.sensitive);
        merged.subscribers = merged.subscribers.or(site.subscribers);
        merged.latitude = merged.latitude.or(site.latitude);
        merged.longitude = merged.longitude.or(site.longitude);
        let agrees = |ours: bool, stated: bool| !stated || ours;
        let whole = agrees(merged.region == site.region, site.region.is_some())
            && agrees(merged.sensitive == site.sensitive, site.sensitive.is_some())
            && agrees(merged.subscribers == site.subscribers, site.subscribers.is_some())
            && agrees(merged.latitude == site.latitude, site.latitude.is_some())
            && agrees(merged.longitude == site.longitude, site.longitude.is_some());
        if !whole {
            return self.add(site, place);
        }
        *known = merged;
        Ok(())
    }

    /// Adds a link under a name that no other has: its own, or else made from its ends.
    pub(crate) fn add_link(&mut self, link: Link) {
        let end = |device: &str, interface: &Option<String>| match interface {
            Some(interface) => format!("{device}:{interface}"),
            None => device.to_owned(),
        };
        let mut base = link.name.clone();
        if base.is_empty() {
            base = format!(
                "{} -- {}",
                end(&link.a_device, &link.a_interface),
                end(&link.b_device, &link.b_interface)
            );
        }
        let times = self.seen.entry(("link name", base.clone())).or_insert(0);
        let mut name = base.clone();
        loop {
            *times += 1;
            if *times > 1 {
                name = format!("{base} ({times})");
            }
            if self.link_names.insert(name.clone()) {
                break;
            }
        }
        self.model.links.push(Link { name, ..link });
    }

    /// Notes that the record `by`, a `what`, uses a name that something has to bear.
    pub(crate) fn refer(
        &mut self,
        target: Target,
        name: &str,
        place: Place,
        (what, by): (&'static str, &str),
    ) {
        self.references.push(Reference { target, name: name.to_owned(), place, what, by: by.to_owned() });
    }

    /// Notes a problem with the input as a whole.
    pub(crate) fn problem(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }
}
