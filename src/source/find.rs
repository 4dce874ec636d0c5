//! A profile by its name or its path.

use super::error::SourceError;
use std::path::{Path, PathBuf};

/// The file of a profile: a name is looked up in `folder`, anything with a slash or a YAML ending is a path.
///
/// # Errors
/// When there is no such profile; the names that there are, are listed.
pub fn find(folder: &Path, name: &str) -> Result<PathBuf, SourceError> {
    let is_yaml = |path: &Path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let as_path = Path::new(name);
    if name.contains(['/', '\\']) || is_yaml(as_path) {
        return Ok(as_path.to_owned());
    }
    let candidates = ["yaml", "yml"].map(|extension| folder.join(format!("{name}.{extension}")));
    if let Some(found) = candidates.into_iter().find(|path| path.is_file()) {
        return Ok(found);
    }
    // A folder that cannot be read has no profile either.
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut names: Vec<String> = entries
        .filter(|path| is_yaml(path))
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    let known = if names.is_empty() { "there is none".into() } else { format!("there are {}", names.join(", ")) };
    Err(SourceError { message: format!("no profile `{name}` in {}: {known}", folder.display()), at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_and_paths_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("high.yaml"), "").unwrap();
        assert_eq!(find(folder.path(), "high").unwrap(), folder.path().join("high.yaml"));
        assert_eq!(find(folder.path(), "other/x.yaml").unwrap(), Path::new("other/x.yaml"));
        assert!(find(folder.path(), "huge").unwrap_err().message.ends_with("there are high"));
    }
}
