//! What is left of a package manager where its database was taken out, and what the system says it is.
//!
//! Finds: the names of packages by their lists of files, for dpkg (`dpkg-list`), opkg (`opkg-list`) and apk-tools 3
//! (`apk-list`), in roots whose status database is not there; the system itself by its release files (`os-release`,
//! `openwrt-release`, `debian-version`).
//! How: a list names its package by its own name and has paths in it; such a claim has no version. A release file is
//! read where the system's root stands.
//! When it is wrong: a list that stayed when its package was removed; a release file that a vendor left as the
//! distribution had it.
//! What it misses: packages of which no list is left.
//! Source: dpkg(1) and opkg on `info/*.list`; OpenWrt include/package-pack.mk on `lib/apk/packages/*.list`;
//! os-release(5); OpenWrt package/base-files.

use super::component::{Known, Product};
use super::packages::percent;
use super::text::{kept, lines, root_of, show};
use crate::probe::{Description, Findings, Probe, Tree};
use banbury_evidence::{Claim, CodeInfo};
use std::collections::BTreeSet;

/// Components by what package managers leave.
pub struct PackageTraces;

static COMPONENT: CodeInfo = super::COMPONENT;

static DESCRIPTION: Description = Description {
    name: "package-traces",
    version: "1",
    finds: "packages by the lists of their files, where the package database itself was taken out, and the system by its release files",
    how: "the name of each info/NAME.list with paths in it, without a version; ID and VERSION_ID of os-release, DISTRIB_RELEASE of openwrt_release, debian_version",
    wrong: "a list that stayed when its package was removed; a release file that was left as the distribution had it",
    misses: &["packages of which no list is left", "the versions of packages that only a list names"],
    codes: &[COMPONENT],
    source: "dpkg(1), opkg; OpenWrt include/package-pack.mk and package/base-files; os-release(5)",
};

/// Folders of lists, the databases that say more where they stand, and the method.
const LISTS: &[(&str, &[&str], &str)] = &[
    ("var/lib/dpkg/info", &["var/lib/dpkg/status"], "dpkg-list"),
    ("usr/lib/opkg/info", &["usr/lib/opkg/status", "var/lib/opkg/status"], "opkg-list"),
    ("var/lib/opkg/info", &["usr/lib/opkg/status", "var/lib/opkg/status"], "opkg-list"),
    ("lib/apk/packages", &["lib/apk/db/installed"], "apk-list"),
];

/// Release files, the fields of name and version, and the method. A name in capitals is a field.
const RELEASES: &[(&str, &str, &str, &str)] = &[
    ("etc/os-release", "ID", "VERSION_ID", "os-release"),
    ("usr/lib/os-release", "ID", "VERSION_ID", "os-release"),
    ("etc/openwrt_release", "DISTRIB_ID", "DISTRIB_RELEASE", "openwrt-release"),
];

/// Bytes of a release file that are read.
const RELEASE: usize = 64 << 10;

impl Probe for PackageTraces {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        list(path).is_some()
            || RELEASES.iter().any(|(name, ..)| root_of(path, name).is_some())
            || root_of(path, "etc/debian_version").is_some()
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let mut named: BTreeSet<(String, String)> = BTreeSet::new();
        for (path, entry, content) in kept(tree, findings, |path| list(path).is_some()) {
            let Some((root, name, databases, method)) = list(path) else { continue };
            // The control file or database of the package says all that the list does, and more.
            let control = path.strip_suffix(".list").map(|stem| format!("{stem}.control"));
            let better =
                databases.iter().any(|database| tree.entries.contains_key(&format!("{root}{database}")))
                    || control.is_some_and(|control| tree.entries.contains_key(&control));
            let has_paths = content.is_empty() || lines(content).any(|line| line.bytes.starts_with(b"/"));
            if better || !has_paths || !named.insert((root.to_owned(), name.to_owned())) {
                continue;
            }
            let product = Product { name, title: name, cpe: "" };
            let claim = product.claim(entry.location.subject(), Known::Between(None, None), method);
            findings.claim(claim.at(entry.location.range(0, content.len() as u64)));
        }
        let wanted = |path: &str| self.keeps(path) && list(path).is_none();
        for (path, entry, content) in kept(tree, findings, wanted) {
            let text = content.get(..RELEASE).unwrap_or(content);
            let claim = match RELEASES.iter().find(|(name, ..)| root_of(path, name).is_some()) {
                Some((_, name, version, method)) => {
                    system(text, name, version, method, entry.location.subject())
                }
                None => debian(text, entry.location.subject()),
            };
            findings
                .claims
                .extend(claim.map(|claim| claim.at(entry.location.range(0, content.len() as u64))));
        }
    }
}

/// The root, package, better databases and method of a list of files.
fn list(path: &str) -> Option<(&str, &str, &'static [&'static str], &'static str)> {
    let (folder, name) = path.rsplit_once('/')?;
    let name = name.strip_suffix(".list")?;
    // Debian's lists of packages that may stand beside others of another architecture name it.
    let name = name.split(':').next().filter(|name| !name.is_empty() && name.len() <= 128)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    let (root, databases, method) = LISTS
        .iter()
        .find_map(|(suffix, databases, method)| Some((root_of(folder, suffix)?, *databases, *method)))?;
    name.bytes().all(plain).then_some((root, name, databases, method))
}

/// The value that a shell-like file gives to a name.
fn field(text: &[u8], name: &str) -> Option<String> {
    let value = lines(text).find_map(|line| line.bytes.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    let value = show(value.trim_ascii());
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
}

/// The system that a release file names.
fn system(
    text: &[u8],
    name: &str,
    version: &str,
    method: &str,
    subject: banbury_evidence::Subject,
) -> Option<Claim> {
    let name = field(text, name)?.to_lowercase();
    let version = field(text, version);
    let pretty = field(text, "PRETTY_NAME").or_else(|| field(text, "DISTRIB_DESCRIPTION"));
    let title =
        pretty.clone().unwrap_or_else(|| format!("{name} {}", version.as_deref().unwrap_or_default()));
    let cpe = field(text, "CPE_NAME");
    let purl = match &version {
        Some(version) => format!("pkg:generic/{}@{}", percent(name.as_bytes()), percent(version.as_bytes())),
        None => format!("pkg:generic/{}", percent(name.as_bytes())),
    };
    let mut claim = Claim::observation(&COMPONENT, subject, title)
        .fact("name", name)
        .fact("purl", purl)
        .fact("method", method)
        .fact("kind", "operating-system");
    for (fact, value) in [("version", version), ("description", pretty), ("cpe-of-system", cpe)] {
        if let Some(value) = value {
            claim = claim.fact(fact, value);
        }
    }
    Some(claim)
}

/// Debian by its point release, which os-release does not name.
fn debian(text: &[u8], subject: banbury_evidence::Subject) -> Option<Claim> {
    let version = std::str::from_utf8(text).ok()?.trim();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if version.len() > 16 || !version.split('.').all(number) {
        return None;
    }
    let product = Product { name: "debian", title: "Debian", cpe: "o:debian:debian_linux" };
    Some(product.claim(subject, Known::Exactly(version), "debian-version").fact("kind", "operating-system"))
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_tree, tree_of};
    use super::*;
    use proptest::prelude::*;

    fn found(files: &[(&str, &[u8])]) -> Vec<String> {
        claims_of_tree(&PackageTraces, &tree_of(files))
            .iter()
            .map(|claim| {
                let fact = |name: &str| claim.text(name).unwrap_or_default();
                format!("{} {}@{}", fact("method"), fact("name"), fact("version"))
            })
            .collect()
    }

    #[test]
    fn lists_count_where_the_database_is_gone() {
        let list: (&str, &[u8]) = ("r/var/lib/dpkg/info/libc6:armhf.list", b"/.\n/lib/libc.so.6\n");
        assert_eq!(found(&[list]), ["dpkg-list libc6@"]);
        assert!(found(&[list, ("r/var/lib/dpkg/status", b"")]).is_empty());
        assert_eq!(
            found(&[list, ("var/lib/dpkg/status", b"")]),
            ["dpkg-list libc6@"],
            "another root's database"
        );
        let opkg: (&str, &[u8]) = ("usr/lib/opkg/info/dnsmasq.list", b"/usr/sbin/dnsmasq\n");
        assert_eq!(found(&[opkg]), ["opkg-list dnsmasq@"]);
        assert!(found(&[opkg, ("usr/lib/opkg/info/dnsmasq.control", b"")]).is_empty());
        assert!(found(&[("usr/lib/opkg/info/notes.list", b"milk\n")]).is_empty(), "no list of files");
        assert!(found(&[("home/info/x.list", b"/x\n")]).is_empty());
    }

    #[test]
    fn systems() {
        let release = b"ID=\"buildroot\"\nVERSION_ID=2021.02\nPRETTY_NAME=\"Buildroot 2021.02\"\n";
        assert_eq!(found(&[("etc/os-release", release)]), ["os-release buildroot@2021.02"]);
        let openwrt = b"DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='21.02.1'\n";
        assert_eq!(found(&[("etc/openwrt_release", openwrt)]), ["openwrt-release openwrt@21.02.1"]);
        assert_eq!(found(&[("etc/debian_version", b"12.5\n")]), ["debian-version debian@12.5"]);
        assert!(found(&[("etc/debian_version", b"bookworm/sid\n")]).is_empty());
        assert!(found(&[("etc/os-release", b"nothing")]).is_empty());
    }

    proptest! {
        #[test]
        fn random_release_files(content in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = [&b"ID=x\n"[..], &content].concat();
            for name in ["etc/os-release", "etc/openwrt_release", "etc/debian_version", "lib/apk/packages/x.list"] {
                prop_assert!(found(&[(name, &text)]).len() <= 1);
            }
        }
    }
}
