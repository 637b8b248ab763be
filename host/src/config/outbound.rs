//! `[outbound]` of `host.toml`: how much functions may ask of other servers at once, and how long they may wait for them.
//! Where they may ask at all is said by each policy.

use std::time::Duration;

use super::document::Section;
use super::key::{Bounded, Group};
use super::problem::Problems;
use super::units::Size;

/// What bounds the requests that functions send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundSettings {
    /// Requests at once, of all functions together.
    pub concurrency: usize,
    /// Requests at once of one function.
    pub function_concurrency: usize,
    /// How long it may take to look a name up, to connect and to agree on TLS.
    pub connect_timeout: Duration,
    /// How long a request may take, to the last byte of its answer.
    pub timeout: Duration,
    /// The longest body of a request.
    pub request_bytes: Size,
    /// The longest body of an answer.
    pub response_bytes: Size,
    /// The most that the headers of a request, or of an answer, may come to, names and values.
    pub header_bytes: Size,
    /// How many headers a request, or an answer, may have.
    pub header_count: usize,
}

static CONCURRENCY: Bounded<usize> = Bounded {
    name: "concurrency",
    // With answers of the default size, 512 MiB at the most.
    default: 128,
    least: 1,
    most: 10_000,
    meaning: "How many requests may be on their way at once, of all functions together. More wait for `connect_timeout`, then \
              fail for their function as `busy`.",
};

static FUNCTION_CONCURRENCY: Bounded<usize> = Bounded {
    name: "function_concurrency",
    // A quarter of them all: one function that waits for a slow server leaves the others room.
    default: 32,
    least: 1,
    most: 10_000,
    meaning: "How many requests one function may have on their way at once, over all its instances. More wait as for \
              `concurrency`.",
};

static CONNECT_TIMEOUT: Bounded<Duration> = Bounded {
    name: "connect_timeout",
    default: Duration::from_secs(5),
    least: Duration::from_millis(10),
    most: Duration::from_secs(60),
    meaning: "How long a request may take to look its server's name up, to connect and to agree on TLS.",
};

static REQUEST_TIMEOUT: Bounded<Duration> = Bounded {
    name: "timeout",
    default: Duration::from_secs(30),
    least: Duration::from_millis(10),
    most: Duration::from_secs(15 * 60),
    meaning: "How long a request may take, to the last byte of its answer. A function may ask for less; its policy's `timeout` \
              ends its requests too.",
};

static REQUEST_BYTES: Bounded<Size> = Bounded {
    name: "request_bytes",
    default: Size::mib(4),
    least: Size::kib(1),
    most: Size::gib(1),
    meaning: "The longest body that a function may send.",
};

static RESPONSE_BYTES: Bounded<Size> = Bounded {
    name: "response_bytes",
    default: Size::mib(4),
    least: Size::kib(1),
    most: Size::gib(1),
    meaning: "The longest body that a function may be answered with. Through `http.fetch` it is in the host's memory as a \
              whole, through `wasi:http` never.",
};

static HEADER_BYTES: Bounded<Size> = Bounded {
    name: "header_bytes",
    default: Size::kib(32),
    // The least that the HTTP parser works with.
    least: Size::kib(8),
    most: Size::mib(1),
    meaning: "The most that the headers of a request or of an answer may come to, names and values together.",
};

static HEADER_COUNT: Bounded<usize> = Bounded {
    name: "header_count",
    default: 100,
    least: 16,
    most: 1000,
    meaning: "How many headers a request or an answer may have.",
};

/// What functions ask of other servers.
pub(super) static OUTBOUND: Group = Group {
    table: "outbound",
    about: "What bounds the HTTP requests that functions send to other servers; where they may send any is said by \
            `grants.http` of each policy. See [grants](grants.md#outbound-http).",
    keys: &[
        &CONCURRENCY,
        &FUNCTION_CONCURRENCY,
        &CONNECT_TIMEOUT,
        &REQUEST_TIMEOUT,
        &REQUEST_BYTES,
        &RESPONSE_BYTES,
        &HEADER_BYTES,
        &HEADER_COUNT,
    ],
    tables: &[],
    later: &[],
};

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            concurrency: CONCURRENCY.default,
            function_concurrency: FUNCTION_CONCURRENCY.default,
            connect_timeout: CONNECT_TIMEOUT.default,
            timeout: REQUEST_TIMEOUT.default,
            request_bytes: REQUEST_BYTES.default,
            response_bytes: RESPONSE_BYTES.default,
            header_bytes: HEADER_BYTES.default,
            header_count: HEADER_COUNT.default,
        }
    }
}

impl OutboundSettings {
    pub(super) fn read(section: Option<Section<'_>>, problems: &mut Problems) -> Self {
        let Some(mut section) = section else { return Self::default() };
        let settings = Self {
            concurrency: section.take_or_default(&CONCURRENCY, problems),
            function_concurrency: section.take_or_default(&FUNCTION_CONCURRENCY, problems),
            connect_timeout: section.take_or_default(&CONNECT_TIMEOUT, problems),
            timeout: section.take_or_default(&REQUEST_TIMEOUT, problems),
            request_bytes: section.take_or_default(&REQUEST_BYTES, problems),
            response_bytes: section.take_or_default(&RESPONSE_BYTES, problems),
            header_bytes: section.take_or_default(&HEADER_BYTES, problems),
            header_count: section.take_or_default(&HEADER_COUNT, problems),
        };
        section.finish(&OUTBOUND, None, problems);
        settings
    }
}
