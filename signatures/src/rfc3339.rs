//! Times as RFC 3339 writes them: reading to the millisecond and writing to the second. Owns the calendar. Knows nothing
//! of messages.

use crate::time::digits;

const DAYS_PER_400_YEARS: i64 = 146_097;
/// From the first of March of the year 0, where leap days are easiest to count, to the Unix epoch.
const DAYS_TO_EPOCH: i64 = 719_468;

/// `2026-03-01T12:00:00.123456789Z` or with `+01:00` instead of `Z`; capital letters, no leap second.
pub(crate) fn parse(text: &[u8]) -> Option<u64> {
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| text.get(*at) != Some(mark)) {
        return None;
    }
    let year = number(text.get(0..4)?, 0, 9999)?;
    let month = number(text.get(5..7)?, 1, 12)?;
    let day = number(text.get(8..10)?, 1, days_in_month(year, month))?;
    let hour = number(text.get(11..13)?, 0, 23)?;
    let minute = number(text.get(14..16)?, 0, 59)?;
    let second = number(text.get(17..19)?, 0, 59)?;
    let rest = text.get(19..)?;

    let (milliseconds, zone) = match rest.strip_prefix(b".") {
        None => (0, rest),
        Some(rest) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, zone) = rest.split_at_checked(length)?;
            if !(1..=9).contains(&length) {
                return None;
            }
            let leading: Vec<u8> = fraction.iter().copied().chain(*b"00").take(3).collect();
            (digits(&leading)?, zone)
        }
    };
    let offset = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let seconds = number(&[h1, h2], 0, 23)? * 3600 + number(&[m1, m2], 0, 59)? * 60;
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let seconds = days_from_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok()?.checked_mul(1000)?.checked_add(milliseconds)
}

fn number(text: &[u8], low: i64, high: i64) -> Option<i64> {
    let value = i64::try_from(digits(text)?).ok()?;
    (low..=high).contains(&value).then_some(value)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from the Unix epoch to a date of the Gregorian calendar. Years are counted from March, so that the leap day is
/// the last day of a year and the lengths of the months follow one formula.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_EPOCH
}

/// The inverse of [`parse`], to the second; nothing after the year 9999.
pub(crate) fn format(seconds: u64) -> Option<String> {
    let seconds = i64::try_from(seconds).ok()?;
    let days = seconds / 86_400 + DAYS_TO_EPOCH;
    let second = seconds % 86_400;

    let era = days / DAYS_PER_400_YEARS;
    let day_of_era = days % DAYS_PER_400_YEARS;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year <= 9999).then(|| {
        format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected figures are those of `date --date=… +%s`.
    #[test]
    fn rfc3339_is_read_and_written() {
        let read = |text: &str| parse(text.as_bytes());
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799_000),
            ("2025-10-09T08:53:20Z", 1_760_000_000_000),
            ("2024-12-31T00:00:00Z", 1_735_603_200_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
            assert_eq!(format(expected / 1000).as_deref(), Some(text));
        }
        assert_eq!(read("2025-10-09T08:53:20.5Z"), Some(1_760_000_000_500));
        assert_eq!(read("2025-10-09T08:53:20.123456789Z"), Some(1_760_000_000_123));
        assert_eq!(read("2025-10-09T10:23:20+01:30"), Some(1_760_000_000_000));
        assert_eq!(read("2025-10-09T07:53:20-01:00"), Some(1_760_000_000_000));
    }

    #[test]
    fn what_is_not_quite_rfc3339_is_refused() {
        for text in [
            "",
            "2025-10-09",
            "2025-10-09T08:53:20",
            "2025-10-09t08:53:20Z",
            "2025-10-09T08:53:20z",
            "2025-10-09 08:53:20Z",
            "2025-13-09T08:53:20Z",
            "2025-02-29T08:53:20Z",
            "2025-10-09T24:53:20Z",
            "2025-10-09T08:60:20Z",
            "2025-10-09T08:53:60Z",
            "2025-10-09T08:53:20.Z",
            "2025-10-09T08:53:20.1234567890Z",
            "2025-10-09T08:53:20Zx",
            "2025-10-09T08:53:20+0100",
            "2025-10-09T08:53:20+25:00",
            "+025-10-09T08:53:20Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
