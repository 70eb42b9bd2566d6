//! Whether a stated version is one that was seen.

use banbury_software::version::{Scheme, choice, compare};
use std::cmp::Ordering;

/// How a stated version stands to one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// They are the same.
    Same,
    /// They are the same but for a distribution's epoch or revision.
    SameUpstream,
    /// It lies within the bounds that were seen.
    Within,
    /// They cannot be compared.
    Unknown,
    /// They differ.
    Differs,
}

/// A version as it was seen: itself, or bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub version: Option<String>,
    pub low: Option<String>,
    pub high: Option<String>,
}

impl Seen {
    /// How `stated`, a version of `product`, stands to this one.
    pub fn relation(&self, product: &str, stated: &str) -> Relation {
        let scheme = choice().of_product(product);
        if let Some(version) = &self.version {
            return exact(scheme, stated, version);
        }
        let bound = |bound: &Option<String>, wrong: Ordering| match bound {
            None => Some(true),
            Some(bound) => compare(scheme, upstream(stated), bound).map(|order| order != wrong),
        };
        if self.low.is_none() && self.high.is_none() {
            return Relation::Unknown;
        }
        match (bound(&self.low, Ordering::Less), bound(&self.high, Ordering::Greater)) {
            (Some(true), Some(true)) => Relation::Within,
            (Some(false), _) | (_, Some(false)) => Relation::Differs,
            _ => Relation::Unknown,
        }
    }
}

fn exact(scheme: Scheme, stated: &str, seen: &str) -> Relation {
    let same = |a: &str, b: &str| a == b || compare(scheme, a, b) == Some(Ordering::Equal);
    if same(stated, seen) || same(stated.trim_start_matches(['v', 'V']), seen.trim_start_matches(['v', 'V']))
    {
        return Relation::Same;
    }
    let (plain, other) = (upstream(stated), upstream(seen));
    // A revision on one side alone: two revisions that differ are two versions.
    let one_side = (plain == stated) != (other == seen);
    if one_side && same(plain, other) { Relation::SameUpstream } else { Relation::Differs }
}

/// A version without a distribution's epoch and revision: `1:1.2.13.dfsg-1` is `1.2.13`, `1.0-rc1` is itself.
fn upstream(version: &str) -> &str {
    let version = match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    };
    let version = match version.rsplit_once('-') {
        Some((before, revision)) if is_revision(revision) && !before.is_empty() => before,
        _ => version,
    };
    let version = version.split_once('+').map_or(version, |(before, _)| before);
    version.split_once("dfsg").map_or(version, |(before, _)| before.trim_end_matches(['.', '-', '+', '~']))
}

fn is_revision(text: &str) -> bool {
    let digits = text.strip_prefix('r').unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_and_epochs() {
        for (version, plain) in [
            ("1:1.2.13.dfsg-1", "1.2.13"),
            ("3.0.11-1~deb12u2", "3.0.11"),
            ("1.2.11-r3", "1.2.11"),
            ("1.0-rc1", "1.0-rc1"),
            ("2023.1+git5", "2023.1"),
            ("1.1.1n", "1.1.1n"),
        ] {
            assert_eq!(upstream(version), plain, "{version}");
        }
    }

    #[test]
    fn relations() {
        let version = |version: &str| Seen { version: Some(version.to_owned()), ..Seen::default() };
        let between = |low: &str, high: &str| Seen {
            low: (!low.is_empty()).then(|| low.to_owned()),
            high: (!high.is_empty()).then(|| high.to_owned()),
            ..Seen::default()
        };
        assert_eq!(version("1.2.13").relation("zlib", "1.2.13"), Relation::Same);
        assert_eq!(version("1.2.13").relation("zlib", "v1.2.13"), Relation::Same);
        assert_eq!(version("1:1.2.13.dfsg-1").relation("zlib", "1.2.13"), Relation::SameUpstream);
        assert_eq!(version("1.2.13-1").relation("zlib", "1.2.13-2"), Relation::Differs);
        assert_eq!(version("1.2.13").relation("zlib", "1.2.11"), Relation::Differs);
        assert_eq!(version("1.0").relation("x", "1.0-rc1"), Relation::Differs);
        assert_eq!(between("1.2", "1.3").relation("zlib", "1.2.11"), Relation::Within);
        assert_eq!(between("1.2", "").relation("zlib", "1.1"), Relation::Differs);
        assert_eq!(between("", "1.0").relation("zlib", "1.1"), Relation::Differs);
        assert_eq!(between("", "").relation("zlib", "1.1"), Relation::Unknown);
        assert_eq!(between("1.2", "").relation("zlib", "trunk"), Relation::Unknown);
    }

    proptest::proptest! {
        #[test]
        fn a_version_is_its_own(version in "[ -~]{1,20}") {
            let seen = Seen { version: Some(version.clone()), ..Seen::default() };
            proptest::prop_assert_eq!(seen.relation("x", &version), Relation::Same);
        }
    }
}
