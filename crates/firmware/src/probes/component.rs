//! What every claim of a component states alike, whichever way it was found.

use super::packages::percent;
use crate::signatures::cpe_name;
use banbury_evidence::{Claim, Subject};

/// A product that a probe knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product<'p> {
    /// Its name, as in its package URL.
    pub name: &'p str,
    /// Its name for a person.
    pub title: &'p str,
    /// Part, vendor and product of its CPE; empty where it has none.
    pub cpe: &'p str,
}

/// What is known of a component's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'v> {
    /// The version itself.
    Exactly(&'v str),
    /// That it is no lower than the first, and no higher than the second.
    Between(Option<&'v str>, Option<&'v str>),
}

impl Product<'_> {
    /// The claim that `subject` is, or holds, this product, by the word of `method`.
    pub fn claim(&self, subject: Subject, version: Known<'_>, method: &str) -> Claim {
        let claim = |title: String| Claim::observation(&super::COMPONENT, subject, title);
        let claim = match version {
            Known::Exactly(version) => {
                let claim = claim(format!("{} {version}", self.title)).fact("version", version);
                let purl =
                    format!("pkg:generic/{}@{}", percent(self.name.as_bytes()), percent(version.as_bytes()));
                let claim = claim.fact("purl", purl);
                if self.cpe.is_empty() { claim } else { claim.fact("cpe", cpe_name(self.cpe, version)) }
            }
            Known::Between(low, high) => {
                let range = match (low, high) {
                    (Some(low), Some(high)) => format!(" {low} to {high}"),
                    (Some(low), None) => format!(" {low} or later"),
                    (None, Some(high)) => format!(" up to {high}"),
                    (None, None) => String::new(),
                };
                let mut claim = claim(format!("{}{range}", self.title))
                    .fact("purl", format!("pkg:generic/{}", percent(self.name.as_bytes())));
                for (name, bound) in [("version-low", low), ("version-high", high)] {
                    if let Some(bound) = bound {
                        claim = claim.fact(name, bound);
                    }
                }
                if self.cpe.is_empty() {
                    claim
                } else {
                    claim.fact("cpe", format!("cpe:2.3:{}:*:*:*:*:*:*:*:*", self.cpe))
                }
            }
        };
        claim.fact("name", self.name).fact("method", method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banbury_evidence::{SubjectKind, Value};

    #[test]
    fn a_range_is_no_version() {
        let product = Product { name: "lib++", title: "Lib", cpe: "a:x:lib" };
        let subject = || Subject::named(SubjectKind::File, "f");
        let exact = product.claim(subject(), Known::Exactly("1.0"), "m");
        assert_eq!(exact.title, "Lib 1.0");
        assert_eq!(exact.facts["purl"], Value::from("pkg:generic/lib%2B%2B@1.0"));
        assert_eq!(exact.facts["cpe"], Value::from("cpe:2.3:a:x:lib:1.0:*:*:*:*:*:*:*"));
        let range = product.claim(subject(), Known::Between(Some("1.0"), None), "m");
        assert_eq!(range.title, "Lib 1.0 or later");
        assert!(!range.facts.contains_key("version") && range.facts["version-low"] == Value::from("1.0"));
        assert_eq!(range.facts["purl"], Value::from("pkg:generic/lib%2B%2B"));
        assert_eq!(range.facts["cpe"], Value::from("cpe:2.3:a:x:lib:*:*:*:*:*:*:*:*"));
    }
}
