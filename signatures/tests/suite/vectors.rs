//! Every recorded message, signed by a provider's own library or published in its documentation, is judged as it is
//! marked. These values were made by other implementations than the one under test.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use signatures::{Accepted, Message, Refused, Scheme, Secret, Verifier, scheme};

#[derive(Deserialize)]
struct Vector {
    id: String,
    provider: String,
    expect: Verdict,
    why: String,
    headers: BTreeMap<String, String>,
    body_base64: String,
    secrets: Vec<String>,
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

    fn scheme(&self) -> &'static Scheme {
        let name = match self.provider.as_str() {
            "redwood-skipVerifier" => "none",
            name => name.strip_suffix("-py").unwrap_or(name),
        };
        scheme(name).unwrap()
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.at)
    }

    fn verify(&self) -> Result<Accepted, Refused> {
        let secret = |(index, value): (usize, &String)| Secret::new(format!("SECRET_{index}"), value.as_bytes());
        let secrets = self.secrets.iter().enumerate().map(secret).collect();
        let verifier = Verifier::new(self.scheme(), secrets, None).unwrap();
        let headers: Vec<_> = self.headers.iter().collect();
        let message = Message { headers: &headers, body: &STANDARD.decode(&self.body_base64).unwrap() };
        verifier.verify(&message, self.now())
    }
}

#[test]
fn every_message_is_judged_as_marked() {
    let vectors = Vector::all();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let result = vector.verify();
        let verdict = match result {
            Ok(_) => Verdict::Accept,
            Err(_) => Verdict::Reject,
        };
        if verdict != vector.expect {
            wrong.push(format!("{}: {} ({result:?})", vector.id, vector.why));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(vectors.len(), 264);
}

/// The reason is the one that the vector is about, not just any.
#[test]
fn messages_are_refused_for_the_right_reason() {
    for (id, kind) in [
        ("stripe/bad-missing-signature", "missing_header"),
        ("stripe/bad-empty-signature", "empty_header"),
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
        ("svix/bad-id-empty", "empty_header"),
        ("svix/bad-ts-negative", "malformed_timestamp"),
        ("svix/bad-ts-ms", "future"),
        ("svix/base64-no-padding", "malformed_signature"),
        ("github/bad-sha1-in-256-header", "malformed_signature"),
        ("github/bad-body-bitflip", "mismatch"),
        ("gitlab/bad-token-prefix", "mismatch"),
        ("shopify/bad-missing-topic", "missing_header"),
    ] {
        assert_eq!(Vector::find(id).verify().unwrap_err().kind(), kind, "{id}");
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
        let accepted = Vector::find(id).verify().unwrap();
        let found = accepted.id.as_ref();
        assert_eq!(found.map(|id| id.value.as_str()), delivery, "{id}");
        assert_eq!(found.is_some_and(|id| id.signed), signed, "{id}");
        assert_eq!(accepted.event_type.as_deref(), event_type, "{id}");
    }
    let stripe = Vector::find("stripe/ok-age-just-inside").verify().unwrap();
    assert_eq!(stripe.timestamp, Some(1_759_999_701));
    assert_eq!(stripe.secret.unwrap().name, "SECRET_0");
    let none = Vector::find("redwood-skipVerifier/ok-unsigned").verify().unwrap();
    assert_eq!(none.secret, None);
}
