//! The corpus: what a client sends, and which answers it may get. After each case a request is sent that asks to close:
//! `[200, LAST]` says that the host is still in step with the client, `[400]` that it is not and has hung up. Where a case
//! hides a request in another, it asks for `/hello?name=smuggled`.

/// The answer to the request that follows every case.
pub(super) const LAST: u16 = 0;

/// A name, what is sent, the statuses of all answers.
pub(super) type Case = (&'static str, &'static [u8], &'static [u16]);

/// How long a body is. RFC 9112, section 6.
#[rustfmt::skip]
pub(super) const LENGTHS: &[Case] = &[
    ("two equal lengths", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("two lengths", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabc", &[400]),
    ("a list of equal lengths", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 3\r\n\r\nabc", &[400]),
    ("an empty length", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n\r\n", &[400]),
    ("a negative length", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -3\r\n\r\nabc", &[400]),
    ("a length with a sign", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc", &[400]),
    ("a length in hexadecimal", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x3\r\n\r\nabc", &[400]),
    ("a length with a fraction", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3.0\r\n\r\nabc", &[400]),
    ("a length with white space inside", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1 3\r\n\r\nabc", &[400]),
    ("a length past 64 bits", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551619\r\n\r\nabc", &[400]),
    ("a length in other digits", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xd9\xa3\r\n\r\nabc", &[400]),
    ("a length with zeros before it", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0003\r\n\r\nabc", &[200, LAST]),
    ("a length with white space around it", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \t 3 \t\r\n\r\nabc", &[200, LAST]),
    ("a length whose name has a space", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length : 3\r\n\r\nabc", &[400]),
    ("a length with a vertical tab", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length:\x0b3\r\n\r\nabc", &[400]),
    ("a name that only looks like it", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent_Length: 3\r\n\r\n", &[200, LAST]),
    ("GET with a body", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n\r\nGET /hello?name=smuggled HTTP/1.1\r\nHost: a\r\n", &[200, LAST]),
    ("a body that looks like a request", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 49\r\n\r\nGET /hello?name=smuggled HTTP/1.1\r\nHost: local\r\n\r", &[200, LAST]),
];

/// `Transfer-Encoding`, alone and beside a length. RFC 9112, sections 6.1 and 6.3.
#[rustfmt::skip]
pub(super) const CODINGS: &[Case] = &[
    ("chunked", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", &[200, LAST]),
    ("chunked in capitals", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\tChunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n", &[200, LAST]),
    ("a length, then chunked", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello?name=smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("chunked, then a length", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nGET /hello?name=smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("chunked and a length of nothing", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked and a broken length", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n0\r\n\r\n", &[400]),
    ("gzip, then chunked", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked, then gzip", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked twice in a line", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked in two lines", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("identity", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("identity, then chunked in another line", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("a coding of no name", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("chunked with a parameter", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked in quotes", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", &[400]),
    ("a letter too many", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("a control character before it", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", &[400]),
    ("a name with a space at its end", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("a name with a space before it", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\n Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", &[400]),
    ("a coding in a folded line", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("a coding behind a bare LF", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("a coding behind a bare CR", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nX-A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    ("chunked in HTTP/1.0", b"POST /hostile/echo HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
];

/// Chunks. RFC 9112, section 7.1.
#[rustfmt::skip]
pub(super) const CHUNKS: &[Case] = &[
    ("an extension", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0;c\r\n\r\n", &[200, LAST]),
    ("trailers", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n", &[200, LAST]),
    ("zeros before the size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n000\r\n\r\n", &[200, LAST]),
    ("a size that is no number", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n0\r\n\r\n", &[400]),
    ("no size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n", &[400]),
    ("a size with 0x", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", &[400]),
    ("a negative size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", &[400]),
    ("a size past 64 bits", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", &[400]),
    ("white space before the size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n 3\r\nabc\r\n0\r\n\r\n", &[400]),
    ("white space after the size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", &[400]),
    ("a bare LF after the size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", &[400]),
    ("a bare LF after the data", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", &[400]),
    ("a bare LF in an extension", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n", &[400]),
    ("a NUL in an extension", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;\0\r\nabc\r\n0\r\n\r\n", &[400]),
    ("data longer than its size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", &[400]),
    ("data shorter than its size", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabc\r\n0\r\n\r\n", &[400]),
    ("no end of line after the data", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n", &[400]),
    ("a bare LF at the end", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\n", &[400]),
    ("a bare LF in a trailer", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\nX-B: c\r\n\r\n", &[400]),
    ("a folded trailer", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n c\r\n\r\n", &[400]),
    ("a trailer of no name", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n: b\r\n\r\n", &[400]),
];

/// The request line, its target and the lines of the head. RFC 9112, sections 2.2, 3 and 5.
#[rustfmt::skip]
pub(super) const HEADS: &[Case] = &[
    ("an empty line before it", b"\r\n\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[200, LAST]),
    ("a bare LF before it", b"\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a space before it", b" GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("bare LFs", b"GET /hello HTTP/1.1\nHost: localhost\n\n", &[400]),
    ("a bare LF after the request line", b"GET /hello HTTP/1.1\nHost: localhost\r\n\r\n", &[400]),
    ("a bare LF that ends the head", b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\n", &[400]),
    ("a bare CR after the request line", b"GET /hello HTTP/1.1\rHost: localhost\r\n\r\n", &[400]),
    ("two spaces before the target", b"GET  /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("two spaces after the target", b"GET /hello  HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a tab for a space", b"GET\t/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a space at the end of the line", b"GET /hello HTTP/1.1 \r\nHost: localhost\r\n\r\n", &[400]),
    ("no version", b"GET /hello\r\nHost: localhost\r\n\r\n", &[400]),
    ("no target", b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("another version", b"GET /hello HTTP/1.2\r\nHost: localhost\r\n\r\n", &[400]),
    ("version 2.0 in the form of 1.1", b"GET /hello HTTP/2.0\r\nHost: localhost\r\n\r\n", &[400]),
    ("a version in small letters", b"GET /hello http/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a version with zeros", b"GET /hello HTTP/01.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a preface of HTTP/2 that does not go on", b"PRI * HTTP/2.0\r\n\r\nGE\r\n\r\n", &[400]),
    ("a method with a colon", b"GET: /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a method with a NUL", b"G\0T /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a method that is not ASCII", b"G\xc3\x89T /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a method longer than any", b"GETGETGETGETGETGETGETGETGETGETGETGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("a fragment", b"GET /hello#part HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a target that is not ASCII", b"GET /hell\xc3\xb6 HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a target with a NUL", b"GET /hello\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a target with DEL", b"GET /hello\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]),
    ("a target without a slash", b"GET hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("a header without a colon", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A\r\n\r\n", &[400]),
    ("a header without a name", b"GET /hello HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n", &[400]),
    ("a header's name with a space", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX A: b\r\n\r\n", &[400]),
    ("a header's name with a NUL", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX\0A: b\r\n\r\n", &[400]),
    ("a header's name that is not ASCII", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-\xc3\x89: b\r\n\r\n", &[400]),
    ("a header's name with a parenthesis", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX(A): b\r\n\r\n", &[400]),
    ("a header with a NUL", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n", &[400]),
    ("a header with a bare CR", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: a\rb\r\n\r\n", &[400]),
    ("a header with an escape", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: \x1b[31m\r\n\r\n", &[400]),
    ("a header that is not ASCII", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: gr\xfcn\r\n\r\n", &[200, LAST]),
    ("a folded header", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n b\r\n\r\n", &[400]),
    ("a line of white space", b"GET /hello HTTP/1.1\r\nHost: localhost\r\n \r\n\r\n", &[400]),
    ("white space before the first header", b"GET /hello HTTP/1.1\r\n Host: localhost\r\n\r\n", &[400]),
];

/// Whom a request is for, and what it wants of the connection. RFC 9110, sections 7 and 9.3; RFC 9112, section 3.2.
#[rustfmt::skip]
pub(super) const TARGETS: &[Case] = &[
    ("no host", b"GET /hello HTTP/1.1\r\n\r\n", &[400, LAST]),
    ("no host in HTTP/1.0", b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &[200, LAST]),
    ("two equal hosts", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("two hosts", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: other.example\r\n\r\n", &[400, LAST]),
    ("an empty host", b"GET /hello HTTP/1.1\r\nHost:\r\n\r\n", &[400, LAST]),
    ("a list of hosts", b"GET /hello HTTP/1.1\r\nHost: localhost, other.example\r\n\r\n", &[400, LAST]),
    ("a host with a path", b"GET /hello HTTP/1.1\r\nHost: localhost/x\r\n\r\n", &[400, LAST]),
    ("a host with a user", b"GET /hello HTTP/1.1\r\nHost: a@localhost\r\n\r\n", &[400, LAST]),
    ("a host that is not ASCII", b"GET /hello HTTP/1.1\r\nHost: l\xc3\xb6calhost\r\n\r\n", &[400, LAST]),
    ("an absolute target", b"GET http://localhost/hello HTTP/1.1\r\nHost: LOCALHOST\r\n\r\n", &[200, LAST]),
    ("an absolute target of another host", b"GET http://other.example/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("an absolute target of another port", b"GET http://localhost:81/hello HTTP/1.1\r\nHost: localhost:80\r\n\r\n", &[400, LAST]),
    ("an absolute target with a user", b"GET http://a@localhost/hello HTTP/1.1\r\nHost: a@localhost\r\n\r\n", &[400, LAST]),
    ("an absolute target of another scheme", b"GET ftp://localhost/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("an absolute target without a host header", b"GET http://localhost/hello HTTP/1.1\r\n\r\n", &[200, LAST]),
    ("everything, with OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("everything, with GET", b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400, LAST]),
    ("an authority, with GET", b"GET localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", &[400, LAST]),
    ("CONNECT", b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", &[400, LAST]),
    ("CONNECT to a path", b"CONNECT /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &[405, LAST]),
    ("CONNECT with a body", b"CONNECT /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", &[405, LAST]),
    ("TRACE", b"TRACE /hello HTTP/1.1\r\nHost: localhost\r\nCookie: secret\r\n\r\n", &[405, LAST]),
    ("two callers", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", &[400, LAST]),
    ("an upgrade to HTTP/2", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", &[200, LAST]),
    ("an upgrade to WebSocket", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", &[200, LAST]),
    ("Connection names the host", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: Host\r\n\r\n", &[400, LAST]),
    ("Connection names the length", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\nabc", &[400, LAST]),
    ("Connection names the caller", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, authorization\r\nAuthorization: Bearer a\r\n\r\n", &[400, LAST]),
    ("Connection names what a proxy adds", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: X-Forwarded-For\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n", &[400, LAST]),
    ("Connection names something of its own", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\n\r\n", &[200, LAST]),
    ("an expectation that nobody has", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 200-ok\r\nContent-Length: 3\r\n\r\nabc", &[417, LAST]),
    ("two expectations", b"POST /hostile/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue, x\r\nContent-Length: 3\r\n\r\nabc", &[417, LAST]),
];
