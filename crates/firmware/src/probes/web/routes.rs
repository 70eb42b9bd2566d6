//! Routes of a web server's program: which path leads to which function, by calls that register it, tables, and comparisons.

use aho_corasick::AhoCorasick;
use banbury_code::function::{Bounds, Callee};
use banbury_code::powers::{self, Power};
use banbury_code::survey::{Called, Fixed, Gate, equals, gates};
use banbury_code::uses::{Given, To, Use, Uses, bare};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Routes of one program that are kept.
pub const MOST: usize = 400;
/// Entries beside each other of which names without a path count as a table of handlers.
const ROW: usize = 4;

/// Bytes of a handler that are read where nothing tells its end.
const LONG: u64 = 4096;

/// A path and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// The path, or the last part of it.
    pub path: String,
    /// Where the text stands in memory.
    pub address: u64,
    /// How it was told: a call, a table, a comparison, a dispatcher.
    pub how: String,
    /// The function that it leads to, or the one that compares.
    pub handler: String,
    /// What that function can do, in words.
    pub powers: Vec<String>,
}

/// A list of paths or a header that a check of access is left out for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Of a header: its name. Of paths: empty.
    pub header: String,
    /// The texts.
    pub texts: Vec<String>,
    /// The function.
    pub function: u64,
    /// The comparison.
    pub at: u64,
}

/// Endings of what a web server runs or shows.
const ENDINGS: [&str; 18] = [
    ".cgi", ".asp", ".aspx", ".php", ".htm", ".html", ".shtml", ".gch", ".lua", ".jsp", ".do", ".ccp",
    ".stm", ".cmd", ".fcgi", ".json", ".ajax", ".xgi",
];

/// First parts of paths that only the web has.
const FIRST: [&str; 18] = [
    "/api/",
    "/cgi-bin/",
    "/goform/",
    "/boafrm/",
    "/cgi/",
    "/rpc/",
    "/rest/",
    "/ajax/",
    "/ws/",
    "/v1/",
    "/v2/",
    "/admin/",
    "/debug/",
    "/ubus",
    "/jsonrpc",
    "/web/",
    "/login",
    "/upload",
];

/// Folders of file systems.
const FOLDERS: [&str; 24] = [
    "etc", "usr", "var", "tmp", "dev", "proc", "sys", "bin", "sbin", "lib", "lib64", "opt", "mnt", "home",
    "root", "run", "srv", "media", "boot", "share", "www", "htdocs", "rom", "jffs",
];

/// Whether a text is a path of the web: so by its ending or its first part, and none of a file system.
pub fn is_route(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let path = text.split('?').next().unwrap_or(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
    if !(4..=128).contains(&path.len())
        || !path.bytes().all(plain)
        || path.contains("..")
        || path.contains("//")
    {
        return false;
    }
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if path.starts_with('/') && FOLDERS.contains(&first) {
        return false;
    }
    let lower = path.to_ascii_lowercase();
    let leaf = lower.rsplit('/').next().unwrap_or_default();
    let ends = ENDINGS.iter().any(|end| leaf.len() > end.len() && leaf.ends_with(end));
    // A name alone with an ending of pages is one where nothing else is: `x.html` is a file in other programs, too.
    (ends
        && (path.starts_with('/')
            || path.contains('/')
            || leaf.ends_with(".cgi")
            || leaf.ends_with(".asp")
            || leaf.ends_with(".htm")
            || leaf.ends_with(".gch")))
        || (path.starts_with('/') && FIRST.iter().any(|start| lower.starts_with(start)) && !leaf.is_empty())
}

/// Whether a program answers requests of the web: it has words that every such program has.
pub fn is_web(content: &[u8]) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasick::new([
            "HTTP/1.",
            "REQUEST_METHOD",
            "QUERY_STRING",
            "Content-Type: text/html",
            "Content-type: text/html",
        ])
        .ok()
    });
    WORDS.as_ref().is_some_and(|words| words.is_match(content))
}

/// Names of functions that register handlers: words in them.
fn registers(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["web", "http", "form", "url", "cgi", "handler", "route", "endpoint", "uri"]
        .iter()
        .any(|word| name.contains(word))
}

/// Whether a text is the name of a form.
fn is_name(text: &[u8]) -> bool {
    (5..=48).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// The routes of a program, by their paths.
pub fn routes(uses: &Uses<'_>) -> Vec<Route> {
    let mut found: BTreeMap<String, Route> = BTreeMap::new();
    for route in tables(uses).into_iter().chain(calls(uses)).chain(comparisons(uses)) {
        if found.len() < MOST {
            found.entry(route.path.clone()).or_insert(route);
        }
    }
    found.into_values().collect()
}

fn shown(uses: &Uses<'_>, function: u64) -> String {
    match uses.program().name(function) {
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => format!("{function:#x}"),
    }
}

fn words(powers: impl Iterator<Item = Power>) -> Vec<String> {
    let wanted = [
        Power::Execute,
        Power::Identity,
        Power::Files,
        Power::Settings,
        Power::Terminal,
        Power::Load,
        Power::Restart,
    ];
    let all: BTreeSet<Power> = powers.filter(|power| wanted.contains(power)).collect();
    all.into_iter().map(|power| power.words().to_owned()).collect()
}

fn route(uses: &Uses<'_>, path: &[u8], address: u64, how: &str, handler: u64) -> Route {
    Route {
        path: String::from_utf8_lossy(path).into_owned(),
        address,
        how: how.to_owned(),
        handler: shown(uses, handler),
        powers: words(uses.powers(handler).into_keys()),
    }
}

/// What is within reach of code at an address, which need not be a function that anything else tells: on some machines code alone names it.
fn reach(uses: &Uses<'_>, address: u64) -> BTreeSet<Power> {
    let program = uses.program();
    let start = program.image().place(address);
    if program.is_function(start) {
        return uses.powers(start).into_keys().collect();
    }
    let all = program.functions();
    let end = all.get(all.partition_point(|known| known.start <= start)).map_or(u64::MAX, |next| next.start);
    let bounds = Bounds { start, end: end.min(start.saturating_add(LONG)), thumb: start != address };
    let mut found = BTreeSet::new();
    for call in program.read(bounds).facts.calls {
        match call.callee {
            Callee::Import(name) => found.extend(powers::of(&name)),
            Callee::Here(to) => found.extend(uses.powers(program.image().place(to)).into_keys()),
            Callee::Value(_) => {}
        }
    }
    found
}

/// Calls that are given a path and a function.
fn calls(uses: &Uses<'_>) -> Vec<Route> {
    let program = uses.program();
    let mut found = Vec::new();
    for one in uses.all() {
        let name = match &one.to {
            To::Import(name) => Some(String::from_utf8_lossy(bare(name)).into_owned()),
            To::Here(to) => program.name(*to).map(|name| String::from_utf8_lossy(name).into_owned()),
        };
        let named = name.as_deref().is_some_and(registers);
        let is_handler = |address: u64| {
            let start = program.image().place(address);
            program.is_function(start)
                || (program.image().is_code(start) && program.image().text(address).is_none())
        };
        let function = one.given.iter().find_map(|given| match given {
            Given::Place(address) if is_handler(*address) => Some(*address),
            _ => None,
        });
        let Some(function) = function else { continue };
        for number in 0..one.given.len().min(5) {
            let Some(content) = uses.content(one, number).filter(|content| !content.format) else { continue };
            if is_route(content.text) || (named && (is_name(content.text) || content.text.starts_with(b"/")))
            {
                found.push(Route {
                    path: String::from_utf8_lossy(content.text).into_owned(),
                    address: content.address,
                    how: "a call that registers it".to_owned(),
                    handler: shown(uses, program.image().place(function)),
                    powers: words(reach(uses, function).into_iter()),
                });
                break;
            }
        }
    }
    found
}

/// Tables whose entries have a path and, up to four words behind it, a function.
fn tables(uses: &Uses<'_>) -> Vec<Route> {
    let (program, image) = (uses.program(), uses.program().image());
    let word = u64::from(image.bits() / 8);
    let slots: BTreeMap<u64, u64> = image.addresses().collect();
    let mut found = Vec::new();
    // By how far the function is behind the text: names that are no paths, in order.
    let mut named: BTreeMap<u64, Vec<(u64, u64, u64)>> = BTreeMap::new();
    for (slot, to) in &slots {
        let Some(text) = image.text(*to).filter(|text| text.len() <= 128) else { continue };
        let path = is_route(text);
        if !path && !is_name(text) {
            continue;
        }
        let behind = (1..=4).find_map(|distance| {
            let function = image.place(*slots.get(&slot.checked_add(distance * word)?)?);
            program.is_function(function).then_some((distance, function))
        });
        let Some((distance, function)) = behind else { continue };
        if path {
            found.push(route(uses, text, *to, "a table", function));
        } else {
            named.entry(distance).or_default().push((*slot, *to, function));
        }
    }
    static FORMS: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::new(["/goform", "/boafrm"]).ok());
    let forms = image.constants().any(|bytes| FORMS.as_ref().is_some_and(|forms| forms.is_match(bytes)));
    for entries in named.values().filter(|_| forms) {
        let mut row: Vec<&(u64, u64, u64)> = Vec::new();
        let mut rows: Vec<Vec<&(u64, u64, u64)>> = Vec::new();
        for entry in entries {
            let near = row.last().is_none_or(|last| entry.0 - last.0 <= 6 * word);
            if !near {
                rows.push(std::mem::take(&mut row));
            }
            row.push(entry);
        }
        rows.push(row);
        for (_, text, function) in rows.iter().filter(|row| row.len() >= ROW).flatten() {
            if let Some(name) = image.text(*text) {
                found.push(route(uses, name, *text, "a table", *function));
            }
        }
    }
    found
}

/// Functions that hold their input against paths: by the C library's functions, or by one of their own that is given three and more.
fn comparisons(uses: &Uses<'_>) -> Vec<Route> {
    let program = uses.program();
    let mut given: BTreeMap<(u64, usize), BTreeSet<u64>> = BTreeMap::new();
    let mut places: Vec<(&Use, usize, u64)> = Vec::new();
    let mut functions: BTreeSet<u64> = BTreeSet::new();
    let mut compared: Vec<(&Use, u64)> = Vec::new();
    for one in uses.all() {
        for number in 0..one.given.len().min(4) {
            let Some(Given::Place(address)) = one.given.get(number) else { continue };
            if !program.image().text(*address).is_some_and(is_route) {
                continue;
            }
            match &one.to {
                To::Import(name) if powers::compares(name).is_some() => {
                    functions.insert(one.function);
                    compared.push((one, *address));
                }
                To::Import(_) => {}
                To::Here(to) => {
                    given.entry((*to, number)).or_default().insert(*address);
                    places.push((one, number, *address));
                }
            }
        }
    }
    let mut found = Vec::new();
    for function in functions {
        for gate in gates_of(uses, function) {
            let Fixed::Text { text, .. } = &gate.fixed else { continue };
            if !is_route(text) {
                continue;
            }
            let mut reached: BTreeSet<Power> = BTreeSet::new();
            let mut handler = None;
            for (_, called, _) in &gate.inside {
                match called {
                    Called::Import(name) => reached.extend(powers::of(name)),
                    Called::Here(to) => {
                        handler.get_or_insert(*to);
                        reached.extend(uses.powers(*to).into_keys());
                    }
                }
            }
            found.push(Route {
                path: String::from_utf8_lossy(text).into_owned(),
                address: gate.at,
                how: "a comparison".to_owned(),
                handler: shown(uses, handler.unwrap_or(function)),
                powers: words(reached.into_iter()),
            });
        }
    }
    // What no branch is seen behind is a path all the same.
    for (one, address) in compared {
        if let Some(text) = program.image().text(address) {
            found.push(Route {
                path: String::from_utf8_lossy(text).into_owned(),
                address,
                how: "a comparison".to_owned(),
                handler: shown(uses, one.function),
                powers: Vec::new(),
            });
        }
    }
    for (one, number, address) in places {
        let To::Here(to) = one.to else { continue };
        if given.get(&(to, number)).is_some_and(|texts| texts.len() >= 3)
            && let Some(text) = program.image().text(address)
        {
            found.push(Route {
                path: String::from_utf8_lossy(text).into_owned(),
                address,
                how: "given to a function with others".to_owned(),
                handler: shown(uses, one.function),
                powers: Vec::new(),
            });
        }
    }
    found
}

/// The comparisons with something fixed in a function.
fn gates_of(uses: &Uses<'_>, function: u64) -> Vec<Gate> {
    let program = uses.program();
    let Some(bounds) = bounds_of(uses, function) else { return Vec::new() };
    let read = program.read(bounds);
    gates(program, function, &read.blocks, &read.facts)
}

fn bounds_of(uses: &Uses<'_>, function: u64) -> Option<Bounds> {
    let all = uses.program().functions();
    let at = all.binary_search_by_key(&function, |bounds| bounds.start).ok()?;
    all.get(at).copied()
}

/// Names of headers as programs of the web are given them.
const HEADERS: [&str; 14] = [
    "HTTP_USER_AGENT",
    "HTTP_REFERER",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "REMOTE_ADDR",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_AUTHORIZATION",
    "User-Agent",
    "Referer",
    "Cookie",
    "Host",
    "X-Forwarded-For",
    "X-Requested-With",
    "Authorization",
];

/// Words that any program holds headers against.
const ORDINARY: [&str; 14] = [
    "XMLHttpRequest",
    "keep-alive",
    "Mozilla",
    "MSIE",
    "localhost",
    "127.0.0.1",
    "Basic ",
    "Digest ",
    "Bearer ",
    "Negotiate",
    "Gecko",
    "Safari",
    "Chrome",
    "Windows",
];

/// Where the check of access is left out for some paths or by a header.
pub fn exceptions(uses: &Uses<'_>) -> Vec<Exception> {
    let mut found = headers(uses);
    let mut functions: BTreeSet<u64> = BTreeSet::new();
    let exempt = |text: &[u8]| {
        is_route(text)
            || (text.starts_with(b".") && (3..=6).contains(&text.len()))
            || (text.starts_with(b"/") && text.len() >= 4)
    };
    for one in uses.all() {
        if let To::Import(name) = &one.to
            && powers::compares(name).is_some()
            && (0..2).any(|number| uses.content(one, number).is_some_and(|content| exempt(content.text)))
        {
            functions.insert(one.function);
        }
    }
    for function in functions.into_iter().filter(|function| about_access(uses, *function)) {
        let Some(bounds) = bounds_of(uses, function) else { continue };
        let read = uses.program().read(bounds);
        // Where several of them lead to the same place, or each gives back the same.
        let mut by_outcome: BTreeMap<(bool, u64), BTreeMap<String, u64>> = BTreeMap::new();
        for (at, text, block) in equals(uses.program(), &read.blocks, &read.facts) {
            if exempt(&text) {
                let text = String::from_utf8_lossy(&text).into_owned();
                by_outcome.entry((false, block as u64)).or_default().insert(text, at);
            }
        }
        for gate in gates(uses.program(), function, &read.blocks, &read.facts) {
            let Fixed::Text { text, .. } = &gate.fixed else { continue };
            let gives = gate.gives.filter(|gives| gate.else_gives.iter().any(|other| other != gives));
            if let Some(gives) = gives.filter(|_| exempt(text)) {
                let text = String::from_utf8_lossy(text).into_owned();
                by_outcome.entry((true, gives)).or_default().insert(text, gate.at);
            }
        }
        let most = by_outcome.into_values().filter(|texts| texts.len() >= 2).max_by_key(BTreeMap::len);
        if let Some(texts) = most {
            let at = texts.values().min().copied().unwrap_or(function);
            found.push(Exception { header: String::new(), texts: texts.into_keys().collect(), function, at });
        }
    }
    found
}

fn headers(uses: &Uses<'_>) -> Vec<Exception> {
    let mut found: Vec<Exception> = Vec::new();
    for one in uses.all() {
        let To::Import(name) = &one.to else { continue };
        if powers::compares(name).is_none_or(|how| how.finds) {
            continue;
        }
        for (fixed, other) in [(0, 1), (1, 0)] {
            let Some(content) = uses.content(one, fixed).filter(|content| content.text.len() >= 6) else {
                continue;
            };
            let text = String::from_utf8_lossy(content.text).into_owned();
            let Some(Given::Result(at)) = one.given.get(other) else { continue };
            let asked = uses.in_function(one.function).find(|call| call.at == *at);
            let header = asked.and_then(|call| {
                (0..call.given.len().min(3)).find_map(|number| {
                    let content = uses.content(call, number)?;
                    HEADERS.iter().find(|header| header.as_bytes().eq_ignore_ascii_case(content.text))
                })
            });
            if let Some(header) = header
                && !ORDINARY.iter().any(|word| text.contains(word))
            {
                let exception = Exception {
                    header: (*header).to_owned(),
                    texts: vec![text],
                    function: one.function,
                    at: one.at,
                };
                if !found.contains(&exception) {
                    found.push(exception);
                }
            }
        }
    }
    found
}

/// Whether a function, or one that it calls or that calls it, speaks of passwords and sessions.
fn about_access(uses: &Uses<'_>, function: u64) -> bool {
    const WORDS: [&str; 8] = [
        "authorization",
        "www-authenticate",
        "password",
        "passwd",
        "session",
        "unauthorized",
        "login",
        "basic ",
    ];
    let speaks = |function: u64| {
        uses.in_function(function).any(|one| {
            let checks = matches!(&one.to, To::Import(name) if powers::checks(name));
            checks
                || (0..one.given.len().min(4)).any(|number| {
                    uses.content(one, number).is_some_and(|content| {
                        let text = String::from_utf8_lossy(content.text).to_ascii_lowercase();
                        text.len() < 200 && WORDS.iter().any(|word| text.contains(word))
                    })
                })
        })
    };
    let near = uses.in_function(function).filter_map(|one| match one.to {
        To::Here(to) => Some(to),
        To::Import(_) => None,
    });
    speaks(function)
        || near.take(24).any(speaks)
        || uses.of_function(function).take(8).any(|caller| speaks(caller.function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_web_are_told_from_files() {
        for text in [
            "/cgi-bin/luci",
            "/debug.cgi",
            "status.asp",
            "/api/v1/x",
            "/goform/SetSys",
            "/a/b.html?x=1",
            "page.gch",
        ] {
            assert!(is_route(text.as_bytes()), "{text}");
        }
        for text in [
            "/etc/x.html",
            "/usr/share/a.php",
            "index.html",
            "/%s.cgi",
            "cgi",
            ".asp",
            "/dev/null",
            "a b.cgi",
            "/",
            "../x.cgi",
        ] {
            assert!(!is_route(text.as_bytes()), "{text}");
        }
    }
}
