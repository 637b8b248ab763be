//! The connection to the state's server: made, watched and made anew by one task, for as long as the host runs. The log has
//! one line when it is lost and one when it is there again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::facts::Facts;
use super::target::{CONNECT, NoTarget, Target};
use super::{Down, PREFIX, UsedFor, said};
use crate::config::{RedisPlace, Secrets};
use crate::observe::metrics::{Metrics, UseLabels};

/// How soon connecting is tried again, at first, and at the latest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// How often it is looked whether the server still answers; and how long one look leaves the next alone that somebody asks for.
const PACE: Duration = Duration::from_secs(1);
const REST: Duration = Duration::from_millis(20);

/// How long it may take to answer that.
const PATIENCE: Duration = Duration::from_secs(2);

/// The connection, if there is one.
pub(super) struct Link {
    used_for: UsedFor,
    target: ArcSwap<Result<Target, String>>,
    /// What is wrong with what the place says now, while the target is an older one; said once.
    wrong: Mutex<Option<String>>,
    connection: ArcSwapOption<MultiplexedConnection>,
    /// Why there is none.
    why: Mutex<Arc<str>>,
    /// Whether the first attempt has come to an end: until then nobody can say that the server is down.
    tried: watch::Sender<bool>,
    /// Somebody had no answer, or there is another target.
    suspected: Notify,
    up: Family<UseLabels, Gauge>,
}

impl Link {
    pub(super) fn new(place: &RedisPlace, secrets: &Secrets, used_for: UsedFor, metrics: &Metrics) -> Self {
        Self {
            used_for,
            target: ArcSwap::from_pointee(target(place, secrets)),
            wrong: Mutex::new(None),
            connection: ArcSwapOption::empty(),
            why: Mutex::new("it has not been connected to yet".into()),
            tried: watch::channel(false).0,
            suspected: Notify::new(),
            up: metrics.state_up.clone(),
        }
    }

    /// Takes another target, where the place leads to one. Where it leads to none any more, the one that there is stays: a
    /// secret that is written wrongly ends no connection that works.
    pub(super) fn follow(&self, place: &RedisPlace, secrets: &Secrets) {
        let (before, now) = (self.target.load(), target(place, secrets));
        let wrong = match (&**before, &now) {
            (Ok(_), Err(why)) => Some(why.clone()),
            _ => None,
        };
        let was_wrong =
            std::mem::replace(&mut *self.wrong.lock().unwrap_or_else(PoisonError::into_inner), wrong.clone());
        if let Some(why) = wrong {
            if was_wrong.as_ref() != Some(&why) {
                let used_for = self.used_for.name();
                tracing::error!(used_for, key = "state.redis", "going on with the server that is known: {why}");
            }
            return;
        }
        let is_same = match (&**before, &now) {
            (Ok(before), Ok(now)) => before.is_same(now),
            (Err(before), Err(now)) => before == now,
            _ => false,
        };
        if !is_same {
            self.target.store(Arc::new(now));
            self.suspect();
        }
    }

    /// The connection that there is; waits for the first attempt alone.
    pub(super) async fn connection(&self) -> Result<MultiplexedConnection, Down> {
        if let Some(connection) = &*self.connection.load() {
            return Ok(MultiplexedConnection::clone(connection));
        }
        // The sender is as old as this.
        let _ = self.tried.subscribe().wait_for(|tried| *tried).await;
        match &*self.connection.load() {
            Some(connection) => Ok(MultiplexedConnection::clone(connection)),
            None => Err(Down::Gone(Arc::clone(&self.why.lock().unwrap_or_else(PoisonError::into_inner)))),
        }
    }

    /// Has it looked at once whether the server is still there.
    pub(super) fn suspect(&self) {
        self.suspected.notify_one();
    }

    /// What an error means for who asked.
    pub(super) fn failed(&self, error: &RedisError) -> Down {
        let is_full = |text: &str| text.contains("OOM command not allowed");
        if error.code() == Some("OOM") || error.detail().is_some_and(is_full) {
            return Down::Full;
        }
        // Of a server that has become another's copy, or loads its file, the connection is as good as ever.
        let is_elsewhere = matches!(
            error.kind(),
            ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown)
        );
        if is_elsewhere || error.is_unrecoverable_error() || error.is_timeout() {
            self.suspect();
        }
        Down::Refused(said(error))
    }

    fn show(&self, is_up: bool) {
        self.up.get_or_create(&UseLabels { used_for: self.used_for.name() }).set(i64::from(is_up));
    }

    /// Keeps the connection, until this is dropped.
    pub(super) async fn keep(self: Arc<Self>) {
        self.show(false);
        let mut pause = PAUSE.0;
        let mut said = Said::default();
        loop {
            let target = self.target.load_full();
            let name = target.as_ref().as_ref().map_or("unknown", Target::name);
            let why = match connect(&target, self.used_for).await {
                Ok((connection, facts)) => {
                    said.is_up(name, self.used_for, &facts);
                    self.connection.store(Some(Arc::new(connection.clone())));
                    self.show(true);
                    self.tried.send_replace(true);
                    pause = PAUSE.0;
                    self.watch(connection, &target).await
                }
                Err(why) => Some(why),
            };
            if let Some(why) = why {
                // Before the connection is taken away: who finds none finds the reason.
                *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why.as_str().into();
                self.connection.store(None);
                self.show(false);
                self.tried.send_replace(true);
                said.is_down(name, self.used_for, &why);
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
            }
        }
    }

    /// Waits for the end of a connection, and says why it has come; nothing, where there is another target.
    async fn watch(
        &self,
        mut connection: MultiplexedConnection,
        target: &Arc<Result<Target, String>>,
    ) -> Option<String> {
        loop {
            sleep(REST).await;
            let _ = timeout(PACE, self.suspected.notified()).await;
            if !Arc::ptr_eq(target, &self.target.load()) {
                return None;
            }
            if let Err(why) = probe(&mut connection).await {
                return Some(why);
            }
        }
    }
}

fn target(place: &RedisPlace, secrets: &Secrets) -> Result<Target, String> {
    Target::new(place, secrets).map_err(|NoTarget { message, fix }| format!("{message}; {fix}"))
}

async fn connect(target: &Result<Target, String>, used_for: UsedFor) -> Result<(MultiplexedConnection, Facts), String> {
    let target = target.as_ref().map_err(String::clone)?;
    let connected = async {
        let mut connection = target.connect(used_for).await?;
        probe(&mut connection).await?;
        let facts = Facts::ask(&mut connection).await;
        facts.unusable().map_or(Ok((connection, facts)), |why| Err(why.to_owned()))
    };
    // Looking up the name is in it too.
    let late = |_elapsed| Err(format!("no answer within {CONNECT:?}"));
    timeout(CONNECT, connected).await.unwrap_or_else(late)
}

/// Whether the server answers, and takes what is written: it is asked for a write that changes nothing and needs no memory,
/// so that a copy of another server is no good, and one that is full is.
async fn probe(connection: &mut MultiplexedConnection) -> Result<(), String> {
    let mut command = redis::cmd("PEXPIRE");
    command.arg(format!("{PREFIX}probe")).arg(1);
    match timeout(PATIENCE, command.query_async::<i64>(connection)).await {
        Ok(answer) => answer.map(drop).map_err(|error| said(&error)),
        Err(_elapsed) => Err(format!("no answer within {PATIENCE:?}")),
    }
}

/// What the log has heard.
#[derive(Default)]
struct Said {
    is_down: bool,
    was_up: bool,
    weak: Vec<(&'static str, &'static str)>,
}

impl Said {
    fn is_up(&mut self, server: &str, used_for: UsedFor, facts: &Facts) {
        if std::mem::replace(&mut self.is_down, false) {
            tracing::info!(server, used_for = used_for.name(), "the state's server is there again");
        } else if !self.was_up {
            tracing::info!(server, used_for = used_for.name(), "connected to the state's server");
        }
        self.was_up = true;
        let weak = facts.weak();
        for (message, fix) in weak.iter().filter(|weak| !self.weak.contains(weak)) {
            tracing::warn!(server, key = "state.redis", fix, "the state's server is weak: {message}");
        }
        self.weak = weak;
    }

    fn is_down(&mut self, server: &str, used_for: UsedFor, why: &str) {
        if std::mem::replace(&mut self.is_down, true) {
            tracing::debug!(server, used_for = used_for.name(), "still no state's server: {why}");
            return;
        }
        tracing::error!(
            server,
            used_for = used_for.name(),
            "the state's server cannot be used: until it is there again, {}; start it, or mend `redis` under [state] in \
             host.toml: {why}",
            used_for.without()
        );
    }
}
