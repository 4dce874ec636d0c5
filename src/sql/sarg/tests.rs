use super::*;
use crate::sql::shape::fixture::schema;

const DDL: &str = "CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, placed_at DATETIME, state VARCHAR(10)); \
                   CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20))";

fn sargs(sql: &str) -> Sargs {
    read(sql, &schema(DDL))
}

fn words(filter: &Filter) -> String {
    match filter {
        Filter::And(parts) => parts.iter().filter(|part| !part.is_empty()).map(words).collect::<Vec<_>>().join(" & "),
        Filter::Or(parts) => format!("({})", parts.iter().map(words).collect::<Vec<_>>().join(" | ")),
        Filter::Sarg(sarg) => match &sarg.test {
            Test::Points(values) => format!("{}={}", sarg.column, values.len()),
            Test::Range { low, high } => {
                format!("{}[{}{}]", sarg.column, u8::from(low.is_some()), u8::from(high.is_some()))
            }
            Test::Prefix(prefix) => format!("{}^{prefix}", sarg.column),
            Test::Not(values) => format!("{}!{}", sarg.column, values.len()),
        },
    }
}

#[test]
fn comparisons_with_constants_are_read_for_each_table() {
    let found = sargs(
        "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE 5 < o.id AND (placed_at >= '2025-01-01' AND \
         name LIKE 'x\\_y%') AND o.state IN ('a', 'b') AND o.customer_id <> 3 AND UPPER(c.name) = 'X'",
    );
    let filters: Vec<String> = found.occurrences.iter().map(|one| words(&one.filter)).collect();
    assert_eq!(filters, ["id[10] & placed_at[10] & state=2 & customer_id!1", "name^x_y"]);
    assert_eq!(found.equal, [[(1, "id".into()), (0, "customer_id".into())]]);
}

#[test]
fn an_or_narrows_only_when_each_arm_does() {
    let one = |sql: &str| words(&sargs(sql).occurrences[0].filter);
    assert_eq!(one("SELECT 1 FROM orders WHERE id = 1 OR state > 'x'"), "(id=1 | state[10])");
    assert_eq!(one("SELECT 1 FROM orders WHERE id = 1 OR UPPER(state) = 'X'"), "");
    assert_eq!(one("DELETE FROM orders WHERE placed_at < NOW() - INTERVAL 3 DAY"), "placed_at[01]");
    assert_eq!(one("UPDATE orders SET state = 'x' WHERE id BETWEEN 3 AND 4"), "id[11]");
}

#[test]
fn a_subquery_has_its_own_tables() {
    let found =
        sargs("SELECT * FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE id > 5) AND name = 'x'");
    assert_eq!(found.occurrences.len(), 2);
    assert_eq!(words(&found.occurrences[0].filter), "name=1");
    assert_eq!(words(&found.occurrences[1].filter), "id[10]");
    assert_eq!(found.equal, [[(0, "id".into()), (1, "customer_id".into())]]);
}

#[test]
fn places_are_those_of_the_text() {
    let sql = "SELECT 'ü', id\nFROM `orders` WHERE\n  state = 'x' AND placed_at > '2025-01-01'";
    let found = sargs(sql);
    let one = &found.occurrences[0];
    assert_eq!(&sql[one.name.clone()], "`orders`");
    let Filter::And(parts) = &one.filter else { panic!("{one:?}") };
    let Filter::And(parts) = &parts[0] else { panic!("{one:?}") };
    let Filter::Sarg(range) = &parts[1] else { panic!("{one:?}") };
    assert!(sql[range.at.unwrap()..].starts_with("placed_at >"));
}

#[test]
fn what_is_not_read_is_said() {
    let unread = |sql: &str| sargs(sql).occurrences[0].unread.iter().cloned().collect::<Vec<_>>();
    assert_eq!(unread("SELECT 1 FROM orders WHERE NOT (id > 3)"), ["id"]);
    assert_eq!(unread("SELECT 1 FROM orders WHERE (id, state) IN ((1, 'a'), (2, 'b'))"), ["id", "state"]);
    assert_eq!(unread("SELECT 1 FROM orders WHERE id > 3"), [""; 0]);
}
