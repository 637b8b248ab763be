//! `[outbound]` of `host.toml`.

use std::time::Duration;

use super::{host, refused};
use crate::config::{OutboundSettings, Size};

#[test]
fn what_is_not_written_has_its_default() {
    let settings = host("[outbound]\ntimeout = \"2s\"\nresponse_bytes = \"1MiB\"").expect("right").outbound;
    let expected = OutboundSettings {
        timeout: Duration::from_secs(2),
        response_bytes: Size::mib(1),
        ..OutboundSettings::default()
    };
    assert_eq!(settings, expected);
    assert_eq!(host("").expect("right").outbound, OutboundSettings::default());
}

#[test]
fn nothing_is_without_bounds() {
    for (key, value, message) in [
        ("concurrency", "0", "less than 1"),
        ("function_concurrency", "1000000", "more than 10000"),
        ("connect_timeout", "\"2m\"", "more than"),
        ("timeout", "\"1h\"", "more than"),
        ("request_bytes", "\"2GiB\"", "more than"),
        ("response_bytes", "\"1B\"", "less than"),
        ("header_bytes", "\"1KiB\"", "less than"),
        ("header_count", "1", "less than 16"),
    ] {
        refused(host(&format!("[outbound]\n{key} = {value}")), &format!("outbound.{key}"), 2, message, "write at");
    }
}

#[test]
fn how_many_there_are_at_once_counts_from_the_next_start_on() {
    let running = host("").expect("right");
    let mut new = host("[outbound]\nconcurrency = 7\nfunction_concurrency = 3").expect("right");
    assert_eq!(new.keep_from(&running), ["outbound.concurrency"]);
    assert_eq!((new.outbound.concurrency, new.outbound.function_concurrency), (running.outbound.concurrency, 3));
}
