//! `unknown-waiver`, `waiver-without-reason`, `unused-waiver`: waivers that do not do what somebody believes they do.
//!
//! Decided in [`crate::lint::judge`], once it is known which findings there are to waive.

use super::{Check, Needs, Rule};
use crate::model::finding::Severity;

pub(in crate::lint) const UNKNOWN_WAIVER: Rule = Rule {
    id: "unknown-waiver",
    severity: Severity::Error,
    summary: "a waiver of no rule, or one that cannot be read",
    help: "Whoever wrote it believes that something is allowed, and it is not.",
    needs: Needs::Text,
    check: Check::Waivers,
};

pub(in crate::lint) const WAIVER_WITHOUT_REASON: Rule = Rule {
    id: "waiver-without-reason",
    severity: Severity::Error,
    summary: "a waiver that gives no reason; it waives nothing",
    help: "The next reader cannot tell whether the reason still holds.",
    needs: Needs::Text,
    check: Check::Waivers,
};

pub(in crate::lint) const UNUSED_WAIVER: Rule = Rule {
    id: "unused-waiver",
    severity: Severity::Warning,
    summary: "a waiver of something that its statement does not do",
    help: "It stays behind and excuses what somebody adds later.",
    needs: Needs::Text,
    check: Check::Waivers,
};
