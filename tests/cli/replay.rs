//! A host that ends without a word forgets no delivery that it has answered.

use std::thread;
use std::time::SystemTime;

use crate::client::signed;
use crate::support::{Host, Site};

const SECRET: &str = "a secret of these tests";

fn deliver(host: &Host, target: &str, body: &[u8]) -> crate::client::Reply {
    host.request("POST", target, &signed("github", SECRET, body, SystemTime::now()), body)
}

#[test]
fn a_host_that_was_killed_forgets_nothing_that_it_has_answered() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let site = Site::new().component("hostile/sleeper", "hook").file("hook.toml", policy).secret("S", SECRET);
    let host = site.start();
    let bodies: Vec<Vec<u8>> = (0..20).map(|n| format!("{{\"n\":{n}}}").into_bytes()).collect();
    thread::scope(|scope| {
        for body in &bodies {
            scope.spawn(|| assert_eq!(deliver(&host, "/hook?ms=0", body).text(), "slept 0 ms"));
        }
    });
    // One that has no answer yet when the host is killed.
    let mut unanswered = host.connect();
    let body = b"{\"n\":\"unanswered\"}";
    let mut head = format!("POST /hook?ms=60000 HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in signed("github", SECRET, body, SystemTime::now()) {
        head += &format!("{name}: {value}\r\n");
    }
    unanswered.send(head + "\r\n").send(body);
    host.wait_for_metric("vestibule_instances_running", 1);
    let host = host.kill().start();
    for body in &bodies {
        let again = deliver(&host, "/hook?ms=0", body);
        assert!(again.status == 200 && again.text().contains("duplicate"), "{}", again.text());
    }
    assert_eq!(host.instances(), 0);
    assert_eq!(deliver(&host, "/hook?ms=0", body).text(), "slept 0 ms", "it had not run to its end");
    assert_eq!(host.metric("vestibule_replay_entries"), Some(21));
}

#[test]
fn two_hosts_cannot_have_one_file() {
    let policy = "[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n";
    let one = Site::new().component("hello", "hook").file("hook.toml", policy).secret("S", SECRET).start();
    let settings = format!("[state]\npath = \"{}\"\n", one.functions().join("../state.redb").display());
    let two = Site::new().component("hello", "hook").file("hook.toml", policy).secret("S", SECRET);
    let two = two.component("hello", "open").file("open.toml", "access = \"public\"\n").settings(&settings).start();
    two.wait_for_line(|line| line.contains("state.redb: another host has it open"));
    assert_eq!((deliver(&two, "/hook", b"{}").status, two.get("/open").status), (503, 200));
    assert_eq!(deliver(&one, "/hook", b"{}").status, 200);
}

#[test]
fn the_start_up_table_says_where_replay_is_not_acknowledged() {
    let policy = |replay: &str| format!("[verify]\nscheme = \"github\"\nsecrets = [\"S\"]\n{replay}\n");
    let site = Site::new().component("hello", "a").component("hello", "b").component("hello", "c").secret("S", SECRET);
    let site = site.file("a.toml", policy("")).file("b.toml", policy("replay = \"reject\""));
    let (_site, log) = site.file("c.toml", policy("replay = \"allow\"")).start().stop();
    for (route, protection) in
        [("/a", " github   "), ("/b", " github (replay rejected)"), ("/c", " github (replay allowed)")]
    {
        let is_there = |line: &str| line.trim_start().starts_with(route) && line.contains(protection);
        assert!(log.lines().any(is_there), "{route}: {log}");
    }
}
