//! NVD's JSON 2.0: yearly, modified and recent files, and pages of the API, which have the same form.
//!
//! A record whose `vulnStatus` is `Rejected` is taken back. Source: NVD's "cve_api_json_2.0.schema".

use super::input::Input;
use super::nvd::{Condition, Match, state};
use super::text::{Text, number, owned};
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Advisory, Record, Severity};
use serde::Deserialize;

pub(super) struct Nvd20;

impl Feed for Nvd20 {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "nvd-2.0",
            title: "NVD JSON 2.0",
            family: "nvd",
            replaces: Replaces::Records,
            tells: "vulnerabilities with conditions by CPE name and version range, CVSS 2.0 to 4.0 and whose they are",
            source: "https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema",
            limits: &[
                "That every page of the API is there is not checked: a page says how many records there are in all, and pages are imported one by one.",
                "References, weakness types and comments of the CVE programme are not kept.",
                "A condition that NVD negates is kept as one that cannot be told.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.value("format").is_some_and(|format| format.starts_with("\"NVD_CVE\""))
            || (head.has("resultsPerPage") && head.has("vulnerabilities"))
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        let (mut wanted, before) = (None, reading.records);
        input.object(|input, key| match key {
            "vulnerabilities" => input.array(|input, _| item(input, reading)),
            "timestamp" => {
                if let Ok(date) = serde_json::from_slice::<String>(input.value()?.1) {
                    reading.state_date(&date);
                }
                Ok(())
            }
            "resultsPerPage" => {
                wanted = serde_json::from_slice::<u64>(input.value()?.1).ok();
                Ok(())
            }
            _ => input.value().map(|_| ()),
        })?;
        input.finish()?;
        let found = reading.records - before;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            let what = format!("the feed says that it has {wanted} records here, and has {found}");
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
    let cve = match serde_json::from_slice::<Item<'_>>(raw) {
        Ok(item) => item.cve,
        Err(error) => {
            reading.problem(ProblemKind::Malformed, &place, offset, error.to_string());
            return Ok(());
        }
    };
    let summary = cve.descriptions.iter().find(|one| &*one.lang == "en");
    let modified = owned(&cve.modified);
    let rejected = cve.status.as_ref().is_some_and(|status| status.eq_ignore_ascii_case("rejected"));
    let mut advisory = Advisory {
        name: cve.id.to_owned_string(),
        published: owned(&cve.published),
        withdrawn: rejected.then(|| modified.clone().unwrap_or_default()),
        modified,
        summary: summary.map(|one| one.value.to_owned_string()).unwrap_or_default(),
        severities: cve.metrics.severities(),
        ..Advisory::default()
    };
    let mut wrong = Vec::new();
    let conditions: Vec<Condition> =
        cve.configurations.iter().flat_map(|configuration| conditions(configuration, &mut wrong)).collect();
    state(&mut advisory, &conditions);
    reading.see_date(advisory.modified.as_deref());
    for what in wrong {
        reading.problem(ProblemKind::Part, &place, offset, format!("{}: {what}", advisory.name));
    }
    reading.give(Record::Advisory(Box::new(advisory)), offset)
}

/// An AND of nodes is one condition; otherwise each node is one.
fn conditions(configuration: &Configuration<'_>, wrong: &mut Vec<String>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut whole = Condition { negated: configuration.negate, ..Condition::default() };
    let all = configuration.operator.as_ref().is_some_and(|operator| &**operator == "AND");
    for node in &configuration.nodes {
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        for one in &node.matches {
            match Match::new(one.vulnerable, &one.name, [&one.ge, &one.gt, &one.le, &one.lt]) {
                Ok(one) => found.push(one),
                Err(what) => {
                    unreadable.push(one.name.to_owned_string());
                    wrong.push(what);
                }
            }
        }
        let each = &*node.operator == "AND";
        let groups: Vec<Vec<Match>> =
            if each { found.into_iter().map(|one| vec![one]).collect() } else { vec![found] };
        if all {
            whole.groups.extend(groups);
            whole.negated |= node.negate;
            whole.unreadable.extend(unreadable);
        } else {
            conditions.push(Condition { groups, negated: configuration.negate || node.negate, unreadable });
        }
    }
    if all {
        conditions.push(whole);
    }
    conditions
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
}

#[derive(Deserialize)]
struct Cve<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    published: Option<Text<'a>>,
    #[serde(rename = "lastModified")]
    modified: Option<Text<'a>>,
    #[serde(rename = "vulnStatus")]
    status: Option<Text<'a>>,
    #[serde(default)]
    descriptions: Vec<Translation<'a>>,
    #[serde(default)]
    metrics: Metrics<'a>,
    #[serde(default)]
    configurations: Vec<Configuration<'a>>,
}

#[derive(Deserialize)]
struct Translation<'a> {
    #[serde(borrow)]
    lang: Text<'a>,
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Configuration<'a> {
    #[serde(borrow)]
    operator: Option<Text<'a>>,
    #[serde(default)]
    negate: bool,
    #[serde(default)]
    nodes: Vec<Node<'a>>,
}

#[derive(Deserialize)]
struct Node<'a> {
    #[serde(borrow, default)]
    operator: Text<'a>,
    #[serde(default)]
    negate: bool,
    #[serde(rename = "cpeMatch", default)]
    matches: Vec<CpeMatch<'a>>,
}

#[derive(Deserialize)]
struct CpeMatch<'a> {
    vulnerable: bool,
    #[serde(rename = "criteria", borrow)]
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
struct Metrics<'a> {
    #[serde(rename = "cvssMetricV40", borrow, default)]
    v40: Vec<Metric<'a>>,
    #[serde(rename = "cvssMetricV31", default)]
    v31: Vec<Metric<'a>>,
    #[serde(rename = "cvssMetricV30", default)]
    v30: Vec<Metric<'a>>,
    #[serde(rename = "cvssMetricV2", default)]
    v2: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
struct Metric<'a> {
    #[serde(borrow)]
    source: Option<Text<'a>>,
    #[serde(rename = "cvssData")]
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

impl Metrics<'_> {
    fn severities(&self) -> Vec<Severity> {
        let all = [&self.v40, &self.v31, &self.v30, &self.v2].into_iter().flatten();
        all.map(|metric| Severity {
            scale: format!("CVSS:{}", &*metric.cvss.version),
            source: owned(&metric.source).unwrap_or_default(),
            vector: metric.cvss.vector.to_owned_string(),
            score: number(&metric.cvss.score),
        })
        .collect()
    }
}
