//! `unknown-waiver`, `waiver-without-reason`, `expired-waiver`, `unused-waiver`, as [`crate::waiver`] has them.
//!
//! Decided in [`crate::audit::waive`], once it is known which findings there are to waive.

use super::{Check, Rule};
use crate::waiver::{EXPIRED, UNKNOWN, UNUSED, WITHOUT_REASON, WaiverRule};

pub(super) const UNKNOWN_WAIVER: Rule = of(UNKNOWN);
pub(super) const WAIVER_WITHOUT_REASON: Rule = of(WITHOUT_REASON);
pub(super) const EXPIRED_WAIVER: Rule = of(EXPIRED);
pub(super) const UNUSED_WAIVER: Rule = of(UNUSED);

const fn of(rule: WaiverRule) -> Rule {
    Rule { id: rule.id, severity: rule.severity, summary: rule.summary, help: rule.help, check: Check::Waivers }
}
