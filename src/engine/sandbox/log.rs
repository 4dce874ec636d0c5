//! What a server wrote before it ended, for the error that tells of it: the lines that say why, and the whole log, kept
//! where the error says, since the sandbox's own directory is removed with it.

use std::fmt;
use std::path::{Path, PathBuf};

/// How much of the end an error shows.
const LAST: usize = 10;
/// How many earlier lines that speak of an error it shows besides: a crash is followed by a page of registers and limits.
const TELLING: usize = 4;
/// What such lines hold, on either engine.
const WORDS: [&str; 4] = ["[ERROR]", "got signal", "Assertion", "Query ("];

/// What a server wrote.
#[derive(Debug, Default)]
pub struct ServerLog {
    /// The lines that matter most, in their order, without empty ones.
    pub lines: Vec<String>,
    /// A copy of the whole log that outlives the sandbox; `None` when there is nothing to keep, or no room for it.
    pub kept: Option<PathBuf>,
}

impl ServerLog {
    /// Reads a log and keeps a copy of it in the folder for temporary files. `program` goes into the copy's name.
    pub(super) fn keep(log: &Path, program: &Path) -> Self {
        let bytes = std::fs::read(log).unwrap_or_default();
        Self { lines: telling(&bytes), kept: copied(&bytes, program) }
    }
}

impl fmt::Display for ServerLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.lines.is_empty() {
            f.write_str("; from its log:")?;
        }
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        self.kept.iter().try_for_each(|path| write!(f, "\nthe whole log is kept in {}", path.display()))
    }
}

fn copied(bytes: &[u8], program: &Path) -> Option<PathBuf> {
    if bytes.is_empty() {
        return None;
    }
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let mut file = tempfile::Builder::new().prefix(&format!("aura-db-{name}-")).suffix(".log").tempfile().ok()?;
    std::io::Write::write_all(&mut file, bytes).ok()?;
    file.into_temp_path().keep().ok()
}

fn telling(log: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let (before, last) = lines.split_at(lines.len().saturating_sub(LAST));
    let told = before.iter().filter(|line| WORDS.iter().any(|word| line.contains(word))).take(TELLING);
    told.chain(last).map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_why_is_shown_however_long_the_page_after_it() {
        let mut log = String::from("starting\n\n261123 [ERROR] mariadbd got signal 11 ;\n");
        log.extend((0..40).map(|number| format!("limit {number}\n")));
        let lines = telling(log.as_bytes());
        assert_eq!(lines.first().unwrap(), "261123 [ERROR] mariadbd got signal 11 ;");
        assert_eq!((lines.len(), lines.last().unwrap().as_str()), (11, "limit 39"));
    }

    #[test]
    fn the_whole_log_is_kept_where_the_message_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let log = ServerLog::keep(&path, Path::new("/usr/sbin/mysqld"));
        let kept = log.kept.clone().unwrap();
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "one\ntwo\n");
        assert_eq!(
            log.to_string(),
            format!("; from its log:\n  one\n  two\nthe whole log is kept in {}", kept.display())
        );
        assert!(kept.file_name().unwrap().to_str().unwrap().starts_with("aura-db-mysqld-"));
        std::fs::remove_file(kept).unwrap();
        let none = ServerLog::keep(&folder.path().join("none"), &path);
        assert_eq!(none.to_string(), "");
    }
}
