//! Heads: one that the rules accept names one host, says everything once that has to be said once, and holds nothing that
//! is about the connection; the rest stands as it came.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version};
use vestibule_host::config::{ProxySettings, ServerSettings};
use vestibule_host::head;
use vestibule_host::request::Inbound;

use super::words;

const WORDS: &[&[u8]] = &[
    b"host",
    b"authorization",
    b"content-length",
    b"cookie",
    b"connection",
    b"te",
    b"upgrade",
    b"x-a",
    b"x-forwarded-for",
    b"expect",
    b":",
    b":",
    b":",
    b"\n",
    b"\n",
    b"\n",
    b"localhost",
    b"a@b",
    b"other",
    b"3",
    b"100-continue",
    b",",
    b" ",
    b"close",
    b"X-A",
    b"transfer-encoding",
    b"chunked",
    b"http2-settings",
    b"\xff",
    b"host:localhost\n",
    b"host:localhost\n",
    b"connection:x-a\n",
    b"cookie:a=1\n",
    b"http://localhost/x\n",
    b"/x\n",
];

/// The first line is the target, the others are headers; the first byte chooses the version.
pub(crate) fn check(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let version = [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2][usize::from(*first) % 3];
    let text = words::text(WORDS, data);
    let mut lines = text.split(|byte| *byte == b'\n');
    let target = lines.next().filter(|line| line.starts_with(b"/") || line.starts_with(b"http")).unwrap_or(b"/");
    let Ok(mut request) = Request::builder().method(Method::POST).uri(target).version(version).body(()) else { return };
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&line[colon + 1..])) else { continue };
        request.headers_mut().append(name, value);
    }
    let before = request.headers().clone();
    let mut inbound = Inbound::new(request.into_parts().0, IpAddr::V4(Ipv4Addr::LOCALHOST), &ProxySettings::default());
    let limits = ServerSettings::default();
    if head::check(&mut inbound, &limits).is_err() {
        return;
    }
    let headers = inbound.head.headers.clone();
    for name in ["host", "authorization", "content-length"] {
        assert!(headers.get_all(name).iter().count() <= 1, "{name} in {headers:?}");
        assert_eq!(headers.get(name), inbound_of(&before, &inbound, name), "{name} in {headers:?}");
    }
    assert!(version == Version::HTTP_10 || headers.contains_key("host"), "{headers:?}");
    assert!(version != Version::HTTP_2 || headers.get_all("cookie").iter().count() <= 1, "{headers:?}");
    for name in ["connection", "te", "trailer", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"] {
        assert!(!headers.contains_key(name), "{name} in {headers:?}");
    }
    // What is left stands in the order in which it came.
    let order: Vec<&HeaderName> = before.keys().filter(|name| headers.contains_key(*name)).collect();
    let kept: Vec<&HeaderName> = headers.keys().filter(|name| before.contains_key(*name)).collect();
    assert_eq!(kept, order);
    // And to look again changes nothing.
    assert!(head::check(&mut inbound, &limits).is_ok());
    assert_eq!(inbound.head.headers, headers);
}

/// What the header was when the request came: the target names the host where no header does.
fn inbound_of<'a>(before: &'a HeaderMap, inbound: &'a Inbound, name: &str) -> Option<&'a HeaderValue> {
    before.get(name).or_else(|| inbound.head.headers.get(name).filter(|_| name == "host"))
}
