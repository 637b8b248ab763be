//! What is made of a policy's `handshake` when it is loaded: the secrets are read for its answers, and it is found out
//! whether the secret is still to come. What is wrong keeps the function from being served.

use std::path::{Path, PathBuf};

use signatures::{HandshakeSetup, Responder, Secret};

use crate::config::{HandshakePolicy, Kind, MissingSecret, Problem, Problems, Secrets, VerifyPolicy};

/// A handshake that a function's policy has turned on, ready to be answered.
pub struct Greeting {
    responder: Responder,
    /// Where the secret is to be put that will arrive, while there is none.
    awaits: Option<PathBuf>,
}

impl Greeting {
    /// Makes a policy's `handshake` ready, if it has one; `file` is the policy's, `dir` the folder where secrets are kept.
    ///
    /// # Errors
    ///
    /// If a secret that it needs is missing or no such secret, or there is no place for one that will arrive.
    pub fn new(
        policy: &VerifyPolicy,
        file: &Path,
        secrets: &Secrets,
        dir: Option<&Path>,
    ) -> Result<Option<Self>, Problems> {
        let Some(HandshakePolicy { handshake, token }) = &policy.handshake else { return Ok(None) };
        let problem = |key: &str, message: String, fix: &str| {
            let line = policy.lines.of(key);
            Problem { key: Some(format!("verify.{key}")), line, ..Problem::of_file(file, message, fix) }
        };
        let awaits = if handshake.brings_secret() { awaited(policy, secrets, dir, &problem)? } else { None };
        let mut problems = Problems::default();
        let mut read = |key: &str, name: &String| match secrets.get(name) {
            Ok(value) => Some(Secret::new(name, value.expose())),
            Err(missing) => {
                problems.push(Problem { kind: Kind::Secret, ..problem(key, missing.to_string(), missing.fix()) });
                None
            }
        };
        let wanted = if handshake.uses_secret() { policy.secrets.as_slice() } else { &[] };
        let values = wanted.iter().filter_map(|name| read("secrets", name)).collect();
        let token = token.as_ref().and_then(|name| read("handshake_token", name));
        if !problems.is_empty() {
            return Err(problems);
        }
        let setup = HandshakeSetup { secrets: values, key_id: policy.key_id.clone(), token };
        let responder = Responder::new(handshake, setup).map_err(|error| {
            for found in error.problems {
                problems.push(problem(&found.key, found.message, "see docs/webhooks.md"));
            }
            problems
        })?;
        Ok(Some(Self { responder, awaits }))
    }

    /// Who answers.
    pub fn responder(&self) -> &Responder {
        &self.responder
    }

    /// Where the secret is to be put that will arrive; none if there is one, or none arrives.
    pub fn awaits(&self) -> Option<&Path> {
        self.awaits.as_deref()
    }
}

/// Where the one secret of the policy will be, if there is none yet.
fn awaited(
    policy: &VerifyPolicy,
    secrets: &Secrets,
    dir: Option<&Path>,
    problem: &impl Fn(&str, String, &str) -> Problem,
) -> Result<Option<PathBuf>, Problem> {
    let [name] = policy.secrets.as_slice() else {
        let message = "of the secrets that this policy names, one arrives in the handshake, and it is not said which";
        return Err(problem("secrets", message.to_owned(), "name one"));
    };
    let Some(dir) = dir else {
        let message =
            "the secret that arrives in this handshake is kept in a folder, and no folder for secrets is named";
        return Err(problem("handshake", message.to_owned(), "write dir = \"secrets\" under [secrets] in host.toml"));
    };
    match secrets.get(name) {
        Ok(_) => Ok(None),
        Err(MissingSecret::Nowhere { .. }) => Ok(Some(dir.join(name))),
        Err(missing) => Err(problem("secrets", missing.to_string(), missing.fix())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Policy, PolicyBase, SecretsSettings};

    #[test]
    fn a_secret_that_arrives_needs_a_folder() {
        let file = Path::new("hook.toml");
        let text = "[verify]\nscheme = \"asana\"\nsecrets = [\"HOOK\"]\nhandshake = \"asana\"\n";
        let policy = Policy::check(file, text, &PolicyBase::default()).unwrap().verify.unwrap();
        let secrets = Secrets::open(&SecretsSettings { dir: None, dotenv: None, env: false }).unwrap();
        let problems = Greeting::new(&policy, file, &secrets, None).err().unwrap().to_string();
        assert!(problems.starts_with("hook.toml:4: verify.handshake: "), "{problems}");
        assert!(problems.contains("under [secrets] in host.toml"), "{problems}");
        let greeting = Greeting::new(&policy, file, &secrets, Some(Path::new("secrets"))).unwrap().unwrap();
        assert_eq!(greeting.awaits(), Some(Path::new("secrets/HOOK")));
    }
}
