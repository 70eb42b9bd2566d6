//! What texts refer to: the words in them that may be parts of paths; and files in the folders of the web.

use super::super::credentials::is_document;
use super::routes::Route;
use crate::probe::Tree;
use banbury_evidence::ObjectKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Words of one text that are kept.
const WORDS: usize = 12_000;

/// The words of a text, by a hash of 32 bits: two of a million that differ are taken for the same with a chance of one in four thousand.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Words {
    all: BTreeSet<u32>,
    /// Whether the text is a page or a script of the web.
    page: bool,
    /// Whether there were more.
    pub cut: bool,
}

impl Words {
    /// Of a text.
    pub fn of_text(path: &str, text: &[u8]) -> Self {
        let mut words = Self { page: is_page(path), ..Self::default() };
        for part in text.split(|byte| !(byte.is_ascii_alphanumeric() || b"_./-".contains(byte))) {
            words.add(part);
        }
        words
    }

    /// Of a program: those of its texts that are parts of pages.
    pub fn of_program(bytes: &[u8]) -> Self {
        use aho_corasick::AhoCorasick;
        use std::sync::LazyLock;
        const SIGNS: [&str; 9] =
            ["href", "action=", "src=", "location", "<form", "<a ", "fetch(", "ajax", "url("];
        static SIGNED: LazyLock<Option<AhoCorasick>> =
            LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(SIGNS).ok());
        let mut words = Self { page: true, ..Self::default() };
        let Some(signed) = SIGNED.as_ref() else { return words };
        let mut read = 0;
        for hit in signed.find_iter(bytes) {
            if hit.start() < read {
                continue;
            }
            let printed = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
            let before = bytes.get(read..hit.start()).unwrap_or_default();
            let start = before.iter().rposition(|byte| !printed(byte)).map_or(read, |at| read + at + 1);
            let rest = bytes.get(start..).unwrap_or_default();
            let length = rest.iter().position(|byte| !printed(byte)).unwrap_or(rest.len());
            for part in rest
                .get(..length)
                .unwrap_or_default()
                .split(|byte| !(byte.is_ascii_alphanumeric() || b"_./-".contains(byte)))
            {
                words.add(part);
            }
            read = start + length;
        }
        words
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A word, with the last part of a path and the last two.
    fn add(&mut self, word: &[u8]) {
        let word = trimmed(word);
        if word.len() < 3 || word.len() > 256 {
            return;
        }
        if self.all.len() + 3 > WORDS {
            self.cut = true;
            return;
        }
        let mut ends = word.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let (last, before) = (ends.next(), ends.next());
        for from in [last.map(|at| at + 1), before.map(|at| at + 1), Some(0)].into_iter().flatten() {
            if let Some(part) = word.get(from..).filter(|part| part.len() >= 3) {
                self.all.insert(hash(part));
            }
        }
    }
}

/// Without dots and slashes around it.
fn trimmed(word: &[u8]) -> &[u8] {
    let is_edge = |byte: &u8| matches!(byte, b'/' | b'.' | b'-');
    let start = word.iter().position(|byte| !is_edge(byte)).unwrap_or(word.len());
    let word = word.get(start..).unwrap_or_default();
    let end = word.iter().rposition(|byte| !is_edge(byte)).map_or(0, |at| at + 1);
    word.get(..end).unwrap_or_default()
}

/// FNV-1a of 32 bits, whatever the case.
fn hash(word: &[u8]) -> u32 {
    word.iter().fold(0x811c_9dc5, |sum: u32, byte| {
        (sum ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}

/// What the texts of a tree refer to.
pub struct Mentions {
    all: BTreeSet<u32>,
    pages: BTreeSet<u32>,
    /// By a word's hash, the one path that has it; the empty one where several have.
    only: BTreeMap<u32, String>,
}

impl Mentions {
    /// Of the words of each path.
    pub fn of<'w>(words: impl Iterator<Item = (&'w str, &'w Words)>) -> Self {
        let mut found = Self { all: BTreeSet::new(), pages: BTreeSet::new(), only: BTreeMap::new() };
        for (path, words) in words {
            for word in &words.all {
                found.only.entry(*word).and_modify(|only| only.clear()).or_insert_with(|| path.to_owned());
            }
            found.all.extend(&words.all);
            if words.page {
                found.pages.extend(&words.all);
            }
        }
        found
    }

    /// Whether anything refers to a path: by its last part where that has an ending, else by its last two, or in a page by the last.
    pub fn has(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        let whole = trimmed(path.as_bytes());
        let mut parts = whole.rsplit(|&byte| byte == b'/');
        let last = parts.next().unwrap_or_default();
        let last_two = match parts.next() {
            Some(before) => [before, &b"/"[..], last].concat(),
            None => last.to_vec(),
        };
        self.all.contains(&hash(&last_two))
            || self.pages.contains(&hash(last))
            || (last.contains(&b'.') && self.all.contains(&hash(last)))
    }

    /// Whether a file other than the one at `path` refers to a name.
    fn by_others(&self, name: &str, path: &str) -> bool {
        self.only.get(&hash(trimmed(name.as_bytes()))).is_some_and(|only| only != path)
    }
}

fn is_page(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    const PAGES: [&str; 18] = [
        ".html", ".htm", ".js", ".asp", ".php", ".lua", ".css", ".shtml", ".tpl", ".xml", ".json", ".jsp",
        ".gch", ".cgi", ".ut", ".uc", ".inc", ".xhtml",
    ];
    path.is_empty() || PAGES.iter().any(|end| name.ends_with(end)) || root_of(path).is_some()
}

/// The folder of the web that a path stands in.
fn root_of(path: &str) -> Option<&str> {
    const ROOTS: [&str; 11] = [
        "www",
        "htdocs",
        "webroot",
        "public_html",
        "cgi-bin",
        "web",
        "http",
        "httpd",
        "webpages",
        "webui",
        "wwwroot",
    ];
    let mut at = 0;
    let (folder, _) = path.rsplit_once('/')?;
    for part in folder.split('/') {
        let end = at + part.len();
        if ROOTS.contains(&part) && !matches!(part, "http" | "httpd" | "web") {
            return path.get(..end);
        }
        // A folder of such a name right under the root or under `usr/share` or `var`.
        let above = path.get(..at.saturating_sub(1)).unwrap_or_default();
        if ROOTS.contains(&part) && matches!(above, "" | "var" | "usr" | "usr/share" | "home" | "opt") {
            return path.get(..end);
        }
        at = end + 1;
    }
    None
}

/// Paths that standards name, which other machines ask for: RFC 8615, RFC 9309, UPnP Device Architecture, and what every server has.
pub fn is_standard(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("/.well-known")
        || matches!(
            last,
            "" | "index.html"
                | "index.htm"
                | "index.php"
                | "index.asp"
                | "index.cgi"
                | "favicon.ico"
                | "robots.txt"
                | "rootdesc.xml"
                | "crossdomain.xml"
                | "index.shtml"
                | "404.html"
        )
}

/// Pages and scripts in the folders of the web that nothing refers to, by folder.
pub fn unlinked(tree: &Tree, mentions: &Mentions, links: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut roots: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (path, entry) in tree.entries.iter().filter(|(_, entry)| entry.kind == ObjectKind::File) {
        let Some(root) = root_of(path).filter(|_| !is_document(path)) else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        let lower = name.to_ascii_lowercase();
        let runs = [".cgi", ".php", ".asp", ".gch", ".lua", ".jsp", ".sh", ".pl", ".py"]
            .iter()
            .any(|end| lower.ends_with(end))
            || path.split('/').any(|part| part == "cgi-bin");
        let shows = [".html", ".htm", ".shtml"].iter().any(|end| lower.ends_with(end));
        if !(runs || shows) || is_standard(&format!("/{lower}")) || entry.sha256.is_none() {
            continue;
        }
        let linked = mentions.by_others(name, path) || links.iter().any(|target| target.ends_with(name));
        let counted = roots.entry(root).or_default();
        if linked {
            counted.0 += 1;
        } else {
            counted.1 += 1;
            found.entry(root.to_owned()).or_default().push(path.clone());
        }
    }
    // A folder where nothing refers to anything has its menu elsewhere.
    found.retain(|root, _| {
        roots.get(root.as_str()).is_some_and(|(linked, lost)| *linked > 0 && lost <= linked)
    });
    found.into_iter().collect()
}

/// Entries of LuCI's dispatcher without a title, which no menu shows: `entry({"admin", "x"}, call("f"))`, or with `nil` for it.
pub fn dispatched(path: &str, text: &[u8]) -> Vec<Route> {
    let mut found = Vec::new();
    if !path.ends_with(".lua") {
        return found;
    }
    let Ok(text) = std::str::from_utf8(text) else { return found };
    for (at, _) in text.match_indices("entry({").take(500) {
        let rest = text.get(at + 7..).unwrap_or_default();
        let Some((parts, rest)) = rest.split_once('}') else { continue };
        let line = rest.lines().next().unwrap_or_default();
        let parts: Vec<&str> = parts.split(',').map(|part| part.trim().trim_matches(['"', '\''])).collect();
        let mut arguments = line.trim_start_matches(',').trim_start();
        let handler = match arguments.find(')') {
            Some(end) => {
                let handler = arguments.get(..=end).unwrap_or_default();
                arguments = arguments.get(end + 1..).unwrap_or_default();
                handler
            }
            None => continue,
        };
        let calls =
            handler.starts_with("call(") || handler.starts_with("post(") || handler.starts_with("call_");
        let title = arguments.trim_start_matches([',', ' ']);
        let untitled = title.is_empty() || title.starts_with(')') || title.starts_with("nil");
        if calls
            && untitled
            && parts.iter().all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            })
        {
            found.push(Route {
                path: format!("/cgi-bin/luci/{}", parts.join("/")),
                address: at as u64,
                how: "a dispatcher's entry without a title".to_owned(),
                handler: handler.to_owned(),
                powers: Vec::new(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mentions(texts: &[(&str, &str)]) -> Mentions {
        let words: Vec<(&str, Words)> =
            texts.iter().map(|(path, text)| (*path, Words::of_text(path, text.as_bytes()))).collect();
        Mentions::of(words.iter().map(|(path, words)| (*path, words)))
    }

    #[test]
    fn what_refers_to_a_path() {
        let found = mentions(&[
            ("www/index.html", "<a href=\"status.cgi?x=1\">, fetch('/api/' + 'reboot')"),
            ("etc/x.conf", "hidden diag.cgi v1/apply"),
        ]);
        for path in ["/status.cgi", "/cgi-bin/status.cgi", "/api/reboot", "/x/diag.cgi", "/api/v1/apply"] {
            assert!(found.has(path), "{path}");
        }
        for path in ["/api/hidden", "/stat.cgi", "/web/apply", "/us.cgi"] {
            assert!(!found.has(path), "{path}");
        }
    }

    #[test]
    fn programs_refer_by_pages_in_them() {
        let words = Words::of_program(b"\0/secret.cgi\0<a href=\"/shown.cgi\">x</a>\0/other.cgi\0");
        let found = Mentions::of([("bin/httpd", &words)].into_iter());
        assert!(found.has("/shown.cgi") && !found.has("/secret.cgi") && !found.has("/other.cgi"));
    }

    #[test]
    fn dispatchers() {
        let text = "entry({\"admin\", \"dbg\"}, call(\"act_dbg\")).leaf = true\nentry({\"admin\",\"x\"}, call(\"f\"), _(\"X\"), 3)\nentry({\"a\"}, template(\"t\"), nil)\nentry({\"b\"}, post(\"g\"), nil).leaf = true\n";
        let paths: Vec<String> =
            dispatched("c/x.lua", text.as_bytes()).into_iter().map(|route| route.path).collect();
        assert_eq!(paths, ["/cgi-bin/luci/admin/dbg", "/cgi-bin/luci/b"]);
    }

    proptest! {
        #[test]
        fn random_texts(text in "[a-z./<=\"?-]{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for content in [text.as_bytes(), &bytes] {
                let words = [Words::of_text("www/x.html", content), Words::of_program(content)];
                let found = Mentions::of(words.iter().map(|words| ("x", words)));
                for part in text.split(|byte: char| !byte.is_ascii_alphanumeric()).filter(|part| part.len() >= 3) {
                    prop_assert!(found.has(part) || content != text.as_bytes() || text.contains(['.', '-', '/']));
                }
            }
        }
    }
}
