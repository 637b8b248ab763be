//! What it costs to check one message of 1 KiB, beside the bare keyed hash over the same bytes, which no check of such a
//! signature can do without.

#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise, as tests may")]
#![allow(missing_docs, reason = "the macros of the harness make items without documentation")]

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use signatures::{Field, Message, Secret, Setup, SignRequest, Verifier, scheme, sign};

const URL: &str = "https://hooks.example/receive";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PRIVATE: &str = include_str!("../tests/data/ed25519-a.private.pem");
const PUBLIC: &str = include_str!("../tests/data/ed25519-a.public.pem");

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}

/// 1,024 bytes of JSON, with an id and a type as most have.
fn body() -> Vec<u8> {
    let mut body = br#"{"id":"evt_1","type":"invoice.paid","data":{"text":""#.to_vec();
    body.resize(1021, b'x');
    body.extend(b"\"}}");
    body
}

fn bare(criterion: &mut Criterion) {
    let body = body();
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let tag = mac.clone().chain_update(&body).finalize().into_bytes();
    criterion.bench_function("hmac", |bencher| {
        bencher.iter(|| mac.clone().chain_update(black_box(&body)).verify_slice(black_box(&tag)).is_ok());
    });
}

fn schemes(criterion: &mut Criterion) {
    let body = body();
    for name in ["github", "stripe", "standardwebhooks", "discord", "qstash"] {
        let scheme = scheme(name).unwrap();
        let form = scheme.usual();
        let is_public = form.uses_public_key();
        let request = SignRequest {
            url: URL,
            id: matches!(form.id, Some(Field::Header(_) | Field::Claim(_))).then_some("msg_1"),
            event_type: matches!(form.event, Some(Field::Header(_))).then_some("push"),
            ..SignRequest::new(&body, now())
        };
        let key = Secret::new("KEY", if is_public { PRIVATE } else { SECRET });
        let signed = sign(scheme, Some(&key), &request).unwrap();
        let setup = match is_public {
            true => Setup { public_keys: vec![PUBLIC.to_owned()], ..Setup::default() },
            false => Setup::from(vec![Secret::new("KEY", SECRET)]),
        };
        let verifier = Verifier::new(scheme, setup).unwrap();
        let message = Message { method: "POST", url: URL, headers: &signed.headers, body: &signed.body };
        assert!(verifier.verify(&message, now()).is_ok(), "{name}");
        criterion.bench_function(name, |bencher| bencher.iter(|| verifier.verify(black_box(&message), now()).is_ok()));
    }
}

criterion_group!(benches, bare, schemes);
criterion_main!(benches);
