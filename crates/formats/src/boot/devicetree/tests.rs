use super::fit::Fit;
use super::*;
use crate::EntryKind;
use crate::compression::test_support::read;
use proptest::prelude::*;

/// Writes trees: tokens one after the other, names collected behind them.
#[derive(Default)]
struct Writer {
    structure: Vec<u8>,
    strings: Vec<u8>,
}

impl Writer {
    fn word(mut self, value: u32) -> Self {
        self.structure.extend_from_slice(&value.to_be_bytes());
        self
    }

    fn padded(mut self, bytes: &[u8]) -> Self {
        self.structure.extend_from_slice(bytes);
        self.structure.resize(self.structure.len().next_multiple_of(4), 0);
        self
    }

    fn begin(self, name: &str) -> Self {
        self.word(1).padded(&[name.as_bytes(), b"\0"].concat())
    }

    fn end(self) -> Self {
        self.word(2)
    }

    fn property(self, name: &str, value: &[u8]) -> Self {
        let at = self.strings.len() as u32;
        let mut with = self.word(3).word(value.len() as u32).word(at).padded(value);
        with.strings.extend_from_slice(name.as_bytes());
        with.strings.push(0);
        with
    }

    fn blob(self) -> Vec<u8> {
        let Self { structure, strings } = self.word(9);
        let (at, names) = (56, 56 + structure.len());
        let total = names + strings.len();
        let fields = [0xd00d_feed, total, at, names, 40, 17, 16, 0, strings.len(), structure.len()];
        let mut blob: Vec<u8> = fields.iter().flat_map(|field| (*field as u32).to_be_bytes()).collect();
        blob.resize(56, 0);
        [blob, structure, strings].concat()
    }
}

fn board() -> Writer {
    Writer::default()
        .begin("")
        .property("model", b"Island\0")
        .property("compatible", b"island,one\0island,any\0")
        .property("reg", &[0, 0, 0, 1, 0, 0, 2, 0])
        .property("odd", &[1, 0, 0xff])
        .property("flag", b"")
        .begin("chosen")
        .property("bootargs", b"console=ttyS0 root=\"x\"\0")
        .end()
}

fn text_of(entries: Vec<Entry>) -> String {
    let entry = entries.into_iter().find(|entry| &*entry.path == SOURCE).unwrap();
    let EntryKind::Stream(Content::Deferred { size, make }) = entry.kind else { panic!() };
    let made = make(&Limits::default());
    assert_eq!((made.bytes.len() as u64, made.problems), (size, vec![]));
    String::from_utf8(made.bytes).unwrap()
}

#[test]
fn a_board_as_text() {
    let data = [board().end().blob(), vec![0xff; 9]].concat();
    let (reading, entries) = read(&DeviceTreeBlob, &data, Place::Inside).unwrap();
    assert_eq!((reading.size, reading.problems), (data.len() - 9, vec![]));
    for (name, value) in [
        ("model", "Island"),
        ("compatible", "island,one, island,any"),
        ("bootargs", "console=ttyS0 root=\"x\""),
    ] {
        assert!(reading.attributes.contains(&(name, value.into())), "{:?}", reading.attributes);
    }
    let expected = "/dts-v1/;\n\n/ {\n\tmodel = \"Island\";\n\tcompatible = \"island,one\", \"island,any\";\n\
        \treg = <0x01 0x200>;\n\todd = [01 00 ff];\n\tflag;\n\n\tchosen {\n\
        \t\tbootargs = \"console=ttyS0 root=\\\"x\\\"\";\n\t};\n};\n";
    assert_eq!(text_of(entries), expected);
}

#[test]
fn fixed_partitions_are_an_attribute() {
    let part = |writer: Writer, name: &str, label: &[u8], at: u32, size: u32| {
        let reg = [at.to_be_bytes(), size.to_be_bytes()].concat();
        writer.begin(name).property("label", label).property("reg", &reg)
    };
    let writer = board().begin("flash@0").begin("partitions").property("compatible", b"fixed-partitions\0");
    let writer = part(writer, "partition@0", b"u-boot\0", 0, 0x40000).property("read-only", b"").end();
    let writer = part(writer, "partition@40000", b"firmware\0", 0x40000, 0x7c_0000).end();
    let (reading, _) = read(&DeviceTreeBlob, &writer.end().end().end().blob(), Place::Start).unwrap();
    let map = "flash@0: u-boot@0x0+0x40000 ro, firmware@0x40000+0x7c0000";
    assert!(reading.attributes.contains(&("partitions", map.into())), "{:?}", reading.attributes);
}

#[test]
fn large_values_are_entries() {
    let data = board().begin("node").property("blob", &[7; 5000]).end().end().blob();
    let (_, entries) = read(&DeviceTreeBlob, &data, Place::Start).unwrap();
    let (large, rest): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| &*entry.path == b"node/blob");
    assert!(matches!(&large[0].kind, EntryKind::Stream(Content::Slice(bytes)) if **bytes == [7; 5000]));
    assert!(text_of(rest).contains("blob = /incbin/(\"node/blob\");"));
}

fn image(hash: u32, cipher: bool) -> Writer {
    let mut writer = Writer::default()
        .begin("")
        .property("description", b"Island\0")
        .begin("images")
        .begin("kernel-1")
        .property("data", b"the kernel")
        .property("type", b"kernel\0")
        .begin("hash-1")
        .property("algo", b"crc32\0")
        .property("value", &hash.to_be_bytes())
        .end();
    if cipher {
        writer =
            writer.begin("cipher").property("algo", b"aes256\0").property("key-name-hint", b"dev\0").end();
    }
    writer.end()
}

#[test]
fn images_and_their_hashes() {
    let mut crc = flate2::Crc::new();
    crc.update(b"the kernel");
    let good = image(crc.sum(), false).end().end().blob();
    assert!(read(&DeviceTreeBlob, &good, Place::Start).is_none());
    let (reading, entries) = read(&Fit, &good, Place::Inside).unwrap();
    assert_eq!(reading.problems, []);
    assert!(entries.iter().any(|entry| &*entry.path == b"images/kernel-1/data"));
    assert!(reading.attributes.contains(&("images", "kernel-1: type=kernel, hash=crc32".into())));
    let bad = image(crc.sum() ^ 1, true).end().end().blob();
    let (reading, _) = read(&Fit, &bad, Place::Inside).unwrap();
    let kinds: Vec<_> = reading.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Unsupported, ProblemKind::Checksum]);
    assert!(reading.problems[0].detail.contains("aes256, key dev"));
}

#[test]
fn images_behind_the_tree() {
    let outside = |offset: u32, size: u32| {
        let writer = image(0, false).begin("fdt-1").property("data-offset", &offset.to_be_bytes());
        writer.property("data-size", &size.to_be_bytes()).end().end().end().blob()
    };
    let mut data = outside(8, 4);
    let tree = data.len();
    data.resize(tree.next_multiple_of(4) + 8, 0);
    data.extend_from_slice(b"blob and another");
    let (reading, entries) = read(&Fit, &data, Place::Inside).unwrap();
    assert_eq!(reading.size, tree.next_multiple_of(4) + 12);
    let entry = entries.iter().find(|entry| &*entry.path == b"images/fdt-1/data").unwrap();
    assert!(matches!(entry.kind, EntryKind::Stream(Content::Slice(b"blob"))));
    for (offset, size) in [(u32::MAX, u32::MAX), (0, 1000), (u32::MAX, 1)] {
        let (reading, _) = read(&Fit, &outside(offset, size), Place::Start).unwrap();
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Truncated));
    }
}

#[test]
fn what_nests_too_deep_or_never_ends_is_told() {
    let deep = (0..1000).fold(board(), |writer, _| writer.begin("n")).blob();
    let (reading, _) = read(&DeviceTreeBlob, &deep, Place::Start).unwrap();
    assert_eq!(reading.problems[0].kind, ProblemKind::LimitReached);
    let (reading, _) = read(&DeviceTreeBlob, &board().blob(), Place::Start).unwrap();
    assert!(reading.problems[0].detail.contains("do not end"));
    let (reading, _) = read(&DeviceTreeBlob, &board().end().end().blob(), Place::Start).unwrap();
    assert!(reading.problems[0].detail.contains("did not begin"));
    let (reading, _) = read(&DeviceTreeBlob, &board().word(77).blob(), Place::Start).unwrap();
    assert!(reading.problems[0].detail.contains("0x0000004d"));
}

#[test]
fn images_that_share_their_data_are_hashed_so_often_and_no_more() {
    let mut writer = Writer::default().begin("").begin("images");
    for _ in 0..200 {
        writer = writer
            .begin("i")
            .property("data-position", &[0; 4])
            .property("data-size", &4096_u32.to_be_bytes());
        writer = writer.begin("hash").property("algo", b"sha256\0").property("value", &[0; 32]).end().end();
    }
    let mut data = writer.end().end().blob();
    data.resize(data.len().max(4096), 0);
    let (reading, _) = read(&Fit, &data, Place::Start).unwrap();
    assert_eq!(reading.problems.last().unwrap().kind, ProblemKind::LimitReached);
}

proptest! {
    #[test]
    fn any_words_are_read_without_fault(words in prop::collection::vec(prop_oneof![0u32..12, any::<u32>()], 0..80)) {
        let body = words.into_iter().fold(Writer::default().begin(""), Writer::word);
        let data = body.blob();
        for format in [&DeviceTreeBlob as &dyn Format, &Fit] {
            let mut made = 0;
            let limits = Limits { object_bytes: 4096, ..Limits::default() };
            format.read(&data, Place::Start, &limits, &mut |entry| {
                if let EntryKind::Stream(Content::Deferred { make, .. }) = entry.kind {
                    made += make(&limits).bytes.len();
                }
            });
            prop_assert!(made <= 4096);
        }
    }
}
