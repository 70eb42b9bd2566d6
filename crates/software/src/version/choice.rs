//! Which scheme fits what: `data/ecosystems.toml`, read once.

use super::Scheme;
use serde::Deserialize;
use std::sync::LazyLock;

/// The table of package types, products and releases.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    package: Vec<Package>,
    product: Vec<Product>,
    release: Vec<Release>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    r#type: String,
    distribution: Option<String>,
    scheme: Option<Scheme>,
    osv: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Product {
    names: Vec<String>,
    scheme: Scheme,
    cve: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    distribution: String,
    name: String,
    version: String,
}

/// The committed table. That it can be read is tested; an empty one would order nothing.
pub fn choice() -> &'static Choice {
    static TABLE: LazyLock<Choice> =
        LazyLock::new(|| toml::from_str(include_str!("../../data/ecosystems.toml")).unwrap_or_default());
    &TABLE
}

impl Choice {
    /// The order of versions of packages of this purl type.
    pub fn of_package(&self, purl_type: &str) -> Option<Scheme> {
        self.package.iter().find(|package| package.r#type == purl_type)?.scheme
    }

    /// The order of upstream versions of this product, by its name in CPE; dotted where the table says nothing.
    pub fn of_product(&self, product: &str) -> Scheme {
        self.by_product(product).map_or(Scheme::Dotted, |product| product.scheme)
    }

    /// The order of versions in an ecosystem of OSV, with or without a release ("Debian:12").
    pub fn of_osv(&self, ecosystem: &str) -> Option<Scheme> {
        let base = ecosystem.split(':').next().unwrap_or_default();
        self.package.iter().find(|package| package.osv.as_deref() == Some(base))?.scheme
    }

    /// What OSV calls the ecosystem of such packages.
    pub fn osv(&self, purl_type: &str, distribution: Option<&str>) -> Option<&str> {
        self.package
            .iter()
            .filter(|package| package.r#type == purl_type)
            .find(|package| {
                package.distribution.is_none() || package.distribution.as_deref() == distribution
            })?
            .osv
            .as_deref()
    }

    /// The purl type of a distribution's packages; of the first in the table, where it has had several.
    pub fn package_type(&self, distribution: &str) -> Option<&str> {
        let of = |package: &&Package| package.distribution.as_deref() == Some(distribution);
        self.package.iter().find(of).map(|package| package.r#type.as_str())
    }

    /// "vendor/product" in the CVE List for a product that is named otherwise there.
    pub fn cve_name(&self, product: &str) -> Option<&str> {
        self.by_product(product)?.cve.as_deref()
    }

    /// Whether two names are one release of the distribution: `bookworm`, `12`, `12.4`, `v3.18`.
    pub fn same_release(&self, distribution: &str, a: &str, b: &str) -> bool {
        let (a, b) = (self.release_number(distribution, a), self.release_number(distribution, b));
        // A point release belongs to its release: Debian 12.4 to 12, OpenWrt 22.03.5 to 22.03, Alpine 3.18.4 to 3.18.
        let within = |whole: &str, part: &str| {
            part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        within(a, b) || within(b, a)
    }

    /// A release's number, where it is given by its code name.
    pub(crate) fn release_number<'a>(&'a self, distribution: &str, name: &'a str) -> &'a str {
        // OSV marks Ubuntu's releases with long support (22.04:LTS); Pro:22.04:LTS is another, with fixes of its own.
        let name = name.strip_suffix(":LTS").unwrap_or(name);
        let known = |release: &&Release| release.distribution == distribution && release.name == name;
        let number = self.release.iter().find(known).map_or(name, |release| release.version.as_str());
        number.strip_prefix('v').unwrap_or(number)
    }

    fn by_product(&self, product: &str) -> Option<&Product> {
        self.product.iter().find(|known| known.names.iter().any(|name| name == product))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_answers() {
        let _: Choice = toml::from_str(include_str!("../../data/ecosystems.toml")).unwrap();
        let table = choice();
        assert_eq!(table.of_package("deb"), Some(Scheme::Dpkg));
        assert_eq!(table.of_package("maven"), None);
        assert_eq!(table.of_product("linux_kernel"), Scheme::Linux);
        assert_eq!(table.of_product("dnsmasq"), Scheme::Dotted);
        assert_eq!(table.of_osv("Debian:12"), Some(Scheme::Dpkg));
        assert_eq!(table.osv("deb", Some("ubuntu")), Some("Ubuntu"));
        assert_eq!(table.osv("deb", Some("a-vendor")), None);
        assert_eq!(table.osv("npm", None), Some("npm"));
        assert_eq!(table.package_type("openwrt"), Some("opkg"));
        assert_eq!(table.cve_name("linux_kernel"), Some("linux/linux"));
        assert!(table.same_release("debian", "bookworm", "12.4"));
        assert!(table.same_release("alpine", "v3.18", "3.18.4"));
        assert!(!table.same_release("debian", "bookworm", "11"));
        assert!(!table.same_release("alpine", "3.1", "3.18"));
        assert!(table.same_release("ubuntu", "22.04:LTS", "22.04"));
        assert!(table.same_release("ubuntu", "22.04:LTS", "jammy"));
        assert!(!table.same_release("ubuntu", "Pro:22.04:LTS", "22.04"));
    }
}
