//! Rows by partition: in memory up to a budget, beyond it in a scratch file.
//!
//! Rows whose pair may be the same come to the same partition, so that one partition after the other is grouped and weighed, and no
//! more than one a thread is copied. What a thread collects becomes a batch in which the rows of one partition stand on end. Past the
//! budget all rows that are held are written out, partition by partition, as runs.

use super::names::lock;
use super::row::{BYTES, Row};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Partitions: so many that one of a few million rows stays in the cache of its processor.
pub(super) const PARTITIONS: usize = 512;

/// Rows that a thread collects before it hands them over, where the budget is not smaller.
const BATCH: usize = 1 << 15;

/// Rows that make a batch however small the budget is.
const LEAST: usize = 1 << 7;

/// A batch by this is so few rows that they wait for others.
const FEW: usize = 8;

/// Rows of a run that are read at a time.
const PIECE: usize = 1 << 14;

/// Where rows are kept beyond the budget: the file behind it is the caller's matter.
pub trait Scratch: Sync {
    /// Writes bytes behind what was written before, and says where they begin.
    fn append(&self, bytes: &[u8]) -> io::Result<u64>;

    /// Reads bytes that were written from `offset` on.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
}

/// Rows by partition.
pub(super) struct Store<'s> {
    held: RwLock<Held>,
    /// Bytes of batches.
    bytes: AtomicUsize,
    spilled: AtomicUsize,
    budget: usize,
    /// Rows of a batch.
    batch: usize,
    scratch: Option<&'s dyn Scratch>,
    spilling: Mutex<Option<io::Error>>,
    /// Emptied, for whoever collects next.
    spare: Mutex<Vec<Collected>>,
}

#[derive(Debug)]
struct Held {
    batches: Vec<Batch>,
    /// Too few for a batch.
    few: Collected,
    /// By partition, where a run begins in the scratch file, and its rows.
    runs: Vec<Vec<(u64, usize)>>,
    /// Partitions that were shown for the last time.
    shown: usize,
}

impl Default for Held {
    fn default() -> Self {
        Self { batches: Vec::new(), few: Collected::default(), runs: vec![Vec::new(); PARTITIONS], shown: 0 }
    }
}

/// Rows, those of one partition on end.
#[derive(Debug)]
struct Batch {
    rows: Vec<Row>,
    /// Where each partition begins; the last is where the last ends.
    begins: Vec<u32>,
    /// Partitions before this one are in the scratch file.
    written: usize,
}

impl Batch {
    /// The rows of a partition that are here.
    fn of(&self, partition: usize) -> &[Row] {
        let begins = |partition: usize| self.begins.get(partition).map(|begin| *begin as usize);
        match (begins(partition), begins(partition + 1)) {
            (Some(from), Some(to)) if partition >= self.written => {
                self.rows.get(from..to).unwrap_or_default()
            }
            _ => &[],
        }
    }

    fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
    }
}

impl<'s> Store<'s> {
    /// A store that holds `budget` bytes of rows; without a scratch file all of them.
    pub(super) fn new(budget: usize, scratch: Option<&'s dyn Scratch>) -> Self {
        Self {
            held: RwLock::default(),
            bytes: AtomicUsize::new(0),
            spilled: AtomicUsize::new(0),
            budget,
            batch: (budget / size_of::<Row>()).clamp(LEAST, BATCH),
            scratch,
            spilling: Mutex::new(None),
            spare: Mutex::default(),
        }
    }

    /// An empty one, to be flushed when it is full, and then or at last to be given back.
    pub(super) fn collected(&self) -> Collected {
        lock(&self.spare).pop().unwrap_or_default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, batch: Batch) {
        let bytes = batch.bytes();
        // Before it is there to be written out.
        let held = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.write().batches.push(batch);
        if held > self.budget
            && let Some(scratch) = self.scratch
        {
            self.spill(scratch);
        }
    }

    /// Takes rows that are too few for a batch.
    fn take_few(&self, some: &mut Collected) {
        let batch = {
            let few = &mut self.write().few;
            few.rows.append(&mut some.rows);
            few.partitions.append(&mut some.partitions);
            (few.rows.len() >= self.batch).then(|| few.batch())
        };
        if let Some(batch) = batch {
            self.take(batch);
        }
    }

    /// Rows that were written out.
    pub(super) fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed) as u64
    }

    /// Why the scratch file could not be written, where it could not.
    pub(super) fn failure(&self) -> Option<io::Error> {
        lock(&self.spilling).take()
    }

    fn spill(&self, scratch: &dyn Scratch) {
        let mut failure = lock(&self.spilling);
        // Another thread was first, or it is no use to try again.
        if failure.is_some() || self.bytes.load(Ordering::Relaxed) <= self.budget {
            return;
        }
        let mut batches = std::mem::take(&mut self.write().batches);
        let mut bytes = Vec::new();
        for partition in 0..PARTITIONS {
            bytes.clear();
            batches.iter().flat_map(|batch| batch.of(partition)).for_each(|row| row.write(&mut bytes));
            if bytes.is_empty() {
                continue;
            }
            let rows = bytes.len() / BYTES;
            match scratch.append(&bytes) {
                Ok(at) => {
                    let mut held = self.write();
                    held.runs.get_mut(partition).into_iter().for_each(|runs| runs.push((at, rows)));
                    self.spilled.fetch_add(rows, Ordering::Relaxed);
                }
                Err(error) => {
                    // What is not written stays.
                    batches.iter_mut().for_each(|batch| batch.written = batch.written.max(partition));
                    self.write().batches.append(&mut batches);
                    *failure = Some(error);
                    return;
                }
            }
        }
        self.bytes.fetch_sub(batches.iter().map(Batch::bytes).sum(), Ordering::Relaxed);
    }

    /// Rows of a partition.
    pub(super) fn count(&self, partition: usize) -> usize {
        let held = self.read();
        held.batches.iter().map(|batch| batch.of(partition).len()).sum::<usize>()
            + held.few.of(partition).count()
            + held.runs.get(partition).into_iter().flatten().map(|(_, rows)| rows).sum::<usize>()
    }

    /// Shows all rows of a partition, some at a time, once none are taken any more. Unless they are to be kept they are gone when all
    /// partitions were shown.
    pub(super) fn visit(&self, partition: usize, keep: bool, mut see: impl FnMut(&[Row])) -> io::Result<()> {
        let held = self.read();
        let runs = held.runs.get(partition).map(Vec::as_slice).unwrap_or_default();
        if let Some(scratch) = self.scratch {
            let mut bytes = Vec::new();
            let mut rows = Vec::new();
            for (at, count) in runs {
                let mut done = 0;
                while done < *count {
                    let now = (count - done).min(PIECE);
                    bytes.resize(now * BYTES, 0);
                    scratch.read(at + (done * BYTES) as u64, &mut bytes)?;
                    rows.clear();
                    rows.extend(bytes.as_chunks().0.iter().map(Row::read));
                    see(&rows);
                    done += now;
                }
            }
        }
        // As they stand in their inputs, which is nearly in the order of time.
        let mut parts: Vec<&[Row]> = held.batches.iter().map(|batch| batch.of(partition)).collect();
        parts.sort_unstable_by_key(|rows| rows.first().map(|row| row.place));
        parts.into_iter().for_each(&mut see);
        let few: Vec<Row> = held.few.of(partition).copied().collect();
        see(&few);
        drop(held);
        if !keep {
            let mut held = self.write();
            held.shown += 1;
            if held.shown == PARTITIONS {
                let shown = std::mem::take(&mut *held);
                self.bytes.store(0, Ordering::Relaxed);
                // Giving back this much takes a while, for which nobody needs to wait.
                rayon::spawn(move || drop(shown));
            }
        }
        Ok(())
    }
}

/// What one thread has collected, and each row's partition.
#[derive(Debug, Default)]
pub(super) struct Collected {
    rows: Vec<Row>,
    partitions: Vec<u16>,
}

impl Collected {
    /// Takes a row; a full batch goes to the store.
    #[inline]
    pub(super) fn push(&mut self, partition: usize, row: Row, store: &Store<'_>) {
        self.rows.push(row);
        self.partitions.push((partition % PARTITIONS) as u16);
        if self.rows.len() >= store.batch {
            self.hand_over(store);
        }
    }

    /// Hands over what is left.
    pub(super) fn flush(mut self, store: &Store<'_>) {
        self.hand_over(store);
        lock(&store.spare).push(self);
    }

    fn hand_over(&mut self, store: &Store<'_>) {
        if self.rows.len() >= store.batch / FEW {
            store.take(self.batch());
        } else if !self.rows.is_empty() {
            store.take_few(self);
        }
    }

    fn of(&self, partition: usize) -> impl Iterator<Item = &Row> {
        let both = self.rows.iter().zip(&self.partitions);
        both.filter(move |(_, of)| usize::from(**of) == partition).map(|(row, _)| row)
    }

    /// The rows as a batch; nothing is left of them here.
    fn batch(&mut self) -> Batch {
        let mut begins = vec![0; PARTITIONS + 1];
        for partition in &self.partitions {
            if let Some(next) = begins.get_mut(usize::from(*partition) + 1) {
                *next += 1;
            }
        }
        let mut begin = 0;
        for count in &mut begins {
            begin += *count;
            *count = begin;
        }
        let mut next = begins.clone();
        let mut order = vec![0_u32; self.rows.len()];
        for (at, partition) in self.partitions.iter().enumerate() {
            if let Some(next) = next.get_mut(usize::from(*partition))
                && let Some(place) = order.get_mut(*next as usize)
            {
                *place = at as u32;
                *next += 1;
            }
        }
        let mut rows = Vec::with_capacity(self.rows.len());
        rows.extend(order.iter().filter_map(|at| self.rows.get(*at as usize)));
        self.rows.clear();
        self.partitions.clear();
        Batch { rows, begins, written: 0 }
    }
}

/// The partition of a pair of hosts, whichever of them is the source.
pub(super) fn of_hosts(one: (u32, bool), other: (u32, bool)) -> usize {
    let wide = |(number, is_six): (u32, bool)| u64::from(number) << 1 | u64::from(is_six);
    let (one, other) = (wide(one), wide(other));
    spread(one.min(other).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ one.max(other))
}

/// The partition of a host and a name.
pub(super) fn of_name(host: (u32, bool), name: u32) -> usize {
    spread((u64::from(host.0) << 1 | u64::from(host.1)).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(name))
}

/// The upper bits of a product with an odd number (Knuth, The Art of Computer Programming 3, 6.4, Fibonacci hashing).
fn spread(value: u64) -> usize {
    (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - PARTITIONS.ilog2())) as usize
}

#[cfg(test)]
pub(in crate::pairs) mod tests {
    use super::*;

    /// A scratch file in memory.
    #[derive(Default)]
    pub(in crate::pairs) struct InMemory(Mutex<Vec<u8>>);

    impl Scratch for InMemory {
        fn append(&self, bytes: &[u8]) -> io::Result<u64> {
            let mut all = lock(&self.0);
            let at = all.len() as u64;
            all.extend_from_slice(bytes);
            Ok(at)
        }

        fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
            let all = lock(&self.0);
            let from = offset as usize;
            bytes.copy_from_slice(&all[from..from + bytes.len()]);
            Ok(())
        }
    }

    #[test]
    fn nothing_is_lost_whatever_is_written_out() {
        let scratch = InMemory::default();
        for budget in [0, 100_000, usize::MAX] {
            let store = Store::new(budget, Some(&scratch));
            let mut collected = store.collected();
            for number in 0..50_000u64 {
                collected.push(number as usize * 7 % 131, Row { id: number, ..Row::default() }, &store);
            }
            collected.flush(&store);
            assert_eq!(store.spilled() == 0, budget == usize::MAX);
            let mut seen = Vec::new();
            for partition in 0..PARTITIONS {
                store.visit(partition, false, |rows| seen.extend(rows.iter().map(|row| row.id))).unwrap();
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..50_000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_scratch_file_that_is_full_loses_nothing_and_says_so() {
        struct Full;
        impl Scratch for Full {
            fn append(&self, _: &[u8]) -> io::Result<u64> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn read(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
                Err(io::ErrorKind::StorageFull.into())
            }
        }
        let store = Store::new(0, Some(&Full));
        let mut collected = store.collected();
        (0..2 * LEAST).for_each(|number| collected.push(number % 2, Row::default(), &store));
        collected.push(1, Row::default(), &store);
        collected.flush(&store);
        assert_eq!(store.failure().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
        let mut count = 0;
        store.visit(1, false, |rows| count += rows.len()).unwrap();
        assert_eq!(count, LEAST + 1);
    }
}
