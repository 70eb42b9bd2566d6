//! An interrupt: the copies of the ledger that this process made are removed before it ends.

use anyhow::Context as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long an interrupt may wait.
const WAIT: Duration = Duration::from_millis(50);

/// The signal that ends the process, 0 for none.
static HEARD: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// From now on an interrupt removes what was made for a purpose (the start of its name, before the number of the process) in the
/// case's folder, and then ends the process as it would have.
pub(super) fn clear_on_signal(root: &Path, purpose: &'static str) -> anyhow::Result<()> {
    watch(root, purpose, None)
}

/// The first interrupt asks for an end with what there is, by this flag; the second one ends the process and removes what was made.
pub(super) fn stop_on_signal(root: &Path, purpose: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    watch(root, purpose, Some(Arc::clone(&stop)))?;
    Ok(stop)
}

fn watch(root: &Path, purpose: &'static str, stop: Option<Arc<AtomicBool>>) -> anyhow::Result<()> {
    let ending = Arc::clone(HEARD.get_or_init(Arc::default));
    let heard = if stop.is_some() { Arc::new(AtomicUsize::new(0)) } else { Arc::clone(&ending) };
    // Whoever waits for the best there is goes on when the terminal is gone, under nohup.
    let hangup = stop.is_none().then_some(signal_hook::consts::SIGHUP);
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM].into_iter().chain(hangup) {
        let number = usize::try_from(signal).unwrap_or_default();
        signal_hook::flag::register_usize(signal, Arc::clone(&heard), number)
            .context("signals cannot be heard")?;
    }
    let root = root.to_owned();
    std::thread::spawn(move || {
        loop {
            let signal = heard.swap(0, Ordering::SeqCst);
            let first = stop.as_ref().is_some_and(|stop| !stop.load(Ordering::SeqCst));
            if signal != 0 && first {
                stop.iter().for_each(|stop| stop.store(true, Ordering::SeqCst));
            } else if signal != 0 {
                ending.store(signal, Ordering::SeqCst);
                remove(&root, purpose, std::process::id());
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

/// Removes what a process made in the case's folder and did not remove itself.
fn remove(root: &Path, purpose: &str, process: u32) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    let start = format!("{purpose}-{process}.");
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&start) {
            // One that cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
