//! What measures are about: a closed list, so that regimes of different authorities stand side by side by topic.

use crate::error::Diagnostic;
use crate::near;
use toml::Spanned;

/// What a measure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    /// The word in the files.
    pub id: &'static str,
    /// The title in output.
    pub title: &'static str,
}

/// Every topic, in the order of a matrix.
pub const TOPICS: &[Topic] = &[
    Topic { id: "core", title: "Core of the network" },
    Topic { id: "transmission", title: "Transmission and interconnection" },
    Topic { id: "access-share", title: "Share of access networks" },
    Topic { id: "sensitive-sites", title: "Sensitive sites and networks" },
    Topic { id: "lawful-intercept", title: "Lawful intercept" },
    Topic { id: "new-equipment", title: "New equipment" },
    Topic { id: "removal", title: "Removal by a date" },
    Topic { id: "supplier-diversity", title: "Several suppliers" },
    Topic { id: "redundancy", title: "Redundancy and resilience" },
    Topic { id: "vendor-maintenance", title: "Maintenance and access of vendors" },
    Topic { id: "suppliers", title: "Suppliers and their contracts" },
    Topic { id: "management-plane", title: "Management plane and oversight" },
    Topic { id: "signalling", title: "Signalling plane" },
    Topic { id: "virtualisation", title: "Virtualisation" },
    Topic { id: "security-functions", title: "Security functions" },
    Topic { id: "monitoring", title: "Monitoring and analysis" },
    Topic { id: "customer-premises", title: "Equipment at customers" },
    Topic { id: "vulnerabilities", title: "Vulnerabilities and hidden access" },
    Topic { id: "support", title: "Support and updates" },
    Topic { id: "review", title: "Review of suppliers' engineering" },
    Topic { id: "evidence", title: "Evidence for restrictions" },
    Topic { id: "governance", title: "Governance, staff and procedures" },
];

/// The topic of this name.
pub fn topic(id: &str) -> Option<Topic> {
    TOPICS.iter().copied().find(|topic| topic.id == id)
}

/// Reads the topic that a file names.
pub(crate) fn read(
    written: Option<Spanned<String>>,
    fault: &dyn Fn(std::ops::Range<usize>, String) -> Diagnostic,
) -> Result<Option<Topic>, Diagnostic> {
    let Some(written) = written else { return Ok(None) };
    match topic(written.get_ref()) {
        Some(topic) => Ok(Some(topic)),
        None => Err(fault(written.span(), format!("there is no topic {:?}", written.get_ref()))
            .hint(near::hint("topics", written.get_ref(), TOPICS.iter().map(|topic| topic.id)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_measure_has_a_topic_and_every_topic_is_documented() {
        for regime in crate::builtin().unwrap() {
            for measure in &regime.measures {
                assert!(measure.topic.is_some(), "{}/{}", regime.id, measure.id);
            }
        }
        let document = include_str!("../../../docs/regimes.md");
        for topic in TOPICS {
            let row = format!("| `{}` | {} |", topic.id, topic.title);
            assert!(document.contains(&row), "docs/regimes.md lacks {row}");
        }
    }

    #[test]
    fn a_topic_that_there_is_not_is_refused_at_its_place() {
        let mut files = crate::Files::new();
        files.insert(
            "regime.toml".to_owned(),
            "title = \"T\"\nauthority = \"A\"\nversion = \"1\"\nsummary = \"S\"\ncertainty = \"own\"\nmeasures = [\"a\"]\nsources = []\n".to_owned(),
        );
        files.insert(
            "measures/a.toml".to_owned(),
            "title = \"T\"\nclause = \"C\"\ntext = \"X\"\ncertainty = \"own\"\ntopic = \"cores\"\nquery = \"a\"\nneeds = []\nnothing = \"N\"\ndecides = \"D\"\nremedy = \"R\"\n"
                .to_owned(),
        );
        files.insert("queries/a.sql".to_owned(), "SELECT 'a', 'met', 'b'".to_owned());
        let error = crate::Regime::parse("mine", &files).unwrap_err().to_string();
        assert!(
            error.contains("measures/a.toml:5") && error.contains("\"cores\"") && error.contains("core"),
            "{error}"
        );
    }
}
