//! Web paths and methods that nothing in the image refers to, and where a check of access is left out.
//!
//! Finds: handlers of a web server's program (registered by a call with a path and a function, in a table of both, or reached where the
//! request is held against a path) that no page, menu, script or document of the same tree names, with what they can do; pages and
//! scripts in the folders of the web that nothing names; comparisons of a header with a fixed text, and lists of paths, by which a function
//! about access decides.
//! How: a program counts as one of the web by words that each has (`HTTP/1.`, `REQUEST_METHOD`); it is read as functions (crate `code`). What
//! refers to a path is told by its last part: as a word in any text, or in a longer text of a program. Where no path of a program is named
//! anywhere, its pages are not in the image, and that is all that is said.
//! When it is wrong: a path that a page puts together of parts, or that other machines ask for (discovery, remote procedure calls,
//! update clients), is named nowhere and is no secret; an address that a manual names outside of the image is documented.
//! What it misses: a path whose last part is a common word that some page has for another reason; routes that are matched letter by
//! letter or by hash; handlers in interpreted languages other than by their file and LuCI's dispatcher; static programs' comparisons.
//! Weight: none. A comparison, a route and what refers to it are facts. A planted side would be interfaces of devices with all their pages, of
//! which there are no sources to plant in; in the web servers that were planted no header is in a place that this probe reads (0 of 18).
//! Source: CWE-912, CWE-288, CWE-425; POSIX file hierarchy; RFC 3875 (CGI); LuCI's modular dispatcher.

mod pages;
mod routes;

use super::text::name_of;
use crate::probe::{Description, File, Findings, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, CodeInfo, Grade, ObjectKind};
use pages::{Mentions, Words};
use routes::{Exception, Route};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Web paths.
pub struct WebPaths;

static POWER: CodeInfo = CodeInfo {
    code: "web.unlinked-power",
    title: "Web path with powers that nothing refers to",
    grade: Grade::Medium,
    meaning: "A web server's program has a handler from which code that runs commands, changes files or settings, or takes another identity \
              is within reach, and no page, menu, script or document in the image names its path, while others of the same program are named. \
              Whether it asks for a password is not said.",
    remedy: "Ask the supplier what it is for and where it is documented; attach the answer by `banbury dispose`. Else have it removed.",
    cwe: &[912, 425],
};

static UNLINKED: CodeInfo = CodeInfo {
    code: "web.unlinked",
    title: "Web paths that nothing refers to",
    grade: Grade::Info,
    meaning: "A web server's program has handlers that no page, menu, script or document in the image names, while others of the same \
              program are named. Paths that pages put together of parts, or that other machines ask for, are among them.",
    remedy: "Ask for each what it does without a session, and take out what is not used.",
    cwe: &[],
};

static NO_PAGES: CodeInfo = CodeInfo {
    code: "web.no-pages",
    title: "Web paths without any page",
    grade: Grade::Info,
    meaning: "A program answers requests of the web, and none of its paths is named by any page, script or document in the image: its pages \
              are elsewhere, or machines ask it. What is hidden in it cannot be told from the image.",
    remedy: "Compare its paths with the documentation of its interface.",
    cwe: &[],
};

static PAGE: CodeInfo = CodeInfo {
    code: "web.unlinked-page",
    title: "Page or script of the web that nothing refers to",
    grade: Grade::Info,
    meaning: "A file in a folder of the web, which the server runs or shows to who knows its name, is named by no other file of the image.",
    remedy: "Look at what each does and whether it asks for a session; take out what is not used.",
    cwe: &[],
};

static LIST: CodeInfo = CodeInfo {
    code: "web.access-list",
    title: "Paths that decide in a function about access",
    grade: Grade::Info,
    meaning: "A function about passwords or sessions has one outcome for requests with these paths or endings, and another for others. \
              A page for logging in and pictures have to be among what is let through; anything else is worth a look.",
    remedy: "Check that each of them may be seen without a password, and that parts of a path (`strstr`) cannot be added to others.",
    cwe: &[],
};

static HEADER: CodeInfo = CodeInfo {
    code: "web.header-exception",
    title: "A header is held against a fixed text",
    grade: Grade::Medium,
    meaning: "A program compares a header of a request (the name of the browser, the page before, a cookie, the host) with one fixed text. \
              Whoever has read the image can send it; where access depends on it, this is a password that is the same on every device.",
    remedy: "Ask the supplier what it is for; see what the function does where both are equal.",
    cwe: &[290, 912],
};

static DESCRIPTION: Description = Description {
    name: "web-paths",
    version: "1",
    finds: "handlers and pages of the web that nothing in the image refers to, with their powers; headers and paths that leave out a check of access",
    how: "reads routes of programs from calls, tables and comparisons, and looks for the last part of each path in all texts of the tree",
    wrong: "paths that pages put together of parts, or that other machines ask for, are named nowhere and no secret",
    misses: &[
        "paths whose last part is a common word that another text has for its own reasons",
        "routes matched letter by letter, by hash or by a regular expression; methods told apart by a parameter",
        "handlers in interpreted languages, but for their files and LuCI's dispatcher",
        "references beyond the first 12,000 words of a text, which is said",
        "whether a handler asks for a password before it does something",
        "headers that stand in fields of structures (see the probe gates)",
    ],
    codes: &[POWER, UNLINKED, NO_PAGES, PAGE, LIST, HEADER],
    source: "CWE-912; CWE-288; CWE-425; RFC 3875; LuCI modular dispatcher",
};

/// Paths of one program that are told each by itself, and named in a list.
const MOST: usize = 40;

/// What is noted of a file for when its tree is looked at.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Note {
    routes: Vec<Route>,
    words: Words,
}

impl Probe for WebPaths {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let mut note = Note::default();
        if file.elf().is_some() {
            note.words = Words::of_program(file.content);
            if routes::is_web(file.content)
                && may_route(file)
                && let Some(uses) = file.uses()
            {
                findings.looked_at(file.content.len());
                note.routes = routes::routes(uses);
                for exception in routes::exceptions(uses) {
                    findings.claim(of_exception(file, &exception));
                }
            }
        } else if file.is_text() {
            findings.looked_at(file.content.len());
            note.routes = pages::dispatched(file.path, file.content);
            note.words = if note.routes.is_empty() {
                Words::of_text(file.path, file.content)
            } else {
                // The entries themselves refer to nothing.
                let lines = file.content.split(|&byte| byte == b'\n');
                let others: Vec<&[u8]> =
                    lines.filter(|line| !line.windows(7).any(|part| part == b"entry({")).collect();
                Words::of_text(file.path, &others.join(&b'\n'))
            };
        }
        if note.words.cut {
            findings.skip(
                file.location.to_string(),
                "words of a long text, beyond the first 12,000 that differ, are not held against paths",
            );
        }
        if !(note.routes.is_empty() && note.words.is_empty()) {
            match serde_json::to_vec(&note) {
                Ok(bytes) => findings.note(bytes),
                Err(error) => findings
                    .skip(file.location.to_string(), format!("what it refers to cannot be noted: {error}")),
            }
        }
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let mut notes: BTreeMap<&str, (&TreeEntry, Note)> = BTreeMap::new();
        for (path, entry) in &tree.entries {
            let Some(bytes) = entry.notes.get(DESCRIPTION.name) else { continue };
            match serde_json::from_slice(bytes) {
                Ok(note) => drop(notes.insert(path, (entry, note))),
                Err(_) => {
                    findings.skip(entry.location.to_string(), "what it refers to was more than can be noted")
                }
            }
        }
        let mentions = Mentions::of(notes.iter().map(|(path, (_, note))| (*path, &note.words)));
        for (path, (entry, note)) in notes.iter().filter(|(_, (_, note))| !note.routes.is_empty()) {
            of_routes(path, entry, &note.routes, &mentions, findings);
        }
        let links: Vec<&str> = tree
            .entries
            .values()
            .filter(|entry| entry.kind == ObjectKind::Symlink)
            .filter_map(|entry| entry.target.as_deref())
            .collect();
        for (folder, lost) in pages::unlinked(tree, &mentions, &links) {
            let Some(first) = lost.first().and_then(|path| tree.entries.get(path)) else { continue };
            let names: Vec<String> = lost
                .iter()
                .map(|path| {
                    path.strip_prefix(folder.as_str()).unwrap_or(path).trim_start_matches('/').to_owned()
                })
                .collect();
            let mut claim = Claim::observation(
                &PAGE,
                tree.location.subject(),
                format!("{} files in {folder} that nothing refers to", names.len()),
            )
            .fact("folder", folder.as_str())
            .fact("count", count(names.len()))
            .fact("files", names.into_iter().take(MOST).collect::<Vec<_>>())
            .at(first.location.clone());
            for path in lost.iter().skip(1).take(MOST - 1) {
                if let Some(entry) = tree.entries.get(path) {
                    claim = claim.at(entry.location.clone());
                }
            }
            findings.claim(claim);
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether a program has anything that could take a request: it reads or writes, which all do that are dynamic.
fn may_route(file: &File<'_>) -> bool {
    file.elf().is_some_and(|elf| matches!(elf.kind, 2 | 3))
}

fn of_exception(file: &File<'_>, exception: &Exception) -> Claim {
    let place = match file.elf().and_then(|elf| elf.offset_of(exception.at)) {
        Some(offset) => file.location.range(offset, 4),
        None => file.location.clone(),
    };
    let (info, title) = if exception.header.is_empty() {
        let first = exception.texts.first().map_or("", String::as_str);
        (
            &LIST,
            format!(
                "{}: {} paths decide in a function about access ({first}, ...)",
                name_of(file),
                exception.texts.len()
            ),
        )
    } else {
        let text = exception.texts.first().map_or("", String::as_str);
        (&HEADER, format!("{}: the header {} is held against \"{text}\"", name_of(file), exception.header))
    };
    let claim = Claim::observation(info, file.subject(), title)
        .fact("function", format!("{:#x}", exception.function))
        .fact("comparison", format!("{:#x}", exception.at))
        .fact("texts", exception.texts.clone())
        .at(place);
    if exception.header.is_empty() { claim } else { claim.fact("header", exception.header.as_str()) }
}

fn of_routes(path: &str, entry: &TreeEntry, routes: &[Route], mentions: &Mentions, findings: &mut Findings) {
    let (named, lost): (Vec<&Route>, Vec<&Route>) = routes
        .iter()
        .filter(|route| !pages::is_standard(&route.path))
        .partition(|route| mentions.has(&route.path));
    if lost.is_empty() {
        return;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let list =
        |routes: &[&Route]| routes.iter().take(MOST).map(|route| route.path.clone()).collect::<Vec<_>>();
    if named.is_empty() {
        let title = format!("{name}: {} paths of the web, and no page refers to any", lost.len());
        findings.claim(
            Claim::observation(&NO_PAGES, entry.location.subject(), title)
                .fact("count", count(lost.len()))
                .fact("paths", list(&lost))
                .at(entry.location.clone()),
        );
        return;
    }
    let (power, plain): (Vec<&Route>, Vec<&Route>) = lost.iter().partition(|route| !route.powers.is_empty());
    for route in power.iter().take(MOST) {
        let title =
            format!("{name}: {} can {}, and nothing refers to it", route.path, route.powers.join(", "));
        findings.claim(
            Claim::observation(&POWER, entry.location.subject(), title)
                .fact("path", route.path.as_str())
                .fact("handler", route.handler.as_str())
                .fact("told-by", route.how.as_str())
                .fact("powers", route.powers.clone())
                .fact("referred-to-by", "nothing")
                .fact("others-referred-to", count(named.len()))
                .at(entry.location.clone()),
        );
    }
    if power.len() > MOST {
        findings.skip(
            entry.location.to_string(),
            format!("{} further paths with powers are not told", power.len() - MOST),
        );
    }
    if !plain.is_empty() {
        let title =
            format!("{name}: {} of {} paths of the web that nothing refers to", plain.len(), routes.len());
        findings.claim(
            Claim::observation(&UNLINKED, entry.location.subject(), title)
                .fact("count", count(plain.len()))
                .fact("of", count(routes.len()))
                .fact("paths", list(&plain))
                .at(entry.location.clone()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn random_files(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "(entry\\(\\{\"[a-z]{0,3}\"\\}, call\\(\"[a-z]{0,3}\"\\)|[a-z./]{0,12}|HTTP/1\\.|\n){0,20}") {
            for content in [bytes.as_slice(), text.as_bytes()] {
                prop_assert!(claims_of_file(&WebPaths, "www/x.lua", content).is_empty());
            }
        }
    }
}
