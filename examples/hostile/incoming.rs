//! A component for `wasi:http` that does what `?do=` says: what a good one does, and what none should. `echo` answers with
//! what it was told of the request; the others are for the host's tests of answers that go out in parts.

// Its export has a name that no other target's linker takes.
#![cfg(target_family = "wasm")]

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingRequest, OutgoingResponse,
    ResponseOutparam, Scheme,
};
use wasip2::io::streams::{OutputStream, StreamError};

struct Told;

wasip2::http::proxy::export!(Told);

/// Bytes that `wasi:io` takes at once in a call that waits.
const AT_ONCE: usize = 4096;

/// What the request asks for.
struct Wishes(String);

impl Wishes {
    fn get(&self, name: &str) -> Option<&str> {
        let query = self.0.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name).map(|(_, text)| text)
    }

    fn number(&self, name: &str, default: u64) -> u64 {
        self.get(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

impl Guest for Told {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let wishes = Wishes(request.path_with_query().unwrap_or_default());
        let ms = wishes.number("ms", 0);
        match wishes.get("do").unwrap_or("echo") {
            "echo" => {
                let told = told(request);
                answer(out, &[], told.as_bytes());
            }
            "length" => answer(out, &[("content-length", "5")], b"whole"),
            "short" => answer(out, &[("content-length", "100")], b"short"),
            "long" => answer(out, &[("content-length", "3")], b"longer than three"),
            "status" => status(out, wishes.number("status", 200)),
            "headers" => answer(out, &HEADERS, b"with headers"),
            "many-headers" => answer(out, &[("x-many", "1"); 300], b"too many"),
            "parts" => parts(out, wishes.number("parts", 3), wishes.number("size", 4), ms),
            "whole-then-work" => {
                answer(out, &[], b"before the work");
                sleep(ms);
                println!("the work is done");
            }
            "silent" => drop(out),
            "forget" => std::mem::forget(out),
            "error" => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("the door is stuck".into())))),
            "hoard" => hoard(),
            "large-headers" => answer(out, &[("x-large", &"x".repeat(40_000))], b"with large headers"),
            "exit" => std::process::exit(3),
            "outgoing" => answer(out, &[], outgoing().as_bytes()),
            "claims" => claims(out, wishes.number("status", 200), ms),
            "upload" => upload(out, &wishes),
            "memory" => {
                let started = (wishes.get("when") == Some("after")).then(|| start(out, &[]));
                eat();
                drop(started);
            }
            other => strange(other, out, &wishes),
        }
    }
}

/// What begins like an answer, and how it goes wrong.
fn strange(what: &str, out: ResponseOutparam, wishes: &Wishes) {
    if wishes.get("when") == Some("before") {
        fail(what);
        return;
    }
    let Some((body, stream)) = start(out, &[]) else { return };
    let _ = stream.blocking_write_and_flush(b"the first part\n");
    // So that it has gone out.
    sleep(wishes.number("ms", 50));
    match what {
        "flood" => while write(&stream, &[b'x'; AT_ONCE]).is_ok() {},
        "unfinished" => {
            drop(stream);
            drop(body);
        }
        "left" => {
            std::mem::forget(stream);
            std::mem::forget(body);
        }
        _ => fail(what),
    }
}

#[expect(clippy::panic, reason = "the purpose of this function")]
fn fail(what: &str) {
    match what {
        "trap" => panic!("nobody expected this"),
        "loop" => loop {
            std::hint::black_box(());
        },
        "hang" => sleep(600_000),
        _ => {}
    }
}

fn eat() {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(vec![1; 1 << 20]);
        std::hint::black_box(&eaten);
    }
}

/// Has the host keep headers and bodies.
fn hoard() {
    let mut hoarded = Vec::new();
    loop {
        let fields = Fields::new();
        let _ = fields.append("x-hoarded", &[b'x'; 2_000]);
        let response = OutgoingResponse::new(fields);
        if let Ok(body) = response.body()
            && let Ok(stream) = body.write()
        {
            while stream.check_write().is_ok_and(|room| room > 0) {
                let _ = stream.write(&[b'x'; AT_ONCE]);
            }
        }
        hoarded.push(response);
    }
}

fn sleep(ms: u64) {
    if ms > 0 {
        subscribe_duration(ms * 1_000_000).block();
    }
}

/// What the host replaces, what it takes out, and what it leaves alone.
const HEADERS: [(&str, &str); 10] = [
    ("set-cookie", "a=1; Path=/"),
    ("set-cookie", "b=2, still b"),
    ("set-cookie", "c=3"),
    ("te", "trailers"),
    ("trailer", "x-sum"),
    ("proxy-authentication-info", "a=b"),
    ("x-request-id", "somebody-elses"),
    ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("x-kept", "gr\u{fc}n"),
    ("content-type", "text/plain"),
];

fn start(out: ResponseOutparam, headers: &[(&str, &str)]) -> Option<(OutgoingBody, OutputStream)> {
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).ok()?;
    }
    let response = OutgoingResponse::new(fields);
    let body = response.body().ok()?;
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().ok()?;
    Some((body, stream))
}

fn answer(out: ResponseOutparam, headers: &[(&str, &str)], bytes: &[u8]) {
    let Some((body, stream)) = start(out, headers) else { return };
    let written = write(&stream, bytes);
    drop(stream);
    if written.is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}

fn status(out: ResponseOutparam, status: u64) {
    let response = OutgoingResponse::new(Fields::new());
    let _ = response.set_status_code(u16::try_from(status).unwrap_or(0));
    let Ok(body) = response.body() else { return };
    ResponseOutparam::set(out, Ok(response));
    let Ok(stream) = body.write() else { return };
    let _ = write(&stream, b"not always to be sent");
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

/// An answer that says it has a body, and has none.
fn claims(out: ResponseOutparam, status: u64, ms: u64) {
    let fields = Fields::new();
    let _ = fields.append("content-length", b"5");
    let response = OutgoingResponse::new(fields);
    let _ = response.set_status_code(u16::try_from(status).unwrap_or(0));
    ResponseOutparam::set(out, Ok(response));
    sleep(ms);
}

/// As many parts as that, of a size, with some time between them; then a trailer.
fn parts(out: ResponseOutparam, count: u64, size: u64, ms: u64) {
    let Some((body, stream)) = start(out, &[]) else { return };
    let part = vec![b'p'; usize::try_from(size).unwrap_or(0)];
    for number in 0..count {
        if number > 0 {
            sleep(ms);
        }
        if write(&stream, &part).is_err() {
            println!("the client has gone, after {number} parts");
            return;
        }
    }
    drop(stream);
    let trailers = Fields::new();
    let _ = trailers.append("x-sum", b"1");
    let _ = OutgoingBody::finish(body, Some(trailers));
    println!("all {count} parts are written");
}

fn write(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    bytes.chunks(AT_ONCE).try_for_each(|part| stream.blocking_write_and_flush(part))
}

/// The request as it was told, line by line, and its body.
fn told(request: IncomingRequest) -> String {
    let mut told = format!(
        "{:?} {:?} {:?} {:?}\n",
        request.method(),
        request.scheme(),
        request.authority().unwrap_or_default(),
        request.path_with_query().unwrap_or_default()
    );
    let headers = request.headers();
    for (name, value) in headers.entries() {
        told += &format!("{name}: {}\n", String::from_utf8_lossy(&value));
    }
    told.push('\n');
    drop(headers);
    let Some(body) = request.consume().ok() else { return told };
    let Some(stream) = body.stream().ok() else { return told };
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(part) => told += &String::from_utf8_lossy(&part),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                told += &format!("\n{}", error.to_debug_string());
                break;
            }
        }
    }
    drop(stream);
    drop(IncomingBody::finish(body));
    told
}

/// Begins to send a body to the server `to`, and ends as `end` says before it has finished: `finish` is how it should be.
/// With `wait`, the server answers before.
fn upload(out: ResponseOutparam, wishes: &Wishes) {
    let request = OutgoingRequest::new(Fields::new());
    let _ = request.set_method(&Method::Post);
    let _ = request.set_scheme(Some(&Scheme::Http));
    let _ = request.set_authority(wishes.get("to"));
    let _ = request.set_path_with_query(Some("/"));
    let Ok(body) = request.body() else { return };
    let Ok(response) = outgoing_handler::handle(request, None) else { return };
    let Ok(stream) = body.write() else { return };
    let _ = write(&stream, b"the first part\n");
    let waits = wishes.get("wait").is_some();
    let got = waits.then(|| {
        response.subscribe().block();
        response.get()
    });
    // So that it has gone out.
    sleep(wishes.number("ms", 50));
    let end = wishes.get("end").unwrap_or_default();
    if end == "finish" {
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        sleep(50);
        answer(out, &[], b"finished");
        return;
    }
    fail(end);
    std::mem::forget((stream, body, response, got));
    answer(out, &[], b"left");
}

/// What comes of a request of its own.
fn outgoing() -> String {
    let request = OutgoingRequest::new(Fields::new());
    let _ = request.set_scheme(Some(&Scheme::Https));
    let _ = request.set_authority(Some("example.com"));
    let _ = request.set_path_with_query(Some("/"));
    match outgoing_handler::handle(request, None) {
        Err(error) => format!("{error:?}"),
        Ok(response) => {
            response.subscribe().block();
            match response.get() {
                Some(Ok(Ok(_))) => "it was answered".into(),
                Some(Ok(Err(error))) => format!("{error:?}"),
                other => format!("{:?}", other.is_some()),
            }
        }
    }
}
