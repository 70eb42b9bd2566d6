//! What tells the version of a shared library, as data in `data/symbols/<product>.toml`.
//!
//! Of each library: the form of file names that hold the whole version (most file names hold a number of the interface
//! instead, which is no version), the prefix of symbol versions that are the product's own, and the exported symbols by
//! the version in which each was first, or last, seen. `scripts/symbol-tables` writes the tables from what Debian records.
//!
//! What is recorded is the first version *that Debian packaged* in which a symbol stands: upstream may have added it in
//! any version after the one packaged before. A symbol of the table's nth version therefore proves no more than that
//! the library is newer than the table's version before; only where the table says `exact` is it that version itself.
//! A symbol that is absent may have been left out by an option or removed to save room. An upper bound is given where
//! nearly all symbols of the versions before are there and, of a later version, at least two, and all, are not.

use regex::bytes::Regex;
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The sources, by file name.
pub const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

/// Of the symbols that a version must have, the hundredths that have to be there before absence of others says anything.
const WHOLE: usize = 97;
/// Symbols of one later version that have to be absent, at least.
const ABSENT: usize = 2;
/// Symbols that a table has to have before absence says anything.
const FEWEST: usize = 16;
/// Symbols of a table that a library has to have before any says anything.
const SHARED: usize = 3;

/// A product and its libraries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The product's name, as in its package URL.
    pub product: String,
    /// Its name for a person.
    pub title: String,
    /// Part, vendor and product of its CPE; empty where it has none.
    pub cpe: String,
    /// Where it comes from.
    pub url: String,
    /// Where the tables come from.
    pub source: String,
    /// Its libraries.
    pub library: Vec<Library>,
}

/// A shared library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its SONAME or file name, `*` for any text.
    pub name: String,
    /// What its symbol versions start with, where the rest is a version of the product.
    #[serde(default)]
    pub node: String,
    /// What a symbol version starts with of which the rest is the library's own version: private symbols are renamed
    /// with each.
    #[serde(default, rename = "exact-node")]
    pub exact_node: String,
    /// The form of a file name that holds the whole version, as a regular expression with one group.
    #[serde(default)]
    pub file: String,
    /// Such a file name, and its version.
    #[serde(default)]
    pub example: Vec<String>,
    /// Whether `since` names the version that added a symbol, and not the first one packaged.
    #[serde(default)]
    pub exact: bool,
    /// Symbols that only forks have, which are another product.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Symbols by the version in which they were first seen, in order of the versions.
    #[serde(default)]
    pub since: Vec<Seen>,
    /// Symbols by the last version that has them.
    #[serde(default)]
    pub until: Vec<Seen>,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

/// Symbols of one version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The version.
    pub version: String,
    /// The symbols.
    pub symbols: Vec<String>,
}

/// The versions between which a library is, and what proves it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bounds<'l> {
    /// It is no lower than this.
    pub low: Option<(&'l str, &'l str)>,
    /// It is no higher than this.
    pub high: Option<(&'l str, &'l str)>,
}

/// All tables; empty only when a source cannot be read, which a test excludes.
pub fn tables() -> &'static [Table] {
    static ALL: OnceLock<Vec<Table>> = OnceLock::new();
    ALL.get_or_init(|| {
        let parsed: Result<Vec<Table>, _> = SOURCES.iter().map(|(_, text)| toml::from_str(text)).collect();
        parsed.unwrap_or_default()
    })
}

/// Where libraries stand, as (table, library), by how their names start.
type Index = BTreeMap<&'static [u8], Vec<(usize, usize)>>;

/// The libraries that go by one of `names`, each with its product.
pub fn called(names: &[&str]) -> Vec<(&'static Table, &'static Library)> {
    // By the first five bytes, which hardly any two products share.
    static INDEX: OnceLock<Index> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index = Index::new();
        for (at, table) in tables().iter().enumerate() {
            for (number, library) in table.library.iter().enumerate() {
                index.entry(start(&library.name)).or_default().push((at, number));
            }
        }
        index
    });
    let starts: BTreeSet<&[u8]> = names.iter().map(|name| start(name)).collect();
    let places = starts.into_iter().filter_map(|start| index.get(start)).flatten();
    let all = places.filter_map(|(at, number)| {
        let table = tables().get(*at)?;
        Some((table, table.library.get(*number)?))
    });
    all.filter(|(_, library)| names.iter().any(|name| crate::signatures::like(&library.name, name))).collect()
}

fn start(name: &str) -> &[u8] {
    name.as_bytes().get(..5).unwrap_or(name.as_bytes())
}

impl Library {
    /// The version that a file's name holds, where it holds the whole of it.
    pub fn version_of<'n>(&self, file: &'n str) -> Option<&'n str> {
        if self.file.is_empty() {
            return None;
        }
        let regex = || Regex::new(&format!("^(?:{})$", self.file)).ok();
        let found = self.regex.get_or_init(regex).as_ref()?.captures(file.as_bytes())?.get(1)?;
        file.get(found.range())
    }

    /// The newest of the product's versions among symbol versions, and the symbol version that names it.
    pub fn newest_node<'n>(&self, nodes: &[&'n [u8]]) -> Option<(String, &'n str)> {
        newest(&self.node, nodes)
    }

    /// The library's own version among symbol versions, and the symbol version that names it.
    pub fn own_node<'n>(&self, nodes: &[&'n [u8]]) -> Option<(String, &'n str)> {
        newest(&self.exact_node, nodes)
    }

    /// The versions between which a library is that exports these symbols.
    pub fn bounds(&self, exports: &BTreeSet<&[u8]>) -> Bounds<'_> {
        let has = |symbol: &&String| exports.contains(symbol.as_bytes());
        let listed = self.since.iter().chain(&self.until).flat_map(|seen| &seen.symbols);
        if listed.filter(has).count() < SHARED || self.unless.iter().any(|symbol| has(&symbol)) {
            return Bounds::default();
        }
        let newest = self.since.iter().rposition(|seen| seen.symbols.iter().any(|symbol| has(&symbol)));
        let mut bounds = Bounds::default();
        if let Some(newest) = newest
            && let Some(seen) = self.since.get(newest)
        {
            let version = if self.exact { Some(newest) } else { newest.checked_sub(1) };
            let version = version.and_then(|at| self.since.get(at)).map(|seen| seen.version.as_str());
            bounds.low = version.zip(seen.symbols.iter().find(has).map(String::as_str));
        }
        let gone = self.until.iter().find(|seen| seen.symbols.iter().any(|symbol| has(&symbol)));
        let gone =
            gone.and_then(|seen| Some((seen.version.as_str(), seen.symbols.iter().find(has)?.as_str())));
        bounds.high = gone.or_else(|| self.absent(exports, newest?));
        if let (Some((low, _)), Some((high, _))) = (bounds.low, bounds.high)
            && compare(low, high) == Ordering::Greater
        {
            // Symbols of versions that exclude each other: a fork, or a table that does not fit.
            return Bounds::default();
        }
        bounds
    }

    /// The version whose symbols are absent though those of the versions before are there, and one of the symbols.
    fn absent(&self, exports: &BTreeSet<&[u8]>, newest: usize) -> Option<(&str, &str)> {
        let gone = |symbol: &String| self.until.iter().any(|seen| seen.symbols.contains(symbol));
        let before =
            self.since.get(..=newest)?.iter().flat_map(|seen| &seen.symbols).filter(|symbol| !gone(symbol));
        let (mut all, mut there) = (0, 0);
        for symbol in before {
            all += 1;
            there += usize::from(exports.contains(symbol.as_bytes()));
        }
        if all < FEWEST || there * 100 < all * WHOLE {
            return None;
        }
        let later = self.since.get(newest + 1..)?.iter().find(|seen| seen.symbols.len() >= ABSENT)?;
        Some((later.version.as_str(), later.symbols.first()?.as_str()))
    }
}

/// The newest version behind `prefix` in symbol versions.
fn newest<'n>(prefix: &str, nodes: &[&'n [u8]]) -> Option<(String, &'n str)> {
    if prefix.is_empty() {
        return None;
    }
    let versions = nodes.iter().filter_map(|node| {
        let node = std::str::from_utf8(node).ok()?;
        Some((node_version(node.strip_prefix(prefix)?)?, node))
    });
    versions.max_by(|(one, _), (other, _)| compare(one, other))
}

/// The version in the rest of a symbol version: `1_1_1d` and `2.9.8` as they are meant; a date behind it is left out.
fn node_version(rest: &str) -> Option<String> {
    let mut parts: Vec<String> = rest.split(['.', '_']).map(str::to_owned).collect();
    while parts.len() > 2 && parts.last().is_some_and(|part| part.len() == 8) {
        parts.pop();
    }
    let last = parts.len().checked_sub(1)?;
    let number =
        |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    let right = parts.iter().enumerate().all(|(index, part)| {
        let letter = index == last && index >= 2 && part.len() > 1;
        number(part) || (letter && number(part.trim_end_matches(|c: char| c.is_ascii_lowercase())))
    });
    right.then(|| parts.join("."))
}

/// The order of versions that are numbers with dots, and at most letters behind the last.
pub fn compare(one: &str, other: &str) -> Ordering {
    let key = |version: &str| -> Vec<(u64, String)> {
        let part = |part: &str| {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            let rest = part.get(digits.len()..).unwrap_or_default();
            (digits.parse().unwrap_or(0), rest.to_owned())
        };
        version.split('.').map(part).collect()
    };
    key(one).cmp(&key(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn library(text: &str) -> Library {
        toml::from_str(text).unwrap()
    }

    fn exports<'e>(names: &[&'e str]) -> BTreeSet<&'e [u8]> {
        names.iter().map(|name| name.as_bytes()).collect()
    }

    #[test]
    fn every_table_keeps_its_word() {
        assert!(tables().len() >= 50, "{}", tables().len());
        for ((name, _), table) in SOURCES.iter().zip(tables()) {
            assert_eq!(*name, table.product);
            assert!(table.cpe.is_empty() || table.cpe.split(':').count() == 3, "{name}");
            assert!(
                table.url.starts_with("http") && table.source.len() > 10 && !table.title.is_empty(),
                "{name}"
            );
            assert!(!table.library.is_empty(), "{name}");
            for library in &table.library {
                assert!(library.name.len() > 5 && library.name.starts_with("lib"), "{name}");
                assert!(
                    !library.file.is_empty()
                        || !library.node.is_empty()
                        || !library.since.is_empty()
                        || !library.exact_node.is_empty(),
                    "{name}: {} tells nothing",
                    library.name
                );
                for rows in [&library.since, &library.until] {
                    assert!(
                        rows.windows(2)
                            .all(|pair| compare(&pair[0].version, &pair[1].version) == Ordering::Less),
                        "{name}: the versions are not in order"
                    );
                    assert!(rows.iter().all(|seen| !seen.symbols.is_empty()), "{name}");
                }
                let mut symbols = BTreeSet::new();
                for symbol in library.since.iter().flat_map(|seen| &seen.symbols) {
                    assert!(symbols.insert(symbol), "{name}: {symbol} stands in two versions");
                }
                assert_eq!(library.file.is_empty(), library.example.is_empty(), "{name}");
                if let [file, version] = library.example.as_slice() {
                    assert_eq!(library.version_of(file), Some(version.as_str()), "{name}");
                    let stem = file.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                    assert_eq!(
                        library.version_of(&format!("{stem}.6")),
                        None,
                        "{name}: an interface is no version"
                    );
                }
            }
        }
    }

    #[test]
    fn libraries_are_found_by_their_names() {
        let products = |names: &[&str]| {
            called(names).iter().map(|(table, _)| table.product.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(products(&["libz.so.1.2.13", "libz.so.1"]), ["zlib"]);
        assert_eq!(products(&["renamed", "libcrypto.so.3"]), ["openssl"]);
        assert!(products(&["libzip.so.4", "", "bash"]).is_empty());
    }

    #[test]
    fn symbols_bound_a_version() {
        let mut text = "name = 'libx.so*'\n".to_owned();
        let mut all = Vec::new();
        for (version, count) in [("1.0", 20), ("1.2", 3), ("1.10", 1), ("1.11", 2)] {
            let names: Vec<String> =
                (0..count).map(|number| format!("x{}_{number}", version.replace('.', "_"))).collect();
            text.push_str(&format!("[[since]]\nversion = '{version}'\nsymbols = {names:?}\n"));
            all.push(names);
        }
        let library = library(&text);
        let of = |groups: &[usize]| -> BTreeSet<&[u8]> {
            groups.iter().flat_map(|group| &all[*group]).map(|name| name.as_bytes()).collect()
        };
        let versions = |exports: &BTreeSet<&[u8]>| {
            let bounds = library.bounds(exports);
            (bounds.low.map(|(version, _)| version), bounds.high.map(|(version, _)| version))
        };
        assert_eq!(versions(&of(&[0])), (None, Some("1.2")));
        assert_eq!(versions(&of(&[0, 1])), (Some("1.0"), Some("1.11")), "one absent symbol proves nothing");
        assert_eq!(versions(&of(&[0, 1, 2])), (Some("1.2"), Some("1.11")));
        assert_eq!(versions(&of(&[0, 1, 2, 3])), (Some("1.10"), None));
        let shrunken: BTreeSet<&[u8]> = of(&[0, 1]).into_iter().skip(2).collect();
        assert_eq!(versions(&shrunken), (Some("1.0"), None), "what was removed to save room says nothing");
        assert_eq!(versions(&exports(&["other"])), (None, None));
    }

    #[test]
    fn symbols_that_exclude_each_other_say_nothing() {
        let library = library(
            "name = 'libx'\nexact = true\n[[since]]\nversion = '3.0.0'\nsymbols = ['new', 'n2', 'n3']\n[[until]]\nversion = '1.0.2'\nsymbols = ['old', 'o2', 'o3']\n",
        );
        assert_eq!(library.bounds(&exports(&["new", "n2", "n3"])).low, Some(("3.0.0", "new")));
        assert_eq!(library.bounds(&exports(&["old", "o2", "o3"])).high, Some(("1.0.2", "old")));
        assert_eq!(library.bounds(&exports(&["old", "o2", "new"])), Bounds::default());
        assert_eq!(library.bounds(&exports(&["new", "n2"])), Bounds::default(), "two symbols are too few");
    }

    #[test]
    fn symbol_versions_as_versions() {
        for (rest, version) in [
            ("1_1_1d", Some("1.1.1d")),
            ("3.0.0", Some("3.0.0")),
            ("6.2.20211010", Some("6.2")),
            ("2_21", Some("2.21")),
            ("209", Some("209")),
            ("PRIVATE", None),
            ("0.9.0rc4x", None),
            ("3_6_x", None),
            ("", None),
        ] {
            assert_eq!(node_version(rest).as_deref(), version, "{rest}");
        }
        let library = library("name = 'libcrypto'\nnode = 'OPENSSL_'\nunless = ['fork']\n");
        let nodes = [&b"OPENSSL_1_1_0"[..], b"OPENSSL_1_1_0g", b"OPENSSL_1_1_1", b"OTHER_9"];
        assert_eq!(library.newest_node(&nodes), Some(("1.1.1".to_owned(), "OPENSSL_1_1_1")));
        assert!(compare("1.9", "1.10") == Ordering::Less && compare("1.1.1", "1.1.1a") == Ordering::Less);
    }

    proptest! {
        #[test]
        fn bounds_never_cross(picks in prop::collection::vec(any::<prop::sample::Index>(), 0..60), which: prop::sample::Index) {
            let all: Vec<&Library> = tables().iter().flat_map(|table| &table.library).collect();
            let library = all[which.index(all.len())];
            let symbols: Vec<&String> = library.since.iter().chain(&library.until).flat_map(|seen| &seen.symbols).collect();
            let picked = picks.iter().filter(|_| !symbols.is_empty()).map(|pick| symbols[pick.index(symbols.len())].as_bytes());
            let bounds = library.bounds(&picked.collect());
            if let (Some((low, _)), Some((high, _))) = (bounds.low, bounds.high) {
                prop_assert!(compare(low, high) != Ordering::Greater);
            }
        }
    }
}
