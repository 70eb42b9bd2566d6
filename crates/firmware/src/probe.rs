//! The seam for probes: what a probe is given, and what it gives back.

use crate::marks::{self, Mark};
use crate::{planted, rates};
use banbury_code::program::Program;
use banbury_code::surface::{self, Surface};
use banbury_code::suspects::Suspects;
use banbury_code::uses::{self, Uses};
pub use banbury_evidence::Description;
use banbury_evidence::{Claim, Digest, Location, ObjectKind, Silence, Skipped, Subject};
use banbury_formats::executable::elf::{Elf, Symbol};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A probe looks at each file of an image, and at each file tree as a whole, and makes claims.
///
/// It never depends on a vendor's name or country. It gets bytes, not paths to open: it does no I/O.
pub trait Probe: Sync {
    /// What it finds, how, when it is wrong, what it misses: the row of `banbury probes`.
    fn describe(&self) -> &'static Description;

    /// Whether the content of the file at `path` (in its tree, without a leading `/`) is kept for [`Probe::tree`].
    /// Files over [`KEEP_LIMIT`] are not kept.
    fn keeps(&self, _path: &str) -> bool {
        false
    }

    /// Looks at one file or stream. Called on any thread, once for each object that has bytes of its own: what a
    /// container holds comes entry by entry, then the bytes that no format claims, and not once more as a whole.
    fn file(&self, _file: &File<'_>, _findings: &mut Findings) {}

    /// Looks at a file tree (all that one archive or file system holds), after all its files.
    fn tree(&self, _tree: &Tree, _findings: &mut Findings) {}

    /// What it weighs that it read a program and found nothing of weight, where that was measured.
    fn silence(&self) -> Option<Silence> {
        None
    }
}

/// Bytes of a file up to which [`Probe::keeps`] is honoured.
pub const KEEP_LIMIT: usize = 4 << 20;

/// Bytes of an executable up to which [`File::uses`] reads it.
pub const CODE_LIMIT: usize = 64 << 20;

/// Bytes that a probe may note of one file for [`Probe::tree`].
pub const NOTE_LIMIT: usize = 256 << 10;

/// Claims that one probe keeps of one exhibit; further ones are counted and said.
pub const CLAIMS: usize = 20_000;

/// A file or stream with its bytes.
pub struct File<'a> {
    /// Its name in the tree, escaped as in [`Location`], without a leading `/`; empty for the exhibit or a stream.
    pub path: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
    /// Where it stands.
    pub location: &'a Location,
    /// Hash of its bytes.
    pub sha256: Digest,
    /// The format that its bytes start with, where one was recognised.
    pub format: Option<&'a str>,
    /// Permission bits, where its container stores them.
    pub mode: Option<u32>,
    elf: OnceLock<Option<Elf<'a>>>,
    symbols: OnceLock<Vec<Symbol<'a>>>,
    code: OnceLock<Option<Box<Code<'a>>>>,
    marks: OnceLock<Vec<(Mark, usize)>>,
}

impl<'a> File<'a> {
    /// A file as the engine hands it to probes.
    pub fn new(path: &'a str, content: &'a [u8], location: &'a Location, sha256: Digest) -> Self {
        let (elf, symbols, code, marks) =
            (OnceLock::new(), OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { path, content, location, sha256, format: None, mode: None, elf, symbols, code, marks }
    }

    /// The last part of its path.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The subject of claims about it.
    pub fn subject(&self) -> Subject {
        self.location.subject()
    }

    /// The file read as ELF, once for all probes; `None` when it is not ELF.
    pub fn elf(&self) -> Option<&Elf<'a>> {
        self.elf.get_or_init(|| Elf::parse(self.content)).as_ref()
    }

    /// Its dynamic symbols, read once for all probes; none when it is not ELF.
    pub fn symbols(&self) -> &[Symbol<'a>] {
        self.symbols.get_or_init(|| self.elf().map(Elf::symbols).unwrap_or_default())
    }

    /// The calls in it and what they are given; `None` where it is no executable or library of a known machine, or of more than
    /// [`CODE_LIMIT`]. Dear: ask first whether it imports what is looked for.
    pub fn uses(&self) -> Option<&Uses<'a>> {
        let is_read =
            self.content.len() <= CODE_LIMIT && self.elf().is_some_and(|elf| matches!(elf.kind, 2 | 3));
        is_read.then(|| self.read()).flatten().map(|code| &code.uses)
    }

    /// Its sockets and what it starts; `None` where it is no executable of a known machine. Whoever asks bounds how large it may be.
    pub fn surface(&self) -> Option<&Surface> {
        self.read().map(|code| &code.surface)
    }

    /// The file read as functions with the fixed secrets in it; `None` as for [`File::surface`]. Who asks for it first has the functions
    /// read once for all of this.
    pub fn code(&self) -> Option<(&Code<'a>, &Suspects)> {
        let code = self
            .code
            .get_or_init(|| self.program().map(|program| Box::new(Code::with_suspects(program))))
            .as_deref()?;
        Some((code, code.suspects.get_or_init(|| Suspects::of(&code.program))))
    }

    fn read(&self) -> Option<&Code<'a>> {
        self.code.get_or_init(|| self.program().map(|program| Box::new(Code::of(program)))).as_deref()
    }

    fn program(&self) -> Option<Program<'a>> {
        self.elf().and_then(Program::of)
    }

    /// Whether it is ELF that other files are linked with, and no program.
    pub fn is_library(&self) -> bool {
        self.elf().is_some_and(|elf| elf.kind == 3 && !elf.is_pie() && elf.interpreter().is_none())
    }

    /// The names of what it has from other files.
    pub fn imports(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.symbols().iter().filter(|symbol| !symbol.defined).map(|symbol| symbol.name)
    }

    /// Where a mark stands in it, by one pass for all probes and marks.
    pub fn marks(&self, mark: Mark) -> impl Iterator<Item = usize> + '_ {
        let all = self.marks.get_or_init(|| marks::find(self.content));
        all.iter().filter(move |(found, _)| *found == mark).map(|(_, at)| *at)
    }

    /// Whether it is text by its look: no zero byte in its first 8 KiB.
    pub fn is_text(&self) -> bool {
        !self.content.get(..8192).unwrap_or(self.content).contains(&0)
    }
}

/// An executable read as functions: reading is what takes time, so that it is done once for all probes that ask.
pub struct Code<'a> {
    /// It.
    pub program: Arc<Program<'a>>,
    /// Sockets, and what it starts.
    pub surface: Surface,
    /// Calls, and what they are given.
    pub uses: Uses<'a>,
    suspects: OnceLock<Suspects>,
}

impl<'a> Code<'a> {
    fn of(program: Program<'a>) -> Self {
        let (mut surface, mut uses) = (surface::Reader::new(&program), uses::Reader::default());
        for bounds in program.functions() {
            let read = program.read(*bounds);
            surface.look(*bounds, &read);
            uses.look(&program, *bounds, &read);
        }
        let surface = surface.finish();
        let program = Arc::new(program);
        Self { uses: uses.finish(Arc::clone(&program)), program, surface, suspects: OnceLock::new() }
    }

    fn with_suspects(program: Program<'a>) -> Self {
        let (mut surface, mut uses) = (surface::Reader::new(&program), uses::Reader::default());
        let suspects = Suspects::beside(&program, &mut |bounds, read| {
            surface.look(bounds, read);
            uses.look(&program, bounds, read);
        });
        let surface = surface.finish();
        let program = Arc::new(program);
        Self { uses: uses.finish(Arc::clone(&program)), program, surface, suspects: OnceLock::from(suspects) }
    }
}

/// All that one archive or file system holds.
pub struct Tree {
    /// The container itself.
    pub location: Location,
    /// Its entries by path (escaped, without leading `/` or `./`).
    pub entries: BTreeMap<String, TreeEntry>,
}

/// An entry of a tree.
pub struct TreeEntry {
    /// What it is.
    pub kind: ObjectKind,
    /// Where it stands.
    pub location: Location,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Numeric owner.
    pub uid: Option<u32>,
    /// Target of a symbolic or hard link, escaped.
    pub target: Option<String>,
    /// Hash of its bytes, for files.
    pub sha256: Option<Digest>,
    /// Format of its bytes, where one was recognised.
    pub format: Option<String>,
    /// Its bytes, where a probe asked to keep them.
    pub content: Option<Vec<u8>>,
    /// What probes noted of it when they looked at it as a file, by their names.
    pub notes: BTreeMap<&'static str, Vec<u8>>,
}

impl Tree {
    /// The kept content of the file at `path`, symbolic and hard links inside the tree followed (40 at most, as
    /// Linux does).
    pub fn content(&self, path: &str) -> Option<(&TreeEntry, &[u8])> {
        let entry = self.resolve(path)?;
        Some((entry, entry.content.as_deref()?))
    }

    /// The entry at `path`, links in any part of it followed inside the tree.
    pub fn resolve(&self, path: &str) -> Option<&TreeEntry> {
        let mut path = normalise("", path)?;
        for _ in 0..40 {
            let (prefix, target, rest) = match self.first_link(&path) {
                Some(found) => found,
                None => return self.entries.get(&path),
            };
            let base = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut next = normalise(base, target)?;
            if !rest.is_empty() {
                next = normalise(&next, rest)?;
            }
            path = next;
        }
        None
    }

    /// The first link on the way along `path`: the link's own path, its target, and what follows.
    fn first_link<'t>(&'t self, path: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let (prefix, rest) = path.split_at_checked(end)?;
            let entry = self.entries.get(prefix);
            if let Some(TreeEntry { kind: ObjectKind::Symlink, target: Some(target), .. }) = entry {
                return Some((prefix, target, rest.trim_start_matches('/')));
            }
            if let Some(TreeEntry { kind: ObjectKind::Hardlink, target: Some(target), .. }) = entry {
                // A hard link's target counts from the root of the tree.
                let target = target.trim_start_matches("./").trim_start_matches('/');
                return (target != prefix).then_some(("", target, rest.trim_start_matches('/')));
            }
        }
        None
    }
}

/// `path` from `base`, with `.` and `..` resolved inside the tree; the root has no parent but itself.
fn normalise(base: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = if path.starts_with('/') {
        Vec::new()
    } else {
        base.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Where a probe puts what it found, and says what it did not look at.
#[derive(Debug, Default)]
pub struct Findings {
    /// Claims, in the order in which they were made.
    pub claims: Vec<Claim>,
    /// What the probe should have looked at and did not.
    pub skipped: Vec<Skipped>,
    /// Objects that the probe looked at in earnest.
    pub looked: u64,
    /// Bytes that it looked at.
    pub bytes: u64,
    /// The date from which expiry is counted, in seconds since 1970-01-01 UTC; nothing expires when absent.
    pub as_of: Option<i64>,
    /// Whether the result depends on `as_of`; a probe that reads it sets this.
    pub uses_as_of: bool,
    /// Claims and omissions beyond [`CLAIMS`].
    pub left_out: u64,
    /// What the probe noted of a file, to be told by [`TreeEntry::notes`] when it looks at the tree.
    pub note: Option<Vec<u8>>,
}

impl Findings {
    /// Adds a claim; a component's gets the weight of its source of identification, another's that of how often it was found by chance,
    /// where that was measured.
    pub fn claim(&mut self, claim: Claim) {
        self.claims.push(planted::weighed(rates::weighed(claim)));
    }

    /// Counts an object as looked at.
    pub fn looked_at(&mut self, bytes: usize) {
        self.looked += 1;
        self.bytes += bytes as u64;
    }

    /// Notes something of a file for when its tree is looked at; at most [`NOTE_LIMIT`] bytes of it are kept.
    pub fn note(&mut self, mut bytes: Vec<u8>) {
        bytes.truncate(NOTE_LIMIT);
        self.note = Some(bytes);
    }

    /// Adds what was found elsewhere. What is noted of a stream is noted of the file that it is all of.
    pub fn append(&mut self, mut more: Self) {
        self.note = self.note.take().or(more.note.take());
        self.claims.append(&mut more.claims);
        self.skipped.append(&mut more.skipped);
        self.looked += more.looked;
        self.bytes += more.bytes;
        self.uses_as_of |= more.uses_as_of;
        self.left_out += more.left_out + self.claims.len().saturating_sub(CLAIMS) as u64;
        self.claims.truncate(CLAIMS);
        self.left_out += self.skipped.len().saturating_sub(CLAIMS) as u64;
        self.skipped.truncate(CLAIMS);
    }

    /// Says what was not looked at.
    pub fn skip(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.skipped.push(Skipped { what: what.into(), why: why.into() });
    }
}
