//! Far more leaves a device than ever before: what taking data away by volume looks like. See [`crate::volume`] for what is counted.

use super::{instant, span};
use crate::pairs::Leap;
use crate::volume::HOUR;
use banbury_evidence::{Claim, CodeInfo, Description, Grade, Location, Subject, SubjectKind};

/// What it finds, how, when it is wrong, what it misses.
pub static DESCRIPTION: Description = Description {
    name: "volume",
    version: "1",
    finds: "hours and days in which far more left an address inside for addresses outside than in any before",
    how: "Bytes that went from inside to outside are added up by address and hour of UTC. Told is an hour against all earlier ones (24 at \
          least), or a day against all earlier ones (7 at least), of 20 MiB and more, three times as large as the largest before, and four \
          robust deviations above their median on a logarithmic scale.",
    wrong: "Backups, updates of others, a new task, a customer's own traffic behind the device: whatever is new and large.",
    misses: &[
        "what leaves slowly, or no faster than three times what left before",
        "devices that sent nothing outside before, and recordings of less than a day; what was sent before the recording is not known",
        "a device whose history already holds it: what stood out once is history afterwards",
        "what goes to addresses inside first; bytes count to the hour in which their connection began",
        "contacts of a pair beyond the first 1,000,000, whose hours are not kept",
    ],
    codes: &[VOLUME],
    source: "the figures are Banbury's own, counted in docs/watch.md; P. J. Rousseeuw and C. Croux, Alternatives to the Median Absolute Deviation, 1993",
};

const VOLUME: CodeInfo = CodeInfo {
    code: "traffic.volume",
    title: "Far more left a device than ever before",
    grade: Grade::Low,
    meaning: "In one hour or day an address inside sent several times as much to addresses outside as in any earlier one of the records. \
              Data may have been taken away; a backup, an update or a new task looks the same.",
    remedy: "Find out what was sent, to whom, and who asked for it; the claim names who got most.",
    cwe: &[],
};

/// Whom a claim is about: an address inside, to anybody outside.
pub fn subject(leap: &Leap) -> Subject {
    Subject::named(SubjectKind::Flow, format!("{} > outside", leap.source))
}

/// One line for a person.
pub fn title(leap: &Leap) -> String {
    let excess = &leap.excess;
    let many = excess.bytes as f64 / excess.largest.max(1) as f64;
    let than = if excess.largest == 0 {
        "where nothing did before".to_owned()
    } else {
        format!("{many:.1} times the most before")
    };
    format!(
        "{} sent {} outside in the {} from {}, {than}",
        leap.source,
        size(excess.bytes),
        excess.period.as_str(),
        instant(excess.hour.saturating_mul(HOUR))
    )
}

/// The claim that it is; `location` is where the first record of the connections that sent most stands.
pub fn claim(leap: &Leap, location: Location) -> Claim {
    let excess = &leap.excess;
    let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    Claim::observation(&VOLUME, subject(leap), title(leap))
        .fact("source", leap.source.to_string())
        .fact("period", excess.period.as_str())
        .fact("start", instant(excess.hour.saturating_mul(HOUR)))
        .dated("last", instant((excess.hour + excess.period.hours()).saturating_mul(HOUR)))
        .dated("bytes", whole(excess.bytes))
        .dated("largest before", whole(excess.largest))
        .dated("earlier periods", i64::try_from(excess.periods).unwrap_or(i64::MAX))
        .dated("to", leap.to.to_string())
        .note(format!(
            "{} earlier {}s ({}): median {}, largest {}; {:.1} robust deviations above the median",
            excess.periods,
            excess.period.as_str(),
            span((excess.periods as u64).saturating_mul((excess.period.hours() * HOUR).unsigned_abs())),
            size(excess.median as u64),
            size(excess.largest),
            excess.deviations
        ))
        .note(format!("most of one hour, {}, went to {}", size(leap.most), leap.to))
        .at(location)
}

/// Bytes for a person.
pub fn size(bytes: u64) -> String {
    let value = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", value / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", value / 1_048_576.0),
        _ => format!("{:.1} GiB", value / 1_073_741_824.0),
    }
}
