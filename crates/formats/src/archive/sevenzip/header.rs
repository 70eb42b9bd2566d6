//! The database of a 7z archive: streams, folders of coders, files.

use crate::bytes::{position, slice, tail};

/// Numbers of properties.
mod id {
    pub(super) const END: u64 = 0;
    pub(super) const ARCHIVE_PROPERTIES: u64 = 2;
    pub(super) const ADDITIONAL_STREAMS: u64 = 3;
    pub(super) const MAIN_STREAMS: u64 = 4;
    pub(super) const FILES: u64 = 5;
    pub(super) const PACK_INFO: u64 = 6;
    pub(super) const UNPACK_INFO: u64 = 7;
    pub(super) const SUBSTREAMS: u64 = 8;
    pub(super) const SIZE: u64 = 9;
    pub(super) const CRC: u64 = 10;
    pub(super) const FOLDER: u64 = 11;
    pub(super) const UNPACK_SIZE: u64 = 12;
    pub(super) const UNPACK_STREAMS: u64 = 13;
    pub(super) const EMPTY_STREAM: u64 = 14;
    pub(super) const EMPTY_FILE: u64 = 15;
    pub(super) const ANTI: u64 = 16;
    pub(super) const NAMES: u64 = 17;
    pub(super) const CREATED: u64 = 18;
    pub(super) const ACCESSED: u64 = 19;
    pub(super) const MODIFIED: u64 = 20;
    pub(super) const ATTRIBUTES: u64 = 21;
    pub(super) const DUMMY: u64 = 25;
}

/// The first byte of a header that stands there as it is, and of one that is packed.
pub(super) const PLAIN: u64 = 1;
pub(super) const PACKED: u64 = 23;

/// A folder has no more coders than this, and a coder no more streams; 7-Zip itself asks the same.
const CODERS_MAX: u64 = 32;

/// A chain of coders and what comes out of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// From the stream that goes into a coder to the one that comes out of another.
    pub(super) bonds: Vec<(usize, usize)>,
    /// The packed streams, by the number of the stream that goes in.
    pub(super) packed: Vec<usize>,
    /// Length of what comes out of each coder.
    pub(super) sizes: Vec<u64>,
    pub(super) crc: Option<u32>,
    /// Which of the archive's packed streams is the first of this folder.
    pub(super) first_stream: usize,
}

/// A method and its properties.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    pub(super) method: u64,
    pub(super) inputs: usize,
    pub(super) properties: Vec<u8>,
}

impl Folder {
    /// The stream that comes out at the end: the one that goes into no other coder.
    pub(super) fn last(&self) -> Option<usize> {
        (0..self.coders.len()).find(|output| self.bonds.iter().all(|(_, from)| from != output))
    }

    /// The length of what comes out at the end.
    pub(super) fn size(&self) -> u64 {
        self.last().and_then(|last| self.sizes.get(last)).copied().unwrap_or(0)
    }
}

/// Length and checksum of a file.
pub(super) type Content = (u64, Option<u32>);

/// Where streams stand, how they are unpacked, and into what they are cut.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Where the packed streams start, counted from behind the signature header.
    pub(super) start: u64,
    pub(super) packed_sizes: Vec<u64>,
    pub(super) folders: Vec<Folder>,
    /// For each folder, the files in it: length and checksum.
    pub(super) contents: Vec<Vec<Content>>,
}

/// A file's entry.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) name: Vec<u8>,
    pub(super) has_content: bool,
    pub(super) is_directory: bool,
    pub(super) is_anti: bool,
    pub(super) modified: Option<i64>,
    pub(super) attributes: Option<u32>,
}

/// The whole database.
#[derive(Debug, Default)]
pub(super) struct Database {
    pub(super) streams: Streams,
    pub(super) files: Vec<File>,
    /// Properties that nobody reads, with their numbers.
    pub(super) others: Vec<(u64, Vec<u8>)>,
}

/// Reads the numbers and bytes of a header; every step may miss.
struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let bytes = slice(self.data, self.at, position(length))?;
        self.at += bytes.len();
        Some(bytes)
    }

    /// A number: the ones at the top of the first byte tell how many bytes follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut value = 0;
        for index in 0..more {
            value |= u64::from(self.byte()?) << (8 * index);
        }
        let high = u64::from(first) & (0x7f_u64.checked_shr(more).unwrap_or(0));
        Some(value | high.checked_shl(8 * more).unwrap_or(0))
    }

    /// A count of things of which each takes at least one bit of the header.
    fn count(&mut self) -> Option<usize> {
        let count = self.number()?;
        (count <= self.data.len() as u64 * 8).then_some(position(count))
    }

    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.bytes(count.div_ceil(8) as u64)?;
        Some(
            (0..count)
                .map(|bit| bytes.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0))
                .collect(),
        )
    }

    fn all_or_bits(&mut self, count: usize) -> Option<Vec<bool>> {
        if self.byte()? != 0 { Some(vec![true; count]) } else { self.bits(count) }
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn digests(&mut self, count: usize) -> Option<Vec<Option<u32>>> {
        let stated = self.all_or_bits(count)?;
        stated.into_iter().map(|stated| if stated { self.u32().map(Some) } else { Some(None) }).collect()
    }

    /// Passes over properties up to the one with this number.
    fn expect(&mut self, wanted: u64) -> Option<()> {
        loop {
            match self.number()? {
                found if found == wanted => return Some(()),
                id::END => return None,
                _ => {
                    let length = self.number()?;
                    self.bytes(length)?;
                }
            }
        }
    }
}

/// The first number of a header: [`PLAIN`] or [`PACKED`].
pub(super) fn kind(header: &[u8]) -> Option<u64> {
    Cursor { data: header, at: 0 }.number()
}

/// What is said of the packed header.
pub(super) fn packed(header: &[u8]) -> Option<Streams> {
    streams(&mut Cursor { data: header, at: 1 })
}

/// The database in a plain header.
pub(super) fn database(header: &[u8]) -> Option<Database> {
    let mut cursor = Cursor { data: header, at: 1 };
    let mut database = Database::default();
    loop {
        match cursor.number()? {
            id::END => break,
            id::ARCHIVE_PROPERTIES => loop {
                let number = cursor.number()?;
                if number == id::END {
                    break;
                }
                let length = cursor.number()?;
                database.others.push((number, cursor.bytes(length)?.to_vec()));
            },
            id::ADDITIONAL_STREAMS => _ = streams(&mut cursor)?,
            id::MAIN_STREAMS => database.streams = streams(&mut cursor)?,
            id::FILES => files(&mut cursor, &mut database)?,
            _ => return None,
        }
    }
    let rest = tail(header, cursor.at);
    if rest.iter().any(|byte| *byte != 0) {
        database.others.push((id::END, rest.to_vec()));
    }
    Some(database)
}

fn streams(cursor: &mut Cursor) -> Option<Streams> {
    let mut streams = Streams::default();
    loop {
        match cursor.number()? {
            id::END => break,
            id::PACK_INFO => {
                streams.start = cursor.number()?;
                let count = cursor.count()?;
                loop {
                    match cursor.number()? {
                        id::END => break,
                        id::SIZE => {
                            streams.packed_sizes =
                                (0..count).map(|_| cursor.number()).collect::<Option<_>>()?;
                        }
                        id::CRC => _ = cursor.digests(count)?,
                        _ => return None,
                    }
                }
            }
            id::UNPACK_INFO => streams.folders = folders(cursor)?,
            id::SUBSTREAMS => streams.contents = contents(cursor, &streams.folders)?,
            _ => return None,
        }
    }
    if streams.contents.is_empty() {
        streams.contents = streams.folders.iter().map(|folder| vec![(folder.size(), folder.crc)]).collect();
    }
    Some(streams)
}

fn folders(cursor: &mut Cursor) -> Option<Vec<Folder>> {
    cursor.expect(id::FOLDER)?;
    let count = cursor.count()?;
    // Streams of another place are not supported by any program.
    if cursor.byte()? != 0 {
        return None;
    }
    let mut folders = Vec::new();
    let mut first_stream = 0;
    for _ in 0..count {
        let folder = Folder { first_stream, ..folder(cursor)? };
        first_stream += folder.packed.len();
        folders.push(folder);
    }
    cursor.expect(id::UNPACK_SIZE)?;
    for folder in &mut folders {
        folder.sizes = folder.coders.iter().map(|_| cursor.number()).collect::<Option<_>>()?;
    }
    loop {
        match cursor.number()? {
            id::END => return Some(folders),
            id::CRC => {
                let digests = cursor.digests(folders.len())?;
                for (folder, crc) in folders.iter_mut().zip(digests) {
                    folder.crc = crc;
                }
            }
            _ => return None,
        }
    }
}

fn folder(cursor: &mut Cursor) -> Option<Folder> {
    let mut folder = Folder::default();
    let count = cursor.number().filter(|count| (1..=CODERS_MAX).contains(count))?;
    let mut inputs = 0;
    for _ in 0..count {
        let flags = cursor.byte()?;
        let method =
            cursor.bytes(u64::from(flags & 15))?.iter().fold(0_u64, |id, byte| id << 8 | u64::from(*byte));
        let (mut ins, mut outs) = (1, 1);
        if flags & 0x10 != 0 {
            (ins, outs) = (cursor.number()?, cursor.number()?);
        }
        // No coder has several streams that come out.
        if ins == 0 || ins > CODERS_MAX || outs != 1 || flags & 0xc0 != 0 {
            return None;
        }
        let mut properties = Vec::new();
        if flags & 0x20 != 0 {
            let length = cursor.number()?;
            properties = cursor.bytes(length)?.to_vec();
        }
        inputs += position(ins);
        folder.coders.push(Coder { method, inputs: position(ins), properties });
    }
    for _ in 1..folder.coders.len() {
        let bond = (position(cursor.number()?), position(cursor.number()?));
        let is_fresh = folder.bonds.iter().all(|(to, from)| *to != bond.0 && *from != bond.1);
        if bond.0 >= inputs || bond.1 >= folder.coders.len() || !is_fresh {
            return None;
        }
        folder.bonds.push(bond);
    }
    let packed = inputs.checked_sub(folder.bonds.len())?;
    if packed == 1 {
        folder.packed = (0..inputs).filter(|input| folder.bonds.iter().all(|(to, _)| to != input)).collect();
    } else {
        for _ in 0..packed {
            folder.packed.push(position(cursor.number()?));
        }
    }
    Some(folder)
}

fn contents(cursor: &mut Cursor, folders: &[Folder]) -> Option<Vec<Vec<Content>>> {
    let mut counts = vec![1_usize; folders.len()];
    let mut number = cursor.number()?;
    if number == id::UNPACK_STREAMS {
        let mut total = 0_usize;
        for count in &mut counts {
            *count = cursor.count()?;
            // Each but the last of a folder states its length in a byte at least.
            total = total.checked_add(*count)?;
        }
        if total > cursor.data.len().saturating_add(folders.len()) {
            return None;
        }
        number = cursor.number()?;
    }
    let mut contents: Vec<Vec<Content>> = Vec::new();
    let has_sizes = number == id::SIZE;
    for (count, folder) in counts.iter().zip(folders) {
        let mut left = folder.size();
        let mut sizes = Vec::new();
        for index in 0..*count {
            let size = if index + 1 == *count {
                left
            } else if has_sizes {
                cursor.number()?
            } else {
                return None;
            };
            left = left.checked_sub(size)?;
            sizes.push((size, None));
        }
        contents.push(sizes);
    }
    if has_sizes {
        number = cursor.number()?;
    }
    loop {
        match number {
            id::END => break,
            id::CRC => {
                // A folder with one file has that file's checksum, if it has one.
                let is_open = |folder: &Folder, sizes: &[Content]| sizes.len() != 1 || folder.crc.is_none();
                let open: usize = folders
                    .iter()
                    .zip(&contents)
                    .filter(|(folder, sizes)| is_open(folder, sizes))
                    .map(|(_, sizes)| sizes.len())
                    .sum();
                let mut digests = cursor.digests(open)?.into_iter();
                for (folder, sizes) in folders.iter().zip(&mut contents) {
                    if is_open(folder, sizes) {
                        for (size, digest) in sizes.iter_mut().zip(digests.by_ref()) {
                            size.1 = digest;
                        }
                    }
                }
            }
            _ => {
                let length = cursor.number()?;
                cursor.bytes(length)?;
            }
        }
        number = cursor.number()?;
    }
    for (folder, sizes) in folders.iter().zip(&mut contents) {
        if let ([only], Some(crc)) = (&mut sizes[..], folder.crc) {
            only.1 = only.1.or(Some(crc));
        }
    }
    Some(contents)
}

fn files(cursor: &mut Cursor, database: &mut Database) -> Option<()> {
    let count = cursor.count()?;
    // Every file has a name that ends with two bytes of zeros.
    if count > cursor.data.len() / 2 {
        return None;
    }
    let mut files = vec![File { has_content: true, ..File::default() }; count];
    let mut empty: Vec<bool> = Vec::new();
    loop {
        let number = cursor.number()?;
        if number == id::END {
            break;
        }
        let length = cursor.number()?;
        let mut property = Cursor { data: cursor.bytes(length)?, at: 0 };
        match number {
            id::EMPTY_STREAM => {
                empty = property.bits(count)?;
                for (file, empty) in files.iter_mut().zip(&empty) {
                    file.has_content = !empty;
                    file.is_directory = *empty;
                }
            }
            id::EMPTY_FILE | id::ANTI => {
                let bits = property.bits(empty.iter().filter(|empty| **empty).count())?;
                for (file, bit) in files.iter_mut().filter(|file| !file.has_content).zip(bits) {
                    if number == id::ANTI {
                        file.is_anti = bit;
                    } else {
                        file.is_directory = !bit;
                    }
                }
            }
            id::NAMES => names(&mut property, &mut files)?,
            id::MODIFIED => {
                let stated = property.all_or_bits(count)?;
                external(&mut property)?;
                for (file, _) in files.iter_mut().zip(stated).filter(|(_, stated)| *stated) {
                    let ticks = property.bytes(8)?.try_into().ok().map(u64::from_le_bytes)?;
                    file.modified =
                        i64::try_from(ticks / 10_000_000).ok().map(|seconds| seconds - 11_644_473_600);
                }
            }
            id::ATTRIBUTES => {
                let stated = property.all_or_bits(count)?;
                external(&mut property)?;
                for (file, _) in files.iter_mut().zip(stated).filter(|(_, stated)| *stated) {
                    file.attributes = Some(property.u32()?);
                }
            }
            id::CREATED | id::ACCESSED => property.at = property.data.len(),
            id::DUMMY if property.data.iter().all(|byte| *byte == 0) => property.at = property.data.len(),
            _ => {}
        }
        let rest = tail(property.data, property.at);
        if !rest.is_empty() {
            database.others.push((number, rest.to_vec()));
        }
    }
    database.files = files;
    Some(())
}

/// Whether a property stands here, or in another stream, which no program writes.
fn external(property: &mut Cursor) -> Option<()> {
    (property.byte()? == 0).then_some(())
}

fn names(property: &mut Cursor, files: &mut [File]) -> Option<()> {
    external(property)?;
    for file in files {
        let rest = tail(property.data, property.at);
        let (units, _) = rest.as_chunks::<2>();
        let length = units.iter().position(|unit| *unit == [0, 0])?;
        let units = units.iter().take(length).map(|unit| u16::from_le_bytes(*unit));
        let name: String =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        file.name = name.into_bytes();
        property.at += length * 2 + 2;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        let number = |data: &[u8]| Cursor { data, at: 0 }.number();
        assert_eq!(number(&[0x7f]), Some(0x7f));
        assert_eq!(number(&[0x81, 0x23]), Some(0x0123));
        assert_eq!(number(&[0xc1, 0x34, 0x12]), Some(0x1_1234));
        assert_eq!(number(&[0xff, 1, 2, 3, 4, 5, 6, 7, 8]), Some(0x0807_0605_0403_0201));
        assert_eq!(number(&[0xfe, 1, 2, 3, 4, 5, 6, 7]), Some(0x0007_0605_0403_0201));
        assert_eq!(number(&[0xff, 1]), None);
    }

    #[test]
    fn ten_million_files_are_not_believed() {
        // FilesInfo with a count of 10,000,000 and no names.
        assert!(database(&[1, 5, 0xe0, 0x80, 0x96, 0x98, 0, 0]).is_none());
    }

    #[test]
    fn a_folder_that_feeds_itself_has_no_end() {
        // Two coders, each bound to the other.
        let folder = Folder {
            coders: vec![Coder { method: 0, inputs: 1, properties: Vec::new() }; 2],
            bonds: vec![(0, 1), (1, 0)],
            ..Folder::default()
        };
        assert_eq!(folder.last(), None);
    }

    proptest! {
        #[test]
        fn any_header(bytes in prop::collection::vec(prop_oneof![0..26_u8, any::<u8>()], 0..120)) {
            let header = [&[1][..], &bytes].concat();
            let files = database(&header).map_or(0, |database| database.files.len());
            prop_assert!(files <= header.len() / 2);
            let _ = packed(&header);
        }
    }
}
