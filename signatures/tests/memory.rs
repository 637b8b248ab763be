//! What a check of a keyed hash allocates does not grow with the body: the body is lent, never copied. In a binary of its
//! own, as the counting allocator is the whole process's.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may stop at the first surprise, as tests may")]

use std::time::{Duration, UNIX_EPOCH};

use signatures::{Field, Message, Secret, SignRequest, Verifier, scheme, sign};

#[test]
fn a_check_allocates_the_same_for_any_body() {
    let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    for name in ["github", "stripe", "slack", "standardwebhooks", "shopify", "square", "hubspot-v3", "box"] {
        let scheme = scheme(name).unwrap();
        let secret = || Secret::new("SECRET", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let verifier = Verifier::new(scheme, vec![secret()]).unwrap();
        let allocated = |size: usize| {
            let body = format!(r#"{{"id":"evt_1","type":"paid","text":"{}"}}"#, "x".repeat(size));
            let form = scheme.usual();
            let request = SignRequest {
                url: "https://hooks.example/receive",
                id: matches!(form.id, Some(Field::Header(_))).then_some("msg_1"),
                ..SignRequest::new(body.as_bytes(), now)
            };
            let signed = sign(scheme, Some(&secret()), &request).unwrap();
            let message = Message { method: "POST", url: &signed.url, headers: &signed.headers, body: &signed.body };
            allocation_counter::measure(|| assert!(verifier.verify(&message, now).is_ok(), "{name}")).bytes_total
        };
        allocated(1);
        let small = allocated(1 << 10);
        assert!(small > 0, "{name}");
        assert_eq!(small, allocated(1 << 20), "{name}");
    }
}
