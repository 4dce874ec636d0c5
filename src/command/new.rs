//! `new`: a pair of files, named as the folder's other files are.

use super::failure::Failure;
use super::files::{Place, tool};
use crate::cli::New;
use crate::source::migrations::{Highest, highest};
use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

/// How sqlx-cli writes a version.
const VERSION: StaticFormatDescription = format_description!("[year][month][day][hour][minute][second]");

/// Makes the pair; gives the lines that name the files.
///
/// # Errors
/// When the name says nothing, or a file cannot be written.
pub(super) fn run(args: &New) -> Result<String, Failure> {
    let name = slug(&args.name);
    if name.is_empty() {
        return Err(Failure::unable(format!(
            "`{}` gives no file name; use letters, digits and underscores",
            args.name
        )));
    }
    let folder = &Place::of(&args.migrations)?.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let newest = highest(folder, tool(&args.migrations)).map_err(|error| Failure::unable(error.message))?;
    // refinery has no way back, and does not see the second name.
    let names = if let Some(newest) = newest {
        let stem = format!("V{}__{name}", after(newest, &now()?));
        [format!("{stem}.sql"), format!("{stem}.down.sql")]
    } else {
        let stem = format!("{}_{name}", free_version(folder)?);
        [format!("{stem}.up.sql"), format!("{stem}.down.sql")]
    };
    Ok(write(args, folder, &names)?)
}

fn write(args: &New, folder: &Path, names: &[String; 2]) -> Result<String> {
    let mut made = String::new();
    for (name, hint) in names.iter().zip(["what changes", "what takes it back"]) {
        let path = folder.join(name);
        let mut file = std::fs::File::create_new(&path).with_context(|| format!("cannot make {}", path.display()))?;
        writeln!(file, "-- {}: {hint}", args.name.trim())
            .with_context(|| format!("cannot write {}", path.display()))?;
        made.push_str(&path.display().to_string());
        made.push('\n');
    }
    Ok(made)
}

/// The version after the highest, with as many digits; the time where the others are times.
fn after(newest: Highest, now: &str) -> String {
    let next = newest.version.saturating_add(1);
    match now.parse::<i64>() {
        Ok(now) if newest.digits == 14 && now > next => now.to_string(),
        _ => format!("{:0digits$}", next.max(1), digits = newest.digits),
    }
}

fn now() -> Result<String> {
    Ok(OffsetDateTime::now_utc().format(VERSION)?)
}

/// The time now, in UTC, or the next second that no file in the folder has for its version.
fn free_version(folder: &Path) -> Result<String> {
    let taken: Vec<String> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let mut time = OffsetDateTime::now_utc();
    loop {
        let version = time.format(VERSION)?;
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

    #[test]
    fn refinerys_versions_go_on_as_they_began() {
        let after = |version, digits| super::after(super::Highest { version, digits }, "20261123003000");
        assert_eq!(after(-1, 1), "1");
        assert_eq!(after(9, 1), "10");
        assert_eq!(after(9, 3), "010");
        assert_eq!(after(20_260_105_090_000, 14), "20261123003000");
        assert_eq!(after(20_270_105_090_000, 14), "20270105090001");
    }
}
