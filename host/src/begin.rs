//! What `serve`, `routes` and `check` begin with: where `host.toml` and the functions folder are, what has to be right
//! before any function is looked at, and the engine. It binds no port and loads no function.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::admin::Access;
use crate::cli::Place;
use crate::config::{Overrides, Problem, Problems, Secrets, Settings};
use crate::load;
use crate::observe::metrics::Metrics;
use crate::reload::SettingsSource;
use crate::remote;
use crate::runtime::{Runtime, RuntimeSettings, compile, verifiers_beside};

/// The settings, where none are given.
pub(crate) const SETTINGS_FILE: &str = "host.toml";

/// A host that could start, as far as its settings go.
pub struct Beginning {
    /// Where the settings came from.
    pub source: SettingsSource,
    /// The settings.
    pub settings: Settings,
    /// The places of the secrets.
    pub secrets: Secrets,
    /// Who may ask the operator's listener.
    pub access: Access,
}

/// Reads the settings of the host at a place, `overrides` being what the command's options say.
///
/// # Errors
///
/// Everything that is wrong with them; and where the settings themselves are, with the functions' policies too.
pub fn read(place: &Place, overrides: Overrides) -> Result<Beginning, Problems> {
    let (source, settings) = settings(place, overrides)?;
    if !settings.functions.is_dir() {
        return Err(Problem::of_file(
            &settings.functions,
            "there is no such functions folder",
            "fill it with `host build`, in a project; or name another: host serve FOLDER, where a function is a component, as \
             FOLDER/hello.wasm",
        )
        .into());
    }
    let secrets = Secrets::open(&settings.secrets)?;
    let access = Access::new(&settings, &secrets, &source.file)?;
    remote::check(&settings, &secrets, &source.file)?;
    Ok(Beginning { source, settings, secrets, access })
}

/// A component, and the host that it is for.
pub(crate) struct OfComponent {
    /// The host.
    pub(crate) beginning: Beginning,
    /// The component, in the functions folder.
    pub(crate) file: PathBuf,
    /// Whether that is the folder of a host with others; else nothing but its policy beside it matters.
    pub(crate) is_among: bool,
}

/// Reads the settings of the host that a component is for, and says where the component is in its functions folder: that of
/// the host at `place`, if it lies in there; else the folder that it lies in, with the settings beside that.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn read_of_component(place: &Place, component: &Path) -> Result<OfComponent, Problems> {
    let at = |functions: Option<&Path>| {
        let overrides = Overrides { functions: functions.map(Path::to_owned), ..place.overrides() };
        let place =
            Place { functions: functions.map(Path::to_owned), config: place.config.clone(), ..Place::default() };
        read(&place, overrides)
    };
    let folder = component.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Not through the component itself, which may be a link: beside that lies its policy.
    let resolved = folder.canonicalize().ok().zip(component.file_name()).map(|(folder, name)| folder.join(name));
    // One command has the functions folder at its place, another one the component itself.
    let functions = place.functions.as_deref().filter(|functions| functions.is_dir());
    let within = at(functions).ok().and_then(|usual| {
        let root = usual.settings.functions.canonicalize().ok()?;
        let file = resolved?.strip_prefix(root).ok()?.to_owned();
        Some((usual, file))
    });
    match within {
        Some((beginning, file)) => Ok(OfComponent { beginning, file, is_among: true }),
        None => {
            let file = component.file_name().map(PathBuf::from).unwrap_or_default();
            Ok(OfComponent { beginning: at(Some(folder))?, file, is_among: false })
        }
    }
}

/// Makes the engine that the settings describe.
///
/// # Errors
///
/// If it cannot be made.
pub fn engine(settings: &Settings, metrics: &Arc<Metrics>) -> Result<Arc<Runtime>> {
    let instances = u32::try_from(settings.server.concurrency).unwrap_or(u32::MAX);
    let settings = RuntimeSettings {
        instances,
        verifiers: verifiers_beside(instances),
        cache: settings.cache.clone(),
        compile: settings.compile.clone(),
        compiler: Some(compile::this_program().context("cannot find this program's own file")?),
    };
    Ok(Arc::new(Runtime::new(&settings, Arc::clone(metrics))?))
}

/// Reads the settings of the host at a place, whose functions folder need not be there.
///
/// # Errors
///
/// Everything that is wrong with them, and with the policies of the functions folder.
pub fn settings(place: &Place, overrides: Overrides) -> Result<(SettingsSource, Settings), Problems> {
    let beside = || place.functions.as_deref().and_then(beside).unwrap_or_default().join(SETTINGS_FILE);
    let source = SettingsSource { file: place.config.clone().unwrap_or_else(beside), overrides };
    let SettingsSource { file, overrides } = &source;
    let settings = if place.config.is_none() && is_absent(file) {
        Settings::check(file, "", overrides)
    } else {
        Settings::load(file, overrides)
    };
    // With the settings wrong, the policies are looked through all the same: everything is listed at once.
    let settings = settings.map_err(|rejected| {
        let mut problems = rejected.problems;
        if let Some(functions) = &rejected.functions {
            problems.append(load::check_policies(functions, &rejected.policies));
        }
        problems
    })?;
    Ok((source, settings))
}

/// Whether there is nothing of this name. A link that leads nowhere, or a folder that may not be looked into, is
/// something: the host must not start on its defaults, which are more open than what was meant.
pub(crate) fn is_absent(file: &Path) -> bool {
    file.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Whether there are settings beside the functions folder `functions`.
pub(crate) fn is_configured(functions: &Path) -> bool {
    beside(functions).is_some_and(|folder| !is_absent(&folder.join(SETTINGS_FILE)))
}

/// The folder that `folder` lies in.
pub(crate) fn beside(folder: &Path) -> Option<PathBuf> {
    match folder.components().next_back()? {
        Component::Normal(_) => folder.parent().map(Path::to_owned),
        // `.` and the like say nothing of where they are.
        _ => folder.canonicalize().ok()?.parent().map(Path::to_owned),
    }
}
