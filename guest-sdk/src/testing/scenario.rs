//! What there is before a test and nothing of which is left after it: stores that are filled, secrets that are granted. Owns
//! when it comes and goes; the stores themselves are [`kv`]'s.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{granted, http, log};
use crate::kv;

/// Clears what this thread's stores, grants, outbound answers and log lines hold, and lets `fill` put in what the test begins
/// with. When the returned scenario is dropped, at the end of the test, all is cleared again.
///
/// ```
/// use serde_json::{Value, json};
/// use vestibule::kv;
/// use vestibule::testing::{Scenario, scenario};
///
/// // One that several tests begin with has a name: it is a plain function.
/// fn one_shipped_order(scenario: &mut Scenario) {
///     scenario.store("orders").set_json("1Z-7", &json!({ "status": "SHIPPED" }));
///     scenario.secret("SENDGRID_KEY", "SG.12345");
/// }
///
/// let scenario = scenario(one_shipped_order);
/// // … the handler is called, and finds the order …
/// # kv::open("orders").unwrap().set_json("1Z-7", &json!({ "status": "DELIVERED" })).unwrap();
/// let order: Value = scenario.store("orders").json("1Z-7").unwrap();
/// assert_eq!(order["status"], "DELIVERED");
/// ```
#[must_use = "what the scenario holds is cleared when it is dropped: bind it, `let scenario = scenario(…);`"]
pub fn scenario(fill: impl FnOnce(&mut Scenario)) -> Scenario {
    clear();
    let mut scenario = Scenario { _made_here: () };
    fill(&mut scenario);
    scenario
}

/// What a test begins with, for as long as it lasts.
#[derive(Debug)]
pub struct Scenario {
    _made_here: (),
}

impl Scenario {
    /// A store, to be filled and looked into. It is there without a grant.
    ///
    /// # Panics
    /// If the name is none for a store.
    #[track_caller]
    pub fn store(&self, name: &str) -> Seeded {
        Seeded(told(kv::open(name)))
    }

    /// Lets the function read a secret, see [`grant_secret`](super::grant_secret).
    pub fn secret(&self, name: &str, value: impl Into<Vec<u8>>) -> &Self {
        super::grant_secret(name, value);
        self
    }

    /// Lets the function have something signed with a secret, see [`grant_sign`](super::grant_sign).
    pub fn signing_secret(&self, name: &str, value: impl Into<Vec<u8>>) -> &Self {
        super::grant_sign(name, value);
        self
    }

    /// Fills stores from a file of the crate's folder `fixtures`: an object with a member for each store, and in it one for
    /// each key. A text is kept as it is, everything else as JSON.
    ///
    /// ```json
    /// { "orders": { "1Z-7": { "status": "SHIPPED" } } }
    /// ```
    ///
    /// # Panics
    /// If there is no such file, or it is another JSON.
    #[track_caller]
    pub fn fixture(&self, name: &str) -> &Self {
        let stores: BTreeMap<String, BTreeMap<String, Value>> = super::fixture_json(name);
        for (store, entries) in &stores {
            let store = self.store(store);
            for (key, value) in entries {
                match value {
                    Value::String(text) => store.set(key, text),
                    value => store.set_json(key, value),
                };
            }
        }
        self
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        clear();
    }
}

fn clear() {
    kv::clear();
    granted::clear();
    http::clear();
    log::clear();
}

/// A store in the hands of a test: like [`kv::Store`], but that it panics where that returns an error.
#[derive(Debug)]
pub struct Seeded(kv::Store);

impl Seeded {
    /// Puts a value at a key.
    #[track_caller]
    pub fn set(&self, key: &str, value: impl AsRef<[u8]>) -> &Self {
        told(self.0.set(key, value));
        self
    }

    /// Puts a value at a key, as JSON.
    #[track_caller]
    pub fn set_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> &Self {
        told(self.0.set_json(key, value));
        self
    }

    /// The value at a key, if there is one.
    #[track_caller]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        told(self.0.get(key))
    }

    /// The value at a key read as JSON, if there is one.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        told(self.0.get_json(key))
    }

    /// All keys, sorted.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        let mut keys = told(self.0.keys().collect::<Result<Vec<_>, _>>());
        keys.sort();
        keys
    }
}

#[track_caller]
fn told<T>(done: Result<T, kv::Error>) -> T {
    done.unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::grant_secret;

    fn two_orders(scenario: &mut Scenario) {
        scenario.fixture("orders.json");
    }

    #[test]
    fn what_a_scenario_holds_is_there_while_it_lasts() {
        kv::open("orders").unwrap().set("left over", "x").unwrap();
        grant_secret("LEFT_OVER", "x");
        let scenario = scenario(two_orders);
        assert_eq!(scenario.store("orders").keys(), ["1Z-1", "1Z-2"]);
        assert_eq!(scenario.store("notes").get("greeting").as_deref(), Some(b"hello".as_slice()));
        assert!(crate::secret("LEFT_OVER").is_err());
        crate::log::info!("while it lasts");
        scenario.secret("KEY", "value");
        assert!(crate::secret("KEY").is_ok());
        drop(scenario);
        assert_eq!(kv::open("orders").unwrap().keys().count(), 0);
        assert!(crate::secret("KEY").is_err());
        assert!(crate::testing::logged().is_empty());
    }

    #[test]
    #[should_panic(expected = "is not the name of a store")]
    fn a_store_without_a_name_fails_the_test() {
        let _scenario = scenario(|scenario| {
            scenario.store("Orders!").set("1", "x");
        });
    }
}
