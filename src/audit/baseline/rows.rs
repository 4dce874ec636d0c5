//! How many rows a plan looks at in all: each access times how often it is visited.

use crate::audit::context::Context;
use crate::audit::reading::{Reading, readings};
use crate::model::plan::{Access, AccessType, Node, Operation};

/// Rows read, and rows that come out, each time the step runs; `None` when an estimate is not known.
#[derive(Debug, Clone, Copy)]
struct Flow {
    read: Option<f64>,
    out: Option<f64>,
}

/// The rows that the plan looks at, to three digits; `None` when an estimate is not known.
pub(super) fn examined(context: &Context<'_>) -> Option<f64> {
    let readings = readings(context);
    let visit = |access: &Access| {
        let reading = readings.iter().find(|reading: &&Reading<'_>| std::ptr::eq(reading.access, access));
        reading.map_or_else(|| access.rows.rows(), |reading| reading.rows_looked_at(context))
    };
    flow(&context.plan?.root, &visit).read.map(rounded)
}

/// The rows of one visit to a table.
type Visit<'a> = &'a dyn Fn(&Access) -> Option<f64>;

/// Three digits: what a server's own statistics add from day to day is no change.
pub(super) fn rounded(rows: f64) -> f64 {
    if rows < 1.0 {
        return rows.max(0.0).ceil();
    }
    let unit = 10_f64.powf(rows.log10().floor() - 2.0);
    // A unit below one would leave halves of rows.
    let unit = unit.max(1.0);
    (rows / unit).round() * unit
}

fn flow(node: &Node, visit: Visit<'_>) -> Flow {
    let inner = match node.operation {
        Operation::Join => sequence(&node.children, true, visit),
        Operation::Union => sum(&node.children, visit),
        _ => sequence(&node.children, false, visit),
    };
    let Some(access) = &node.access else {
        let out = if matches!(node.operation, Operation::NoTable(_)) { Some(1.0) } else { inner.out };
        return Flow { read: inner.read, out };
    };
    let rows = match access.access_type {
        // What was computed for it has been counted; its own size is what comes out of there when nobody says.
        AccessType::Derived => access.rows.rows().or(inner.out),
        _ => visit(access),
    };
    let kept = access.filtered.unwrap_or(100.0) / 100.0;
    let beneath =
        if access.access_type == AccessType::Derived { inner.read } else { beside(&node.children, rows, visit) };
    Flow { read: add(beneath, rows), out: rows.map(|rows| rows * kept) }
}

/// What hangs on the rows of a table: a dependent subquery of its condition runs for each of them.
fn beside(children: &[Node], rows: Option<f64>, visit: Visit<'_>) -> Option<f64> {
    let of = |child: &Node| match child.operation {
        Operation::Subquery { dependent: true } => times(rows, flow(child, visit).read),
        _ => flow(child, visit).read,
    };
    children.iter().map(of).fold(Some(0.0), add)
}

/// Steps that run one after the other: each once, or in a join once for each row that comes out of those before it.
/// A dependent subquery runs once for each row of the steps before it.
fn sequence(children: &[Node], join: bool, visit: Visit<'_>) -> Flow {
    let mut read = Some(0.0);
    let mut out: Option<Option<f64>> = None;
    for child in children {
        let flow = flow(child, visit);
        let before = out.unwrap_or(Some(1.0));
        match child.operation {
            Operation::Subquery { dependent: true } => read = add(read, times(before, flow.read)),
            Operation::Subquery { dependent: false } => read = add(read, flow.read),
            _ if join => {
                let visits = if is_computed_once(child) { Some(1.0) } else { before };
                read = add(read, times(visits, flow.read));
                out = Some(times(before, flow.out));
            }
            _ => {
                read = add(read, flow.read);
                out = out.or(Some(flow.out));
            }
        }
    }
    Flow { read, out: out.unwrap_or(Some(1.0)) }
}

/// Whether visiting it again reads a result and not what the result is made of.
fn is_computed_once(node: &Node) -> bool {
    let is_derived = node.access.as_ref().is_some_and(|access| access.access_type == AccessType::Derived);
    matches!(node.operation, Operation::Materialize) || (is_derived && !node.children.is_empty())
}

fn sum(children: &[Node], visit: Visit<'_>) -> Flow {
    let flows: Vec<Flow> = children.iter().map(|child| flow(child, visit)).collect();
    let total = |of: fn(&Flow) -> Option<f64>| flows.iter().map(of).fold(Some(0.0), add);
    Flow { read: total(|flow| flow.read), out: total(|flow| flow.out) }
}

fn add(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    Some(left? + right?)
}

fn times(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    match (left, right) {
        // Nothing that is visited reads nothing, however much that would be.
        (Some(0.0), _) => Some(0.0),
        (left, right) => Some(left? * right?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::access;
    use crate::model::plan::Estimate;

    fn read(node: Node) -> Option<f64> {
        let flow = flow(&Node::new(Operation::Query, vec![node]), &|access| access.rows.rows());
        flow.read.map(rounded)
    }

    fn scan(rows: f64, filtered: f64) -> Node {
        let mut node = access("t", AccessType::FullScan).rows(rows).node();
        node.access.as_mut().unwrap().filtered = Some(filtered);
        node
    }

    #[test]
    fn a_join_reads_its_inner_side_for_each_row() {
        let inner = || access("u", AccessType::Ref).key("k").rows(3.0).node();
        assert_eq!(
            read(Node::new(Operation::Join, vec![scan(1000.0, 10.0), inner(), inner()])),
            Some(1000.0 + 300.0 + 900.0)
        );
        assert_eq!(read(Node::new(Operation::Sort, vec![scan(1000.0, 10.0)])), Some(1000.0));
        assert_eq!(read(Node::new(Operation::Union, vec![scan(5.0, 100.0), scan(7.0, 1.0)])), Some(12.0));
    }

    #[test]
    fn a_dependent_subquery_is_read_for_each_row_and_another_once() {
        let with = |dependent| {
            let subquery = Node::new(Operation::Subquery { dependent }, vec![scan(50.0, 100.0)]);
            read(Node::new(Operation::Filter, vec![scan(100.0, 10.0), subquery]))
        };
        assert_eq!((with(true), with(false)), (Some(600.0), Some(150.0)));
        let mut table = scan(100.0, 10.0);
        table.children = vec![Node::new(Operation::Subquery { dependent: true }, vec![scan(50.0, 100.0)])];
        assert_eq!(read(table), Some(5100.0), "of the condition itself, which is checked on each row");
    }

    #[test]
    fn what_is_not_known_stays_so() {
        let mut unknown = scan(1.0, 100.0);
        unknown.access.as_mut().unwrap().rows = Estimate::Unknown("a range".into());
        assert_eq!(read(Node::new(Operation::Join, vec![scan(3.0, 100.0), unknown])), None);
        assert_eq!(read(Node::new(Operation::NoTable("impossible".into()), Vec::new())), Some(0.0));
    }

    #[test]
    fn three_digits_are_kept() {
        let rows = [0.0, 0.4, 7.3, 999.4, 1234.0, 333_333.3, 5e24].map(rounded);
        assert_eq!(rows[..6], [0.0, 1.0, 7.0, 999.0, 1230.0, 333_000.0]);
        assert!((rows[6] / 5e24 - 1.0).abs() < 1e-9);
    }
}
