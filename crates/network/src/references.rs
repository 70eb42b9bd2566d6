//! Names that one table uses and another has to bear.
//!
//! Checked when all inputs are read. A name is only checked against a table that was imported: without a table of
//! devices, say, one warning a file stands for all its unchecked names.

use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use crate::nearest::Names;
use std::collections::{BTreeMap, BTreeSet};

/// A name that a record uses.
pub(crate) struct Reference {
    pub target: Target,
    pub name: String,
    pub place: Place,
    /// What kind of record uses it.
    pub what: &'static str,
    /// That record's name, empty when it has none.
    pub by: String,
}

/// What has to bear the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A device; without it the record hangs in the air.
    Device,
    /// A site.
    Site,
    /// A device's manufacturer.
    Manufacturer,
    /// A device's role.
    Role,
    /// A device's type.
    DeviceType,
    /// A function on a device.
    Function,
}

impl Target {
    /// The tables of which at least one has to be imported before the name can be checked.
    fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Site => &["sites", "graphml"],
            Self::Function => &["functions"],
            Self::Device => &["devices", "graphml"],
            Self::Manufacturer | Self::Role | Self::DeviceType => &["devices"],
        }
    }

    /// Whether names of this sort are compared without case.
    fn is_folded(self) -> bool {
        matches!(self, Self::Manufacturer | Self::Role | Self::DeviceType | Self::Function)
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Device => "is in no table of devices",
            Self::Site => "is in no table of sites",
            Self::Manufacturer => "is the manufacturer of no device",
            Self::Role => "is the role of no device",
            Self::DeviceType => "is the type of no device",
            Self::Function => "is a function of no device",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Device => "names of devices",
            Self::Site => "names of sites",
            Self::Function => "names of functions",
            Self::Manufacturer => "names of manufacturers",
            Self::Role => "names of roles",
            Self::DeviceType => "names of device types",
        }
    }
}

/// Checks every name noted in the draft; what is wrong goes to its diagnostics.
pub(crate) fn check(draft: &mut Draft) {
    if draft.references.is_empty() {
        return;
    }
    let mut names: BTreeMap<Target, Names> = BTreeMap::new();
    let mut know = |target, name: Option<&String>| {
        if let Some(name) = name {
            names.entry(target).or_default().insert(name);
        }
    };
    for device in &draft.model.devices {
        know(Target::Device, Some(&device.name));
        know(Target::Manufacturer, device.manufacturer.as_ref());
        know(Target::Role, device.role.as_ref());
        know(Target::DeviceType, device.device_type.as_ref());
    }
    draft.model.sites.iter().for_each(|site| know(Target::Site, Some(&site.name)));
    draft.model.functions.iter().for_each(|function| know(Target::Function, Some(&function.function)));

    let tables: BTreeSet<&str> = draft.model.tables.iter().map(|table| table.table.as_str()).collect();
    let mut unchecked: BTreeMap<(String, Target), u64> = BTreeMap::new();
    let mut found = Vec::new();
    for reference in &draft.references {
        if !reference.target.tables().iter().any(|table| tables.contains(table)) {
            *unchecked.entry((reference.place.file.clone(), reference.target)).or_default() += 1;
            continue;
        }
        let names = names.entry(reference.target).or_default();
        // What regimes compare without case is no unknown name for its case.
        let borne = names.contains(&reference.name)
            || (reference.target.is_folded() && names.has_alike(&reference.name));
        if !borne {
            found.push(unknown(reference, names));
        }
    }
    for ((file, target), count) in unchecked {
        // Every device names its site; without a table of sites that is no mistake.
        if target == Target::Site {
            continue;
        }
        let table = target.tables().first().copied().unwrap_or_default();
        let message =
            format!("{} that were not checked, for no table of {table} was imported: {count}", target.word());
        let hint = format!("add the table of {table} to the case");
        found.push(Place::file(&file).warning(Kind::Remark, message).hint(hint));
    }
    draft.diagnostics.append(&mut found);
}

fn unknown(reference: &Reference, names: &mut Names) -> Diagnostic {
    let mut by = reference.what.to_owned();
    if !reference.by.is_empty() {
        by = format!("{by} {}", quote(&reference.by));
    }
    let message = format!("{by}: {} {}", quote(&reference.name), reference.target.missing());
    let mut problem = match reference.target {
        Target::Device => reference.place.error(Kind::UnknownReference, message),
        _ => reference.place.warning(Kind::UnknownReference, message),
    };
    problem.hint = if names.is_empty() { None } else { names.hint(&reference.name) };
    problem
}
