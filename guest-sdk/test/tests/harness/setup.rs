//! What a request to a function that anyone may call comes to, and what is said where nothing comes of it.

use serde_json::json;
use vestibule_test::{Backend, Host, Level, mock_http_event};

use crate::{example, on_both_backends};

on_both_backends![
    an_answer_has_all_parts,
    a_request_is_sent_as_it_is_written,
    several_functions_are_served_together,
    lines_of_a_function_come_with_its_answer,
    a_policy_that_is_wrong_is_told,
    settings_that_are_wrong_are_told,
    a_request_that_is_none_is_told,
    a_host_is_shared_by_threads,
];

fn an_answer_has_all_parts(backend: Backend) {
    let host = example("divide", backend).start();
    let answer = host.get("/divide").query("dividend", "20").query("divisor", "5").send();
    answer
        .assert_status(200)
        .assert_header("Content-Type", "application/json")
        .assert_no_header("set-cookie")
        .assert_json(&json!({ "message": "20 / 5 = 4", "quotient": 4 }))
        .assert_json_includes(&json!({ "quotient": 4 }))
        .assert_body_contains("20 / 5");
    assert_eq!((answer.instances(), answer.outcome(), answer.stage()), (1, "ok", None));
    assert!(answer.instance_ms().is_some() && answer.memory_bytes().is_some());
    assert_eq!(answer.header("x-request-id"), Some(answer.request_id()));
    // The policy takes GET alone.
    let refused = host.post("/divide").send();
    refused.assert_status(405).assert_header("allow", "GET, HEAD, OPTIONS").assert_refused_by("method");
    assert_eq!(host.instances(), 1);
    assert_eq!(host.get("/multiply").send().status(), 404);
    assert_eq!(host.metric("vestibule_requests_total{function=\"divide\",status=\"200\"}"), 1);
}

fn a_request_is_sent_as_it_is_written(backend: Backend) {
    let host = example("hostile/echo", backend).policy("access = \"public\"").start();
    let event = mock_http_event().with_method("PUT").with_path("/hostile/echo/a%20b?x=1").with_header("X-Twice", "1");
    let answer = host.event(event).header("x-twice", "2").cookie("a", "b").body([0, 159, 146, 150]).send();
    answer.assert_status(200);
    let told: serde_json::Value = answer.json();
    let text = told.to_string();
    for part in ["PUT", "/a%20b", "x=1", "x-twice"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn several_functions_are_served_together(backend: Backend) {
    let host = example("hello", backend).route("greetings/[who]").and("../../target/functions/divide.wasm").start();
    host.get("/greetings/x?name=Ada").send().assert_body("Hello, Ada!\n");
    host.get("/divide?dividend=1&divisor=2").send().assert_status(200);
    assert_eq!(host.instances(), 2);
}

fn lines_of_a_function_come_with_its_answer(backend: Backend) {
    let host = example("hostile/canary", backend).policy("access = \"public\"").start();
    let answer = host.get("/hostile/canary").send();
    assert!(answer.logs().iter().any(|line| line.message == "canary: instance started"), "{answer}");
    let again = host.get("/hostile/canary").send();
    assert_eq!(again.logs().len(), answer.logs().len(), "each answer has its own lines");
    let trap = example("hostile/trap", backend).policy("access = \"public\"").get("/hostile/trap").send();
    trap.assert_status(500);
    assert!(trap.logs().iter().any(|line| line.level == Level::Warn), "a panic is told on standard error: {trap}");
    assert_eq!(trap.outcome(), "trap");
    assert!(trap.reason().is_some());
}

fn a_policy_that_is_wrong_is_told(backend: Backend) {
    let host = example("hello", backend).policy("acess = \"public\"").start();
    let answer = host.get("/hello").send();
    answer.assert_status(503);
    let text = answer.to_string();
    assert!(text.contains("acess") && text.contains("access"), "{text}");
    assert!(host.problems().concat().contains("acess"), "{:?}", host.problems());
}

fn settings_that_are_wrong_are_told(backend: Backend) {
    let error = example("hello", backend).settings("[defaults]\ntimeout = \"ten\"").try_start().err().unwrap();
    assert!(error.to_string().contains("timeout"), "{error}");
    let elsewhere = example("hello", backend).route("../../hello").try_start().err().unwrap();
    assert!(elsewhere.to_string().contains("is no route"), "{elsewhere}");
    let elsewhere = example("hello", backend).secret("../KEY", "x").try_start().err().unwrap();
    assert!(elsewhere.to_string().contains("is not the name of a secret"), "{elsewhere}");
    let error = Host::with("../../target/functions/nobody.wasm").backend(backend).try_start().err().unwrap();
    assert!(error.to_string().contains("run `host build` first"), "{error}");
}

fn a_request_that_is_none_is_told(backend: Backend) {
    let host = example("hello", backend).start();
    let error = host.get("/hello").header("x y", "1").try_send().unwrap_err();
    assert!(error.to_string().contains("GET /hello"), "{error}");
    host.get("/hello").send().assert_status(200);
}

fn a_host_is_shared_by_threads(backend: Backend) {
    let host = example("hello", backend).start();
    std::thread::scope(|threads| {
        for name in ["Ada", "Grace", "Edsger", "Barbara"] {
            let host = host.clone();
            threads.spawn(move || {
                host.get("/hello").query("name", name).send().assert_body(format!("Hello, {name}!\n")).status()
            });
        }
    });
    assert_eq!(host.instances(), 4);
}
