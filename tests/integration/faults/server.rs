//! A server as people run one: what it has committed survives, it keeps its binary log where that is the default, and
//! it can be killed and started again.

use crate::servers::{TextRow, block_on};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use sqlx::{ConnectOptions as _, MySqlConnection, Row as _};
use std::ffi::OsString;

/// A server of its own, with the engine's own durability.
#[derive(Debug)]
pub(crate) struct Durable {
    sandbox: Sandbox,
    databases: u32,
}

impl Durable {
    /// As the vendor ships it.
    pub(crate) fn start(kind: ServerKind) -> Self {
        Self::start_with(
            kind,
            match kind {
                ServerKind::Mysql => &["--log-bin=binlog"],
                ServerKind::Mariadb => &[],
            },
        )
    }

    /// With these options instead of a binary log.
    pub(crate) fn start_with(kind: ServerKind, extra: &[&str]) -> Self {
        let options = Options {
            durable: true,
            performance_schema: kind == ServerKind::Mysql,
            extra: extra.iter().map(OsString::from).collect(),
            ..Options::new(kind)
        };
        let sandbox = block_on(Sandbox::start(&options)).unwrap_or_else(|error| panic!("{error}"));
        Self { sandbox, databases: 0 }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// A new, empty database.
    pub(crate) fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("fault-{}", self.databases);
        let mut session = self.connect(None);
        run(&mut session, &format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"));
        name
    }

    /// A session, past every proxy.
    pub(crate) fn connect(&self, database: Option<&str>) -> MySqlConnection {
        self.reach(database).unwrap()
    }

    fn reach(&self, database: Option<&str>) -> Result<MySqlConnection, sqlx::Error> {
        let options = self.sandbox.connect_options();
        block_on(database.map_or(options.clone(), |name| options.database(name)).connect())
    }

    /// Starts the server again, if something has ended it.
    pub(crate) fn revive(&mut self) {
        if self.reach(None).is_ok() {
            return;
        }
        self.restart();
        let lost = self.lost_tables();
        if !lost.is_empty() {
            // MySQL's own: it happens without aura-db as often, and a start after an orderly end heals it.
            super::say(&format!("the server lost sight of the file of {}; it is started once more", lost.join(", ")));
            let mut session = self.connect(None);
            let _ = block_on(sqlx::raw_sql("SHUTDOWN").execute(&mut session));
            while self.reach(None).is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            self.restart();
            assert_eq!(self.lost_tables(), [""; 0], "a second start brings them back");
        }
    }

    fn restart(&mut self) {
        block_on(self.sandbox.restart()).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The tables that the server says have no file (error 1812).
    fn lost_tables(&self) -> Vec<String> {
        let mut session = self.connect(None);
        let tables = ask(
            &mut session,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' \
             AND TABLE_SCHEMA LIKE 'fault-%'",
        );
        let names = tables.iter().map(|row| row.iter().flatten().map(|name| format!("`{name}`")).collect::<Vec<_>>());
        let names = names.map(|name| name.join("."));
        let lost = |name: &String| {
            let show = sqlx::AssertSqlSafe(format!("SHOW CREATE TABLE {name}"));
            let error = block_on(sqlx::raw_sql(show).fetch_all(&mut session)).err();
            error.is_some_and(|error| error.to_string().contains("1812"))
        };
        names.filter(lost).collect()
    }
}

/// Runs statements, separated by `;`.
pub(crate) fn run(session: &mut MySqlConnection, statements: &str) {
    let safe = sqlx::AssertSqlSafe(statements.to_owned());
    block_on(sqlx::raw_sql(safe).execute(session)).unwrap_or_else(|error| panic!("{error}, of: {statements}"));
}

/// The rows of a query, as text.
pub(crate) fn ask(session: &mut MySqlConnection, query: &str) -> Vec<TextRow> {
    crate::servers::ask(session, query)
}

/// The rows of `SHOW CREATE`, of which only the column `name` is of interest; empty when it has none.
pub(crate) fn column(session: &mut MySqlConnection, query: &str, name: &str) -> Option<String> {
    let safe = sqlx::AssertSqlSafe(query.to_owned());
    let row = block_on(sqlx::raw_sql(safe).fetch_one(session)).unwrap_or_else(|error| panic!("{error}, of: {query}"));
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(name).unwrap();
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
