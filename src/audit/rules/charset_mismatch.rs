//! `charset-mismatch`: two text columns are joined whose collations differ, so that an index on one of them is lost.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::reading::{Reading, is_text, readings};
use crate::audit::{harm, remedy, width};
use crate::model::finding::{Finding, Severity};
use crate::model::schema::{Column, Table};
use crate::sql::shape::{Block, ColumnRef, Comparison, Condition, Operand, Operator, Term};

pub(super) const RULE: Rule = Rule {
    id: "charset-mismatch",
    severity: Severity::Error,
    summary: "joined text columns differ in character set or collation",
    help: "The server converts one of the two for each comparison, and an index on the converted one cannot be used.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let readings = readings(context);
    mismatches(context).into_iter().filter_map(|mismatch| finding(&mismatch, &readings, context)).take(1).collect()
}

/// Two columns that are compared as they are, though they are stored differently.
pub(super) struct Mismatch<'a> {
    sides: [(&'a Table, &'a Column, usize); 2],
    block: &'a Block,
    text: &'a str,
}

/// The comparisons of the statement between text columns of different collations.
pub(super) fn mismatches<'a>(context: &Context<'a>) -> Vec<Mismatch<'a>> {
    let mut found = Vec::new();
    for (_, block) in context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default() {
        let conditions = block.filter.iter().chain(block.sources.iter().flat_map(|source| &source.on));
        for comparison in conditions.flat_map(Condition::comparisons) {
            found.extend(mismatch(comparison, block, context));
        }
    }
    found
}

fn mismatch<'a>(comparison: &'a Comparison, block: &'a Block, context: &Context<'a>) -> Option<Mismatch<'a>> {
    let (Term::Column(left), Operator::Eq, Operand::Column(right)) =
        (&comparison.left, comparison.operator, &comparison.right)
    else {
        return None;
    };
    let known = |column: &ColumnRef| -> Option<(&'a Table, &'a Column, usize)> {
        let source = block.sources.get(column.source).filter(|_| column.level == 0)?;
        let table = context.schema.table(source.table()?)?;
        Some((table, table.column(&column.column).filter(|column| is_text(column))?, column.source))
    };
    let sides = [known(left)?, known(right)?];
    let [left, right] = [sides[0].1.collation.as_deref()?, sides[1].1.collation.as_deref()?];
    (!left.eq_ignore_ascii_case(right)).then_some(Mismatch { sides, block, text: &comparison.text })
}

fn finding(mismatch: &Mismatch<'_>, readings: &[Reading<'_>], context: &Context<'_>) -> Option<Finding> {
    let reading_of = |at: usize| {
        readings.iter().find(|reading| {
            reading.place.is_some_and(|(_, block, place)| std::ptr::eq(block, mismatch.block) && place == at)
        })
    };
    let used = |reading: &Reading<'_>, column: &Column| {
        reading.access.key_parts.iter().any(|part| part.eq_ignore_ascii_case(&column.name))
    };
    // The side that is read without the index that begins with its column has lost it. One index is all that a join needs,
    // but it had better be the larger table's.
    let lost = mismatch.sides.iter().enumerate().filter_map(|(side, (table, column, at))| {
        let reading = reading_of(*at)?;
        let (other, theirs, place) = mismatch.sides[1 - side];
        let smaller = other.rows.zip(table.rows).is_some_and(|(theirs, own)| theirs < own);
        if !smaller && reading_of(place).is_some_and(|reading| used(reading, theirs)) {
            return None;
        }
        let leads = |index: &&crate::model::schema::Index| {
            index.visible
                && index
                    .parts
                    .first()
                    .and_then(|part| part.column.as_deref())
                    .is_some_and(|c| c.eq_ignore_ascii_case(&column.name))
        };
        let index = table.indexes.iter().find(leads)?;
        (!used(reading, column) && !reading.is_narrowed(context) && !context.is_small(table))
            .then_some((reading, *table, *column, index))
    });
    // The larger of two: the other is read from end to end in any case.
    let (reading, table, column, index) = lost.max_by_key(|(_, table, ..)| table.rows)?;
    let severity = match reading.table_rows() {
        Some(rows) => harm::of_reading(rows, context)?,
        None => Severity::Info,
    };
    let [left, right] = &mismatch.sides;
    let name = |(table, column, _): &(&Table, &Column, usize)| {
        format!("`{}`.`{}` ({})", table.name, column.name, column.collation.as_deref().unwrap_or_default())
    };
    let message = format!("{} is compared with {}: the index {} is of no use", name(left), name(right), index.name);
    let mut finding = context.finding(RULE.id, severity, Some(&table.name), message);
    finding.subject.index = Some(index.name.clone());
    finding.evidence.push(format!("statement: {}", mismatch.text));
    finding.evidence.push(reading.evidence());
    let other = if std::ptr::eq(left.1, column) { right } else { left };
    let wanted = other.1.collation.as_deref().unwrap_or_default();
    finding.remedy = format!(
        "give both columns one collation, such as ALTER TABLE {} MODIFY {} {} CHARACTER SET {} COLLATE {wanted}{}",
        remedy::name(&table.name),
        remedy::name(&column.name),
        column.column_type.to_uppercase(),
        width::charset(wanted).unwrap_or("utf8mb4"),
        if column.nullable { "" } else { " NOT NULL" },
    );
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Node, Operation};

    const DDL: &str = "
CREATE TABLE a (id INT PRIMARY KEY, code VARCHAR(20) COLLATE ascii_bin, KEY code (code));
CREATE TABLE b (code VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY);
-- rows a 700000
-- rows b 5000
";

    fn found(ddl: &str, inner: AccessType, parts: &[&str]) -> Vec<crate::model::finding::Finding> {
        let mut a = access("a", inner).key("code").rows(700_000.0).node();
        a.access.as_mut().unwrap().key_parts = parts.iter().map(|part| (*part).to_owned()).collect();
        let b = access("b", AccessType::FullScan).rows(5000.0).node();
        let case = Case::new(ddl, "SELECT a.id FROM a JOIN b ON b.code = a.code");
        case.plan(Node::new(Operation::Join, vec![b, a])).only("charset-mismatch")
    }

    #[test]
    fn the_index_that_is_lost_is_named_with_its_remedy() {
        let findings = found(DDL, AccessType::FullScan, &[]);
        assert_eq!(findings[0].severity, Severity::Error);
        assert_eq!(findings[0].subject.index.as_deref(), Some("code"));
        assert!(
            findings[0].remedy.ends_with("MODIFY code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        );
    }

    #[test]
    fn the_smaller_tables_index_is_no_consolation() {
        let a = access("a", AccessType::FullScan).rows(700_000.0).node();
        let mut b = access("b", AccessType::EqRef).key("PRIMARY").node();
        b.access.as_mut().unwrap().key_parts = vec!["code".into()];
        let case = Case::new(DDL, "SELECT a.id FROM a JOIN b ON b.code = a.code");
        let found = case.plan(Node::new(Operation::Join, vec![a, b])).only("charset-mismatch");
        assert_eq!(found[0].subject.table.as_deref(), Some("a"));
    }

    #[test]
    fn an_index_that_is_used_and_equal_collations_are_silent() {
        assert!(found(DDL, AccessType::Ref, &["code"]).is_empty());
        assert!(found(&DDL.replace("ascii_bin", "utf8mb4_unicode_ci"), AccessType::FullScan, &[]).is_empty());
        assert!(found(&DDL.replace("700000", "70").replace("5000", "50"), AccessType::FullScan, &[]).is_empty());
    }
}
