//! Which procedure a `CALL` runs.

use super::ddl::reader::Reader;

/// The database, where it is given, and the name of the procedure that a statement calls; `None` of any other statement.
#[must_use]
pub fn called(sql: &str) -> Option<(Option<String>, String)> {
    let mut reader = Reader::new(sql)?;
    if reader.word() != "CALL" {
        return None;
    }
    let name = reader.name()?;
    Some((reader.databases().pop(), name))
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn the_name_is_read_with_its_database() {
        let named = |database: Option<&str>, name: &str| Some((database.map(str::to_owned), name.to_owned()));
        assert_eq!(called("CALL p()"), named(None, "p"));
        assert_eq!(called("call `my shop`.`tidy up` (1, @x)"), named(Some("my shop"), "tidy up"));
        assert_eq!(called("/* at night */ CALL shop.p"), named(Some("shop"), "p"));
        assert_eq!(called("SELECT 1"), None);
    }
}
