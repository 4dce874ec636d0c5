//! One short value for a whole schema, so that two states of a database can be compared at a glance.

use crate::model::schema::Schema;
use sha2::{Digest, Sha256};

/// SHA-256 over every definition in the schema, in hex. Sizes and statistics are left out; names, types, defaults,
/// collations, key parts, constraints and stored programs are in. Comparable between databases of the same engine.
#[must_use]
pub fn fingerprint(schema: &Schema) -> String {
    let mut schema = schema.clone();
    for table in &mut schema.tables {
        table.rows = None;
        for column in &mut table.columns {
            column.distinct = None;
            column.null_fraction = None;
            column.hot.clear();
        }
        for index in &mut table.indexes {
            index.cardinality.clear();
        }
    }
    // A schema is plain data with text keys: writing it as JSON cannot fail.
    let text = serde_json::to_string(&schema).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{Column, Table};

    #[test]
    fn sizes_do_not_count_and_definitions_do() {
        let column = Column { name: "a".into(), column_type: "int".into(), ..Column::default() };
        let table = Table { name: "t".into(), columns: vec![column], ..Table::default() };
        let mut schema = Schema { tables: vec![table], routines: vec![] };
        let first = fingerprint(&schema);
        schema.tables[0].rows = Some(7);
        assert_eq!(fingerprint(&schema), first);
        schema.tables[0].columns[0].nullable = true;
        assert_ne!(fingerprint(&schema), first);
    }
}
