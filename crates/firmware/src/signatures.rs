//! Component signatures: what a product prints of its own version, as data in `signatures/<product>.toml`.
//!
//! Each signature has anchors (literal bytes, all looked for in one pass over a file) and a pattern with a group
//! `version`. A distribution may name its build by one number and the version that it is made from by another: then
//! the group `upstream` gives the version, and the group `banner` the name. With the scope `near` the pattern must match
//! across an anchor. With the scope `file` an anchor in the file proves the product, and the pattern may match anywhere
//! in it; it then has to give one version and no other. A pattern without a group is of a text that proves the product and
//! says no version. Anchors are six bytes or longer, and rare ones: all are looked for
//! in one pass, whose cost is that of the places where one could stand.

use crate::literals::Literals;
use regex::bytes::Regex;
use serde::Deserialize;
use std::sync::{LazyLock, OnceLock};

/// The sources, by file name.
pub const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/signatures.rs"));

/// Fewest bytes of an anchor: with as many in every one, the search looks at every third offset alone.
#[cfg(test)]
const ANCHOR: usize = 6;
/// Bytes before an anchor that a near pattern may use.
const BEFORE: usize = 48;
/// Bytes after an anchor's start that a near pattern may use.
const AFTER: usize = 400;

/// A product's signature.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The product's name, as in its package URL.
    pub product: String,
    /// Its name for a person.
    pub title: String,
    /// Package URL with `{version}`.
    pub purl: String,
    /// CPE part, vendor and product, such as `a:busybox:busybox`.
    pub cpe: String,
    /// Where it comes from.
    pub url: String,
    /// Literal texts of which one must stand in the file.
    pub anchors: Vec<String>,
    /// Regular expression over bytes, with the group `version`, or without one where the product's own text holds no
    /// version; with the groups `upstream`, which stands in place of
    /// the version where it matches, and `banner`, the name that the software then goes by, where there are such.
    pub pattern: String,
    /// How far from an anchor the pattern may match.
    #[serde(default)]
    pub scope: Scope,
    /// How the version is written.
    #[serde(default)]
    pub form: Form,
    /// Which files are asked.
    #[serde(default, rename = "where")]
    pub place: Place,
    /// The binary on which it was tried, or that there was none.
    pub checked: String,
    /// What else could print the same.
    pub confused_with: String,
    /// Texts that must match, with their version.
    pub examples: Vec<(String, String)>,
    /// Texts that must not match.
    pub counterexamples: Vec<String>,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

/// How far from an anchor a pattern may match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The match covers an anchor's first byte.
    #[default]
    Near,
    /// Anywhere in the file.
    File,
}

/// How a version is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As it is.
    #[default]
    Text,
    /// As that of a series, whose patches are counted elsewhere: 9.0 of 9.0.1378.
    Series,
    /// As one number with two digits each for the second and third part: 20914 for 2.9.14.
    Decimal,
}

/// Which files a signature looks at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What the file is.
    #[serde(default)]
    pub kind: Kind,
    /// Patterns (`*` for any text) of which one fits the file's name or its SONAME; empty for any name.
    #[serde(default)]
    pub names: Vec<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// ELF.
    #[default]
    Elf,
    /// Anything but text: kernels and boot loaders stand in images without a header that names them.
    Binary,
    /// Text, of a name that the signature states: scripts and style sheets carry their banner as a comment.
    Text,
}

/// All signatures, and the search for their anchors.
pub struct Signatures {
    /// The signatures, in the order of their file names.
    pub all: Vec<Signature>,
    finder: Literals,
    /// The signature of each anchor.
    owners: Vec<usize>,
}

/// A version that a signature found.
#[derive(Debug, PartialEq, Eq)]
pub struct Hit {
    /// The version; none where the signature is of a text without one.
    pub version: Option<String>,
    /// The name of a distribution's build, where that differs from the version it is made from.
    pub banner: Option<String>,
    /// Where the matched text starts.
    pub offset: usize,
    /// Its length.
    pub length: usize,
}

/// The compiled-in signatures; `None` only when a source cannot be read, which a test excludes.
pub fn signatures() -> Option<&'static Signatures> {
    static ALL: OnceLock<Option<Signatures>> = OnceLock::new();
    ALL.get_or_init(|| {
        let parsed: Result<Vec<Signature>, _> =
            SOURCES.iter().map(|(_, text)| toml::from_str(text)).collect();
        Signatures::new(parsed.ok()?)
    })
    .as_ref()
}

impl Signatures {
    /// A search for the anchors of `all`.
    pub fn new(all: Vec<Signature>) -> Option<Self> {
        let anchors =
            all.iter().enumerate().flat_map(|(index, one)| one.anchors.iter().map(move |text| (text, index)));
        let (texts, owners): (Vec<&String>, Vec<usize>) = anchors.unzip();
        let finder = Literals::new(&texts)?;
        Some(Self { all, finder, owners })
    }

    /// The places of anchors in `content`, as (signature, offset), in order.
    pub fn anchors<'c>(&'c self, content: &'c [u8]) -> impl Iterator<Item = (usize, usize)> + 'c {
        let hits = self.finder.occurrences(content);
        hits.filter_map(|(anchor, at)| Some((*self.owners.get(anchor)?, at)))
    }
}

impl Signatures {
    /// Whether the signature of this product finds a version in `content`.
    pub fn name(&self, content: &[u8], product: &str) -> bool {
        self.all.iter().filter(|one| one.product == product).any(|one| match one.scope {
            Scope::File => !one.anywhere(content).is_empty(),
            Scope::Near => {
                let Ok(finder) = aho_corasick::AhoCorasick::new(&one.anchors) else { return false };
                finder.find_iter(content).any(|hit| one.near(content, hit.start()).is_some())
            }
        })
    }
}

impl Signature {
    /// Whether a file of this name or SONAME is one that the signature looks at.
    pub fn fits(&self, names: &[&str]) -> bool {
        self.place.names.is_empty()
            || self.place.names.iter().any(|glob| names.iter().any(|name| like(glob, name)))
    }

    fn regex(&self) -> Option<&Regex> {
        let text = || Regex::new(&format!("(?s-u){}", self.pattern)).ok();
        self.regex.get_or_init(text).as_ref()
    }

    /// The version at an anchor.
    pub fn near(&self, content: &[u8], anchor: usize) -> Option<Hit> {
        let start = anchor.saturating_sub(BEFORE);
        let window = content.get(start..content.len().min(anchor + AFTER))?;
        let hits = self.regex()?.captures_iter(window).filter_map(|found| self.hit(&found, start));
        hits.take_while(|hit| hit.offset <= anchor).find(|hit| anchor < hit.offset + hit.length)
    }

    /// The versions anywhere in the file: all matches when they agree on one version, nothing otherwise.
    pub fn anywhere(&self, content: &[u8]) -> Vec<Hit> {
        let Some(regex) = self.regex() else { return Vec::new() };
        let (mut hits, mut from) = (Vec::new(), 0);
        // The next search starts at the last byte of a match: lone texts share the zero byte between them.
        while let Some(hit) = regex.captures_at(content, from).and_then(|found| self.hit(&found, 0)) {
            from = (hit.offset + hit.length).saturating_sub(1).max(from + 1);
            hits.push(hit);
            if hits.len() == 64 || from > content.len() {
                break;
            }
        }
        let agree = hits.windows(2).all(|pair| matches!(pair, [one, two] if one.version == two.version));
        if agree && !self.is_doubtful(content, &hits) { hits } else { Vec::new() }
    }

    /// Whether another lone version stands in the file that the pattern only passes over because data stands directly before
    /// it in place of a zero byte: the one that was found may then be that of something else. Three numbers are asked for;
    /// two come about by chance.
    fn is_doubtful(&self, content: &[u8], hits: &[Hit]) -> bool {
        static BEHIND_DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let data = r#"[^\x00A-Za-z0-9._/+~:= ("'%@,<\n\t\[#*&;|-]"#;
            let version = r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,5}){2,3}(?:-?[a-z]{1,6}[0-9]{0,2})?)";
            Regex::new(&format!(r"(?s-u){data}{version}\x00")).ok()
        });
        let lone = self.pattern.starts_with(r"\x00") && self.pattern.ends_with(r"\x00");
        let (true, Some(behind_data), Some(regex), Some(first)) =
            (lone, BEHIND_DATA.as_ref(), self.regex(), hits.first())
        else {
            return false;
        };
        behind_data.captures_iter(content).filter_map(|found| found.name("version")).any(|version| {
            let text = [b"\0", version.as_bytes(), b"\0"].concat();
            let other = regex.captures(&text).and_then(|found| self.hit(&found, 0));
            other.is_some_and(|other| other.version != first.version)
        })
    }

    fn hit(&self, found: &regex::bytes::Captures<'_>, start: usize) -> Option<Hit> {
        let (whole, upstream) = (found.get(0)?, found.name("upstream"));
        let Some(version) = upstream.or(found.name("version")) else {
            let named = self.regex()?.capture_names().flatten().count() > 0;
            let (offset, length) = (start + whole.start(), whole.len());
            return (!named).then_some(Hit { version: None, banner: None, offset, length });
        };
        let text = std::str::from_utf8(version.as_bytes()).ok()?;
        let banner = upstream.and(found.name("banner"));
        let banner = banner.and_then(|name| Some(std::str::from_utf8(name.as_bytes()).ok()?.to_owned()));
        let version = match self.form {
            Form::Text | Form::Series => text.to_owned(),
            Form::Decimal => {
                let number: u32 = text.parse().ok()?;
                format!("{}.{}.{}", number / 10_000, number / 100 % 100, number % 100)
            }
        };
        Some(Hit { version: Some(version), banner, offset: start + whole.start(), length: whole.len() })
    }

    /// The package URL of a version.
    pub fn purl(&self, version: &str) -> String {
        let mut escaped = String::new();
        for byte in version.bytes() {
            match byte {
                b'.' | b'-' | b'_' | b'~' | b':' => escaped.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        self.purl.replace("{version}", &escaped)
    }

    /// The CPE 2.3 formatted string of a version.
    pub fn cpe(&self, version: &str) -> String {
        cpe_name(&self.cpe, version)
    }
}

/// The CPE 2.3 formatted string of a version of `product`, which is its part, vendor and product. What follows the
/// numbers as a patch or a pre-release stands in the CPE's update, as the National Vulnerability Database writes it:
/// `9.2p1` is `9.2:p1`.
pub fn cpe_name(product: &str, version: &str) -> String {
    let lower = version.to_ascii_lowercase();
    let (number, update) = update(&lower).unwrap_or((&lower, "*"));
    let mut escaped = String::new();
    for character in number.chars() {
        if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    format!("cpe:2.3:{product}:{escaped}:{update}:*:*:*:*:*:*")
}

/// A version as its numbers and its update: `4.4.3-p1` gives `4.4.3` and `p1`; `None` where it has no update.
fn update(version: &str) -> Option<(&str, &str)> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = version.split_at_checked(end)?;
    let rest = rest.trim_start_matches(['-', '_', '.']);
    let digits =
        ["p", "rc", "beta", "alpha", "pre", "stable"].iter().find_map(|word| rest.strip_prefix(word))?;
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.trim_end_matches('.');
    (whole && !number.is_empty()).then_some((number, rest))
}

/// Whether `name` fits `glob`, in which `*` stands for any text.
pub(crate) fn like(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        None => glob == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            rest.is_empty()
                || tail.char_indices().any(|(at, _)| tail.get(at..).is_some_and(|end| like(rest, end)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A file that has the text between zero bytes, and the anchor, where the scope is the file.
    fn versions(signature: &Signature, text: &str) -> Vec<String> {
        let mut content = format!("\0{text}\0").into_bytes();
        if signature.scope == Scope::File {
            content.extend(signature.anchors[0].bytes());
            let hits = signature.anywhere(&content).into_iter();
            return hits.map(|hit| hit.version.unwrap_or_default()).collect();
        }
        let anchors = signature.anchors.iter().flat_map(|anchor| {
            let at = content.windows(anchor.len()).position(|window| window == anchor.as_bytes());
            at.and_then(|at| signature.near(&content, at)).map(|hit| hit.version.unwrap_or_default())
        });
        anchors.collect()
    }

    #[test]
    fn every_signature_keeps_its_word() {
        assert!(SOURCES.len() >= 400, "{}", SOURCES.len());
        let mut products = BTreeSet::new();
        for (name, source) in SOURCES {
            let signature: Signature =
                toml::from_str(source).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(*name, signature.product);
            assert!(products.insert(signature.product.clone()));
            assert!(
                signature.regex().is_some_and(|regex| {
                    let names: BTreeSet<&str> = regex.capture_names().flatten().collect();
                    names.is_empty()
                        || names == BTreeSet::from(["version"])
                        || names == BTreeSet::from(["banner", "upstream", "version"])
                }),
                "{name}"
            );
            assert!(
                signature.anchors.iter().all(|anchor| anchor.len() >= ANCHOR),
                "{name}: an anchor is shorter than {ANCHOR} bytes, which makes the search for all of them slow"
            );
            assert!(
                signature.purl.starts_with("pkg:generic/") && signature.purl.ends_with("@{version}"),
                "{name}"
            );
            assert_eq!(signature.cpe.split(':').count(), 3, "{name}");
            assert!(signature.url.starts_with("https://") && !signature.confused_with.is_empty(), "{name}");
            assert!(!signature.checked.is_empty(), "{name}");
            assert!(!signature.examples.is_empty() && !signature.counterexamples.is_empty(), "{name}");
            assert!(
                (signature.scope == Scope::Near && signature.place.kind != Kind::Text)
                    || !signature.place.names.is_empty(),
                "{name}: scope file and kind text need names"
            );
            for (text, version) in &signature.examples {
                let found = versions(&signature, text);
                assert!(
                    !found.is_empty() && found.iter().all(|one| one == version),
                    "{name}: {text:?} gave {found:?}"
                );
            }
            for text in &signature.counterexamples {
                assert_eq!(versions(&signature, text), [""; 0], "{name}: {text:?}");
            }
        }
    }

    /// A file that a signature looks at, which holds one of its examples, and the names that it may have.
    fn example(signature: &Signature, text: &str) -> (Vec<u8>, Vec<String>) {
        let mut content = format!("\0{text}\0").into_bytes();
        if signature.scope == Scope::File {
            content.extend(signature.anchors[0].bytes());
        }
        let names = signature.place.names.iter().map(|glob| glob.replace('*', ""));
        (content, names.collect())
    }

    #[test]
    fn no_signature_claims_anothers_examples() {
        let all = signatures().unwrap();
        let mut claimed = 0;
        for (owner, signature) in all.all.iter().enumerate() {
            for (text, _) in &signature.examples {
                let (content, names) = example(signature, text);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                for (index, anchor) in all.anchors(&content) {
                    let other = &all.all[index];
                    let hits = match other.scope {
                        _ if !other.fits(&names) => Vec::new(),
                        Scope::Near => other.near(&content, anchor).into_iter().collect(),
                        Scope::File => other.anywhere(&content),
                    };
                    claimed += usize::from(index == owner && !hits.is_empty());
                    assert!(
                        index == owner || hits.is_empty(),
                        "{} claims {text:?} of {}",
                        other.product,
                        signature.product
                    );
                }
            }
        }
        assert!(
            claimed >= all.all.len(),
            "{claimed}: the search does not find every signature's own examples"
        );
    }

    #[test]
    fn names_and_identifiers() {
        assert!(like("lib*.so*", "libc.so.6") && like("a", "a") && !like("a*b", "ac") && like("*", ""));
        let (_, source) = SOURCES.iter().find(|(name, _)| *name == "busybox").unwrap();
        let busybox: Signature = toml::from_str(source).unwrap();
        assert_eq!(busybox.cpe("1.2+b"), "cpe:2.3:a:busybox:busybox:1.2\\+b:*:*:*:*:*:*:*");
        assert_eq!(busybox.purl("1.2+b"), "pkg:generic/busybox@1.2%2Bb");
    }

    #[test]
    fn an_update_is_no_part_of_the_number() {
        for (version, expected) in [
            ("9.2p1", Some(("9.2", "p1"))),
            ("4.4.3-p1", Some(("4.4.3", "p1"))),
            ("2.4_rc2", Some(("2.4", "rc2"))),
            ("5.4.1alpha", Some(("5.4.1", "alpha"))),
            ("2.1.12-stable", Some(("2.1.12", "stable"))),
            ("6.1.176", None),
            ("1.0.2k", None),
            ("4.1-esv-r15-p1", None),
            ("1.30.1.git", None),
            ("2.25b", None),
        ] {
            assert_eq!(update(version), expected, "{version}");
        }
        let (_, source) = SOURCES.iter().find(|(name, _)| *name == "openssh").unwrap();
        let openssh: Signature = toml::from_str(source).unwrap();
        assert_eq!(openssh.cpe("9.2p1"), "cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:*:*:*");
    }

    #[test]
    fn a_build_may_go_by_another_name_than_its_version() {
        let signature: Signature = toml::from_str(
            r#"
            product = "p"
            title = "P"
            purl = "pkg:generic/p@{version}"
            cpe = "a:p:p"
            url = "https://p.invalid/"
            anchors = ["P version "]
            pattern = 'P version (?<banner>(?<version>[0-9.]+)[^ ]*)(?: from (?<upstream>[0-9.]+))?;'
            checked = ""
            confused_with = ""
            examples = []
            counterexamples = []
            "#,
        )
        .unwrap();
        let hit = |text: &str| {
            let hit = signature.near(text.as_bytes(), 0).unwrap();
            (hit.version.unwrap(), hit.banner)
        };
        assert_eq!(
            hit("P version 6.1.0-50 from 6.1.176;"),
            ("6.1.176".to_owned(), Some("6.1.0-50".to_owned()))
        );
        assert_eq!(hit("P version 6.1.7-own;"), ("6.1.7".to_owned(), None));
    }
}
