//! Files as they are now: told apart by what the file system says of them, and texts of policies, read again only when
//! they may have changed. It does not know what the texts say.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::load::{self, Written};

/// How old a file's last change has to be before its print vouches for its content. File systems keep times in steps
/// (4 ms on ext4, 2 s on FAT): of two writes in one step, the second does not show.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// What tells one state of a file from another without reading it. The time of the last change (`ctime`) cannot be set
/// by hand, so a copy that keeps other times is seen as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Print {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Print {
    /// The print of the file at `path`, links followed.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// Whether a later write would show in the print, seen at `now`.
    fn is_settled(&self, now: SystemTime) -> bool {
        let Ok(changed) = u64::try_from(self.changed.0) else { return false };
        let changed = UNIX_EPOCH + Duration::from_secs(changed);
        now.duration_since(changed).is_ok_and(|age| age > COARSEST_CLOCK)
    }
}

impl From<&Metadata> for Print {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The texts of policies, by their files' paths in the functions folder.
#[derive(Default)]
pub(super) struct Texts {
    known: HashMap<PathBuf, (Print, Written)>,
    seen: HashMap<PathBuf, (Print, Written)>,
}

impl Texts {
    /// What is written in the policy `relative` of the folder `root`, and the state in which its file is.
    pub(super) fn get(&mut self, root: &Path, relative: &Path) -> (Written, Option<Print>) {
        let path = root.join(relative);
        // A name that is there but leads nowhere is a policy that cannot be read, not one that is missing.
        if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return (Written::Nothing, None);
        }
        let print = Print::of(&path).ok();
        let known = self.known.remove(relative).filter(|(known, _)| print.as_ref() == Some(known));
        let text = match known {
            Some((_, text)) => text,
            None => load::read_policy(root, relative),
        };
        if let Some(print) = &print
            && print.is_settled(SystemTime::now())
            && Print::of(&path).is_ok_and(|after| after == *print)
        {
            self.seen.insert(relative.to_owned(), (print.clone(), text.clone()));
        }
        (text, print)
    }

    /// Forgets what has not been asked for since the last time.
    pub(super) fn turn(&mut self) {
        self.known = std::mem::take(&mut self.seen);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
