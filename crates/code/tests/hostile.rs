//! Executables that are made to keep a reader busy, or to lead it beyond the last address: reading them ends, soon, and what is left out is said.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_code::program::Program;
use banbury_code::suspects::Suspects;
use banbury_formats::executable::elf::Elf;
use std::time::{Duration, Instant};

/// Where code stands.
const CODE: u64 = 0x40_0000;
/// A program that asks the system to start another one, and returns.
const EXECVE: [u8; 8] = [0xb8, 0x3b, 0, 0, 0, 0x0f, 0x05, 0xc3];

/// A segment: flags, address, offset from the end of the headers, bytes in the file and in memory.
type Segment = (u32, u64, u64, u64, u64);
/// A section: type, flags, address, offset from the end of the headers, bytes, its link.
type Section = (u32, u64, u64, u64, u64, u32);

/// A static executable for x86-64 with these tables, and what stands behind them.
fn executable(entry: u64, segments: &[Segment], sections: &[Section], content: &[u8]) -> Vec<u8> {
    let (count, length) = (segments.len() as u64, content.len() as u64);
    let start = (64 + 56 * count).next_multiple_of(0x1000);
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([2_u16, 62].into_iter().flat_map(u16::to_le_bytes));
    file.extend(1_u32.to_le_bytes());
    let table = if sections.is_empty() { 0 } else { start + length };
    file.extend([entry, 64, table].into_iter().flat_map(u64::to_le_bytes));
    file.extend(0_u32.to_le_bytes());
    let halves = [64, 56, segments.len(), 64, sections.len(), 0];
    file.extend(halves.into_iter().flat_map(|half| u16::try_from(half).unwrap().to_le_bytes()));
    for (flags, address, offset, bytes, memory) in segments {
        file.extend([1, *flags].into_iter().flat_map(u32::to_le_bytes));
        let words = [start + offset, *address, *address, *bytes, *memory, 0x1000];
        file.extend(words.into_iter().flat_map(u64::to_le_bytes));
    }
    file.resize(usize::try_from(start).unwrap(), 0);
    file.extend(content);
    for (kind, flags, address, offset, bytes, link) in sections {
        file.extend([0, *kind].into_iter().flat_map(u32::to_le_bytes));
        file.extend([*flags, *address, start + offset, *bytes].into_iter().flat_map(u64::to_le_bytes));
        file.extend([*link, 0].into_iter().flat_map(u32::to_le_bytes));
        file.extend([8_u64, 24].into_iter().flat_map(u64::to_le_bytes));
    }
    file
}

/// Of one segment of code.
fn plain(code: &[u8]) -> Vec<u8> {
    let length = code.len() as u64;
    executable(CODE, &[(5, CODE, 0, length, length)], &[], code)
}

/// A function that calls all of these, and these behind it, each at a place that is a multiple of 16.
fn called(functions: &[Vec<u8>]) -> Vec<u8> {
    let head = (5 * functions.len() + 1).next_multiple_of(16);
    let (mut code, mut behind) = (Vec::new(), Vec::new());
    for function in functions {
        let to = i32::try_from(head + behind.len()).unwrap() - i32::try_from(code.len() + 5).unwrap();
        code.push(0xe8);
        code.extend(to.to_le_bytes());
        behind.extend(function);
        behind.resize(behind.len().next_multiple_of(16), 0xcc);
    }
    code.push(0xc3);
    code.resize(head, 0xcc);
    code.extend(behind);
    code
}

/// What is left out of the search for the C library, functions, and what else is not followed.
fn read(file: &[u8]) -> (Option<&'static str>, usize, usize) {
    let started = Instant::now();
    let elf = Elf::parse(file).unwrap();
    let program = Program::of(&elf).unwrap();
    assert!(program.is_static());
    let suspects = Suspects::of(&program);
    // Minutes on a machine that has other things to do; all of these took hours or ended by want of memory.
    assert!(started.elapsed() < Duration::from_secs(240), "{:?}", started.elapsed());
    (program.library_missed(), suspects.functions, suspects.gaps)
}

#[test]
fn code_at_the_end_of_all_addresses_ends() {
    let call = [0xe8, 0xfb, 0xff, 0xff, 0xff];
    for top in [0_u64, u64::MAX - 0xfff, u64::MAX - 0x1_0fff, 0xffff_f000] {
        let mut code = called(&[EXECVE.to_vec(), vec![0xeb, 0xfe]]);
        code.resize(0x1000 - call.len(), 0x90);
        code.extend(call);
        for size in [0x1000, u64::MAX] {
            let segments = [(5, CODE, 0, 0x1000, 0x1000), (5, top, 0, 0x1000, size)];
            let (_, functions, _) = read(&executable(top, &segments, &[], &code));
            assert!(functions > 0, "{top:#x}");
        }
    }
}

#[test]
fn segments_that_show_the_same_bytes_are_read_a_few_times() {
    let code = called(&vec![EXECVE.to_vec(); 4000]);
    let length = code.len() as u64;
    let mut segments: Vec<Segment> = vec![(5, CODE, 0, length, length)];
    segments.extend((1..20_000).map(|number| (5, CODE + number * 0x100_0000, 0, length, length)));
    let file = executable(CODE, &segments, &[], &code);
    let (_, functions, _) = read(&file);
    assert!((4000..4 * file.len() / 16).contains(&functions), "{functions}");
    // One over the other, each a little further.
    let segments: Vec<Segment> =
        (0..20_000).map(|number| (5, CODE + number * 16, 0, length, u64::MAX)).collect();
    assert!(read(&executable(CODE, &segments, &[], &code)).1 > 0);
}

#[test]
fn tables_that_many_sections_show_are_read_once() {
    let mut content = called(&[EXECVE.to_vec()]);
    content.resize(0x1000, 0);
    let relocation = [0x80_0000, 37, CODE].map(u64::to_le_bytes).concat();
    content.extend(relocation.iter().cycle().take(24 * 20_000));
    let length = content.len() as u64;
    let segments = [(5, CODE, 0, 0x1000, 0x1000), (4, 0x100_0000, 0x1000, length - 0x1000, length - 0x1000)];
    for (kind, flags) in [(4, 2), (2, 0)] {
        let sections = vec![(kind, flags, 0x100_0000, 0x1000, 24 * 20_000, 0); 30_000];
        assert!(read(&executable(CODE, &segments, &sections, &content)).1 > 0);
    }
}

#[test]
fn more_resolvers_than_a_library_has_are_not_asked() {
    // `lea rax, [rip - 7]` is where the function itself stands.
    let itself = [0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xc3];
    let (count, place) = (20_000, 0x20_0000);
    let mut content: Vec<u8> = itself.into_iter().chain([0xcc; 8]).cycle().take(16 * count).collect();
    content.resize(place, 0xcc);
    let own = (0..count as u64).map(|number| [0x1000_0000 + 8 * number, 37, CODE + 16 * number]);
    content.extend(own.flatten().flat_map(u64::to_le_bytes));
    let (place, size) = (place as u64, 24 * count as u64);
    let segments = [(5, CODE, 0, place, place), (4, 0x100_0000, place, size, size)];
    let (missed, ..) = read(&executable(CODE, &segments, &[(4, 2, 0x100_0000, place, size, 0)], &content));
    assert_eq!(missed, Some("more resolvers than are asked what they choose"));
}

#[test]
fn functions_that_never_end_are_given_up() {
    for function in
        [vec![0xeb, 0xfe], vec![0x48, 0xff, 0xc7, 0x88, 0x07, 0xeb, 0xf9], vec![0xe8, 0xfb, 0xff, 0xff, 0xff]]
    {
        let mut functions = vec![function; 20_000];
        functions.push(EXECVE.to_vec());
        assert!(read(&plain(&called(&functions))).1 > 20_000);
    }
    // Four thousand instructions each, none of which another one has.
    let mut functions = vec![[0x48, 0x01, 0x44, 0x24, 0xf8].repeat(2400); 2000];
    functions.push(EXECVE.to_vec());
    assert_eq!(read(&plain(&called(&functions))).0, Some("functions that were not tried for want of time"));
}

#[test]
fn places_that_ask_the_system_are_counted() {
    let mut functions = vec![EXECVE.to_vec(); 20_000];
    functions.push(vec![0xc3]);
    let (missed, ..) = read(&plain(&called(&functions)));
    assert_eq!(missed, Some("more places that ask the system than are looked at"));
}

#[test]
fn answers_of_answers_end() {
    // Each function asks the next one sixty times, and gives another number for each answer.
    let (depth, asked) = (5_usize, 60_usize);
    let size = 24 * asked + 16;
    let mut functions: Vec<Vec<u8>> = Vec::new();
    for level in 0..depth {
        let mut code = Vec::new();
        for number in 0..asked {
            let to = if level + 1 == depth { 0 } else { size.next_multiple_of(16) - code.len() - 5 };
            code.push(0xe8);
            code.extend(u32::try_from(to).unwrap().to_le_bytes());
            // cmp eax, number; jne over; mov eax, number; ret
            code.extend([0x83, 0xf8, u8::try_from(number).unwrap(), 0x75, 0x06, 0xb8]);
            code.extend(u32::try_from(number * 7 % asked).unwrap().to_le_bytes());
            code.push(0xc3);
        }
        code.push(0xc3);
        code.resize(size, 0xcc);
        functions.push(code);
    }
    functions.push(EXECVE.to_vec());
    assert!(read(&plain(&called(&functions))).1 > depth);
}

#[test]
fn an_outcome_of_very_many_ways_is_a_gap() {
    let count = 20_000_u32;
    let mut code = Vec::new();
    for number in 0..count {
        // cmp dword [rdi], number; je end
        code.extend([0x81, 0x3f]);
        code.extend((0x5a5a_0001_u32 + number * 77).to_le_bytes());
        code.extend([0x0f, 0x84]);
        code.extend(((count - number - 1) * 12).to_le_bytes());
    }
    code.extend([0x31, 0xc0, 0xc3]);
    let (_, functions, gaps) = read(&plain(&called(&[code, EXECVE.to_vec()])));
    assert!(functions > 1 && gaps > 0, "{functions} {gaps}");
}
