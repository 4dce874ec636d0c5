//! Colour, width and progress; the only writer to stdout and stderr.

use crate::cli::ColorChoice;
use crate::render::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

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
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = |is_terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR") => false,
            ColorChoice::Auto => is_terminal || set("CLICOLOR_FORCE"),
        };
        let is_terminal = io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let measured = if is_terminal { comfy_table::Table::new().width().map(usize::from) } else { None };
        let width = columns.or(measured).unwrap_or(100).clamp(40, 200);
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
    pub fn note(&mut self, text: &str) {
        if !self.quiet {
            Self::stderr(&format!("{text}\n"));
        }
    }

    /// An error on stderr.
    pub fn error(&mut self, text: &str) {
        let label = if self.stderr_color { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        Self::stderr(&format!("{label} {text}\n"));
    }

    fn stderr(text: &str) {
        // There is nowhere left to tell that stderr is gone.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Asks a yes-or-no question on the terminal.
    ///
    /// # Errors
    /// When stdin is no terminal, so that nobody can answer.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        if !io::stdin().is_terminal() {
            return Err(io::Error::other("there is no terminal to ask on"));
        }
        Self::stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Progress on stderr for work of so many steps, on a terminal only.
    #[must_use]
    pub fn progress(&self, steps: u64, label: &str) -> Progress {
        let bar = if self.quiet || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
        };
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(label.to_owned());
        Progress { bar }
    }

    /// A spinner on stderr for work of unknown length, on a terminal only.
    #[must_use]
    pub fn spinner(&self, label: &str) -> Progress {
        let bar =
            if self.quiet || !io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.set_message(label.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Progress { bar }
    }
}

/// Progress of some work; gone from the terminal when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// One more step is done.
    pub fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Where a report goes: stdout, or a file that was opened before work began.
#[derive(Debug)]
pub struct Output {
    file: Option<(File, PathBuf)>,
}

impl Output {
    /// Opens the file, if one is named, so that a wrong path fails before the work and not after it.
    ///
    /// # Errors
    /// When the file cannot be opened for writing.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let open = |path: &Path| {
            let file = File::create(path).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot write to {}: {error}", path.display()))
            })?;
            Ok::<_, io::Error>((file, path.to_owned()))
        };
        Ok(Self { file: path.map(open).transpose()? })
    }

    /// How the report is to be drawn: never in colour in a file.
    #[must_use]
    pub fn style(&self, term: &Term) -> Style {
        if self.file.is_some() { Style { color: false, width: 120 } } else { term.style() }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// When it cannot be written, for example on a full disk.
    pub fn write(self, text: &str, term: &mut Term) -> io::Result<()> {
        match self.file {
            None => term.stdout(text),
            Some((mut file, path)) => file
                .write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(|error| io::Error::new(error.kind(), format!("cannot write to {}: {error}", path.display()))),
        }
    }
}
