//! JSON Web Tokens: the attacks that have names, and the claims that libraries forget.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signatures::{Message, Overrides, Refused, Scheme, Secret, Setup, Verifier, scheme};

use crate::support::{A, NOW, URL, at};

const SECRET: &[u8] = b"a secret that both sides know";
const BODY: &[u8] = b"{\"amount\":1}";

/// A token of these parts, signed with [`SECRET`] by HS256 whatever the header says.
fn token(header: &Value, claims: &Value) -> String {
    let content = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let key = EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(content.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{content}.{signature}")
}

fn hs256() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// The claims of a genuine message of QStash.
fn claims() -> Value {
    json!({
        "iss": "Upstash", "sub": URL, "exp": NOW + 60, "nbf": NOW - 60, "iat": NOW, "jti": "jwt_1",
        "body": BASE64.encode(Sha256::digest(BODY)),
    })
}

fn judge_at(scheme: &Scheme, header: &str, token: &str, now: SystemTime) -> Result<(), Refused> {
    let verifier = Verifier::new(scheme, vec![Secret::new("S", SECRET)]).unwrap();
    let headers = [(header, token)];
    let message = Message { method: "POST", url: URL, headers: &headers, body: BODY };
    verifier.verify(&message, now).map(|_| ())
}

fn qstash(token: &str) -> Result<(), Refused> {
    judge_at(scheme("qstash").unwrap(), "upstash-signature", token, at(NOW))
}

fn kind(result: Result<(), Refused>) -> &'static str {
    result.unwrap_err().kind()
}

#[test]
fn a_token_as_it_should_be_is_accepted() {
    assert_eq!(qstash(&token(&hs256(), &claims())), Ok(()));
}

/// `none` is an algorithm to many libraries, in any case of its letters.
#[test]
fn a_token_without_a_signature_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let signed = token(&json!({ "alg": alg }), &claims());
        let unsigned = signed.rsplit_once('.').unwrap().0;
        for token in [format!("{unsigned}."), unsigned.to_owned(), signed.clone()] {
            assert!(qstash(&token).is_err(), "{alg}");
        }
    }
}

/// JavaScript's library for QStash takes HS512 as well; the scheme does not.
#[test]
fn the_algorithm_of_a_token_is_the_schemes() {
    let claims = claims();
    for algorithm in [jsonwebtoken::Algorithm::HS384, jsonwebtoken::Algorithm::HS512] {
        let header = jsonwebtoken::Header::new(algorithm);
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(SECRET)).unwrap();
        assert_eq!(kind(qstash(&token)), "token_algorithm");
    }
    for alg in ["RS256", "ES256", "EdDSA", "PS256"] {
        assert_eq!(kind(qstash(&token(&json!({ "alg": alg }), &claims))), "token_algorithm", "{alg}");
    }
}

/// The public key of a scheme with key pairs, used as the secret of HS256.
#[test]
fn a_token_keyed_with_the_public_key_is_refused() {
    let plaid = scheme("plaid").unwrap();
    let (_, public) = A.pair(plaid.usual()).unwrap();
    let claims = json!({ "iat": NOW, "request_body_sha256": hex::encode(Sha256::digest(BODY)) });
    for key in [public.to_owned(), public.trim().to_owned()] {
        let key = EncodingKey::from_secret(key.as_bytes());
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        let headers = [("plaid-verification", token)];
        let refused = A.verifier(plaid).verify(&Message::new(&headers, BODY), at(NOW)).unwrap_err();
        assert_eq!(refused.kind(), "token_algorithm");
    }
}

/// A token may bring a key or say where one is. Neither is looked at: with the wrong key behind it, it is refused, and
/// with the right one it makes no difference.
#[test]
fn a_token_does_not_bring_its_key() {
    let brought = json!({
        "alg": "HS256", "jwk": { "kty": "oct", "k": BASE64.encode("another secret") },
        "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert",
    });
    assert_eq!(qstash(&token(&brought, &claims())), Ok(()));

    let content = format!("{}.{}", BASE64.encode(brought.to_string()), BASE64.encode(claims().to_string()));
    let key = EncodingKey::from_secret(b"another secret");
    let signature = jsonwebtoken::crypto::sign(content.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    assert_eq!(kind(qstash(&format!("{content}.{signature}"))), "mismatch");
}

/// Who does not understand an extension must refuse it (RFC 7515, section 4.1.11).
#[test]
fn an_extension_that_must_be_understood_is_refused() {
    for more in [
        json!({ "crit": ["exp"], "exp": 1 }),
        json!({ "crit": [] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "zip": "DEF" }),
    ] {
        let mut header = hs256();
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(kind(qstash(&token(&header, &claims()))), "malformed_token", "{more}");
    }
}

/// A token that names a key is checked with that one alone.
#[test]
fn a_token_that_names_another_key_is_refused() {
    let plaid = scheme("plaid").unwrap();
    let (private, public) = A.pair(plaid.usual()).unwrap();
    let jwk = |kid: Option<&str>| {
        // The point stands at the end of the key's DER: 32 bytes for each coordinate.
        let lines: String = public.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(lines).unwrap();
        let (x, y) = der[der.len() - 64..].split_at(32);
        // With the members that Plaid has beside those of RFC 7517.
        let mut jwk = json!({
            "alg": "ES256", "created_at": NOW - 86_400, "crv": "P-256", "expired_at": null, "kty": "EC", "use": "sig",
            "x": BASE64.encode(x), "y": BASE64.encode(y),
        });
        if let Some(kid) = kid {
            jwk["kid"] = kid.into();
        }
        jwk
    };
    let claims = json!({ "iat": NOW, "request_body_sha256": hex::encode(Sha256::digest(BODY)) });
    let judge = |keys: &dyn ToString, kid: Option<&str>| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = kid.map(str::to_owned);
        let key = EncodingKey::from_ec_pem(private.as_bytes()).unwrap();
        let headers = [("plaid-verification", jsonwebtoken::encode(&header, &claims, &key).unwrap())];
        let setup = Setup { public_keys: vec![keys.to_string()], ..Setup::default() };
        Verifier::new(plaid, setup).unwrap().verify(&Message::new(&headers, BODY), at(NOW)).map(|_| ())
    };
    let set = json!({ "keys": [jwk(Some("one"))] });
    for keys in [&jwk(Some("one")), &set] {
        assert_eq!(judge(keys, Some("one")), Ok(()));
        assert_eq!(judge(keys, None), Ok(()));
        assert_eq!(kind(judge(keys, Some("two"))), "mismatch");
    }
    assert_eq!(judge(&jwk(None), Some("any")), Ok(()));
    assert_eq!(judge(&public, Some("any")), Ok(()));
    let two = json!({ "keys": [jwk(Some("one")), jwk(Some("two"))] });
    assert_eq!(judge(&two, Some("two")), Ok(()));
    assert_eq!(kind(judge(&two, Some("three"))), "mismatch");
}

/// Some libraries do not compare the hash of the body at all (Redwood's for Netlify, Vonage's).
#[test]
fn a_token_for_another_body_is_refused() {
    for name in ["qstash", "netlify", "vonage", "messagebird", "plaid"] {
        let scheme = scheme(name).unwrap();
        let mut sent = A.send(scheme, BODY, "1", at(NOW));
        sent.body = b"{\"amount\":1000000}".to_vec();
        assert_eq!(A.refuses(scheme, &sent), "claim", "{name}");
        sent.body.clear();
        assert_eq!(A.refuses(scheme, &sent), "claim", "{name}");
    }
}

/// A token without the hash is only for MessageBird's empty bodies.
#[test]
fn a_token_that_says_nothing_of_the_body_is_refused() {
    for hash in [Value::Null, json!(""), json!(7), json!([])] {
        let mut claims = claims();
        claims["body"] = hash;
        assert_eq!(kind(qstash(&token(&hs256(), &claims))), "claim");
    }
    let messagebird = scheme("messagebird").unwrap();
    let empty = A.send(messagebird, b"", "1", at(NOW));
    assert!(A.judge(messagebird, &empty).is_ok());
    let mut filled = empty.clone();
    filled.body = BODY.to_vec();
    assert_eq!(A.refuses(messagebird, &filled), "claim");
}

/// JavaScript's library for QStash lets `exp` be absent.
#[test]
fn every_claim_counts() {
    for name in ["iss", "sub", "exp", "nbf", "body"] {
        let mut absent = claims();
        absent.as_object_mut().unwrap().remove(name);
        assert_eq!(kind(qstash(&token(&hs256(), &absent))), "claim", "{name}");
        for wrong in [json!("other"), json!({}), json!(true), json!(-1)] {
            let mut claims = claims();
            claims[name] = wrong.clone();
            // What a claim of the standard cannot be at all makes no token.
            let kind = kind(qstash(&token(&hs256(), &claims)));
            assert!(["claim", "malformed_token"].contains(&kind), "{name} {wrong}: {kind}");
        }
    }
    let with_issuer = |issuer: &str| {
        let overrides = Overrides { issuer: Some(issuer.into()), ..Overrides::default() };
        let scheme = scheme("qstash").unwrap().clone().with(&overrides).unwrap();
        judge_at(&scheme, "upstash-signature", &token(&hs256(), &claims()), at(NOW))
    };
    assert_eq!(with_issuer("Upstash"), Ok(()));
    assert_eq!(kind(with_issuer("upstash")), "claim");
}

/// To the second, and with MessageBird's five.
#[test]
fn a_token_counts_from_nbf_until_exp() {
    let token = token(&hs256(), &claims());
    let judge = |now: u64| judge_at(scheme("qstash").unwrap(), "upstash-signature", &token, at(now));
    assert_eq!((judge(NOW - 60), judge(NOW + 59)), (Ok(()), Ok(())));
    assert_eq!((kind(judge(NOW - 61)), kind(judge(NOW + 60))), ("claim", "claim"));

    let messagebird = scheme("messagebird").unwrap();
    let sent = A.send(messagebird, BODY, "1", at(NOW));
    let verifier = A.verifier(messagebird);
    let judge = |now: u64| verifier.verify(&sent.message(), at(now)).is_ok();
    assert!(judge(NOW - 5) && judge(NOW + 304));
    assert!(!judge(NOW - 6) && !judge(NOW + 305));
}

/// `exp` beyond all numbers, as text, or written twice.
#[test]
fn times_that_are_none_are_refused() {
    let until = |exp: &str| {
        let claims = claims().to_string().replace(&format!("\"exp\":{}", NOW + 60), &format!("\"exp\":{exp}"));
        let content = format!("{}.{}", BASE64.encode(hs256().to_string()), BASE64.encode(claims));
        let key = EncodingKey::from_secret(SECRET);
        let signature = jsonwebtoken::crypto::sign(content.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
        qstash(&format!("{content}.{signature}"))
    };
    assert_eq!(until(&(NOW + 60).to_string()), Ok(()));
    for exp in ["\"1860000000\"", "null", "-1", "1e999", "[1860000000]", "true"] {
        assert!(until(exp).is_err(), "{exp}");
    }
    // The last of two counts for the library; both sides read the same.
    let twice = until(&format!("{},\"exp\":{}", NOW + 60, NOW - 60));
    assert!(twice.is_err());
}

/// A token with the time far ahead of the clock lives as long as the sender likes, unless `iat` is bounded.
#[test]
fn a_token_from_the_future_is_refused_where_it_says_when_it_was_made() {
    for name in ["vonage", "plaid"] {
        let scheme = scheme(name).unwrap();
        let sent = A.send(scheme, BODY, "1", at(NOW));
        let verifier = A.verifier(scheme);
        let judge = |now: SystemTime| verifier.verify(&sent.message(), now).map_err(|refused| refused.kind());
        assert_eq!(judge(at(NOW) - Duration::from_secs(301)), Err("future"), "{name}");
        assert_eq!(judge(at(NOW) + Duration::from_secs(301)), Err("stale"), "{name}");
    }
}

/// `Bearer` is a part of the format where it is, and of no other.
#[test]
fn what_is_not_quite_a_token_is_refused() {
    let good = token(&hs256(), &claims());
    let parts: Vec<&str> = good.split('.').collect();
    for bad in [
        format!("Bearer {good}"),
        format!(" {good}"),
        format!("{good}="),
        format!("{good}."),
        format!("{good}.{}", parts[2]),
        format!(".{good}"),
        good.replace('.', " "),
        format!("{}.{}", parts[0], parts[1]),
        format!("..{}", parts[2]),
        String::from("."),
        String::from("{}"),
    ] {
        assert!(qstash(&bad).is_err(), "{bad}");
    }
    let vonage = scheme("vonage").unwrap();
    let mut sent = A.send(vonage, BODY, "1", at(NOW));
    let text = sent.text("authorization");
    sent.set("authorization", text.strip_prefix("Bearer ").unwrap());
    assert_eq!(A.refuses(vonage, &sent), "malformed_signature");
}
