//! The answers on stdout.

use super::{Answered, Answers, carried, chance, held};
use crate::terminal::{Tone, paint, safe, shorten};
use banbury_evidence::Verdict;
use banbury_network::scenario::{self, Answer, Met, Overview, Reach, Verb, grouped};

/// Lines of one list; the rest are counted.
pub(super) const LINES: usize = 10;
/// Rows of the table of labels.
const ROWS: usize = 30;

/// Writing to a String cannot fail, so the result is dropped.
macro_rules! line {
    ($text:expr, $($arguments:tt)*) => {{
        use std::fmt::Write as _;
        let _ = writeln!($text, $($arguments)*);
    }};
}
pub(super) use line;

pub(super) fn of(answers: &Answers) -> String {
    let mut text = String::new();
    line!(text, "{}, as of {}", safe(&answers.case), answers.as_of);
    if let Some(made_by) = &answers.synthetic {
        line!(text, "SYNTHETIC NETWORK: it describes no real one; it was made by {}", safe(made_by));
    }
    let functions = if answers.functions.is_empty() {
        "no demands: connectivity alone".to_owned()
    } else {
        format!("asked for: {}", shorten(&safe(&answers.functions.join(", ")), 60))
    };
    line!(
        text,
        "{} in service, {}, {}; {functions}",
        counted(answers.devices, "device"),
        counted(answers.links, "link"),
        scenario::counted(answers.subscribers, "subscriber")
    );
    if let Some(carries) = &answers.carries {
        carried::before(&mut text, carries);
    }
    carried::model(&mut text, answers);
    if answers.scenarios.len() > 1 {
        table(&mut text, answers);
    }
    for answered in &answers.scenarios {
        one(&mut text, answers, answered);
    }
    if let Some((overview, share)) = &answers.overview {
        each(&mut text, answers, overview, *share);
    }
    if let Some(drawn) = &answers.drawn {
        chance::chance(&mut text, drawn);
    }
    line!(text, "\nNot looked at");
    let capacity = if answers.carries.is_some() { "" } else { "capacity, " };
    let cascade = if answers.cascade.is_some() { "" } else { ", failures that follow from the first" };
    line!(text, "  {capacity}routing policy{cascade}; what a firewall keeps apart");
    for gap in &answers.gaps {
        line!(text, "  {}", safe(gap));
    }
    super::fit::fit(&text)
}

/// One row a scenario, with columns for what was looked at.
fn table(text: &mut String, answers: &Answers) {
    let beyond = |cell: &str| if answers.carries.is_some() { format!(" {cell:>11}") } else { String::new() };
    let cascade = |cell: &str| if answers.cascade.is_some() { format!(" {cell:>11}") } else { String::new() };
    line!(
        text,
        "\n{:<28} {:>8} {:>7} {:>12} {:>8}{}{} {:>8}",
        "Scenario",
        "devices",
        "sites",
        "subscribers",
        "",
        beyond("beyond"),
        cascade("cascade"),
        "verdicts"
    );
    for Answered { answer, verdicts, capacity, cascade: followed, .. } in &answers.scenarios {
        let verdicts = verdicts.as_ref().map_or("-".to_owned(), |changes| changes.len().to_string());
        line!(
            text,
            "{:<28} {:>8} {:>7} {:>12} {:>8}{}{} {:>8}",
            shorten(&safe(&answer.name), 28),
            grouped(answer.devices.len() as u64),
            grouped(answer.sites.len() as u64),
            grouped(answer.subscribers),
            percent(answer.subscribers, answer.served_before),
            beyond(&capacity.as_ref().map_or("-".to_owned(), |found| grouped(found.beyond))),
            cascade(&followed.as_ref().map_or("-".to_owned(), |found| grouped(found.subscribers))),
            verdicts
        );
    }
    if answers.carries.is_some() {
        line!(text, "  beyond: subscribers beyond capacity, besides those lost");
    }
    if answers.cascade.is_some() {
        line!(text, "  cascade: subscribers who have lost something in the end, those lost included");
    }
}

fn one(text: &mut String, answers: &Answers, answered: &Answered) {
    let Answered { scenario, answer, reach, capacity, cascade, verdicts } = answered;
    line!(text, "\n{}", paint(&safe(&answer.name), Tone::Strong));
    if scenario.events.len() > 1 || scenario.events.iter().all(|event| event.text() != answer.name) {
        for event in &scenario.events {
            line!(text, "  {}", safe(&event.text()));
        }
    }
    let goes_on = |event: &&scenario::Event| event.verb.is_hostile() || event.verb == Verb::Unsupported;
    for event in scenario.events.iter().filter(goes_on) {
        let name = format!("{} {}", event.kind.as_str(), event.name);
        line!(text, "  {} goes on; it counts below as if it failed or were switched off", safe(&name));
    }
    let banned = scenario.events.iter().any(|event| event.verb == Verb::Ban);
    let stated = match (answer.cost.stated, answer.cost.unknown) {
        (0, 0) if banned && !answer.devices.is_empty() => {
            "; to replace them costs nothing by the tables".to_owned()
        }
        (0, unknown) if banned && unknown > 0 => {
            format!("; the tables do not say what it costs to replace {}", counted(unknown, "device"))
        }
        (0, _) => String::new(),
        (stated, 0) => format!("; to replace them costs {} by the tables", grouped(stated)),
        (stated, unknown) => {
            format!(
                "; to replace them costs {} by the tables, which do not say it of {unknown}",
                grouped(stated)
            )
        }
    };
    let links =
        if answer.links > 0 { format!(" and {} links", grouped(answer.links as u64)) } else { String::new() };
    line!(text, "  {:<14}{}{links}{stated}", "touches", counted(answer.devices.len(), "device"));
    line!(
        text,
        "  {:<14}{}, {} of {} subscribers ({})",
        "lost",
        counted(answer.sites.len(), "site"),
        grouped(answer.subscribers),
        grouped(answer.served_before),
        percent(answer.subscribers, answer.served_before)
    );
    functions(text, answer);
    list(
        text,
        "sites",
        answer.sites.iter().map(|site| {
            let functions = if site.functions.is_empty() {
                String::new()
            } else {
                format!(": {}", safe(&site.functions.join(", ")))
            };
            let how = if site.is_empty { "nothing there remains" } else { "cut off" };
            format!(
                "{} ({} subscribers, {how}){}",
                safe(&site.site),
                grouped(site.subscribers),
                shorten(&functions, 60)
            )
        }),
        answer.sites.len(),
    );
    if let Some(capacity) = capacity {
        carried::after(text, capacity);
    }
    if let Some(cascade) = cascade {
        carried::cascade(text, cascade);
    }
    if let Some(reach) = reach {
        within_reach(text, reach);
    }
    if let Some(changes) = verdicts {
        let what =
            if changes.is_empty() { "none changes".to_owned() } else { format!("{} change", changes.len()) };
        line!(text, "  {:<14}{what}, as of {}", "verdicts", answers.as_of);
        for change in changes.iter().take(LINES) {
            let tone = match change.after {
                Verdict::Breached => Tone::Bad,
                Verdict::Inconclusive => Tone::Unsure,
                Verdict::Met | Verdict::NotApplicable => Tone::Good,
            };
            let now = paint(change.after.as_str(), tone);
            let breached = match change.breached {
                [before, after] if change.before == change.after => {
                    format!(" ({before} -> {after} subjects)")
                }
                _ => String::new(),
            };
            line!(
                text,
                "    {}/{}: {} -> {now}{breached}",
                change.regime,
                change.measure,
                change.before.as_str()
            );
            line!(text, "      {}", shorten(&safe(&change.reason), 160));
        }
        more(text, changes.len());
    }
    list(text, "to keep it", answer.prevented_by.iter().map(|one| safe(one)), answer.prevented_by.len());
}

fn functions(text: &mut String, answer: &Answer) {
    let losing = answer
        .functions
        .iter()
        .filter(|loss| !loss.function.is_empty() && (loss.sites_lost > 0 || loss.remaining < loss.carriers));
    let all: Vec<String> = losing
        .map(|loss| {
            format!(
                "{:<8} carriers {} of {}; lost at sites {} of {}, subscribers {}",
                safe(&loss.function),
                loss.remaining,
                loss.carriers,
                grouped(loss.sites_lost as u64),
                grouped(loss.sites as u64),
                grouped(loss.subscribers_lost)
            )
        })
        .collect();
    let count = all.len();
    list(text, "functions", all.into_iter(), count);
}

fn within_reach(text: &mut String, reach: &Reach) {
    line!(
        text,
        "  {:<14}{} held; {} more by a link",
        "within reach",
        counted(reach.held.len(), "device"),
        grouped(reach.linked as u64)
    );
    for (segment, others) in reach.segments.iter().take(LINES) {
        line!(text, "    segment {}: {} beside", safe(segment), counted(*others, "device"));
    }
    more(text, reach.segments.len());
    if !reach.contained.is_empty() {
        line!(
            text,
            "    what happens in it stays in it, as stated: segment {}",
            safe(&reach.contained.join(", segment "))
        );
    }
    if reach.without_segment > 0 {
        line!(text, "    of {} held no segment is stated", counted(reach.without_segment, "device"));
    }
    if reach.added.len() > 1 {
        let steps: Vec<String> = reach.added.iter().map(|count| grouped(*count as u64)).collect();
        line!(text, "    further over the management plane, each device reached taken over in turn;");
        line!(text, "    devices added by each step: {}", steps.join(", "));
    }
    for (what, devices) in [
        ("management", &reach.management),
        ("lawful intercept", &reach.interception),
        ("subscribers' data", &reach.subscriber_data),
    ] {
        met(text, what, devices);
    }
}

/// Devices that matter by what they do, the nearest first.
fn met(text: &mut String, what: &str, devices: &[Met]) {
    if devices.is_empty() {
        line!(text, "    {what} (0): none");
        return;
    }
    line!(text, "    {what} ({}):", grouped(devices.len() as u64));
    for one in devices.iter().take(LINES) {
        let way = match one.way.as_slice() {
            [] => "held".to_owned(),
            [from] => format!("1 step, from {}", safe(from)),
            way => format!("{} steps, over {}", one.steps, shorten(&safe(&way.join(", ")), 100)),
        };
        line!(text, "      {} ({}): {way}", safe(&one.device), safe(&one.does.join(", ")));
    }
    if devices.len() > LINES {
        line!(
            text,
            "      ... and {} more: all of them with -o json=PATH",
            grouped((devices.len() - LINES) as u64)
        );
    }
}

fn each(text: &mut String, answers: &Answers, overview: &Overview, share: u8) {
    let kind = overview.kind.as_str();
    line!(text, "\nEach {kind}: {} of them", grouped(overview.labels.len() as u64));
    if overview.labels.is_empty() {
        line!(text, "  nothing in service states one");
        return;
    }
    line!(text, "  {:<32} {:>9} {:>9} {:>14}  {}", kind, "devices", "links", "subscribers", "lose");
    for cost in overview.labels.iter().take(ROWS) {
        line!(
            text,
            "  {:<32} {:>9} {:>9} {:>14}  {}",
            shorten(&safe(&cost.name), 32),
            grouped(cost.devices as u64),
            grouped(cost.links as u64),
            grouped(cost.subscribers),
            safe(&cost.function)
        );
    }
    if overview.labels.len() > ROWS {
        line!(text, "  ... and {} more: all of them with -o json=PATH", overview.labels.len() - ROWS);
    }
    match overview.pairs.as_deref() {
        None => {
            line!(text, "  pairs: not looked at, above {} of a kind", grouped(scenario::MOST_PAIRED as u64))
        }
        Some([]) => line!(text, "  pairs: no two cost more together than either alone"),
        Some(pairs) => {
            line!(
                text,
                "  pairs that cost more together, the most first ({} of {}):",
                pairs.len(),
                grouped(overview.pairs_in_all as u64)
            );
            for pair in pairs {
                line!(
                    text,
                    "    {} + {}: {} subscribers lose {} (alone {} at most)",
                    safe(&pair.names[0]),
                    safe(&pair.names[1]),
                    grouped(pair.subscribers),
                    if pair.function.is_empty() { "connection".to_owned() } else { safe(&pair.function) },
                    grouped(pair.alone)
                );
            }
        }
    }
    fewest(text, answers, overview, share);
    if !overview.concentration.is_empty() {
        line!(text, "  concentration (HHI of 10,000; as many equal ones):");
    }
    for shares in overview.concentration.iter().take(LINES) {
        line!(
            text,
            "    {:<16} {:>6.0}  {:>5.1}  largest {} with {:.0} % of {}",
            if shares.function.is_empty() { "all devices".to_owned() } else { safe(&shares.function) },
            shares.concentration.points(),
            shares.concentration.effective,
            safe(&shares.largest),
            shares.concentration.largest * 100.0,
            grouped(shares.devices)
        );
    }
    more(text, overview.concentration.len());
    let (devices, links) = overview.unlabelled;
    line!(
        text,
        "  without a {kind}: {} devices, {} links, which no {kind} takes away",
        grouped(devices as u64),
        grouped(links as u64)
    );
}

fn fewest(text: &mut String, answers: &Answers, overview: &Overview, share: u8) {
    let Some(fewest) = &overview.fewest else {
        let most = grouped(scenario::MOST_PAIRED as u64);
        line!(text, "  fewest: not looked for, above {most} of a kind");
        return;
    };
    if answers.functions.is_empty() {
        line!(text, "  fewest: it takes demands to say what is to be cut off");
    }
    for one in fewest.iter().take(LINES) {
        line!(text, "{}", held::line(one, share, &safe(&one.function), 80));
    }
    more(text, fewest.len());
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>, count: usize) {
    for (number, one) in lines.take(LINES).enumerate() {
        line!(text, "  {:<14}{one}", if number == 0 { title } else { "" });
    }
    if count > LINES {
        line!(text, "  {:<14}... and {} more: all of them with -o json=PATH", "", count - LINES);
    }
}

fn more(text: &mut String, count: usize) {
    if count > LINES {
        line!(text, "    ... and {} more: all of them with -o json=PATH", count - LINES);
    }
}

/// A count with its noun.
fn counted(count: usize, what: &str) -> String {
    scenario::counted(count as u64, what)
}

/// A share with one digit; what is not nothing or all is not shown as that.
fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole as f64;
    match part {
        _ if whole == 0 => "-".to_owned(),
        0 => "0 %".to_owned(),
        all if all == whole => "100 %".to_owned(),
        _ if share < 0.1 => "< 0.1 %".to_owned(),
        _ if share > 99.9 => "> 99.9 %".to_owned(),
        _ => format!("{share:.1} %"),
    }
}
