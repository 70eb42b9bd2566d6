//! Settings in text that open a device to others: TR-069, SNMP, tunnels, package sources.
//!
//! Source: TR-069 (ManagementServer), UCI of easycwmp and icwmp, snmpd.conf(5), openvpn(8), wg(8), opkg.conf, sources.list(5), dnf.conf(5).

use super::super::text::{lines, show, words};
use super::contacts::{Host, of_word};
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Line, from 1, and where it starts.
    pub line: (u32, u64),
    /// What it opens.
    pub what: What,
}

/// What a setting opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Where the device asks to be managed.
    Acs(String),
    /// With what it shows who it is to that server, or the server to it: the name, the value.
    AcsCredential(String, String),
    /// A community or account of SNMP that may write, and since when by which lines.
    SnmpWrite(String),
    /// A tunnel.
    Tunnel(&'static str, String),
    /// A source of packages whose signatures are not checked.
    Source(&'static str, String),
}

/// The settings in a text.
pub fn settings(path: &str, text: &[u8]) -> Vec<Setting> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut found = Vec::new();
    if name.starts_with("snmpd") && name.contains("conf") {
        snmp(text, &mut found);
    }
    tr069(path, text, &mut found);
    if path.contains("openvpn/") || name.ends_with(".ovpn") {
        pairs(text, b"remote", |value| found_host(value).map(|to| What::Tunnel("openvpn", to)), &mut found);
    }
    if path.contains("wireguard/") || name == "wg0.conf" {
        assigned(
            text,
            "endpoint",
            |value| found_host(value).map(|to| What::Tunnel("wireguard", to)),
            &mut found,
        );
    }
    if name.starts_with("frpc") {
        for key in ["server_addr", "serveraddr"] {
            assigned(text, key, |value| found_host(value).map(|to| What::Tunnel("frp", to)), &mut found);
        }
    }
    sources(path, name, text, &mut found);
    found
}

fn found_host(value: &[u8]) -> Option<String> {
    of_word(value).map(|host: Host| host.text().to_owned())
}

/// Lines `KEY VALUE ...`.
fn pairs(text: &[u8], key: &[u8], make: impl Fn(&[u8]) -> Option<What>, found: &mut Vec<Setting>) {
    for line in lines(text) {
        let mut all = words(line.bytes);
        if all.next() == Some(key)
            && let Some(what) = all.next().and_then(&make)
        {
            found.push(Setting { line: (line.number, line.offset), what });
        }
    }
}

/// Lines `KEY = VALUE`, whatever the case and quotes.
fn assigned(text: &[u8], key: &str, make: impl Fn(&[u8]) -> Option<What>, found: &mut Vec<Setting>) {
    for line in lines(text) {
        let Some(at) = line.bytes.iter().position(|&byte| byte == b'=') else { continue };
        let (name, value) =
            (line.bytes.get(..at).unwrap_or_default(), line.bytes.get(at + 1..).unwrap_or_default());
        if name.trim_ascii().eq_ignore_ascii_case(key.as_bytes())
            && let Some(what) = make(value.trim_ascii().trim_ascii_end()).or_else(|| make(unquoted(value)))
        {
            found.push(Setting { line: (line.number, line.offset), what });
        }
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let value = value.strip_suffix(b",").or(value.strip_suffix(b";")).unwrap_or(value);
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    value.strip_suffix(b"\"").or(value.strip_suffix(b"'")).unwrap_or(value)
}

/// A community with its line.
type Community<'t> = (&'t [u8], (u32, u64));

/// Communities and accounts that may write: by their own word, or by a community's group with a view to write.
fn snmp(text: &[u8], found: &mut Vec<Setting>) {
    let mut names: BTreeMap<&[u8], Vec<Community<'_>>> = BTreeMap::new();
    let mut groups: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    let mut writers: Vec<&[u8]> = Vec::new();
    for line in lines(text) {
        let place = (line.number, line.offset);
        let all: Vec<&[u8]> = words(line.bytes).collect();
        match all.as_slice() {
            [b"rwcommunity" | b"rwcommunity6", community, ..] => {
                found.push(Setting {
                    line: place,
                    what: What::SnmpWrite(format!("community {}", show(community))),
                });
            }
            [b"rwuser", user, ..] => {
                found.push(Setting { line: place, what: What::SnmpWrite(format!("account {}", show(user))) });
            }
            [b"com2sec" | b"com2sec6", b"-Cn", _, name, _, community, ..]
            | [b"com2sec" | b"com2sec6", name, _, community, ..] => {
                names.entry(name).or_default().push((community, place));
            }
            [b"group", group, model, name, ..] if *model != b"usm" => {
                groups.entry(group).or_default().push(name)
            }
            [b"access", group, _, _, _, _, _, write, ..] if *write != b"none" => writers.push(group),
            _ => {}
        }
    }
    for name in writers.iter().filter_map(|group| groups.get(group)).flatten() {
        for (community, place) in names.get(name).into_iter().flatten() {
            let what = What::SnmpWrite(format!("community {}", show(community)));
            if !found.iter().any(|known| known.what == what) {
                found.push(Setting { line: *place, what });
            }
        }
    }
}

/// Names of settings of TR-069, by their end: (end, whether it is a secret).
const TR069: [(&str, bool); 12] = [
    ("acs_url", false),
    ("acsurl", false),
    ("cwmp_url", false),
    ("tr069_url", false),
    ("managementserver.url", false),
    ("acs_username", true),
    ("acs_password", true),
    ("acs_passwd", true),
    ("cwmp_password", true),
    ("tr069_password", true),
    ("managementserver.password", true),
    ("connectionrequestpassword", true),
];

fn tr069(path: &str, text: &[u8], found: &mut Vec<Setting>) {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let words = ["cwmp", "tr069", "tr-069", "managementserver", "acs_", "acsurl", "config acs"];
        AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
    });
    if !WORDS.as_ref().is_some_and(|words| words.is_match(text)) {
        return;
    }
    let of_it = |name: &str| name.contains("cwmp") || name.contains("tr069") || name.contains("tr-069");
    let of_file = of_it(&path.to_ascii_lowercase());
    let mut section = String::new();
    for line in lines(text) {
        let place = (line.number, line.offset);
        let mut note = |name: &str, value: &[u8], secret: bool| {
            let value = unquoted(value);
            if value.is_empty() || value.iter().any(|byte| b"$%<>{}".contains(byte)) {
                return;
            }
            let what = if secret {
                What::AcsCredential(name.to_owned(), show(value))
            } else if value.windows(3).any(|part| part == b"://") && of_word(value).is_some() {
                What::Acs(show(value))
            } else {
                return;
            };
            found.push(Setting { line: place, what });
        };
        let shown = String::from_utf8_lossy(line.bytes.get(..line.bytes.len().min(2048)).unwrap_or_default())
            .into_owned();
        let trimmed = shown.trim();
        if trimmed.starts_with('#') || trimmed.starts_with("//") {
            continue;
        }
        // UCI: `config acs` and `option url '...'` under it.
        let mut all = trimmed.splitn(3, char::is_whitespace);
        match (all.next(), all.next(), all.next()) {
            (Some("config"), Some(kind), _) => section = kind.trim_matches(['\'', '"']).to_ascii_lowercase(),
            (Some("option"), Some(name), Some(value))
                if of_file && matches!(section.as_str(), "acs" | "cpe" | "cwmp") =>
            {
                let name = name.to_ascii_lowercase();
                match name.as_str() {
                    "url" | "acs_url" => note(&name, value.as_bytes(), false),
                    "username" | "userid" | "password" | "passwd" => {
                        note(&format!("{section}.{name}"), value.as_bytes(), true)
                    }
                    _ => {}
                }
                continue;
            }
            _ => {}
        }
        // XML: elements of ManagementServer.
        if let Some(at) = trimmed.find("<ManagementServer") {
            section = "managementserver".to_owned();
            elements(trimmed.get(at..).unwrap_or_default(), &mut note);
        } else if section == "managementserver" {
            elements(trimmed, &mut note);
        }
        if trimmed.contains("</ManagementServer") {
            section.clear();
        }
        // NAME=VALUE and NAME VALUE.
        let Some(at) = trimmed.find(['=', ' ', '\t', ':']) else { continue };
        let (name, value) = trimmed.split_at(at);
        let name = name.trim_matches(['"', '\'']).to_ascii_lowercase();
        if let Some((_, secret)) = TR069.iter().find(|(end, _)| name.ends_with(end)) {
            note(
                &name,
                value.get(1..).unwrap_or_default().trim_start_matches(['=', ' ', ':']).as_bytes(),
                *secret,
            );
        }
    }
}

/// `<Name ...>value</Name>` of a line.
fn elements(line: &str, note: &mut impl FnMut(&str, &[u8], bool)) {
    for (name, secret) in [
        ("URL", false),
        ("Username", true),
        ("Password", true),
        ("ConnectionRequestUsername", true),
        ("ConnectionRequestPassword", true),
    ] {
        let Some(at) = line.find(&format!("<{name}")) else { continue };
        let rest = line.get(at + name.len() + 1..).unwrap_or_default();
        if !rest.starts_with(['>', ' ']) {
            continue;
        }
        let value = rest.split_once('>').and_then(|(_, rest)| rest.split_once('<')).map(|(value, _)| value);
        note(&format!("ManagementServer.{name}"), value.unwrap_or_default().as_bytes(), secret);
    }
}

fn sources(path: &str, name: &str, text: &[u8], found: &mut Vec<Setting>) {
    if name == "opkg.conf" || path.contains("etc/opkg/") {
        let checks = lines(text).any(|line| {
            let mut all = words(line.bytes);
            all.next() == Some(b"option") && all.next() == Some(b"check_signature")
        });
        for line in lines(text).filter(|_| !checks && name == "opkg.conf") {
            let mut all = words(line.bytes);
            if matches!(all.next(), Some(b"src" | b"src/gz"))
                && let Some(url) =
                    all.nth(1).filter(|url| url.starts_with(b"http://") || url.starts_with(b"ftp://"))
            {
                found.push(Setting {
                    line: (line.number, line.offset),
                    what: What::Source("opkg", show(url)),
                });
            }
        }
    }
    if name == "sources.list" || path.contains("sources.list.d/") {
        for line in lines(text) {
            let shown = String::from_utf8_lossy(line.bytes).into_owned();
            let active =
                shown.trim_start().starts_with("deb") || shown.to_ascii_lowercase().starts_with("trusted:");
            if active
                && (shown.contains("trusted=yes")
                    || shown.contains("allow-insecure=yes")
                    || shown.to_ascii_lowercase().starts_with("trusted: yes"))
            {
                found.push(Setting {
                    line: (line.number, line.offset),
                    what: What::Source("apt", shown.trim().to_owned()),
                });
            }
        }
    }
    if path.contains("yum.repos.d/") {
        let off = lines(text).any(|line| line.bytes.trim_ascii() == b"gpgcheck=0");
        for line in lines(text).filter(|_| off) {
            if let Some(url) =
                line.bytes.trim_ascii().strip_prefix(b"baseurl=").filter(|url| url.starts_with(b"http://"))
            {
                found
                    .push(Setting { line: (line.number, line.offset), what: What::Source("yum", show(url)) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(path: &str, text: &str) -> Vec<What> {
        settings(path, text.as_bytes()).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn communities_that_write() {
        let text = "rocommunity public\nrwcommunity priv8\ncom2sec ro default public\ncom2sec rw default k9\ngroup G v2c rw\ngroup R v2c ro\naccess G \"\" any noauth exact all all none\naccess R \"\" any noauth exact all none none\n";
        let write = |name: &str| What::SnmpWrite(format!("community {name}"));
        assert_eq!(of("etc/snmp/snmpd.conf", text), [write("priv8"), write("k9")]);
    }

    #[test]
    fn servers_of_tr069() {
        let uci = "config acs\n\toption url 'http://acs.fleet-grid.org:7547/'\n\toption username 'cpe'\n\toption password 'q7'\n";
        let credential = |name: &str, value: &str| What::AcsCredential(name.to_owned(), value.to_owned());
        assert_eq!(
            of("etc/config/easycwmp", uci),
            [
                What::Acs("http://acs.fleet-grid.org:7547/".to_owned()),
                credential("acs.username", "cpe"),
                credential("acs.password", "q7")
            ]
        );
        let xml = "<ManagementServer>\n<URL>http://acs.fleet-grid.org/x</URL>\n<Password>p1</Password>\n</ManagementServer>\n<Password>p2</Password>";
        assert_eq!(of("etc/default.xml", xml).len(), 2);
        assert!(of("etc/x.conf", "acs_url=\ntr069_password=$PW\nmacs = 1\n").is_empty());
    }

    #[test]
    fn sources_without_signatures() {
        assert_eq!(of("etc/opkg.conf", "src/gz a http://a.fleet-grid.org/x\n").len(), 1);
        assert!(
            of("etc/opkg.conf", "src/gz a http://a.fleet-grid.org/x\noption check_signature\n").is_empty()
        );
        assert_eq!(
            of("etc/apt/sources.list", "deb [trusted=yes] http://a.b.org x main\n#deb [trusted=yes] y\n")
                .len(),
            1
        );
    }

    proptest! {
        #[test]
        fn random_settings(text in "(config acs|option url 'http://a.b/'|acs_url=[a-z:/.]{0,9}|<URL>x</URL>|<ManagementServer>|com2sec a b c|group a b c|access a b c d e f g h|[a-z=<>: ]{0,20}|\n){0,30}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for content in [text.as_bytes(), &bytes] {
                for path in ["etc/config/cwmp", "etc/snmp/snmpd.conf", "etc/opkg.conf", "etc/apt/sources.list", "etc/openvpn/a.conf"] {
                    for found in settings(path, content) {
                        prop_assert!(found.line.1 as usize <= content.len());
                    }
                }
            }
        }
    }
}
