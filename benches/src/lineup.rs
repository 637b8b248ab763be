//! Who is measured, and with which request. The order is that of the table; the first is what the others are compared
//! with.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::load::Exchange;
use crate::server::{Announces, Server};
use crate::site::{Built, Draft, PUBLIC, Site};
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

/// The row that is the same function as the peer's.
pub(crate) const HELLO: &str = "host, hello";

/// How many rows there are where nobody is missing.
pub(crate) const SUBJECTS: usize = 9;

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
    /// The host, with its functions folder.
    _host: Site,
}

impl Lineup {
    /// Starts every server. `target` is cargo's target folder, where programs and functions lie.
    pub(crate) fn start(target: &Path) -> Result<Self> {
        let body = payload::push();
        let plain = |name, server: Server| {
            let address = first_address(&server)?;
            let exchange = Exchange::new(address, payload::post(address, "/hello", &[], &body), 200);
            Ok::<_, anyhow::Error>(Subject { name, server: Arc::new(server), exchange, sandboxes: None })
        };

        let mut subjects = vec![plain("bare hyper", bare()?)?];
        let host = host(Built(target))?;
        subjects.extend(host_rows(&host, &body)?);
        let (peer, skipped) = match peer::start(target)? {
            Ok(found) => {
                for (name, server) in found.servers {
                    subjects.push(plain(name, server)?);
                }
                (Some(found.version), None)
            }
            Err(why) => (None, Some(why)),
        };
        Ok(Self { subjects, peer, skipped, _host: host })
    }
}

/// The host: a function without any check, the same as anyone would build it, the first for known callers within their
/// limits, one with a signature that holds, and that with one that does not.
fn host_rows(site: &Site, body: &[u8]) -> Result<[Subject; 6]> {
    let [(_, secret), ..] = SECRETS;
    let signed = payload::github_headers(body, secret)?;
    let forged = payload::github_headers(body, "a guess")?;
    let [hs256, es256] = tokens::headers()?;
    let row = |name, path, headers: &[_], status, sandboxes| Subject {
        name,
        server: Arc::clone(site.server()),
        exchange: site.post(path, headers, body, status),
        sandboxes: Some((site.admin(), sandboxes)),
    };
    Ok([
        row(HELLO, "/hello", &[], 200, Sandboxes::OneEach),
        row("host, hello, plain wasip2", "/plain", &[], 200, Sandboxes::OneEach),
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

fn host(built: Built<'_>) -> Result<Site> {
    let mut draft = Draft::new(built)?.settings(&tokens::providers()).secrets(&SECRETS);
    for (name, addition) in FUNCTIONS {
        draft = draft.function(name, &built.example(name)?, &(built.policy(name)? + addition))?;
    }
    draft = draft.function("plain", &built.plain()?, PUBLIC)?;
    for provider in GUARDED {
        let policy = format!(
            "[auth]\nproviders = [\"{provider}\"]\n[limit]\nrate = \"1000000/s\"\nburst = 10000\nby = \"subject\"\n"
        );
        draft = draft.function(provider, &built.example("hello")?, &policy)?;
    }
    draft.start()
}

fn first_address(server: &Server) -> Result<SocketAddr> {
    server.addresses.first().copied().context("a server did not say where it listens")
}
