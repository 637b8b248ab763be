//! A set of keys that its issuer publishes: fetched by a thread of its own, again and again, and kept when the issuer is
//! down or says nonsense. A request never fetches; it waits a moment at the most, and only for keys that it needs.

use std::io::Read as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::{Algorithm, Header};
use serde::Deserialize;
use tokio::sync::watch;
use ureq::Agent;

use super::keys::{KeySet, NoKey};
use crate::config::{FetchSettings, KeyPlace};

/// How long one answer may take, from the look-up of the name to its last byte.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes. Sets with certificates in them have some 10 KB.
const MAX_ANSWER: u64 = 256 << 10;

/// How long a request waits for keys.
pub(super) const WAIT: Duration = Duration::from_secs(1);

/// How soon a fetch that failed is tried again, at first; each time in a row twice as late, but never later than keys are
/// fetched anyhow.
const RETRY: Duration = Duration::from_secs(2);

/// Where an issuer says where its keys are. OpenID Connect Discovery 1.0, section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The keys of one issuer.
pub(super) struct Fetched {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    settings: FetchSettings,
    algorithms: Vec<Algorithm>,
    keys: ArcSwapOption<KeySet>,
    state: Mutex<State>,
    /// Wakes the thread.
    wake: Condvar,
    /// Counts the fetches that have ended.
    ended: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    has_thread: bool,
    /// Whether a request wants the keys fetched before it is time.
    is_asked: bool,
    is_fetching: bool,
    /// When the last fetch began.
    began: Option<Instant>,
    /// Whether nobody needs the keys any more.
    is_over: bool,
}

/// Why there is no key.
pub(super) enum Missing {
    /// The issuer has none for this token.
    None(NoKey),
    /// The issuer has not been heard yet.
    NotYet,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.wake.notify_all();
    }
}

impl Fetched {
    /// Keys that are fetched from the moment on in which they are first wanted.
    pub(super) fn new(name: &str, settings: &FetchSettings, algorithms: &[Algorithm]) -> Self {
        Self {
            shared: Arc::new(Shared {
                name: name.to_owned(),
                settings: settings.clone(),
                algorithms: algorithms.to_vec(),
                keys: ArcSwapOption::empty(),
                state: Mutex::default(),
                wake: Condvar::new(),
                ended: watch::channel(0).0,
            }),
        }
    }

    /// Whether these would be fetched from there, for these algorithms.
    pub(super) fn is_of(&self, settings: &FetchSettings, algorithms: &[Algorithm]) -> bool {
        self.shared.settings == *settings && self.shared.algorithms == algorithms
    }

    /// Begins to fetch, if that has not begun.
    pub(super) fn start(&self) {
        let mut state = self.shared.state();
        if std::mem::replace(&mut state.has_thread, true) {
            return;
        }
        // So that whoever comes before the thread has a turn waits for it.
        state.is_asked = true;
        let shared = Arc::clone(&self.shared);
        if let Err(error) = std::thread::Builder::new().name("keys".into()).spawn(move || shared.run()) {
            tracing::error!(provider = self.shared.name, %error, "keys cannot be fetched");
            state.has_thread = false;
        }
    }

    /// What is known now.
    pub(super) fn now(&self) -> Option<Arc<KeySet>> {
        self.shared.keys.load_full()
    }

    /// A set with the one key that a token with this header means. If none is known, waits for the next fetch, if one goes
    /// on or may begin.
    pub(super) async fn set_with(&self, header: &Header) -> Result<Arc<KeySet>, Missing> {
        self.start();
        let mut ended = self.shared.ended.subscribe();
        let missing = match self.known(header) {
            Ok(set) => return Ok(set),
            Err(missing) => missing,
        };
        // Another fetch does not tell apart two keys of the same name.
        if matches!(missing, Missing::None(NoKey::Ambiguous)) || !self.shared.ask() {
            return Err(missing);
        }
        // The sender is as old as this.
        let _ = tokio::time::timeout(WAIT, ended.changed()).await;
        self.known(header)
    }

    fn known(&self, header: &Header) -> Result<Arc<KeySet>, Missing> {
        let set = self.now().ok_or(Missing::NotYet)?;
        set.find(header).map_err(Missing::None)?;
        Ok(set)
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a fetch before its time; says whether there will be one, or is one now.
    fn ask(&self) -> bool {
        let mut state = self.state();
        if state.is_fetching || state.is_asked {
            return true;
        }
        if state.began.is_some_and(|began| began.elapsed() < self.settings.pause) {
            return false;
        }
        state.is_asked = true;
        self.wake.notify_all();
        true
    }

    /// Fetches until nobody needs the keys any more.
    fn run(&self) {
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // The settings say where keys are, and no answer says otherwise; nor does the environment.
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("vestibule-host/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let mut failures = 0u32;
        let mut said = String::new();
        let mut succeeded = Instant::now();
        let mut generation = 0u64;
        loop {
            {
                let mut state = self.state();
                (state.is_asked, state.is_fetching, state.began) = (false, true, Some(Instant::now()));
            }
            let fetched = self.fetch(&agent, generation + 1);
            match fetched {
                Ok(set) => {
                    generation += 1;
                    if set.is_empty() {
                        tracing::error!(
                            provider = self.name,
                            "the issuer has no key that could be used: nobody is let in"
                        );
                    } else if failures > 0 || generation == 1 {
                        tracing::info!(provider = self.name, "the issuer's keys are here");
                    }
                    failures = 0;
                    said.clear();
                    succeeded = Instant::now();
                    self.keys.store(Some(Arc::new(set)));
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    if succeeded.elapsed() > self.settings.keep && self.keys.swap(None).is_some() {
                        tracing::error!(provider = self.name, "the issuer's keys are too old and count no more");
                    }
                    // Once for each kind of trouble, not for each try.
                    if said != error {
                        let known = self.keys.load().is_some();
                        let known = if known { "going on with those known" } else { "there are none" };
                        tracing::error!(provider = self.name, error, "the issuer's keys cannot be fetched; {known}");
                        said = error;
                    }
                }
            }
            let wait = match failures {
                0 => self.settings.refresh,
                _ => (RETRY * (1 << failures.min(10).saturating_sub(1))).min(self.settings.refresh),
            };
            let mut state = self.state();
            state.is_fetching = false;
            self.ended.send_modify(|ended| *ended = ended.wrapping_add(1));
            let until = Instant::now() + wait;
            while !state.is_over && !state.is_asked {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                state = self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.is_over {
                return;
            }
        }
    }

    fn fetch(&self, agent: &Agent, generation: u64) -> Result<KeySet, String> {
        let url = match &self.settings.place {
            KeyPlace::Url(url) => url.clone(),
            KeyPlace::Issuer(issuer) => discover(agent, issuer)?,
        };
        let answer = get(agent, &url)?;
        KeySet::parse(&answer, &self.algorithms, generation).map_err(|error| format!("{url}: {error}"))
    }
}

/// Asks an issuer where its keys are.
fn discover(agent: &Agent, issuer: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Said {
        issuer: String,
        jwks_uri: String,
    }
    let url = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
    let said: Said = serde_json::from_slice(&get(agent, &url)?)
        .map_err(|_| format!("{url}: it does not say `issuer` and `jwks_uri`"))?;
    // Section 4.3: it must be the issuer that was asked, to the letter.
    if said.issuer != issuer {
        return Err(format!("{url}: it is of another issuer; write `issuer` as it is said there"));
    }
    crate::config::check_key_place(&said.jwks_uri).map_err(|wrong| format!("{url}: its `jwks_uri` is {wrong}"))?;
    Ok(said.jwks_uri)
}

fn get(agent: &Agent, url: &str) -> Result<Vec<u8>, String> {
    let answer =
        agent.get(url).header("accept", "application/json").call().map_err(|error| format!("{url}: {error}"))?;
    if answer.status() != 200 {
        return Err(format!("{url}: it answers {}", answer.status()));
    }
    let mut body = Vec::new();
    let mut reader = answer.into_body().into_reader().take(MAX_ANSWER + 1);
    reader.read_to_end(&mut body).map_err(|error| format!("{url}: {error}"))?;
    if body.len() as u64 > MAX_ANSWER {
        return Err(format!("{url}: its answer is longer than {} KiB", MAX_ANSWER >> 10));
    }
    Ok(body)
}
