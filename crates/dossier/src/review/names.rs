//! Which vendor or product a name on the command line stands for.
//!
//! The same letters and digits, case and punctuation aside: of a maker first, then of a product of an inventory (with or
//! without its maker's words), then of what images say of themselves. A name that stands for nothing is answered with the
//! nearest ones.

use super::belonging::{By, Line, Makers, fold, names, product_key};
use super::{Kind, Material, Wanted};
use std::collections::BTreeSet;

/// A name that stands for no vendor and no product of the case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Nothing is called so.
    #[error("{name}: no vendor and no product of the case is called so; {hint}")]
    Name {
        /// The name.
        name: String,
        /// What there is, or what is near.
        hint: String,
    },
    /// No vendor is called so.
    #[error("no vendor of the case is called {name:?}; {hint}")]
    Vendor {
        /// The name.
        name: String,
        /// What there is, or what is near.
        hint: String,
    },
    /// No product is called so.
    #[error("no product of the case is called {name:?}; {hint}")]
    Product {
        /// The name.
        name: String,
        /// What there is, or what is near.
        hint: String,
    },
    /// Products of several makers are called so.
    #[error("{name:?} is the name of several products; write {all}")]
    Several {
        /// The name.
        name: String,
        /// How each is written.
        all: String,
    },
    /// The case names nobody.
    #[error(
        "the case names no vendor: no table of devices, vendors or reviews was imported; name a product that an image names itself"
    )]
    Nobody,
}

/// A vendor or product to review.
pub(crate) struct Target {
    pub name: String,
    pub kind: Kind,
    pub vendor: Option<String>,
    pub lines: Vec<Line>,
    /// What else has this name, and is not reviewed.
    pub besides: Option<String>,
}

pub(super) fn targets(
    makers: &Makers,
    material: &Material,
    wanted: Wanted<'_>,
) -> Result<Vec<Target>, Unknown> {
    let mut found: Vec<Target> = Vec::new();
    match wanted {
        Wanted::All if makers.makers.is_empty() => return Err(Unknown::Nobody),
        Wanted::All => {
            let mut all: Vec<Target> = makers.makers.values().map(|maker| of_maker(makers, maker)).collect();
            all.sort_by_cached_key(|target| (target.lines.is_empty(), target.name.to_lowercase()));
            found = all;
        }
        Wanted::Names(names) => {
            for name in names {
                let target = of_name(makers, material, name)?;
                if !found.iter().any(|other| other.kind == target.kind && other.name == target.name) {
                    found.push(target);
                }
            }
        }
    }
    Ok(found)
}

fn of_name(makers: &Makers, material: &Material, name: &str) -> Result<Target, Unknown> {
    let key = fold(name);
    if let Some(maker) = makers.makers.get(&key).filter(|_| !key.is_empty()) {
        let others: Vec<String> = products(material)
            .into_iter()
            .filter(|(product, _)| fold(product) == key)
            .map(|(product, maker)| match maker {
                Some(maker) => format!("a product of {maker} (\"{maker} {product}\" names it)"),
                None => "a product whose maker is not stated".to_owned(),
            })
            .collect();
        let besides = (!others.is_empty()).then(|| others.join(", "));
        return Ok(Target { besides, ..of_maker(makers, maker) });
    }
    let products = products(material);
    let named = products.iter().find(|(product, maker)| {
        !key.is_empty() && (fold(product) == key || product_key(product, maker.as_deref()) == key)
    });
    if let Some((product, maker)) = named {
        return Ok(of_product(makers, product, maker.as_deref()));
    }
    let mut line = Line { products: BTreeSet::from([name.trim().to_owned()]), ..Line::default() };
    for (image, words) in &makers.own_words {
        if let Some((field, says)) = words.iter().find(|(_, says)| names(says, &key)) {
            line.images.insert(*image, By::OwnWords { field: field.clone(), says: says.clone() });
        }
    }
    if !line.images.is_empty() {
        return Ok(Target {
            name: name.trim().to_owned(),
            kind: Kind::Product,
            vendor: None,
            lines: vec![line],
            besides: None,
        });
    }
    let known: Vec<&str> = makers
        .makers
        .values()
        .map(String::as_str)
        .chain(products.iter().map(|(product, _)| product.as_str()))
        .collect();
    let hint = if known.is_empty() {
        "no table of devices, vendors or reviews was imported, and no image names it".to_owned()
    } else {
        banbury_regime::near::hint("vendors and products", name, known)
    };
    Err(Unknown::Name { name: name.to_owned(), hint })
}

/// The vendor of this name, and nothing else.
pub(crate) fn vendor(makers: &Makers, name: &str) -> Result<Target, Unknown> {
    let key = fold(name);
    match makers.makers.get(&key).filter(|_| !key.is_empty()) {
        Some(maker) => Ok(of_maker(makers, maker)),
        None => {
            let known: Vec<&str> = makers.makers.values().map(String::as_str).collect();
            Err(Unknown::Vendor {
                name: name.to_owned(),
                hint: banbury_regime::near::hint("vendors", name, known),
            })
        }
    }
}

/// The product of this name, with or without its maker's words, and nothing else; of two makers' products of one name neither.
pub(crate) fn product(makers: &Makers, material: &Material, name: &str) -> Result<Target, Unknown> {
    let key = fold(name);
    let products = products(material);
    let is = |product: &str, maker: Option<&str>| {
        let whole = fold(&format!("{} {product}", maker.unwrap_or_default()));
        !key.is_empty() && (fold(product) == key || whole == key || product_key(product, maker) == key)
    };
    let mut named: Vec<(&str, Option<&str>)> = products
        .iter()
        .map(|(product, maker)| (product.as_str(), maker.as_deref()))
        .filter(|(product, maker)| is(product, *maker))
        .collect();
    // A name with its maker's is that maker's; a record without a maker beside one with it is the same product.
    let whole = |(product, maker): &(&str, Option<&str>)| {
        maker.is_some_and(|maker| fold(&format!("{maker} {product}")) == key)
    };
    if named.iter().any(whole) {
        named.retain(whole);
    }
    if named.iter().any(|(_, maker)| maker.is_some()) {
        named.retain(|(_, maker)| maker.is_some());
    }
    named.dedup_by_key(|(product, maker)| (fold(product), fold(maker.unwrap_or_default())));
    match named.as_slice() {
        [(product, maker)] => Ok(of_product(makers, product, *maker)),
        [] => Err(Unknown::Product {
            name: name.to_owned(),
            hint: banbury_regime::near::hint(
                "products",
                name,
                products.iter().map(|(product, _)| product.as_str()).collect::<Vec<_>>(),
            ),
        }),
        several => {
            let all = several.iter().map(|(product, maker)| {
                format!("{:?}", format!("{} {product}", maker.unwrap_or_default()).trim())
            });
            Err(Unknown::Several { name: name.to_owned(), all: all.collect::<Vec<_>>().join(" or ") })
        }
    }
}

fn of_product(makers: &Makers, product: &str, maker: Option<&str>) -> Target {
    let same = |line: &&Line| {
        line.products.iter().any(|other| fold(other) == fold(product))
            && fold(line.maker.as_deref().unwrap_or_default()) == fold(maker.unwrap_or_default())
    };
    let mut lines: Vec<Line> = makers.lines.iter().filter(same).cloned().collect();
    in_order(&mut lines);
    Target {
        name: product.to_owned(),
        kind: Kind::Product,
        vendor: maker.map(str::to_owned),
        lines,
        besides: None,
    }
}

fn of_maker(makers: &Makers, maker: &str) -> Target {
    let own = |line: &&Line| line.maker.as_deref().is_some_and(|other| fold(other) == fold(maker));
    let mut lines: Vec<Line> = makers.lines.iter().filter(own).cloned().collect();
    in_order(&mut lines);
    Target {
        name: maker.to_owned(),
        kind: Kind::Vendor,
        vendor: Some(maker.to_owned()),
        lines,
        besides: None,
    }
}

fn in_order(lines: &mut [Line]) {
    lines.sort_by(|a, b| (&a.products, a.images.keys().next()).cmp(&(&b.products, b.images.keys().next())));
}

/// The products of all inventories, with their makers.
fn products(material: &Material) -> BTreeSet<(String, Option<String>)> {
    let stated = material.deployed.iter().filter_map(|one| {
        let product = one.device_type.as_deref().map(str::trim).filter(|product| !product.is_empty())?;
        let maker = one.manufacturer.as_deref().map(str::trim).filter(|maker| !maker.is_empty());
        Some((product.to_owned(), maker.map(str::to_owned)))
    });
    stated.collect()
}
