//! What a subject on the command line stands for: `image:NAME`, `product:NAME`, `vendor:NAME`, `device:NAME`.

use super::Material;
use crate::review::{self, Makers, Target};
use banbury_evidence::{Digest, Exhibit, ExhibitKind};
use banbury_regime::near;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One image.
    Image,
    /// What devices are.
    Product,
    /// A maker of equipment.
    Vendor,
    /// One device of the network.
    Device,
}

/// What is asked for: a kind and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The kind.
    pub kind: Kind,
    /// The name, as it was written.
    pub name: String,
}

/// What cannot be weighed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It is not written as it has to be.
    #[error(
        "{text:?}: {why}; write image:NAME, product:NAME, vendor:NAME or device:NAME, or name an image's file"
    )]
    Written {
        /// What was written.
        text: String,
        /// What is wrong.
        why: String,
    },
    /// The case has nothing of the kind.
    #[error("the case has no {what}; {remedy}")]
    Empty {
        /// What it does not have.
        what: &'static str,
        /// What would put that right.
        remedy: &'static str,
    },
    /// Nothing is called so.
    #[error("no {what} of the case is called {name:?}; {hint}")]
    Name {
        /// The kind.
        what: &'static str,
        /// The name.
        name: String,
        /// What there is, or what is near.
        hint: String,
    },
    /// Several are called so.
    #[error("{name:?} is the name of {count} images; write the first digits of a hash: {all}")]
    Several {
        /// The name.
        name: String,
        /// How many.
        count: usize,
        /// Their hashes.
        all: String,
    },
    /// No vendor, or no product, is called so.
    #[error(transparent)]
    Maker(#[from] review::Unknown),
}

/// What was found.
pub(super) struct Found {
    pub kind: Kind,
    pub name: String,
    /// The maker; of a product where it is stated.
    pub vendor: Option<String>,
    /// Images, each with why it belongs here.
    pub images: BTreeMap<Digest, String>,
    /// Names of devices of the subject, in service or not.
    pub devices: Vec<String>,
}

impl Kind {
    /// Every kind with its word.
    pub const ALL: [(&'static str, Self); 4] = [
        ("image", Self::Image),
        ("product", Self::Product),
        ("vendor", Self::Vendor),
        ("device", Self::Device),
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

impl Wanted {
    /// Reads `KIND:NAME`; `None` where there is no kind before a colon, so that it may be a file.
    pub fn parse(text: &str) -> Result<Option<Self>, Unknown> {
        let Some((word, name)) = text.split_once(':') else { return Ok(None) };
        let word = word.trim().to_ascii_lowercase();
        let Some((_, kind)) = Kind::ALL.iter().find(|(kind, _)| *kind == word) else { return Ok(None) };
        let name = name.trim();
        if name.is_empty() {
            let why = format!("there is no name behind {word}:");
            return Err(Unknown::Written { text: text.to_owned(), why });
        }
        Ok(Some(Self { kind: *kind, name: name.to_owned() }))
    }
}

/// The exhibits that are images.
pub(super) fn images(material: &Material) -> impl Iterator<Item = &Exhibit> + Clone {
    material.ledger.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Firmware)
}

pub(super) fn find(material: &Material, makers: &Makers, wanted: &Wanted) -> Result<Found, Unknown> {
    match wanted.kind {
        Kind::Image => image(material, makers, &wanted.name),
        Kind::Device => device(material, &wanted.name),
        Kind::Product => {
            let target = review::product(makers, &material.ledger, &wanted.name)?;
            Ok(of_target(material, Kind::Product, target))
        }
        Kind::Vendor => {
            if makers.makers.is_empty() {
                return Err(review::Unknown::Nobody.into());
            }
            let target = review::vendor(makers, &wanted.name)?;
            Ok(of_target(material, Kind::Vendor, target))
        }
    }
}

fn of_target(material: &Material, kind: Kind, target: Target) -> Found {
    let fold = |text: Option<&str>| review::fold(text.unwrap_or_default());
    let maker = target.vendor.as_deref().map(review::fold);
    let device = |device: &&banbury_evidence::model::Device| {
        let made = fold(device.manufacturer.as_deref());
        match kind {
            Kind::Product => {
                fold(device.device_type.as_deref()) == review::fold(&target.name)
                    && maker.as_ref().is_none_or(|maker| *maker == made)
            }
            _ => maker.as_ref() == Some(&made),
        }
    };
    let images = target.lines.iter().flat_map(|line| &line.images);
    Found {
        kind,
        images: images.map(|(image, by)| (*image, by.words())).collect(),
        devices: material.model.devices.iter().filter(device).map(|device| device.name.clone()).collect(),
        name: target.name,
        vendor: target.vendor.filter(|_| kind == Kind::Product),
    }
}

fn image(material: &Material, makers: &Makers, name: &str) -> Result<Found, Unknown> {
    let all: Vec<&Exhibit> = images(material).collect();
    if all.is_empty() {
        return Err(Unknown::Empty {
            what: "image",
            remedy: "`banbury add CASE IMAGE` adds one, `banbury assess CASE` inspects it",
        });
    }
    let mut named: Vec<&Exhibit> = all.iter().copied().filter(|exhibit| exhibit.name == name).collect();
    if named.is_empty() && name.len() >= 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digits = name.to_ascii_lowercase();
        named.extend(all.iter().filter(|exhibit| exhibit.sha256.to_string().starts_with(&digits)));
    }
    match named.as_slice() {
        [one] => Ok(of_image(material, makers, one)),
        [] => Err(Unknown::Name {
            what: "image",
            name: name.to_owned(),
            hint: near::hint("images", name, all.iter().map(|exhibit| exhibit.name.as_str())),
        }),
        several => Err(Unknown::Several {
            name: name.to_owned(),
            count: several.len(),
            all: several
                .iter()
                .map(|exhibit| format!("{} ({})", exhibit.sha256.short(), exhibit.name))
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

fn of_image(material: &Material, makers: &Makers, exhibit: &Exhibit) -> Found {
    let line = makers.lines.iter().find(|line| line.images.contains_key(&exhibit.sha256));
    let alone = images(material).filter(|other| other.name == exhibit.name).count() == 1;
    let hash = exhibit.sha256.to_string();
    let runs =
        |image: &str| image.trim().eq_ignore_ascii_case(&hash) || (alone && image.trim() == exhibit.name);
    let devices = material.model.devices.iter().filter(|device| device.image.as_deref().is_some_and(runs));
    Found {
        kind: Kind::Image,
        name: exhibit.name.clone(),
        vendor: line.and_then(|line| line.maker.clone()),
        images: BTreeMap::from([(exhibit.sha256, String::new())]),
        devices: devices.map(|device| device.name.clone()).collect(),
    }
}

fn device(material: &Material, name: &str) -> Result<Found, Unknown> {
    let devices = &material.model.devices;
    if devices.is_empty() {
        return Err(Unknown::Empty {
            what: "device",
            remedy: "`banbury add CASE devices.csv` adds a table of them, `banbury assess CASE` imports it",
        });
    }
    let exact = devices.iter().find(|device| device.name == name);
    let folded = |text: &str| text.trim().to_lowercase();
    let mut alike = devices.iter().filter(|device| folded(&device.name) == folded(name));
    let found = exact.or_else(|| match (alike.next(), alike.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    });
    let Some(device) = found else {
        let nearest = near::nearest(name, devices.iter().map(|device| device.name.as_str()));
        let hint = match nearest.is_empty() {
            true => format!("the inventory has {} devices", devices.len()),
            false => format!("did you mean {}?", nearest.join(" or ")),
        };
        return Err(Unknown::Name { what: "device", name: name.to_owned(), hint });
    };
    let image = device.image.as_deref().and_then(|image| review::named(images(material), image));
    Ok(Found {
        kind: Kind::Device,
        name: device.name.clone(),
        vendor: device.manufacturer.clone(),
        images: image
            .map(|image| (image.sha256, "the inventory has it on this device".to_owned()))
            .into_iter()
            .collect(),
        devices: vec![device.name.clone()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_subject_is_a_kind_and_a_name_and_anything_else_may_be_a_file(text in "\\PC{0,24}", name in "[a-zA-Z0-9][a-zA-Z0-9:. -]{0,12}") {
            // Whatever it is, it is read or refused.
            if let Ok(Some(wanted)) = Wanted::parse(&text) {
                prop_assert!(!wanted.name.is_empty() && text.contains(':'));
            }
            for (word, kind) in Kind::ALL {
                let wanted = Wanted::parse(&format!("{word}: {name}")).unwrap().unwrap();
                prop_assert_eq!((wanted.kind, wanted.name.as_str()), (kind, name.trim()));
            }
            prop_assert_eq!(Wanted::parse(&format!("./{name}")), Ok(None));
        }
    }
}
