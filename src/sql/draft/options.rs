//! A table's options: character set, storage engine, comment, partitions.

use super::Draft;
use crate::model::drift::{Object, ObjectKind};
use crate::model::schema::Table;
use crate::sql::ddl::reader::Reader;

impl Draft {
    /// Reads one option, from its first word on; `None` when it is none that is known.
    pub(super) fn option(&mut self, table: &mut Table, reader: &mut Reader) -> Option<()> {
        reader.eat("DEFAULT");
        let word = reader.word();
        match word.as_str() {
            "CHARACTER" | "CHAR" | "CHARSET" => {
                reader.eat("SET");
                reader.eat("=");
                let charset = reader.value()?.to_ascii_lowercase();
                self.charset(table, Some(&charset));
            }
            "COLLATE" => {
                reader.eat("=");
                table.collation = Some(reader.value()?.to_ascii_lowercase());
                self.built.doubts.entry(whole(table)).or_default().remove("collation");
            }
            "ENGINE" => {
                reader.eat("=");
                table.storage_engine = Some(reader.value()?);
            }
            "COMMENT" => {
                reader.eat("=");
                table.comment = reader.value()?;
            }
            "PARTITION" if reader.eat("BY") => {
                table.options = "; partition as written".into();
                self.built.doubt(whole(table), "partitions");
                reader.skip_all();
            }
            // Storage: nothing that can be read or written is otherwise by it.
            "AUTO_INCREMENT"
            | "ROW_FORMAT"
            | "KEY_BLOCK_SIZE"
            | "AVG_ROW_LENGTH"
            | "MAX_ROWS"
            | "MIN_ROWS"
            | "CHECKSUM"
            | "DELAY_KEY_WRITE"
            | "PACK_KEYS"
            | "STATS_AUTO_RECALC"
            | "STATS_PERSISTENT"
            | "STATS_SAMPLE_PAGES"
            | "COMPRESSION"
            | "ENCRYPTION"
            | "TABLESPACE"
            | "INSERT_METHOD"
            | "PAGE_COMPRESSED"
            | "ENCRYPTED"
            | "AUTOEXTEND_SIZE"
            | "SECONDARY_ENGINE_ATTRIBUTE"
            | "ENGINE_ATTRIBUTE"
            | "PAGE_COMPRESSION_LEVEL" => {
                reader.eat("=");
                reader.token()?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Gives a table the default collation of a character set; of the database's without one.
    pub(super) fn charset(&mut self, table: &mut Table, charset: Option<&str>) {
        table.collation = match charset {
            None | Some("default") => Some(self.defaults.collation.clone()).filter(|name| !name.is_empty()),
            Some(name) => self.defaults.charsets.get(name).cloned(),
        };
        if table.collation.is_none() {
            self.built.doubt(whole(table), "collation");
        }
    }
}

/// The table itself, as an object.
pub(super) fn whole(table: &Table) -> Object {
    Object { kind: ObjectKind::Table, table: table.name.clone(), name: None }
}
