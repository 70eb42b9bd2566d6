//! What a measure's query reads: words of its text and of the definitions that it leans on.

use crate::compose;
use crate::metadata::{Measure, Overrides, Parameter, ParameterValue, Regime};
use std::collections::{BTreeMap, BTreeSet};

/// The class of what a regime does not touch, by the custom that docs/regimes.md states.
const OTHER: &str = "other";

/// The texts that decide a regime's measures.
pub(super) struct Reads<'a> {
    regime: &'a Regime,
    /// Each definition's name and SELECT; `true` for the regime's own.
    definitions: Vec<(String, &'a str, bool)>,
    /// The words of each text of the regime: most measures by attestation share one.
    words: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Reads<'a> {
    pub fn of(regime: &'a Regime) -> Self {
        let mut definitions = Vec::new();
        for script in &regime.definitions {
            let own = script.file.starts_with(&format!("{}/", regime.id));
            // The regime was read, so its definitions can be split.
            for definition in compose::definitions(script).unwrap_or_default() {
                let body = definition.body(script);
                definitions.push((definition.name, body, own));
            }
        }
        let queries = regime.measures.iter().map(|measure| measure.query.text.as_str());
        let mut words = BTreeMap::new();
        for text in queries.chain(definitions.iter().map(|(_, body, _)| *body)) {
            words.entry(text).or_insert_with(|| compose::words(text));
        }
        Self { regime, definitions, words }
    }

    /// Whether the measure's query, or a definition that it leans on, has this word (a view, a column, a parameter).
    pub fn has(&self, measure: &Measure, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        self.texts(measure, true).iter().any(|text| self.has_word(text, &word))
    }

    /// Whether the measure asks about a class: it binds the class, or its query or one of the regime's own definitions names it;
    /// of a measure by attestation, its text has the words of the class.
    pub fn asks(&self, measure: &Measure, class: &str) -> bool {
        if measure.attested {
            let words = class.replace('-', " ");
            let text = format!("{} {}", measure.title, measure.text).to_lowercase().replace(['-', '\n'], " ");
            return class != OTHER && text.contains(&words);
        }
        let binds =
            measure.bind.values().any(|value| matches!(value, ParameterValue::Text(text) if text == class));
        let literal = format!("'{class}'");
        binds || self.texts(measure, false).iter().any(|text| text.contains(&literal))
    }

    /// The measures that ask about a class.
    pub fn asking(&self, class: &str) -> Vec<&'a Measure> {
        self.regime.measures.iter().filter(|measure| self.asks(measure, class)).collect()
    }

    /// Whether a text of the regime has a word, which is in small letters.
    fn has_word(&self, text: &str, word: &str) -> bool {
        self.words.get(text).is_some_and(|words| words.contains(word))
    }

    /// The query and the definitions that it leans on, directly or through others.
    fn texts(&self, measure: &'a Measure, shared: bool) -> Vec<&'a str> {
        let mut found: Vec<&str> = vec![&measure.query.text];
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        let mut at = 0;
        while let Some(text) = found.get(at).copied() {
            for (name, body, own) in &self.definitions {
                if (shared || *own) && !taken.contains(name.as_str()) && self.has_word(text, name) {
                    taken.insert(name);
                    found.push(body);
                }
            }
            at += 1;
        }
        found
    }
}

/// The values of a regime's parameters, the user's in place of its own.
pub(super) fn values(regime: &Regime, overrides: &Overrides) -> BTreeMap<String, ParameterValue> {
    let value = |name: &String, parameter: &Parameter| {
        overrides
            .get(name)
            .and_then(|given| given.in_place_of(&parameter.value))
            .unwrap_or_else(|| parameter.value.clone())
    };
    regime.parameters.iter().map(|(name, parameter)| (name.clone(), value(name, parameter))).collect()
}
