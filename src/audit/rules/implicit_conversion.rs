//! `implicit-conversion`: a comparison that converts the column, so that its index cannot be used.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::audit::reading::{Reading, is_text, readings};
use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity};
use crate::model::plan::Access;
use crate::model::schema::{Column, Table};
use crate::sql::shape::{Block, ColumnRef, Comparison, Operand, Operator, Term};

pub(super) const RULE: Rule = Rule {
    id: "implicit-conversion",
    severity: Severity::Error,
    summary: "a comparison converts the column, so that its index cannot be used",
    help: "Text compared with a number is converted row by row: the index is lost, and '5', '05' and '5a' all equal 5.",
    check: Check::Query(check),
};

/// `ER_WARN_INDEX_NOT_APPLICABLE`, "Cannot use … access on index … due to type or collation conversion on field …".
const INDEX_NOT_APPLICABLE: u32 = 1739;
/// `MariaDB` words the same thing as a general note.
const GENERAL_NOTE: u32 = 1105;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let readings = readings(context);
    let mut findings: Vec<Finding> = Vec::new();
    for (_, block) in context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default() {
        let conditions = block.filter.iter().chain(block.sources.iter().flat_map(|source| &source.on));
        for comparison in conditions.flat_map(crate::sql::shape::Condition::comparisons) {
            findings.extend(from_text(comparison, block, &readings, context));
        }
    }
    // What the collations of two columns explain is told by the rule about them.
    let explained = !super::charset_mismatch::mismatches(context).is_empty();
    for warning in context.plan.map(|plan| plan.warnings.as_slice()).unwrap_or_default() {
        let told = warning.code == INDEX_NOT_APPLICABLE
            || (warning.code == GENERAL_NOTE && warning.message.starts_with("Cannot use key"));
        if told && !explained {
            note(&warning.message, &mut findings, &readings, context);
        }
    }
    findings.dedup_by(|left, right| left.subject.table == right.subject.table && left.message == right.message);
    findings
}

/// Adds the server's words to the finding that they confirm, or makes one of them.
fn note(message: &str, findings: &mut Vec<Finding>, readings: &[Reading<'_>], context: &Context<'_>) {
    let evidence = format!("server: {message}");
    if let Some(known) = findings.first_mut() {
        if !known.evidence.contains(&evidence) {
            known.evidence.push(evidence);
        }
        return;
    }
    let named = |reading: &&Reading<'_>| {
        reading.table.indexes.iter().any(|index| {
            message.contains(&format!("'{}'", index.name)) || message.contains(&format!("`{}`", index.name))
        })
    };
    let Some(reading) = readings.iter().find(named).or_else(|| readings.first()) else { return };
    if context.is_small(reading.table) {
        return;
    }
    let harm = || reading.table_rows().map_or(Some(Severity::Info), |rows| harm::of_reading(rows, context));
    // Another index narrows the table: the one that is lost would not have been needed.
    let severity = if reading.is_narrowed(context) { Some(Severity::Info) } else { harm() };
    let Some(severity) = severity else { return };
    let text =
        format!("an index of `{}` cannot be used because of a conversion of type or collation", reading.table.name);
    let mut finding = context.finding(RULE.id, severity, Some(&reading.table.name), text);
    finding.evidence.push(evidence);
    finding.remedy = "give both sides of the comparison the same type, character set and collation".into();
    findings.push(finding);
}

fn from_text(
    comparison: &Comparison,
    block: &Block,
    readings: &[Reading<'_>],
    context: &Context<'_>,
) -> Option<Finding> {
    if matches!(comparison.operator, Operator::Like | Operator::NotLike | Operator::Regexp) {
        return None;
    }
    let Term::Column(left) = &comparison.left else { return None };
    let (table, column) = known(left, block, context)?;
    let with = match &comparison.right {
        Operand::Column(right) => {
            let (other, right) = known(right, block, context)?;
            match (is_text(column), is_text(right), is_number(column), is_number(right)) {
                (true, _, _, true) => {
                    return join(comparison, table, column, right, left.source, block, readings, context);
                }
                (_, true, true, _) => {
                    return join(comparison, other, right, column, left.source, block, readings, context);
                }
                _ => return None,
            }
        }
        operand => context.number_in(operand).filter(|_| is_text(column))?,
    };
    let what =
        format!("the text column `{}`.`{}` ({}) is compared with {with}", table.name, column.name, column.column_type);
    let mut finding = judged(what, table, column, left.source, block, readings, context)?;
    finding.evidence.push(format!("statement: {}", comparison.text));
    finding.remedy = format!("pass the value as text: quote it, or bind a string parameter to `{}`", column.name);
    Some(finding)
}

#[expect(clippy::too_many_arguments, reason = "both columns, their tables and the context belong to one comparison")]
fn join(
    comparison: &Comparison,
    table: &Table,
    text: &Column,
    number: &Column,
    source: usize,
    block: &Block,
    readings: &[Reading<'_>],
    context: &Context<'_>,
) -> Option<Finding> {
    let what = format!(
        "the text column `{}`.`{}` ({}) is compared with the number `{}` ({})",
        table.name, text.name, text.column_type, number.name, number.column_type
    );
    let mut finding = judged(what, table, text, source, block, readings, context)?;
    finding.evidence.push(format!("statement: {}", comparison.text));
    finding.remedy =
        format!("give `{}` the type of `{}`, or compare with CAST({} AS CHAR)", text.name, number.name, number.name);
    Some(finding)
}

fn judged(
    what: String,
    table: &Table,
    column: &Column,
    source: usize,
    block: &Block,
    readings: &[Reading<'_>],
    context: &Context<'_>,
) -> Option<Finding> {
    if context.is_small(table) {
        return None;
    }
    let here = |reading: &&Reading<'_>| reading.place.is_some_and(|(_, b, at)| std::ptr::eq(b, block) && at == source);
    let reading = readings.iter().find(here);
    let narrowed = reading
        .is_some_and(|reading| reading.is_narrowed(context) && !only_embedded(reading.access, table, column, context));
    let left = reading.filter(|_| narrowed).and_then(|reading| rows_left(reading, column, context));
    let severity = match table.rows {
        _ if narrowed => left.and_then(|rows| harm::of_reading(rows, context)).unwrap_or(Severity::Info),
        Some(rows) => harm::of_reading(rows as f64, context)?,
        None => Severity::Info,
    };
    let leads = table.indexes.iter().find(|index| {
        index
            .parts
            .first()
            .and_then(|part| part.column.as_deref())
            .is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
    });
    let mut finding = context.finding(RULE.id, severity, Some(&table.name), what);
    match leads {
        Some(index) => finding.evidence.push(format!("schema: the index {} cannot be used for it", index.name)),
        None => finding.evidence.push("schema: no index begins with the column, and none would help".into()),
    }
    Some(finding)
}

/// Rows that the conditions beside the converted one leave to be converted: those of an index that the column belongs to,
/// by the parts before it.
fn rows_left(reading: &Reading<'_>, column: &Column, context: &Context<'_>) -> Option<f64> {
    let index = reading.table.index(reading.access.key.as_deref()?)?;
    let named = |part: &crate::model::schema::KeyPart| {
        part.column.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
    };
    let before = index.parts.iter().position(named)?.checked_sub(1)?;
    if context.engine != EngineKind::Embedded {
        return reading.rows_read();
    }
    // SQLite converts the other side, and so believes that it uses the column as well.
    let distinct = (*index.cardinality.get(before)?).max(1);
    Some(reading.table.rows? as f64 / distinct as f64)
}

/// Whether it is an index on the converted column itself that narrows the read: `SQLite` converts the other side instead
/// and can use it, the servers cannot.
fn only_embedded(access: &Access, table: &Table, column: &Column, context: &Context<'_>) -> bool {
    let key = access.key.as_deref().and_then(|key| table.index(key));
    let first = key.and_then(|index| index.parts.first()).and_then(|part| part.column.as_deref());
    context.engine == EngineKind::Embedded && first.is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
}

fn known<'a>(column: &ColumnRef, block: &Block, context: &Context<'a>) -> Option<(&'a Table, &'a Column)> {
    if column.level > 0 {
        return None;
    }
    let table = context.schema.table(block.sources.get(column.source)?.table()?)?;
    Some((table, table.column(&column.column)?))
}

fn is_number(column: &Column) -> bool {
    matches!(
        column.base_type().as_str(),
        "tinyint"
            | "smallint"
            | "mediumint"
            | "int"
            | "integer"
            | "bigint"
            | "decimal"
            | "numeric"
            | "float"
            | "double"
            | "bit"
    )
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::AccessType;

    fn verdict(case: Case) -> Option<Severity> {
        let case = case.plan(access("orders", AccessType::FullScan).rows(990_000.0).node());
        case.only("implicit-conversion").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_number_for_a_text_column_is_found_as_literal_list_and_parameter() {
        for sql in [
            "SELECT id FROM orders WHERE reference = 5",
            "SELECT id FROM orders WHERE reference IN ('a', 5)",
            "SELECT id FROM orders WHERE total > 3 AND (status = 'x' OR reference = 5)",
        ] {
            assert_eq!(verdict(Case::new(SHOP, sql)), Some(Severity::Error), "{sql}");
        }
        assert_eq!(
            verdict(Case::new(SHOP, "SELECT id FROM orders WHERE reference = ?").param(5)),
            Some(Severity::Error)
        );
    }

    #[test]
    fn matching_types_and_harmless_conversions_are_silent() {
        for sql in [
            "SELECT id FROM orders WHERE reference = '5'",
            "SELECT id FROM orders WHERE customer_id = '5'",
            "SELECT id FROM orders WHERE placed_at > '2026-01-01'",
            "SELECT id FROM orders WHERE reference LIKE 5",
            "SELECT id FROM settings WHERE value = 5",
        ] {
            assert_eq!(verdict(Case::new(SHOP, sql)), None, "{sql}");
        }
        assert_eq!(verdict(Case::new(SHOP, "SELECT id FROM orders WHERE reference = ?").text("5")), None);
    }

    #[test]
    fn a_join_of_text_and_number_is_found() {
        let case =
            Case::new(SHOP, "SELECT o.id FROM customers c JOIN orders o ON o.reference = c.id WHERE c.country = 'CH'");
        let findings = case.only("implicit-conversion");
        assert!(findings[0].message.contains("`orders`.`reference`"), "{}", findings[0].message);
    }

    #[test]
    fn the_servers_warning_is_evidence_or_a_finding_of_its_own() {
        let warning =
            "Cannot use ref access on index 'by_reference' due to type or collation conversion on field 'reference'";
        let both = Case::new(SHOP, "SELECT id FROM orders WHERE reference = 5");
        let both = both.plan(access("orders", AccessType::FullScan).rows(990_000.0).node()).warning(1739, warning);
        let findings = both.only("implicit-conversion");
        assert_eq!(findings.len(), 1);
        assert!(findings[0].evidence.iter().any(|line| line.contains("Cannot use ref access")));
        let only = Case::new(SHOP, "SELECT id FROM orders WHERE reference = CONVERT(? USING latin1)");
        let only = only.plan(access("orders", AccessType::FullScan).rows(990_000.0).node()).warning(1739, warning);
        assert_eq!(only.only("implicit-conversion")[0].severity, Severity::Error);
        let narrowed = Case::new(SHOP, "SELECT id FROM orders WHERE (customer_id, reference) IN ((1, 'a'), (2, 'b'))");
        let narrowed = narrowed.plan(access("orders", AccessType::Range).key("by_customer").rows(40.0).node());
        assert_eq!(narrowed.warning(1739, warning).only("implicit-conversion")[0].severity, Severity::Info);
    }
}
