//! From the functions folder to a table of routes. Each function is loaded by itself: what is wrong with one is said and
//! keeps that one from being served; the others are.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::sync::Semaphore;

use crate::auth::{Auth, Providers};
use crate::config::{self, Access, Policy, PolicyBase, Problem, Problems, Secrets, Settings};
use crate::function::{Entry, Function};
use crate::observe::metrics::Metrics;
use crate::route::{self, Found, Pattern, Prefix, Scan, Table};
use crate::runtime::Runtime;
use crate::verify::Verification;

/// The largest component that is read, in bytes. Python's, with the interpreter and its library in it, has 18 MB.
const MAX_COMPONENT: u64 = 256 << 20;

/// What became of a functions folder.
pub struct Loaded {
    /// Every route of the folder.
    pub table: Table<Entry>,
    /// What the folder holds besides.
    pub scan: Scan,
    /// What has to be mended, of all functions.
    pub problems: Problems,
}

/// What functions are loaded with.
pub struct Loader<'a> {
    /// The host's settings.
    pub settings: &'a Settings,
    /// Where secrets come from.
    pub secrets: &'a Secrets,
    /// The engine.
    pub runtime: &'a Runtime,
    /// The series.
    pub metrics: &'a Metrics,
}

impl Loader<'_> {
    /// Loads every function of the folder. Takes as long as compiling takes where the cache does not have a component.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read. What is wrong with a function is no error here: see [`Loaded::problems`].
    pub fn load(&self) -> Result<Loaded> {
        let root = &self.settings.functions;
        let prefix: Prefix = self.settings.prefix.parse().context("prefix")?;
        let scan = route::scan(root)?;
        let providers = Providers::new(&self.settings.providers, self.secrets);
        let mut problems = Problems::default();
        let mut entries = Vec::new();
        for found in &scan.functions {
            let function = self.function(found, &prefix, &providers);
            let entry = function.unwrap_or_else(|own| {
                let entry = not_loaded(&found.pattern, &prefix, &own);
                problems.append(own);
                entry
            });
            entries.push((found.pattern.clone(), entry));
        }
        for conflict in &scan.conflicts {
            let problem = Problem::of_file(
                &root.join(conflict.files.first().map_or(Path::new(""), PathBuf::as_path)),
                conflict.to_string(),
                "keep one of them",
            );
            let own = Problems::from(problem);
            entries.push((conflict.pattern.clone(), not_loaded(&conflict.pattern, &prefix, &own)));
            problems.append(own);
        }
        let served = entries.iter().filter(|(_, entry)| matches!(entry, Entry::Ready(_))).count();
        self.metrics.set_functions(served, entries.len() - served);
        let table = Table::new(entries, &prefix)?;
        Ok(Loaded { table, scan, problems })
    }

    /// Loads one function: its policy, what the policy needs, its component.
    fn function(&self, found: &Found, prefix: &Prefix, providers: &Providers) -> Result<Entry, Problems> {
        let root = &self.settings.functions;
        let file = root.join(&found.file);
        // Where to write what is missing, if there is no policy yet.
        let policy_file = root.join(found.policy.clone().unwrap_or_else(|| found.file.with_extension("toml")));
        let mut problems = Problems::default();
        let policy = self.policy(found, &policy_file).map_err(|own| problems.append(own)).ok();
        let verification = policy.as_ref().and_then(|policy| {
            let verify = policy.verify.as_ref()?;
            Verification::new(verify, &policy_file, self.secrets).map_err(|own| problems.append(own)).ok()
        });
        let auth = policy.as_ref().and_then(|policy| {
            let auth = policy.auth.as_ref()?;
            Auth::new(auth, &policy_file, providers).map_err(|own| problems.append(own)).ok()
        });
        let code = self.code(found, &file, policy.as_ref()).map_err(|problem| problems.push(problem)).ok();
        let (Some(policy), Some(code), true) = (policy, code, problems.is_empty()) else {
            return Err(problems);
        };
        let name: Arc<str> = found.pattern.name().into();
        Ok(Entry::Ready(Arc::new(Function {
            route: route_of(&found.pattern, prefix),
            file: found.file.clone(),
            permits: Arc::new(Semaphore::new(policy.limits.concurrency)),
            metrics: self.metrics.function(&name),
            name,
            policy,
            verification,
            auth,
            code,
        })))
    }

    fn policy(&self, found: &Found, file: &Path) -> Result<Policy, Problems> {
        let base = &self.settings.policies;
        let policy = match &found.policy {
            None => Policy::without_file(base),
            Some(relative) => read_policy(&self.settings.functions, relative, base)?,
        };
        if policy.access == Access::Undeclared && !self.settings.tries_undeclared() {
            return Err(Problem::of_file(
                file,
                "nobody has said who may call it; a function can be tried out like that only if the host listens on \
                 loopback, has no public_url, and [defaults] does not say undeclared = \"refuse\"",
                "write [verify] or [auth] in this file, or access = \"public\" if anyone may call",
            )
            .into());
        }
        Ok(policy)
    }

    fn code(&self, found: &Found, file: &Path, policy: Option<&Policy>) -> Result<crate::runtime::Code, Problem> {
        let started = Instant::now();
        let problem = |message: String, fix: &str| Problem::of_file(file, message, fix);
        let bytes = route::read_inside(&self.settings.functions, &found.file, MAX_COMPONENT)
            .map_err(|error| problem(error.to_string(), "make the component a readable file"))?;
        let code = self.runtime.load(&bytes).map_err(|error| problem(error.to_string(), error.fix()))?;
        if let Some(memory) = policy.map(|policy| policy.limits.memory)
            && code.initial_memory() > memory.get()
        {
            let needs = code.initial_memory().div_ceil(1 << 20);
            return Err(problem(
                format!("it needs {needs} MiB from the start, and its policy gives it {memory}"),
                &format!("write memory = \"{}MiB\" or more in its policy", needs.next_power_of_two()),
            ));
        }
        tracing::debug!(file = %file.display(), took_ms = started.elapsed().as_millis() as u64, "component ready");
        Ok(code)
    }
}

/// Everything that is wrong with the policies of a folder, where nothing can be served because `host.toml` is wrong too.
pub fn check_policies(root: &Path, base: &PolicyBase) -> Problems {
    let mut problems = Problems::default();
    let scan = match route::scan(root) {
        Ok(scan) => scan,
        Err(error) => return Problem::of_file(root, error.to_string(), "name a functions folder").into(),
    };
    for relative in scan.functions.iter().filter_map(|found| found.policy.as_ref()) {
        if let Err(own) = read_policy(root, relative, base) {
            problems.append(own);
        }
    }
    problems
}

fn read_policy(root: &Path, relative: &Path, base: &PolicyBase) -> Result<Policy, Problems> {
    let file = root.join(relative);
    let opened = route::open_inside(root, relative)
        .map_err(|error| Problem::of_file(&file, error.to_string(), "make the policy a file that the host may read"))?;
    Policy::check(&file, &config::read_text(&file, opened)?, base)
}

/// A route with the host's prefix, as a pattern.
fn route_of(pattern: &Pattern, prefix: &Prefix) -> Arc<str> {
    let route = pattern.to_string();
    match (prefix.to_string(), route.as_str()) {
        (prefix, "/") if !prefix.is_empty() => prefix.into(),
        (prefix, route) => format!("{prefix}{route}").into(),
    }
}

/// A route whose function cannot be served: nothing else takes its place. Its requests are logged with the first of the
/// problems; all of them were said when it was loaded.
fn not_loaded(pattern: &Pattern, prefix: &Prefix, problems: &Problems) -> Entry {
    let mut reason = problems.iter().next().map(ToString::to_string).unwrap_or_default();
    // In a line of the log there are no lines.
    reason = reason.lines().map(str::trim).collect::<Vec<_>>().join("; ");
    if problems.len() > 1 {
        reason.push_str(&format!(" (and {} more)", problems.len() - 1));
    }
    Entry::NotLoaded { name: pattern.name().into(), route: route_of(pattern, prefix), reason: reason.into() }
}
