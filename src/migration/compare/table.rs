//! What is a table's own: storage engine, default collation, partitions; and what changes nothing: order, comment, options.

use super::{differing, settled, words};
use crate::model::drift::Verdict;
use crate::model::schema::Table;

pub(super) fn verdict(expected: &Table, live: &Table) -> Verdict {
    let engines =
        [expected, live].map(|table| table.storage_engine.as_deref().unwrap_or_default().to_ascii_lowercase());
    let collations = [expected, live].map(|table| words::collation(table.collation.as_deref()));
    let (options, partitions) = options(expected);
    let (live_options, live_partitions) = self::options(live);
    let mismatches = [
        differing("storage engine", &engines[0], &engines[1]),
        differing("collation", &collations[0], &collations[1]),
        differing("partitions", partitions, live_partitions),
    ];
    let verdict = settled(mismatches.into_iter().flatten().collect());
    if verdict != Verdict::Present {
        return verdict;
    }
    let is_ordered = order(expected, live) == order(live, expected);
    let same: Vec<&str> = [
        (!is_ordered).then_some("its columns are in another order"),
        (expected.comment != live.comment).then_some("its comment is another one"),
        (options != live_options).then_some("its storage options are other ones"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if same.is_empty() { Verdict::Present } else { Verdict::Equivalent { because: same.join(", ") } }
}

/// The options and the partitions.
fn options(table: &Table) -> (&str, &str) {
    let (options, partitions) = match table.options.find("; partition ") {
        Some(at) => table.options.split_at(at),
        None => (table.options.as_str(), ""),
    };
    (options.trim(), partitions.trim_start_matches("; "))
}

/// The columns of one table that the other has too, in order.
fn order(of: &Table, with: &Table) -> Vec<String> {
    let common = of.columns.iter().filter(|column| with.column(&column.name).is_some());
    common.map(|column| column.name.to_ascii_lowercase()).collect()
}
