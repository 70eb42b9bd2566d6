//! What an executable is and what it can do, as far as its imports and texts tell: what the probes `roles` and `out-of-place` compare
//! with what was counted of others.
//!
//! A role or kind is told by what the file has in it: phrases of a protocol, functions that it imports, ports that it binds, the name
//! under which a library is linked. The file's own name is not asked. Roles stand in `data/roles.toml`, kinds of libraries in
//! `data/library-kinds.toml`; what programs and libraries of each can do was counted by `corpus/hidden-access/profiles` and stands in
//! `data/counted-powers.toml`.

use crate::probe::File;
use aho_corasick::AhoCorasick;
use banbury_code::powers::{self, Power};
use banbury_code::surface::Kind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const ROLES: &str = include_str!("../../../../data/roles.toml");
const KINDS: &str = include_str!("../../../../data/library-kinds.toml");
const COUNTED: &str = include_str!("../../../../data/counted-powers.toml");

/// What a program serves, and by what that is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What such a program does, as the end of "it ...".
    pub does: String,
    /// How many of the marks below it takes.
    needs: usize,
    /// Texts of its protocol, whole words.
    #[serde(default)]
    texts: Vec<String>,
    /// Functions; together they are one mark.
    #[serde(default)]
    imports: Vec<String>,
    /// Functions of which it has to import one.
    #[serde(default)]
    requires: Vec<String>,
    /// Ports; together they are one mark.
    #[serde(default)]
    ports: Vec<u16>,
}

/// A kind of library, by the starts of the names under which libraries of it are linked, or of what they export.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryKind {
    name: String,
    #[serde(default)]
    sonames: Vec<String>,
    #[serde(default)]
    exports: Vec<String>,
}

/// What was counted of programs of a role or libraries of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Of which.
    pub name: String,
    /// How many there were.
    pub files: u32,
    /// Of how many source packages.
    pub packages: u32,
    /// By power, how many have it.
    pub powers: BTreeMap<String, u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    basis: String,
    #[serde(default)]
    role: Vec<Counted>,
    #[serde(default)]
    library: Vec<Counted>,
}

/// The roles, kinds and counts as committed.
pub struct Known {
    /// The roles, in order.
    pub roles: Vec<Role>,
    kinds: Vec<LibraryKind>,
    counted: Table,
    finder: Option<AhoCorasick>,
    /// By pattern, its role and the number of its text there.
    patterns: Vec<(usize, usize)>,
}

/// The name under which all libraries together are counted.
pub const ANY: &str = "any";

/// What tells that a file has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The role's number in [`Known::roles`].
    pub role: usize,
    /// The marks, in words.
    pub by: Vec<String>,
}

impl Known {
    /// The committed tables; empty only where they cannot be read, which a test excludes.
    pub fn get() -> &'static Self {
        static ALL: OnceLock<Known> = OnceLock::new();
        ALL.get_or_init(|| {
            #[derive(Default, Deserialize)]
            struct Roles {
                role: Vec<Role>,
            }
            #[derive(Default, Deserialize)]
            struct Kinds {
                kind: Vec<LibraryKind>,
            }
            let roles = toml::from_str::<Roles>(ROLES).unwrap_or_default().role;
            let kinds = toml::from_str::<Kinds>(KINDS).unwrap_or_default().kind;
            let counted = toml::from_str::<Table>(COUNTED).unwrap_or_default();
            let patterns: Vec<(usize, usize)> = roles
                .iter()
                .enumerate()
                .flat_map(|(number, role)| (0..role.texts.len()).map(move |text| (number, text)))
                .collect();
            let texts = roles.iter().flat_map(|role| &role.texts);
            let finder = AhoCorasick::new(texts).ok();
            Self { roles, kinds, counted, finder, patterns }
        })
    }

    /// What the counts were made on.
    pub fn basis(&self) -> &str {
        &self.counted.basis
    }

    /// What was counted of a role.
    pub fn role(&self, name: &str) -> Option<&Counted> {
        self.counted.role.iter().find(|counted| counted.name == name)
    }

    /// What was counted of a kind of library.
    pub fn library(&self, name: &str) -> Option<&Counted> {
        self.counted.library.iter().find(|counted| counted.name == name)
    }

    /// The roles that a file has.
    pub fn roles_of(&self, file: &File<'_>) -> Vec<Told> {
        let imports: BTreeSet<&[u8]> = file.imports().collect();
        let mut texts: BTreeSet<(usize, usize)> = BTreeSet::new();
        for found in self.finder.iter().flat_map(|finder| finder.find_overlapping_iter(file.content)) {
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else { continue };
            if !texts.contains(pattern) && is_whole(file.content, found.start(), found.end()) {
                texts.insert(*pattern);
            }
        }
        let mut ports: Option<BTreeSet<u16>> = None;
        let mut found = Vec::new();
        for (number, role) in self.roles.iter().enumerate() {
            let has = |name: &&String| imports.contains(name.as_bytes());
            if !role.requires.is_empty() && !role.requires.iter().any(|name| has(&name)) {
                continue;
            }
            let mut by: Vec<String> = role
                .texts
                .iter()
                .enumerate()
                .filter(|(text, _)| texts.contains(&(number, *text)))
                .map(|(_, text)| format!("\"{text}\""))
                .collect();
            by.extend(role.imports.iter().find(has).map(|name| format!("{name}()")));
            // Which ports it binds is only asked where that may decide: it takes reading the file as functions.
            if by.len() + 1 >= role.needs
                && !by.is_empty()
                && !role.ports.is_empty()
                && imports.contains(&b"bind"[..])
            {
                let ports = ports.get_or_insert_with(|| bound(file));
                by.extend(
                    role.ports.iter().find(|port| ports.contains(port)).map(|port| format!("port {port}")),
                );
            }
            if by.len() >= role.needs {
                found.push(Told { role: number, by });
            }
        }
        found
    }

    /// The kind of a library.
    pub fn kind_of(&self, file: &File<'_>) -> Option<&str> {
        let soname = file.elf()?.soname().unwrap_or_default();
        let exports = |start: &String| {
            file.symbols().iter().any(|symbol| symbol.defined && symbol.name.starts_with(start.as_bytes()))
        };
        let is = |kind: &&LibraryKind| {
            kind.sonames.iter().any(|start| is_called(soname, start.as_bytes()))
                || kind.exports.iter().any(exports)
        };
        self.kinds.iter().find(is).map(|kind| kind.name.as_str())
    }
}

/// What a file can do, each power by its name with the functions that give it.
pub fn powers_of(file: &File<'_>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut found: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for name in file.imports() {
        for power in powers_of_import(name) {
            found.entry(power).or_default().insert(String::from_utf8_lossy(name).into_owned());
        }
    }
    found
}

/// All that is counted of a file, for `corpus/hidden-access/profiles`.
#[derive(Debug, Serialize)]
pub struct Profile {
    /// The roles that it has, where it is a program.
    pub roles: Vec<String>,
    /// The kind of library that it is.
    pub kind: Option<String>,
    /// Whether it is a library at all.
    pub library: bool,
    /// What it can do, with the functions that give it.
    pub powers: BTreeMap<String, BTreeSet<String>>,
}

impl Profile {
    /// Of a file; `None` where it is no dynamically linked executable or library.
    pub fn of(file: &File<'_>) -> Option<Self> {
        file.elf().filter(|elf| matches!(elf.kind, 2 | 3))?;
        let (known, library) = (Known::get(), file.is_library());
        let name = |told: &Told| known.roles.get(told.role).map(|role| role.name.clone());
        let roles = if library { Vec::new() } else { known.roles_of(file).iter().filter_map(name).collect() };
        // Raw sockets are only compared where there is a role.
        let powers = if roles.is_empty() { powers_of(file) } else { super::roles::powers(file) };
        let mut powers: BTreeMap<String, BTreeSet<String>> =
            powers.into_iter().map(|(power, by)| (power.to_owned(), by)).collect();
        if library {
            let reached = super::out_of_place::reached(file).into_iter();
            powers.extend(reached.map(|(what, places)| {
                (what.to_owned(), places.into_iter().map(|(_, _, by, _)| by).collect::<BTreeSet<_>>())
            }));
        }
        let kind = if library { known.kind_of(file).map(str::to_owned) } else { None };
        Some(Self { roles, kind, library, powers })
    }
}

/// In words what a power is, as the end of "can ...".
pub fn words(power: &str) -> &'static str {
    match power {
        "shell" => "have a shell run a command",
        "pipe" => "have a shell run a command and read what it says",
        "session" => "give whoever is connected a shell",
        "exec" => "start programs",
        "identity" => "become another user",
        "terminal" => "open a terminal",
        "passwords" => "check passwords",
        "settings" => "change the device's settings",
        "restart" => "restart the device",
        "load" => "load code",
        "network" => "open network connections",
        "modules" => "find what other files have in memory",
        "memory" => "change what memory may be used for",
        "raw" => "take raw packets",
        "audits" => "be told of every binding",
        "early-modules" => "find what other files have in memory when it is loaded",
        "early-memory" => "change what memory may be used for when it is loaded",
        "early-power" => "start something when it is loaded",
        "early-network" => "reach for the network or load code when it is loaded",
        "resolver-calls" => "call more than what tells of the processor when it is bound",
        "resolver-writes" => "write elsewhere when it is bound",
        _ => "do something else",
    }
}

/// Whether a count says that hardly any file has a power: at most one in twenty with half a file more, so none of nine or one of thirty, of
/// five source packages at least.
pub fn is_rare(counted: &Counted, power: &str) -> Option<(u32, u32)> {
    let having = counted.powers.get(power).copied().unwrap_or(0);
    let rate = (f64::from(having) + 0.5) / (f64::from(counted.files) + 1.0);
    (counted.packages >= 5 && rate <= 0.05).then_some((having, counted.files))
}

fn powers_of_import(name: &[u8]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let is = |names: &[&[u8]]| names.contains(&name);
    match powers::of(name) {
        Some(Power::Execute)
            if name.starts_with(b"exec") || name.starts_with(b"posix_spawn") || name == b"fexecve" =>
        {
            found.push("exec");
        }
        // What hands the outcome back is what ordinary programs use for mail and hooks; the other more seldom.
        Some(Power::Execute) if name == b"popen" => found.push("pipe"),
        Some(Power::Execute) => found.push("shell"),
        Some(Power::Identity) => found.push("identity"),
        Some(Power::Terminal) => found.push("terminal"),
        Some(Power::Settings) => found.push("settings"),
        Some(Power::Restart) => found.push("restart"),
        Some(Power::Load) => found.push("load"),
        Some(Power::Listen | Power::Connect) => found.push("network"),
        _ => {}
    }
    if is(&[b"bind", b"accept", b"accept4", b"getaddrinfo", b"gethostbyname"]) {
        found.push("network");
    }
    if is(&[b"crypt", b"crypt_r", b"getspnam", b"getspnam_r", b"pam_authenticate", b"ruserok"]) {
        found.push("passwords");
    }
    if powers::finds_modules(name) && !is(&[b"dlopen"]) {
        found.push("modules");
    }
    if powers::changes_memory(name) {
        found.push("memory");
    }
    found
}

/// Whether a library's name starts so, up to a version or the ending.
fn is_called(soname: &[u8], start: &[u8]) -> bool {
    soname
        .strip_prefix(start)
        .is_some_and(|rest| rest.first().is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'_'))
}

/// Whether what stands between two places is a word by itself.
fn is_whole(content: &[u8], start: usize, end: usize) -> bool {
    let word = |at: Option<usize>| {
        at.and_then(|at| content.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let inner = |at: usize| word(Some(at));
    let touched = inner(start) && word(start.checked_sub(1))
        || end.checked_sub(1).is_some_and(inner) && word(Some(end));
    !touched
}

/// The ports that a file binds sockets to.
fn bound(file: &File<'_>) -> BTreeSet<u16> {
    let all = file.surface().map(|surface| surface.bound.as_slice()).unwrap_or_default();
    all.iter()
        .filter(|bound| bound.kind != Kind::Inside)
        .flat_map(|bound| bound.ports.iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_committed_tables_are_read_and_fit_together() {
        let known = Known::get();
        assert!(known.roles.len() > 15 && known.kinds.len() > 8 && known.finder.is_some());
        assert!(!known.basis().is_empty());
        for counted in &known.counted.role {
            assert!(known.roles.iter().any(|role| role.name == counted.name), "{}", counted.name);
        }
        for counted in &known.counted.library {
            let of_kind = known.kinds.iter().any(|kind| kind.name == counted.name);
            assert!(of_kind || counted.name == ANY, "{}", counted.name);
        }
        for counted in known.counted.role.iter().chain(&known.counted.library) {
            assert!(counted.packages <= counted.files && counted.files > 0, "{counted:?}");
            for (power, having) in &counted.powers {
                assert!(*having <= counted.files && words(power) != words("?"), "{power}");
            }
        }
        let all = known.library(ANY).unwrap();
        assert!(all.files >= 500 && all.powers["shell"] > 0, "{all:?}");
    }

    #[test]
    fn rare_is_what_was_counted_often_enough() {
        let counted = |files, packages, having| Counted {
            name: String::new(),
            files,
            packages,
            powers: BTreeMap::from([("shell".to_owned(), having)]),
        };
        assert_eq!(is_rare(&counted(40, 20, 1), "shell"), Some((1, 40)));
        assert_eq!(is_rare(&counted(40, 20, 0), "exec"), Some((0, 40)));
        assert_eq!(is_rare(&counted(40, 20, 2), "shell"), None);
        assert_eq!(is_rare(&counted(8, 8, 0), "shell"), None);
        assert_eq!(is_rare(&counted(9, 8, 0), "shell"), Some((0, 9)));
        assert_eq!(is_rare(&counted(40, 4, 0), "shell"), None);
    }

    #[test]
    fn names_of_libraries_end_at_a_version() {
        assert!(is_called(b"libz.so.1", b"libz") && is_called(b"libpng16.so.16", b"libpng"));
        assert!(!is_called(b"libzmq.so.5", b"libz") && !is_called(b"libz_x.so", b"libz"));
    }

    proptest! {
        #[test]
        fn words_are_whole_where_nothing_touches_them(before in "[ -~]{0,2}", after in "[ -~]{0,2}") {
            let content = format!("{before}PASV{after}");
            let touches = |text: Option<char>| text.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
            let whole = !touches(before.chars().last()) && !touches(after.chars().next());
            prop_assert_eq!(is_whole(content.as_bytes(), before.len(), before.len() + 4), whole);
        }
    }
}
