//! The native form: sections of lines in brackets, `#` to the end of a line for remarks.

use super::{Line, Network, Node, table_of};
use crate::cells::{self, without_mark};
use crate::diagnostic::{Kind, Place, quote};
use crate::draft::Draft;
use crate::import::Input;

pub(super) fn fits(head: &[u8]) -> bool {
    let (text, _) = without_mark(head);
    let lead = cells::lead(text);
    let rest = String::from_utf8_lossy(text.get(lead.length()..).unwrap_or_default()).to_ascii_lowercase();
    let line = rest.trim_start().lines().next().unwrap_or_default();
    line.starts_with("?sndlib native format") && line.contains("type: network")
}

/// A word or a bracket, and where it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'a> {
    text: &'a str,
    line: u64,
    column: u64,
}

/// The words and brackets of a line; remarks and the format's own line are none.
fn tokens(line: &str, number: u64) -> impl Iterator<Item = Token<'_>> {
    let line = line.split('#').next().unwrap_or_default();
    let line = if line.trim_start().starts_with('?') { "" } else { line };
    let mut at = 0;
    let mut column = 1;
    std::iter::from_fn(move || {
        let rest = line.get(at..)?;
        let blank = rest.len() - rest.trim_start().len();
        column += rest.get(..blank)?.chars().count() as u64;
        let rest = rest.trim_start();
        let end = |letter: char| letter.is_whitespace() || matches!(letter, '(' | ')');
        let length = match rest.chars().next()? {
            '(' | ')' => 1,
            _ => rest.find(end).unwrap_or(rest.len()),
        };
        let text = rest.get(..length)?;
        let token = Token { text, line: number, column };
        at += blank + length;
        column += text.chars().count() as u64;
        Some(token)
    })
}

pub(super) fn read(input: &Input<'_>, draft: &mut Draft) -> Network {
    let (bytes, _) = without_mark(input.bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut network =
        Network { synthetic: cells::lead(bytes).synthetic().map(str::to_owned), ..Network::default() };
    let mut section = "";
    let mut depth = 0_u32;
    for (line, number) in text.lines().zip(1..) {
        let words: Vec<Token<'_>> = tokens(line, number).collect();
        let mut words = words.as_slice();
        if depth == 0
            && let Some(first) = words.first()
        {
            if first.text == ")" {
                continue;
            }
            section = first.text;
            words = words.get(1..).unwrap_or_default();
        }
        // The section's own brackets stand at the end of its first line and alone on its last.
        while let Some((first, rest)) = words.split_first() {
            if depth == 0 && first.text == "(" {
                depth = 1;
                words = rest;
            } else {
                break;
            }
        }
        let closes = |words: &[Token<'_>]| {
            let opened = words.iter().filter(|word| word.text == "(").count();
            words.iter().filter(|word| word.text == ")").count() > opened
        };
        let ends = depth == 1 && closes(words);
        if ends {
            words = words.split_last().map_or(words, |(_, rest)| rest);
            depth = 0;
        }
        if words.is_empty() {
            continue;
        }
        let place = words.first().map_or_else(Place::default, |first| Place {
            file: input.name.clone(),
            line: first.line,
            column: first.column,
        });
        let read = match section.to_ascii_uppercase().as_str() {
            "META" => {
                meta(line, &mut network);
                Ok(())
            }
            "NODES" => node(words, &place).map(|node| network.nodes.push(node)),
            "LINKS" => link(words, &place, &mut network.modules_alone).map(|link| network.links.push(link)),
            "DEMANDS" => demand(words, &place).map(|demand| network.demands.push(demand)),
            _ => Ok(()),
        };
        if let Err(what) = read {
            *network.rejected.entry(table_of(&section.to_ascii_uppercase())).or_default() += 1;
            let form = match section {
                "NODES" => "id ( longitude latitude )",
                "LINKS" => {
                    "id ( source target ) capacity capacity-cost routing-cost setup-cost ( module cost ... )"
                }
                _ => "id ( source target ) routing-unit value hop-limit",
            };
            draft.problem(
                place.error(Kind::Malformed, what).hint(format!("a line of {section} is: {form}")).left_out(),
            );
        }
    }
    if depth > 0 {
        let place = Place { file: input.name.clone(), line: text.lines().count() as u64, column: 0 };
        let message = format!(
            "the section {} is not closed: the file was cut, or a bracket is missing",
            quote(section)
        );
        draft.problem(place.error(Kind::Malformed, message).left_out());
    }
    network
}

fn meta(line: &str, network: &mut Network) {
    let line = line.split('#').next().unwrap_or_default();
    if let Some((key, value)) = line.split_once('=') {
        let key = key.trim().trim_start_matches('(').trim();
        let key = key.strip_prefix("META").unwrap_or(key).trim().trim_start_matches('(').trim();
        if key.eq_ignore_ascii_case("unit") {
            let value = value.trim().trim_end_matches([')', ';']).trim();
            network.unit = Some(value.to_owned());
        }
    }
}

/// The id and what stands in the first brackets and behind them.
fn parts<'a, 't>(words: &'t [Token<'a>]) -> Result<(&'a str, [&'a str; 2], &'t [Token<'a>]), String> {
    match words {
        [id, open, first, second, close, rest @ ..]
            if open.text == "(" && close.text == ")" && !matches!(id.text, "(" | ")") =>
        {
            Ok((id.text, [first.text, second.text], rest))
        }
        _ => {
            let text: Vec<&str> = words.iter().map(|word| word.text).collect();
            Err(format!("{} cannot be read", quote(&text.join(" "))))
        }
    }
}

fn number(word: Option<&Token<'_>>, what: &str) -> Result<f64, String> {
    let text = word.map_or("", |word| word.text);
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("{what} {} is no number", quote(text)))
}

fn node(words: &[Token<'_>], place: &Place) -> Result<Node, String> {
    let (id, [x, y], _) = parts(words)?;
    let degrees = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let position = match (degrees(x), degrees(y)) {
        (Some(x), Some(y)) => Some((x, y)),
        _ => return Err(format!("the coordinates {} {} are no numbers", quote(x), quote(y))),
    };
    Ok(Node { id: id.to_owned(), position, place: place.clone() })
}

fn link(words: &[Token<'_>], place: &Place, modules_alone: &mut u64) -> Result<Line, String> {
    let (id, ends, rest) = parts(words)?;
    let installed = number(rest.first(), "the capacity")?;
    let modules = rest.iter().skip_while(|word| word.text != "(").nth(1).is_some_and(|word| word.text != ")");
    *modules_alone += u64::from(modules && installed <= 0.0);
    let amount = Some(installed).filter(|&installed| installed > 0.0);
    Ok(Line { id: id.to_owned(), ends: ends.map(str::to_owned), amount, place: place.clone() })
}

fn demand(words: &[Token<'_>], place: &Place) -> Result<Line, String> {
    let (id, ends, rest) = parts(words)?;
    let unit = number(rest.first(), "the routing unit")?;
    let value = number(rest.get(1), "the value")?;
    Ok(Line {
        id: id.to_owned(),
        ends: ends.map(str::to_owned),
        amount: Some(unit * value),
        place: place.clone(),
    })
}
