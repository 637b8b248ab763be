//! Providers that sign the URL, so that the receiver must know it as the sender does; the `Host` header of a message is
//! never taken for it.

use super::{header, hmac, json};
use crate::algorithm::Algorithm::{HmacSha1, HmacSha256, Sha256};
use crate::algorithm::Encoding::{Base64, Hex};
use crate::algorithm::TimestampUnit;
use crate::description::{BodyHash, Description, Expectation};
use crate::field::Field;
use crate::scheme::Scheme;

/// What both older forms of HubSpot's share.
const BARE_HASH: &str = "A bare hash, no HMAC: whoever has seen a message can make one with more at its end. Take v3 where \
                         you can. The secret is the app's client secret.";

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new(
            "hubspot-v1",
            "HubSpot v1",
            Description { content: Some("{secret}{body}".into()), ..hmac(Sha256, Hex, "x-hubspot-signature") },
        )
        .note(BARE_HASH),
        Scheme::new(
            "hubspot-v2",
            "HubSpot v2",
            Description {
                content: Some("{secret}{method}{url}{body}".into()),
                ..hmac(Sha256, Hex, "x-hubspot-signature")
            },
        )
        .note(BARE_HASH),
        Scheme::new(
            "hubspot-v3",
            "HubSpot v3",
            Description {
                content: Some("{method}{url}{body}{timestamp}".into()),
                timestamp: header("x-hubspot-request-timestamp"),
                timestamp_unit: Some(TimestampUnit::Milliseconds),
                ..hmac(HmacSha256, Base64, "x-hubspot-signature-v3")
            },
        )
        .note("The secret is the app's client secret."),
        Scheme::new(
            "mandrill",
            "Mailchimp Transactional (Mandrill)",
            Description { content: Some("{url}{params}".into()), ..hmac(HmacSha1, Base64, "x-mandrill-signature") },
        ),
        Scheme::new(
            "square",
            "Square",
            Description {
                content: Some("{url}{body}".into()),
                id: json("event_id"),
                event: json("type"),
                ..hmac(HmacSha256, Base64, "x-square-hmacsha256-signature")
            },
        ),
        Scheme::new(
            "trello",
            "Trello",
            Description {
                content: Some("{body}{url}".into()),
                event: json("action.type"),
                ..hmac(HmacSha1, Base64, "x-trello-webhook")
            },
        )
        .note("The URL is the callback URL of the webhook."),
        twilio(),
    ]
}

/// The form in the body is signed decoded and sorted; of any other body the hash stands in the query. A shared key makes
/// SHA-256 instead of SHA-1, and a header says so.
fn twilio() -> Scheme {
    let form = |algorithm| Description {
        content: Some("{url}{params}".into()),
        any_port: true,
        id: header("i-twilio-idempotency-token"),
        ..hmac(algorithm, Base64, "x-twilio-signature")
    };
    let hashed = |algorithm| Description {
        content: Some("{url}".into()),
        body_hash: Some(BodyHash::Query("bodySHA256".into())),
        ..form(algorithm)
    };
    let sha256 = || {
        let at = Field::Header("x-twilio-webhooks-signature-settings".into());
        vec![Expectation::item(at, "algorithm=HMAC_SHA256")]
    };
    Scheme::new("twilio", "Twilio", form(HmacSha1))
        .or_before(hashed(HmacSha1))
        .or_before(Description { expect: sha256(), ..form(HmacSha256) })
        .or_before(Description { expect: sha256(), ..hashed(HmacSha256) })
        .note(
            "Forms are signed decoded and sorted; for other bodies the URL has their hash. The secret is the auth token, \
             or a shared key for HMAC-SHA256. The URL may have its usual port or not.",
        )
}
