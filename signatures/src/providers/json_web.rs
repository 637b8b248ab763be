//! Providers that send a JSON Web Token; the body is bound by a claim with its hash.

use super::header;
use crate::age::Age;
use crate::algorithm::Algorithm;
use crate::description::Description;
use crate::field::Field;
use crate::jwt::HashEncoding::{Base64Url, Hex};
use crate::jwt::JwtAlgorithm::{ES256, HS256, HS384, HS512};
use crate::jwt::{ClaimHash, HashEncoding, Jwt, JwtAlgorithm};
use crate::scheme::Scheme;

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new("messagebird", "MessageBird (Bird)", messagebird()),
        Scheme::new("netlify", "Netlify deploy notifications", netlify()).note("Signs no time."),
        Scheme::new("plaid", "Plaid", plaid())
            .note("`public_key` is the JWK that Plaid hands out for the `kid`, or a set of them; it is never fetched."),
        Scheme::new("qstash", "Upstash QStash", qstash())
            .note("Name the current and the next signing key, in this order. `sub` must be the URL, query included."),
        Scheme::new("vonage", "Vonage", vonage()).note("A token with no `iat` is refused."),
    ]
}

/// Rules with these algorithms and nothing else.
pub(super) fn jwt(algorithms: &[JwtAlgorithm]) -> Jwt {
    Jwt {
        algorithms: algorithms.to_vec(),
        issuer: None,
        subject_is_url: false,
        body_hash: None,
        url_hash: None,
        require: Vec::new(),
        leeway: Age::seconds(0),
    }
}

/// A token in a header.
pub(super) fn token(header: &str, jwt: Jwt) -> Description {
    Description { header: Some(header.into()), jwt: Some(jwt), ..Description::new(Algorithm::Jwt) }
}

fn hash(claim: &str, encoding: HashEncoding) -> Option<ClaimHash> {
    Some(ClaimHash { claim: claim.into(), encoding, absent_if_empty: false })
}

fn claim(name: &str) -> Option<Field> {
    Some(Field::Claim(name.into()))
}

fn netlify() -> Description {
    let rules = Jwt { issuer: Some("netlify".into()), body_hash: hash("sha256", Hex), ..jwt(&[HS256]) };
    Description { event: header("x-netlify-event"), ..token("x-webhook-signature", rules) }
}

/// Upstash's JavaScript library lets `exp` be absent and other hashes pass; its Python library and the documentation do
/// not.
fn qstash() -> Description {
    let rules = Jwt {
        issuer: Some("Upstash".into()),
        subject_is_url: true,
        body_hash: hash("body", Base64Url),
        require: vec!["exp".into(), "nbf".into()],
        ..jwt(&[HS256])
    };
    Description { id: claim("jti"), ..token("upstash-signature", rules) }
}

fn plaid() -> Description {
    let rules = Jwt { body_hash: hash("request_body_sha256", Hex), ..jwt(&[ES256]) };
    Description {
        timestamp: claim("iat"),
        event: Some(Field::Json("webhook_type".into())),
        ..token("plaid-verification", rules)
    }
}

fn vonage() -> Description {
    let rules = Jwt { issuer: Some("Vonage".into()), body_hash: hash("payload_hash", Hex), ..jwt(&[HS256]) };
    Description { prefix: "Bearer ".into(), timestamp: claim("iat"), id: claim("jti"), ..token("authorization", rules) }
}

fn messagebird() -> Description {
    let rules = Jwt {
        issuer: Some("MessageBird".into()),
        body_hash: Some(ClaimHash { claim: "payload_hash".into(), encoding: Hex, absent_if_empty: true }),
        url_hash: hash("url_hash", Hex),
        require: vec!["exp".into(), "nbf".into()],
        leeway: Age::seconds(5),
        ..jwt(&[HS256, HS384, HS512])
    };
    Description { id: claim("jti"), ..token("messagebird-signature-jwt", rules) }
}
