//! The XML form, `http://sndlib.zib.de/network`.

use super::{Line, Network, Node, table_of};
use crate::diagnostic::{Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;
use roxmltree::{Document, Node as Element, ParsingOptions};

const MOST_XML_NODES: u32 = 4_000_000;

pub(super) fn fits(head: &[u8]) -> bool {
    let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    let (text, _) = crate::cells::without_mark(head);
    text.trim_ascii_start().starts_with(b"<") && has(b"<network") && has(b"sndlib")
}

pub(super) fn read(input: &Input<'_>, draft: &mut Draft) -> Network {
    let text = String::from_utf8_lossy(input.bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let options = ParsingOptions { nodes_limit: MOST_XML_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(error) => {
            let at = error.pos();
            let place = Place { file: input.name.clone(), line: at.row.into(), column: at.col.into() };
            let message = format!("the XML cannot be read: {error}");
            draft.problem(place.error(Kind::Malformed, message).left_out());
            return Network::default();
        }
    };
    let mut cursor = crate::records::Cursor::new(text.as_bytes());
    let mut network = Network {
        unit: first(document.root(), "meta").and_then(|meta| value(meta, "unit")),
        drawn: first(document.root(), "nodes")
            .and_then(|nodes| nodes.attribute("coordinatesType"))
            .is_some_and(|kind| !kind.eq_ignore_ascii_case("geographical")),
        synthetic: synthetic(&document),
        ..Network::default()
    };
    for element in document.descendants().filter(Element::is_element) {
        let name = element.tag_name().name();
        if !matches!(name, "node" | "link" | "demand") {
            continue;
        }
        let place = cursor.place(&input.name, element.range().start);
        let read = match name {
            "node" => node(element, &place).map(|node| network.nodes.push(node)),
            "link" => link(element, &place, &mut network.modules_alone).map(|link| network.links.push(link)),
            _ => demand(element, &place).map(|demand| network.demands.push(demand)),
        };
        if let Err(what) = read {
            *network.rejected.entry(table_of(name)).or_default() += 1;
            draft.problem(place.error(Kind::Malformed, format!("the {name} {what}")).left_out());
        }
    }
    network
}

/// What made the network up, where a remark says so.
fn synthetic(document: &Document<'_>) -> Option<String> {
    let remarks = document.descendants().filter(Element::is_comment).take(16);
    remarks
        .filter_map(|remark| remark.text())
        .find_map(|text| Some(text.trim().strip_prefix("synthetic:")?.trim().to_owned()))
}

fn first<'a, 'i>(element: Element<'a, 'i>, name: &str) -> Option<Element<'a, 'i>> {
    element.descendants().find(|node| node.is_element() && node.tag_name().name() == name)
}

/// The text of a child.
fn value(element: Element<'_, '_>, name: &str) -> Option<String> {
    let child = element.children().find(|node| node.is_element() && node.tag_name().name() == name)?;
    child.text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn number(element: Element<'_, '_>, name: &str) -> Result<Option<f64>, String> {
    let Some(text) = value(element, name) else { return Ok(None) };
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Some).ok_or_else(|| format!("has the {name} {}, which is no number", quote(&text)))
}

fn id(element: Element<'_, '_>) -> Result<String, String> {
    let id = element.attribute("id").map(str::trim).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| "has no id".to_owned())
}

fn ends(element: Element<'_, '_>) -> Result<[String; 2], String> {
    let end = |name: &str| value(element, name).ok_or_else(|| format!("has no {name}"));
    Ok([end("source")?, end("target")?])
}

fn node(element: Element<'_, '_>, place: &Place) -> Result<Node, String> {
    let coordinates = first(element, "coordinates");
    let position = match coordinates {
        Some(coordinates) => number(coordinates, "x")?.zip(number(coordinates, "y")?),
        None => None,
    };
    Ok(Node { id: id(element)?, position, place: place.clone() })
}

fn link(element: Element<'_, '_>, place: &Place, modules_alone: &mut u64) -> Result<Line, String> {
    let installed = match first(element, "preInstalledModule") {
        Some(module) => number(module, "capacity")?,
        None => None,
    };
    let amount = installed.filter(|&installed| installed > 0.0);
    *modules_alone += u64::from(amount.is_none() && first(element, "addModule").is_some());
    Ok(Line { id: id(element)?, ends: ends(element)?, amount, place: place.clone() })
}

fn demand(element: Element<'_, '_>, place: &Place) -> Result<Line, String> {
    let value = number(element, "demandValue")?.ok_or_else(|| "has no demandValue".to_owned())?;
    let unit = number(element, "routingUnit")?.unwrap_or(1.0);
    Ok(Line { id: id(element)?, ends: ends(element)?, amount: Some(unit * value), place: place.clone() })
}
