//! Texts that a compiler compares as numbers: `corpus/code/pieces/pieces.c`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_code::demands::Kind;
use banbury_code::powers::Power;
use banbury_code::program::Program;
use banbury_code::suspects::{Behind, Suspect, Suspects};
use banbury_formats::executable::elf::Elf;
use std::path::Path;

const MACHINES: [&str; 10] =
    ["x86-64", "x86", "aarch64", "thumb", "arm", "mips", "mipsel", "powerpc", "powerpc64le", "riscv64"];

/// What is demanded before each function's command, in the order of the source.
const TEXTS: [&str; 8] =
    ["Zq7!maint", "kR4-open-Sezame-", "Zq7main", "oP3n-Th1", "t3lnet-m", "seza", "c0Mpar3d-in", "b0unded-1n"];

fn suspects(machine: &str) -> Vec<Suspect> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/code/pieces");
    let bytes = std::fs::read(folder.join(format!("{machine}.elf"))).unwrap();
    let program = Program::of(&Elf::parse(&bytes).unwrap()).unwrap();
    let mut found = Suspects::of(&program).all;
    found.retain(|suspect| matches!(suspect.behind, Behind::Power { power: Power::Execute, steps: 0, .. }));
    found.sort_by_key(|suspect| suspect.function);
    found
}

#[test]
fn what_is_compared_as_numbers_is_one_text() {
    for machine in MACHINES {
        let found = suspects(machine);
        assert_eq!(found.len(), TEXTS.len() + 1, "{machine}: {found:?}");
        for (suspect, text) in found.iter().zip(TEXTS) {
            let (trigger, plain) = suspect.trigger();
            assert_eq!((String::from_utf8_lossy(&trigger).as_ref(), plain), (text, true), "{machine}");
            assert_eq!(suspect.bits() as usize, text.len() * 6, "{machine}: {text}");
            assert!(suspect.features().contains(&"text"), "{machine}: {text}");
        }
    }
}

#[test]
fn a_number_that_is_no_text_stays_one() {
    for machine in MACHINES {
        let last = suspects(machine).pop().unwrap();
        assert!(
            last.demands.iter().any(|demand| demand.kind == Kind::Number(0x9d3c_81f5)),
            "{machine}: {last:?}"
        );
        assert!(!last.features().contains(&"text"), "{machine}");
    }
}
