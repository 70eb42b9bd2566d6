//! `banbury watch`: who talks to whom, from the command line to the case.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{banbury, command, root, stderr, stdout};

const HEADER: &str = concat!(
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t",
    "conn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n",
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\t",
    "count\tcount\tcount\n"
);

/// A day: one program reports every five minutes with some jitter, another one is used by a person now and then, one
/// connection stays open for five hours.
fn log() -> String {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut add = |start: u64, source: &str, destination: &str, duration: u64, bytes: u64| {
        let line = format!(
            "C{}\t{source}\t{}\t{destination}\t443\ttcp\tssl\t{duration}.25\t{bytes}\t1000\tSF\t0\tShADadFf\t5\t{}\t6\t1300\n",
            start * 31 % 1_000_003,
            1024 + start % 60_000,
            bytes + 260
        );
        lines.push((start, line));
    };
    for check_in in 0..288u64 {
        add(check_in * 300 + check_in * check_in * 7 % 31, "10.0.0.5", "198.51.100.7", 1, 312);
    }
    for visit in 0..120u64 {
        add(
            20_000 + visit * visit * 617 % 40_000,
            "10.0.0.6",
            "203.0.113.9",
            3,
            500 + visit * visit * 91 % 9000,
        );
        add(
            20_001 + visit * visit * 733 % 40_000,
            "10.0.0.7",
            "203.0.113.9",
            3,
            500 + visit * visit * 37 % 9000,
        );
    }
    add(1000, "10.0.0.8", "203.0.113.77", 18_000, 9_000_000);
    lines.sort();
    let mut text = HEADER.to_owned();
    for (start, line) in lines {
        write!(text, "{}.5\t{line}", 1_700_000_000 + start).unwrap();
    }
    text
}

fn scratch(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("conn.log");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn json(path: &Path, more: &[&str]) -> (i32, serde_json::Value) {
    let output = command().arg("watch").arg(path).args(["-o", "json=-"]).args(more).output().unwrap();
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", stdout(&output), stderr(&output)));
    (output.status.code().unwrap(), json)
}

fn codes(json: &serde_json::Value) -> Vec<(String, String)> {
    let pairs = json["pairs"].as_array().unwrap();
    let claims = pairs.iter().flat_map(|pair| pair["claims"].as_array().unwrap());
    claims
        .map(|claim| {
            (claim["code"].as_str().unwrap().to_owned(), claim["subject"]["id"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn a_beacon_and_a_long_connection_are_found_and_a_person_is_not() {
    let (_folder, path) = scratch(&log());
    let output = command()
        .arg("watch")
        .arg(path.file_name().unwrap())
        .current_dir(path.parent().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("watch", stdout(&output));
    let (status, json) = json(&path, &[]);
    assert_eq!(status, 0);
    let found = codes(&json);
    assert!(
        found.contains(&("traffic.beacon".into(), "10.0.0.5 > 198.51.100.7:443/tcp".into())),
        "{found:?}"
    );
    assert!(
        found.contains(&("traffic.long-connection".into(), "10.0.0.8 > 203.0.113.77:443/tcp".into())),
        "{found:?}"
    );
    assert!(
        !found.iter().any(|(code, id)| code == "traffic.beacon" && id.contains("203.0.113.9")),
        "{found:?}"
    );
    // The first record of the pair stands where it is said to.
    let pair = &json["pairs"][0];
    let offset = pair["first_record"]["offset"].as_u64().unwrap() as usize;
    assert!(log()[offset..].starts_with("1700000000.5\t"), "{pair}");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("schemas/watch.schema.json")).unwrap())
            .unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&json)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [] as [&str; 0]);
}

#[test]
fn what_was_found_is_drawn_and_exchanged() {
    let (folder, path) = scratch(&log());
    let to = |name: &str| folder.path().join(name).display().to_string();
    let outputs = ["html", "stix", "json"].map(|format| format!("{format}={}", to(format)));
    let mut watch = command();
    watch.arg("watch").arg(&path);
    outputs.iter().for_each(|output| {
        watch.args(["-o", output]);
    });
    let output = watch.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(to("html")).unwrap();
    assert!(page.contains("<h2>Over time</h2>") && !page.contains("<script"), "{page}");
    assert!(
        page.matches("<svg").count() >= 3,
        "a timeline and gaps of the beacon, a timeline of the long connection"
    );
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(to("json")).unwrap()).unwrap();
    let pair = &json["pairs"][0];
    assert_eq!(pair["picture"]["slot"], 900);
    let counts = |name: &str| {
        pair["picture"][name].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum::<u64>()
    };
    assert_eq!((counts("timeline"), counts("gaps")), (288, 287));
    assert!(pair["claims"][0]["dated"]["timeline"].as_str().unwrap().contains(" 900 "));
    assert_eq!(json["techniques"]["traffic.beacon"][0]["id"], "T1071");
    let stix: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(to("stix")).unwrap()).unwrap();
    let objects = stix["objects"].as_array().unwrap();
    let of = |kind: &str| objects.iter().filter(|object| object["type"] == kind).count();
    assert!(of("note") >= 3 && of("network-traffic") >= 2 && of("ipv4-addr") >= 4, "{stix}");
    let again = command().arg("watch").arg(&path).args(["-o", "stix=-"]).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), std::fs::read_to_string(to("stix")).unwrap());
}

#[test]
fn a_community_from_the_factory_is_told_and_a_secret_is_not() {
    let capture = root().join("corpus/traffic/pcap/input-snmp.pcap");
    let (_, json) = json(&capture, &[]);
    let found = codes(&json);
    let pair = "10.0.0.7 > 192.0.2.10:161/udp";
    let claim = |code: &str| {
        let pairs = json["pairs"].as_array().unwrap();
        let mut claims = pairs.iter().flat_map(|pair| pair["claims"].as_array().unwrap());
        claims.find(|claim| claim["code"] == code).unwrap_or_else(|| panic!("{code}: {found:?}")).clone()
    };
    let default = claim("traffic.default-community");
    assert_eq!(default["subject"]["id"], pair, "{found:?}");
    assert_eq!(default["facts"]["communities"], serde_json::json!(["public"]));
    assert_eq!(default["facts"]["accepted"], true);
    assert_eq!(claim("traffic.cleartext-management")["facts"]["service"], "snmp");
    let text = json.to_string();
    assert!(!text.contains("guess-3") && !text.contains("monitoring"), "{text}");
    let explained = stdout(&banbury(&["explain", "traffic.default-community"]));
    assert!(explained.contains("T1078.001") && explained.contains("CWE-1392"), "{explained}");
}

#[test]
fn far_more_than_ever_before_is_told_by_hour_and_kept() {
    let mut text = HEADER.to_owned();
    for hour in 0..240u64 {
        let bytes = if hour == 200 { 900_000_000 } else { 1_000_000 + hour * 77 % 9000 };
        writeln!(
            text,
            "{}.5\tV{hour}\t10.0.0.5\t{}\t198.51.100.{}\t443\ttcp\tssl\t9\t{bytes}\t1000\tSF\t0\tS\t5\t{bytes}\t6\t1300",
            1_699_920_000 + hour * 3600 + hour * hour % 1700,
            2000 + hour,
            hour % 3
        )
        .unwrap();
    }
    let (folder, path) = scratch(&text);
    let (_, json) = json(&path, &[]);
    let told = json["volumes"].as_array().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["subject"]["id"], &told[0]["facts"]["start"]),
        (&"10.0.0.5 > outside".into(), &"2023-11-22T08:00:00Z".into())
    );
    let offset = told[0]["locations"][0]["offset"].as_u64().unwrap() as usize;
    assert!(
        text[offset..].contains("\tV200\t") && text[offset..].lines().next().unwrap().contains("\tV200\t")
    );
    let case = folder.path().join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    let output = command().arg("watch").arg(&path).arg("--case").arg(&case).output().unwrap();
    assert!(stdout(&output).contains("traffic.volume"), "{}", stdout(&output));
    let ledger = rusqlite::Connection::open(case.join("ledger.sqlite")).unwrap();
    let count: i64 = ledger
        .query_row("SELECT count(*) FROM claims WHERE code = 'traffic.volume'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn the_reader_is_confined() {
    let (_folder, path) = scratch(&log());
    let (_, json) = json(&path, &[]);
    let tried: Vec<(&String, &str)> = json["confinement"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(what, _)| what.starts_with("tried to "))
        .map(|(what, outcome)| (what, outcome.as_str().unwrap()))
        .collect();
    assert!(tried.len() > 10);
    assert!(tried.iter().all(|(_, outcome)| outcome.starts_with("refused")), "{tried:?}");
}

#[test]
fn neither_memory_nor_the_order_of_files_changes_the_answer() {
    let mut text = log();
    // Enough for a MiB to be too little.
    for n in 0..20_000u64 {
        let (a, b) = (n % 211, n % 199);
        writeln!(
            text,
            "{}.5\tN{n}\t10.9.0.{a}\t{}\t192.0.2.{b}\t80\ttcp\thttp\t0.5\t1\t1\tSF\t0\tS\t1\t41\t1\t41",
            1_700_000_000 + n * n % 86_400,
            1024 + n % 50_000
        )
        .unwrap();
    }
    let lines: Vec<&str> = text.lines().skip(HEADER.lines().count()).collect();
    let folder = tempfile::tempdir().unwrap();
    for (number, part) in lines.chunks(4000).enumerate() {
        let path = folder.path().join(format!("conn.{}.log.gz", 9 - number));
        let mut file = flate2::write::GzEncoder::new(
            std::fs::File::create(path).unwrap(),
            flate2::Compression::default(),
        );
        file.write_all(HEADER.as_bytes()).unwrap();
        file.write_all((part.join("\n") + "\n").as_bytes()).unwrap();
        file.finish().unwrap();
    }
    let (_whole_folder, whole) = scratch(&text);
    let (_, expected) = json(&whole, &[]);
    let (status, found) = json(folder.path(), &["--memory", "1"]);
    assert_eq!(status, 0);
    assert_eq!(codes(&found), codes(&expected));
    assert_eq!(found["tally"]["contacts"], expected["tally"]["contacts"]);
    assert!(found["tally"]["spilled"].as_u64().unwrap() > 10_000, "{}", found["tally"]);
    assert_eq!(expected["tally"]["spilled"], 0);
    assert_eq!(found["inputs"][0]["packing"], "gzip");
    // The file of the pair's first record, and the byte in what it holds.
    assert_eq!(found["pairs"][0]["location"]["steps"][0]["format"], "gzip");
    assert_eq!(json(folder.path(), &[]).1.to_string(), json(folder.path(), &[]).1.to_string());
}

/// The child keeps what the terminal shows no more than the number of: what is shown is what it is where all is handed over.
#[test]
fn what_stays_with_the_child_is_counted_as_what_is_handed_over() {
    let mut text = HEADER.to_owned();
    let mut lines = Vec::new();
    for host in 1..=30u64 {
        for check_in in 0..60 + host {
            let start = 1_700_000_000 + check_in * 600 + check_in * host * 17 % (host * 3);
            lines.push(format!(
                "{start}.5\tC{host}-{check_in}\t10.0.1.{host}\t{}\t198.51.100.{}\t443\ttcp\tssl\t1.25\t312\t1000\tSF\t0\tShADadFf\t5\t{}\t6\t1300\n",
                1024 + check_in,
                host / 2,
                572 + host * check_in % (host * 2),
            ));
        }
    }
    lines.sort();
    text.extend(lines);
    let (folder, path) = scratch(&text);
    let aside = format!("json={}", folder.path().join("all.json").display());
    for (top, fail_on) in [("0", "5"), ("3", "90"), ("20", "5"), ("1000", "5")] {
        for alone in [false, true] {
            let run = |more: &[&str]| {
                let mut command = command();
                command.arg("watch").arg(&path).args(["--top", top, "--fail-on", fail_on]).args(more);
                let output = command.args(alone.then_some("--rita-alone")).output().unwrap();
                assert_eq!(stderr(&output), "");
                (output.status.code(), stdout(&output))
            };
            let short = run(&[]);
            assert_eq!(short, run(&["-o", &aside]), "--top {top}");
            assert_eq!(short.1.contains("more: --top"), top != "1000", "{}", short.1);
            assert_eq!(short.1.contains("traffic.beacon"), !alone, "{}", short.1);
        }
    }
}

/// `--fail-on` below `--least-weight` finds what is no finding, and takes no row of the table for it.
#[test]
fn what_fails_need_not_be_told() {
    let mut lines = Vec::new();
    for host in 1..=15u64 {
        for check_in in 0..4 {
            let start = 1_700_000_000 + host + check_in * 3600;
            let to = if host <= 3 { 200 } else { host };
            lines.push(format!(
                "{start}.5\tC{host}-{check_in}\t10.0.1.{host}\t{}\t198.51.100.{to}\t443\ttcp\tssl\t1.25\t312\t1000\tSF\t0\tShADadFf\t5\t572\t6\t1300\n",
                1024 + check_in,
            ));
        }
    }
    lines.sort();
    let (folder, path) = scratch(&(HEADER.to_owned() + &lines.concat()));
    let aside = format!("json={}", folder.path().join("all.json").display());
    let weights: Vec<f64> = json(&path, &["--least-weight=-1000"]).1["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["beacon"]["decibans"].as_f64().unwrap())
        .collect();
    let heaviest = weights.iter().copied().fold(f64::MIN, f64::max);
    assert!(weights.len() == 15 && heaviest > 0.0 && heaviest < 60.0, "{weights:?}");
    for (fail_on, status) in [(heaviest - 1.0, 1), (heaviest + 1.0, 0)] {
        for least in ["60", "-1000"] {
            for top in ["0", "2", "100"] {
                let run = |more: &[&str]| {
                    let mut command = command();
                    command.arg("watch").arg(&path).arg(format!("--fail-on={fail_on}"));
                    command.arg(format!("--least-weight={least}")).args(["--top", top]);
                    let output = command.args(more).output().unwrap();
                    (output.status.code(), stdout(&output))
                };
                let short = run(&[]);
                assert_eq!(short, run(&["-o", &aside]), "{fail_on} {least} {top}");
                assert_eq!(short.0, Some(status), "{short:?}");
                assert_eq!(short.1.contains("traffic.beacon"), least == "-1000", "{}", short.1);
            }
        }
    }
}

#[test]
fn fail_on_bad_lines_and_bad_questions() {
    let (_folder, path) = scratch(&log());
    assert_eq!(json(&path, &["--fail-on", "5"]).0, 1);
    let (_broken_folder, broken) = scratch(&format!("{}broken line\n", log()));
    let (status, found) = json(&broken, &[]);
    assert_eq!((status, found["inputs"][0]["malformed"].as_u64()), (3, Some(1)));
    assert_eq!(found["inputs"][0]["faults"][0]["offset"].as_u64(), Some(log().len() as u64));
    let (_other_folder, other) = scratch("nothing of the kind");
    let output = banbury(&["watch".as_ref(), other.as_os_str()]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stdout(&output).contains("banbury formats"), "{}", stdout(&output));
    for (arguments, part) in [
        (&["watch", "/nonexistent/x.log"][..], "/nonexistent/x.log"),
        (&["watch", "x", "--internal", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["watch", "x", "--format", "nonsense"], "zeek"),
        (&["watch", "x", "-o", "sarif=-"], "json, csv, html or stix"),
        (&["watch", "x", "--columns", "start"], "FIELD=COLUMN"),
    ] {
        let output = banbury(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    }
}

#[test]
fn a_case_keeps_exhibits_runs_and_claims() {
    let (folder, path) = scratch(&log());
    let case = folder.path().join("case");
    assert!(banbury(&["init".as_ref(), case.as_os_str()]).status.success());
    for time in 0..2 {
        let output = command().arg("watch").arg(&path).arg("--case").arg(&case).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{time}: {}", stderr(&output));
    }
    let ledger = rusqlite::Connection::open(case.join("ledger.sqlite")).unwrap();
    let count = |query: &str| ledger.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM exhibits WHERE kind = 'traffic'"), 1);
    assert_eq!(count("SELECT count(*) FROM runs WHERE probe = 'beacons' AND status = 'complete'"), 2);
    assert_eq!(
        count("SELECT count(*) FROM claim_records WHERE code = 'traffic.beacon' AND subject_kind = 'flow'"),
        1
    );
    assert_eq!(
        count("SELECT count(*) FROM locations WHERE \"offset\" > 0"),
        count("SELECT count(*) FROM claim_records")
    );
}

#[test]
fn what_is_listed_and_explained() {
    let formats = stdout(&banbury(&["formats"]));
    let probes = stdout(&banbury(&["probes"]));
    assert!(formats.contains("zeek:") && formats.contains("banbury watch"), "{formats}");
    for probe in [
        "beacons",
        "strobes",
        "long-connections",
        "dns-tunnels",
        "rare-destinations",
        "default-communities",
        "volume",
    ] {
        assert!(probes.contains(&format!("{probe} (version")), "{probe}");
    }
    let explained = stdout(&banbury(&["explain", "traffic.beacon"]));
    assert!(explained.contains("timer") && explained.contains("ATT&CK T1071 "), "{explained}");
    assert!(explained.contains("FiGHT FGT1437") && explained.contains("the probe `beacons`"), "{explained}");
    let help = stdout(&banbury(&["watch", "--help"]));
    assert!(help.lines().count() <= 60, "{}", help.lines().count());
}

#[test]
fn following_tells_what_is_new_and_ends_with_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("conn.log");
    let text = log();
    let half = text[..text.len() / 2].rfind('\n').unwrap() + 1;
    std::fs::write(&path, &text[..half]).unwrap();
    // A group of its own, as a terminal has one for what it runs: an interrupt reaches all in it.
    let mut child = command()
        .args(["watch", "--follow", "--every", "1"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("traffic."), "{first}");
    // Rotated: the rest comes under the old name.
    std::fs::rename(&path, folder.path().join("conn.old.log")).unwrap();
    std::fs::write(&path, format!("{HEADER}{}", &text[half..])).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());
    let summary = rest.join("\n");
    assert!(summary.contains("529 connections"), "{summary}");
}
