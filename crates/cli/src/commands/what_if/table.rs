//! The table of scenarios as comma-separated values (RFC 4180), a row each. What was not looked at is an empty cell.

use super::carried::mbps;
use super::{Answered, Answers};

const HEADINGS: &[&str] = &[
    "scenario",
    "events",
    "devices",
    "links",
    "sites_lost",
    "subscribers_lost",
    "subscribers_served_before",
    "functions_without_carrier",
    "replacement_cost",
    "devices_without_cost",
    "asked_mbps",
    "connected_mbps",
    "carried_at_least_mbps",
    "carried_at_most_mbps",
    "subscribers_beyond_capacity",
    "cascade_rounds",
    "cascade_links",
    "cascade_subscribers_lost",
    "held",
    "reached",
    "management_in_reach",
    "interception_in_reach",
    "subscriber_data_in_reach",
    "verdicts_changed",
    "to_keep_it",
];

pub(super) fn of(answers: &Answers) -> String {
    let mut text = HEADINGS.join(",") + "\r\n";
    for answered in &answers.scenarios {
        let cells: Vec<String> = row(answered).iter().map(|cell| quoted(cell)).collect();
        text += &cells.join(",");
        text += "\r\n";
    }
    text
}

fn row(answered: &Answered) -> Vec<String> {
    let Answered { scenario, answer, reach, capacity, cascade, verdicts } = answered;
    let events: Vec<String> = scenario.events.iter().map(banbury_network::scenario::Event::text).collect();
    let without = answer.functions.iter().filter(|loss| loss.remaining == 0 && loss.carriers > 0);
    let mut cells = vec![
        answer.name.clone(),
        events.join(" + "),
        answer.devices.len().to_string(),
        answer.links.to_string(),
        answer.sites.len().to_string(),
        answer.subscribers.to_string(),
        answer.served_before.to_string(),
        without.map(|loss| loss.function.as_str()).collect::<Vec<_>>().join(" "),
        answer.cost.stated.to_string(),
        answer.cost.unknown.to_string(),
    ];
    let plain = |kbps: u64| mbps(kbps).replace(',', "");
    cells.extend(match capacity {
        Some(found) => [
            plain(found.asked),
            plain(found.connected),
            plain(found.at_least),
            plain(found.at_most),
            found.beyond.to_string(),
        ],
        None => Default::default(),
    });
    cells.extend(match cascade {
        Some(found) => [
            found.rounds.len().to_string(),
            found.rounds.iter().map(|round| round.links.len()).sum::<usize>().to_string(),
            found.subscribers.to_string(),
        ],
        None => Default::default(),
    });
    cells.extend(match reach {
        Some(reach) => [
            reach.held.len().to_string(),
            reach.added.iter().sum::<usize>().to_string(),
            reach.management.len().to_string(),
            reach.interception.len().to_string(),
            reach.subscriber_data.len().to_string(),
        ],
        None => Default::default(),
    });
    cells.push(verdicts.as_ref().map_or(String::new(), |changes| changes.len().to_string()));
    cells.push(answer.prevented_by.join("; "));
    cells
}

/// A cell in quotation marks where it needs them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_what_they_hold() {
        assert_eq!(quoted("a"), "a");
        assert_eq!(quoted("a, \"b\"\n"), "\"a, \"\"b\"\"\n\"");
    }
}
