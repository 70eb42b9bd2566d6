//! `-o FORMAT=PATH`.

use anyhow::{Context as _, bail};
use banbury_dossier::{REPORT_FORMATS, ReportFormat};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A table of scenarios: no report of an inspection or a case, and so none of their formats.
static TABLE: ReportFormat = ReportFormat {
    name: "csv",
    title: "the table of scenarios, as comma-separated values",
    extension: "csv",
    media_type: "text/csv",
    limits: &["one row a scenario: lists of sites, links and devices stand in the JSON alone"],
    source: "RFC 4180",
    needs: &[],
    inspect: None,
    case: None,
};

/// Where a report goes, and in which format.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub format: &'static ReportFormat,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Stdout,
    File(PathBuf),
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || REPORT_FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
        let (name, path) = text
            .split_once('=')
            .ok_or_else(|| format!("write FORMAT=PATH, for example json={text}; formats: {}", names()))?;
        let format = banbury_dossier::report_format(name)
            .or_else(|| (name == TABLE.name).then_some(&TABLE))
            .ok_or_else(|| format!("there is no format {name:?}; formats: {}", names()))?;
        let target = match path {
            "" => return Err(format!("there is no path after {name}=; use {name}=- for stdout")),
            "-" => Target::Stdout,
            path => Target::File(path.into()),
        };
        Ok(Self { format, target })
    }
}

impl Output {
    /// Writes the rendered report: a file whole or not at all.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        match &self.target {
            Target::Stdout => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
            Target::File(path) => write_file(path, text),
        }
    }
}

/// Whether a report takes stdout, so that the summary has to keep off it.
pub(crate) fn takes_stdout(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| output.target == Target::Stdout)
}

/// Refuses outputs that would spoil each other or an input, or that cannot be written, before any work is done.
pub(crate) fn check(outputs: &[Output], inputs: &[PathBuf]) -> anyhow::Result<()> {
    let same = |a: &Path, b: &Path| {
        a == b || a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a))
    };
    for (index, output) in outputs.iter().enumerate() {
        let earlier = outputs.get(..index).unwrap_or_default();
        match &output.target {
            Target::Stdout if earlier.iter().any(|other| other.target == Target::Stdout) => {
                bail!(
                    "-o {}=-: another report goes to stdout already; give one of them a path",
                    output.format.name
                )
            }
            Target::Stdout => {}
            Target::File(path) => {
                let shown = path.display();
                if let Some(input) = inputs.iter().find(|input| same(input, path)) {
                    bail!(
                        "-o {}={shown}: this would overwrite the input {}",
                        output.format.name,
                        input.display()
                    );
                }
                let taken =
                    |other: &Output| matches!(&other.target, Target::File(other) if same(other, path));
                if earlier.iter().any(taken) {
                    bail!("-o {}={shown}: another report goes there already", output.format.name);
                }
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                    bail!("-o {}={shown}: there is no folder {}", output.format.name, folder.display());
                }
                if path.is_dir() {
                    bail!("-o {}={shown}: a folder; name a file in it", output.format.name);
                }
            }
        }
    }
    Ok(())
}

/// Writes a file whole or not at all.
pub(crate) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    // A pipe or device is written to as it is; only a regular file can be put in place by renaming.
    let special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let result = if special {
        std::fs::write(path, text)
    } else {
        banbury_evidence::case::write_whole(path, text.as_bytes())
    };
    result.with_context(|| format!("{}: cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsed_or_refused_with_a_remedy() {
        let output: Output = "json=-".parse().unwrap();
        assert_eq!((output.format.name, output.target), ("json", Target::Stdout));
        let output: Output = "sarif=a=b".parse().unwrap();
        assert_eq!(output.target, Target::File("a=b".into()));
        for (text, part) in [("json", "json=json"), ("pdf=x", "formats: "), ("json=", "json=-")] {
            let error = text.parse::<Output>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
