//! Adjacent index statements on one table as one ALTER TABLE, which reads the table once instead of once for each.
//!
//! Only what means the same together is put together: plain named indexes, none named twice, every word taken over as it
//! stands. A UNIQUE index may fail for its rows and then takes nobody else down; FULLTEXT, SPATIAL and expressions need
//! another way of their own. The one ALTER TABLE takes effect as a whole or not at all.

use super::scan::{Element, Kind, elements};
use std::ops::Range;

/// Consecutive statements that run as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Their positions.
    pub members: Range<usize>,
    /// The ALTER TABLE that does what they do; `None` for a statement that runs by itself, as it is.
    pub combined: Option<String>,
}

/// What one statement does to a table's indexes.
struct Part {
    /// Database and table as they are named.
    place: (Option<String>, String),
    /// The table's words.
    table: String,
    /// The clauses for ALTER TABLE, in the statement's own words.
    clauses: Vec<String>,
    /// The indexes that they name, in lower case.
    names: Vec<String>,
}

/// Groups the statements of one migration, in their order; every statement is in exactly one group.
#[must_use]
pub fn group(statements: &[&str]) -> Vec<Group> {
    let mut groups: Vec<(Range<usize>, Option<Part>)> = Vec::new();
    for (position, sql) in statements.iter().enumerate() {
        let part = part(sql);
        if let (Some((members, Some(whole))), Some(part)) = (groups.last_mut(), &part)
            && whole.place == part.place
            && !part.names.iter().any(|name| whole.names.contains(name))
        {
            members.end = position + 1;
            whole.clauses.extend(part.clauses.iter().cloned());
            whole.names.extend(part.names.iter().cloned());
        } else {
            groups.push((position..position + 1, part));
        }
    }
    let combined = |members: &Range<usize>, part: Option<Part>| {
        part.filter(|_| members.len() > 1).map(|part| format!("ALTER TABLE {} {}", part.table, part.clauses.join(", ")))
    };
    groups.into_iter().map(|(members, part)| Group { combined: combined(&members, part), members }).collect()
}

fn part(sql: &str) -> Option<Part> {
    let mut all = elements(sql)?;
    while all.last().is_some_and(|element| element.is(";")) {
        all.pop();
    }
    let outer = all.first()?.start..all.last()?.end();
    // A comment between the words might swallow what is put behind them.
    let bare = all.windows(2).all(|pair| sql[pair[0].end()..pair[1].start].trim().is_empty());
    let plain = |element: &Element<'_>| {
        element.kind != Kind::Executable && !element.is(";") && !element.is("ALGORITHM") && !element.is("LOCK")
    };
    if !bare || outer.is_empty() || !all.iter().all(plain) {
        return None;
    }
    match all.first()?.text.to_ascii_uppercase().as_str() {
        "CREATE" if all.get(1)?.is("INDEX") => created(sql, &all),
        "DROP" if all.get(1)?.is("INDEX") => dropped(sql, &all),
        "ALTER" if all.get(1)?.is("TABLE") => altered(sql, &all),
        _ => None,
    }
}

/// A table's name at a position: place, words and the position behind it.
fn table(sql: &str, all: &[Element<'_>], at: usize) -> Option<((Option<String>, String), String, usize)> {
    let first = all.get(at)?.name()?;
    let qualified = all.get(at + 1).is_some_and(|element| element.is("."));
    let last = if qualified { at + 2 } else { at };
    let name = all.get(last)?.name()?;
    let words = sql.get(all[at].start..all[last].end())?.to_owned();
    Some(((qualified.then_some(first), name), words, last + 1))
}

/// `CREATE INDEX name [USING BTREE] ON table (parts) options`.
fn created(sql: &str, all: &[Element<'_>]) -> Option<Part> {
    let name = index_name(all.get(2)?)?;
    let on = all.iter().position(|element| element.is("ON"))?;
    if on != 3 && !(on == 5 && all[3].is("USING")) {
        return None;
    }
    let (place, table, next) = table(sql, all, on + 1)?;
    if !is_list_of_columns(&all[next..]) {
        return None;
    }
    let head = sql.get(all[1].start..all[on - 1].end())?;
    let body = sql.get(all[next].start..all.last()?.end())?;
    Some(Part { place, table, clauses: vec![format!("ADD {head} {body}")], names: vec![name] })
}

/// `DROP INDEX name ON table`.
fn dropped(sql: &str, all: &[Element<'_>]) -> Option<Part> {
    let name = index_name(all.get(2)?)?;
    if !all.get(3)?.is("ON") {
        return None;
    }
    let (place, table, next) = table(sql, all, 4)?;
    let words = sql.get(all[1].start..all[2].end())?;
    (next == all.len()).then(|| Part { place, table, clauses: vec![format!("DROP {words}")], names: vec![name] })
}

/// `ALTER TABLE table` with `ADD INDEX name (parts) options` and `DROP INDEX name` only.
fn altered(sql: &str, all: &[Element<'_>]) -> Option<Part> {
    let (place, table, next) = table(sql, all, 2)?;
    let mut part = Part { place, table, clauses: Vec::new(), names: Vec::new() };
    let mut depth = 0_i32;
    let clauses = all.get(next..)?.split(|element| {
        match element.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0 && element.is(",")
    });
    for clause in clauses {
        let [verb, kind, name, rest @ ..] = clause else { return None };
        if !(kind.is("INDEX") || kind.is("KEY")) {
            return None;
        }
        let fits = match rest {
            [] => verb.is("DROP"),
            [using, _, rest @ ..] if using.is("USING") => verb.is("ADD") && is_list_of_columns(rest),
            rest => verb.is("ADD") && is_list_of_columns(rest),
        };
        let name = index_name(name)?;
        if !fits || part.names.contains(&name) {
            return None;
        }
        part.names.push(name);
        part.clauses.push(sql.get(verb.start..clause.last()?.end())?.to_owned());
    }
    (!part.clauses.is_empty()).then_some(part)
}

/// The name of a secondary index in lower case, as servers compare them. `IF` may begin `IF EXISTS`.
fn index_name(element: &Element<'_>) -> Option<String> {
    let name = element.name()?.to_lowercase();
    let keyword = element.kind == Kind::Word && ["if", "using", "on"].contains(&name.as_str());
    (!keyword && name != "primary").then_some(name)
}

/// Whether this begins with a list of columns in parentheses, with lengths perhaps, but without expressions.
fn is_list_of_columns(from: &[Element<'_>]) -> bool {
    let mut depth = 0_i32;
    for (index, element) in from.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| from.get(before));
        match element.text {
            "(" if element.kind == Kind::Symbol => {
                depth += 1;
                // A length stands behind its column; what stands elsewhere is an expression.
                let length = from.get(index + 1).is_some_and(|next| next.text.bytes().all(|b| b.is_ascii_digit()))
                    && before.is_some_and(|before| !before.is(",") && !before.is("("));
                if depth > 2 || (depth == 2 && !length) {
                    return false;
                }
            }
            ")" if element.kind == Kind::Symbol => {
                depth -= 1;
                if depth == 0 {
                    return true;
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combined(statements: &[&str]) -> Vec<(Range<usize>, Option<String>)> {
        group(statements).into_iter().map(|group| (group.members, group.combined)).collect()
    }

    #[test]
    fn neighbours_on_one_table_become_one_alter_in_their_own_words() {
        let statements = [
            "CREATE INDEX `a``b` USING BTREE ON t (x(10), `y` DESC) COMMENT 'x, y'",
            "ALTER TABLE t ADD KEY k (z), DROP INDEX old",
            "DROP INDEX `older` ON `t` -- gone\n;",
            "CREATE INDEX i ON u (a)",
        ];
        let one = "ALTER TABLE t ADD INDEX `a``b` USING BTREE (x(10), `y` DESC) COMMENT 'x, y', ADD KEY k (z), \
                   DROP INDEX old, DROP INDEX `older`";
        assert_eq!(combined(&statements), [(0..3, Some(one.to_owned())), (3..4, None)]);
    }

    #[test]
    fn what_does_not_mean_the_same_together_runs_alone() {
        for other in [
            "CREATE UNIQUE INDEX j ON t (b)",
            "CREATE FULLTEXT INDEX j ON t (b)",
            "CREATE INDEX IF NOT EXISTS j ON t (b)",
            "CREATE INDEX j ON t (b) ALGORITHM=INPLACE",
            "CREATE INDEX j ON t ((lower(b)))",
            "CREATE INDEX j ON t (b) /*!80000 INVISIBLE */",
            "CREATE INDEX j ON t (b, -- why\n c)",
            "CREATE INDEX j ON s.t (b)",
            "CREATE INDEX I ON t (b)",
            "DROP INDEX i ON t",
            "DROP INDEX `PRIMARY` ON t",
            "DROP INDEX j ON t WAIT 3",
            "ALTER TABLE t ADD INDEX (b)",
            "ALTER TABLE t ADD INDEX j (b), ADD COLUMN c INT",
            "ALTER TABLE t DROP INDEX j, LOCK=NONE",
            "ALTER TABLE t",
            "CREATE INDEX j ON u (b)",
            "INSERT INTO t VALUES (1)",
        ] {
            let groups = combined(&["CREATE INDEX i ON t (a)", other]);
            assert_eq!(groups, [(0..1, None), (1..2, None)], "{other}");
        }
    }
}
