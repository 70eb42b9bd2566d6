//! How long each measure of each built-in regime takes over a ledger: `timing LEDGER [REGIME|./FOLDER] [RESULTS]`. For whoever
//! writes a query. RESULTS is a folder for what each measure comes to, to compare before and after. A measure's
//! time is with the definitions that it reads. Seconds are those of this
//! thread's processor (Linux), so that other work on the machine does not count; those of the whole, with all regimes side by
//! side on all cores, are of the clock.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_regime::{Overrides, Regime, Workbench, apply, apply_all, builtin};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let ledger = arguments.next().ok_or("timing LEDGER [REGIME|./FOLDER] [RESULTS]")?;
    let wanted = arguments.next().unwrap_or_else(|| "all".to_owned());
    let results = arguments.next();
    // Opened for writing it gets the views of this version.
    drop(banbury_evidence::ledger::Ledger::open(Path::new(&ledger))?);
    let start = busy()?;
    let scratch = std::env::temp_dir().join(format!("timing-{}.scratch", std::process::id()));
    let clock = Instant::now();
    let bench = Workbench::lay(Path::new(&ledger), &scratch)?;
    println!("{:8.3} s  the workbench", busy()? - start);
    if wanted == "all" {
        let laid = clock.elapsed().as_secs_f64();
        let regimes: Vec<_> = builtin()?.into_iter().map(|regime| (regime, Overrides::new())).collect();
        let assessed = apply_all(&bench, &regimes, "2026-11-28")?;
        let whole = clock.elapsed().as_secs_f64();
        let subjects: usize = assessed
            .iter()
            .flat_map(|assessment| &assessment.result.measures)
            .map(|measure| measure.subjects.len())
            .sum();
        println!(
            "{whole:8.3} s  by the clock for all {} regimes, {laid:.3} s of them for the workbench: {subjects} subjects",
            regimes.len()
        );
    }
    let regimes = if wanted.contains('/') { vec![Regime::load(Path::new(&wanted))?] } else { builtin()? };
    for regime in
        regimes.into_iter().filter(|regime| wanted.contains('/') || [&*regime.id, "all"].contains(&&*wanted))
    {
        let mut connection = bench.connection()?;
        for measure in regime.measures.iter().filter(|measure| !measure.attested) {
            let mut one = regime.clone();
            one.measures.retain(|other| other.id == measure.id);
            let start = busy()?;
            let assessment = apply(&mut connection, &one, &Overrides::new(), "2026-11-28")?;
            let seconds = busy()? - start;
            let result = &assessment.result.measures;
            let rows: usize = result.iter().map(|result| result.subjects.len()).sum();
            println!("{seconds:8.3} s  {}/{}: {rows} subjects", regime.id, measure.id);
            for problem in &assessment.problems {
                println!("            {problem}");
            }
            if let Some(folder) = &results {
                let path = Path::new(folder).join(format!("{}-{}.json", regime.id, measure.id));
                std::fs::write(path, serde_json::to_string_pretty(result)?)?;
            }
        }
    }
    Ok(())
}

/// Seconds for which this thread has had a processor.
fn busy() -> Result<f64, Box<dyn std::error::Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = line.split(' ').next().ok_or("no time of the thread")?.parse()?;
    Ok(nanoseconds / 1e9)
}
