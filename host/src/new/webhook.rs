//! What a webhook's function needs of the scheme by which its sender signs: the policy, an example of the secret, a payload
//! that such a sender could send, and what is left to fill in. All of it follows from the description of the scheme; no
//! provider is known here.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use signatures::{Algorithm, Field, Scheme, SecretEncoding};

use super::error::Error;
use super::name::Name;
use super::secret::Example;
use crate::config::scheme_reference;

/// The widest line of a comment, in characters.
const WIDTH: usize = 98;

/// The id and the kind of event that the example says, wherever the scheme has them.
const ID: &str = "evt_1";
const EVENT: &str = "example.created";

/// The sender of a function's webhooks.
pub(super) struct Sender {
    pub(super) scheme: &'static Scheme,
}

impl Sender {
    /// The one whose scheme has this name.
    ///
    /// # Errors
    /// If there is none, the text naming the nearest; or if it signs nothing.
    pub(super) fn of(name: &str) -> Result<Self, Error> {
        let scheme = signatures::scheme(name).map_err(|unknown| Error::usage(unknown.to_string()))?;
        if scheme.checks_nothing() {
            return Err(Error::usage(format!(
                "the scheme \"{name}\" checks nothing, so there is no webhook to receive; write --template http"
            )));
        }
        Ok(Self { scheme })
    }

    /// Whether it sends forms, and not JSON.
    pub(super) fn sends_forms(&self) -> bool {
        let usual = self.scheme.usual();
        let content = usual.content.as_deref().unwrap_or_default();
        content.contains("{params}") || matches!(usual.signature, Some(Field::Form(_)))
    }

    /// Whether whoever tries the function out can sign for it: with the secret that both know.
    pub(super) fn can_be_played(&self) -> bool {
        !self.scheme.uses_public_key()
    }

    /// What stands before the password in the secret, where it is a pair of both.
    pub(super) fn user(&self) -> &'static str {
        if self.scheme.usual().algorithm == Algorithm::Basic { "webhook:" } else { "" }
    }

    /// Whether the same payload, signed again, is the same delivery: not where each has an id or a time of its own.
    pub(super) fn knows_copies(&self) -> bool {
        let is_new_each_time = self.scheme.wants_id() || (self.scheme.has_timestamp() && !self.scheme.signs_id());
        self.scheme.tells_deliveries_apart() && !is_new_each_time
    }

    /// The policy of a function.
    pub(super) fn policy(&self, name: &Name) -> String {
        let policy = scheme_reference::policy(self.scheme, &name.upper(), name.as_str());
        let (methods, verify) = policy.split_once("[verify]").unwrap_or((&policy, ""));
        let mut said = format!(
            "{}. Only what is genuine gets to the function, which never sees the secret. {}",
            self.scheme.title(),
            self.scheme.notes()
        );
        if !self.scheme.tells_deliveries_apart() {
            said.push_str(" What is signed does not tell one delivery from another, so a copy runs again.");
        }
        format!("{methods}{}[verify]{verify}", comment(&said))
    }

    /// Secrets for trying it out, made at random; none of what only the sender can have.
    ///
    /// # Errors
    /// If there is no randomness to be had.
    pub(super) fn secrets(&self, name: &Name) -> Result<Vec<Example>, Error> {
        let upper = name.upper();
        if self.scheme.uses_secrets() {
            let usual = self.scheme.usual();
            let encoding = usual.secret_encoding.unwrap_or(SecretEncoding::Text);
            return Ok(vec![Example::random(format!("{upper}_SECRET"), encoding, self.user())?]);
        }
        Ok(vec![Example::missing(format!("{upper}_PUBLIC_KEY"), "the sender's public key, as the sender shows it")])
    }

    /// What has to be written before the sender's own messages come in.
    pub(super) fn to_fill_in(&self, name: &Name, dotenv: &str) -> Vec<String> {
        let (scheme, upper) = (self.scheme, name.upper());
        let mut lines = Vec::new();
        if scheme.uses_secrets() {
            lines
                .push(format!("{upper}_SECRET in {dotenv} is made up: the secret that the sender shows belongs there"));
        } else {
            lines
                .push(format!("{upper}_PUBLIC_KEY in {dotenv}: the sender's public key; until then nothing is let in"));
        }
        let mut in_policy = |key: &str, what: &str| lines.push(format!("`{key}` in {name}/{name}.toml: {what}"));
        if scheme.uses_public_key() && scheme.uses_secrets() {
            in_policy("public_key", "the sender's certificate; until then nothing is let in");
        }
        if scheme.has_topics() {
            in_policy("topic", "the topics that you have subscribed to");
        }
        if scheme.signs_url() {
            in_policy("url", "the function's URL as the sender knows it");
        }
        lines
    }

    /// The URL that is signed, where that is another than the one that a try goes to.
    pub(super) fn signed_url(&self, name: &Name) -> Option<String> {
        self.scheme.signs_url().then(|| scheme_reference::example_url(name.as_str()))
    }

    /// A payload, and how its file's name ends.
    pub(super) fn payload(&self) -> (&'static str, Vec<u8>) {
        if self.sends_forms() {
            return ("form", format!("type={EVENT}&name=Ada&amount=1250").into_bytes());
        }
        let usual = self.scheme.usual();
        let mut payload = json!({ "type": EVENT, "data": { "name": "Ada", "amount": 1250 } });
        // What an item of a list must have to be signed, each with a value of its own.
        if let Some(list) = &usual.each {
            let mut item = json!({});
            let signed = usual.content.as_deref().unwrap_or_default().split("{json:").skip(1);
            for path in signed.filter_map(|rest| rest.split('}').next()) {
                set(&mut item, path, "example");
            }
            if let Some(Field::Json(path)) = usual.place() {
                set(&mut item, &path, "");
            }
            set(&mut payload, list, json!([item]));
        }
        if self.scheme.has_topics() {
            let message = json!({ "name": "Ada", "amount": 1250 }).to_string();
            for (member, value) in [
                ("Type", "Notification"),
                ("MessageId", ID),
                ("TopicArn", "arn:aws:sns:eu-central-1:123456789012:mine"),
                ("Message", &message),
            ] {
                set(&mut payload, member, value);
            }
            return ("json", pretty(&payload));
        }
        for (field, value) in [(&usual.id, ID), (&usual.event, EVENT)] {
            if let Some(Field::Json(path)) = field {
                set(&mut payload, path, value);
            }
        }
        ("json", pretty(&payload))
    }
}

fn pretty(payload: &Value) -> Vec<u8> {
    // A value that was made of literals can be written.
    format!("{payload:#}\n").into_bytes()
}

/// Puts a value at a path of names with dots between them, making the objects on the way.
fn set(object: &mut Value, path: &str, value: impl Into<Value>) {
    let mut at = object;
    for step in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(members) = at.as_object_mut() else { return };
        at = members.entry(step).or_insert(Value::Null);
    }
    *at = value.into();
}

/// A text as lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(lines, "{line}");
    lines
}

#[cfg(test)]
mod tests;
