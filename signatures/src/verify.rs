//! The engine that checks messages: one path for every scheme. Owns the order of the checks. Reads no clock and keeps
//! nothing between messages; what a refusal looks like to the sender is not its business.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::age::{Age, Freshness};
use crate::delivery::{self, Id};
use crate::description::Description;
use crate::field::Field;
use crate::keys::{self, Candidate};
use crate::message::Message;
use crate::plan::Plan;
use crate::{Problem, Refused, Scheme, Secret, SetupError, prove};

/// What a verifier is made of, besides the scheme.
#[derive(Debug, Default)]
pub struct Setup {
    /// The secrets. Any of them may match, so that they can be changed without a gap.
    pub secrets: Vec<Secret>,
    /// The sender's public keys, each in PEM, hex, Base64, as a certificate or as a JWK (set). Any of them may match.
    pub public_keys: Vec<String>,
    /// The sender's name for the key: signatures under other names do not count. For schemes with such names.
    pub key_id: Option<String>,
    /// How far from now a signed timestamp may be in either direction; the scheme's own by default. It is an error for a
    /// scheme that signs none, where it would promise a check that nobody makes.
    pub tolerance: Option<Duration>,
}

impl From<Vec<Secret>> for Setup {
    fn from(secrets: Vec<Secret>) -> Self {
        Self { secrets, ..Self::default() }
    }
}

/// A scheme with its keys, ready to check any number of messages. Secrets are wiped when it is dropped.
pub struct Verifier {
    pub(crate) scheme: String,
    secret_names: Vec<String>,
    pub(crate) key_id: Option<String>,
    tolerance: Option<Duration>,
    before: Vec<Form>,
    usual: Form,
    after: Vec<Form>,
}

/// One form of the scheme, with the keys for it.
pub(crate) struct Form {
    pub(crate) plan: Plan,
    pub(crate) candidates: Vec<Candidate>,
    freshness: Option<Freshness>,
}

/// What is known of a message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The secret or key that matched; nothing if the scheme is `none`.
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
    /// Its place in the list of secrets (of public keys, if it is one) that the verifier was made with, from 0.
    pub index: usize,
    /// Its name; `public_key` for one that has none.
    pub name: String,
}

impl Verifier {
    /// Prepares a scheme and its keys.
    ///
    /// The error lists everything that is wrong with the description and the tolerance, and with the secrets, by name,
    /// once the description is sound enough to say what a secret is.
    pub fn new(scheme: &Scheme, setup: impl Into<Setup>) -> Result<Self, SetupError> {
        let setup = setup.into();
        let mut problems = Vec::new();
        if setup.tolerance.is_some() && !scheme.has_timestamp() {
            let name = scheme.name();
            let message =
                format!("the scheme \"{name}\" signs no timestamp, so no age can be checked; remove tolerance");
            problems.push(Problem::new("tolerance", message));
        }
        if setup.key_id.is_some() && !scheme.forms().any(|form| form.key_name.is_some()) {
            let message = format!("the scheme \"{}\" has no names for keys; remove key_id", scheme.name());
            problems.push(Problem::new("key_id", message));
        }
        let mut form = |description: &Description| {
            Form::new(description, &setup)
                .map_err(|mut found| {
                    // Forms of one scheme mostly share their problems; each is told once.
                    found.retain(|problem| !problems.contains(problem));
                    problems.append(&mut found);
                })
                .ok()
        };
        let (before, usual, after) = scheme.parts();
        let before = before.iter().filter_map(&mut form).collect();
        let usual = form(usual);
        let after = after.iter().filter_map(&mut form).collect();
        match usual {
            Some(usual) if problems.is_empty() => Ok(Self {
                scheme: scheme.name().to_owned(),
                secret_names: setup.secrets.iter().map(|s| s.name().to_owned()).collect(),
                key_id: setup.key_id,
                tolerance: setup.tolerance,
                before,
                usual,
                after,
            }),
            _ => Err(SetupError { problems }),
        }
    }

    /// The form in which a message comes: the first that fits it, else the usual one, which then says what is wrong.
    pub(crate) fn form(&self, message: &Message<'_>) -> &Form {
        if self.before.is_empty() && self.after.is_empty() {
            return &self.usual;
        }
        let mut forms = self.before.iter().chain([&self.usual]).chain(&self.after);
        forms.find(|form| form.plan.fits(message)).unwrap_or(&self.usual)
    }

    /// Checks one message against the time `now`.
    ///
    /// Freshness is looked at after the signature: a message that is called stale is a genuine one.
    pub fn verify(&self, message: &Message<'_>, now: SystemTime) -> Result<Accepted, Refused> {
        let Form { plan, candidates, freshness } = self.form(message);
        let mut secret = None;
        let mut timestamp = None;
        let mut claims = None;
        if let Some(proof) = &plan.proof {
            let proven = prove::prove(plan, proof, candidates, self.key_id.as_deref(), message)?;
            if let (Some(freshness), Some(timestamp)) = (freshness, &proven.timestamp) {
                freshness.check(timestamp, now)?;
            }
            if let (crate::plan::Kind::Jwt(jwt), Some(claims)) = (&proof.kind, &proven.claims) {
                jwt.check(claims, message, now)?;
            }
            let candidate = candidates.get(proven.candidate);
            secret = candidate.map(|found| MatchedSecret { index: found.index, name: found.name.clone() });
            timestamp = proven.timestamp.map(|timestamp| timestamp.milliseconds / 1000);
            claims = proven.claims;
        }
        for expectation in &plan.expect {
            expectation.check(message)?;
        }
        for name in &plan.require {
            Field::Header(name.clone()).filled(message)?;
        }
        let [id, event_type] = delivery::find([plan.id.as_ref(), plan.event.as_ref()], message, claims.as_ref())?;
        let id = id.map(|value| Id { value, signed: plan.signs_id });
        Ok(Accepted { secret, id, event_type, timestamp })
    }
}

impl Verifier {
    /// How long a message counts, from as early as its timestamp may be to as late; nothing if it counts for ever.
    pub fn window(&self) -> Option<Duration> {
        let of = |form: &Form| match form.freshness? {
            Freshness { past: Age::Within(past), future: Age::Within(future), .. } => Some(past.saturating_add(future)),
            _ => None,
        };
        let forms = self.before.iter().chain([&self.usual]).chain(&self.after);
        forms.map(of).try_fold(Duration::ZERO, |longest, window| window.map(|window| longest.max(window)))
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
    fn new(description: &Description, setup: &Setup) -> Result<Self, Vec<Problem>> {
        let plan = Plan::new(description)?;
        let candidates = keys::candidates(description, &setup.secrets, &setup.public_keys)?;
        let freshness = plan.timestamp.as_ref().map(|timestamp| timestamp.freshness.with(setup.tolerance));
        Ok(Self { plan, candidates, freshness })
    }
}
