//! Keys that stand in more than one place, computed from the claims.
//!
//! What: a key that two images share, or that stands in two files of one. How: a key is named by the fact
//! `public-key-sha256`, else by `key-sha256`, where a claim that has both ties the two together; a place is an object of
//! an exhibit. A certificate counts as a place of a key that is also found by itself. When it is wrong: a certificate
//! and its own private key in two files of one image are two places of one key, which is as it should be on one device.
//! Misses: a key that only certificates hold (stores of authorities are alike everywhere); a key that no probe reads.

use crate::report::{Finding, Inspected};
use banbury_evidence::Location;
use std::collections::{BTreeMap, BTreeSet};

const PUBLIC: &str = "public-key-sha256";
const ITSELF: &str = "key-sha256";

/// A key and every place where it stands.
pub(crate) struct SharedKey<'a> {
    /// Its hash.
    pub sha256: String,
    /// What the hash is of, as the fact is called.
    pub by: &'static str,
    /// The exhibits that hold it, by their position, each with the places in it and what is claimed of each.
    pub exhibits: BTreeMap<usize, Vec<KeyPlace<'a>>>,
}

/// An object that holds a key.
pub(crate) struct KeyPlace<'a> {
    pub location: &'a Location,
    /// The codes of the claims that say so.
    pub codes: BTreeSet<&'a str>,
}

/// The keys that stand in more than one place: those in several exhibits first, then by hash.
pub(crate) fn shared<'a>(inspected: &'a [Inspected<'a>]) -> Vec<SharedKey<'a>> {
    let all = || inspected.iter().flat_map(|exhibit| &exhibit.findings);
    let public: BTreeMap<String, String> =
        all().filter_map(|finding| Some((finding.fact(ITSELF)?, finding.fact(PUBLIC)?))).collect();
    let identity = |finding: &Finding<'_>| {
        let by_public = |hash: String| (hash, PUBLIC);
        finding.fact(PUBLIC).map(by_public).or_else(|| {
            let hash = finding.fact(ITSELF)?;
            Some(public.get(&hash).map_or((hash, ITSELF), |hash| by_public(hash.clone())))
        })
    };
    let keys: BTreeSet<(String, &str)> =
        all().filter(|finding| finding.claim.code.starts_with("key.")).filter_map(identity).collect();
    type Places<'a> = BTreeMap<(usize, String), KeyPlace<'a>>;
    let mut found: BTreeMap<(String, &'static str), Places<'a>> = BTreeMap::new();
    for (index, exhibit) in inspected.iter().enumerate() {
        for finding in &exhibit.findings {
            let Some(key) = identity(finding).filter(|key| keys.contains(key)) else { continue };
            let places = found.entry(key).or_default();
            for location in &finding.claim.locations {
                places
                    .entry((index, location.path()))
                    .or_insert_with(|| KeyPlace { location, codes: BTreeSet::new() })
                    .codes
                    .insert(&finding.claim.code);
            }
        }
    }
    let mut shared: Vec<SharedKey<'a>> = found
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|((sha256, by), places)| {
            let mut exhibits: BTreeMap<usize, Vec<KeyPlace<'a>>> = BTreeMap::new();
            for ((index, _), place) in places {
                exhibits.entry(index).or_default().push(place);
            }
            SharedKey { sha256, by, exhibits }
        })
        .collect();
    shared.sort_by_key(|key| std::cmp::Reverse(key.exhibits.len()));
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InspectReport, sample};
    use banbury_evidence::{Claim, Digest, Grade};

    /// The sample's image under two hashes, each with the same private key; the first holds its certificate too.
    fn report(second: &str) -> InspectReport {
        let mut report = sample::inspection();
        let mut other = report.examinations[0].1.clone();
        other.exhibit = Digest::of(b"another image");
        report.examinations.push(("other.bin".to_owned(), other));
        let key = |exhibit: Digest, path: &str, hash: &str| {
            let at = Location::exhibit(exhibit).inside(sample::file_step(0, path));
            Claim::observation(&sample::info("key.private", Grade::High), at.subject(), "a key")
                .fact(ITSELF, hash)
                .fact(PUBLIC, format!("public {hash}"))
                .at(at.range(0, 9))
        };
        let first = report.examinations[0].1.exhibit;
        let file = Location::exhibit(first).inside(sample::file_step(0, "etc/key"));
        let weak = Claim::observation(&sample::info("key.weak", Grade::High), file.subject(), "weak")
            .fact(ITSELF, "one")
            .at(file);
        let another = report.examinations[1].1.exhibit;
        report.examinations[0].1.runs[1].claims = vec![key(first, "etc/key", "one"), weak];
        report.examinations[1].1.runs[1].claims = vec![key(another, "etc/other-key", second)];
        report
    }

    #[test]
    fn a_key_in_two_images_is_told_with_all_that_is_claimed_of_it() {
        let report = report("one");
        let inspected = report.inspected();
        let keys = shared(&inspected);
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].sha256.as_str(), keys[0].by), ("public one", PUBLIC));
        assert_eq!(keys[0].exhibits.len(), 2);
        assert_eq!(keys[0].exhibits[&0].len(), 1, "a weak key is the same key, at the same place");
        assert_eq!(keys[0].exhibits[&0][0].codes, BTreeSet::from(["key.private", "key.weak"]));
    }

    #[test]
    fn a_key_of_its_own_is_not_told() {
        let report = report("two");
        assert!(shared(&report.inspected()).is_empty());
    }

    #[test]
    fn a_key_that_only_certificates_hold_is_not_told() {
        let mut report = report("one");
        for (_, examination) in &mut report.examinations {
            for claim in &mut examination.runs[1].claims {
                claim.code = "certificate".to_owned();
            }
        }
        assert!(shared(&report.inspected()).is_empty());
    }
}
