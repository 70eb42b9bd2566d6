//! Comparisons that a program brings along itself: functions that go through two rows of bytes, and differences that are gathered.
//!
//! A function of the file is held to compare its first two arguments where it calls nothing but what classifies letters or measures, has
//! a small loop that holds a byte of memory against another or gathers their differences (`d |= a[i] ^ b[i]`, the comparison that takes
//! as long whatever it finds), and names no table of its own. What it gives where all were alike is told by its ways. Who calls it with one fixed text
//! demands that text.
//!
//! When it is wrong: a function of that shape that looks for one row in the other, or only for its beginning. What it misses: loops that
//! a compiler has turned into operations on many bytes at once, and comparers that call others.

use super::*;

/// Blocks of a function that may compare.
const BLOCKS: usize = 32;
/// Steps that a gathered value is followed.
const STEPS: u8 = 8;

/// What a function that compares its first two arguments gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// Where both are alike.
    pub equal: u64,
    /// Where they are not, as far as that is a fixed number.
    pub unequal: BTreeSet<u64>,
}

impl Alike {
    /// Whether both have to be alike for the function to give this number, or for it to give another one.
    #[must_use]
    pub fn is_demanded(&self, number: u64, equal: bool) -> bool {
        if equal { number == self.equal } else { self.unequal.contains(&number) }
    }

    /// By what a function gives on its ways.
    pub(super) fn of(found: &Demands) -> Option<Self> {
        let alike = |way: &Way| {
            way.iter()
                .filter_map(|number| found.all.get(*number as usize))
                .any(|demand| demand.kind == Kind::Alike)
        };
        let mut numbers: BTreeMap<u64, (bool, bool)> = BTreeMap::new();
        for (given, way) in &found.gives {
            if let Given::Number(number) = given {
                let (some, all) = numbers.entry(*number).or_insert((false, true));
                *some |= alike(way);
                *all &= alike(way);
            }
        }
        // On each way to it, or else on one: a row without a byte is alike, too, and a loop may go some turns before it finds a difference.
        let only = |is: fn(&(bool, bool)) -> bool| {
            let mut of = numbers.iter().filter(|(_, how)| is(how)).map(|(number, _)| *number);
            of.next().filter(|_| of.next().is_none())
        };
        let equal = only(|(_, all)| *all).or_else(|| only(|(some, _)| *some))?;
        let unequal = numbers.into_keys().filter(|number| *number != equal).collect();
        Some(Self { equal, unequal })
    }
}

impl Reader<'_, '_> {
    /// Whether the function has the shape of one that compares two rows of bytes.
    pub(super) fn is_comparer(&self) -> bool {
        let plain = |call: &Call| match &call.callee {
            Callee::Import(name) => powers::measures(name),
            _ => false,
        };
        if self.blocks.all.len() > BLOCKS
            || self.loops.is_empty()
            || !self.calls.values().all(|call| plain(call))
            || self.names_table()
        {
            return false;
        }
        let in_loop = |block: usize| self.loops.iter().any(|inside| inside.contains(&block));
        self.facts.decisions.iter().any(|decision| {
            matches!(decision.relation, Relation::Equal | Relation::NotEqual)
                && in_loop(decision.block)
                && (self.are_bytes(decision.a, decision.b) || self.is_difference(decision.a))
        }) || self.facts.ways.values().flatten().flatten().any(|value| self.is_gathered(*value))
    }

    /// Whether the function names a table of the file.
    pub(super) fn names_table(&self) -> bool {
        self.facts.names.iter().any(|(_, address)| {
            self.program.image().is_constant(*address) && !self.program.is_function(*address)
        })
    }

    /// What one of the first two arguments of a call is held against, should the function compare them: a text, bytes of a length that is
    /// given, or a table whose length the function knows.
    pub(super) fn held(&self, at: u64, call: &Call) -> Option<Demand> {
        let how = powers::Comparison { equal_is_zero: true, finds: false, bounded: Some(2) };
        self.compared(at, call, how).or_else(|| {
            let table = |value: ValueId| {
                self.facts.values.constant(value).is_some_and(|address| {
                    self.program.image().is_constant(address)
                        && self.program.image().text(address).is_none()
                        && !self.program.is_function(address)
                })
            };
            let (a, b) = (*call.arguments.first()?, *call.arguments.get(1)?);
            let other = match (table(a), table(b)) {
                (true, false) => b,
                (false, true) => a,
                _ => return None,
            };
            self.facts.values.constant(other).is_none().then(|| Demand {
                at,
                kind: Kind::Table,
                bits: SOME,
                of: self.root(other).0,
            })
        })
    }

    /// That two values are alike, or a value that is nought where bytes were, is what a comparer says.
    pub(super) fn alike(&self, at: u64, of: ValueId) -> Demand {
        Demand { at, kind: Kind::Alike, bits: 0, of: self.root(of).0 }
    }

    /// Whether both are bytes of memory that are not known.
    pub(super) fn are_bytes(&self, a: ValueId, b: ValueId) -> bool {
        let values = &self.facts.values;
        let byte =
            |value| values.constant(value).is_none() && (self.holds_byte(value) || self.carries_byte(value));
        a != b && byte(a) && byte(b)
    }

    /// Whether a byte of memory is what ways bring to where they meet.
    fn carries_byte(&self, value: ValueId) -> bool {
        let Value::Unknown(at, register) = self.bare(value) else { return false };
        let ways = self.facts.ways.get(&at).into_iter().flatten();
        ways.filter_map(|way| way.get(usize::from(register))).any(|value| self.holds_byte(*value))
    }

    /// Whether a value is nought where two bytes are alike.
    pub(super) fn is_difference(&self, value: ValueId) -> bool {
        match self.bare(value) {
            Value::Binary(Binary::Xor | Binary::Sub, a, b) => self.are_bytes(a, b),
            Value::Holds { relation: Relation::NotEqual, a, b, test: false } => self.are_bytes(a, b),
            _ => false,
        }
    }

    /// What is demanded where a value in which a loop gathered differences is nought: of a table of the file or a number of turns that is known.
    pub(super) fn gathered(&self, at: u64, value: ValueId) -> Option<Demand> {
        let mut places = Vec::new();
        if !self.gathers(value, 0, &mut places) {
            return None;
        }
        if self.comparer {
            return Some(self.alike(at, value));
        }
        let turns = self
            .loops
            .iter()
            .filter(|inside| inside.iter().any(|block| places.contains(&self.blocks.address(*block))))
            .flatten()
            .find_map(|block| self.count(*block));
        if !self.names_table() {
            return None;
        }
        let bits = turns.map_or(SOME, |turns| u16::try_from(turns * 8).unwrap_or(SOME));
        Some(Demand { at, kind: Kind::Table, bits, of: self.root(value).0 })
    }

    /// Whether a loop gathered differences in a value.
    pub(super) fn is_gathered(&self, value: ValueId) -> bool {
        self.gathers(value, 0, &mut Vec::new())
    }

    /// Whether differences are gathered in a value, turn by turn: `d | a ^ b`, or one more for each. Notes the blocks where ways meet with it.
    fn gathers(&self, value: ValueId, deep: u8, places: &mut Vec<u64>) -> bool {
        if deep > STEPS {
            return false;
        }
        match self.bare(value) {
            Value::Binary(Binary::Or | Binary::Add, one, other) => {
                let gathered = |value: ValueId| matches!(self.bare(value), Value::Unknown(..));
                let found =
                    gathered(one) && self.is_difference(other) || gathered(other) && self.is_difference(one);
                if found {
                    for side in [one, other] {
                        if let Value::Unknown(at, _) = self.bare(side) {
                            places.push(at);
                        }
                    }
                }
                found
            }
            Value::Unknown(at, register) => {
                if places.contains(&at) {
                    return false;
                }
                places.push(at);
                let ways = self.facts.ways.get(&at).into_iter().flatten();
                ways.filter_map(|way| way.get(usize::from(register)))
                    .any(|value| self.gathers(*value, deep + 1, places))
            }
            _ => false,
        }
    }

    /// What the low byte of a value comes of: without extensions, masks, and what stands above it.
    fn bare(&self, value: ValueId) -> Value {
        let values = &self.facts.values;
        let mut found = values.get(value);
        for _ in 0..STEPS {
            found = match found {
                Value::Extend { of, .. } => values.get(of),
                Value::Binary(Binary::And, of, mask) if values.constant(mask) == Some(0xff) => values.get(of),
                Value::Binary(Binary::Or, above, low) if self.is_above(above) => values.get(low),
                _ => break,
            };
        }
        found
    }

    /// Whether a value has nothing in its low byte.
    fn is_above(&self, value: ValueId) -> bool {
        let values = &self.facts.values;
        matches!(values.get(value), Value::Binary(Binary::And, _, mask)
            if values.constant(mask).is_some_and(|mask| mask & 0xff == 0))
    }
}
