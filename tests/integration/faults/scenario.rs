//! An app's migrations and the command that is disturbed while it runs them.

use std::path::Path;
use tempfile::TempDir;

/// A migration: version, up and down.
pub(crate) type Pair = (i64, &'static str, &'static str);

/// Migrations and a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What is in the database before aura-db first sees it: statements separated by `;`.
    pub(crate) setup: &'static str,
    /// Empty for the migrations that come with the project.
    pub(crate) migrations: &'static [Pair],
    /// Commands that run undisturbed before.
    pub(crate) before: &'static [&'static str],
    /// The command that is disturbed.
    pub(crate) command: &'static str,
    /// The command that follows the disturbed one, where that is not itself once more: a person thought better of it.
    pub(crate) then: Option<&'static str>,
    /// What a person does about a statement that the data refuses, between the disturbed run and the next; empty when
    /// nothing refuses.
    pub(crate) repair: &'static str,
    /// What somebody else does after the command, or between the disturbed run and the next one.
    pub(crate) meanwhile: &'static str,
    /// Where the honest end of a rerun may be a question: the words that it is asked with.
    pub(crate) asks: &'static str,
}

impl Scenario {
    /// A run of `command` over `migrations`, in an empty database and on its own.
    pub(crate) const fn new(name: &'static str, migrations: &'static [Pair], command: &'static str) -> Self {
        Self { name, setup: "", migrations, before: &[], command, then: None, repair: "", meanwhile: "", asks: "" }
    }

    /// The command that leads to the end.
    pub(crate) fn last(&self) -> &'static str {
        self.then.unwrap_or(self.command)
    }

    /// Writes the migrations into a folder to run in.
    pub(crate) fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let migrations = folder.path().join("migrations");
        std::fs::create_dir(&migrations).unwrap();
        for (version, up, down) in self.migrations {
            std::fs::write(migrations.join(format!("{version}_step.up.sql")), up).unwrap();
            std::fs::write(migrations.join(format!("{version}_step.down.sql")), down).unwrap();
        }
        if self.migrations.is_empty() {
            shipped(&migrations);
        }
        folder
    }
}

fn shipped(to: &Path) {
    for entry in std::fs::read_dir(crate::project::SHIPPED).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
