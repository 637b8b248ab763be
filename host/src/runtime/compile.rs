//! Compiling, bounded. A component is somebody else's text, and some make a compiler work for hours or eat gigabytes;
//! there is no way to stop it within a process. So it runs in one of its own: this program once more, which gives itself
//! limits, reads the component, writes what came of it, and can be ended at any time.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use rustix::process::{Resource, Rlimit, Signal};
use wasmtime::Engine;

use super::load_error::LoadError;
use super::tuning;
use crate::config::CompileSettings;

/// The hidden command that compiles.
pub const COMMAND: &str = "compile-component";

/// The largest compiled component, in bytes. Python's, with the interpreter and its library in it, has a tenth of it.
const LARGEST: u64 = 1 << 30;

/// How much more than other processes the compiling one gives way: requests come first.
const NICE: i32 = 10;

/// By what the compiler learns how many threads it may have (rayon reads it).
const THREADS: &str = "RAYON_NUM_THREADS";

/// Bytes of what the compiler says that are kept.
const LONGEST_ERROR: u64 = 4 << 10;

/// How components are compiled.
pub(super) struct Compiler {
    /// What is run to compile; none to do it in this process, without bounds.
    program: Option<PathBuf>,
    settings: CompileSettings,
    /// Whether there are requests that it could be in the way of.
    is_serving: AtomicBool,
    /// Whether somebody waits for each component, more than for requests.
    is_waited_for: AtomicBool,
    running: Mutex<usize>,
    ended: Condvar,
}

/// How an allocation that fails is spoken of: by the standard library, by the compiler, by the system.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation", "out of memory", "Cannot allocate memory"];

fn half_of_the_processors() -> usize {
    thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1))
}

impl Compiler {
    pub(super) fn new(program: Option<PathBuf>, settings: &CompileSettings) -> Self {
        Self {
            program,
            settings: settings.clone(),
            is_serving: AtomicBool::new(false),
            is_waited_for: AtomicBool::new(false),
            running: Mutex::new(0),
            ended: Condvar::new(),
        }
    }

    /// From now on requests are served, and whatever is compiled leaves them processors of their own. Giving way alone is not
    /// enough: a thread that wakes up waits for one of a lower niceness all the same where each processor has one.
    pub(super) fn begin_serving(&self) {
        self.is_serving.store(true, Ordering::Relaxed);
    }

    /// From now on whatever is compiled has all processors, also while requests are served.
    pub(super) fn begin_waiting(&self) {
        self.is_waited_for.store(true, Ordering::Relaxed);
    }

    /// Compiles `bytes` for `engine`, of the kind that `pooled` says. Waits for its turn.
    pub(super) fn compile(&self, engine: &Engine, pooled: bool, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let _turn = self.turn();
        match &self.program {
            None => engine.precompile_component(bytes).map_err(|error| LoadError::Compile(format!("{error:#}"))),
            Some(program) => self.run(program, pooled, bytes),
        }
    }

    fn turn(&self) -> Turn<'_> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |running: &mut usize| *running >= self.at_once();
        let mut running = self.ended.wait_while(running, is_full).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Turn(self)
    }

    /// Whether what is compiled leaves processors to requests.
    fn gives_way(&self) -> bool {
        self.is_serving.load(Ordering::Relaxed) && !self.is_waited_for.load(Ordering::Relaxed)
    }

    /// How many compile at once. Each has threads for half of the processors while requests are served, and that half is for
    /// all of them together; else each uses all processors for a part of its time.
    fn at_once(&self) -> usize {
        if self.gives_way() { 1 } else { half_of_the_processors() }
    }

    fn run(&self, program: &PathBuf, pooled: bool, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let failed = |error: io::Error| LoadError::Compile(format!("cannot run {}: {error}", program.display()));
        let mut command = Command::new(program);
        command.arg(COMMAND).arg("--time").arg(self.settings.time.as_secs().max(1).to_string());
        command.arg("--memory").arg(self.settings.memory.get().to_string());
        command.args(pooled.then_some("--pooled"));
        // Nothing of the host's is the compiler's business: neither its secrets nor its folder.
        command.env_clear().current_dir("/");
        if self.gives_way() {
            command.env(THREADS, half_of_the_processors().to_string());
        }
        // The allocator would take a GiB of addresses at once, before the limit is set that they count against.
        command.env("MIMALLOC_ARENA_RESERVE", "32MiB");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = Ended(child.map_err(failed)?);
        let (stdin, stdout, stderr) = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
        let (said, heard) = channel();
        let compiled = thread::scope(|scope| {
            scope.spawn(move || {
                // Who does not take all of it has ended, and says why.
                let _ = stdin.map(|mut stdin| stdin.write_all(bytes));
            });
            let error = scope.spawn(move || read(stderr, LONGEST_ERROR));
            scope.spawn(move || {
                let _ = said.send(read(stdout, LARGEST));
            });
            let compiled = heard.recv_timeout(self.settings.time);
            if !matches!(&compiled, Ok(compiled) if compiled.len() as u64 <= LARGEST) {
                // Ends the threads, too, as their pipes end.
                let _ = child.0.kill();
            }
            let error = error.join().unwrap_or_default();
            compiled.map(|compiled| (compiled, String::from_utf8_lossy(&error).trim().to_owned()))
        });
        let (compiled, error) = match compiled {
            Ok(ended) => ended,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(LoadError::CompileTime(self.settings.time));
            }
        };
        let status = child.0.wait().map_err(failed)?;
        if status.success() {
            return Ok(compiled);
        }
        use std::os::unix::process::ExitStatusExt as _;
        Err(match (status.code(), status.signal()) {
            (None, Some(signal)) if signal == Signal::XCPU.as_raw() => LoadError::CompileTime(self.settings.time),
            // Out of memory, Rust's allocator and the compiler's threads abort.
            (None, _) => LoadError::CompileMemory(self.settings.memory),
            (Some(_), _) if OUT_OF_MEMORY.iter().any(|said| error.contains(said)) => {
                LoadError::CompileMemory(self.settings.memory)
            }
            _ => LoadError::Compile(error),
        })
    }
}

/// One component's turn.
struct Turn<'a>(&'a Compiler);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

/// A process that is ended when this is dropped, and leaves no zombie.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What comes through a pipe, to one byte more than `most`.
fn read(pipe: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What breaks off has ended; its status says why.
    let _ = pipe.map(|pipe| pipe.take(most + 1).read_to_end(&mut bytes));
    bytes
}

/// The compiling process: a component on standard input, compiled code on standard output.
pub fn child(time: u64, memory: u64, pooled: bool) -> ExitCode {
    let compiled = limit(time, memory).map_err(|error| format!("cannot set its limits: {error}")).and_then(|()| {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        let engine = Engine::new(&tuning::compiling(pooled)).map_err(|error| format!("{error:#}"))?;
        engine.precompile_component(&bytes).map_err(|error| format!("{error:#}"))
    });
    let written = compiled.and_then(|compiled| {
        let mut out = io::stdout().lock();
        out.write_all(&compiled).and_then(|()| out.flush()).map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Who does not read it sees the status.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives this process its limits.
fn limit(time: u64, memory: u64) -> io::Result<()> {
    let set =
        |resource, most| rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    let processors = thread::available_parallelism().map_or(1, |all| all.get() as u64);
    set(Resource::Core, 0)?;
    set(Resource::As, memory)?;
    // The parent ends it in good time; this is for the case that there is no parent any more.
    set(Resource::Cpu, time.saturating_mul(processors).max(1))?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Not being allowed to give way is no reason not to work.
    let _ = rustix::process::nice(NICE);
    Ok(())
}

/// This program, as the system knows it: also when its file has been replaced since it was started.
pub fn this_program() -> io::Result<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Ok(own) } else { std::env::current_exe() }
}
