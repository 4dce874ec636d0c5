//! What a statement says of an event's schedule.

use super::words::names_any;

/// Whether a statement makes or changes an event that fires once and is then dropped by the server (`ON SCHEDULE AT`
/// without `ON COMPLETION PRESERVE`). Where the text can be read in two ways, it does.
#[must_use]
pub fn fires_once(sql: &str) -> bool {
    let words: Vec<String> = sql
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    let head: Vec<&str> = words.iter().map(String::as_str).take_while(|word| *word != "DO").collect();
    let makes = matches!(head.first(), Some(&"CREATE" | &"ALTER")) && names_any(sql, &["EVENT"]);
    let follows = |first: &str, second: &str| head.windows(2).any(|pair| pair == [first, second]);
    makes && follows("SCHEDULE", "AT") && (!follows("COMPLETION", "PRESERVE") || follows("NOT", "PRESERVE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_event_that_the_server_drops_fires_once() {
        assert!(fires_once("CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO DELETE FROM t"));
        assert!(fires_once("ALTER EVENT e ON SCHEDULE\n AT NOW() ON COMPLETION NOT PRESERVE DO SET @a = 1"));
        assert!(!fires_once("CREATE EVENT e ON SCHEDULE AT NOW() ON COMPLETION PRESERVE DO SET @a = 1"));
        assert!(!fires_once("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t"));
        assert!(!fires_once("CREATE TABLE event (schedule INT)"));
        assert!(!fires_once("DROP EVENT e"));
    }
}
