//! Protections that the compiler and linker can give an executable, and that it lacks.
//!
//! Finds, for each ELF executable and shared object of any machine: position-independent code, read-only relocations
//! (RELRO), a stack that is not executable, stack canaries, FORTIFY, library search paths that others can write to.
//! How: from program headers, the dynamic table and dynamic symbols. Relocatable objects, kernel modules, core files,
//! and objects without a code segment are left out; the run's record counts the files that were looked at. A static executable has no dynamic symbols, so nothing is said of
//! its canary and FORTIFY. A canary is said to be missing of files of 16 KiB and more, and of smaller ones that call a
//! function which writes without a bound (strcpy, sprintf and their like); FORTIFY only where a function stands that it
//! would have replaced: small code often has nothing that either protects.
//! When it is wrong: code without buffers on its stack, or written in a language that needs no canary, lacks nothing
//! by not having one.
//! What it misses: protections inside statically linked code, shadow stacks, pointer authentication, control-flow integrity.
//! Source: GNU ld manual (-z options), gcc manual (-fstack-protector, -pie), glibc feature_test_macros(7).

use super::text::name_of;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use banbury_formats::executable::elf::{Elf, Relro, Symbol};

/// Hardening of executables.
pub struct Hardening;

static MISSING: CodeInfo = CodeInfo {
    code: "hardening.missing",
    title: "Executable without a protection",
    grade: Grade::Low,
    meaning: "The executable lacks protections named in its facts. Nothing is opened by that alone; a memory error in \
              it is easier to turn into control of the device.",
    remedy: "Build it with -fPIE -pie -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack.",
    cwe: &[693],
};

static DESCRIPTION: Description = Description {
    name: "hardening",
    version: "2",
    finds: "executables and libraries without PIE, RELRO, a stack that cannot be executed, stack canaries or FORTIFY, or with unsafe library search paths",
    how: "reads program headers, the dynamic table and dynamic symbols of each ELF executable and shared object",
    wrong: "code that has no buffers on its stack, or is written in a memory-safe language, is said to lack canaries",
    misses: &[
        "canaries and FORTIFY in statically linked executables, which have no dynamic symbols",
        "relocatable objects, kernel modules and kernels, which are left out",
        "control-flow integrity, shadow stacks, pointer authentication",
        "whether the kernel honours the protections (address randomisation, mips and old arm stacks)",
    ],
    codes: &[MISSING],
    source: "GNU ld manual; gcc manual; feature_test_macros(7); System V ABI",
};

/// Files below this size are said to lack a canary only when they write without a bound: they may have no function
/// that needs one.
const SMALL: usize = 16 << 10;

/// Functions that write to a buffer, most often on the stack, without knowing its size.
const UNBOUNDED: &[&str] = &["gets", "strcpy", "stpcpy", "strcat", "sprintf", "vsprintf"];

impl Probe for Hardening {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(properties) =
            file.elf().and_then(|elf| Properties::of(elf, file.symbols(), file.content.len()))
        else {
            return;
        };
        findings.looked_at(file.content.len());
        let missing = properties.missing();
        if !missing.is_empty() {
            let what = if properties.executable { "executable" } else { "library" };
            let setuid = file.mode.is_some_and(|mode| mode & 0o6000 != 0);
            let title = format!("{what} {} lacks: {}", name_of(file), missing.join(", "));
            let mut claim = Claim::observation(&MISSING, file.subject(), title)
                .fact("missing", missing)
                .fact("kind", what)
                .fact("relro", properties.relro_text())
                .fact("static", properties.is_static)
                .at(file.location.clone());
            if properties.executable {
                claim = claim.fact("pie", properties.pie);
            }
            for (name, value) in [
                ("stack-executable", properties.stack),
                ("canary", properties.canary),
                ("fortify", properties.fortify),
            ] {
                if let Some(value) = value {
                    claim = claim.fact(name, value);
                }
            }
            if let Some(path) = &properties.unsafe_path {
                claim = claim.fact("search-path", path.as_str());
            }
            if setuid {
                claim = claim.fact("set-user-id", true);
            }
            findings.claim(claim);
        }
    }
}

/// What one file has.
#[derive(Debug)]
struct Properties {
    executable: bool,
    is_static: bool,
    pie: bool,
    relro: Relro,
    /// Whether its stack is executable; `None` where the file does not say.
    stack: Option<bool>,
    /// `None` where it cannot be told.
    canary: Option<bool>,
    fortify: Option<bool>,
    unsafe_path: Option<String>,
}

/// Functions that FORTIFY replaces by checking ones.
const FORTIFIABLE: &[&str] = &[
    "memcpy",
    "memmove",
    "memset",
    "strcpy",
    "strncpy",
    "strcat",
    "strncat",
    "sprintf",
    "snprintf",
    "vsprintf",
    "vsnprintf",
    "gets",
    "fgets",
    "read",
    "recv",
    "recvfrom",
    "realpath",
    "getcwd",
    "stpcpy",
];

impl Properties {
    fn of(elf: &Elf<'_>, symbols: &[Symbol<'_>], size: usize) -> Option<Self> {
        let has_code = elf.loads().any(|load| load.flags & 1 != 0);
        if !matches!(elf.kind, 2 | 3) || !has_code {
            return None;
        }
        let executable = elf.kind == 2 || elf.is_pie();
        let is_static = executable && elf.needed().is_empty() && elf.interpreter().is_none();
        let named = |name: &str| symbols.iter().any(|symbol| symbol.name == name.as_bytes());
        let imported =
            |name: &str| symbols.iter().any(|symbol| !symbol.defined && symbol.name == name.as_bytes());
        let canary =
            named("__stack_chk_fail") || named("__stack_chk_guard") || named("__stack_chk_fail_local");
        let checked =
            symbols.iter().any(|s| !s.defined && s.name.starts_with(b"__") && s.name.ends_with(b"_chk"));
        let known = !is_static && !symbols.is_empty();
        let exposed = size >= SMALL || UNBOUNDED.iter().any(|name| imported(name));
        let unsafe_path = [elf.rpath(), elf.runpath()].into_iter().flatten().find(|path| is_unsafe(path));
        Some(Self {
            executable,
            is_static,
            pie: elf.kind == 3,
            relro: elf.relro(),
            stack: elf.executable_stack(),
            canary: if canary { Some(true) } else { (known && exposed).then_some(false) },
            fortify: if checked {
                Some(true)
            } else {
                (known && FORTIFIABLE.iter().any(|name| imported(name))).then_some(false)
            },
            unsafe_path: unsafe_path.map(super::text::show),
        })
    }

    fn relro_text(&self) -> &'static str {
        match self.relro {
            Relro::None => "none",
            Relro::Partial => "partial",
            Relro::Full => "full",
        }
    }

    fn missing(&self) -> Vec<String> {
        let checks = [
            ("PIE", self.executable && !self.pie),
            ("RELRO", self.relro == Relro::None && !self.is_static),
            ("full RELRO", self.relro == Relro::Partial && self.executable),
            ("a stack that is not executable", self.stack == Some(true)),
            ("a word on its stack (PT_GNU_STACK)", self.stack.is_none()),
            ("stack canaries", self.canary == Some(false)),
            ("FORTIFY", self.fortify == Some(false)),
            ("a safe library search path", self.unsafe_path.is_some()),
        ];
        checks.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name.to_owned()).collect()
    }
}

/// Whether a library search path has a part that others can write to, or that depends on the current folder.
fn is_unsafe(path: &[u8]) -> bool {
    path.split(|&byte| byte == b':').any(|part| {
        let absolute =
            part.starts_with(b"/") || part.starts_with(b"$ORIGIN") || part.starts_with(b"${ORIGIN}");
        let writable = [&b"/tmp"[..], b"/var/tmp", b"/home", b"/mnt", b"/media", b"/dev/shm"];
        let below = |folder: &[u8]| {
            part == folder || part.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"))
        };
        !absolute || writable.iter().any(|folder| below(folder))
    })
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/hardening/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn properties(name: &str) -> Option<Properties> {
        let data = corpus(name);
        {
            let elf = Elf::parse(&data).unwrap();
            Properties::of(&elf, &elf.symbols(), data.len())
        }
    }

    #[test]
    fn what_the_linker_was_asked_for_is_seen() {
        let hard = properties("bin/hard").unwrap();
        assert!(
            hard.pie && hard.relro == Relro::Full && hard.canary == Some(true) && hard.fortify == Some(true)
        );
        assert!(hard.missing().is_empty(), "{:?}", hard.missing());
        let soft = properties("bin/soft").unwrap();
        assert!(
            !soft.pie && soft.relro == Relro::None && soft.stack == Some(true) && soft.fortify == Some(false)
        );
        assert_eq!(soft.unsafe_path.as_deref(), Some("/tmp/lib:lib"));
        assert!(properties("lib/module.o").is_none(), "a relocatable object");
        let library = properties("lib/libcorpus.so").unwrap();
        assert!(!library.executable && library.relro == Relro::Partial);
        let bare = properties("bin/mips-static").unwrap();
        assert!(bare.is_static && bare.canary.is_none() && bare.stack.is_none());
    }

    #[test]
    fn search_paths() {
        for (path, expected) in [
            ("/usr/lib", false),
            ("$ORIGIN/../lib", false),
            ("lib", true),
            ("/usr/lib:", true),
            ("/tmp", true),
            ("/tmpfs", false),
        ] {
            assert_eq!(is_unsafe(path.as_bytes()), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn flips(at: proptest::sample::Index, value: u8, cut: proptest::sample::Index) {
            let mut data = corpus("bin/soft");
            let at = at.index(1024.min(data.len()));
            data[at] = value;
            let claims = claims_of_file(&Hardening, "bin/soft", &data[..cut.index(data.len())]);
            prop_assert!(claims.len() <= 1);
        }
    }
}
