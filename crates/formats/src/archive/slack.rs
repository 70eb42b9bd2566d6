//! Bytes of an archive that no field of its format accounts for: behind a name's NUL, in padding, in fields that nobody
//! reads. Padding of one value is passed over; anything else is handed out, so that nothing can hide there.

use crate::{Content, Entry, Limits, Problem, ProblemKind, Unpacked};

/// So many pieces are handed out each by itself; what is more comes in one entry behind them.
const PIECES: usize = 32;

/// The pieces of slack of one archive, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Slack<'a> {
    pieces: Vec<(usize, &'a [u8])>,
}

impl<'a> Slack<'a> {
    /// Notes the bytes at `at` unless they are padding.
    pub(crate) fn take(&mut self, at: usize, bytes: &'a [u8]) {
        self.notes(at, bytes);
    }

    /// Notes the bytes at `at`; whether they are more than padding.
    pub(crate) fn notes(&mut self, at: usize, bytes: &'a [u8]) -> bool {
        if is_padding(bytes) {
            return false;
        }
        let before = bytes.iter().take_while(|byte| **byte == 0).count();
        let behind = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        if let Some(piece) = bytes.get(before..bytes.len() - behind) {
            self.pieces.push((at + before, piece));
        }
        true
    }

    /// Forgets what stands from `end` on.
    pub(crate) fn truncate(&mut self, end: usize) {
        self.pieces.retain(|(at, _)| *at < end);
    }

    /// Notes what stands behind the first NUL of a field at `at`.
    pub(crate) fn behind_nul(&mut self, at: usize, field: &'a [u8]) {
        let text = crate::bytes::until_nul(field).len();
        self.take(at + text, crate::bytes::tail(field, text));
    }

    /// Hands out a stream for each piece, `(slack at 0x1f0)`, and one for all pieces past the first few.
    pub(crate) fn hand_out(self, sink: &mut dyn FnMut(Entry<'a>)) {
        let mut pieces = self.pieces;
        pieces.sort_by_key(|(at, _)| *at);
        let mut pieces = pieces.into_iter();
        for (at, piece) in pieces.by_ref().take(PIECES) {
            sink(stream(format!("(slack at {at:#x})"), Content::Slice(piece), Some(at)));
        }
        let rest: Vec<(usize, &[u8])> = pieces.collect();
        let Some((first, _)) = rest.first() else { return };
        let path = format!("(slack from {first:#x} on)");
        let size = rest.iter().map(|(_, piece)| piece.len() as u64).sum();
        let make = Box::new(move |limits: &Limits| concatenate(&rest, limits));
        sink(stream(path, Content::Deferred { size, make }, None));
    }
}

fn concatenate(pieces: &[(usize, &[u8])], limits: &Limits) -> Unpacked {
    let mut made = Unpacked::default();
    for (at, piece) in pieces {
        if limits.stopped() || (made.bytes.len() + piece.len()) as u64 > limits.object_bytes {
            let detail = "the slack of this archive goes past the limit of an object";
            made.problems.push(Problem::new(ProblemKind::LimitReached, *at as u64, detail));
            break;
        }
        made.bytes.extend_from_slice(piece);
    }
    made
}

/// One value over and over says nothing but its length.
fn is_padding(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else { return true };
    matches!(first, 0 | 0xff | b' ' | b'\n') && bytes.iter().all(|byte| byte == first)
        || bytes.iter().all(|byte| matches!(byte, 0 | b' '))
}

/// A nameless part, or a stream with a telling name.
pub(crate) fn stream<'a>(path: impl Into<String>, content: Content<'a>, at: Option<usize>) -> Entry<'a> {
    Entry::stream(path.into().into_bytes(), content, at.map(|at| at as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;

    fn paths_and_sizes(slack: Slack) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        slack.hand_out(&mut |entry| {
            let EntryKind::Stream(content) = entry.kind else { panic!("slack is a stream") };
            found.push((String::from_utf8(entry.path.into_owned()).unwrap(), content.size()));
        });
        found
    }

    #[test]
    fn padding_is_passed_over_and_the_rest_is_trimmed() {
        let mut slack = Slack::default();
        for padding in [&b""[..], &[0; 9], &[0xff; 3], b"    ", b" \0 ", b"\n"] {
            slack.take(7, padding);
        }
        slack.take(0x100, b"\0\0hidden\0\0");
        slack.behind_nul(0x200, b"name\0x\0");
        assert_eq!(
            paths_and_sizes(slack),
            [("(slack at 0x102)".to_owned(), 6), ("(slack at 0x205)".to_owned(), 1)]
        );
    }

    #[test]
    fn many_pieces_come_in_one_entry() {
        let mut slack = Slack::default();
        for at in 0..10_000 {
            slack.take(at, b"ab");
        }
        let found = paths_and_sizes(slack);
        assert_eq!(found.len(), PIECES + 1);
        assert_eq!(found[PIECES], ("(slack from 0x20 on)".to_owned(), 2 * (10_000 - PIECES as u64)));
    }
}
