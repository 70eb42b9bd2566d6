//! The components of an image as a bill of materials lists them: each once, with all that speaks for it.

use crate::report::Inspected;
use banbury_evidence::{Digest, Location};
use banbury_software::join::{Joined, join};
use std::collections::BTreeSet;

/// A line of the bill.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item<'a> {
    pub name: String,
    /// The package's version where a package database names one, else upstream's.
    pub version: Option<String>,
    pub purl: Option<String>,
    /// A well-formed CPE 2.3 name.
    pub cpe: Option<String>,
    /// What a bill has no place for, by name: further names, bounds of the version, how it was recognised.
    pub properties: BTreeSet<(&'static str, String)>,
    /// Where it was seen.
    pub locations: BTreeSet<&'a Location>,
    /// Identifies it among all of all images.
    pub key: String,
}

/// The bill of one image.
pub(crate) fn items<'a>(exhibit: &Inspected<'a>) -> Vec<Item<'a>> {
    let joined = join(exhibit.findings.iter().map(|finding| finding.claim));
    joined.iter().map(|joined| item(exhibit, joined)).collect()
}

fn item<'a>(exhibit: &Inspected<'_>, joined: &Joined<'a>) -> Item<'a> {
    let version = joined.package_version.clone().or_else(|| joined.version.clone());
    let mut properties = BTreeSet::new();
    let mut property = |name: &'static str, value: &str| {
        properties.insert((name, value.to_owned()));
    };
    for evidence in &joined.evidence {
        property("banbury:method", &evidence.method);
        property("banbury:fingerprint", &evidence.fingerprint.to_string());
    }
    // A bill has room for one name of each kind; the others are not lost.
    let cpes: Vec<String> = joined.cpes.iter().map(ToString::to_string).collect();
    let cpe = cpes.iter().find(|cpe| is_cpe(cpe)).cloned();
    cpes.iter().filter(|other| Some(*other) != cpe.as_ref()).for_each(|other| property("banbury:cpe", other));
    joined.purls.iter().skip(1).for_each(|purl| property("banbury:purl", purl));
    if let (Some(upstream), Some(_)) = (&joined.version, &joined.package_version) {
        property("banbury:upstream-version", upstream);
    }
    for (name, bound) in [("banbury:version-low", &joined.low), ("banbury:version-high", &joined.high)] {
        if let Some(bound) = bound {
            property(name, bound);
        }
    }
    for claimed in joined.contradictions.iter().flat_map(|one| &one.claimed) {
        property("banbury:contradiction", claimed);
    }
    let purl = joined.purls.first().cloned();
    let first = joined.evidence.first().map(|evidence| evidence.fingerprint.to_string());
    let identity =
        serde_json::json!([exhibit.sha256.to_string(), joined.product, version, purl, first]).to_string();
    Item {
        name: joined.product.clone(),
        version,
        purl,
        cpe,
        properties,
        locations: joined.evidence.iter().flat_map(|evidence| &evidence.claim.locations).collect(),
        key: Digest::of(identity.as_bytes()).short(),
    }
}

impl Item<'_> {
    /// The values of a property.
    pub fn values<'s>(&'s self, wanted: &'static str) -> impl Iterator<Item = &'s str> {
        self.properties.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| value.as_str())
    }

    /// Bounds of the version in words, where it is not known itself.
    pub fn range(&self) -> Option<String> {
        let bound = |name| self.values(name).next().map(str::to_owned);
        range(bound("banbury:version-low"), bound("banbury:version-high"))
    }
}

/// Bounds of a version in words.
pub(crate) fn range(low: Option<String>, high: Option<String>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}")),
        (Some(low), None) => Some(format!("{low} or later")),
        (None, Some(high)) => Some(format!("up to {high}")),
        (None, None) => None,
    }
}

/// Whether a text is a CPE 2.3 formatted string of thirteen fields, in plain characters.
pub(crate) fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let mut fields = 0;
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields += 1,
            '\\' if characters.next().is_none_or(|next| !next.is_ascii_punctuation()) => return false,
            '\\' | '*' | '-' | '.' | '_' => {}
            other if other.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    fields == 10
        && rest.split(':').all(|field| !field.is_empty())
        && rest.starts_with(['a', 'o', 'h', '*', '-'])
}

/// A UUID (version 8, RFC 9562) made from the SHA-256 of a document, so that the same document has the same.
pub(crate) fn uuid(document: &str) -> String {
    let digest = Digest::of(document.as_bytes()).to_string();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    // The version and variant bits are fixed, the rest is the digest's.
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpe_is_checked() {
        assert!(is_cpe("cpe:2.3:a:busybox:busybox:1.35.0:*:*:*:*:*:*:*"));
        assert!(is_cpe("cpe:2.3:a:v:a\\:b:1.0\\+x:*:*:*:*:*:*:*"));
        assert!(!is_cpe("cpe:2.3:a:busybox:busybox:1.35.0"));
        assert!(!is_cpe("cpe:/a:busybox:busybox"));
    }

    #[test]
    fn a_uuid_is_of_version_8() {
        let number = uuid("x");
        assert_eq!((number.len(), number.as_bytes()[14]), (36, b'8'));
        assert_ne!(number, uuid("y"));
    }

    #[test]
    fn bounds_in_words() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(range(text("1"), text("2")), text("1 to 2"));
        assert_eq!(range(text("1"), None), text("1 or later"));
        assert_eq!(range(None, text("2")), text("up to 2"));
        assert_eq!(range(None, None), None);
    }
}
