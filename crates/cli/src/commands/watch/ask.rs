//! The parent's side: starts the confined child and hears what it answers.

use super::child::{Answer, Frame, Task, send_interest, send_paths};
use anyhow::{Context as _, bail};
use banbury_firmware::worker::ended;
use banbury_traffic::peers::interest::Interest;
use std::io::{self, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

/// A child at work.
pub(super) struct Asked {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    complaint: JoinHandle<String>,
}

/// Starts a child with a task over the inputs at these paths. The paths and what is of interest go over its standard input: a folder of
/// rotated logs, and a large network's addresses, are more than a command line holds. A child that follows is in a group of its own: an
/// interrupt from the terminal is for the parent, which asks it for the last answer.
pub(super) fn start(task: &Task, paths: &[PathBuf], interest: Option<&Interest>) -> anyhow::Result<Asked> {
    let program = std::env::current_exe().context("where this program stands cannot be told")?;
    let mut command = Command::new(&program);
    if task.follow {
        command.process_group(0);
    }
    let mut child = command
        .arg("confined-watch")
        .arg(serde_json::to_string(task)?)
        .env_clear()
        .env("RUST_BACKTRACE", "0")
        // What glibc's allocator has it keeps for the next time: pages that are given back and taken again cost a twentieth of all.
        .env(
            "GLIBC_TUNABLES",
            "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824",
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{}: cannot be started as the confined process", program.display()))?;
    let mut input = child.stdin.take();
    let output = BufReader::new(child.stdout.take().context("the child has no output")?);
    let errors = child.stderr.take().context("the child has no errors")?;
    let complaint = std::thread::spawn(move || {
        let mut text = Vec::new();
        match errors.take(1 << 16).read_to_end(&mut text) {
            Ok(_) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => format!("(its complaint cannot be read: {error})"),
        }
    });
    let sent = input.as_mut().map_or(Ok(()), |input| {
        send_paths(paths, input)?;
        send_interest(&interest.cloned().unwrap_or_default(), input)
    });
    let asked = Asked { child, input, output, complaint };
    match sent {
        Ok(()) => Ok(asked),
        // Why it does not listen it says itself.
        Err(error) => {
            Err(asked.finish().err().unwrap_or(error).context("the confined process does not listen"))
        }
    }
}

impl Asked {
    /// The last answer, with which the child ends.
    pub(super) fn finish(mut self) -> anyhow::Result<Answer> {
        drop(self.input.take());
        let answer = Answer::receive(&mut self.output);
        if answer.is_err() {
            // It may still be writing what nobody reads.
            self.child.kill()?;
        }
        let status = self.child.wait()?;
        let complaint = self.complaint.join().unwrap_or_default();
        match answer {
            Ok(answer) if status.success() => Ok(answer),
            Err(error) if complaint.is_empty() => {
                Err(error.context(format!("the confined process {status} gave no usable answer")))
            }
            _ => bail!("{}", ended(status, &complaint)),
        }
    }

    /// Sends more of an input.
    pub(super) fn send(&mut self, frame: &Frame) -> io::Result<()> {
        self.input.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |input| frame.send(input))
    }

    /// Asks for an answer now.
    pub(super) fn weigh(&mut self) -> anyhow::Result<Answer> {
        self.send(&Frame::Weigh)?;
        if let Some(input) = &mut self.input {
            input.flush()?;
        }
        Answer::receive(&mut self.output)
    }
}
