//! Providers that sign the body and nothing else, each with one keyed hash in a header. None of them signs a time or the
//! id of the delivery in a header.

use super::{header, hmac, json, texts};
use crate::algorithm::Algorithm::{HmacSha1, HmacSha256};
use crate::algorithm::Encoding::{Base64, Hex, HexAnyCase};
use crate::algorithm::SecretEncoding;
use crate::description::{Description, Expectation, KeyName};
use crate::field::Field;
use crate::scheme::Scheme;

/// `sha256=` and lower-case hex.
fn prefixed(name: &str) -> Description {
    Description { prefix: "sha256=".into(), ..hmac(HmacSha256, Hex, name) }
}

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new("adyen-banking", "Adyen banking and platforms", adyen_banking()).note("The secret is in hex."),
        Scheme::new("asana", "Asana", Description { ..hmac(HmacSha256, Hex, "x-hook-signature") })
            .note("The secret is the `X-Hook-Secret` of the handshake."),
        Scheme::new(
            "bitbucket",
            "Bitbucket Cloud",
            Description { id: header("x-request-uuid"), event: header("x-event-key"), ..prefixed("x-hub-signature") },
        ),
        Scheme::new(
            "calcom",
            "Cal.com",
            Description { event: json("triggerEvent"), ..hmac(HmacSha256, Hex, "x-cal-signature-256") },
        ),
        Scheme::new(
            "circleci",
            "CircleCI",
            Description {
                separator: Some(",".into()),
                prefix: "v1=".into(),
                id: json("id"),
                event: header("circleci-event-type"),
                ..hmac(HmacSha256, Hex, "circleci-signature")
            },
        )
        .note("Of the versions in the list, `v1` counts."),
        Scheme::new(
            "coinbase-commerce",
            "Coinbase Commerce",
            Description {
                id: json("event.id"),
                event: json("event.type"),
                ..hmac(HmacSha256, Hex, "x-cc-webhook-signature")
            },
        ),
        Scheme::new("discourse", "Discourse", discourse())
            .note("`X-Discourse-Event` says more (`topic_edited`) than the type (`topic`); the function sees both."),
        Scheme::new("docusign", "DocuSign Connect", docusign())
            .note("One header for each key of the account, `-1` to `-100`; any may match."),
        Scheme::new("doppler", "Doppler", Description { alike: true, ..prefixed("x-doppler-signature") })
            .note("Its messages may be alike."),
        Scheme::new("dropbox", "Dropbox", Description { alike: true, ..hmac(HmacSha256, Hex, "x-dropbox-signature") })
            .note(
                "The secret is the app's. The body names accounts and says no more, so two of one account are alike.",
            ),
        Scheme::new("github", "GitHub", github()).note("The SHA-1 signature that is sent beside it is not looked at."),
        Scheme::new("gocardless", "GoCardless", hmac(HmacSha256, HexAnyCase, "webhook-signature")),
        Scheme::new(
            "heroku",
            "Heroku",
            Description {
                event: json("webhook_metadata.event.include"),
                id: json("webhook_metadata.delivery.id"),
                ..hmac(HmacSha256, Base64, "heroku-webhook-hmac-sha256")
            },
        ),
        Scheme::new(
            "intercom",
            "Intercom",
            Description {
                prefix: "sha1=".into(),
                id: json("id"),
                event: json("topic"),
                ..hmac(HmacSha1, Hex, "x-hub-signature")
            },
        )
        .note("The secret is the app's client secret."),
        Scheme::new(
            "lemonsqueezy",
            "Lemon Squeezy",
            Description { event: header("x-event-name"), ..hmac(HmacSha256, Hex, "x-signature") },
        ),
        Scheme::new("line", "LINE", hmac(HmacSha256, Base64, "x-line-signature")).note("The secret is the channel's."),
        Scheme::new("meta", "Meta (Facebook, Messenger, Instagram)", meta()).note("The secret is the app's."),
        Scheme::new(
            "pagerduty",
            "PagerDuty",
            Description {
                separator: Some(",".into()),
                prefix: "v1=".into(),
                id: json("event.id"),
                event: json("event.event_type"),
                ..hmac(HmacSha256, Hex, "x-pagerduty-signature")
            },
        ),
        Scheme::new(
            "pusher",
            "Pusher Channels",
            Description {
                key_name: Some(KeyName::Header("x-pusher-key".into())),
                ..hmac(HmacSha256, Hex, "x-pusher-signature")
            },
        )
        .note("`key_id` is the application's key."),
        Scheme::new(
            "razorpay",
            "Razorpay",
            Description {
                id: header("x-razorpay-event-id"),
                event: json("event"),
                ..hmac(HmacSha256, Hex, "x-razorpay-signature")
            },
        ),
        Scheme::new(
            "sentry",
            "Sentry",
            Description {
                id: header("request-id"),
                event: header("sentry-hook-resource"),
                ..hmac(HmacSha256, Hex, "sentry-hook-signature")
            },
        )
        .note("`Sentry-Hook-Timestamp` is not signed and not looked at."),
        Scheme::new("shopify", "Shopify", shopify())
            .note("The secret is the app's client secret. `X-Shopify-Triggered-At` is not signed and not looked at."),
        Scheme::new(
            "typeform",
            "Typeform",
            Description {
                prefix: "sha256=".into(),
                id: json("event_id"),
                event: json("event_type"),
                ..hmac(HmacSha256, Base64, "typeform-signature")
            },
        ),
        Scheme::new(
            "vercel",
            "Vercel",
            Description { id: json("id"), event: json("type"), ..hmac(HmacSha1, Hex, "x-vercel-signature") },
        )
        .note("The secret is the webhook's, or the integration's client secret."),
        Scheme::new("whatsapp", "WhatsApp Business", meta()).note("The secret is the app's."),
        Scheme::new(
            "woocommerce",
            "WooCommerce",
            Description {
                id: header("x-wc-webhook-delivery-id"),
                event: header("x-wc-webhook-topic"),
                ..hmac(HmacSha256, Base64, "x-wc-webhook-signature")
            },
        ),
        Scheme::new(
            "x",
            "X (Twitter) Account Activity",
            Description { prefix: "sha256=".into(), ..hmac(HmacSha256, Base64, "x-twitter-webhooks-signature") },
        )
        .note("The secret is the app's consumer secret."),
    ]
}

fn github() -> Description {
    Description { id: header("x-github-delivery"), event: header("x-github-event"), ..prefixed("x-hub-signature-256") }
}

fn discourse() -> Description {
    Description {
        id: header("x-discourse-event-id"),
        event: header("x-discourse-event-type"),
        ..prefixed("x-discourse-event-signature")
    }
}

/// Meta escapes what is not ASCII before it signs, so the bytes as they come are what is signed.
fn meta() -> Description {
    Description { event: json("object"), ..prefixed("x-hub-signature-256") }
}

/// The required headers are those that Shopify's own library requires.
fn shopify() -> Description {
    Description {
        id: header("x-shopify-webhook-id"),
        event: header("x-shopify-topic"),
        require: texts(&["x-shopify-topic", "x-shopify-shop-domain", "x-shopify-api-version", "x-shopify-webhook-id"]),
        ..hmac(HmacSha256, Base64, "x-shopify-hmac-sha256")
    }
}

fn docusign() -> Description {
    let headers = (1..=100).map(|key| format!("x-docusign-signature-{key}")).collect();
    Description {
        signature: Some(Field::Headers(headers)),
        header: None,
        event: json("event"),
        ..hmac(HmacSha256, Base64, "")
    }
}

fn adyen_banking() -> Description {
    Description {
        secret_encoding: Some(SecretEncoding::Hex),
        event: json("type"),
        expect: vec![Expectation::equals(Field::Header("protocol".into()), "HmacSHA256")],
        ..hmac(HmacSha256, Base64, "hmacsignature")
    }
}
