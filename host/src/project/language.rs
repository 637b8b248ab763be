//! What the commands ask of a language: which functions a project has in it, what is built of them and how their own tests
//! are run. A language knows its tools; it does not know policies, the functions folder or the engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::c::C;
use super::children::Children;
use super::go::Go;
use super::javascript::JavaScript;
use super::python::Python;
use super::rust::Rust;
use super::source::Source;
use super::voice::Voice;
use crate::config::{Problem, Problems};

/// All languages. Where a folder has the marks of two, it holds a function of each, and the names clash.
pub(crate) static LANGUAGES: [&dyn Language; 5] = [&Rust, &JavaScript, &Python, &Go, &C];

/// How much the compiler is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// A profile of cargo's, by name.
    Named(String),
    /// As for release, and soon: incremental, and without link-time optimisation.
    Dev,
}

/// What building needs.
pub(crate) struct Tools<'a> {
    /// The project's folder.
    pub(crate) root: &'a Path,
    /// The functions folder: what was built before lies there.
    pub(crate) functions: &'a Path,
    /// What runs programs.
    pub(crate) children: &'a Children,
    /// Who hears of it.
    pub(crate) voice: &'a Voice,
    /// How much the compiler is to do.
    pub(crate) profile: &'a Profile,
}

/// Why there is no component.
pub(crate) enum Unbuilt {
    /// The compiler has said why.
    Said,
    /// For this reason.
    For(Problem),
    /// There is one, and its policy will not do.
    Policy(Problems),
}

impl From<Problem> for Unbuilt {
    fn from(problem: Problem) -> Self {
        Self::For(problem)
    }
}

/// What takes what becomes of a source: the file with its component, where there is one. The file need not outlive the call.
pub(crate) type Built<'a> = &'a mut dyn FnMut(&Source, Result<&Path, Unbuilt>);

/// A language in which functions are written.
pub(crate) trait Language: Sync {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// The file that describes a package in it.
    fn manifest(&self) -> &'static str;

    /// Whether it heeds the profile that it is to build with.
    fn has_profiles(&self) -> bool {
        false
    }

    /// The functions that are described by `manifests`, all those of the project `root` with this language's name for them,
    /// outer folders first.
    ///
    /// # Errors
    ///
    /// If the language's tools are needed for that and are not there, or refuse a description.
    fn find(&self, root: &Path, manifests: &[PathBuf]) -> Result<Vec<Source>, Problem>;

    /// Builds `sources`, all of this language, and tells `built` of each of them, once. One that fails does not stop the
    /// others.
    fn build(&self, sources: &[&Source], tools: &Tools<'_>, built: Built<'_>);

    /// Files and folders, besides those on PATH, that are there or are other ones when something was installed that `source`,
    /// a function of the project `root`, is built with. They need not be there.
    fn built_with(&self, source: &Source, root: &Path) -> Vec<PathBuf> {
        let _ = (source, root);
        Vec::new()
    }

    /// The commands that run the own tests of `sources`, functions of the project `root`, with `arguments` for the runner.
    ///
    /// # Errors
    ///
    /// If the runner is not there.
    fn tests(&self, root: &Path, sources: &[&Source], arguments: &[String]) -> Result<Vec<Command>, Problem>;
}
