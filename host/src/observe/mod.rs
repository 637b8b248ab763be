//! What operators see: logs and metrics. A leaf: everything may use it, it uses nothing of the request's path.

pub mod access;
pub mod ledger;
mod lines;
pub mod logging;
pub mod metrics;
pub(crate) mod outbound;
pub mod queue;
mod share;
pub(crate) mod text;
