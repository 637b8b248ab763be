//! Where the state's server is and what opens it: a URL of the settings, or of a secret. What is said of it holds neither
//! user nor password.

use std::path::Path;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo as _};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{LONGEST_ERROR, UsedFor, said};
use crate::config::{Problem, RedisPlace, Secrets, Settings, redis_url};
use crate::observe::text::shortened;

/// How long connecting may take, from the look-up of the name to the server's first answer.
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// The longest that anything asked of the server is waited for, whoever asks.
const ANSWER: Duration = Duration::from_secs(5);

/// What is asked at once over one connection; more wait for their turn, within their own time.
const AT_ONCE: usize = 1024;

/// What waits to be written to it, at the most, also of what nobody waits for any more. Of the stores, each may have 8 MiB, and
/// who finds no place waits with it in his own call.
const fn unwritten(used_for: UsedFor) -> usize {
    match used_for {
        UsedFor::Gates => 256,
        UsedFor::Stores => 8,
    }
}

/// A server that could be connected to.
pub(super) struct Target {
    client: Client,
    /// What it is called in the log.
    name: String,
    /// Tells one URL from another.
    print: [u8; 32],
}

/// Why there is none, and what to do about it.
pub(super) struct NoTarget {
    pub(super) message: String,
    pub(super) fix: &'static str,
}

/// Whether the settings name a server that could be connected to, if they name one; `file` is where they are. Nothing is
/// connected to.
///
/// # Errors
///
/// If the secret that they name is not to be had, or holds no such URL.
pub fn check(settings: &Settings, secrets: &Secrets, file: &Path) -> Result<(), Problem> {
    let Some(place) = &settings.state.redis else { return Ok(()) };
    Target::new(place, secrets).map(drop).map_err(|NoTarget { message, fix }| Problem {
        key: Some("state.redis".into()),
        ..Problem::of_file(file, message, fix)
    })
}

impl Target {
    /// The server at a place.
    pub(super) fn new(place: &RedisPlace, secrets: &Secrets) -> Result<Self, NoTarget> {
        let url = match place {
            RedisPlace::Url(url) => url.clone(),
            RedisPlace::Secret(name) => {
                let secret = secrets.get(name);
                let secret = secret.map_err(|missing| NoTarget { message: missing.to_string(), fix: missing.fix() })?;
                let url = std::str::from_utf8(secret.expose()).map_err(|_| "is no text").and_then(redis_url);
                url.map_err(|what| NoTarget {
                    message: format!("the URL in the secret {name} {what}"),
                    fix: "write it as redis://:PASSWORD@HOST:PORT/DATABASE; rediss:// is with TLS",
                })?
            }
        };
        Self::of(url)
    }

    fn of(url: Url) -> Result<Self, NoTarget> {
        let print = Sha256::digest(url.as_str()).into();
        let unusable = |error: &redis::RedisError| NoTarget {
            message: format!("the URL of the state's server cannot be used: {}", error.category()),
            fix: "write it as redis://:PASSWORD@HOST:PORT/DATABASE; rediss:// is with TLS",
        };
        let info = url.into_connection_info().map_err(|error| unusable(&error))?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        // Nothing that a user with few rights would be refused.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        let info = info.set_redis_settings(settings);
        let name = shortened(info.addr().to_string().as_bytes(), LONGEST_ERROR);
        if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
            // The library takes the process's choice, and panics where there is none. That somebody has made one already is
            // as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = Client::open(info).map_err(|error| unusable(&error))?;
        Ok(Self { client, name, print })
    }

    /// Host and port, for the log.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether connecting to the other comes to the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.print == other.print
    }

    /// Connects, and shows the password.
    pub(super) async fn connect(&self, used_for: UsedFor) -> Result<MultiplexedConnection, String> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_concurrency_limit(AT_ONCE)
            .set_pipeline_buffer_size(unwritten(used_for));
        let connected = self.client.get_multiplexed_async_connection_with_config(&config).await;
        connected.map_err(|error| said(&error))
    }
}
