//! Messages of the domain name system (RFC 1035, 6762 for its use by multicast), and questions that wait for their answer.

use super::content::Seen;
use crate::bytes::{slice, u16_be};
use crate::traffic::{Query, Record, Sink};
use core::net::IpAddr;
use std::collections::VecDeque;
use std::fmt::Write;

/// Questions of one connection that wait; of more, the oldest is handed over without an answer.
const WAITING: usize = 16;

/// Pointers within a name, and records of a message, that are followed.
const MOST: usize = 128;

/// A message with a question.
#[derive(Debug)]
pub(super) struct Message {
    id: u16,
    is_answer: bool,
    code: u16,
    name: String,
    kind: u16,
    addresses: Vec<IpAddr>,
    answer_bytes: usize,
}

impl Message {
    /// Reads a message; `None` where it is none, or asks nothing.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let flags = u16_be(bytes, 2)?;
        let (questions, answers) = (u16_be(bytes, 4)?, u16_be(bytes, 6)?);
        // Standard and inverse queries, notifications and updates have one form.
        if questions == 0 || questions > 16 || flags >> 11 & 15 > 5 {
            return None;
        }
        let (name, at) = read_name(bytes, 12)?;
        let kind = u16_be(bytes, at)?;
        let mut at = at + 4;
        let mut message = Self {
            id: u16_be(bytes, 0)?,
            is_answer: flags & 0x8000 != 0,
            code: flags & 15,
            name,
            kind,
            addresses: Vec::new(),
            answer_bytes: 0,
        };
        for _ in 1..questions {
            at = read_name(bytes, at)?.1 + 4;
        }
        for _ in 0..usize::from(answers).min(MOST) {
            match message.answer(bytes, at) {
                Some(next) => at = next,
                // What was captured of it, or what of it makes sense.
                None => break,
            }
        }
        Some(message)
    }

    fn answer(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let (_, at) = read_name(bytes, at)?;
        let (kind, size) = (u16_be(bytes, at)?, usize::from(u16_be(bytes, at + 8)?));
        let data = slice(bytes, at + 10, size)?;
        let address = match (kind, data.len()) {
            (1, 4) => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
            (28, 16) => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
            _ => None,
        };
        self.answer_bytes += match (address, kind) {
            (Some(address), _) => address.to_string().len(),
            (None, 2 | 5 | 12 | 39) => read_name(bytes, at + 10)?.0.len(),
            _ => size,
        };
        self.addresses.extend(address);
        Some(at + 10 + size)
    }
}

/// A name, without a full stop at its end, and where it ends. Bytes that are no text, and full stops within a label, are `\xNN`.
fn read_name(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut at = at;
    let mut end = None;
    for _ in 0..MOST {
        let length = usize::from(*bytes.get(at)?);
        match length >> 6 {
            0 if length == 0 => return Some((name, end.unwrap_or(at + 1))),
            0 => {
                if !name.is_empty() {
                    name.push('.');
                }
                for byte in slice(bytes, at + 1, length)? {
                    if byte.is_ascii_graphic() && !matches!(byte, b'.' | b'\\') {
                        name.push(char::from(*byte));
                    } else {
                        let _ = write!(name, "\\x{byte:02x}");
                    }
                }
                at += 1 + length;
            }
            3 => {
                end = end.or(Some(at + 2));
                at = usize::from(u16_be(bytes, at)? & 0x3fff);
            }
            _ => return None,
        }
        if name.len() > 4 * 255 {
            return None;
        }
    }
    None
}

/// Questions that have not been answered.
#[derive(Default)]
pub(super) struct Waiting(VecDeque<Question>);

struct Question {
    time: i64,
    offset: u64,
    message: Message,
}

impl Waiting {
    pub(super) fn see(&mut self, message: Message, seen: &Seen<'_>, sink: &mut dyn Sink) {
        if !message.is_answer {
            let is_asked = |question: &Question| {
                question.message.id == message.id
                    && question.message.name == message.name
                    && question.message.kind == message.kind
            };
            // Asked again is one question.
            if self.0.iter().any(is_asked) {
                return;
            }
            self.0.push_back(Question { time: seen.time, offset: seen.offset, message });
            if self.0.len() > WAITING
                && let Some(oldest) = self.0.pop_front()
            {
                oldest.hand_over(None, seen, sink);
            }
            return;
        }
        let place = self
            .0
            .iter()
            .position(|question| question.message.id == message.id && question.message.kind == message.kind);
        let asked = place.and_then(|place| self.0.remove(place));
        let (time, offset) = asked.map_or((seen.time, seen.offset), |asked| (asked.time, asked.offset));
        let code = Some(message.code);
        Question { time, offset, message }.hand_over(code, seen, sink);
    }

    pub(super) fn end(&mut self, seen: &Seen<'_>, sink: &mut dyn Sink) {
        for question in self.0.drain(..) {
            question.hand_over(None, seen, sink);
        }
    }
}

impl Question {
    fn hand_over(&self, code: Option<u16>, seen: &Seen<'_>, sink: &mut dyn Sink) {
        let query = Query {
            time: self.time,
            client: seen.client,
            server: seen.server,
            name: &self.message.name,
            kind: Some(self.message.kind),
            code,
            addresses: &self.message.addresses,
            answer_bytes: self.message.answer_bytes,
        };
        sink.record(&Record::Query(query), self.offset);
    }
}
