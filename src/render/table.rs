//! stub
use super::Style;
use crate::model::report::AuditReport;
pub fn audit(r: &AuditReport, _v: bool, _s: &Style) -> String {
    r.findings
        .iter()
        .map(|f| {
            format!(
                "{} {} {:?}/{:?}/{:?} {}\n   {}\n   -> {}\n",
                f.severity,
                f.rule,
                f.subject.query,
                f.subject.table,
                f.subject.index,
                f.message,
                f.evidence.join("\n   "),
                f.remedy
            )
        })
        .collect::<String>()
        + &format!("{:?}\n", r.summary)
}
