//! Tests of built functions. A test names a component and sends it requests; the component, its policy, its secrets and stores
//! are served by the host as in production, through every gate, and the answer comes with what the host's log says of it.
//!
//! ```no_run
//! use serde_json::json;
//! use vestibule_test::Host;
//!
//! // In a function with #[test].
//! let host = Host::with("functions/payments.wasm").secret("PAYMENTS_SECRET", "s3cret").start();
//! let push = || host.post("/payments").body("{}").signed("github", "s3cret").delivery_id("1");
//! push().send().assert_status(200);
//! push().send().assert_json_includes(&json!({ "status": "duplicate" }));
//! push().signed("github", "guessed").send().assert_status(401).assert_refused_by("verify");
//! assert_eq!(host.instances(), 1);
//! ```
//!
//! In a test that is `async`, `.await` stands in the place of `.send()`.
//!
//! # Who serves
//! The command that `VESTIBULE_HOST` names, else `host` on `PATH`, of the same version as this crate: so a test compiles nothing
//! of the host. With the feature `in-process`, the same tests run on the host as a library, in the test's own process; see
//! [`Backend`].
//!
//! # What differs from production
//! Secrets are those that the test gives, and no others. State is in a temporary folder. There are 16 sandboxes at once, where
//! the settings do not say otherwise. Callers are vouched for by a key of the test's own. All that functions log is kept,
//! whatever the level. Nothing else: policies, gates, limits and defaults are the host's own.
//!
//! This crate owns what tests touch. It must not know how a request is checked.
#![allow(clippy::panic, reason = "a test stops at the first surprise, and says what it is")]

mod answer;
mod backend;
mod caller;
mod command;
mod error;
mod find;
mod host;
#[cfg(feature = "in-process")]
mod in_process;
mod process;
mod request;
mod server;
mod site;

pub use answer::Answer;
pub use backend::Backend;
pub use error::Error;
pub use host::{Builder, Host, Store};
pub use request::Request;
pub use server::{Received, Server};
/// What the test kit of functions has too: fixtures, webhooks with all that a scheme may want, callers.
pub use vestibule::Identity;
pub use vestibule::testing::{
    Level, LogLine, SignedWebhook, fixture, fixture_json, mock_http_event, mock_signed_webhook,
};
