//! The entries of one folder and what kind each is, links resolved. It owns the rule that a link may
//! not lead out of the functions folder; it must not know what names mean.

use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::ScanError;

/// What a folder is known by, however it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FolderId {
    device: u64,
    inode: u64,
}

impl FolderId {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// An entry of a folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: OsString,
    pub(super) kind: Kind,
}

/// What an entry is, after its links.
#[derive(Debug)]
pub(super) enum Kind {
    File,
    Folder(FolderId),
    /// Nothing that is read or entered, for this reason.
    Refused(String),
}

/// Reads the entries of `folder` (relative to `root`, which is resolved) in the order of their names,
/// without those that start with a dot. Takes every entry off `budget`.
pub(super) fn read(root: &Path, folder: &Path, budget: &mut usize) -> Result<Vec<Entry>, ScanError> {
    let path = root.join(folder);
    let io = |cause| ScanError::Io { path: path.clone(), cause };
    let listing = match fs::read_dir(&path) {
        // It was there when its parent was read; it is not the first folder to be removed meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(io)?,
    };
    let mut entries = Vec::new();
    for entry in listing {
        let name = entry.map_err(io)?.file_name();
        *budget = budget.checked_sub(1).ok_or(ScanError::TooMany)?;
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let at = path.join(&name);
        match kind(root, &at) {
            Ok(Some(kind)) => entries.push(Entry { name, kind }),
            Ok(None) => {}
            Err(cause) => return Err(ScanError::Io { path: at, cause }),
        }
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The kind of what is at `path`; `None` if nothing is there any more.
fn kind(root: &Path, path: &Path) -> io::Result<Option<Kind>> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let metadata = if metadata.is_symlink() {
        // Whatever the reason: a link that does not resolve is a matter of this entry alone.
        match fs::canonicalize(path).and_then(|target| Ok((fs::symlink_metadata(&target)?, target))) {
            Ok((_, target)) if !target.starts_with(root) => {
                return Ok(Some(Kind::Refused("it links out of the folder".to_owned())));
            }
            Ok((metadata, _)) => metadata,
            Err(error) => {
                return Ok(Some(Kind::Refused(format!("it is a link that leads nowhere ({error})"))));
            }
        }
    } else {
        metadata
    };
    Ok(Some(if metadata.is_dir() {
        Kind::Folder(FolderId::of(&metadata))
    } else if metadata.is_file() {
        Kind::File
    } else {
        Kind::Refused(format!("it is a {}, not a regular file", name_of(metadata.file_type())))
    }))
}

fn name_of(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}
