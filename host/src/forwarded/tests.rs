//! Chains of proxies, forged and spoilt headers, and what holds of any.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::config::{Overrides, Settings};

/// Proxies in 10.0.0.0/8 and 2001:db8:1::/48, which write this header.
fn proxies(header: &str) -> ProxySettings {
    let text = format!("trusted_proxies = [\"10.0.0.0/8\", \"2001:db8:1::/48\"]\nforwarded_header = \"{header}\"\n");
    Settings::check(Path::new("host.toml"), &text, &Overrides::default()).unwrap().proxies
}

fn headers(name: &HeaderName, lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    headers
}

/// What comes of these lines; `x` if nothing does.
fn said(header: &str, peer: &str, lines: &[&str]) -> String {
    let name = header.parse().unwrap();
    let client = client(peer.parse().unwrap(), &headers(&name, lines), &proxies(header));
    client.map_or_else(|_| "x".into(), |client| client.to_string())
}

#[test]
fn the_right_most_address_that_is_no_proxys_is_the_clients() {
    for (lines, client) in [
        (&[][..], "10.0.0.1"),
        (&["192.0.2.7"], "192.0.2.7"),
        (&["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        (&["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
        (&["192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        (&["192.0.2.7", "10.0.0.2,10.0.0.3"], "192.0.2.7"),
        (&["192.0.2.7 \t,  10.0.0.2"], "192.0.2.7"),
        (&["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        (&["192.0.2.7:4711"], "192.0.2.7"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]"], "2001:db8::7"),
        (&["[2001:db8::7]:4711, 2001:db8:1::2"], "2001:db8::7"),
        (&["::ffff:192.0.2.7"], "192.0.2.7"),
        (&["192.0.2.7, ::ffff:10.0.0.2"], "192.0.2.7"),
        // What the client itself may have written is not looked at.
        (&["<script>, 192.0.2.7"], "192.0.2.7"),
        (&["", "192.0.2.7"], "192.0.2.7"),
        (&["10.0.0.5, unknown, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        // What a proxy wrote, or should have written.
        (&[""], "x"),
        (&["192.0.2.7,"], "x"),
        (&["192.0.2.7, unknown"], "x"),
        (&["192.0.2.7, 10.0.0.2, _gazonk"], "x"),
        (&["192.0.2.7, 10.0.0.2:99999"], "x"),
        (&["192.0.2.7, [10.0.0.2]"], "x"),
        (&["192.0.2.7 10.0.0.2"], "x"),
        (&["fe80::1%eth0"], "x"),
        (&["192.0.2.07"], "x"),
        (&["\"192.0.2.7\""], "x"),
    ] {
        assert_eq!(said("x-forwarded-for", "10.0.0.1", lines), client, "{lines:?}");
        assert_eq!(said("x-forwarded-for", "::ffff:10.0.0.1", lines), client, "{lines:?}");
        assert_eq!(said("x-forwarded-for", "203.0.113.5", lines), "203.0.113.5", "no proxy says it: {lines:?}");
    }
}

#[test]
fn forwarded_is_read_as_its_rfc_has_it() {
    for (lines, client) in [
        (&[][..], "10.0.0.1"),
        (&["for=192.0.2.7"], "192.0.2.7"),
        (&["For=\"192.0.2.7\""], "192.0.2.7"),
        (&["for=\"192.0.2.7:4711\""], "192.0.2.7"),
        (&["for=\"[2001:db8::7]\""], "2001:db8::7"),
        (&["for=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1"], "2001:db8::7"),
        (&["proto=http ; by=_x;FOR=\"192.0.2\\.7\""], "192.0.2.7"),
        (&["for=198.51.100.1, for=192.0.2.7 ,for=10.0.0.2"], "192.0.2.7"),
        (&["for=198.51.100.1", "for=192.0.2.7;host=\"a, for=198.51.100.2\""], "192.0.2.7"),
        (&["for=\"\\\"", "for=192.0.2.7"], "192.0.2.7"),
        (&["for=unknown, for=192.0.2.7"], "192.0.2.7"),
        (&["for=unknown"], "x"),
        (&["for=192.0.2.7, for=_hidden"], "x"),
        (&["for=192.0.2.7, for=\"_x:80\", for=10.0.0.2"], "x"),
        (&["for=192.0.2.7, proto=https"], "x"),
        (&["for=192.0.2.7;for=192.0.2.8"], "x"),
        (&["for=2001:db8::7"], "x"),
        (&["for=\"2001:db8::7\""], "x"),
        (&["for=192.0.2.7:4711"], "x"),
        (&["for=192.0.2.7,"], "x"),
        (&["for=192.0.2.7;"], "x"),
        (&["for="], "x"),
        (&["for"], "x"),
        (&[""], "x"),
        (&["for = 192.0.2.7"], "x"),
        (&["192.0.2.7"], "x"),
        // A quote that the client left open, before what the proxy appended.
        (&["for=\"198.51.100.1, for=192.0.2.7"], "x"),
        (&["for=198.51.100.1;a=\", for=192.0.2.7;by=\"_x\""], "x"),
        (&["for=198.51.100.1;a=\"\\, for=\"[2001:db8::7]\""], "x"),
    ] {
        assert_eq!(said("forwarded", "10.0.0.1", lines), client, "{lines:?}");
        assert_eq!(said("forwarded", "203.0.113.5", lines), "203.0.113.5", "no proxy says it: {lines:?}");
    }
}

#[test]
fn the_other_header_is_not_looked_at() {
    let other = headers(&FORWARDED, &["for=192.0.2.7"]);
    let peer = "10.0.0.1".parse().unwrap();
    assert_eq!(client(peer, &other, &proxies("x-forwarded-for")), Ok(peer));
    let other = headers(&X_FORWARDED_FOR, &["192.0.2.7"]);
    assert_eq!(client(peer, &other, &proxies("forwarded")), Ok(peer));
}

#[test]
fn a_chain_of_proxies_has_an_end() {
    let chain = |hops: usize| format!("192.0.2.7{}", ", 10.0.0.2".repeat(hops));
    assert_eq!(said("x-forwarded-for", "10.0.0.1", &[&chain(MAX_HOPS - 1)]), "192.0.2.7");
    assert_eq!(said("x-forwarded-for", "10.0.0.1", &[&chain(MAX_HOPS)]), "x");
    let all_trusted = vec!["10.0.0.2"; MAX_HOPS].join(",");
    assert_eq!(said("x-forwarded-for", "10.0.0.1", &[&all_trusted]), "10.0.0.2");
}

/// What a client may send: anything, and things that look like what a proxy writes.
fn garbage() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "for=",
        "198.51.100.66",
        "10.0.0.66",
        ",",
        ";",
        "\"",
        "\\",
        " ",
        "=",
        "[2001:db8:1::66]",
        "unknown",
        "proto=",
        "a",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), "[ -~]{0,40}"]
}

/// What a proxy appends, and the address in it.
fn appended(header: &str, from: IpAddr, style: u8) -> String {
    match (header, style % 3, from) {
        ("x-forwarded-for", 0, from) => from.to_string(),
        ("x-forwarded-for", _, from) => SocketAddr::new(from, 4711).to_string(),
        (_, 0, IpAddr::V4(from)) => format!("for={from}"),
        (_, 1, from) => format!("for=\"{}\";by=\"[2001:db8:1::1]\"", SocketAddr::new(from, 4711)),
        (_, _, IpAddr::V4(from)) => format!("proto=https;for=\"{from}\";host=\"a.example\""),
        (_, _, IpAddr::V6(from)) => format!("for=\"[{from}]\";proto=https"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    /// The last untrusted address is one that a proxy saw itself, whatever the client had sent before.
    #[test]
    fn nobody_but_a_proxy_says_who_the_client_is(
        is_rfc in any::<bool>(),
        sent in prop::collection::vec(garbage(), 0..3),
        is_v6 in any::<bool>(),
        hops in prop::collection::vec((any::<u8>(), any::<bool>()), 1..5),
    ) {
        let header = if is_rfc { "forwarded" } else { "x-forwarded-for" };
        let real: IpAddr = if is_v6 { "2001:db8::7".parse().unwrap() } else { "192.0.2.7".parse().unwrap() };
        // Each proxy appends whom it was reached by: to the last line, as nginx does, or as a line of its own.
        let mut lines = sent;
        let mut from = real;
        for (n, (style, joins)) in hops.iter().enumerate() {
            let entry = appended(header, from, *style);
            match lines.last_mut().filter(|_| *joins) {
                Some(line) => *line = format!("{line}, {entry}"),
                None => lines.push(entry),
            }
            from = IpAddr::from([10, 0, 0, u8::try_from(n).unwrap() + 1]);
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let headers = headers(&header.parse().unwrap(), &lines);
        match client(from, &headers, &proxies(header)) {
            Ok(client) => prop_assert_eq!(client, real, "{:?}", lines),
            // What a client sends can at the most spoil its own request, and in `X-Forwarded-For` not even that.
            Err(unclear) => prop_assert!(is_rfc, "{unclear}: {lines:?}"),
        }
    }

    /// Whatever the bytes are, it comes to an end, and an untrusted peer is itself.
    #[test]
    fn any_bytes_are_read_without_harm(is_rfc in any::<bool>(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let header = if is_rfc { "forwarded" } else { "x-forwarded-for" };
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        let mut headers = HeaderMap::new();
        headers.append(header.parse::<HeaderName>().unwrap(), value);
        let _ = client("10.0.0.1".parse().unwrap(), &headers, &proxies(header));
        let peer = "203.0.113.5".parse().unwrap();
        prop_assert_eq!(client(peer, &headers, &proxies(header)), Ok(peer));
    }
}
