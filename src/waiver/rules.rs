//! `unknown-waiver`, `waiver-without-reason`, `expired-waiver`, `unused-waiver`: waivers that do not do what somebody
//! believes they do. The tables of `audit` and `lint` both hold them.

use crate::model::finding::Severity;

/// A rule about waivers.
#[derive(Debug, Clone, Copy)]
pub struct WaiverRule {
    /// Its id.
    pub id: &'static str,
    /// How severe its findings are.
    pub severity: Severity,
    /// What it finds, in a few words.
    pub summary: &'static str,
    /// One sentence on why that hurts.
    pub help: &'static str,
}

/// A waiver of no rule, or one that cannot be read.
pub const UNKNOWN: WaiverRule = WaiverRule {
    id: "unknown-waiver",
    severity: Severity::Error,
    summary: "a waiver of no rule, or one that cannot be read",
    help: "Whoever wrote it believes that something is allowed, and it is not.",
};

/// A waiver that gives no reason.
pub const WITHOUT_REASON: WaiverRule = WaiverRule {
    id: "waiver-without-reason",
    severity: Severity::Error,
    summary: "a waiver that gives no reason; it waives nothing",
    help: "The next reader cannot tell whether the reason still holds.",
};

/// A waiver whose last day is over.
pub const EXPIRED: WaiverRule = WaiverRule {
    id: "expired-waiver",
    severity: Severity::Warning,
    summary: "a waiver whose last day is over; it waives nothing any more",
    help: "Somebody promised to be done by then, and what was waived is found again.",
};

/// A waiver of what is not found.
pub const UNUSED: WaiverRule = WaiverRule {
    id: "unused-waiver",
    severity: Severity::Warning,
    summary: "a waiver of something that is not found where it stands",
    help: "It stays behind and excuses what somebody adds later.",
};

/// All of them, in the order of reports.
pub const RULES: [WaiverRule; 4] = [UNKNOWN, WITHOUT_REASON, EXPIRED, UNUSED];

/// Whether a rule is about waivers, and so cannot be waived.
#[must_use]
pub fn is_about_waivers(id: &str) -> bool {
    RULES.iter().any(|rule| rule.id == id)
}
