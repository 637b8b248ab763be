//! The order of the gates: whoever breaks several rules is told of the first gate's, and learns nothing of the gates
//! behind it.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use http::Method;
use serde_json::json;

use crate::support::token::{self, SHARED, bearer};
use crate::support::{Body, LOCAL, REMOTE, With, host, log, request};

const SECRET: &str = "hunter2";

/// What a client gets right, in the order of the gates; what comes later it gets wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    Nothing,
    Host,
    Route,
    Address,
    Method,
    Rate,
    Size,
    Signature,
    Token,
    Role,
    Patience,
}

#[tokio::test]
async fn the_first_gate_that_refuses_is_the_one_that_answers() {
    let policy = "methods = [\"POST\"]\nbody_limit = \"2B\"\nconcurrency = 1\n\
                  [verify]\nscheme = \"github\"\nsecrets = [\"SECRET\"]\n\
                  [auth]\nproviders = [\"demo\"]\nroles = [\"admin\"]\n\
                  [limit]\nrate = \"1/day\"\nburst = 1\n[ip]\ndeny = [\"192.0.2.0/24\"]\n";
    let host = host()
        .function("canary", "canary", policy)
        .settings(&format!("{}[server]\npermit_wait = \"0ms\"\n", token::demo("")))
        .secret("SECRET", SECRET)
        .secret("JWT", SHARED)
        .start();
    let permits = host.ready("canary").permits.clone();

    for (right, status, stage) in [
        (Right::Nothing, 400, "route"),
        (Right::Host, 404, "route"),
        (Right::Route, 403, "address"),
        (Right::Address, 405, "method"),
        (Right::Method, 429, "rate"),
        (Right::Rate, 413, "body"),
        (Right::Size, 401, "verify"),
        (Right::Signature, 401, "auth"),
        (Right::Token, 403, "auth"),
        (Right::Role, 503, "admit"),
        (Right::Patience, 200, ""),
    ] {
        let target = if right >= Right::Route { "/canary" } else { "/nobody" };
        let method = if right >= Right::Method { Method::POST } else { Method::DELETE };
        let body = if right >= Right::Size { Body::whole("{}") } else { Body::claims(3) };
        let asked = body.asked();
        let mut sent = request(method, target, body);
        if right < Right::Host {
            sent = sent.with("host", "localhost:8080");
        }
        if right >= Right::Signature {
            sent = sent.signed("github", SECRET, b"{}", SystemTime::now());
        }
        if right >= Right::Token {
            let roles = if right >= Right::Role { json!(["admin"]) } else { json!([]) };
            sent = sent.with("authorization", bearer(json!({ "roles": roles })));
        }
        let permit = (right < Right::Patience).then(|| permits.try_acquire().unwrap());

        // Each has a quota of its own; the one that is to be over it has used it up before.
        let client = if right >= Right::Address { [198, 51, 100, right as u8].into() } else { REMOTE };
        if right == Right::Method {
            let first = request(Method::POST, "/canary", Body::claims(3));
            assert_eq!(host.send_from(first, client).await.status, 413);
        }

        let answer = host.send_from(sent, client).await;
        drop(permit);
        assert_eq!((answer.status, log::access(answer.id()).field("stage")), (status, stage), "{right:?}");
        assert_eq!(asked.load(Ordering::Relaxed) > 0, right >= Right::Size, "{right:?}: the body was read");
        assert_eq!(host.instances(), u64::from(right == Right::Patience), "{right:?}");
        assert_eq!(log::canary_ran(answer.id()), right == Right::Patience, "{right:?}");
    }
}

#[tokio::test]
async fn who_may_reach_an_undeclared_function_comes_before_its_method_and_the_body() {
    let host = host().function("canary", "canary", "methods = [\"POST\"]\nbody_limit = \"2B\"\n").start();
    for (client, method, length, status) in [
        (REMOTE, Method::DELETE, 3, 403),
        (REMOTE, Method::POST, 3, 403),
        (REMOTE, Method::OPTIONS, 0, 403),
        (LOCAL, Method::DELETE, 3, 405),
        (LOCAL, Method::POST, 3, 413),
    ] {
        let shown = format!("{client} {method} {length}");
        let answer = host.send_from(request(method, "/canary", Body::claims(length)), client).await;
        assert_eq!(answer.status, status, "{shown}");
    }
    assert_eq!(host.instances(), 0);
}

#[tokio::test]
async fn the_size_of_the_head_is_checked_before_the_route() {
    let host = host().function("canary", "canary", "access = \"public\"\n").start();
    let long = format!("/nobody?{}", "x".repeat(9000));
    for (target, header, status) in [
        (long.as_str(), "x".repeat(40_000), 414),
        ("/nobody", "x".repeat(40_000), 431),
        ("/nobody", "x".to_owned(), 404),
    ] {
        let answer = host.send(request(Method::GET, target, Body::whole("")).with("x-header", header)).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn the_host_answers_options_and_no_gate_but_the_address_stands_before_it() {
    let policy = "methods = [\"GET\"]\n[auth]\nproviders = [\"demo\"]\n";
    let host = host().function("canary", "canary", policy).settings(&token::demo("")).secret("JWT", SHARED).start();
    let answer = host.send(request(Method::OPTIONS, "/canary", Body::claims(5))).await;
    assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    assert_eq!((answer.body.len(), host.instances()), (0, 0));
    assert_eq!(log::access(answer.id()).field("outcome"), "options");
}
