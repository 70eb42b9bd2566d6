//! What is known of a build, and what it rules out: parts of the kernel whose options are off or whose module is not
//! there, applets that BusyBox does not have.
//!
//! How: an advisory's source files, else the paths in its text, else what the quoted commit begins with, else phrases, name
//! parts by `data/kernel-subsystems.toml` and `data/busybox-applets.toml`. It is ruled out only when every part that is
//! named is known to be absent; one file that the tables do not know leaves it open.
//! When it is wrong: a description that names a part in passing and forgets the one that matters; a kernel whose vendor
//! moved code into files that other options build; a module that is loaded from a place that was not listed.

use super::{Facts, Reason};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// How a kernel was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelBuild {
    /// Options, with or without `CONFIG_`.
    pub options: BTreeMap<String, OptionState>,
    /// The options are the whole configuration: what is not among them is off.
    pub whole: bool,
    /// Where they were read.
    pub read: String,
    /// The modules that there are, when all are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Modules>,
}

/// The state of a kernel option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionState {
    /// Built in, or set to a value.
    On,
    /// Built as a module.
    Module,
    /// Not set.
    Off,
}

/// Every module of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modules {
    /// Their names, without `.ko` and what follows.
    pub names: BTreeSet<String>,
    /// Where they were read.
    pub read: String,
}

/// Every applet of a BusyBox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applets {
    /// Their names.
    pub names: BTreeSet<String>,
    /// Where they were read.
    pub read: String,
}

/// Why the build rules an advisory out, when it does.
pub(super) fn rule_out(
    products: &[&str],
    name: &str,
    facts: &Facts,
    summary: &str,
    files: &BTreeSet<String>,
) -> Option<(Reason, String)> {
    let is = |product: &str| {
        products.contains(&product) || (products.is_empty() && name.eq_ignore_ascii_case(product))
    };
    if let Some(kernel) = facts.kernel.as_ref().filter(|_| is("linux_kernel") || is("linux")) {
        return kernel_part_is_absent(kernel, summary, files);
    }
    if let Some(applets) = facts.busybox.as_ref().filter(|_| is("busybox")) {
        return applet_is_absent(applets, summary, files).map(|why| (Reason::AppletAbsent, why));
    }
    None
}

fn kernel_part_is_absent(
    kernel: &KernelBuild,
    summary: &str,
    files: &BTreeSet<String>,
) -> Option<(Reason, String)> {
    let mut reasons = BTreeSet::new();
    let mut by_module = false;
    for (named, subsystem) in parts_named(summary, files)? {
        let (module, why) = subsystem.absent(kernel)?;
        by_module |= module;
        reasons.insert(format!("{named} is not in this build: {why}"));
    }
    let reason = if by_module { Reason::ModuleAbsent } else { Reason::Configuration };
    (!reasons.is_empty()).then(|| (reason, reasons.into_iter().collect::<Vec<_>>().join("; ")))
}

/// The parts that an advisory names, each with what names it; `None` when something named is not in the table.
fn parts_named(summary: &str, files: &BTreeSet<String>) -> Option<Vec<(String, &'static Subsystem)>> {
    let sources = |file: &&str| file.ends_with(".c") || file.ends_with(".S") || file.ends_with(".rs");
    let mut paths: BTreeSet<&str> = files.iter().map(String::as_str).filter(sources).collect();
    if paths.is_empty() {
        paths = paths_in(summary).filter(sources).collect();
    }
    if !paths.is_empty() {
        return paths.into_iter().map(|path| Some((path.to_owned(), by_path(path)?))).collect();
    }
    if let Some(subject) = commit_subject(summary) {
        let fits = |prefix: &&String| {
            subject
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.starts_with([':', ' ', '/']) && subject.contains(':'))
        };
        let longest = TABLES
            .kernel
            .iter()
            .filter_map(|subsystem| {
                Some((subsystem.prefixes.iter().filter(fits).map(String::len).max()?, subsystem))
            })
            .max_by_key(|(length, _)| *length);
        let (length, subsystem) = longest?;
        // What follows has to be the rest of the prefix: "bpf: ..." but not "bpf selftests ...".
        let prefix = subject.get(..length)?;
        let colon = subject.get(length..)?.starts_with(':');
        return colon.then(|| vec![(format!("the part that commits call {prefix:?}"), subsystem)]);
    }
    let mut named = Vec::new();
    for subsystem in &TABLES.kernel {
        let word = subsystem.words.iter().find(|word| summary.contains(word.as_str()));
        named.extend(word.map(|word| (format!("what the description calls {word:?}"), subsystem)));
    }
    Some(named)
}

fn by_path(path: &str) -> Option<&'static Subsystem> {
    let fit = |subsystem: &Subsystem| {
        subsystem.paths.iter().filter(|prefix| path.starts_with(prefix.as_str())).map(String::len).max()
    };
    TABLES
        .kernel
        .iter()
        .filter_map(|subsystem| Some((fit(subsystem)?, subsystem)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, subsystem)| subsystem)
}

/// Paths of source files in a text: `net/sched/cls_route.c`.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || "/_.-".contains(character)))
        .map(|word| word.trim_matches('.'))
        .filter(|word| {
            let top = word.split('/').next().unwrap_or_default();
            word.contains('/') && TOP_FOLDERS.contains(&top)
        })
}

/// The top of the kernel's source tree.
const TOP_FOLDERS: &[&str] = &[
    "arch", "block", "certs", "crypto", "drivers", "fs", "init", "io_uring", "ipc", "kernel", "lib", "mm",
    "net", "rust", "security", "sound", "virt",
];

/// The subject of the commit that the kernel's CVE records quote.
fn commit_subject(summary: &str) -> Option<&str> {
    let (_, rest) =
        summary.split_once("In the Linux kernel, the following vulnerability has been resolved:")?;
    rest.lines().map(str::trim).find(|line| !line.is_empty())
}

fn applet_is_absent(applets: &Applets, summary: &str, files: &BTreeSet<String>) -> Option<String> {
    let mut named: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let in_text =
        summary.split(|character: char| !(character.is_ascii_alphanumeric() || "/_.-".contains(character)));
    let in_text = in_text.map(|word| word.trim_matches('.'));
    for path in files.iter().map(String::as_str).chain(in_text).filter(|word| word.ends_with(".c")) {
        let file = path.rsplit('/').next().unwrap_or(path);
        // A file that the table does not know may be in any applet.
        let part = TABLES.busybox.iter().find(|part| part.files.iter().any(|known| known == file))?;
        named.entry(file.to_owned()).or_default().extend(part.applets.iter().map(String::as_str));
    }
    let lower = summary.to_lowercase();
    for part in &TABLES.busybox {
        for applet in &part.applets {
            let phrases =
                [format!("{applet} applet"), format!("busybox {applet} "), format!("busybox's {applet} ")];
            if let Some(phrase) = phrases.iter().find(|phrase| holds_word(&lower, phrase)) {
                named.entry(format!("{:?}", phrase.trim())).or_default().insert(applet);
            }
        }
        if let Some(word) = part.words.iter().find(|word| holds_word(&lower, &word.to_lowercase())) {
            named.entry(format!("{word:?}")).or_default().extend(part.applets.iter().map(String::as_str));
        }
    }
    let there = named.values().flatten().any(|applet| applets.names.contains(*applet));
    if named.is_empty() || there {
        return None;
    }
    let said: Vec<String> = named
        .iter()
        .map(|(what, applets)| {
            format!("{what} is {}", applets.iter().copied().collect::<Vec<_>>().join(" or "))
        })
        .collect();
    Some(format!("{}, which this BusyBox does not have (read in {})", said.join("; "), applets.read))
}

/// Whether the phrase stands in the text with no letter directly before it.
fn holds_word(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|character| character.is_alphanumeric() || "-_".contains(character))
    })
}

#[derive(Debug, Default)]
struct Tables {
    kernel: Vec<Subsystem>,
    busybox: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subsystem {
    options: Vec<String>,
    paths: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    module: Option<String>,
}

impl Subsystem {
    /// Why this part is not there, and whether a module's absence says so; `None` when it is, or when that is not known.
    fn absent(&self, kernel: &KernelBuild) -> Option<(bool, String)> {
        let mut reasons = Vec::new();
        let mut by_module = false;
        for option in &self.options {
            let long = format!("CONFIG_{option}");
            let state = kernel.options.get(option).or_else(|| kernel.options.get(&long)).copied();
            reasons.push(match state {
                Some(OptionState::Off) => format!("{long} is not set (read in {})", kernel.read),
                None if kernel.whole => format!("{long} is not set (read in {})", kernel.read),
                Some(OptionState::Module) => {
                    by_module = true;
                    self.module_is_absent(&long, kernel)?
                }
                Some(OptionState::On) | None => return None,
            });
        }
        Some((by_module, reasons.join(", ")))
    }

    fn module_is_absent(&self, option: &str, kernel: &KernelBuild) -> Option<String> {
        let (module, modules) = (self.module.as_ref()?, kernel.modules.as_ref()?);
        let plain = |name: &str| name.replace('-', "_");
        let there = modules.names.iter().any(|name| plain(name) == plain(module));
        (!there).then(|| {
            format!(
                "{option} is built as a module (read in {}) and {module}.ko is not among the modules ({})",
                kernel.read, modules.read
            )
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    applets: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
}

/// The committed tables. That they can be read is tested; empty ones would rule nothing out.
static TABLES: LazyLock<Tables> = LazyLock::new(|| read_tables().unwrap_or_default());

fn read_tables() -> Result<Tables, toml::de::Error> {
    #[derive(Deserialize)]
    struct Kernel {
        subsystem: Vec<Subsystem>,
    }
    #[derive(Deserialize)]
    struct Busybox {
        part: Vec<Part>,
    }
    let kernel: Kernel = toml::from_str(include_str!("../../data/kernel-subsystems.toml"))?;
    let busybox: Busybox = toml::from_str(include_str!("../../data/busybox-applets.toml"))?;
    Ok(Tables { kernel: kernel.subsystem, busybox: busybox.part })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(options: &[(&str, OptionState)]) -> KernelBuild {
        KernelBuild {
            options: options.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect(),
            whole: true,
            read: "IKCONFIG at 0x400".to_owned(),
            modules: None,
        }
    }

    fn files(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    const BLUETOOTH: &str = "In the Linux kernel, the following vulnerability has been resolved:\n\nBluetooth: L2CAP: Fix use-after-free\n\nText.";

    #[test]
    fn the_tables_can_be_read_and_no_path_is_there_twice() {
        let tables = read_tables().unwrap();
        assert!(tables.kernel.len() > 150 && tables.busybox.len() > 50);
        let mut paths = BTreeSet::new();
        for subsystem in &tables.kernel {
            assert!(!subsystem.options.is_empty());
            for path in &subsystem.paths {
                assert!(paths.insert(path.clone()), "{path}");
                assert!(TOP_FOLDERS.contains(&path.split('/').next().unwrap()), "{path}");
            }
        }
    }

    #[test]
    fn an_option_that_is_off_rules_out_its_files() {
        let off = kernel(&[("CONFIG_NET", OptionState::On)]);
        let reason = kernel_part_is_absent(&off, "", &files(&["net/bluetooth/l2cap_core.c"])).unwrap();
        assert_eq!(reason.0, Reason::Configuration);
        let reason = reason.1;
        assert!(reason.contains("CONFIG_BT is not set") && reason.contains("IKCONFIG at 0x400"), "{reason}");
        assert!(kernel_part_is_absent(&off, BLUETOOTH, &files(&[])).unwrap().1.contains("CONFIG_BT"));
        let text = "A use-after-free in route4_change in net/sched/cls_route.c in the Linux kernel.";
        assert!(kernel_part_is_absent(&off, text, &files(&[])).unwrap().1.contains("CONFIG_NET_CLS_ROUTE4"));
    }

    #[test]
    fn what_is_on_or_not_known_rules_nothing_out() {
        let on = kernel(&[("BT", OptionState::On)]);
        assert_eq!(kernel_part_is_absent(&on, BLUETOOTH, &files(&[])), None);
        let partly = KernelBuild { whole: false, ..kernel(&[("CONFIG_USB", OptionState::On)]) };
        assert_eq!(kernel_part_is_absent(&partly, BLUETOOTH, &files(&[])), None);
        let off = kernel(&[]);
        for text in [
            "Something in the kernel.",
            "In kernel/fork.c of Linux.",
            "In the Linux kernel, the following vulnerability has been resolved:\n\nmm: fix it",
        ] {
            assert_eq!(kernel_part_is_absent(&off, text, &files(&[])), None, "{text}");
        }
        // One file of two is in a part that is not in the table.
        assert_eq!(
            kernel_part_is_absent(&off, "", &files(&["net/bluetooth/hci_core.c", "kernel/fork.c"])),
            None
        );
    }

    #[test]
    fn a_module_that_is_not_there_rules_out() {
        let mut build = kernel(&[("BT", OptionState::Module)]);
        assert_eq!(kernel_part_is_absent(&build, BLUETOOTH, &files(&[])), None);
        build.modules = Some(Modules { names: files(&["usbcore"]), read: "/lib/modules/5.10.0".to_owned() });
        let (reason, detail) = kernel_part_is_absent(&build, BLUETOOTH, &files(&[])).unwrap();
        assert!(reason == Reason::ModuleAbsent && detail.contains("bluetooth.ko"), "{detail}");
        build.modules =
            Some(Modules { names: files(&["bluetooth"]), read: "/lib/modules/5.10.0".to_owned() });
        assert_eq!(kernel_part_is_absent(&build, BLUETOOTH, &files(&[])), None);
    }

    #[test]
    fn applets_that_are_not_there_are_ruled_out() {
        let applets =
            Applets { names: files(&["ls", "sh", "tar"]), read: "/bin/busybox at 0x1000".to_owned() };
        let absent = |text: &str| applet_is_absent(&applets, text, &files(&[]));
        let reason = absent("A use-after-free in Busybox's awk applet leads to denial of service.").unwrap();
        assert!(reason.contains("awk") && reason.contains("/bin/busybox at 0x1000"), "{reason}");
        assert!(absent("In the handle_x function in editors/awk.c in BusyBox 1.36.1.").is_some());
        // sh is there, and may be ash; tar is there, and reads gzip; nobody says which applet.
        assert_eq!(absent("A stack overflow in ash.c:6030 in BusyBox."), None);
        assert_eq!(absent("decompress_gunzip.c in BusyBox mishandles the error bit."), None);
        assert_eq!(absent("xasprintf in xfuncs_printf.c and awk.c in BusyBox."), None);
        assert_eq!(absent("BusyBox before 1.30 has an issue."), None);
    }
}
