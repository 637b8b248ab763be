//! What a functions folder says: which file serves which route, which policy belongs to it, and what
//! in the folder serves nothing and why. It owns the rules of the folder's layout; it must not open
//! any file.
//!
//! - `hello.wasm`, `hello/hello.wasm` and `hello/index.wasm` serve `/hello`; `index.wasm` at the top
//!   serves the root. Folders nest, and `[id]` and `[...rest]` are parameters wherever they stand.
//! - A folder that holds a file `NAME/NAME.wasm`, parameters included, is that function's own: all
//!   else in it is private, but `index.wasm`, which claims the same route and so conflicts. The name
//!   alone decides: a component that is a broken link does not lay its neighbours open.
//! - `NAME.toml` beside `NAME.wasm` is its policy. Again the name alone decides: a policy that cannot
//!   be read has to be found unreadable by whoever reads it, not taken for absent here.
//! - `NAME.verifier.wasm` is a verifier, wherever it lies, and never a function: policies name it.
//! - Two files for one route: neither is served.
//! - Names that start with a dot are passed over. Links are followed inside of the folder only.

mod entry;
mod nearest;
mod walk;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use self::entry::FolderId;
pub use self::walk::VERIFIER;
use self::walk::Walk;
use super::pattern::{MAX_SEGMENTS, Pattern};

/// The most entries, passed-over ones included, that a functions folder may have with its
/// sub-folders. Each function is compiled and kept in memory, which ends long before this number does;
/// it is here so that links and runaway builds end in an error instead of in a host that never starts.
pub const MAX_ENTRIES: usize = 20_000;

/// What a functions folder holds. All paths are relative to it; all lists are in the order of the
/// walk, which is that of the names' bytes, or of the routes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The functions, in the order of the routes.
    pub functions: Vec<Found>,
    /// Routes that several files claim, in the order of the routes.
    pub conflicts: Vec<Conflict>,
    /// Verifiers' components, which serve nothing by themselves: policies name them.
    pub verifiers: Vec<PathBuf>,
    /// Files and folders that serve nothing.
    pub ignored: Vec<Ignored>,
    /// Policies without a component.
    pub orphans: Vec<Orphan>,
    /// The folders that were looked into, the functions folder itself first, as an empty path.
    pub folders: Vec<PathBuf>,
}

/// A component and its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The route.
    pub pattern: Pattern,
    /// The component's file.
    pub file: PathBuf,
    /// The policy's file, if there is anything of that name.
    pub policy: Option<PathBuf>,
}

/// Several files for one route, of which none is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The route, with the parameters' names of the first file.
    pub pattern: Pattern,
    /// The components' files, two or more.
    pub files: Vec<PathBuf>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the route {} is not served, as several files claim it: ", self.pattern)?;
        for (position, file) in self.files.iter().enumerate() {
            write!(f, "{}{file:?}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A file or folder that serves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Where it is.
    pub path: PathBuf,
    /// Why, and what to do if it should be served.
    pub reason: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.path, self.reason)
    }
}

/// A policy that protects nothing, as its component is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The policy's file.
    pub policy: PathBuf,
    /// The component's file that it was perhaps written for.
    pub nearest: Option<PathBuf>,
}

impl fmt::Display for Orphan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.policy.with_extension("wasm");
        write!(f, "{:?} protects nothing: ", self.policy)?;
        if expected.to_str().is_some_and(|name| name.ends_with(VERIFIER)) {
            return f.write_str("a verifier has no policy of its own, the functions that it is for have theirs");
        }
        match &self.nearest {
            Some(file) => write!(f, "to protect {file:?}, name it {:?}", file.with_extension("toml")),
            None => write!(f, "{expected:?} is not there"),
        }
    }
}

/// Why a folder could not be scanned as a whole.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The folder or something in it could not be looked at.
    #[error("cannot read the functions folder at {path:?}: {cause}")]
    Io {
        /// The folder or entry, as it was reached.
        path: PathBuf,
        /// What the operating system said. It is part of this error's text, so it is not its source as
        /// well.
        cause: io::Error,
    },

    /// Folders nest too deep.
    #[error("{0:?} lies more than {MAX_SEGMENTS} folders deep in the functions folder: nest fewer")]
    TooDeep(PathBuf),

    /// There are too many entries.
    #[error("the functions folder has more than {MAX_ENTRIES} files and folders: move out what is no function")]
    TooMany,
}

/// Reads the layout of the functions folder `root`.
///
/// A sub-folder that may not be read is reported as ignored; what disappears meanwhile is not there.
///
/// # Errors
///
/// See [`ScanError`]; nothing of a folder that is too deep or too large is served.
pub fn scan(root: &Path) -> Result<Scan, ScanError> {
    let io = |cause| ScanError::Io { path: root.to_owned(), cause };
    let resolved = fs::canonicalize(root).map_err(io)?;
    let top = FolderId::of(&fs::metadata(&resolved).map_err(io)?);
    let mut walk = Walk::new(&resolved, top);
    walk.run()?;
    Ok(walk.finish())
}

/// Reads the layout of the folder `root` as if there were nothing in it but the component `file` and its policy.
#[must_use]
pub fn scan_one(root: &Path, file: &Path) -> Scan {
    walk::one(root, file)
}
