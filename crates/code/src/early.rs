//! What code does that runs before anybody asks for it: functions that the loader calls when a file is loaded (constructors), and those
//! that it asks where a function is (`IFUNC` resolvers), which do no more in ordinary files than read what the processor can.
//!
//! How: from each such function on, all that it calls in the same file is read, and what is handed to functions of other files as a
//! function. Misses: what is reached by computed calls, and what a function finds without asking anybody, as the loader's lists by the
//! address that a program was started with.

use crate::function::Callee;
use crate::powers::{self, Power};
use crate::program::Program;
use crate::values::{Value, ValueId, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that are read from one on.
const MOST: usize = 400;
/// Functions of one file that run early and are read; C++ has one for each source file.
const STARTS: usize = 512;

/// Why a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The loader calls it when the file is loaded.
    Constructor,
    /// The loader asks it where a function is.
    Resolver,
}

impl Why {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Constructor => "constructor",
            Self::Resolver => "resolver",
        }
    }
}

/// What a function that runs early does.
#[derive(Clone, Debug)]
pub struct Early {
    /// Where it begins.
    pub at: u64,
    /// Why it runs.
    pub why: Why,
    /// Functions that it reaches, itself among them.
    pub functions: usize,
    /// Whether there are more than are read.
    pub cut: bool,
    /// What it calls of other files: the name, and the first place.
    pub imports: BTreeMap<Vec<u8>, u64>,
    /// Writes through pointers that come neither of this file's own memory, nor of the stack, nor of an argument: by place.
    pub elsewhere: Vec<u64>,
}

/// Of a program, by address.
#[must_use]
pub fn all(program: &Program<'_>) -> Vec<Early> {
    let image = program.image();
    let starts = image
        .starting
        .iter()
        .map(|at| (*at, Why::Constructor))
        .chain(image.resolvers.iter().map(|at| (*at, Why::Resolver)));
    let mut known: BTreeMap<u64, Line> = BTreeMap::new();
    let mut found: Vec<Early> = starts
        .map(|(at, why)| (image.place(at), why))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .take(STARTS)
        .map(|(at, why)| follow(program, at, why, &mut known))
        .collect();
    found.sort_by_key(|early| (early.at, early.why));
    found
}

/// What stays of a function.
#[derive(Clone, Debug, Default)]
struct Line {
    calls: BTreeSet<u64>,
    imports: BTreeMap<Vec<u8>, u64>,
    elsewhere: Vec<u64>,
}

fn follow(program: &Program<'_>, at: u64, why: Why, known: &mut BTreeMap<u64, Line>) -> Early {
    let mut early =
        Early { at, why, functions: 0, cut: false, imports: BTreeMap::new(), elsewhere: Vec::new() };
    let mut seen = BTreeSet::new();
    let mut open = vec![at];
    while let Some(function) = open.pop() {
        if !seen.insert(function) {
            continue;
        }
        if seen.len() > MOST {
            early.cut = true;
            break;
        }
        let line = known.entry(function).or_insert_with(|| read(program, function));
        open.extend(&line.calls);
        for (name, place) in &line.imports {
            early.imports.entry(name.clone()).or_insert(*place);
        }
        early.elsewhere.extend(&line.elsewhere);
    }
    early.functions = seen.len().min(MOST);
    early.elsewhere.sort_unstable();
    early
}

fn read(program: &Program<'_>, function: u64) -> Line {
    let mut line = Line::default();
    let place = program.functions().binary_search_by_key(&function, |bounds| bounds.start);
    let Some(bounds) = place.ok().and_then(|place| program.functions().get(place)) else { return line };
    let read = program.read(*bounds);
    let image = program.image();
    for call in &read.facts.calls {
        match &call.callee {
            Callee::Here(to) => {
                line.calls.insert(image.place(*to));
            }
            Callee::Import(name) => {
                line.imports.entry(name.clone()).or_insert(call.at);
                // What is registered for the end runs then.
                if matches!(
                    name.as_slice(),
                    b"__cxa_atexit" | b"atexit" | b"on_exit" | b"__cxa_thread_atexit_impl"
                ) {
                    continue;
                }
                let handed = call.arguments.iter().filter_map(|value| read.facts.values.constant(*value));
                line.calls.extend(handed.map(|to| image.place(to)).filter(|to| program.is_function(*to)));
            }
            Callee::Value(_) => {}
        }
    }
    line.elsewhere.extend(
        read.facts
            .writes
            .iter()
            .filter(|write| is_elsewhere(&read.facts.values, write.to))
            .map(|write| write.at),
    );
    line
}

/// Whether an address comes of what a call gave, or of another file's data.
fn is_elsewhere(values: &Values<'_>, address: ValueId) -> bool {
    let mut at = address;
    for _ in 0..16 {
        at = match values.get(at) {
            Value::Load { at, .. } | Value::Extend { of: at, .. } => at,
            Value::Binary(_, a, b) if values.constant(a).is_some() => b,
            Value::Binary(_, a, _) => a,
            Value::Result(_) | Value::Import(_) => return true,
            Value::Const(_)
            | Value::Stack(_)
            | Value::Entry(_)
            | Value::Unknown(..)
            | Value::Holds { .. } => {
                return false;
            }
        };
    }
    false
}

impl Early {
    /// The functions of other files that are unusual where nobody has asked for anything yet, each with its first place.
    pub fn unusual(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.imports
            .iter()
            .filter(|(name, _)| is_unusual(name))
            .map(|(name, place)| (name.as_slice(), *place))
    }
}

/// Whether a function finds what others have in memory, changes what memory may be used for, starts something, becomes another user, reaches
/// for the network or loads code.
#[must_use]
pub fn is_unusual(name: &[u8]) -> bool {
    powers::finds_modules(name)
        || powers::changes_memory(name)
        || matches!(
            powers::of(name),
            Some(
                Power::Execute
                    | Power::Identity
                    | Power::Listen
                    | Power::Connect
                    | Power::Load
                    | Power::Terminal
            )
        )
}
