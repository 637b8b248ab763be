//! Write functions for Vestibule. This crate owns what an author touches: the attribute [`handler`], the [`Event`]
//! that comes in, the [`Context`] around it and the [`Response`] that goes out; and for those who verify webhooks
//! themselves, the attribute [`macro@verifier`] and the module [`mod@verifier`]. It knows the contract in `wit/`; it must not know how the host checks a request, nor hold a rule that the host enforces anyway.
//!
//! A function is one `fn` with one attribute:
//!
//! ```
//! use vestibule::{Error, Event, Response};
//!
//! #[vestibule::handler]
//! fn handle(event: Event) -> Result<Response, Error> {
//!     let name = event.query("name").unwrap_or("world");
//!     Ok(Response::text(format!("Hello, {name}!")))
//! }
//!
//! let answer = handle(Event::get("/hello?name=Ada"));
//! assert_eq!(answer.unwrap().body_text(), Ok("Hello, Ada!"));
//! ```
//!
//! Its crate is a `cdylib`, built with `cargo build --release --target wasm32-wasip2`. On every other target the same
//! code compiles as well, so `cargo test` calls the handler as the plain function that it is: an [`Event`] comes from
//! [`Event::get`] or [`Event::post`], a [`Context`] from its `Default`.
//!
//! # Names
//! What reads is called by its noun (`header`, `status`); what sets is called `with_` and that noun, and takes and
//! returns the value, so that calls chain.
//!
//! # What a function does not do
//! By the time a handler runs, the host has checked signature, caller and quota. A handler reads what came of it from
//! [`Context::delivery`] and [`Context::identity`] and checks nothing again.
//!
//! # Failing
//! An `Err` is for the log alone: the client gets status 500 and a text that holds nothing of it. A panic writes its
//! message to the log and ends the call in the same way. What the client ought to see is a [`Response`], made with
//! [`Response::with_status`].
//!
//! # What a component is made of
//! An instance lives for one request, so it should cost as little as possible to make and to wipe. Two features of this
//! crate, both on by default, see to that in components and do nothing anywhere else:
//!
//! - `allocator`: a global allocator that takes memory from the front of a small arena and frees nearly nothing of it, with
//!   the standard library's behind it for what does not fit. A crate with a `#[global_allocator]` of its own turns it off.
//! - `output`: standard output, standard error (and with them the messages of panics) and the lines of [`log`] go to the host
//!   without WASI, and the environment that the policy grants (`std::env::var`) comes without it. So a function that uses no
//!   more of WASI imports nothing of it. For a crate with C code that brings a `write` or a `getenv` of its own, it is to be
//!   turned off.
//!
//! A third, `log`, is on by default and costs a function nothing in which nobody uses it: lines of the crate `log`, of whatever
//! library, go to the host's log. A fourth, `testing`, is for tests, under `[dev-dependencies]`: with it, webhooks are signed in
//! native builds, those that a function sends ([`webhooks`]) and those that a test sends it ([`mod@testing`]).
//!
//! ```toml
//! vestibule = { path = "../vestibule/guest-sdk", default-features = false, features = ["log", "output"] }
//! ```

#[cfg(any(test, all(target_family = "wasm", not(target_feature = "atomics"), feature = "allocator")))]
mod allocator;
mod answer;
#[cfg(target_family = "wasm")]
mod bindings;
mod context;
#[cfg(any(test, all(target_os = "wasi", feature = "output")))]
mod environment;
mod error;
mod event;
#[cfg(all(target_family = "wasm", feature = "log"))]
mod facade;
pub mod http;
mod identity;
pub mod kv;
pub mod log;
#[cfg(any(test, all(target_os = "wasi", feature = "output")))]
mod output;
mod query;
mod response;
mod secret;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod verifier;
pub mod webhooks;

pub use context::{Context, Delivery, Trigger};
pub use error::Error;
pub use event::Event;
pub use identity::Identity;
pub use response::Response;
pub use secret::{Secret, SecretError, secret};
/// Makes a `fn` the function's handler: what the host calls with each event.
///
/// The `fn` takes `(event: Event)` or `(event: Event, context: Context)` and returns a [`Response`] or a
/// `Result<Response, E>` with any `E` that is `Display`: `String`, `&str`, [`Error`], `Box<dyn std::error::Error>` and
/// the error types of other crates, so `?` works in its body. It stays an ordinary `fn` that tests can call.
///
/// A crate has one handler.
///
/// ```
/// use vestibule::{Context, Event, Response};
///
/// #[vestibule::handler]
/// fn handle(event: Event, context: Context) -> Result<Response, Box<dyn std::error::Error>> {
///     let count: u32 = event.query("count").ok_or("`count` is missing")?.parse()?;
///     vestibule::log::info!("{}: {count}", context.request_id());
///     Ok(Response::json(&vec!["again"; count as usize]))
/// }
/// ```
///
/// What cannot be a handler does not compile, and the message says why: an `async fn`, a method, a `fn` with other
/// arguments.
///
/// ```compile_fail
/// #[vestibule::handler]
/// async fn handle(event: vestibule::Event) -> vestibule::Response {
///     vestibule::Response::text("there is nothing to await")
/// }
/// ```
pub use vestibule_macros::handler;
/// Makes a `fn` a verifier: what the host asks whether a webhook is genuine, before the function that it is for has a
/// sandbox. For signatures that no description of a scheme can express; most can be described in a policy.
///
/// The `fn` takes `(request: Request)` and returns a `Result<Accepted, E>` with any `E` that is `Display`; both types are in
/// the module [`verifier`](mod@verifier). An `Err` refuses the request; its text is for the log. So does a panic. It stays
/// an ordinary `fn` that tests can call.
///
/// A crate has one verifier, or one handler. Its component is called `NAME.verifier.wasm`, and a policy names it:
///
/// ```toml
/// [verify]
/// scheme = "component"
/// component = "NAME.verifier.wasm"
/// secrets = ["BANK_SECRET"]
/// ```
///
/// ```
/// use vestibule::verifier::{Accepted, Request};
///
/// #[vestibule::verifier]
/// fn verify(request: Request) -> Result<Accepted, &'static str> {
///     let shown = request.header("x-bank-proof").ok_or("there is no proof")?;
///     let proofs = request.secrets().iter().map(|secret| (secret.name(), prove(secret.value(), request.body())));
///     // Every secret is tried, and compared in constant time.
///     let mut matched = None;
///     for (name, proof) in proofs {
///         matched = if is_same(proof.as_bytes(), shown.as_bytes()) { Some(name) } else { matched };
///     }
///     Ok(Accepted::new().with_secret(matched.ok_or("the proof is another")?))
/// }
/// # fn prove(_: &[u8], _: &[u8]) -> String { "proof".into() }
/// # fn is_same(one: &[u8], other: &[u8]) -> bool { one == other }
///
/// let request = Request::post("/bank", "{}").with_header("x-bank-proof", "proof").with_secret("BANK_SECRET", "hunter2");
/// assert_eq!(verify(request).unwrap().secret(), Some("BANK_SECRET"));
/// ```
pub use vestibule_macros::verifier;

/// What the expansion of [`handler`] and of the log macros names. No part of the interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::answer::Answer;
    #[cfg(target_family = "wasm")]
    pub use crate::bindings::{Exported, Function, bindings, export};
    pub use crate::log::{Level, write};
    pub use crate::verifier::Verdict;

    /// The same, of [`verifier`](crate::verifier).
    #[cfg(target_family = "wasm")]
    pub mod verifier {
        pub use crate::verifier::bindings::{Exported, Verifier, bindings, export};
    }
}
