//! `[state]` of `host.toml`: where the host keeps what must outlive it, and how much of it. It makes no file, connects to
//! nothing and knows nothing of what is kept.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use super::document::Section;
use super::key::{Bounded, Custom, Group, Read};
use super::problem::{Problems, Wrong};
use super::units::Size;
use super::values;
use crate::kv::Quotas;

/// Where the host's state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSettings {
    /// The file; nobody looks at it where there is a `redis`.
    pub path: PathBuf,
    /// Deliveries that are remembered at once in the file.
    pub replay_entries: usize,
    /// The largest value of a store.
    pub kv_value: Size,
    /// Keys of one store.
    pub kv_keys: usize,
    /// Keys and values of one store together.
    pub kv_bytes: Size,
    /// The server that keeps it all instead of the file, for several hosts together.
    pub redis: Option<RedisPlace>,
}

/// Where a Redis or Valkey is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisPlace {
    /// At the URL that the secret of this name holds.
    Secret(String),
    /// At this URL, which holds no password.
    Url(Url),
}

impl StateSettings {
    /// What may be in one store.
    pub fn quotas(&self) -> Quotas {
        Quotas {
            value: self.kv_value.to_usize(),
            keys: u64::try_from(self.kv_keys).unwrap_or(u64::MAX),
            bytes: self.kv_bytes.get(),
        }
    }
}

const DEFAULT_PATH: &str = "state.redb";

/// The schemes of a server's URL, with TLS and without, and of a socket in the file system.
const SCHEMES: [&str; 7] = ["redis", "rediss", "valkey", "valkeys", "unix", "redis+unix", "valkey+unix"];

static PATH: Custom<PathBuf> = Custom {
    name: "path",
    kind: "path",
    otherwise: "`\"state.redb\"`",
    meaning: "The file for it, from the folder of `host.toml`, or beside the functions folder where there is no `host.toml`. \
              It is made when the first function needs it; no two hosts can share one.",
    read: values::path,
};

static REPLAY_ENTRIES: Bounded<usize> = Bounded {
    name: "replay_entries",
    // Eleven a second for a day, some 250 MB on disk.
    default: 1_000_000,
    least: 1,
    most: 100_000_000,
    meaning: "How many deliveries the file remembers at once, of all functions together. Past it, new ones get 503 with \
              `Retry-After` until old ones have had their time: none is forgotten earlier.",
};

static KV_VALUE: Bounded<Size> = Bounded {
    name: "kv_value",
    default: Size::mib(1),
    least: Size::bytes(1),
    // A guest may pass no more than 8 MiB beyond its answer's limit to the host in one call.
    most: Size::mib(4),
    meaning: "The largest value that a store takes. A larger one is an error for the function.",
};

static KV_KEYS: Bounded<usize> = Bounded {
    name: "kv_keys",
    default: 100_000,
    least: 1,
    most: 100_000_000,
    meaning: "How many keys one store holds. Past it, a new one is an error for the function; those that are there can be \
              changed.",
};

static KV_BYTES: Bounded<Size> = Bounded {
    name: "kv_bytes",
    default: Size::mib(256),
    least: Size::bytes(1),
    most: Size::gib(1024),
    meaning: "How many bytes the keys and values of one store come to. Past it, what would make it larger is an error for \
              the function.",
};

static REDIS: Custom<RedisPlace> = Custom {
    name: "redis",
    kind: "name of a secret, or URL without a password",
    otherwise: "none: a file keeps it",
    meaning: "A Redis or Valkey that keeps it instead of the file, and the counters of `[limit]` as well, so that [several \
              hosts](operations.md#several-hosts-on-one-redis) count and remember together. Its URL mostly holds a password, \
              and a password does not belong in this file: write the name of the secret that holds the URL \
              (`\"REDIS_URL\"`), or a URL without one (`\"redis://cache.internal/0\"`). `rediss://` is with TLS, and the \
              number is that of the database. `path` and `replay_entries` are of the file and do not go with it.",
    read: read_redis,
};

/// What outlives the host.
pub(super) static STATE: Group = Group {
    table: "state",
    about: "What must outlive the host: the deliveries that have run, for [`replay`](webhooks.md#replay), and the \
            [stores](grants.md#stores) of functions.",
    keys: &[&PATH, &REPLAY_ENTRIES, &KV_VALUE, &KV_KEYS, &KV_BYTES, &REDIS],
    tables: &[],
    later: &[],
};

/// Reads `[state]`.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path, problems: &mut Problems) -> StateSettings {
    let mut settings = StateSettings {
        path: folder.join(DEFAULT_PATH),
        replay_entries: REPLAY_ENTRIES.default,
        kv_value: KV_VALUE.default,
        kv_keys: KV_KEYS.default,
        kv_bytes: KV_BYTES.default,
        redis: None,
    };
    if let Some(mut section) = section {
        if let Some(path) = section.take(&PATH, problems) {
            settings.path = folder.join(path);
        }
        settings.replay_entries = section.take_or_default(&REPLAY_ENTRIES, problems);
        settings.kv_value = section.take_or_default(&KV_VALUE, problems);
        settings.kv_keys = section.take_or_default(&KV_KEYS, problems);
        settings.kv_bytes = section.take_or_default(&KV_BYTES, problems);
        settings.redis = section.take(&REDIS, problems);
        for of_file in [PATH.name, REPLAY_ENTRIES.name] {
            if section.has(REDIS.name) && section.has(of_file) {
                let message = "is of the state file, and with `redis` there is none";
                let fix = "remove it, or `redis`; what a server holds is bounded by its own maxmemory";
                problems.push(section.problem(of_file, Wrong::new(message, fix)));
            }
        }
        section.finish(&STATE, None, problems);
    }
    settings
}

fn read_redis(value: &Spanned<DeValue<'_>>) -> Read<RedisPlace> {
    values::text_as(value, |text| {
        let fix = r#"write the name of the secret that holds the URL: "REDIS_URL"; or a URL without a password: "redis://cache.internal/0""#;
        if !text.contains(':') {
            return values::secret_name(text).map(RedisPlace::Secret).map_err(|wrong| Wrong::new(wrong.message, fix));
        }
        // Not repeated: it may hold a password.
        let url = redis_url(text).map_err(|what| Wrong::new(format!("the URL {what}"), fix))?;
        if url.password().is_some() || !url.username().is_empty() {
            return Err(Wrong::new("the URL holds a user or a password", fix));
        }
        Ok(RedisPlace::Url(url))
    })
}

/// The URL of a Redis or Valkey.
///
/// # Errors
///
/// If it is none; what is said of it holds no part of it.
pub fn redis_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "is none: redis://HOST:PORT/DATABASE is wanted")?;
    if !SCHEMES.contains(&url.scheme()) {
        return Err("does not start with redis:// or rediss://");
    }
    // Words for the client library hide there, one of which is that no certificate is looked at.
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment, which mean nothing here");
    }
    if url.scheme().ends_with("unix") {
        return if url.path().len() > 1 { Ok(url) } else { Err("names no socket") };
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host");
    }
    let database = url.path().trim_matches('/');
    if !database.is_empty() && database.parse::<u16>().is_err() {
        return Err("has something else than the number of a database after the host");
    }
    Ok(url)
}
