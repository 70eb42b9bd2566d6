//! Fixed secrets that stand alone before a power, or pass a check: the mechanism of most public backdoors, whoever made them.
//!
//! Finds: a call that runs a command, opens a service, changes files or becomes another user, and is reached only by an input that
//! equals something fixed (a text, bytes one by one, a number, a digest, what a loop compares with a table, what the program makes
//! itself of the date or a serial number); and an outcome of a check to which a fixed secret leads as well.
//! How: reads the executable as functions (crate `code`), works out what every branch demands on the way to a place, follows it into
//! the functions that answer, and weighs what it finds by a table of planted and ordinary programs (corpus/hidden-access). At most three
//! findings of one executable are told, those of most weight.
//! When it is wrong: commands, options and protocol words are fixed texts, too; the weight says how often such a finding was one. Whether
//! it is documented, and what it is for, no program can tell.
//! Static executables are read where functions of the C library are told in them, by symbols or by what they do (`code::program`).
//! What it misses: static executables of which nothing is told, libraries that import nothing which runs
//! commands, takes another identity or checks who somebody is, packed and interpreted code, powers behind computed
//! calls, secrets spread over several programs, other machines than those of `code`.
//! Source: Thomas and Francillon, "Backdoors: Definition, Deniability and Detection" (RAID 2018); Thomas, Chothia, Garcia, "Stringer"
//! (ESORICS 2017); CWE-798, CWE-912.

use super::text::name_of;
use crate::probe::{Description, File, Findings, Probe};
use banbury_code::arch::Arch;
use banbury_code::demands::{Demand, Kind, Root};
use banbury_code::powers::Power;
use banbury_code::program::Program;
use banbury_code::surface::{Missed, Surface};
use banbury_code::suspects::{Behind, Suspect, Suspects};
use banbury_code::weights::{Weighed, Weights};
use banbury_evidence::{Claim, CodeInfo, Grade, Silence, Skipped, Weight};
use banbury_formats::executable::elf::Elf;

/// Secrets before powers.
pub struct Gates;

static POWER: CodeInfo = CodeInfo {
    code: "hidden-access.secret",
    title: "A fixed secret stands before a power",
    grade: Grade::High,
    meaning: "Code that runs a command, opens a service, changes files or takes another identity is reached only by who sends \
              something fixed that the program holds its input against. Whoever has read the image knows it, on every device. \
              The weight says how much more often such code is found where access was planted than elsewhere; whether it is \
              documented, a leftover of tests or meant to be found by nobody is not said.",
    remedy: "Ask the supplier what it is for and where it is documented; attach the answer by `banbury dispose`. Else have it removed.",
    cwe: &[912, 798],
};

static ANSWER: CodeInfo = CodeInfo {
    code: "hidden-access.answer",
    title: "A fixed secret passes a check",
    grade: Grade::High,
    meaning: "An outcome to which a check leads (a password that is right, a request that is let through) is reached as well by an \
              input that equals something fixed. Whoever has read the image passes the check on every device. The weight says how much \
              more often such code is found where access was planted than elsewhere.",
    remedy: "Ask the supplier what it is for and where it is documented; attach the answer by `banbury dispose`. Else have it removed.",
    cwe: &[798, 912],
};

static CANDIDATE: CodeInfo = CodeInfo {
    code: "hidden-access.candidate",
    title: "Fixed input before a power or an outcome",
    grade: Grade::Info,
    meaning: "As the findings `hidden-access.secret` and `hidden-access.answer`, but of a kind that ordinary programs have, too: its \
              weight is below 10 dB. Most are options, protocol words or formats. They are told for whoever goes through an \
              executable by hand.",
    remedy: "Look at it where the executable matters and nothing weightier was found.",
    cwe: &[],
};

static NOT_FOLLOWED: CodeInfo = CodeInfo {
    code: "executable.not-followed",
    title: "Functions of an executable that were not read to their end",
    grade: Grade::Info,
    meaning: "Some functions hold bytes that are no instruction where control comes to, as tables between instructions and instructions \
              that the reader does not know look, or jumps to computed places. What stands behind these places was not looked at.",
    remedy: "Nothing in the image is wrong by it. Where the executable matters, have somebody look at the places that are named.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "gates",
    version: "4",
    finds: "fixed secrets that stand alone before running a command, opening a service, changing files, or that pass a check",
    how: "reads executables as functions, works out what the branches on the way to a place demand of the input, and weighs it by planted and ordinary programs",
    wrong: "commands, options and protocol words are fixed texts, too: the weight says how often such a finding was planted access",
    misses: &[
        "static executables without symbols: checks of passwords and files opened by streams of the C library, and those of other languages",
        "libraries that import nothing which runs commands, takes another identity or checks passwords; they are not read",
        "packed, encrypted and interpreted code, kernel modules and kernels",
        "powers behind calls by computed addresses; secrets that stand in configuration",
        "access that needs no secret, and who it is meant for",
        "machines other than Arm, AArch64, MIPS, PowerPC, RISC-V and x86",
    ],
    codes: &[POWER, ANSWER, CANDIDATE, NOT_FOLLOWED],
    source: "RAID 2018 (Thomas, Francillon); ESORICS 2017 (Stringer); CWE-798; CWE-912",
};

/// Findings of one executable that are told.
const MOST: usize = 3;
/// Decibans below which a finding is not told: ordinary programs have such hundreds of times as often as planted ones.
const LEAST: f64 = -12.0;
/// Decibans from which on a finding is more than a candidate.
const STRONG: f64 = 10.0;
/// Functions that could not be followed for one reason, of which nothing is said: stubs and starts of the compiler are such.
const FEW: usize = 3;
/// Functions that are named of those that could not be followed for one reason.
const NAMED: usize = 8;
/// Why nothing is said of a static executable.
const UNTOLD: &str = "statically linked: no function of the C library is told in it, so that nothing tells what runs a command";
/// Bytes of a static executable up to which it is read: larger ones are those of languages whose libraries are not told.
const LARGE_ALONE: usize = 64 << 20;
/// Bytes of an executable up to which it is read; larger ones are said to be left out.
const LARGE: usize = 256 << 20;

impl Probe for Gates {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn silence(&self) -> Option<Silence> {
        crate::silence::of(&DESCRIPTION, "hidden-access.", Weights::measured())
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        let Some(elf) = file.elf().filter(|elf| matches!(elf.kind, 2 | 3)) else { return };
        if file.content.len() > LARGE {
            findings.skipped.push(Skipped {
                what: file.location.to_string(),
                why: format!("an executable of more than {} MiB is not read as functions", LARGE >> 20),
            });
            return;
        }
        if let Some(why) = unreadable(file, elf) {
            findings.skip(file.location.to_string(), why);
            return;
        }
        let alone = is_alone(file, elf);
        if alone && file.content.len() > LARGE_ALONE {
            findings.skipped.push(Skipped {
                what: file.location.to_string(),
                why: format!(
                    "a static executable of more than {} MiB is not read as functions",
                    LARGE_ALONE >> 20
                ),
            });
            return;
        }
        if !alone && !Suspects::are_possible(file.imports(), file.is_library()) {
            return;
        }
        let Some((code, suspects)) = file.code() else { return };
        let program = &code.program;
        if alone {
            if let Some(why) = program.library_missed() {
                findings.skip(file.location.to_string(), format!("statically linked: {why}"));
            }
            if !Suspects::are_possible(program.library().values().map(Vec::as_slice), false) {
                if program.library_missed().is_none() {
                    findings.skip(file.location.to_string(), UNTOLD.to_owned());
                }
                return;
            }
        } else {
            // What it weighs that nothing is found was counted on programs that are linked dynamically.
            findings.looked_at(file.content.len());
        }
        if let Some(why) = missed(&code.surface) {
            let title = format!("{}: {why}", name_of(file));
            findings
                .claim(Claim::observation(&NOT_FOLLOWED, file.subject(), title).at(file.location.clone()));
        }
        let weights = Weights::measured();
        let mut weighed: Vec<(Weighed, &Suspect)> =
            suspects.all.iter().map(|suspect| (weights.weigh(suspect), suspect)).collect();
        weighed.sort_by(|(a, one), (b, two)| b.score.total_cmp(&a.score).then(one.at.cmp(&two.at)));
        let told = weighed.iter().filter(|(weight, _)| weight.decibans >= LEAST).take(MOST);
        for (weight, suspect) in told {
            findings.claim(claim(file, elf, program, suspect, *weight));
        }
    }
}

/// Whether no other file takes part in an executable.
fn is_alone(file: &File<'_>, elf: &Elf<'_>) -> bool {
    !file.is_library() && elf.interpreter().is_none() && elf.needed().is_empty()
}

/// Why an executable is not read at all, though it has code that may have secrets in it.
fn unreadable(file: &File<'_>, elf: &Elf<'_>) -> Option<String> {
    if !elf.loads().any(|load| load.flags & 1 != 0 && load.file_size > 0) {
        return None;
    }
    if Arch::of(elf.machine, elf.is_64).is_none() {
        let machine = elf.machine_name().map_or_else(|| format!("number {}", elf.machine), str::to_owned);
        return Some(format!("executable of a machine that is not read as functions: {machine}"));
    }
    let asks = elf.interpreter().is_some() || !elf.needed().is_empty();
    if asks && file.imports().next().is_none() && !file.is_library() {
        return Some(
            "its table of imports cannot be read, so that nothing tells what runs a command".to_owned(),
        );
    }
    None
}

/// Functions of an executable that could not be followed, by reason, the first few by address. Jumps to computed places are counted
/// where they leave more than one function in ten unknown: a few such are in most programs.
fn missed(surface: &Surface) -> Option<String> {
    let mut reasons: Vec<(&str, Vec<u64>)> = Vec::new();
    let mut add = |why: &'static str, is: fn(&Missed) -> bool, least: usize| {
        let functions: Vec<u64> =
            surface.missed.iter().filter(|(_, missed)| is(missed)).map(|(function, _)| *function).collect();
        if functions.len() > least.max(FEW) {
            reasons.push((why, functions));
        }
    };
    add("bytes that are no instruction", |missed| missed.undecoded > 0, surface.functions / 50);
    add("more instructions than are read of one", |missed| missed.long, 0);
    add("jumps to computed places", |missed| missed.jumps > 0, surface.functions / 10);
    if reasons.is_empty() {
        return None;
    }
    let told: Vec<String> = reasons
        .into_iter()
        .map(|(why, functions)| {
            let first: Vec<String> =
                functions.iter().take(NAMED).map(|address| format!("{address:#x}")).collect();
            let more = if functions.len() > NAMED { ", ..." } else { "" };
            format!("{} ({why}: {}{more})", functions.len(), first.join(", "))
        })
        .collect();
    Some(format!("of {} functions not followed to their end: {}", surface.functions, told.join("; ")))
}

fn claim(
    file: &File<'_>,
    elf: &Elf<'_>,
    program: &Program<'_>,
    suspect: &Suspect,
    weighed: Weighed,
) -> Claim {
    let weights = Weights::measured();
    let (trigger, plain) = suspect.trigger();
    let shown =
        if trigger.is_empty() { String::new() } else { format!(" ({})", super::text::show(&trigger)) };
    let (info, what, call, by) = match &suspect.behind {
        Behind::Power { power, at, by, steps, .. } => {
            let far = if *steps == 0 { String::new() } else { format!(", {steps} calls away") };
            (
                &POWER,
                format!("{} by {}{far}", power.words(), super::text::show(by)),
                *at,
                Some(super::text::show(by)),
            )
        }
        Behind::Outcome { at, checked: true, .. } => {
            (&ANSWER, "come out where a check leads".to_owned(), *at, None)
        }
        Behind::Outcome { at, .. } => (&ANSWER, "come to an outcome near access".to_owned(), *at, None),
    };
    let info = if weighed.decibans < STRONG { &CANDIDATE } else { info };
    let title = format!("{}: a fixed {}{shown} lets an input {what}", name_of(file), kind(suspect));
    let hex = |address: u64| format!("{address:#x}");
    let mut claim = Claim::observation(info, file.subject(), title)
        .fact("mechanism", kind(suspect))
        .fact("power", if by.is_some() { power(suspect) } else { "passes a check" })
        .fact(
            "function",
            program.name(suspect.function).map_or_else(|| hex(suspect.function), super::text::show),
        )
        .fact("branch", hex(suspect.at))
        .fact("place", hex(call))
        .fact("bits", i64::from(suspect.bits()))
        .fact("readable", plain)
        .fact("reached-from", reached(suspect))
        .at(match offset(elf, suspect.at) {
            Some(offset) => file.location.range(offset, 4),
            None => file.location.clone(),
        });
    if !trigger.is_empty() {
        claim = claim.fact("trigger", super::text::show(&trigger));
    }
    if let Some(by) = by {
        claim = claim.fact("by", by);
    }
    for line in listing(suspect) {
        claim.notes.push(line);
    }
    let counts: Vec<String> = suspect
        .features()
        .iter()
        .map(|feature| format!("{feature} {:+.1}", weights.coefficient(feature)))
        .collect();
    claim.notes.push(format!("Counted: {} (score {:.1}).", counts.join(", "), weighed.score));
    let basis = match weights.counted(weighed.score) {
        Some(counted) => format!("{}: {counted}", weights.basis),
        None => weights.basis.clone(),
    };
    claim.weight = Some(Weight { decibans: weighed.decibans, low: weighed.low, high: weighed.high, basis });
    claim
}

/// The path from the input to what it gives, a line a step.
fn listing(suspect: &Suspect) -> Vec<String> {
    let mut lines: Vec<String> =
        suspect.demands.iter().map(|demand| format!("{:#x}: if {}", demand.at, demanded(demand))).collect();
    lines.push(match &suspect.behind {
        Behind::Power { power, at, by, steps, told } => {
            let told =
                told.as_deref().map_or_else(String::new, |text| format!("(\"{}\")", super::text::show(text)));
            let through = if *steps == 0 {
                String::new()
            } else {
                format!("a function that in {steps} calls comes to ")
            };
            format!("{at:#x}: {through}{}{told}: {}", super::text::show(by), power.words())
        }
        Behind::Outcome { at, gives: Some(number), .. } => {
            format!("{at:#x}: the function gives back {number}")
        }
        Behind::Outcome { at, .. } => format!("{at:#x}: where other ways lead as well"),
    });
    lines
}

/// One demand, as a condition of C.
fn demanded(demand: &Demand) -> String {
    let of = match &demand.of {
        Root::Argument(..) => "an argument".to_owned(),
        Root::Result(_, Some(name)) => format!("what {} gave", super::text::show(name)),
        Root::Result(_, None) => "what a call gave".to_owned(),
        Root::Memory(address, _) => format!("memory at {address:#x}"),
        Root::Stack(_, 0) => "a buffer on the stack".to_owned(),
        Root::Stack(..) => "what stands on the stack, or what that points to".to_owned(),
        Root::Unknown(..) => "something".to_owned(),
    };
    match &demand.kind {
        Kind::Text(text) => format!("{of} is the text \"{}\"", super::text::show(text)),
        Kind::Bytes(bytes) => format!("{of} is {} fixed bytes", bytes.len()),
        Kind::Character(offset, byte) => {
            format!("byte {offset} of {of} == '{}'", super::text::show(&[*byte]))
        }
        Kind::Piece(offset, bytes) => {
            format!("bytes {offset} and on of {of} == \"{}\"", super::text::show(bytes))
        }
        Kind::Number(number) => format!("a number made of {of} == {number:#x}"),
        Kind::Table => format!("each byte of {of}, changed or not, equals that of a table"),
        Kind::OneOf(several) => {
            let each = |demands: &Vec<Demand>| demands.iter().map(demanded).collect::<Vec<_>>().join(" and ");
            several.iter().map(each).collect::<Vec<_>>().join(", or ")
        }
        Kind::Made(by) if by.is_empty() => format!("{of} equals what the function itself has made"),
        Kind::Made(by) => {
            let by: Vec<String> = by.iter().map(|name| super::text::show(name)).collect();
            format!("{of} equals what the function itself has made by {}", by.join(", "))
        }
        Kind::Answer(function, number, true, _) => format!("the function at {function:#x} gives {number}"),
        Kind::Answer(function, number, false, _) => {
            format!("the function at {function:#x} does not give {number}")
        }
        Kind::Alike => "both arguments are alike".to_owned(),
        Kind::Check(name) => format!("{} says so of {of}", super::text::show(name)),
    }
}

fn kind(suspect: &Suspect) -> &'static str {
    let has = |is: fn(&Kind) -> bool| {
        let mut each = suspect.demands.iter().flat_map(Demand::each);
        each.any(|demand| demand.bits > 0 && is(&demand.kind))
    };
    if has(|kind| matches!(kind, Kind::Made(_))) {
        "value made of its own"
    } else if has(|kind| matches!(kind, Kind::Table)) {
        "table of bytes"
    } else if has(|kind| matches!(kind, Kind::Number(_))) {
        "number"
    } else if has(|kind| matches!(kind, Kind::Bytes(_))) {
        "row of bytes"
    } else if has(|kind| matches!(kind, Kind::Text(_))) {
        "text"
    } else {
        "row of characters"
    }
}

fn power(suspect: &Suspect) -> &'static str {
    match &suspect.behind {
        Behind::Power { power, .. } => Power::words(*power),
        Behind::Outcome { .. } => "passes a check",
    }
}

fn reached(suspect: &Suspect) -> &'static str {
    match (suspect.network, suspect.local) {
        (true, _) => "a function that takes input from the network, or one that it calls",
        (false, true) => "arguments or environment",
        (false, false) => "not known",
    }
}

/// Where an address of the program stands in the file.
fn offset(elf: &Elf<'_>, address: u64) -> Option<u64> {
    let load = elf.loads().find(|load| address >= load.address && address - load.address < load.file_size)?;
    load.offset.checked_add(address - load.address)
}
