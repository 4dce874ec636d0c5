//! Which ledger a run works with: what was asked for, what the database has and how the files are named must agree.
//!
//! Nothing is guessed where that could run migrations twice: the answer is then a refusal that says what to pass.

use crate::model::ledger::{Format, Ledger, Tool};

/// What was asked for, and what the files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The tool that flag or profile name.
    pub tool: Option<Tool>,
    /// The table that flag or profile name.
    pub table: Option<String>,
    /// The table that `sqlx.toml` names; for sqlx's ledger only.
    pub sqlx_table: Option<String>,
    /// How the files are named; `None` when there is none.
    pub files: Option<Tool>,
    /// The highest version in the files.
    pub highest: i64,
}

impl Request {
    /// The tables that may be the ledger.
    #[must_use]
    pub fn tables(&self) -> Vec<&str> {
        let named = self.table.as_deref().into_iter().chain(self.sqlx_table.as_deref());
        named.chain([Tool::Sqlx, Tool::Refinery].map(Tool::default_table)).collect()
    }
}

/// A table that the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub table: String,
    /// The ledger's format that its columns have; `None` for a table that is no ledger.
    pub format: Option<Format>,
}

/// A ledger, with what is worth a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The ledger.
    pub ledger: Ledger,
    /// Whether it is there already.
    pub is_there: bool,
    /// Another ledger of the database, which is not looked at.
    pub other: Option<Ledger>,
}

/// Chooses the ledger.
///
/// # Errors
/// The reason, with its remedy, when it cannot be told for certain.
pub fn choose(request: &Request, found: &[Found]) -> Result<Choice, String> {
    let table_of = |tool: Tool| match (&request.table, &request.sqlx_table, tool) {
        (Some(table), ..) | (None, Some(table), Tool::Sqlx) => table.as_str(),
        _ => tool.default_table(),
    };
    let at = |table: &str| found.iter().find(|found| found.table.eq_ignore_ascii_case(table));
    let is_ledger =
        |tool: Tool| at(table_of(tool)).is_some_and(|found| found.format.is_some_and(|format| format.tool() == tool));
    let there: Vec<Tool> = [Tool::Sqlx, Tool::Refinery].into_iter().filter(|tool| is_ledger(*tool)).collect();
    let tool = match (request.tool, request.files, there.as_slice()) {
        (Some(tool), ..) => tool,
        (None, _, [_, _, ..]) => {
            return Err(format!(
                "the database has two ledgers, sqlx's {} and refinery's {}; say which one counts with --ledger sqlx or \
                 --ledger refinery, and drop the other when it is of no use any more",
                table_of(Tool::Sqlx),
                table_of(Tool::Refinery)
            ));
        }
        (None, Some(files), [there]) if files != *there => {
            return Err(format!(
                "the migrations are named as {files}'s, and the database's ledger {} is {there}'s: migrations that it \
                 records would run again. Point to the migrations that belong to it with --migrations DIR; if {files} is \
                 to keep a ledger of its own beside it, pass --ledger {files}",
                table_of(*there)
            ));
        }
        (None, _, [there]) => *there,
        (None, files, []) => files.unwrap_or(Tool::Sqlx),
    };
    let table = table_of(tool).to_owned();
    let format = match at(&table).map(|found| found.format) {
        None => match tool {
            Tool::Sqlx => Format::Sqlx,
            Tool::Refinery => Format::Refinery { wide: i32::try_from(request.highest).is_err() },
        },
        Some(Some(format)) if format.tool() == tool => format,
        Some(Some(format)) => {
            return Err(format!(
                "the table {table} is a ledger of {}'s, and one of {tool}'s is needed; pass --ledger {}, or another \
                 --ledger-table",
                format.tool(),
                format.tool()
            ));
        }
        Some(None) => {
            return Err(format!(
                "the table {table} is no ledger of {tool}'s: columns are missing; name another with --ledger-table"
            ));
        }
    };
    if format == (Format::Refinery { wide: false }) && i32::try_from(request.highest).is_err() {
        return Err(format!(
            "version {} does not fit the ledger {table}, whose versions have 32 bits; give it a lower version, or use a \
             refinery built with int8-versions and a ledger that it made",
            request.highest
        ));
    }
    let mut others = found.iter().filter(|found| !found.table.eq_ignore_ascii_case(&table));
    let other = others.find_map(|found| Some(Ledger { format: found.format?, table: found.table.clone() }));
    Ok(Choice { is_there: at(&table).is_some(), ledger: Ledger { format, table }, other })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Format = Format::Refinery { wide: false };
    const WIDE: Format = Format::Refinery { wide: true };

    fn found(tables: &[(&str, Format)]) -> Vec<Found> {
        tables.iter().map(|(table, format)| Found { table: (*table).into(), format: Some(*format) }).collect()
    }

    fn files(tool: Tool) -> Request {
        Request { files: Some(tool), ..Request::default() }
    }

    fn chosen(request: &Request, tables: &[(&str, Format)]) -> String {
        choose(request, &found(tables)).map_or_else(|refusal| refusal, |choice| choice.ledger.to_string())
    }

    const OURS: (&str, Format) = ("_sqlx_migrations", Format::Sqlx);
    const THEIRS: (&str, Format) = ("refinery_schema_history", NARROW);

    #[test]
    fn files_and_database_that_agree_need_no_flag() {
        assert_eq!(chosen(&Request::default(), &[]), "_sqlx_migrations (sqlx's format)");
        assert_eq!(chosen(&files(Tool::Refinery), &[]), "refinery_schema_history (refinery's format)");
        assert_eq!(chosen(&files(Tool::Refinery), &[THEIRS]), "refinery_schema_history (refinery's format)");
        assert_eq!(chosen(&Request::default(), &[THEIRS]), "refinery_schema_history (refinery's format)");
        let wide = [("refinery_schema_history", WIDE)];
        assert!(chosen(&files(Tool::Refinery), &wide).ends_with("64-bit versions)"));
    }

    #[test]
    fn what_could_run_migrations_twice_is_refused() {
        let mixed = chosen(&files(Tool::Refinery), &[OURS]);
        assert!(mixed.contains("named as refinery's") && mixed.contains("_sqlx_migrations is sqlx's"), "{mixed}");
        assert!(chosen(&files(Tool::Sqlx), &[THEIRS]).contains("--ledger sqlx"));
        assert!(chosen(&files(Tool::Sqlx), &[OURS, THEIRS]).contains("two ledgers"));
        let shape = Request { table: Some("history".into()), ..files(Tool::Sqlx) };
        assert!(chosen(&shape, &[("history", NARROW)]).contains("ledger history is refinery's"));
        let nothing = Found { table: "history".into(), format: None };
        assert!(choose(&shape, &[nothing]).unwrap_err().contains("no ledger of sqlx's"));
    }

    #[test]
    fn what_is_asked_for_wins() {
        let asked = Request { tool: Some(Tool::Refinery), ..files(Tool::Refinery) };
        let choice = choose(&asked, &found(&[OURS])).unwrap();
        assert_eq!(choice.ledger, Ledger::new(NARROW));
        assert_eq!(choice.other, Some(Ledger::default()));
        let table = Request { table: Some("history".into()), ..Request::default() };
        assert_eq!(chosen(&table, &[("History", WIDE)]), "history (refinery's format, 64-bit versions)");
        let toml = Request { sqlx_table: Some("mine".into()), ..Request::default() };
        assert_eq!(chosen(&toml, &[]), "mine (sqlx's format)");
        assert!(chosen(&toml, &[THEIRS]).starts_with("refinery_schema_history"));
    }

    #[test]
    fn versions_that_32_bits_do_not_hold_need_a_wide_ledger() {
        let long = Request { highest: 20_260_105_090_000, ..files(Tool::Refinery) };
        assert!(chosen(&long, &[]).ends_with("64-bit versions)"));
        assert!(chosen(&long, &[THEIRS]).contains("version 20260105090000 does not fit"));
    }
}
