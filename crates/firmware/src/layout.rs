//! Under which names the entries of a container are written: readable, one for each, and inside their folder whatever
//! the names in the image are.
//!
//! A name is written as [`paths::escape`] shows it. A part `..` stands as `\x2e\x2e`; a part longer than [`LONGEST`]
//! bytes is cut and ends in `~` and its hash; a name that ends in `.unpacked`, which is ours, gets `~0` behind it. Of
//! entries with one name the last has it, as after an extraction, and the earlier ones get `~1`, `~2`, ... behind it;
//! a folder always has its name. An entry too deep for a file system goes to `~deep` under its hash.
//!
//! Symbolic links are made only where following them, through every other link of the tree, stays in the tree.
//! An absolute target is counted from the root of the tree and written as a relative one.

use crate::paths;
use banbury_evidence::Digest;
use banbury_formats::{Entry, EntryKind};
use std::collections::{HashMap, HashSet};

/// The ending of the folder that holds what stands in the file before it.
pub const ENDING: &str = ".unpacked";

/// Bytes of one part of a written name, at most, before endings of ours.
const LONGEST: usize = 200;

/// Bytes of a path in one container, and of the folder that it stands in, at most: Linux takes 4,095 in all.
const PATH: usize = 1400;

/// Parts of a path in one container, and of the folder that it stands in, at most.
const PARTS: usize = 64;

/// Links that are followed on the way along one target, at most.
const HOPS: usize = 16;

/// What an entry becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Make {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    Symlink(String),
    /// Another name for the file of the entry with this number.
    Hardlink(usize),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// An entry's place in the folder of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its path there; empty for the folder itself.
    pub path: String,
    /// What it becomes.
    pub make: Make,
}

/// The folder of a container, or the file of one that is a single stream, in the folder `base`.
pub fn container(base: &str, start: u64, format: &str, single: bool) -> String {
    let ending = if single { ".content" } else { "" };
    let name = format!("{start:08x}.{format}{ending}");
    let path = if base.is_empty() { name } else { format!("{base}/{name}") };
    if path.len() <= PATH && path.matches('/').count() < PARTS {
        return path;
    }
    format!("~deep/{}.{format}{ending}", hash(path.as_bytes()))
}

/// The name of a stretch of an object that is no container.
pub fn part(base: &str, what: &str, start: u64, length: u64, claimed: bool) -> String {
    let end = start.saturating_add(length);
    let name = if claimed { format!("{start:08x}.{what}") } else { format!("{start:08x}-{end:08x}.{what}") };
    if base.is_empty() { name } else { format!("{base}/{name}") }
}

/// Whether a container is a single stream without a name.
pub fn single(entries: &[Entry<'_>]) -> bool {
    matches!(entries, [Entry { kind: EntryKind::Stream(_), path, .. }] if path.is_empty())
}

/// Gives each entry of a container its place. `fold` says that the file system does not tell upper from lower case.
pub fn plan(entries: &[Entry<'_>], fold: bool) -> Vec<Planned> {
    let mut names = Names { fold, folders: HashSet::new(), owners: HashMap::new() };
    let mut planned: Vec<Planned> =
        entries.iter().enumerate().map(|(index, entry)| natural(index, entry)).collect();
    for (index, entry) in planned.iter().enumerate() {
        names.note(index, entry);
    }
    let mut next: HashMap<String, usize> = HashMap::new();
    for (index, entry) in planned.iter_mut().enumerate() {
        if !matches!(entry.make, Make::File | Make::Symlink(_) | Make::Hardlink(_))
            || names.owns(index, &entry.path)
        {
            continue;
        }
        let count = next.entry(names.key(&entry.path)).or_insert(0);
        entry.path = loop {
            *count += 1;
            let name = format!("{}~{count}", entry.path);
            if names.free(&name) {
                names.owners.insert(names.key(&name), index);
                break name;
            }
        };
    }
    let links: HashMap<String, (usize, Vec<u8>)> = entries
        .iter()
        .enumerate()
        .zip(&planned)
        .filter_map(|((index, entry), planned)| {
            // Another name for a link is a link as well.
            let owner = match &entry.kind {
                EntryKind::Hardlink(target) => stands_for(target, entries, &names, index)?,
                _ => index,
            };
            let EntryKind::Symlink(target) = &entries.get(owner)?.kind else { return None };
            Some((names.key(&planned.path), (index, target.to_vec())))
        })
        .collect();
    for index in 0..planned.len() {
        let make = match (entries.get(index).map(|entry| &entry.kind), planned.get(index)) {
            (Some(EntryKind::Symlink(target)), Some(Planned { path, make: Make::Symlink(_) })) => {
                symlink(path, target, &links, &names)
            }
            (Some(EntryKind::Hardlink(target)), Some(Planned { make: Make::Hardlink(_), .. })) => {
                hardlink(target, entries, &planned, &links, &names, index)
            }
            _ => continue,
        };
        if let Some(entry) = planned.get_mut(index) {
            entry.make = make;
        }
    }
    planned
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// Who has which name in one container.
struct Names {
    fold: bool,
    folders: HashSet<String>,
    owners: HashMap<String, usize>,
}

impl Names {
    fn key(&self, path: &str) -> String {
        if self.fold { path.to_lowercase() } else { path.to_owned() }
    }

    fn note(&mut self, index: usize, entry: &Planned) {
        let deepest = match entry.make {
            Make::Folder => Some(entry.path.as_str()),
            Make::Nothing(_) => return,
            _ => {
                self.owners.insert(self.key(&entry.path), index);
                parent(&entry.path)
            }
        };
        let mut next = deepest.filter(|path| !path.is_empty());
        while let Some(path) = next {
            if !self.folders.insert(self.key(path)) {
                break;
            }
            next = parent(path);
        }
    }

    fn owns(&self, index: usize, path: &str) -> bool {
        let key = self.key(path);
        !self.folders.contains(&key) && self.owners.get(&key) == Some(&index)
    }

    fn free(&self, path: &str) -> bool {
        let key = self.key(path);
        !self.folders.contains(&key) && !self.owners.contains_key(&key)
    }
}

/// What an entry would be if no other were there.
fn natural(index: usize, entry: &Entry<'_>) -> Planned {
    let make = match &entry.kind {
        EntryKind::Stream(_) | EntryKind::File(_) => Make::File,
        EntryKind::Directory => Make::Folder,
        EntryKind::Symlink(_) => Make::Symlink(String::new()),
        EntryKind::Hardlink(_) => Make::Hardlink(index),
        EntryKind::CharacterDevice { .. } | EntryKind::BlockDevice { .. } => {
            Make::Nothing("a device; devices are not made")
        }
        EntryKind::Fifo => Make::Nothing("a pipe; pipes are not made"),
        EntryKind::Socket => Make::Nothing("a socket; sockets are not made"),
    };
    let path = match in_tree(&entry.path) {
        Some(path) if path.is_empty() && make != Make::Folder => format!("content-{index}"),
        Some(path) => path,
        None if matches!(make, Make::File) => format!("~deep/{}", hash(&entry.path)),
        None => {
            let make = Make::Nothing("its path is too long or too deep");
            return Planned { path: String::new(), make };
        }
    };
    Planned { path, make }
}

/// A stored name as a path in the folder of its container; `None` when it is too long or too deep.
fn in_tree(name: &[u8]) -> Option<String> {
    let mut path = String::new();
    for (count, part) in parts(name).enumerate() {
        if count > 0 {
            path.push('/');
        }
        path.push_str(&written(part));
        if count >= PARTS || path.len() > PATH {
            return None;
        }
    }
    Some(path)
}

fn parts(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// One part of a stored name as it is written.
fn written(part: &[u8]) -> String {
    if part == b".." {
        return "\\x2e\\x2e".to_owned();
    }
    let mut text = paths::escape(part);
    if text.len() > LONGEST {
        let mut cut = LONGEST - 20;
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        text.truncate(cut);
        text.push('~');
        text.push_str(&hash(part));
    }
    if text.ends_with(ENDING) {
        text.push_str("~0");
    }
    text
}

fn hash(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string().chars().take(32).collect()
}

/// Where a link leads, and how its target is written.
fn symlink(path: &str, target: &[u8], links: &HashMap<String, (usize, Vec<u8>)>, names: &Names) -> Make {
    let steps: Vec<&[u8]> = parts(target).collect();
    if target.is_empty() || steps.len() > PARTS || target.len() > PATH {
        return Make::Nothing("a link whose target is empty, too long or too deep; not made");
    }
    let folder = parent(path).unwrap_or_default();
    let mut at = if target.starts_with(b"/") { String::new() } else { folder.to_owned() };
    let mut ahead: Vec<&[u8]> = steps.iter().rev().copied().collect();
    let mut hops = 0;
    while let Some(step) = ahead.pop() {
        let up = at.rfind('/').unwrap_or(0);
        if step == b".." {
            if at.is_empty() {
                return Make::Nothing("a link that leads out of its tree; not made");
            }
            at.truncate(up);
            continue;
        }
        let before = at.len();
        if !at.is_empty() {
            at.push('/');
        }
        at.push_str(&written(step));
        if let Some((_, further)) = links.get(&names.key(&at)) {
            hops += 1;
            let more: Vec<&[u8]> = parts(further).collect();
            if hops > HOPS || more.len() > PARTS {
                return Make::Nothing("a link that leads through too many others; not made");
            }
            at.truncate(if further.starts_with(b"/") { 0 } else { before });
            ahead.extend(more.into_iter().rev());
        }
    }
    let mut text = String::new();
    if target.starts_with(b"/") {
        let depth = folder.split('/').filter(|part| !part.is_empty()).count();
        text.push_str(&"../".repeat(depth));
    }
    let down: Vec<String> =
        steps.iter().map(|step| if *step == b".." { "..".to_owned() } else { written(step) }).collect();
    text.push_str(&down.join("/"));
    let text = if text.is_empty() { ".".to_owned() } else { text.trim_end_matches('/').to_owned() };
    Make::Symlink(text)
}

/// What becomes of another name for an entry.
fn hardlink(
    target: &[u8],
    entries: &[Entry<'_>],
    planned: &[Planned],
    links: &HashMap<String, (usize, Vec<u8>)>,
    names: &Names,
    from: usize,
) -> Make {
    let owner = stands_for(target, entries, names, from);
    match owner.and_then(|owner| Some((owner, &entries.get(owner)?.kind, planned.get(from)?))) {
        Some((owner, EntryKind::File(_) | EntryKind::Stream(_), _)) => Make::Hardlink(owner),
        Some((_, EntryKind::Symlink(target), Planned { path, .. })) => symlink(path, target, links, names),
        _ => Make::Nothing("another name for something that is not in its tree"),
    }
}

/// The entry that another name stands for, which is no other name itself.
fn stands_for(target: &[u8], entries: &[Entry<'_>], names: &Names, from: usize) -> Option<usize> {
    let mut target = target;
    for _ in 0..HOPS {
        let owner =
            names.owners.get(&names.key(&in_tree(target)?)).copied().filter(|owner| *owner != from)?;
        match &entries.get(owner)?.kind {
            EntryKind::Hardlink(further) => target = further,
            _ => return Some(owner),
        }
    }
    None
}

#[cfg(test)]
mod tests;
