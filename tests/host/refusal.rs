//! Every way to be turned away: what the client learns, what only the log learns, and that no sandbox was made for it.

mod late;

use std::time::{Duration, Instant};

use http::{Method, Request};
use serde_json::json;
use vestibule_host::refusal::{Challenge, Refusal};
use vestibule_host::room::{self, Held};

use crate::support::token::{SHARED, demo};
use crate::support::{Body, Builder, LOCAL, PUBLIC, REMOTE, With, get, host, log, post, request};

/// The value of every secret of these hosts: it must be in no answer and in no line of the log.
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// What a client sends where a signature is wanted: the right form, made with another secret.
const FORGED: &str = "sha256=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const SIGNED_ONLY: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"SECRET\"]\n";
const ADMINS_ONLY: &str = "[auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\n";

/// Any value of a header.
const ANY: &str = "*";

/// A request that is refused, beside one that is not.
struct Case {
    /// The canary, in a folder, under whatever policy the case is about.
    host: Builder,
    bad: Request<Body>,
    /// What the same host answers.
    good: Request<Body>,
    /// What is sent, and answered well, before all that.
    first: Option<Request<Body>>,
    /// Whether `bad`, and what is `first`, come from another machine.
    remote: bool,
    /// Whether the operator waits for a secret each time.
    opens: bool,
    /// Whether the function's only permit is taken while `bad` is sent.
    busy: bool,
    /// Whether all room for bodies is taken while `bad` is sent, except that for small ones.
    full: bool,
    status: u16,
    text: &'static str,
    /// Headers of the answer that the rule asks for; [`ANY`] where the time decides.
    headers: &'static [(&'static str, &'static str)],
    /// The labels of the metric.
    stage: &'static str,
    kind: &'static str,
    /// What the log gives as the reason.
    reason: &'static str,
}

/// A case about the function `canary` under `policy`; the rest is filled in.
fn case(policy: &str, bad: Request<Body>, good: Request<Body>) -> Case {
    Case {
        host: host()
            .settings(&demo(""))
            .function("canary", "canary", policy)
            .secret("SECRET", SECRET)
            .secret("JWT", SHARED),
        bad,
        good,
        first: None,
        remote: false,
        opens: false,
        busy: false,
        full: false,
        status: 0,
        text: "",
        headers: &[],
        stage: "",
        kind: "",
        reason: "",
    }
}

/// Lists the cases, and makes a variant of [`Refusal`] without one an error of the compiler.
macro_rules! cases {
    ($($variant:pat => $case:path,)+) => {
        const _: fn(&Refusal) = |refusal| match refusal {
            $($variant => {})+
        };
        const CASES: &[(&str, fn() -> Case)] = &[$((stringify!($case), $case)),+];
    };
}

cases! {
    Refusal::Malformed(_) => malformed,
    Refusal::TargetTooLong => target_too_long,
    Refusal::HeadersTooLarge => headers_too_large,
    Refusal::Expectation => expectation,
    Refusal::NotFound => not_found,
    Refusal::NotLoaded(_) => not_loaded,
    Refusal::Undeclared(_) => undeclared,
    Refusal::AddressForbidden => address_forbidden,
    Refusal::MethodNotAllowed(_) => method_not_allowed,
    Refusal::RateLimited(_) => rate_limited,
    Refusal::BodyTooSlow(_) => body_too_slow,
    Refusal::BodyTooLarge => body_too_large,
    Refusal::NoRoom => no_room,
    Refusal::BodyBroken(_) => body_broken,
    Refusal::Unverified(_) => late::unverified,
    Refusal::CustomRefused(_) => late::custom_refused,
    Refusal::CustomFailed(_) => late::custom_failed,
    Refusal::VerifierBusy(_) => late::verifier_busy,
    Refusal::AwaitsSecret => late::awaits_secret,
    Refusal::BadHandshake(_) => late::bad_handshake,
    Refusal::HandshakeClosed(_) => late::handshake_closed,
    Refusal::SecretNotKept(_) => late::secret_not_kept,
    Refusal::Unidentified(Challenge::Missing, ..) => late::identity_missing,
    Refusal::Unidentified(Challenge::InvalidToken, ..) => late::identity_invalid,
    Refusal::KeysUnavailable(_) => late::keys_unavailable,
    Refusal::CrossSite => late::cross_site,
    Refusal::RoleMissing(_) => late::role_missing,
    Refusal::ScopeMissing(..) => late::scope_missing,
    Refusal::NoDeliveryId => late::delivery_id_missing,
    Refusal::Replayed => late::replayed,
    Refusal::Unremembered(_) => late::unremembered,
    Refusal::Overloaded(_) => late::overloaded,
}

fn malformed() -> Case {
    Case {
        status: 400,
        text: "bad request",
        stage: "route",
        kind: "malformed",
        reason: "malformed request: its percent-encoding is broken",
        ..case(PUBLIC, get("/canary/%zz"), get("/canary/%7A"))
    }
}

fn target_too_long() -> Case {
    let long = "x".repeat(8 << 10);
    Case {
        status: 414,
        text: "request target too long",
        stage: "route",
        kind: "target_too_long",
        reason: "the request target is longer than server.target_bytes",
        ..case(PUBLIC, get(&format!("/canary?{long}")), get("/canary?x"))
    }
}

fn headers_too_large() -> Case {
    Case {
        status: 431,
        text: "request headers too large",
        stage: "route",
        kind: "headers_too_large",
        reason: "more than server.header_count headers or server.header_bytes bytes",
        ..case(PUBLIC, get("/canary").with("x-long", "x".repeat(32 << 10)), get("/canary").with("x-short", "x"))
    }
}

fn expectation() -> Case {
    Case {
        status: 417,
        text: "expectation failed",
        stage: "route",
        kind: "expectation",
        reason: "the request expects something else than 100-continue",
        ..case(PUBLIC, get("/canary").with("expect", "the-unexpected"), get("/canary").with("expect", "100-Continue"))
    }
}

fn not_found() -> Case {
    Case {
        status: 404,
        text: "no such function",
        stage: "route",
        kind: "not_found",
        reason: "no function has this route",
        ..case(PUBLIC, get("/canaries"), get("/canary"))
    }
}

fn not_loaded() -> Case {
    let mut case = case("timeout = \"soon\"\n", get("/canary"), get("/control"));
    case.host = case.host.function("control", "canary", PUBLIC);
    Case {
        status: 503,
        text: "function not available",
        stage: "route",
        kind: "not_loaded",
        reason: "canary.toml:1: timeout: ",
        ..case
    }
}

fn undeclared() -> Case {
    Case {
        remote: true,
        status: 403,
        text: "forbidden",
        stage: "address",
        kind: "undeclared",
        reason: "the client is another machine",
        ..case("", get("/canary"), get("/canary"))
    }
}

fn address_forbidden() -> Case {
    let policy = "access = \"public\"\n[ip]\ndeny = [\"192.0.2.0/24\"]\n";
    Case {
        remote: true,
        status: 403,
        text: "forbidden",
        stage: "address",
        kind: "address_forbidden",
        reason: "the policy's [ip] does not allow the client's address",
        ..case(policy, get("/canary"), get("/canary"))
    }
}

fn rate_limited() -> Case {
    let policy = "access = \"public\"\n[limit]\nrate = \"1/day\"\n";
    Case {
        first: Some(get("/canary")),
        remote: true,
        status: 429,
        text: "too many requests",
        headers: &[("retry-after", ANY), ("ratelimit-policy", "\"ip\";q=1;w=86400"), ("ratelimit", ANY)],
        stage: "rate",
        kind: "rate_limited",
        reason: "more than 1/day ([limit], counted by ip)",
        ..case(policy, get("/canary"), get("/canary"))
    }
}

fn method_not_allowed() -> Case {
    Case {
        status: 405,
        text: "method not allowed",
        headers: &[("allow", "POST, PUT, OPTIONS")],
        stage: "method",
        kind: "method_not_allowed",
        reason: "the policy allows POST, PUT, OPTIONS",
        ..case("access = \"public\"\nmethods = [\"POST\", \"PUT\"]\n", get("/canary"), post("/canary", ""))
    }
}

fn body_too_slow() -> Case {
    let mut case = case(PUBLIC, request(Method::POST, "/canary", Body::stalls("a")), post("/canary", "abc"));
    case.host = case.host.settings(&format!("{}[server]\nbody_timeout = \"20ms\"\n", demo("")));
    Case {
        status: 408,
        text: "request body too slow",
        stage: "body",
        kind: "body_too_slow",
        reason: "the body was too slow: it did not arrive within server.body_timeout",
        ..case
    }
}

fn body_too_large() -> Case {
    let policy = "access = \"public\"\nbody_limit = \"3B\"\n";
    Case {
        status: 413,
        text: "request body too large",
        stage: "body",
        kind: "body_too_large",
        reason: "the body is larger than body_limit",
        ..case(policy, post("/canary", "abcd"), post("/canary", "abc"))
    }
}

fn no_room() -> Case {
    let large = vec![b'x'; room::SMALL + 1];
    let mut case = case(PUBLIC, post("/canary", large.clone()), post("/canary", large));
    case.host = case.host.settings(&format!("{}[server]\npermit_wait = \"0ms\"\n", demo("")));
    Case {
        full: true,
        status: 503,
        text: "overloaded",
        headers: &[("retry-after", "1")],
        stage: "body",
        kind: "no_room",
        reason: "other requests took up server.body_bytes",
        ..case
    }
}

fn body_broken() -> Case {
    Case {
        status: 400,
        text: "bad request",
        stage: "body",
        kind: "body_broken",
        reason: "the body broke off: the connection was reset",
        ..case(PUBLIC, request(Method::POST, "/canary", Body::breaks("ab")), post("/canary", "abc"))
    }
}

#[tokio::test]
async fn whoever_is_refused_gets_a_fixed_text_and_no_sandbox() {
    for (name, case) in CASES {
        check(name, case()).await;
    }
}

async fn check(name: &str, case: Case) {
    let host = case.host.start();
    let open = || host.app.windows.open(&"canary".into(), Instant::now());
    if case.opens {
        open();
    }
    let client = if case.remote { REMOTE } else { LOCAL };
    if let Some(first) = case.first {
        assert_eq!(host.send_from(first, client).await.status, 200, "{name}");
    }
    let made = host.instances();
    let busy = case.busy.then(|| host.ready("canary"));
    let permit = busy.map(|canary| (canary.permits.try_acquire(), canary.verifier_permits.try_acquire()));
    let mut others = Held::default();
    if case.full {
        let all = room::largest(host.app.live().server.body_bytes).to_usize();
        assert!(host.app.room.grow(&mut others, all, Duration::ZERO).await);
    }
    let id = format!("refusal-{}", name.trim_start_matches("late::"));
    let credential = case.bad.headers().get("authorization").cloned();

    if case.opens {
        open();
    }
    let answer = host.send_from(case.bad.with("x-request-id", &id), client).await;

    assert_eq!(answer.status, case.status, "{name}");
    assert_eq!(answer.json(), json!({ "error": case.text, "request_id": id }), "{name}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
    assert_eq!(answer.id(), id, "{name}");
    for header in ["allow", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate"] {
        let expected = case.headers.iter().find(|(name, _)| *name == header).map(|(_, value)| *value);
        let answered = answer.header(header);
        assert_eq!(answered.map(|value| if expected == Some(ANY) { ANY } else { value }), expected, "{name}");
    }

    assert_eq!(host.instances(), made, "{name}");
    assert!(!log::canary_ran(&id), "{name}");

    let line = log::access(&id);
    assert!(line.field("reason").contains(case.reason), "{name}: {line}");
    assert_eq!((line.field("outcome"), line.field("stage")), ("refused", case.stage), "{name}");
    assert_eq!(line.field("status"), case.status.to_string(), "{name}");
    let function = line.field("function");
    let series = format!(
        "vestibule_refusals_total{{function=\"{function}\",stage=\"{}\",reason=\"{}\"}}",
        case.stage, case.kind
    );
    assert_eq!(host.metric(&series), 1, "{name}: {series}");

    let shown = format!("{} {:?} {:?}", line, answer.headers, answer.body);
    let mut never = vec![SECRET.to_owned(), SHARED.to_owned(), FORGED.to_owned()];
    never.extend(credential.map(|value| value.to_str().unwrap().trim_start_matches("Bearer ").to_owned()));
    for secret in never {
        assert!(!shown.contains(&secret), "{name}: {shown}");
    }
    assert!(!answer.text().contains(case.reason), "{name}");

    drop((permit, others));
    let accepted = host.send(case.good).await;
    assert_eq!((accepted.status, accepted.text()), (200, "the canary ran"), "{name}");
    assert_eq!(host.instances(), made + 1, "{name}");
    assert!(log::canary_ran(accepted.id()), "{name}: the canary was not heard, so its silence proves nothing");
}
