//! A host of the bench's own: a functions folder, settings, secrets, the process. Knows nothing of who asks it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::load::Exchange;
use crate::payload;
use crate::server::{Announces, Server};

/// The policy of a function that anyone may call.
pub(crate) const PUBLIC: &str = "access = \"public\"\n";

/// The example `hello`, built for the contract with plain `wit-bindgen`, below cargo's target folder. Its source is beside
/// this crate's, in `guest-plain`.
const PLAIN: &str = "guests/wasm32-wasip2/release/guest_plain.wasm";

/// A guest that computes for as long as it is told, from the same package.
const COMPUTING: &str = "guests/wasm32-wasip2/release/examples/computing.wasm";

/// What was built and lies in cargo's target folder.
#[derive(Clone, Copy)]
pub(crate) struct Built<'a>(pub(crate) &'a Path);

impl Built<'_> {
    /// The component of an example.
    pub(crate) fn example(self, name: &str) -> Result<Vec<u8>> {
        read(&self.0.join("functions").join(name).with_extension("wasm"))
    }

    /// The policy of an example.
    pub(crate) fn policy(self, name: &str) -> Result<String> {
        Ok(String::from_utf8(read(&self.0.join("functions").join(name).with_extension("toml"))?)?)
    }

    /// What greets as `hello` does, built without anything of the SDK.
    pub(crate) fn plain(self) -> Result<Vec<u8>> {
        read(&self.0.join(PLAIN))
    }

    /// What computes as many turns as the query says.
    pub(crate) fn computing(self) -> Result<Vec<u8>> {
        read(&self.0.join(COMPUTING))
    }

    /// Where compiled components are kept from run to run.
    pub(crate) fn cache(self) -> PathBuf {
        self.0.join("bench-cache")
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}; `./just bench` builds it", file.display()))
}

/// A host that is being put together.
pub(crate) struct Draft {
    folder: TempDir,
    cache: PathBuf,
    settings: String,
    secrets: Vec<(&'static str, &'static str)>,
}

impl Draft {
    /// With no function yet.
    pub(crate) fn new(built: Built<'_>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("functions"))?;
        Ok(Self { folder, cache: built.cache(), settings: String::new(), secrets: Vec::new() })
    }

    /// Puts a function into the folder: `name.wasm`, and its policy beside it.
    pub(crate) fn function(self, name: &str, component: &[u8], policy: &str) -> Result<Self> {
        let file = self.functions().join(name).with_extension("wasm");
        fs::create_dir_all(file.parent().context("a function lies in a folder")?)?;
        fs::write(file.with_extension("toml"), policy)?;
        fs::write(file, component)?;
        Ok(self)
    }

    /// Puts an example into the folder, with its own policy.
    pub(crate) fn example(self, built: Built<'_>, name: &str) -> Result<Self> {
        self.function(name, &built.example(name)?, &built.policy(name)?)
    }

    /// The text of `host.toml`, to which the cache is added.
    pub(crate) fn settings(mut self, text: &str) -> Self {
        text.clone_into(&mut self.settings);
        self
    }

    /// Keeps what is compiled in a folder of its own, which goes with it: it knows no component yet.
    pub(crate) fn with_own_cache(mut self) -> Self {
        self.cache = self.folder.path().join("cache");
        self
    }

    /// What policies and settings name.
    pub(crate) fn secrets(mut self, secrets: &[(&'static str, &'static str)]) -> Self {
        self.secrets = secrets.to_vec();
        self
    }

    /// The functions folder.
    pub(crate) fn functions(&self) -> PathBuf {
        self.folder.path().join("functions")
    }

    /// Writes `host.toml` and returns where it is.
    pub(crate) fn write_settings(&self) -> Result<PathBuf> {
        let file = self.folder.path().join("host.toml");
        fs::write(&file, format!("{}\n[cache]\ndir = '{}'\n", self.settings, self.cache.display()))?;
        Ok(file)
    }

    /// Starts the host that was built with this program.
    pub(crate) fn start(self) -> Result<Site> {
        let server = Arc::new(self.serve()?);
        let [address, admin] = server.addresses[..] else { anyhow::bail!("the host did not say where it listens") };
        Ok(Site { server, draft: self, address, admin })
    }

    /// The host's process.
    fn serve(&self) -> Result<Server> {
        let program = std::env::current_exe()?.with_file_name("host");
        ensure!(program.is_file(), "{} is not there; `./just bench` builds it", program.display());
        let settings = self.write_settings()?;
        let mut command = Command::new(program);
        command.arg("serve").arg(self.functions()).arg("--config").arg(settings);
        command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).envs(self.secrets.iter().copied());
        Server::start(command, Announces::OnStdout, 2)
    }
}

/// A running host. It ends, and its folder goes, when this is dropped.
pub(crate) struct Site {
    server: Arc<Server>,
    draft: Draft,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Site {
    /// Its process.
    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its counters are.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Its functions folder.
    pub(crate) fn functions(&self) -> PathBuf {
        self.draft.functions()
    }

    /// Ends its process and starts it again on the same folder.
    pub(crate) fn restart(self) -> Result<Self> {
        let Self { server, draft, .. } = self;
        drop(server);
        draft.start()
    }

    /// A request without a body, and the status of its answer.
    pub(crate) fn get(&self, target: &str, status: u16) -> Exchange {
        let head = format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        Exchange::new(self.address, head.into_bytes(), status)
    }

    /// A request as the benchmark sends it, and the status of its answer.
    pub(crate) fn post(&self, path: &str, headers: &[(String, String)], body: &[u8], status: u16) -> Exchange {
        Exchange::new(self.address, payload::post(self.address, path, headers, body), status)
    }
}
