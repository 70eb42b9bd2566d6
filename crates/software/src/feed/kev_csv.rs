//! CISA's catalogue of known exploited vulnerabilities, as CSV. Columns are found by their names.
//!
//! It states no date of its own: the newest `dateAdded` counts. Source: the catalogue's download page, cisa.gov/kev.

use super::input::Input;
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::Exploited;

pub(super) struct KevCsv;

impl Feed for KevCsv {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "kev-csv",
            title: "CISA KEV, CSV",
            family: "kev",
            replaces: Replaces::Everything,
            tells: "which vulnerabilities are exploited in the wild, of whose product, and since when the catalogue says so",
            source: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
            limits: &[
                "A vulnerability that is not in it may be exploited all the same.",
                "It states neither its date nor its number of records: a file that is cut off exactly behind a line end looks whole. One that is cut off elsewhere is refused.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        let columns = columns(head.line.split(',').map(|cell| cell.trim_matches('"')));
        columns.is_some()
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        let place = input.place().to_owned();
        let header = input.record()?.map(|(_, cells)| cells).unwrap_or_default();
        let Some(columns) = columns(header.iter().map(String::as_str)) else {
            return Err(input.broken("the columns cveID and dateAdded are missing"));
        };
        while let Some((offset, cells)) = input.record()? {
            reading.next();
            let cell = |column: Option<usize>| {
                column.and_then(|column| cells.get(column)).filter(|cell| !cell.is_empty())
            };
            if cells.len() != header.len() {
                let what = format!("{} cells in place of {}", cells.len(), header.len());
                reading.problem(ProblemKind::Malformed, &place, offset, what);
                continue;
            }
            let (Some(cve), Some(added)) = (cell(Some(columns.cve)), cell(Some(columns.added))) else {
                reading.problem(ProblemKind::Malformed, &place, offset, "cveID or dateAdded is empty");
                continue;
            };
            let exploited = Exploited {
                cve: cve.clone(),
                added: added.clone(),
                due: cell(columns.due).cloned(),
                title: cell(columns.title).cloned().unwrap_or_default(),
                vendor: cell(columns.vendor).cloned().unwrap_or_default(),
                product: cell(columns.product).cloned().unwrap_or_default(),
                ransomware: cell(columns.ransomware).cloned(),
            };
            reading.exploited(exploited, &place, offset)?;
        }
        Ok(())
    }
}

struct Columns {
    cve: usize,
    added: usize,
    due: Option<usize>,
    title: Option<usize>,
    vendor: Option<usize>,
    product: Option<usize>,
    ransomware: Option<usize>,
}

fn columns<'a>(header: impl Iterator<Item = &'a str>) -> Option<Columns> {
    let header: Vec<&str> = header.map(str::trim).collect();
    let column = |name: &str| header.iter().position(|cell| *cell == name);
    Some(Columns {
        cve: column("cveID")?,
        added: column("dateAdded")?,
        due: column("dueDate"),
        title: column("vulnerabilityName"),
        vendor: column("vendorProject"),
        product: column("product"),
        ransomware: column("knownRansomwareCampaignUse"),
    })
}
