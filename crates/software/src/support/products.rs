//! Which product of the feed a component is, and of which cycle a version is.
//!
//! By CPE name, else by package URL, else by name: its own, or that of `data/support.toml`. A product of the feed that has CPE
//! names is not told by its name alone where the component has CPE names too: then it is another product of that name.

use crate::Error;
use crate::advisory::{End, Support};
use crate::cpe::Cpe;
use crate::join::Joined;
use crate::purl::Purl;
use crate::store::{ImportedFile, Store};
use crate::version::{Scheme, choice, compare};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The name of the feed.
pub(crate) const FEED: &str = "endoflife";

/// What the feed database has on how long products are supported.
#[derive(Debug)]
pub struct Products {
    pub(super) files: Vec<ImportedFile>,
    cycles: BTreeMap<String, Vec<Cycle>>,
    by_cpe: BTreeMap<String, BTreeSet<String>>,
    by_purl: BTreeMap<String, BTreeSet<String>>,
    by_name: BTreeMap<String, BTreeSet<String>>,
    with_cpes: BTreeSet<String>,
}

/// A cycle of a product, with the date of the feed that states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    pub(super) support: Support,
    pub(super) feed_dated: Option<String>,
}

impl Cycle {
    /// The day that support ends, where one is stated.
    pub(super) fn ends(&self) -> Option<&str> {
        match &self.support.ends {
            Some(End::On(day)) => Some(day),
            _ => None,
        }
    }
}

/// The product of the feed, and by what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// One.
    One { product: String, by: String },
    /// Several: nobody can say which.
    Several(BTreeSet<String>),
    /// None.
    Nothing,
}

/// Which cycle something is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OfCycle<'p> {
    /// This one.
    Is(&'p Cycle),
    /// None of those that the feed names.
    Beyond,
    /// What is known of the version does not tell.
    Open,
}

impl Products {
    /// All that the database has.
    pub fn new(store: &Store) -> Result<Self, Error> {
        let mut products = Self {
            files: store.files_in_use()?.into_iter().filter(|file| file.feed == FEED).collect(),
            cycles: BTreeMap::new(),
            by_cpe: BTreeMap::new(),
            by_purl: BTreeMap::new(),
            by_name: BTreeMap::new(),
            with_cpes: BTreeSet::new(),
        };
        let failed = |source| store.failed(source);
        let query = "SELECT body, file.dated FROM support JOIN file ON file.id = support.file ORDER BY product, cycle";
        let mut statement = store.connection().prepare(query).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let body = row.get_ref(0).and_then(|value| Ok(value.as_str()?)).map_err(failed)?;
            let support: Support = serde_json::from_str(body).map_err(|source| store.unreadable(source))?;
            products.add(Cycle { support, feed_dated: row.get(1).map_err(failed)? });
        }
        Ok(products)
    }

    fn add(&mut self, cycle: Cycle) {
        let product = &cycle.support.product;
        let mut name = |map: fn(&mut Self) -> &mut BTreeMap<String, BTreeSet<String>>, name: String| {
            map(self).entry(name).or_default().insert(product.clone());
        };
        // Every cycle repeats the names of its product.
        for one in cycle.support.names.iter().chain([product]) {
            if let Some(key) = cpe_key(one) {
                name(|all| &mut all.by_cpe, key);
            } else if let Some(purl) = Purl::parse(one) {
                name(|all| &mut all.by_purl, purl_key(&purl));
            } else {
                name(|all| &mut all.by_name, one.to_lowercase());
            }
        }
        if cycle.support.names.iter().any(|one| cpe_key(one).is_some()) {
            self.with_cpes.insert(product.clone());
        }
        self.cycles.entry(product.clone()).or_default().push(cycle);
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.cycles.is_empty()
    }

    /// The product that a component is.
    pub(super) fn of_component(&self, component: &Joined<'_>) -> Told {
        let keys: Vec<String> = component.cpes.iter().filter_map(Cpe::key).collect();
        let purls: Vec<Purl> = component.purls.iter().filter_map(|text| Purl::parse(text)).collect();
        let cpes: BTreeSet<(&String, &String)> = keys
            .iter()
            .filter_map(|key| Some((key, self.by_cpe.get(key)?)))
            .flat_map(|(key, all)| all.iter().map(move |product| (product, key)))
            .collect();
        if !cpes.is_empty() {
            return self.one(
                &component.product,
                cpes.into_iter().map(|(product, key)| (product, format!("cpe:{key}"))),
            );
        }
        let purls: BTreeSet<(&String, String)> = purls
            .iter()
            .map(purl_key)
            .filter_map(|key| Some((self.by_purl.get(&key)?, key)))
            .flat_map(|(all, key)| all.iter().map(move |product| (product, key.clone())))
            .collect();
        if !purls.is_empty() {
            return self.one(&component.product, purls.into_iter());
        }
        let named = self.named(&component.product);
        let named = named.into_iter().filter(|product| keys.is_empty() || !self.with_cpes.contains(*product));
        self.one(&component.product, named.map(|product| (product, "name".to_owned())))
    }

    /// The product that a distribution is, by its name in package URLs.
    pub(super) fn of_distribution(&self, name: &str) -> Option<&str> {
        let named = self.named(name);
        let exact = named.iter().find(|product| product.as_str() == name);
        exact.or(named.first().filter(|_| named.len() == 1)).map(|product| product.as_str())
    }

    fn named(&self, name: &str) -> Vec<&String> {
        let name = NAMES.get(name).map_or(name, String::as_str);
        self.by_name.get(name).into_iter().flatten().collect()
    }

    /// The only one; of several the one that has the component's own name.
    fn one<'p>(&self, name: &str, found: impl Iterator<Item = (&'p String, String)>) -> Told {
        let mut found: BTreeMap<&String, String> = found.collect();
        let own = NAMES.get(name).map_or(name, String::as_str).to_owned();
        if found.len() > 1
            && let Some(by) = found.remove(&own)
        {
            return Told::One { product: own, by };
        }
        match found.pop_first() {
            None => Told::Nothing,
            Some((product, by)) if found.is_empty() => Told::One { product: product.clone(), by },
            Some((product, _)) => Told::Several(found.into_keys().chain([product]).cloned().collect()),
        }
    }

    /// The cycle of an exact version: the longest that it begins with, so that 3.0.11 is of 3.0 before it is of 3.
    pub(super) fn cycle_of(&self, product: &str, version: &str) -> OfCycle<'_> {
        let version = version.trim();
        let cycles = self.cycles.get(product).map(Vec::as_slice).unwrap_or_default();
        let of = cycles.iter().filter(|cycle| is_of(version, &cycle.support.cycle));
        of.max_by_key(|cycle| cycle.support.cycle.len()).map_or(OfCycle::Beyond, OfCycle::Is)
    }

    /// The cycle where only bounds of the version are known: that of both, where it is one.
    pub(super) fn cycle_between(&self, product: &str, low: Option<&str>, high: Option<&str>) -> OfCycle<'_> {
        let (Some(low), Some(high)) = (low, high) else { return OfCycle::Open };
        let ordered = compare(Scheme::Dotted, low, high).is_some_and(Ordering::is_le);
        match (self.cycle_of(product, low), self.cycle_of(product, high)) {
            (OfCycle::Is(one), OfCycle::Is(other)) if one == other && ordered => OfCycle::Is(one),
            _ => OfCycle::Open,
        }
    }

    /// The cycle of a distribution's release, by number or code name.
    pub(super) fn cycle_of_release(&self, product: &str, distribution: &str, release: &str) -> OfCycle<'_> {
        self.cycle_of(product, choice().release_number(distribution, release))
    }
}

/// Whether a version is of a release cycle: 3.0.11 is of 3.0, and of 3.
fn is_of(version: &str, cycle: &str) -> bool {
    !cycle.is_empty()
        && version
            .strip_prefix(cycle)
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// Part, vendor and product of a CPE name that stops behind the product, in either form.
fn cpe_key(text: &str) -> Option<String> {
    let whole = match text.strip_prefix("cpe:2.3:") {
        Some(rest) => {
            let parts = rest.replace("\\:", "").matches(':').count() + 1;
            format!("{text}{}", ":*".repeat(11_usize.saturating_sub(parts)))
        }
        None if text.starts_with("cpe:/") => text.to_owned(),
        None => return None,
    };
    whole.parse::<Cpe>().ok()?.key()
}

fn purl_key(purl: &Purl) -> String {
    let namespace = if purl.namespace.is_empty() { String::new() } else { format!("{}/", purl.namespace) };
    format!("pkg:{}/{namespace}{}", purl.kind, purl.name).to_lowercase()
}

/// The committed table. That it can be read is tested; without it fewer products are told.
static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| read().unwrap_or_default().products);

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    products: BTreeMap<String, String>,
}

fn read() -> Result<Names, toml::de::Error> {
    toml::from_str(include_str!("../../data/support.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_can_be_read_and_renames() {
        let names = read().unwrap().products;
        assert!(names.len() >= 8 && names.iter().all(|(ours, theirs)| ours != theirs && !theirs.is_empty()));
    }

    #[test]
    fn cpe_names_that_stop_behind_the_product_are_read() {
        for text in [
            "cpe:/o:debian:debian_linux",
            "cpe:2.3:o:debian:debian_linux",
            "cpe:2.3:o:debian:debian_linux:*:*:*:*:*:*:*:*",
        ] {
            assert_eq!(cpe_key(text).as_deref(), Some("o:debian:debian_linux"), "{text}");
        }
        for text in ["", "cpe:", "cpe:2.3:", "cpe:/", "cpe:2.3:o", "pkg:deb/debian/x", "cpe:2.3:a:*:*"] {
            assert_eq!(cpe_key(text), None, "{text}");
        }
    }

    #[test]
    fn a_version_is_of_the_cycle_that_it_begins_with() {
        for (version, cycle, of) in [
            ("3.0.11", "3.0", true),
            ("3.01", "3.0", false),
            ("1.0.2k", "1.0.2", true),
            ("10", "1", false),
            ("4.0r9", "4", true),
            ("5.10.101-vendor", "5.10", true),
            ("5.1", "5.10", false),
            ("1", "", false),
        ] {
            assert_eq!(is_of(version, cycle), of, "{version} {cycle}");
        }
    }

    proptest! {
        #[test]
        fn any_identifier_is_read_or_none(text in ".{0,40}", tail in "[a-z:*?\\\\/.%]{0,40}") {
            for text in [text, format!("cpe:2.3:{tail}"), format!("cpe:/{tail}"), format!("pkg:{tail}")] {
                if let Some(key) = cpe_key(&text) {
                    prop_assert!(text.starts_with("cpe:") && key.contains(':'));
                }
            }
        }
    }
}
