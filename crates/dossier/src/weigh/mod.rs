//! What is really known of an image, a product, a vendor or a device: for and against, with what was not looked at.
//!
//! Two questions are kept apart. **Hidden access** is a hypothesis, and its findings have measured weights: [`Hidden`] says what
//! they come to together, by [`figure`]. **What is there** is observed and has no weight: [`Observation`] counts it by
//! grade and turns nothing into decibans. Beside them stand what the subject does in the network ([`Standing`]), and what was not
//! looked at. Who meant what is never said.
//! When it is wrong: an image that the inventory gives to the wrong product; what `hidden` says of its figure.

pub mod figure;
mod gaps;
mod hidden;
mod image;
mod observed;
mod standing;
mod subject;
#[cfg(test)]
mod tests;
mod words;

pub use figure::Figure;
pub use hidden::{Expected, Finding, Hidden, Odds};
pub use observed::Observation;
pub use standing::{Lost, Standing, Touch};
pub use subject::{Kind, Unknown, Wanted};

use crate::review;
use banbury_evidence::ledger::Disposition;
use banbury_evidence::model::Model;
use banbury_evidence::{Digest, Location, Silence};
use image::Image;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the way of weighing comes from.
pub const SOURCES: &[&str] = &[
    "I. J. Good, Probability and the Weighing of Evidence, Griffin 1950: the weight of evidence",
    "the likelihood ratio of a mixture over the place: one of n programs, each as likely as the other, (L1 + ... + Ln) / n",
    "each weight's basis: planted and ordinary programs that anyone can make again (docs/hidden-access.md)",
];

/// What nobody is told by a weight.
pub const NOT_SAID: &str = "Who meant it is not said. A weight says how much more often such code is seen where access was planted than \
     elsewhere; whether it is a defect, a leftover, documented or meant, and who gains by it, no program tells. A vendor's country or \
     name has no part in any figure.";

/// What is weighed from: the case's ledger, as it stands.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The ledger, as the yearly review reads it; sightings are not read.
    pub ledger: review::Material,
    /// The network.
    pub model: Model,
    /// The latest decision on each claim.
    pub decisions: BTreeMap<Digest, Decided>,
    /// What the silence of the probe for hidden access weighs.
    pub silence: Option<Silence>,
    /// Every probe that looks at an image, by name.
    pub probes: Vec<&'static str>,
    /// Whether the tables of the network are those of the latest import.
    pub is_imported: bool,
    /// Whether there is a case, with a network and decisions.
    pub is_case: bool,
}

/// A person's decision on a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// `accepted`, `disputed` or `not applicable`.
    pub state: String,
    /// Why: of an accepted one the document.
    pub reason: String,
    /// Who decided.
    pub person: String,
    /// The day.
    pub day: String,
}

/// What is known of a subject; `schemas/weigh.schema.json` describes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Weighing {
    /// Which schema.
    pub schema: &'static str,
    /// The version that made it.
    pub banbury: &'static str,
    /// The case's name; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// What made the network up, where it is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<String>,
    /// The day as of which contracts and ages count.
    pub as_of: String,
    /// What is weighed.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its maker, where it is none itself and one is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// What it comes to, in sentences for whoever reads nothing else.
    pub in_short: Vec<String>,
    /// Hidden access: the hypothesis.
    pub hidden_access: Hidden,
    /// The hypothesis in words, with its formula.
    pub hypothesis: String,
    /// What is there: observations by what they are about.
    pub observed: Vec<Observation>,
    /// The images it is known by.
    pub images: Vec<ImageRow>,
    /// What it does in the network; absent where no device is known of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What was not looked at.
    pub not_looked: Vec<String>,
    /// Whether some of that leaves the answer open: equipment without an image, a probe that did not look at all.
    pub is_open: bool,
    /// What the probe for hidden access cannot see, however often it looks.
    pub cannot_see: Vec<String>,
    /// What no weight says.
    pub not_said: &'static str,
    /// Where the way of weighing comes from.
    pub sources: &'static [&'static str],
}

/// An image of the subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageRow {
    /// Its file name.
    pub name: String,
    /// Its hash.
    pub sha256: Digest,
    /// Why it belongs to the subject.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub belongs: String,
    /// Whether it was inspected.
    pub inspected: bool,
    /// Programs of it that were read for hidden access.
    pub read: u64,
    /// The weight of its strongest finding that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest: Option<Figure>,
    /// What it comes to by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<Figure>,
}

impl Decided {
    /// Whether the finding no longer counts: it is documented, or does not apply.
    #[must_use]
    pub fn settles(&self) -> bool {
        self.state != "disputed"
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let how = match self.state.as_str() {
            "accepted" => "explained",
            other => other,
        };
        format!("{how}: {} ({}, {})", self.reason, self.person, self.day)
    }
}

impl From<Disposition> for Decided {
    fn from(one: Disposition) -> Self {
        let day = one.at.get(..10).unwrap_or(&one.at).to_owned();
        Self { state: one.state, reason: one.reason, person: one.person, day }
    }
}

impl Weighing {
    /// Weighs what is wanted, as of a day (`YYYY-MM-DD`).
    pub fn of(material: &Material, wanted: &Wanted, as_of: &str) -> Result<Self, Unknown> {
        let ledger = &material.ledger;
        let makers = review::Makers::of(
            &ledger.exhibits,
            &ledger.deployed,
            &ledger.vendors,
            &ledger.reviews,
            &ledger.objects,
            &ledger.claims,
        );
        let found = subject::find(material, &makers, wanted)?;
        let images: Vec<Image<'_>> = subject::images(material)
            .filter_map(|exhibit| {
                Some(Image::of(material, exhibit, found.images.get(&exhibit.sha256)?.clone()))
            })
            .collect();
        let inspected: Vec<&Image<'_>> = images.iter().filter(|image| image.is_inspected()).collect();
        let hidden = |images: &[&Image<'_>]| {
            material
                .silence
                .as_ref()
                .map(|silence| hidden::weigh(images, silence, material))
                .unwrap_or_default()
        };
        let rows = images.iter().map(|image| {
            let own = hidden(&[image]);
            ImageRow {
                name: image.exhibit.name.clone(),
                sha256: image.exhibit.sha256,
                belongs: image.belongs.clone(),
                inspected: image.is_inspected(),
                read: own.read,
                strongest: own.strongest,
                figure: own.figure,
            }
        });
        let gaps = gaps::of(material, &makers, &found, &images);
        let standing = (!found.devices.is_empty()).then(|| Standing::of(material, &found, as_of));
        let mut weighing = Self {
            schema: "urn:banbury:schema:weigh:1",
            banbury: env!("CARGO_PKG_VERSION"),
            case: material.is_case.then(|| ledger.case.clone()),
            synthetic: ledger.synthetic.clone(),
            as_of: as_of.to_owned(),
            kind: found.kind,
            name: found.name.clone(),
            vendor: found.vendor.clone(),
            in_short: Vec::new(),
            hidden_access: hidden(&inspected),
            hypothesis: String::new(),
            observed: observed::of(&inspected),
            images: rows.collect(),
            standing,
            not_looked: gaps.told,
            is_open: gaps.is_open,
            cannot_see: material.silence.iter().flat_map(|silence| silence.misses.clone()).collect(),
            not_said: NOT_SAID,
            sources: SOURCES,
        };
        weighing.hypothesis = words::hypothesis(&weighing.hidden_access);
        weighing.in_short = words::in_short(&weighing);
        Ok(weighing)
    }

    /// Whether all of it was looked at, as far as it can be.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.hidden_access.figure.is_some() && !self.is_open
    }

    /// As JSON.
    pub fn to_json(&self) -> Result<String, crate::DossierError> {
        crate::format::to_json("json", self)
    }

    /// As one HTML page.
    #[must_use]
    pub fn to_html(&self) -> String {
        crate::html::weighing(self)
    }
}

/// A place in an image, as far as a person needs it: the names of files on the way.
pub(crate) fn place(location: &Location) -> String {
    let entries: Vec<&str> = location.steps.iter().filter_map(|step| step.entry.as_deref()).collect();
    if entries.is_empty() { location.exhibit.short() } else { entries.join(" > ") }
}
