//! What unpacking itself has to say: problems as claims, and what was not looked at.

use crate::engine::Options;
use crate::paths;
use crate::probe::{CLAIMS, Tree};
use banbury_evidence::{Claim, CodeInfo, Grade, Location, ObjectKind, Region, RunReport, Skipped, Status};
use banbury_formats::{Problem, ProblemKind};
use std::collections::BTreeMap;

/// The codes of unpacking's claims.
pub const CODES: &[CodeInfo] = &[
    MALFORMED,
    TRUNCATED,
    CHECKSUM,
    UNSUPPORTED,
    LIMIT,
    UNSAFE_PATH,
    ESCAPING_LINK,
    SPECIAL_FILES,
    FAULT,
    DENSE,
    TWICE,
    ITSELF,
];

/// The version of unpacking: changes whenever what it yields changes.
pub const VERSION: &str = "3";

/// How many special files or dangerous names of one tree are listed by name; the count is always whole.
const LISTED: usize = 20;

const MALFORMED: CodeInfo = CodeInfo {
    code: "unpack.malformed",
    title: "A field has a value that its format does not allow",
    grade: Grade::Info,
    meaning: "The object was recognised, but a field of it breaks its format's rules. It may be damaged, made by an \
              unusual tool, or made to mislead tools that read it. What could be read around it was read.",
    remedy: "Compare with the same image from the vendor; ask the vendor which tool made it.",
    cwe: &[],
};
const TRUNCATED: CodeInfo = CodeInfo {
    code: "unpack.truncated",
    title: "An object ends before it should",
    grade: Grade::Info,
    meaning: "A header announces more bytes than there are. What is missing was not looked at.",
    remedy: "Fetch the image again and compare its hash with the one the vendor states.",
    cwe: &[],
};
const CHECKSUM: CodeInfo = CodeInfo {
    code: "unpack.checksum",
    title: "A checksum does not fit",
    grade: Grade::Low,
    meaning: "The bytes are not those that the checksum was made from: the image is damaged, or was changed without \
              making the checksum anew. A boot loader that checks would refuse it.",
    remedy: "Compare the image's hash with the one the vendor states.",
    cwe: &[354],
};
const UNSUPPORTED: CodeInfo = CodeInfo {
    code: "unpack.unsupported",
    title: "A variant of a known format that is not read",
    grade: Grade::Info,
    meaning: "The format is known, this variant of it is not read. Its content was not looked at.",
    remedy: "`banbury formats` lists what is read and what is not.",
    cwe: &[],
};
const LIMIT: CodeInfo = CodeInfo {
    code: "unpack.limit",
    title: "A limit stopped the unpacking",
    grade: Grade::Info,
    meaning: "The object unpacks to more bytes, entries or levels, or takes more time, than the inspection allows. The \
              rest was not looked at. Objects made to exhaust whoever unpacks them (bombs) look like this.",
    remedy: "Where the image is trusted, inspect it again with larger limits.",
    cwe: &[409],
};
const UNSAFE_PATH: CodeInfo = CodeInfo {
    code: "unpack.unsafe-path",
    title: "A stored name would be dangerous to extract",
    grade: Grade::Low,
    meaning: "An entry's name is absolute, climbs out of its folder, or is longer than a file system allows. A tool that \
              extracts it under that name writes outside its folder. Banbury never does.",
    remedy: "Ask the vendor how the archive was made; do not extract it with tools that trust names.",
    cwe: &[22],
};
const ESCAPING_LINK: CodeInfo = CodeInfo {
    code: "unpack.escaping-link",
    title: "A symbolic link climbs above the root of its tree",
    grade: Grade::Low,
    meaning: "A relative symbolic link has more `..` than folders above it. On the device it ends at the root; a tool that \
              extracts and follows it leaves its folder.",
    remedy: "Ask the vendor how the archive was made; do not extract it with tools that follow links.",
    cwe: &[59],
};
const SPECIAL_FILES: CodeInfo = CodeInfo {
    code: "unpack.special-files",
    title: "Device nodes, pipes or sockets are stored in the tree",
    grade: Grade::Info,
    meaning: "The tree holds entries that are no files. In a root file system that is usual; in an update package it is not.",
    remedy: "None where the tree is a root file system.",
    cwe: &[],
};
const FAULT: CodeInfo = CodeInfo {
    code: "unpack.reader-fault",
    title: "A reader failed on this object",
    grade: Grade::Info,
    meaning: "Banbury's reader of this format stopped on a defect of its own. The object was not read as this format.",
    remedy: "Report it with the exhibit's hash and the offset.",
    cwe: &[],
};

const DENSE: CodeInfo = CodeInfo {
    code: "unpack.dense",
    title: "A stretch as dense as encrypted or compressed data, in no known format",
    grade: Grade::Info,
    meaning: "These bytes come as near to 8 bits of entropy a byte as random ones, and no format that Banbury reads \
              starts in them: they are encrypted, signed, or compressed in a way it does not know. What is in them was \
              not looked at.",
    remedy: "Ask the vendor for the unencrypted image or the key; without it, nothing can be said of this part.",
    cwe: &[],
};

const ITSELF: CodeInfo = CodeInfo {
    code: "unpack.contains-itself",
    title: "An object contains itself",
    grade: Grade::Low,
    meaning: "What was unpacked is the same, byte for byte, as an object that it stands in. Whoever unpacks such an object \
              level by level never comes to an end. It is made by hand, never by a packer. It was looked at once.",
    remedy: "Ask the vendor why it is there.",
    cwe: &[674],
};

const TWICE: CodeInfo = CodeInfo {
    code: "unpack.name-twice",
    title: "One name stands twice in a tree",
    grade: Grade::Low,
    meaning: "Two entries of one archive have the same name. Whoever extracts it keeps the later one; a tool that shows the \
              earlier one is misled. Each was looked at as a file; questions about the tree as a whole were asked of the \
              later one.",
    remedy: "Ask the vendor how the archive was made, and compare the two.",
    cwe: &[694],
};

/// Claims and omissions of unpacking, gathered on the way.
#[derive(Debug, Default)]
pub struct Unpacking {
    claims: Vec<Claim>,
    skipped: Vec<Skipped>,
    /// Claims and omissions beyond [`CLAIMS`].
    left_out: u64,
}

impl Unpacking {
    /// Problems that a reader met in the container of `format` at `start` of the object at `location`.
    pub fn problems(&mut self, location: &Location, format: &str, start: u64, problems: &[Problem]) {
        for problem in problems {
            let info = match problem.kind {
                ProblemKind::Malformed | ProblemKind::Undefined => &MALFORMED,
                ProblemKind::Truncated => &TRUNCATED,
                ProblemKind::Checksum => &CHECKSUM,
                ProblemKind::Unsupported => &UNSUPPORTED,
                ProblemKind::LimitReached => &LIMIT,
            };
            let place = Location { offset: Some(start.saturating_add(problem.offset)), ..location.clone() };
            if problem.kind.hides_bytes() {
                self.skip(&place, format!("{format}: {}", problem.detail));
            }
            self.claims.push(
                Claim::observation(info, location.subject(), format!("{format}: {}", problem.detail))
                    .fact("format", format)
                    .fact("offset", start.saturating_add(problem.offset) as i64)
                    .fact("detail", problem.detail.as_str())
                    .at(place),
            );
        }
        self.bound();
    }

    /// A limit that stopped the work on the object at `location`, or on what a container of this format holds there.
    pub fn limit(&mut self, location: &Location, format: Option<&str>, text: String) {
        self.skip(location, text.clone());
        let title = format.map_or_else(|| text.clone(), |format| format!("{format}: {text}"));
        let mut claim = Claim::observation(&LIMIT, location.subject(), title).fact("detail", text);
        if let Some(format) = format {
            claim = claim.fact("format", format);
        }
        self.claims.push(claim.at(location.clone()));
    }

    /// An object at `location` that is one of those that it stands in.
    pub fn contains_itself(&mut self, location: &Location) {
        let title = "the same, byte for byte, as an object that it stands in";
        self.claims
            .push(Claim::observation(&ITSELF, location.subject(), title.to_owned()).at(location.clone()));
    }

    /// Two entries of one name in a tree.
    pub fn twice(&mut self, path: &str, earlier: &Location, later: &Location) {
        let shown: String = path.chars().take(200).collect();
        self.claims.push(
            Claim::observation(
                &TWICE,
                later.subject(),
                format!("{shown} stands twice; the later one counts"),
            )
            .at(later.clone())
            .at(earlier.clone()),
        );
        self.bound();
    }

    /// A stretch of the object at `location` that looks encrypted or compressed.
    pub fn dense(&mut self, location: &Location, region: &Region) {
        let place = location.range(region.offset, region.length);
        let entropy = f64::from(region.entropy.unwrap_or_default()) / 1000.0;
        let title = format!("{} bytes of {entropy:.3} bits a byte, in no known format", region.length);
        self.skip(&place, format!("encrypted or compressed in no known format: {title}"));
        self.claims.push(
            Claim::observation(&DENSE, location.subject(), title)
                .fact("offset", region.offset as i64)
                .fact("length", region.length as i64)
                .at(place),
        );
    }

    /// A reader that panicked.
    pub fn fault(&mut self, location: &Location, format: &str, offset: u64) {
        let place = Location { offset: Some(offset), ..location.clone() };
        self.skip(&place, format!("{format}: the reader failed; this is a defect of Banbury"));
        self.claims.push(
            Claim::observation(
                &FAULT,
                location.subject(),
                format!("{format}: the reader failed at {offset:#x}"),
            )
            .fact("format", format)
            .fact("offset", offset as i64)
            .at(place),
        );
    }

    /// What the names and kinds in a tree have to say.
    pub fn tree(&mut self, tree: &Tree, format: &str) {
        let mut special = Vec::new();
        for (path, entry) in &tree.entries {
            let stored = entry.location.entry().unwrap_or(path);
            if let Some(danger) = paths::danger(stored) {
                let shown: String = stored.chars().take(200).collect();
                self.claims.push(
                    Claim::observation(&UNSAFE_PATH, entry.location.subject(), format!("{danger}: {shown}"))
                        .fact("danger", danger)
                        .at(entry.location.clone()),
                );
            }
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            match (&entry.kind, &entry.target) {
                (ObjectKind::Symlink, Some(target))
                    if !target.starts_with('/') && paths::climbs(&format!("{folder}/{target}")) =>
                {
                    let shown: String = target.chars().take(200).collect();
                    self.claims.push(
                        Claim::observation(
                            &ESCAPING_LINK,
                            entry.location.subject(),
                            format!("{path} -> {shown}"),
                        )
                        .fact("target", target.as_str())
                        .at(entry.location.clone()),
                    );
                }
                (ObjectKind::Special, _) => special.push(path.clone()),
                _ => {}
            }
        }
        if !special.is_empty() {
            let count = special.len();
            special.truncate(LISTED);
            let title = format!("{format}: {count} device nodes, pipes or sockets");
            self.claims.push(
                Claim::observation(&SPECIAL_FILES, tree.location.subject(), title)
                    .fact("count", count as i64)
                    .fact("first", special)
                    .at(tree.location.clone()),
            );
        }
    }

    /// Adds what was gathered further in.
    pub fn append(&mut self, mut more: Self) {
        self.claims.append(&mut more.claims);
        self.skipped.append(&mut more.skipped);
        self.left_out += more.left_out;
        self.bound();
    }

    /// Keeps the first [`CLAIMS`] claims and omissions and counts the rest.
    fn bound(&mut self) {
        let over = self.claims.len().saturating_sub(CLAIMS) + self.skipped.len().saturating_sub(CLAIMS);
        self.claims.truncate(CLAIMS);
        self.skipped.truncate(CLAIMS);
        self.left_out += over as u64;
    }

    /// The record of the run.
    pub fn report(mut self, objects: u64, bytes: u64, options: &Options) -> RunReport {
        self.claims.sort_by_cached_key(|claim| (claim.locations.first().cloned(), claim.fingerprint()));
        self.skipped.sort();
        self.skipped.dedup();
        if self.left_out > 0 {
            let what = format!("{} further claims and omissions of unpacking", self.left_out);
            self.skipped.push(Skipped { what, why: format!("more than {CLAIMS} in one exhibit") });
        }
        RunReport {
            probe: "unpack".to_owned(),
            version: VERSION.to_owned(),
            parameters: parameters(options),
            status: if self.skipped.is_empty() { Status::Complete } else { Status::Incomplete },
            looked: objects,
            bytes,
            skipped: self.skipped,
            claims: self.claims,
        }
    }

    fn skip(&mut self, location: &Location, why: String) {
        self.skipped.push(Skipped { what: location.to_string(), why });
    }
}

/// The options that differ from their defaults, as the run's record names them.
pub fn parameters(options: &Options) -> BTreeMap<String, String> {
    let defaults = Options::default();
    let mut parameters = BTreeMap::new();
    for (name, value, default) in [
        ("object-bytes", options.object_bytes, defaults.object_bytes),
        ("total-bytes", options.total_bytes, defaults.total_bytes),
        ("expansion", options.expansion, defaults.expansion),
        ("objects", options.objects, defaults.objects),
        ("depth", options.depth.into(), defaults.depth.into()),
        ("seconds", options.seconds, defaults.seconds),
    ] {
        if value != default {
            parameters.insert(name.to_owned(), value.to_string());
        }
    }
    parameters
}
