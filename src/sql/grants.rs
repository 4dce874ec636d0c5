//! What an account may do, read from the lines of `SHOW GRANTS`.

use super::quote;

/// The privileges of an account that matter for what it may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// On everything, in upper case.
    global: Vec<String>,
    /// (database as a pattern, table or `*`, privileges).
    local: Vec<(String, String, Vec<String>)>,
    /// Taken from the global ones again for a database (`partial_revokes`).
    revoked: Vec<(String, Vec<String>)>,
}

impl Grants {
    /// Reads the lines of `SHOW GRANTS`; lines of other forms, such as roles, say nothing here.
    #[must_use]
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut grants = Self::default();
        for line in lines {
            let (is_grant, rest) = match (line.strip_prefix("GRANT "), line.strip_prefix("REVOKE ")) {
                (Some(rest), _) => (true, rest),
                (_, Some(rest)) => (false, rest),
                _ => continue,
            };
            let Some((privileges, on)) = rest.split_once(" ON ") else { continue };
            let privileges = words(privileges);
            let Some((database, rest)) = part(on.trim_start_matches("TABLE ")) else { continue };
            let Some((table, _)) = rest.strip_prefix('.').and_then(part) else { continue };
            match (is_grant, database.as_str(), table.as_str()) {
                (true, "*", _) => grants.global.extend(privileges),
                (true, ..) => grants.local.push((database, table, privileges)),
                (false, _, "*") => grants.revoked.push((database, privileges)),
                (false, ..) => {}
            }
        }
        grants
    }

    /// Whether the account has one of these privileges, in upper case, on everything.
    #[must_use]
    pub fn has_globally(&self, wanted: &[&str]) -> bool {
        any(&self.global, wanted)
    }

    /// Whether the account has one of these privileges, in upper case, on the whole of a database.
    #[must_use]
    pub fn has(&self, database: &str, wanted: &[&str]) -> bool {
        let is_here = |pattern: &str| pattern == database || matches(pattern.as_bytes(), database.as_bytes());
        let revoked = |one: &&&str| {
            let here = self.revoked.iter().filter(|(of, _)| of == database);
            here.clone().any(|(_, gone)| any(gone, &[one]))
        };
        let left: Vec<&str> = wanted.iter().filter(|one| !revoked(one)).copied().collect();
        any(&self.global, &left)
            || self.local.iter().any(|(of, table, has)| table == "*" && is_here(of) && any(has, wanted))
    }

    /// Whether the account has one of these privileges, in upper case, on one table.
    #[must_use]
    pub fn has_on(&self, database: &str, table: &str, wanted: &[&str]) -> bool {
        self.has(database, wanted)
            || self.local.iter().any(|(of, on, has)| of == database && on == table && any(has, wanted))
    }
}

fn any(has: &[String], wanted: &[&str]) -> bool {
    has.iter().any(|one| (one.starts_with("ALL") && !wanted.is_empty()) || wanted.contains(&one.as_str()))
}

/// The privileges of a list; those on columns only, which have them in brackets, are left out.
fn words(list: &str) -> Vec<String> {
    let (mut found, mut depth, mut word, mut columns) = (Vec::new(), 0_i32, String::new(), false);
    for character in list.chars().chain([',']) {
        match character {
            '(' => (depth, columns) = (depth + 1, true),
            ')' => depth -= 1,
            ',' if depth == 0 => {
                if !columns {
                    found.push(word.trim().to_ascii_uppercase());
                }
                (word, columns) = (String::new(), false);
            }
            other if depth == 0 => word.push(other),
            _ => {}
        }
    }
    found
}

/// The name or `*` at the beginning, and the rest.
fn part(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some(("*".into(), rest));
    }
    let length = quote::length(text).filter(|_| text.starts_with(['`', '"', '\'']))?;
    let quote = &text[..1];
    Some((text[1..length - 1].replace(&quote.repeat(2), quote), &text[length..]))
}

/// Whether a database is meant by a pattern with `%`, `_` and `\`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'%', rest @ ..], _) => matches(rest, name) || (!name.is_empty() && matches(pattern, &name[1..])),
        ([b'_', rest @ ..], [_, after @ ..]) => matches(rest, after),
        ([b'\\', one, rest @ ..] | [one, rest @ ..], [other, after @ ..]) => one == other && matches(rest, after),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_read_at_their_levels() {
        let grants = Grants::read([
            "GRANT USAGE ON *.* TO `ro`@`localhost`",
            "GRANT SELECT, SHOW VIEW ON `shop\\_%`.* TO `ro`@`localhost`",
            "GRANT SELECT (`a`, `b`), TRIGGER ON `d`.`t``x` TO `ro`@`localhost`",
            "GRANT EXECUTE ON PROCEDURE `d`.`pr` TO `ro`@`localhost`",
            "GRANT `reader`@`%` TO `ro`@`localhost`",
        ]);
        assert!(grants.has("shop_1", &["SHOW VIEW"]) && !grants.has("shopx1", &["SHOW VIEW"]));
        assert!(!grants.has_globally(&["SELECT"]) && !grants.has("d", &["EXECUTE", "TRIGGER"]));
        assert!(grants.has_on("d", "t`x", &["TRIGGER"]) && !grants.has_on("d", "t`x", &["SELECT"]));
    }

    #[test]
    fn all_is_all_and_a_partial_revoke_takes_from_it() {
        let all = Grants::read(["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"]);
        assert!(all.has("d", &["EVENT"]) && all.has_globally(&["SHOW_ROUTINE"]));
        let part = Grants::read(["GRANT SELECT, EVENT ON *.* TO `a`@`%`", "REVOKE EVENT ON `d`.* FROM `a`@`%`"]);
        assert!(part.has("e", &["EVENT"]) && !part.has("d", &["EVENT"]) && part.has("d", &["SELECT"]));
    }
}
