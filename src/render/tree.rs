//! stub
use crate::model::report::AuditReport; use super::Style;
pub fn explain(r: &AuditReport, _v: bool, _s: &Style) -> String { format!("{r:#?}") }
