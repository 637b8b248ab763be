//! What a function's tests put in the host's place: on every target but WebAssembly, what a function asks of the host is
//! answered from here, for each thread by itself. Nothing leaves the process.

mod granted;
pub mod http;

pub use granted::{grant_secret, grant_sign};
pub(crate) use granted::{readable, signing};
