//! One component seen by several probes is one component with all its evidence.
//!
//! How claims of one exhibit become components:
//!
//! 1. A claim's product: a package of a programming language by its purl; else by name or source package, which
//!    `data/products.toml` and the signatures reduce to one spelling. Claims with one CPE vendor and product are of one
//!    product, whatever they call it.
//! 2. A claim's place: its file; of a package database, the package in it; of folders of kernel modules, the folder.
//! 3. Places of one product that name one version (of a package: with the distribution's revision) are one component. A
//!    place that names only upstream's version or bounds goes to the component that agrees, the nearest by containers where
//!    several do; where none or no single one does, it stays by itself.
//! 4. Places with other versions are other copies: components of their own.
//! 5. One place with versions or bounds that exclude each other is a contradiction: a component without a version, with each
//!    that is claimed. Nothing is averaged, and no word counts for more there.
//!
//! When it is wrong: two products that share a name, one of which no table knows; a program that prints the version of its
//! library at run time. What it misses: copies of one version are not told apart. Candidates (`component.candidate`) are not
//! components. The order of the claims does not matter, and each claim stands in exactly one component.

mod copies;
mod difference;
mod place;
mod product;
#[cfg(test)]
mod tests;

pub use difference::{Difference, difference};

use crate::cpe::{Attribute, Cpe};
use crate::known;
use crate::purl::Purl;
use banbury_evidence::{Claim, Digest, Location, Subject, SubjectKind};
use place::Place;
use std::collections::{BTreeMap, BTreeSet};

/// The code of the claims that are joined.
pub const COMPONENT: &str = "component";

/// Places of a component that a look-up's claim lists.
const PLACES: usize = 4;

/// One component, with all that speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined<'c> {
    /// The product's one name; of a package of a programming language with its type (`pypi:requests`).
    pub product: String,
    /// Upstream's version, by the strongest evidence. None where only bounds are known, or where the evidence contradicts
    /// itself.
    pub version: Option<String>,
    /// The version with the distribution's revision, where a package database names it.
    pub package_version: Option<String>,
    /// That the version is no lower. Given where there is no version.
    pub low: Option<String>,
    /// That the version is no higher. Given where there is no version.
    pub high: Option<String>,
    /// Its package URLs, that of the strongest evidence first.
    pub purls: Vec<String>,
    /// Its CPE names with the version, the signature's first.
    pub cpes: Vec<Cpe>,
    /// The source package, its version, and the distribution, where a package database names them.
    pub distribution: Option<known::Distribution>,
    /// What sort of component it is, where a claim says so: `operating-system`.
    pub kind: Option<String>,
    /// The claims, the strongest first; never empty.
    pub evidence: Vec<Evidence<'c>>,
    /// Where one place names versions that exclude each other.
    pub contradictions: Vec<Contradiction>,
}

/// A claim that speaks for a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence<'c> {
    /// The claim.
    pub claim: &'c Claim,
    /// Its identity.
    pub fingerprint: Digest,
    /// By what it was seen.
    pub method: String,
}

/// A place whose claims exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// The subject of the claims.
    pub subject: String,
    /// What is claimed, each with its methods: `1.2.11 (version-string)`.
    pub claimed: Vec<String>,
    /// The versions among it that are exact.
    pub versions: Vec<String>,
}

/// Joins the claims of one exhibit. Claims with other codes than [`COMPONENT`] are left aside.
pub fn join<'c>(claims: impl IntoIterator<Item = &'c Claim>) -> Vec<Joined<'c>> {
    let mut said: Vec<Said<'c>> =
        claims.into_iter().filter(|claim| claim.code == COMPONENT).map(Said::of).collect();
    // The order of the claims must not matter: the strongest first, then by identity.
    said.sort_by(|a, b| {
        let key = |one: &Said<'c>| (one.rank, one.fingerprint);
        (key(a), &a.claim.locations, &a.claim.title).cmp(&(key(b), &b.claim.locations, &b.claim.title))
    });
    said.dedup_by(|a, b| a.fingerprint == b.fingerprint && a.claim == b.claim);
    let mut products: BTreeMap<String, Vec<Said<'c>>> = BTreeMap::new();
    for (said, product) in with_products(said) {
        products.entry(product).or_default().push(said);
    }
    let mut joined: Vec<Joined<'c>> =
        products.into_iter().flat_map(|(product, said)| copies::of_product(&product, said)).collect();
    joined.sort_by_cached_key(|one| {
        let first = one.evidence.first().map(|evidence| evidence.fingerprint);
        (one.product.clone(), one.version.clone(), one.package_version.clone(), one.range(), first)
    });
    joined
}

impl Joined<'_> {
    /// What it is and of which version, as the facts of a claim about it.
    pub(crate) fn identity(&self) -> [(&'static str, Option<String>); 5] {
        [
            ("component", Some(self.product.clone())),
            ("version", self.version.clone()),
            ("version-low", self.low.clone()),
            ("version-high", self.high.clone()),
            ("package-version", self.package_version.clone()),
        ]
    }

    /// The version as one text: exact, or its bounds; empty where nothing is known of it.
    pub fn shown_version(&self) -> String {
        match &self.version {
            Some(version) => version.clone(),
            None if !self.contradictions.is_empty() => {
                let all: BTreeSet<&str> =
                    self.contradictions.iter().flat_map(|one| &one.claimed).map(String::as_str).collect();
                format!("contradictory: {}", all.into_iter().collect::<Vec<_>>().join(" / "))
            }
            None => self.range(),
        }
    }

    /// Product and version as one text.
    pub fn shown(&self) -> String {
        format!("{} {}", self.product, self.shown_version()).trim_end().to_owned()
    }

    /// What a look-up's claim on it is about: the subject of the strongest evidence.
    pub(crate) fn subject(&self) -> Subject {
        let first = self.evidence.first().map(|evidence| evidence.claim.subject.clone());
        first.unwrap_or_else(|| Subject::named(SubjectKind::File, self.product.clone()))
    }

    /// Where a look-up's claim on it stands: the first places of its evidence.
    pub(crate) fn places(&self) -> Vec<Location> {
        let places = self.evidence.iter().flat_map(|evidence| &evidence.claim.locations);
        places.take(PLACES).cloned().collect()
    }

    /// By what it was seen, each once, the strongest first.
    pub fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = Vec::new();
        for evidence in &self.evidence {
            if !methods.contains(&evidence.method.as_str()) {
                methods.push(&evidence.method);
            }
        }
        methods
    }

    /// What is looked up: the component with this version, which a contradiction leaves open.
    pub fn component(&self, version: Option<&str>) -> known::Component {
        let purl = self.purls.iter().find_map(|text| Purl::parse(text).map(|purl| (text, purl)));
        let ecosystem = purl.filter(|(_, purl)| product::is_of_language(purl));
        known::Component {
            name: self.product.clone(),
            version: version.map(str::to_owned),
            low: self.low.clone().filter(|_| version.is_none()),
            high: self.high.clone().filter(|_| version.is_none()),
            purl: ecosystem.map(|(text, _)| text.clone()),
            cpes: self.cpes.clone(),
            distribution: self.distribution.clone(),
            ecosystem: None,
        }
    }

    /// What is known of the version without an exact one, in words.
    fn range(&self) -> String {
        range(self.low.as_deref(), self.high.as_deref())
    }
}

fn range(low: Option<&str>, high: Option<&str>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or later"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => String::new(),
    }
}

/// A claim, taken apart.
pub(super) struct Said<'c> {
    claim: &'c Claim,
    fingerprint: Digest,
    method: String,
    rank: u8,
    name: String,
    source: Option<String>,
    purl: Option<(String, Purl)>,
    cpe: Option<Cpe>,
    /// Upstream's version.
    exact: Option<String>,
    /// The version with the distribution's revision.
    package: Option<String>,
    low: Option<String>,
    high: Option<String>,
    place: Place,
}

impl<'c> Said<'c> {
    fn of(claim: &'c Claim) -> Self {
        let fact = |name: &str| claim.text(name).filter(|text| !text.is_empty());
        let method = fact("method").unwrap_or_default();
        let purl = fact("purl").and_then(|text| Purl::parse(&text).map(|purl| (text, purl)));
        let packaged = place::is_package(&method, fact("package-type").as_deref());
        let stated = fact("version");
        let package =
            stated.clone().filter(|_| packaged).map(|version| fact("source-version").unwrap_or(version));
        let exact = match &package {
            Some(package) => Some(crate::purl::upstream(package, method == "apk").to_owned()),
            None => stated,
        };
        let source = fact("source").map(|source| source_name(&source).to_owned());
        Self {
            fingerprint: claim.fingerprint(),
            rank: place::rank(&method),
            name: fact("name").unwrap_or_default(),
            cpe: fact("cpe").and_then(|text| text.parse::<Cpe>().ok()),
            low: fact("version-low"),
            high: fact("version-high"),
            place: Place::of(claim, &method, fact("folder"), package.as_deref()),
            claim,
            method,
            source,
            purl,
            exact,
            package,
        }
    }

    fn evidence(&self) -> Evidence<'c> {
        Evidence { claim: self.claim, fingerprint: self.fingerprint, method: self.method.clone() }
    }

    /// What it says of the version, in words.
    fn words(&self) -> String {
        let version = self.exact.clone().unwrap_or_else(|| range(self.low.as_deref(), self.high.as_deref()));
        format!("{version} ({})", self.method)
    }
}

/// An RPM's source is the name of the file that it was built from.
fn source_name(source: &str) -> &str {
    let Some(stem) = source.strip_suffix(".src.rpm").or_else(|| source.strip_suffix(".nosrc.rpm")) else {
        return source;
    };
    let name = stem.rsplit_once('-').and_then(|(rest, _)| rest.rsplit_once('-'));
    name.map_or(stem, |(name, _)| name)
}

/// Each claim with its product: by name, and then one product for all that share a CPE vendor and product.
fn with_products(said: Vec<Said<'_>>) -> Vec<(Said<'_>, String)> {
    let names: Vec<String> = said
        .iter()
        .map(|one| {
            let purl = one.purl.as_ref().map(|(_, purl)| purl);
            product::Named { name: &one.name, source: one.source.as_deref(), purl, cpe: one.cpe.as_ref() }
                .product()
        })
        .collect();
    // The first name that a CPE goes by: of the strongest evidence, since that stands first.
    let mut by_cpe: BTreeMap<String, String> = BTreeMap::new();
    let mut becomes: BTreeMap<String, String> = BTreeMap::new();
    for (one, name) in said.iter().zip(&names) {
        let Some(key) = one.cpe.as_ref().and_then(Cpe::key) else { continue };
        let ours = last(&becomes, name);
        match by_cpe.get(&key).map(|other| last(&becomes, other)) {
            // A product with a signature keeps its name.
            Some(other) if other != ours => {
                let (kept, given_up) = if product::cpe(&ours).is_some() && product::cpe(&other).is_none() {
                    (ours, other)
                } else {
                    (other, ours)
                };
                becomes.insert(given_up, kept);
            }
            Some(_) => {}
            None => {
                by_cpe.insert(key, ours);
            }
        }
    }
    said.into_iter().zip(names).map(|(one, name)| (one, last(&becomes, &name))).collect()
}

/// The name that a name became in the end.
fn last(becomes: &BTreeMap<String, String>, name: &str) -> String {
    let mut name = name;
    // A name that was given up is never kept again, so that this ends.
    while let Some(next) = becomes.get(name) {
        name = next;
    }
    name.to_owned()
}

/// A CPE name with this version.
fn with_version(cpe: &Cpe, version: Option<&str>) -> Cpe {
    let mut cpe = cpe.clone();
    cpe.version = version.map_or(Attribute::Any, Attribute::literal_of);
    cpe
}
