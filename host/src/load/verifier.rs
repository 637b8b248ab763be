//! The verifier that a policy names: which file of the functions folder that is, and what is made of it. When files are
//! read is not decided here.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{Loader, Written, ready};
use crate::config::{Policy, Problem, Problems, VerifierPolicy};
use crate::runtime::Runtime;
use crate::verify::{Custom, CustomVerifier};

/// The verifiers that policies name, by their files in the functions folder: ready, or what is wrong with them. One that is
/// named and not here is being made ready.
pub type Verifiers = BTreeMap<PathBuf, Result<Arc<dyn CustomVerifier>, Problem>>;

impl Loader<'_> {
    /// The verifier that a policy names, made ready for it.
    pub(super) fn custom(&self, policy: &VerifierPolicy, file: &Path) -> Result<Custom, Problems> {
        let problem = |message: String, fix: &str| Problem {
            key: Some("verify.component".into()),
            line: policy.lines.of("component"),
            ..Problem::of_file(file, message, fix)
        };
        let name = policy.component.display();
        let relative = file.strip_prefix(&self.settings.functions).unwrap_or(file);
        let found = verifier_file(relative, &policy.component).ok_or_else(|| {
            problem(
                format!("{name:?} is not in the functions folder"),
                "put the verifier into the functions folder, and write its path from here",
            )
        })?;
        let verifier = match self.verifiers.get(&found) {
            Some(Ok(verifier)) => Arc::clone(verifier),
            Some(Err(wrong)) => return Err(problem(format!("{name:?}: {}", wrong.message), &wrong.fix).into()),
            None => {
                let fix = "nothing: the function is served as soon as that is done";
                return Err(problem(format!("{name:?} is being made ready"), fix).into());
            }
        };
        Custom::new(policy, file, self.secrets, verifier, self.settings.public_url.as_deref())
    }

    /// The file of the verifier that the policy `relative` names, in the functions folder; none if it names none, or is not
    /// one that could be served.
    pub fn verifier_of(&self, written: &Written, relative: &Path) -> Option<PathBuf> {
        let Written::Text(text) = written else { return None };
        let file = self.settings.functions.join(relative);
        let policy = Policy::check(&file, text, &self.settings.policies.of(relative)).ok()?;
        verifier_file(relative, &policy.verifier?.component)
    }
}

/// Makes the verifier `file` of the folder `root` ready, as [`component`](super::component) does with a function's.
///
/// # Errors
///
/// If it cannot be read, or is not a verifier.
pub fn verifier(
    root: &Path,
    file: &Path,
    runtime: &Arc<Runtime>,
    known: Option<&Arc<dyn CustomVerifier>>,
) -> Result<Arc<dyn CustomVerifier>, Problem> {
    let known = known.map(|known| (known, known.version()));
    ready(root, file, known, |bytes| runtime.load_verifier(bytes))
}

/// The file that a policy of the functions folder means with a path from its own folder; none if that is not in the
/// functions folder. Whether a link leads out of it is found out when the file is opened.
fn verifier_file(policy: &Path, component: &Path) -> Option<PathBuf> {
    let mut file = policy.parent()?.to_owned();
    for step in component.components() {
        match step {
            Component::Normal(name) => file.push(name),
            Component::ParentDir if file.pop() => {}
            _ => return None,
        }
    }
    Some(file)
}
