//! Cases as `JUnit` XML, in the shape that Jenkins' junit-10.xsd and GitLab read: one test case per query or statement.

use super::review::{Case, Found, Review};
use super::root::Root;
use super::xml::escape;
use std::fmt::Write;

/// The document.
#[must_use]
pub fn render(review: &Review, root: &Root) -> String {
    let mut cases = Vec::new();
    for (at, case) in review.cases.iter().enumerate() {
        let found: Vec<&Found> = review.found.iter().filter(|found| found.case == Some(at)).collect();
        cases.push(TestCase::new(&case.name, Some(case), &found));
    }
    // What is found on tables is no query's; each table is a case of its own.
    let mut others: Vec<(String, Vec<&Found>)> = Vec::new();
    for found in review.found.iter().filter(|found| found.case.is_none()) {
        let subject = found.subject(&review.cases);
        match others.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, list)) => list.push(found),
            None => others.push((subject, vec![found])),
        }
    }
    cases.extend(others.iter().map(|(subject, found)| TestCase::new(subject, None, found)));
    let of = |wanted: fn(&Verdict) -> bool| cases.iter().filter(|case| wanted(&case.verdict)).count();
    let failures = of(|verdict| matches!(verdict, Verdict::Failed { .. }));
    let skipped = of(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let name = format!("aura-db {}", review.verb);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len());
    let _ = writeln!(text, "<testsuites name=\"{name}\" {counts}>");
    let _ = writeln!(text, "  <testsuite name=\"{name}\" {counts} skipped=\"{skipped}\" time=\"0\">");
    for case in &cases {
        case.write(&mut text, review.verb, root);
    }
    let _ = writeln!(text, "    <system-out>{}</system-out>", escape(&review.basis.join("\n")));
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

enum Verdict {
    Passed,
    Skipped(String),
    Failed { rules: String, message: String, text: String },
}

struct TestCase<'a> {
    name: &'a str,
    case: Option<&'a Case>,
    verdict: Verdict,
    /// What was found and fails nothing.
    told: Vec<String>,
}

impl<'a> TestCase<'a> {
    fn new(name: &'a str, case: Option<&'a Case>, found: &[&Found]) -> Self {
        let (fails, others): (Vec<&Found>, Vec<&Found>) = found.iter().partition(|found| found.fails);
        let excused = others.iter().filter_map(|found| {
            let excuse = found.excuse.as_ref()?;
            Some(format!("waived: {}: {}, because {}", found.finding.rule, found.finding.message, excuse.reason))
        });
        let reasons: Vec<String> = excused.chain(case.and_then(|case| case.unknown.clone())).collect();
        let verdict = if let Some(first) = fails.first() {
            Verdict::Failed {
                rules: fails.iter().map(|found| found.finding.rule.as_str()).collect::<Vec<_>>().join(", "),
                message: first.finding.message.clone(),
                text: fails.iter().map(|found| told(found)).collect::<Vec<_>>().join("\n\n"),
            }
        } else if reasons.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Skipped(reasons.join("\n"))
        };
        let open = others.iter().filter(|found| found.excuse.is_none());
        let mut lines: Vec<String> = open.map(|found| told(found)).collect();
        lines.extend(case.map(|case| case.sql.clone()).filter(|sql| !sql.is_empty()));
        Self { name, case, verdict, told: lines }
    }

    fn write(&self, text: &mut String, verb: &str, root: &Root) {
        let class = if self.case.is_some() { "" } else { ".schema" };
        let at = self.case.and_then(|case| case.at.as_ref());
        let file = at.map(|at| format!(" file=\"{}\"", escape(&root.path(&at.file)))).unwrap_or_default();
        let name = escape(self.name);
        let _ = writeln!(text, "    <testcase name=\"{name}\" classname=\"aura-db.{verb}{class}\" time=\"0\"{file}>");
        match &self.verdict {
            Verdict::Passed => {}
            Verdict::Skipped(reason) => {
                let _ = writeln!(text, "      <skipped message=\"{}\"/>", escape(reason));
            }
            Verdict::Failed { rules, message, text: whole } => {
                let (message, rules) = (escape(message), escape(rules));
                let whole = escape(whole);
                let _ = writeln!(text, "      <failure message=\"{message}\" type=\"{rules}\">{whole}</failure>");
            }
        }
        if !self.told.is_empty() {
            let _ = writeln!(text, "      <system-out>{}</system-out>", escape(&self.told.join("\n\n")));
        }
        text.push_str("    </testcase>\n");
    }
}

/// A finding in a few lines.
fn told(found: &Found) -> String {
    let finding = &found.finding;
    let place = finding.subject.location.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
    let mut lines = vec![format!("{place}{} {}: {}", finding.severity, finding.rule, finding.message)];
    lines.extend(finding.evidence.iter().map(|line| format!("- {line}")));
    if !finding.remedy.is_empty() {
        lines.push(format!("→ {}", finding.remedy));
    }
    lines.join("\n")
}
