//! What goes on on one connection, and how long it may go on like that: a client that is silent, that sends a head drop by
//! drop, that has nothing to ask, or that does not take what it asked for gives its place to others. Knows no sockets.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::ServerSettings;

/// What a client has to take of its answer within `server.write_timeout`, in bytes: about 1 KiB a second by default, which
/// is less than any line that is still in use brings.
pub(super) const LEAST_TAKEN: usize = 32 << 10;

/// Why a connection was ended by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// No request came, or not the whole of a head.
    HeadTooSlow,
    /// There was nothing to do.
    Idle,
    /// The client does not take its answer.
    NotTaken,
    /// Others wait for its place.
    Crowded,
}

impl Cut {
    /// For the log.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::HeadTooSlow => "no whole request head within server.header_timeout",
            Self::Idle => "no request within server.idle_timeout",
            Self::NotTaken => "the client took too little of its answer within server.write_timeout",
            Self::Crowded => "all server.connections are taken, and this one was idle the longest",
        }
    }
}

/// What goes on on one connection.
pub(super) struct Activity {
    now: Mutex<Now>,
    /// Told whenever the connection may have become quiet.
    quiet: Notify,
    evicted: Notify,
}

struct Now {
    /// Requests whose answer is not yet handed over whole.
    requests: usize,
    /// Whether there was a request.
    asked: bool,
    /// When the last of `requests` ended; at first, when the connection was accepted.
    since: Instant,
    /// When a head began that is not yet whole.
    head: Option<Instant>,
    /// Since when the socket takes less than there is to write, and what it took meanwhile.
    blocked: Option<(Instant, usize)>,
    evicted: bool,
}

impl Now {
    fn is_quiet(&self) -> bool {
        self.requests == 0 && self.blocked.is_none()
    }
}

impl Activity {
    pub(super) fn new() -> Self {
        let now = Now { requests: 0, asked: false, since: Instant::now(), head: None, blocked: None, evicted: false };
        Self { now: Mutex::new(now), quiet: Notify::new(), evicted: Notify::new() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing under the lock can panic, and every field is right by itself.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request as running.
    pub(super) fn begin(&self) {
        let mut now = self.now();
        now.requests += 1;
        now.asked = true;
    }

    /// Counts a request as over.
    pub(super) fn end(&self) {
        let mut now = self.now();
        now.requests = now.requests.saturating_sub(1);
        now.since = Instant::now();
        if now.is_quiet() {
            self.quiet.notify_waiters();
        }
    }

    /// Says whether a part of a head, and not yet the whole, has come.
    pub(super) fn head(&self, is_open: bool) {
        let mut now = self.now();
        match (now.head, is_open) {
            (None, true) => now.head = Some(Instant::now()),
            (Some(_), false) => now.head = None,
            _ => {}
        }
    }

    /// Says that the socket took nothing.
    pub(super) fn blocked(&self) {
        self.now().blocked.get_or_insert_with(|| (Instant::now(), 0));
    }

    /// Says that the socket took so many bytes of more.
    pub(super) fn taken(&self, bytes: usize) {
        let mut now = self.now();
        if let Some((since, taken)) = &mut now.blocked {
            *taken = taken.saturating_add(bytes);
            if *taken >= LEAST_TAKEN {
                (*since, *taken) = (Instant::now(), 0);
            }
        }
    }

    /// Says that the socket has taken everything.
    pub(super) fn drained(&self) {
        let mut now = self.now();
        if now.blocked.take().is_some() {
            now.since = Instant::now();
            if now.is_quiet() {
                self.quiet.notify_waiters();
            }
        }
    }

    /// Ready when nothing is asked and everything answered.
    pub(super) async fn quiet(&self) {
        loop {
            let changed = self.quiet.notified();
            if self.is_quiet() {
                return;
            }
            changed.await;
        }
    }

    /// Whether nothing is asked and everything answered.
    pub(super) fn is_quiet(&self) -> bool {
        self.now().is_quiet()
    }

    /// For how long nothing has been asked; none while something is.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        let now = self.now();
        (now.is_quiet() && !now.evicted).then(|| now.since.elapsed())
    }

    /// Asks for the connection's place.
    pub(super) fn evict(&self) {
        self.now().evicted = true;
        self.evicted.notify_one();
    }

    /// Ready when the connection has to end, with the reason.
    pub(super) async fn ends(&self, server: &ServerSettings) -> Cut {
        tokio::select! {
            () = self.evicted.notified() => Cut::Crowded,
            cut = self.expires(server) => cut,
        }
    }

    async fn expires(&self, server: &ServerSettings) -> Cut {
        // Whatever begins while this sleeps has at least this long.
        let shortest = server.header_timeout.min(server.idle_timeout).min(server.write_timeout);
        loop {
            let now = Instant::now();
            let next = match self.deadline(server) {
                Some((at, cut)) if at <= now => return cut,
                Some((at, _)) => at.min(now + shortest),
                None => now + shortest,
            };
            tokio::time::sleep_until(next).await;
        }
    }

    /// When the connection has to end if all stays as it is.
    fn deadline(&self, server: &ServerSettings) -> Option<(Instant, Cut)> {
        let now = self.now();
        match *now {
            Now { blocked: Some((since, _)), .. } => Some((since + server.write_timeout, Cut::NotTaken)),
            Now { requests: 1.., .. } => None,
            Now { head: Some(began), since, .. } => Some((began.max(since) + server.header_timeout, Cut::HeadTooSlow)),
            Now { asked: false, since, .. } => Some((since + server.header_timeout, Cut::HeadTooSlow)),
            Now { since, .. } => Some((since + server.idle_timeout, Cut::Idle)),
        }
    }
}
