//! Texts that are compared as numbers: what a compiler makes of `memcmp` with a text of known length, and what a program does itself that
//! looks at four or eight letters at once.
//!
//! Bytes of memory that have to equal a number which in memory is a text are a piece of a text ([`Kind::Piece`]). Pieces and characters of the
//! same input that stand one after the other, or overlap and agree, are one text ([`joined`]), as if a function had compared it. A mask
//! that leaves out the higher bytes or the case of letters is seen through.
//!
//! The same for what compilers make of `strcmp`: vector instructions find the first place where the texts differ or end, and the bytes there are
//! compared ([`Reader::indexed`]).
//!
//! When it is wrong: a number that is one and happens to be four letters or more. What it misses: words that the program turns round
//! before it compares them, and numbers in vector registers.

use super::calls::text_kind;
use super::*;

/// Bytes from which on pieces and characters are a text.
const TOGETHER: usize = 4;
/// Bits that a byte of a text is worth where it is compared alone.
const OF_BYTE: u16 = 7;
/// That the case of a letter is left out: set, or not set.
const CASE: u8 = 0x20;

impl Reader<'_, '_> {
    /// That bytes of memory are a number which is text in memory.
    pub(super) fn piece(&self, at: u64, value: ValueId, number: u64) -> Option<Demand> {
        let values = &self.facts.values;
        let big_endian = self.program.image().big_endian;
        let (value, narrow) = match values.get(value) {
            Value::Extend { of, bits, .. } => (of, bits / 8),
            _ => (value, 8),
        };
        let (value, masked) = self.unmasked(value);
        let Value::Load { size, .. } = values.get(value) else { return None };
        let kept = size.min(narrow).min(masked);
        // The low bytes are the first ones only where the machine says so.
        if !(1..=8).contains(&size) || kept < size && big_endian || kept == 0 {
            return None;
        }
        let bytes = if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        let kept = usize::from(kept);
        let (bytes, above) = if big_endian {
            let (above, bytes) = bytes.split_at_checked(8 - kept)?;
            (bytes, above)
        } else {
            bytes.split_at_checked(kept)?
        };
        // What has more bytes than are looked at never is equal.
        if above.iter().any(|byte| *byte != 0) {
            return None;
        }
        let (root, offset) = self.root(value);
        // What is compared is what the pointer leads to.
        let of = match root {
            Root::Argument(register, deep) => Root::Argument(register, deep.saturating_sub(1)),
            Root::Memory(address, deep) => Root::Memory(address, deep.saturating_sub(1)),
            Root::Stack(slot, deep) => Root::Stack(slot, deep.saturating_sub(1)),
            other => other,
        };
        if let [byte] = bytes {
            let kind = Kind::Character(offset, *byte);
            return is_written(*byte).then_some(Demand { at, kind, bits: OF_BYTE, of });
        }
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at_checked(end)?;
        let printed = |byte: &u8| is_written(*byte) || *byte == b' ';
        if text.len() < 2
            || rest.iter().any(|byte| *byte != 0)
            || !text.iter().all(printed)
            || !text.iter().any(|byte| is_written(*byte))
            || self.program.image().is_mapped(number)
        {
            return None;
        }
        let bits = u16::try_from(text.len()).unwrap_or(0).saturating_mul(OF_BYTE);
        Some(Demand { at, kind: Kind::Piece(offset, text.to_vec()), bits, of })
    }

    /// A byte of a fixed text and one of an input at the same place, which is not known: where both are alike at the first place that vector
    /// instructions found to differ or to end the text, the texts are. So ends `strcmp` where a compiler writes it in place of a call.
    pub(super) fn indexed(&self, at: u64, a: ValueId, b: ValueId) -> Option<Demand> {
        let values = &self.facts.values;
        let parts = |value: ValueId| {
            let Value::Load { at, size: 1, .. } = values.whole(value) else { return None };
            let Value::Binary(Binary::Add, one, other) = values.get(at) else { return None };
            Some([(one, other), (other, one)])
        };
        let (of_a, of_b) = (parts(a)?, parts(b)?);
        let pairs = of_a.iter().flat_map(|a| of_b.iter().map(move |b| (a, b)));
        let (text, other) = pairs
            .filter(|((_, index), (_, same))| index == same && values.constant(*index).is_none())
            .find_map(|((a, _), (b, _))| match (values.text(*a), values.text(*b)) {
                (Some(text), None) => Some((text, *b)),
                (None, Some(text)) => Some((text, *a)),
                _ => None,
            })?;
        // A loop that goes through a table has more to it than one turn.
        let block = self.facts.decisions.iter().find(|decision| decision.at == at)?.block;
        if self.loops.iter().any(|inside| inside.contains(&block)) {
            return None;
        }
        let (kind, bits) = text_kind(text.iter().copied().take(TEXT).collect());
        Some(Demand { at, kind, bits, of: self.root(other).0 })
    }

    /// The same where ways meet, each of which brings a difference, or what a function that compares gave: it is called where memory may not be read at once, or
    /// the texts are longer than what is compared in place. The text is that of one of them.
    pub(super) fn met(&self, at: u64, meeting: u64, register: u16) -> Option<Demand> {
        let values = &self.facts.values;
        let (mut in_place, mut called, mut differ) = (None, None, false);
        for way in self.facts.ways.get(&meeting)? {
            match values.whole(*way.get(usize::from(register))?) {
                Value::Binary(Binary::Xor | Binary::Sub, a, b) => {
                    in_place = in_place.or_else(|| self.indexed(at, a, b));
                    differ = true;
                }
                // Less a letter that is known.
                Value::Binary(Binary::Add, _, less)
                    if values.constant(less).is_some_and(|less| values.signed(less) < 0) =>
                {
                    differ = true;
                }
                Value::Result(call) => {
                    let call = self.calls.get(&call)?;
                    let Callee::Import(name) = &call.callee else { return None };
                    let how = powers::compares(name).filter(|how| how.equal_is_zero)?;
                    called = called.or_else(|| self.compared(at, call, how));
                }
                _ => return None,
            }
        }
        in_place.or(called).filter(|_| differ)
    }

    /// A value without masks that leave out its higher bytes, or the case of its letters; and the bytes that are left.
    fn unmasked(&self, value: ValueId) -> (ValueId, u8) {
        let values = &self.facts.values;
        let (mut value, mut kept) = (value, 8_u8);
        // A machine with short constants masks by halves.
        for _ in 0..4 {
            let Value::Binary(how @ (Binary::And | Binary::Or), of, mask) = values.get(value) else { break };
            let Some(mask) = values.constant(mask) else { break };
            let used = 8 - mask.leading_zeros() / 8;
            let each =
                |is: fn(u8) -> bool| mask != 0 && mask.to_le_bytes().into_iter().take(used as usize).all(is);
            match how {
                Binary::And if each(|byte| byte == 0xff || byte == !CASE) => {
                    kept = kept.min(u8::try_from(used).unwrap_or(8));
                }
                Binary::Or if each(|byte| byte == 0 || byte == CASE) => {}
                _ => break,
            }
            value = of;
        }
        (value, kept)
    }
}

/// Demands with those pieces and characters as one text that stand one after the other in the same input. The text stands at the last branch.
#[must_use]
pub fn joined(demands: Vec<Demand>) -> Vec<Demand> {
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    let mut made: BTreeMap<usize, Demand> = BTreeMap::new();
    for run in runs(&demands).into_iter().filter(|run| run.pieces) {
        run.close(&demands, &mut gone, &mut made);
    }
    let mut all = Vec::with_capacity(demands.len());
    for (number, mut demand) in demands.into_iter().enumerate() {
        if let Some(text) = made.remove(&number) {
            all.push(text);
        } else if !gone.contains(&number) {
            if let Kind::OneOf(several) = &mut demand.kind {
                for one in several.iter_mut() {
                    *one = joined(std::mem::take(one));
                }
            }
            all.push(demand);
        }
    }
    all
}

/// The words that characters make which stand one after the other in the same input.
#[must_use]
pub fn spelled(demands: &[Demand]) -> Vec<Vec<u8>> {
    let long = |run: &Run| !run.pieces && run.text.len() >= TOGETHER;
    runs(demands).into_iter().filter(long).map(|run| run.text).collect()
}

/// Pieces and characters, by what stands one after the other.
fn runs(demands: &[Demand]) -> Vec<Run> {
    let mut rows: BTreeMap<Root, Vec<usize>> = BTreeMap::new();
    for (number, demand) in demands.iter().enumerate() {
        if let Some((of, _, _)) = place(demand) {
            rows.entry(of).or_default().push(number);
        }
    }
    let mut found = Vec::new();
    for mut numbers in rows.into_values() {
        numbers.sort_by_key(|number| demands.get(*number).and_then(place).map(|(_, offset, _)| offset));
        let mut run = Run::default();
        for number in numbers {
            let Some(demand) = demands.get(number) else { continue };
            if !run.takes(number, demand) {
                found.push(std::mem::take(&mut run));
                run.takes(number, demand);
            }
        }
        found.push(run);
    }
    found
}

/// The memory that a piece or a character stands in, where in it, and its bytes. Places of the stack and of the image are in one memory each.
fn place(demand: &Demand) -> Option<(Root, i64, &[u8])> {
    let (offset, bytes) = match &demand.kind {
        Kind::Piece(offset, bytes) => (*offset, bytes.as_slice()),
        Kind::Character(offset, byte) => (*offset, std::slice::from_ref(byte)),
        _ => return None,
    };
    Some(match &demand.of {
        Root::Stack(slot, 0) => (Root::Stack(0, 0), slot.wrapping_add(offset), bytes),
        Root::Memory(address, 0) => (Root::Memory(0, 0), address.cast_signed().wrapping_add(offset), bytes),
        other => (other.clone(), offset, bytes),
    })
}

/// Pieces that stand one after the other.
#[derive(Default)]
struct Run {
    numbers: Vec<usize>,
    from: i64,
    text: Vec<u8>,
    pieces: bool,
}

impl Run {
    /// Whether a piece goes on here; then it does.
    fn takes(&mut self, number: usize, demand: &Demand) -> bool {
        let Some((_, offset, bytes)) = place(demand) else { return false };
        if self.numbers.is_empty() {
            self.from = offset;
        }
        let Some(at) = offset.checked_sub(self.from).and_then(|at| usize::try_from(at).ok()) else {
            return false;
        };
        if at > self.text.len() {
            return false;
        }
        let known = self.text.get(at..).unwrap_or_default();
        if known.iter().zip(bytes).any(|(known, byte)| known != byte) {
            return false;
        }
        self.text.extend(bytes.iter().skip(known.len()).copied());
        self.numbers.push(number);
        self.pieces |= matches!(demand.kind, Kind::Piece(..));
        true
    }

    /// What the run is: a text where it is long enough, else what it was.
    fn close(self, demands: &[Demand], gone: &mut BTreeSet<usize>, made: &mut BTreeMap<usize, Demand>) {
        let of = self.numbers.first().and_then(|first| demands.get(*first)).map(|first| first.of.clone());
        let at = self.numbers.iter().filter_map(|number| demands.get(*number)).map(|demand| demand.at).max();
        let last = self.numbers.iter().max().copied();
        if let (true, Some(of), Some(at), Some(last)) = (self.text.len() >= TOGETHER, of, at, last) {
            let (kind, bits) = text_kind(self.text);
            made.insert(last, Demand { at, kind, bits, of });
            gone.extend(self.numbers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(at: u64, offset: i64, text: &[u8]) -> Demand {
        Demand { at, kind: Kind::Piece(offset, text.to_vec()), bits: 0, of: Root::Argument(6, 0) }
    }

    fn texts(demands: Vec<Demand>) -> Vec<(u64, Kind)> {
        joined(demands).into_iter().map(|demand| (demand.at, demand.kind)).collect()
    }

    #[test]
    fn pieces_and_characters_in_a_row_are_one_text() {
        let end = Demand { kind: Kind::Character(8, b't'), ..piece(30, 0, b"") };
        let found = texts(vec![piece(20, 0, b"Zq7!main"), end]);
        assert_eq!(found, [(30, Kind::Text(b"Zq7!maint".to_vec()))]);
    }

    #[test]
    fn pieces_that_overlap_are_one_text_where_they_agree() {
        let found = texts(vec![piece(10, 0, b"Zq7m"), piece(20, 3, b"main")]);
        assert_eq!(found, [(20, Kind::Text(b"Zq7main".to_vec()))]);
        let found = texts(vec![piece(10, 0, b"Zq7m"), piece(20, 3, b"xain")]);
        assert_eq!(found, [(10, Kind::Text(b"Zq7m".to_vec())), (20, Kind::Text(b"xain".to_vec()))]);
    }

    #[test]
    fn pieces_apart_or_of_other_inputs_stay_apart() {
        let found = texts(vec![piece(10, 0, b"GET "), piece(20, 9, b"HTTP")]);
        assert_eq!(found.len(), 2);
        let other = Demand { of: Root::Argument(7, 0), ..piece(20, 4, b"more") };
        assert_eq!(texts(vec![piece(10, 0, b"GET "), other]).len(), 2);
    }

    #[test]
    fn places_of_the_stack_are_one_memory() {
        let on = |at, slot, text: &[u8]| Demand { of: Root::Stack(slot, 0), ..piece(at, 0, text) };
        let found = joined(vec![on(20, -24, b"ef"), on(10, -28, b"abcd")]);
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].kind, &found[0].of), (&Kind::Text(b"abcdef".to_vec()), &Root::Stack(-28, 0)));
        assert_eq!((found[0].at, found[0].bits), (20, 36));
    }

    #[test]
    fn few_bytes_and_characters_alone_stay_what_they_are() {
        assert_eq!(texts(vec![piece(10, 0, b"ok")]), [(10, Kind::Piece(0, b"ok".to_vec()))]);
        let characters: Vec<Demand> = (0..6)
            .map(|offset| Demand { kind: Kind::Character(offset, b'a'), ..piece(10, 0, b"") })
            .collect();
        assert_eq!(joined(characters.clone()), characters);
    }

    #[test]
    fn one_of_several_is_joined_inside() {
        let several = Kind::OneOf(vec![
            vec![piece(10, 0, b"abcd"), piece(11, 4, b"efgh")],
            vec![piece(12, 0, b"ijkl")],
        ]);
        let found = joined(vec![Demand { kind: several, ..piece(13, 0, b"") }]);
        let Kind::OneOf(several) = &found[0].kind else { panic!("{found:?}") };
        assert_eq!(several[0][0].kind, Kind::Text(b"abcdefgh".to_vec()));
        assert_eq!((several[0].len(), several[1].len()), (1, 1));
    }

    proptest::proptest! {
        #[test]
        fn what_is_joined_loses_no_byte(pieces in proptest::collection::vec((0_u64..64, -8_i64..24, "[a-z]{1,8}"), 0..12)) {
            let demands: Vec<Demand> = pieces
                .iter()
                .map(|(at, offset, text)| match text.as_bytes() {
                    [byte] => Demand { kind: Kind::Character(*offset, *byte), ..piece(*at, 0, b"") },
                    bytes => piece(*at, *offset, bytes),
                })
                .collect();
            let found = joined(demands.clone());
            // Each piece stands whole in one of what came out.
            for demand in &demands {
                let Some((_, _, bytes)) = place(demand) else { continue };
                let holds = |kind: &Kind| match kind {
                    Kind::Text(text) => text.windows(bytes.len()).any(|part| part == bytes),
                    other => *other == demand.kind,
                };
                proptest::prop_assert!(found.iter().any(|one| holds(&one.kind)), "{demand:?} {found:?}");
            }
        }
    }
}
