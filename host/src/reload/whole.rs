//! Components that this process has put into the functions folder by itself, each in one step: there is no half of them, and
//! so nothing to wait for. It knows no policy: those wait for their stillness, whoever writes them.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::files::Print;

/// Files that are whole, by their paths in the functions folder: in which state, and since when it was known that they
/// would change.
#[derive(Default)]
pub(super) struct Whole(Mutex<HashMap<PathBuf, (Print, Instant)>>);

impl Whole {
    fn files(&self) -> MutexGuard<'_, HashMap<PathBuf, (Print, Instant)>> {
        // Whoever holds it does one thing to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that `file` is whole, in the state in which `opened` is: if somebody else's stands under its name by now, that
    /// is not meant.
    pub(super) fn note(&self, file: &Path, opened: &File, since: Instant) {
        if let Ok(metadata) = opened.metadata() {
            self.files().insert(file.to_owned(), (Print::from(&metadata), since));
        }
    }

    /// Whether `file` is whole in the state `print`.
    pub(super) fn has(&self, file: &Path, print: &Print) -> bool {
        self.files().get(file).is_some_and(|(whole, _)| whole == print)
    }

    /// Since when it was known that `file` would change, if it is whole in the state `print`. Says so once.
    pub(super) fn take(&self, file: &Path, print: &Print) -> Option<Instant> {
        let mut files = self.files();
        files.get(file).filter(|(whole, _)| whole == print)?;
        files.remove(file).map(|(_, since)| since)
    }
}
