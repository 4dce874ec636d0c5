//! Whether a table was built anew: `InnoDB` gives every table that it builds a new number.

use super::super::session::SessionConnection;
use super::super::text;
use crate::engine::Session;
use crate::model::engine::EngineKind;
use std::collections::BTreeSet;

/// The numbers of a database's tables and partitions, without the hidden ones of FULLTEXT indexes, which come and go with
/// the index. `None` when they cannot be told: the account may not read them (PROCESS), or the database's name is not in
/// ASCII.
pub(super) async fn identities(session: &mut Session, database: Option<&str>) -> Option<BTreeSet<u64>> {
    let folder = folder(database.map(str::to_owned).or_else(|| session.database())?.as_str())?;
    let catalogue = if session.engine.kind == EngineKind::Mariadb { "innodb_sys_tables" } else { "innodb_tables" };
    let SessionConnection::Server(connection) = &mut session.connection else { return None };
    let query = format!(
        "SELECT table_id FROM information_schema.{catalogue} WHERE LEFT(name, {}) = {} \
         AND LOWER(CONVERT(name USING utf8mb4)) NOT LIKE '%/fts\\_%'",
        folder.len(),
        text::text(&folder)
    );
    let rows = text::rows(connection, query).await.ok()?;
    Some(rows.iter().filter_map(|row| row.number(0)).collect())
}

/// What InnoDB's names of a database's tables begin with: its folder, in which all but letters, digits and `_` are written
/// by their code, as `a@002db/`.
fn folder(database: &str) -> Option<String> {
    let mut folder = String::new();
    for character in database.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => folder.push(character),
            _ if character.is_ascii() => folder.extend(format!("@{:04x}", u32::from(character)).chars()),
            _ => return None,
        }
    }
    Some(folder + "/")
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn a_folder_is_named_as_innodb_names_it() {
        assert_eq!(folder("shop_2").unwrap(), "shop_2/");
        assert_eq!(folder("my-shop.$").unwrap(), "my@002dshop@002e@0024/");
        assert_eq!(folder("größe"), None);
    }
}
