//! Reader of `SQLite`'s EXPLAIN QUERY PLAN: rows of (id, parent, detail), where the detail is a line of text.
//!
//! The wording is read row by row as `sqlite3WhereAddExplainText` of the bundled library writes it, and as older
//! versions did (`SCAN TABLE t AS x`). A row of no known wording becomes a step of its own and never an error.

use super::sqlite_access::access;
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan};

/// One row of EXPLAIN QUERY PLAN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// The row's number.
    pub id: i64,
    /// The number of the row it belongs to, 0 for none.
    pub parent: i64,
    /// What is done.
    pub detail: String,
}

/// Reads the rows in their order. Rows without a known parent belong to the statement itself.
///
/// EXPLAIN QUERY PLAN gives no numbers of rows: see [`super::sqlite_estimate`].
#[must_use]
pub fn read(rows: &[PlanRow]) -> Plan {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut top = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        // A parent stands before its children, so that the tree has no loops whatever the numbers say.
        match rows[..at].iter().rposition(|earlier| earlier.id == row.parent) {
            Some(parent) => children[parent].push(at),
            None => top.push(at),
        }
    }
    // Children come after their parents: going backwards, every row's parts are complete when it is reached.
    let derived: Vec<&str> = rows.iter().filter_map(|row| computed_name(&row.detail)).collect();
    let mut built: Vec<Option<Vec<Node>>> = vec![None; rows.len()];
    for at in (0..rows.len()).rev() {
        let parts = children[at].iter().map(|&child| (rows[child].detail.as_str(), built[child].take()));
        let below = level(parts.collect());
        built[at] = Some(vec![node(&rows[at].detail, below, &derived)]);
    }
    let parts = top.iter().map(|&at| (rows[at].detail.as_str(), built[at].take())).collect();
    Plan { root: Node::new(Operation::Query, level(parts)), cost: None, warnings: Vec::new() }
}

/// The name of a derived table or CTE that a row computes.
fn computed_name(detail: &str) -> Option<&str> {
    detail.strip_prefix("CO-ROUTINE ").or_else(|| detail.strip_prefix("MATERIALIZE "))
}

/// The steps of one level: several tables are joined, and each temporary b-tree takes in what comes before it.
fn level(parts: Vec<(&str, Option<Vec<Node>>)>) -> Vec<Node> {
    let mut steps: Vec<Node> = Vec::new();
    let mut trees = Vec::new();
    for (detail, nodes) in parts {
        match detail.strip_prefix("USE TEMP B-TREE FOR ") {
            Some(purpose) if purpose.contains("ORDER BY") => trees.push(Operation::Sort),
            Some(_) => trees.push(Operation::Temporary),
            None => steps.extend(nodes.unwrap_or_default()),
        }
    }
    if steps.iter().filter(|step| step.access.is_some()).count() > 1 {
        steps = vec![Node::new(Operation::Join, steps)];
    }
    for tree in trees {
        steps = vec![Node::new(tree, steps)];
    }
    steps
}

fn node(detail: &str, below: Vec<Node>, derived: &[&str]) -> Node {
    if detail == "MULTI-INDEX OR" {
        return multi_index(below);
    }
    if detail.contains("CONSTANT ROW") {
        return Node::new(Operation::NoTable(detail.to_owned()), below);
    }
    if let Some(mut found) = access(detail) {
        if derived.iter().any(|name| name.eq_ignore_ascii_case(&found.table)) || found.table.starts_with('(') {
            found.access_type = AccessType::Derived;
        }
        return Node { operation: Operation::Table, access: Some(found), children: below };
    }
    Node::new(operation(detail), below)
}

fn operation(detail: &str) -> Operation {
    let plain = detail.strip_prefix("CORRELATED ").unwrap_or(detail);
    let plain = plain.strip_prefix("REUSE ").unwrap_or(plain);
    if plain.starts_with("SCALAR SUBQUERY") || plain.starts_with("LIST SUBQUERY") || plain.starts_with("SUBQUERY") {
        return Operation::Subquery { dependent: detail.starts_with("CORRELATED ") };
    }
    if computed_name(detail).is_some() {
        return Operation::Materialize;
    }
    if detail.ends_with(" USING TEMP B-TREE") {
        return Operation::Temporary;
    }
    match detail {
        "COMPOUND QUERY" => Operation::Union,
        "LEFT-MOST SUBQUERY" | "LEFT" | "RIGHT" | "UNION ALL" | "SETUP" | "RECURSIVE STEP" => Operation::Query,
        _ if detail.starts_with("MERGE (") => Operation::Union,
        _ => Operation::Other(detail.to_owned()),
    }
}

/// `MULTI-INDEX OR` with one search per index becomes one access to the table.
fn multi_index(below: Vec<Node>) -> Node {
    let step = Node::new(Operation::Query, below);
    let plan = Plan { root: step, cost: None, warnings: Vec::new() };
    let parts = plan.accesses();
    let table = parts.first().map(|part| part.table.clone()).unwrap_or_default();
    let keys: Vec<&str> = parts.iter().filter_map(|part| part.key.as_deref()).collect();
    Node::table(Access {
        table,
        access_type: AccessType::IndexMerge,
        key: Some(keys.join(",")),
        key_parts: parts.iter().flat_map(|part| part.key_parts.clone()).collect(),
        possible_keys: Vec::new(),
        covering: false,
        rows: Estimate::Unknown("EXPLAIN QUERY PLAN gives no number of rows".into()),
        filtered: None,
        condition: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(lines: &[(i64, i64, &str)]) -> Vec<PlanRow> {
        lines.iter().map(|&(id, parent, detail)| PlanRow { id, parent, detail: detail.into() }).collect()
    }

    #[test]
    fn siblings_are_joined_and_the_sort_is_above_them() {
        let plan = read(&rows(&[
            (2, 0, "SCAN x"),
            (4, 0, "SEARCH y USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"),
            (9, 0, "USE TEMP B-TREE FOR ORDER BY"),
        ]));
        let sort = &plan.root.children[0];
        assert_eq!(sort.operation, Operation::Sort);
        assert_eq!(sort.children[0].operation, Operation::Join);
        let kinds: Vec<AccessType> = plan.accesses().iter().map(|access| access.access_type).collect();
        assert_eq!(kinds, [AccessType::FullScan, AccessType::Const]);
    }

    #[test]
    fn scans_of_computed_tables_are_told_from_scans_of_tables() {
        let plan = read(&rows(&[
            (2, 0, "CO-ROUTINE d"),
            (5, 2, "SCAN t USING COVERING INDEX t.i"),
            (9, 0, "SCAN d"),
            (12, 0, "CORRELATED SCALAR SUBQUERY 3"),
            (15, 12, "SEARCH u USING INDEX u.a (a=?)"),
        ]));
        let found: Vec<(&str, AccessType)> =
            plan.accesses().iter().map(|access| (access.table.as_str(), access.access_type)).collect();
        assert_eq!(found, [("t", AccessType::IndexScan), ("d", AccessType::Derived), ("u", AccessType::Ref)]);
        let dependent = |node: &&Node| node.operation == Operation::Subquery { dependent: true };
        assert_eq!(plan.nodes().into_iter().filter(dependent).count(), 1);
    }

    #[test]
    fn an_or_over_two_indexes_is_one_access() {
        let plan = read(&rows(&[
            (4, 0, "MULTI-INDEX OR"),
            (5, 4, "INDEX 1"),
            (10, 5, "SEARCH t USING INDEX t.i (a=?)"),
            (13, 4, "INDEX 2"),
            (18, 13, "SEARCH t USING INDEX t.j (b=?)"),
        ]));
        let [only] = plan.accesses()[..] else { panic!("{plan:?}") };
        assert_eq!((only.access_type, only.key.as_deref()), (AccessType::IndexMerge, Some("i,j")));
    }

    proptest! {
        #[test]
        fn no_text_and_no_tree_is_too_odd(
            lines in proptest::collection::vec((any::<i8>(), any::<i8>(), "(SCAN|SEARCH|USE|MULTI-INDEX OR|)( USING|[ (A-Za-z.=?)]{0,12}|\\PC{0,8}){0,4}"), 0..12)
        ) {
            let rows: Vec<PlanRow> = lines
                .into_iter()
                .map(|(id, parent, detail)| PlanRow { id: id.into(), parent: parent.into(), detail })
                .collect();
            prop_assert!(read(&rows).nodes().len() <= 3 * rows.len() + 1);
        }
    }
}
