//! The pairs as comma-separated values (RFC 4180), a row each. What is not known is an empty cell.

use super::Report;
use banbury_traffic::probes::{instant, protocol};

const HEADINGS: &[&str] = &[
    "source",
    "destination",
    "name",
    "port",
    "protocol",
    "service",
    "contacts",
    "unanswered",
    "first",
    "last",
    "sent",
    "received",
    "longest_s",
    "sources",
    "period_s",
    "jitter",
    "missing",
    "weight_db",
    "low_db",
    "high_db",
    "rita",
    "codes",
];

pub(super) fn of(report: &Report) -> String {
    let mut text = HEADINGS.join(",") + "\r\n";
    for told in &report.rows {
        let pair = &told.pair;
        let seconds = |microseconds: u64| format!("{:.3}", microseconds as f64 / 1e6);
        let beacon = pair.beacon.as_ref();
        let of_beacon =
            |text: fn(&banbury_traffic::pairs::BeaconWeight) -> String| beacon.map_or(String::new(), text);
        let codes: Vec<&str> = told.findings.iter().map(|(_, finding)| finding.info.code).collect();
        let cells = [
            pair.source.to_string(),
            pair.destination.map_or(String::new(), |address| address.to_string()),
            pair.name.clone().unwrap_or_default(),
            pair.port.map_or(String::new(), |port| port.to_string()),
            protocol(pair.protocol),
            pair.service.clone().unwrap_or_default(),
            pair.contacts.to_string(),
            pair.unanswered.to_string(),
            instant(pair.first),
            instant(pair.last),
            pair.sent.to_string(),
            pair.received.to_string(),
            seconds(pair.longest.max(0).unsigned_abs()),
            pair.sources.map_or(String::new(), |sources| sources.to_string()),
            beacon.map_or(String::new(), |beacon| seconds(beacon.period)),
            of_beacon(|beacon| format!("{:.3}", beacon.jitter)),
            of_beacon(|beacon| format!("{:.3}", beacon.missing)),
            of_beacon(|beacon| format!("{:.1}", beacon.decibans)),
            of_beacon(|beacon| format!("{:.1}", beacon.low)),
            of_beacon(|beacon| format!("{:.1}", beacon.high)),
            pair.rita.map_or(String::new(), |rita| format!("{:.3}", rita.score)),
            codes.join(" "),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text += &cells.join(",");
        text += "\r\n";
    }
    text
}

/// A cell in quotation marks where it needs them, and with one before what a spreadsheet would reckon with.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '@', '\t', '\r'])
        || (cell.starts_with(['+', '-']) && cell.parse::<f64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_what_they_hold_and_are_no_formulas() {
        assert_eq!(quoted("-3.5"), "-3.5");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-cmd"), "'-cmd");
    }
}
