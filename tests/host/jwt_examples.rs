//! The examples of the standards, to the letter: RFC 7515 (appendix A), RFC 7519, RFC 7520 (section 4) and RFC 8037
//! (appendix A). Nobody is let in with one, as they have expired or hold no claims; the log says that it was that, and not
//! the signature. Of signatures that are wrong by one bit it says so. `data/rfc-jws.json` holds the RFCs' own values, which
//! the IETF Trust gives free as code components.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::jwt::assert_refused;
use crate::support::token::base64url;
use crate::support::{Host, host};

#[derive(Deserialize)]
struct Example {
    /// Where it stands.
    name: String,
    algorithm: String,
    /// The public key, or the secret; none if it needs none.
    key: Option<Value>,
    token: String,
    /// What keeps its caller out: that it has `expired`, that its `payload` holds no claims, or its `algorithm`.
    says: String,
}

fn examples() -> Vec<Example> {
    serde_json::from_str(include_str!("data/rfc-jws.json")).unwrap()
}

const CALLERS: &str = "[auth]\nproviders = [\"demo\"]\n";

/// A host whose provider has the example's key.
fn of(example: &Example) -> Host {
    let host = host().function("me", "echo", CALLERS);
    let key = example.key.clone().unwrap_or(json!({ "kty": "oct", "k": "c2VjcmV0" }));
    let provider =
        |algorithm: &str, more: &str| format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"{algorithm}\"]\n{more}\n");
    if key["kty"] == "oct" {
        let secret = BASE64_URL_SAFE_NO_PAD.decode(key["k"].as_str().unwrap()).unwrap();
        return host.file("../secrets/JWT", secret).settings(&provider("HS256", "secret = \"JWT\"")).start();
    }
    // Of an algorithm that there is not: a key that is good for another.
    let (algorithm, more) = match example.algorithm.as_str() {
        "ES512" => {
            let public = crate::support::token::ES256_PUBLIC;
            ("ES256", format!("public_key = '''\n{public}'''"))
        }
        algorithm => (algorithm, "jwk_file = \"keys.json\"".to_owned()),
    };
    let set = json!({ "keys": [key] }).to_string();
    host.file("../keys.json", set).settings(&provider(algorithm, &more)).start()
}

#[tokio::test]
async fn the_examples_of_the_standards_are_read_as_they_say() {
    let mut seen = 0;
    for example in examples() {
        let host = of(&example);
        let reason = match example.says.as_str() {
            "expired" => "it has expired (`exp`)",
            "payload" => "it is not a JWT",
            "algorithm" => "its algorithm is not one of the provider's",
            other => panic!("{other}"),
        };
        println!("{}", example.name);
        assert_refused(&host, &example.token, reason).await;
        seen += 1;
        if example.says == "algorithm" {
            continue;
        }
        let (signed, signature) = example.token.rsplit_once('.').unwrap();
        let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        for at in [0, signature.len() / 2, signature.len() - 1] {
            signature[at] ^= 1;
            let changed = format!("{signed}.{}", base64url(&signature));
            signature[at] ^= 1;
            assert_refused(&host, &changed, "the signature does not match").await;
        }
        // The same signature under other claims.
        let (header, claims) = signed.split_once('.').unwrap();
        let other = base64url(b"{\"iss\":\"joe\",\"exp\":9999999999}");
        assert_ne!(claims, other);
        let kept = example.token.rsplit_once('.').unwrap().1;
        assert_refused(&host, &format!("{header}.{other}.{kept}"), "the signature does not match").await;
    }
    assert_eq!(seen, 10);
}
