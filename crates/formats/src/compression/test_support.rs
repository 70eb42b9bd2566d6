//! What the unit tests of the readers share.

use crate::{Content, Entry, EntryKind, Format, Limits, Place, Reading};

/// Reads with the default limits and collects the entries.
pub(crate) fn read<'a>(
    format: &dyn Format,
    data: &'a [u8],
    place: Place,
) -> Option<(Reading, Vec<Entry<'a>>)> {
    let mut entries = Vec::new();
    let reading = format.read(data, place, &Limits::default(), &mut |entry| entries.push(entry))?;
    Some((reading, entries))
}

/// The bytes of the only entry, a stream or a file.
pub(crate) fn bytes_of(entries: &[Entry]) -> Vec<u8> {
    assert_eq!(entries.len(), 1);
    match &entries[0].kind {
        EntryKind::Stream(Content::Owned(bytes)) => bytes.clone(),
        EntryKind::Stream(Content::Slice(bytes)) | EntryKind::File(Content::Slice(bytes)) => bytes.to_vec(),
        other => panic!("not plain content: {other:?}"),
    }
}

/// Bytes that hardly compress, the same each time.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(length)
    .collect()
}
