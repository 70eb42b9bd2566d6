use crate::cells::{is_utf16, without_mark};
use crate::diagnostic::{Diagnostic, Kind, Place};
use crate::draft::Draft;
use crate::table::{Head, Table};
use crate::{INPUTS, inputs, references, spelling, structure, types};
use banbury_evidence::model::Model;

/// An input: its name in the case and its bytes.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// File name, as diagnostics show it.
    pub name: String,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Reads all inputs into one model, checks it, and computes its single points of failure.
///
/// Whatever is wrong is a diagnostic, and the rest is read. The diagnostics are ordered by input, line and column.
pub fn import(files: &[Input<'_>]) -> (Model, Vec<Diagnostic>) {
    let mut draft = Draft::default();
    let mut known = Vec::new();
    for input in files {
        match recognise(&input.name, input.bytes) {
            Some(table) => known.push((table, input)),
            None => draft.problem(not_recognised(input)),
        }
    }
    // What others name comes first, so that a name can be looked up where it is read.
    known.sort_by_key(|(table, _)| match table.describe().table {
        "graphml" | "model" | "sndlib" | "sites" => 0,
        "devices" => 1,
        "addresses" => 2,
        _ => 3,
    });
    let of_the_api = known.iter().filter(|(table, _)| table.describe().name.starts_with("netbox-json-"));
    let of_the_api: Vec<&Input<'_>> = of_the_api.map(|(_, input)| *input).collect();
    inputs::note_names(&of_the_api, &mut draft);
    known.into_iter().for_each(|(table, input)| table.read(input, &mut draft));
    inputs::finish(&mut draft);
    let spelled = spelling::unify(&mut draft.model);
    draft.diagnostics.extend(spelled);
    references::check(&mut draft);
    types::check(&mut draft);
    draft.settle_cuts();
    let Draft { mut model, mut diagnostics, .. } = draft;
    let order = |file: &str| files.iter().position(|input| input.name == file);
    let file = model.links.first().map(|link| link.source.file.clone());
    match structure::examine(&model) {
        Ok(structure) => {
            model.single_points = structure.single_points;
            model.cut_off = structure.cut_off;
            model.connected = structure.connected;
            diagnostics.extend(file.and_then(|file| parts(&file, structure.parts, structure.unlinked)));
        }
        Err(error) => {
            let cause = format!("no single points of failure are told: {error}");
            diagnostics.push(Place::file(&file.unwrap_or_default()).error(Kind::Malformed, cause));
        }
    }
    diagnostics.sort_by_cached_key(|diagnostic| (order(&diagnostic.file), diagnostic.clone()));
    (model, diagnostics)
}

/// Which table an input is, told by its first bytes and, when they leave a doubt, its name.
pub fn recognise(name: &str, head: &[u8]) -> Option<&'static dyn Table> {
    let head = Head::new(head);
    let mut best: Option<(u32, &'static dyn Table)> = None;
    for &table in INPUTS {
        let fit = table.fit(name, &head);
        if fit > best.map_or(0, |(fit, _)| fit) {
            best = Some((fit, table));
        }
    }
    best.map(|(_, table)| table)
}

fn not_recognised(input: &Input<'_>) -> Diagnostic {
    let place = Place::file(&input.name);
    let (text, _) = without_mark(input.bytes);
    if text.trim_ascii().is_empty() {
        return place.error(Kind::Malformed, "the file is empty").left_out();
    }
    if is_utf16(input.bytes) {
        let problem = place.error(Kind::Malformed, "the file is UTF-16 text").left_out();
        return problem.hint("save it as CSV in UTF-8");
    }
    let tables: Vec<String> = INPUTS
        .iter()
        .map(|table| {
            let description = table.describe();
            let needed = description.columns.iter().filter(|column| column.required);
            let columns: Vec<&str> = needed.map(|column| column.name).collect();
            format!("{} ({})", description.title, columns.join(", "))
        })
        .collect();
    let place = Place { line: 1, ..place };
    place
        .error(Kind::Malformed, "no table that is known: its first line names no known set of columns")
        .hint(format!("known are: {}", tables.join("; ")))
        .left_out()
}

fn parts(file: &str, parts: usize, unlinked: usize) -> Option<Diagnostic> {
    let apart = format!("devices without a link, not looked at for single points of failure: {unlinked}");
    let split = format!(
        "the links leave {parts} parts without a connection between them, and single points of failure are told within each"
    );
    let message = match (parts, unlinked) {
        (0 | 1, 0) => return None,
        (0 | 1, _) => apart,
        (_, 0) => split,
        _ => format!("{split}; {apart}"),
    };
    let hint = "if they are connected in truth, links are missing from the tables";
    Some(Place::file(file).warning(Kind::Remark, message).hint(hint))
}
