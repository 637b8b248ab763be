//! Providers that sign a time with the body, so that an old message is an old message.

use super::{header, hmac, json};
use crate::age::Age;
use crate::algorithm::Algorithm::HmacSha256;
use crate::algorithm::Encoding::{Base64, Base64Url, Hex, HexAnyCase};
use crate::algorithm::{SecretEncoding, TimestampUnit};
use crate::description::{Description, Expectation};
use crate::field::Field;
use crate::scheme::Scheme;

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new("box", "Box", box_com()).note(
            "The first secret is the primary key and the second the secondary. Takes nothing from the future; what is \
                 not ASCII may be signed escaped.",
        ),
        Scheme::new(
            "calendly",
            "Calendly",
            Description {
                past: Age::seconds(180),
                future: Age::seconds(180),
                event: json("event"),
                ..stripe_like("calendly-webhook-signature")
            },
        ),
        Scheme::new("clerk", "Clerk", standard_webhooks("svix-")),
        Scheme::new("contentful", "Contentful apps", contentful())
            .note("At 30 seconds a message is too old. The sender chooses which headers it signs."),
        Scheme::new(
            "gitlab-signing-token",
            "GitLab, from 19 on, signing token",
            Description { event: header("x-gitlab-event"), ..standard_webhooks("webhook-") },
        ),
        Scheme::new("linear", "Linear", linear())
            .note("The time is `webhookTimestamp` in the body; `Linear-Timestamp` is not signed and not looked at."),
        Scheme::new("mux", "Mux", Description { id: json("id"), event: json("type"), ..stripe_like("mux-signature") }),
        Scheme::new(
            "openai",
            "OpenAI",
            Description { secret_encoding: Some(SecretEncoding::WhsecOrText), ..standard_webhooks("webhook-") },
        )
        .note("A secret without `whsec_` is used as text."),
        Scheme::new("paddle", "Paddle Billing", paddle()),
        Scheme::new("resend", "Resend", standard_webhooks("svix-")),
        Scheme::new("sanity", "Sanity", sanity()),
        Scheme::new("slack", "Slack", slack("x-slack")).note("The secret is the app's signing secret."),
        Scheme::new("standardwebhooks", "Standard Webhooks", standard_webhooks("webhook-"))
            .note("`v1a` entries are Ed25519 signatures, see `standardwebhooks-v1a`."),
        Scheme::new(
            "stripe",
            "Stripe",
            Description { id: json("id"), event: json("type"), ..stripe_like("stripe-signature") },
        )
        .note("The secret starts with `whsec_` and is used as text, unlike those of Standard Webhooks."),
        // Svix's own libraries take either set of headers.
        Scheme::new("svix", "Svix", standard_webhooks("svix-")).or(standard_webhooks("webhook-")),
        Scheme::new("twitch", "Twitch EventSub", twitch()),
        Scheme::new("workos", "WorkOS", workos()),
        Scheme::new("zendesk", "Zendesk", zendesk()),
        Scheme::new("zoom", "Zoom", zoom()).note("The secret is the app's secret token."),
    ]
}

/// `t=1760000000,v1=…,v1=…,v0=…`
fn stripe_like(header: &str) -> Description {
    Description {
        separator: Some(",".into()),
        prefix: "v1=".into(),
        timestamp: Some(Field::Item("t=".into())),
        content: Some("{timestamp}.{body}".into()),
        ..hmac(HmacSha256, Hex, header)
    }
}

/// `v1,… v1,…`. The specification wants secrets of 24 to 64 bytes; a receiver cannot choose its provider's, so any length
/// but none is taken.
pub(super) fn standard_webhooks(prefix: &str) -> Description {
    Description {
        separator: Some(" ".into()),
        prefix: "v1,".into(),
        secret_encoding: Some(SecretEncoding::Whsec),
        timestamp: header(&format!("{prefix}timestamp")),
        content: Some("{id}.{timestamp}.{body}".into()),
        id: header(&format!("{prefix}id")),
        event: json("type"),
        ..hmac(HmacSha256, Base64, &format!("{prefix}signature"))
    }
}

/// `v0=…` over `v0:TIME:BODY`
fn slack(prefix: &str) -> Description {
    Description {
        prefix: "v0=".into(),
        timestamp: header(&format!("{prefix}-request-timestamp")),
        content: Some("v0:{timestamp}:{body}".into()),
        id: json("event_id"),
        event: json("type"),
        ..hmac(HmacSha256, Hex, &format!("{prefix}-signature"))
    }
}

/// Zoom's own library looks at no age, but its documentation has none either.
fn zoom() -> Description {
    Description { past: Age::Unlimited, id: None, event: json("event"), ..slack("x-zm") }
}

fn paddle() -> Description {
    Description {
        separator: Some(";".into()),
        prefix: "h1=".into(),
        timestamp: Some(Field::Item("ts=".into())),
        content: Some("{timestamp}:{body}".into()),
        past: Age::seconds(5),
        future: Age::seconds(5),
        id: json("notification_id"),
        event: json("event_type"),
        ..hmac(HmacSha256, Hex, "paddle-signature")
    }
}

/// `t=1760000000000, v1=…`, with a space.
fn workos() -> Description {
    Description {
        separator: Some(", ".into()),
        timestamp_unit: Some(TimestampUnit::Milliseconds),
        past: Age::seconds(180),
        future: Age::seconds(180),
        id: json("id"),
        event: json("event"),
        ..stripe_like("workos-signature")
    }
}

fn sanity() -> Description {
    Description {
        encoding: Some(Base64Url),
        timestamp_unit: Some(TimestampUnit::Milliseconds),
        id: header("idempotency-key"),
        ..stripe_like("sanity-webhook-signature")
    }
}

/// A body that has no `webhookTimestamp` is refused, as Linear's own library does.
fn linear() -> Description {
    Description {
        timestamp: json("webhookTimestamp"),
        timestamp_unit: Some(TimestampUnit::Milliseconds),
        past: Age::seconds(60),
        future: Age::seconds(60),
        id: header("linear-delivery"),
        event: header("linear-event"),
        ..hmac(HmacSha256, Hex, "linear-signature")
    }
}

/// Nothing stands between id, time and body; the time's grammar keeps them apart.
fn twitch() -> Description {
    Description {
        prefix: "sha256=".into(),
        timestamp: header("twitch-eventsub-message-timestamp"),
        timestamp_unit: Some(TimestampUnit::Rfc3339),
        past: Age::seconds(600),
        future: Age::seconds(600),
        content: Some("{id}{timestamp}{body}".into()),
        id: header("twitch-eventsub-message-id"),
        event: header("twitch-eventsub-subscription-type"),
        ..hmac(HmacSha256, HexAnyCase, "twitch-eventsub-message-signature")
    }
}

fn zendesk() -> Description {
    Description {
        timestamp: header("x-zendesk-webhook-signature-timestamp"),
        timestamp_unit: Some(TimestampUnit::Rfc3339),
        content: Some("{timestamp}{body}".into()),
        id: header("x-zendesk-webhook-invocation-id"),
        event: json("type"),
        ..hmac(HmacSha256, Base64, "x-zendesk-webhook-signature")
    }
}

fn box_com() -> Description {
    let expect = |name: &str, value: &str| Expectation::equals(Field::Header(name.into()), value);
    Description {
        header: None,
        signature: Some(Field::Headers(vec!["box-signature-primary".into(), "box-signature-secondary".into()])),
        paired: true,
        timestamp: header("box-delivery-timestamp"),
        timestamp_unit: Some(TimestampUnit::Rfc3339),
        past: Age::seconds(600),
        future: Age::seconds(0),
        // Box may sign what is not ASCII escaped. The escaped form comes first, so that both have one replay key.
        content: Some("{escaped_body}{timestamp}".into()),
        also: vec!["{body}{timestamp}".into()],
        id: header("box-delivery-id"),
        event: json("trigger"),
        expect: vec![expect("box-signature-version", "1"), expect("box-signature-algorithm", "HmacSHA256")],
        ..hmac(HmacSha256, Base64, "")
    }
}

fn contentful() -> Description {
    Description {
        timestamp: header("x-contentful-timestamp"),
        timestamp_unit: Some(TimestampUnit::Milliseconds),
        past: Age::seconds(30),
        future: Age::seconds(30),
        until: true,
        content: Some("{method}\n{escaped_target}\n{signed_headers:x-contentful-signed-headers}\n{body}".into()),
        id: header("x-contentful-idempotency-key"),
        event: header("x-contentful-topic"),
        ..hmac(HmacSha256, Hex, "x-contentful-signature")
    }
}
