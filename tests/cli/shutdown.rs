//! The end of a host: what runs may finish, nothing new begins, and it does end.

use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::Connection;
use crate::frames::{END_HEADERS, END_STREAM, Frames, HEADERS, Seen, block, frame};
use crate::support::{Host, PATIENCE, Site};

const RUNNING: &str = "vestibule_instances_running";

/// Begins a request that sleeps for `ms` milliseconds, and waits until it runs.
fn begin_sleep(host: &Host, ms: u64) -> Connection {
    let mut connection = host.connect();
    connection.send(format!("GET /hostile/sleeper?ms={ms} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    host.wait_for_metric(RUNNING, 1);
    connection
}

/// Whether the operator's listener says that the host is ready; a listener that is gone does not.
fn is_ready(host: &Host) -> bool {
    let ready = || {
        let mut stream = TcpStream::connect(&host.admin).ok()?;
        std::io::Write::write_all(&mut stream, b"GET /health/ready HTTP/1.0\r\nhost: localhost\r\n\r\n").ok()?;
        std::io::read_to_string(stream).ok()
    };
    ready().is_some_and(|answer| answer.contains(" 200 "))
}

#[test]
fn what_runs_comes_to_its_end_and_nothing_new_begins() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut host = Site::new().example("hostile/sleeper").start();
        assert!(is_ready(&host));
        let mut running = begin_sleep(&host, 1500);
        host.signal(signal);
        host.wait_for_line(|line| line.contains("stopping: no new requests"));
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(&host.address).is_ok() {
            assert!(Instant::now() < until, "it still takes connections");
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!is_ready(&host));
        let reply = running.reply();
        assert_eq!((reply.status, reply.text()), (200, "slept 1500 ms"));
        running.wait_until_closed();
        assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0));
    }
}

#[test]
fn requests_that_take_longer_than_the_drain_are_cut() {
    let mut host = Site::new().example("hostile/sleeper").settings("[server]\ndrain = \"300ms\"\n").start();
    let _running = begin_sleep(&host, 9000);
    let started = Instant::now();
    host.signal(Signal::TERM);
    let status = host.wait(Duration::from_secs(5)).expect("it waits for longer than its drain");
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(status.code(), Some(0));
    host.wait_for_line(|line| line.contains("stopped before all requests had ended"));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut host = Site::new().example("hostile/sleeper").start();
    let _running = begin_sleep(&host, 9000);
    host.signal(Signal::INT);
    host.wait_for_line(|line| line.contains("a second signal ends at once"));
    assert!(host.wait(Duration::from_millis(300)).is_none(), "the first signal lets requests end");
    host.signal(Signal::INT);
    let status = host.wait(Duration::from_secs(5)).expect("it goes on after a second signal");
    assert_eq!((status.code(), status.signal()), (Some(0), None));
}

#[test]
fn connections_without_a_request_do_not_hold_it_up() {
    let mut host = Site::new().example("hello").start();
    let silent = host.connect();
    let mut idle = host.connect();
    assert_eq!(idle.send("GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").reply().status, 200);
    host.wait_for_metric("vestibule_connections_open", 2);
    host.signal(Signal::TERM);
    let status = host.wait(Duration::from_secs(5)).expect("idle connections hold it up");
    assert_eq!(status.code(), Some(0));
    drop((silent, idle));
}

#[test]
fn a_client_that_goes_away_does_not_stop_its_function() {
    let host = Site::new().example("hostile/sleeper").start();
    let running = begin_sleep(&host, 700);
    drop(running);
    host.wait_for_metric("vestibule_connections_open", 0);
    assert_eq!(host.metric(RUNNING), Some(1), "it was stopped, or had ended before its client went");
    // Its line in the log is written at its end.
    let line = host.wait_for_line(|line| line.contains("vestibule::access"));
    assert!(line.contains("outcome=\"ok\"") && line.contains("/hostile/sleeper"), "{line}");
    assert_eq!(host.metric("vestibule_outcomes_total{function=\"hostile/sleeper\",outcome=\"ok\"}"), Some(1));
    assert_eq!(host.metric(RUNNING), Some(0));
}

#[test]
fn a_function_whose_client_went_away_is_waited_for() {
    let mut host = Site::new().example("hostile/sleeper").start();
    let running = begin_sleep(&host, 1000);
    let started = Instant::now();
    drop(running);
    host.wait_for_metric("vestibule_connections_open", 0);
    host.signal(Signal::TERM);
    assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0));
    assert!(started.elapsed() >= Duration::from_millis(800), "{:?}", started.elapsed());
    host.wait_for_line(|line| line.ends_with("stopped"));
}

#[test]
fn neither_half_a_head_nor_a_deaf_client_of_http2_holds_it_up_and_the_log_says_so() {
    let mut host = Site::new().example("hello").start();
    let mut half = host.connect();
    half.send("GET /hello HTTP/1.1\r\nhost: loc");
    // Says hello, asks once, and then neither acknowledges nor closes anything.
    let mut deaf = Frames::open(&host);
    let head: [(&[u8], &[u8]); 4] =
        [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/hello"), (b":authority", b"localhost")];
    deaf.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&head)));
    assert_eq!(deaf.next(), Seen::Status(1, 200));
    host.wait_for_metric("vestibule_connections_open", 2);
    let started = Instant::now();
    host.signal(Signal::TERM);
    assert_eq!(host.wait(Duration::from_secs(8)).expect("they hold it up").code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    host.wait_for_line(|line| line.ends_with("stopped"));
    drop((half, deaf));
}

#[test]
fn a_request_of_http2_comes_to_its_end_too() {
    let mut host = Site::new().example("hostile/sleeper").start();
    let mut frames = Frames::open(&host);
    let head: [(&[u8], &[u8]); 4] = [
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":path", b"/hostile/sleeper?ms=1200"),
        (b":authority", b"localhost"),
    ];
    frames.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&head)));
    host.wait_for_metric(RUNNING, 1);
    host.signal(Signal::TERM);
    let seen: Vec<Seen> = std::iter::from_fn(|| Some(frames.next()).filter(|seen| *seen != Seen::Closed)).collect();
    assert!(seen.contains(&Seen::GoAway(0)) && seen.contains(&Seen::Status(1, 200)), "{seen:?}");
    assert_eq!(host.wait(PATIENCE).unwrap().code(), Some(0));
    host.wait_for_line(|line| line.ends_with("stopped"));
}

#[test]
fn a_host_that_is_told_to_stops_with_its_standard_input() {
    // Which is at its end from the beginning: it serves, and then stops as at a signal.
    let ended = Site::new().example("hello").options(["--stop-with-stdin"]).run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("listening on http://"), "{}", ended.stdout);
    assert!(ended.stderr.contains("stopped"), "{}", ended.stderr);
}
