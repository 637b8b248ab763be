//! Components made ready in the background, so that a long compilation holds up neither requests nor the reload of any
//! other function. It does not know what becomes of them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::files::Print;
use super::wake::Wake;
use crate::config::Problem;
use crate::runtime::Runtime;

/// Components at once. Each is held in memory while it is read; compiling is bounded by the engine besides.
const AT_ONCE: usize = 4;

/// How a component is made ready: that of a folder, with this file; what is given is kept where the content is the same.
pub(super) type Make<T> = fn(&Path, &Path, &Arc<Runtime>, Option<&Arc<T>>) -> Result<Arc<T>, Problem>;

/// A component that is to be made ready.
pub(super) struct Job<T: ?Sized> {
    /// Whose it is; empty for one that several may have.
    pub(super) route: String,
    /// Its file, in the functions folder.
    pub(super) file: PathBuf,
    /// The state of the file that is meant; none if it could not be looked at.
    pub(super) print: Option<Print>,
    /// What the route has already: kept where the content is the same.
    pub(super) known: Option<Arc<T>>,
}

/// What became of a job.
pub(super) struct Done<T: ?Sized> {
    pub(super) route: String,
    pub(super) file: PathBuf,
    pub(super) print: Option<Print>,
    pub(super) result: Made<T>,
}

/// What became of a component.
pub(super) enum Made<T: ?Sized> {
    /// It is ready.
    Ready(Arc<T>),
    /// It is not one that can be served, or cannot be read.
    Bad(Problem),
    /// The file changed while it was read: what it has become will be asked for by itself.
    Changed,
}

/// The jobs that wait, and those that run.
pub(super) struct Jobs<T: ?Sized> {
    root: PathBuf,
    runtime: Arc<Runtime>,
    wake: Wake,
    make: Make<T>,
    waiting: VecDeque<Job<T>>,
    running: usize,
    done: (Sender<Done<T>>, Receiver<Done<T>>),
}

impl<T: Send + Sync + ?Sized + 'static> Jobs<T> {
    /// No jobs; components are those of the folder `root`.
    pub(super) fn new(root: &Path, runtime: Arc<Runtime>, wake: Wake, make: Make<T>) -> Self {
        Self { root: root.to_owned(), runtime, wake, make, waiting: VecDeque::new(), running: 0, done: channel() }
    }

    /// Has a component made ready.
    pub(super) fn add(&mut self, job: Job<T>) {
        self.waiting.push_back(job);
        self.begin();
    }

    /// A job that has ended, if there is one.
    pub(super) fn next_done(&mut self) -> Option<Done<T>> {
        let done = self.done.1.try_recv().ok()?;
        self.ended();
        Some(done)
    }

    /// Waits for the next job to end; none if there is no job.
    pub(super) fn wait(&mut self) -> Option<Done<T>> {
        if self.running == 0 {
            return None;
        }
        let done = self.done.1.recv().ok()?;
        self.ended();
        Some(done)
    }

    fn ended(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.begin();
    }

    fn begin(&mut self) {
        while self.running < AT_ONCE
            && let Some(job) = self.waiting.pop_front()
        {
            let (root, runtime, make) = (self.root.clone(), Arc::clone(&self.runtime), self.make);
            let (sender, wake) = (self.done.0.clone(), self.wake.clone());
            let (route, file, print) = (job.route.clone(), job.file.clone(), job.print.clone());
            let work = move || {
                let (route, file, print) = (job.route.clone(), job.file.clone(), job.print.clone());
                let result = catch_unwind(AssertUnwindSafe(|| made(&root, &runtime, make, &job)));
                let result = result.unwrap_or_else(|_| Made::Bad(failed(&root.join(&file))));
                // Nobody listens any more when the host ends.
                let _ = sender.send(Done { route, file, print, result });
                wake.wake();
            };
            self.running += 1;
            if let Err(error) = thread::Builder::new().name("component".into()).spawn(work) {
                let problem = Problem::of_file(
                    &self.root.join(&file),
                    format!("no thread to load it on: {error}"),
                    "raise the limit on threads (`ulimit -u`), then save the component once more",
                );
                let _ = self.done.0.send(Done { route, file, print, result: Made::Bad(problem) });
                self.wake.wake();
            }
        }
    }
}

fn made<T: ?Sized>(root: &Path, runtime: &Arc<Runtime>, make: Make<T>, job: &Job<T>) -> Made<T> {
    let path = root.join(&job.file);
    let state = || Print::of(&path).ok();
    if state() != job.print {
        return Made::Changed;
    }
    let made = make(root, &job.file, runtime, job.known.as_ref());
    // What was read while it changed is of no state of the file.
    if state() != job.print {
        return Made::Changed;
    }
    match made {
        Ok(code) => Made::Ready(code),
        Err(problem) => Made::Bad(problem),
    }
}

fn failed(file: &Path) -> Problem {
    Problem::of_file(
        file,
        "the compiler failed on it",
        "build it again; if it still fails, report it with the component",
    )
}
