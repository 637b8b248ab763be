//! A verifier of one's own: what it is asked, what it may answer, and what of that is believed. Here is the border to what
//! runs it, a trait; of the engine behind it nothing is known here. Whatever is not a clear yes refuses.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use signatures::Refused;

use super::repeats::{Repeats, custom_key};
use super::url::Url;
use crate::body::Whole;
use crate::config::{Problem, Problems, Secret, Secrets, VerifierLimits, VerifierPolicy};
use crate::event::{self, Delivery};
use crate::limit::{Busy, HostPermits, Permit};
use crate::observe::ledger::Ledger;
use crate::reach::Routed;
use crate::refusal::Refusal;

/// The name under which a policy asks for one, and the function learns of it.
pub(super) const SCHEME: &str = "component";

/// What runs a verifier.
pub trait CustomVerifier: Send + Sync {
    /// The SHA-256 of the component's file, in lower-case hexadecimal digits.
    fn version(&self) -> &str;

    /// What its largest memory needs from the start, in bytes.
    fn initial_memory(&self) -> u64;

    /// Asks it about one request, in a sandbox that is there for this one question. Who drops the answer before it is there
    /// ends the call.
    fn ask(self: Arc<Self>, question: Question) -> Asked;
}

/// A verdict that is being made.
pub type Asked = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// A request, and what it is to be held against.
pub struct Question {
    /// The method.
    pub method: String,
    /// The URL as the sender knows it, if the policy or the host says that; else path and query.
    pub url: String,
    /// The path, raw.
    pub path: String,
    /// The query, raw.
    pub query: String,
    /// The headers, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The secrets that the policy names.
    pub secrets: Arc<[NamedSecret]>,
    /// The host's clock.
    pub now: SystemTime,
    /// What bounds the call.
    pub limits: VerifierLimits,
    /// The function that the request is for, under whose name the verifier's output is logged.
    pub function: Arc<str>,
    /// The request's name.
    pub request_id: Arc<str>,
    /// Where the function's share of the log is counted.
    pub ledger: Arc<Ledger>,
    /// The right to the sandbox that answers it.
    pub(crate) _permit: Permit,
}

/// A secret and the name under which the policy asks for it.
pub struct NamedSecret {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// What became of a question.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The request is genuine, says the verifier.
    Accepted(Claims),
    /// It is not; why, for the log.
    Refused(String),
    /// The verifier did not come to a verdict; how it failed, for the log.
    Failed(String),
    /// There was no sandbox for it although there was a permit.
    NoSandbox,
}

/// What a verifier says of a genuine request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The sender's id of the delivery.
    pub id: Option<String>,
    /// The kind of event.
    pub event_type: Option<String>,
    /// When it was signed, in Unix seconds.
    pub timestamp: Option<u64>,
    /// The name of the secret that matched.
    pub secret: Option<String>,
}

/// A verifier with its policy, ready to be asked.
pub struct Custom {
    verifier: Arc<dyn CustomVerifier>,
    secrets: Arc<[NamedSecret]>,
    tolerance: Duration,
    repeats: Repeats,
    limits: VerifierLimits,
    url: Url,
}

impl Custom {
    /// Puts a verifier and its policy together; `file` is the policy's.
    ///
    /// # Errors
    ///
    /// If a secret is missing or empty, or the verifier needs more memory than the policy gives it.
    pub fn new(
        policy: &VerifierPolicy,
        file: &Path,
        secrets: &Secrets,
        verifier: Arc<dyn CustomVerifier>,
        public_url: Option<&str>,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut named = Vec::new();
        for name in &policy.secrets {
            match secrets.get(name) {
                Ok(value) => named.push(NamedSecret { name: name.clone(), value }),
                Err(missing) => problems.push(Problem {
                    key: Some("verify.secrets".into()),
                    line: policy.lines.of("secrets"),
                    ..Problem::of_file(file, missing.to_string(), missing.fix())
                }),
            }
        }
        let memory = policy.limits.memory;
        if verifier.initial_memory() > memory.get() {
            let needs = verifier.initial_memory().div_ceil(1 << 20);
            problems.push(Problem {
                key: Some("verify.memory".into()),
                line: policy.lines.of("memory"),
                ..Problem::of_file(
                    file,
                    format!("the verifier needs {needs} MiB from the start, and is given {memory}"),
                    format!("write memory = \"{}MiB\" or more under [verify]", needs.next_power_of_two()),
                )
            });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            verifier,
            secrets: named.into(),
            tolerance: policy.tolerance,
            repeats: Repeats::new(policy.replay, policy.tolerance),
            limits: policy.limits,
            url: Url::new(policy.url.as_deref(), public_url),
        })
    }

    /// The version of the verifier's component.
    pub fn version(&self) -> &str {
        self.verifier.version()
    }

    /// What becomes of a delivery that has run before.
    pub(super) fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// Asks the verifier about a request. Waits, no longer than `wait`, until it may run. What tells the delivery from every
    /// other comes with it, where the policy asks for that.
    pub(super) async fn check(
        &self,
        routed: &Routed,
        body: &Whole,
        now: SystemTime,
        (permits, wait): (&HostPermits, Duration),
    ) -> Result<(Delivery, Option<[u8; 32]>), Refusal> {
        let permit = permits.acquire(&routed.function().verifier_permits, wait).await.map_err(|busy| {
            Refusal::VerifierBusy(match busy {
                Busy::Function => {
                    "all instances of the verifier (`verify.concurrency`) stayed busy for server.permit_wait"
                }
                Busy::Host => "all instances that the host has for verifiers stayed busy for server.permit_wait",
            })
        })?;
        let claims = match Arc::clone(&self.verifier).ask(self.question(routed, body, now, permit)).await {
            Verdict::Accepted(claims) => claims,
            Verdict::Refused(reason) => return Err(Refusal::CustomRefused(reason)),
            Verdict::Failed(how) => return Err(Refusal::CustomFailed(how)),
            Verdict::NoSandbox => return Err(Refusal::VerifierBusy("there was no sandbox for the verifier")),
        };
        let delivery = self.believe(claims, now)?;
        let head = &routed.inbound().head;
        let key = || Ok(Some(custom_key(SCHEME, (delivery.id.as_deref(), delivery.timestamp), head, body)));
        let replay_key = self.repeats.key(key)?;
        Ok((delivery, replay_key))
    }

    fn question(&self, routed: &Routed, body: &Whole, now: SystemTime, permit: Permit) -> Question {
        let (inbound, function) = (routed.inbound(), routed.function());
        let uri = &inbound.head.uri;
        let headers = inbound.head.headers.iter();
        Question {
            method: inbound.head.method.as_str().to_owned(),
            url: self.url.of(uri, routed.subpath()).into_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.map(|(name, value)| (name.to_string(), event::text(value.as_bytes()).into())).collect(),
            body: body.shared(),
            secrets: Arc::clone(&self.secrets),
            now,
            limits: self.limits,
            function: Arc::clone(&function.name),
            request_id: inbound.id.shared(),
            ledger: Arc::clone(&function.ledger),
            _permit: permit,
        }
    }

    /// What of a verifier's claims is handed on: all of them, or none, and then the request is refused. A verifier that says
    /// what it may not is one that does not work as its author thinks.
    fn believe(&self, claims: Claims, now: SystemTime) -> Result<Delivery, Refusal> {
        let failed = |what: &str| Refusal::CustomFailed(format!("it accepted the request, but {what}"));
        for (label, what) in [(&claims.id, "its id"), (&claims.event_type, "its event type")] {
            if label.as_ref().is_some_and(|text| signatures::label(text).is_none()) {
                return Err(failed(&format!("{what} is empty, too long, or has control characters in it")));
            }
        }
        if claims.secret.as_ref().is_some_and(|matched| !self.secrets.iter().any(|secret| secret.name == *matched)) {
            return Err(failed("the secret that it names is none of the policy's"));
        }
        if let Some(timestamp) = claims.timestamp {
            self.is_fresh(timestamp, now)?;
        }
        Ok(Delivery {
            scheme: SCHEME.to_owned(),
            id: claims.id,
            event_type: claims.event_type,
            timestamp: claims.timestamp,
            secret: claims.secret.unwrap_or_default(),
        })
    }

    /// Whether a timestamp is near enough to `now`, on either side of it.
    fn is_fresh(&self, timestamp: u64, now: SystemTime) -> Result<(), Refusal> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let signed = Duration::from_secs(timestamp);
        let tolerance = self.tolerance;
        let (age, ahead) = (now.saturating_sub(signed), signed.saturating_sub(now));
        if age > tolerance {
            return Err(Refusal::Unverified(Refused::Stale { age, tolerance }));
        }
        if ahead > tolerance {
            return Err(Refusal::Unverified(Refused::Future { ahead, tolerance }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
