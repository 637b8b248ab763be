//! Every recorded message, signed by a provider's own library or published in its documentation, is judged as it is
//! marked. These values were made by other implementations than the one under test.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use signatures::{Accepted, Message, Overrides, Refused, Scheme, Secret, Setup, Verifier, scheme};

#[derive(Deserialize)]
struct Vector {
    id: String,
    provider: String,
    expect: Verdict,
    why: String,
    method: String,
    /// As the sender saw it.
    url: String,
    headers: BTreeMap<String, String>,
    body_base64: String,
    secrets: Vec<String>,
    public_key: Option<String>,
    key_id: Option<String>,
    issuer: Option<String>,
    /// The clock, in seconds since the Unix epoch.
    at: u64,
}

#[derive(Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accept,
    Reject,
}

impl Vector {
    fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("../data/webhooks.json")).unwrap()
    }

    fn find(id: &str) -> Self {
        let vector = Self::all().into_iter().find(|vector| vector.id == id);
        vector.unwrap_or_else(|| panic!("no vector {id}"))
    }

    /// The provider's scheme. Some vectors say behind its name whose library made them.
    fn scheme(&self) -> Scheme {
        let provider = self.provider.as_str();
        let name = ["-py", "-gidgethub", "-via-redwood"].iter().find_map(|maker| provider.strip_suffix(maker));
        let name = match name.unwrap_or(provider) {
            "twilio-json" => "twilio",
            name => name,
        };
        let overrides = Overrides { issuer: self.issuer.clone(), ..Overrides::default() };
        scheme(name).unwrap().clone().with(&overrides).unwrap()
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.at)
    }

    /// What comes of the message; nothing with an empty secret, with which there is no verifier at all.
    fn verify(&self) -> Option<Result<Accepted, Refused>> {
        let secret = |(index, value): (usize, &String)| Secret::new(format!("SECRET_{index}"), value.as_bytes());
        let secrets = self.secrets.iter().enumerate().map(secret).collect();
        let setup = Setup {
            secrets,
            public_keys: self.public_key.iter().cloned().collect(),
            key_id: self.key_id.clone(),
            tolerance: None,
        };
        let verifier = match Verifier::new(&self.scheme(), setup) {
            Ok(verifier) => verifier,
            Err(error) => {
                assert!(self.secrets.iter().any(String::is_empty), "{}: {error}", self.id);
                return None;
            }
        };
        let headers: Vec<_> = self.headers.iter().collect();
        let body = STANDARD.decode(&self.body_base64).unwrap();
        let message = Message { method: &self.method, url: &self.url, headers: &headers, body: &body };
        Some(verifier.verify(&message, self.now()))
    }
}

#[test]
fn every_message_is_judged_as_marked() {
    let vectors = Vector::all();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let result = vector.verify();
        let verdict = match result {
            Some(Ok(_)) => Verdict::Accept,
            Some(Err(_)) | None => Verdict::Reject,
        };
        if verdict != vector.expect {
            wrong.push(format!("{}: {} ({result:?})", vector.id, vector.why));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(vectors.len(), 839);
}

/// The reason is the one that the vector is about, not just any.
#[test]
fn messages_are_refused_for_the_right_reason() {
    for (id, kind) in [
        ("stripe/bad-missing-signature", "missing"),
        ("stripe/bad-empty-signature", "empty"),
        ("stripe/bad-only-v2", "malformed_signature"),
        ("stripe/hex-uppercase", "malformed_signature"),
        ("stripe/bad-two-v1-none-match", "mismatch"),
        ("stripe/dup-t-last-stale", "malformed_timestamp"),
        ("stripe/bad-no-t", "malformed_timestamp"),
        ("stripe/bad-t-trailing-garbage", "malformed_timestamp"),
        ("stripe-py/bad-stale", "stale"),
        ("stripe-py/bad-future", "future"),
        ("stripe-py/space-after-comma", "malformed_signature"),
        ("svix/bad-id-dot-shift", "ambiguous_id"),
        ("svix/bad-id-empty", "empty"),
        ("svix/bad-ts-negative", "malformed_timestamp"),
        ("svix/bad-ts-ms", "future"),
        ("svix/base64-no-padding", "malformed_signature"),
        ("github/bad-sha1-in-256-header", "malformed_signature"),
        ("github/bad-body-bitflip", "mismatch"),
        ("gitlab/bad-token-prefix", "mismatch"),
        ("shopify/bad-missing-topic", "missing"),
    ] {
        assert_eq!(Vector::find(id).verify().unwrap().unwrap_err().kind(), kind, "{id}");
    }
}

#[test]
fn what_an_accepted_message_says_of_itself() {
    for (id, delivery, signed, event_type) in [
        ("github/ok-ascii", Some("72d3162e-cc78-11e3-81ab-4c9367dc0958"), false, Some("push")),
        ("stripe/ok-ascii", Some("evt_1"), true, Some("ping")),
        ("standardwebhooks/ok-ascii", Some("msg_p5jXN8AQM9LWM0D4loKWxJek"), true, Some("ping")),
        ("standardwebhooks/ok-form", Some("msg_p5jXN8AQM9LWM0D4loKWxJek"), true, None),
        ("shopify/ok-utf8", Some("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"), false, Some("orders/create")),
        ("gitlab/ok-ascii", Some("f5e57ebe"), false, Some("Push Hook")),
        ("orbit/ok-empty", Some("1"), false, Some("activity:created")),
        ("discourse/ok-ascii", Some("5267"), false, Some("topic")),
        ("vercel/ok-ascii", Some("evt_1"), true, Some("ping")),
        ("vercel/ok-form", None, false, None),
        ("redwood-skipVerifier/ok-unsigned", None, false, None),
    ] {
        let accepted = Vector::find(id).verify().unwrap().unwrap();
        let found = accepted.id.as_ref();
        assert_eq!(found.map(|id| id.value.as_str()), delivery, "{id}");
        assert_eq!(found.is_some_and(|id| id.signed), signed, "{id}");
        assert_eq!(accepted.event_type.as_deref(), event_type, "{id}");
    }
    let stripe = Vector::find("stripe/ok-age-just-inside").verify().unwrap().unwrap();
    assert_eq!(stripe.timestamp, Some(1_759_999_701));
    assert_eq!(stripe.secret.unwrap().name, "SECRET_0");
    let none = Vector::find("redwood-skipVerifier/ok-unsigned").verify().unwrap().unwrap();
    assert_eq!(none.secret, None);
}
