//! Public keys and certificates: strong ones of the right kind, from the policy alone.

use signatures::{Algorithm, Description, Encoding, Scheme, Setup, Verifier, scheme};

use crate::support::{A, B, NOW, at};

fn with_key(scheme: &Scheme, key: &str) -> Result<Verifier, String> {
    let setup = Setup { public_keys: vec![key.to_owned()], ..A.setup(scheme) };
    Verifier::new(scheme, setup).map_err(|error| error.to_string())
}

/// For a key of small order there are signatures that fit any message.
#[test]
fn a_weak_key_is_refused() {
    let discord = scheme("discord").unwrap();
    for weak in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ] {
        let error = with_key(discord, weak).unwrap_err();
        assert!(error.contains("is no Ed25519 key"), "{error}");
    }
}

/// Keys of 512 bits are factored in an afternoon; one of 1024 is within reach. Made with `openssl genrsa`.
#[test]
fn a_short_rsa_key_is_refused() {
    const SHORT: &str = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCijyObU8umUYGe9pgvUisEnDiA\n\
        OaWybxrtIyB9uD81SA04RWGeL/2CXboudoJZqnOtqusDhf66DgMgHMBYi5qI08NC\n\
        X3f+ttrPgyACYxJsFzMDkuIPt8VUZPffWJ2RnH1o72oLxL1tALWyZMvrPjxaUUA1\n\
        Lxq+NVEc71XZcNI7NwIDAQAB\n-----END PUBLIC KEY-----\n";
    for name in ["aws-sns", "paypal"] {
        let error = with_key(scheme(name).unwrap(), SHORT).unwrap_err();
        assert!(error.contains("less than 2048"), "{error}");
    }
    let rules = "algorithm = \"jwt\"\nheader = \"x\"\njwt = { algorithms = [\"RS256\"] }";
    let jwt = Scheme::custom(toml::from_str(rules).unwrap());
    assert!(with_key(&jwt, SHORT).is_err());
}

/// A key of another kind, a private key, a half of a key.
#[test]
fn what_is_no_key_of_the_schemes_kind_is_refused() {
    let kinds = [("discord", "ed25519"), ("sendgrid", "p256"), ("aws-sns", "rsa"), ("plaid", "p256")];
    let pair = |name: &str| A.pair(scheme(name).unwrap().usual()).unwrap();
    for (name, kind) in kinds {
        for (other, other_kind) in kinds {
            let result = with_key(scheme(name).unwrap(), pair(other).1);
            assert_eq!(result.is_ok(), kind == other_kind, "{name} with a key for {other}");
        }
        let error = with_key(scheme(name).unwrap(), pair(name).0).unwrap_err();
        assert!(error.contains("write the one that starts with"), "{error}");
        for nonsense in ["", "{}", "{\"keys\":[]}", "abcd", "whpk_", "-----BEGIN PUBLIC KEY-----"] {
            assert!(with_key(scheme(name).unwrap(), nonsense).is_err(), "{name} {nonsense:?}");
        }
    }
}

/// Where the message says where its certificate is, the key that checks it is still the policy's: no message brings its
/// own.
#[test]
fn a_message_does_not_bring_its_key() {
    for name in ["aws-sns", "paypal"] {
        let scheme = scheme(name).unwrap();
        let sent = B.send(scheme, b"x", "1", at(NOW));
        assert_eq!(A.refuses(scheme, &sent), "mismatch", "{name}");
    }
}

/// Addresses that look like Amazon's or PayPal's to a careless reader. Nothing is fetched, but what a message says of
/// its certificate must be true.
#[test]
fn a_certificate_from_elsewhere_is_refused() {
    for (name, genuine, host) in [
        ("aws-sns", "https://sns.example.amazonaws.com/", "sns.example.amazonaws.com"),
        ("paypal", "https://example.paypal.com/", "example.paypal.com"),
    ] {
        let scheme = scheme(name).unwrap();
        let sent = A.send(scheme, b"x", "1", at(NOW));
        for url in [
            format!("http://{host}/x.pem"),
            format!("https://{host}.evil.example/x.pem"),
            format!("https://{host}@evil.example/x.pem"),
            format!("https://evil.example/{host}"),
            format!("https://evil.example#.{host}/"),
            format!("https://evil.example?.{host}/"),
            format!("https://{host}:8443/x.pem"),
            format!("https://a.b.{host}/x.pem"),
            format!("HTTPS://{host}/x.pem"),
            format!("//{host}/x.pem"),
            "https://s3.amazonaws.com/sns.us-east-1.amazonaws.com/x.pem".to_owned(),
            "https://sns.evil-paypal.com/".to_owned(),
            String::new(),
        ] {
            let mut sent = sent.clone();
            if name == "paypal" {
                sent.set("paypal-cert-url", &url);
            } else {
                let body = String::from_utf8(sent.body).unwrap();
                sent.body = body.replace(genuine, &url).into_bytes();
            }
            let expected = if url.is_empty() { "empty" } else { "unexpected" };
            assert_eq!(A.refuses(scheme, &sent), expected, "{name} {url}");
        }
    }
}

/// With a curve's signature, `(r, s)` and `(r, -s)` are both right, and DER could be written in other ways. What tells
/// deliveries apart is not the signature.
#[test]
fn another_signature_over_the_same_content_is_the_same_delivery() {
    let scheme = Scheme::custom(Description {
        header: Some("x-signature".into()),
        encoding: Some(Encoding::Base64),
        ..Description::new(Algorithm::EcdsaP256)
    });
    let sent = A.send(&scheme, b"{}", "1", at(NOW));
    let key = |sent: &crate::support::Sent| {
        let verifier = A.verifier(&scheme);
        let accepted = verifier.verify(&sent.message(), at(NOW)).unwrap();
        verifier.replay_key(&sent.message(), &accepted).unwrap().unwrap()
    };
    let expected = key(&sent);
    let mut other = sent.clone();
    other.set("x-signature", negated(&sent.text("x-signature")));
    assert_ne!(other, sent);
    assert_eq!(key(&other), expected);
}

/// The other signature of the same key over the same content.
fn negated(signature: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let der = p256::ecdsa::DerSignature::try_from(&*STANDARD.decode(signature).unwrap()).unwrap();
    let signature = p256::ecdsa::Signature::try_from(der).unwrap();
    let (r, s) = signature.split_scalars();
    let negated = p256::ecdsa::Signature::from_scalars(*r, -*s).unwrap();
    STANDARD.encode(negated.to_der().as_bytes())
}
