//! Techniques of ATT&CK and FiGHT that look like what a finding says: data in `techniques.toml`.

use serde::Deserialize;
use std::sync::LazyLock;

/// A technique, and for what it fits a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Technique {
    /// `ATT&CK` or `FiGHT`.
    pub framework: &'static str,
    /// Its identifier, such as `T1071.004`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where it is defined.
    pub url: &'static str,
    /// For what it fits the finding.
    pub when: &'static str,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    technique: Vec<Row>,
    fit: Vec<Fit>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    name: String,
    framework: String,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Fit {
    code: String,
    id: String,
    when: String,
}

// The file is a part of the program; a test reads it.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("techniques.toml")).unwrap_or_default());

/// The techniques that look like what this code says, in the order of the table; often none.
pub fn techniques(code: &str) -> Vec<Technique> {
    let table = &*TABLE;
    let fits = table.fit.iter().filter(|fit| fit.code == code);
    fits.filter_map(|fit| {
        let Row { id, name, framework, url } = table.technique.iter().find(|row| row.id == fit.id)?;
        Some(Technique { framework, id, name, url, when: &fit.when })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_fit_is_of_a_code_and_a_technique_that_there_are() {
        let table: Table = toml::from_str(include_str!("techniques.toml")).unwrap();
        let codes: BTreeSet<&str> =
            super::super::descriptions().flat_map(|probe| probe.codes).map(|info| info.code).collect();
        let mut used = BTreeSet::new();
        for fit in &table.fit {
            assert!(codes.contains(fit.code.as_str()), "{}", fit.code);
            assert!(table.technique.iter().any(|row| row.id == fit.id), "{}", fit.id);
            assert!(fit.when.len() > 10, "{} {}", fit.code, fit.id);
            used.insert(fit.id.as_str());
        }
        let mut seen = BTreeSet::new();
        for row in &table.technique {
            assert!(seen.insert(row.id.as_str()) && used.contains(row.id.as_str()), "{}", row.id);
            let (host, start) = match row.framework.as_str() {
                "ATT&CK" => ("https://attack.mitre.org/techniques/", "T"),
                "FiGHT" => ("https://fight.mitre.org/techniques/", "FGT"),
                other => panic!("{other}"),
            };
            let path = if row.framework == "FiGHT" { row.id.clone() } else { row.id.replace('.', "/") + "/" };
            assert_eq!(row.url, format!("{host}{path}"));
            assert!(row.id.starts_with(start));
        }
        assert!(techniques("traffic.watched").is_empty() && techniques("nonsense").is_empty());
        assert_eq!(techniques("traffic.dns-tunnel").len(), 4);
    }
}
