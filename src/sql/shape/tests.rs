//! Tests of the facts and of the proof, over three unlike schemas.

use super::fixture::schema;
use super::*;
use crate::sql::parse::parse_statement;
use proptest::prelude::*;

const DDL: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, country CHAR(2), name VARCHAR(80), KEY by_country (country));
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT NOT NULL, status VARCHAR(20), placed_at DATETIME, total DECIMAL(10,2),
  KEY by_customer (customer_id), KEY by_placed (placed_at));
CREATE TABLE order_items (order_id BIGINT NOT NULL, line INT NOT NULL, sku VARCHAR(40), quantity INT, PRIMARY KEY (order_id, line));
CREATE TABLE posts (id INT PRIMARY KEY, author_id INT, slug VARCHAR(120), parent_id INT, body TEXT, deleted_at DATETIME,
  UNIQUE KEY slug (slug), KEY author (author_id));
CREATE TABLE jobs (id INT PRIMARY KEY, queue VARCHAR(30), run_at DATETIME, token VARCHAR(64), UNIQUE KEY queue_token (queue, token));
-- rows customers 50000
-- rows orders 1000000
-- rows order_items 3000000
-- rows posts 200000
-- rows jobs 100000
-- distinct orders by_customer 50000
-- distinct customers by_country 50
-- distinct order_items PRIMARY 1000000,3000000
";

fn of(sql: &str) -> Shape {
    shape(&parse_statement(sql).unwrap_or_else(|error| panic!("{sql}: {error}")), &schema(DDL))
}

#[track_caller]
fn at_most(sql: &str, rows: Option<u64>) {
    match of(sql).bound {
        Bound::Proved { at_most, .. } => assert_eq!(at_most, rows, "{sql}"),
        other => panic!("{sql}: {other:?}"),
    }
}

#[track_caller]
fn unbounded(sql: &str) -> (Scope, Option<f64>) {
    match of(sql).bound {
        Bound::Unbounded { scope, expected, .. } => (scope, expected),
        other => panic!("{sql}: {other:?}"),
    }
}

fn whole(table: &str) -> Scope {
    Scope::WholeTable { table: table.into() }
}

fn window(table: &str, columns: &[&str]) -> Scope {
    Scope::Window { table: table.into(), columns: columns.iter().map(|c| (*c).to_owned()).collect() }
}

fn key(table: &str, index: Option<&str>, columns: &[&str]) -> Scope {
    let columns = columns.iter().map(|c| (*c).to_owned()).collect();
    Scope::RowsOfKey { table: table.into(), index: index.map(str::to_owned), columns }
}

#[test]
fn a_limit_bounds_unless_it_is_the_idiom_for_none() {
    at_most("SELECT * FROM orders LIMIT 20", Some(20));
    at_most("SELECT * FROM orders LIMIT 40, 20", Some(20));
    at_most("SELECT * FROM orders LIMIT ? OFFSET ?", None);
    assert_eq!(unbounded("SELECT * FROM orders LIMIT 18446744073709551615 OFFSET 5").0, whole("orders"));
}

#[test]
fn equality_on_all_columns_of_a_unique_key_bounds() {
    at_most("SELECT * FROM customers WHERE id = ?", Some(1));
    at_most("SELECT * FROM customers c WHERE ? = c.email AND c.country = 'CH'", Some(1));
    at_most("SELECT * FROM order_items WHERE order_id = 1 AND line = 2", Some(1));
    at_most("SELECT * FROM order_items WHERE (order_id, line) = (1, 2)", Some(1));
    at_most("SELECT * FROM order_items WHERE (order_id, line) IN ((1, 2), (3, 4))", Some(2));
    at_most("SELECT * FROM order_items WHERE order_id IN (1, 2, 3) AND line IN (1, 2)", Some(6));
    at_most("SELECT * FROM customers WHERE id IN (?, ?, ?)", Some(3));
    at_most("SELECT * FROM customers WHERE id BETWEEN 5 AND 14", Some(10));
    at_most("SELECT * FROM posts WHERE slug = CONCAT('a', ?)", Some(1));
    at_most("SELECT * FROM jobs WHERE queue = ? AND token = ?", Some(1));
}

#[test]
fn what_only_looks_like_a_key_does_not_bound() {
    assert_eq!(
        unbounded("SELECT * FROM order_items WHERE order_id = 1").0,
        key("order_items", Some("PRIMARY"), &["order_id"])
    );
    assert_eq!(unbounded("SELECT * FROM customers WHERE id <> 5").0, whole("customers"));
    assert_eq!(unbounded("SELECT * FROM customers WHERE id NOT IN (1, 2)").0, whole("customers"));
    assert_eq!(unbounded("SELECT * FROM posts WHERE slug <=> ?").0, key("posts", Some("slug"), &["slug"]));
    assert_eq!(unbounded("SELECT * FROM posts WHERE slug IS NULL").0, window("posts", &["slug"]));
    // A number equals many texts.
    assert!(matches!(of("SELECT * FROM customers WHERE email = 5").bound, Bound::Unbounded { .. }));
    assert_eq!(
        unbounded("SELECT * FROM customers WHERE id = 1 OR country = 'CH'").0,
        key("customers", Some("by_country"), &["country"])
    );
    assert_eq!(unbounded("SELECT * FROM customers WHERE id = FLOOR(RAND() * 10)").0, whole("customers"));
}

#[test]
fn alternatives_add_up_and_the_worst_decides() {
    at_most("SELECT * FROM customers WHERE id = 1 OR id = 2 OR email = 'x'", Some(3));
    at_most("SELECT * FROM order_items WHERE order_id = 1 AND (line = 1 OR line = 2)", Some(2));
    at_most("SELECT * FROM customers WHERE id = 1 OR 1 = 0", Some(1));
    let scope = unbounded("SELECT * FROM orders WHERE id = 1 OR placed_at > ? OR (customer_id = 3 AND status = 'x')").0;
    assert_eq!(scope, window("orders", &["placed_at"]));
    assert_eq!(
        unbounded("SELECT * FROM orders WHERE NOT (id <> 1 AND customer_id <> 2)").0,
        key("orders", Some("by_customer"), &["customer_id"])
    );
}

#[test]
fn aggregates_dual_and_impossible_conditions_bound() {
    at_most("SELECT COUNT(*) FROM orders", Some(1));
    at_most("SELECT MAX(total) FROM orders WHERE status = 'x'", Some(1));
    at_most("SELECT 1", Some(1));
    at_most("SELECT NOW() FROM DUAL", None);
    at_most("SELECT * FROM orders WHERE 1 = 0", Some(0));
    at_most("SELECT * FROM orders WHERE FALSE", Some(0));
    at_most("SELECT EXISTS (SELECT 1 FROM orders WHERE status = 'x')", Some(1));
    assert_eq!(unbounded("SELECT COUNT(*) OVER () FROM orders").0, whole("orders"));
}

#[test]
fn joins_through_unique_keys_keep_the_bound() {
    at_most("SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = ?", Some(1));
    at_most("SELECT * FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.id IN (1, 2)", Some(2));
    at_most("SELECT * FROM customers c RIGHT JOIN orders o ON c.id = o.customer_id WHERE o.id = 1", Some(1));
    at_most("SELECT * FROM orders o, customers c WHERE c.id = o.customer_id AND o.id = 3", Some(1));
    at_most("SELECT * FROM posts p JOIN customers c ON p.id = c.id WHERE c.id = ?", Some(1));
    at_most("SELECT * FROM posts JOIN customers USING (id) WHERE posts.id = 4", Some(1));
    // The optional side is required by WHERE, so the join is an inner one.
    at_most("SELECT * FROM posts p LEFT JOIN customers c ON c.id = p.id WHERE c.id = 5", Some(1));
}

#[test]
fn joins_that_fan_out_or_drive_from_a_whole_table_do_not() {
    let (scope, rows) = unbounded("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ?");
    assert_eq!((scope, rows), (key("orders", Some("by_customer"), &["customer_id"]), Some(20.0)));
    assert_eq!(unbounded("SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id").0, whole("orders"));
    assert_eq!(unbounded("SELECT * FROM customers c LEFT JOIN orders o ON o.id = 1").0, whole("customers"));
    // ON of an outer join does not narrow its left side.
    assert_eq!(
        unbounded("SELECT * FROM customers c LEFT JOIN orders o ON o.id = c.id AND c.id = 7").0,
        whole("customers")
    );
    assert_eq!(unbounded("SELECT * FROM customers a JOIN posts b ON a.id = 3").0, whole("posts"));
}

#[test]
fn derived_tables_ctes_and_unions() {
    at_most(
        "SELECT * FROM (SELECT * FROM orders ORDER BY id DESC LIMIT 5) t JOIN customers c ON c.id = t.customer_id",
        Some(5),
    );
    at_most("WITH top AS (SELECT * FROM orders LIMIT 3) SELECT * FROM top a JOIN top b ON a.id = b.id", Some(9));
    at_most("SELECT id FROM orders WHERE id = 1 UNION ALL SELECT id FROM posts WHERE slug = 'x'", Some(2));
    at_most("SELECT id FROM orders UNION SELECT id FROM posts ORDER BY 1 LIMIT 10", Some(10));
    at_most("(SELECT id FROM orders LIMIT 4) UNION (SELECT id FROM posts LIMIT 6)", Some(10));
    assert_eq!(unbounded("SELECT id FROM orders WHERE id = 1 UNION SELECT id FROM posts").0, whole("posts"));
    at_most(
        "SELECT * FROM orders WHERE customer_id = 1 AND id IN (SELECT order_id FROM order_items WHERE order_id = 5 AND line = 2)",
        Some(1),
    );
    assert!(
        !of("SELECT * FROM orders o WHERE id IN (SELECT order_id FROM order_items WHERE order_id = o.id LIMIT 1)")
            .bound
            .is_proved()
    );
    at_most(
        "SELECT * FROM customers c JOIN (SELECT customer_id, COUNT(*) n FROM orders GROUP BY customer_id) t ON t.customer_id = c.id WHERE c.id = 9",
        Some(1),
    );
    at_most(
        "SELECT * FROM (SELECT o.*, ROW_NUMBER() OVER (ORDER BY total DESC) rn FROM orders o) t WHERE rn <= 10",
        Some(10),
    );
    assert!(!of("SELECT * FROM (SELECT o.*, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY total) rn FROM orders o) t WHERE rn = 1").bound.is_proved());
}

#[test]
fn correlated_columns_are_constants_inside() {
    let facts = of("SELECT (SELECT name FROM customers c WHERE c.id = o.customer_id) FROM orders o WHERE o.id = 1");
    assert!(facts.bound.is_proved());
    let inner = facts.blocks()[1].1;
    assert_eq!(inner.mentioned.iter().map(|column| column.level).collect::<Vec<_>>(), [0, 1, 0]);
}

#[test]
fn groups_are_bounded_by_what_is_grouped() {
    at_most("SELECT status, COUNT(*) FROM orders WHERE status IN ('a', 'b') GROUP BY status", Some(2));
    at_most(
        "SELECT line, COUNT(*) FROM order_items WHERE order_id = 1 AND line = 2 GROUP BY line WITH ROLLUP",
        Some(2),
    );
    at_most("SELECT DISTINCT status FROM orders WHERE status = 'x'", Some(1));
    let (scope, rows) = unbounded("SELECT country, COUNT(*) FROM customers GROUP BY country");
    assert_eq!((scope, rows), (whole("customers"), Some(50.0)));
    assert_eq!(unbounded("SELECT status, COUNT(*) FROM orders GROUP BY status").1, None);
}

#[test]
fn recursion_is_not_guessed() {
    let tree = "WITH RECURSIVE t AS (SELECT id FROM posts WHERE id = ? UNION ALL SELECT p.id FROM posts p JOIN t ON p.parent_id = t.id) SELECT * FROM t";
    assert!(matches!(of(tree).bound, Bound::Unknown { .. }), "{:?}", of(tree).bound);
    assert!(matches!(of("SELECT * FROM some_view WHERE a = 1").bound, Bound::Unknown { .. }));
}

#[test]
fn writes_are_judged_by_the_rows_they_change() {
    assert!(of("INSERT INTO jobs (id, queue) VALUES (?, ?), (?, ?)").bound.is_proved());
    assert_eq!(of("INSERT INTO jobs (id) SELECT id FROM posts").kind, StatementKind::InsertSelect);
    assert_eq!(unbounded("INSERT INTO jobs (id) SELECT id FROM posts").0, whole("posts"));
    at_most("UPDATE customers SET name = ? WHERE email = ?", Some(1));
    at_most("DELETE FROM jobs WHERE run_at < NOW() ORDER BY run_at LIMIT 500", Some(500));
    assert_eq!(
        unbounded("DELETE FROM orders WHERE customer_id = ?"),
        (key("orders", Some("by_customer"), &["customer_id"]), Some(20.0))
    );
    assert_eq!(unbounded("DELETE FROM orders").0, whole("orders"));
    let joined =
        of("UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.status = 'x', c.name = 'y' WHERE o.id = 4");
    assert!(joined.bound.is_proved());
    assert_eq!(joined.targets, ["orders", "customers"]);
    let multi = of("DELETE o FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'XX'");
    assert_eq!(multi.targets, ["orders"]);
    assert!(matches!(multi.bound, Bound::Unbounded { .. }));
    assert_eq!(
        of("DELETE FROM orders USING orders JOIN customers ON orders.id = customers.id WHERE customers.id = 1").targets,
        ["orders"]
    );
}

#[test]
fn dictionary_reads_are_bounded() {
    let facts = of("SELECT column_name FROM information_schema.columns WHERE table_name = ?");
    assert!(facts.is_dictionary_read());
    assert!(facts.bound.is_proved());
    assert!(!of("SELECT * FROM orders").is_dictionary_read());
}

#[test]
fn facts_of_a_block() {
    let facts = of("SELECT DISTINCT o.*, c.name FROM orders o LEFT JOIN customers AS c ON c.id = o.customer_id \
        WHERE LOWER(c.email) = ? AND o.status LIKE '%x' AND o.total > 5 ORDER BY c.name DESC, o.id LIMIT 10 OFFSET 5000");
    let (query, block) = facts.blocks()[0];
    assert!(block.star && block.distinct && !block.grouped());
    assert_eq!(
        block.sources.iter().map(|s| (s.table().unwrap(), s.role)).collect::<Vec<_>>(),
        [("orders", Role::Inner), ("customers", Role::Optional)]
    );
    assert_eq!(query.limit.as_ref().unwrap().offset, Some(block::LimitValue::Number(5000)));
    assert_eq!(
        query.order_by.iter().map(|t| (t.column.as_ref().unwrap().source, t.descending)).collect::<Vec<_>>(),
        [(1, true), (0, false)]
    );
    let wrapped = block.filter[0].comparisons()[0].clone();
    assert!(matches!(wrapped.left, Term::Wrapped { function, .. } if function == "LOWER"));
    assert_eq!(wrapped.right, Operand::Param(0));
    assert_eq!(block.output.last().unwrap().name, "name");
}

#[test]
fn placeholders_are_numbered_in_the_order_of_the_text() {
    let facts = of(
        "SELECT * FROM orders WHERE status = ? AND id IN (SELECT order_id FROM order_items WHERE sku = ?) AND total > ? LIMIT ?",
    );
    let block = facts.blocks()[0].1;
    assert_eq!(block.filter[2].comparisons()[0].right, Operand::Param(2));
    assert_eq!(facts.blocks()[1].1.filter[0].comparisons()[0].right, Operand::Param(1));
    assert_eq!(facts.query.as_ref().unwrap().limit.as_ref().unwrap().count, block::LimitValue::Param(3));
}

#[test]
fn long_chains_and_deep_reuse_take_no_time() {
    let chain = vec!["status = 'x'"; 3000].join(" OR ");
    assert!(matches!(of(&format!("SELECT id FROM orders WHERE {chain}")).bound, Bound::Unbounded { .. }));
    let ctes = (1..30).map(|n| format!("c{n} AS (SELECT a.id FROM c{0} a JOIN c{0} b ON a.id = b.id)", n - 1));
    let ctes: Vec<String> = std::iter::once("c0 AS (SELECT id FROM orders)".to_owned()).chain(ctes).collect();
    let facts = of(&format!("WITH {} SELECT * FROM c29", ctes.join(", ")));
    assert!(!facts.bound.is_proved());
    assert_eq!(facts.blocks().len(), 31);
}

#[test]
fn null_is_no_average_value() {
    let known = schema(&format!(
        "{DDL}\n-- nulls posts deleted_at 0.9\n-- nulls posts author_id 0.5\n-- distinct posts author 1001"
    ));
    let expected = |sql: &str| match shape(&parse_statement(sql).unwrap(), &known).bound {
        Bound::Unbounded { scope, expected, .. } => (scope, expected),
        other => panic!("{sql}: {other:?}"),
    };
    let (scope, rows) = expected("SELECT id FROM posts WHERE deleted_at IS NULL");
    assert_eq!((scope, rows), (window("posts", &["deleted_at"]), Some(180_000.0)));
    assert_eq!(expected("SELECT id FROM posts WHERE id < 5 AND deleted_at IS NULL").1, None);
    // Half of the rows share 1,000 authors: 100 each, of which nine in ten are not deleted.
    assert_eq!(expected("SELECT id FROM posts WHERE author_id = ?").1, Some(100.0));
    assert_eq!(expected("SELECT id FROM posts WHERE author_id = ? AND deleted_at IS NULL").1, Some(90.0));
    assert_eq!(unbounded("SELECT id FROM posts WHERE deleted_at IS NULL").1, None);
}

#[test]
fn an_anti_join_gives_no_more_rows_than_what_it_starts_from() {
    let sql =
        "SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'x' WHERE o.id IS NULL";
    assert_eq!(unbounded(sql), (whole("customers"), Some(50_000.0)));
    // A column that may be NULL by itself proves nothing.
    let sql = "SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.placed_at IS NULL";
    assert_eq!(unbounded(sql), (whole("customers"), Some(1_000_000.0)));
}

#[test]
fn groups_are_counted_by_the_column_where_no_index_is() {
    let known = schema(&format!("{DDL}\n-- values orders status 5000"));
    let statement = parse_statement("SELECT status, COUNT(*) FROM orders GROUP BY status").unwrap();
    assert!(matches!(shape(&statement, &known).bound, Bound::Unbounded { expected: Some(5000.0), .. }));
}

/// Pieces of SELECT statements, good and bad ones.
fn piece() -> impl Strategy<Value = String> {
    let source = prop::sample::select(vec![
        "orders",
        "customers c",
        "order_items i",
        "nowhere n",
        "(SELECT id, customer_id FROM orders LIMIT 3) d",
    ]);
    let join =
        prop::sample::select(vec![",", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " CROSS JOIN ", " NATURAL JOIN "]);
    let condition = prop::sample::select(vec![
        "1 = 0",
        "id = ?",
        "c.id = orders.customer_id",
        "NOT (id = 1 OR status <> 'x')",
        "(id, customer_id) IN ((1, 2))",
        "id IN (SELECT 1)",
        "EXISTS (SELECT 1 FROM posts WHERE author_id = c.id)",
        "c.id BETWEEN 9 AND 1",
        "LOWER(name) LIKE '%x' || id",
        "id IS NULL AND i.line <=> NULL",
    ]);
    let tail = prop::sample::select(vec![
        "",
        " GROUP BY 1",
        " GROUP BY id WITH ROLLUP",
        " HAVING COUNT(*) > 1",
        " ORDER BY 9, RAND()",
        " LIMIT 0",
        " UNION SELECT 1",
    ]);
    (source.clone(), join, source, condition, tail).prop_map(|(left, join, right, condition, tail)| {
        format!("SELECT *, c.name AS n FROM {left}{join}{right} WHERE {condition}{tail}")
    })
}

proptest! {
    #[test]
    fn no_statement_makes_the_analysis_panic_and_a_limit_on_top_always_bounds(inner in piece(), outer in piece()) {
        let sql = outer.replacen("(SELECT 1)", &format!("({inner})"), 1);
        let schema = schema(DDL);
        for sql in [&sql, &format!("SELECT * FROM ({inner}) t, ({sql}) u LIMIT 7"), &format!("DELETE FROM orders WHERE id IN ({inner})")] {
            if let Ok(statement) = parse_statement(sql) {
                let facts = shape(&statement, &schema);
                if sql.ends_with("LIMIT 7") {
                    let by = "LIMIT 7".to_owned();
                    prop_assert_eq!(facts.bound, Bound::Proved { by, at_most: Some(7) });
                }
            }
        }
    }
}
