//! The clauses of `ALTER TABLE`, told apart by their first words.

use super::reader::Reader;
use super::{AlterAction, Effect};

pub(super) fn read(reader: &mut Reader) -> Effect {
    let _noise = reader.eat("ONLINE") || reader.eat("OFFLINE");
    // MariaDB: rows that break a new key are thrown away.
    let ignore = reader.eat("IGNORE");
    if !reader.eat("TABLE") {
        return super::routine("ALTER", reader);
    }
    reader.if_exists();
    let Some(table) = reader.name() else { return Effect::Other };
    let mut actions = if ignore { vec![AlterAction::Other] } else { Vec::new() };
    while !reader.is_done() {
        actions.push(clause(reader));
        if !reader.next_clause() {
            break;
        }
    }
    Effect::AlterTable { table, actions }
}

pub(super) fn clause(reader: &mut Reader) -> AlterAction {
    if reader.eat("ADD") {
        return add(reader);
    }
    if reader.eat("DROP") {
        return drop(reader);
    }
    if reader.eat("MODIFY") {
        reader.eat("COLUMN");
        reader.if_exists();
        return reader.name().map_or(AlterAction::Other, AlterAction::ModifyColumn);
    }
    if reader.eat("CHANGE") {
        reader.eat("COLUMN");
        reader.if_exists();
        return match (reader.name(), reader.name()) {
            (Some(from), Some(to)) => AlterAction::ChangeColumn(from, to),
            _ => AlterAction::Other,
        };
    }
    if reader.eat("RENAME") {
        return rename(reader);
    }
    if reader.eat("ALTER") {
        return if reader.eat("INDEX") || reader.eat("KEY") { AlterAction::AlterIndex } else { AlterAction::Other };
    }
    if ["TRUNCATE", "EXCHANGE", "DISCARD"].iter().any(|word| reader.eat(word)) {
        return AlterAction::DropPartition;
    }
    if reader.eat("ALGORITHM") || reader.eat("LOCK") {
        return AlterAction::Execution;
    }
    AlterAction::Other
}

fn add(reader: &mut Reader) -> AlterAction {
    let named = reader.eat("CONSTRAINT");
    let constraint = if named && !is_key_word(&reader.peek(0)) { reader.name() } else { None };
    let word = reader.peek(0);
    match word.as_str() {
        "INDEX" | "KEY" | "UNIQUE" | "FULLTEXT" | "SPATIAL" => {
            AlterAction::AddIndex(super::index::within_table(reader, constraint))
        }
        "PRIMARY" | "FOREIGN" | "CHECK" => AlterAction::AddConstraint,
        "PARTITION" | "PERIOD" | "SYSTEM" => AlterAction::Other,
        _ if named => AlterAction::Other,
        _ => {
            reader.eat("COLUMN");
            reader.if_exists();
            reader.name().map_or(AlterAction::Other, AlterAction::AddColumn)
        }
    }
}

fn is_key_word(word: &str) -> bool {
    matches!(word, "UNIQUE" | "PRIMARY" | "FOREIGN" | "CHECK")
}

fn drop(reader: &mut Reader) -> AlterAction {
    match reader.peek(0).as_str() {
        "INDEX" | "KEY" => {
            reader.word();
            reader.if_exists();
            reader.name().map_or(AlterAction::Other, AlterAction::DropIndex)
        }
        "PARTITION" => AlterAction::DropPartition,
        "SYSTEM" if reader.peek(1) == "VERSIONING" => AlterAction::DropPartition,
        "PRIMARY" if reader.at_keyword() => AlterAction::DropPrimaryKey,
        "FOREIGN" | "CHECK" | "CONSTRAINT" if reader.at_keyword() => {
            reader.word();
            reader.eat("KEY");
            reader.if_exists();
            reader.name().map_or(AlterAction::Other, AlterAction::DropConstraint)
        }
        _ => {
            reader.eat("COLUMN");
            reader.if_exists();
            reader.name().map_or(AlterAction::Other, AlterAction::DropColumn)
        }
    }
}

fn rename(reader: &mut Reader) -> AlterAction {
    if reader.eat("COLUMN") {
        let from = reader.name();
        reader.eat("TO");
        return match (from, reader.name()) {
            (Some(from), Some(to)) => AlterAction::RenameColumn(from, to),
            _ => AlterAction::Other,
        };
    }
    if reader.eat("INDEX") || reader.eat("KEY") {
        let from = reader.name();
        reader.eat("TO");
        return match (from, reader.name()) {
            (Some(from), Some(to)) => AlterAction::RenameIndex(from, to),
            _ => AlterAction::AlterIndex,
        };
    }
    let _noise = reader.eat("TO") || reader.eat("AS");
    reader.name().map_or(AlterAction::Other, AlterAction::RenameTo)
}
