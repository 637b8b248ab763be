//! Connections that are kept, and when they no longer are: what is idle, what does not read, and who waits for whom.

use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use rustix::process::Signal;

use crate::client::Connection;
use crate::frames::{END_HEADERS, END_STREAM, Frames, HEADERS, PING, SETTINGS, Seen, WINDOW_UPDATE, block, frame};
use crate::support::{Host, PATIENCE, Site};

const OPEN: &str = "vestibule_connections_open";
const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Requests that a client sends without waiting for answers.
const AT_ONCE: usize = 20;

/// More than sockets hold between a host and a client who does not read.
const HUGE: usize = 32 << 20;

fn huge_response(settings: &str) -> Host {
    let policy = "access = \"public\"\nmemory = \"256MiB\"\nresponse_limit = \"64MiB\"\n";
    let site = Site::new().example("hello").component("hostile/huge-response", "huge").file("huge.toml", policy);
    site.settings(&format!("[server]\n{settings}\n")).start()
}

fn ask_for(connection: &mut Connection, bytes: usize) {
    connection.send(format!("GET /huge?bytes={bytes} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
}

fn hello_over_http2(stream: u32) -> Vec<u8> {
    get_over_http2(stream, b"/hello")
}

/// What a client says that takes one byte of each answer until it says more. RFC 9113, section 6.5.2.
fn window_of_one_byte() -> Vec<u8> {
    frame(SETTINGS, 0, 0, [0, 4, 0, 0, 0, 1])
}

fn get_over_http2(stream: u32, path: &[u8]) -> Vec<u8> {
    let head: [(&[u8], &[u8]); 4] =
        [(b":method", b"GET"), (b":scheme", b"http"), (b":path", path), (b":authority", b"localhost")];
    frame(HEADERS, END_HEADERS | END_STREAM, stream, block(&head))
}

#[test]
fn idle_timeout_is_enforced_over_http1() {
    let host = Site::new().example("hello").settings("[server]\nidle_timeout = \"1s\"\n").start();
    let mut connection = host.connect();
    for _ in 0..3 {
        assert_eq!(connection.send(HELLO).reply().status, 200);
    }
    let started = Instant::now();
    connection.wait_until_closed();
    let open = started.elapsed();
    // header_timeout would be ten seconds.
    assert!(open >= Duration::from_millis(800) && open < Duration::from_secs(5), "{open:?}");
    host.wait_for_metric(OPEN, 0);
}

#[test]
fn idle_timeout_is_enforced_over_http2_whatever_else_the_client_sends() {
    let host = Site::new().example("hello").settings("[server]\nidle_timeout = \"400ms\"\n").start();
    let mut frames = Frames::open(&host);
    assert_eq!(frames.send(hello_over_http2(1)).next(), Seen::Status(1, 200));
    let started = Instant::now();
    let mut seen = vec![];
    while !seen.contains(&Seen::Closed) && started.elapsed() < PATIENCE {
        seen.push(frames.send(frame(PING, 0, 0, [0; 8])).next());
    }
    assert!(seen.contains(&Seen::GoAway(0)), "it ends without a good-bye");
    assert!(started.elapsed() < Duration::from_secs(5), "pings keep it open: {:?}", started.elapsed());
    host.wait_for_metric(OPEN, 0);
}

#[test]
fn a_connection_is_not_idle_while_its_request_runs() {
    let settings = "[server]\nidle_timeout = \"400ms\"\nheader_timeout = \"400ms\"\nwrite_timeout = \"400ms\"\n";
    let host = Site::new().example("hostile/sleeper").settings(settings).start();
    let mut connection = host.connect();
    connection.send("GET /hostile/sleeper?ms=1500 HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(connection.reply().status, 200);
}

#[test]
fn write_timeout_is_enforced_on_a_client_that_does_not_read() {
    let host = huge_response("write_timeout = \"300ms\"");
    let mut connection = host.connect();
    ask_for(&mut connection, HUGE);
    // No matter that idle_timeout is a minute.
    host.wait_for_metric("vestibule_requests_total{function=\"huge\",status=\"200\"}", 1);
    let started = Instant::now();
    host.wait_for_metric(OPEN, 0);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_client_that_reads_slowly_but_reads_gets_its_whole_answer() {
    let host = huge_response("write_timeout = \"2s\"");
    let mut connection = host.connect();
    ask_for(&mut connection, HUGE);
    let head = connection.head();
    assert_eq!(head.header("content-length"), Some(&*HUGE.to_string()));
    let mut left = HUGE;
    while left > 0 {
        // 16 pauses of 150 ms: longer than write_timeout altogether.
        let piece = left.min(2 << 20);
        connection.read_exact(piece);
        left -= piece;
        thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(connection.send(HELLO).reply().status, 200);
}

#[test]
fn a_client_on_a_slow_line_is_not_taken_for_one_that_does_not_read() {
    // 16 KiB a second are asked for.
    let host = huge_response("write_timeout = \"2s\"");
    let mut connection = host.connect();
    ask_for(&mut connection, HUGE);
    connection.head();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(7) {
        connection.read_exact(10 << 10);
        thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(host.metric(OPEN), Some(1), "it was cut off: {}", host.log());
}

#[test]
fn write_timeout_is_enforced_on_the_last_piece_of_an_answer_over_http2() {
    let host = Site::new().example("hello").settings("[server]\nwrite_timeout = \"300ms\"\n").start();
    let mut frames = Frames::open(&host);
    frames.send(window_of_one_byte());
    let started = Instant::now();
    assert_eq!(frames.send(hello_over_http2(1)).next(), Seen::Status(1, 200));
    assert_eq!(frames.next(), Seen::Closed);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    host.wait_for_metric(OPEN, 0);
}

#[test]
fn an_answer_counts_until_http2_has_written_its_last_piece() {
    let settings = "[server]\nanswer_bytes = \"256KiB\"\npermit_wait = \"10ms\"\n";
    let policy = "access = \"public\"\nresponse_limit = \"64KiB\"\n";
    let site = Site::new().component("hostile/huge-response", "huge").file("huge.toml", policy);
    let host = site.settings(settings).start();
    let mut frames = Frames::open(&host);
    frames.send(window_of_one_byte());
    for (stream, status) in [(1, 200), (3, 200), (5, 200), (7, 503)] {
        let request = get_over_http2(stream, b"/huge?bytes=10000");
        assert_eq!(frames.send(request).next(), Seen::Status(stream, status));
    }
    // The first is taken, which makes room for one more.
    frames.send(frame(WINDOW_UPDATE, 0, 1, 10_000_u32.to_be_bytes()));
    host.wait_for_metric("vestibule_outcomes_total{function=\"huge\",outcome=\"no_room\"}", 1);
    let deadline = Instant::now() + PATIENCE;
    let mut next = 9;
    while frames.send(get_over_http2(next, b"/huge?bytes=10000")).next() != Seen::Status(next, 200) {
        assert!(Instant::now() < deadline, "there was never room again");
        next += 2;
    }
}

#[test]
fn write_timeout_is_enforced_on_one_stream_of_http2_and_the_others_go_on() {
    let host = huge_response("write_timeout = \"300ms\"");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let talk = async {
        let stream = tokio::net::TcpStream::connect(&host.address).await.unwrap();
        let (sender, connection) = h2::client::Builder::new()
            .initial_connection_window_size(16 << 20)
            .handshake::<_, Bytes>(stream)
            .await
            .unwrap();
        tokio::spawn(connection);
        let get = |target: &str| Request::get(format!("http://localhost{target}")).body(()).unwrap();
        let mut sender = sender.ready().await.unwrap();
        let (answer, _) = sender.send_request(get("/huge?bytes=1000000"), true).unwrap();
        let mut untaken = answer.await.unwrap().into_body();
        // The window of the stream is never opened again.
        let mut taken = 0;
        let end = loop {
            match untaken.data().await {
                Some(Ok(data)) => taken += data.len(),
                Some(Err(error)) => break error,
                None => panic!("the whole answer came: {taken} bytes"),
            }
        };
        assert_eq!(end.reason(), Some(h2::Reason::CANCEL), "after {taken} bytes");
        let mut sender = sender.ready().await.unwrap();
        let (answer, _) = sender.send_request(get("/hello"), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 200);
    };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, talk).await.unwrap() });
}

#[test]
fn connections_is_enforced_and_the_longest_idle_gives_way() {
    let host = Site::new().example("hello").example("hostile/sleeper").settings("[server]\nconnections = 3\n").start();
    let mut busy = host.connect();
    busy.send("GET /hostile/sleeper?ms=3000 HTTP/1.1\r\nhost: localhost\r\n\r\n");
    host.wait_for_metric("vestibule_instances_running", 1);
    let mut longest = host.connect();
    assert_eq!(longest.send(HELLO).reply().status, 200);
    // A client may have its answer before the host has noted that the connection is idle: without a pause it would be up to
    // the scheduler which of the two is idle the longest.
    thread::sleep(Duration::from_millis(300));
    let mut second = host.connect();
    assert_eq!(second.send(HELLO).reply().status, 200);
    let mut next = host.connect();
    assert_eq!(next.send(HELLO).reply().status, 200, "nobody gave way");
    longest.wait_until_closed();
    assert_eq!(second.send(HELLO).reply().status, 200, "only the longest idle has to go");
    assert_eq!(busy.reply().status, 200, "what is busy is not idle");
    assert!(host.metric(OPEN).unwrap() <= 3);
}

#[test]
fn clients_that_hold_places_and_ask_nothing_keep_nobody_out() {
    let host = Site::new().example("hello").settings("[server]\nconnections = 8\n").start();
    let silent: Vec<_> = (0..8)
        .map(|number| {
            let mut connection = host.connect();
            // Some say nothing, some begin.
            connection.send(if number % 2 == 0 { "" } else { "GET /hello HT" });
            connection
        })
        .collect();
    let started = Instant::now();
    assert_eq!(host.get("/hello").status, 200);
    // Well before header_timeout.
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    drop(silent);
}

#[test]
fn who_still_sends_gets_the_answer() {
    let policy = "access = \"public\"\nbody_limit = \"1KiB\"\n";
    let host = Site::new().component("hello", "small").file("small.toml", policy).start();
    for _ in 0..20 {
        let mut connection = host.connect();
        connection.send(format!("POST /small HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 4 << 20));
        for _ in 0..64 {
            connection.try_send([b'x'; 64 << 10]);
        }
        assert_eq!(connection.reply().status, 413, "a reset took the answer away");
    }
    assert_eq!(host.instances(), 0);
}

#[test]
fn a_head_that_drips_is_cut_off_when_its_time_is_over() {
    let host = Site::new().example("hello").settings("[server]\nheader_timeout = \"600ms\"\n").start();
    let mut connection = host.connect();
    let started = Instant::now();
    for byte in HELLO.bytes().cycle() {
        if !connection.try_send([byte]) || started.elapsed() > Duration::from_secs(3) {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    host.wait_for_metric(OPEN, 0);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(host.instances(), 0);
}

#[test]
fn requests_that_come_all_at_once_go_behind_those_of_others() {
    // With one thread, the order of answers is the order of turns.
    let host = Site::new().example("hello").env("TOKIO_WORKER_THREADS", "1").start();
    let mut clients = ["/first", "/second"].map(|path| (path, host.connect()));
    let nobody = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    for (path, connection) in &mut clients {
        assert_eq!(connection.send(nobody(path)).reply().status, 404);
    }
    // Both have asked before the host looks.
    host.signal(Signal::STOP);
    for (path, connection) in &mut clients {
        connection.send(nobody(path).repeat(AT_ONCE));
    }
    host.signal(Signal::CONT);
    for (_, connection) in &mut clients {
        assert!((0..AT_ONCE).all(|_| connection.reply().status == 404));
    }
    let (_, log) = host.stop();
    let order: Vec<_> =
        log.lines().filter_map(|line| ["/first", "/second"].into_iter().find(|path| line.contains(path))).collect();
    assert_eq!(order.len(), 2 + 2 * AT_ONCE, "{log}");
    let turns = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
    // But for the first, which each has before there is another.
    assert!(turns >= 2 * AT_ONCE - 3, "one had its way while the other waited: {order:?}");
}
