//! Which upstream product has a library of which SONAME, and a program of which name, as data in `data/sonames.txt` and
//! `data/programs.txt`. `scripts/soname-table` writes both from Debian's indices; what a line means stands there.

use crate::libraries::tables;
use crate::probes::Product;
use crate::signatures::signatures;
use std::collections::HashMap;
use std::sync::OnceLock;

const SONAMES: &str = include_str!("../../../data/sonames.txt");
const PROGRAMS: &str = include_str!("../../../data/programs.txt");

/// A library that goes by a name of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The product's name.
    pub product: &'static str,
    /// A text that has to be in the file, where forks share the name.
    pub needs: Option<&'static str>,
    /// Whether the number in a full file name is the product's release.
    released: bool,
}

/// A library's name in two: what comes before its number, as the table has it, and the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'n> {
    stem: &'n str,
    number: &'n str,
}

/// The library that goes by this SONAME; `None` where no product, or more than one, has it.
pub fn library(soname: &str) -> Option<Named> {
    let parts = split(soname)?;
    by_stem().get(parts.stem)?.iter().find(|row| row.lists(parts.number)).map(|row| row.named)
}

/// The product of the programs with this name.
pub fn program(name: &str) -> Option<&'static str> {
    static ALL: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    let all = ALL.get_or_init(|| lines(PROGRAMS).filter_map(|line| line.split_once(' ')).collect());
    all.get(name).copied()
}

/// What is known of a product that goes by this name: its title and CPE are those of its signature or table of symbols.
pub fn product(name: &'static str) -> Product<'static> {
    static ALL: OnceLock<HashMap<&'static str, Product<'static>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let signatures = signatures().map(|all| all.all.as_slice()).unwrap_or_default().iter();
        let signatures = signatures.map(|one| (one.product.as_str(), one.title.as_str(), one.cpe.as_str()));
        let tables = tables().iter().map(|one| (one.product.as_str(), one.title.as_str(), one.cpe.as_str()));
        signatures.chain(tables).map(|(name, title, cpe)| (name, Product { name, title, cpe })).collect()
    });
    all.get(name).copied().unwrap_or(Product { name, title: name, cpe: "" })
}

impl Named {
    /// The release in a file's name: what is longer than the SONAME, or a SONAME of three numbers.
    pub fn release<'n>(&self, soname: &str, file: &'n str) -> Option<&'n str> {
        let (own, file) = (split(soname)?, split(file)?);
        let longer = file.number.strip_prefix(own.number)?;
        let whole = longer.starts_with('.') || (longer.is_empty() && file.number.split('.').count() >= 3);
        (self.released && own.stem == file.stem && whole).then_some(file.number)
    }
}

/// A line of the table.
struct Row {
    numbers: &'static str,
    named: Named,
}

impl Row {
    fn lists(&self, number: &str) -> bool {
        let begins =
            |one: &str| number.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.numbers.split(',').any(|one| one == "*" || begins(one))
    }
}

fn by_stem() -> &'static HashMap<&'static str, Vec<Row>> {
    static ALL: OnceLock<HashMap<&'static str, Vec<Row>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: HashMap<_, Vec<Row>> = HashMap::new();
        for line in lines(SONAMES) {
            let mut words = line.split(' ');
            let (Some(stem), Some(numbers), Some(product)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let mut named = Named { product, needs: None, released: false };
            for word in words {
                named.released |= word == "=";
                named.needs = named.needs.or(word.strip_prefix('?'));
            }
            all.entry(stem).or_default().push(Row { numbers, named });
        }
        all
    })
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// `libz.so.1` as `libz.so` and `1`, `libdb-5.3.so` as `libdb-` and `5.3`, `libz.so` as itself and no number.
fn split(name: &str) -> Option<Parts<'_>> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if let Some(at) = name.find(".so.") {
        let (stem, number) = (name.get(..at + 3)?, name.get(at + 4..)?);
        return is_number(number).then_some(Parts { stem, number });
    }
    let base = name.strip_suffix(".so")?;
    let parts = base.rfind('-').and_then(|at| base.split_at_checked(at + 1));
    match parts {
        Some((stem, number)) if !number.is_empty() && is_number(number) => Some(Parts { stem, number }),
        _ => Some(Parts { stem: name, number: "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_tables_keep_their_word() {
        let (mut rows, mut seen) = (0, BTreeSet::new());
        for line in lines(SONAMES) {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words.len() >= 3 && words[0].starts_with("lib"), "{line}");
            assert!(words[0].ends_with(".so") || words[0].ends_with('-'), "{line}");
            assert!(words[3..].iter().all(|word| *word == "=" || word.starts_with('?')), "{line}");
            for number in words[1].split(',') {
                assert!(
                    number == "*"
                        || number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                            && !number.is_empty(),
                    "{line}"
                );
                assert!(seen.insert((words[0], number)), "{line}: a SONAME of two products");
            }
            rows += 1;
        }
        assert!(rows > 5000, "{rows}");
        let names: Vec<&str> = lines(PROGRAMS).map(|line| line.split_once(' ').unwrap().0).collect();
        assert!(names.len() > 3000 && names.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
        for common in ["ping", "sh", "httpd", "init", "telnetd"] {
            assert_eq!(program(common), None, "{common} has many implementations");
        }
    }

    #[test]
    fn a_soname_names_its_product() {
        let named = |name: &str| library(name).map(|named| named.product);
        assert_eq!(named("libz.so.1"), Some("zlib"));
        assert_eq!(named("libz.so.1.2.13"), Some("zlib"), "a file's name begins with the SONAME");
        assert_eq!(named("libdb-5.3.so"), Some("berkeley-db"));
        assert_eq!(named("libssl.so.48"), None, "another product's number");
        assert_eq!(named("libz.so.11"), None);
        assert_eq!(named("libubox.so"), Some("libubox"), "any number, and none");
        assert_eq!(named("libubox.so.20230523"), Some("libubox"));
        for other in ["libz.so", "libc.so.6", "libutil.so.1", "libz", "", "libz.so.", "libz.so.1a"] {
            assert_eq!(named(other), None, "{other}");
        }
        assert_eq!(library("libcrypt.so.1").and_then(|named| named.needs), Some("XCRYPT_2.0"));
        assert_eq!(product("zlib").cpe, "a:zlib:zlib");
        assert_eq!(product("a-name"), Product { name: "a-name", title: "a-name", cpe: "" });
    }

    #[test]
    fn a_file_name_holds_the_release_where_the_table_says_so() {
        let release = |soname: &str, file: &str| {
            library(soname).and_then(|one| one.release(soname, file).map(str::to_owned))
        };
        assert_eq!(release("libcjson.so.1", "libcjson.so.1.7.15").as_deref(), Some("1.7.15"));
        assert_eq!(release("libcjson.so.1", "libcjson.so.1"), None, "flattened");
        assert_eq!(release("libcjson.so.1", "renamed.so.1.7.15"), None);
        assert_eq!(release("libaudit.so.1", "libaudit.so.1.0.0"), None, "a number of the interface");
        assert_eq!(release("libboost_log.so.1.74.0", "libboost_log.so.1.74.0").as_deref(), Some("1.74.0"));
    }

    proptest! {
        #[test]
        fn any_name(name in "(lib(z|db|ssl))?[-a-z.]{0,6}(so)?[.0-9-]{0,8}(so)?") {
            if let Some(named) = library(&name) {
                prop_assert!(named.release(&name, &name).is_none_or(|release| name.contains(release)));
            }
        }
    }
}
