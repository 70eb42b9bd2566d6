use crate::Outcome;
use crate::terminal::safe_lines;
use anyhow::bail;
use banbury_regime::Regime;
use std::io::Write as _;
use std::path::Path;

pub(super) fn run(code: &str) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    if let Some(info) = super::codes().find(|info| info.code == code) {
        writeln!(out, "{}: {}", info.code, info.title)?;
        writeln!(out, "grade: {}", info.grade.as_str())?;
        if !info.cwe.is_empty() {
            let cwe: Vec<String> = info.cwe.iter().map(|number| format!("CWE-{number}")).collect();
            writeln!(out, "weakness: {}", cwe.join(", "))?;
        }
        let techniques = banbury_traffic::probes::techniques(info.code);
        if !techniques.is_empty() {
            writeln!(out, "\nWhat it looks like, without saying that it is")?;
        }
        for technique in techniques {
            let what = format!(
                "{} {} ({}): where {}; {}",
                technique.framework, technique.id, technique.name, technique.when, technique.url
            );
            writeln!(out, "{}", indent(&what))?;
        }
        writeln!(out, "\nWhat it means\n{}", indent(info.meaning))?;
        writeln!(out, "\nWhat to do\n{}", indent(info.remedy))?;
        let probes = banbury_firmware::probes::PROBES.iter().map(|probe| probe.describe());
        let probes = probes.chain(banbury_traffic::probes::descriptions());
        for probe in probes.filter(|probe| probe.codes.iter().any(|known| known.code == code)) {
            writeln!(
                out,
                "\nWho says so\n{}",
                indent(&format!("the probe `{}`: {}", probe.name, probe.how))
            )?;
            writeln!(out, "\nWhen it is wrong\n{}", indent(probe.wrong))?;
        }
        let look_ups = banbury_software::lookup::LOOK_UPS.iter();
        for look_up in look_ups.filter(|look_up| look_up.codes.iter().any(|known| known.code == code)) {
            let who = format!("the look-up `{}`: {}", look_up.name, look_up.how);
            writeln!(out, "\nWho says so\n{}", indent(&who))?;
            writeln!(out, "\nWhen it is wrong\n{}", indent(look_up.wrong))?;
        }
        return Ok(Outcome::Done);
    }
    if let Some(text) = banbury_regime::explain(code)? {
        writeln!(out, "{text}")?;
        return Ok(Outcome::Done);
    }
    if let Some(text) = own(code)? {
        writeln!(out, "{}", safe_lines(&text))?;
        return Ok(Outcome::Done);
    }
    let near = nearest(code)?;
    if near.is_empty() {
        bail!("{code}: no such code; `banbury probes` and `banbury regimes` list them");
    }
    bail!("{code}: no such code; did you mean {}?", near.join(" or "));
}

/// A regime of the user's own by its folder, or a measure of it: `./our-rules`, `./our-rules/end-of-support`.
fn own(code: &str) -> anyhow::Result<Option<String>> {
    let is_regime = |folder: &Path| folder.join("regime.toml").is_file();
    let path = Path::new(code);
    if is_regime(path) {
        return Ok(Some(banbury_regime::explain_regime(&Regime::load(path)?)));
    }
    let Some((folder, id)) = code.rsplit_once('/').filter(|(folder, _)| is_regime(Path::new(folder))) else {
        return Ok(None);
    };
    let regime = Regime::load(Path::new(folder))?;
    match regime.measures.iter().find(|measure| measure.id == id) {
        Some(measure) => Ok(Some(banbury_regime::explain_measure(&regime, measure))),
        None => {
            let known: Vec<&str> = regime.measures.iter().map(|measure| measure.id.as_str()).collect();
            bail!("{code}: {folder} has no measure {id:?}; it has {}", known.join(", "));
        }
    }
}

/// Codes that share a part with what was asked for.
fn nearest(code: &str) -> anyhow::Result<Vec<String>> {
    let mut known: Vec<String> = super::codes().map(|info| info.code.to_owned()).collect();
    for regime in banbury_regime::builtin()? {
        known.extend(regime.measures.iter().map(|measure| format!("{}/{}", regime.id, measure.id)));
    }
    let parts: Vec<&str> = code.split(['.', '/', '-']).filter(|part| part.len() > 2).collect();
    let mut scored: Vec<(usize, String)> = known
        .into_iter()
        .map(|known| (parts.iter().filter(|part| known.contains(**part)).count(), known))
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.truncate(3);
    Ok(scored.into_iter().map(|(_, code)| code).collect())
}

/// A paragraph, wrapped at 78 characters and indented by two.
pub(super) fn indent(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::from(" ");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 78 && line.trim() != "" {
            lines.push(std::mem::replace(&mut line, String::from(" ")));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}
