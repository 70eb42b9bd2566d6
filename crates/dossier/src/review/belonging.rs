//! Whose images are whose: which exhibits belong to which maker and product, and by what.
//!
//! How, the first that says something counts for an exhibit:
//! 1. The inventory of any import, the latest or an earlier one, names it as the image of a device: by hash, or by a file name
//!    that one exhibit alone has. The device's maker and type are its maker and product.
//! 2. The image's own words name a product of the inventories: the product's words (without its maker's) stand one behind the
//!    other in a header's field or a board's name. It takes a product name that says something: four letters or digits, one of
//!    them a digit, or eight.
//!
//! Images of one maker that share a product, or products that share an image, are one line.
//! When it is wrong: an inventory names a wrong image; a header names another product as well. An image that names products
//! of several lines belongs to none, and that is said. What it misses: images that no inventory named and that do not
//! name their product.

use banbury_evidence::ledger::{Deployed, StoredClaim};
use banbury_evidence::model::{Review, Vendor};
use banbury_evidence::{Digest, Exhibit, ExhibitKind, Object};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of headers that tell what an image is.
const FIELDS: &[&str] = &[
    "board",
    "board-id",
    "company",
    "company-2",
    "description",
    "device",
    "information",
    "model",
    "name",
    "package",
    "product",
    "products",
    "project",
    "title",
];
/// Words of one field that are looked at.
const WORDS: usize = 64;

/// By what an image belongs to a maker or product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum By {
    /// The latest inventory names it for this many devices.
    Inventory {
        /// Devices.
        devices: u64,
    },
    /// The inventory of an earlier import named it.
    EarlierInventory,
    /// A field of the image names the product.
    OwnWords {
        /// The field, such as `name`.
        field: String,
        /// What it says.
        says: String,
    },
}

/// What an image names: the record of devices, and the field with the words.
type Named<'a> = (&'a Deployed, (String, String));

impl By {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Inventory { devices: 1 } => "the inventory has it on 1 device".to_owned(),
            Self::Inventory { devices } => format!("the inventory has it on {devices} devices"),
            Self::EarlierInventory => "an earlier inventory had it".to_owned(),
            Self::OwnWords { field, says } => format!("its {field} says {says:?}"),
        }
    }
}

/// The images of one product, or of several that share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The maker, in the inventory's spelling; none where nobody states it.
    pub maker: Option<String>,
    /// Device types, in the inventory's spelling.
    pub products: BTreeSet<String>,
    /// The images and by what each belongs here.
    pub images: BTreeMap<Digest, By>,
}

/// All that a case says of who makes what.
#[derive(Debug, Default)]
pub(crate) struct Makers {
    /// Makers by their folded names, in the spelling that came first.
    pub makers: BTreeMap<String, String>,
    /// How many devices of each maker (folded) the latest inventory has, and how many of them name an image of the case.
    pub devices: BTreeMap<String, (u64, u64)>,
    pub lines: Vec<Line>,
    /// Images that belong to nobody, each with the reason.
    pub unplaced: BTreeMap<Digest, String>,
    /// What each image says of itself: field and text.
    pub own_words: BTreeMap<Digest, BTreeSet<(String, String)>>,
}

impl Makers {
    pub fn of(
        exhibits: &[Exhibit],
        deployed: &[Deployed],
        vendors: &[Vendor],
        reviews: &[Review],
        objects: &BTreeMap<Digest, Vec<Object>>,
        claims: &[StoredClaim],
    ) -> Self {
        let mut made = Self::default();
        let stated = deployed.iter().filter_map(|one| one.manufacturer.as_deref());
        let others =
            vendors.iter().map(|one| one.name.as_str()).chain(reviews.iter().map(|one| one.vendor.as_str()));
        for name in stated.chain(others).filter(|name| !fold(name).is_empty()) {
            made.makers.entry(fold(name)).or_insert_with(|| name.trim().to_owned());
        }
        let images: Vec<&Exhibit> =
            exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Firmware).collect();
        made.by_inventory(&images, deployed);
        for image in &images {
            let words = own_words(objects.get(&image.sha256).map(Vec::as_slice).unwrap_or_default());
            made.own_words.insert(image.sha256, words);
        }
        for stored in claims.iter().filter(|stored| stored.claim.code == "board" && stored.state == "active")
        {
            if let Some(words) = stored.exhibit.and_then(|exhibit| made.own_words.get_mut(&exhibit)) {
                let facts = ["model", "compatible"].into_iter();
                words.extend(
                    facts.filter_map(|fact| Some((format!("board's {fact}"), stored.claim.text(fact)?))),
                );
            }
        }
        made.by_own_words(&images, deployed);
        made
    }

    fn by_inventory(&mut self, images: &[&Exhibit], deployed: &[Deployed]) {
        for one in deployed {
            let exhibit = one.image.as_deref().and_then(|image| named(images.iter().copied(), image));
            if one.current {
                let maker = fold(one.manufacturer.as_deref().unwrap_or_default());
                let count = self.devices.entry(maker).or_default();
                count.0 += one.devices;
                count.1 += if exhibit.is_some() { one.devices } else { 0 };
            }
            let Some(exhibit) = exhibit else { continue };
            let by = match one.current {
                true => By::Inventory { devices: one.devices },
                false => By::EarlierInventory,
            };
            self.place(one.manufacturer.as_deref(), one.device_type.as_deref(), exhibit.sha256, by);
        }
    }

    fn by_own_words(&mut self, images: &[&Exhibit], deployed: &[Deployed]) {
        let placed: BTreeSet<Digest> =
            self.lines.iter().flat_map(|line| line.images.keys().copied()).collect();
        for image in images.iter().filter(|image| !placed.contains(&image.sha256)) {
            let words = self.own_words.get(&image.sha256).cloned().unwrap_or_default();
            let mut found: BTreeMap<(String, String), Named<'_>> = BTreeMap::new();
            for one in deployed {
                let Some(product) = one.device_type.as_deref() else { continue };
                let key = product_key(product, one.manufacturer.as_deref());
                if let Some(says) = words.iter().find(|(_, text)| names(text, &key)) {
                    let maker = fold(one.manufacturer.as_deref().unwrap_or_default());
                    found.entry((maker, fold(product))).or_insert_with(|| (one, says.clone()));
                }
            }
            // Of a name within another the longer is meant; a row without a maker is no other product.
            let keys: Vec<(String, String)> = found.keys().cloned().collect();
            found.retain(|(maker, product), _| {
                !keys.iter().any(|(other_maker, other)| {
                    (other != product && other.contains(product.as_str()))
                        || (other == product && maker.is_empty() && !other_maker.is_empty())
                })
            });
            let mut products = found.into_values();
            match (products.next(), products.next()) {
                (Some((one, (field, says))), None) => {
                    let by = By::OwnWords { field, says };
                    self.place(one.manufacturer.as_deref(), one.device_type.as_deref(), image.sha256, by);
                }
                (Some((one, _)), Some((other, _))) => {
                    let name = |one: &Deployed| one.device_type.clone().unwrap_or_default();
                    let why = format!("it names several products: {}, {}", name(one), name(other));
                    self.unplaced.insert(image.sha256, why);
                }
                (None, _) => {
                    let why = "no inventory names it, and it names no product of an inventory".to_owned();
                    self.unplaced.insert(image.sha256, why);
                }
            }
        }
    }

    /// Adds an image to the line of a maker and product, made where there is none; lines that turn out to be one become one.
    fn place(&mut self, maker: Option<&str>, product: Option<&str>, image: Digest, by: By) {
        let key = fold(maker.unwrap_or_default());
        let wanted = product.map(fold);
        let same = |line: &Line| {
            fold(line.maker.as_deref().unwrap_or_default()) == key
                && (line.products.iter().any(|other| Some(fold(other)) == wanted)
                    || line.images.contains_key(&image)
                    || (wanted.is_none() && line.products.is_empty()))
        };
        let (mine, rest): (Vec<Line>, Vec<Line>) =
            std::mem::take(&mut self.lines).into_iter().partition(same);
        self.lines = rest;
        let maker = self.makers.get(&key).cloned().or(maker.map(|maker| maker.trim().to_owned()));
        let mut whole = Line { maker: maker.filter(|maker| !maker.is_empty()), ..Line::default() };
        for line in mine {
            whole.products.extend(line.products);
            whole.images.extend(line.images);
        }
        if let Some(product) =
            product.filter(|product| !whole.products.iter().any(|other| fold(other) == fold(product)))
        {
            whole.products.insert(product.trim().to_owned());
        }
        if let Some(known) = whole.images.get_mut(&image) {
            // Of one import: the devices of several rows. What a later import said stands.
            if let (By::Inventory { devices }, By::Inventory { devices: more }) = (known, by) {
                *devices += more;
            }
        } else {
            whole.images.insert(image, by);
        }
        self.lines.push(whole);
    }
}

/// The exhibit that an inventory's `image` names: by hash, or by a file name that one exhibit alone has.
pub(crate) fn named<'e>(
    images: impl Iterator<Item = &'e Exhibit> + Clone,
    image: &str,
) -> Option<&'e Exhibit> {
    let image = image.trim();
    let by_hash = images.clone().find(|one| one.sha256.to_string().eq_ignore_ascii_case(image));
    let mut by_name = images.filter(|one| one.name == image);
    let alone = match (by_name.next(), by_name.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    by_hash.or(alone)
}

/// What an image says of itself in the headers that were read.
fn own_words(objects: &[Object]) -> BTreeSet<(String, String)> {
    objects
        .iter()
        .flat_map(|object| &object.regions)
        .flat_map(|region| &region.attributes)
        .filter(|(field, text)| FIELDS.contains(&field.as_str()) && !text.is_empty())
        .map(|(field, text)| (field.clone(), text.clone()))
        .collect()
}

/// A name's letters and digits, in small letters.
pub(crate) fn fold(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .map(fold)
        .filter(|word| !word.is_empty())
        .collect()
}

/// A product's letters and digits without the words of its maker at the start: `Marram CSG-210` of Marram Broadband is `csg210`.
pub(super) fn product_key(product: &str, maker: Option<&str>) -> String {
    let maker = words(maker.unwrap_or_default());
    let all = words(product);
    let own: Vec<String> = all.iter().skip_while(|word| maker.contains(word)).cloned().collect();
    if own.is_empty() { all.concat() } else { own.concat() }
}

/// Whether a text names what has these letters and digits: as whole words, one behind the other.
pub(super) fn names(text: &str, key: &str) -> bool {
    let telling = (key.chars().count() >= 4 && key.chars().any(|letter| letter.is_ascii_digit()))
        || key.chars().count() >= 8;
    if !telling {
        return false;
    }
    let words: Vec<String> = words(text).into_iter().take(WORDS).collect();
    (0..words.len()).any(|start| {
        let mut rest = key;
        for word in words.iter().skip(start) {
            match rest.strip_prefix(word.as_str()) {
                Some("") => return true,
                Some(after) => rest = after,
                None => return false,
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_product_is_named_by_whole_words() {
        let key = product_key("Marram CSG-210", Some("Marram Broadband"));
        assert_eq!(key, "csg210");
        for (text, expected) in [
            ("CSG-210 2.4.1", true),
            ("csg210", true),
            ("image for CSG 210, rev B", true),
            ("CSG-2100", false),
            ("XCSG-210", false),
            ("CSG", false),
            ("", false),
        ] {
            assert_eq!(names(text, &key), expected, "{text}");
        }
        assert!(!names("router", &product_key("Router", None)), "says too little");
        assert_eq!(product_key("Marram", Some("Marram")), "marram", "a product called as its maker");
    }

    proptest! {
        #[test]
        fn a_text_names_each_product_that_stands_in_it(
            before in "[a-z ]{0,8}", product in "[A-Z]{2,4}-[0-9]{2,4}", after in "[a-z. ]{0,8}"
        ) {
            let key = product_key(&product, Some("Maker"));
            let text = format!("{before} {product} {after}");
            prop_assert!(names(&text, &key));
            let longer = format!("{before} {product}9 {after}");
            prop_assert!(!names(&longer, &key));
        }
    }
}
