//! Rates that several hosts count together, on a server (Redis or Valkey): the same buckets by the same algorithm, each one
//! number there, by the server's clock, and all of a request in one step. A call needs room there and here. This host's own
//! buckets are kept in step with what it let through itself, so that its callers have no fresh ones where the server is down, and
//! so that who is over his limit here asks nothing of the server. It knows nothing of requests.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prometheus_client::metrics::counter::Counter;
use redis::Script;
use sha2::{Digest as _, Sha256};

use super::buckets::Buckets;
use super::key::{Key, Keys};
use super::table::Place;
use crate::config::LimitPolicy;
use crate::observe::metrics::Metrics;
use crate::remote::{Down, PREFIX, Remote};

/// How long a request is held up for the server's answer, which takes a millisecond at the most where all is well.
const WITHIN: Duration = Duration::from_millis(200);

/// What stands before a bucket's own bytes, so that they are taken for nothing else.
const DOMAIN: &[u8] = b"vestibule rate 1\0";

/// Takes one out of every bucket, or out of none where one is empty. A bucket is the moment at which it will be full again,
/// in microseconds since 2026, which a Lua number holds with a hundredth to spare; one that is full is not kept. A moment
/// that no clock could have led to is that of an empty bucket: the clock was set back. Answers with whether it took, which
/// bucket is the emptiest, what is left in that, and how long until one comes back.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"local time = redis.call('TIME')
        local now = (time[1] - 1767225600) * 1000000 + time[2]
        local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
        local empty = now + interval * burst
        local full_at, emptiest, latest = {}, 1, now
        for i, key in ipairs(KEYS) do
            local at = tonumber(redis.call('GET', key) or now) or empty
            at = math.min(math.max(at, now), empty)
            full_at[i] = at
            if at >= latest then emptiest, latest = i, at end
        end
        local missing = latest + interval - empty
        if missing > 0.01 then return {0, emptiest, 0, math.ceil(missing)} end
        for i, key in ipairs(KEYS) do
            local at = full_at[i] + interval
            local keep = string.format('%.0f', math.ceil((at - now) / 1000))
            redis.call('SET', key, string.format('%.17g', at), 'PX', keep)
        end
        return {1, emptiest, math.floor(0.001 - missing / interval), 0}",
    )
});

/// The counters of one function.
pub(super) struct Counters {
    remote: Arc<Remote>,
    /// The hash of what its buckets have in common.
    of: Sha256,
    /// The time in which one comes back, in microseconds, and how much a bucket holds.
    interval: String,
    burst: u32,
    /// Requests that this host decided alone.
    alone: Counter,
}

/// What the server says: whether it took, of which bucket it speaks, what is left in it, until when.
type Said = (i64, usize, u32, u64);

impl Counters {
    /// Those of the function `scope`, under this limit. Another limit begins anew.
    pub(super) fn new(remote: &Arc<Remote>, scope: &str, policy: &LimitPolicy, metrics: &Metrics) -> Self {
        let length = u64::try_from(scope.len()).unwrap_or(u64::MAX).to_be_bytes();
        let (rate, burst) = (policy.rate, policy.burst.get());
        let of = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(length)
            .chain_update(scope)
            .chain_update(rate.count.get().to_be_bytes())
            .chain_update(rate.per.length().as_secs().to_be_bytes())
            .chain_update(burst.to_be_bytes());
        let nanoseconds = (rate.per.length() / rate.count.get()).as_nanos();
        let interval = format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000);
        Self { remote: Arc::clone(remote), of, interval, burst, alone: metrics.rates_alone.clone() }
    }

    /// Takes one out of the bucket of each key, as [`Buckets::take`] does, here and on the server.
    pub(super) async fn take(&self, buckets: &Buckets, keys: &Keys) -> Result<(Key, u32), (Key, Duration)> {
        let places = buckets.look(keys)?;
        match self.ask(keys, &places).await {
            Ok(Ok(taken)) => {
                // Others may have been quicker here; there it is taken, and that counts.
                let _ = buckets.take(keys);
                Ok(taken)
            }
            Ok(Err(empty)) => Err(empty),
            Err(_said_by_remote) => {
                self.alone.inc();
                buckets.take(keys)
            }
        }
    }

    async fn ask(&self, keys: &Keys, places: &[Option<Place>; 2]) -> Result<Result<(Key, u32), (Key, Duration)>, Down> {
        let mut script = TAKE.prepare_invoke();
        let mut names: Vec<String> = places.iter().flatten().map(|place| self.name(place)).collect();
        // Two keys in one bucket take one out of it.
        names.dedup();
        script.key(names);
        script.arg(&self.interval).arg(self.burst);
        let (took, emptiest, left, wait): Said = self.remote.ask_if_quick(&script, WITHIN).await?;
        let tightest = keys.iter().nth(emptiest.saturating_sub(1)).unwrap_or(keys.first());
        Ok(if took == 1 { Ok((tightest, left)) } else { Err((tightest, Duration::from_micros(wait))) })
    }

    /// The name of a bucket on the server. There too, callers without a place of their own share one: whoever sends many keys
    /// takes up no more room than here.
    fn name(&self, place: &Place) -> String {
        let hash = match place {
            Place::Own(key) => key.hash_into(self.of.clone()),
            Place::Shared(_, number) => self.of.clone().chain_update([0xff]).chain_update(number.to_be_bytes()),
        };
        let hash: [u8; 32] = hash.finalize().into();
        format!("{PREFIX}rate:{}", URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().unwrap_or(&[0; 16])))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::num::NonZeroU32;

    use super::*;
    use crate::config::{CountedBy, Period, Rate, RedisPlace, Secrets, SecretsSettings, redis_url};
    use crate::remote::UsedFor;

    fn counters(scope: &str, count: u32, burst: u32) -> Counters {
        let place = RedisPlace::Url(redis_url("redis://127.0.0.1:1").unwrap());
        let secrets = Secrets::open(&SecretsSettings::default()).unwrap();
        let metrics = Metrics::new();
        let remote = Remote::new(&place, &secrets, UsedFor::Gates, &metrics);
        let [count, burst] = [count, burst].map(|number| NonZeroU32::new(number).unwrap());
        let policy = LimitPolicy { rate: Rate { count, per: Period::Second }, burst, by: CountedBy::Ip };
        Counters::new(&remote, scope, &policy, &metrics)
    }

    fn ip(n: u8) -> Key {
        Key::ip(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)))
    }

    #[test]
    fn a_bucket_has_a_name_of_its_own_unless_it_is_shared() {
        let counters_of_a = counters("/a", 7, 3);
        let own = |n| counters_of_a.name(&Place::Own(ip(n)));
        let shared = |n, number| counters_of_a.name(&Place::Shared(ip(n), number));
        assert_eq!(own(1), own(1));
        assert_ne!(own(1), own(2));
        assert_eq!(shared(1, 5), shared(2, 5), "who has no place of his own takes up no room of his own");
        assert_ne!(shared(1, 5), shared(1, 6));
        for others in [counters("/b", 7, 3), counters("/a", 8, 3), counters("/a", 7, 4)] {
            assert_ne!(others.name(&Place::Own(ip(1))), own(1), "of another function, or of another limit");
        }
    }

    #[test]
    fn an_interval_is_told_to_the_nanosecond() {
        assert_eq!(counters("/a", 7, 1).interval, "142857.142");
        assert_eq!(counters("/a", 1_000_000, 1).interval, "1.000");
    }
}
