//! Which storage engines hold on to a table's rows.

/// Why rows that are given to a storage engine may be lost; `None` for engines that keep them on disk.
#[must_use]
pub fn engine_doubt(engine: &str) -> Option<String> {
    const KEEP: [&str; 10] =
        ["innodb", "myisam", "aria", "rocksdb", "tokudb", "archive", "csv", "ndb", "ndbcluster", "columnstore"];
    let lower = engine.to_ascii_lowercase();
    match lower.as_str() {
        keeps if KEEP.contains(&keeps) => None,
        "blackhole" => Some(format!("the engine {engine} keeps no rows")),
        "memory" | "heap" => Some(format!("the engine {engine} keeps rows only until the server stops")),
        _ => Some(format!("it is not known whether the engine {engine} keeps every row")),
    }
}
