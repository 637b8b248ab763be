//! The file with the host's state: when it is made, who may read it, and what is not served without it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use vestibule_host::reload::STILL;

use crate::replay::{assert_acknowledged, delivery, github, with};
use crate::support::{Builder, PUBLIC, get};

#[tokio::test]
async fn a_state_file_that_cannot_be_used_keeps_from_being_served_who_needs_it() {
    let broken = |builder: Builder| {
        builder.function("open", "canary", PUBLIC).function("again", "canary", &github("replay = \"allow\""))
    };
    let damaged = broken(with("canary", &github("")).file("../state.redb", "no such thing")).start();
    let missing = broken(with("canary", &github(""))).settings("[state]\npath = \"nowhere/state.redb\"").start();
    for (host, message, fix) in [(damaged, "damaged", "backup"), (missing, "No such file", "[state] in host.toml")] {
        let problem = host.problems.iter().next().unwrap();
        assert!(problem.file.ends_with("functions/hook.toml"), "{problem}");
        assert!(problem.message.contains("state.redb") && problem.message.contains(message), "{problem}");
        assert!(problem.fix.contains(fix), "{problem}");
        assert_eq!(host.problems.len(), 1, "{}", host.problems);
        assert_eq!(host.send(delivery("/hook", "{}")).await.status, 503);
        assert_eq!(host.instances(), 0);
        assert_eq!(host.send(get("/open")).await.status, 200);
        assert_eq!(host.send(delivery("/again", "{}")).await.status, 200);
    }
}

#[tokio::test]
async fn a_state_file_of_another_host_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("[state]\npath = \"{}\"\n", folder.path().join("shared.redb").display());
    let old = with("canary", &github("")).settings(&settings).start();
    assert_eq!(old.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    let new = with("canary", &github("")).settings(&settings).start();
    assert!(new.problems.to_string().contains("another host has it open"), "{}", new.problems);
    assert_eq!(new.send(delivery("/hook", "{}")).await.status, 503);
    drop(old);
    let mut now = Instant::now();
    let answer = loop {
        now += Duration::from_secs(10);
        new.look(now);
        let answer = new.send(delivery("/hook", "{}")).await;
        if answer.status != 503 {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_acknowledged(&answer);
}

#[tokio::test]
async fn the_file_is_made_when_a_function_first_needs_it_and_for_the_hosts_user_alone() {
    let host = with("canary", &github("replay = \"allow\"")).start();
    let file = host.functions().join("../state.redb");
    assert!(!file.exists());
    host.write("hook.toml", github(""));
    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    assert_acknowledged(&host.send(delivery("/hook", "{}")).await);
}
