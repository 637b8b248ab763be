//! What a function's tests put in the host's place, and with what they look at what came of it: events and contexts, webhooks
//! that are signed, stores and secrets, answers of other servers, assertions. On every target but WebAssembly, what a function
//! asks of the host is answered from here, for each thread by itself. Nothing leaves the process.
//!
//! | | |
//! |---|---|
//! | what a handler is called with | [`mock_http_event`], [`mock_context`], [`mock_signed_webhook`] (with the feature `testing`) |
//! | files | [`fixture`], [`fixture_json`] |
//! | what there is before the test, and not after it | [`scenario()`], [`grant_secret`], [`grant_sign`] |
//! | other servers | [`http`] |
//! | what came of it | the `assert_` methods of [`Response`](crate::Response), [`logged`], [`assert_logged`] |
//!
//! ```toml
//! [dev-dependencies]
//! vestibule = { path = "../vestibule/guest-sdk", features = ["testing"] }
//! ```
#![allow(clippy::panic, reason = "what a test calls says by a panic what is wrong")]

mod assert;
mod call;
mod fixture;
mod granted;
pub mod http;
mod log;
mod scenario;
#[cfg(feature = "signatures")]
mod webhook;
#[doc(hidden)]
pub mod wrong;

pub use call::{mock_context, mock_http_event};
pub use fixture::{fixture, fixture_json};
pub use granted::{grant_secret, grant_sign};
pub(crate) use granted::{readable, signing};
pub(crate) use log::keep;
pub use log::{Level, LogLine, assert_logged, logged};
pub use scenario::{Scenario, Seeded, scenario};
#[cfg(feature = "signatures")]
pub use webhook::{Sent, SignedWebhook, mock_signed_webhook};
