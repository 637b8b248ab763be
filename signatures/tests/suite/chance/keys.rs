//! Keys for any scheme. Tests nothing itself.

use signatures::{Algorithm, Scheme, Secret, Setup};

/// A secret that every scheme with shared ones takes: text with a colon for Basic; Base64 and hexadecimal for the others.
pub(super) fn secret(scheme: &Scheme) -> Secret {
    let text = match scheme.usual().algorithm {
        Algorithm::Basic => "user:d2hhdCBub2JvZHkga25vd3M",
        _ => "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    };
    Secret::new("SECRET", text)
}

/// The private key and the public one, if the scheme has such.
pub(super) fn pair(scheme: &Scheme) -> Option<(&'static str, &'static str)> {
    macro_rules! pair {
        ($kind:literal) => {
            Some((
                include_str!(concat!("../../data/", $kind, "-a.private.pem")),
                include_str!(concat!("../../data/", $kind, "-a.public.pem")),
            ))
        };
    }
    match scheme.usual().algorithm {
        Algorithm::Ed25519 => pair!("ed25519"),
        Algorithm::RsaSha1 | Algorithm::RsaSha256 => pair!("rsa"),
        _ if scheme.uses_public_key() => pair!("p256"),
        _ => None,
    }
}

pub(super) fn setup(scheme: &Scheme) -> Setup {
    Setup {
        secrets: scheme.uses_secrets().then(|| secret(scheme)).into_iter().collect(),
        public_keys: pair(scheme).map(|(_, public)| public.to_owned()).into_iter().collect(),
        ..Setup::default()
    }
}
