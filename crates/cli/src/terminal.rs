//! What a person sees: plain text that reads without colour, progress on stderr, errors with their causes.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

/// Writes an error and its causes to stderr.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = safe_lines(&error.to_string());
    for cause in error.chain().skip(1).map(|cause| safe_lines(&cause.to_string())) {
        // Many errors say their cause themselves.
        if !text.contains(&cause) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  cause: {cause}");
        }
    }
    note(&format!("{}: {text}", paint("error", Tone::Bad)));
}

/// Writes a line to stderr; when that fails there is nowhere left to say so.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether an error says that whoever reads our stdout has gone.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// How a word is to look; never the only carrier of a meaning.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Bad,
    Unsure,
    Strong,
}

/// A word in a tone, plain when stdout and stderr are no terminal or `NO_COLOR` is set.
pub(crate) fn paint(text: &str, tone: Tone) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return text.to_owned();
    }
    let code = match tone {
        Tone::Good => "32",
        Tone::Bad => "31;1",
        Tone::Unsure => "33",
        Tone::Strong => "1",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Text from an input with control and direction characters, separators of lines and what has no width shown as escapes, so
/// that it cannot steer a terminal or make one name look like another.
pub(crate) fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = character.is_control()
            || matches!(character, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}');
        if steers {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The same for a text of several lines.
pub(crate) fn safe_lines(text: &str) -> String {
    text.split('\n').map(safe).collect::<Vec<_>>().join("\n")
}

/// A text cut to `width` characters, with a sign that it was.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Work under way: a line on stderr with the time it takes, silent when stderr is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn start(what: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        if io::stderr().is_terminal() {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A number of bytes for a person: exact below 10 KiB, then to three digits in binary units.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 10 << 10 {
        return format!("{count} bytes");
    }
    let mut value = count as f64;
    let mut unit = "bytes";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// A text with what HTML reads as its own written otherwise; what steers a line's direction is shown.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(bytes(27 << 20), "27.0 MiB");
        assert_eq!(bytes(10 << 10), "10.0 KiB");
    }

    #[test]
    fn a_hostile_name_cannot_steer_a_terminal() {
        assert_eq!(safe("a\x1b[2Jb\u{202E}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(safe("a\u{2028}b\u{200B}c\u{FEFF}"), "a\\u{2028}b\\u{200b}c\\u{feff}");
        assert_eq!(safe("Ünïcödé عربى 😀"), "Ünïcödé عربى 😀");
    }
}
