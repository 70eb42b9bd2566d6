//! What a program shows to those outside: which sockets it opens and where they listen, which functions take what others send, and
//! which programs it starts under fixed names.
//!
//! How: a port is what stands in the field of the address that `bind` is given: written to the function's own stack or to memory of the
//! file, or there from the start; where it is an argument of the function, what callers give for it, up to three calls away. A write
//! counts wherever it stands in the function, so that of two addresses that share a place both ports are said. The kind of a socket is
//! that of the call of `socket` whose result is used, else of the only one in the function. A session is given where a shell is started
//! without a command or a script (all of its words are known, each an option other than `-c`), or a program that serves terminals.
//!
//! Misses: ports of configuration, of tables, and of addresses that another function fills; sockets that a super server or `systemd` hands
//! over; static executables.

use crate::arch::Arch;
use crate::function::{Bounds, Call, Callee, Facts, Gap};
use crate::ir::Binary;
use crate::powers::{self, Power};
use crate::program::{Program, Read};
use crate::values::{Value, ValueId};
use std::collections::{BTreeMap, BTreeSet};

/// Calls away that a port is looked for.
const DEEP: u8 = 3;
/// Bytes of a fixed name that are kept.
const TEXT: usize = 256;
/// Words of one command that are looked at.
const WORDS: usize = 32;
/// Names of programs and sockets that are kept of one file.
const MOST: usize = 4096;

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Connections: TCP on a network.
    Stream,
    /// Datagrams: UDP on a network.
    Datagram,
    /// Packets of a protocol of IP, with its header.
    Raw,
    /// Frames of a link, whatever is in them.
    Packet,
    /// Other families than IP: within the device, or with its kernel.
    Inside,
    /// Not known.
    Unknown,
}

impl Kind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stream => "TCP",
            Self::Datagram => "UDP",
            Self::Raw => "raw",
            Self::Packet => "packet",
            Self::Inside => "local",
            Self::Unknown => "unknown",
        }
    }
}

/// A socket that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opened {
    /// The function.
    pub function: u64,
    /// The call.
    pub at: u64,
    /// What it is for.
    pub kind: Kind,
    /// The protocol, where that is fixed.
    pub protocol: Option<u64>,
}

/// A place to which a socket is bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// The function.
    pub function: u64,
    /// The call.
    pub at: u64,
    /// What the socket is for.
    pub kind: Kind,
    /// Its ports, where they are fixed.
    pub ports: BTreeSet<u16>,
    /// Whether only programs of the device itself reach it: 127.0.0.1.
    pub local: bool,
}

/// What of a program could not be followed, by function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Jumps to where a value says.
    pub jumps: usize,
    /// Places that hold no instruction.
    pub undecoded: usize,
    /// Whether it is longer than is read.
    pub long: bool,
}

/// What a program shows.
#[derive(Clone, Debug, Default)]
pub struct Surface {
    /// The sockets.
    pub opened: Vec<Opened>,
    /// Where they are bound.
    pub bound: Vec<Bound>,
    /// The functions that take what others send, and of which kinds of socket.
    pub receivers: BTreeMap<u64, BTreeSet<Kind>>,
    /// Fixed texts that calls which run commands are given.
    pub commands: BTreeSet<Vec<u8>>,
    /// Calls that start a shell for whoever is at the other end, or a program that serves terminals, with what is started.
    pub sessions: BTreeMap<u64, Vec<u8>>,
    /// By function, what of it could not be followed.
    pub missed: BTreeMap<u64, Missed>,
    /// Functions read.
    pub functions: usize,
    calls: BTreeMap<u64, BTreeSet<u64>>,
}

impl Surface {
    /// Of a program.
    #[must_use]
    pub fn of(program: &Program<'_>) -> Self {
        let mut reader = Reader::new(program);
        for bounds in program.functions() {
            reader.look(*bounds, &program.read(*bounds));
        }
        reader.finish()
    }

    /// Whether a function is called by another one, or by one that it calls, so many calls deep.
    #[must_use]
    pub fn leads(&self, from: u64, to: u64, deep: u8) -> bool {
        let mut level = BTreeSet::from([from]);
        for _ in 0..=deep {
            if level.contains(&to) {
                return true;
            }
            level = level.iter().filter_map(|function| self.calls.get(function)).flatten().copied().collect();
        }
        false
    }
}

/// What a call is given for an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Number(u64),
    /// The caller's own argument.
    Argument(usize),
    Other,
}

/// Reads a program function by function.
pub struct Reader<'p, 'a> {
    program: &'p Program<'a>,
    surface: Surface,
    /// Ports that are arguments: which entry of `bound`, of which function, which argument.
    open: Vec<(usize, u64, usize)>,
    /// By function, what callers give it: the caller and its arguments.
    given: BTreeMap<u64, Vec<(u64, Vec<Given>)>>,
    /// Functions that take what others send at a socket that is not known.
    unknown: BTreeSet<u64>,
}

impl<'p, 'a> Reader<'p, 'a> {
    /// Of a program.
    #[must_use]
    pub fn new(program: &'p Program<'a>) -> Self {
        Self {
            program,
            surface: Surface::default(),
            open: Vec::new(),
            given: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Looks at one function.
    pub fn look(&mut self, bounds: Bounds, read: &Read<'_>) {
        let (function, facts) = (bounds.start, &read.facts);
        self.surface.functions += 1;
        self.miss(function, &read.blocks.gaps);
        let sockets = self.sockets(function, facts);
        let listens = facts.calls.iter().any(|call| is(call, &[b"listen"]));
        for call in &facts.calls {
            match &call.callee {
                Callee::Here(to) => {
                    let to = self.program.image().place(*to);
                    self.surface.calls.entry(function).or_default().insert(to);
                    let given: Vec<Given> =
                        call.arguments.iter().map(|value| self.given(facts, *value)).collect();
                    if given.iter().any(|given| *given != Given::Other) {
                        self.given.entry(to).or_default().push((function, given));
                    }
                }
                Callee::Import(name) if name.as_slice() == b"bind" => {
                    self.bind(function, facts, call, &sockets, listens);
                }
                Callee::Import(name) if receives(name) => {
                    let kinds = kinds(facts, call, &sockets);
                    if kinds.is_empty() {
                        self.unknown.insert(function);
                    }
                    self.surface.receivers.entry(function).or_default().extend(kinds);
                }
                Callee::Import(name) if powers::of(name) == Some(Power::Execute) => {
                    for text in call.arguments.iter().filter_map(|value| facts.values.text(*value)) {
                        if self.surface.commands.len() < MOST {
                            self.surface.commands.insert(text.iter().copied().take(TEXT).collect());
                        }
                    }
                    if let Some(started) = self.session(facts, call, name)
                        && self.surface.sessions.len() < MOST
                    {
                        self.surface.sessions.insert(call.at, started);
                    }
                }
                _ => {}
            }
        }
    }

    /// What came of it.
    #[must_use]
    pub fn finish(mut self) -> Surface {
        for (bound, function, argument) in std::mem::take(&mut self.open) {
            let ports = self.numbers(function, argument, DEEP);
            if let Some(bound) = self.surface.bound.get_mut(bound) {
                bound.ports.extend(ports.into_iter().filter_map(port));
            }
        }
        // Where all of the program's sockets are of one kind, what is received is of it.
        let all: BTreeSet<Kind> = self.surface.opened.iter().map(|opened| opened.kind).collect();
        if let [only] = all.iter().copied().collect::<Vec<_>>().as_slice() {
            for function in &self.unknown {
                self.surface.receivers.entry(*function).or_default().insert(*only);
            }
        }
        self.surface.receivers.retain(|_, kinds| !kinds.is_empty());
        self.surface.opened.sort();
        self.surface.bound.sort();
        self.surface
    }

    fn miss(&mut self, function: u64, gaps: &[Gap]) {
        if gaps.is_empty() {
            return;
        }
        let missed = self.surface.missed.entry(function).or_default();
        for gap in gaps {
            match gap {
                Gap::Indirect { .. } => missed.jumps += 1,
                Gap::Undecoded { .. } => missed.undecoded += 1,
                Gap::TooLong { .. } => missed.long = true,
            }
        }
    }

    /// The sockets that a function opens, by the call.
    fn sockets(&mut self, function: u64, facts: &Facts<'_>) -> BTreeMap<u64, Kind> {
        let mut found = BTreeMap::new();
        for call in facts.calls.iter().filter(|call| is(call, &[b"socket"])) {
            let number = |at: usize| call.arguments.get(at).and_then(|value| facts.values.constant(*value));
            let kind = kind(self.program.image().arch, number(0), number(1));
            found.insert(call.at, kind);
            if self.surface.opened.len() < MOST {
                self.surface.opened.push(Opened { function, at: call.at, kind, protocol: number(2) });
            }
        }
        found
    }

    fn bind(
        &mut self,
        function: u64,
        facts: &Facts<'_>,
        call: &Call,
        sockets: &BTreeMap<u64, Kind>,
        listens: bool,
    ) {
        let Some(pointer) = call.arguments.get(1).copied() else { return };
        let kinds = kinds(facts, call, sockets);
        let kind = match kinds.iter().copied().collect::<Vec<_>>().as_slice() {
            [only] => *only,
            _ => Kind::Unknown,
        };
        let kind = if kind == Kind::Unknown && listens { Kind::Stream } else { kind };
        let mut bound = Bound { function, at: call.at, kind, ports: BTreeSet::new(), local: false };
        let mut open = Vec::new();
        match facts.values.get(pointer) {
            Value::Stack(at) => {
                let place = |value: ValueId| match facts.values.get(value) {
                    Value::Stack(slot) => Some(slot.wrapping_sub(at)),
                    _ => None,
                };
                self.fields(facts, &facts.kept, &place, &mut bound, &mut open);
            }
            Value::Const(at) => {
                let image = self.program.image();
                if image.number(at, 2) == Some(2) && image.bytes(at).len() >= 4 {
                    bound.ports.extend(
                        image
                            .bytes(at)
                            .get(2..4)
                            .and_then(<[u8]>::first_chunk)
                            .copied()
                            .map(u16::from_be_bytes),
                    );
                }
                let place =
                    |value: ValueId| facts.values.constant(value).map(|to| to.wrapping_sub(at).cast_signed());
                self.fields(facts, &facts.writes, &place, &mut bound, &mut open);
            }
            _ => {}
        }
        // A function that resolves a service by its fixed name or number.
        for call in facts.calls.iter().filter(|call| is(call, &[b"getaddrinfo"])) {
            let service = call.arguments.get(1).and_then(|value| facts.values.text(*value));
            bound.ports.extend(service.and_then(|text| std::str::from_utf8(text).ok()?.parse::<u16>().ok()));
        }
        bound.ports.remove(&0);
        if self.surface.bound.len() < MOST {
            let number = self.surface.bound.len();
            self.open.extend(open.into_iter().map(|argument| (number, function, argument)));
            self.surface.bound.push(bound);
        }
    }

    /// The fields of an address by what is written to it; `place` says how far behind its start a write is.
    fn fields(
        &self,
        facts: &Facts<'_>,
        writes: &[crate::function::Written],
        place: &dyn Fn(ValueId) -> Option<i64>,
        bound: &mut Bound,
        open: &mut Vec<usize>,
    ) {
        let big_endian = self.program.image().big_endian;
        for write in writes {
            let Some(from) = place(write.to) else { continue };
            let size = i64::from(write.size);
            let field = |at: i64, bytes: usize| -> Option<Vec<u8>> {
                let skip = usize::try_from(at.checked_sub(from)?).ok()?;
                let number = facts.values.constant(write.value)?;
                let whole = if big_endian {
                    number.to_be_bytes().get(8_usize.checked_sub(usize::from(write.size))?..)?.to_vec()
                } else {
                    number.to_le_bytes().get(..usize::from(write.size))?.to_vec()
                };
                whole.get(skip..skip.checked_add(bytes)?).map(<[u8]>::to_vec)
            };
            if let Some([high, low]) = field(2, 2).as_deref() {
                bound.ports.insert(u16::from_be_bytes([*high, *low]));
            } else if from == 2 && size == 2 {
                match self.leaf(facts, write.value, 8) {
                    Given::Number(number) => bound.ports.extend(port(number)),
                    Given::Argument(argument) => open.push(argument),
                    Given::Other => {}
                }
            }
            bound.local |= field(4, 4).as_deref() == Some(&[127, 0, 0, 1]);
        }
    }

    /// What a value that goes through the turning of its bytes is made of.
    fn leaf(&self, facts: &Facts<'_>, value: ValueId, deep: u8) -> Given {
        if deep == 0 {
            return Given::Other;
        }
        match facts.values.get(value) {
            Value::Result(at) => {
                let call = facts.calls.iter().find(|call| call.at == at && is(call, &[b"htons", b"ntohs"]));
                call.and_then(|call| call.arguments.first())
                    .map_or(Given::Other, |first| self.leaf(facts, *first, deep - 1))
            }
            Value::Extend { of, .. } => self.leaf(facts, of, deep - 1),
            Value::Binary(Binary::Shl | Binary::Shr | Binary::Sar | Binary::Ror | Binary::And, of, by)
                if facts.values.constant(by).is_some() =>
            {
                self.leaf(facts, of, deep - 1)
            }
            Value::Binary(Binary::Or | Binary::Add, a, b) => {
                let (a, b) = (self.leaf(facts, a, deep - 1), self.leaf(facts, b, deep - 1));
                if a == b { a } else { Given::Other }
            }
            _ => self.given(facts, value),
        }
    }

    /// What a call that runs a command starts, where that is a session.
    fn session(&self, facts: &Facts<'_>, call: &Call, name: &[u8]) -> Option<Vec<u8>> {
        let text = |at: usize| call.arguments.get(at).and_then(|value| facts.values.text(*value));
        let first = text(0)?;
        let kept = |text: &[u8]| Some(text.iter().copied().take(TEXT).collect());
        match powers::bare(name) {
            b"execl" | b"execlp" | b"execle" => {
                let words = call.arguments.get(1..)?;
                let end = words.iter().position(|value| facts.values.constant(*value) == Some(0));
                let (words, ends) = (words.get(..end.unwrap_or(words.len()))?, end.is_some());
                let words = words.iter().map(|value| facts.values.text(*value));
                is_session(first, words, ends).then(|| kept(first))?
            }
            b"execv" | b"execvp" | b"execve" | b"execvpe" => {
                let words = self.row(facts, *call.arguments.get(1)?);
                let end = words
                    .iter()
                    .position(|value| value.and_then(|value| facts.values.constant(value)) == Some(0));
                let (words, ends) = (words.get(..end.unwrap_or(words.len()))?, end.is_some());
                let words = words.iter().map(|value| value.and_then(|value| facts.values.text(value)));
                is_session(first, words, ends).then(|| kept(first))?
            }
            // What takes a command line.
            other
                if !other.starts_with(b"posix_spawn")
                    && !other.starts_with(b"exec")
                    && other != b"fexecve" =>
            {
                first.split(|byte| b";&|\n`(".contains(byte)).any(line_is_session).then(|| kept(first))?
            }
            _ => None,
        }
    }

    /// What a row of pointers on the function's stack holds, in order, up to the first place that nothing is written to.
    fn row(&self, facts: &Facts<'_>, pointer: ValueId) -> Vec<Option<ValueId>> {
        let Value::Stack(start) = facts.values.get(pointer) else { return Vec::new() };
        let size = i64::from(self.program.image().bits() / 8);
        let mut found = Vec::new();
        while found.len() < WORDS {
            let at = start.wrapping_add(size.wrapping_mul(i64::try_from(found.len()).unwrap_or(0)));
            let mut writes = facts.kept.iter().filter(|write| facts.values.get(write.to) == Value::Stack(at));
            let Some(first) = writes.next() else { break };
            // Two writes to one place: which one counts depends on the way.
            found.push(writes.next().is_none().then_some(first.value));
        }
        found
    }

    fn given(&self, facts: &Facts<'_>, value: ValueId) -> Given {
        let image = self.program.image();
        match facts.values.whole(value) {
            Value::Const(number) => Given::Number(number),
            Value::Entry(register) => {
                let place = image.arch.convention().arguments.iter().position(|other| *other == register);
                place.map_or(Given::Other, Given::Argument)
            }
            // The caller's stack, behind the place to go back to.
            Value::Load { at, .. } if image.arch == Arch::X86 => match facts.values.get(at) {
                Value::Stack(slot) if slot >= 4 => {
                    usize::try_from(slot / 4 - 1).map_or(Given::Other, Given::Argument)
                }
                _ => Given::Other,
            },
            _ => Given::Other,
        }
    }

    /// The numbers that callers give for an argument.
    fn numbers(&self, function: u64, argument: usize, deep: u8) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        for (caller, given) in self.given.get(&function).into_iter().flatten() {
            match given.get(argument) {
                Some(Given::Number(number)) => {
                    found.insert(*number);
                }
                Some(Given::Argument(further)) if deep > 0 && *caller != function => {
                    found.extend(self.numbers(*caller, *further, deep - 1));
                }
                _ => {}
            }
        }
        found
    }
}

/// Whether a program that is started with these words (its own name is the first; `ends`: no other follows) gives a session.
fn is_session<'t>(program: &[u8], words: impl Iterator<Item = Option<&'t [u8]>>, ends: bool) -> bool {
    let mut words = words.skip(1);
    if serves_terminals(program) {
        return true;
    }
    // `busybox telnetd`, and what starts others under another name.
    if last_part(program) == b"busybox" {
        return words.next().flatten().is_some_and(serves_terminals);
    }
    ends && is_shell(program)
        && words.all(|word| word.is_some_and(|word| word.starts_with(b"-") && !word.contains(&b'c')))
}

/// Whether a line of a shell gives a session.
fn line_is_session(line: &[u8]) -> bool {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty() && !word.contains(&b'='))
        .skip_while(|word| matches!(last_part(word), b"busybox" | b"exec" | b"nohup" | b"setsid"));
    let Some(program) = words.next() else { return false };
    let words: Vec<&[u8]> = words.take_while(|word| !word.iter().any(|byte| b"<>".contains(byte))).collect();
    serves_terminals(program)
        || is_shell(program) && words.iter().all(|word| word.starts_with(b"-") && !word.contains(&b'c'))
        || matches!(last_part(program), b"nc" | b"ncat" | b"netcat")
            && words.iter().any(|word| matches!(*word, b"-e" | b"-c"))
}

/// Programs that give who connects a terminal: telnetd(8), rlogind(8), rshd(8), sshd(8), dropbear(8).
fn serves_terminals(program: &[u8]) -> bool {
    let name = last_part(program);
    let name = name.strip_prefix(b"in.").unwrap_or(name);
    matches!(name, b"telnetd" | b"utelnetd" | b"rlogind" | b"rshd" | b"sshd" | b"dropbear")
}

/// Shells by their names in POSIX systems.
fn is_shell(program: &[u8]) -> bool {
    matches!(
        last_part(program),
        b"sh" | b"ash" | b"bash" | b"dash" | b"hush" | b"ksh" | b"mksh" | b"zsh" | b"csh" | b"tcsh"
    )
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn is(call: &Call, names: &[&[u8]]) -> bool {
    matches!(&call.callee, Callee::Import(name) if names.contains(&name.as_slice()))
}

fn receives(name: &[u8]) -> bool {
    matches!(
        name,
        b"recv" | b"recvfrom" | b"recvmsg" | b"__recv_chk" | b"__recvfrom_chk" | b"read" | b"__read_chk"
    )
}

/// The kinds of the sockets that a call may be about: that of its first argument, else those that its function opens, but for `read`,
/// which is mostly about something else.
fn kinds(facts: &Facts<'_>, call: &Call, sockets: &BTreeMap<u64, Kind>) -> BTreeSet<Kind> {
    let first = call.arguments.first().map(|value| facts.values.whole(*value));
    if let Some(Value::Result(at)) = first
        && let Some(kind) = sockets.get(&at)
    {
        return BTreeSet::from([*kind]);
    }
    if is(call, &[b"read", b"__read_chk"]) {
        return BTreeSet::new();
    }
    sockets.values().copied().collect()
}

/// What a socket is for, by family and type. Types have numbers of their own on MIPS.
fn kind(arch: Arch, family: Option<u64>, kind: Option<u64>) -> Kind {
    let kind = kind.map(|kind| kind & 0xf);
    let (stream, datagram) = if matches!(arch, Arch::Mips | Arch::Mips64) { (2, 1) } else { (1, 2) };
    match (family, kind) {
        // AF_PACKET; SOCK_PACKET of AF_INET.
        (Some(17), _) | (Some(2), Some(10)) => Kind::Packet,
        (Some(2 | 10) | None, Some(3)) => Kind::Raw,
        (Some(2 | 10) | None, Some(kind)) if kind == stream => Kind::Stream,
        (Some(2 | 10) | None, Some(kind)) if kind == datagram => Kind::Datagram,
        (Some(2 | 10) | None, _) => Kind::Unknown,
        _ => Kind::Inside,
    }
}

fn port(number: u64) -> Option<u16> {
    u16::try_from(number & 0xffff_ffff).ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_without_a_command_or_a_program_that_serves_terminals_is_a_session() {
        let words = |words: &[&'static str]| {
            words.iter().map(|word| Some(word.as_bytes())).collect::<Vec<Option<&'static [u8]>>>()
        };
        let is = |program: &str, given: &[&'static str], ends| {
            is_session(program.as_bytes(), words(given).into_iter(), ends)
        };
        assert!(is("/bin/sh", &["sh"], true) && is("/bin/bash", &["bash", "-i"], true));
        assert!(!is("/bin/sh", &["sh", "-c"], false) && !is("/bin/sh", &["sh", "/etc/rc"], true));
        assert!(!is("/bin/sh", &["sh"], false), "more may follow");
        assert!(
            !is_session(b"/bin/sh", [Some(&b"sh"[..]), None].into_iter(), true),
            "a word that is not known"
        );
        assert!(
            is("/usr/sbin/telnetd", &["telnetd", "-p"], false)
                && is("/bin/busybox", &["busybox", "telnetd"], false)
        );
        assert!(!is("/bin/busybox", &["busybox", "ls"], true) && !is("/sbin/ip", &["ip"], true));
    }

    #[test]
    fn lines_of_a_shell_give_sessions_by_what_they_run() {
        for line in [
            "/usr/sbin/telnetd -p 2323 -l /bin/sh ",
            "/bin/busybox telnetd",
            "exec /bin/sh -i",
            "TERM=vt100 sh <&4",
            "nc -l -p 9 -e /bin/sh",
        ] {
            assert!(line_is_session(line.as_bytes()), "{line}");
        }
        for line in [
            "",
            "killall telnetd",
            "/bin/sh /etc/rc.local",
            "sh -c ls",
            "/usr/sbin/sendmail -t",
            "nc -z host 9",
            "/etc/init.d/telnetd.sh stop",
        ] {
            assert!(!line_is_session(line.as_bytes()), "{line}");
        }
    }
}
