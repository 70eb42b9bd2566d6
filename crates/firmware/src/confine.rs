//! Confinement of the process that reads hostile input.
//!
//! Two steps, because threads are started between them: [`without_files`] takes away the file system and the network by
//! Landlock and sets resource limits; [`without_calls`] takes away every system call but those that computing on
//! memory, reading descriptor 0 and writing descriptors 1 and 2 need, for all threads. What the kernel does not have is
//! said, never assumed; [`verify`] then tries what must not work and says what came of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::process::Command;

/// Mechanism by mechanism, what was put in force; the confinement of a run record.
pub type Statement = BTreeMap<String, String>;

/// Takes away the file system and the network and limits memory, processor time and files. Called before threads are
/// started, which inherit it.
pub fn without_files(memory: u64, seconds: u64, statement: &mut Statement) {
    statement.insert("rlimits".into(), limits(memory, seconds));
    statement.insert("landlock".into(), landlock());
}

/// Takes away system calls, for all threads of the process.
pub fn without_calls(statement: &mut Statement) {
    statement.insert("seccomp".into(), seccomp());
}

/// Tries what a confined process must not be able to do, and says what came of it.
pub fn verify(statement: &mut Statement) {
    let open = File::open("/etc/hostname").or_else(|error| match error.kind() {
        // Nothing there says nothing; the root folder is always there.
        io::ErrorKind::NotFound => File::open("/"),
        _ => Err(error),
    });
    let create = File::create(std::env::temp_dir().join("banbury-confinement-probe"));
    let socket = TcpListener::bind(("127.0.0.1", 0));
    let start = Command::new("/bin/true").spawn().map(|mut child| {
        // It should not have started; wait for it so that it does not linger.
        let _ = child.wait();
    });
    for (what, refused) in [
        ("open a file", outcome(open.map(drop))),
        ("create a file", outcome(create.map(drop))),
        ("open a socket", outcome(socket.map(drop))),
        ("start a process", outcome(start)),
    ] {
        statement.insert(format!("tried to {what}"), refused);
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
            kind => format!("refused ({kind})"),
        },
    }
}

#[cfg(target_os = "linux")]
fn limits(memory: u64, seconds: u64) -> String {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let mut text = Vec::new();
    for (resource, name, value) in [
        (Resource::As, "address space", memory),
        (Resource::Cpu, "processor seconds", seconds),
        (Resource::Fsize, "file size", 0),
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
fn landlock() -> String {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
    };
    let abi = ABI::V6;
    let result = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match result {
        Ok(status) => match status.ruleset {
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
fn seccomp() -> String {
    match filter().and_then(|program| {
        seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())
    }) {
        Ok(()) => "in force on all threads: memory, time, read 0, write 1 and 2".to_owned(),
        Err(error) => format!("NOT in force: {error}"),
    }
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
fn filter() -> Result<seccompiler::BpfProgram, String> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };
    let says = |error: seccompiler::BackendError| error.to_string();
    let rule = |argument: u8, operator: SeccompCmpOp, value: u64| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(says)
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    for call in [libc::SYS_read, libc::SYS_pread64, libc::SYS_readv] {
        rules.insert(call, vec![rule(0, SeccompCmpOp::Eq, 0)?]);
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, vec![rule(0, SeccompCmpOp::Eq, 1)?, rule(0, SeccompCmpOp::Eq, 2)?]);
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
    libc::SYS_tgkill,
];

#[cfg(not(target_os = "linux"))]
fn limits(_memory: u64, _seconds: u64) -> String {
    "NOT in force: not on this system".to_owned()
}

#[cfg(not(target_os = "linux"))]
fn landlock() -> String {
    "NOT in force: not on this system".to_owned()
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
fn seccomp() -> String {
    "NOT in force: not on this system or processor".to_owned()
}
