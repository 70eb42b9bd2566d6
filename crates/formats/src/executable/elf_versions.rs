//! The versions of symbols that an ELF file defines and asks for (GNU symbol versioning).
//!
//! What it gives: the names of the version definitions, and those that it needs of each library, in order.
//! What it misses: which symbol has which version; the versions of Solaris.
//! Source: Linux Standard Base Core Specification, chapter "Symbol Versioning".

use super::elf::Elf;

/// `DT_VERDEF`, the address of the version definitions.
const DEFINITIONS: i64 = 0x6fff_fffc;
/// `DT_VERDEFNUM`, how many there are.
const DEFINITION_COUNT: i64 = 0x6fff_fffd;
/// `DT_VERNEED`, the address of the versions needed.
const NEEDS: i64 = 0x6fff_fffe;
/// `DT_VERNEEDNUM`, of how many files.
const NEED_COUNT: i64 = 0x6fff_ffff;
/// The definition that stands for the file itself.
const BASE: u16 = 1;
/// Entries of one chain that are read; far above what any library defines.
const CHAIN: u64 = 4096;

impl<'a> Elf<'a> {
    /// The names of the versions that it defines, without the one that stands for the file itself.
    pub fn version_definitions(&self) -> Vec<&'a [u8]> {
        let mut names = Vec::new();
        let count = self.dynamic_value(DEFINITION_COUNT).unwrap_or(0).min(CHAIN);
        let Some(mut at) = self.dynamic_value(DEFINITIONS).and_then(|address| self.offset_of(address)) else {
            return names;
        };
        for _ in 0..count {
            let (Some(flags), Some(aux), Some(next)) =
                (self.half_at(at, 2), self.word_at(at, 12), self.word_at(at, 16))
            else {
                break;
            };
            let name = at.checked_add(aux.into()).and_then(|aux| self.word_at(aux, 0));
            if flags & BASE == 0 {
                names.extend(name.and_then(|name| self.dynamic_text(name.into())));
            }
            match at.checked_add(next.into()) {
                Some(after) if next > 0 => at = after,
                _ => break,
            }
        }
        names
    }

    /// The versions that it needs, as (file, version).
    pub fn version_needs(&self) -> Vec<(&'a [u8], &'a [u8])> {
        let mut needs = Vec::new();
        let count = self.dynamic_value(NEED_COUNT).unwrap_or(0).min(CHAIN);
        let Some(mut at) = self.dynamic_value(NEEDS).and_then(|address| self.offset_of(address)) else {
            return needs;
        };
        for _ in 0..count {
            let (Some(versions), Some(file), Some(aux), Some(next)) =
                (self.half_at(at, 2), self.word_at(at, 4), self.word_at(at, 8), self.word_at(at, 12))
            else {
                break;
            };
            let file = self.dynamic_text(file.into()).unwrap_or_default();
            let mut of_file = at.checked_add(aux.into());
            for _ in 0..versions {
                let Some(here) = of_file else { break };
                let (Some(name), Some(next)) = (self.word_at(here, 8), self.word_at(here, 12)) else { break };
                needs.extend(self.dynamic_text(name.into()).map(|name| (file, name)));
                of_file = here.checked_add(next.into()).filter(|_| next > 0);
            }
            match at.checked_add(next.into()) {
                Some(after) if next > 0 && needs.len() < CHAIN as usize => at = after,
                _ => break,
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A 32-bit little-endian library with one load segment, a dynamic table, and what `versions` puts at 0x100.
    fn library(versions: &[u8], tags: &[(u32, u32)], strings: &[u8]) -> Vec<u8> {
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x28\0\x01\0\0\0".to_vec();
        for word in [0u32, 52, 0, 0] {
            file.extend(word.to_le_bytes());
        }
        for half in [52u16, 32, 2, 40, 0, 0] {
            file.extend(half.to_le_bytes());
        }
        let dynamic = 0x80u32;
        for segment in
            [[1u32, 0, 0, 0, 0x1000, 0x1000, 4, 4], [2, dynamic, dynamic, dynamic, 0x80, 0x80, 4, 4]]
        {
            segment.iter().for_each(|word| file.extend(word.to_le_bytes()));
        }
        file.resize(dynamic as usize, 0);
        for (tag, value) in tags.iter().chain(&[(5, 0x400), (10, strings.len() as u32), (0, 0)]) {
            file.extend(tag.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.resize(0x100, 0);
        file.extend(versions);
        file.resize(0x400, 0);
        file.extend(strings);
        file.resize(0x1000, 0);
        file
    }

    fn definition(flags: u16, name: u32, next: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for half in [1u16, flags, 1, 1] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [0u32, 20, next, name, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn definitions_without_the_base() {
        let versions = [definition(1, 1, 28), definition(0, 8, 28), definition(0, 14, 0)].concat();
        let strings = b"\0libx.so\0";
        let strings = [&strings[..8], b"X_1.0\0X_1.1\0"].concat();
        let file = library(&versions, &[(0x6fff_fffc, 0x100), (0x6fff_fffd, 3)], &strings);
        let elf = Elf::parse(&file).unwrap();
        assert_eq!(elf.version_definitions(), [&b"X_1.0"[..], b"X_1.1"]);
        assert!(elf.version_needs().is_empty());
    }

    #[test]
    fn needs_by_file() {
        let mut versions = Vec::new();
        for half in [1u16, 2] {
            versions.extend(half.to_le_bytes());
        }
        for word in [1u32, 16, 0] {
            versions.extend(word.to_le_bytes());
        }
        for (name, next) in [(6u32, 16u32), (10, 0)] {
            for word in [0u32, 0, name, next] {
                versions.extend(word.to_le_bytes());
            }
        }
        let file = library(&versions, &[(0x6fff_fffe, 0x100), (0x6fff_ffff, 1)], b"\0liby\0Y_1\0Y_2\0");
        let needs = Elf::parse(&file).unwrap().version_needs();
        assert_eq!(needs, [(&b"liby"[..], &b"Y_1"[..]), (b"liby", b"Y_2")]);
    }

    proptest! {
        #[test]
        fn chains_end(versions in prop::collection::vec(0u8..40, 0..700), count in any::<u32>()) {
            let tags = [(0x6fff_fffc, 0x100), (0x6fff_fffd, count), (0x6fff_fffe, 0x100), (0x6fff_ffff, count)];
            let file = library(&versions, &tags, b"\0abc\0de\0");
            let elf = Elf::parse(&file).unwrap();
            prop_assert!(elf.version_definitions().len() <= CHAIN as usize);
            prop_assert!(elf.version_needs().iter().all(|(file, name)| file.len() <= 3 && name.len() <= 3));
        }
    }
}
