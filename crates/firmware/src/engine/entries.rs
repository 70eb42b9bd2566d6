//! What an object holds: its containers one after the other, their entries a batch at a time.
//!
//! Entries are made and looked at side by side, and the next are made meanwhile; what they hold in turn is taken up one
//! after the other, so that what is left of the allowance is known exactly at each.

use super::{Allowance, Begun, Engine, LARGE, Lineage, Outcome, Pending, counted, guarded};
use crate::coverage;
use crate::keeping::{Container, Part, Spot};
use crate::paths;
use crate::probe::{KEEP_LIMIT, Tree, TreeEntry};
use crate::recognise::{Found, Recognised};
use crate::unpacking::Unpacking;
use banbury_evidence::{Digest, Location, Object, ObjectKind, Step};
use banbury_formats::{Content, Entry, EntryKind, Limits, Problem, ProblemKind};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What stands in place of a format's name for an object that it stands in itself.
const REPEATED: &str = "repeated";

/// Entries that are examined side by side before what they hold is taken up one after the other.
const BATCH: usize = 4096;

/// Stated bytes from which a batch is full, unless it has fewer entries than [`LEAST`].
const BATCH_BYTES: u64 = 8 << 20;

/// Entries that a core takes at once, at most: what it has taken, no other can help it with.
const SHARE: usize = 4;

/// Entries of a batch, at least, as long as they are not [`HEAVY`]: as many as there are cores to look at them.
const LEAST: usize = 4;

/// Stated bytes from which a batch is full whatever the number of its entries.
const HEAVY: u64 = 24 << 20;

/// Stated bytes up to which a batch is made while the one before it is looked at.
const AHEAD: u64 = 16 << 20;

/// Stated bytes that are made of a container while the one before it is taken up: that may be one long stream.
const CONTAINER_AHEAD: u64 = 32 << 20;

/// Bytes that a batch's objects may have become by being looked at (a compressed stream is read to its end), before the
/// others wait for their turn.
const HELD: u64 = 64 << 20;

/// Containers inside containers in which the next entry's first entries are made ahead; each level may hold [`AHEAD`].
const AHEAD_DEPTH: u32 = 3;

/// An entry with its bytes made, before it is looked at.
struct Prepared<'a> {
    bytes: Cow<'a, [u8]>,
    problems: Vec<Problem>,
    object: Object,
    uid: Option<u32>,
    path: Option<String>,
    spot: Spot,
    /// The container's format, where the entry is the container's own first bytes: it starts with its magic and is not
    /// a container once more.
    opening: Option<&'static str>,
}

/// A container whose entries have their spots.
struct Opened<'a> {
    origin: Origin,
    problems: Vec<Problem>,
    /// Whether its entries have names, and make a tree.
    is_named: bool,
    /// Whether it has none.
    is_alone: bool,
    /// What was not made yet.
    ahead: Ahead<'a>,
}

type Ahead<'a> = VecDeque<Next<'a>>;

/// An entry on its way: not made yet, or made already with others that turned out to be too much at once.
enum Next<'a> {
    Planned(Planned<'a>),
    Prepared(Prepared<'a>),
}

/// An entry with its spot, and its hash where that was made early.
struct Planned<'a> {
    entry: Entry<'a>,
    spot: Spot,
    sha256: Option<Digest>,
    /// Whether it is made while nothing else is: it becomes much more than was stated.
    alone: bool,
}

/// Where entries come from.
#[derive(Clone, Copy)]
struct Origin {
    /// The container's format.
    name: &'static str,
    /// Where the container starts in the object that it stands in.
    start: u64,
    /// Bytes that no entry of it can have: more than all of them may become, whatever is left.
    never: u64,
}

impl Origin {
    /// The step into the container, or to an entry of it.
    fn step(self, entry: Option<String>, at: Option<u64>) -> Step {
        Step { format: self.name.to_owned(), offset: self.start, entry, at }
    }
}

/// An object whose containers are open.
pub(super) struct Ready<'a> {
    begun: Begun<'a>,
    opened: Vec<Opened<'a>>,
    /// The first entries of the first container, where they were made ahead.
    prepared: Vec<Prepared<'a>>,
}

/// An object that was looked at, or that waits for its turn, since those before it hold much.
enum Looked<'a> {
    Waits,
    Begun(Begun<'a>),
    Ready(Ready<'a>),
}

/// What the entries of one container have in common.
struct Holder<'h> {
    origin: Origin,
    lineage: &'h Lineage<'h>,
    /// What all of them together may become.
    allowance: Allowance,
}

impl Engine<'_> {
    /// Opens the containers of an object.
    pub(super) fn ready<'a>(&self, mut begun: Begun<'a>) -> Ready<'a> {
        let spot = begun.spot;
        let size = begun.outcome.objects.first().map_or(0, |object| object.size);
        let never = self.allowance(size as usize, self.options.whole()).bytes.saturating_add(1);
        let open = |found: &mut Found<'a>| self.open(found, spot, never);
        Ready { opened: begun.found.iter_mut().map(open).collect(), begun, prepared: Vec::new() }
    }

    /// Makes the first entries of an object's first container, unless they are there.
    fn look_ahead(&self, ready: &mut Ready<'_>) {
        let Ready { begun, opened, prepared } = ready;
        if let Some(first) = opened.first_mut().filter(|_| prepared.is_empty()) {
            *prepared = self.prepare_next(&mut first.ahead, CONTAINER_AHEAD, &begun.location, first.origin);
        }
    }

    /// Takes up what an object holds, container by container and entry by entry, within its allowance.
    pub(super) fn finish(
        &self,
        data: &[u8],
        ready: Ready<'_>,
        above: Option<&Lineage<'_>>,
        allowance: Allowance,
    ) -> Outcome {
        let Ready { begun, mut opened, mut prepared } = ready;
        let Begun { mut outcome, found, location, depth, holds_entries, spot } = begun;
        let sha256 = outcome.objects.first().and_then(|object| object.sha256);
        let lineage = Lineage { sha256, depth, above };
        if holds_entries && let Some(keeper) = self.keeper {
            let alone = |(_, opened): &(&Found<'_>, &Opened<'_>)| opened.is_alone;
            for (alone, _) in found.iter().zip(&opened).filter(alone) {
                let bytes = data.get(alone.start..alone.start + alone.reading.size).unwrap_or_default();
                let what = alone.format.describe().name;
                keeper.keep_part(spot, &Part { what, start: alone.start as u64, bytes });
            }
        }
        let mut rest = opened.as_mut_slice();
        while let Some((first, behind)) = rest.split_first_mut() {
            // While this container is taken up, the next one's first entries are made.
            let next = behind.first_mut().filter(|_| !allowance.less(outcome.used).is_spent());
            let holder = Holder { origin: first.origin, lineage: &lineage, allowance };
            let (_, following) = rayon::join(
                || self.container(first, prepared, &location, &holder, &mut outcome),
                || {
                    next.map_or_else(Vec::new, |next| {
                        self.prepare_next(&mut next.ahead, CONTAINER_AHEAD, &location, next.origin)
                    })
                },
            );
            (prepared, rest) = (following, behind);
        }
        if holds_entries {
            self.unclaimed(data, &location, spot, &mut outcome);
        }
        outcome
    }

    /// Gives the entries of a container their spots.
    fn open<'a>(&self, found: &mut Found<'a>, spot: Spot, never: u64) -> Opened<'a> {
        let origin = Origin { name: found.format.describe().name, start: found.start as u64, never };
        let entries = std::mem::take(&mut found.entries);
        let spots = match self.keeper {
            Some(keeper) if !entries.is_empty() => {
                keeper.plan(spot, &Container { format: origin.name, start: origin.start }, &entries)
            }
            _ => vec![Spot::EXHIBIT; entries.len()],
        };
        let is_named = entries.iter().any(|entry| !matches!(entry.kind, EntryKind::Stream(_)));
        let is_alone = entries.is_empty();
        let hashes = std::mem::take(&mut found.hashes).into_iter().chain(std::iter::repeat(None));
        let planned = entries.into_iter().zip(spots).zip(hashes);
        let planned = planned
            .map(|((entry, spot), sha256)| Next::Planned(Planned { entry, spot, sha256, alone: false }));
        Opened {
            origin,
            problems: std::mem::take(&mut found.reading.problems),
            is_named,
            is_alone,
            ahead: planned.collect(),
        }
    }

    /// Examines what a container holds, of which the first entries may be `prepared`, and adds it to the outcome of the
    /// object that the container stands in.
    fn container<'a>(
        &self,
        opened: &mut Opened<'a>,
        mut prepared: Vec<Prepared<'a>>,
        location: &Location,
        holder: &Holder<'_>,
        outcome: &mut Outcome,
    ) {
        let Holder { origin, allowance, .. } = *holder;
        outcome.unpacking.problems(location, origin.name, origin.start, &opened.problems);
        let mut tree = Tree { location: location.inside(origin.step(None, None)), entries: BTreeMap::new() };
        let mut left_out = 0u64;
        loop {
            let unseen = prepared.len() as u64 + opened.ahead.len() as u64;
            if allowance.less(outcome.used).is_spent() {
                left_out += unseen;
                break;
            }
            if unseen > 0 && self.limits.stopped() {
                let text = format!("time ran out before {unseen} entries were looked at");
                outcome.unpacking.limit(&tree.location, Some(origin.name), text);
                break;
            }
            while prepared.is_empty() && !opened.ahead.is_empty() {
                prepared = self.prepare_next(&mut opened.ahead, BATCH_BYTES, location, origin);
            }
            if prepared.is_empty() {
                break;
            }
            let is_copy = |one: &Prepared<'_>| matches!(one.bytes, Cow::Owned(_)) || one.bytes.len() < LARGE;
            if holder.lineage.depth == 0 && prepared.iter().all(is_copy) {
                // What is taken up next was copied out of the exhibit.
                (self.give_back)();
            }
            let next = batch(&mut opened.ahead, BATCH_BYTES, location);
            let light = weight(&next) <= AHEAD;
            let mut look = || self.entries(&prepared, holder, outcome, &mut tree);
            let make = || self.prepare_all(next, &mut opened.ahead, location, origin);
            // While these are looked at, the next are made.
            let following = if light {
                let (left, following) = rayon::join(look, make);
                left_out += left;
                following
            } else {
                left_out += look();
                drop(std::mem::take(&mut prepared));
                make()
            };
            prepared = following;
        }
        if left_out > 0 {
            let text = format!(
                "{left_out} entries would go past the {} bytes or {} objects allowed here; they were not looked at",
                allowance.bytes, allowance.objects
            );
            outcome.unpacking.limit(&tree.location, Some(origin.name), text);
        }
        if opened.is_named {
            outcome.unpacking.tree(&tree, origin.name);
            for (probe, findings) in self.probes.iter().zip(&mut outcome.findings) {
                guarded(probe.describe().name, &tree.location, findings, |findings| {
                    probe.tree(&tree, findings)
                });
            }
        }
    }

    /// Looks at entries and at what they hold, and adds them to the outcome of the object that their container stands
    /// in; returns how many were not looked at, because they would go past the allowance.
    fn entries(
        &self,
        prepared: &[Prepared<'_>],
        holder: &Holder<'_>,
        outcome: &mut Outcome,
        tree: &mut Tree,
    ) -> u64 {
        // Not what is left of it: that would depend on where a batch begins.
        let whole = holder.allowance;
        let at_first = whole.less(outcome.used);
        // Looking at one may take long: it may be a stream that has to be decompressed to its end. Whoever is done with a
        // large one first goes on with what it holds.
        let ahead = AtomicBool::new(holder.lineage.depth >= AHEAD_DEPTH || prepared.len() < 2);
        let held = AtomicU64::new(0);
        let looked: Vec<Option<Looked<'_>>> = prepared
            .par_iter()
            .with_max_len(SHARE)
            .map(|prepared| {
                // What would not fit anyhow is not looked at.
                if !fits(prepared, at_first) {
                    return None;
                }
                if held.load(Ordering::Relaxed) >= HELD {
                    return Some(Looked::Waits);
                }
                let begun = self.begin_entry(prepared, holder.lineage, whole);
                held.fetch_add(begun.found.iter().map(Found::made).sum(), Ordering::Relaxed);
                let goes_on = begun.holds_entries && prepared.bytes.len() >= LARGE;
                if !goes_on || ahead.swap(true, Ordering::Relaxed) {
                    return Some(Looked::Begun(begun));
                }
                let mut ready = self.ready(begun);
                self.look_ahead(&mut ready);
                Some(Looked::Ready(ready))
            })
            .collect();
        let mut left_out = 0;
        let mut entries = prepared.iter().zip(looked).peekable();
        let mut early = None;
        while let Some((prepared, looked)) = entries.next() {
            let remaining = holder.allowance.less(outcome.used);
            let looked = looked.filter(|_| fits(prepared, remaining));
            let ready = early.take().or_else(|| {
                Some(match looked? {
                    Looked::Waits => self.ready(self.begin_entry(prepared, holder.lineage, whole)),
                    Looked::Begun(begun) => self.ready(begun),
                    Looked::Ready(ready) => ready,
                })
            });
            let Some(mut ready) = ready.filter(|_| fits(prepared, remaining)) else {
                if let Some(keeper) = self.keeper {
                    keeper.leave_out(prepared.spot);
                }
                left_out += 1;
                continue;
            };
            let unpacking = &mut ready.begun.outcome.unpacking;
            let Origin { name, start, .. } = holder.origin;
            unpacking.problems(&prepared.object.location, name, start, &prepared.problems);
            let within = remaining.less(prepared.used());
            let allowance = self.allowance(prepared.bytes.len(), within);
            let finish = || self.finish(&prepared.bytes, ready, Some(holder.lineage), allowance);
            // While this is taken up, the first entries of the next are made, where that is worth it.
            let is_large = prepared.bytes.len() >= LARGE && holder.lineage.depth < AHEAD_DEPTH;
            let next = entries.peek_mut().filter(|(next, _)| is_large && fits(next, within));
            let next = next.and_then(|(_, looked)| match looked.take() {
                Some(Looked::Begun(begun)) => Some(self.ready(begun)),
                Some(Looked::Ready(ready)) => Some(ready),
                waits => {
                    *looked = waits;
                    None
                }
            });
            let inner = match next {
                Some(mut next) => {
                    let (inner, ()) = rayon::join(finish, || self.look_ahead(&mut next));
                    early = Some(next);
                    inner
                }
                None => finish(),
            };
            self.remember(prepared, &inner, outcome, tree);
            add(inner, prepared.used(), outcome);
        }
        left_out
    }

    /// Makes the bytes of the next entries, up to about so many stated ones.
    fn prepare_next<'a>(
        &self,
        ahead: &mut Ahead<'a>,
        most: u64,
        container: &Location,
        origin: Origin,
    ) -> Vec<Prepared<'a>> {
        let batch = batch(ahead, most, container);
        self.prepare_all(batch, ahead, container, origin)
    }

    /// Makes the bytes of entries, side by side. Where they become much more than was stated, the later ones go back to
    /// those ahead; one that does so by itself goes back too, to be made alone.
    fn prepare_all<'a>(
        &self,
        batch: Vec<Next<'a>>,
        ahead: &mut Ahead<'a>,
        container: &Location,
        origin: Origin,
    ) -> Vec<Prepared<'a>> {
        let most = weight(&batch).saturating_add(HELD);
        let made = AtomicU64::new(0);
        let prepare = |(index, next): (usize, Next<'a>)| {
            let Next::Planned(planned) = next else { return next };
            // The first is made in any case: there is always one more.
            if index > 0 && made.load(Ordering::Relaxed) >= most {
                return Next::Planned(planned);
            }
            let path = (!planned.entry.path.is_empty()).then(|| paths::escape(&planned.entry.path));
            let location = container.inside(origin.step(path, planned.entry.at));
            let next = self.prepare(location, planned, origin);
            if let Next::Prepared(prepared) = &next {
                made.fetch_add(prepared.owned(), Ordering::Relaxed);
            }
            next
        };
        let made: Vec<Next<'a>> =
            batch.into_par_iter().enumerate().with_max_len(SHARE).map(prepare).collect();
        let mut made = VecDeque::from(made);
        let mut prepared = Vec::new();
        while let Some(next) = made.pop_front() {
            match next {
                Next::Prepared(one) => prepared.push(one),
                planned => {
                    made.push_front(planned);
                    break;
                }
            }
        }
        while let Some(next) = made.pop_back() {
            ahead.push_front(next);
        }
        prepared
    }

    /// Makes an entry's bytes, unless they turn out to be many more than was stated and it is to be made alone.
    fn prepare<'a>(&self, location: Location, mut planned: Planned<'a>, origin: Origin) -> Next<'a> {
        let mut problems = Vec::new();
        let mut made = None;
        if let EntryKind::Stream(Content::Deferred { size, make })
        | EntryKind::File(Content::Deferred { size, make }) = &planned.entry.kind
        {
            let most = if planned.alone { u64::MAX } else { size.saturating_mul(2).saturating_add(HEAVY) };
            let whole = self.limits.object_bytes.min(origin.never);
            let object_bytes = whole.min(most);
            let limits = Limits { object_bytes, ..self.limits.clone() };
            let unpacked = catch_unwind(AssertUnwindSafe(|| make(&limits)));
            let unpacked = unpacked.unwrap_or_else(|_| {
                let detail = "the reader failed on this entry";
                let problems = vec![Problem::new(ProblemKind::Malformed, 0, detail)];
                banbury_formats::Unpacked { bytes: Vec::new(), problems }
            });
            let stopped = |problem: &Problem| problem.kind == ProblemKind::LimitReached;
            if object_bytes < whole && unpacked.problems.iter().any(stopped) {
                planned.alone = true;
                return Next::Planned(planned);
            }
            (problems, made) = (unpacked.problems, Some(unpacked.bytes));
        }
        let Planned { entry, spot, sha256, .. } = planned;
        let path = location.entry().map(paths::in_tree);
        let own = |content: &Content<'_>| matches!(content, Content::Slice(_)) && entry.at == Some(0);
        let opening = match &entry.kind {
            EntryKind::Stream(content) | EntryKind::File(content) => own(content).then_some(origin.name),
            _ => None,
        };
        let Entry { kind, mode, uid, .. } = entry;
        let (kind, content, target) = match kind {
            EntryKind::Stream(content) => (ObjectKind::Stream, Some(content), None),
            EntryKind::File(content) => (ObjectKind::File, Some(content), None),
            EntryKind::Directory => (ObjectKind::Directory, None, None),
            EntryKind::Symlink(target) => (ObjectKind::Symlink, None, Some(paths::escape(&target))),
            EntryKind::Hardlink(target) => (ObjectKind::Hardlink, None, Some(paths::escape(&target))),
            EntryKind::CharacterDevice { .. }
            | EntryKind::BlockDevice { .. }
            | EntryKind::Fifo
            | EntryKind::Socket => (ObjectKind::Special, None, None),
        };
        let bytes = match content {
            None => Cow::Borrowed(&[][..]),
            Some(Content::Slice(bytes)) => Cow::Borrowed(bytes),
            Some(Content::Owned(bytes)) => Cow::Owned(bytes),
            Some(Content::Deferred { .. }) => Cow::Owned(made.unwrap_or_default()),
        };
        let has_bytes = matches!(kind, ObjectKind::Stream | ObjectKind::File);
        let small = has_bytes && bytes.len() < LARGE;
        let object = Object {
            ordinal: 0,
            parent: None,
            location,
            kind,
            size: bytes.len() as u64,
            // A large one is hashed while it is looked at.
            sha256: sha256.or_else(|| small.then(|| Digest::of(&bytes))),
            sha1: None,
            format: None,
            mode,
            target,
            regions: Vec::new(),
        };
        Next::Prepared(Prepared { bytes, problems, object, uid, path, spot, opening })
    }

    /// Looks at an entry; a folder, link or device has nothing further to look at.
    fn begin_entry<'a>(
        &self,
        prepared: &'a Prepared<'_>,
        lineage: &Lineage<'_>,
        allowance: Allowance,
    ) -> Begun<'a> {
        let object = &prepared.object;
        let location = object.location.clone();
        let spot = prepared.spot;
        let depth = lineage.depth + 1;
        if !matches!(object.kind, ObjectKind::Stream | ObjectKind::File) {
            if let Some(keeper) = self.keeper {
                keeper.keep(spot, object, &[], false);
            }
            let outcome = Outcome {
                objects: vec![object.clone()],
                spots: vec![spot],
                findings: self.fresh_findings(),
                unpacking: Unpacking::default(),
                used: Allowance::default(),
            };
            return Begun { outcome, found: Vec::new(), location, depth, holds_entries: false, spot };
        }
        let data: &'a [u8] = &prepared.bytes;
        let within = self.allowance(data.len(), allowance);
        let (sha256, mut recognised) =
            self.hash_and_recognise(data, object.sha256, depth, prepared.opening, within);
        let repeated = !data.is_empty() && lineage.has(sha256);
        if repeated {
            let regions = vec![coverage::known(0, data.len(), REPEATED, BTreeMap::new())];
            recognised = Recognised { regions, ..Recognised::default() };
        }
        let pending = Pending { location, kind: object.kind, mode: object.mode, depth, sha256, spot };
        let mut begun = self.begin(data, pending, recognised);
        if repeated {
            begun.outcome.unpacking.contains_itself(&begun.location);
        }
        begun
    }

    /// Puts an entry into its tree, with its bytes where a probe asks for them. Of two entries with one name the later
    /// stands, as it does when the archive is extracted; that there are two is a claim.
    fn remember(&self, prepared: &Prepared<'_>, inner: &Outcome, outcome: &mut Outcome, tree: &mut Tree) {
        let (Some(path), Some(object)) = (prepared.path.as_deref(), inner.objects.first()) else { return };
        let bytes = &prepared.bytes;
        let wanted = object.kind == ObjectKind::File
            && bytes.len() <= KEEP_LIMIT
            && self.probes.iter().any(|probe| probe.keeps(path));
        let entry = TreeEntry {
            kind: object.kind,
            location: object.location.clone(),
            mode: object.mode,
            uid: prepared.uid,
            target: object.target.clone(),
            sha256: object.sha256,
            format: object.format.clone(),
            content: wanted.then(|| bytes.to_vec()),
            noted: self
                .probes
                .iter()
                .zip(&inner.findings)
                .filter_map(|(probe, findings)| Some((probe.describe().name, findings.noted.clone()?)))
                .collect(),
        };
        let folder = entry.kind == ObjectKind::Directory;
        let later = entry.location.clone();
        if let Some(earlier) = tree.entries.insert(path.to_owned(), entry)
            && !(folder && earlier.kind == ObjectKind::Directory)
        {
            outcome.unpacking.twice(path, &earlier.location, &later);
        }
    }
}

/// Whether an entry fits what is left. When nothing is left nothing fits, not even what takes no bytes.
fn fits(prepared: &Prepared<'_>, remaining: Allowance) -> bool {
    prepared.bytes.len() as u64 <= remaining.bytes && !remaining.is_spent()
}

/// The next entries of a container to examine side by side, up to about so many stated bytes. Each says the whole way
/// to it, and where that is long they are fewer.
fn batch<'a>(ahead: &mut Ahead<'a>, most: u64, container: &Location) -> Vec<Next<'a>> {
    let count = (BATCH / counted(container) as usize).max(LEAST);
    let mut batch = Vec::new();
    let mut bytes = 0u64;
    while batch.len() < count && (bytes < most || (batch.len() < LEAST && bytes < HEAVY)) {
        let alone = |next: &Next<'_>| matches!(next, Next::Planned(planned) if planned.alone);
        if ahead.front().is_some_and(alone) {
            if batch.is_empty() {
                batch.extend(ahead.pop_front());
            }
            break;
        }
        let Some(next) = ahead.pop_front() else { break };
        bytes = bytes.saturating_add(match &next {
            Next::Planned(planned) => size(&planned.entry),
            Next::Prepared(prepared) => prepared.bytes.len() as u64,
        });
        batch.push(next);
    }
    batch
}

/// The memory that entries take once they are made, as far as stated.
fn weight(batch: &[Next<'_>]) -> u64 {
    let made = |next: &Next<'_>| match next {
        Next::Prepared(prepared) => prepared.owned(),
        Next::Planned(planned) if planned.alone => u64::MAX,
        Next::Planned(planned) => match &planned.entry.kind {
            EntryKind::File(Content::Slice(_)) | EntryKind::Stream(Content::Slice(_)) => 0,
            _ => size(&planned.entry),
        },
    };
    batch.iter().fold(0, |sum, next| sum.saturating_add(made(next)))
}

impl Prepared<'_> {
    /// What it takes of an allowance, without what it holds.
    fn used(&self) -> Allowance {
        Allowance { bytes: self.bytes.len() as u64, objects: counted(&self.object.location) }
    }

    /// Bytes that were made for it.
    fn owned(&self) -> u64 {
        match &self.bytes {
            Cow::Owned(bytes) => bytes.len() as u64,
            Cow::Borrowed(_) => 0,
        }
    }
}

fn size(entry: &Entry<'_>) -> u64 {
    match &entry.kind {
        EntryKind::File(content) | EntryKind::Stream(content) => content.size(),
        _ => 0,
    }
}

/// Puts an entry's outcome behind what its container's object has so far.
fn add(inner: Outcome, itself: Allowance, outcome: &mut Outcome) {
    let base = outcome.objects.len() as u32;
    outcome.spots.extend(inner.spots);
    outcome.objects.extend(inner.objects.into_iter().map(|mut object| {
        object.ordinal += base;
        object.parent = Some(object.parent.map_or(0, |parent| parent + base));
        object
    }));
    for (findings, more) in outcome.findings.iter_mut().zip(inner.findings) {
        findings.append(more);
    }
    outcome.unpacking.append(inner.unpacking);
    outcome.used = outcome.used.and(inner.used).and(itself);
}
