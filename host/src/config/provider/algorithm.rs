//! How tokens may be signed, and which keys go with which algorithm. It knows no JWT library.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::key::Read;
use crate::config::problem::{Wrong, nearest, quoted};
use crate::config::values;

/// How a token may be signed. RFC 7518, section 3.1, and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: whoever can check a token can make one.
    Hs256,
    /// The same with SHA-384.
    Hs384,
    /// The same with SHA-512.
    Hs512,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// The same with SHA-384.
    Rs384,
    /// The same with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// The same with SHA-384.
    Ps384,
    /// The same with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// What kind of key an algorithm takes. Keys of two kinds are never one provider's only key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A secret that both sides have.
    Shared,
    /// RSA.
    Rsa,
    /// On the curve P-256.
    P256,
    /// On the curve P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    const ALL: [Self; 12] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Its name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The kind of key that it takes.
    pub fn key_kind(self) -> KeyKind {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => KeyKind::Shared,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => KeyKind::Rsa,
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::EdDsa => KeyKind::Ed25519,
        }
    }
}

/// Reads the algorithms. A shared secret beside a public key invites a token that takes the one for the other.
pub(in crate::config) fn read_algorithms(value: &Spanned<DeValue<'_>>) -> Read<Vec<Algorithm>> {
    let names = Algorithm::ALL.map(Algorithm::name);
    let algorithms = values::list(value, r#"["ES256"]"#, |text| {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or_else(|| {
            // Of another family is another kind of key, which nobody means by a slip of the pen.
            let of_family = names.into_iter().filter(|name| {
                text.get(..2).is_some_and(|start| name.get(..2).is_some_and(|own| own.eq_ignore_ascii_case(start)))
            });
            let fix = match nearest(text, of_family) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write one of {}", names.join(", ")),
            };
            Wrong::new(format!("{} is no algorithm that this version takes", quoted(text)), fix)
        })
    })?;
    let shared = algorithms.iter().filter(|algorithm| algorithm.key_kind() == KeyKind::Shared).count();
    if shared > 0 && shared < algorithms.len() {
        return Err(vec![Wrong::new(
            "these need different keys: a secret and a public one",
            "write those of one kind; define another provider for the other",
        )]);
    }
    Ok(algorithms)
}
