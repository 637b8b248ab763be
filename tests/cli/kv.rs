//! A host that ends without a word, in the middle of what functions write, has all that it has acknowledged; and commands that
//! serve nothing leave the file of a host that runs alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Site};

const STORES: &str = "access = \"public\"\n[grants]\nkv = [\"s\", \"counter\"]\n";

/// The body of a good answer; none if the host is gone before all of it is here.
fn post(address: &str, target: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let head = format!("POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 1\r\n\r\nv");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let is_whole = head.to_ascii_lowercase().contains(&format!("content-length: {}\r\n", body.len()));
    (head.starts_with("HTTP/1.1 200 ") && is_whole).then(|| body.to_owned())
}

#[test]
fn a_host_that_is_killed_while_functions_write_has_all_that_it_has_acknowledged() {
    let mut site = Site::new().example("counter").component("hostile/stores", "stores").file("stores.toml", STORES);
    let (largest, keys) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    for round in 0..3 {
        let host = site.start();
        let address = host.address.clone();
        let before = keys.lock().unwrap().len();
        site = thread::scope(|scope| {
            for writer in 0..8 {
                let (address, largest, keys) = (&address, &largest, &keys);
                scope.spawn(move || {
                    for n in 0.. {
                        let Some(count) = post(address, "/counter") else { return };
                        largest.fetch_max(count.parse().unwrap(), Ordering::SeqCst);
                        let key = format!("{round}-{writer}-{n}");
                        let Some(set) = post(address, &format!("/stores?op=set&store=s&key={key}")) else { return };
                        assert_eq!(set, r#"{"ok":null}"#);
                        keys.lock().unwrap().push(key);
                    }
                });
            }
            let until = Instant::now() + PATIENCE;
            while keys.lock().unwrap().len() < before + 100 {
                assert!(Instant::now() < until, "nothing is written");
                thread::sleep(Duration::from_millis(1));
            }
            host.kill()
        });
    }
    let host = site.start();
    let keys = keys.into_inner().unwrap();
    let stored = post(&host.address, "/stores?op=keys&store=s").unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let stored: Vec<&str> = stored["ok"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    for key in &keys {
        assert!(stored.contains(&key.as_str()), "{key} was acknowledged and is lost");
    }
    // Of each round, what was on its way when the host was killed may be there as well: one write of each writer.
    assert!(stored.len() <= keys.len() + 3 * 8, "{} of {}", stored.len(), keys.len());
    let count: u64 = host.get("/counter").text().parse().unwrap();
    let largest = largest.into_inner();
    assert!(count >= largest && count <= largest + 3 * 8, "{count} counted, {largest} acknowledged");
}

#[test]
fn who_only_looks_makes_no_file_and_leaves_that_of_a_host_that_runs_alone() {
    let site = Site::new().example("counter");
    for command in ["check", "routes"] {
        let looked = site.look(command, &[]);
        assert_eq!(looked.code, Some(0), "{command}: {}{}", looked.stdout, looked.stderr);
        assert!(!site.folder().join("state.redb").exists(), "{command}");
    }
    let host = site.start();
    assert_eq!(post(&host.address, "/counter").as_deref(), Some("1"));
    assert_eq!(host.look("check", &[]).code, Some(0));
    assert_eq!(post(&host.address, "/counter").as_deref(), Some("2"));
}
