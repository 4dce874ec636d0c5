//! Statements that are known by their first words: those that the embedded engine has no use for, and those it cannot run.

use super::tokens::Words;

/// What the first words say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leading {
    /// The statement is worth parsing.
    Translate,
    /// Nothing is left to do, and why.
    Nothing(String),
    /// It cannot be done, and why.
    Refuse(String),
}

/// Begins every message about dictionary reads, so that a caller can tell them from statements that fail for another reason.
pub const NO_DICTIONARY: &str = "the embedded engine has no information_schema";

/// Judges a statement by its first words.
pub(super) fn leading(words: &Words<'_>) -> Leading {
    let first = words.at(0);
    match first.as_str() {
        "CREATE" | "DROP" | "ALTER" => object(words),
        "SET" => set(words),
        "PREPARE" | "EXECUTE" | "DEALLOCATE" => none("prepared statements in SQL; send the statement itself"),
        "CALL" => none("stored procedures; run the procedure's statements themselves"),
        "GRANT" | "REVOKE" => none("accounts; leave this statement to the server"),
        "HANDLER" | "LOAD" | "DO" | "IMPORT" | "INSTALL" | "UNINSTALL" | "XA" | "KILL" | "SHUTDOWN" => {
            none(&format!("{first}; use a MySQL or MariaDB server"))
        }
        "SHOW" | "DESC" | "DESCRIBE" | "EXPLAIN" | "HELP" => {
            Leading::Refuse(format!("{NO_DICTIONARY}: {first} is answered by MySQL and MariaDB only"))
        }
        "USE" => none("databases to choose from: the file is the database; leave USE out"),
        "START" | "BEGIN" | "COMMIT" => Leading::Nothing(format!("{first} is left to aura-db's own transactions")),
        "ROLLBACK" | "SAVEPOINT" | "RELEASE" => none(&format!("{first} within a script; leave it out")),
        "LOCK" | "UNLOCK" | "ANALYZE" | "OPTIMIZE" | "CHECK" | "CHECKSUM" | "REPAIR" | "FLUSH" => {
            Leading::Nothing(format!("{first} has no counterpart in the embedded engine and was left out"))
        }
        _ => Leading::Translate,
    }
}

fn none(what: &str) -> Leading {
    Leading::Refuse(format!("the embedded engine has no {what}"))
}

/// `CREATE`, `ALTER` and `DROP` by what they are about.
fn object(words: &Words<'_>) -> Leading {
    let verb = words.at(0);
    for at in 1..words.len().min(24) {
        let word = words.at(at);
        return match word.as_str() {
            "TABLE" | "VIEW" | "INDEX" if verb != "ALTER" || word == "TABLE" => Leading::Translate,
            "FULLTEXT" | "SPATIAL" => {
                Leading::Nothing(format!("the embedded engine has no {word} index; it was left out"))
            }
            "PROCEDURE" => none("stored procedures"),
            "FUNCTION" => none("stored functions"),
            "TRIGGER" => none("triggers in MySQL's language"),
            "EVENT" => none("events; run the statement on a schedule of your own"),
            "DATABASE" | "SCHEMA" => none("databases to create or change: the file is the database"),
            "USER" | "ROLE" | "SERVER" | "TABLESPACE" | "SEQUENCE" | "PACKAGE" | "LOGFILE" | "INSTANCE"
            | "RESOURCE" => none(&format!("{word}; leave this statement to the server")),
            "VIEW" => none("ALTER VIEW; use CREATE OR REPLACE VIEW"),
            _ => continue,
        };
    }
    Leading::Translate
}

/// Settings of the session are of no use to the embedded engine; variables of the user would be missed later.
fn set(words: &Words<'_>) -> Leading {
    let mut at = 1;
    let scope = words.at(at);
    if scope == "GLOBAL" || scope == "PERSIST" || scope.starts_with("@@GLOBAL") || scope.starts_with("@@PERSIST") {
        return none("server settings; leave this statement to the server");
    }
    if matches!(scope.as_str(), "SESSION" | "LOCAL") {
        at += 1;
    }
    let name = words.at(at);
    if matches!(name.as_str(), "PASSWORD" | "ROLE" | "DEFAULT") {
        return none("accounts; leave this statement to the server");
    }
    // Dumps keep the old settings in variables of these names, to set them back at the end.
    if name.starts_with('@') && !name.starts_with("@@") && !name.starts_with("@OLD_") && !name.starts_with("@SAVED_") {
        return none(&format!("user variables such as {}; write the value itself", name.to_ascii_lowercase()));
    }
    Leading::Nothing(format!("SET {} was left out: it is a setting of MySQL sessions", name.trim_start_matches('@')))
}
