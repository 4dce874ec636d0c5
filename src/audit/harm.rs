//! From numbers of rows to severities, in one place. `docs/rules/README.md` has the same table.

use super::context::{Context, Options};
use crate::model::finding::Severity;

/// So many rows hurt however rarely they are read.
pub const MANY_ROWS: f64 = 100_000.0;
/// So many rows hurt when they are read every minute.
pub const MANY_ROWS_OFTEN: f64 = 10_000.0;
/// So many rows per minute, all runs together, hurt even where each run is short.
pub const MANY_ROWS_A_MINUTE: f64 = 100_000.0;
/// Runs per minute from which a query runs often.
pub const OFTEN: f64 = 1.0;
/// Runs per minute below which a query runs rarely: less than once an hour.
pub const RARELY: f64 = 1.0 / 60.0;

/// The harm of reading so many rows in one go; `None` when it is none.
#[must_use]
pub fn of_reading(rows: f64, context: &Context<'_>) -> Option<Severity> {
    grade(rows, context.options.small_table_rows, context.per_minute(), true)
}

/// The harm of sorting or storing so many rows; `None` when it is none.
#[must_use]
pub fn of_sorting(rows: f64, context: &Context<'_>) -> Option<Severity> {
    grade(rows, context.options.few_rows.saturating_mul(10), context.per_minute(), true)
}

/// The harm of a result or a write of so many rows: memory and locks do not care how rarely it happens.
#[must_use]
pub fn of_result(rows: f64, options: &Options, per_minute: Option<f64>) -> Option<Severity> {
    if rows <= options.few_rows as f64 {
        None
    } else if rows <= options.few_rows.saturating_mul(10) as f64 {
        Some(Severity::Info)
    } else {
        grade(rows, options.few_rows, per_minute, false)
    }
}

fn grade(rows: f64, harmless: u64, per_minute: Option<f64>, rare_is_milder: bool) -> Option<Severity> {
    let often = per_minute.is_some_and(|runs| runs >= OFTEN);
    let rarely = rare_is_milder && per_minute.is_some_and(|runs| runs < RARELY);
    let busy = per_minute.is_some_and(|runs| rows * runs >= MANY_ROWS_A_MINUTE);
    if rows <= harmless as f64 {
        None
    } else if (rows >= MANY_ROWS && !rarely) || (rows >= MANY_ROWS_OFTEN && often) || busy {
        Some(Severity::Error)
    } else {
        Some(Severity::Warning)
    }
}

/// A number of rows for people: `1,234,567`.
#[must_use]
pub fn count(rows: f64) -> String {
    let digits = format!("{:.0}", rows.max(0.0));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harm_grows_with_rows_and_with_runs() {
        assert_eq!(grade(900.0, 1000, Some(1000.0), true), None);
        assert_eq!(grade(20_000.0, 1000, Some(0.1), true), Some(Severity::Warning));
        assert_eq!(grade(20_000.0, 1000, Some(2.0), true), Some(Severity::Error));
        assert_eq!(grade(2_000.0, 1000, Some(10.0), true), Some(Severity::Warning));
        assert_eq!(grade(2_000.0, 1000, Some(50.0), true), Some(Severity::Error));
        assert_eq!(grade(200_000.0, 1000, None, true), Some(Severity::Error));
        assert_eq!(grade(200_000.0, 1000, Some(0.001), true), Some(Severity::Warning));
        assert_eq!(grade(200_000.0, 1000, Some(0.001), false), Some(Severity::Error));
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0.4), "0");
        assert_eq!(count(999.0), "999");
        assert_eq!(count(1_234_567.0), "1,234,567");
    }
}
