//! A server that is measured, as a process: starts it, learns where it listens, ends it. Knows nothing of what it serves.

use std::io::{self, BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::cpu;

/// Where a server writes the lines that say where it listens.
#[derive(Clone, Copy)]
pub(crate) enum Announces {
    /// On standard output; its log, on standard error, is thrown away.
    OnStdout,
    /// On standard error.
    OnStderr,
}

/// A running server. It is ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it answers: what it said first, then what it said next, as often as it was asked to say.
    pub(crate) addresses: Vec<SocketAddr>,
    /// From its start until it had said so.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts `command` and waits until it has named so many `addresses`.
    pub(crate) fn start(mut command: Command, announces: Announces, addresses: usize) -> Result<Self> {
        let shown = format!("{command:?}");
        let (stdout, stderr) = match announces {
            Announces::OnStdout => (Stdio::piped(), Stdio::null()),
            Announces::OnStderr => (Stdio::null(), Stdio::piped()),
        };
        // All alike: a backtrace for every error, where the caller's environment asks for it, slows some down.
        command.env("RUST_BACKTRACE", "0").env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let start = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start {shown}"))?;
        let mut server = Self { child, addresses: Vec::new(), ready_after: Duration::ZERO };

        let stdout = server.child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let stderr = server.child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>);
        let mut lines = BufReader::new(stdout.or(stderr).context("the server's output is not a pipe")?);
        let mut line = String::new();
        while server.addresses.len() < addresses {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                anyhow::bail!("a server ended before it listened; to see why, run: {shown}");
            }
            server.addresses.extend(announced(&line));
        }
        server.ready_after = start.elapsed();
        // Whatever else it writes: a full pipe would stop it.
        std::thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
        Ok(server)
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The processor time that it has used, where the system says.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        cpu::used(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of the URL in a line, as in `listening on http://127.0.0.1:8080/`.
fn announced(line: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once("http://")?;
    url.split('/').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_address_in_a_line() {
        let address = "127.0.0.1:8080".parse().ok();
        assert_eq!(announced("listening on http://127.0.0.1:8080\n"), address);
        assert_eq!(announced("Serving HTTP on http://127.0.0.1:8080/\n"), address);
        assert_eq!(announced("loading functions\n"), None);
    }

    #[test]
    fn says_so_if_a_server_ends_at_once() {
        let started = Server::start(Command::new("true"), Announces::OnStdout, 1);
        assert!(started.err().unwrap().to_string().contains("ended before it listened"));
    }
}
