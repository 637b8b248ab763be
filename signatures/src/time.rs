//! Timestamps: how they are written. Owns the grammars, which allow one spelling per instant (but for RFC 3339). Reads no
//! clock; how far from now one may be is `age.rs`'s business.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::algorithm::TimestampUnit;
use crate::rfc3339;

/// The timestamp of a message.
pub(crate) struct Timestamp<'a> {
    /// As it is written.
    pub(crate) text: Cow<'a, [u8]>,
    /// Since the Unix epoch.
    pub(crate) milliseconds: u64,
    pub(crate) unit: TimestampUnit,
}

impl Timestamp<'_> {
    /// The same, which lends nothing.
    pub(crate) fn into_owned(self) -> Timestamp<'static> {
        Timestamp { text: Cow::Owned(self.text.into_owned()), milliseconds: self.milliseconds, unit: self.unit }
    }
}

impl TimestampUnit {
    /// The milliseconds since the Unix epoch; nothing if it is not written in this way or out of range.
    pub(crate) fn parse(self, text: &[u8]) -> Option<u64> {
        match self {
            Self::Seconds => decimal(text)?.checked_mul(1000),
            Self::Milliseconds => decimal(text),
            Self::Rfc3339 => rfc3339::parse(text),
        }
    }

    /// The same where no text stands between the timestamp and its neighbours in what is signed: only as many digits as
    /// a time of our days has, so that none of them can pass for a part of the neighbour. RFC 3339 ends by itself.
    pub(crate) fn parse_delimited(self, text: &[u8]) -> Option<u64> {
        let length = match self {
            Self::Seconds => 10,
            Self::Milliseconds => 13,
            Self::Rfc3339 => text.len(),
        };
        if text.len() == length { self.parse(text) } else { None }
    }

    /// The instant as a sender writes it; nothing if it is before the epoch.
    pub(crate) fn format(self, time: SystemTime) -> Option<String> {
        let since_epoch = time.duration_since(UNIX_EPOCH).ok()?;
        match self {
            Self::Seconds => Some(since_epoch.as_secs().to_string()),
            Self::Milliseconds => Some(since_epoch.as_millis().to_string()),
            Self::Rfc3339 => rfc3339::format(since_epoch.as_secs()),
        }
    }

    /// What a timestamp of this unit is, for a log.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Seconds => "a whole number of seconds since 1970",
            Self::Milliseconds => "a whole number of milliseconds since 1970",
            Self::Rfc3339 => "a time as in 2026-03-01T12:00:00Z",
        }
    }
}

/// Digits only: no sign, no leading zero, nothing before or after.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.starts_with(b"0") && text.len() > 1 {
        return None;
    }
    digits(text)
}

/// Digits only, with leading zeros if any.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        let seconds = |text: &str| TimestampUnit::Seconds.parse(text.as_bytes());
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("1760000000"), Some(1_760_000_000_000));
        for text in [
            "",
            "+1",
            "-1",
            "01",
            "00",
            " 1",
            "1 ",
            "1.0",
            "1e9",
            "1_0",
            "soon",
            "0x1",
            "１",
            "18446744073709551616",
            "18446744073709551615",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn where_nothing_stands_beside_it_a_timestamp_ends_by_itself() {
        let exact = |unit: TimestampUnit, text: &str| unit.parse_delimited(text.as_bytes()).is_some();
        assert!(exact(TimestampUnit::Seconds, "1760000000"));
        assert!(!exact(TimestampUnit::Seconds, "176000000") && !exact(TimestampUnit::Seconds, "17600000001"));
        assert!(exact(TimestampUnit::Milliseconds, "1760000000000"));
        assert!(!exact(TimestampUnit::Milliseconds, "1760000000"));
        assert!(exact(TimestampUnit::Rfc3339, "2026-03-01T12:00:00.123456789Z"));
        assert!(!exact(TimestampUnit::Rfc3339, "2026-03-01T12:00:00"));
    }
}
