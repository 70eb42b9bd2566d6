//! The yearly engineering review: what became of a vendor's or product's findings since a day, and every vendor by one
//! yardstick.
//!
//! What it reads: the case's ledger alone. Images come to makers and products by [`belonging`]; of each line of images the
//! last that was inspected before the day is held against the last that was first inspected on it or later ([`compare`]),
//! or, where there is no later one, that image's own later runs against its earlier ones. Every vendor is counted in the
//! same way ([`yardstick`]).
//! When it is wrong: images are ordered by when they were first inspected, not by version, so that an old release that is
//! inspected late counts as the later one. What it misses: what no probe looks for, and images that are not in the case.

mod belonging;
mod compare;
mod names;
mod table;
#[cfg(test)]
mod tests;
mod yardstick;

pub use belonging::By;
pub(crate) use belonging::{Makers, fold, named};
pub(crate) use compare::is_finding;
pub use compare::{Became, Outcome};
pub use names::Unknown;
pub(crate) use names::{Target, product, vendor};
pub use table::Row;
pub use yardstick::{COPYING_MEANS, Copies, Copying, KnownVulnerabilities, Several, Share, Tally, Yardstick};

use banbury_evidence::ledger::{Deployed, StoredClaim, StoredRun};
use banbury_evidence::model::{Review as Reviewed, Vendor};
use banbury_evidence::{Digest, Exhibit, Object};
use banbury_software::exploitation::Exploitation;
use belonging::Line;
use compare::{Image, day};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a review is made of: the case's ledger, as it stands.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The case's name.
    pub case: String,
    /// The exhibits.
    pub exhibits: Vec<Exhibit>,
    /// Every run, in the order in which they were recorded.
    pub runs: Vec<StoredRun>,
    /// Every claim, superseded ones too.
    pub claims: Vec<StoredClaim>,
    /// The runs that saw each claim.
    pub sightings: BTreeMap<Digest, Vec<i64>>,
    /// The objects of each exhibit.
    pub objects: BTreeMap<Digest, Vec<Object>>,
    /// What the inventories of all imports say that devices run, the latest first.
    pub deployed: Vec<Deployed>,
    /// The reviews on record.
    pub reviews: Vec<Reviewed>,
    /// The vendors on record.
    pub vendors: Vec<Vendor>,
    /// What made the network up, where it is made up.
    pub synthetic: Option<String>,
}

/// A review of vendors and products of a case; `schemas/review.schema.json` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Which schema.
    pub schema: &'static str,
    /// The version that made it.
    pub banbury: &'static str,
    /// The case's name.
    pub case: String,
    /// What made the network up, where it is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<String>,
    /// The day since which it reviews.
    pub since: String,
    /// The day as of which ages are counted.
    pub as_of: String,
    /// What the numbers of copying functions are, and are not.
    pub copying_means: &'static str,
    /// What each word for what became of a finding means.
    pub words: BTreeMap<Became, &'static str>,
    /// The vendors and products, in the order in which they were asked for.
    pub reviewed: Vec<Subject>,
    /// Images of the case that belong to no maker.
    pub unplaced: Vec<Unplaced>,
    /// Known exploitation by vendor.
    pub exploitation: ByVendor,
}

/// Known exploitation by vendor, or why it was not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByVendor {
    /// Whether a catalogue was counted.
    pub looked: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<Exploitation>,
}

/// A vendor or a product under review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name, as the case spells it.
    pub name: String,
    /// Whether it is a vendor or a product.
    pub kind: Kind,
    /// The vendor; of a product its maker, where one is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Devices of the vendor in the latest inventory that name an image of the case, of all; of a product none is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Share>,
    /// Its lines of images.
    pub lines: Vec<Reviewing>,
    /// How many findings became what.
    pub tally: Tally,
    /// Counted over the images that stood before the day, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Yardstick>,
    /// Counted over the latest image of each line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Yardstick>,
    /// What other people's reviews on record found.
    pub on_record: Vec<OnRecord>,
    /// What was not looked at.
    pub not_looked: Vec<String>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A maker of equipment.
    Vendor,
    /// What devices are.
    Product,
}

/// A line of images: those of one product, or of several that share them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reviewing {
    /// The products; empty where the inventory states none.
    pub products: BTreeSet<String>,
    /// The images in the order in which they were first inspected; those that never were come last.
    pub images: Vec<ImageRow>,
    /// The last that was first inspected before the day, by its place among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<usize>,
    /// The one that is held against it; the same where it alone was looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<usize>,
    /// What became of each finding.
    pub findings: Vec<Outcome>,
}

/// An image of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageRow {
    /// Its file name.
    pub name: String,
    /// Its hash.
    pub sha256: Digest,
    /// By what it belongs here.
    pub belongs: By,
    /// The day of its first inspection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The day on which it was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// A finding of a review on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnRecord {
    /// The review's day.
    pub date: String,
    /// Who reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The finding; `none` where nothing was found.
    pub finding: String,
    /// Its grade, in the table's words.
    pub grade: String,
    /// Its state, in the table's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Where the record stands.
    pub source: String,
}

impl OnRecord {
    /// The grade, the finding and its state; of a review that found nothing, that it did.
    #[must_use]
    pub fn words(&self) -> String {
        if self.grade == "none" {
            return "no findings".to_owned();
        }
        let state = self.state.as_deref().unwrap_or("state not stated");
        format!("{} · {} · {state}", self.grade, self.finding)
    }
}

/// An image that belongs to no maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unplaced {
    /// Its file name.
    pub name: String,
    /// Its hash.
    pub sha256: Digest,
    /// Why.
    pub why: String,
    /// What it says of itself.
    pub own_words: Vec<String>,
}

/// Which vendors and products to review.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// Every maker.
    All,
    /// These names.
    Names(&'a [String]),
}

impl Review {
    /// Reviews what is wanted since a day. Known exploitation is the caller's to count, who has the feeds.
    pub fn of(
        material: &Material,
        wanted: Wanted<'_>,
        since: &str,
        as_of: &str,
        exploitation: impl FnOnce(&[&str]) -> Result<Exploitation, String>,
    ) -> Result<Self, Unknown> {
        let makers = Makers::of(
            &material.exhibits,
            &material.deployed,
            &material.vendors,
            &material.reviews,
            &material.objects,
            &material.claims,
        );
        let targets = names::targets(&makers, material, wanted)?;
        let reviewed: Vec<Subject> =
            targets.iter().map(|target| Subject::of(target, &makers, material, since)).collect();
        let vendors: Vec<&str> = reviewed.iter().filter_map(|one| one.vendor.as_deref()).collect();
        let exploitation = ByVendor::of(exploitation(&vendors));
        let name = |sha256: &Digest| {
            let exhibit = material.exhibits.iter().find(|exhibit| exhibit.sha256 == *sha256);
            exhibit.map(|exhibit| exhibit.name.clone()).unwrap_or_default()
        };
        let unplaced = makers.unplaced.iter().map(|(sha256, why)| Unplaced {
            name: name(sha256),
            sha256: *sha256,
            why: why.clone(),
            own_words: makers
                .own_words
                .get(sha256)
                .into_iter()
                .flatten()
                .map(|(field, text)| format!("{field}: {text}"))
                .collect(),
        });
        Ok(Self {
            schema: "urn:banbury:schema:review:1",
            banbury: env!("CARGO_PKG_VERSION"),
            case: material.case.clone(),
            synthetic: material.synthetic.clone(),
            since: since.to_owned(),
            as_of: as_of.to_owned(),
            copying_means: COPYING_MEANS,
            words: Became::ALL.into_iter().map(|became| (became, became.meaning())).collect(),
            unplaced: unplaced.collect(),
            reviewed,
            exploitation,
        })
    }

    /// As JSON.
    pub fn to_json(&self) -> Result<String, crate::DossierError> {
        crate::format::to_json("json", self)
    }

    /// As one HTML page.
    pub fn to_html(&self) -> String {
        crate::html::review(self)
    }

    /// The findings that are there now and that nobody decided do not apply.
    pub fn open(&self) -> impl Iterator<Item = &Outcome> {
        let all = self.reviewed.iter().flat_map(|one| &one.lines).flat_map(|line| &line.findings);
        all.filter(|outcome| outcome.counts())
    }

    /// Whether everything that was asked for could be compared and told.
    pub fn is_whole(&self) -> bool {
        self.reviewed.iter().all(Subject::is_whole)
    }
}

impl ByVendor {
    pub(crate) fn of(counted: Result<Exploitation, String>) -> Self {
        match counted {
            Ok(catalogue) => Self { looked: true, why_not: None, catalogue: Some(catalogue) },
            Err(why) => Self { looked: false, why_not: Some(why), catalogue: None },
        }
    }
}

impl Subject {
    fn of(target: &names::Target, makers: &Makers, material: &Material, since: &str) -> Self {
        let mut not_looked = Vec::new();
        let reviewing = |line: &Line| {
            let images = images(line, material);
            (Reviewing::of(line, &images, since, &mut not_looked), images)
        };
        let (lines, images): (Vec<Reviewing>, Vec<Vec<Image<'_>>>) =
            target.lines.iter().map(reviewing).unzip();
        let measured =
            |images: Vec<&Image<'_>>| (!images.is_empty()).then(|| Yardstick::of(images.into_iter()));
        let earlier = lines.iter().zip(&images).filter_map(|(line, images)| images.get(line.earlier?));
        let before = measured(earlier.collect());
        let newest = images.iter().filter_map(|images| images.iter().rfind(|image| image.order().is_some()));
        let now = measured(newest.collect());
        let devices = match target.kind {
            Kind::Vendor => {
                makers.devices.get(&fold(&target.name)).map(|(of, count)| Share { count: *count, of: *of })
            }
            Kind::Product => None,
        };
        if let Some(devices) = devices.filter(|devices| devices.count < devices.of) {
            not_looked.push(format!(
                "{} of {} devices of the latest inventory name no image of the case",
                devices.of - devices.count,
                devices.of
            ));
        }
        if let Some(besides) = &target.besides {
            not_looked.push(format!("the name is also that of {besides}: the vendor is reviewed"));
        }
        if lines.is_empty() {
            not_looked.push("no image of the case belongs to it".to_owned());
        }
        if let Some(now) = &now {
            not_looked.extend(now.not_looked.iter().cloned());
        }
        let key = target.vendor.as_deref().map(fold);
        let on_record = material
            .reviews
            .iter()
            .filter(|review| Some(fold(&review.vendor)) == key)
            .map(|review| OnRecord {
                date: review.date.clone(),
                reviewer: review.reviewer.clone(),
                product: review.product.clone(),
                finding: review.finding.clone(),
                grade: review.grade.clone(),
                state: review.state.clone(),
                source: format!("{}:{}", review.source.file, review.source.line),
            })
            .collect();
        Self {
            name: target.name.clone(),
            kind: target.kind,
            vendor: target.vendor.clone(),
            devices,
            tally: Tally::of(lines.iter().flat_map(|line| &line.findings)),
            lines,
            before,
            now,
            on_record,
            not_looked,
        }
    }

    /// Whether each of its lines could be compared, and each finding told.
    pub fn is_whole(&self) -> bool {
        let told = |line: &Reviewing| {
            line.later.is_some() && line.findings.iter().all(|outcome| outcome.became != Became::NotTold)
        };
        !self.lines.is_empty() && self.lines.iter().all(told)
    }

    /// Whether anything of it could be compared.
    pub fn is_compared(&self) -> bool {
        self.lines.iter().any(|line| line.later.is_some())
    }
}

impl Reviewing {
    fn of(line: &Line, images: &[Image<'_>], since: &str, not_looked: &mut Vec<String>) -> Self {
        let earlier = images.iter().rposition(|image| image.first().is_some_and(|first| first < since));
        let after = images.iter().rposition(|image| image.first().is_some_and(|first| first >= since));
        let again = |index: &usize| {
            images.get(*index).is_some_and(|image| image.runs.iter().any(|run| day(run) >= since))
        };
        let later = earlier.and_then(|earlier| after.or(Some(earlier).filter(again)));
        let name = match line.products.is_empty() {
            true => "images without a stated product".to_owned(),
            false => line.products.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        match (earlier, after, later) {
            (None, None, _) => not_looked.push(format!("{name}: none of its images was inspected")),
            (None, Some(_), _) => {
                not_looked.push(format!("{name}: none of its images was inspected before {since}"))
            }
            (Some(_), None, None) => {
                not_looked.push(format!("{name}: none of its images was inspected on {since} or later"));
            }
            _ => {}
        }
        let findings = match (earlier, later) {
            (Some(earlier), Some(later)) => compare::outcomes(images, earlier, later, since),
            _ => Vec::new(),
        };
        let rows = images.iter().filter_map(|image| {
            Some(ImageRow {
                name: image.exhibit.name.clone(),
                sha256: image.exhibit.sha256,
                belongs: line.images.get(&image.exhibit.sha256)?.clone(),
                first: image.first().map(str::to_owned),
                last: image.last().map(str::to_owned),
            })
        });
        Self { products: line.products.clone(), images: rows.collect(), earlier, later, findings }
    }
}

/// A line's images, in the order in which they were first inspected; those that never were come last.
fn images<'m>(line: &Line, material: &'m Material) -> Vec<Image<'m>> {
    let of = |exhibit: &'m Exhibit| {
        Image::of(exhibit, &material.runs, &material.claims, &material.sightings, &material.objects)
    };
    let mut images: Vec<Image<'m>> = material
        .exhibits
        .iter()
        .filter(|exhibit| line.images.contains_key(&exhibit.sha256))
        .map(of)
        .collect();
    images.sort_by_key(|image| (image.order().unwrap_or(i64::MAX), image.exhibit.sha256));
    images
}
