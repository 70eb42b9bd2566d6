//! What every reader promises of any input, asserted. Shared by the tests and the fuzz target.

use banbury_formats::{Content, Entry, EntryKind, Format, Limits, Place, Reading};

/// Limits that hostile inputs meet quickly.
pub fn tight_limits() -> Limits {
    Limits { object_bytes: 256 << 10, entries: 200, ..Limits::default() }
}

/// Reads `data` with one format and makes every content; the reading, and how many bytes came out.
pub fn exercise(format: &dyn Format, data: &[u8], place: Place, limits: &Limits) -> Option<(Reading, u64)> {
    let name = format.describe().name;
    let mut entries = Vec::new();
    let reading = format.read(data, place, limits, &mut |entry| entries.push(entry));
    let made = entries.into_iter().map(|entry| unpack(name, entry, data, limits)).sum();
    let reading = reading?;
    assert!(place == Place::Start || format.may_start(data), "{name}: what is read was refused before");
    assert!((1..=data.len()).contains(&reading.size), "{name}: extent {} of {}", reading.size, data.len());
    for problem in &reading.problems {
        assert!(!problem.detail.is_empty(), "{name}: a problem without detail");
    }
    Some((reading, made))
}

fn unpack(name: &str, entry: Entry, data: &[u8], limits: &Limits) -> u64 {
    if let Some(at) = entry.at
        && let EntryKind::File(Content::Slice(bytes)) | EntryKind::Stream(Content::Slice(bytes)) = &entry.kind
    {
        let at = usize::try_from(at).unwrap();
        assert_eq!(
            &data[at..at + bytes.len()],
            *bytes,
            "{name}: a content does not stand where it is said to"
        );
    }
    let (EntryKind::File(content) | EntryKind::Stream(content)) = entry.kind else { return 0 };
    let bytes = match content {
        Content::Slice(bytes) => {
            assert!(bytes.len() <= data.len());
            return bytes.len() as u64;
        }
        Content::Owned(bytes) => bytes,
        Content::Deferred { make, .. } => make(limits).bytes,
    };
    assert!(bytes.len() as u64 <= limits.object_bytes, "{name}: {} bytes past the limit", bytes.len());
    bytes.len() as u64
}
