//! The schema that queries are judged on, as statements: from the migrations, a dump, or a live server's definitions.

use super::failure::Failure;
use super::files::Files;
use super::interrupt::early;
use super::target::{self, Target};
use crate::cli::{Global, Judge, SetChoice};
use crate::engine::connect::{Purpose, session};
use crate::engine::definitions::{self, Definition, Definitions};
use crate::engine::settings::Address;
use crate::model::ledger::DEFAULT_TABLES;
use crate::model::location::Location;
use crate::model::migration::{Migration, Set, Statement};
use crate::sql::quote;
use crate::term::Term;
use std::path::Path;

/// The statements that make the schema on a throwaway database.
///
/// # Errors
/// When files or a server cannot be read.
pub(super) async fn statements(args: &Judge, global: &Global, term: &mut Term) -> Result<Vec<Statement>, Failure> {
    if args.set == SetChoice::Indexes {
        return Err(Failure::usage(
            "--set indexes has no tables to judge queries on: take --set schema to see them without the indexes of that set, or \
             --set all to see them with both",
        ));
    }
    let Some(source) = &args.schema else {
        let migrations = Files::load(&args.migrations, None, term)?.migrations;
        return Ok(replayed(&migrations, args.set));
    };
    if args.set != SetChoice::All {
        return Err(Failure::usage("--set chooses among migrations, and --schema takes none"));
    }
    if source.starts_with("mysql://") || source.starts_with("mariadb://") {
        return Box::pin(live(source, global, term)).await;
    }
    crate::source::dump::load(Path::new(source)).map_err(|error| Failure::unable(error.message))
}

/// The statements of the migrations of a set.
fn replayed(migrations: &[Migration], set: SetChoice) -> Vec<Statement> {
    let wanted = |migration: &&Migration| match set {
        SetChoice::All => true,
        SetChoice::Schema => migration.set == Set::Schema,
        SetChoice::Indexes => migration.set == Set::Indexes,
    };
    migrations.iter().filter(wanted).flat_map(|migration| migration.up.statements.clone()).collect()
}

/// The definitions of a live database. No row is read and nothing is written there.
async fn live(url: &str, global: &Global, term: &mut Term) -> Result<Vec<Statement>, Failure> {
    let global = Global { database_url: Some(url.to_owned()), ..global.clone() };
    let Target { settings, .. } = target::resolve(&global)?;
    if matches!(settings.address, Address::Embedded(_)) {
        return Err(Failure::usage("--schema takes a dump, or the URL of a MySQL or MariaDB database"));
    }
    let definitions = early(async {
        let mut session = session(&settings, Purpose::Read).await?;
        term.note(&format!("schema: {} ({})", session.place, session.engine));
        let definitions = definitions::read(&mut session, DEFAULT_TABLES[0]).await?;
        session.close().await.ok();
        Ok(definitions)
    })
    .await?;
    let hidden = definitions.objects.iter().filter(|object| object.sql.is_none() && is_read(object));
    for object in hidden {
        term.note(&format!("the {} {} is left out: this account may not see its definition", object.kind, object.name));
    }
    Ok(made(&definitions, &settings.address.shown()))
}

/// Whether a query may read it. Triggers and procedures change no plan.
fn is_read(object: &Definition) -> bool {
    let is_ledger = DEFAULT_TABLES.iter().any(|ledger| object.name.eq_ignore_ascii_case(ledger));
    ["sequence", "table", "function", "view"].contains(&object.kind) && !is_ledger
}

/// The statements that make the objects, each after those that it needs.
fn made(definitions: &Definitions, place: &str) -> Vec<Statement> {
    let statement = |object: &Definition, sql: &str| Statement {
        // A server names the database in a view, although it is the view's own.
        sql: sql.replace(&format!("{}.", quote::name(&definitions.database)), ""),
        at: Location::line(format!("{} {} of {place}", object.kind, object.name), 1),
    };
    let setting = |sql: &str| Statement { sql: sql.to_owned(), at: Location::line(place, 1) };
    let mut statements = vec![
        setting("SET foreign_key_checks = 0"),
        setting("SET innodb_strict_mode = 0"),
        setting("SET sql_mode = ''"),
        setting(&format!(
            "ALTER DATABASE CHARACTER SET {} COLLATE {}",
            definitions.collation.0, definitions.collation.1
        )),
    ];
    for kind in ["sequence", "table", "function"] {
        let own = definitions.objects.iter().filter(|object| object.kind == kind && is_read(object));
        statements.extend(own.filter_map(|object| Some(statement(object, object.sql.as_deref()?))));
    }
    let mut views: Vec<&Definition> = definitions.objects.iter().filter(|object| object.kind == "view").collect();
    while !views.is_empty() {
        let needs = |view: &Definition, other: &Definition| {
            let sql = view.sql.as_deref().unwrap_or_default();
            view.name != other.name && sql.contains(&quote::name(&other.name))
        };
        // Views that need each other cannot be; a column named as a view is only taken for one.
        let next = views.iter().position(|view| !views.iter().any(|other| needs(view, other))).unwrap_or(0);
        let view = views.remove(next);
        statements.extend(view.sql.as_deref().map(|sql| statement(view, sql)));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::engine::{Engine, EngineKind};

    #[test]
    fn a_view_comes_after_the_views_that_it_reads() {
        let object = |kind, name: &str, sql: &str| Definition { kind, name: name.into(), sql: Some(sql.into()) };
        let definitions = Definitions {
            engine: Engine { kind: EngineKind::Mysql, version: "9.7.4".into() },
            database: "shop".into(),
            collation: ("utf8mb4".into(), "utf8mb4_bin".into()),
            variables: Vec::new(),
            objects: vec![
                object("view", "a", "CREATE VIEW `a` AS select 1 from `shop`.`b`"),
                object("view", "b", "CREATE VIEW `b` AS select 1 from `shop`.`t`"),
                object("table", "t", "CREATE TABLE `t` (`a` int)"),
                object("trigger", "x", "CREATE TRIGGER `x`"),
                object("table", "_sqlx_migrations", "CREATE TABLE `_sqlx_migrations` (`version` int)"),
            ],
            sizes: std::collections::BTreeMap::default(),
        };
        let made: Vec<String> = made(&definitions, "here").into_iter().skip(4).map(|one| one.sql).collect();
        assert_eq!(
            made,
            [
                "CREATE TABLE `t` (`a` int)",
                "CREATE VIEW `b` AS select 1 from `t`",
                "CREATE VIEW `a` AS select 1 from `b`"
            ]
        );
    }
}
