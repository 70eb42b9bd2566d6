//! What the tests of whole commands share.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs `banbury` to its end.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn banbury<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    command().args(arguments).output().unwrap()
}

/// The `banbury` that was just built, without colours.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banbury"));
    command.env("NO_COLOR", "1");
    // Whoever runs the tests may have feeds of their own.
    command.env_remove("BANBURY_FEEDS").env("XDG_DATA_HOME", "/nonexistent");
    command
}

/// A scratch folder in which commands run, with feeds of its own.
#[allow(dead_code, reason = "not every test file needs it")]
pub struct Folder(pub tempfile::TempDir);

#[allow(dead_code, reason = "not every test file needs it")]
impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let feeds = self.path("feeds.sqlite");
        let mut command = command();
        command.args(arguments).current_dir(self.0.path());
        // Feeds that are named have to be there, unless they are made.
        if arguments.first() == Some(&"feeds") || feeds.exists() {
            command.env("BANBURY_FEEDS", feeds);
        }
        command.output().unwrap()
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `banbury inspect` on bytes and gives its status and its JSON.
#[allow(dead_code, reason = "not every test file inspects")]
pub fn inspect(bytes: &[u8], more: &[&str]) -> (i32, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.bin");
    std::fs::write(&path, bytes).unwrap();
    let output = command().arg("inspect").arg(&path).args(["-o", "json=-"]).args(more).output().unwrap();
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", stdout(&output), stderr(&output)));
    (output.status.code().unwrap(), json)
}

/// The codes of all claims in an inspection's JSON, each once, in order.
#[allow(dead_code, reason = "not every test file inspects")]
pub fn codes(json: &serde_json::Value) -> Vec<String> {
    fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                if map.contains_key("fingerprint")
                    && let Some(code) = map.get("code").and_then(|code| code.as_str())
                {
                    found.push(code.to_owned());
                }
                map.values().for_each(|value| collect(value, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(json, &mut found);
    found.sort();
    found.dedup();
    found
}

/// A cpio archive in "newc" form of entries with a name, a mode and content.
#[allow(dead_code, reason = "not every test file makes archives")]
pub fn cpio(entries: &[(&[u8], u32, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let trailer: (&[u8], u32, &[u8]) = (b"TRAILER!!!", 0, b"");
    for (inode, (name, mode, content)) in entries.iter().chain([&trailer]).enumerate() {
        let header = format!(
            "070701{:08X}{mode:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
            inode + 1,
            0,
            0,
            1,
            0,
            content.len(),
            0,
            0,
            5,
            1,
            name.len() + 1,
            0
        );
        archive.extend_from_slice(header.as_bytes());
        archive.extend_from_slice(name);
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}
