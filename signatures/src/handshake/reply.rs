//! What a handshake is answered with, as data, and what of a message may go into an answer. Owns the rule for echoes:
//! text that any log and any page can bear, and not much of it. Knows nothing of where secrets come from.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::LONGEST_ECHO;
use super::responder::{Answer, Duty, Responder};
use crate::algorithm::Encoding;
use crate::description::Expectation;
use crate::field::Field;
use crate::header::Header;
use crate::message::Message;
use crate::{Refused, Secret};

/// The shortest secret that is kept, in bytes. Asana's have 64.
const SHORTEST_SECRET: usize = 32;

/// The answer to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// 200 with nothing.
    Empty,
    /// 204.
    NoContent,
    /// The value, as plain text.
    Echo(Field),
    /// A header with the value of another that must be there, and one with that of another that may be.
    Headers((&'static str, &'static str), (&'static str, &'static str)),
    /// A JSON object.
    Json(Vec<(&'static str, Member)>),
    /// The name of the key, `|`, and the value's tag, as plain text.
    NamedTag(Field, Alphabet, Encoding),
    /// The header with the secret, as it came; the secret is to be kept.
    Keep(&'static str),
    /// 200 with nothing; the URL is to be told.
    Tell(Expectation),
}

/// A member of the JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// This number.
    Number(u64),
    /// The value, as a text.
    Text(Field),
    /// The value's tag.
    Tag { of: Field, alphabet: Alphabet, prefix: &'static str, encoding: Encoding },
}

/// What a value may consist of that is given a tag. A tag over anything that an asker likes would sign its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// 20 to 32 lower-case hexadecimal digits.
    Hex,
    /// Letters, digits and what else Base64 has, padding at the end alone: no JSON and no form, and no time with a dot
    /// after it.
    Token,
}

impl Alphabet {
    fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Hex => {
                (20..=32).contains(&value.len()) && value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }
            Self::Token => {
                let text = value.strip_suffix(b"=").map_or(value, |text| text.strip_suffix(b"=").unwrap_or(text));
                text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/".contains(byte))
            }
        }
    }
}

impl Reply {
    pub(super) fn answer(&self, responder: &Responder, message: &Message<'_>) -> Result<Answer, Refused> {
        Ok(match self {
            Self::Empty => Answer::new(200),
            Self::NoContent => Answer::new(204),
            Self::Echo(field) => Answer::text(echo(field, message)?),
            Self::Headers((name, from), (other, other_from)) => {
                let mut headers = vec![(*name, token(from, message)?)];
                if message.headers.get(other_from) != Header::Missing {
                    headers.push((*other, token(other_from, message)?));
                }
                Answer { headers, ..Answer::new(200) }
            }
            Self::Json(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    object.insert((*name).to_owned(), member.value(responder, message)?);
                }
                Answer::json(&Value::Object(object))
            }
            Self::NamedTag(field, alphabet, encoding) => {
                let tag = tag(field, *alphabet, *encoding, responder, message)?;
                Answer::text(format!("{}|{tag}", responder.key_id()))
            }
            Self::Keep(name) => {
                let value = token(name, message)?;
                if value.len() < SHORTEST_SECRET {
                    return Err(Refused::NotEchoed { place: format!("the header {name}") });
                }
                let duty = Duty::Keep(Secret::new(*name, value.as_bytes()));
                Answer { headers: vec![(*name, value)], duty: Some(duty), ..Answer::new(200) }
            }
            Self::Tell(url) => {
                url.check(message)?;
                let duty = Duty::Tell(echo(&url.at, message)?);
                Answer { duty: Some(duty), ..Answer::new(200) }
            }
        })
    }
}

impl Member {
    fn value(&self, responder: &Responder, message: &Message<'_>) -> Result<Value, Refused> {
        Ok(match self {
            Self::Number(number) => (*number).into(),
            Self::Text(field) => echo(field, message)?.into(),
            Self::Tag { of, alphabet, prefix, encoding } => {
                format!("{prefix}{}", tag(of, *alphabet, *encoding, responder, message)?).into()
            }
        })
    }
}

/// The tag of a value, written as `encoding` has it.
fn tag(
    field: &Field,
    alphabet: Alphabet,
    encoding: Encoding,
    responder: &Responder,
    message: &Message<'_>,
) -> Result<String, Refused> {
    let value = echo(field, message)?;
    let tag = alphabet.holds(value.as_bytes()).then(|| responder.tag(value.as_bytes())).flatten();
    let tag = tag.ok_or_else(|| Refused::NotEchoed { place: field.to_string() })?;
    Ok(encoding.encode(tag.as_bytes()))
}

/// A value that may be sent back: UTF-8 without control characters, and no more than [`LONGEST_ECHO`] bytes of it.
fn echo(field: &Field, message: &Message<'_>) -> Result<String, Refused> {
    let value = field.filled(message)?;
    let text = match value {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok(),
    };
    text.filter(|text| text.len() <= LONGEST_ECHO && !text.chars().any(char::is_control))
        .ok_or_else(|| Refused::NotEchoed { place: field.to_string() })
}

/// The value of a header that may be sent back as one: visible ASCII.
fn token(name: &str, message: &Message<'_>) -> Result<String, Refused> {
    let field = Field::Header(name.to_owned());
    let value = echo(&field, message)?;
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(value)
    } else {
        Err(Refused::NotEchoed { place: field.to_string() })
    }
}
