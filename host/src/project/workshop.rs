//! From sources to functions that can be served: built by their languages, held against what `serve` asks, put into the
//! functions folder, the policy before the component. What is not good leaves the folder as it is.

use std::path::PathBuf;
use std::sync::Arc;

use super::language::{LANGUAGES, Profile, Tools, Unbuilt};
use super::ready::{Ready, written_policy};
use super::source::Source;
use super::voice::Voice;
use super::walk::shown;
use super::{Children, put};
use crate::config::{Problem, Problems, Settings};
use crate::runtime::Runtime;

/// What becomes of the policies beside the sources.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyRule {
    /// Each is checked, and put before its component.
    Checked,
    /// None: somebody else looks after them.
    LeftAlone,
}

/// What functions are built with.
pub(crate) struct Workshop<'a> {
    /// The project's folder.
    pub(crate) root: &'a std::path::Path,
    /// What the host of the functions folder says of policies, and where that folder is.
    pub(crate) settings: &'a Settings,
    /// The engine.
    pub(crate) runtime: &'a Arc<Runtime>,
    /// What runs programs.
    pub(crate) children: &'a Children,
    /// How much the compiler is to do.
    pub(crate) profile: &'a Profile,
    /// What becomes of policies.
    pub(crate) policies: PolicyRule,
    /// Who hears of it.
    pub(crate) voice: &'a Voice,
}

/// A component that was put into the functions folder.
pub(crate) struct Placed {
    /// Where, in that folder.
    pub(crate) component: PathBuf,
    /// Its file, if it is another than before.
    pub(crate) file: Option<std::fs::File>,
    /// What was put there.
    pub(crate) ready: Ready,
}

impl Workshop<'_> {
    /// Builds `sources`, and gives `placed` each that is in the functions folder. Returns how many are not.
    pub(crate) fn build(&self, sources: &[&Source], mut placed: impl FnMut(&Source, Placed)) -> usize {
        let mut failed = 0;
        let Self { root, children, voice, profile, .. } = *self;
        let tools = Tools { root, functions: &self.settings.functions, children, voice, profile };
        for language in LANGUAGES {
            let own: Vec<&Source> =
                sources.iter().copied().filter(|source| source.language.manifest() == language.manifest()).collect();
            if own.is_empty() {
                continue;
            }
            voice.begins(language.name(), &own.iter().map(|source| source.name.as_str()).collect::<Vec<_>>());
            language.build(&own, &tools, &mut |source, built| {
                let done = built.and_then(|built| {
                    if children.is_over() {
                        return Err(Unbuilt::Said);
                    }
                    voice.doing(&format!("checking {}", source.name));
                    let ready = Ready::new(source, built, self.runtime)?;
                    self.place(source, ready)
                });
                match done {
                    Ok(done) => {
                        voice.built(&source.name, done.ready.bytes.len(), done.ready.version());
                        placed(source, done);
                    }
                    Err(why) => {
                        failed += 1;
                        self.say_unbuilt(source, &why);
                    }
                }
            });
        }
        failed
    }

    fn place(&self, source: &Source, ready: Ready) -> Result<Placed, Unbuilt> {
        let policy = if self.policies == PolicyRule::Checked { written_policy(source)? } else { None };
        if let (Some((file, text)), Some(relative)) = (&policy, source.policy()) {
            ready.check_policy(source, (file, text), self.settings).map_err(Unbuilt::Policy)?;
            self.put(&relative, text.as_bytes())?;
        }
        let component = source.component();
        let file = self.put(&component, &ready.bytes)?;
        Ok(Placed { component, file, ready })
    }

    fn put(&self, relative: &std::path::Path, bytes: &[u8]) -> Result<Option<std::fs::File>, Problem> {
        put(&self.settings.functions, relative, bytes).map_err(|error| {
            let file = self.settings.functions.join(relative);
            Problem::of_file(
                &file,
                format!("it cannot be written: {error}"),
                "make the functions folder writable, or name another with --out",
            )
        })
    }

    fn say_unbuilt(&self, source: &Source, why: &Unbuilt) {
        if self.children.is_over() {
            return;
        }
        match why {
            Unbuilt::Said => {}
            Unbuilt::For(problem) => self.voice.say(&format!("error: {problem}")),
            Unbuilt::Policy(problems) => self.voice.say(&format!("error: {problems}")),
        }
        let old = self.settings.functions.join(source.component());
        let old = if old.exists() {
            format!("{} stays as it was", shown(&old).display())
        } else {
            format!("there is no {} yet", shown(&old).display())
        };
        self.voice.say(&format!("{}: not built; {old}", source.name));
    }
}

/// Says what looks like a function and cannot be one.
pub(crate) fn say_problems(problems: &Problems, voice: &Voice) {
    problems.iter().for_each(|problem| voice.say(&format!("error: {problem}")));
}
