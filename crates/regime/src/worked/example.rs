//! A worked example: a tiny network as the model's records, in one TOML file, and the verdict that the file's name states.
//! A misspelt key is a mistake: read as an absent value it would make an example of something else.

use super::inspected::{Inspected, clock, report};
use super::watched::{self, Watched};
use crate::error::{Diagnostic, RegimeError};
use crate::folder::{TABLES, from_toml};
use crate::metadata::{Date, Overrides};
use crate::near;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::model::{Model, Source, Table};
use banbury_network::{functions, structure};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// An example that was read.
#[derive(Clone, Debug)]
pub struct Example {
    /// The day as of which the regime is applied.
    pub as_of: String,
    /// A part of the reason, the measure's or a subject's (`subject: verdict: reason`).
    pub reason: String,
    /// Parameters that are set.
    pub parameters: Overrides,
    inspected: Vec<Inspected>,
    watched: Vec<Watched>,
    model: Model,
}

/// What stands in an example's file beside the model's records.
#[derive(Deserialize)]
struct Head {
    as_of: Date,
    reason: Spanned<String>,
    #[serde(default)]
    parameters: Overrides,
    /// Tables that were imported, with how many of their records were rejected.
    #[serde(default)]
    imported: BTreeMap<Spanned<String>, u64>,
    #[serde(default)]
    inspected: Vec<Inspected>,
    #[serde(default)]
    watched: Vec<Watched>,
}

const HEAD: [&str; 6] = ["as_of", "reason", "parameters", "imported", "inspected", "watched"];

/// Parts of the model that an example cannot state: they are computed, or follow from `imported`.
const COMPUTED: [&str; 4] = ["tables", "single_points", "cut_off", "connected"];

impl Example {
    /// Reads an example. One for many measures says `{regime}` and `{measure}`.
    pub(crate) fn parse(file: &str, text: &str, regime: &str, measure: &str) -> Result<Self, Diagnostic> {
        let text = &text.replace("{regime}", regime).replace("{measure}", measure);
        let fault = |span: Range<usize>, cause: String| Diagnostic::at(file, text, Some(span), cause);
        let head: Head = from_toml(file, text)?;
        let mut model: Model = from_toml(file, text)?;
        let shape: Shape = from_toml(file, text)?;
        if head.reason.get_ref().trim().is_empty() {
            return Err(fault(head.reason.span(), "the reason is empty, which every verdict has".to_owned())
                .hint("write a part of the reason that the verdict is to have"));
        }
        misspelt(&shape, &model, &fault)?;
        for name in head.imported.keys() {
            let known = || TABLES.iter().flat_map(|(_, given_by, _)| given_by.iter().copied());
            if !known().any(|table| table == name.get_ref()) {
                return Err(fault(name.span(), format!("no import gives a table {:?}", name.get_ref()))
                    .hint(near::hint("tables", name.get_ref(), known())));
            }
        }
        for (index, function) in model.functions.iter().enumerate() {
            let (standard, _) = functions::standard(&function.function);
            if function.function != standard {
                let span = shape.record("functions", index).and_then(|record| record.key("function"));
                let cause = format!("the import would write {:?} as {standard:?}", function.function);
                return Err(fault(span.unwrap_or_default(), cause).hint(format!("write {standard:?}")));
            }
        }
        let found = structure::examine(&model).map_err(|error| fault(0..0, error.to_string()))?;
        model.single_points = found.single_points;
        model.cut_off = found.cut_off;
        model.connected = found.connected;
        number(&mut model);
        for (name, rejected) in head.imported {
            model.tables.push(Table {
                file: format!("{}.csv", name.get_ref()),
                table: name.into_inner(),
                rows: 1,
                rejected,
                attribution: None,
                synthetic: None,
                missing: None,
            });
        }
        Ok(Self {
            as_of: head.as_of.to_string(),
            reason: head.reason.into_inner(),
            parameters: head.parameters,
            inspected: head.inspected,
            watched: head.watched,
            model,
        })
    }

    /// Takes over another example's attestations.
    pub(crate) fn attest(&mut self, other: Self) {
        self.model.attestations.extend(other.model.attestations);
    }

    /// Records the example in a ledger, given empty.
    pub fn record(&self, mut ledger: Ledger) -> Result<Ledger, RegimeError> {
        for inspected in &self.inspected {
            inspected.record(&mut ledger)?;
        }
        watched::record(&self.watched, &mut ledger)?;
        ledger.record_model(&self.model, &report("network.import"), &clock())?;
        Ok(ledger)
    }
}

/// Refuses keys that the model does not have.
fn misspelt(
    shape: &Shape,
    model: &Model,
    fault: &dyn Fn(Range<usize>, String) -> Diagnostic,
) -> Result<(), Diagnostic> {
    let read = serde_json::to_value(model).unwrap_or_default();
    let Shape::Map(entries) = shape else { return Ok(()) };
    for (key, value) in entries {
        let name = key.get_ref().as_str();
        if HEAD.contains(&name) {
            continue;
        }
        let records = read.get(name).and_then(|records| records.as_array());
        let Some(records) = records.filter(|_| !COMPUTED.contains(&name)) else {
            let tables = read.as_object().into_iter().flat_map(|all| all.keys().map(String::as_str));
            let known: Vec<&str> = tables.filter(|table| !COMPUTED.contains(table)).chain(HEAD).collect();
            return Err(fault(key.span(), format!("an example has no {name:?}")).hint(near::hint(
                "keys",
                name,
                known.iter().copied(),
            )));
        };
        let Shape::List(written) = value else { continue };
        for (written, read) in written.iter().zip(records) {
            let Shape::Map(fields) = written else { continue };
            if let Some((field, _)) = fields.iter().find(|(field, _)| read.get(field.get_ref()).is_none()) {
                let known: BTreeSet<&str> =
                    read.as_object().into_iter().flat_map(|all| all.keys().map(String::as_str)).collect();
                let cause = format!("{name} have no {:?}", field.get_ref());
                let hint = near::hint("fields", field.get_ref(), known.iter().copied());
                return Err(fault(field.span(), cause).hint(hint));
            }
        }
    }
    Ok(())
}

/// Gives each record the place it would have in a table of its own: a heading, then a line each.
fn number(model: &mut Model) {
    fn each<'a>(file: &str, sources: impl Iterator<Item = &'a mut Source>) {
        for (source, line) in sources.zip(2..).filter(|(source, _)| source.file.is_empty()) {
            *source = Source { file: file.to_owned(), line };
        }
    }
    each("sites.csv", model.sites.iter_mut().map(|record| &mut record.source));
    each("devices.csv", model.devices.iter_mut().map(|record| &mut record.source));
    each("functions.csv", model.functions.iter_mut().map(|record| &mut record.source));
    each("cables.csv", model.links.iter_mut().map(|record| &mut record.source));
    each("vendors.csv", model.vendors.iter_mut().map(|record| &mut record.source));
    each("designations.csv", model.designations.iter_mut().map(|record| &mut record.source));
    each("contracts.csv", model.contracts.iter_mut().map(|record| &mut record.source));
    each("interceptions.csv", model.interceptions.iter_mut().map(|record| &mut record.source));
    each("reviews.csv", model.reviews.iter_mut().map(|record| &mut record.source));
    each("device_types.csv", model.device_types.iter_mut().map(|record| &mut record.source));
    each("interfaces.csv", model.interfaces.iter_mut().map(|record| &mut record.source));
    each("demands.csv", model.demands.iter_mut().map(|record| &mut record.source));
    each("segments.csv", model.segments.iter_mut().map(|record| &mut record.source));
    each("prefixes.csv", model.prefixes.iter_mut().map(|record| &mut record.source));
    each("exchanges.csv", model.exchanges.iter_mut().map(|record| &mut record.source));
    each("attestations.csv", model.attestations.iter_mut().map(|record| &mut record.source));
}

/// The keys of a TOML text, each with its place.
enum Shape {
    Map(Vec<(Spanned<String>, Shape)>),
    List(Vec<Shape>),
    Value,
}

impl Shape {
    /// A record of a table by its place in the list.
    fn record(&self, table: &str, index: usize) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        match entries.iter().find(|(key, _)| key.get_ref() == table) {
            Some((_, Self::List(records))) => records.get(index),
            _ => None,
        }
    }

    /// Where a record's key stands.
    fn key(&self, name: &str) -> Option<Range<usize>> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key.get_ref() == name).map(|(key, _)| key.span())
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shapes)
    }
}

struct Shapes;

impl<'de> Visitor<'de> for Shapes {
    type Value = Shape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a TOML value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Spanned<String>, Shape>()? {
            entries.push(entry);
        }
        Ok(Shape::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Value)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "as_of = \"2026-06-01\"\nreason = \"x\"\n";

    fn mistake(rest: &str) -> String {
        Example::parse("r/e.toml", &format!("{HEAD}{rest}"), "r", "m").unwrap_err().to_string()
    }

    #[test]
    fn an_example_is_read_with_the_places_of_its_records() {
        let text = format!(
            "{HEAD}imported = {{ devices = 2 }}\n[[devices]]\nname = \"a\"\n[[devices]]\nname = \"b\"\n"
        );
        let example = Example::parse("r/e.toml", &text, "r", "m").unwrap();
        assert_eq!(example.model.devices[1].source, Source { file: "devices.csv".to_owned(), line: 3 });
        assert_eq!(
            (example.model.tables[0].table.as_str(), example.model.tables[0].rejected),
            ("devices", 2)
        );
    }

    #[test]
    fn mistakes_have_their_place_and_a_hint() {
        for (rest, wanted) in [
            ("devcies = []", "r/e.toml:3:1: an example has no \"devcies\"\n  hint: did you mean devices"),
            (
                "devices = [{ nmae = \"a\" }]",
                "r/e.toml:3:14: devices have no \"nmae\"\n  hint: did you mean name",
            ),
            (
                "[[devices]]\nname = \"a\"\nsiet = \"b\"",
                "r/e.toml:5:1: devices have no \"siet\"\n  hint: did you mean site",
            ),
            ("devices = [{ name = 4 }]", "r/e.toml:3:21: invalid type: integer"),
            ("single_points = []", "an example has no \"single_points\""),
            (
                "imported = { device = 0 }",
                "r/e.toml:3:14: no import gives a table \"device\"\n  hint: did you mean device",
            ),
            (
                "functions = [{ device = \"a\", function = \"microwave\" }]",
                "r/e.toml:3:30: the import would write \"microwave\" as \"MW\"",
            ),
            ("inspected = [{ image = \"a\", fuond = [] }]", "unknown field `fuond`"),
        ] {
            let told = mistake(rest);
            assert!(told.contains(wanted), "{rest}\n{told}");
        }
        let told =
            Example::parse("e", "as_of = \"2026-02-30\"\nreason = \"x\"", "r", "m").unwrap_err().to_string();
        assert!(told.starts_with("e:1:9: \"2026-02-30\" is no date"), "{told}");
        let told =
            Example::parse("e", "as_of = \"2026-02-01\"\nreason = \" \"", "r", "m").unwrap_err().to_string();
        assert!(told.starts_with("e:2:10: the reason is empty"), "{told}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_example_or_a_mistake(rest in "[a-z \"=\\[\\]{},\n.0-9é]{0,60}") {
            let _ = Example::parse("e", &format!("{HEAD}{rest}"), "r", "m");
            let _ = Example::parse("e", &rest, "r", "m");
        }
    }
}
