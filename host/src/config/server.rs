//! `[server]` of `host.toml`: how much the host takes on at once, and how long it waits for anybody. Keys and
//! settings stand together here because every one of them is a bounded number.

use std::time::Duration;

use super::document::Section;
use super::key::{Bounded, Group};
use super::problem::Problems;
use super::units::Size;

/// How much the host takes on at once, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Connections open at once.
    pub connections: usize,
    /// Instances at once, of all functions together.
    pub concurrency: usize,
    /// How long a request waits for an instance to become free.
    pub permit_wait: Duration,
    /// How long a client may take to send a request's head.
    pub header_timeout: Duration,
    /// How long a connection without a request is kept.
    pub idle_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How long a body may come as slowly as it likes.
    pub body_grace: Duration,
    /// The least bytes in a second of a body, after that; none if zero.
    pub body_rate: Size,
    /// Bytes of bodies at once, of all requests together.
    pub body_bytes: Size,
    /// Bytes of answers at once, of all requests together.
    pub answer_bytes: Size,
    /// How long requests may go on after the host was told to stop.
    pub drain: Duration,
    /// The most that a request's headers may come to, names and values.
    pub header_bytes: Size,
    /// How many headers a request may have.
    pub header_count: usize,
    /// The longest request target (path and query).
    pub target_bytes: Size,
    /// Requests at once on one HTTP/2 connection.
    pub http2_streams: u32,
}

static CONNECTIONS: Bounded<usize> = Bounded {
    name: "connections",
    // An idle connection costs some 20 KiB of buffers: 80 MiB for all of these.
    default: 4096,
    least: 1,
    most: 100_000,
    meaning: "How many connections may be open at once; more wait to be accepted. Each takes a file descriptor, of which \
              `ulimit -n` must leave enough.",
};

static CONCURRENCY: Bounded<usize> = Bounded {
    name: "concurrency",
    // Five functions at their own default of 100 at once; at the default of 64 MiB each they can come to 32 GiB.
    default: 512,
    least: 1,
    // Each reserves 8 GiB of address space (two memories): 80 of the 128 TiB that a process has on x86-64.
    most: 10_000,
    meaning: "How many instances may run at once, of all functions together. More requests wait, then get 503 with \
              `Retry-After`.",
};

static PERMIT_WAIT: Bounded<Duration> = Bounded {
    name: "permit_wait",
    default: Duration::from_secs(1),
    least: Duration::ZERO,
    most: Duration::from_secs(60),
    meaning: "How long a request waits for one of the instances that `concurrency` allows, here and in the policy, and for \
              room within `body_bytes` and `answer_bytes`. It does not count towards `timeout` or `body_timeout`.",
};

static HEADER_TIMEOUT: Bounded<Duration> = Bounded {
    name: "header_timeout",
    default: Duration::from_secs(10),
    least: Duration::from_millis(10),
    most: Duration::from_secs(5 * 60),
    meaning: "How long a client may take to send a request's line and headers, from their first byte (the first ones: from \
              when it connects); then the connection is closed.",
};

static IDLE_TIMEOUT: Bounded<Duration> = Bounded {
    name: "idle_timeout",
    // What proxies and load balancers keep their own side open for, or less.
    default: Duration::from_secs(60),
    least: Duration::from_millis(10),
    most: Duration::from_secs(60 * 60),
    meaning: "How long a connection is kept open for the next request when nothing is being answered. Where all places of \
              `connections` are taken and another client waits, the longest idle is closed earlier, after a second.",
};

static WRITE_TIMEOUT: Bounded<Duration> = Bounded {
    name: "write_timeout",
    default: Duration::from_secs(30),
    least: Duration::from_millis(10),
    most: Duration::from_secs(15 * 60),
    meaning: "How long a client may take for each 32 KiB of an answer; then the connection is closed, or the stream of HTTP/2 \
              reset.",
};

static BODY_TIMEOUT: Bounded<Duration> = Bounded {
    name: "body_timeout",
    default: Duration::from_secs(30),
    least: Duration::from_millis(10),
    most: Duration::from_secs(15 * 60),
    meaning: "How long a client may take to send a request's body; then 408. What a function of `wasi:http` reads of one as it \
              comes has the time of the call instead, the policy's `timeout`.",
};

static BODY_GRACE: Bounded<Duration> = Bounded {
    name: "body_grace",
    // Time for a lost packet to be sent again a few times.
    default: Duration::from_secs(5),
    least: Duration::from_millis(10),
    most: Duration::from_secs(15 * 60),
    meaning: "How long a request's body may come slower than `body_rate`.",
};

static BODY_RATE: Bounded<Size> = Bounded {
    name: "body_rate",
    // Twice what Apache asks for (`RequestReadTimeout`, `MinRate=500`); a modem's line does seven times as much.
    default: Size::kib(1),
    least: Size::bytes(0),
    most: Size::mib(1),
    meaning: "How much of a request's body has to come in a second, on the average since `body_grace`; then 408. `\"0B\"` \
              asks for no rate. Of what a function of `wasi:http` reads as it comes, each part has `body_grace`.",
};

static BODY_BYTES: Bounded<Size> = Bounded {
    name: "body_bytes",
    // As many bodies of the default `body_limit`, 1 MiB, as the half of `concurrency`.
    default: Size::mib(256),
    least: Size::kib(256),
    most: Size::gib(64),
    meaning: "How many bytes all requests, their heads and their bodies, may come to at once, each counted from its arrival \
              to the end of its call. More wait for `permit_wait`, then get 503 with `Retry-After`. An eighth is for heads \
              and bodies of up to 16 KiB alone; a `body_limit` must fit into the rest.",
};

static ANSWER_BYTES: Bounded<Size> = Bounded {
    name: "answer_bytes",
    // Forty answers of the default `response_limit`, 6 MiB, that nobody takes.
    default: Size::mib(256),
    least: Size::kib(256),
    most: Size::gib(64),
    meaning: "How many bytes the answers of all functions may come to at once, each counted from the end of its call until \
              its client has taken it. More wait for `permit_wait`, then their clients get 503 with `Retry-After`. An \
              eighth is for answers of up to 16 KiB alone; a `response_limit` must fit into the rest. One function's \
              answers may take up an eighth, or one answer more than that.",
};

static DRAIN: Bounded<Duration> = Bounded {
    name: "drain",
    // What Kubernetes waits between SIGTERM and SIGKILL unless it is told otherwise.
    default: Duration::from_secs(30),
    least: Duration::ZERO,
    most: Duration::from_secs(60 * 60),
    meaning: "How long requests may go on after the host was told to stop.",
};

static HEADER_BYTES: Bounded<Size> = Bounded {
    name: "header_bytes",
    default: Size::kib(32),
    // A token of a provider alone is some KiB.
    least: Size::kib(8),
    most: Size::mib(1),
    meaning: "The most that a request's headers may come to, names and values together; past it 431.",
};

static HEADER_COUNT: Bounded<usize> = Bounded {
    name: "header_count",
    default: 100,
    least: 16,
    most: 1000,
    meaning: "How many headers a request may have; past it 431.",
};

static TARGET_BYTES: Bounded<Size> = Bounded {
    name: "target_bytes",
    // RFC 9112, section 3, recommends 8000 bytes at the least.
    default: Size::kib(8),
    least: Size::bytes(256),
    // Under the 65534 bytes that the `http` crate can hold.
    most: Size::kib(32),
    meaning: "The longest path and query of a request; past it 414.",
};

static HTTP2_STREAMS: Bounded<u32> = Bounded {
    name: "http2_streams",
    // RFC 9113, section 5.1.2, recommends 100 at the least.
    default: 128,
    least: 1,
    most: 10_000,
    meaning: "How many requests one HTTP/2 connection may have at once.",
};

/// The server.
pub(super) static SERVER: Group = Group {
    table: "server",
    about: "How much the host takes on at once, and how long it waits for anybody.",
    keys: &[
        &CONNECTIONS,
        &CONCURRENCY,
        &PERMIT_WAIT,
        &HEADER_TIMEOUT,
        &IDLE_TIMEOUT,
        &WRITE_TIMEOUT,
        &BODY_TIMEOUT,
        &BODY_GRACE,
        &BODY_RATE,
        &BODY_BYTES,
        &ANSWER_BYTES,
        &DRAIN,
        &HEADER_BYTES,
        &HEADER_COUNT,
        &TARGET_BYTES,
        &HTTP2_STREAMS,
    ],
    tables: &[],
    later: &[],
};

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS.default,
            concurrency: CONCURRENCY.default,
            permit_wait: PERMIT_WAIT.default,
            header_timeout: HEADER_TIMEOUT.default,
            idle_timeout: IDLE_TIMEOUT.default,
            write_timeout: WRITE_TIMEOUT.default,
            body_timeout: BODY_TIMEOUT.default,
            body_grace: BODY_GRACE.default,
            body_rate: BODY_RATE.default,
            body_bytes: BODY_BYTES.default,
            answer_bytes: ANSWER_BYTES.default,
            drain: DRAIN.default,
            header_bytes: HEADER_BYTES.default,
            header_count: HEADER_COUNT.default,
            target_bytes: TARGET_BYTES.default,
            http2_streams: HTTP2_STREAMS.default,
        }
    }
}

impl ServerSettings {
    pub(super) fn read(mut section: Section<'_>, problems: &mut Problems) -> Self {
        let settings = Self {
            connections: section.take_or_default(&CONNECTIONS, problems),
            concurrency: section.take_or_default(&CONCURRENCY, problems),
            permit_wait: section.take_or_default(&PERMIT_WAIT, problems),
            header_timeout: section.take_or_default(&HEADER_TIMEOUT, problems),
            idle_timeout: section.take_or_default(&IDLE_TIMEOUT, problems),
            write_timeout: section.take_or_default(&WRITE_TIMEOUT, problems),
            body_timeout: section.take_or_default(&BODY_TIMEOUT, problems),
            body_grace: section.take_or_default(&BODY_GRACE, problems),
            body_rate: section.take_or_default(&BODY_RATE, problems),
            body_bytes: section.take_or_default(&BODY_BYTES, problems),
            answer_bytes: section.take_or_default(&ANSWER_BYTES, problems),
            drain: section.take_or_default(&DRAIN, problems),
            header_bytes: section.take_or_default(&HEADER_BYTES, problems),
            header_count: section.take_or_default(&HEADER_COUNT, problems),
            target_bytes: section.take_or_default(&TARGET_BYTES, problems),
            http2_streams: section.take_or_default(&HTTP2_STREAMS, problems),
        };
        section.finish(&SERVER, None, problems);
        settings
    }
}
