//! Where something fixed that is hard to guess stands alone before a power: the raw material of the probes for hidden access.
//!
//! Two shapes. A call that gives a power (to run a command, to open a service, to change files, ...) that is reached only by who knows
//! a fixed secret. And an outcome (what a function gives back, where ways meet, what is written) that a real check leads to, and a fixed
//! secret as well. What each is worth is not decided here: a suspect is described by what can be counted ([`Suspect::features`]).

mod kept;

use crate::demands::{Consequence, Demand, Demands, Given, HARD, Kind, Root, Way, bits, joined, spelled};
use crate::function::{Bounds, Callee};
use crate::powers::{self, Power};
use crate::program::{Program, Read};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Calls deep that an answer is followed, and a power looked for.
const DEEP: u8 = 4;
/// Suspects of one program that are kept, those of most bits first.
const MOST: usize = 256;
/// Demands of one place that are kept, with those of the functions that answer for it.
const DEMANDS: usize = 128;
/// Functions that are asked what they answer, and their ways, in all of a program; what is behind others is a gap.
const STEPS: usize = 1 << 20;
/// Ways to one outcome that are held against each other; an outcome of more is a gap.
const WAYS: usize = 1000;
/// Places where a text stands inside a longer one that are looked at.
const MENTIONS: usize = 1 << 24;

/// What stands behind the secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behind {
    /// A power: by which call, and how many calls further.
    Power {
        /// The power.
        power: Power,
        /// The call.
        at: u64,
        /// The function that gives it in the end.
        by: Vec<u8>,
        /// Calls between.
        steps: u8,
        /// The text that the call is given, where that is fixed.
        told: Option<Vec<u8>>,
    },
    /// The outcome of a check.
    Outcome {
        /// Where: the place where ways meet, or the function.
        at: u64,
        /// What the function gives back, where it is that.
        gives: Option<u64>,
        /// Whether a real check is seen that leads there too.
        checked: bool,
    },
}

/// A fixed secret before something.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The function.
    pub function: u64,
    /// The last branch that demands it.
    pub at: u64,
    /// All that is demanded, in the function and in those that answer for it.
    pub demands: Vec<Demand>,
    /// What for.
    pub behind: Behind,
    /// Other texts that the function holds the same input against.
    pub siblings: usize,
    /// Calls of the same power elsewhere in the program without a secret.
    pub open: usize,
    /// Whether the function, or one that calls it, is about who may do what.
    pub access: bool,
    /// Whether what the secret is demanded of is proved as well: given to `crypt`, or held against what is not fixed, here or a call away.
    pub proved: bool,
    /// Whether the input is the program's own arguments or environment.
    pub local: bool,
    /// Whether the function, or one near it, takes input from a network.
    pub network: bool,
    /// Whether all texts that are demanded stand inside longer ones of the file: a help text, a table of words, a page.
    pub mentioned: bool,
}

/// A program's suspects and what is needed to judge them.
#[derive(Debug, Default)]
pub struct Suspects {
    /// By the bits that they demand, most first.
    pub all: Vec<Suspect>,
    /// Functions read.
    pub functions: usize,
    /// Places in functions that could not be followed.
    pub gaps: usize,
    /// Suspects beyond those that are kept.
    pub left_out: usize,
}

/// What stays of a function.
#[derive(Debug, Default)]
struct Line {
    demands: Demands,
    calls: BTreeSet<u64>,
    imports: BTreeSet<Vec<u8>>,
    texts_of_access: bool,
}

impl Suspects {
    /// Whether a program that has these functions from other files can have any that weighs: a power or a check among them. A library, of which a firmware
    /// has many and large ones, has to run commands, become another user, or check who somebody is.
    #[must_use]
    pub fn are_possible<'n>(mut imports: impl Iterator<Item = &'n [u8]>, is_library: bool) -> bool {
        imports.any(|name| {
            powers::checks(name)
                || match powers::of(name) {
                    Some(Power::Execute | Power::Identity | Power::Terminal) => true,
                    Some(_) => !is_library,
                    None => !is_library && powers::opens(name),
                }
        })
    }

    /// Of a program.
    #[must_use]
    pub fn of(program: &Program<'_>) -> Self {
        Self::beside(program, &mut |_, _| {})
    }

    /// Of a program, each of whose functions is shown to somebody else, too: reading them is what takes time.
    #[must_use]
    pub fn beside(program: &Program<'_>, look: &mut dyn FnMut(Bounds, &Read<'_>)) -> Self {
        let mut reader = Reader::default();
        let mut gaps = 0;
        for bounds in program.functions() {
            let read = program.read(*bounds);
            gaps += read.blocks.gaps.len();
            look(*bounds, &read);
            let mut line =
                Line { demands: Demands::of(program, &read.blocks, &read.facts), ..Line::default() };
            for (_, address) in &read.facts.names {
                // Where texts stand in the segment of the code, they are no less texts.
                let is_text = !program.is_function(*address);
                line.texts_of_access |=
                    is_text && program.image().text(*address).is_some_and(is_about_access);
            }
            for call in &read.facts.calls {
                match &call.callee {
                    Callee::Here(to) => {
                        line.calls.insert(program.image().place(*to));
                    }
                    Callee::Import(name) => {
                        if matches!(name.as_slice(), b"__libc_start_main" | b"__uClibc_main") {
                            reader.main = call
                                .arguments
                                .first()
                                .and_then(|main| read.facts.values.constant(*main))
                                .map(|main| program.image().place(main));
                        }
                        line.imports.insert(name.clone());
                    }
                    Callee::Value(_) => {}
                }
            }
            reader.lines.insert(bounds.start, line);
        }
        reader.connect();
        let mut found = kept::whole(reader.suspects());
        gaps += reader.gaps.get();
        found.sort_by_key(|suspect| {
            (std::cmp::Reverse(suspect.bits()), suspect.function, suspect.at, suspect.behind.clone())
        });
        let left_out = found.len().saturating_sub(MOST);
        found.truncate(MOST);
        kept::mention(program, &mut found);
        Self { all: found, functions: reader.lines.len(), gaps, left_out }
    }
}

impl Suspect {
    /// Bits that who comes here has to know.
    #[must_use]
    pub fn bits(&self) -> u32 {
        bits(&self.demands)
    }

    /// What can be counted of it, in words: what a weight is made of.
    #[must_use]
    pub fn features(&self) -> Vec<&'static str> {
        let mut found = vec![match &self.behind {
            Behind::Power { power: Power::Execute | Power::Terminal, steps: 0, .. } => "runs a command",
            Behind::Power { power: Power::Execute | Power::Terminal, steps: 1, .. } => {
                "runs a command, a call away"
            }
            Behind::Power { power: Power::Execute | Power::Terminal, .. } => "runs a command, calls away",
            Behind::Power { power: Power::Files | Power::Settings, steps: 0, .. } => "changes files",
            Behind::Power { power: Power::Files | Power::Settings, .. } => "changes files, calls away",
            Behind::Power { power: Power::Identity, .. } => "becomes another user",
            Behind::Power { power: Power::Listen, .. } => "opens a service",
            Behind::Power { .. } => "does something else",
            Behind::Outcome { checked: true, gives: Some(_), .. } => "answers as a check does",
            Behind::Outcome { checked: true, .. } => "goes where a check leads",
            Behind::Outcome { gives: Some(_), .. } => "answers, near access",
            Behind::Outcome { .. } => "goes on, near access",
        }];
        let kinds: BTreeSet<&'static str> = self
            .demands
            .iter()
            .filter(|demand| demand.bits > 0)
            .flat_map(Demand::each)
            .filter_map(|demand| match &demand.kind {
                Kind::Text(_) => Some("text"),
                Kind::Bytes(_) => Some("bytes"),
                Kind::Character(..) | Kind::Piece(..) => Some("characters"),
                Kind::Number(_) => Some("number"),
                Kind::Table => Some("table"),
                Kind::Made(_) => Some("made here"),
                Kind::Answer(..) | Kind::Check(_) | Kind::Alike | Kind::OneOf(_) => None,
            })
            .collect();
        if kinds.len() > 1 {
            found.push("several kinds");
        }
        found.extend(kinds);
        found.push(match self.bits() {
            0..32 => "under 32 bits",
            32..48 => "32 to 47 bits",
            48..72 => "48 to 71 bits",
            _ => "72 bits or more",
        });
        found.push(match self.siblings {
            0 => "the only text",
            1..4 => "few texts beside it",
            _ => "many texts beside it",
        });
        if matches!(self.behind, Behind::Power { .. }) {
            found.push(match self.open {
                0 => "the power nowhere else",
                1..4 => "the power openly, too",
                _ => "the power openly, often",
            });
        }
        for (is, name) in [
            (self.access, "near access"),
            (self.proved, "proved as well"),
            (self.local, "from arguments or environment"),
            (self.network, "near the network"),
            (self.mentioned, "mentioned in the file"),
        ] {
            if is {
                found.push(name);
            }
        }
        let odd = |text: &[u8]| {
            text.len() >= 6
                && text.iter().any(u8::is_ascii_digit)
                && text.iter().any(u8::is_ascii_alphabetic)
                && !text.iter().any(|byte| matches!(byte, b'/' | b' '))
        };
        let texts: Vec<Cow<'_, [u8]>> = self.texts().collect();
        if texts.iter().any(|text| odd(text)) {
            found.push("letters and digits");
        }
        if texts.iter().any(|text| text.len() > 11) {
            found.push("a long text");
        }
        let looks = |is: fn(&[u8]) -> bool| !texts.is_empty() && texts.iter().all(|text| is(text));
        if looks(|text| text.starts_with(b"-")) {
            found.push("looks like an option");
        } else if looks(|text| {
            text.len() < 10
                && text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
        }) {
            found.push("looks like a word");
        }
        found
    }

    /// The texts that are demanded, of some length; characters that make one are, too.
    fn texts(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let whole = self.demands.iter().flat_map(Demand::each).filter_map(|demand| match &demand.kind {
            Kind::Text(text) if text.len() > 2 => Some(Cow::Borrowed(text.as_slice())),
            _ => None,
        });
        whole.chain(spelled(&self.demands).into_iter().map(Cow::Owned))
    }

    /// The secret as far as it is read, and whether all of it is text that the file shows.
    #[must_use]
    pub fn trigger(&self) -> (Vec<u8>, bool) {
        let mut shown = Vec::new();
        let mut plain = true;
        let mut characters: BTreeMap<(Root, i64), u8> = BTreeMap::new();
        for demand in self.demands.iter().flat_map(Demand::each) {
            match &demand.kind {
                Kind::Text(text) => {
                    if !shown.is_empty() {
                        shown.push(b' ');
                    }
                    shown.extend_from_slice(text);
                }
                Kind::Character(offset, byte) => {
                    plain = false;
                    characters.insert((demand.of.clone(), *offset), *byte);
                }
                Kind::Piece(offset, bytes) => {
                    plain = false;
                    for (at, byte) in (*offset..).zip(bytes) {
                        characters.insert((demand.of.clone(), at), *byte);
                    }
                }
                Kind::Bytes(_) | Kind::Number(_) | Kind::Table | Kind::Made(_) => plain = false,
                Kind::Answer(..) | Kind::Check(_) | Kind::Alike | Kind::OneOf(_) => {}
            }
        }
        shown.extend(characters.into_values());
        (shown, plain)
    }
}

#[derive(Default)]
struct Reader {
    lines: BTreeMap<u64, Line>,
    callers: BTreeMap<u64, BTreeSet<u64>>,
    /// By function, the powers within reach: how many calls away and by what.
    reach: BTreeMap<u64, BTreeMap<Power, (u8, Vec<u8>)>>,
    main: Option<u64>,
    answers: RefCell<BTreeMap<Question, Vec<Demand>>>,
    /// What was asked.
    steps: Cell<usize>,
    /// Functions that were not followed as they were being followed already.
    turns: Cell<usize>,
    /// What was left out.
    gaps: Cell<usize>,
}

/// What has to be for a function to give a number, or another one, asked so many calls deep.
type Question = (u64, u64, bool, u8);

impl Reader {
    fn connect(&mut self) {
        let mut open: VecDeque<(u64, Power, u8, Vec<u8>)> = VecDeque::new();
        for (function, line) in &self.lines {
            for called in &line.calls {
                self.callers.entry(*called).or_default().insert(*function);
            }
            for place in &line.demands.places {
                if let Callee::Import(name) = &place.callee
                    && let Some(power) = powers::given(name, place)
                {
                    open.push_back((*function, power, 1, name.clone()));
                }
            }
        }
        while let Some((function, power, steps, by)) = open.pop_front() {
            let known = self.reach.entry(function).or_default();
            if known.contains_key(&power) {
                continue;
            }
            known.insert(power, (steps, by.clone()));
            if steps < DEEP {
                for caller in self.callers.get(&function).into_iter().flatten() {
                    open.push_back((*caller, power, steps + 1, by.clone()));
                }
            }
        }
    }

    fn suspects(&self) -> Vec<Suspect> {
        let mut found = Vec::new();
        let mut unguarded: BTreeMap<Power, usize> = BTreeMap::new();
        for (function, line) in &self.lines {
            let mut behind: BTreeMap<Vec<u32>, Suspect> = BTreeMap::new();
            for place in &line.demands.places {
                let powers: Vec<(Power, u8, Vec<u8>)> = match &place.callee {
                    Callee::Import(name) => {
                        powers::given(name, place).map(|power| (power, 0, name.clone())).into_iter().collect()
                    }
                    Callee::Here(to) => self
                        .reach
                        .get(to)
                        .into_iter()
                        .flatten()
                        .map(|(power, (steps, by))| (*power, *steps, by.clone()))
                        .collect(),
                    Callee::Value(_) => continue,
                };
                if powers.is_empty() {
                    continue;
                }
                let demands = self.resolved(line, &place.demands, 0, &mut BTreeSet::from([*function]));
                let bits = bits(&demands);
                for (power, steps, by) in powers {
                    if bits < HARD {
                        if steps == 0 {
                            *unguarded.entry(power).or_default() += 1;
                        }
                        continue;
                    }
                    let made = Behind::Power {
                        power,
                        at: place.at,
                        by,
                        steps,
                        told: place.texts.iter().flatten().find(|text| !text.is_empty()).cloned(),
                    };
                    let mut key = place.demands.clone();
                    key.retain(|number| {
                        line.demands
                            .all
                            .get(*number as usize)
                            .is_some_and(|demand| demand.bits > 0 || matches!(demand.kind, Kind::Answer(..)))
                    });
                    let new = self.suspect(*function, line, demands.clone(), made);
                    match behind.get(&key) {
                        Some(known) if !is_stronger(&new.behind, &known.behind) => {}
                        _ => {
                            behind.insert(key, new);
                        }
                    }
                }
            }
            found.extend(behind.into_values());
            found.extend(self.outcomes(*function, line));
        }
        for suspect in &mut found {
            if let Behind::Power { power, .. } = &suspect.behind {
                suspect.open = unguarded.get(power).copied().unwrap_or(0);
            }
        }
        found
    }

    /// Outcomes to which a secret leads beside a check.
    fn outcomes(&self, function: u64, line: &Line) -> Vec<Suspect> {
        let mut found: BTreeMap<Vec<u64>, Suspect> = BTreeMap::new();
        for (consequence, ways) in &line.demands.consequences {
            if ways.len() > WAYS {
                self.gaps.set(self.gaps.get() + 1);
                continue;
            }
            let resolved: Vec<Vec<Demand>> =
                ways.iter().map(|way| self.resolved(line, way, 0, &mut BTreeSet::from([function]))).collect();
            let shared: BTreeSet<u64> = ways
                .iter()
                .map(|way| own(line, way))
                .reduce(|a, b| a.intersection(&b).copied().collect())
                .unwrap_or_default();
            for (number, (way, demands)) in ways.iter().zip(&resolved).enumerate() {
                // What all ways share is no way of its own.
                let own_demands: Vec<Demand> =
                    demands.iter().filter(|demand| !shared.contains(&demand.at)).cloned().collect();
                if bits(&own_demands) < HARD {
                    continue;
                }
                // Other ways that ask for nothing hard which this one does not ask for, but for less: a protocol's word is asked for by both.
                let beside = ways.iter().zip(&resolved).enumerate().filter(|(other, (_, others))| {
                    *other != number && lacks(others, demands) < HARD && lacks(demands, others) >= HARD
                });
                let mut beside = beside.map(|(_, (other, _))| other).peekable();
                if beside.peek().is_none() {
                    continue;
                }
                let checked = beside.any(|other| {
                    let own: Way = other.iter().filter(|demand| !way.contains(demand)).copied().collect();
                    self.is_checked(line, &own)
                });
                if !checked && !self.is_about_access(function) {
                    continue;
                }
                let at = match consequence {
                    Consequence::Gives(_) => function,
                    Consequence::Comes(at) => *at,
                    Consequence::Writes(..) => demands.last().map_or(function, |demand| demand.at),
                };
                let gives = match consequence {
                    Consequence::Gives(number) => Some(*number),
                    _ => None,
                };
                let key: Vec<u64> = own(line, way).difference(&shared).copied().collect();
                let new =
                    self.suspect(function, line, demands.clone(), Behind::Outcome { at, gives, checked });
                // Both sides of a branch have its key.
                match found.get(&key) {
                    Some(known) if is_stronger(&known.behind, &new.behind) => {}
                    Some(known) if !is_stronger(&new.behind, &known.behind) && known.bits() >= new.bits() => {
                    }
                    _ => {
                        found.insert(key, new);
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// Whether a way leads through a check that is none against something fixed.
    fn is_checked(&self, line: &Line, way: &Way) -> bool {
        way.iter().filter_map(|number| line.demands.all.get(*number as usize)).any(|demand| {
            match &demand.kind {
                Kind::Check(_) => true,
                Kind::Answer(of, _, _, held) => self.lines.get(of).is_some_and(|line| {
                    line.demands.alike.is_some() && held.is_none()
                        || line.demands.all.iter().any(|demand| matches!(demand.kind, Kind::Check(_)))
                        || line.imports.iter().any(|name| powers::checks(name))
                }),
                _ => false,
            }
        })
    }

    fn is_about_access(&self, function: u64) -> bool {
        let about = |function: &u64| {
            self.lines.get(function).is_some_and(|line| {
                line.texts_of_access || line.imports.iter().any(|name| powers::checks(name))
            })
        };
        // What has a password hashed by a function of its own is about access as well.
        let proves = |function: &u64| {
            self.lines.get(function).is_some_and(|line| line.imports.iter().any(|name| powers::proves(name)))
        };
        about(&function)
            || self.callers.get(&function).into_iter().flatten().any(about)
            || self.lines.get(&function).is_some_and(|line| line.calls.iter().any(proves))
    }

    fn suspect(&self, function: u64, line: &Line, demands: Vec<Demand>, behind: Behind) -> Suspect {
        let of: BTreeSet<&Root> =
            demands.iter().filter(|demand| demand.bits > 0).map(|demand| &demand.of).collect();
        let at: BTreeSet<u64> = demands.iter().flat_map(Demand::each).map(|demand| demand.at).collect();
        // Of a text in pieces the first one counts: what stands where those of this secret begin.
        let first = |demand: &Demand| match demand.kind {
            Kind::Piece(offset, _) => Some(offset),
            _ => None,
        };
        let mut begins: BTreeMap<&Root, i64> = BTreeMap::new();
        for demand in demands.iter().flat_map(Demand::each) {
            let offset = match demand.kind {
                Kind::Piece(offset, _) | Kind::Character(offset, _) => offset,
                _ => 0,
            };
            begins.entry(&demand.of).and_modify(|known| *known = (*known).min(offset)).or_insert(offset);
        }
        // The same text once more is none beside it.
        let own: BTreeSet<&Kind> = demands.iter().flat_map(Demand::each).map(|demand| &demand.kind).collect();
        let again = |demand: &Demand| match &demand.kind {
            Kind::Answer(_, _, _, Some(held)) => own.contains(&held.kind),
            kind => own.contains(kind),
        };
        let beside = line
            .demands
            .all
            .iter()
            .filter(|demand| self.is_text(demand) && of.contains(&demand.of) && !at.contains(&demand.at))
            .filter(|demand| !again(demand))
            .filter(|demand| {
                first(demand).is_none_or(|offset| Some(offset) == begins.get(&demand.of).copied())
            })
            .count();
        // Of texts of which one is enough the others stand beside it.
        let others = |demand: &Demand| match &demand.kind {
            Kind::OneOf(several) => several.len().saturating_sub(1),
            _ => 0,
        };
        let siblings = beside + demands.iter().map(others).max().unwrap_or(0);
        let from_main = |root: &&Root| match root {
            Root::Argument(_, deep) => self.main == Some(function) && *deep > 0,
            Root::Result(_, Some(name)) => matches!(name.as_slice(), b"getenv" | b"secure_getenv"),
            _ => false,
        };
        let local = of.iter().any(from_main);
        let network = self.takes_network(function);
        let proves = |function: &u64| {
            self.lines.get(function).is_some_and(|line| line.imports.iter().any(|name| powers::proves(name)))
        };
        let proved = of.iter().any(|root| {
            line.demands.proved.contains(root)
                || line.demands.handed.iter().any(|(to, given)| given.contains(root) && proves(to))
        });
        Suspect {
            function,
            at: demands.iter().rev().find(|demand| demand.bits > 0).map_or(function, |demand| demand.at),
            access: self.is_about_access(function),
            proved,
            siblings,
            open: 0,
            local,
            network,
            mentioned: false,
            demands: joined(demands),
            behind,
        }
    }

    /// Whether a function of the file that compares has to find its arguments alike to answer so.
    fn is_alike(&self, function: u64, number: u64, equal: bool) -> bool {
        self.lines
            .get(&function)
            .and_then(|line| line.demands.alike.as_ref())
            .is_some_and(|alike| alike.is_demanded(number, equal))
    }

    /// Whether something is held against a fixed text, by whatever function.
    fn is_text(&self, demand: &Demand) -> bool {
        match &demand.kind {
            Kind::Text(_) | Kind::Piece(..) => true,
            Kind::Answer(of, number, equal, Some(held)) => {
                matches!(held.kind, Kind::Text(_)) && self.is_alike(*of, *number, *equal)
            }
            _ => false,
        }
    }

    fn takes_network(&self, function: u64) -> bool {
        let takes = |function: &u64| {
            self.lines
                .get(function)
                .is_some_and(|line| line.imports.iter().any(|name| powers::takes_network(name)))
        };
        takes(&function) || self.callers.get(&function).into_iter().flatten().any(takes)
    }

    /// A way's demands, with those of the functions that answer.
    fn resolved(&self, line: &Line, way: &Way, deep: u8, open: &mut BTreeSet<u64>) -> Vec<Demand> {
        let mut found: Vec<Demand> = Vec::new();
        for number in way {
            let Some(demand) = line.demands.all.get(*number as usize) else { continue };
            if let Kind::Answer(of, number, equal, held) = &demand.kind {
                let (of, number, equal) = (*of, *number, *equal);
                if self.lines.get(&of).and_then(|line| line.demands.alike.as_ref()).is_some() {
                    let demanded = self.is_alike(of, number, equal);
                    found.extend(held.iter().filter(|_| demanded).map(|held| (**held).clone()));
                    continue;
                }
                let mut more = self.answer((of, number, equal, deep), open);
                // What is demanded there is demanded here, of what the call is given.
                for inner in &mut more {
                    inner.of = demand.of.clone();
                }
                found.extend(more);
            } else if !found.iter().any(|known| known.kind == demand.kind && known.of == demand.of) {
                found.push(demand.clone());
            }
            if found.len() >= DEMANDS {
                found.truncate(DEMANDS);
                break;
            }
        }
        found
    }

    /// What has to be for a function to answer so: the least of its ways.
    fn answer(&self, question: Question, open: &mut BTreeSet<u64>) -> Vec<Demand> {
        let (function, number, equal, deep) = question;
        let Some(line) = self.lines.get(&function) else { return Vec::new() };
        if deep >= DEEP {
            return Vec::new();
        }
        if self.steps.get() >= STEPS {
            self.gaps.set(self.gaps.get() + 1);
            return Vec::new();
        }
        self.steps.set(self.steps.get() + 1);
        if let Some(known) = self.answers.borrow().get(&question) {
            return known.clone();
        }
        if !open.insert(function) {
            self.turns.set(self.turns.get() + 1);
            return Vec::new();
        }
        let turns = self.turns.get();
        let mut least: Option<Vec<Demand>> = None;
        for (given, way) in &line.demands.gives {
            if self.steps.get() >= STEPS {
                least = None;
                break;
            }
            self.steps.set(self.steps.get() + 1);
            let demands = match given {
                Given::Number(gives) if (*gives == number) == equal => {
                    self.resolved(line, way, deep + 1, open)
                }
                Given::Number(_) => continue,
                Given::Answer(of) => {
                    let mut demands = self.resolved(line, way, deep + 1, open);
                    demands.extend(self.answer((*of, number, equal, deep + 1), open));
                    demands.truncate(DEMANDS);
                    demands
                }
                Given::Other => self.resolved(line, way, deep + 1, open),
            };
            if least.as_ref().is_none_or(|known| bits(&demands) < bits(known)) {
                least = Some(demands);
            }
        }
        open.remove(&function);
        let least = least.unwrap_or_default();
        // Where a function was not followed that was being followed, the answer is of this way here alone.
        if turns == self.turns.get() {
            self.answers.borrow_mut().insert(question, least.clone());
        }
        least
    }
}

/// Bits of what one way demands and another does not.
fn lacks(one: &[Demand], other: &[Demand]) -> u32 {
    one.iter()
        .filter(|demand| !other.iter().any(|known| known.kind == demand.kind && known.of == demand.of))
        .map(|demand| u32::from(demand.bits))
        .sum()
}

/// The branches of a way.
fn own(line: &Line, way: &Way) -> BTreeSet<u64> {
    way.iter().filter_map(|number| line.demands.all.get(*number as usize)).map(|demand| demand.at).collect()
}

/// Powers come before outcomes, greater ones before lesser ones, near ones before far ones.
fn is_stronger(new: &Behind, known: &Behind) -> bool {
    let rank = |behind: &Behind| match behind {
        Behind::Power { power, steps, .. } => (*power as u8, *steps),
        Behind::Outcome { checked, gives, .. } => (u8::from(!checked), u8::from(gives.is_none())),
    };
    rank(new) < rank(known)
}

fn is_about_access(text: &[u8]) -> bool {
    const WORDS: [&str; 10] = [
        "passw",
        "login",
        "authent",
        "authoriz",
        "denied",
        "incorrect",
        "credential",
        "unauthorized",
        "/etc/shadow",
        "not allowed",
    ];
    let lower =
        String::from_utf8_lossy(text.get(..text.len().min(256)).unwrap_or_default()).to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}
