//! From a function's files to a function: the policy with its secrets and keys, the component with its policy. What is
//! wrong is said, and keeps that one function from being served. When files are read, and what is in force meanwhile,
//! is the business of [`reload`](crate::reload).

mod verifier;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::auth::{Auth, Providers};
use crate::browser::{Cors, Headers};
use crate::config::{self, Access, OnReplay, Policies, Policy, Problem, Problems, Secrets, Settings};
use crate::function::{Entry, Function, NotLoaded};
use crate::grant::Grants;
use crate::handshake::Greeting;
use crate::limit::FunctionPermits;
use crate::observe::metrics::Metrics;
use crate::outbound::Outbound;
use crate::quota::Kept;
use crate::replay::{Deliveries, Replay};
use crate::room::{self, Portion};
use crate::route::{self, Pattern, Prefix};
use crate::runtime::{Code, LoadError, Runtime, version_of};
use crate::state::StateFile;
use crate::verify::{Check, Verification};

pub use self::verifier::{Verifiers, verifier};

/// The largest component that is read, in bytes. Python's, with the interpreter and its library in it, has 18 MB.
const MAX_COMPONENT: u64 = 256 << 20;

/// What is written in a function's policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// There is no such file.
    Nothing,
    /// This text.
    Text(Arc<str>),
    /// There is one, and it cannot be read.
    Unreadable(Problem),
}

/// What a running host remembers of a route, whatever has become of its files since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// There was a policy file.
    pub had_policy: bool,
    /// It was protected, or its policy was one of which nobody can tell.
    pub was_protected: bool,
}

/// A policy with all that it needs: what stands before a function.
pub struct Guard {
    policy: Policy,
    verification: Option<Check>,
    handshake: Option<Greeting>,
    /// Where its deliveries are remembered, if they are.
    deliveries: Option<Arc<Deliveries>>,
    auth: Option<Auth>,
    grants: Grants,
}

impl Guard {
    /// Who may call, in a word.
    pub fn access(&self) -> Access {
        self.policy.access
    }
}

/// What functions are made with.
pub struct Loader<'a> {
    /// The host's settings.
    pub settings: &'a Settings,
    /// Where secrets come from.
    pub secrets: &'a Secrets,
    /// Who vouches for callers.
    pub providers: &'a Providers,
    /// What policies have beside the schemes that are known.
    pub verifiers: &'a Verifiers,
    /// The series.
    pub metrics: &'a Metrics,
    /// Where deliveries are remembered.
    pub state: &'a StateFile,
    /// What functions send requests with.
    pub outbound: &'a Arc<Outbound>,
}

impl Loader<'_> {
    /// Makes a policy ready. `file` is where it is, or would be.
    ///
    /// # Errors
    ///
    /// If the function must not be served with it: it is wrong, lacks a secret, or is missing where there was one.
    pub fn guard(&self, written: &Written, file: &Path, past: Past) -> Result<Guard, Problems> {
        let policy = self.policy(written, file, past)?;
        let mut problems = Problems::default();
        let public_url = self.settings.public_url.as_deref();
        let dir = self.settings.secrets.dir.as_deref();
        let handshake = policy.verify.as_ref().map(|verify| Greeting::new(verify, file, self.secrets, dir));
        let awaits_secret = matches!(&handshake, Some(Ok(Some(greeting))) if greeting.awaits().is_some());
        let scheme = policy.verify.as_ref().filter(|_| !awaits_secret).map(|verify| {
            let verification = Verification::new(verify, file, self.secrets, public_url);
            verification.map(|scheme| Check::Scheme(Box::new(scheme)))
        });
        let custom = policy.verifier.as_ref().map(|verifier| self.custom(verifier, file).map(Check::Custom));
        let check = scheme.or(custom);
        let verification = check.and_then(|check| check.map_err(|own| problems.append(own)).ok());
        let handshake = match handshake.transpose() {
            Ok(greeting) => greeting.flatten(),
            Err(own) => {
                // Both want the same secrets; what is wrong with those is said once.
                let new: Vec<_> =
                    own.iter().filter(|problem| !problems.iter().any(|known| known == *problem)).collect();
                new.into_iter().for_each(|problem| problems.push(problem.clone()));
                None
            }
        };
        let auth = policy
            .auth
            .as_ref()
            .and_then(|auth| Auth::new(auth, file, self.providers).map_err(|own| problems.append(own)).ok());
        let mut grants = Grants::new(&policy.grants, file, self.secrets).map_err(|own| problems.append(own)).ok();
        let remembers = verification.as_ref().is_some_and(|verification| verification.on_replay() != OnReplay::Allow);
        // Not before all else is right: it makes the file.
        let deliveries = if remembers && problems.is_empty() {
            let scheme = policy.verify.as_ref().map(|verify| &verify.lines);
            let lines = scheme.or(policy.verifier.as_ref().map(|verifier| &verifier.lines));
            let line = lines.and_then(|lines| lines.of("replay"));
            let opened = self.state.deliveries();
            let what = "its deliveries cannot be remembered";
            opened.map_err(|why| problems.push(why.problem(file, ("verify.replay", line), what))).ok()
        } else {
            None
        };
        // Neither this.
        if let Some(grants) = grants.as_mut().filter(|_| !policy.grants.kv.is_empty() && problems.is_empty()) {
            let opened = self.state.stores().map(|stores| {
                grants.add_stores(&policy.grants.kv, &stores, &self.settings.state.quotas());
            });
            let what = "its stores cannot be opened";
            let _ = opened.map_err(|why| problems.push(why.problem(file, ("grants.kv", None), what)));
        }
        match grants {
            Some(grants) if problems.is_empty() => {
                Ok(Guard { policy, verification, handshake, deliveries, auth, grants })
            }
            _ => Err(problems),
        }
    }

    fn policy(&self, written: &Written, file: &Path, past: Past) -> Result<Policy, Problems> {
        let base = &self.settings.policies.of(file.strip_prefix(&self.settings.functions).unwrap_or(file));
        let problem = |message: &str, fix: &str| Err(Problem::of_file(file, message, fix).into());
        let policy = match written {
            Written::Nothing if past.had_policy => {
                return problem(
                    "it was removed while the host ran",
                    "put a policy there (access = \"public\" if anyone may call), or start the host anew",
                );
            }
            Written::Nothing => Policy::without_file(base),
            Written::Text(text) => Policy::check(file, text, base)?,
            Written::Unreadable(problem) => return Err(problem.clone().into()),
        };
        if policy.access != Access::Undeclared {
            return Ok(policy);
        }
        if past.was_protected {
            return problem(
                "it no longer says who may call, and it did while the host ran",
                "write [verify] or [auth] in it again, or access = \"public\" if anyone may call",
            );
        }
        if !self.settings.tries_undeclared() {
            return problem(
                "nobody has said who may call it; a function can be tried out like that only if the host listens on \
                 loopback, has no public_url and no trusted_proxies, and [defaults] does not say undeclared = \"refuse\"",
                "write [verify] or [auth] in this file, or access = \"public\" if anyone may call",
            );
        }
        if let Some(place) = base.bounds.forbids_open() {
            return problem(
                &format!("nobody has said who may call it, and host.toml lets no function here be open: {place}"),
                "write [verify] or [auth] in this file; whoever runs the host may allow it there",
            );
        }
        Ok(policy)
    }

    /// Puts a function together.
    ///
    /// # Errors
    ///
    /// If the component needs more than the policy gives it, or the policy gives more than the host has.
    pub fn function(
        &self,
        (pattern, file): (&Pattern, &Path),
        prefix: &Prefix,
        guard: Guard,
        code: &Arc<Code>,
        (permits, verifier_permits, answers, quota): (
            &Arc<FunctionPermits>,
            &Arc<FunctionPermits>,
            &Arc<Portion>,
            &Kept,
        ),
    ) -> Result<Function, Problem> {
        let Guard { policy, verification, handshake, deliveries, auth, grants } = guard;
        fits(self.settings, &self.settings.functions.join(file), &policy, code)?;
        permits.resize(policy.limits.concurrency);
        verifier_permits.resize(policy.verifier.as_ref().map_or(0, |verifier| verifier.limits.concurrency));
        let replay = deliveries.zip(verification.as_ref()).map(|(deliveries, verification)| {
            let rejects = verification.on_replay() == OnReplay::Reject;
            Replay::new(deliveries, pattern.shape(), verification.keep(), rejects)
        });
        let name: Arc<str> = pattern.name().into();
        let ledger = self.metrics.function(&name);
        let sending = (self.outbound, &self.settings.outbound);
        let grants = grants.sending(&policy.grants, sending, (&name, &ledger));
        let shape = pattern.shape();
        let counted_on = self.state.remote().map(|remote| (remote, shape.as_str()));
        Ok(Function {
            route: route_of(pattern, prefix),
            file: file.to_owned(),
            permits: Arc::clone(permits),
            verifier_permits: Arc::clone(verifier_permits),
            answers: Arc::clone(answers),
            quota: policy.limit.as_ref().map(|limit| quota.quota(limit, counted_on, self.metrics)),
            ledger,
            cors: policy.cors.as_ref().map(|cors| Cors::new(cors, &policy.methods)),
            headers: Headers::new(&policy.headers),
            name,
            policy,
            verification,
            handshake,
            replay,
            auth,
            grants: Arc::new(grants),
            hidden: self.providers.key_headers(),
            code: Arc::clone(code),
        })
    }

    /// A route whose function cannot be served: nothing else takes its place. Its requests are logged with the first of the
    /// problems; all of them were said when it was loaded.
    pub fn not_loaded(&self, pattern: &Pattern, prefix: &Prefix, problems: &Problems) -> Entry {
        let mut reason = problems.iter().next().map(ToString::to_string).unwrap_or_default();
        // In a line of the log there are no lines.
        reason = reason.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        if problems.len() > 1 {
            reason.push_str(&format!(" (and {} more)", problems.len() - 1));
        }
        let name: Arc<str> = pattern.name().into();
        let (route, ledger) = (route_of(pattern, prefix), self.metrics.function(&name));
        let headers = Headers::new(self.settings.policies.default_headers());
        Entry::NotLoaded(Arc::new(NotLoaded { name, route, reason, headers, ledger }))
    }
}

/// Holds the component of `file` and its policy against each other, and the policy against what the host has.
///
/// # Errors
///
/// If the component needs more than the policy gives it, or the policy gives more than the host has.
pub fn fits(settings: &Settings, file: &Path, policy: &Policy, code: &Code) -> Result<(), Problem> {
    let memory = policy.limits.memory;
    if code.initial_memory() > memory.get() {
        let needs = code.initial_memory().div_ceil(1 << 20);
        return Err(Problem::of_file(
            file,
            format!("it needs {needs} MiB from the start, and its policy gives it {memory}"),
            format!("write memory = \"{}MiB\" or more in its policy", needs.next_power_of_two()),
        ));
    }
    let (limits, server) = (&policy.limits, &settings.server);
    for (what, key, limit, all, bytes) in [
        ("takes bodies", "body_limit", limits.body_limit, "body_bytes", server.body_bytes),
        ("allows answers", "response_limit", limits.response_limit, "answer_bytes", server.answer_bytes),
    ] {
        if limit > room::largest(bytes) {
            return Err(Problem::of_file(
                file,
                format!("its policy {what} of {limit}, for which there is no room within server.{all}, {bytes}"),
                format!("write {key} = \"{}\" or less, or a larger server.{all} in host.toml", room::largest(bytes)),
            ));
        }
    }
    Ok(())
}

/// Makes the function's component `file` of the folder `root` ready; `known` is taken if it has the same content. Takes as
/// long as compiling takes where the cache does not have it.
///
/// # Errors
///
/// If it cannot be read, or is not a function.
pub fn component(
    root: &Path,
    file: &Path,
    runtime: &Arc<Runtime>,
    known: Option<&Arc<Code>>,
) -> Result<Arc<Code>, Problem> {
    let known = known.map(|known| (known, known.version()));
    ready(root, file, known, |bytes| runtime.load(bytes).map(Arc::new))
}

fn ready<T: ?Sized>(
    root: &Path,
    file: &Path,
    known: Option<(&Arc<T>, &str)>,
    load: impl FnOnce(&[u8]) -> Result<Arc<T>, LoadError>,
) -> Result<Arc<T>, Problem> {
    let started = Instant::now();
    let path = root.join(file);
    let bytes = component_bytes(root, file)?;
    if let Some((known, version)) = known
        && version == version_of(&bytes)
    {
        return Ok(Arc::clone(known));
    }
    let made = load(&bytes).map_err(|error| refused(&path, &error))?;
    tracing::debug!(file = %path.display(), took_ms = started.elapsed().as_millis() as u64, "component ready");
    Ok(made)
}

/// What is in the component `file` of the folder `root`.
///
/// # Errors
///
/// If it cannot be read, or is larger than any component.
pub(crate) fn component_bytes(root: &Path, file: &Path) -> Result<Vec<u8>, Problem> {
    route::read_inside(root, file, MAX_COMPONENT)
        .map_err(|error| Problem::of_file(&root.join(file), error.to_string(), "make the component a readable file"))
}

/// A component that cannot be used as what it is to be.
pub(crate) fn refused(file: &Path, error: &LoadError) -> Problem {
    Problem::of_file(file, error.to_string(), error.fix())
}

/// What is written in the policy `relative` of the folder `root`.
pub fn read_policy(root: &Path, relative: &Path) -> Written {
    let file = root.join(relative);
    let opened = route::open_inside(root, relative)
        .map_err(|error| Problem::of_file(&file, error.to_string(), "make the policy a file that the host may read"));
    match opened.and_then(|opened| config::read_text(&file, opened)) {
        Ok(text) => Written::Text(text.into()),
        Err(problem) => Written::Unreadable(problem),
    }
}

/// Everything that is wrong with the policies of a folder, where nothing can be served because `host.toml` is wrong too.
pub fn check_policies(root: &Path, policies: &Policies) -> Problems {
    let mut problems = Problems::default();
    let scan = match route::scan(root) {
        Ok(scan) => scan,
        Err(error) => return Problem::of_file(root, error.to_string(), "name a functions folder").into(),
    };
    for relative in scan.functions.iter().filter_map(|found| found.policy.as_ref()) {
        let checked = match read_policy(root, relative) {
            Written::Text(text) => Policy::check(&root.join(relative), &text, &policies.of(relative)).map(drop),
            Written::Unreadable(problem) => Err(problem.into()),
            Written::Nothing => Ok(()),
        };
        if let Err(own) = checked {
            problems.append(own);
        }
    }
    problems
}

/// A route with the host's prefix, as a pattern.
fn route_of(pattern: &Pattern, prefix: &Prefix) -> Arc<str> {
    let route = pattern.to_string();
    match (prefix.to_string(), route.as_str()) {
        (prefix, "/") if !prefix.is_empty() => prefix.into(),
        (prefix, route) => format!("{prefix}{route}").into(),
    }
}
