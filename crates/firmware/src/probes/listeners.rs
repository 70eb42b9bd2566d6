//! Where programs listen, services that the boot configuration does not show, and packets that start something.
//!
//! Finds: the TCP and UDP ports and the raw and packet sockets that an executable opens with fixed arguments; a program that listens,
//! that none of the image's boot files names, and that another program starts under a fixed name; and a command or service that a
//! fixed content of a datagram, raw packet or frame leads to.
//! How: the executable is read as functions: the kind of a socket is that of `socket`'s arguments, its port what stands in the address
//! that `bind` is given. The boot files are those that the probe `services` follows; a program counts as shown when its name, or that of
//! a link to it, stands anywhere in one of them. What starts it is a text that a call which runs commands is given.
//! When it is wrong: a program may be started on demand for a documented purpose; a protocol's fixed words are contents of datagrams, too.
//! What it misses: ports of configuration and of computed values; programs that are started by a name that is put together; services
//! inside a program that the boot files do show; what scripts start that no boot file is; static and packed programs.
//! Weight: none of its own. Where a program listens, that no boot file names it and that another one starts it are facts, to be checked at
//! their places; `listener.packet` is a suspect of `gates`, which has the weight.
//! Source: CWE-912, CWE-1242; public cases of services on a port of their own and of packets that open a shell (docs/hidden-access.md).

use super::services;
use super::text::{name_of, show};
use crate::probe::{Description, File, Findings, Probe, Tree, TreeEntry};
use banbury_code::powers::Power;
use banbury_code::surface::{Kind, Surface};
use banbury_code::suspects::{Behind, Suspect, Suspects};
use banbury_code::weights::Weights;
use banbury_evidence::{Claim, CodeInfo, Grade, ObjectKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Sockets, hidden services, packets.
pub struct Listeners;

static SOCKETS: CodeInfo = CodeInfo {
    code: "listener.sockets",
    title: "Where a program listens",
    grade: Grade::Info,
    meaning: "The program binds sockets to these fixed ports, or opens raw or packet sockets, which see traffic of others' ports.",
    remedy: "Compare with the supplier's list of ports, and with what a scan of the device shows.",
    cwe: &[],
};

static UNSHOWN: CodeInfo = CodeInfo {
    code: "listener.not-at-boot",
    title: "A service that another program starts and the boot configuration does not show",
    grade: Grade::Medium,
    meaning: "A program that waits for others over the network is named in none of the files that decide on what is started at boot, \
              and another program of the image starts it. Who reads the configuration does not see the service; what the other program \
              asks for before it starts it, the probe `gates` may say.",
    remedy: "Ask the supplier when it is started and where that is documented; have it removed where it is not needed.",
    cwe: &[912],
};

static PACKET: CodeInfo = CodeInfo {
    code: "listener.packet",
    title: "A fixed content of a packet leads to a power",
    grade: Grade::High,
    meaning: "A function that takes datagrams, raw packets or frames leads to a command or service where what came equals something \
              fixed. Such sockets need no connection, and raw ones no open port, so that a scan shows nothing. Whoever has read the \
              image can send it. The weight of the same place is told by the probe `gates`, and counts once.",
    remedy: "Ask the supplier what the packet is for and where it is documented; attach the answer by `banbury dispose`. Else have it removed.",
    cwe: &[912, 1242],
};

static DESCRIPTION: Description = Description {
    name: "listeners",
    version: "1",
    finds: "ports and raw sockets that programs open, services that no boot file shows and another program starts, packets that start something",
    how: "follows the arguments of socket and bind, and the texts that calls which run commands are given; compares with the boot files",
    wrong: "a service may be started on demand for a documented purpose; fixed words of a protocol are contents of its datagrams, too",
    misses: &[
        "ports that come of configuration or are computed",
        "programs that are started by a name that is put together, and by scripts that no boot file is",
        "services inside a program that the boot files show",
        "statically linked, packed and interpreted programs; libraries",
        "sockets of functions in Thumb state that end in a jump to `socket`",
        "calls through stubs of position-independent PowerPC programs that are linked of several files",
        "a name that stands in a boot file without being started by it: it counts as shown",
    ],
    codes: &[SOCKETS, UNSHOWN, PACKET],
    source: "CWE-912; CWE-1242; POSIX socket(2), bind(2); Linux packet(7), raw(7)",
};

/// Decibans from which on a suspect of `gates` is looked at here.
const LEAST: f64 = 0.0;
/// Calls between taking a packet and what it leads to.
const DEEP: u8 = 3;
/// Bytes of an executable up to which it is read.
const LARGE: usize = 256 << 20;

/// What is noted of a file for its tree.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Noted {
    /// Where it listens, in words.
    listens: Vec<String>,
    /// Names of programs in the texts that it has run.
    starts: BTreeSet<String>,
}

impl Probe for Listeners {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        services::decides(path)
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let executable = file.elf().is_some_and(|elf| matches!(elf.kind, 2 | 3)) && !file.is_library();
        let concerns =
            |name: &[u8]| name == b"socket" || banbury_code::powers::of(name) == Some(Power::Execute);
        if !executable || file.content.len() > LARGE || !file.imports().any(concerns) {
            return;
        }
        // Where `gates` looks for suspects, there may be one behind a packet.
        let suspects = if Suspects::are_possible(file.imports(), false) { file.code() } else { None };
        let suspects = suspects.map(|(_, suspects)| suspects.all.as_slice()).unwrap_or_default();
        let Some(surface) = file.surface() else { return };
        findings.looked_at(file.content.len());
        let listens = listens(surface);
        if !listens.is_empty() {
            let claim = Claim::observation(
                &SOCKETS,
                file.subject(),
                format!("{} opens {}", name_of(file), listens.join(", ")),
            )
            .fact("sockets", listens.clone())
            .at(file.location.clone());
            findings.claim(claim);
        }
        if let Some((suspect, kinds)) = packet(surface, suspects) {
            findings.claim(packet_claim(file, suspect, &kinds));
        }
        let waits = file.imports().any(|name| name == b"listen" || name == b"recvfrom" || name == b"recvmsg");
        let on_network = surface.bound.iter().any(|bound| {
            !bound.local && (!bound.ports.is_empty() || matches!(bound.kind, Kind::Stream | Kind::Datagram))
        });
        let noted = Noted {
            listens: if waits && on_network {
                if listens.is_empty() { vec!["a port that is not fixed".to_owned()] } else { listens }
            } else {
                Vec::new()
            },
            starts: surface.commands.iter().flat_map(|text| programs(text)).collect(),
        };
        if !noted.listens.is_empty() || !noted.starts.is_empty() {
            match serde_json::to_vec(&noted) {
                Ok(bytes) => findings.note(bytes),
                Err(error) => findings
                    .skip(file.location.to_string(), format!("where it listens cannot be noted: {error}")),
            }
        }
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let boot = services::words_at_boot(tree);
        if boot.is_empty() {
            return;
        }
        let mut noted: BTreeMap<&str, (&TreeEntry, Noted)> = BTreeMap::new();
        for (path, entry) in &tree.entries {
            let Some(bytes) = entry.notes.get(DESCRIPTION.name) else { continue };
            match serde_json::from_slice(bytes) {
                Ok(of_file) => {
                    noted.insert(path, (entry, of_file));
                }
                Err(_) => {
                    findings.skip(entry.location.to_string(), "what it starts was more than can be noted")
                }
            }
        }
        for (path, (entry, own)) in noted.iter().filter(|(_, (_, own))| !own.listens.is_empty()) {
            let names = names(tree, path, entry);
            let shown = |name: &String| boot.values().any(|words| words.contains(name.as_bytes()));
            if names.iter().any(shown) {
                continue;
            }
            let starters: Vec<String> = noted
                .iter()
                .filter(|(other, (_, noted))| {
                    *other != path && names.iter().any(|name| noted.starts.contains(name))
                })
                .map(|(other, _)| (*other).to_owned())
                .collect();
            if starters.is_empty() {
                continue;
            }
            let claim = Claim::observation(
                &UNSHOWN,
                entry.location.subject(),
                format!(
                    "{} opens {}; no boot file names it, and {} starts it",
                    file_name(path),
                    own.listens.join(", "),
                    starters.iter().map(|path| file_name(path)).collect::<Vec<_>>().join(", ")
                ),
            )
            .fact("sockets", own.listens.clone())
            .fact("started-by", starters)
            .at(entry.location.clone());
            findings.claim(claim);
        }
    }
}

/// Where a program listens by fixed arguments, in words.
fn listens(surface: &Surface) -> Vec<String> {
    let mut found: BTreeSet<(Kind, u16, bool)> = BTreeSet::new();
    for bound in surface.bound.iter().filter(|bound| bound.kind != Kind::Inside) {
        found.extend(bound.ports.iter().map(|port| (bound.kind, *port, bound.local)));
    }
    for opened in surface.opened.iter().filter(|opened| matches!(opened.kind, Kind::Raw | Kind::Packet)) {
        // Of a packet socket the protocol is that of the link, in the order of the network.
        let number = opened.protocol.and_then(|number| u16::try_from(number & 0xffff).ok());
        let number = if opened.kind == Kind::Packet { None } else { number };
        found.insert((opened.kind, number.unwrap_or(0), false));
    }
    found
        .into_iter()
        .map(|(kind, number, local)| {
            let only = if local { " (this device alone)" } else { "" };
            match kind {
                Kind::Raw if number > 0 => format!("raw packets of protocol {number}"),
                Kind::Raw => "raw packets".to_owned(),
                Kind::Packet => "frames of a link".to_owned(),
                Kind::Unknown => format!("port {number}{only}"),
                _ => format!("{} {number}{only}", kind.words()),
            }
        })
        .collect()
}

/// The suspect of most score that a packet leads to, with the kinds of socket that it may come from.
fn packet<'s>(surface: &Surface, suspects: &'s [Suspect]) -> Option<(&'s Suspect, BTreeSet<Kind>)> {
    let weights = Weights::measured();
    let mut best: Option<(f64, &Suspect, BTreeSet<Kind>)> = None;
    for suspect in suspects {
        let does = matches!(
            suspect.behind,
            Behind::Power { power: Power::Execute | Power::Terminal | Power::Listen, .. }
        );
        let weighed = weights.weigh(suspect);
        if !does
            || weighed.decibans < LEAST
            || best.as_ref().is_some_and(|(score, ..)| *score >= weighed.score)
        {
            continue;
        }
        let kinds: BTreeSet<Kind> = surface
            .receivers
            .iter()
            .filter(|(receiver, _)| surface.leads(**receiver, suspect.function, DEEP))
            .flat_map(|(_, kinds)| kinds.iter().copied())
            .filter(|kind| matches!(kind, Kind::Datagram | Kind::Raw | Kind::Packet))
            .collect();
        if !kinds.is_empty() {
            best = Some((weighed.score, suspect, kinds));
        }
    }
    best.map(|(_, suspect, kinds)| (suspect, kinds))
}

fn packet_claim(file: &File<'_>, suspect: &Suspect, kinds: &BTreeSet<Kind>) -> Claim {
    let (trigger, readable) = suspect.trigger();
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.words().to_owned()).collect();
    let (power, at) = match &suspect.behind {
        Behind::Power { power, at, .. } => (power.words(), *at),
        Behind::Outcome { at, .. } => ("come to an outcome", *at),
    };
    let shown = if trigger.is_empty() { String::new() } else { format!(" ({})", show(&trigger)) };
    let mut claim = Claim::observation(
        &PACKET,
        file.subject(),
        format!("{}: a packet of fixed content{shown} lets its sender {power}", name_of(file)),
    )
    .fact("kinds", kinds)
    .fact("power", power)
    .fact("branch", format!("{:#x}", suspect.at))
    .fact("place", format!("{at:#x}"))
    .fact("bits", i64::from(suspect.bits()))
    .fact("readable", readable)
    .at(file.location.clone());
    if !trigger.is_empty() {
        claim = claim.fact("trigger", show(&trigger));
    }
    claim.note("The same place is a finding of the probe `gates`, with its weight and the way to it.")
}

/// The names of programs in a text that is run: the last part of each word.
fn programs(text: &[u8]) -> Vec<String> {
    text.split(|byte| byte.is_ascii_whitespace() || b";&|\"'`()<>$".contains(byte))
        .filter_map(|word| word.rsplit(|byte| *byte == b'/').next())
        .filter(|name| name.len() > 1 && !name.starts_with(b"-") && !name.contains(&b'%'))
        .map(show)
        .collect()
}

/// The names of a file: its own, and those of links to it.
fn names(tree: &Tree, path: &str, entry: &TreeEntry) -> BTreeSet<String> {
    let mut found = BTreeSet::from([file_name(path).to_owned()]);
    for (other, link) in &tree.entries {
        if matches!(link.kind, ObjectKind::Symlink | ObjectKind::Hardlink)
            && tree.resolve(other).is_some_and(|to| to.location == entry.location)
        {
            found.insert(file_name(other).to_owned());
        }
    }
    found
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_file, tree_with_links};
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/listeners/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    /// A tree of the named files of the corpus, with what was noted of them.
    fn tree(programs: &[&str], boot: &str, links: &[(&str, &str)]) -> Tree {
        let mut files: Vec<(&str, Vec<u8>)> = programs.iter().map(|name| (*name, corpus(name))).collect();
        files.push(("etc/inittab", boot.as_bytes().to_vec()));
        let borrowed: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let mut tree = tree_with_links(&borrowed, links);
        for (path, bytes) in &borrowed {
            let entry = tree.entries.get_mut(*path).unwrap();
            let mut findings = Findings::default();
            let digest = banbury_evidence::Digest::of(bytes);
            Listeners.file(&File::new(path, bytes, &entry.location.clone(), digest), &mut findings);
            entry.notes.extend(findings.note.take().map(|note| (DESCRIPTION.name, note)));
        }
        tree
    }

    fn unshown(tree: &Tree) -> usize {
        let mut findings = Findings::default();
        Listeners.tree(tree, &mut findings);
        findings.claims.len()
    }

    #[test]
    fn only_what_another_starts_and_no_boot_file_names_is_unshown() {
        let both = ["sbin/consoled", "sbin/manager"];
        assert_eq!(unshown(&tree(&both, "::respawn:/sbin/manager\n", &[])), 1);
        assert_eq!(unshown(&tree(&both, "::respawn:/sbin/consoled\n", &[])), 0, "it is started at boot");
        assert_eq!(unshown(&tree(&both[..1], "::respawn:/sbin/manager\n", &[])), 0, "nobody starts it");
        let link = ("sbin/console-service", "consoled");
        assert_eq!(unshown(&tree(&both, "::respawn:/sbin/console-service\n", &[link])), 0, "its link is");
    }

    #[test]
    fn ports_are_read_on_every_machine() {
        for machine in ["x86-64", "x86", "aarch64", "arm", "mipsel", "powerpc"] {
            for level in ["O2", "Os"] {
                let path = format!("ports/{machine}-{level}");
                let claims = claims_of_file(&Listeners, &path, &corpus(&path));
                let sockets = claims[0].text("sockets").unwrap();
                let mut expected = vec!["TCP 8123", "UDP 40111", "TCP 9001 (this device alone)"];
                // In Thumb state a function that ends in a jump to `socket` leads to a stub that is not followed.
                if machine != "arm" {
                    expected.extend(["raw packets of protocol 1", "frames of a link"]);
                }
                for port in expected {
                    assert!(sockets.contains(port), "{path}: {port} in {sockets}");
                }
            }
        }
    }

    #[test]
    fn programs_are_the_last_parts_of_words() {
        let found = programs(b"killall telnetd; /usr/sbin/utelnetd -l /bin/sh -p %d &");
        assert_eq!(found, ["killall", "telnetd", "utelnetd", "sh"]);
    }

    proptest! {
        #[test]
        fn damaged(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = corpus("ports/mipsel-O2");
            let at = at.index(data.len());
            data[at] = byte;
            let end = cut.index(data.len() + 1);
            for claim in claims_of_file(&Listeners, "x", &data[..end]) {
                prop_assert!(!claim.locations.is_empty() && claim.weight.is_none());
            }
        }

        #[test]
        fn any_text_is_taken_apart(text: Vec<u8>) {
            prop_assert!(programs(&text).iter().all(|name| !name.contains('/')));
        }
    }
}
