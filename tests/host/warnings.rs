//! What is served and weak: each warning with a host that has it, and one that does not.

use crate::support::token::{SHARED, demo};
use crate::support::verifier::verifier;
use crate::support::{Builder, PUBLIC, host};

/// The warnings of a host, which has no problem.
fn warnings(built: Builder) -> Vec<String> {
    let host = built.start();
    assert!(host.problems.is_empty(), "{}", host.problems);
    host.warnings.iter().map(ToString::to_string).collect()
}

/// Checks that `weak` has this one warning, about this place, with these words, and `sound` none.
#[track_caller]
fn warned(weak: Builder, sound: Builder, place: &str, words: &[&str]) {
    let found = warnings(weak);
    let [warning] = found.as_slice() else { panic!("one warning expected: {found:?}") };
    for word in [place].iter().chain(words) {
        assert!(warning.contains(word), "{word} is not in: {warning}");
    }
    assert_eq!(warnings(sound), Vec::<String>::new());
}

fn with(settings: &str) -> Builder {
    host().function("f", "canary", PUBLIC).settings(settings)
}

#[test]
fn a_webhook_that_nobody_verifies_where_others_can_send_one() {
    for scheme in ["none", "skipVerifier"] {
        let policy = format!("{PUBLIC}[verify]\nscheme = \"{scheme}\"\n");
        for reachable in ["listen = \"192.0.2.1:8080\"", "public_url = \"https://hooks.example\""] {
            let at = |settings: &str| host().function("a/f", "canary", &policy).settings(settings);
            warned(at(reachable), at(""), "functions/a/f.toml:3: verify.scheme: ", &["nothing is verified"]);
        }
    }
    // What is public without a [verify] has said so, and says nothing of webhooks.
    assert_eq!(warnings(with("listen = \"192.0.2.1:8080\"")), Vec::<String>::new());
}

#[test]
fn a_public_url_without_tls() {
    let url = |url: &str| with(&format!("public_url = \"{url}\""));
    warned(
        url("http://hooks.example"),
        url("https://hooks.example"),
        "host.toml: public_url: ",
        &["without TLS", "https://"],
    );
    for own in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]"] {
        assert_eq!(warnings(url(own)), Vec::<String>::new(), "{own}");
    }
}

#[test]
fn secrets_that_can_be_found_by_trying() {
    let signed = |secret: &str| {
        let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"HOOK\"]\n";
        host().function("f", "canary", policy).secret("HOOK", secret)
    };
    let words = ["HOOK has fewer than 16 bytes", "openssl rand"];
    warned(signed("fifteen bytes.."), signed("sixteen bytes..."), "functions/f.toml:3: verify.secrets: ", &words);
    let own = |secret: &str| {
        let policy = "[verify]\nscheme = \"component\"\ncomponent = \"x.verifier.wasm\"\nsecrets = [\"HOOK\"]\n";
        let accepts = verifier("(i32.const 0)");
        host().function("f", "canary", policy).file("x.verifier.wasm", accepts).secret("HOOK", secret).verifiers(1)
    };
    warned(own("short"), own("sixteen bytes..."), "functions/f.toml:4: verify.secrets: ", &words);
    let admin = |token: &str| with("[admin_access]\ntoken = \"ADMIN\"").secret("ADMIN", token);
    warned(
        admin("fifteen bytes.."),
        admin("sixteen bytes..."),
        "host.toml: admin_access.token: ",
        &["ADMIN has fewer"],
    );
    let found = warnings(signed("hunter2"));
    assert!(!found.concat().contains("hunter2"), "{found:?}");
}

#[test]
fn a_provider_that_takes_what_it_should_not() {
    let at = |more: &str, secret: &str| with(&demo(more)).secret("JWT", secret);
    let audience = "audience = \"here\"";
    warned(at("", SHARED), at(audience, SHARED), "host.toml: auth.demo.audience: ", &["anybody else's service"]);
    let (short, long) = ("k".repeat(31), "k".repeat(32));
    let words = ["fewer than 32 bytes"];
    warned(at(audience, &short), at(audience, &long), "host.toml: auth.demo.secret: ", &words);
}

#[test]
fn a_ceiling_over_nothing() {
    let at = |folder: &str| {
        let settings = format!("[ceilings.\"{folder}\"]\ntimeout = \"10s\"\n");
        host().function("tenants/acme/f", "canary", PUBLIC).settings(&settings)
    };
    for there in ["tenants", "tenants/acme"] {
        warned(at("tenants/Acme"), at(there), "host.toml: ceilings.\"tenants/Acme\": ", &["no such folder"]);
    }
}
