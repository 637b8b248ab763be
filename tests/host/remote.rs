//! Two hosts on one Redis: what one has run the other does not run again, who is over the limit on one is so on the other, and
//! what becomes of both when the server is away, slow or full.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Request;
use vestibule_host::reload::STILL;

use crate::replay::{assert_acknowledged, delivery, github, with};
use crate::support::redis::{PASSWORD, Redis};
use crate::support::{Answer, Body, Builder, Host, LOCAL, PUBLIC, REMOTE, With, get, host, log};

const ON_REDIS: &str = "[state]\nredis = \"REDIS_URL\"\n";

/// How long a host may take to notice what has become of its server.
const PATIENCE: Duration = Duration::from_secs(30);

const UP: &str = "vestibule_state_up{used_for=\"gates\"}";

/// A host on the server.
fn on(redis: &Redis, builder: Builder) -> Host {
    builder.settings(ON_REDIS).secret("REDIS_URL", &redis.url()).start()
}

/// Waits until the host knows whether its server is there.
async fn wait_until_up(host: &Host, is_up: bool) {
    let until = Instant::now() + PATIENCE;
    while host.metric(UP) != u64::from(is_up) {
        assert!(Instant::now() < until, "the host does not notice");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Two hosts on the server, connected.
async fn two(redis: &Redis, builder: impl Fn() -> Builder) -> (Host, Host) {
    let (one, other) = (on(redis, builder()), on(redis, builder()));
    wait_until_up(&one, true).await;
    wait_until_up(&other, true).await;
    (one, other)
}

fn refusals(host: &Host, reason: &str) -> u64 {
    host.metric(&format!("vestibule_refusals_total{{function=\"hook\",stage=\"replay\",reason=\"{reason}\"}}"))
}

#[tokio::test]
async fn what_one_host_has_run_the_other_does_not_run_again() {
    let redis = Redis::start();
    for (replay, again) in [("", 200), ("replay = \"reject\"", 409)] {
        redis.ask(&["FLUSHALL"]);
        let (one, other) = two(&redis, || with("canary", &github(replay))).await;
        assert_eq!(one.send(delivery("/hook", "{}")).await.text(), "the canary ran");
        for host in [&other, &one, &other] {
            let answer = host.send(delivery("/hook", "{}")).await;
            assert_eq!(answer.status, again);
            assert!(!log::canary_ran(answer.id()));
        }
        assert_eq!(other.send(delivery("/hook", "[]")).await.text(), "the canary ran", "another one is another one");
        assert_eq!((one.instances(), other.instances()), (1, 1));
        assert!(!one.functions().join("../state.redb").exists(), "there is no file");
    }
    let done = redis.keys("vestibule:1:replay:done:");
    assert_eq!((done.len(), redis.keys("").len()), (2, 2), "nothing else is left there");
    let day: i64 = redis.ask(&["PTTL", &done[0]]).parse().unwrap();
    let hours = day as f64 / 3_600_000.0;
    assert!((23.9..=24.0).contains(&hours), "{hours}");
}

/// Sends deliveries to hosts, all at once, in their order.
async fn at_once(sends: Vec<(&Arc<Host>, &'static str)>) -> Vec<Answer> {
    let mut copies = Vec::new();
    for (host, target) in sends {
        let host = Arc::clone(host);
        copies.push(tokio::spawn(async move { host.send(delivery(target, "{}")).await }));
    }
    let mut answers = Vec::new();
    for copy in copies {
        answers.push(copy.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn of_copies_on_two_hosts_at_once_one_runs_and_the_others_wait_for_it() {
    let redis = Redis::start();
    let (one, other) = two(&redis, || with("sleeper", &github(""))).await;
    let (one, other) = (Arc::new(one), Arc::new(other));
    let copies = (0..20).map(|n| (if n % 2 == 0 { &one } else { &other }, "/hook?ms=300")).collect();
    let answers = at_once(copies).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.text() == "slept 300 ms").count(), 1);
    assert_eq!(one.instances() + other.instances(), 1);
}

#[tokio::test]
async fn a_copy_on_another_host_runs_when_the_first_came_to_nothing() {
    let redis = Redis::start();
    let policy = format!("timeout = \"500ms\"\n{}", github(""));
    let (one, other) = two(&redis, || with("sleeper", &policy)).await;
    let (one, other) = (Arc::new(one), Arc::new(other));
    let first = tokio::spawn({
        let one = Arc::clone(&one);
        async move { one.send(delivery("/hook?ms=60000", "{}")).await.status }
    });
    while one.instances() == 0 {
        tokio::task::yield_now().await;
    }
    let claim = redis.keys("vestibule:1:replay:claim:");
    let lasts: u64 = redis.ask(&["PTTL", &claim[0]]).parse().unwrap();
    assert!((10_000..20_000).contains(&lasts), "it ends by itself, if its host does not end it: {lasts}");
    assert_eq!(other.send(delivery("/hook?ms=0", "{}")).await.text(), "slept 0 ms");
    assert_eq!(first.await.unwrap(), 504);
    assert_acknowledged(&one.send(delivery("/hook?ms=0", "{}")).await);
}

#[tokio::test]
async fn without_the_server_nothing_runs_that_must_be_remembered_and_with_it_all_is_as_before() {
    let mut redis = Redis::start();
    let builder = || with("canary", &github("")).function("open", "canary", PUBLIC);
    let (one, other) = two(&redis, builder).await;
    assert_eq!(one.send(delivery("/hook", "1")).await.text(), "the canary ran");
    redis.kill();
    for host in [&one, &other] {
        let answer = host.send(delivery("/hook", "2")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(refusals(host, "store_failed"), 1);
        wait_until_up(host, false).await;
        let began = Instant::now();
        let answer = host.send(delivery("/hook", "2")).await;
        assert_eq!(answer.status, 503);
        assert!(began.elapsed() < Duration::from_millis(500), "nobody waits for a server that is known to be away");
        let line = log::access(answer.id());
        assert!(line.field("reason").contains("cannot be said: the store does not work"), "{line}");
        assert!(!line.to_string().contains(PASSWORD), "{line}");
        assert_eq!(host.send(get("/open")).await.status, 200, "others do not need it");
    }
    assert_eq!((one.instances(), other.instances()), (2, 1));
    redis.again();
    wait_until_up(&one, true).await;
    wait_until_up(&other, true).await;
    assert_acknowledged(&other.send(delivery("/hook", "1")).await);
    assert_eq!(other.send(delivery("/hook", "2")).await.text(), "the canary ran");
    assert_acknowledged(&one.send(delivery("/hook", "2")).await);
}

#[tokio::test]
async fn a_host_starts_without_its_server_and_takes_up_with_it_by_itself() {
    let mut redis = Redis::absent(&["--appendonly", "yes"]);
    let host = on(&redis, with("canary", &github("")).function("open", "canary", PUBLIC));
    assert!(host.problems.is_empty(), "{}", host.problems);
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 503);
    assert_eq!(host.send(get("/open")).await.status, 200);
    redis.again();
    wait_until_up(&host, true).await;
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
}

#[tokio::test]
async fn a_server_that_stands_still_holds_nobody_up_for_long() {
    let redis = Redis::start();
    let limited = format!("{PUBLIC}[limit]\nrate = \"3/day\"\n");
    let host = on(&redis, with("canary", &github("")).function("f", "canary", &limited));
    wait_until_up(&host, true).await;
    redis.freeze();
    let began = Instant::now();
    for status in [200, 200, 200, 429, 429] {
        assert_eq!(host.send(get("/f")).await.status, status, "this host counts alone");
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(host.metric("vestibule_rates_alone_total"), 3, "who is over the limit here is not asked about");
    let answer = host.send(delivery("/hook", "{}")).await;
    assert_eq!((answer.status, host.instances()), (503, 3));
    redis.thaw();
    let until = Instant::now() + PATIENCE;
    while host.send(delivery("/hook", "{}")).await.status != 200 {
        assert!(Instant::now() < until, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_acknowledged(&host.send(delivery("/hook", "{}")).await);
}

#[tokio::test]
async fn a_server_without_room_takes_nothing_new_and_what_has_its_place_is_remembered() {
    let redis = Redis::start();
    let builder = with("sleeper", &github("")).function("f", "canary", &format!("{PUBLIC}[limit]\nrate = \"1/day\"\n"));
    let host = Arc::new(on(&redis, builder));
    wait_until_up(&host, true).await;
    let runs = tokio::spawn({
        let host = Arc::clone(&host);
        async move { host.send(delivery("/hook?ms=1000", "1")).await.status }
    });
    while host.instances() == 0 {
        tokio::task::yield_now().await;
    }
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = host.send(delivery("/hook?ms=0", "2")).await;
    assert_eq!((refused.status, refusals(&host, "store_full")), (503, 1), "{refused:?}");
    assert_eq!(runs.await.unwrap(), 200);
    assert_acknowledged(&host.send(delivery("/hook?ms=0", "1")).await);
    assert_eq!((host.send(get("/f")).await.status, host.send(get("/f")).await.status), (200, 429), "rates go on here");
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(host.send(delivery("/hook?ms=0", "2")).await.text(), "slept 0 ms");
}

/// What two hosts answer, in turn, to requests to `/f`, whose policy has this `[limit]`. If a host counted alone, as the machine
/// stood still for so long that the server was slow, it is tried once more.
async fn in_turn(limit: &str, requests: &[Asks]) -> Vec<Answer> {
    for _ in 0..5 {
        let redis = Redis::start();
        let (one, other) = two(&redis, || host().function("f", "canary", &format!("{PUBLIC}[limit]\n{limit}\n"))).await;
        let mut answers = Vec::new();
        for (n, request) in requests.iter().enumerate() {
            let host = if n % 2 == 0 { &one } else { &other };
            answers.push(host.send_from(request(), REMOTE).await);
        }
        if [&one, &other].iter().all(|host| host.metric("vestibule_rates_alone_total") == 0) {
            return answers;
        }
    }
    panic!("the server is too slow to test anything");
}

/// Makes a request.
type Asks = fn() -> Request<Body>;

const PLAIN: Asks = || get("/f");

#[tokio::test]
async fn who_is_over_the_limit_on_one_host_is_so_on_the_other_and_both_say_the_same() {
    let answers = in_turn("rate = \"1/min\"\nburst = 5", &[PLAIN; 8]).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.header("ratelimit-policy"), Some("\"ip\";q=1;w=60"));
        if n < 5 {
            let left = format!("\"ip\";r={};t=60", 4 - n);
            assert_eq!((answer.status, answer.header("ratelimit")), (200, Some(left.as_str())));
        } else {
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(
                (answer.status, answer.header("ratelimit")),
                (429, Some(format!("\"ip\";r=0;t={wait}").as_str()))
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_by_one_key_takes_nothing_from_the_other_on_the_server_either() {
    let one: Asks = || get("/f").with("x-key", "one");
    let two: Asks = || get("/f").with("x-key", "two");
    let requests = [one, one, one, one, PLAIN, two];
    let statuses: Vec<u16> = in_turn("rate = \"3/day\"\nby = \"header:x-key\"", &requests)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429], "the address counts for all of them");
    let answers = in_turn("rate = \"3/day\"\nby = \"header:x-key\"", &[one, two, one]).await;
    assert_eq!(answers[2].header("ratelimit"), Some("\"ip\";r=0;t=28800"), "the emptiest decides");
}

#[tokio::test]
async fn time_brings_it_back_by_the_servers_clock() {
    let answers = in_turn("rate = \"4/s\"\nburst = 1", &[PLAIN; 60]).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)));
    assert!(passed >= 1, "{passed}");
    let redis = Redis::start();
    let host = on(&redis, host().function("f", "canary", &format!("{PUBLIC}[limit]\nrate = \"10/s\"\nburst = 2\n")));
    wait_until_up(&host, true).await;
    let (began, mut passed) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_millis(1500) {
        passed += u32::from(host.send(get("/f")).await.status == 200);
    }
    let most = 2 + u32::try_from(began.elapsed().as_millis() / 100).unwrap() + 1;
    assert!((5..=most).contains(&passed), "{passed} of at most {most}");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(redis.keys("vestibule:1:rate:").is_empty(), "a full bucket is not kept");
}

#[tokio::test]
async fn without_the_server_each_host_counts_alone_and_nobody_begins_anew() {
    for _ in 0..5 {
        let mut redis = Redis::start();
        let policy = format!("{PUBLIC}[limit]\nrate = \"4/day\"\n");
        let (one, other) = two(&redis, || host().function("f", "canary", &policy)).await;
        for _ in 0..3 {
            assert_eq!(one.send(get("/f")).await.status, 200);
        }
        if one.metric("vestibule_rates_alone_total") > 0 {
            continue;
        }
        redis.kill();
        wait_until_up(&one, false).await;
        wait_until_up(&other, false).await;
        for (host, statuses) in [(&one, &[200, 429][..]), (&other, &[200, 200, 200, 200, 429])] {
            for status in statuses {
                assert_eq!(host.send(get("/f")).await.status, *status);
            }
        }
        assert_eq!(one.metric("vestibule_rates_alone_total"), 1);
        assert_eq!(other.metric("vestibule_rates_alone_total"), 4);
        return;
    }
    panic!("the server is too slow to test anything");
}

#[tokio::test]
async fn what_is_kept_of_a_caller_goes_by_itself_and_says_nothing_of_him() {
    let redis = Redis::start();
    let host = on(&redis, host().function("f", "canary", &format!("{PUBLIC}[limit]\nrate = \"2/day\"\n")));
    wait_until_up(&host, true).await;
    for n in 0..20_u16 {
        let client = format!("2001:db8:{n:x}::1").parse().unwrap();
        assert_eq!(host.send_from(get("/f"), client).await.status, 200);
    }
    let keys = redis.keys("vestibule:1:rate:");
    assert_eq!(keys.len(), 20);
    for key in keys {
        let keep: i64 = redis.ask(&["PTTL", &key]).parse().unwrap();
        assert!((0..=43_200_000).contains(&keep), "each goes by itself when it is full: {keep}");
        assert!(!key.contains("2001"), "and says nothing of whose it is");
    }
}

#[tokio::test]
async fn a_password_that_changes_counts_from_the_next_connection_on() {
    let mut redis = Redis::start();
    let host = with("canary", &github("")).settings(ON_REDIS);
    let host = host.secret("REDIS_URL", &redis.url().replace(PASSWORD, "another")).start();
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 503);
    let wrong = log::access(host.send(delivery("/hook", "{}")).await.id());
    assert!(!wrong.to_string().contains("another"), "{wrong}");
    host.write("../secrets/REDIS_URL", redis.url());
    let now = Instant::now();
    host.look(now);
    host.look(now + STILL);
    wait_until_up(&host, true).await;
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    redis.kill();
    assert_eq!(host.send_from(delivery("/hook", "{}"), LOCAL).await.status, 503);
}

#[tokio::test]
async fn a_secret_that_is_written_wrongly_ends_no_connection_that_works() {
    let redis = Redis::start();
    let host = on(&redis, with("canary", &github("")));
    wait_until_up(&host, true).await;
    let now = Instant::now();
    for (times, (wrong, body)) in (0..).zip([("no URL", "0"), ("redis://", "1"), ("no URL", "2")]) {
        let at = now + STILL * 2 * times;
        host.write("../secrets/REDIS_URL", wrong);
        host.look(at);
        host.look(at + STILL);
        // The connection's task hears of it within this time.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let answer = host.send(delivery("/hook", body)).await;
        assert_eq!(answer.text(), "the canary ran", "{wrong}");
        assert_eq!(host.metric(UP), 1, "{wrong}");
    }
}

#[tokio::test]
async fn a_copy_of_another_server_is_not_written_to() {
    let redis = Redis::start();
    let host = on(&redis, with("canary", &github("")));
    wait_until_up(&host, true).await;
    redis.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(host.send(delivery("/hook", "{}")).await.status, 503);
    wait_until_up(&host, false).await;
    redis.ask(&["REPLICAOF", "NO", "ONE"]);
    wait_until_up(&host, true).await;
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
}

#[tokio::test]
async fn a_user_who_may_do_no_more_than_the_page_says_is_enough() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let user = page.lines().find(|line| line.starts_with("user vestibule ")).expect("the page says what it may do");
    let words: Vec<&str> = user.split(' ').skip(1).collect();
    let redis = Redis::start();
    let command: Vec<&str> = ["ACL", "SETUSER"].into_iter().chain(words).collect();
    assert_eq!(redis.ask(&command), "OK");
    let limited = format!("{PUBLIC}[limit]\nrate = \"2/day\"\n");
    let builder = with("canary", &github("")).function("f", "canary", &limited).settings(ON_REDIS);
    let url = redis.url().replace(&format!(":{PASSWORD}@"), "vestibule:PASSWORD@");
    let host = builder.secret("REDIS_URL", &url).start();
    wait_until_up(&host, true).await;
    assert_eq!(host.send(delivery("/hook", "{}")).await.text(), "the canary ran");
    assert_acknowledged(&host.send(delivery("/hook", "{}")).await);
    assert_eq!(host.send(get("/f")).await.status, 200);
    assert_eq!(redis.keys("vestibule:1:rate:").len(), 1, "it may count there");
    assert!(redis.ask(&["ACL", "LOG"]).is_empty(), "and asked for nothing that it may not have");
}
