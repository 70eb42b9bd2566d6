//! An inventory fetched through its API into a case: the one command that uses the network.
//!
//! Each endpoint's pages become one exhibit, as they were sent; the case is pinned to them by their hashes, and nothing
//! asks the server again. All or nothing: when an endpoint cannot be read to its end, no exhibit is added.

mod address;
mod curl;

use crate::Outcome;
use crate::arguments::{Fetch, FetchCommand, FetchOptions};
use crate::terminal::{self, Progress, bytes, safe};
use address::Address;
use anyhow::{Context as _, bail};
use banbury_evidence::case::Case;
use banbury_evidence::{Digest, ExhibitKind};
use curl::{Answer, Request};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is asked of a NetBox, in the order in which it is asked.
const NETBOX: &[&str] = &[
    "dcim/sites",
    "dcim/regions",
    "dcim/manufacturers",
    "dcim/device-types",
    "dcim/devices",
    "dcim/interfaces",
    "ipam/ip-addresses",
    "dcim/cables",
    "circuits/circuits",
];

/// What is asked of a Nautobot.
const NAUTOBOT: &[&str] = &[
    "dcim/locations",
    "dcim/manufacturers",
    "dcim/device-types",
    "dcim/devices",
    "dcim/interfaces",
    "ipam/ip-addresses",
    "dcim/cables",
    "circuits/circuits",
];

pub(super) fn run(arguments: Fetch) -> anyhow::Result<Outcome> {
    let (source, options, known, query) = match arguments.command {
        FetchCommand::Netbox(options) => ("netbox", options, NETBOX, ""),
        // Without it Nautobot sends the addresses of nested objects and not their names.
        FetchCommand::Nautobot(options) => ("nautobot", options, NAUTOBOT, "&depth=1"),
    };
    let base = Address::parse(&options.url)?;
    let endpoints = endpoints(&options.endpoints, known)?;
    let token = token(&options.token_file)?;
    let mut case = Case::open(&options.case)?;
    if !base.is_encrypted() && !base.is_this_machine() {
        terminal::note(&format!(
            "{}: plain http: whoever is on the way reads the token and the inventory",
            safe(&base.to_string())
        ));
    }
    let staging = Staging::new(case.root())?;
    let mut fetcher = Fetcher::new(&base, &token, &options);
    let mut files = Vec::new();
    for endpoint in endpoints {
        let name = format!("{source}-{}.json", endpoint.replace('/', "-"));
        let path = staging.0.join(&name);
        let file = File::create(&path).with_context(|| format!("{}: cannot be written", path.display()))?;
        let (records, pages) = fetcher.endpoint(endpoint, query, file)?;
        files.push((name, path, records, pages));
    }
    // A case is one state of the network: two would contradict each other at every change.
    let exhibits = case.ledger.exhibits()?;
    for (name, path, ..) in &files {
        let (sha256, _) = File::open(path)
            .and_then(Digest::of_reader)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        if exhibits.iter().any(|exhibit| exhibit.name == *name && exhibit.sha256 != sha256) {
            bail!(
                "{name}: the case holds another state of it already, and a case is one state of a network; make a new case with `banbury init`, and fetch into that"
            );
        }
    }
    let mut out = std::io::stdout().lock();
    for (name, path, records, pages) in files {
        let added = case.add(&path, &name, ExhibitKind::Network, &super::now())?;
        let state = if added.new { "added" } else { "known" };
        let size = bytes(added.exhibit.size);
        let sha256 = added.exhibit.sha256.short();
        writeln!(out, "{state}  {sha256}  {name}  {records} records, {pages} pages, {size}")?;
    }
    terminal::note(&format!("fetched from {} at {}", safe(&base.to_string()), super::now()));
    terminal::note(&format!("next: banbury assess {}", options.case.display()));
    Ok(Outcome::Done)
}

fn endpoints(asked: &[String], known: &[&'static str]) -> anyhow::Result<Vec<&'static str>> {
    if asked.is_empty() {
        return Ok(known.to_vec());
    }
    asked
        .iter()
        .map(|name| {
            let found = known.iter().find(|endpoint| **endpoint == name.trim_matches('/'));
            found
                .copied()
                .with_context(|| format!("--endpoint {name}: not read; those that are: {}", known.join(", ")))
        })
        .collect()
}

/// The token in a file: one line of printable characters.
fn token(path: &Path) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let token = text.trim();
    if token.is_empty() || token.len() > 1024 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        // What stands there is not shown: it may be a token all the same.
        bail!(
            "{}: no token in it; one line of printable characters without blanks is expected",
            path.display()
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode()).unwrap_or(0);
        if mode & 0o077 != 0 {
            terminal::note(&format!(
                "{}: others on this machine can read the token (chmod 600)",
                path.display()
            ));
        }
    }
    Ok(token.to_owned())
}

/// A folder in the case for what is not yet an exhibit; removed at the end, whatever the end is.
struct Staging(PathBuf);

impl Staging {
    fn new(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(".fetch");
        std::fs::create_dir(&path).with_context(|| {
            format!(
                "{}: cannot be made; if it is there, another fetch is under way or was killed: remove it then",
                path.display()
            )
        })?;
        Ok(Self(path))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            terminal::note(&format!("{}: cannot be removed: {error}", self.0.display()));
        }
    }
}

/// What Banbury reads of a page.
#[derive(Deserialize)]
struct Page {
    count: u64,
    next: Option<String>,
    results: Vec<serde::de::IgnoredAny>,
}

struct Fetcher<'a> {
    base: &'a Address,
    token: &'a str,
    options: &'a FetchOptions,
    started: Instant,
    bytes: u64,
}

/// How often one page is asked for again when the server is busy.
const MOST_RETRIES: u32 = 5;

/// The longest time that one answer of a busy server is waited for.
const LONGEST_WAIT: u64 = 120;

/// How many redirections are followed, all on the same host.
const MOST_REDIRECTIONS: u32 = 5;

impl<'a> Fetcher<'a> {
    fn new(base: &'a Address, token: &'a str, options: &'a FetchOptions) -> Self {
        Self { base, token, options, started: Instant::now(), bytes: 0 }
    }

    /// Writes an endpoint's pages to a file, one after the other; gives back how many records and pages they are.
    fn endpoint(&mut self, endpoint: &str, query: &str, mut file: File) -> anyhow::Result<(u64, u64)> {
        let _progress = Progress::start(&format!("fetching {endpoint}"));
        let limit = self.options.page_size;
        let mut address = self.base.with(&format!("/api/{endpoint}/?limit={limit}&offset=0{query}"));
        let mut asked = BTreeSet::new();
        let (mut records, mut pages) = (0, 0);
        // Two endpoints without records would be the same bytes otherwise.
        let header = serde_json::json!({ "endpoint": endpoint, "server": self.base.to_string() });
        writeln!(file, "{header}").context("the header cannot be written")?;
        loop {
            if pages >= self.options.max_pages {
                bail!(
                    "{address}: {endpoint} has more than {pages} pages; raise --max-pages if it is that large"
                );
            }
            if !asked.insert(address.to_string()) {
                bail!("{address}: the server's pages lead in a circle; nothing was added");
            }
            let body = self.page(&address)?;
            let page: Page = serde_json::from_slice(&body).map_err(|error| {
                let start = safe(&String::from_utf8_lossy(body.get(..body.len().min(60)).unwrap_or_default()));
                anyhow::anyhow!(
                    "{address}: the answer is no page of the API ({error}); it starts with {start:?}; give the address under which /api/ stands"
                )
            })?;
            file.write_all(&body)
                .and_then(|()| file.write_all(b"\n"))
                .context("the page cannot be written")?;
            pages += 1;
            records += page.results.len() as u64;
            let Some(next) = page.next else {
                if records != page.count {
                    bail!(
                        "{address}: the server counts {} records of {endpoint} and sent {records}; the inventory changed meanwhile, or the token may not see all: fetch again",
                        page.count
                    );
                }
                return Ok((records, pages));
            };
            if page.results.is_empty() {
                bail!("{address}: an empty page that names a next one; nothing was added");
            }
            address = self.base.follow(&next).with_context(|| format!("{address}: the page's `next`"))?;
        }
    }

    /// A page's bytes, asked for again while the server is busy.
    fn page(&mut self, address: &Address) -> anyhow::Result<Vec<u8>> {
        let mut address = address.clone();
        let (mut retries, mut redirections) = (0, 0);
        loop {
            let left = self.left()?;
            let most = (self.options.max_total << 20).saturating_sub(self.bytes);
            let seconds = left.as_secs().clamp(1, self.options.page_seconds);
            let answer = curl::get(&Request {
                address: &address,
                token: self.token,
                seconds,
                most,
                ca_file: self.options.ca_file.as_deref(),
            })?;
            match answer.status {
                200 => {
                    self.bytes += answer.body.len() as u64;
                    return Ok(answer.body);
                }
                301 | 302 | 303 | 307 | 308 => {
                    redirections += 1;
                    let target = answer.header("location").unwrap_or_default();
                    if redirections > MOST_REDIRECTIONS {
                        bail!(
                            "{address}: more than {MOST_REDIRECTIONS} redirections; give the address that they lead to"
                        );
                    }
                    address =
                        address.redirected(target).with_context(|| format!("{address}: a redirection"))?;
                }
                429 | 503 if retries < MOST_RETRIES => {
                    retries += 1;
                    self.wait(&address, &answer, retries)?;
                }
                status => bail!("{address}: {}", refusal(status, &answer)),
            }
        }
    }

    /// What is left of the time.
    fn left(&self) -> anyhow::Result<Duration> {
        let all = Duration::from_secs(self.options.max_seconds);
        all.checked_sub(self.started.elapsed()).filter(|left| !left.is_zero()).with_context(|| {
            format!("{}: not done within {} seconds (--max-seconds)", self.base, all.as_secs())
        })
    }

    fn wait(&self, address: &Address, answer: &Answer, retries: u32) -> anyhow::Result<()> {
        let asked = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
        // Where the server does not say how long: twice as long each time.
        let seconds = asked.unwrap_or(1 << retries.min(6));
        if seconds > LONGEST_WAIT || Duration::from_secs(seconds) > self.left()? {
            bail!(
                "{address}: status {}: the server asks to come back in {seconds} seconds; fetch again then",
                answer.status
            );
        }
        terminal::note(&format!("{address}: status {}, asking again in {seconds} s", answer.status));
        std::thread::sleep(Duration::from_secs(seconds));
        Ok(())
    }
}

/// What a status says, and what to do about it.
fn refusal(status: u16, answer: &Answer) -> String {
    let remedy = match status {
        401 | 403 => {
            "the token is not accepted, has expired, or may not view these objects; give it the permission to view them"
        }
        404 => "there is no such endpoint; give the address under which /api/ stands",
        429 | 503 => "the server is busy; fetch again later, or with a smaller --page-size",
        500..=599 => "the server failed; its own log says why",
        _ => "this is no answer of the API",
    };
    let detail = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
    let detail = detail.as_ref().and_then(|body| body.get("detail")).and_then(|detail| detail.as_str());
    let detail = detail.map(|detail| format!(" ({})", safe(&detail.chars().take(200).collect::<String>())));
    format!("status {status}{}: {remedy}; nothing was added", detail.unwrap_or_default())
}
