//! `banbury watch` over what is broken, contradicts itself or was made to hurt: said, counted, the rest read, and nothing crashes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use flate2::write::GzEncoder;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use support::{command, stderr, stdout};

const HEADER: &str = concat!(
    "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\t",
    "duration\torig_bytes\tresp_bytes\tconn_state\n"
);
const BEGIN: u64 = 1_700_000_000;

/// Lines of connections every five minutes, from these numbers.
fn lines(numbers: impl Iterator<Item = u64>) -> String {
    let mut text = String::new();
    for n in numbers {
        let (at, port) = (BEGIN + n * 300, 1024 + n % 50_000);
        writeln!(text, "{at}.5\tC{n}\t10.0.0.5\t{port}\t198.51.100.7\t443\ttcp\tssl\t1.25\t312\t1000\tSF")
            .unwrap();
    }
    text
}

/// A segment of TCP in Ethernet.
fn segment(ours: bool, port: u16, sequence: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let (client, server) = ([10, 0, 0, 5], [198, 51, 100, 7]);
    let (from, to) = if ours { (client, server) } else { (server, client) };
    let ports = if ours { [port, 443] } else { [443, port] };
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend((40 + data.len() as u16).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 6, 0, 0]);
    frame.extend(from.into_iter().chain(to));
    frame.extend(ports.into_iter().flat_map(u16::to_be_bytes));
    frame.extend(sequence.to_be_bytes());
    // What follows on a first number of 100 here, of 500 there.
    frame.extend((if ours { 501_u32 } else { 101 }).to_be_bytes());
    frame.extend([80, flags, 1, 0, 0, 0, 0, 0]);
    frame.extend(data);
    frame
}

/// A classic capture: of each packet when it was, in seconds, what of it was captured, and how long it was.
fn capture(snap: u32, packets: &[(u64, &[u8], usize)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0xA1B2_C3D4, 0x0004_0002, 0, 0, snap, 1] {
        bytes.extend(u32::to_le_bytes(word));
    }
    for (at, data, length) in packets {
        for word in [*at as u32, 0, data.len() as u32, *length as u32] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(*data);
    }
    bytes
}

fn netflow_5(sequence: u32, n: u64) -> Vec<u8> {
    let mut bytes = vec![0, 5, 0, 1, 0, 1, 0, 0];
    for word in [(BEGIN + n * 300) as u32, 0, sequence, 0] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend([10, 0, 0, 5, 198, 51, 100, 7, 0, 0, 0, 0, 0, 1, 0, 2]);
    for word in [5u32, 500, 1000, 2000] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend((1024 + n as u16).to_be_bytes());
    bytes.extend([1, 0xBB, 0, 0x1B, 6, 0, 0, 0, 0, 0, 24, 24, 0, 0]);
    bytes
}

fn watch(folder: &Path, more: &[&str]) -> (i32, Value) {
    let output = command().arg("watch").arg(folder).args(["-o", "json=-"]).args(more).output().unwrap();
    let found = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", stdout(&output), stderr(&output)));
    (output.status.code().unwrap(), found)
}

#[test]
fn whatever_is_wrong_is_said_of_each_file_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let log = HEADER.to_owned() + &lines(0..40);
    // Of each file: connections, what is malformed, and what is said (of the first fault, or of why not all was read).
    let mut expected: Vec<(&str, u64, u64, &str)> = Vec::new();

    put("backwards.log", (HEADER.to_owned() + &lines((0..40).rev())).as_bytes());
    expected.push(("backwards.log", 40, 0, ""));
    put("duplicates.log", (log.clone() + &lines(0..40)).as_bytes());
    expected.push(("duplicates.log", 80, 0, ""));
    let fewer = lines(40..50).replace("\tssl\t1.25\t312\t1000\tSF", "\tSF");
    let changed = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n";
    put("changed.log", (log.clone() + changed + &fewer).as_bytes());
    expected.push(("changed.log", 50, 0, ""));
    put("changed-and-does-not-say-so.log", (log.clone() + &fewer).as_bytes());
    expected.push(("changed-and-does-not-say-so.log", 40, 10, "a line of 8 fields, where the header has 12"));
    put("headless.log", lines(0..40).as_bytes());
    expected.push(("headless.log", 0, 0, "no form of traffic records that is known"));
    put("two-clocks.log", (HEADER.to_owned() + &lines((0..20).flat_map(|n| [n, n + 100_000]))).as_bytes());
    expected.push(("two-clocks.log", 40, 0, ""));
    put("cut.log", &log.as_bytes()[..log.len() - 30]);
    expected.push(("cut.log", 39, 2, "the last line has no line feed: it may be cut off"));
    put("empty.log", b"");
    expected.push(("empty.log", 0, 0, "an empty file"));
    put("zeros.log", &[0; 10_000]);
    expected.push(("zeros.log", 0, 0, "no form of traffic records that is known"));

    let packed = |bytes: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let mut wrong = packed(log.as_bytes());
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    put("wrong-checksum.gz", &wrong);
    expected.push(("wrong-checksum.gz", 40, 0, "cannot be unpacked beyond byte"));

    let handshake = [
        segment(true, 2000, 100, 2, b""),
        segment(false, 2000, 500, 18, b""),
        segment(true, 2000, 101, 17, b""),
    ];
    let packets: Vec<(u64, &[u8], usize)> = handshake
        .iter()
        .enumerate()
        .map(|(at, frame)| (BEGIN + at as u64, frame.as_slice(), frame.len()))
        .collect();
    let whole = capture(65_535, &packets);
    put("cut.pcap", &whole[..whole.len() - 20]);
    // What is left of the last packet says between whom it was, and not of which ports.
    expected.push(("cut.pcap", 2, 2, "the capture ends"));
    let none: Vec<(u64, &[u8], usize)> =
        packets.iter().map(|(at, _, length)| (*at, &[][..], *length)).collect();
    put("snap-of-nothing.pcap", &capture(0, &none));
    expected.push(("snap-of-nothing.pcap", 0, 3, "0 of 54 bytes were captured"));
    put("snap-of-nothing-that-has-all.pcap", &capture(0, &packets));
    expected.push(("snap-of-nothing-that-has-all.pcap", 1, 0, ""));
    let turned: Vec<_> = packets.iter().rev().copied().collect();
    put("backwards.pcap", &capture(65_535, &turned));
    // The end comes before the beginning, which stands right behind it by its number.
    expected.push(("backwards.pcap", 1, 0, ""));
    // Sequence numbers pass 2^32 on the way.
    let mut wrapping = vec![segment(true, 3000, u32::MAX - 500, 2, b"")];
    wrapping.extend(
        (0..4u32).map(|n| segment(true, 3000, (u32::MAX - 499).wrapping_add(n * 400), 24, &[7; 400])),
    );
    let packets: Vec<(u64, &[u8], usize)> = wrapping
        .iter()
        .enumerate()
        .map(|(at, frame)| (BEGIN + at as u64, frame.as_slice(), frame.len()))
        .collect();
    put("wrap.pcap", &capture(65_535, &packets));
    expected.push(("wrap.pcap", 1, 0, ""));

    let wrap: Vec<u8> =
        (0..30u64).flat_map(|n| netflow_5(u32::MAX.wrapping_sub(9).wrapping_add(n as u32), n)).collect();
    put("wrap.netflow", &wrap);
    expected.push(("wrap.netflow", 30, 0, ""));
    let mut orphans = Vec::new();
    for n in 0..20u32 {
        orphans.extend([0, 9, 0, 1, 0, 0, 0, 1]);
        [BEGIN as u32, n, 1].iter().for_each(|word| orphans.extend(word.to_be_bytes()));
        orphans.extend([1, 44, 0, 24]);
        orphans.extend([1; 20]);
    }
    put("no-template.netflow", &orphans);
    expected.push(("no-template.netflow", 0, 1, "never came: 20 data sets"));
    put("version-7.netflow", &[&[0, 7, 0, 1][..], &[0; 72]].concat());
    expected.push(("version-7.netflow", 0, 0, "NetFlow 7, which is not read"));

    let (status, found) = watch(folder.path(), &[]);
    assert_eq!(status, 3);
    let inputs = found["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), expected.len());
    for (name, flows, malformed, said) in expected {
        let input = inputs.iter().find(|input| input["path"].as_str().unwrap().ends_with(name)).unwrap();
        assert_eq!(
            (input["flows"].as_u64(), input["malformed"].as_u64()),
            (Some(flows), Some(malformed)),
            "{input:#}"
        );
        let why = input["not_read"].as_str().or(input["faults"][0]["what"].as_str()).unwrap_or_default();
        assert!(why.contains(said) && why.is_empty() == said.is_empty(), "{name}: {why}");
        let back = match name {
            "two-clocks.log" => Some(19),
            "backwards.log" | "duplicates.log" => Some(1),
            _ => None,
        };
        assert_eq!(input["back"].as_u64(), back, "{input:#}");
        let not_looked = found["not_looked"].as_array().unwrap().iter();
        let told = not_looked.filter(|line| line.as_str().unwrap().contains(&format!("/{name}: "))).count();
        assert_eq!(told, usize::from(!said.is_empty()), "{name}: {}", found["not_looked"]);
    }
    // All are one pair, and one more without ports.
    let tally = &found["tally"];
    assert_eq!(tally["pairs"], 2, "{tally}");
    let flows: u64 = inputs.iter().map(|input| input["flows"].as_u64().unwrap()).sum();
    let kept = tally["contacts"].as_u64().unwrap() + tally["duplicates"].as_u64().unwrap();
    assert_eq!(kept, flows, "nothing is lost: {tally}");
}

#[test]
fn a_line_of_a_gibibyte_and_a_bomb_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(folder.path().join("long.log")).unwrap();
    file.write_all((HEADER.to_owned() + &lines(0..20)).as_bytes()).unwrap();
    let begin = file.stream_position().unwrap();
    file.set_len(1 << 30).unwrap();
    file.seek(std::io::SeekFrom::End(0)).unwrap();
    file.write_all(("\n".to_owned() + &lines(20..40)).as_bytes()).unwrap();
    let mut bomb = GzEncoder::new(
        std::fs::File::create(folder.path().join("bomb.gz")).unwrap(),
        flate2::Compression::fast(),
    );
    bomb.write_all((HEADER.to_owned() + &lines(40..60)).as_bytes()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..200).for_each(|_| bomb.write_all(&zeros).unwrap());
    bomb.write_all(("\n".to_owned() + &lines(60..80)).as_bytes()).unwrap();
    bomb.finish().unwrap();
    let (status, found) = watch(folder.path(), &[]);
    assert_eq!((status, found["tally"]["contacts"].as_u64()), (3, Some(80)));
    let inputs = found["inputs"].as_array().unwrap();
    for (input, size) in inputs.iter().zip([200 << 20, (1 << 30) - begin]) {
        assert_eq!((input["malformed"].as_u64(), input["flows"].as_u64()), (Some(1), Some(40)), "{input:#}");
        let what = input["faults"][0]["what"].as_str().unwrap();
        assert!(what.starts_with(&format!("a line of {size} bytes")), "{what}");
    }
}

#[test]
fn addresses_in_no_network_of_the_model_are_outside() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("conn.log");
    std::fs::write(&log, HEADER.to_owned() + &lines(0..40).replace("10.0.0.5", "0.0.0.0") + &lines(40..80))
        .unwrap();
    let (status, found) = watch(&log, &["--internal", "172.16.0.0/12"]);
    assert_eq!((status, found["tally"]["pairs"].as_u64()), (0, Some(2)), "{}", found["not_looked"]);
}

#[test]
fn what_a_folder_holds_that_cannot_be_read_is_said_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("conn.log"), format!("{HEADER}{}", lines(0..50))).unwrap();
    // A loop of links is to be read by nobody, whoever runs the tests.
    std::os::unix::fs::symlink("loop.log", folder.path().join("loop.log")).unwrap();
    let locked = folder.path().join("locked.log");
    std::fs::write(&locked, lines(0..5)).unwrap();
    std::fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let output = command().arg("watch").arg(folder.path()).output().unwrap();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{text}{}", stderr(&output));
    assert!(text.contains("50 connections"), "{text}");
    assert!(text.contains("loop.log: no file"), "{text}");
    // Root reads it, and finds no header.
    assert!(text.contains("locked.log: "), "{text}");
    let output = command().args(["watch", "/nonexistent/conn.log"]).output().unwrap();
    assert!(stderr(&output).contains("/nonexistent/conn.log: cannot be read"), "{}", stderr(&output));
    let output = command().args(["watch", "--follow", "/nonexistent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("/nonexistent: cannot be read"), "{}", stderr(&output));
    let scratch = ["watch", "--scratch", "/nonexistent"];
    let output = command().args(scratch).arg(folder.path()).output().unwrap();
    assert!(stderr(&output).contains("--scratch"), "{}", stderr(&output));
}

#[test]
fn a_folder_may_have_more_files_than_a_command_line_holds() {
    let folder = tempfile::tempdir().unwrap();
    let log = format!("{HEADER}{}", lines(0..1));
    // Two hundred bytes each, more than two million together.
    for n in 0..12_000 {
        std::fs::write(folder.path().join(format!("conn.{n:0>190}.log")), &log).unwrap();
    }
    let output = command().args(["watch", "--rita-alone"]).arg(folder.path()).output().unwrap();
    let text = stdout(&output);
    assert!(text.contains("12000 files"), "{text}{}", stderr(&output));
    assert!(text.contains("12000 connections"), "{text}");
}
