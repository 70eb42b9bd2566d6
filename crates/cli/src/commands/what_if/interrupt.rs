//! An interrupt: the copies of the ledger that this process made are removed before it ends.

use anyhow::Context as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long an interrupt may wait.
const WAIT: Duration = Duration::from_millis(50);

/// The signal that was heard, 0 for none.
static HEARD: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// From now on an interrupt removes what was made for [`PURPOSE`] in the case's folder, and then ends the process as it would have.
pub(super) fn clear_on_signal(root: &Path) -> anyhow::Result<()> {
    let heard = Arc::clone(HEARD.get_or_init(Arc::default));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        let number = usize::try_from(signal).unwrap_or_default();
        signal_hook::flag::register_usize(signal, Arc::clone(&heard), number)
            .context("signals cannot be heard")?;
    }
    let root = root.to_owned();
    std::thread::spawn(move || {
        loop {
            let signal = heard.load(Ordering::SeqCst);
            if signal != 0 {
                remove(&root, std::process::id());
                let signal = i32::try_from(signal).unwrap_or(signal_hook::consts::SIGTERM);
                // Ends the process; where it does not, this does.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
                std::process::exit(128 + signal);
            }
            std::thread::sleep(WAIT);
        }
    });
    Ok(())
}

/// Stays while an interrupt is at work: what fails because a copy is gone is no error of its own.
pub(super) fn wait_out() {
    while HEARD.get().is_some_and(|heard| heard.load(Ordering::SeqCst) != 0) {
        std::thread::sleep(WAIT);
    }
}

/// What a copy of the ledger is made for: the start of its name, before the number of the process.
pub(super) const PURPOSE: &str = "what-if";

/// Removes what a process made in the case's folder and did not remove itself.
fn remove(root: &Path, process: u32) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    let start = format!("{PURPOSE}-{process}.");
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&start) {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
