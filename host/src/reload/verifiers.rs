//! The verifiers that policies name, as their files change. A verifier is a protection: a bad or missing one is in force at
//! once, so that its functions are not served; a good one when it has been still, or when it is whole. It does not know who
//! names them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::files::Print;
use super::jobs::{Done, Job, Made};
use super::settle::Settling;
use super::whole::Whole;
use crate::config::Problem;
use crate::load;
use crate::verify::CustomVerifier;

/// All of them, by their files in the functions folder.
#[derive(Default)]
pub(super) struct Verifiers {
    files: BTreeMap<PathBuf, File>,
    /// What is in force.
    made: load::Verifiers,
    /// Those of which something else is in force since this was last asked.
    changed: BTreeSet<PathBuf>,
}

/// The file of a verifier.
struct File {
    /// None while it is not there.
    state: Settling<Option<Print>>,
    /// Whether what is there is still to be made ready.
    needs_load: bool,
    loading: bool,
}

impl Verifiers {
    /// What is in force.
    pub(super) fn made(&self) -> &load::Verifiers {
        &self.made
    }

    /// The files that matter.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Follows the files that are `named` from now on, and no others; those of the folder `root`. What a file that has not
    /// been named before holds now is to be made ready as it is.
    pub(super) fn follow(&mut self, named: &BTreeSet<PathBuf>, root: &Path) {
        self.files.retain(|file, _| named.contains(file));
        self.made.retain(|file, _| named.contains(file));
        for path in named {
            if self.files.contains_key(path) {
                continue;
            }
            let mut file =
                File { state: Settling::new(Print::of(&root.join(path)).ok()), needs_load: false, loading: false };
            file.taken(path, root, &mut self.made);
            self.changed.insert(path.clone());
            self.files.insert(path.clone(), file);
        }
    }

    /// Notes how the files are `at` this moment, and takes what has been still, or is among those which are `whole`.
    pub(super) fn look(&mut self, root: &Path, at: Instant, whole: &Whole) {
        for (path, file) in &mut self.files {
            let is_news = file.state.see(Print::of(&root.join(path)).ok(), at).is_some_and(Option::is_none);
            let is_whole = matches!(file.state.next(), Some(Some(print)) if whole.has(path, print));
            if if is_news || is_whole { file.state.take_now() } else { file.state.settle(at) } {
                file.taken(path, root, &mut self.made);
                self.changed.insert(path.clone());
            }
        }
    }

    /// When there is something to look at again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.files.values().filter_map(|file| file.state.due()).min()
    }

    /// The components that are to be made ready now.
    pub(super) fn next_loads(&mut self) -> Vec<Job<dyn CustomVerifier>> {
        let mut jobs = Vec::new();
        for (path, file) in &mut self.files {
            if file.needs_load && !file.loading && file.state.due().is_none() {
                file.loading = true;
                let known = self.made.get(path).and_then(|made| made.as_ref().ok()).map(Arc::clone);
                jobs.push(Job { route: String::new(), file: path.clone(), print: file.state.taken().clone(), known });
            }
        }
        jobs
    }

    /// A component was made ready, or could not be.
    pub(super) fn load_ended(&mut self, done: Done<dyn CustomVerifier>) {
        let Some(file) = self.files.get_mut(&done.file) else { return };
        file.loading = false;
        let made = match done.result {
            Made::Ready(verifier) => Ok(verifier),
            Made::Bad(problem) => Err(problem),
            Made::Changed => return,
        };
        if *file.state.taken() != done.print {
            return;
        }
        file.needs_load = false;
        if let (Ok(new), Some(Ok(old))) = (&made, self.made.get(&done.file))
            && Arc::ptr_eq(new, old)
        {
            return;
        }
        self.made.insert(done.file.clone(), made);
        self.changed.insert(done.file);
    }

    /// The files of which something else is in force since this was last asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut self.changed)
    }
}

impl File {
    /// Another state of the file counts from now on.
    fn taken(&mut self, path: &Path, root: &Path, made: &mut load::Verifiers) {
        self.needs_load = self.state.taken().is_some();
        if !self.needs_load {
            let fix = "put the verifier there, as a file that the host may read; or name another in the policy";
            made.insert(path.to_owned(), Err(Problem::of_file(&root.join(path), "there is no such file", fix)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_that_is_whole_counts_at_once_and_any_other_when_it_is_still() {
        let folder = tempfile::tempdir().unwrap();
        let (root, name) = (folder.path(), PathBuf::from("bank.verifier.wasm"));
        let (mut verifiers, whole, now) = (Verifiers::default(), Whole::default(), Instant::now());
        verifiers.follow(&BTreeSet::from([name.clone()]), root);
        verifiers.take_changed();
        fs::write(root.join(&name), "half").unwrap();
        verifiers.look(root, now, &whole);
        assert!(verifiers.take_changed().is_empty(), "it has not been still");
        whole.note(&name, &fs::File::open(root.join(&name)).unwrap(), now);
        verifiers.look(root, now, &whole);
        assert_eq!(verifiers.take_changed(), BTreeSet::from([name.clone()]));
        fs::write(root.join(&name), "another").unwrap();
        verifiers.look(root, now, &whole);
        assert!(verifiers.take_changed().is_empty(), "somebody else has written it");
        fs::remove_file(root.join(&name)).unwrap();
        verifiers.look(root, now, &whole);
        assert_eq!(verifiers.take_changed(), BTreeSet::from([name]), "one that is gone is gone at once");
    }
}
