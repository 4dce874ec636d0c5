//! Migrations for the tests of what a rollback destroys.

use crate::model::location::Location;
use crate::model::migration::{Migration, Naming, Script, Set, Statement};

fn script(sqls: &[&str]) -> Script {
    let statements = sqls.iter().map(|sql| Statement { sql: (*sql).into(), at: Location::line("f.sql", 1) }).collect();
    Script { file: "f.sql".into(), text: String::new(), statements }
}

pub(super) fn migration(up: &[&str], down: &[&str]) -> Migration {
    Migration {
        version: 1,
        description: "x".into(),
        naming: Naming::Sqlx,
        set: Set::Schema,
        up: script(up),
        down: Some(script(down)),
    }
}
