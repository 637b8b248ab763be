//! Messages: whatever their headers, URL and body are, without the key none is accepted, and none does harm.

use std::time::{Duration, UNIX_EPOCH};

use signatures::{Message, Scheme, Verifier, schemes};

use super::{keys, words};

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\n",
    b"\n",
    b":",
    b",",
    b";",
    b" ",
    b".",
    b"=",
    b"&",
    b"|",
    b"t=1760000000",
    b"ts=1760000000",
    b"1760000000",
    b"1760000000000",
    b"2025-10-09T08:53:20Z",
    b"v1=",
    b"v0=",
    b"v1,",
    b"v1a,",
    b"h1=",
    b"sha1=",
    b"sha256=",
    b"Bearer ",
    b"Basic ",
    b"0000000000000000000000000000000000000000",
    b"0000000000000000000000000000000000000000000000000000000000000000",
    b"AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
    b"https://hooks.example/receive?a=1",
    b"?bodySHA256=",
    b"http://[::1]:80",
    b"{\"signature\":{\"timestamp\":\"1760000000\",\"token\":\"t\",\"signature\":\"00\"}}",
    b"{\"notificationItems\":[]}",
    b"{\"notificationItems\":[{\"NotificationRequestItem\":{}}]}",
    b"{\"Type\":\"Notification\",\"SignatureVersion\":\"1\",\"Signature\":\"AAAA\"}",
    b"{\"webhookTimestamp\":1760000000000}",
    b"bt_signature=a%7C00&bt_payload=AAAA",
    b"timestamp=1760000000&token=t&signature=00",
    b"application/x-www-form-urlencoded",
    b"x-contentful-timestamp",
    b"key=SK1,algorithm=HMAC_SHA256",
    b"SHA256withRSA",
    b"HmacSHA256",
    b"https://api.paypal.com/x",
    b"1",
    b"{",
    b"}",
    b"\"",
    b"\\u0000",
    b"\xff",
];

/// The first byte chooses the scheme. Of the text, the first line is the URL, the second the body, and the others are the
/// values of its headers, which stand for all there are in turn.
pub(crate) fn check(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let schemes: Vec<&Scheme> = schemes().filter(|scheme| !scheme.checks_nothing()).collect();
    let scheme = schemes[usize::from(*first) % schemes.len()];
    let text = words::text(WORDS, data);
    let mut lines = text.split(|byte| *byte == b'\n');
    let url = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let body = lines.next().unwrap_or_default();
    let values: Vec<&[u8]> = lines.collect();
    let names = header_names(scheme);
    let headers: Vec<(&String, &[u8])> = names.iter().zip(values.iter().copied().cycle()).collect();
    let verifier = Verifier::new(scheme, keys::setup(scheme)).unwrap();
    let message = Message { method: "POST", url: &url, headers: &headers, body };
    let result = verifier.verify(&message, UNIX_EPOCH + Duration::from_secs(1_760_000_000));
    assert!(result.is_err(), "{}: {url} {headers:?} {body:?}", scheme.name());
}

/// All headers that some form of the scheme looks at, as its description says.
fn header_names(scheme: &Scheme) -> Vec<String> {
    let mut names = vec!["content-type".to_owned()];
    for form in scheme.forms() {
        // In the order in which a description has them; names are what stands in quotes after `Header(`.
        let shown = format!("{form:?}");
        let quoted = |text: &str| text.split('"').nth(1).unwrap_or_default().to_owned();
        names.extend(form.header.clone());
        names.extend(shown.split("Header(").skip(1).map(quoted));
        names
            .extend(shown.split("signed_headers:").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())));
        if let Some(signatures::Field::Headers(headers)) = &form.signature {
            names.extend(headers.iter().take(3).cloned());
        }
        names.extend(form.require.clone());
    }
    names.sort();
    names.dedup();
    names
}
