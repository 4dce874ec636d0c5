//! Reads that EXPLAIN shows as look-ups, though they go through most of a table or index after all.

use super::context::Context;
use super::reading::{Reading, WholeRead, is_join};
use crate::model::plan::AccessType;
use crate::model::schema::{Index, IndexKind};
use crate::sql::shape::{Condition, Operator, Role};

/// From this share of a table on, an index look-up that leaves conditions to be checked spares next to nothing.
const LARGE_SHARE: f64 = 0.3;

impl Reading<'_> {
    /// Whether a look-up by index reads a large part of the table to check another condition on each row of it.
    pub(super) fn reads_largely(&self) -> bool {
        let by_index = matches!(
            self.access.access_type,
            AccessType::Ref | AccessType::RefOrNull | AccessType::Range | AccessType::IndexMerge
        );
        let share = self.rows_read().zip(self.table_rows()).map(|(read, all)| read / all.max(1.0));
        let Some((_, _, at)) = self.place.filter(|_| by_index && share.is_some_and(|share| share >= LARGE_SHARE))
        else {
            return false;
        };
        let conditions = self.conditions();
        conditions.iter().any(|filter| !is_join(filter) && !self.serves(filter, at) && !self.usually_holds(filter, at))
    }

    /// Whether the index that is read has all columns of the condition.
    pub(super) fn serves(&self, condition: &Condition, at: usize) -> bool {
        let index = self.index().into_iter().flat_map(|index| &index.parts).filter_map(|part| part.column.as_deref());
        let parts: Vec<&str> = index.chain(self.access.key_parts.iter().map(String::as_str)).collect();
        let comparisons = condition.comparisons();
        let columns = comparisons.iter().flat_map(|comparison| comparison.columns());
        let mut own = columns.filter(|column| column.level == 0 && column.source == at).peekable();
        own.peek().is_some() && own.all(|column| parts.iter().any(|part| part.eq_ignore_ascii_case(&column.column)))
    }

    /// Whether a range leaves the index's first column open: the engine then skips from value to value of it, and its
    /// estimate of what it finds is a guess.
    pub(super) fn skips(&self) -> bool {
        let index = self.index().filter(|index| !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial));
        let leading = index.and_then(|index| index.parts.first()?.column.as_deref());
        let (Some(leading), Some((_, block, at))) = (leading, self.place) else { return false };
        if self.access.access_type != AccessType::Range {
            return false;
        }
        let is_leading = |column: &crate::sql::shape::ColumnRef| {
            column.level == 0 && column.source == at && column.column.eq_ignore_ascii_case(leading)
        };
        let compared = self.conditions().iter().any(|condition| match condition {
            Condition::Other { columns, .. } => columns.iter().any(is_leading),
            other => other.comparisons().iter().flat_map(|comparison| comparison.columns()).any(is_leading),
        });
        // One end of an index is a look-up, which SQLite words as a search without a key.
        let end = self.access.key_parts.is_empty() && block.mentioned.iter().any(is_leading);
        !compared && !end
    }

    /// The read of an index from value to value: of its first column where a later one is asked for, else of what is grouped.
    pub(super) fn skipping(&self, context: &Context<'_>) -> Option<WholeRead> {
        let (query, block, _) = self.place?;
        let asked = self.conditions().iter().any(|condition| !is_join(condition));
        let values = if asked {
            self.index().and_then(|index| index.cardinality.first()).map(|values| *values as f64)
        } else {
            self.access.rows.rows().or(self.table_rows())
        };
        let few = values.is_none_or(|values| values <= context.options.small_table_rows as f64);
        if context.is_small(self.table) || few || self.stops_after(query, block, context).is_some() {
            return None;
        }
        Some(WholeRead { index: true, rows: values, partly: true, may: None, mild: false })
    }

    /// The read of a large table bit by bit, once for each row of small tables that are read as a whole.
    pub(super) fn collected(&self, context: &Context<'_>) -> Option<WholeRead> {
        let (query, block, at) = self.place.filter(|_| self.times > 1.0)?;
        let total = self.rows_read()? * self.times;
        // What is not there is found with the first look-up.
        let missing = block.sources[at].role == Role::Optional
            && block.filter.iter().flat_map(Condition::comparisons).any(|comparison| {
                comparison.operator == Operator::IsNull && comparison.own_column().is_some_and(|c| c.source == at)
            });
        let share = total / self.table_rows()?.max(1.0);
        if context.is_small(self.table) || missing || share < LARGE_SHARE {
            return None;
        }
        if self.stops_after(query, block, context).is_some() {
            return None;
        }
        let rows = Some(total.min(self.table_rows()?));
        Some(WholeRead { index: false, rows, partly: true, may: None, mild: false })
    }

    fn index(&self) -> Option<&Index> {
        self.access.key.as_deref().and_then(|key| self.table.index(key))
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::plan::{AccessType, Node, Operation};

    fn rules(case: &Case) -> Vec<(String, String)> {
        let scans = case.audit().into_iter().filter(|finding| finding.rule.starts_with("full-"));
        scans.map(|finding| (finding.rule, finding.message)).collect()
    }

    #[test]
    fn a_large_table_is_read_bit_by_bit_for_each_row_of_a_small_one() {
        let ddl = format!("{SHOP}\nCREATE TABLE countries (code CHAR(2) PRIMARY KEY);\n-- rows countries 60\n");
        let of = |sql: &str| {
            let outer = access("countries", AccessType::FullScan).rows(60.0).node();
            let inner = access("customers", AccessType::Ref).key("by_country").rows(833.0).node();
            rules(&Case::new(&ddl, sql).plan(Node::new(Operation::Join, vec![outer, inner])))
        };
        let join = "FROM countries JOIN customers ON customers.country = countries.code";
        let found = of(&format!("SELECT countries.code, COUNT(*) {join} GROUP BY countries.code"));
        let message = "reads a large part of `customers` by index by_country: 49,980 rows";
        assert_eq!(found, [("full-table-scan".into(), message.into())]);
        assert!(of(&format!("SELECT countries.code, customers.id {join} LIMIT 20")).is_empty());
        let left = join.replace("JOIN", "LEFT JOIN");
        assert!(of(&format!("SELECT countries.code {left} WHERE customers.id IS NULL")).is_empty());
        assert_eq!(of(&format!("SELECT COUNT(*) {join} WHERE customers.name = 'x'")).len(), 1);
    }

    #[test]
    fn skipping_through_an_index_costs_its_values() {
        let of = |sql: &str, rows: f64| {
            let mut node = access("orders", AccessType::Range).key("by_customer").covering().rows(rows).node();
            node.access.as_mut().unwrap().key_parts = vec!["customer_id".into()];
            rules(&Case::new(SHOP, sql).plan(node))
        };
        let found = of("SELECT COUNT(DISTINCT customer_id) FROM orders", 50_000.0);
        assert_eq!(found[0].1, "skips through the index by_customer of `orders`: 50,000 rows");
        assert!(of("SELECT DISTINCT customer_id FROM orders", 500.0).is_empty());
        assert!(of("SELECT id FROM orders WHERE customer_id > 5", 50_000.0).is_empty());
    }
}
