//! Who is measured, and with which request. The order is that of the table; the first is what the others are compared
//! with.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::load::Exchange;
use crate::server::{Announces, Server};
use crate::{payload, peer, tokens};

/// The secrets that the examples' policies name. They protect nothing: every process here listens on the loopback alone
/// and ends with the bench.
const SECRETS: [(&str, &str); 2] =
    [("GITHUB_WEBHOOK_SECRET", "the secret of the benchmark, for GitHub"), ("JWT_SECRET", tokens::SHARED)];

/// The functions that are measured, and what is added to their policies: the same delivery is sent again and again, and
/// has to run each time.
const FUNCTIONS: [(&str, &str); 2] = [("hello", ""), ("github-webhook", "replay = \"allow\"\n")];

/// The same function as the first, for callers whom one of the providers knows, and who ask no more often than anybody can.
const GUARDED: [&str; 2] = ["hs256", "es256"];

/// How many sandboxes each answer must have cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sandboxes {
    /// One: nothing was answered from anywhere else, and none was used twice.
    OneEach,
    /// None: it was refused before there was one.
    None,
}

/// One row of the table.
pub(crate) struct Subject {
    /// Its name there.
    pub(crate) name: &'static str,
    /// The process that answers.
    pub(crate) server: Arc<Server>,
    /// What it is asked, and how it must answer.
    pub(crate) exchange: Exchange,
    /// For the host: where its counters are, and how they must move.
    pub(crate) sandboxes: Option<(SocketAddr, Sandboxes)>,
}

/// All rows, and what is to be said about them.
pub(crate) struct Lineup {
    /// The rows.
    pub(crate) subjects: Vec<Subject>,
    /// The peer's version, if it takes part.
    pub(crate) peer: Option<String>,
    /// What is not measured, and why.
    pub(crate) skipped: Option<String>,
    /// The functions of the host, for as long as it runs.
    _functions: TempDir,
}

impl Lineup {
    /// Starts every server. `target` is cargo's target folder, where programs and functions lie.
    pub(crate) fn start(target: &Path) -> Result<Self> {
        let body = payload::push();
        let plain = |name, server: Server| {
            let address = first_address(&server)?;
            let request = payload::post(address, "/hello", &[], &body).into();
            let exchange = Exchange { address, request, status: 200 };
            Ok::<_, anyhow::Error>(Subject { name, server: Arc::new(server), exchange, sandboxes: None })
        };

        let mut subjects = vec![plain("bare hyper", bare()?)?];
        let (host, functions) = host(target)?;
        subjects.extend(host_rows(Arc::new(host), &body)?);
        let (peer, skipped) = match peer::start(target)? {
            Ok(found) => {
                for (name, server) in found.servers {
                    subjects.push(plain(name, server)?);
                }
                (Some(found.version), None)
            }
            Err(why) => (None, Some(why)),
        };
        Ok(Self { subjects, peer, skipped, _functions: functions })
    }
}

/// The host: a function without any check, the same for known callers within their limits, one with a signature that holds,
/// and that with one that does not.
fn host_rows(server: Arc<Server>, body: &[u8]) -> Result<[Subject; 5]> {
    let address = first_address(&server)?;
    let admin = *server.addresses.get(1).context("the host did not say where its counters are")?;
    let [(_, secret), ..] = SECRETS;
    let signed = payload::github_headers(body, secret)?;
    let forged = payload::github_headers(body, "a guess")?;
    let [hs256, es256] = tokens::headers()?;
    let row = |name, path, headers: &[_], status, sandboxes| Subject {
        name,
        server: Arc::clone(&server),
        exchange: Exchange { address, request: payload::post(address, path, headers, body).into(), status },
        sandboxes: Some((admin, sandboxes)),
    };
    Ok([
        row("host, hello", "/hello", &[], 200, Sandboxes::OneEach),
        row("host, hello, JWT HS256 + limit", "/hs256", &[hs256], 200, Sandboxes::OneEach),
        row("host, hello, JWT ES256 + limit", "/es256", &[es256], 200, Sandboxes::OneEach),
        row("host, GitHub webhook", "/github-webhook", &signed, 200, Sandboxes::OneEach),
        row("host, forged webhook (401)", "/github-webhook", &forged, 401, Sandboxes::None),
    ])
}

fn bare() -> Result<Server> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare");
    Server::start(command, Announces::OnStdout, 1)
}

fn host(target: &Path) -> Result<(Server, TempDir)> {
    let program = target.join("release/host");
    ensure!(program.is_file(), "{} is not there; `./just bench` builds it", program.display());
    let (built, folder) = (target.join("functions"), tempfile::tempdir()?);
    let functions = folder.path().join("functions");
    fs::create_dir(&functions)?;
    for (name, addition) in FUNCTIONS {
        let from = built.join(name).with_extension("wasm");
        fs::copy(&from, functions.join(name).with_extension("wasm"))
            .with_context(|| format!("{} is not there; `./just examples` builds it", from.display()))?;
        let policy = fs::read_to_string(from.with_extension("toml"))? + addition;
        fs::write(functions.join(name).with_extension("toml"), policy)?;
    }
    for provider in GUARDED {
        fs::copy(functions.join("hello.wasm"), functions.join(provider).with_extension("wasm"))?;
        let policy = format!(
            "[auth]\nproviders = [\"{provider}\"]\n[limit]\nrate = \"1000000/s\"\nburst = 10000\nby = \"subject\"\n"
        );
        fs::write(functions.join(provider).with_extension("toml"), policy)?;
    }
    fs::write(folder.path().join("host.toml"), tokens::providers())?;
    let mut command = Command::new(program);
    command.arg("serve").arg(functions).args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).envs(SECRETS);
    Ok((Server::start(command, Announces::OnStdout, 2)?, folder))
}

fn first_address(server: &Server) -> Result<SocketAddr> {
    server.addresses.first().copied().context("a server did not say where it listens")
}
