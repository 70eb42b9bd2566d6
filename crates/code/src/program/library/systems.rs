//! Functions of the C library by what they ask the system for.
//!
//! A short function that makes a system call whose number is fixed is what POSIX calls it. Where the number is an argument (`syscall`, and what
//! musl has for calls that may be cancelled), those that hand it a fixed one are.
//!
//! Source: Linux's tables of system calls, `arch/*/entry/syscalls/*.tbl`, `include/uapi/asm-generic/unistd.h`, `include/uapi/linux/net.h`.

use crate::arch::Arch;
use crate::function::{Callee, Facts};
use crate::image::Image;
use crate::program::Program;
use crate::values::{Value, ValueId, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Instructions of a function that only asks the system for something.
const SHORT: usize = 160;
/// Places that ask the system which are looked at.
const PLACES: usize = 1 << 14;
/// Functions that hand a number on which are looked at.
const CALLERS: usize = 1024;
/// The folder that names are looked up from, where one is named by its descriptor.
const HERE: i64 = -100;

/// Names and numbers: of x86-64, i386, Arm EABI, AArch64 and RISC-V, MIPS o32 (less 4000), PowerPC. 0 where there is none.
#[rustfmt::skip]
const TABLE: [(&str, [u16; 6]); 66] = [
    ("execve", [59, 11, 11, 221, 11, 11]),
    ("execveat", [322, 358, 387, 281, 356, 362]),
    ("setuid", [105, 23, 23, 146, 23, 23]),
    ("setuid32", [0, 213, 213, 0, 0, 0]),
    ("setgid", [106, 46, 46, 144, 46, 46]),
    ("setgid32", [0, 214, 214, 0, 0, 0]),
    ("setreuid", [113, 70, 70, 145, 70, 70]),
    ("setreuid32", [0, 203, 203, 0, 0, 0]),
    ("setresuid", [117, 164, 164, 147, 185, 164]),
    ("setresuid32", [0, 208, 208, 0, 0, 0]),
    ("setgroups", [116, 81, 81, 159, 81, 81]),
    ("setgroups32", [0, 206, 206, 0, 0, 0]),
    ("unlink", [87, 10, 10, 0, 10, 10]),
    ("unlinkat", [263, 301, 328, 35, 294, 292]),
    ("rename", [82, 38, 38, 0, 38, 38]),
    ("renameat", [264, 302, 329, 38, 295, 293]),
    ("renameat2", [316, 353, 382, 276, 351, 357]),
    ("chmod", [90, 15, 15, 0, 15, 15]),
    ("fchmod", [91, 94, 94, 52, 94, 94]),
    ("fchmodat", [268, 306, 333, 53, 299, 297]),
    ("chown", [92, 182, 182, 0, 202, 181]),
    ("chown32", [0, 212, 212, 0, 0, 0]),
    ("lchown", [94, 16, 16, 0, 16, 16]),
    ("lchown32", [0, 198, 198, 0, 0, 0]),
    ("fchownat", [260, 298, 325, 54, 291, 289]),
    ("mount", [165, 21, 21, 40, 21, 21]),
    ("umount", [0, 22, 0, 0, 22, 22]),
    ("umount2", [166, 52, 52, 39, 52, 52]),
    ("mknod", [133, 14, 14, 0, 14, 14]),
    ("mknodat", [259, 297, 324, 33, 290, 288]),
    ("symlink", [88, 83, 83, 0, 83, 83]),
    ("symlinkat", [266, 304, 331, 36, 297, 295]),
    ("link", [86, 9, 9, 0, 9, 9]),
    ("linkat", [265, 303, 330, 37, 296, 294]),
    ("rmdir", [84, 40, 40, 0, 40, 40]),
    ("mkdir", [83, 39, 39, 0, 39, 39]),
    ("mkdirat", [258, 296, 323, 34, 289, 287]),
    ("truncate", [76, 92, 92, 45, 92, 92]),
    ("truncate64", [0, 193, 193, 0, 211, 193]),
    ("sethostname", [170, 74, 74, 161, 74, 74]),
    ("listen", [50, 363, 284, 201, 174, 329]),
    ("connect", [42, 362, 283, 203, 170, 328]),
    ("accept", [43, 0, 285, 202, 168, 330]),
    ("accept4", [288, 364, 366, 242, 334, 344]),
    ("recv", [0, 0, 291, 0, 175, 336]),
    ("recvfrom", [45, 371, 292, 207, 176, 337]),
    ("recvmsg", [47, 372, 297, 212, 177, 342]),
    ("bind", [49, 361, 282, 200, 169, 327]),
    ("socket", [41, 359, 281, 198, 183, 326]),
    ("socketcall", [0, 102, 0, 0, 102, 102]),
    ("getpeername", [52, 368, 287, 205, 171, 332]),
    ("reboot", [169, 88, 88, 142, 88, 88]),
    ("init_module", [175, 128, 128, 105, 128, 128]),
    ("finit_module", [313, 350, 379, 273, 348, 353]),
    ("open", [2, 5, 5, 0, 5, 5]),
    ("openat", [257, 295, 322, 56, 288, 286]),
    ("exit", [60, 1, 1, 93, 1, 1]),
    ("exit_group", [231, 252, 248, 94, 246, 234]),
    ("fork", [57, 2, 2, 0, 2, 2]),
    ("vfork", [58, 190, 190, 0, 0, 189]),
    ("clone", [56, 120, 120, 220, 120, 120]),
    ("clone3", [435, 435, 435, 435, 435, 435]),
    ("ptrace", [101, 26, 26, 117, 26, 26]),
    ("process_vm_writev", [311, 348, 377, 271, 346, 352]),
    ("memfd_create", [319, 356, 385, 279, 354, 360]),
    ("mprotect", [10, 125, 125, 226, 125, 125]),
];

/// What `socketcall` does, by its first argument.
const SOCKETS: [(u64, &str); 10] = [
    (1, "socket"),
    (2, "bind"),
    (3, "connect"),
    (4, "listen"),
    (5, "accept"),
    (7, "getpeername"),
    (10, "recv"),
    (12, "recvfrom"),
    (17, "recvmsg"),
    (18, "accept4"),
];

/// What was found.
#[derive(Default)]
pub(super) struct Systems {
    /// Functions that are one of POSIX.
    pub named: BTreeMap<u64, &'static str>,
    /// Functions that start another program, and those that make a process, whatever else they do.
    pub executes: BTreeSet<u64>,
    pub forks: BTreeSet<u64>,
    /// What was not looked at.
    pub missed: Option<&'static str>,
}

/// Looks at what asks the system.
pub(super) fn find(program: &Program<'_>, callers: &BTreeMap<u64, BTreeSet<u64>>) -> Systems {
    let mut found = Systems::default();
    let mut handed: BTreeMap<u64, usize> = BTreeMap::new();
    let mut kept: BTreeSet<u64> = BTreeSet::new();
    let function = |at: u64| program.functions.partition_point(|bounds| bounds.start <= at).checked_sub(1);
    let places = places(program.image());
    if places.len() >= PLACES {
        found.missed = Some("more places that ask the system than are looked at");
    }
    let mut functions: BTreeSet<usize> = places.into_iter().filter_map(function).collect();
    if program.image.arch == Arch::Arm {
        let asked: Vec<u64> = functions
            .iter()
            .filter_map(|number| program.functions.get(*number))
            .map(|bounds| bounds.start)
            .filter(|start| asks_thumb(program.image(), *start))
            .collect();
        let by = asked.iter().filter_map(|asked| callers.get(asked)).flatten();
        functions.extend(by.filter_map(|caller| function(*caller)));
    }
    for number in functions {
        let Some(bounds) = program.functions.get(number) else { continue };
        let read = program.read(*bounds);
        let (facts, image) = (&read.facts, program.image());
        let mut names: BTreeSet<&'static str> = BTreeSet::new();
        let mut others: BTreeSet<u64> = BTreeSet::new();
        for system in &facts.systems {
            match facts.values.constant(system.number) {
                Some(number) => match name(&facts.values, image, number, &system.arguments) {
                    Some(name) => {
                        names.insert(name);
                    }
                    None => {
                        others.insert(number);
                    }
                },
                None => match argument(facts, image, system.number) {
                    Some(place) => {
                        handed.insert(bounds.start, place);
                    }
                    None if is_kept(facts, system.number) => {
                        kept.insert(bounds.start);
                    }
                    None => {}
                },
            }
        }
        found.note(bounds.start, &names, others.len(), read.blocks.insns.len());
    }
    // What hands the number on in memory names the function that takes it from there, and stands beside it.
    for function in kept {
        let at = program.functions.partition_point(|bounds| bounds.start <= function);
        for bounds in program.functions.get(at..).unwrap_or_default().iter().take(2) {
            let read = program.read(*bounds);
            if read.facts.names.iter().any(|(_, named)| *named == function) {
                handed.insert(bounds.start, 0);
            }
        }
    }
    let mut looked: BTreeSet<u64> = BTreeSet::new();
    for _ in 0..3 {
        let open: BTreeSet<u64> = handed
            .keys()
            .filter_map(|function| callers.get(function))
            .flatten()
            .copied()
            .filter(|caller| !looked.contains(caller) && !handed.contains_key(caller))
            .collect();
        if open.len() > CALLERS {
            found.missed =
                Some("more functions that hand on what the system is asked for than are looked at");
        }
        for function in open.into_iter().take(CALLERS) {
            looked.insert(function);
            let Some(bounds) = program.bounds(function) else { continue };
            let read = program.read(bounds);
            let (facts, image) = (&read.facts, program.image());
            let mut names: BTreeSet<&'static str> = BTreeSet::new();
            let mut others: BTreeSet<u64> = BTreeSet::new();
            for call in &facts.calls {
                let Callee::Here(to) = call.callee else { continue };
                let Some(place) = handed.get(&image.place(to)).copied() else { continue };
                let Some(number) = call.arguments.get(place) else { continue };
                match facts.values.constant(*number) {
                    Some(value) => {
                        let rest = call.arguments.get(place + 1..).unwrap_or_default();
                        match name(&facts.values, image, value, rest) {
                            Some(name) => names.insert(name),
                            None => others.insert(value),
                        };
                    }
                    None if call.tail => {
                        if let Some(place) = argument(facts, image, *number) {
                            handed.insert(function, place);
                        }
                    }
                    None => {}
                }
            }
            found.note(function, &names, others.len(), read.blocks.insns.len());
        }
    }
    found
}

impl Systems {
    fn note(&mut self, function: u64, names: &BTreeSet<&'static str>, others: usize, insns: usize) {
        if names.iter().any(|name| matches!(*name, "execve" | "execveat")) {
            self.executes.insert(function);
        }
        if names.iter().any(|name| matches!(*name, "fork" | "vfork" | "clone" | "clone3")) {
            self.forks.insert(function);
        }
        let mut names = names.iter();
        if let (Some(name), None) = (names.next(), names.next())
            && others <= 1
            && insns <= SHORT
        {
            self.named.insert(function, name);
        }
    }
}

/// The name of a system call, as POSIX has it.
fn name(values: &Values<'_>, image: &Image<'_>, number: u64, arguments: &[ValueId]) -> Option<&'static str> {
    let (column, base) = match image.arch {
        Arch::X86_64 => (0, 0),
        Arch::X86 => (1, 0),
        Arch::Arm => (2, 0),
        Arch::Aarch64 | Arch::Riscv32 | Arch::Riscv64 => (3, 0),
        Arch::Mips => (4, 4000),
        Arch::Ppc | Arch::Ppc64 => (5, 0),
        Arch::Mips64 => return None,
    };
    let number = number.checked_sub(base).filter(|number| *number > 0)?;
    let fixed = |place: usize| arguments.get(place).and_then(|value| values.constant(*value));
    let (name, _) =
        TABLE.iter().find(|(_, numbers)| numbers.get(column).is_some_and(|own| u64::from(*own) == number))?;
    if *name == "socketcall" {
        let which = fixed(0)?;
        return SOCKETS.iter().find(|(known, _)| *known == which).map(|(_, name)| *name);
    }
    let here = fixed(0) == Some(image.cut(HERE.cast_unsigned()))
        || fixed(0).is_some_and(|number| number & 0xffff_ffff == 0xffff_ff9c);
    Some(match *name {
        "unlinkat" if here => "unlink",
        "renameat" | "renameat2" if here => "rename",
        "fchmodat" if here => "chmod",
        "fchownat" if here => "chown",
        "mknodat" if here => "mknod",
        "linkat" if here => "link",
        "mkdirat" if here => "mkdir",
        "openat" if here => "open",
        "symlinkat" => "symlink",
        "setuid32" => "setuid",
        "setgid32" => "setgid",
        "setreuid32" => "setreuid",
        "setresuid32" => "setresuid",
        "setgroups32" => "setgroups",
        "chown32" => "chown",
        "lchown32" => "lchown",
        "truncate64" => "truncate",
        "umount2" => "umount",
        "renameat2" => "renameat",
        "exit" | "exit_group" => "_exit",
        other => other,
    })
}

/// The argument of the function that a value is.
fn argument(facts: &Facts<'_>, image: &Image<'_>, value: ValueId) -> Option<usize> {
    let convention = image.arch.convention();
    match facts.values.whole(value) {
        Value::Entry(register) => convention.arguments.iter().position(|known| *known == register),
        Value::Load { at, size: 4, .. } if convention.arguments.is_empty() => match facts.values.get(at) {
            Value::Stack(slot) if slot > 0 && slot % 4 == 0 => usize::try_from(slot / 4 - 1).ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is taken from what an argument of the function points to.
fn is_kept(facts: &Facts<'_>, value: ValueId) -> bool {
    let Value::Load { at, .. } = facts.values.whole(value) else { return false };
    let base = match facts.values.get(at) {
        Value::Binary(_, base, more) if facts.values.constant(more).is_some() => facts.values.get(base),
        other => other,
    };
    matches!(base, Value::Entry(_) | Value::Load { .. })
}

/// Where the instructions stand that ask the system.
fn places(image: &Image<'_>) -> Vec<u64> {
    let mut found = Vec::new();
    for (from, to) in image.code() {
        let bytes = image.bytes(from);
        let length = usize::try_from(to - from).unwrap_or(usize::MAX).min(bytes.len());
        let step = match image.arch {
            Arch::X86 | Arch::X86_64 => 1,
            Arch::Arm | Arch::Riscv32 | Arch::Riscv64 => 2,
            _ => 4,
        };
        for at in (0..length).step_by(step) {
            if found.len() >= PLACES {
                return found;
            }
            let here = bytes.get(at..length).unwrap_or_default();
            if asks(image, here) {
                found.push(from + at as u64);
            }
        }
    }
    found
}

fn asks(image: &Image<'_>, bytes: &[u8]) -> bool {
    let word = || bytes.get(..4).map(|bytes| crate::image::number(bytes, image.big_endian));
    match image.arch {
        Arch::X86_64 => bytes.starts_with(&[0x0f, 0x05]),
        Arch::X86 => asks_i386(image, bytes),
        // `svc #0` in both states.
        Arch::Arm => word() == Some(0xef00_0000) || word().is_some_and(|word| word & 0xffff == 0xdf00),
        Arch::Aarch64 => word() == Some(0xd400_0001),
        Arch::Mips | Arch::Mips64 => word().is_some_and(|word| word & 0xfc00_003f == 0xc),
        Arch::Ppc | Arch::Ppc64 => word() == Some(0x4400_0002),
        Arch::Riscv32 | Arch::Riscv64 => word() == Some(0x73),
    }
}

/// On i386 it is asked by an interrupt, or by a call of what the kernel has put there: by the thread's memory, or by a variable which leads to the
/// interrupt as long as nobody has set it.
pub(crate) fn asks_i386(image: &Image<'_>, bytes: &[u8]) -> bool {
    if bytes.starts_with(&[0xcd, 0x80]) || bytes.starts_with(&[0x65, 0xff, 0x15, 0x10, 0, 0, 0]) {
        return true;
    }
    let [0xff, 0x15, rest @ ..] = bytes else { return false };
    rest.get(..4)
        .map(|bytes| crate::image::number(bytes, false))
        .and_then(|slot| image.word(slot))
        .is_some_and(|to| image.bytes(to).starts_with(&[0xcd, 0x80, 0xc3]))
}

/// Code that asks with the number that `ip` holds: `push {r7, lr}`, `mov r7, ip`, `svc 0`.
pub(crate) fn asks_thumb(image: &Image<'_>, at: u64) -> bool {
    image.bytes(at).starts_with(&[0x80, 0xb5, 0x67, 0x46, 0x00, 0xdf])
}
