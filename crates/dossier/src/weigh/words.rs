//! The page's sentences for who reads nothing else.

use super::figure::share;
use super::{Hidden, Kind, Weighing};
use banbury_evidence::Grade;
use banbury_network::scenario::{counted, grouped};

/// The hypothesis, with its formula.
pub(super) fn hypothesis(hidden: &Hidden) -> String {
    let places = hidden.read + hidden.linked_statically;
    match hidden.figure {
        None => {
            "Weighed would be whether one of its programs holds a planted secret; none was read.".to_owned()
        }
        Some(_) => format!(
            "Weighed is: one of {} holds a secret that was planted, each as likely as the other, over: none does. \
             L = (L1 + ... + Ln) / n, of n = {}.",
            if places == 1 {
                "1 program".to_owned()
            } else {
                format!("these {}", counted(places, "program"))
            },
            grouped(places)
        ),
    }
}

pub(super) fn in_short(weighing: &Weighing) -> Vec<String> {
    let mut all = vec![hidden(&weighing.hidden_access)];
    if let Some(where_from) = strongest(&weighing.hidden_access) {
        all.push(where_from);
    }
    all.push(observed(weighing));
    let missing = weighing.not_looked.len() as u64;
    let what = match weighing.kind {
        Kind::Device | Kind::Product | Kind::Vendor if weighing.images.is_empty() => {
            "Nothing of its software was looked at.".to_owned()
        }
        _ if missing == 0 => "Nothing that a probe looks for was left out.".to_owned(),
        _ if missing == 1 => {
            "Of what a probe looks for, 1 thing was not looked at; it stands below.".to_owned()
        }
        _ => format!(
            "Of what a probe looks for, {} things were not looked at; they stand below.",
            grouped(missing)
        ),
    };
    all.push(what);
    all
}

fn hidden(hidden: &Hidden) -> String {
    let Some(figure) = hidden.figure else {
        return "Hidden access: not looked at; no program was read.".to_owned();
    };
    let counting = hidden.findings.iter().filter(|finding| finding.counts).count() as u64;
    let found = match counting {
        0 => format!("nothing of 0 dB or more in {}", counted(hidden.read, "program")),
        some => {
            format!("{} of 0 dB or more in {}", counted(some, "finding"), counted(hidden.read, "program"))
        }
    };
    format!("Hidden access: {found}. All in all {}, {}.", figure.text(), figure.odds())
}

/// So that a hundred clean programs do not bury one finding without its being said.
fn strongest(hidden: &Hidden) -> Option<String> {
    let strongest = hidden.strongest?;
    let figure = hidden.figure?;
    let share_of = hidden.share_of_strongest.unwrap_or_default();
    let others = hidden.read + hidden.linked_statically - 1;
    let place = match others {
        0 => String::new(),
        _ if figure.decibans < strongest.decibans => format!(
            " That it is one of {} lowers what all of it comes to, and clears nothing: if one holds a secret, it is this one with {}.",
            counted(others + 1, "program"),
            share(share_of)
        ),
        _ => String::new(),
    };
    Some(format!("The strongest finding, by itself: {}.{place}", strongest.text()))
}

fn observed(weighing: &Weighing) -> String {
    let count =
        |grade: Grade| -> u64 { weighing.observed.iter().filter_map(|row| row.grades.get(&grade)).sum() };
    let not_looked: Vec<&str> =
        weighing.observed.iter().filter(|row| row.looked_in == 0).map(|row| row.about).collect();
    if weighing.observed.iter().all(|row| row.looked_in == 0) {
        return "Observed: nothing, for no probe looked.".to_owned();
    }
    let gaps = match not_looked.is_empty() {
        true => String::new(),
        false => format!("; not looked for: {}", not_looked.join(", ")),
    };
    format!(
        "Observed: {} of high grade, {} medium, {} low{gaps}.",
        counted(count(Grade::High), "finding"),
        grouped(count(Grade::Medium)),
        grouped(count(Grade::Low))
    )
}
