use crate::Outcome;
use crate::arguments::Dispose;
use anyhow::bail;
use banbury_evidence::case::Case;
use std::io::Write as _;

pub(super) fn run(arguments: Dispose) -> anyhow::Result<Outcome> {
    let Dispose { case: root, claim, state, reason, person } = arguments;
    let mut case = Case::open(&root)?;
    let wanted = claim.to_lowercase();
    let claims = case.ledger.claims(None)?;
    let mut found = claims.iter().filter(|stored| stored.fingerprint.to_string().starts_with(&wanted));
    let (first, more) = (found.next(), found.count());
    let Some(stored) = first else {
        bail!("no claim's fingerprint starts with {claim:?}; the dossier and dossier.json show them");
    };
    if more > 0 {
        bail!("{} claims' fingerprints start with {claim:?}; give more digits", more + 1);
    }
    case.ledger.dispose(&stored.fingerprint, &state, &reason, &person, &super::now())?;
    writeln!(
        std::io::stdout().lock(),
        "{state}  {}  {}: {}",
        stored.fingerprint.short(),
        stored.claim.code,
        crate::terminal::safe(&stored.claim.title)
    )?;
    Ok(Outcome::Done)
}
