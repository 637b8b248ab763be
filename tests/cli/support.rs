//! A host for one test: a functions folder of its own, the binary started on it, its output kept. Ports are free ones,
//! the process ends with the test. Knows nothing of HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) use crate::process::{Ended, ended, run};
use crate::process::{Output, clean, wait};

/// How long anything may take that has no time of its own: compiling on a busy machine is the slowest of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a host is started with: a folder on disk, an environment and options.
pub(crate) struct Site {
    folder: TempDir,
    environment: Vec<(String, String)>,
    secrets: Vec<String>,
    options: Vec<String>,
    listen: String,
    ulimit: Option<(char, u32)>,
    is_log_read: bool,
}

impl Site {
    /// An empty functions folder, and no `host.toml` beside it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("functions")).unwrap();
        let listen = "127.0.0.1:0".to_owned();
        Self {
            folder,
            environment: Vec::new(),
            secrets: Vec::new(),
            options: Vec::new(),
            listen,
            ulimit: None,
            is_log_read: true,
        }
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

    /// Gives the process a variable. It has none but these, `PATH` and a cache folder.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the process a secret, as a variable.
    pub(crate) fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push(value.to_owned());
        self.env(name, value)
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

    /// Nobody reads what it writes on standard error.
    pub(crate) fn unread_log(mut self) -> Self {
        self.is_log_read = false;
        self
    }

    /// Bounds the address space of the process.
    pub(crate) fn address_space_kib(mut self, kib: u32) -> Self {
        self.ulimit = Some(('v', kib));
        self
    }

    /// Bounds the memory that the process may write to.
    pub(crate) fn data_kib(mut self, kib: u32) -> Self {
        self.ulimit = Some(('d', kib));
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
        let mut host = Host::spawned(self.command(), self.is_log_read);
        host.site = Some(self);
        host.serves()
    }

    /// Runs a host that is expected to end by itself.
    pub(crate) fn run(&self) -> Ended {
        ended(self.command())
    }

    /// Runs another command about this site than `serve`, in the same environment, to its end.
    pub(crate) fn look(&self, command: &str, options: &[&str]) -> Ended {
        let mut process = Command::new(env!("CARGO_BIN_EXE_host"));
        process.arg(command).arg(self.functions()).args(options);
        clean(&mut process).envs(self.environment.iter().map(|(name, value)| (name, value)));
        ended(process)
    }

    /// Calls a function of this site without a server.
    pub(crate) fn invoke(&self, name: &str, options: &[&str]) -> Ended {
        let mut process = Command::new(env!("CARGO_BIN_EXE_host"));
        process.arg("invoke").arg(name).arg(self.functions()).args(options);
        clean(&mut process).envs(self.environment.iter().map(|(name, value)| (name, value)));
        ended(process)
    }

    /// Runs the binary with `arguments` in the environment of this site, to its end.
    pub(crate) fn run_with(&self, arguments: &[&str]) -> Ended {
        let mut process = Command::new(env!("CARGO_BIN_EXE_host"));
        clean(process.args(arguments)).envs(self.environment.iter().map(|(name, value)| (name, value)));
        ended(process)
    }

    fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_host");
        let mut command = match self.ulimit {
            None => Command::new(binary),
            Some((limit, kib)) => {
                let mut shell = Command::new("/bin/sh");
                shell.arg("-c").arg(format!("ulimit -{limit} {kib}; exec \"$0\" \"$@\"")).arg(binary);
                shell
            }
        };
        command.arg("serve").arg(self.functions()).args(["--listen", &self.listen, "--admin", "127.0.0.1:0"]);
        clean(&mut command).args(&self.options).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
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
    log: Arc<Output>,
    out: Arc<Output>,
    /// Where it takes requests: address and port.
    pub(crate) address: String,
    /// Where the operator asks.
    pub(crate) admin: String,
    site: Option<Site>,
    /// The other end of its standard error, where nobody reads it.
    _unread: Option<ChildStderr>,
}

impl Host {
    /// A host that `command` starts, and that is expected to serve.
    pub(crate) fn started(command: Command) -> Self {
        Self::spawned(command, true).serves()
    }

    /// A host that `command` starts, and that need not serve yet.
    pub(crate) fn spawned(mut command: Command, is_log_read: bool) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = Output::of(child.stdout.take().unwrap());
        let stderr = child.stderr.take().unwrap();
        let (log, unread) =
            if is_log_read { (Output::of(stderr), None) } else { (Output::of(std::io::empty()), Some(stderr)) };
        Self { child, log, out, address: String::new(), admin: String::new(), site: None, _unread: unread }
    }

    /// Waits until it serves.
    fn serves(mut self) -> Self {
        self.address = self.announced("listening on http://");
        self.admin = self.announced("admin on http://");
        self
    }

    fn announced(&self, start: &str) -> String {
        let line = self.out.wait_for(|lines| lines.iter().find_map(|line| line.strip_prefix(start)).map(str::to_owned));
        line.unwrap_or_else(|| panic!("it did not say {start:?}"))
    }

    /// Everything on standard output until now.
    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    /// Everything on standard error until now.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits for a line on standard error and returns it.
    pub(crate) fn wait_for_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        let line = self.log.wait_for(|lines| lines.iter().find(|line| wanted(line)).cloned());
        line.expect("a line that did not come")
    }

    /// Runs another command about the same site, while this host runs.
    pub(crate) fn look(&self, command: &str, options: &[&str]) -> Ended {
        self.site.as_ref().expect("only `stop` gives the site away").look(command, options)
    }

    /// Calls a function of the same site in a process of its own, while this host runs.
    pub(crate) fn invoke(&self, name: &str, options: &[&str]) -> Ended {
        self.site.as_ref().expect("only `stop` gives the site away").invoke(name, options)
    }

    /// The functions folder.
    pub(crate) fn functions(&self) -> PathBuf {
        self.site.as_ref().map(Site::functions).expect("only `stop` gives the site away")
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the process to end by itself; none if it has not within the time.
    pub(crate) fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        wait(&mut self.child, within)
    }

    /// No secret that the ended process was given is in its log.
    fn keeps_secrets(&self) {
        let log = self.log.whole();
        let secrets = self.site.iter().flat_map(|site| &site.secrets);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            assert!(!log.contains(secret), "a secret is in the log:\n{log}");
        }
    }

    /// Ends it without a word, and returns what it was started with.
    pub(crate) fn kill(mut self) -> Site {
        self.signal(Signal::KILL);
        assert!(self.wait(PATIENCE).is_some());
        self.keeps_secrets();
        self.site.take().unwrap()
    }

    /// Ends it, and returns what it was started with, and all that it wrote on standard error.
    pub(crate) fn stop(mut self) -> (Site, String) {
        self.signal(Signal::TERM);
        assert!(self.wait(PATIENCE).is_some(), "it did not stop; its log:\n{}", self.log.text());
        // What drop asks of the log, asked here, as the site is given away.
        self.keeps_secrets();
        (self.site.take().unwrap(), self.log.text())
    }
}

/// Ends the process. Of every run of every test is asked that it kept its secrets.
impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the host's log:\n{}", self.log.text());
            return;
        }
        self.keeps_secrets();
    }
}
