//! The day of the run, for waivers that end.
//!
//! `SOURCE_DATE_EPOCH` fixes it, as it does for build tools: the verdict on an old commit can be made again.

use super::failure::Failure;
use crate::model::day::Day;
use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that says which second it is, since 1970 in UTC.
const FIXED: &str = "SOURCE_DATE_EPOCH";

/// The day in UTC.
///
/// # Errors
/// When the variable is set to something else than a number of seconds.
pub(super) fn today() -> Result<Day, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    day(std::env::var_os(FIXED).as_deref(), now)
}

fn day(fixed: Option<&OsStr>, now: u64) -> Result<Day, Failure> {
    let Some(fixed) = fixed.filter(|fixed| !fixed.is_empty()) else { return Ok(Day::of_unix(now)) };
    let seconds = fixed.to_str().and_then(|text| text.trim().parse().ok());
    seconds.map(Day::of_unix).ok_or_else(|| {
        let given = fixed.to_string_lossy();
        Failure::unable(format!("{FIXED} is `{given}`, and must be seconds since 1970; unset it to take today's date"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_fixes_the_day() {
        let of = |fixed: Option<&str>| day(fixed.map(OsStr::new), 86_400).map(|day| day.to_string()).ok();
        assert_eq!(of(None).as_deref(), Some("1970-01-02"));
        assert_eq!(of(Some("")).as_deref(), Some("1970-01-02"));
        assert_eq!(of(Some("0")).as_deref(), Some("1970-01-01"));
        assert_eq!(of(Some("yesterday")), None);
        assert_eq!(of(Some("-1")), None);
    }
}
