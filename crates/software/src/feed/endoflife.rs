//! endoflife.date: how long releases of a product are supported. Both forms of its API: a list of cycles (`openssl.json`,
//! version 0, where the file's name is the product), and products with releases (version 1, one or all).
//!
//! Source: endoflife.date/docs/api and the v1 OpenAPI description.

use super::input::Input;
use super::text::{Text, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{End, Record, Support};
use serde::Deserialize;

pub(super) struct EndOfLife;

impl Feed for EndOfLife {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "endoflife",
            title: "endoflife.date, JSON",
            family: "endoflife",
            replaces: Replaces::Records,
            tells: "until when the releases of a product are supported, and the newest version of each",
            source: "https://endoflife.date/docs/api/v1/",
            limits: &[
                "Version 0 does not say which product it is about: the file's name has to.",
                "Version 0 states no date of its own; the newest release in it counts.",
                "Extended support that is paid for is not kept.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        let cycles = head.array && head.has("cycle") && (head.has("eol") || head.has("releaseDate"));
        let products = head.has("schema_version") && head.has("result");
        cycles || products
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        if input.next_byte()? == b'[' {
            input.array(|input, _| cycle(input, reading))?;
            return input.finish();
        }
        input.object(|input, key| match key {
            "result" if input.next_byte()? == b'[' => input.array(|input, _| product(input, reading)),
            "result" => product(input, reading),
            "generated_at" | "last_modified" => {
                if let Ok(date) = serde_json::from_slice::<String>(input.value()?.1) {
                    reading.state_date(&date);
                }
                Ok(())
            }
            _ => input.value().map(|_| ()),
        })?;
        input.finish()
    }
}

fn cycle(input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
    reading.next();
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    let cycle: Cycle = match serde_json::from_slice(raw) {
        Ok(cycle) => cycle,
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let support = Support {
        product: reading.stem.to_owned(),
        cycle: match &cycle.cycle {
            Name::Text(name) => name.to_owned_string(),
            Name::Number(name) => name.to_string(),
        },
        released: owned(&cycle.released),
        ends: cycle.ends.as_ref().map(|ends| match ends {
            Day::On(day) => End::On(day.to_owned_string()),
            Day::Flag(true) => End::Ended,
            Day::Flag(false) => End::Open,
        }),
        latest: owned(&cycle.latest),
        latest_released: owned(&cycle.latest_released),
        names: Vec::new(),
    };
    reading.see_date(support.latest_released.as_deref().or(support.released.as_deref()));
    reading.give(Record::Support(support), offset)
}

fn product(input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    let product: Product = match serde_json::from_slice(raw) {
        Ok(product) => product,
        Err(error) => {
            reading.next();
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let names = product.aliases.iter().chain(product.identifiers.iter().map(|identifier| &identifier.id));
    let names: Vec<String> = names.map(Text::to_owned_string).collect();
    for release in &product.releases {
        reading.next();
        let ends = match (owned(&release.ends), release.ended) {
            (Some(day), _) => Some(End::On(day)),
            (None, Some(true)) => Some(End::Ended),
            (None, Some(false)) => Some(End::Open),
            (None, None) => None,
        };
        let support = Support {
            product: product.name.to_owned_string(),
            cycle: release.name.to_owned_string(),
            released: owned(&release.released),
            ends,
            latest: release.latest.as_ref().and_then(|latest| owned(&latest.name)),
            latest_released: release.latest.as_ref().and_then(|latest| owned(&latest.date)),
            names: names.clone(),
        };
        reading.see_date(support.latest_released.as_deref().or(support.released.as_deref()));
        reading.give(Record::Support(support), offset)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Cycle<'a> {
    #[serde(borrow)]
    cycle: Name<'a>,
    #[serde(rename = "releaseDate")]
    released: Option<Text<'a>>,
    #[serde(rename = "eol")]
    ends: Option<Day<'a>>,
    latest: Option<Text<'a>>,
    #[serde(rename = "latestReleaseDate")]
    latest_released: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name<'a> {
    #[serde(borrow)]
    Text(Text<'a>),
    Number(serde_json::Number),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Day<'a> {
    #[serde(borrow)]
    On(Text<'a>),
    Flag(bool),
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    aliases: Vec<Text<'a>>,
    #[serde(default)]
    identifiers: Vec<Identifier<'a>>,
    releases: Vec<Release<'a>>,
}

#[derive(Deserialize)]
struct Identifier<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "releaseDate")]
    released: Option<Text<'a>>,
    #[serde(rename = "isEol")]
    ended: Option<bool>,
    #[serde(rename = "eolFrom")]
    ends: Option<Text<'a>>,
    latest: Option<Latest<'a>>,
}

#[derive(Deserialize)]
struct Latest<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    date: Option<Text<'a>>,
}
