//! Shows what the host does at the door: starts it on the built examples, sends it real requests, true and forged, and
//! prints what it answered and how many sandboxes it made for that.
//!
//! `./just demo` builds what this needs and runs it.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use signatures::{Secret, SignRequest};

/// Keys of this demonstration: they protect nothing.
const GITHUB_SECRET: &str = "it's a secret between the demo and GitHub";
const JWT_SECRET: &str = "0123456789abcdef0123456789abcdef";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the host's crate is in no workspace")?;
    println!("$ host serve target/functions\n");
    let host = Host::start(&root.join("target/functions"))?;
    let push = std::fs::read(root.join("examples/github-webhook/payloads/push.json"))?;
    // The host remembers for a day what it has run, from one demonstration to the next: this push is a new one.
    let mut push: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&push)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    push.insert("sent".into(), json!(now.to_string()));
    let push = serde_json::to_vec(&push)?;

    let scheme = signatures::scheme("github")?;
    let secret = Secret::new("GITHUB_WEBHOOK_SECRET", GITHUB_SECRET);
    let signed = signatures::sign(scheme, Some(&secret), &SignRequest::new(&push, SystemTime::now()))?;
    let mut signed = signed.headers;
    signed.push(("x-github-event".into(), "push".into()));
    signed.push(("x-github-delivery".into(), "72d3162e-cc78-11e3-81ab-4c9367dc0958".into()));

    host.show("a real push from GitHub, signed with the right secret", "POST", "/github-webhook", &signed, &push, 200)?;
    host.show("the same push once more: it has run", "POST", "/github-webhook", &signed, &push, 200)?;
    let forged = String::from_utf8(push.clone())?.replace("refs/heads/master", "refs/heads/nastier").into_bytes();
    host.show(
        "the same push with another branch written in: forged",
        "POST",
        "/github-webhook",
        &signed,
        &forged,
        401,
    )?;
    host.show("no signature at all", "POST", "/github-webhook", &[], &push, 401)?;

    let bearer = |token: String| [("authorization".to_owned(), format!("Bearer {token}"))];
    host.show("a caller with the role", "GET", "/me", &bearer(token("editor", 3600)?), b"", 200)?;
    host.show("a caller without the role", "GET", "/me", &bearer(token("reader", 3600)?), b"", 403)?;
    host.show("a caller whose token has expired", "GET", "/me", &bearer(token("editor", -3600)?), b"", 401)?;
    println!("Every answer of 401 and 403 was given at the door: no sandbox was made for it.");
    Ok(())
}

/// A token of the provider in `examples/host.toml`, for somebody with this role, that expires in `seconds`.
fn token(role: &str, seconds: i64) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().cast_signed();
    let claims = json!({
        "iss": "https://auth.example", "aud": "vestibule-examples",
        "sub": "user-42", "roles": [role], "exp": now + seconds,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(JWT_SECRET.as_bytes());
    Ok(jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key)?)
}

/// A running host; ended when this is dropped.
struct Host {
    child: Child,
    requests: String,
    admin: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    fn start(functions: &Path) -> Result<Self> {
        let mut child = Command::new(binary()?)
            .arg("serve")
            .arg(functions)
            .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .env("GITHUB_WEBHOOK_SECRET", GITHUB_SECRET)
            .env("STRIPE_WEBHOOK_SECRET", "whsec_of_the_demo")
            .env("BANK_SECRET", "the bank's, of the demo")
            .env("WEBHOOK_SECRET", "the shop's, of the demo")
            .env("AUTH_JWT_SECRET", JWT_SECRET)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let mut address = |start: &str| -> Result<String> {
            let line = lines.next().ok_or("the host ended before it listened")??;
            Ok(line.strip_prefix(start).ok_or(format!("unexpected line: {line}"))?.to_owned())
        };
        let requests = address("listening on http://")?;
        let admin = address("admin on http://")?;
        Ok(Self { child, requests, admin })
    }

    /// Sends one request and prints what came of it.
    fn show(
        &self,
        what: &str,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
        expected: u16,
    ) -> Result<()> {
        let before = self.instances()?;
        let (status, answer) = send(&self.requests, method, path, headers, body)?;
        let after = self.instances()?;
        println!(
            "{what}\n  {method} {path} -> {status}\n  {}\n  sandboxes made: {before} -> {after}\n",
            answer.trim_end()
        );
        if status != expected {
            return Err(format!("{what}: expected {expected}").into());
        }
        Ok(())
    }

    fn instances(&self) -> Result<u64> {
        let (_, metrics) = send(&self.admin, "GET", "/metrics", &[], b"")?;
        let line = metrics.lines().find_map(|line| line.strip_prefix("vestibule_instances_created_total "));
        Ok(line.ok_or("no counter of instances")?.parse()?)
    }
}

/// The host's binary: cargo puts it one folder above the examples.
fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).ok_or("the demo is in no target folder")?;
    Ok(folder.join("host"))
}

/// One request over a connection of its own.
fn send(address: &str, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    )?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).ok_or("not an HTTP answer")?.parse()?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}
