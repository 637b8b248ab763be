//! The border to the host for verifiers: the code generated from `wit/verifier/`, and the conversions between its records
//! and this crate's types. Every conversion moves, none copies.

use std::marker::PhantomData;
use std::time::{Duration, UNIX_EPOCH};

use bindings::exports::vestibule::verifier::verify as wit;

use super::{Accepted, Request, Secret};

/// What `wit-bindgen` generates, unread by people.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated: the canonical ABI is raw pointers, and it keeps no house rules"
)]
pub mod bindings {
    wit_bindgen::generate!({
        world: "verifier",
        path: "../wit/verifier",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "vestibule::__private::verifier::bindings",
    });
}

pub use bindings::export;

/// A verifier, as the attribute names it to the generated code.
pub trait Verifier {
    /// Calls the verifier; its error is the text for the log.
    ///
    /// # Errors
    /// When the verifier refuses the request.
    fn call(request: Request) -> Result<Accepted, String>;
}

/// The component's export, made of a [`Verifier`].
pub struct Exported<V>(PhantomData<V>);

impl<V: Verifier> wit::Guest for Exported<V> {
    fn verify(request: wit::Request) -> Result<wit::Accepted, String> {
        #[cfg(feature = "log")]
        crate::facade::set_up();
        V::call(request.into()).map(Into::into)
    }
}

impl From<wit::Request> for Request {
    fn from(request: wit::Request) -> Self {
        let wit::Request { method, url, path, query, headers, body, secrets, now } = request;
        let secrets = secrets.into_iter().map(|wit::Secret { name, value }| Secret { name, value }).collect();
        Self { method, url, path, query, headers, body, secrets, now: UNIX_EPOCH + Duration::from_millis(now) }
    }
}

impl From<Accepted> for wit::Accepted {
    fn from(accepted: Accepted) -> Self {
        let Accepted { id, event_type, timestamp, secret } = accepted;
        Self { id, event_type, timestamp, secret }
    }
}
