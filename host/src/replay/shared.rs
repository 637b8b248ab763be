//! Deliveries kept on a server that several hosts share (Redis or Valkey): one that ran on one host has run on all. A claim
//! is a key with an end, so that a host which ends without a word keeps nobody waiting for ever. It knows no request and no
//! function.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::Script;
use tokio::time::{Instant, sleep};

use super::store::{Answer, Found, Key, Store, Trouble};
use crate::remote::{Down, PREFIX, Remote};

/// How long one answer of the server is waited for.
const WITHIN: Duration = Duration::from_secs(1);

/// How long it is tried to have a delivery remembered that has run. A connection that is lost is made anew in less.
const INSIST: Duration = Duration::from_secs(3);

/// How often it is asked whether another host is done with a delivery: at first, and at the longest.
const PACE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(200));

/// How much longer a claim lasts than its asker may need it, for what comes after the call.
const GRACE: Duration = Duration::from_secs(10);

/// Takes a delivery, if nobody has run it and no other host has it. A claim that this host has lost sight of is its own still:
/// among its own copies it lets one ask at a time.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
        local holder = redis.call('GET', KEYS[2])
        if holder and string.sub(holder, 1, #ARGV[1]) ~= ARGV[1] then return 2 end
        redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
        return 0",
    )
});

/// Has a delivery remembered. The claim's own place is taken for it, which a server that is full allows as well.
static COMPLETE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"if redis.call('GET', KEYS[2]) == ARGV[1] then
            redis.call('RENAME', KEYS[2], KEYS[1])
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
        else
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        end
        return 0",
    )
});

/// Gives a claim back, if it is still the one that was made.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(r"if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0")
});

/// A store on a server.
pub(crate) struct Shared {
    inner: Arc<Inner>,
}

struct Inner {
    remote: Arc<Remote>,
    /// What the claims of this host begin with, and no other's.
    host: String,
    claims: AtomicU64,
    /// The claims that are out. Of one that is made anew, the one before must not be what is given back.
    held: Mutex<HashMap<Key, String>>,
}

/// A claim that may have been made, whose asker has not been told: dropped, it is given back.
struct Unsure<'a> {
    inner: &'a Arc<Inner>,
    key: Key,
    token: Option<String>,
}

impl Shared {
    /// Deliveries on the server `remote`.
    pub(crate) fn new(remote: Arc<Remote>) -> Self {
        let host = format!("{}.", uuid::Uuid::now_v7().simple());
        Self { inner: Arc::new(Inner { remote, host, claims: AtomicU64::new(0), held: Mutex::default() }) }
    }
}

impl Store for Shared {
    fn claim<'a>(&'a self, key: &'a Key, lasts: Duration) -> Answer<'a, Found> {
        Box::pin(async move {
            let mut pause = PACE.0;
            loop {
                let number = self.inner.claims.fetch_add(1, Ordering::Relaxed);
                let token = format!("{}{number}", self.inner.host);
                let mut unsure = Unsure { inner: &self.inner, key: *key, token: Some(token.clone()) };
                match self.inner.claim(key, &token, lasts).await? {
                    0 => {
                        unsure.token = None;
                        self.inner.held().insert(*key, token);
                        return Ok(Found::Nothing);
                    }
                    1 => {
                        unsure.token = None;
                        return Ok(Found::Done);
                    }
                    // Another host has it.
                    _ => unsure.token = None,
                }
                drop(unsure);
                sleep(pause).await;
                pause = (pause * 2).min(PACE.1);
            }
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, keep: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let token = self.inner.held().get(key).cloned();
            let token = token.unwrap_or_else(|| self.inner.host.clone());
            let until = Instant::now() + INSIST;
            // It has run: that it comes to nothing for a moment without a server is the last resort.
            loop {
                match self.inner.complete(key, &token, keep).await {
                    Ok(()) => break,
                    Err(trouble) if Instant::now() + PACE.1 >= until => return Err(trouble),
                    Err(_) => sleep(PACE.1).await,
                }
            }
            self.inner.held().remove(key);
            Ok(())
        })
    }

    fn release(&self, key: &Key) {
        if let Some(token) = self.inner.held().remove(key) {
            self.inner.release(*key, token);
        }
    }
}

impl Inner {
    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Key, String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn claim(&self, key: &Key, token: &str, lasts: Duration) -> Result<i64, Trouble> {
        let mut script = CLAIM.prepare_invoke();
        script.key(done(key)).key(claimed(key)).arg(&self.host).arg(token).arg(milliseconds(lasts + GRACE));
        self.remote.ask(&script, WITHIN).await.map_err(trouble)
    }

    async fn complete(&self, key: &Key, token: &str, keep: Duration) -> Result<(), Trouble> {
        let mut script = COMPLETE.prepare_invoke();
        script.key(done(key)).key(claimed(key)).arg(token).arg(milliseconds(keep));
        self.remote.ask::<i64>(&script, WITHIN).await.map(drop).map_err(trouble)
    }

    /// Has it given back. Where that does not come to pass, it ends by itself.
    fn release(self: &Arc<Self>, key: Key, token: String) {
        let inner = Arc::clone(self);
        self.remote.detach(async move {
            let mut script = RELEASE.prepare_invoke();
            script.key(claimed(&key)).arg(token);
            if let Err(down) = inner.remote.ask::<i64>(&script, WITHIN).await {
                tracing::debug!(%down, "a claim could not be given back, and ends by itself");
            }
        });
    }
}

impl Drop for Unsure<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            self.inner.release(self.key, token);
        }
    }
}

fn done(key: &Key) -> String {
    format!("{PREFIX}replay:done:{}", URL_SAFE_NO_PAD.encode(key))
}

fn claimed(key: &Key) -> String {
    format!("{PREFIX}replay:claim:{}", URL_SAFE_NO_PAD.encode(key))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn trouble(down: Down) -> Trouble {
    match down {
        Down::Full => Trouble::Full,
        down => Trouble::Failed(down.to_string()),
    }
}
