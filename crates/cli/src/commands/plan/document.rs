//! The plan as JSON (`schemas/plan.schema.json`) and as CSV, a row a replacement.

use super::price::{Against, against};
use super::summary::relaxed;
use super::{Answer, Answers};
use banbury_plan::schedule::Job;
use banbury_plan::solver::End;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    banbury: &'static str,
    case: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    synthetic: Option<&'a str>,
    regimes: &'a [String],
    from: String,
    by: String,
    gap_asked: f64,
    solver: &'static str,
    periods: Vec<[String; 2]>,
    assumed: &'a [String],
    plans: Vec<Plan<'a>>,
}

#[derive(Serialize)]
struct Plan<'a> {
    name: &'a str,
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<f64>,
    devices_in_play: usize,
    classes: usize,
    choices: usize,
    bounds: usize,
    by_period: Vec<Sum>,
    replacements: Vec<Replacement<'a>>,
    cannot_hold_together: Vec<Member<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<Rest<'a>>,
    checked: Checked,
    not_planned: Vec<NotPlanned<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    against: Vec<Against<'a>>,
}

#[derive(Serialize)]
struct Sum {
    devices: usize,
    crew_days: f64,
    equipment: u64,
    labour: u64,
    written_off: u64,
}

#[derive(Serialize)]
struct Replacement<'a> {
    device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    from: Equipment<'a>,
    to: Equipment<'a>,
    period: usize,
    order: u64,
    crew_days: f64,
    equipment: u64,
    labour: u64,
    written_off: u64,
    measures: Vec<String>,
}

#[derive(Serialize)]
struct Equipment<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
}

#[derive(Serialize)]
struct Member<'a> {
    requirement: &'a str,
    relaxed: String,
}

/// The cheapest plan for what can hold together.
#[derive(Serialize)]
struct Rest<'a> {
    without: &'a [String],
    cost: f64,
    devices: usize,
}

#[derive(Serialize)]
struct Checked {
    faults: Vec<String>,
    regimes_applied: bool,
    days: usize,
    verdicts: Vec<Turn>,
}

#[derive(Serialize)]
struct Turn {
    measure: String,
    before: &'static str,
    after: &'static str,
}

#[derive(Serialize)]
struct NotPlanned<'a> {
    measure: String,
    title: &'a str,
    subjects: &'a [String],
    why: &'a str,
}

/// The plan as JSON.
pub(super) fn json(answers: &Answers) -> anyhow::Result<String> {
    let document = Document {
        schema: "urn:banbury:schema:plan:1",
        banbury: env!("CARGO_PKG_VERSION"),
        case: &answers.case,
        synthetic: answers.synthetic.as_deref(),
        regimes: &answers.regimes,
        from: answers.from.to_string(),
        by: answers.by.to_string(),
        gap_asked: answers.gap,
        solver: answers.solver,
        periods: answers
            .periods
            .iter()
            .map(|period| [period.first.to_string(), period.last.to_string()])
            .collect(),
        assumed: &answers.assumed,
        plans: answers.plans.iter().map(|answer| plan(answers, answer)).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn plan<'a>(answers: &'a Answers, answer: &'a Answer) -> Plan<'a> {
    let made = &answer.made;
    let solved = &made.solved;
    let there = solved.taken.is_some();
    let [classes, choices, bounds] = made.size;
    let mut not_planned: Vec<NotPlanned<'_>> = made
        .requirements
        .not_planned
        .iter()
        .map(|one| NotPlanned {
            measure: one.asking.name(),
            title: &one.asking.title,
            subjects: &one.subjects,
            why: one.why,
        })
        .collect();
    not_planned.extend(made.requirements.attested.iter().map(|one| NotPlanned {
        measure: one.name(),
        title: &one.title,
        subjects: &[],
        why: "an attestation decides it, no replacement",
    }));
    let members = made.core.iter().flat_map(|core| &core.members).zip(&made.words);
    Plan {
        name: &answer.name,
        end: match solved.end {
            End::Proven => "proven",
            End::Infeasible => "infeasible",
            End::Stopped => "stopped",
            End::Exhausted => "exhausted",
        },
        cost: there.then_some(solved.cost),
        bound: solved.bound.is_finite().then_some(solved.bound),
        gap: there.then(|| solved.gap()),
        devices_in_play: made.requirements.in_play.len(),
        classes,
        choices,
        bounds,
        by_period: (0..answers.periods.len()).map(|period| sum(&made.jobs, period)).collect(),
        replacements: made.jobs.iter().filter_map(|job| replacement(answers, answer, job)).collect(),
        cannot_hold_together: members
            .map(|(member, words)| Member {
                requirement: words,
                relaxed: relaxed(member.relaxed.as_ref(), &member.requirement),
            })
            .collect(),
        rest: made.rest.as_ref().map(|rest| Rest {
            without: &rest.without,
            cost: rest.cost,
            devices: rest.jobs.len(),
        }),
        checked: Checked {
            faults: made
                .faults
                .iter()
                .cloned()
                .chain(made.replayed.iter().flat_map(|one| &one.faults).map(ToString::to_string))
                .collect(),
            regimes_applied: made.replayed.is_some(),
            days: made.replayed.as_ref().map_or(0, |one| one.days),
            verdicts: made
                .replayed
                .iter()
                .flat_map(|one| &one.verdicts)
                .map(|(measure, before, after)| Turn {
                    measure: measure.clone(),
                    before: before.as_str(),
                    after: after.as_str(),
                })
                .collect(),
        },
        not_planned,
        against: against(answers, answer),
    }
}

fn sum(jobs: &[Job], period: usize) -> Sum {
    let of_period = || jobs.iter().filter(|job| job.period == period);
    Sum {
        devices: of_period().count(),
        crew_days: of_period().map(|job| job.tenths).sum::<u64>() as f64 / 10.0,
        equipment: of_period().map(|job| job.price).sum(),
        labour: of_period().map(|job| job.labour).sum(),
        written_off: of_period().map(|job| job.written_off).sum(),
    }
}

fn replacement<'a>(answers: &'a Answers, answer: &'a Answer, job: &Job) -> Option<Replacement<'a>> {
    let unit = answers.inventory.units.get(job.unit)?;
    let new = answers.options.candidates.get(job.candidate)?;
    let measures = job.ends.iter().filter_map(|at| answer.made.requirements.measures.get(*at));
    Some(Replacement {
        device: &unit.name,
        site: unit.site.as_deref(),
        region: unit.region.as_deref(),
        from: Equipment { vendor: unit.vendor.as_deref(), product: unit.product.as_deref() },
        to: Equipment { vendor: Some(&new.vendor), product: Some(&new.product) },
        period: job.period + 1,
        order: job.slot,
        crew_days: job.tenths as f64 / 10.0,
        equipment: job.price,
        labour: job.labour,
        written_off: job.written_off,
        measures: measures.map(banbury_plan::requirement::Asking::name).collect(),
    })
}

/// The plan as CSV: a row a replacement.
pub(super) fn csv(answers: &Answers) -> String {
    let mut out = String::from(
        "plan,device,site,region,from_vendor,from_product,to_vendor,to_product,period,begins,ends,order,crew,crew_days,equipment,labour,written_off,cost,measures\n",
    );
    for answer in &answers.plans {
        for job in &answer.made.jobs {
            let Some(one) = replacement(answers, answer, job) else { continue };
            let dates = answers.periods.get(job.period);
            let cells: Vec<String> = vec![
                answer.name.clone(),
                one.device.to_owned(),
                one.site.unwrap_or_default().to_owned(),
                one.region.unwrap_or_default().to_owned(),
                one.from.vendor.unwrap_or_default().to_owned(),
                one.from.product.unwrap_or_default().to_owned(),
                one.to.vendor.unwrap_or_default().to_owned(),
                one.to.product.unwrap_or_default().to_owned(),
                one.period.to_string(),
                dates.map_or_else(String::new, |period| period.first.to_string()),
                dates.map_or_else(String::new, |period| period.last.to_string()),
                one.order.to_string(),
                one.region.unwrap_or_default().to_owned(),
                format!("{:.1}", one.crew_days),
                one.equipment.to_string(),
                one.labour.to_string(),
                one.written_off.to_string(),
                job.cost().to_string(),
                one.measures.join(" "),
            ];
            let row: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            out.push_str(&row.join(","));
            out.push('\n');
        }
    }
    out
}

/// A cell as CSV writes it. One that a spreadsheet would take for a formula has an apostrophe before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// Jobs by region and period, for the picture.
pub(super) fn by_region<'a>(
    answers: &'a Answers,
    answer: &'a Answer,
) -> BTreeMap<&'a str, Vec<Vec<&'a Job>>> {
    let mut found: BTreeMap<&str, Vec<Vec<&Job>>> = BTreeMap::new();
    for job in &answer.made.jobs {
        let Some(unit) = answers.inventory.units.get(job.unit) else { continue };
        let region = unit.region.as_deref().unwrap_or("(no region)");
        let of_region = found.entry(region).or_insert_with(|| vec![Vec::new(); answers.periods.len()]);
        if let Some(list) = of_region.get_mut(job.period) {
            list.push(job);
        }
    }
    found
}
