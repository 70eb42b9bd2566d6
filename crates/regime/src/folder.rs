//! Reading a regime's folder.

use crate::attested;
use crate::compose;
use crate::disk;
use crate::error::{Diagnostic, RegimeError};
use crate::metadata::{
    Certainty, Counted, Date, Measure, Parameter, ParameterValue, Regime, Script, Sensitivity, Share,
    SourceText, Start, Within,
};
use crate::near;
use crate::topic;
use crate::unfold;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::Spanned;

/// The text files of a regime's folder, by their path in it.
pub type Files = BTreeMap<String, String>;

/// Tables that a measure may need, with the tables of the import that give it.
pub(crate) const TABLES: &[(&str, &[&str], &str)] = &[
    ("devices", &["devices", "graphml"], "the inventory of devices (devices.csv)"),
    ("links", &["cables", "links", "graphml"], "the links between devices (cables.csv)"),
    ("sites", &["sites"], "the sites and which of them are sensitive (sites.csv)"),
    ("functions", &["functions"], "the functions that devices carry (functions.csv)"),
    ("vendors", &["vendors"], "the vendors (vendors.csv)"),
    ("designations", &["designations"], "the lists that vendors stand on (designations.csv)"),
    ("contracts", &["contracts"], "the maintenance contracts (contracts.csv)"),
    ("interceptions", &["interceptions"], "the lawful-intercept arrangements (interceptions.csv)"),
    ("reviews", &["reviews"], "the findings of engineering reviews (reviews.csv)"),
    ("device_types", &["device_types"], "the device types (device_types.csv)"),
    ("interfaces", &["interfaces"], "the interfaces of devices (interfaces.csv)"),
    ("demands", &["demands"], "the demands of sites (demands.csv)"),
    ("segments", &["segments"], "the segments of the management plane (segments.csv)"),
    ("prefixes", &["prefixes"], "the ranges of addresses and whose they are (prefixes.csv)"),
    ("exchanges", &["exchanges"], "the exchanges that are expected (exchanges.csv)"),
    ("attestations", &["attestations"], "the attestations (attestations.csv)"),
];

/// The tables that a measure may ask for, each with the names of the imported tables that give it.
pub fn tables() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TABLES.iter().map(|(name, given_by, _)| (*name, *given_by))
}

static EMBEDDED: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/regimes.rs"));

/// Definitions that a regime may include: `regimes/definitions/*.sql`.
static SHARED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// Their names, in the order in which they are made: those on a list lean on the classes.
const INCLUDED: [&str; 4] = ["classes", "listed", "attested", "watched"];

/// Queries over those definitions, which a measure may name as it names its regime's own: `regimes/queries/*.sql`.
static SHARED_QUERIES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/queries.rs"));

/// The built-in regimes, by name.
pub fn builtin() -> Result<Vec<Regime>, RegimeError> {
    EMBEDDED.iter().map(|(id, files)| embedded(id, files)).collect()
}

/// The built-in regime of this name.
pub fn find(id: &str) -> Result<Option<Regime>, RegimeError> {
    EMBEDDED.iter().find(|(name, _)| *name == id).map(|(id, files)| embedded(id, files)).transpose()
}

fn embedded(id: &str, files: &[(&str, &str)]) -> Result<Regime, RegimeError> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Regime::parse(id, &files)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegimeToml {
    title: String,
    authority: String,
    version: String,
    adopted: Option<Date>,
    in_force: Option<Date>,
    dates_certainty: Option<Certainty>,
    summary: String,
    certainty: Certainty,
    #[serde(default)]
    shared_definitions: Vec<Spanned<String>>,
    sources: Vec<SourceText>,
    measures: Vec<Spanned<String>>,
    #[serde(default)]
    parameters: BTreeMap<Spanned<String>, Parameter>,
    #[serde(default)]
    sensitivity: Vec<Spanned<Sensitivity>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureToml {
    title: String,
    clause: String,
    text: String,
    certainty: Certainty,
    topic: Option<Spanned<String>>,
    in_force_from: Option<Spanned<Start>>,
    query: Spanned<String>,
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    wants: Vec<Spanned<String>>,
    nothing: String,
    decides: String,
    remedy: String,
    #[serde(default)]
    counted: Option<Spanned<Counted>>,
    #[serde(default)]
    bind: BTreeMap<Spanned<String>, ParameterValue>,
}

impl Regime {
    /// Reads a regime from its folder; the folder's name is the regime's identifier.
    pub fn load(folder: &Path) -> Result<Self, RegimeError> {
        let (id, files) = disk::read(folder, false)?;
        Self::parse(&id, &files)
    }

    /// Reads a regime from the texts of its files.
    pub fn parse(id: &str, files: &Files) -> Result<Self, RegimeError> {
        let file = format!("{id}/regime.toml");
        let Some(text) = files.get("regime.toml") else {
            return Err(Diagnostic::at(&file, "", None, "the file is missing")
                .hint("a regime's folder holds regime.toml, measures/*.toml and queries/*.sql")
                .into());
        };
        let raw: RegimeToml = from_toml(&file, text)?;
        let fault = |span, cause: String| Diagnostic::at(&file, text, Some(span), cause);
        for entry in &raw.sensitivity {
            let inner = entry.get_ref();
            if inner.verdict != "breached" && inner.verdict != "inconclusive" {
                return Err(fault(
                    entry.span(),
                    format!("class {:?} has the verdict {:?}", inner.class, inner.verdict),
                )
                .hint("use \"breached\", or \"inconclusive\" where the text says \"in some cases\"")
                .into());
            }
        }
        for (name, parameter) in &raw.parameters {
            plain_name(name.get_ref()).map_err(|cause| fault(name.span(), cause))?;
            if let Some(wrong) = parameter.fault() {
                return Err(fault(name.span(), wrong.cause).hint(wrong.hint).into());
            }
        }
        let parameters: BTreeMap<String, Parameter> =
            raw.parameters.into_iter().map(|(name, parameter)| (name.into_inner(), parameter)).collect();
        let shared = !raw.shared_definitions.is_empty();
        let mut attested = attested::measures(id, files, &parameters)?;
        let mut listed = BTreeSet::new();
        let mut lower = BTreeMap::new();
        let mut measures = Vec::new();
        for name in &raw.measures {
            let own = format!("measures/{}.toml", name.get_ref());
            if !listed.insert(own.clone()) {
                return Err(
                    fault(name.span(), format!("measure {:?} is listed twice", name.get_ref())).into()
                );
            }
            if let Some(twin) = lower.insert(name.get_ref().to_lowercase(), name.get_ref().clone()) {
                let cause = format!("measures {twin:?} and {:?} differ in case alone", name.get_ref());
                return Err(fault(name.span(), cause)
                    .hint("attestations name measures without regard to case: rename one")
                    .into());
            }
            match (attested.remove(name.get_ref()), files.contains_key(&own)) {
                (None, true) => measures.push(measure(id, name.get_ref(), files, &parameters, shared)?),
                (Some(by_attestation), false) => measures.push(by_attestation),
                (Some(_), true) => {
                    return Err(fault(
                        name.span(),
                        format!("{:?} stands in {own} and among the attested", name.get_ref()),
                    )
                    .hint("take it out of attested/, now that it is computed")
                    .into());
                }
                (None, false) => {
                    let mut there = ids(files);
                    there.extend(attested.into_keys());
                    return Err(fault(name.span(), format!("{own} is not there"))
                        .hint(near::hint("measures", name.get_ref(), there.iter().map(String::as_str)))
                        .into());
                }
            }
        }
        let unlisted = || format!("add it to `measures` in {file}: the list gives the order");
        if let Some(stray) =
            files.keys().find(|path| path.starts_with("measures/") && !listed.contains(*path))
        {
            return Err(Diagnostic::at(&format!("{id}/{stray}"), "", None, "the measure is not listed")
                .hint(unlisted())
                .into());
        }
        if let Some((stray, _)) = attested.first_key_value() {
            return Err(Diagnostic::at(
                &format!("{id}/attested"),
                "",
                None,
                format!("the measure {stray} is not listed"),
            )
            .hint(unlisted())
            .into());
        }
        let attests = measures.iter().any(|measure| measure.attested);
        let mut definitions = included(&raw.shared_definitions, attests, &parameters, &fault)?;
        if let Some(text) = files.get("definitions.sql") {
            definitions.push(Script { file: format!("{id}/definitions.sql"), text: text.clone() });
        }
        let mut defined: BTreeSet<String> = BTreeSet::new();
        for script in &definitions {
            for definition in compose::definitions(script)? {
                if !defined.insert(definition.name.clone()) {
                    let cause = format!("{} is one of the shared definitions", definition.name);
                    return Err(compose::Composed::definition(script, &definition, 0)
                        .diagnostic(None, cause)
                        .hint("give it another name, or leave shared_definitions out of regime.toml")
                        .into());
                }
            }
        }
        for measure in &measures {
            compose::single(&measure.query)?;
        }
        unfold::check(&definitions, &measures)?;
        let scripts = measures.iter().map(|measure| &measure.query).chain(definitions.iter());
        for script in scripts {
            no_clock(script)?;
        }
        Ok(Self {
            id: id.to_owned(),
            title: raw.title,
            authority: raw.authority,
            version: raw.version,
            adopted: raw.adopted,
            in_force: raw.in_force,
            summary: raw.summary,
            certainty: raw.certainty,
            dates_certainty: raw.dates_certainty.unwrap_or(raw.certainty),
            sources: raw.sources,
            parameters,
            sensitivity: raw.sensitivity.into_iter().map(Spanned::into_inner).collect(),
            definitions,
            measures,
        })
    }
}

/// The shared definitions that a regime asks for; those of attestations go with measures by attestation.
fn included(
    wishes: &[Spanned<String>],
    attests: bool,
    parameters: &BTreeMap<String, Parameter>,
    fault: &dyn Fn(std::ops::Range<usize>, String) -> Diagnostic,
) -> Result<Vec<Script>, Diagnostic> {
    for wish in wishes {
        let name = wish.get_ref().as_str();
        if !INCLUDED.contains(&name) {
            return Err(fault(wish.span(), format!("there are no shared definitions {name:?}"))
                .hint(near::hint("shared definitions", name, INCLUDED)));
        }
        let needed = match name {
            "listed" => Some(("list", "the name of the list in designations.csv")),
            "attested" => Some((attested::MONTHS, "how long a statement holds that names no last day")),
            "watched" => Some((
                "watched_days",
                "for how many days traffic has to be looked at before absence says something",
            )),
            _ => None,
        };
        if let Some((parameter, what)) = needed.filter(|(parameter, _)| !parameters.contains_key(*parameter))
        {
            let cause = format!("the shared definitions {name:?} need the parameter `{parameter}`");
            return Err(fault(wish.span(), cause).hint(format!("add [parameters.{parameter}]: {what}")));
        }
    }
    let asked = |name: &str| wishes.iter().any(|wish| wish.get_ref() == name);
    let wanted = INCLUDED.into_iter().filter(|name| {
        asked(name) || (*name == "classes" && asked("listed")) || (*name == "attested" && attests)
    });
    Ok(wanted
        .filter_map(|name| {
            let file = format!("{name}.sql");
            let (_, text) = SHARED.iter().find(|(known, _)| *known == file)?;
            Some(Script { file: format!("definitions/{file}"), text: (*text).to_owned() })
        })
        .collect())
}

fn measure(
    regime: &str,
    id: &str,
    files: &Files,
    parameters: &BTreeMap<String, Parameter>,
    shared: bool,
) -> Result<Measure, RegimeError> {
    let path = format!("measures/{id}.toml");
    let file = format!("{regime}/{path}");
    let text = files.get(&path).map(String::as_str).unwrap_or_default();
    let raw: MeasureToml = from_toml(&file, text)?;
    let fault = |span, cause: String| Diagnostic::at(&file, text, Some(span), cause);
    for table in raw.needs.iter().chain(&raw.wants) {
        if !TABLES.iter().any(|(name, _, _)| *name == table.get_ref()) {
            return Err(fault(table.span(), format!("there is no table {:?}", table.get_ref()))
                .hint(near::hint("tables", table.get_ref(), TABLES.iter().map(|(name, _, _)| *name)))
                .into());
        }
    }
    for name in raw.bind.keys() {
        plain_name(name.get_ref()).map_err(|cause| fault(name.span(), cause))?;
        if parameters.contains_key(name.get_ref()) {
            return Err(fault(name.span(), format!("{:?} is a parameter of the regime", name.get_ref()))
                .hint("give the measure's own value another name")
                .into());
        }
    }
    let query = query(regime, raw.query.get_ref(), files, shared)
        .map_err(|(path, hint)| fault(raw.query.span(), format!("{path} is not there")).hint(hint))?;
    let names = |list: Vec<Spanned<String>>| list.into_iter().map(Spanned::into_inner).collect();
    Ok(Measure {
        id: id.to_owned(),
        title: raw.title,
        clause: raw.clause,
        text: raw.text,
        certainty: raw.certainty,
        topic: topic::read(raw.topic, &fault)?,
        in_force_from: start(raw.in_force_from, parameters, &fault)?,
        attested: false,
        needs: names(raw.needs),
        wants: names(raw.wants),
        nothing: raw.nothing,
        decides: raw.decides,
        remedy: raw.remedy,
        counted: counted(raw.counted, parameters, &raw.bind, &fault)?,
        bind: raw.bind.into_iter().map(|(name, value)| (name.into_inner(), value)).collect(),
        query,
    })
}

/// The form that a plan counts, whose parameters the regime has to have.
fn counted(
    given: Option<Spanned<Counted>>,
    parameters: &BTreeMap<String, Parameter>,
    bind: &BTreeMap<Spanned<String>, ParameterValue>,
    fault: &dyn Fn(std::ops::Range<usize>, String) -> Diagnostic,
) -> Result<Option<Counted>, RegimeError> {
    let Some(given) = given else { return Ok(None) };
    let span = given.span();
    let form = given.into_inner();
    let asked = [Some(&form.limit), form.least_devices.as_ref(), form.unless.as_ref().map(|(name, _)| name)];
    let listed = "list".to_owned();
    let listed = (form.share == Share::Listed).then_some(&listed);
    for name in asked.into_iter().flatten().chain(listed) {
        if !parameters.contains_key(name) {
            return Err(fault(
                span,
                format!("[counted] names the parameter {name:?}, which the regime does not have"),
            )
            .hint(near::hint("parameters", name, parameters.keys().map(String::as_str)))
            .into());
        }
    }
    if let Some(name) = form.class.as_ref().filter(|name| !bind.keys().any(|key| key.get_ref() == *name)) {
        return Err(fault(span, format!("[counted] names {name:?}, which [bind] does not hold"))
            .hint("bind the class under that name, or list it in `classes`")
            .into());
    }
    if form.within == Within::Class && form.class.is_none() && form.classes.is_empty() {
        return Err(fault(span, "[counted] is within a class, and names none".to_owned())
            .hint("list the classes in `classes`, or name the word of [bind] that holds it in `class`")
            .into());
    }
    Ok(Some(form))
}

/// The query of this name: the regime's own, or one of those that go with the shared definitions. Where there is none, the
/// path at which it was looked for, and a hint.
fn query(regime: &str, name: &str, files: &Files, shared: bool) -> Result<Script, (String, String)> {
    let path = format!("queries/{name}.sql");
    if let Some(text) = files.get(&path) {
        return Ok(Script { file: format!("{regime}/{path}"), text: text.clone() });
    }
    let common = if shared { SHARED_QUERIES } else { &[] };
    let file = format!("{name}.sql");
    if let Some((_, text)) = common.iter().find(|(known, _)| *known == file) {
        return Ok(Script { file: path, text: (*text).to_owned() });
    }
    let own = files.keys().filter_map(|path| path.strip_prefix("queries/"));
    let there =
        own.chain(common.iter().map(|(known, _)| *known)).filter_map(|file| file.strip_suffix(".sql"));
    Err((path, near::hint("queries", name, there)))
}

/// The day from which a measure applies, checked against the parameters.
pub(crate) fn start(
    written: Option<Spanned<Start>>,
    parameters: &BTreeMap<String, Parameter>,
    fault: &dyn Fn(std::ops::Range<usize>, String) -> Diagnostic,
) -> Result<Option<Start>, Diagnostic> {
    let Some(written) = written else { return Ok(None) };
    let span = written.span();
    let start = written.into_inner();
    if let Start::Parameter(name) = &start {
        let Some(parameter) = parameters.get(name) else {
            return Err(fault(span, format!("there is no parameter {name:?}")).hint(near::hint(
                "parameters",
                name,
                parameters.keys().map(String::as_str),
            )));
        };
        let day = matches!(&parameter.value, ParameterValue::Text(text) if Date::parse(text).is_some());
        if !day {
            return Err(fault(
                span,
                format!("the parameter {name:?} holds {}, which is no day", parameter.value),
            )
            .hint("write its value as \"YYYY-MM-DD\""));
        }
    }
    Ok(Some(start))
}

pub(crate) fn from_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    toml::from_str(text)
        .map_err(|error| Diagnostic::at(file, text, error.span(), error.message().replace('\n', " ")))
}

fn ids(files: &Files) -> Vec<String> {
    files
        .keys()
        .filter_map(|path| path.strip_prefix("measures/")?.strip_suffix(".toml").map(str::to_owned))
        .collect()
}

/// A name that can stand after the colon in SQL, and does not hide `:as_of`.
fn plain_name(name: &str) -> Result<(), String> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain {
        Err(format!("{name:?} cannot be bound; use small letters, digits and _"))
    } else if name == "as_of" || name == "regime" {
        Err(format!("{name} is always bound; it cannot be set here"))
    } else {
        Ok(())
    }
}

/// A verdict depends on the date it was asked for, never on the day it is computed.
fn no_clock(script: &Script) -> Result<(), Diagnostic> {
    match script.text.to_lowercase().find("'now'") {
        Some(at) => {
            Err(Diagnostic::at(&script.file, &script.text, Some(at..at), "the query reads the clock ('now')")
                .hint("use :as_of, the date as of which the network is assessed"))
        }
        None => Ok(()),
    }
}
