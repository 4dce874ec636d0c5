//! `foreign-key-index`: a new index takes the place of the one that the server had made for a foreign key.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};
use crate::model::schema::{Index, IndexKind};
use crate::sql::ddl::{AlterAction, Effect, effect};

pub(super) const RULE: Rule = Rule {
    id: "foreign-key-index",
    severity: Severity::Warning,
    summary: "a new index takes the place of the one that the server made for a foreign key",
    help: "The server drops its own index without a word, and from then on refuses to drop the new one (error 1553).",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let dropped: Vec<&String> = match case.effect {
        Effect::AlterTable { actions, .. } => actions
            .iter()
            .filter_map(|action| match action {
                AlterAction::DropIndex(name)
                | AlterAction::DropConstraint(name)
                | AlterAction::RenameIndex(name, _) => Some(name),
                _ => None,
            })
            .collect(),
        Effect::CreateIndex { .. } => Vec::new(),
        _ => return Vec::new(),
    };
    let mut findings = Vec::new();
    for target in case.targets {
        let Some((before, after)) = case.tables(&target.table) else { continue };
        for key in &after.foreign_keys {
            let is_of_key = |index: &&Index| leads(index, &key.columns);
            let is_dropped = |index: &&Index| dropped.iter().any(|name| name.eq_ignore_ascii_case(&index.name));
            let mut old = before.indexes.iter().filter(is_of_key).filter(|index| !is_dropped(index));
            let mut new = after.indexes.iter().filter(is_of_key).filter(|index| before.index(&index.name).is_none());
            let (Some(lost), None, Some(new), None) = (old.next(), old.next(), new.next(), new.next()) else {
                continue;
            };
            // On a copy the server knows no more that it made the index; its name still tells.
            let is_gone = after.index(&lost.name).is_none();
            let is_named_so = lost.name == key.name;
            let may_be = !target.fresh && lost.parts.len() == key.columns.len() && !lost.is_unique();
            let is_named_after_column = Some(&lost.name) == key.columns.first();
            let severity = match (is_gone, may_be) {
                (true, _) => RULE.severity,
                (false, true) if is_named_so => RULE.severity,
                (false, true) if is_named_after_column => Severity::Info,
                _ => continue,
            };
            if comes_back(case, &target.table) {
                continue;
            }
            let columns = key.columns.join(", ");
            let message = if is_gone {
                format!(
                    "the index {} takes the place of {}, which the server had made for the foreign key {} of `{}` and \
                     drops: the key needs {} from now on, so that it cannot be dropped again",
                    new.name, lost.name, key.name, target.table, new.name
                )
            } else {
                format!(
                    "the index {} takes the place of {}, if the server has made that for the foreign key {} of `{}`, as \
                     its name suggests: it then drops {}, and {} cannot be dropped again",
                    new.name, lost.name, key.name, target.table, lost.name, new.name
                )
            };
            let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
            finding.remedy = format!(
                "let the down file put an index for the key in its place: ALTER TABLE {} ADD INDEX {} ({columns}), DROP \
                 INDEX {}",
                target.table, lost.name, new.name
            );
            findings.push(finding);
        }
    }
    findings
}

/// Whether an index begins with these columns, as a foreign key needs it.
fn leads(index: &Index, columns: &[String]) -> bool {
    !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
        && index.parts.len() >= columns.len()
        && index.parts.iter().zip(columns).all(|(part, column)| {
            part.prefix.is_none() && part.column.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(column))
        })
}

/// Whether the down file adds an index to the table, drops a foreign key of it, or drops it.
fn comes_back(case: &Case<'_>, table: &str) -> bool {
    let down = case.migration.down.iter().flat_map(|down| &down.statements);
    down.map(|statement| effect(&statement.sql)).any(|effect| match effect {
        Effect::CreateIndex { table: of, .. } => of.eq_ignore_ascii_case(table),
        Effect::AlterTable { table: of, actions } => {
            let frees =
                |action: &AlterAction| matches!(action, AlterAction::AddIndex(_) | AlterAction::DropConstraint(_));
            of.eq_ignore_ascii_case(table) && actions.iter().any(frees)
        }
        Effect::DropTable { tables } => tables.iter().any(|of| of.eq_ignore_ascii_case(table)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, inplace};

    const FK: &str = "CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (id)";

    fn found(sql: &str, before: &str, after: &str) -> Option<String> {
        let table = |indexes: &str| {
            format!("CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, day DATE, {indexes}, {FK})")
        };
        let bench = Bench::new(sql).schemas(&table(before), &table(after)).attempt(inplace());
        bench.only("foreign-key-index").map(|finding| finding.remedy)
    }

    #[test]
    fn only_an_index_that_nobody_dropped_was_replaced() {
        let wide = "CREATE INDEX wide ON orders (customer_id, day)";
        let remedy = found(wide, "KEY fk (customer_id)", "KEY wide (customer_id, day)").unwrap();
        assert!(remedy.ends_with("ALTER TABLE orders ADD INDEX fk (customer_id), DROP INDEX wide"), "{remedy}");
        // A copy has the index by its definition, and keeps it.
        assert!(found(wide, "KEY fk (customer_id)", "KEY fk (customer_id), KEY wide (customer_id, day)").is_some());
        assert_eq!(found(wide, "KEY own (customer_id)", "KEY own (customer_id), KEY wide (customer_id, day)"), None);
        let swap = "ALTER TABLE orders DROP INDEX fk, ADD INDEX wide (customer_id, day)";
        assert_eq!(found(swap, "KEY fk (customer_id)", "KEY wide (customer_id, day)"), None);
        let two = "KEY wide (customer_id, day), KEY own (customer_id)";
        assert_eq!(
            found(
                "ALTER TABLE orders ADD INDEX own (customer_id), ADD INDEX wide (customer_id, day)",
                "KEY fk (customer_id)",
                two
            ),
            None
        );
    }
}
