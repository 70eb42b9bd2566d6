//! Calls with fixed arguments, of programs of the corpus and of damaged ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use banbury_code::program::Program;
use banbury_code::uses::{To, Uses};
use banbury_formats::executable::elf::Elf;
use proptest::prelude::*;
use std::path::Path;

fn corpus(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/probes/gates/input");
    std::fs::read(folder.join(name)).unwrap()
}

fn commands(bytes: &[u8]) -> Vec<String> {
    let elf = Elf::parse(bytes).unwrap();
    let uses = Uses::of(Program::of(&elf).unwrap());
    let mut texts: Vec<String> = uses
        .through(b"system", &[0])
        .iter()
        .filter_map(|one| Some(String::from_utf8_lossy(uses.content(one, 0)?.text).into_owned()))
        .collect();
    texts.sort();
    texts
}

#[test]
fn texts_at_calls_are_read_on_each_machine() {
    for machine in ["x86-64", "aarch64", "mipsel"] {
        let found = commands(&corpus(&format!("plain-{machine}")));
        assert_eq!(
            found,
            ["/etc/init.d/net restart", "/etc/init.d/net start", "/etc/init.d/net stop"],
            "{machine}"
        );
    }
}

#[test]
fn calls_in_a_function_stand_together() {
    let bytes = corpus("accepts-x86-64");
    let elf = Elf::parse(&bytes).unwrap();
    let uses = Uses::of(Program::of(&elf).unwrap());
    let crypt = uses.of_name(b"crypt").next().unwrap();
    assert!(uses.in_function(crypt.function).any(|one| one.to == To::Import(b"strcmp".to_vec())));
    assert!(uses.all().iter().all(|one| uses.in_function(one.function).any(|other| other.at == one.at)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_programs(at in 0usize..6000, bytes in proptest::collection::vec(any::<u8>(), 1..40), cut in 0usize..12000) {
        let mut content = corpus("plain-mipsel");
        let end = content.len().min(at + bytes.len());
        if at < end {
            content[at..end].copy_from_slice(&bytes[..end - at]);
        }
        content.truncate(cut.max(64));
        if let Some(program) = Elf::parse(&content).as_ref().and_then(Program::of) {
            let uses = Uses::of(program);
            for one in uses.all() {
                for number in 0..one.given.len() {
                    let _ = (uses.content(one, number), uses.bytes(one, number, 16), uses.maker(one, number));
                }
                prop_assert!(uses.powers(one.function).len() <= 9);
            }
            prop_assert!(uses.through(b"system", &[0]).len() < 1 << 16);
        }
    }
}
