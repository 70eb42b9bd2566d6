//! The Linux kernel of an image, what it was configured with, and which modules stand beside it.
//!
//! Finds: the kernel's version by four sources, each a method of its own: the banner in a kernel (`kernel-banner`), the
//! folder of its modules (`kernel-modules-folder`), the `vermagic` of a module (`kernel-module`), and the header of a
//! configuration (`kernel-configuration`); the options that a configuration sets to `y` or `m`; the names of modules.
//! How: `version` is the number that the release starts with, `release` all of it (`uname -r`). A banner counts as a
//! kernel's where it is one: whole, with builder, compiler and build, at the start of a text in bytes that are no text
//! file, and in no program that needs an interpreter or libraries. Releases such as `6.1.0-50-armmp` number the
//! interface and not the stable release; of them only the series is known, unless the banner names the version too.
//! When it is wrong: a crash dump or memory image that is not text holds the banner of the kernel that wrote it; modules
//! and configurations of a kernel other than the one that is started.
//! What it misses: kernels in a container that cannot be unpacked, with a changed banner, or other than Linux.
//! Source: Linux init/version.c, include/linux/vermagic.h, kernel/configs.c, scripts/kconfig/confdata.c; Debian's
//! kernel handbook, chapter 3, on the numbers of its releases.

mod configuration;

use super::component::{Known, Product};
use super::text::{kept, lines, root_of, show};
use crate::marks::Mark;
use crate::probe::{Description, File, Findings, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, CodeInfo, Grade, ObjectKind, Subject};
use regex::bytes::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The kernel, by its banner, modules and configuration.
pub struct Kernel;

static COMPONENT: CodeInfo = super::COMPONENT;

static CONFIGURATION: CodeInfo = CodeInfo {
    code: "kernel.configuration",
    title: "The configuration of a kernel",
    grade: Grade::Info,
    meaning: "The image holds the configuration of a Linux kernel. What is neither built in nor a module in it is not \
              in a kernel that was built by it, and neither are that code's vulnerabilities.",
    remedy: "Hold vulnerabilities of the kernel against the options; make sure that it is the configuration of the \
             kernel that is started.",
    cwe: &[],
};

static MODULES: CodeInfo = CodeInfo {
    code: "kernel.modules",
    title: "The modules of a kernel",
    grade: Grade::Info,
    meaning: "The image holds these modules of a Linux kernel. Code that was configured as a module can be loaded only \
              where its module stands.",
    remedy: "Remove modules that the equipment does not need; hold vulnerabilities of drivers against the list.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "kernel",
    version: "2",
    finds: "the Linux kernel by its banner, the folder and the vermagic of its modules, and its configuration; the options set and the modules present",
    how: "a whole banner at the start of a text, in bytes that are neither a text file nor a program with libraries; lib/modules/RELEASE; .modinfo of modules; the header of a configuration",
    wrong: "a memory dump that is not text holds the banner of another kernel; modules and configurations of a kernel that is not the one started",
    misses: &[
        "kernels other than Linux, and kernels whose banner was changed",
        "the stable release behind a release that numbers only the interface (6.1.0-50-armmp), where no banner or configuration names it",
        "which options a configuration sets that was cut off within its last menu; one that ends before is called incomplete",
        "options beyond 12,000 of one configuration, and modules beyond 8,000 of one folder, which are counted",
    ],
    codes: &[COMPONENT, CONFIGURATION, MODULES],
    source: "Linux init/version.c, include/linux/vermagic.h, kernel/configs.c, scripts/kconfig/confdata.c",
};

const LINUX: Product<'static> = Product { name: "linux", title: "Linux kernel", cpe: "o:linux:linux_kernel" };

/// Names of modules that one claim lists.
const LISTED: usize = 8000;
/// Banners of one file that are read.
const BANNERS: usize = 16;

impl Probe for Kernel {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        modules_folder(path).is_some_and(|(_, _, rest)| rest == "modules.builtin")
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if file.is_text() {
            configuration::read(file, findings);
            return;
        }
        let elf = file.elf();
        let program = elf.is_some_and(|elf| elf.interpreter().is_some() || !elf.needed().is_empty());
        if !program {
            findings.looked_at(file.content.len());
            banners(file, findings);
        }
        if elf.is_some_and(|elf| elf.kind == 1) {
            module(file, findings);
        }
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        modules(tree, findings);
    }
}

/// A kernel's release as its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release<'r> {
    /// All of it, as `uname -r` gives it.
    pub(super) text: &'r str,
    /// The number at its start.
    pub(super) number: &'r str,
    /// Whether the number is the version it was made from, or only names the series.
    pub(super) exact: bool,
}

impl<'r> Release<'r> {
    /// `None` where the text is no release.
    pub(super) fn parse(text: &'r str) -> Option<Self> {
        static NUMBER: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^[2-9]\.[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}(?:-rc[0-9]{1,2})?").ok());
        static INTERFACE: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^[2-9]\.[0-9]{1,3}\.0-[0-9]{1,4}-[a-z]").ok());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+~:@=,".contains(&byte);
        if text.len() > 128 || !text.bytes().all(plain) {
            return None;
        }
        let number = NUMBER.as_ref()?.find(text.as_bytes())?;
        let (number, rest) = text.split_at_checked(number.end())?;
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let exact = !INTERFACE.as_ref()?.is_match(text.as_bytes());
        Some(Self { text, number, exact })
    }

    /// The claim that a kernel of this release is there.
    pub(super) fn claim(&self, subject: Subject, method: &str) -> Claim {
        let series = || self.number.rsplit_once('.').map_or(self.number, |(series, _)| series);
        let known =
            if self.exact { Known::Exactly(self.number) } else { Known::Between(Some(series()), None) };
        LINUX.claim(subject, known, method).fact("release", self.text)
    }
}

/// A kernel's banner: builder, compiler, and the build's number are asked for.
static BANNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = r"(?s-u)^Linux version (?<release>[0-9][^ \x00\n]{2,100}) \([^\x00\n]{1,160}\) ?\([^\x00\n]{0,40}(?:gcc|clang|[0-9]+\.[0-9]+)[^\x00\n]{0,240}?\) (?<build>#[0-9 ][^\x00\n]{0,200})";
    Regex::new(pattern).ok()
});

/// The version that Debian's builds name behind their own.
static UPSTREAM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u) Debian (?<version>[0-9]+(?:\.[0-9]+){1,3})-[0-9]").ok());

/// The banners that stand at the start of a text, each release once.
fn banners(file: &File<'_>, findings: &mut Findings) {
    let Some(pattern) = BANNER.as_ref() else { return };
    let mut claims: BTreeMap<_, Claim> = BTreeMap::new();
    for at in file.marks(Mark::LinuxBanner).take(BANNERS) {
        // In a log something stands before it: a time, a level, a field's name.
        let before = at.checked_sub(1).and_then(|before| file.content.get(before));
        if before.is_some_and(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\t')) {
            continue;
        }
        let Some(window) = file.content.get(at..file.content.len().min(at + 1024)) else { continue };
        let Some(found) = pattern.captures(window) else { continue };
        let text = |name: &str| found.name(name).and_then(|text| std::str::from_utf8(text.as_bytes()).ok());
        let (Some(release), Some(build)) = (text("release").and_then(Release::parse), text("build")) else {
            continue;
        };
        let upstream = UPSTREAM.as_ref().and_then(|pattern| pattern.captures(build.as_bytes()));
        let upstream = upstream.as_ref().and_then(|found| found.name("version"));
        let upstream = upstream.and_then(|version| std::str::from_utf8(version.as_bytes()).ok());
        let number = upstream.unwrap_or(release.number);
        let exact = upstream.is_some() || release.exact;
        let place = file.location.range(at as u64, found.get(0).map_or(0, |whole| whole.len()) as u64);
        let claim = Release { text: release.text, number, exact }.claim(file.subject(), "kernel-banner");
        let claim = claim.fact("build", show(build.trim_ascii().as_bytes()));
        match claims.entry(claim.fingerprint()) {
            std::collections::btree_map::Entry::Occupied(mut held) => held.get_mut().locations.push(place),
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(claim.at(place));
            }
        }
    }
    claims.into_values().for_each(|claim| findings.claim(claim));
}

/// What a module says of the kernel that it was built for.
fn module(file: &File<'_>, findings: &mut Findings) {
    let Some((offset, info)) = file.elf().and_then(|elf| elf.section(".modinfo")) else { return };
    let mut at = offset;
    for entry in info.split(|&byte| byte == 0) {
        let place = file.location.range(at, entry.len() as u64);
        at += entry.len() as u64 + 1;
        let Some(vermagic) = entry.strip_prefix(b"vermagic=").and_then(|text| std::str::from_utf8(text).ok())
        else {
            continue;
        };
        let word = vermagic.split(' ').next().unwrap_or_default();
        if let Some(release) = Release::parse(word) {
            let claim = release.claim(file.subject(), "kernel-module");
            findings.claim(claim.fact("vermagic", show(vermagic.as_bytes())).at(place));
        }
        return;
    }
}

/// The root, the release and the rest of a path below `lib/modules`.
fn modules_folder(path: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = path.split_once("lib/modules/")?;
    let root = root_of(before, "").or_else(|| root_of(before, "usr/"))?;
    let (release, rest) = rest.split_once('/').unwrap_or((rest, ""));
    Some((root, release, rest))
}

/// The name under which a kernel knows the module of a file, compressed or not.
fn module_name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let stem = [".ko", ".ko.gz", ".ko.xz", ".ko.zst", ".ko.bz2", ".ko.lzma"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))?;
    (!stem.is_empty()).then(|| stem.replace('-', "_"))
}

/// The modules of each release, and those that stand elsewhere, each folder's as one claim.
fn modules(tree: &Tree, findings: &mut Findings) {
    let mut folders: BTreeMap<&str, (BTreeSet<String>, Vec<&TreeEntry>)> = BTreeMap::new();
    for (path, entry) in &tree.entries {
        let below = modules_folder(path).filter(|(_, release, _)| Release::parse(release).is_some());
        let folder = match below {
            Some((_, _, rest)) => path.strip_suffix(rest).unwrap_or(path).trim_end_matches('/'),
            None => "",
        };
        let name = module_name(path).filter(|_| entry.kind == ObjectKind::File);
        if below.is_none() && name.is_none() {
            continue;
        }
        let (names, places) = folders.entry(folder).or_default();
        names.extend(name);
        places.push(entry);
    }
    let built_in = kept(tree, findings, |path| self::Kernel.keeps(path));
    for (folder, (names, places)) in folders {
        let Some(place) = places.first() else { continue };
        let release = modules_folder(folder).and_then(|(_, release, _)| Release::parse(release));
        if let Some(release) = &release {
            let claim = release.claim(tree.location.subject(), "kernel-modules-folder");
            findings.claim(claim.fact("folder", folder).at(place.location.clone()));
        }
        let list =
            built_in.iter().find(|(path, ..)| path.rsplit_once('/').is_some_and(|(of, _)| of == folder));
        let inside: BTreeSet<String> =
            list.into_iter().flat_map(|(_, _, content)| lines(content)).filter_map(built_in_name).collect();
        if names.is_empty() && list.is_none() {
            continue;
        }
        findings.looked_at(0);
        let title = match &release {
            Some(release) => format!("{} modules of Linux {}", names.len(), release.text),
            None => format!("{} kernel modules outside lib/modules", names.len()),
        };
        let mut claim = Claim::observation(&MODULES, tree.location.subject(), title);
        if let Some(release) = &release {
            claim = claim.fact("release", release.text).fact("folder", folder);
        }
        claim = listed(claim, "modules", names, LISTED);
        if list.is_some() {
            claim = listed(claim, "built-in", inside, LISTED);
        }
        findings.claim(claim.at(place.location.clone()));
    }
}

/// The module that a line of `modules.builtin` names.
fn built_in_name(line: super::text::Line<'_>) -> Option<String> {
    module_name(std::str::from_utf8(line.bytes).ok()?)
}

/// The claim with a list of at most `most` texts, and how many there are where that is more.
pub(super) fn listed(claim: Claim, name: &str, texts: BTreeSet<String>, most: usize) -> Claim {
    let all = texts.len();
    let list: Vec<String> = texts.into_iter().take(most).collect();
    let claim = claim.fact(name, list);
    if all > most { claim.fact(&format!("{name}-in-all"), all as i64) } else { claim }
}

#[cfg(test)]
mod tests;
