//! The words for how a message is proven: algorithms, encodings, units. Owns their spelling in a policy and what each
//! stands for. Knows nothing of messages or keys.

use serde::Deserialize;

/// How the sender proves that it knows the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// `hmac-sha1`
    HmacSha1,
    /// `hmac-sha256`
    HmacSha256,
    /// `hmac-sha384`
    HmacSha384,
    /// `hmac-sha512`
    HmacSha512,
    /// `sha256`: a bare hash over a content that has the secret in it.
    Sha256,
    /// `ed25519`: a public-key signature of 64 bytes.
    Ed25519,
    /// `ecdsa-p256`: a public-key signature over SHA-256, in DER.
    EcdsaP256,
    /// `rsa-sha1`: a public-key signature, PKCS #1 version 1.5.
    RsaSha1,
    /// `rsa-sha256`: the same over SHA-256.
    RsaSha256,
    /// `jwt`: a JSON Web Token, see [`Jwt`](crate::Jwt).
    Jwt,
    /// `token`: the message carries the secret itself. Binds neither body nor time.
    Token,
    /// `basic`: HTTP Basic; the secret is `user:password`. Binds neither body nor time.
    Basic,
    /// `none`: nothing is checked.
    None,
}

/// Which keys an algorithm uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// One that sender and receiver share.
    Shared,
    /// The sender's public key.
    Public,
    /// Either: the tokens' own algorithms decide.
    Jwt,
    /// None at all.
    Nothing,
}

impl Algorithm {
    pub(crate) fn family(self) -> Family {
        match self {
            Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha384 | Self::HmacSha512 | Self::Sha256 => Family::Shared,
            Self::Token | Self::Basic => Family::Shared,
            Self::Ed25519 | Self::EcdsaP256 | Self::RsaSha1 | Self::RsaSha256 => Family::Public,
            Self::Jwt => Family::Jwt,
            Self::None => Family::Nothing,
        }
    }

    /// Whether it makes a signature over a content that a template describes.
    pub(crate) fn signs_content(self) -> bool {
        !matches!(self, Self::Jwt | Self::Token | Self::Basic | Self::None)
    }

    /// The name in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
            Self::Sha256 => "sha256",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::RsaSha1 => "rsa-sha1",
            Self::RsaSha256 => "rsa-sha256",
            Self::Jwt => "jwt",
            Self::Token => "token",
            Self::Basic => "basic",
            Self::None => "none",
        }
    }
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

impl Encoding {
    /// The name in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexAnyCase => "hex-any-case",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }
}

/// How a secret's text becomes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretEncoding {
    /// `text`: the key is the secret's bytes, whatever it starts with.
    Text,
    /// `base64`: RFC 4648 section 4 or 5; padding may be missing.
    Base64,
    /// `hex`: either case.
    Hex,
    /// `whsec`: `whsec_`, which may be missing, then `base64` (Standard Webhooks).
    Whsec,
    /// `whsec-or-text`: `base64` after `whsec_`, and text where that is missing (OpenAI).
    WhsecOrText,
    /// `sha1`: the key is the SHA-1 of the secret's bytes (Braintree).
    Sha1,
}

impl SecretEncoding {
    /// The name in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Whsec => "whsec",
            Self::WhsecOrText => "whsec-or-text",
            Self::Sha1 => "sha1",
        }
    }
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

impl TimestampUnit {
    /// The name in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Rfc3339 => "rfc3339",
        }
    }
}
