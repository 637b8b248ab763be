//! `[limit]` of a policy, or of the defaults: how often a function may be called, and by what callers are told apart. Keys
//! and settings stand together here; who counts is the business of `quota`.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use http::HeaderName;
use toml::Spanned;
use toml::de::DeValue;

use super::document::Section;
use super::key::{Custom, Group, Read, Within};
use super::problem::{Problems, Wrong, quoted};
use super::values;

/// How often each caller of a function may call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    /// How often in the long run.
    pub rate: Rate,
    /// How often at once, by a caller who was quiet before; at least 1.
    pub burst: NonZeroU32,
    /// What tells one caller from another.
    pub by: CountedBy,
}

/// So many calls in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// In what time.
    pub per: Period,
}

/// The time of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// Twenty-four hours.
    Day,
}

/// What tells one caller from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountedBy {
    /// The client's address.
    Ip,
    /// Whom the caller's provider says it is.
    Subject,
    /// The value of a header, which a caller can make up: its address counts as well.
    Header(HeaderName),
}

/// The most calls of a rate, in whatever time: a thousand times what one function answers in a second on a large machine is
/// no limit any more.
const MAX_COUNT: u32 = 1_000_000;

/// The most calls at once where a policy has no `burst`: as many as a function may have instances by default.
const DEFAULT_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// What to write for a rate.
const RATE_FIX: &str = r#"write how many calls in what time: "10/s", "100/min", "1000/hour" or "5000/day""#;

pub(super) static RATE: Custom<Rate> = Custom {
    name: "rate",
    kind: "text",
    otherwise: "must be written",
    meaning: "How often each caller may call in the long run: a number from 1 to 1000000, `/`, and `s`, `min`, `hour` or \
              `day` (`sec` and `h` are understood). A caller who is over it gets 429 with `Retry-After`.",
    read: read_rate,
};

pub(super) static BURST: Within<u32> = Within {
    name: "burst",
    otherwise: "the number of `rate`, 100 at the most",
    least: 1,
    // A bucket of one a day with more in it would take a human life to fill.
    most: 10_000,
    meaning: "How often a caller may call at once, after being quiet for long enough. What was used of it comes back as fast \
              as `rate` says.",
};

static BY: Custom<CountedBy> = Custom {
    name: "by",
    kind: "`\"ip\"`, `\"subject\"` or `\"header:NAME\"`",
    otherwise: "`\"ip\"`",
    meaning: "What tells one caller from another: the client's address (IPv6: its /64), the identity that `[auth]` found (the \
              name of an API key too), or a header's value. A header can be made up, so the address counts beside it, and \
              alone where the header is missing; more than one such header is 400.",
    read: read_by,
};

/// How often a function may be called.
pub(super) static LIMIT: Group = Group {
    table: "limit",
    about: "How often each caller may call the function; see [limits](limits.md). Without it there is no such limit.",
    keys: &[&RATE, &BURST, &BY],
    tables: &[],
    later: &[],
};

impl Period {
    /// Its length.
    pub fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        })
    }
}

impl Rate {
    /// Whether it allows more calls in the long run than `other`.
    pub(super) fn is_more_than(self, other: Self) -> bool {
        let in_time_of = |rate: Self, time: Period| u64::from(rate.count.get()).saturating_mul(time.length().as_secs());
        in_time_of(self, other.per) > in_time_of(other, self.per)
    }
}

impl LimitPolicy {
    /// The limit of this rate for whoever says no more.
    pub(super) fn at(rate: Rate) -> Self {
        Self { rate, burst: rate.count.min(DEFAULT_BURST), by: CountedBy::Ip }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "hour",
            Period::Day => "day",
        };
        write!(f, "{}/{per}", self.count)
    }
}

impl fmt::Display for CountedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip => f.write_str("ip"),
            Self::Subject => f.write_str("subject"),
            Self::Header(name) => write!(f, "header {name}"),
        }
    }
}

impl fmt::Display for LimitPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}, burst {}", self.rate, self.by, self.burst)
    }
}

/// Reads the table: none if it is not as it must be, which the problems then say.
pub(super) fn read(table: &mut Section<'_>, problems: &mut Problems) -> Option<LimitPolicy> {
    let rate = table.take_or_missing(&RATE, RATE_FIX, problems);
    let burst = table.take(&BURST, problems);
    let by = table.take(&BY, problems);
    // A value that is wrong has been said; what stands in for it is never in force.
    table.finish(&LIMIT, None, problems);
    let rate = rate?;
    let usual = LimitPolicy::at(rate);
    let burst = burst.and_then(NonZeroU32::new).unwrap_or(usual.burst);
    Some(LimitPolicy { burst, by: by.unwrap_or(usual.by), ..usual })
}

/// What is wrong with a limit that counts identities where nobody is asked for one.
pub(super) fn without_auth() -> Wrong {
    Wrong::new(
        "counts callers by their identity, and no [auth] asks for one",
        r#"write [auth], or count by = "ip" (or by = "header:NAME")"#,
    )
}

/// What is wrong with a default that counts identities where the defaults ask for none.
pub(super) fn without_default_auth() -> Wrong {
    Wrong::new(
        "counts callers by their identity, and no [defaults.auth] asks for one",
        r#"write [defaults.auth], or by = "ip" here and by = "subject" in the policies that have [auth]"#,
    )
}

/// The same of the defaults' limit, for a policy that has no `[auth]` and no limit of its own.
pub(super) fn default_without_auth() -> Wrong {
    Wrong::new(
        "[defaults.limit] of host.toml counts callers by their identity, and no [auth] asks for one here",
        r#"write [auth], or a [limit] of its own that counts by = "ip" (or by = "header:NAME")"#,
    )
}

pub(super) fn read_rate(value: &Spanned<DeValue<'_>>) -> Read<Rate> {
    values::text_as(value, |text| {
        let wrong = |what: &str| Wrong::new(format!("{} {what}", quoted(text)), RATE_FIX);
        let (count, per) = text.split_once('/').ok_or_else(|| wrong("is not a rate"))?;
        let per = match per {
            "s" | "sec" => Period::Second,
            "min" => Period::Minute,
            "h" | "hour" => Period::Hour,
            "day" => Period::Day,
            _ => return Err(wrong("has none of the times that a rate can have")),
        };
        let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let count = Some(count).filter(|_| digits).ok_or_else(|| wrong("is not a rate"))?;
        let count = count.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count)).and_then(NonZeroU32::new);
        let count = count.ok_or_else(|| wrong(&format!("is not within 1 and {MAX_COUNT}")))?;
        Ok(Rate { count, per })
    })
}

fn read_by(value: &Spanned<DeValue<'_>>) -> Read<CountedBy> {
    values::text_as(value, |text| {
        let fix = r#"write "ip", "subject", or the name of a header as "header:x-api-key""#;
        match (text, text.strip_prefix("header:")) {
            ("ip", _) => Ok(CountedBy::Ip),
            ("subject", _) => Ok(CountedBy::Subject),
            (_, Some(name)) => name
                .parse()
                .map(CountedBy::Header)
                .map_err(|_| Wrong::new(format!("{} is not the name of a header", quoted(name)), fix)),
            _ => Err(Wrong::new(format!("callers cannot be counted by {}", quoted(text)), fix)),
        }
    })
}
