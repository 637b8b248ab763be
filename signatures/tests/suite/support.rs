//! What several files of this suite need: a time, secrets, and messages signed in any scheme. Tests nothing itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use signatures::{Accepted, Description, Field, Message, Refused, Scheme, Secret, SignRequest, Verifier, sign};

pub(crate) type SignedHeaders = Vec<(String, String)>;

pub(crate) const NOW: u64 = 1_760_000_000;

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A secret that every scheme takes: text, and Base64 too.
pub(crate) fn secret(name: &str) -> Secret {
    Secret::new(name, STANDARD.encode(format!("the secret called {name}")))
}

/// The only secrets that the scheme can use: none or this one.
pub(crate) fn secrets_of(scheme: &Scheme, name: &str) -> Vec<Secret> {
    let takes_secrets = scheme.name() != "none";
    takes_secrets.then(|| secret(name)).into_iter().collect()
}

pub(crate) fn first_form(scheme: &Scheme) -> &Description {
    scheme.forms().next().unwrap()
}

/// Headers over the body in this scheme, with the id and event type in headers if the scheme has such headers.
pub(crate) fn signed(scheme: &Scheme, name: &str, body: &[u8], id: &str, at: SystemTime) -> SignedHeaders {
    let form = first_form(scheme);
    let has_header = |field: &Option<Field>| matches!(field, Some(Field::Header(_)));
    let request = SignRequest {
        id: has_header(&form.id).then_some(id),
        event_type: has_header(&form.event).then_some("made.up"),
        ..SignRequest::new(body, at)
    };
    let secrets = secrets_of(scheme, name);
    sign(scheme, secrets.first(), &request).unwrap()
}

/// Judges a message at [`NOW`].
pub(crate) fn verify(scheme: &Scheme, name: &str, headers: &SignedHeaders, body: &[u8]) -> Result<Accepted, Refused> {
    let verifier = Verifier::new(scheme, secrets_of(scheme, name), None).unwrap();
    verifier.verify(&Message { headers, body }, at(NOW))
}

/// The value of a header, to change it.
pub(crate) fn value<'h>(headers: &'h mut SignedHeaders, name: &str) -> &'h mut String {
    let header = headers.iter_mut().find(|(candidate, _)| candidate == name);
    &mut header.unwrap().1
}
