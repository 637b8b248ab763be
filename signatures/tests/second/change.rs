//! A signed message with one thing changed: all ways that its scheme must notice.

use serde_json::Value;
use signatures::{Algorithm, Description, Field};

use crate::Signed;

/// What was changed, and what came of it.
pub(crate) fn all(message: &Signed) -> Vec<(&'static str, Signed)> {
    let form = message.scheme().usual();
    let mut changes = vec![("the key", other_key(message, form)), ("the signature", other_signature(message, form))];
    if form.binds_body() {
        changes.push(("the body", Signed { body: [&message.body, &b"x"[..]].concat(), ..message.clone() }));
        // Of a form, an empty name with an empty value adds nothing to what is signed.
        let is_form = form.content.as_deref().is_some_and(|content| content.contains("{params}"));
        if let [first, rest @ ..] = message.body.as_slice()
            && !is_form
        {
            changes.push(("the first bit", Signed { body: [&[*first ^ 1], rest].concat(), ..message.clone() }));
            changes.push(("the first byte", Signed { body: rest.to_vec(), ..message.clone() }));
        }
    }
    if form.signs_url() {
        changes.push(("the URL", Signed { url: format!("{}&c", message.url), ..message.clone() }));
    }
    if form.has_timestamp() && !matches!(form.timestamp, Some(Field::Claim(_))) {
        changes.push(("the time", other_time(message)));
    }
    if let (Some(Field::Header(name)), Some(id)) = (&form.id, &message.id) {
        let mut changed = message.clone();
        changed.headers.insert(name.clone(), format!("{id}x"));
        changes.push(("the id", changed));
    }
    changes
}

/// Another character in place of the first that stands for part of a key or a signature; never the same in another case.
fn altered(text: &str) -> String {
    let at = text.find(|c: char| c.is_ascii_alphanumeric()).unwrap();
    let other = if text[at..].starts_with('0') { "1" } else { "0" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

fn other_key(message: &Signed, form: &Description) -> Signed {
    let mut changed = message.clone();
    if let Some(secret) = &message.secret {
        let (prefix, key) = secret.split_at(if secret.starts_with("whsec_") { 6 } else { 0 });
        changed.secret = Some(format!("{prefix}{}", altered(key)));
    }
    if message.public_key.is_some() {
        let key = match form.algorithm {
            Algorithm::Ed25519 => include_str!("../data/ed25519-a.public.pem"),
            Algorithm::RsaSha1 | Algorithm::RsaSha256 => include_str!("../data/rsa-a.public.pem"),
            _ => include_str!("../data/p256-a.public.pem"),
        };
        changed.public_key = Some(key.to_owned());
    }
    changed
}

/// A character near the end, where in all headers the signature stands.
fn other_signature(message: &Signed, form: &Description) -> Signed {
    let mut changed = message.clone();
    let header = match form.place() {
        Some(Field::Header(name)) => Some(name),
        Some(Field::Headers(names)) => names.first().cloned(),
        _ => None,
    };
    match header {
        Some(name) => {
            let value = changed.headers.get_mut(&name).unwrap();
            let (front, end) = value.split_at(value.len() - 9);
            *value = format!("{front}{}", altered(end));
        }
        None => changed.body = other_signature_inside(&message.body),
    }
    changed
}

fn other_signature_inside(body: &[u8]) -> Vec<u8> {
    let places = [
        "/signature/signature",
        "/Signature",
        "/notificationItems/0/NotificationRequestItem/additionalData/hmacSignature",
    ];
    if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
        let place = places.iter().find(|place| json.pointer(place).is_some()).unwrap();
        let signature = json.pointer_mut(place).unwrap();
        *signature = altered(signature.as_str().unwrap()).into();
        return json.to_string().into_bytes();
    }
    let form = std::str::from_utf8(body).unwrap();
    let end = form.find("&bt_payload").unwrap_or(form.len());
    let (front, rest) = form.split_at(end - 9);
    format!("{front}{}", altered(rest)).into_bytes()
}

/// A second later, wherever the time stands.
fn other_time(message: &Signed) -> Signed {
    let later = |text: &str| text.replace("1760000000", "1760000001").replace("T08:53:20", "T08:53:21");
    let mut changed = message.clone();
    changed.headers.values_mut().for_each(|value| *value = later(value));
    if let Ok(body) = std::str::from_utf8(&message.body) {
        changed.body = later(body).into_bytes();
    }
    assert!(changed.headers != message.headers || changed.body != message.body, "{message:?}");
    changed
}
