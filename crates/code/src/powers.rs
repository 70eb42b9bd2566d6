//! What functions of C libraries let a program do, as far as it matters who makes it do so.
//!
//! Names are those of POSIX, of the C library, and of libraries that network devices commonly have. A function that is not here gives no
//! power that is known.

use crate::demands::Place;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// Run a command or a program.
    Execute,
    /// Become another user.
    Identity,
    /// Change files.
    Files,
    /// Change the device's settings.
    Settings,
    /// Wait for others to connect.
    Listen,
    /// Connect to others.
    Connect,
    /// Give a session of a terminal.
    Terminal,
    /// Load code.
    Load,
    /// Restart or stop the device.
    Restart,
}

impl Power {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Execute,
        Self::Identity,
        Self::Files,
        Self::Settings,
        Self::Listen,
        Self::Connect,
        Self::Terminal,
        Self::Load,
        Self::Restart,
    ];

    /// In words, as what somebody can do.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Execute => "run a command",
            Self::Identity => "become another user",
            Self::Files => "change files",
            Self::Settings => "change settings",
            Self::Listen => "open a service",
            Self::Connect => "connect elsewhere",
            Self::Terminal => "open a terminal",
            Self::Load => "load code",
            Self::Restart => "restart the device",
        }
    }
}

/// A set of powers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Powers(u16);

impl Powers {
    /// With one more.
    #[must_use]
    pub fn with(self, power: Power) -> Self {
        Self(self.0 | 1 << power as u16)
    }

    /// With those of another set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that another set does not have.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it has one.
    #[must_use]
    pub fn has(self, power: Power) -> bool {
        self.0 >> (power as u16) & 1 == 1
    }

    /// Each.
    pub fn iter(self) -> impl Iterator<Item = Power> {
        Power::ALL.into_iter().filter(move |power| self.has(*power))
    }
}

const TABLE: [(Power, &[&str]); 9] = [
    (
        Power::Execute,
        &[
            "system",
            "popen",
            "execl",
            "execlp",
            "execle",
            "execv",
            "execvp",
            "execve",
            "execvpe",
            "execveat",
            "fexecve",
            "posix_spawn",
            "posix_spawnp",
            "wordexp",
            "doSystem",
            "doSystemCmd",
            "twsystem",
            "CsteSystem",
            "bstar_system",
            "eval",
            "_eval",
        ],
    ),
    (
        Power::Identity,
        &["setuid", "seteuid", "setreuid", "setresuid", "initgroups", "setgroups", "setgid", "login"],
    ),
    (
        Power::Files,
        &[
            "unlink", "unlinkat", "remove", "rename", "renameat", "chmod", "fchmod", "chown", "lchown",
            "mount", "umount", "mknod", "symlink", "link", "rmdir", "mkdir", "truncate",
        ],
    ),
    (
        Power::Settings,
        &[
            "nvram_set",
            "nvram_commit",
            "apmib_set",
            "acosNvramConfig_set",
            "uci_set",
            "uci_commit",
            "sethostname",
            "putspent",
            "putpwent",
            "iptc_commit",
        ],
    ),
    (Power::Listen, &["listen"]),
    (Power::Connect, &["connect"]),
    (Power::Terminal, &["forkpty", "openpty", "posix_openpt", "grantpt", "unlockpt", "login_tty"]),
    (Power::Load, &["dlopen", "init_module", "finit_module"]),
    (Power::Restart, &["reboot"]),
];

/// What a function lets its caller do.
#[must_use]
pub fn of(name: &[u8]) -> Option<Power> {
    let name = bare(name);
    TABLE
        .iter()
        .find(|(_, names)| names.iter().any(|known| known.as_bytes() == name))
        .map(|(power, _)| *power)
}

/// A function that compares texts or bytes, by which of its arguments: two, and how many count where that is one.
#[must_use]
pub fn compares(name: &[u8]) -> Option<Comparison> {
    let name = bare(name);
    let bounded = match name {
        b"strcmp" | b"strcasecmp" | b"strcoll" | b"g_strcmp0" | b"wcscmp" => None,
        b"strncmp"
        | b"strncasecmp"
        | b"memcmp"
        | b"bcmp"
        | b"timingsafe_memcmp"
        | b"CRYPTO_memcmp"
        | b"consttime_memequal" => Some(2),
        b"strstr" | b"strcasestr" => None,
        b"fnmatch" => None,
        // `std::string::compare(const char *)`, of libstdc++ in both its forms and of libc++ (Itanium C++ ABI).
        _ if name.ends_with(b"7compareEPKc")
            && [&b"_ZNKSt"[..], b"_ZNKSs"].iter().any(|of| name.starts_with(of)) =>
        {
            None
        }
        _ => return None,
    };
    Some(Comparison {
        bounded,
        finds: matches!(name, b"strstr" | b"strcasestr"),
        equal_is_zero: name != b"consttime_memequal" && !matches!(name, b"strstr" | b"strcasestr"),
    })
}

/// How a function compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The argument that says how much counts.
    pub bounded: Option<usize>,
    /// Whether the second is looked for in the first.
    pub finds: bool,
    /// Whether zero says that both are equal.
    pub equal_is_zero: bool,
}

/// Without what C libraries and linkers put around: `__GI_`, `__`, `_chk`, versions.
pub(crate) fn bare(name: &[u8]) -> &[u8] {
    let name = name.split(|&byte| byte == b'@').next().unwrap_or(name);
    let name = name.strip_prefix(b"__GI_").unwrap_or(name);
    match name.strip_prefix(b"__").and_then(|rest| rest.strip_suffix(b"_chk")) {
        Some(rest) => rest,
        None => name,
    }
}

/// Whether a function checks who somebody is, and says so by what it gives back.
#[must_use]
pub fn checks(name: &[u8]) -> bool {
    let name = bare(name);
    name.starts_with(b"pam_")
        || matches!(
            name,
            b"crypt"
                | b"crypt_r"
                | b"getspnam"
                | b"getpwnam"
                | b"ruserok"
                | b"hosts_access"
                | b"EVP_VerifyFinal"
                | b"RSA_verify"
                | b"SSL_get_verify_result"
                | b"krb5_verify_user"
                | b"bcrypt_checkpass"
        )
}

/// Whether a function is given what proves who somebody is: a password or a signature, not a name.
#[must_use]
pub fn proves(name: &[u8]) -> bool {
    checks(name) && !matches!(bare(name), b"getspnam" | b"getpwnam" | b"hosts_access")
}

/// Whether a function writes its second argument's text or bytes into its first, as they are.
#[must_use]
pub fn moves(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"memcpy"
            | b"memmove"
            | b"strcpy"
            | b"stpcpy"
            | b"strncpy"
            | b"strlcpy"
            | b"strcat"
            | b"strncat"
            | b"strlcat"
    )
}

/// Whether a function writes into its first argument, from its others.
#[must_use]
pub fn makes(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"sprintf"
            | b"snprintf"
            | b"vsprintf"
            | b"vsnprintf"
            | b"strftime"
            | b"memset"
            | b"memcpy"
            | b"strcpy"
            | b"strncpy"
            | b"strcat"
            | b"strncat"
            | b"strlcpy"
            | b"strlcat"
            | b"memmove"
            | b"stpcpy"
    )
}

/// Whether a function only reads what its arguments point to.
#[must_use]
pub fn reads_only(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"strlen"
            | b"strnlen"
            | b"printf"
            | b"puts"
            | b"fputs"
            | b"fprintf"
            | b"syslog"
            | b"strchr"
            | b"strrchr"
    )
}

/// Whether a function classifies or folds letters, or measures a text: what a comparison may ask of its input.
#[must_use]
pub fn measures(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"strlen"
            | b"strnlen"
            | b"tolower"
            | b"toupper"
            | b"__ctype_tolower_loc"
            | b"__ctype_toupper_loc"
            | b"__ctype_b_loc"
            | b"__stack_chk_fail"
    )
}

/// What a call lets its caller do, with what it is given: to open a file gives a power where that is for writing, and where which file
/// it is stands fixed.
#[must_use]
pub fn given(name: &[u8], place: &Place) -> Option<Power> {
    let text = |number: usize| place.texts.get(number).and_then(Option::as_deref);
    match bare(name) {
        // O_WRONLY and O_RDWR are 1 and 2 on all of Linux's machines.
        b"open" | b"open64" | b"__open_2" | b"__open64_2" => {
            let how = place.numbers.get(1).copied().flatten()?;
            (how & 3 != 0 && text(0).is_some()).then_some(Power::Files)
        }
        b"fopen" | b"fopen64" => {
            let writes = text(1)?.iter().any(|byte| matches!(byte, b'w' | b'a' | b'+'));
            (writes && text(0).is_some()).then_some(Power::Files)
        }
        _ => of(name),
    }
}

/// Whether a function opens files, which [`given`] may find to be a power.
#[must_use]
pub fn opens(name: &[u8]) -> bool {
    matches!(bare(name), b"open" | b"open64" | b"__open_2" | b"__open64_2" | b"fopen" | b"fopen64")
}

/// Whether a function takes what others send over a network, or waits for them.
#[must_use]
pub fn takes_network(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"recv"
            | b"recvfrom"
            | b"recvmsg"
            | b"accept"
            | b"accept4"
            | b"bind"
            | b"SSL_read"
            | b"listen"
            | b"getpeername"
    )
}

/// Whether a function tells where other files stand in memory, or finds what they have.
#[must_use]
pub fn finds_modules(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"dl_iterate_phdr"
            | b"dlinfo"
            | b"dladdr"
            | b"dladdr1"
            | b"dlsym"
            | b"dlvsym"
            | b"dlopen"
            | b"dlmopen"
            | b"_dl_find_object"
    )
}

/// Whether a function changes what memory may be used for, or another process's memory.
#[must_use]
pub fn changes_memory(name: &[u8]) -> bool {
    matches!(
        bare(name),
        b"mprotect"
            | b"pkey_mprotect"
            | b"process_vm_writev"
            | b"process_vm_readv"
            | b"ptrace"
            | b"memfd_create"
    )
}
