//! CISA's catalogue of known exploited vulnerabilities, as JSON.
//!
//! Source: CISA's "known_exploited_vulnerabilities_schema.json".

use super::input::Input;
use super::text::{Text, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::Exploited;
use serde::Deserialize;

pub(super) struct KevJson;

impl Feed for KevJson {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "kev-json",
            title: "CISA KEV, JSON",
            family: "kev",
            replaces: Replaces::Everything,
            tells: "which vulnerabilities are exploited in the wild, of whose product, and since when the catalogue says so",
            source: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json",
            limits: &[
                "A vulnerability that is not in it may be exploited all the same.",
                "Description, required action and notes are not kept.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.has("catalogVersion") && (head.has("vulnerabilities") || head.has("dateReleased"))
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        let (mut wanted, before) = (None, reading.records);
        input.object(|input, key| match key {
            "vulnerabilities" => input.array(|input, _| item(input, reading)),
            "dateReleased" => {
                if let Ok(date) = serde_json::from_slice::<String>(input.value()?.1) {
                    reading.state_date(&date);
                }
                Ok(())
            }
            "count" => {
                wanted = serde_json::from_slice::<u64>(input.value()?.1).ok();
                Ok(())
            }
            _ => input.value().map(|_| ()),
        })?;
        input.finish()?;
        let found = reading.records - before;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            let what = format!("the feed says that it has {wanted} records, and has {found}");
            let (place, offset) = (input.place().to_owned(), input.offset());
            reading.problem(ProblemKind::Count, &place, offset, what);
        }
        Ok(())
    }
}

fn item(input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
    reading.next();
    let place = input.place().to_owned();
    let (offset, raw) = input.value()?;
    match serde_json::from_slice::<Entry<'_>>(raw) {
        Ok(entry) => {
            let exploited = Exploited {
                cve: entry.cve.to_owned_string(),
                added: entry.added.to_owned_string(),
                due: owned(&entry.due),
                title: owned(&entry.title).unwrap_or_default(),
                vendor: owned(&entry.vendor).unwrap_or_default(),
                product: owned(&entry.product).unwrap_or_default(),
                ransomware: owned(&entry.ransomware),
            };
            reading.exploited(exploited, &place, offset)
        }
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            Ok(())
        }
    }
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "cveID", borrow)]
    cve: Text<'a>,
    #[serde(rename = "dateAdded")]
    added: Text<'a>,
    #[serde(rename = "dueDate")]
    due: Option<Text<'a>>,
    #[serde(rename = "vulnerabilityName")]
    title: Option<Text<'a>>,
    #[serde(rename = "vendorProject")]
    vendor: Option<Text<'a>>,
    product: Option<Text<'a>>,
    #[serde(rename = "knownRansomwareCampaignUse")]
    ransomware: Option<Text<'a>>,
}
