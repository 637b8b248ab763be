//! The host that is bothered, with a functions folder of its own. Knows nothing of who bothers it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::load::Exchange;
use crate::server::{Announces, Server};

/// The functions: the good one, and those of the hostile guests.
const FUNCTIONS: [&str; 6] = [
    "hello",
    "hostile/endless-loop",
    "hostile/memory-bomb",
    "hostile/stdout-flood",
    "hostile/deep-recursion",
    "hostile/trap",
];

/// A running host. It ends, and its folder goes, when this is dropped.
pub(crate) struct Site {
    server: Server,
    folder: TempDir,
    address: SocketAddr,
    built: PathBuf,
}

impl Site {
    /// Starts the host that was built with this program, on a copy of the functions.
    pub(crate) fn start(target: &Path) -> Result<Self> {
        let built = target.join("functions");
        let folder = tempfile::tempdir()?;
        let functions = folder.path().join("functions");
        for name in FUNCTIONS {
            for extension in ["wasm", "toml"] {
                let file = format!("{name}.{extension}");
                let put_as = functions.join(&file);
                fs::create_dir_all(put_as.parent().context("a function lies in a folder")?)?;
                let from = built.join(&file);
                fs::copy(&from, put_as)
                    .with_context(|| format!("{} is not there; `./just examples` builds it", from.display()))?;
            }
        }
        let program = std::env::current_exe()?.with_file_name("host");
        let mut command = Command::new(program);
        command.arg("serve").arg(functions).args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        let server = Server::start(command, Announces::OnStdout, 2)?;
        let address = *server.addresses.first().context("the host did not say where it listens")?;
        Ok(Self { server, folder, address, built })
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.server.process()
    }

    /// Its functions folder.
    pub(crate) fn functions(&self) -> PathBuf {
        self.folder.path().join("functions")
    }

    /// The bytes of a built function.
    pub(crate) fn component(&self, name: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.built.join(name).with_extension("wasm"))?)
    }

    /// A request to it.
    pub(crate) fn exchange(&self, target: &str, method: &str, body: &[u8], status: u16) -> Exchange {
        let head =
            format!("{method} {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n", self.address, body.len());
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        Exchange { address: self.address, request: request.into(), status }
    }
}
