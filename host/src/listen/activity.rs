//! What goes on on one connection, and how long it may go on like that: a client that is silent, that sends a head drop by
//! drop, that has nothing to ask, or that does not take what it asked for gives its place to others. Knows no sockets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::ServerSettings;
use crate::room::Held;

/// What a client has to take of its answer within `server.write_timeout`, in bytes: about 1 KiB a second by default, which
/// is less than any line that is still in use brings.
pub(super) const LEAST_TAKEN: usize = 32 << 10;

/// How many last pieces are noted before those that are written by now are looked for.
const FEW: usize = 64;

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

/// A request, which runs until its answer is written: each piece of it holds on to this.
pub(super) struct Running {
    activity: Arc<Activity>,
    /// The answer's place among all answers of the host.
    held: Option<Arc<Held>>,
}

impl Running {
    /// A request has come.
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.begin();
        Self { activity: Arc::clone(activity), held: None }
    }

    /// There is an answer, which holds room until it is written.
    pub(super) fn answered(mut self, held: Option<Arc<Held>>) -> Arc<Self> {
        self.held = held;
        Arc::new(self)
    }

    /// Nothing of the answer is left but what was handed over to HTTP/2.
    pub(super) fn last_piece(self: &Arc<Self>) {
        self.activity.last_piece(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.activity.end();
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
    /// Requests whose answer is not yet written whole.
    requests: usize,
    /// Answers of HTTP/2 whose last piece waits for the client's window, and since when; those that are written by now may
    /// still stand here.
    last_pieces: VecDeque<(Instant, Weak<Running>)>,
    /// At how many of them the written ones are looked for.
    many: usize,
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
        let now = Now {
            requests: 0,
            last_pieces: VecDeque::new(),
            many: FEW,
            asked: false,
            since: Instant::now(),
            head: None,
            blocked: None,
            evicted: false,
        };
        Self { now: Mutex::new(now), quiet: Notify::new(), evicted: Notify::new() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing under the lock can panic, and every field is right by itself.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request as running.
    fn begin(&self) {
        let mut now = self.now();
        now.requests += 1;
        now.asked = true;
    }

    /// Counts a request as over.
    fn end(&self) {
        let mut now = self.now();
        now.requests = now.requests.saturating_sub(1);
        now.since = Instant::now();
        if now.is_quiet() {
            self.quiet.notify_waiters();
        }
    }

    /// Says that the last piece of an answer of HTTP/2 was handed over, to be written when the client's window is open.
    fn last_piece(&self, answer: &Arc<Running>) {
        let is_written = |(_, answer): &(Instant, Weak<Running>)| answer.strong_count() == 0;
        let mut now = self.now();
        while now.last_pieces.pop_front_if(|piece| is_written(piece)).is_some() {}
        if now.last_pieces.len() >= now.many {
            now.last_pieces.retain(|piece| !is_written(piece));
            now.many = FEW.max(now.last_pieces.len() * 2);
        }
        now.last_pieces.push_back((Instant::now(), Arc::downgrade(answer)));
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

    /// Whether the connection gives its place up, as it was asked to. A request may have come meanwhile.
    fn leaves(&self) -> bool {
        let mut now = self.now();
        now.evicted = now.is_quiet();
        now.evicted
    }

    /// Asks for the connection's place.
    pub(super) fn evict(&self) {
        self.now().evicted = true;
        self.evicted.notify_one();
    }

    /// Ready when the connection has to end, with the reason.
    pub(super) async fn ends(&self, server: &ServerSettings) -> Cut {
        let evicted = async {
            loop {
                self.evicted.notified().await;
                if self.leaves() {
                    return Cut::Crowded;
                }
            }
        };
        tokio::select! {
            cut = evicted => cut,
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
        let mut now = self.now();
        while now.last_pieces.pop_front_if(|(_, answer)| answer.strong_count() == 0).is_some() {}
        let last_piece = now.last_pieces.front().map(|(since, _)| *since);
        let blocked = now.blocked.map(|(since, _)| since);
        if let Some(since) = last_piece.into_iter().chain(blocked).min() {
            return Some((since + server.write_timeout, Cut::NotTaken));
        }
        match *now {
            Now { requests: 1.., .. } => None,
            Now { head: Some(began), since, .. } => Some((began.max(since) + server.header_timeout, Cut::HeadTooSlow)),
            Now { asked: false, since, .. } => Some((since + server.header_timeout, Cut::HeadTooSlow)),
            Now { since, .. } => Some((since + server.idle_timeout, Cut::Idle)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_was_asked_for_its_place_keeps_it_when_a_request_came_first() {
        let (activity, server) = (Arc::new(Activity::new()), ServerSettings::default());
        activity.evict();
        let request = Running::new(&activity);
        assert!(tokio::time::timeout(SOON, activity.ends(&server)).await.is_err(), "a request was dropped");
        drop(request);
        assert!(activity.idle_for().is_some(), "it can be asked again");
        activity.evict();
        assert_eq!(tokio::time::timeout(SOON, activity.ends(&server)).await, Ok(Cut::Crowded));
    }

    #[test]
    fn last_pieces_that_are_written_are_forgotten() {
        let activity = Arc::new(Activity::new());
        let stuck = Running::new(&activity).answered(None);
        stuck.last_piece();
        for _ in 0..10 * FEW {
            Running::new(&activity).answered(None).last_piece();
        }
        assert!(activity.now().last_pieces.len() <= FEW, "behind one that is never taken, they pile up");
        let deadline = activity.deadline(&ServerSettings::default());
        assert_eq!(deadline.map(|(_, cut)| cut), Some(Cut::NotTaken));
        drop(stuck);
        let deadline = activity.deadline(&ServerSettings::default());
        assert_eq!(deadline.map(|(_, cut)| cut), Some(Cut::Idle));
    }
}
