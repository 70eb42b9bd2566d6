//! Executables that are damaged or made to mislead: reading them ends, soon, without a panic, and what can be read still is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_code::early;
use banbury_code::program::Program;
use banbury_code::surface::{self, Surface};
use banbury_code::suspects::Suspects;
use banbury_formats::executable::elf::Elf;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/code").join(name)).unwrap()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/code");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with("-O2.elf"));
    files.sort();
    files
}

/// All that is read of an executable; `None` where it is none.
fn read(bytes: &[u8]) -> Option<(Suspects, Surface, usize)> {
    let elf = Elf::parse(bytes)?;
    let program = Program::of(&elf)?;
    let mut reader = surface::Reader::new(&program);
    let suspects = Suspects::beside(&program, &mut |bounds, read| reader.look(bounds, read));
    let early = early::all(&program).len();
    Some((suspects, reader.finish(), early))
}

/// A 64-bit executable of one segment that holds `code` at 0x400000 and begins there.
fn executable(machine: u16, code: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    for half in [2_u16, machine] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for word in [0x40_0000_u64, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    for word in [1_u32, 5] {
        file.extend(word.to_le_bytes());
    }
    let size = code.len() as u64;
    for word in [0x1000_u64, 0x40_0000, 0x40_0000, size, size, 0x1000] {
        file.extend(word.to_le_bytes());
    }
    file.resize(0x1000, 0);
    file.extend(code);
    file
}

/// Bytes that look random, always the same ones.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn a_cut_at_every_64th_byte_is_read_as_far_as_it_goes() {
    let (mut tried, mut with_code) = (0, 0);
    for path in files() {
        let whole = std::fs::read(&path).unwrap();
        for end in (0..whole.len()).step_by(64) {
            tried += 1;
            with_code +=
                usize::from(read(&whole[..end]).is_some_and(|(suspects, ..)| suspects.functions > 0));
        }
    }
    assert!(tried > 1000 && with_code > tried / 10, "{with_code} of {tried}");
}

#[test]
fn without_sections_calls_are_found_as_with_them() {
    for path in files() {
        let whole = std::fs::read(&path).unwrap();
        let elf = Elf::parse(&whole).unwrap();
        // `e_shoff`, then `e_shnum` and `e_shstrndx`.
        let (offset, width, counts) = if elf.is_64 { (40, 8, 60) } else { (32, 4, 48) };
        let mut bare = whole.clone();
        bare[offset..offset + width].fill(0);
        bare[counts..counts + 4].fill(0);
        let calls = |bytes: &[u8]| {
            let elf = Elf::parse(bytes).unwrap();
            let program = Program::of(&elf).unwrap();
            let names: std::collections::BTreeSet<Vec<u8>> = program.imports().values().cloned().collect();
            (program.functions().len(), names)
        };
        let ((with, named), (without, bare_named)) = (calls(&whole), calls(&bare));
        // Without sections `.symtab` and `.eh_frame` are gone, and with them functions that nothing calls.
        assert!(without > 0 && without * 20 >= with, "{}: {without} of {with} functions", path.display());
        // What code of PowerPC counts from (`.got2`, `.toc`) its section alone names.
        let nameless = path.to_string_lossy().contains("/powerpc");
        assert!(named.is_empty() || nameless || !bare_named.is_empty(), "{}: {named:?}", path.display());
        assert!(read(&bare).is_some());
    }
}

#[test]
fn a_wrong_machine_is_read_as_what_it_says() {
    for path in files() {
        let mut bytes = std::fs::read(&path).unwrap();
        let big_endian = bytes[5] == 2;
        for machine in [0_u16, 2, 3, 8, 20, 21, 40, 62, 183, 243, 0xffff] {
            let field = if big_endian { machine.to_be_bytes() } else { machine.to_le_bytes() };
            bytes[18..20].copy_from_slice(&field);
            let known = read(&bytes).is_some();
            assert!(!known || !matches!(machine, 0 | 2 | 0xffff), "{}: {machine}", path.display());
        }
    }
}

#[test]
fn segments_that_overlap_or_have_no_end_are_read() {
    for name in ["x86-64-exe-O2.elf", "mips-exe-O2.elf", "thumb-so-O2.elf"] {
        let whole = corpus(name);
        let elf = Elf::parse(&whole).unwrap();
        let (table, entry, count) =
            if elf.is_64 { (64, 56, elf.segments.len()) } else { (52, 32, elf.segments.len()) };
        // Offsets of address, bytes in the file and bytes in memory in a program header, and their width.
        let (address, file, memory, width) = if elf.is_64 { (16, 32, 40, 8) } else { (8, 16, 20, 4) };
        for from in 0..count {
            for to in 0..count {
                let mut changed = whole.clone();
                let field = |number: usize, at: usize| table + number * entry + at;
                let value = whole[field(from, address)..field(from, address) + width].to_vec();
                changed[field(to, address)..field(to, address) + width].copy_from_slice(&value);
                read(&changed);
                for at in [file, memory] {
                    changed[field(to, at)..field(to, at) + width].fill(0xff);
                    read(&changed);
                }
            }
        }
    }
}

#[test]
fn tables_that_point_at_themselves_end() {
    for name in [
        "x86-64-so-O2.elf",
        "x86-64-exe-O2.elf",
        "mips-so-O2.elf",
        "aarch64-so-O2.elf",
        "powerpc-so-O2.elf",
        "arm-so-O2.elf",
    ] {
        let whole = corpus(name);
        let elf = Elf::parse(&whole).unwrap();
        let Some(dynamic) = elf.segments.iter().find(|segment| segment.kind == 2) else { continue };
        let (at, address) = (usize::try_from(dynamic.offset).unwrap(), dynamic.address);
        let width = if elf.is_64 { 8 } else { 4 };
        let put = |bytes: &mut Vec<u8>, place: usize, value: u64| {
            let all = if elf.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
            let part = if elf.big_endian { &all[8 - width..] } else { &all[..width] };
            bytes[place..place + width].copy_from_slice(part);
        };
        let started = Instant::now();
        for number in 0..elf.dynamic.len() {
            for value in [address, 0, u64::MAX, u64::MAX - 7, 1 << 31] {
                let mut changed = whole.clone();
                put(&mut changed, at + (2 * number + 1) * width, value);
                read(&changed);
                // Tables of constructors, of relocations, packed ones, and their sizes, wherever this entry was.
                for tag in
                    [5_u64, 6, 7, 8, 17, 18, 23, 2, 25, 27, 35, 36, 0x7000_000a, 0x7000_0011, 0x7000_0013]
                {
                    put(&mut changed, at + 2 * number * width, tag);
                    if number % 4 == 0 {
                        read(&changed);
                    }
                }
            }
        }
        assert!(started.elapsed() < Duration::from_secs(600), "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn a_jump_into_the_middle_of_an_instruction_is_followed() {
    // jmp -1; its second byte begins `inc eax`; then `call $+5; pop rax; mov eax, 0x05ebc031; jmp -6` into the number, which is
    // `xor eax, eax; jmp +5`, over bytes that are no instruction, to `ret`.
    let code = [
        &[0xeb_u8, 0xff, 0xc0, 0xe8, 0, 0, 0, 0, 0x58, 0xb8, 0x31, 0xc0, 0xeb, 0x05, 0xeb, 0xfa][..],
        &[0x0f, 0x0b, 0x06],
        &[0xc3],
    ]
    .concat();
    let file = executable(62, &code);
    let elf = Elf::parse(&file).unwrap();
    let program = Program::of(&elf).unwrap();
    let bounds = *program.functions().iter().find(|bounds| bounds.start == 0x40_0000).unwrap();
    let found = program.read(bounds);
    let places: Vec<u64> = found.blocks.insns.iter().map(|insn| insn.address - 0x40_0000).collect();
    for place in [0, 1, 3, 9, 10, 12, 14] {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
    assert!(read(&file).is_some());
}

#[test]
fn random_code_ends_soon() {
    for machine in [3_u16, 8, 20, 21, 40, 62, 183, 243] {
        let file = executable(machine, &noise(1 << 20));
        let started = Instant::now();
        let functions = read(&file).map_or(0, |(suspects, ..)| suspects.functions);
        // A machine of 32 bits is none of this class.
        assert!(functions > 0 || matches!(machine, 3 | 20 | 40), "{machine}");
        assert!(started.elapsed() < Duration::from_secs(120), "{machine}: {:?}", started.elapsed());
    }
}

/// 100 MB take minutes where nothing is optimised: `cargo test --release -p banbury-code --test damage -- --ignored`.
#[test]
#[ignore = "for a release build: reads 100 MB for each machine"]
fn a_hundred_megabytes_of_random_code_end() {
    for machine in [62_u16, 183, 8, 21, 243] {
        let file = executable(machine, &noise(100 << 20));
        let started = Instant::now();
        let (suspects, surface, _) = read(&file).unwrap();
        println!(
            "{machine}: {} functions, {} with gaps, {:?}",
            suspects.functions,
            surface.missed.len(),
            started.elapsed()
        );
        assert!(started.elapsed() < Duration::from_secs(600), "{machine}: {:?}", started.elapsed());
    }
}
