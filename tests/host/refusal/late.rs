//! The cases of the gates behind the body: signature, caller, replay, permits.

use std::time::SystemTime;

use http::Request;
use serde_json::json;

use super::{ADMINS_ONLY, Case, FORGED, SECRET, SIGNED_ONLY, case};
use crate::support::token::{bearer, demo};
use crate::support::verifier::moody;
use crate::support::{Body, PUBLIC, With, get, post};

pub(super) fn unverified() -> Case {
    let good = post("/canary", "{}").signed("github", SECRET, b"{}", SystemTime::now());
    Case {
        status: 401,
        text: "signature missing or invalid",
        stage: "verify",
        kind: "mismatch",
        reason: "no signature matches",
        ..case(SIGNED_ONLY, post("/canary", "{}").with("x-hub-signature-256", FORGED), good)
    }
}

/// The canary behind a verifier that decides by the first letter of `body`.
fn custom(body: &'static str, kind: &'static str, reason: &'static str) -> Case {
    let policy =
        "[verify]\nscheme = \"component\"\ncomponent = \"v.verifier.wasm\"\nsecrets = [\"SECRET\"]\nconcurrency = 1\n";
    let mut case = case(policy, post("/canary", body), post("/canary", "y"));
    case.host = case.host.file("v.verifier.wasm", moody()).verifiers(1).settings("[server]\npermit_wait = \"0ms\"\n");
    Case { status: 401, text: "signature missing or invalid", stage: "verify", kind, reason, ..case }
}

pub(super) fn custom_refused() -> Case {
    custom("n", "custom_refused", "the verifier refuses it: no; INFO \\u{1b}[31mforged")
}

pub(super) fn custom_failed() -> Case {
    custom("t", "custom_failed", "the verifier failed: it trapped")
}

pub(super) fn verifier_busy() -> Case {
    let case = custom("y", "overloaded", "all instances of the verifier (`verify.concurrency`) stayed busy");
    Case { busy: true, status: 503, text: "overloaded", headers: &[("retry-after", "1")], ..case }
}

const AWAITING: &str = "[verify]\nscheme = \"asana\"\nsecrets = [\"HOOK\"]\nhandshake = \"asana\"\n";

/// Asana's handshake, with a secret.
fn hook_secret() -> Request<Body> {
    post("/canary", "{}").with("x-hook-secret", SECRET)
}

/// A case about a function whose secret is still to come. Another one is served beside it.
fn awaiting(bad: Request<Body>) -> Case {
    let case = case(AWAITING, bad, get("/other"));
    Case { host: case.host.function("other", "canary", PUBLIC), ..case }
}

pub(super) fn awaits_secret() -> Case {
    Case {
        status: 503,
        text: "function not available",
        stage: "verify",
        kind: "awaits_secret",
        reason: "the secret has not arrived yet; it comes in the handshake",
        ..awaiting(post("/canary", "{}").signed("asana", SECRET, b"{}", SystemTime::now()))
    }
}

pub(super) fn bad_handshake() -> Case {
    let policy = format!("{SIGNED_ONLY}handshake = \"dropbox\"\n");
    let good = post("/canary", "{}").signed("github", SECRET, b"{}", SystemTime::now());
    Case {
        status: 400,
        text: "bad request",
        stage: "handshake",
        kind: "repeated",
        reason: "the query parameter challenge is there more than once",
        ..case(&policy, get("/canary?challenge=a&challenge=b"), good)
    }
}

pub(super) fn handshake_closed() -> Case {
    Case {
        status: 403,
        text: "forbidden",
        stage: "handshake",
        kind: "closed",
        reason: "no window is open for it",
        ..awaiting(hook_secret())
    }
}

pub(super) fn secret_not_kept() -> Case {
    Case {
        first: Some(hook_secret()),
        opens: true,
        status: 503,
        text: "function not available",
        stage: "handshake",
        kind: "not_kept",
        reason: "could not be kept",
        ..awaiting(hook_secret())
    }
}

pub(super) fn identity_missing() -> Case {
    Case {
        status: 401,
        text: "identity missing or invalid",
        headers: &[("www-authenticate", "Bearer")],
        stage: "auth",
        kind: "identity_missing",
        reason: "it shows nothing that the function's providers look at",
        ..case(ADMINS_ONLY, get("/canary"), get("/canary").with("authorization", admin()))
    }
}

pub(super) fn identity_invalid() -> Case {
    let expired = bearer(json!({ "roles": ["admin"], "exp": 1_700_000_000 }));
    Case {
        status: 401,
        text: "identity missing or invalid",
        headers: &[("www-authenticate", "Bearer error=\"invalid_token\"")],
        stage: "auth",
        kind: "identity_invalid",
        reason: "token of `demo` refused: it has expired (`exp`)",
        ..case(
            ADMINS_ONLY,
            get("/canary").with("authorization", expired),
            get("/canary").with("authorization", admin()),
        )
    }
}

pub(super) fn role_missing() -> Case {
    let reader = bearer(json!({ "roles": ["reader"] }));
    Case {
        status: 403,
        text: "forbidden",
        stage: "auth",
        kind: "role_missing",
        reason: "`user-1` has none of the roles admin",
        ..case(ADMINS_ONLY, get("/canary").with("authorization", reader), get("/canary").with("authorization", admin()))
    }
}

pub(super) fn scope_missing() -> Case {
    let with = |scope: &str| get("/canary").with("authorization", bearer(json!({ "scope": scope })));
    Case {
        status: 403,
        text: "forbidden",
        headers: &[("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"read write\"")],
        stage: "auth",
        kind: "scope_missing",
        reason: "`user-1` does not have the scope write",
        ..case(
            "[auth]\nproviders = [\"demo\"]\nscopes = [\"read\", \"write\"]\n",
            with("read writer"),
            with("write x read"),
        )
    }
}

/// An issuer whose keys have never been there: nobody listens on the loopback's port 1.
pub(super) fn keys_unavailable() -> Case {
    let down = "[auth.down]\nkind = \"jwks\"\nalgorithms = [\"HS256\"]\njwks_url = \"http://127.0.0.1:1/\"\n";
    let down = down.replace("HS256", "RS256");
    let token = crate::support::token::token(jsonwebtoken::Algorithm::RS256, &crate::support::token::claims(json!({})));
    let policy = "[auth]\nproviders = [\"demo\", \"down\"]\n";
    let bad = get("/canary").with("authorization", format!("Bearer {token}")).with("auth-provider", "down");
    let good = get("/canary").with("authorization", admin()).with("auth-provider", "demo");
    let mut case = case(policy, bad, good);
    case.host = case.host.settings(&format!("{}{down}", demo("")));
    Case {
        status: 503,
        text: "identity cannot be checked now",
        headers: &[("retry-after", "1")],
        stage: "auth",
        kind: "keys_unavailable",
        reason: "token of `down` cannot be checked: the issuer's keys are not here yet",
        ..case
    }
}

pub(super) fn cross_site() -> Case {
    let session = &crate::session::vectors()[0];
    let policy = "[auth]\nproviders = [\"app\"]\n";
    let with_cookie = || post("/canary", "").with("cookie", session.cookie_header.as_str());
    let mut case = case(policy, with_cookie(), with_cookie().with("auth-provider", "dbAuth"));
    case.host = case.host.settings(crate::session::APP).secret("SESSION_SECRET", &session.session_secret);
    Case {
        status: 403,
        text: "forbidden",
        stage: "auth",
        kind: "cross_site",
        reason: "neither an auth-provider header nor an allowed Origin",
        ..case
    }
}

pub(super) fn delivery_id_missing() -> Case {
    let policy = "[verify]\nsecrets = [\"SECRET\"]\nreplay = \"reject\"\n[verify.scheme]\nalgorithm = \"token\"\n\
                  header = \"x-token\"\nid = { header = \"x-id\" }\n";
    let token = || post("/canary", "").with("x-token", SECRET);
    Case {
        status: 401,
        text: "delivery id missing or invalid",
        stage: "replay",
        kind: "delivery_id_missing",
        reason: "the delivery has no id that tells it from others",
        ..case(policy, token(), token().with("x-id", "1"))
    }
}

fn signed(body: &'static str) -> Request<Body> {
    post("/canary", body).signed("github", SECRET, body.as_bytes(), SystemTime::now())
}

pub(super) fn replayed() -> Case {
    Case {
        first: Some(signed("1")),
        status: 409,
        text: "delivered before",
        stage: "replay",
        kind: "replayed",
        reason: "the delivery has run before",
        ..case(&format!("{SIGNED_ONLY}replay = \"reject\"\n"), signed("1"), signed("2"))
    }
}

pub(super) fn unremembered() -> Case {
    let mut case = case(SIGNED_ONLY, signed("2"), get("/control"));
    case.host = case.host.function("control", "canary", PUBLIC);
    case.host = case.host.settings(&format!("{}[state]\nreplay_entries = 1\n", demo("")));
    Case {
        first: Some(signed("1")),
        status: 503,
        text: "overloaded",
        headers: &[("retry-after", "1")],
        stage: "replay",
        kind: "store_full",
        reason: "as many deliveries as state.replay_entries allows",
        ..case
    }
}

pub(super) fn overloaded() -> Case {
    let policy = "access = \"public\"\nconcurrency = 1\n";
    let mut case = case(policy, get("/canary"), get("/canary"));
    case.host = case.host.settings(&format!("{}[server]\npermit_wait = \"0ms\"\n", demo("")));
    Case {
        busy: true,
        status: 503,
        text: "overloaded",
        headers: &[("retry-after", "1")],
        stage: "admit",
        kind: "overloaded",
        reason: "stayed busy for server.permit_wait",
        ..case
    }
}

fn admin() -> String {
    bearer(json!({ "roles": ["admin"] }))
}
