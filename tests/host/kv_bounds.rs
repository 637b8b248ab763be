//! What bounds stores: quotas, sizes, what a guest may pass and hold; and what becomes of functions where their store cannot be
//! opened or has failed.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;
use vestibule_host::reload::STILL;

use crate::kv::{ask, granted, with};
use crate::support::{Host, PUBLIC, get, host, log, post};

async fn refused(host: &Host, query: &str, body: &str) -> String {
    let told = ask(host, "/f", &format!("store=s&{query}"), body).await;
    told["err"].as_str().unwrap_or_else(|| panic!("{query}: {told}")).to_owned()
}

#[tokio::test]
async fn a_store_that_is_full_says_which_setting_it_is_and_lets_what_is_there_be_changed() {
    let host = with("[state]\nkv_value = \"100B\"\nkv_keys = 3\nkv_bytes = \"150B\"\n");
    let f = async |query: &str, body: &str| ask(&host, "/f", &format!("store=s&{query}"), body).await;
    let done = json!({ "ok": null });
    assert!(refused(&host, "op=set&key=a&bytes=101", "").await.contains("state.kv_value in host.toml allows 100"));
    assert_eq!(f("op=set&key=a&bytes=100", "").await, done);
    assert!(refused(&host, "op=set&key=b&bytes=60", "").await.contains("state.kv_bytes in host.toml"));
    assert_eq!(f("op=get&key=b", "").await, done, "nothing of it is there");
    assert_eq!(f("op=set&key=b", "1").await, done);
    assert_eq!(f("op=set&key=c", "1").await, done);
    for op in ["op=set&key=d", "op=increment&key=d", "op=absent&key=d", "op=set-many&key=a,d", "op=set-for&key=d&ms=99"]
    {
        assert!(refused(&host, op, "1").await.contains("state.kv_keys in host.toml"), "{op}");
    }
    assert_eq!(f("op=size&key=a", "").await, json!({ "ok": 100 }), "a batch is done whole or not at all");
    assert_eq!(f("op=increment&key=c", "").await, json!({ "ok": 2 }));
    assert_eq!(f("op=delete&key=a", "").await, done);
    assert_eq!(f("op=set&key=d", "1").await, done);
}

#[tokio::test]
async fn keys_and_batches_have_bounds_that_no_setting_changes() {
    let host = with("");
    assert!(refused(&host, &format!("op=set&key={}", "k".repeat(1025)), "v").await.contains("1024"));
    assert!(refused(&host, &format!("op=get&key={}", "k".repeat(1025)), "").await.contains("1024"));
    let many = "k,".repeat(1024);
    for op in ["get-many", "set-many", "delete-many"] {
        assert!(refused(&host, &format!("op={op}&key={many}"), "v").await.contains("1024 are the most"), "{op}");
    }
    // Ten of a mebibyte each, read at once.
    for n in 0..10 {
        let set = ask(&host, "/f", &format!("store=s&op=set&key={n}&bytes=1048576"), "").await;
        assert_eq!(set, json!({ "ok": null }));
    }
    assert!(refused(&host, "op=get-many&key=0,1,2,3,4,5,6,7,8,9", "").await.contains("8388608 bytes"));
}

#[tokio::test]
async fn what_a_guest_passes_and_holds_is_bounded_whatever_it_is_for() {
    let host = with("[state]\nkv_value = \"4MiB\"\n");
    let size = async |key: &str| ask(&host, "/f", &format!("op=size&store=s&key={key}"), "").await["ok"].clone();
    assert_eq!(ask(&host, "/f", "op=set&store=s&key=largest&bytes=4194304", "").await, json!({ "ok": null }));
    assert_eq!(size("largest").await, json!(4 << 20));
    // More than a guest may pass in one call ends it, before the host has taken any of it.
    let answer = host.send(post("/f?op=set&store=s&key=larger&bytes=20000000", "")).await;
    assert_eq!((answer.status, host.outcomes("f", "trap")), (500, 1), "{}", answer.text());
    assert!(log::access(answer.id()).field("reason").contains("hostcalls"), "{}", log::access(answer.id()));
    assert_eq!(size("larger").await, json!(null));
    assert!(refused(&host, "op=hoard", "").await.contains("too many handles at once"));
    // What was held was the call's, and nobody else's.
    assert_eq!(size("largest").await, json!(4 << 20));
}

#[tokio::test]
async fn a_function_is_not_served_without_the_file_that_its_store_is_in() {
    let damaged = host().function("f", "stores", &granted("\"s\"")).function("open", "canary", PUBLIC);
    let host = damaged.file("../state.redb", "no such thing").start();
    let problem = host.problems.iter().next().unwrap();
    assert!(problem.file.ends_with("functions/f.toml"), "{problem}");
    assert_eq!(problem.key.as_deref(), Some("grants.kv"));
    assert!(problem.message.contains("stores cannot be opened") && problem.message.contains("damaged"), "{problem}");
    assert!(problem.fix.contains("backup"), "{problem}");
    assert_eq!(host.problems.len(), 1, "{}", host.problems);
    assert_eq!((host.send(get("/f?op=get&store=s&key=k")).await.status, host.instances()), (503, 0));
    assert_eq!(host.send(get("/open")).await.status, 200);
    // Put right, it is opened without anybody's doing.
    host.remove("../state.redb");
    let mut now = Instant::now();
    while host.send(get("/f?op=get&store=s&key=k")).await.status == 503 {
        now += Duration::from_secs(10);
        host.look(now);
    }
    assert_eq!(ask(&host, "/f", "op=set&store=s&key=k", "v").await, json!({ "ok": null }));
}

#[tokio::test]
async fn the_file_is_made_when_a_function_is_first_granted_a_store() {
    let host = host().function("f", "stores", PUBLIC).start();
    let file = host.functions().join("../state.redb");
    assert!(ask(&host, "/f", "op=get&store=s&key=k", "").await["err"].is_string());
    assert!(!file.exists());
    host.write("f.toml", granted("\"s\""));
    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    assert!(fs::metadata(&file).unwrap().is_file());
    assert_eq!(ask(&host, "/f", "op=set&store=s&key=k", "v").await, json!({ "ok": null }));
    // And what is no longer granted is out of reach at once, and kept.
    host.write("f.toml", PUBLIC);
    host.look(now + STILL * 2);
    host.look(now + STILL * 3);
    assert!(ask(&host, "/f", "op=get&store=s&key=k", "").await["err"].is_string());
    host.write("f.toml", granted("\"s\""));
    host.look(now + STILL * 4);
    host.look(now + STILL * 5);
    assert_eq!(ask(&host, "/f", "op=get&store=s&key=k", "").await, json!({ "ok": "v" }));
}

#[tokio::test]
async fn a_function_with_a_store_waits_for_it_no_longer_than_its_time() {
    // A million writes, each on disk before the next: more than there is time for.
    let host = host().function("f", "stores", &format!("timeout = \"300ms\"\n{}", granted("\"s\""))).start();
    let answer = host.send(post("/f?op=increment&store=s&key=n&times=1000000", "")).await;
    assert_eq!((answer.status, host.outcomes("f", "timeout")), (504, 1), "{}", answer.text());
    let counted = ask(&host, "/f", "op=increment&store=s&key=n", "").await["ok"].as_u64().unwrap();
    assert!(counted > 1, "what was acknowledged is there");
}
