//! Stores on a Redis that several hosts share, and that they keep the same promises as those in a file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use vestibule_host::config::{Overrides, Secrets, Settings};
use vestibule_host::kv::{Backend, LARGEST_NUMBER, Name, Quota, Trouble};
use vestibule_host::observe::metrics::Metrics;
use vestibule_host::state::StateFile;

use crate::kv::{ask, granted};
use crate::support::redis::{PASSWORD, Redis};
use crate::support::{get, host, post};

/// How long a host may take to notice what has become of its server.
const PATIENCE: Duration = Duration::from_secs(30);

/// The stores of a host with these lines in `[state]`.
fn stores(folder: &Path, state: &str) -> Arc<dyn Backend> {
    let text = format!("[secrets]\ndir = \"{}\"\nenv = false\n[state]\n{state}\n", folder.display());
    let settings = Settings::check(&folder.join("host.toml"), &text, &Overrides::default());
    let settings = settings.unwrap_or_else(|rejected| panic!("{rejected}"));
    let secrets = Secrets::open(&settings.secrets).unwrap();
    StateFile::new(settings.state, &secrets, Arc::new(Metrics::new())).stores().unwrap()
}

/// A host's stores on the server.
fn on(redis: &Redis, folder: &Path, state: &str) -> Arc<dyn Backend> {
    std::fs::write(folder.join("REDIS_URL"), redis.url()).unwrap();
    stores(folder, &format!("redis = \"REDIS_URL\"\n{state}"))
}

/// What is tested: stores in a file, then stores on a server, with these quotas.
struct Both {
    redis: Redis,
    folder: tempfile::TempDir,
    backends: Vec<(&'static str, Arc<dyn Backend>)>,
}

fn both(quotas: &str) -> Both {
    let (redis, folder) = (Redis::start(), tempfile::tempdir().unwrap());
    let (file, server) = (stores(folder.path(), quotas), on(&redis, folder.path(), quotas));
    Both { redis, folder, backends: vec![("file", file), ("server", server)] }
}

fn name(text: &str) -> Name {
    text.into()
}

async fn put(backend: &Arc<dyn Backend>, key: &str, value: &str) -> Result<(), Trouble> {
    backend.set(&name("s"), key.into(), value.into(), None).await
}

async fn text(backend: &Arc<dyn Backend>, key: &str) -> Option<String> {
    backend.get(&name("s"), key.into()).await.unwrap().map(|value| String::from_utf8(value).unwrap())
}

/// How many bytes the server says that the store `s` holds.
fn bytes(redis: &Redis) -> u64 {
    redis.ask(&["GET", "vestibule:1:kv:{s}:bytes"]).parse().unwrap_or(0)
}

#[tokio::test]
async fn what_one_host_writes_the_other_reads_in_its_own_store_alone() {
    let (redis, folder) = (Redis::start(), tempfile::tempdir().unwrap());
    let (one, other) = (on(&redis, folder.path(), ""), on(&redis, folder.path(), ""));
    let binary = (0..=255).collect::<Vec<u8>>();
    one.set(&name("s"), "k".into(), binary.clone(), None).await.unwrap();
    one.set(&name("s"), String::new(), "an empty key".into(), None).await.unwrap();
    assert_eq!(other.get(&name("s"), "k".into()).await, Ok(Some(binary)));
    assert_eq!(text(&other, "").await.as_deref(), Some("an empty key"));
    assert_eq!(other.exists(&name("s"), "k".into()).await, Ok(true));
    assert_eq!(other.get(&name("t"), "k".into()).await, Ok(None));
    other.delete(&name("s"), "k".into()).await.unwrap();
    other.delete(&name("s"), "never there".into()).await.unwrap();
    assert_eq!(one.exists(&name("s"), "k".into()).await, Ok(false));
    assert_eq!(bytes(&redis), 12);
    other.delete(&name("s"), String::new()).await.unwrap();
    assert!(redis.keys("").is_empty(), "an empty store is none");
}

#[tokio::test]
async fn a_full_store_takes_nothing_new_and_lets_what_is_there_be_changed() {
    let Both { redis, backends, .. } = both("kv_keys = 2\nkv_bytes = \"20B\"");
    for (kind, backend) in &backends {
        put(backend, "a", "12345").await.unwrap();
        put(backend, "b", "12345").await.unwrap();
        assert_eq!(put(backend, "c", "").await, Err(Trouble::Full(Quota::Keys)), "{kind}");
        let counted = backend.increment(&name("s"), "n".into(), 1, None).await;
        assert_eq!(counted, Err(Trouble::Full(Quota::Keys)), "{kind}");
        let absent = backend.compare_and_set(&name("s"), "d".into(), None, "1".into(), None).await;
        assert_eq!(absent, Err(Trouble::Full(Quota::Keys)), "{kind}");
        put(backend, "a", "1234567890123").await.unwrap();
        assert_eq!(put(backend, "b", "123456").await, Err(Trouble::Full(Quota::Bytes)), "{kind}");
        put(backend, "b", "99999").await.unwrap();
        let grown = backend.increment(&name("s"), "b".into(), 1, None).await;
        assert_eq!(grown, Err(Trouble::Full(Quota::Bytes)), "{kind}");
        assert_eq!(text(backend, "b").await.as_deref(), Some("99999"), "{kind}");
        put(backend, "b", "1").await.unwrap();
        backend.set(&name("other"), "a".into(), "has room of its own".into(), None).await.unwrap();
        backend.delete(&name("s"), "a".into()).await.unwrap();
        put(backend, "c", "").await.unwrap();
    }
    assert_eq!(bytes(&redis), 3);
}

#[tokio::test]
async fn a_batch_is_written_whole_or_not_at_all() {
    let Both { redis, backends, .. } = both("kv_keys = 3");
    let batch = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), key.repeat(2).into_bytes())).collect();
    let s = name("s");
    for (kind, backend) in &backends {
        let full = backend.set_many(&s, batch(&["a", "b", "c", "d"])).await;
        assert_eq!((full, text(backend, "a").await), (Err(Trouble::Full(Quota::Keys)), None), "{kind}");
        backend.set_many(&s, batch(&["a", "b", "a", "c"])).await.unwrap();
        let keys = || ["c", "x", "a"].map(str::to_owned).to_vec();
        let values = backend.get_many(&s, keys(), 4).await.unwrap();
        assert_eq!(values, [Some(b"cc".to_vec()), None, Some(b"aa".to_vec())], "{kind}");
        assert!(matches!(backend.get_many(&s, keys(), 3).await, Err(Trouble::OutOfBounds(_))), "{kind}");
        let twice = vec![("a".to_owned(), b"first".to_vec()), ("a".to_owned(), b"last".to_vec())];
        backend.set_many(&s, twice).await.unwrap();
        assert_eq!(text(backend, "a").await.as_deref(), Some("last"), "{kind}");
        backend.delete_many(&s, keys()).await.unwrap();
        assert_eq!(backend.list(&s, None).await.unwrap().keys, ["b"], "{kind}");
    }
    assert_eq!(bytes(&redis), 3);
}

#[tokio::test]
async fn what_is_kept_for_a_time_is_gone_when_it_is_over_and_makes_room() {
    let Both { redis, folder, .. } = both("");
    let backend = on(&redis, folder.path(), "kv_keys = 3");
    let (s, moment) = (name("s"), Duration::from_millis(300));
    backend.set(&s, "short".into(), "1".into(), Some(moment)).await.unwrap();
    backend.set(&s, "for good".into(), "1".into(), Some(moment)).await.unwrap();
    put(&backend, "for good", "2").await.unwrap();
    let began = Instant::now();
    assert_eq!(backend.increment(&s, "window".into(), 1, Some(moment)).await, Ok(1));
    assert_eq!(backend.increment(&s, "window".into(), 1, None).await, Ok(2), "the time to live is that of the first");
    let there = text(&backend, "short").await.is_some();
    assert!(there || began.elapsed() > moment / 2, "not before its time");
    tokio::time::sleep(moment + Duration::from_millis(50)).await;
    assert_eq!(text(&backend, "short").await, None);
    assert_eq!(backend.exists(&s, "window".into()).await, Ok(false));
    assert_eq!(
        backend.get_many(&s, vec!["short".into(), "for good".into()], 9).await.unwrap(),
        [None, Some(b"2".into())]
    );
    assert_eq!(backend.list(&s, None).await.unwrap().keys, ["for good"]);
    assert!(backend.compare_and_set(&s, "short".into(), None, "new".into(), None).await.unwrap());
    assert_eq!(backend.increment(&s, "window".into(), 5, None).await, Ok(5), "it begins anew");
    assert_eq!(put(&backend, "fourth", "").await, Err(Trouble::Full(Quota::Keys)), "those that live take their places");
    assert_eq!(bytes(&redis), 9 + 8 + 7);
}

#[tokio::test]
async fn a_number_is_counted_up_in_digits_and_never_past_the_largest() {
    let s = name("s");
    for (kind, backend) in &both("").backends {
        let add = async |key: &str, delta: u64| backend.increment(&s, key.into(), delta, None).await;
        assert_eq!(add("n", 0).await, Ok(0), "{kind}");
        assert_eq!(add("n", 7).await, Ok(7), "{kind}");
        assert_eq!(add("n", LARGEST_NUMBER - 7).await, Ok(LARGEST_NUMBER), "{kind}");
        for too_much in [1, LARGEST_NUMBER, u64::MAX] {
            assert_eq!(add("n", too_much).await, Err(Trouble::NotANumber), "{kind}");
        }
        assert_eq!(add("new", u64::MAX).await, Err(Trouble::NotANumber), "{kind}");
        assert_eq!(text(backend, "n").await, Some(LARGEST_NUMBER.to_string()), "{kind}");
        for word in ["seven", "", "-1", "+1", "01", " 1", "1.0", "1e3", "9223372036854775808"] {
            put(backend, "word", word).await.unwrap();
            assert_eq!(add("word", 1).await, Err(Trouble::NotANumber), "{kind} {word:?}");
            assert_eq!(text(backend, "word").await.as_deref(), Some(word), "{kind}");
        }
    }
}

#[tokio::test]
async fn what_is_compared_is_all_of_the_value() {
    let s = name("s");
    for (kind, backend) in &both("").backends {
        let swap = async |expected: Option<&str>, value: &str| {
            backend.compare_and_set(&s, "k".into(), expected.map(Into::into), value.into(), None).await.unwrap()
        };
        assert!(!swap(Some(""), "1").await, "{kind}: an empty value is not none");
        assert!(swap(None, "").await, "{kind}");
        assert!(!swap(None, "2").await, "{kind}");
        assert!(swap(Some(""), "1").await, "{kind}");
        assert!(!swap(Some("12"), "2").await, "{kind}");
        assert!(swap(Some("1"), "2").await, "{kind}");
        assert_eq!(text(backend, "k").await.as_deref(), Some("2"), "{kind}");
    }
}

#[tokio::test]
async fn a_list_shows_what_is_there_from_its_beginning_to_its_end() {
    let s = name("s");
    for (kind, backend) in &both("").backends {
        let all: Vec<_> = (0..5000).map(|n| (format!("{n:06}"), b"v".to_vec())).collect();
        for part in all.chunks(1000) {
            backend.set_many(&s, part.to_vec()).await.unwrap();
        }
        backend.set(&name("t"), "of another store".into(), "v".into(), None).await.unwrap();
        let (mut seen, mut cursor, mut pages) = (BTreeSet::new(), None, 0);
        loop {
            let page = backend.list(&s, cursor).await.unwrap();
            seen.extend(page.keys);
            pages += 1;
            // New ones come, and others go, while it is read.
            put(backend, &format!("new {pages}"), "v").await.unwrap();
            backend.delete(&s, format!("new {}", pages - 1)).await.unwrap();
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert!(pages > 3, "{kind}: {pages}");
        let missed = all.iter().find(|(key, _)| !seen.contains(key));
        assert_eq!(missed, None, "{kind}");
        assert!(!seen.contains("of another store"), "{kind}");
        assert!(backend.list(&s, Some(u64::MAX)).await.is_ok(), "{kind}: a cursor of nobody");
        assert!(backend.list(&name("empty"), Some(5)).await.unwrap().keys.is_empty(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_increments_over_four_hosts_are_ten_thousand() {
    let (redis, folder) = (Redis::with(&["--appendonly", "no"]), tempfile::tempdir().unwrap());
    let hosts: Vec<_> = (0..4).map(|_| on(&redis, folder.path(), "")).collect();
    let mut calls = JoinSet::new();
    for host in &hosts {
        for _ in 0..100 {
            let host = Arc::clone(host);
            calls.spawn(async move {
                let mut sums = Vec::new();
                for _ in 0..25 {
                    sums.push(host.increment(&name("s"), "n".into(), 1, None).await.unwrap());
                }
                sums
            });
        }
    }
    let sums: BTreeSet<u64> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(sums, (1..=10_000).collect());
    assert_eq!(text(&hosts[0], "n").await.as_deref(), Some("10000"));
}

#[tokio::test]
async fn a_server_that_is_away_is_trouble_until_it_is_back_with_all_that_was_acknowledged() {
    let (mut redis, folder) = (Redis::start(), tempfile::tempdir().unwrap());
    let backend = on(&redis, folder.path(), "");
    for n in 0..50 {
        put(&backend, &n.to_string(), "v").await.unwrap();
    }
    redis.kill();
    let away = put(&backend, "k", "v").await.unwrap_err();
    assert!(matches!(&away, Trouble::Unavailable(_)), "{away:?}");
    // What a guest is told names no server, and what the log is told no password.
    assert!(!away.to_string().contains("127.0.0.1") && !format!("{away:?}").contains(PASSWORD), "{away:?}");
    redis.again();
    let until = Instant::now() + PATIENCE;
    while backend.exists(&name("s"), "0".into()).await.is_err() {
        assert!(Instant::now() < until, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for n in 0..50 {
        assert_eq!(text(&backend, &n.to_string()).await.as_deref(), Some("v"), "{n}");
    }
}

#[tokio::test]
async fn a_server_without_room_takes_nothing_and_gives_back_what_is_removed() {
    let (redis, folder) = (Redis::start(), tempfile::tempdir().unwrap());
    let backend = on(&redis, folder.path(), "");
    put(&backend, "a", "1").await.unwrap();
    put(&backend, "b", "12345").await.unwrap();
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let full = put(&backend, "c", "1").await.unwrap_err();
    assert!(matches!(&full, Trouble::Unavailable(why) if why.contains("maxmemory")), "{full:?}");
    let full = backend.increment(&name("s"), "a".into(), 1, None).await.unwrap_err();
    assert!(matches!(&full, Trouble::Unavailable(why) if why.contains("maxmemory")), "{full:?}");
    assert_eq!(text(&backend, "b").await.as_deref(), Some("12345"));
    backend.delete(&name("s"), "b".into()).await.unwrap();
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!((text(&backend, "a").await.as_deref(), bytes(&redis)), (Some("1"), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_who_count_at_once_on_four_functions_of_two_hosts_come_to_ten_thousand() {
    let redis = Redis::with(&["--appendonly", "no"]);
    let start = |names: [&str; 2]| {
        let policy = granted("\"counter\"");
        let builder = names.iter().fold(host(), |host, name| host.function(name, "../counter", &policy));
        let settings = "[state]\nredis = \"REDIS_URL\"\n[server]\npermit_wait = \"60s\"";
        Arc::new(builder.settings(settings).secret("REDIS_URL", &redis.url()).sandboxes(32).start())
    };
    let (one, other) = (start(["a", "b"]), start(["c", "d"]));
    let mut calls = JoinSet::new();
    for n in 0..40 {
        let (host, path) = [(&one, "/a"), (&other, "/c"), (&one, "/b"), (&other, "/d")][n % 4];
        let host = Arc::clone(host);
        calls.spawn(async move {
            let mut counted = Vec::new();
            for _ in 0..250 {
                let answer = host.send(post(path, "")).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                counted.push(answer.text().parse::<u32>().unwrap());
            }
            counted
        });
    }
    let counted: BTreeSet<u32> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(counted, (1..=10_000).collect(), "each number once");
    assert_eq!(one.send(get("/a")).await.text(), "10000");
    assert!(!one.functions().join("../state.redb").exists(), "nothing is in a file");
}

#[tokio::test]
async fn a_function_is_told_of_a_server_that_is_away_without_its_name() {
    let mut redis = Redis::start();
    let settings = "[state]\nredis = \"REDIS_URL\"";
    let host = host().function("f", "stores", &granted("\"s\"")).settings(settings).secret("REDIS_URL", &redis.url());
    let host = host.start();
    assert_eq!(ask(&host, "/f", "op=set&store=s&key=k", "v").await, json!({ "ok": null }));
    redis.kill();
    let told = ask(&host, "/f", "op=get&store=s&key=k", "").await["err"].as_str().unwrap().to_owned();
    assert!(!told.contains("127.0.0.1") && !told.contains(PASSWORD), "{told}");
    assert!(told.contains("does not work"), "{told}");
    redis.again();
    let until = Instant::now() + PATIENCE;
    while ask(&host, "/f", "op=get&store=s&key=k", "").await != json!({ "ok": "v" }) {
        assert!(Instant::now() < until, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
