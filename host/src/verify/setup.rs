//! What is made of a policy's `[verify]` when it is loaded: the scheme is looked up, the secrets are read, and what is
//! wrong with either keeps the function from being served.

use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use signatures::{Message, Refused, Scheme, Secret, Verifier};

use crate::config::{Problem, Problems, SchemeChoice, Secrets, VerifyPolicy};
use crate::event::Delivery;

/// A scheme with its secrets, ready to check requests.
pub struct Verification {
    scheme: String,
    verifier: Verifier,
}

impl Verification {
    /// Makes a policy's `[verify]` ready; `file` is the policy's.
    ///
    /// # Errors
    ///
    /// If there is no such scheme, its description does not hold together, or a secret is missing, empty or not in the
    /// form that the scheme wants.
    pub fn new(policy: &VerifyPolicy, file: &Path, secrets: &Secrets) -> Result<Self, Problems> {
        let problem = |key: String, message: String, fix: &str| Problem {
            key: Some(key),
            line: policy.line,
            ..Problem::of_file(file, message, fix)
        };
        let mut problems = Problems::default();
        let mut values = Vec::new();
        for name in &policy.secrets {
            match secrets.get(name) {
                Ok(value) => values.push(Secret::new(name, value.expose())),
                Err(missing) => problems.push(problem(
                    "verify.secrets".into(),
                    format!("`{name}`: {missing}"),
                    &format!("give the host the secret {name}, then start it again"),
                )),
            }
        }
        let scheme = match &policy.scheme {
            SchemeChoice::Named(name) => signatures::scheme(name).cloned().map_err(|unknown| unknown.to_string()),
            SchemeChoice::Described(table) => {
                Scheme::deserialize(table.clone()).map_err(|error| error.message().to_owned())
            }
        };
        let scheme = match scheme {
            Ok(scheme) => scheme,
            Err(message) => {
                problems.push(problem("verify.scheme".into(), message, SCHEME_FIX));
                return Err(problems);
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        match Verifier::new(&scheme, values, policy.tolerance) {
            Ok(verifier) => Ok(Self { scheme: scheme.name().to_owned(), verifier }),
            Err(error) => {
                for found in error.problems {
                    problems.push(problem(format!("verify.{}", found.key), found.message, SCHEME_FIX));
                }
                Err(problems)
            }
        }
    }

    /// The scheme's name.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Checks one message.
    pub(super) fn check(&self, message: &Message<'_>, now: SystemTime) -> Result<Delivery, Refused> {
        let accepted = self.verifier.verify(message, now)?;
        Ok(Delivery {
            scheme: self.scheme.clone(),
            id: accepted.id.map(|id| id.value),
            event_type: accepted.event_type,
            timestamp: accepted.timestamp,
            secret: accepted.secret.map(|secret| secret.name).unwrap_or_default(),
        })
    }
}

/// Where the form of `[verify]` is described.
const SCHEME_FIX: &str = "see [verify] in docs/policy.md";
