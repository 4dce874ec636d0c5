//! What versions of one server word differently although it is the same.

/// A collation or character set: `utf8` is called `utf8mb3` since `MySQL` 8.0.30 and `MariaDB` 10.6.
pub(super) fn collation(name: Option<&str>) -> String {
    let name = name.unwrap_or_default().to_ascii_lowercase();
    match name.strip_prefix("utf8_") {
        Some(rest) => format!("utf8mb3_{rest}"),
        None if name == "utf8" => "utf8mb3".into(),
        None => name,
    }
}

/// A type: the display width of a whole number says nothing of what it holds, and `MySQL` 8.0.19 stopped showing it, as
/// it did that of a year, which has only four digits since 5.7.5.
/// `tinyint(1)` keeps its own, by which drivers tell a boolean, and so does what is filled up with zeros.
pub(super) fn column_type(text: &str) -> String {
    const WHOLE: [&str; 5] = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    let text = text.trim();
    if text == "year(4)" {
        return "year".into();
    }
    let Some((base, rest)) = text.split_once('(') else { return text.to_owned() };
    let Some((width, rest)) = rest.split_once(')') else { return text.to_owned() };
    let boolean = base == "tinyint" && width == "1" && rest.is_empty();
    if !WHOLE.contains(&base) || boolean || rest.contains("zerofill") {
        return text.to_owned();
    }
    format!("{base}{rest}")
}

/// The action of a foreign key: NO ACTION is RESTRICT in both servers.
pub(super) fn action(text: &str) -> String {
    let text = text.to_ascii_uppercase();
    if text.is_empty() || text == "NO ACTION" { "RESTRICT".into() } else { text }
}

/// EXTRA, whose words come in no order. That a default is an expression is told by the default.
pub(super) fn extra(text: &str) -> String {
    let text = text.to_ascii_lowercase().replace("default_generated", "");
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("current_timestamp()", "current_timestamp")
}

/// A default: a number in quotes is the number where the column holds numbers.
pub(super) fn default(text: Option<&str>, base_type: &str) -> Option<String> {
    const NUMBERS: [&str; 8] = ["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"];
    let text = text?;
    if NUMBERS.contains(&base_type) {
        return Some(text.trim_matches('\'').to_owned());
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("current_timestamp") { Some(lower.replace("()", "")) } else { Some(text.to_owned()) }
}

/// Whether two expressions are the same but for how they are written.
pub(super) fn same_expression(one: &str, other: &str) -> bool {
    expression(one) == expression(other) || crate::sql::expression::same(one, other) == Some(true)
}

/// An expression without the spaces and brackets around it.
pub(super) fn expression(text: &str) -> String {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        // `(a) and (b)` has no bracket around it.
        let mut depth = 0_i32;
        let closes_early = inner.chars().any(|character| {
            depth += i32::from(character == '(') - i32::from(character == ')');
            depth < 0
        });
        if closes_early {
            break;
        }
        text = inner.trim();
    }
    text.to_owned()
}
