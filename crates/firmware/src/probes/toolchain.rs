//! What an executable was built with. A compiler that built a program is no component of the image.
//!
//! Finds: the compilers and linkers that `.comment` of executables and libraries names, as a claim of its own code.
//! How: each text of the section, once. Never claims a component: the compiler itself is in the image only where its
//! program is, which other probes say.
//! When it is wrong: a text that was put there by hand; objects of an archive built elsewhere leave their own line.
//! What it misses: executables without the section, which `strip -R .comment` removes.
//! Source: GCC manual, `-fident`; LLVM LangRef, `llvm.ident`.

use super::text::{name_of, show};
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::BTreeSet;

/// Compilers and linkers by the marks that they leave.
pub struct Toolchain;

static TOOLCHAIN: CodeInfo = CodeInfo {
    code: "toolchain",
    title: "What an executable was built with",
    grade: Grade::Info,
    meaning: "The executable names the compilers that its parts were built with. They are not in the image by that; \
              their age tells which protections they could build in.",
    remedy: "Build with a compiler that is still supported; compare with what the supplier says of the build.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "toolchain",
    version: "1",
    finds: "the compilers and linkers that built each executable and library, which are no components of the image",
    how: "the texts of the section .comment, each once",
    wrong: "a text that was put into the section by hand; parts that were compiled elsewhere leave their own compiler's line",
    misses: &[
        "executables whose section .comment was removed",
        "more than 16 different texts of one file, which are counted",
    ],
    codes: &[TOOLCHAIN],
    source: "GCC manual, -fident; LLVM language reference, llvm.ident",
};

/// Texts of one file that are listed.
const LISTED: usize = 16;
/// Bytes of the section that are read; linkers merge equal texts, so that real ones are short.
const READ: usize = 64 << 10;

impl Probe for Toolchain {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        findings.looked_at(file.content.len());
        let Some((offset, section)) = elf.section(".comment") else { return };
        let read = section.get(..READ).unwrap_or(section);
        let texts = read.split(|&byte| byte == 0).map(<[u8]>::trim_ascii).filter(|text| text.len() > 2);
        let texts: BTreeSet<String> = texts.map(show).collect();
        let Some(first) = texts.first() else { return };
        let title = format!("{} was built with {first}", show(name_of(file).as_bytes()));
        let claim =
            Claim::observation(&TOOLCHAIN, file.subject(), title.chars().take(300).collect::<String>());
        let claim = super::kernel::listed(claim, "compilers", texts, LISTED);
        findings.claim(claim.at(file.location.range(offset, section.len() as u64)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus() -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/toolchain/input/");
        std::fs::read(format!("{folder}bin/tool")).unwrap()
    }

    #[test]
    fn a_compiler_is_no_component() {
        let claims = claims_of_file(&Toolchain, "bin/tool", &corpus());
        assert_eq!(claims.iter().map(|claim| claim.code.as_str()).collect::<Vec<_>>(), ["toolchain"]);
        assert!(super::super::PROBES.iter().all(|probe| {
            claims_of_file(*probe, "bin/tool", &corpus()).iter().all(|claim| claim.code != "component")
        }));
    }

    proptest! {
        #[test]
        fn damaged(at: prop::sample::Index, byte in any::<u8>()) {
            let mut data = corpus();
            let at = at.index(data.len());
            data[at] = byte;
            for claim in claims_of_file(&Toolchain, "bin/tool", &data) {
                prop_assert!(claim.title.len() < 700 && !claim.locations.is_empty());
            }
        }
    }
}
