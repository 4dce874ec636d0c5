//! One test for each verdict, and the property that a schema has no difference from itself.

use super::*;
use crate::model::schema::{Column, ForeignKey, Index, IndexKind, KeyPart, Routine};
use proptest::prelude::*;

fn column(name: &str, column_type: &str) -> Column {
    Column { name: name.into(), column_type: column_type.into(), ..Column::default() }
}

fn index(name: &str, kind: IndexKind, columns: &[&str]) -> Index {
    let parts = columns.iter().map(|column| KeyPart::column(*column)).collect();
    Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: vec![] }
}

fn key(name: &str, column: &str, table: &str) -> ForeignKey {
    ForeignKey {
        name: name.into(),
        columns: vec![column.into()],
        referenced_table: table.into(),
        referenced_columns: vec!["id".into()],
        on_delete: "NO ACTION".into(),
        on_update: "NO ACTION".into(),
    }
}

fn table() -> Table {
    Table {
        name: "orders".into(),
        columns: vec![column("id", "int"), column("customer", "int"), column("placed", "timestamp")],
        indexes: vec![
            index("PRIMARY", IndexKind::Primary, &["id"]),
            index("by_customer", IndexKind::Plain, &["customer"]),
        ],
        storage_engine: Some("InnoDB".into()),
        ..Table::default()
    }
}

fn of(expected: &Table, live: &Table) -> Vec<String> {
    let schema = |table: &Table| Schema { tables: vec![table.clone()], routines: vec![] };
    let found = compare(&schema(expected), &schema(live));
    let told = found.iter().filter(|one| one.verdict != Verdict::Present);
    told.map(|one| format!("{}: {} {}", one.object, one.verdict.word(), one.verdict.detail()).trim_end().to_owned())
        .collect()
}

#[test]
fn missing_and_foreign_are_told_by_name() {
    let (mut expected, mut live) = (table(), table());
    expected.columns.push(column("note", "text"));
    live.columns.push(column("old", "text"));
    assert_eq!(
        of(&expected, &live),
        ["column orders.note: missing", "column orders.old: foreign no migration makes it"]
    );
    let whole = Schema { tables: vec![table()], routines: vec![] };
    let missing = compare(&whole, &Schema::default());
    assert_eq!((missing.len(), &missing[0].verdict), (1, &Verdict::Missing));
    assert_eq!(compare(&Schema::default(), &whole)[0].verdict, Verdict::Foreign);
}

#[test]
fn an_index_is_known_by_its_key() {
    let (expected, mut live) = (table(), table());
    live.indexes[1] = index("orders_customer", IndexKind::Plain, &["customer"]);
    assert_eq!(of(&expected, &live), ["index by_customer on orders: equivalent its name is orders_customer"]);
    live.indexes[1] = index("wide", IndexKind::Plain, &["customer", "placed"]);
    assert_eq!(
        of(&expected, &live),
        [
            "index by_customer on orders: redundant covered by wide (customer, placed)",
            "index wide on orders: foreign no migration makes it"
        ]
    );
    live.indexes[1] = index("by_customer", IndexKind::Plain, &["placed"]);
    assert_eq!(
        of(&expected, &live),
        ["index by_customer on orders: conflicting columns: expected customer, found placed"]
    );
    live.indexes.remove(1);
    assert_eq!(of(&expected, &live), ["index by_customer on orders: missing"]);
}

#[test]
fn covering_minds_uniqueness_prefixes_order_and_the_primary_key() {
    let table = table();
    let plain = |columns: &[&str]| index("x", IndexKind::Plain, columns);
    let unique = |columns: &[&str]| index("u", IndexKind::Unique, columns);
    assert!(covers(&plain(&["customer"]), &plain(&["customer", "id"]), &table));
    assert!(covers(&unique(&["customer"]), &plain(&["customer"]), &table));
    assert!(covers(&table.indexes[0], &unique(&["id"]), &table));
    assert!(!covers(&plain(&["customer", "placed"]), &unique(&["customer"]), &table));
    assert!(!covers(&unique(&["customer", "placed"]), &unique(&["customer"]), &table));
    assert!(!covers(&plain(&["placed", "customer"]), &plain(&["customer"]), &table));
    let mut short = plain(&["customer", "placed"]);
    short.parts[0].prefix = Some(5);
    assert!(!covers(&short, &plain(&["customer"]), &table));
    let mut down = plain(&["customer", "placed"]);
    down.parts[0].descending = true;
    assert!(!covers(&down, &plain(&["customer"]), &table));
    assert!(!covers(&index("f", IndexKind::Fulltext, &["customer", "placed"]), &plain(&["customer"]), &table));
    let myisam = Table { storage_engine: Some("MyISAM".into()), ..table };
    assert!(!covers(&plain(&["customer"]), &plain(&["customer", "id"]), &myisam));
}

#[test]
fn each_attribute_of_a_column_is_named_with_both_values() {
    type Case = (&'static str, fn(&mut Column), &'static str);
    let cases: [Case; 6] = [
        ("int", |column| column.column_type = "bigint".into(), "type: expected int, found bigint"),
        ("int", |column| column.nullable = true, "nullability: expected NOT NULL, found NULL"),
        ("int", |column| column.default = Some("0".into()), "default: expected none, found 0"),
        ("int", |column| column.extra = "auto_increment".into(), "extra: expected none, found auto_increment"),
        ("int", |column| column.generated = "(a + 1)".into(), "generated: expected none, found a + 1"),
        (
            "varchar(9)",
            |column| column.collation = Some("utf8mb4_0900_ai_ci".into()),
            "collation: expected utf8mb4_unicode_ci, found utf8mb4_0900_ai_ci",
        ),
    ];
    for (column_type, change, told) in cases {
        let mut expected = table();
        let collation = (column_type != "int").then(|| "utf8mb4_unicode_ci".to_owned());
        expected.columns[1] = Column { collation, ..column("customer", column_type) };
        let mut live = expected.clone();
        change(&mut live.columns[1]);
        assert_eq!(of(&expected, &live), [format!("column orders.customer: conflicting {told}")]);
    }
}

#[test]
fn what_servers_word_differently_is_the_same() {
    let (mut expected, mut live) = (table(), table());
    expected.columns[1] = Column { default: Some("0".into()), ..column("customer", "int(11) unsigned") };
    live.columns[1] = Column { default: Some("'0'".into()), ..column("customer", "int unsigned") };
    expected.columns[2].extra = "DEFAULT_GENERATED on update CURRENT_TIMESTAMP".into();
    live.columns[2].extra = "on update current_timestamp()".into();
    expected.collation = Some("utf8_general_ci".into());
    live.collation = Some("utf8mb3_general_ci".into());
    expected.checks = vec![("c".into(), "(`id` > 0)".into())];
    live.checks = vec![("c".into(), "`id` > 0".into())];
    assert_eq!(of(&expected, &live), [""; 0]);
    assert_eq!(words::column_type("tinyint(1)"), "tinyint(1)");
    assert_eq!(words::column_type("int(5) unsigned zerofill"), "int(5) unsigned zerofill");
    assert_eq!(words::expression("((a) and (b))"), "(a) and (b)");
}

#[test]
fn constraints_are_known_by_their_definition() {
    let (mut expected, mut live) = (table(), table());
    expected.foreign_keys = vec![key("orders_ibfk_1", "customer", "customers"), key("orders_ibfk_2", "id", "bills")];
    live.foreign_keys = vec![key("orders_ibfk_1", "id", "bills"), key("orders_ibfk_2", "customer", "customers")];
    live.foreign_keys[0].on_delete = "RESTRICT".into();
    assert!(of(&expected, &live).iter().all(|told| told.contains("equivalent its name is")));
    live.foreign_keys[1].on_delete = "CASCADE".into();
    assert_eq!(
        of(&expected, &live)[0],
        "foreign key orders_ibfk_1 on orders: conflicting on delete: expected RESTRICT, found CASCADE"
    );
    let (mut expected, mut live) = (table(), table());
    expected.checks = vec![("positive".into(), "id > 0".into())];
    live.checks = vec![("orders_chk_1".into(), "id > 0".into())];
    assert_eq!(of(&expected, &live), ["check positive on orders: equivalent its name is orders_chk_1"]);
    live.checks[0].1 = "id > 1".into();
    assert_eq!(of(&expected, &live)[0], "check positive on orders: missing");
}

#[test]
fn tables_and_programs_have_definitions_too() {
    let (expected, mut live) = (table(), table());
    live.columns.swap(1, 2);
    assert_eq!(of(&expected, &live), ["table orders: equivalent its columns are in another order"]);
    live.options = "; partition HASH id p0".into();
    assert_eq!(
        of(&expected, &live),
        ["table orders: conflicting partitions: expected none, found partition HASH id p0"]
    );
    let view = |definition: &str| Schema {
        tables: vec![],
        routines: vec![Routine { kind: "view".into(), name: "v".into(), definition: definition.into() }],
    };
    assert!(matches!(compare(&view("a"), &view("b"))[0].verdict, Verdict::Conflicting { .. }));
}

proptest! {
    #[test]
    fn a_schema_does_not_differ_from_itself(
        names in proptest::collection::btree_set("[a-z]{1,5}", 1..5),
        kinds in proptest::collection::vec(("int|varchar\\(9\\)|text|datetime", any::<bool>(), any::<bool>()), 1..6),
        tail in any::<bool>(),
    ) {
        let tables = names.iter().map(|name| {
            let columns: Vec<Column> = kinds.iter().enumerate().map(|(at, (kind, nullable, defaulted))| Column {
                nullable: *nullable,
                default: defaulted.then(|| "0".to_owned()),
                ..column(&format!("c{at}"), kind)
            }).collect();
            let all: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let indexes = vec![
                index("PRIMARY", IndexKind::Primary, &all[..1]),
                index("all", if tail { IndexKind::Unique } else { IndexKind::Plain }, &all),
            ];
            let foreign_keys = vec![key("fk", "c0", "other")];
            Table { name: name.clone(), columns, indexes, foreign_keys, ..table() }
        }).collect();
        let schema = Schema { tables, routines: vec![] };
        for one in compare(&schema, &schema) {
            prop_assert_eq!(one.verdict, Verdict::Present);
        }
    }
}

#[test]
fn the_width_that_older_servers_show_of_a_year_is_no_other_type() {
    let (mut expected, mut live) = (table(), table());
    expected.columns.push(column("built", "year"));
    live.columns.push(column("built", "year(4)"));
    assert_eq!(of(&expected, &live), Vec::<String>::new());
}
