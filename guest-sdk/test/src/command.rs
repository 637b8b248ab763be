//! The backend that starts the command: `host serve` on a free port, in a temporary folder. Owns the folder, what the command
//! is started with and the requests to it; the process itself and what it writes is [`process`](crate::process)'s business.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tempfile::TempDir;
use ureq::http;

use crate::answer::{Raw, Record};
use crate::backend::{INSTANCES, Serves};
use crate::process::Process;
use crate::request::Outgoing;
use crate::site::Site;
use crate::{Error, find};

/// How long an answer may take: longer than a function may, unless its policy says so.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most of an answer that is taken: more than any policy allows.
const LARGEST: u64 = 256 << 20;

/// The command, and the folder that it serves.
pub(crate) struct Command {
    program: PathBuf,
    folder: TempDir,
    agent: ureq::Agent,
    state: Mutex<State>,
    /// Held by those who ask the process, and alone by who ends it.
    asked: RwLock<()>,
}

struct State {
    /// None while somebody looks into the stores.
    process: Option<Process>,
    /// Sandboxes of the processes before this one.
    instances: u64,
}

impl Command {
    pub(crate) fn start(site: &Site) -> Result<Self, Error> {
        let program = find::host()?;
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("vestibule-test-").permissions(own).tempdir();
        let folder = folder.map_err(Error::of("no temporary folder to be had"))?;
        for (path, bytes) in &site.files {
            write(&folder, &format!("functions/{path}"), bytes)?;
        }
        for (name, value) in &site.secrets {
            write(&folder, &format!("secrets/{name}"), value)?;
        }
        let settings = format!("{}\n[secrets]\ndir = \"secrets\"\nenv = false\n", site.settings);
        write(&folder, "host.toml", settings.as_bytes())?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            // A host that is told to end waits for connections that are open, if not for long.
            .max_idle_connections(0)
            .proxy(None)
            .user_agent("vestibule-test")
            .accept("")
            .accept_encoding("")
            .timeout_global(Some(PATIENCE));
        let agent = config.build().new_agent();
        let command = Self {
            program,
            folder,
            agent,
            state: Mutex::new(State { process: None, instances: 0 }),
            asked: RwLock::new(()),
        };
        for (store, entries) in &site.seeds {
            for (key, value) in entries {
                command.set(store, key, value)?;
            }
        }
        drop(command.running()?);
        Ok(command)
    }

    /// The command with these arguments, in an environment that holds nothing but what it needs: where programs are, and where
    /// what it has compiled is kept.
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        for name in ["PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// The process, started if it does not run.
    fn running(&self) -> Result<MutexGuard<'_, State>, Error> {
        let mut state = self.state();
        if state.process.is_none() {
            let arguments =
                ["serve", "functions", "--config", "host.toml", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
            let mut command = self.command(&arguments);
            // All that functions say is kept, whatever the settings' level.
            command.args(["--log-format", "json", "--stop-with-stdin"]).env("RUST_LOG", "info,vestibule::guest=trace");
            state.process = Some(Process::start(command)?);
        }
        Ok(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the process, so that the state's file is nobody's, and runs `host store`. Returns what it wrote, and none where it
    /// says that there is no such key.
    fn store(&self, arguments: &[&str], input: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let _alone = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        if let Some(process) = state.process.take() {
            let count = self.series(process.admin(), INSTANCES)?;
            state.instances += count;
            process.stop()?;
        }
        let place = ["--functions", "functions", "--config", "host.toml"];
        let mut command = self.command(&["store"]);
        command.args(place).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Error::of(self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may well end without having read it; then it says why.
            let _ = std::io::Write::write_all(&mut stdin, input);
        }
        let ended = child.wait_with_output().map_err(Error::of(self.program.display()))?;
        if ended.status.success() {
            return Ok(Some(ended.stdout));
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        if ended.status.code() == Some(1) && said.contains(" has no key ") {
            return Ok(None);
        }
        Err(Error::new(format!("host store {}: {}", arguments.first().unwrap_or(&""), said.trim_end())))
    }

    fn set(&self, store: &str, key: &str, value: &[u8]) -> Result<(), Error> {
        self.store(&["set", "--", store, key, "-"], value).map(drop)
    }

    fn series(&self, admin: &str, series: &str) -> Result<u64, Error> {
        let answer = self.agent.get(format!("http://{admin}/metrics")).call();
        let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
        let text = text.map_err(|error| Error::new(format!("the host's metrics: {error}")))?;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        Ok(value.and_then(|value| value.parse().ok()).unwrap_or_default())
    }

    fn ask(&self, address: &str, request: &Outgoing) -> Result<Raw, Error> {
        let Outgoing { method, target, headers, body } = request;
        let wrong = |error: &dyn std::fmt::Display| Error::new(format!("{method} {target}: {error}"));
        let mut built = http::Request::builder().method(method.as_str()).uri(format!("http://{address}{target}"));
        for (name, value) in headers {
            built = built.header(name, value);
        }
        let answer = if body.is_empty() && matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            self.agent.run(built.body(()).map_err(|error| wrong(&error))?)
        } else {
            self.agent.run(built.body(body.clone()).map_err(|error| wrong(&error))?)
        };
        let (head, body) = answer.map_err(|error| wrong(&error))?.into_parts();
        let text = |value: &http::HeaderValue| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
        };
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = body.into_with_config().limit(LARGEST).read_to_vec().map_err(|error| wrong(&error))?;
        Ok(Raw { status: head.status.as_u16(), headers, body })
    }
}

impl Serves for Command {
    fn send(&self, request: &Outgoing) -> Result<(Raw, Vec<Record>), Error> {
        let _asked = self.asked.read().unwrap_or_else(PoisonError::into_inner);
        let (address, log) = {
            let state = self.running()?;
            let process = state.process.as_ref().ok_or_else(|| Error::new("the host does not run"))?;
            (process.address().to_owned(), process.log())
        };
        let raw = self.ask(&address, request).map_err(|error| log.explain(error))?;
        let records = match raw.id() {
            Some(id) => log.of_request(id)?,
            // A refusal by the parser of HTTP has none.
            None => Vec::new(),
        };
        Ok((raw, records))
    }

    fn metric(&self, series: &str) -> Result<u64, Error> {
        let admin = {
            let state = self.running()?;
            state.process.as_ref().map(|process| process.admin().to_owned()).unwrap_or_default()
        };
        self.series(&admin, series)
    }

    fn instances(&self) -> Result<u64, Error> {
        let now = self.metric(INSTANCES)?;
        Ok(self.state().instances + now)
    }

    fn problems(&self) -> Vec<String> {
        self.running()
            .ok()
            .and_then(|state| state.process.as_ref().map(|process| process.log().problems()))
            .unwrap_or_default()
    }

    fn value(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store(&["get", "--", store, key], b"")
    }

    fn keys(&self, store: &str) -> Result<Vec<String>, Error> {
        let keys = self.store(&["keys", "--format", "json", "--", store], b"")?.unwrap_or_default();
        serde_json::from_slice(&keys).map_err(|error| Error::new(format!("the keys of a store: {error}")))
    }

    fn put(&self, store: &str, key: &str, value: &[u8]) -> Result<(), Error> {
        self.set(store, key, value)
    }
}

fn write(folder: &TempDir, path: &str, bytes: &[u8]) -> Result<(), Error> {
    let file = folder.path().join(path);
    if let Some(above) = file.parent() {
        fs::create_dir_all(above).map_err(Error::of(above.display()))?;
    }
    if path.starts_with("secrets/") {
        return private(&file, bytes);
    }
    fs::write(&file, bytes).map_err(Error::of(file.display()))
}

/// Writes a secret: for nobody else on this machine.
fn private(file: &std::path::Path, bytes: &[u8]) -> Result<(), Error> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    opened.and_then(|mut opened| opened.write_all(bytes)).map_err(Error::of(file.display()))
}
