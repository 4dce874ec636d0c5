//! Connections to a server or to the embedded engine, with errors that say what to do.

use super::guard::Mode;
use super::session::Greeting;
use super::settings::{Address, Settings, embedded_options, server_options};
use super::text;
use super::{EngineError, Session};
use crate::model::engine::{Engine, EngineKind};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;

/// Whether a verb may create what is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing may be created; an embedded database without a file is empty.
    Read,
    /// The embedded engine's file is created if it is missing.
    Write,
}

/// Opens one connection, for what must run on a single one.
///
/// # Errors
/// When the database cannot be reached or is none that aura-db knows.
pub async fn session(settings: &Settings, purpose: Purpose) -> Result<Session, EngineError> {
    match &settings.address {
        Address::Server(options) => {
            let options = server_options(options);
            // What the driver would set, a round trip before anything else, is set together with the rest.
            let bare = options.clone().timezone(None).set_names(false);
            let mut connection = connect_server(&bare, &settings.address, settings.connect_timeout).await?;
            let wait = settings.lock_wait_timeout.as_secs().max(1);
            let setting = format!("SET time_zone = '+00:00', NAMES utf8mb4, SESSION lock_wait_timeout = {wait}; ");
            let known = server_engine(&mut connection, &setting).await?;
            Ok(Session::server(connection, options, known, settings))
        }
        Address::Embedded(path) => {
            let exists = path.exists();
            let memory = purpose == Purpose::Read && !exists;
            let path = if memory { std::path::Path::new(":memory:") } else { path.as_path() };
            let options = embedded_options(path, purpose == Purpose::Write, settings.runner_lock_timeout);
            let connection = options.connect().await.map_err(|error| {
                EngineError::Connection(format!(
                    "cannot open {}: {}",
                    settings.address.shown(),
                    EngineError::from(error)
                ))
            })?;
            Session::embedded(connection, settings).await
        }
    }
}

async fn connect_server(
    options: &MySqlConnectOptions,
    address: &Address,
    timeout: Duration,
) -> Result<MySqlConnection, EngineError> {
    let connecting = MySqlConnection::connect_with(options);
    match tokio::time::timeout(timeout, connecting).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(EngineError::Connection(refused(error, options, address))),
        Err(_) => Err(EngineError::Connection(format!(
            "{} did not answer within {} s; check host, port and firewall",
            address.shown(),
            timeout.as_secs()
        ))),
    }
}

/// Why a connection was refused, with the remedy, and never the password.
fn refused(error: sqlx::Error, options: &MySqlConnectOptions, address: &Address) -> String {
    let place = address.shown();
    let user = options.get_username();
    let database = options.get_database().unwrap_or_default();
    let text = error.to_string();
    match EngineError::from(error) {
        EngineError::Server(error) => {
            let remedy = match error.code {
                1045 => format!("; check the user name ({user}) and its password"),
                1044 => format!("; {user} has no rights on {database}, or it does not exist"),
                1049 => format!("; create it first: CREATE DATABASE `{database}`"),
                1040 | 1203 | 1226 => "; the server has no connection left: try again, or raise max_connections".into(),
                3159 => "; the server insists on TLS: set MYSQL_SSL=true, or tls: required in the profile".into(),
                _ => String::new(),
            };
            format!("{place} refused the connection: error {}: {}{remedy}", error.code, error.message)
        }
        _ if text.contains("RSA") || text.contains("mysql-rsa") => format!(
            "{place}: the account {user} logs in with a password that may only travel encrypted \
             (caching_sha2_password), and the connection is not; set MYSQL_SSL=true, or tls: required in the profile"
        ),
        _ if text.contains("does not support TLS") => format!(
            "{place}: the server offers no TLS, and the settings insist on it; turn TLS on at the server, or unset \
             MYSQL_SSL (tls: preferred in the profile)"
        ),
        _ if text.to_ascii_lowercase().contains("tls") || text.contains("certificate") || text.contains("SSL") => {
            format!(
                "{place}: TLS failed: {text}; the certificate is checked only with verify-ca and verify-identity: give \
                 its authority with tls-ca, or, if encryption is not needed, unset MYSQL_SSL"
            )
        }
        _ => format!("cannot reach {place}: {text}; is the server running, and are host and port right?"),
    }
}

/// The engine, the server's id of the connection, how the session reads and shows statements and compares names, and its
/// `max_allowed_packet`; `setting` are statements that come first, each with its `;`.
async fn server_engine(connection: &mut MySqlConnection, setting: &str) -> Result<Greeting, EngineError> {
    // As text: a prepared statement takes two round trips.
    let sql = format!(
        "{setting}SELECT VERSION(), @@version_comment, CONNECTION_ID(), @@sql_mode, @@sql_quote_show_create, \
         @@max_allowed_packet, @@lower_case_table_names, DATABASE()"
    );
    let rows = text::rows(connection, sql).await?;
    let row = rows.first().ok_or_else(|| EngineError::Unexpected("no version".into()))?;
    let (version, comment) = (row.text(0), row.text(1));
    let id = row.number(2).ok_or_else(|| EngineError::Unexpected("no connection id".into()))?;
    let packet = row.number(5).and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
    let is_mariadb = [&version, &comment].iter().any(|text| text.to_ascii_lowercase().contains("mariadb"));
    let kind = if is_mariadb { EngineKind::Mariadb } else { EngineKind::Mysql };
    let mode = Mode::new(row.text(3), row.number(4) != Some(0));
    let folds_names = row.number(6) != Some(0);
    // Not as the settings spell it: where names are folded one database has many spellings.
    let database = row.get(7).map(str::to_owned);
    Ok(Greeting { engine: Engine { kind, version }, id, database, mode, packet, folds_names })
}
