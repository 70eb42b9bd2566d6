//! The texts behind `banbury explain <regime>` and `banbury explain <regime>/<measure>`.

use crate::compose;
use crate::error::RegimeError;
use crate::folder::find;
use crate::metadata::{Certainty, Measure, Regime, Start};
use std::fmt::Write as _;

/// Explains a built-in regime (`practice-2019`) or one of its measures (`practice-2019/lawful-intercept`); `None`
/// when there is no such thing.
pub fn explain(id: &str) -> Result<Option<String>, RegimeError> {
    let (regime, measure) =
        id.split_once('/').map_or((id, None), |(regime, measure)| (regime, Some(measure)));
    Ok(find(regime)?.and_then(|regime| match measure {
        None => Some(explain_regime(&regime)),
        Some(id) => regime
            .measures
            .iter()
            .find(|measure| measure.id == id)
            .map(|measure| explain_measure(&regime, measure)),
    }))
}

/// A regime: whose, since when, from where, what can be changed, which measures.
pub fn explain_regime(regime: &Regime) -> String {
    let mut text = String::new();
    heading(&mut text, &regime.id, &regime.title, &regime.summary);
    field(&mut text, "Authority", &regime.authority);
    field(&mut text, "Version", &regime.version);
    for (name, date) in [("Adopted", &regime.adopted), ("In force", &regime.in_force)] {
        if let Some(date) = date {
            field(&mut text, name, &format!("{date} [{}]", regime.dates_certainty.as_str()));
        }
    }
    field(&mut text, "Certainty", &certainty(regime.certainty));
    text.push_str("\nMeasures\n");
    for measure in &regime.measures {
        let line =
            format!("{}/{}: {} [{}]", regime.id, measure.id, measure.title, measure.certainty.as_str());
        wrap(&mut text, "  ", "      ", &line);
    }
    text.push_str("\nParameters\n");
    parameters(&mut text, regime, |_| true);
    text.push_str("\nSources\n");
    for source in &regime.sources {
        let line = format!("{} ({}) [{}]", source.title, source.citation, source.certainty.as_str());
        wrap(&mut text, "  ", "      ", &line);
    }
    text
}

fn since(start: &Start, regime: &Regime) -> String {
    match start {
        Start::Day(day) => day.to_string(),
        Start::Parameter(name) => match regime.parameters.get(name) {
            Some(parameter) => {
                format!("{} [{}], by the parameter {name}", parameter.value, parameter.certainty.as_str())
            }
            None => format!("by the parameter {name}"),
        },
    }
}

/// A measure: its clause, what it asks, how sure we are, what it needs, what decides it, the query.
pub fn explain_measure(regime: &Regime, measure: &Measure) -> String {
    let mut text = String::new();
    heading(&mut text, &format!("{}/{}", regime.id, measure.id), &measure.title, &measure.text);
    field(&mut text, "Clause", &measure.clause);
    field(&mut text, "Certainty", &certainty(measure.certainty));
    if let Some(start) = &measure.in_force_from {
        field(&mut text, "In force", &since(start, regime));
    } else if let Some(date) = &regime.in_force {
        field(&mut text, "In force", &format!("{date} [{}]", regime.dates_certainty.as_str()));
    }
    if measure.attested {
        field(&mut text, "Coverage", "by attestation: no model, image or traffic shows it");
    }
    field(&mut text, "Needs", &measure.needs.join(", "));
    if !measure.wants.is_empty() {
        let wants = measure.wants.join(", ");
        field(&mut text, "Wants", &format!("{wants} (without which only a breach can be shown)"));
    }
    field(&mut text, "Decided by", &measure.decides);
    field(&mut text, "Remedy", &measure.remedy);
    let sql = reached(regime, measure);
    let used = |name: &str| compose::has_parameter(&sql, name);
    if regime.parameters.keys().any(|name| used(name)) || !measure.bind.is_empty() {
        text.push_str("\nParameters\n");
        parameters(&mut text, regime, used);
        for (name, value) in &measure.bind {
            wrap(&mut text, "  ", "      ", &format!(":{name} = {value}: this measure's own"));
        }
    }
    let _ = writeln!(text, "\nQuery ({})\n{}", measure.query.file, measure.query.text.trim_end());
    text
}

/// A measure's query with the definitions that it reads, and those that these read.
fn reached(regime: &Regime, measure: &Measure) -> String {
    let mut sql = measure.query.text.clone();
    let mut scripts: Vec<(String, &str)> = Vec::new();
    for script in &regime.definitions {
        for one in compose::definitions(script).unwrap_or_default() {
            scripts.push((one.name.clone(), one.body(script)));
        }
    }
    // A definition reads only earlier ones.
    for (name, body) in scripts.iter().rev() {
        if compose::has_word(&sql, name) {
            sql.push('\n');
            sql.push_str(body);
        }
    }
    sql
}

fn parameters(text: &mut String, regime: &Regime, shown: impl Fn(&str) -> bool) {
    for (name, parameter) in regime.parameters.iter().filter(|(name, _)| shown(name)) {
        let unit = parameter.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let (value, meaning) = (&parameter.value, parameter.meaning.trim());
        let line = format!(":{name} = {value}{unit}: {meaning} [{}]", parameter.certainty.as_str());
        wrap(text, "  ", "      ", &line);
    }
}

fn certainty(certainty: Certainty) -> String {
    format!("{}: {}", certainty.as_str(), certainty.meaning())
}

/// Columns of a terminal that the text is wrapped for; the query stands as it is in its file.
const WIDTH: usize = 78;

fn heading(text: &mut String, id: &str, title: &str, body: &str) {
    wrap(text, "", "", &format!("{id}: {title}"));
    text.push('\n');
    wrap(text, "", "", body);
    text.push('\n');
}

fn field(text: &mut String, name: &str, value: &str) {
    wrap(text, &format!("{name:<11}"), &" ".repeat(11), value);
}

/// Adds a paragraph in lines of at most [`WIDTH`] columns, where its words allow it.
fn wrap(text: &mut String, first: &str, next: &str, paragraph: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in paragraph.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = next.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;

    #[test]
    fn every_measure_is_explained_with_its_clause_certainty_and_query() {
        for regime in builtin().unwrap() {
            let text = explain(&regime.id).unwrap().unwrap();
            let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(plain.contains(&regime.authority));
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            for measure in &regime.measures {
                let text = explain(&format!("{}/{}", regime.id, measure.id)).unwrap().unwrap();
                let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
                for part in [&measure.title, &measure.clause, &"SELECT".to_owned()] {
                    assert!(plain.contains(part.as_str()), "{}: {part}", measure.id);
                }
                assert!(plain.contains(measure.certainty.meaning()), "{text}");
                let (prose, _) = text.split_once("\nQuery (").unwrap();
                assert!(prose.lines().all(|line| line.chars().count() <= WIDTH), "{prose}");
            }
        }
    }

    #[test]
    fn only_the_parameters_that_a_measure_uses_are_named() {
        let named = |id: &str| -> Vec<String> {
            let text = explain(id).unwrap().unwrap();
            let lines = text.lines().filter(|line| line.starts_with("  :"));
            lines.map(|line| line.trim().split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(named("uk-hrv-2020/core-5g"), [":list", ":class"]);
        assert_eq!(
            named("uk-hrv-2020/access-share"),
            [":count_by", ":list", ":share_cap", ":also", ":class", ":who"]
        );
        assert_eq!(named("practice-2019/graded-review"), [":list", ":review_months"]);
        let text = explain("uk-hrv-2020").unwrap().unwrap();
        assert!(text.contains("In force   2020-01-28 [unverified]"), "{text}");
    }

    #[test]
    fn what_is_not_there_is_not_explained() {
        assert_eq!(explain("practice-2019/no-such-measure").unwrap(), None);
        assert_eq!(explain("no-such-regime").unwrap(), None);
    }
}
