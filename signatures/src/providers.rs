//! The table: how each known provider signs. One row each, in the words of [`Description`]; what the rows do not say is
//! the default there. Owns facts about providers and nothing else.

use std::sync::LazyLock;

use crate::description::Algorithm::{HmacSha1, HmacSha256, None as Unsigned, Token};
use crate::description::Encoding::{Base64, Hex};
use crate::description::{Algorithm, Description, Encoding, Field, SecretEncoding, TimestampSource};
use crate::scheme::{Scheme, UnknownScheme};

/// The scheme of this name; the error names those that are spelt like it.
pub fn scheme(name: &str) -> Result<&'static Scheme, UnknownScheme> {
    schemes().find(|scheme| scheme.name() == name).ok_or_else(|| UnknownScheme::new(name, schemes().map(Scheme::name)))
}

/// All known schemes, in the order of their names.
pub fn schemes() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter()
}

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let mut schemes = vec![
        Scheme::new("discourse", discourse()),
        Scheme::new("github", github()),
        Scheme::new("gitlab", gitlab()),
        Scheme::new("none", Description::new(Unsigned)),
        Scheme::new("orbit", orbit()),
        Scheme::new("shopify", shopify()),
        Scheme::new("slack", slack()),
        Scheme::new("standardwebhooks", standard_webhooks("webhook-")),
        Scheme::new("stripe", stripe()),
        // Svix's own libraries take either set of headers.
        Scheme::new("svix", standard_webhooks("svix-")).or(standard_webhooks("webhook-")),
        Scheme::new("vercel", vercel()),
    ];
    schemes.sort_by(|a, b| a.name().cmp(b.name()));
    schemes
});

/// The SHA-1 signature that is sent beside it is not looked at.
fn github() -> Description {
    Description {
        prefix: "sha256=".into(),
        id: header("x-github-delivery"),
        event: header("x-github-event"),
        ..hmac(HmacSha256, Hex, "x-hub-signature-256")
    }
}

/// `X-Discourse-Event` says more (`topic_edited`) than the type (`topic`); the function sees both.
fn discourse() -> Description {
    Description {
        prefix: "sha256=".into(),
        id: header("x-discourse-event-id"),
        event: header("x-discourse-event-type"),
        ..hmac(HmacSha256, Hex, "x-discourse-event-signature")
    }
}

/// `t=1760000000,v1=…,v1=…,v0=…`. The secret starts with `whsec_` and is used as text, unlike Standard Webhooks' secrets.
fn stripe() -> Description {
    Description {
        separator: Some(",".into()),
        prefix: "v1=".into(),
        timestamp: Some(TimestampSource::Item("t=".into())),
        content: Some("{timestamp}.{body}".into()),
        id: json("id"),
        event: json("type"),
        ..hmac(HmacSha256, Hex, "stripe-signature")
    }
}

/// `v1,… v1,…`; `v1a` entries are Ed25519 signatures for receivers that have the public key. The specification wants
/// secrets of 24 to 64 bytes; a receiver cannot choose its provider's, so any length but none is taken.
fn standard_webhooks(prefix: &str) -> Description {
    Description {
        separator: Some(" ".into()),
        prefix: "v1,".into(),
        secret_encoding: Some(SecretEncoding::Whsec),
        timestamp: Some(TimestampSource::Header(format!("{prefix}timestamp"))),
        content: Some("{id}.{timestamp}.{body}".into()),
        id: header(&format!("{prefix}id")),
        event: json("type"),
        ..hmac(HmacSha256, Base64, &format!("{prefix}signature"))
    }
}

fn slack() -> Description {
    Description {
        prefix: "v0=".into(),
        timestamp: Some(TimestampSource::Header("x-slack-request-timestamp".into())),
        content: Some("v0:{timestamp}:{body}".into()),
        id: json("event_id"),
        event: json("type"),
        ..hmac(HmacSha256, Hex, "x-slack-signature")
    }
}

/// The secret is the app's client secret. The required headers are those that Shopify's own library requires;
/// `X-Shopify-Triggered-At` is not signed and is not looked at.
fn shopify() -> Description {
    Description {
        id: header("x-shopify-webhook-id"),
        event: header("x-shopify-topic"),
        require: vec![
            "x-shopify-topic".into(),
            "x-shopify-shop-domain".into(),
            "x-shopify-api-version".into(),
            "x-shopify-webhook-id".into(),
        ],
        ..hmac(HmacSha256, Base64, "x-shopify-hmac-sha256")
    }
}

/// The token that GitLab sends as it is; it says nothing about the body.
fn gitlab() -> Description {
    Description {
        header: Some("x-gitlab-token".into()),
        id: header("idempotency-key"),
        event: header("x-gitlab-event"),
        ..Description::new(Token)
    }
}

/// SHA-1 and no prefix. The secret is the webhook's, or the integration's client secret.
fn vercel() -> Description {
    Description { id: json("id"), event: json("type"), ..hmac(HmacSha1, Hex, "x-vercel-signature") }
}

/// A token, like GitLab's.
fn orbit() -> Description {
    Description {
        header: Some("x-orbit-signature".into()),
        id: header("x-orbit-event-id"),
        event: header("x-orbit-event-type"),
        ..Description::new(Token)
    }
}

fn hmac(algorithm: Algorithm, encoding: Encoding, header: &str) -> Description {
    Description { header: Some(header.into()), encoding: Some(encoding), ..Description::new(algorithm) }
}

fn header(name: &str) -> Option<Field> {
    Some(Field::Header(name.into()))
}

fn json(path: &str) -> Option<Field> {
    Some(Field::Json(path.into()))
}
