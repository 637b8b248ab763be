//! Stores as functions have them: whose they are, what is kept for how long, what many who write at once come to. The guest
//! does what the query says and answers what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::support::{Answer, Host, PUBLIC, With, get, host, log, post};

/// A policy of a function that anyone may call, with these stores.
pub(crate) fn granted(stores: &str) -> String {
    format!("{PUBLIC}\n[grants]\nkv = [{stores}]\n")
}

/// A host with one function `f` that has the store `s`, under these settings.
pub(crate) fn with(settings: &str) -> Host {
    host().function("f", "stores", &granted("\"s\"")).settings(settings).start()
}

/// Has the function at `path` do what the query says.
pub(crate) async fn ask(host: &Host, path: &str, query: &str, body: &str) -> Value {
    let answer = host.send(post(&format!("{path}?{query}"), body.to_owned())).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

/// What the host said of a request beside its line in the access log.
fn said(answer: &Answer) -> Vec<String> {
    log::guest(answer.id()).iter().map(|line| line.field("message").to_owned()).collect()
}

#[tokio::test]
async fn grants_kv_is_enforced() {
    let host = host().function("with", "stores", &granted("\"s\"")).function("without", "stores", PUBLIC).start();
    assert!(ask(&host, "/with", "op=set&store=s&key=k", "v").await["err"].is_null());
    assert!(ask(&host, "/without", "op=get&store=s&key=k", "").await["err"].is_string());
}

#[tokio::test]
async fn a_store_is_for_all_who_are_granted_it_and_for_nobody_else() {
    let host = host()
        .function("shop", "stores", &granted("\"orders\", \"shop\""))
        .function("depot", "stores", &granted("\"orders\""))
        .function("blog", "stores", &granted("\"posts\""))
        .function("page", "stores", PUBLIC)
        .start();
    assert_eq!(ask(&host, "/shop", "op=set&store=orders&key=7", "placed").await, json!({ "ok": null }));
    assert_eq!(ask(&host, "/depot", "op=get&store=orders&key=7", "").await, json!({ "ok": "placed" }));
    assert_eq!(ask(&host, "/shop", "op=get&store=shop&key=7", "").await, json!({ "ok": null }));
    for (path, store) in [("/depot", "shop"), ("/blog", "orders"), ("/page", "orders"), ("/page", "never-there")] {
        for op in ["get", "set", "delete", "keys", "increment", "set-for&ms=9", "get-many"] {
            let answer = host.send(post(&format!("{path}?op={op}&store={store}&key=7"), "stolen")).await;
            let line = format!("kv = [\"{store}\"] under [grants] in the function's policy");
            let error = answer.json()["err"].as_str().unwrap().to_owned();
            assert!(error.contains(&line), "{path} {op}: {error}");
            assert_eq!(said(&answer), [format!("the store {store} is not granted: write {line}")]);
        }
    }
    assert_eq!(ask(&host, "/shop", "op=get&store=orders&key=7", "").await, json!({ "ok": "placed" }));
}

#[tokio::test]
async fn what_is_no_name_of_a_store_cannot_be_granted_and_the_log_says_so() {
    let host = with("");
    for name in ["Orders", "..%2Fs", "s%0Aforged", "", "s%00"] {
        let answer = host.send(get(&format!("/f?op=get&store={name}&key=k"))).await;
        assert!(answer.json()["err"].as_str().unwrap().contains("is not the name of a store"), "{}", answer.text());
        let [line] = &said(&answer)[..] else { panic!("{:?}", said(&answer)) };
        assert!(
            line.ends_with("is out of reach: nothing in a policy can grant it") && !line.contains('\n'),
            "{line:?}"
        );
    }
}

#[tokio::test]
async fn what_is_written_is_read_in_whatever_way_it_is_asked_for() {
    let host = with("");
    let f = async |query: &str, body: &str| ask(&host, "/f", &format!("store=s&{query}"), body).await["ok"].clone();
    assert_eq!(f("op=get&key=a", "").await, json!(null));
    f("op=set-many&key=a,b,c", "many").await;
    f("op=set&key=b", "one").await;
    assert_eq!(f("op=get-many&key=b,x,a", "").await, json!(["one", null, "many"]));
    assert_eq!((f("op=exists&key=c", "").await, f("op=exists&key=x", "").await), (json!(true), json!(false)));
    f("op=delete-many&key=a,x", "").await;
    f("op=delete&key=c", "").await;
    assert_eq!(f("op=keys", "").await, json!(["b"]));
    assert_eq!((f("op=absent&key=b", "2").await, f("op=absent&key=d", "2").await), (json!(false), json!(true)));
    assert_eq!(f("op=swap&key=d&expected=1", "3").await, json!(false));
    assert_eq!(f("op=swap&key=d&expected=2", "3").await, json!(true));
    assert_eq!(f("op=get&key=d", "").await, json!("3"));
    assert_eq!(f("op=increment&key=d&delta=4", "").await, json!(7));
    f("op=set&key=", "empty key").await;
    assert_eq!(f("op=get&key=", "").await, json!("empty key"));
}

#[tokio::test]
async fn what_is_set_for_a_time_is_gone_after_it() {
    let host = with("");
    let f = async |query: &str| ask(&host, "/f", &format!("store=s&{query}"), "v").await["ok"].clone();
    f("op=set-for&key=short&ms=300").await;
    f("op=set-for&key=long&ms=600000").await;
    assert_eq!(f("op=increment-for&key=count&ms=300").await, json!(1));
    let until = Instant::now() + Duration::from_secs(20);
    while f("op=exists&key=short").await == json!(true) || f("op=exists&key=count").await == json!(true) {
        assert!(Instant::now() < until, "it stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(f("op=keys").await, json!(["long"]));
    assert_eq!(f("op=increment-for&key=count&ms=600000").await, json!(1), "what is counted begins anew");
    for wrong in ["0", "315360000001", "18446744073709551615"] {
        let told = ask(&host, "/f", &format!("store=s&op=set-for&key=k&ms={wrong}"), "v").await;
        assert!(told["err"].as_str().unwrap().contains("ten years"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_count_at_once_on_four_functions_come_to_ten_thousand() {
    let names = ["a", "b", "c", "d"];
    let builder = names.iter().fold(host(), |host, name| host.function(name, "../counter", &granted("\"counter\"")));
    let host = Arc::new(builder.settings("[server]\npermit_wait = \"60s\"").sandboxes(64).start());
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (host, path) = (Arc::clone(&host), format!("/{}", names[n % 4]));
        calls.spawn(async move {
            let mut counted = Vec::new();
            for _ in 0..250 {
                let answer = host.send(post(&path, "")).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                counted.push(answer.text().parse::<u32>().unwrap());
            }
            counted
        });
    }
    let counted: BTreeSet<u32> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(counted, (1..=10_000).collect(), "each number once");
    assert_eq!(host.send(get("/a")).await.text(), "10000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_all_that_is_there_all_the_while_whatever_is_written_meanwhile() {
    let host = Arc::new(with(""));
    assert_eq!(ask(&host, "/f", "op=fill&store=s&key=stays-&count=3000", "v").await, json!({ "ok": 3000 }));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = {
        let host = Arc::clone(&host);
        tokio::spawn(async move {
            let mut n = 0_u32;
            while !stop.is_closed() {
                n += 1;
                ask(&host, "/f", &format!("op=set&store=s&key=comes-{n}"), "v").await;
                ask(&host, "/f", &format!("op=set&store=s&key=stays-{}", n % 3000), "changed").await;
                ask(&host, "/f", &format!("op=delete&store=s&key=comes-{}", n / 2), "").await;
            }
            n
        })
    };
    for _ in 0..20 {
        let keys = ask(&host, "/f", "op=keys&store=s", "").await["ok"].as_array().unwrap().clone();
        let all: BTreeSet<&str> = keys.iter().map(|key| key.as_str().unwrap()).collect();
        assert_eq!(all.len(), keys.len(), "none comes twice");
        assert_eq!(all.iter().filter(|key| key.starts_with("stays-")).count(), 3000);
    }
    drop(stopped);
    assert!(writer.await.unwrap() > 0);
}

#[tokio::test]
async fn an_orders_status_changes_as_its_webhooks_say_and_never_backwards() {
    let policy = std::fs::read_to_string(crate::support::built("update-order-status.toml")).unwrap();
    let host = host().function("order", "update-order-status", &policy).secret("WEBHOOK_SECRET", "hunter2").start();
    let update = async |tracking: &str, status: &str, secret: &str| {
        let body = format!("{{\"trackingNumber\":\"{tracking}\",\"status\":\"{status}\"}}");
        let mut request = post("/order", body.clone());
        let signed = post("/", "").signed("sha256Verifier", secret, body.as_bytes(), SystemTime::now());
        let signature = signed.headers()["rw-webhook-signature"].clone();
        request = request.with("x-webhook-signature", signature.as_bytes());
        host.send(request).await
    };
    let unsigned = host.send(post("/order", r#"{"trackingNumber":"1Z-7","status":"PLACED"}"#)).await;
    assert_eq!((unsigned.status, host.instances()), (401, 0));
    assert_eq!(update("1Z-7", "PLACED", "another").await.status, 401);
    for (tracking, status, expected) in [
        ("1Z-7", "SHIPPED", 404),
        ("1Z-7", "PLACED", 200),
        ("1Z-7", "DELIVERED", 409),
        ("1Z-7", "SHIPPED", 200),
        ("1Z-7", "DELIVERED", 200),
        ("1Z-7", "DELIVERED", 409),
        ("1Z-8", "DELIVERED", 404),
    ] {
        let answer = update(tracking, status, "hunter2").await;
        assert_eq!(answer.status, expected, "{tracking} {status}: {}", answer.text());
        let message = answer.json()["message"].clone();
        let updated = format!("Updated order {tracking} to {status}");
        assert_eq!(message, if expected == 200 { &updated } else { "Unable to update the order status" });
    }
}
