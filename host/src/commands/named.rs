//! Secrets that a policy names, for commands that work with a policy and no host: they are where the host of the policy
//! looks for them, so that what is signed here is genuine there.

use std::path::{Path, PathBuf};

use signatures::Secret;

use super::Failure;
use crate::begin;
use crate::config::{Overrides, Secrets, SecretsSettings, Settings};

/// The secrets of these names. Their places are those of `config`, else of the `host.toml` beside the policy's folder, else
/// the environment.
pub(super) fn secrets(names: &[String], policy: Option<&Path>, config: Option<&Path>) -> Result<Vec<Secret>, Failure> {
    let file = config.map(Path::to_owned).or_else(|| beside(policy?));
    let places = match file {
        None => SecretsSettings::default(),
        Some(file) => match Settings::load(&file, &Overrides::default()) {
            Ok(settings) => settings.secrets,
            Err(rejected) => return Err(Failure::usage(rejected.problems)),
        },
    };
    let secrets = Secrets::open(&places).map_err(Failure::usage)?;
    let get = |name: &String| match secrets.get(name) {
        Ok(value) => Ok(Secret::new(name, value.expose())),
        Err(missing) => Err(Failure::usage(format!(
            "{missing}: put it there, or write --secret-env NAME, --secret-file FILE or --secret TEXT"
        ))),
    };
    names.iter().map(get).collect()
}

/// The settings of the host that a policy belongs to, if they are where they are without being named.
fn beside(policy: &Path) -> Option<PathBuf> {
    let folder = policy.parent()?;
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    Some(begin::beside(folder)?.join(begin::SETTINGS_FILE)).filter(|file| !begin::is_absent(file))
}
