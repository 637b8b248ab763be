//! What is made of a policy's `[verify]` when it is loaded: the secrets are read and made ready for the scheme, and what
//! is wrong with either keeps the function from being served.

use std::path::Path;
use std::time::SystemTime;

use http::HeaderName;
use signatures::{Message, Refused, Secret, Verifier};

use crate::config::{Problem, Problems, Secrets, VerifyPolicy};
use crate::event::Delivery;

/// A scheme with its secrets, ready to check requests.
pub struct Verification {
    scheme: String,
    verifier: Verifier,
    secret_headers: Vec<HeaderName>,
}

impl Verification {
    /// Makes a policy's `[verify]` ready; `file` is the policy's.
    ///
    /// # Errors
    ///
    /// If a secret is missing, empty or not in the form that the scheme wants, or a description does not hold together.
    pub fn new(policy: &VerifyPolicy, file: &Path, secrets: &Secrets) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut values = Vec::new();
        for name in &policy.secrets {
            match secrets.get(name) {
                Ok(value) => values.push(Secret::new(name, value.expose())),
                Err(missing) => problems.push(Problem {
                    key: Some("verify.secrets".into()),
                    line: policy.lines.secrets,
                    ..Problem::of_file(file, missing.to_string(), missing.fix())
                }),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let verifier = Verifier::new(&policy.scheme, values, policy.tolerance).map_err(|error| {
            for found in error.problems {
                let line = match found.key.as_str() {
                    "secrets" => policy.lines.secrets,
                    "tolerance" => policy.lines.tolerance,
                    _ => policy.lines.scheme,
                };
                let key = Some(format!("verify.{}", found.key));
                problems.push(Problem { key, line, ..Problem::of_file(file, found.message, FIX) });
            }
            problems
        })?;
        let headers = policy.scheme.secret_headers().filter_map(|name| HeaderName::try_from(name).ok());
        Ok(Self { scheme: policy.scheme.name().to_owned(), verifier, secret_headers: headers.collect() })
    }

    /// The scheme's name.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The headers that hold the secret itself, which is none of the guest's business.
    pub fn secret_headers(&self) -> &[HeaderName] {
        &self.secret_headers
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

/// Where `[verify]` is described.
const FIX: &str = "see docs/webhooks.md";
