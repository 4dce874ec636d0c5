//! The outputs of the verbs that judge: any form, and several at once.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How findings are put out.
#[derive(Debug, Clone, Args)]
pub struct Reports {
    /// Form of the report on stdout, or in the file of an --output that names no form
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub format: ReportFormat,
    /// Write the report to a file, in the form of --format or in another one: `sarif=audit.sarif`; may be given several
    /// times; files are opened before work starts. Without one that names no form, stdout has the report too
    #[arg(long, value_name = "[FORMAT=]FILE", value_parser = target)]
    pub output: Vec<Target>,
}

/// Form of a report on findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Table,
    /// For machines; documented and versioned
    Json,
    /// For a comment on a pull request
    Markdown,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
}

/// A file and its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The form, where the target names one.
    pub format: Option<ReportFormat>,
    /// The file.
    pub path: PathBuf,
}

/// `FILE`, or `FORMAT=FILE`. What is no form before a `=` belongs to the file's name.
fn target(text: &str) -> Result<Target, String> {
    let named = text.split_once('=').and_then(|(word, path)| Some((ReportFormat::from_str(word, false).ok()?, path)));
    let (format, path) = named.map_or((None, text), |(format, path)| (Some(format), path));
    if path.is_empty() {
        return Err("a file is missing, as in sarif=audit.sarif".into());
    }
    Ok(Target { format, path: path.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_may_name_its_form() {
        let of = |text: &str| target(text).map(|target| (target.format, target.path.display().to_string()));
        assert_eq!(of("sarif=a=b"), Ok((Some(ReportFormat::Sarif), "a=b".into())));
        assert_eq!(of("x=y.json"), Ok((None, "x=y.json".into())));
        assert_eq!(of("./json=y"), Ok((None, "./json=y".into())));
        assert!(of("json=").is_err() && of("").is_err());
    }
}
