//! A host without sockets, for tests: functions in a folder of its own, loaded as `serve` loads them, and asked through the
//! function that the listener calls. The host's own tests, the crate `vestibule-test` and whoever has the host as a library
//! use it. It owns the folder and what is in it; no gate, no limit of a policy and no default is another than in
//! production. What is about connections has nothing to be about here, and components are compiled in this process, without
//! the bounds of `[compile]`.
//!
//! ```no_run
//! use http_body_util::Full;
//! use vestibule_host::testing::{LOCAL, Site};
//!
//! # async fn test() -> anyhow::Result<()> {
//! let site = Site::new()?;
//! site.file("hello.wasm", std::fs::read("target/functions/hello.wasm")?)?;
//! site.file("hello.toml", "access = \"public\"")?;
//! let host = site.start()?;
//! let request = http::Request::get("/hello?name=Ada").header("host", "localhost");
//! let answer = host.send(request.body(Full::from(""))?, LOCAL).await?;
//! assert_eq!((answer.status, host.instances()), (200, 1));
//! # Ok(())
//! # }
//! ```

pub mod log;

use std::fmt::Display;
use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use std::{fs, io};

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Body;
use http_body_util::BodyExt;
use tempfile::TempDir;

use crate::app::App;
use crate::config::{Overrides, Problems, Secrets, Settings};
use crate::kv::{Bucket, Quotas};
use crate::observe::metrics::Metrics;
use crate::pipeline;
use crate::reload::{Loaded, Reloader, SettingsSource};
use crate::route::Scan;
use crate::runtime::{Runtime, RuntimeSettings, verifiers_beside};

/// Where requests come from unless a test says otherwise: this machine.
pub const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A host that is being put together: a temporary folder with `functions/`, `secrets/` and `host.toml`.
pub struct Site {
    folder: TempDir,
    settings: String,
    cache: Option<PathBuf>,
    sandboxes: Option<u32>,
    verifiers: Option<u32>,
}

impl Site {
    /// One with an empty functions folder.
    ///
    /// # Errors
    ///
    /// If there is no temporary folder to be had.
    pub fn new() -> io::Result<Self> {
        // It holds secrets.
        let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir()?;
        fs::create_dir(folder.path().join("functions"))?;
        fs::create_dir(folder.path().join("secrets"))?;
        Ok(Self { folder, settings: String::new(), cache: None, sandboxes: None, verifiers: None })
    }

    /// Writes a file of the functions folder, making the folders on the way.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let path = self.functions().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)
    }

    /// Gives the host a secret.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn secret(&self, name: &str, value: impl AsRef<[u8]>) -> io::Result<()> {
        let file = self.folder.path().join("secrets").join(name);
        // For nobody else on this machine. Written anew, it keeps that.
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
        file.write_all(value.as_ref())
    }

    /// Sets the text of `host.toml`, without `[secrets]` and `[cache]`, which are added.
    pub fn settings(&mut self, text: &str) {
        text.clone_into(&mut self.settings);
    }

    /// Has compiled components kept in this folder, which several hosts may share; else where the user's hosts keep them.
    pub fn cache(&mut self, folder: &Path) {
        self.cache = Some(folder.to_owned());
    }

    /// Sets how many sandboxes there is room for, which may be fewer than the settings say: each reserves address space.
    pub fn sandboxes(&mut self, count: u32) {
        self.sandboxes = Some(count);
    }

    /// Sets how many sandboxes of verifiers there is room for.
    pub fn verifiers(&mut self, count: u32) {
        self.verifiers = Some(count);
    }

    /// The functions folder.
    pub fn functions(&self) -> PathBuf {
        self.folder.path().join("functions")
    }

    /// Loads the folder, as `serve` does. What is wrong with a function is no error here: see [`Host::problems`].
    ///
    /// # Errors
    ///
    /// If `host.toml` is wrong, or the engine cannot be made.
    pub fn start(self) -> Result<Host> {
        let file = self.folder.path().join("host.toml");
        let text = self.text()?;
        fs::write(&file, &text)?;
        let settings = Settings::check(&file, &text, &Overrides::default());
        let settings = settings.map_err(|rejected| anyhow!("{rejected}"))?;
        let secrets = Secrets::open(&settings.secrets).map_err(|problems| anyhow!("{problems}"))?;
        let metrics = Arc::new(Metrics::new());
        let instances = u32::try_from(settings.server.concurrency).unwrap_or(u32::MAX);
        let instances = self.sandboxes.unwrap_or(instances);
        let runtime = RuntimeSettings {
            instances,
            verifiers: self.verifiers.unwrap_or_else(|| verifiers_beside(instances)),
            cache: settings.cache.clone(),
            compile: settings.compile.clone(),
            compiler: None,
        };
        let runtime = Arc::new(Runtime::new(&runtime, Arc::clone(&metrics))?);
        let quotas = settings.state.quotas();
        let source = SettingsSource { file, overrides: Overrides::default() };
        let (reloader, loaded) = Reloader::load(source, settings, secrets, runtime, metrics)?;
        let Loaded { app, scan, unnamed, problems, warnings } = loaded;
        Ok(Host { app, scan, unnamed, problems, warnings, quotas, reloader: Mutex::new(reloader), folder: self.folder })
    }

    /// The text of `host.toml` as it is loaded.
    fn text(&self) -> Result<String> {
        let mut text = format!("{}\n[secrets]\ndir = \"secrets\"\nenv = false\n", self.settings);
        if let Some(folder) = &self.cache {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let folder = folder.to_str().context("the folder for compiled components is no text")?;
            text.push_str(&format!("[cache]\ndir = {}\n", toml::Value::from(folder)));
        }
        Ok(text)
    }
}

/// A host that answers. What it writes into its folder goes with it.
pub struct Host {
    /// The host without its sockets.
    pub app: Arc<App>,
    /// What the folder holds besides functions.
    pub scan: Scan,
    /// Verifiers that no policy names.
    pub unnamed: Vec<PathBuf>,
    /// What has to be mended.
    pub problems: Problems,
    /// What is weak.
    pub warnings: Problems,
    quotas: Quotas,
    reloader: Mutex<Reloader>,
    folder: TempDir,
}

impl Host {
    /// Sends a request from `client`, and takes the whole answer.
    ///
    /// # Errors
    ///
    /// If the answer breaks off.
    pub async fn send<B>(&self, request: Request<B>, client: IpAddr) -> Result<Answer>
    where
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Display,
    {
        let (head, mut body) = pipeline::handle(&self.app, request, client).await.into_parts();
        let mut taken = Vec::new();
        // Taken piece by piece, as a socket takes it: who keeps the pieces holds up whoever writes them.
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| anyhow!("the answer broke off: {error}"))?;
            if let Some(piece) = frame.data_ref() {
                taken.extend_from_slice(piece);
            }
        }
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: taken.into() })
    }

    /// How many sandboxes of functions there have been.
    pub fn instances(&self) -> u64 {
        self.app.metrics.instances_created()
    }

    /// The value of a series, written as the metrics have it; 0 if nothing has moved it yet.
    pub fn metric(&self, series: &str) -> u64 {
        let text = self.app.metrics.encode();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// A store, as a function that is granted it has it: to be filled, and to be looked into.
    ///
    /// # Errors
    ///
    /// If the state cannot be opened.
    pub fn store(&self, name: &str) -> Result<Bucket> {
        let reloader = self.reloader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Bucket::new(name, reloader.stores()?, &self.quotas))
    }

    /// Has the host look at its files `at` a moment; nothing else makes it look. Returns when it wants to look again.
    pub fn look(&self, at: Instant) -> Option<Instant> {
        self.reloader.lock().unwrap_or_else(PoisonError::into_inner).look(at)
    }

    /// The functions folder.
    pub fn functions(&self) -> PathBuf {
        self.folder.path().join("functions")
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}
