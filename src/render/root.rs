//! Where the repository begins, as other tools count paths from there: with forward slashes, whatever the folder in which the
//! run was started.

use std::path::{Component, Path, PathBuf};

/// The repository's folder, and the one that the user's paths are relative to. Both absolute.
#[derive(Debug, Clone)]
pub struct Root {
    /// The repository's folder.
    pub top: PathBuf,
    /// The current folder.
    pub here: PathBuf,
}

impl Root {
    /// The path from the repository's folder; absolute when it is outside of it.
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        let whole = flat(&self.here.join(file));
        let inside = whole.strip_prefix(flat(&self.top)).map_or(whole.as_path(), |inside| inside);
        inside.to_string_lossy().replace('\\', "/")
    }

    /// The same as a URI reference (RFC 3986), and whether it is relative.
    #[must_use]
    pub fn uri(&self, file: &str) -> (String, bool) {
        let path = self.path(file);
        let coded = percent(&path);
        match (path.starts_with('/'), path.as_bytes().get(1) == Some(&b':')) {
            (true, _) => (format!("file://{coded}"), false),
            (_, true) => (format!("file:///{coded}"), false),
            _ => (coded, true),
        }
    }
}

/// Without `.` and `..`, by the names alone.
fn flat(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut flat, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            other => flat.push(other),
        }
        flat
    })
}

fn percent(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::Root;

    #[test]
    fn paths_begin_at_the_repository() {
        let root = Root { top: "/repo".into(), here: "/repo/apps/shop".into() };
        for (given, path) in [
            ("src/a.js", "apps/shop/src/a.js"),
            ("./src/../b.js", "apps/shop/b.js"),
            ("../lib/c.js", "apps/lib/c.js"),
            ("/repo/d.js", "d.js"),
            ("/else/e.js", "/else/e.js"),
        ] {
            assert_eq!(root.path(given), path);
        }
        assert_eq!(root.uri("a b%c:é.js"), ("apps/shop/a%20b%25c%3A%C3%A9.js".into(), true));
        assert_eq!(root.uri("/else/e.js"), ("file:///else/e.js".into(), false));
    }
}
