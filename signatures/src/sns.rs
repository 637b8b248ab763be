//! What Amazon SNS signs: some members of the JSON body, each with its name, in one order. Owns that order and the rule
//! that makes it unambiguous. Knows nothing of keys.

use crate::Refused;
use crate::payload;

/// The members that are signed if they are there, in their order.
pub(crate) const FIELDS: [&str; 8] =
    ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// The member that names the topic.
pub(crate) const TOPIC: &str = "TopicArn";

/// Those without which nothing is a message of SNS.
const REQUIRED: [&str; 5] = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"];

/// The signed content of a body.
///
/// A line break ends a member, and only `Message` may hold one: it comes first, so all the others are where they are
/// whatever it holds, and what is signed can be read in one way only.
pub(crate) fn content(body: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut content = Vec::new();
    let is_notification = payload::find(body, "Type").is_ok_and(|kind| kind.as_deref() == Some("Notification"));
    for (name, value) in FIELDS.into_iter().zip(payload::find_each(body, FIELDS.map(Some))) {
        let place = || format!("{name} in the body");
        match value.map_err(|payload::Unreadable| Refused::Unreadable { place: place() })? {
            Some(value) if value.contains('\n') && name != "Message" => {
                return Err(Refused::Unreadable { place: place() });
            }
            Some(_) if is_notification && matches!(name, "Token" | "SubscribeURL") => {
                return Err(Refused::Unexpected { place: place() });
            }
            Some(value) => content.extend([name.as_bytes(), b"\n", value.as_bytes(), b"\n"].concat()),
            None if REQUIRED.contains(&name) => return Err(Refused::Missing { place: place() }),
            None => {}
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"Type":"Notification","MessageId":"i","TopicArn":"t","Message":"a\nb","Timestamp":"s"}"#;

    #[test]
    fn members_are_signed_with_their_names_in_one_order() {
        let content = content(GOOD.as_bytes()).unwrap();
        assert_eq!(content, b"Message\na\nb\nMessageId\ni\nTimestamp\ns\nTopicArn\nt\nType\nNotification\n");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (from, to) in [
            (r#""i""#, r#""i\nSubject\nx""#),
            (r#""i""#, r#""i","MessageId":"j""#),
            (r#""i""#, "{}"),
            (r#""i""#, "null"),
            (r#""s""#, r#""s","Token":"t""#),
            (r#""MessageId":"i","#, ""),
        ] {
            let body = GOOD.replace(from, to);
            assert!(content(body.as_bytes()).is_err(), "{body}");
        }
    }
}
