//! Timestamps: how they are written and how far from now they may be. Owns the grammars, which allow one spelling per
//! instant (but for RFC 3339). Reads no clock: now is always given.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::description::TimestampUnit;
use crate::{Refused, rfc3339};

/// How far from now a signed timestamp may be, in the past and in the future, unless the policy says otherwise: the
/// figure of Standard Webhooks, Stripe and Slack.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// The timestamp of a message.
pub(crate) struct Timestamp<'a> {
    /// As it is written.
    pub(crate) text: &'a [u8],
    /// Since the Unix epoch.
    pub(crate) milliseconds: u64,
    pub(crate) unit: TimestampUnit,
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

impl Timestamp<'_> {
    /// Refuses what is further from now than the tolerance, in either direction; exactly as far is allowed.
    pub(crate) fn check(&self, now: SystemTime, tolerance: Duration) -> Result<(), Refused> {
        let signed = Duration::from_millis(self.milliseconds);
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        // A sender that counts seconds drops the rest, so ours is dropped too: else a message would be older or younger
        // by the fraction of our clock alone.
        let now = match self.unit {
            TimestampUnit::Seconds => Duration::from_secs(now.as_secs()),
            TimestampUnit::Milliseconds | TimestampUnit::Rfc3339 => now,
        };
        let age = now.saturating_sub(signed);
        let ahead = signed.saturating_sub(now);
        if age > tolerance {
            Err(Refused::Stale { age, tolerance })
        } else if ahead > tolerance {
            Err(Refused::Future { ahead, tolerance })
        } else {
            Ok(())
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
    fn exactly_as_far_as_allowed_is_allowed_both_ways() {
        let now = UNIX_EPOCH + Duration::from_millis(1_760_000_000_999);
        let check = |unit, milliseconds| {
            let text = b"";
            let timestamp = Timestamp { text, milliseconds, unit };
            timestamp.check(now, DEFAULT_TOLERANCE)
        };
        assert_eq!(check(TimestampUnit::Seconds, 1_759_999_700_000), Ok(()));
        assert_eq!(check(TimestampUnit::Seconds, 1_760_000_300_000), Ok(()));
        assert!(check(TimestampUnit::Seconds, 1_759_999_699_000).is_err());
        assert!(check(TimestampUnit::Seconds, 1_760_000_301_000).is_err());
        assert_eq!(check(TimestampUnit::Milliseconds, 1_759_999_700_999), Ok(()));
        assert!(check(TimestampUnit::Milliseconds, 1_759_999_700_998).is_err());
        assert!(check(TimestampUnit::Milliseconds, u64::MAX).is_err());
    }
}
