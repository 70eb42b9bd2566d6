//! `banbury watch --follow`: files that grow, are renamed, replaced and made shorter, and more of them than may be open.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const HEADER: &str = concat!(
    "#separator \\x09\n#path\tconn\n",
    "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state\n"
);

/// Connections without an identifier: one that is read twice counts twice, unless it is a duplicate by its port and moment.
fn rows(file: usize, numbers: std::ops::Range<usize>) -> String {
    let row = |number: usize| {
        let (start, port) = (1_700_000_000 + file * 20 + number, 1024 + file);
        format!("{start}.0\t10.0.0.5\t{port}\t198.51.100.7\t443\ttcp\t1.25\t312\t1000\tSF\n")
    };
    numbers.map(row).collect()
}

fn write(path: &Path, file: usize, numbers: std::ops::Range<usize>) {
    std::fs::write(path, format!("{HEADER}{}", rows(file, numbers))).unwrap();
}

fn add(path: &Path, file: usize, numbers: std::ops::Range<usize>) {
    let mut log = std::fs::File::options().append(true).open(path).unwrap();
    log.write_all(rows(file, numbers).as_bytes()).unwrap();
}

struct Following {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Following {
    /// Starts, and waits for the first finding.
    fn start(folder: &Path, descriptors: usize) -> Self {
        let run = format!(
            "ulimit -n {descriptors}; exec \"$0\" watch --follow --every 1 --top 1 --internal 10.0.0.0/8 \"$1\""
        );
        let mut child = Command::new("sh")
            .args(["-c", &run, env!("CARGO_BIN_EXE_banbury")])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, as a terminal has one for what it runs: an interrupt reaches all in it.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        assert!(first.starts_with("traffic."), "{first}");
        Self { child, out }
    }

    /// Some looks later.
    fn wait(&self) {
        std::thread::sleep(Duration::from_secs(3));
    }

    /// Interrupts it: what it summed up, and what it complained of.
    fn end(mut self) -> (String, String) {
        self.wait();
        let group = format!("-{}", self.child.id());
        assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
        let (mut summary, mut complaint) = (String::new(), String::new());
        self.out.read_to_string(&mut summary).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        self.child.wait().unwrap();
        (summary, complaint)
    }
}

/// A folder with so many logs of one connection each.
fn logs(count: usize) -> (tempfile::TempDir, impl Fn(usize) -> PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let of = folder.path().to_owned();
    let path = move |number: usize| of.join(format!("conn.{number:03}.log"));
    (0..count).for_each(|number| write(&path(number), number, 0..1));
    (folder, path)
}

#[test]
fn more_files_than_may_be_open_are_followed() {
    for descriptors in [64, 1000] {
        let (folder, path) = logs(600);
        let following = Following::start(folder.path(), descriptors);
        following.wait();
        // One that is put away, one that is open, and one that was put away and has another name since.
        add(&path(0), 0, 1..2);
        add(&path(599), 599, 1..2);
        let renamed = folder.path().join("older.log");
        std::fs::rename(path(3), &renamed).unwrap();
        add(&renamed, 3, 1..2);
        let (summary, complaint) = following.end();
        assert!(summary.contains("600 files") && summary.contains("603 connections"), "{summary}{complaint}");
        assert!(!complaint.contains("cannot be read"), "{complaint}");
    }
}

#[test]
fn a_file_is_what_it_is_and_not_its_name() {
    let (folder, path) = logs(40);
    let following = Following::start(folder.path(), 1000);
    following.wait();
    // A chain of rotation, after which the first is written to by one that has it open still.
    std::fs::rename(path(1), path(2)).unwrap();
    std::fs::rename(path(0), path(1)).unwrap();
    write(&path(0), 900, 0..1);
    following.wait();
    add(&path(1), 0, 1..2);
    // Two change their names.
    let between = folder.path().join("between");
    std::fs::rename(path(10), &between).unwrap();
    std::fs::rename(path(11), path(10)).unwrap();
    std::fs::rename(&between, path(11)).unwrap();
    add(&path(11), 10, 1..2);
    // Begun anew at its place, and shorter.
    std::fs::write(path(20), HEADER).unwrap();
    following.wait();
    add(&path(20), 20, 5..6);
    // A second name for one of them, and one that is there no more.
    std::fs::hard_link(path(30), folder.path().join("also.log")).unwrap();
    std::fs::remove_file(path(31)).unwrap();
    let (summary, complaint) = following.end();
    // Forty, a new one, and one more of each of three.
    assert!(summary.contains(" 44 connections"), "{summary}{complaint}");
    assert!(summary.contains("41 files"), "{summary}{complaint}");
}

#[test]
fn a_number_that_is_used_again_is_another_file() {
    let (folder, path) = logs(300);
    let following = Following::start(folder.path(), 64);
    following.wait();
    // Those that were put away first.
    (0..50).for_each(|number| std::fs::remove_file(path(number)).unwrap());
    (0..50).for_each(|number| write(&folder.path().join(format!("new.{number}.log")), 500 + number, 0..1));
    let (summary, complaint) = following.end();
    assert!(summary.contains("350 connections") && summary.contains("350 files"), "{summary}{complaint}");
}

#[test]
fn what_was_away_is_not_read_again_and_what_was_deleted_is_let_go() {
    let (folder, _) = logs(0);
    let (within, away) = (folder.path().join("in"), folder.path().join("away"));
    let logs = within.join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::create_dir(&away).unwrap();
    let path = |number: usize| logs.join(format!("conn.{number:03}.log"));
    (0..40).for_each(|number| write(&path(number), number, 0..1));
    let following = Following::start(&within, 20);
    following.wait();
    // Written to and moved out, while others need descriptors.
    add(&path(39), 39, 1..2);
    std::fs::rename(path(39), away.join("conn.039.log")).unwrap();
    (50..80).for_each(|number| write(&path(number), number, 0..1));
    following.wait();
    // The one that is open for certain.
    add(&path(79), 79, 1..2);
    following.wait();
    std::fs::remove_file(path(79)).unwrap();
    // More than ten looks.
    std::fs::rename(&logs, away.join("logs")).unwrap();
    std::thread::sleep(Duration::from_secs(16));
    let open = std::fs::read_dir(format!("/proc/{}/fd", following.child.id())).unwrap();
    let targets: Vec<PathBuf> =
        open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok()).collect();
    assert!(targets.iter().any(|target| target.starts_with(&away)), "{targets:?}");
    assert!(!targets.iter().any(|target| target.to_string_lossy().ends_with("(deleted)")), "{targets:?}");
    std::fs::rename(away.join("logs"), &logs).unwrap();
    following.wait();
    add(&path(0), 0, 1..2);
    let (summary, complaint) = following.end();
    assert!(summary.contains(" 73 connections") && summary.contains("70 files"), "{summary}{complaint}");
}
