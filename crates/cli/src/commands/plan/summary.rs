//! The plan as text for a terminal.

use super::{Answer, Answers};
use crate::terminal::{safe, shorten};
use banbury_plan::core::Relaxed;
use banbury_plan::solver::End;
use banbury_plan::{Made, Rest, Stuck};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Rows of a table that are shown; all are in the CSV and JSON.
const SHOWN: usize = 20;
/// Names in a sentence.
const NAMES: usize = 4;

/// The summary.
pub(super) fn of(answers: &Answers) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = writeln!(out, "{}: a plan from {} to {}", safe(&answers.case), answers.from, answers.by);
    if let Some(mark) = &answers.synthetic {
        let _ = writeln!(out, "synthetic: {}", safe(mark));
    }
    let _ = writeln!(out, "regimes: {}", safe(&answers.regimes.join(", ")));
    if answers.compared {
        compared(answers, &mut out);
    } else if let Some(answer) = answers.plans.first() {
        one(answers, answer, &mut out);
    }
    if !answers.assumed.is_empty() {
        out.push_str("\nTaken for granted\n");
        answers.assumed.iter().for_each(|line| {
            let _ = writeln!(out, "  {}", safe(line));
        });
    }
    out
}

/// A number with a comma between thousands.
pub(super) fn number(value: f64) -> String {
    let whole = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if value < -0.5 { format!("-{out}") } else { out }
}

/// How the search ended, in words.
pub(super) fn end(made: &Made) -> String {
    let gap = 100.0 * made.solved.gap();
    match made.solved.end {
        End::Infeasible => "what is asked cannot hold together".to_owned(),
        End::Proven if gap < 1e-4 => "proven to be the cheapest".to_owned(),
        End::Proven => format!("proven to cost at most {gap:.3} % more than the cheapest"),
        End::Stopped | End::Exhausted => {
            let why =
                if made.solved.end == End::Stopped { "stopped" } else { "the search's bound was reached" };
            match made.solved.taken {
                Some(_) => format!(
                    "{why}: it costs at most {gap:.3} % more than the cheapest, which costs {} or more",
                    number(made.solved.bound)
                ),
                None => format!("{why} before a plan was found"),
            }
        }
    }
}

fn one(answers: &Answers, answer: &Answer, out: &mut String) {
    let made = &answer.made;
    let _ = writeln!(out, "\n{}", end(made));
    if made.core.is_some() {
        core(made, out);
    } else if made.solved.taken.is_some() {
        costs(answers, made, out);
        kinds(answers, made, out);
        crews(answers, made, out);
        check(made, out);
    }
    if made.requirements.overdue > 0 {
        let _ = writeln!(
            out,
            "\n{} on {}: those that are planned for may stand until {}",
            match made.requirements.overdue {
                1 => "1 breach of a device stands".to_owned(),
                several => format!("{several} breaches of devices stand"),
            },
            answers.from,
            answers.options.overdue_by.unwrap_or(answers.by)
        );
    }
    not_planned(made, out);
    if made.unasked {
        out.push_str(
            "\nLooked at: nothing yet; it was stopped while the regimes were applied, before it was known what is asked\n",
        );
        return;
    }
    let [classes, choices, rows] = made.size;
    let _ = writeln!(
        out,
        "\nLooked at: {} of {} devices are in play, {classes} classes of interchangeable ones, {choices} choices, {rows} bounds; {}, \
         {} parts, {} pivots",
        made.requirements.in_play.len(),
        answers.inventory.units.len(),
        answers.solver,
        made.solved.nodes,
        made.solved.pivots
    );
    if made.requirements.sampled {
        out.push_str("  candidates were tried on two devices of each kind\n");
    }
    if made.requirements.differing > 0 {
        let _ = writeln!(
            out,
            "  of {} kinds a candidate breaches something else on one of the two than on the other: what either breaches counts",
            made.requirements.differing
        );
    }
    if made.again > 0 {
        let _ = writeln!(
            out,
            "  made anew {}, for the regimes found a breach with a candidate in place",
            if made.again == 1 { "once".to_owned() } else { format!("{} times", made.again) }
        );
    }
    if made.requirements.left_out > 0 {
        let _ = writeln!(out, "  later days that were left out: {}", made.requirements.left_out);
    }
}

fn costs(answers: &Answers, made: &Made, out: &mut String) {
    let sum = |part: fn(&banbury_plan::schedule::Job) -> u64| -> f64 {
        made.jobs.iter().map(|job| part(job) as f64).sum()
    };
    let _ = writeln!(
        out,
        "{} devices are replaced; {} in all: {} for equipment, {} for labour, {} written off",
        made.jobs.len(),
        number(sum(|job| job.price) + sum(|job| job.labour) + sum(|job| job.written_off)),
        number(sum(|job| job.price)),
        number(sum(|job| job.labour)),
        number(sum(|job| job.written_off)),
    );
    let money: f64 = sum(|job| job.price + job.labour + job.written_off);
    if made.solved.cost - money > 0.5 {
        let _ = writeln!(
            out,
            "beside it {} for the risk of breaches that stand until then",
            number(made.solved.cost - money)
        );
    }
    let _ = writeln!(out, "\n  {:<24} {:>8} {:>10} {:>16}", "Period", "devices", "crew-days", "cost");
    for (at, period) in answers.periods.iter().enumerate() {
        let jobs = || made.jobs.iter().filter(|job| job.period == at);
        let tenths: u64 = jobs().map(|job| job.tenths).sum();
        let cost: f64 = jobs().map(|job| job.cost() as f64).sum();
        let _ = writeln!(
            out,
            "  {:<24} {:>8} {:>10} {:>16}",
            format!("{} to {}", period.first, period.last),
            jobs().count(),
            format!("{}.{}", tenths / 10, tenths % 10),
            number(cost)
        );
    }
}

fn kinds(answers: &Answers, made: &Made, out: &mut String) {
    let mut kinds: BTreeMap<(String, String), (usize, f64)> = BTreeMap::new();
    for job in &made.jobs {
        let (Some(unit), Some(new)) =
            (answers.inventory.units.get(job.unit), answers.options.candidates.get(job.candidate))
        else {
            continue;
        };
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "(not stated)".to_owned());
        let key = (
            format!("{} {}", word(&unit.vendor), word(&unit.product)),
            format!("{} {}", new.vendor, new.product),
        );
        let entry = kinds.entry(key).or_default();
        entry.0 += 1;
        entry.1 += job.cost() as f64;
    }
    if kinds.is_empty() {
        return;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(&b.0)));
    out.push('\n');
    for ((from, to), (devices, cost)) in kinds.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "  {devices:>6} {} -> {} ({})",
            shorten(&safe(from), 44),
            shorten(&safe(to), 44),
            number(*cost)
        );
    }
    if kinds.len() > SHOWN {
        let _ = writeln!(out, "  and {} more; -o csv= has a row for each device", kinds.len() - SHOWN);
    }
}

fn crews(answers: &Answers, made: &Made, out: &mut String) {
    let mut busiest: Vec<(f64, String)> = Vec::new();
    for (region, days) in &answers.options.crews {
        for (at, most) in days.iter().enumerate() {
            let of_region = made.jobs.iter().filter(|job| {
                job.period == at
                    && answers.inventory.units.get(job.unit).and_then(|unit| unit.region.as_ref())
                        == Some(region)
            });
            let used = of_region.map(|job| job.tenths).sum::<u64>() as f64 / 10.0;
            if used > 0.0 && *most > 0.0 {
                busiest
                    .push((used / most, format!("{region}, period {}: {used} of {most} crew-days", at + 1)));
            }
        }
    }
    busiest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    if !busiest.is_empty() {
        out.push_str("\nBusiest crews\n");
        for (_, line) in busiest.iter().take(NAMES) {
            let _ = writeln!(out, "  {}", safe(line));
        }
    }
}

fn check(made: &Made, out: &mut String) {
    out.push_str("\nChecked\n");
    if made.faults.is_empty() {
        out.push_str("  crews, deliveries, money, lead times, caps, suppliers and order: kept\n");
    }
    for fault in made.faults.iter().take(SHOWN) {
        let _ = writeln!(out, "  FAULT {}", safe(fault));
    }
    match &made.replayed {
        None if made.unchecked => out.push_str(
            "  the regimes were not applied to the network as the plan makes it: it was stopped before\n",
        ),
        None => out.push_str(
            "  the regimes were not applied to the network as the plan makes it: --check always does it\n",
        ),
        Some(replayed) => {
            if replayed.faults.is_empty() {
                let _ = writeln!(
                    out,
                    "  the regimes applied to the network as the plan makes it, on {} days: no breach but what is not planned for",
                    replayed.days
                );
            }
            for fault in replayed.faults.iter().take(SHOWN) {
                let _ = writeln!(out, "  FAULT {}", shorten(&safe(&fault.to_string()), 160));
            }
            if replayed.faults.len() > SHOWN {
                let _ = writeln!(out, "  and {} more faults", replayed.faults.len() - SHOWN);
            }
            for (name, before, after) in replayed.verdicts.iter().filter(|(_, before, after)| before != after)
            {
                let _ = writeln!(
                    out,
                    "  {}: {} on the last day if nothing is done, {} with the plan",
                    safe(name),
                    before.as_str(),
                    after.as_str()
                );
            }
        }
    }
}

/// What relaxing a requirement costs, in words.
pub(super) fn relaxed(relaxed: Option<&Relaxed>, requirement: &banbury_plan::problem::Requirement) -> String {
    use banbury_plan::problem::Requirement;
    match relaxed {
        None => "no change of it alone makes a plan possible".to_owned(),
        Some(Relaxed::Without) => "without it there is a plan".to_owned(),
        Some(Relaxed::Later(day)) => format!("with it by {day} there is a plan"),
        Some(Relaxed::Beyond(amount)) => {
            let what = match requirement {
                Requirement::Crews(_) => "crew-days more in all",
                Requirement::Budget | Requirement::BudgetTotal => "more in money",
                Requirement::Suppliers(_) => "fewer suppliers",
                Requirement::Capacity(_) => "more devices in all",
                Requirement::Measure(_) => "devices more than its shares allow, summed over shares and days",
                _ => "devices more than it allows, summed over the ends of periods",
            };
            format!("there is a plan with {} {what}", number(amount.ceil()))
        }
    }
}

/// What the cheapest plan for what can hold together comes to, in words.
pub(super) fn in_part(rest: &Rest) -> String {
    let without: Vec<&str> = rest.without.iter().map(String::as_str).collect();
    format!(
        "without {} the cheapest plan costs {} and replaces {} device{}",
        named(&without),
        number(rest.cost),
        rest.jobs.len(),
        if rest.jobs.len() == 1 { "" } else { "s" }
    )
}

/// Requirements by their names alone; of many the first.
pub(super) fn named(requirements: &[&str]) -> String {
    let names: Vec<&str> =
        requirements.iter().map(|words| words.split(": ").next().unwrap_or(words)).collect();
    let shown = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn core(made: &Made, out: &mut String) {
    let Some(core) = &made.core else { return };
    let smallest = if core.undecided {
        "These cannot hold together (some may be without need: the search's bound was reached):"
    } else {
        "These cannot hold together; without any one of them the others could:"
    };
    let _ = writeln!(out, "{smallest}");
    for (member, words) in core.members.iter().zip(&made.words) {
        let _ = writeln!(out, "  {}", safe(words));
        let _ = writeln!(out, "      {}", relaxed(member.relaxed.as_ref(), &member.requirement));
    }
    if let Some(rest) = &made.rest {
        let _ = writeln!(out, "  {}", safe(&in_part(rest)));
    }
    for one in made.stuck.iter().take(NAMES) {
        let more = if one.devices > 1 { format!(" and {} like it", one.devices - 1) } else { String::new() };
        let _ = writeln!(out, "  {}{more}: it may not stay, and {}", safe(&one.name), none_comes(one));
    }
    if made.stuck.len() > NAMES {
        let _ = writeln!(out, "  and devices of {} more kinds", made.stuck.len() - NAMES);
    }
}

/// Why no candidate takes a device's place, and what would help.
fn none_comes(stuck: &Stuck) -> String {
    let fit = match stuck.fitting {
        1 => "the one candidate that fits".to_owned(),
        fitting => format!("each of {fitting} candidates that fit"),
    };
    match (stuck.fitting, stuck.late) {
        (0, _) => {
            "no candidate fits it; add one with its role, functions or product (`[[candidate]]`)".to_owned()
        }
        (_, 0) => format!("{fit} breaches a measure in its place; add another one"),
        (fitting, late) if fitting == late => {
            format!(
                "{fit} comes too late (`lead_days`); add one that is delivered sooner, or ask for a later day"
            )
        }
        (fitting, late) => format!(
            "of {fitting} candidates that fit {late} come too late (`lead_days`), and the others breach a measure in its place; add \
             another one"
        ),
    }
}

fn not_planned(made: &Made, out: &mut String) {
    let attested = &made.requirements.attested;
    if made.requirements.not_planned.is_empty() && attested.is_empty() {
        return;
    }
    out.push_str("\nNot planned for\n");
    for one in &made.requirements.not_planned {
        let names: Vec<&str> = one.subjects.iter().take(NAMES).map(String::as_str).collect();
        let more = match one.subjects.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            out,
            "  {} ({}{more}): {}",
            safe(&one.asking.name()),
            shorten(&safe(&names.join(", ")), 70),
            one.why
        );
    }
    if !attested.is_empty() {
        let mut by_regime: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in attested {
            by_regime.entry(&one.regime).or_default().push(&one.measure);
        }
        for (regime, measures) in by_regime {
            let _ = writeln!(
                out,
                "  {} of {}: an attestation decides them, no replacement ({})",
                measures.len(),
                safe(regime),
                shorten(&safe(&measures.join(", ")), 60)
            );
        }
    }
}

fn compared(answers: &Answers, out: &mut String) {
    let _ = writeln!(
        out,
        "\n  {:<32} {:>8} {:>10} {:>16}  {:<8} What came of it",
        "Plan", "devices", "crew-days", "cost", "checked"
    );
    for answer in &answers.plans {
        let made = &answer.made;
        let tenths: u64 = made.jobs.iter().map(|job| job.tenths).sum();
        let there = made.solved.taken.is_some();
        let shown = |text: String| if there { text } else { "-".to_owned() };
        let checked = match (&made.replayed, made.faults.is_empty()) {
            _ if !there => "-",
            (Some(replayed), true) if replayed.faults.is_empty() => "yes",
            (None, true) => "in part",
            _ => "FAULT",
        };
        let _ = writeln!(
            out,
            "  {:<32} {:>8} {:>10} {:>16}  {:<8} {}",
            shorten(&safe(&answer.name), 32),
            shown(made.jobs.len().to_string()),
            shown(format!("{}.{}", tenths / 10, tenths % 10)),
            shown(number(made.solved.cost)),
            checked,
            end(made)
        );
    }
    super::price::told(answers, out);
    for answer in &answers.plans {
        let made = &answer.made;
        if made.core.is_some() {
            let _ = writeln!(out, "\n{}", safe(&answer.name));
            core(made, out);
        }
        let unplanned = made.requirements.not_planned.len();
        if unplanned > 0 {
            let measures = if unplanned == 1 { "measure has" } else { "measures have" };
            let _ = writeln!(
                out,
                "\n{0}: {unplanned} {measures} breaches that are not planned for; `banbury plan --regime {0}` names them",
                safe(&answer.name)
            );
        }
    }
}
