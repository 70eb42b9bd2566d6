//! What is started at boot, and what of it opens a shell or speaks to the network in the clear.
//!
//! Finds: `inittab`, `rcS` and `rc.local`, `init.d` scripts that run-level links or their own `S##` names start,
//! OpenWrt's `rc.d`, systemd units that `*.wants` links enable, `inetd.conf` and `xinetd.d` where their daemon starts.
//! How: follows what the init program would follow; a daemon that is there and not started is not claimed.
//! When it is wrong: a script may decide at run time not to start its daemon; a web server behind a local TLS proxy
//! is called cleartext.
//! What it misses: what a program starts by itself, generated units, other init programs (runit, s6).
//! Source: busybox init/init.c, sysvinit inittab(5), OpenWrt rc.common, systemd.unit(5), inetd(8), snmpd.conf(5).

use super::text::{Line, kept, lines, show, words};
use crate::probe::{Description, Findings, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, CodeInfo, Grade, Location};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Services started at boot.
pub struct Services;

static BOOT: CodeInfo = CodeInfo {
    code: "service.boot",
    title: "Started at boot",
    grade: Grade::Info,
    meaning: "The image starts this program or script when the device boots.",
    remedy: "Remove what the device does not need; each thing that runs can be attacked.",
    cwe: &[],
};

static CLEARTEXT: CodeInfo = CodeInfo {
    code: "service.cleartext",
    title: "Service in the clear",
    grade: Grade::Medium,
    meaning: "The image starts a service whose protocol carries passwords or content without encryption: whoever is \
              on the path reads and changes them.",
    remedy: "Start SSH, HTTPS or SNMPv3 in its place, or bind it to the local host.",
    cwe: &[319],
};

static SHELL: CodeInfo = CodeInfo {
    code: "service.console-shell",
    title: "Shell on a console without login",
    grade: Grade::Medium,
    meaning: "Whoever reaches the console (a serial port on the board, a terminal server) gets a shell without a password.",
    remedy: "Start a login program on the console, or nothing.",
    cwe: &[306],
};

static COMMUNITY: CodeInfo = CodeInfo {
    code: "service.default-community",
    title: "SNMP community built in",
    grade: Grade::High,
    meaning: "The SNMP daemon's configuration holds a community, which is the only secret of SNMP v1 and v2c: whoever \
              has read the image can read, or with write access change, the device's state over the network.",
    remedy: "Use SNMPv3 with keys of each device's own; ship without a community.",
    cwe: &[1392, 798],
};

static DESCRIPTION: Description = Description {
    name: "services",
    version: "2",
    finds: "what is started at boot, services in the clear among it, shells on consoles, SNMP communities",
    how: "follows inittab, run-level links, S## scripts, systemd *.wants links and inetd as the init program would",
    wrong: "a script may decide at run time not to start its daemon; a server bound to the local host or behind a TLS proxy is claimed as well",
    misses: &[
        "what a running program starts by itself, and what a script builds from variables",
        "systemd generators, presets, drop-in files and instances; runit, s6, OpenRC run levels",
        "cleartext services whose program has a name outside the known list",
        "whether a packet filter shuts the port",
    ],
    codes: &[BOOT, CLEARTEXT, SHELL, COMMUNITY],
    source: "busybox init/init.c; inittab(5); OpenWrt rc.common; systemd.unit(5); inetd(8); snmpd.conf(5)",
};

/// Programs whose protocol is in the clear.
const CLEAR: &[(&str, &[&str])] = &[
    ("telnet", &["telnetd", "in.telnetd", "utelnetd"]),
    ("ftp", &["ftpd", "in.ftpd", "vsftpd", "proftpd", "pure-ftpd", "bftpd", "tcpsvd"]),
    ("tftp", &["tftpd", "in.tftpd", "atftpd"]),
    ("rsh", &["rshd", "in.rshd", "rlogind", "in.rlogind", "rexecd", "in.rexecd"]),
    ("http", &["httpd", "thttpd", "mini_httpd", "boa", "goahead", "webs", "uhttpd", "lighttpd", "nginx"]),
];

/// Words of a configuration or command that show that the server speaks TLS.
const TLS: &[&str] =
    &["ssl.engine", "ssl_certificate", "listen_https", "ssl_enable=yes", "tlsengine on", "ssl.pemfile"];

/// Bytes of a unit file that are read.
const UNIT_LIMIT: usize = 64 << 10;

impl Probe for Services {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        place(path).is_some()
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let files = kept(tree, findings, |path| place(path).is_some());
        let names = tree.entries.keys().map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        let mut roots: BTreeMap<&str, BTreeMap<&str, (&TreeEntry, &[u8])>> = BTreeMap::new();
        for path in tree.entries.keys() {
            if let Some((root, _)) = place(path) {
                roots.entry(root).or_default();
            }
        }
        for (path, entry, content) in &files {
            if let Some((root, rest)) = place(path) {
                roots.entry(root).or_default().insert(rest, (entry, content));
            }
        }
        for (root, files) in roots {
            let mut boot = Boot { tree, root, files, names: &names, starts: Vec::new() };
            boot.inittab(findings);
            boot.scripts();
            boot.units();
            boot.super_servers();
            boot.claims(findings);
            boot.communities(findings);
        }
    }
}

/// Whether a path is of the files that decide on what is started at boot.
pub(super) fn decides(path: &str) -> bool {
    place(path).is_some()
}

/// The words of all files of a tree that decide on what is started at boot, by the root that they are of: what is not among them is not
/// started by them.
pub(super) fn words_at_boot(tree: &Tree) -> BTreeMap<&str, BTreeSet<&[u8]>> {
    let mut found: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for (path, entry) in &tree.entries {
        let Some((root, rest)) = place(path) else { continue };
        let known = found.entry(root).or_default();
        known.insert(program(rest.as_bytes()));
        let apart = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+'));
        let texts = entry.content.iter().flat_map(|content| content.split(apart));
        known.extend(texts.filter(|word| !word.is_empty()));
    }
    found
}

/// The root that a path belongs to and the path from it, when it is one that decides on services.
fn place(path: &str) -> Option<(&str, &str)> {
    const UNDER: &[&str] = &[
        "etc/inittab",
        "etc/init.d/",
        "etc/rc.d/",
        "etc/rcS.d/",
        "etc/rc2.d/",
        "etc/rc3.d/",
        "etc/rc4.d/",
        "etc/rc5.d/",
        "etc/rcS",
        "etc/rc.local",
        "etc/inetd.conf",
        "etc/xinetd.d/",
        "etc/systemd/system/",
        "lib/systemd/system/",
        "usr/lib/systemd/system/",
        "etc/snmp/snmpd.conf",
        "etc/snmpd.conf",
        "etc/lighttpd/",
        "etc/nginx/",
        "etc/config/uhttpd",
        "etc/vsftpd.conf",
        "etc/proftpd.conf",
    ];
    UNDER.iter().find_map(|under| {
        let at = path.find(under)?;
        let (root, rest) = path.split_at_checked(at)?;
        let root = if under.starts_with("lib/") { root.strip_suffix("usr/").unwrap_or(root) } else { root };
        let rest = if root.len() < at { path.get(root.len()..)? } else { rest };
        let whole = under.ends_with('/') || rest.len() == under.len();
        (whole && (root.is_empty() || root.ends_with('/'))).then_some((root, rest))
    })
}

/// Something that is started.
struct Start<'t> {
    name: String,
    how: &'static str,
    command: Option<Vec<&'t [u8]>>,
    place: Location,
}

struct Boot<'t> {
    tree: &'t Tree,
    root: &'t str,
    files: BTreeMap<&'t str, (&'t TreeEntry, &'t [u8])>,
    names: &'t BTreeSet<&'t str>,
    starts: Vec<Start<'t>>,
}

fn program(word: &[u8]) -> &[u8] {
    let word = word.strip_prefix(b"-").unwrap_or(word);
    word.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

impl<'t> Boot<'t> {
    fn start(&mut self, name: &[u8], how: &'static str, command: Option<Vec<&'t [u8]>>, place: Location) {
        self.starts.push(Start { name: show(name), how, command, place });
    }

    /// The tree's entries under the root.
    fn entries(&self) -> impl Iterator<Item = (&'t String, &'t TreeEntry)> + use<'t> {
        let (tree, root) = (self.tree, self.root);
        tree.entries
            .range::<str, _>((Bound::Included(root), Bound::Unbounded))
            .take_while(move |(path, _)| path.starts_with(root))
    }

    fn inittab(&mut self, findings: &mut Findings) {
        let Some((entry, content)) = self.files.get("etc/inittab").copied() else { return };
        for line in lines(content) {
            let fields: Vec<&[u8]> = line.bytes.splitn(4, |&byte| byte == b':').collect();
            let [id, _, action, process] = fields.as_slice() else { continue };
            const BOOTED: [&[u8]; 8] =
                [b"sysinit", b"respawn", b"askfirst", b"once", b"wait", b"boot", b"bootwait", b"respawnlate"];
            if line.bytes.starts_with(b"#") || !BOOTED.contains(action) {
                continue;
            }
            let command: Vec<&[u8]> = words(process).collect();
            let Some(first) = command.first() else { continue };
            let place = entry.location.line(line.number, line.offset);
            let name = program(first);
            if matches!(name, b"sh" | b"ash" | b"bash" | b"dash" | b"hush") && command.len() == 1 {
                let console = if id.is_empty() { "console".to_owned() } else { show(id) };
                let claim = Claim::observation(
                    &SHELL,
                    entry.location.subject(),
                    format!("shell without login on {console}"),
                )
                .fact("console", console)
                .fact("action", show(action))
                .fact("command", show(process))
                .at(place.clone());
                findings.claim(claim);
            }
            // A script that inittab starts is read below like any other; it stands here under its own name.
            self.start(name, "inittab", Some(command), place);
        }
    }

    fn scripts(&mut self) {
        let tree = self.tree;
        let named = |suffix: &str| {
            self.starts
                .iter()
                .flat_map(|start| start.command.iter().flatten())
                .any(|word| word.ends_with(suffix.as_bytes()))
        };
        let mut scripts: BTreeMap<String, (&'static str, String)> = BTreeMap::new();
        let has_inittab = self.files.contains_key("etc/inittab");
        for script in ["etc/init.d/rcS", "etc/rcS", "etc/rc.local"] {
            let default = script == "etc/init.d/rcS" && !has_inittab;
            if (default || named(script) || script == "etc/rc.local") && self.files.contains_key(script) {
                scripts.insert(
                    format!("{}{script}", self.root),
                    ("script", program(script.as_bytes()).escape_ascii().to_string()),
                );
            }
        }
        for path in self.entries().map(|(path, _)| path) {
            let Some(rest) = path.strip_prefix(self.root) else { continue };
            let Some((folder, name)) = rest.rsplit_once('/') else { continue };
            let how = match folder {
                "etc/rcS.d" | "etc/rc2.d" | "etc/rc3.d" | "etc/rc4.d" | "etc/rc5.d" | "etc/rc.d" => {
                    "run-level link"
                }
                "etc/init.d" => "init.d script",
                _ => continue,
            };
            let Some(rest) = name.strip_prefix('S') else { continue };
            let service = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() - service.len() >= 2 && !service.is_empty() {
                scripts.insert(path.clone(), (how, service.to_owned()));
            }
        }
        let mut read = BTreeSet::new();
        for (path, (how, service)) in scripts {
            let Some(link) = tree.entries.get(&path) else { continue };
            self.start(service.as_bytes(), how, None, link.location.clone());
            if let Some((entry, content)) = tree.content(&path)
                && read.insert(entry.location.clone())
            {
                lines(content).for_each(|line| self.commands(entry, &line));
            }
        }
    }

    /// The known daemons that a line of a script starts.
    fn commands(&mut self, entry: &TreeEntry, line: &Line<'t>) {
        let all: Vec<&'t [u8]> = words(line.bytes).take(64).collect();
        const QUIET: [&[u8]; 10] =
            [b"killall", b"kill", b"echo", b"rm", b"printf", b"logger", b"[", b"test", b"pkill", b"if"];
        let stops = all.iter().any(|word| matches!(*word, b"-K" | b"--stop"));
        if stops || all.first().is_none_or(|first| first.starts_with(b"#") || QUIET.contains(first)) {
            return;
        }
        for (index, word) in all.iter().enumerate() {
            let value =
                word.iter().position(|&byte| byte == b'=').and_then(|at| word.get(at + 1..)).unwrap_or(word);
            let value = value.trim_ascii_end();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            let value = value
                .strip_suffix(b"\"")
                .or(value.strip_suffix(b";"))
                .or(value.strip_suffix(b"&"))
                .unwrap_or(value);
            let before = index.checked_sub(1).and_then(|before| all.get(before));
            let leads = before.is_none_or(|before| {
                matches!(
                    *before,
                    b"&&"
                        | b"||"
                        | b";"
                        | b"then"
                        | b"do"
                        | b"busybox"
                        | b"/bin/busybox"
                        | b"exec"
                        | b"-x"
                        | b"--exec"
                        | b"-a"
                        | b"--startas"
                        | b"--"
                        | b"command"
                        | b"service_start"
                        | b"nohup"
                        | b"start"
                )
            });
            if protocol(program(value)).is_none()
                || !(leads || value.starts_with(b"/"))
                || value.starts_with(b"-")
            {
                continue;
            }
            let mut command = vec![value];
            command.extend(
                all.iter()
                    .skip(index + 1)
                    .take_while(|word| !matches!(**word, b"&" | b"&&" | b"||" | b";" | b"|")),
            );
            let place = entry.location.line(line.number, line.offset);
            self.start(program(value), "script", Some(command), place);
            return;
        }
    }

    fn units(&mut self) {
        let tree = self.tree;
        for (path, entry) in self.entries() {
            let Some(rest) = path.strip_prefix(self.root) else { continue };
            let Some((folder, unit)) = rest.rsplit_once('/') else { continue };
            let enabled = folder.ends_with(".wants") && folder.contains("systemd/system/");
            if !enabled
                || !is_booted(folder)
                || !(unit.ends_with(".service") || unit.ends_with(".socket"))
                || entry.target.is_none()
            {
                continue;
            }
            let unit_file = ["etc/systemd/system/", "lib/systemd/system/", "usr/lib/systemd/system/"];
            let found = tree.content(path).or_else(|| {
                unit_file.iter().find_map(|folder| tree.content(&format!("{}{folder}{unit}", self.root)))
            });
            let command = found.and_then(|(_, content)| {
                let content = content.get(..UNIT_LIMIT).unwrap_or(content);
                let line = lines(content).find_map(|line| line.bytes.strip_prefix(b"ExecStart="))?;
                let line = line.trim_ascii_start();
                let start = line.iter().position(|byte| !b"-@+!:".contains(byte))?;
                Some(words(line.get(start..)?).collect())
            });
            self.start(unit.as_bytes(), "systemd unit", command, entry.location.clone());
        }
    }

    fn super_servers(&mut self) {
        let runs = |name: &str| {
            let named = |word: &[u8]| program(word) == name.as_bytes();
            self.starts.iter().any(|start| {
                let bare = start.name.trim_end_matches(".service");
                bare == name || start.command.iter().flatten().any(|word| named(word))
            })
        };
        let (inetd, xinetd) =
            (runs("inetd") || runs("openbsd-inetd") || runs("inetutils-inetd"), runs("xinetd"));
        let files: Vec<_> = self.files.iter().map(|(path, found)| (*path, *found)).collect();
        for (path, (entry, content)) in files {
            if path == "etc/inetd.conf" && inetd {
                for line in lines(content) {
                    let fields: Vec<&'t [u8]> = words(line.bytes).collect();
                    let (Some(service), Some(server)) = (fields.first(), fields.get(5)) else { continue };
                    if !service.starts_with(b"#") {
                        let arguments = fields.get(6..).unwrap_or_default();
                        let command = if arguments.is_empty() { vec![*server] } else { arguments.to_vec() };
                        let place = entry.location.line(line.number, line.offset);
                        self.start(service, "inetd", Some(command), place);
                    }
                }
            } else if path.starts_with("etc/xinetd.d/") && xinetd {
                let value = |name: &[u8]| {
                    lines(content).find_map(|line| {
                        let mut all = words(line.bytes);
                        (all.next()? == name && all.next()? == b"=").then(|| all.next())?
                    })
                };
                if value(b"disable") != Some(b"yes")
                    && let Some(server) = value(b"server")
                {
                    self.start(
                        program(path.as_bytes()),
                        "xinetd",
                        Some(vec![server]),
                        entry.location.clone(),
                    );
                }
            }
        }
    }

    fn claims(&self, findings: &mut Findings) {
        let mut made = BTreeMap::new();
        for start in &self.starts {
            let command = start.command.as_ref().map(|words| show(&words.join(&b' ')));
            let mut claim = Claim::observation(
                &BOOT,
                start.place.subject(),
                format!("{} is started at boot ({})", start.name, start.how),
            )
            .fact("name", start.name.as_str())
            .fact("started-by", start.how);
            if let Some(command) = &command {
                claim = claim.fact("command", command.as_str());
            }
            put(&mut made, claim, &start.place);
            // The service's own program, or an applet's name behind a wrapper such as tcpd or busybox.
            let words = start.command.iter().flatten().take(3);
            let Some((name, protocol)) =
                words.map(|word| program(word)).find_map(|name| Some((name, protocol(name)?)))
            else {
                continue;
            };
            let name = show(name);
            if !self.names.contains(name.as_str()) || self.speaks_tls(&name, command.as_deref().unwrap_or(""))
            {
                continue;
            }
            let claim = Claim::observation(
                &CLEARTEXT,
                start.place.subject(),
                format!("{name} serves {protocol} in the clear"),
            )
            .fact("program", name)
            .fact("protocol", protocol)
            .fact("started-by", start.how)
            .fact("command", command.unwrap_or_default());
            put(&mut made, claim, &start.place);
        }
        hand_over(made, findings);
    }

    fn speaks_tls(&self, name: &str, command: &str) -> bool {
        if name == "mini_httpd" && command.split(' ').any(|word| word == "-S") {
            return true;
        }
        if name == "uhttpd" && command.split(' ').any(|word| word == "-s") {
            return true;
        }
        self.files.iter().filter(|(path, _)| path.contains(name)).any(|(_, (_, content))| {
            lines(content).any(|line| {
                let text = String::from_utf8_lossy(line.bytes).to_ascii_lowercase();
                !text.trim_start().starts_with('#') && TLS.iter().any(|mark| text.contains(mark))
            })
        })
    }

    fn communities(&self, findings: &mut Findings) {
        let mut made = BTreeMap::new();
        for path in ["etc/snmp/snmpd.conf", "etc/snmpd.conf"] {
            let Some((entry, content)) = self.files.get(path) else { continue };
            for line in lines(content) {
                let all: Vec<&[u8]> = words(line.bytes).collect();
                let (community, write) = match all.as_slice() {
                    [b"rocommunity" | b"rocommunity6", community, ..] => (*community, Some(false)),
                    [b"rwcommunity" | b"rwcommunity6", community, ..] => (*community, Some(true)),
                    [b"com2sec" | b"com2sec6", b"-Cn", _, _, _, community, ..] => (*community, None),
                    [b"com2sec" | b"com2sec6", _, _, community, ..] => (*community, None),
                    _ => continue,
                };
                let well_known = matches!(community, b"public" | b"private");
                let started = self.starts.iter().any(|start| start.name.contains("snmpd"));
                let label = if well_known { show(community) } else { "of its own".to_owned() };
                let mut claim = Claim::observation(
                    &COMMUNITY,
                    entry.location.subject(),
                    format!("SNMP community {label}"),
                )
                .fact("community-sha256", banbury_evidence::Digest::of(community).to_string())
                .fact("well-known", well_known)
                .fact("daemon-started", started);
                if well_known {
                    claim = claim.fact("community", show(community));
                }
                if let Some(write) = write {
                    claim = claim.fact("write", write);
                }
                put(&mut made, claim, &entry.location.line(line.number, line.offset));
            }
        }
        hand_over(made, findings);
    }
}

/// Whether the target that a `.wants` folder belongs to is one that a normal boot reaches.
fn is_booted(folder: &str) -> bool {
    const APART: &[&str] = &[
        "rescue",
        "emergency",
        "initrd",
        "system-update",
        "factory-reset",
        "reboot",
        "halt",
        "poweroff",
        "kexec",
        "exit",
        "shutdown",
        "final",
        "umount",
        "sleep",
        "suspend",
        "hibernate",
        "hybrid-sleep",
    ];
    let target = folder.rsplit('/').next().unwrap_or(folder);
    !APART.iter().any(|apart| target.strip_prefix(apart).is_some_and(|rest| rest.starts_with(['.', '-'])))
}

fn put(made: &mut BTreeMap<banbury_evidence::Digest, Claim>, claim: Claim, place: &Location) {
    made.entry(claim.fingerprint()).or_insert(claim).locations.push(place.clone());
}

/// Hands claims over in the order of their places.
fn hand_over(made: BTreeMap<banbury_evidence::Digest, Claim>, findings: &mut Findings) {
    let mut claims: Vec<Claim> = made.into_values().collect();
    claims.sort_by(|one, two| {
        (&one.locations, &one.code, &one.title).cmp(&(&two.locations, &two.code, &two.title))
    });
    claims.into_iter().for_each(|claim| findings.claim(claim));
}

fn protocol(name: &[u8]) -> Option<&'static str> {
    CLEAR
        .iter()
        .find(|(_, names)| names.iter().any(|one| one.as_bytes() == name))
        .map(|(protocol, _)| *protocol)
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_tree, tree_with_links};
    use super::*;
    use proptest::prelude::*;

    fn titles(files: &[(&str, &[u8])], links: &[(&str, &str)], code: &str) -> Vec<String> {
        let claims = claims_of_tree(&Services, &tree_with_links(files, links));
        claims.into_iter().filter(|claim| claim.code == code).map(|claim| claim.title).collect()
    }

    const SCRIPT: (&str, &[u8]) = (
        "etc/init.d/telnet",
        b"#!/bin/sh\n[ -x /usr/sbin/telnetd ] || exit 0\n/usr/sbin/telnetd -l /bin/login\n",
    );

    #[test]
    fn a_daemon_that_is_not_started_is_not_claimed() {
        let program = ("usr/sbin/telnetd", &b"\x7fELF"[..]);
        assert!(titles(&[SCRIPT, program], &[], "service.cleartext").is_empty());
        let link = ("etc/rc.d/S50telnet", "../init.d/telnet");
        assert_eq!(
            titles(&[SCRIPT, program], &[link], "service.cleartext"),
            ["telnetd serves telnet in the clear"]
        );
        assert!(titles(&[SCRIPT], &[link], "service.cleartext").is_empty(), "the program is not there");
    }

    #[test]
    fn inetd_counts_when_it_runs() {
        let table = ("etc/inetd.conf", &b"#ftp stream tcp nowait root /usr/sbin/tcpd ftpd\ntelnet stream tcp nowait root /usr/sbin/tcpd in.telnetd\n"[..]);
        let program = ("usr/sbin/in.telnetd", &b""[..]);
        assert!(titles(&[table, program], &[], "service.cleartext").is_empty());
        let inittab = ("etc/inittab", &b"::respawn:/usr/sbin/inetd -f\n"[..]);
        assert_eq!(titles(&[table, program, inittab], &[], "service.cleartext").len(), 1);
    }

    #[test]
    fn a_unit_of_a_target_apart_is_not_started_at_boot() {
        let unit = ("lib/systemd/system/a.service", &b"[Service]\nExecStart=/bin/a\n"[..]);
        for (target, started) in [
            ("multi-user.target", 1),
            ("sockets.target", 1),
            ("rescue.target", 0),
            ("initrd-root-fs.target", 0),
            ("initrd.target", 0),
            ("system-update.target", 0),
        ] {
            let link = format!("lib/systemd/system/{target}.wants/a.service");
            let found = titles(&[unit], &[(&link, "../a.service")], "service.boot");
            assert_eq!(found.len(), started, "{target}");
        }
    }

    #[test]
    fn tls_is_seen() {
        let files: [(&str, &[u8]); 3] = [
            (
                "etc/init.d/S50web",
                b"start-stop-daemon -S -x /usr/sbin/lighttpd -- -f /etc/lighttpd/lighttpd.conf\n",
            ),
            ("usr/sbin/lighttpd", b""),
            ("etc/lighttpd/lighttpd.conf", b"server.port = 443\nssl.engine = \"enable\"\n"),
        ];
        assert!(titles(&files, &[], "service.cleartext").is_empty());
        assert_eq!(titles(&files[..2], &[], "service.cleartext").len(), 1);
    }

    proptest! {
        #[test]
        fn random_lines(text in "([a-zS:/.# =-]{0,40}\n){0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for content in [text.as_bytes(), &bytes] {
                let files = ["etc/inittab", "etc/init.d/S10x", "etc/rc.local", "etc/inetd.conf", "etc/xinetd.d/x", "etc/snmp/snmpd.conf"];
                let files: Vec<(&str, &[u8])> = files.iter().map(|path| (*path, content)).collect();
                let links = [("etc/rc.d/S1a", "S1a"), ("etc/systemd/system/a.wants/b.service", "../b.service")];
                let claims = claims_of_tree(&Services, &tree_with_links(&files, &links));
                prop_assert!(claims.iter().all(|claim| !claim.locations.is_empty()));
            }
        }
    }
}
