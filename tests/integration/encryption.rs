//! Passwords and TLS over TCP, on servers of their own: `MySQL` brings certificates that it made for itself, and the
//! `MariaDB` here has none.

use crate::binary::AuraDb;
use crate::project::contains;
use crate::servers::{block_on, on_tcp};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use sqlx::{ConnectOptions as _, Executor as _};

/// Characters that mean something in a URL, in a shell or in a `.env` file.
const PASSWORD: &str = "p@ss:w/o#r%2Fd?&= $\"x";

struct Server {
    sandbox: Sandbox,
    port: u16,
}

impl Server {
    fn start(kind: ServerKind, extra: &[&str]) -> Self {
        let extra = extra.iter().map(Into::into).collect();
        let (sandbox, port) = on_tcp(&Options { extra, ..Options::new(kind) });
        let account = format!("CREATE USER app@'%' IDENTIFIED BY '{PASSWORD}'");
        let mut root = block_on(sandbox.connect_options().connect()).unwrap();
        for statement in ["CREATE DATABASE railway", &account, "GRANT ALL ON railway.* TO app@'%'"] {
            block_on(root.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())))).unwrap();
        }
        Self { sandbox, port }
    }

    /// A run with the app's own variables.
    fn run(&self, arguments: &[&str]) -> AuraDb {
        AuraDb::new(arguments)
            .file("migrations/1_step.up.sql", "CREATE TABLE t (id INT)")
            .env("MYSQL_HOST", "127.0.0.1")
            .env("MYSQL_PORT", self.port.to_string())
            .env("MYSQL_USER", "app")
            .env("MYSQL_PASSWORD", PASSWORD)
            .env("MYSQL_DATABASE", "railway")
    }
}

/// Fails with exit code 3 and these words, and keeps the password to itself.
#[track_caller]
fn fails(run: AuraDb, parts: &[&str]) {
    let outcome = run.run().exits(3);
    for part in parts {
        contains(&outcome.stderr, part);
    }
    assert!(!outcome.stderr.contains(PASSWORD) && !outcome.stderr.contains("p%40ss"), "{}", outcome.stderr);
}

#[test]
fn a_server_that_insists_on_tls_gets_it_and_certificates_are_checked_when_asked() {
    let server = Server::start(ServerKind::Mysql, &["--require-secure-transport=ON"]);
    server.run(&["migrate"]).run().exits(0);
    server.run(&["status", "--check"]).env("MYSQL_SSL", "true").run().exits(0);
    fails(server.run(&["status"]).env("MYSQL_SSL", "disabled"), &["error 3159: ", "set MYSQL_SSL=true"]);
    fails(server.run(&["status"]).env("MYSQL_PASSWORD", "hunter2"), &["error 1045: ", "check the user name (app)"]);

    // Certificates that the server made for itself have an authority that nobody knows, and no host name.
    fails(
        server.run(&["status"]).env("MYSQL_SSL", "verify-identity"),
        &["TLS failed: ", "give its authority with tls-ca"],
    );
    let authority = server.sandbox.data().join("ca.pem");
    let checked = |mode: &str| server.run(&["status"]).env("MYSQL_SSL", mode).env("MYSQL_SSL_CA", &authority);
    checked("verify-ca").run().exits(0);
    fails(checked("verify-identity"), &["TLS failed: "]);

    let live = format!("connect: mysql-variables\ntls: verify-ca\ntls-ca: {}\n", authority.display());
    let with =
        |profile: &str| server.run(&["--profile", "live", "status"]).file("profiles/environments/live.yaml", profile);
    with(&live).env("MYSQL_SSL", "disabled").run().exits(0);
    fails(with("connect: mysql-variables\ntls: verify-identity\n"), &["TLS failed: "]);
    fails(with("connect: mysql-variables\ntls: verify-ca\ntls-ca: nowhere.pem\n"), &["nowhere.pem"]);

    let encoded = "p%40ss%3Aw%2Fo%23r%252Fd%3F%26%3D%20%24%22x";
    let url = format!("mysql://app:{encoded}@127.0.0.1:{}/railway", server.port);
    let by_url = |url: &str| {
        AuraDb::new(["status"]).file("migrations/1_step.up.sql", "CREATE TABLE t (id INT)").env("DATABASE_URL", url)
    };
    by_url(&url).run().exits(0);
    by_url(&format!("{url}?ssl-mode=required")).run().exits(0);
    fails(by_url(&format!("{url}?ssl-mode=disabled")), &["error 3159: "]);
}

#[test]
fn a_server_without_tls_is_used_in_the_clear_unless_tls_is_asked_for() {
    let server = Server::start(ServerKind::Mariadb, &["--skip-ssl"]);
    server.run(&["migrate"]).run().exits(0);
    server.run(&["status", "--check"]).env("MYSQL_SSL", "false").run().exits(0);
    fails(
        server.run(&["status"]).env("MYSQL_SSL", "true"),
        &["the server offers no TLS, and the settings insist on it"],
    );
}
