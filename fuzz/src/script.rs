//! What judges a migration: its statements up, and the same statements down.

use crate::schema::{SCHEMA, engines};
use crate::text;
use aura_db::migration::existing::Defined;
use aura_db::migration::needed_index::{Rules, needed};
use aura_db::migration::preflight::{Before, refusals, tables};
use aura_db::migration::{archive, cascade, inherited, loss, partial_down, planned, temporary, undoable};
use aura_db::model::location::Location;
use aura_db::model::migration::{Direction, Migration, Naming, Script, Set, Statement};
use aura_db::sql::lex;
use aura_db::waiver::comment::of_script;
use std::collections::BTreeMap;

/// Judges a script.
pub fn script(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(pieces) = lex::split(text) else { return };
    let at =
        |piece: &lex::Piece<'_>| Location { file: "1_x.up.sql".into(), line: piece.line, column: Some(piece.column) };
    let statements: Vec<Statement> =
        pieces.iter().take(64).map(|piece| Statement { sql: piece.sql.into(), at: at(piece) }).collect();
    let script = Script { file: "1_x.up.sql".into(), text: text.into(), statements };
    of_script(&script);
    let migration = Migration {
        version: 1,
        description: "x".into(),
        naming: Naming::Sqlx,
        set: Set::Schema,
        up: script.clone(),
        down: Some(script.clone()),
    };
    judge(&migration);
}

fn judge(migration: &Migration) {
    let statements = &migration.up.statements;
    let defined = Defined::of(statements.iter().map(|statement| statement.sql.as_str()));
    tables(statements);
    for engine in engines() {
        let before =
            Before { schema: &SCHEMA, engine: &engine, database: Some("shop"), defined: &defined, remedy: "make it" };
        refusals(statements.iter().map(|statement| (statement, false)), before);
        let rules = Rules { engine: engine.kind, standard_key: true, database: Some("shop") };
        needed(statements.iter().map(|statement| (statement, true)), &SCHEMA, rules);
    }
    let all: Vec<&Statement> = statements.iter().collect();
    undoable::obstacles(&all, &SCHEMA, Some("shop"));
    for database in [Some("shop"), None] {
        let risks = loss::at_risk(&[migration], &SCHEMA, database);
        let losses: Vec<(String, Location)> = risks.iter().map(|risk| ("users".to_owned(), risk.at.clone())).collect();
        let context = archive::Context {
            schema: &SCHEMA,
            triggers: &BTreeMap::new(),
            unique_checks: true,
            taken: &[],
            versioned: &[],
            ledger: "_sqlx_migrations",
        };
        let _ = archive::plan(&[migration], &losses, context);
        cascade::with_cascades(risks, &SCHEMA, true);
    }
    for done in [0, statements.len() / 2, statements.len()] {
        let _ = partial_down::actions(statements, statements, done, &SCHEMA);
        let lost = temporary::lost(statements, done);
        statements.iter().for_each(|statement| {
            temporary::fills(&statement.sql, &lost);
        });
    }
    inherited::inherited(&[migration], &[]);
    planned::together(&[migration], Direction::Up, |_| false);
}
