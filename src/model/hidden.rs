//! What an account may not see of a database, so that its absence from the catalogue says nothing.

/// What is hidden, each with the statement that would show it; nothing, where everything is to be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Tables, or columns of them, on which the account has no privilege at all.
    pub tables: Option<String>,
    /// What foreign keys do when a row is changed or deleted.
    pub foreign_keys: Option<String>,
    /// Procedures and functions.
    pub routines: Option<String>,
    /// Triggers.
    pub triggers: Option<String>,
    /// Events.
    pub events: Option<String>,
    /// Views, procedures and functions, as (kind, name), whose definitions are not shown.
    pub definitions: Vec<(String, String)>,
    /// What would show definitions of views.
    pub view_definition: String,
    /// What would show definitions of procedures and functions.
    pub routine_definition: String,
}

impl Hidden {
    /// What to tell of it; nothing, where everything is to be seen.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let views = self.definitions.iter().any(|one| one.0 == "view").then_some(&self.view_definition);
        let routines = self.definitions.iter().any(|one| one.0 != "view").then_some(&self.routine_definition);
        let kinds = [&self.tables, &self.foreign_keys, &self.routines, &self.triggers, &self.events];
        let mut needs: Vec<&str> =
            kinds.into_iter().flatten().chain(views).chain(routines).map(String::as_str).collect();
        needs.sort_unstable();
        needs.dedup();
        let seen =
            "this account may not see everything, and what it may not see is unknown; to see all of it, it needs";
        (!needs.is_empty()).then(|| format!("{seen} {}", needs.join(", ")))
    }

    /// What would show the definition of this view or program, if it is hidden.
    #[must_use]
    pub fn definition(&self, kind: &str, name: &str) -> Option<&str> {
        self.definitions.iter().any(|one| one.0 == kind && one.1.eq_ignore_ascii_case(name)).then_some(match kind {
            "view" => &self.view_definition,
            _ => &self.routine_definition,
        })
    }
}
