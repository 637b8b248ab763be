//! A host for one test: a functions folder of its own, the binary started on it, its output kept. Ports are free ones,
//! the process ends with the test. Knows nothing of HTTP.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take that has no time of its own: compiling on a busy machine is the slowest of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a host is started with: a folder on disk, an environment and options.
pub(crate) struct Site {
    folder: TempDir,
    environment: Vec<(String, String)>,
    options: Vec<String>,
    listen: String,
    address_space: Option<u32>,
}

impl Site {
    /// An empty functions folder, and no `host.toml` beside it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("functions")).unwrap();
        let listen = "127.0.0.1:0".to_owned();
        Self { folder, environment: Vec::new(), options: Vec::new(), listen, address_space: None }
    }

    /// Puts an example function in, with its policy: `hello`, `hostile/trap`.
    pub(crate) fn example(self, name: &str) -> Self {
        let policy = fs::read(built(name, "toml")).unwrap();
        self.component(name, name).file(&format!("{name}.toml"), policy)
    }

    /// Puts an example's component in under another name and without a policy.
    pub(crate) fn component(self, name: &str, put_as: &str) -> Self {
        let bytes = fs::read(built(name, "wasm")).unwrap();
        self.file(&format!("{put_as}.wasm"), bytes)
    }

    /// Writes a file of the functions folder.
    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.functions().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Writes `host.toml`.
    pub(crate) fn settings(self, text: &str) -> Self {
        fs::write(self.folder().join("host.toml"), text).unwrap();
        self
    }

    /// Gives the process a variable. It has none but these, `PATH` and a cache folder; what they hold is taken for
    /// secret (see [`Host::drop`]).
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the process options.
    pub(crate) fn options<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.options.extend(options.map(str::to_owned));
        self
    }

    /// Has it listen somewhere else than on a free port.
    pub(crate) fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address.to_string();
        self
    }

    /// Bounds the address space of the process.
    pub(crate) fn address_space_kib(mut self, kib: u32) -> Self {
        self.address_space = Some(kib);
        self
    }

    /// The folder that `host.toml` and the functions folder lie in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The functions folder.
    pub(crate) fn functions(&self) -> PathBuf {
        self.folder().join("functions")
    }

    /// Starts a host that is expected to serve, and waits until it does.
    pub(crate) fn start(self) -> Host {
        let mut child =
            self.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let announced = lines(child.stdout.take().unwrap());
        let log = Log::of(child.stderr.take().unwrap());
        let mut host = Host { child, log, address: String::new(), admin: String::new(), announced, site: Some(self) };
        host.address = host.announced("listening on http://");
        host.admin = host.announced("admin on http://");
        host
    }

    /// Runs a host that is expected to end by itself.
    pub(crate) fn run(&self) -> Ended {
        ended(self.command())
    }

    fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_host");
        let mut command = match self.address_space {
            None => Command::new(binary),
            Some(kib) => {
                let mut shell = Command::new("/bin/sh");
                shell.arg("-c").arg(format!("ulimit -v {kib}; exec \"$0\" \"$@\"")).arg(binary);
                shell
            }
        };
        command.arg("serve").arg(self.functions()).args(["--listen", &self.listen, "--admin", "127.0.0.1:0"]);
        clean(&mut command).args(&self.options).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// What is left of a process that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary with `arguments` to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
    clean(&mut command).args(arguments);
    ended(command)
}

fn ended(mut command: Command) -> Ended {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = lines(child.stdout.take().unwrap());
    let log = Log::of(child.stderr.take().unwrap());
    let status = wait(&mut child, PATIENCE).unwrap_or_else(|| {
        let _ = child.kill();
        let _ = child.wait();
        panic!("it was expected to end; its log:\n{}", log.text());
    });
    let stdout = out.iter().map(|line| line + "\n").collect();
    log.wait_for_end();
    Ended { code: status.code(), stdout, stderr: log.text() }
}

/// An environment that depends on nobody's, with one cache for all tests: what one has compiled the others need not.
fn clean(command: &mut Command) -> &mut Command {
    command.env_clear().env("PATH", "/usr/bin:/bin").env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
}

/// A file of the built examples.
pub(crate) fn built(name: &str, extension: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../target/functions/{name}.{extension}"));
    assert!(path.exists(), "{} is missing: run ./just examples first", path.display());
    path
}

/// A host that serves. It ends when this is dropped.
pub(crate) struct Host {
    child: Child,
    log: Arc<Log>,
    announced: Receiver<String>,
    /// Where it takes requests: address and port.
    pub(crate) address: String,
    /// Where the operator asks.
    pub(crate) admin: String,
    site: Option<Site>,
}

impl Host {
    fn announced(&self, start: &str) -> String {
        let line =
            self.next_announcement().unwrap_or_else(|| panic!("it did not start; its log:\n{}", self.log.text()));
        line.strip_prefix(start).unwrap_or_else(|| panic!("{line:?} does not start with {start:?}")).to_owned()
    }

    /// The next line on standard output; none once that is closed.
    pub(crate) fn next_announcement(&self) -> Option<String> {
        self.announced.recv_timeout(PATIENCE).ok()
    }

    /// Everything on standard error until now.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits for a line on standard error and returns it.
    pub(crate) fn wait_for_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.log.wait_for(|lines| lines.iter().find(|line| wanted(line)).cloned())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the process to end by itself; none if it has not within the time.
    pub(crate) fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, within)
    }

    /// Ends it, and returns what it was started with, and all that it wrote on standard error.
    pub(crate) fn stop(mut self) -> (Site, String) {
        self.signal(Signal::TERM);
        assert!(self.wait(PATIENCE).is_some(), "it did not stop; its log:\n{}", self.log.text());
        self.log.wait_for_end();
        (self.site.take().unwrap(), self.log.text())
    }
}

/// Ends the process, and holds of every run of every test that no secret that it was given is in its log.
impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the host's log:\n{}", self.log.text());
            return;
        }
        self.log.wait_for_end();
        let environment = self.site.iter().flat_map(|site| &site.environment);
        for (name, value) in environment.filter(|(_, value)| !value.is_empty()) {
            assert!(!self.log.text().contains(value), "the value of {name} is in the log:\n{}", self.log.text());
        }
    }
}

fn wait(child: &mut Child, within: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > until {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Standard error of a process, read as it comes so that the process never waits for its reader.
struct Log {
    written: Mutex<Written>,
    changed: Condvar,
}

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    ended: bool,
}

impl Log {
    fn of(stream: impl Read + Send + 'static) -> Arc<Self> {
        let log = Arc::new(Self { written: Mutex::default(), changed: Condvar::new() });
        let writer = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                writer.written.lock().unwrap().lines.push(String::from_utf8_lossy(&line).into_owned());
                writer.changed.notify_all();
            }
            writer.written.lock().unwrap().ended = true;
            writer.changed.notify_all();
        });
        log
    }

    fn text(&self) -> String {
        self.written.lock().unwrap().lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn wait_for<T>(&self, found: impl Fn(&[String]) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let mut written = self.written.lock().unwrap();
        loop {
            if let Some(found) = found(&written.lines) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            if written.ended || left.is_zero() {
                // Unlocked first: whoever reports the panic reads the log.
                drop(written);
                panic!("the line did not come; the log:\n{}", self.text());
            }
            written = self.changed.wait_timeout(written, left).unwrap().0;
        }
    }

    fn wait_for_end(&self) {
        let written = self.written.lock().unwrap();
        let (_written, wait) = self.changed.wait_timeout_while(written, PATIENCE, |written| !written.ended).unwrap();
        assert!(!wait.timed_out(), "standard error is still open");
    }
}
