//! How far from now a timestamp may be. Owns the limit's spelling and the comparison. Reads no clock: now is given.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error};

use crate::Refused;
use crate::algorithm::TimestampUnit;
use crate::time::Timestamp;

/// How far from now a signed timestamp may be, in the past and in the future, unless the scheme or the policy says
/// otherwise: the figure of Standard Webhooks, Stripe and Slack.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// A limit on how far from now something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// `"30s"`, `"5m"`, `"1h"`
    Within(Duration),
    /// `"unlimited"`
    Unlimited,
}

impl Default for Age {
    fn default() -> Self {
        Self::Within(DEFAULT_TOLERANCE)
    }
}

impl Age {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self::Within(Duration::from_secs(seconds))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::Within(limit) => match limit.as_secs() {
                seconds if seconds > 0 && seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
                seconds => write!(f, "{seconds}s"),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let factor = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => return None,
            };
            number.parse::<u32>().ok().map(|number| Self::seconds(u64::from(number) * factor))
        };
        match text.as_str() {
            "unlimited" => Ok(Self::Unlimited),
            _ => parsed()
                .ok_or_else(|| D::Error::custom("write a time such as \"30s\", \"5m\" or \"1h\", or \"unlimited\"")),
        }
    }
}

/// The limits on a timestamp of one scheme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    pub(crate) past: Age,
    pub(crate) future: Age,
    /// Whether exactly as old as `past` is too old.
    pub(crate) until: bool,
}

impl Freshness {
    /// The limits with a policy's tolerance instead of the scheme's own.
    pub(crate) fn with(self, tolerance: Option<Duration>) -> Self {
        let Some(tolerance) = tolerance else {
            return self;
        };
        // Where a scheme takes nothing from the future, no policy makes it.
        let future = if self.future == Age::seconds(0) { self.future } else { Age::Within(tolerance) };
        Self { past: Age::Within(tolerance), future, ..self }
    }

    /// Refuses what is further from now than the limits; exactly as far is allowed, unless `until` says otherwise.
    pub(crate) fn check(&self, timestamp: &Timestamp<'_>, now: SystemTime) -> Result<(), Refused> {
        let signed = Duration::from_millis(timestamp.milliseconds);
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        // A sender that counts seconds drops the rest, so ours is dropped too: else a message would be older or younger
        // by the fraction of our clock alone.
        let now = match timestamp.unit {
            TimestampUnit::Seconds => Duration::from_secs(now.as_secs()),
            TimestampUnit::Milliseconds | TimestampUnit::Rfc3339 => now,
        };
        let age = now.saturating_sub(signed);
        let ahead = signed.saturating_sub(now);
        match (self.past, self.future) {
            (Age::Within(tolerance), _) if age > tolerance || (self.until && age == tolerance) => {
                Err(Refused::Stale { age, tolerance })
            }
            (_, Age::Within(tolerance)) if ahead > tolerance => Err(Refused::Future { ahead, tolerance }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn check(freshness: Freshness, unit: TimestampUnit, milliseconds: u64) -> bool {
        let now = UNIX_EPOCH + Duration::from_millis(1_760_000_000_999);
        freshness.check(&Timestamp { text: Cow::Borrowed(b""), milliseconds, unit }, now).is_ok()
    }

    const DEFAULT: Freshness =
        Freshness { past: Age::Within(DEFAULT_TOLERANCE), future: Age::Within(DEFAULT_TOLERANCE), until: false };

    #[test]
    fn exactly_as_far_as_allowed_is_allowed_both_ways() {
        let seconds = |milliseconds| check(DEFAULT, TimestampUnit::Seconds, milliseconds);
        assert!(seconds(1_759_999_700_000) && seconds(1_760_000_300_000));
        assert!(!seconds(1_759_999_699_000) && !seconds(1_760_000_301_000));
        let milliseconds = |value| check(DEFAULT, TimestampUnit::Milliseconds, value);
        assert!(milliseconds(1_759_999_700_999));
        assert!(!milliseconds(1_759_999_700_998) && !milliseconds(u64::MAX));
    }

    #[test]
    fn a_limit_may_be_exclusive_or_missing_on_one_side() {
        let until = Freshness { past: Age::seconds(30), until: true, ..DEFAULT };
        assert!(!check(until, TimestampUnit::Seconds, 1_759_999_970_000));
        assert!(check(until, TimestampUnit::Seconds, 1_759_999_971_000));
        let old = Freshness { past: Age::Unlimited, ..DEFAULT };
        assert!(check(old, TimestampUnit::Seconds, 0) && !check(old, TimestampUnit::Seconds, 1_760_000_301_000));
    }

    #[test]
    fn a_tolerance_takes_the_place_of_both_but_opens_no_future() {
        let wide = Some(Duration::from_secs(1000));
        assert!(check(DEFAULT.with(wide), TimestampUnit::Seconds, 1_760_001_000_000));
        let past = Freshness { future: Age::seconds(0), ..DEFAULT };
        assert!(check(past.with(wide), TimestampUnit::Seconds, 1_759_999_000_000));
        assert!(!check(past.with(wide), TimestampUnit::Seconds, 1_760_000_001_000));
    }

    #[test]
    fn ages_are_written_with_their_unit() {
        let read = |text: &str| serde_json::from_value::<Age>(text.into());
        for (text, age) in [("30s", Age::seconds(30)), ("5m", Age::seconds(300)), ("unlimited", Age::Unlimited)] {
            assert_eq!(read(text).unwrap(), age);
            assert_eq!(age.to_string(), text);
        }
        assert_eq!(read("1h").unwrap(), Age::seconds(3600));
        for text in ["", "5", "s", "-5s", "5d", "5 m", "99999999999s", "é"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
