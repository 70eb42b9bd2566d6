//! What a release has that another has not: components added, removed, upgraded and downgraded.
//!
//! Components of one product are paired: first those of the same version, then, where one is left on either side, those two;
//! where more are left, in the order in which they stand, and the rest is added or removed. A pair whose versions cannot be
//! ordered, or are not known exactly, has changed.

use super::Joined;
use crate::version::{choice, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The components of two releases, side by side.
#[derive(Debug, Default)]
pub struct Difference<'d, 'c> {
    /// In the newer alone.
    pub added: Vec<&'d Joined<'c>>,
    /// In the older alone.
    pub removed: Vec<&'d Joined<'c>>,
    /// The newer has a later version.
    pub upgraded: Vec<(&'d Joined<'c>, &'d Joined<'c>)>,
    /// The newer has an earlier version.
    pub downgraded: Vec<(&'d Joined<'c>, &'d Joined<'c>)>,
    /// The versions differ, and which is later is not known.
    pub changed: Vec<(&'d Joined<'c>, &'d Joined<'c>)>,
    /// In both.
    pub unchanged: Vec<&'d Joined<'c>>,
}

/// What `new` has that `old` has not, and the other way round.
pub fn difference<'d, 'c>(old: &'d [Joined<'c>], new: &'d [Joined<'c>]) -> Difference<'d, 'c> {
    let mut products: BTreeMap<&str, (Vec<&Joined<'c>>, Vec<&Joined<'c>>)> = BTreeMap::new();
    old.iter().for_each(|one| products.entry(&one.product).or_default().0.push(one));
    new.iter().for_each(|one| products.entry(&one.product).or_default().1.push(one));
    let mut found = Difference::default();
    for (mut old, mut new) in products.into_values() {
        let same = |a: &Joined<'_>, b: &Joined<'_>| {
            a.shown_version() == b.shown_version() && a.package_version == b.package_version
        };
        old.retain(|one| match new.iter().position(|other| same(one, other)) {
            Some(index) => {
                found.unchanged.push(new.remove(index));
                false
            }
            None => true,
        });
        let pairs = old.len().min(new.len());
        found.removed.extend(old.drain(pairs..));
        found.added.extend(new.drain(pairs..));
        for (old, new) in old.into_iter().zip(new) {
            match order(old, new) {
                Some(Ordering::Less) => found.upgraded.push((old, new)),
                Some(Ordering::Greater) => found.downgraded.push((old, new)),
                Some(Ordering::Equal) | None => found.changed.push((old, new)),
            }
        }
    }
    found
}

/// How the versions of two components of one product stand to each other, where both are exact and can be ordered: by their
/// packages' versions where both have one of the same distribution.
fn order(a: &Joined<'_>, b: &Joined<'_>) -> Option<Ordering> {
    let distribution = |one: &Joined<'_>| one.distribution.as_ref().map(|from| from.name.clone());
    if let (Some(ours), Some(theirs)) = (&a.package_version, &b.package_version)
        && distribution(a) == distribution(b)
        && let Some(scheme) = distribution(a)
            .and_then(|name| choice().package_type(&name))
            .or_else(|| package_type(a).filter(|kind| package_type(b) == Some(kind)))
            .and_then(|kind| choice().of_package(kind))
    {
        return compare(scheme, ours, theirs);
    }
    let scheme = super::copies::scheme_of(&a.product, &a.cpes, a.purls.first().map(String::as_str));
    compare(scheme, a.version.as_deref()?, b.version.as_deref()?)
}

/// The type of the package by its database, where no distribution is known.
fn package_type(one: &Joined<'_>) -> Option<&'static str> {
    match one.evidence.first()?.method.as_str() {
        "dpkg" => Some("deb"),
        "opkg" => Some("opkg"),
        "apk" => Some("apk"),
        method if method.starts_with("rpm-") => Some("rpm"),
        _ => None,
    }
}
