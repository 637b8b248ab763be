//! The access log: one line for each request, when it has been answered. Paths without their query; nothing that a
//! client wrote reaches a line unescaped.

use std::net::IpAddr;
use std::time::Duration;

use crate::observe::text::shortened;

/// What is known of a request at its end.
pub(crate) struct Record<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client: IpAddr,
    /// Who is calling, where that is known: the provider, and whom it says that is.
    pub(crate) caller: Option<&'a str>,
    /// The matched route, where there was one.
    pub(crate) route: Option<&'a str>,
    pub(crate) function: Option<&'a str>,
    /// None where nobody was answered.
    pub(crate) status: Option<u16>,
    /// What the call came to, `refused`, or why there was none.
    pub(crate) outcome: &'a str,
    /// Why, where it was not a good answer.
    pub(crate) reason: Option<&'a str>,
    /// The gate that refused.
    pub(crate) stage: Option<&'a str>,
    /// From the arrival of the head to the answer; to the end of one in pieces.
    pub(crate) took: Duration,
    /// From the making of the sandbox to the end of the call.
    pub(crate) instance: Option<Duration>,
    /// The most memory that the instance held, in bytes.
    pub(crate) memory: Option<u64>,
    /// Whether the answer went out in pieces: then the status is what was said at its start.
    pub(crate) is_streamed: bool,
}

/// What marks the lines of this log among all others.
pub(crate) const TARGET: &str = "vestibule::access";

/// The most of a path or a method that is logged, in bytes.
const MAX_PATH: usize = 512;

/// Writes the line: `warn` where the function or the host failed, else `info`.
pub(crate) fn log(record: &Record<'_>) {
    macro_rules! line {
        ($level:expr, $message:literal) => {
            tracing::event!(
                target: TARGET,
                $level,
                method = short(record.method),
                path = short(record.path),
                status = record.status,
                route = record.route,
                function = record.function,
                outcome = record.outcome,
                stage = record.stage,
                reason = record.reason,
                duration_ms = millis(record.took),
                instance_ms = record.instance.map(millis),
                memory_bytes = record.memory,
                client = %record.client,
                caller = record.caller,
                request_id = record.request_id,
                $message
            )
        };
    }
    match (record.stage, record.status) {
        (Some(_), _) => line!(tracing::Level::INFO, "refused"),
        (None, None) => line!(tracing::Level::INFO, "unanswered"),
        (None, Some(500..)) if record.outcome != "ok" => line!(tracing::Level::WARN, "failed"),
        (None, Some(_)) if record.is_streamed && record.outcome != "ok" => line!(tracing::Level::WARN, "failed"),
        _ => line!(tracing::Level::INFO, "answered"),
    }
}

fn short(path: &str) -> String {
    shortened(path.as_bytes(), MAX_PATH)
}

/// Milliseconds to the microsecond.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
