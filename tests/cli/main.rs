//! The command `host` as its users have it: the real binary, started as a process, reached over TCP, ended by signals.
//! What a request meets inside is tested beside the code; here is what only a whole process shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod admin;
mod answers;
mod author;
mod build;
mod cache;
mod chaos;
mod check;
mod client;
mod compile;
mod connections;
mod cors;
mod dev;
mod expect;
mod fallback;
mod frames;
mod gates;
mod http1;
mod http2;
mod http2_frames;
mod incoming;
mod invoke;
mod invoke_events;
mod issuer;
mod kept_closed;
mod keys;
mod kv;
mod limits;
mod logs;
mod new;
mod new_languages;
mod not_loaded;
mod outbound;
mod prefix;
mod process;
mod quota;
mod reload;
mod remote;
mod replay;
mod routes;
mod shared;
mod shutdown;
mod sign;
mod smuggling;
mod start;
mod store;
mod support;
mod undeclared;
mod usage;

#[path = "../host/support/wat.rs"]
#[allow(dead_code, reason = "the tests without sockets use more of it")]
mod guest;

#[path = "../host/support/token.rs"]
#[allow(dead_code, reason = "the tests without sockets use more of it")]
mod token;

#[path = "../host/support/issuer.rs"]
#[allow(dead_code, reason = "the tests without sockets use more of it")]
mod publisher;

#[path = "../host/support/redis.rs"]
#[allow(dead_code, reason = "the tests without sockets use more of it")]
mod server;
