//! What a confined process tries and must not be able to do, call by call.
//!
//! The calls are made as the kernel takes them, since a library would not make them so. None can do harm where it is
//! let through: a signal is number 0, a program has no name, a copy of the process ends itself.

use std::io;

/// Each thing that is tried, and what the kernel said.
pub fn all(writing: bool) -> Vec<(&'static str, io::Result<()>)> {
    let mut tried = files(writing);
    tried.extend(calls());
    tried
}

fn files(writing: bool) -> Vec<(&'static str, io::Result<()>)> {
    use std::fs::File;
    // Nothing there says nothing; the root folder is always there.
    let open = |path: &str| match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => File::open("/").map(drop),
        other => other.map(drop),
    };
    // The very call that makes a file in the folder of an unpacking, elsewhere.
    let elsewhere = |folder: std::path::PathBuf| {
        let path = folder.join(format!("banbury-confinement-probe-{}", std::process::id()));
        rustix::fs::open(&path, crate::folder::CREATE, rustix::fs::Mode::RUSR)?;
        // It should not be there; it does not stay.
        std::fs::remove_file(path)
    };
    let mut tried = vec![
        ("open a file", open("/etc/hostname")),
        ("open its own memory as a file", open("/proc/self/mem")),
        ("create a file", elsewhere(std::env::temp_dir())),
        ("make a folder", std::fs::create_dir(std::env::temp_dir().join("banbury-confinement-probe"))),
        ("rename a file", std::fs::rename("banbury-confinement-probe", "banbury-confinement-probe-2")),
        ("remove a file", std::fs::remove_file("banbury-confinement-probe")),
    ];
    if writing {
        tried.push(("create a file beside its folder", elsewhere("..".into())));
        tried.push(("read a file in its folder", open("banbury-confinement-probe")));
    }
    tried
}

#[cfg(target_os = "linux")]
fn calls() -> Vec<(&'static str, io::Result<()>)> {
    let stream = libc::SOCK_STREAM as usize;
    let raw = libc::SOCK_RAW as usize;
    let empty = c"".as_ptr() as usize;
    let parent = std::os::unix::process::parent_id() as usize;
    let process_signal = libc::SIGCHLD as usize;
    let peek = libc::PTRACE_PEEKDATA as usize;
    let nowhere = usize::MAX;
    let mut tried: Vec<(&'static str, io::Result<()>)> = [
        ("open a socket (inet)", libc::SYS_socket, [libc::AF_INET as usize, stream, 0]),
        ("open a socket (inet6)", libc::SYS_socket, [libc::AF_INET6 as usize, stream, 0]),
        ("open a socket (unix)", libc::SYS_socket, [libc::AF_UNIX as usize, stream, 0]),
        ("open a socket (netlink)", libc::SYS_socket, [libc::AF_NETLINK as usize, raw, 0]),
        ("open a socket (packet)", libc::SYS_socket, [libc::AF_PACKET as usize, raw, 0]),
        ("start a process (clone3)", libc::SYS_clone3, [0, 0, 0]),
        ("start a program (execve)", libc::SYS_execve, [empty, 0, 0]),
        ("start a program (execveat)", libc::SYS_execveat, [nowhere, empty, 0]),
        ("trace its parent (ptrace)", libc::SYS_ptrace, [peek, parent, 0]),
        ("read its parent's memory", libc::SYS_process_vm_readv, [parent, 0, 0]),
        ("signal its parent (kill)", libc::SYS_kill, [parent, 0, 0]),
        ("signal its parent (tgkill)", libc::SYS_tgkill, [parent, parent, 0]),
        ("load a program into the kernel (bpf)", libc::SYS_bpf, [0, 0, 0]),
        ("make rings for calls (io_uring)", libc::SYS_io_uring_setup, [0, 0, 0]),
    ]
    .into_iter()
    .map(|(what, number, arguments)| (what, call(number, arguments).map(drop)))
    .collect();
    let copy = call(libc::SYS_clone, [process_signal, 0, 0]);
    if matches!(copy, Ok(0)) {
        // This is the copy, and it must not go on.
        let _ = call(libc::SYS_exit_group, [0, 0, 0]);
    }
    tried.push(("start a process (clone)", copy.map(drop)));
    tried
}

#[cfg(not(target_os = "linux"))]
fn calls() -> Vec<(&'static str, io::Result<()>)> {
    Vec::new()
}

/// A system call with three arguments, the further ones 0.
#[cfg(target_os = "linux")]
fn call(number: libc::c_long, arguments: [usize; 3]) -> io::Result<libc::c_long> {
    let [first, second, third] = arguments;
    // SAFETY: every call above takes numbers, null, or a pointer to an empty C string that lives for ever; none writes
    // to memory of this process. The copy that `clone` would make ends at once.
    #[allow(unsafe_code)]
    let result = unsafe { libc::syscall(number, first, second, third, 0usize, 0usize, 0usize) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
