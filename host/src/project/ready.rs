//! A built component, held against everything that `serve` asks of it and of its policy, with the code that serves. So it is
//! in the cache of compiled components as well, and the next start finds it there. Nothing is put anywhere here.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::source::{Kind, Source};
use super::walk::shown;
use crate::config::{self, Policy, Problem, Problems, Settings};
use crate::load;
use crate::runtime::{Code, Runtime};
use crate::verify::CustomVerifier;

/// A component that could be served.
pub(crate) struct Ready {
    /// What is in its file.
    pub(crate) bytes: Vec<u8>,
    /// What was made of it. While somebody holds it, nobody has to make it again.
    pub(crate) made: Made,
}

/// What was made of a component.
pub(crate) enum Made {
    /// A function.
    Function(Arc<Code>),
    /// A verifier.
    Verifier(Arc<dyn CustomVerifier>),
}

impl Ready {
    /// Makes the component of `source` in the file `built` ready.
    ///
    /// # Errors
    ///
    /// If it is none, or one that is not for this host.
    pub(super) fn new(source: &Source, built: &Path, runtime: &Arc<Runtime>) -> Result<Self, Problem> {
        let (Some(folder), Some(name)) = (built.parent(), built.file_name()) else {
            return Err(Problem::of_file(built, "it is no file", "report this with what was built"));
        };
        let bytes = load::component_bytes(folder, Path::new(name))?;
        let made = match source.kind {
            Kind::Function => runtime.load(&bytes).map(|code| Made::Function(Arc::new(code))),
            Kind::Verifier => runtime.load_verifier(&bytes).map(Made::Verifier),
        };
        let made = made.map_err(|error| load::refused(&shown(built), &error))?;
        Ok(Self { bytes, made })
    }

    /// The SHA-256 of the component, in lower-case hexadecimal digits.
    pub(crate) fn version(&self) -> &str {
        match &self.made {
            Made::Function(code) => code.version(),
            Made::Verifier(verifier) => verifier.version(),
        }
    }

    /// Holds the policy `text`, which is written in `file`, against the component and against what the settings say of
    /// policies in that place. Whether its secrets are there is not asked: the machine that builds need not have them.
    pub(super) fn check_policy(
        &self,
        source: &Source,
        (file, text): (&Path, &str),
        settings: &Settings,
    ) -> Result<(), Problems> {
        let (Some(relative), Made::Function(code)) = (source.policy(), &self.made) else { return Ok(()) };
        let policy = Policy::check(file, text, &settings.policies.of(&relative))?;
        Ok(load::fits(settings, file, &policy, code)?)
    }
}

/// What is written in the policy of `source`; none if it has none beside it.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn written_policy(source: &Source) -> Result<Option<(std::path::PathBuf, String)>, Problem> {
    let Some(file) = source.written_policy() else { return Ok(None) };
    let shown = shown(&file);
    match file.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    let opened = fs::metadata(&file).and_then(|found| {
        // Asked before it is opened: the other end of a pipe would be waited for.
        if found.is_file() { File::open(&file) } else { Err(io::Error::other("not a file")) }
    });
    let opened = opened.map_err(|error| config::unreadable(&shown, &error))?;
    Ok(Some((shown.clone(), config::read_text(&shown, opened)?)))
}
