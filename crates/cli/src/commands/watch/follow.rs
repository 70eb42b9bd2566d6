//! `--follow`: reads what is added to files, until it is interrupted.
//!
//! Files are looked at every second (`files`). Those that end in `.gz` or `.zst` are what Zeek makes of those that were read already, and
//! are left out. What cannot be read is said once, and tried again at each look.

mod files;

use super::ask;
use super::child::{Answer, Task};
use super::{Report, Watch};
use crate::commands::interrupt;
use crate::{Outcome, terminal};
use anyhow::Context as _;
use banbury_traffic::networks::Inside;
use banbury_traffic::probes::ends;
use files::Files;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often files are looked at.
const TURN: Duration = Duration::from_secs(1);

pub(super) fn run(arguments: &Watch, task: &Task, inside: &Inside) -> anyhow::Result<Outcome> {
    for path in &arguments.inputs {
        // A name that is wrong would be waited for without end.
        std::fs::metadata(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    }
    let stop = interrupt::stop_on_signal(&task.scratch, "banbury-watch")?;
    let mut asked = ask::start(task, &[], None)?;
    let mut files = Files::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut weighed = Instant::now();
    let every = Duration::from_secs(arguments.every);
    terminal::note("following; Ctrl-C ends with the summary");
    while !stop.load(Ordering::SeqCst) {
        let read = files.look(&arguments.inputs, &mut asked)?;
        if weighed.elapsed() >= every {
            let answer = asked.weigh()?;
            tell(report(arguments, &files, Vec::new(), answer, inside), &mut told)?;
            weighed = Instant::now();
        }
        if read == 0 {
            std::thread::sleep(TURN.min(every));
        }
    }
    files.look(&arguments.inputs, &mut asked)?;
    let answer = asked.finish()?;
    let report = report(arguments, &files, files.left(), answer, inside);
    report.write(arguments)?;
    Ok(report.outcome(arguments.fail_on))
}

fn report(arguments: &Watch, files: &Files, left: Vec<String>, answer: Answer, inside: &Inside) -> Report {
    let paths = files.paths();
    let hashes = vec![None; paths.len()];
    let mut report = Report::new(paths, hashes, answer, left, arguments, inside);
    report.leave_what_is_not_worth_telling();
    report
}

/// Prints what was found for the first time.
fn tell(report: Report, told: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for one in &report.rows {
        for (_, finding) in &one.findings {
            if told.insert(format!("{} {}", finding.info.code, ends(&one.pair))) {
                let weight =
                    finding.weight.as_ref().map_or(String::new(), |it| format!(" {:+.1} dB", it.decibans));
                writeln!(out, "{}{weight}: {}", finding.info.code, terminal::safe(&finding.title))?;
            }
        }
    }
    for title in report.leaps().iter().map(banbury_traffic::probes::volume::title) {
        if told.insert(title.clone()) {
            writeln!(out, "traffic.volume: {}", terminal::safe(&title))?;
        }
    }
    Ok(out.flush()?)
}
