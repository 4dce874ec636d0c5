//! `new`: a timestamped pair of files.

use crate::cli::New;
use anyhow::{Context, Result, bail};
use std::io::Write;
use time::OffsetDateTime;
use time::macros::format_description;

/// Makes the pair; gives the lines that name the files.
///
/// # Errors
/// When the name says nothing, or a file cannot be written.
pub(super) fn run(args: &New) -> Result<String> {
    let name = slug(&args.name);
    if name.is_empty() {
        bail!("`{}` gives no file name; use letters, digits and underscores", args.name);
    }
    let folder = &args.migrations.migrations;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let version = free_version(folder)?;
    let mut made = String::new();
    for (kind, hint) in [("up", "what changes"), ("down", "what takes it back")] {
        let path = folder.join(format!("{version}_{name}.{kind}.sql"));
        let mut file = std::fs::File::create_new(&path).with_context(|| format!("cannot make {}", path.display()))?;
        writeln!(file, "-- {}: {hint}", args.name.trim())
            .with_context(|| format!("cannot write {}", path.display()))?;
        made.push_str(&path.display().to_string());
        made.push('\n');
    }
    Ok(made)
}

/// The time now, in UTC, or the next second that no file in the folder has for its version.
fn free_version(folder: &std::path::Path) -> Result<String> {
    let taken: Vec<String> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let mut time = OffsetDateTime::now_utc();
    loop {
        let version = time.format(format_description!("[year][month][day][hour][minute][second]"))?;
        if !taken.iter().any(|name| name.starts_with(&version)) {
            return Ok(version);
        }
        time += time::Duration::SECOND;
    }
}

/// The name as a file name has it: words joined by underscores.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_become_words_with_underscores() {
        assert_eq!(super::slug("Add index: orders/customer"), "add_index_orders_customer");
        assert_eq!(super::slug(" .. "), "");
    }
}
