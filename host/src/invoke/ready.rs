//! A function that is loaded for one call. What it keeps is kept in a file of this call's own, unless the host's is asked
//! for: one process alone can have that open, and a delivery that is tried out is not to count as one that has run.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::app::App;
use crate::auth::Supposed;
use crate::begin::{self, Beginning};
use crate::config::{Problem, Problems};
use crate::function::{Entry, Function};
use crate::invoke::Target;
use crate::observe::metrics::Metrics;
use crate::reload::{Alone, Loaded, Reloader};

/// A function that can be called.
pub(crate) struct Ready {
    pub(crate) app: Arc<App>,
    pub(crate) function: Arc<Function>,
    /// Where what it keeps is kept, if it keeps anything; none for nowhere.
    pub(crate) state: Option<String>,
    /// Goes away with this.
    _own_state: Option<TempDir>,
}

/// Why it cannot.
#[derive(Debug)]
pub(crate) enum NotReady {
    /// Something that somebody wrote has to be mended.
    Wrong(Problems),
    /// It cannot be called as it was asked for; what to write instead.
    Usage(String),
    /// This process could not do its work.
    Failed(String),
}

impl Ready {
    /// Loads the function. `supposed` calls it, if anybody is supposed to; the host's own state is opened if `keeps_state`.
    ///
    /// # Errors
    ///
    /// If it cannot be served, or nobody can be supposed to be calling it.
    pub(crate) fn load(target: &Target, supposed: Option<Supposed>, keeps_state: bool) -> Result<Self, NotReady> {
        let failed = |error: &dyn std::fmt::Display| NotReady::Failed(error.to_string());
        let supposed = supposed.map(|supposed| vouched(target, supposed)).transpose()?;
        let Beginning { source, settings, .. } = &target.beginning;
        let mut settings = settings.clone();
        // The places of the secrets were looked at once; what is in them is read where it is needed.
        let secrets = crate::config::Secrets::open(&settings.secrets).map_err(NotReady::Wrong)?;
        let own_state = if keeps_state { None } else { Some(tempfile::tempdir().map_err(|error| failed(&error))?) };
        if let Some(folder) = &own_state {
            settings.state.path = folder.path().join("state.redb");
            settings.state.redis = None;
        }
        let metrics = Arc::new(Metrics::new());
        let runtime = begin::engine(&settings, &metrics).map_err(|error| NotReady::Failed(format!("{error:#}")))?;
        let alone = Alone { scan: target.scan(), supposed };
        let place = match (&settings.state.redis, &own_state) {
            (Some(_), _) => "the server of [state] redis".to_owned(),
            (None, Some(_)) => "a file of this call's own, which is gone now; --state takes the host's".to_owned(),
            (None, None) => settings.state.path.display().to_string(),
        };
        // A function must not reach the host that may be running at the same place.
        let listeners = vec![settings.listen, settings.admin];
        let loaded = Reloader::alone(source.clone(), settings, secrets, runtime, metrics, alone)
            .map_err(|error| NotReady::Usage(format!("{error:#}")))?;
        let Loaded { app, problems, .. } = loaded;
        if !problems.is_empty() {
            return Err(NotReady::Wrong(problems));
        }
        app.outbound.keep_from(listeners);
        let live = app.live();
        let mut functions = live.table.iter().filter_map(|(_, entry)| match entry {
            Entry::Ready(function) => Some(Arc::clone(function)),
            Entry::NotLoaded(_) => None,
        });
        let function = functions.next().ok_or_else(|| NotReady::Failed("the function was not loaded".into()))?;
        let keeps = function.replay.is_some() || !function.policy.grants.kv.is_empty();
        Ok(Self { state: keeps.then_some(place), function, app, _own_state: own_state })
    }

    /// The function's own file of policy, or where it would be.
    pub(crate) fn policy_file(target: &Target) -> PathBuf {
        let file = target.found.policy.clone().unwrap_or_else(|| target.found.file.with_extension("toml"));
        target.beginning.settings.functions.join(file)
    }
}

/// The provider that vouches for who is supposed to be calling.
fn vouched(target: &Target, supposed: Supposed) -> Result<(String, Supposed), NotReady> {
    let policy = target.policy().map_err(NotReady::Wrong)?;
    let Some(auth) = &policy.auth else {
        let name = target.found.pattern.name();
        return Err(NotReady::Wrong(
            Problem::of_file(
                &Ready::policy_file(target),
                format!("it has no [auth], so nobody asks who calls {name}"),
                "leave out --identity, or write [auth] in it",
            )
            .into(),
        ));
    };
    let provider = supposed.provider(auth).map_err(NotReady::Usage)?;
    Ok((provider.to_owned(), supposed))
}
