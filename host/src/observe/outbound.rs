//! A line for each request that a function sends, at `debug`: where to, never with its path or query, in which there may be
//! secrets.

use std::fmt::Display;
use std::time::Duration;

use super::text::shortened;

/// What is known of a request at its end.
pub(crate) struct Record<'a> {
    /// The incoming request's id.
    pub(crate) request_id: &'a str,
    pub(crate) function: &'a str,
    pub(crate) method: &'a str,
    /// Scheme, host and port.
    pub(crate) origin: &'a str,
    /// None where nobody answered.
    pub(crate) status: Option<u16>,
    pub(crate) outcome: &'a str,
    /// Why, where there is no whole answer.
    pub(crate) reason: Option<&'a dyn Display>,
    /// Bytes of the answer's body.
    pub(crate) received: u64,
    pub(crate) took: Duration,
}

/// The most of a method, an origin or a reason that is logged, in bytes.
const MAX_TEXT: usize = 512;

/// Writes the line.
pub(crate) fn log(record: &Record<'_>) {
    if !tracing::enabled!(target: "vestibule::outbound", tracing::Level::DEBUG) {
        return;
    }
    let short = |text: &str| shortened(text.as_bytes(), MAX_TEXT);
    tracing::debug!(
        target: "vestibule::outbound",
        method = short(record.method),
        origin = short(record.origin),
        status = record.status,
        function = record.function,
        outcome = record.outcome,
        reason = record.reason.map(|reason| short(&reason.to_string())),
        body_bytes = record.received,
        duration_ms = record.took.as_micros() as f64 / 1000.0,
        request_id = record.request_id,
        "sent"
    );
}
