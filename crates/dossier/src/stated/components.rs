//! Stated components beside those that were seen.

use super::versions::{Relation, Seen};
use crate::report::{Finding, Inspected};
use banbury_evidence::Claim;
use banbury_software::join::{Evidence, Joined, join};
use std::collections::{BTreeMap, BTreeSet};

/// A component that is stated, was seen, or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentRow {
    /// What the comparison came to.
    pub outcome: Outcome,
    /// The stated name and version.
    pub stated: Option<(String, Option<String>)>,
    /// The names by which it was seen, and its versions or their bounds.
    pub seen: Option<(Vec<String>, Vec<String>)>,
    /// By what the two are the same: package URL, CPE name, name.
    pub by: Option<&'static str>,
    /// What else there is to say.
    pub note: Option<&'static str>,
}

/// What a comparison of one component came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Stated and seen, in different versions.
    VersionDiffers,
    /// Stated, and not seen.
    StatedNotSeen,
    /// Seen, and not stated.
    SeenNotStated,
    /// Stated and seen; the versions could not be compared.
    VersionNotCompared,
    /// Stated and seen, in the same version.
    Same,
}

impl Outcome {
    /// Every outcome, what asks for an answer first.
    pub const ALL: [Self; 5] = [
        Self::VersionDiffers,
        Self::StatedNotSeen,
        Self::SeenNotStated,
        Self::VersionNotCompared,
        Self::Same,
    ];

    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VersionDiffers => "version-differs",
            Self::StatedNotSeen => "stated-not-seen",
            Self::SeenNotStated => "seen-not-stated",
            Self::VersionNotCompared => "version-not-compared",
            Self::Same => "same",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::VersionDiffers => "stated and seen in different versions",
            Self::StatedNotSeen => "stated and not seen",
            Self::SeenNotStated => "seen and not stated",
            Self::VersionNotCompared => "stated and seen, versions not compared",
            Self::Same => "stated and seen in the same version",
        }
    }
}

/// What components can be the same by, the surest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Purl(String),
    Cpe(String),
    Name(String),
}

impl Key {
    fn word(&self) -> &'static str {
        match self {
            Self::Purl(_) => "package URL",
            Self::Cpe(_) => "CPE name",
            Self::Name(_) => "name",
        }
    }
}

/// What was seen under one name.
#[derive(Debug, Default)]
struct Group {
    names: BTreeSet<String>,
    versions: BTreeSet<Seen>,
    /// The versions as they are shown.
    shown: BTreeSet<String>,
    products: BTreeSet<String>,
}

/// Every component that is stated, was seen, or both; what asks for an answer first.
pub(super) fn rows(stated: &[&Finding<'_>], image: &Inspected<'_>) -> Vec<ComponentRow> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut by_key: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for joined in join(image.findings.iter().map(|finding| finding.claim)) {
        let group = groups.entry(joined.product.clone()).or_default();
        group.add(&joined);
        let of_claims = joined.evidence.iter().flat_map(|evidence| keys(evidence.claim, "name"));
        for key in of_claims.chain([Key::Name(plain(&joined.product))]) {
            if let Key::Name(product) = &key {
                group.products.insert(product.clone());
            }
            by_key.entry(key).or_default().insert(joined.product.clone());
        }
    }
    let mut rows = BTreeSet::new();
    let mut met: BTreeSet<&String> = BTreeSet::new();
    for finding in stated {
        let Some(name) = finding.fact("name") else { continue };
        let version = finding.fact("version");
        let found =
            keys(finding.claim, "name").into_iter().find_map(|key| Some((key.word(), by_key.get(&key)?)));
        rows.insert(match found {
            Some((by, names)) => {
                met.extend(names);
                let groups: Vec<&Group> = names.iter().filter_map(|name| groups.get(name)).collect();
                both(name, version, &groups, by)
            }
            None => ComponentRow {
                outcome: Outcome::StatedNotSeen,
                stated: Some((name, version)),
                seen: None,
                by: None,
                note: None,
            },
        });
    }
    // A statement that lists no component says nothing of what is not in it.
    if !stated.is_empty() {
        rows.extend(groups.iter().filter(|(name, _)| !met.contains(name)).map(|(_, group)| ComponentRow {
            outcome: Outcome::SeenNotStated,
            stated: None,
            seen: Some(group.text()),
            by: None,
            note: None,
        }));
    }
    rows.into_iter().collect()
}

fn both(name: String, version: Option<String>, groups: &[&Group], by: &'static str) -> ComponentRow {
    let product =
        groups.iter().flat_map(|group| &group.products).next().map_or(name.as_str(), String::as_str);
    let relations: BTreeSet<Relation> = version
        .iter()
        .flat_map(|stated| {
            groups.iter().flat_map(|group| &group.versions).map(|seen| seen.relation(product, stated))
        })
        .collect();
    let others = relations.contains(&Relation::Differs);
    let (outcome, note) = match relations.first() {
        None | Some(Relation::Unknown) if others => (Outcome::VersionDiffers, None),
        None => (Outcome::VersionNotCompared, Some("no version is stated")),
        Some(Relation::Unknown) => {
            (Outcome::VersionNotCompared, Some("no version was seen that it can be compared with"))
        }
        Some(Relation::Differs) => (Outcome::VersionDiffers, None),
        Some(_) if others => (Outcome::Same, Some("it was seen in another version too")),
        Some(Relation::Within) => (Outcome::Same, Some("within the bounds that were seen")),
        Some(Relation::SameUpstream) => (Outcome::Same, Some("but for a distribution's epoch or revision")),
        Some(Relation::Same) => (Outcome::Same, None),
    };
    let (mut names, mut versions) = (BTreeSet::new(), BTreeSet::new());
    for group in groups {
        let (more_names, more_versions) = group.text();
        names.extend(more_names);
        versions.extend(more_versions);
    }
    ComponentRow {
        outcome,
        stated: Some((name, version)),
        seen: Some((names.into_iter().collect(), versions.into_iter().collect())),
        by: Some(by),
        note,
    }
}

impl Group {
    fn add(&mut self, joined: &Joined<'_>) {
        let name = |evidence: &Evidence<'_>| evidence.claim.text("name");
        self.names.insert(joined.product.clone());
        self.names.extend(joined.evidence.iter().filter_map(name));
        let exact = [&joined.version, &joined.package_version].into_iter().flatten();
        let claimed = joined.contradictions.iter().flat_map(|one| &one.versions);
        let versions =
            exact.chain(claimed).map(|version| Seen { version: Some(version.clone()), ..Seen::default() });
        self.versions.extend(versions);
        if joined.low.is_some() || joined.high.is_some() {
            self.versions.insert(Seen { version: None, low: joined.low.clone(), high: joined.high.clone() });
        }
        let shown = joined.package_version.clone().unwrap_or_else(|| joined.shown_version());
        self.shown.extend(Some(shown).filter(|shown| !shown.is_empty()));
    }

    fn text(&self) -> (Vec<String>, Vec<String>) {
        (self.names.iter().cloned().collect(), self.shown.iter().cloned().collect())
    }
}

/// What a component can be recognised by, the surest first. `name` is the fact that holds its name.
pub(super) fn keys(claim: &Claim, name: &str) -> Vec<Key> {
    let fact = |name: &str| claim.text(name).filter(|text| !text.is_empty());
    let mut keys = Vec::new();
    if let Some(purl) = fact("purl").as_deref().and_then(purl) {
        keys.push(Key::Purl(purl));
    }
    let cpe = fact("cpe").as_deref().and_then(cpe);
    if let Some((vendor, product)) = &cpe {
        keys.push(Key::Cpe(format!("{vendor}:{product}")));
    }
    let product = cpe.map(|(_, product)| product);
    for text in [fact(name), product, fact("source")].into_iter().flatten() {
        let key = Key::Name(plain(&text));
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// A name without regard to case and to what stands between its words.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

/// Type, name space and name of a package URL; of the type `generic`, which names nobody's package, nothing.
fn purl(purl: &str) -> Option<String> {
    let rest = purl.strip_prefix("pkg:")?;
    let rest = rest.split(['?', '#']).next()?;
    let path = match rest.rsplit_once('@') {
        Some((path, version)) if !version.contains('/') => path,
        _ => rest,
    };
    (!path.starts_with("generic/")).then(|| path.to_lowercase())
}

/// Vendor and product of a CPE name, where it names both.
fn cpe(cpe: &str) -> Option<(String, String)> {
    let rest = cpe.strip_prefix("cpe:2.3:").or_else(|| cpe.strip_prefix("cpe:/"))?;
    let mut fields = rest.split(':').skip(1).map(|field| field.replace('\\', "").to_lowercase());
    let (vendor, product) = (fields.next()?, fields.next()?);
    let named = |field: &str| !["", "*", "-"].contains(&field);
    (named(&vendor) && named(&product)).then_some((vendor, product))
}
