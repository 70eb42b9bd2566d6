use super::super::golden::claims_of_file;
use super::*;
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/rpm/input/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

const FORMS: [&str; 3] = [
    "sqlite/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "ndb/usr/lib/sysimage/rpm/Packages.db",
    "bdb/var/lib/rpm/Packages",
];

fn titles(path: &str, content: &[u8]) -> Vec<String> {
    claims_of_file(&Rpm, path, content).into_iter().map(|claim| claim.title).collect()
}

#[test]
fn the_three_forms_say_the_same() {
    let expected = ["alpha 1.2-3.el9", "beta 1:2.0-1", "gamma 0.9-7"];
    for form in FORMS {
        let mut found = titles(form, &corpus(form));
        found.sort();
        assert_eq!(found, expected, "{form}");
    }
}

#[test]
fn what_is_no_database_is_said() {
    let digest = banbury_evidence::Digest::of(b"x");
    let location = banbury_evidence::Location::exhibit(digest);
    let mut findings = Findings::default();
    Rpm.file(&File::new("var/lib/rpm/Packages", b"x", &location, digest), &mut findings);
    assert_eq!((findings.claims.len(), findings.skipped.len()), (0, 1));
    assert!(titles("home/Packages", &corpus(FORMS[2])).is_empty(), "no database of the system");
}

#[test]
fn a_cut_database_keeps_what_stands_before_the_cut() {
    let whole = corpus(FORMS[2]);
    let found = titles(FORMS[2], &whole[..whole.len() - 512]);
    assert!(found.len() == 2, "{found:?}");
}

/// A Berkeley DB of which each of many items points at one chain of pages.
fn one_chain_many_times(items: usize, blob: &[u8]) -> Vec<u8> {
    const PAGE: usize = 65_536;
    let mut data = vec![0; 2 * PAGE];
    data[12..16].copy_from_slice(&0x0006_1561u32.to_le_bytes());
    data[20..24].copy_from_slice(&(PAGE as u32).to_le_bytes());
    let page = &mut data[PAGE..];
    page[20..22].copy_from_slice(&(2 * items as u16).to_le_bytes());
    page[25] = 2;
    let at = PAGE - 16;
    for item in 0..2 * items {
        page[26 + 2 * item..28 + 2 * item].copy_from_slice(&(at as u16).to_le_bytes());
    }
    page[at] = 3;
    page[at + 4..at + 8].copy_from_slice(&2u32.to_le_bytes());
    page[at + 8..at + 12].copy_from_slice(&(blob.len() as u32).to_le_bytes());
    let parts: Vec<&[u8]> = blob.chunks(PAGE - 26).collect();
    for (number, part) in parts.iter().enumerate() {
        let mut page = vec![0; PAGE];
        let next = if number + 1 < parts.len() { number as u32 + 3 } else { 0 };
        page[16..20].copy_from_slice(&next.to_le_bytes());
        page[22..24].copy_from_slice(&(part.len() as u16).to_le_bytes());
        page[25] = 7;
        page[26..26 + part.len()].copy_from_slice(part);
        data.extend(page);
    }
    data
}

#[test]
fn what_is_pointed_at_again_and_again_is_read_no_more_than_the_file_is_long() {
    let data = one_chain_many_times(15_000, &vec![0; 8 << 20]);
    let (blobs, lost) = berkeley::blobs(&data).unwrap();
    let all: usize = blobs.iter().map(|blob| blob.bytes.len()).sum();
    assert!(all <= data.len() && blobs.len() + lost == 15_000, "{all} of {}", data.len());
}

#[test]
fn texts_that_do_not_end_are_not_searched_to_the_end() {
    let entries = 60_000u32;
    let mut blob = [entries.to_be_bytes(), (8u32 << 20).to_be_bytes()].concat();
    for tag in (1000..1003u32).cycle().take(entries as usize) {
        blob.extend([tag, 6, 0, 1].map(u32::to_be_bytes).concat());
    }
    blob.resize(blob.len() + (8 << 20), b'a');
    // By searching each to the end it would be 480 GB.
    let start = std::time::Instant::now();
    assert_eq!(Header::parse(&blob), None);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn damaged(which in 0usize..3, at: prop::sample::Index, bytes in any::<[u8; 3]>(), cut: prop::sample::Index) {
        let mut data = corpus(FORMS[which]);
        let at = at.index(data.len() - 3);
        data[at..at + 3].copy_from_slice(&bytes);
        prop_assert!(titles(FORMS[which], &data).len() <= 8);
        let cut = cut.index(data.len());
        let _ = titles(FORMS[which], &data[..cut]);
    }

    #[test]
    fn random_headers(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Header::parse(&[&[0, 0, 0, 2, 0, 0, 0, 60][..], &data[..]].concat());
    }
}
