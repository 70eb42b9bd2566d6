//! `banbury fetch` against a server of the tests' own, which speaks the documented API: a token, pages by limit and offset,
//! and everything that can go wrong with a server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};
use support::{banbury, command, stderr, stdout};

const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the server misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Well,
    /// Busy at first, and says for how long.
    Busy,
    /// Always busy.
    AlwaysBusy,
    /// Says nothing for longer than anybody waits.
    Slow,
    /// States a longer answer than it sends.
    Cut,
    /// Every page names a next one.
    Endless,
    /// Every page names itself.
    Circle,
    /// The next page is on another host.
    Elsewhere,
    /// Redirects to another host.
    Redirects,
    /// Redirects once on the same host.
    Moves,
    /// Sends a page of HTML.
    Html,
    /// Sends fewer records than it counts.
    Short,
    /// Sends without end.
    Flood,
}

struct Server {
    address: String,
    /// Request lines, with whether they bore the token.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Server {
    fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (at, log) = (address.clone(), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away in the middle is part of the tests.
                let _ = answer(stream.unwrap(), way, &at, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<(String, bool)> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    way: Way,
    address: &str,
    log: &Mutex<Vec<(String, bool)>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    let mut token = false;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        token |= line.to_ascii_lowercase() == format!("authorization: token {TOKEN}");
    }
    let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let times = {
        let mut log = log.lock().unwrap();
        log.push((request, token));
        log.len()
    };
    let send = |stream: &mut TcpStream, status: &str, headers: &str, body: &str| {
        let length = body.len() + if way == Way::Cut { 100 } else { 0 };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        )
    };
    if !token {
        return send(&mut stream, "403 Forbidden", "", r#"{"detail": "Invalid token"}"#);
    }
    match way {
        Way::Busy if times <= 2 => {
            return send(&mut stream, "429 Too Many Requests", "Retry-After: 1\r\n", "{}");
        }
        Way::AlwaysBusy => return send(&mut stream, "429 Too Many Requests", "Retry-After: 3600\r\n", "{}"),
        Way::Slow => std::thread::sleep(std::time::Duration::from_secs(30)),
        Way::Redirects => {
            return send(&mut stream, "302 Found", "Location: http://127.0.0.2:1/api/\r\n", "");
        }
        Way::Moves if !target.starts_with("/new") => {
            return send(&mut stream, "301 Moved Permanently", &format!("Location: /new{target}\r\n"), "");
        }
        Way::Html => return send(&mut stream, "200 OK", "", "<!doctype html><title>Log in</title>"),
        Way::Flood => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 1 << 16])?;
            }
        }
        _ => {}
    }
    match page(target.trim_start_matches("/new"), way, address) {
        Some(page) => send(&mut stream, "200 OK", "Content-Type: application/json\r\n", &page.to_string()),
        None => send(&mut stream, "404 Not Found", "", r#"{"detail": "Not found."}"#),
    }
}

/// A page of an endpoint, as NetBox makes it.
fn page(target: &str, way: Way, address: &str) -> Option<Value> {
    let (path, query) = target.split_once('?')?;
    let endpoint = path.strip_prefix("/api/")?.trim_end_matches('/');
    let number = |key: &str| {
        query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')?.parse::<usize>().ok())
    };
    let (limit, offset) = (number("limit")?, number("offset")?);
    let records = records(endpoint, address);
    let count = records.len() + usize::from(way == Way::Short);
    let link = |offset: usize| json!(format!("{address}/api/{endpoint}/?limit={limit}&offset={offset}"));
    let next = match way {
        Way::Endless => json!(format!("{address}/api/{endpoint}/?limit={limit}&offset={}", offset + 1)),
        Way::Circle => link(offset),
        Way::Elsewhere => json!(format!("http://127.0.0.2:1/api/{endpoint}/?limit={limit}&offset=2")),
        _ if offset + limit < records.len() => link(offset + limit),
        _ => Value::Null,
    };
    let offset = if way == Way::Endless { 0 } else { offset };
    let previous = if offset > 0 { link(offset.saturating_sub(limit)) } else { Value::Null };
    let results: Vec<Value> = records.into_iter().skip(offset).take(limit).collect();
    Some(json!({"count": count, "next": next, "previous": previous, "results": results}))
}

fn records(endpoint: &str, address: &str) -> Vec<Value> {
    let url = |id: usize| format!("{address}/api/{endpoint}/{id}/");
    match endpoint {
        "dcim/sites" => vec![json!({"id": 1, "url": url(1), "name": "Kirkhill", "slug": "kirkhill"})],
        "dcim/devices" => (1..=5)
            .map(|id| {
                json!({"id": id, "url": url(id), "name": format!("kh-core-{id}"), "site": {"id": 1, "name": "Kirkhill"},
                       "role": {"id": 1, "name": "core-router"}, "status": {"value": "active", "label": "Active"},
                       "device_type": {"id": 1, "model": "IR-9", "manufacturer": {"id": 1, "name": "Invented Routers"}}})
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A folder with a case and a token.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let made = banbury(&["init".as_ref(), place.case().as_os_str()]);
        assert!(made.status.success(), "{}", stderr(&made));
        std::fs::write(place.token(), format!("{TOKEN}\n")).unwrap();
        place
    }

    fn case(&self) -> PathBuf {
        self.folder.path().join("case")
    }

    fn token(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    fn fetch(&self, address: &str, more: &[&str]) -> Output {
        command()
            .args(["fetch", "netbox"])
            .arg(self.case())
            .arg(address)
            .arg("--token-file")
            .arg(self.token())
            .args(more)
            .env("NO_PROXY", "*")
            .output()
            .unwrap()
    }

    /// What was added, by name.
    fn exhibits(&self) -> Vec<(String, Vec<u8>)> {
        let case = banbury_evidence::case::Case::open(&self.case()).unwrap();
        let exhibits = case.ledger.exhibits().unwrap();
        exhibits
            .into_iter()
            .map(|exhibit| (exhibit.name, std::fs::read(case.exhibit_path(&exhibit.sha256)).unwrap()))
            .collect()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn an_inventory_becomes_exhibits_that_are_read_without_the_server() {
    let server = Server::start(Way::Well);
    let place = Place::new();
    let output = place.fetch(&server.address, &["--page-size", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("netbox-dcim-devices.json  5 records, 3 pages"), "{}", stdout(&output));
    let exhibits = place.exhibits();
    // Endpoints without records are exhibits too: it was looked.
    let names: Vec<&str> = exhibits.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    let asked = server.asked();
    assert!(asked.iter().all(|(line, token)| *token && line.starts_with("GET /api/")), "{asked:?}");
    // The token is nowhere but in its file.
    assert!(!stdout(&output).contains(TOKEN) && !stderr(&output).contains(TOKEN));
    for path in files(&place.case()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "{}", path.display());
    }
    let count = asked.len();
    let output = command().arg("assess").arg(place.case()).args(["--as-of", "2026-11-01"]).output().unwrap();
    assert!(output.status.code() != Some(2), "{}", stderr(&output));
    let dossier = std::fs::read_to_string(place.case().join("dossier.json")).unwrap();
    assert!(dossier.contains("kh-core-5"));
    let dossier: Value = serde_json::from_str(&dossier).unwrap();
    let tables: Vec<&str> = dossier["network"]["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| table["table"].as_str().unwrap())
        .collect();
    assert!(tables.contains(&"cables") && tables.contains(&"circuits"), "{tables:?}");
    assert_eq!(server.asked().len(), count);
    // The same state again is known, another one has no place in this case.
    let output = place.fetch(&server.address, &["--page-size", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = place.fetch(&server.address, &["--page-size", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("make a new case"), "{}", stderr(&output));
}

/// What is said, when fetching the devices of a server that misbehaves; nothing is added.
fn refused(way: Way, more: &[&str]) -> (String, Vec<(String, bool)>) {
    let server = Server::start(way);
    let place = Place::new();
    let all: Vec<&str> =
        ["--endpoint", "dcim/devices", "--page-size", "2"].iter().chain(more).copied().collect();
    let output = place.fetch(&server.address, &all);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(place.exhibits(), []);
    assert!(said.contains(&server.address), "{said}");
    assert!(!said.contains(TOKEN), "{said}");
    assert!(!place.case().join(".fetch").exists());
    (said, server.asked())
}

#[test]
fn a_server_that_misbehaves_is_told_and_nothing_is_added() {
    for (way, more, expected) in [
        (Way::AlwaysBusy, &[][..], "asks to come back in 3600 seconds"),
        (Way::Slow, &["--page-seconds", "1"], "the server is too slow"),
        (Way::Cut, &[], "the answer broke off"),
        (Way::Endless, &["--max-pages", "7"], "more than 7 pages"),
        (Way::Circle, &[], "lead in a circle"),
        (Way::Elsewhere, &[], "another host, 127.0.0.2, to which the token was not sent"),
        (Way::Redirects, &[], "another server, to which the token was not sent"),
        (Way::Html, &[], "no page of the API"),
        (Way::Short, &[], "counts 6 records of dcim/devices and sent 5"),
        (Way::Flood, &["--max-total", "1"], "--max-total"),
    ] {
        let (said, asked) = refused(way, more);
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!asked.is_empty());
    }
    // A total of time ends it, too, whatever the pages do.
    let (said, _) = refused(Way::Slow, &["--max-seconds", "1"]);
    assert!(said.contains("too slow") || said.contains("--max-seconds"), "{said}");
}

#[test]
fn a_busy_server_is_asked_again_and_a_move_on_the_host_is_followed() {
    for (way, said) in [(Way::Busy, "asking again in 1 s"), (Way::Moves, "")] {
        let server = Server::start(way);
        let place = Place::new();
        let output = place.fetch(&server.address, &["--endpoint", "dcim/devices"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert_eq!(place.exhibits().len(), 1);
    }
}

#[test]
fn a_token_that_is_not_accepted_or_no_token_is_told() {
    let server = Server::start(Way::Well);
    let place = Place::new();
    std::fs::write(place.token(), "another").unwrap();
    let output = place.fetch(&server.address, &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("status 403 (Invalid token)") && said.contains("permission"), "{said}");
    std::fs::write(place.token(), "a secret\nof two lines").unwrap();
    let output = place.fetch(&server.address, &[]);
    assert!(
        stderr(&output).contains("no token in it") && !stderr(&output).contains("secret"),
        "{}",
        stderr(&output)
    );
    let output = place.fetch(&server.address, &["--endpoint", "dcim/racks"]);
    assert!(!output.status.success());
    let output = place.fetch("http://127.0.0.1:9/", &["--endpoint", "dcim/devices"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn without_curl_the_remedy_is_told() {
    let place = Place::new();
    let output = command()
        .args(["fetch", "netbox"])
        .arg(place.case())
        .arg("http://127.0.0.1:9")
        .arg("--token-file")
        .arg(place.token())
        .env("BANBURY_CURL", "/nonexistent/curl")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("install it, or save the pages"), "{}", stderr(&output));
}
