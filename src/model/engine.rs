//! Which database engine something was said by, and in which version.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The engines that aura-db speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// `MySQL` 8.0 and later.
    Mysql,
    /// `MariaDB` 10.6 and later.
    Mariadb,
    /// The built-in `SQLite`.
    Embedded,
}

impl EngineKind {
    /// The engine's name as its makers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
            Self::Embedded => "SQLite",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An engine with the version that it reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// The engine.
    pub kind: EngineKind,
    /// The version as the server words it, such as `9.7.0` or `10.11.14-MariaDB`.
    pub version: String,
}

impl Engine {
    /// Major and minor version as numbers, for features that came with a version. `(0, 0)` when the text has none.
    #[must_use]
    pub fn major_minor(&self) -> (u32, u32) {
        let mut numbers = self.version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}

impl Engine {
    /// Major, minor and patch version as numbers, zero where the text has none: two texts of one release may differ in
    /// what a packager or an option has put behind it.
    #[must_use]
    pub fn release(&self) -> (u32, u32, u32) {
        let (major, minor) = self.major_minor();
        let patch = self.version.split(|c: char| !c.is_ascii_digit()).nth(2).and_then(|part| part.parse().ok());
        (major, minor, patch.unwrap_or(0))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_numbers_are_read_from_what_servers_report() {
        let of = |version: &str| Engine { kind: EngineKind::Mysql, version: version.into() }.major_minor();
        assert_eq!(of("9.7.0"), (9, 7));
        assert_eq!(of("10.11.14-MariaDB-0+deb12u2"), (10, 11));
        assert_eq!(of("unknown"), (0, 0));
        let release = |version: &str| Engine { kind: EngineKind::Mariadb, version: version.into() }.release();
        assert_eq!(release("10.11.19-MariaDB-0+deb12u1-log"), (10, 11, 19));
        assert_eq!(release("9.7"), (9, 7, 0));
    }
}
