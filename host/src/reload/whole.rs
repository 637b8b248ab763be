//! Components that this process has put into the functions folder by itself, each in one step: there is no half of them, and
//! so nothing to wait for. It knows no policy: those wait for their stillness, whoever writes them.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::files::Print;

/// Files that are whole, by their paths in the functions folder: in which state, and since when it was known that they
/// would change; and those that are gone.
#[derive(Default)]
pub(super) struct Whole(Mutex<HashMap<PathBuf, (Print, Instant)>>, Mutex<HashSet<PathBuf>>);

impl Whole {
    fn files(&self) -> MutexGuard<'_, HashMap<PathBuf, (Print, Instant)>> {
        // Whoever holds it does one thing to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gone(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Notes that `file` is gone, and for good.
    pub(super) fn note_gone(&self, file: &Path) {
        self.files().remove(file);
        self.gone().insert(file.to_owned());
    }

    /// Whether `file` is gone for good. Says so once: another may follow under its name.
    pub(super) fn take_gone(&self, file: &Path) -> bool {
        self.gone().remove(file)
    }

    /// Since when it was known that `file` would change, if it is whole in the state `print`. Says so once.
    pub(super) fn take(&self, file: &Path, print: &Print) -> Option<Instant> {
        let mut files = self.files();
        files.get(file).filter(|(whole, _)| whole == print)?;
        files.remove(file).map(|(_, since)| since)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::route::{Component, PolicyFile, Route};
    use super::super::settle::STILL;
    use super::*;
    use crate::config::{Access, Size};
    use crate::load::Written;
    use crate::route::Pattern;

    #[test]
    fn a_whole_component_is_taken_at_once_and_its_policy_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, name) = (folder.path().join("f.wasm"), Path::new("f.wasm"));
        fs::write(&path, "whole").unwrap();
        let component =
            || Component::File(Pattern::parse("f").unwrap(), name.to_owned(), Some(Print::of(&path).unwrap()));
        let policy = PolicyFile { file: "f.toml".into(), written: Written::Text("".into()), print: None };
        let (whole, now) = (Whole::default(), Instant::now());
        let mut route = Route::new(Size::mib(1));
        let mut see = |at: Instant, whole: &Whole| {
            route.see(component(), Some(policy.clone()), at, |_| Some(Access::Public));
            route.settle(at, false, whole);
            (route.next_load().is_some(), route.policy_file().is_some())
        };
        assert_eq!(see(now, &whole), (false, false), "somebody's file has to be still");
        whole.note(name, &File::open(&path).unwrap(), now);
        assert_eq!(see(now, &whole), (true, false), "the policy has to be still all the same");
        assert_eq!(see(now + STILL, &whole), (false, false), "and one that opens, until the component is ready");
        let print = Print::of(&path).unwrap();
        assert_eq!(whole.take(name, &print), Some(now));
        assert_eq!(whole.take(name, &print), None, "it is said once");

        // A component that was taken away is not waited for either, and only that once.
        whole.note_gone(name);
        assert!(whole.take_gone(name));
        assert!(!whole.take_gone(name), "it is said once");

        // Written again by somebody, it is not what was put there.
        whole.note(name, &File::open(&path).unwrap(), now);
        fs::write(&path, "half of it").unwrap();
        assert!(!whole.has(name, &Print::of(&path).unwrap()));
    }
}
