//! The description of a scheme, as a policy file writes it and as the table of providers has it. Owns the keys and their
//! defaults. It is data only; whether the parts fit together is `check.rs`'s business, and nothing here knows of secrets
//! or messages.

use serde::Deserialize;

use crate::age::Age;
use crate::algorithm::{Algorithm, Encoding, Family, SecretEncoding, TimestampUnit};
use crate::field::Field;
use crate::jwt::Jwt;

/// How one kind of webhook is signed.
///
/// In a policy it stands where a scheme's name would:
///
/// ```toml
/// [verify]
/// secrets = ["ACME_SECRET"]
///
/// [verify.scheme]
/// algorithm = "hmac-sha256"
/// encoding = "hex"
/// header = "acme-signature"          # acme-signature: t=1760000000,v1=5257a8…,v1=08e1f3…
/// separator = ","
/// prefix = "v1="
/// timestamp = { item = "t=" }
/// content = "{timestamp}.{body}"
/// id = { json = "event.id" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// How the sender proves that it knows the secret. Required.
    pub algorithm: Algorithm,

    /// The header that carries the signature or token. This or `signature` is required, except for `none`.
    #[serde(default)]
    pub header: Option<String>,

    /// Where the signature or token is, if not in one header: several headers, the query, a form or the JSON body.
    #[serde(default)]
    pub signature: Option<Field>,

    /// The first of `signature`'s headers goes with the first secret, the second with the second, and so on. Default:
    /// any secret may have made any signature.
    #[serde(default)]
    pub paired: bool,

    /// How the signature is written. Required for the algorithms that sign; the others have none.
    #[serde(default)]
    pub encoding: Option<Encoding>,

    /// The text before the signature or token, exactly (`sha256=`, `v0=`). Default: none.
    ///
    /// With a `separator` it chooses the items that are signatures; the others are ignored.
    #[serde(default)]
    pub prefix: String,

    /// What stands between the items, if there is a list (`,` or a space). Default: there is one signature.
    ///
    /// Any signature of the list may match: senders put two there while a secret is being changed.
    #[serde(default)]
    pub separator: Option<String>,

    /// Where the sender names the key that it used. Default: nowhere. The name that is expected is `key_id` of
    /// `[verify]`; where that is not written, any will do.
    #[serde(default)]
    pub key_name: Option<KeyName>,

    /// The bytes that are signed: text with fields in braces, `{body}` and others. Default: `{body}`.
    #[serde(default)]
    pub content: Option<String>,

    /// Other contents that the sender may have signed instead. Each has what `content` has, written in another way.
    #[serde(skip)]
    pub also: Vec<String>,

    /// Says out loud that not every part of the body is signed. Default: all of it is, so that nobody can change any.
    #[serde(default)]
    pub body_unsigned: bool,

    /// Whether genuine deliveries may be alike, bit by bit, so that what is signed does not tell them apart. Default: two
    /// of them differ.
    #[serde(default)]
    pub alike: bool,

    /// The list in the JSON body whose every element is a message with a signature of its own; the paths of `signature`,
    /// `content` and `expect` start in the element. Default: the body is one message.
    #[serde(default)]
    pub each: Option<String>,

    /// Whether the sender may sign the URL with the usual port of `https` or `http` written out. Default: it signs the
    /// URL as it is.
    #[serde(default)]
    pub any_port: bool,

    /// A hash of the body, somewhere in what is signed. Default: the body itself is signed.
    #[serde(default)]
    pub body_hash: Option<BodyHash>,

    /// Where the timestamp is. Required if `content` has `{timestamp}`; it must be covered by the signature.
    #[serde(default)]
    pub timestamp: Option<Field>,

    /// How the timestamp is written. Default: `s`.
    #[serde(default)]
    pub timestamp_unit: Option<TimestampUnit>,

    /// How old a timestamp may be. Default: 5 minutes. `tolerance` of a policy overrides it.
    #[serde(default)]
    pub past: Age,

    /// How far in the future a timestamp may be. Default: 5 minutes. A larger `tolerance` of a policy overrides it, but
    /// for `"0s"`, which always means nothing from the future.
    #[serde(default)]
    pub future: Age,

    /// Whether a timestamp that is exactly as old as `past` is too old. Default: it is not.
    #[serde(default)]
    pub until: bool,

    /// How a secret's text becomes the key. Default: `text`.
    #[serde(default)]
    pub secret_encoding: Option<SecretEncoding>,

    /// Where the sender's id of the delivery is. Required if `content` has `{id}`.
    #[serde(default)]
    pub id: Option<Field>,

    /// Where the kind of event is. Default: the scheme has none.
    #[serde(default)]
    pub event: Option<Field>,

    /// More headers that every genuine message has; without one of them, or with an empty one, it is refused. Default:
    /// none. They are not covered by the signature.
    #[serde(default)]
    pub require: Vec<String>,

    /// What a message says about how it is signed, and must say. Default: nothing.
    #[serde(default)]
    pub expect: Vec<Expectation>,

    /// What the token must hold. Required with `jwt`, and only there.
    #[serde(default)]
    pub jwt: Option<Jwt>,
}

/// Where the sender names the key that it used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyName {
    /// `{ header = "…" }`
    Header(String),
    /// `{ before = "|" }`: in each item of the list, before this text.
    Before(String),
}

/// A hash of the body in lower-case hex, SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyHash {
    /// `{ query = "…" }`: a parameter of the URL, which must be signed.
    Query(String),
}

/// What a message must say somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Where.
    pub at: Field,
    /// The text that must stand there.
    #[serde(default)]
    pub equals: Option<String>,
    /// The item that must be in the list with commas that stands there.
    #[serde(default)]
    pub item: Option<String>,
    /// The texts of which one must stand there.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// The hosts to which the `https` URL that stands there must lead; `*` stands for one label of a name.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl Expectation {
    fn at(at: Field) -> Self {
        Self { at, equals: None, item: None, one_of: Vec::new(), hosts: Vec::new() }
    }

    /// This text, at this place.
    pub(crate) fn equals(at: Field, text: &str) -> Self {
        Self { equals: Some(text.to_owned()), ..Self::at(at) }
    }

    /// This item, in the list at this place.
    pub(crate) fn item(at: Field, item: &str) -> Self {
        Self { item: Some(item.to_owned()), ..Self::at(at) }
    }

    /// One of these texts, at this place.
    pub(crate) fn one_of(at: Field, texts: &[String]) -> Self {
        Self { one_of: texts.to_vec(), ..Self::at(at) }
    }

    /// A URL that leads to one of these hosts, at this place.
    pub(crate) fn hosts(at: Field, hosts: &[&str]) -> Self {
        Self { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), ..Self::at(at) }
    }
}

impl Description {
    /// A description with this algorithm and every other key at its default.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            header: None,
            signature: None,
            paired: false,
            encoding: None,
            prefix: String::new(),
            separator: None,
            key_name: None,
            content: None,
            also: Vec::new(),
            body_unsigned: false,
            alike: false,
            each: None,
            any_port: false,
            body_hash: None,
            timestamp: None,
            timestamp_unit: None,
            past: Age::default(),
            future: Age::default(),
            until: false,
            secret_encoding: None,
            id: None,
            event: None,
            require: Vec::new(),
            expect: Vec::new(),
            jwt: None,
        }
    }

    /// Where the signature or token is.
    pub fn place(&self) -> Option<Field> {
        self.signature.clone().or_else(|| self.header.clone().map(Field::Header))
    }

    /// Whether the proof covers the body, every bit of it or the form in it: if not, whoever has seen one message can
    /// send another.
    pub fn binds_body(&self) -> bool {
        // Of a list in the body, each element is signed and what stands around the list is not.
        if self.each.is_some() {
            return false;
        }
        let content = self.signed_content();
        content.contains("{body}")
            || content.contains("{escaped_body}")
            || content.contains("{params}")
            || self.body_hash.is_some()
            || self.jwt.as_ref().is_some_and(|jwt| jwt.body_hash.is_some())
    }

    /// Whether the proof covers a timestamp, so that an old message is refused.
    pub fn has_timestamp(&self) -> bool {
        self.timestamp.is_some()
    }

    /// Whether what the proof covers is another for every delivery: if not, they look the same to it.
    pub fn signs_something(&self) -> bool {
        !self.alike && (self.algorithm.signs_content() || self.binds_body())
    }

    /// Whether there is an id and the proof covers it, so that nobody but the sender can change it.
    pub fn signs_id(&self) -> bool {
        let is_covered = |id: &Field| self.signed_content().contains("{id}") || self.covers(id);
        // A delivery is named once, outside of the list whose elements are signed.
        self.each.is_none() && self.id.as_ref().is_some_and(is_covered)
    }

    /// Whether the URL is part of what is signed, so that the receiver must know it as the sender does.
    pub fn signs_url(&self) -> bool {
        self.signed_content().contains("{url}") || self.jwt.as_ref().is_some_and(Jwt::holds_url)
    }

    /// Whether messages are checked with a public key.
    pub fn uses_public_key(&self) -> bool {
        match self.algorithm.family() {
            Family::Public => true,
            Family::Jwt => self.jwt.iter().flat_map(|jwt| &jwt.algorithms).any(|algorithm| !algorithm.is_shared()),
            Family::Shared | Family::Nothing => false,
        }
    }

    /// Whether there is use for secrets that are no public keys.
    pub fn uses_secrets(&self) -> bool {
        let checks = self.algorithm.family() != Family::Nothing;
        checks && (!self.uses_public_key() || self.signed_content().contains("{secret}"))
    }

    /// Whether the proof covers what stands at a place, apart from `{timestamp}` and `{id}`.
    pub(crate) fn covers(&self, field: &Field) -> bool {
        let content = self.signed_content();
        match field {
            Field::Json(path) => {
                content.contains("{body}")
                    || content.contains(&format!("{{json:{path}}}"))
                    || (content.contains("{sns}") && crate::sns::FIELDS.contains(&path.as_str()))
                    || (self.binds_body() && !content.contains("{params}"))
            }
            // Not by `{params}`, where nothing tells a name from a value or one parameter from the next.
            Field::Form(_) | Field::FormLast(_) => content.contains("{body}"),
            Field::Query(_) => content.contains("{url}") || content.contains("{target}"),
            // A list of signed headers holds what the sender likes.
            Field::Header(name) => content.contains(&format!("{{header:{name}}}")),
            Field::Claim(_) => self.algorithm == Algorithm::Jwt,
            Field::Headers(_) | Field::Item(_) => false,
        }
    }

    /// The template of what is signed, its default included; empty for the algorithms that sign no content.
    pub(crate) fn signed_content(&self) -> &str {
        if self.algorithm.signs_content() { self.content.as_deref().unwrap_or("{body}") } else { "" }
    }
}
