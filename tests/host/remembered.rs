//! Tokens that were good once and are remembered: they are so only until they expire, or their key or what is asked of
//! them has changed.

use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm::{HS256, RS256};
use serde_json::{Value, json};
use vestibule_host::reload::STILL;

use crate::jwt::ask;
use crate::jwt_forged::good;
use crate::support::token::{
    ES256_PUBLIC, RS256_PUBLIC, SHARED, claims, demo, jwk, key, named, now, other_key, set, token,
};
use crate::support::{Host, With, get, host, log};

const CALLERS: &str = "[auth]\nproviders = [\"demo\"]\n";

/// Has the host see and take what was written.
fn settle(host: &Host, now: &mut Instant) {
    for _ in 0..2 {
        *now += STILL;
        host.look(*now);
    }
}

#[tokio::test]
async fn a_remembered_token_expires_like_any_other() {
    let host = host().function("me", "echo", CALLERS).settings(&demo("leeway = \"0s\"")).secret("JWT", SHARED).start();
    let exp = now() + 3;
    let short = token(HS256, &claims(json!({ "exp": exp })));
    let mut taken = 0;
    loop {
        let before = now();
        let answer = ask(&host, &short).await;
        if answer.status == 401 {
            assert!(now() > exp, "refused at {before}, while it expires at {exp}");
            let reason = "token of `demo` refused: it has expired (`exp`)";
            assert_eq!(log::access(answer.id()).field("reason"), reason);
            break;
        }
        assert!(answer.status == 200 && before <= exp, "{} at {before}, while it expired at {exp}", answer.status);
        taken += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(taken > 1, "it was not remembered");
    let made = host.instances();
    for _ in 0..3 {
        assert_eq!((ask(&host, &short).await.status, host.instances()), (401, made));
    }
}

#[tokio::test]
async fn a_remembered_token_is_refused_when_its_key_has_changed() {
    let with = |more: &str| format!("[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"RS256\"]\n{more}\n");
    let pem = |key: &str| with(&format!("public_key = '''\n{key}'''"));
    let both = |first: &Value| set(&[first.clone(), jwk("other", &other_key(), RS256, json!({}))]);
    let own = jwk("one", &key(RS256), RS256, json!({}));
    let theirs = jwk("one", &other_key(), RS256, json!({}));
    // Named in the file of the settings, or in a file of its own, as PEM or in a set.
    let cases: [(&str, String, &str, String, String); 4] = [
        ("public_key", pem(RS256_PUBLIC), "../host.toml", String::new(), pem(ES256_PUBLIC).replace("RS256", "ES256")),
        ("public_key_file", with("public_key_file = \"key.pem\""), "../key.pem", RS256_PUBLIC.into(), other_public()),
        ("jwk_file", with("jwk_file = \"keys.json\""), "../keys.json", both(&own), both(&theirs)),
        (
            "jwk_file, withdrawn",
            with("jwk_file = \"keys.json\""),
            "../keys.json",
            set(std::slice::from_ref(&own)),
            both(&theirs),
        ),
    ];
    for (what, settings, file, before, after) in cases {
        let mut builder = host().function("me", "echo", CALLERS).settings(&settings);
        if !before.is_empty() {
            builder = builder.file(file, &before);
        }
        let host = builder.start();
        let (signed, mut now) = (named("one", &good(), &key(RS256), RS256), Instant::now());
        assert_eq!((ask(&host, &signed).await.status, ask(&host, &signed).await.status), (200, 200), "{what}");
        let made = host.instances();
        if file == "../host.toml" {
            let text = std::fs::read_to_string(host.functions().join(file)).unwrap();
            let rest = text.split_once("[secrets]").unwrap().1;
            host.write(file, format!("{after}\n[secrets]{rest}"));
        } else {
            host.write(file, &after);
        }
        settle(&host, &mut now);
        assert_eq!((ask(&host, &signed).await.status, host.instances()), (401, made), "{what}");
        if !before.is_empty() {
            host.write(file, &before);
            settle(&host, &mut now);
            assert_eq!(ask(&host, &signed).await.status, 200, "{what}: the key is back");
            let made = host.instances();
            host.remove(file);
            settle(&host, &mut now);
            assert_eq!((ask(&host, &signed).await.status, host.instances()), (503, made), "{what}: without a key");
            // Cut off anywhere but at its very end, it is no key.
            for cut in (0..before.trim_end().len() - 1).step_by(41) {
                host.write(file, &before[..cut]);
                settle(&host, &mut now);
                assert_eq!((ask(&host, &signed).await.status, host.instances()), (503, made), "{what}: cut at {cut}");
            }
        }
    }
}

fn other_public() -> String {
    include_str!("data/other.public.pem").to_owned()
}

#[tokio::test]
async fn a_remembered_token_is_refused_when_the_secret_has_changed() {
    let host = host().function("me", "echo", CALLERS).settings(&demo("")).secret("JWT", SHARED).start();
    let (signed, mut now) = (token(HS256, &good()), Instant::now());
    assert_eq!((ask(&host, &signed).await.status, ask(&host, &signed).await.status), (200, 200));
    host.write("../secrets/JWT", "another secret of more than 32 bytes, for tests");
    settle(&host, &mut now);
    let made = host.instances();
    assert_eq!((ask(&host, &signed).await.status, host.instances()), (401, made));
    host.remove("../secrets/JWT");
    settle(&host, &mut now);
    assert_eq!((ask(&host, &signed).await.status, host.instances()), (503, made), "without a secret nobody is known");
}

#[tokio::test]
async fn what_is_remembered_of_one_function_opens_no_other() {
    let settings = format!(
        "{}[auth.strict]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"JWT\"\naudience = \"us\"\n",
        demo("")
    );
    let host = host()
        .function("me", "echo", CALLERS)
        .function("admin", "echo", "[auth]\nproviders = [\"demo\"]\nroles = [\"owner\"]\n")
        .function("strict", "echo", "[auth]\nproviders = [\"strict\"]\n")
        .settings(&settings)
        .secret("JWT", SHARED)
        .start();
    let bearer = format!("Bearer {}", token(HS256, &good()));
    for _ in 0..2 {
        for (path, status) in [("/me", 200), ("/admin", 403), ("/strict", 401)] {
            let answer = host.send(get(path).with("authorization", &bearer)).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
}
