//! Providers that send the secret itself. It says nothing about the body: whoever has seen one message can send any other.

use super::{header, json};
use crate::algorithm::Algorithm::{Basic, None as Unsigned, Token};
use crate::description::Description;
use crate::scheme::Scheme;

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    let token = |name: &str| Description { header: Some(name.into()), ..Description::new(Token) };
    vec![
        Scheme::new(
            "gitlab",
            "GitLab, secret token",
            Description { id: header("idempotency-key"), event: header("x-gitlab-event"), ..token("x-gitlab-token") },
        ),
        Scheme::new("none", "nobody in particular", Description::new(Unsigned)),
        Scheme::new(
            "okta",
            "Okta event hooks",
            Description { id: json("eventId"), event: json("eventType"), ..token("authorization") },
        )
        .note("The secret is the whole value of `Authorization`, as it was typed in at Okta."),
        Scheme::new(
            "orbit",
            "Orbit",
            Description {
                id: header("x-orbit-event-id"),
                event: header("x-orbit-event-type"),
                ..token("x-orbit-signature")
            },
        ),
        Scheme::new(
            "postmark-basic",
            "Postmark, HTTP Basic",
            Description { header: Some("authorization".into()), event: json("RecordType"), ..Description::new(Basic) },
        )
        .note("The secret is `user:password`."),
        Scheme::new(
            "telegram",
            "Telegram bots",
            Description { id: json("update_id"), ..token("x-telegram-bot-api-secret-token") },
        ),
    ]
}
