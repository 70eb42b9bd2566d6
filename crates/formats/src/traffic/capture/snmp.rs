//! Messages of SNMP versions 1 and 2c as far as the community (RFC 1157, section 4; RFC 1901, section 3): it is in clear text and all
//! that guards what the agent holds. Version 3 (RFC 3411 and 3412) has none.
//!
//! Misses: agents on ports other than 161 and 162; lengths in more than four bytes, which no datagram needs.

use super::content::Seen;
use crate::bytes::{slice, tail};
use crate::traffic::text::short;
use crate::traffic::{Community, Record, Sink};
use std::collections::VecDeque;

/// Different communities of one connection that wait for an answer; of more, the oldest is handed over.
const WAITING: usize = 16;

/// Bytes of a community that are kept: net-snmp and most agents take 32 to 255.
const LONGEST: usize = 255;

/// A message as far as its community.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// 1 or 2 (2c).
    version: u8,
    community: &'a [u8],
    /// The tag of what is asked: 0xa0 a request, 0xa2 a response, 0xa4 and 0xa7 traps, ...
    kind: u8,
}

/// A response of an agent.
const RESPONSE: u8 = 0xa2;

impl<'a> Message<'a> {
    /// Reads a message; `None` where it is none of versions 1 and 2c.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (0x30, content, _) = field(bytes)? else { return None };
        let (2, version, rest) = field(content)? else { return None };
        let version = match version {
            [0] => 1,
            [1] => 2,
            _ => return None,
        };
        let (4, community, rest) = field(rest)? else { return None };
        // What is asked may be cut off; its tag tells that this is a message at all.
        let kind = *rest.first()?;
        (0xa0..=0xa8).contains(&kind).then_some(Self { version, community, kind })
    }

    pub(super) fn is_response(&self) -> bool {
        self.kind == RESPONSE
    }
}

/// A field of BER with a definite length: its tag, its content, and what follows. Content that was cut off is what there is of it,
/// where it is a sequence.
fn field(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let length = slice(rest, 0, count)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, tail(rest, count))
        }
        _ => return None,
    };
    match rest.split_at_checked(length) {
        Some((content, rest)) => Some((tag, content, rest)),
        None => (tag == 0x30).then_some((tag, rest, &[])),
    }
}

/// The communities of one connection.
#[derive(Default)]
pub(super) struct Communities(VecDeque<Heard>);

struct Heard {
    version: u8,
    community: Vec<u8>,
    time: i64,
    offset: u64,
    messages: u64,
    accepted: bool,
}

impl Communities {
    pub(super) fn see(&mut self, message: &Message<'_>, seen: &Seen<'_>, sink: &mut dyn Sink) {
        // An agent answers only who has its community (RFC 1157, 4.1); a manager that answers an inform tells nothing of it.
        let accepted = message.is_response() && !seen.from_client && seen.server_port == 161;
        let is_it =
            |heard: &&mut Heard| heard.version == message.version && heard.community == message.community;
        if let Some(heard) = self.0.iter_mut().find(is_it) {
            heard.messages += 1;
            heard.accepted |= accepted;
            return;
        }
        self.0.push_back(Heard {
            version: message.version,
            community: message.community.to_vec(),
            time: seen.time,
            offset: seen.offset,
            messages: 1,
            accepted,
        });
        if self.0.len() > WAITING
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.hand_over(seen, sink);
        }
    }

    pub(super) fn end(&mut self, seen: &Seen<'_>, sink: &mut dyn Sink) {
        for heard in self.0.drain(..) {
            heard.hand_over(seen, sink);
        }
    }
}

impl Heard {
    fn hand_over(&self, seen: &Seen<'_>, sink: &mut dyn Sink) {
        let community = Community {
            time: self.time,
            id: Some(seen.id),
            client: seen.client,
            server: seen.server,
            server_port: seen.server_port,
            version: self.version,
            community: &short(&self.community, LONGEST),
            messages: self.messages,
            accepted: self.accepted,
        };
        sink.record(&Record::Community(community), self.offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message with lengths in `wide` bytes behind a first one, or in one alone.
    fn message(version: u8, community: &[u8], kind: u8, body: &[u8], wide: usize) -> Vec<u8> {
        let field = |tag: u8, content: &[u8]| {
            let mut all = vec![tag];
            if wide == 0 && content.len() < 0x80 {
                all.push(content.len() as u8);
            } else {
                all.push(0x84);
                all.extend_from_slice(&(content.len() as u32).to_be_bytes());
            }
            all.extend_from_slice(content);
            all
        };
        let content = [field(2, &[version]), field(4, community), field(kind, body)].concat();
        field(0x30, &content)
    }

    #[test]
    fn versions_1_and_2c_have_a_community_and_3_has_none() {
        let bytes = message(0, b"public", 0xa0, &[], 0);
        let read = Message::read(&bytes).unwrap();
        assert_eq!((read.version, read.community, read.is_response()), (1, &b"public"[..], false));
        let bytes = message(1, b"", 0xa2, b"x", 4);
        let read = Message::read(&bytes).unwrap();
        assert_eq!((read.version, read.community, read.is_response()), (2, &b""[..], true));
        assert_eq!(Message::read(&message(3, b"public", 0xa0, &[], 0)), None);
        assert_eq!(
            Message::read(&message(0, b"public", 0x30, &[], 0)),
            None,
            "a dictionary of something else"
        );
        assert_eq!(Message::read(b"\x30\x80\x02\x01\x00"), None, "lengths that are not stated are none here");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            version in 0..2u8, community in prop::collection::vec(any::<u8>(), 0..300), kind in 0xa0..=0xa8u8,
            body in prop::collection::vec(any::<u8>(), 0..60), wide in 0..2usize,
        ) {
            let bytes = message(version, &community, kind, &body, wide);
            let expected = Message { version: version + 1, community: &community, kind };
            prop_assert_eq!(Message::read(&bytes), Some(expected));
            // Cut behind the tag of what is asked, it is read; before, it is not, and nothing else is made of it.
            for end in 0..bytes.len() {
                if let Some(cut) = Message::read(&bytes[..end]) {
                    prop_assert_eq!((cut.version, cut.community, cut.kind), (version + 1, &community[..], kind));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::read(&bytes);
            let _ = Message::read(&[b"\x30\x29\x02\x01\x00\x04".as_slice(), &bytes].concat());
        }
    }
}
