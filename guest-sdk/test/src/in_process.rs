//! The backend that is the host itself, as a library: the same pipeline without its sockets, in the test's own process. Owns
//! the runtime that it runs on, so that tests need none and may have one of their own.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use tokio::runtime::Runtime;
use vestibule_host::config::is_store_name;
use vestibule_host::kv::Bucket;
use vestibule_host::testing::{self, LOCAL, log};

use crate::Error;
use crate::answer::{ACCESS, Raw, Record};
use crate::backend::{INSTANCES, Serves};
use crate::process::level;
use crate::request::Outgoing;
use crate::site::Site;

/// How long an answer may take: longer than a function may, unless its policy says so.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the log's last line about a request may take after its answer.
const LOG: Duration = Duration::from_secs(10);

/// What is said where the log cannot be read.
const SILENT: &str = "this process keeps a log of its own with `tracing`, so what the host's log says of it cannot be read: \
                      run this test with Backend::Command, or without that log";

/// The name by which requests ask for this machine.
const HOST: &str = "localhost";

/// A host without sockets.
pub(crate) struct InProcess {
    host: std::sync::Arc<testing::Host>,
    /// Taken when this is dropped.
    runtime: Option<Runtime>,
}

impl InProcess {
    pub(crate) fn start(site: &Site) -> Result<Self, Error> {
        log::capture();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(Error::of("no threads for the host"))?;
        let host = {
            let _entered = runtime.enter();
            load(site)?
        };
        let this = Self { host: std::sync::Arc::new(host), runtime: Some(runtime) };
        for (store, entries) in &site.seeds {
            for (key, value) in entries {
                this.put(store, key, value)?;
            }
        }
        Ok(this)
    }

    /// Waits for what runs on the host's own threads: this one may be a runtime's, which must not be held up by another.
    fn wait<T: Send + 'static>(&self, what: impl Future<Output = T> + Send + 'static) -> Result<T, Error> {
        let (tell, told) = mpsc::channel();
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::new("the host has ended"))?;
        runtime.spawn(async move { tell.send(what.await) });
        told.recv_timeout(PATIENCE).map_err(|error| match error {
            mpsc::RecvTimeoutError::Timeout => Error::new(format!("no answer within {PATIENCE:?}")),
            mpsc::RecvTimeoutError::Disconnected => Error::new("the host panicked over it; its message is above"),
        })
    }

    fn bucket(&self, store: &str) -> Result<Bucket, Error> {
        if !is_store_name(store) {
            return Err(Error::new(format!("{store:?} is not the name of a store")));
        }
        self.host.store(store).map_err(|error| Error::new(format!("{error:#}")))
    }
}

fn load(site: &Site) -> Result<testing::Host, Error> {
    let put = || -> Result<testing::Host, Box<dyn std::error::Error>> {
        let mut folder = testing::Site::new()?;
        for (path, bytes) in &site.files {
            folder.file(path, bytes)?;
        }
        for (name, value) in &site.secrets {
            folder.secret(name, value)?;
        }
        folder.settings(&site.settings);
        Ok(folder.start()?)
    };
    put().map_err(|error| Error::new(format!("the host does not start: {error:#}")))
}

impl Serves for InProcess {
    fn send(&self, request: &Outgoing) -> Result<(Raw, Vec<Record>), Error> {
        let Outgoing { method, target, headers, body } = request;
        let wrong = |error: String| Error::new(format!("{method} {target}: {error}"));
        let mut built = http::Request::builder().method(method.as_str()).uri(target.as_str());
        // What the other backend's client sends by itself: a function sees it.
        let length = body.len().to_string();
        let has_body = !body.is_empty() || matches!(method.as_str(), "POST" | "PUT" | "PATCH");
        let length = has_body.then_some(("content-length", length.as_str()));
        for (name, value) in [("host", HOST), ("user-agent", "vestibule-test")].into_iter().chain(length) {
            if !headers.iter().any(|(own, _)| own == name) {
                built = built.header(name, value);
            }
        }
        for (name, value) in headers {
            built = built.header(name, value);
        }
        let built = built.body(Full::new(Bytes::from(body.clone()))).map_err(|error| wrong(error.to_string()))?;
        let host = std::sync::Arc::clone(&self.host);
        let answer =
            self.wait(async move { host.send(built, LOCAL).await })?.map_err(|error| wrong(error.to_string()))?;
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let headers = answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())));
        let raw = Raw { status: answer.status, headers: headers.collect(), body: answer.body.to_vec() };
        let lines = raw.id().map(|id| log::wait_for_access(id, LOG)).unwrap_or_default();
        let records: Vec<Record> = lines.iter().filter_map(record).collect();
        if raw.id().is_some() && !records.iter().any(|record| record.target == ACCESS) {
            return Err(wrong(SILENT.into()));
        }
        Ok((raw, records))
    }

    fn metric(&self, series: &str) -> Result<u64, Error> {
        if series == INSTANCES {
            return Ok(self.host.instances());
        }
        Ok(self.host.metric(series))
    }

    fn problems(&self) -> Vec<String> {
        self.host.problems.iter().map(ToString::to_string).collect()
    }

    fn value(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let (bucket, key) = (self.bucket(store)?, key.to_owned());
        self.wait(async move { bucket.get(key).await })?.map_err(Error::new)
    }

    fn keys(&self, store: &str) -> Result<Vec<String>, Error> {
        let bucket = self.bucket(store)?;
        let listed = self.wait(async move {
            let (mut keys, mut cursor) = (Vec::new(), None);
            loop {
                let page = bucket.list(cursor).await?;
                keys.extend(page.keys);
                cursor = page.cursor;
                if cursor.is_none() {
                    return Ok(keys);
                }
            }
        })?;
        let mut keys = listed.map_err(|trouble: vestibule_host::kv::Trouble| Error::new(trouble))?;
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    fn put(&self, store: &str, key: &str, value: &[u8]) -> Result<(), Error> {
        let (bucket, key, value) = (self.bucket(store)?, key.to_owned(), value.to_vec());
        self.wait(async move { bucket.set(key, value, None).await })?.map_err(Error::new)
    }
}

/// A line, as the other backend reads it from the log.
fn record(line: &log::Line) -> Option<Record> {
    let fields = line.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Record { level: level(line.level.as_str())?, target: line.target.to_owned(), fields })
}

/// A test may be a runtime's own task, in which no other runtime may be waited for.
impl Drop for InProcess {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
