//! The thread that follows the sources. A change starts a build of what is made of it; changes during a build start another
//! after it; policies do not wait for either. How files are watched and how functions are built is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::super::ready::Made;
use super::super::{LANGUAGES, PolicyRule, Project, Source, Voice, Workshop, say_problems};
use super::files::Seen;
use super::{Dev, State, look};
use crate::config::Settings;
use crate::reload::Wake;
use crate::reload::watch::{Wanted, Watch};
use crate::runtime::Runtime;

/// After a change, the build waits until there is none for this long, and never longer than that: a save in a few steps, or
/// a checkout of many files, is one build.
const QUIET: Duration = Duration::from_millis(20);
const LONGEST_QUIET: Duration = Duration::from_millis(250);

/// How often everything is looked at although nothing was heard of a change, and how often if nothing can be heard.
const ROUND: Duration = Duration::from_secs(2);
const BLIND_ROUND: Duration = Duration::from_secs(1);

/// How many times longer than its look a round is at least.
const REST: u32 = 50;

/// What a build has made, by the component.
type Built = BTreeMap<PathBuf, Made>;

/// Follows the sources.
pub(super) struct Follower {
    dev: Arc<Dev>,
    state: State,
    settings: Arc<Settings>,
    runtime: Arc<Runtime>,
    /// What wakes the reload.
    reload: Wake,
    voice: Arc<Voice>,
    /// What is to be built, by the component, and since when.
    pending: BTreeSet<PathBuf>,
    since: Option<Instant>,
    is_building: bool,
    /// The functions that went away since the last build ended.
    gone: Vec<Source>,
    /// Those that cannot be built as they are described now, but are still described: what is there of them stays.
    kept: Vec<Source>,
    done: (Sender<Built>, Receiver<Built>),
    /// Why the project could not be looked through, the last time; said once.
    blocked: Option<String>,
}

impl Follower {
    pub(super) fn new(
        dev: Arc<Dev>,
        state: State,
        settings: Arc<Settings>,
        runtime: Arc<Runtime>,
        reload: Wake,
        voice: Arc<Voice>,
    ) -> Self {
        Self {
            dev,
            state,
            settings,
            runtime,
            reload,
            voice,
            pending: BTreeSet::new(),
            since: None,
            is_building: false,
            gone: Vec::new(),
            kept: Vec::new(),
            done: channel(),
            blocked: None,
        }
    }

    pub(super) fn run(mut self) {
        let mut watch = Watch::new(self.dev.wake.clone());
        loop {
            let began = Instant::now();
            let seen = self.look();
            let mut wanted = Wanted::default();
            seen.folders.iter().for_each(|folder| wanted.folder(folder));
            let files = self.state.project.sources.iter().flat_map(|source| &source.files);
            files.for_each(|file| wanted.file(file));
            // What changed before a folder was watched was not heard.
            let is_new = watch.set(wanted);
            let round = if watch.is_blind() { BLIND_ROUND } else { ROUND };
            let round = if is_new { Duration::ZERO } else { round.max(began.elapsed() * REST) };
            if !self.state.sleep.until(Instant::now() + round, QUIET, LONGEST_QUIET) {
                return;
            }
        }
    }

    fn look(&mut self) -> Seen {
        while let Ok(made) = self.done.1.try_recv() {
            self.is_building = false;
            // What was built of a function that is gone by now was put into the folder behind its removal.
            for source in std::mem::take(&mut self.gone) {
                if !self.state.project.may_be(&source) {
                    self.state.policies.remove(&source, &self.settings.functions, &self.voice, &self.reload);
                }
            }
            made.keys().for_each(|component| self.state.machine.has_built(component));
            let project = &self.state.project;
            self.state.made.extend(made.into_iter().filter(|(component, _)| project.has(component)));
        }
        let mut seen = look(&self.state.project, &self.settings, &mut self.state.files);
        self.state.policies.put(&self.state.project, &self.settings, &self.voice);
        let sources = &self.state.project.sources;
        let is_policy = |file: &Path| sources.iter().any(|source| source.has_policy(file));
        if seen.changed.iter().any(|file| describes(file) && !is_policy(file)) || self.blocked.is_some() {
            self.find();
            // What is new in it is not known yet.
            let again = look(&self.state.project, &self.settings, &mut self.state.files);
            seen.changed.extend(again.changed);
            seen.folders.extend(again.folders);
            self.state.policies.put(&self.state.project, &self.settings, &self.voice);
        }
        let sources = self.state.project.sources.iter();
        let changed = sources.filter(|source| seen.changed.iter().any(|file| source.has(file)));
        let before = self.pending.len();
        self.pending.extend(changed.map(Source::component));
        if self.pending.len() > before && self.since.is_none() {
            self.since = Some(since(seen.written));
        }
        if !self.is_building {
            let again = self.state.machine.again(&self.state.project);
            if !again.is_empty() {
                self.pending.extend(again);
                self.since.get_or_insert_with(Instant::now);
            }
        }
        self.build();
        seen
    }

    /// Finds the functions anew.
    fn find(&mut self) {
        let found = match Project::find(&self.state.project.root, &self.settings.functions) {
            Ok(found) => found,
            Err(problem) => {
                let problem = problem.to_string();
                if self.blocked.as_ref() != Some(&problem) {
                    self.voice.say(&format!("error: {problem}\ngoing on with the functions that are known"));
                    self.blocked = Some(problem);
                }
                return;
            }
        };
        self.blocked = None;
        let before = std::mem::replace(&mut self.state.project, found);
        let project = &self.state.project;
        if project.problems != before.problems {
            say_problems(&project.problems, &self.voice);
        }
        let has = |project: &Project, source: &Source| {
            project.sources.iter().any(|other| other.component() == source.component())
        };
        let lost = before.sources.iter().chain(&self.kept).filter(|source| !has(project, source));
        let mut kept = Vec::new();
        for source in lost {
            self.pending.remove(&source.component());
            self.state.made.remove(&source.component());
            if project.may_be(source) {
                kept.push(source.clone());
            } else {
                self.state.policies.remove(source, &self.settings.functions, &self.voice, &self.reload);
                self.gone.push(source.clone());
            }
        }
        self.kept = kept;
        let new: Vec<PathBuf> =
            project.sources.iter().filter(|source| !has(&before, source)).map(Source::component).collect();
        if !new.is_empty() {
            self.pending.extend(new);
            self.since.get_or_insert_with(Instant::now);
        }
    }

    /// Builds what is to be built, unless a build is running: that wakes this thread at its end.
    fn build(&mut self) {
        if self.is_building || self.pending.is_empty() {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        let sources = self.state.project.sources.iter();
        let sources: Vec<Source> = sources.filter(|source| pending.contains(&source.component())).cloned().collect();
        self.state.machine.tries(&sources, &self.state.project);
        let since = self.since.take().unwrap_or_else(Instant::now);
        let (dev, settings, runtime) = (Arc::clone(&self.dev), Arc::clone(&self.settings), Arc::clone(&self.runtime));
        let (voice, reload) = (Arc::clone(&self.voice), self.reload.clone());
        let (root, done) = (self.state.project.root.clone(), self.done.0.clone());
        let work = move || {
            // However this ends, the next build must not wait for it.
            let mut ended = Ended { done, wake: dev.wake.clone(), made: BTreeMap::new() };
            let workshop = Workshop {
                root: &root,
                settings: &settings,
                runtime: &runtime,
                children: &dev.children,
                profile: &dev.profile,
                policies: PolicyRule::LeftAlone,
                voice: &voice,
            };
            let sources: Vec<&Source> = sources.iter().collect();
            workshop.build(&sources, |_, placed| {
                // One that is no different is no news.
                if let Some(file) = &placed.file {
                    reload.placed(&placed.component, file, since);
                }
                ended.made.insert(placed.component, placed.ready.made);
            });
        };
        match thread::Builder::new().name("build".into()).spawn(work) {
            Ok(_) => self.is_building = true,
            Err(error) => self.voice.say(&format!("error: nothing is built, as there is no thread for it: {error}")),
        }
    }
}

/// Says that a build has ended.
struct Ended {
    done: Sender<Built>,
    wake: Wake,
    made: Built,
}

impl Drop for Ended {
    fn drop(&mut self) {
        // Nobody listens any more when the host ends.
        let _ = self.done.send(std::mem::take(&mut self.made));
        self.wake.wake();
    }
}

/// Whether a file may say which functions there are: a language's description, or a policy, by which some are known.
fn describes(file: &Path) -> bool {
    let is_description = LANGUAGES.iter().any(|language| file.ends_with(language.manifest()));
    is_description || file.extension().is_some_and(|extension| extension == "toml")
}

/// When what was `written` was: a little ago, as it has been heard of.
fn since(written: Option<SystemTime>) -> Instant {
    let age = written.and_then(|written| written.elapsed().ok()).filter(|age| *age < Duration::from_secs(1));
    let now = Instant::now();
    age.and_then(|age| now.checked_sub(age)).unwrap_or(now)
}
