//! Calls with what of their arguments is fixed: which function of another file is given which text, key or place.
//!
//! An argument counts where it is fixed on a way to the call; where ways meet before it, each is a [`Use`] of its own. A function that only hands an argument on is followed to its
//! callers ([`Uses::through`]); a buffer on the stack has what a function that copies or formats put there last ([`Uses::content`]).
//! Misses: what is put together byte by byte, what stands in fields of a structure, calls through pointers. Wrong when: a variable that
//! begins as a text is changed before the call ([`Given::Initial`] says that it is one).

use crate::function::{Bounds, Call, Callee};
use crate::powers::{self, Power};
use crate::program::{Program, Read};
use crate::values::{Value, ValueId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Functions that only hand an argument on, one behind the other, that are followed.
const DEEP: u8 = 3;
/// Callers of one such function that are followed.
const CALLERS: usize = 256;
/// Ways to a call that are told apart.
const WAYS: usize = 32;
/// Calls away that a power is looked for.
const REACH: u8 = 5;

/// What is known of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// Nothing.
    Unknown,
    /// A number that is no address of the program.
    Number(u64),
    /// An address of the program: of a text, of data, of a function.
    Place(u64),
    /// What a variable at the first address points to when the program starts: the second.
    Initial(u64, u64),
    /// The function's own stack.
    Stack(i64),
    /// The function's own argument, by its number.
    Argument(u8),
    /// What the call at this address gave back.
    Result(u64),
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    /// Another file's, by its name.
    Import(Vec<u8>),
    /// A function of this file.
    Here(u64),
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The function that it stands in.
    pub function: u64,
    /// The instruction.
    pub at: u64,
    /// Who is called.
    pub to: To,
    /// With what.
    pub given: Vec<Given>,
}

/// What an argument says, as far as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// Where it stands.
    pub address: u64,
    /// The text.
    pub text: &'a [u8],
    /// Whether it is a format, whose directives are filled in.
    pub format: bool,
    /// Whether a variable points to it that may point elsewhere later.
    pub initial: bool,
}

/// The calls of a program.
#[derive(Debug)]
pub struct Uses<'a> {
    program: Arc<Program<'a>>,
    /// In the order of functions, then of blocks.
    all: Vec<Use>,
    /// Of each name, another file's or a symbol's of this one, where in `all` it is called.
    names: BTreeMap<Vec<u8>, Vec<usize>>,
    /// Of each function, where in `all` it is called.
    callers: BTreeMap<u64, Vec<usize>>,
    /// Of each function, what it calls here and elsewhere.
    calls: BTreeMap<u64, (BTreeSet<u64>, BTreeSet<Power>)>,
    /// Places in functions that could not be followed.
    pub gaps: usize,
}

/// Reads the calls of a program function by function, for whoever reads these for other things, too.
#[derive(Debug, Default)]
pub struct Reader {
    all: Vec<Use>,
    gaps: usize,
}

impl Reader {
    /// Looks at a function that was read.
    pub fn look(&mut self, program: &Program<'_>, bounds: Bounds, read: &Read<'_>) {
        self.gaps += read.blocks.gaps.len();
        for call in &read.facts.calls {
            used(program, bounds.start, read, call, &mut self.all);
        }
    }

    /// The calls of the program, all of whose functions were looked at.
    #[must_use]
    pub fn finish(self, program: Arc<Program<'_>>) -> Uses<'_> {
        Uses::made(program, self.all, self.gaps)
    }
}

impl<'a> Uses<'a> {
    /// Of a program.
    #[must_use]
    pub fn of(program: Program<'a>) -> Self {
        let mut reader = Reader::default();
        for bounds in program.functions() {
            reader.look(&program, *bounds, &program.read(*bounds));
        }
        reader.finish(Arc::new(program))
    }

    fn made(program: Arc<Program<'a>>, all: Vec<Use>, gaps: usize) -> Self {
        let mut uses = Self {
            program,
            all,
            names: BTreeMap::new(),
            callers: BTreeMap::new(),
            calls: BTreeMap::new(),
            gaps,
        };
        for (number, one) in uses.all.iter().enumerate() {
            let (here, powers) = uses.calls.entry(one.function).or_default();
            match &one.to {
                To::Import(name) => {
                    uses.names.entry(bare(name).to_vec()).or_default().push(number);
                    powers.extend(powers::of(name));
                }
                To::Here(to) => {
                    if let Some(name) = uses.program.name(*to) {
                        uses.names.entry(bare(name).to_vec()).or_default().push(number);
                    }
                    uses.callers.entry(*to).or_default().push(number);
                    here.insert(*to);
                }
            }
        }
        uses
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program<'a> {
        &self.program
    }

    /// All calls whose callee is known.
    #[must_use]
    pub fn all(&self) -> &[Use] {
        &self.all
    }

    /// The calls of a function by its name, another file's or a symbol's of this one, whatever the C library puts around it.
    pub fn of_name(&self, name: &[u8]) -> impl Iterator<Item = &Use> {
        self.names.get(name).into_iter().flatten().filter_map(|number| self.all.get(*number))
    }

    /// The calls of a function of the file.
    pub fn of_function(&self, function: u64) -> impl Iterator<Item = &Use> {
        self.callers.get(&function).into_iter().flatten().filter_map(|number| self.all.get(*number))
    }

    /// The calls of another file's function, and those of functions that hand the arguments at `positions` on to it, with what these are
    /// given in their place.
    #[must_use]
    pub fn through(&self, name: &[u8], positions: &[usize]) -> Vec<Use> {
        let mut found = Vec::new();
        let mut open: Vec<(Use, u8)> = self.of_name(name).map(|one| (one.clone(), 0)).collect();
        while let Some((one, deep)) = open.pop() {
            let handed = positions.iter().any(|at| matches!(one.given.get(*at), Some(Given::Argument(_))));
            if handed && deep < DEEP {
                for caller in self.of_function(one.function).take(CALLERS) {
                    if caller.function == one.function {
                        continue;
                    }
                    let mut next = one.clone();
                    (next.function, next.at) = (caller.function, caller.at);
                    for given in &mut next.given {
                        *given = match *given {
                            Given::Argument(number) => {
                                caller.given.get(usize::from(number)).copied().unwrap_or(Given::Unknown)
                            }
                            // What the function in between made is not the caller's.
                            Given::Stack(_) | Given::Result(_) => Given::Unknown,
                            other => other,
                        };
                    }
                    open.push((next, deep + 1));
                }
            }
            found.push(one);
        }
        found.sort_by_key(|one| one.at);
        found.dedup();
        found
    }

    /// What an argument says.
    #[must_use]
    pub fn content(&self, one: &Use, number: usize) -> Option<Content<'a>> {
        match *one.given.get(number)? {
            Given::Place(address) => self.text(address, false),
            Given::Initial(_, address) => self.text(address, true),
            Given::Stack(slot) => {
                let earlier = self.in_function(one.function).filter(|other| other.at < one.at);
                let maker = earlier
                    .filter(|other| other.given.first() == Some(&Given::Stack(slot)))
                    .filter_map(|other| Some((other, made_of(&other.to)?)))
                    .max_by_key(|(other, _)| other.at)?;
                let (other, (from, format)) = maker;
                let found = match *other.given.get(from)? {
                    Given::Place(address) => self.text(address, false)?,
                    Given::Initial(_, address) => self.text(address, true)?,
                    _ => return None,
                };
                Some(Content { format, ..found })
            }
            _ => None,
        }
    }

    /// The bytes that an argument points to, where they are the file's: so many of them.
    #[must_use]
    pub fn bytes(&self, one: &Use, number: usize, count: usize) -> Option<(u64, &'a [u8])> {
        let address = match *one.given.get(number)? {
            Given::Place(address) | Given::Initial(_, address) => address,
            Given::Stack(slot) => {
                let earlier = self.in_function(one.function).filter(|other| other.at < one.at);
                let maker = earlier
                    .filter(|other| other.given.first() == Some(&Given::Stack(slot)))
                    .filter(|other| made_of(&other.to) == Some((1, false)))
                    .max_by_key(|other| other.at)?;
                match *maker.given.get(1)? {
                    Given::Place(address) => address,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some((address, self.program.image().bytes(address).get(..count)?))
    }

    /// The name of the function whose result an argument is.
    #[must_use]
    pub fn maker(&self, one: &Use, number: usize) -> Option<&[u8]> {
        let Given::Result(at) = *one.given.get(number)? else { return None };
        self.in_function(one.function).filter(|other| other.at == at).find_map(|other| match &other.to {
            To::Import(name) => Some(bare(name)),
            To::Here(_) => None,
        })
    }

    /// The calls in a function.
    pub fn in_function(&self, function: u64) -> impl Iterator<Item = &Use> {
        let first = self.all.partition_point(move |one| one.function < function);
        self.all.get(first..).into_iter().flatten().take_while(move |one| one.function == function)
    }

    /// The powers within reach of a function, each with how many calls away.
    #[must_use]
    pub fn powers(&self, function: u64) -> BTreeMap<Power, u8> {
        let mut found = BTreeMap::new();
        let (mut seen, mut layer) = (BTreeSet::from([function]), vec![function]);
        for steps in 0..REACH {
            let mut next = Vec::new();
            for at in layer {
                let Some((here, powers)) = self.calls.get(&at) else { continue };
                for power in powers {
                    found.entry(*power).or_insert(steps);
                }
                next.extend(here.iter().copied().filter(|to| seen.insert(*to)));
            }
            layer = next;
        }
        found
    }

    fn text(&self, address: u64, initial: bool) -> Option<Content<'a>> {
        let text = self.program.image().text(address)?;
        Some(Content { address, text, format: false, initial })
    }
}

/// A name without what C libraries and linkers put around it.
#[must_use]
pub fn bare(name: &[u8]) -> &[u8] {
    powers::bare(name)
}

/// Of which argument a function makes what it writes into its first, and whether that is a format.
fn made_of(to: &To) -> Option<(usize, bool)> {
    let To::Import(name) = to else { return None };
    let checked = name.starts_with(b"__") && name.ends_with(b"_chk");
    Some(match bare(name) {
        b"strcpy" | b"strncpy" | b"memcpy" | b"memmove" | b"strlcpy" | b"stpcpy" | b"mempcpy" => (1, false),
        b"sprintf" => (if checked { 3 } else { 1 }, true),
        b"snprintf" => (if checked { 4 } else { 2 }, true),
        _ => return None,
    })
}

/// A call; where ways that give it different things meet before it, one a way.
fn used(program: &Program<'_>, function: u64, read: &Read<'_>, call: &Call, all: &mut Vec<Use>) {
    let to = match &call.callee {
        Callee::Import(name) => To::Import(name.clone()),
        Callee::Here(to) => To::Here(program.behind(program.image().place(*to))),
        Callee::Value(_) => return,
    };
    let mut open = vec![(call.arguments.clone(), 0_u8)];
    let mut made = 0;
    while let Some((arguments, deep)) = open.pop() {
        let met = arguments.iter().find_map(|argument| match read.facts.values.whole(*argument) {
            Value::Unknown(at, _) => read.facts.ways.get(&at).map(|ways| (at, ways)),
            _ => None,
        });
        if let Some((at, ways)) = met.filter(|_| deep < DEEP && made + open.len() < WAYS) {
            for way in ways {
                let put = |argument: &ValueId| match read.facts.values.whole(*argument) {
                    Value::Unknown(place, register) if place == at => {
                        way.get(usize::from(register)).copied().unwrap_or(*argument)
                    }
                    _ => *argument,
                };
                open.push((arguments.iter().map(put).collect(), deep + 1));
            }
            continue;
        }
        let given = arguments.iter().map(|argument| given(program, read, *argument)).collect();
        let one = Use { function, at: call.at, to: to.clone(), given };
        made += 1;
        if all.last() != Some(&one) {
            all.push(one);
        }
    }
}

fn given(program: &Program<'_>, read: &Read<'_>, argument: ValueId) -> Given {
    let (image, values) = (program.image(), &read.facts.values);
    let convention = image.arch.convention();
    match values.whole(argument) {
        Value::Const(number) if number >= 0x100 && image.is_mapped(number) => Given::Place(number),
        Value::Const(number) => Given::Number(number),
        Value::Stack(slot) => Given::Stack(slot),
        Value::Entry(register) => convention
            .arguments
            .iter()
            .position(|known| *known == register)
            .and_then(|at| u8::try_from(at).ok())
            .map_or(Given::Unknown, Given::Argument),
        Value::Result(at) => Given::Result(at),
        Value::Load { at, size, .. } if size == image.bits() / 8 => match values.get(at) {
            Value::Const(variable) => match image.word(variable) {
                Some(word) if word >= 0x100 && image.is_mapped(word) => Given::Initial(variable, word),
                _ => Given::Unknown,
            },
            // Arguments that came on the stack, above where the caller's place is kept.
            Value::Stack(slot) if convention.arguments.is_empty() && slot > 0 && slot % 4 == 0 => {
                u8::try_from(slot / 4 - 1).map_or(Given::Unknown, Given::Argument)
            }
            _ => Given::Unknown,
        },
        _ => Given::Unknown,
    }
}
