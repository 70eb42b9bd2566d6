//! How long each measure of each built-in regime takes over a ledger: `timing LEDGER [REGIME]`. For whoever writes a query.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_regime::{Overrides, Workbench, apply, builtin};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let ledger = arguments.next().ok_or("timing LEDGER [REGIME]")?;
    let wanted = arguments.next();
    // Opened for writing it gets the views of this version.
    drop(banbury_evidence::ledger::Ledger::open(Path::new(&ledger))?);
    let start = Instant::now();
    let scratch = std::env::temp_dir().join(format!("timing-{}.scratch", std::process::id()));
    let bench = Workbench::lay(Path::new(&ledger), &scratch)?;
    println!("{:8.3} s  the workbench", start.elapsed().as_secs_f64());
    for regime in
        builtin()?.into_iter().filter(|regime| wanted.as_ref().is_none_or(|name| *name == regime.id))
    {
        let mut connection = bench.connection()?;
        let mut bare = regime.clone();
        bare.measures.clear();
        let start = Instant::now();
        apply(&mut connection, &bare, &Overrides::new(), "2026-11-28")?;
        let definitions = start.elapsed().as_secs_f64();
        println!("{definitions:8.3} s  {}: definitions", regime.id);
        for measure in regime.measures.iter().filter(|measure| !measure.attested) {
            let mut one = regime.clone();
            one.measures.retain(|other| other.id == measure.id);
            let start = Instant::now();
            let assessment = apply(&mut connection, &one, &Overrides::new(), "2026-11-28")?;
            let seconds = start.elapsed().as_secs_f64() - definitions;
            let result = &assessment.result.measures;
            let rows: usize = result.iter().map(|result| result.subjects.len()).sum();
            println!("{seconds:8.3} s  {}/{}: {rows} subjects", regime.id, measure.id);
            for problem in &assessment.problems {
                println!("            {problem}");
            }
        }
    }
    Ok(())
}
