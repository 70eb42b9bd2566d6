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
