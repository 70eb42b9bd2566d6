//! The devices of a network as a plan sees them.

use crate::options::{CREW_DAYS_TENTHS, Candidate, Known, Scope};
use banbury_evidence::model::Model;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A device in service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its place among the model's devices.
    pub record: usize,
    /// Its name.
    pub name: String,
    /// The site it stands at.
    pub site: Option<String>,
    /// The region of its site.
    pub region: Option<String>,
    /// Whether its site is sensitive.
    pub sensitive: Option<bool>,
    /// Subscribers of its site.
    pub subscribers: u64,
    /// Who made it.
    pub vendor: Option<String>,
    /// What it is.
    pub product: Option<String>,
    /// The operating software it runs.
    pub platform: Option<String>,
    /// Its role.
    pub role: Option<String>,
    /// Functions that it carries, in capitals, in order.
    pub functions: Vec<String>,
    /// Parts in interception that it takes, in capitals, in order.
    pub parts: Vec<String>,
    /// Day of installation.
    pub installed: Option<Date>,
    /// Last day of its maker's support.
    pub support_end: Option<Date>,
    /// What it cost, or a replacement costs.
    pub cost: Option<u64>,
}

/// All devices in service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The devices, in the order of the model.
    pub units: Vec<Unit>,
}

/// Whether a device with this status is in service, by the rule of the graph and of the view `devices`.
pub fn in_service(status: Option<&str>) -> bool {
    let status = status.unwrap_or_default().trim().to_lowercase();
    !["planned", "staged", "inventory", "decommissioned"].contains(&status.as_str())
}

/// A name as makers are compared.
pub fn maker(name: &str) -> String {
    name.trim().to_lowercase()
}

fn filled(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Inventory {
    /// The devices in service of a model. Of several of one name the first counts.
    pub fn of(model: &Model) -> Self {
        let mut sites = BTreeMap::new();
        for site in &model.sites {
            sites.entry(site.name.as_str()).or_insert(site);
        }
        let mut types: BTreeMap<&str, Vec<&banbury_evidence::model::DeviceType>> = BTreeMap::new();
        for one in &model.device_types {
            types.entry(one.model.as_str()).or_default().push(one);
        }
        let mut functions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for one in &model.functions {
            functions.entry(one.device.as_str()).or_default().insert(one.function.trim().to_uppercase());
        }
        let mut parts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for one in &model.interceptions {
            parts.entry(one.device.as_str()).or_default().insert(one.part.trim().to_uppercase());
        }
        let mut seen = BTreeSet::new();
        let mut units = Vec::new();
        for (record, device) in model.devices.iter().enumerate() {
            if !in_service(device.status.as_deref()) || !seen.insert(device.name.as_str()) {
                continue;
            }
            let of_name = device.device_type.as_deref().and_then(|name| types.get(name));
            // A type is the device's where the maker says so, or where there is one of its name alone.
            let product = of_name.and_then(|list| match &device.manufacturer {
                Some(maker) => list.iter().find(|one| one.manufacturer.as_ref() == Some(maker)),
                None => list.first().filter(|_| list.len() == 1),
            });
            let site = device.site.as_deref().and_then(|name| sites.get(name));
            let day = |text: Option<&String>| text.and_then(|text| text.parse::<Date>().ok());
            let list = |found: Option<&BTreeSet<String>>| -> Vec<String> {
                found.map(|found| found.iter().cloned().collect()).unwrap_or_default()
            };
            units.push(Unit {
                record,
                name: device.name.clone(),
                site: filled(device.site.as_ref()),
                region: site.and_then(|site| filled(site.region.as_ref())),
                sensitive: site.and_then(|site| site.sensitive),
                subscribers: site.and_then(|site| site.subscribers).unwrap_or(0),
                vendor: filled(
                    device.manufacturer.as_ref().or(product.and_then(|one| one.manufacturer.as_ref())),
                ),
                product: filled(device.device_type.as_ref()),
                platform: filled(device.platform.as_ref()),
                role: filled(device.role.as_ref()),
                functions: list(functions.get(device.name.as_str())),
                parts: list(parts.get(device.name.as_str())),
                installed: day(device.installed.as_ref()),
                support_end: day(device
                    .support_end
                    .as_ref()
                    .or(product.and_then(|one| one.support_end.as_ref()))),
                cost: device.cost.or(product.and_then(|one| one.cost)),
            });
        }
        Self { units }
    }

    /// The names that options may use.
    pub fn known(&self, model: &Model) -> Known {
        let mut known = Known::default();
        known.regions.extend(model.sites.iter().filter_map(|site| filled(site.region.as_ref())));
        known.vendors.extend(model.vendors.iter().map(|vendor| vendor.name.trim().to_owned()));
        for unit in &self.units {
            known.roles.extend(unit.role.clone());
            known.functions.extend(unit.functions.iter().cloned());
            known.products.extend(unit.product.clone());
            known.vendors.extend(unit.vendor.clone());
        }
        known
    }

    /// Candidates that the network itself offers: each product that stands in it, for the roles and functions that it has
    /// anywhere there, at what its type costs, else the dearest of its devices. What no record states a cost of costs nothing; how
    /// many that are is told. What its maker no longer supports after the plan's last day is no candidate.
    pub fn candidates(&self, model: &Model, by: Date) -> (Vec<Candidate>, usize) {
        let mut costs: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
        for one in &model.device_types {
            if let Some(cost) = one.cost {
                costs.entry((one.model.as_str(), one.manufacturer.as_deref())).or_insert(cost);
            }
        }
        let mut found: BTreeMap<(String, String), Candidate> = BTreeMap::new();
        for unit in &self.units {
            let (Some(vendor), Some(product)) = (&unit.vendor, &unit.product) else { continue };
            if unit.role.is_none() && unit.functions.is_empty() {
                continue;
            }
            let candidate = found.entry((vendor.clone(), product.clone())).or_insert_with(|| Candidate {
                product: product.clone(),
                vendor: vendor.clone(),
                platform: unit.platform.clone(),
                tenths: CREW_DAYS_TENTHS,
                support_end: unit.support_end,
                ..Candidate::default()
            });
            let stated = costs
                .get(&(product.as_str(), Some(vendor.as_str())))
                .or_else(|| costs.get(&(product.as_str(), None)));
            candidate.price = candidate.price.max(stated.copied().or(unit.cost).unwrap_or(0));
            candidate.support_end = candidate.support_end.max(unit.support_end);
            let add = |list: &mut Vec<String>, name: &String| {
                if let Err(at) = list.binary_search(name) {
                    list.insert(at, name.clone());
                }
            };
            unit.role.iter().for_each(|role| add(&mut candidate.roles, role));
            unit.functions.iter().for_each(|function| add(&mut candidate.functions, function));
        }
        found.retain(|_, candidate| candidate.support_end.is_none_or(|day| day > by));
        let free = found.values().filter(|candidate| candidate.price == 0).count();
        (found.into_values().collect(), free)
    }
}

impl Unit {
    /// Whether a candidate can take the device's place: it fits the role, carries all of its functions, may replace its product,
    /// and is not the same product.
    pub fn fits(&self, candidate: &Candidate) -> bool {
        let same = self.vendor.as_ref().is_some_and(|vendor| maker(vendor) == maker(&candidate.vendor))
            && self.product.as_ref() == Some(&candidate.product);
        let role = || self.role.as_ref().is_some_and(|role| candidate.roles.contains(role));
        let product = || self.product.as_ref().is_some_and(|product| candidate.replaces.contains(product));
        !same
            && (candidate.roles.is_empty() || role())
            && (candidate.replaces.is_empty() || product())
            && (candidate.functions.is_empty()
                || self.functions.iter().all(|function| candidate.functions.contains(function)))
    }

    /// Whether the device is counted in a scope.
    pub fn is_in(&self, scope: &Scope) -> bool {
        let is = |wanted: &Option<String>, own: &Option<String>| wanted.is_none() || wanted == own;
        is(&scope.role, &self.role)
            && is(&scope.region, &self.region)
            && scope.function.as_ref().is_none_or(|function| self.functions.contains(function))
    }

    /// What is written off when it is taken out on a day: of its cost the share of whole years, begun ones too, that its maker
    /// would have supported it on, in the years from its installation to the end of support.
    pub fn written_off(&self, day: Date) -> u64 {
        let (Some(cost), Some(installed), Some(end)) = (self.cost, self.installed, self.support_end) else {
            return 0;
        };
        let years = |from: Date, to: Date| {
            let days = crate::calendar::days(from, to);
            if days <= 0 { 0 } else { u64::from(days.unsigned_abs()).div_ceil(365) }
        };
        let life = years(installed, end).max(1);
        cost * years(day, end).min(life) / life
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_would_have_ended_anyway_is_not_written_off() {
        let unit = Unit {
            cost: Some(1000),
            installed: Some(date(2020, 1, 1)),
            support_end: Some(date(2029, 12, 28)),
            ..Unit::default()
        };
        assert_eq!(unit.written_off(date(2026, 12, 31)), 300);
        assert_eq!(unit.written_off(date(2029, 6, 30)), 100);
        assert_eq!(unit.written_off(date(2029, 12, 28)), 0);
        assert_eq!(Unit { cost: None, ..unit }.written_off(date(2026, 12, 31)), 0);
    }

    #[test]
    fn a_candidate_fits_by_role_functions_and_product() {
        let unit = Unit {
            vendor: Some("Ferrous".to_owned()),
            product: Some("F1".to_owned()),
            role: Some("gnb".to_owned()),
            functions: vec!["GNB-CU".to_owned(), "GNB-DU".to_owned()],
            ..Unit::default()
        };
        let one = |roles: &[&str], functions: &[&str]| Candidate {
            product: "M1".to_owned(),
            vendor: "Marram".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            functions: functions.iter().map(|function| (*function).to_owned()).collect(),
            ..Candidate::default()
        };
        assert!(unit.fits(&one(&["gnb"], &["GNB-DU", "GNB-CU", "RU"])));
        assert!(!unit.fits(&one(&["gnb"], &["GNB-DU"])));
        assert!(!unit.fits(&one(&["core"], &[])));
        let same =
            Candidate { vendor: " FERROUS".to_owned(), product: "F1".to_owned(), ..one(&["gnb"], &[]) };
        assert!(!unit.fits(&same));
    }
}
