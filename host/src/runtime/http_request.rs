//! The request that a component of `wasi:http` gets: the client's own, and what the host knows of the call as headers
//! that no client can set.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::body::Fault;
use crate::event::{Delivery, Event, Identity, Trigger};

/// How the names of the host's own headers begin.
const RESERVED: &str = "x-vestibule-";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-vestibule-request-id");
const FUNCTION: HeaderName = HeaderName::from_static("x-vestibule-function");
const VERSION: HeaderName = HeaderName::from_static("x-vestibule-version");
const DEADLINE: HeaderName = HeaderName::from_static("x-vestibule-deadline");
const TRIGGER: HeaderName = HeaderName::from_static("x-vestibule-trigger");
const CLIENT: HeaderName = HeaderName::from_static("x-vestibule-client");
const SUBPATH: HeaderName = HeaderName::from_static("x-vestibule-subpath");
const PARAMS: HeaderName = HeaderName::from_static("x-vestibule-params");
const DELIVERY_SCHEME: HeaderName = HeaderName::from_static("x-vestibule-delivery-scheme");
const DELIVERY_ID: HeaderName = HeaderName::from_static("x-vestibule-delivery-id");
const DELIVERY_EVENT_TYPE: HeaderName = HeaderName::from_static("x-vestibule-delivery-event-type");
const DELIVERY_TIMESTAMP: HeaderName = HeaderName::from_static("x-vestibule-delivery-timestamp");
const DELIVERY_SECRET: HeaderName = HeaderName::from_static("x-vestibule-delivery-secret");
const IDENTITY_PROVIDER: HeaderName = HeaderName::from_static("x-vestibule-identity-provider");
const IDENTITY_SUBJECT: HeaderName = HeaderName::from_static("x-vestibule-identity-subject");
const IDENTITY_ROLES: HeaderName = HeaderName::from_static("x-vestibule-identity-roles");
const IDENTITY_CLAIMS: HeaderName = HeaderName::from_static("x-vestibule-identity-claims");

/// Headers that the host adds at the most.
const ADDED: usize = 17;

/// What is written as `%XX` in the host's own headers: what no header may hold, what is lost at its ends, and the sign
/// itself, so that two texts never look the same.
const UNPRINTABLE: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The same in one of several texts with `,` between them.
const IN_LIST: &AsciiSet = &UNPRINTABLE.add(b',');

/// The same in a name or a value, as in a query.
const IN_PAIR: &AsciiSet = &UNPRINTABLE.add(b'&').add(b'=').add(b'+').add(b'#');

/// What stands for a host where the client, of HTTP/1.0, names none; `wasi:http` wants one.
const NO_HOST: HeaderValue = HeaderValue::from_static("localhost");

/// The request of `event` for a component of this `version`.
pub(super) fn request(event: &Event, version: &str) -> Request<WasiBody> {
    let body = match event.take_rest() {
        Some(rest) => rest.map_err(error).boxed_unsync(),
        None => Full::new(event.body.shared()).map_err(|never| match never {}).boxed_unsync(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = event.method().clone();
    if let Some(target) = event.target() {
        *request.uri_mut() = Uri::from(target.clone());
    }
    *request.headers_mut() = headers(event, version);
    request
}

/// What is wrong with a body, in the words of `wasi:http`.
fn error(fault: Fault) -> Error {
    match fault {
        Fault::TooLarge(limit) => Error::HttpRequestBodySize(Some(limit)),
        Fault::TooSlow => Error::ConnectionReadTimeout,
        Fault::Broken(_) => Error::ConnectionTerminated,
    }
}

fn headers(event: &Event, version: &str) -> HeaderMap {
    let shown = event.shown().filter(|(name, _)| !is_reserved(name));
    let mut headers = HeaderMap::with_capacity(shown.size_hint().1.unwrap_or_default() + ADDED);
    headers.extend(shown.map(|(name, value)| (name.clone(), value.clone())));
    headers.entry(HOST).or_insert(NO_HOST);
    let mut own = Own(headers);
    own.text(REQUEST_ID, event.request_id().as_str());
    own.text(FUNCTION, &event.function().name);
    own.text(VERSION, version);
    own.number(DEADLINE, event.deadline_unix_ms());
    own.text(
        TRIGGER,
        match event.trigger {
            Trigger::Http => "http",
        },
    );
    own.text(CLIENT, &event.client);
    own.text(SUBPATH, event.subpath());
    if !event.params.is_empty() {
        let encoded = |text| utf8_percent_encode(text, IN_PAIR);
        let pairs = event.params.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        own.add(PARAMS, &pairs.collect::<Vec<_>>().join("&"));
    }
    if let Some(delivery) = &event.delivery {
        own.delivery(delivery);
    }
    if let Some(identity) = &event.identity {
        own.identity(identity);
    }
    own.0
}

/// Whether a header is the host's to set. Programs that take headers for variables write `_` for whatever is neither a
/// letter nor a digit: what would look the same to them is the same here.
fn is_reserved(name: &HeaderName) -> bool {
    let start = name.as_str().bytes().chain([b'-']).map(|byte| if byte.is_ascii_alphanumeric() { byte } else { b'-' });
    start.take(RESERVED.len()).eq(RESERVED.bytes())
}

/// Headers to which the host adds its own.
struct Own(HeaderMap);

impl Own {
    fn delivery(&mut self, delivery: &Delivery) {
        self.text(DELIVERY_SCHEME, &delivery.scheme);
        for (name, value) in [(DELIVERY_ID, &delivery.id), (DELIVERY_EVENT_TYPE, &delivery.event_type)] {
            if let Some(value) = value {
                self.text(name, value);
            }
        }
        if let Some(timestamp) = delivery.timestamp {
            self.number(DELIVERY_TIMESTAMP, timestamp);
        }
        self.text(DELIVERY_SECRET, &delivery.secret);
    }

    fn identity(&mut self, identity: &Identity) {
        self.text(IDENTITY_PROVIDER, &identity.provider);
        self.text(IDENTITY_SUBJECT, &identity.subject);
        let roles = identity.roles.iter().map(|role| utf8_percent_encode(role, IN_LIST).to_string());
        self.add(IDENTITY_ROLES, &roles.collect::<Vec<_>>().join(","));
        self.add(IDENTITY_CLAIMS, &ascii_json(&identity.claims));
    }

    fn text(&mut self, name: HeaderName, text: &str) {
        match HeaderValue::from_maybe_shared(Bytes::from(utf8_percent_encode(text, UNPRINTABLE).to_string())) {
            Ok(value) => drop(self.0.insert(name, value)),
            // Of what is printable, none is refused. Nobody else's value stands there: reserved names have been left out.
            Err(_) => drop(self.0.remove(name)),
        }
    }

    fn number(&mut self, name: HeaderName, number: u64) {
        self.0.insert(name, HeaderValue::from(number));
    }

    /// Adds what is encoded already.
    fn add(&mut self, name: HeaderName, encoded: &str) {
        if let Ok(value) = HeaderValue::from_str(encoded) {
            self.0.insert(name, value);
        }
    }
}

/// The text of a JSON object in ASCII and in one line. What is not ASCII stands in strings alone, where it can be escaped;
/// control characters stand between values alone, as space.
fn ascii_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\0'..='\x1f' => text.push(' '),
            ' '..='~' => text.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_is_what_any_program_could_take_for_the_hosts() {
        for name in [
            "x-vestibule-identity-subject",
            "X-Vestibule-Identity-Subject",
            "x_vestibule_identity_subject",
            "X.Vestibule~identity-subject",
            "x-vestibule-",
            "x-vestibule",
            "x_vestibule",
        ] {
            assert!(is_reserved(&HeaderName::from_bytes(name.as_bytes()).unwrap()), "{name}");
        }
        for name in
            ["x-vestibules", "x-vestibul-e", "vestibule-identity", "ax-vestibule-a", "x", "host", "xvestibule-a"]
        {
            assert!(!is_reserved(&HeaderName::from_bytes(name.as_bytes()).unwrap()), "{name}");
        }
    }

    #[test]
    fn a_text_of_any_kind_is_a_header_and_no_two_are_the_same() {
        let texts =
            ["", "a", "a b", " a", "a ", "a%20b", "a\r\nb", "gr\u{fc}n", "a\u{1f600}", "auth0|a@b.c", "\u{7f}", "\0"];
        let mut seen = Vec::new();
        for text in texts {
            let mut own = Own(HeaderMap::new());
            own.text(IDENTITY_SUBJECT, text);
            let value = own.0[&IDENTITY_SUBJECT].to_str().unwrap().to_owned();
            assert_eq!(percent_encoding::percent_decode_str(&value).decode_utf8().unwrap(), text);
            assert!(!seen.contains(&value), "{value}");
            seen.push(value);
        }
        assert!(seen.contains(&"auth0|a@b.c".to_owned()), "most are written as they are");
    }

    #[test]
    fn roles_cannot_be_taken_apart_in_another_way() {
        let mut own = Own(HeaderMap::new());
        let roles = ["editor", "a,admin", "b\n"].map(str::to_owned).into();
        let claims = "{\n\t\"name\": \"gr\u{fc}n \u{1f600}\\n\"\r\n}".to_owned();
        own.identity(&Identity { provider: "p".into(), subject: "s".into(), roles, claims: claims.clone() });
        assert_eq!(own.0[&IDENTITY_ROLES], "editor,a%2Cadmin,b%0A");
        let shown = own.0[&IDENTITY_CLAIMS].to_str().unwrap();
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(json(shown), json(&claims));
    }
}
