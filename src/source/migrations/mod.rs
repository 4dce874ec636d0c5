//! The migrations folder, with files named as sqlx names them or as refinery does.
//!
//! Read so that the tool would read the same, the text kept byte for byte for its checksum. What the tool would trip
//! over at run time is refused here with its file named.

mod client;
mod numbering;
mod refinery_name;
mod script;
mod sqlx_name;
#[cfg(test)]
mod tests;
mod threads;

pub use numbering::{Highest, highest};

use super::error::SourceError;
use super::text::shown;
use crate::model::ledger::Tool;
use crate::model::migration::{Migration, Naming};
use refinery_name::Name;
use script::{problem, script, set_of};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How to read a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Read only the files of this tool, whatever else is there.
    pub tool: Option<Tool>,
    /// Characters that sqlx's checksum leaves out.
    pub ignored: Vec<char>,
}

/// A folder of migrations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folder {
    /// The migrations by version.
    pub migrations: Vec<Migration>,
    /// Whose names the files have; `None` when there is none.
    pub tool: Option<Tool>,
    /// What was not read, and why.
    pub notes: Vec<String>,
}

/// Loads a folder. All problems are reported, not only the first.
///
/// # Errors
/// When the folder or a file cannot be read, a file cannot be used, or files of both tools are mixed.
pub fn load(folder: &Path) -> Result<Vec<Migration>, Vec<SourceError>> {
    Ok(read(folder, &Options::default())?.migrations)
}

/// Loads a folder, with what else is to be said of it.
///
/// # Errors
/// As [`load`].
pub fn read(folder: &Path, options: &Options) -> Result<Folder, Vec<SourceError>> {
    let files = Listing::of(folder, options.tool).map_err(|error| vec![error])?;
    let (tool, mut notes) = files.choose(folder, options.tool).map_err(|error| vec![error])?;
    let ignored: &[char] = if tool == Some(Tool::Refinery) { &[] } else { &options.ignored };
    let mut problems = Vec::new();
    let mut versions: BTreeMap<i64, Files> = BTreeMap::new();
    for path in if tool == Some(Tool::Refinery) { &files.all } else { &files.top } {
        let named = match tool {
            Some(Tool::Refinery) => match refinery_name::name(file_name(path)) {
                Name::Migration(named) => Ok(named),
                Name::Unusable(reason) => Err(problem(path, reason)),
                Name::Ignored => {
                    notes.extend(is_sql(path).then(|| not_refinerys(path)));
                    continue;
                }
            },
            _ if !is_sql(path) || options.tool.is_some() && !sqlx_name::is_named(path) => continue,
            _ => sqlx_name::name(path),
        };
        match named {
            Ok(named) => place_file(versions.entry(named.version).or_default(), path, named, &mut problems),
            Err(error) => problems.push(error),
        }
    }
    let mut migrations = Vec::new();
    for read in threads::each(versions.into_iter().collect(), |(version, files)| files.read(version, ignored)) {
        match read {
            Ok(migration) => migrations.push(migration),
            Err(errors) => problems.extend(errors),
        }
    }
    if problems.is_empty() { Ok(Folder { migrations, tool, notes }) } else { Err(problems) }
}

fn not_refinerys(path: &Path) -> String {
    format!(
        "{}: not read, as refinery would not read it: the name is not of the form V<number>__<name>.sql or \
         U<number>__<name>.sql",
        shown(path)
    )
}

/// The files of a folder.
struct Listing {
    /// Those in it.
    top: Vec<PathBuf>,
    /// Those below it too, as refinery walks: no link to a folder is followed. Where the files are sqlx's, what is below
    /// is not looked at, as sqlx would not.
    all: Vec<PathBuf>,
}

impl Listing {
    fn of(folder: &Path, asked: Option<Tool>) -> Result<Self, SourceError> {
        let mut listing = Self { top: Vec::new(), all: Vec::new() };
        let mut folders = vec![folder.to_owned()];
        while let Some(current) = folders.pop() {
            let mut below = Vec::new();
            let entries = std::fs::read_dir(&current).map_err(|error| {
                problem(
                    &current,
                    &format!("cannot read the migrations folder: {error}; point to one with --migrations DIR, or make the first \
                         migration with `aura-db new NAME`"),
                )
            })?;
            for entry in entries {
                let entry = entry.map_err(|error| problem(&current, &error.to_string()))?;
                let (path, kind) = (entry.path(), entry.file_type());
                // Only a link has to be looked behind: most files are told by the folder itself.
                let is_file = match &kind {
                    Ok(kind) if !kind.is_symlink() => kind.is_file(),
                    _ => path.is_file(),
                };
                if is_file {
                    if current == folder {
                        listing.top.push(path.clone());
                    }
                    listing.all.push(path);
                } else if kind.is_ok_and(|kind| kind.is_dir()) {
                    below.push(path);
                }
            }
            let is_sqlxs = listing.top.iter().any(|path| is_sql(path) && sqlx_name::is_named(path));
            if asked == Some(Tool::Refinery) || asked.is_none() && !is_sqlxs {
                folders.append(&mut below);
            }
        }
        // By the bytes of the whole path: taking paths apart costs more than all else here.
        listing.top.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        listing.all.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        Ok(listing)
    }

    /// Whose files they are, with what is to be said of the others. Nothing is said of a folder without a migration.
    fn choose(&self, folder: &Path, asked: Option<Tool>) -> Result<(Option<Tool>, Vec<String>), SourceError> {
        let is_refinerys = |path: &&PathBuf| refinery_name::name(file_name(path)) != Name::Ignored;
        let sqlx = self.top.iter().find(|path| is_sql(path) && sqlx_name::is_named(path));
        let in_folder = self.top.iter().find(is_refinerys);
        let anywhere = self.all.iter().find(is_refinerys);
        let not_read = |path: &Path, tool: Tool| {
            format!("{}: not read, and neither are the other files that are named as {tool}'s", shown(path))
        };
        match (asked, sqlx, in_folder, anywhere) {
            (Some(Tool::Sqlx), None, _, Some(other)) => Err(not_asked_for(other, Tool::Sqlx, Tool::Refinery)),
            (Some(Tool::Refinery), Some(other), _, None) => Err(not_asked_for(other, Tool::Refinery, Tool::Sqlx)),
            (Some(tool @ Tool::Sqlx), _, _, other) => {
                Ok((Some(tool), other.map(|other| not_read(other, Tool::Refinery)).into_iter().collect()))
            }
            (Some(tool @ Tool::Refinery), other, ..) => {
                Ok((Some(tool), other.map(|other| not_read(other, Tool::Sqlx)).into_iter().collect()))
            }
            (None, Some(one), Some(other), _) => Err(problem(
                folder,
                &format!(
                    "the folder mixes sqlx's names ({}) with refinery's ({}), whose ledgers know nothing of each other; \
                     move one kind out, or pass --ledger sqlx or --ledger refinery to read only that kind",
                    file_name(one),
                    file_name(other)
                ),
            )),
            (None, Some(_), None, other) => {
                let notes = other.map(|other| not_read(other, Tool::Refinery));
                Ok((Some(Tool::Sqlx), notes.into_iter().collect()))
            }
            (None, None, _, Some(_)) => Ok((Some(Tool::Refinery), Vec::new())),
            (None, None, _, None) => Ok((None, Vec::new())),
        }
    }
}

fn not_asked_for(path: &Path, asked: Tool, found: Tool) -> SourceError {
    problem(
        path,
        &format!("the migrations are named as {found}'s, and --ledger {asked} reads none of them; rename them first"),
    )
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sql")
}

/// What a file's name says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    version: i64,
    naming: Naming,
    description: String,
    down: bool,
}

/// The files of one version.
#[derive(Debug, Default)]
struct Files {
    description: String,
    naming: Naming,
    up: Option<PathBuf>,
    down: Option<PathBuf>,
}

fn place_file(files: &mut Files, path: &Path, named: Named, problems: &mut Vec<SourceError>) {
    let other = if files.naming == named.naming { None } else { files.up.as_ref().or(files.down.as_ref()) };
    if let Some(other) = other {
        problems.push(problem(
            path,
            &format!(
                "version {} is already taken by {}. refinery would run both, one after the other, and fail on the second \
                 one's row; in Flyway a U file undoes the V file. If it undoes it, name it V<number>__<name>.down.sql; if \
                 not, give it another version",
                named.version,
                shown(other)
            ),
        ));
        return;
    }
    let slot = if named.down { &mut files.down } else { &mut files.up };
    if let Some(first) = slot {
        problems.push(problem(
            path,
            &format!(
                "version {} is already taken by {}; give one of them another version",
                named.version,
                shown(first)
            ),
        ));
        return;
    }
    *slot = Some(path.to_owned());
    files.naming = named.naming;
    if !named.down || files.description.is_empty() {
        files.description = named.description;
    }
}

impl Files {
    fn read(self, version: i64, ignored: &[char]) -> Result<Migration, Vec<SourceError>> {
        let Some(up) = self.up else {
            let path = self.down.unwrap_or_default();
            return Err(vec![problem(&path, "this down file has no up file of the same version")]);
        };
        let up = script(&up, ignored);
        let down = self.down.as_deref().map(|path| script(path, ignored)).transpose();
        match (up, down) {
            (Ok(up), Ok(down)) => Ok(Migration {
                version,
                description: self.description,
                naming: self.naming,
                set: set_of(&up),
                up,
                down,
            }),
            (up, down) => Err(up.err().into_iter().chain(down.err()).collect()),
        }
    }
}
