//! The C library in executables that are linked statically: which of their functions are those that a dynamically linked one would have from
//! another file.
//!
//! Where the file has symbols that are not of one source file alone, they say so. Else a function is told by what it does: by what it asks the system for ([`systems`]); by what it makes of
//! texts that it is given, on a machine of our own ([`trial`]), also where a resolver (`IFUNC`) chooses it; and what names a shell
//! with its option `-c`, and comes to a system call that starts a program, is `system`. Whatever a name is given to is still read as a function.
//!
//! When it is wrong: a function of the program that does the same as one of the library is that one, which for what it is asked here is right.
//! Misses: what a locale takes part in (`strcasecmp` of glibc), files that are opened by streams (`fopen`), checks of passwords (`crypt`) and
//! names that only symbols tell; MIPS64; libraries of other languages, which ask the system in their own ways; what is beyond the bounds on time.

mod machine;
mod systems;
mod trial;
mod vectors;
mod words;

pub(crate) use systems::{asks_i386, asks_thumb};

use super::Program;
use super::finals::is_final;
use crate::function::{Bounds, Callee};
use crate::powers;
use crate::values::Value;
use machine::Code;
use std::collections::{BTreeMap, BTreeSet};

/// Functions of an executable up to which it is looked at.
const FUNCTIONS: usize = 60_000;
/// Steps of all trials of a program.
const STEPS: u64 = 12_000_000;
/// Bytes of a function that is tried.
const LARGE: u64 = 12 << 10;
/// Resolvers that are asked; a C library has some forty.
const RESOLVERS: usize = 1 << 12;
/// Functions that name a shell which are looked for, and calls away from the system that they stand.
const SHELLS: usize = 2000;
const DEEP: usize = 7;
/// Instructions of a function that names a shell, and of one that only hands on.
const LONG: usize = 600;
const SHORT: usize = 40;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Library {
    /// By address, the names.
    pub names: BTreeMap<u64, Vec<u8>>,
    /// Why it was not looked for.
    pub missed: Option<&'static str>,
}

/// Names the functions whose symbols are in the file.
pub(super) fn by_symbols(program: &mut Program<'_>) {
    let mut names: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for symbol in program.image.symbols() {
        if symbol.function && !symbol.import && !symbol.local && is_known(symbol.name) {
            names.entry(symbol.address).or_insert_with(|| symbol.name.to_vec());
        }
    }
    program.library.names = names;
}

/// Names those that stubs lead to by symbols, and others by what they do.
pub(super) fn by_deeds(
    program: &mut Program<'_>,
    called: &BTreeMap<u64, bool>,
    callers: &BTreeMap<u64, BTreeSet<u64>>,
) {
    stubs(program);
    if program.functions.len() > FUNCTIONS {
        program.library.missed = Some("more functions than are looked at for those of the C library");
        return;
    }
    start(program);
    by_trial(program, called);
    let systems = systems::find(program, callers);
    program.library.missed = program.library.missed.or(systems.missed);
    for (function, name) in &systems.named {
        let name = name.as_bytes().to_vec();
        program.library.names.entry(*function).or_insert(name);
    }
    finals(program);
    spawns(program, callers, &systems);
    stubs(program);
}

/// Functions that never come back.
pub(super) fn finals(program: &mut Program<'_>) {
    let finals = program.library.names.iter().filter(|(_, name)| is_final(name));
    program.finals.extend(finals.map(|(address, _)| *address));
}

/// What a stub leads to has its name.
fn stubs(program: &mut Program<'_>) {
    let names = &mut program.library.names;
    let more: Vec<(u64, Vec<u8>)> =
        program.own.iter().filter_map(|(stub, to)| Some((*stub, names.get(to)?.clone()))).collect();
    names.extend(more);
}

/// Whether a name is one that means something to the probes.
fn is_known(name: &[u8]) -> bool {
    const MORE: [&[u8]; 32] = [
        b"__libc_start_main",
        b"__uClibc_main",
        b"getenv",
        b"secure_getenv",
        b"socket",
        b"setsockopt",
        b"htons",
        b"htonl",
        b"ntohs",
        b"inet_addr",
        b"inet_aton",
        b"fork",
        b"vfork",
        b"dup2",
        b"read",
        b"recv",
        b"fgets",
        b"fread",
        b"getline",
        b"strtok",
        b"strtok_r",
        b"strsep",
        b"strdup",
        b"strndup",
        b"strtol",
        b"strtoul",
        b"atoi",
        b"sscanf",
        b"memchr",
        b"getopt",
        b"getopt_long",
        b"putenv",
    ];
    let bare = powers::bare(name);
    powers::of(name).is_some()
        || powers::compares(name).is_some()
        || powers::checks(name)
        || powers::makes(name)
        || powers::reads_only(name)
        || powers::measures(name)
        || powers::opens(name)
        || powers::takes_network(name)
        || is_final(bare)
        || MORE.contains(&bare)
}

/// What the first instructions call with a function of the program: `__libc_start_main`.
fn start(program: &mut Program<'_>) {
    let mut open = vec![program.image.place(program.image.entry)];
    for _ in 0..3 {
        let Some(read) = open.pop().and_then(|at| program.bounds(at)).map(|bounds| program.read(bounds))
        else {
            return;
        };
        for call in &read.facts.calls {
            let to = match call.callee {
                Callee::Here(to) => program.image.place(to),
                _ => continue,
            };
            let main = call.arguments.first().and_then(|main| read.facts.values.constant(*main));
            if main.is_some_and(|main| program.image.is_code(program.image.place(main))) {
                drop(read);
                program.library.names.entry(to).or_insert_with(|| b"__libc_start_main".to_vec());
                return;
            }
            open.push(to);
        }
    }
}

/// Tries what something calls, and what resolvers choose.
fn by_trial(program: &mut Program<'_>, called: &BTreeMap<u64, bool>) {
    let Some(mut code) = Code::new(&program.image, STEPS) else {
        program.library.missed = Some("its memory takes all places where functions are tried");
        return;
    };
    let resolvers: BTreeSet<u64> =
        program.image.resolvers.iter().chain(&program.image.choosers).copied().collect();
    if resolvers.len() > RESOLVERS {
        program.library.missed = Some("more resolvers than are asked what they choose");
    }
    for resolver in resolvers.iter().take(RESOLVERS) {
        // The processor that has nothing special gets what needs nothing special.
        let place = program.image.place(*resolver);
        let end = machine::call(&mut code, (place, place != *resolver), [&[], &[]], [0; 3], false);
        if let machine::End::Back { result: Some(chosen), .. } = end
            && program.image.is_code(program.image.place(chosen))
        {
            code.chosen.insert(*resolver, chosen);
        }
    }
    let thumb = |at: u64| program.bounds(at).is_some_and(|bounds| bounds.thumb);
    let mut names: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let chosen: Vec<(u64, u64)> = code.chosen.iter().map(|(resolver, chosen)| (*resolver, *chosen)).collect();
    for (resolver, chosen) in chosen {
        let place = program.image.place(chosen);
        let state = program.image.arch == crate::arch::Arch::Arm && (chosen & 1 == 1 || thumb(place));
        if let Some(name) = trial::name(&mut code, (place, state)) {
            names.insert(program.image.place(resolver), name.as_bytes().to_vec());
            names.insert(place, name.as_bytes().to_vec());
        }
    }
    for bounds in &program.functions {
        let Bounds { start, end, thumb } = *bounds;
        if code.steps == 0 {
            program.library.missed = Some("functions that were not tried for want of time");
            break;
        }
        if !called.contains_key(&start)
            || end - start > LARGE
            || names.contains_key(&start)
            || resolvers.contains(&start)
            || program.library.names.contains_key(&start)
        {
            continue;
        }
        if let Some(name) = trial::name(&mut code, (start, thumb)) {
            names.insert(start, name.as_bytes().to_vec());
        }
    }
    for (function, name) in names {
        program.library.names.entry(function).or_insert(name);
    }
}

/// What starts programs by way of others: `posix_spawn`, `system`, `execv`, and what only hands on to one of these.
fn spawns(program: &mut Program<'_>, callers: &BTreeMap<u64, BTreeSet<u64>>, systems: &systems::Systems) {
    let executes = layers(&systems.executes, callers, DEEP);
    let forks = layers(&systems.forks, callers, DEEP);
    let mut found: BTreeMap<u64, &'static str> = BTreeMap::new();
    let mut hands: BTreeMap<u64, u64> = BTreeMap::new();
    // The nearest first: of a large program much comes to these somehow.
    let mut near = executes.clone();
    for (function, deep) in &forks {
        near.entry(*function).and_modify(|known| *known = (*known).min(*deep)).or_insert(*deep);
    }
    let open: BTreeSet<(usize, u64)> = near.into_iter().map(|(function, deep)| (deep, function)).collect();
    if open.len() > SHELLS {
        let why = "functions far from those that start programs, which may be of the C library";
        program.library.missed = program.library.missed.or(Some(why));
    }
    for (_, function) in open.into_iter().take(SHELLS) {
        if program.library.names.contains_key(&function) {
            continue;
        }
        let Some(bounds) = program.bounds(function) else { continue };
        let read = program.read(bounds);
        let insns = read.blocks.insns.len();
        let mut names: BTreeSet<u64> = read.facts.names.iter().map(|(_, address)| *address).collect();
        let written = read.facts.kept.iter().chain(&read.facts.writes);
        names.extend(written.filter_map(|written| read.facts.values.constant(written.value)));
        let texts: BTreeSet<&[u8]> = names
            .iter()
            .filter(|at| !program.is_function(**at))
            .filter_map(|at| program.image.text(*at))
            .collect();
        let names_exec =
            names.iter().any(|at| executes.get(&program.image.place(*at)).is_some_and(|deep| *deep < 2));
        let is_shell = texts.contains(b"-c".as_slice())
            && (texts.contains(b"sh".as_slice()) || texts.contains(b"/bin/sh".as_slice()));
        if is_shell && insns <= LONG {
            found.insert(function, "system");
        } else if forks.get(&function).is_some_and(|deep| *deep <= 2) && names_exec && texts.is_empty() {
            found.insert(function, "posix_spawn");
        } else if executes.get(&function) == Some(&1)
            && insns <= LONG
            && texts.iter().all(|text| text.starts_with(b"/bin") || *text == b"PATH" || text.len() < 3)
        {
            found.insert(function, "execv");
        } else if insns <= SHORT {
            let mut to = BTreeSet::new();
            for call in &read.facts.calls {
                let own =
                    call.arguments.first().is_some_and(|first| is_first(program, &read.facts.values, *first));
                if let Callee::Here(callee) = call.callee
                    && own
                {
                    to.insert(program.image.place(callee));
                }
            }
            if let (Some(to), 1) = (to.first(), to.len()) {
                hands.insert(function, *to);
            }
        }
    }
    for (function, to) in hands {
        if let Some(name) = found.get(&to).copied() {
            found.insert(function, name);
        }
    }
    for (function, name) in found {
        program.library.names.entry(function).or_insert_with(|| name.as_bytes().to_vec());
    }
}

/// Whether a value is the function's own first argument.
fn is_first(
    program: &Program<'_>,
    values: &crate::values::Values<'_>,
    value: crate::values::ValueId,
) -> bool {
    match values.get(value) {
        Value::Entry(register) => program.image.arch.convention().arguments.first() == Some(&register),
        Value::Load { at, .. } => values.get(at) == Value::Stack(4),
        _ => false,
    }
}

/// Functions that come to some within so many calls, and how many.
fn layers(of: &BTreeSet<u64>, callers: &BTreeMap<u64, BTreeSet<u64>>, deep: usize) -> BTreeMap<u64, usize> {
    let mut found: BTreeMap<u64, usize> = of.iter().map(|function| (*function, 0)).collect();
    let mut layer: Vec<u64> = of.iter().copied().collect();
    for steps in 1..=deep {
        let mut next = Vec::new();
        for function in layer {
            for caller in callers.get(&function).into_iter().flatten() {
                if !found.contains_key(caller) {
                    found.insert(*caller, steps);
                    next.push(*caller);
                }
            }
        }
        layer = next;
    }
    found
}
