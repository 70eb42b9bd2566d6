//! A case: a folder with `banbury.toml`, the ledger, and the exhibits' own bytes under their hashes.

use crate::ledger::{Ledger, LedgerError};
use crate::{Digest, Exhibit, ExhibitKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Name of the settings' file in a case.
pub const CONFIG: &str = "banbury.toml";
/// Name of the ledger's file in a case.
pub const LEDGER: &str = "ledger.sqlite";
/// Name of the exhibits' folder in a case.
pub const EXHIBITS: &str = "exhibits";

/// An open case.
#[derive(Debug)]
pub struct Case {
    root: PathBuf,
    /// Its settings, as `banbury.toml` has them.
    pub config: Config,
    /// Its ledger.
    pub ledger: Ledger,
}

/// A case's settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The case itself.
    pub case: CaseConfig,
    /// Who publishes what is written of the case, for formats that demand it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
    /// A regime's parameters that differ from its own: by regime, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, BTreeMap<String, Parameter>>,
}

/// The `[case]` table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseConfig {
    /// The case's name, for people.
    pub name: String,
    /// The regimes to apply: names of built-in ones, or folders (with a `/`) counted from the case.
    #[serde(default)]
    pub regimes: Vec<String>,
}

/// The `[publisher]` table: who publishes what is written of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// The name.
    pub name: String,
    /// A URL that the publisher controls; CSAF demands it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What sort of publisher, by CSAF 2.0: coordinator, discoverer, other, translator, user or vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How to reach the publisher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
}

/// What adding a file did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The exhibit.
    pub exhibit: Exhibit,
    /// Whether it is new to the case.
    pub new: bool,
}

/// What can go wrong with a case as such.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is a case here already.
    #[error("{path}: there is a case here already; nothing was changed")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is no case here.
    #[error("{path}: no case here (no {CONFIG}); make one with `banbury init {path}`")]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// `banbury.toml` cannot be read.
    #[error("{path}:{line}:{column}: {message}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// An exhibit's bytes are no longer those that were added.
    #[error(
        "{path}: the bytes are not those of exhibit {expected} (they hash to {found}); the case has been tampered with or damaged"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The hash under which it was added.
        expected: Digest,
        /// The hash of what stands there.
        found: Digest,
    },
    /// The ledger reports an error.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Case {
    /// Makes a case in `root`, which may be an existing folder without one.
    pub fn init(root: &Path, config: &Config) -> Result<Self, CaseError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| CaseError::File { path, source }
        };
        let settings = root.join(CONFIG);
        if settings.exists() || root.join(LEDGER).exists() {
            return Err(CaseError::Exists { path: root.to_owned() });
        }
        fs::create_dir_all(root.join(EXHIBITS)).map_err(at(root))?;
        let ledger = Ledger::create(&root.join(LEDGER))?;
        // The settings come last: a folder is a case from the moment they stand there whole.
        let text = toml::to_string(config)
            .map_err(|error| CaseError::File { path: settings.clone(), source: io::Error::other(error) })?;
        write_whole(&settings, text.as_bytes()).map_err(at(&settings))?;
        Ok(Self { root: root.to_owned(), config: config.clone(), ledger })
    }

    /// Opens the case in `root`.
    pub fn open(root: &Path) -> Result<Self, CaseError> {
        let path = root.join(CONFIG);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CaseError::Missing { path: root.to_owned() });
            }
            Err(source) => return Err(CaseError::File { path, source }),
        };
        let config = Config::parse(&path, &text)?;
        let ledger = Ledger::open(&root.join(LEDGER))?;
        Ok(Self { root: root.to_owned(), config, ledger })
    }

    /// The case's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Adds the file at `source` under its hash. `at` is the time of adding, RFC 3339 in UTC.
    pub fn add(
        &mut self,
        source: &Path,
        name: &str,
        kind: ExhibitKind,
        at: &str,
    ) -> Result<Added, CaseError> {
        let wrong = |path: &Path, source| CaseError::File { path: path.to_owned(), source };
        let input = File::open(source).map_err(|error| wrong(source, error))?;
        let (sha256, size) = Digest::of_reader(input).map_err(|error| wrong(source, error))?;
        let exhibit = Exhibit { sha256, name: name.to_owned(), kind, size };
        let target = self.exhibit_path(&sha256);
        if !target.exists() {
            let part = target.with_extension("part");
            if let Err(error) = fs::copy(source, &part) {
                // A copy that broke off is no exhibit; when it cannot be removed either, the next try overwrites it.
                let _ = fs::remove_file(&part);
                return Err(wrong(&part, error));
            }
            let copy = File::open(&part).map_err(|error| wrong(&part, error))?;
            let (found, _) = Digest::of_reader(&copy).map_err(|error| wrong(&part, error))?;
            if found != sha256 {
                return Err(CaseError::Changed { path: source.to_owned(), expected: sha256, found });
            }
            copy.sync_all()
                .and_then(|()| fs::rename(&part, &target))
                .map_err(|error| wrong(&target, error))?;
        }
        let new = self.ledger.add_exhibit(&exhibit, at)?;
        Ok(Added { exhibit, new })
    }

    /// Where an exhibit's bytes stand.
    pub fn exhibit_path(&self, sha256: &Digest) -> PathBuf {
        self.root.join(EXHIBITS).join(sha256.to_string())
    }

    /// Whether an exhibit's bytes are still there and still those that were added.
    pub fn verify(&self, sha256: &Digest) -> Result<(), CaseError> {
        let path = self.exhibit_path(sha256);
        let found = File::open(&path).and_then(Digest::of_reader);
        match found {
            Ok((found, _)) if found == *sha256 => Ok(()),
            Ok((found, _)) => Err(CaseError::Changed { path, expected: *sha256, found }),
            Err(source) => Err(CaseError::File { path, source }),
        }
    }

    /// An exhibit's bytes, checked against its hash.
    pub fn exhibit_bytes(&self, sha256: &Digest) -> Result<Vec<u8>, CaseError> {
        let path = self.exhibit_path(sha256);
        let bytes = fs::read(&path).map_err(|source| CaseError::File { path: path.clone(), source })?;
        let found = Digest::of(&bytes);
        if found == *sha256 { Ok(bytes) } else { Err(CaseError::Changed { path, expected: *sha256, found }) }
    }
}

impl Config {
    /// Reads settings; `path` is for the error alone.
    pub fn parse(path: &Path, text: &str) -> Result<Self, CaseError> {
        toml::from_str(text).map_err(|error| {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            CaseError::Config { path: path.to_owned(), line, column, message: error.message().to_owned() }
        })
    }
}

/// Writes a file under a temporary name and moves it into place, so that it is there whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)
}

/// Line and column, from 1, of a byte in a text.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            case: CaseConfig { name: "test".into(), regimes: vec!["r".into()] },
            publisher: None,
            parameters: BTreeMap::new(),
        }
    }

    #[test]
    fn made_opened_and_never_made_twice() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("case");
        Case::init(&root, &config()).unwrap();
        assert_eq!(Case::open(&root).unwrap().config, config());
        assert!(matches!(Case::init(&root, &config()), Err(CaseError::Exists { .. })));
        assert!(matches!(Case::open(folder.path()), Err(CaseError::Missing { .. })));
    }

    #[test]
    fn an_exhibit_is_kept_under_its_hash_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::init(&folder.path().join("case"), &config()).unwrap();
        let file = folder.path().join("image.bin");
        fs::write(&file, b"bytes").unwrap();
        let added = case.add(&file, "image.bin", ExhibitKind::Firmware, "2026-01-01T00:00:00Z").unwrap();
        assert!(added.new);
        assert!(!case.add(&file, "again.bin", ExhibitKind::Firmware, "2026-01-02T00:00:00Z").unwrap().new);
        assert_eq!(case.exhibit_bytes(&added.exhibit.sha256).unwrap(), b"bytes");
        fs::write(case.exhibit_path(&added.exhibit.sha256), b"other").unwrap();
        assert!(matches!(case.exhibit_bytes(&added.exhibit.sha256), Err(CaseError::Changed { .. })));
        assert!(matches!(case.verify(&added.exhibit.sha256), Err(CaseError::Changed { .. })));
        fs::remove_file(case.exhibit_path(&added.exhibit.sha256)).unwrap();
        assert!(matches!(case.verify(&added.exhibit.sha256), Err(CaseError::File { .. })));
    }

    #[test]
    fn a_mistake_in_the_settings_has_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("case");
        Case::init(&root, &config()).unwrap();
        fs::write(root.join(CONFIG), "[case]\nname = \"x\"\nregime = []\n").unwrap();
        let error = Case::open(&root).unwrap_err();
        assert!(matches!(error, CaseError::Config { line: 3, column: 1, .. }), "{error}");
    }
}
