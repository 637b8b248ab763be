//! What a client is told of its quota, in the headers of the IETF's draft (draft-ietf-httpapi-ratelimit-headers, version
//! 11): `RateLimit-Policy` has the rate, `RateLimit` what is left of it. It decides nothing.

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::key::{Key, Keys};
use crate::config::Rate;

static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Where a caller stands with its quota.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    rate: Rate,
    keys: Keys,
    /// The key that has the least left.
    tightest: Key,
    remaining: u32,
    /// Until there is more, in seconds.
    wait: u64,
}

impl Standing {
    /// `remaining` calls are left by the key `tightest`; within `wait` there will be more.
    pub(super) fn new(rate: Rate, keys: &Keys, tightest: Key, remaining: u32, wait: Duration) -> Self {
        let part = u64::from(wait.subsec_nanos() > 0);
        // A client that comes back at once comes back in vain.
        let wait = (wait.as_secs() + part).max(1);
        Self { rate, keys: *keys, tightest, remaining, wait }
    }

    /// The rate that it is about.
    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// By what the least is left.
    pub(super) fn counted_by(&self) -> &'static str {
        self.tightest.counted_by()
    }

    /// When to come back, for `Retry-After`: whole seconds, rounded up.
    pub(crate) fn retry_after(&self) -> HeaderValue {
        HeaderValue::from(self.wait)
    }

    /// Says it. What a function says of quotas of its own gives way: two answers to one question help no client.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let (count, window) = (self.rate.count, self.rate.per.length().as_secs());
        let mut policy = String::new();
        for key in self.keys.iter() {
            let comma = if policy.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ = write!(policy, "{comma}\"{}\";q={count};w={window}", key.counted_by());
        }
        let left = format!("\"{}\";r={};t={}", self.counted_by(), self.remaining, self.wait);
        for (name, value) in [(&POLICY, policy), (&LEFT, left)] {
            // Names and numbers are header values.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::num::NonZeroU32;

    use super::*;
    use crate::config::Period;

    #[test]
    fn it_takes_the_place_of_what_a_function_says_and_rounds_up() {
        let key = Key::ip(IpAddr::from([192, 0, 2, 7]));
        let rate = Rate { count: NonZeroU32::new(100).unwrap(), per: Period::Minute };
        for (wait, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (59_999, "60")] {
            let standing = Standing::new(rate, &Keys::one(key), key, 19, Duration::from_millis(wait));
            let mut headers = HeaderMap::new();
            headers.append(&LEFT, HeaderValue::from_static("\"own\";r=1"));
            headers.append(&LEFT, HeaderValue::from_static("\"own\";r=2"));
            standing.write(&mut headers);
            let all: Vec<_> = headers.get_all(&LEFT).iter().collect();
            assert_eq!(all, [format!("\"ip\";r=19;t={seconds}").as_str()], "{wait} ms");
            assert_eq!(headers.get(&POLICY).unwrap(), "\"ip\";q=100;w=60");
            assert_eq!(standing.retry_after(), seconds);
        }
    }
}
