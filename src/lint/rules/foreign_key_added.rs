//! `foreign-key-added`: a foreign key on a table that has rows.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "foreign-key-added",
    severity: Severity::Warning,
    summary: "a foreign key is added to a table that is in use",
    help: "Every row is checked while the table is locked, one orphan makes it fail, and from then on writes lock rows of both tables.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in case.standing() {
        let Some((before, after)) = case.tables(&target.table) else { continue };
        for key in &after.foreign_keys {
            let same = |known: &&crate::model::schema::ForeignKey| {
                known.columns == key.columns
                    && known.referenced_table == key.referenced_table
                    && known.referenced_columns == key.referenced_columns
            };
            if before.foreign_keys.iter().any(|known| same(&known)) {
                continue;
            }
            let message = format!(
                "adds the foreign key {} of `{}` ({}) to `{}`: it fails if one row has no partner ({})",
                key.name,
                target.table,
                key.columns.join(", "),
                key.referenced_table,
                target.size
            );
            let mut finding = case.finding(RULE.id, RULE.severity, Some(&target.table), message);
            finding.evidence.push("whether such a row exists cannot be seen on an empty copy".into());
            finding.remedy = format!(
                "look for rows without a partner first: SELECT COUNT(*) FROM {} c LEFT JOIN {} p ON {} WHERE {}",
                target.table,
                key.referenced_table,
                key.columns
                    .iter()
                    .zip(&key.referenced_columns)
                    .map(|(own, other)| format!("p.{other} = c.{own}"))
                    .collect::<Vec<_>>()
                    .join(" AND "),
                key.columns
                    .iter()
                    .map(|own| format!("c.{own} IS NOT NULL"))
                    .chain(key.referenced_columns.first().map(|other| format!("p.{other} IS NULL")))
                    .collect::<Vec<_>>()
                    .join(" AND ")
            );
            findings.push(finding);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy};

    #[test]
    fn a_new_key_is_found_with_the_query_that_looks_for_orphans() {
        let orders = "CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT)";
        let keyed = "CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (id))";
        let sql = "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (id)";
        let finding = Bench::new(sql).schemas(orders, keyed).attempt(copy()).only("foreign-key-added").unwrap();
        assert!(finding.remedy.ends_with(
            "SELECT COUNT(*) FROM orders c LEFT JOIN customers p ON p.id = c.customer_id WHERE c.customer_id IS NOT NULL AND p.id IS NULL"
        ), "{}", finding.remedy);
        assert!(Bench::new("ALTER TABLE orders ADD c INT").schemas(keyed, keyed).only("foreign-key-added").is_none());
    }
}
