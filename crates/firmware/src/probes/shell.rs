//! Commands of shell scripts and of texts that programs hand to a shell: their words, without quotes, with the values of variables that
//! the script sets once and for all.
//!
//! Not a shell: branches are not followed (each command counts as one that may run), functions are not called, and what is only known at
//! run time stays in the word as it is written (`$1`, `$(date)`), so that [`Command::is_fixed`] can tell. Linear in the text.
//! Source: POSIX.1-2017, Shell Command Language, 2.2 to 2.9.

use std::collections::BTreeMap;

/// Bytes of a script that are read.
pub const SCRIPT_LIMIT: usize = 2 << 20;
/// Bytes that a word may grow to by the values of variables.
const WORD_LIMIT: usize = 4096;
/// Variables that are remembered.
const VARIABLES: usize = 1024;

/// Functions of programs that hand their first argument to a shell.
pub const PROGRAMS_OF: [&str; 7] =
    ["system", "popen", "doSystem", "doSystemCmd", "twsystem", "CsteSystem", "bstar_system"];

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words; assignments before it are not among them.
    pub words: Vec<Vec<u8>>,
    /// Assignments before it, or that it is all of.
    pub set: Vec<(Vec<u8>, Vec<u8>)>,
    /// Line, from 1.
    pub line: u32,
    /// Where its line starts.
    pub offset: u64,
    /// Whether it reads what the command before it writes.
    pub piped: bool,
    /// What a here-document or here-string gives it.
    pub input: Vec<u8>,
}

impl Command {
    /// The name of what it runs, without folders; wrappers such as `busybox`, `sudo` and `exec` left out.
    pub fn name(&self) -> &[u8] {
        self.program().map_or(&[], |at| base(self.words.get(at).map_or(&[], Vec::as_slice)))
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[Vec<u8>] {
        self.program().and_then(|at| self.words.get(at + 1..)).unwrap_or_default()
    }

    /// The value of an option: `-u X`, `-uX`, `--user X`, `--user=X`.
    pub fn option(&self, names: &[&str]) -> Option<&[u8]> {
        let arguments = self.arguments();
        for (number, word) in arguments.iter().enumerate() {
            for name in names {
                let Some(rest) = word.strip_prefix(name.as_bytes()) else { continue };
                if rest.is_empty() {
                    return arguments.get(number + 1).map(Vec::as_slice);
                }
                let long = name.starts_with("--") || name.ends_with('=');
                match rest.strip_prefix(b"=") {
                    Some(value) if long => return Some(value),
                    None if !long => return Some(rest),
                    None if name.ends_with('=') => return Some(rest),
                    _ => {}
                }
            }
        }
        None
    }

    /// Whether it has one of these words.
    pub fn has(&self, names: &[&str]) -> bool {
        self.arguments().iter().any(|word| names.iter().any(|name| word == name.as_bytes()))
    }

    fn program(&self) -> Option<usize> {
        const WRAPPERS: [&[u8]; 15] = [
            b"busybox", b"sudo", b"exec", b"nohup", b"command", b"then", b"do", b"else", b"if", b"while",
            b"!", b"time", b"setsid", b"until", b"elif",
        ];
        let first = self.words.iter().position(|word| !WRAPPERS.contains(&base(word)))?;
        if !matches!(base(self.words.get(first)?), b"start-stop-daemon") {
            return Some(first);
        }
        let exec = self
            .words
            .iter()
            .position(|word| matches!(word.as_slice(), b"-x" | b"--exec" | b"-a" | b"--startas"));
        Some(exec.map_or(first, |at| at + 1))
    }
}

/// Whether a word holds nothing that is only known at run time.
pub fn is_fixed(word: &[u8]) -> bool {
    !word.is_empty()
        && !word.iter().any(|byte| matches!(byte, b'$' | b'`' | b'%' | b'<' | b'>' | b'{' | b'}' | b'*'))
}

/// The last part of a path.
pub fn base(word: &[u8]) -> &[u8] {
    word.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// Whether a file is a script that a shell runs: by its first line, its name, or where it stands.
pub fn is_script(path: &str, content: &[u8]) -> bool {
    if content.contains_nul() {
        return false;
    }
    if let Some(rest) = content.strip_prefix(b"#!") {
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        return words.take(2).any(|word| {
            matches!(
                base(word),
                b"sh" | b"ash" | b"bash" | b"dash" | b"ksh" | b"zsh" | b"hush" | b"busybox" | b"rc.common"
            )
        });
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parts = || folder.split('/');
    name.ends_with(".sh")
        || parts().any(|part| {
            matches!(
                part,
                "init.d" | "rc.d" | "profile.d" | "hotplug.d" | "uci-defaults" | "cron.d" | "crontabs"
            )
        })
        || matches!(name, "rcS" | "rc.local" | "profile" | "crontab" | ".profile" | ".bashrc")
}

trait Nul {
    fn contains_nul(&self) -> bool;
}

impl Nul for [u8] {
    fn contains_nul(&self) -> bool {
        self.get(..8192).unwrap_or(self).contains(&0)
    }
}

/// The commands of a script, in order.
pub fn commands(text: &[u8]) -> Vec<Command> {
    let text = text.get(..text.len().min(SCRIPT_LIMIT)).unwrap_or_default();
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        line_at: 0,
        found: Vec::new(),
        now: Command::default(),
        documents: Vec::new(),
        variables: BTreeMap::new(),
    };
    reader.run();
    reader.found
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    line_at: usize,
    found: Vec<Command>,
    now: Command,
    /// Here-documents that begin behind this line: the ending word, and the command's number.
    documents: Vec<(Vec<u8>, usize)>,
    variables: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn run(&mut self) {
        let mut piped = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.end(&mut piped, false);
                    self.next_line();
                    self.read_documents();
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.text.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 1;
                    self.next_line();
                }
                b'#' => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                b';' | b'(' | b')' | b'`' => {
                    self.at += 1;
                    self.end(&mut piped, false);
                }
                b'{' | b'}' if self.text.get(self.at + 1).is_none_or(u8::is_ascii_whitespace) => {
                    self.at += 1;
                    self.end(&mut piped, false);
                }
                b'&' | b'|' => {
                    let twice = self.text.get(self.at + 1) == Some(&byte);
                    self.at += if twice { 2 } else { 1 };
                    self.end(&mut piped, byte == b'|' && !twice);
                }
                b'<' if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"<<<")) => {
                    self.at += 3;
                    self.blanks();
                    self.now.input = self.word();
                }
                b'<' if self.text.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    if self.peek() == Some(b'-') {
                        self.at += 1;
                    }
                    self.blanks();
                    let word = self.word();
                    if !word.is_empty() {
                        self.documents.push((word, self.found.len()));
                    }
                }
                _ => self.one(piped),
            }
        }
        self.end(&mut piped, false);
    }

    fn one(&mut self, piped: bool) {
        if self.now.words.is_empty() && self.now.set.is_empty() {
            (self.now.line, self.now.offset, self.now.piped) = (self.line, self.line_at as u64, piped);
        }
        let before = self.at;
        let word = self.word();
        if self.at == before {
            self.at += 1;
            return;
        }
        let exports = matches!(self.now.words.as_slice(), [one] if matches!(one.as_slice(), b"export" | b"local" | b"readonly"));
        if (self.now.words.is_empty() || exports)
            && let Some(at) = word.iter().position(|&byte| byte == b'=')
            && let (Some(name), Some(value)) = (word.get(..at), word.get(at + 1..))
            && is_name(name)
        {
            self.set(name, value);
            self.now.set.push((name.to_vec(), value.to_vec()));
        } else {
            self.now.words.push(word);
        }
    }

    /// A variable that gets two values has none that is fixed.
    fn set(&mut self, name: &[u8], value: &[u8]) {
        if let Some(known) = self.variables.get_mut(name) {
            if known.as_deref() != Some(value) {
                *known = None;
            }
        } else if self.variables.len() < VARIABLES {
            let fixed = !value.iter().any(|byte| matches!(byte, b'$' | b'`'));
            self.variables.insert(name.to_vec(), fixed.then(|| value.to_vec()));
        }
    }

    fn next_line(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.line_at = self.at;
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn end(&mut self, piped: &mut bool, pipes: bool) {
        let done = std::mem::take(&mut self.now);
        if !done.words.is_empty() || !done.set.is_empty() {
            self.found.push(done);
        }
        *piped = pipes;
    }

    fn read_documents(&mut self) {
        for (ending, command) in std::mem::take(&mut self.documents) {
            let mut input = Vec::new();
            while self.at < self.text.len() {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                let line = rest.get(..length).unwrap_or_default();
                self.at += length;
                self.next_line();
                if line.trim_ascii() == ending.as_slice() {
                    break;
                }
                input.extend_from_slice(line);
                input.push(b'\n');
            }
            self.at = self.at.min(self.text.len());
            if let Some(command) = self.found.get_mut(command) {
                command.input = input;
            }
        }
    }

    /// A word up to what ends it, quotes taken off, variables put in where they are known.
    fn word(&mut self) -> Vec<u8> {
        let mut word = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' => {
                    // `2>&1` and `>&2` are no ends of commands.
                    if byte != b'&' || !matches!(word.last(), Some(b'>')) {
                        break;
                    }
                    word.push(byte);
                    self.at += 1;
                }
                b'<' if word.is_empty() || self.text.get(self.at + 1) == Some(&b'<') => break,
                b'\'' => {
                    self.at += 1;
                    while let Some(byte) = self.peek() {
                        self.step(byte);
                        if byte == b'\'' {
                            break;
                        }
                        word.push(byte);
                    }
                }
                b'"' => {
                    self.at += 1;
                    self.quoted(&mut word);
                }
                b'\\' => {
                    self.at += 1;
                    if let Some(byte) = self.peek() {
                        self.step(byte);
                        if byte != b'\n' {
                            word.push(byte);
                        }
                    }
                }
                b'$' => self.expansion(&mut word),
                b'`' => {
                    if word.is_empty() {
                        break;
                    }
                    word.push(b'`');
                    self.at += 1;
                    self.skip_to(b'`');
                }
                _ => {
                    word.push(byte);
                    self.at += 1;
                }
            }
        }
        word
    }

    fn step(&mut self, byte: u8) {
        if byte == b'\n' {
            self.next_line();
        } else {
            self.at += 1;
        }
    }

    fn quoted(&mut self, word: &mut Vec<u8>) {
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    self.at += 1;
                    let Some(next) = self.peek() else { return };
                    if !matches!(next, b'"' | b'\\' | b'$' | b'`' | b'\n') {
                        word.push(b'\\');
                    }
                    self.step(next);
                    if next != b'\n' {
                        word.push(next);
                    }
                }
                b'$' => self.expansion(word),
                other => {
                    self.step(other);
                    word.push(other);
                }
            }
        }
    }

    fn skip_to(&mut self, end: u8) {
        while let Some(byte) = self.peek() {
            self.step(byte);
            if byte == end {
                return;
            }
        }
    }

    /// What stands behind `$`: the value of a variable that is known, else as it is written.
    fn expansion(&mut self, word: &mut Vec<u8>) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                let from = self.at;
                while self.peek().is_some_and(|byte| byte != b'}' && byte != b'\n') {
                    self.at += 1;
                }
                let name = self.text.get(from..self.at).unwrap_or_default();
                if self.peek() == Some(b'}') {
                    self.at += 1;
                }
                self.value(name, start, word);
            }
            // A command's output: the command itself is read as one of its own.
            Some(b'(') => {
                word.push(b'$');
                self.at = start + 1;
                let mut depth = 0_u32;
                let from = self.at;
                while let Some(byte) = self.peek() {
                    depth = match byte {
                        b'(' => depth + 1,
                        b')' => depth.saturating_sub(1),
                        _ => depth,
                    };
                    self.step(byte);
                    if depth == 0 {
                        break;
                    }
                }
                let inner = self.text.get(from + 1..self.at.saturating_sub(1)).unwrap_or_default();
                // Nesting is read once: what stands inside is short.
                if inner.len() <= 512 && !inner.starts_with(b"(") {
                    for mut command in commands(inner) {
                        (command.line, command.offset) = (self.line, self.line_at as u64);
                        self.found.push(command);
                    }
                }
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    self.at += 1;
                }
                let name = self.text.get(start + 1..self.at).unwrap_or_default();
                self.value(name, start, word);
            }
            _ => word.push(b'$'),
        }
    }

    fn value(&self, name: &[u8], start: usize, word: &mut Vec<u8>) {
        match self.variables.get(name) {
            Some(Some(value)) if word.len() + value.len() <= WORD_LIMIT => word.extend_from_slice(value),
            _ => word.extend_from_slice(self.text.get(start..self.at).unwrap_or_default()),
        }
    }
}

fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Vec<String> {
        let one = |command: &Command| {
            let words: Vec<_> =
                command.words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            format!("{}{}", if command.piped { "|" } else { "" }, words.join("_"))
        };
        commands(text.as_bytes()).iter().map(one).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(
            shown("A=b\necho \"x $A\" 'y $A' | chpasswd; z 2>&1 &\n# no\nif w; then v; fi"),
            ["", "echo_x b_y $A", "|chpasswd", "z_2>&1", "if_w", "then_v", "fi"]
        );
        assert_eq!(shown("a \\\n b && c || d"), ["a_b", "c", "d"]);
        assert_eq!(shown("U=1\nU=2\necho ${U} $V"), ["", "", "echo_${U}_$V"], "no one value");
        assert_eq!(shown("x $(wget http://a/b) y"), ["wget_http://a/b", "x_$_y"]);
    }

    #[test]
    fn documents_are_input() {
        let found = commands(b"chpasswd <<EOF\nroot:x\nEOF\nnext <<< \"here\"\n");
        assert_eq!(found[0].input, b"root:x\n");
        assert_eq!(
            (found[1].name(), found[1].input.as_slice(), found[1].line),
            (&b"next"[..], &b"here"[..], 4)
        );
    }

    #[test]
    fn options_and_wrappers() {
        let found = commands(b"sudo /usr/bin/curl -u a:b --data=x -ofile --user=c\nstart-stop-daemon -S -x /sbin/telnetd -- -l /bin/sh");
        assert_eq!(found[0].name(), b"curl");
        assert_eq!(found[0].option(&["-u"]), Some(&b"a:b"[..]));
        assert_eq!(found[0].option(&["--user"]), Some(&b"c"[..]));
        assert_eq!(found[0].option(&["-o"]), Some(&b"file"[..]));
        assert_eq!((found[1].name(), found[1].option(&["-l"])), (&b"telnetd"[..], Some(&b"/bin/sh"[..])));
    }

    proptest! {
        #[test]
        fn random_scripts(text in "[a-z$(){}`\"'\\\\<>|&;#= \n-]{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for content in [text.as_bytes(), &bytes] {
                let lines = content.iter().filter(|&&byte| byte == b'\n').count() + 2;
                for command in commands(content) {
                    prop_assert!((command.line as usize) <= lines && command.offset as usize <= content.len());
                    let _ = (command.name(), command.option(&["-p", "--password"]));
                }
            }
        }
    }
}
