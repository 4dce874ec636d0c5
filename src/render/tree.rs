//! stub
use super::Style;
use crate::model::report::AuditReport;
pub fn explain(r: &AuditReport, _v: bool, _s: &Style) -> String {
    format!("{r:#?}")
}
