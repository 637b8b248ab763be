//! What several files of this suite need: a time, two parties with their keys, and messages that one of them has signed
//! in any scheme. Tests nothing itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use sha2::{Digest, Sha256};
use signatures::{
    Accepted, Algorithm, Description, Field, KeyName, Message, Refused, Scheme, Secret, Setup, SignError, SignRequest,
    Verifier, sign,
};

pub(crate) const NOW: u64 = 1_760_000_000;

/// The URL to which every message is sent.
pub(crate) const URL: &str = "https://hooks.example/receive?a=1&b=%20x";

/// What the parties call their keys, in schemes with names for keys.
pub(crate) const KEY_ID: &str = "key-1";

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A secret that every scheme with shared secrets takes, but for Basic: text, and Base64 and hexadecimal too.
pub(crate) fn secret(name: &str) -> Secret {
    Secret::new(name, hex::encode(Sha256::digest(name)))
}

/// A message that has been sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) url: String,
}

impl Sent {
    pub(crate) fn message(&self) -> Message<'_> {
        Message { method: "POST", url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// The value of a header, to change it.
    pub(crate) fn value(&mut self, name: &str) -> &mut Vec<u8> {
        let header = self.headers.iter_mut().find(|(candidate, _)| candidate == name);
        &mut header.unwrap_or_else(|| panic!("no header {name}")).1
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.clone().value(name).clone()).unwrap()
    }

    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        *self.value(name) = value.as_ref().to_vec();
    }

    pub(crate) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
    }
}

/// Somebody with keys of all kinds; `a` and `b` have different ones, and any other name has shared secrets only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party(pub(crate) &'static str);

pub(crate) const A: Party = Party("a");
pub(crate) const B: Party = Party("b");

macro_rules! pem {
    ($name:expr, $kind:literal, $half:literal) => {
        match $name {
            "a" => include_str!(concat!("../data/", $kind, "-a.", $half, ".pem")),
            "b" => include_str!(concat!("../data/", $kind, "-b.", $half, ".pem")),
            other => panic!("{other} has no pair of keys"),
        }
    };
}

impl Party {
    /// The pair of keys for a form: private, public. None if it has shared secrets.
    pub(crate) fn pair(self, form: &Description) -> Option<(&'static str, &'static str)> {
        let name = self.0;
        let kind = match form.algorithm {
            Algorithm::Jwt if form.uses_public_key() => Algorithm::EcdsaP256,
            other => other,
        };
        match kind {
            Algorithm::Ed25519 => Some((pem!(name, "ed25519", "private"), pem!(name, "ed25519", "public"))),
            Algorithm::EcdsaP256 => Some((pem!(name, "p256", "private"), pem!(name, "p256", "public"))),
            Algorithm::RsaSha1 | Algorithm::RsaSha256 => {
                Some((pem!(name, "rsa", "private"), pem!(name, "rsa", "public")))
            }
            _ => None,
        }
    }

    fn shared(self, form: &Description) -> Secret {
        match form.algorithm {
            Algorithm::Basic => Secret::new(self.0, format!("user:{}", hex::encode(Sha256::digest(self.0)))),
            _ => secret(self.0),
        }
    }

    /// With what it signs; nothing in a scheme that signs nothing.
    pub(crate) fn signing_secret(self, form: &Description) -> Option<Secret> {
        match self.pair(form) {
            Some((private, _)) => Some(Secret::new(self.0, private)),
            None => (form.algorithm != Algorithm::None).then(|| self.shared(form)),
        }
    }

    /// With what its messages are checked.
    pub(crate) fn setup(self, scheme: &Scheme) -> Setup {
        let form = scheme.usual();
        let pair = self.pair(form);
        Setup {
            secrets: form.uses_secrets().then(|| self.shared(form)).into_iter().collect(),
            public_keys: pair.map(|(_, public)| public.to_owned()).into_iter().collect(),
            key_id: form.key_name.as_ref().map(|_| KEY_ID.to_owned()),
            tolerance: None,
        }
    }

    pub(crate) fn verifier(self, scheme: &Scheme) -> Verifier {
        Verifier::new(scheme, self.setup(scheme)).unwrap_or_else(|error| panic!("{}: {error}", scheme.name()))
    }

    /// A message over this payload, wrapped in what such senders send; id, event type and the name of the key are where
    /// the scheme has them.
    pub(crate) fn send(self, scheme: &Scheme, payload: &[u8], id: &str, at: SystemTime) -> Sent {
        self.send_body(scheme, &wrapped(scheme.usual(), payload), id, at)
            .unwrap_or_else(|error| panic!("{}: {error}", scheme.name()))
    }

    /// The same with the body as it is.
    pub(crate) fn send_body(self, scheme: &Scheme, body: &[u8], id: &str, at: SystemTime) -> Result<Sent, SignError> {
        let form = scheme.usual();
        let content_secret = self.pair(form).is_some().then(|| self.shared(form));
        let request = SignRequest {
            url: URL,
            id: takes_id(form).then_some(id),
            event_type: matches!(form.event, Some(Field::Header(_))).then_some("made.up"),
            key_id: form.key_name.is_some().then_some(KEY_ID),
            content_secret: content_secret.as_ref(),
            ..SignRequest::new(body, at)
        };
        let signed = sign(scheme, self.signing_secret(form).as_ref(), &request)?;
        let headers = signed.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Ok(Sent { headers, body: signed.body.into_owned(), url: signed.url.into_owned() })
    }

    /// Judges a message at [`NOW`], with this party's keys.
    pub(crate) fn judge(self, scheme: &Scheme, sent: &Sent) -> Result<Accepted, Refused> {
        self.verifier(scheme).verify(&sent.message(), at(NOW))
    }

    /// Why it is refused at [`NOW`].
    pub(crate) fn refuses(self, scheme: &Scheme, sent: &Sent) -> &'static str {
        match self.judge(scheme, sent) {
            Ok(_) => panic!("{} accepts {sent:?}", scheme.name()),
            Err(refused) => refused.kind(),
        }
    }
}

/// Whether whoever signs can say what the id is.
pub(crate) fn takes_id(form: &Description) -> bool {
    let content = form.content.as_deref().unwrap_or_default();
    let is_signed = content.contains("{id}") || content.contains("{sns}");
    is_signed || matches!(form.id, Some(Field::Header(_) | Field::Claim(_)))
}

/// The headers whose every bit counts.
pub(crate) fn is_covered(form: &Description, name: &str) -> bool {
    let is = |header: &str| header.eq_ignore_ascii_case(name);
    let is_in = |field: &Option<Field>| matches!(field, Some(Field::Header(header)) if is(header));
    let is_signature = match form.place() {
        Some(Field::Header(header)) => is(&header),
        Some(Field::Headers(headers)) => headers.iter().any(|header| is(header)),
        _ => false,
    };
    let is_key_name = matches!(&form.key_name, Some(KeyName::Header(header)) if is(header));
    is_signature || is_key_name || is_in(&form.timestamp) || (form.signs_id() && is_in(&form.id))
}

/// What a provider makes of an event whose bytes are the payload.
pub(crate) fn wrapped(form: &Description, payload: &[u8]) -> Vec<u8> {
    let content = form.content.as_deref().unwrap_or_default();
    let is_json = |field: &Option<Field>| matches!(field, Some(Field::Json(_)));
    let text = hex::encode(payload);
    if form.each.is_some() {
        let item = |reference: &str| {
            json!({ "NotificationRequestItem": {
                "pspReference": reference, "originalReference": "", "merchantAccountCode": "Shop",
                "merchantReference": "order-1", "amount": { "value": 1130, "currency": "EUR" },
                "eventCode": "AUTHORISATION", "success": "true", "additionalData": {},
            }})
        };
        json!({ "live": "false", "notificationItems": [item(&text), item("2")] }).to_string().into_bytes()
    } else if content.contains("{params}") {
        // No letter in an escape, whose two cases would be one form.
        let escaped: String = payload.iter().map(|byte| format!("{byte:02x}%2{}", byte % 10)).collect();
        format!("To=100&Body={escaped}&{text}=a+b").into_bytes()
    } else if content.contains("{sns}") {
        text.into_bytes()
    } else if is_json(&form.timestamp) || is_json(&form.place()) {
        json!({ "payload": text }).to_string().into_bytes()
    } else if matches!(form.place(), Some(Field::FormLast(_))) {
        format!("payload={text}").into_bytes()
    } else {
        payload.to_vec()
    }
}
