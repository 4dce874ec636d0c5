//! A folder with migrations and a database of its own, driven through the binary as a user would drive it.

#![allow(dead_code, reason = "what a test may need is written once, before each test needs all of it")]

use crate::binary::{AuraDb, Outcome};
use crate::servers::{Database, Server};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The migrations that come with the project.
pub(crate) const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

/// A folder and its database.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) database: Database,
}

impl Project {
    /// A folder with an empty `migrations`, on a new database.
    pub(crate) fn new(server: &'static Server, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        Self { folder, database: server.database(name) }
    }

    /// The shipped migrations on a new database.
    pub(crate) fn shipped(server: &'static Server, name: &str) -> Self {
        let project = Self::new(server, name);
        for entry in std::fs::read_dir(SHIPPED).unwrap() {
            let path = entry.unwrap().path();
            let copy = project.path("migrations").join(path.file_name().unwrap());
            std::fs::copy(&path, copy).unwrap();
        }
        project
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, with its folders.
    pub(crate) fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes `<version>_step.up.sql`.
    pub(crate) fn up(&self, version: i64, up: impl AsRef<[u8]>) {
        self.file(&format!("migrations/{version}_step.up.sql"), up);
    }

    /// Writes `<version>_step.up.sql` and its down file.
    pub(crate) fn pair(&self, version: i64, up: &str, down: &str) {
        self.up(version, up);
        self.file(&format!("migrations/{version}_step.down.sql"), down);
    }

    /// A run to be, with the words of `line` as arguments and the database in `DATABASE_URL`.
    pub(crate) fn command(&self, line: &str) -> AuraDb {
        AuraDb::new(line.split_whitespace()).at(self.folder.path()).env("DATABASE_URL", self.database.url())
    }

    /// Runs the binary with the words of `line` as arguments.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        self.command(line).run()
    }

    /// How many sessions in this database run a statement that begins so.
    pub(crate) fn running(&self, statement: &str) -> usize {
        // MySQL's information_schema fails (3854) while any session has a statement with binary values in it.
        let sessions = self.database.rows("SHOW FULL PROCESSLIST");
        let here = sessions.iter().filter(|session| session[3].as_ref() == Some(&self.database.name));
        here.filter(|session| session[7].as_ref().is_some_and(|info| info.starts_with(statement))).count()
    }

    /// `status --format json`.
    /// Starts the command and kills it in a `SELECT SLEEP(60)` of its files, which nobody waits for on the server either.
    pub(crate) fn killed_asleep(&self, line: &str) {
        let run = self.command(line).start();
        eventually("it sleeps", || self.running("SELECT SLEEP(60)") > 0);
        drop(run);
        for session in self.database.rows("SHOW FULL PROCESSLIST") {
            let is_here = session[3].as_ref() == Some(&self.database.name);
            if is_here && session[7].as_ref().is_some_and(|info| info.starts_with("SELECT SLEEP(60)")) {
                self.database.attempt(&format!("KILL {}", session[0].as_deref().unwrap()));
            }
        }
        eventually("it is over", || self.running("SELECT SLEEP(60)") == 0);
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        let outcome = self.run("status --format json");
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
    }

    /// The fingerprint that `status` gives.
    pub(crate) fn fingerprint(&self) -> String {
        self.status()["fingerprint"].as_str().unwrap().to_owned()
    }

    /// The state of each version, in the words of `status`: `1 applied`.
    pub(crate) fn states(&self) -> Vec<String> {
        let status = self.status();
        let rows = status["rows"].as_array().unwrap();
        rows.iter().map(|row| format!("{} {}", row["version"], row["state"].as_str().unwrap())).collect()
    }

    /// The tables and views, the ledger too, as the server lists them.
    pub(crate) fn tables(&self) -> Vec<String> {
        let mut names = self
            .database
            .column("SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_aura\\_db\\_%'");
        names.sort();
        names
    }

    /// The ledger's rows as `version success`.
    pub(crate) fn ledger(&self) -> Vec<String> {
        self.database.column("SELECT CONCAT(version, ' ', success) FROM _sqlx_migrations ORDER BY version")
    }

    /// Everything that is in the database, in the server's own words: definitions, triggers, routines and rows.
    pub(crate) fn contents(&self) -> String {
        let mut text = String::new();
        for table in self.tables() {
            let create = self.database.rows(&format!("SHOW CREATE TABLE `{table}`"));
            let create = create[0][1].clone().unwrap();
            // The counter goes up for rows that were rolled back too.
            let lines = create.lines().map(|line| line.split(" AUTO_INCREMENT=").next().unwrap_or_default());
            let _ = writeln!(text, "{}", lines.collect::<Vec<_>>().join("\n"));
            let _ = writeln!(text, "{:?}", self.database.rows(&format!("SELECT * FROM `{table}` ORDER BY 1")));
        }
        let programs = "SELECT CAST(trigger_name AS CHAR) FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
                        UNION ALL SELECT CAST(routine_name AS CHAR) FROM information_schema.routines WHERE routine_schema = \
                        DATABASE() ORDER BY 1";
        let _ = writeln!(text, "{:?}", self.database.column(programs));
        text
    }
}

/// Waits until something holds, and fails when it does not come to that.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "this never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Fails unless `text` holds `part`.
#[track_caller]
pub(crate) fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}
