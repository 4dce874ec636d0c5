//! Reads the head of a statement, its own clauses, and the place for others.

use super::scan::{Element, Kind, elements};
use super::{Nature, Online, Own, Place};
use crate::model::online::{Algorithm, LockTaken};

const HIDDEN: &str = "an executable comment stands where the clauses would go";
const PARTITIONS: &str = "the partition operation copies rows, and servers take no ALGORITHM= beside it";

struct Cursor<'text> {
    sql: &'text str,
    elements: Vec<Element<'text>>,
    at: usize,
}

impl<'text> Cursor<'text> {
    fn peek(&self) -> Option<&Element<'text>> {
        self.elements.get(self.at)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|element| element.is(word));
        self.at += usize::from(found);
        found
    }

    fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    /// A table's database and name.
    fn name(&mut self) -> Option<(Option<String>, String)> {
        let first = self.peek()?.name()?;
        self.at += 1;
        if !self.eat(".") {
            return Some((None, first));
        }
        let second = self.peek()?.name()?;
        self.at += 1;
        Some((Some(first), second))
    }

    fn if_exists(&mut self) {
        if self.eat("IF") {
            self.eat("NOT");
            self.eat("EXISTS");
        }
    }

    /// `WAIT n` or `NOWAIT` of `MariaDB`.
    fn wait(&mut self) {
        if self.eat("WAIT") {
            self.at += 1;
        } else {
            self.eat("NOWAIT");
        }
    }

    /// Byte offset after the element before this one.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|before| self.elements.get(before)).map_or(0, Element::end)
    }

    fn rest(&self) -> &[Element<'text>] {
        self.elements.get(self.at..).unwrap_or_default()
    }
}

pub(super) fn online(sql: &str) -> Option<Online> {
    let mut elements = elements(sql)?;
    while elements.last().is_some_and(|element| element.is(";")) {
        elements.pop();
    }
    if elements.iter().any(|element| element.is(";")) {
        return None;
    }
    let hides = elements.iter().any(|element| element.kind == Kind::Executable && names_clauses(element.text));
    let mut cursor = Cursor { sql, elements, at: 0 };
    let mut found = if cursor.eat("ALTER") {
        alter(&mut cursor)?
    } else if cursor.eat("CREATE") {
        create(&mut cursor)?
    } else if cursor.eat("DROP") {
        drop(&mut cursor)?
    } else {
        return within_comment(sql, &cursor);
    };
    if hides {
        found.place = Place::Nowhere { because: HIDDEN };
    }
    Some(found)
}

fn names_clauses(comment: &str) -> bool {
    let upper = comment.to_ascii_uppercase();
    upper.contains("ALGORITHM") || upper.contains("LOCK")
}

/// A statement whose first words stand in an executable comment.
fn within_comment(sql: &str, cursor: &Cursor<'_>) -> Option<Online> {
    use crate::sql::ddl::{Effect, databases, effect};
    if cursor.peek()?.kind != Kind::Executable {
        return None;
    }
    let (Effect::AlterTable { table, .. } | Effect::CreateIndex { table, .. } | Effect::DropIndex { table, .. }) =
        effect(sql)
    else {
        return None;
    };
    let place = Place::Nowhere { because: HIDDEN };
    let (own, nature) = (Own::default(), Nature::Plain);
    Some(Online { database: databases(sql).pop(), table, own, place, nature })
}

fn alter(cursor: &mut Cursor<'_>) -> Option<Online> {
    let online = cursor.eat("ONLINE");
    let _noise = cursor.eat("OFFLINE");
    cursor.eat("IGNORE");
    if !cursor.eat("TABLE") {
        return None;
    }
    cursor.if_exists();
    let (database, table) = cursor.name()?;
    cursor.wait();
    let mut own = own_of_clauses(cursor.rest());
    if online {
        own.lock = own.lock.or(Some(LockTaken::None));
    }
    let at = cursor.end();
    let place = match cursor.peek() {
        None => Place::Table { at, then: "" },
        Some(first) if first.kind == Kind::Executable => Place::Nowhere { because: HIDDEN },
        Some(first) if first.is("PARTITION") || first.is("REMOVE") => Place::Table { at, then: "" },
        Some(_) => match standing_alone(cursor.rest()) {
            Alone::No => Place::Table { at, then: "," },
            Alone::MovesRows => Place::Nowhere { because: PARTITIONS },
            Alone::MovesNothing => return None,
        },
    };
    Some(Online { database, table, own, place, nature: nature(cursor.rest()) })
}

fn nature(clauses: &[Element<'_>]) -> Nature {
    let word = |at: usize| clauses.get(at).filter(|element| element.kind == Kind::Word);
    let is_simple = |start: usize| match word(start) {
        Some(first) if first.is("RENAME") => {
            !["COLUMN", "INDEX", "KEY"].iter().any(|kind| word(start + 1).is_some_and(|second| second.is(kind)))
        }
        Some(first) if first.is("ENABLE") || first.is("DISABLE") => true,
        _ => false,
    };
    let starts = clause_starts(clauses);
    if !starts.is_empty() && starts.into_iter().all(is_simple) {
        return Nature::Simple;
    }
    let mut depth = 0_i32;
    let disputed = clauses.iter().any(|element| {
        match element.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0 && ["ORDER", "PARTITION", "REMOVE", "ENGINE", "TYPE"].iter().any(|word| element.is(word))
    });
    if disputed { Nature::Disputed } else { Nature::Plain }
}

/// Whether a clause has to stand alone in its ALTER TABLE, and what it does to rows.
enum Alone {
    No,
    MovesRows,
    MovesNothing,
}

fn standing_alone(clauses: &[Element<'_>]) -> Alone {
    let starts = clause_starts(clauses);
    // MySQL allows ALGORITHM= and LOCK= before such a clause.
    let Some(start) = starts.into_iter().find(|start| !is_own(&clauses[*start])) else { return Alone::No };
    let clause = &clauses[start..];
    let word = |at: usize| clause.get(at).map(|element| element.text.to_ascii_uppercase()).unwrap_or_default();
    if clause[0].kind != Kind::Word {
        return Alone::No;
    }
    let partition = word(1) == "PARTITION" && clause[1].kind == Kind::Word;
    match word(0).as_str() {
        // New ranges and lists are empty; more hash partitions take rows from those that are there.
        "ADD" if partition && clause.iter().any(|element| element.is("VALUES")) => Alone::MovesNothing,
        "COALESCE" | "REORGANIZE" | "REBUILD" | "OPTIMIZE" | "ADD" if partition => Alone::MovesRows,
        "DROP" | "TRUNCATE" | "ANALYZE" | "CHECK" | "REPAIR" | "EXCHANGE" | "DISCARD" | "IMPORT" | "CONVERT"
            if partition =>
        {
            Alone::MovesNothing
        }
        "CONVERT" if word(1) == "TABLE" => Alone::MovesNothing,
        "DISCARD" | "IMPORT" if word(1) == "TABLESPACE" => Alone::MovesNothing,
        "SECONDARY_LOAD" | "SECONDARY_UNLOAD" => Alone::MovesNothing,
        _ => Alone::No,
    }
}

/// Where clauses begin: at the start and after each comma outside parentheses.
fn clause_starts(elements: &[Element<'_>]) -> Vec<usize> {
    let mut depth = 0_i32;
    let mut starts = Vec::new();
    let mut fresh = true;
    for (index, element) in elements.iter().enumerate() {
        if std::mem::take(&mut fresh) {
            starts.push(index);
        }
        match element.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => fresh = true,
            _ => {}
        }
    }
    starts
}

fn is_own(element: &Element<'_>) -> bool {
    element.is("ALGORITHM") || element.is("LOCK")
}

fn own_of_clauses(clauses: &[Element<'_>]) -> Own {
    let mut own = Own::default();
    for start in clause_starts(clauses) {
        take_own(&mut own, &clauses[start..]);
    }
    own
}

/// Takes `ALGORITHM=…` or `LOCK=…`; where one is given twice, servers take the last.
fn take_own(own: &mut Own, clause: &[Element<'_>]) {
    let Some(first) = clause.first().filter(|element| is_own(element)) else { return };
    let value = clause.iter().skip(1).find(|element| !element.is("="));
    let Some(value) = value.filter(|element| element.kind == Kind::Word) else { return };
    if first.is("ALGORITHM") {
        own.algorithm = Algorithm::from_word(value.text);
    } else {
        own.lock = LockTaken::from_word(value.text).filter(|lock| *lock != LockTaken::Default);
        own.lock_at = own.lock.map(|_| value.start..value.end());
    }
}

fn create(cursor: &mut Cursor<'_>) -> Option<Online> {
    // What stands in an executable comment here changes nothing about the place, which is the end.
    cursor.elements.retain({
        let last = cursor.elements.last().map(|element| element.start);
        move |element| element.kind != Kind::Executable || Some(element.start) == last
    });
    if cursor.eat("OR") && !cursor.eat("REPLACE") {
        return None;
    }
    let online = cursor.eat("ONLINE");
    let _noise = cursor.eat("OFFLINE");
    cursor.eat_any(&["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"]);
    if !cursor.eat("INDEX") {
        return None;
    }
    cursor.if_exists();
    while cursor.peek().is_some_and(|element| !element.is("ON")) {
        cursor.at += 1;
    }
    if !cursor.eat("ON") {
        return None;
    }
    let (database, table) = cursor.name()?;
    let mut own = own_of_options(cursor.rest());
    if online {
        own.lock = own.lock.or(Some(LockTaken::None));
    }
    let at = cursor.elements.last().map_or(cursor.sql.len(), Element::end);
    Some(Online { database, table, own, place: Place::Index { at }, nature: Nature::Plain })
}

fn drop(cursor: &mut Cursor<'_>) -> Option<Online> {
    let _noise = cursor.eat("ONLINE") || cursor.eat("OFFLINE");
    if !cursor.eat("INDEX") {
        return None;
    }
    let from = cursor.peek()?.start;
    cursor.if_exists();
    cursor.peek()?.name()?;
    cursor.at += 1;
    let index = cursor.sql.get(from..cursor.end())?.to_owned();
    if !cursor.eat("ON") {
        return None;
    }
    let start = cursor.peek()?.start;
    let (database, name) = cursor.name()?;
    cursor.wait();
    let table = cursor.sql.get(start..cursor.end())?.to_owned();
    let own = own_of_options(cursor.rest());
    let hidden = cursor.elements.iter().any(|element| element.kind == Kind::Executable);
    let at = cursor.elements.last().map_or(cursor.sql.len(), Element::end);
    let place = if hidden { Place::Nowhere { because: HIDDEN } } else { Place::DropIndex { at, table, index } };
    Some(Online { database, table: name, own, place, nature: Nature::Plain })
}

/// The clauses among the options at the end of an index statement, outside parentheses.
fn own_of_options(options: &[Element<'_>]) -> Own {
    let mut own = Own::default();
    let mut depth = 0_i32;
    for (index, element) in options.iter().enumerate() {
        match element.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth == 0 => take_own(&mut own, &options[index..]),
            _ => {}
        }
    }
    own
}
