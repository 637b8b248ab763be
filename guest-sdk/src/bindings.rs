//! The border to the host: the code generated from `wit/`, and the conversions between its records and this crate's
//! types. Owns the only place where both are known; every conversion moves, none copies.

use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use bindings::exports::vestibule::function::handler::Guest;
use bindings::vestibule::function::types;

use crate::context::{Context, Delivery, Trigger};
use crate::event::Event;
use crate::identity::Identity;
use crate::response::Response;

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
        world: "function",
        path: "../wit",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "vestibule::__private::bindings",
    });
}

pub use bindings::export;

/// A handler, as the attribute names it to the generated code.
pub trait Function {
    /// Calls the handler; its error is the text for the log.
    ///
    /// # Errors
    /// When the handler returns one.
    fn call(event: Event, context: Context) -> Result<Response, String>;
}

/// The component's export, made of a [`Function`].
pub struct Exported<F>(PhantomData<F>);

impl<F: Function> Guest for Exported<F> {
    fn handle(event: types::Event, context: types::Context) -> Result<types::Response, String> {
        #[cfg(feature = "log")]
        crate::facade::set_up();
        F::call(event.into(), context.into()).map(Into::into)
    }
}

/// Hands one line to the host, by `wasi:logging`.
#[cfg(not(all(target_os = "wasi", feature = "output")))]
pub(crate) fn log(level: crate::log::Level, context: &str, message: &str) {
    use bindings::wasi::logging::logging;

    use crate::log::Level;

    let level = match level {
        Level::Trace => logging::Level::Trace,
        Level::Debug => logging::Level::Debug,
        Level::Info => logging::Level::Info,
        Level::Warn => logging::Level::Warn,
        Level::Error => logging::Level::Error,
    };
    logging::log(level, context, message);
}

/// Has the host send a request.
pub(crate) fn fetch(request: crate::http::Request) -> Result<crate::http::Response, crate::http::Error> {
    use bindings::vestibule::function::http;

    use crate::http::{Error, Request, Response};

    let Request { method, url, headers, body, timeout, .. } = request;
    let timeout_ms = timeout.map(|timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
    match http::fetch(&http::Request { method, url, headers, body, timeout_ms }) {
        Ok(http::Response { status, headers, body }) => Ok(Response { status, headers, body }),
        Err(error) => Err(match error {
            http::Error::Denied(text) => Error::Denied(text),
            http::Error::Invalid(what) => Error::Invalid(what),
            http::Error::Dns => Error::Dns,
            http::Error::Connect => Error::Connect,
            http::Error::Tls(why) => Error::Tls(why),
            http::Error::Timeout => Error::Timeout,
            http::Error::TooLarge(what) => Error::TooLarge(what),
            http::Error::Protocol(what) => Error::Protocol(what),
            http::Error::Busy => Error::Busy,
        }),
    }
}

impl From<types::Event> for Event {
    fn from(event: types::Event) -> Self {
        let types::Event { method, path, subpath, params, query, headers, body, client } = event;
        Self { method, path, subpath, params, query, headers, body, client, queries: OnceLock::new() }
    }
}

impl From<types::Context> for Context {
    fn from(context: types::Context) -> Self {
        let types::Context { request_id, function, version, deadline, trigger, delivery, identity } = context;
        Self {
            request_id,
            function,
            version,
            deadline: UNIX_EPOCH + Duration::from_millis(deadline),
            trigger: match trigger {
                types::Trigger::Http => Trigger::Http,
                types::Trigger::Schedule(expression) => Trigger::Schedule(expression),
                types::Trigger::Background(attempt) => Trigger::Background(attempt),
            },
            delivery: delivery.map(Into::into),
            identity: identity.map(Into::into),
        }
    }
}

impl From<types::Delivery> for Delivery {
    fn from(delivery: types::Delivery) -> Self {
        let types::Delivery { scheme, id, event_type, timestamp, secret } = delivery;
        Self { scheme, id, event_type, timestamp, secret }
    }
}

impl From<types::Identity> for Identity {
    fn from(identity: types::Identity) -> Self {
        let types::Identity { provider, subject, roles, claims } = identity;
        Self { provider, subject, roles, claims }
    }
}

impl From<Response> for types::Response {
    fn from(response: Response) -> Self {
        Self { status: response.status, headers: response.headers, body: response.body }
    }
}
