//! One request, by the system's curl as a process of its own.
//!
//! Why not a library: TLS with the roots that this machine trusts, internal ones too, is curl's and the system's to keep
//! safe; a library for it would be the heaviest dependency of Banbury for its rarest command. The token goes through a
//! pipe, never into the list of arguments, which others on the machine can read. curl gets no configuration of the user's,
//! follows nothing by itself, and is stopped at the given size and time.

use super::address::Address;
use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// What is asked, and how much it may take.
pub(super) struct Request<'a> {
    pub address: &'a Address,
    pub token: &'a str,
    /// Longest time in seconds.
    pub seconds: u64,
    /// Most bytes.
    pub most: u64,
    /// Roots to trust instead of the system's.
    pub ca_file: Option<&'a Path>,
}

/// What the server says.
pub(super) struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The variable that names another curl.
const PROGRAM: &str = "BANBURY_CURL";

/// Bytes that headers may take.
const HEADERS: u64 = 1 << 16;

pub(super) fn get(request: &Request<'_>) -> anyhow::Result<Answer> {
    let address = request.address;
    let program = std::env::var_os(PROGRAM).filter(|name| !name.is_empty()).unwrap_or_else(|| "curl".into());
    let mut command = Command::new(&program);
    command.args(["-q", "--config", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| {
        format!(
            "{}: cannot be started; `banbury fetch` uses curl for HTTP and TLS: install it, or save the pages of the API to files by hand and `banbury add` them",
            program.to_string_lossy()
        )
    })?;
    let config = config(request)?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(config.as_bytes()));
    let mut bytes = Vec::new();
    let most = request.most.saturating_add(HEADERS);
    let read = child.stdout.take().map(|stdout| stdout.take(most + 1).read_to_end(&mut bytes));
    if bytes.len() as u64 > most {
        child.kill().context("curl cannot be stopped")?;
        child.wait().context("curl's end cannot be waited for")?;
        bail!("{address}: more than the {} MiB that are left of --max-total", request.most >> 20);
    }
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        stderr.take(HEADERS).read_to_string(&mut said).context("what curl says cannot be read")?;
    }
    let status = child.wait().context("curl's end cannot be waited for")?;
    if !status.success() {
        let said = crate::terminal::safe(said.trim());
        bail!("{address}: {said}{}; nothing was added", remedy(status.code().unwrap_or(0)));
    }
    written.transpose().context("curl cannot be told what to ask")?;
    read.transpose().context("what curl received cannot be read")?;
    parse(&bytes).with_context(|| format!("{address}: no answer of HTTP"))
}

/// What curl is to do, as it reads it from its standard input.
fn config(request: &Request<'_>) -> anyhow::Result<String> {
    // NetBox's tokens of the second version say so at their start.
    let scheme = if request.token.starts_with("nbt_") { "Bearer" } else { "Token" };
    let mut lines = vec![
        "silent".to_owned(),
        "show-error".to_owned(),
        "include".to_owned(),
        "suppress-connect-headers".to_owned(),
        "globoff".to_owned(),
        "compressed".to_owned(),
        format!("url = {}", quoted(&request.address.to_string())),
        format!("header = {}", quoted(&format!("Authorization: {scheme} {}", request.token))),
        format!("header = {}", quoted("Accept: application/json")),
        format!("user-agent = {}", quoted(concat!("banbury/", env!("CARGO_PKG_VERSION")))),
        format!("proto = {}", quoted("=http,https")),
        "connect-timeout = 30".to_owned(),
        format!("max-time = {}", request.seconds),
        format!("max-filesize = {}", request.most.max(1)),
    ];
    if let Some(path) = request.ca_file {
        let path = path.to_str().with_context(|| format!("{}: a name that is no text", path.display()))?;
        lines.push(format!("cacert = {}", quoted(path)));
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// What to do about curl's exit status; the numbers are in its manual.
fn remedy(code: i32) -> &'static str {
    match code {
        5 | 6 => "; check the host's name",
        7 => "; check that the server runs and can be reached from here",
        18 => "; the answer broke off: fetch again",
        28 => "; the server is too slow: fetch again with a smaller --page-size, or a larger --page-seconds",
        35 | 51 | 60 | 77 => "; its certificate is not trusted here: give its root with --ca-file",
        63 => "; the answer is larger than --max-total allows",
        _ => "",
    }
}

/// An answer with its headers in front; answers that only announce another are passed over.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let mut rest = bytes;
    loop {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(rest.get(..end)?).ok()?;
        let body = rest.get(end + 4..)?;
        let mut lines = head.lines();
        let status: u16 = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
        if (100..200).contains(&status) {
            rest = body;
            continue;
        }
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        return Some(Answer { status, headers, body: body.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_behind_an_announcement() {
        let answer = parse(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 429 \r\nRetry-After: 3\r\n\r\n{}").unwrap();
        assert_eq!(
            (answer.status, answer.header("retry-after"), answer.body.as_slice()),
            (429, Some("3"), &b"{}"[..])
        );
        assert!(parse(b"{}").is_none());
    }

    #[test]
    fn what_curl_is_told_cannot_be_broken_out_of() {
        assert_eq!(quoted("a\"\nurl = \"b\\"), "\"a\\\"\\nurl = \\\"b\\\\\"");
        let address = Address::parse("https://n.example").unwrap();
        let request = Request { address: &address, token: "nbt_x.y", seconds: 5, most: 10, ca_file: None };
        let config = config(&request).unwrap();
        assert!(config.contains("header = \"Authorization: Bearer nbt_x.y\"\n"), "{config}");
        assert!(!config.contains("location"), "{config}");
    }
}
