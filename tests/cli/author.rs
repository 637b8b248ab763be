//! A project for one test: a folder of sources as an author has it, and the binary run in it. Functions in Rust share what
//! they depend on with the examples, which are built before the tests are.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use crate::support::{Ended, Host, PATIENCE, ended};

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let latest = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < latest, "not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether nothing runs under the number in a file.
pub(crate) fn is_gone(project: &Project, file: &str) -> bool {
    let pid = String::from_utf8(project.read(file).unwrap()).unwrap();
    test_kill_process(Pid::from_raw(pid.trim().parse().unwrap()).unwrap()).is_err()
}

/// A project.
pub(crate) struct Project {
    folder: PathBuf,
    path: String,
    environment: Vec<(String, String)>,
}

/// The repository.
pub(crate) fn repository() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

impl Project {
    /// An empty one. Its folder is the same in each run, so that what cargo has built of it is found again.
    pub(crate) fn new(name: &str) -> Self {
        let folder = repository().join("target/test-projects").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        Self { folder, path: std::env::var("PATH").unwrap(), environment: Vec::new() }
    }

    /// A workspace of functions in Rust, each with one line that answers: `Response::text("…")`.
    pub(crate) fn rust(name: &str, functions: &[(&str, &str)]) -> Self {
        let examples = repository().join("examples");
        let manifest = fs::read_to_string(examples.join("Cargo.toml")).unwrap();
        let profile = manifest.split_once("[profile.release]").expect("the examples' own profile").1;
        let members: Vec<&str> = functions.iter().map(|(function, _)| *function).collect();
        let project = Self::new(name)
            .file(
                "Cargo.toml",
                &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n[profile.release]{profile}"),
            )
            .file("Cargo.lock", &fs::read_to_string(examples.join("Cargo.lock")).unwrap());
        let settings = fs::read_to_string(examples.join(".cargo/config.toml")).unwrap();
        let built = repository().join("target/guests");
        let settings = settings.replace("\"../target/guests\"", &format!("{built:?}"));
        assert!(settings.contains(built.to_str().unwrap()), "the examples' own settings");
        let project = project.file(".cargo/config.toml", &settings);
        functions.iter().fold(project, |project, (function, answer)| project.crate_of(function, answer))
    }

    /// Writes a function in Rust.
    pub(crate) fn crate_of(self, function: &str, answer: &str) -> Self {
        let sdk = repository().join("guest-sdk");
        self.file(
            &format!("{function}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{function}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nvestibule = {{ path = {sdk:?} }}\n"
            ),
        )
        .file(
            &format!("{function}/src/lib.rs"),
            &format!(
                "use vestibule::{{Event, Response}};\n#[vestibule::handler]\nfn handle(_: Event) -> Response {{\n    {answer}\n}}\n"
            ),
        )
    }

    /// Writes a function in JavaScript, whose build tool is a shell script. It is run in the function's folder, and `$2` is
    /// the file that it has to write.
    pub(crate) fn javascript(self, function: &str, tool: &str) -> Self {
        self.file(&format!("{function}/package.json"), r#"{"dependencies": {"@vestibule/function": "0.1.0"}}"#)
            .program(&format!("{function}/node_modules/.bin/vestibule-build"), tool)
    }

    /// Writes a file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Writes a file, of a project that is in use.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a shell script that can be run.
    pub(crate) fn program(self, path: &str, script: &str) -> Self {
        self.write(path, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Has programs be looked for in this folder of the project, and then in those of the system.
    pub(crate) fn path(mut self, folder: &str) -> Self {
        self.path = format!("{}:/usr/bin:/bin", self.at(folder).display());
        self
    }

    /// Has programs be looked for in this folder of the project alone.
    pub(crate) fn only_path(mut self, folder: &str) -> Self {
        self.path = self.at(folder).display().to_string();
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where a file of it is.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// What is in a file of it; none if it is not there.
    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.at(path)).ok()
    }

    /// Runs the host in it, to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments))
    }

    /// Starts `host dev` in it, and waits until it serves.
    pub(crate) fn dev(&self, options: &[&str]) -> Host {
        Host::started(self.dev_command(options))
    }

    /// Starts `host dev` in it.
    pub(crate) fn start_dev(&self, options: &[&str]) -> Host {
        Host::spawned(self.dev_command(options), true)
    }

    fn dev_command(&self, options: &[&str]) -> Command {
        let mut command = self.command(&["dev", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        command.args(options);
        command
    }

    /// Starts the host in it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_host"));
        command.args(arguments).current_dir(&self.folder).env_clear().env("PATH", &self.path);
        command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        // Where cargo and its compilers are.
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "VESTIBULE_GUEST_TOOLCHAIN"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}
