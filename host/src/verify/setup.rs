//! What is made of a policy's `[verify]` when it is loaded: the secrets are read and made ready for the scheme, and what
//! is wrong with either keeps the function from being served.

use std::borrow::Cow;
use std::path::Path;
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri};
use signatures::{Header, Headers, Message, Refused, Scheme, Secret, Setup, Verifier};

use super::repeats::Repeats;
use super::url::Url;
use crate::config::{Kind, OnReplay, Problem, Problems, Secrets, VerifyPolicy};
use crate::event::Delivery;
use crate::request::{Repeated, only};

/// A scheme with its keys, ready to check requests.
pub struct Verification {
    scheme: String,
    verifier: Verifier,
    secret_headers: Vec<HeaderName>,
    repeats: Repeats,
    url: Url,
}

impl Verification {
    /// Makes a policy's `[verify]` ready; `file` is the policy's, `public_url` the host's.
    ///
    /// # Errors
    ///
    /// If a secret is missing, empty or not in the form that the scheme wants, a description does not hold together, or
    /// the scheme signs the URL and nobody has said which one that is.
    pub fn new(
        policy: &VerifyPolicy,
        file: &Path,
        secrets: &Secrets,
        public_url: Option<&str>,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut values = Vec::new();
        for name in &policy.secrets {
            match secrets.get(name) {
                Ok(value) => values.push(Secret::new(name, value.expose())),
                Err(missing) => problems.push(Problem {
                    key: Some("verify.secrets".into()),
                    line: policy.lines.of("secrets"),
                    kind: Kind::Secret,
                    ..Problem::of_file(file, missing.to_string(), missing.fix())
                }),
            }
        }
        let mut problem = |key: &str, message: String, fix: &str| {
            let line = policy.lines.of(key);
            problems.push(Problem { key: Some(format!("verify.{key}")), line, ..Problem::of_file(file, message, fix) });
        };
        let signs_url = policy.scheme.signs_url();
        let name = policy.scheme.name();
        if policy.url.is_some() && !signs_url {
            problem("url", format!("the scheme \"{name}\" signs no URL"), "remove it");
        }
        let url = if signs_url { Url::new(policy.url.as_deref(), public_url) } else { Url::Target };
        if signs_url && url == Url::Target {
            let message =
                format!("the scheme \"{name}\" signs the URL, and nobody has said what the sender knows it as");
            let fix = "write public_url = \"https://…\" in host.toml, or url = \"https://…\" here: the Host header of a \
                       request is anybody's to choose";
            problem("url", message, fix);
        }
        if policy.scheme.has_topics() && !policy.lines.has("topic") {
            let message =
                format!("the scheme \"{name}\" has one key for all topics of everybody, so whoever has one could send");
            problem("topic", message, "write topic = \"arn:aws:sns:…\", or several in a list");
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let setup = Setup {
            secrets: values,
            public_keys: policy.public_keys.clone(),
            key_id: policy.key_id.clone(),
            tolerance: policy.tolerance,
        };
        let verifier = Verifier::new(&policy.scheme, setup).map_err(|error| {
            for found in error.problems {
                let line = policy.lines.of(&found.key);
                let key = Some(format!("verify.{}", found.key));
                problems.push(Problem { key, line, ..Problem::of_file(file, found.message, FIX) });
            }
            problems
        })?;
        let on_replay = on_replay(policy, file)?;
        // What counts for ever is remembered for as long as anything is.
        let window = verifier.window().unwrap_or_default();
        let headers = policy.scheme.secret_headers().filter_map(|name| HeaderName::try_from(name).ok());
        Ok(Self {
            scheme: policy.scheme.name().to_owned(),
            verifier,
            secret_headers: headers.collect(),
            repeats: Repeats::new(on_replay, window),
            url,
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

    /// The URL of a request that its sender signs.
    pub(super) fn url<'r>(&'r self, uri: &'r Uri, subpath: &str) -> Cow<'r, str> {
        self.url.of(uri, subpath)
    }

    /// What becomes of a delivery that has run before.
    pub(super) fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// Checks a request with this body, `subpath` being what of its path follows the function's route. What tells the delivery from every other comes with it, where the policy asks for
    /// that and it has it.
    pub(super) fn check(
        &self,
        (head, subpath): (&Parts, &str),
        body: &[u8],
        now: SystemTime,
    ) -> Result<(Delivery, Option<[u8; 32]>), Refused> {
        let url = self.url(&head.uri, subpath);
        let headers = Borrowed(&head.headers);
        let message = Message { method: head.method.as_str(), url: &url, headers: &headers, body };
        let accepted = self.verifier.verify(&message, now)?;
        let replay_key = self.repeats.key(|| self.verifier.replay_key(&message, &accepted))?;
        let delivery = Delivery {
            scheme: self.scheme.clone(),
            id: accepted.id.map(|id| id.value),
            event_type: accepted.event_type,
            timestamp: accepted.timestamp,
            secret: accepted.secret.map(|secret| secret.name).unwrap_or_default(),
        };
        Ok((delivery, replay_key))
    }
}

/// What the policy wants done with a delivery that has run before, held against what the scheme can tell.
fn on_replay(policy: &VerifyPolicy, file: &Path) -> Result<OnReplay, Problems> {
    let scheme = &policy.scheme;
    let tells = scheme.tells_deliveries_apart();
    let is_described = scheme.name() == Scheme::CUSTOM && scheme.forms().all(|form| form.id.is_some());
    let names_id = is_described || policy.lines.has("id");
    match policy.replay {
        None if tells => Ok(OnReplay::Acknowledge),
        None => Ok(OnReplay::Allow),
        Some(OnReplay::Allow) => Ok(OnReplay::Allow),
        Some(wanted) if tells || names_id => Ok(wanted),
        Some(_) => Err(Problem {
            key: Some("verify.replay".into()),
            line: policy.lines.of("replay"),
            ..Problem::of_file(
                file,
                format!("the scheme \"{}\" signs nothing that tells one delivery from another", scheme.name()),
                "write replay = \"allow\", or name the header that tells them apart: id = { header = \"x-delivery-id\" }",
            )
        }
        .into()),
    }
}

/// Where `[verify]` is described.
const FIX: &str = "see docs/webhooks.md";

/// The request's headers, as the crate `signatures` asks for them.
pub(crate) struct Borrowed<'a>(pub(crate) &'a HeaderMap);

impl Headers for Borrowed<'_> {
    fn get(&self, name: &str) -> Header<'_> {
        let Ok(name) = HeaderName::try_from(name) else {
            return Header::Missing;
        };
        match only(self.0, &name) {
            Ok(Some(value)) => Header::One(value.as_bytes()),
            Ok(None) => Header::Missing,
            Err(Repeated) => Header::Repeated,
        }
    }
}
