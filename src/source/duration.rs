//! Durations and frequencies as people write them: `10 s`, `5 min`, `4/min per client`.

use crate::model::query::Frequency;

/// Seconds of `10 s`, `5 min`, `1 h` or `1 day`.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| expected(text))?;
    let unit = unit_seconds(text[digits..].trim()).ok_or_else(|| expected(text))?;
    number.checked_mul(unit).ok_or_else(|| format!("`{text}` is too long"))
}

/// A frequency such as `4/min per client` or `2.5/day`.
pub(super) fn frequency(text: &str) -> Result<Frequency, String> {
    let mistake = || {
        format!(
            "`{text}` is no frequency; write NUMBER/UNIT with sec, min, hour or day, such as 4/min or 2/day per client"
        )
    };
    let (rate, per_client) = match text.trim().strip_suffix("per client") {
        Some(rate) => (rate.trim(), true),
        None => (text.trim(), false),
    };
    let (number, unit) = rate.split_once('/').ok_or_else(mistake)?;
    let number: f64 = number.trim().parse().map_err(|_| mistake())?;
    let unit = unit_seconds(unit.trim()).ok_or_else(mistake)?;
    let per_minute = number * (60.0 / unit as f64);
    if !per_minute.is_finite() || per_minute < 0.0 {
        return Err(mistake());
    }
    Ok(Frequency { per_minute, per_client })
}

fn unit_seconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "s" | "sec" | "second" | "seconds" => 1,
        "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    })
}

fn expected(text: &str) -> String {
    format!("`{text}` is no duration; write a whole number with s, min, h or day, such as 10 s or 5 min")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_and_frequencies_are_read() {
        assert_eq!(seconds("10 s"), Ok(10));
        assert_eq!(seconds("5min"), Ok(300));
        assert_eq!(seconds("1 h"), Ok(3_600));
        assert!(seconds("10").unwrap_err().contains("10 s or 5 min"));
        assert!(seconds("99999999999999999999 s").is_err());
        assert_eq!(frequency("4/min per client"), Ok(Frequency { per_minute: 4.0, per_client: true }));
        assert_eq!(frequency("2/sec"), Ok(Frequency { per_minute: 120.0, per_client: false }));
        for bad in ["often", "4", "-1/min", "4/week", "nan/min", "1e308/sec"] {
            assert!(frequency(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}") {
            let _ = (seconds(&text), frequency(&text));
        }

        #[test]
        fn a_rate_reads_back(
            rate in 0.0..1e6f64,
            unit in prop::sample::select(vec![("sec", 1.0), ("min", 60.0), ("hour", 3_600.0), ("day", 86_400.0)]),
            per_client: bool,
        ) {
            let text = format!("{rate}/{}{}", unit.0, if per_client { " per client" } else { "" });
            let read = frequency(&text).unwrap();
            prop_assert!((read.per_minute * unit.1 / 60.0 - rate).abs() <= 4.0 * f64::EPSILON * rate);
            prop_assert_eq!(read.per_client, per_client);
        }
    }
}
