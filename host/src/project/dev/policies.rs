//! Policies beside the sources, as they change: each goes into the functions folder at once, right or wrong, and there it
//! counts as any policy of a host that serves. What one means is not looked at here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::ready::written_policy;
use super::super::{Project, Source, Voice, put, shown};
use crate::config::{Policy, Problem, Settings};
use crate::reload::Wake;

/// The policies that were put, by their paths in the functions folder.
#[derive(Default)]
pub(super) struct Policies(BTreeMap<PathBuf, Result<String, Problem>>);

impl Policies {
    /// Puts those of the project that have changed since the last time.
    pub(super) fn put(&mut self, project: &Project, settings: &Settings, voice: &Voice) {
        for source in &project.sources {
            let Some(relative) = source.policy() else { continue };
            let known = self.0.get(&relative);
            match written_policy(source) {
                Ok(Some((_, text))) if known.is_some_and(|known| known.as_ref() == Ok(&text)) => {}
                Ok(Some((_, text))) => {
                    say_wrong(source, &relative, &text, settings, voice);
                    let done = put(&settings.functions, &relative, text.as_bytes()).map(|_| text);
                    let done = done.map_err(|error| {
                        let file = settings.functions.join(&relative);
                        Problem::of_file(&file, format!("it cannot be written: {error}"), "make the folder writable")
                    });
                    self.note(relative, done, voice);
                }
                // With the whole function gone, its policy goes as well, and not by itself.
                Ok(None) if !source.manifest.exists() => {}
                Ok(None) => {
                    if self.0.remove(&relative).is_some() {
                        let there = shown(&settings.functions.join(&relative));
                        voice.say(&format!(
                            "{}: its policy beside the source is gone, and {} stays in force; remove it there as well",
                            source.name,
                            there.display()
                        ));
                    }
                }
                Err(problem) => self.note(relative, Err(problem), voice),
            }
        }
    }

    fn note(&mut self, relative: PathBuf, done: Result<String, Problem>, voice: &Voice) {
        if let Err(problem) = &done
            && self.0.get(&relative) != Some(&done)
        {
            voice.say(&format!("error: {problem}"));
        }
        self.0.insert(relative, done);
    }

    /// Removes what was put for a source that is no more: its component, and then its policy, unless somebody has written
    /// another one there. The `reload` takes both for one change.
    pub(super) fn remove(&mut self, source: &Source, functions: &Path, voice: &Voice, reload: &Wake) {
        reload.removing(&source.component());
        let mut files = vec![functions.join(source.component())];
        if let Some(relative) = source.policy()
            && let Some(Ok(text)) = self.0.remove(&relative)
        {
            let policy = functions.join(relative);
            files.extend(fs::read_to_string(&policy).is_ok_and(|there| there == text).then_some(policy));
        }
        for file in files {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    voice.say(&format!("error: {} cannot be removed: {error}", shown(&file).display()));
                    return;
                }
                _ => {}
            }
        }
    }
}

/// Says what is wrong with a policy, by the name of the file that the author has open. It is put there all the same: the host
/// refuses by its copy, as it does in production.
fn say_wrong(source: &Source, relative: &Path, text: &str, settings: &Settings, voice: &Voice) {
    if let Some(file) = source.written_policy()
        && let Err(problems) = Policy::check(&shown(&file), text, &settings.policies.of(relative))
    {
        voice.say(&format!("error: {problems}"));
    }
}
