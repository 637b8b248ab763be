//! The browser's rules: which pages may read a function's answers, and the headers that tell a browser how to treat
//! them. What is said here keeps nobody out who is not a browser; the gates do. It is made once, when a function is
//! loaded, and put on every answer of the function in one place. It knows nothing of the engine.
//!
//! | file | owns |
//! |---|---|
//! | `origin` | origins as browsers write them, and which of them a policy names |
//! | `cors` | the answer to a preflight, and what every other answer says |
//! | `headers` | headers that the host adds to a function's own |
//! | `words` | what the start-up table and `host check` say of it |

mod cors;
mod headers;
mod origin;
mod words;

use http::{HeaderMap, HeaderValue};

pub use self::cors::{Cors, Preflight};
pub(crate) use self::headers::BY_DEFAULT;
pub use self::headers::Headers;
pub use self::origin::{BadOrigin, Origin, Origins};
pub use self::words::{phrase, wide};
use crate::function::Entry;

/// Puts on an answer what the browser is to know; `origin` is what the request said of itself. Of a function that is not
/// loaded nobody can tell which pages its policy meant: it has the headers of the defaults, and lets no page read.
pub(crate) fn complete(entry: &Entry, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    complete_preflight(entry, headers);
    if let Entry::Ready(function) = entry
        && let Some(cors) = &function.cors
    {
        cors.complete(origin, headers);
    }
}

/// The same for the answer to a preflight, which says of [`Cors`] what it has to say already.
pub(crate) fn complete_preflight(entry: &Entry, headers: &mut HeaderMap) {
    let own = match entry {
        Entry::Ready(function) => &function.headers,
        Entry::NotLoaded(function) => &function.headers,
    };
    own.complete(headers);
}
