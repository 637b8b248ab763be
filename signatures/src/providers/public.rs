//! Providers that sign with a private key; the policy has the public one, or the certificate, which is never fetched.

use super::timed::standard_webhooks;
use super::{header, json};
use crate::age::Age;
use crate::algorithm::Algorithm::{EcdsaP256, Ed25519, RsaSha1, RsaSha256};
use crate::algorithm::Encoding::{Base64, HexAnyCase};
use crate::algorithm::{Algorithm, TimestampUnit};
use crate::description::{Description, Expectation};
use crate::field::Field;
use crate::scheme::Scheme;

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new("aws-sns", "Amazon SNS", sns("2", RsaSha256)).or(sns("1", RsaSha1)).note(
            "`public_key` is Amazon's certificate for the region: the one at `SigningCertURL`, which is looked at and \
             never fetched. Amazon signs for all its customers with it, so `topic` must name your topics. \
             `UnsubscribeURL` is not signed.",
        ),
        Scheme::new("discord", "Discord", discord()).note("`public_key` is the application's."),
        Scheme::new("paypal", "PayPal", paypal()).note(
            "`public_key` is PayPal's certificate: the one at `PAYPAL-CERT-URL`, which is looked at and never fetched. \
             The secret is the webhook's id. Of the body, only a checksum (CRC-32) is signed.",
        ),
        Scheme::new("sendgrid", "SendGrid Event Webhook", sendgrid()).note("`public_key` is shown as Base64."),
        Scheme::new(
            "standardwebhooks-v1a",
            "Standard Webhooks, asymmetric",
            Description {
                algorithm: Ed25519,
                prefix: "v1a,".into(),
                secret_encoding: None,
                ..standard_webhooks("webhook-")
            },
        )
        .note("`public_key` starts with `whpk_`."),
    ]
}

/// Neither Discord nor SendGrid has a limit on age; nothing stands between time and body, so the time has as many digits
/// as times have.
fn discord() -> Description {
    Description {
        header: Some("x-signature-ed25519".into()),
        encoding: Some(HexAnyCase),
        timestamp: header("x-signature-timestamp"),
        past: Age::Unlimited,
        content: Some("{timestamp}{body}".into()),
        id: json("id"),
        event: json("type"),
        ..Description::new(Ed25519)
    }
}

fn sendgrid() -> Description {
    Description {
        header: Some("x-twilio-email-event-webhook-signature".into()),
        encoding: Some(Base64),
        timestamp: header("x-twilio-email-event-webhook-timestamp"),
        past: Age::Unlimited,
        content: Some("{timestamp}{body}".into()),
        ..Description::new(EcdsaP256)
    }
}

fn paypal() -> Description {
    let at = |name: &str| Field::Header(name.into());
    Description {
        header: Some("paypal-transmission-sig".into()),
        encoding: Some(Base64),
        timestamp: header("paypal-transmission-time"),
        timestamp_unit: Some(TimestampUnit::Rfc3339),
        past: Age::Unlimited,
        body_unsigned: true,
        content: Some("{id}|{timestamp}|{secret}|{crc32}".into()),
        id: header("paypal-transmission-id"),
        event: json("event_type"),
        expect: vec![
            Expectation::equals(at("paypal-auth-algo"), "SHA256withRSA"),
            Expectation::hosts(at("paypal-cert-url"), &["*.paypal.com", "*.sandbox.paypal.com"]),
        ],
        ..Description::new(RsaSha256)
    }
}

fn sns(version: &str, algorithm: Algorithm) -> Description {
    let at = |name: &str| Field::Json(name.into());
    Description {
        signature: json("Signature"),
        encoding: Some(Base64),
        timestamp: json("Timestamp"),
        timestamp_unit: Some(TimestampUnit::Rfc3339),
        past: Age::Unlimited,
        body_unsigned: true,
        content: Some("{sns}".into()),
        id: json("MessageId"),
        event: json("Type"),
        expect: vec![
            Expectation::equals(at("SignatureVersion"), version),
            Expectation::hosts(at("SigningCertURL"), &["sns.*.amazonaws.com", "sns.*.amazonaws.com.cn"]),
        ],
        ..Description::new(algorithm)
    }
}
