//! Colour, width and progress; the only writer to stdout and stderr.

use crate::cli::ColorChoice;
use crate::render::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ffi::OsString;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::sync::Once;
use std::time::{Duration, Instant};

mod output;
pub use output::Output;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The terminal, or what stands in its place.
#[derive(Debug)]
pub struct Term {
    stdout_style: Style,
    stderr_color: bool,
    quiet: bool,
}

impl Term {
    /// Looks at the terminal and at `NO_COLOR`, `CLICOLOR_FORCE` and `COLUMNS`.
    #[must_use]
    pub fn detect(choice: ColorChoice, quiet: bool) -> Self {
        let color = |is_terminal| has_color(choice, is_terminal, |name| std::env::var_os(name));
        let is_terminal = io::stdout().is_terminal();
        let columns: Option<usize> = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let measured = if is_terminal { comfy_table::Table::new().width().map(usize::from) } else { None };
        // A terminal that does not know its width says 0.
        let width = [columns, measured].into_iter().flatten().find(|width| *width > 0).unwrap_or(100).clamp(40, 200);
        let stdout_style = Style { color: color(is_terminal), width };
        Self { stdout_style, stderr_color: color(io::stderr().is_terminal()), quiet }
    }

    /// How reports for stdout are to be drawn.
    #[must_use]
    pub fn style(&self) -> Style {
        self.stdout_style
    }

    /// Writes to stdout. A reader that has seen enough (`| head`) is no error.
    ///
    /// # Errors
    /// When the write fails otherwise, for example on a full disk.
    pub fn stdout(&mut self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(io::Error::new(error.kind(), format!("cannot write to stdout: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    /// A note on stderr.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            Self::stderr(&format!("{text}\n"));
        }
    }

    /// An error on stderr.
    pub fn error(&mut self, text: &str) {
        let (label, text) = labelled(text);
        let label = if self.stderr_color { format!("\u{1b}[1;31m{label}\u{1b}[0m") } else { label.to_owned() };
        Self::stderr(&format!("{label} {text}\n"));
    }

    fn stderr(text: &str) {
        // There is nowhere left to tell that stderr is gone.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Puts a yes-or-no question on the terminal; [`answer`] waits for what is typed.
    ///
    /// # Errors
    /// When stdin is no terminal, so that nobody can answer.
    pub fn ask(&mut self, question: &str) -> io::Result<()> {
        if !io::stdin().is_terminal() {
            return Err(io::Error::other("there is no terminal to ask on"));
        }
        Self::stderr(&format!("{question} [y/N] "));
        Ok(())
    }

    /// Puts a question on the terminal, where both stdin and stderr are one; [`line`] waits for what is typed.
    #[must_use]
    pub fn asks(&mut self, question: &str) -> bool {
        let is_attended = io::stdin().is_terminal() && io::stderr().is_terminal();
        if is_attended {
            Self::stderr(question);
        }
        is_attended
    }

    /// Progress on stderr for work of so many steps, on a terminal only and not before a second has passed.
    #[must_use]
    pub fn progress(&self, steps: u64, label: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(label.to_owned());
        let is_watched = !self.quiet && io::stderr().is_terminal();
        Progress { bar, is_watched, quiet: self.quiet, began: Instant::now(), shown: Once::new() }
    }

    /// A spinner on stderr for work of unknown length, on a terminal only.
    #[must_use]
    pub fn spinner(&self, label: &str) -> Progress {
        let bar =
            if self.quiet || !io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.set_message(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress { bar, is_watched: false, quiet: self.quiet, began: Instant::now(), shown: Once::new() }
    }
}

/// The label of an error, and the rest of it: a server's `error 1062: …` is not called an error twice.
fn labelled(text: &str) -> (&str, &str) {
    let numbered = text.strip_prefix("error ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered.map_or_else(|| ("error:", text.strip_prefix("error: ").unwrap_or(text)), |rest| ("error", rest))
}

/// Whether a stream takes colours. The flag goes before the variables, and `NO_COLOR` (whatever its value, as its
/// convention asks) before `CLICOLOR_FORCE`.
fn has_color(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if value("NO_COLOR").is_some() => false,
        ColorChoice::Auto if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => is_terminal && value("TERM").is_none_or(|value| value != "dumb"),
    }
}

/// Waits for the answer to a question; anything but yes is no.
///
/// # Errors
/// When stdin cannot be read.
pub fn answer() -> io::Result<bool> {
    let answer = line()?.unwrap_or_default();
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Waits for a line; `None` at the end of the input.
///
/// # Errors
/// When stdin cannot be read.
pub fn line() -> io::Result<Option<String>> {
    let mut line = String::new();
    Ok((io::stdin().lock().read_line(&mut line)? > 0).then_some(line))
}

/// Progress of some work; gone from the terminal when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Whether the bar, hidden at first, is to be shown to somebody.
    is_watched: bool,
    quiet: bool,
    began: Instant,
    shown: Once,
}

impl Progress {
    /// One more step is done.
    pub fn step(&self, what: &str) {
        self.show(what);
        self.bar.inc(1);
    }

    /// Shows what is going on beside the bar.
    pub fn show(&self, what: &str) {
        if self.is_watched && self.began.elapsed() >= PATIENCE {
            self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
        self.bar.set_message(what.to_owned());
    }

    /// A note on stderr, above the bar.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| Term::stderr(&format!("{text}\n")));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_as_asked_for() {
        let with = |choice, is_terminal, set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            has_color(choice, is_terminal, variable)
        };
        let auto = ColorChoice::Auto;
        assert!(with(auto, true, &[("TERM", "xterm")]) && !with(auto, false, &[]));
        assert!(!with(auto, true, &[("NO_COLOR", "0")]) && with(auto, true, &[("NO_COLOR", "")]));
        assert!(with(auto, false, &[("CLICOLOR_FORCE", "1")]) && !with(auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(auto, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!with(auto, true, &[("TERM", "dumb")]));
        assert!(with(ColorChoice::Always, false, &[("NO_COLOR", "1")]) && !with(ColorChoice::Never, true, &[]));
    }

    #[test]
    fn an_error_is_called_one_once() {
        assert_eq!(labelled("error 1062: Duplicate entry"), ("error", "1062: Duplicate entry"));
        assert_eq!(labelled("error: nothing"), ("error:", "nothing"));
        assert_eq!(labelled("errors abound"), ("error:", "errors abound"));
    }

    #[test]
    fn widths_are_kept_within_reason() {
        let width = Term::detect(ColorChoice::Auto, false).style().width;
        assert!((40..=200).contains(&width), "{width}");
    }
}
