//! The claims of one product, as the copies of it that there are.

use super::{Contradiction, Joined, Place, Said, product, with_version};
use crate::cpe::Cpe;
use crate::known::Distribution;
use crate::purl::Purl;
use crate::version::{Scheme, choice, compare};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The components of one product. `said` stands in its order: the strongest first.
pub(super) fn of_product<'c>(product: &str, said: Vec<Said<'c>>) -> Vec<Joined<'c>> {
    let scheme = scheme(product, &said);
    let mut places: BTreeMap<Place, Vec<Said<'c>>> = BTreeMap::new();
    for one in said {
        places.entry(one.place.clone()).or_default().push(one);
    }
    let places: Vec<Held<'c>> = places.into_values().map(|said| Held::of(said, scheme)).collect();
    let mut copies: Vec<Held<'c>> = Vec::new();
    // Packages first: what names no revision goes to those that do. Contradictions stand by themselves.
    let mut stages: [Vec<Held<'c>>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let [packages, exact, vague] = &mut stages;
    for held in places {
        match (&held.contradiction, &held.package, &held.exact) {
            (Some(_), ..) => copies.push(held),
            (None, Some(_), _) => packages.push(held),
            (None, None, Some(_)) => exact.push(held),
            (None, None, None) => vague.push(held),
        }
    }
    let [packages, exact, vague] = stages;
    gather(&mut copies, packages, scheme);
    let exact = assign(&mut copies, exact, scheme);
    gather(&mut copies, exact, scheme);
    let vague = assign(&mut copies, vague, scheme);
    copies.extend(together(vague, scheme));
    copies.into_iter().map(|held| held.joined(product)).collect()
}

/// Adds each to the copy of the same version, or makes one of it.
fn gather<'c>(copies: &mut Vec<Held<'c>>, places: Vec<Held<'c>>, scheme: Scheme) {
    for held in places {
        let same = |copy: &&mut Held<'c>| {
            copy.contradiction.is_none()
                && copy.package == held.package
                && copy.exact.is_some()
                && equal(scheme, copy.exact.as_deref(), held.exact.as_deref())
        };
        match copies.iter_mut().find(same) {
            Some(copy) => copy.add(held, scheme),
            None => copies.push(held),
        }
    }
}

/// Adds each to the one copy that agrees, or the nearest of several; gives back what fits none. Where each goes is told
/// before anything is added, so that no order matters.
fn assign<'c>(copies: &mut [Held<'c>], places: Vec<Held<'c>>, scheme: Scheme) -> Vec<Held<'c>> {
    let targets: Vec<Option<usize>> = places.iter().map(|held| target(copies, held, scheme)).collect();
    let mut left = Vec::new();
    for (held, target) in places.into_iter().zip(targets) {
        match target.and_then(|index| copies.get_mut(index)) {
            Some(copy) => copy.add(held, scheme),
            None => left.push(held),
        }
    }
    left
}

fn target(copies: &[Held<'_>], held: &Held<'_>, scheme: Scheme) -> Option<usize> {
    let agrees = |copy: &Held<'_>| match (&copy.contradiction, &copy.exact, &held.exact) {
        (Some(_), ..) | (_, None, _) => false,
        (None, Some(copy), Some(own)) => equal(scheme, Some(copy), Some(own)),
        (None, Some(copy), None) => !excluded(scheme, copy, held.low.as_deref(), held.high.as_deref()),
    };
    let fit: Vec<usize> =
        copies.iter().enumerate().filter(|(_, copy)| agrees(copy)).map(|(index, _)| index).collect();
    if let [only] = fit.as_slice() {
        return Some(*only);
    }
    let near = |index: usize| copies.get(index).map_or(0, |copy| copy.near(held));
    let best = fit.iter().map(|index| near(*index)).max()?;
    let mut nearest = fit.iter().filter(|index| near(**index) == best);
    let first = nearest.next().copied();
    if nearest.next().is_some() { None } else { first }
}

/// What no exact version takes in: one component where all bounds agree, else one for each pair of bounds.
fn together<'c>(places: Vec<Held<'c>>, scheme: Scheme) -> Vec<Held<'c>> {
    let bounds = |held: &Held<'c>| (held.low.clone(), held.high.clone());
    let low = tightest(scheme, places.iter().filter_map(|held| held.low.as_deref()), Ordering::Greater);
    let high = tightest(scheme, places.iter().filter_map(|held| held.high.as_deref()), Ordering::Less);
    let agree = match (&low, &high) {
        (Some(Some(low)), Some(Some(high))) => compare(scheme, low, high).is_some_and(Ordering::is_le),
        (low, high) => low.is_some() && high.is_some(),
    };
    let mut by: BTreeMap<_, Held<'c>> = BTreeMap::new();
    for held in places {
        let key = if agree { (None, None) } else { bounds(&held) };
        match by.get_mut(&key) {
            Some(copy) => copy.add(held, scheme),
            None => {
                by.insert(key, held);
            }
        }
    }
    by.into_values().collect()
}

/// The bound that lies furthest inside; `None` where they cannot be ordered, `Some(None)` where there is none.
fn tightest<'t>(
    scheme: Scheme,
    bounds: impl Iterator<Item = &'t str>,
    inside: Ordering,
) -> Option<Option<String>> {
    let mut kept: Option<&str> = None;
    for bound in bounds {
        kept = Some(match kept {
            None => bound,
            Some(kept) if kept == bound => kept,
            Some(kept) => {
                // Of equal bounds the lower text, so that no order matters.
                let order = compare(scheme, bound, kept)?;
                if order == inside || (order.is_eq() && bound < kept) { bound } else { kept }
            }
        });
    }
    Some(kept.map(str::to_owned))
}

/// What one or several places hold.
struct Held<'c> {
    said: Vec<Said<'c>>,
    exact: Option<String>,
    package: Option<String>,
    low: Option<String>,
    high: Option<String>,
    contradiction: Option<Contradiction>,
}

impl<'c> Held<'c> {
    /// One place, with what its claims say together.
    fn of(said: Vec<Said<'c>>, scheme: Scheme) -> Self {
        let exact: Vec<&str> = said.iter().filter_map(|one| one.exact.as_deref()).collect();
        let first = exact.first().copied();
        let one = exact.iter().all(|version| equal(scheme, first, Some(version)));
        let within = said.iter().all(|one| {
            first.is_none_or(|first| !excluded(scheme, first, one.low.as_deref(), one.high.as_deref()))
        });
        let low = tightest(scheme, said.iter().filter_map(|one| one.low.as_deref()), Ordering::Greater);
        let high = tightest(scheme, said.iter().filter_map(|one| one.high.as_deref()), Ordering::Less);
        let crossed = match (low.as_ref().and_then(Option::as_ref), high.as_ref().and_then(Option::as_ref)) {
            (Some(low), Some(high)) => compare(scheme, low, high).is_some_and(Ordering::is_gt),
            _ => false,
        };
        let contradiction = (!one || !within || crossed).then(|| Contradiction {
            subject: said.first().map(|one| one.place.subject.clone()).unwrap_or_default(),
            claimed: said.iter().map(Said::words).collect::<BTreeSet<_>>().into_iter().collect(),
            versions: exact
                .iter()
                .map(|version| (*version).to_owned())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        });
        let clear = contradiction.is_none();
        Self {
            exact: first.filter(|_| clear).map(str::to_owned),
            package: said.iter().find_map(|one| one.package.clone()).filter(|_| clear),
            low: low.flatten().filter(|_| clear),
            high: high.flatten().filter(|_| clear),
            said,
            contradiction,
        }
    }

    /// Takes another place in that agrees.
    fn add(&mut self, other: Self, scheme: Scheme) {
        let both = |a: &Option<String>, b: &Option<String>, inside| {
            tightest(scheme, [a, b].into_iter().filter_map(|bound| bound.as_deref()), inside).flatten()
        };
        self.low = both(&self.low, &other.low, Ordering::Greater);
        self.high = both(&self.high, &other.high, Ordering::Less);
        self.said.extend(other.said);
    }

    fn near(&self, other: &Self) -> usize {
        let pairs =
            self.said.iter().flat_map(|one| other.said.iter().map(|other| one.place.near(&other.place)));
        pairs.max().unwrap_or_default()
    }

    fn joined(mut self, product: &str) -> Joined<'c> {
        self.said.sort_by_key(|one| (one.rank, one.fingerprint));
        // Of versions that are equal the spelling of the strongest.
        let version = self.exact.as_ref().and(self.said.iter().find_map(|one| one.exact.clone()));
        let mut purls: Vec<String> = Vec::new();
        for (text, purl) in self.said.iter().filter_map(|one| one.purl.as_ref()) {
            if (purl.version.is_some() || version.is_none()) && !purls.contains(text) {
                purls.push(text.clone());
            }
        }
        let mut cpes: Vec<Cpe> = Vec::new();
        let said = self.said.iter().filter_map(|one| one.cpe.clone());
        for cpe in product::cpe(product).into_iter().chain(said) {
            let cpe = with_version(&cpe, version.as_deref());
            if cpe.key().is_some() && !cpes.iter().any(|other| other.key() == cpe.key()) {
                cpes.push(cpe);
            }
        }
        let exact = version.is_some();
        Joined {
            product: product.to_owned(),
            version,
            package_version: self.package,
            low: self.low.filter(|_| !exact),
            high: self.high.filter(|_| !exact),
            purls,
            cpes,
            distribution: self.said.iter().find_map(distribution),
            kind: self
                .said
                .iter()
                .find_map(|one| one.claim.facts.get("kind"))
                .map(banbury_evidence::Value::to_text),
            evidence: self.said.iter().map(Said::evidence).collect(),
            contradictions: self.contradiction.into_iter().collect(),
        }
    }
}

/// The distribution's word on the component: from the purl, with the source package that the database names.
fn distribution(said: &Said<'_>) -> Option<Distribution> {
    let package = said.package.as_ref()?;
    let of_purl = said.purl.as_ref().and_then(|(_, purl)| purl.distribution().or_else(|| purl.system()));
    let name = of_purl.as_ref().map(|one| one.name.clone()).filter(|name| !name.is_empty());
    Some(Distribution {
        // opkg is not OpenWrt's alone: without a word of the system nobody's advisories speak of its packages.
        name: name.unwrap_or_else(|| "unknown".to_owned()),
        release: of_purl.and_then(|one| one.release),
        source: said.source.clone().unwrap_or_else(|| said.name.clone()),
        source_version: Some(package.clone()),
    })
}

/// The order of the product's versions, by the names that its claims give it.
fn scheme(product: &str, said: &[Said<'_>]) -> Scheme {
    let cpes: Vec<Cpe> = said.iter().filter_map(|one| one.cpe.clone()).collect();
    let purl =
        said.iter().filter_map(|one| one.purl.as_ref()).find(|(_, purl)| product::is_of_language(purl));
    scheme_of(product, &cpes, purl.map(|(text, _)| text.as_str()))
}

/// The same by its CPE product, else by the type of a package of a programming language, else by its name.
pub(super) fn scheme_of(product: &str, cpes: &[Cpe], purl: Option<&str>) -> Scheme {
    let signature = product::cpe(product);
    if let Some(name) = signature.as_ref().or(cpes.first()).and_then(|cpe| cpe.product.literal()) {
        return choice().of_product(name);
    }
    let language = purl.and_then(Purl::parse).filter(product::is_of_language);
    language.and_then(|purl| choice().of_package(&purl.kind)).unwrap_or_else(|| choice().of_product(product))
}

fn equal(scheme: Scheme, a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b || compare(scheme, a, b) == Some(Ordering::Equal),
        (None, None) => true,
        _ => false,
    }
}

/// Whether bounds rule a version out; what cannot be ordered rules nothing out.
fn excluded(scheme: Scheme, version: &str, low: Option<&str>, high: Option<&str>) -> bool {
    let below = low.and_then(|low| compare(scheme, version, low)).is_some_and(Ordering::is_lt);
    let above = high.and_then(|high| compare(scheme, version, high)).is_some_and(Ordering::is_gt);
    below || above
}
