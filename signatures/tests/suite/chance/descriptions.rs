//! Descriptions: one that a policy may hold is refused when it is loaded, or what is signed by it verifies and, where it
//! says that the body is bound, no other body does.

use std::time::{Duration, UNIX_EPOCH};

use signatures::{Description, Message, Scheme, SignRequest, Verifier, sign};

use super::{keys, words};

const WORDS: &[&[u8]] = &[
    b"algorithm = \"hmac-sha256\"\nencoding = \"hex\"\nheader = \"x-s\"\n",
    b"algorithm = \"hmac-sha1\"\nencoding = \"base64\"\nheader = \"x-s\"\n",
    b"algorithm = \"ed25519\"\nencoding = \"base64\"\nheader = \"x-s\"\n",
    b"algorithm = \"sha256\"\nencoding = \"base64url\"\nheader = \"x-s\"\n",
    b"algorithm = \"token\"\nheader = \"x-s\"\n",
    b"algorithm = \"jwt\"\nheader = \"x-s\"\njwt = { algorithms = [\"HS256\"] }\n",
    b"algorithm = \"hmac-sha512\"\nencoding = \"hex-any-case\"\nsignature = { json = \"sig\" }\n",
    b"algorithm = \"hmac-sha384\"\nencoding = \"hex\"\nsignature = { headers = [\"x-1\", \"x-2\"] }\n",
    b"content = \"",
    b"content = \"",
    b"content = \"",
    b"{body}",
    b"{body}",
    b"{timestamp}",
    b"{id}",
    b"{url}",
    b"{target}",
    b"{escaped_target}",
    b"{method}",
    b"{secret}",
    b"{params}",
    b"{crc32}",
    b"{sns}",
    b"{signed_headers:x-list}",
    b"{header:x-h}",
    b"{query:q}",
    b"{json:a.b}",
    b"{form:f}",
    b"{",
    b"}",
    b".",
    b":",
    b"0",
    b"\\n",
    b"\"\n",
    b"\"\n",
    b"\"\n",
    b"timestamp = { header = \"x-t\" }\n",
    b"timestamp = { item = \"t=\" }\n",
    b"timestamp = { json = \"t\" }\n",
    b"timestamp = { query = \"t\" }\n",
    b"timestamp_unit = \"ms\"\n",
    b"timestamp_unit = \"rfc3339\"\n",
    b"id = { header = \"x-id\" }\n",
    b"id = { json = \"id\" }\n",
    b"id = { claim = \"jti\" }\n",
    b"event = { header = \"x-event\" }\n",
    b"prefix = \"v1=\"\n",
    b"separator = \",\"\n",
    b"separator = \" \"\n",
    b"body_unsigned = true\n",
    b"each = \"items\"\n",
    b"any_port = true\n",
    b"body_hash = { query = \"h\" }\n",
    b"key_name = { before = \"|\" }\n",
    b"secret_encoding = \"base64\"\n",
    b"require = [\"x-r\"]\n",
    b"until = true\n",
    b"paired = true\n",
    b"past = \"unlimited\"\n",
    b"future = \"0s\"\n",
];

const BODIES: [&[u8]; 4] = [b"{\"a\":{\"b\":\"c\"}}", b"a=1&b=2", b"", b"\xff\n{body}"];

pub(crate) fn check(data: &[u8]) {
    let text = words::text(WORDS, data);
    let Ok(description) = toml::from_str::<Description>(&String::from_utf8_lossy(&text)) else { return };
    let scheme = Scheme::custom(description);
    let Ok(verifier) = Verifier::new(&scheme, keys::setup(&scheme)) else { return };
    let form = scheme.usual();
    let signing = match keys::pair(&scheme) {
        Some((private, _)) => signatures::Secret::new("SECRET", private),
        None => keys::secret(&scheme),
    };
    let content_secret = keys::secret(&scheme);
    let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    for body in BODIES {
        // Some want an id, some have no place for one; some a body of a kind.
        let request = |id| SignRequest {
            url: "https://hooks.example/receive?a=1",
            id,
            content_secret: Some(&content_secret),
            ..SignRequest::new(body, now)
        };
        let signed = [None, Some("7")].into_iter().find_map(|id| sign(&scheme, Some(&signing), &request(id)).ok());
        let Some(signed) = signed else { continue };
        let judge = |body: &[u8]| {
            let message = Message { method: "POST", url: &signed.url, headers: &signed.headers, body };
            verifier.verify(&message, now)
        };
        let accepted = judge(&signed.body);
        assert!(accepted.is_ok(), "{form:?} {signed:?}: {accepted:?}");
        if scheme.binds_body() {
            let other = [&*signed.body, b"x"].concat();
            assert!(judge(&other).is_err(), "{form:?} {signed:?}");
        }
    }
}
