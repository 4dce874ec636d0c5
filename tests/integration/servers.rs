//! One `MySQL` and one `MariaDB` for the whole run, each started when a test first asks, and a database of its own for
//! each test. A blocking face over the async driver, so that a test is a plain function.
//!
//! Nothing drops a static: the servers end because the sandbox's supervisor sees this process end.

#![allow(dead_code, reason = "what a test may need is written once, before each test needs all of it")]

use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use aura_db::model::engine::{Engine, EngineKind};
use sqlx::{ConnectOptions as _, Executor, MySql, MySqlConnection, MySqlPool, Row as _};
use std::future::Future;
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Runtime;

/// A server of its own on a TCP port of the loopback address, and the port.
///
/// A port that was free when it was looked for may be taken before the server has started, so this looks more than once.
pub(crate) fn on_tcp(options: &Options) -> (Sandbox, u16) {
    const TRIES: usize = 5;
    let mut refused = String::new();
    for _ in 0..TRIES {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        match block_on(Sandbox::start(&Options { tcp_port: Some(port), ..options.clone() })) {
            Ok(sandbox) => return (sandbox, port),
            Err(error) => refused = error.to_string(),
        }
    }
    panic!("{refused}");
}

/// A row as text, column by column; `None` is NULL.
pub(crate) type TextRow = Vec<Option<String>>;

/// The run's `MySQL`.
pub(crate) fn mysql() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(ServerKind::Mysql))
}

/// The run's `MariaDB`.
pub(crate) fn mariadb() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(ServerKind::Mariadb))
}

/// Both, for what must hold on each.
pub(crate) fn both() -> [&'static Server; 2] {
    [mysql(), mariadb()]
}

/// The run's server of a kind.
pub(crate) fn of(kind: EngineKind) -> &'static Server {
    match kind {
        EngineKind::Mysql => mysql(),
        EngineKind::Mariadb => mariadb(),
        EngineKind::Embedded => panic!("the embedded engine is no server"),
    }
}

/// For async tests: a connection to a new, empty database of exactly this name, which no other test may use.
pub(crate) async fn database(kind: EngineKind, name: &str) -> (MySqlConnection, Engine) {
    let server = of(kind);
    let mut connection = server.sandbox.connect_options().connect().await.unwrap();
    run(&mut connection, &format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4")).await;
    (connect(kind, name).await, server.engine().clone())
}

/// For async tests: one more connection to a database.
pub(crate) async fn connect(kind: EngineKind, name: &str) -> MySqlConnection {
    of(kind).sandbox.connect_options().database(name).connect().await.unwrap()
}

/// Runs async code to its end, on the run's one runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap()).block_on(future)
}

/// A server that tests share. What a test changes for the whole server, it must need a [`Sandbox`] of its own for.
#[derive(Debug)]
pub(crate) struct Server {
    sandbox: Sandbox,
    pool: MySqlPool,
    databases: AtomicU32,
}

impl Server {
    fn start(kind: ServerKind) -> Self {
        // MariaDB's performance schema is of no use to these tests, and more for the server to do.
        let is_mysql = kind == ServerKind::Mysql;
        // Tests read what the server was sent, however many statements other tests have sent before.
        let digests = is_mysql.then(|| "--performance-schema-digests-size=200000".into());
        let extra = digests.into_iter().collect();
        let options = Options { performance_schema: is_mysql, extra, ..Options::new(kind) };
        Self::with(options)
    }

    /// A server that is set up otherwise, for one test.
    pub(crate) fn with(options: Options) -> Self {
        let start = async move {
            let sandbox = Sandbox::start(&options).await.unwrap_or_else(|error| panic!("{error}"));
            let pool = sandbox.pool(None, 2);
            Self { sandbox, pool, databases: AtomicU32::new(0) }
        };
        // On a thread of its own, since the test that asks first may run in a runtime itself.
        std::thread::spawn(|| block_on(start)).join().unwrap()
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.sandbox.engine()
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The answer, or a failure that tells of the server's end if that is why there is none: no test waits for a dead server.
    #[track_caller]
    fn answered<T>(&self, answer: Result<T, String>) -> T {
        answer.unwrap_or_else(|error| match block_on(self.sandbox.ended()) {
            Some(end) => panic!("{end}\n{error}"),
            None => panic!("{error}"),
        })
    }

    /// A new, empty database whose name begins with `name`.
    pub(crate) fn database(&'static self, name: &str) -> Database {
        let name = format!("{name}_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.answered(block_on(attempt(&self.pool, &format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4"))));
        let pool = block_on(async { self.sandbox.pool(Some(&name), 2) });
        Database { server: self, name, pool }
    }
}

/// One test's database. It stays until the server ends, so that a failed test can be looked into.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) server: &'static Server,
    pub(crate) name: String,
    pool: MySqlPool,
}

impl Database {
    /// For `--database-url`.
    pub(crate) fn url(&self) -> String {
        self.server.sandbox.url(&self.name)
    }

    /// Connections to it, for what the library is given.
    pub(crate) fn pool(&self) -> &MySqlPool {
        &self.pool
    }

    /// One more session in it, for what must stay open; its locks go when it is closed.
    pub(crate) fn connect(&self) -> MySqlConnection {
        block_on(connect(self.server.engine().kind, &self.name))
    }

    /// Runs statements, separated by `;`.
    #[track_caller]
    pub(crate) fn run(&self, statements: &str) {
        self.server.answered(block_on(attempt(&self.pool, statements)));
    }

    /// Runs statements, and gives the server's error if it refuses.
    pub(crate) fn attempt(&self, statements: &str) -> Option<String> {
        block_on(attempt(&self.pool, statements)).err()
    }

    /// The rows of a query.
    #[track_caller]
    pub(crate) fn rows(&self, query: &str) -> Vec<TextRow> {
        self.server.answered(block_on(rows(&self.pool, query)))
    }

    /// The one value of a query that gives one.
    pub(crate) fn value(&self, query: &str) -> Option<String> {
        let rows = self.rows(query);
        assert!(rows.len() == 1 && rows[0].len() == 1, "not one value but {rows:?}, of: {query}");
        rows.into_iter().flatten().next().unwrap()
    }

    /// The first column of a query, without NULLs.
    pub(crate) fn column(&self, query: &str) -> Vec<String> {
        self.rows(query).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
    }
}

/// The rows of a query on a session that a test holds.
pub(crate) fn ask(session: &mut MySqlConnection, query: &str) -> Vec<TextRow> {
    block_on(rows(session, query)).unwrap_or_else(|error| panic!("{error}"))
}

async fn run(on: impl Executor<'_, Database = MySql>, statements: &str) {
    attempt(on, statements).await.unwrap_or_else(|error| panic!("{error}"));
}

async fn attempt(on: impl Executor<'_, Database = MySql>, statements: &str) -> Result<(), String> {
    let safe = sqlx::AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(safe).execute(on).await.map(|_| ()).map_err(|error| format!("{error}, of: {statements}"))
}

async fn rows(on: impl Executor<'_, Database = MySql>, query: &str) -> Result<Vec<TextRow>, String> {
    let safe = sqlx::AssertSqlSafe(query.to_owned());
    let rows = sqlx::raw_sql(safe).fetch_all(on).await.map_err(|error| format!("{error}, of: {query}"))?;
    // Not prepared, so every value comes as the text that the server would show.
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let read =
        |row: &sqlx::mysql::MySqlRow| (0..row.len()).map(|index| text(row.try_get_unchecked(index).unwrap())).collect();
    Ok(rows.iter().map(read).collect())
}

#[test]
fn each_test_has_a_database_of_its_own_and_reads_values_as_text() {
    for server in both() {
        let (one, other) = (server.database("text"), server.database("text"));
        assert_ne!(one.name, other.name);
        one.run(
            "CREATE TABLE t (a INT, b VARCHAR(9), c DECIMAL(5,2)); INSERT INTO t VALUES (1, NULL, 2.5), (2, 'ü', NULL)",
        );
        let text = |value: &str| Some(value.to_owned());
        let expected = [vec![text("1"), None, text("2.50")], vec![text("2"), text("ü"), None]];
        assert_eq!(one.rows("SELECT a, b, c FROM t ORDER BY a"), expected, "{}", server.engine());
        assert_eq!(one.column("SELECT b FROM t"), ["ü"]);
        assert_eq!(
            other.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"),
            text("0")
        );
        assert_eq!(one.value("SELECT DATABASE()"), Some(one.name.clone()));
    }
}
