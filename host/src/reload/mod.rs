//! Keeps what is served the same as what the files say, from the first look at the start to the last before the end. At
//! each look every file is noted; a policy that is wrong or gone counts at once, all else when it has been still for [`STILL`]. The routes that came of it replace the old ones in one piece, and requests end on what they began with.
//!
//! | file | owns |
//! |---|---|
//! | `settle` | when a change is taken |
//! | `route` | one route: its component, its policy, what is in force of them |
//! | `verifiers` | the components that policies name as verifiers |
//! | `surroundings` | `host.toml`, secrets, keys |
//! | `jobs` | components made ready in the background |
//! | `files` | one state of a file told from another |
//! | `follow`, `wake`, `watch` | the thread, and when it looks |
//! | `whole` | what need not be still |
//! | `changes` | what the log says |
//! | `alone` | one function of the folder, for one call |

mod alone;
mod changes;
mod files;
mod follow;
mod jobs;
mod route;
mod settle;
mod surroundings;
mod verifiers;
pub(crate) mod wake;
pub(crate) mod watch;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;

use self::files::{Print, Texts};
use self::jobs::{Done, Job, Jobs, Made};
use self::route::{Component, PolicyFile, Route};
use self::settle::Settling;
use self::surroundings::Surroundings;
use self::verifiers::Verifiers;
use self::wake::Sleep;
use self::watch::Wanted;
use crate::admin::Access;
use crate::app::{App, Live};
use crate::config::{Problems, Secrets, Settings};
use crate::function::Entry;
use crate::kv::Backend;
use crate::load::{self, Loader, Past};
use crate::observe::metrics::Metrics;
use crate::outbound::Outbound;
use crate::route::{self as routes, Ignored, Orphan, Scan, Table};
use crate::runtime::{Code, Runtime};
use crate::state::{NotOpened, StateFile};
use crate::verify::CustomVerifier;
use crate::warnings;

pub(crate) use self::alone::Alone;
pub use self::follow::Following;
pub use self::settle::STILL;
pub use self::surroundings::SettingsSource;
pub use self::wake::Wake;

/// Routes that are remembered beyond their removal. A host that has seen more treats every further one as if it had been
/// protected.
const MAX_PAST: usize = 100_000;

/// What the first look came to.
pub struct Loaded {
    /// The host, ready to answer.
    pub app: Arc<App>,
    /// What the folder holds besides functions.
    pub scan: Scan,
    /// Verifiers that no policy names.
    pub unnamed: Vec<PathBuf>,
    /// What has to be mended, of all functions.
    pub problems: Problems,
    /// What is weak, of settings and functions.
    pub warnings: Problems,
}

/// Follows the files.
pub struct Reloader {
    app: Arc<App>,
    around: Surroundings,
    state: StateFile,
    routes: BTreeMap<String, Route>,
    past: BTreeMap<String, Past>,
    texts: Texts,
    jobs: Jobs<Code>,
    verifiers: Verifiers,
    verifier_jobs: Jobs<dyn CustomVerifier>,
    wake: Wake,
    sleep: Sleep,
    /// Why the folder could not be looked at, the last time; said once.
    blocked: Option<String>,
    rest: Settling<Rest>,
    wanted: Wanted,
    is_running: bool,
}

/// What the folder holds besides functions, and verifiers that no policy names.
type Rest = (Vec<Orphan>, Vec<PathBuf>, Vec<Ignored>);

impl Reloader {
    /// Loads every function of the folder and puts the host together. Takes as long as compiling takes where the cache
    /// does not have a component. `settings` are what `source` says.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read. What is wrong with a function is no error here: see [`Loaded::problems`].
    pub fn load(
        source: SettingsSource,
        settings: Settings,
        secrets: Secrets,
        runtime: Arc<Runtime>,
        metrics: Arc<Metrics>,
    ) -> Result<(Self, Loaded)> {
        let state = StateFile::new(settings.state.clone(), &secrets, Arc::clone(&metrics));
        let scan = routes::scan(&settings.functions)?;
        Self::begin(Surroundings::new(source, settings, secrets), scan, runtime, metrics, state)
    }

    /// Loads every function as [`load`](Self::load) does, for whoever serves none: what must outlive a host is neither
    /// made nor opened.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn survey(
        source: SettingsSource,
        settings: Settings,
        secrets: Secrets,
        runtime: Arc<Runtime>,
        metrics: Arc<Metrics>,
    ) -> Result<Loaded> {
        let state = StateFile::unused(settings.state.clone(), Arc::clone(&metrics));
        let scan = routes::scan(&settings.functions)?;
        Ok(Self::begin(Surroundings::new(source, settings, secrets), scan, runtime, metrics, state)?.1)
    }

    fn begin(
        around: Surroundings,
        scan: Scan,
        runtime: Arc<Runtime>,
        metrics: Arc<Metrics>,
        state: StateFile,
    ) -> Result<(Self, Loaded)> {
        let settings = Arc::clone(&around.settings);
        let (wake, sleep) = wake::pair();
        let jobs = Jobs::new(&settings.functions, Arc::clone(&runtime), wake.clone(), load::component);
        let verifier_jobs = Jobs::new(&settings.functions, Arc::clone(&runtime), wake.clone(), load::verifier);
        let live = Live {
            table: Table::new(Vec::new(), &settings.prefix)?,
            server: settings.server.clone(),
            proxies: settings.proxies.clone(),
            admin: Arc::new(Access::while_running(&settings, &around.secrets, around.settings_file())),
        };
        let mut reloader = Self {
            app: App::new(live, runtime, Outbound::new(&settings), metrics),
            around,
            state,
            routes: BTreeMap::new(),
            past: BTreeMap::new(),
            texts: Texts::default(),
            jobs,
            verifiers: Verifiers::default(),
            verifier_jobs,
            wake,
            sleep,
            blocked: None,
            rest: Settling::new(Rest::default()),
            wanted: Wanted::default(),
            is_running: false,
        };
        let now = Instant::now();
        reloader.see(&scan, now);
        let wake = reloader.wake.clone();
        reloader.routes.values_mut().for_each(|route| route.settle(now, true, wake.whole()));
        reloader.see_verifiers(&scan, now);
        reloader.rest.take_now();
        reloader.begin_loads();
        while let Some(done) = reloader.jobs.wait() {
            reloader.load_ended(done);
        }
        while let Some(done) = reloader.verifier_jobs.wait() {
            reloader.verifiers.load_ended(done);
        }
        reloader.renew(false)?;
        reloader.is_running = true;
        reloader.app.runtime.begin_serving();
        let mut problems = Problems::default();
        reloader.routes.values().for_each(|route| problems.append(route.problems.clone()));
        let (app, unnamed) = (Arc::clone(&reloader.app), reloader.rest.taken().1.clone());
        let around = &reloader.around;
        let warnings = warnings::all(around.settings_file(), &around.settings, &around.secrets, &scan, &app.live());
        Ok((reloader, Loaded { app, scan, unnamed, problems, warnings }))
    }

    /// The stores of functions.
    ///
    /// # Errors
    ///
    /// If the state cannot be opened.
    pub fn stores(&self) -> Result<Arc<dyn Backend>, NotOpened> {
        self.state.stores()
    }

    /// Looks at everything, `at` this moment, and puts in force what is to be. Returns when to look again if nothing is
    /// heard until then.
    pub fn look(&mut self, at: Instant) -> Option<Instant> {
        let around = self.around.look(at) | self.state.retry(at);
        if around {
            self.state.follow(&self.around.secrets);
            self.routes.values_mut().for_each(Route::spoil);
        }
        while let Some(done) = self.jobs.next_done() {
            self.load_ended(done);
        }
        while let Some(done) = self.verifier_jobs.next_done() {
            self.verifiers.load_ended(done);
        }
        let mut scanned = None;
        match routes::scan(&self.around.settings.functions) {
            Ok(scan) => {
                self.blocked = None;
                self.see(&scan, at);
                scanned = Some(scan);
            }
            Err(error) => {
                let error = error.to_string();
                if self.blocked.as_ref() != Some(&error) {
                    tracing::error!("going on with the functions that are loaded: {error}");
                    self.blocked = Some(error);
                }
            }
        }
        self.routes.values_mut().for_each(|route| route.settle(at, false, self.wake.whole()));
        // A folder that is away says nothing of what is in it.
        if let Some(scan) = scanned {
            self.see_verifiers(&scan, at);
        }
        self.begin_loads();
        if self.rest.settle(at) {
            let (orphans, unnamed, ignored) = self.rest.taken();
            changes::log_rest(orphans, unnamed, ignored);
        }
        if let Err(error) = self.renew(around) {
            tracing::error!("the routes stay as they were: {error:#}");
        }
        let around = [self.around.due(), self.rest.due(), self.verifiers.due()];
        self.routes.values().filter_map(Route::due).chain(around.into_iter().flatten()).min()
    }

    /// What has to be watched so that no change goes unseen, as far as the last look knows.
    fn wanted(&mut self) -> Wanted {
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.folder(&self.around.settings.functions);
        self.around.settings.secrets.dir.iter().for_each(|dir| wanted.folder(dir));
        self.around.files().for_each(|file| wanted.file(file));
        self.verifiers.files().for_each(|file| wanted.file(&self.around.settings.functions.join(file)));
        wanted
    }

    /// Notes what the scanned folder holds.
    fn see(&mut self, scan: &Scan, at: Instant) {
        let root = Arc::clone(&self.around.settings);
        let root = root.functions.as_path();
        let mut seen = BTreeMap::new();
        for found in &scan.functions {
            let component =
                Component::File(found.pattern.clone(), found.file.clone(), Print::of(&root.join(&found.file)).ok());
            // Where to write what is missing, if there is no policy yet.
            let file = found.policy.clone().unwrap_or_else(|| found.file.with_extension("toml"));
            seen.insert(found.pattern.shape(), (component, Some(file)));
        }
        for conflict in &scan.conflicts {
            seen.insert(conflict.pattern.shape(), (Component::Claimed(conflict.clone()), None));
        }
        for shape in self.routes.keys() {
            seen.entry(shape.clone()).or_insert((Component::Absent, None));
        }
        let loader = loader(&self.around, &self.app, self.verifiers.made(), &self.state);
        for (shape, (component, file)) in seen {
            let past = past_of(&self.past, &shape);
            let route = self.routes.entry(shape).or_insert_with(|| Route::new(loader.settings.server.answer_bytes));
            let file = file.or_else(|| route.policy_file().map(Path::to_owned));
            let policy = file.map(|file| {
                let (written, print) = self.texts.get(root, &file);
                PolicyFile { file, written, print }
            });
            route.see(component, policy, at, |policy| {
                loader.guard(&policy.written, &root.join(&policy.file), past).ok().map(|guard| guard.access())
            });
        }
        self.texts.turn();

        scan.folders.iter().for_each(|folder| self.wanted.folder(&root.join(folder)));
        let files = scan.functions.iter().flat_map(|found| [Some(&found.file), found.policy.as_ref()]).flatten();
        // The folder of a file is watched anyhow; that of what a link leads to may not be.
        let links = files.map(|file| root.join(file)).filter(|file| file.is_symlink());
        links.for_each(|link| self.wanted.file(&link));
    }

    /// Notes which verifiers the policies in force name, how their files are, and which of those scanned nobody names.
    fn see_verifiers(&mut self, scan: &Scan, at: Instant) {
        let loader = loader(&self.around, &self.app, self.verifiers.made(), &self.state);
        let find = |policy: &PolicyFile| loader.verifier_of(&policy.written, &policy.file);
        let routes = self.routes.values_mut();
        let named: BTreeSet<PathBuf> = routes.filter_map(|route| route.verifier(find).map(Path::to_owned)).collect();
        let root = &self.around.settings.functions;
        self.verifiers.follow(&named, root);
        self.verifiers.look(root, at, self.wake.whole());
        let unnamed = scan.verifiers.iter().filter(|file| !named.contains(*file)).cloned().collect();
        self.rest.see((scan.orphans.clone(), unnamed, scan.ignored.clone()), at);
    }

    fn begin_loads(&mut self) {
        self.verifiers.next_loads().into_iter().for_each(|job| self.verifier_jobs.add(job));
        for (shape, route) in &mut self.routes {
            if let Some((file, print, known)) = route.next_load() {
                self.jobs.add(Job { route: shape.clone(), file, print, known });
            }
        }
    }

    fn load_ended(&mut self, done: Done<Code>) {
        let Some(route) = self.routes.get_mut(&done.route) else { return };
        let result = match done.result {
            Made::Ready(code) => Some(Ok(code)),
            Made::Bad(problem) => Some(Err(problem)),
            Made::Changed => None,
        };
        route.load_ended(&done.file, done.print.as_ref(), result);
    }

    /// Makes the entries whose files have changed, and with them the routes, if there are any such; or if `all` is to be
    /// made anew.
    fn renew(&mut self, all: bool) -> Result<()> {
        let settings = Arc::clone(&self.around.settings);
        let verifiers = self.verifiers.take_changed();
        if !verifiers.is_empty() {
            self.routes.values_mut().for_each(|route| route.verifiers_changed(&verifiers));
        }
        let loader = loader(&self.around, &self.app, self.verifiers.made(), &self.state);
        let mut changes = Vec::new();
        for (shape, route) in &mut self.routes {
            let mut past = past_of(&self.past, shape);
            if let Some(before) = route.renew(&loader, &settings.prefix, &mut past) {
                let since = changes::is_of_component(before.as_ref(), route.entry.as_ref());
                let since = since.then(|| route.since(self.wake.whole())).flatten();
                changes.push((before, route.entry.clone(), since));
                if self.past.len() < MAX_PAST || self.past.contains_key(shape) {
                    self.past.insert(shape.clone(), past);
                }
            }
        }
        self.routes.retain(|_, route| !route.is_gone());
        if changes.is_empty() && !all && self.is_running {
            return Ok(());
        }
        let entries: Vec<_> = self.routes.values().filter_map(Route::in_table).collect();
        let served = entries.iter().filter(|(_, entry)| matches!(entry, Entry::Ready(_))).count();
        let outdated = self.routes.values().filter(|route| route.is_outdated()).count();
        self.app.metrics.set_functions(served, outdated, entries.len() - served);
        let names: HashSet<Arc<str>> = entries.iter().map(|(pattern, _)| pattern.name().into()).collect();
        let table = Table::new(entries, &settings.prefix)?;
        let admin = if all {
            Arc::new(Access::while_running(&settings, &self.around.secrets, self.around.settings_file()))
        } else {
            Arc::clone(&self.app.live().admin)
        };
        let (server, proxies) = (settings.server.clone(), settings.proxies.clone());
        self.app.replace(Live { table, server, proxies, admin });
        self.app.metrics.keep(|function| names.contains(function));
        if self.is_running {
            changes.iter().for_each(|(before, after, since)| changes::log(before.as_ref(), after.as_ref(), *since));
        }
        Ok(())
    }
}

/// What is remembered of a route.
fn past_of(past: &BTreeMap<String, Past>, shape: &str) -> Past {
    let unknown = Past { had_policy: past.len() >= MAX_PAST, was_protected: past.len() >= MAX_PAST };
    past.get(shape).copied().unwrap_or(unknown)
}

fn loader<'a>(
    around: &'a Surroundings,
    app: &'a App,
    verifiers: &'a load::Verifiers,
    state: &'a StateFile,
) -> Loader<'a> {
    let Surroundings { settings, secrets, providers, .. } = around;
    let App { metrics, outbound, .. } = app;
    Loader { settings, secrets, providers, verifiers, metrics, state, outbound }
}
