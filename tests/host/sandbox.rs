//! Functions that misbehave: each way to fail has a status, a fixed text and a name in the metrics, the reason is in the
//! log alone, and whoever else is being served notices nothing.

use std::net::TcpListener;
use std::time::Instant;

use serde_json::{Value, json};
use tracing::Level;

use crate::support::{Host, PUBLIC, get, host, log, post};

/// What a misbehaving function is answered with.
struct Fails {
    component: &'static str,
    policy: &'static str,
    status: u16,
    text: &'static str,
    outcome: &'static str,
    /// In the log, and nowhere else.
    reason: &'static str,
}

const FAILURES: [Fails; 9] = [
    Fails {
        component: "endless-loop",
        policy: "timeout = \"50ms\"",
        status: 504,
        text: "the function took too long",
        outcome: "timeout",
        reason: "still running at its policy's `timeout`",
    },
    Fails {
        component: "sleeper",
        policy: "timeout = \"50ms\"",
        status: 504,
        text: "the function took too long",
        outcome: "timeout",
        reason: "still running at its policy's `timeout`",
    },
    Fails {
        component: "memory-bomb",
        policy: "memory = \"16MiB\"",
        status: 500,
        text: "the function failed",
        outcome: "out_of_memory",
        reason: "refused memory past its policy's `memory`",
    },
    Fails {
        component: "deep-recursion",
        policy: "",
        status: 500,
        text: "the function failed",
        outcome: "trap",
        reason: "out of bounds memory access",
    },
    Fails {
        component: "trap",
        policy: "",
        status: 500,
        text: "the function failed",
        outcome: "trap",
        reason: "unreachable",
    },
    Fails {
        component: "error",
        policy: "",
        status: 500,
        text: "the function failed",
        outcome: "error",
        reason: "correct-horse-battery-staple",
    },
    Fails {
        component: "huge-response",
        policy: "",
        status: 502,
        text: "the function's answer is too large",
        outcome: "response_too_large",
        reason: "larger than the policy's `response_limit`",
    },
    Fails {
        component: "bad-header",
        policy: "",
        status: 502,
        text: "the function gave no valid answer",
        outcome: "bad_response",
        reason: "the value of `x-note` holds a CR, LF or NUL",
    },
    Fails {
        component: "wrong-status",
        policy: "",
        status: 502,
        text: "the function gave no valid answer",
        outcome: "bad_response",
        reason: "status 99 is not within 200 to 599",
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_has_its_status_and_its_name_and_harms_nobody_else() {
    let add = |host: crate::support::Builder, fails: &Fails| {
        host.function(fails.component, fails.component, &format!("{PUBLIC}{}\n", fails.policy))
    };
    let host = FAILURES.iter().fold(host().function("hello", "hello", PUBLIC), add).start();
    for fails in &FAILURES {
        let name = fails.component;
        let (target, neighbour) = (format!("/{name}"), get("/hello?name=Ada"));
        let (answer, neighbour) = tokio::join!(host.send(get(&target)), host.send(neighbour));
        assert_eq!((neighbour.status, neighbour.text()), (200, "Hello, Ada!\n"), "beside {name}");

        assert_eq!(answer.status, fails.status, "{name}");
        assert_eq!(answer.json(), json!({ "error": fails.text, "request_id": answer.id() }), "{name}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
        assert_eq!(host.outcomes(name, fails.outcome), 1, "{name}: {}", host.app.metrics.encode());

        let line = log::access(answer.id());
        assert_eq!((line.field("outcome"), line.level), (fails.outcome, Level::WARN), "{name}");
        assert!(line.field("reason").contains(fails.reason), "{name}: {line}");
        let shown = format!("{:?} {}", answer.headers, answer.text());
        assert!(!shown.contains(fails.reason), "{name}: {shown}");

        let again = host.send(get("/hello")).await;
        assert_eq!((again.status, again.text()), (200, "Hello, world!\n"), "after {name}");
    }
    assert_eq!(host.metric("vestibule_instances_running"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_does_not_end_is_ended_at_its_timeout() {
    for component in ["endless-loop", "sleeper"] {
        let host = host().function("slow", component, &format!("{PUBLIC}timeout = \"100ms\"\n")).start();
        let started = Instant::now();
        let answer = host.send(get("/slow?ms=60000")).await;
        let took = started.elapsed().as_millis();
        assert_eq!(answer.status, 504, "{component}");
        assert!((100..5000).contains(&took), "{component}: {took} ms");
    }
}

#[tokio::test]
async fn nested_json_fits_the_stack_of_the_examples() {
    let host = host().function("echo", "echo", PUBLIC).start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = format!("{}null{}", open.repeat(64), close.repeat(64));
        let answer = host.send(post("/echo?json", nested.clone())).await;
        assert_eq!((answer.status, answer.text()), (200, &*nested));
    }
}

#[tokio::test]
async fn a_panics_message_is_in_the_log_and_not_in_the_answer() {
    let host = host().function("trap", "trap", PUBLIC).start();
    let answer = host.send(get("/trap")).await;
    assert!(!answer.text().contains("nobody expected"));
    assert!(log::guest(answer.id()).iter().any(|line| line.field("message").contains("nobody expected GET")));
}

#[tokio::test]
async fn an_errors_text_is_in_the_log_and_not_in_the_answer() {
    let host = host().function("error", "error", PUBLIC).start();
    let answer = host.send(get("/error")).await;
    let told = "the database at db.internal refused the password correct-horse-battery-staple";
    assert_eq!(log::access(answer.id()).field("reason"), told);
    for word in ["database", "db.internal", "correct-horse"] {
        assert!(!answer.text().contains(word) && !format!("{:?}", answer.headers).contains(word));
    }
}

#[tokio::test]
async fn a_flood_of_output_is_cut_and_the_function_goes_on() {
    let host = host().function("stdout-flood", "stdout-flood", PUBLIC).start();
    let answer = host.send(get("/stdout-flood?lines=2000")).await;
    assert_eq!((answer.status, answer.text()), (200, "2000 lines"));
    let lines = log::guest(answer.id());
    assert_eq!(lines.len(), 501, "500 lines, and one that says that there were more");
    assert_eq!(lines[499].field("message"), "line 499 of a flood that nobody asked for");
    assert!(lines[500].field("message").starts_with("output cut"), "{}", lines[500]);
    assert_eq!((lines[0].field("function"), lines[0].field("source")), ("stdout-flood", "stdout"));
}

#[tokio::test]
async fn every_request_has_an_instance_of_its_own() {
    let host = host().function("counter", "counter", PUBLIC).start();
    for request in 1..=50 {
        let answer = host.send(get("/counter")).await;
        assert_eq!((answer.status, answer.text()), (200, "1"), "request {request}");
        assert_eq!(host.instances(), request);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_the_same_time_have_instances_of_their_own() {
    let host = host().function("counter", "counter", PUBLIC).start();
    let host: &Host = &host;
    for _ in 0..10 {
        let answers = tokio::join!(
            host.send(get("/counter")),
            host.send(get("/counter")),
            host.send(get("/counter")),
            host.send(get("/counter")),
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            assert_eq!(answer.text(), "1");
        }
    }
    assert_eq!(host.instances(), 40);
}

#[tokio::test]
async fn a_failed_call_leaves_nothing_to_the_next() {
    // One sandbox: every call is in the place of the one before it.
    let host = host().function("trap", "trap", PUBLIC).function("counter", "counter", PUBLIC).sandboxes(1).start();
    for _ in 0..5 {
        assert_eq!(host.send(get("/trap")).await.status, 500);
        assert_eq!(host.send(get("/counter")).await.text(), "1");
    }
}

#[tokio::test]
async fn a_function_has_no_files_no_environment_and_no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = host().function("escape", "escape", PUBLIC).start();

    let answer = host.send(get(&format!("/escape?port={port}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected = json!({
        "list_root": null,
        "list_here": null,
        "read_file": null,
        "write_file": null,
        "variables": [],
        "arguments": [],
        "connect": null,
        "listen": null,
        "datagram": null,
        "look_up": null,
    });
    assert_eq!(answer.json(), expected);
    assert!(listener.accept().is_err(), "nobody came through");
    let lines = log::guest(answer.id());
    // Of files it is said to whoever asks for it: some languages look for them as they start.
    let lines = lines.iter().filter(|line| line.level == Level::WARN);
    let said: Vec<String> = lines.map(|line| line.field("message").to_owned()).collect();
    let never = |what: &str| format!("{what} is out of reach: nothing in a policy can grant it");
    let each = ["a TCP socket", "a TCP socket", "a UDP socket", "a look-up of a name"];
    assert_eq!(said, each.map(never), "a line for each socket, that names no line of a policy");
    let left_behind = Value::from(host.functions().join("left-behind").exists());
    assert_eq!((left_behind, std::path::Path::new("left-behind").exists()), (json!(false), false));
}
