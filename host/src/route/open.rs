//! Opens files of a folder such that no link, not even one that is changed meanwhile, leads to a
//! file outside of it. It owns that promise and a bound on what is read; it must not know what the
//! files mean.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use thiserror::Error;

/// How often a file is looked for anew when the folder changes between resolving its links and
/// opening it. Deployments swap one link (as Kubernetes does `..data`), so the second attempt finds a
/// folder at rest; more are for good measure.
const ATTEMPTS: usize = 4;

/// Why a file of the folder was not opened or not read.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The path is absolute, empty or has `..`: it was never one of a file in the folder.
    #[error("{0:?} is not a path below the functions folder")]
    NotBelow(PathBuf),

    /// A link leads out of the folder.
    #[error("{0:?} is a link that leads out of the functions folder: put the file itself there")]
    Outside(PathBuf),

    /// A folder, a pipe, a socket or a device.
    #[error("{0:?} is not a regular file")]
    NotRegular(PathBuf),

    /// The file is longer than its reader allows.
    #[error("{file:?} is larger than {limit} bytes, the most that is read of it")]
    TooLarge {
        /// The file, relative to the folder.
        file: PathBuf,
        /// The bound in bytes.
        limit: u64,
    },

    /// The operating system refused; `NotFound` if there is no such file.
    #[error("cannot read {file:?}: {cause}")]
    Io {
        /// The file, relative to the folder.
        file: PathBuf,
        /// What it said. It is part of this error's text, so it is not its source as well.
        cause: io::Error,
    },
}

/// Opens the regular file `relative` of the folder `root` for reading.
///
/// Links are resolved first. The path that comes out must lie below the resolved root, and is then
/// walked from the root's handle, a step at a time, without following any link: so what is opened
/// lies in the folder whatever has changed since the links were read, with no second look that could
/// come too late. Never waits for the other end of a pipe.
///
/// # Errors
///
/// See [`OpenError`].
pub fn open_inside(root: &Path, relative: &Path) -> Result<File, OpenError> {
    open_resolved(root, relative, || {})
}

/// As [`open_inside`]; `on_resolved` runs at each attempt once the links are resolved, the moment at
/// which a change of the folder would do harm.
fn open_resolved(root: &Path, relative: &Path, mut on_resolved: impl FnMut()) -> Result<File, OpenError> {
    let io = |cause| OpenError::Io { file: relative.to_owned(), cause };
    let steps = relative.components().all(|step| matches!(step, Component::Normal(_)));
    if !steps || relative.as_os_str().is_empty() {
        return Err(OpenError::NotBelow(relative.to_owned()));
    }

    let mut attempt = 1;
    let file = loop {
        let resolved_root = fs::canonicalize(root).map_err(io)?;
        let resolved = fs::canonicalize(resolved_root.join(relative)).map_err(io)?;
        let Ok(inside) = resolved.strip_prefix(&resolved_root) else {
            return Err(OpenError::Outside(relative.to_owned()));
        };
        on_resolved();
        match walk(&resolved_root, inside) {
            Ok(file) => break file,
            // What was resolved a moment ago is gone or has become a link.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::MLINK) if attempt < ATTEMPTS => attempt += 1,
            // What a socket answers to being opened.
            Err(Errno::NXIO) => return Err(OpenError::NotRegular(relative.to_owned())),
            Err(errno) => return Err(io(errno.into())),
        }
    };
    if !file.metadata().map_err(io)?.is_file() {
        return Err(OpenError::NotRegular(relative.to_owned()));
    }
    Ok(file)
}

/// Reads the whole of a file that [`open_inside`] opens.
///
/// # Errors
///
/// As [`open_inside`], and [`OpenError::TooLarge`] past `max_bytes`, of which no more than one byte
/// beyond is read.
pub fn read_inside(root: &Path, relative: &Path, max_bytes: u64) -> Result<Vec<u8>, OpenError> {
    let io = |cause| OpenError::Io { file: relative.to_owned(), cause };
    let too_large = || OpenError::TooLarge { file: relative.to_owned(), limit: max_bytes };
    let file = open_inside(root, relative)?;
    let length = file.metadata().map_err(io)?.len();
    if length > max_bytes {
        return Err(too_large());
    }
    // The file may grow while it is read; its length is a hint for the buffer only.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Opens `inside`, a path without links, step by step from `root`.
fn walk(root: &Path, inside: &Path) -> Result<File, Errno> {
    let common = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = common | OFlags::DIRECTORY;
    // NONBLOCK: opening a pipe returns at once. NOCTTY: a terminal does not become ours.
    let file = common | OFlags::NONBLOCK | OFlags::NOCTTY;

    let mut at = openat(CWD, root, folder, Mode::empty())?;
    let mut steps = inside.components().peekable();
    while let Some(step) = steps.next() {
        let flags = if steps.peek().is_some() { folder } else { file };
        at = openat(&at, step.as_os_str(), flags, Mode::empty())?;
    }
    Ok(File::from(at))
}

#[cfg(test)]
mod tests;
