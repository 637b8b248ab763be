//! One function of a folder, put together as all of them are by whoever serves, for one call and without a reloader: nothing
//! follows its files, and nothing that was arranged for the call outlives it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::{Loaded, Reloader, SettingsSource, Surroundings};
use crate::auth::Supposed;
use crate::config::{Secrets, Settings};
use crate::observe::metrics::Metrics;
use crate::route::{self, Scan};
use crate::runtime::Runtime;
use crate::state::StateFile;

/// What is loaded for one call.
pub(crate) struct Alone {
    /// What of the folder is looked at: the function's own files.
    pub(crate) scan: Scan,
    /// Who is supposed to be calling, and the provider that vouches for it.
    pub(crate) supposed: Option<(String, Supposed)>,
}

impl Reloader {
    /// Loads what is wanted of the folder, as [`load`](Self::load) loads all of it, and follows nothing. `settings` are what
    /// `source` says, and where the state is.
    ///
    /// # Errors
    ///
    /// If nobody can be supposed to be calling as it is said. What is wrong with the function is no error here: see
    /// [`Loaded::problems`].
    pub(crate) fn alone(
        source: SettingsSource,
        settings: Settings,
        secrets: Secrets,
        runtime: Arc<Runtime>,
        metrics: Arc<Metrics>,
        Alone { scan, supposed }: Alone,
    ) -> Result<Loaded> {
        let state = StateFile::new(settings.state.clone(), &secrets, Arc::clone(&metrics));
        let mut around = Surroundings::new(source, settings, secrets);
        if let Some((name, supposed)) = supposed {
            let settings = around.settings.providers.get(&name);
            // The policy that names it was checked against the same settings.
            let settings = settings.ok_or_else(|| anyhow::anyhow!("host.toml has no provider {name}"))?;
            around.providers.suppose((&name, settings), &supposed).map_err(anyhow::Error::msg)?;
        }
        Ok(Self::begin(around, scan, runtime, metrics, state)?.1)
    }

    /// Loads one function as [`survey`](Self::survey) loads all: that of the component `file` of the functions folder.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn survey_one(
        source: SettingsSource,
        settings: Settings,
        secrets: Secrets,
        runtime: Arc<Runtime>,
        metrics: Arc<Metrics>,
        file: &Path,
    ) -> Result<Loaded> {
        let state = StateFile::unused(settings.state.clone(), Arc::clone(&metrics));
        let scan = route::scan_one(&settings.functions, file);
        Ok(Self::begin(Surroundings::new(source, settings, secrets), scan, runtime, metrics, state)?.1)
    }
}
