//! The ndb form: slots of 16 bytes name the blobs, which stand at multiples of 16 bytes.

use super::{Blob, HEADER, PACKAGES, Room, word};

const PAGE: usize = 4096;
const SLOT: usize = 16;
/// Bytes before a blob's content: its mark, the package's number, the generation, the length.
const BLOB: usize = 16;

/// The headers, and how many could not be reached; `None` where it is no such database.
pub(super) fn blobs(data: &[u8]) -> Option<(Vec<Blob<'_>>, usize)> {
    if !data.starts_with(b"RpmP") {
        return None;
    }
    let pages = usize::try_from(word(data, 12, false)?).ok()?;
    let end = pages.saturating_mul(PAGE).min(data.len());
    let (mut blobs, mut lost, mut room) = (Vec::new(), 0, Room::of(data));
    // The file's own header takes the room of the first two slots.
    for slot in data.get(2 * SLOT..end)?.chunks_exact(SLOT) {
        let (Some(index), Some(block)) = (word(slot, 4, false), word(slot, 8, false)) else { break };
        if !slot.starts_with(b"Slot") || index == 0 || block == 0 {
            continue;
        }
        if blobs.len() == PACKAGES {
            lost += 1;
            continue;
        }
        let found = || {
            let at = usize::try_from(block).ok()?.checked_mul(SLOT)?;
            let blob = data.get(at..)?;
            let right = blob.starts_with(b"BlbS") && word(blob, 4, false)? == index;
            let length =
                usize::try_from(word(blob, 12, false)?).ok().filter(|length| right && *length <= HEADER)?;
            Some(Blob::whole(at + BLOB, blob.get(BLOB..)?.get(..length)?))
        };
        match found().filter(|blob| room.take(blob.bytes.len())) {
            Some(blob) => blobs.push(blob),
            None => lost += 1,
        }
    }
    Some((blobs, lost))
}
