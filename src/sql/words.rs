//! Whether a statement names a word at all, which is told a hundred times faster than what it does.

/// Whether one of the words, in whatever case, stands in the text as a whole: between other characters than those of
/// unquoted names. It may stand in a comment or in a string too.
#[must_use]
pub fn names_any(sql: &str, words: &[&str]) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    sql.split(|c| !is_part(c)).any(|part| {
        // The version of `/*!80000UPDATE … */` may touch the word.
        let bare = part.trim_start_matches(|c: char| c.is_ascii_digit());
        words.iter().any(|word| part.eq_ignore_ascii_case(word) || bare.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_a_whole_and_in_any_case() {
        assert!(names_any("/* first */ Use `shop`", &["USE"]));
        assert!(names_any("INSERT INTO `_sqlx_migrations` VALUES (1)", &["_sqlx_migrations"]));
        assert!(!names_any("SELECT * FROM users, re_use", &["USE"]));
        assert!(!names_any("", &["USE"]));
        assert!(names_any("/*!80000UPDATE t SET a = 1 */", &["UPDATE"]));
    }
}
