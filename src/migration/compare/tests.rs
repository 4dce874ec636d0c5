use super::*;
use crate::model::schema::{Column, ForeignKey, Index, IndexKind, KeyPart};
use proptest::prelude::*;

fn column(name: &str, column_type: &str) -> Column {
    Column { name: name.into(), column_type: column_type.into(), ..Column::default() }
}

fn index(name: &str, kind: IndexKind, columns: &[&str]) -> Index {
    let parts = columns.iter().map(|column| KeyPart::column(*column)).collect();
    Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: vec![] }
}

fn users() -> Table {
    Table {
        name: "users".into(),
        columns: vec![column("id", "int(11)"), column("xp", "int"), column("email", "varchar(255)")],
        indexes: vec![index("PRIMARY", IndexKind::Primary, &["id"]), index("idx_xp", IndexKind::Plain, &["xp"])],
        foreign_keys: vec![ForeignKey {
            name: "fk".into(),
            columns: vec!["xp".into()],
            referenced_table: "other".into(),
            referenced_columns: vec!["id".into()],
            on_delete: "NO ACTION".into(),
            on_update: "RESTRICT".into(),
        }],
        checks: vec![("positive".into(), "(xp > 0)".into())],
        collation: Some("utf8mb4_unicode_ci".into()),
        ..Table::default()
    }
}

fn schema(table: Table) -> Schema {
    Schema { tables: vec![table], routines: vec![] }
}

/// What is said of everything that is not simply present.
fn told(live: Table) -> Vec<String> {
    let all = compare(&schema(users()), &schema(live), true);
    all.iter().filter(|one| one.verdict != Verdict::Present).map(ToString::to_string).collect()
}

#[test]
fn what_only_words_differently_is_present() {
    let mut live = users();
    live.columns[0].column_type = "int".into();
    live.foreign_keys[0].on_delete = "RESTRICT".into();
    live.options = "row_format=DYNAMIC".into();
    assert_eq!(told(live), [""; 0]);
}

#[test]
fn other_names_wider_indexes_and_strangers_are_told_apart() {
    let mut live = users();
    live.indexes[1].name = "by_xp".into();
    live.checks[0].0 = "users_chk_1".into();
    live.columns.push(column("extra", "int"));
    assert_eq!(
        told(live),
        [
            "column users.extra: no migration builds it",
            "index idx_xp on users: there as by_xp",
            "check positive on users: there as users_chk_1"
        ]
    );
    let mut live = users();
    live.indexes[1] = index("wide", IndexKind::Plain, &["xp", "id"]);
    assert_eq!(
        told(live),
        ["index idx_xp on users: not there, and wide does its work", "index wide on users: no migration builds it"]
    );
}

#[test]
fn conflicts_say_what_was_expected_and_what_was_found() {
    let mut live = users();
    live.collation = Some("latin1_swedish_ci".into());
    live.columns[1] = Column { nullable: true, default: Some("0".into()), ..column("xp", "bigint") };
    live.indexes[1] = index("idx_xp", IndexKind::Plain, &["email"]);
    live.foreign_keys[0].on_delete = "CASCADE".into();
    live.columns.truncate(2);
    assert_eq!(
        told(live),
        [
            "table users: collation: expected utf8mb4_unicode_ci, found latin1_swedish_ci",
            "column users.xp: type: expected int, found bigint; nullability: expected NOT NULL, found NULL; default: \
             expected none, found 0",
            "column users.email: missing",
            "index idx_xp on users: definition: expected (xp), found (email)",
            "foreign key fk on users: definition: expected (xp) REFERENCES other (id) ON DELETE NO ACTION ON UPDATE \
             RESTRICT, found (xp) REFERENCES other (id) ON DELETE CASCADE ON UPDATE RESTRICT"
        ]
    );
}

#[test]
fn a_unique_index_serves_for_a_plain_one_and_not_the_other_way_round() {
    let mut live = users();
    live.indexes[1] = index("u", IndexKind::Unique, &["xp"]);
    assert_eq!(told(live), ["index idx_xp on users: there as u"]);
    let mut expected = users();
    expected.indexes[1].kind = IndexKind::Unique;
    let all = compare(&schema(expected), &schema(users()), false);
    assert!(all.iter().any(|one| matches!(one.verdict, Verdict::Conflicting(_))), "{all:?}");
}

#[test]
fn foreign_tables_are_told_when_asked_for() {
    let mut live = schema(users());
    live.tables.push(Table { name: "stranger".into(), ..Table::default() });
    let foreign = |asked| compare(&schema(users()), &live, asked).iter().any(|one| one.verdict == Verdict::Foreign);
    assert!(foreign(true) && !foreign(false));
}

proptest! {
    #[test]
    fn a_schema_is_present_in_itself(names in prop::collection::btree_set("[a-z]{1,5}", 1..6), types in "[a-z]{1,8}") {
        let columns: Vec<Column> = names.iter().map(|name| column(name, &types)).collect();
        let parts: Vec<&str> = names.iter().map(String::as_str).collect();
        let indexes = vec![index("i", IndexKind::Plain, &parts), index("u", IndexKind::Unique, &parts[..1])];
        let own = schema(Table { name: "t".into(), columns, indexes, ..Table::default() });
        prop_assert!(compare(&own, &own, true).iter().all(|one| one.verdict == Verdict::Present));
    }
}
