//! Every scheme that signs, against a second implementation: Node.js with its own cryptography (`sign.mjs`), written from
//! the descriptions of the schemes. What it signs is accepted, and refused with anything changed. The keys, bodies and ids
//! are others on every run; a failure shows the seed, which SIGNATURES_SEED brings back (but for the pairs of keys).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests may stop at the first surprise, as tests may"
)]

mod change;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use signatures::{Accepted, Algorithm, Message, Refused, Scheme, Secret, Setup, Verifier, scheme, schemes};

pub(crate) const NOW: u64 = 1_760_000_000;

/// How many messages of each scheme.
const ROUNDS: usize = 6;

/// A message that Node.js has signed at [`NOW`].
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    pub(crate) scheme: String,
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) public_key: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(deserialize_with = "base64")]
    pub(crate) body: Vec<u8>,
    /// The id, where the scheme signs one.
    pub(crate) id: Option<String>,
}

fn base64<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

impl Signed {
    pub(crate) fn scheme(&self) -> &'static Scheme {
        scheme(&self.scheme).unwrap()
    }

    fn judge(&self, now: u64) -> Result<Accepted, Refused> {
        let setup = Setup {
            secrets: self.secret.iter().map(|value| Secret::new("S", value.as_bytes())).collect(),
            public_keys: self.public_key.iter().cloned().collect(),
            ..Setup::default()
        };
        let verifier = Verifier::new(self.scheme(), setup).unwrap_or_else(|error| panic!("{self:?}: {error}"));
        let headers: Vec<_> = self.headers.iter().collect();
        let message = Message { method: "POST", url: &self.url, headers: &headers, body: &self.body };
        verifier.verify(&message, UNIX_EPOCH + Duration::from_secs(now))
    }
}

fn seed() -> String {
    std::env::var("SIGNATURES_SEED").unwrap_or_else(|_| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_nanos().to_string()
    })
}

fn signed_by_node(seed: &str) -> Vec<Signed> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second/sign.mjs");
    let node = Command::new("node").args([script, seed, &ROUNDS.to_string()]).output();
    let output = node.unwrap_or_else(|error| {
        panic!(
            "this test runs Node.js, version 18 or newer, and there is no `node`: {error}. Run tools/node, which \
             installs it, or install it as https://nodejs.org says"
        )
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn what_node_signs_is_accepted_and_refused_with_anything_changed() {
    let seed = seed();
    println!("SIGNATURES_SEED={seed}");
    let messages = signed_by_node(&seed);

    let seen: BTreeSet<&str> = messages.iter().map(|message| message.scheme.as_str()).collect();
    let sends_the_secret = |scheme: &&Scheme| {
        scheme.forms().all(|form| matches!(form.algorithm, Algorithm::Token | Algorithm::Basic | Algorithm::None))
    };
    let signing: BTreeSet<&str> = schemes().filter(|scheme| !sends_the_secret(scheme)).map(Scheme::name).collect();
    assert_eq!(seen, signing);
    assert_eq!(messages.len(), signing.len() * ROUNDS);

    for message in &messages {
        let accepted = message.judge(NOW).unwrap_or_else(|refused| panic!("{refused}: {message:?}"));
        if let Some(id) = &message.id {
            let found = accepted.id.unwrap();
            assert_eq!((&found.value, found.signed), (id, true), "{message:?}");
        }
        let changes = change::all(message);
        assert!(changes.len() >= 2, "{message:?}");
        for (what, changed) in changes {
            assert!(changed.judge(NOW).is_err(), "{what} changed: {changed:?}");
        }
        if message.scheme().usual().past != signatures::Age::Unlimited && message.scheme().has_timestamp() {
            assert_eq!(message.judge(NOW + 1000).unwrap_err().kind(), "stale", "{message:?}");
            assert_eq!(message.judge(NOW - 1000).unwrap_err().kind(), "future", "{message:?}");
        }
    }
}
