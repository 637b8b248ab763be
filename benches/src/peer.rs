//! The nearest peer: `wasmtime serve`, which also gives every request of a component a fresh instance. Owns where it is
//! looked for and how it is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::server::{Announces, Server};

/// The guest that it serves, below cargo's target folder. Its source is beside this crate's, in `guest-wasi-http`.
const GUEST: &str = "guests/wasm32-wasip2/release/guest_wasi_http.wasm";

/// What its rows' names begin with.
pub(crate) const NAME: &str = "wasmtime serve";

/// Its version with a pool of instances, which is the least that a measurement of instances owes it; and then with the
/// memory kept that it otherwise gives back to the system after each request, as the host here does.
const TUNINGS: [(&str, &[&str]); 2] = [
    ("wasmtime serve, pool", &["-Opooling-allocator=y"]),
    (
        "wasmtime serve, pool that keeps memory",
        &[
            "-Opooling-allocator=y",
            "-Opooling-memory-keep-resident=2097152",
            "-Opooling-table-keep-resident=65536",
            "-Opooling-pagemap-scan=auto",
        ],
    ),
];

/// How to get it, for those who have none.
const INSTALL: &str = "cargo install wasmtime-cli --version 48.0.8 --locked --root target/tools --no-default-features \
    --features serve,run,compile,cranelift,pooling-allocator,parallel-compilation,component-model,component-model-async,\
    cache,wat,logging,wasi-http";

/// The peer as it was found.
pub(crate) struct Peer {
    /// What it calls itself.
    pub(crate) version: String,
    /// What it is called in the table, and its process.
    pub(crate) servers: Vec<(&'static str, Server)>,
}

/// Starts the peer, if there is one here; else says why it is not measured.
pub(crate) fn start(target: &Path) -> Result<Result<Peer, String>> {
    let Some(program) = find(target) else {
        return Ok(Err(format!(
            "wasmtime serve: there is no `wasmtime` on PATH or in target/tools/bin; to have it (10 to 20 minutes): {INSTALL}"
        )));
    };
    let guest = target.join(GUEST);
    if !guest.is_file() {
        return Ok(Err(format!("wasmtime serve: {} is not there; `./just bench` builds it", guest.display())));
    }
    let output = Command::new(&program).arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut servers = Vec::new();
    for (name, tuning) in TUNINGS {
        let mut command = Command::new(&program);
        command.args(["serve", "--addr", "127.0.0.1:0", "-Scli=y"]).args(tuning).arg(&guest);
        servers.push((name, Server::start(command, Announces::OnStderr, 1)?));
    }
    Ok(Ok(Peer { version, servers }))
}

fn find(target: &Path) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = env::split_paths(&path).chain([target.join("tools/bin")]);
    folders.find_map(|folder| Some(folder.join("wasmtime")).filter(|program| program.is_file()))
}
