//! Functions of the C library in executables that no other file takes part in: `corpus/code/static/static.c`, whose functions are called `f_` and the
//! name of POSIX, and which has secrets before what these do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_code::demands::Kind;
use banbury_code::powers::Power;
use banbury_code::program::Program;
use banbury_code::suspects::{Behind, Suspects};
use banbury_formats::executable::elf::Elf;
use std::collections::BTreeMap;
use std::path::Path;

const MACHINES: [&str; 9] =
    ["x86-64", "x86", "aarch64", "thumb", "arm", "mips", "mipsel", "powerpc", "riscv64"];

fn bytes(machine: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/code/static");
    std::fs::read(folder.join(format!("{machine}.elf"))).unwrap()
}

/// By the name in the source, where each function stands.
fn sources(program: &Program<'_>) -> BTreeMap<String, u64> {
    let symbols = program.image().symbols().iter().filter(|symbol| symbol.function);
    symbols.map(|symbol| (String::from_utf8_lossy(symbol.name).into_owned(), symbol.address)).collect()
}

/// What is not told: instructions that no reader of the machine models.
fn is_missed(machine: &str, name: &str) -> bool {
    match machine {
        // `cmn` of two registers.
        "arm" | "thumb" => name == "strncmp",
        // `movsb`.
        "x86" => name == "memcpy",
        _ => false,
    }
}

#[test]
fn functions_are_told_by_what_they_do() {
    for machine in MACHINES {
        let bytes = bytes(machine);
        let program = Program::of(&Elf::parse(&bytes).unwrap()).unwrap();
        assert!(program.is_static(), "{machine}");
        assert_eq!(program.library_missed(), None, "{machine}");
        for (name, address) in sources(&program) {
            let told = program.library().get(&address).map(|told| String::from_utf8_lossy(told).into_owned());
            match name.strip_prefix("f_") {
                // Linux has no `fork` on the newer machines.
                Some("fork") => {
                    assert!(matches!(told.as_deref(), Some("fork" | "clone")), "{machine}: {told:?}")
                }
                // Two addresses of texts at once in a vector register: what starts a program all the same.
                Some("system") if machine == "x86-64" => assert_eq!(told.as_deref(), Some("execv")),
                Some(posix) if is_missed(machine, posix) => assert_eq!(told, None, "{machine}: {posix}"),
                Some(posix) => assert_eq!(told.as_deref(), Some(posix), "{machine}"),
                // What depends on a further argument or looks for the beginning only is none of them.
                None => assert_eq!(told, None, "{machine}: {name}"),
            }
        }
    }
}

#[test]
fn secrets_before_them_are_found() {
    for machine in MACHINES {
        let bytes = bytes(machine);
        let program = Program::of(&Elf::parse(&bytes).unwrap()).unwrap();
        let (sources, suspects) = (sources(&program), Suspects::of(&program));
        let powers = |name: &str| -> Vec<Power> {
            let of = suspects.all.iter().filter(|suspect| suspect.function == sources[name]);
            of.filter_map(|suspect| match suspect.behind {
                Behind::Power { power, steps: 0, .. } => Some(power),
                _ => None,
            })
            .collect()
        };
        for (name, power) in [
            ("p_one", Power::Execute),
            ("p_either", Power::Execute),
            ("p_table", Power::Execute),
            ("p_bytes", Power::Identity),
        ] {
            assert_eq!(powers(name), [power], "{machine}: {name}");
        }
        assert!(powers("q_word").is_empty(), "{machine}");
        // One of two secrets is worth the lesser, one of three with its name what the least of both are.
        let bits = |name: &str| {
            let of = suspects.all.iter().find(|suspect| suspect.function == sources[name]).unwrap();
            (of.bits(), of.demands.iter().filter(|demand| matches!(demand.kind, Kind::OneOf(_))).count())
        };
        assert_eq!(bits("p_either"), (13 * 6, 1), "{machine}");
        assert_eq!(bits("p_table"), ((7 + 9) * 6, 2), "{machine}");
    }
}

#[test]
fn a_damaged_one_is_read_in_bounds() {
    for machine in ["x86-64", "mipsel", "arm"] {
        let bytes = bytes(machine);
        for cut in (64..bytes.len()).step_by(97) {
            let mut damaged = bytes[..cut].to_vec();
            if let Some(program) = Elf::parse(&damaged).as_ref().and_then(Program::of) {
                let _ = Suspects::of(&program);
            }
            // And with a byte that is another one.
            damaged = bytes.clone();
            damaged[cut] ^= 0x55;
            if let Some(program) = Elf::parse(&damaged).as_ref().and_then(Program::of) {
                let _ = Suspects::of(&program);
            }
        }
    }
}
