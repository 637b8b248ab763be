//! Callers with tokens, through the real gate.

use serde_json::json;
use vestibule_test::{Backend, Identity};

use crate::{example, on_both_backends};

on_both_backends![a_caller_is_who_the_test_says, a_provider_that_the_settings_define_is_theirs];

fn ada() -> Identity {
    Identity::new("demo", "user-1").with_role("editor").with_claims(r#"{"name":"Ada","email":"ada@example.com"}"#)
}

fn a_caller_is_who_the_test_says(backend: Backend) {
    let host = example("me", backend).start();
    let answer = host.get("/me").caller(ada()).send();
    answer.assert_status(200).assert_json(&json!({
        "subject": "user-1", "roles": ["editor"], "admin": false, "name": "Ada", "email": "ada@example.com",
    }));
    host.get("/me").send().assert_status(401).assert_refused_by("auth");
    host.get("/me").caller(Identity::new("demo", "user-2")).send().assert_status(403).assert_refused_by("auth");
    let late = ada().with_claims(r#"{"exp":1000}"#);
    host.get("/me").caller(late).send().assert_status(401);
    host.get("/me").header("authorization", "Bearer x.y.z").send().assert_status(401);
    let error = host.get("/me").caller(Identity::new("company", "ada")).try_send().unwrap_err();
    assert!(error.to_string().contains(".vouch(\"company\")"), "{error}");
    let usual = example("me", backend).caller(ada()).start();
    usual.get("/me").send().assert_status(200);
    usual.get("/me").anonymous().send().assert_status(401);
}

fn a_provider_that_the_settings_define_is_theirs(backend: Backend) {
    let settings = "[auth.demo]\nkind = \"jwt\"\nalgorithms = [\"HS256\"]\nsecret = \"OTHER_KEY\"\nroles = \"roles\"\n";
    let theirs = example("me", backend).settings(settings).secret("OTHER_KEY", "0123456789abcdef0123456789abcdef");
    let error = theirs.clone().get("/me").caller(ada()).try_send().unwrap_err();
    assert!(error.to_string().contains("does not vouch"), "{error}");
    theirs.vouch("demo").get("/me").caller(ada()).send().assert_status(200);
}
