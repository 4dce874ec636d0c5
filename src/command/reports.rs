//! Puts one report out in every form that was asked for. A file that cannot be written never hides the verdict.

use super::failure::Failure;
use crate::cli::{ReportFormat, Reports};
use crate::exit::Exit;
use crate::model::location::Location;
use crate::model::report::RulesReport;
use crate::render::review::Review;
use crate::render::root::Root;
use crate::render::{self, Style};
use crate::term::{Output, Term};
use std::path::{Path, PathBuf};

/// Where the report goes, opened.
#[derive(Debug)]
pub(super) struct Sinks {
    list: Vec<(ReportFormat, Output)>,
    root: Root,
}

/// What one report can be drawn as.
pub(super) struct Forms<'a> {
    /// The table, in a style.
    pub(super) table: &'a dyn Fn(&Style) -> String,
    /// The JSON.
    pub(super) json: &'a dyn Fn() -> String,
    /// What the other forms are drawn from.
    pub(super) review: &'a dyn Fn() -> Review,
    /// The place of findings that have none.
    pub(super) home: Option<&'a Location>,
}

impl Sinks {
    /// Opens every file; nothing in them is changed yet.
    ///
    /// # Errors
    /// When a file is named twice, or cannot be written to.
    pub(super) fn open(args: &Reports) -> Result<Self, Failure> {
        let mut list = Vec::new();
        for (at, target) in args.output.iter().enumerate() {
            if args.output[..at].iter().any(|other| other.path == target.path) {
                return Err(Failure::usage(format!("--output names {} twice", target.path.display())));
            }
            list.push((target.format.unwrap_or(args.format), Output::open(Some(&target.path))?));
        }
        if args.output.iter().all(|target| target.format.is_some()) {
            list.push((args.format, Output::open(None)?));
        }
        Ok(Self { list, root: root()? })
    }

    /// Whether one of them holds the plans as a whole.
    pub(super) fn hold_plans(&self) -> bool {
        self.list.iter().any(|(format, _)| *format == ReportFormat::Json)
    }

    /// Writes all of them, even when one cannot be written, and gives the verdict's exit code.
    ///
    /// # Errors
    /// When one could not be written; the verdict is told beside.
    pub(super) fn write(self, forms: &Forms<'_>, term: &mut Term) -> Result<Exit, Failure> {
        let review = (forms.review)();
        let mut failures = Vec::new();
        for (format, output) in self.list {
            let text = match format {
                ReportFormat::Table => (forms.table)(&output.style(term)),
                ReportFormat::Json => (forms.json)(),
                ReportFormat::Markdown => render::markdown::render(&review, &self.root),
                ReportFormat::Github => render::github::render(&review, &self.root),
                ReportFormat::Sarif => render::sarif::render(&review, &self.root, forms.home),
                ReportFormat::Junit => render::junit::render(&review, &self.root),
            };
            failures.extend(output.write(&text, term).err());
        }
        if failures.is_empty() {
            return Ok(if review.failed { Exit::Findings } else { Exit::Clean });
        }
        let mut lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
        lines.push(format!("the {} itself: {}", review.verb, review.summary));
        Err(Failure::unable(lines.join("\n")))
    }

    /// Writes the rules.
    ///
    /// # Errors
    /// When they are asked for in a form that has findings only, or cannot be written.
    pub(super) fn write_rules(self, rules: &RulesReport, term: &mut Term) -> Result<Exit, Failure> {
        for (format, output) in self.list {
            let text = match format {
                ReportFormat::Table => {
                    let list = rules.rules.iter().map(|rule| (rule.id.as_str(), rule.severity, rule.summary.as_str()));
                    render::rules::list(&list.collect::<Vec<_>>(), &output.style(term))
                }
                ReportFormat::Json => render::json::render(rules),
                _ => return Err(Failure::usage("--list-rules goes with --format table and --format json")),
            };
            output.write(&text, term)?;
        }
        Ok(Exit::Clean)
    }
}

/// The repository: what CI calls its workspace, where the run is inside of it; else the folder above that git keeps; else
/// the current folder.
fn root() -> Result<Root, Failure> {
    let here = std::env::current_dir()?;
    let workspace = std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from).and_then(|path| path.canonicalize().ok());
    let inside = |path: &PathBuf| here.starts_with(path);
    let git = || here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let top = workspace.filter(inside).or_else(git).unwrap_or_else(|| here.clone());
    Ok(Root { top, here })
}
