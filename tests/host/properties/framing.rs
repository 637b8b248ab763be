//! The framing of HTTP/1.1: what it lets through, hyper takes for the same requests, with the same ends; and it does not
//! matter in which pieces the bytes come.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use vestibule_host::listen::framing::{Fault, Framing};

use super::words;

/// How a message may begin; most are right.
const LINES: &[&[u8]] = &[
    b"GET /a HTTP/1.1\r\nHost: a\r\n",
    b"POST /b HTTP/1.1\r\nHost: a\r\n",
    b"POST /c HTTP/1.1\r\n",
    b"PUT /d?x HTTP/1.1\r\n",
    b"\r\nPOST /e HTTP/1.1\r\n",
    b"POST /f HTTP/1.0\r\nConnection: keep-alive\r\n",
    b"PRI * HTTP/2.0\r\n",
    b"POST  /g HTTP/1.1\r\n",
    b"\nPOST /h HTTP/1.1\n",
];

/// The lines of a head that say how long the body is, or seem to.
const HEADERS: &[&[u8]] = &[
    b"Content-Length: 3\r\n",
    b"content-length:\t3 \r\n",
    b"Content-Length: 44\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: Chunked \r\n",
    b"X-A: b\r\n",
    b"X-A: b\nContent-Length: 3\r\n",
    b"X-A: b\rTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Content-Length : 3\r\n",
    b"Content-Length: 3, 3\r\n",
    b"Content-Length: 0x3\r\n",
    b"Content-Lengthx: 3\r\n",
    b"Transfer-Encoding\t: chunked\r\n",
    b"A-Name-Of-More-Than-Twenty-Four-Bytes: Content-Length: 3\r\n",
    b"X-A: \x80\xff\tb\r\n",
    b"X-A: \x7f\r\n",
];

/// What may follow a head.
const BODIES: &[&[u8]] = &[
    b"abc",
    b"abc",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"3;x=\"y\"\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"0\r\n\r\n",
    b"GET /hidden HTTP/1.1\r\nHost: a\r\nX: 12345678\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"3 \r\nabc\r\n0\r\n\r\n",
    b"0\r\nX: y\nGET /hidden HTTP/1.1\r\n\r\n",
    b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
];

/// Messages one after the other: nearly right, each with a body that may be another than its head says.
fn stream(data: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in data.chunks(8) {
        let (head, body) = message.split_at(message.len().min(6));
        let (line, headers) = head.split_at(1);
        let (headers, count) = headers.split_at(headers.len().saturating_sub(1));
        stream.extend(words::text(LINES, line));
        let count = count.first().map_or(0, |count| usize::from(*count) % 3);
        stream.extend(words::text(HEADERS, &headers[..count.min(headers.len())]));
        stream.extend(b"\r\n");
        let count = body.first().map_or(0, |count| usize::from(*count) % 3 % 2);
        stream.extend(words::text(BODIES, &body[body.len() - count.min(body.len())..]));
    }
    stream
}

pub(crate) fn check(data: &[u8]) {
    let bytes = stream(data);
    let (whole, fault) = messages(&bytes);
    assert_eq!(Framing::default().follow(&bytes).err(), fault, "it matters in which pieces they come");
    for at in 0..bytes.len() {
        let mut framing = Framing::default();
        let (first, second) = bytes.split_at(at);
        let found = framing.follow(first).err();
        let later = || framing.follow(second).err().map(|fault| Fault { at: at + fault.at, ..fault });
        assert_eq!(found.or_else(later), fault, "it matters that they come in two pieces, of {at} bytes and the rest");
    }

    let good = fault.map_or(bytes.len(), |fault| fault.at);
    let seen = read_by_hyper(&bytes[..good]);
    assert!(seen.len() <= whole.len(), "hyper sees {seen:?} in {:?}", String::from_utf8_lossy(&bytes));
    for (seen, whole) in seen.iter().zip(&whole) {
        let message = String::from_utf8_lossy(&bytes[whole.clone()]).into_owned();
        let message = message.trim_start_matches("\r\n");
        assert!(message.starts_with(seen), "hyper sees {seen:?} in {message:?}");
    }
}

/// Where each whole message lies, as the framing has it, and its first fault.
fn messages(bytes: &[u8]) -> (Vec<std::ops::Range<usize>>, Option<Fault>) {
    let mut framing = Framing::default();
    let (mut whole, mut start, mut begun) = (Vec::new(), 0, false);
    for at in 0..bytes.len() {
        if let Err(fault) = framing.follow(&bytes[at..=at]) {
            return (whole, Some(Fault { at: at + fault.at, ..fault }));
        }
        // An empty line before a head is no message.
        begun |= !framing.is_between() && bytes[at] != b'\r';
        if begun && framing.is_between() {
            whole.push(start..at + 1);
            (start, begun) = (at + 1, false);
        }
    }
    (whole, None)
}

/// The beginnings of the requests whose bodies hyper has read to their ends.
fn read_by_hyper(bytes: &[u8]) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        client.write_all(bytes).await.unwrap();
        client.shutdown().await.unwrap();
        let service = service_fn(|request: Request<Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let line = format!("{} {} HTTP/", request.method(), request.uri());
                if request.into_body().collect().await.is_ok() {
                    seen.lock().unwrap().push(line);
                }
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            }
        });
        // How it ends is not asked: it may be in the middle of anything.
        let _ = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(server), service).await;
    });
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}
