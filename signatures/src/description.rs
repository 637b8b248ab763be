//! The description of a scheme, as a policy file writes it and as the table of providers has it. Owns the words: keys,
//! their values and defaults. It is data only; whether the parts fit together is `plan.rs`'s business, and nothing here
//! knows of secrets or messages.

use serde::Deserialize;

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

    /// The header that carries the signature or token. Required, except for `none`.
    #[serde(default)]
    pub header: Option<String>,

    /// How the signature is written. Required for the HMAC algorithms; the others have none.
    #[serde(default)]
    pub encoding: Option<Encoding>,

    /// The text before the signature or token, exactly (`sha256=`, `v0=`). Default: none.
    ///
    /// With a `separator` it chooses the items that are signatures; the others are ignored.
    #[serde(default)]
    pub prefix: String,

    /// What stands between the items, if the header is a list (`,` or a space). Default: the header is one signature.
    ///
    /// Any signature of the list may match: senders put two there while a secret is being changed.
    #[serde(default)]
    pub separator: Option<String>,

    /// The bytes that are signed: text with `{body}`, `{timestamp}` and `{id}`, each at most once. Default: `{body}`.
    ///
    /// `{timestamp}` and `{id}` stand for the bytes of the header or item, as received.
    #[serde(default)]
    pub content: Option<String>,

    /// Where the timestamp is. Required if, and only if, `content` has `{timestamp}`.
    #[serde(default)]
    pub timestamp: Option<TimestampSource>,

    /// How the timestamp is written. Default: `s`.
    #[serde(default)]
    pub timestamp_unit: Option<TimestampUnit>,

    /// How a secret's text becomes the key. Default: `text`.
    #[serde(default)]
    pub secret_encoding: Option<SecretEncoding>,

    /// Where the sender's id of the delivery is. Required, as a header, if `content` has `{id}`.
    #[serde(default)]
    pub id: Option<Field>,

    /// Where the kind of event is. Default: the scheme has none.
    #[serde(default)]
    pub event: Option<Field>,

    /// More headers that every genuine message has; without one of them, or with an empty one, it is refused. Default:
    /// none. They are not covered by the signature.
    #[serde(default)]
    pub require: Vec<String>,
}

/// How the sender proves that it knows the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// `hmac-sha1`
    HmacSha1,
    /// `hmac-sha256`
    HmacSha256,
    /// `hmac-sha512`
    HmacSha512,
    /// `token`: the header is the secret itself. Binds neither body nor time.
    Token,
    /// `none`: nothing is checked.
    None,
}

/// How the bytes of a signature are written. Each has one spelling per value; any other is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// `hex`: lower case.
    Hex,
    /// `hex-any-case`: either case, even mixed.
    HexAnyCase,
    /// `base64`: RFC 4648 section 4, with padding.
    Base64,
    /// `base64url`: RFC 4648 section 5, without padding.
    #[serde(rename = "base64url")]
    Base64Url,
}

/// How a secret's text becomes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretEncoding {
    /// `text`: the key is the secret's bytes, whatever it starts with.
    Text,
    /// `base64`: RFC 4648 section 4; padding may be missing.
    Base64,
    /// `hex`: either case.
    Hex,
    /// `whsec`: `whsec_`, which may be missing, then `base64` (Standard Webhooks).
    Whsec,
}

/// Where a timestamp is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampSource {
    /// `{ header = "…" }`: a header of its own.
    Header(String),
    /// `{ item = "t=" }`: the item of the signature header's list that starts with this; exactly one.
    Item(String),
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TimestampUnit {
    /// `s`: seconds since the Unix epoch, in decimal.
    #[serde(rename = "s")]
    Seconds,
    /// `ms`: milliseconds since the Unix epoch, in decimal.
    #[serde(rename = "ms")]
    Milliseconds,
    /// `rfc3339`: `2026-03-01T12:00:00Z`, with up to nine decimals and `Z` or an offset.
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

/// Where something that a message says about itself is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// `{ header = "…" }`
    Header(String),
    /// `{ json = "data.id" }`: a string or whole number in the JSON body, by the names of the objects' members from the
    /// outside in, with dots between them.
    Json(String),
}

impl Description {
    /// A description with this algorithm and every other key at its default.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            header: None,
            encoding: None,
            prefix: String::new(),
            separator: None,
            content: None,
            timestamp: None,
            timestamp_unit: None,
            secret_encoding: None,
            id: None,
            event: None,
            require: Vec::new(),
        }
    }

    /// Whether the proof covers the body: if not, whoever has seen one message can send any other.
    pub fn binds_body(&self) -> bool {
        match self.algorithm {
            Algorithm::HmacSha1 | Algorithm::HmacSha256 | Algorithm::HmacSha512 => true,
            Algorithm::Token | Algorithm::None => false,
        }
    }

    /// Whether the proof covers a timestamp, so that an old message is refused.
    pub fn has_timestamp(&self) -> bool {
        self.timestamp.is_some()
    }

    /// Whether there is an id and the proof covers it, so that nobody but the sender can change it.
    pub fn signs_id(&self) -> bool {
        match &self.id {
            None => false,
            Some(Field::Header(_)) => self.signed_content().contains("{id}"),
            Some(Field::Json(_)) => self.binds_body(),
        }
    }

    /// The template of what is signed, its default included; empty for the algorithms that sign nothing.
    pub(crate) fn signed_content(&self) -> &str {
        if self.binds_body() { self.content.as_deref().unwrap_or("{body}") } else { "" }
    }
}
