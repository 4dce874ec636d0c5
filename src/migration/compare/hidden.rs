//! Verdicts that rest on what the account may not see are unknown: nothing is missing that is only hidden, and an empty
//! definition is no other one.

use crate::model::drift::{Compared, Object, ObjectKind, Verdict};
use crate::model::hidden::Hidden;

/// Puts `unknown` in the place of verdicts that the account cannot know.
pub fn doubt(found: &mut [Compared], hidden: &Hidden) {
    for one in found {
        let reason = match (&one.verdict, one.object.kind) {
            (Verdict::Foreign, _) => None,
            (Verdict::Missing, _) => absent(&one.object, hidden),
            (_, ObjectKind::ForeignKey) => hidden
                .foreign_keys
                .as_deref()
                .map(|needs| format!("this account may not see what it does on delete and on update; needs {needs}")),
            (_, ObjectKind::Program) => hidden
                .definition(&one.object.table, one.object.name.as_deref().unwrap_or_default())
                .map(|needs| format!("this account may not see its definition; needs {needs}")),
            _ => None,
        };
        if let Some(because) = reason {
            one.verdict = Verdict::Unknown { because };
        }
    }
}

/// Why an object that does not show may be there all the same.
#[must_use]
pub fn absent(object: &Object, hidden: &Hidden) -> Option<String> {
    let (what, needs) = match (object.kind, object.table.as_str()) {
        (ObjectKind::Program, "procedure" | "function") => ("procedures and functions", &hidden.routines),
        (ObjectKind::Program, "trigger") => ("triggers", &hidden.triggers),
        (ObjectKind::Program, "event") => ("events", &hidden.events),
        (ObjectKind::Program, _) => ("views", &hidden.tables),
        _ => ("tables and columns", &hidden.tables),
    };
    let needs = needs.as_ref()?;
    Some(format!("this account may not see all {what}; needs {needs}"))
}
