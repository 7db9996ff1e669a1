//! Spans of time as people write them: `30s`, `1h30m`, `250ms`.

use std::time::Duration;

/// Longest span that makes sense here: a hundred days.
const LIMIT: Duration = Duration::from_secs(100 * 24 * 3600);

/// Reads a span: whole numbers with units `ms`, `s`, `m`, `h`, largest first or not, blanks allowed between.
///
/// # Errors
/// One line that says what is wrong.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` isn't a span of time; write it like 30s, 5m, 1h30m or 500ms");
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)?;
        sum = sum.checked_add(part).ok_or_else(wrong)?;
        rest = tail.trim_start();
    }
    if sum > LIMIT { Err(format!("`{text}` is longer than a hundred days")) } else { Ok(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_people_write() {
        for (text, millis) in [
            ("30s", 30_000),
            ("0s", 0),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            (" 2m 5s ", 125_000),
            ("2400h", 8_640_000_000),
        ] {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_span() {
        for text in [
            "",
            "30",
            "s",
            "-5s",
            "1.5h",
            "30 sec",
            "10x",
            "99999999999999999999s",
            "18446744073709551615h",
            "2401h",
        ] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
