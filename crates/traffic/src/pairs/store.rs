//! Rows by partition: in memory up to a budget, beyond it in a scratch file.
//!
//! Rows whose pair may be the same come to the same partition, so that one partition after the other is grouped and weighed, and no
//! more than one a thread is in memory. Past the budget all rows that are held are written out, partition by partition, as runs.

use super::names::lock;
use super::row::{BYTES, Row};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Partitions.
pub(super) const PARTITIONS: usize = 128;

/// Rows that a thread collects before it hands them over.
pub(super) const CHUNK: usize = 128;

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
    partitions: Vec<Mutex<Partition>>,
    held: AtomicUsize,
    spilled: AtomicUsize,
    budget: usize,
    scratch: Option<&'s dyn Scratch>,
    spilling: Mutex<Option<io::Error>>,
}

#[derive(Debug, Default)]
struct Partition {
    chunks: Vec<Vec<Row>>,
    /// Where a run begins in the scratch file, and its rows.
    runs: Vec<(u64, usize)>,
}

impl<'s> Store<'s> {
    /// A store that holds `budget` bytes of rows; without a scratch file all of them.
    pub(super) fn new(budget: usize, scratch: Option<&'s dyn Scratch>) -> Self {
        Self {
            partitions: (0..PARTITIONS).map(|_| Mutex::default()).collect(),
            held: AtomicUsize::new(0),
            spilled: AtomicUsize::new(0),
            budget,
            scratch,
            spilling: Mutex::new(None),
        }
    }

    /// Takes rows of one partition.
    pub(super) fn take(&self, partition: usize, rows: Vec<Row>) {
        let bytes = rows.capacity() * size_of::<Row>();
        let Some(part) = self.partitions.get(partition % PARTITIONS) else { return };
        let held = self.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        lock(part).chunks.push(rows);
        if held > self.budget
            && let Some(scratch) = self.scratch
        {
            self.spill(scratch);
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
        if failure.is_some() || self.held.load(Ordering::Relaxed) <= self.budget {
            return;
        }
        let mut bytes = Vec::new();
        for part in &self.partitions {
            let mut part = lock(part);
            bytes.clear();
            let chunks = std::mem::take(&mut part.chunks);
            chunks.iter().flatten().for_each(|row| row.write(&mut bytes));
            if bytes.is_empty() {
                continue;
            }
            match scratch.append(&bytes) {
                Ok(at) => {
                    part.runs.push((at, bytes.len() / BYTES));
                    self.spilled.fetch_add(bytes.len() / BYTES, Ordering::Relaxed);
                    let freed = chunks.iter().map(|rows| rows.capacity() * size_of::<Row>()).sum();
                    self.held.fetch_sub(freed, Ordering::Relaxed);
                }
                Err(error) => {
                    part.chunks = chunks;
                    *failure = Some(error);
                    return;
                }
            }
        }
    }

    /// Rows of a partition.
    pub(super) fn count(&self, partition: usize) -> usize {
        let Some(part) = self.partitions.get(partition) else { return 0 };
        let part = lock(part);
        part.chunks.iter().map(Vec::len).sum::<usize>()
            + part.runs.iter().map(|(_, rows)| rows).sum::<usize>()
    }

    /// Shows all rows of a partition, some at a time; they are gone afterwards unless they are to be kept.
    pub(super) fn visit(&self, partition: usize, keep: bool, mut see: impl FnMut(&[Row])) -> io::Result<()> {
        let Some(part) = self.partitions.get(partition) else { return Ok(()) };
        let mut part = lock(part);
        // As they stand in their inputs, which is nearly in the order of time.
        part.chunks.sort_unstable_by_key(|rows| rows.first().map(|row| row.place));
        if let Some(scratch) = self.scratch {
            let mut bytes = Vec::new();
            let mut rows = Vec::new();
            for (at, count) in &part.runs {
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
        if keep {
            part.chunks.iter().for_each(|rows| see(rows));
            return Ok(());
        }
        part.runs.clear();
        for rows in std::mem::take(&mut part.chunks) {
            see(&rows);
            self.held.fetch_sub(rows.capacity() * size_of::<Row>(), Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What one thread has collected, partition by partition.
pub(super) struct Collected(Vec<Vec<Row>>);

impl Default for Collected {
    fn default() -> Self {
        Self((0..PARTITIONS).map(|_| Vec::new()).collect())
    }
}

impl Collected {
    /// Takes a row; a full chunk goes to the store.
    pub(super) fn push(&mut self, partition: usize, row: Row, store: &Store<'_>) {
        let partition = partition % PARTITIONS;
        let Some(rows) = self.0.get_mut(partition) else { return };
        if rows.capacity() == 0 {
            rows.reserve_exact(CHUNK);
        }
        rows.push(row);
        if rows.len() >= CHUNK {
            store.take(partition, std::mem::take(rows));
        }
    }

    /// Hands over what is left.
    pub(super) fn flush(&mut self, store: &Store<'_>) {
        for (partition, rows) in self.0.iter_mut().enumerate() {
            if !rows.is_empty() {
                let mut rows = std::mem::take(rows);
                rows.shrink_to_fit();
                store.take(partition, rows);
            }
        }
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
    (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57) as usize
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
            let mut collected = Collected::default();
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
        store.take(1, vec![Row::default(); 3]);
        store.take(1, vec![Row::default(); 4]);
        assert_eq!(store.failure().map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
        let mut count = 0;
        store.visit(1, false, |rows| count += rows.len()).unwrap();
        assert_eq!(count, 7);
    }
}
