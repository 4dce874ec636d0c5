//! Sizes of tables from a scale profile: its rows, and bytes estimated from the columns.

use crate::engine::stats::table::{IndexStatistics, statistics};
use crate::model::lint::{Size, Sizes};
use crate::model::scale::Scale;
use crate::model::schema::Schema;

/// Bytes of a page.
const PAGE: u64 = 16 * 1024;

/// The sizes of the tables that the profile lists.
pub(super) fn estimated(schema: &Schema, scale: &Scale) -> Sizes {
    let size = |table: &crate::model::schema::Table| {
        let known = statistics(table, schema, scale)?;
        // The primary key of InnoDB is the rows themselves.
        let own = known.indexes.iter().filter(|index| index.name != "PRIMARY").map(IndexStatistics::pages);
        let pages = known.data_pages.saturating_add(own.fold(0, u64::saturating_add));
        let size = Size { rows: Some(known.rows), bytes: Some(pages.saturating_mul(PAGE)) };
        Some((table.name.to_ascii_lowercase(), size))
    };
    schema.tables.iter().filter_map(size).collect()
}
