//! Confinement of the process that reads hostile input.
//!
//! Two steps, because threads are started between them: [`without_files`] takes away the file system and the network by
//! Landlock and sets resource limits; [`without_calls`] takes away every system call but those that computing on
//! memory, reading descriptor 0 and writing descriptors 1 and 2 need, for all threads. A process that unpacks may also
//! make files, folders and links beneath one folder, and nothing else there: not read, not change, not remove. What the
//! kernel does not have is said, never assumed; [`verify`] then tries what must not work and says what came of it.

use crate::{folder, tries};
use std::collections::BTreeMap;
use std::io;

/// Mechanism by mechanism, what was put in force; the confinement of a run record.
pub type Statement = BTreeMap<String, String>;

/// What a confined process may use.
pub struct Allowed<'a> {
    /// Bytes of address space.
    pub memory: u64,
    /// Seconds of processor time.
    pub seconds: u64,
    /// The one folder beneath which it may make things, where it unpacks.
    pub folder: Option<Place<'a>>,
    /// Bytes of the scratch file, where it has one.
    pub scratch: u64,
}

/// What a confined process may write beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Nothing.
    Nothing,
    /// New files, folders and links beneath the folder that it unpacks into.
    Folder,
    /// A scratch file without a name that was opened before, by its descriptor: at any place in it, and read again.
    Scratch(i32),
}

/// A folder to unpack into.
pub struct Place<'a> {
    /// The folder, opened.
    pub folder: std::os::fd::BorrowedFd<'a>,
    /// Bytes of one file, at most.
    pub file_bytes: u64,
}

/// Takes away the file system and the network and limits memory, processor time and files. Called before threads are
/// started, which inherit it.
pub fn without_files(allowed: &Allowed<'_>, statement: &mut Statement) {
    statement.insert("rlimits".into(), limits(allowed));
    statement.insert("landlock".into(), landlock(allowed.folder.as_ref()));
}

/// Takes away system calls, for all threads of the process, but for those that make files where it unpacks.
pub fn without_calls(writing: Writing, statement: &mut Statement) {
    statement.insert("seccomp".into(), seccomp(writing));
}

/// Tries what a confined process must not be able to do, and says what came of it.
pub fn verify(writing: Writing, statement: &mut Statement) {
    for (what, result) in tries::all(writing == Writing::Folder) {
        statement.insert(format!("tried to {what}"), outcome(result));
    }
}

/// Whether everything that [`verify`] tried was refused.
pub fn holds(statement: &Statement) -> bool {
    let mut tried = statement.iter().filter(|(what, _)| what.starts_with("tried to ")).peekable();
    tried.peek().is_some() && tried.all(|(_, outcome)| outcome.starts_with("refused"))
}

fn outcome(result: io::Result<()>) -> String {
    match result {
        Ok(()) => "NOT refused".to_owned(),
        Err(error) => match error.kind() {
            io::ErrorKind::PermissionDenied => "refused".to_owned(),
            io::ErrorKind::Unsupported => "refused: this kernel does not have it".to_owned(),
            // The call was let through and failed for a reason of its own.
            kind => format!("NOT refused, though it failed: {kind}"),
        },
    }
}

#[cfg(target_os = "linux")]
fn limits(allowed: &Allowed<'_>) -> String {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let file_bytes = allowed.folder.as_ref().map_or(allowed.scratch, |place| place.file_bytes);
    let mut text = Vec::new();
    for (resource, name, value) in [
        (Resource::As, "address space", allowed.memory),
        (Resource::Cpu, "processor seconds", allowed.seconds),
        (Resource::Fsize, "file size", file_bytes),
        (Resource::Core, "core dump", 0),
    ] {
        let limit = Rlimit { current: Some(value), maximum: Some(value) };
        match setrlimit(resource, limit) {
            Ok(()) => text.push(format!("{name} {value}")),
            Err(error) => text.push(format!("{name} NOT limited: {error}")),
        }
    }
    text.join(", ")
}

#[cfg(target_os = "linux")]
fn landlock(place: Option<&Place<'_>>) -> String {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetStatus, Scope,
    };
    let abi = ABI::V6;
    let result = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|rules| match place {
            None => Ok(rules),
            Some(place) => {
                let make = AccessFs::MakeReg
                    | AccessFs::MakeDir
                    | AccessFs::MakeSym
                    | AccessFs::WriteFile
                    | AccessFs::ReadDir
                    | AccessFs::Refer;
                rules.add_rule(PathBeneath::new(place.folder, make))
            }
        })
        .and_then(landlock::RulesetCreated::restrict_self);
    match result {
        Ok(status) => match status.ruleset {
            RulesetStatus::FullyEnforced if place.is_some() => {
                "in force: making files beneath one folder only, no TCP, no signals out".to_owned()
            }
            RulesetStatus::FullyEnforced => "in force: no files, no TCP, no signals out".to_owned(),
            RulesetStatus::PartiallyEnforced => "in force as far as this kernel has it".to_owned(),
            RulesetStatus::NotEnforced => "NOT in force: this kernel has no Landlock".to_owned(),
        },
        Err(error) => format!("NOT in force: {error}"),
    }
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
fn seccomp(writing: Writing) -> String {
    match filter(writing).and_then(|program| {
        seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())
    }) {
        Ok(()) if writing == Writing::Folder => {
            "in force on all threads: memory, time, read 0, make and write new files, folders and links"
                .to_owned()
        }
        Ok(()) if writing != Writing::Nothing => {
            "in force on all threads: memory, time, read 0, write 1 and 2, one scratch file".to_owned()
        }
        Ok(()) => "in force on all threads: memory, time, read 0, write 1 and 2".to_owned(),
        Err(error) => format!("NOT in force: {error}"),
    }
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
fn filter(writing: Writing) -> Result<seccompiler::BpfProgram, String> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };
    let says = |error: seccompiler::BackendError| error.to_string();
    let sized = |length: SeccompCmpArgLen, argument: u8, operator: SeccompCmpOp, value: u64| {
        SeccompCondition::new(argument, length, operator, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(says)
    };
    let rule = |argument, operator, value| sized(SeccompCmpArgLen::Dword, argument, operator, value);
    let rule_wide = |argument, operator, value| sized(SeccompCmpArgLen::Qword, argument, operator, value);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    for call in [libc::SYS_read, libc::SYS_pread64, libc::SYS_readv] {
        rules.insert(call, vec![rule(0, SeccompCmpOp::Eq, 0)?]);
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, vec![rule(0, SeccompCmpOp::Eq, 1)?, rule(0, SeccompCmpOp::Eq, 2)?]);
    }
    // A signal to itself is how a process aborts.
    rules.insert(libc::SYS_tgkill, vec![rule(0, SeccompCmpOp::Eq, std::process::id().into())?]);
    if let Writing::Scratch(file) = writing {
        let file = u64::try_from(file).map_err(|error| error.to_string())?;
        rules.insert(libc::SYS_pread64, vec![rule(0, SeccompCmpOp::Eq, file)?]);
        rules.insert(libc::SYS_pwrite64, vec![rule(0, SeccompCmpOp::Eq, file)?]);
    }
    if writing == Writing::Folder {
        // Only what is new can be opened to write, only folders to read, and nothing through a symbolic link.
        let (open, create) = (folder::OPEN.bits().into(), folder::CREATE.bits().into());
        rules.insert(
            libc::SYS_openat,
            vec![rule(2, SeccompCmpOp::Eq, open)?, rule(2, SeccompCmpOp::Eq, create)?],
        );
        rules.insert(libc::SYS_write, vec![rule(0, SeccompCmpOp::Gt, 0)?]);
        rules.insert(libc::SYS_mkdirat, Vec::new());
        rules.insert(libc::SYS_symlinkat, Vec::new());
        rules.insert(libc::SYS_linkat, vec![rule(4, SeccompCmpOp::Eq, 0)?]);
        // Times by descriptor only.
        rules.insert(libc::SYS_utimensat, vec![rule_wide(1, SeccompCmpOp::Eq, 0)?]);
    }
    // New memory may be read and written, never executed.
    let executable = libc::PROT_EXEC as u64;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![rule(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
    }
    let arch = std::env::consts::ARCH.try_into().map_err(says)?;
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter =
        SeccompFilter::new(rules.into_iter().collect(), refuse, SeccompAction::Allow, arch).map_err(says)?;
    BpfProgram::try_from(filter).map_err(says)
}

/// System calls that need no condition: memory, waiting for each other, the clock, the end.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
const ALLOWED: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
];

#[cfg(not(target_os = "linux"))]
fn limits(_allowed: &Allowed<'_>) -> String {
    "NOT in force: not on this system".to_owned()
}

#[cfg(not(target_os = "linux"))]
fn landlock(_place: Option<&Place<'_>>) -> String {
    "NOT in force: not on this system".to_owned()
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
fn seccomp(_writing: Writing) -> String {
    "NOT in force: not on this system or processor".to_owned()
}
