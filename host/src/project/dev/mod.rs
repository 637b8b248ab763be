//! `host dev`: what runs beside a host that serves. It builds the project before the functions are loaded, and from then on
//! what changes. A host knows nothing of it: it serves a functions folder whose files change, under the rules by which they
//! count in production.

mod files;
mod follow;
mod machine;
mod policies;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};

use self::files::Files;
use self::follow::Follower;
use self::machine::Machine;
use self::policies::Policies;
use super::ready::Made;
use super::{Children, LANGUAGES, PolicyRule, Profile, Project, Source, Voice, Workshop, say_problems, walk};
use crate::config::{LogFormat, Settings};
use crate::observe::queue::Queue;
use crate::reload::Wake;
use crate::reload::wake::{self, Sleep};
use crate::runtime::Runtime;
use crate::serve::Beside;

/// What runs beside the host.
pub(crate) struct Dev {
    profile: Profile,
    children: Children,
    wake: Wake,
    /// What is handed on from one step to the next.
    state: Mutex<Option<State>>,
}

/// The project as it was last looked at.
struct State {
    project: Project,
    files: Files,
    policies: Policies,
    /// What those functions are built with that are not built.
    machine: Machine,
    sleep: Sleep,
    /// What was made of the components, by their paths in the functions folder: while it is held, the reload need not make
    /// it again.
    made: BTreeMap<PathBuf, Made>,
}

impl Dev {
    /// For a project, built as `profile` says.
    pub(crate) fn new(project: Project, profile: Profile) -> Arc<Self> {
        let (wake, sleep) = wake::pair();
        let (files, policies, machine, made) = Default::default();
        let state = State { project, files, policies, machine, sleep, made };
        Arc::new(Self { profile, children: Children::default(), wake, state: Mutex::new(Some(state)) })
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        // Whoever holds it takes it or puts it back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What differs from `host serve`, in so many words.
    fn difference(&self, project: &Project) -> String {
        let mut text =
            "dev: the same rules, limits and policies as `host serve`; besides, what changes is built and swapped in"
                .to_owned();
        if self.profile == Profile::Dev && project.sources.iter().any(|source| source.language.has_profiles()) {
            text.push_str(
                "\ndev: for that, Rust is compiled incrementally and without link-time optimisation: larger than what `host build`\n     \
                 makes, and of another version; build with that before you deploy, or here with --profile release",
            );
        }
        text
    }
}

impl Beside for Dev {
    fn before(&self, settings: &Settings, runtime: &Arc<Runtime>) -> Result<()> {
        let Some(mut state) = self.state().take() else { return Ok(()) };
        runtime.begin_waiting();
        let voice = match settings.log.format {
            LogFormat::Human => Voice::command(false),
            LogFormat::Json => Voice::events(),
        };
        voice.say(&self.difference(&state.project));
        say_problems(&state.project.problems, &voice);
        // Noted before they are built: what changes meanwhile is built once more.
        look(&state.project, settings, &mut state.files);
        state.policies.put(&state.project, settings, &voice);
        let workshop = Workshop {
            root: &state.project.root,
            settings,
            runtime,
            children: &self.children,
            profile: &self.profile,
            policies: PolicyRule::LeftAlone,
            voice: &voice,
        };
        let sources: Vec<&Source> = state.project.sources.iter().collect();
        let (made, machine) = (&mut state.made, &mut state.machine);
        machine.tries(sources.iter().copied(), &state.project);
        workshop.build(&sources, |_, placed| {
            machine.has_built(&placed.component);
            made.insert(placed.component, placed.ready.made);
        });
        drop(voice);
        if self.children.is_over() {
            bail!("stopped");
        }
        *self.state() = Some(state);
        Ok(())
    }

    fn begin(self: Arc<Self>, settings: Settings, runtime: Arc<Runtime>, wake: Wake, log: &Queue) -> Result<()> {
        let Some(state) = self.state().take() else { return Ok(()) };
        let voice = Voice::log(log.clone(), settings.log.format);
        let follower = Follower::new(self, state, Arc::new(settings), runtime, wake, Arc::new(voice));
        let thread = thread::Builder::new().name("sources".into()).spawn(move || follower.run());
        // It ends when it is woken at the end, or with the process.
        thread.map(drop).context("cannot follow changes of the sources")
    }

    fn end(&self) {
        self.children.end();
        self.wake.end();
    }
}

/// Looks at everything that functions are made of, and at what could become one.
fn look(project: &Project, settings: &Settings, files: &mut Files) -> files::Seen {
    let functions = std::fs::canonicalize(&settings.functions).unwrap_or_else(|_| settings.functions.clone());
    let found = walk::folders(&project.root, &functions).unwrap_or_default();
    let sources = &project.sources;
    let folders: BTreeSet<PathBuf> = sources.iter().flat_map(|source| &source.made_of).cloned().collect();
    let outputs = sources.iter().flat_map(|source| &source.outputs).cloned().chain([functions]).collect();
    let descriptions = found.iter().flat_map(|folder| LANGUAGES.map(|language| folder.join(language.manifest())));
    let single = sources.iter().flat_map(|source| &source.files).cloned().chain(descriptions).collect();
    let mut seen = files.look(&folders, &single, &outputs);
    // A new function may appear in any of them.
    seen.folders.extend(found);
    seen
}
