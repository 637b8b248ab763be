//! What the log says of a request, as tests ask for it. Who keeps the lines is the host's own kit for tests.

use vestibule_host::testing::log::{ACCESS, GUEST};
pub(crate) use vestibule_host::testing::log::{Line, capture, lines};

/// The one line of the access log about a request.
pub(crate) fn access(id: &str) -> Line {
    let mut lines = lines(id).into_iter().filter(|line| line.target == ACCESS);
    let line = lines.next().expect("every request has a line in the access log");
    assert!(lines.next().is_none(), "{id} has two lines in the access log");
    line
}

/// What a request's guest wrote, line by line.
pub(crate) fn guest(id: &str) -> Vec<Line> {
    lines(id).into_iter().filter(|line| line.target == GUEST).collect()
}

/// Whether the guest `canary` has run for a request.
pub(crate) fn canary_ran(id: &str) -> bool {
    guest(id).iter().any(|line| line.field("message") == "canary: instance started")
}
