//! Signed webhooks, through the real gate.

use serde_json::json;
use vestibule_test::{Backend, mock_signed_webhook};

use crate::{example, on_both_backends};

on_both_backends![
    a_genuine_delivery_runs_once,
    a_webhook_with_all_that_its_scheme_knows,
    a_verifier_of_its_own_comes_along,
    every_request_of_a_host_may_be_signed,
    requests_of_one_id_have_each_their_own_log,
    what_is_said_before_it_is_signed_counts,
];

const PUSH: &str = r#"{"ref":"refs/heads/main","commits":[],"pusher":{"name":"ada"},"repository":{"full_name":"a/b"}}"#;

fn a_genuine_delivery_runs_once(backend: Backend) {
    let host = example("github-webhook", backend).secret("GITHUB_WEBHOOK_SECRET", "s3cret").start();
    let push =
        || host.post("/github-webhook").body(PUSH).signed("github", "s3cret").event_type("push").delivery_id("1");
    push().send().assert_status(200);
    let again = push().send();
    again.assert_status(200).assert_json_includes(&json!({ "status": "duplicate" }));
    assert_eq!((again.outcome(), again.instances()), ("replayed", 0));
    push().signed("github", "guessed").send().assert_status(401).assert_refused_by("verify");
    let unsigned = push().unsigned().send();
    unsigned.assert_status(401).assert_refused_by("verify");
    assert!(unsigned.reason().is_some_and(|reason| reason.contains("missing")), "{unsigned}");
    assert_eq!(host.instances(), 1);
}

fn a_webhook_with_all_that_its_scheme_knows(backend: Backend) {
    let host = example("stripe-webhook", backend).secret("STRIPE_WEBHOOK_SECRET", "whsec_x");
    let host = host.secret("STRIPE_WEBHOOK_SECRET_NEXT", "whsec_y").start();
    let paid = mock_signed_webhook("stripe", "whsec_x", r#"{"id":"evt_1","type":"invoice.paid","data":{"object":{}}}"#);
    host.post("/stripe-webhook").webhook(paid.clone().with_timestamp(1_000)).send().assert_refused_by("verify");
    let answer = host.post("/stripe-webhook").webhook(paid).send();
    assert_eq!((answer.instances(), answer.stage()), (1, None), "{answer}");
}

fn a_verifier_of_its_own_comes_along(backend: Backend) {
    let host = example("bank", backend).secret("BANK_SECRET", "s3cret").start();
    assert!(host.problems().is_empty(), "{:?}", host.problems());
    host.post("/bank").body("{}").send().assert_status(401).assert_refused_by("verify");
}

fn requests_of_one_id_have_each_their_own_log(backend: Backend) {
    let host = example("github-webhook", backend).secret("GITHUB_WEBHOOK_SECRET", "s3cret").start();
    let push = |secret: &str| {
        let request = host.post("/github-webhook").header("x-request-id", "r-1").body(PUSH);
        request.signed("github", secret).event_type("push").delivery_id("3").send()
    };
    push("guessed").assert_status(401).assert_refused_by("verify");
    let good = push("s3cret");
    assert_eq!((good.status(), good.stage(), good.instances()), (200, None, 1), "{good}");
}

fn what_is_said_before_it_is_signed_counts(backend: Backend) {
    let host = example("github-webhook", backend).secret("GITHUB_WEBHOOK_SECRET", "s3cret").start();
    let push = |id: &str| {
        let request = host.post("/github-webhook").body(PUSH).event_type("push").delivery_id(id);
        request.signed("github", "s3cret").send()
    };
    push("4").assert_status(200);
    assert_eq!(push("4").outcome(), "replayed");
}

fn every_request_of_a_host_may_be_signed(backend: Backend) {
    let host =
        example("github-webhook", backend).secret("GITHUB_WEBHOOK_SECRET", "s3cret").signed("github", "s3cret").start();
    host.post("/github-webhook").body(PUSH).event_type("push").delivery_id("2").send().assert_status(200);
    host.post("/github-webhook").body(PUSH).unsigned().send().assert_status(401);
}
