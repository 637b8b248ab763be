//! Every known scheme: its policy loads, its example is taken for a secret, and its payload is genuine once it is signed.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signatures::{Message, Secret, Setup, SignRequest, Verifier, schemes, sign};

use super::*;
use crate::config::{Access, Policy, PolicyBase};

fn name() -> Name {
    Name::parse("my-hooks").unwrap()
}

/// The senders of all schemes that check something.
fn senders() -> Vec<Sender> {
    let senders: Vec<Sender> = schemes().filter_map(|scheme| Sender::of(scheme.name()).ok()).collect();
    assert!(senders.len() > 70);
    senders
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}

#[test]
fn the_policy_of_every_scheme_is_right() {
    for sender in senders() {
        let scheme = sender.scheme.name();
        let text = sender.policy(&name());
        let policy = Policy::check(Path::new("my-hooks.toml"), &text, &PolicyBase::default());
        let policy = policy.unwrap_or_else(|problems| panic!("{scheme}: {problems}\n{text}"));
        assert_eq!(policy.access, Access::Protected, "{scheme}");
        let verify = policy.verify.unwrap();
        assert_eq!(verify.scheme.name(), scheme);
        let named: Vec<String> =
            sender.secrets(&name()).unwrap().iter().map(|secret| secret.name().to_owned()).collect();
        assert_eq!(verify.secrets, named, "{scheme}");
        assert!(text.lines().filter(|line| line.starts_with('#')).all(|line| line.len() <= 100), "{text}");
        // Whatever the policy has from nobody but the author is said.
        let to_fill_in = sender.to_fill_in(&name(), ".env").join("\n");
        for key in ["url", "topic", "public_key"] {
            let is_there = text.lines().any(|line| line.starts_with(&format!("{key} = ")));
            assert_eq!(to_fill_in.contains(&format!("`{key}`")), is_there, "{scheme}: {to_fill_in}");
        }
    }
}

#[test]
fn what_the_sender_of_every_scheme_signs_of_the_payload_is_genuine() {
    let mut played = 0;
    for sender in senders().into_iter().filter(Sender::can_be_played) {
        let scheme = sender.scheme;
        let url = sender.signed_url(&name());
        let (_, payload) = sender.payload();
        let examples = sender.secrets(&name()).unwrap();
        let secrets = || examples.iter().map(|example| Secret::new(example.name(), example.value().unwrap())).collect();
        let request = SignRequest {
            url: url.as_deref().unwrap_or("/"),
            id: scheme.wants_id().then_some("msg_1"),
            ..SignRequest::new(&payload, now())
        };
        let secrets_of_sender: Vec<Secret> = secrets();
        let signed = sign(scheme, secrets_of_sender.first(), &request);
        let signed = signed.unwrap_or_else(|error| panic!("{}: {error}", scheme.name()));
        let verifier = Verifier::new(scheme, Setup { secrets: secrets(), ..Setup::default() });
        let verifier = verifier.unwrap_or_else(|error| panic!("{}: {error}", scheme.name()));
        let message = Message { method: "POST", url: &signed.url, headers: &signed.headers, body: &signed.body };
        let accepted = verifier.verify(&message, now());
        assert!(accepted.is_ok(), "{}: {:?}", scheme.name(), accepted.err());
        if !sender.sends_forms() {
            let payload: Value = serde_json::from_slice(&signed.body).unwrap();
            assert_eq!(
                (&payload["type"], &payload["data"]["amount"]),
                (&json!(EVENT), &json!(1250)),
                "{}",
                scheme.name()
            );
        }
        played += 1;
    }
    assert!(played > 65, "{played}");
}

#[test]
fn what_is_no_sender_is_named_with_what_to_write() {
    let said = |name: &str| Sender::of(name).err().unwrap().to_string();
    assert_eq!(said("gitub"), "there is no scheme \"gitub\"; did you mean \"github\"?");
    assert!(said("none").ends_with("write --template http"));
    assert!(said("skipVerifier").ends_with("write --template http"));
}
