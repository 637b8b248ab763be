//! Providers whose signature stands inside the body, and covers only a part of it.

use super::json;
use crate::algorithm::Algorithm::{HmacSha1, HmacSha256};
use crate::algorithm::Encoding::{Base64, Hex};
use crate::algorithm::SecretEncoding;
use crate::description::{Description, KeyName};
use crate::field::Field;
use crate::scheme::Scheme;

/// The rows.
pub(super) fn rows() -> Vec<Scheme> {
    vec![
        Scheme::new("adyen-payments", "Adyen payments", adyen()).note(
            "Of each item, eight members are signed and the rest is not; every item must be right. The secret is in hex.",
        ),
        Scheme::new("braintree", "Braintree", braintree())
            .note("The secret is the private key; `key_id` is the public key. `bt_payload` is signed, nothing else."),
        Scheme::new("mailgun", "Mailgun", mailgun_json()).or(mailgun_form()).note(
            "Time and token are signed, the event is not: whoever has seen one message can send another with it, once.",
        ),
    ]
}

fn adyen() -> Description {
    let member = |path: &str| format!("{{json:NotificationRequestItem.{path}}}");
    let members = [
        "pspReference",
        "originalReference",
        "merchantAccountCode",
        "merchantReference",
        "amount.value",
        "amount.currency",
        "eventCode",
        "success",
    ];
    Description {
        signature: json("NotificationRequestItem.additionalData.hmacSignature"),
        encoding: Some(Base64),
        secret_encoding: Some(SecretEncoding::Hex),
        body_unsigned: true,
        each: Some("notificationItems".into()),
        content: Some(members.map(member).join(":")),
        ..Description::new(HmacSha256)
    }
}

/// `bt_signature=PUBLIC_KEY|HEX&OTHER|HEX`, where the ampersand is a part of the value.
fn braintree() -> Description {
    Description {
        signature: Some(Field::Form("bt_signature".into())),
        encoding: Some(Hex),
        separator: Some("&".into()),
        key_name: Some(KeyName::Before("|".into())),
        secret_encoding: Some(SecretEncoding::Sha1),
        body_unsigned: true,
        content: Some("{form:bt_payload}".into()),
        also: vec!["{form:bt_payload}\n".into()],
        ..Description::new(HmacSha1)
    }
}

fn mailgun_json() -> Description {
    Description {
        signature: json("signature.signature"),
        encoding: Some(Hex),
        timestamp: json("signature.timestamp"),
        body_unsigned: true,
        content: Some("{timestamp}{id}".into()),
        id: json("signature.token"),
        event: json("event-data.event"),
        ..Description::new(HmacSha256)
    }
}

/// As routes and the older webhooks are sent. Of two parameters of one name the last counts, as it does for the libraries
/// that read these forms.
fn mailgun_form() -> Description {
    let last = |name: &str| Some(Field::FormLast(name.into()));
    Description {
        signature: last("signature"),
        timestamp: last("timestamp"),
        id: last("token"),
        event: last("event"),
        ..mailgun_json()
    }
}
