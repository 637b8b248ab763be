//! The engine that checks messages: one path for every scheme. Owns the order of the checks. Reads no clock and keeps
//! nothing between messages; what a refusal looks like to the sender is not its business.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::delivery::{self, Id};
use crate::header::{Headers, filled};
use crate::key::Key;
use crate::plan::Plan;
use crate::{DEFAULT_TOLERANCE, Problem, Refused, Scheme, Secret, SetupError};

/// A message to check, as it came.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// Its body, byte for byte as it was sent.
    pub body: &'a [u8],
}

/// A scheme with its secrets, ready to check any number of messages. Secrets are wiped when it is dropped.
pub struct Verifier {
    scheme: String,
    secret_names: Vec<String>,
    tolerance: Duration,
    first: Form,
    others: Vec<Form>,
}

/// One form of the scheme, with the secrets' keys for it in their order.
struct Form {
    plan: Plan,
    keys: Vec<Key>,
}

/// What is known of a message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The secret that matched; nothing if the scheme is `none`.
    pub secret: Option<MatchedSecret>,
    /// The sender's id of the delivery, if the scheme has one and the message too. One that is longer than 256 bytes or
    /// has control characters counts as none.
    pub id: Option<Id>,
    /// The kind of event, if the scheme has one and the message too: 1 to 256 bytes without control characters.
    pub event_type: Option<String>,
    /// When it was signed, in whole seconds since the Unix epoch; only if the signature covers it.
    pub timestamp: Option<u64>,
}

/// The secret that a message was signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedSecret {
    /// Its place in the list that the verifier was made with, from 0.
    pub index: usize,
    /// Its name.
    pub name: String,
}

impl Verifier {
    /// Prepares a scheme and its secrets. Any of the secrets may match, so that they can be changed without a gap.
    ///
    /// `tolerance` is how far from now a signed timestamp may be in either direction, [`DEFAULT_TOLERANCE`] by default.
    /// It is an error for a scheme that signs none, where it would promise a check that nobody makes.
    ///
    /// The error lists everything that is wrong with the description and the tolerance, and with the secrets, by name,
    /// once the description is sound enough to say what a secret is.
    pub fn new(scheme: &Scheme, secrets: Vec<Secret>, tolerance: Option<Duration>) -> Result<Self, SetupError> {
        let mut problems = Vec::new();
        if tolerance.is_some() && !scheme.has_timestamp() {
            problems.push(Problem::new(
                "tolerance",
                format!(
                    "the scheme \"{}\" signs no timestamp, so no age can be checked; remove tolerance",
                    scheme.name()
                ),
            ));
        }
        let mut forms = scheme.forms().filter_map(|description| {
            let form = Plan::new(description).and_then(|plan| Form::new(plan, &secrets));
            form.map_err(|mut found| {
                // Forms of one scheme mostly share their problems; each is told once.
                found.retain(|problem| !problems.contains(problem));
                problems.append(&mut found);
            })
            .ok()
        });
        let first = forms.next();
        let others = forms.collect();
        match first {
            Some(first) if problems.is_empty() => Ok(Self {
                scheme: scheme.name().to_owned(),
                secret_names: secrets.iter().map(|s| s.name().to_owned()).collect(),
                tolerance: tolerance.unwrap_or(DEFAULT_TOLERANCE),
                first,
                others,
            }),
            _ => Err(SetupError { problems }),
        }
    }

    /// Checks one message against the time `now`.
    ///
    /// Freshness is looked at after the signature: a message that is called stale is a genuine one.
    pub fn verify(&self, message: &Message<'_>, now: SystemTime) -> Result<Accepted, Refused> {
        let form = std::iter::once(&self.first)
            .chain(&self.others)
            .find(|form| form.plan.is_complete(message.headers))
            .unwrap_or(&self.first);
        let plan = &form.plan;

        let (secret, timestamp) = match &plan.proof {
            None => (None, None),
            Some(proof) => {
                let proven = proof.check(&form.keys, message)?;
                if let Some(timestamp) = &proven.timestamp {
                    timestamp.check(now, self.tolerance)?;
                }
                let index = proven.key;
                let name = self.secret_names.get(index).cloned().unwrap_or_default();
                let seconds = proven.timestamp.map(|t| t.milliseconds / 1000);
                (Some(MatchedSecret { index, name }), seconds)
            }
        };
        for name in &plan.require {
            filled(message.headers, name)?;
        }
        let find = |field| match field {
            None => Ok(None),
            Some(field) => delivery::find(field, message),
        };
        Ok(Accepted {
            secret,
            id: find(plan.id.as_ref())?.map(|value| Id { value, signed: plan.signs_id }),
            event_type: find(plan.event.as_ref())?,
            timestamp,
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("scheme", &self.scheme)
            .field("secrets", &self.secret_names)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

impl Form {
    fn new(plan: Plan, secrets: &[Secret]) -> Result<Self, Vec<Problem>> {
        let mut keys = Vec::new();
        let mut problems = Vec::new();
        match &plan.proof {
            None if !secrets.is_empty() => problems.push(Problem::new(
                "secrets",
                "are not used, as this scheme checks nothing; remove them, or write the scheme that the sender signs with",
            )),
            None => {}
            Some(_) if secrets.is_empty() => problems.push(Problem::new(
                "secrets",
                "are missing; name at least one, as without any there is nothing to check",
            )),
            Some(proof) => {
                for secret in secrets {
                    match proof.key(secret) {
                        Ok(key) => keys.push(key),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
        }
        if problems.is_empty() { Ok(Self { plan, keys }) } else { Err(problems) }
    }
}
