//! What is demanded by what a call gives back: functions of the file, functions that compare, functions that check.

use super::*;

impl Reader<'_, '_> {
    /// What a call gave back is or is not a number.
    pub(super) fn answered(&self, at: u64, call: u64, number: u64, equal: bool) -> Option<Demand> {
        let call = self.calls.get(&call)?;
        let check = |name: &[u8]| {
            let of = call.arguments.first().map_or(Root::Unknown(at, 0), |first| self.root(*first).0);
            Demand { at, kind: Kind::Check(name.to_vec()), bits: 0, of }
        };
        match &call.callee {
            Callee::Here(to) => {
                // A digest of the input that is a number.
                if equal
                    && number > 0xffff
                    && let Some(known) = self.number(at, *call.arguments.first()?, number)
                {
                    return Some(Demand { kind: Kind::Number(number), bits: known.bits.max(17), ..known });
                }
                let of = call.arguments.first().map_or(Root::Unknown(at, 0), |first| self.root(*first).0);
                Some(Demand {
                    at,
                    kind: Kind::Answer(
                        self.program.image().place(*to),
                        number,
                        equal,
                        self.held(at, call).map(Box::new),
                    ),
                    bits: 0,
                    of,
                })
            }
            Callee::Import(name) => {
                let Some(how) = powers::compares(name) else {
                    return powers::checks(name).then(|| check(name));
                };
                if number != 0 {
                    return None;
                }
                let same = equal == how.equal_is_zero;
                if !same {
                    return None;
                }
                self.compared(at, call, how).or_else(|| Some(check(name)))
            }
            Callee::Value(_) => None,
        }
    }

    /// What a function that compares held its input against.
    pub(super) fn compared(&self, at: u64, call: &Call, how: powers::Comparison) -> Option<Demand> {
        let values = &self.facts.values;
        let (a, b) = (*call.arguments.first()?, *call.arguments.get(1)?);
        let bound = how.bounded.and_then(|number| values.constant(*call.arguments.get(number)?));
        let fixed = |value: ValueId| -> Option<Vec<u8>> {
            let address = values.constant(value)?;
            let image = self.program.image();
            let most = usize::try_from(bound.unwrap_or(TEXT as u64)).unwrap_or(TEXT).min(TEXT);
            match image.text(address) {
                Some(text) => Some(text.iter().copied().take(most).collect()),
                None if bound.is_some() && (4..=TEXT).contains(&most) && image.is_constant(address) => {
                    image.bytes(address).get(..most).map(<[u8]>::to_vec)
                }
                None => None,
            }
        };
        let (text, other) = match (fixed(a), fixed(b)) {
            (None, Some(text)) => (text, a),
            (Some(text), None) => (text, b),
            (Some(_), Some(_)) => return None,
            (None, None) => {
                return self.tabled(at, a, b, bound, how).or_else(|| self.made(at, call, a, b, bound));
            }
        };
        let (kind, bits) = text_kind(text);
        Some(Demand { at, kind, bits, of: self.root(other).0 })
    }

    /// A comparison with what the function itself has written onto its stack, from nothing that came in.
    fn made(&self, at: u64, call: &Call, a: ValueId, b: ValueId, bound: Option<u64>) -> Option<Demand> {
        let values = &self.facts.values;
        let slot = |value: ValueId| match values.get(value) {
            Value::Stack(slot) => Some(slot),
            _ => None,
        };
        let candidates = [(slot(a), b), (slot(b), a)];
        let (by, other) =
            candidates.into_iter().find_map(|(slot, other)| Some((self.makers(slot?, call.at)?, other)))?;
        let bits = bound.map_or(SOME, |bound| u16::try_from(bound.saturating_mul(6)).unwrap_or(u16::MAX));
        Some(Demand { at, kind: Kind::Made(by), bits, of: self.root(other).0 })
    }

    /// By which functions a place of the stack is written; `None` where another one is given it, which may write there what comes in.
    fn makers(&self, slot: i64, but: u64) -> Option<Vec<Vec<u8>>> {
        let values = &self.facts.values;
        let mut by = BTreeSet::new();
        for other in self.facts.calls.iter().filter(|other| other.at != but) {
            let Some(place) =
                other.arguments.iter().position(|argument| values.get(*argument) == Value::Stack(slot))
            else {
                continue;
            };
            let Callee::Import(name) = &other.callee else { return None };
            if powers::compares(name).is_some() || powers::reads_only(name) {
                continue;
            }
            if place != 0 || !powers::makes(name) || self.copies(other, name) {
                return None;
            }
            by.insert(name.clone());
        }
        Some(by.into_iter().collect())
    }

    /// Whether a call puts into its first argument just what came in: a text that is not the function's own, as it is.
    fn copies(&self, call: &Call, name: &[u8]) -> bool {
        let values = &self.facts.values;
        let own = |value: ValueId| matches!(values.get(value), Value::Const(_) | Value::Stack(_));
        if powers::moves(name) {
            return call.arguments.get(1).is_some_and(|from| !own(*from));
        }
        // `%s`, with a width or without: what is printed is what is given behind it.
        let mut texts = call.arguments.iter().enumerate().skip(1);
        let format = texts.find_map(|(place, argument)| Some((place, values.text(*argument)?)));
        let Some((place, text)) = format else { return false };
        let plain = text.strip_prefix(b"%").and_then(|rest| rest.strip_suffix(b"s")).is_some_and(|width| {
            width.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'*'))
        });
        // A width may stand between.
        let from = call.arguments.get(place + 1 + text.iter().filter(|byte| **byte == b'*').count());
        plain && from.is_none_or(|from| !own(*from))
    }

    /// A comparison, without a call, of several bytes with what a loop of the function has written onto its stack one by one.
    pub(super) fn decoded(&self, at: u64, a: ValueId, b: ValueId) -> Option<Demand> {
        let values = &self.facts.values;
        let kept = |value: ValueId| match values.whole(value) {
            Value::Load { at, size: size @ 4.., .. } => match values.get(at) {
                Value::Stack(slot) => Some((slot, size)),
                _ => None,
            },
            _ => None,
        };
        let (slot, size, other) = match (kept(a), kept(b)) {
            (Some((slot, size)), None) => (slot, size, b),
            (None, Some((slot, size))) => (slot, size, a),
            _ => return None,
        };
        let Value::Load { size: 4.., .. } = values.whole(other) else { return None };
        // A byte at a place of the stack that only the turn of a loop says, made of one of a table of the file.
        let by_loop = self.facts.writes.iter().any(|write| {
            write.size == 1 && self.root(write.to).0 == Root::Stack(slot, 0) && self.of_table(write.value)
        });
        if !by_loop {
            return None;
        }
        Some(Demand { at, kind: Kind::Made(Vec::new()), bits: u16::from(size) * 8, of: self.root(other).0 })
    }

    /// Whether a value is made of a byte of a table of the file and of what is fixed.
    fn of_table(&self, value: ValueId) -> bool {
        let values = &self.facts.values;
        let mut open = vec![(value, false, 0_u8)];
        while let Some((value, loaded, deep)) = open.pop() {
            if deep > 8 {
                continue;
            }
            match values.get(value) {
                Value::Const(address) if loaded && self.program.image().is_constant(address) => return true,
                Value::Load { at, size: 1, .. } if !loaded => open.push((at, true, deep + 1)),
                Value::Extend { of, .. } => open.push((of, loaded, deep + 1)),
                Value::Binary(_, a, b) => open.extend([(a, loaded, deep + 1), (b, loaded, deep + 1)]),
                _ => {}
            }
        }
        false
    }
}

/// What a fixed text is, and the bits that it is worth.
pub(super) fn text_kind(text: Vec<u8>) -> (Kind, u16) {
    let printed = text.iter().all(|byte| is_written(*byte) || matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    let bits = u16::try_from(text.len() * if printed { 6 } else { 8 }).unwrap_or(u16::MAX);
    (if printed { Kind::Text(text) } else { Kind::Bytes(text) }, bits)
}
