//! Files that change while the host runs: what is in force after each look, at times that the test gives. Whether the
//! host looks at all when something changes is asked of the real command, in the tests of the command.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use vestibule_host::reload::STILL;

use crate::support::token::{SHARED, bearer, demo};
use crate::support::{Answer, Host, PUBLIC, With, component, get, host, post};

/// A policy that asks for GitHub's signature, with the secret `GITHUB`.
const SIGNED: &str = "[verify]\nscheme = \"github\"\nsecrets = [\"GITHUB\"]\n";

/// How long a test waits for a component to be made ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host and the time as it sees it.
struct Watched {
    host: Host,
    now: Instant,
}

impl Watched {
    fn of(host: Host) -> Self {
        Self { host, now: Instant::now() }
    }

    /// The host looks, after `time` has passed.
    fn look_after(&mut self, time: Duration) {
        self.now += time;
        self.host.look(self.now);
    }

    /// The host looks now, and once more when everything has been still.
    fn settle(&mut self) {
        self.look_after(Duration::ZERO);
        self.look_after(STILL);
    }

    /// The host looks again and again, until what it answers satisfies `is_so`.
    async fn until(&mut self, target: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
        let latest = Instant::now() + PATIENCE;
        loop {
            self.look_after(STILL);
            let answer = self.host.send(get(target)).await;
            if is_so(&answer) {
                return answer;
            }
            assert!(Instant::now() < latest, "{target} still answers {answer:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn status(&self, target: &str) -> u16 {
        self.host.send(get(target)).await.status
    }

    async fn status_signed(&self, target: &str, secret: &str) -> u16 {
        let request = post(target, "{}").signed("github", secret, b"{}", SystemTime::now());
        self.host.send(request).await.status
    }
}

#[tokio::test]
async fn a_bad_policy_refuses_at_once_and_a_good_one_serves_when_it_is_still() {
    let mut host = Watched::of(host().function("f", "canary", PUBLIC).start());
    assert_eq!(host.status("/f").await, 200);
    let made = host.host.instances();
    for bad in ["access = \"publik\"\n", "acces = \"public\"", "[verify]\n", "access =", "\u{0}", "timeout = \"10\""] {
        host.host.write("f.toml", bad);
        host.look_after(Duration::ZERO);
        assert_eq!(host.status("/f").await, 503, "{bad:?}");
        host.look_after(STILL * 3);
        assert_eq!(host.status("/f").await, 503, "{bad:?}");
        assert_eq!(host.host.instances(), made, "{bad:?}");

        host.host.write("f.toml", PUBLIC);
        host.look_after(Duration::ZERO);
        host.look_after(STILL / 2);
        assert_eq!(host.status("/f").await, 503, "not before it has been still");
        host.look_after(STILL / 2);
        assert_eq!(host.host.metric("vestibule_functions{state=\"served\"}"), 1);
        assert_eq!(host.host.metric("vestibule_functions{state=\"not_loaded\"}"), 0);
    }
    assert_eq!(host.status("/f").await, 200);
}

#[tokio::test]
async fn a_removed_policy_refuses_until_a_policy_is_back() {
    for policy in [PUBLIC, SIGNED] {
        let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", policy).start());
        host.host.remove("f.toml");
        host.look_after(Duration::ZERO);
        assert_eq!(host.status("/f").await, 503);
        host.look_after(STILL * 9);
        assert_eq!(host.status("/f").await, 503);
        assert_eq!(host.host.instances(), 0);
        host.host.write("f.toml", PUBLIC);
        host.settle();
        assert_eq!(host.status("/f").await, 200);
    }
}

#[tokio::test]
async fn a_loosening_waits_until_the_file_has_been_still() {
    let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", SIGNED).start());
    assert_eq!(host.status("/f").await, 401);
    for lines in 0..5 {
        host.host.write("f.toml", format!("{PUBLIC}{}", "# more\n".repeat(lines)));
        host.look_after(STILL * 9 / 10);
        assert_eq!(host.status("/f").await, 401, "still being written");
    }
    host.look_after(STILL * 9 / 10);
    assert_eq!((host.status("/f").await, host.host.instances()), (401, 0));
    host.look_after(STILL / 10);
    assert_eq!((host.status("/f").await, host.host.instances()), (200, 1));
}

#[tokio::test]
async fn a_policy_that_opens_waits_for_the_component_that_it_came_with() {
    for before in [SIGNED, "not a policy"] {
        let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", before).start());
        let closed = host.status("/f").await;
        // As a folder is swapped: both at once.
        host.host.write("f.wasm", component("hello"));
        host.host.write("f.toml", PUBLIC);
        host.settle();
        assert_eq!(host.status("/f").await, closed, "the new component is only being made ready");
        let answer = host.until("/f", |answer| answer.status == 200).await;
        assert_eq!((answer.text(), host.host.instances()), ("Hello, world!\n", 1), "the old one was never open");

        // One that is no component is not waited for.
        host.host.write("f.toml", SIGNED);
        host.settle();
        host.host.write("f.wasm", "nothing");
        host.host.write("f.toml", PUBLIC);
        host.until("/f", |answer| answer.status == 200).await;
    }
}

#[tokio::test]
async fn once_protected_only_public_opens() {
    let key = |access: &str| format!("{access}timeout = \"1s\"\n");
    for rest in [String::new(), "# nothing\n".to_owned(), key("")] {
        let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", SIGNED).start());
        host.host.write("f.toml", &rest);
        host.look_after(Duration::ZERO);
        assert_eq!(host.status("/f").await, 503, "{rest:?}");
        host.look_after(STILL * 2);
        assert_eq!(host.status("/f").await, 503, "{rest:?}");
        // Nor when the function goes and comes back without a policy.
        let bytes = component("canary");
        host.host.remove("f.toml");
        host.host.remove("f.wasm");
        host.settle();
        assert_eq!(host.status("/f").await, 404);
        host.host.write("f.wasm", &bytes);
        host.until("/f", |answer| answer.status == 503).await;
        host.host.write("f.toml", &rest);
        host.settle();
        assert_eq!((host.status("/f").await, host.host.instances()), (503, 0), "{rest:?}");
        host.host.write("f.toml", key(PUBLIC));
        host.settle();
        assert_eq!(host.status("/f").await, 200, "{rest:?}");
    }
}

#[tokio::test]
async fn another_name_for_a_parameter_does_not_shed_its_protection() {
    let mut host = Watched::of(host().secret("GITHUB", "old").function("[id]", "canary", SIGNED).start());
    host.host.remove("[id].toml");
    fs::rename(host.host.functions().join("[id].wasm"), host.host.functions().join("[slug].wasm")).unwrap();
    host.settle();
    host.until("/7", |answer| answer.status == 503).await;
    assert_eq!(host.host.instances(), 0);
}

#[tokio::test]
async fn a_policy_cut_at_any_byte_lets_nobody_in() {
    let policy = format!("# who may call\nmethods = [\"GET\", \"POST\"]\n{SIGNED}[auth]\nproviders = [\"demo\"]\n");
    let builder = host().secret("GITHUB", "old").secret("JWT", "a secret of 32 bytes or a little more");
    let mut host = Watched::of(builder.settings(&demo("")).function("f", "canary", &policy).start());
    for cut in (0..policy.len()).chain((0..policy.len()).rev()) {
        host.host.write("f.toml", &policy[..cut]);
        for time in [Duration::ZERO, STILL] {
            host.look_after(time);
            let status = host.status("/f").await;
            assert!([401, 503].contains(&status), "{status} with {:?}", &policy[..cut]);
        }
    }
    assert_eq!(host.host.instances(), 0);
    host.host.write("f.toml", &policy);
    host.settle();
    assert_eq!(host.status("/f").await, 401, "whole again");
}

#[tokio::test]
async fn a_component_is_swapped_when_it_is_whole_and_a_bad_one_leaves_the_old() {
    let (old, new) = (component("hello"), component("echo"));
    let mut host = Watched::of(host().file("f.wasm", &old).file("f.toml", PUBLIC).start());
    let version = host.host.ready("f").code.version().to_owned();
    for cut in [0, 1, 8, 100, new.len() / 2, new.len() - 1] {
        host.host.write("f.wasm", &new[..cut]);
        host.settle();
        // The component is held against the contract in the background.
        let latest = Instant::now() + PATIENCE;
        while host.host.metric("vestibule_functions{state=\"outdated\"}") == 0 {
            assert!(Instant::now() < latest);
            host.look_after(STILL);
        }
        assert_eq!(host.status("/f").await, 200, "cut at {cut}");
        assert_eq!(host.host.ready("f").code.version(), version, "cut at {cut}");
        // The old one again: nothing is outdated then.
        host.host.write("f.wasm", &old);
        host.settle();
        while host.host.metric("vestibule_functions{state=\"outdated\"}") == 1 {
            assert!(Instant::now() < latest);
            host.look_after(STILL);
        }
    }
    host.host.write("f.wasm", &new);
    host.look_after(Duration::ZERO);
    assert_eq!(host.host.ready("f").code.version(), version, "not before it has been still");
    let latest = Instant::now() + PATIENCE;
    while host.host.ready("f").code.version() == version {
        assert!(Instant::now() < latest);
        host.look_after(STILL);
    }
    assert_eq!(host.status("/f").await, 200);
}

#[tokio::test]
async fn functions_come_and_go_with_their_files() {
    let mut host = Watched::of(host().function("f", "canary", PUBLIC).start());
    host.host.write("g.toml", PUBLIC);
    host.host.write("g.wasm", component("canary"));
    host.look_after(Duration::ZERO);
    assert_eq!(host.status("/g").await, 404, "its files may not be whole");
    host.until("/g", |answer| answer.status == 200).await;
    host.host.remove("g.wasm");
    host.look_after(Duration::ZERO);
    assert_eq!(host.status("/g").await, 200, "it may be about to be replaced");
    host.look_after(STILL);
    assert_eq!((host.status("/g").await, host.status("/f").await), (404, 200));
}

#[tokio::test]
async fn a_component_that_is_away_for_a_moment_leaves_no_gap() {
    let mut host = Watched::of(host().function("f", "canary", PUBLIC).function("[...all]", "echo", PUBLIC).start());
    let asked = "/f?canary";
    let answered = host.host.send(get(asked)).await.text().to_owned();
    for _ in 0..5 {
        host.host.remove("f.wasm");
        host.look_after(STILL / 2);
        assert_eq!(host.host.send(get(asked)).await.text(), answered, "no other function takes its place");
        host.host.write("f.wasm", component("canary"));
        host.settle();
        assert_eq!(host.host.send(get(asked)).await.text(), answered);
    }
}

#[tokio::test]
async fn two_files_for_a_route_refuse_it_until_one_is_gone() {
    let mut host = Watched::of(host().function("f", "canary", PUBLIC).start());
    fs::create_dir(host.host.functions().join("f")).unwrap();
    host.host.write("f/f.wasm", component("echo"));
    host.host.write("f/f.toml", PUBLIC);
    host.settle();
    assert_eq!(host.status("/f").await, 503);
    host.host.remove("f.wasm");
    host.host.remove("f.toml");
    host.until("/f", |answer| answer.status == 200).await;
}

#[tokio::test]
async fn a_request_ends_on_what_it_began_with() {
    let mut host = Watched::of(host().function("f", "sleeper", &format!("{PUBLIC}concurrency = 2\n")).start());
    let request = host.host.send(get("/f?ms=300"));
    let change = async {
        while host.host.instances() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        host.host.remove("f.wasm");
        host.host.remove("f.toml");
        host.host.look(host.now);
        host.host.look(host.now + STILL);
        assert_eq!(host.host.send(get("/f?ms=0")).await.status, 404);
    };
    let (answer, ()) = tokio::join!(request, change);
    assert_eq!(answer.status, 200);
    host.now += STILL;
}

#[tokio::test]
async fn calls_that_run_count_under_a_new_concurrency() {
    let policy = |concurrency: u32| format!("{PUBLIC}concurrency = {concurrency}\n");
    let builder = host().function("f", "canary", &policy(3)).settings("[server]\npermit_wait = \"0ms\"");
    let mut host = Watched::of(builder.start());
    let function = host.host.ready("f");
    let mut running = vec![function.permits.try_acquire().unwrap(), function.permits.try_acquire().unwrap()];
    host.host.write("f.toml", policy(1));
    host.settle();
    assert_eq!(host.status("/f").await, 503, "two run, one may");
    running.pop();
    assert_eq!(host.status("/f").await, 503, "one runs, one may");
    running.pop();
    assert_eq!(host.status("/f").await, 200);
    host.host.write("f.toml", policy(2));
    host.settle();
    let function = host.host.ready("f");
    let two = (function.permits.try_acquire().unwrap(), function.permits.try_acquire().unwrap());
    assert_eq!(host.status("/f").await, 503);
    drop(two);
    assert_eq!(host.status("/f").await, 200);
}

#[tokio::test]
async fn secrets_are_read_again_when_they_change() {
    let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", SIGNED).start());
    assert_eq!(host.status_signed("/f", "old").await, 200);
    host.host.write("../secrets/GITHUB", "new");
    host.settle();
    assert_eq!((host.status_signed("/f", "old").await, host.status_signed("/f", "new").await), (401, 200));
    host.host.write("../secrets/GITHUB", "");
    host.settle();
    assert_eq!(host.status_signed("/f", "new").await, 503, "an empty secret is none");
    host.host.remove("../secrets/GITHUB");
    host.settle();
    assert_eq!(host.status_signed("/f", "new").await, 503);
    host.host.write("../secrets/GITHUB", "third");
    host.settle();
    assert_eq!(host.status_signed("/f", "third").await, 200);
}

#[tokio::test]
async fn the_settings_are_read_again_and_wrong_ones_leave_the_old() {
    let builder = host().secret("JWT", SHARED).settings(&demo(""));
    let policy = "[auth]\nproviders = [\"demo\"]\n";
    let mut host = Watched::of(builder.function("f", "canary", policy).function("g", "canary", PUBLIC).start());
    let file = host.host.functions().join("../host.toml");
    let text = fs::read_to_string(&file).unwrap();
    let bearer = bearer(serde_json::json!({ "aud": "us" }));
    let ask = async |host: &Watched| host.host.send(get("/f").with("authorization", &bearer)).await.status;
    assert_eq!(ask(&host).await, 200);

    let text = text.replace("[auth.demo]\n", "[auth.demo]\naudience = \"them\"\n");
    host.host.write("../host.toml", &text);
    host.look_after(Duration::ZERO);
    assert_eq!(ask(&host).await, 200, "not before it has been still");
    host.look_after(STILL);
    assert_eq!(ask(&host).await, 401, "the audience is another one");

    host.host.write("../host.toml", format!("nonsense\n{text}"));
    host.settle();
    assert_eq!((ask(&host).await, host.status("/g").await), (401, 200), "wrong settings change nothing");
    fs::remove_file(&file).unwrap();
    host.settle();
    assert_eq!((ask(&host).await, host.status("/g").await), (401, 200), "nor do missing ones");

    host.host.write("../host.toml", format!("prefix = \"/api\"\n{text}"));
    host.settle();
    assert_eq!((host.status("/g").await, host.status("/api/g").await), (404, 200));
    let without = text.split("[auth.demo]").next().unwrap().to_owned() + "[secrets]\ndir = \"secrets\"\nenv = false\n";
    host.host.write("../host.toml", without);
    host.settle();
    assert_eq!((ask(&host).await, host.status("/g").await), (503, 200), "its provider is gone");
}

#[tokio::test]
async fn defaults_that_no_longer_protect_open_nothing() {
    let settings = format!("{}[defaults.auth]\nproviders = [\"demo\"]\n", demo(""));
    let builder = host().secret("JWT", SHARED).settings(&settings).file("f.wasm", component("canary"));
    let mut host = Watched::of(builder.start());
    assert_eq!(host.status("/f").await, 401);
    let file = host.host.functions().join("../host.toml");
    let text = fs::read_to_string(&file).unwrap().replace("[defaults.auth]\nproviders = [\"demo\"]\n", "");
    host.host.write("../host.toml", text);
    host.settle();
    assert_eq!((host.status("/f").await, host.host.instances()), (401, 0), "they still count");
}

#[tokio::test]
async fn a_look_at_what_has_not_changed_changes_nothing() {
    let mut host = Watched::of(host().secret("GITHUB", "old").function("f", "canary", SIGNED).start());
    let before = host.host.ready("f");
    for _ in 0..3 {
        host.now += STILL;
        assert_eq!(host.host.look(host.now), None, "nothing to wait for");
    }
    // Written anew with the same content: the file is another, what it says is not.
    host.host.write("f.wasm", component("canary"));
    host.host.write("f.toml", SIGNED);
    host.settle();
    host.until("/f", |answer| answer.status == 401).await;
    assert!(std::sync::Arc::ptr_eq(&before.code, &host.host.ready("f").code));
}
