//! Which product a claim speaks of: one name for what package databases, signatures and symbol tables call differently.

use crate::cpe::Cpe;
use crate::purl::Purl;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Part, vendor and product of the CPE names of the products that have a signature.
const CPES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/products.rs"));

/// Packages that are named after their library's SONAME, and the product of that library; by name.
const PACKAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// The types of package URLs whose packages share no names with anything else.
const LANGUAGES: &[&str] =
    &["cargo", "composer", "cpan", "gem", "golang", "hex", "luarocks", "maven", "npm", "nuget", "pypi"];

/// Whether it is a package of a programming language.
pub(super) fn is_of_language(purl: &Purl) -> bool {
    LANGUAGES.contains(&purl.kind.as_str())
}

/// What a claim of a component says of its product.
pub(super) struct Named<'n> {
    pub(super) name: &'n str,
    pub(super) source: Option<&'n str>,
    pub(super) purl: Option<&'n Purl>,
    pub(super) cpe: Option<&'n Cpe>,
}

impl Named<'_> {
    /// The product's one name.
    pub(super) fn product(&self) -> String {
        if let Some(purl) = self.purl.filter(|purl| is_of_language(purl)) {
            return format!("{}:{}", purl.kind, purl.package());
        }
        // What a package states itself goes before what its name suggests.
        let stated = self.cpe.and_then(Cpe::key).and_then(|key| TABLES.products.get(key.as_str()).copied());
        if let Some(product) = stated {
            return product.to_owned();
        }
        let names = [Some(self.name), self.source].map(|name| name.map(str::to_lowercase));
        let known = names.iter().flatten().find_map(|name| known(name));
        let [name, source] = names;
        known.map(str::to_owned).or(source).or(name).unwrap_or_default()
    }
}

/// The product that a name of the table stands for.
fn whole(name: &str) -> Option<&'static str> {
    TABLES.whole.get(name).copied()
}

/// The product of the tables that bears this name.
fn known(name: &str) -> Option<&'static str> {
    let tables = &*TABLES;
    if let Some((product, _)) = tables.cpes.get_key_value(name) {
        return Some(product);
    }
    if let Some(product) = whole(name) {
        return Some(product);
    }
    if let Ok(at) = PACKAGES.binary_search_by(|(package, _)| (*package).cmp(name)) {
        return PACKAGES
            .get(at)
            .map(|(_, product)| *product)
            .map(|product| whole(product).unwrap_or(product));
    }
    let fits = |(start, _): &&(&'static str, &'static str)| name.starts_with(start);
    let longest = tables.starts.iter().filter(fits).max_by_key(|(start, _)| start.len());
    longest.map(|(_, product)| *product)
}

/// The CPE name of a product that has a signature, without a version.
pub(super) fn cpe(product: &str) -> Option<Cpe> {
    let name = TABLES.cpes.get(product)?;
    format!("cpe:2.3:{name}:*:*:*:*:*:*:*:*").parse().ok()
}

struct Tables {
    cpes: BTreeMap<&'static str, &'static str>,
    /// The other way round.
    products: BTreeMap<&'static str, &'static str>,
    whole: BTreeMap<&'static str, &'static str>,
    starts: Vec<(&'static str, &'static str)>,
}

/// The committed table. That it can be read is tested; an empty one would join fewer claims.
static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    static FILE: LazyLock<File> = LazyLock::new(|| read().unwrap_or_default());
    let cpes = || {
        let probes = FILE.cpes.iter().map(|(product, cpe)| (product.as_str(), cpe.as_str()));
        probes.chain(CPES.iter().copied())
    };
    let mut tables = Tables {
        cpes: cpes().collect(),
        products: cpes().map(|(product, cpe)| (cpe, product)).collect(),
        whole: BTreeMap::new(),
        starts: Vec::new(),
    };
    for (product, names) in &FILE.products {
        tables.whole.insert(product, product);
        for name in names {
            match name.strip_suffix('*') {
                Some(start) => tables.starts.push((start, product)),
                None => {
                    tables.whole.insert(name, product);
                }
            }
        }
    }
    tables
});

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    products: BTreeMap<String, Vec<String>>,
    cpes: BTreeMap<String, String>,
}

fn read() -> Result<File, toml::de::Error> {
    toml::from_str(include_str!("../../data/products.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_product() {
        let mut seen = BTreeMap::new();
        for (product, names) in read().unwrap().products {
            for name in names {
                assert!(!name.is_empty() && name == name.to_lowercase(), "{name}");
                assert_eq!(seen.insert(name.clone(), product.clone()), None, "{name}");
                assert!(!TABLES.cpes.contains_key(name.as_str()), "{name} is a signature's product itself");
            }
        }
        assert!(seen.len() > 200 && TABLES.cpes.len() > 400);
    }

    #[test]
    fn packages_are_named_after_their_libraries() {
        let of = |name| Named { name, source: None, purl: None, cpe: None }.product();
        assert!(PACKAGES.is_sorted() && PACKAGES.len() > 5000, "{}", PACKAGES.len());
        for (package, product) in [
            ("libtommath1", "libtommath"),
            ("libcrypt1", "libxcrypt"),
            ("libnl-3-200", "libnl"),
            ("libmnl0", "libmnl"),
            ("libselinux1", "libselinux"),
        ] {
            assert_eq!(of(package), product, "{package}");
        }
    }

    #[test]
    fn packages_and_tools_call_one_product_differently() {
        let of = |name, source| Named { name, source, purl: None, cpe: None }.product();
        assert_eq!(of("zlib1g", None), "zlib");
        assert_eq!(of("libssl1.1", None), "openssl");
        assert_eq!(of("libfoo2", Some("foo")), "foo");
        assert_eq!(of("Foo", None), "foo");
        assert_eq!(of("hostapd", Some("wpa")), "hostapd");
        assert_eq!(of("linux-image-6.1.0-18-armmp", Some("linux-signed-armmp")), "linux");
        let purl = Purl::parse("pkg:pypi/zlib@1.0");
        assert_eq!(
            Named { name: "zlib", source: None, purl: purl.as_ref(), cpe: None }.product(),
            "pypi:zlib"
        );
    }

    #[test]
    fn every_cpe_name_of_a_signature_can_be_read() {
        for product in TABLES.cpes.keys() {
            assert!(cpe(product).is_some_and(|cpe| cpe.key().is_some()), "{product}");
        }
    }
}
