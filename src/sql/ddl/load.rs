//! What a `LOAD DATA` or `LOAD XML` writes to.

use super::reader::Reader;

/// The table that a `LOAD` fills, and whether its rows take the place of rows with the same keys.
#[must_use]
pub fn loaded(sql: &str) -> Option<(String, bool)> {
    let mut reader = Reader::new(sql)?;
    reader.eat("LOAD").then_some(())?;
    let mut replaces = false;
    while reader.seek(&["REPLACE", "INTO"]) {
        if reader.eat("REPLACE") {
            replaces = true;
        } else if reader.eat("INTO") && reader.eat("TABLE") {
            return reader.name().map(|table| (table, replaces));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_way_of_filling_it_are_read() {
        let of = |how: &str| loaded(&format!("LOAD DATA LOCAL INFILE 'into' {how}INTO TABLE `shop`.t FIELDS (a, b)"));
        assert_eq!(of("REPLACE "), Some(("t".into(), true)));
        assert_eq!(of("IGNORE "), Some(("t".into(), false)));
        assert_eq!(loaded("LOAD INDEX INTO CACHE t"), None);
    }
}
