//! ELF as a format: recognises executables, objects and kernel modules at any offset and says how far they reach.
//!
//! When it is wrong: a carved ELF whose headers point past what belongs to it takes bytes of its neighbour.

use super::elf::Elf;
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// ELF.
pub struct ElfFormat;

static DESCRIPTION: Description = Description {
    name: "elf",
    title: "Executable and Linkable Format",
    magics: &[Magic { offset: 0, bytes: b"\x7fELF" }],
    yields: "nothing; its extent, class, byte order, machine and type",
    limits: &[
        "bytes that no header points at are not part of it, except a signature appended to a kernel module",
        "the signature of a kernel module is not verified",
        "a carved ELF with a machine number outside the known list is not taken",
        "sections that are compressed inside the file are not decompressed",
    ],
    source: "System V Application Binary Interface, chapters 4 and 5; Linux elf(5)",
};

impl Format for ElfFormat {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        _limits: &Limits,
        _sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(elf) = Elf::parse(data) else {
            return if place == Place::Start { stump(data) } else { None };
        };
        if place == Place::Inside && !is_sound(&elf, data) {
            return None;
        }
        let machine = match elf.machine_name() {
            Some(name) => name.to_owned(),
            None => format!("machine {}", elf.machine),
        };
        let mut problems = elf.problems.clone();
        if elf.version != 1 {
            problems.push(Problem::new(
                ProblemKind::Malformed,
                20,
                format!("version {}, not 1", elf.version),
            ));
        }
        if elf.machine_name().is_none() {
            problems.push(Problem::new(ProblemKind::Malformed, 18, format!("unknown {machine}")));
        }
        problems.sort();
        let mut attributes = vec![
            ("class", if elf.is_64 { "64-bit" } else { "32-bit" }.to_owned()),
            ("byte-order", if elf.big_endian { "big-endian" } else { "little-endian" }.to_owned()),
            ("machine", machine),
            ("type", elf.kind_name().to_owned()),
        ];
        let signature = data.get(elf.extent..).and_then(module_signature);
        if let Some(size) = signature {
            attributes.push(("appended-signature", format!("{size} bytes")));
        }
        Some(Reading { size: elf.extent + signature.unwrap_or(0), attributes, problems })
    }
}

/// The size of the signature that Linux appends to a kernel module: the signature, 12 bytes that end in its length
/// (big-endian), and a closing text (Linux, include/linux/module_signature.h).
fn module_signature(data: &[u8]) -> Option<usize> {
    const MARK: &[u8] = b"~Module signature appended~\n";
    let near = data.get(..8192).unwrap_or(data);
    let mark = near.windows(MARK.len()).position(|window| window == MARK)?;
    let length = near.get(mark.checked_sub(4)?..mark)?.first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (length.checked_add(12)? == mark).then_some(mark + MARK.len())
}

/// Whether the bytes are ELF beyond what chance or a text about ELF makes.
fn is_sound(elf: &Elf<'_>, data: &[u8]) -> bool {
    let tables_are_there = !elf.problems.iter().any(|problem| problem.detail.starts_with("program headers"));
    let loads_fit = elf.loads().all(|load| {
        load.file_size <= load.memory_size
            && load.offset.checked_add(load.file_size).is_some()
            && load.offset <= data.len() as u64
    });
    elf.consistent
        && elf.named
        && elf.version == 1
        && (1..=4).contains(&elf.kind)
        && elf.machine_name().is_some()
        && !(elf.segments.is_empty() && elf.sections.is_empty())
        && tables_are_there
        && loads_fit
}

/// An object that starts as ELF and ends, or breaks off, within its header.
fn stump(data: &[u8]) -> Option<Reading> {
    let ident = data.get(4..7)?;
    let sane = matches!(ident, [1 | 2, 1 | 2, 1]);
    (data.starts_with(b"\x7fELF") && sane && data.len() < 64).then(|| Reading {
        size: data.len(),
        attributes: Vec::new(),
        problems: vec![Problem::new(
            ProblemKind::Truncated,
            data.len() as u64,
            format!("ends within its header, after {} bytes", data.len()),
        )],
    })
}

#[cfg(test)]
mod tests {
    use super::super::elf::Relro;
    use super::*;
    use proptest::prelude::*;

    /// A 32-bit big-endian MIPS executable of one segment, by hand: 52 bytes of header, 32 of program header, code.
    fn mips(code: &[u8]) -> Vec<u8> {
        let mut file = b"\x7fELF\x01\x02\x01\0\0\0\0\0\0\0\0\0".to_vec();
        let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_be_bytes());
        let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_be_bytes());
        let size = 84 + code.len() as u32;
        [2, 8].iter().for_each(|value| half(&mut file, *value));
        [1, 0x40_0054, 52, 0, 0].iter().for_each(|value| word(&mut file, *value));
        [52, 32, 1, 0, 0, 0].iter().for_each(|value| half(&mut file, *value));
        [1, 0, 0x40_0000, 0x40_0000, size, size, 5, 0x1_0000]
            .iter()
            .for_each(|value| word(&mut file, *value));
        file.extend(code);
        file
    }

    fn read(data: &[u8], place: Place) -> Option<Reading> {
        let mut entries = 0;
        let reading = ElfFormat.read(data, place, &Limits::default(), &mut |_| entries += 1);
        assert_eq!(entries, 0);
        reading
    }

    #[test]
    fn extent_ends_where_the_headers_end() {
        let mut file = mips(b"code");
        let size = file.len();
        file.extend([0xff; 100]);
        for place in [Place::Start, Place::Inside] {
            let reading = read(&file, place).unwrap();
            assert_eq!((reading.size, &reading.problems[..]), (size, &[][..]));
            assert_eq!(reading.attributes[2], ("machine", "mips".to_owned()));
            assert_eq!(reading.attributes[1], ("byte-order", "big-endian".to_owned()));
        }
    }

    #[test]
    fn an_appended_signature_belongs_to_the_module() {
        let mut file = mips(b"code");
        let size = file.len();
        file.extend([7; 100]);
        file.extend([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 100]);
        file.extend(b"~Module signature appended~\n");
        let whole = file.len();
        file.extend([0xff; 10]);
        assert_eq!(read(&file, Place::Start).unwrap().size, whole);
        file[size + 111] = 99;
        assert_eq!(read(&file, Place::Start).unwrap().size, size, "the length does not fit");
    }

    #[test]
    fn a_cut_file_is_read_and_reported() {
        let file = mips(&[0; 64]);
        for length in 16..file.len() {
            let reading = read(&file[..length], Place::Start).unwrap();
            assert_eq!(reading.size, length);
            assert!(reading.problems.iter().any(|p| p.kind == ProblemKind::Truncated), "{length}");
        }
        assert!(read(&file[..70], Place::Inside).is_none(), "the program header is cut off");
    }

    #[test]
    fn inside_asks_for_more_than_the_magic() {
        let mut file = mips(b"code");
        file[19] = 0xee;
        assert!(read(&file, Place::Inside).is_none());
        let reading = read(&file, Place::Start).unwrap();
        assert!(reading.problems.iter().any(|p| p.detail.contains("machine")));
        assert!(
            read(b"\x7fELF is the magic of ELF files, which have a header of 52 or 64 bytes.", Place::Start)
                .is_none()
        );
    }

    #[test]
    fn a_header_without_its_sections_is_none_inside() {
        // Programs that write objects hold such headers, with something else behind them.
        let header = |names_at: usize, kind: u32, last_name: u32| {
            let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
            [1_u16, 3].iter().for_each(|half| file.extend(half.to_le_bytes()));
            [1_u32, 0, 0, 52, 0].iter().for_each(|word| file.extend(word.to_le_bytes()));
            [52_u16, 0, 0, 40, 3, 2].iter().for_each(|half| file.extend(half.to_le_bytes()));
            let sections = [[0; 5], [1, 1, 0, 0, 52], [last_name, kind, 0, 0, names_at as u32]];
            for [name, kind, flags, address, offset] in sections {
                [name, kind, flags, address, offset, 20, 0, 0, 1, 0]
                    .iter()
                    .for_each(|word: &u32| file.extend(word.to_le_bytes()));
            }
            file.extend(b"\0.text\0.shstrtab\0\0\0\0");
            file
        };
        assert_eq!(read(&header(172, 3, 7), Place::Inside).unwrap().problems, []);
        assert!(read(&header(172, 0x28, 7), Place::Inside).is_none(), "no string table");
        assert!(read(&header(172, 3, 0x10_0000), Place::Inside).is_none(), "a name outside of it");
        assert!(read(&header(172, 0x28, 7), Place::Start).is_some());
    }

    #[test]
    fn separate_symbols_are_whole() {
        let file = |kind: u32| {
            let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
            [3_u16, 3].iter().for_each(|half| file.extend(half.to_le_bytes()));
            [1_u32, 0, 52, 84, 0].iter().for_each(|word| file.extend(word.to_le_bytes()));
            [52_u16, 32, 1, 40, 3, 2].iter().for_each(|half| file.extend(half.to_le_bytes()));
            let words = |file: &mut Vec<u8>, words: &[u32]| {
                words.iter().for_each(|word| file.extend(word.to_le_bytes()))
            };
            words(&mut file, &[1, 0, 0, 0, 0x4000, 0x4000, 5, 0x1000]);
            words(&mut file, &[0; 10]);
            words(&mut file, &[1, kind, 6, 0x1000, 0x1000, 0x3000, 0, 0, 16, 0]);
            words(&mut file, &[7, 3, 0, 0, 204, 17, 0, 0, 1, 0]);
            file.extend(b"\0.text\0.shstrtab\0");
            file
        };
        let (symbols, cut) = (file(8), file(1));
        let reading = read(&symbols, Place::Start).unwrap();
        assert_eq!((reading.size, reading.problems), (symbols.len(), vec![]));
        assert_eq!(read(&cut, Place::Start).unwrap().problems[0].kind, ProblemKind::Truncated);
    }

    #[test]
    fn an_own_executable_is_read() {
        // The test's own binary: 64-bit, dynamic, with sections.
        let data = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let elf = Elf::parse(&data).unwrap();
        assert!(elf.is_64 && elf.is_dynamic() && elf.is_pie());
        assert_eq!(elf.relro(), Relro::Full);
        assert_eq!(elf.executable_stack(), Some(false));
        assert!(elf.needed().iter().any(|name| name.starts_with(b"libc.so")));
        assert!(elf.interpreter().is_some_and(|name| name.starts_with(b"/lib")));
        assert!(
            elf.symbols()
                .iter()
                .any(|symbol| !symbol.defined && symbol.name.starts_with(b"__libc_start_main"))
        );
        assert!(elf.build_id().is_some_and(|id| id.len() >= 8));
        assert!(elf.section(".comment").is_some());
        assert!(elf.problems.is_empty(), "{:?}", elf.problems);
        assert_eq!(elf.extent, data.len());

        // The same file without its section headers: symbols come from the dynamic table.
        let mut bare = data.clone();
        bare[40..48].fill(0);
        bare[60..62].fill(0);
        let elf = Elf::parse(&bare).unwrap();
        assert!(elf.sections.is_empty());
        assert!(elf.symbols().iter().any(|symbol| symbol.name.starts_with(b"__libc_start_main")));
    }

    /// Checks the extent of every ELF file of a folder: `BANBURY_TREE=folder cargo test -- --ignored extents_of`.
    #[test]
    #[ignore = "for a real tree; needs BANBURY_TREE"]
    fn extents_of_real_files() {
        let mut folders = vec![std::path::PathBuf::from(std::env::var_os("BANBURY_TREE").unwrap())];
        let (mut whole, mut short) = (0, Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let data = std::fs::read(entry.path()).unwrap();
                    let Some(reading) = read(&data, Place::Inside) else { continue };
                    assert!(reading.problems.is_empty(), "{:?} {:?}", entry.path(), reading.problems);
                    whole += 1;
                    if reading.size < data.len() {
                        short.push((entry.path(), data.len() - reading.size));
                    }
                }
            }
        }
        println!("{whole} read, {} end before their file does: {:?}", short.len(), short.first());
        assert!(whole > 0);
    }

    fn exercise(data: &[u8]) {
        for place in [Place::Start, Place::Inside] {
            if let Some(reading) = read(data, place) {
                assert!(reading.size > 0 && reading.size <= data.len());
            }
        }
        if let Some(elf) = Elf::parse(data) {
            let _ = (elf.symbols(), elf.notes(), elf.needed(), elf.soname(), elf.relro(), elf.interpreter());
            let _ =
                (elf.section(".comment"), elf.section_at(100), elf.kind_name(), elf.rpath(), elf.runpath());
        }
    }

    proptest! {
        #[test]
        fn random_bytes_after_the_magic(class in 1u8..=2, order in 1u8..=2, rest in proptest::collection::vec(any::<u8>(), 0..512)) {
            let mut data = vec![0x7f, b'E', b'L', b'F', class, order, 1];
            data.extend(rest);
            exercise(&data);
        }

        #[test]
        fn flips(at in 0usize..148, value: u8, length in 0usize..148) {
            let mut data = mips(&[0x42; 64]);
            data[at] = value;
            exercise(&data);
            exercise(&data[..length]);
        }
    }
}
