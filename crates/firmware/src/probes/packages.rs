//! Components that a package manager's database says are installed.
//!
//! Finds: dpkg (`var/lib/dpkg/status`, `status.d/*`), opkg (`usr/lib/opkg`, `var/lib/opkg`, `usr/lib/ipkg`), apk
//! (`lib/apk/db/installed`), at the root of a tree or in a folder of it.
//! How: reads each stanza. A package counts as present when its files are unpacked: dpkg's and opkg's states
//! `installed`, `unpacked`, `half-configured`, `triggers-awaited` and `triggers-pending`. The state is a fact unless it is `installed`:
//! an installer's image, for one, holds its packages unpacked and never configured.
//! When it is wrong: the database speaks of files that were deleted afterwards to save room.
//! What it misses: software that was put there without the package manager.
//! Source: deb-control(5), dpkg(1) on package states; opkg's libopkg/pkg_parse.c; apk-tools' database format; the
//! package URL specification.

use super::text::{Line, kept, lines, root_of, show};
use crate::probe::{Description, Findings, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Components from package databases.
pub struct Packages;

static COMPONENT: CodeInfo = super::COMPONENT;

static MALFORMED: CodeInfo = CodeInfo {
    code: "package-database.malformed",
    title: "Malformed package database",
    grade: Grade::Info,
    meaning: "A stanza of the package database cannot be read as its format demands; the package it stands for may be \
              missing from the list of components.",
    remedy: "Look at the named line; rebuild the image if its package database was damaged.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "packages",
    version: "2",
    finds: "components that the databases of dpkg, opkg and apk say are present",
    how: "reads each stanza of the database; a package counts as present when its state says that its files are unpacked",
    wrong: "files of a package that were deleted from the image afterwards are still claimed as present",
    misses: &[
        "software put into the image without the package manager",
        "databases of rpm, pacman and of container layers",
        "a database over 4 MiB",
    ],
    codes: &[COMPONENT, MALFORMED],
    source: "deb-control(5), dpkg(1); opkg libopkg/pkg_parse.c; apk-tools database format; package URL specification",
};

/// Malformed lines of one file that are claimed one by one.
const MALFORMED_SHOWN: usize = 16;

impl Probe for Packages {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        database(path).is_some() || release(path).is_some()
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let mut named: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        // Status files before single control files, which only add what no status file names.
        let mut files = kept(tree, findings, |path| database(path).is_some());
        files.sort_by_key(|(path, ..)| path.ends_with(".control"));
        for (path, entry, content) in files {
            let Some((method, root)) = database(path) else { continue };
            let distribution = Distribution::of(tree, root);
            let single = path.ends_with(".control");
            let (packages, mut broken) = parse(content, method, single);
            let mut claims: BTreeMap<(String, String, String), Claim> = BTreeMap::new();
            for package in packages {
                // The status file's word counts, also where it says that the package is not there.
                let known = named.entry((root.to_owned(), show(package.name)));
                if single && let Entry::Occupied(known) = &known {
                    if !known.get().contains(&show(package.version)) {
                        let what = "the status file names another version of this package";
                        broken.push(Broken { line: package.line, offset: package.offset, what });
                    }
                    continue;
                }
                known.or_default().insert(show(package.version));
                let Some(state) = package.present(method, single) else { continue };
                let location = entry.location.line(package.line, package.offset);
                let key = (show(package.name), show(package.version), show(package.architecture));
                match claims.get_mut(&key) {
                    Some(claim) => claim.locations.push(location),
                    None => {
                        let claim = package.claim(entry, method, &state, &distribution);
                        claims.insert(key, claim.at(location));
                    }
                }
            }
            claims.into_values().for_each(|claim| findings.claim(claim));
            malformed(findings, entry, method, &broken);
        }
    }
}

fn malformed(findings: &mut Findings, entry: &TreeEntry, method: Method, broken: &[Broken]) {
    for problem in broken.iter().take(MALFORMED_SHOWN) {
        let more = broken.len().saturating_sub(MALFORMED_SHOWN);
        let mut claim = Claim::observation(
            &MALFORMED,
            entry.location.subject(),
            format!("{} database, line {}: {}", method.as_str(), problem.line, problem.what),
        )
        .fact("method", method.as_str())
        .fact("line", i64::from(problem.line))
        .fact("problem", problem.what)
        .at(entry.location.line(problem.line, problem.offset));
        if more > 0 {
            claim = claim.note(format!("{more} further malformed lines of this file are not listed"));
        }
        findings.claim(claim);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Dpkg,
    Opkg,
    Apk,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Opkg => "opkg",
            Self::Apk => "apk",
        }
    }
}

/// Which database the file at `path` is, and the root folder it speaks of.
fn database(path: &str) -> Option<(Method, &str)> {
    const WHOLE: &[(&str, Method)] = &[
        ("var/lib/dpkg/status", Method::Dpkg),
        ("usr/lib/opkg/status", Method::Opkg),
        ("var/lib/opkg/status", Method::Opkg),
        ("usr/lib/ipkg/status", Method::Opkg),
        ("lib/apk/db/installed", Method::Apk),
    ];
    if let Some(found) = WHOLE.iter().find_map(|(suffix, method)| Some((*method, root_of(path, suffix)?))) {
        return Some(found);
    }
    let (folder, name) = path.rsplit_once('/')?;
    if let Some(root) = root_of(folder, "var/lib/dpkg/status.d") {
        return (!name.ends_with(".md5sums")).then_some((Method::Dpkg, root));
    }
    let folders = ["usr/lib/opkg/info", "var/lib/opkg/info", "usr/lib/ipkg/info"];
    let root = folders.iter().find_map(|suffix| root_of(folder, suffix))?;
    name.ends_with(".control").then_some((Method::Opkg, root))
}

fn release(path: &str) -> Option<&str> {
    ["etc/os-release", "usr/lib/os-release", "etc/lsb-release"]
        .iter()
        .find_map(|suffix| root_of(path, suffix))
}

/// The distribution that the tree says it is, for package URLs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Distribution {
    id: Option<String>,
    version: Option<String>,
}

impl Distribution {
    fn of(tree: &Tree, root: &str) -> Self {
        for (name, id, version) in [
            ("etc/os-release", "ID", "VERSION_ID"),
            ("usr/lib/os-release", "ID", "VERSION_ID"),
            ("etc/lsb-release", "DISTRIB_ID", "DISTRIB_RELEASE"),
        ] {
            if let Some((_, content)) = tree.content(&format!("{root}{name}")) {
                let found = Self { id: setting(content, id), version: setting(content, version) };
                if found.id.is_some() {
                    return found;
                }
            }
        }
        Self::default()
    }
}

/// The value of a shell-like assignment, when it is one plain word in lower case.
fn setting(content: &[u8], name: &str) -> Option<String> {
    // Release files are short; the start of a longer one is enough.
    let value = lines(content.get(..64 << 10).unwrap_or(content)).find_map(|line| {
        let rest = line.bytes.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(rest.trim_ascii().trim_ascii_end())
    })?;
    let text = std::str::from_utf8(value).ok()?.trim_matches(['"', '\'']).to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then_some(text)
}

/// A stanza of a database.
#[derive(Debug, Default)]
struct Package<'a> {
    name: &'a [u8],
    version: &'a [u8],
    architecture: &'a [u8],
    /// Source package, and its version where the database gives it.
    source: &'a [u8],
    source_version: &'a [u8],
    status: &'a [u8],
    cpe: &'a [u8],
    line: u32,
    offset: u64,
    fields: usize,
}

/// A line or stanza that is not as its format demands.
#[derive(Debug, PartialEq, Eq)]
struct Broken {
    line: u32,
    offset: u64,
    what: &'static str,
}

fn parse(content: &[u8], method: Method, single: bool) -> (Vec<Package<'_>>, Vec<Broken>) {
    let (mut packages, mut broken) = (Vec::new(), Vec::new());
    let mut package = Package::default();
    for line in lines(content) {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            finish(std::mem::take(&mut package), method, single, &mut packages, &mut broken);
            continue;
        }
        if package.line == 0 {
            (package.line, package.offset) = (line.number, line.offset);
        }
        // A database that is cut off ends in a value that may be the start of a longer one.
        let cut = !single && line.offset + line.bytes.len() as u64 == content.len() as u64;
        let field = if cut {
            Err("the last line does not end, and is not used")
        } else {
            package.field(&line, method)
        };
        package.fields += usize::from(cut);
        if let Err(what) = field {
            broken.push(Broken { line: line.number, offset: line.offset, what });
        }
    }
    finish(package, method, single, &mut packages, &mut broken);
    broken.sort_by_key(|problem| problem.line);
    (packages, broken)
}

fn finish<'a>(
    package: Package<'a>,
    method: Method,
    single: bool,
    packages: &mut Vec<Package<'a>>,
    broken: &mut Vec<Broken>,
) {
    if package.fields == 0 {
        return;
    }
    let what = if package.name.is_empty() {
        "a stanza without a package name"
    } else if package.version.is_empty() && package.present(method, single).is_some() {
        "a present package without a version"
    } else if package.status.is_empty() && method != Method::Apk && !single {
        "a stanza without a state"
    } else {
        packages.push(package);
        return;
    };
    broken.push(Broken { line: package.line, offset: package.offset, what });
}

impl<'a> Package<'a> {
    fn field(&mut self, line: &Line<'a>, method: Method) -> Result<(), &'static str> {
        if line.bytes.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            return if self.fields > 0 { Ok(()) } else { Err("a continued line that continues nothing") };
        }
        let colon = line.bytes.iter().position(|&byte| byte == b':').ok_or("a line without a field name")?;
        let (name, rest) = line.bytes.split_at_checked(colon).unwrap_or_default();
        if name.is_empty() || name.len() > 64 || !name.iter().all(|byte| byte.is_ascii_graphic()) {
            return Err("a line without a field name");
        }
        self.fields += 1;
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        let slot = if method == Method::Apk {
            match name {
                b"P" => &mut self.name,
                b"V" => &mut self.version,
                b"A" => &mut self.architecture,
                b"o" => &mut self.source,
                _ => return Ok(()),
            }
        } else {
            match name.to_ascii_lowercase().as_slice() {
                b"package" => &mut self.name,
                b"version" => &mut self.version,
                b"architecture" => &mut self.architecture,
                b"status" => &mut self.status,
                b"cpe-id" => &mut self.cpe,
                b"sourcename" if method == Method::Opkg => &mut self.source,
                b"source" if method == Method::Dpkg => {
                    let mut parts = value.splitn(2, |&byte| byte == b'(');
                    self.source = parts.next().unwrap_or_default().trim_ascii();
                    let version = parts.next().unwrap_or_default();
                    self.source_version = version.strip_suffix(b")").unwrap_or_default();
                    return Ok(());
                }
                _ => return Ok(()),
            }
        };
        if !slot.is_empty() {
            return Err("a field that stands twice in one stanza");
        }
        *slot = value;
        Ok(())
    }

    /// The package's state, when its files are in the image.
    fn present(&self, method: Method, single: bool) -> Option<String> {
        if method == Method::Apk || (single && self.status.is_empty()) {
            return Some("installed".to_owned());
        }
        let state = self.status.split(|byte| byte.is_ascii_whitespace()).rfind(|word| !word.is_empty())?;
        const PRESENT: [&[u8]; 5] =
            [b"installed", b"unpacked", b"half-configured", b"triggers-awaited", b"triggers-pending"];
        PRESENT.contains(&state).then(|| show(state))
    }

    fn claim(&self, entry: &TreeEntry, method: Method, state: &str, distribution: &Distribution) -> Claim {
        let (name, version) = (show(self.name), show(self.version));
        let mut claim = Claim::observation(&COMPONENT, entry.location.subject(), format!("{name} {version}"))
            .fact("name", name.as_str())
            .fact("version", version.as_str())
            .fact("method", method.as_str())
            .fact("purl", self.purl(method, distribution));
        if !self.source.is_empty() && self.source != self.name {
            claim = claim.fact("source", show(self.source));
        }
        if !self.source_version.is_empty() && self.source_version != self.version {
            claim = claim.fact("source-version", show(self.source_version));
        }
        if !self.architecture.is_empty() {
            claim = claim.fact("architecture", show(self.architecture));
        }
        if !self.cpe.is_empty() {
            claim = claim.fact("cpe", show(self.cpe));
        }
        if state != "installed" {
            claim = claim.fact("state", state);
        }
        claim
    }

    /// The package URL. The types `deb` and `apk` need the distribution as name space; without one, and for opkg,
    /// which has no type of its own, the type is `generic`.
    fn purl(&self, method: Method, distribution: &Distribution) -> String {
        let head = match (method, &distribution.id) {
            (Method::Dpkg, Some(id)) => format!("deb/{id}/"),
            (Method::Apk, Some(id)) => format!("apk/{id}/"),
            _ => "generic/".to_owned(),
        };
        let mut purl = format!("pkg:{head}{}@{}", percent(self.name), percent(self.version));
        let mut mark = '?';
        if !self.architecture.is_empty() {
            purl.push_str(&format!("?arch={}", percent(self.architecture)));
            mark = '&';
        }
        if let (Some(id), Some(version)) = (&distribution.id, &distribution.version) {
            purl.push_str(&format!("{mark}distro={id}-{version}"));
        }
        purl
    }
}

/// Percent-encoding as the package URL specification asks: all but letters, digits and `.-_~:`.
pub(super) fn percent(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes.iter().take(400) {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_tree, tree_of};
    use super::*;
    use proptest::prelude::*;

    fn names(content: &[u8], method: Method) -> Vec<String> {
        let (packages, _) = parse(content, method, false);
        packages.iter().filter(|p| p.present(method, false).is_some()).map(|p| show(p.name)).collect()
    }

    const TWO: &[u8] =
        b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: deinstall ok \
                         config-files\nVersion: 2\n\nPackage: c\nStatus: install ok unpacked\nVersion: 3\n";

    #[test]
    fn only_unpacked_packages_are_present() {
        assert_eq!(names(TWO, Method::Dpkg), ["a", "c"]);
    }

    #[test]
    fn order_of_stanzas_does_not_matter() {
        let text = std::str::from_utf8(TWO).unwrap();
        let mut stanzas: Vec<&str> = text.trim_end().split("\n\n").collect();
        stanzas.reverse();
        let claims = |text: &str| {
            let tree = tree_of(&[("var/lib/dpkg/status", text.as_bytes())]);
            let mut facts: Vec<_> =
                claims_of_tree(&Packages, &tree).into_iter().map(|claim| claim.facts).collect();
            facts.sort();
            facts
        };
        assert_eq!(claims(text), claims(&(stanzas.join("\n\n") + "\n")));
    }

    #[test]
    fn what_is_broken_is_claimed_and_the_rest_read() {
        let (packages, broken) = parse(
            b"no colon\nPackage: a\nVersion: 1\nStatus: x y installed\n\nVersion: 3\n",
            Method::Dpkg,
            false,
        );
        assert_eq!(packages.len(), 1);
        assert_eq!(broken.iter().map(|b| (b.line, b.offset)).collect::<Vec<_>>(), [(1, 0), (6, 54)]);
    }

    #[test]
    fn a_value_that_may_have_been_cut_is_not_used() {
        for end in TWO.len() - 10..TWO.len() {
            let (packages, broken) = parse(&TWO[..end], Method::Dpkg, false);
            let c = packages.iter().find(|package| package.name == b"c");
            assert!(c.is_none() && !broken.is_empty(), "cut at {end}: {c:?}");
        }
        // A single control file is written by hand now and then.
        let (packages, broken) = parse(b"Package: a\nVersion: 1.2", Method::Opkg, true);
        assert_eq!((packages[0].version, broken.len()), (&b"1.2"[..], 0));
    }

    #[test]
    fn a_control_file_adds_only_what_the_status_file_does_not_speak_of() {
        let status: &[u8] = b"Package: a\nStatus: install ok installed\nVersion: 2\n\nPackage: b\nStatus: deinstall ok not-installed\nVersion: 1\n\n";
        let found = |name: &str, control: &[u8]| {
            let path = format!("usr/lib/opkg/info/{name}.control");
            let tree = tree_of(&[("usr/lib/opkg/status", status), (&path, control)]);
            let titles = claims_of_tree(&Packages, &tree).into_iter().map(|claim| claim.title);
            titles.collect::<Vec<_>>()
        };
        assert_eq!(found("a", b"Package: a\nVersion: 2\n"), ["a 2"]);
        let other = found("a", b"Package: a\nVersion: 1\n");
        assert!(other.len() == 2 && other.iter().any(|title| title.contains("another version")), "{other:?}");
        assert_eq!(found("b", b"Package: b\nVersion: 1\n"), ["a 2"], "it was removed");
        assert_eq!(found("c", b"Package: c\nVersion: 3\n"), ["a 2", "c 3"]);
    }

    #[test]
    fn package_urls_need_a_distribution() {
        let package =
            Package { name: b"g++", version: b"1:2+b~1", architecture: b"armhf", ..Package::default() };
        let debian = Distribution { id: Some("debian".into()), version: Some("12".into()) };
        assert_eq!(
            package.purl(Method::Dpkg, &debian),
            "pkg:deb/debian/g%2B%2B@1:2%2Bb~1?arch=armhf&distro=debian-12"
        );
        assert_eq!(
            package.purl(Method::Dpkg, &Distribution::default()),
            "pkg:generic/g%2B%2B@1:2%2Bb~1?arch=armhf"
        );
        assert!(package.purl(Method::Opkg, &debian).starts_with("pkg:generic/"));
    }

    proptest! {
        #[test]
        fn random_bytes_are_read(content in proptest::collection::vec(any::<u8>(), 0..600)) {
            for method in [Method::Dpkg, Method::Opkg, Method::Apk] {
                let (packages, broken) = parse(&content, method, false);
                prop_assert!(packages.len() + broken.len() <= lines(&content).count() * 2);
            }
        }

        #[test]
        fn a_cut_database_keeps_what_stands_before_the_cut(at in 0usize..110) {
            let before = TWO[..at.min(TWO.len())].windows(2).filter(|w| w == b"\n\n").count();
            let (packages, _) = parse(&TWO[..at.min(TWO.len())], Method::Dpkg, false);
            prop_assert!(packages.len() >= before);
        }
    }

    #[test]
    fn a_line_of_a_megabyte_is_read() {
        let mut content = b"Package: a\nStatus: install ok installed\nVersion: ".to_vec();
        content.extend(std::iter::repeat_n(b'1', 1 << 20));
        content.push(b'\n');
        let (packages, broken) = parse(&content, Method::Dpkg, false);
        assert_eq!((packages.len(), broken.len()), (1, 0));
        assert!(packages[0].purl(Method::Dpkg, &Distribution::default()).len() < 1000);
    }
}
