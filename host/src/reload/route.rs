//! One route and its files, as they change: which of them are in force, which wait. It does not know the other routes,
//! nor how files are watched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::files::Print;
use super::settle::Settling;
use super::whole::Whole;
use crate::config::{Access, Problem, Problems, Size};
use crate::function::Entry;
use crate::limit::FunctionPermits;
use crate::load::{Loader, Past, Written};
use crate::quota::Kept;
use crate::room::Portion;
use crate::route::{Conflict, Pattern, Prefix};
use crate::runtime::Code;

/// The component of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Component {
    /// There is none.
    Absent,
    /// This file, in this state; none if its state cannot be seen.
    File(Pattern, PathBuf, Option<Print>),
    /// Several files, of which none is served.
    Claimed(Conflict),
}

/// The policy of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyFile {
    /// Where it is, or would be, in the functions folder.
    pub(super) file: PathBuf,
    pub(super) written: Written,
    /// The state of the file: written anew with the same text, it has not been still.
    pub(super) print: Option<Print>,
}

impl PolicyFile {
    fn says_the_same(&self, other: &Self) -> bool {
        (&self.file, &self.written) == (&other.file, &other.written)
    }
}

/// A route, whatever has become of its files.
pub(super) struct Route {
    component: Settling<Component>,
    /// None until the first has settled.
    policy: Settling<Option<PolicyFile>>,
    /// Whether the policy that waits asks nobody who they are.
    opens: bool,
    /// What is called: the newest component that was good.
    code: Option<Arc<Code>>,
    /// What is wrong with the component that is there now.
    bad: Option<Problem>,
    /// Whether the component that is there now is still to be made ready.
    needs_load: bool,
    loading: bool,
    permits: Arc<FunctionPermits>,
    verifier_permits: Arc<FunctionPermits>,
    answers: Arc<Portion>,
    quota: Kept,
    /// The verifier's file that the policy in force names.
    verifier: Option<PathBuf>,
    /// Whether that is still to be found out.
    names_anew: bool,
    /// Whether what is in force has changed since the entry was made.
    stale: bool,
    /// What is behind the route; none while nothing is in force.
    pub(super) entry: Option<Entry>,
    /// What has to be mended, of the entry.
    pub(super) problems: Problems,
}

impl Route {
    /// A route of which nothing is in force. All answers of the host may take up `answer_bytes`.
    pub(super) fn new(answer_bytes: Size) -> Self {
        Self {
            component: Settling::new(Component::Absent),
            policy: Settling::new(None),
            opens: false,
            code: None,
            bad: None,
            needs_load: false,
            loading: false,
            permits: Arc::new(FunctionPermits::new(0)),
            verifier_permits: Arc::new(FunctionPermits::new(0)),
            answers: Arc::new(Portion::of(answer_bytes)),
            quota: Kept::default(),
            verifier: None,
            names_anew: false,
            stale: false,
            entry: None,
            problems: Problems::default(),
        }
    }

    /// The policy's file, where one is known.
    pub(super) fn policy_file(&self) -> Option<&Path> {
        self.policy.taken().as_ref().map(|policy| policy.file.as_path())
    }

    /// Notes what there is. A policy that serves nobody, which is what `access` says of it if nothing, is taken at once;
    /// the rest when it has been still.
    pub(super) fn see(
        &mut self,
        component: Component,
        policy: Option<PolicyFile>,
        at: Instant,
        access: impl FnOnce(&PolicyFile) -> Option<Access>,
    ) {
        self.component.see(component, at);
        let Some(Some(policy)) = self.policy.see(policy, at) else { return };
        let access = access(policy);
        self.opens = matches!(access, Some(Access::Public | Access::Undeclared));
        if access.is_none() {
            self.take_policy(Settling::take_now);
        }
    }

    /// Whether the policy that waits has to go on waiting: it opens the function, and came with a component that is not
    /// ready. The old component may be one that nobody meant to open.
    fn is_held(&self) -> bool {
        self.opens && (self.needs_load || self.component.due().is_some())
    }

    fn take_policy(&mut self, take: impl FnOnce(&mut Settling<Option<PolicyFile>>) -> bool) {
        let before = self.policy.taken().clone();
        let is_other = |now: &Option<PolicyFile>| match (&before, now) {
            (Some(before), Some(now)) => !now.says_the_same(before),
            _ => true,
        };
        if take(&mut self.policy) && is_other(self.policy.taken()) {
            self.spoil();
        }
    }

    /// The verifier's file that the policy in force names. Asks `find`, if that may have changed.
    pub(super) fn verifier(&mut self, find: impl FnOnce(&PolicyFile) -> Option<PathBuf>) -> Option<&Path> {
        if std::mem::take(&mut self.names_anew) {
            self.verifier = self.policy.taken().as_ref().and_then(find);
        }
        self.verifier.as_deref()
    }

    /// Has the entry made anew, if it has one of the verifiers that have `changed`.
    pub(super) fn verifiers_changed(&mut self, changed: &BTreeSet<PathBuf>) {
        self.stale |= self.verifier.as_ref().is_some_and(|verifier| changed.contains(verifier));
    }

    /// Takes what has been still; all of it, still or not, if this is the `first` look. A component that is among those
    /// which are `whole` need not be still.
    pub(super) fn settle(&mut self, at: Instant, first: bool, whole: &Whole) {
        let is_whole = match (self.component.next(), self.component.taken()) {
            (Some(Component::File(_, file, Some(print))), _) => whole.has(file, print),
            (Some(Component::Absent), Component::File(_, file, _)) => whole.take_gone(file),
            _ => false,
        };
        if if first || is_whole { self.component.take_now() } else { self.component.settle(at) } {
            self.stale = true;
            self.needs_load = matches!(self.component.taken(), Component::File(..));
            if !self.needs_load {
                (self.code, self.bad) = (None, None);
            }
        }
        let is_held = self.is_held();
        self.take_policy(|policy| if first { policy.take_now() } else { !is_held && policy.settle(at) });
    }

    /// Whether nothing is left of it.
    pub(super) fn is_gone(&self) -> bool {
        *self.component.taken() == Component::Absent && self.component.due().is_none()
    }

    /// When there is something to look at again.
    pub(super) fn due(&self) -> Option<Instant> {
        // A component that has become ready is heard of by itself.
        let policy = self.policy.due().filter(|_| !self.is_held());
        [self.component.due(), policy].into_iter().flatten().min()
    }

    /// The component that is to be made ready now, and what the route has already.
    pub(super) fn next_load(&mut self) -> Option<(PathBuf, Option<Print>, Option<Arc<Code>>)> {
        let Component::File(_, file, print) = self.component.taken() else { return None };
        if !self.needs_load || self.loading || self.component.due().is_some() {
            return None;
        }
        self.loading = true;
        Some((file.clone(), print.clone(), self.code.clone()))
    }

    /// A component was made ready, or could not be: the one of this file in this state. Without a result, its file
    /// changed meanwhile.
    pub(super) fn load_ended(
        &mut self,
        file: &Path,
        print: Option<&Print>,
        result: Option<Result<Arc<Code>, Problem>>,
    ) {
        self.loading = false;
        let is_meant =
            matches!(self.component.taken(), Component::File(_, own, state) if own == file && state.as_ref() == print);
        let Some(result) = result.filter(|_| is_meant) else { return };
        self.needs_load = false;
        match result {
            Ok(code) => {
                self.stale |= self.bad.is_some() || !self.code.as_ref().is_some_and(|old| Arc::ptr_eq(old, &code));
                (self.code, self.bad) = (Some(code), None);
            }
            Err(problem) => {
                if self.code.is_some() {
                    let reason = problem.to_string();
                    let reason = reason.lines().map(str::trim).collect::<Vec<_>>().join("; ");
                    tracing::warn!(file = %file.display(), "the new component is not good, and the old one stays: {reason}");
                }
                self.stale = true;
                self.bad = Some(problem);
            }
        }
    }

    /// Whether it is served by a component that is older than the one in its file.
    pub(super) fn is_outdated(&self) -> bool {
        self.bad.is_some() && matches!(self.entry, Some(Entry::Ready(_)))
    }

    /// Since when it was known that its component would change, if that was put there as a `whole`. Says so once.
    pub(super) fn since(&self, whole: &Whole) -> Option<Instant> {
        let Component::File(_, file, Some(print)) = self.component.taken() else { return None };
        whole.take(file, print)
    }

    /// What the table of routes is to hold of it.
    pub(super) fn in_table(&self) -> Option<(Pattern, Entry)> {
        let pattern = match self.component.taken() {
            Component::Absent => return None,
            Component::File(pattern, ..) | Component::Claimed(Conflict { pattern, .. }) => pattern,
        };
        Some((pattern.clone(), self.entry.clone()?))
    }

    /// Has the entry made anew, as something that it depends on has changed.
    pub(super) fn spoil(&mut self) {
        (self.stale, self.names_anew) = (true, true);
    }

    /// Makes the entry of what is in force, if that has changed; returns what there was before. `past` is what is
    /// remembered of the route, and learns of what is in force now.
    pub(super) fn renew(&mut self, loader: &Loader<'_>, prefix: &Prefix, past: &mut Past) -> Option<Option<Entry>> {
        if !std::mem::take(&mut self.stale) {
            return None;
        }
        let before = self.entry.take();
        let (entry, problems) = self.make(loader, prefix, past);
        (self.entry, self.problems) = (entry, problems);
        Some(before)
    }

    fn make(&self, loader: &Loader<'_>, prefix: &Prefix, past: &mut Past) -> (Option<Entry>, Problems) {
        let guard = self.policy.taken().as_ref().map(|policy| {
            let guard = loader.guard(&policy.written, &loader.settings.functions.join(&policy.file), *past);
            past.had_policy |= policy.written != Written::Nothing;
            // Of a policy that is wrong nobody can tell what it meant to protect.
            past.was_protected |= guard.as_ref().map_or(past.had_policy, |guard| guard.access() == Access::Protected);
            guard
        });
        let (pattern, file, guard) = match (self.component.taken(), guard) {
            (Component::Claimed(conflict), _) => {
                let first = conflict.files.first().map_or(Path::new(""), PathBuf::as_path);
                let file = loader.settings.functions.join(first);
                let problems = Problems::from(Problem::of_file(&file, conflict.to_string(), "keep one of them"));
                return (Some(loader.not_loaded(&conflict.pattern, prefix, &problems)), problems);
            }
            (Component::File(pattern, file, _), Some(guard)) if self.code.is_some() || self.bad.is_some() => {
                (pattern, file, guard)
            }
            _ => return (None, Problems::default()),
        };
        let mut problems = Problems::default();
        let guard = guard.map_err(|own| problems.append(own)).ok();
        if self.code.is_none() {
            self.bad.iter().for_each(|bad| problems.push(bad.clone()));
        }
        let permits = (&self.permits, &self.verifier_permits, &self.answers, &self.quota);
        if let (Some(guard), Some(code)) = (guard, &self.code) {
            match loader.function((pattern, file), prefix, guard, code, permits) {
                Ok(function) => return (Some(Entry::Ready(Arc::new(function))), problems),
                Err(problem) => problems.push(problem),
            }
        }
        (Some(loader.not_loaded(pattern, prefix, &problems)), problems)
    }
}
