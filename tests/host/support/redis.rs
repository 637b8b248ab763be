//! A Redis or Valkey for one test: on a free port of the loopback, in a folder of its own, behind a password. It keeps what it
//! was told when it is killed, and ends with the test.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The server's password.
pub(crate) const PASSWORD: &str = "a-password-of-these-tests";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server.
pub(crate) struct Redis {
    child: Option<Child>,
    folder: TempDir,
    port: u16,
    /// The port that speaks TLS, if one does.
    tls: Option<u16>,
    options: Vec<&'static str>,
}

impl Redis {
    /// One that writes down everything at once.
    pub(crate) fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// One with these options.
    pub(crate) fn with(options: &[&'static str]) -> Self {
        let mut server = Self::absent(options);
        server.again();
        server
    }

    /// One that is not there yet.
    pub(crate) fn absent(options: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { child: None, folder, port: free_port(), tls: None, options: options.to_vec() }
    }

    /// One that speaks TLS on another port, as `localhost`, with a certificate that nobody knows.
    pub(crate) fn with_tls() -> Self {
        let mut server = Self::absent(&["--appendonly", "yes"]);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = |kind: &str, der: &[u8]| {
            let text = STANDARD.encode(der);
            let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
        };
        std::fs::write(server.certificate(), pem("CERTIFICATE", made.cert.der())).unwrap();
        let key = pem("PRIVATE KEY", &made.signing_key.serialize_der());
        std::fs::write(server.folder.path().join("key.pem"), key).unwrap();
        server.tls = Some(free_port());
        server.again();
        server
    }

    /// Where its certificate is.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Where it is for who speaks TLS, with what opens it.
    pub(crate) fn tls_url(&self) -> String {
        format!("rediss://:{PASSWORD}@localhost:{}/0", self.tls.expect("it speaks TLS"))
    }

    /// Starts it, on the same port and with what it had written down.
    pub(crate) fn again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--requirepass", PASSWORD]).args(&self.options);
        if let Some(port) = self.tls {
            command.args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
            command.args([
                "--tls-cert-file",
                "cert.pem",
                "--tls-key-file",
                "key.pem",
                "--tls-ca-cert-file",
                "cert.pem",
            ]);
        }
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let until = Instant::now() + PATIENCE;
        while self.try_ask(&["PING"]).is_none_or(|answer| answer != "PONG") {
            assert!(Instant::now() < until, "the server does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it does not run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Has it stand still: connections stay open, and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Has it go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().expect("it does not run")), signal).unwrap();
    }

    /// Where it is, with what opens it.
    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    /// What it answers to a command: lists in lines, nothing as nothing.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        self.try_ask(words).expect("the server answers")
    }

    fn try_ask(&self, words: &[&str]) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        for command in [&["AUTH", PASSWORD][..], words] {
            let words: String = command.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
            stream.write_all(format!("*{}\r\n{words}", command.len()).as_bytes()).ok()?;
        }
        let mut reader = BufReader::new(stream);
        answer(&mut reader)?;
        answer(&mut reader)
    }

    /// The keys that begin so.
    pub(crate) fn keys(&self, start: &str) -> Vec<String> {
        self.ask(&["KEYS", &format!("{start}*")]).lines().map(str::to_owned).collect()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that nobody else is told of while the test runs, as long as there are others.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One answer of the protocol.
fn answer(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (kind, rest) = line.trim_end().split_at_checked(1)?;
    match kind {
        "+" | "-" | ":" => Some(rest.to_owned()),
        "$" if rest == "-1" => Some(String::new()),
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>().ok()? + 2];
            reader.read_exact(&mut bytes).ok()?;
            bytes.truncate(bytes.len() - 2);
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        "*" => (0..rest.parse::<usize>().ok()?)
            .map(|_| answer(reader))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join("\n")),
        _ => None,
    }
}

/// The server's program.
fn program() -> &'static str {
    let is_there =
        |name: &&str| ["/usr/bin", "/usr/local/bin"].iter().any(|folder| Path::new(folder).join(name).exists());
    let found = ["redis-server", "valkey-server"].into_iter().find(is_there);
    found.expect("no redis-server and no valkey-server: run tools/redis first")
}
