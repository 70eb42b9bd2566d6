//! How much trust each regime asks of which element.
//!
//! An element is a function or a role that devices of the network have, or that a regime lists. A regime asks trust of it
//! by putting it into a class that a measure asks about. What it misses: what makes a device sensitive beside its element,
//! such as its site, its links or a part in interception.

use super::reads::Reads;
use crate::metadata::{Certainty, Overrides, Regime};
use banbury_evidence::model::{Device, Model};
use std::collections::{BTreeMap, BTreeSet};

/// How much trust each regime asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Devices in service.
    pub devices: usize,
    /// How many devices each regime asks trust of, in the regimes' order.
    pub covered: Vec<Covered>,
    /// The elements: those that most devices have first.
    pub elements: Vec<Element>,
}

/// A regime, and how much of the network it asks trust of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The regime.
    pub regime: String,
    /// Whether it lists functions or roles at all.
    pub lists: bool,
    /// How sure we are of its text: the mark of "unlisted".
    pub certainty: Certainty,
    /// Devices in service with an element that a measure of it asks about.
    pub asked: usize,
    /// Devices with a listed element, but with none that a measure asks about.
    pub listed: usize,
    /// Devices of which no element is listed, or that have none.
    pub unlisted: usize,
}

/// A function or role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `function` or `role`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Devices in service that have it.
    pub devices: usize,
    /// What each regime asks of it, in the regimes' order; empty where the regime does not list it.
    pub asked: Vec<Vec<Asked>>,
}

/// What one class of a regime asks of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The class.
    pub class: String,
    /// The measures that ask about the class; none when it is listed only to be known.
    pub measures: Vec<String>,
    /// Whether the text excludes it in some cases only.
    pub in_some_cases: bool,
    /// Remark.
    pub note: String,
    /// How sure we are that the regime puts it there.
    pub certainty: Certainty,
}

type Key = (&'static str, String);

/// Looks up every element of the network, and every one that a regime lists.
pub fn sensitivity(regimes: &[(Regime, Overrides)], model: &Model) -> Trust {
    let mut functions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for function in &model.functions {
        functions.entry(&function.device).or_default().insert(function.function.trim().to_uppercase());
    }
    // Devices with the same elements are one sort: a large network has few of them.
    let mut sorts: BTreeMap<Vec<Key>, usize> = BTreeMap::new();
    for device in model.devices.iter().filter(|device| in_service(device)) {
        let role = device.role.as_deref().map(|role| role.trim().to_lowercase());
        let role = role.filter(|role| !role.is_empty()).map(|role| ("role", role));
        let own = functions.get(device.name.as_str()).into_iter().flatten();
        let mut sort: Vec<Key> = own.map(|name| ("function", name.clone())).chain(role).collect();
        sort.sort();
        *sorts.entry(sort).or_default() += 1;
    }
    let mut devices: BTreeMap<Key, usize> = BTreeMap::new();
    for (sort, count) in &sorts {
        for key in sort {
            *devices.entry(key.clone()).or_default() += count;
        }
    }
    let listed: Vec<BTreeMap<Key, Vec<Asked>>> = regimes.iter().map(|(regime, _)| lists(regime)).collect();
    for key in listed.iter().flat_map(BTreeMap::keys) {
        devices.entry(key.clone()).or_default();
    }
    let mut elements: Vec<Element> = devices
        .into_iter()
        .map(|((kind, name), devices)| {
            let key = (kind, name.clone());
            let asked = listed.iter().map(|list| list.get(&key).cloned().unwrap_or_default()).collect();
            Element { kind, name, devices, asked }
        })
        .collect();
    elements.sort_by(|a, b| (b.devices, a.kind, &a.name).cmp(&(a.devices, b.kind, &b.name)));
    let covered = regimes.iter().zip(&listed).map(|((regime, _), list)| {
        let mut covered = Covered {
            regime: regime.id.clone(),
            lists: !regime.sensitivity.is_empty(),
            certainty: regime.certainty,
            asked: 0,
            listed: 0,
            unlisted: 0,
        };
        for (sort, count) in &sorts {
            let mut found = sort.iter().filter_map(|key| list.get(key)).peekable();
            let any = found.peek().is_some();
            if found.flatten().any(|asked| !asked.measures.is_empty()) {
                covered.asked += count;
            } else if any {
                covered.listed += count;
            } else {
                covered.unlisted += count;
            }
        }
        covered
    });
    Trust { devices: sorts.values().sum(), covered: covered.collect(), elements }
}

/// What a regime asks of each element that it lists.
fn lists(regime: &Regime) -> BTreeMap<Key, Vec<Asked>> {
    let reads = Reads::of(regime);
    let mut found: BTreeMap<Key, Vec<Asked>> = BTreeMap::new();
    for entry in &regime.sensitivity {
        let asked = Asked {
            class: entry.class.clone(),
            measures: reads.asking(&entry.class).iter().map(|measure| measure.id.clone()).collect(),
            in_some_cases: entry.verdict == "inconclusive",
            note: entry.note.clone(),
            certainty: entry.certainty,
        };
        let functions = entry.functions.iter().map(|name| ("function", name.to_uppercase()));
        let roles = entry.roles.iter().map(|name| ("role", name.to_lowercase()));
        for key in functions.chain(roles) {
            let of = found.entry(key).or_default();
            if !of.contains(&asked) {
                of.push(asked.clone());
            }
        }
    }
    found
}

/// The same rule as that of the view `devices`.
fn in_service(device: &Device) -> bool {
    let status = device.status.as_deref().unwrap_or_default().trim().to_lowercase();
    !["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use banbury_evidence::model::Function;

    fn device(name: &str, role: &str, status: Option<&str>) -> Device {
        Device {
            name: name.to_owned(),
            role: Some(role.to_owned()),
            status: status.map(str::to_owned),
            ..Device::default()
        }
    }

    #[test]
    fn the_same_element_is_asked_about_by_one_regime_and_unlisted_by_another() {
        let regimes: Vec<(Regime, Overrides)> = ["uk-hrv-2020", "se-2020", "uk-security-2022"]
            .map(|name| (crate::find(name).unwrap().unwrap(), Overrides::new()))
            .into();
        let model = Model {
            devices: vec![
                device("core", "5gc", None),
                device("tree", "shrubbery", None),
                device("tree-2", "Shrubbery ", None),
                device("spare", "5gc", Some("inventory")),
                device("wave", "microwave", None),
            ],
            functions: vec![Function {
                device: "core".to_owned(),
                function: "amf".to_owned(),
                ..Function::default()
            }],
            ..Model::default()
        };
        let trust = sensitivity(&regimes, &model);
        assert_eq!(trust.devices, 4);
        let element =
            |name: &str| trust.elements.iter().find(|element| element.name == name).unwrap().clone();
        let amf = element("AMF");
        assert_eq!((amf.kind, amf.devices), ("function", 1));
        let core = amf.asked[0].iter().find(|asked| asked.class == "core-5g").unwrap();
        assert_eq!(
            (core.measures.as_slice(), core.certainty),
            (&["core-5g".to_owned()][..], Certainty::Secondary)
        );
        assert!(!amf.asked[1].is_empty());
        let critical = amf.asked[2].iter().find(|asked| asked.class == "security-critical").unwrap();
        assert!(!critical.measures.is_empty(), "the Code's measures on security critical functions");
        let unknown = element("shrubbery");
        assert_eq!((unknown.devices, unknown.asked), (2, vec![vec![], vec![], vec![]]));
        // The advice lists microwave only to know it for what it is.
        let wave = element("microwave");
        assert!(wave.asked[0].iter().all(|asked| asked.class == "other" && asked.measures.is_empty()));
        let hrv = &trust.covered[0];
        assert_eq!((hrv.asked, hrv.listed, hrv.unlisted), (1, 1, 2));
        // What no device has is listed all the same, last.
        assert_eq!(element("UPF").devices, 0);
        assert_eq!(trust.elements[0].name, "shrubbery");
    }
}
