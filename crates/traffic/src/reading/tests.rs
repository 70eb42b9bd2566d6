use super::*;
use crate::pairs::{Keep, Pairing, Weighed, Weighing};
use std::io::Write as _;

/// A connection log of Zeek with so many lines, some of them broken.
fn log(lines: usize) -> Vec<u8> {
    let mut text = String::from(concat!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n",
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t",
        "conn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n",
        "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\t",
        "count\tcount\tcount\n"
    ));
    for n in 0..lines {
        if n % 1000 == 999 {
            text.push_str("not a line of a log\n");
            continue;
        }
        let (a, b) = (n % 200 + 1, n % 37 + 1);
        text.push_str(&format!(
            "{}.{:06}\tC{n}\t10.0.0.{a}\t{}\t192.0.2.{b}\t443\ttcp\tssl\t0.5\t100\t2000\tSF\t0\tShADadFf\t5\t300\t6\t2300\n",
            1_700_000_000 + n / 10,
            n % 1_000_000,
            1024 + n % 60_000,
        ));
    }
    text.into_bytes()
}

fn paired(inputs: &[Vec<u8>]) -> (Vec<Account>, Weighed) {
    paired_by(Settings::default(), inputs)
}

fn paired_by(settings: Settings, inputs: &[Vec<u8>]) -> (Vec<Account>, Weighed) {
    let pairing = Pairing::new(usize::MAX, None);
    let manner = Manner::new(None, settings).unwrap();
    let inputs: Vec<&dyn Bytes> = inputs.iter().map(|input| input as &dyn Bytes).collect();
    let accounts = read(&inputs, &manner, &pairing, &AtomicBool::new(false));
    let weighing = Weighing { least: 4, rita_alone: true, goes_on: false };
    (accounts, pairing.weigh(&weighing, &|_| Keep::Plain).unwrap())
}

#[test]
fn packed_or_not_in_pieces_or_not_is_the_same() {
    let plain = log(240_000);
    assert!(plain.len() > 2 * PIECE);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain[..1 << 20]).unwrap();
    let mut gzip = gzip.finish().unwrap();
    let mut second = flate2::write::GzEncoder::new(&mut gzip, flate2::Compression::fast());
    second.write_all(&plain[1 << 20..]).unwrap();
    second.finish().unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let mut zstd = ruzstd::encoding::compress_to_vec(&plain[..3 << 20], level);
    zstd.extend(ruzstd::encoding::compress_to_vec(&plain[3 << 20..], level));
    let (accounts, expected) = paired(std::slice::from_ref(&plain));
    let [account] = accounts.as_slice() else { panic!("{accounts:?}") };
    assert_eq!((account.flows, account.malformed, account.read), (239_760, 240, plain.len() as u64));
    assert_eq!(account.faults.len(), crate::pairs::PROBLEMS);
    assert_eq!(account.not_read, None);
    assert_eq!((expected.tally.contacts, expected.tally.pairs), (239_760, 7400));
    for (packed, packing) in [(gzip, Packing::Gzip), (zstd, Packing::Zstd)] {
        let (accounts, found) = paired(&[packed]);
        assert!(found == expected);
        let told = Account { size: account.size, packing: None, ..accounts[0].clone() };
        assert_eq!((&told, accounts[0].packing), (account, Some(packing)));
    }
    // The same log twice is the same traffic.
    let (_, twice) = paired(&[plain.clone(), plain]);
    assert_eq!(twice.tally.duplicates, 239_760);
    assert!(twice.pairs == expected.pairs);
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&log(10_000)).unwrap();
    let mut cut = gzip.finish().unwrap();
    cut.truncate(cut.len() / 2);
    let (accounts, found) = paired(&[Vec::new(), b"what is this".to_vec(), cut, b"\x1f\x8b\x08".to_vec()]);
    let why: Vec<&str> = accounts.iter().filter_map(|account| account.not_read.as_deref()).collect();
    assert_eq!(why.len(), 4, "{accounts:?}");
    assert!(
        why[0].contains("empty") && why[1].contains("--format") && why[2].contains("cannot be unpacked"),
        "{why:?}"
    );
    assert!(accounts[2].flows > 1000 && found.tally.contacts == accounts[2].flows);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_wrong_checksum_is_said_and_what_came_before_it_counts() {
    let log = log(2000);
    let mut wrong = gzip(&log);
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    let (accounts, _) = paired(&[wrong]);
    assert_eq!((accounts[0].flows, accounts[0].read), (1998, log.len() as u64));
    let why = accounts[0].not_read.as_deref().unwrap();
    assert!(why.contains(&format!("beyond byte {}", log.len())), "{why}");
}

#[test]
fn what_is_of_no_form_is_not_unpacked_to_its_end() {
    let (accounts, _) = paired(&[gzip(&vec![0; 64 << 20])]);
    assert!(accounts[0].read <= WINDOW as u64, "{}", accounts[0].read);
    assert!(accounts[0].not_read.as_deref().unwrap().contains("no form"));
}

#[test]
fn a_line_that_is_too_long_is_passed_over_and_those_about_it_are_read() {
    let (first, second) = (log(500), log(700));
    let body = second.iter().enumerate().find(|(at, _)| second[*at..].starts_with(b"17000")).unwrap().0;
    let longest = Settings::default().longest;
    let long = [&first, vec![b'x'; 3 * longest].as_slice(), b"\n", &second[body..]].concat();
    for input in [long.clone(), gzip(&long)] {
        let (accounts, _) = paired(&[input]);
        assert_eq!((accounts[0].flows, accounts[0].malformed), (1200, 1));
        let fault = &accounts[0].faults[0];
        assert_eq!(fault.offset, first.len() as u64);
        assert!(fault.what.contains(&(3 * longest).to_string()), "{fault:?}");
    }
}

#[test]
fn time_that_goes_back_is_counted() {
    let text = String::from_utf8(log(900)).unwrap();
    let earlier = text.replace("\n1700000", "\n1600000");
    let lines = earlier.lines().filter(|line| line.starts_with("1600000"));
    let both = text.clone() + &lines.collect::<Vec<_>>().join("\n") + "\n";
    let (accounts, _) = paired(&[both.into_bytes(), text.into_bytes()]);
    assert_eq!((accounts[0].back, accounts[1].back), (1, 0));
    assert_eq!(accounts[0].flows, 2 * accounts[1].flows);
}

#[test]
fn time_goes_back_wherever_pieces_meet() {
    // The second recording begins in each line about the end of the first window, and of a piece behind it.
    for about in [START, START + PIECE] {
        let lines = about / 107;
        let around = (lines - 30..lines + 30).step_by(if about == START { 1 } else { 15 });
        for lines in around {
            let text = String::from_utf8(log(lines)).unwrap();
            let earlier = text.replace("\n1700", "\n1600");
            let earlier: Vec<&str> = earlier.lines().filter(|line| line.starts_with("1600")).collect();
            let both = text + &earlier.join("\n") + "\n";
            let (accounts, _) = paired(&[both.into_bytes()]);
            assert_eq!((accounts[0].back, accounts[0].flows), (1, 2 * earlier.len() as u64), "{lines}");
        }
    }
}

#[test]
fn what_a_header_between_pieces_leaves_out_is_told_once() {
    let first = log(30_000);
    let rows = first.windows(2).position(|two| two == b"\n1").unwrap() + 1;
    let all = [&first, &b"#path\tfoo\n"[..], &first[rows..], &first].concat();
    let (accounts, _) = paired(&[all]);
    assert!(first.len() > 2 * PIECE);
    // The broken lines of two parts, and those of the third all together.
    assert_eq!((accounts[0].malformed, accounts[0].flows), (61, 2 * 29_970));
}

#[test]
fn what_has_no_reader_is_named() {
    let (accounts, _) = paired(&[[&[0, 7, 0, 1][..], &[0; 72]].concat()]);
    assert!(accounts[0].not_read.as_deref().unwrap().starts_with("NetFlow 7"));
}

#[test]
fn a_log_that_grows_is_read_as_far_as_it_is_whole() {
    let log = log(3000);
    let (_, expected) = paired(std::slice::from_ref(&log));
    for step in [1000, 64 << 10] {
        let pairing = Pairing::new(usize::MAX, None);
        let manner = Manner::new(None, Settings::default()).unwrap();
        let mut sink = pairing.collector(0, 0);
        let mut growing = Growing::default();
        for piece in log.chunks(step) {
            growing.more(piece, &manner, &mut sink);
        }
        growing.end(&manner, &mut sink);
        assert_eq!((growing.format(), sink.finish().flows), (Some("zeek"), 2997));
        let weighing = Weighing { least: 4, rita_alone: true, goes_on: false };
        assert!(pairing.weigh(&weighing, &|_| Keep::Plain).unwrap() == expected);
    }
}

#[test]
fn parquet_is_read_by_its_parts_and_packed_as_far_as_it_is_kept() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traffic/parquet");
    let bytes = std::fs::read(corpus.join("input-groups.parquet")).unwrap();
    let stated = std::fs::read_to_string(corpus.join("columns-groups.parquet")).unwrap();
    let columns = stated.lines().filter_map(|line| line.split_once(' '));
    let columns = columns.map(|(field, column)| (field.to_owned(), column.to_owned())).collect();
    let settings = Settings { columns, ..Settings::default() };
    let (accounts, found) = paired_by(settings.clone(), std::slice::from_ref(&bytes));
    let account = &accounts[0];
    assert_eq!((account.format.as_deref(), account.packing), (Some("parquet"), None));
    assert_eq!((account.flows, account.malformed, account.not_read.as_deref()), (300, 0, None));
    assert!(account.read > 0 && account.read < account.size);
    let (packed, same) = paired_by(settings, &[gzip(&bytes)]);
    assert_eq!((packed[0].flows, packed[0].malformed, packed[0].packing), (300, 0, Some(Packing::Gzip)));
    assert!(found == same);
    // What is packed and longer than is kept is said.
    let long = [&b"PAR1"[..], &vec![0; 17 << 20]].concat();
    let (accounts, _) = paired(&[gzip(&long)]);
    assert_eq!((accounts[0].flows, accounts[0].malformed), (0, 1));
    assert!(accounts[0].faults[0].what.contains("a file that is whole"), "{:?}", accounts[0].faults);
    let (accounts, _) = paired(&[b"PAR1 and more".to_vec()]);
    assert!(accounts[0].faults[0].what.contains("no directory"), "{:?}", accounts[0].faults);
}
