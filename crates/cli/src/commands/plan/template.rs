//! A file of options made from the case, for a person to change.

use banbury_evidence::model::Model;
use banbury_plan::calendar::Period;
use banbury_plan::inventory::Inventory;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            character if character.is_control() => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04X}", character as u32);
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
}

/// The options.
pub(super) fn of(model: &Model, inventory: &Inventory, periods: &[Period], by: jiff::civil::Date) -> String {
    let mut out = String::new();
    let told: Vec<String> =
        periods.iter().map(|period| format!("{} to {}", period.first, period.last)).collect();
    let _ = write!(
        out,
        "# Options of `banbury plan`, made from the case: change what is not so. docs/plan.md describes every key.\n\
         # Periods as they stand: {}.\n\n\
         [work]\n\
         # Months of a period; periods are those of the calendar.\n\
         period_months = 6\n\
         # How many devices that back each other up one period can take, one after the other; 1: never two in one period.\n\
         slots = 26\n\
         # What a crew-day costs, in whole units of the case's currency.\n\
         crew_day = 0\n\
         # What it costs that a breach stands at the end of a period, for each subscriber of its site.\n\
         risk = 0.0\n\
         # The day by which breaches are ended that stand already (the plan's last day where it is left out).\n\
         # overdue_by = \"YYYY-MM-DD\"\n\
         # Functions whose devices at one site may be worked on at once.\n\
         together = []\n",
        told.join(", ")
    );
    let mut regions: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in &inventory.units {
        if let Some(region) = &unit.region {
            *regions.entry(region).or_default() += 1;
        }
    }
    out.push_str("\n# Crew-days by region in each whole period, or a list with one number a period. A region that is left out has as many as it takes.\n");
    for (region, devices) in regions {
        let _ = write!(
            out,
            "# [[crew]]\n# region = {}\n# days = {}  # {devices} devices stand there\n",
            quoted(region),
            devices.div_ceil(4).max(1)
        );
    }
    out.push_str(
        "\n# Devices that a vendor can deliver in each whole period.\n# [[capacity]]\n# vendor = \"\"\n# devices = 100\n\
         \n# Money for candidates and labour.\n# [budget]\n# total = 1000000\n# period = 250000\n\
         \n# A share that a vendor must not be over; `of` may hold role, function and region.\n\
         # [[cap]]\n# vendor = \"\"\n# share = 0.35\n# of = { role = \"\" }\n# from = \"YYYY-MM-DD\"\n\
         \n# Suppliers that have to be there.\n# [[suppliers]]\n# least = 2\n# of = { function = \"\" }\n",
    );
    out.push_str(
        "\n# What can take whose place: of the same role, carrying all of the device's functions.\n",
    );
    for candidate in inventory.candidates(model, by).0 {
        let _ = write!(
            out,
            "\n[[candidate]]\nproduct = {}\nvendor = {}\n",
            quoted(&candidate.product),
            quoted(&candidate.vendor)
        );
        if let Some(platform) = &candidate.platform {
            let _ = writeln!(out, "platform = {}", quoted(platform));
        }
        if !candidate.roles.is_empty() {
            let _ = writeln!(out, "roles = {}", list(&candidate.roles));
        }
        if !candidate.functions.is_empty() {
            let _ = writeln!(out, "functions = {}", list(&candidate.functions));
        }
        let unknown = if candidate.price == 0 { "  # no record states it" } else { "" };
        let _ = write!(out, "price = {}{unknown}\ncrew_days = 1.0\nlead_days = 0\n", candidate.price);
        if let Some(day) = candidate.support_end {
            let _ = writeln!(out, "support_end = \"{day}\"");
        }
    }
    out
}
