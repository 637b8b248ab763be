//! The table: what each known provider asks before it sends events, and what it wants to hear. One row each; a row with
//! `signed` is answered after the signature has been checked, one with `unsigned` before, as its provider does not sign
//! it.

use super::mark::Mark;
use super::reply::{Alphabet, Member, Reply};
use super::{Form, Handshake};
use crate::algorithm::Encoding::{Base64, Hex};
use crate::algorithm::{Algorithm, SecretEncoding};
use crate::description::Expectation;
use crate::field::Field;

/// The rows.
pub(super) fn rows() -> Vec<Handshake> {
    vec![
        Handshake {
            note: "The secret arrives in the handshake; it is kept only while there is none, in a window that the operator \
                   opens.",
            ..unsigned("asana", "Asana", post([present(header(HOOK_SECRET))], Reply::Keep(HOOK_SECRET)))
        },
        unsigned("azure-eventgrid", "Azure Event Grid", azure()),
        braintree(),
        unsigned("cloudevents", "CloudEvents, Azure Event Grid with that schema", cloudevents()),
        discord(),
        unsigned("dropbox", "Dropbox", get([present(query("challenge"))], Reply::Echo(query("challenge")))),
        Handshake { token: Some(query("hub.verify_token")), ..unsigned("meta", "Meta, WhatsApp Business", meta()) },
        unsigned("microsoft-graph", "Microsoft Graph", microsoft_graph()),
        unsigned("okta", "Okta event hooks", okta()),
        signed("slack", "Slack", slack()),
        Handshake {
            note: "Whoever opens the URL in the log confirms the subscription; the host never does.",
            ..signed("aws-sns", "Amazon SNS", sns())
        },
        unsigned("trello", "Trello, Intercom", Form { method: "HEAD", marks: Vec::new(), reply: Reply::Empty }),
        signed("twitch", "Twitch EventSub", twitch()),
        x(),
        zoom(),
    ]
}

const HOOK_SECRET: &str = "x-hook-secret";

fn azure() -> Form {
    let marks = [Mark::Is(header("aeg-event-type"), "SubscriptionValidation")];
    post(marks, Reply::Json(vec![("validationResponse", Member::Text(json("0.data.validationCode")))]))
}

/// The key that the answer shows is that of the events. So a challenge must look like Braintree's own; nothing that
/// decodes to an event does.
fn braintree() -> Handshake {
    let challenge = query("bt_challenge");
    Handshake {
        key: Some((Algorithm::HmacSha1, SecretEncoding::Sha1)),
        names_key: true,
        ..unsigned(
            "braintree",
            "Braintree",
            get([present(challenge.clone())], Reply::NamedTag(challenge, Alphabet::Hex, Hex)),
        )
    }
}

/// CloudEvents, HTTP 1.1 Web Hooks for Event Delivery, section 4. The rate that is allowed is the one that was asked for.
fn cloudevents() -> Form {
    Form {
        method: "OPTIONS",
        marks: vec![present(header("webhook-request-origin"))],
        reply: Reply::Headers(
            ("webhook-allowed-origin", "webhook-request-origin"),
            ("webhook-allowed-rate", "webhook-request-rate"),
        ),
    }
}

/// Two programs ask under one scheme: interactions with type 1, webhook events with type 0. Events themselves have type 1
/// too, and an `event` beside it.
fn discord() -> Handshake {
    let is = |kind| Mark::Is(json("type"), kind);
    let interactions =
        post([is("1"), Mark::Absent(json("event.type"))], Reply::Json(vec![("type", Member::Number(1))]));
    let mut row = signed("discord", "Discord", interactions);
    row.forms.push(post([is("0")], Reply::NoContent));
    row
}

fn meta() -> Form {
    get([Mark::Is(query("hub.mode"), "subscribe")], Reply::Echo(query("hub.challenge")))
}

fn microsoft_graph() -> Form {
    post([present(query("validationToken"))], Reply::Echo(query("validationToken")))
}

fn okta() -> Form {
    let challenge = header("x-okta-verification-challenge");
    get([present(challenge.clone())], Reply::Json(vec![("verification", Member::Text(challenge))]))
}

fn slack() -> Form {
    post([Mark::Is(json("type"), "url_verification")], Reply::Echo(json("challenge")))
}

/// `Type` is signed; the header that says the same is not.
fn sns() -> Form {
    let url = Expectation::hosts(json("SubscribeURL"), &["sns.*.amazonaws.com", "sns.*.amazonaws.com.cn"]);
    post([Mark::Is(json("Type"), "SubscriptionConfirmation")], Reply::Tell(url))
}

fn twitch() -> Form {
    let marks = [Mark::Is(header("twitch-eventsub-message-type"), "webhook_callback_verification")];
    post(marks, Reply::Echo(json("challenge")))
}

/// X signs challenges and events alike, so whoever may ask for the one could have the other signed. No event is made of
/// the letters of a challenge.
fn x() -> Handshake {
    let challenge = query("crc_token");
    let tag = Member::Tag { of: challenge.clone(), alphabet: Alphabet::Token, prefix: "sha256=", encoding: Base64 };
    Handshake {
        key: Some((Algorithm::HmacSha256, SecretEncoding::Text)),
        note: "The answer is made with the first of the secrets.",
        ..unsigned("x", "X (Twitter)", get([present(challenge)], Reply::Json(vec![("response_token", tag)])))
    }
}

fn zoom() -> Handshake {
    let challenge = json("payload.plainToken");
    let tag = Member::Tag { of: challenge.clone(), alphabet: Alphabet::Token, prefix: "", encoding: Hex };
    let members = vec![("encryptedToken", tag), ("plainToken", Member::Text(challenge))];
    Handshake {
        key: Some((Algorithm::HmacSha256, SecretEncoding::Text)),
        note: "The answer is made with the first of the secrets.",
        ..signed("zoom", "Zoom", post([Mark::Is(json("event"), "endpoint.url_validation")], Reply::Json(members)))
    }
}

fn signed(name: &'static str, title: &'static str, form: Form) -> Handshake {
    Handshake { is_signed: true, ..unsigned(name, title, form) }
}

fn unsigned(name: &'static str, title: &'static str, form: Form) -> Handshake {
    Handshake { name, title, note: "", is_signed: false, key: None, names_key: false, token: None, forms: vec![form] }
}

fn get<const N: usize>(marks: [Mark; N], reply: Reply) -> Form {
    Form { method: "GET", marks: marks.into(), reply }
}

fn post<const N: usize>(marks: [Mark; N], reply: Reply) -> Form {
    Form { method: "POST", marks: marks.into(), reply }
}

fn present(field: Field) -> Mark {
    Mark::Present(field)
}

fn header(name: &str) -> Field {
    Field::Header(name.into())
}

fn query(name: &str) -> Field {
    Field::Query(name.into())
}

fn json(path: &str) -> Field {
    Field::Json(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Before the body is read the receiver must know whether to go on.
    #[test]
    fn what_is_not_signed_is_known_by_its_head() {
        for row in rows().iter().filter(|row| !row.is_signed) {
            for mark in row.forms.iter().flat_map(|form| &form.marks) {
                let (Mark::Present(field) | Mark::Is(field, _) | Mark::Absent(field)) = mark;
                assert!(matches!(field, Field::Header(_) | Field::Query(_)), "{}: {field}", row.name);
            }
        }
    }
}
