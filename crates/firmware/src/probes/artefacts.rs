//! A catalogue of hidden access that was found and made public: bytes and texts, with their sources.
//!
//! Finds: the artefacts of `data/known-artefacts.toml` in any file and stream. How: one pass for all of them, each of six bytes or more, in
//! the kind of file that it says. When it is wrong: a file that speaks of an artefact (a scanner, a list, documentation) holds it as well;
//! folders of documentation are left out. An artefact says that the code or the key is there, not that it can be reached, nor who put it
//! there: components travel between badges. What it misses: what is not in the catalogue, what was changed by one byte, encoded or
//! compressed beyond what formats decompress. Nothing else knows the catalogue: mechanisms are found by their own probes.
//! Source: stands with each artefact.

use super::credentials::is_document;
use super::text::name_of;
use crate::literals::Literals;
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The catalogue of public artefacts.
pub struct KnownArtefacts;

static KNOWN: CodeInfo = CodeInfo {
    code: "hidden-access.known",
    title: "Artefact of hidden access that is public",
    grade: Grade::High,
    meaning: "The file holds the bytes or the text by which a way in, which was found elsewhere and made public, can be told. Who has read \
              what was made public knows how to use it, where it can be reached.",
    remedy: "Read the source that the finding names; replace the image by one without it, and look whether it was used.",
    cwe: &[912, 798, 506],
};

static DESCRIPTION: Description = Description {
    name: "known-artefacts",
    version: "1",
    finds: "bytes and texts of hidden access that was found and made public, by a catalogue with sources",
    how: "looks for all artefacts in one pass, each in the kind of file where it may stand",
    wrong: "a scanner, a word list or documentation outside of its usual folders that speaks of an artefact",
    misses: &[
        "all that is not in the catalogue: it finds what is known, and mechanisms are the other probes' business",
        "artefacts that were changed by one byte, encoded, encrypted, or cut in parts by the compiler",
        "artefacts that are a number or a form of code only, such as a modulus or a comparison of two characters",
    ],
    codes: &[KNOWN],
    source: "data/known-artefacts.toml: a source for each artefact",
};

/// Artefacts of one file that are told.
const MOST: usize = 32;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Artefact {
    name: String,
    source: String,
    documented: String,
    mechanism: String,
    gives: String,
    text: Option<String>,
    bytes: Option<String>,
    #[serde(rename = "where")]
    place: Place,
    not_followed_by: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Place {
    Executable,
    Text,
    Any,
}

#[derive(Deserialize)]
struct Catalogue {
    artefact: Vec<Artefact>,
}

impl Artefact {
    fn pattern(&self) -> Option<Vec<u8>> {
        match (&self.text, &self.bytes) {
            (Some(text), None) => Some(text.as_bytes().to_vec()),
            (None, Some(hex)) => {
                let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
                pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
            }
            _ => None,
        }
    }
}

/// The catalogue and the search for it. It is part of the program, and a test reads it: it always parses.
static CATALOGUE: LazyLock<Option<(Vec<Artefact>, Literals)>> = LazyLock::new(|| {
    let read: Catalogue = toml::from_str(include_str!("../../../../data/known-artefacts.toml")).ok()?;
    let patterns: Option<Vec<Vec<u8>>> = read.artefact.iter().map(Artefact::pattern).collect();
    let literals = Literals::new(&patterns?)?;
    Some((read.artefact, literals))
});

impl Probe for KnownArtefacts {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if is_document(file.path) {
            return;
        }
        let Some((artefacts, literals)) = CATALOGUE.as_ref() else {
            findings.skip(file.location.to_string(), "the catalogue of artefacts cannot be read");
            return;
        };
        findings.looked_at(file.content.len());
        let mut found: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (number, at) in literals.occurrences(file.content) {
            let Some(artefact) = artefacts.get(number) else { continue };
            let fits = match artefact.place {
                Place::Executable => file.elf().is_some(),
                Place::Text => file.is_text(),
                Place::Any => true,
            };
            let length = artefact.pattern().map_or(0, |pattern| pattern.len());
            let rest = file.content.get(at + length..).unwrap_or_default();
            let ordinary =
                artefact.not_followed_by.as_ref().is_some_and(|next| rest.starts_with(next.as_bytes()));
            let places = found.entry(number).or_default();
            if fits && !ordinary && places.len() < MOST {
                places.push((at, length));
            }
        }
        for (number, places) in found {
            let Some(artefact) = artefacts.get(number).filter(|_| !places.is_empty()) else { continue };
            let title = format!("{}: {}", name_of(file), artefact.name);
            let mut claim = Claim::observation(&KNOWN, file.subject(), title)
                .fact("artefact", artefact.name.as_str())
                .fact("source", artefact.source.as_str())
                .fact("mechanism", artefact.mechanism.as_str())
                .fact("gives", artefact.gives.as_str())
                .fact("documented-by", artefact.documented.as_str());
            for (at, length) in places {
                claim = claim.at(file.location.range(at as u64, length as u64));
            }
            findings.claim(claim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_catalogue_keeps_its_word() {
        let (artefacts, _) = CATALOGUE.as_ref().expect("it parses");
        assert!(artefacts.len() >= 30, "{}", artefacts.len());
        let (mut names, mut patterns) = (BTreeSet::new(), BTreeSet::new());
        for artefact in artefacts {
            let pattern = artefact.pattern().expect("text or bytes, not both");
            assert!(pattern.len() >= 6, "{}: short texts are everywhere", artefact.name);
            assert!(names.insert(&artefact.name) && patterns.insert(pattern), "{} twice", artefact.name);
            assert!(
                artefact.source.len() > 10 && !artefact.gives.is_empty() && !artefact.documented.is_empty()
            );
            let class = artefact.mechanism.strip_prefix('M').and_then(|number| number.parse::<u8>().ok());
            assert!(class.is_some_and(|class| (1..=10).contains(&class)), "{}", artefact.name);
        }
    }

    #[test]
    fn each_artefact_is_found_where_it_may_stand() {
        let (artefacts, _) = CATALOGUE.as_ref().unwrap();
        for artefact in artefacts {
            let mut content = vec![b'x'; 77];
            content.extend(artefact.pattern().unwrap());
            content.push(0);
            let claims = claims_of_file(&KnownArtefacts, "bin/x", &content);
            let told = claims.iter().any(|claim| claim.text("artefact").as_ref() == Some(&artefact.name));
            assert_eq!(told, artefact.place == Place::Any, "{}", artefact.name);
        }
        assert!(
            claims_of_file(&KnownArtefacts, "usr/share/doc/x", b"xmlset_roodkcableoj28840ybtide").is_empty()
        );
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(claims_of_file(&KnownArtefacts, "x", &data).is_empty());
        }
    }
}
