//! NVD's JSON 1.1, as its yearly files were until 2023.
//!
//! Conditions are trees: an AND of ORs, or a plain OR. A record whose description begins with `** REJECT **` is taken
//! back. Source: NVD's "nvd_cve_feed_json_1.1.schema".

use super::input::Input;
use super::nvd::{Condition, Match, state};
use super::text::{Text, number, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Advisory, Record, Severity};
use serde::Deserialize;

pub(super) struct Nvd11;

impl Feed for Nvd11 {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "nvd-1.1",
            title: "NVD JSON 1.1",
            family: "nvd",
            replaces: Replaces::Records,
            tells: "vulnerabilities with conditions by CPE name and version range, CVSS 2.0 and 3.x",
            source: "https://csrc.nist.gov/schema/nvd/feed/1.1/nvd_cve_feed_json_1.1.schema",
            limits: &[
                "No longer published since December 2023: what came later is in none of its files.",
                "References, weakness types and the list of matching CPE names (cpe_name) are not kept.",
                "The affects section of the oldest files is not read; NVD left it empty in 1.1.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.has("CVE_Items") || (head.has("CVE_data_type") && head.has("CVE_data_version"))
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        let (mut wanted, before) = (None, reading.records);
        input.object(|input, key| match key {
            "CVE_Items" => input.array(|input, _| item(input, reading)),
            "CVE_data_timestamp" => {
                if let Ok(date) = serde_json::from_slice::<String>(input.value()?.1) {
                    reading.state_date(&date);
                }
                Ok(())
            }
            "CVE_data_numberOfCVEs" => {
                let said: Option<String> = serde_json::from_slice(input.value()?.1).ok();
                wanted = said.and_then(|said| said.parse::<u64>().ok());
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
    let item: Item = match serde_json::from_slice(raw) {
        Ok(item) => item,
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let summary = item.cve.description.description_data.iter().find(|one| &*one.lang == "en");
    let summary = summary.map(|one| one.value.to_owned_string()).unwrap_or_default();
    let modified = owned(&item.last_modified);
    let mut advisory = Advisory {
        name: item.cve.meta.id.to_owned_string(),
        published: owned(&item.published),
        withdrawn: summary.starts_with("** REJECT **").then(|| modified.clone().unwrap_or_default()),
        modified,
        summary,
        severities: item.impact.severities(),
        ..Advisory::default()
    };
    let mut wrong = Vec::new();
    let conditions: Vec<Condition> =
        item.configurations.nodes.iter().map(|node| condition(node, &mut wrong)).collect();
    state(&mut advisory, &conditions);
    reading.see_date(advisory.modified.as_deref());
    for what in wrong {
        reading.problem(ProblemKind::Part, &place, offset, format!("{}: {what}", advisory.name));
    }
    reading.give(Record::Advisory(Box::new(advisory)), offset)
}

/// An AND of nodes is a group each; every match of an AND itself is one, too. An OR is one group with all below it.
fn condition(node: &Node<'_>, wrong: &mut Vec<String>) -> Condition {
    let mut condition = Condition { negated: node.negate, ..Condition::default() };
    let mut matches = |node: &Node<'_>, condition: &mut Condition| {
        let mut found = Vec::new();
        collect(node, &mut found, wrong, condition, 0);
        found
    };
    if &*node.operator == "AND" {
        for child in &node.children {
            let group = matches(child, &mut condition);
            condition.groups.push(group);
        }
        let own = Node { children: Vec::new(), ..node.clone() };
        let own = matches(&own, &mut condition);
        condition.groups.extend(own.into_iter().map(|one| vec![one]));
    } else {
        let group = matches(node, &mut condition);
        condition.groups.push(group);
    }
    condition
}

fn collect(
    node: &Node<'_>,
    found: &mut Vec<Match>,
    wrong: &mut Vec<String>,
    condition: &mut Condition,
    depth: u32,
) {
    condition.negated |= node.negate;
    for one in &node.cpe_match {
        match Match::new(one.vulnerable, &one.name, [&one.ge, &one.gt, &one.le, &one.lt]) {
            Ok(one) => found.push(one),
            Err(what) => {
                condition.unreadable.push(one.name.to_owned_string());
                wrong.push(what);
            }
        }
    }
    for child in &node.children {
        if depth > 0 && &*child.operator == "AND" {
            wrong.push("an AND within an OR is taken for an OR".to_owned());
        }
        collect(child, found, wrong, condition, depth + 1);
    }
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
    #[serde(default)]
    configurations: Configurations<'a>,
    #[serde(default)]
    impact: Impact<'a>,
    #[serde(rename = "publishedDate")]
    published: Option<Text<'a>>,
    #[serde(rename = "lastModifiedDate")]
    last_modified: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Cve<'a> {
    #[serde(rename = "CVE_data_meta", borrow)]
    meta: Meta<'a>,
    #[serde(default)]
    description: Descriptions<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(rename = "ID", borrow)]
    id: Text<'a>,
}

#[derive(Default, Deserialize)]
struct Descriptions<'a> {
    #[serde(borrow, default)]
    description_data: Vec<Translation<'a>>,
}

#[derive(Deserialize)]
struct Translation<'a> {
    #[serde(borrow)]
    lang: Text<'a>,
    value: Text<'a>,
}

#[derive(Default, Deserialize)]
struct Configurations<'a> {
    #[serde(borrow, default)]
    nodes: Vec<Node<'a>>,
}

#[derive(Clone, Deserialize)]
struct Node<'a> {
    #[serde(borrow, default)]
    operator: Text<'a>,
    #[serde(default)]
    negate: bool,
    #[serde(default)]
    children: Vec<Node<'a>>,
    #[serde(default)]
    cpe_match: Vec<CpeMatch<'a>>,
}

#[derive(Clone, Deserialize)]
struct CpeMatch<'a> {
    vulnerable: bool,
    #[serde(rename = "cpe23Uri", borrow)]
    name: Text<'a>,
    #[serde(rename = "versionStartIncluding")]
    ge: Option<Text<'a>>,
    #[serde(rename = "versionStartExcluding")]
    gt: Option<Text<'a>>,
    #[serde(rename = "versionEndIncluding")]
    le: Option<Text<'a>>,
    #[serde(rename = "versionEndExcluding")]
    lt: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
struct Impact<'a> {
    #[serde(rename = "baseMetricV3", borrow)]
    v3: Option<MetricV3<'a>>,
    #[serde(rename = "baseMetricV2")]
    v2: Option<MetricV2<'a>>,
}

#[derive(Deserialize)]
struct MetricV3<'a> {
    #[serde(rename = "cvssV3", borrow)]
    cvss: Cvss<'a>,
}

#[derive(Deserialize)]
struct MetricV2<'a> {
    #[serde(rename = "cvssV2", borrow)]
    cvss: Cvss<'a>,
}

#[derive(Deserialize)]
struct Cvss<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    #[serde(rename = "vectorString")]
    vector: Text<'a>,
    #[serde(rename = "baseScore")]
    score: Option<serde_json::Number>,
}

impl Impact<'_> {
    fn severities(&self) -> Vec<Severity> {
        let all = self.v3.iter().map(|metric| &metric.cvss).chain(self.v2.iter().map(|metric| &metric.cvss));
        all.map(|cvss| Severity {
            scale: format!("CVSS:{}", &*cvss.version),
            source: "nvd@nist.gov".to_owned(),
            vector: cvss.vector.to_owned_string(),
            score: number(&cvss.score),
        })
        .collect()
    }
}
