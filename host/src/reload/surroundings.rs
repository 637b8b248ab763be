//! What is around the functions, as it changes: `host.toml`, the secrets, the providers' keys. The old stays in force
//! until the new has been still and is right in itself. It knows no function.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::files::Print;
use super::settle::Settling;
use crate::auth::Providers;
use crate::config::{self, Overrides, Problem, Problems, Secrets, SecretsState, Settings};

/// Where the settings come from.
#[derive(Clone, Debug, Default)]
pub struct SettingsSource {
    /// `host.toml`. It need not be there.
    pub file: PathBuf,
    /// What the command's options say.
    pub overrides: Overrides,
}

/// The text of `host.toml`; none if there is no such file.
type Text = Result<Option<String>, Problem>;

impl SettingsSource {
    fn text(&self) -> Text {
        // A link that leads nowhere, or a folder that may not be looked into, is something: a host must not go on as if
        // there were no settings, which is more open than what was meant.
        if self.file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Ok(None);
        }
        let opened = fs::metadata(&self.file).and_then(|found| {
            // Asked before it is opened: the other end of a pipe would be waited for.
            if found.is_file() { File::open(&self.file) } else { Err(io::Error::other("not a file")) }
        });
        let opened = opened.map_err(|error| config::unreadable(&self.file, &error))?;
        config::read_text(&self.file, opened).map(Some)
    }

    fn settings(&self, text: &str) -> Result<Settings, Problems> {
        Settings::check(&self.file, text, &self.overrides).map_err(|rejected| rejected.problems)
    }
}

/// The settings that are in force, and what was made of them.
pub(super) struct Surroundings {
    source: SettingsSource,
    pub(super) settings: Arc<Settings>,
    pub(super) secrets: Secrets,
    pub(super) providers: Providers,
    text: Settling<Text>,
    secrets_state: Settling<SecretsState>,
    keys: Settling<Vec<Option<Print>>>,
    /// What is wrong with the places of the secrets; said once.
    secrets_problem: Option<Problems>,
}

impl Surroundings {
    /// `settings` are what `source` says at the start.
    pub(super) fn new(source: SettingsSource, settings: Settings, secrets: Secrets) -> Self {
        let providers = Providers::new(&settings.providers, &secrets, &Providers::default());
        Self {
            text: Settling::new(source.text()),
            keys: Settling::new(keys(&settings)),
            secrets_state: Settling::new(SecretsState::default()),
            secrets_problem: None,
            settings: Arc::new(settings),
            source,
            secrets,
            providers,
        }
    }

    /// Where `host.toml` is, or would be.
    pub(super) fn settings_file(&self) -> &Path {
        &self.source.file
    }

    /// Looks at all of it; returns whether something else is in force now.
    pub(super) fn look(&mut self, at: Instant) -> bool {
        self.text.see(self.source.text(), at);
        let mut changed = self.text.settle(at) && self.take_settings();

        self.keys.see(keys(&self.settings), at);
        changed |= self.keys.settle(at);

        match self.secrets.reopen(&self.settings.secrets) {
            Ok(fresh) => {
                self.secrets_problem = None;
                // Functions that were loaded since may have asked for more.
                self.secrets_state.rest_on(self.secrets.state());
                self.secrets_state.see(fresh.state(), at);
                if self.secrets_state.settle(at) {
                    self.secrets = fresh;
                    changed = true;
                    tracing::info!("secrets changed");
                }
            }
            Err(problems) => {
                if self.secrets_problem.as_ref() != Some(&problems) {
                    tracing::error!("the secrets cannot be read; going on with those known: {}", in_a_line(&problems));
                    self.secrets_problem = Some(problems);
                }
            }
        }
        if changed {
            self.providers = Providers::new(&self.settings.providers, &self.secrets, &self.providers);
            self.providers.start();
        }
        changed
    }

    /// When there is something to look at again.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.text.due(), self.keys.due(), self.secrets_state.due()].into_iter().flatten().min()
    }

    /// The files outside of the functions folder whose changes matter.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let secrets = &self.settings.secrets;
        let places = [secrets.dir.as_deref(), secrets.dotenv.as_deref()].into_iter().flatten();
        key_files(&self.settings).chain(places).chain([self.source.file.as_path()])
    }

    /// Takes the settings over that have settled, if they will do; returns whether they did.
    fn take_settings(&mut self) -> bool {
        let file = self.source.file.display();
        let checked = match self.text.taken() {
            Ok(Some(text)) => self.source.settings(text),
            Ok(None) => {
                tracing::error!(%file, "the settings are gone; going on with what they said");
                return false;
            }
            Err(problem) => Err(problem.clone().into()),
        };
        match checked {
            Ok(mut settings) => {
                let dropped = settings.dropped_from(&self.settings);
                if !dropped.is_empty() {
                    tracing::error!(
                        %file,
                        keys = dropped.join(", "),
                        "the settings no longer say what kept people out; going on with the old: put that back, or start the \
                         host anew without it"
                    );
                    return false;
                }
                let waiting = settings.keep_from(&self.settings);
                if !waiting.is_empty() {
                    tracing::warn!(%file, keys = waiting.join(", "), "settings that count from the next start on");
                }
                let changed = settings != *self.settings;
                if changed {
                    tracing::info!(%file, "settings changed");
                }
                self.settings = Arc::new(settings);
                changed
            }
            Err(problems) => {
                tracing::error!(%file, "the settings are wrong; going on with the old: {}", in_a_line(&problems));
                false
            }
        }
    }
}

/// Problems for a line of the log.
fn in_a_line(problems: &Problems) -> String {
    problems.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn keys(settings: &Settings) -> Vec<Option<Print>> {
    key_files(settings).map(|file| Print::of(file).ok()).collect()
}

fn key_files(settings: &Settings) -> impl Iterator<Item = &Path> {
    settings.providers.values().flat_map(|provider| provider.files()).map(PathBuf::as_path)
}
