//! The texts behind `banbury explain <regime>` and `banbury explain <regime>/<measure>`.

use crate::error::RegimeError;
use crate::folder::find;
use crate::metadata::{Measure, Regime};
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
    let mut text = format!("{}: {}\n\n{}\n\n", regime.id, regime.title, regime.summary.trim());
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<11}{value}");
    };
    line("Authority", &regime.authority);
    line("Version", &regime.version);
    if let Some(date) = &regime.adopted {
        line("Adopted", date.as_str());
    }
    if let Some(date) = &regime.in_force {
        line("In force", date.as_str());
    }
    line("Certainty", &format!("{}: {}", regime.certainty.as_str(), regime.certainty.meaning()));
    text.push_str("\nMeasures\n");
    for measure in &regime.measures {
        let _ = writeln!(
            text,
            "  {}/{}: {} [{}]",
            regime.id,
            measure.id,
            measure.title,
            measure.certainty.as_str()
        );
    }
    text.push_str("\nParameters\n");
    parameters(&mut text, regime, |_| true);
    text.push_str("\nSources\n");
    for source in &regime.sources {
        let _ = writeln!(text, "  {} ({}) [{}]", source.title, source.citation, source.certainty.as_str());
    }
    text
}

/// A measure: its clause, what it asks, how sure we are, what it needs, what decides it, the query.
pub fn explain_measure(regime: &Regime, measure: &Measure) -> String {
    let mut text = format!("{}/{}: {}\n\n{}\n\n", regime.id, measure.id, measure.title, measure.text.trim());
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<11}{value}");
    };
    line("Clause", &measure.clause);
    line("Certainty", &format!("{}: {}", measure.certainty.as_str(), measure.certainty.meaning()));
    if let Some(date) = measure.in_force_from.as_ref().or(regime.in_force.as_ref()) {
        line("In force", date.as_str());
    }
    line("Needs", &measure.needs.join(", "));
    if !measure.wants.is_empty() {
        line("Wants", &format!("{} (without them only a breach can be shown)", measure.wants.join(", ")));
    }
    line("Decided by", measure.decides.trim());
    line("Remedy", measure.remedy.trim());
    let sql = format!(
        "{}\n{}",
        regime.definitions.as_ref().map(|script| script.text.as_str()).unwrap_or_default(),
        measure.query.text
    );
    let used = |name: &str| sql.contains(&format!(":{name}"));
    if regime.parameters.keys().any(|name| used(name)) || !measure.bind.is_empty() {
        text.push_str("\nParameters\n");
        parameters(&mut text, regime, used);
        for (name, value) in &measure.bind {
            let _ = writeln!(text, "  :{name} = {value}: this measure's own");
        }
    }
    let _ = writeln!(text, "\nQuery ({})\n{}", measure.query.file, measure.query.text.trim_end());
    text
}

fn parameters(text: &mut String, regime: &Regime, shown: impl Fn(&str) -> bool) {
    for (name, parameter) in regime.parameters.iter().filter(|(name, _)| shown(name)) {
        let unit = parameter.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  :{name} = {}{unit}: {} [{}]",
            parameter.value,
            parameter.meaning.trim(),
            parameter.certainty.as_str()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;

    #[test]
    fn every_measure_is_explained_with_its_clause_certainty_and_query() {
        for regime in builtin().unwrap() {
            assert!(explain(&regime.id).unwrap().unwrap().contains(&regime.authority));
            for measure in &regime.measures {
                let text = explain(&format!("{}/{}", regime.id, measure.id)).unwrap().unwrap();
                for part in [&measure.title, &measure.clause, &"SELECT".to_owned()] {
                    assert!(text.contains(part.as_str()), "{}: {part}", measure.id);
                }
                assert!(text.contains(measure.certainty.meaning()));
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_explained() {
        assert_eq!(explain("practice-2019/no-such-measure").unwrap(), None);
        assert_eq!(explain("no-such-regime").unwrap(), None);
    }
}
