//! HTTP/2 below its requests: frames that break the rules, and floods of frames that keep them. What is asked of each is
//! what RFC 9113 asks: an error of the stream or of the connection, never a sandbox, and never more work for the host than
//! for the client.

use crate::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, PING, PUSH_PROMISE, RST_STREAM, SETTINGS, Seen,
    WINDOW_UPDATE, block, frame,
};
use crate::support::{Host, Site};

// RFC 9113, section 7.
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const FRAME_SIZE_ERROR: u32 = 6;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

type Headers<'a> = &'a [(&'a [u8], &'a [u8])];

const METHOD: (&[u8], &[u8]) = (b":method", b"GET");
const SCHEME: (&[u8], &[u8]) = (b":scheme", b"http");
const PATH: (&[u8], &[u8]) = (b":path", b"/hello");
const AUTHORITY: (&[u8], &[u8]) = (b":authority", b"localhost");
const POST: (&[u8], &[u8]) = (b":method", b"POST");
const ECHO: (&[u8], &[u8]) = (b":path", b"/hostile/echo");

fn site() -> Host {
    Site::new().example("hello").example("hostile/echo").start()
}

// The crate h2 gives up the connection where the RFC would let the stream alone be reset, and says PROTOCOL_ERROR where it
// has a finer word. Both are allowed (sections 5.4 and 8.1.1).

/// A whole request without a body.
fn request(stream: u32, headers: Headers<'_>) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, block(headers))
}

fn hello(stream: u32) -> Vec<u8> {
    request(stream, &[METHOD, SCHEME, PATH, AUTHORITY])
}

fn answer(host: &Host, bytes: impl AsRef<[u8]>) -> Seen {
    Frames::open(host).send(bytes).next()
}

#[test]
fn requests_are_as_their_grammar_says() {
    use Seen::{GoAway, Reset, Status};
    let host = site();
    let cases: &[(&str, Headers<'_>, Seen)] = &[
        ("a good one", &[METHOD, SCHEME, PATH, AUTHORITY], Status(1, 200)),
        ("te: trailers", &[METHOD, SCHEME, PATH, AUTHORITY, (b"te", b"trailers")], Status(1, 200)),
        ("its host in a header", &[METHOD, SCHEME, PATH, (b"host", b"localhost")], Status(1, 200)),
        ("equal hosts", &[METHOD, SCHEME, PATH, AUTHORITY, (b"host", b"LOCALHOST")], Status(1, 200)),
        ("another host", &[METHOD, SCHEME, PATH, AUTHORITY, (b"host", b"other.example")], Status(1, 400)),
        (
            "two host headers",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"host", b"localhost"), (b"host", b"localhost")],
            Status(1, 400),
        ),
        ("no host", &[METHOD, SCHEME, PATH], Status(1, 400)),
        ("a user before the host", &[METHOD, SCHEME, PATH, (b":authority", b"a@localhost")], Status(1, 400)),
        ("a scheme of its own", &[METHOD, (b":scheme", b"ftp"), PATH, AUTHORITY], Status(1, 400)),
        (
            "two equal lengths",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"content-length", b"0"), (b"content-length", b"0")],
            Status(1, 400),
        ),
        (
            "two callers",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"authorization", b"a"), (b"authorization", b"b")],
            Status(1, 400),
        ),
        ("an expectation that nobody has", &[METHOD, SCHEME, PATH, AUTHORITY, (b"expect", b"more")], Status(1, 417)),
        ("TRACE", &[(b":method", b"TRACE"), SCHEME, PATH, AUTHORITY], Status(1, 405)),
        ("CONNECT", &[(b":method", b"CONNECT"), AUTHORITY], Status(1, 400)),
        (
            "CONNECT for a protocol",
            &[(b":method", b"CONNECT"), (b":protocol", b"websocket"), SCHEME, PATH, AUTHORITY],
            Reset(1, PROTOCOL_ERROR),
        ),
        ("a path that is not ASCII", &[METHOD, SCHEME, (b":path", b"/hell\xc3\xb6"), AUTHORITY], Status(1, 400)),
        ("everything", &[(b":method", b"OPTIONS"), SCHEME, (b":path", b"*"), AUTHORITY], Status(1, 400)),
        (
            "a length that no body has",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"content-length", b"3")],
            Reset(1, PROTOCOL_ERROR),
        ),
        (
            "a length that is no number",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"content-length", b"x")],
            Reset(1, PROTOCOL_ERROR),
        ),
        ("no method", &[SCHEME, PATH, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("no scheme", &[METHOD, PATH, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("no path", &[METHOD, SCHEME, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("an empty path", &[METHOD, SCHEME, (b":path", b""), AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("a path without a slash", &[METHOD, SCHEME, (b":path", b"hello"), AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("two methods", &[METHOD, METHOD, SCHEME, PATH, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("two paths", &[METHOD, SCHEME, PATH, PATH, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("two authorities", &[METHOD, SCHEME, PATH, AUTHORITY, AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        (
            "a pseudo-header that there is not",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b":x", b"1")],
            GoAway(PROTOCOL_ERROR),
        ),
        (
            "a pseudo-header of responses",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b":status", b"200")],
            Reset(1, PROTOCOL_ERROR),
        ),
        ("a pseudo-header after others", &[METHOD, SCHEME, PATH, (b"x-a", b"1"), AUTHORITY], Reset(1, PROTOCOL_ERROR)),
        ("a name in capitals", &[METHOD, SCHEME, PATH, AUTHORITY, (b"X-A", b"1")], GoAway(PROTOCOL_ERROR)),
        ("an empty name", &[METHOD, SCHEME, PATH, AUTHORITY, (b"", b"1")], GoAway(PROTOCOL_ERROR)),
        ("a name with a space", &[METHOD, SCHEME, PATH, AUTHORITY, (b"x a", b"1")], GoAway(PROTOCOL_ERROR)),
        ("a name with a line's end", &[METHOD, SCHEME, PATH, AUTHORITY, (b"x-a\r\nx-b", b"1")], GoAway(PROTOCOL_ERROR)),
        (
            "a value with a line's end",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"x-a", b"1\r\nx-b: 2")],
            GoAway(PROTOCOL_ERROR),
        ),
        ("a value with a NUL", &[METHOD, SCHEME, PATH, AUTHORITY, (b"x-a", b"1\0")], GoAway(PROTOCOL_ERROR)),
        ("a method with a space", &[(b":method", b"GET /x"), SCHEME, PATH, AUTHORITY], GoAway(PROTOCOL_ERROR)),
        (
            "a path with a line's end",
            &[METHOD, SCHEME, (b":path", b"/hello\r\nx: y"), AUTHORITY],
            Reset(1, PROTOCOL_ERROR),
        ),
        (
            "an authority with a space",
            &[METHOD, SCHEME, PATH, (b":authority", b"local host")],
            Reset(1, PROTOCOL_ERROR),
        ),
        ("Connection", &[METHOD, SCHEME, PATH, AUTHORITY, (b"connection", b"close")], Reset(1, PROTOCOL_ERROR)),
        ("Keep-Alive", &[METHOD, SCHEME, PATH, AUTHORITY, (b"keep-alive", b"1")], Reset(1, PROTOCOL_ERROR)),
        (
            "Transfer-Encoding",
            &[POST, SCHEME, ECHO, AUTHORITY, (b"transfer-encoding", b"chunked")],
            Reset(1, PROTOCOL_ERROR),
        ),
        ("Upgrade", &[METHOD, SCHEME, PATH, AUTHORITY, (b"upgrade", b"h2c")], Reset(1, PROTOCOL_ERROR)),
        ("te: gzip", &[METHOD, SCHEME, PATH, AUTHORITY, (b"te", b"gzip")], Reset(1, PROTOCOL_ERROR)),
        (
            "more headers than are ever kept",
            &[METHOD, SCHEME, PATH, AUTHORITY, (b"x-a", &[b'x'; 15_000]), (b"x-a", &[b'x'; 1])],
            Status(1, 200),
        ),
    ];
    for (name, headers, expected) in cases {
        let before = host.instances();
        let seen = answer(&host, request(1, headers));
        assert_eq!(seen, *expected, "{name}");
        let served = u64::from(*expected == Status(1, 200));
        assert_eq!(host.instances() - before, served, "{name}: a sandbox for what was refused");
    }
}

#[test]
fn frames_are_as_their_rules_say() {
    use Seen::{GoAway, Reset, Status};
    let host = site();
    let head = |flags, stream| frame(HEADERS, flags, stream, block(&[POST, SCHEME, ECHO, AUTHORITY]));
    let sized = |length: &[u8]| {
        frame(HEADERS, END_HEADERS, 1, block(&[POST, SCHEME, ECHO, AUTHORITY, (b"content-length", length)]))
    };
    let data = |flags, bytes: &[u8]| frame(DATA, flags, 1, bytes);
    let cases: Vec<(&str, Vec<u8>, Seen)> = vec![
        ("a body", [sized(b"3"), data(END_STREAM, b"abc")].concat(), Status(1, 200)),
        ("a body longer than its length", [sized(b"2"), data(END_STREAM, b"abc")].concat(), Reset(1, PROTOCOL_ERROR)),
        ("a body shorter than its length", [sized(b"4"), data(END_STREAM, b"abc")].concat(), Reset(1, PROTOCOL_ERROR)),
        (
            "trailers with a pseudo-header",
            [head(END_HEADERS, 1), data(0, b"a"), request(1, &[PATH])].concat(),
            Status(1, 200),
        ),
        (
            "trailers that do not end the stream",
            [head(END_HEADERS, 1), frame(HEADERS, END_HEADERS, 1, block(&[(b"x", b"y")]))].concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
        ("DATA on stream 0", frame(DATA, 0, 0, b"a"), GoAway(PROTOCOL_ERROR)),
        ("DATA on a stream that is not open", frame(DATA, 0, 1, b"a"), GoAway(PROTOCOL_ERROR)),
        ("HEADERS on stream 0", hello(0), GoAway(PROTOCOL_ERROR)),
        ("HEADERS on an even stream", hello(2), GoAway(PROTOCOL_ERROR)),
        (
            "HEADERS that depend on themselves",
            frame(
                HEADERS,
                END_HEADERS | END_STREAM | 0x20,
                1,
                [&[0, 0, 0, 1, 0][..], &block(&[METHOD, SCHEME, PATH, AUTHORITY])].concat(),
            ),
            Reset(1, PROTOCOL_ERROR),
        ),
        ("padding longer than the frame", frame(DATA, 8, 1, [200, 1]), GoAway(PROTOCOL_ERROR)),
        ("CONTINUATION without HEADERS", frame(CONTINUATION, END_HEADERS, 1, block(&[METHOD])), GoAway(PROTOCOL_ERROR)),
        (
            "another frame between HEADERS and CONTINUATION",
            [head(0, 1), frame(PING, 0, 0, [0; 8])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        (
            "CONTINUATION of another stream",
            [head(0, 1), frame(CONTINUATION, END_HEADERS, 3, [])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        (
            "headers that cannot be decoded",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            GoAway(PROTOCOL_ERROR),
        ),
        (
            "headers of an index that there is not",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, [0xfe]),
            GoAway(PROTOCOL_ERROR),
        ),
        ("a frame larger than was allowed", frame(DATA, 0, 1, [0; 16_385]), GoAway(FRAME_SIZE_ERROR)),
        ("SETTINGS of an odd length", frame(SETTINGS, 0, 0, [0; 5]), GoAway(PROTOCOL_ERROR)),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 1, []), GoAway(PROTOCOL_ERROR)),
        ("SETTINGS that acknowledge with a payload", frame(SETTINGS, ACK, 0, [0; 6]), GoAway(PROTOCOL_ERROR)),
        (
            "SETTINGS of a window past 31 bits",
            frame(SETTINGS, 0, 0, [0, 4, 0xff, 0xff, 0xff, 0xff]),
            GoAway(PROTOCOL_ERROR),
        ),
        ("PING of an odd length", frame(PING, 0, 0, [0; 7]), GoAway(PROTOCOL_ERROR)),
        ("PING on a stream", frame(PING, 0, 1, [0; 8]), GoAway(PROTOCOL_ERROR)),
        ("RST_STREAM of a stream that was never", frame(RST_STREAM, 0, 1, [0; 4]), GoAway(PROTOCOL_ERROR)),
        (
            "RST_STREAM of an odd length",
            [head(END_HEADERS, 1), frame(RST_STREAM, 0, 1, [0; 3])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        ("WINDOW_UPDATE of nothing", frame(WINDOW_UPDATE, 0, 0, [0; 4]), GoAway(PROTOCOL_ERROR)),
        (
            "WINDOW_UPDATE past 31 bits",
            frame(WINDOW_UPDATE, 0, 0, [0x7f, 0xff, 0xff, 0xff]),
            GoAway(FLOW_CONTROL_ERROR),
        ),
        ("PUSH_PROMISE from a client", frame(PUSH_PROMISE, END_HEADERS, 1, [0, 0, 0, 2]), GoAway(PROTOCOL_ERROR)),
        (
            "DATA after the end of the stream",
            [head(END_HEADERS | END_STREAM, 1), data(0, b"a")].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        ("a stream with a lower number", [hello(3), hello(1)].concat(), GoAway(PROTOCOL_ERROR)),
    ];
    for (name, bytes, expected) in cases {
        let before = host.instances();
        let seen = answer(&host, bytes);
        assert_eq!(seen, expected, "{name}");
        let served = u64::from(expected == Status(1, 200));
        assert_eq!(host.instances() - before, served, "{name}: a sandbox for what was refused");
    }
}

#[test]
fn headers_past_their_bounds_are_431_however_they_come() {
    let host = site();
    let start = block(&[METHOD, SCHEME, PATH, AUTHORITY]);
    let more = block(&[(b"x-a", &[b'x'; 8_000])]);
    // 32 KiB are allowed: 31 KiB of them here, and 39 KiB.
    for (count, expected) in [(4, 200), (5, 431)] {
        let mut frames = vec![frame(HEADERS, END_STREAM, 1, &start)];
        frames.extend((1..count).map(|_| frame(CONTINUATION, 0, 1, &more)));
        frames.push(frame(CONTINUATION, END_HEADERS, 1, &more));
        assert_eq!(answer(&host, frames.concat()), Seen::Status(1, expected), "{count} times 8,000 bytes");
    }
    // Past what is ever decoded.
    let mut frames = vec![frame(HEADERS, END_STREAM, 1, &start)];
    let more = block(&[(b"x-a", &[b'x'; 16_000])]);
    frames.extend((0..3).map(|_| frame(CONTINUATION, 0, 1, &more)));
    frames.push(frame(CONTINUATION, END_HEADERS, 1, &more));
    assert_eq!(answer(&host, frames.concat()), Seen::Status(1, 431));
    // By number.
    let many = block(&[(&b"x"[..], &b"y"[..]); 100]);
    let frames = [frame(HEADERS, END_STREAM, 1, &start), frame(CONTINUATION, END_HEADERS, 1, &many)];
    assert_eq!(answer(&host, frames.concat()), Seen::Status(1, 431), "more than 100 headers");
    assert_eq!(host.instances(), 1);
}

/// Reads until the host gives the connection up, or a ping is answered.
fn fate(frames: &mut Frames) -> Seen {
    frames.send(frame(PING, 0, 0, [7; 8]));
    loop {
        match frames.next() {
            Seen::Status(..) | Seen::Reset(..) => {}
            end => return end,
        }
    }
}

#[test]
fn a_flood_of_continuations_ends_the_connection() {
    let host = site();
    let mut frames = Frames::open(&host);
    frames.send(frame(HEADERS, END_STREAM, 1, block(&[METHOD, SCHEME, PATH, AUTHORITY])));
    for _ in 0..10_000 {
        frames.send(frame(CONTINUATION, 0, 1, []));
    }
    let end = frames.next();
    assert!(matches!(end, Seen::GoAway(ENHANCE_YOUR_CALM) | Seen::Closed), "{end:?}");
    assert_eq!(host.instances(), 0);
}

#[test]
fn a_flood_of_resets_ends_the_connection() {
    let host = site();
    let mut frames = Frames::open(&host);
    for stream in (1..20_000).step_by(2) {
        frames.send([hello(stream), frame(RST_STREAM, 0, stream, CANCEL.to_be_bytes())].concat());
    }
    let end = fate(&mut frames);
    assert!(matches!(end, Seen::GoAway(ENHANCE_YOUR_CALM) | Seen::Closed), "{end:?}");
}

#[test]
fn a_flood_of_faulty_streams_ends_the_connection() {
    let host = site();
    let mut frames = Frames::open(&host);
    for stream in (1..2_000).step_by(2) {
        frames.send(request(stream, &[METHOD, SCHEME, PATH, AUTHORITY, (b"connection", b"close")]));
    }
    let end = fate(&mut frames);
    assert!(matches!(end, Seen::GoAway(ENHANCE_YOUR_CALM) | Seen::Closed), "{end:?}");
    assert_eq!(host.instances(), 0);
}

#[test]
fn streams_past_http2_streams_are_refused() {
    let host = Site::new().example("hostile/echo").settings("[server]\nhttp2_streams = 2\n").start();
    let mut frames = Frames::open(&host);
    for stream in [1, 3, 5] {
        frames.send(frame(HEADERS, END_HEADERS, stream, block(&[POST, SCHEME, ECHO, AUTHORITY])));
    }
    assert_eq!(frames.next(), Seen::Reset(5, REFUSED_STREAM));
    assert_eq!(host.instances(), 0);
}

#[test]
fn streams_that_were_reset_count_until_their_calls_have_ended() {
    let settings = "[server]\nhttp2_streams = 2\n";
    let host = Site::new().example("hostile/sleeper").settings(settings).start();
    let mut frames = Frames::open(&host);
    let sleep = |stream| request(stream, &[METHOD, SCHEME, (b":path", b"/hostile/sleeper?ms=2500"), AUTHORITY]);
    frames.send([sleep(1), sleep(3)].concat());
    host.wait_for_metric("vestibule_instances_running", 2);
    for stream in [1, 3] {
        frames.send(frame(RST_STREAM, 0, stream, CANCEL.to_be_bytes()));
    }
    // For HTTP/2 there is room again.
    frames.send([sleep(5), sleep(7)].concat());
    assert_eq!(fate(&mut frames), Seen::Pong);
    assert_eq!(host.instances(), 2, "a client has more calls than http2_streams allows");
    for _ in 0..2 {
        let answer = frames.next();
        assert!(matches!(answer, Seen::Status(5 | 7, 200)), "{answer:?}");
    }
    assert_eq!(host.instances(), 4);
}

#[test]
fn floods_of_frames_that_ask_for_nothing_leave_others_alone() {
    let host = site();
    let mut frames = Frames::open(&host);
    for _ in 0..2_000 {
        frames.send([frame(PING, 0, 0, [0; 8]), frame(SETTINGS, 0, 0, []), frame(DATA, 0, 0, [])][..2].concat());
    }
    assert_eq!(host.get("/hello").status, 200);
}
