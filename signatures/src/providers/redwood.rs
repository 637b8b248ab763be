//! Redwood's eight verifiers under their own names, for functions that come from there. They do what Redwood's say that
//! they do; where the originals let more in (an algorithm named by the header, an empty secret, text around a signature),
//! these do not. `skipVerifier` is `none`.

use super::hmac;
use super::json_web::{jwt, token};
use crate::algorithm::Algorithm::{HmacSha1, HmacSha256, None as Unsigned, Token};
use crate::algorithm::Encoding::{Base64, Hex};
use crate::algorithm::{SecretEncoding, TimestampUnit};
use crate::description::Description;
use crate::field::Field;
use crate::jwt::JwtAlgorithm::{HS256, HS384, HS512};
use crate::scheme::Scheme;

/// Where Redwood looks for a signature if nothing else is said.
const HEADER: &str = "rw-webhook-signature";

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    let base64 =
        |algorithm| Description { secret_encoding: Some(SecretEncoding::Base64), ..hmac(algorithm, Base64, HEADER) };
    vec![
        Scheme::new("base64Sha1Verifier", "Redwood", base64(HmacSha1)).note("The secret is Base64."),
        Scheme::new("base64Sha256Verifier", "Redwood", base64(HmacSha256)).note("The secret is Base64."),
        Scheme::new("jwtVerifier", "Redwood", token(HEADER, jwt(&[HS256, HS384, HS512])))
            .note("`issuer` is what `iss` must be. Nothing in the token speaks of the body."),
        Scheme::new(
            "secretKeyVerifier",
            "Redwood",
            Description { header: Some(HEADER.into()), ..Description::new(Token) },
        ),
        Scheme::new("sha1Verifier", "Redwood", Description { prefix: "sha1=".into(), ..hmac(HmacSha1, Hex, HEADER) }),
        Scheme::new(
            "sha256Verifier",
            "Redwood",
            Description { prefix: "sha256=".into(), ..hmac(HmacSha256, Hex, HEADER) },
        ),
        Scheme::new("skipVerifier", "Redwood", Description::new(Unsigned)),
        Scheme::new(
            "timestampSchemeVerifier",
            "Redwood",
            Description {
                separator: Some(",".into()),
                prefix: "v1=".into(),
                timestamp: Some(Field::Item("t=".into())),
                timestamp_unit: Some(TimestampUnit::Milliseconds),
                content: Some("{timestamp}.{body}".into()),
                ..hmac(HmacSha256, Hex, HEADER)
            },
        )
        .note("The time is in milliseconds; for Stripe, which has seconds, write `stripe`."),
    ]
}
