//! Keys that are changed while webhooks come in: none of them fails, and the operator sees when the old key is done.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::client::signed;
use crate::support::{Host, PATIENCE, Site};

const OLD: &str = "the old key of these tests";
const NEW: &str = "the new key of these tests";

fn policy(secrets: &str) -> String {
    format!("[verify]\nscheme = \"github\"\nsecrets = [{secrets}]\n")
}

/// Writes a file as deployments do: whole, under its name.
fn replace(file: &Path, text: &str) {
    let next = file.with_extension("next");
    fs::write(&next, text).unwrap();
    fs::rename(&next, file).unwrap();
}

/// A body that nobody has sent before.
fn fresh_body() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{{\"n\":{}}}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn deliver(host: &Host, key: &str) -> u16 {
    let body = fresh_body();
    host.request("POST", "/hook", &signed("github", key, body.as_bytes(), SystemTime::now()), body.as_bytes()).status
}

fn wait_until_taken(host: &Host, key: &str, status: u16) {
    let latest = Instant::now() + PATIENCE;
    while deliver(host, key) != status {
        assert!(Instant::now() < latest, "the policy is not followed");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_key_is_rolled_without_a_webhook_that_fails() {
    let secrets = tempfile::tempdir().unwrap();
    // As `echo` writes them: the line break is no part of the secret.
    fs::write(secrets.path().join("OLD"), format!("{OLD}\n")).unwrap();
    let settings = format!("[secrets]\ndir = \"{}\"\n", secrets.path().display());
    let site = Site::new().component("hello", "hook").file("hook.toml", policy("\"OLD\"")).settings(&settings);
    let host = site.start();
    let file = host.functions().join("hook.toml");

    let key = Mutex::new(OLD);
    let (done, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    let roll = |from: &'static str, to: &'static str, both: &str, last: &str| {
        replace(&file, &policy(both));
        wait_until_taken(&host, to, 200);
        *key.lock().unwrap() = to;
        // Whoever signed before this moment may still be on the way.
        let begun = sent.load(Ordering::Relaxed);
        while sent.load(Ordering::Relaxed) < begun + 20 {
            thread::sleep(Duration::from_millis(1));
        }
        replace(&file, &policy(last));
        wait_until_taken(&host, from, 401);
    };
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let now = *key.lock().unwrap();
                let status = deliver(&host, now);
                if status != 200 {
                    return Err((now, status));
                }
                sent.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        fs::write(secrets.path().join("NEW"), NEW).unwrap();
        roll(OLD, NEW, "\"OLD\", \"NEW\"", "\"NEW\"");
        roll(NEW, OLD, "\"NEW\", \"OLD\"", "\"OLD\"");
        done.store(true, Ordering::Relaxed);
        assert_eq!(sender.join().unwrap(), Ok(()));
    });
    assert!(sent.load(Ordering::Relaxed) > 40);
    for secret in ["OLD", "NEW"] {
        let series = format!("vestibule_verified_total{{function=\"hook\",secret=\"{secret}\"}}");
        assert!(host.metric(&series).is_some_and(|count| count > 20), "{secret}");
    }
}
