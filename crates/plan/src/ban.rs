//! Blanket bans: equipment that has to go whatever it does, or whatever it does in a part of the network.

use crate::inventory::{Inventory, Unit, maker};
use crate::options::{Candidate, Scope};
use banbury_evidence::model::Model;
use banbury_regime::near;
use std::collections::BTreeSet;

/// Equipment that has to go by the plan's last day, whatever any measure says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Which equipment.
    pub banned: Banned,
    /// In which part of the network.
    pub within: Scope,
}

/// What a ban names; every name in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Banned {
    /// What these vendors make.
    Makers(BTreeSet<String>),
    /// A kind of equipment.
    Product(String),
    /// What runs this operating software.
    Platform(String),
}

/// How a ban is written.
const FORM: &str = "write vendor:NAME, list:NAME, product:NAME or platform:NAME, and with it \" in role:NAME\", \" in function:NAME\" or \
                    \" in region:NAME\"";

impl Ban {
    /// Reads `KIND:NAME`, with ` in role:NAME`, ` in function:NAME`, ` in region:NAME` behind it, and holds the names against the
    /// network; or why it is none, with what would put it right.
    pub fn parse(text: &str, inventory: &Inventory, model: &Model) -> Result<Self, String> {
        let (what, within) = parts(text);
        let mut scope = Scope::default();
        for part in within {
            let (kind, name) = part.split_once(':').unwrap_or((part, ""));
            let of = |list: fn(&Unit) -> Vec<&String>| -> BTreeSet<&str> {
                inventory.units.iter().flat_map(list).map(String::as_str).collect()
            };
            let (place, plural, names) = match kind {
                "role" => (&mut scope.role, "roles", of(|unit| unit.role.iter().collect())),
                "function" => (&mut scope.function, "functions", of(|unit| unit.functions.iter().collect())),
                _ => (&mut scope.region, "regions", of(|unit| unit.region.iter().collect())),
            };
            if place.is_some() {
                return Err(format!("{kind} is named twice; ban one after the other"));
            }
            *place = Some(known(plural, name, names)?);
        }
        let Some((kind, name)) = what.split_once(':') else { return Err(FORM.to_owned()) };
        let units = || inventory.units.iter();
        let banned = match kind.trim() {
            "vendor" => {
                let names = units().filter_map(|unit| unit.vendor.as_deref()).collect();
                Banned::Makers(BTreeSet::from([maker(&known("vendors", name, names)?)]))
            }
            "list" => {
                let lists = model.designations.iter().map(|one| one.list.trim()).collect();
                let list = maker(&known("lists of vendors", name, lists)?);
                let of_list = model.designations.iter().filter(|one| maker(&one.list) == list);
                Banned::Makers(of_list.map(|one| maker(&one.vendor)).collect())
            }
            "product" => {
                let names = units().filter_map(|unit| unit.product.as_deref()).collect();
                Banned::Product(maker(&known("products", name, names)?))
            }
            "platform" => {
                let names = units().filter_map(|unit| unit.platform.as_deref()).collect();
                Banned::Platform(maker(&known("platforms", name, names)?))
            }
            "role" | "function" | "region" => {
                return Err(format!(
                    "a ban of all in it leaves nothing to take its place; name whose, such as \"vendor:NAME in {kind}:{name}\"",
                ));
            }
            _ => return Err(FORM.to_owned()),
        };
        let ban = Self { banned, within: scope };
        if !units().any(|unit| ban.takes(unit)) {
            return Err(format!("no device in service is {}: such a ban costs nothing", ban.words()));
        }
        Ok(ban)
    }

    /// What is banned, in words.
    pub fn words(&self) -> String {
        let what = match &self.banned {
            Banned::Makers(makers) => {
                format!("made by {}", makers.iter().cloned().collect::<Vec<_>>().join(", "))
            }
            Banned::Product(name) => format!("a {name}"),
            Banned::Platform(name) => format!("on {name}"),
        };
        if self.within == Scope::default() { what } else { format!("{what} in {}", self.within.words()) }
    }

    /// Whether a device has to go.
    pub fn takes(&self, unit: &Unit) -> bool {
        unit.is_in(&self.within)
            && self.names(unit.vendor.as_deref(), unit.product.as_deref(), unit.platform.as_deref())
    }

    /// Whether a candidate must not take a device's place.
    pub fn refuses(&self, candidate: &Candidate, unit: &Unit) -> bool {
        unit.is_in(&self.within)
            && self.names(Some(&candidate.vendor), Some(&candidate.product), candidate.platform.as_deref())
    }

    fn names(&self, vendor: Option<&str>, product: Option<&str>, platform: Option<&str>) -> bool {
        let is = |own: Option<&str>, name: &String| own.is_some_and(|own| maker(own) == *name);
        match &self.banned {
            Banned::Makers(makers) => vendor.is_some_and(|vendor| makers.contains(&maker(vendor))),
            Banned::Product(name) => is(product, name),
            Banned::Platform(name) => is(platform, name),
        }
    }
}

/// What is banned, and the parts behind it; a name may hold " in " itself.
fn parts(text: &str) -> (&str, Vec<&str>) {
    let begin = |text: &str| {
        let starts = ["role:", "function:", "region:"].map(|kind| format!(" in {kind}"));
        starts.iter().filter_map(|start| text.find(start.as_str())).min()
    };
    let mut left = text;
    let mut found = Vec::new();
    while let Some(at) = begin(left) {
        let (part, rest) = left.split_at(at);
        found.push(part);
        left = rest.strip_prefix(" in ").unwrap_or(rest);
    }
    found.push(left);
    let what = found.remove(0);
    (what, found)
}

/// The name as the network has it, whatever its case.
fn known(what: &str, name: &str, names: BTreeSet<&str>) -> Result<String, String> {
    let name = name.trim();
    let found =
        names.iter().find(|own| **own == name).or_else(|| names.iter().find(|own| maker(own) == maker(name)));
    found.map(|own| (*own).to_owned()).ok_or_else(|| {
        let wanted = if name.is_empty() {
            "there is no name".to_owned()
        } else {
            format!("nothing in service is of {name:?}")
        };
        format!("{wanted}; {}", near::hint(what, name, names.iter().copied()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use banbury_evidence::model::Designation;

    fn inventory() -> Inventory {
        let unit = |name: &str, vendor: &str, product: &str, role: &str, functions: &[&str]| Unit {
            name: name.to_owned(),
            vendor: Some(vendor.to_owned()),
            product: Some(product.to_owned()),
            platform: Some("Made in Rust".to_owned()),
            role: Some(role.to_owned()),
            region: Some("North".to_owned()),
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
            ..Unit::default()
        };
        Inventory {
            units: vec![
                unit("a", "Ferrous", "F1", "core", &["AMF"]),
                unit("b", "Ferrous", "F2", "gnb", &["GNB-DU"]),
                unit("c", "Marram", "M1", "core", &["AMF"]),
            ],
        }
    }

    fn taken(text: &str) -> Result<String, String> {
        let inventory = inventory();
        let listed = Designation {
            vendor: "MARRAM".to_owned(),
            list: "high-risk".to_owned(),
            ..Designation::default()
        };
        let model = Model { designations: vec![listed], ..Model::default() };
        let ban = Ban::parse(text, &inventory, &model)?;
        Ok(inventory.units.iter().filter(|unit| ban.takes(unit)).map(|unit| unit.name.as_str()).collect())
    }

    #[test]
    fn a_ban_takes_what_it_names() {
        for (text, names) in [
            ("vendor:ferrous", "ab"),
            ("vendor:Ferrous in role:core", "a"),
            ("vendor:Ferrous in function:amf in region:north", "a"),
            ("list:high-risk", "c"),
            ("product:f2", "b"),
            ("platform:Made in Rust in role:core", "ac"),
        ] {
            assert_eq!(taken(text).as_deref(), Ok(names), "{text}");
        }
    }

    #[test]
    fn what_is_no_ban_is_told_with_a_remedy() {
        for (text, part) in [
            ("Ferrous", "write vendor:NAME"),
            ("maker:Ferrous", "write vendor:NAME"),
            ("vendor:Ferous", "did you mean Ferrous?"),
            ("vendor:", "there is no name"),
            ("list:nobody", "lists of vendors: high-risk"),
            ("function:AMF", "vendor:NAME in function:AMF"),
            ("vendor:Ferrous in role:cor", "did you mean core?"),
            ("vendor:Ferrous in role:core in role:gnb", "named twice"),
            ("vendor:Marram in role:gnb", "no device in service"),
        ] {
            let told = taken(text).unwrap_err();
            assert!(told.contains(part), "{text}: {told}");
        }
    }

    #[test]
    fn what_takes_its_place_is_held_to_it_in_the_same_part() {
        let inventory = inventory();
        let ban = Ban::parse("vendor:Ferrous in role:core", &inventory, &Model::default()).unwrap();
        let candidate = Candidate { vendor: "FERROUS ".to_owned(), ..Candidate::default() };
        let refused: Vec<bool> = inventory.units.iter().map(|unit| ban.refuses(&candidate, unit)).collect();
        assert_eq!(refused, [true, false, true]);
    }
}
