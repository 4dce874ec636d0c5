//! `ALTER TABLE` taken apart into its clauses, each verbatim, so that it can run without some of them.

use super::scan::{Kind, elements};

/// The text before the first clause of an `ALTER TABLE`, and the clauses; `None` where they cannot be told apart for
/// certain, as with executable comments.
#[must_use]
pub(super) fn clauses(sql: &str) -> Option<(&str, Vec<&str>)> {
    let mut elements = elements(sql)?;
    while elements.last().is_some_and(|element| element.is(";")) {
        elements.pop();
    }
    if elements.iter().any(|element| element.kind == Kind::Executable || element.is(";")) {
        return None;
    }
    let mut at = 0;
    let mut eat = |words: &[&str]| {
        let found = elements.get(at).is_some_and(|element| words.iter().any(|word| element.is(word)));
        at += usize::from(found);
        found
    };
    eat(&["ALTER"]).then_some(())?;
    let _how = eat(&["ONLINE"]) | eat(&["IGNORE"]);
    eat(&["TABLE"]).then_some(())?;
    let _there = eat(&["IF"]) && eat(&["EXISTS"]);
    at += 1;
    while elements.get(at).is_some_and(|element| element.is(".")) {
        at += 2;
    }
    if elements.get(at)?.is("WAIT") {
        at += 2;
    } else if elements.get(at)?.is("NOWAIT") {
        at += 1;
    }
    let head = sql.get(..elements.get(at)?.start)?;
    let (mut found, mut start, mut depth) = (Vec::new(), elements.get(at)?.start, 0_usize);
    for element in &elements[at..] {
        match element.text {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            "," if depth == 0 => {
                found.push(sql.get(start..element.start)?.trim());
                start = element.end();
            }
            _ => {}
        }
    }
    found.push(sql.get(start..elements.last()?.end())?.trim());
    Some((head, found))
}

/// An `ALTER TABLE` without the clauses at these positions, counted from 0; `None` where that cannot be had exactly, or
/// no clause is left. `of` is the number of clauses that it is known to have.
#[must_use]
pub fn without(sql: &str, positions: &[usize], of: usize) -> Option<String> {
    let (head, clauses) = clauses(sql)?;
    if clauses.len() != of {
        return None;
    }
    let left: Vec<&str> =
        clauses.iter().enumerate().filter(|(at, _)| !positions.contains(at)).map(|(_, clause)| *clause).collect();
    (!left.is_empty()).then(|| format!("{head}{}", left.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_left_out_and_the_others_stay_verbatim() {
        let sql =
            "ALTER TABLE `s`.t -- the table\n ADD INDEX a (x, y(3)), ADD KEY `b,` (y) COMMENT 'a, b' , LOCK=NONE;";
        let (head, found) = clauses(sql).unwrap();
        assert_eq!(head, "ALTER TABLE `s`.t -- the table\n ");
        assert_eq!(found, ["ADD INDEX a (x, y(3))", "ADD KEY `b,` (y) COMMENT 'a, b'", "LOCK=NONE"]);
        let expected = "ALTER TABLE `s`.t -- the table\n ADD KEY `b,` (y) COMMENT 'a, b', LOCK=NONE";
        assert_eq!(without(sql, &[0], 3).unwrap(), expected);
        assert_eq!(without(sql, &[0], 2), None);
        assert_eq!(clauses("ALTER TABLE t ADD INDEX a (x) /*!80000 INVISIBLE */"), None);
    }
}
