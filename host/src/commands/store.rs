//! `host store`: looks into the stores of functions and fills them, without a function: for whoever prepares a host, or wants
//! to know what there is. It asks the backend that serves, so quotas and bounds are those of functions; it knows no policy:
//! whoever may read the host's state may read all of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::survey::{write, write_json};
use super::{Failure, read};
use crate::begin::{self, Beginning};
use crate::cli::Place;
use crate::config::is_store_name;
use crate::kv::{Bucket, Trouble};
use crate::observe::metrics::Metrics;
use crate::observe::text::printable;
use crate::state::StateFile;

/// Examples for the help.
pub const EXAMPLES: &str = "\
Examples:
  host store keys orders                       the keys of the store `orders`, one a line
  host store keys orders --format json         the same for programs
  host store get orders 1Z-7                   the value, byte for byte; status 1 if there is none
  host store set orders 1Z-7 '{\"status\":\"SHIPPED\"}'
  host store set pictures logo - < logo.png    the value from standard input
  host store remove orders 1Z-7
  host store load seeds.json                   { \"orders\": { \"1Z-7\": { \"status\": \"SHIPPED\" } } }

The state's file belongs to one process: stop the host first, or keep the state on a Redis.
Exit status: 0, 1 on failure and where there is no such key, 64 on wrong settings or use.";

/// Which host, and what to do with its stores.
#[derive(Args)]
pub struct Stores {
    /// The functions folder [default: `functions` of host.toml, or ./functions]
    #[arg(long, global = true, value_name = "FOLDER")]
    functions: Option<PathBuf>,
    /// The host's settings [default: host.toml beside the functions folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    act: Act,
}

/// How to show keys.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One a line, what a terminal would take for a command escaped
    Human,
    /// A JSON array
    Json,
}

/// What to do.
#[derive(Subcommand)]
enum Act {
    /// Show the keys of a store, sorted
    Keys {
        /// The store
        store: String,
        /// How to show them: for people, who see a line break in a key as \n, or as a JSON array
        #[arg(long, value_name = "FORMAT", default_value = "human")]
        format: Format,
    },
    /// Show the value at a key, byte for byte
    Get {
        /// The store
        store: String,
        /// The key
        key: String,
    },
    /// Put a value at a key, for good
    Set {
        /// The store
        store: String,
        /// The key
        key: String,
        /// The value; - for what comes on standard input
        value: String,
    },
    /// Remove a key; that there is none is no failure
    Remove {
        /// The store
        store: String,
        /// The key
        key: String,
    },
    /// Put many values, from a JSON object of stores, each an object of keys; a text is kept as it is, all else as JSON
    Load {
        /// The file; - for standard input
        file: PathBuf,
    },
}

/// Runs the command to its end.
pub fn run(options: &Stores) -> ExitCode {
    match act(options) {
        Ok(status) => status,
        Err(failure) => failure.exit(),
    }
}

fn act(options: &Stores) -> Result<ExitCode, Failure> {
    // Read before anything is opened: what is wrong with it changes nothing.
    let given = Given::of(&options.act)?;
    let stores = Open::at(options)?;
    match &options.act {
        Act::Keys { store, format } => {
            let keys = stores.keys(store)?;
            return Ok(match format {
                // Clients may have made them, and a terminal does what some of them say.
                Format::Human => {
                    let lines: String = keys.iter().map(|key| format!("{}\n", printable(key.as_bytes()))).collect();
                    write(lines.as_bytes(), ExitCode::SUCCESS)
                }
                Format::Json => write_json(&keys, ExitCode::SUCCESS),
            });
        }
        Act::Get { store, key } => {
            let value = match stores.bucket(store)? {
                Some(bucket) => stores.wait(bucket.get(key.clone()))?,
                None => None,
            };
            let value = value.ok_or_else(|| Failure::other(format!("the store {store} has no key {key:?}")))?;
            return Ok(write(&value, ExitCode::SUCCESS));
        }
        Act::Remove { store, key } => {
            if let Some(bucket) = stores.bucket(store)? {
                stores.wait(bucket.delete(key.clone()))?;
            }
        }
        Act::Set { .. } | Act::Load { .. } => {
            // All of them before the first is written. That a store is full is seen when it is.
            for (store, entries) in &given.0 {
                let bucket = stores.made(store)?;
                for (key, value) in entries {
                    bucket
                        .check(key, value)
                        .map_err(|trouble| Failure::other(format!("{store}, {key:?}: {trouble}")))?;
                }
            }
            for (store, entries) in given.0 {
                let bucket = stores.made(&store)?;
                for (key, value) in entries {
                    stores.wait(bucket.set(key, value, None))?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be put, by store and key.
#[derive(Default)]
struct Given(BTreeMap<String, BTreeMap<String, Vec<u8>>>);

impl Given {
    fn of(act: &Act) -> Result<Self, Failure> {
        match act {
            Act::Set { store, key, value } => {
                let value = if value == "-" { read("-".as_ref())? } else { value.clone().into_bytes() };
                Ok(Self([(store.clone(), [(key.clone(), value)].into())].into()))
            }
            Act::Load { file } => {
                let stores: BTreeMap<String, BTreeMap<String, Value>> =
                    serde_json::from_slice(&read(file)?).map_err(|error| {
                        let wanted = "write { \"STORE\": { \"KEY\": VALUE } }";
                        Failure::usage(format!("{}: {error}; {wanted}", file.display()))
                    })?;
                let bytes = |value: Value| match value {
                    Value::String(text) => text.into_bytes(),
                    value => value.to_string().into_bytes(),
                };
                let entries = |entries: BTreeMap<String, Value>| {
                    entries.into_iter().map(|(key, value)| (key, bytes(value))).collect()
                };
                Ok(Self(stores.into_iter().map(|(store, of)| (store, entries(of))).collect()))
            }
            Act::Keys { .. } | Act::Get { .. } | Act::Remove { .. } => Ok(Self::default()),
        }
    }
}

/// The stores of a host, open.
struct Open {
    state: StateFile,
    beginning: Beginning,
    runtime: tokio::runtime::Runtime,
}

impl Open {
    fn at(options: &Stores) -> Result<Self, Failure> {
        let place = Place {
            functions: options.functions.clone(),
            config: options.config.clone(),
            listen: None,
            admin: None,
            prefix: None,
        };
        let beginning = begin::read(&place, place.overrides()).map_err(Failure::usage)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::other)?;
        let state = {
            // A server that hosts share is connected to by tasks.
            let _entered = runtime.enter();
            StateFile::new(beginning.settings.state.clone(), &beginning.secrets, Arc::new(Metrics::new()))
        };
        Ok(Self { state, beginning, runtime })
    }

    /// A store; none, if there is no state yet, which looking into it does not make.
    fn bucket(&self, store: &str) -> Result<Option<Bucket>, Failure> {
        let state = &self.beginning.settings.state;
        if state.redis.is_none() && matches!(state.path.try_exists(), Ok(false)) {
            return check(store).map(|()| None);
        }
        self.made(store).map(Some)
    }

    /// A store, and the state if there is none yet.
    fn made(&self, store: &str) -> Result<Bucket, Failure> {
        check(store)?;
        let _entered = self.runtime.enter();
        let backend = self.state.stores().map_err(Failure::other)?;
        Ok(Bucket::new(store, backend, &self.beginning.settings.state.quotas()))
    }

    fn keys(&self, store: &str) -> Result<Vec<String>, Failure> {
        let Some(bucket) = self.bucket(store)? else { return Ok(Vec::new()) };
        let (mut keys, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.wait(bucket.list(cursor))?;
            keys.extend(page.keys);
            cursor = page.cursor;
            if cursor.is_none() {
                keys.sort();
                keys.dedup();
                return Ok(keys);
            }
        }
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Trouble>>) -> Result<T, Failure> {
        self.runtime.block_on(answer).map_err(|trouble| match trouble {
            // Here nobody reads a log.
            Trouble::Unavailable(why) => Failure::other(format!("the store does not work: {why}")),
            trouble => Failure::other(trouble),
        })
    }
}

fn check(store: &str) -> Result<(), Failure> {
    if is_store_name(store) {
        return Ok(());
    }
    let rule = "write a letter or digit, then letters, digits, - _ and ., all lower-case, 64 at most";
    Err(Failure::usage(format!("{store:?} is not the name of a store: {rule}")))
}
