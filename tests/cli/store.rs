//! `host store`: what is put there functions find, and what they have put is found; one process has the state's file.

use std::fs;

use serde_json::json;

use crate::support::{Ended, Site, run};

const POLICY: &str = "access = \"public\"\n[grants]\nkv = [\"s\"]\n";

fn site() -> Site {
    Site::new().component("hostile/stores", "f").file("f.toml", POLICY)
}

fn store(site: &Site, arguments: &[&str]) -> Ended {
    let functions = site.functions();
    let place = ["store", "--functions", functions.to_str().unwrap()];
    run(&[place.as_slice(), arguments].concat())
}

#[test]
fn functions_and_the_command_see_the_same_stores() {
    let site = site();
    let seeds = site.folder().join("seeds.json");
    fs::write(&seeds, r#"{ "s": { "text": "as it is", "object": { "b": 1 } }, "t": { "k": 7 } }"#).unwrap();
    assert_eq!(store(&site, &["load", seeds.to_str().unwrap()]).code, Some(0));
    assert_eq!(store(&site, &["set", "s", "k", "v"]).code, Some(0));
    let host = site.start();
    let value = |key: &str| host.get(&format!("/f?op=get&store=s&key={key}")).json();
    assert_eq!(value("k"), json!({ "ok": "v" }));
    assert_eq!(value("text"), json!({ "ok": "as it is" }));
    assert_eq!(value("object"), json!({ "ok": r#"{"b":1}"# }));
    host.request("POST", "/f?op=set&store=s&key=theirs", &[], b"from the function");
    let (site, _) = host.stop();
    assert_eq!(store(&site, &["keys", "s"]).stdout, "k\nobject\ntext\ntheirs\n");
    // The line's end is the test's own.
    assert_eq!(store(&site, &["get", "s", "theirs"]).stdout, "from the function\n");
    assert_eq!(store(&site, &["remove", "s", "theirs"]).code, Some(0));
    let gone = store(&site, &["get", "s", "theirs"]);
    assert_eq!((gone.code, gone.stderr.as_str()), (Some(1), "host: the store s has no key \"theirs\"\n"));
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let site = site();
    let file = site.folder().join("seeds.json");
    fs::write(&file, r#"{ "s": [] }"#).unwrap();
    for (arguments, words) in [
        (&["set", "S!", "k", "v"][..], "is not the name of a store"),
        (&["load", file.to_str().unwrap()], "write { \"STORE\": { \"KEY\": VALUE } }"),
        (&["load", "nowhere.json"], "nowhere.json cannot be read"),
    ] {
        let ended = store(&site, arguments);
        assert_eq!(ended.code, Some(64), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
    }
    // Of many, none is put where one cannot be.
    fs::write(&file, format!(r#"{{ "a": {{ "k": "v" }}, "b": {{ "big": "{}" }} }}"#, "x".repeat(3 << 20))).unwrap();
    let ended = store(&site, &["load", file.to_str().unwrap()]);
    assert!(ended.code == Some(1) && ended.stderr.contains("b, \"big\""), "{}", ended.stderr);
    assert_eq!(store(&site, &["keys", "a"]).stdout, "");
    fs::remove_file(site.folder().join("state.redb")).unwrap();
    // To look into stores that nobody has put anything into makes no file.
    assert_eq!(store(&site, &["keys", "s"]).stdout, "");
    assert_eq!(store(&site, &["get", "s", "k"]).code, Some(1));
    assert!(!site.folder().join("state.redb").exists());
}

#[test]
fn a_key_does_nothing_to_a_terminal() {
    let site = site();
    assert_eq!(store(&site, &["set", "s", "a\nb\u{1b}[31mred", "v"]).code, Some(0));
    assert_eq!(store(&site, &["keys", "s"]).stdout, "a\\nb\\u{1b}[31mred\n");
    let keys: serde_json::Value =
        serde_json::from_str(&store(&site, &["keys", "s", "--format", "json"]).stdout).unwrap();
    assert_eq!(keys, json!(["a\nb\u{1b}[31mred"]));
}

#[test]
fn the_file_of_a_host_that_runs_is_its_own() {
    let host = site().start();
    assert_eq!(host.get("/f?op=set&store=s&key=k").json(), json!({ "ok": null }));
    let functions = host.functions();
    let ended = run(&["store", "--functions", functions.to_str().unwrap(), "keys", "s"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stderr.contains("state.redb"), "{}", ended.stderr);
}
