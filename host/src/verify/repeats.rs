//! What a policy's `[verify]` wants done with a delivery that has run before, for how long that is known, and what tells a
//! delivery from every other where no scheme says so. Whether it has run is the business of [`replay`](crate::replay).

use std::time::Duration;

use http::request::Parts;
use sha2::{Digest, Sha256};

use super::url;
use crate::config::OnReplay;

/// A delivery is remembered for no less: senders try for hours.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What becomes of a delivery that has run before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeats {
    pub(super) on_replay: OnReplay,
    pub(super) keep: Duration,
}

impl Repeats {
    /// As the policy has it, for messages that count for as long as `window`.
    pub(super) fn new(on_replay: OnReplay, window: Duration) -> Self {
        Self { on_replay, keep: DAY.max(window) }
    }

    /// What `key` makes, where the policy asks for it.
    pub(super) fn key<E>(self, key: impl FnOnce() -> Result<Option<[u8; 32]>, E>) -> Result<Option<[u8; 32]>, E> {
        match self.on_replay {
            OnReplay::Allow => Ok(None),
            OnReplay::Acknowledge | OnReplay::Reject => key(),
        }
    }
}

/// What tells a delivery that a verifier of one's own has accepted from every other, as
/// [`Verifier::replay_key`](signatures::Verifier::replay_key) does for a scheme: the id that it returned, which it
/// vouches for; else all that it may have looked at besides headers.
pub(super) fn custom_key(
    scheme: &str,
    (id, timestamp): (Option<&str>, Option<u64>),
    head: &Parts,
    body: &[u8],
) -> [u8; 32] {
    let hash = Sha256::new().chain_update(scheme);
    let hash = match id {
        Some(id) => hash.chain_update(b"\0id\0").chain_update(id),
        // Neither a method nor a target has a zero in it.
        None => {
            let hash = hash.chain_update(b"\0request\0").chain_update(timestamp.map_or([0xff; 8], u64::to_be_bytes));
            let hash = hash.chain_update(head.method.as_str()).chain_update(b"\0");
            hash.chain_update(url::target(&head.uri)).chain_update(b"\0").chain_update(body)
        }
    };
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http::Request;

    use super::*;

    fn key(id: Option<&str>, method: &str, target: &str, body: &str) -> [u8; 32] {
        let request = Request::builder().method(method).uri(target).header("x-any", "1").body(()).expect("a request");
        custom_key("component", (id, None), &request.into_parts().0, body.as_bytes())
    }

    #[test]
    fn the_id_decides_alone_and_without_one_all_that_came() {
        assert_eq!(key(Some("1"), "POST", "/a", "x"), key(Some("1"), "PUT", "/b?c", "y"));
        assert_eq!(key(None, "POST", "/a?b", "x"), key(None, "POST", "/a?b", "x"));
        let all = [
            key(Some("1"), "POST", "/a", "x"),
            key(Some("2"), "POST", "/a", "x"),
            key(None, "POST", "/a", "x"),
            key(None, "PUT", "/a", "x"),
            key(None, "POST", "/ax", ""),
            key(None, "POST", "/a?x", ""),
            key(None, "POST", "/a", "x\0"),
            key(None, "POST", "/a", ""),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_delivery_is_remembered_for_a_day_or_as_long_as_its_timestamp_counts() {
        for (hours, kept) in [(1, 24), (24, 24), (48, 48)] {
            let repeats = Repeats::new(OnReplay::Reject, Duration::from_secs(hours * 3600));
            assert_eq!(repeats.keep, Duration::from_secs(kept * 3600));
        }
    }
}
