//! What is made of a policy's `[verify]` when it is loaded: the secrets are read and made ready for the scheme, and what
//! is wrong with either keeps the function from being served.

use std::path::Path;
use std::time::{Duration, SystemTime};

use http::HeaderName;
use sha2::{Digest, Sha256};
use signatures::{Accepted, DEFAULT_TOLERANCE, Message, Refused, Scheme, Secret, Verifier};

use crate::config::{OnReplay, Problem, Problems, Secrets, VerifyPolicy};
use crate::event::Delivery;

/// A scheme with its secrets, ready to check requests.
pub struct Verification {
    scheme: String,
    verifier: Verifier,
    secret_headers: Vec<HeaderName>,
    binds_body: bool,
    on_replay: OnReplay,
    keep: Duration,
}

/// A delivery is remembered for no less: senders try for hours.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What stands before the content of a replay key, by what that is.
const BY_ID: &[u8] = b"vestibule delivery 1 id\0";
const BY_CONTENT: &[u8] = b"vestibule delivery 1 content\0";

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
        let on_replay = on_replay(policy, file)?;
        let tolerance = policy.tolerance.unwrap_or(DEFAULT_TOLERANCE);
        let headers = policy.scheme.secret_headers().filter_map(|name| HeaderName::try_from(name).ok());
        Ok(Self {
            scheme: policy.scheme.name().to_owned(),
            verifier,
            secret_headers: headers.collect(),
            binds_body: policy.scheme.binds_body(),
            on_replay,
            // From as early as a timestamp may be to as late.
            keep: DAY.max(tolerance * 2),
        })
    }

    /// The scheme's name.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The headers that hold the secret itself, which is none of the guest's business.
    pub fn secret_headers(&self) -> &[HeaderName] {
        &self.secret_headers
    }

    /// What becomes of a delivery that has run before.
    pub fn on_replay(&self) -> OnReplay {
        self.on_replay
    }

    /// How long a delivery is remembered, where it is.
    pub fn keep(&self) -> Duration {
        self.keep
    }

    /// Checks one message. What tells it from every other comes with it, where the policy asks for that and it has it.
    pub(super) fn check(
        &self,
        message: &Message<'_>,
        now: SystemTime,
    ) -> Result<(Delivery, Option<[u8; 32]>), Refused> {
        let accepted = self.verifier.verify(message, now)?;
        let replay_key =
            if self.on_replay == OnReplay::Allow { None } else { self.replay_key(&accepted, message.body) };
        let delivery = Delivery {
            scheme: self.scheme.clone(),
            id: accepted.id.map(|id| id.value),
            event_type: accepted.event_type,
            timestamp: accepted.timestamp,
            secret: accepted.secret.map(|secret| secret.name).unwrap_or_default(),
        };
        Ok((delivery, replay_key))
    }

    /// What tells a delivery from every other of the scheme: its id, where nobody but the sender can change that or nothing
    /// else is signed, otherwise what is signed.
    fn replay_key(&self, accepted: &Accepted, body: &[u8]) -> Option<[u8; 32]> {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
        let hash = |kind: &[u8]| {
            let hash = Sha256::new().chain_update(kind).chain_update(length(self.scheme.as_bytes()));
            hash.chain_update(&self.scheme)
        };
        match &accepted.id {
            Some(id) if id.signed || !self.binds_body => Some(hash(BY_ID).chain_update(&id.value).finalize().into()),
            _ if self.binds_body => {
                let time = accepted.timestamp.map(u64::to_be_bytes);
                let hash =
                    hash(BY_CONTENT).chain_update([time.is_some().into()]).chain_update(time.unwrap_or_default());
                Some(hash.chain_update(body).finalize().into())
            }
            _ => None,
        }
    }
}

/// What the policy wants done with a delivery that has run before, held against what the scheme can tell.
fn on_replay(policy: &VerifyPolicy, file: &Path) -> Result<OnReplay, Problems> {
    let scheme = &policy.scheme;
    let tells = scheme.signs_id() || scheme.binds_body();
    let names_id = scheme.name() == Scheme::CUSTOM && scheme.forms().all(|form| form.id.is_some());
    match policy.replay {
        None if tells => Ok(OnReplay::Acknowledge),
        None => Ok(OnReplay::Allow),
        Some(OnReplay::Allow) => Ok(OnReplay::Allow),
        Some(wanted) if tells || names_id => Ok(wanted),
        Some(_) => Err(Problem {
            key: Some("verify.replay".into()),
            line: policy.lines.replay,
            ..Problem::of_file(
                file,
                format!("the scheme \"{}\" signs nothing that tells one delivery from another", scheme.name()),
                "write replay = \"allow\", or describe the scheme in [verify.scheme] with the `id` that tells them apart",
            )
        }
        .into()),
    }
}

/// Where `[verify]` is described.
const FIX: &str = "see docs/webhooks.md";
