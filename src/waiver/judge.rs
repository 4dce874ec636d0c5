//! Which finding a waiver takes on, and what is wrong with a waiver. Whose findings they are, the caller knows.

use super::rules::{EXPIRED, UNKNOWN, UNUSED, WITHOUT_REASON, WaiverRule, is_about_waivers};
use crate::model::day::Day;
use crate::model::finding::{Finding, Subject};
use crate::model::waiver::{Says, Waiver};

/// The ground on which the waivers of one verb are judged.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The day of the run.
    pub today: Day,
    /// The rules that can be waived where the waiver stands.
    pub known: &'a [&'static str],
    /// The rules whose silence there proves nothing, so that a waiver of them may be right.
    pub silent: &'a [&'static str],
    /// Why it allows what is not there: `which its statement does not do`.
    pub idle: &'a str,
    /// What lists the rules: `aura-db lint --list-rules`.
    pub list: &'a str,
}

/// The reason for which the waiver takes on findings of the rule on that day, and how long it will.
#[must_use]
pub fn covers<'a>(waiver: &'a Waiver, rule: &str, today: Day) -> Option<(&'a str, Option<Day>)> {
    let Says::Allow { rules, reason, until } = &waiver.says else { return None };
    let holds = !reason.is_empty() && until.is_none_or(|last| today <= last) && !is_about_waivers(rule);
    (holds && rules.iter().any(|id| id == rule)).then_some((reason.as_str(), *until))
}

/// What is wrong with a waiver of which the rules `used` took findings on.
#[must_use]
pub fn about(waiver: &Waiver, used: &[String], ground: &Ground<'_>) -> Vec<Finding> {
    let form = format!(
        "write -- aura-db: allow RULE because REASON, and until YYYY-MM-DD behind it if it ends; {} names the rules",
        ground.list
    );
    let finding = |rule: &WaiverRule, message: String, remedy: &str| Finding {
        rule: rule.id.into(),
        severity: rule.severity,
        subject: Subject { location: Some(waiver.at.clone()), ..Subject::default() },
        message,
        evidence: Vec::new(),
        remedy: remedy.into(),
    };
    let (rules, reason, until) = match &waiver.says {
        Says::Unreadable(text) => {
            return vec![finding(&UNKNOWN, format!("cannot be read as a waiver: {text}"), &form)];
        }
        Says::Allow { rules, reason, until } => (rules, reason, until),
    };
    let over = until.filter(|last| ground.today > *last);
    let mut found = Vec::new();
    let mut understood = false;
    for id in rules {
        if is_about_waivers(id) {
            let message = format!("allows {id}, which cannot be waived");
            found.push(finding(&UNKNOWN, message, "correct the other waiver instead"));
        } else if !ground.known.contains(&id.as_str()) {
            found.push(finding(&UNKNOWN, format!("allows {id}, and there is no such rule here"), &form));
        } else {
            understood = true;
            let may_be_right = over.is_some() || reason.is_empty() || ground.silent.contains(&id.as_str());
            if !used.contains(id) && !may_be_right {
                found.push(finding(&UNUSED, format!("allows {id}, {}", ground.idle), "remove it"));
            }
        }
    }
    if reason.is_empty() {
        let message = format!("allows {} without a reason, and so allows nothing", rules.join(", "));
        found.push(finding(&WITHOUT_REASON, message, &form));
    } else if let (Some(last), true) = (over, understood) {
        let message = format!("allows {} until {last}, which is over: it allows nothing any more", rules.join(", "));
        found.push(finding(&EXPIRED, message, "do what it was waiting for, or find a new reason and a new day"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;

    fn waiver(rules: &[&str], reason: &str, until: Option<&str>) -> Waiver {
        let rules = rules.iter().map(|&rule| rule.to_owned()).collect();
        let until = until.map(|day| day.parse().unwrap());
        Waiver { at: Location::line("m.sql", 3), says: Says::Allow { rules, reason: reason.into(), until } }
    }

    fn problems(waiver: &Waiver, used: &[&str], silent: &[&'static str]) -> Vec<String> {
        let ground = Ground {
            today: "2026-11-23".parse().unwrap(),
            known: &["filesort", "deep-pagination"],
            silent,
            idle: "which is not found",
            list: "aura-db audit --list-rules",
        };
        let used: Vec<String> = used.iter().map(|&rule| rule.to_owned()).collect();
        about(waiver, &used, &ground).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let today = |day: &str| day.parse().unwrap();
        let waiver = waiver(&["filesort"], "few rows", Some("2026-11-23"));
        let last = Some("2026-11-23".parse().unwrap());
        assert_eq!(covers(&waiver, "filesort", today("2026-11-23")), Some(("few rows", last)));
        assert_eq!(covers(&waiver, "filesort", today("2026-11-24")), None);
        assert_eq!(covers(&waiver, "deep-pagination", today("2026-11-23")), None);
        assert_eq!(problems(&waiver, &["filesort"], &[]), [] as [&str; 0]);
    }

    #[test]
    fn each_mistake_is_told_once() {
        let of = |rules: &[&str], reason, until| problems(&waiver(rules, reason, until), &[], &[]);
        assert_eq!(of(&["filesort"], "x", None), ["unused-waiver"]);
        assert_eq!(of(&["filesort"], "x", Some("2026-11-22")), ["expired-waiver"], "and not unused as well");
        assert_eq!(of(&["filesort"], "", Some("2026-11-22")), ["waiver-without-reason"]);
        assert_eq!(of(&["filesrot"], "x", Some("2026-11-22")), ["unknown-waiver"]);
        assert_eq!(of(&["unused-waiver"], "x", None), ["unknown-waiver"]);
        assert_eq!(
            problems(&waiver(&["filesort", "deep-pagination"], "x", None), &["filesort"], &[]),
            ["unused-waiver"]
        );
        assert_eq!(problems(&waiver(&["filesort"], "x", None), &[], &["filesort"]), [] as [&str; 0]);
    }

    #[test]
    fn waivers_of_waivers_cover_nothing() {
        let waiver = waiver(&["unused-waiver"], "x", None);
        assert_eq!(covers(&waiver, "unused-waiver", "2026-11-23".parse().unwrap()), None);
    }
}
