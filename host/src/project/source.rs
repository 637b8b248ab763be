//! One function of a project: where its source is, what it is called, and which files of the functions folder are made of
//! it. It does not know how that is done.

use std::path::{Path, PathBuf};

use super::language::Language;
use super::walk::shown;
use crate::config::Problem;
use crate::route::{Pattern, VERIFIER};

/// What a source becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function, which has a route and may have a policy.
    Function,
    /// A verifier, which policies name.
    Verifier,
}

/// One function, or one verifier, of a project.
#[derive(Clone)]
pub(crate) struct Source {
    /// What it is called in the functions folder, without an extension: `payments`, `users/[id]`, `index`,
    /// `bank.verifier`.
    pub(crate) name: String,
    /// What its language calls it.
    pub(crate) package: String,
    /// What its tools know it by; the same, where that is clear enough.
    pub(crate) id: String,
    /// What it becomes.
    pub(crate) kind: Kind,
    /// What it is written in.
    pub(crate) language: &'static dyn Language,
    /// Its folder, absolute.
    pub(crate) folder: PathBuf,
    /// The file that describes it, absolute.
    pub(crate) manifest: PathBuf,
    /// Where its language's tools are run.
    pub(crate) workspace: PathBuf,
    /// The folders whose files it is made of.
    pub(crate) made_of: Vec<PathBuf>,
    /// Files besides that it is made of; they need not be there.
    pub(crate) files: Vec<PathBuf>,
    /// Folders in these that hold what is built.
    pub(crate) outputs: Vec<PathBuf>,
}

impl Source {
    /// Where its component belongs in the functions folder.
    pub(crate) fn component(&self) -> PathBuf {
        format!("{}.wasm", self.name).into()
    }

    /// Where its policy belongs in the functions folder; none if it has none.
    pub(crate) fn policy(&self) -> Option<PathBuf> {
        (self.kind == Kind::Function).then(|| format!("{}.toml", self.name).into())
    }

    /// Where its policy is written, if it is: beside the source.
    pub(crate) fn written_policy(&self) -> Option<PathBuf> {
        (self.kind == Kind::Function).then(|| policy_beside(&self.folder, &self.package))
    }

    /// Whether a name on the command line means it.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let own = self.name.strip_suffix(verifier()).filter(|_| self.kind == Kind::Verifier);
        name == self.name || name == self.package || own == Some(name)
    }

    /// Whether a file is one that it is made of.
    pub(crate) fn has(&self, file: &Path) -> bool {
        let is_policy = self.written_policy().is_some_and(|policy| policy == file);
        !is_policy
            && (self.files.iter().any(|own| own == file) || self.made_of.iter().any(|folder| file.starts_with(folder)))
    }

    /// Holds its name against the rules of routes.
    pub(super) fn check_name(&self) -> Result<(), Problem> {
        let name = match self.kind {
            Kind::Function => self.name.as_str(),
            Kind::Verifier => self.name.strip_suffix(verifier()).unwrap_or(&self.name),
        };
        let is_file = !name.is_empty() && !name.split('/').any(|segment| segment.starts_with('.'));
        let refused = match Pattern::parse(if name == "index" { "" } else { name }) {
            Ok(_) if is_file => return Ok(()),
            Ok(_) => format!("{name:?} is a name that the host ignores: it is empty or starts with a dot"),
            Err(error) => error.to_string(),
        };
        Err(Problem::of_file(
            &shown(&self.manifest),
            format!("no route can be made of the function's name: {refused}"),
            "rename it, or give it a `route` (docs/project.md)",
        ))
    }
}

/// The policy of the function `package`, beside its source.
pub(super) fn policy_beside(folder: &Path, package: &str) -> PathBuf {
    folder.join(format!("{package}.toml"))
}

/// What the names of verifiers end with, without the extension.
pub(super) fn verifier() -> &'static str {
    VERIFIER.strip_suffix(".wasm").unwrap_or(VERIFIER)
}
