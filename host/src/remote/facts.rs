//! What a server says of itself: whether the host can use it, and what of it is weak. It is asked by `INFO`, which most
//! who may ask anything may ask, where `CONFIG` is often forbidden.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;

/// What a server says of itself; nothing, where it does not say.
#[derive(Default)]
pub(super) struct Facts(HashMap<String, String>);

/// The most lines of its answer that are read. A server of today has 200.
const MOST: usize = 2000;

impl Facts {
    /// Asks the server. Whoever may not ask knows nothing, and that is no error.
    pub(super) async fn ask(connection: &mut MultiplexedConnection) -> Self {
        let text: Result<String, _> = redis::cmd("INFO").query_async(connection).await;
        text.map_or_else(|_unsaid| Self::default(), |text| Self::read(&text))
    }

    fn read(text: &str) -> Self {
        let pairs = text.lines().take(MOST).filter_map(|line| line.split_once(':'));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.trim().to_owned())).collect())
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.0.get(key).is_some_and(|said| said == value)
    }

    /// Why the host cannot use it.
    pub(super) fn unusable(&self) -> Option<&'static str> {
        // Its keys are on several machines, and no script has more than one of those in hand.
        self.is("cluster_enabled", "1").then_some("it is part of a cluster, which is not supported")
    }

    /// What is weak, and what to do about it.
    pub(super) fn weak(&self) -> Vec<(&'static str, &'static str)> {
        let mut weak = Vec::new();
        let policy = self.0.get("maxmemory_policy");
        if policy.is_some_and(|policy| policy != "noeviction") && !self.is("maxmemory", "0") {
            weak.push((
                "its maxmemory-policy lets it forget what it is to keep: what has run may run again",
                "set maxmemory-policy to noeviction there",
            ));
        }
        if self.is("aof_enabled", "0") {
            weak.push((
                "it writes nothing down as it happens: what has run may run again when it is started anew",
                "set appendonly to yes there",
            ));
        }
        weak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weak(text: &str) -> Vec<&'static str> {
        Facts::read(text).weak().iter().map(|(_, fix)| *fix).collect()
    }

    #[test]
    fn a_server_that_may_forget_is_weak() {
        let evicts = "set maxmemory-policy to noeviction there";
        let volatile = "set appendonly to yes there";
        let good = "# Memory\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n";
        assert!(weak(good).is_empty());
        assert_eq!(weak(&good.replace("noeviction", "volatile-lru")), [evicts]);
        let unbounded = good.replace("noeviction", "allkeys-lru").replace("1000", "0");
        assert!(weak(&unbounded).is_empty(), "without a bound nothing is evicted");
        assert_eq!(weak(&good.replace("aof_enabled:1", "aof_enabled:0")), [volatile]);
        assert!(weak("").is_empty(), "who says nothing is believed to be well");
    }

    #[test]
    fn a_cluster_cannot_be_used() {
        assert!(Facts::read("cluster_enabled:1\r\n").unusable().is_some());
        assert!(Facts::read("cluster_enabled:0\r\n").unusable().is_none());
    }
}
