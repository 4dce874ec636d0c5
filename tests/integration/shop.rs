//! A small shop for audits: a folder with migrations, a workload and a scale, judged on every engine.

use crate::binary::{AuraDb, Outcome};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The flags of every engine that needs no server of the user's.
pub(crate) const ENGINES: [&[&str]; 3] = [&["--embedded"], &["--sandbox", "mysql"], &["--sandbox", "mariadb"]];

/// The workload: three queries, of which one wants the index of the second migration.
pub(crate) const WORKLOAD: &str = "\
queries:
  - {name: orders.by-id, sql: SELECT * FROM orders WHERE id = 7}
  - {name: orders.of-customer, sql: SELECT COUNT(note) FROM orders WHERE customer_id = 7}
  - {name: orders.newest, sql: SELECT id FROM orders ORDER BY placed_at DESC LIMIT 10}
";

/// The second migration's index, which most tests are about.
pub(crate) const INDEX: &str = "CREATE INDEX idx_orders_customer ON orders (customer_id);";

/// A folder with a shop.
#[derive(Debug)]
pub(crate) struct Shop {
    folder: TempDir,
}

impl Shop {
    /// 100,000 orders of 10,000 customers, with the index.
    pub(crate) fn new() -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        shop.file(
            "migrations/1_orders.up.sql",
            "CREATE TABLE orders (id BIGINT NOT NULL PRIMARY KEY, customer_id INT NOT NULL, placed_at DATETIME NOT NULL, \
             note VARCHAR(200));\n",
        );
        shop.file("migrations/2_index.up.sql", INDEX);
        shop.file("workload.yaml", WORKLOAD);
        shop.customers(10_000);
        shop
    }

    /// Says how many customers the orders are of.
    pub(crate) fn customers(&self, number: u32) {
        let columns = format!("columns: {{id: {{distinct: 100000}}, customer_id: {{distinct: {number}}}}}");
        let table = format!("orders: {{rows: 100000, {columns}}}");
        self.file("scale.yaml", &format!("concurrent-users: 10\ntables:\n  {table}\n"));
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, with its folders.
    pub(crate) fn file(&self, path: &str, content: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// A file's text.
    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// An `audit` to be of the shop.
    pub(crate) fn command(&self, engine: &[&str], flags: &[&str]) -> AuraDb {
        let inputs = ["audit", "--workload", "workload.yaml", "--scale", "scale.yaml"];
        AuraDb::new(inputs.iter().chain(engine).chain(flags)).at(self.folder.path())
    }

    /// Runs `audit`.
    pub(crate) fn audit(&self, engine: &[&str], flags: &[&str]) -> Outcome {
        self.command(engine, flags).run()
    }

    /// The JSON report of an `audit` that ends with that exit code.
    #[track_caller]
    pub(crate) fn report(&self, engine: &[&str], flags: &[&str], code: i32) -> Value {
        let all: Vec<&str> = flags.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str(&self.audit(engine, &all).exits(code).stdout).unwrap()
    }
}

/// The texts at a path in each element of a list.
pub(crate) fn texts(list: &Value, path: &str) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}
