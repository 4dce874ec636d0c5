//! The word that somebody who misspelt one meant.

/// The known word that is nearest to `word`; `None` when none is near.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word: Vec<char> = plain(word);
    let (distance, best) = known.iter().map(|known| (distance(&word, &plain(known)), *known)).min()?;
    (distance <= (word.len() / 3).max(1)).then_some(best)
}

/// Case and the sort of dash are not what people misspell.
fn plain(word: &str) -> Vec<char> {
    word.to_lowercase().replace(['_', ' '], "-").chars().collect()
}

/// The number of letters to add, remove, change or swap with a neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let mut least =
                (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_the_one_that_was_meant() {
        let known = ["params", "samples", "frequency", "lock-wait-timeout", "sql"];
        assert_eq!(nearest("parms", &known), Some("params"));
        assert_eq!(nearest("frequencey", &known), Some("frequency"));
        assert_eq!(nearest("lock_wait_timeout", &known), Some("lock-wait-timeout"));
        assert_eq!(nearest("slq", &known), Some("sql"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("sql", &[]), None);
    }
}
